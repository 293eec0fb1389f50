"""The rule, proposals and what becomes of them, within the caller's transaction.

Locked in order: the event, the thing, the proposal, the record.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.aktorer.models import Aktor
from wis.andringar import Andring, Slag, anmal
from wis.auth.krets import Tlp
from wis.auth.rules import Beslut, Sak, Subjekt, Verb, can
from wis.handelser.models import Handelse
from wis.handelser.sakkrets import Otillaten, krav_nu
from wis.tvaperson import brev, queries, rules
from wis.tvaperson.models import Forslag, Niva, Status, Tvapersonsregel
from wis.tvaperson.publicering import publicerare_av
from wis.tvaperson.rules import Avgjort, FinnsInte, Foraldrat, Intyg, ReglernaAndrade, SammaPerson

__all__ = ["Otillaten"]


class RattForlorad(Exception):
    """Who proposed it may not publish it any longer; `beslut` is None when they are nothing at the actor."""

    def __init__(self, beslut: Beslut | None) -> None:
        super().__init__("författaren får inte publicera")
        self.beslut = beslut


# --- the rule ------------------------------------------------------------------------------------------------------


def satt_regler(
    session: Session, who: Subjekt, aktor: Aktor, valda: frozenset[tuple[str, str]], bas: frozenset[tuple[str, str]]
) -> bool:
    """Have exactly these rules (läge, level) for the actor; whether that changed anything.

    The actor is locked, and the right judged: rules that are not there yet can't be locked. `bas` is what stood when
    the page was drawn; raises ReglernaAndrade if that is not what stands now.
    """
    aktor_id = aktor.id
    fore = queries.alla_regler(session, aktor_id)
    if fore == valda:
        return False
    if fore != bas:
        raise ReglernaAndrade
    session.execute(delete(Tvapersonsregel).where(Tvapersonsregel.aktor_id == aktor_id))
    session.add_all(Tvapersonsregel(aktor_id=aktor_id, lage=lage, niva=niva) for lage, niva in sorted(valda))
    session.flush()
    audit.record(
        session,
        queries.ANDRAR_REGEL,
        anvandare_id=who.anvandare_id,
        aktor_id=aktor_id,
        objekt=f"aktor:{aktor_id}",
        fore=sorted("/".join(regel) for regel in fore),
        efter=sorted("/".join(regel) for regel in valda),
    )
    return True


def krav(
    session: Session, who: Subjekt, handelse: Handelse, niva: Niva, intyg: Intyg, tidigare: Collection[Niva] = ()
) -> Intyg:
    """What is to be noted with the version, by the rules as the database has them. Raises as rules.prova().

    Every service that publishes asks this before it writes anything, with its event locked.
    """
    regler = queries.regler(session, who.aktor_id, handelse.lage)
    return rules.prova(regler, niva, who.anvandare_id, intyg, tidigare)


@dataclass(frozen=True)
class Publicerat:
    """What has just been published: its kind and thing as in Forslag, its object in the record, and its path."""

    slag: str
    sak: str
    objekt: str
    lank: str


def efter_publicering(session: Session, who: Subjekt, handelse: Handelse, vad: Publicerat, intyg: Intyg) -> None:
    """What waits for approval and builds on an older version is out of date; a rule set aside is told of.

    Call it once the version is written, before the record of the publication.
    """
    for rad in _vantande_for(session, handelse, vad):
        egen = rad.anvandare_id == who.anvandare_id
        # The one that is being published is marked by who approves it.
        if not egen or intyg.godkand_av_id is None:
            _avgor(session, rad, Status.ATERKALLAT if egen else Status.FORALDRAT, who.anvandare_id)
    if intyg.nodlage:
        _beratta_om_nodlage(session, who, handelse, vad, intyg)


def _vantande_for(session: Session, handelse: Handelse, vad: Publicerat) -> Sequence[Forslag]:
    return session.scalars(
        select(Forslag)
        .where(
            Forslag.handelse_id == handelse.id,
            Forslag.slag == vad.slag,
            Forslag.sak == vad.sak,
            Forslag.status == Status.VANTAR,
        )
        .order_by(Forslag.id)
        .with_for_update(of=Forslag)
    ).all()


def _beratta_om_nodlage(session: Session, who: Subjekt, handelse: Handelse, vad: Publicerat, intyg: Intyg) -> None:
    till = [person for person in queries.administratorer(session, who.aktor_id) if person.id != who.anvandare_id]
    brev.beratta_om_nodlage(session, who, handelse, vad.lank, intyg.nodlage, till)
    audit.record(
        session,
        "publicerar ensam i nödläge",
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=vad.objekt,
        handelse=handelse.slug,
        skal=intyg.nodlage,
        rattelse=intyg.rattelse,
        underrattade=len(till),
    )


# --- a proposal ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NyttForslag:
    """What is proposed: see Forslag."""

    slag: str
    sak: str
    niva: Niva
    rubrik: str
    bas: int
    nyckel: str
    innehall: dict[str, Any]


def foresla(session: Session, who: Subjekt, handelse: Handelse, nytt: NyttForslag) -> Forslag:
    """Ask a colleague; `who` may publish it, and its event and thing are locked. The same form again is the same
    proposal, and another for the same thing takes its place."""
    vantar = _eget_vantande(session, who, handelse, nytt)
    if vantar is not None and _samma(vantar, nytt):
        return vantar
    if vantar is not None:
        _avgor(session, vantar, Status.ATERKALLAT, who.anvandare_id)
        session.flush()
    rad = _nytt_forslag(who, handelse, nytt)
    try:
        with session.begin_nested():
            session.add(rad)
    except IntegrityError:
        # A double click: the same form at the same moment.
        vantar = _eget_vantande(session, who, handelse, nytt)
        if vantar is None:
            raise
        return vantar
    _be_kollegor(session, who, rad)
    return rad


def _nytt_forslag(who: Subjekt, handelse: Handelse, nytt: NyttForslag) -> Forslag:
    return Forslag(
        aktor_id=who.aktor_id,
        handelse_id=handelse.id,
        anvandare_id=who.anvandare_id,
        skapad=clock.now(),
        status=Status.VANTAR,
        **vars(nytt),
    )


def _be_kollegor(session: Session, who: Subjekt, rad: Forslag) -> None:
    sak = publicerare_av(rad).sak(session, rad)
    till = [person for person in queries.far_publicera(session, who.aktor_id, sak) if person.id != who.anvandare_id]
    brev.be_om_godkannande(session, who, rad, till)
    _anteckna(session, who, "ber om godkännande", rad, niva=rad.niva, tillfragade=len(till))
    _anmal(session, rad)


def _eget_vantande(session: Session, who: Subjekt, handelse: Handelse, nytt: NyttForslag) -> Forslag | None:
    return session.scalar(
        select(Forslag)
        .where(
            Forslag.anvandare_id == who.anvandare_id,
            Forslag.aktor_id == who.aktor_id,
            Forslag.handelse_id == handelse.id,
            Forslag.slag == nytt.slag,
            Forslag.sak == nytt.sak,
            Forslag.status == Status.VANTAR,
        )
        .with_for_update(of=Forslag)
        .execution_options(populate_existing=True)
    )


def _samma(rad: Forslag, nytt: NyttForslag) -> bool:
    return (rad.nyckel, rad.bas, rad.niva, rad.innehall) == (nytt.nyckel, nytt.bas, nytt.niva, nytt.innehall)


def godkann(session: Session, who: Subjekt, forslag_id: int) -> Forslag:
    """Publish what a colleague proposed, as theirs, approved by `who`; the same approval again changes nothing.

    Both persons' rights are judged now. Returns it as FORALDRAT, with nothing published, if a newer version came.
    Raises FinnsInte, SammaPerson, Avgjort, RattForlorad, and Otillaten when `who` may not publish it.
    """
    rad = queries.find_forslag(session, who, forslag_id)
    if rad is None:
        raise FinnsInte(forslag_id)
    publicerare = publicerare_av(rad)
    sak = publicerare.las(session, rad)
    rad = queries.las_forslag(session, forslag_id)
    if rad.status == Status.GODKANT and rad.avgjord_av_id == who.anvandare_id:
        return rad
    _vantande(rad)
    if rad.anvandare_id == who.anvandare_id:
        raise SammaPerson
    krav_nu(session, who, Verb.PUBLICERA, sak)
    forfattare = _forfattare(session, rad, sak)
    try:
        rad.resultat = publicerare.publicera(session, forfattare, rad, Intyg(who.anvandare_id))
        status = Status.GODKANT
    except Foraldrat:
        status = Status.FORALDRAT
    _avgor(session, rad, status, who.anvandare_id)
    handling = "godkänner publicering" if status is Status.GODKANT else "godkänner för sent"
    _anteckna(session, who, handling, rad, forfattare=rad.anvandare_id, blev=rad.resultat)
    return rad


def _forfattare(session: Session, rad: Forslag, sak: Sak) -> Subjekt:
    forfattare = queries.forfattaren(session, rad)
    beslut = None if forfattare is None else can(forfattare, Verb.PUBLICERA, sak, clock.now())
    if forfattare is None or not beslut:
        raise RattForlorad(beslut)
    return forfattare


def skicka_tillbaka(session: Session, who: Subjekt, forslag_id: int, skal: str) -> Forslag:
    """Say no, and why: nothing is published. Raises FinnsInte, SammaPerson, Avgjort and Otillaten."""
    rad = _hamta(session, who, forslag_id)
    if rad.anvandare_id == who.anvandare_id:
        raise SammaPerson
    # Also in an event that has been closed: whoever waits for an answer gets it.
    krav_nu(session, who, Verb.PUBLICERA, replace(publicerare_av(rad).sak(session, rad), stangd=False))
    rad.skal = skal
    _avgor(session, rad, Status.AVBOJT, who.anvandare_id)
    _anteckna(session, who, "skickar tillbaka förslag", rad, skal=skal, forfattare=rad.anvandare_id)
    return rad


def aterkalla(session: Session, who: Subjekt, forslag_id: int) -> Forslag:
    """Take one's own proposal back. Raises FinnsInte and Avgjort."""
    rad = _hamta(session, who, forslag_id)
    if rad.anvandare_id != who.anvandare_id:
        raise FinnsInte(forslag_id)
    _avgor(session, rad, Status.ATERKALLAT, who.anvandare_id)
    _anteckna(session, who, "tar tillbaka förslag", rad)
    return rad


