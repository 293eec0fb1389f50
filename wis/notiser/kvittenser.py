"""Kvittenser: who has seen what was sent, and who has said so. Of a function it is enough that one for it has.

A person answers for themselves when it was sent to them, for the functions that they are on duty as, and for a function
whose turn of being told has come to them (Anledning.NASTA_PERSON).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased, contains_eager, defer

from wis import clock, efterat
from wis.aktorer.models import Aktor
from wis.andringar import Andring, anmal
from wis.auth.models import Anvandare, Anvandarslag, Funktion, Medlemskap, Tjanstgoring
from wis.auth.queries import galler
from wis.auth.rules import Subjekt
from wis.db import Database
from wis.handelser.lasratt import lasbar_for
from wis.handelser.models import Handelse
from wis.notiser.models import Kvittens, Leverans, Status, Utskick, Utskicksslag
from wis.notiser.queries import LAGESBILD, utskickets_innehall
from wis.notiser.service import andring_av

ATT_KVITTERA_INOM = timedelta(days=7)
"""So old may something be and still be asked about on the start page."""
MAX_ATT_KVITTERA = 10
_MAX_SVAR = 50
UTAN_TEXTER = (defer(Utskick.sms), defer(Utskick.epost))
# Whose answer a delivery waits for: the function's, when a person got it in its place.
SVARAR = func.coalesce(Leverans.for_funktion_id, Leverans.anvandare_id)


@dataclass(frozen=True)
class Svar:
    """One that a reader answers for, a function if `funktion` is its name; when it was seen, and when answered."""

    anvandare_id: int
    aktor_id: int
    funktion: str
    last: datetime | None
    kvitterad: datetime | None


# --- for one who reads ---------------------------------------------------------------------------------------------


def ersatt() -> ColumnElement[bool]:
    """SQL: a newer version of what the Utskick tells of has been sent, and not been taken back."""
    ny = aliased(Utskick)
    bild = and_(ny.lagesbild_id == Utskick.lagesbild_id, ny.lagesbild_nummer > Utskick.lagesbild_nummer)
    sak = and_(ny.underrattelse_id == Utskick.underrattelse_id, ny.underrattelse_nummer > Utskick.underrattelse_nummer)
    return or_(*(exists().where(ett, ny.angrad.is_(None)).correlate_except(ny) for ett in (bild, sak)))


@dataclass(frozen=True)
class Sant:
    """A dispatch that went to those whom a reader answers for, never none."""

    utskick_id: int
    bradskande: bool
    svar: list[Svar]


def senast_sant(
    session: Session,
    anvandare_id: int,
    now: datetime,
    *,
    lagesbild: tuple[int, int] | None = None,
    underrattelse_id: int | None = None,
    beslut_id: int | None = None,
) -> Sant | None:
    """What is answered by the person's reading this: the newest of the thing that went to them; None if nothing did.

    `lagesbild` is (id, version): the newest up to that version, for who reads a later one need not see the earlier.
    The right to read is not judged here. One question to the database.
    """
    villkor: tuple[ColumnElement[bool], ...] = (Utskick.beslut_id == beslut_id,)
    if lagesbild is not None:
        villkor = (Utskick.lagesbild_id == lagesbild[0], Utskick.lagesbild_nummer <= lagesbild[1])
    elif underrattelse_id is not None:
        villkor = (Utskick.underrattelse_id == underrattelse_id,)
    rows = session.execute(
        _svar(anvandare_id, now)
        .add_columns(Utskick.id, Utskick.bradskande)
        .join(Utskick, Utskick.id == Leverans.utskick_id)
        .where(*villkor, Utskick.angrad.is_(None))
        .order_by(Utskick.id.desc())
        .limit(_MAX_SVAR)
    ).all()
    if not rows:
        return None
    nyast = [rad for rad in rows if rad.id == rows[0].id]
    return Sant(rows[0].id, rows[0].bradskande, _som_svar(rad[:6] for rad in nyast))


def ar_ersatt(session: Session, utskick_id: int) -> bool:
    """Whether a newer version of what it tells of has been sent: then nobody need answer this one."""
    return session.scalar(select(exists().where(Utskick.id == utskick_id, ersatt()))) or False


def svar_av(session: Session, anvandare_id: int, utskick_id: int, now: datetime) -> list[Svar]:
    """Those that the person answers for among the recipients of the dispatch; themselves first. Empty: nothing to say.

    The right to read is not judged here.
    """
    return _som_svar(session.execute(_svar(anvandare_id, now).where(Leverans.utskick_id == utskick_id)))


def _svar(anvandare_id: int, now: datetime) -> Select[Any]:
    sats: Any = (
        select(SVARAR, Leverans.aktor_id, Anvandare.slag, Anvandare.namn, Kvittens.last, Kvittens.kvitterad)
        .distinct()
        .select_from(Leverans)
        .join(Anvandare, Anvandare.id == SVARAR)
        .outerjoin(Kvittens, and_(Kvittens.utskick_id == Leverans.utskick_id, Kvittens.anvandare_id == SVARAR))
        .where(_ens(anvandare_id, now), Leverans.aktor_id.is_not(None))
    )
    return cast("Select[Any]", sats)


def _som_svar(rader: Iterable[Any]) -> list[Svar]:
    """The rows of _svar(), one of each; one's own first."""
    alla = {
        vem: Svar(vem, aktor, namn if slag == Anvandarslag.FUNKTION else "", last, kvitterad)
        for vem, aktor, slag, namn, last, kvitterad in rader
    }
    return sorted(alla.values(), key=lambda svar: (svar.funktion, svar.anvandare_id))


