"""can(…, LASA, …) in SQL: the same rules, for lists, recipients and counts. Tests hold the two together.

Every condition needs Handelse in the FROM of the query.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, exists, false, literal, null, or_, select, true

from wis import clock
from wis.aktorer.models import Aktor
from wis.auth.krets import HOGST_FOR_GAST, Tlp
from wis.auth.models import Anvandare, Funktion, Handelseroll, Medlemskap, Tjanstgoring
from wis.auth.queries import galler
from wis.auth.rules import Subjekt
from wis.db import UtcDateTime
from wis.handelser.models import Handelse, HandelseLasare, Lasarkrets, LasarkretsAktor

# The moment that a statement is run, whenever it was built.
_NU: BindParameter[datetime] = bindparam("nu_lasratt", callable_=clock.now, type_=UtcDateTime(), unique=True)


@dataclass(frozen=True)
class Innehall:
    """The columns that say of a published thing when it was published, by which actor (NULL for the samlade), its
    label and its circle (`krets_id`, NULL = as the event)."""

    publicerad: Any
    agare_id: Any
    tlp: Any
    krets_id: Any


# --- for one who asks ------------------------------------------------------------------------------------------------


def synlig_for(subjekt: Subjekt, now: datetime | None = None) -> ColumnElement[bool]:
    """SQL for can(subjekt, LASA, handelse): that the event is there to be read, whatever of what is in it."""
    moment = now or clock.now()
    villkor = and_(_roll_for(subjekt, moment), far_lasa(subjekt.aktor_id))
    return villkor if subjekt.betraktare is None else and_(villkor, synlig_for(subjekt.betraktare, moment))


def lasbar_for(subjekt: Subjekt, innehall: Innehall, now: datetime | None = None) -> ColumnElement[bool]:
    """SQL for can(subjekt, LASA, what this row says), the event included."""
    moment = now or clock.now()
    villkor = and_(
        _roll_for(subjekt, moment),
        aktor_laser(subjekt.aktor_id, subjekt.ansluten, innehall),
        true() if subjekt.gast_i is None else _for_gast(innehall.tlp),
    )
    return villkor if subjekt.betraktare is None else and_(villkor, lasbar_for(subjekt.betraktare, innehall, moment))


def _roll_for(subjekt: Subjekt, now: datetime) -> ColumnElement[bool]:
    """The subject has a role in the event, as standard or set for it; a guest in the one event alone."""
    if subjekt.giltig_till is not None and subjekt.giltig_till <= now:
        return false()
    if subjekt.gast_i is not None:
        return Handelse.id == subjekt.gast_i
    set_for = {r.handelse_id: subjekt.roll_i(r.handelse_id, now) for r in subjekt.handelseroller}
    if subjekt.standardroll(now) is None:
        return Handelse.id.in_([id_ for id_, roll in set_for.items() if roll is not None])
    return Handelse.id.not_in([id_ for id_, roll in set_for.items() if roll is None])


# --- for an actor ----------------------------------------------------------------------------------------------------


def far_lasa(aktor_id: Any) -> ColumnElement[bool]:
    """SQL: the actor (an id, or a column of ids) is among those that the event is readable by."""
    listed = _finns(
        HandelseLasare,
        HandelseLasare.handelse_id == Handelse.id,
        HandelseLasare.aktor_id == aktor_id,
        _annu(HandelseLasare.till),
    )
    return or_(Handelse.alla_aktorer, Handelse.agare_id == aktor_id, listed)


def aktor_laser(aktor_id: Any, ansluten: datetime | None, innehall: Innehall) -> ColumnElement[bool]:
    """SQL: the actor (an id, or a column with `ansluten` left out) may read the thing, labels for guests apart."""
    joined = _ansluten(aktor_id, ansluten)
    return and_(
        or_(
            _i_handelsens_krets(aktor_id, joined, innehall.publicerad),
            and_(innehall.agare_id == aktor_id, far_lasa(aktor_id)),
        ),
        _i_sakens_krets(aktor_id, joined, innehall),
        _rott(aktor_id, innehall),
    )


def _ansluten(aktor_id: Any, ansluten: datetime | None) -> Any:
    if isinstance(aktor_id, int):
        return null() if ansluten is None else literal(ansluten, UtcDateTime())
    return select(Aktor.ansluten).where(Aktor.id == aktor_id).correlate_except(Aktor).scalar_subquery()


def _i_handelsens_krets(aktor_id: Any, joined: Any, tid: Any) -> ColumnElement[bool]:
    listed = _finns(
        HandelseLasare,
        HandelseLasare.handelse_id == Handelse.id,
        HandelseLasare.aktor_id == aktor_id,
        _redan(HandelseLasare.fran, tid),
        _annu(HandelseLasare.till),
    )
    alla = and_(Handelse.alla_aktorer, _redan(Handelse.alla_fran, tid), _redan(joined, tid))
    return or_(Handelse.agare_id == aktor_id, alla, listed)


def _i_sakens_krets(aktor_id: Any, joined: Any, innehall: Innehall) -> ColumnElement[bool]:
    if innehall.krets_id is None:
        return true()
    tid = innehall.publicerad
    listed = _finns(
        LasarkretsAktor,
        LasarkretsAktor.krets_id == innehall.krets_id,
        LasarkretsAktor.aktor_id == aktor_id,
        _redan(LasarkretsAktor.fran, tid),
        _annu(LasarkretsAktor.till),
    )
    alla = _finns(
        Lasarkrets,
        Lasarkrets.id == innehall.krets_id,
        Lasarkrets.alla,
        _redan(Lasarkrets.alla_fran, tid),
        _redan(joined, tid),
    )
    return or_(innehall.krets_id.is_(None), innehall.agare_id == aktor_id, listed, alla)


def _rott(aktor_id: Any, innehall: Innehall) -> ColumnElement[bool]:
    """TLP:RED is for actors that were chosen by name."""
    namngivna: ColumnElement[bool] = Handelse.alla_aktorer.is_(False)
    if innehall.krets_id is not None:
        namngivna = or_(namngivna, _finns(Lasarkrets, Lasarkrets.id == innehall.krets_id, Lasarkrets.alla.is_(False)))
    return or_(innehall.tlp != Tlp.RED.value, innehall.agare_id == aktor_id, namngivna)


def _finns(tabell: Any, *villkor: Any) -> ColumnElement[bool]:
    # Said outright: by itself SQLAlchemy ties an EXISTS only to the SELECT around it. Further in, as in a count for
    # each event, it would put Handelse into the EXISTS again, and any event's readers would do.
    return exists().where(*villkor).correlate_except(tabell)


def _redan(fran: Any, tid: Any) -> ColumnElement[bool]:
    return or_(fran.is_(None), fran <= tid)


def _annu(till: Any) -> ColumnElement[bool]:
    return or_(till.is_(None), till > _NU)


def _for_gast(tlp: Any) -> ColumnElement[bool]:
    allowed: ColumnElement[bool] = tlp.in_([label.value for label in Tlp if label.niva <= HOGST_FOR_GAST.niva])
    return allowed


# --- for every member ------------------------------------------------------------------------------------------------


def medlem_laser_handelsen(now: datetime) -> ColumnElement[bool]:
    """SQL: the Medlemskap (joined with Anvandare) is in force at `now` and reads the event."""
    return and_(_medlem_har_roll(now), far_lasa(Medlemskap.aktor_id))


def medlem_laser(innehall: Innehall, now: datetime) -> ColumnElement[bool]:
    """SQL: the Medlemskap (joined with Anvandare) is in force at `now` and reads the thing."""
    return and_(
        _medlem_har_roll(now),
        aktor_laser(Medlemskap.aktor_id, None, innehall),
        or_(Medlemskap.gast_handelse_id.is_(None), _for_gast(innehall.tlp)),
    )


def _medlem_har_roll(now: datetime) -> ColumnElement[bool]:
    set_for = and_(
        Handelseroll.medlemskap_id == Medlemskap.id,
        Handelseroll.handelse_id == Handelse.id,
        or_(Handelseroll.giltig_till.is_(None), Handelseroll.giltig_till > now),
    )
    standard = or_(Medlemskap.roll.is_not(None), _i_tjanst_med_roll(now))
    gast_har = or_(Medlemskap.gast_handelse_id.is_(None), Medlemskap.gast_handelse_id == Handelse.id)
    med_roll = _finns(Handelseroll, set_for, Handelseroll.roll.is_not(None))
    roll = or_(med_roll, and_(standard, ~_finns(Handelseroll, set_for)))
    return and_(galler(now), gast_har, roll)


def _i_tjanst_med_roll(now: datetime) -> ColumnElement[bool]:
    """On duty as a function that is in force and has a role."""
    # Under names of their own: the query around has a membership and a person already.
    funktionens, som = Medlemskap.__table__.alias(), Anvandare.__table__.alias()
    return exists().where(
        Tjanstgoring.medlemskap_id == Medlemskap.id,
        Tjanstgoring.avslutad.is_(None),
        Tjanstgoring.till > now,
        Funktion.id == Tjanstgoring.funktion_id,
        Funktion.nedlagd.is_(None),
        som.c.id == Funktion.anvandare_id,
        som.c.avstangd.is_(None),
        funktionens.c.anvandare_id == som.c.id,
        funktionens.c.aktor_id == Funktion.aktor_id,
        funktionens.c.roll.is_not(None),
        funktionens.c.avstangd.is_(None),
        or_(funktionens.c.giltig_till.is_(None), funktionens.c.giltig_till > now),
    )
