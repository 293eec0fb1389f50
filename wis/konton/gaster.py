"""Guests: one event, read only, for a few days. Within the caller's transaction."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from wis import clock
from wis.aktorer.models import Aktor
from wis.aktorer.queries import las_aktor
from wis.auth.models import Anvandare, Medlemskap
from wis.auth.rules import Roll, Subjekt
from wis.auth.service import rattighet_andrad
from wis.handelser.models import Handelse
from wis.konton import brev, lankar, queries
from wis.konton.queries import Anvandarrad, rad_av
from wis.konton.rules import HINDRAR, Hinder, Tillstand, gast_till, provad_motivering
from wis.konton.service import Handling, Inbjuden, find_eller_skapa, logga, ny_inbjudan


@dataclass(frozen=True)
class Gastinbjudan:
    """Whom to let read, for how many days (1–7), and why."""

    epost: str
    namn: str
    dagar: int
    motivering: str


def gaster(session: Session, aktor_id: int, handelse_id: int, now: datetime) -> list[Anvandarrad]:
    """The actor's guests in the event, those that are over too, the last to end first."""
    found = session.scalars(
        select(Medlemskap)
        .options(joinedload(Medlemskap.anvandare))
        .where(Medlemskap.aktor_id == aktor_id, Medlemskap.gast_handelse_id == handelse_id)
        .order_by(Medlemskap.giltig_till.desc(), Medlemskap.id)
    )
    return [rad_av(medlemskap, now) for medlemskap in found]


def las_handelse(session: Session, handelse_id: int) -> Handelse:
    """The event, locked against changes of who reads it, for the right to be judged on."""
    return session.scalars(
        select(Handelse)
        .where(Handelse.id == handelse_id)
        .with_for_update(key_share=True, of=Handelse)
        .execution_options(populate_existing=True)
    ).one()


def bjud_in(session: Session, who: Subjekt, handelse: Handelse, gast: Gastinbjudan, bas_url: str) -> Inbjuden:
    """Let a person read the event as a guest of the actor that `who` acts for, and send word of it.

    The right to it (BJUDA_GAST) is judged by the caller, on the event locked here. Raises Hinder.
    """
    # The same lock as for members: a person is made a member or a guest, one after the other.
    aktor = las_aktor(session, who.aktor_id)
    motivering, till = provad_motivering(gast.motivering), gast_till(gast.dagar, clock.now())
    person = find_eller_skapa(session, gast.epost, gast.namn)
    medlemskap = _plats(session, aktor, person, handelse.id)
    medlemskap.giltig_till = till
    session.add(medlemskap)
    rattighet_andrad(session, person)
    lank = _skicka(session, who, person, aktor, handelse, till, bas_url)
    given = {"handelse_id": handelse.id, "till": till.isoformat(timespec="minutes"), "motivering": motivering}
    logga(session, who, aktor.id, Handling("gäst inbjuden", person.adress, given))
    return Inbjuden(medlemskap.id, person.namn, lank)


def avsluta(session: Session, who: Subjekt, handelse: Handelse, medlemskap_id: int, motivering: str) -> None:
    """End the guest's days now. The right to it is judged by the caller. Raises Hinder or LookupError."""
    las_aktor(session, who.aktor_id)
    medlemskap = queries.find_medlemskap(session, who.aktor_id, medlemskap_id)
    if medlemskap is None or medlemskap.gast_handelse_id != handelse.id:
        raise LookupError(medlemskap_id)
    if not rad_av(medlemskap, clock.now()).behorighet.galler(clock.now()):
        raise Hinder("Gästens tid är redan ute.")
    reason = provad_motivering(motivering)
    medlemskap.giltig_till = clock.now()
    rattighet_andrad(session, medlemskap.anvandare)
    given = {"handelse_id": handelse.id, "motivering": reason}
    logga(session, who, who.aktor_id, Handling("gäst avslutad", medlemskap.anvandare.adress, given))


def _plats(session: Session, aktor: Aktor, person: Anvandare, handelse_id: int) -> Medlemskap:
    """The person's place as a guest in the event: the one from before, or a new one. Raises Hinder."""
    now = clock.now()
    if person.avstangd is not None:
        raise Hinder(f"{person.adress}: {HINDRAR[Tillstand.KONTO_STANGT]}")
    member = queries.find_medlemskap_for(session, aktor.id, person.id)
    if member is not None:
        raise Hinder(_redan(aktor, rad_av(member, now)))
    earlier = queries.gastskap(session, aktor.id, person.id)
    here = next((en for en in earlier if en.gast_handelse_id == handelse_id), None)
    if any(en.avstangd is not None for en in earlier):
        raise Hinder(
            f"{person.adress} är avstängd hos {aktor.namn}. Bara er aktörsadministratör kan släppa in personen igen."
        )
    if any(en is not here and rad_av(en, now).behorighet.galler(now) for en in earlier):
        raise Hinder(
            f"{person.adress} är redan gäst hos {aktor.namn} i en annan händelse. En gäst läser en händelse åt "
            "gången. Avsluta den andra först, eller be aktörsadministratören att bjuda in personen som läsare."
        )
    return here or Medlemskap(
        anvandare_id=person.id, aktor_id=aktor.id, roll=Roll.LASARE, skapad=now, gast_handelse_id=handelse_id
    )


def _redan(aktor: Aktor, rad: Anvandarrad) -> str:
    if rad.kommer_in:
        return (
            f"{rad.epost} finns redan hos {aktor.namn} ({rad.behorighet.namn}) och behöver inte bjudas in som gäst. "
            "Ser personen inte händelsen: be er aktörsadministratör att titta efter varför."
        )
    return (
        f"{rad.epost} finns redan hos {aktor.namn}, men kommer inte in: {rad.tillstand.value}. Be er "
        "aktörsadministratör att ändra det i stället för att bjuda in en gäst."
    )


def _skicka(
    session: Session, who: Subjekt, person: Anvandare, aktor: Aktor, handelse: Handelse, till: datetime, bas_url: str
) -> str | None:
    namn, rubrik = person.namn, handelse.rubrik
    if person.losenord_hash is None:
        return ny_inbjudan(session, who, person, lambda lank: brev.gast(namn, aktor.namn, rubrik, till, lank), bas_url)
    lankar.skicka(session, person, brev.gast_tillagd(namn, aktor.namn, rubrik, till, bas_url))
    return None
