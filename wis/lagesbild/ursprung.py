"""Where the words of the samlade come from: marks of origin looked up, and who would read more by them than before.

Nothing narrower goes into something wider unless its owner has said so: see wis.lagesbild.medgivanden. All in the
caller's session, in a handful of questions however many the sources are.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, literal, not_, select, true, tuple_
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from wis import clock, datum
from wis.aktorer.models import Aktor
from wis.auth.krets import HOGST_FOR_GAST, Tlp
from wis.auth.rules import Subjekt
from wis.db import UtcDateTime
from wis.handelser.lasratt import Innehall as Lasinnehall
from wis.handelser.lasratt import aktor_laser, lasbar_for
from wis.handelser.models import Handelse
from wis.lagesbild import svarskallor
from wis.lagesbild.kallor import Kalla, Stycke, alla, stycken
from wis.lagesbild.mall import Avsnittsslag
from wis.lagesbild.mallar import hel_mall
from wis.lagesbild.models import Lagesbild, LagesbildSektion, LagesbildVersion, Medgivande
from wis.lagesbild.svarskallor import Svarskalla
from wis.lagesbild.ursprungsregler import SLAGORD, Kallank, jamford, sagt

Namnd = tuple[int, str]
"""An actor: its id and short name."""


@dataclass(frozen=True)
class Ursprung:
    """A mark looked up: the section of a version (`lagesbild`, `version`), or an answer to a begäran (`svar`).

    `aktor`: whose it is, None for somebody outside. `stycken`: what it says. `senaste`: the newest number that the one
    who asks reads. `lasbar`: whether they read this one. `utanfor`: the actors that would read the samlade, published
    now, and don't read this; `medgivanden`: what its owner has been asked of it and answered, the newest first.
    """

    kalla: Kalla
    aktor: Aktor | None
    namn: str
    tid: datetime
    slag: Avsnittsslag
    stycken: tuple[Stycke, ...]
    senaste: int
    lasbar: bool
    adress: str
    tlp: Tlp = Tlp.CLEAR
    samlat_tlp: Tlp = Tlp.CLEAR
    lagesbild: Lagesbild | None = None
    version: LagesbildVersion | None = None
    svar: Svarskalla | None = None
    utanfor: tuple[Namnd, ...] = ()
    medgivanden: tuple[Medgivande, ...] = ()

    @property
    def for_lag(self) -> bool:
        """Whether the samlade is labelled wider than this."""
        return self.samlat_tlp.niva < self.tlp.niva

    @property
    def trangre(self) -> bool:
        """Whether somebody would read more by its being taken in."""
        return self.for_lag or bool(self.utanfor) or self.for_gaster

    @property
    def for_gaster(self) -> bool:
        """Whether guests would read an answer that was not for all: they read no begäran themselves."""
        smal = self.svar is not None and self.svar.lasare is not None
        return smal and self.samlat_tlp.niva <= HOGST_FOR_GAST.niva

    @property
    def medgivande(self) -> Medgivande | None:
        """The newest of what was asked that is about as much as is wanted now, answered or not."""
        ids = {id_ for id_, _ in self.utanfor}
        for ett in self.medgivanden:
            if ids <= set(ett.aktorer) and Tlp(ett.tlp).niva <= self.samlat_tlp.niva:
                return ett
        return None

    @property
    def far_tas_in(self) -> bool:
        """Whether it may stand in the samlade: nobody reads more by it, or its owner lets them."""
        if not self.trangre:
            return True
        if self.svar is not None:
            return self.svar.svar.far_samlas
        return self.medgivande is not None and self.medgivande.svar is True

    def lank(self) -> Kallank:
        """What is shown of it."""
        return Kallank(self.adress, self.i_ord, SLAGORD.get(self.slag, ""), sagt(self.stycken))

    @property
    def i_ord(self) -> str:
        """'Trafikverket version 3, 14:32', or 'Nacka, svar på begäran 14:32'."""
        samma_dag = clock.local(self.tid).date() == clock.local(clock.now()).date()
        nar = datum.klockslag(self.tid) if samma_dag else datum.datumtid(self.tid)
        if self.svar is not None:
            return f"{self.namn}, svar på begäran {nar}"
        return f"{self.namn} version {self.kalla.nummer}, {nar}"


def i_texter(texter: Mapping[str, str]) -> list[Kalla]:
    """The sources that are named in these sections, each once."""
    return list(dict.fromkeys(kalla.grund for text in texter.values() for kalla in alla(text)))


def sla_upp(
    session: Session, who: Subjekt, handelse: Handelse, kallor: Iterable[Kalla], tlp: Tlp = Tlp.CLEAR
) -> dict[Kalla, Ursprung]:
    """Those of these sources that there are in the event, by Kalla.grund; of a samlad that is labelled `tlp`.

    Also those that `who` does not read: `lasbar` says so, and nobody may be shown them.
    """
    sokta = dict.fromkeys(kalla.grund for kalla in kallor)
    funna = _ur_versioner(session, who, handelse, [k for k in sokta if k.svar is None])
    av_svar = _ur_svar(session, who, handelse, [k for k in sokta if k.svar is not None])
    if not funna and not av_svar:
        return {}
    lasare = samlat_laser(session, handelse, tlp)
    utanfor = _utanfor(session, funna.values(), handelse, tlp)
    lov = _medgivanden(session, funna.values())
    alla_ = {
        **{k: replace(u, utanfor=utanfor.get(_nyckel(u), ()), medgivanden=lov.get(k, ())) for k, u in funna.items()},
        **{k: replace(u, utanfor=_svar_utanfor(u, lasare)) for k, u in av_svar.items()},
    }
    return {k: replace(u, samlat_tlp=tlp) for k, u in alla_.items()}


# --- versions -----------------------------------------------------------------------------------------------------


def _nyckel(ett: Ursprung) -> tuple[int, int]:
    if ett.version is None:
        raise ValueError("an answer is no version")
    return ett.version.lagesbild_id, ett.version.nummer


_INNEHALL = Lasinnehall(LagesbildVersion.publicerad, Lagesbild.aktor_id, LagesbildVersion.tlp, Lagesbild.krets_id)


def _ur_versioner(session: Session, who: Subjekt, handelse: Handelse, kallor: Sequence[Kalla]) -> dict[Kalla, Ursprung]:
    if not kallor:
        return {}
    versioner = {
        (rad[0].lagesbild.slug, rad[0].nummer): rad
        for rad in session.execute(
            select(LagesbildVersion, lasbar_for(who, _INNEHALL))
            .join(Lagesbild, Lagesbild.id == LagesbildVersion.lagesbild_id)
            .join(Handelse, Handelse.id == Lagesbild.handelse_id)
            .join(Aktor, Aktor.id == Lagesbild.aktor_id)
            .options(
                contains_eager(LagesbildVersion.lagesbild).contains_eager(Lagesbild.aktor),
                joinedload(LagesbildVersion.mallrad),
            )
            .where(
                Lagesbild.handelse_id == handelse.id,
                tuple_(Aktor.slug, LagesbildVersion.nummer).in_({(k.aktor, k.nummer) for k in kallor}),
            )
        )
    }
    ids = {(v.lagesbild_id, v.nummer) for v, _ in versioner.values()}
    texter = _sektioner(session, ids)
    senaste = _nyast_lasbara(session, who, {id_ for id_, _ in ids})
    ut = {}
    for kalla in kallor:
        version, lasbar = versioner.get((kalla.aktor, kalla.nummer), (None, False))
        if version is None or (text := texter.get((version.lagesbild_id, version.nummer, kalla.nyckel))) is None:
            continue
        ut[kalla] = _ursprung(handelse, kalla, version, text, (bool(lasbar), senaste.get(version.lagesbild_id, 0)))
    return ut


def _ursprung(
    handelse: Handelse, kalla: Kalla, version: LagesbildVersion, text: str, sedd: tuple[bool, int]
) -> Ursprung:
    mall = hel_mall(version, [kalla.nyckel])
    slag = next((a.slag for a in mall.avsnitt if a.nyckel == kalla.nyckel), Avsnittsslag.TEXT)
    bild, (lasbar, senaste) = version.lagesbild, sedd
    return Ursprung(
        kalla,
        bild.aktor,
        bild.namn,
        version.publicerad,
        slag,
        tuple(stycken(text, slag)),
        max(senaste, kalla.nummer),
        lasbar,
        f"/handelser/{handelse.slug}/lagesbild/{bild.slug}/versioner/{version.nummer}#las-{kalla.nyckel}",
        Tlp(version.tlp),
        lagesbild=bild,
        version=version,
    )


def _sektioner(session: Session, ids: Collection[tuple[int, int]]) -> dict[tuple[int, int, str], str]:
    sektion = LagesbildSektion
    rader = session.execute(
        select(sektion.lagesbild_id, sektion.nummer, sektion.nyckel, sektion.kalla).where(
            tuple_(sektion.lagesbild_id, sektion.nummer).in_(ids)
        )
    )
    return {(lagesbild_id, nummer, nyckel): text for lagesbild_id, nummer, nyckel, text in rader}


def _nyast_lasbara(session: Session, who: Subjekt, ids: Collection[int]) -> dict[int, int]:
    rader = session.execute(
        select(LagesbildVersion.lagesbild_id, func.max(LagesbildVersion.nummer))
        .join(Lagesbild, Lagesbild.id == LagesbildVersion.lagesbild_id)
        .join(Handelse, Handelse.id == Lagesbild.handelse_id)
        .where(LagesbildVersion.lagesbild_id.in_(ids), lasbar_for(who, _INNEHALL))
        .group_by(LagesbildVersion.lagesbild_id)
    )
    return {lagesbild_id: nummer for lagesbild_id, nummer in rader}


# --- who would read more ------------------------------------------------------------------------------------------


def samlat_laser(session: Session, handelse: Handelse, tlp: Tlp) -> list[Namnd]:
    """The actors that would read the samlade, were it published now under this label, in order of name."""
    aktor = aliased(Aktor)
    rader = session.execute(
        select(aktor.id, aktor.kortnamn)
        .join(Handelse, true())
        .where(Handelse.id == handelse.id, aktor_laser(aktor.id, None, _samlat(tlp)))
        .order_by(aktor.kortnamn, aktor.id)
    )
    return [(id_, namn) for id_, namn in rader]


def _samlat(tlp: Tlp) -> Lasinnehall:
    # Published now, by nobody's circle but the event's.
    return Lasinnehall(literal(clock.now(), UtcDateTime()), None, literal(tlp.value), None)


def _utanfor(
    session: Session, ursprung: Iterable[Ursprung], handelse: Handelse, tlp: Tlp
) -> dict[tuple[int, int], tuple[Namnd, ...]]:
    """Who would read the samlade and does not read the version, by version. One question."""
    ids = {_nyckel(ett) for ett in ursprung}
    if not ids:
        return {}
    aktor, version = aliased(Aktor), LagesbildVersion
    rader = session.execute(
        select(version.lagesbild_id, version.nummer, aktor.id, aktor.kortnamn)
        .join(Lagesbild, Lagesbild.id == version.lagesbild_id)
        .join(Handelse, Handelse.id == Lagesbild.handelse_id)
        .join(aktor, true())
        .where(
            Handelse.id == handelse.id,
            tuple_(version.lagesbild_id, version.nummer).in_(ids),
            aktor_laser(aktor.id, None, _samlat(tlp)),
            not_(aktor_laser(aktor.id, None, _INNEHALL)),
        )
        .order_by(aktor.kortnamn, aktor.id)
    )
    ut: dict[tuple[int, int], tuple[Namnd, ...]] = {}
    for lagesbild_id, nummer, id_, namn in rader:
        ut[lagesbild_id, nummer] = (*ut.get((lagesbild_id, nummer), ()), (id_, namn))
    return ut


def _medgivanden(session: Session, ursprung: Iterable[Ursprung]) -> dict[Kalla, tuple[Medgivande, ...]]:
    av = {(*_nyckel(ett), ett.kalla.nyckel): ett.kalla for ett in ursprung}
    if not av:
        return {}
    ut: dict[Kalla, tuple[Medgivande, ...]] = {}
    for rad in session.scalars(
        select(Medgivande)
        .where(tuple_(Medgivande.kalla_lagesbild_id, Medgivande.kalla_nummer).in_({n[:2] for n in av}))
        .order_by(Medgivande.id.desc())
    ):
        kalla = av.get((rad.kalla_lagesbild_id, rad.kalla_nummer, rad.kalla_nyckel))
        if kalla is not None:
            ut[kalla] = (*ut.get(kalla, ()), rad)
    return ut


# --- answers to a begäran -----------------------------------------------------------------------------------------


def _ur_svar(session: Session, who: Subjekt, handelse: Handelse, kallor: Sequence[Kalla]) -> dict[Kalla, Ursprung]:
    ut = {}
    for kalla, svar in svarskallor.sla_upp(session, handelse.id, kallor).items():
        lasare = svar.lasare
        ut[kalla] = Ursprung(
            kalla,
            svar.mottagare.aktor,
            svar.namn,
            svar.svar.skapad,
            Avsnittsslag.TEXT,
            svar.stycken,
            svar.mottagare.senaste,
            lasbar=who.gast_i is None and (lasare is None or who.aktor_id in lasare),
            adress=f"/handelser/{handelse.slug}/begaran/{svar.mottagare.begaran_id}",
            svar=svar,
        )
    return ut


def _svar_utanfor(ett: Ursprung, lasare: Sequence[Namnd]) -> tuple[Namnd, ...]:
    if ett.svar is None or ett.svar.lasare is None:
        return ()
    return tuple(namnd for namnd in lasare if namnd[0] not in ett.svar.lasare)


def ar_bearbetad(text: str, ett: Ursprung) -> bool:
    """Whether these words are no longer as any paragraph of the source."""
    return jamford(text) not in sagt(ett.stycken)
