"""Who a request is by: the login, the person, all that they may act as and by what rights, in one question.

It is asked for every page that is drawn. The statement is built once: building it costs ten times what running it does.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, bindparam, cast, literal, null, select, union_all
from sqlalchemy.orm import Session, aliased

from wis.aktorer.models import Aktor
from wis.aktorer.queries import svensk_nyckel
from wis.auth.models import Anvandare, Funktion, Funktionsbehorig, Handelseroll, Inloggning, Medlemskap, Tjanstgoring
from wis.auth.queries import galler, i_ordning, pagar_vid
from wis.auth.rules import Roll, RollIHandelse, Tjanst
from wis.auth.vem_fragar import Aktorn, Behorighet, LastInloggning, Person
from wis.db import UtcDateTime

_MEDLEMSKAP, _ROLL, _TJANST, _MOJLIG = range(4)
"""What a row tells of: a membership (or, without one, the login), a role in an event, a duty, a possible duty."""
_NU: ColumnElement[datetime] = bindparam("now", type_=UtcDateTime())
_VILA: ColumnElement[datetime] = bindparam("vila", type_=UtcDateTime())
_LOGIN = (
    Inloggning.id,
    Inloggning.anvandare_id,
    Inloggning.medlemskap_id,
    Inloggning.skapad,
    Inloggning.senast_aktiv,
    Inloggning.bekraftad,
    Inloggning.visa_aktor_id,
    Inloggning.visa_roll,
    Inloggning.visa_medlemskap_id,
    Inloggning.visa_till,
    Anvandare.tema,
    Anvandare.kontrast,
    Anvandare.textstorlek,
    Anvandare.rorelse,
    Anvandare.sprak,
)
_HOS = (
    Anvandare.namn,
    Anvandare.epost,
    Medlemskap.administrator,
    Medlemskap.gast_handelse_id,
    Aktor.id,
    Aktor.slug,
    Aktor.namn,
    Aktor.kortnamn,
    Aktor.ansluten,
)


class _Rad(NamedTuple):
    """A row: what only a membership's has, the kind, which membership, and an id, a name, a role and a time."""

    resten: Sequence[Any]
    slag: int
    medlemskap_id: int | None
    id: int | None
    namn: str | None
    roll: str | None
    tid: datetime | None


def find_inloggning(session: Session, token_hash: str, now: datetime, vilotid: timedelta) -> LastInloggning | None:
    """The login that is going on with this token, or None. One question to the database.

    None as well for one that has lain unused for `vilotid`, whose second factor has not been shown, or whose account
    is shut.
    """
    # By the connection itself: there are no objects to make of the rows.
    found = session.connection().execute(_sats(), {"hash": token_hash, "now": now, "vila": now - vilotid})
    rader = [_Rad(rad[6:], *rad[:6]) for rad in found]
    login = next((rad.resten for rad in rader if rad.slag == _MEDLEMSKAP), None)
    if login is None:
        return None
    behorigheter = tuple(sorted(_behorigheter(rader), key=i_ordning))
    return LastInloggning(behorigheter, *login[: len(_LOGIN)])


def _behorigheter(rader: Sequence[_Rad]) -> Iterable[Behorighet]:
    for rad in rader:
        if rad.slag == _MEDLEMSKAP and rad.medlemskap_id is not None:
            anvandare_id = rad.resten[1]
            namn, epost, administrator, gast_i, *aktor = rad.resten[len(_LOGIN) :]
            egna = [annan for annan in rader if annan.medlemskap_id == rad.medlemskap_id]
            yield Behorighet(
                id=rad.medlemskap_id,
                anvandare=Person(anvandare_id, namn, epost or ""),
                aktor=Aktorn(*aktor),
                roll=rad.roll,
                administrator=administrator,
                giltig_till=rad.tid,
                gast_handelse_id=gast_i,
                handelseroller=tuple(_roller(egna)),
                tjanster=_tjanster(egna),
                mojliga=_mojliga(egna),
            )


def _roller(egna: Iterable[_Rad]) -> Iterable[RollIHandelse]:
    for rad in egna:
        if rad.slag == _ROLL and rad.id is not None:
            yield RollIHandelse(rad.id, _roll(rad.roll), rad.tid)


