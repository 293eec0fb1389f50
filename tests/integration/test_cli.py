"""`wis …` as the one who runs the installation meets it, on a real SQLite."""

import http.server
import os
import re
import secrets
import shutil
import socket
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests import factories as f
from tests.korning import Korning
from tests.servrar import HttpGateway, SmtpMottagare, ledig_port, vanta_tills
from wis import audit, cli, schema, server
from wis.db import Database
from wis.settings import Settings
from wis.tx import transaction

Wis = Callable[..., tuple[int, str]]


@pytest.fixture
def wis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wis:
    """Runs `wis …` on an installation in a directory of its own; returns the exit code and all that was printed."""
    for namn in [namn for namn in os.environ if namn.startswith("WIS_")]:
        monkeypatch.delenv(namn)

    def run(*args: str, **settings: str) -> tuple[int, str]:
        env = {"WIS_INSTANCE": str(tmp_path)} | {f"WIS_{namn.upper()}": varde for namn, varde in settings.items()}
        result = CliRunner().invoke(cli.wis, args, env=env)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.output

    return run


@pytest.fixture
def installation(installation_mall: Path, tmp_path: Path) -> Path:
    """A database with its schema; the path of the file."""
    shutil.copy(installation_mall, tmp_path / "wis.db")
    return tmp_path / "wis.db"


def _oppna(path: Path) -> Database:
    return Database(f"sqlite:///{path}")


