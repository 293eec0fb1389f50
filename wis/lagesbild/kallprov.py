"""Whether the sources of a samlad can be published: each is there, and nobody reads more by it than its owner lets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from wis import datum
from wis.auth.krets import Tlp
from wis.auth.rules import Subjekt
from wis.handelser.models import Handelse
from wis.handelser.sakkrets import uppraknade
from wis.lagesbild import ursprung
from wis.lagesbild.kallor import Kalla, Stycke, med_alla
from wis.lagesbild.models import Lagesbild, LagesbildKalla
from wis.lagesbild.rules import Innehall
from wis.lagesbild.ursprung import Ursprung
from wis.lagesbild.ursprungsregler import Lankar


@dataclass(frozen=True)
class Markt:
    """A mark where it stands: the section's key, the number of the paragraph there and what that says."""

    nyckel: str
    nummer: int
    stycke: Stycke
    kalla: Kalla


@dataclass(frozen=True)
class Provning:
    """What must be mended (Swedish texts by field), and otherwise what is kept of where the words come from."""

    fel: Mapping[str, str] = field(default_factory=dict)
    rader: Sequence[LagesbildKalla] = ()
    funna: Mapping[Kalla, Ursprung] = field(default_factory=dict)


def prova(session: Session, who: Subjekt, lagesbild: Lagesbild, innehall: Innehall) -> Provning:
    """Of what is to be published now as the next version of the (locked) lägesbild. Marks mean nothing but in samlade.

    A source that stood in the version before may stay though `who` does not read it: they read what was made of it.
    """
    markta = [] if lagesbild.aktor_id is not None else list(_markta(innehall))
    if not markta:
        return Provning()
    funna = ursprung.sla_upp(session, who, lagesbild.handelse, (m.kalla for m in markta), innehall.marke.tlp)
    far = _anvandbara(session, lagesbild, funna)
    fel = _fel(innehall, markta, far)
    if fel:
        return Provning(fel)
    rader: list[LagesbildKalla] = []
    ordning: dict[str, int] = {}
    for ett in markta:
        ordning[ett.nyckel] = ordning.get(ett.nyckel, 0) + 1
        rader.append(_rad(ett, ordning[ett.nyckel], far[ett.kalla.grund]))
    return Provning({}, rader, far)


def lankar(
    session: Session, who: Subjekt, handelse: Handelse, lagesbild: Lagesbild | None, texter: Mapping[str, str]
) -> Lankar:
    """What is shown of the sources in these sections of the samlade, those that `who` may use: for service.rendera."""
    funna = ursprung.sla_upp(session, who, handelse, ursprung.i_texter(texter))
    return {kalla: ett.lank() for kalla, ett in _anvandbara(session, lagesbild, funna).items()}


def _anvandbara(
    session: Session, lagesbild: Lagesbild | None, funna: Mapping[Kalla, Ursprung]
) -> dict[Kalla, Ursprung]:
    fore = set() if lagesbild is None or not funna else _fore(session, lagesbild)
    return {kalla: ett for kalla, ett in funna.items() if ett.lasbar or _plats(ett, kalla.nyckel) in fore}


def _markta(innehall: Innehall) -> Iterator[Markt]:
    slag = {a.nyckel: a.slag for a in innehall.mall.avsnitt}
    for nyckel, text in innehall.sektioner.items():
        for nummer, (stycke, kallor) in enumerate(med_alla(text, slag[nyckel]), start=1):
            for kalla in dict.fromkeys(kallor):
                yield Markt(nyckel, nummer, stycke, kalla)


def _plats(ett: Ursprung, nyckel: str) -> tuple[int | None, int | None, int | None, int | None, str]:
    """What of the database the source is: as in LagesbildKalla."""
    if ett.svar is not None:
        return None, None, ett.svar.mottagare.id, ett.svar.svar.nummer, nyckel
    if ett.version is None:
        raise ValueError("neither a version nor an answer")
    return ett.version.lagesbild_id, ett.version.nummer, None, None, nyckel


