"""Rows in a section: kept as text, read back, drawn as safe HTML, and figures compared with those before."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wis.lagesbild import rader
from wis.lagesbild.mall import GRADER, Avsnittsslag
from wis.lagesbild.rader import Nyckeltal, beskrivning, dela, granska, med_kortnamn, nyckeltal, satt_ihop, tal
from wis.lagesbild.radhtml import oforandrad_html, radhtml

MED_RADER = [slag for slag in Avsnittsslag if slag.kolumner]
_CELL = st.text(max_size=30).map(lambda text: " ".join(text.split()))
FARLIGT = "<script>alert(1)</script>\"'><img src=x onerror=y>&amp;"


@st.composite
def _avsnitt(draw: st.DrawFn) -> tuple[Avsnittsslag, list[tuple[str, ...]], str]:
    slag = draw(st.sampled_from(MED_RADER))
    celler = st.tuples(*[_CELL] * len(slag.kolumner)).filter(any)
    fritt = draw(
        st.text(max_size=60).map(str.rstrip).filter(lambda text: not text or bool(text.split("\n")[0].strip()))
    )
    return slag, draw(st.lists(celler, min_size=1, max_size=5)), fritt


@given(_avsnitt())
@example((Avsnittsslag.NYCKELTAL, [("Utan el", "8 000", "kunder"), ("-", "", ""), (":-:", "\\-", "--")], "Mer."))
@settings(deadline=None)
def test_rows_and_the_text_after_them_come_back_as_they_were(
    avsnitt: tuple[Avsnittsslag, list[rader.Rad], str],
) -> None:
    slag, funna, fritt = avsnitt
    assert dela(satt_ihop(funna, fritt), slag) == (funna, fritt)


@given(st.sampled_from(MED_RADER), st.text(max_size=200))
@settings(deadline=None)
def test_any_text_at_all_is_read_and_put_together_to_the_same(slag: Avsnittsslag, text: str) -> None:
    forst = dela(text, slag)
    assert dela(satt_ihop(*forst), slag)[0] == [rad for rad in forst[0] if any(rad)]


@pytest.mark.parametrize("slag", MED_RADER)
def test_no_cell_becomes_markup(slag: Avsnittsslag) -> None:
    html = radhtml(slag, [tuple([FARLIGT] * len(slag.kolumner))], [(FARLIGT, "1", "")])
    assert "<script" not in html
    assert "<img" not in html
    assert set(re.findall(r"</?([a-z]+)", html)) <= {"ul", "li", "strong", "span", "br", "dl", "div", "dt", "dd"}


@pytest.mark.parametrize(
    ("text", "varde"),
    [
        ("12 000", 12000), ("12\u00a0000", 12000), ("1\u202f200\u202f000", 1_200_000), ("3,5 %", 3.5), ("3.5", 3.5),
        ("ca 40", 40), ("\u22124", -4), ("-4", -4), ("10-15", None), ("10 av 12", None), ("många", None), ("", None),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text: str, varde: float | None) -> None:
    assert tal(text) == varde


def test_a_figure_says_how_it_has_changed_since_the_version_before() -> None:
    forra = [("Utan el", "8 000", "kunder"), ("Vind", "många", ""), ("Snö", "3", "cm"), ("Tomt", "", "st")]
    nu = [
        ("utan EL", "12\u00a0000", "kunder"),
        ("Vind", "20", ""),
        ("Snö", "3", "dm"),
        ("Ny", "1", ""),
        ("Tomt", "1", "st"),
    ]
    assert [(ett.trend, ett.pil, ett.forra) for ett in nyckeltal(nu, forra)] == [
        ("ökat", "↑", "8 000"), ("ändrat", "", "många"), ("ändrat", "", "3 cm"), ("", "", ""), ("", "", ""),
    ]  # fmt: skip
    ett = nyckeltal(nu[:1], forra)[0]
    assert beskrivning(ett, ("8 000", "kunder")) == "förra: 8 000 · ↑ ökat"
    assert beskrivning(Nyckeltal("Utan el", "", ""), ("8 000", "kunder")) == "förra: 8 000 kunder"
    assert beskrivning(Nyckeltal("Ny", "1", ""), None) == ""
    minskat, lika = nyckeltal([("Snö", "2", "cm"), ("Snö", "3,0", "cm")], forra)
    assert (minskat.trend, lika.trend) == ("minskat", "oförändrat")
    html = radhtml(Avsnittsslag.NYCKELTAL, nu, forra)
    assert "ökat från 8 000" in html
    assert "ändrat från 3 cm" in html
    # Of a version that says that nothing has changed; what was written after the rows stays as it is.
    samma = oforandrad_html(Avsnittsslag.NYCKELTAL, nu, html + "<p>Mer &lt;/dl&gt;.</p>")
    assert samma == radhtml(Avsnittsslag.NYCKELTAL, nu, nu) + "<p>Mer &lt;/dl&gt;.</p>"
    assert "från" not in samma
    # Names are the same as in the browser, which knows no casefold().
    assert nyckeltal([("STRASSE", "1", "")], [("straße", "2", "")])[0].trend == ""


def test_the_worst_struck_comes_first_and_every_degree_is_a_word() -> None:
    funna = [(f"F{i}", grad, "") for i, grad in enumerate(["", *GRADER])]
    html = radhtml(Avsnittsslag.KONSEKVENSER, funna)
    assert re.findall(r"F\d", html)[:4] == ["F5", "F4", "F3", "F2"]
    for grad in GRADER:
        assert f"{grad.capitalize()} påverkan" in html
    assert radhtml(Avsnittsslag.TEXT, []) == ""


def test_actors_are_called_by_their_short_names_and_other_words_stay() -> None:
    namn = {"nacka": "Nacka", "nacka kommun": "Nacka", "region-stockholm": "Regionen"}
    funna = [("Nacka kommun stänger", "NACKA KOMMUN,region-stockholm , Hemvärnet,, "), ("Rad två", "")]
    assert med_kortnamn(funna, Avsnittsslag.ATGARDER, namn) == [
        ("Nacka kommun stänger", "Nacka, Regionen, Hemvärnet"),
        ("Rad två", ""),
    ]


def test_what_is_wrong_with_rows_is_said_by_its_number() -> None:
    slag = Avsnittsslag.KONSEKVENSER
    assert granska([("El", "kritisk", ""), ("", "", "Text")], slag) == "Rad 2 saknar samhällsviktig funktion."
    assert granska([("El", "Värst", "")], slag).startswith("Rad 1: påverkan kan vara ingen, måttlig")
    assert granska([("El", "", "")] * 61, slag).startswith("Högst 60 rader")
    assert granska([("El", "", "")] * 60, slag) == ""
