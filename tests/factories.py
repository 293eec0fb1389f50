"""Builds what a test needs, each with sensible values; every function writes within the given session."""

import itertools
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from wis import clock
from wis.aktorer.models import Aktor
from wis.auth import queries
from wis.auth.models import Anvandare, Medlemskap
from wis.auth.rules import Roll, Subjekt
from wis.handelser.models import Handelse, HandelseLasare, Lage, Typ
from wis.notiser.models import Kanal, Kanalslag, Notisslag, Omfattning, Prenumeration

LOSENORD = "ett-langt-losenord-for-prov"
_nummer = itertools.count(1)


@cache
def _hash() -> str:
    """A hash that says of itself how little work it was: what is checked against it takes no time."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(LOSENORD)


def en_aktor(session: Session, slug: str | None = None, namn: str | None = None) -> Aktor:
    """The actor with this slug, made if it is not there."""
    slug = slug or f"aktor-{next(_nummer)}"
    found = session.scalar(select(Aktor).where(Aktor.slug == slug))
    if found is not None:
        return found
    aktor = Aktor(slug=slug, namn=namn or slug.replace("-", " ").title(), kortnamn=slug.title(), typ="kommun")
    session.add(aktor)
    session.flush()
    return aktor


def en_anvandare(session: Session, epost: str | None = None, *, namn: str | None = None) -> Anvandare:
    """A person with the password LOSENORD and no membership."""
    nummer = next(_nummer)
    epost = epost or f"person{nummer}@prov.example"
    person = Anvandare(epost=epost, namn=namn or f"Person {nummer}", losenord_hash=_hash(), skapad=clock.now())
    session.add(person)
    session.flush()
    return person


def ett_medlemskap(
    session: Session,
    person: Anvandare,
    aktor: Aktor,
    roll: Roll | None = Roll.LASARE,
    *,
    administrator: bool = False,
    giltig_till: datetime | None = None,
) -> Medlemskap:
    """What the person is at the actor."""
    medlemskap = Medlemskap(
        anvandare_id=person.id,
        aktor_id=aktor.id,
        roll=roll,
        administrator=administrator,
        giltig_till=giltig_till,
        skapad=clock.now(),
    )
    session.add(medlemskap)
    session.flush()
    return medlemskap


def en_person_hos(
    session: Session,
    aktor_slug: str,
    roll: Roll | None = Roll.LASARE,
    *,
    epost: str | None = None,
    administrator: bool = False,
) -> Anvandare:
    """A person with one role at one actor; both are made."""
    person = en_anvandare(session, epost)
    ett_medlemskap(session, person, en_aktor(session, aktor_slug), roll, administrator=administrator)
    return person


def subjekt_for(session: Session, person: Anvandare) -> Subjekt:
    """The person acting for their first actor."""
    return queries.subjekt_av(queries.giltiga_medlemskap(session, person.id, clock.now())[0])


def en_handelse(
    session: Session,
    agare: str = "lansstyrelsen",
    *,
    slug: str | None = None,
    rubrik: str = "Snöoväder",
    ovning: bool = False,
    lasare: list[str] | None = None,
    stangd: datetime | None = None,
    staende: bool = False,
    lage: Lage = Lage.ORDINARIE,
) -> Handelse:
    """An event owned by the actor `agare`; `lasare` None = readable by all actors, else by these (and the owner)."""
    handelse = Handelse(
        slug=slug or f"handelse-{next(_nummer)}",
        rubrik=rubrik,
        typ=Typ.VADER,
        beskrivning="Kraftigt snöfall väntas.",
        beskrivning_html="<p>Kraftigt snöfall väntas.</p>",
        ovning=ovning,
        staende=staende,
        alla_aktorer=lasare is None,
        lage=lage,
        agare_id=en_aktor(session, agare).id,
        skapad=clock.now(),
        stangd=stangd,
    )
    handelse.lasare = [HandelseLasare(aktor_id=en_aktor(session, slug).id) for slug in lasare or []]
    session.add(handelse)
    session.flush()
    return handelse


def en_kanal(session: Session, person: Anvandare, slag: Kanalslag, adress: str, *, verifierad: bool = True) -> Kanal:
    """A number or an address of the person."""
    kanal = Kanal(anvandare_id=person.id, slag=slag, adress=adress, verifierad=clock.now() if verifierad else None)
    session.add(kanal)
    session.flush()
    return kanal


def en_prenumeration(
    session: Session,
    person: Anvandare,
    slag: Notisslag,
    *,
    sms: bool = True,
    epost: bool = True,
    handelse: Handelse | None = None,
    omfattning: Omfattning = Omfattning.ALLA,
) -> Prenumeration:
    """A subscription; for one event when `handelse` is given."""
    rad = Prenumeration(
        anvandare_id=person.id,
        slag=slag,
        omfattning=Omfattning.HANDELSE if handelse else omfattning,
        handelse_id=handelse.id if handelse else None,
        sms=sms,
        epost=epost,
    )
    session.add(rad)
    session.flush()
    return rad
