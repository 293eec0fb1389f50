"""The logins of the demo: the demo data makes them, and the log-in page of a demo lists them."""

LOSENORD = "demo-demo-demo-demo"


def inloggningar() -> list[tuple[str, str]]:
    """The logins to show to whoever tries the demo: e-mail, and who that is."""
    return [
        ("tib@lansstyrelsen.example", "redaktör och administratör, Länsstyrelsen"),
        ("talesperson@trafikverket.example", "talesperson, Trafikverket"),
        ("kommunikator@nacka.example", "läsare, Nacka"),
        ("admin@nacka.example", "administratör, Nacka"),
    ]
