"""How texts that met are put together: nothing is lost, and what was chosen is what stands there."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wis.lagesbild import overblivet, rader
from wis.lagesbild.krock import Krockavsnitt, avgor
from wis.lagesbild.krockregler import Krocklage, Val, bada, klassa, lasbar, tolka
from wis.lagesbild.mall import Avsnittsslag
from wis.lagesbild.rules import Lage, rensad

_ORD = st.sampled_from(["E18", "är", "öppen", "stängd", "norrut", "|", "-", "*", "#", "Sala", "a\\", "12", "000"])
_RADER = st.lists(_ORD, max_size=4).map(" ".join)
TEXT = st.lists(_RADER, max_size=6).map("\n".join).map(rensad)
CELL = st.sampled_from(["Elförsörjning", "elförsörjning", "Polis", "", "a|b", "c\\", "kritisk"])


def _avsnitt(slag: Avsnittsslag) -> st.SearchStrategy[str]:
    rad = st.tuples(*[CELL] * len(slag.kolumner))
    return st.builds(rader.satt_ihop, st.lists(rad, max_size=4), TEXT).map(rensad)


def _orden(text: str) -> set[str]:
    return set(re.findall(r"\S+", text))


@given(TEXT, TEXT)
def test_both_texts_are_whole_in_the_joined_one(min_: str, deras: str) -> None:
    ihop = bada(min_, deras, Avsnittsslag.TEXT)
    assert ihop.startswith(min_)
    assert _orden(ihop) == _orden(min_) | _orden(deras)
    assert bada(min_, min_, Avsnittsslag.TEXT) == min_
    assert bada(ihop, deras, Avsnittsslag.TEXT) == ihop


@pytest.mark.parametrize("slag", [slag for slag in Avsnittsslag if slag.kolumner])
@given(data=st.data())
def test_both_keeps_every_row_once_and_all_of_the_text(slag: Avsnittsslag, data: st.DataObject) -> None:
    min_, deras = data.draw(_avsnitt(slag)), data.draw(_avsnitt(slag))
    (mina, min_fria), (andras, deras_fria) = rader.dela(min_, slag), rader.dela(deras, slag)
    ihop, fria = rader.dela(bada(min_, deras, slag), slag)
    assert set(ihop) == set(mina) | set(andras)
    assert [rad for rad in ihop if rad in mina] == mina
    assert len(ihop) == len(mina) + len(set(andras) - set(mina))
    assert _orden(min_fria) | _orden(deras_fria) <= _orden(fria)


def test_rows_of_the_same_name_are_kept_side_by_side_and_equal_ones_once() -> None:
    min_ = "| El | allvarlig | Norr |\n| Vatten | ingen |  |\n\nVi räknar."
    deras = "| Polis | ingen |  |\n| el | kritisk | Hela |\n| Vatten | ingen |  |\n\nVi räknar.\n\nDe mäter."
    assert bada(min_, deras, Avsnittsslag.KONSEKVENSER) == (
        "| El | allvarlig | Norr |\n| el | kritisk | Hela |\n| Vatten | ingen |  |\n| Polis | ingen |  |\n\n"
        "Vi räknar.\n\nDe mäter."
    )
    assert lasbar(min_, Avsnittsslag.KONSEKVENSER) == "El · allvarlig · Norr\nVatten · ingen\n\nVi räknar."


@given(TEXT, TEXT, TEXT)
def test_a_choice_is_exact_and_says_what_is_left_over(fore: str, jag: str, de: str) -> None:
    ett = Krockavsnitt(Lage.BADA, avgjord=False, mot="version 4", ur="4", deras=de, fore=fore)
    assert avgor(ett, Val.MIN, jag, Avsnittsslag.TEXT) == (jag, (de, "4"))
    assert avgor(ett, Val.DERAS, jag, Avsnittsslag.TEXT) == (de, (jag, overblivet.MIN))
    assert avgor(ett, Val.BADA, jag, Avsnittsslag.TEXT) == (bada(jag, de, Avsnittsslag.TEXT), ("", "4"))
    assert avgor(ett, Val.TILLBAKA, de, Avsnittsslag.TEXT) == (fore, (de, "4"))


@given(TEXT, TEXT, TEXT)
def test_only_what_both_have_changed_is_to_be_chosen(bas: str, jag: str, de: str) -> None:
    lage = klassa(bas, jag, de)
    assert (lage is Lage.BADA) == (jag != de and de != bas)
    assert (lage is Lage.DERAS) == (jag == de and de != bas)


@given(
    st.integers(0, 10**9 - 1),
    st.integers(0, 10**9 - 1),
    st.frozensets(st.from_regex("[a-z][a-z0-9_]{0,39}", fullmatch=True), max_size=9),
)
def test_what_is_decided_survives_a_hidden_field(bas: int, flik: int, avgjorda: frozenset[str]) -> None:
    lage = Krocklage(bas, flik, avgjorda)
    assert tolka(lage.som_text()) == lage


@pytest.mark.parametrize("text", [None, "", "1", "1:2", "x:0:", "1:0:A", "-1:0:", "1:0:a b", "1:0:" + "a," * 4000])
def test_anything_else_in_the_field_is_nothing(text: str | None) -> None:
    assert tolka(text) is None