def _antal(path: Path, tabell: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {tabell}").fetchone()[0])


# --- wis check ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("installation")
def test_an_installation_that_is_well_is_said_to_be(wis: Wis) -> None:
    code, output = wis("check", demo="1")
    assert code == 0, output
    assert {row[:4] for row in output.splitlines()} == {"OK  "}
    for part in (
        f"Databasens schema är {schema.newest()}.",
        "Databasfilen är hel.",
        "i Stockholm.",
        "MB.",
        "PDF går att göra.",
    ):
        assert part in output


@pytest.mark.usefixtures("installation")
def test_a_mail_server_that_is_dead_is_said_with_how_to_mend_it(wis: Wis) -> None:
    port = ledig_port()
    code, output = wis("check", epost_url=f"smtp://127.0.0.1:{port}/?fran=wis@prov.example")
    assert code == 1
    assert f"FEL Brevservern 127.0.0.1:{port} svarar inte: kontrollera adress, port" in output
    assert "FEL SMS är inte inställt: det som ska gå den vägen misslyckas. Ange WIS_SMS_URL." in output
    assert "FEL Användarnas adress är http://127.0.0.1:8000: sätt WIS_BAS_URL" in output
    assert "FEL Sidan Tillgänglighet säger inte vart man vänder sig" in output


@pytest.mark.usefixtures("installation")
def test_a_message_of_trial_goes_through_every_provider_to_whom_one_says(wis: Wis) -> None:
    with SmtpMottagare() as smtp, HttpGateway() as forsta, HttpGateway() as andra:
        leverantorer = {
            "epost_url": f"smtp://127.0.0.1:{smtp.port}/?fran=wis@prov.example&studs=studs@prov.example",
            "sms_url": f"46elks://a:b@127.0.0.1:{forsta.port}/?fran=WIS",
            "sms_url_2": f"46elks://a:b@127.0.0.1:{andra.port}/?fran=WIS",
            "kontakt": "it@prov.example",
        }
        andra.beteende.status = 402
        code, output = wis(
            "check", "--send", "--till-sms", "070-174 06 05", "--till-epost", "Du@Prov.example", **leverantorer
        )
        code_utan, utan = wis("check", **leverantorer)
        assert code_utan == 1
        assert "OK  Den som inte kan använda något vänder sig till it@prov.example." in utan
        assert [brev.mottagare for brev in smtp.brev] == [("du@prov.example",)]
        assert [anrop.falt["to"] for anrop in (*forsta.anrop, *andra.anrop)] == ["+46701740605"] * 2
    assert code == 1
    assert f"OK  SMS genom sms: leverantören tog emot provet ({forsta.anrop[0].id})." in output
    assert "FEL SMS genom sms-2: provet gick inte fram" in output
    assert "OK  E-post genom epost: leverantören tog emot provet." in output
    assert "FEL SMS-kvitton kan inte komma" in output
    assert "FEL Studsar från WIS_EPOST_URL läses inte: ange WIS_STUDS_BREVLADA eller WIS_STUDS_NYCKEL." in output


@pytest.mark.usefixtures("installation")
def test_how_receipts_and_bounces_come_is_said(wis: Wis) -> None:
    smtp = f"smtp://127.0.0.1:{ledig_port()}/?fran=wis@prov.example"
    output = wis(
        "check",
        bas_url="https://wis.example.se",
        sms_url="46elks://a:b@api.46elks.com/?fran=WIS",
        epost_url=smtp,
        epost_url_2=f"{smtp}&studs=studs@prov.example",
        studs_brevlada=f"imap://a:b@127.0.0.1:{ledig_port()}/INBOX",
        studs_nyckel=secrets.token_hex(32),
    )[1]
    assert "OK  SMS-kvitton kommer till https://wis.example.se/kvitto/46elks/, som 46elks ska nå utifrån." in output
    assert "svarar inte (ConnectionRefusedError): kontrollera adress och port." in output
    assert "OK  Studsar tas också emot på https://wis.example.se/kvitto/studs." in output
    assert "FEL Studsar går inte att para ihop med sin leverans: lägg till studs=ADRESS i WIS_EPOST_URL." in output
    assert "WIS_EPOST_URL_2" not in output


@pytest.mark.parametrize(
    ("argument", "sagt"),
    [
        (("--send",), "Ett prov behöver en mottagare"),
        (("--till-sms", "0701740605"), "Ett prov behöver en mottagare"),
        (("--send", "--till-sms", "hemma"), "'hemma' är inget telefonnummer"),
        (("--send", "--till-epost", "hemma"), "Skriv en hel e-postadress"),
    ],
)
def test_a_trial_needs_somebody_to_go_to(wis: Wis, argument: tuple[str, ...], sagt: str) -> None:
    code, output = wis("check", *argument, demo="1")
    assert (code, sagt in output) == (1, True), output


def test_a_database_without_its_schema_is_said(wis: Wis) -> None:
    code, output = wis("check", demo="1")
    assert code == 1
    assert "FEL Databasens schema är tomt. Kör wis db upgrade." in output


@pytest.mark.usefixtures("installation")
def test_a_secret_that_others_can_read_is_said(wis: Wis, tmp_path: Path) -> None:
    wis("check", demo="1")
    (tmp_path / "secret_key").chmod(0o644)
    code, output = wis("check", demo="1")
    assert code == 1
    assert f"kan läsas av andra: kör chmod 600 {tmp_path / 'secret_key'}." in output


@pytest.mark.parametrize("command", [("check",), ("run",), ("worker",), ("db", "upgrade")])
def test_a_database_that_can_not_be_opened_is_no_traceback(wis: Wis, tmp_path: Path, command: tuple[str, ...]) -> None:
    code, output = wis(*command, database_url=f"sqlite:///{tmp_path / 'finns-inte' / 'wis.db'}")
    assert code == 1
    assert "Databasen går inte att öppna" in output
    assert "WIS_DATABASE_URL" in output


# --- wis audit verify --------------------------------------------------------------------------------------------


@pytest.fixture
def logg(installation: Path) -> Path:
    """Three rows in the record after those of the upgrade."""
    database = _oppna(installation)
    with transaction(database) as session:
        for nummer in range(3):
            audit.record(session, "prov", nummer=nummer)
    database.dispose()
    return installation


def _andra(path: Path, sats: str) -> None:
    """Change the record behind the back of the project, as someone with the file can."""
    with closing(sqlite3.connect(path)) as connection, connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'loggpost'")
        triggers = [name for (name,) in rows]
        assert triggers
        for name in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(sats)


def test_a_record_that_is_whole_is_proved_and_its_end_can_be_kept_and_asked_for(wis: Wis, logg: Path) -> None:
    code, output = wis("audit", "verify")
    assert code == 0, output
    rader = _antal(logg, "loggpost")
    found = re.search(rf"Kedjan är hel: {rader} rader.* ({rader}:[0-9a-f]{{64}})$", output.strip())
    assert found is not None, output
    assert wis("audit", "verify", "--forvantat", found[1])[0] == 0
    code, output = wis("audit", "verify", "--forvantat", f"{rader}:" + "0" * 64)
    assert code == 1
    assert f"Kedjan är hel men saknar {rader}:000" in output


@pytest.mark.parametrize(
    ("sats", "var"),
    [
        ("UPDATE loggpost SET handling = 'annat' WHERE nummer = 2", "BRUTEN vid rad 2: radens innehåll är ändrat"),
        ("DELETE FROM loggpost WHERE nummer = 2", "BRUTEN vid rad 2: raden saknas"),
        ("DELETE FROM loggpost WHERE nummer = {sista}", "BRUTEN vid rad {sista}: kedjans slut stämmer inte"),
    ],
)
def test_a_record_that_was_tampered_with_is_said_to_be_broken_and_where(
    wis: Wis, logg: Path, sats: str, var: str
) -> None:
    sista = _antal(logg, "loggpost")
    _andra(logg, sats.format(sista=sista))
    code, output = wis("audit", "verify")
    assert code == 1
    assert var.format(sista=sista) in output


# --- wis db upgrade, wis demo-data -------------------------------------------------------------------------------


def test_upgrading_twice_changes_nothing(wis: Wis, installation: Path) -> None:
    before = (_antal(installation, "aktor"), _antal(installation, "handelse"))
    code, output = wis("db", "upgrade")
    assert code == 0
    assert f"Databasen är uppdaterad (schema {schema.newest()})." in output
    assert before == (_antal(installation, "aktor"), _antal(installation, "handelse"))
    assert before[0] >= 37


def test_the_demo_is_never_loaded_outside_the_demo(wis: Wis, installation: Path) -> None:
    code, output = wis("demo-data")
    assert code == 1
    assert "WIS_DEMO=1" in output
    assert _antal(installation, "anvandare") == 0


def test_the_demo_is_never_loaded_into_a_database_in_use(wis: Wis, installation: Path) -> None:
    database = _oppna(installation)
    with transaction(database) as session:
        f.en_anvandare(session)
    database.dispose()
    code, output = wis("demo-data", demo="1")
    assert code == 1
    assert "används redan på riktigt" in output
    assert _antal(installation, "anvandare") == 1


# --- wis run -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["run", "worker", "demo-data"])
def test_nothing_runs_on_a_database_that_is_not_upgraded(wis: Wis, command: str) -> None:
    code, output = wis(command, demo="1")
    assert code == 1
    assert "Kör: wis db upgrade" in output


@pytest.mark.usefixtures("installation")
def test_a_port_that_is_taken_is_said_and_another_one_is_offered(wis: Wis) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, output = wis("run", "--port", str(port))
    assert code == 1
    assert f"Port {port} är upptagen." in output
    assert f"--port {port + 1}" in output


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "finns.inte.invalid"])
def test_an_address_that_the_machine_has_not_is_not_called_a_taken_port(wis: Wis, host: str) -> None:
    code, output = wis("run", "--host", host, "--port", str(ledig_port()))
    assert code == 1
    assert f"Den här datorn har inte adressen {host}" in output
    assert "upptagen" not in output


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize("command", ["run", "worker"])
@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        ({"sms_url": "46elks://api.46elks.com/"}, "WIS_SMS_URL ska ange konto"),
        ({"epost_url": "smtps://mail.example.se"}, "WIS_EPOST_URL ska ange server"),
        ({"epost_url": "utkorg://"}, "utkorg:// är ingen tjänst"),
        ({"studs_brevlada": "imap://a:b@mail.example.se/"}, "WIS_STUDS_BREVLADA skulle skicka lösenordet i klartext"),
        ({"threads": "nan"}, "WIS_THREADS"),
    ],
)
def test_what_is_configured_wrongly_is_said_before_anything_starts(
    wis: Wis, command: str, settings: dict[str, str], advice: str
) -> None:
    code, output = wis(command, **settings)
    assert code == 1
    assert advice in output
    assert "Traceback" not in output


