"""From a publication to its deliveries: who is told, and each once."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update

from tests.factories import en_aktor, en_handelse, en_kanal, en_person_hos, en_prenumeration, ett_medlemskap
from tests.utskick import (
    Klocka,
    avgor,
    en_ko,
    en_som_vill,
    en_underrattelse,
    en_version,
    expandera_allt,
    fick,
    i_tradar,
    leveranser,
    skriver,
    statusar,
    ta,
)
from wis import clock
from wis.auth.models import Medlemskap
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Handelse
from wis.notiser import queries
from wis.notiser.expandering import expandera
from wis.notiser.models import Kanalslag, Notisslag, Omfattning, Status, Tystnad, Utskick
from wis.notiser.rules import mottagen
from wis.settings import Settings

# --- who is told -------------------------------------------------------------------------------------------------


def test_everyone_who_may_read_and_chose_it_gets_one_delivery_per_chosen_channel(varje_databas: Database) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        bada = en_som_vill(session, "nacka", sms=True, epost=True)
        bara_epost = en_som_vill(session, "nacka", sms=False, epost=True)
        ej_valt = en_som_vill(session, "nacka", slag=Notisslag.UNDERRATTELSE)
        utan_kanal = en_person_hos(session, "nacka")
        en_prenumeration(session, utan_kanal, Notisslag.LAGESBILD)
        obekraftad = en_person_hos(session, "nacka")
        en_kanal(session, obekraftad, Kanalslag.SMS, "+46701740699", verifierad=False)
        en_prenumeration(session, obekraftad, Notisslag.LAGESBILD)
        utskick = en_version(session, handelse)
    expandera_allt(varje_databas)
    assert set(leveranser(varje_databas, utskick.id)) == {
        (bada.id, "sms"),
        (bada.id, "epost"),
        (bara_epost.id, "epost"),
    }
    assert ej_valt.id not in fick(varje_databas, utskick.id)


def test_only_those_who_may_read_are_told(varje_databas: Database) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session, lasare=["nacka"])
        far_lasa, agare = en_som_vill(session, "nacka"), en_som_vill(session, "lansstyrelsen")
        en_som_vill(session, "utanfor")
        bara_admin = en_som_vill(session, "nacka")
        utgangen = en_som_vill(session, "nacka")
        avstangd = en_som_vill(session, "nacka")
        konto_avstangt = en_som_vill(session, "nacka")
        for person, andrat in (
            (bara_admin, {"roll": None, "administrator": True}),
            (utgangen, {"giltig_till": clock.now() - timedelta(minutes=1)}),
            (avstangd, {"avstangd": clock.now()}),
        ):
            session.execute(update(Medlemskap).where(Medlemskap.anvandare_id == person.id).values(**andrat))
        konto_avstangt.avstangd = clock.now()
        utskick = en_version(session, handelse)
    expandera_allt(varje_databas)
    assert fick(varje_databas, utskick.id) == {far_lasa.id, agare.id}


def test_one_who_reads_by_two_actors_is_told_once_by_the_first(varje_databas: Database) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        person = en_som_vill(session, "nacka", epost=True)
        ett_medlemskap(session, person, en_aktor(session, "varmdo"), Roll.TALESPERSON)
        nacka = en_aktor(session, "nacka").id
        utskick = en_version(session, handelse)
    expandera_allt(varje_databas)
    assert {rad.aktor_id for rad in leveranser(varje_databas, utskick.id).values()} == {nacka}
    assert len(leveranser(varje_databas, utskick.id)) == 2


def test_a_choice_for_the_event_goes_before_the_general_one_also_when_it_says_nothing(varje_databas: Database) -> None:
    with skriver(varje_databas) as session:
        handelse, annan = en_handelse(session), en_handelse(session)
        tyst_har = en_som_vill(session, "nacka")
        en_prenumeration(session, tyst_har, Notisslag.LAGESBILD, sms=False, epost=False, handelse=handelse)
        bara_har = en_som_vill(session, "nacka", handelse=handelse)
        har, dar = en_version(session, handelse), en_version(session, annan)
    expandera_allt(varje_databas)
    assert fick(varje_databas, har.id) == {bara_har.id}
    assert fick(varje_databas, dar.id) == {tyst_har.id}


def test_an_exercise_reaches_those_who_chose_exercises_and_nobody_else(varje_databas: Database) -> None:
    with skriver(varje_databas) as session:
        ovning, verklig = en_handelse(session, ovning=True), en_handelse(session)
        alla = en_som_vill(session, "nacka")
        ovar = en_som_vill(session, "nacka", omfattning=Omfattning.OVNINGAR)
        i_ovning, pa_riktigt = en_version(session, ovning), en_version(session, verklig)
    expandera_allt(varje_databas)
    assert fick(varje_databas, i_ovning.id) == {ovar.id}
    assert fick(varje_databas, pa_riktigt.id) == {alla.id}
    assert i_ovning.sms.startswith("ÖVNING ")


def test_the_preview_counts_exactly_those_who_are_then_told(varje_databas: Database) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session, lasare=["nacka", "varmdo"])
        for aktor, sms, epost in (("nacka", True, True), ("nacka", False, True), ("varmdo", True, False)):
            en_som_vill(session, aktor, sms=sms, epost=epost)
        utan = en_person_hos(session, "varmdo")
        en_prenumeration(session, utan, Notisslag.LAGESBILD)
        en_som_vill(session, "utanfor")
        utskick = en_version(session, handelse)
    with varje_databas.reading() as session:
        oversikt = queries.mottagaroversikt(
            session, session.get_one(Handelse, handelse.id), Notisslag.LAGESBILD, clock.now()
        )
    assert (oversikt.personer, oversikt.aktorer, oversikt.sms, oversikt.epost) == (3, 2, 2, 2)
    assert oversikt.utan_kanal == ((utan.namn, "Varmdo"),)
    expandera_allt(varje_databas)
    kanaler = Counter(kanal for _, kanal in leveranser(varje_databas, utskick.id))
    assert (len(fick(varje_databas, utskick.id)), kanaler) == (3, Counter(sms=2, epost=2))


def test_quiet_hours_hold_back_all_but_what_is_urgent(varje_databas: Database, klocka: Klocka) -> None:
    klocka.nu = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)  # 23.00 in Sweden
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        person = en_som_vill(session, "nacka", slag=Notisslag.UNDERRATTELSE)
        session.add(Tystnad(anvandare_id=person.id, fran="22:00", till="06:00"))
        lugn, bradskande = en_underrattelse(session, handelse), en_underrattelse(session, handelse, bradskande=True)
    expandera_allt(varje_databas)
    [vantar] = leveranser(varje_databas, lugn.id).values()
    [genast] = leveranser(varje_databas, bradskande.id).values()
    assert vantar.tidigast == datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    assert (genast.tidigast, genast.prioritet) == (klocka.nu, 0)


# --- expansion ---------------------------------------------------------------------------------------------------


def test_a_dispatch_is_expanded_in_steps_and_run_again_it_adds_nothing(varje_databas: Database) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        personer = {en_som_vill(session, "nacka").id for _ in range(7)}
        utskick = en_version(session, handelse)
    steg = []
    while (framsteg := expandera(varje_databas, antal=3)) is not None:
        steg.append(framsteg.klar)
    assert steg == [False, False, True]
    with skriver(varje_databas) as session:
        session.execute(update(Utskick).values(expanderat=None, expanderat_till=0))
    expandera_allt(varje_databas, antal=2)
    assert fick(varje_databas, utskick.id) == personer
    assert len(leveranser(varje_databas, utskick.id)) == 7


def test_several_workers_expanding_at_once_make_each_delivery_once(varje_databas: Database) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        personer = {en_som_vill(session, "nacka", epost=True).id for _ in range(40)}
        utskicken = [en_version(session, handelse, aktor).id for aktor in ("a", "b", "c")]
    fel = i_tradar(4, lambda _: expandera_allt(varje_databas, antal=5))
    assert not fel
    expandera_allt(varje_databas)
    for utskick_id in utskicken:
        assert fick(varje_databas, utskick_id) == personer
        assert len(leveranser(varje_databas, utskick_id)) == 80
    with varje_databas.reading() as session:
        assert session.scalar(select(func.count()).where(Utskick.expanderat.is_(None))) == 0


def test_what_still_waits_of_an_older_version_is_struck_and_what_has_gone_stays(
    varje_databas: Database, inst: Settings
) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        forst, sedan = en_som_vill(session, "nacka", epost=True), en_som_vill(session, "nacka", epost=True)
        ett = en_version(session, handelse)
        annans = en_version(session, handelse, "polisen")
    expandera_allt(varje_databas)
    kon = en_ko(varje_databas, inst, "w1")
    parti = ta(kon)
    avgor(kon, next(u for u in parti.uppdrag if u.utskick_id == ett.id), mottagen())
    kon.slapp([u.id for u in parti.uppdrag[1:]])
    with skriver(varje_databas) as session:
        # The second no longer wants mail: the newer version does not replace what waits there.
        en_prenumeration(session, sedan, Notisslag.LAGESBILD, sms=True, epost=False, handelse=handelse)
        tva = en_version(session, session.get_one(Handelse, handelse.id))
    expandera_allt(varje_databas)
    rader = leveranser(varje_databas, ett.id)
    assert rader[forst.id, "sms"].status == Status.MOTTAGEN
    assert rader[forst.id, "epost"].status == Status.STRUKEN
    assert rader[sedan.id, "sms"].orsak == "ersatt av version 2"
    assert rader[sedan.id, "epost"].status == Status.VANTAR
    assert statusar(varje_databas, annans.id) == {Status.VANTAR: 4}
    assert statusar(varje_databas, tva.id) == {Status.VANTAR: 3}


def test_versions_are_expanded_in_order_so_that_the_newest_is_what_remains(varje_databas: Database) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session)
        en_som_vill(session, "nacka")
        ett, tva, tre = (en_version(session, handelse).id for _ in range(3))
    i_tradar(3, lambda _: expandera_allt(varje_databas, antal=1))
    expandera_allt(varje_databas)
    assert [dict(statusar(varje_databas, u)) for u in (ett, tva, tre)] == [
        {Status.STRUKEN: 1},
        {Status.STRUKEN: 1},
        {Status.VANTAR: 1},
    ]


def test_a_correction_reaches_those_who_got_the_first_also_if_they_have_chosen_it_away(
    varje_databas: Database, inst: Settings
) -> None:
    with skriver(varje_databas) as session:
        handelse = en_handelse(session, lasare=["nacka"])
        angrat, forlorat, ny = (en_som_vill(session, "nacka", slag=Notisslag.UNDERRATTELSE) for _ in range(3))
        prenumeration = queries.prenumerationer(session, ny.id)[0]
        prenumeration.sms = False
        ett = en_underrattelse(session, handelse)
    expandera_allt(varje_databas)
    kon = en_ko(varje_databas, inst, "w1")
    for uppdrag in ta(kon).uppdrag:
        avgor(kon, uppdrag, mottagen())
    assert fick(varje_databas, ett.id) == {angrat.id, forlorat.id}
    with skriver(varje_databas) as session:
        queries.prenumerationer(session, angrat.id)[0].sms = False
        queries.prenumerationer(session, ny.id)[0].sms = True
        session.execute(update(Medlemskap).where(Medlemskap.anvandare_id == forlorat.id).values(avstangd=clock.now()))
        assert ett.underrattelse_id is not None
        sak = session.get_one(Handelse, handelse.id)
        oversikt = queries.mottagaroversikt(
            session, sak, Notisslag.UNDERRATTELSE, clock.now(), rattar=ett.underrattelse_id
        )
        tva = en_underrattelse(session, sak, ett.underrattelse_id)
    expandera_allt(varje_databas)
    assert fick(varje_databas, tva.id) == {angrat.id, ny.id}
    assert oversikt.personer == 2
    assert tva.sms.startswith("RÄTTELSE ")
