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
from wis.auth.service import rattighet_andrad
from wis.konton import brev, lankar, queries
from wis.konton.rules import HINDRAR, Behorighet, Hinder, Tillstand, prova_andring, prova_ny, sista_dag


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
    """Whom to invite, and to what."""

    epost: str
    namn: str
    behorighet: Behorighet


@dataclass(frozen=True)
class Inbjuden:
    """What came of it. `lank` is the secret of the invited: for the letter, and for the operator's eyes only."""

    medlemskap_id: int
    namn: str
    lank: str | None


def aktor_sak(aktor: Aktor) -> Sak:
    """What the right to administer the actor's users is judged on."""
    return Sak(Slag.AKTOR, aktor.id, agare_namn=aktor.namn)


def bjud_in(session: Session, who: Utforare, aktor_id: int, inbjudan: Inbjudan, bas_url: str) -> Inbjuden:
    """Give a person, known or new, rights at the actor, and send word of it. Raises Hinder or Otillatet.

    The operator gets the link instead of a letter being sent: mail may not be set up yet.
    """
    aktor = _las_aktor(session, who, aktor_id)
    prova_ny(inbjudan.behorighet, clock.now())
    person = _find_eller_skapa(session, inbjudan)
    if queries.find_medlemskap_for(session, aktor_id, person.id) is not None:
        raise Hinder(f"{person.epost} finns redan hos {aktor.namn}. Ändra personens behörighet i listan i stället.")
    if person.avstangd is not None:
        raise Hinder(f"{person.epost}: {HINDRAR[Tillstand.KONTO_STANGT]}")
    medlemskap = Medlemskap(anvandare_id=person.id, aktor_id=aktor_id, skapad=clock.now())
    _satt(medlemskap, inbjudan.behorighet)
    session.add(medlemskap)
    rattighet_andrad(session, person)
    lank = None
    if person.losenord_hash is None:
        lank = _ny_inbjudan(session, who, person, aktor.namn, inbjudan.behorighet, bas_url)
    elif isinstance(who, Subjekt):
        lankar.skicka(session, person, brev.tillagd(person.namn, aktor.namn, inbjudan.behorighet.namn, bas_url))
    _logga(session, who, "inbjuden", aktor_id, person, behorighet=_i_ord(inbjudan.behorighet))
    return Inbjuden(medlemskap.id, person.namn, lank)


def andra(
    session: Session, who: Utforare, aktor_id: int, medlemskap_id: int, efter: Behorighet, bygger_pa: str | None = None
) -> None:
    """Change role, administratorship and end date. Raises Hinder, Otillatet or LookupError.

    `bygger_pa` is the signatur() of what the one who changes saw: somebody else's change in between is not undone.
    """

    def change(fore: Behorighet) -> Behorighet:
        if bygger_pa is not None and bygger_pa != signatur(fore):
            raise Hinder(f"Någon annan har ändrat behörigheten: nu är den {_i_ord(fore)}. Kontrollera och spara igen.")
        return replace(efter, avstangd=fore.avstangd)

    _byt(session, who, aktor_id, medlemskap_id, "behörighet ändrad", change)


def stang_av(session: Session, who: Utforare, aktor_id: int, medlemskap_id: int) -> None:
    """Shut the person out of this actor, and of this actor alone. Raises Hinder, Otillatet or LookupError."""
    _byt(session, who, aktor_id, medlemskap_id, "avstängd hos aktör", lambda fore: replace(fore, avstangd=True))


def slapp_in(session: Session, who: Utforare, aktor_id: int, medlemskap_id: int) -> None:
    """Let the person in again. Raises Hinder, Otillatet or LookupError."""
    _byt(session, who, aktor_id, medlemskap_id, "insläppt hos aktör", lambda fore: replace(fore, avstangd=False))


def skicka_lank(session: Session, who: Subjekt, aktor_id: int, medlemskap_id: int, bas_url: str) -> None:
    """Send the invitation again, or to whom has a password a link to choose a new one. An older such link ends.

    Raises Hinder, Otillatet or LookupError.
    """
    aktor = _las_aktor(session, who, aktor_id)
    medlemskap = _hamta(session, aktor_id, medlemskap_id)
    person, rad = medlemskap.anvandare, queries.rad_av(medlemskap, clock.now())
    if rad.tillstand not in {Tillstand.AKTIV, Tillstand.INBJUDEN}:
        raise Hinder(HINDRAR[rad.tillstand])
    if person.losenord_hash is None:
        _ny_inbjudan(session, who, person, aktor.namn, rad.behorighet, bas_url)
        _logga(session, who, "inbjudan skickad igen", aktor_id, person)
        return
    lankar.avsluta(session, person.id, Lanktyp.ATERSTALLNING)
    lank = lankar.skapa(session, person, Lanktyp.ATERSTALLNING, bas_url, skapad_av_id=who.anvandare_id)
    lankar.skicka(session, person, brev.nytt_losenord(person.namn, lank))
    _logga(session, who, "länk för nytt lösenord skickad", aktor_id, person)


