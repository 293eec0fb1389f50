"""The browsers that people are told in: registered, removed, and forgotten when their login ends."""

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.auth.models import Anvandare, Inloggning
from wis.auth.rules import Subjekt
from wis.db import Database
from wis.notiser import pushregler
from wis.notiser.models import Kanal, Kanalslag, Leverans, Utskick, Utskicksslag
from wis.notiser.pushmodell import Pushwebblasare
from wis.notiser.service import skicka_brev
from wis.tx import transaction

HOGST = 10
"""So many browsers of a person's are told."""
PROV_AMNE = "Prov från wis"
_PROVTEXT = "Så här kommer det att se ut. Du behöver inte göra något."
_SENAST_VAR = timedelta(minutes=1)


class Pushfel(Exception):
    """A browser can't be registered; the text says why and what to do."""


@dataclass(frozen=True)
class Ny:
    """What a browser says of itself; `vapid` names the key that it was given, `enhet` the device's mark ('': none)."""

    endpoint: str
    p256dh: str
    auth: str
    namn: str
    vapid: str
    enhet: str = ""


def enhetsavtryck(nyckel: str | None) -> str:
    """How the mark of a device is kept: it must not be read out of a row and used."""
    return hashlib.sha256(f"push:{nyckel}".encode()).hexdigest()[:32] if nyckel else ""


def avtryck(endpoint: str | None) -> str:
    """By which the page's script knows its own browser again, without the address standing in the page."""
    return hashlib.sha256((endpoint or "").encode()).hexdigest()


def levande() -> ColumnElement[bool]:
    """SQL: it is told: nobody has ended the login that it is used by, and its push service knows it."""
    return and_(Pushwebblasare.endpoint.is_not(None), ~_avslutad())


def _avslutad() -> ColumnElement[bool]:
    slut = exists().where(Inloggning.id == Pushwebblasare.inloggning_id, Inloggning.avslutad.is_not(None))
    return slut.correlate(Pushwebblasare)


def webblasare(session: Session, anvandare_id: int) -> Sequence[Pushwebblasare]:
    """The person's, those too that have stopped taking anything; the oldest first."""
    mina = select(Pushwebblasare).where(Pushwebblasare.anvandare_id == anvandare_id)
    villkor = or_(levande(), Pushwebblasare.borta.is_not(None))
    return session.scalars(mina.where(villkor).order_by(Pushwebblasare.id)).all()


# --- changes; whoever is concerned is locked first -------------------------------------------------------------------


def registrera(session: Session, who: Subjekt, ny: Ny, vardar: tuple[str, ...] | None) -> None:
    """Tell the person in this browser, and nobody else in it. Raises Pushfel. Done twice it is done once."""
    _prova(ny, vardar)
    if who.inloggning_id is None:
        raise Pushfel("Logga in igen, och slå på det sedan.")
    forra = session.scalar(select(Pushwebblasare.anvandare_id).where(Pushwebblasare.endpoint == ny.endpoint))
    berorda = {who.anvandare_id, who.anvandare_id if forra is None else forra}
    _las(session, berorda)
    rad = session.scalar(select(Pushwebblasare).where(Pushwebblasare.endpoint == ny.endpoint))
    if rad is None:
        _plats_for_en_till(session, who.anvandare_id)
        rad = Pushwebblasare(endpoint=ny.endpoint, skapad=clock.now())
        session.add(rad)
    elif rad.anvandare_id != who.anvandare_id:
        rad.skapad, rad.senast = clock.now(), None
    rad.anvandare_id, rad.inloggning_id = who.anvandare_id, who.inloggning_id
    rad.p256dh, rad.auth, rad.namn, rad.vapid, rad.enhet = ny.p256dh, ny.auth, ny.namn, ny.vapid, ny.enhet
    session.flush()
    _glom_forra(session, rad)
    _folj(session, berorda)
    _logga(session, who, "slår på push", ny.namn)


def _prova(ny: Ny, vardar: tuple[str, ...] | None) -> None:
    try:
        pushregler.nyckelpar(ny.p256dh, ny.auth)
    except ValueError as fel:
        raise Pushfel("Webbläsaren gav inga nycklar som går att använda. Ladda om sidan och försök igen.") from fel
    if pushregler.tillaten(ny.endpoint, vardar) is None:
        raise Pushfel("Webbläsarens pushtjänst är inte en som wis skickar till. Säg till den som sköter driften.")


