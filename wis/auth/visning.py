"""'Visa som …': pages drawn as another actor, role or colleague would see them, and never more than who looks may see.

Kept in the login's row, so that it holds in every tab and ends by itself. The pages are in wis.ytor.visa_som.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from wis import audit, clock
from wis.aktorer.models import Aktor
from wis.auth import queries
from wis.auth.models import Anvandarslag, Inloggning, Medlemskap
from wis.auth.rules import Roll, Sak, Slag, Subjekt, Verb, can
from wis.auth.vem_fragar import LastInloggning

View = TypeVar("View", bound=Callable[..., Any])
GALLER = timedelta(minutes=15)


@dataclass(frozen=True)
class Val:
    """Whom to see as: a role at an actor, or (`medlemskap_id`) a person of one's own actor."""

    aktor_id: int | None = None
    roll: Roll | None = None
    medlemskap_id: int | None = None


def visbar_som(view: View) -> View:
    """Mark a page as one that may be drawn as somebody else would see it; it must show nothing personal or secret."""
    view.visbar_som = True  # type: ignore[attr-defined]
    return view


def sak_for(who: Subjekt) -> Sak:
    """What Verb.VISA_SOM is judged on: the actor that one acts for."""
    return Sak(Slag.AKTOR, who.aktor_id, agare_namn=who.aktor_namn)


def subjekt_som(session: Session, who: Subjekt, val: Val, now: datetime) -> Subjekt | None:
    """The chosen one as rights are judged, with the marks and the login of `who`; None if there is no such one.

    A person is shown to colleagues alone. One who is shut out is shown as having run out: with nothing to read.
    """
    if val.medlemskap_id is None:
        return _som_roll(session, who, val)
    medlemskap = session.get(Medlemskap, val.medlemskap_id)
    if medlemskap is None or medlemskap.aktor_id != who.aktor_id or medlemskap.anvandare.slag != Anvandarslag.PERSON:
        return None
    som = replace(queries.subjekt_av(medlemskap, who.inloggning_id, now), anvandare_id=who.anvandare_id)
    avstangd = medlemskap.avstangd is not None or medlemskap.anvandare.avstangd is not None
    return replace(som, giltig_till=now) if avstangd else som


def _som_roll(session: Session, who: Subjekt, val: Val) -> Subjekt | None:
    aktor = None if val.aktor_id is None else session.get(Aktor, val.aktor_id)
    if aktor is None or val.roll is None:
        return None
    return Subjekt(
        anvandare_id=who.anvandare_id,
        namn=aktor.namn,
        epost="",
        aktor_id=aktor.id,
        aktor_slug=aktor.slug,
        aktor_namn=aktor.namn,
        aktor_kortnamn=aktor.kortnamn,
        roll=val.roll,
        administrator=False,
        inloggning_id=who.inloggning_id,
        ansluten=aktor.ansluten,
    )


def i_ord(som: Subjekt, now: datetime) -> str:
    """Whom one sees as: 'Trafikverket (läsare)' or 'Anna Berg, Trafikverket (talesperson)'."""
    roll = som.standardroll(now)
    vem = som.aktor_namn if som.medlemskap_id is None else f"{som.namn}, {som.aktor_namn}"
    return f"{vem} ({'gäst' if som.gast_i is not None else 'ingen roll' if roll is None else roll.namn})"


def visat(session: Session, inloggning: Inloggning | LastInloggning, who: Subjekt, now: datetime) -> Subjekt:
    """Whom the login's pages are drawn for: `who`, or the one chosen, with `who` as the one that in truth looks."""
    if inloggning.visa_till is None or inloggning.visa_till <= now or not can(who, Verb.VISA_SOM, sak_for(who), now):
        return who
    som = subjekt_som(session, who, _val(inloggning), now)
    return who if som is None else replace(som, betraktare=who)


def _val(inloggning: Inloggning | LastInloggning) -> Val:
    roll = None if inloggning.visa_roll is None else Roll(inloggning.visa_roll)
    return Val(inloggning.visa_aktor_id, roll, inloggning.visa_medlemskap_id)


def borja(session: Session, who: Subjekt, val: Val) -> Subjekt:
    """Begin: from now on, for GALLER. Returns the one shown. Raises LookupError if there is no such one."""
    now = clock.now()
    som = subjekt_som(session, who, val, now)
    if som is None or who.inloggning_id is None:
        raise LookupError(val)
    inloggning = session.get_one(Inloggning, who.inloggning_id)
    inloggning.visa_aktor_id, inloggning.visa_roll = val.aktor_id, val.roll
    inloggning.visa_medlemskap_id, inloggning.visa_till = val.medlemskap_id, now + GALLER
    session.flush()
    _anteckna(session, who, "börjar visa som", i_ord(som, now))
    return som


def sluta(session: Session, who: Subjekt) -> None:
    """End; nothing happens if it has ended by itself. `who` is the one that in truth looks."""
    inloggning = None if who.inloggning_id is None else session.get(Inloggning, who.inloggning_id)
    if inloggning is None or inloggning.visa_till is None:
        return
    inloggning.visa_aktor_id = inloggning.visa_roll = inloggning.visa_medlemskap_id = inloggning.visa_till = None
    session.flush()
    _anteckna(session, who, "slutar visa som", "")


def _anteckna(session: Session, who: Subjekt, handling: str, som: str) -> None:
    objekt = f"inloggning:{who.inloggning_id}"
    audit.record(session, handling, anvandare_id=who.anvandare_id, aktor_id=who.aktor_id, objekt=objekt, som=som)
