"""Who is to be told, and the channels and choices that decide it. How it went is in wis.notiser.leveransfragor."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    column,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    table,
)
from sqlalchemy.orm import Session, aliased

from wis.aktorer.models import Aktor
from wis.aktorer.queries import svensk_nyckel
from wis.auth.krets import Tlp
from wis.auth.models import Anvandare, Anvandarslag, Medlemskap
from wis.auth.rules import Subjekt
from wis.db import UtcDateTime
from wis.handelser.lasratt import Innehall, lasbar_for, medlem_laser, medlem_laser_handelsen
from wis.handelser.models import Handelse, Lage
from wis.notiser import rules
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
from wis.notiser.mottagare import Fordelning, fordela

_OANDLIG = 2**31 - 1

# Publications lie above this package, which knows their tables by name alone, as its foreign keys do.
LAGESBILD = table(
    "lagesbild", column("id"), column("handelse_id"), column("aktor_id"), column("senaste"), column("krets_id")
)


@dataclass(frozen=True)
class Lasning:
    """What the right to read a thing is judged by: when it is published, by whom (None: the samlade), label and circle.

    `lasare`: actors chosen in a form that is not saved yet; they, and the owner, stand for the circle.
    """

    publicerad: datetime
    agare_id: int | None = None
    tlp: str = Tlp.CLEAR
    krets_id: int | None = None
    lasare: frozenset[int] | None = None


@dataclass(frozen=True)
class Fraga:
    """What is told of. `rattar`: (underrättelse id, version) when a correction is to reach the same people."""

    handelse_id: int
    ovning: bool
    slag: str
    lasning: Lasning
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
    """How many would be told: people, actors, messages per channel, and (name, actor) of who has no channel.

    `funktioner` of the people are functions; `fordelning` is how the people are spread over the actors. `bevakare`: at
    most so many more, by what they watch.
    """

    personer: int
    aktorer: int
    sms: int
    epost: int
    utan_kanal: tuple[tuple[str, str], ...]
    funktioner: int = 0
    fordelning: Fordelning = field(default_factory=Fordelning)
    bevakare: int = 0
    push: int = 0

    @property
    def mening(self) -> str:
        """'Detta går till 34 personer hos 6 aktörer: SMS 12, e-post 34.'"""
        return rules.mottagarmening(self.personer, self.aktorer, self.sms, self.epost, self.funktioner, self.push)


def lasning_av(session: Session, utskick: Utskick) -> Lasning:
    """What the right to read what the dispatch tells of is judged by."""
    agare_id = utskick.aktor_id
    if utskick.lagesbild_id is not None:
        agare_id = session.scalar(select(LAGESBILD.c.aktor_id).where(LAGESBILD.c.id == utskick.lagesbild_id))
    return Lasning(utskick.skapad, agare_id, utskick.tlp, utskick.krets_id)


def utskickets_innehall() -> Innehall:
    """As lasning_av() in SQL. Needs Utskick, outer joined with LAGESBILD."""
    agare = case((Utskick.lagesbild_id.is_(None), Utskick.aktor_id), else_=LAGESBILD.c.aktor_id)
    return Innehall(Utskick.skapad, agare, Utskick.tlp, Utskick.krets_id)


def lagesbildens_slug(session: Session, lagesbild_id: int) -> str:
    """The last part of the lägesbild's address: the actor's slug, or 'samlad'."""
    agare = select(Aktor.slug).join(LAGESBILD, LAGESBILD.c.aktor_id == Aktor.id)
    return session.scalar(agare.where(LAGESBILD.c.id == lagesbild_id)) or "samlad"


def lasande_leveranser(session: Session, ids: Collection[int], now: datetime) -> set[int]:
    """Those of these deliveries whose recipient reads at `now` what is told of. Not for those of the system."""
    return set(session.scalars(_lasande_leveranser(), {"leveranser": list(ids), "nu": now}))


@cache
def _lasande_leveranser() -> Select[int]:
    # Built once: a batch is claimed hundreds of times a second, and to put this together takes longer than to run it.
    nu: Any = bindparam("nu", type_=UtcDateTime())
    # All in one FROM: within an EXISTS the conditions would not be tied to the dispatch.
    return (
        select(Leverans.id)
        .distinct()
        .join(Utskick, Utskick.id == Leverans.utskick_id)
        .join(Handelse, Handelse.id == Utskick.handelse_id)
        .join(Medlemskap, Medlemskap.anvandare_id == Leverans.anvandare_id)
        .join(Anvandare, Anvandare.id == Medlemskap.anvandare_id)
        .outerjoin(LAGESBILD, LAGESBILD.c.id == Utskick.lagesbild_id)
        .where(Leverans.id.in_(bindparam("leveranser", expanding=True)), medlem_laser(utskickets_innehall(), nu))
    )


def lasta_utskick(session: Session, who: Subjekt, ids: Collection[int]) -> set[int]:
    """Those of these dispatches that tell of what the subject may read."""
    found = session.scalars(
        select(Utskick.id)
        .join(Handelse, Handelse.id == Utskick.handelse_id)
        .outerjoin(LAGESBILD, LAGESBILD.c.id == Utskick.lagesbild_id)
        .where(Utskick.id.in_(list(ids)), lasbar_for(who, utskickets_innehall()))
    )
    return set(found)


def antal_nadda(session: Session, utskick: Utskick) -> int:
    """How many would be told of it now. Raises ValueError for a message of the system."""
    if utskick.handelse is None:
        raise ValueError(utskick.id)
    rattar = utskick.underrattelse_id if (utskick.underrattelse_nummer or 0) > 1 else None
    return oversikt(session, utskick.handelse, Notisslag(utskick.slag), lasning_av(session, utskick), rattar).personer


def mottagare(
    session: Session, fraga: Fraga, now: datetime, *, efter: int = 0, till: int | None = None
) -> list[Mottagare]:
    """Those to be told who have a channel or not, by rising person id: those above `efter`, up to and with `till`."""
    varden = {"nu": now, "efter": efter, "till": _OANDLIG if till is None else till}
    rows = session.execute(_mottagare(fraga), varden)
    return [
        Mottagare(
            person,
            aktor,
            tuple(slag for slag, nas in zip(Kanalslag, (sms, epost, push), strict=True) if nas),
            None if fran is None else (fran, till),
        )
        for person, aktor, sms, epost, push, fran, till in rows
    ]


@lru_cache(maxsize=8)
def _mottagare(fraga: Fraga) -> Select[Any]:
    # Built once for all the steps of a dispatch: to put it together takes as long as to run it.
    nu: Any = bindparam("nu", type_=UtcDateTime())
    bland: Any = bindparam("efter", type_=Integer()), bindparam("till", type_=Integer())
    sats, kolumner = _mottagarsats(fraga, nu, bland)
    vilka = kolumner.sms, kolumner.epost, kolumner.push
    return (
        sats.add_columns(Anvandare.id, Medlemskap.aktor_id, *vilka, Tystnad.fran, Tystnad.till)
        .outerjoin(Tystnad, Tystnad.anvandare_id == Anvandare.id)
        .order_by(Anvandare.id)
    )


def mottagaroversikt(
    session: Session,
    handelse: Handelse,
    slag: Notisslag,
    now: datetime,
    rattar: int | None = None,
    *,
    agare_id: int | None = None,
    tlp: str = Tlp.CLEAR,
    krets_id: int | None = None,
    lasare: frozenset[int] | None = None,
) -> Mottagaroversikt:
    """Who would be told now of something of this kind in the event; `rattar` is the underrättelse that is corrected.

    `agare_id`, `tlp`, `krets_id` and `lasare` are as in Lasning: of what is about to be published.
    """
    return oversikt(session, handelse, slag, Lasning(now, agare_id, tlp, krets_id, lasare), rattar)


def oversikt(
    session: Session, handelse: Handelse, slag: Notisslag, lasning: Lasning, rattar: int | None = None
) -> Mottagaroversikt:
    """As mottagaroversikt(), at the moment that `lasning` is of."""
    now = lasning.publicerad
    fraga = Fraga(handelse.id, handelse.ovning, slag, lasning, None if rattar is None else (rattar, _OANDLIG))
    sats, kolumner = _mottagarsats(fraga, now)
    nadd = or_(kolumner.sms, kolumner.epost, kolumner.push)
    raknas = kolumner.sms, kolumner.epost, kolumner.push, Anvandare.slag == Anvandarslag.FUNKTION
    antal = (func.count(case((villkor, 1))) for villkor in raknas)
    rader = session.execute(
        sats.add_columns(Aktor.id, Aktor.kortnamn, Tystnad.fran, Tystnad.till, func.count(), *antal)
        .join(Aktor, Aktor.id == Medlemskap.aktor_id)
        .outerjoin(Tystnad, Tystnad.anvandare_id == Anvandare.id)
        .where(nadd)
        .group_by(Aktor.id, Aktor.kortnamn, Tystnad.fran, Tystnad.till)
    )
    nas = fordela(tuple(rad) for rad in rader)
    utan = session.execute(
        sats.add_columns(Anvandare.namn, Aktor.kortnamn).join(Aktor, Aktor.id == Medlemskap.aktor_id).where(~nadd)
    )
    namn = sorted(((person, aktor) for person, aktor in utan), key=lambda rad: [svensk_nyckel(del_) for del_ in rad])
    alla = nas.summa
    return Mottagaroversikt(
        alla.personer, len(nas.aktorer), alla.sms, alla.epost, tuple(namn), alla.funktioner, nas, push=alla.push
    )


@dataclass(frozen=True)
class _Kolumner:
    """SQL: whether the person is to be reached, and can be, by each channel."""

    sms: ColumnElement[bool]
    epost: ColumnElement[bool]
    push: ColumnElement[bool]


def _mottagarsats(fraga: Fraga, now: datetime, bland: tuple[int, int] = (0, _OANDLIG)) -> tuple[Select[Any], _Kolumner]:
    """A SELECT without columns: one row per person who may read and chose to be told, with the membership for it.

    Of those whose id is above the first of `bland` and at most the second.
    """
    laser = _forsta_medlemskap(fraga, now, bland)
    egen, allman = aliased(Prenumeration), aliased(Prenumeration)
    kanaler = {slag: aliased(Kanal) for slag in Kanalslag}
    omfattning = Omfattning.OVNINGAR if fraga.ovning else Omfattning.ALLA
    vill = _vill(fraga, egen, allman)
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
        .where(or_(*vill.values()), *_inom(Anvandare.id, bland))
    )
    for slag, kanal in kanaler.items():
        sats = sats.outerjoin(kanal, _verifierad(kanal, slag))
    return sats, _Kolumner(*(and_(vill[slag], kanal.id.is_not(None)) for slag, kanal in kanaler.items()))


def _vill(fraga: Fraga, egen: type[Prenumeration], allman: type[Prenumeration]) -> dict[Kanalslag, ColumnElement[bool]]:
    # A choice for the event goes before the general one, also when it says nothing.
    valda = (egen.sms, allman.sms), (egen.epost, allman.epost), (egen.push, allman.push)
    return {
        slag: or_(func.coalesce(*val, false()), _fick_tidigare(fraga, slag))
        for slag, val in zip(Kanalslag, valda, strict=True)
    }


def _forsta_medlemskap(fraga: Fraga, now: datetime, bland: tuple[int, int]) -> Any:
    """Who may read what is told of, each once, by the first membership that gives it; those `bland` these ids."""
    return (
        select(Medlemskap.anvandare_id, func.min(Medlemskap.id).label("medlemskap_id"))
        .join(Anvandare, Anvandare.id == Medlemskap.anvandare_id)
        .join(Handelse, Handelse.id == fraga.handelse_id)
        # Said in here too: else each step of an expansion would go through everybody.
        .where(laser(fraga.lasning, now), *_inom(Medlemskap.anvandare_id, bland))
        .group_by(Medlemskap.anvandare_id)
        .subquery()
    )


def _inom(id_: Any, bland: tuple[int, int]) -> tuple[ColumnElement[bool], ...]:
    return id_ > bland[0], id_ <= bland[1]


def laser(lasning: Lasning, now: datetime) -> ColumnElement[bool]:
    """SQL: the Medlemskap reads what is judged so, in Handelse."""
    tlp, valda = lasning.tlp, lasning.lasare
    if valda is not None and tlp == Tlp.RED:
        # Chosen by name they are; what else RED asks for (no guests) the label below it asks for too.
        tlp = Tlp.AMBER_STRICT
    utan_krets = valda is not None or lasning.krets_id is None
    innehall = Innehall(
        publicerad=literal(lasning.publicerad, UtcDateTime()),
        agare_id=literal(lasning.agare_id, Integer()),
        tlp=literal(str(tlp)),
        krets_id=None if utan_krets else literal(lasning.krets_id, Integer()),
    )
    laser = medlem_laser(innehall, now)
    if valda is None:
        return laser
    return and_(laser, Medlemskap.aktor_id.in_(valda | ({lasning.agare_id} - {None})))


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
        Leverans.status.not_in((Status.MISSLYCKAD, Status.STRUKEN)),
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
        .where(medlem_laser_handelsen(now))
    )
