"""A dispatch's deliveries as rows for a spreadsheet: no number and no address is among them."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Select, and_, select

from wis import clock
from wis.aktorer.models import Aktor
from wis.auth.models import Anvandare
from wis.db import Database
from wis.notiser.leveransfragor import LAGEN, lage_av
from wis.notiser.models import Anledning, Kanalslag, Kvittens, Leverans

RUBRIKER = (
    "Aktör",
    "Namn",
    "Kanal",
    "Läge",
    "Orsak",
    "Försök",
    "Skickad",
    "Ändrad",
    "Anledning",
    "Upprepad",
    "Läst",
    "Kvitterad",
)
PARTI = 1000
_ANLEDNING = {
    Anledning.VAL: "eget val",
    Anledning.ANDRA_KANALEN: "inget svar på den första kanalen",
    Anledning.PAMINNELSE: "påminnelse",
    Anledning.NASTA_PERSON: "nästa person i funktionen",
}


def alla(database: Database, utskick_id: int) -> Iterator[tuple[str, ...]]:
    """Every delivery of the dispatch, in the order that they were made.

    Some at a time, each in a read of its own: whoever fetches it slowly holds nothing in the database meanwhile.
    """
    efter = 0
    while True:
        with database.reading() as session:
            rader = session.execute(_sats(utskick_id, efter)).all()
        yield from (_celler(*rad[1:]) for rad in rader)
        if len(rader) < PARTI:
            return
        efter = rader[-1][0]


def _sats(utskick_id: int, efter: int) -> Select[int, Leverans, str, str, datetime, datetime | None]:
    return (
        select(Leverans.id, Leverans, Anvandare.namn, Aktor.kortnamn, Kvittens.last, Kvittens.kvitterad)
        .join(Anvandare, Anvandare.id == Leverans.anvandare_id)
        .outerjoin(Aktor, Aktor.id == Leverans.aktor_id)
        .outerjoin(
            Kvittens,
            and_(Kvittens.utskick_id == Leverans.utskick_id, Kvittens.anvandare_id == Leverans.anvandare_id),
        )
        .where(Leverans.utskick_id == utskick_id, Leverans.id > efter)
        .order_by(Leverans.id)
        .limit(PARTI)
    )


def _celler(
    rad: Leverans, namn: str, aktor: str | None, last: datetime | None, kvitterad: datetime | None
) -> tuple[str, ...]:
    return (
        aktor or "",
        namn,
        Kanalslag(rad.kanal).namn,
        LAGEN[lage_av(rad.status, rad.forsok)][0],
        rad.orsak,
        str(rad.forsok),
        _tid(rad.sand),
        _tid(rad.andrad),
        _ANLEDNING[Anledning(rad.anledning)],
        "ja" if rad.upprepad else "nej",
        _tid(last),
        _tid(kvitterad),
    )


def _tid(moment: datetime | None) -> str:
    """'2026-11-22 14:32:10', as shown to people: a spreadsheet sorts it."""
    return "" if moment is None else f"{clock.local(moment):%Y-%m-%d %H:%M:%S}"
