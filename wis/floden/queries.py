"""What may be in a feed: judged at each request on who reads, by the same rules as the pages."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from wis.auth.rules import Subjekt
from wis.floden.rules import I_FLODEN, MAX_POSTER, Ovningar
from wis.handelser.lasratt import Innehall, lasbar_for
from wis.handelser.models import Handelse
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion


@dataclass(frozen=True)
class Urval:
    """Of which event and which actor; None: of all."""

    handelse_id: int | None = None
    aktor_id: int | None = None
    ovningar: Ovningar = Ovningar.MED

    def _handelsens(self) -> list[ColumnElement[bool]]:
        if self.ovningar is Ovningar.MED:
            return []
        return [Handelse.ovning.is_(self.ovningar is Ovningar.BARA)]

    def versioner(self) -> list[ColumnElement[bool]]:
        """SQL: for LagesbildVersion, Lagesbild and Handelse."""
        villkor = self._handelsens()
        if self.handelse_id is not None:
            villkor = [*villkor, LagesbildVersion.handelse_id == self.handelse_id]
        return [*villkor, Lagesbild.aktor_id == self.aktor_id] if self.aktor_id is not None else villkor

    def underrattelser(self) -> list[ColumnElement[bool]]:
        """SQL: for UnderrattelseVersion and Handelse."""
        villkor, version = self._handelsens(), UnderrattelseVersion
        if self.handelse_id is not None:
            villkor = [*villkor, version.handelse_id == self.handelse_id]
        return [*villkor, version.aktor_id == self.aktor_id] if self.aktor_id is not None else villkor


def versioner(session: Session, who: Subjekt, urval: Urval) -> Sequence[LagesbildVersion]:
    """The newest versions of lägesbilder that `who` may have in a feed, newest first."""
    version, bild = LagesbildVersion, Lagesbild
    lasbar = lasbar_for(who, Innehall(version.publicerad, bild.aktor_id, version.tlp, bild.krets_id))
    return session.scalars(
        select(version)
        .join(bild, bild.id == version.lagesbild_id)
        .join(Handelse, Handelse.id == version.handelse_id)
        .options(
            contains_eager(version.lagesbild).joinedload(bild.aktor),
            contains_eager(version.lagesbild).contains_eager(bild.handelse),
            joinedload(version.aktor),
        )
        .where(lasbar, version.tlp.in_(I_FLODEN), *urval.versioner())
        .order_by(version.publicerad.desc(), version.lagesbild_id, version.nummer.desc())
        .limit(MAX_POSTER)
    ).all()


def underrattelser(session: Session, who: Subjekt, urval: Urval) -> Sequence[UnderrattelseVersion]:
    """The latest version of each underrättelse that `who` may have in a feed, newest first.

    Earlier ones are not there: what has been corrected must not stand as if it held.
    """
    version, sak = UnderrattelseVersion, Underrattelse
    lasbar = lasbar_for(who, Innehall(version.publicerad, sak.aktor_id, version.tlp, sak.krets_id))
    return session.scalars(
        select(version)
        .join(sak, and_(version.underrattelse_id == sak.id, version.nummer == sak.senaste))
        .join(Handelse, Handelse.id == version.handelse_id)
        .options(
            contains_eager(version.underrattelse).joinedload(sak.aktor),
            contains_eager(version.underrattelse).contains_eager(sak.handelse),
        )
        .where(lasbar, version.tlp.in_(I_FLODEN), *urval.underrattelser())
        .order_by(version.publicerad.desc(), version.underrattelse_id.desc())
        .limit(MAX_POSTER)
    ).all()