def _hamta(session: Session, who: Subjekt, forslag_id: int) -> Forslag:
    """The waiting proposal, locked."""
    if queries.find_forslag(session, who, forslag_id) is None:
        raise FinnsInte(forslag_id)
    rad = queries.las_forslag(session, forslag_id)
    _vantande(rad)
    return rad


def _vantande(rad: Forslag) -> None:
    if not rad.vantar:
        raise Avgjort(Status(rad.status))


def _avgor(session: Session, rad: Forslag, status: Status, av_id: int | None) -> None:
    rad.status, rad.avgjord, rad.avgjord_av_id = status, clock.now(), av_id
    session.flush()
    _anmal(session, rad)


def _anmal(session: Session, rad: Forslag) -> None:
    """Told to the actor's own screens, and to no guest; pages that are kept are drawn anew."""
    hos = frozenset({rad.aktor_id})
    anmal(session, Andring(Slag.FORSLAG, rad.id, handelse_id=rad.handelse_id, aktorer=hos, tlp=Tlp.AMBER))


def _anteckna(session: Session, who: Subjekt, handling: str, rad: Forslag, **uppgifter: object) -> None:
    audit.record(
        session,
        handling,
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=f"forslag:{rad.id}",
        rubrik=rad.rubrik,
        slag=rad.slag,
        sak=rad.sak,
        **uppgifter,
    )
