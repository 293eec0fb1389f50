"""Attachments in real databases: kept once, published for good, cleared when nobody refers to them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.integration.lagesbild_stod import Scen
from wis import clock
from wis.auth.rules import Roll, Subjekt
from wis.bilagor import queries as filer
from wis.bilagor import service
from wis.bilagor.models import Bilaga
from wis.bilagor.mottagning import Godkand
from wis.bilagor.rules import Nekad, Slag
from wis.db import Database
from wis.lagesbild import bilageandring, utkast
from wis.lagesbild.rules import Innehall
from wis.lagesbild.service import Publicerad
from wis.lagesbild.utkast import Konflikt, Sparat, Text
from wis.notiser.worker import Worker
from wis.settings import Settings
from wis.tx import transaction


def en_fil(namn: str) -> Godkand:
    return Godkand(f"{namn}.pdf", Slag.PDF, f"%PDF {namn}".encode())


def bifoga(scen: Scen, *namn: str, who: Subjekt | None = None, antal: int = 20) -> None:
    with transaction(scen.database) as session:
        bilageandring.lagg_till(session, who or scen.anna, scen.plats, [en_fil(n) for n in namn], antal)


def i_versionen(database: Database, nummer: int) -> list[str]:
    with database.reading() as session:
        return [b.rad.namn for b in filer.i_version(session, 1, nummer)]


def kvar(database: Database) -> int:
    with database.reading() as session:
        return len(session.scalars(select(Bilaga.id)).all())


def test_what_is_published_can_neither_be_changed_nor_go(varje_databas: Database) -> None:
    scen = Scen(varje_databas)
    bifoga(scen, "plan", "karta")
    assert isinstance(scen.publicera(0, "Läget"), Publicerad)
    assert scen.utkast() == []
    assert i_versionen(varje_databas, 1) == ["plan.pdf", "karta.pdf"]
    for sats in (
        "UPDATE lagesbild_bilaga SET beskrivning = 'annat'",
        "DELETE FROM lagesbild_bilaga",
        "UPDATE bilaga SET innehall = forhandsbild",
        "UPDATE bilaga SET sha256 = lower(sha256)",
        "DELETE FROM bilaga",
        "INSERT INTO lagesbild_bilaga VALUES (1, 2, 1, 1, 'x', '')",
    ):
        with pytest.raises((IntegrityError, DBAPIError)), transaction(varje_databas) as session:
            session.execute(text(sats))
    with transaction(varje_databas) as session:
        session.execute(text("UPDATE bilaga SET anvand = anvand"))
    with varje_databas.reading() as session:
        forsta = filer.i_version(session, 1, 1)[0]
        assert filer.innehall(session, forsta.id, forhandsbild=False) == b"%PDF plan"
        assert filer.innehall(session, forsta.id, forhandsbild=True) is None
    assert i_versionen(varje_databas, 1) == ["plan.pdf", "karta.pdf"]


def test_only_what_nobody_refers_to_goes_and_after_a_day(varje_databas: Database, settings: Settings) -> None:
    scen, nu = Scen(varje_databas), clock.now()
    with clock.at(nu):
        bifoga(scen, "publicerad", "borttagen")
        with transaction(varje_databas) as session:
            bilageandring.ta_bort(session, scen.anna, scen.plats, 2)
        scen.publicera(0, "Läget")
        bifoga(scen, "i utkastet", "i det kastade")
        with transaction(varje_databas) as session:
            bilageandring.ta_bort(session, scen.anna, scen.plats, 4)
    with clock.at(nu + timedelta(hours=23)):
        assert service.stada(varje_databas) == 0
    with clock.at(nu + timedelta(hours=25)):
        assert service.stada(varje_databas) == 2
        assert service.stada(varje_databas) == 0
    with transaction(varje_databas) as session:
        assert utkast.kasta(session, scen.anna, scen.plats, 0)
    worker = Worker(varje_databas, settings)
    with clock.at(nu + timedelta(hours=26)):
        worker.tom()
    worker.stop()
    assert kvar(varje_databas) == 1
    assert i_versionen(varje_databas, 1) == ["publicerad.pdf"]


def test_what_an_actor_has_is_kept_once_and_another_actor_has_its_own(varje_databas: Database) -> None:
    scen = Scen(varje_databas)
    bertil, frammande = scen.person(Roll.TALESPERSON), scen.person(Roll.REDAKTOR, "lansstyrelsen")
    bifoga(scen, "plan", "plan")
    bifoga(scen, "plan", who=bertil)
    assert kvar(varje_databas) == 1
    with transaction(varje_databas) as session:
        service.behall(session, frammande.aktor_id, en_fil("plan"))
    assert kvar(varje_databas) == 2


@pytest.mark.parametrize("antal", [20, 3])
def test_many_who_attach_at_once_lose_nothing_and_stay_within_the_limit(varje_databas: Database, antal: int) -> None:
    scen = Scen(varje_databas)
    bertil = scen.person(Roll.TALESPERSON)

    def en(nummer: int) -> bool:
        try:
            bifoga(scen, f"{nummer // 2}", "samma", who=(scen.anna, bertil)[nummer % 2], antal=antal)
        except Nekad:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        gick = list(pool.map(en, range(8)))
    assert sum(gick) == (8 if antal == 20 else 4)
    with varje_databas.reading() as session:
        langder = [len(filer.i_utkast(session, rad.id)) for rad in scen.utkast()]
    assert langder == [min(5, antal)] * 2


def test_a_draft_that_an_attachment_began_is_the_pages_own(varje_databas: Database) -> None:
    """The page has saved nothing yet (revision 0): what it saves then is no other tab's."""
    scen = Scen(varje_databas)
    scen.publicera(0, "Läget")
    bifoga(scen, "plan")
    (mitt,) = scen.utkast()
    assert (mitt.bas, mitt.revision, mitt.sektioner) == (1, 0, {"sammanfattning": "Läget"})
    nytt = Text(1, 0, Innehall.av({"sammanfattning": "Nytt läge"}), beskrivningar={1: "Planen"})
    with transaction(varje_databas) as session:
        assert isinstance(utkast.spara(session, scen.anna, scen.plats, nytt), Sparat)
    # What is written of the file in another tab is not written over either.
    with transaction(varje_databas) as session:
        gammal = replace(nytt, revision=0, beskrivningar={1: "Från förra fliken"})
        assert isinstance(utkast.spara(session, scen.anna, scen.plats, gammal), Konflikt)
    with varje_databas.reading() as session:
        assert [b.rad.beskrivning for b in filer.i_utkast(session, mitt.id)] == ["Planen"]
