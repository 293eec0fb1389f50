"""Reminders of a begäran: to those who have not answered, at the set times, and exactly once."""

import threading

import pytest
from sqlalchemy import select, update

from tests import factories as f
from tests.begaran_lank_stod import SLUG, TIMME, brev, en_begaran
from wis import clock
from wis.begaran import paminnelser
from wis.begaran.models import Begaran, BegaranMottagare, BegaranPaminnelse
from wis.db import Database
from wis.handelser.models import Handelse
from wis.notiser import sysslor
from wis.notiser.worker import Worker
from wis.settings import Settings
from wis.tx import transaction

START = clock.now()


def fraga(database: Database, *fore: float, **mer: object) -> int:
    """Asked at START, due in two hours, with reminders so many hours after START; letters of the asking are dropped."""
    with clock.at(START), transaction(database) as session:
        tider = tuple(START + timmar * TIMME for timmar in fore)
        return en_begaran(session, paminns=tider, till=("nacka", "solna"), **mer).id  # type: ignore[arg-type]


def paminda(database: Database) -> list[str]:
    return sorted(till for till, amne, _ in brev(database) if "Påminnelse" in amne)


def test_those_who_have_not_answered_are_reminded_once_and_outsiders_get_no_new_link(varje_databas: Database) -> None:
    fraga(varje_databas, 0.5, 1, ovning=True)
    with transaction(varje_databas) as session:
        solna = BegaranMottagare.aktor_id == f.en_aktor(session, "solna").id
        session.execute(update(BegaranMottagare).where(solna).values(senaste=1))
    with clock.at(START + 0.4 * TIMME):
        assert paminnelser.paminn(varje_databas) == 0
    # Nothing ran for an hour: one reminder, not two.
    with clock.at(START + 1.5 * TIMME):
        assert paminnelser.paminn(varje_databas) == 1
        assert paminnelser.paminn(varje_databas) == 0
    assert paminda(varje_databas) == ["anna@energi.example", "skribent@nacka.example"]
    texter = [text for _, amne, text in brev(varje_databas) if "Påminnelse" in amne]
    assert all(text.startswith("ÖVNING: Påminnelse: svara på begäran") and ": Elen i natt" in text for text in texter)
    utifran = next(text for till, amne, text in brev(varje_databas) if "energi" in till and "Påminnelse" in amne)
    assert "/svar/" not in utifran
    assert "/handelser/" not in utifran
    assert "tidigare brevet" in utifran


def test_two_workers_at_the_same_moment_remind_once(varje_databas: Database) -> None:
    fraga(varje_databas, 1)
    grind, gjorda = threading.Barrier(4), []

    def en() -> None:
        grind.wait()
        with clock.at(START + TIMME):
            gjorda.append(paminnelser.paminn(varje_databas))

    tradar = [threading.Thread(target=en) for _ in range(4)]
    for trad in tradar:
        trad.start()
    for trad in tradar:
        trad.join()
    assert sorted(gjorda) == [0, 0, 0, 1]
    assert len(paminda(varje_databas)) == 3


def test_who_dies_between_claiming_and_sending_has_done_neither(
    varje_databas: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    fraga(varje_databas, 1)

    def dor(*_args: object, **_mer: object) -> None:
        raise SystemExit

    with clock.at(START + TIMME):
        with monkeypatch.context() as lapp:
            lapp.setattr(paminnelser, "skicka_brev", dor)
            with pytest.raises(SystemExit):
                paminnelser.paminn(varje_databas)
        assert paminda(varje_databas) == []
        assert paminnelser.paminn(varje_databas) == 1
    assert len(paminda(varje_databas)) == 3


@pytest.mark.parametrize("vad", ["avslutad", "stängd", "alla har svarat"])
def test_nobody_is_reminded_of_what_is_over(database: Database, vad: str) -> None:
    fraga(database, 1)
    with transaction(database) as session:
        if vad == "avslutad":
            session.execute(update(Begaran).values(avslutad=START))
        elif vad == "stängd":
            session.execute(update(Handelse).where(Handelse.slug == SLUG).values(stangd=START))
        else:
            session.execute(update(BegaranMottagare).values(senaste=1))
    with clock.at(START + TIMME):
        assert paminnelser.paminn(database) == 0
    assert paminda(database) == []
    with database.reading() as session:
        assert session.scalars(select(BegaranPaminnelse.sand)).one() is not None


def test_the_worker_does_it_by_itself(database: Database, settings: Settings) -> None:
    fraga(database, 1)
    sysslor.anlita(paminnelser.paminn)
    worker = Worker(database, settings)
    with clock.at(START + TIMME):
        worker.tom()
    worker.stop()
    with database.reading() as session:
        assert session.scalars(select(BegaranPaminnelse.sand)).one() == START + TIMME