def _tjanster(egna: Iterable[_Rad]) -> tuple[Tjanst, ...]:
    """By short name. A function with more than one membership in force at its actor has the first role of them."""
    tjanster: dict[int, Tjanst] = {}
    for rad in egna:
        if rad.slag == _TJANST and rad.id is not None and rad.namn is not None and rad.tid is not None:
            kand = tjanster.get(rad.id)
            if kand is None or kand.roll is None:
                tjanster[rad.id] = Tjanst(rad.id, rad.namn, _roll(rad.roll), rad.tid)
    return tuple(sorted(tjanster.values(), key=lambda tjanst: tjanst.namn))


def _mojliga(egna: Iterable[_Rad]) -> tuple[tuple[int, str], ...]:
    found = ((rad.id, rad.namn) for rad in egna if rad.slag == _MOJLIG and rad.id is not None and rad.namn is not None)
    return tuple(sorted(found, key=lambda ett: svensk_nyckel(ett[1])))


def _roll(varde: str | None) -> Roll | None:
    return None if varde is None else Roll(varde)


# --- the statement -------------------------------------------------------------------------------------------------


@cache
def _sats() -> CompoundSelect[Any]:
    """SQL: the rows, each kind in a part of its own so that they add up and do not multiply."""
    return union_all(_medlemskapen(), _rollerna(), _tjansterna(), _de_mojliga())


def _inget(kolumn: Any) -> ColumnElement[Any]:
    # With its type said: in a union, PostgreSQL asks for it.
    return cast(null(), kolumn.type)


def _bas(slag: int, varden: Sequence[Any], *, med_resten: bool = False) -> Select[Any]:
    """SQL: the login that goes on with its memberships in force; one without any is there only `med_resten`."""
    resten = [kolumn if med_resten else _inget(kolumn) for kolumn in (*_LOGIN, *_HOS)]
    return (
        select(literal(slag), Medlemskap.id, *varden, *resten)
        .select_from(Inloggning)
        .join(Anvandare, Anvandare.id == Inloggning.anvandare_id)
        .join(Medlemskap, and_(Medlemskap.anvandare_id == Inloggning.anvandare_id, galler(_NU)), isouter=med_resten)
        .where(
            Inloggning.token_hash == bindparam("hash"),
            pagar_vid(_NU, _VILA),
            Inloggning.faktor.is_not(None),
            Anvandare.avstangd.is_(None),
        )
    )


def _medlemskapen() -> Select[Any]:
    varden = (_inget(Aktor.id), _inget(Aktor.namn), Medlemskap.roll, Medlemskap.giltig_till)
    return _bas(_MEDLEMSKAP, varden, med_resten=True).outerjoin(Aktor, Aktor.id == Medlemskap.aktor_id)


def _rollerna() -> Select[Any]:
    varden = (Handelseroll.handelse_id, _inget(Aktor.namn), Handelseroll.roll, Handelseroll.giltig_till)
    return _bas(_ROLL, varden).join(Handelseroll, Handelseroll.medlemskap_id == Medlemskap.id)


def _tjansterna() -> Select[Any]:
    """SQL: the duties that go on; a function has its role while it is itself in force."""
    som, roll = aliased(Anvandare), aliased(Medlemskap)
    pagar = and_(Tjanstgoring.medlemskap_id == Medlemskap.id, Tjanstgoring.avslutad.is_(None), Tjanstgoring.till > _NU)
    rollen = and_(
        roll.anvandare_id == Funktion.anvandare_id, roll.aktor_id == Funktion.aktor_id, galler(_NU, roll, som)
    )
    return (
        _bas(_TJANST, (Funktion.id, Funktion.kortnamn, roll.roll, Tjanstgoring.till))
        .join(Tjanstgoring, pagar)
        .join(Funktion, and_(Funktion.id == Tjanstgoring.funktion_id, Funktion.nedlagd.is_(None)))
        .join(som, som.id == Funktion.anvandare_id)
        .outerjoin(roll, rollen)
    )


def _de_mojliga() -> Select[Any]:
    """SQL: the functions that one may go on duty as, found among those of the actor: they are few, and by index."""
    hos = and_(Funktion.aktor_id == Medlemskap.aktor_id, Funktion.nedlagd.is_(None))
    listad = and_(Funktionsbehorig.funktion_id == Funktion.id, Funktionsbehorig.medlemskap_id == Medlemskap.id)
    varden = (Funktion.id, Funktion.kortnamn, _inget(Medlemskap.roll), _inget(Medlemskap.giltig_till))
    return _bas(_MOJLIG, varden).join(Funktion, hos).join(Funktionsbehorig, listad)
