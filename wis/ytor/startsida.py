"""What the start page holds that is the same for all who read the same in every event: read and drawn once for them.

What is new to a reader is counted for each; the HTML is drawn once for each way that the counts can fall.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wis import clock
from wis.aktorer.models import Aktor
from wis.auth.krets import Tlp
from wis.auth.rules import Slag, Subjekt, Verb, can
from wis.delat import Ritat
from wis.handelser.delat import Klass, dela, mallens, tidigast
from wis.handelser.models import Handelse
from wis.handelser.queries import handelser_for, slutar_i_nagon, stangda_for
from wis.lagesbild.models import LagesbildVersion
from wis.lagesbild.queries import senaste_i_oppna
from wis.notiser.kvittenser import ATT_KVITTERA_INOM
from wis.notiser.models import Utskick
from wis.underrattelser.models import UnderrattelseVersion
from wis.underrattelser.queries import Urval, senaste_underrattelser
from wis.ytor import queries
from wis.ytor.attgora import MEST, arenden
from wis.ytor.delat import TYPNAMN, UNDERRATTELSER, Kort, ett_kort
from wis.ytor.regionen import aktuella, regionen
from wis.ytor.regionregler import KOLUMNER_I_KORTHET, i_korthet

_MALL = "ytor/_start.html"
_RAD = 150
"""About the bytes that a row of times and ids takes."""
_REGIONENS_STEG = 2
"""The region as it is, and what has changed in it since a moment ago; the page of its own shows more."""


@dataclass(frozen=True)
class Oversikt:
    """The events on the page. `sant`: something has been sent lately, that a reader may be asked to answer."""

    handelser: tuple[int, ...]
    sant: bool
    till: datetime
    rott: bool


@dataclass(frozen=True)
class Delar:
    """The HTML of the parts; `rott`: something in them is labelled TLP:RED."""

    forsenade: str
    skarpa: str
    underrattelser: str
    ovningar: str
    region: str
    arenden: str
    rott: bool


@dataclass(frozen=True)
class _Underlag:
    handelser: Sequence[Handelse]
    forsenade: list[Kort]
    underrattelser: Sequence[UnderrattelseVersion]


class Startsida:
    """The start page for the one who asks, who has been found to read something; `klassen` None: shared with nobody."""

    def __init__(self, session: Session, who: Subjekt, klassen: Klass | None) -> None:
        self._session, self._who, self._klassen, self._now = session, who, klassen, clock.now()
        self._underlag: Callable[[], _Underlag] = cache(self._las)
        self.oversikt: Oversikt = dela(klassen, ("start",), self._rakna_upp)

    def delar(self) -> Delar:
        """The parts, with what is new as it is for this reader."""
        handelser = self.oversikt.handelser
        senast = queries.senast_i(self._session, self._who, handelser) if handelser else {}
        nya = tuple((id_, sist.nya) for id_, sist in sorted(senast.items()))
        return dela(self._klassen, ("startens", nya), lambda: self._rita(senast))

    def _las(self) -> _Underlag:
        session, who = self._session, self._who
        handelser = handelser_for(session, who)
        if who.gast_i is not None and not handelser:
            handelser = stangda_for(session, who)
        return _Underlag(
            handelser,
            [ett_kort(version) for version in queries.forsenade(session, who, self._now)],
            senaste_underrattelser(session, who, Urval(pagaende=True, antal=UNDERRATTELSER)),
        )

    def _rakna_upp(self) -> Ritat[Oversikt]:
        session, now, underlag = self._session, self._now, self._underlag()
        till = tidigast(now, [slutar_i_nagon(session, now), _nasta_lofte(session, self._who, now)])
        rott = any(version.tlp == Tlp.RED for version in underlag.underrattelser)
        handelser = tuple(handelse.id for handelse in underlag.handelser)
        oversikt = Oversikt(handelser, _nyligen_sant(session, now), till, rott)
        return Ritat(oversikt, _RAD * (1 + len(handelser)), till, delas=not rott)

    def _rita(self, senast: Mapping[int, queries.Senast]) -> Ritat[Delar]:
        underlag = self._underlag()
        skarpa = [handelse for handelse in underlag.handelser if not handelse.ovning]
        ovningar = [handelse for handelse in underlag.handelser if handelse.ovning]
        rott = self.oversikt.rott or any(sist.post.tlp == Tlp.RED for sist in senast.values())
        skriver = self._skriver(underlag.handelser)
        region = regionen(self._session, self._who, aktuella(underlag.handelser), self._now, _REGIONENS_STEG)
        vantar = arenden(self._session, self._who, self._now)
        rott = rott or region.rott or any(arende.tlp == Tlp.RED for arende in vantar)
        delar = Delar(
            forsenade=mallens(_MALL, "forsenade", underlag.forsenade),
            skarpa=mallens(_MALL, "skarpa", skarpa, senast, TYPNAMN, skriver),
            underrattelser=mallens(_MALL, "underrattelser", underlag.underrattelser),
            ovningar=mallens(_MALL, "ovningar", ovningar, senast, TYPNAMN, skriver),
            arenden=mallens(_MALL, "vantar", vantar[:MEST], len(vantar[MEST:]), self._now),
            region=mallens("ytor/_region.html", "rutnat", region, i_korthet(region.rader), KOLUMNER_I_KORTHET),
            rott=rott,
        )
        html = (delar.forsenade, delar.skarpa, delar.underrattelser, delar.ovningar, delar.region, delar.arenden)
        return Ritat(delar, 4 * sum(map(len, html)), self.oversikt.till, delas=not rott)

    def _skriver(self, handelser: Sequence[Handelse]) -> dict[int, str]:
        """The events in which they may write their actor's lägesbild: the actor's slug by the event's id.

        The class says it: in it are the actor, the role where none is set, and every role that is set for an event.
        """
        who = self._who
        egen = Aktor(id=who.aktor_id, slug=who.aktor_slug, namn=who.aktor_namn, kortnamn=who.aktor_kortnamn)
        return {
            handelse.id: who.aktor_slug
            for handelse in handelser
            if can(who, Verb.SKRIVA, handelse.sak(Slag.EGEN_LAGESBILD, egen), self._now)
        }


def _nasta_lofte(session: Session, who: Subjekt, now: datetime) -> datetime | None:
    """When the next update that the actor has promised is late."""
    version = LagesbildVersion
    return session.scalar(
        select(func.min(version.nasta_uppdatering)).where(
            senaste_i_oppna(), version.aktor_id == who.aktor_id, version.nasta_uppdatering >= now
        )
    )


def _nyligen_sant(session: Session, now: datetime) -> bool:
    """Whether anything has been sent that att_kvittera() could tell of, to anybody."""
    senast = session.scalar(select(Utskick.skapad).order_by(Utskick.id.desc()).limit(1))
    return senast is not None and senast > now - ATT_KVITTERA_INOM
