"""A word to chosen actors: that a question waits for their answer, that a measure concerns them, that they are missed.

Unlike a dispatch it is not subscribed to: who works for the actor in the event is told, by the channels that they have.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from wis import clock
from wis.auth.models import Anvandare, Anvandarslag, Medlemskap
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.lasratt import medlem_laser_handelsen
from wis.handelser.models import Handelse
from wis.notiser import rules
from wis.notiser.models import Kanal, Kanalslag, Tystnad
from wis.notiser.service import skicka_brev

MAX_PER_AKTOR = 12
"""So many are written to at an actor, its functions first: whoever has the watch is found, and no fifty phones ring."""
_SKRIVER = [roll.value for roll in Roll if roll.niva >= Roll.SKRIBENT.niva]


@dataclass(frozen=True)
class Bud:
    """What is said: the subject, a sentence without what is labelled, and our path to the rest."""

    amne: str
    text: str
    lank: str
    bradskande: bool = False


def skicka_bud(session: Session, handelse: Handelse, aktor_ids: Collection[int], bud: Bud) -> dict[int, int]:
    """Have the functions and the writers of these actors told; returns to how many people at each actor that has any.

    Only who reads the event now is told, by their verified channels, or by the address that they log in with. Quiet
    hours hold unless it is brådskande. The path is to be judged anew when it is opened.
    """
    now, antal = clock.now(), {}
    ovning = "ÖVNING: " if handelse.ovning else ""
    database: Database = session.info["database"]
    ord_ = ovning + bud.amne, f"{ovning}{bud.text} {database.base_url}{bud.lank}"
    valda: list[Anvandare] = []
    for aktor_id, alla in groupby(_mottagare(session, handelse, aktor_ids, now), key=lambda rad: rad[0]):
        personer = [person for _, person in alla][:MAX_PER_AKTOR]
        valda += personer
        antal[aktor_id] = len(personer)
    _skriv(session, valda, ord_, now, bradskande=bud.bradskande)
    return antal


def _mottagare(
    session: Session, handelse: Handelse, aktor_ids: Collection[int], now: datetime
) -> list[tuple[int, Anvandare]]:
    found = session.execute(
        select(Medlemskap.aktor_id, Anvandare)
        .select_from(Medlemskap)
        .join(Anvandare, Anvandare.id == Medlemskap.anvandare_id)
        .join(Handelse, Handelse.id == handelse.id)
        .where(
            Medlemskap.aktor_id.in_(list(aktor_ids)),
            Medlemskap.gast_handelse_id.is_(None),
            or_(Medlemskap.roll.in_(_SKRIVER), Anvandare.slag == Anvandarslag.FUNKTION),
            medlem_laser_handelsen(now),
        )
    ).all()
    rader = [(aktor_id, person) for aktor_id, person in found]
    return sorted(rader, key=lambda rad: (rad[0], rad[1].slag != Anvandarslag.FUNKTION, rad[1].id))


def _skriv(
    session: Session, personer: Iterable[Anvandare], ord_: tuple[str, str], now: datetime, *, bradskande: bool
) -> None:
    alla = list(personer)
    tysta, kanaler = _tysta(session, alla), _kanaler(session, alla)
    for person in alla:
        tidigast = rules.tidigast(now, tysta.get(person.id), bradskande=bradskande)
        for kanal, adress in kanaler[person.id]:
            amne, text = ord_
            skicka_brev(
                session,
                anvandare_id=person.id,
                kanal=kanal,
                adress=adress,
                amne=amne,
                text=text,
                tidigast=tidigast,
                bradskande=bradskande,
            )


def _tysta(session: Session, personer: Collection[Anvandare]) -> dict[int, tuple[str, str]]:
    fraga = select(Tystnad).where(Tystnad.anvandare_id.in_([person.id for person in personer]))
    return {tyst.anvandare_id: (tyst.fran, tyst.till) for tyst in session.scalars(fraga)}


def _kanaler(session: Session, personer: Collection[Anvandare]) -> dict[int, list[tuple[Kanalslag, str]]]:
    """Where each is written to: their verified channels, else where a person logs in."""
    ids = [person.id for person in personer]
    fraga = select(Kanal).where(Kanal.anvandare_id.in_(ids), Kanal.verifierad.is_not(None)).order_by(Kanal.id)
    ut: dict[int, list[tuple[Kanalslag, str]]] = {id_: [] for id_ in ids}
    for kanal in session.scalars(fraga):
        ut[kanal.anvandare_id].append((Kanalslag(kanal.slag), kanal.adress))
    for person in personer:
        if not ut[person.id] and person.slag == Anvandarslag.PERSON:
            ut[person.id].append((Kanalslag.EPOST, person.adress))
    return ut
