"""The mailbox that bounces come to, read by the worker over IMAP (RFC 3501). No database session is held meanwhile."""

import imaplib
import ipaddress
import logging
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from wis.db import Database
from wis.notiser import kvitton, studs
from wis.settings import Settings, SettingsError

LAS_VAR = 60.0
"""Seconds between two looks in the mailbox."""
TIDSGRANS = 10.0
HOGST = 200
"""How many messages are read in one look."""
FONSTER = 10_000
"""How many messages are searched through at once: an answer that is one line of a megabyte is not taken."""
FEL = (OSError, imaplib.IMAP4.error, EOFError)
"""What is raised when the mailbox does not answer, or refuses us."""
_PORT = {"imaps": 993, "imap": 143}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Konto:
    """Where the mailbox is."""

    vard: str
    port: int
    tls: bool
    anvandare: str
    losenord: str = field(repr=False)
    mapp: str


def konto(url: str) -> Konto:
    """The mailbox that the URL tells of. Raises SettingsError; the text holds no password."""
    namn = "WIS_STUDS_BREVLADA"
    form = f"{namn} ska vara imaps://användare:lösenord@värd/INBOX, med procentkodade tecken i namn och lösenord."
    try:
        delar = urlsplit(url)
        port = delar.port
    except ValueError:
        raise SettingsError(form) from None
    anvandare, losenord = unquote(delar.username or ""), unquote(delar.password or "")
    mapp = unquote(delar.path.removeprefix("/")) or "INBOX"
    if delar.scheme not in _PORT or not delar.hostname or not anvandare or not losenord:
        raise SettingsError(form)
    if not all(text.isascii() and text.isprintable() for text in (anvandare, losenord, mapp)):
        raise SettingsError(f"{namn}: namn, lösenord och mapp får bara ha tecknen i ASCII.")
    if delar.scheme == "imap" and not _lokal(delar.hostname):
        raise SettingsError(f"{namn} skulle skicka lösenordet i klartext: använd imaps://.")
    return Konto(delar.hostname, port or _PORT[delar.scheme], delar.scheme == "imaps", anvandare, losenord, mapp)


class Brevlada:
    """Reads the bounces. What is a report on a mail of ours is deleted once it is settled; the rest is left as read."""

    def __init__(self, database: Database, settings: Settings) -> None:
        """Raises SettingsError if there is no mailbox, or its URL is wrong."""
        self._database, self._hemlighet = database, settings.secret_key
        self._konto = konto(settings.studs_brevlada or "")
        self._nasta = 0.0
        # What has been tried and is unread yet: it is left for last, so that what the server refuses stops nothing.
        self._provade: set[str] = set()
        self._fler = False

    def vid_behov(self, slut: Callable[[], bool] = lambda: False) -> bool:
        """Read if it is time; a mailbox that does not answer is asked again later. Returns whether more waits."""
        if time.monotonic() < self._nasta:
            return False
        self._nasta = time.monotonic() + LAS_VAR
        try:
            self.las(slut)
        except FEL as fel:
            # What the server says may hold an address.
            _log.warning("the mailbox of bounces can not be read (%s); trying again", type(fel).__name__)
            return False
        if self._fler:
            self._nasta = 0.0
        return self._fler

    def las(self, slut: Callable[[], bool] = lambda: False) -> int:
        """Settle what HOGST unread reports tell of, until `slut`; returns how many deliveries that changed.

        Raises one of FEL if the mailbox does not answer, and what the database raises: what is not settled then stays
        unread.
        """
        klient = anslut(self._konto)
        andrade = 0
        try:
            for uid in self._valj(klient):
                if slut():
                    break
                andrade += self._prova(klient, uid)
            klient.expunge()
        finally:
            _lamna(klient)
        return andrade

    def _valj(self, klient: imaplib.IMAP4) -> list[str]:
        nya: list[str] = []
        provade: list[str] = []
        for uid in _olasta(klient):
            (provade if uid in self._provade else nya).append(uid)
            if len(nya) > HOGST:
                break
        self._provade.intersection_update(provade)
        self._fler = len(nya) > HOGST
        return (nya + provade)[:HOGST]

    def _prova(self, klient: imaplib.IMAP4, uid: str) -> bool:
        self._provade.add(uid)
        try:
            return self._ta(klient, uid)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            _log.warning("the message with UID %s in the mailbox of bounces is refused; trying again", uid)
            return False

    def _ta(self, klient: imaplib.IMAP4, uid: str) -> bool:
        funnet = studs.tolka(_hamta(klient, uid), self._hemlighet)
        andrad = False
        if funnet is not None and funnet[1] is not None:
            andrad = kvitton.avgor(self._database, funnet[0], funnet[1])
        flaggor = r"(\Seen)" if funnet is None else r"(\Seen \Deleted)"
        _ok(klient.uid("STORE", uid, "+FLAGS.SILENT", flaggor))
        return andrad


