"""Notices to browsers: encrypted for each (RFC 8291) and handed to the push service that it names (RFC 8030, RFC 8292).

Behind this one transport are several services, and a person's browsers: what is wrong with one must not hold up
another, so none of what is answered here is called the provider's fault; each delivery waits by itself.
"""

import logging
import threading
import time
from collections.abc import Sequence
from functools import cached_property
from urllib.parse import SplitResult

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec

from wis.db import Database
from wis.notiser import pushregler, pushservice
from wis.notiser.apprise_kanaler import INGET_SVAR, PULS, Forsandelse, Mottagning
from wis.notiser.pushhttp import Anslutning, EjSkickat, Ovisst, ursprung
from wis.notiser.pushnyckel import Signerare, kontakt, las
from wis.notiser.pushservice import Mal
from wis.notiser.rules import Utfall, overgaende, oviss, permanent
from wis.settings import Settings

SVARSTID = 10.0
"""Seconds that one push service may take to answer."""
_log = logging.getLogger(__name__)


class Pushkanal:
    """Sends to all the browsers of a person: as Transport."""

    leverantor = "push"
    kvitton = False
    tradar, parti = 6, 8

    def __init__(self, settings: Settings, database: Database, tid: float) -> None:
        """`tid`: how many seconds one delivery may take in all. Raises SettingsError."""
        self._settings, self._database, self._tid = settings, database, tid
        if settings.vapid_nyckel:
            las(settings)
        self._tradens = threading.local()
        self._las, self._oppna = threading.Lock(), set[Anslutning]()

    def sand(self, forsandelser: Sequence[Forsandelse], mottagning: Mottagning) -> None:
        """Send these, one by one."""
        pulsad = time.monotonic()
        for forsandelse in forsandelser:
            if time.monotonic() - pulsad > PULS:
                pulsad = time.monotonic()
                if not mottagning.puls():
                    return
            if forsandelse.id in mottagning.innan([forsandelse]):
                mottagning.efter([(forsandelse, self._sand_en(forsandelse, mottagning))])

    def _sand_en(self, forsandelse: Forsandelse, mottagning: Mottagning) -> Utfall:
        svar: list[tuple[Mal, pushregler.Svar]] = []
        try:
            self._sand_till_alla(forsandelse, mottagning, svar)
        except Exception as fel:  # noqa: BLE001 whatever is wrong with one must not take the rest of the batch with it
            _log.error("delivery %d: %s while sending", forsandelse.id, type(fel).__name__)
            if not svar:
                return overgaende(INGET_SVAR)
        self._skriv_upp(svar)
        return pushregler.sammantaget([ett.utfall for _, ett in svar])

    def _sand_till_alla(
        self, forsandelse: Forsandelse, mottagning: Mottagning, svar: list[tuple[Mal, pushregler.Svar]]
    ) -> None:
        slut = time.monotonic() + self._tid
        with self._database.reading() as session:
            sak, alla = pushservice.mal_for(session, forsandelse.id)
        topic = pushregler.amneskod(sak.om, self._settings.secret_key)
        text = pushregler.innehall(sak, forsandelse.amne, forsandelse.text, self._settings.base_url, topic)
        for mal in alla:
            ett = self._till(mal, text, pushregler.huvuden(sak, topic), slut, mottagning)
            svar.append((mal, ett))

    def _skriv_upp(self, svar: Sequence[tuple[Mal, pushregler.Svar]]) -> None:
        tog = [mal for mal, ett in svar if ett.utfall.slag == "mottagen"]
        try:
            pushservice.svarade(self._database, tog, [mal for mal, ett in svar if ett.borta])
        except Exception as fel:  # noqa: BLE001 the delivery is what counts; the next one says it again
            _log.error("%s while noting what %d browsers answered", type(fel).__name__, len(svar))

    def _till(
        self, mal: Mal, text: bytes, huvuden: dict[str, str], slut: float, mottagning: Mottagning
    ) -> pushregler.Svar:
        delar = pushregler.tillaten(mal.endpoint, self._settings.push_vardar)
        if delar is None:
            return pushregler.Svar(permanent("pushtjänsten är inte tillåten"))
        slut = min(slut, time.monotonic() + SVARSTID)
        if slut <= time.monotonic():
            return pushregler.Svar(overgaende("pushtjänsten hanns inte med"))
        try:
            begaran = self._begaran(delar, _krypterad(mal, text), huvuden)
            status, vanta = self._anslutning(delar).posta(begaran, slut, mottagning.puls)
        except EjSkickat as fel:
            return pushregler.Svar(overgaende(str(fel)))
        except Ovisst as fel:
            return pushregler.Svar(oviss(str(fel), om_leverantoren=False))
        return pushregler.tolka(status, vanta)

    @cached_property
    def _signerare(self) -> Signerare:
        # First when there is something to send: where nobody asks for push no key is made.
        return Signerare(las(self._settings), kontakt(self._settings))

    def _begaran(self, delar: SplitResult, kropp: bytes, huvuden: dict[str, str]) -> bytes:
        vag = f"{delar.path or '/'}{'?' + delar.query if delar.query else ''}"
        rader = {
            "Host": delar.netloc,
            "Authorization": self._signerare.huvud(ursprung(delar)),
            "User-Agent": "wis",
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "Content-Length": str(len(kropp)),
            **huvuden,
        }
        huvud = "".join(f"{namn}: {varde}\r\n" for namn, varde in rader.items())
        return f"POST {vag} HTTP/1.1\r\n{huvud}\r\n".encode("ascii") + kropp

    # --- connections: a thread has its own, one to each service ----------------------------------------------------

    def _anslutning(self, delar: SplitResult) -> Anslutning:
        egna: dict[str, Anslutning] = self._tradens.__dict__.setdefault("egna", {})
        vart = ursprung(delar)
        if vart in egna and egna[vart].brukbar():
            return egna[vart]
        self._slapp(egna.pop(vart, None))
        egna[vart] = ny = Anslutning(delar)
        with self._las:
            self._oppna.add(ny)
        return ny

    def _slapp(self, en: Anslutning | None) -> None:
        if en is not None:
            en.stang()
            with self._las:
                self._oppna.discard(en)

    def tyst(self) -> float:
        """Not of one service: each is given up on by itself."""
        return 0.0

    def vila(self) -> None:
        """Close what this thread holds open."""
        egna: dict[str, Anslutning] = self._tradens.__dict__.get("egna", {})
        while egna:
            self._slapp(egna.popitem()[1])

    def stang(self) -> None:
        """Close what is open; no thread sends any more."""
        with self._las:
            alla, self._oppna = self._oppna, set()
        for en in alla:
            en.stang()


def _krypterad(mal: Mal, text: bytes) -> bytes:
    punkt, hemlighet = pushregler.nyckelpar(mal.p256dh, mal.auth)
    egen = ec.generate_private_key(ec.SECP256R1())
    ut: bytes = http_ece.encrypt(text, private_key=egen, dh=punkt, auth_secret=hemlighet, version="aes128gcm")
    return ut