def byt(session: Session, who: Subjekt, forra_auth: str, ny: Ny, vardar: tuple[str, ...] | None) -> None:
    """One of the person's browsers has another address; it is known by the secret of the one before, gone or not.

    Nobody is asked who they are: no browser is let in that wasn't before. Raises Pushfel; LookupError when none of
    theirs that is used by a login has that secret.
    """
    _prova(ny, vardar)
    _las(session, {who.anvandare_id})
    mina = session.scalars(
        select(Pushwebblasare).where(Pushwebblasare.anvandare_id == who.anvandare_id, ~_avslutad())
    ).all()
    rad = next((en for en in mina if en.auth and hmac.compare_digest(en.auth.encode(), forra_auth.encode())), None)
    if rad is None or who.inloggning_id is None:
        raise LookupError("pushwebblasare")
    if session.scalar(select(exists().where(Pushwebblasare.endpoint == ny.endpoint, Pushwebblasare.id != rad.id))):
        raise LookupError("endpoint")
    rad.endpoint, rad.p256dh, rad.auth, rad.borta = ny.endpoint, ny.p256dh, ny.auth, None
    rad.inloggning_id, rad.namn = who.inloggning_id, ny.namn
    session.flush()
    _folj(session, {who.anvandare_id})
    _logga(session, who, "byter adress för push", ny.namn)


def _plats_for_en_till(session: Session, anvandare_id: int) -> None:
    mina = select(Pushwebblasare.id).where(Pushwebblasare.anvandare_id == anvandare_id, levande())
    if len(session.scalars(mina).all()) >= HOGST:
        raise Pushfel(f"Du har redan {HOGST} webbläsare här. Ta bort en som du inte använder, och försök igen.")


def _glom_forra(session: Session, rad: Pushwebblasare) -> None:
    """What the same device was before: it has been given another address."""
    if rad.enhet:
        samma = (Pushwebblasare.anvandare_id == rad.anvandare_id, Pushwebblasare.enhet == rad.enhet)
        session.execute(delete(Pushwebblasare).where(*samma, Pushwebblasare.id != rad.id))


def ta_bort(session: Session, who: Subjekt, id_: int) -> bool:
    """Forget one of the person's; False if it is not there, or somebody else's."""
    _las(session, {who.anvandare_id})
    mina = select(Pushwebblasare).where(Pushwebblasare.id == id_, Pushwebblasare.anvandare_id == who.anvandare_id)
    rad = session.scalar(mina)
    if rad is None:
        return False
    namn = rad.namn
    session.delete(rad)
    session.flush()
    _folj(session, {who.anvandare_id})
    _logga(session, who, "slår av push", namn)
    return True


def _logga(session: Session, who: Subjekt, handling: str, namn: str) -> None:
    # Of the browser no more than its name: its address is a way to reach the person.
    audit.record(
        session, handling, objekt="kanal:push", anvandare_id=who.anvandare_id, aktor_id=who.aktor_id, enhet=namn
    )


def skicka_prov(session: Session, who: Subjekt) -> bool:
    """Have all of the person's browsers tell of nothing; False if there is none."""
    kanal = session.scalar(_kanal(who.anvandare_id))
    if kanal is None:
        return False
    skicka_brev(
        session,
        anvandare_id=who.anvandare_id,
        kanal=Kanalslag.PUSH,
        adress=kanal.adress,
        amne=PROV_AMNE,
        text=_PROVTEXT,
    )
    return True


def _kanal(anvandare_id: int) -> "select[tuple[Kanal]]":  # type: ignore[valid-type]
    return select(Kanal).where(Kanal.anvandare_id == anvandare_id, Kanal.slag == Kanalslag.PUSH)


# --- logins ----------------------------------------------------------------------------------------------------------


def att_binda_om(session: Session, anvandare_id: int, inloggning_id: int, enhet: str) -> bool:
    """Whether a new login on this device makes a difference to bind_om()."""
    samma = Pushwebblasare.anvandare_id == anvandare_id, Pushwebblasare.inloggning_id == inloggning_id
    return session.scalar(select(exists().where(Pushwebblasare.enhet == enhet, ~and_(*samma)))) or False


def bind_om(session: Session, anvandare_id: int, inloggning_id: int, enhet: str) -> None:
    """The person has logged in anew on this device: with that login it is told, or not. Nobody else is, in it."""
    pa_enheten = Pushwebblasare.enhet == enhet
    berorda = set(session.scalars(select(Pushwebblasare.anvandare_id).where(pa_enheten)))
    _las(session, berorda)
    # What was ended stays ended: whoever ended it wanted silence there.
    session.execute(delete(Pushwebblasare).where(pa_enheten, ~levande(), Pushwebblasare.borta.is_(None)))
    session.execute(delete(Pushwebblasare).where(pa_enheten, Pushwebblasare.anvandare_id != anvandare_id))
    session.execute(update(Pushwebblasare).where(pa_enheten).values(inloggning_id=inloggning_id))
    _folj(session, berorda)


