"""Who watches for a thing is told of it as others are: only what they may read, once, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from tests.factories import (
    en_aktor,
    en_handelse,
    en_kanal,
    en_person_hos,
    en_prenumeration,
    subjekt_for,
)
from tests.lasratt import en_krets, en_sen_aktor, med_standardroll
from tests.utskick import (
    Klocka,
    en_ko,
    en_som_vill,
    en_underrattelse,
    en_version,
    expandera_allt,
    fick,
    leveranser,
    skriver,
    statusar,
    ta,
)
from wis import clock
from wis.auth.models import Anvandare, Medlemskap
from wis.bevakning import queries, service
from wis.bevakning.models import Bevakning, Bevakningstraff
from wis.bevakning.rules import MAX_ANTAL, Fullt, Vad
from wis.db import Database
from wis.handelser.models import Handelse
from wis.lagesbild.models import LagesbildSektion
from wis.notiser.models import Kanalslag, Notisslag, Status
from wis.notiser.visat import Tankt, rackvidd
from wis.settings import Settings
from wis.sok.motor import Motor, Urval
from wis.sok.rules import Sort

SMS, EPOST = Kanalslag.SMS, Kanalslag.EPOST


def en_person(session: Session, aktor: str) -> Anvandare:
    """One who can be reached by both, and has chosen nothing."""
    person = en_person_hos(session, aktor)
    en_kanal(session, person, SMS, f"+4670{person.id:07d}")
    en_kanal(session, person, EPOST, f"p{person.id}@prov.example")
    return person


def bevakar(session: Session, person: Anvandare, vad: Vad, *kanaler: Kanalslag, namn: str = "snö E4") -> Bevakning:
    return service.spara(session, subjekt_for(session, person), vad, namn, kanaler or (SMS,))


def en_bevakare(session: Session, aktor: str, ord_: str = "halka", **vad: object) -> Anvandare:
    person = en_person(session, aktor)
    bevakar(session, person, Vad(ord=ord_, **vad))  # type: ignore[arg-type]
    return person


def test_each_is_told_of_what_they_watch_and_of_nothing_else(varje_databas: Database) -> None:
    with skriver(varje_databas) as session:
        handelse, annan, ovning = en_handelse(session), en_handelse(session), en_handelse(session, ovning=True)
        trafikverket, nacka = en_aktor(session, "trafikverket"), en_aktor(session, "nacka")
        traffar = {
            en_bevakare(session, "nacka", typed, **vad).id
            for typed, vad in (
                ("halka", {}),
                ("halkan -tåg", {"handelse_id": handelse.id}),
                ('"halka på E4"', {"av_aktor_id": trafikverket.id}),
                ("hal* E4", {"sort": Sort.EGEN}),
                ("", {"kommuner": ("solna", "taby")}),
                ("", {"kommuner": ("trafikverket",)}),
            )
        }
        for typed, vad in (
            ("storm", {}),
            ("halka -E4", {}),
            ("halka", {"handelse_id": annan.id}),
            ("halka", {"av_aktor_id": nacka.id}),
            ("halka", {"sort": Sort.SAMLAD}),
            ("halka", {"ovning": True}),
            ("", {"kommuner": ("solna",)}),
        ):
            en_bevakare(session, "nacka", typed, **vad)
        for slug in ("taby", "solna"):
            en_aktor(session, slug)
        utskick = en_version(session, handelse, text="Halka på E4 genom Tabys norra delar.")
        om_ovning = en_version(session, ovning, text="Halka.")
    expandera_allt(varje_databas, antal=3)
    assert fick(varje_databas, utskick.id) == traffar
    assert len(fick(varje_databas, om_ovning.id)) == 1


def _visat(database: Database, person: Anvandare) -> list[int]:
    """What the person's own page says that their watches have hit."""
    with database.reading() as session:
        rader = queries.mina(session, subjekt_for(session, session.get_one(Anvandare, person.id)))
        assert all(rad.antal == len(rad.senaste) for rad in rader)
        return [traff.utskick_id for rad in rader for traff in rad.senaste]


