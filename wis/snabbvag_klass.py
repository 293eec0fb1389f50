"""Pages that are the same for many but for their holes: drawn for one reader, filled for others of the same class.

Rights are judged as for any page: the class is all that they rest on (see wis.handelser.delat.Klass), with the number
of the event's changes, and the reader is read anew at each request (wis.snabbvag_lasare). And a page is given to nobody
until two people of the class have had it drawn, each for themselves, and it was the same: what is one reader's own and
no hole was made for would differ.
"""

import gzip
import secrets
import threading
from bisect import bisect_right
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

import brotli
from itsdangerous import URLSafeTimedSerializer

from wis.auth.snabbvag import Likhet
from wis.natlos.marke import marke, markt_om
from wis.personligt import FORMULAR, NONCE, NU, NUMMER, Fyllare, Fyllning, Hal, Lasare, Mall
from wis.snabbvag_minne import Minne, Sida
from wis.snabbvag_stampel import Stampel

MINNE = 16 * 1024 * 1024
"""How many bytes of them one process keeps."""
_PACKA: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda text: bytes(brotli.compress(text, quality=4)),
    "gzip": lambda text: gzip.compress(text, 5, mtime=0),
}
_OVRIGT = 1024


@dataclass(frozen=True)
class Vem:
    """A login as its cookie shows it: by this its pages are told from those of another, and its forms are signed."""

    token_hash: str
    formular: str

    @property
    def nyckel(self) -> bytes:
        """What the ETags of its pages are keyed by: who logs in anew must not go on with the forms before."""
        return blake2b(f"{self.token_hash}{self.formular}".encode()).digest()


@dataclass(frozen=True)
class Delad:
    """A page with holes, its headers but for those of its one sending, who had it drawn, and how long it is true.

    `policy`: its content security policy, with a hole for the nonce. `likhet`: by what it differs between
    readers; `bevittnad`: two have had it drawn alike.
    """

    mall: Mall
    policy: Mall
    huvuden: tuple[tuple[str, str], ...]
    fran: datetime
    till: datetime
    duger_till: datetime
    vittne: int
    likhet: Likhet
    bevittnad: bool = False

    @property
    def storlek(self) -> int:
        """About how many bytes it takes."""
        return self.mall.storlek + _OVRIGT


@dataclass(frozen=True)
class _Lik:
    likhet: Likhet

    @property
    def storlek(self) -> int:
        """About how many bytes it takes."""
        return _OVRIGT + 64 * len(self.likhet.tider)


class Klassminne:
    """What is kept of the classes; safe for threads. A key: all of a request that a page depends on, and a class."""

    def __init__(self, storst: int = MINNE) -> None:
        self._sidor: Minne[Delad] = Minne(storst)
        self._lika: Minne[_Lik] = Minne(storst // 8)
        self._las = threading.Lock()

    def hamta(self, nyckel: tuple[Hashable, ...], lasare: Lasare, now: datetime) -> Delad | None:
        """The page for this reader, None if there is none that two have witnessed and that is true at `now`."""
        lik = self._lika.hamta(nyckel)
        plats = None if lik is None else _plats(lik.likhet, lasare)
        delad = None if plats is None else self._sidor.hamta((*nyckel, plats))
        if delad is None or not delad.bevittnad or not delad.fran <= now < delad.till:
            return None
        return delad

    def vittna(self, nyckel: tuple[Hashable, ...], lasare: Lasare, ny: Delad) -> None:
        """Keep what was drawn for the reader, as witnessed if another had the same drawn before."""
        plats = _plats(ny.likhet, lasare)
        if plats is None:
            return
        with self._las:
            forra = self._sidor.hamta((*nyckel, plats))
            lika = forra is not None and (forra.mall, forra.likhet) == (ny.mall, ny.likhet)
            bevittnad = lika and forra is not None and (forra.bevittnad or forra.vittne != ny.vittne)
            self._lika.lagg(nyckel, _Lik(ny.likhet))
            self._sidor.lagg((*nyckel, plats), replace(ny, bevittnad=bevittnad))


def _plats(likhet: Likhet, lasare: Lasare) -> int | None:
    """How many of the things the reader has seen, -1 of who has read nothing; None of whose page is like no other's."""
    if lasare.anvandare_id in likhet.forfattare:
        return None
    if lasare.sedd_till is None:
        return -1 if likhet.tider else 0
    if likhet.fran is not None and lasare.sedd_till < likhet.fran:
        return None
    return bisect_right(likhet.tider, lasare.sedd_till)


# --- filled for one -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ifyllare:
    """What fills holes: the kinds, and the secret that the tokens of forms are signed with."""

    fyllare: Mapping[str, Fyllare]
    hemlighet: str

    def sida(self, delad: Delad, lasare: Lasare, vem: Vem, stampel: Stampel, packas: str, now: datetime) -> Sida:
        """The page for this reader, packed as their browser wants it ('br', 'gzip' or 'identity')."""
        nonce = secrets.token_urlsafe(18)
        formular = str(_formularets(self.hemlighet).dumps(vem.formular))
        egna: dict[Hal, str] = {NONCE: nonce, FORMULAR: formular, NUMMER: str(stampel.nummer)}
        fyllning = Fyllning(self.fyllare, lasare, now, egna)
        etag, kropp = etag_av(delad.mall, fyllning, vem), delad.mall.fyll(fyllning).encode()
        eget = marke(self.hemlighet, stampel.inloggning_id, lasare.aktor_id)
        huvuden = [*markt_om(delad.huvuden, eget), ("ETag", etag)]
        huvuden.append(("Content-Security-Policy", delad.policy.fyll(fyllning)))
        if packas in _PACKA:
            kropp = _PACKA[packas](kropp)
            huvuden.append(("Content-Encoding", packas))
        return Sida(stampel.grund, delad.fran, delad.till, delad.duger_till, etag, tuple(huvuden), kropp)


def etag_av(mall: Mall, fyllning: Fyllning, vem: Vem) -> str:
    """The ETag of a page as it is filled for a login: over all of it but what is new each time that it is sent."""
    # When it was drawn sets a script's clock, so a browser may go on with a page that is minutes off.
    tidlost: dict[Hal, str] = {NONCE: "", FORMULAR: "", NU: fyllning.now.isoformat()[:15]}
    text = mall.fyll(replace(fyllning, egna={**fyllning.egna, **tidlost}))
    return f'W/"{blake2b(text.encode(), digest_size=16, key=vem.nyckel).hexdigest()}"'


def _formularets(hemlighet: str) -> URLSafeTimedSerializer:
    # As Flask-WTF signs them, which proves them when the form is sent.
    return URLSafeTimedSerializer(hemlighet, salt="wtf-csrf-token")
