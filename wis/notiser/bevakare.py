"""Those who watch for what a dispatch tells of, beside those who subscribe to its kind.

What is watched, and what it hits, lies above this package, which knows the tables by name alone.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, column, or_, select, table
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from wis.auth.models import Anvandare, Medlemskap
from wis.handelser.models import Handelse
from wis.notiser import queries
from wis.notiser.models import Kanal, Kanalslag, Leverans, Notisslag, Tystnad, Utskick

_log = logging.getLogger(__name__)
BEVAKNING = table(
    "bevakning",
    *(column(namn) for namn in ("id", "anvandare_id", "aktor_id", "namn", "kanaler", "ovning")),
    *(column(namn) for namn in ("handelse_id", "av_aktor_id", "sort")),
)
TRAFF = table("bevakningstraff", column("utskick_id"), column("bevakning_id"))
# As wis.sok.rules.Sort, which lies above: what an owner's lägesbild, the samlade and an underrättelse are called there.
_EGEN, _SAMLAD, _UNDERRATTELSE = "lagesbild", "samlad", "underrattelse"

Notera = Callable[[Session, Utskick], object]
_noterare: list[Notera] = []


def anlita(notera: Notera) -> None:
    """Have this write down, in TRAFF, which watches each dispatch hits. It judges nobody's right."""
    if notera not in _noterare:
        _noterare.append(notera)


def med_bevakande(
    session: Session,
    utskick: Utskick,
    fraga: queries.Fraga,
    mottagare: Sequence[queries.Mottagare],
    now: datetime,
    till: int | None,
) -> list[queries.Mottagare]:
    """The recipients of a step, and those of the same people who watch for it: each once, by rising id of person.

    What the dispatch hits is found out in its first step. `till`: the last id of the step, None = to the end.
    """
    if not utskick.expanderat_till:
        _notera(session, utskick)
    alla = {ett.anvandare_id: ett for ett in mottagare}
    for ny in _bevakande(session, utskick, fraga, now, till):
        gammal = alla.get(ny.anvandare_id)
        alla[ny.anvandare_id] = ny if gammal is None else _bada(gammal, ny)
    return [alla[id_] for id_ in sorted(alla)]


def _notera(session: Session, utskick: Utskick) -> None:
    for notera in _noterare:
        try:
            with session.begin_nested():
                notera(session, utskick)
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # noqa: BLE001 those who subscribe are told, whatever is wrong with what others watch
            _log.exception("what dispatch %d hits of what is watched could not be found out", utskick.id)


def _bada(forst: queries.Mottagare, sedan: queries.Mottagare) -> queries.Mottagare:
    kanaler = tuple(slag for slag in Kanalslag if slag in forst.kanaler or slag in sedan.kanaler)
    return queries.Mottagare(forst.anvandare_id, forst.aktor_id, kanaler, forst.tystnad)


def _bevakande(
    session: Session, utskick: Utskick, fraga: queries.Fraga, now: datetime, till: int | None
) -> list[queries.Mottagare]:
    b = BEVAKNING.c
    rader = session.execute(
        _lasande(fraga, now, b.anvandare_id, b.aktor_id, b.kanaler, Tystnad.fran, Tystnad.till)
        .join(TRAFF, and_(TRAFF.c.bevakning_id == b.id, TRAFF.c.utskick_id == utskick.id))
        .outerjoin(Tystnad, Tystnad.anvandare_id == b.anvandare_id)
        .where(b.anvandare_id > utskick.expanderat_till, *([] if till is None else [b.anvandare_id <= till]))
        .order_by(b.anvandare_id, b.id)
    ).all()
    nas = _verifierade(session, {rad.anvandare_id for rad in rader})
    return [
        queries.Mottagare(
            rad.anvandare_id,
            rad.aktor_id,
            tuple(slag for slag in Kanalslag if slag in rad.kanaler.split(",") and (rad.anvandare_id, slag) in nas),
            None if rad.fran is None else (rad.fran, rad.till),
        )
        for rad in rader
    ]


