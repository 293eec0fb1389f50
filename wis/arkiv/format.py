"""What an archive is on disk: names, limits, and how rows are written. Pure. See docs/arkiv.md."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

SCHEMA = 1
"""The version of the schema. It rises when an older reader could no longer read what is written."""
MANIFEST = "manifest.json"
DATA = "data/{}.json"
BILAGA = "bilagor/{}.{}"
FORHANDSBILD = "bilagor/{}.forhandsbild.webp"
KEDJA = "kedja/rader.json"
HASHAR = "kedja/hashar.txt"
ANDELSE = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "application/pdf": "pdf"}
MEST_FIL = 512 * 1024 * 1024
"""Bytes of one file."""
MEST_ALLT = 64 * 1024 * 1024 * 1024
"""Bytes of all files."""
MEST_FILER = 1_000_000
_BIT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,150}")


class Arkivfel(Exception):
    """What is wrong with an archive, or with taking it in here; the text says it in Swedish. `alla`: each on a line."""

    def __init__(self, *alla: str) -> None:
        super().__init__("\n".join(alla))
        self.alla = alla


def saker_vag(namn: str) -> bool:
    """Whether the name is one that we give to files: relative, no '..', nothing that a file system reads otherwise."""
    delar = namn.split("/")
    return len(namn) < 400 and all(_BIT.fullmatch(del_) and ".." not in del_ for del_ in delar)


def som_json(varde: object) -> str:
    """One line, the same for the same value."""
    return json.dumps(varde, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def radfil(sektion: str, rader: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """A file of rows, a row on each line, in pieces."""
    yield f'{{"schema":{SCHEMA},"sektion":{json.dumps(sektion)},"rader":['.encode()
    skilje = "\n"
    for rad in rader:
        yield f"{skilje}{som_json(rad)}".encode()
        skilje = ",\n"
    yield b"\n]}\n"


def las_rader(sektion: str, data: bytes) -> list[dict[str, Any]]:
    """The rows of such a file. Raises Arkivfel."""
    innehall = las_objekt(DATA.format(sektion), data)
    rader = innehall.get("rader")
    if innehall.get("schema") != SCHEMA or innehall.get("sektion") != sektion or not isinstance(rader, list):
        raise Arkivfel(f"{DATA.format(sektion)} är inte av schema {SCHEMA}.")
    if not all(isinstance(rad, dict) for rad in rader):
        raise Arkivfel(f"{DATA.format(sektion)}: en rad är inget objekt.")
    return rader


def las_objekt(namn: str, data: bytes) -> dict[str, Any]:
    """The JSON object of the file. Raises Arkivfel."""
    try:
        varde = json.loads(data)
    except (ValueError, RecursionError) as fel:
        raise Arkivfel(f"{namn} går inte att läsa som JSON.") from fel
    if not isinstance(varde, dict):
        raise Arkivfel(f"{namn} är inget JSON-objekt.")
    return varde


def sha256(data: bytes) -> str:
    """The hash, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
