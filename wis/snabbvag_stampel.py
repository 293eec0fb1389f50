"""The stamp of a page: all that its reader's rights and what it shows rest on, read by one question.

Two equal stamps mean that nothing of it has changed between them. What is counted only grows, so that no stamp ever
comes back; what ends by itself ends the stamp, or is among rattens_slut().
"""

import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Engine,
    Select,
    and_,
    bindparam,
    case,
    event,
    false,
    func,
    or_,
    select,
    union,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from wis import clock
from wis.andringar import Andringsnummer, Raknat, numret
from wis.auth import queries
from wis.auth.models import Anvandare, Funktion, Inloggning, Medlemskap, Tjanstgoring
from wis.auth.rules import Subjekt
from wis.auth.sessioner_service import GLES
from wis.db import Database, UtcDateTime
from wis.handelser.models import Handelse, HandelseLasare, LasarkretsAktor
from wis.lagesbild.models import Lagesbild
from wis.notiser.models import Utskick
from wis.underrattelser.models import Underrattelse
from wis.ytor.models import Lasmarke

_SAMTIDIGA = 10
"""So many ask at a time, each on a connection that is kept for the next."""
_log = logging.getLogger(__name__)
_Kolumn = ColumnElement[Any] | InstrumentedAttribute[Any]


@dataclass(frozen=True)
class Stampel:
    """What a request for a page rests on. `grund` is what is compared.

    `handelse_id` is the event of the address, None if it is of none; `nummer` how many times it has been changed (of
    none: all events together). `far_lagras` is False for one who sees as another, or whose membership is not in force;
    `anteckna`: it is time to write down that the login is in use, which is `inloggning_id`.
    """

    grund: frozenset[tuple[Any, ...]]
    handelse_id: int | None
    nummer: int
    far_lagras: bool
    anteckna: bool
    inloggning_id: int


class Stampelmaskin:
    """Reads stamps, on connections of its own: the question is asked at each request, so nothing else is done."""

    def __init__(self, database: Database, vilotid: timedelta) -> None:
        self._engine, self._vilotid = database.engine, vilotid
        self._fel: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        self._lediga: deque[Any] = deque()
        self._plats = threading.BoundedSemaphore(_SAMTIDIGA)
        self._i_handelse, self._i_alla = Sats(_I_HANDELSE, self._engine), Sats(_ALLA, self._engine)
        event.listen(self._engine, "engine_disposed", lambda _engine: self.stang())

    def las(self, token_hash: str, slug: str | None) -> Stampel | None:
        """The stamp of this login for the event (None: for all events): one question.

        None if the login has ended, or if the database does not answer: the app is asked then, and says which.
        """
        now = clock.now()
        varden: dict[str, Any] = {"hash": token_hash, "slug": slug}
        tider = {"now": now, "vila": now - self._vilotid, "gles": now - GLES}
        rader = self.fraga(self._i_alla if slug is None else self._i_handelse, varden, tider)
        if not rader:
            return None
        anteckna, inloggning_id, far_lagras, handelse_id, nummer = rader[0][:5]
        grund = frozenset(rad[1:] for rad in rader)
        return Stampel(grund, handelse_id, int(nummer), bool(far_lagras), bool(anteckna), inloggning_id)

    def stang(self) -> None:
        """Close the connections that nobody uses; others are made when they are needed."""
        while True:
            try:
                self._lediga.pop().close()
            except IndexError:
                return

    def fraga(self, sats: "Sats", varden: dict[str, Any], tider: dict[str, datetime]) -> list[tuple[Any, ...]] | None:
        """The rows that the question gives, as the driver gives them; None if the database does not answer."""
        try:
            with self._plats:
                return self._fraga(sats, varden, tider)
        except (self._fel, DBAPIError, PoolTimeoutError) as fel:
            _log.info("the database was asked in vain: %s", type(fel).__name__)
            return None

    def _fraga(self, sats: "Sats", varden: dict[str, Any], tider: dict[str, datetime]) -> list[tuple[Any, ...]]:
        try:
            connection, ny = self._lediga.pop(), False
        except IndexError:
            connection, ny = self._anslut(), True
        try:
            rader: list[tuple[Any, ...]] = connection.execute(sats.sql, sats.med(varden, tider)).fetchall()
        except self._fel:
            connection.close()
            if ny:
                raise
            # It may have been cut while it lay: so are the others, then.
            self.stang()
            return self._fraga(sats, varden, tider)
        self._lediga.append(connection)
        return rader

    def _anslut(self) -> Any:
        """A connection that no pool looks after, and that begins no transactions."""
        lanad = self._engine.raw_connection()
        connection: Any = lanad.dbapi_connection
        lanad.detach()
        if self._engine.dialect.name != "sqlite":
            connection.autocommit = True
        return connection


