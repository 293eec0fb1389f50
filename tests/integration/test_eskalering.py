"""A brådskande that nobody answers: the other channel, the reminder and the next person of a function."""

from collections.abc import Collection
from datetime import timedelta

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from tests import factories as f
from tests.funktioner_stod import en_funktion, i_tjanst, med_kanaler
from tests.utskick import Klocka, en_som_vill, en_underrattelse, expandera_allt, i_tradar, leveranser, skriver
from wis import clock
from wis.auth.models import Anvandare, Funktion, Medlemskap
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Handelse
from wis.notiser.eskalering import eskalera
from wis.notiser.ko import Ko
from wis.notiser.kvittenser import kvittera, markera_last, svar_av
from wis.notiser.models import Anledning, Kanal, Kanalslag, Leverans, Notisslag, Prenumeration, Status, Utskick
from wis.settings import Settings

VAL, ANDRA = Anledning.VAL, Anledning.ANDRA_KANALEN
PAMINNELSE, NASTA = Anledning.PAMINNELSE, Anledning.NASTA_PERSON
UNDERRATTELSE = Notisslag.UNDERRATTELSE


@pytest.fixture
def bradskande(inst: Settings) -> Settings:
    """Reminders after fifteen minutes."""
    assert inst.paminn_efter == 900
    return inst


def _skicka(session: Session, handelse: Handelse, tidigare: int | None = None, *, nar: bool = True) -> Utskick:
    return en_underrattelse(session, handelse, tidigare, bradskande=nar)


def _satt(database: Database, utskick: Utskick, person: int, status: Status, *, kanal: str = "sms") -> None:
    """The delivery as the provider 'sms' left it just now."""
    vilken = (Leverans.utskick_id == utskick.id, Leverans.anvandare_id == person, Leverans.kanal == kanal)
    with skriver(database) as session:
        session.execute(
            update(Leverans).where(*vilken).values(status=status, sand=clock.now(), leverantor=kanal, sandningar=1)
        )


def _anledningar(database: Database, utskick: Utskick, person: int) -> dict[str, str]:
    return {kanal: rad.anledning for (vem, kanal), rad in leveranser(database, utskick.id).items() if vem == person}


def _eskalera(database: Database, settings: Settings, kvitterande: Collection[str] = ("sms",)) -> set[int]:
    return {berord[0] for berord in eskalera(database, settings, kvitterande)}


def test_what_did_not_get_through_is_sent_by_the_other_channel_once(
    varje_databas: Database, klocka: Klocka, bradskande: Settings
) -> None:
    with skriver(varje_databas) as session:
        handelse = f.en_handelse(session)
        folk = {
            namn: en_som_vill(session, "nacka", slag=UNDERRATTELSE).id
            for namn in ("fel", "tyst", "kvitto", "last", "ratt", "enkel")
        }
        post = en_som_vill(session, "nacka", slag=UNDERRATTELSE, sms=False, epost=True).id
        session.execute(delete(Kanal).where(Kanal.anvandare_id == folk["enkel"], Kanal.slag == "epost"))
        utskick = _skicka(session, handelse)
        lugnt = _skicka(session, handelse, nar=False)
    expandera_allt(varje_databas)
    for namn, person in folk.items():
        status = {"fel": Status.MISSLYCKAD, "enkel": Status.MISSLYCKAD, "kvitto": Status.LEVERERAD}
        _satt(varje_databas, utskick, person, status.get(namn, Status.MOTTAGEN))
    _satt(varje_databas, lugnt, folk["fel"], Status.MISSLYCKAD)
    _satt(varje_databas, utskick, post, Status.MOTTAGEN, kanal="epost")
    with varje_databas.reading() as session:
        sett = svar_av(session, folk["last"], utskick.id, clock.now())
    markera_last(varje_databas, utskick.id, sett, folk["last"])
    with skriver(varje_databas) as session:
        session.execute(update(Medlemskap).where(Medlemskap.anvandare_id == folk["ratt"]).values(avstangd=clock.now()))

    assert _eskalera(varje_databas, bradskande) == {utskick.id}
    assert _anledningar(varje_databas, utskick, folk["fel"]) == {"sms": VAL, "epost": ANDRA}
    assert len(leveranser(varje_databas, utskick.id)) == 8
    assert len(leveranser(varje_databas, lugnt.id)) == 7

    klocka.ga(minutes=5)
    # Two workers at once: one new delivery each, and only by providers that would have told.
    assert _eskalera(varje_databas, bradskande, ()) == set()
    assert i_tradar(2, lambda _: eskalera(varje_databas, bradskande, ("sms",))) == []
    assert _anledningar(varje_databas, utskick, folk["tyst"]) == {"sms": VAL, "epost": ANDRA}
    for namn in ("kvitto", "last", "ratt", "enkel"):
        assert _anledningar(varje_databas, utskick, folk[namn]) == {"sms": VAL}, namn
    assert _anledningar(varje_databas, utskick, post) == {"epost": VAL}
    ny = leveranser(varje_databas, utskick.id)[folk["tyst"], "epost"]
    assert (ny.status, ny.prioritet, ny.tidigast, ny.for_funktion_id) == (Status.VANTAR, 0, klocka.nu, None)
    assert _eskalera(varje_databas, bradskande) == set()


