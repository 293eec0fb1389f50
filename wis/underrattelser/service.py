"""Publishing and correcting underrättelser: version, record and dispatch in the caller's one transaction."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from wis import audit, clock
from wis.aktorer.models import Aktor
from wis.andringar import Andring, Slag, anmal
from wis.auth.rules import Subjekt
from wis.handelser.models import Handelse
from wis.notiser.models import Utskicksslag
from wis.notiser.service import skapa_utskick
from wis.underrattelser import queries
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion
from wis.underrattelser.rules import Innehall, nasta_nummer


@dataclass(frozen=True)
class Publicering:
    """What to publish, under which idempotency key, and whether to tell anyone."""

    innehall: Innehall
    nyckel: str
    avisera: bool


def publicera(session: Session, who: Subjekt, handelse: Handelse, publicering: Publicering) -> UnderrattelseVersion:
    """A new underrättelse by the actor that `who` acts for; the one already made if this form came before."""
    earlier = queries.find_med_nyckel(session, publicering.nyckel)
    if earlier is not None:
        return earlier
    underrattelse = Underrattelse(handelse_id=handelse.id, aktor_id=who.aktor_id, skapad=clock.now(), senaste=1)
    session.add(underrattelse)
    session.flush()
    return _skriv_version(session, who, underrattelse, handelse, publicering)


def ratta(
    session: Session, who: Subjekt, underrattelse: Underrattelse, bas: int, publicering: Publicering
) -> UnderrattelseVersion:
    """A correction of a locked underrättelse, for the same recipients. Raises FelBas if `bas` is not the latest."""
    earlier = queries.find_med_nyckel(session, publicering.nyckel)
    if earlier is not None:
        return earlier
    underrattelse.senaste = nasta_nummer(bas, underrattelse.senaste)
    return _skriv_version(session, who, underrattelse, underrattelse.handelse, publicering)


def _skriv_version(
    session: Session, who: Subjekt, underrattelse: Underrattelse, handelse: Handelse, publicering: Publicering
) -> UnderrattelseVersion:
    innehall, nummer = publicering.innehall, underrattelse.senaste
    version = UnderrattelseVersion(
        underrattelse_id=underrattelse.id,
        nummer=nummer,
        foregaende=nummer - 1 or None,
        publicerad=clock.now(),
        forfattare_id=who.anvandare_id,
        bradskande=innehall.bradskande,
        rubrik=innehall.rubrik.strip(),
        text=innehall.text,
        html=innehall.html,
        idempotensnyckel=publicering.nyckel,
    )
    session.add(version)
    session.flush()
    audit.record(
        session,
        "publicerar underrättelse" if nummer == 1 else "rättar underrättelse",
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=f"underrattelse:{underrattelse.id}:{nummer}",
        avisera=publicering.avisera,
    )
    readers = handelse.lasande_aktorer()
    anmal(session, Andring(Slag.UNDERRATTELSE, underrattelse.id, nummer, handelse.id, readers))
    if publicering.avisera:
        _avisera(session, version, underrattelse, handelse)
    return version


def _avisera(session: Session, version: UnderrattelseVersion, underrattelse: Underrattelse, handelse: Handelse) -> None:
    skapa_utskick(
        session,
        slag=Utskicksslag.UNDERRATTELSE,
        handelse=handelse,
        aktor=session.get_one(Aktor, underrattelse.aktor_id),
        rubrik=version.rubrik,
        text=version.text,
        lank=f"/underrattelser/{underrattelse.id}",
        bradskande=version.bradskande,
        rattelse=version.nummer > 1,
        underrattelse=(underrattelse.id, version.nummer),
    )
