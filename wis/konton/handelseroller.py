"""Roles in one event, in place of a person's standard role, within the caller's transaction."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from wis import clock
from wis.aktorer.models import Aktor
from wis.auth.models import Handelseroll, Medlemskap
from wis.auth.rules import Roll, Subjekt
from wis.auth.service import rattighet_andrad
from wis.datum import sista_dag
from wis.handelser.models import Handelse
from wis.handelser.queries import find_handelse
from wis.konton import genomgangar
from wis.konton.models import Omdomesslag
from wis.konton.queries import behorighet_av
from wis.konton.rules import (
    DATUM_HAR_VARIT,
    EGEN_BEHORIGHET,
    GAST_ANDRAS_INTE,
    Hinder,
    provad_motivering,
)
from wis.konton.service import Handling, hamta, i_ord, las_aktor, logga

INGEN_SADAN = (
    "Ingen händelse med den adressen går att välja: antingen finns den inte, eller så har er aktör inte läsrätt till "
    "den. Kontrollera adressen."
)
INGEN_ROLL_HAR = "ingen roll i händelsen"
FLEST_ROLLER = 100
"""So many roles of one person are shown."""


@dataclass(frozen=True)
class Onskad:
    """Which role in which event, until when, and why. `roll` None = none there."""

    handelse_id: int
    roll: Roll | None
    giltig_till: datetime | None
    motivering: str


def slug_i(text: str) -> str:
    """The event's part of what was typed or pasted: 'snoovader' of 'https://wis.example/handelser/snoovader#a'."""
    found = re.search(r"/handelser/([^/?#\s]+)", text)
    return found[1] if found else text.strip().strip("/").lower()


def find_valbar(session: Session, aktor: Aktor, text: str) -> Handelse | None:
    """The event at this address, if the actor reads it. None alike for what is not there and what it may not know."""
    handelse = find_handelse(session, slug_i(text))
    return handelse if handelse is not None and _laser(aktor, handelse) else None


def roller(session: Session, medlemskap_id: int) -> list[tuple[Handelseroll, Handelse]]:
    """The person's latest roles in events, also those that are over, the last given first, FLEST_ROLLER at most.

    Judge each event before its title is shown.
    """
    rows = session.execute(
        select(Handelseroll, Handelse)
        .join(Handelse, Handelse.id == Handelseroll.handelse_id)
        .options(joinedload(Handelse.agare), selectinload(Handelse.lasare))
        .where(Handelseroll.medlemskap_id == medlemskap_id)
        .order_by(Handelseroll.skapad.desc(), Handelseroll.id.desc())
        .limit(FLEST_ROLLER)
    )
    return [(roll, handelse) for roll, handelse in rows]


def satt(session: Session, who: Subjekt, aktor_id: int, medlemskap_id: int, onskad: Onskad) -> None:
    """Give the person this role in the event, in place of any before. Raises Hinder, Otillatet or LookupError."""
    aktor = las_aktor(session, who, aktor_id)
    medlemskap = _provad(session, who, aktor_id, medlemskap_id)
    handelse = session.get(Handelse, onskad.handelse_id)
    if handelse is None or not _laser(aktor, handelse):
        raise Hinder(INGEN_SADAN)
    if onskad.giltig_till is not None and onskad.giltig_till <= clock.now():
        raise Hinder(DATUM_HAR_VARIT)
    motivering = provad_motivering(onskad.motivering)
    rad = session.scalar(
        select(Handelseroll).where(Handelseroll.medlemskap_id == medlemskap_id, Handelseroll.handelse_id == handelse.id)
    )
    fore = _i_ord(rad.roll, rad.giltig_till) if rad else "som standardrollen"
    if rad is None:
        rad = Handelseroll(medlemskap_id=medlemskap_id, handelse_id=handelse.id)
        session.add(rad)
    rad.roll, rad.giltig_till, rad.motivering = onskad.roll, onskad.giltig_till, motivering
    rad.skapad, rad.skapad_av_id = clock.now(), who.anvandare_id
    rattighet_andrad(session, medlemskap.anvandare)
    efter = _i_ord(onskad.roll, onskad.giltig_till)
    _anteckna(session, who, medlemskap, f"{efter} i händelse nr {handelse.id}")
    given = {"handelse_id": handelse.id, "fore": fore, "efter": efter, "motivering": motivering}
    logga(session, who, aktor_id, Handling("händelseroll satt", medlemskap.anvandare.adress, given))


def ta_bort(session: Session, who: Subjekt, aktor_id: int, medlemskap_id: int, roll_id: int, motivering: str) -> None:
    """Let the standard role hold in the event again. Raises Hinder, Otillatet or LookupError."""
    las_aktor(session, who, aktor_id)
    medlemskap = _provad(session, who, aktor_id, medlemskap_id)
    rad = session.scalar(
        select(Handelseroll).where(Handelseroll.id == roll_id, Handelseroll.medlemskap_id == medlemskap_id)
    )
    if rad is None:
        raise Hinder("Rollen är redan borttagen.")
    fore = _i_ord(rad.roll, rad.giltig_till)
    given = {"handelse_id": rad.handelse_id, "fore": fore, "efter": "som standardrollen"}
    given["motivering"] = provad_motivering(motivering)
    session.delete(rad)
    rattighet_andrad(session, medlemskap.anvandare)
    _anteckna(session, who, medlemskap, f"standardrollen i händelse nr {rad.handelse_id}")
    logga(session, who, aktor_id, Handling("händelseroll borttagen", medlemskap.anvandare.adress, given))


def _anteckna(session: Session, who: Subjekt, medlemskap: Medlemskap, roll: str) -> None:
    """Note it in the review that is going on, like every other change; the event by its number alone."""
    text = f"{i_ord(behorighet_av(medlemskap))}; {roll}"
    genomgangar.anteckna(session, who.anvandare_id, medlemskap, Omdomesslag.ANDRAD, text)


def _provad(session: Session, who: Subjekt, aktor_id: int, medlemskap_id: int) -> Medlemskap:
    medlemskap = hamta(session, aktor_id, medlemskap_id)
    if medlemskap.anvandare_id == who.anvandare_id:
        raise Hinder(EGEN_BEHORIGHET)
    if medlemskap.gast_handelse_id is not None:
        raise Hinder(GAST_ANDRAS_INTE)
    return medlemskap


def _laser(aktor: Aktor, handelse: Handelse) -> bool:
    return handelse.krets().rymmer(aktor.id, aktor.ansluten, None)


def _i_ord(roll: str | None, giltig_till: datetime | None) -> str:
    namn = INGEN_ROLL_HAR if roll is None else Roll(roll).namn
    return namn if giltig_till is None else f"{namn}, till och med {sista_dag(giltig_till)}"
