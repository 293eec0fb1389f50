"""What an event's page holds that is the same for all who read the same: read and drawn once for them.

First what is there, as times and authors: from that each reader's own marks follow without a question to the database.
Then the HTML of the parts, once for each way that the marks can fall. Nothing in it is of the one reader.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from sqlalchemy.orm import Session

from wis import clock
from wis.auth.atkomst import tillgang
from wis.auth.krets import Tlp
from wis.auth.rules import Subjekt, Verb
from wis.auth.snabbvag import Likhet, Visat
from wis.delat import Ritat
from wis.handelser.delat import Klass, dela, mallens, tidigast
from wis.handelser.models import Handelse, Handelsebeslut, Typ
from wis.handelser.queries import senaste_beslut
from wis.lagesbild.models import LagesbildVersion
from wis.lagesbild.queries import senaste_i_handelse
from wis.underrattelser.models import UnderrattelseVersion
from wis.underrattelser.queries import Urval as Underrattelseurval
from wis.underrattelser.queries import senaste_underrattelser
from wis.ytor import queries, rules
from wis.ytor.oversikt import Flode, Rad, flodet, ratt_slutar
from wis.ytor.rules import Marke

UNDERRATTELSER = 5
KORT_RAD = 8
"""So many missing actors are named; more are counted."""
TYPNAMN = {typ.value: typ.namn for typ in Typ}
_MALL = "ytor/_delade.html"
_RAD = 150
"""About the bytes that a row of times and ids takes."""


@dataclass(frozen=True)
class Kort:
    """A lägesbild's latest version as it stands on the event page. `sedd`: the version that the reader saw last.

    `lasratt`: how many read it, of what is one's own.
    """

    version: LagesbildVersion
    nytt: bool
    sedd: int | None
    overskriden: bool
    forsening: str
    lasratt: queries.Lasratt | None = None


@dataclass(frozen=True)
class Sak:
    """A thing on the page as its marks are judged: when, by whom, and of which lägesbild (0 for none)."""

    tid: datetime
    av_id: int | None
    lagesbild_id: int = 0


@dataclass(frozen=True)
class Oversikt:
    """What an event holds: the cards, the underrättelser, and the stream of all that happened in it, newest first."""

    beslut_id: int | None
    kort: tuple[Sak, ...]
    underrattelser: tuple[Sak, ...]
    flode: Flode
    till: datetime
    rott: bool


@dataclass(frozen=True)
class Markering:
    """How the marks of one reader fall: what is new, and from which version each new card is compared."""

    kort: tuple[bool, ...]
    sedda: tuple[int | None, ...]
    underrattelser: tuple[bool, ...]


@dataclass(frozen=True)
class Delar:
    """The HTML of the parts."""

    huvud: str
    om: str
    samlad: str
    lagesbilder: str
    underrattelser: str


@dataclass(frozen=True)
class _Underlag:
    beslut: Handelsebeslut | None
    versioner: list[LagesbildVersion]
    underrattelser: Sequence[UnderrattelseVersion]


class Handelsesida:
    """An event's page for the one who asks, who has been found to read it; `klassen` None: shared with nobody."""

    def __init__(self, session: Session, who: Subjekt, handelse: Handelse, klassen: Klass | None) -> None:
        self._session, self._who, self._handelse, self._klassen = session, who, handelse, klassen
        self._underlag: Callable[[], _Underlag] = cache(self._las)
        self.oversikt: Oversikt = dela(klassen, ("oversikt",), self._rakna_upp)

    def delar(self, marke: Marke) -> Delar:
        """The parts, with the marks as they are for this reader."""
        hela = self._markering(marke)
        far_be = bool(tillgang(Verb.BE_OM_LASRATT, self._handelse.sak()))
        return dela(self._klassen, ("delar", hela, far_be), lambda: self._rita(hela, far_be=far_be))

    def nytt(self, sedd_till: datetime | None) -> queries.Nytt | None:
        """The newest thing, and how much is new to who has read so far; None if there is nothing to read."""
        flode = self.oversikt.flode
        nya = flode.nya(self._who.anvandare_id, sedd_till)
        if nya is None:
            # More than is kept here, of which some is their own: the database counts.
            senast = queries.senast_i(self._session, self._who, [self._handelse.id]).get(self._handelse.id)
            return None if senast is None else queries.Nytt(senast.post.tid, senast.nya)
        return None if flode.senast is None else queries.Nytt(flode.senast, nya)

    def likhet(self) -> Likhet:
        """By what the page differs between those who read the same."""
        flode, beslut_id = self.oversikt.flode, self.oversikt.beslut_id
        saker: list[Rad | Sak] = [*flode.rader, *self.oversikt.kort, *self.oversikt.underrattelser]
        return Likhet(
            tider=tuple(sorted(sak.tid for sak in saker)),
            forfattare=frozenset(sak.av_id for sak in saker if sak.av_id),
            fran=None if flode.helt else flode.rader[-1].tid,
            visat=None if beslut_id is None else Visat("beslut", beslut_id),
        )

    # --- what is there ---------------------------------------------------------------------------------------------

    def _las(self) -> _Underlag:
        session, who, sak = self._session, self._who, self._handelse
        urval = Underrattelseurval(handelse_id=sak.id, antal=4 * UNDERRATTELSER)
        return _Underlag(
            lasbart_beslut(session, sak),
            senaste_i_handelse(session, who, sak.id),
            senaste_underrattelser(session, who, urval),
        )

    def _rakna_upp(self) -> Ritat[Oversikt]:
        session, sak, underlag = self._session, self._handelse, self._underlag()
        now = clock.now()
        utlovade = [v.nasta_uppdatering for v in underlag.versioner]
        till = min(tidigast(now, utlovade), tidigast(now, [ratt_slutar(session, sak.id, now)]))
        oversikt = Oversikt(
            beslut_id=None if underlag.beslut is None else underlag.beslut.id,
            kort=tuple(Sak(v.publicerad, v.forfattare_id, v.lagesbild_id) for v in underlag.versioner),
            underrattelser=tuple(Sak(v.publicerad, v.forfattare_id) for v in underlag.underrattelser),
            flode=flodet(session, self._who, sak.id),
            till=till,
            rott=Tlp.RED in {*(v.tlp for v in underlag.versioner), *(v.tlp for v in underlag.underrattelser)},
        )
        rader = len(oversikt.kort) + len(oversikt.underrattelser) + len(oversikt.flode.rader)
        return Ritat(oversikt, _RAD * (1 + rader), till, delas=not oversikt.rott)

    # --- whose marks -----------------------------------------------------------------------------------------------

    def _markering(self, marke: Marke) -> Markering:
        kort = tuple(marke.nytt(sak.tid, sak.av_id) for sak in self.oversikt.kort)
        underrattelser = tuple(marke.nytt(sak.tid, sak.av_id) for sak in self.oversikt.underrattelser)
        return Markering(kort, self._sedda(kort, marke.sedd_till), underrattelser)

    def _sedda(self, nya: tuple[bool, ...], sedd_till: datetime | None) -> tuple[int | None, ...]:
        kort = self.oversikt.kort
        sokta = {sak.lagesbild_id for sak, nytt in zip(kort, nya, strict=True) if nytt}
        if sedd_till is None or not sokta:
            return (None,) * len(kort)
        sedda = self.oversikt.flode.sedda(sedd_till, sokta)
        if sedda is None:
            sedda = queries.sedda_versioner(self._session, self._who, self._handelse.id, sedd_till)
        return tuple(sedda.get(sak.lagesbild_id) if nytt else None for sak, nytt in zip(kort, nya, strict=True))

    # --- the parts, drawn ------------------------------------------------------------------------------------------

    def _rita(self, hela: Markering, *, far_be: bool) -> Ritat[Delar]:
        sak, who, underlag = self._handelse, self._who, self._underlag()
        hos = queries.lasratt_hos(
            self._session, sak, [v for v in underlag.versioner if v.lagesbild.aktor_id == who.aktor_id]
        )
        kort = [
            replace(ett_kort(v, nytt=nytt, sedd=sedd, stangd=bool(sak.stangd)), lasratt=hos.get(v.lagesbild_id))
            for v, nytt, sedd in zip(underlag.versioner, hela.kort, hela.sedda, strict=True)
        ]
        # Who has none and who does not share it are not told apart: that something is there is not ours to say.
        har = {who.aktor_id} | {v.lagesbild.aktor_id or 0 for v in underlag.versioner}
        saknas = queries.utan_lagesbild(self._session, sak, har)
        delar = Delar(
            huvud=huvudet(sak, underlag.beslut),
            om=om_handelsen(sak, underlag.beslut),
            samlad=mallens(_MALL, "samlad", kort, sak),
            lagesbilder=mallens(_MALL, "lagesbilder", kort, sak, saknas, _namnge(sak, saknas), far_be),
            underrattelser=mallens(_MALL, "underrattelser", _visade(underlag.underrattelser, hela), sak),
        )
        storlek = sum(4 * len(del_) for del_ in vars(delar).values())
        return Ritat(delar, storlek, self.oversikt.till, delas=not self.oversikt.rott)


