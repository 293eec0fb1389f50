"""Noting in an event, and striking what was noted, within the caller's transaction.

The caller locks the event first; the record is written last.
"""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wis import audit, clock, taggar
from wis.andringar import Andring, Slag, anmal
from wis.anteckningar import queries
from wis.anteckningar.models import Anteckning, StrukenAnteckning
from wis.anteckningar.rules import NyAnteckning
from wis.auth.rules import Sak, Subjekt, Verb
from wis.handelser.models import Handelse
from wis.handelser.rules import egen_nyckel


def anteckna(session: Session, who: Subjekt, handelse: Handelse, ny: NyAnteckning) -> Anteckning:
    """A new entry by the actor that `who` acts for; the one already made if this form came before."""
    nyckel = egen_nyckel(ny.egen_nyckel(), handelse.id, who.anvandare_id, who.aktor_id)
    tidigare = queries.find_med_nyckel(session, nyckel)
    if tidigare is not None:
        return tidigare
    anteckning = _rad(who, handelse, ny, nyckel)
    try:
        with session.begin_nested():
            session.add(anteckning)
            session.flush()
    except IntegrityError:
        # A double click: the same form at the same moment.
        tidigare = queries.find_med_nyckel(session, nyckel)
        if tidigare is None:
            raise
        return tidigare
    sak = (anteckning.id, 0, anteckning.tid)
    taggar.samla(session, taggar.Slag.ANTECKNING, handelse.id, sak, anteckning.text)
    _beratta(session, who, anteckning, handelse.sak(publicerad=anteckning.skriven), "antecknar")
    return anteckning


def stryk(session: Session, who: Subjekt, anteckning: Anteckning) -> None:
    """Strike the entry; nothing more if it is struck. It stays, and is shown so."""
    if queries.find_struken(session, anteckning.id) is not None:
        return
    try:
        with session.begin_nested():
            session.add(StrukenAnteckning(anteckning_id=anteckning.id, tid=clock.now(), anvandare_id=who.anvandare_id))
            session.flush()
    except IntegrityError:
        # Somebody else did, at the same moment.
        return
    _beratta(session, who, anteckning, queries.sak_for(anteckning), "stryker anteckning")


def verb_for_att_stryka(who: Subjekt, anteckning: Anteckning) -> Verb:
    """What one must be allowed of the actor's own to strike it: its author to write, another to publish."""
    return Verb.SKRIVA if anteckning.forfattare_id == who.anvandare_id else Verb.PUBLICERA


def _rad(who: Subjekt, handelse: Handelse, ny: NyAnteckning, nyckel: str) -> Anteckning:
    now = clock.now()
    return Anteckning(
        handelse_id=handelse.id,
        aktor_id=who.aktor_id,
        forfattare_id=who.anvandare_id,
        skriven=now,
        tid=min(ny.tid or now, now),
        text=ny.text,
        funktion=", ".join(tjanst.namn for tjanst in who.i_tjanst(now)),
        idempotensnyckel=nyckel,
    )


def _beratta(session: Session, who: Subjekt, anteckning: Anteckning, sak: Sak, gjort: str) -> None:
    audit.record(
        session,
        gjort,
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=f"anteckning:{anteckning.id}",
        tid=anteckning.tid.isoformat(),
    )
    andring = Andring(
        Slag.ANTECKNING, anteckning.id, handelse_id=anteckning.handelse_id, aktorer=sak.lasande_aktorer(), tlp=sak.tlp
    )
    anmal(session, andring)
