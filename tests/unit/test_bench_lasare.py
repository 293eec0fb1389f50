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
    assert _konstant("live.js", "FORSPRANG") == _sida.AHEAD * 1000
    assert _konstant("live.js", "SPRIDNING_ATER") == _sida.SPREAD_BACK * 1000
    assert _konstant("live.js", "NUMMER_INOM") == _sida.NUMBER_WITHIN * 1000
    assert len(_sida.AGAIN) == _konstant("live.js", "OMTAG")
    assert _konstant("live.js", "SPRIDNING") == _lasare.SPREAD * 1000
    assert _konstant("uppkoppling.js", "FORST") == _lasare.FIRST_RETRY * 1000
    assert _konstant("uppkoppling.js", "LANGST") == _lasare.LONGEST_RETRY * 1000
    assert _konstant("uppkoppling.js", "TALIGT") == _lasare.PATIENT_RETRIES
