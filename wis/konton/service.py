"""Administering the people at an actor, within the caller's transaction.

Each act first locks the actor's row, so that two administrators at the same time are judged one after the other, and
then judges the right to it anew. The record is written last: see auth.service.rattighet_andrad().
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.aktorer.models import Aktor
from wis.auth import queries as auth_queries
from wis.auth.models import Anvandare, Lanktyp, Medlemskap
from wis.auth.rules import Beslut, Sak, Slag, Subjekt, Verb, can
from wis.auth.service import aktuellt_subjekt, las_person, rattighet_andrad
from wis.datum import sista_dag
from wis.handelser.models import Handelse
from wis.konton import brev, genomgangar, lankar, queries, tjanster
from wis.konton.models import Omdomesslag
from wis.konton.rules import (
    GAST_ANDRAS_INTE,
    HINDRAR,
    Behorighet,
    Hinder,
    Tillstand,
    prova_andring,
    prova_ny,
    provad_motivering,
)


@dataclass(frozen=True)
class Operator:
    """Who runs the installation, at its command line: outside the rights of the actors."""


OPERATOR: Final = Operator()
Utforare = Subjekt | Operator


class Otillatet(Exception):
    """The one who asks may not administer the actor (any more)."""

    def __init__(self, beslut: Beslut, sak: Sak) -> None:
        super().__init__(beslut.skal)
        self.beslut, self.sak = beslut, sak


@dataclass(frozen=True)
class Inbjudan:
    """Whom to invite, to what, and why."""

    epost: str
    namn: str
    behorighet: Behorighet
    motivering: str = ""


@dataclass(frozen=True)
class Inbjuden:
    """What came of it. `lank` is the secret of the invited: for the letter, and for the operator's eyes only."""

    medlemskap_id: int
    namn: str
    lank: str | None


@dataclass(frozen=True)
class Handling:
    """A change that is made and still to be recorded: several at once are recorded when all of them are made.

    `foljder`: what it led to, recorded after it.
    """

    vad: str
    objekt: str
    uppgifter: dict[str, Any]
    foljder: tuple["Handling", ...] = ()


def aktor_sak(aktor: Aktor) -> Sak:
    """What the right to administer the actor's users is judged on."""
    return Sak(Slag.AKTOR, aktor.id, agare_namn=aktor.namn)


def bjud_in(session: Session, who: Utforare, aktor_id: int, inbjudan: Inbjudan, bas_url: str) -> Inbjuden:
    """Give a person, known or new, rights at the actor, and send word of it. Raises Hinder or Otillatet.

    The operator gets the link instead of a letter being sent: mail may not be set up yet.
    """
    aktor = las_aktor(session, who, aktor_id)
    invited, handling = lagg_till(session, who, aktor, inbjudan, bas_url)
    logga(session, who, aktor_id, handling)
    return invited


def lagg_till(
    session: Session, who: Utforare, aktor: Aktor, inbjudan: Inbjudan, bas_url: str
) -> tuple[Inbjuden, Handling]:
    """As bjud_in(), at an actor that is locked already; what it returns is to be recorded."""
    motivering = _motivering(who, inbjudan.motivering)
    prova_ny(inbjudan.behorighet, clock.now())
    person = find_eller_skapa(session, inbjudan.epost, inbjudan.namn)
    if queries.find_medlemskap_for(session, aktor.id, person.id) is not None:
        raise Hinder(f"{person.adress} finns redan hos {aktor.namn}. Ändra personens behörighet i listan i stället.")
    if person.avstangd is not None:
        raise Hinder(f"{person.adress}: {HINDRAR[Tillstand.KONTO_STANGT]}")
    medlemskap = Medlemskap(anvandare_id=person.id, aktor_id=aktor.id, skapad=clock.now())
    _satt(medlemskap, inbjudan.behorighet)
    session.add(medlemskap)
    for as_guest in queries.gastskap(session, aktor.id, person.id):
        # What the person is now goes further, and nobody is two things at one actor.
        as_guest.avstangd = as_guest.avstangd or clock.now()
    rattighet_andrad(session, person)
    lank = None
    if person.losenord_hash is None:
        post = _inbjudningsbrev(person.namn, aktor.namn, inbjudan.behorighet)
        lank = ny_inbjudan(session, who, person, post, bas_url)
    elif isinstance(who, Subjekt):
        lankar.skicka(session, person, brev.tillagd(person.namn, aktor.namn, inbjudan.behorighet.namn, bas_url))
    given = {"behorighet": i_ord(inbjudan.behorighet), **motivering}
    return Inbjuden(medlemskap.id, person.namn, lank), Handling("inbjuden", person.adress, given)


