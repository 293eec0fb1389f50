"""How an actor's administrators put a template together: moves, removals, what is allowed, what differs. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from wis.lagesbild.mall import (
    EGEN,
    MAX_AVSNITT,
    MAX_SAMMANFATTNING,
    SAMMANFATTNING,
    Avsnitt,
    Avsnittsslag,
    Mall,
    Utgava,
    ar_nyckel,
    egen_nummer,
    forvalda,
)

MAX_ANTAL = 25
MAX_RUBRIK = 80
MAX_ETIKETT = 80
MAX_LEDTEXT = 200
NY = "ny_"
"""So begin, in a form, the keys of own sections that are not saved yet."""
FALT = ("grupp", "etikett", "ledtext")
_NY = re.compile(NY + r"[1-9][0-9]{0,2}")
_NUMMER = re.compile(r"^[0-9]{1,2}\.\s+")


@dataclass(frozen=True)
class Mallrad:
    """A section as it is edited: its heading without the number that it is shown with. `tagen`: to be left out."""

    nyckel: str
    grupp: str
    etikett: str
    ledtext: str
    slag: Avsnittsslag = Avsnittsslag.TEXT
    tagen: bool = False
    utgavor: frozenset[Utgava] = frozenset()

    @property
    def namn(self) -> str:
        """What tells it from the others."""
        return _som_avsnitt(self, self.grupp).namn.strip(": ") or "Nytt avsnitt"

    def rensad(self) -> "Mallrad":
        """With its texts on one line each, and the heading without a number."""
        grupp, etikett, ledtext = (" ".join(text.split()) for text in (self.grupp, self.etikett, self.ledtext))
        return replace(self, grupp=utan_nummer(grupp), etikett=etikett, ledtext=ledtext)


def utan_nummer(rubrik: str) -> str:
    """The heading without the number that it begins with."""
    return _NUMMER.sub("", rubrik)


def rader_av(mall: Mall) -> list[Mallrad]:
    """The sections, to be edited."""
    return [
        Mallrad(a.nyckel, utan_nummer(a.grupp), a.etikett, a.ledtext, a.slag, utgavor=a.utgavor) for a in mall.avsnitt
    ]


def samlade(rader: Iterable[Mallrad]) -> list[Mallrad]:
    """Sections of one heading side by side, called by it as it was first written; what is left out comes last."""
    alla = [rad.rensad() for rad in rader]
    kvar = [rad for rad in alla if not rad.tagen]
    rubriker: dict[str, str] = {}
    for rad in kvar:
        rubriker.setdefault(rad.grupp.casefold(), rad.grupp)
    grupper = [[rad for rad in kvar if rad.grupp.casefold() == nyckel] for nyckel in rubriker]
    return [
        *(replace(rad, grupp=rubriker[rad.grupp.casefold()]) for grupp in grupper for rad in grupp),
        *(rad for rad in alla if rad.tagen),
    ]


def flytta(rader: Sequence[Mallrad], nyckel: str, steg: int) -> list[Mallrad]:
    """With the section one step up (-1) or down (+1): past its neighbour under the heading, else heading past heading.

    The summary stays first, so nothing goes past it.
    """
    alla = samlade(rader)
    plats = next((i for i, rad in enumerate(alla) if rad.nyckel == nyckel and not rad.tagen), None)
    if plats is None or not 0 < plats + steg < len(alla) or plats == 0 or alla[plats + steg].tagen:
        return alla
    if alla[plats].grupp == alla[plats + steg].grupp:
        alla[plats], alla[plats + steg] = alla[plats + steg], alla[plats]
        return alla
    return _flytta_rubrik(alla, alla[plats].grupp, alla[plats + steg].grupp, steg)


def _flytta_rubrik(alla: list[Mallrad], denna: str, forbi: str, steg: int) -> list[Mallrad]:
    flyttas = [rad for rad in alla if rad.grupp == denna and not rad.tagen]
    resten = [rad for rad in alla if rad not in flyttas]
    dar = [i for i, rad in enumerate(resten) if rad.grupp == forbi and not rad.tagen]
    till = dar[0] if steg < 0 else dar[-1] + 1
    return [*resten[:till], *flyttas, *resten[till:]]


def ta(rader: Iterable[Mallrad], nyckel: str, *, bort: bool) -> list[Mallrad]:
    """With the section left out, or taken back. The summary can't be left out."""
    bytt = [replace(r, tagen=bort) if r.nyckel == nyckel != SAMMANFATTNING else r for r in rader]
    tillbaka = [rad for rad in bytt if rad.nyckel == nyckel and not bort]
    return samlade([*(rad for rad in bytt if rad not in tillbaka), *tillbaka])


def redigeras(nyckel: str) -> bool:
    """Whether a form in which a template is edited can hold this key: a section's, or that of one not saved yet."""
    return ar_nyckel(nyckel) or _NY.fullmatch(nyckel) is not None


def ny_egen(rader: Iterable[Mallrad], slag: Avsnittsslag) -> Mallrad:
    """An own section of this kind, with nothing said of it yet."""
    upptagna = {rad.nyckel for rad in rader}
    nummer = next(n for n in range(1, len(upptagna) + 2) if f"{NY}{n}" not in upptagna)
    nyckel = f"{NY}{nummer}"
    return Mallrad(nyckel, "", "", "", slag, utgavor=forvalda(nyckel, slag))


