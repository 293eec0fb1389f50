"""What the pages show, put together from what was read. No writing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from wis import clock, jamfor
from wis.lagesbild import krock, queries, rules
from wis.lagesbild.forms import Lagesbildsformular
from wis.lagesbild.krock import Krock, Krockavsnitt
from wis.lagesbild.krockregler import lasbara
from wis.lagesbild.mall import SAMMANFATTNING, UTANFOR, Avsnitt, Avsnittsslag, Mall
from wis.lagesbild.mallar import hel_mall
from wis.lagesbild.models import Lagesbild, LagesbildVersion, Utkast
from wis.lagesbild.rader import MAX_RADER, TOMMA, Rad, beskrivning, dela, nyckeltal, radnamn
from wis.lagesbild.rules import Innehall, Lage
from wis.lagesbild.utkast import Text, text_av
from wis.overbliven import OverblivenText
from wis.tvaperson.forms import Nodformular

if TYPE_CHECKING:
    from wis.lagesbild.forhandsgranskning import Granskning


@dataclass(frozen=True)
class Lasavsnitt:
    """A section to read: its label (empty when the heading says it all), HTML ('' if nothing is said), and whether this
    version changed it."""

    nyckel: str
    etikett: str
    html: str
    andrad: bool
    slag: Avsnittsslag

    @property
    def kallor(self) -> bool:
        """Whether any of it says where it is from. Only we write classes into it."""
        return ' class="kalla"' in self.html


def att_lasa(version: LagesbildVersion, forra: LagesbildVersion | None) -> list[tuple[str, list[Lasavsnitt]]]:
    """The sections under their headings; `forra` is the version before. What is not in the template comes last."""
    html = {s.nyckel: s.html for s in version.sektioner}
    nu, da = _kallor(version), _kallor(forra)
    andrade = {nyckel for nyckel in html if forra is not None and nu.get(nyckel) != da.get(nyckel)}
    return _upplagd(hel_mall(version, html), html, andrade)


def att_forhandsgranska(
    innehall: Innehall, html: dict[str, str], forra: Innehall | None = None
) -> list[tuple[str, list[Lasavsnitt]]]:
    """As att_lasa(), of what is not published yet."""
    da = {} if forra is None else forra.sektioner
    andrade = {nyckel for nyckel in html if forra is not None and innehall.sektioner.get(nyckel) != da.get(nyckel)}
    return _upplagd(innehall.mall, html, andrade)


def _upplagd(mall: Mall, html: Mapping[str, str], andrade: Collection[str]) -> list[tuple[str, list[Lasavsnitt]]]:
    return [
        (
            rubrik,
            [
                Lasavsnitt(
                    a.nyckel,
                    a.etikett if len(avsnitten) > 1 or rubrik == UTANFOR else "",
                    html.get(a.nyckel, ""),
                    a.nyckel in andrade,
                    a.slag,
                )
                for a in avsnitten
            ],
        )
        for rubrik, avsnitten in mall.grupper()
    ]


def _kallor(version: LagesbildVersion | None) -> dict[str, str]:
    return {} if version is None else {s.nyckel: s.kalla for s in version.sektioner}


@dataclass(frozen=True)
class Jamforavsnitt:
    """A section of two versions: the parts in reading order, or rows of two columns; none when nothing differs."""

    namn: str
    delar: list[jamfor.Del]
    rader: list[jamfor.Rad]
    tillagda: int
    borttagna: int


def att_jamfora(
    gammal: LagesbildVersion, ny: LagesbildVersion, *, sida_vid_sida: bool
) -> tuple[list[Jamforavsnitt], list[str]]:
    """The sections that differ, and the names of those that don't (and say something)."""
    da, nu = _kallor(gammal), _kallor(ny)
    mall = hel_mall(ny, nu).med(da, hel_mall(gammal, da))
    return skillnader(da, nu, mall, sida_vid_sida=sida_vid_sida)


def skillnader(
    da: Mapping[str, str], nu: Mapping[str, str], mall: Mall, *, sida_vid_sida: bool = False
) -> tuple[list[Jamforavsnitt], list[str]]:
    """As att_jamfora(), of two texts by key, in the order of `mall`."""
    namn, slag = {a.nyckel: a.namn for a in mall.avsnitt}, {a.nyckel: a.slag for a in mall.avsnitt}
    olika, lika = [], []
    for nyckel in mall.nycklar:
        fore, efter = da.get(nyckel, ""), nu.get(nyckel, "")
        if fore != efter:
            fore, efter = lasbara(fore, efter, slag[nyckel])
            delar = jamfor.jamfor_ord(fore, efter)
            rader = jamfor.jamfor_sida_vid_sida(fore, efter) if sida_vid_sida else []
            olika.append(Jamforavsnitt(namn[nyckel], delar, rader, *jamfor.andrade_ord(delar)))
        elif fore:
            lika.append(namn[nyckel])
    return olika, lika


@dataclass(frozen=True)
class Skrivavsnitt:
    """A section to write: its field, how it stands to the other text (`deras`), and the differences in words.

    `mest`: how many rows it may have.
    """

    avsnitt: Avsnitt
    falt: Any
    status: str
    oppen: bool
    lage: Lage
    deras: str
    delar: list[jamfor.Del]
    rader: list[Rad] = field(default_factory=list)
    krock: Krockavsnitt | None = None
    forra: list[Rad] = field(default_factory=list)
    mest: int = MAX_RADER

    def tidigare_tal(self) -> dict[str, tuple[str, str]]:
        """What the key figures were in the latest version, by radnamn(): value and unit."""
        return {radnamn(namn): (varde, enhet) for namn, varde, enhet in self.forra if varde}

    def beskrivna_tal(self) -> list[str]:
        """Beside each row of key figures: what it was, and how it has changed."""
        tidigare = self.tidigare_tal()
        return [beskrivning(t, tidigare.get(radnamn(t.namn))) for t in nyckeltal(self.rader, self.forra)]


