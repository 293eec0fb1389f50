"""What others wrote and we serve is what the table in static/vendor/README.md says it is."""

import hashlib
import re
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[2] / "static" / "vendor"
RAD = re.compile(
    r"^\| `(?P<fil>[^`]+)` \| npm-paketet `[^`]+` \| (?P<version>[\d.]+) \| "
    r"[^|]*`(?P<licens>[^`]+)` \| `(?P<sha256>[0-9a-f]{64})` \|$",
    re.MULTILINE,
)


def tabell() -> list[re.Match[str]]:
    return list(RAD.finditer((VENDOR / "README.md").read_text(encoding="utf-8")))


def test_every_served_file_is_in_the_table_with_its_hash() -> None:
    pa_disk = {
        fil.name: hashlib.sha256(fil.read_bytes()).hexdigest()
        for fil in VENDOR.iterdir()
        if fil.suffix in {".js", ".css"}
    }
    assert pa_disk
    assert pa_disk == {rad["fil"]: rad["sha256"] for rad in tabell()}


def test_every_file_states_the_version_of_the_table_and_has_its_licence() -> None:
    for rad in tabell():
        text = (VENDOR / rad["fil"]).read_text(encoding="utf-8")
        assert rad["fil"].endswith(".css") or re.search(rf"v?{re.escape(rad['version'])}[\n,]", text)
        licens = (VENDOR / rad["licens"]).read_text(encoding="utf-8")
        assert "MIT License" in licens or "BSD 2-Clause License" in licens


def test_no_file_asks_the_browser_for_a_source_map() -> None:
    assert [fil.name for fil in VENDOR.glob("*.js") if b"sourceMappingURL" in fil.read_bytes()] == []
