"""Who may read what was found, in SQL: built once for all who are judged alike, and run whatever there is to judge."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, Integer, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from wis import clock
from wis.auth.rules import Subjekt
from wis.handelser.lasratt import Innehall, aktor_laser, far_lasa, lasbar_for, synlig_for
from wis.handelser.models import Handelse
from wis.lagesbild.models import Lagesbild
from wis.sok.models import Sokpost
from wis.sok.rules import Sort
from wis.underrattelser.lasbar import lasbar_underrattelse
from wis.underrattelser.models import Underrattelse

_AKTOR = bindparam("sokande_aktor", type_=Integer())
_OVNING = bindparam("ovning", type_=Boolean())


def bedom(session: Session, who: Subjekt, ovning: bool, kandidater: Sequence[int], antal: int) -> Sequence[Any]:
    """The id, kind, thing and version of those among at most `antal` candidates that may be read, newest first.

    It is asked for `antal` whatever there is: what takes its time only when there is something to judge would tell of
    what is hidden. What it is filled up with are ids that no post has.
    """
    fyllda = [*kandidater, *range(-1, len(kandidater) - antal - 1, -1)]
    if _egen(who):
        varden: dict[str, Any] = {}
        sats = _bedomning(lasbar(who))
    else:
        standard, undantag = _roll(who)
        varden = {"sokande_aktor": who.aktor_id, "roll_undantag": undantag}
        sats = _bedomning_av_klass(standard)
    return session.execute(sats, varden | {"kandidater": fyllda, "ovning": ovning}).all()


def poster(*kolumner: Any) -> Any:
    """SQL: these columns of posts, with all that rights are judged on."""
    return (
        select(*kolumner)
        .select_from(Sokpost)
        .join(Handelse, Handelse.id == Sokpost.handelse_id)
        .outerjoin(Lagesbild, and_(Sokpost.slag.in_([Sort.SAMLAD, Sort.EGEN]), Lagesbild.id == Sokpost.objekt_id))
        .outerjoin(Underrattelse, and_(Sokpost.slag == Sort.UNDERRATTELSE.value, Underrattelse.id == Sokpost.objekt_id))
    )


def lasbar(who: Subjekt) -> ColumnElement[bool]:
    """SQL: `who` may read the post, as each kind is judged where it stands. Needs what poster() joins."""
    return _lasbar(synlig_for(who), lambda innehall: lasbar_for(who, innehall))


def _lasbar(synlig: ColumnElement[bool], laser: Callable[[Innehall], ColumnElement[bool]]) -> ColumnElement[bool]:
    post = Sokpost
    return or_(
        and_(post.slag == Sort.HANDELSE.value, synlig),
        and_(post.slag == Sort.UNDERRATTELSE.value, lasbar_underrattelse(laser, Underrattelse, post)),
        and_(
            post.slag.in_([Sort.SAMLAD, Sort.EGEN, Sort.BESLUT, Sort.ANTECKNING]),
            laser(Innehall(post.publicerad, post.agare_id, post.tlp, Lagesbild.krets_id)),
        ),
    )


def _bedomning(villkor: ColumnElement[bool]) -> Any:
    return (
        poster(Sokpost.id, Sokpost.slag, Sokpost.objekt_id, Sokpost.nummer)
        .where(Sokpost.id.in_(bindparam("kandidater", expanding=True, type_=BigInteger())), villkor)
        # The index has them apart already; what an event is, its own row says.
        .where(Handelse.ovning == _OVNING)
        .order_by(Sokpost.id.desc())
    )


def _egen(who: Subjekt) -> bool:
    """Guests, and who looks as another, are judged by statements of their own."""
    return who.gast_i is not None or who.betraktare is not None


@cache
def _bedomning_av_klass(standard: bool) -> Any:
    """For all who read as their actor does: in every event but some, or (not `standard`) in some."""
    i_dessa = Handelse.id.in_(bindparam("roll_undantag", expanding=True, type_=Integer()))
    roll = ~i_dessa if standard else i_dessa
    return _bedomning(
        _lasbar(and_(roll, far_lasa(_AKTOR)), lambda innehall: and_(roll, aktor_laser(_AKTOR, None, innehall)))
    )


def _roll(who: Subjekt) -> tuple[bool, list[int]]:
    """Whether there is a standard role, and the events in which it is otherwise."""
    now = clock.now()
    if who.giltig_till is not None and who.giltig_till <= now:
        return False, []
    standard = who.standardroll(now) is not None
    set_for = {r.handelse_id: who.roll_i(r.handelse_id, now) for r in who.handelseroller}
    return standard, [id_ for id_, roll in set_for.items() if (roll is None) is standard]
