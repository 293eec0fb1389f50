"""Attacks of every technique in every place, rendered as the pages are, judged by real Chromium: nothing runs."""

from collections import Counter
from collections.abc import Iterator

import pytest
from markdown import Markdown
from playwright.sync_api import sync_playwright

from tests.security.domare import Domare
from tests.security.vektorer import KOD, SAMMANHANG, VEKTORER
from tests.servrar import chromium_alternativ
from wis.markup import render, starta

pytestmark = pytest.mark.browser
MINST_I_LANGA = 5_000


@pytest.fixture(scope="module")
def domare() -> Iterator[Domare]:
    starta()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium_alternativ())
        domare = Domare(browser)
        yield domare
        domare.stang()
        browser.close()


def _kallor(varje: int) -> list[tuple[str, str]]:
    """A name and a source: every vector in every `varje`:th place, so that each place is met by each technique."""
    platser = list(SAMMANHANG.items())
    return [
        (f"{teknik} i {plats}: {vektor[:70]!r}", mall.replace("{}", vektor))
        for nr, (teknik, vektor) in enumerate(VEKTORER)
        for plats_nr, (plats, mall) in enumerate(platser)
        if (nr + plats_nr) % varje == 0
    ]


def test_the_list_is_long_and_of_many_techniques() -> None:
    tekniker = Counter(teknik for teknik, _ in VEKTORER)
    assert len({vektor for _, vektor in VEKTORER}) == len(VEKTORER) >= 400
    assert set(tekniker) == {"händelse", "adress", "element", "namnrymd och mutation", "markdown", "tecken", "djup"}
    assert len(VEKTORER) * len(SAMMANHANG) >= MINST_I_LANGA


def test_nothing_runs_and_nothing_foreign_is_built(domare: Domare) -> None:
    dom = domare.doma([(namn, render(kalla)) for namn, kalla in _kallor(len(SAMMANHANG))])
    assert dom.allt == []


@pytest.mark.long
def test_nothing_runs_wherever_it_stands(domare: Domare) -> None:
    kallor = _kallor(1)
    assert len(kallor) >= MINST_I_LANGA
    dom = domare.doma([(namn, render(kalla)) for namn, kalla in kallor])
    assert dom.allt == []


def test_the_texts_are_rendered_and_not_merely_shown_as_typed() -> None:
    starta()
    hela = [vektor for _, vektor in VEKTORER[::7] if render(f"**fet** {vektor}").startswith("<pre>")]
    # Too deep to be meant: those alone are shown as they were typed.
    assert all(len(vektor) > 60 for vektor in hela)
    assert len(hela) <= 2


def test_the_judge_finds_what_markdown_alone_lets_through(domare: Domare) -> None:
    kallor = [(namn, kalla) for namn, kalla in _kallor(len(SAMMANHANG)) if len(kalla) < 1_000]
    # One to a page: what one breaks must not hide the next.
    dom = domare.doma([])
    for namn, kalla in kallor[::47]:
        funnet = domare.doma([(namn, Markdown(extensions=["tables"]).convert(kalla.replace("\0", "")))])
        dom.otillatet += funnet.otillatet
        dom.korde += funnet.korde
        dom.hamtat += funnet.hamtat
    assert len(dom.otillatet) > len(kallor[::47])
    assert f"{KOD}" in dom.korde
    assert dom.hamtat


FEL = {
    "skript": f"<script>{KOD}</script>",
    "händelse": f"<p onclick={KOD}>x</p>",
    "bild": "<img src=//ond.invalid/x>",
    "ram": f"<iframe srcdoc='<script>parent.{KOD}</script>'></iframe>",
    "kommentar": "<p>x<!-- y --></p>",
    "namnrymd": "<svg><p>x</p></svg>",
    "klass": "<p class=fel>x</p>",
    "utbrytning": "<p>x</p></section><section id=d0>",
    "adress": "<a href='javascript:1' rel='noopener noreferrer nofollow ugc'>x</a>",
    "rel": "<a href='https://e.se'>x</a>",
    "vem": "<a href='https://e.se@ond.invalid' rel='noopener noreferrer nofollow ugc'>x</a>",
}


@pytest.mark.parametrize("vad", FEL)
def test_the_judge_sees_each_kind_of_wrong(domare: Domare, vad: str) -> None:
    assert domare.doma([(vad, FEL[vad])]).allt


def test_the_judge_lets_pass_what_is_right(domare: Domare) -> None:
    text = "## Läge\n\n1. **a** _b_ ~~c~~ `d`\n\n> [e](https://e.se)\n\na | b\n--|--\nc | <a@e.se>\n\n---\n\n    kod"
    assert domare.doma([("rätt", render(text))]).allt == []