def granska(rader: Sequence[Mallrad]) -> dict[str, str]:
    """What must be mended before it can be saved: Swedish texts by field ('grupp-<key>'); '' is the whole."""
    fel: dict[str, str] = {}
    kvar = [rad for rad in samlade(rader) if not rad.tagen]
    if len(kvar) > MAX_ANTAL:
        fel[""] = f"Mallen har {len(kvar)} avsnitt. Högst {MAX_ANTAL} går: ta bort några."
    sedda: set[tuple[str, str]] = set()
    for rad in kvar:
        fel |= _granska_rad(rad)
        namn = (rad.grupp.casefold(), rad.etikett.casefold())
        if rad.etikett and namn in sedda:
            fel[f"etikett-{rad.nyckel}"] = (
                f"Det finns redan ett {rad.etikett} under {rad.grupp}. Kalla det något annat."
            )
        sedda.add(namn)
        if rad.nyckel != SAMMANFATTNING and kvar and rad.grupp == kvar[0].grupp:
            fel[f"grupp-{rad.nyckel}"] = f"Under {rad.grupp} står bara sammanfattningen. Välj en annan rubrik."
    return fel


def _granska_rad(rad: Mallrad) -> dict[str, str]:
    fel = {}
    for falt, vad, hogst in (("grupp", "rubrik", MAX_RUBRIK), ("etikett", "namn", MAX_ETIKETT)):
        text = getattr(rad, falt)
        if not text:
            fel[f"{falt}-{rad.nyckel}"] = f"{rad.namn}: skriv {vad}."
        elif len(text) > hogst:
            fel[f"{falt}-{rad.nyckel}"] = f"{rad.namn}: {vad} kan ha högst {hogst} tecken (nu {len(text)})."
    if len(rad.ledtext) > MAX_LEDTEXT:
        fel[f"ledtext-{rad.nyckel}"] = f"{rad.namn}: rådet kan ha högst {MAX_LEDTEXT} tecken (nu {len(rad.ledtext)})."
    return fel


def som_mall(rader: Iterable[Mallrad], senaste_egna: int = 0) -> Mall:
    """The template, its headings numbered in order. New own sections get the numbers after `senaste_egna`."""
    kvar = [rad for rad in samlade(rader) if not rad.tagen]
    senaste_egna = max(senaste_egna, hogsta_egna(rad.nyckel for rad in kvar))
    ordning = {grupp: nummer for nummer, grupp in enumerate(dict.fromkeys(rad.grupp for rad in kvar), start=1)}
    avsnitt = []
    for rad in kvar:
        ny = rad.nyckel.startswith(NY)
        senaste_egna += ny
        med_nyckel = replace(rad, nyckel=f"{EGEN}{senaste_egna}") if ny else rad
        avsnitt.append(_som_avsnitt(med_nyckel, f"{ordning[rad.grupp]}. {rad.grupp}"))
    return Mall(tuple(avsnitt))


def _som_avsnitt(rad: Mallrad, grupp: str) -> Avsnitt:
    hogst = MAX_SAMMANFATTNING if rad.nyckel == SAMMANFATTNING else MAX_AVSNITT
    return Avsnitt(rad.nyckel, grupp, rad.etikett, rad.ledtext, hogst, rad.slag, rad.utgavor)


def hogsta_egna(nycklar: Iterable[str]) -> int:
    """The highest number of an own section among these keys; 0 for none."""
    return max(map(egen_nummer, nycklar), default=0)


def skillnader(fore: Mall, efter: Mall) -> list[str]:
    """What has changed, a Swedish line for each; empty if nothing."""
    da, nu = {rad.nyckel: rad for rad in rader_av(fore)}, {rad.nyckel: rad for rad in rader_av(efter)}
    ut = [f"Nytt avsnitt: {rad.namn}" for nyckel, rad in nu.items() if nyckel not in da]
    ut += [f"Borttaget: {rad.namn}" for nyckel, rad in da.items() if nyckel not in nu]
    for nyckel in (n for n in nu if n in da):
        if da[nyckel].namn != nu[nyckel].namn:
            ut.append(f"{da[nyckel].namn} heter nu {nu[nyckel].namn}")
        if da[nyckel].ledtext != nu[nyckel].ledtext:
            ut.append(f"Nytt råd till {nu[nyckel].namn}: {nu[nyckel].ledtext or 'inget'}")
        if da[nyckel].utgavor != nu[nyckel].utgavor:
            ut.append(f"{nu[nyckel].namn} är nu med i: {_utgavonamn(nu[nyckel])}")
    if _ordning(da, nu) != _ordning(nu, da):
        ut.append("Ordningen är ändrad")
    return ut


def _utgavonamn(rad: Mallrad) -> str:
    namn = [utgava.namn for utgava in Utgava if utgava in rad.utgavor]
    return ", ".join(["Hela", *namn])


def _ordning(dessa: Mapping[str, Mallrad], andra: Mapping[str, Mallrad]) -> list[str]:
    return [nyckel for nyckel in dessa if nyckel in andra]
