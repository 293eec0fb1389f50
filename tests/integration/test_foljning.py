"""Following a dispatch, sending again, and the codes that prove a number."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from tests.factories import (
    en_aktor,
    en_handelse,
    en_kanal,
    en_person_hos,
    subjekt_for,
)
from tests.utskick import (
    KLOCKAN_TOLV,
    Klocka,
    avgor,
    en_ko,
    en_som_vill,
    en_version,
    ett_uppdrag,
    expandera_allt,
    leveranser,
    skriver,
    ta,
)
from wis import clock
from wis.andringar import Andring, Slag, lyssna
from wis.audit import Loggpost
from wis.auth.rules import Roll
from wis.db import Database
from wis.notiser import leveransfragor, leveransservice, service
from wis.notiser.models import Kanalslag, Status, Utskick
from wis.notiser.rules import LEVERERAD, permanent
from wis.settings import Settings

# --- following and sending again ---------------------------------------------------------------------------------


def test_the_publisher_sees_how_it_goes_per_actor_and_channel_and_why_not(
    varje_databas: Database, inst: Settings
) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        for aktor in ("Östhammar", "nacka", "nacka"):
            en_som_vill(session, aktor, epost=aktor == "nacka")
        utskick = en_version(session, handelse)
    expandera_allt(varje_databas)
    kon = en_ko(varje_databas, inst, "w1")
    uppdrag = ta(kon).uppdrag
    avgor(kon, uppdrag[0], LEVERERAD)
    avgor(kon, uppdrag[1], permanent("SMS-tjänsten nekade numret (400)"))
    with varje_databas.reading() as session:
        rader = leveransfragor.statusrader(session, utskick.id)
        fel = leveransfragor.uteblivna(session, utskick.id)
        summa = leveransfragor.antal_for(session, [utskick.id])[utskick.id]
    assert [(rad.aktor, rad.kanal.value) for rad in rader] == [
        ("Nacka", "epost"),
        ("Nacka", "sms"),
        ("Östhammar", "sms"),
    ]
    assert (summa.levererad, summa.vantar, summa.misslyckad) == (1, 3, 1)
    assert [(rad.orsak, rad.forsok) for rad in fel] == [("SMS-tjänsten nekade numret (400)", 1)]
    assert "+46" not in repr(fel)


def test_what_failed_can_be_sent_again_by_its_sender_and_the_tries_stand_in_the_record(
    varje_databas: Database, inst: Settings
) -> None:
    utskick_id = ett_uppdrag(varje_databas)
    kon = en_ko(varje_databas, inst, "w1")
    avgor(kon, ta(kon).uppdrag[0], permanent("numret"))
    with skriver(varje_databas) as session:
        skribent = subjekt_for(session, en_person_hos(session, "trafikverket", Roll.SKRIBENT))
        annan = subjekt_for(session, en_person_hos(session, "nacka", Roll.REDAKTOR))
        with pytest.raises(PermissionError, match="tillhör"):
            leveransservice.skicka_igen(session, annan, utskick_id)
        with pytest.raises(LookupError):
            leveransservice.skicka_igen(session, skribent, utskick_id + 1000)
        assert leveransservice.skicka_igen(session, skribent, utskick_id) == 1
        assert leveransservice.skicka_igen(session, skribent, utskick_id) == 0
        post = session.scalars(select(Loggpost).where(Loggpost.handling == "skickar igen")).one()
    assert '"forsok": {"' in post.uppgifter
    [rad] = leveranser(varje_databas, utskick_id).values()
    assert (rad.status, rad.forsok, rad.sandningar, rad.permanent) == (Status.VANTAR, 0, 0, False)
    assert avgor(kon, ta(kon).uppdrag[0], LEVERERAD)


def test_a_version_that_has_been_replaced_is_not_sent_again(varje_databas: Database, inst: Settings) -> None:
    utskick_id = ett_uppdrag(varje_databas)
    kon = en_ko(varje_databas, inst, "w1")
    avgor(kon, ta(kon).uppdrag[0], permanent("numret"))
    with skriver(varje_databas) as session:
        forra = session.get_one(Utskick, utskick_id)
        assert forra.handelse is not None
        en_version(session, forra.handelse)
        skribent = subjekt_for(session, en_person_hos(session, "trafikverket", Roll.SKRIBENT))
        assert leveransfragor.ersatt_av(session, forra) == 2
        assert leveransservice.skicka_igen(session, skribent, utskick_id) == 0


def test_the_oldest_thing_overdue_is_told_whatever_it_waits_for(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    def aldst() -> datetime | None:
        with varje_databas.reading() as session:
            return leveransfragor.aldsta_forfallna(session, clock.now())

    assert aldst() is None
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        en_som_vill(session, "nacka")
        en_version(session, handelse)
    klocka.ga(minutes=1)
    assert aldst() == KLOCKAN_TOLV  # nobody has worked out the recipients
    expandera_allt(varje_databas)
    assert aldst() == KLOCKAN_TOLV + timedelta(minutes=1)  # nobody has sent it
    kon = en_ko(varje_databas, inst, "w1")
    parti = ta(kon)
    assert aldst() is None
    klocka.ga(seconds=inst.lease + 5)
    assert aldst() == parti.lease_till  # somebody took it and did not come back
    avgor(kon, parti.uppdrag[0], LEVERERAD)
    assert aldst() is None


def test_only_the_sending_actor_hears_that_a_dispatch_was_made(database: Database) -> None:
    hort: list[Andring] = []
    lyssna(database, hort.append)
    with skriver(database) as session:
        handelse = en_handelse(session)
        trafikverket = en_aktor(session, "trafikverket").id
        utskick = en_version(session, handelse)
    assert [(a.slag, a.id, a.handelse_id, a.aktorer) for a in hort] == [
        (Slag.UTSKICK, utskick.id, handelse.id, frozenset({trafikverket}))
    ]


def test_the_texts_are_left_where_they_are_until_someone_reads_them(database: Database) -> None:
    with skriver(database) as session:
        handelse = en_handelse(session)
        ett = en_version(session, handelse)
        en_version(session, handelse, "polisen")
        egen = en_aktor(session, "trafikverket").id
    assert ett.lagesbild_id is not None
    with database.reading() as session:
        assert len(leveransfragor.utskick_for_handelse(session, handelse.id)) == 2
        [eget] = leveransfragor.utskick_for_handelse(session, handelse.id, egen)
        bara = leveransfragor.utskick_for_lagesbild(session, ett.lagesbild_id, 1)
        assert leveransfragor.utskick_for_lagesbild(session, ett.lagesbild_id, 2) == {}
        assert eget is bara[1]
        assert {"sms", "epost"} <= inspect(eget).unloaded
        assert eget.sms == ett.sms


# --- letters and codes: how it went ------------------------------------------------------------------------------


def test_how_it_went_with_the_latest_letter_and_the_latest_code_is_told_apart(
    varje_databas: Database, inst: Settings
) -> None:
    def lagen() -> list[Status | None]:
        with varje_databas.reading() as session:
            fragor = (leveransfragor.senaste_brev, leveransfragor.senaste_kod)
            svar = [fraga(session, person.id, Kanalslag.EPOST, person.epost) for fraga in fragor]
        return [None if ett is None else ett.status for ett in svar]

    def brev(amne: str) -> None:
        with skriver(varje_databas) as session:
            till = {"anvandare_id": person.id, "kanal": Kanalslag.EPOST, "adress": person.epost}
            service.skicka_brev(session, amne=amne, text="Text", **till)

    with skriver(varje_databas) as session:
        person = en_person_hos(session, "nacka")
    kon = en_ko(varje_databas, inst, "w1")
    assert lagen() == [None, None]
    brev("Inbjudan")
    assert lagen() == [Status.VANTAR, None]
    avgor(kon, ta(kon, Kanalslag.EPOST).uppdrag[0], permanent("brevservern nekade adressen (550)"))
    brev(leveransfragor.KOD_AMNE)
    assert lagen() == [Status.MISSLYCKAD, Status.VANTAR]
    with varje_databas.reading() as session:
        assert leveransfragor.utan_brev(session, [person.id]) == {person.id}
    brev("Inbjudan igen")
    for uppdrag in ta(kon, Kanalslag.EPOST).uppdrag:
        avgor(kon, uppdrag, LEVERERAD)
    assert lagen() == [Status.LEVERERAD, Status.LEVERERAD]
    with varje_databas.reading() as session:
        assert leveransfragor.utan_brev(session, [person.id]) == set()


# --- codes -------------------------------------------------------------------------------------------------------


def skickad_kod(session: Session) -> str:
    text = session.scalars(select(Utskick.sms).order_by(Utskick.id.desc())).first() or ""
    return "".join(tecken for tecken in text.split(" är ")[1][:6])


def test_a_number_is_used_when_its_code_has_come_back(database: Database, klocka: Klocka) -> None:
    with skriver(database) as session:
        who = subjekt_for(session, en_person_hos(session, "nacka"))
        kanal = service.lagg_till_kanal(session, who, Kanalslag.SMS, "+46701740605")
        kod = skickad_kod(session)
        assert kod not in (kanal.kod_hash or "")
        assert not service.bekrafta(session, who, Kanalslag.SMS, f"{(int(kod) + 1) % 10**6:06d}")
        assert kanal.verifierad is None
        assert service.bekrafta(session, who, Kanalslag.SMS, f" {kod[:3]} {kod[3:]}")
        assert kanal.verifierad == klocka.nu


def test_a_code_ends_after_ten_minutes_and_after_five_tries(database: Database, klocka: Klocka) -> None:
    with skriver(database) as session:
        who = subjekt_for(session, en_person_hos(session, "nacka"))
        service.lagg_till_kanal(session, who, Kanalslag.SMS, "+46701740605")
        kod = skickad_kod(session)
        klocka.ga(minutes=10)
        with pytest.raises(service.Koden, match="gått ut"):
            service.bekrafta(session, who, Kanalslag.SMS, kod)
        service.ny_kod(session, who, Kanalslag.SMS)
        kod = skickad_kod(session)
        fel = f"{(int(kod) + 1) % 10**6:06d}"
        assert not any(service.bekrafta(session, who, Kanalslag.SMS, fel) for _ in range(service.KOD_FORSOK))
        with pytest.raises(service.Koden, match="5 gånger"):
            service.bekrafta(session, who, Kanalslag.SMS, kod)


def test_codes_to_the_same_number_are_a_minute_apart(database: Database, klocka: Klocka) -> None:
    with skriver(database) as session:
        who = subjekt_for(session, en_person_hos(session, "nacka"))
        service.lagg_till_kanal(session, who, Kanalslag.SMS, "+46701740605")
        with pytest.raises(service.Koden, match="nyss"):
            service.ny_kod(session, who, Kanalslag.SMS)
        klocka.ga(seconds=60)
        service.ny_kod(session, who, Kanalslag.SMS)


def test_a_new_number_is_not_used_on_the_strength_of_the_old_one(database: Database) -> None:
    with skriver(database) as session:
        person = en_person_hos(session, "nacka")
        en_kanal(session, person, Kanalslag.SMS, "+46701740605")
        kanal = service.lagg_till_kanal(session, subjekt_for(session, person), Kanalslag.SMS, "+46701740606")
        assert (kanal.ny_adress, kanal.adress) == ("+46701740606", "+46701740605")
        assert kanal.verifierad is not None  # the old one is still in use, until the new one's code has come back
