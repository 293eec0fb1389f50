"""What the tabs of an event hold that is the same for all who read the same: read and drawn once for them.

As wis.ytor.delat does for the event's own page. Nothing in it is of the one reader.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby

from sqlalchemy.orm import Session

from wis import clock
from wis.aktorer.queries import svensk_nyckel
from wis.auth.krets import Tlp
from wis.auth.rules import Subjekt
from wis.delat import Ritat
from wis.handelser.delat import Klass, dela, mallens, tidigast
from wis.handelser.models import Handelse
from wis.lagesbild.models import LagesbildVersion
from wis.lagesbild.queries import versioner_i_handelse
from wis.ytor import queries
from wis.ytor.delat import Sak, huvudet, lasbart_beslut
from wis.ytor.oversikt import ratt_slutar
from wis.ytor.rules import Marke, Slag

PER_SIDA = 50
MAX_VERSIONER = 500
_MALL = "ytor/_flikar.html"
_RAD = 150
"""About the bytes that a row of times and ids takes."""


@dataclass(frozen=True)
class Del:
    """HTML, until when it is true at most, and whether anything in it is labelled TLP:RED."""

    html: str
    till: datetime
    rott: bool = False


def huvud(session: Session, handelse: Handelse, klassen: Klass | None) -> Del:
    """What stands above every tab; until the first right to read something apart in the event ends by itself."""

    def rita() -> Ritat[Del]:
        now = clock.now()
        till = tidigast(now, [*handelse.krets().till.values(), ratt_slutar(session, handelse.id, now)])
        html = huvudet(handelse, lasbart_beslut(session, handelse))
        return Ritat(Del(html, till), 4 * len(html), till)

    return dela(klassen, ("huvud",), rita)


def versioner(session: Session, who: Subjekt, handelse: Handelse, klassen: Klass | None, till: datetime) -> Del:
    """Every version of every lägesbild; `till` as huvud() says."""

    def rita() -> Ritat[Del]:
        found = versioner_i_handelse(session, who, handelse.id, MAX_VERSIONER + 1)
        ordered = sorted(found[:MAX_VERSIONER], key=_i_svensk_ordning)
        grupper = [list(group) for _, group in groupby(ordered, key=lambda v: v.lagesbild_id)]
        html = mallens(_MALL, "versioner", grupper, handelse, MAX_VERSIONER if len(found) > MAX_VERSIONER else None)
        rott = any(version.tlp == Tlp.RED for version in found)
        return Ritat(Del(html, till, rott), 4 * len(html), till, delas=not rott)

    return dela(klassen, ("versioner",), rita)


def _i_svensk_ordning(version: LagesbildVersion) -> tuple[bool, str, int, int]:
    lagesbild = version.lagesbild
    return (lagesbild.aktor_id is not None, svensk_nyckel(lagesbild.namn), lagesbild.id, -version.nummer)


# --- the timeline --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lista:
    """The things of the timeline as their marks are judged, and what huvud() says of the page."""

    saker: tuple[Sak, ...]
    rott: bool


@dataclass(frozen=True)
class _Underlag:
    poster: Sequence[queries.Post]
    aktorer: list[tuple[str, str]]


def tidslinje(
    session: Session,
    who: Subjekt,
    handelse: Handelse,
    klassen: Klass | None,
    urval: queries.Urval,
    marke: Marke,
    till: datetime,
) -> Del:
    """The part of the timeline that is chosen, with the marks as they are for this reader; `till` as huvud() says."""

    @cache
    def underlag() -> _Underlag:
        poster = queries.tidslinje(session, who, handelse, urval)
        return _Underlag(poster, queries.aktorer_i(session, who, handelse.id))

    lista = dela(klassen, ("tidslinje", urval), lambda: _lista(underlag(), urval, till))
    nya = tuple(marke.nytt(sak.tid, sak.av_id) for sak in lista.saker)

    def rita() -> Ritat[str]:
        html = _tidslinjen(underlag(), handelse, urval, nya)
        return Ritat(html, 4 * len(html) + len(urval.aktor), till, delas=not lista.rott)

    return Del(dela(klassen, ("tidslinjen", urval, nya), rita), till, lista.rott)


def _lista(underlag: _Underlag, urval: queries.Urval, till: datetime) -> Ritat[Lista]:
    poster = underlag.poster
    rott = any(post.tlp == Tlp.RED for post in poster)
    lista = Lista(tuple(Sak(post.tid, post.av_id) for post in poster[:PER_SIDA]), rott)
    return Ritat(lista, _RAD * (1 + len(poster)) + len(urval.aktor), till, delas=not rott)


def _tidslinjen(underlag: _Underlag, handelse: Handelse, urval: queries.Urval, nya: tuple[bool, ...]) -> str:
    visade = list(zip(underlag.poster[:PER_SIDA], nya, strict=True))
    nasta = str(visade[-1][0].plats) if len(underlag.poster) > PER_SIDA else None
    return mallens(_MALL, "tidslinje", visade, handelse, urval, nasta, underlag.aktorer, list(Slag))
