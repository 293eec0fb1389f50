"""A brådskande that nobody has answered takes the next way: the other channel, and then the next person of a function.

Everything stops with the answer. Whoever has lost the right to read gets nothing more.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from wis import clock
from wis.aktorer.queries import svensk_nyckel
from wis.auth.models import Anvandare, Funktion, Funktionsbehorig, Medlemskap, Tjanstgoring
from wis.db import Database
from wis.handelser.lasratt import medlem_laser
from wis.handelser.models import Handelse
from wis.notiser.koposter import Berord, berorda_av
from wis.notiser.kvittenser import SVARAR, ersatt, insert_for, pagar
from wis.notiser.kvittensregler import Behorig, nasta_person
from wis.notiser.models import Anledning, Kanal, Kanalslag, Kvittens, Leverans, Status, Utskick, Utskicksslag
from wis.notiser.queries import LAGESBILD, utskickets_innehall
from wis.notiser.queries import lasande_leveranser as lasande
from wis.settings import Settings
from wis.tx import transaction

KVITTO_INOM = timedelta(minutes=5)
"""How long a provider that gives receipts may be without one, before the other channel is used."""
FOLJS_UPP = timedelta(hours=24)
"""For how long anybody is asked to answer. What was sent before there were answers asks nobody."""
PARTI = 500


@dataclass(frozen=True)
class _Regler:
    """What is due at `now`, of what was sent after `sedan`. `kvitterande`: providers whose silence says something."""

    now: datetime
    paminn_efter: timedelta
    sedan: datetime
    kvitterande: tuple[str, ...]


@dataclass(frozen=True)
class _Ny:
    """One more delivery. `efter`: the one that it follows from, 0 if none."""

    utskick_id: int
    anvandare_id: int
    aktor_id: int
    kanal: str
    anledning: str
    for_funktion_id: int | None
    efter: int = 0


def eskalera(database: Database, settings: Settings, kvitterande: Collection[str]) -> set[Berord]:
    """Take the next way to those who have not answered a brådskande in time; returns the dispatches concerned.

    `kvitterande` names the providers that tell afterwards what came of each message. Only what is
    younger than FOLJS_UPP and in an open event is followed up. Run twice, or by two at once, it tells nobody twice.
    """
    now, paminn_efter = clock.now(), timedelta(seconds=settings.paminn_efter)
    regler = _Regler(now, paminn_efter, now - FOLJS_UPP, tuple(kvitterande))
    with database.reading() as session:
        aktiva = session.scalars(_aktiva(session, regler)).all()
        if not aktiva or not (_andra_vagen(session, aktiva, regler, 0, 1) or _nasta(session, aktiva, regler)):
            return set()
    berorda: set[Berord] = set()
    sist: int | None = 0
    while sist is not None:
        with transaction(database) as session:
            sist = _steg(session, regler, sist, berorda)
    return berorda


def _steg(session: Session, regler: _Regler, efter: int, berorda: set[Berord]) -> int | None:
    """One batch, of what follows from deliveries after this id; returns where the next begins, or None."""
    # One at a time: who is next depends on who has been told. Rows that merely refer to these may be written meanwhile.
    las = _aktiva(session, regler).with_for_update(of=Utskick, skip_locked=True, key_share=True)
    aktiva = session.scalars(las).all()
    funna = _andra_vagen(session, aktiva, regler, efter, PARTI)
    laser = lasande(session, [rad.efter for rad in funna], regler.now) if funna else set()
    nya = [rad for rad in funna if rad.efter in laser]
    if len(funna) < PARTI:
        nya += _nasta(session, aktiva, regler)
    _skriv(session, nya, regler.now)
    berorda |= berorda_av(session, {rad.utskick_id for rad in nya})
    return funna[-1].efter if len(funna) == PARTI else None


def _aktiva(session: Session, regler: _Regler) -> Select[int]:
    """SQL: the brådskande that are to be followed up."""
    # The ids rise with time: from the newest back to the first that is too old, and no further.
    for_gammalt = session.scalar(
        select(Utskick.id).where(Utskick.skapad < regler.sedan).order_by(Utskick.id.desc()).limit(1)
    )
    return (
        select(Utskick.id)
        .join(Handelse, Handelse.id == Utskick.handelse_id)
        .where(
            Utskick.id > (for_gammalt or 0),
            Utskick.bradskande,
            Utskick.slag != Utskicksslag.SYSTEM,
            # A brådskande is never held. Those from before there were answers say that they were: see migration 0003.
            Utskick.halls_till.is_(None),
            Utskick.angrad.is_(None),
            Handelse.stangd.is_(None),
            ~ersatt(),
        )
        .order_by(Utskick.id)
    )


def _kvitterad(utskick_id: Any, vem: Any, *, eller_last: bool = False) -> ColumnElement[bool]:
    villkor = [Kvittens.utskick_id == utskick_id, Kvittens.anvandare_id == vem]
    if not eller_last:
        villkor.append(Kvittens.kvitterad.is_not(None))
    return exists().where(*villkor).correlate_except(Kvittens)


# --- the other channel ---------------------------------------------------------------------------------------------


def _andra_vagen(session: Session, aktiva: Sequence[int], regler: _Regler, efter: int, antal: int) -> list[_Ny]:
    """Those whose other channel is to be used: it went wrong on the first one, or nobody has answered in time."""
    annan = aliased(Leverans)
    redan = exists().where(
        annan.utskick_id == Leverans.utskick_id, annan.anvandare_id == Leverans.anvandare_id, annan.kanal == Kanal.slag
    )
    fram = and_(_kom_inte_fram(regler), ~_kvitterad(Leverans.utskick_id, SVARAR, eller_last=True))
    tyst = and_(
        Leverans.anledning == Anledning.VAL,
        Leverans.fran <= regler.now - regler.paminn_efter,
        ~_kvitterad(Leverans.utskick_id, SVARAR),
    )
    rows = session.execute(
        select(
            Leverans.utskick_id,
            Leverans.anvandare_id,
            Leverans.aktor_id,
            Kanal.slag,
            case((fram, literal(Anledning.ANDRA_KANALEN.value)), else_=literal(Anledning.PAMINNELSE.value)),
            Leverans.for_funktion_id,
            Leverans.id,
        )
        .join(
            Kanal,
            and_(
                Kanal.anvandare_id == Leverans.anvandare_id,
                Kanal.slag != Leverans.kanal,
                Kanal.verifierad.is_not(None),
            ),
        )
        .where(
            Leverans.utskick_id.in_(aktiva),
            Leverans.id > efter,
            ~redan.correlate_except(annan),
            or_(fram, tyst),
        )
        .order_by(Leverans.id)
        .limit(antal)
    )
    return [_Ny(*rad) for rad in rows]


def _kom_inte_fram(regler: _Regler) -> ColumnElement[bool]:
    """SQL: the delivery failed for good, or its provider, which gives receipts, has given none in time."""
    utan_kvitto = and_(
        Leverans.status.in_([Status.MOTTAGEN, Status.OVISS]),
        Leverans.sand <= regler.now - KVITTO_INOM,
        Leverans.leverantor.in_(regler.kvitterande),
    )
    return or_(Leverans.status == Status.MISSLYCKAD, utan_kvitto)


# --- the next person of a function -----------------------------------------------------------------------------------


def _nasta(session: Session, aktiva: Sequence[int], regler: _Regler) -> list[_Ny]:
    """The next person of each function that nobody has answered for in time, by each channel of theirs."""
    nya: list[_Ny] = []
    for utskick_id, funktion_id, som_id in _tysta_funktioner(session, aktiva, regler):
        behoriga = _behoriga(session, utskick_id, funktion_id, regler.now)
        vald = nasta_person(behoriga, _tillfragade(session, utskick_id, som_id))
        if vald is not None:
            nya += [
                _Ny(utskick_id, vald.anvandare_id, vald.aktor_id, kanal, Anledning.NASTA_PERSON, som_id)
                for kanal in vald.kanaler
            ]
    return nya


def _tysta_funktioner(session: Session, aktiva: Sequence[int], regler: _Regler) -> list[tuple[int, int, int]]:
    """(dispatch, function, the Anvandare that it is) where it is time to ask one more.

    The first is asked when the reminder has had its time too, then one each time as long has passed again.
    """
    fragad = aliased(Leverans)
    senast = (
        select(func.max(fragad.fran))
        .where(
            fragad.utskick_id == Leverans.utskick_id,
            fragad.for_funktion_id == Leverans.anvandare_id,
            fragad.anledning == Anledning.NASTA_PERSON,
        )
        .correlate(Leverans)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Leverans.utskick_id, Funktion.id, Leverans.anvandare_id)
        .distinct()
        .join(Funktion, Funktion.anvandare_id == Leverans.anvandare_id)
        .where(
            Leverans.utskick_id.in_(aktiva),
            Leverans.anledning == Anledning.VAL,
            Leverans.fran <= regler.now - 2 * regler.paminn_efter,
            Funktion.nedlagd.is_(None),
            or_(senast.is_(None), senast <= regler.now - regler.paminn_efter),
            ~_kvitterad(Leverans.utskick_id, Leverans.anvandare_id),
        )
        .order_by(Leverans.utskick_id, Funktion.id)
    )
    return [(utskick_id, funktion_id, som_id) for utskick_id, funktion_id, som_id in rows]


def _tillfragade(session: Session, utskick_id: int, som_id: int) -> set[int]:
    """Those who have been told of the dispatch in the function's place."""
    sats = select(Leverans.anvandare_id).where(Leverans.utskick_id == utskick_id, Leverans.for_funktion_id == som_id)
    return set(session.scalars(sats))


