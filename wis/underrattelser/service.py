"""Publishing and correcting underrättelser: version, record and dispatch in the caller's one transaction.

The caller locks the event first, then the underrättelse; the record is written last: nobody waits in a circle.
"""

from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.aktorer.models import Aktor
from wis.andringar import Andring, Slag, anmal
from wis.auth.rules import Subjekt
from wis.handelser.models import Handelse
from wis.handelser.rules import egen_nyckel
from wis.notiser.models import Utskicksslag
from wis.notiser.queries import utskick_for_underrattelse
from wis.notiser.service import skapa_utskick
from wis.underrattelser import queries
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion
from wis.underrattelser.rules import FelBas, Innehall, RedanSkickat, nasta_nummer


@dataclass(frozen=True)
class Publicering:
    """What to publish, under which idempotency key, and whether to tell anyone."""

    innehall: Innehall
    nyckel: str
    avisera: bool


def publicera(session: Session, who: Subjekt, handelse: Handelse, publicering: Publicering) -> UnderrattelseVersion:
    """A new underrättelse by the actor that `who` acts for; the one already made if this form came before.

    Raises RedanSkickat if it came before with something else in it.
    """
    nyckel = _nyckel(who, handelse, publicering)
    earlier = queries.find_med_nyckel(session, nyckel)
    if earlier is None:
        underrattelse = Underrattelse(handelse_id=handelse.id, aktor_id=who.aktor_id, skapad=clock.now(), senaste=1)
        try:
            with session.begin_nested():
                session.add(underrattelse)
                session.flush()
                version = _ny_version(session, who, underrattelse, publicering, nyckel)
        except IntegrityError:
            # A double click: the same form at the same moment.
            earlier = queries.find_med_nyckel(session, nyckel)
            if earlier is None:
                raise
        else:
            _beratta(session, who, version, underrattelse, handelse, avisera=publicering.avisera)
            return version
    if not _samma(session, earlier, publicering):
        raise RedanSkickat(earlier.underrattelse_id)
    return earlier


def ratta(
    session: Session, who: Subjekt, underrattelse: Underrattelse, bas: int, publicering: Publicering
) -> UnderrattelseVersion:
    """A correction of a locked underrättelse, for the same recipients; the one already made if this form came before.

    Raises FelBas if `bas` is not the latest, or the form came before with something else in it.
    """
    handelse = underrattelse.handelse
    nyckel = _nyckel(who, handelse, publicering)
    earlier = queries.find_med_nyckel(session, nyckel)
    if earlier is not None:
        if earlier.underrattelse_id != underrattelse.id or not _samma(session, earlier, publicering):
            raise FelBas(underrattelse.senaste)
        return earlier
    underrattelse.senaste = nasta_nummer(bas, underrattelse.senaste)
    version = _ny_version(session, who, underrattelse, publicering, nyckel)
    _beratta(session, who, version, underrattelse, handelse, avisera=publicering.avisera)
    return version


def _nyckel(who: Subjekt, handelse: Handelse, publicering: Publicering) -> str:
    return egen_nyckel(publicering.nyckel, handelse.id, who.anvandare_id, who.aktor_id)


def _samma(session: Session, version: UnderrattelseVersion, publicering: Publicering) -> bool:
    """Whether the form says what the version says, and tells as many of it."""
    innehall = publicering.innehall
    sent = version.nummer in utskick_for_underrattelse(session, version.underrattelse_id)
    was = (version.rubrik, version.text, version.bradskande, sent)
    return was == (innehall.rubrik.strip(), innehall.text, innehall.bradskande, publicering.avisera)


def _ny_version(
    session: Session, who: Subjekt, underrattelse: Underrattelse, publicering: Publicering, nyckel: str
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
        idempotensnyckel=nyckel,
    )
    session.add(version)
    session.flush()
    return version


def _beratta(
    session: Session,
    who: Subjekt,
    version: UnderrattelseVersion,
    underrattelse: Underrattelse,
    handelse: Handelse,
    *,
    avisera: bool,
) -> None:
    if avisera:
        _avisera(session, version, underrattelse, handelse)
    audit.record(
        session,
        "publicerar underrättelse" if version.nummer == 1 else "rättar underrättelse",
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=f"underrattelse:{underrattelse.id}:{version.nummer}",
        avisera=avisera,
    )
    readers = handelse.lasande_aktorer()
    anmal(session, Andring(Slag.UNDERRATTELSE, underrattelse.id, version.nummer, handelse.id, readers))


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
