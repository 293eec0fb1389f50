"""What is taken out: of which events, by whom it is owned, and as who reads it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, null, or_, select, true, tuple_
from sqlalchemy.orm import Session

from wis.anteckningar.models import Anteckning
from wis.auth.krets import Tlp
from wis.auth.rules import Subjekt
from wis.begaran.models import Begaran, BegaranMottagare
from wis.handelser.lasratt import Innehall, lasbar_for, synlig_for
from wis.handelser.models import Handelse, Handelsebeslut
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion

_V, _UV = LagesbildVersion, UnderrattelseVersion


@dataclass(frozen=True)
class Urval:
    """These events; only what the actor `agare_id` owns, and what `who` may read, where these are given."""

    handelser: tuple[int, ...]
    agare_id: int | None = None
    who: Subjekt | None = None

    @property
    def aktor_id(self) -> int | None:
        """The actor whose own affairs are taken along and nobody else's; None: everybody's, 0: nobody's."""
        if self.who is None:
            return self.agare_id
        # Who looks as another sees what that one reads, and not what is that one's own affair.
        return self.who.aktor_id if self.who.hor_till(self.who.aktor_id) else 0

    def bilder(self) -> Select[int, int]:
        """SQL: the id and number of the versions of lägesbilder."""
        fraga = select(_V.lagesbild_id, _V.nummer).join(Lagesbild, Lagesbild.id == _V.lagesbild_id)
        fraga = fraga.join(Handelse, Handelse.id == _V.handelse_id).where(_V.handelse_id.in_(self.handelser))
        innehall = Innehall(_V.publicerad, Lagesbild.aktor_id, _V.tlp, Lagesbild.krets_id)
        return fraga.where(self._eget(Lagesbild.aktor_id), self._lasbart(innehall))

    def underrattelser(self) -> Select[int, int]:
        """SQL: the id and number of the versions of underrättelser."""
        sak = Underrattelse
        fraga = select(_UV.underrattelse_id, _UV.nummer).join(sak, sak.id == _UV.underrattelse_id)
        fraga = fraga.join(Handelse, Handelse.id == _UV.handelse_id).where(_UV.handelse_id.in_(self.handelser))
        innehall = Innehall(_UV.publicerad, sak.aktor_id, _UV.tlp, sak.krets_id)
        return fraga.where(self._eget(sak.aktor_id), self._lasbart(innehall))

    def beslut(self) -> ColumnElement[bool]:
        """SQL: the decisions, of events that are not somebody else's, by the time they were taken."""
        rad = Handelsebeslut
        innehall = Innehall(rad.tid, null(), literal(Tlp.CLEAR.value), None)
        fraga = select(rad.id).join(Handelse, Handelse.id == rad.handelse_id)
        fraga = fraga.where(rad.handelse_id.in_(self.handelser), self._eget(Handelse.agare_id), self._lasbart(innehall))
        return rad.id.in_(fraga)

    def anteckningar(self) -> ColumnElement[bool]:
        """SQL: the diary entries."""
        rad = Anteckning
        innehall = Innehall(rad.skriven, rad.aktor_id, literal(Tlp.CLEAR.value), None)
        fraga = select(rad.id).join(Handelse, Handelse.id == rad.handelse_id)
        fraga = fraga.where(rad.handelse_id.in_(self.handelser), self._eget(rad.aktor_id), self._lasbart(innehall))
        return rad.id.in_(fraga)

    def ar_bild(self, lagesbild_id: Any, nummer: Any) -> ColumnElement[bool]:
        """SQL: these columns are of a version that is taken out."""
        return tuple_(lagesbild_id, nummer).in_(self.bilder())

    def ar_underrattelse(self, underrattelse_id: Any, nummer: Any) -> ColumnElement[bool]:
        """SQL: these columns are of a version that is taken out."""
        return tuple_(underrattelse_id, nummer).in_(self.underrattelser())

    def _eget(self, kolumn: Any) -> ColumnElement[bool]:
        eget: ColumnElement[bool] = true() if self.agare_id is None else kolumn == self.agare_id
        return eget

    def _lasbart(self, innehall: Innehall) -> ColumnElement[bool]:
        return true() if self.who is None else lasbar_for(self.who, innehall)


def av_handelse(handelse: Handelse, who: Subjekt | None = None) -> Urval:
    """One event, whole or as `who` reads it."""
    return Urval((handelse.id,), None, who)


def av_aktor(session: Session, aktor_id: int, who: Subjekt | None = None) -> Urval:
    """All that the actor owns, in whatever event, whole or as far as `who` reads it."""
    till = BegaranMottagare
    egna = (
        Handelse.agare_id == aktor_id,
        Handelse.id.in_(select(Lagesbild.handelse_id).where(Lagesbild.aktor_id == aktor_id, Lagesbild.senaste > 0)),
        Handelse.id.in_(select(Underrattelse.handelse_id).where(Underrattelse.aktor_id == aktor_id)),
        Handelse.id.in_(select(Anteckning.handelse_id).where(Anteckning.aktor_id == aktor_id)),
        Handelse.id.in_(select(Begaran.handelse_id).where(Begaran.aktor_id == aktor_id)),
        Handelse.id.in_(select(Begaran.handelse_id).join(till).where(till.aktor_id == aktor_id, till.senaste > 0)),
    )
    synlig = true() if who is None else synlig_for(who)
    ids = session.scalars(select(Handelse.id).where(or_(*egna), synlig).order_by(Handelse.id)).all()
    return Urval(tuple(ids), aktor_id, who)