def anslut(konto: Konto) -> imaplib.IMAP4:
    """A connection, logged in and with the folder open. Raises one of FEL."""
    klient: imaplib.IMAP4
    if konto.tls:
        tls = ssl.create_default_context()
        klient = imaplib.IMAP4_SSL(konto.vard, konto.port, ssl_context=tls, timeout=TIDSGRANS)
    else:
        klient = imaplib.IMAP4(konto.vard, konto.port, timeout=TIDSGRANS)
    try:
        klient.login(konto.anvandare, konto.losenord)
        mapp = konto.mapp.replace("\\", "\\\\").replace('"', '\\"')
        _ok(klient.select(f'"{mapp}"'))
    except BaseException:
        with suppress(OSError):
            klient.shutdown()
        raise
    return klient


def _lamna(klient: imaplib.IMAP4) -> None:
    """Take leave; the connection is closed also when the server does not answer that, as logout() alone does not."""
    try:
        klient.logout()
    except FEL:
        with suppress(OSError):
            klient.shutdown()


def kontrollera(settings: Settings) -> tuple[bool, str] | None:
    """Whether the mailbox is well, for `wis check`: (well or not, what and how to mend); None where there is none."""
    if settings.studs_brevlada is None:
        return None
    try:
        vald = konto(settings.studs_brevlada)
        klient = anslut(vald)
    except SettingsError as fel:
        return False, str(fel)
    except imaplib.IMAP4.error:
        return False, "Brevlådan för studsar nekar oss: kontrollera namn, lösenord och mapp i WIS_STUDS_BREVLADA."
    except FEL as fel:
        vem = f"{vald.vard}:{vald.port}"
        return False, f"Brevlådan för studsar, {vem}, svarar inte ({type(fel).__name__}): kontrollera adress och port."
    _lamna(klient)
    return True, f"Studsar läses ur brevlådan hos {vald.vard}:{vald.port}."


def _olasta(klient: imaplib.IMAP4) -> Iterator[str]:
    """The UIDs of what is unread, oldest first, asked for as they are needed."""
    antal = int(klient.response("EXISTS")[1][-1] or 0)
    for forsta in range(1, antal + 1, FONSTER):
        svar = _ok(klient.uid("SEARCH", f"{forsta}:{min(forsta + FONSTER - 1, antal)}", "UNSEEN"))
        yield from b" ".join(rad for rad in svar if isinstance(rad, bytes)).decode("ascii").split()


def _hamta(klient: imaplib.IMAP4, uid: str) -> bytes:
    svar = _ok(klient.uid("FETCH", uid, f"(BODY.PEEK[]<0.{studs.STORST}>)"))
    return next((del_[1] for del_ in svar if isinstance(del_, tuple) and isinstance(del_[1], bytes)), b"")


def _ok(svar: tuple[str, list[Any]]) -> list[Any]:
    if svar[0] != "OK":
        raise imaplib.IMAP4.error("the server refused")
    return svar[1]


def _lokal(vard: str) -> bool:
    try:
        return ipaddress.ip_address(vard).is_loopback
    except ValueError:
        return vard.lower() == "localhost"
