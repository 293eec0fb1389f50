"""What is new in a version since another: which sections, in which words, and how old the text of each is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from wis import jamfor
from wis.auth.rules import Subjekt
from wis.lagesbild import queries
from wis.lagesbild.krockregler import lasbara
from wis.lagesbild.mall import UTANFOR, Avsnitt, Mall
from wis.lagesbild.mallar import hel_mall
from wis.lagesbild.models import LagesbildSektion, LagesbildVersion


@dataclass(frozen=True)
class Textalder:
    """The first version that one may read with the text of a section, and when it came."""

    nummer: int
    tid: datetime


@dataclass(frozen=True)
class Sedanavsnitt:
    """A section of the newer version, called `etikett` under its heading, or '' where the heading says it all.

    `delar`: its words against the older, none if nothing differs; `html`: the text. `alder`: None of what has been
    taken away.
    """

    nyckel: str
    etikett: str
    html: str
    delar: list[jamfor.Del]
    tillagda: int
    borttagna: int
    alder: Textalder | None

    @property
    def andrad(self) -> bool:
        """Whether the texts differ."""
        return bool(self.delar)


def texter(version: LagesbildVersion | None) -> dict[str, str]:
    """The text of each section, as written."""
    return {} if version is None else {sektion.nyckel: sektion.kalla for sektion in version.sektioner}


def andrade(da: Mapping[str, str], nu: Mapping[str, str]) -> list[str]:
    """The keys of the sections that differ."""
    return [nyckel for nyckel in dict.fromkeys([*nu, *da]) if da.get(nyckel, "") != nu.get(nyckel, "")]


def mall_for(gammal: LagesbildVersion, ny: LagesbildVersion) -> Mall:
    """The template of the newer, with what else the older says."""
    da = texter(gammal)
    return hel_mall(ny, texter(ny)).med(da, hel_mall(gammal, da))


def skillnad(avsnitt: Avsnitt, da: str, nu: str) -> list[jamfor.Del]:
    """The section's words, then and now, as they are read."""
    return jamfor.jamfor_ord(*lasbara(da, nu, avsnitt.slag))


def avsnitten(
    gammal: LagesbildVersion, ny: LagesbildVersion, aldrar: Mapping[str, Textalder]
) -> list[tuple[str, list[Sedanavsnitt]]]:
    """The headings of the newer version, each with the sections that say something, or did."""
    da, nu = texter(gammal), texter(ny)
    html = {sektion.nyckel: sektion.html for sektion in ny.sektioner}
    ut = []
    for rubrik, delar in mall_for(gammal, ny).grupper():
        sagda = [ett for ett in delar if da.get(ett.nyckel) or nu.get(ett.nyckel)]
        if sagda:
            flera = len(delar) > 1 or rubrik == UTANFOR
            ut.append((rubrik, [_avsnitt(ett, flera, (da, nu), html, aldrar) for ett in sagda]))
    return ut


def _avsnitt(
    ett: Avsnitt,
    flera: bool,
    texterna: tuple[Mapping[str, str], Mapping[str, str]],
    html: Mapping[str, str],
    aldrar: Mapping[str, Textalder],
) -> Sedanavsnitt:
    fore, efter = (text.get(ett.nyckel, "") for text in texterna)
    delar = [] if fore == efter else skillnad(ett, fore, efter)
    alder, etikett = aldrar.get(ett.nyckel) if efter else None, ett.etikett if flera else ""
    return Sedanavsnitt(ett.nyckel, etikett, html.get(ett.nyckel, ""), delar, *jamfor.andrade_ord(delar), alder)


# --- how old a text is ----------------------------------------------------------------------------------------------


def aldrar(session: Session, who: Subjekt, version: LagesbildVersion) -> dict[str, Textalder]:
    """For each section of the version: since which of those that `who` reads its text has stood as it stands."""
    lasbara_ = [(v.nummer, v.publicerad) for v in queries.versioner(session, who, version.lagesbild_id)]
    tidigare = [nummer for nummer, _ in lasbara_ if nummer < version.nummer]
    return {nyckel: _forst(lasbara_, sist, version) for nyckel, sist in _sist_annorlunda(session, version, tidigare)}


def _forst(lasbara: Sequence[tuple[int, datetime]], sist: int, version: LagesbildVersion) -> Textalder:
    i_stracket = [(nummer, tid) for nummer, tid in lasbara if sist < nummer <= version.nummer]
    return Textalder(*min(i_stracket, default=(version.nummer, version.publicerad)))


def _sist_annorlunda(session: Session, version: LagesbildVersion, tidigare: Sequence[int]) -> list[tuple[str, int]]:
    """For each section of the version: the last of these earlier numbers that said something else there, or 0.

    `tidigare`: those that the reader may read. By any other, the age of a text would tell of a hidden version.
    """
    nu, da, annan = LagesbildSektion, aliased(LagesbildSektion), aliased(LagesbildVersion)
    sist = (
        select(func.max(annan.nummer))
        .select_from(annan)
        .outerjoin(da, (da.lagesbild_id == annan.lagesbild_id) & (da.nummer == annan.nummer) & (da.nyckel == nu.nyckel))
        .where(
            annan.lagesbild_id == version.lagesbild_id,
            annan.nummer.in_(tidigare),
            or_(da.kalla.is_(None), da.kalla != nu.kalla),
        )
        .correlate(nu)
        .scalar_subquery()
    )
    fraga = select(nu.nyckel, func.coalesce(sist, 0))
    rader = session.execute(fraga.where(nu.lagesbild_id == version.lagesbild_id, nu.nummer == version.nummer))
    return [(nyckel, nummer) for nyckel, nummer in rader]