def huvudet(handelse: Handelse, beslut: Handelsebeslut | None) -> str:
    """HTML: what the event is, and the decision that made it so."""
    return mallens(_MALL, "huvud", handelse, beslut, TYPNAMN[handelse.typ])


def om_handelsen(handelse: Handelse, beslut: Handelsebeslut | None) -> str:
    """HTML: its description and why it was so decided, folded."""
    return mallens(_MALL, "om", handelse, beslut)


def lasbart_beslut(session: Session, handelse: Handelse) -> Handelsebeslut | None:
    """The decision that made the event what it is now, unless it was taken before one came to read the event."""
    beslut = senaste_beslut(session, handelse.id)
    return beslut if beslut and tillgang(Verb.LASA, handelse.sak(publicerad=beslut.tid)) else None


def ett_kort(version: LagesbildVersion, *, nytt: bool = False, sedd: int | None = None, stangd: bool = False) -> Kort:
    """The version as it stands on a page now."""
    now, nasta = clock.now(), version.nasta_uppdatering
    sent = rules.overskriden(nasta, now, stangd=stangd)
    forsening = rules.forsening(nasta, now) if sent and nasta is not None else ""
    return Kort(version, nytt, sedd if nytt else None, sent, forsening)


def _namnge(handelse: Handelse, saknas: list[tuple[str, str]]) -> bool:
    return not handelse.alla_aktorer or len(saknas) <= KORT_RAD


def _visade(underrattelser: Sequence[UnderrattelseVersion], hela: Markering) -> list[tuple[UnderrattelseVersion, bool]]:
    """The latest, and whether each is new: a handful, or more if more are new."""
    judged = zip(underrattelser, hela.underrattelser, strict=True)
    return [rad for plats, rad in enumerate(judged) if plats < UNDERRATTELSER or rad[1]]
