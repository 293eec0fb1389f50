"""Single-use links by which somebody outside answers: made, mailed, opened, used, taken back.

All within the caller's transaction. The address is the right: of the token only a hash is kept, and what a link opens
is the one begäran's questions and nothing else.
"""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session, joinedload

from wis import audit, clock, datum
from wis.andringar import Andring, Slag, anmal
from wis.auth.service import token_hash
from wis.begaran.models import Begaran, BegaranMottagare, BegaranSvar, Synlighet
from wis.db import Database
from wis.notiser.models import Kanalslag
from wis.notiser.service import skicka_brev

EFTER_FRISTEN = timedelta(days=1)
"""For how long after the deadline a link still opens."""
MAX_UTOMSTAENDE = 20
MAX_NAMN = 100
MAX_ADRESS = 254


class LankOgiltig(Exception):
    """The link opens nothing: unknown, used, taken back or too old. Which of them is not to be told."""


@dataclass(frozen=True)
class Utomstaende:
    """Somebody without a login who is asked."""

    namn: str
    adress: str


def normal_adress(text: str) -> str:
    """The address as it is stored. Raises ValueError, in Swedish, when no mail can be sent to it."""
    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError:
        raise ValueError("Skriv en hel e-postadress utan å, ä och ö, till exempel namn@foretag.se.") from None
    return found.normalized.lower()


# --- for the one who asks -------------------------------------------------------------------------------------------


def bjud_in(session: Session, begaran: Begaran, utomstaende: Iterable[Utomstaende]) -> int:
    """Put the begäran to these people too and mail each a link; returns how many. `begaran` has its id."""
    nya = [BegaranMottagare(extern_namn=en.namn, extern_adress=en.adress, begaran=begaran) for en in utomstaende]
    session.add_all(nya)
    session.flush()
    for mottagare in nya:
        ny_lank(session, mottagare)
    return len(nya)


def ny_lank(session: Session, mottagare: BegaranMottagare) -> None:
    """Mail a new link, after which the earlier one opens nothing."""
    begaran, token = mottagare.begaran, secrets.token_urlsafe(32)
    mottagare.lank_hash, mottagare.lank_anvand = token_hash(token), None
    mottagare.lank_till = begaran.frist + EFTER_FRISTEN
    session.flush()
    database: Database = session.info["database"]
    amne, text = brev(begaran, mottagare, f"{database.base_url}/svar/{token}")
    # On the asker's account, by the address of the one outside: see docs/beslut/018.
    skicka_brev(
        session,
        anvandare_id=begaran.skapad_av_id,
        kanal=Kanalslag.EPOST,
        adress=mottagare.extern_adress or "",
        amne=amne,
        text=text,
    )


def flytta(session: Session, begaran: Begaran) -> None:
    """Have the links that are out follow a deadline that has been changed."""
    session.execute(
        update(BegaranMottagare)
        .where(BegaranMottagare.begaran_id == begaran.id, BegaranMottagare.lank_till.is_not(None))
        .values(lank_till=begaran.frist + EFTER_FRISTEN)
        .execution_options(synchronize_session="fetch")
    )


def skicka_igen(session: Session, mottagare: BegaranMottagare, *, anvandare_id: int) -> None:
    """As ny_lank(), because the one who asked wants it. Raises LankOgiltig once no more answers are taken."""
    if not tar_emot(mottagare.begaran, clock.now()):
        raise LankOgiltig
    ny_lank(session, mottagare)
    _anteckna(session, mottagare, "skickar ny svarslänk", anvandare_id)


def dra_tillbaka(session: Session, mottagare: BegaranMottagare, *, anvandare_id: int) -> None:
    """Let the link open nothing any more. What has been answered stands."""
    mottagare.lank_hash = mottagare.lank_till = None
    _anteckna(session, mottagare, "drar tillbaka svarslänk", anvandare_id)


