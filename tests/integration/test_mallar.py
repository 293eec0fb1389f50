"""Templates in the database: two administrators at once, and versions that nobody changes."""

import threading

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from tests import factories as f
from wis.aktorer.queries import las_aktor
from wis.auth.rules import Roll, Subjekt
from wis.db import Database
from wis.lagesbild import mallar, mallservice
from wis.lagesbild.mall import STANDARD, Avsnittsslag
from wis.lagesbild.mallregler import Mallrad, rader_av
from wis.lagesbild.models import LagesbildsmallVersion
from wis.tx import transaction


def _aktor_och_subjekt(database: Database) -> tuple[int, Subjekt]:
    with transaction(database) as session:
        person = f.en_person_hos(session, "nacka", Roll.LASARE, administrator=True)
        return f.en_aktor(session, "nacka").id, f.subjekt_for(session, person)


def _spara(database: Database, who: Subjekt, aktor_id: int, bas: int, rubrik: str) -> bool:
    rader = [*rader_av(STANDARD), Mallrad("ny_1", rubrik, rubrik, "", Avsnittsslag.TEXT)]
    try:
        with transaction(database) as session:
            mallservice.spara(session, who, las_aktor(session, aktor_id), "", bas, rader)
    except mallservice.Krock:
        return False
    return True


def test_of_two_administrators_who_save_at_the_same_moment_one_does_and_its_version_stays(
    varje_databas: Database,
) -> None:
    database = varje_databas
    aktor_id, who = _aktor_och_subjekt(database)
    for bas in (0, 1):
        start, gick = threading.Barrier(4), []

        def tryck(nummer: int, bas: int = bas, start: threading.Barrier = start, gick: list[bool] = gick) -> None:
            start.wait()
            gick.append(_spara(database, who, aktor_id, bas, f"Rubrik {bas} {nummer}"))

        tradar = [threading.Thread(target=tryck, args=(nummer,)) for nummer in range(4)]
        for trad in tradar:
            trad.start()
        for trad in tradar:
            trad.join()
        assert sorted(gick) == [False, False, False, True]
    with database.reading() as session:
        rader = session.scalars(select(LagesbildsmallVersion).order_by(LagesbildsmallVersion.nummer)).all()
        assert [rad.nummer for rad in rader] == [1, 2]
        # Another section of the actor's own, and so another key, whatever it is called.
        assert [rad.avsnitt[-1]["nyckel"] for rad in rader] == ["egen_1", "egen_2"]
        assert mallar.aktuell(session, aktor_id, "vader").version_id == rader[1].id
        assert mallar.find_mall(session, aktor_id + 1, rader[1].id) is None
    for sats in ("UPDATE lagesbildsmall_version SET nummer = 9", "DELETE FROM lagesbildsmall_version"):
        with pytest.raises(DatabaseError), transaction(database) as session:
            session.execute(text(sats))
