"""Which pages a browser may keep, to be read without a network. Pure."""

SIDOR = frozenset(
    {
        "ytor.start",
        "ytor.handelse",
        "ytor.tidslinje",
        "ytor.versioner",
        "handelser.lista",
        "lagesbild.senaste",
        "lagesbild.version",
        "lagesbild.jamfor",
        "underrattelser.lista",
        "underrattelser.visa",
        "nytt.visa",
        "karta.visa",
    }
)
"""What is read: by the names of their views."""
SKRIVSIDOR = frozenset({"lagesbild.skriv", "underrattelser.ny"})
"""Where somebody writes: what they write is in the browser already."""
BARA_ROTT = frozenset({"lagesbild.jamfor", "ytor.tidslinje", "ytor.versioner", "karta.visa"})
"""Of these a view says that they are never kept for one reason alone: that something on them is TLP:RED."""
_ROTT = "TLP:RED"
_ROD_TEXT = ('<option selected value="red">', "rkt TLP:RED", ">TLP:RED<")
"""A page for writing offers every label: what counts is the one that is chosen, and what it builds on."""


def far_behallas(endpoint: str | None, text: str, *, lagras_inte: bool) -> bool:
    """Whether the page of this view, as it was drawn, may be kept: never one with something TLP:RED on it.

    `lagras_inte`: the view has said that no memory may have the page.
    """
    if endpoint in SKRIVSIDOR:
        return not (lagras_inte or any(tecken in text for tecken in _ROD_TEXT))
    return endpoint in SIDOR and _ROTT not in text and not (lagras_inte and endpoint in BARA_ROTT)
