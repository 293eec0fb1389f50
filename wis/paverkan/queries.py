"""Reads of measures that affect, always scoped to who asks: those that their actor is asked about, and its own.

The right to a row is the right to the version that it stands in, judged at each read. Guests have no part in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import ColumnElement, Select, and_, column, false, or_, select, table
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from wis import clock
from wis.aktorer.models import Aktor
from wis.aktorer.queries import svensk_nyckel
from wis.arenden import Arende
from wis.auth.rules import Slag, Subjekt, Verb, can
from wis.db import UtcDateTime
from wis.handelser.lasratt import Innehall, aktor_laser, lasbar_for
from wis.handelser.models import Handelse
from wis.paverkan import rules
from wis.paverkan.models import Paverkan, PaverkanSvar, Svarsslag

MAX_ARENDEN = 20
# Lägesbilder lie above this package, which knows their tables by name alone, as its foreign keys do.
_BILD = table("lagesbild", column("id"), column("krets_id"))
_VERSION = table(
    "lagesbild_version",
    column("lagesbild_id"),
    column("nummer"),
    column("publicerad", UtcDateTime()),
    column("tlp"),
    column("oforandrad"),
)
INNEHALL = Innehall(_VERSION.c.publicerad, Paverkan.agare_id, _VERSION.c.tlp, _BILD.c.krets_id)
TLP, PUBLICERAD = _VERSION.c.tlp, _VERSION.c.publicerad


@dataclass(frozen=True)
class Rad:
    """A measure that affects an actor, as it is shown: the label of its version, and whether the actor reads it now."""

    sak: Paverkan
    tlp: str
    laser: bool

    @property
    def svaret(self) -> PaverkanSvar | None:
        """The latest answer."""
        return self.sak.historik[0] if self.sak.historik else None

    @property
    def utan_svar(self) -> bool:
        """Whether an answer is waited for."""
        return self.sak.senaste == 0 and self.sak.inaktuell is None and self.laser


@dataclass(frozen=True)
class Egen:
    """A measure of one's own actor, with a row for each actor that it affects: problems first."""

    rader: tuple[Rad, ...]

    @property
    def sak(self) -> Paverkan:
        """Any of the rows: what is the same of all."""
        return self.rader[0].sak

    @property
    def inaktuell(self) -> bool:
        """Whether the measure stands in the lägesbild no longer, for any of them."""
        return all(rad.sak.inaktuell is not None for rad in self.rader)

    @property
    def problem(self) -> int:
        """How many say that there is a problem."""
        return sum(rad.sak.svar == Svarsslag.PROBLEM for rad in self.rader)

    @property
    def i_ord(self) -> str:
        """'1 problem, 3 noterat, 2 utan svar'."""
        noterat = sum(rad.sak.svar == Svarsslag.NOTERAT for rad in self.rader)
        return rules.i_ord(noterat, self.problem, sum(rad.utan_svar for rad in self.rader))


def _rader(who: Subjekt, *villkor: ColumnElement[bool]) -> Select[Paverkan, str, bool]:
    """Those that `who` may see: of the own actor on either side, and readable now."""
    egna = or_(Paverkan.aktor_id == who.aktor_id, Paverkan.agare_id == who.aktor_id)
    sats: Select[Paverkan, str, bool] = (
        select(Paverkan, TLP, aktor_laser(Paverkan.aktor_id, None, INNEHALL))
        .join(Handelse, Handelse.id == Paverkan.handelse_id)
        .join(_BILD, _BILD.c.id == Paverkan.lagesbild_id)
        .join(_VERSION, and_(_VERSION.c.lagesbild_id == Paverkan.lagesbild_id, _VERSION.c.nummer == Paverkan.nummer))
        .options(
            contains_eager(Paverkan.handelse).selectinload(Handelse.lasare),
            joinedload(Paverkan.agare),
            joinedload(Paverkan.aktor),
            joinedload(Paverkan.foregaende),
            selectinload(Paverkan.historik).joinedload(PaverkanSvar.anvandare),
        )
        .where(false() if _utanfor(who) else lasbar_for(who, INNEHALL), egna, *villkor)
    )
    return sats


def _utanfor(who: Subjekt) -> bool:
    """Guests, and who looks as another actor: what is asked and answered is the actors' own affair."""
    return not who.hor_till(who.aktor_id)


def _hamta(session: Session, sats: Select[Paverkan, str, bool]) -> list[Rad]:
    return [Rad(sak, tlp, laser) for sak, tlp, laser in session.execute(sats).unique()]