def _lasande(fraga: queries.Fraga, now: datetime, *kolumner: Any) -> Select[Any]:
    """SQL: these of the watches whose owner reads it as the actor they watch as. A guest does not watch."""
    b = BEVAKNING.c
    return (
        select(*kolumner)
        .select_from(BEVAKNING)
        .join(Medlemskap, and_(Medlemskap.anvandare_id == b.anvandare_id, Medlemskap.aktor_id == b.aktor_id))
        .join(Anvandare, Anvandare.id == Medlemskap.anvandare_id)
        .join(Handelse, Handelse.id == fraga.handelse_id)
        .where(Medlemskap.gast_handelse_id.is_(None), queries.laser(fraga.lasning, now))
    )


def _verifierade(session: Session, personer: Collection[int]) -> set[tuple[int, str]]:
    if not personer:
        return set()
    found = select(Kanal.anvandare_id, Kanal.slag).where(
        Kanal.anvandare_id.in_(personer), Kanal.verifierad.is_not(None)
    )
    return {(person, slag) for person, slag in session.execute(found)}


# --- before it is known what it hits ---------------------------------------------------------------------------------


def hogst(session: Session, fraga: queries.Fraga, av_aktor_id: int, now: datetime, *, samlad: bool) -> int:
    """How many at most would be told by what they watch alone.

    Those who read what is about to be published by this actor, and watch something of its kind: what it will say is not
    known yet.
    """
    if fraga.slag not in {Notisslag.LAGESBILD, Notisslag.UNDERRATTELSE}:
        return 0
    b = BEVAKNING.c
    sort = _UNDERRATTELSE if fraga.slag == Notisslag.UNDERRATTELSE else _SAMLAD if samlad else _EGEN
    villkor = (
        b.ovning == fraga.ovning,
        _detta(b.handelse_id, fraga.handelse_id),
        _detta(b.av_aktor_id, av_aktor_id),
        _detta(b.sort, sort),
    )
    if session.scalar(select(b.id).where(*villkor).limit(1)) is None:
        return 0
    bevakar = set(session.scalars(_lasande(fraga, now, b.anvandare_id).where(*villkor)))
    nas = {person for person, _ in _verifierade(session, bevakar)}
    if not nas:
        return 0
    prenumererar = queries.mottagare(session, fraga, now, efter=min(nas) - 1, till=max(nas))
    return len(nas - {ett.anvandare_id for ett in prenumererar if ett.kanaler})


def hogst_av(session: Session, utskick: Utskick, now: datetime) -> int:
    """As hogst(), of a dispatch that is held; 0 for a message of the system."""
    if utskick.handelse is None or utskick.aktor_id is None:
        return 0
    lasning, rattar = queries.lasning_av(session, utskick), None
    if utskick.underrattelse_id is not None:
        rattar = (utskick.underrattelse_id, utskick.underrattelse_nummer or 0)
    fraga = queries.Fraga(utskick.handelse.id, utskick.handelse.ovning, utskick.slag, lasning, rattar)
    return hogst(session, fraga, utskick.aktor_id, now, samlad=lasning.agare_id is None)


def _detta(kolumn: Any, varde: object) -> ColumnElement[bool]:
    return or_(kolumn.is_(None), kolumn == varde)


# --- what it says to whom --------------------------------------------------------------------------------------------


def namn_for(session: Session, leveranser: Collection[int]) -> dict[int, str]:
    """The names of the watches that a delivery is for, 'snö E4, Nacka', of those of these that are for any."""
    b, t = BEVAKNING.c, TRAFF.c
    rader = session.execute(
        select(Leverans.id, Leverans.kanal, b.namn, b.kanaler)
        .join(TRAFF, t.utskick_id == Leverans.utskick_id)
        .join(BEVAKNING, and_(b.id == t.bevakning_id, b.anvandare_id == Leverans.anvandare_id))
        .where(Leverans.id.in_(list(leveranser)))
        .order_by(b.id)
    )
    namn: dict[int, list[str]] = {}
    for rad in rader:
        if rad.kanal in rad.kanaler.split(","):
            namn.setdefault(rad.id, []).append(rad.namn)
    return {id_: ", ".join(alla) for id_, alla in namn.items()}
