"""What a version says of whom its measures affect, handed down as plain data to wis.paverkan, which asks them."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from wis.aktorer.queries import alla_aktorer, svensk_nyckel
from wis.handelser.sakkrets import lasratt
from wis.lagesbild import kallor, queries, rader
from wis.lagesbild.mall import Avsnittsslag
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.lagesbild.plats import sak_av
from wis.lagesbild.rules import Innehall
from wis.paverkan import service as paverkan
from wis.paverkan.service import Publicerat


def atgardsrader(innehall: Innehall) -> Mapping[str, list[tuple[str, str]]]:
    """Measure and whom it affects, without marks of origin, by the name of each section that holds measures."""
    ut: dict[str, list[tuple[str, str]]] = {}
    for avsnitt in innehall.mall.avsnitt:
        if avsnitt.slag is Avsnittsslag.ATGARDER:
            funna = rader.dela(innehall.sektioner.get(avsnitt.nyckel, ""), avsnitt.slag)[0]
            ut.setdefault(avsnitt.namn, []).extend((kallor.utan(vad), kallor.utan(vilka)) for vad, vilka in funna)
    return ut


def fraga_berorda(session: Session, lagesbild: Lagesbild, version: LagesbildVersion) -> None:
    """Ask those that a new version of an actor's own lägesbild says are affected, and tell them."""
    if lagesbild.aktor_id is None:
        # Its measures are others', who have asked already.
        return
    namnda = atgardsrader(queries.innehall_av(version))
    # Most versions name nobody, and then nobody need be found out.
    lasare = _lasare(session, version) if any(namnda.values()) else set()
    publicerat = Publicerat(lagesbild.id, version.nummer, lagesbild.aktor_id, version.tlp, lasare)
    paverkan.publicerat(session, lagesbild.handelse, publicerat, namnda)


def far_inget_veta(session: Session, version: LagesbildVersion) -> list[str]:
    """The short names of actors that measures of the version name, and that don't read it. None for the samlade."""
    lagesbild = version.lagesbild
    if lagesbild.aktor_id is None:
        return []
    fragor = paverkan.berorda(session, atgardsrader(queries.innehall_av(version)), lagesbild.aktor_id)
    if not fragor:
        return []
    utan = {fraga.aktor_id for fraga in fragor.values()} - _lasare(session, version)
    return sorted((aktor.kortnamn for aktor in alla_aktorer(session) if aktor.id in utan), key=svensk_nyckel)


def _lasare(session: Session, version: LagesbildVersion) -> set[int]:
    return {aktor.id for aktor in lasratt(sak_av(version.lagesbild, version), alla_aktorer(session)).har}


def i_ord(namn: list[str]) -> str:
    """The same as a sentence; '' for none."""
    if not namn:
        return ""
    vilka = namn[0] if len(namn) == 1 else f"{', '.join(namn[:-1])} och {namn[-1]}"
    return f"{vilka} läser inte den här lägesbilden och får inget veta om åtgärden."
