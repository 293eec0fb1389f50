"""Second factors: what a person has, what is required, recovery codes, and taking factors away.

The app is in faktorer_app, passkeys in faktorer_passkey. Everything within the caller's transaction.
"""

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.auth import losenord, meddelanden, queries, service
from wis.auth.models import Anvandare, Passkey, Reservkod, Totp
from wis.auth.rules import Subjekt
from wis.settings import Settings

ANTAL_KODER = 10
FA_KODER = 3
"""From so few codes left one is told to make new ones."""
_KODTECKEN = "abcdefghjkmnpqrstuvwxyz23456789"
_GRUPP, _GRUPPER = 4, 3


class Faktorfel(Exception):
    """What was asked for can't be done; the text says why, and what to do, to the person."""


class Behov(Enum):
    """What a login needs after the password."""

    INGET = "inget"
    FRAGA = "fråga"
    SATT_UPP = "sätt upp"


@dataclass(frozen=True)
class Nyckel:
    """A passkey, as its owner knows it."""

    id: int
    namn: str
    skapad: datetime
    senast_anvand: datetime | None


@dataclass(frozen=True)
class Faktorlage:
    """What a person has: since when there is an app (None: no app), the passkeys, and how many codes are left."""

    app: datetime | None
    passkeys: tuple[Nyckel, ...]
    koder_kvar: int

    @property
    def antal(self) -> int:
        """How many factors; the codes are none of their own."""
        return len(self.passkeys) + (self.app is not None)


# --- what is asked for -------------------------------------------------------------------------------------------


def krav(settings: Settings, is_admin: bool) -> bool:
    """Whether the operator asks for a second factor of such a person. A demo never does."""
    if settings.demo:
        return False
    return settings.andra_faktor == "alla" or (settings.andra_faktor == "administratorer" and is_admin)


def kravs_av(session: Session, settings: Settings, anvandare_id: int) -> bool:
    """krav() of this person, who is an administrator if so at any actor."""
    found = queries.giltiga_medlemskap(session, anvandare_id, clock.now())
    return krav(settings, any(medlemskap.administrator for medlemskap in found))


def lage(session: Session, anvandare_id: int) -> Faktorlage:
    """What the person has set up."""
    app = session.scalar(select(Totp.bekraftad).where(Totp.anvandare_id == anvandare_id, Totp.bekraftad.is_not(None)))
    nycklar = session.scalars(select(Passkey).where(Passkey.anvandare_id == anvandare_id).order_by(Passkey.id))
    kvar = session.scalar(
        select(func.count()).where(Reservkod.anvandare_id == anvandare_id, Reservkod.anvand.is_(None))
    )
    return Faktorlage(app, tuple(Nyckel(n.id, n.namn, n.skapad, n.senast_anvand) for n in nycklar), kvar or 0)


def med_faktor(session: Session, anvandare_ids: Collection[int]) -> set[int]:
    """Those of the persons who have a second factor."""
    app = select(Totp.anvandare_id).where(Totp.anvandare_id.in_(anvandare_ids), Totp.bekraftad.is_not(None))
    nyckel = select(Passkey.anvandare_id).where(Passkey.anvandare_id.in_(anvandare_ids))
    return set(session.scalars(app.union(nyckel)))


def behov(session: Session, settings: Settings, anvandare_id: int) -> Behov:
    """What is asked for after the password: whoever has a factor is always asked for it, whatever the policy."""
    if med_faktor(session, [anvandare_id]):
        return Behov.FRAGA
    return Behov.SATT_UPP if kravs_av(session, settings, anvandare_id) else Behov.INGET


# --- recovery codes ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NyaKoder:
    """Ten codes: the texts are shown once, the hashes are kept."""

    koder: tuple[str, ...]
    hashar: tuple[str, ...]


