"""Functions on real databases, with the real worker: one on duty at a time, and notices to the function's channels."""

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from tests import factories as f
from tests.funktioner_stod import TIB_EPOST, TIB_SMS, en_funktion, i_tjanst, med_kanaler, medlem, turer
from tests.servrar import HttpGateway, SmtpMottagare, vanta_pa_las, vanta_tills
from tests.utskick import Klocka, en_underrattelse, fick, skriver, statusar
from wis import clock
from wis.auth.models import Anvandare, Anvandarslag, Tjanstgoring
from wis.auth.queries import subjekt_av
from wis.auth.rules import Roll, Subjekt
from wis.db import Database
from wis.funktioner import queries, service
from wis.funktioner.rules import Hinder
from wis.handelser.models import Handelse
from wis.notiser.models import Notisslag, Status
from wis.notiser.queries import mottagaroversikt
from wis.notiser.worker import Worker
from wis.settings import Settings
from wis.tx import transaction

KARIN, BO, CILLA = "karin@nacka.example", "bo@nacka.example", "cilla@nacka.example"
TOLV = timedelta(hours=12)


def tib_hos_nacka(database: Database) -> tuple[int, dict[str, Subjekt]]:
    """Nacka's TiB, and the three who may be it."""
    with transaction(database) as session:
        for epost in (KARIN, BO, CILLA):
            f.en_person_hos(session, "nacka", Roll.LASARE, epost=epost)
        folk = {epost: medlem(session, epost) for epost in (KARIN, BO, CILLA)}
        tib = en_funktion(session, "nacka", "TiB", *folk.values())
        return tib.id, {epost: subjekt_av(en) for epost, en in folk.items()}


def ga_pa(database: Database, tib: int, who: Subjekt, sedd: int | None = None) -> None:
    with transaction(database) as session:
        funktion = service.las_funktion(session, tib)
        service.ga_pa(session, who, funktion, who.medlemskap_id or 0, clock.now() + TOLV, sedd)


def samtidigt(database: Database, tib: int, folk: list[Subjekt], sedd: int | None = None) -> list[threading.Thread]:
    """Start threads in which each of these goes on duty at the same moment."""
    barrier = threading.Barrier(len(folk))

    def forsok(who: Subjekt) -> None:
        barrier.wait()
        try:
            ga_pa(database, tib, who, sedd)
        except Hinder:
            return

    tradar = [threading.Thread(target=forsok, args=(who,)) for who in folk]
    for trad in tradar:
        trad.start()
    return tradar


def oppna(database: Database) -> int:
    with database.reading() as session:
        return session.scalars(select(func.count(Tjanstgoring.id)).where(Tjanstgoring.avslutad.is_(None))).one()


@pytest.mark.parametrize("_varv", range(3))
def test_of_those_who_go_on_duty_at_the_same_moment_one_does(varje_databas: Database, _varv: int) -> None:
    tib, folk = tib_hos_nacka(varje_databas)
    for trad in samtidigt(varje_databas, tib, list(folk.values())):
        trad.join()
    assert len(turer(varje_databas)) == 1


@pytest.mark.parametrize("_varv", range(3))
def test_of_two_who_take_over_at_the_same_moment_one_does(varje_databas: Database, _varv: int) -> None:
    tib, folk = tib_hos_nacka(varje_databas)
    ga_pa(varje_databas, tib, folk[KARIN])
    sedd = turer(varje_databas)[0].id
    for trad in samtidigt(varje_databas, tib, [folk[BO], folk[CILLA]], sedd):
        trad.join()
    forsta, andra = turer(varje_databas)
    assert forsta.avslutad == andra.fran
    assert andra.avslutad is None


@pytest.mark.postgres
def test_even_when_both_had_begun_before_either_was_done(postgres_url: str) -> None:
    database = Database(postgres_url)
    tib, folk = tib_hos_nacka(database)
    # Hold the end of the record, so that the one who has the function waits for it, and the other for the function.
    with database.engine.connect() as holder:
        holder.execute(text("SELECT 1 FROM logghuvud FOR UPDATE"))
        tradar = samtidigt(database, tib, [folk[KARIN], folk[BO]])
        vanta_pa_las(database.engine, 2)
        holder.rollback()
    for trad in tradar:
        trad.join()
    assert oppna(database) == 1
    database.dispose()


def test_one_who_follows_when_the_time_has_run_out_closes_the_old_turn(varje_databas: Database, klocka: Klocka) -> None:
    tib, folk = tib_hos_nacka(varje_databas)
    ga_pa(varje_databas, tib, folk[KARIN])
    klocka.ga(hours=12)
    with varje_databas.reading() as session:
        assert queries.find_pagaende(session, tib, clock.now()) is None
        assert subjekt_av(medlem(session, KARIN)).i_tjanst(clock.now()) == ()
    ga_pa(varje_databas, tib, folk[BO])
    forsta, andra = turer(varje_databas)
    assert (forsta.avslutad, forsta.avslutad_av_id) == (forsta.till, None)
    assert andra.fran == clock.now()


