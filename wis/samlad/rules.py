"""Compiling the samlade: what stands in a draft beside what the actors say, and what one does to a section. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from rapidfuzz import fuzz

from wis.jamfor import Del, jamfor_ord
from wis.lagesbild.kallor import Kalla, Stycke, hop, stycken
from wis.lagesbild.krockregler import lasbar, lasbara
from wis.lagesbild.mall import Avsnitt, Avsnittsslag, Mall
from wis.lagesbild.rader import Rad, dela, radnamn, tal

MEST = 20
"""So many paragraphs of one section of one actor are shown; the rest is read at the source."""
LANGST = 1500
"""So many characters of a paragraph are shown."""
_LIKT = 50.0  # per cent: less than this is another paragraph


@dataclass(frozen=True)
class Kallavsnitt:
    """One section of a version: what it is called there, what it holds, and its paragraphs."""

    nyckel: str
    namn: str
    slag: Avsnittsslag
    text: str

    @property
    def stycken(self) -> list[Stycke]:
        """Its rows and paragraphs. Marks of origin in them are no part of what they say."""
        return [replace(s, kalla=None) for s in stycken(self.text, self.slag)]

    @property
    def visshet(self) -> str:
        """'Fakta' or 'Antagande', '' where the actor doesn't say."""
        return {Avsnittsslag.FAKTA: "Fakta", Avsnittsslag.ANTAGANDEN: "Antagande"}.get(self.slag, "")


@dataclass(frozen=True)
class Kallversion:
    """A version of an actor's own lägesbild that the redaktör reads, or an answer to begäran number `begaran`.

    `smal`: how few read it, in words; '' for all.
    """

    aktor_id: int
    aktor: str
    slug: str
    nummer: int
    publicerad: datetime
    tlp: str
    nasta: datetime | None = None
    smal: str = ""
    avsnitt: Mapping[str, Kallavsnitt] = field(default_factory=dict)
    begaran: int = 0


@dataclass(frozen=True)
class Kallrad:
    """A paragraph of a source: its mark, its place there, and whether it stands in the draft."""

    stycke: Stycke
    kalla: Kalla
    ordning: int
    tagen: bool


@dataclass(frozen=True)
class Kallgrupp:
    """What one actor says in one of its sections; `fler`: so many paragraphs more than are shown."""

    version: Kallversion
    avsnitt: Kallavsnitt
    rader: Sequence[Kallrad]
    fler: int


@dataclass(frozen=True)
class Nyare:
    """What a newer version says in place of a paragraph: the very same ('kvar'), something like it, or nothing."""

    version: Kallversion
    slag: Literal["kvar", "andrat", "borta"]
    ordning: int = 0
    delar: Sequence[Del] = ()
    bearbetad: bool = False


@dataclass(frozen=True)
class Utkastrad:
    """A paragraph of the draft; `kalla` None: the redaktör's own, `version` None: a source that isn't found here."""

    plats: int
    stycke: Stycke
    version: Kallversion | None
    visshet: str
    nyare: Nyare | None
    upp: bool
    ned: bool


@dataclass(frozen=True)
class Jamfort:
    """A figure, or how hard a function is struck, that several actors tell of: who says what."""

    namn: str
    varden: Sequence[tuple[str, str]]
    skiljer: bool


@dataclass(frozen=True)
class Avsnittsdel:
    """A section of the samlade: what stands in the draft, and what the actors say there."""

    avsnitt: Avsnitt
    rader: Sequence[Utkastrad]
    grupper: Sequence[Kallgrupp]
    jamforda: Sequence[Jamfort]


Plats = tuple[str, int, str]


def plats(kalla: Kalla) -> Plats:
    """What tells a version, or the answer to one question, from others."""
    return kalla.aktor, kalla.nummer, kalla.nyckel if kalla.svar else ""