def hitta_pa_koder() -> NyaKoder:
    """New codes, of 59 bits each. Slow (ten Argon2id): call it outside a transaction."""
    koder = tuple("-".join(_grupp() for _ in range(_GRUPPER)) for _ in range(ANTAL_KODER))
    return NyaKoder(koder, tuple(losenord.hasha(normal_kod(kod)) for kod in koder))


def _grupp() -> str:
    return "".join(secrets.choice(_KODTECKEN) for _ in range(_GRUPP))


def normal_kod(text: str) -> str:
    """A code as it is compared: whatever blanks, dashes and capitals a person writes."""
    return "".join(tecken for tecken in text.lower() if tecken.isalnum())


def spara_koder(session: Session, person: Anvandare, nya: NyaKoder) -> None:
    """These codes are the person's from now on, and no others."""
    session.execute(delete(Reservkod).where(Reservkod.anvandare_id == person.id))
    now = clock.now()
    session.add_all(Reservkod(anvandare_id=person.id, kod_hash=hash_, skapad=now) for hash_ in nya.hashar)
    session.flush()


def byt_koder(session: Session, person: Anvandare, nya: NyaKoder) -> None:
    """As spara_koder(), told and recorded. Raises Faktorfel for one who has no factor that they would stand in for."""
    if not med_faktor(session, [person.id]):
        raise Faktorfel("Reservkoder hör till en andra faktor. Lägg till en app eller en passkey först.")
    spara_koder(session, person, nya)
    meddelanden.skriv(
        session, person, "Nya reservkoder i wis", "Du har fått tio nya reservkoder. De gamla gäller inte."
    )
    audit.record(session, "reservkoder bytta", anvandare_id=person.id, objekt=person.adress)


def oanvanda_koder(session: Session, anvandare_id: int) -> list[tuple[int, str]]:
    """Id and hash of the codes that are left, for matchande_kod()."""
    rows = session.execute(
        select(Reservkod.id, Reservkod.kod_hash).where(
            Reservkod.anvandare_id == anvandare_id, Reservkod.anvand.is_(None)
        )
    )
    return [(id_, hash_) for id_, hash_ in rows]


def matchande_kod(koder: Iterable[tuple[int, str]], text: str) -> int | None:
    """The id of the code that `text` is, or None. Slow, as is hitta_pa_koder(): hold no transaction meanwhile."""
    kod = normal_kod(text)
    if len(kod) != _GRUPP * _GRUPPER:
        return None
    return next((id_ for id_, hash_ in koder if losenord.stammer(hash_, kod)), None)


def forbruka_kod(session: Session, person: Anvandare, kod_id: int) -> bool:
    """Use the code up; False if that has happened already, or the code has been replaced. Tells the person."""
    used = session.execute(
        update(Reservkod)
        .where(Reservkod.id == kod_id, Reservkod.anvandare_id == person.id, Reservkod.anvand.is_(None))
        .values(anvand=clock.now())
        .returning(Reservkod.id)
    ).all()
    if not used:
        return False
    kvar = lage(session, person.id).koder_kvar
    meddelanden.skriv(
        session, person, "En reservkod har använts i wis", f"En av dina reservkoder har använts. {kvar} är kvar."
    )
    return True


# --- adding and taking away --------------------------------------------------------------------------------------


def tillagd(session: Session, person: Anvandare, vad: str, koder: NyaKoder | None) -> None:
    """Note that a factor has been added: with codes if they are new, told, recorded."""
    if koder is not None:
        spara_koder(session, person, koder)
    meddelanden.skriv(session, person, "Ny andra faktor i wis", f"Det här kan nu användas när du loggar in: {vad}.")
    audit.record(session, "andra faktor tillagd", anvandare_id=person.id, objekt=person.adress, faktor=vad)


def ta_bort_app(session: Session, settings: Settings, person: Anvandare) -> None:
    """Take the app away. Raises Faktorfel if there is none, or it is the last factor and one is required."""
    _far_ta_bort(session, settings, person)
    app = session.get(Totp, person.id)
    if app is None:
        raise Faktorfel("Appen är redan borttagen.")
    session.delete(app)
    _borttagen(session, person, "appen för koder")


