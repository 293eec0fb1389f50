"""What many leave behind when they open a page at once: written together, soon, and without anybody waiting for it."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, func, select, text

from tests import factories as f
from tests.servrar import vanta_tills
from tests.utskick import en_som_vill, en_underrattelse, expandera_allt
from wis import clock, efterat
from wis.andringar import Andring, Andringsnummer, Slag
from wis.auth.aktivitet import anteckna as anteckna_aktivitet
from wis.auth.models import Faktorslag, Inloggning
from wis.auth.sessioner_service import Spar
from wis.db import Database
from wis.notiser.kvittenser import kvittera, markera_last, svar_av
from wis.notiser.models import Kvittens, Notisslag
from wis.tx import transaction
from wis.ytor.lasmarken import Last, anteckna
from wis.ytor.models import Lasmarke

SPAR = Spar("192.0.2.7", "Firefox på Windows")
TIMME = timedelta(hours=1)


@dataclass
class Folk:
    """Readers, each logged in, of an event in which something was sent to all of them."""

    personer: list[int]
    inloggningar: list[int]
    handelse_id: int
    utskick_id: int

    def oppnar(self, database: Database, vem: int, nar: datetime) -> None:
        """One of them opens the page, and has it in sight for a while."""
        with clock.at(nar):
            anteckna_aktivitet(database, self.inloggningar[vem], SPAR)
            with database.reading() as session:
                svar = svar_av(session, self.personer[vem], self.utskick_id, nar)
            markera_last(database, self.utskick_id, svar, self.personer[vem])
            anteckna(database, Last(self.personer[vem], self.handelse_id, self.inloggningar[vem], nar, nar))


@pytest.fixture
def folk(varje_databas: Database) -> Folk:
    now = clock.now()
    with transaction(varje_databas) as session:
        handelse = f.en_handelse(session, slug="sno")
        personer = [en_som_vill(session, "nacka", slag=Notisslag.UNDERRATTELSE).id for _ in range(40)]
        rader = [
            Inloggning(token_hash=str(id_), anvandare_id=id_, skapad=now - TIMME, giltig_till=now + TIMME)
            for id_ in personer
        ]
        for rad in rader:
            rad.faktor = Faktorslag.INGEN
        session.add_all(rader)
        utskick = en_underrattelse(session, handelse, bradskande=True)
        handelse_id, utskick_id, inloggningar = handelse.id, utskick.id, [rad.id for rad in rader]
    expandera_allt(varje_databas)
    efterat.samlare(varje_databas).inom = 3600  # only when the test says
    return Folk(personer, inloggningar, handelse_id, utskick_id)


@pytest.fixture
def utan_marken(varje_databas: Database) -> Callable[[], None]:
    """Takes away the table of the read marks, and puts it back the next time."""
    namn = ["lasmarke", "borta"]

    def byt() -> None:
        with varje_databas.engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {namn[0]} RENAME TO {namn[1]}"))
        namn.reverse()

    return byt


def _antal(database: Database) -> dict[str, int]:
    """How many receipts, read marks and noted logins are written."""
    with database.reading() as session:
        return {
            "kvittenser": session.scalars(select(func.count()).select_from(Kvittens)).one(),
            "marken": session.scalars(select(func.count()).select_from(Lasmarke)).one(),
            "aktiva": session.scalars(select(func.count(Inloggning.senast_aktiv))).one(),
        }


def test_forty_who_open_a_page_are_written_in_one_transaction_and_the_sender_hears_once(
    varje_databas: Database, folk: Folk
) -> None:
    start, sagt, commits = clock.now(), list[Andring](), list[object]()
    for vem in range(40):
        folk.oppnar(varje_databas, vem, start + timedelta(seconds=vem))
    folk.oppnar(varje_databas, 0, start + timedelta(seconds=90))
    # Who answers at once saw it before that: when, is kept.
    with transaction(varje_databas) as session, clock.at(start + timedelta(seconds=100)):
        kvittera(session, folk.personer[1], folk.utskick_id)
    assert _antal(varje_databas) == {"kvittenser": 1, "marken": 0, "aktiva": 0}
    varje_databas.listeners.append(sagt.append)
    event.listen(varje_databas.engine, "commit", commits.append)
    with clock.at(start + timedelta(seconds=200)):
        efterat.skriv_nu(varje_databas)
    assert len(commits) == 1
    assert [(andring.slag, andring.id) for andring in sagt] == [(Slag.UTSKICK, folk.utskick_id)]
    assert _antal(varje_databas) == {"kvittenser": 40, "marken": 40, "aktiva": 40}
    with varje_databas.reading() as session:
        lasta = {id_: nar for id_, nar in session.execute(select(Kvittens.anvandare_id, Kvittens.last))}
        assert [lasta[vem] for vem in folk.personer] == [start + timedelta(seconds=n) for n in range(40)]
        sedda = {id_: nar for id_, nar in session.execute(select(Lasmarke.anvandare_id, Lasmarke.sedd_till))}
        assert sedda[folk.personer[0]] == start + timedelta(seconds=90)
        # Pages that were kept for these logins are old, by the number that is told of them.
        hojda = session.scalars(select(Andringsnummer.id).where(Andringsnummer.slag == "inloggning")).all()
        assert set(hojda) >= set(folk.inloggningar)
    # Nothing is lowered, and nothing raised beyond when it was said.
    sist = Last(folk.personer[0], folk.handelse_id, folk.inloggningar[0], start, start)
    anteckna(varje_databas, sist)
    anteckna(varje_databas, Last(folk.personer[2], folk.handelse_id, 1, start + 9 * TIMME, start + TIMME))
    efterat.skriv_nu(varje_databas)
    with varje_databas.reading() as session:
        sedda = {id_: nar for id_, nar in session.execute(select(Lasmarke.anvandare_id, Lasmarke.sedd_till))}
        assert (sedda[folk.personer[0]], sedda[folk.personer[2]]) == (start + timedelta(seconds=90), start + TIMME)


def test_when_the_database_fails_it_is_written_once_it_is_back_and_one_kind_takes_no_other_with_it(
    varje_databas: Database, folk: Folk, utan_marken: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    samlare, start = efterat.samlare(varje_databas), clock.now()
    folk.oppnar(varje_databas, 0, start)
    utan_marken()
    efterat.skriv_nu(varje_databas)
    assert _utan(varje_databas) == (0, 0)
    utan_marken()
    efterat.skriv_nu(varje_databas)
    assert _antal(varje_databas) == {"kvittenser": 1, "marken": 1, "aktiva": 1}
    folk.oppnar(varje_databas, 1, start)
    utan_marken()
    efterat.skriv_nu(varje_databas)
    folk.oppnar(varje_databas, 2, start)
    efterat.skriv_nu(varje_databas)
    # Of the first, what could be written; of the second nothing yet.
    assert _utan(varje_databas) == (2, 2)
    assert (samlare.tappade, samlare.antal) == (1, 3)
    utan_marken()
    efterat.skriv_nu(varje_databas)
    assert _antal(varje_databas) == {"kvittenser": 3, "marken": 2, "aktiva": 3}
    assert "Error" in caplog.text
    assert "lasmarke" not in caplog.text  # its type, and never its words


def test_what_is_on_its_way_when_the_process_ends_is_waited_for(database: Database, databas_url: str) -> None:
    with transaction(database) as session:
        handelse_id = f.en_handelse(session, slug="sno").id
        person = en_som_vill(session, "nacka", slag=Notisslag.UNDERRATTELSE).id
    program = f"""
