"""What the tabs of an event hold that is the same for all who read the same: read and drawn once for them.

As wis.ytor.delat does for the event's own page. Nothing in it is of the one reader.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby

from sqlalchemy.orm import Session

from wis import clock, datum, tolk
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
from wis.ytor.flode import Vart
from wis.ytor.oversikt import ratt_slutar
from wis.ytor.rules import Marke, Slag

PER_SIDA = 50
MAX_VERSIONER = 500
_MALL = "ytor/_flikar.html"
MINUT = timedelta(minutes=1)
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
    """`fler`: there is more on the way that one leafs."""

    poster: Sequence[queries.Post]
    fler: bool
    aktorer: list[tuple[str, str]]
    taggar: list[tuple[str, int]]


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
        # What is one too many is the farthest on the way.
        visade = poster[-PER_SIDA:] if urval.vart is Vart.EFTER else poster[:PER_SIDA]
        aktorer = queries.aktorer_i(session, who, handelse.id)
        return _Underlag(visade, len(poster) > PER_SIDA, aktorer, queries.taggar_i(session, who, handelse.id))

    lista = dela(klassen, ("tidslinje", urval), lambda: _lista(underlag(), urval, till))
    nya = tuple(marke.nytt(sak.tid, sak.av_id) for sak in lista.saker)

    def rita() -> Ritat[str]:
        html = _tidslinjen(underlag(), handelse, urval, nya)
        return Ritat(html, 4 * len(html) + _vikt(urval), till, delas=not lista.rott)

    return Del(dela(klassen, ("tidslinjen", urval, nya), rita), till, lista.rott)


def _lista(underlag: _Underlag, urval: queries.Urval, till: datetime) -> Ritat[Lista]:
    poster = underlag.poster
    rott = any(post.tlp == Tlp.RED for post in poster)
    # New by when it was written, whenever it happened.
    lista = Lista(tuple(Sak(post.skriven, post.av_id) for post in poster), rott)
    return Ritat(lista, _RAD * (1 + len(poster)) + _vikt(urval), till, delas=not rott)


def _tidslinjen(underlag: _Underlag, handelse: Handelse, urval: queries.Urval, nya: tuple[bool, ...]) -> str:
    visade = zip(underlag.poster, nya, strict=True)
    dagar = [(dag, list(rader)) for dag, rader in groupby(visade, key=lambda rad: datum.dag(rad[0].tid, tolk.nu()))]
    hoppat = datum.falt_av(urval.till - MINUT) if urval.till is not None and urval.vart is Vart.TILL else ""
    return mallens(_MALL, "tidslinje", dagar, handelse, urval, _sidor(underlag, urval), underlag, list(Slag), hoppat)


def _sidor(underlag: _Underlag, urval: queries.Urval) -> dict[str, str | None]:
    """Where the next pages begin: `fore` of the older, `efter` of the newer; None where there is none to turn to."""
    poster, efter = underlag.poster, urval.vart is Vart.EFTER
    if not poster:
        # Nothing newer: what is older begins where one came from.
        return {"fore": None, "efter": None}
    framfor = urval.fore is not None or (urval.till is not None and urval.till < clock.now())
    aldre, nyare = (True, underlag.fler) if efter else (underlag.fler, framfor)
    return {
        "fore": str(poster[-1].plats) if aldre else None,
        "efter": str(poster[0].plats) if nyare else None,
    }


def _vikt(urval: queries.Urval) -> int:
    """About the bytes that what was asked for takes."""
    return len(urval.aktor) + len(urval.tagg) + len(urval.oforstatt)