def _fore(session: Session, lagesbild: Lagesbild) -> set[tuple[int | None, int | None, int | None, int | None, str]]:
    """The sources of the latest version, as _plats() has them."""
    rad = LagesbildKalla
    rader = session.execute(
        select(rad.kalla_lagesbild_id, rad.kalla_nummer, rad.mottagare_id, rad.svar_nummer, rad.kalla_nyckel).where(
            rad.lagesbild_id == lagesbild.id, rad.nummer == lagesbild.senaste
        )
    )
    return {(a, b, c, d, nyckel) for a, b, c, d, nyckel in rader}


def _rad(markt: Markt, ordning: int, ett: Ursprung) -> LagesbildKalla:
    lagesbild_id, nummer, mottagare_id, svar_nummer, kalla_nyckel = _plats(ett, markt.kalla.nyckel)
    return LagesbildKalla(
        nyckel=markt.nyckel,
        ordning=ordning,
        stycke=markt.nummer,
        kalla_lagesbild_id=lagesbild_id,
        kalla_nummer=nummer,
        mottagare_id=mottagare_id,
        svar_nummer=svar_nummer,
        kalla_nyckel=kalla_nyckel,
        behallen=markt.kalla.behallen,
        bearbetad=ursprung.ar_bearbetad(markt.stycke.text, ett),
    )


# --- what must be mended ------------------------------------------------------------------------------------------


def _fel(innehall: Innehall, markta: Sequence[Markt], far: Mapping[Kalla, Ursprung]) -> dict[str, str]:
    namn = {a.nyckel: a.namn for a in innehall.mall.avsnitt}
    fel: dict[str, list[str]] = {}
    for ett in markta:
        hinder = hindret(ett.kalla, far.get(ett.kalla.grund))
        if hinder and hinder not in fel.setdefault(ett.nyckel, []):
            fel[ett.nyckel].append(hinder)
    return {nyckel: f"Avsnittet {namn[nyckel]}: {' '.join(alla)}" for nyckel, alla in fel.items() if alla}


def hindret(kalla: Kalla, ett: Ursprung | None) -> str:
    """Why words from there can't stand in the samlade, and what to do, in Swedish; '' if they can.

    `ett`: the source, None if there is none that the one who publishes reads.
    """
    if ett is None:
        return f"källan {kalla} finns inte. Ta bort märket eller välj källan igen."
    if ett.far_tas_in:
        return ""
    vad = [f"{ett.i_ord}, är märkt {ett.tlp.namn} och den samlade {ett.samlat_tlp.namn}."] if ett.for_lag else []
    if ett.utanfor:
        antal, namn = len(ett.utanfor), uppraknade([namn for _, namn in ett.utanfor])
        vad.append(f"{ett.i_ord}, läses inte av {antal} som läser den samlade: {namn}.")
    elif ett.for_gaster and not vad:
        vad.append(f"{ett.i_ord}, är inte för alla, och gäster läser en samlad med märkningen {ett.samlat_tlp.namn}.")
    return " ".join([*vad, _gor(ett)])


def _gor(ett: Ursprung) -> str:
    if ett.svar is not None:
        return f"Be {ett.namn} svara igen och tillåta det, eller ta bort stycket."
    asked = ett.medgivande
    if asked is not None and asked.svar is None:
        return f"{ett.namn} är tillfrågad {datum.klockslag(asked.begard)} och har inte svarat än."
    if asked is not None:
        varfor = f" ({asked.motivering})" if asked.motivering else ""
        return f"{ett.namn} har sagt nej{varfor}. Ta bort stycket."
    # A label above those who read it does not help against others that read the event.
    hoj = "Höj märkningen, be" if ett.tlp is not Tlp.CLEAR and ett.for_lag and not ett.utanfor else "Be"
    return f"{hoj} {ett.namn} om lov, eller ta bort stycket."