def test_who_has_not_answered_is_reminded_by_the_other_channel_until_something_newer_is_sent(
    varje_databas: Database, klocka: Klocka, bradskande: Settings
) -> None:
    with skriver(varje_databas) as session:
        handelse, annan = f.en_handelse(session), f.en_handelse(session)
        tyst, last, svarat = (en_som_vill(session, "nacka", slag=UNDERRATTELSE).id for _ in range(3))
        utskick, rattad = _skicka(session, handelse), _skicka(session, handelse)
        i_stangd, angrad = _skicka(session, annan), _skicka(session, handelse)
    expandera_allt(varje_databas)
    with varje_databas.reading() as session:
        sett = svar_av(session, last, utskick.id, clock.now())
    markera_last(varje_databas, utskick.id, sett, last)
    with skriver(varje_databas) as session:
        assert kvittera(session, svarat, utskick.id)
        _skicka(session, handelse, rattad.underrattelse_id, nar=False)
        session.execute(update(Handelse).where(Handelse.id == annan.id).values(stangd=clock.now()))
        session.get_one(Utskick, angrad.id).angrad = clock.now()
        session.get_one(Utskick, angrad.id).angrad_av_id = tyst
    klocka.ga(minutes=14)
    assert _eskalera(varje_databas, bradskande) == set()
    klocka.ga(minutes=1)
    assert _eskalera(varje_databas, bradskande) == {utskick.id}
    for person, vantat in ((tyst, {"sms": VAL, "epost": PAMINNELSE}), (last, {"sms": VAL, "epost": PAMINNELSE})):
        assert _anledningar(varje_databas, utskick, person) == vantat
    assert _anledningar(varje_databas, utskick, svarat) == {"sms": VAL}
    for annat in (rattad, i_stangd, angrad):
        assert _anledningar(varje_databas, annat, tyst) == {"sms": VAL}
    klocka.ga(hours=2)
    assert _eskalera(varje_databas, bradskande) == set()


def _funktion(session: Session) -> tuple[Funktion, dict[str, Anvandare]]:
    """TiB at Nacka, told by both channels; those on the list by name, and who has channels of their own."""
    folk = {namn: f.en_person_hos(session, "nacka", Roll.LASARE) for namn in "ABCD"}
    for namn, person in folk.items():
        person.namn = f"{namn} Person"
        if namn != "B":
            f.en_kanal(session, person, Kanalslag.SMS, f"+46701{person.id:06d}")
    f.en_kanal(session, folk["D"], Kanalslag.EPOST, "d@prov.example")
    session.flush()
    medlemskap = [session.query(Medlemskap).filter_by(anvandare_id=person.id).one() for person in folk.values()]
    funktion = en_funktion(session, "nacka", "TiB", *medlemskap)
    med_kanaler(session, funktion)
    i_tjanst(session, funktion, medlemskap[3])
    return funktion, folk


def test_the_next_person_of_a_function_is_asked_until_one_of_them_answers(
    varje_databas: Database, klocka: Klocka, bradskande: Settings
) -> None:
    with skriver(varje_databas) as session:
        handelse = f.en_handelse(session)
        funktion, folk = _funktion(session)
        session.execute(
            update(Prenumeration).where(Prenumeration.anvandare_id == funktion.anvandare_id).values(epost=False)
        )
        utskick = _skicka(session, handelse)
    expandera_allt(varje_databas)
    vem = {namn: person.id for namn, person in folk.items()}
    klocka.ga(minutes=15)
    _eskalera(varje_databas, bradskande)
    assert _anledningar(varje_databas, utskick, funktion.anvandare_id) == {"sms": VAL, "epost": PAMINNELSE}
    # Who is on duty first, by all of their own channels; then the others by name, who can be reached.
    for personer in ("D", "DA", "DAC", "DAC"):
        klocka.ga(minutes=14)
        assert _eskalera(varje_databas, bradskande) == set()
        klocka.ga(minutes=1)
        assert i_tradar(2, lambda _: eskalera(varje_databas, bradskande, ("sms",))) == []
        fick = {person for person, _ in leveranser(varje_databas, utskick.id)} - {funktion.anvandare_id}
        assert fick == {vem[namn] for namn in personer}
    rader = leveranser(varje_databas, utskick.id)
    assert _anledningar(varje_databas, utskick, vem["D"]) == {"sms": NASTA, "epost": NASTA}
    assert {rader[vem[namn], "sms"].for_funktion_id for namn in "DAC"} == {funktion.anvandare_id}

    parti = Ko(varje_databas, bradskande, "w", "sms").ta(Kanalslag.SMS)
    assert parti is not None
    texter = {uppdrag.till: (uppdrag.amne, uppdrag.text) for uppdrag in parti.uppdrag}
    assert len(texter) == 4
    tills_dig = [till for till, par in texter.items() if all(del_.startswith("Till dig för TiB: ") for del_ in par)]
    assert len(tills_dig) == 3


def test_an_answer_by_one_of_them_stops_it_for_the_function(
    database: Database, klocka: Klocka, bradskande: Settings
) -> None:
    with skriver(database) as session:
        handelse = f.en_handelse(session)
        _, folk = _funktion(session)
        utskick = _skicka(session, handelse)
    expandera_allt(database)
    klocka.ga(minutes=30)
    assert _eskalera(database, bradskande) == {utskick.id}
    with skriver(database) as session:
        # Not on duty and not asked: nothing to answer. Who is on duty answers for the function.
        assert kvittera(session, folk["A"].id, utskick.id) == []
        [svar] = kvittera(session, folk["D"].id, utskick.id)
        assert (svar.funktion, svar.kvitterad) == ("TiB", None)
    klocka.ga(minutes=20)
    with skriver(database) as session:
        [igen] = kvittera(session, folk["D"].id, utskick.id)
    assert igen.kvitterad == klocka.nu - timedelta(minutes=20)
    klocka.ga(hours=1)
    assert _eskalera(database, bradskande) == set()