def andra(
    session: Session,
    who: Utforare,
    aktor_id: int,
    medlemskap_id: int,
    efter: Behorighet,
    bygger_pa: str | None = None,
    motivering: str = "",
) -> None:
    """Change role, administratorship and end date. Raises Hinder, Otillatet or LookupError.

    `bygger_pa` is the signatur() of what the one who changes saw: somebody else's change in between is not undone.
    """

    def change(fore: Behorighet) -> Behorighet:
        if bygger_pa is not None and bygger_pa != signatur(fore):
            raise Hinder(f"Någon annan har ändrat behörigheten: nu är den {i_ord(fore)}. Kontrollera och spara igen.")
        return replace(efter, avstangd=fore.avstangd)

    _byt(session, who, aktor_id, medlemskap_id, Byte("behörighet ändrad", motivering, change))


def stang_av(session: Session, who: Utforare, aktor_id: int, medlemskap_id: int, motivering: str = "") -> None:
    """Shut the person out of this actor, and of this actor alone. Raises Hinder, Otillatet or LookupError."""
    byte = Byte("avstängd hos aktör", motivering, lambda fore: replace(fore, avstangd=True))
    _byt(session, who, aktor_id, medlemskap_id, byte)


def slapp_in(session: Session, who: Utforare, aktor_id: int, medlemskap_id: int, motivering: str = "") -> None:
    """Let the person in again. Raises Hinder, Otillatet or LookupError."""
    byte = Byte("insläppt hos aktör", motivering, lambda fore: replace(fore, avstangd=False))
    _byt(session, who, aktor_id, medlemskap_id, byte)


def skicka_lank(session: Session, who: Subjekt, aktor_id: int, medlemskap_id: int, bas_url: str) -> None:
    """Send the invitation again, or to whom has a password a link to choose a new one. An older such link ends.

    Raises Hinder, Otillatet or LookupError.
    """
    aktor = las_aktor(session, who, aktor_id)
    medlemskap = hamta(session, aktor_id, medlemskap_id)
    # The person before the link, as everywhere.
    person, rad = las_person(session, medlemskap.anvandare_id), queries.rad_av(medlemskap, clock.now())
    if rad.tillstand not in {Tillstand.AKTIV, Tillstand.INBJUDEN}:
        raise Hinder(HINDRAR[rad.tillstand])
    if person.losenord_hash is None:
        ny_inbjudan(session, who, person, _brev_igen(session, medlemskap, aktor.namn, rad.behorighet), bas_url)
        logga(session, who, aktor_id, Handling("inbjudan skickad igen", person.adress, {}))
        return
    lankar.avsluta(session, person.id, Lanktyp.ATERSTALLNING)
    lank = lankar.skapa(session, person, Lanktyp.ATERSTALLNING, bas_url, skapad_av_id=who.anvandare_id)
    lankar.skicka(session, person, brev.nytt_losenord(person.namn, lank))
    logga(session, who, aktor_id, Handling("länk för nytt lösenord skickad", person.adress, {}))


def signatur(behorighet: Behorighet) -> str:
    """A text that differs whenever the rights do, for a form to carry."""
    slut = behorighet.giltig_till.isoformat() if behorighet.giltig_till else ""
    return f"{behorighet.roll or ''}|{int(behorighet.administrator)}|{slut}|{int(behorighet.avstangd)}"


@dataclass(frozen=True)
class Byte:
    """A change of what somebody is: as what it is recorded, why, and what becomes of what was."""

    vad: str
    motivering: str
    till: Callable[[Behorighet], Behorighet]


def _byt(session: Session, who: Utforare, aktor_id: int, medlemskap_id: int, byte: Byte) -> None:
    las_aktor(session, who, aktor_id)
    handling = byt(session, who, hamta(session, aktor_id, medlemskap_id), byte)
    if handling is not None:
        logga(session, who, aktor_id, handling)


def byt(session: Session, who: Utforare, medlemskap: Medlemskap, byte: Byte) -> Handling | None:
    """Make the change at an actor that is locked already; what it returns is to be recorded, None if nothing changed.

    Raises Hinder.
    """
    plats, now = queries.plats_av(medlemskap), clock.now()
    fore, efter = plats.behorighet, byte.till(plats.behorighet)
    if fore == efter:
        return None
    if medlemskap.gast_handelse_id is not None and replace(efter, avstangd=fore.avstangd) != fore:
        raise Hinder(GAST_ANDRAS_INTE)
    utforare_id = who.anvandare_id if isinstance(who, Subjekt) else None
    prova_andring(utforare_id, plats, efter, queries.ovriga_administratorer(session, medlemskap), now)
    motivering = _motivering(who, byte.motivering)
    # Whoever was out, or is out now, is on duty as nothing.
    out = not (fore.galler(now) and efter.galler(now))
    foljder = avslutade_tjanster(session, medlemskap.id, utforare_id) if out else ()
    _satt(medlemskap, efter)
    rattighet_andrad(session, medlemskap.anvandare)
    if isinstance(who, Subjekt):
        slag = Omdomesslag.AVSTANGD if efter.avstangd else Omdomesslag.ANDRAD
        genomgangar.anteckna(session, who.anvandare_id, medlemskap, slag, i_ord(efter))
    given = {"fore": i_ord(fore), "efter": i_ord(efter), **motivering}
    return Handling(byte.vad, medlemskap.anvandare.adress, given, foljder)


