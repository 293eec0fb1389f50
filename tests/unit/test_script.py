"""What a person meets in script/: run for real, in a copy of the folder whose Python environment notes its calls."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.servrar import ledig_port

ROT = Path(__file__).resolve().parents[2]
ANTECKNA = """#!/bin/sh
rot='{rot}'
printf '%s\\n' "{namn} $*" >> "$rot/anrop"
env | grep '^WIS_' | sort > "$rot/miljo"
case "$*" in *"$(cat "$rot/faller")"*) echo 'det gick inte' >&2; exit 1 ;; esac
"""


class Klon:
    """A prepared copy of the project in a folder with a space and a Swedish letter in its name."""

    def __init__(self, rot: Path) -> None:
        self.rot = rot
        shutil.copytree(ROT / "script", rot / "script")
        for fil in ("setup.cfg", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROT / fil, rot / fil)
        (rot / "bench").mkdir()
        (rot / "bench" / "publicera.py").touch()
        (rot / ".venv" / "bin").mkdir(parents=True)
        for namn in ("python", "pip", "wis"):
            program = rot / ".venv" / "bin" / namn
            program.write_text(ANTECKNA.format(rot=rot, namn=namn) + f"# {program}\n", encoding="utf-8")
            program.chmod(0o755)
        self.faller("ingenting faller")
        self.stampla()

    def stampla(self) -> None:
        """Mark the environment as prepared for what the files say now."""
        rader = 'source script/_miljo; onskat_lage > "$venv/.klar-korning"'
        subprocess.run(["bash", "-euc", rader], cwd=self.rot, check=True)

    def faller(self, text: str) -> None:
        """From now on every call that contains `text` fails."""
        (self.rot / "faller").write_text(text, encoding="utf-8")

    def kor(self, skript: str, *val: str, **miljo: str) -> subprocess.CompletedProcess[str]:
        """Run a script from another folder."""
        kommando = [str(self.rot / "script" / skript), *val]
        return subprocess.run(
            kommando, cwd="/", env=os.environ | miljo, capture_output=True, text=True, timeout=60, check=False
        )

    @property
    def anrop(self) -> list[str]:
        """The calls so far that matter: wis, and pip by way of python."""
        fil = self.rot / "anrop"
        rader = fil.read_text(encoding="utf-8").splitlines() if fil.exists() else []
        return [rad for rad in rader if rad.startswith("wis ") or "pip install" in rad]


@pytest.fixture
def klon(tmp_path: Path) -> Klon:
    rot = tmp_path / "en mapp på disken"
    rot.mkdir()
    return Klon(rot)


def test_the_demo_prepares_the_database_then_the_data_then_serves(klon: Klon) -> None:
    port = str(ledig_port())
    assert klon.kor("demo", "--port", port).returncode == 0
    assert klon.anrop == ["wis db upgrade", "wis demo-data", f"wis run --port {port}"]


def test_my_own_settings_never_reach_the_demo(klon: Klon) -> None:
    port = str(ledig_port())
    klon.kor(
        "demo", f"--port={port}", WIS_DATABASE_URL="postgresql://skarp", WIS_SMS_URL="x", WIS_INSTANCE="annan/plats"
    )
    assert (klon.rot / "miljo").read_text(encoding="utf-8").splitlines() == [
        f"WIS_BAS_URL=http://127.0.0.1:{port}",
        "WIS_DEMO=1",
        "WIS_INSTANCE=//annan/plats",
    ]


def test_the_demo_keeps_its_data_in_instance_demo_when_nothing_is_said(klon: Klon) -> None:
    klon.kor("demo", "--port", str(ledig_port()), WIS_INSTANCE="")
    assert f"WIS_INSTANCE={klon.rot}/instance/demo" in (klon.rot / "miljo").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "val", [["--port"], ["--port", "0"], ["--port", "08"], ["--port=65536"], ["--port", "x"], ["hej"]]
)
def test_a_wrong_argument_shows_how_to_use_the_demo(klon: Klon, val: list[str]) -> None:
    svar = klon.kor("demo", *val)
    assert svar.returncode == 2
    assert "Användning: script/demo" in svar.stderr
    assert klon.anrop == []


def test_a_taken_port_is_said_before_anything_is_prepared(klon: Klon) -> None:
    with socket.create_server(("127.0.0.1", 0)) as upptagen:
        port = upptagen.getsockname()[1]
        svar = klon.kor("demo", "--port", str(port))
    assert svar.returncode == 1
    assert f"port {port} är upptagen" in svar.stderr
    assert "Välj en annan" in svar.stderr
    assert klon.anrop == []


def test_demo_data_that_fails_says_why_and_serves_nothing(klon: Klon) -> None:
    klon.faller("demo-data")
    svar = klon.kor("demo", "--port", str(ledig_port()))
    assert svar.returncode == 1
    assert "det gick inte" in svar.stderr
    assert klon.anrop == ["wis db upgrade", "wis demo-data"]


@pytest.mark.parametrize("fil", ["constraints.txt", "pyproject.toml"])
def test_changed_requirements_are_installed_once(klon: Klon, fil: str) -> None:
    with (klon.rot / fil).open("a", encoding="utf-8") as handtag:
        handtag.write("# nytt\n")
    for _ in range(2):
        assert klon.kor("demo", "--port", str(ledig_port())).returncode == 0
    assert [rad.endswith("-c constraints.txt -e .") for rad in klon.anrop if "pip install" in rad] == [True]


def test_a_changed_rule_for_the_tools_installs_nothing(klon: Klon) -> None:
    with (klon.rot / "setup.cfg").open("a", encoding="utf-8") as handtag:
        handtag.write("\n[mypy-annat]\nignore_missing_imports = True\n")
    klon.kor("demo", "--port", str(ledig_port()))
    assert not any("pip install" in rad for rad in klon.anrop)


def test_an_installation_that_fails_says_why_and_is_tried_again(klon: Klon) -> None:
    (klon.rot / "constraints.txt").write_text("", encoding="utf-8")
    klon.faller("pip install")
    for _ in range(2):
        svar = klon.kor("demo", "--port", str(ledig_port()))
        assert svar.returncode == 1
        assert "det gick inte" in svar.stderr
    assert len(klon.anrop) == 2


def test_a_machine_without_python_gets_it_before_anything_is_made(klon: Klon) -> None:
    # A bare Debian: the package manager is there, and Python only when it has been asked for.
    rader = """source script/_miljo
