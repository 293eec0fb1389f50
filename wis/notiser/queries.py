"""Who is to be told, and the channels and choices that decide it. How it went is in wis.notiser.leveransfragor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, distinct, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from wis.aktorer.models import Aktor
from wis.aktorer.queries import svensk_nyckel
from wis.auth.models import Anvandare, Medlemskap
from wis.auth.queries import galler
from wis.handelser.models import Handelse, Lage
from wis.handelser.queries import far_lasa
from wis.notiser import rules
from wis.notiser.leveransfragor import (
    aldsta_forfallna,
    statusrader,
    utskick_for_handelse,
    utskick_for_lagesbild,
    utskick_for_underrattelse,
)
from wis.notiser.models import (
    Kanal,
    Kanalslag,
    Leverans,
    Notisslag,
    Omfattning,
    Prenumeration,
    Status,
    Tystnad,
    Utskick,
)

__all__ = [
    "Fraga",
    "Mottagare",
    "Mottagaroversikt",
    "aldsta_forfallna",
    "kanaler",
    "laser_nagonstans",
    "mottagare",
    "mottagaroversikt",
    "oppna_handelser_for",
    "prenumerationer",
    "statusrader",
    "tystnad",
    "utskick_for_handelse",
    "utskick_for_lagesbild",
    "utskick_for_underrattelse",
]


@dataclass(frozen=True)
class Fraga:
    """What is told of. `rattar`: (underrättelse id, version) when a correction is to reach the same people."""

    handelse_id: int
    ovning: bool
    slag: str
    rattar: tuple[int, int] | None = None


@dataclass(frozen=True)
class Mottagare:
    """One who is to be told. `aktor_id`: the first actor by which they read; `kanaler`: those chosen and verified."""

    anvandare_id: int
    aktor_id: int
    kanaler: tuple[Kanalslag, ...]
    tystnad: tuple[str, str] | None


@dataclass(frozen=True)
class Mottagaroversikt:
    """How many would be told: people, actors, messages per channel, and (name, actor) of who has no channel."""

    personer: int
    aktorer: int
    sms: int
    epost: int
    utan_kanal: tuple[tuple[str, str], ...]

    @property
    def mening(self) -> str:
        """'Detta går till 34 personer hos 6 aktörer: SMS 12, e-post 34.'"""
        return rules.mottagarmening(self.personer, self.aktorer, self.sms, self.epost)


def laser_nagonstans(anvandare_id: Any, handelse_id: Any, now: datetime) -> ColumnElement[bool]:
    """SQL: the person has a membership in force that reads, at an actor that may read the event."""
    finns = exists().where(
        Medlemskap.anvandare_id == anvandare_id,
        Medlemskap.roll.is_not(None),
        Anvandare.id == Medlemskap.anvandare_id,
        galler(now),
        Handelse.id == handelse_id,
        far_lasa(Medlemskap.aktor_id),
    )
    return finns.correlate_except(Medlemskap, Anvandare, Handelse)


def mottagare(
    session: Session, fraga: Fraga, now: datetime, *, efter: int = 0, antal: int | None = None
) -> list[Mottagare]:
    """Those to be told who have a channel or not, by rising person id from above `efter`; at most `antal`."""
    sats, kolumner = _mottagarsats(fraga, now)
    rows = session.execute(
        sats.add_columns(Anvandare.id, Medlemskap.aktor_id, kolumner.sms, kolumner.epost, Tystnad.fran, Tystnad.till)
        .outerjoin(Tystnad, Tystnad.anvandare_id == Anvandare.id)
        .where(Anvandare.id > efter)
        .order_by(Anvandare.id)
        .limit(antal)
    )
    return [
        Mottagare(
            person,
            aktor,
            tuple(slag for slag, nas in ((Kanalslag.SMS, sms), (Kanalslag.EPOST, epost)) if nas),
            None if fran is None else (fran, till),
        )
        for person, aktor, sms, epost, fran, till in rows
    ]


def mottagaroversikt(
    session: Session, handelse: Handelse, slag: Notisslag, now: datetime, rattar: int | None = None
) -> Mottagaroversikt:
    """Who would be told now of something of this kind in the event; `rattar` is the underrättelse that is corrected."""
    fraga = Fraga(handelse.id, handelse.ovning, slag, None if rattar is None else (rattar, _OANDLIG))
    sats, kolumner = _mottagarsats(fraga, now)
    nadd = or_(kolumner.sms, kolumner.epost)
    antal = session.execute(
        sats.add_columns(
            func.count(case((nadd, 1))),
            func.count(distinct(case((nadd, Medlemskap.aktor_id)))),
            func.count(case((kolumner.sms, 1))),
            func.count(case((kolumner.epost, 1))),
        )
    ).one()
    utan = session.execute(
        sats.add_columns(Anvandare.namn, Aktor.kortnamn).join(Aktor, Aktor.id == Medlemskap.aktor_id).where(~nadd)
    )
    namn = sorted(((person, aktor) for person, aktor in utan), key=lambda rad: [svensk_nyckel(del_) for del_ in rad])
    personer, aktorer, antal_sms, antal_epost = antal
    return Mottagaroversikt(personer, aktorer, antal_sms, antal_epost, tuple(namn))


_OANDLIG = 2**31 - 1


@dataclass(frozen=True)
class _Kolumner:
    """SQL: whether the person is to be reached, and can be, by each channel."""

    sms: ColumnElement[bool]
    epost: ColumnElement[bool]


def _mottagarsats(fraga: Fraga, now: datetime) -> tuple[Select[Any], _Kolumner]:
    """A SELECT without columns: one row per person who may read and chose to be told, with the membership for it."""
    laser = _forsta_medlemskap(fraga.handelse_id, now)
    egen, allman = aliased(Prenumeration), aliased(Prenumeration)
    sms_kanal, epost_kanal = aliased(Kanal), aliased(Kanal)
    omfattning = Omfattning.OVNINGAR if fraga.ovning else Omfattning.ALLA
    # A choice for the event goes before the general one, also when it says nothing.
    vill_sms = or_(func.coalesce(egen.sms, allman.sms, false()), _fick_tidigare(fraga, Kanalslag.SMS))
    vill_epost = or_(func.coalesce(egen.epost, allman.epost, false()), _fick_tidigare(fraga, Kanalslag.EPOST))
    sats = (
        select()
        .select_from(Anvandare)
        .join(laser, laser.c.anvandare_id == Anvandare.id)
        .join(Medlemskap, Medlemskap.id == laser.c.medlemskap_id)
        .outerjoin(
            egen,
            and_(egen.anvandare_id == Anvandare.id, egen.slag == fraga.slag, egen.handelse_id == fraga.handelse_id),
        )
        .outerjoin(
            allman,
            and_(allman.anvandare_id == Anvandare.id, allman.slag == fraga.slag, allman.omfattning == omfattning),
        )
        .outerjoin(sms_kanal, _verifierad(sms_kanal, Kanalslag.SMS))
        .outerjoin(epost_kanal, _verifierad(epost_kanal, Kanalslag.EPOST))
        .where(or_(vill_sms, vill_epost))
    )
    return sats, _Kolumner(and_(vill_sms, sms_kanal.id.is_not(None)), and_(vill_epost, epost_kanal.id.is_not(None)))


def _forsta_medlemskap(handelse_id: int, now: datetime) -> Any:
    """Who may read the event, each once, by the first membership that gives it."""
    return (
        select(Medlemskap.anvandare_id, func.min(Medlemskap.id).label("medlemskap_id"))
        .join(Anvandare, Anvandare.id == Medlemskap.anvandare_id)
        .join(Handelse, Handelse.id == handelse_id)
        .where(Medlemskap.roll.is_not(None), galler(now), far_lasa(Medlemskap.aktor_id))
        .group_by(Medlemskap.anvandare_id)
        .subquery()
    )


def _verifierad(kanal: type[Kanal], slag: Kanalslag) -> ColumnElement[bool]:
    return and_(kanal.anvandare_id == Anvandare.id, kanal.slag == slag, kanal.verifierad.is_not(None))


def _fick_tidigare(fraga: Fraga, kanal: Kanalslag) -> ColumnElement[bool]:
    """SQL: an earlier version of what is corrected reached the person, or is on its way, by this channel."""
    if fraga.rattar is None:
        return false()
    underrattelse_id, nummer = fraga.rattar
    return exists().where(
        Leverans.anvandare_id == Anvandare.id,
        Leverans.kanal == kanal,
        Leverans.status.in_((Status.VANTAR, Status.SANDER, Status.LEVERERAD)),
        Leverans.utskick_id == Utskick.id,
        Utskick.underrattelse_id == underrattelse_id,
        Utskick.underrattelse_nummer < nummer,
    )


# --- what a person has chosen ------------------------------------------------------------------------------------


def kanaler(session: Session, anvandare_id: int) -> dict[Kanalslag, Kanal]:
    """The person's channels by kind, verified or not."""
    found = session.scalars(select(Kanal).where(Kanal.anvandare_id == anvandare_id))
    return {Kanalslag(kanal.slag): kanal for kanal in found}