def avslutade_tjanster(session: Session, medlemskap_id: int, av_id: int | None) -> tuple[Handling, ...]:
    """End what the member is on duty as; what it returns is to be recorded."""
    ended = tjanster.avsluta(session, [medlemskap_id], av_id)
    return tuple(Handling("avslutar tjänst", en.objekt, en.uppgifter) for en in ended)


def las_aktor(session: Session, who: Utforare, aktor_id: int) -> Aktor:
    """Lock the actor against other administrators and judge the right by what the database says now.

    Raises Otillatet.
    """
    # Not FOR UPDATE in full: rows that merely refer to the actor may be written meanwhile.
    aktor = session.scalars(select(Aktor).where(Aktor.id == aktor_id).with_for_update(key_share=True)).one()
    if isinstance(who, Operator):
        return aktor
    current = aktuellt_subjekt(session, who) or replace(who, roll=None, administrator=False)
    beslut = can(current, Verb.ADMINISTRERA, aktor_sak(aktor), clock.now())
    if not beslut:
        raise Otillatet(beslut, aktor_sak(aktor))
    return aktor


def hamta(session: Session, aktor_id: int, medlemskap_id: int) -> Medlemskap:
    """The person's membership at this actor. Raises LookupError."""
    medlemskap = queries.find_medlemskap(session, aktor_id, medlemskap_id)
    if medlemskap is None:
        raise LookupError(medlemskap_id)
    return medlemskap


def find_eller_skapa(session: Session, epost: str, namn: str) -> Anvandare:
    """The person with this address, made if there is none."""
    adress = epost.strip().lower()
    person = auth_queries.find_anvandare(session, adress)
    if person is not None:
        return person
    new = Anvandare(epost=adress, namn=namn, skapad=clock.now())
    try:
        with session.begin_nested():
            session.add(new)
    except IntegrityError:
        # Another actor invited the same person at the same moment.
        return session.scalars(select(Anvandare).where(Anvandare.epost == adress)).one()
    return new


def ny_inbjudan(
    session: Session, who: Utforare, person: Anvandare, post: Callable[[str], brev.Brev], bas_url: str
) -> str:
    """A new link to choose a password, in the letter that `post` makes of it. An older such link ends."""
    lankar.avsluta(session, person.id, Lanktyp.INBJUDAN)
    skapad_av = who.anvandare_id if isinstance(who, Subjekt) else None
    lank = lankar.skapa(session, person, Lanktyp.INBJUDAN, bas_url, skapad_av_id=skapad_av)
    if isinstance(who, Subjekt):
        lankar.skicka(session, person, post(lank))
    return lank


def _inbjudningsbrev(namn: str, aktor: str, behorighet: Behorighet) -> Callable[[str], brev.Brev]:
    return lambda lank: brev.inbjudan(namn, aktor, behorighet.namn, lank)


def _brev_igen(
    session: Session, medlemskap: Medlemskap, aktor: str, behorighet: Behorighet
) -> Callable[[str], brev.Brev]:
    """The letter of the invitation that is sent again: a guest's is another."""
    namn, till = medlemskap.anvandare.namn, behorighet.giltig_till
    if medlemskap.gast_handelse_id is None or till is None:
        return _inbjudningsbrev(namn, aktor, behorighet)
    rubrik = session.get_one(Handelse, medlemskap.gast_handelse_id).rubrik
    return lambda lank: brev.gast(namn, aktor, rubrik, till, lank)


def _satt(medlemskap: Medlemskap, behorighet: Behorighet) -> None:
    medlemskap.roll = behorighet.roll
    medlemskap.administrator = behorighet.administrator
    medlemskap.giltig_till = behorighet.giltig_till
    medlemskap.avstangd = (medlemskap.avstangd or clock.now()) if behorighet.avstangd else None


def i_ord(behorighet: Behorighet) -> str:
    """What it gives, in words: 'läsare, till och med 2026-12-31'."""
    slut = f", till och med {sista_dag(behorighet.giltig_till)}" if behorighet.giltig_till else ""
    return f"{behorighet.namn or 'ingen roll'}{slut}{' (avstängd)' if behorighet.avstangd else ''}"


def _motivering(who: Utforare, text: str) -> dict[str, str]:
    """The reason for the record. Whoever runs the installation acts outside the actor and is recorded as such."""
    return {"motivering": provad_motivering(text)} if isinstance(who, Subjekt) else {}


def logga(session: Session, who: Utforare, aktor_id: int, *handlingar: Handling) -> None:
    """Record what has been done, last in the transaction: nobody's row may be waited for after this."""
    given = {"kommandorad": True} if isinstance(who, Operator) else {}
    anvandare_id = who.anvandare_id if isinstance(who, Subjekt) else None
    for en in handlingar:
        details: dict[str, Any] = {**en.uppgifter, **given}
        audit.record(session, en.vad, anvandare_id=anvandare_id, aktor_id=aktor_id, objekt=en.objekt, **details)
        logga(session, who, aktor_id, *en.foljder)