# What a heading of several sections says: the first of these that holds for any of them.
_VIKT = ("olika texter", "ny text", "ändrat", "nytt", "borttaget", "oförändrat", "tomt")


@dataclass
class Skrivsida:
    """The page for writing, not yet drawn. `krocken`: what the form has met, None for nothing.

    `lasratt_andrad`: who reads has been changed since the form was drawn. `vidgad`: it reaches more than the person was
    shown. `overblivet`: the person's texts that did not come along, by section. `klar`: the key of the form that was
    sent, if all of it is saved. `kraver_tva`: a colleague is needed,
    who was not when the form was drawn; `nod`: what was said of an emergency.
    """

    form: Lagesbildsformular
    senaste: LagesbildVersion | None
    krocken: Krock | None = None
    granskad: "Granskning | None" = None
    oforandrad: bool = False
    utkast_sparat: datetime | None = None
    lasratt_andrad: bool = False
    vidgad: bool = False
    overblivet: Mapping[str, Sequence[OverblivenText]] = field(default_factory=dict)
    klar: str = ""
    kraver_tva: bool = False
    nod: Nodformular | None = None

    @property
    def krock(self) -> str:
        """What the form has met: 'version' or 'utkast', '' for nothing."""
        return "" if self.krocken is None else self.krocken.slag

    def grupper(self) -> list[tuple[str, list[Skrivavsnitt], str]]:
        """The sections under their headings, and how it stands with them in a word."""
        deras = queries.innehall_av(self.senaste)
        ut = []
        for rubrik, avsnitten in self.form.mallen.grupper():
            delar = [self._avsnitt(a, deras) for a in avsnitten]
            ut.append((rubrik, delar, min((d.status for d in delar), key=_VIKT.index)))
        return ut

    def _avsnitt(self, avsnitt: Avsnitt, deras: Innehall) -> Skrivavsnitt:
        falt = self.form[avsnitt.nyckel]
        min_, de = rules.rensad(self.form.text_i(avsnitt.nyckel)), deras.sektioner.get(avsnitt.nyckel, "")
        mott = None if self.krocken is None else self.krocken.avsnitt.get(avsnitt.nyckel)
        lage = mott.lage if mott and not mott.avgjord else (Lage.LIKA if min_ == de else Lage.MIN)
        # An empty side has nothing to compare with.
        jamfors = min_ != de and de and lage not in (Lage.DERAS, Lage.BADA)
        delar = jamfor.jamfor_ord(*lasbara(min_, de, avsnitt.slag, mot_din=True)) if jamfors else []
        oppen = bool(min_ or falt.errors or lage is Lage.BADA or avsnitt.nyckel == SAMMANFATTNING)
        rader = self._rader(avsnitt)
        forra = dela(de, avsnitt.slag)[0] if avsnitt.slag is Avsnittsslag.NYCKELTAL else []
        return Skrivavsnitt(avsnitt, falt, self._status(min_, de, lage), oppen, lage, de, delar, rader, mott, forra)

    def _rader(self, avsnitt: Avsnitt) -> list[Rad]:
        """The rows of the section, with some empty ones after them while there may be more."""
        antal = len(avsnitt.slag.kolumner)
        if not antal:
            return []
        fyllda = self.form.rader[avsnitt.nyckel]
        return [*fyllda, *[("",) * antal] * min(TOMMA, MAX_RADER - len(fyllda))]

    def _status(self, min_: str, de: str, lage: Lage) -> str:
        if lage is Lage.BADA:
            return "olika texter"
        if lage is Lage.DERAS:
            return "ny text"
        if not min_:
            return "borttaget" if de else "tomt"
        if not de:
            return "nytt"
        return "oförändrat" if min_ == de else "ändrat"


def ny_skrivsida(
    session: Session, form: Lagesbildsformular, lagesbild: Lagesbild | None, mitt: Utkast | None
) -> Skrivsida:
    """The page as it opens: my draft (met with what has been published since it was begun), else the latest version."""
    senaste = queries.find_senaste(session, lagesbild.id) if lagesbild is not None else None
    val = snabbval(senaste)
    sida = Skrivsida(form, senaste)
    if mitt is None:
        nummer = 0 if senaste is None else senaste.nummer
        forra = queries.innehall_av(senaste)
        innehall = Innehall(forra.sektioner, marke=forra.marke, mall=forra.mall)
        form.forbered(Text(nummer, 0, innehall, val[0][0]), val)
        return sida
    text = text_av(mitt)
    form.forbered(text, val)
    sida.utkast_sparat = mitt.sparad
    if senaste is not None and text.bas != senaste.nummer:
        sida.krocken = krock.mot_version(session, form, senaste, text)
    elif lagesbild is not None:
        sida.krocken = krock.fortsatt(session, form, lagesbild.id)
    return sida


def snabbval(senaste: LagesbildVersion | None) -> list[tuple[str, str]]:
    """Quick choices of the next update."""
    return rules.nasta_val(
        clock.now(),
        None if senaste is None else senaste.publicerad,
        None if senaste is None else senaste.nasta_uppdatering,
    )