import threading
from wis import clock, efterat
from wis.db import Database
from wis.ytor import lasmarken
database, nu, borjat = Database({databas_url!r}), clock.now(), threading.Event()
efterat.INOM = 0.01
skriv = lasmarken._LASMARKE.skriv
def langsamt(session, lasta):
    borjat.set()
    threading.Event().wait(0.5)
    skriv(session, lasta)
object.__setattr__(lasmarken._LASMARKE, "skriv", langsamt)
lasmarken.anteckna(database, lasmarken.Last({person}, {handelse_id}, 1, nu, nu))
assert borjat.wait(30)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    with database.reading() as session:
        assert session.scalars(select(func.count()).select_from(Lasmarke)).one() == 1


def _utan(database: Database) -> tuple[int, int]:
    with database.reading() as session:
        kvittenser = session.scalars(select(func.count()).select_from(Kvittens)).one()
        return kvittenser, session.scalars(select(func.count(Inloggning.senast_aktiv))).one()


def test_it_is_written_soon_by_itself_and_at_once_by_who_finds_it_full(
    varje_databas: Database, folk: Folk, monkeypatch: pytest.MonkeyPatch
) -> None:
    samlare, nu = efterat.samlare(varje_databas), clock.now()
    monkeypatch.setattr(efterat, "HOGST", 3)
    folk.oppnar(varje_databas, 0, nu)
    anteckna_aktivitet(varje_databas, folk.inloggningar[1], SPAR)
    assert _antal(varje_databas) == {"kvittenser": 0, "marken": 0, "aktiva": 1}
    efterat.skriv_nu(varje_databas)
    samlare.inom = 0.05
    folk.oppnar(varje_databas, 2, nu)
    vanta_tills(lambda: samlare.antal == 0, 30, "att det tas")
    efterat.skriv_nu(varje_databas)  # when the one at work has ended
    assert _antal(varje_databas) == {"kvittenser": 2, "marken": 2, "aktiva": 3}


def test_a_process_that_ends_has_written_what_it_had_also_one_that_was_forked(
    database: Database, databas_url: str
) -> None:
    with transaction(database) as session:
        handelse_id = f.en_handelse(session, slug="sno").id
        personer = [en_som_vill(session, "nacka", slag=Notisslag.UNDERRATTELSE).id for _ in range(2)]
    program = f"""
import os
from wis import clock, efterat
from wis.db import Database
from wis.ytor.lasmarken import Last, anteckna
efterat.INOM = 3600
database, nu = Database({databas_url!r}), clock.now()
anteckna(database, Last({personer[0]}, {handelse_id}, 1, nu, nu))
if os.fork() == 0:
    assert efterat.samlare(database).antal == 0
    anteckna(database, Last({personer[1]}, {handelse_id}, 2, nu, nu))
else:
    os.wait()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
    with database.reading() as session:
        assert set(session.scalars(select(Lasmarke.anvandare_id))) == set(personer)
