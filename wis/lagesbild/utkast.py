"""Drafts: what a person has typed for an actor and not published. Within the caller's transaction.

`revision` rises at each save and is sent back by the page that saved: two pages of the same person notice each other,
and neither overwrites what the other wrote.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wis import clock, markup
from wis.auth.krets import Tlp
from wis.auth.rules import Subjekt, Verb
from wis.lagesbild import bilagelista, queries
from wis.lagesbild.mallar import hel_mall
from wis.lagesbild.models import Lagesbild, LagesbildVersion, Utkast
from wis.lagesbild.plats import Plats, oppna_last
from wis.lagesbild.rules import Innehall, Marke, nasta_val, tolka_nasta

_LANGSTA_VAL = 40
# So begin, among the sections of a draft, the names of what is chosen: label, secrecy note, readers.
_VALTECKEN = "_"
_LANGSTA_LASVAL = 20_000
# A choice like 'in two hours' is counted from when the form arrives; the version is written this much later at most.
_VAG_TILL_VERSION = timedelta(minutes=1)


@dataclass(frozen=True)
class Text:
    """What a page holds: revised from version `bas`, last saved as `revision` (0 = never); `nasta` chooses a time.

    `nyckel` is the idempotency key of the form, if the text comes from one. `lasratt` is the choice of readers as the
    form keeps it, whole or not; empty = as it was. `beskrivningar` are of the attachments, by number. `krock`: what the
    form remembers of a text that it has met (wis.lagesbild.krockregler).
    """

    bas: int
    revision: int
    innehall: Innehall
    nasta: str = ""
    nyckel: str = ""
    lasratt: Mapping[str, str] = field(default_factory=dict)
    beskrivningar: Mapping[int, str] = field(default_factory=dict)
    krock: str = ""

    def samma(self, annan: "Text") -> bool:
        """Whether both say the same, whatever their revisions."""
        return (
            self.innehall.samma_text_och_marke(annan.innehall)
            and dict(self.lasratt) == dict(annan.lasratt)
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
    val = {namn.removeprefix(_VALTECKEN): v for namn, v in rad.sektioner.items() if namn.startswith(_VALTECKEN)}
    marke, krock = Marke(Tlp(val.pop("tlp", Tlp.CLEAR)), val.pop("lagrum", "")), val.pop("krock", "")
    texter = {nyckel: text for nyckel, text in rad.sektioner.items() if not nyckel.startswith(_VALTECKEN)}
    innehall = Innehall.av(texter, rad.andringsnotering, marke=marke, mall=hel_mall(rad, texter))
    return Text(rad.bas, rad.revision, innehall, rad.nasta_uppdatering, lasratt=val, krock=krock)


def spara(session: Session, who: Subjekt, plats: Plats, text: Text) -> Sparat | Konflikt:
    """Keep what the person has typed. Raises wis.lagesbild.plats.Otillaten."""
    # A publication under way is waited for, so that its draft is gone and its version can be seen.
    lagesbild_id = oppna_last(session, who, plats, Verb.SKRIVA, delat=True).id
    rad = queries.find_utkast(session, lagesbild_id, who, las=True)
    nya_ord = bilagelista.andrar(session, lagesbild_id, rad, text.beskrivningar)
    if rad is None and not nya_ord and _redan_publicerat(session, lagesbild_id, who, text):
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
            bilagelista.beskriv(session, rad, text.beskrivningar)
            return Sparat(lagesbild_id, rad.revision, rad.sparad)
    utfall = _spara_over(rad, text, nya_ord=nya_ord)
    if isinstance(utfall, Sparat):
        bilagelista.beskriv(session, rad, text.beskrivningar)
    return utfall


def _redan_publicerat(session: Session, lagesbild_id: int, who: Subjekt, text: Text) -> bool:
    """Whether a version says all that the text says, note and time too: the one of the same form, else the latest."""
    nyckel = queries.idempotensnyckel(lagesbild_id, who, text.nyckel)
    egen = queries.find_publicerad_med(session, nyckel) if text.nyckel else None
    version = egen or queries.find_senaste(session, lagesbild_id)
    if version is None:
        return False
    innehall = queries.innehall_av(version)
    # A choice of readers went with the publication by the same form; otherwise it is still to be made.
    if text.lasratt and egen is None:
        return False
    samma = text.innehall.samma_text_och_marke(innehall) and text.innehall.andringsnotering == innehall.andringsnotering
    return samma and _lovar_samma_tid(text.nasta, version, da=egen is not None)


def _lovar_samma_tid(nasta: str, version: LagesbildVersion, *, da: bool) -> bool:
    """Whether the choice means the version's time: made when that was published (`da`), or now."""
    tider = (version.publicerad - _VAG_TILL_VERSION, version.publicerad) if da else (clock.now(),)
    try:
        return version.nasta_uppdatering in {tolka_nasta(nasta, tid) for tid in tider}
    except (ValueError, OverflowError):
        return False


def _ny(session: Session, who: Subjekt, lagesbild_id: int, text: Text) -> Utkast:
    rad = Utkast(lagesbild_id=lagesbild_id, anvandare_id=who.anvandare_id, aktor_id=who.aktor_id, egna_bilagor=False)
    _satt(rad, text, text.revision + 1)
    session.add(rad)
    return rad