def _anteckna(session: Session, mottagare: BegaranMottagare, vad: str, anvandare_id: int) -> None:
    session.flush()
    begaran = mottagare.begaran
    audit.record(
        session,
        vad,
        anvandare_id=anvandare_id,
        aktor_id=begaran.aktor_id,
        objekt=f"begaran:{begaran.id}",
        mottagare=mottagare.id,
        till=mottagare.extern_adress,
    )
    sag_till_fragaren(session, begaran)


def las_mottagare(session: Session, begaran_id: int, mottagare_id: int) -> BegaranMottagare | None:
    """Somebody outside whom this begäran is put to, locked until the transaction ends; None if there is none such."""
    return session.scalar(
        _med_begaran()
        .where(
            BegaranMottagare.id == mottagare_id,
            BegaranMottagare.begaran_id == begaran_id,
            BegaranMottagare.extern_adress.is_not(None),
        )
        .with_for_update(of=BegaranMottagare)
    )


def lage(mottagare: BegaranMottagare, now: datetime) -> str:
    """How it is with the link, in words for the one who asked."""
    if mottagare.lank_anvand is not None:
        return "Länken är använd"
    if mottagare.lank_hash is None or mottagare.lank_till is None:
        return "Länken är tillbakadragen"
    if mottagare.lank_till <= now:
        return "Länken har gått ut"
    return f"Länken gäller till {datum.tid(mottagare.lank_till, now)}"


# --- for the one who has it ------------------------------------------------------------------------------------------


def find(session: Session, token: str, now: datetime) -> BegaranMottagare | None:
    """Whom the link was sent to, with what is asked; None unless it opens now."""
    mottagare = _find(session, token)
    return mottagare if mottagare is not None and _oppnar(mottagare, now) else None


def oppnad(session: Session, mottagare_id: int) -> None:
    """Mark that the link has been looked at; only the first time counts. A filter of mail may be who looked."""
    now = clock.now()
    traffade = session.scalars(
        update(BegaranMottagare)
        .where(BegaranMottagare.id == mottagare_id, BegaranMottagare.oppnad.is_(None))
        .values(oppnad=now)
        .returning(BegaranMottagare.id)
        .execution_options(synchronize_session=False)
    ).all()
    if traffade:
        sag_till_fragaren(session, session.get_one(BegaranMottagare, mottagare_id).begaran)