class Sats:
    """A question, compiled once. `sql` is sent as it is, with what med() gives."""

    def __init__(self, sats: Select[*tuple[Any, ...]], engine: Engine) -> None:
        dialect = engine.dialect
        compiled = sats.compile(dialect=dialect)
        self.sql = str(compiled)
        self._fasta = compiled.construct_params(_check=False)
        self._ordning = compiled.positiontup if compiled.positional else None
        self._tid = UtcDateTime().dialect_impl(dialect).bind_processor(dialect)

    def med(self, varden: dict[str, Any], tider: dict[str, datetime]) -> Any:
        """The values as the driver takes them."""
        alla = {**self._fasta, **varden}
        for namn, tid in tider.items():
            alla[namn] = tid if self._tid is None else self._tid(tid)
        if self._ordning is not None:
            return [alla[namn] for namn in self._ordning]
        return alla


def tid(namn: str = "tid") -> Any:
    """A moment that is bound when the question is asked."""
    return bindparam(namn, type_=UtcDateTime())


def _om(villkor: ColumnElement[bool]) -> ColumnElement[int]:
    return case((villkor, 1), else_=0)


def _pa_vag(*villkor: ColumnElement[bool]) -> ColumnElement[int]:
    """The newest dispatch that has not reached its recipients: once it has, they may be asked to answer it."""
    return select(func.max(Utskick.id)).where(Utskick.expanderat.is_(None), *villkor).scalar_subquery()


_som, _hos = aliased(Anvandare), aliased(Medlemskap)
"""The function that one is on duty as, and the membership by which one is."""
_LASAREN: tuple[_Kolumn, ...] = (
    Inloggning.medlemskap_id,
    Inloggning.visa_aktor_id,
    Inloggning.visa_roll,
    Inloggning.visa_medlemskap_id,
    Inloggning.visa_till,
    numret(Raknat.INLOGGNING, Inloggning.id),
    Anvandare.behorighetsversion,
    Anvandare.tema,
    Anvandare.kontrast,
    Anvandare.textstorlek,
    Anvandare.rorelse,
    Anvandare.sprak,
    Medlemskap.roll,
    Medlemskap.administrator,
    Medlemskap.giltig_till,
    Tjanstgoring.id,
    Funktion.nedlagd,
    _som.behorighetsversion,
)


def _anteckna() -> ColumnElement[int]:
    return _om(func.coalesce(Inloggning.senast_aktiv, Inloggning.skapad) <= tid("gles"))


def _far_lagras() -> ColumnElement[int]:
    i_kraft = or_(Medlemskap.giltig_till.is_(None), Medlemskap.giltig_till > tid("now"))
    visar = and_(Inloggning.visa_till.is_not(None), Inloggning.visa_till > tid("now"))
    return _om(and_(Medlemskap.avstangd.is_(None), i_kraft, ~visar))


