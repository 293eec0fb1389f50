"""What goes on paper, put together from what one may read: a version, an underrättelse, a whole event. No writing.

What is marked TLP:RED leaves the system in no form: a whole event goes without it, and says how much that was.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from wis.auth.krets import Tlp
from wis.auth.rules import Subjekt
from wis.bilagor.queries import Bifogad, i_version, innehall
from wis.bilagor.rules import storlek
from wis.bilagor.svar import FORHANDSBILD
from wis.handelser.models import Handelse
from wis.lagesbild import queries, sida
from wis.lagesbild.models import LagesbildVersion
from wis.lagesbild.sida import Lasavsnitt
from wis.underrattelser import queries as underrattelser
from wis.underrattelser.models import UnderrattelseVersion
from wis.ytor.queries import Post, Urval, tidslinje

BILDER_BYTE = 8_000_000
"""Of all pictures of one document; those that do not fit come as previews, and then by name."""
STOR_BILD = 1_500_000
MAX_POSTER = 500
MAX_UNDERRATTELSER = 200

Grupper = Sequence[tuple[str, Sequence[Lasavsnitt]]]


@dataclass
class Bilder:
    """The pictures of a document: by made-up addresses (`filer`), or `inne` in it as data: addresses."""

    inne: bool = False
    kvar: int = BILDER_BYTE
    filer: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def adress(self, session: Session, bifogad: Bifogad) -> str:
        """Where the document finds the picture; '' for what is none, and for one that does not fit any more."""
        if not bifogad.slag.bild:
            return ""
        hel = bifogad.langd <= min(STOR_BILD, self.kvar)
        data = innehall(session, bifogad.id, forhandsbild=not hel)
        if data is None or len(data) > self.kvar:
            return ""
        self.kvar -= len(data)
        slag = bifogad.slag.value if hel else FORHANDSBILD
        return self._inne(slag, data) if self.inne else self.lagg(f"wis:bild/{bifogad.sha256}", slag, data)

    def lagg(self, adress: str, slag: str, data: bytes) -> str:
        """Keep a file under the address; the address."""
        self.filer[adress] = slag, data
        return adress

    def _inne(self, slag: str, data: bytes) -> str:
        return f"data:{slag};base64,{base64.b64encode(data).decode()}"


@dataclass(frozen=True)
class Fil:
    """An attachment as paper shows it: `bild` its address in the document, '' for none."""

    text: str
    i_ord: str
    bild: str


@dataclass(frozen=True)
class Versionsblad:
    """A version. `lank`: its page; `ankare`: its name in the document; `nyast`: the newest that one reads."""

    namn: str
    version: LagesbildVersion
    grupper: Grupper
    filer: Sequence[Fil]
    lank: str
    ankare: str
    nyast: int


@dataclass(frozen=True)
class Sakblad:
    """The newest version of an underrättelse that one reads."""

    version: UnderrattelseVersion
    html: str
    aktor: str
    lank: str
    ankare: str


@dataclass(frozen=True)
class Handelseblad:
    """A whole event. `utelamnade`: how many things are left out because they are marked TLP:RED."""

    bilder: Sequence[Versionsblad]
    saker: Sequence[Sakblad]
    poster: Sequence[Post]
    utelamnade: int
    fler: bool

    @property
    def tlp(self) -> Tlp:
        """The narrowest mark of all that is in it."""
        alla = [*(blad.version.tlp for blad in self.bilder), *(sak.version.tlp for sak in self.saker)]
        markta = (Tlp(tlp) for tlp in [*alla, *(post.tlp for post in self.poster)])
        return max(markta, key=lambda tlp: tlp.niva, default=Tlp.CLEAR)


def versionsblad(
    session: Session, version: LagesbildVersion, forra: LagesbildVersion | None, bilder: Bilder, bas: str
) -> Versionsblad:
    """A version that one reads, and what it has changed since `forra`. `bas`: the address of the system."""
    bild = version.lagesbild
    bifogade = i_version(session, version.lagesbild_id, version.nummer)
    return Versionsblad(
        namn="Samlad lägesbild" if bild.aktor_id is None else f"Lägesbild från {bild.namn}",
        version=version,
        grupper=[(rubrik, [_hel(a, bas) for a in under]) for rubrik, under in sida.att_lasa(version, forra)],
        filer=[_fil(session, bifogad, bilder) for bifogad in bifogade],
        lank=f"{bas}/handelser/{bild.handelse.slug}/lagesbild/{bild.slug}/versioner/{version.nummer}",
        ankare=f"lagesbild-{bild.slug}",
        nyast=version.nummer,
    )


def sakblad(version: UnderrattelseVersion, aktor: str, bas: str) -> Sakblad:
    """A version of an underrättelse that one reads."""
    id_ = version.underrattelse_id
    html = med_hela_lankar(version.html, bas)
    return Sakblad(version, html, aktor, f"{bas}/underrattelser/{id_}", f"underrattelse-{id_}")


def handelseblad(session: Session, who: Subjekt, handelse: Handelse, bilder: Bilder, bas: str) -> Handelseblad:
    """All of the event that `who` reads now: the newest of each lägesbild and underrättelse, and the timeline."""
    lasbara = queries.nyast_lasbara_i_handelse(session, who, handelse.id)
    saker = underrattelser.senaste_underrattelser(
        session, who, underrattelser.Urval(handelse_id=handelse.id, antal=MAX_UNDERRATTELSER)
    )
    poster = tidslinje(session, who, handelse, Urval(antal=MAX_POSTER + 1))
    blad = [
        versionsblad(session, version, None, bilder, bas)
        for kort in lasbara
        if kort.tlp != Tlp.RED and (version := queries.find_version(session, kort.lagesbild_id, kort.nummer))
    ]
    rott = sum(ett.tlp == Tlp.RED for ett in lasbara) + sum(ett.tlp == Tlp.RED for ett in saker)
    return Handelseblad(
        bilder=blad,
        saker=[sakblad(ett, ett.underrattelse.aktor.namn, bas) for ett in saker if ett.tlp != Tlp.RED],
        poster=[post for post in poster[:MAX_POSTER] if post.tlp != Tlp.RED],
        utelamnade=rott,
        fler=len(poster) > MAX_POSTER,
    )


def med_hela_lankar(html: str, bas: str) -> str:
    """The HTML with the addresses within the system made whole. Others' addresses have their scheme already."""
    return html.replace(' href="/', f' href="{bas}/')


def _hel(avsnitt: Lasavsnitt, bas: str) -> Lasavsnitt:
    return replace(avsnitt, html=med_hela_lankar(avsnitt.html, bas))


def _fil(session: Session, bifogad: Bifogad, bilder: Bilder) -> Fil:
    i_ord = f"{bifogad.slag.i_ord}, {storlek(bifogad.langd)}"
    return Fil(bifogad.rad.beskrivning or bifogad.rad.namn, i_ord, bilder.adress(session, bifogad))
