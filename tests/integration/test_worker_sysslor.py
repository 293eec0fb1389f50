"""`wis worker` by itself, without the web app, looks for all that whoever sends must look for."""

import subprocess
import sys
from pathlib import Path

_PROGRAM = """
from wis import cli
from wis.notiser import bevakare, sysslor, worker
namn = lambda ett: f"{ett.__module__}.{ett.__name__}"
worker.kor = lambda _arbetare: print([*map(namn, bevakare._noterare + sysslor._sysslor)])
cli.wis(["worker"])
"""


def test_the_worker_tells_watchers_reminds_and_tidies_as_the_web_does(installation_mall: Path, tmp_path: Path) -> None:
    (tmp_path / "wis.db").write_bytes(installation_mall.read_bytes())
    klar = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env={"WIS_INSTANCE": str(tmp_path), "WIS_DEMO": "1", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "wis.begaran.paminnelser.paminn" in klar.stdout, klar.stderr
    assert "wis.bevakning.matchning.notera" in klar.stdout
    assert "wis.notiser.pushservice.stada" in klar.stdout