def anvand(session: Session, token: str) -> BegaranMottagare:
    """Use the link up: of two who send at once, one gets through. Raises LankOgiltig for the other."""
    now = clock.now()
    mottagare = _find(session, token)
    if mottagare is None:
        raise LankOgiltig
    # Locked as every other that answers or ends it does: before whom it is put to.
    session.get_one(Begaran, mottagare.begaran_id, with_for_update={"of": Begaran}, populate_existing=True)
    if not _oppnar(mottagare, now):
        raise LankOgiltig
    tagna = session.scalars(
        update(BegaranMottagare)
        .where(
            BegaranMottagare.id == mottagare.id,
            BegaranMottagare.lank_hash == token_hash(token),
            BegaranMottagare.lank_anvand.is_(None),
            BegaranMottagare.lank_till > now,
        )
        .values(lank_anvand=now)
        .returning(BegaranMottagare.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not tagna:
        raise LankOgiltig
    session.refresh(mottagare)
    return mottagare


def svara(session: Session, token: str, svar: dict[str, str], nyckel: str, *, far_samlas: bool) -> BegaranSvar:
    """Answer by the link, which is used up by it. Raises LankOgiltig."""
    mottagare = anvand(session, token)
    begaran, nummer = mottagare.begaran, mottagare.senaste + 1
    rad = BegaranSvar(
        mottagare_id=mottagare.id,
        nummer=nummer,
        foregaende=nummer - 1 or None,
        skapad=clock.now(),
        svar=svar,
        far_samlas=far_samlas,
        idempotensnyckel=_egen_nyckel(mottagare, nyckel),
    )
    session.add(rad)
    mottagare.senaste = nummer
    mottagare.oppnad = mottagare.oppnad or rad.skapad
    session.flush()
    objekt = f"begaran:{begaran.id}"
    audit.record(session, "svarar på begäran via länk", objekt=objekt, mottagare=mottagare.id, nummer=nummer)
    anmal(
        session,
        Andring(Slag.BEGARAN, begaran.id, nummer, handelse_id=begaran.handelse_id, aktorer=_laser_svar(begaran)),
    )
    return rad


def _laser_svar(begaran: Begaran) -> frozenset[int] | None:
    """The actors that read an answer by somebody outside; None = all that read the event."""
    if begaran.synlighet == Synlighet.HANDELSEN:
        return None
    fragande = frozenset({begaran.aktor_id})
    if begaran.synlighet == Synlighet.FRAGANDE:
        return fragande
    return fragande | {en.aktor_id for en in begaran.mottagare if en.aktor_id is not None}


def har_svarat(session: Session, token: str, nyckel: str) -> tuple[Begaran, BegaranSvar] | None:
    """What was answered by the link with this key, if anything was: the same form once more."""
    mottagare = _find(session, token)
    if mottagare is None:
        return None
    egen = _egen_nyckel(mottagare, nyckel)
    return next(((mottagare.begaran, svar) for svar in mottagare.svar if svar.idempotensnyckel == egen), None)


def _egen_nyckel(mottagare: BegaranMottagare, nyckel: str) -> str:
    # What somebody else sends must not be taken for theirs.
    return f"lank:{mottagare.id}:{nyckel}"


def tar_emot(begaran: Begaran, now: datetime) -> bool:
    """Whether answers by a link are taken."""
    oppen = begaran.avslutad is None and begaran.handelse.stangd is None
    return oppen and now < begaran.frist + EFTER_FRISTEN


def _find(session: Session, token: str) -> BegaranMottagare | None:
    hashad = token_hash(token)
    mottagare = session.scalar(_med_begaran().where(BegaranMottagare.lank_hash == hashad))
    # An index of hashes tells nothing of the token; what it led to is compared once more, in constant time.
    if mottagare is None or not hmac.compare_digest(mottagare.lank_hash or "", hashad):
        return None
    return mottagare


def _med_begaran() -> Select[BegaranMottagare]:
    ladda = joinedload(BegaranMottagare.begaran, innerjoin=True)
    return select(BegaranMottagare).options(
        ladda.joinedload(Begaran.handelse, innerjoin=True), ladda.joinedload(Begaran.aktor, innerjoin=True)
    )


def _oppnar(mottagare: BegaranMottagare, now: datetime) -> bool:
    till = mottagare.lank_till
    return mottagare.lank_anvand is None and till is not None and till > now and tar_emot(mottagare.begaran, now)


# --- words -----------------------------------------------------------------------------------------------------------


def brev(begaran: Begaran, mottagare: BegaranMottagare, lank: str) -> tuple[str, str]:
    """The letter with the link: its subject and text."""
    ovning = "ÖVNING: " if begaran.handelse.ovning else ""
    vem = begaran.aktor.namn
    till = f"{mottagare.extern_namn},\n\n" if mottagare.extern_namn else ""
    text = (
        f"{ovning}{till}{vem} ber om svar på: {begaran.rubrik}\nSvara senast {datum.datumtid(begaran.frist)}.\n\n"
        f"Öppna länken och svara. Du behöver inget konto. Länken gäller för ett svar:\n{lank}\n\n"
        f"Skicka inte länken vidare: den som har den kan svara i ditt ställe. Vill du ändra ditt svar, be {vem} om en "
        f"ny länk. Skriv inget som är säkerhetsskyddsklassificerat."
    )
    return f"{ovning}Begäran från {vem}: {begaran.rubrik}", text


def sag_till_fragaren(session: Session, begaran: Begaran) -> None:
    """Let the one who asked see on the board that something has happened."""
    berorda = frozenset({begaran.aktor_id})
    anmal(session, Andring(Slag.BEGARAN, begaran.id, handelse_id=begaran.handelse_id, aktorer=berorda))
