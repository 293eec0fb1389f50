"""Single-use links: made, sent, and used to choose a password. Everything within the caller's transaction."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.auth import queries as auth_queries
from wis.auth import service as auth_service
from wis.auth.models import Anvandare, Engangslank, Lanktyp
from wis.konton import brev
from wis.konton.queries import Lankstatus, find_lank, lankstatus
from wis.konton.rules import ATERSTALLNING_GILTIG, INBJUDAN_GILTIG
from wis.notiser.models import Kanal, Kanalslag
from wis.notiser.service import skicka_brev

_GILTIG = {Lanktyp.INBJUDAN: INBJUDAN_GILTIG, Lanktyp.ATERSTALLNING: ATERSTALLNING_GILTIG}


class LankOgiltig(Exception):
    """The link can't be used; `status` says why."""

    def __init__(self, status: Lankstatus) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True)
class NyttLosenord:
    """What the person chose: the hash of the password and, on an invitation, how the name is written."""

    losenord_hash: str
    namn: str = ""


@dataclass(frozen=True)
class Oppnad:
    """A login that a link led to."""

    token: str
    epost: str


def skapa(session: Session, person: Anvandare, typ: Lanktyp, bas_url: str, *, skapad_av_id: int | None = None) -> str:
    """A new link, as the whole address; only a hash of it is kept."""
    token, now = secrets.token_urlsafe(32), clock.now()
    session.add(
        Engangslank(
            token_hash=auth_service.token_hash(token),
            typ=typ,
            anvandare_id=person.id,
            skapad=now,
            skapad_av_id=skapad_av_id,
            giltig_till=now + _GILTIG[typ],
        )
    )
    session.flush()
    return f"{bas_url}/konto/{token}"


def avsluta(session: Session, anvandare_id: int, *typer: Lanktyp) -> None:
    """End the person's links of these kinds that nobody has used."""
    now = clock.now()
    session.execute(
        update(Engangslank)
        .where(
            Engangslank.anvandare_id == anvandare_id,
            Engangslank.typ.in_(typer),
            Engangslank.anvand.is_(None),
            Engangslank.giltig_till > now,
        )
        .values(giltig_till=now)
    )


def skicka(session: Session, person: Anvandare, post: brev.Brev) -> None:
    """Have a letter sent to the address that the person logs in with."""
    skicka_brev(
        session,
        anvandare_id=person.id,
        kanal=Kanalslag.EPOST,
        adress=person.adress,
        amne=post.amne,
        text=post.text,
    )


def begar_aterstallning(session: Session, epost: str, bas_url: str) -> None:
    """Send a link to choose a new password, if the address is somebody's. Earlier links stay in force.

    Otherwise whoever knows an address could keep ending the link that its owner is waiting for.
    """
    person = auth_queries.find_anvandare(session, epost)
    if person is None or person.avstangd is not None:
        audit.record(session, "länk för nytt lösenord begärd", objekt=epost, skickad=False)
        return
    lank = skapa(session, person, Lanktyp.ATERSTALLNING, bas_url)
    skicka(session, person, brev.nytt_losenord(person.namn, lank))
    audit.record(session, "länk för nytt lösenord begärd", objekt=epost, skickad=True)


def satt_losenord(session: Session, token: str, nytt: NyttLosenord, giltig: timedelta) -> Oppnad:
    """Use the link: the password is set, every other login and link ended, the address verified, and a login started.

    Raises LankOgiltig when the link has been used or ended meanwhile.
    """
    found = find_lank(session, token, las=True)
    status = lankstatus(found, clock.now())
    if found is None or status is not Lankstatus.GILTIG:
        raise LankOgiltig(status)
    lank, person = found
    lank.anvand = clock.now()
    person.losenord_hash = nytt.losenord_hash
    if nytt.namn and lank.typ == Lanktyp.INBJUDAN:
        person.namn = nytt.namn
    avsluta(session, person.id, *Lanktyp)
    _verifiera_epost(session, person)
    auth_service.avsluta_alla(session, person.id)
    auth_service.rattighet_andrad(session, person)
    token = auth_service.oppna_inloggning(session, person, giltig)
    # Every row before the record: whoever holds the end of it must not wait for anybody's row.
    audit.record(session, "lösenord satt", anvandare_id=person.id, objekt=person.adress, lank=lank.typ)
    return Oppnad(token, person.adress)


def _verifiera_epost(session: Session, person: Anvandare) -> None:
    """Who used the link reads the address: notices may go there. A verified address of another choice stays."""
    kanal = session.scalar(select(Kanal).where(Kanal.anvandare_id == person.id, Kanal.slag == Kanalslag.EPOST))
    if kanal is None:
        kanal = Kanal(anvandare_id=person.id, slag=Kanalslag.EPOST, adress=person.adress)
        session.add(kanal)
    if kanal.verifierad is None:
        kanal.adress, kanal.verifierad = person.adress, clock.now()
        kanal.kod_hash = kanal.kod_giltig_till = None
    session.flush()