@dataclass(frozen=True)
class Underlag:
    """All that a page is made of: the template and texts of the draft, the actors' latest, their latest answer to each
    question, and all that may be cited."""

    mall: Mall
    texter: Mapping[str, str]
    senaste: Sequence[Kallversion]
    svar: Sequence[Kallversion]
    citerade: Mapping[Plats, Kallversion]

    def kalla(self, kalla: Kalla) -> Kallversion | None:
        """The version that a mark names, if it is one of the event's that the redaktör reads."""
        return self.citerade.get(plats(kalla))

    def senast(self, kalla: Kalla) -> Kallversion | None:
        """What its actor has said last in its place."""
        if kalla.svar is None:
            return next((v for v in self.senaste if v.slug == kalla.aktor), None)
        return next((v for v in self.svar if v.slug == kalla.aktor and kalla.nyckel in v.avsnitt), None)


def avsnittsdelar(u: Underlag) -> list[Avsnittsdel]:
    """The sections in order, each with its sources."""
    tagna = _tagna(u)
    grupper: dict[str, list[Kallgrupp]] = defaultdict(list)
    for version in u.senaste:
        for nyckel, avsnitt in version.avsnitt.items():
            if nyckel in u.mall.nycklar:
                grupper[nyckel].append(_grupp(version, avsnitt, tagna))
    return [
        Avsnittsdel(a, _utkastrader(u, a), grupper[a.nyckel], _jamforda(grupper[a.nyckel], a.slag))
        for a in u.mall.avsnitt
    ]


def annat(u: Underlag) -> list[Kallgrupp]:
    """What the actors say in sections that the samlade has no counterpart of."""
    tagna = _tagna(u)
    return [
        _grupp(version, avsnitt, tagna)
        for version in u.senaste
        for nyckel, avsnitt in version.avsnitt.items()
        if nyckel not in u.mall.nycklar
    ]


def svarsgrupper(u: Underlag) -> list[tuple[str, list[Kallgrupp]]]:
    """The questions that have been asked, each with its answers."""
    tagna = _tagna(u)
    ut: dict[str, list[Kallgrupp]] = defaultdict(list)
    for version in u.svar:
        for nyckel, avsnitt in version.avsnitt.items():
            ut[nyckel].append(_grupp(version, avsnitt, tagna))
    return [(grupper[0].avsnitt.namn, grupper) for grupper in ut.values()]


def i_ord(stycke: Stycke, slag: Avsnittsslag) -> str:
    """The paragraph as it is shown: a row with a middle dot between its cells."""
    return lasbar(stycke.text, slag) if stycke.ar_rad else stycke.text.strip()


def _tagna(u: Underlag) -> set[tuple[str, str]]:
    """What stands in the draft already: whose and what."""
    alla = (s for a in u.mall.avsnitt for s in stycken(u.texter.get(a.nyckel, ""), a.slag))
    return {(s.kalla.aktor, _rent(s)) for s in alla if s.kalla is not None}


def _rent(stycke: Stycke) -> str:
    """What it says, whether it is written as a row or not."""
    text = stycke.text.strip()
    if stycke.ar_rad:
        text = text.strip("|").replace("|", "·")
    return " ".join(text.split()).casefold()


def _grupp(version: Kallversion, avsnitt: Kallavsnitt, tagna: set[tuple[str, str]]) -> Kallgrupp:
    kalla, alla = Kalla(version.slug, version.nummer, avsnitt.nyckel), avsnitt.stycken
    visade = [Kallrad(s, kalla, i, (version.slug, _rent(s)) in tagna) for i, s in enumerate(alla[:MEST])]
    return Kallgrupp(version, avsnitt, visade, max(0, len(alla) - MEST))


def _utkastrader(u: Underlag, avsnitt: Avsnitt) -> list[Utkastrad]:
    alla = stycken(u.texter.get(avsnitt.nyckel, ""), avsnitt.slag)
    ut = []
    for nummer, s in enumerate(alla):
        version = None if s.kalla is None else u.kalla(s.kalla)
        hel = None if version is None or s.kalla is None else version.avsnitt.get(s.kalla.nyckel)
        nyare = _nyare(s, hel, u.senast(s.kalla)) if s.kalla is not None else None
        upp, ned = _granne(alla, nummer, -1) is not None, _granne(alla, nummer, 1) is not None
        ut.append(Utkastrad(nummer, s, version, hel.visshet if hel else "", nyare, upp, ned))
    return ut