def _sats(handelsens: Sequence[_Kolumn], *, i_handelse: bool) -> Select[*tuple[Any, ...]]:
    """The rows of a stamp: one for each turn of duty, else one. The first column may differ between equal stamps."""
    i_tjanst = and_(
        Tjanstgoring.medlemskap_id == _hos.id, Tjanstgoring.avslutad.is_(None), Tjanstgoring.till > tid("now")
    )
    sats = (
        select(_anteckna(), Inloggning.id, _far_lagras(), *handelsens, *_LASAREN)
        .select_from(Inloggning)
        .join(Anvandare, Anvandare.id == Inloggning.anvandare_id)
        .outerjoin(Medlemskap, Medlemskap.id == Inloggning.medlemskap_id)
        .outerjoin(_hos, _hos.anvandare_id == Inloggning.anvandare_id)
        .outerjoin(Tjanstgoring, i_tjanst)
        .outerjoin(Funktion, Funktion.id == Tjanstgoring.funktion_id)
        .outerjoin(_som, _som.id == Funktion.anvandare_id)
        .where(
            Inloggning.token_hash == bindparam("hash"),
            queries.pagar_vid(tid("now"), tid("vila")),
            Inloggning.faktor.is_not(None),
            Anvandare.avstangd.is_(None),
        )
    )
    return sats.outerjoin(Handelse, Handelse.slug == bindparam("slug")) if i_handelse else sats


_egna_marken = Lasmarke.anvandare_id == Inloggning.anvandare_id
_I_HANDELSE = _sats(
    (
        Handelse.id,
        numret(Raknat.HANDELSE, Handelse.id),
        select(Lasmarke.sedd_till).where(_egna_marken, Lasmarke.handelse_id == Handelse.id).scalar_subquery(),
        # Not by the event's own index: few dispatches are on their way, and an event may have had thousands.
        _pa_vag(Utskick.handelse_id + 0 == Handelse.id),
    ),
    i_handelse=True,
)
_ALLA = _sats(
    (
        case((false(), 0)),
        select(func.coalesce(func.sum(Andringsnummer.nummer), 0))
        .where(Andringsnummer.slag == Raknat.HANDELSE.value)
        .scalar_subquery(),
        select(func.max(Lasmarke.sedd_till)).where(_egna_marken).scalar_subquery(),
        _pa_vag(),
    ),
    i_handelse=False,
)


# --- what ends by itself -------------------------------------------------------------------------------------------


def rattens_slut(
    session: Session, who: Subjekt, handelse_id: int | None, now: datetime, kanda: Sequence[datetime] | None = None
) -> datetime | None:
    """The first moment after `now` at which a right in play ends by itself, None if none does.

    That is of the one who reads, and of the actors that read the event and what is in it; `kanda`: what slut_i() said
    of the latter.
    """
    funktioner = [tjanst.funktion_id for tjanst in who.tjanster]
    egna = [who.giltig_till, *(roll.giltig_till for roll in who.handelseroller), *(t.till for t in who.tjanster)]
    if funktioner:
        roller = (
            select(Medlemskap.giltig_till)
            .join(Funktion, Funktion.anvandare_id == Medlemskap.anvandare_id)
            .where(Funktion.id.in_(funktioner), Medlemskap.giltig_till > now)
        )
        egna += session.scalars(roller)
    andras = slut_i(session, handelse_id, now) if kanda is None else kanda
    return min((slut for slut in (*egna, *andras) if slut is not None and slut > now), default=None)


def slut_i(session: Session, handelse_id: int | None, now: datetime) -> list[datetime]:
    """All moments after `now` at which an actor stops reading the event, or a thing in it; None: any event."""
    sak, krets = HandelseLasare, LasarkretsAktor
    i_handelsen, i_saken = select(sak.till).where(sak.till > now), select(krets.till).where(krets.till > now)
    if handelse_id is not None:
        i_handelsen = i_handelsen.where(sak.handelse_id == handelse_id)
        egna = [
            select(modell.krets_id).where(modell.handelse_id == handelse_id, modell.krets_id.is_not(None))
            for modell in (Lagesbild, Underrattelse, Utskick)
        ]
        i_saken = i_saken.where(or_(*(krets.krets_id.in_(ett) for ett in egna)))
    return sorted(session.scalars(union(i_handelsen, i_saken)))
