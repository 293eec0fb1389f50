"""What the pages show, put together from what was read. No writing."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from wis import clock, jamfor
from wis.auth.atkomst import tillgang
from wis.auth.rules import Verb
from wis.lagesbild import queries, rules
from wis.lagesbild.forms import Lagesbildsformular
from wis.lagesbild.mall import AVSNITT, NYCKLAR, Avsnitt, grupper
from wis.lagesbild.models import Lagesbild, LagesbildVersion, Utkast
from wis.lagesbild.plats import sak_for
from wis.lagesbild.rules import Innehall, Lage, Mote
from wis.lagesbild.utkast import Text, text_av


@dataclass(frozen=True)
class Lasavsnitt:
    """A section to read: its label (empty when the heading says it all), HTML, and whether this version changed it."""

    nyckel: str
    etikett: str
    html: str
    andrad: bool


def att_lasa(version: LagesbildVersion, forra: LagesbildVersion | None) -> list[tuple[str, list[Lasavsnitt]]]:
    """The filled sections under their headings; `forra` is the version before. Keys not in the template come last."""
    html = {s.nyckel: s.html for s in version.sektioner}
    nu, da = _kallor(version), _kallor(forra)
    andrade = {nyckel for nyckel in html if forra is not None and nu.get(nyckel) != da.get(nyckel)}
    ut = []
    for rubrik, avsnitten in grupper():
        fyllda = [
            Lasavsnitt(a.nyckel, a.etikett if len(avsnitten) > 1 else "", html[a.nyckel], a.nyckel in andrade)
            for a in avsnitten
            if a.nyckel in html
        ]
        if fyllda:
            ut.append((rubrik, fyllda))
    ovriga = [Lasavsnitt(n, n, html[n], n in andrade) for n in html if n not in NYCKLAR]
    return [*ut, ("Övrigt", ovriga)] if ovriga else ut


def att_forhandsgranska(innehall: Innehall, html: dict[str, str]) -> list[tuple[str, list[Lasavsnitt]]]:
    """As att_lasa(), of what is not published yet."""
    ut = []
    for rubrik, avsnitten in grupper():
        fyllda = [
            Lasavsnitt(a.nyckel, a.etikett if len(avsnitten) > 1 else "", html[a.nyckel], andrad=False)
            for a in avsnitten
            if a.nyckel in innehall.sektioner
        ]
        if fyllda:
            ut.append((rubrik, fyllda))
    return ut


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
    namn = {a.nyckel: a.namn for a in AVSNITT}
    olika, lika = [], []
    for nyckel in [*NYCKLAR, *(n for n in {**da, **nu} if n not in NYCKLAR)]:
        fore, efter = da.get(nyckel, ""), nu.get(nyckel, "")
        if fore != efter:
            delar = jamfor.jamfor_ord(fore, efter)
            rader = jamfor.jamfor_sida_vid_sida(fore, efter) if sida_vid_sida else []
            olika.append(Jamforavsnitt(namn.get(nyckel, nyckel), delar, rader, *jamfor.andrade_ord(delar)))
        elif fore:
            lika.append(namn.get(nyckel, nyckel))
    return olika, lika


@dataclass(frozen=True)
class Skrivavsnitt:
    """A section to write: its field, how it stands to the other text (`deras`), and the differences in words."""

    avsnitt: Avsnitt
    falt: Any
    status: str
    oppen: bool
    lage: Lage
    deras: str
    delar: list[jamfor.Del]


# What a heading of several sections says: the first of these that holds for any of them.
_VIKT = ("olika texter", "ny text", "ändrat", "nytt", "borttaget", "oförändrat", "tomt")


@dataclass
class Skrivsida:
    """The page for writing, not yet drawn. `krock`: 'version' or 'utkast' when texts met; `mot` is the other text.

    `ny_marke`: the label or the note in the form follows the other text. `lasratt_andrad`: who reads has been changed
    since the form was drawn. `vidgad`: it reaches more than the person was shown.
    """

    form: Lagesbildsformular
    senaste: LagesbildVersion | None
    krock: str = ""
    mot: Text | None = None
    moten: dict[str, Mote] = field(default_factory=dict)
    granskad: list[tuple[str, list[Lasavsnitt]]] = field(default_factory=list)
    oforandrad: bool = False
    utkast_sparat: datetime | None = None
    ny_marke: bool = False
    lasratt_andrad: bool = False
    vidgad: bool = False

    def grupper(self) -> list[tuple[str, list[Skrivavsnitt], str]]:
        """The sections under their headings, and how it stands with them in a word."""
        deras = queries.innehall_av(self.senaste) if self.mot is None else self.mot.innehall
        ut = []
        for rubrik, avsnitten in grupper():
            delar = [self._avsnitt(a, deras) for a in avsnitten]
            ut.append((rubrik, delar, min((d.status for d in delar), key=_VIKT.index)))
        return ut

    def _avsnitt(self, avsnitt: Avsnitt, deras: Innehall) -> Skrivavsnitt:
        falt = self.form[avsnitt.nyckel]
        min_, de = rules.rensad(falt.data or ""), deras.sektioner.get(avsnitt.nyckel, "")
        mote = self.moten.get(avsnitt.nyckel)
        lage = mote.lage if mote else (Lage.LIKA if min_ == de else Lage.MIN)
        # An empty side has nothing to compare with.
        delar = jamfor.jamfor_ord(min_, de) if min_ != de and de and lage is not Lage.DERAS else []
        oppen = bool(min_ or falt.errors or lage is Lage.BADA or avsnitt == AVSNITT[0])
        return Skrivavsnitt(avsnitt, falt, self._status(min_, de, lage), oppen, lage, de, delar)

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
        innehall = Innehall(forra.sektioner, marke=forra.marke)
        form.forbered(Text(nummer, 0, innehall, val[0][0]), val)
        return sida
    text = text_av(mitt)
    form.forbered(text, val)
    sida.utkast_sparat = mitt.sparad
    if senaste is not None and text.bas != senaste.nummer:
        mot_version(session, sida, senaste, text)
    return sida


def snabbval(senaste: LagesbildVersion | None) -> list[tuple[str, str]]:
    """Quick choices of the next update."""
    return rules.nasta_val(
        clock.now(),
        None if senaste is None else senaste.publicerad,
        None if senaste is None else senaste.nasta_uppdatering,
    )


def mot_version(session: Session, sida: Skrivsida, senaste: LagesbildVersion, min_text: Text) -> None:
    """Let the form, begun on an older version, meet the latest: what I did not touch follows it, mine stays mine."""
    bas = _lasbar_bas(session, senaste.lagesbild_id, min_text.bas)
    deras = queries.innehall_av(senaste)
    _mot(sida, queries.innehall_av(bas), min_text, Text(senaste.nummer, 0, deras))
    sida.krock = "version"
    sida.form.satt_dolda(bas=senaste.nummer, revision=sida.form.revision.data or 0, ny_nyckel=True)


def mot_utkast(session: Session, sida: Skrivsida, annat: Text, lagesbild_id: int, min_text: Text) -> None:
    """Let the form meet what another page of mine has saved."""
    bas = _lasbar_bas(session, lagesbild_id, min_text.bas)
    _mot(sida, queries.innehall_av(bas), min_text, annat)
    sida.krock = "utkast"
    sida.form.satt_dolda(bas=min_text.bas, revision=annat.revision)


def _lasbar_bas(session: Session, lagesbild_id: int, nummer: int) -> LagesbildVersion | None:
    """The version that a text was begun on, if one may read it: what differs from a hidden one tells what it says."""
    bas = queries.find_version(session, lagesbild_id, nummer)
    if bas is None:
        return None
    lagesbild = bas.lagesbild
    sak = sak_for(lagesbild.handelse, lagesbild.aktor, lagesbild.krets, bas)
    return bas if tillgang(Verb.LASA, sak) else None


def _mot(sida: Skrivsida, bas: Innehall, min_text: Text, annat: Text) -> None:
    sida.mot = annat
    sida.moten = rules.sammanfoga(bas.sektioner, min_text.innehall.sektioner, annat.innehall.sektioner)
    for nyckel, mote in sida.moten.items():
        sida.form[nyckel].data = mote.text
    marke = rules.sammanfoga_marke(bas.marke, min_text.innehall.marke, annat.innehall.marke)
    sida.ny_marke = marke != min_text.innehall.marke
    sida.form.satt_marke(marke)
