"""How an actor's administrators put a template together."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wis.lagesbild import mallformular, mallregler
from wis.lagesbild.mall import SAMMANFATTNING, STANDARD, Avsnittsslag
from wis.lagesbild.mallregler import MAX_ANTAL, Mallrad, flytta, granska, rader_av, skillnader, som_mall, ta


def nycklar(rader: list[Mallrad]) -> list[str]:
    return [rad.nyckel for rad in rader if not rad.tagen]


def test_the_standard_template_is_the_same_after_it_was_opened_and_saved() -> None:
    assert som_mall(rader_av(STANDARD)).avsnitt == STANDARD.avsnitt
    assert granska(rader_av(STANDARD)) == {}


def test_a_section_moves_within_its_heading_and_then_takes_its_heading_along() -> None:
    rader = rader_av(STANDARD)
    upp = flytta(rader, "nyckeltal", -1)
    assert nycklar(upp)[1:4] == ["lage_fakta", "nyckeltal", "lage_antaganden"]
    hela = flytta(rader, "konsekvenser", -1)
    assert nycklar(hela)[1:6] == ["konsekvenser", "lage_fakta", "lage_antaganden", "nyckeltal", "platser"]
    assert [a.grupp for a in som_mall(hela).avsnitt][1:3] == [
        "2. Konsekvenser per samhällsviktig funktion",
        "3. Händelse och läge",
    ]
    ned = flytta(rader, "platser", +1)
    assert nycklar(ned)[1:6] == ["konsekvenser", "lage_fakta", "lage_antaganden", "nyckeltal", "platser"]


@given(st.lists(st.tuples(st.integers(0, len(STANDARD.nycklar) - 1), st.sampled_from([-1, 1])), max_size=30))
@settings(deadline=None)
def test_no_moves_lose_a_section_or_put_anything_before_the_summary(drag: list[tuple[int, int]]) -> None:
    rader = rader_av(STANDARD)
    for plats, steg in drag:
        rader = flytta(rader, STANDARD.nycklar[plats], steg)
    assert sorted(nycklar(rader)) == sorted(STANDARD.nycklar)
    assert rader[0].nyckel == SAMMANFATTNING
    rubriker = [rad.grupp for rad in rader]
    assert len(dict.fromkeys(rubriker)) == sum(a != b for a, b in zip(["", *rubriker], rubriker, strict=False))


def test_what_is_removed_can_be_taken_back_with_all_that_was_written_of_it() -> None:
    rader = [replace(rad, ledtext="Mitt eget råd") if rad.nyckel == "resurser" else rad for rad in rader_av(STANDARD)]
    utan = ta(rader, "resurser", bort=True)
    assert "resurser" not in som_mall(utan).nycklar
    assert "resurser" not in nycklar(flytta(utan, "kommunikation", 1))
    ater = ta(utan, "resurser", bort=False)
    assert next(rad for rad in ater if rad.nyckel == "resurser").ledtext == "Mitt eget råd"
    assert nycklar(ta(rader, SAMMANFATTNING, bort=True))[0] == SAMMANFATTNING


@pytest.mark.parametrize(
    ("nyckel", "andring", "falt"),
    [
        ("prognos", {"grupp": ""}, "grupp-prognos"),
        ("prognos", {"etikett": " "}, "etikett-prognos"),
        ("prognos", {"grupp": "x" * 81}, "grupp-prognos"),
        ("prognos", {"etikett": "x" * 81}, "etikett-prognos"),
        ("prognos", {"ledtext": "x" * 201}, "ledtext-prognos"),
        ("atgarder_planerade", {"etikett": "vidtagna"}, "etikett-atgarder_planerade"),
        ("prognos", {"grupp": "1. sammanfattning"}, "grupp-prognos"),
    ],
)
def test_what_can_not_be_saved_is_said_at_its_field(nyckel: str, andring: dict[str, str], falt: str) -> None:
    rader = [replace(rad, **andring) if rad.nyckel == nyckel else rad for rad in rader_av(STANDARD)]  # type: ignore[arg-type]
    assert set(granska(rader)) == {falt}


def test_so_many_sections_fit_and_not_one_more() -> None:
    rader = rader_av(STANDARD)
    while len(rader) < MAX_ANTAL:
        ny = mallregler.ny_egen(rader, Avsnittsslag.TEXT)
        rader.append(replace(ny, grupp=f"Eget {len(rader)}", etikett="Text"))
    assert granska(rader) == {}
    rader.append(replace(mallregler.ny_egen(rader, Avsnittsslag.TEXT), grupp="För mycket", etikett="Text"))
    assert set(granska(rader)) == {""}


def test_new_own_sections_get_numbers_that_none_has_had() -> None:
    rader = rader_av(STANDARD)
    for rubrik in ("Djur", "Båtar"):
        rader.append(replace(mallregler.ny_egen(rader, Avsnittsslag.TEXT), grupp=rubrik, etikett=rubrik))
    assert som_mall(rader, 4).nycklar[-2:] == ("egen_5", "egen_6")
    assert mallregler.hogsta_egna(["egen_3", "egen_12", "egen_x", "prognos"]) == 12


def test_a_version_says_in_words_what_it_changed() -> None:
    rader = [replace(r, etikett="Utfört") if r.nyckel == "atgarder_vidtagna" else r for r in rader_av(STANDARD)]
    rader = ta(flytta(rader, "resurser", -1), "samverkansbehov", bort=True)
    rader = [replace(r, ledtext="Kort.") if r.nyckel == "prognos" else r for r in rader]
    rader.append(replace(mallregler.ny_egen(rader, Avsnittsslag.NYCKELTAL), grupp="Djur", etikett="Djur"))
    assert skillnader(STANDARD, som_mall(rader)) == [
        "Nytt avsnitt: Djur",
        "Borttaget: Samverkansbehov",
        "Åtgärder: Vidtagna heter nu Åtgärder: Utfört",
        "Nytt råd till Prognos och alternativ utveckling: Prognos: Kort.",
        "Ordningen är ändrad",
    ]
    assert skillnader(STANDARD, STANDARD) == []


def test_typed_numbers_are_the_orders_own() -> None:
    rader = [replace(rad, grupp="17. Prognos") if rad.nyckel == "prognos" else rad for rad in rader_av(STANDARD)]
    assert som_mall(rader).avsnitt[8].grupp == "5. Prognos"
    assert mallregler.utan_nummer("112. SOS") == "112. SOS"


def test_whatever_is_sent_there_is_one_summary_and_it_is_first() -> None:
    form = mallformular.skickat({"nyckel-0": "prognos", "nyckel-1": "prognos", "nyckel-2": "!", "bas": "x"})
    assert nycklar(form.rader) == [SAMMANFATTNING, "prognos"]
    assert form.bas == 0
    tagen = {"nyckel-0": SAMMANFATTNING, "tagen-0": "1", "slag-0": "nyckeltal", "grupp-0": "Kort"}
    forst = mallformular.skickat(tagen).rader[0]
    assert (forst.grupp, forst.slag, forst.tagen) == ("Kort", Avsnittsslag.TEXT, False)


def test_back_to_the_standard_keeps_ones_own_within_reach() -> None:
    form = mallformular.nytt(0, STANDARD)
    mallformular.gor(form, "lagg-till", "egen:alternativ")
    mallformular.gor(form, "bort:resurser", "")
    mallformular.gor(form, "standard", "")
    assert nycklar(form.rader) == list(STANDARD.nycklar)
    assert [rad.slag for rad in form.tagna] == [Avsnittsslag.ALTERNATIV]
    for konstigt in ("lagg-till", "upp:finns_inte", "ned:", "", "bort:sammanfattning", "tillbaka:prognos"):
        mallformular.gor(form, konstigt, "egen:finns-inte")
    assert sorted(nycklar(form.rader)) == sorted(STANDARD.nycklar)