def _behoriga(session: Session, utskick_id: int, funktion_id: int, now: datetime) -> list[Behorig]:
    """Who may go on duty as the function and reads what is told of: who is on duty first, then by name.

    With the channels of their own by which they have not been told, SMS first.
    """
    turen = (
        exists()
        .where(
            Tjanstgoring.medlemskap_id == Medlemskap.id,
            Tjanstgoring.funktion_id == funktion_id,
            Funktion.id == Tjanstgoring.funktion_id,
            pagar(now),
        )
        .correlate_except(Tjanstgoring, Funktion)
    )
    redan = exists().where(
        Leverans.utskick_id == utskick_id, Leverans.anvandare_id == Anvandare.id, Leverans.kanal == Kanal.slag
    )
    rows = session.execute(
        select(
            Anvandare.id,
            Anvandare.namn,
            Medlemskap.aktor_id,
            turen.correlate_except(Tjanstgoring, Funktion),
            Kanal.slag,
        )
        .distinct()
        .select_from(Funktionsbehorig)
        .join(Medlemskap, Medlemskap.id == Funktionsbehorig.medlemskap_id)
        .join(Anvandare, Anvandare.id == Medlemskap.anvandare_id)
        .join(Kanal, and_(Kanal.anvandare_id == Anvandare.id, Kanal.verifierad.is_not(None)))
        .join(Utskick, Utskick.id == utskick_id)
        .join(Handelse, Handelse.id == Utskick.handelse_id)
        .outerjoin(LAGESBILD, LAGESBILD.c.id == Utskick.lagesbild_id)
        .where(
            Funktionsbehorig.funktion_id == funktion_id,
            medlem_laser(utskickets_innehall(), now),
            ~redan.correlate_except(Leverans),
        )
    )
    return _i_ordning(rows)


