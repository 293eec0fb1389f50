"""Feeds and key figures on both databases: the same rows for the same person."""

from datetime import timedelta

from sqlalchemy import select, update

from tests import factories as f
from tests.web.ytor_data import publicera, ratta, underratta
from wis import clock, efterat
from wis.auth.rules import Roll
from wis.db import Database
from wis.floden import service
from wis.floden.models import Flodesadress
from wis.floden.poster import poster
from wis.floden.queries import Urval
from wis.floden.rules import Ovningar
from wis.lagesbild.models import Lagesbild, LagesbildSektion
from wis.nyckeltal.queries import sagt
from wis.tx import transaction


def test_a_person_has_the_same_feed_and_figures_whichever_the_database(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        who = f.subjekt_for(session, f.en_person_hos(session, "nacka", Roll.LASARE))
        handelse, ova = f.en_handelse(session), f.en_handelse(session, ovning=True)
        version = publicera(session, handelse, "solna")
        nyckel = {"lagesbild_id": version.lagesbild_id, "nummer": 1, "nyckel": "nyckeltal"}
        session.add(LagesbildSektion(**nyckel, ordning=1, kalla="| Plogar | 3 | |", html=""))
        publicera(session, handelse, "solna", tlp="red")
        ratta(session, underratta(session, handelse, "Is"))
        underratta(session, ova, "Övad")
        token = service.skapa(session, who, "Läsaren", "a" * 32)
    with varje_databas.reading() as session:
        now = clock.now()
        adress = service.find(session, token, now)
        assert adress is not None
        alla, skarpt = (poster(session, who, Urval(ovningar=val)) for val in (Ovningar.MED, Ovningar.UTAN))
        assert sorted(post.rubrik for post in alla) == [
            "RÄTTELSE: Is (Snöoväder)",
            "Snöoväder. Lägesbild från Solna, version 1",
            "Övad (Snöoväder)",
        ]
        assert [post for post in alla if not post.ovning] == list(skarpt)
        solna = session.scalars(select(Lagesbild)).one()
        bara = Urval(handelse_id=handelse.id, aktor_id=solna.aktor_id)
        assert [post.av for post in poster(session, who, bara)] == ["Solna"]
        versioner, nyast = sagt(session, who, solna)
        assert [(en.nummer, en.texter) for en in versioner] == [(1, ("| Plogar | 3 | |",))]
        assert nyast is not None
        assert nyast.nummer == 1
    with transaction(varje_databas) as session:
        assert service.aterkalla(session, who, adress.id)
        assert service.aterkalla(session, who, adress.id)
        assert service.find(session, token, now) is None


def test_that_a_feed_is_read_is_noted_later_and_waits_for_nobody(varje_databas: Database) -> None:
    efterat.samlare(varje_databas).inom = 3600
    with transaction(varje_databas) as session:
        who = f.subjekt_for(session, f.en_person_hos(session, "nacka", Roll.LASARE))
        tokens = [service.skapa(session, who, namn, namn * 32) for namn in "ab"]
    now = clock.now()
    with varje_databas.reading() as session:
        adresser = [service.find(session, token, now) for token in tokens]
    with transaction(varje_databas) as skrivaren:
        # A writer has the database (SQLite) or the first of the rows (PostgreSQL).
        skrivaren.execute(update(Flodesadress).where(Flodesadress.namn == "a").values(namn="A"))
        for sekund, adress in enumerate([*adresser, *adresser]):
            assert adress is not None
            service.anteckna_anvandning(varje_databas, adress, now + timedelta(seconds=sekund))
        efterat.skriv_nu(varje_databas)
    efterat.skriv_nu(varje_databas)
    with varje_databas.reading() as session:
        nar = dict(session.execute(select(Flodesadress.namn, Flodesadress.senast_anvand)).all())
        assert nar["b"] == now + timedelta(seconds=3)
        # On PostgreSQL it was noted with the other, without the row that was taken: the next time it is used.
        assert nar["A"] in {None, now + timedelta(seconds=2)}