def _nyare(stycke: Stycke, da: Kallavsnitt | None, senaste: Kallversion | None) -> Nyare | None:
    kalla = stycke.kalla
    if kalla is None or senaste is None or senaste.nummer <= kalla.sedd:
        return None
    nu = senaste.avsnitt.get(kalla.nyckel)
    nya, gamla = (nu.stycken if nu else []), (da.stycken if da else [])
    # A paragraph that the redaktör has worked on is followed by what it was made of.
    ur = _likast(stycke, gamla)
    ursprung = stycke if ur is None else gamla[ur]
    bearbetad = _rent(ursprung) != _rent(stycke)
    for ordning, nytt in enumerate(nya):
        if _rent(nytt) in {_rent(stycke), _rent(ursprung)}:
            return Nyare(senaste, "kvar", ordning)
    slag = nu.slag if nu else Avsnittsslag.TEXT
    likast = _likast(ursprung, nya)
    if likast is None and len(nya) == len(gamla) == 1:
        # All that the section said and all that it says: the one has come in the other's place, however unlike.
        likast = 0
    if likast is None:
        hela = jamfor_ord(*lasbara(da.text if da else "", nu.text if nu else "", slag))
        return Nyare(senaste, "borta", delar=hela)
    delar = jamfor_ord(*lasbara(ursprung.text, nya[likast].text, slag))
    return Nyare(senaste, "andrat", likast, delar, bearbetad)


def _likast(stycke: Stycke, bland: Sequence[Stycke]) -> int | None:
    """The place of the paragraph that is most like this one: a row of the same name, else in its words."""
    if stycke.ar_rad:
        namn = _namn(stycke)
        for plats, annan in enumerate(bland):
            if annan.ar_rad and _namn(annan) == namn:
                return plats
    lika = [(fuzz.ratio(stycke.text, annan.text), -plats) for plats, annan in enumerate(bland)]
    bast = max(lika, default=(0.0, 0))
    return -bast[1] if bast[0] >= _LIKT else None


def _namn(rad: Stycke) -> str:
    return radnamn(rad.text.strip().strip("|").partition("|")[0].strip())


# --- figures side by side -----------------------------------------------------------------------------------------


def _jamforda(grupper: Sequence[Kallgrupp], slag: Avsnittsslag) -> list[Jamfort]:
    """Figures of the same name and unit, and functions, that more than one actor tells of; those that differ first."""
    if slag not in {Avsnittsslag.NYCKELTAL, Avsnittsslag.KONSEKVENSER}:
        return []
    funna: dict[tuple[str, str], list[tuple[str, Rad]]] = defaultdict(list)
    for grupp in grupper:
        for rad in dela(grupp.avsnitt.text, slag)[0] if grupp.avsnitt.slag is slag else []:
            enhet = rad[2].casefold() if slag is Avsnittsslag.NYCKELTAL else ""
            if rad[1]:
                funna[radnamn(rad[0]), enhet].append((grupp.version.aktor, rad))
    ut = [_jamfort(rader, slag) for rader in funna.values() if len({aktor for aktor, _ in rader}) > 1]
    return sorted(ut, key=lambda ett: not ett.skiljer)


def _jamfort(rader: Sequence[tuple[str, Rad]], slag: Avsnittsslag) -> Jamfort:
    forsta = rader[0][1]
    enhet = forsta[2] if slag is Avsnittsslag.NYCKELTAL else ""
    sagda = {tal(rad[1]) if tal(rad[1]) is not None else rad[1].casefold() for _, rad in rader}
    namn = f"{forsta[0]} ({enhet})" if enhet else forsta[0]
    return Jamfort(namn, [(aktor, rad[1]) for aktor, rad in rader], len(sagda) > 1)