@pytest.mark.usefixtures("installation")
def test_addresses_in_messages_follow_the_port_unless_another_was_given(
    wis: Wis, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    def kor(settings: Settings, *_rest: object) -> None:
        started.append(settings.base_url)

    monkeypatch.setattr(server, "kor", kor)
    port = str(ledig_port())
    assert wis("run", "--port", port)[0] == 0
    assert wis("run", "--host", "localhost", "--port", port)[0] == 0
    assert wis("run", "--port", port, bas_url="https://wis.example.se")[0] == 0
    assert started == [f"http://127.0.0.1:{port}", f"http://localhost:{port}", "https://wis.example.se"]


def test_it_serves_on_ipv6_and_says_when_it_is_ready(installation: Path) -> None:
    with Korning(installation.parent, demo="1", bas_url="") as korning:
        korning.url = f"http://[::1]:{korning.port}"
        korning.starta("--host", "::1")
        vanta_tills(lambda: "Klar: " in korning.logg.read_text(encoding="utf-8"), 30, "att den säger sig vara klar")
        assert f"Klar: {korning.url}/" in korning.logg.read_text(encoding="utf-8")


def test_a_start_that_is_slow_and_stumbles_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{ledig_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    answers = [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 503 Wait\r\nContent-Length: 0\r\n\r\n"]

    class Snubblar(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(answers.pop(0) if answers else b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the library's name
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Snubblar) as slow:
        thread = threading.Thread(target=slow.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        assert server.vanta_pa_svar(f"http://127.0.0.1:{slow.server_port}/halsa/live", 10)
        slow.shutdown()
        thread.join(10)
    assert answers == []
    assert not server.vanta_pa_svar(f"http://127.0.0.1:{ledig_port()}/", 0.2)
