"""What is shipped for operators: nginx takes the configuration, systemd the units, and each setting named exists."""

import re
import secrets
import shlex
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any
from wsgiref.simple_server import make_server

import click
import pytest
import requests
import yaml

from tests.nginx import DEPLOY, Nginx
from tests.servrar import ledig_port, vanta_tills
from wis import settings
from wis.cli import wis
from wis.settings import PROJECT_ROOT

NAMN = re.compile(r"\bWIS_[A-Z0-9_]+")


def _exempel() -> dict[str, str]:
    """The settings of the shipped example, with what the operator fills in."""
    text = (DEPLOY / "wis.env.example").read_text(encoding="utf-8")
    rader = [rad.removeprefix("#") for rad in text.splitlines() if "=" in rad and rad.startswith(("WIS_", "#WIS_"))]
    return dict(rad.split("=", 1) for rad in rader) | {"WIS_SECRET_KEY": secrets.token_hex(32)}


def _compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("fil", ["servrar.conf", "servrar-compose.conf"])
def test_nginx_takes_the_shipped_configuration_and_warns_of_nothing(fil: str) -> None:
    ports = (ledig_port(), ledig_port())
    with Nginx(ports, ports) as nginx:
        servrar = nginx.katalog / "conf" / "wis" / "servrar.conf"
        if fil != servrar.name:
            # Their names are known only inside: here each is this machine. Debian's nginx doesn't know 'resolve' yet.
            text = (servrar.parent / fil).read_text(encoding="utf-8")
            assert text.count("    zone ") == text.count("upstream wis_")
            text, antal = re.subn(r"server (?:webb|uttag)-(?:a|b|skriv):(\d+) resolve ", r"server 127.0.0.1:\1 ", text)
            assert antal == text.count("    server ")
            servrar.write_text(text, encoding="utf-8")
        done = subprocess.run([*nginx.kommando(), "-t"], capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stderr
        # Newer ones want a directive for HTTP/2 that Debian's doesn't know.
        assert [rad for rad in done.stderr.splitlines() if "[warn]" in rad and "http2" not in rad] == []


def test_no_log_keeps_an_address_that_is_a_secret_when_nothing_answers_behind() -> None:
    ports = (ledig_port(), ledig_port())
    fragor = (
        "/konto/losenord/HEMLIGT",
        "/utdrag/HEMLIGT",
        "/svar/HEMLIGT",
        "/flode/HEMLIGT",
        "/kvitto/46elks/HEMLIGT",
        "/logga-in?till=HEMLIGT",
    )
    with Nginx(ports, ports) as nginx:
        nginx.starta()
        for vag in fragor:
            svar = requests.get(nginx.url + vag, verify=str(nginx.certifikat), timeout=30)
            assert (svar.status_code, "Systemet svarar inte just nu" in svar.content.decode()) == (503, True), vag
            assert (svar.headers["Retry-After"], svar.headers["Cache-Control"]) == ("15", "no-store")
        vanta_tills(lambda: len(nginx.forfragningar) >= len(fragor), 30, "the lines of the log")
        loggar = [fil.read_text(encoding="utf-8") for fil in nginx.katalog.glob("*.log")]
        assert len(loggar) == 2
        assert not any("HEMLIGT" in logg for logg in loggar)
        _certifikat_fornyas(nginx)
        _sager_sjalv_pa_svenska(nginx)


def _sager_sjalv_pa_svenska(nginx: Nginx) -> None:
    """What never reaches us is answered as we would: a page to a person, JSON to a script."""
    with requests.Session() as session:
        session.trust_env = False  # it would trust others than this one
        session.verify = str(nginx.certifikat)
        skript = session.get(f"{nginx.url}/puls", headers={"Accept": "application/json"}, timeout=30)
        assert (skript.status_code, skript.json()["fel"]) == (503, "Systemet svarar inte just nu")
        stort = session.post(f"{nginx.url}/logga-in", data=b"x" * 4_200_000, timeout=30)
        assert (stort.status_code, "Det blev för stort" in stort.text) == (413, True)
        bilaga = session.post(f"{nginx.url}/handelser/s/lagesbild/v/bilagor", data=b"x" * 4_200_000, timeout=30)
        assert bilaga.status_code == 503, "so much may be attached"
        # As a login is guessed at: until it says stop.
        ofta = partial(session.post, f"{nginx.url}/logga-in", timeout=30)
        nekat = next(svar for svar in (ofta() for _ in range(2_000)) if svar.status_code != 503)
        assert (nekat.status_code, nekat.headers["Retry-After"]) == (429, "10")
        assert "För många försök" in nekat.text
        assert nekat.headers["X-Content-Type-Options"] == "nosniff"


def _certifikat_fornyas(nginx: Nginx) -> None:
    """Whoever issues the certificate finds its proof without TLS."""
    prov = nginx.acme / ".well-known" / "acme-challenge" / "prov"
    prov.parent.mkdir(parents=True)
    prov.write_text("svar", encoding="utf-8")
    for mapp in (nginx.katalog, nginx.acme, *prov.parents[:2]):
        mapp.chmod(0o755)
    adress = f"http://127.0.0.1:{nginx.http_port}/.well-known/acme-challenge/prov"
    svar = requests.get(adress, allow_redirects=False, timeout=30)
    assert (svar.status_code, svar.text) == (200, "svar")


def test_the_example_of_settings_starts(tmp_path: Path) -> None:
    found = settings.load(_exempel() | {"WIS_INSTANCE": str(tmp_path)})
    assert (found.inbyggda_uttag, found.embedded_worker, found.processer) == (False, False, 2)
    assert found.betrodda_proxyer == 1
    assert found.https


def test_every_setting_that_is_named_to_operators_exists() -> None:
    known = set(re.findall(r'"([a-z0-9_]+)"', (PROJECT_ROOT / "wis" / "settings.py").read_text(encoding="utf-8")))
    known |= {"instance", "bas_url"}
    files = [fil for fil in DEPLOY.rglob("*") if fil.is_file()]
    assert len(files) > 8
    for fil in files:
        named = {namn.removeprefix("WIS_").lower() for namn in NAMN.findall(fil.read_text(encoding="utf-8"))}
        assert named <= known, f"{fil.name}: {named - known}"


def test_compose_has_two_of_what_answers_and_asks_each_whether_it_is_well() -> None:
    compose = _compose()
    services = compose["services"]
    sidor = {"webb-a", "webb-b", "webb-skriv"}
    assert {"databas", "redis", "migrera", "uttag-a", "uttag-b", "worker", "nginx"} | sidor == set(services)
    for namn, service in services.items():
        assert "image" in service, namn
        assert service["logging"]["driver"] == "local", namn  # which doesn't grow until the disk is full
        if namn not in {"migrera", "worker"}:
            assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}, namn
        for volym in service.get("volumes", []):
            fran = volym.split(":")[0]
            assert fran in compose["volumes"] or fran in {"./tls", "./acme"} or (DEPLOY / fran).exists(), volym
        for beror in service.get("depends_on", {}):
            assert beror in services, namn
    assert [namn for namn, service in services.items() if "ports" in service] == ["nginx"]
    # Over IPv6 everybody would seem to have one address.
    assert all(port.startswith("0.0.0.0:") for port in services["nginx"]["ports"])
    assert "statisk:/var/cache/wis" in services["webb-a"]["volumes"]


