"""What a lägesbild that is being written will look like to its readers, and how it differs from the last version.

It is asked for again and again while somebody types, and to make HTML of a text takes a process of its own: what has
not been touched is taken from the last version, or from what was rendered a moment ago.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from wis import clock
from wis.auth.rules import Subjekt
from wis.lagesbild import queries, rules, service, sida
from wis.lagesbild.forms import Lagesbildsformular
from wis.lagesbild.kallor import alla
from wis.lagesbild.models import LagesbildVersion
from wis.lagesbild.rules import Innehall
from wis.lagesbild.sida import Jamforavsnitt, Lasavsnitt
from wis.lagesbild.ursprungsregler import Lankar

MAX_TECKEN = 4_000_000
"""How much HTML is kept in each process, in characters."""


@dataclass(frozen=True)
class Blivande:
    """The version that it would become, with what the macros of the reading page read of one."""

    nummer: int
    tlp: str
    lagrum: str
    forfattare: Subjekt
    publicerad: datetime
    andringsnotering: str
    nasta_uppdatering: datetime | None
    oforandrad: bool = False


@dataclass(frozen=True)
class Granskning:
    """The page to be: `grupper` as sida.att_lasa() makes them, and what differs from the last version, if any."""

    version: Blivande
    grupper: list[tuple[str, list[Lasavsnitt]]]
    olika: list[Jamforavsnitt] = field(default_factory=list)
    lika: list[str] = field(default_factory=list)
    nasta_fore: datetime | None = None

    @property
    def forsta(self) -> bool:
        """Whether there is nothing to compare with."""
        return self.version.nummer == 1

    @property
    def sen(self) -> bool:
        """Whether the promised time has been already."""
        nasta = self.version.nasta_uppdatering
        return nasta is not None and nasta <= self.version.publicerad


@dataclass(frozen=True)
class Underlag:
    """What a Granskning is made of, read: `forra` and `fardiga` (HTML by key) are of version `nummer`.

    `lankar`: of the samlade, what its marks of origin become; None: they are text as any other.
    """

    innehall: Innehall
    forra: Innehall
    nummer: int
    fardiga: Mapping[str, str]
    lankar: Lankar | None = None


def underlag(form: Lagesbildsformular, senaste: LagesbildVersion | None, lankar: Lankar | None = None) -> Underlag:
    """Of what stands in the form, whatever is wrong with it, and the latest version; `lankar` as in Underlag."""
    innehall = form.text().innehall
    try:
        innehall = replace(innehall, nasta_uppdatering=rules.tolka_nasta(form.nasta_text(), clock.now()))
    except (ValueError, OverflowError):
        innehall = replace(innehall, nasta_uppdatering=None)
    forra = queries.innehall_av(senaste)
    if senaste is None:
        return Underlag(innehall, forra, 0, {}, lankar)
    # Rows are drawn beside those of the version before: that of the last version is another than this one's.
    med_rader = {avsnitt.nyckel for avsnitt in innehall.mall.avsnitt if avsnitt.slag.kolumner}
    fardiga = {
        s.nyckel: s.html
        for s in senaste.sektioner
        if s.nyckel not in med_rader and innehall.sektioner.get(s.nyckel) == s.kalla
    }
    return Underlag(innehall, forra, senaste.nummer, fardiga, lankar)


def granska(av: Underlag, who: Subjekt) -> Granskning:
    """As `who` would publish it now. Takes up to two seconds, as service.rendera(): hold no connection meanwhile."""
    innehall, forra = av.innehall, av.forra
    html = _rendera(av)
    olika: list[Jamforavsnitt] = []
    lika: list[str] = []
    if av.nummer:
        mall = innehall.mall.med([*innehall.sektioner, *forra.sektioner], forra.mall)
        olika, lika = sida.skillnader(forra.sektioner, innehall.sektioner, mall)
    version = Blivande(
        av.nummer + 1,
        innehall.marke.tlp,
        innehall.marke.lagrum,
        who,
        clock.now(),
        innehall.andringsnotering,
        innehall.nasta_uppdatering,
    )
    grupper = sida.att_forhandsgranska(innehall, html, forra if av.nummer else None)
    return Granskning(version, grupper, olika, lika, forra.nasta_uppdatering)


# --- what need not be rendered again ------------------------------------------------------------------------------


class _Minne:
    """HTML by what it was made of: what was asked for last is kept, up to `rymmer` characters. For all threads."""

    def __init__(self, rymmer: int) -> None:
        self._rymmer, self._storlek = rymmer, 0
        self._html: OrderedDict[bytes, str] = OrderedDict()
        self._las = threading.Lock()

    def hamta(self, nyckel: bytes) -> str | None:
        with self._las:
            html = self._html.get(nyckel)
            if html is not None:
                self._html.move_to_end(nyckel)
            return html

    def behall(self, nyckel: bytes, html: str) -> None:
        with self._las:
            self._storlek += len(html) - len(self._html.pop(nyckel, ""))
            self._html[nyckel] = html
            while self._storlek > self._rymmer:
                self._storlek -= len(self._html.popitem(last=False)[1])


_minne = _Minne(MAX_TECKEN)


def _rendera(av: Underlag) -> dict[str, str]:
    html, nycklar = dict(av.fardiga), {}
    for namn in av.innehall.sektioner.keys() - html.keys():
        nycklar[namn] = _nyckel(av, namn)
        kand = _minne.hamta(nycklar[namn])
        if kand is not None:
            html[namn] = kand
    nya = {namn: text for namn, text in av.innehall.sektioner.items() if namn not in html}
    if nya:
        gjorda = service.rendera(replace(av.innehall, sektioner=nya), av.forra, av.lankar)
        for namn, text in gjorda.items():
            # What could not be rendered in time is shown as written, and tried again the next time.
            if "<pre>\n" not in text:
                _minne.behall(nycklar[namn], text)
        html |= gjorda
    return html


def _nyckel(av: Underlag, namn: str) -> bytes:
    """By what the section is made of: its kind, its text, that of the version before, and its sources."""
    slag = next((avsnitt.slag for avsnitt in av.innehall.mall.avsnitt if avsnitt.nyckel == namn), "")
    text = av.innehall.sektioner[namn]
    kallor = None if av.lankar is None else [av.lankar.get(kalla.grund) for kalla in alla(text)]
    delar = (str(slag), text, av.forra.sektioner.get(namn, ""), kallor)
    return hashlib.sha256(repr(delar).encode()).digest()