def ta_bort_passkey(session: Session, settings: Settings, person: Anvandare, passkey_id: int) -> None:
    """Take a passkey away. Raises Faktorfel as ta_bort_app()."""
    _far_ta_bort(session, settings, person)
    nyckel = session.get(Passkey, passkey_id)
    if nyckel is None or nyckel.anvandare_id != person.id:
        raise Faktorfel("Den passkeyn är redan borttagen.")
    session.delete(nyckel)
    _borttagen(session, person, f"passkeyn {nyckel.namn}")


def _far_ta_bort(session: Session, settings: Settings, person: Anvandare) -> None:
    # Two removals at once must not both be the last but one.
    session.refresh(person, with_for_update={"key_share": True})
    if lage(session, person.id).antal < 2 and kravs_av(session, settings, person.id):
        raise Faktorfel(
            "Det här är din enda andra faktor, och en krävs för att logga in. Lägg till en annan först. "
            "Kravet sätts av den som sköter driften."
        )


def _borttagen(session: Session, person: Anvandare, vad: str) -> None:
    session.flush()
    if not med_faktor(session, [person.id]):
        session.execute(delete(Reservkod).where(Reservkod.anvandare_id == person.id))
    meddelanden.skriv(
        session, person, "Borttagen andra faktor i wis", f"Det här kan inte längre användas när du loggar in: {vad}."
    )
    audit.record(session, "andra faktor borttagen", anvandare_id=person.id, objekt=person.adress, faktor=vad)


def hinder_for_nollstallning(session: Session, who: Subjekt, person: Anvandare) -> str:
    """Why an administrator may not take all factors of the person away, with whom to ask; '' if it is allowed."""
    if not who.administrator:
        return f"Du är inte aktörsadministratör hos {who.aktor_namn}. Fråga den som är det."
    if who.anvandare_id == person.id:
        return "Du kan inte ta bort dina egna faktorer här. Be en annan administratör hos er."
    found = queries.giltiga_medlemskap(session, person.id, clock.now())
    if {medlemskap.aktor_id for medlemskap in found} <= {who.aktor_id} and any(
        medlemskap.aktor_id == who.aktor_id for medlemskap in person.medlemskap
    ):
        return ""
    return (
        "Personen har behörighet också hos en annan aktör, och faktorerna skyddar den med. "
        "Be den som sköter driften: kommandot är wis user reset-factor."
    )


def nollstall(session: Session, person: Anvandare, who: Subjekt | None, skal: str = "") -> int:
    """Take every factor and code of a person away and end all logins; returns how many factors there were.

    `who` is the administrator, None the operator. Raises Faktorfel when the administrator may not.
    """
    # The person before factors and logins, as everywhere: see service.las_person().
    person = service.las_person(session, person.id)
    if who is not None and (hinder := hinder_for_nollstallning(session, who, person)):
        raise Faktorfel(hinder)
    had = lage(session, person.id).antal
    for table in (Totp, Passkey, Reservkod):
        session.execute(delete(table).where(table.anvandare_id == person.id))
    service.avsluta_alla(session, person.id)
    service.rattighet_andrad(session, person)
    _skriv_om_nollstallning(session, person, who)
    audit.record(
        session,
        "andra faktor nollställd",
        anvandare_id=who.anvandare_id if who else None,
        aktor_id=who.aktor_id if who else None,
        objekt=person.adress,
        antal=had,
        skal=skal,
        kommandorad=who is None,
    )
    return had


def _skriv_om_nollstallning(session: Session, person: Anvandare, who: Subjekt | None) -> None:
    av = f"en administratör hos {who.aktor_namn}" if who else "den som sköter driften"
    meddelanden.skriv(
        session,
        person,
        "Din andra faktor i wis är borttagen",
        f"Dina faktorer och reservkoder är borttagna av {av}, och du är utloggad överallt. "
        "Krävs en andra faktor får du lägga till en ny när du loggar in.",
    )
