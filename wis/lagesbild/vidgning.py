"""An event opened to more readers, 'also earlier': they read old samlade, and must not read there what its owner kept.

Of what was taken in with its owner's leave that leave is for the readers there were; others are asked about anew.
"""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, not_, select, true
from sqlalchemy.orm import Session, aliased

from wis.aktorer.models import Aktor
from wis.auth.krets import Krets
from wis.begaran.models import Begaran, BegaranMottagare, BegaranSvar, Synlighet
from wis.handelser import vidgning
from wis.handelser.lasratt import Innehall, aktor_laser
from wis.handelser.models import Handelse
from wis.handelser.sakkrets import uppraknade
from wis.lagesbild.models import Lagesbild, LagesbildKalla, LagesbildVersion

_samlad, _ursprung = aliased(LagesbildVersion), aliased(LagesbildVersion)
_bild, _aktor = aliased(Lagesbild), aliased(Aktor)
_VISAS = 5


def prova(session: Session, handelse: Handelse, fore: Krets) -> str:
    """Why those who did not read the event may not read its old samlade, and what to do; '' if they may."""
    traffar = {*_versioner(session, handelse, fore), *_svar(session, handelse, fore)}
    if not traffar:
        return ""
    kallor = uppraknade(sorted({kalla for kalla, _ in traffar}), _VISAS)
    namn = uppraknade(sorted({namn for _, namn in traffar}), _VISAS)
    return (
        f"Äldre samlade lägesbilder bygger på sådant som inte får läsas av {namn}: {kallor}. "
        "Välj läsrätt från och med nu, eller be dem som äger det att först öppna det för fler."
    )


def _nya(session: Session, sats: object, fore: Krets) -> Iterator[tuple[str, str]]:
    for kalla, namn, aktor_id, ansluten, publicerad in session.execute(sats):  # type: ignore[call-overload]
        if not fore.rymmer(aktor_id, ansluten, publicerad):
            yield kalla, namn


def _laser_samlad(handelse: Handelse) -> ColumnElement[bool]:
    innehall = Innehall(_samlad.publicerad, None, _samlad.tlp, None)
    return (Handelse.id == handelse.id) & aktor_laser(_aktor.id, None, innehall)


def _versioner(session: Session, handelse: Handelse, fore: Krets) -> Iterator[tuple[str, str]]:
    agare = aliased(Aktor)
    ur = Innehall(_ursprung.publicerad, _bild.aktor_id, _ursprung.tlp, _bild.krets_id)
    sats = (
        select(agare.kortnamn, _aktor.kortnamn, _aktor.id, _aktor.ansluten, _samlad.publicerad)
        .select_from(LagesbildKalla)
        .join(
            _samlad,
            (_samlad.lagesbild_id == LagesbildKalla.lagesbild_id) & (_samlad.nummer == LagesbildKalla.nummer),
        )
        .join(
            _ursprung,
            (_ursprung.lagesbild_id == LagesbildKalla.kalla_lagesbild_id)
            & (_ursprung.nummer == LagesbildKalla.kalla_nummer),
        )
        .join(_bild, _bild.id == _ursprung.lagesbild_id)
        .join(agare, agare.id == _bild.aktor_id)
        .join(Handelse, Handelse.id == _samlad.handelse_id)
        .join(_aktor, true())
        .where(_laser_samlad(handelse), not_(aktor_laser(_aktor.id, None, ur)))
        .distinct()
    )
    return _nya(session, sats, fore)


def _svar(session: Session, handelse: Handelse, fore: Krets) -> Iterator[tuple[str, str]]:
    tillfragad = aliased(BegaranMottagare)
    bland = select(tillfragad.aktor_id).where(tillfragad.begaran_id == Begaran.id).correlate(Begaran)
    # Who was promised to read it: those who asked and answered, and where all asked do, they.
    laser = (
        (_aktor.id == Begaran.aktor_id)
        | (_aktor.id == BegaranMottagare.aktor_id)
        | ((Begaran.synlighet == Synlighet.TILLFRAGADE.value) & _aktor.id.in_(bland))
    )
    sats = (
        select(Begaran.rubrik, _aktor.kortnamn, _aktor.id, _aktor.ansluten, _samlad.publicerad)
        .select_from(LagesbildKalla)
        .join(
            _samlad,
            (_samlad.lagesbild_id == LagesbildKalla.lagesbild_id) & (_samlad.nummer == LagesbildKalla.nummer),
        )
        .join(BegaranMottagare, BegaranMottagare.id == LagesbildKalla.mottagare_id)
        .join(
            BegaranSvar,
            (BegaranSvar.mottagare_id == LagesbildKalla.mottagare_id)
            & (BegaranSvar.nummer == LagesbildKalla.svar_nummer),
        )
        .join(Begaran, Begaran.id == BegaranMottagare.begaran_id)
        .join(Handelse, Handelse.id == _samlad.handelse_id)
        .join(_aktor, true())
        .where(
            _laser_samlad(handelse),
            Begaran.synlighet != Synlighet.HANDELSEN.value,
            BegaranSvar.far_samlas.is_(False),
            not_(laser),
        )
        .distinct()
    )
    return _nya(session, sats, fore)


vidgning.anlita(prova)
