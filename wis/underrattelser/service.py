"""Publishing and correcting underrättelser: version, record and dispatch in the caller's one transaction.

The caller locks the event first, then the underrättelse; the record is written last: nobody waits in a circle.
"""

from dataclasses import dataclass, replace

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.aktorer.models import Aktor
from wis.andringar import Andring, Slag, anmal
from wis.auth.rules import Sak, Subjekt
from wis.handelser.kretsar import ny_krets
from wis.handelser.models import Handelse
from wis.handelser.rules import Inaktuell, egen_nyckel
from wis.handelser.sakkrets import Kretsval, andrar, forlorare, signatur
from wis.notiser.leveransfragor import utskick_for_underrattelse
from wis.notiser.models import Utskicksslag
from wis.notiser.service import skapa_utskick
from wis.underrattelser import queries
from wis.underrattelser.lasratt import byt_krets, sak_for
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion
from wis.underrattelser.rules import FelBas, Innehall, RedanSkickat, nasta_nummer


@dataclass(frozen=True)
class Publicering:
    """What to publish, under which idempotency key, and whether to tell anyone.

    `krets` is the choice of who reads; None = as the event, for a correction as it was.
    """

    innehall: Innehall
    nyckel: str
    avisera: bool
    krets: Kretsval | None = None


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
                underrattelse.krets = None if publicering.krets is None else ny_krets(session, publicering.krets.val)
                session.add(underrattelse)
                session.flush()
                version = _ny_version(session, who, underrattelse, publicering, nyckel)
        except IntegrityError:
            # A double click: the same form at the same moment.
            earlier = queries.find_med_nyckel(session, nyckel)
            if earlier is None:
                raise
        else:
            _beratta(session, who, version, underrattelse, None, avisera=publicering.avisera)
            return version
    if not _samma(session, earlier, publicering):
        raise RedanSkickat(earlier.underrattelse_id)
    return earlier


def ratta(
    session: Session, who: Subjekt, underrattelse: Underrattelse, bas: int, publicering: Publicering
) -> UnderrattelseVersion:
    """A correction of a locked underrättelse, for the same recipients; the one already made if this form came before.

    Raises FelBas if `bas` is not the latest, or the form came before with something else in it, and Inaktuell if
    somebody else has changed who reads it since the form was drawn.
    """
    nyckel = _nyckel(who, underrattelse.handelse, publicering)
    earlier = queries.find_med_nyckel(session, nyckel)
    if earlier is not None:
        if earlier.underrattelse_id != underrattelse.id or not _samma(session, earlier, publicering):
            raise FelBas(underrattelse.senaste)
        return earlier
    nummer, val = nasta_nummer(bas, underrattelse.senaste), publicering.krets
    fore = sak_for(underrattelse, queries.find_version(session, underrattelse.id, underrattelse.senaste))
    if val is not None and val.bygger_pa != signatur(underrattelse.krets):
        raise Inaktuell
    if val is not None and andrar(underrattelse.krets, underrattelse.aktor, val.val):
        # Before the version: who is chosen now reads what is published from this moment on.
        byt_krets(session, underrattelse, val.val)
    underrattelse.senaste = nummer
    version = _ny_version(session, who, underrattelse, publicering, nyckel)
    _beratta(session, who, version, underrattelse, fore, avisera=publicering.avisera)
    return version


def _nyckel(who: Subjekt, handelse: Handelse, publicering: Publicering) -> str:
    return egen_nyckel(publicering.nyckel, handelse.id, who.anvandare_id, who.aktor_id)


def _samma(session: Session, version: UnderrattelseVersion, publicering: Publicering) -> bool:
    """Whether the form says what the version says, and tells as many of it."""
    innehall = publicering.innehall
    sent = version.nummer in utskick_for_underrattelse(session, version.underrattelse_id)
    was = (version.rubrik, version.text, version.bradskande, version.tlp, version.lagrum, sent)
    said = (innehall.rubrik.strip(), innehall.text, innehall.bradskande, innehall.tlp, innehall.lagrum)
    return was == (*said, publicering.avisera) and _samma_lasare(session, version, publicering.krets)


def _samma_lasare(session: Session, version: UnderrattelseVersion, val: Kretsval | None) -> bool:
    sak = session.get_one(Underrattelse, version.underrattelse_id)
    return val is None or not andrar(sak.krets, sak.aktor, replace(val.val, aven_tidigare=False))


def _ny_version(
    session: Session, who: Subjekt, underrattelse: Underrattelse, publicering: Publicering, nyckel: str
) -> UnderrattelseVersion:
    innehall, nummer = publicering.innehall, underrattelse.senaste
    version = UnderrattelseVersion(
        underrattelse_id=underrattelse.id,
        nummer=nummer,
        foregaende=nummer - 1 or None,
        handelse_id=underrattelse.handelse_id,
        aktor_id=underrattelse.aktor_id,
        publicerad=clock.now(),
        forfattare_id=who.anvandare_id,
        bradskande=innehall.bradskande,
        rubrik=innehall.rubrik.strip(),
        text=innehall.text,
        html=innehall.html,
        idempotensnyckel=nyckel,
        tlp=innehall.tlp,
        lagrum=innehall.lagrum,
        funktion=", ".join(tjanst.namn for tjanst in who.i_tjanst(clock.now())),
    )
    session.add(version)
    session.flush()
    return version


def _beratta(
    session: Session,
    who: Subjekt,
    version: UnderrattelseVersion,
    underrattelse: Underrattelse,
    fore: Sak | None,
    *,
    avisera: bool,
) -> None:
    """`fore` is what the right to the version before was judged on, if there was one."""
    nu = sak_for(underrattelse, version)
    if avisera:
        _avisera(session, version, underrattelse)
    audit.record(
        session,
        "publicerar underrättelse" if version.nummer == 1 else "rättar underrättelse",
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=f"underrattelse:{underrattelse.id}:{version.nummer}",
        avisera=avisera,
        tlp=version.tlp,
        lasare=sorted(nu.lasande_aktorer() or ()) or "alla",
    )
    anmal(
        session,
        Andring(
            Slag.UNDERRATTELSE,
            underrattelse.id,
            version.nummer,
            underrattelse.handelse_id,
            aktorer=nu.lasande_aktorer(),
            tlp=nu.tlp,
            forlorat=forlorare(fore, nu),
        ),
    )


def _avisera(session: Session, version: UnderrattelseVersion, underrattelse: Underrattelse) -> None:
    skapa_utskick(
        session,
        slag=Utskicksslag.UNDERRATTELSE,
        handelse=underrattelse.handelse,
        aktor=session.get_one(Aktor, underrattelse.aktor_id),
        rubrik=version.rubrik,
        text=version.text,
        lank=f"/underrattelser/{underrattelse.id}",
        bradskande=version.bradskande,
        rattelse=version.nummer > 1,
        underrattelse=(underrattelse.id, version.nummer),
        krets_id=underrattelse.krets_id,
        tlp=version.tlp,
    )
