"""Feeds and key figures on both databases: the same rows for the same person."""

from sqlalchemy import select

from tests import factories as f
from tests.web.ytor_data import publicera, ratta, underratta
from wis import clock
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
        assert service.ar_ny_anvandning(adress, now)
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
        service.anvand(session, adress.id, now)
        assert service.aterkalla(session, who, adress.id)
        assert service.aterkalla(session, who, adress.id)
        assert service.find(session, token, now) is None
        assert session.scalars(select(Flodesadress.senast_anvand)).one() == now
