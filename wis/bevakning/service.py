"""Saving, changing and removing a watch, within the caller's transaction; the person is locked by then."""

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.auth.rules import Subjekt
from wis.bevakning import queries
from wis.bevakning.models import Bevakning, Bevakningstraff
from wis.bevakning.rules import MAX_ANTAL, Fullt, Vad
from wis.notiser.models import Kanalslag


def spara(session: Session, who: Subjekt, vad: Vad, namn: str, kanaler: Collection[Kanalslag]) -> Bevakning:
    """The person's watch of this, as the actor they act for; one that is there already gets the name and the channels.

    Raises Fullt.
    """
    finns = queries.find_lika(session, who, vad.nyckel)
    if finns is not None:
        andra(session, who, finns, namn, kanaler)
        return finns
    if queries.antal(session, who.anvandare_id) >= MAX_ANTAL:
        raise Fullt
    ny = Bevakning(
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        namn=namn,
        slag=vad.slag.value,
        nyckel=vad.nyckel,
        ovning=vad.ovning,
        ord=vad.ord,
        handelse_id=vad.handelse_id,
        av_aktor_id=vad.av_aktor_id,
        sort=None if vad.sort is None else vad.sort.value,
        kommuner=",".join(sorted(set(vad.kommuner))),
        kanaler=_som_text(kanaler),
        skapad=clock.now(),
    )
    session.add(ny)
    session.flush()
    _logga(session, who, "lägger till bevakning", ny)
    return ny


def andra(session: Session, who: Subjekt, bevakning: Bevakning, namn: str, kanaler: Collection[Kanalslag]) -> None:
    """Another name, or other channels."""
    if (bevakning.namn, bevakning.kanaler) == (namn, _som_text(kanaler)):
        return
    bevakning.namn, bevakning.kanaler = namn, _som_text(kanaler)
    _logga(session, who, "ändrar bevakning", bevakning)


def ta_bort(session: Session, who: Subjekt, bevakning: Bevakning) -> None:
    """Forget it and what it has hit."""
    # Waits for a dispatch that is writing down what it hits.
    session.execute(select(Bevakning.id).where(Bevakning.id == bevakning.id).with_for_update())
    session.execute(delete(Bevakningstraff).where(Bevakningstraff.bevakning_id == bevakning.id))
    session.delete(bevakning)
    _logga(session, who, "tar bort bevakning", bevakning)


def _som_text(kanaler: Collection[Kanalslag]) -> str:
    return ",".join(slag.value for slag in Kanalslag if slag in kanaler)


def _logga(session: Session, who: Subjekt, handling: str, bevakning: Bevakning) -> None:
    vem = {"anvandare_id": who.anvandare_id, "aktor_id": who.aktor_id}
    audit.record(session, handling, objekt=f"bevakning:{bevakning.id}", slag=bevakning.slag, **vem)