def _ens(anvandare_id: int, now: datetime) -> ColumnElement[bool]:
    """SQL: the delivery is the person's own, or a function's that they are on duty as."""
    return or_(Leverans.anvandare_id == anvandare_id, Leverans.anvandare_id.in_(_i_tjanst_som(anvandare_id, now)))


def _i_tjanst_som(anvandare_id: int, now: datetime) -> Select[int]:
    return (
        select(Funktion.anvandare_id)
        .join(Tjanstgoring, Tjanstgoring.funktion_id == Funktion.id)
        .join(Medlemskap, Medlemskap.id == Tjanstgoring.medlemskap_id)
        .join(Anvandare, Anvandare.id == Medlemskap.anvandare_id)
        .where(Medlemskap.anvandare_id == anvandare_id, pagar(now))
        .correlate(None)
    )


def pagar(now: datetime) -> ColumnElement[bool]:
    """SQL: the turn of duty goes on. Needs Tjanstgoring, its Funktion, its Medlemskap and the Anvandare of that."""
    return and_(Tjanstgoring.avslutad.is_(None), Tjanstgoring.till > now, Funktion.nedlagd.is_(None), galler(now))


def att_kvittera(session: Session, who: Subjekt, now: datetime) -> Sequence[Utskick]:
    """The brådskande in open events that the subject reads and that nobody has answered for them, newest first.

    At most MAX_ATT_KVITTERA, without the texts, each with its event and actor.
    """
    besvarad = exists().where(
        Kvittens.utskick_id == Leverans.utskick_id, Kvittens.anvandare_id == SVARAR, Kvittens.kvitterad.is_not(None)
    )
    mina = select(Leverans.utskick_id).where(_ens(who.anvandare_id, now), ~besvarad.correlate(Leverans))
    return session.scalars(
        select(Utskick)
        .join(Utskick.handelse)
        .join(Utskick.aktor)
        .outerjoin(LAGESBILD, LAGESBILD.c.id == Utskick.lagesbild_id)
        .options(*UTAN_TEXTER, contains_eager(Utskick.handelse), contains_eager(Utskick.aktor))
        .where(
            Utskick.id.in_(mina.correlate(None)),
            Utskick.bradskande,
            Utskick.slag != Utskicksslag.SYSTEM,
            Utskick.skapad > now - ATT_KVITTERA_INOM,
            Utskick.angrad.is_(None),
            Handelse.stangd.is_(None),
            ~ersatt(),
            lasbar_for(who, utskickets_innehall(), now),
        )
        .order_by(Utskick.id.desc())
        .limit(MAX_ATT_KVITTERA)
    ).all()


# --- what is written -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Last:
    utskick_id: int
    svar: tuple[Svar, ...]
    genom_id: int
    nar: datetime


def markera_last(database: Database, utskick_id: int, svar: Iterable[Svar], genom_id: int) -> None:
    """Have it written down that these have seen it now, through the person `genom_id`. See wis.efterat."""
    olasta = tuple(ett for ett in svar if ett.last is None)
    if olasta:
        efterat.lagg(database, _LAST, _Last(utskick_id, olasta, genom_id, clock.now()))


def _skriv_lasta(session: Session, lasta: Sequence[_Last]) -> None:
    kanda = _utskicken(session, {ett.utskick_id for ett in lasta})
    rader = [
        _rad(last.utskick_id, ett, last.genom_id, last.nar)
        for last in lasta
        for ett in last.svar
        if last.utskick_id in kanda
    ]
    # Two pages of the same person at once, or two people for one function: the first that said so stands.
    rader.sort(key=itemgetter("utskick_id", "anvandare_id", "last"))
    if rader:
        sats: Any = insert_for(session)(Kvittens)
        # Whoever answered at once is written already, and saw it before that.
        sats = sats.on_conflict_do_update(
            index_elements=["utskick_id", "anvandare_id"],
            set_={"last": sats.excluded.last},
            where=Kvittens.last > sats.excluded.last,
        )
        session.execute(sats, rader)
    for andring in kanda.values():
        anmal(session, andring)


def kvittera(session: Session, anvandare_id: int, utskick_id: int) -> list[Svar]:
    """Answer for all that the person answers for; returns them as they were. Empty: it was not sent to them.

    Again changes nothing: the first answer stands. The right to read is the caller's to judge.
    """
    now = clock.now()
    svar = svar_av(session, anvandare_id, utskick_id, now)
    obesvarade = sorted((ett for ett in svar if ett.kvitterad is None), key=lambda ett: ett.anvandare_id)
    if obesvarade:
        sats: Any = insert_for(session)(Kvittens)
        nytt = {"kvitterad": sats.excluded.kvitterad, "genom_id": sats.excluded.genom_id}
        sats = sats.on_conflict_do_update(
            index_elements=["utskick_id", "anvandare_id"], set_=nytt, where=Kvittens.kvitterad.is_(None)
        )
        rader = [_rad(utskick_id, ett, anvandare_id, now) | {"kvitterad": now} for ett in obesvarade]
        session.execute(sats, rader)
        for andring in _utskicken(session, [utskick_id]).values():
            anmal(session, andring)
    return svar


