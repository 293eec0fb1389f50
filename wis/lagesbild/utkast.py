"""Drafts: what a person has typed for an actor and not published. Within the caller's transaction.

`revision` rises at each save and is sent back by the page that saved: two pages of the same person notice each other,
and neither overwrites what the other wrote.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wis import clock, markup
from wis.auth.rules import Subjekt, Verb
from wis.lagesbild import queries
from wis.lagesbild.models import Utkast
from wis.lagesbild.plats import Plats, hamta_eller_skapa, krav
from wis.lagesbild.rules import Innehall

_LANGSTA_VAL = 40


@dataclass(frozen=True)
class Text:
    """What a page holds: revised from version `bas`, last saved as `revision` (0 = never); `nasta` chooses a time."""

    bas: int
    revision: int
    innehall: Innehall
    nasta: str = ""

    def samma(self, annan: "Text") -> bool:
        """Whether both say the same, whatever their revisions."""
        return (
            self.innehall.samma_text(annan.innehall)
            and self.innehall.andringsnotering == annan.innehall.andringsnotering
            and self.nasta == annan.nasta
        )


@dataclass(frozen=True)
class Sparat:
    """The draft is in the database."""

    lagesbild_id: int
    revision: int
    sparad: datetime


@dataclass(frozen=True)
class Konflikt:
    """Nothing was saved: another page of the same person saved this in the meantime."""

    lagesbild_id: int
    text: Text
    sparad: datetime


def text_av(rad: Utkast) -> Text:
    """The draft apart from its row, to be held over a transaction."""
    return Text(rad.bas, rad.revision, Innehall.av(rad.sektioner, rad.andringsnotering), rad.nasta_uppdatering)


def spara(session: Session, who: Subjekt, plats: Plats, text: Text) -> Sparat | Konflikt:
    """Keep what the person has typed. Raises wis.lagesbild.plats.Otillaten."""
    krav(session, who, plats, Verb.SKRIVA)
    lagesbild_id = hamta_eller_skapa(session, plats).id
    rad = queries.find_utkast(session, lagesbild_id, who, las=True)
    if rad is None and _redan_publicerat(session, lagesbild_id, text):
        # The last save of a page that has just published: it must not leave a draft behind.
        return Sparat(lagesbild_id, text.revision, clock.now())
    if rad is None:
        try:
            with session.begin_nested():
                rad = _ny(session, who, lagesbild_id, text)
        except IntegrityError:
            rad = queries.find_utkast(session, lagesbild_id, who, las=True)
            if rad is None:
                raise
        else:
            return Sparat(lagesbild_id, rad.revision, rad.sparad)
    return _spara_over(rad, text)


def _redan_publicerat(session: Session, lagesbild_id: int, text: Text) -> bool:
    senaste = queries.find_senaste(session, lagesbild_id)
    return senaste is not None and text.innehall.samma_text(queries.innehall_av(senaste))


def _ny(session: Session, who: Subjekt, lagesbild_id: int, text: Text) -> Utkast:
    rad = Utkast(lagesbild_id=lagesbild_id, anvandare_id=who.anvandare_id, aktor_id=who.aktor_id)
    _satt(rad, text, text.revision + 1)
    session.add(rad)
    return rad


def _spara_over(rad: Utkast, text: Text) -> Sparat | Konflikt:
    finns = text_av(rad)
    if finns.samma(text) and finns.bas == text.bas:
        return Sparat(rad.lagesbild_id, rad.revision, rad.sparad)
    if rad.revision != text.revision:
        return Konflikt(rad.lagesbild_id, finns, rad.sparad)
    _satt(rad, text, rad.revision + 1)
    return Sparat(rad.lagesbild_id, rad.revision, rad.sparad)


def _satt(rad: Utkast, text: Text, revision: int) -> None:
    rad.bas, rad.revision, rad.sparad = text.bas, revision, clock.now()
    rad.sektioner = dict(text.innehall.sektioner)
    rad.andringsnotering = text.innehall.andringsnotering
    rad.nasta_uppdatering = markup.normalisera(text.nasta)[:_LANGSTA_VAL]


def ta_over(session: Session, who: Subjekt, plats: Plats, utkast_id: int, *, ersatt: bool) -> Sparat | Konflikt:
    """Copy a colleague's draft into one's own; theirs stays. Konflikt if one has a draft already and not `ersatt`.

    Raises LookupError if there is no such draft by a colleague at the same actor, and Otillaten.
    """
    krav(session, who, plats, Verb.SKRIVA)
    lagesbild_id = hamta_eller_skapa(session, plats).id
    kallan = next((u for u in queries.kollegors_utkast(session, lagesbild_id, who) if u.id == utkast_id), None)
    if kallan is None:
        raise LookupError(utkast_id)
    mitt = queries.find_utkast(session, lagesbild_id, who, las=True)
    text = text_av(kallan)
    if mitt is None:
        mitt = _ny(session, who, lagesbild_id, text)
        session.flush()
    elif not ersatt and not text_av(mitt).samma(text):
        return Konflikt(lagesbild_id, text_av(mitt), mitt.sparad)
    else:
        _satt(mitt, text, max(mitt.revision, text.revision) + 1)
    return Sparat(lagesbild_id, mitt.revision, mitt.sparad)


def kasta(session: Session, who: Subjekt, plats: Plats, revision: int) -> bool:
    """Throw one's draft away; False (and it stays) if it has been saved anew after `revision`. Raises Otillaten."""
    krav(session, who, plats, Verb.SKRIVA)
    rad = queries.find_utkast(session, hamta_eller_skapa(session, plats).id, who, las=True)
    if rad is None:
        return True
    if rad.revision != revision:
        return False
    session.delete(rad)
    return True


def ta_bort_publicerat(session: Session, who: Subjekt, lagesbild_id: int, revision: int, innehall: Innehall) -> None:
    """Remove the draft that has become a version; one that another page saved later, with another text, stays."""
    rad = queries.find_utkast(session, lagesbild_id, who, las=True)
    if rad is not None and (rad.revision <= revision or text_av(rad).innehall.samma_text(innehall)):
        session.delete(rad)
