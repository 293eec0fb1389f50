"""Compiling: what a pressed button does to the redaktör's own draft of the samlade. Within the caller's transaction."""

from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy.orm import Session

from wis.auth.rules import Subjekt
from wis.lagesbild import utkast
from wis.lagesbild.kallor import Kalla, stycken
from wis.lagesbild.mall import Avsnitt
from wis.lagesbild.plats import Plats
from wis.lagesbild.rules import Innehall
from wis.lagesbild.utkast import Text
from wis.samlad import queries, rules
from wis.samlad.rules import Kallavsnitt, PaPlats, TaIn


class Utfall(StrEnum):
    """Why nothing came of it."""

    REDAN = "redan"
    ANDRAT = "andrat"
    BORTA = "borta"


class Ogjort(Exception):
    """Raised when nothing is to be written: why."""

    def __init__(self, utfall: Utfall) -> None:
        super().__init__(utfall)
        self.utfall = utfall


@dataclass(frozen=True)
class Sett:
    """The draft that the page showed: what it was begun on, and how often it had been saved."""

    bas: int
    revision: int


def utfor(session: Session, who: Subjekt, plats: Plats, sett: Sett, vad: TaIn | PaPlats) -> None:
    """Do it, if the draft is as it was shown. Raises Ogjort if not, or if there is no such source or place, and
    Otillaten; then the transaction is to be undone, that no empty draft is left."""
    text = utkast.text_av(utkast.oppna(session, who, plats))
    samma = (text.bas, text.revision) == (sett.bas, sett.revision)
    mal = next((a for a in text.innehall.mall.avsnitt if a.nyckel == vad.till), None)
    if mal is None:
        raise Ogjort(Utfall.BORTA)
    nu = text.innehall.sektioner.get(mal.nyckel, "")
    if not samma and isinstance(vad, PaPlats):
        # What stands at that place may be something else now.
        raise Ogjort(Utfall.ANDRAT)
    try:
        if isinstance(vad, TaIn):
            nytt = _tagen(session, who, plats, mal, nu, vad)
        else:
            nytt = _pa_plats(session, who, plats, mal, nu, vad)
    except (IndexError, LookupError, ValueError) as fel:
        raise Ogjort(Utfall.BORTA) from fel
    if not samma:
        raise Ogjort(Utfall.ANDRAT)
    _spara(session, who, plats, text, {mal.nyckel: nytt})


def _spara(session: Session, who: Subjekt, plats: Plats, text: Text, nya: dict[str, str]) -> None:
    forra = text.innehall
    innehall = Innehall.av(
        {**forra.sektioner, **nya}, forra.andringsnotering, forra.nasta_uppdatering, forra.marke, forra.mall
    )
    if isinstance(utkast.spara(session, who, plats, replace(text, innehall=innehall)), utkast.Konflikt):
        raise Ogjort(Utfall.ANDRAT)


def _tagen(session: Session, who: Subjekt, plats: Plats, mal: Avsnitt, nu: str, vad: TaIn) -> str:
    """The section with the paragraph. Raises Ogjort if that stands there, IndexError and LookupError."""
    avsnitt = _avsnitt(session, who, plats, vad.kalla)
    stycke = avsnitt.stycken[vad.ordning]
    if rules.finns(nu, mal, stycke, vad.kalla):
        raise Ogjort(Utfall.REDAN)
    return rules.ta_in(nu, mal, stycke, vad.kalla, avsnitt.slag)


def _pa_plats(session: Session, who: Subjekt, plats: Plats, mal: Avsnitt, nu: str, vad: PaPlats) -> str:
    if vad.vad == "bort":
        return rules.ta_bort(nu, mal, vad.plats)
    if vad.vad in {"upp", "ned"}:
        return rules.flytta(nu, mal, vad.plats, -1 if vad.vad == "upp" else 1)
    gammal = stycken(nu, mal.slag)[vad.plats].kalla
    if gammal is None:
        raise LookupError(vad.plats)
    kalla = Kalla(gammal.aktor, vad.nummer, gammal.nyckel)
    if vad.vad == "ersatt":
        avsnitt = _avsnitt(session, who, plats, kalla)
        return rules.byt_ut(nu, mal, vad.plats, avsnitt.stycken[vad.ordning], kalla, avsnitt.slag)
    # The number is one that there is, and that the redaktör reads.
    if queries.find(session, who, plats.handelse_id, kalla) is None:
        raise LookupError(vad.nummer)
    return rules.marke_om(nu, mal, vad.plats, vad.nummer, kvar=vad.vad == "kvar")


def _avsnitt(session: Session, who: Subjekt, plats: Plats, kalla: Kalla) -> Kallavsnitt:
    version = queries.find(session, who, plats.handelse_id, kalla)
    if version is None or kalla.nyckel not in version.avsnitt:
        raise LookupError(str(kalla))
    return version.avsnitt[kalla.nyckel]