def test_a_watch_tells_nothing_of_what_its_owner_may_not_read(varje_databas: Database, klocka: Klocka) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        sen, utanfor, vald = (en_bevakare(session, slug) for slug in ("nykomling", "taby", "nacka"))
        avstangd, slutad = en_bevakare(session, "nacka"), en_bevakare(session, "solna")
        # Reads by another membership, and watches by the one that has ended.
        med_standardroll(session, slutad, "nacka")
        hos_solna = select(Medlemskap).where(Medlemskap.aktor_id == en_aktor(session, "solna").id)
        session.scalars(hos_solna).one().giltig_till = clock.now() + timedelta(seconds=1)
        avstangd.avstangd = clock.now()
        krets = en_krets(session, "nacka", "nykomling")
        klocka.ga(minutes=1)
        smalt = en_version(session, handelse, text="Halka.", krets_id=krets.id)
        rott = en_version(session, handelse, "polisen", text="Halka.", tlp="red")
        klocka.ga(minutes=1)
        en_sen_aktor(session, "nykomling", clock.now())
        for rad in krets.valda:
            rad.fran = clock.now() if rad.aktor_id == en_aktor(session, "nykomling").id else None
    expandera_allt(varje_databas)
    assert fick(varje_databas, smalt.id) == {vald.id}
    assert fick(varje_databas, rott.id) == set()
    assert [_visat(varje_databas, en) for en in (vald, utanfor, sen)] == [[smalt.id], [], []]


def test_nobody_is_told_twice_and_corrections_and_new_versions_follow(varje_databas: Database) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        bada, bara = en_som_vill(session, "nacka", sms=False, epost=True), en_bevakare(session, "nacka", "färja")
        bevakar(session, bada, Vad(ord="halka"), SMS, EPOST)
        bevakar(session, bada, Vad(ord="snö"), SMS)
        tyst = en_bevakare(session, "nacka", "halka")
        en_prenumeration(session, tyst, Notisslag.LAGESBILD, sms=False, epost=False, handelse=handelse)
        forsta = en_version(session, handelse, text="Halka och snö.")
        session.flush()
        sak = en_underrattelse(session, handelse)
    expandera_allt(varje_databas)
    assert set(leveranser(varje_databas, forsta.id)) == {(bada.id, SMS), (bada.id, EPOST), (tyst.id, SMS)}
    with skriver(varje_databas) as session:
        # It is no longer watched, and the correction still reaches who was told.
        egen = session.scalars(select(Bevakning).where(Bevakning.anvandare_id == bara.id)).one()
        service.ta_bort(session, subjekt_for(session, session.get_one(Anvandare, bara.id)), egen)
        rattelse = en_underrattelse(session, session.get_one(Handelse, handelse.id), sak.underrattelse_id)
        andra = en_version(session, session.get_one(Handelse, handelse.id), text="Mer halka.")
    expandera_allt(varje_databas)
    assert (fick(varje_databas, sak.id), fick(varje_databas, rattelse.id)) == ({bara.id}, {bara.id})
    assert set(leveranser(varje_databas, andra.id)) == set(leveranser(varje_databas, forsta.id))
    assert statusar(varje_databas, forsta.id) == {Status.STRUKEN: 3}


def test_the_message_says_which_watch_it_is_for(varje_databas: Database, inst: Settings) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        person = en_person(session, "nacka")
        bevakar(session, person, Vad(ord="halka"), SMS, EPOST)
        bevakar(session, person, Vad(ord="e4"), EPOST, namn="E4 norrut")
        en_som_vill(session, "nacka", sms=False, epost=True)
        en_version(session, handelse, text="Halka på E4.")
        fick_en = en_version(session, handelse, "polisen", text="Halka.", tlp="amber+strict")
    expandera_allt(varje_databas)
    sms = [ett.text for ett in ta(en_ko(varje_databas, inst)).uppdrag]
    brev = ta(en_ko(varje_databas, inst), EPOST).uppdrag
    assert [text.rpartition("\n")[2] for text in sms if "Trafikverket" in text] == ["Bevakning: snö E4"]
    sagt = {(ett.utskick_id == fick_en.id, "Bevakning: snö E4, E4 norrut\n" in ett.text) for ett in brev}
    # Who subscribes is told of no watch, and a label that lets no text out lets no name of a watch out.
    assert sagt == {(False, True), (False, False), (True, False)}