def test_the_database_itself_lets_no_two_be_on_duty_as_the_same(varje_databas: Database) -> None:
    tib, _ = tib_hos_nacka(varje_databas)
    with transaction(varje_databas) as session:
        i_tjanst(session, service.las_funktion(session, tib), medlem(session, KARIN))
    with transaction(varje_databas) as session:
        funktion, bo = service.las_funktion(session, tib), medlem(session, BO)
        with pytest.raises(IntegrityError), session.begin_nested():
            i_tjanst(session, funktion, bo)


@pytest.mark.parametrize("mer", [{"epost": "tib@nacka.example"}, {"losenord_hash": "x"}])
def test_the_database_itself_lets_no_function_have_a_password_or_an_address(
    varje_databas: Database, mer: dict[str, str]
) -> None:
    som = Anvandare(slag=Anvandarslag.FUNKTION, namn="TiB", skapad=clock.now(), **mer)
    with pytest.raises(IntegrityError), transaction(varje_databas) as session:
        session.add(som)


# --- notices -----------------------------------------------------------------------------------------------------


@pytest.fixture
def val(smtp: SmtpMottagare, gateway: HttpGateway) -> Settings:
    return Settings(
        Path(),
        "x" * 64,
        "",
        epost_url=f"smtp://127.0.0.1:{smtp.port}/?fran=wis@prov.example",
        sms_url=f"46elks://u:p@127.0.0.1:{gateway.port}/?fran=WIS",
        backoff=0.05,
        worker_poll=0.05,
    )


def skicka(database: Database, val: Settings) -> int:
    """An underrättelse, sent by the real worker to all who are to have it; the id of its dispatch."""
    with skriver(database) as session:
        utskick_id = en_underrattelse(session, session.scalars(select(Handelse)).one()).id
    arbetare = Worker(database, val)
    arbetare.start()
    try:
        # In this order: before it is worked out who is to have it, there is nothing that waits either.
        vanta_tills(lambda: fardig(database, utskick_id) and set(statusar(database, utskick_id)) <= {Status.MOTTAGEN})
    finally:
        assert arbetare.stop(60)
    return utskick_id


def fardig(database: Database, utskick_id: int) -> bool:
    with database.reading() as session:
        sats = text("SELECT count(*) FROM utskick WHERE id = :id AND expanderat IS NOT NULL")
        return session.execute(sats, {"id": utskick_id}).scalar_one() == 1


@pytest.mark.parametrize("nagon", [True, False])
def test_notices_go_to_the_functions_phone_and_mailbox_whoever_is_on_duty(
    varje_databas: Database, val: Settings, smtp: SmtpMottagare, gateway: HttpGateway, *, nagon: bool
) -> None:
    tib, _ = tib_hos_nacka(varje_databas)
    with skriver(varje_databas) as session:
        f.en_handelse(session, lasare=["nacka"])
        funktion = service.las_funktion(session, tib)
        med_kanaler(session, funktion)
        som = funktion.anvandare_id
        if nagon:
            i_tjanst(session, funktion, medlem(session, KARIN))
    utskick_id = skicka(varje_databas, val)
    assert fick(varje_databas, utskick_id) == {som}
    assert [anrop.falt["to"] for anrop in gateway.anrop] == [TIB_SMS]
    assert [brev.mottagare for brev in smtp.brev] == [[TIB_EPOST]] or [b.mottagare[0] for b in smtp.brev] == [TIB_EPOST]


@pytest.mark.parametrize("varfor", ["nedlagd", "utan läsrätt"])
def test_a_function_that_is_closed_down_or_may_not_read_gets_nothing(
    varje_databas: Database, val: Settings, smtp: SmtpMottagare, gateway: HttpGateway, varfor: str
) -> None:
    tib, folk = tib_hos_nacka(varje_databas)
    with skriver(varje_databas) as session:
        f.en_handelse(session, lasare=["nacka"] if varfor == "nedlagd" else ["solna"])
        funktion = service.las_funktion(session, tib)
        med_kanaler(session, funktion)
        if varfor == "nedlagd":
            service.lagg_ned(session, replace(folk[KARIN], administrator=True), funktion, "Behövs inte")
    utskick_id = skicka(varje_databas, val)
    assert fick(varje_databas, utskick_id) == set()
    assert (gateway.anrop, smtp.brev) == ([], [])


def test_the_preview_says_how_many_of_those_to_be_told_are_functions(varje_databas: Database) -> None:
    tib, _ = tib_hos_nacka(varje_databas)
    with skriver(varje_databas) as session:
        handelse = f.en_handelse(session)
        med_kanaler(session, service.las_funktion(session, tib))
        mening = mottagaroversikt(session, handelse, Notisslag.UNDERRATTELSE, clock.now()).mening
    assert "varav 1 funktion" in mening