def oppna(session: Session, who: Subjekt, plats: Plats) -> Utkast:
    """The person's draft, locked; if there is none, one of what the latest version says. Raises Otillaten.

    The revision of a new one is 0: a page on which nothing has been saved yet goes on with it as its own.
    """
    lagesbild = oppna_last(session, who, plats, Verb.SKRIVA, delat=True)
    rad = queries.find_utkast(session, lagesbild.id, who, las=True)
    if rad is not None:
        return rad
    try:
        with session.begin_nested():
            rad = _ny(session, who, lagesbild.id, _av_senaste(session, lagesbild))
            rad.revision = 0
    except IntegrityError:
        rad = queries.find_utkast(session, lagesbild.id, who, las=True)
        if rad is None:
            raise
    return rad


def _av_senaste(session: Session, lagesbild: Lagesbild) -> Text:
    senaste = queries.find_senaste(session, lagesbild.id)
    publicerad, lovad = (None, None) if senaste is None else (senaste.publicerad, senaste.nasta_uppdatering)
    forra = queries.innehall_av(senaste)
    val = nasta_val(clock.now(), publicerad, lovad)
    innehall = Innehall(forra.sektioner, marke=forra.marke, mall=forra.mall)
    return Text(lagesbild.senaste, 0, innehall, val[0][0])


def _spara_over(rad: Utkast, text: Text, *, nya_ord: bool) -> Sparat | Konflikt:
    finns = text_av(rad)
    if not nya_ord and finns.samma(text) and (finns.bas, finns.krock) == (text.bas, text.krock):
        return Sparat(rad.lagesbild_id, rad.revision, rad.sparad)
    if rad.revision != text.revision:
        return Konflikt(rad.lagesbild_id, finns, rad.sparad)
    _satt(rad, text, rad.revision + 1)
    return Sparat(rad.lagesbild_id, rad.revision, rad.sparad)


def _satt(rad: Utkast, text: Text, revision: int) -> None:
    rad.bas, rad.revision, rad.sparad = text.bas, revision, clock.now()
    rad.sektioner = {**text.innehall.sektioner, **_valt(text)}
    rad.mall_version_id = text.innehall.mall.version_id
    rad.andringsnotering = text.innehall.andringsnotering
    rad.nasta_uppdatering = markup.normalisera(text.nasta)[:_LANGSTA_VAL]


def _valt(text: Text) -> dict[str, str]:
    """What is chosen beside the text, as it is kept: only what says something."""
    marke = text.innehall.marke
    tlp = "" if marke.tlp is Tlp.CLEAR else marke.tlp.value
    valt = {"tlp": tlp, "lagrum": markup.normalisera(marke.lagrum), "krock": text.krock, **text.lasratt}
    return {_VALTECKEN + namn: varde[:_LANGSTA_LASVAL] for namn, varde in valt.items() if varde}


def ta_over(
    session: Session, who: Subjekt, plats: Plats, utkast_id: int, *, ersatt: int | None = None
) -> Sparat | Konflikt:
    """Copy a colleague's draft into one's own; theirs stays.

    Konflikt if one has a draft that says something else, unless its revision is `ersatt`: that one may go.
    Raises LookupError if there is no such draft by a colleague at the same actor, and Otillaten.
    """
    lagesbild_id = oppna_last(session, who, plats, Verb.SKRIVA, delat=True).id
    kallan = next((u for u in queries.kollegors_utkast(session, lagesbild_id, who) if u.id == utkast_id), None)
    if kallan is None:
        raise LookupError(utkast_id)
    mitt = queries.find_utkast(session, lagesbild_id, who, las=True)
    text = text_av(kallan)
    if mitt is None:
        mitt = _ny(session, who, lagesbild_id, text)
        session.flush()
    elif mitt.revision != ersatt and (mitt.egna_bilagor or not text_av(mitt).samma(text)):
        return Konflikt(lagesbild_id, text_av(mitt), mitt.sparad)
    else:
        _satt(mitt, text, max(mitt.revision, text.revision) + 1)
    bilagelista.kopiera(session, kallan, mitt)
    return Sparat(lagesbild_id, mitt.revision, mitt.sparad)


def kasta(session: Session, who: Subjekt, plats: Plats, revision: int) -> bool:
    """Throw one's draft away; False (and it stays) if it has been saved anew after `revision`. Raises Otillaten."""
    lagesbild = oppna_last(session, who, plats, Verb.SKRIVA, delat=True)
    rad = queries.find_utkast(session, lagesbild.id, who, las=True)
    if rad is None:
        return True
    if rad.revision != revision:
        return False
    session.delete(rad)
    return True


def ta_bort_publicerat(
    session: Session, who: Subjekt, lagesbild_id: int, revision: int | None, innehall: Innehall
) -> None:
    """Remove the draft that has become a version; one that another page saved later, with another text, stays.

    `revision` None: it may have been thrown away since, and another begun; only one that says the same is removed.
    """
    rad = queries.find_utkast(session, lagesbild_id, who, las=True)
    if rad is None:
        return
    if (revision is not None and rad.revision <= revision) or text_av(rad).innehall.samma_text(innehall):
        session.delete(rad)