def stada(database: Database) -> None:
    """Forget the browsers whose login somebody has ended."""
    slut = ~levande(), Pushwebblasare.borta.is_(None)
    fraga = select(Pushwebblasare.anvandare_id).where(*slut).distinct()
    with database.reading() as session:
        if session.scalar(fraga.limit(1)) is None:
            return
    with transaction(database) as session:
        berorda = set(session.scalars(fraga))
        _las(session, berorda)
        session.execute(delete(Pushwebblasare).where(*slut, Pushwebblasare.anvandare_id.in_(berorda)))
        _folj(session, berorda)


# --- sending ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mal:
    """One browser that a delivery goes to."""

    id: int
    endpoint: str
    p256dh: str
    auth: str
    senast: datetime | None


def mal_for(session: Session, leverans_id: int) -> tuple[pushregler.Sak, list[Mal]]:
    """What a delivery is about, and the browsers that it goes to now: that which answered last first.

    Raises NoResultFound when there is no such delivery.
    """
    utskick, vems = session.execute(
        select(Utskick, Leverans.anvandare_id)
        .join(Utskick, Utskick.id == Leverans.utskick_id)
        .where(Leverans.id == leverans_id)
    ).one()
    rader = session.scalars(select(Pushwebblasare).where(Pushwebblasare.anvandare_id == vems, levande())).all()
    mal = [Mal(rad.id, rad.endpoint or "", rad.p256dh, rad.auth, rad.senast) for rad in rader]
    system = utskick.slag == Utskicksslag.SYSTEM
    om = f"utskick:{utskick.id}" if system else _om(utskick)
    mal.sort(key=lambda ett: (ett.senast is not None, ett.senast or clock.now()), reverse=True)
    return pushregler.Sak(om, utskick.bradskande, system), mal[:HOGST]


def _om(utskick: Utskick) -> str:
    if utskick.lagesbild_id is not None:
        return f"lagesbild:{utskick.lagesbild_id}"
    if utskick.underrattelse_id is not None:
        return f"underrattelse:{utskick.underrattelse_id}"
    return f"lage:{utskick.handelse_id}"


def svarade(database: Database, tog: Collection[Mal], borta: Collection[Mal]) -> None:
    """Write down that these took something, and that those are there no more."""
    now = clock.now()
    nya = [ett.id for ett in tog if ett.senast is None or ett.senast <= now - _SENAST_VAR]
    if not nya and not borta:
        return
    with transaction(database) as session:
        inte_langre = Pushwebblasare.id.in_([ett.id for ett in borta])
        berorda = set(session.scalars(select(Pushwebblasare.anvandare_id).where(inte_langre))) if borta else set()
        _las(session, berorda)
        session.execute(update(Pushwebblasare).where(Pushwebblasare.id.in_(nya)).values(senast=now))
        session.execute(
            update(Pushwebblasare)
            # As it was asked: it may have been given another address meanwhile.
            .where(inte_langre, Pushwebblasare.endpoint.in_([ett.endpoint for ett in borta]))
            # By its secret it is known again when it has got another: see byt().
            .values(endpoint=None, p256dh="", borta=now)
        )
        _folj(session, berorda)


# --- the channel -----------------------------------------------------------------------------------------------------


def _las(session: Session, personer: Collection[int]) -> None:
    """Nobody else registers or removes a browser of theirs until this is done."""
    sats = select(Anvandare.id).where(Anvandare.id.in_(sorted(personer))).order_by(Anvandare.id)
    session.execute(sats.with_for_update()).all()


def _folj(session: Session, personer: Collection[int]) -> None:
    """Let each have the channel as long as there is a browser, and no longer."""
    for id_ in sorted(personer):
        kanal = session.scalar(_kanal(id_))
        har = session.scalar(select(exists().where(Pushwebblasare.anvandare_id == id_, levande())))
        if har and kanal is None:
            adress = session.get_one(Anvandare, id_).adress
            session.add(Kanal(anvandare_id=id_, slag=Kanalslag.PUSH, adress=adress, verifierad=clock.now()))
        elif kanal is not None and not har:
            session.delete(kanal)
    session.flush()