def signatur(behorighet: Behorighet) -> str:
    """A text that differs whenever the rights do, for a form to carry."""
    slut = behorighet.giltig_till.isoformat() if behorighet.giltig_till else ""
    return f"{behorighet.roll or ''}|{int(behorighet.administrator)}|{slut}|{int(behorighet.avstangd)}"


def _byt(
    session: Session,
    who: Utforare,
    aktor_id: int,
    medlemskap_id: int,
    handling: str,
    change: Callable[[Behorighet], Behorighet],
) -> None:
    _las_aktor(session, who, aktor_id)
    medlemskap = _hamta(session, aktor_id, medlemskap_id)
    plats, now = queries.plats_av(medlemskap), clock.now()
    fore, efter = plats.behorighet, change(plats.behorighet)
    if fore == efter:
        return
    utforare_id = who.anvandare_id if isinstance(who, Subjekt) else None
    prova_andring(utforare_id, plats, efter, queries.ovriga_administratorer(session, medlemskap), now)
    _satt(medlemskap, efter)
    rattighet_andrad(session, medlemskap.anvandare)
    _logga(session, who, handling, aktor_id, medlemskap.anvandare, fore=_i_ord(fore), efter=_i_ord(efter))


def _las_aktor(session: Session, who: Utforare, aktor_id: int) -> Aktor:
    """Lock the actor against other administrators and judge the right by what the database says now."""
    # Not FOR UPDATE in full: rows that merely refer to the actor may be written meanwhile.
    aktor = session.scalars(select(Aktor).where(Aktor.id == aktor_id).with_for_update(key_share=True)).one()
    if isinstance(who, Operator):
        return aktor
    now = clock.now()
    medlemskap = next(
        (m for m in auth_queries.giltiga_medlemskap(session, who.anvandare_id, now) if m.aktor_id == who.aktor_id), None
    )
    current = auth_queries.subjekt_av(medlemskap) if medlemskap else replace(who, roll=None, administrator=False)
    beslut = can(current, Verb.ADMINISTRERA, aktor_sak(aktor), now)
    if not beslut:
        raise Otillatet(beslut, aktor_sak(aktor))
    return aktor


def _hamta(session: Session, aktor_id: int, medlemskap_id: int) -> Medlemskap:
    medlemskap = queries.find_medlemskap(session, aktor_id, medlemskap_id)
    if medlemskap is None:
        raise LookupError(medlemskap_id)
    return medlemskap


def _find_eller_skapa(session: Session, inbjudan: Inbjudan) -> Anvandare:
    epost = inbjudan.epost.strip().lower()
    person = auth_queries.find_anvandare(session, epost)
    if person is not None:
        return person
    new = Anvandare(epost=epost, namn=inbjudan.namn, skapad=clock.now())
    try:
        with session.begin_nested():
            session.add(new)
    except IntegrityError:
        # Another actor invited the same person at the same moment.
        return session.scalars(select(Anvandare).where(Anvandare.epost == epost)).one()
    return new


def _ny_inbjudan(
    session: Session, who: Utforare, person: Anvandare, aktor_namn: str, behorighet: Behorighet, bas_url: str
) -> str:
    lankar.avsluta(session, person.id, Lanktyp.INBJUDAN)
    skapad_av = who.anvandare_id if isinstance(who, Subjekt) else None
    lank = lankar.skapa(session, person, Lanktyp.INBJUDAN, bas_url, skapad_av_id=skapad_av)
    if isinstance(who, Subjekt):
        lankar.skicka(session, person, brev.inbjudan(person.namn, aktor_namn, behorighet.namn, lank))
    return lank


def _satt(medlemskap: Medlemskap, behorighet: Behorighet) -> None:
    medlemskap.roll = behorighet.roll
    medlemskap.administrator = behorighet.administrator
    medlemskap.giltig_till = behorighet.giltig_till
    medlemskap.avstangd = (medlemskap.avstangd or clock.now()) if behorighet.avstangd else None


def _i_ord(behorighet: Behorighet) -> str:
    slut = f", till och med {sista_dag(behorighet.giltig_till)}" if behorighet.giltig_till else ""
    return f"{behorighet.namn or 'ingen roll'}{slut}{' (avstängd)' if behorighet.avstangd else ''}"


def _logga(
    session: Session, who: Utforare, handling: str, aktor_id: int, person: Anvandare, **uppgifter: object
) -> None:
    given = {"kommandorad": True} if isinstance(who, Operator) else {}
    anvandare_id = who.anvandare_id if isinstance(who, Subjekt) else None
    details: dict[str, Any] = {**uppgifter, **given}
    audit.record(session, handling, anvandare_id=anvandare_id, aktor_id=aktor_id, objekt=person.epost, **details)
