"""The attachments of a draft and of a version: within the caller's transaction.

A draft has the attachments of the latest version until somebody changes them; from then on it has a list of its own
(`Utkast.egna_bilagor`), which is what is published.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from wis.auth.rules import Subjekt
from wis.bilagor import queries as filer
from wis.bilagor import rules
from wis.bilagor import service as forrad
from wis.bilagor.queries import Bifogad
from wis.bilagor.rules import Rad
from wis.lagesbild import queries
from wis.lagesbild.models import Lagesbild, Utkast


def aktuella(session: Session, lagesbild_id: int, senaste: int, mitt: Utkast | None = None) -> list[Bifogad]:
    """What would be published now with the draft, in order; without one, what version `senaste` has (0: nothing)."""
    if mitt is not None and mitt.egna_bilagor:
        return filer.i_utkast(session, mitt.id)
    return filer.i_version(session, lagesbild_id, senaste) if senaste else []


@dataclass(frozen=True)
class Tillagg:
    """What a version is to have, and whether that differs from what the latest has."""

    rader: list[Rad]
    nytt: bool


def att_publicera(session: Session, who: Subjekt, lagesbild: Lagesbild, texter: Mapping[int, str]) -> Tillagg:
    """The attachments of the person's next version, with these descriptions. Before the version is written."""
    mitt = queries.find_utkast(session, lagesbild.id, who, las=True)
    rader = rules.beskrivna([b.rad for b in aktuella(session, lagesbild.id, lagesbild.senaste, mitt)], texter)
    return Tillagg(rader, rader != [b.rad for b in aktuella(session, lagesbild.id, lagesbild.senaste)])


def i_protokoll(session: Session, lagesbild_id: int, nummer: int) -> dict[str, list[str]]:
    """What the record says of a version's attachments: the sha256 of each, in order; nothing if there are none."""
    hashar = [b.sha256 for b in filer.i_version(session, lagesbild_id, nummer)]
    return {"bilagor": hashar} if hashar else {}


def andrar(session: Session, lagesbild_id: int, mitt: Utkast | None, texter: Mapping[int, str]) -> bool:
    """Whether these descriptions are others than the draft's."""
    if not texter:
        return False
    senaste = session.get_one(Lagesbild, lagesbild_id).senaste
    rader = [b.rad for b in aktuella(session, lagesbild_id, senaste, mitt)]
    return rules.beskrivna(rader, texter) != rader


def beskriv(session: Session, mitt: Utkast, texter: Mapping[int, str]) -> None:
    """Give the draft's attachments these descriptions; a list in which that changes nothing is left alone."""
    if texter:
        andra(session, mitt, lambda rader: rules.beskrivna(rader, texter))


def andra(session: Session, mitt: Utkast, andring: Callable[[list[Rad]], list[Rad]]) -> None:
    """Change the list of the draft, whose row the caller holds."""
    senaste = session.get_one(Lagesbild, mitt.lagesbild_id).senaste
    fore = [b.rad for b in aktuella(session, mitt.lagesbild_id, senaste, mitt)]
    efter = andring(list(fore))
    if efter != fore:
        _satt(session, mitt, efter)


def kopiera(session: Session, fran: Utkast, till: Utkast) -> None:
    """Let a draft have the attachments of another, of the same lägesbild."""
    if fran.egna_bilagor or till.egna_bilagor:
        senaste = session.get_one(Lagesbild, fran.lagesbild_id).senaste
        _satt(session, till, [b.rad for b in aktuella(session, fran.lagesbild_id, senaste, fran)])


def _satt(session: Session, mitt: Utkast, rader: list[Rad]) -> None:
    mitt.egna_bilagor = True
    session.flush()
    forrad.satt(session, mitt.id, rader)
