"""That a login is in use is noted within a moment, without waiting for anybody, on either database."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, select, update

from tests import factories as f
from wis import clock, efterat
from wis.auth.aktivitet import anteckna
from wis.auth.models import Faktorslag, Inloggning
from wis.auth.queries import pagar
from wis.auth.sessioner_service import GLES, Spar
from wis.db import Database
from wis.tx import transaction

SPAR = Spar("192.0.2.7", "Firefox på Windows")
EN_TIMME = timedelta(hours=1)


def _inloggningar(database: Database, antal: int) -> list[int]:
    """So many logins of one person, made an hour ago and not used since."""
    with transaction(database) as session:
        now, vem = clock.now(), f.en_anvandare(session).id
        rader = [
            Inloggning(
                token_hash=str(nummer), anvandare_id=vem, skapad=now - EN_TIMME, giltig_till=now + EN_TIMME,
                faktor=Faktorslag.INGEN,
            )
            for nummer in range(antal)
        ]  # fmt: skip
        session.add_all(rader)
        session.flush()
        return [rad.id for rad in rader]


def _aktiv(database: Database, id_: int) -> tuple[datetime | None, str]:
    with database.reading() as session:
        rad = session.get_one(Inloggning, id_)
        return rad.senast_aktiv, rad.adress


def test_many_who_open_a_page_are_noted_together_each_by_its_own_time(varje_databas: Database) -> None:
    ids, start = _inloggningar(varje_databas, 300), clock.now()
    efterat.samlare(varje_databas).inom = 3600
    with transaction(varje_databas) as session:
        session.execute(update(Inloggning).where(Inloggning.id == ids[1]).values(avslutad=start))
    for nummer, id_ in enumerate(ids):
        with clock.at(start + timedelta(seconds=nummer)):
            anteckna(varje_databas, id_, SPAR)
    with clock.at(start + timedelta(seconds=2)):
        anteckna(varje_databas, ids[0], Spar("192.0.2.8", "Edge på Windows"))
    commits: list[object] = []
    event.listen(varje_databas.engine, "commit", commits.append)
    with clock.at(start + EN_TIMME):  # written late: it is as if it had been at once
        efterat.skriv_nu(varje_databas)
    assert len(commits) == 1
    assert _aktiv(varje_databas, ids[0]) == (start + timedelta(seconds=2), "192.0.2.8")
    assert _aktiv(varje_databas, ids[1])[0] is None  # had ended
    assert _aktiv(varje_databas, ids[299]) == (start + timedelta(seconds=299), SPAR.adress)
    # In use a minute before the limit, it goes on after it; and within GLES nothing more is written.
    with varje_databas.reading() as session:
        strax_fore = start + timedelta(seconds=299 + 59)
        assert session.scalars(select(Inloggning.id).where(pagar(strax_fore, timedelta(minutes=1)))).all() == [ids[299]]
    with clock.at(start + timedelta(seconds=299) + GLES / 2):
        anteckna(varje_databas, ids[299], Spar("198.51.100.1", ""))
    efterat.skriv_nu(varje_databas)
    assert _aktiv(varje_databas, ids[299]) == (start + timedelta(seconds=299), SPAR.adress)


@pytest.mark.postgres
def test_nobody_is_waited_for_and_the_others_are_noted(postgres_url: str) -> None:
    database = Database(postgres_url)
    efterat.samlare(database).inom = 3600
    last, fri = _inloggningar(database, 2)
    with transaction(database) as writer:
        writer.scalars(select(Inloggning).where(Inloggning.id == last).with_for_update()).one()
        anteckna(database, last, SPAR)
        anteckna(database, fri, SPAR)
        efterat.skriv_nu(database)
        assert _aktiv(database, fri)[1] == SPAR.adress
    assert _aktiv(database, last)[0] is None
    database.dispose()


def test_when_it_is_written_at_once_a_writer_is_not_waited_for_and_the_page_comes(varje_databas: Database) -> None:
    id_ = _inloggningar(varje_databas, 1)[0]
    with transaction(varje_databas) as writer:
        writer.scalars(select(Inloggning).with_for_update()).one()
        anteckna(varje_databas, id_, SPAR)
    assert _aktiv(varje_databas, id_)[0] is None
    anteckna(varje_databas, id_, SPAR)
    assert _aktiv(varje_databas, id_)[1] == SPAR.adress