def _rad(utskick_id: int, svar: Svar, genom_id: int, nar: datetime) -> dict[str, Any]:
    return {
        "utskick_id": utskick_id,
        "anvandare_id": svar.anvandare_id,
        "aktor_id": svar.aktor_id,
        "genom_id": genom_id if svar.funktion else None,
        "last": nar,
    }


def _utskicken(session: Session, ids: Collection[int]) -> dict[int, Andring]:
    """Those of these dispatches that there are, with what is told of a change of them."""
    rows = session.execute(select(Utskick.id, Utskick.handelse_id, Utskick.aktor_id).where(Utskick.id.in_(ids)))
    return {id_: andring_av(id_, handelse_id, aktor_id) for id_, handelse_id, aktor_id in rows}


_LAST = efterat.Slag("läskvitto", _skriv_lasta)


def insert_for(session: Session) -> Any:
    """The INSERT of this database that can say ON CONFLICT."""
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert


# --- for who sent it -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Aktorsrad:
    """How many recipients at one actor, and how many of them have seen it and answered."""

    aktor: str
    antal: int
    lasta: int
    kvitterade: int


@dataclass(frozen=True)
class Vantad:
    """One who has not answered. `i_tjanst`: who is on duty, of a function; `funktion`: whether it is one."""

    namn: str
    aktor: str
    funktion: bool
    i_tjanst: str
    last: datetime | None


def per_aktor(session: Session, utskick_id: int) -> list[Aktorsrad]:
    """How the recipients at each actor have answered, by its short name; who was struck is not waited for."""
    mottagare = _mottagare(utskick_id)
    rows = session.execute(
        select(Aktor.kortnamn, func.count(), func.count(Kvittens.last), func.count(Kvittens.kvitterad))
        .select_from(mottagare)
        .join(Aktor, Aktor.id == mottagare.c.aktor_id)
        .outerjoin(Kvittens, _kvittensen(mottagare, utskick_id))
        .group_by(Aktor.kortnamn)
    )
    return [Aktorsrad(*rad) for rad in rows]


def vantade(session: Session, utskick_id: int, *, bradskande: bool, fran: int, antal: int) -> list[Vantad]:
    """Who has not answered (of what is not brådskande: not seen it), by actor and name; `antal` from place `fran`."""
    mottagare = _mottagare(utskick_id)
    svarade = Kvittens.kvitterad if bradskande else Kvittens.last
    rows = session.execute(
        select(Anvandare.id, Anvandare.namn, Anvandare.slag, Aktor.kortnamn, Kvittens.last)
        .select_from(mottagare)
        .join(Anvandare, Anvandare.id == mottagare.c.vem)
        .join(Aktor, Aktor.id == mottagare.c.aktor_id)
        .outerjoin(Kvittens, _kvittensen(mottagare, utskick_id))
        .where(svarade.is_(None))
        .order_by(Aktor.kortnamn, Anvandare.namn, Anvandare.id)
        .offset(fran)
        .limit(antal)
    ).all()
    funktioner = [rad.id for rad in rows if rad.slag == Anvandarslag.FUNKTION]
    i_tjanst = _i_tjanst(session, funktioner, clock.now())
    return [
        Vantad(namn, aktor, slag == Anvandarslag.FUNKTION, i_tjanst.get(id_, ""), last)
        for id_, namn, slag, aktor, last in rows
    ]


def _mottagare(utskick_id: int) -> Any:
    """Who is waited for, each once."""
    return (
        select(SVARAR.label("vem"), func.min(Leverans.aktor_id).label("aktor_id"))
        .where(Leverans.utskick_id == utskick_id, Leverans.status != Status.STRUKEN)
        .group_by(SVARAR)
        .subquery()
    )


def _kvittensen(mottagare: Any, utskick_id: int) -> ColumnElement[bool]:
    return and_(Kvittens.utskick_id == utskick_id, Kvittens.anvandare_id == mottagare.c.vem)


def _i_tjanst(session: Session, funktioner: Collection[int], now: datetime) -> dict[int, str]:
    """The Anvandare that a function is → the name of who is on duty as it."""
    if not funktioner:
        return {}
    rows = session.execute(
        select(Funktion.anvandare_id, Anvandare.namn)
        .join(Tjanstgoring, Tjanstgoring.funktion_id == Funktion.id)
        .join(Medlemskap, Medlemskap.id == Tjanstgoring.medlemskap_id)
        .join(Anvandare, Anvandare.id == Medlemskap.anvandare_id)
        .where(Funktion.anvandare_id.in_(funktioner), pagar(now))
    )
    return {id_: namn for id_, namn in rows}
