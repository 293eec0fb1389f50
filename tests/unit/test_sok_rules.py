"""What is typed is understood or said to be not; the forms of a word are found; what was found is marked."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wis.sok.rules import (
    MAX_BYTE,
    MAX_VILLKOR,
    Fasetter,
    Slag,
    Sort,
    Villkor,
    dagar,
    forsta_id,
    las_dag,
    sista_id,
    tecken,
    tolka,
)
from wis.sok.stam import stam
from wis.sok.utdrag import LANGD, delar, poang, utdrag

FORMER = """
skola skolan skolor skolorna skolornas skolans
väg vägen vägar vägarna vägens
hus huset husen husets
sjukhus sjukhuset sjukhusen
oväder ovädret ovädren
vatten vattnet vattnets
stänger stängde stängdes stängt stängts stänga stängd
avstängning avstängningar avstängningen avstängningarna
elavbrott elavbrottet elavbrotten
kommun kommunen kommuner kommunerna kommunens
gata gatan gator gatorna
bron broar broarna
område området områden områdena
läge läget lägen
resurs resurser resursen resurserna
evakuera evakuerad evakuerade evakuerat evakueras evakuerar
länsstyrelse länsstyrelsen länsstyrelser länsstyrelsens
läkare läkaren läkarna
myndighet myndigheten myndigheter myndigheterna
enhet enheten enheter
person personer personerna personen
buss bussar bussen bussarna
medlem medlemmar medlemmen medlemmarna
ambulans ambulansen ambulanser
månad månader månaden
plats platsen platser platserna
stor stora stort
fönster fönstret fönstren
generator generatorn generatorer
process processen processer
invånare invånaren invånarna
äldreboende äldreboenden äldreboendet äldreboendena
"""


def test_all_forms_of_a_word_have_one_stem_that_each_begins_with() -> None:
    for rad in FORMER.strip().splitlines():
        former = rad.split()
        assert len({stam(form) for form in former}) == 1, rad
        assert all(form.startswith(stam(form)) for form in former)


def test_words_that_differ_by_a_letter_of_their_own_stay_apart() -> None:
    for ett, annat in [
        ("får", "far"),
        ("män", "man"),
        ("hörn", "horn"),
        ("väg", "våg"),
        ("enhet", "en"),
        ("e18", "e4"),
    ]:
        assert stam(ett) != stam(annat)


@pytest.mark.parametrize(
    ("typed", "villkor"),
    [
        ("Skolor", [(Slag.ORD, ("skolor",), False)]),
        ('snö "E18 vid Järva"', [(Slag.ORD, ("snö",), False), (Slag.FRAS, ("e18", "vid", "järva"), False)]),
        ("”hel fras” -buss", [(Slag.FRAS, ("hel", "fras"), False), (Slag.ORD, ("buss",), True)]),
        ("vatten*", [(Slag.BORJAN, ("vatten",), False)]),
        ("el-avbrott", [(Slag.FRAS, ("el", "avbrott"), False)]),
        ('snö -"hela vägen" OR NOT', [
            (Slag.ORD, ("snö",), False),
            (Slag.FRAS, ("hela", "vägen"), True),
            (Slag.ORD, ("or",), False),
            (Slag.ORD, ("not",), False),
        ]),
        # The same letter, typed as one character or as two.
        ("sno\u0308", [(Slag.ORD, ("snö",), False)]),
    ],
)  # fmt: skip
def test_what_people_type_is_understood(typed: str, villkor: list[tuple[Slag, tuple[str, ...], bool]]) -> None:
    fraga = tolka(typed)
    assert fraga.villkor == tuple(Villkor(*ett) for ett in villkor)
    assert fraga.fel == ()


@pytest.mark.parametrize(
    ("typed", "sagt"),
    [
        ("-snö", "Skriv också något att söka efter"),
        ("!!! ...", "Det finns inget ord"),
        ('snö "hela', "citattecken avslutas inte"),
        ("v*", "minst 2 bokstäver"),
        ("el-av*", "ett enda ord"),
        ("x " * 400, "för lång"),
        (" ".join(f"ord{n}" for n in range(20)), "för många ord"),
    ],
)
def test_what_is_not_understood_is_said_with_what_to_do(typed: str, sagt: str) -> None:
    assert any(sagt in fel for fel in tolka(typed).fel)
    assert tolka("   ").fel == tolka("").fel == ()


@given(st.text(max_size=400), st.text(max_size=400))
def test_whatever_is_typed_and_written_is_searched_and_shown_as_it_stands(typed: str, text: str) -> None:
    fraga = tolka(typed)
    assert len(fraga.villkor) <= MAX_VILLKOR
    assert all(v.ord and all(word and not set(word) & set("\"'=#* \\") for word in v.ord) for v in fraga.villkor)
    visat = utdrag(text, fraga)
    assert sum(len(ett.text) for ett in visat) <= LANGD + 4
    assert all(ett.text for ett in visat)
    assert "".join(ett.text for ett in delar(typed, tolka(typed))) == "".join(
        ett.text for ett in delar(typed, tolka(""))
    )
    poang(text, typed, fraga)


def test_a_text_is_indexed_as_far_as_both_databases_can() -> None:
    fasetter = Fasetter(Sort.EGEN, 1, 2, False)
    langt = tecken("Rubrik", " ".join(f"{n:060d}" for n in range(40_000)), fasetter)
    orden = [ett for ett in langt if ett[0].isalnum()]
    assert sum(len(ett.encode()) for ett in orden) <= MAX_BYTE
    assert langt[-4:] == ["#slagesbild", "#h1", "#a2", "#o0"]
    assert all(len(ett) <= 65 for ett in tecken("", "å" * 5000, fasetter))


def test_the_excerpt_is_where_most_of_it_stands_and_marks_every_form() -> None:
    text = "Skolor är öppna. " + "Annat står här emellan. " * 40 + "Skolan och skolornas vägar är stängda av vatten."
    visat = utdrag(text, tolka("skola vägen vatten*"))
    assert [ett.text for ett in visat if ett.traff] == ["Skolan", "skolornas", "vägar", "vatten"]
    assert visat[0].text == "… "
    assert utdrag("Inget av det.", tolka("annat"))[0].text == "Inget av det."


@pytest.mark.parametrize(
    "text",
    [
        "h " + "x" * 500,
        "h https://prov.example/" + "u/" * 300 + "snö/" + "v/" * 300,
        "x" * 400 + " snö " + "y" * 400,
        "b" * 300 + "-snö-" + "b" * 300,
        "ord " * 30 + "snö " + "z" * 300 + " slut " * 40,
        "ord " * 100 + "snö" + "z" * 600,
    ],
)
def test_a_long_word_or_address_is_cut_and_does_not_empty_the_excerpt(text: str) -> None:
    visat = utdrag(text, tolka("snö*"))
    assert 150 <= sum(len(ett.text) for ett in visat) <= LANGD + 4
    assert any(ett.traff for ett in visat) == ("snö" in text)
    assert "".join(ett.text for ett in visat).strip("… ") in text


def test_a_hit_in_the_heading_or_of_the_very_word_is_better() -> None:
    fraga = tolka("skola")
    vard = [
        poang("Skola", "", fraga),
        poang("Skolor", "", fraga),
        poang("", "Skola", fraga),
        poang("", "Skolor", fraga),
    ]
    assert vard == sorted(vard, reverse=True)
    assert poang("Bro", "Väg", fraga) == 0


def test_days_are_spans_of_ids_in_swedish_time() -> None:
    fran, till = dagar(date(2026, 11, 22), date(2026, 11, 22))
    assert fran is not None
    assert till is not None
    borjan = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
    slut = borjan + timedelta(days=1)
    assert forsta_id(borjan) == fran
    assert sista_id(borjan - timedelta(milliseconds=1)) == fran - 1
    assert sista_id(slut - timedelta(milliseconds=1)) == till
    assert dagar(None, None) == (None, None)
    assert las_dag(" ") is None
    for fel in ("i går", "2026-02-30", "9999-12-31", "0001-01-01"):
        with pytest.raises(ValueError):
            las_dag(fel)
