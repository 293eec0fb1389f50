"""Push on Mina notiser: one's own browsers, switched on, tried and removed, and chosen beside SMS and e-mail."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from tests import factories as f
from tests.conftest import en_app
from tests.pushtjanst import Lasare
from tests.utskick import en_version, expandera_allt, leveranser, skriver
from tests.web.test_notiser import sida
from wis import clock
from wis.auth.models import Inloggning
from wis.auth.rules import Roll
from wis.db import Database
from wis.notiser import pushkontroll, pushservice, queries
from wis.notiser.models import Kanal, Notisslag, Utkorgspost
from wis.notiser.pushmodell import Pushwebblasare
from wis.notiser.worker import Worker
from wis.settings import Settings
from wis.settings_varden import SettingsError

LoggaIn = Callable[[str], FlaskClient]
KARIN, BO = "karin@nacka.example", "bo@nacka.example"
TELEFON = Lasare("https://fcm.googleapis.com/fcm/send/abc")
ANDROID = {"User-Agent": "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36"}


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    with skriver(database) as session:
        for epost in (KARIN, BO):
            f.en_person_hos(session, "nacka", Roll.LASARE, epost=epost)


def sla_pa(client: FlaskClient, lasare: Lasare = TELEFON) -> str:
    return sida(client.post("/mina-notiser/push", data=lasare.falt, headers=ANDROID, follow_redirects=True))


def antal(database: Database) -> tuple[int, int]:
    with database.reading() as session:
        kanaler = select(func.count()).select_from(Kanal).where(Kanal.slag == "push")
        return session.scalar(select(func.count()).select_from(Pushwebblasare)) or 0, session.scalar(kanaler) or 0


def test_a_browser_is_switched_on_and_chosen_beside_sms(logga_in: LoggaIn, database: Database) -> None:
    karin = logga_in(KARIN)
    forst = sida(karin.get("/mina-notiser"))
    assert "Aviseringar i den här telefonen" in forst
    assert "Skicka ett prov" not in forst
    pa = sla_pa(karin)
    assert "Push är på här" in pa
    assert "Chrome på Android" in pa
    assert pushservice.avtryck(TELEFON.endpoint) in pa
    assert TELEFON.endpoint not in pa
    sla_pa(karin)  # pressed twice it is on once
    assert antal(database) == (1, 1)
    karin.post("/mina-notiser", data={"lagesbild-alla-visat": "00", "lagesbild-alla-push": "1"})
    with skriver(database) as session:
        handelse = f.en_handelse(session)
        utskick = en_version(session, handelse)
        oversikt = queries.mottagaroversikt(session, handelse, Notisslag.LAGESBILD, clock.now())
    assert "till 1 person hos 1 aktör: SMS 0, e-post 0, push 1." in oversikt.mening
    expandera_allt(database)
    assert [kanal for _, kanal in leveranser(database, utskick.id)] == ["push"]


def test_a_trial_lands_in_the_outbox_of_the_demo_and_one_removes_ones_own_alone(
    logga_in: LoggaIn, database: Database, settings: Settings
) -> None:
    karin, bo = logga_in(KARIN), logga_in(BO)
    sla_pa(karin)
    assert "Provet är på väg" in sida(karin.post("/mina-notiser/push/prov", follow_redirects=True))
    # In the demo nothing leaves.
    worker = Worker(database, replace(settings, demo=True))
    worker.tom()
    worker.stop()
    with database.reading() as session:
        poster = session.execute(select(Utkorgspost.kanal, Utkorgspost.till, Utkorgspost.amne)).all()
        assert poster == [("push", KARIN, pushservice.PROV_AMNE)]
        rad = session.scalars(select(Pushwebblasare.id)).one()
    assert "Provet lämnades över" in sida(karin.get("/mina-notiser"))
    # Nobody removes another's, nor hears that it is there.
    assert "redan borttagen" in sida(bo.post(f"/mina-notiser/push/{rad}/ta-bort", follow_redirects=True))
    assert antal(database) == (1, 1)
    assert "dit kommer inget mer" in sida(karin.post(f"/mina-notiser/push/{rad}/ta-bort", follow_redirects=True))
    assert antal(database) == (0, 0)
    assert "Ingen webbläsare är på" in sida(karin.post("/mina-notiser/push/prov", follow_redirects=True))


def test_what_is_no_browser_of_a_push_service_that_we_know_is_refused(logga_in: LoggaIn, database: Database) -> None:
    karin = logga_in(KARIN)
    assert "inte en som wis skickar till" in sla_pa(karin, Lasare("https://169.254.169.254/latest"))
    assert "inga nycklar" in sla_pa(karin, replace(TELEFON, auth=b"kort"))
    assert antal(database) == (0, 0)


def test_whoever_logs_out_is_told_no_more_in_that_browser_nor_is_the_one_before_when_another_logs_in(
    logga_in: LoggaIn, database: Database
) -> None:
    karin = logga_in(KARIN)
    sla_pa(karin)
    with skriver(database) as session:
        session.execute(update(Inloggning).values(giltig_till=clock.now()))
    # The login ran out overnight, which ends nothing: she logs in anew, and out again.
    karin.post("/logga-in", data={"epost": KARIN, "losenord": f.LOSENORD})
    pushservice.stada(database)
    assert antal(database) == (1, 1)
    karin.post("/logga-ut")
    pushservice.stada(database)
    assert antal(database) == (0, 0)
    karin.post("/logga-in", data={"epost": KARIN, "losenord": f.LOSENORD})
    sla_pa(karin)
    with skriver(database) as session:
        session.execute(update(Inloggning).values(giltig_till=clock.now()))
    karin.post("/logga-in", data={"epost": BO, "losenord": f.LOSENORD})
    assert antal(database) == (0, 0)


def test_a_browser_that_is_gone_is_said_to_be_so_and_one_of_another_key_too(
    logga_in: LoggaIn, database: Database, settings: Settings
) -> None:
    karin = logga_in(KARIN)
    sla_pa(karin)
    with skriver(database) as session:
        session.execute(update(Pushwebblasare).values(vapid="en annan"))
    assert "Servern har bytt nyckel" in sida(karin.get("/mina-notiser"))
    (svar,) = pushkontroll.kontrollera(settings, database)
    assert not svar[0]
    assert "1 av 1 webbläsare slog på med en annan nyckel" in svar[1]
    with skriver(database) as session:
        session.execute(update(Pushwebblasare).values(endpoint=None, borta=clock.now()))
    assert "Tar inte emot längre sedan" in sida(karin.get("/mina-notiser"))


def _byt(client: FlaskClient, forra: Lasare, ny: Lasare) -> int:
    falt = {**ny.falt, "forra_auth": forra.falt["auth"]}
    return client.post(
        "/mina-notiser/push/byt", data=falt, headers=ANDROID | {"Accept": "application/json"}
    ).status_code


def test_a_browser_with_another_address_is_told_there_by_the_secret_of_the_one_before_and_no_other_is(
    logga_in: LoggaIn, database: Database
) -> None:
    karin, bo = logga_in(KARIN), logga_in(BO)
    sla_pa(karin)
    andra, tredje = (Lasare(f"{TELEFON.endpoint}/{nr}", auth=bytes([nr]) * 16) for nr in (2, 3))
    assert (_byt(karin, tredje, andra), _byt(bo, TELEFON, andra)) == (404, 404)
    assert _byt(karin, TELEFON, replace(andra, endpoint="https://169.254.169.254/latest")) == 404
    assert pushservice.avtryck(TELEFON.endpoint) in sida(karin.get("/mina-notiser"))
    assert _byt(karin, TELEFON, andra) == 204
    assert pushservice.avtryck(andra.endpoint) in sida(karin.get("/mina-notiser"))
    assert (antal(database), _byt(karin, TELEFON, tredje)) == ((1, 1), 404)
    # Also when the one before was found to be gone first; but not once somebody has ended the login.
    with database.reading() as session:
        (mal,) = (
            pushservice.Mal(en.id, en.endpoint or "", "", "", None) for en in session.scalars(select(Pushwebblasare))
        )
    pushservice.svarade(database, [], [mal])
    assert antal(database) == (1, 0)
    assert _byt(karin, andra, tredje) == 204
    assert antal(database) == (1, 1)
    assert "Tar inte emot längre" not in sida(karin.get("/mina-notiser"))
    with skriver(database) as session:
        session.execute(update(Inloggning).values(avslutad=clock.now()))
    assert _byt(logga_in(KARIN), tredje, andra) == 404


def test_a_key_that_is_none_stops_the_start(settings: Settings, database: Database, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="WIS_VAPID_NYCKEL"):
        en_app(replace(settings, instance=tmp_path, vapid_nyckel="hemlig"), database)
