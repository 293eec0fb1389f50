"""What is promised of a begäran's answers, and how they are summed up."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wis.begaran.mallregler import fraga
from wis.begaran.models import Fragetyp, Synlighet
from wis.begaran.rules import Svarslage, fristfel, lage_av, laser_svar, paminnelsetider, ser, summera, tal_i_ord

NU = datetime(2026, 1, 12, 12, 0, tzinfo=UTC)
AKTORER = st.integers(1, 6)


@given(st.sampled_from(Synlighet), AKTORER, AKTORER, st.sets(AKTORER), st.none() | AKTORER)
def test_whoever_reads_an_answer_sees_what_was_asked_and_nobody_else_does(
    synlighet: Synlighet, vem: int, fragande: int, tillfragade: set[int], svarande: int | None
) -> None:
    svarar = svarande in tillfragade or svarande is None
    laser = laser_svar(synlighet, vem, fragande, tillfragade, svarande)
    if laser and svarar:
        assert ser(synlighet, vem, fragande, tillfragade)
    if synlighet is Synlighet.FRAGANDE:
        assert laser == (vem in {fragande, svarande})


@pytest.mark.parametrize(
    ("besvarad", "oppnad", "minuter", "lage"),
    [
        (True, True, -5, Svarslage.BESVARAD),
        (False, True, -5, Svarslage.SEN),
        (False, True, 5, Svarslage.OPPNAD),
        (False, False, 5, Svarslage.EJ_OPPNAD),
    ],
)
def test_how_it_is_with_one_that_is_asked(besvarad: bool, oppnad: bool, minuter: int, lage: Svarslage) -> None:
    assert lage_av(besvarad=besvarad, oppnad=oppnad, frist=NU + timedelta(minutes=minuter), now=NU) is lage


def test_a_deadline_is_neither_past_nor_far_off_and_reminders_come_before_it() -> None:
    assert "minst fem minuter" in fristfel(NU + timedelta(minutes=4), NU)
    assert "två veckor" in fristfel(NU + timedelta(days=15), NU)
    assert fristfel(NU + timedelta(hours=1), NU) == ""
    frist = NU + timedelta(minutes=40)
    assert paminnelsetider(frist, [60, 15, 30], NU) == [frist - timedelta(minutes=m) for m in (30, 15)]


def test_choices_grades_and_figures_become_bars_and_open_answers_are_counted() -> None:
    fragor = [
        fraga(1, Fragetyp.VAL, "Stöd?", val=("Ja", "Nej")),
        fraga(2, Fragetyp.GRAD, "El?"),
        fraga(3, Fragetyp.TAL, "Hur många?", enhet="st"),
    ]
    svar = [("Nacka", {"1": "Ja", "2": "kritisk", "3": "4"}), ("Solna", {"1": "Ja", "3": "-1,5"}), ("Ekerö", {})]
    val, grad, tal = summera(fragor, svar)
    assert [(stapel.namn, stapel.text, stapel.andel) for stapel in val.staplar] == [("Ja", "2", 100), ("Nej", "0", 0)]
    assert (grad.staplar[0].namn, grad.staplar[0].text, grad.utan) == ("kritisk", "1", 2)
    assert tal.tal == (-1.5, 1.25, 4.0, 2.5)
    assert [(stapel.namn, stapel.andel) for stapel in tal.staplar] == [("Nacka", 100), ("Solna", 0)]


def test_numbers_are_written_as_swedes_do() -> None:
    skrivet = {12000.0: "12 000", 2.5: "2,5", -0.5: "\u22120,5", 0.0: "0", -0.001: "0"}
    assert {tal: tal_i_ord(tal) for tal in skrivet} == skrivet
