"""Reads for the region at a glance. The number of questions never depends on how much there is to show."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.orm import Session, contains_eager, joinedload

from wis.aktorer.models import Aktor
from wis.aktorer.queries import svensk_nyckel
from wis.auth.krets import Tlp
from wis.auth.rules import Subjekt
from wis.handelser.lasratt import Innehall, lasbar_for
from wis.handelser.models import Handelse, Lage
from wis.lagesbild.mall import EGEN, Avsnittsslag
from wis.lagesbild.mallar import hel_mall
from wis.lagesbild.models import Lagesbild, LagesbildSektion, LagesbildVersion
from wis.lagesbild.rader import dela
from wis.ytor.regionregler import Funktionsrad, Uppgift, niva, raknade, tider, uppgifter


@dataclass(frozen=True)
class Region:
    """The functions, the actors that speak of any, the moments, and whether any of it is labelled TLP:RED."""

    rader: Sequence[Funktionsrad]
    aktorer: Sequence[Aktor]
    tider: Sequence[datetime]
    rott: bool

    def kolumner(self, rader: Sequence[Funktionsrad], hogst: int) -> tuple[list[Aktor], int]:
        """The actors that speak of these functions in Swedish order, the gravest `hogst` of them; how many more do."""
        varst: dict[int, int] = {}
        for rad in rader:
            for aktor_id, ruta in rad.rutor.items():
                varst[aktor_id] = max(varst.get(aktor_id, -1), niva(ruta.grad))
        talar = [aktor for aktor in self.aktorer if aktor.id in varst]
        valda = {aktor.id for aktor in sorted(talar, key=lambda aktor: -varst[aktor.id])[:hogst]}
        return [aktor for aktor in talar if aktor.id in valda], len(talar) - len(valda)


def aktuella(handelser: Collection[Handelse]) -> list[Handelse]:
    """Those of the open events that the region is shown by: the real ones in aktiverat läge; if none is, all real."""
    skarpa = [handelse for handelse in handelser if not handelse.ovning]
    return [handelse for handelse in skarpa if handelse.lage == Lage.AKTIVERAT] or skarpa


def regionen(session: Session, who: Subjekt, handelser: Collection[Handelse], slut: datetime, steg: int = 0) -> Region:
    """How each function is in these events as of `slut`, with the last `steg` of the moments before it (0 = all)."""
    alla_tider = tider(slut)[-steg:]
    slugar = {handelse.id: handelse.slug for handelse in handelser}
    nummer = _nummer_vid(session, who, list(slugar), alla_tider)
    versioner = _lasbara(session, who, {par for vid in nummer for par in vid})
    texter = _texter(session, versioner)
    sagt = {nyckel: _sagt(version, texter.get(nyckel, {}), slugar) for nyckel, version in versioner.items()}
    vid_tider = [[uppgift for par in vid for uppgift in sagt.get(par, ())] for vid in nummer]
    # Of the actor's own rows only: what the samlade says comes from these.
    talande = {uppgift.aktor_id for uppgift in vid_tider[-1]}
    aktorer = {v.lagesbild.aktor for v in versioner.values() if v.lagesbild.aktor_id in talande}
    return Region(
        raknade(vid_tider),
        sorted((aktor for aktor in aktorer if aktor is not None), key=lambda aktor: svensk_nyckel(aktor.kortnamn)),
        alla_tider,
        any(version.tlp == Tlp.RED for version in versioner.values()),
    )


def _nummer_vid(
    session: Session, who: Subjekt, handelse_ids: list[int], moment: Sequence[datetime]
) -> list[list[tuple[int, int]]]:
    """At each moment: the lägesbilder of actors, by id, with the newest version there was then that `who` reads."""
    version = LagesbildVersion
    innehall = Innehall(version.publicerad, Lagesbild.aktor_id, version.tlp, Lagesbild.krets_id)
    kolumner = [
        select(func.max(version.nummer))
        .where(version.lagesbild_id == Lagesbild.id, version.publicerad <= tid, lasbar_for(who, innehall))
        .correlate(Lagesbild, Handelse)
        .scalar_subquery()
        for tid in moment
    ]
    fraga = select(Lagesbild.id, *kolumner).join(Handelse, Handelse.id == Lagesbild.handelse_id)
    fraga = fraga.where(Lagesbild.handelse_id.in_(handelse_ids), Lagesbild.aktor_id.is_not(None), Lagesbild.senaste > 0)
    rader = session.execute(fraga).all()
    return [[(rad[0], rad[plats]) for rad in rader if rad[plats]] for plats in range(1, len(moment) + 1)]


def _lasbara(session: Session, who: Subjekt, nycklar: set[tuple[int, int]]) -> dict[tuple[int, int], LagesbildVersion]:
    """Those of these versions that `who` may read, with their templates."""
    version = LagesbildVersion
    innehall = Innehall(version.publicerad, Lagesbild.aktor_id, version.tlp, Lagesbild.krets_id)
    found = session.scalars(
        select(version)
        .join(Lagesbild, Lagesbild.id == version.lagesbild_id)
        .join(Handelse, Handelse.id == Lagesbild.handelse_id)
        .options(
            contains_eager(version.lagesbild).joinedload(Lagesbild.aktor),
            joinedload(version.mallrad),
        )
        .where(tuple_(version.lagesbild_id, version.nummer).in_(sorted(nycklar)), lasbar_for(who, innehall))
    )
    return {(ett.lagesbild_id, ett.nummer): ett for ett in found}


def _texter(
    session: Session, versioner: Mapping[tuple[int, int], LagesbildVersion]
) -> dict[tuple[int, int], dict[str, str]]:
    """What these versions say where rows of impact may stand, by key: a small part of them, and none of their HTML."""
    sektion, ut = LagesbildSektion, defaultdict[tuple[int, int], dict[str, str]](dict)
    rader = session.execute(
        select(sektion.lagesbild_id, sektion.nummer, sektion.nyckel, sektion.kalla).where(
            tuple_(sektion.lagesbild_id, sektion.nummer).in_(sorted(versioner)),
            or_(sektion.nyckel == "konsekvenser", sektion.nyckel.startswith(EGEN, autoescape=True)),
        )
    )
    for lagesbild_id, nummer, nyckel, kalla in rader:
        ut[lagesbild_id, nummer][nyckel] = kalla
    return ut


def _sagt(version: LagesbildVersion, texter: dict[str, str], slugar: dict[int, str]) -> list[Uppgift]:
    bild = version.lagesbild
    if bild.aktor is None:
        return []
    lank = f"/handelser/{slugar[bild.handelse_id]}/lagesbild/{bild.aktor.slug}/versioner/{version.nummer}"
    ut: list[Uppgift] = []
    for avsnitt in hel_mall(version, texter).avsnitt:
        if avsnitt.slag is Avsnittsslag.KONSEKVENSER and avsnitt.nyckel in texter:
            rader, _ = dela(texter[avsnitt.nyckel], avsnitt.slag)
            ut += uppgifter(rader, bild.aktor.id, lank, version.publicerad)
    return ut