# --- what one does ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TaIn:
    """Take this paragraph of this version in, in the section `till`."""

    kalla: Kalla
    ordning: int
    till: str


@dataclass(frozen=True)
class PaPlats:
    """Do `vad` to what stands at a place of the draft: 'ersatt' by paragraph `ordning` of version `nummer`, …"""

    vad: str
    till: str
    plats: int
    nummer: int
    ordning: int


def ta_in(text: str, mal: Avsnitt, stycke: Stycke, kalla: Kalla, kallslag: Avsnittsslag) -> str:
    """The section's text with this paragraph last. A row stays one in a section of the same kind."""
    return hop([*stycken(text, mal.slag), _som_i(mal, stycke, kalla, kallslag)])


def byt_ut(text: str, mal: Avsnitt, plats: int, nytt: Stycke, kalla: Kalla, kallslag: Avsnittsslag) -> str:
    """The text with this in place of what stands there. Raises IndexError if nothing does."""
    alla = stycken(text, mal.slag)
    alla[plats] = _som_i(mal, nytt, kalla, kallslag)
    return hop(alla)


def _som_i(mal: Avsnitt, stycke: Stycke, kalla: Kalla, kallslag: Avsnittsslag) -> Stycke:
    if stycke.ar_rad and mal.slag is not kallslag:
        return Stycke(lasbar(stycke.text, kallslag), kalla)
    return replace(stycke, kalla=kalla)


def finns(text: str, mal: Avsnitt, stycke: Stycke, kalla: Kalla) -> bool:
    """Whether it is taken in already, of the same version."""
    vad = (kalla.aktor, kalla.nummer, _rent(stycke))
    return any(s.kalla and (s.kalla.aktor, s.kalla.nummer, _rent(s)) == vad for s in stycken(text, mal.slag))


def ta_bort(text: str, mal: Avsnitt, plats: int) -> str:
    """The text without what stands there. Raises IndexError if nothing does."""
    alla = stycken(text, mal.slag)
    del alla[plats]
    return hop(alla)


def flytta(text: str, mal: Avsnitt, plats: int, steg: int) -> str:
    """The text with what stands there before (-1) or after (1) its neighbour: rows among rows."""
    alla = stycken(text, mal.slag)
    granne = _granne(alla, plats, steg)
    if granne is not None:
        alla[plats], alla[granne] = alla[granne], alla[plats]
    return hop(alla)


def _granne(alla: Sequence[Stycke], plats: int, steg: int) -> int | None:
    granne = plats + steg
    if 0 <= granne < len(alla) and alla[granne].ar_rad == alla[plats].ar_rad:
        return granne
    return None


def marke_om(text: str, mal: Avsnitt, plats: int, nummer: int, *, kvar: bool) -> str:
    """The text with a newer version's number in the mark there: as its own (`kvar`: it says the same), or as seen.

    Raises IndexError if nothing stands there, and ValueError if it has no mark.
    """
    alla = stycken(text, mal.slag)
    kalla = alla[plats].kalla
    if kalla is None:
        raise ValueError(plats)
    ny = replace(kalla, nummer=nummer, behallen=0) if kvar else kalla.behall(nummer)
    alla[plats] = replace(alla[plats], kalla=ny)
    return hop(alla)


def marken(mall: Mall, texter: Mapping[str, str]) -> list[Kalla]:
    """The marks of a draft."""
    alla = (s.kalla for a in mall.avsnitt for s in stycken(texter.get(a.nyckel, ""), a.slag))
    return [kalla for kalla in alla if kalla is not None]


# --- who and what is missing --------------------------------------------------------------------------------------


def otackta(mall: Mall, senaste: Iterable[Kallversion]) -> list[str]:
    """The names of the sections that no actor has filled."""
    fyllda = {nyckel for version in senaste for nyckel in version.avsnitt}
    return [a.namn for a in mall.avsnitt if a.nyckel not in fyllda]