def _i_ordning(rader: Iterable[Any]) -> list[Behorig]:
    """The rows of (person, name, actor, whether on duty, channel) as people."""
    ordnade = sorted(rader, key=lambda rad: (not rad[3], svensk_nyckel(rad[1]), rad[0]))
    egna = {rad[0]: {ett[4] for ett in ordnade if ett[0] == rad[0]} for rad in ordnade}
    hos = {rad[0]: rad[2] for rad in ordnade}
    # In the order of Kanalslag: SMS first.
    return [Behorig(id_, hos[id_], tuple(slag for slag in Kanalslag if slag in egna[id_])) for id_ in hos]


# --- what is written -----------------------------------------------------------------------------------------------


def _skriv(session: Session, nya: Sequence[_Ny], now: datetime) -> None:
    if not nya:
        return
    rader = [
        {
            "utskick_id": ny.utskick_id,
            "anvandare_id": ny.anvandare_id,
            "aktor_id": ny.aktor_id,
            "kanal": ny.kanal,
            "anledning": ny.anledning,
            "for_funktion_id": ny.for_funktion_id,
            "prioritet": 0,
            "status": Status.VANTAR,
            # A brådskande breaks through quiet hours.
            "tidigast": now,
            "fran": now,
            "forsok": 0,
            "orsak": "",
            "permanent": False,
            "andrad": now,
        }
        for ny in nya
    ]
    # Uniqueness is the idempotency: another worker may have been first.
    session.execute(insert_for(session)(Leverans).on_conflict_do_nothing(), rader)