hitta_python() { [[ ! -e har_python ]] || echo python3; }
kan_installera_paket() { true; }
installera_paket() { echo "paket $*"; touch har_python; }
tyst() { echo "$*"; }
skapa_venv"""
    svar = subprocess.run(["bash", "-euc", rader], cwd=klon.rot, check=True, capture_output=True, text=True)
    assert svar.stdout.splitlines() == ["paket python3 python3-venv", f"python3 -m venv --clear {klon.rot}/.venv"]


def test_bench_lists_what_there_is(klon: Klon) -> None:
    assert "  publicera\n" in klon.kor("bench").stdout


@pytest.mark.parametrize("namn", ["finns-inte", "../setup", "_miljo"])
def test_bench_refuses_a_name_that_is_not_there(klon: Klon, namn: str) -> None:
    svar = klon.kor("bench", namn)
    assert svar.returncode == 2
    assert f"ingen mätning som heter '{namn}'" in svar.stderr


@pytest.mark.parametrize("skript", ["script/demo", "script/test", "script/bench", ".ci/run"])
def test_every_script_can_be_run(skript: str) -> None:
    assert os.access(ROT / skript, os.X_OK)


def test_every_pin_is_exact_and_names_no_place() -> None:
    rader = (ROT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinnar = [rad for rad in rader if not rad.startswith("#")]
    assert all(rad.count("==") == 1 and not set(rad) & set("@/ ;") for rad in pinnar)
    assert not any(rad.lower().startswith("wis=") for rad in pinnar)
