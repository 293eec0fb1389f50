"""Proving an archive by itself, without a database: every file, the record's rows, the schema."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from wis.arkiv import kedja
from wis.arkiv.filer import Lasare
from wis.arkiv.format import DATA, HASHAR, KEDJA, MANIFEST, MEST_ALLT, SCHEMA, Arkivfel, las_objekt, las_rader, sha256
from wis.arkiv.sektioner import SEKTIONER, Sektion

_HASH = re.compile(r"[0-9a-f]{64}")
_MEST_FEL = 50
"""So many are named; one that has more is no archive at all."""


@dataclass(frozen=True)
class Verifierat:
    """An archive whose every file is as the manifest says: that, the hash of it, and the rows by section."""

    manifest: dict[str, Any]
    sha256: str
    rader: dict[str, list[dict[str, Any]]]


def verifiera(lasare: Lasare) -> Verifierat:
    """The archive, if all of it holds. Raises Arkivfel with what does not, each on a line."""
    namnen = lasare.namn()
    if MANIFEST not in namnen:
        raise Arkivfel(f"{MANIFEST} saknas: det här är inget arkiv.")
    ratt = lasare.las(MANIFEST)
    manifest = las_objekt(MANIFEST, ratt)
    if manifest.get("schema") != SCHEMA:
        raise Arkivfel(f"Arkivet är av schema {manifest.get('schema')}; den här utgåvan läser schema {SCHEMA}.")
    filer = _filer(manifest)
    _prova_filer(lasare, filer, [namn for namn in namnen if namn != MANIFEST])
    rader = {sektion.namn: _rader(lasare, sektion) for sektion in SEKTIONER}
    for namn in ("aktor", "anvandare"):
        rader[namn] = las_rader(namn, lasare.las(DATA.format(namn)))
    poster = las_objekt(KEDJA, lasare.las(KEDJA)).get("rader")
    if not isinstance(poster, list):
        raise Arkivfel(f"{KEDJA} går inte att läsa.")
    fel = kedja.prova(poster, lasare.las(HASHAR))
    if fel:
        raise Arkivfel(*fel[:_MEST_FEL])
    return Verifierat(manifest, sha256(ratt), rader)


def _filer(manifest: dict[str, Any]) -> dict[str, tuple[int, str]]:
    try:
        filer = {str(fil["namn"]): (int(fil["storlek"]), str(fil["sha256"])) for fil in manifest["filer"]}
    except (KeyError, TypeError, ValueError) as fel:
        raise Arkivfel(f"{MANIFEST} går inte att läsa.") from fel
    if sum(langd for langd, _ in filer.values()) > MEST_ALLT or not all(
        _HASH.fullmatch(summa) and langd >= 0 for langd, summa in filer.values()
    ):
        raise Arkivfel(f"{MANIFEST} går inte att läsa.")
    return filer


def _prova_filer(lasare: Lasare, filer: dict[str, tuple[int, str]], finns: list[str]) -> None:
    fel = [f"{namn} saknas." for namn in sorted(filer.keys() - set(finns))]
    fel += [f"{namn} hör inte till arkivet." for namn in finns if namn not in filer]
    nodvandiga = {DATA.format(sektion.namn) for sektion in SEKTIONER} | {KEDJA, HASHAR}
    nodvandiga |= {DATA.format(namn) for namn in ("aktor", "anvandare")}
    fel += [f"{namn} saknas i manifestet." for namn in sorted(nodvandiga - filer.keys())]
    fel += [f"{namn} är ändrad." for namn in finns if namn in filer and not _lika(lasare, namn, filer[namn])]
    if fel:
        raise Arkivfel(*fel[:_MEST_FEL])


def _lika(lasare: Lasare, namn: str, vantad: tuple[int, str]) -> bool:
    """Whether the file is as the manifest says; no more of it is read than that."""
    langd, summa = 0, hashlib.sha256()
    for bit in lasare.bitar(namn):
        langd += len(bit)
        if langd > vantad[0]:
            return False
        summa.update(bit)
    return (langd, summa.hexdigest()) == vantad


def _rader(lasare: Lasare, sektion: Sektion) -> list[dict[str, Any]]:
    """The section's rows, each with just the columns of the schema."""
    rader = las_rader(sektion.namn, lasare.las(DATA.format(sektion.namn)))
    falt = {kolumn.name for kolumn in sektion.kolumner()}
    if any(rad.keys() != falt for rad in rader):
        raise Arkivfel(f"{DATA.format(sektion.namn)}: en rad har inte de kolumner som schemat säger.")
    return rader
