"""Who is told follows the right to read, at the moment of sending too; and how much is said follows the label."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.factories import en_aktor, en_handelse, en_kanal, en_person_hos, en_prenumeration
from tests.lasratt import en_gast, en_handelseroll, en_krets, en_sen_aktor
from tests.utskick import (
    Klocka,
    TystTransport,
    en_ko,
    en_som_vill,
    en_underrattelse,
    en_version,
    expandera_allt,
    fick,
    leveranser,
    skriver,
    ta,
)
from wis import clock
from wis.auth.models import Anvandare
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Handelse
from wis.lagesbild.models import Lagesbild
from wis.notiser import queries, service
from wis.notiser.anmalare import Anmalare
from wis.notiser.apprise_kanaler import Forsandelse
from wis.notiser.ko import INGEN_LASRATT
from wis.notiser.leverantorsminuter import Raknare
from wis.notiser.models import Kanalslag, Notisslag, Status, Utskick
from wis.notiser.sandning import Sandning
from wis.notiser.vagar import Vagar
from wis.settings import Settings


def test_only_those_that_an_actor_chose_are_told_of_what_it_narrowed(varje_databas: Database) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        vald, annan = en_som_vill(session, "nacka"), en_som_vill(session, "taby")
        egen = en_som_vill(session, "trafikverket")
        krets = en_krets(session, "nacka")
        utskick = en_version(session, handelse, krets_id=krets.id)
    expandera_allt(varje_databas)
    assert fick(varje_databas, utskick.id) == {vald.id, egen.id}
    assert annan.id not in fick(varje_databas, utskick.id)


def test_an_actor_that_joins_after_the_publication_is_not_told_of_it(varje_databas: Database, klocka: Klocka) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        en_som_vill(session, "nykomling")
        utskick = en_version(session, handelse)
        klocka.ga(minutes=1)
        en_sen_aktor(session, "nykomling", clock.now())
    expandera_allt(varje_databas)
    assert fick(varje_databas, utskick.id) == set()


@pytest.mark.parametrize(("tlp", "antal"), [("clear", 1), ("green", 1), ("amber", 0), ("red", 0)])
def test_a_guest_is_told_of_the_one_event_up_to_green(varje_databas: Database, tlp: str, antal: int) -> None:
    with skriver(varje_databas) as session:
        handelse, annan = en_handelse(session), en_handelse(session)
        gast = en_gast(session, "nacka", handelse)
        en_kanal(session, gast, Kanalslag.SMS, "+46701740605")
        en_prenumeration(session, gast, Notisslag.LAGESBILD, epost=False)
        utskick, dar = en_version(session, handelse, tlp=tlp), en_version(session, annan)
    expandera_allt(varje_databas)
    assert len(fick(varje_databas, utskick.id)) == antal
    assert fick(varje_databas, dar.id) == set()


def test_a_role_in_the_event_decides_who_is_told(varje_databas: Database) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        undantagen, vanlig = en_som_vill(session, "nacka"), en_som_vill(session, "nacka")
        en_handelseroll(session, undantagen, handelse, None)
        bara_har = en_person_hos(session, "nacka", None, administrator=True)
        en_handelseroll(session, bara_har, handelse, Roll.LASARE)
        en_kanal(session, bara_har, Kanalslag.SMS, "+46701740606")
        en_prenumeration(session, bara_har, Notisslag.LAGESBILD, epost=False)
        utskick = en_version(session, handelse)
    expandera_allt(varje_databas)
    assert fick(varje_databas, utskick.id) == {vanlig.id, bara_har.id}


@pytest.mark.parametrize("tlp", ["clear", "amber", "red"])
def test_the_preview_of_chosen_readers_counts_those_who_are_then_told(varje_databas: Database, tlp: str) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        en_som_vill(session, "taby")
        vald, egen = en_som_vill(session, "nacka"), en_som_vill(session, "trafikverket")
        nacka, trafikverket = (en_aktor(session, slug).id for slug in ("nacka", "trafikverket"))
        utskick = en_version(session, handelse, tlp=tlp, krets_id=en_krets(session, "nacka").id)
        krets_id = utskick.krets_id
    with varje_databas.reading() as session:
        sak = session.get_one(Handelse, handelse.id)
        val = {"agare_id": trafikverket, "tlp": tlp}
        valda = queries.mottagaroversikt(
            session, sak, Notisslag.LAGESBILD, clock.now(), lasare=frozenset({nacka}), **val
        )
        har = queries.mottagaroversikt(session, sak, Notisslag.LAGESBILD, clock.now(), krets_id=krets_id, **val)
        alla = queries.mottagaroversikt(session, sak, Notisslag.LAGESBILD, clock.now(), **val)
    expandera_allt(varje_databas)
    assert fick(varje_databas, utskick.id) == {vald.id, egen.id}
    assert (valda.personer, har.personer, alla.personer) == (2, 2, 1 if tlp == "red" else 3)


def test_a_circle_that_comes_after_the_publication_holds_for_what_waits(
    varje_databas: Database, inst: Settings
) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        vald, bortvald = en_som_vill(session, "nacka"), en_som_vill(session, "taby")
        utskick = en_version(session, handelse)
    expandera_allt(varje_databas)
    assert fick(varje_databas, utskick.id) == {vald.id, bortvald.id}
    with skriver(varje_databas) as session:
        krets = en_krets(session, "nacka")
        session.get_one(Lagesbild, utskick.lagesbild_id).krets_id = krets.id
        service.folj_krets(session, krets.id, lagesbild_id=utskick.lagesbild_id)
    parti = ta(en_ko(varje_databas, inst, "prov"))
    assert len(parti.uppdrag) == 1
    rad = leveranser(varje_databas, utskick.id)[bortvald.id, "sms"]
    assert (rad.status, rad.orsak) == (Status.STRUKEN, INGEN_LASRATT)


def test_a_correction_reaches_earlier_recipients_only_if_they_may_still_read(varje_databas: Database) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        kvar, borta = (en_som_vill(session, slug, slag=Notisslag.UNDERRATTELSE) for slug in ("nacka", "taby"))
        forsta = en_underrattelse(session, handelse)
    expandera_allt(varje_databas)
    assert fick(varje_databas, forsta.id) == {kvar.id, borta.id}
    with skriver(varje_databas) as session:
        rattelse = en_underrattelse(session, session.get_one(Handelse, handelse.id), forsta.underrattelse_id)
        krets = en_krets(session, "nacka")
        service.folj_krets(session, krets.id, underrattelse_id=forsta.underrattelse_id)
    expandera_allt(varje_databas)
    assert fick(varje_databas, rattelse.id) == {kvar.id}


def test_who_is_shut_out_while_a_batch_is_sent_gets_nothing_a_second_later(
    varje_databas: Database, inst: Settings, klocka: Klocka
) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        folk = [en_som_vill(session, "nacka") for _ in range(3)]
        utskick = en_version(session, handelse)
    expandera_allt(varje_databas)
    kon = en_ko(varje_databas, inst, "prov")
    parti = ta(kon)
    vag = Vagar(Kanalslag.SMS, [TystTransport()], lambda _kanal: None, Raknare()).vagar[0]
    sandning = Sandning(kon, parti, vag, Anmalare(varje_databas), threading.Event(), inst.lease, prov=False)
    forsandelser = [Forsandelse(u.id, u.till, u.amne, u.text) for u in parti.uppdrag]
    assert sandning.innan(forsandelser[:1]) == {forsandelser[0].id}
    with skriver(varje_databas) as session:
        session.execute(update(Anvandare).where(Anvandare.id == folk[1].id).values(avstangd=clock.now()))
    klocka.ga(seconds=1.1)
    assert sandning.innan(forsandelser[1:]) == {forsandelser[2].id}
    sandning.slutfor()
    assert leveranser(varje_databas, utskick.id)[folk[1].id, "sms"].status == Status.STRUKEN


def test_red_says_nothing_of_what_it_is_about_in_any_channel(varje_databas: Database) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session, rubrik="Hemlig händelse", lasare=["nacka"])
        utskick = en_version(session, handelse, text="Hemlig text", tlp="red")
    with varje_databas.reading() as session:
        rad = session.get_one(Utskick, utskick.id)
        ord_ = (rad.amne, rad.sms, rad.epost)
    assert rad.sms.startswith("Trafikverket: TLP:RED, nytt att läsa i wis\nhttp")
    assert rad.sms.endswith(f"/n/{utskick.id}")
    assert not [text for text in ord_ if "emlig" in text or "ägesbild" in text or handelse.slug in text]


def test_what_was_sent_before_anybody_chose_labels_is_read_as_ever(varje_databas: Database) -> None:
    with skriver(varje_databas) as session:
        utskick = en_version(session, en_handelse(session))
        utskick.skapad = clock.now() - timedelta(days=400)
    with varje_databas.reading() as session:
        rad = session.get_one(Utskick, utskick.id)
        assert (rad.tlp, rad.krets_id) == ("clear", None)
