"""The servers that other tests stand on start, answer, misbehave on order and go away."""

import os
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path
from subprocess import PIPE

import pytest
import redis
import requests
from playwright.sync_api import sync_playwright
from sqlalchemy import create_engine, text

from tests.servrar import (
    Bryt,
    HttpGateway,
    Postgres,
    Redis,
    SmtpMottagare,
    StartFel,
    chromium_alternativ,
    ledig_port,
    saknade_paket,
    vanta_tills,
)

ROT = Path(__file__).resolve().parents[2]


def fraga(url: str, sql: str) -> list[tuple[object, ...]]:
    engine = create_engine(url)
    try:
        with engine.begin() as kontakt:
            svar = kontakt.execute(text(sql))
            return [tuple(rad) for rad in svar] if svar.returns_rows else []
    finally:
        engine.dispose()


def skicka(smtp: SmtpMottagare, *till: str, amne: str = "Läget") -> dict[str, tuple[int, bytes]]:
    brev = EmailMessage()
    brev["From"], brev["To"], brev["Subject"] = "wis@example.com", ", ".join(till), amne
    brev.set_content("Snö över Svealand – håll avstånd.")
    with smtplib.SMTP("127.0.0.1", smtp.port, timeout=60) as kontakt:
        return kontakt.send_message(brev)


def skicka_sms(gateway: HttpGateway, till: str = "+46701740605", timeout: float = 60) -> requests.Response:
    falt = {"from": "WIS", "to": till, "message": "Snö över Svealand"}
    return requests.post(gateway.url, data=falt, auth=("u123", "hemligt"), timeout=timeout)


