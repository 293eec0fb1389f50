"""Publishing and correcting underrättelser: version, record and dispatch in the caller's one transaction.

The caller locks the event first, then the underrättelse; the record is written last: nobody waits in a circle.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wis import audit, clock, taggar
from wis.aktorer.models import Aktor
from wis.andringar import Andring, Slag, anmal
from wis.auth.krets import Tlp
from wis.auth.rules import Sak, Subjekt
from wis.handelser.kretsar import ny_krets
from wis.handelser.models import Handelse
from wis.handelser.rules import Inaktuell, egen_nyckel
from wis.handelser.sakkrets import Kretsval, andrar, forlorare, signatur
from wis.notiser.leveransfragor import utskick_for_underrattelse
from wis.notiser.models import Utskicksslag
from wis.notiser.service import skapa_utskick
from wis.tvaperson import service as tvaperson
from wis.tvaperson.models import Niva
from wis.tvaperson.rules import INGET, Intyg, niva_av
from wis.tvaperson.service import Publicerat
from wis.underrattelser import queries
from wis.underrattelser.lasratt import byt_krets, sak_for
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion
from wis.underrattelser.rules import FelBas, Innehall, RedanSkickat, nasta_nummer

FORSLAGSSLAG = "underrattelse"
"""What proposals of underrättelser are called."""

RATTAS_INOM = timedelta(hours=24)
"""How long after a version its fault is corrected without a colleague, where two persons are needed."""


@dataclass(frozen=True)
class Publicering:
    """What to publish, under which idempotency key, and whether to tell anyone.

    `krets` is the choice of who reads; None = as the event, for a correction as it was. `intyg`: what stands behind it
    besides its author, where two persons are needed.
    """

    innehall: Innehall
    nyckel: str
    avisera: bool
    krets: Kretsval | None = None
    intyg: Intyg = INGET

    @property
    def niva(self) -> Niva:
        """What it does to others."""
        return niva_av(avisera=self.avisera, bradskande=self.innehall.bradskande)


def publicera(session: Session, who: Subjekt, handelse: Handelse, publicering: Publicering) -> UnderrattelseVersion:
    """A new underrättelse by the actor that `who` acts for; the one already made if this form came before.

    Raises RedanSkickat if it came before with something else in it, and KraverTva where two persons are needed.
    """
    nyckel = _nyckel(who, handelse, publicering)
    earlier = queries.find_med_nyckel(session, nyckel)
    if earlier is None:
        intyg = tvaperson.krav(session, who, handelse, publicering.niva, publicering.intyg)
        publicering = replace(publicering, intyg=intyg)
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
            _beratta(session, who, version, underrattelse, None, publicering)
            return version
    if not _samma(session, earlier, publicering):
        raise RedanSkickat(earlier.underrattelse_id)
    return earlier


def ratta(
    session: Session, who: Subjekt, underrattelse: Underrattelse, bas: int, publicering: Publicering
) -> UnderrattelseVersion:
    """A correction of a locked underrättelse, for the same recipients; the one already made if this form came before.

    Raises FelBas if `bas` is not the latest, or the form came before with something else in it, Inaktuell if somebody
    else has changed who reads it since the form was drawn, and KraverTva where two persons are needed.
    """
    nyckel = _nyckel(who, underrattelse.handelse, publicering)
    earlier = queries.find_med_nyckel(session, nyckel)
    if earlier is not None:
        if earlier.underrattelse_id != underrattelse.id or not _samma(session, earlier, publicering):
            raise FelBas(underrattelse.senaste)
        return earlier
    nummer, val = kontrollera_bas(underrattelse, bas, publicering), publicering.krets
    handelse, tidigare = underrattelse.handelse, _nivaer_att_ratta(session, underrattelse, publicering)
    intyg = tvaperson.krav(session, who, handelse, publicering.niva, publicering.intyg, tidigare)
    publicering = replace(publicering, intyg=intyg)
    fore = sak_for(underrattelse, queries.find_version(session, underrattelse.id, underrattelse.senaste))
    if val is not None and andrar(underrattelse.krets, underrattelse.aktor, val.val):
        # Before the version: who is chosen now reads what is published from this moment on.
        byt_krets(session, underrattelse, val.val)
    underrattelse.senaste = nummer
    version = _ny_version(session, who, underrattelse, publicering, nyckel)
    _beratta(session, who, version, underrattelse, fore, publicering)
    return version


def vagra_skickat(session: Session, who: Subjekt, handelse: Handelse, publicering: Publicering) -> None:
    """Raises RedanSkickat if the form has published something."""
    earlier = queries.find_med_nyckel(session, _nyckel(who, handelse, publicering))
    if earlier is not None:
        raise RedanSkickat(earlier.underrattelse_id)


def kontrollera_bas(underrattelse: Underrattelse, bas: int, publicering: Publicering) -> int:
    """The number of the version that follows `bas`, if that and who reads are as they were; raises as ratta()."""
    nummer, val = nasta_nummer(bas, underrattelse.senaste), publicering.krets
    if val is not None and val.bygger_pa != signatur(underrattelse.krets):
        raise Inaktuell
    return nummer


def _nivaer_att_ratta(session: Session, underrattelse: Underrattelse, publicering: Publicering) -> set[Niva]:
    """What a correction may do at once, by what was done; nothing if it reaches others than the fault, or comes late.

    The way past a colleague is for a fault that is out, not for telling something else to more.
    """
    senaste, val = queries.find_version(session, underrattelse.id, underrattelse.senaste), publicering.krets
    fler = val is not None and andrar(underrattelse.krets, underrattelse.aktor, val.val)
    if senaste is None or fler or publicering.innehall.tlp.niva < Tlp(senaste.tlp).niva:
        return set()
    return nivaer(session, underrattelse.id) if clock.now() - senaste.publicerad < RATTAS_INOM else set()


def nivaer(session: Session, underrattelse_id: int) -> set[Niva]:
    """What the versions so far did to others: a correction that does no more need not wait for anybody.

    A dispatch that was taken back told nobody anything.
    """
    sant = [rad for rad in utskick_for_underrattelse(session, underrattelse_id).values() if rad.angrad is None]
    return {Niva.UTAN_AVISERING, *(niva_av(avisera=True, bradskande=utskick.bradskande) for utskick in sant)}


def sak_i_forslag(publicering: Publicering, underrattelse_id: int | None) -> str:
    """What proposals call the thing: a new one by its form, a correction by what it corrects."""
    return f"ny:{publicering.nyckel[:64]}" if underrattelse_id is None else str(underrattelse_id)


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
        godkand_av_id=publicering.intyg.godkand_av_id,
        nodlage=publicering.intyg.nodlage,
    )
    session.add(version)
    session.flush()
    sak = (underrattelse.id, nummer, version.publicerad)
    taggar.samla(session, taggar.Slag.UNDERRATTELSE, version.handelse_id, sak, version.text)
    return version


def _beratta(
    session: Session,
    who: Subjekt,
    version: UnderrattelseVersion,
    underrattelse: Underrattelse,
    fore: Sak | None,
    publicering: Publicering,
) -> None:
    """`fore` is what the right to the version before was judged on, if there was one."""
    nu = sak_for(underrattelse, version)
    if publicering.avisera:
        _avisera(session, version, underrattelse)
    objekt, rattar = _objekt(version), None if fore is None else underrattelse.id
    vad = Publicerat(FORSLAGSSLAG, sak_i_forslag(publicering, rattar), objekt, f"/underrattelser/{underrattelse.id}")
    tvaperson.efter_publicering(session, who, underrattelse.handelse, vad, publicering.intyg)
    _anteckna(session, who, version, publicering, nu)
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


def _objekt(version: UnderrattelseVersion) -> str:
    return f"underrattelse:{version.underrattelse_id}:{version.nummer}"


def _anteckna(session: Session, who: Subjekt, version: UnderrattelseVersion, publicering: Publicering, nu: Sak) -> None:
    audit.record(
        session,
        "publicerar underrättelse" if version.nummer == 1 else "rättar underrättelse",
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=_objekt(version),
        avisera=publicering.avisera,
        godkand_av=publicering.intyg.godkand_av_id,
        tlp=version.tlp,
        lasare=sorted(nu.lasande_aktorer() or ()) or "alla",
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
