"""Asking the actors that a measure affects, and taking their answers, within the caller's transaction.

Locked in order: the event, the lägesbild (by who publishes it), the row, the record.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer
from wis.andringar import Andring, Slag, anmal
from wis.auth.krets import Tlp
from wis.auth.rules import Slag as Sakslag
from wis.auth.rules import Subjekt, Verb
from wis.handelser.models import Handelse
from wis.handelser.rules import egen_nyckel
from wis.handelser.sakkrets import krav_nu
from wis.notiser.bud import Bud, skicka_bud
from wis.paverkan import queries, rules
from wis.paverkan.models import MAX_RAD, Paverkan, PaverkanSvar, Svarsslag
from wis.paverkan.rules import Avslag, Fraga

MAX_I_BUD = 160
"""So much of a measure is said in a message; the rest is where it leads."""


@dataclass(frozen=True)
class Publicerat:
    """A version that has just been written: of which lägesbild and actor, its label, and the actors that read it."""

    lagesbild_id: int
    nummer: int
    agare_id: int
    tlp: str
    lasare: Collection[int]


def berorda(
    session: Session, rader: Mapping[str, Sequence[Sequence[str]]], agare_id: int
) -> dict[tuple[int, str], Fraga]:
    """Whom measures affect, by (actor, measure). `rader`: (measure, whom it affects) by the name of the section."""
    if not any(rader.values()):
        return {}
    alla = alla_aktorer(session)
    namn = {aktor.namn.casefold(): aktor.id for aktor in alla} | {aktor.kortnamn.casefold(): aktor.id for aktor in alla}
    return rules.fragor(rules.atgarder(rader, namn), agare_id)


def publicerat(
    session: Session, handelse: Handelse, version: Publicerat, rader: Mapping[str, Sequence[Sequence[str]]]
) -> None:
    """Ask each actor that a measure names and that reads the version, once for each wording, and tell it.

    What stands there no longer is marked so. The lägesbild is locked.
    """
    staller = berorda(session, rader, version.agare_id)
    fore = {(rad.aktor_id, rad.nyckel): rad for rad in _rader(session, version.lagesbild_id)}
    borttagna = _folj(fore, staller, version)
    nya = [
        _ny(handelse, version, fraga, borttagna)
        for nyckel, fraga in staller.items()
        if nyckel not in fore and fraga.aktor_id in version.lasare
    ]
    if not nya:
        return
    session.add_all(nya)
    session.flush()
    _beratta(session, handelse, nya, version)
    anmal(session, _andring(nya[0], version.tlp, {rad.aktor_id for rad in nya}))


def _rader(session: Session, lagesbild_id: int) -> Sequence[Paverkan]:
    # Locked in one order: an answer that is being given is waited for.
    return session.scalars(
        select(Paverkan)
        .where(Paverkan.lagesbild_id == lagesbild_id)
        .order_by(Paverkan.id)
        .with_for_update(of=Paverkan)
        .execution_options(populate_existing=True)
    ).all()


def _folj(
    fore: Mapping[tuple[int, str], Paverkan], staller: Collection[tuple[int, str]], version: Publicerat
) -> list[Paverkan]:
    """Let the rows that there are follow the new version; those that it took away."""
    borttagna = []
    for nyckel, rad in fore.items():
        if nyckel in staller:
            rad.inaktuell = None
            rad.nummer = version.nummer if rad.aktor_id in version.lasare else rad.nummer
        elif rad.inaktuell is None:
            rad.inaktuell = clock.now()
            borttagna.append(rad)
    return borttagna


def _ny(handelse: Handelse, version: Publicerat, fraga: Fraga, borttagna: Sequence[Paverkan]) -> Paverkan:
    egna = {rad.id: rad.text for rad in borttagna if rad.aktor_id == fraga.aktor_id}
    return Paverkan(
        handelse_id=handelse.id,
        lagesbild_id=version.lagesbild_id,
        agare_id=version.agare_id,
        aktor_id=fraga.aktor_id,
        nyckel=fraga.nyckel,
        text=fraga.text,
        avsnitt=fraga.avsnitt,
        forst=version.nummer,
        nummer=version.nummer,
        skapad=clock.now(),
        foregaende_id=rules.foregangare(fraga.text, egna),
        senaste=0,
    )


def _beratta(session: Session, handelse: Handelse, nya: Sequence[Paverkan], version: Publicerat) -> None:
    """Tell each actor once, by a path to its own row or, if there are several, to the list of them."""
    agare = session.get_one(Aktor, version.agare_id).kortnamn
    for aktor_id in sorted({rad.aktor_id for rad in nya}):
        egna = [rad for rad in nya if rad.aktor_id == aktor_id]
        en = len(egna) == 1
        vad = f"{agare} gör något som berör er" if en else f"{agare} gör {len(egna)} saker som berör er"
        # A label is of the words: what is labelled is read here, after login.
        sagt = f": {_kort(egna[0].text)}" if en and version.tlp == Tlp.CLEAR else "."
        lank = f"/paverkan/{egna[0].id}" if en else f"/handelser/{handelse.slug}/paverkan"
        text = f"{vad} i {handelse.rubrik}{sagt} Svara noterat eller problem:"
        skicka_bud(session, handelse, [aktor_id], Bud(f"Berör er: {handelse.rubrik}", text, lank))


def _kort(text: str) -> str:
    hel = text if len(text) <= MAX_I_BUD else f"{text[:MAX_I_BUD].rstrip()} …"
    return hel if hel.endswith((".", "!", "?", "…")) else f"{hel}."


def _andring(rad: Paverkan, tlp: str, aktorer: Collection[int]) -> Andring:
    horare = frozenset(aktorer) | {rad.agare_id}
    return Andring(Slag.PAVERKAN, rad.id, version=rad.nummer, handelse_id=rad.handelse_id, aktorer=horare, tlp=tlp)


# --- answers -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Svar:
    """What is answered, by the form with this key: a kind of answer and a line."""

    svar: str
    rad: str
    nyckel: str


def besvara(session: Session, who: Subjekt, paverkan_id: int, svar: Svar) -> int:
    """Answer for one's actor; the number of the answer. The same again changes nothing. The owner is told of a problem.

    Raises LookupError for what `who` may not see or is not asked, Otillaten, and Avslag if the answer must be mended.
    """
    rad = queries.find(session, who, paverkan_id)
    if rad is None or rad.sak.aktor_id != who.aktor_id:
        raise LookupError(paverkan_id)
    handelse = session.get_one(Handelse, rad.sak.handelse_id, with_for_update={"of": Handelse, "read": True})
    krav_nu(session, who, Verb.SKRIVA, handelse.sak(Sakslag.EGEN_LAGESBILD, rad.sak.aktor))
    sak = session.get_one(Paverkan, paverkan_id, with_for_update={"of": Paverkan}, populate_existing=True)
    nyckel = egen_nyckel(svar.nyckel, sak.id, who.anvandare_id)
    tidigare = session.scalar(select(PaverkanSvar.nummer).where(PaverkanSvar.idempotensnyckel == nyckel))
    if tidigare is not None:
        return tidigare
    fel = rules.granska(svar.svar, svar.rad, [slag.value for slag in Svarsslag], MAX_RAD)
    if fel:
        raise Avslag(fel)
    senaste = session.get(PaverkanSvar, (sak.id, sak.senaste))
    if senaste is not None and (senaste.svar, senaste.rad) == (svar.svar, svar.rad):
        return senaste.nummer
    _skriv(session, who, sak, svar, nyckel)
    if sak.svar == Svarsslag.PROBLEM:
        _beratta_problem(session, rad, handelse, svar.rad)
    _anteckna(session, who, sak, rad.tlp)
    return sak.senaste


def _skriv(session: Session, who: Subjekt, sak: Paverkan, svar: Svar, nyckel: str) -> None:
    session.add(
        PaverkanSvar(
            paverkan_id=sak.id,
            nummer=sak.senaste + 1,
            foregaende=sak.senaste or None,
            skapad=clock.now(),
            anvandare_id=who.anvandare_id,
            svar=svar.svar,
            rad=svar.rad,
            idempotensnyckel=nyckel,
        )
    )
    sak.senaste, sak.svar = sak.senaste + 1, svar.svar
    session.flush()


def _beratta_problem(session: Session, rad: queries.Rad, handelse: Handelse, ord_: str) -> None:
    # What is answered is of the measure, and goes no further than its words.
    sagt = f": {_kort(ord_)}" if rad.tlp == Tlp.CLEAR else "."
    text = f"{rad.sak.aktor.kortnamn} har problem med er åtgärd i {handelse.rubrik}{sagt} Läs mer:"
    bud = Bud(f"Problem med er åtgärd: {handelse.rubrik}", text, f"/paverkan/{rad.sak.id}")
    skicka_bud(session, handelse, [rad.sak.agare_id], bud)


def _anteckna(session: Session, who: Subjekt, sak: Paverkan, tlp: str) -> None:
    audit.record(
        session,
        "svarar på åtgärd",
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=f"paverkan:{sak.id}",
        nummer=sak.senaste,
        svar=sak.svar,
    )
    anmal(session, _andring(sak, tlp, {sak.aktor_id}))