def lever(pid: int) -> bool:
    """Whether the process runs; one that is dead but not yet buried by init does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


def test_nothing_is_missing_on_a_machine_that_script_test_has_prepared() -> None:
    assert saknade_paket() == []


def test_a_free_port_can_be_listened_on() -> None:
    with socket.create_server(("127.0.0.1", ledig_port())) as lyssnare:
        assert lyssnare.getsockname()[1] > 0


def test_waiting_returns_what_came_and_names_what_did_not() -> None:
    klocka = iter([None, None, "klart"])
    assert vanta_tills(lambda: next(klocka)) == "klart"
    with pytest.raises(TimeoutError, match=r"brevet inträffade inte inom 0\.05 s"):
        vanta_tills(lambda: False, 0.05, "brevet")


@pytest.mark.postgres
def test_every_postgres_database_is_empty_and_its_own(postgres: Postgres) -> None:
    forsta, andra = postgres.nytt_databas(), postgres.nytt_databas()
    fraga(forsta, "CREATE TABLE lage (namn text)")
    antal = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    assert fraga(forsta, antal) == [(1,)]
    assert fraga(andra, antal) == [(0,)]


@pytest.mark.postgres
def test_a_postgres_database_can_be_copied_from_a_prepared_one(postgres: Postgres) -> None:
    mall = postgres.nytt_databas()
    fraga(mall, "CREATE TABLE lage AS SELECT 'aktiverat' AS namn")
    assert fraga(postgres.nytt_databas(mall), "SELECT namn FROM lage") == [("aktiverat",)]


@pytest.mark.postgres
def test_postgres_speaks_utf8_and_knows_swedish_order(postgres: Postgres) -> None:
    orter = "(VALUES ('Österåker'), ('Ärla'), ('Åre'), ('Zinkgruvan')) AS o (ort)"
    sql = f'SELECT ort FROM {orter} ORDER BY ort COLLATE "sv-x-icu"'
    assert fraga(postgres.nytt_databas(), sql) == [("Zinkgruvan",), ("Åre",), ("Ärla",), ("Österåker",)]


@pytest.mark.postgres
def test_postgres_keeps_committed_rows_through_an_outage() -> None:
    with Postgres() as server:
        url = server.nytt_databas()
        fraga(url, "CREATE TABLE lage AS SELECT 'aktiverat' AS namn")
        server.stanna()
        assert not server.svarar()
        server.starta()
        assert fraga(url, "SELECT namn FROM lage") == [("aktiverat",)]
        katalog = server.katalog
    assert not katalog.exists()


@pytest.mark.redis
def test_redis_answers_stops_and_comes_back_at_the_same_address() -> None:
    with Redis() as server, redis.Redis.from_url(server.url) as klient:
        assert klient.ping()
        klient.set("nyckel", "varde")
        server.stanna()
        with pytest.raises(redis.ConnectionError):
            klient.get("nyckel")
        server.starta()
        assert klient.get("nyckel") is None, "nothing is saved"


@pytest.mark.redis
def test_a_server_that_can_not_start_says_why_with_its_own_words() -> None:
    with Redis() as server:
        server.stanna()
        with socket.create_server(("127.0.0.1", server.port)), pytest.raises(StartFel, match="already in use"):
            server.starta()


@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_servers_die_with_a_test_run_that_is_killed() -> None:
    program = "from tests.servrar import *; r, p = Redis(), Postgres(); print(r.pid, p.pid, flush=True); input()"
    with tempfile.TemporaryDirectory() as tillfalligt:  # what a killed run can't remove itself
        Path(tillfalligt).chmod(0o755)
        miljo = os.environ | {"TMPDIR": tillfalligt}
        kommando = [sys.executable, "-c", program]
        with subprocess.Popen(kommando, cwd=ROT, env=miljo, stdin=PIPE, stdout=PIPE, text=True) as korning:
            assert korning.stdout is not None
            pids = [int(pid) for pid in korning.stdout.readline().split()]
            assert len(pids) == 2
            assert all(map(lever, pids))
            korning.kill()
        vanta_tills(lambda: not any(map(lever, pids)), vad="servrarnas slut")


def test_the_mail_server_keeps_what_it_gets(smtp: SmtpMottagare) -> None:
    assert skicka(smtp, "tib@example.com", "kib@example.com") == {}
    (brev,) = smtp.brev
    assert (brev.avsandare, brev.mottagare) == ("wis@example.com", ("tib@example.com", "kib@example.com"))
    assert brev.meddelande["Subject"] == "Läget"
    assert "Snö över Svealand" in brev.meddelande.get_content()


@pytest.mark.parametrize("kod", [550, 451])
def test_the_mail_server_refuses_one_recipient_and_takes_the_other(smtp: SmtpMottagare, kod: int) -> None:
    smtp.beteende.nekade["borta@example.com"] = kod
    nekade = skicka(smtp, "borta@example.com", "tib@example.com")
    assert {adress: svar[0] for adress, svar in nekade.items()} == {"borta@example.com": kod}
    assert [brev.mottagare for brev in smtp.brev] == [("tib@example.com",)]


def test_the_mail_server_refuses_everybody(smtp: SmtpMottagare) -> None:
    smtp.beteende.nekade["*"] = 550
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        skicka(smtp, "tib@example.com")
    assert smtp.brev == []


@pytest.mark.parametrize(("bryt", "kvar"), [(Bryt.UNDER_DATA, 0), (Bryt.EFTER_DATA, 1)])
def test_the_mail_server_drops_the_connection(smtp: SmtpMottagare, bryt: Bryt, kvar: int) -> None:
    smtp.beteende.bryt = bryt
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        skicka(smtp, "tib@example.com")
    assert len(smtp.brev) == kvar
    smtp.beteende.bryt = None
    skicka(smtp, "tib@example.com")
    assert len(smtp.brev) == kvar + 1


def test_the_mail_server_answers_late(smtp: SmtpMottagare) -> None:
    smtp.beteende.fordrojning = 0.2
    fore = time.monotonic()
    skicka(smtp, "tib@example.com")
    assert time.monotonic() - fore >= 0.2


def test_the_mail_server_closes_after_so_many_messages_in_one_connection(smtp: SmtpMottagare) -> None:
    smtp.beteende.max_per_anslutning = 2
    with smtplib.SMTP("127.0.0.1", smtp.port, timeout=60) as kontakt:
        for _ in range(2):
            kontakt.sendmail("wis@example.com", ["tib@example.com"], "Subject: x\r\n\r\nx")
        with pytest.raises(smtplib.SMTPSenderRefused) as nekad:
            kontakt.sendmail("wis@example.com", ["tib@example.com"], "Subject: x\r\n\r\nx")
    assert nekad.value.smtp_code == 421
    assert len(smtp.brev) == 2


def test_a_dead_mail_server_refuses_connections_and_comes_back_at_the_same_port(smtp: SmtpMottagare) -> None:
    with smtplib.SMTP("127.0.0.1", smtp.port, timeout=60) as kontakt:
        smtp.stanna()
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            kontakt.noop()
    with pytest.raises(ConnectionRefusedError):
        skicka(smtp, "tib@example.com")
    smtp.starta()
    skicka(smtp, "tib@example.com")
    assert len(smtp.brev) == 1


def test_the_gateway_keeps_what_it_gets_and_answers_with_an_id(gateway: HttpGateway) -> None:
    svar = skicka_sms(gateway)
    (anrop,) = gateway.anrop
    assert (anrop.vag, anrop.anvandare, anrop.losenord) == ("/a1/sms", "u123", "hemligt")
    assert anrop.falt == {"from": "WIS", "to": "+46701740605", "message": "Snö över Svealand"}
    assert svar.status_code == 200
    assert svar.json()["id"] == anrop.id


def test_the_gateway_refuses_one_number(gateway: HttpGateway) -> None:
    gateway.beteende.status_for["+46701740606"] = 403
    assert [skicka_sms(gateway, till).status_code for till in ("+46701740605", "+46701740606")] == [200, 403]
    assert [anrop.id is None for anrop in gateway.anrop] == [False, True]


def test_the_gateway_fails_every_time_when_told_to(gateway: HttpGateway) -> None:
    gateway.beteende.status = 503
    assert skicka_sms(gateway).status_code == 503


def test_the_gateway_answers_after_the_sender_has_given_up(gateway: HttpGateway) -> None:
    gateway.beteende.fordrojning = 30
    with pytest.raises(requests.ReadTimeout):
        skicka_sms(gateway, timeout=0.1)
    vanta_tills(lambda: len(gateway.anrop) == 1, vad="anropet")


def test_the_gateway_closes_without_an_answer(gateway: HttpGateway) -> None:
    gateway.beteende.stang_utan_svar = True
    with pytest.raises(requests.ConnectionError):
        skicka_sms(gateway)
    assert len(gateway.anrop) == 1


def test_a_stopped_gateway_drops_what_clients_keep_open_and_refuses_new_ones() -> None:
    with HttpGateway() as gateway, requests.Session() as session:
        session.post(gateway.url, data={"to": "+46701740605"}, timeout=60)
        fore = time.monotonic()
        gateway.stanna()
        assert time.monotonic() - fore < 60, "it does not wait for the client to hang up"
        with pytest.raises(requests.ConnectionError):
            session.post(gateway.url, data={"to": "+46701740605"}, timeout=60)


@pytest.mark.browser
def test_chromium_shows_a_page() -> None:
    with sync_playwright() as spel, spel.chromium.launch(**chromium_alternativ()) as webblasare:
        sida = webblasare.new_page()
        sida.set_content("<h1>Lägesbild</h1>")
        assert sida.get_by_role("heading").inner_text() == "Lägesbild"
