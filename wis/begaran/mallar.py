"""An actor's templates of begäran: read, kept, removed, and what they fill the form of a new one with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.aktorer.models import Aktor
from wis.auth.models import Anvandare
from wis.auth.rules import Sak, Slag, Subjekt
from wis.begaran.mallregler import KORTAST, LANGST, PAMINN_FORE, STANDARD, Mallinnehall
from wis.begaran.models import Begaran, BegaranMall, Synlighet
from wis.datum import MAX_SIFFROR

_MALL = "begaranmall"


class NamnUpptaget(Exception):
    """The actor has another template of that name; nothing was written."""


class Krock(Exception):
    """Somebody else has changed or removed it meanwhile; nothing was written."""


@dataclass(frozen=True)
class Forifyllt:
    """What the form of a new begäran opens with: a template at this moment. `paminnelser` come before `frist`."""

    innehall: Mallinnehall
    frist: datetime
    paminnelser: tuple[datetime, ...]


def aktor_sak(aktor: Aktor) -> Sak:
    """What the right to edit the actor's templates is judged on."""
    return Sak(Slag.AKTOR, aktor.id, agare_namn=aktor.namn)


# --- for the one who asks -------------------------------------------------------------------------------------------


def erbjudna(session: Session, aktor_id: int) -> list[tuple[str, str]]:
    """The templates that somebody who acts for this actor may begin from, as (key, name): its own first."""
    egna = [(str(rad.id), rad.namn) for rad in alla(session, aktor_id)]
    return egna + [(nyckel, mall.namn) for nyckel, mall in STANDARD.items()]


def forifyll(session: Session, who: Subjekt, nyckel: str) -> Forifyllt | None:
    """What the template of this key says, now; None if neither everybody nor the actor has one such."""
    innehall = STANDARD.get(nyckel)
    if innehall is None:
        ett_id = nyckel.isascii() and nyckel.isdigit() and len(nyckel) <= MAX_SIFFROR
        rad = find(session, who.aktor_id, int(nyckel)) if ett_id else None
        innehall = None if rad is None else innehall_av(rad)
    if innehall is None:
        return None
    # A whole minute, as a clock is set by.
    frist = clock.now().replace(second=0, microsecond=0) + timedelta(minutes=innehall.frist_minuter)
    fore = sorted(innehall.paminn_fore, reverse=True)
    return Forifyllt(innehall, frist, tuple(frist - timedelta(minutes=minuter) for minuter in fore))


def av_begaran(begaran: Begaran) -> Mallinnehall:
    """What was asked, as a template to be named."""
    minuter = round((begaran.frist - begaran.skapad).total_seconds() / 60)
    fore = {round((begaran.frist - en.tid).total_seconds() / 60) for en in begaran.paminnelser}
    return Mallinnehall(
        namn="",
        rubrik=begaran.rubrik,
        inledning=begaran.inledning,
        fragor=tuple(begaran.fragor),
        frist_minuter=min(max(minuter, KORTAST), LANGST),
        paminn_fore=tuple(val for val, _ in PAMINN_FORE if val in fore),
        synlighet=Synlighet(begaran.synlighet),
        aktorer=tuple(en.aktor_id for en in begaran.mottagare if en.aktor_id is not None),
    )


# --- for those who edit them ----------------------------------------------------------------------------------------


def alla(session: Session, aktor_id: int) -> Sequence[BegaranMall]:
    """The actor's own templates, by name."""
    return session.scalars(
        select(BegaranMall).where(BegaranMall.aktor_id == aktor_id).order_by(BegaranMall.namn, BegaranMall.id)
    ).all()


def andrare(session: Session, rader: Sequence[BegaranMall]) -> dict[int, str]:
    """Who last changed each of these, by the id of the person."""
    ids = {rad.andrad_av_id for rad in rader}
    found = session.execute(select(Anvandare.id, Anvandare.namn).where(Anvandare.id.in_(ids)))
    return {id_: namn for id_, namn in found}


def find(session: Session, aktor_id: int, mall_id: int) -> BegaranMall | None:
    """The actor's own template with this id, or None."""
    return session.scalar(select(BegaranMall).where(BegaranMall.id == mall_id, BegaranMall.aktor_id == aktor_id))


def innehall_av(rad: BegaranMall) -> Mallinnehall:
    """What it says."""
    return Mallinnehall(
        rad.namn,
        rad.rubrik,
        rad.inledning,
        tuple(rad.fragor),
        rad.frist_minuter,
        tuple(rad.paminn_fore),
        Synlighet(rad.synlighet),
        tuple(rad.aktorer),
        tuple(rad.natverk),
    )


def spara(
    session: Session, who: Subjekt, aktor: Aktor, innehall: Mallinnehall, *, andras: tuple[int, str] | None = None
) -> BegaranMall:
    """Keep it as a new template, or as the one in `andras` (its id, and bas() as the form had it). `aktor` is locked.

    Raises NamnUpptaget, or Krock when that one is no longer as it was.
    """
    rad = None if andras is None else find(session, aktor.id, andras[0])
    if andras is not None and (rad is None or bas(rad) != andras[1]):
        raise Krock
    samma_namn = select(BegaranMall.id).where(BegaranMall.aktor_id == aktor.id, BegaranMall.namn == innehall.namn)
    upptaget = session.scalar(samma_namn)
    if upptaget is not None and (rad is None or upptaget != rad.id):
        raise NamnUpptaget
    if rad is None:
        rad = BegaranMall(aktor_id=aktor.id)
        session.add(rad)
    _fyll(rad, innehall)
    rad.andrad, rad.andrad_av_id = clock.now(), who.anvandare_id
    session.flush()
    _anteckna(session, who, rad, "sparar mall för begäran")
    return rad


def ta_bort(session: Session, who: Subjekt, aktor: Aktor, mall_id: int) -> str | None:
    """Remove it; its name, or None if it is gone already. What has been asked by it stands."""
    rad = find(session, aktor.id, mall_id)
    if rad is None:
        return None
    namn = rad.namn
    session.delete(rad)
    session.flush()
    _anteckna(session, who, rad, "tar bort mall för begäran")
    return namn


def bas(rad: BegaranMall) -> str:
    """What tells one state of it from another."""
    return rad.andrad.isoformat()


def _fyll(rad: BegaranMall, innehall: Mallinnehall) -> None:
    rad.namn, rad.rubrik, rad.inledning = innehall.namn, innehall.rubrik, innehall.inledning
    rad.fragor, rad.frist_minuter = list(innehall.fragor), innehall.frist_minuter
    rad.paminn_fore, rad.synlighet = list(innehall.paminn_fore), innehall.synlighet.value
    rad.aktorer, rad.natverk = list(innehall.aktorer), list(innehall.natverk)


def _anteckna(session: Session, who: Subjekt, rad: BegaranMall, vad: str) -> None:
    audit.record(
        session,
        vad,
        anvandare_id=who.anvandare_id,
        aktor_id=rad.aktor_id,
        objekt=f"{_MALL}:{rad.id}",
        namn=rad.namn,
    )
