"""The readers of the benches keep the times that the pages keep, or another client than ours would be measured."""

import re
from pathlib import Path

from bench import _lasare, _sida

JS = Path(__file__).resolve().parents[2] / "static" / "js"


def _konstant(fil: str, namn: str) -> float:
    found = re.search(rf"^const {namn} = (\d+);", (JS / fil).read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None, f"{fil} has no {namn}"
    return float(found[1])


def test_the_benches_readers_wait_as_long_as_the_pages_do() -> None:
    assert _sida.AHEAD * 1000 == _konstant("live.js", "FORSPRANG")
    assert _sida.SPREAD_BACK * 1000 == _konstant("live.js", "SPRIDNING_ATER")
    assert _sida.NUMBER_WITHIN * 1000 == _konstant("live.js", "NUMMER_INOM")
    assert len(_sida.AGAIN) == _konstant("live.js", "OMTAG")
    assert _lasare.SPREAD * 1000 == _konstant("live.js", "SPRIDNING")
    assert _lasare.FIRST_RETRY * 1000 == _konstant("uppkoppling.js", "FORST")
    assert _lasare.LONGEST_RETRY * 1000 == _konstant("uppkoppling.js", "LANGST")
    assert _lasare.PATIENT_RETRIES == _konstant("uppkoppling.js", "TALIGT")
