"""Answers of two colleagues at the same moment, on SQLite and on PostgreSQL."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import factories as f
from wis import clock
from wis.aktorer.models import Aktor
from wis.auth.models import Medlemskap
from wis.auth.queries import subjekt_av
from wis.auth.rules import Roll, Subjekt
from wis.begaran import queries, service
from wis.begaran.mallregler import fraga
from wis.begaran.models import BegaranSvar, Fragetyp, Synlighet
from wis.begaran.rules import RedanBesvarad
from wis.db import Database
from wis.handelser.models import Handelse
from wis.tx import transaction


def stalld(database: Database) -> tuple[int, int, list[Subjekt]]:
    """A begäran by Länsstyrelsen to Nacka: the event's id, its own, and two who write for Nacka."""
    with transaction(database) as session:
        fragare = f.subjekt_for(session, f.en_person_hos(session, "lansstyrelsen", Roll.TALESPERSON))
        nacka = [f.en_person_hos(session, "nacka", Roll.SKRIBENT).id for _ in range(2)]
        handelse = f.en_handelse(session, "lansstyrelsen")
        aktor_id = session.scalars(select(Aktor.id).where(Aktor.slug == "nacka")).one()
        fragat = service.Fragat(
            "Läget?",
            "",
            [fraga(1, Fragetyp.TEXT, "Hur går det?")],
            clock.now() + timedelta(hours=1),
            Synlighet.FRAGANDE,
            [aktor_id],
        )
        begaran = service.fraga(session, fragare, session.get_one(Handelse, handelse.id), fragat, "n" * 32)
        egna = session.scalars(select(Medlemskap).where(Medlemskap.anvandare_id.in_(nacka))).all()
        return handelse.id, begaran.id, [subjekt_av(m) for m in egna]


def test_of_two_who_answer_at_once_one_is_first_and_the_other_is_told(varje_databas: Database) -> None:
    handelse_id, begaran_id, folk = stalld(varje_databas)
    samtidigt, utfall = threading.Barrier(2), []

    def svara(who: Subjekt) -> None:
        samtidigt.wait()
        try:
            with transaction(varje_databas) as session:
                session.get_one(Handelse, handelse_id, with_for_update={"of": Handelse, "read": True})
                begaran = service.las(session, handelse_id, begaran_id)
                assert begaran is not None
                service.svara(session, who, begaran, service.Svarat({"1": who.namn}, 0, False), f"{who.anvandare_id}")
        except RedanBesvarad:
            utfall.append("hann inte")
        else:
            utfall.append("svarade")

    tradar = [threading.Thread(target=svara, args=(who,)) for who in folk]
    for trad in tradar:
        trad.start()
    for trad in tradar:
        trad.join(30)
    assert sorted(utfall) == ["hann inte", "svarade"]
    with varje_databas.reading() as session:
        assert session.scalars(select(BegaranSvar.nummer)).all() == [1]
        assert not queries.att_besvara(session, folk[0])


def test_an_answer_cannot_be_changed_or_taken_away(varje_databas: Database) -> None:
    handelse_id, begaran_id, (who, _) = stalld(varje_databas)
    with transaction(varje_databas) as session:
        begaran = service.las(session, handelse_id, begaran_id)
        assert begaran is not None
        service.svara(session, who, begaran, service.Svarat({"1": "Bra"}, 0, False), "a")
    with pytest.raises(Exception, match=r"kan inte (ändras|andras)"), transaction(varje_databas) as session:
        session.scalars(select(BegaranSvar)).one().svar = {"1": "Dåligt"}