def find(session: Session, who: Subjekt, paverkan_id: int) -> Rad | None:
    """The row, if `who` may see it: of the affected actor or of the owner."""
    return next(iter(_hamta(session, _rader(who, Paverkan.id == paverkan_id))), None)


def beror_oss(session: Session, who: Subjekt, handelse_id: int) -> list[Rad]:
    """What others do in the event that affects one's own actor: what waits for an answer first, what is past last."""
    rader = _hamta(session, _rader(who, Paverkan.handelse_id == handelse_id, Paverkan.aktor_id == who.aktor_id))
    return sorted(rader, key=lambda rad: (rad.sak.inaktuell is not None, not rad.utan_svar, -rad.sak.id))


def vara(session: Session, who: Subjekt, handelse_id: int) -> list[Egen]:
    """The own actor's measures in the event that affect others: those with problems first, what is past last."""
    return _grupperade(
        _hamta(session, _rader(who, Paverkan.handelse_id == handelse_id, Paverkan.agare_id == who.aktor_id))
    )


def av_samma(session: Session, who: Subjekt, sak: Paverkan) -> Egen | None:
    """The whole measure that a row is of, for its owner; None for others."""
    samma = Paverkan.lagesbild_id == sak.lagesbild_id, Paverkan.nyckel == sak.nyckel
    return next(iter(_grupperade(_hamta(session, _rader(who, *samma, Paverkan.agare_id == who.aktor_id)))), None)


def _grupperade(rader: Sequence[Rad]) -> list[Egen]:
    ordnade = sorted(rader, key=lambda rad: (rad.sak.lagesbild_id, rad.sak.nyckel))
    grupper = [
        Egen(tuple(sorted(grupp, key=_varst)))
        for _, grupp in groupby(ordnade, key=lambda rad: (rad.sak.lagesbild_id, rad.sak.nyckel))
    ]
    return sorted(grupper, key=lambda egen: (egen.inaktuell, -egen.problem, -egen.sak.id))


def _varst(rad: Rad) -> tuple[int, str]:
    ordning = {Svarsslag.PROBLEM.value: 0, None: 1, Svarsslag.NOTERAT.value: 2}
    return ordning[rad.sak.svar], svensk_nyckel(rad.sak.aktor.kortnamn)


# --- what waits ----------------------------------------------------------------------------------------------------


def att_svara(session: Session, who: Subjekt) -> list[Arende]:
    """The measures in open events that wait for an answer by one's actor, the newest first, for who may answer."""
    vantar = Paverkan.aktor_id == who.aktor_id, Paverkan.senaste == 0
    return [
        _arende(rad, f"{rad.sak.agare.kortnamn} gör något som berör er: svara", rad.sak.agare.kortnamn)
        for rad in _pagaende(session, who, *vantar)
    ]


def problem_for(session: Session, who: Subjekt) -> list[Arende]:
    """The problems that others have with measures of one's own actor in open events, the newest first."""
    problem = Paverkan.agare_id == who.aktor_id, Paverkan.svar == Svarsslag.PROBLEM
    return [
        _arende(rad, f"{rad.sak.aktor.kortnamn} har problem med er åtgärd", rad.sak.aktor.kortnamn)
        for rad in _pagaende(session, who, *problem)
    ]


def _pagaende(session: Session, who: Subjekt, *villkor: ColumnElement[bool]) -> list[Rad]:
    if who.betraktare is not None:
        return []
    galler = Handelse.stangd.is_(None), Paverkan.inaktuell.is_(None)
    sats = _rader(who, *villkor, *galler).order_by(Paverkan.id.desc()).limit(MAX_ARENDEN)
    return [rad for rad in _hamta(session, sats) if far_svara(who, rad.sak.handelse)]


def far_svara(who: Subjekt, handelse: Handelse) -> bool:
    """Whether `who` writes for the own actor in the event, which answers what it is asked."""
    egen = Aktor(id=who.aktor_id, namn=who.aktor_namn, kortnamn=who.aktor_kortnamn, slug=who.aktor_slug)
    return bool(can(who, Verb.SKRIVA, handelse.sak(Slag.EGEN_LAGESBILD, egen), clock.now()))


def _arende(rad: Rad, vad: str, avsandare: str) -> Arende:
    sak = rad.sak
    skapad = rad.svaret.skapad if rad.svaret is not None else sak.skapad
    return Arende(
        vad=vad,
        rubrik=sak.text,
        lank=f"/paverkan/{sak.id}",
        handelse=sak.handelse.rubrik,
        ovning=sak.handelse.ovning,
        skapad=skapad,
        avsandare=avsandare,
        tlp=rad.tlp,
    )
