"""The region at a glance: the gravest word of each actor and function, and what has changed."""

from datetime import UTC, datetime, timedelta

from wis.aktorer.models import Aktor
from wis.ytor.regionen import Region
from wis.ytor.regionregler import AVSTAND, STEG, Uppgift, bokstav, i_korthet, raknade, tider, uppgifter

NU = datetime(2026, 1, 12, 12, 0, tzinfo=UTC)
NACKA, SOLNA = 1, 2


def sagt(aktor_id: int, *rader: tuple[str, str]) -> list[Uppgift]:
    return uppgifter([(funktion, grad, "") for funktion, grad in rader], aktor_id, "/x", NU)


def test_the_gravest_function_comes_first_and_of_equals_the_one_that_people_know() -> None:
    rader = raknade([[*sagt(NACKA, ("Egen sak", "betydande"), ("Dricksvatten", "betydande"), ("Polis", "kritisk"))]])
    assert [rad.funktion for rad in rader] == ["Polis", "Dricksvatten", "Egen sak"]


def test_a_function_is_the_same_in_any_case_and_without_the_mark_of_its_source() -> None:
    (rad,) = raknade([[*sagt(NACKA, ("POLIS", "måttlig")), *sagt(SOLNA, ("polis [[nacka 3 konsekvenser]]", "ingen"))]])
    assert rad.funktion == "Polis"
    assert {aktor: ruta.grad for aktor, ruta in rad.rutor.items()} == {NACKA: "måttlig", SOLNA: "ingen"}


def test_of_two_events_the_gravest_word_counts() -> None:
    (rad,) = raknade([[*sagt(NACKA, ("Polis", "ingen")), *sagt(NACKA, ("Polis", "allvarlig"))]])
    assert rad.rutor[NACKA].grad == "allvarlig"


def test_what_has_changed_since_the_moment_before_is_said() -> None:
    da = sagt(NACKA, ("Polis", "måttlig"), ("Flyg", "kritisk"), ("Avlopp", "ingen"), ("Skola", "ingen"))
    nu = sagt(NACKA, ("Polis", "kritisk"), ("Flyg", "ingen"), ("Avlopp", "ingen"), ("Vatten", "ingen"))
    rader = {rad.funktion: rad for rad in raknade([da, nu])}
    andringar = {funktion: rad.rutor[NACKA].andring for funktion, rad in rader.items()}
    assert andringar == {"Polis": "värre", "Flyg": "bättre", "Avlopp": "", "Vatten": "ny"}
    assert list(rader["Polis"].over_tid) == ["måttlig", "kritisk"]


def test_only_what_is_gravely_struck_stands_on_the_start_page() -> None:
    rader = raknade([sagt(NACKA, ("Polis", "måttlig"), ("Flyg", "betydande"), ("Okänt", ""))])
    assert [rad.funktion for rad in i_korthet(rader)] == ["Flyg"]
    assert [bokstav(grad) for grad in ("kritisk", "ingen", "")] == ["K", "I", "?"]


def test_the_moments_end_now() -> None:
    alla = tider(NU)
    assert (len(alla), alla[-1], alla[-1] - alla[0]) == (STEG, NU, AVSTAND * (STEG - 1))
    assert timedelta(hours=3) == AVSTAND


def test_of_many_actors_the_gravest_are_shown_and_the_others_counted() -> None:
    aktorer = [Aktor(id=nummer, slug=f"a{nummer}", namn=f"A{nummer}", kortnamn=f"A{nummer}") for nummer in range(1, 6)]
    grader = {1: "betydande", 2: "ingen", 3: "kritisk", 4: "måttlig", 5: "allvarlig"}
    rader = raknade([[uppgift for id_, grad in grader.items() for uppgift in sagt(id_, ("Polis", grad))]])
    visade, fler = Region(rader, aktorer, [NU], rott=False).kolumner(rader, 3)
    assert [aktor.id for aktor in visade] == [1, 3, 5]
    assert fler == 2