def test_a_broken_watch_stops_nobody(varje_databas: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    riktig = Motor.finns

    def finns(self: Motor, connection: Connection, id_: int, urval: Urval) -> bool:
        if urval.villkor[0].ord == ("trasig",):
            connection.execute(select(func.no_such_function_here()))
        return riktig(self, connection, id_, urval)

    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        en_bevakare(session, "nacka", "trasig")
        for typed in ("", '"', "-halka", "*", "'); --", "\\"):
            en_bevakare(session, "nacka", typed)
        sann, vill = en_bevakare(session, "nacka"), en_som_vill(session, "nacka")
        utskick = en_version(session, handelse, text="Halka.")
    monkeypatch.setattr(Motor, "finns", finns)
    expandera_allt(varje_databas)
    assert fick(varje_databas, utskick.id) == {sann.id, vill.id}


def test_the_sender_is_told_how_many_more_it_may_be(varje_databas: Database) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session, lasare=["nacka", "trafikverket"])
        redan = en_som_vill(session, "nacka")
        bevakar(session, redan, Vad(ord="halka"))
        en_bevakare(session, "nacka", "storm"), en_bevakare(session, "nacka", "", kommuner=("nacka",))
        en_bevakare(session, "nacka", ovning=True), en_bevakare(session, "nacka", sort=Sort.SAMLAD)
        en_bevakare(session, "taby")
        utan = en_person_hos(session, "nacka")
        bevakar(session, utan, Vad(ord="halka"))
    with varje_databas.reading() as session:
        sak, aktor = session.get_one(Handelse, handelse.id), en_aktor(session, "trafikverket")
        tankt = Tankt(sak, Notisslag.LAGESBILD, aktor)
        assert (rackvidd(session, tankt).oversikt.personer, rackvidd(session, tankt).oversikt.bevakare) == (1, 2)
        lage = Tankt(sak, Notisslag.LAGE, aktor)
        assert rackvidd(session, lage).oversikt.bevakare == 0


def test_the_same_watch_is_saved_once_and_twenty_are_enough(database: Database) -> None:
    with skriver(database) as session:
        person = en_person(session, "nacka")
        forst = bevakar(session, person, Vad(ord="Snö  E4"), SMS)
        assert bevakar(session, person, Vad(ord="snö e4"), EPOST, namn="annat").id == forst.id
        assert (forst.namn, forst.kanalval()) == ("annat", (EPOST,))
        for nummer in range(MAX_ANTAL - 1):
            bevakar(session, person, Vad(ord=f"väg {nummer}"))
        with pytest.raises(Fullt):
            bevakar(session, person, Vad(ord="en till"))
        assert session.scalar(select(func.count()).select_from(Bevakningstraff)) == 0


def test_a_place_on_the_map_is_in_the_kommun_that_is_watched(database: Database) -> None:
    with skriver(database) as session:
        handelse = en_handelse(session)
        for slug in ("solna", "ekero"):
            en_aktor(session, slug)
        solna, ekero = (en_bevakare(session, "nacka", "", kommuner=(slug,)) for slug in ("solna", "ekero"))
        utskick = en_version(session, handelse, text="Stopp.")
        session.add(
            LagesbildSektion(
                lagesbild_id=utskick.lagesbild_id,
                nummer=utskick.lagesbild_nummer,
                nyckel="platser",
                ordning=2,
                kalla="| Bron | 59,3600 18,0000 | liten | Avstängd |",
                html="",
            )
        )
    expandera_allt(database)
    assert fick(database, utskick.id) == {solna.id}
    assert ekero.id != solna.id