def test_compose_starts_each_part_with_settings_that_hold(tmp_path: Path) -> None:
    services = _compose()["services"]
    kommandon = wis.list_commands(click.Context(wis))
    for namn in ("webb-a", "uttag-a", "worker", "migrera"):
        miljo = _exempel() | services[namn]["environment"] | {"WIS_INSTANCE": str(tmp_path)}
        found = settings.load(miljo)
        assert (found.inbyggda_uttag, found.embedded_worker, found.betrodda_proxyer) == (False, False, 1), namn
        assert services[namn]["command"][0] in kommandon, namn
    behovs = re.findall(r"^COPY (\S+)", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert all((PROJECT_ROOT / vag).exists() for vag in behovs)


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    units = {
        "wis-web@.service": "wis-web@8000",
        "wis-uttag@.service": "wis-uttag@8001",
        "wis-worker.service": "wis-worker",
    }
    assert {fil.name for fil in (DEPLOY / "systemd").iterdir() if fil.is_file()} == set(units)
    program = shutil.which("systemd-analyze")
    for fil, namn in units.items():
        text = (DEPLOY / "systemd" / fil).read_text(encoding="utf-8")
        for vad in ("User=wis", "EnvironmentFile=/etc/wis/wis.env", "Restart=always", "UMask=0077"):
            assert vad in text, f"{fil}: {vad}"
        # Nothing but what the installation has brought.
        text, antal = re.subn(r"=/opt/wis/\.venv/bin/(?:wis|python) ", "=/bin/true ", text)
        assert antal == len(re.findall(r"^Exec", text, re.MULTILINE)), fil
        (tmp_path / f"{namn}.service").write_text(text, encoding="utf-8")
    if program is None:  # a machine without systemd: the text is all there is to look at
        return
    kommando = [program, "verify", "--man=no", *(str(tmp_path / f"{namn}.service") for namn in units.values())]
    done = subprocess.run(kommando, capture_output=True, text=True, timeout=60, check=False)
    egna = [rad for rad in done.stderr.splitlines() if "wis-" in rad]
    assert egna == []


@pytest.mark.parametrize("fil", ["wis-web@.service", "wis-uttag@.service"])
def test_a_unit_has_started_when_it_answers(fil: str) -> None:
    text = (DEPLOY / "systemd" / fil).read_text(encoding="utf-8")
    [kommando] = re.findall(r"^ExecStartPost=/opt/wis/\.venv/bin/python (.*)$", text, re.MULTILINE)
    fragat: list[str] = []

    def svara(miljo: dict[str, Any], start: Any) -> list[bytes]:
        fragat.append(miljo["PATH_INFO"])
        start("200 OK", [])
        return [b"ok"]

    with make_server("127.0.0.1", 0, svara) as server:
        svarar = Thread(target=server.handle_request)
        svarar.start()
        argument = shlex.split(kommando.replace("%i", str(server.server_port)))
        subprocess.run([sys.executable, *argument], cwd=PROJECT_ROOT, timeout=60, check=True)
        svarar.join(30)
    assert fragat == ["/halsa/live"]


def test_the_command_of_operators_runs_as_the_units_do() -> None:
    text = (DEPLOY / "wis").read_text(encoding="utf-8")
    subprocess.run(["sh", "-n", str(DEPLOY / "wis")], timeout=30, check=True)
    for vad in ("--uid=wis", "EnvironmentFile=-/etc/wis/wis.env", "WorkingDirectory=/opt/wis", "UMask=0077"):
        assert vad in text
    assert text.endswith('/opt/wis/.venv/bin/wis "$@"\n')
