"""What is shipped for operators: nginx takes the configuration, systemd the units, and each setting named exists."""

import re
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from tests.nginx import DEPLOY, Nginx
from tests.servrar import ledig_port
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
            # Their names are known only inside: here each is this machine.
            text = (servrar.parent / fil).read_text(encoding="utf-8")
            servrar.write_text(re.sub(r"(webb|uttag)-[ab]:", "127.0.0.1:", text), encoding="utf-8")
        done = subprocess.run([*nginx.kommando(), "-t"], capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stderr
        assert "[warn]" not in done.stderr


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
    assert {"databas", "redis", "migrera", "webb-a", "webb-b", "uttag-a", "uttag-b", "worker", "nginx"} == set(services)
    for namn, service in services.items():
        assert "image" in service, namn
        if namn not in {"migrera", "worker"}:
            assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}, namn
        for volym in service.get("volumes", []):
            fran = volym.split(":")[0]
            assert fran in compose["volumes"] or fran == "./tls" or (DEPLOY / fran).exists(), volym
        for beror in service.get("depends_on", {}):
            assert beror in services, namn
    assert [namn for namn, service in services.items() if "ports" in service] == ["nginx"]
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
    assert {fil.name for fil in (DEPLOY / "systemd").iterdir()} == set(units)
    program = shutil.which("systemd-analyze")
    for fil, namn in units.items():
        text = (DEPLOY / "systemd" / fil).read_text(encoding="utf-8")
        for vad in ("User=wis", "EnvironmentFile=/etc/wis/wis.env", "Restart=always", "UMask=0077"):
            assert vad in text, f"{fil}: {vad}"
        (tmp_path / f"{namn}.service").write_text(
            re.sub(r"/opt/wis/\.venv/bin/wis|/usr/bin/curl", "/bin/true", text), encoding="utf-8"
        )
    if program is None:  # a machine without systemd: the text is all there is to look at
        return
    kommando = [program, "verify", "--man=no", *(str(tmp_path / f"{namn}.service") for namn in units.values())]
    done = subprocess.run(kommando, capture_output=True, text=True, timeout=60, check=False)
    egna = [rad for rad in done.stderr.splitlines() if "wis-" in rad]
    assert egna == []
