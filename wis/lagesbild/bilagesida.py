"""What the pages show of attachments, put together from what was read. No writing."""

from collections.abc import Mapping
from dataclasses import dataclass

from wis import web
from wis.auth.atkomst import inloggad
from wis.bilagor import rules
from wis.bilagor.mottagning import granser
from wis.bilagor.queries import Bifogad, i_version
from wis.bilagor.rules import Granser
from wis.lagesbild import queries
from wis.lagesbild.atkomst import Mal
from wis.lagesbild.bilagelista import aktuella
from wis.lagesbild.models import LagesbildVersion

STORST_FORHANDSBILD = 480


@dataclass(frozen=True)
class Visad:
    """An attachment as a page shows it. `bild` is the address of its preview, '' for none; `bredd`, `hojd` of that."""

    id: int
    namn: str
    beskrivning: str
    i_ord: str
    adress: str
    bild: str
    bredd: int
    hojd: int

    @property
    def alt(self) -> str:
        """What stands for the image where it is not seen."""
        return self.beskrivning or f"Bild {rules.UTAN_BESKRIVNING}"


@dataclass(frozen=True)
class AttSkriva:
    """What the page for writing shows: the draft's attachments, and what of the latest version's they leave out."""

    rader: list[Visad]
    utelamnade: list[Visad]
    granser: Granser

    @property
    def fulla(self) -> bool:
        """Whether no more can be attached."""
        return len(self.rader) >= self.granser.antal

    @property
    def i_ord(self) -> str:
        """What may be attached, for the hint at the field."""
        mest = rules.storlek(self.granser.byte)
        return (
            f"{rules.TAS_EMOT}. Högst {mest} per fil och {self.granser.antal} filer. Bilder sparas utan uppgifter om "
            "plats och kamera."
        )


def att_lasa(mal: Mal, version: LagesbildVersion) -> list[Visad]:
    """The version's attachments: the same for all who may read it."""
    return [
        _ur_version(mal, version.nummer, bifogad)
        for bifogad in i_version(web.session(), version.lagesbild_id, version.nummer)
    ]


def att_skriva(mal: Mal, skrivna: Mapping[int, str]) -> AttSkriva:
    """The draft's attachments, with the descriptions that were written (else those that are kept)."""
    session, lagesbild, granserna = web.session(), mal.lagesbild, granser(web.settings())
    if lagesbild is None:
        return AttSkriva([], [], granserna)
    mitt = queries.find_utkast(session, lagesbild.id, inloggad())
    nu, forra = aktuella(session, lagesbild.id, mal.senaste, mitt), aktuella(session, lagesbild.id, mal.senaste)
    publicerade, valda = {b.id for b in forra}, {b.id for b in nu}
    rader = [
        _ur_version(mal, mal.senaste, b, skrivna) if b.id in publicerade else _ur_utkast(mal, b, skrivna) for b in nu
    ]
    return AttSkriva(rader, [_ur_version(mal, mal.senaste, b) for b in forra if b.id not in valda], granserna)


def _ur_version(mal: Mal, nummer: int, b: Bifogad, skrivna: Mapping[int, str] | None = None) -> Visad:
    adress = mal.url("bilaga", nummer=nummer, bilaga_id=b.id, namn=b.rad.namn)
    bild = mal.url("forhandsbild", nummer=nummer, bilaga_id=b.id) if b.slag.bild else ""
    return _visad(b, adress, bild, skrivna or {})


def _ur_utkast(mal: Mal, b: Bifogad, skrivna: Mapping[int, str]) -> Visad:
    adress = mal.url("utkastbilaga", bilaga_id=b.id, namn=b.rad.namn)
    bild = mal.url("utkastforhandsbild", bilaga_id=b.id) if b.slag.bild else ""
    return _visad(b, adress, bild, skrivna)


def _visad(b: Bifogad, adress: str, bild: str, skrivna: Mapping[int, str]) -> Visad:
    bredd, hojd = b.bredd or 0, b.hojd or 0
    skala = min(1.0, STORST_FORHANDSBILD / max(bredd, hojd, 1))
    return Visad(
        id=b.id,
        namn=b.rad.namn,
        # What another tab has written stands where nothing is written here.
        beskrivning=skrivna.get(b.id) or b.rad.beskrivning,
        i_ord=f"{b.slag.i_ord}, {rules.storlek(b.langd)}",
        adress=adress,
        bild=bild,
        bredd=max(1, round(bredd * skala)),
        hojd=max(1, round(hojd * skala)),
    )
