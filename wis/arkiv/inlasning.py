"""The values and the files of an archive, each judged before it is let in."""

import io
from typing import Any

from sqlalchemy import JSON

from wis.arkiv.filer import Lasare
from wis.arkiv.format import ANDELSE, BILAGA, Arkivfel, sha256
from wis.arkiv.sektioner import Rad
from wis.bilagor.mottagning import ta_emot
from wis.bilagor.rules import Nekad
from wis.datum import las_tid
from wis.db import UtcDateTime
from wis.settings import Settings
from wis.web import MAX_HELTAL


def varde(kolumn: Any, skrivet: Any) -> Any:
    """What the column is to hold. Raises Arkivfel for what it can't."""
    if skrivet is None and kolumn.nullable:
        return None
    if isinstance(kolumn.type, JSON):
        return skrivet
    if isinstance(kolumn.type, UtcDateTime):
        moment = las_tid(skrivet if isinstance(skrivet, str) else None)
        if moment is not None:
            return moment
    elif type(skrivet) is kolumn.type.python_type and not (type(skrivet) is int and abs(skrivet) > MAX_HELTAL):
        return skrivet.replace("\0", "") if isinstance(skrivet, str) else skrivet
    raise Arkivfel(f"{kolumn.table.name}.{kolumn.name}: {str(skrivet)[:60]!r} är inget sådant värde.")


class Inlasare:
    """The attachments of an archive, each judged as if it had just been sent, and read when it is asked for."""

    def __init__(self, lasare: Lasare, forhandsbilder: dict[str, bytes | None]) -> None:
        self._lasare, self._forhandsbilder = lasare, forhandsbilder

    def bilaga(self, rad: Rad) -> tuple[bytes, bytes | None]:
        """The bytes of the file, and of its preview as we draw it."""
        return _data(self._lasare, rad), self._forhandsbilder[rad["sha256"]]


def hela(settings: Settings, lasare: Lasare, rader: list[Rad]) -> Inlasare:
    """The attachments of these rows. Takes seconds for each image: hold no transaction. Raises Arkivfel."""
    bilder: dict[str, bytes | None] = {}
    for rad in rader:
        data = _data(lasare, rad)
        if sha256(data) != rad["sha256"] or len(data) != rad["langd"]:
            raise Arkivfel(f"Bilagan {rad['sha256']} är inte den som raden säger.")
        if rad["sha256"] in bilder:
            continue
        try:
            godkand = ta_emot(settings, io.BytesIO(data), "bilaga")
        except Nekad as fel:
            raise Arkivfel(f"Bilagan {rad['sha256']} tas inte emot: {fel}") from fel
        if (godkand.slag.value, godkand.bredd, godkand.hojd) != (rad["slag"], rad["bredd"], rad["hojd"]):
            raise Arkivfel(f"Bilagan {rad['sha256']} är inte vad raden säger.")
        bilder[rad["sha256"]] = godkand.forhandsbild
    return Inlasare(lasare, bilder)


def _data(lasare: Lasare, rad: Rad) -> bytes:
    if rad["slag"] not in ANDELSE:
        raise Arkivfel(f"Bilagan {rad['sha256']} är av ett okänt slag.")
    return lasare.las(BILAGA.format(rad["sha256"], ANDELSE[rad["slag"]]))