def prenumerationer(session: Session, anvandare_id: int) -> Sequence[Prenumeration]:
    """Every choice that the person has made."""
    return session.scalars(select(Prenumeration).where(Prenumeration.anvandare_id == anvandare_id)).all()


def tystnad(session: Session, anvandare_id: int) -> Tystnad | None:
    """The person's quiet hours, if any."""
    return session.get(Tystnad, anvandare_id)


def oppna_handelser_for(session: Session, anvandare_id: int, now: datetime) -> Sequence[Handelse]:
    """The open events that the person may read by any membership: aktiverat läge first, the standing one last."""
    return session.scalars(
        select(Handelse)
        .where(Handelse.stangd.is_(None), Handelse.id.in_(_lasbara(anvandare_id, now)))
        .order_by(Handelse.staende, Handelse.lage != Lage.AKTIVERAT, Handelse.ovning, Handelse.skapad.desc())
    ).all()


def _lasbara(anvandare_id: int, now: datetime) -> Select[int]:
    return (
        select(Handelse.id)
        .join(Medlemskap, Medlemskap.anvandare_id == anvandare_id)
        .join(Anvandare, Anvandare.id == Medlemskap.anvandare_id)
        .where(Medlemskap.roll.is_not(None), galler(now), far_lasa(Medlemskap.aktor_id))
    )
