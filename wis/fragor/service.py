"""Asking about rights and answering, within the caller's transaction. What a page may not tell is kept from it here."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.aktorer.models import Aktor
from wis.auth.models import Anvandare
from wis.auth.rules import Fragas, Sak, Slag, Subjekt, Verb
from wis.db import Database
from wis.fragor import brev, queries, ratten
from wis.fragor.models import Fragetyp, Rattsfraga, Svar
from wis.fragor.rules import BER_OM_LASRATT, MAX_MOTTAGARE, RedanBesvarad
from wis.fragor.underskrift import Visat
from wis.handelser.models import Handelse
from wis.notiser.models import Kanalslag
from wis.notiser.service import skicka_brev


@dataclass(frozen=True)
class Svarat:
    """An answer: yes or no, what to say with it, and whether what is published already goes along."""

    svar: Svar
    text: str = ""
    aven_tidigare: bool = False


@dataclass(frozen=True)
class Bett:
    """For which actors a question went off, and for which one waited for an answer already: their names."""

    skickade: tuple[str, ...]
    vantande: tuple[str, ...]


def stall(session: Session, who: Subjekt, visat: Visat, text: str) -> int:
    """Send the question of a refusal to those who can change it; how many others there are to answer.

    Raises LookupError if there is no such actor.
    """
    aktor = session.get(Aktor, visat.hos_id)
    if aktor is None:
        raise LookupError(visat.hos_id)
    rad = _ny(who, visat.sida, text, till_aktor_id=aktor.id, till=visat.till, verb=visat.verb, skal=visat.skal)
    antal = _skicka(session, [rad])
    _anteckna(session, who, "ställer fråga", rad)
    return antal


def be_blint(session: Session, who: Subjekt, sida: str, text: str) -> None:
    """Ask for the right to read the page for one's actor, if it is there and hidden. The caller is never told."""
    rad = _ny(who, sida, text)
    if ratten.utreda(session, who, sida, rad):
        _skicka_blint(session, [rad], queries.utan_likadana(session, [rad]))
    else:
        _skicka_blint(session, [_ny(who, sida, text, till_aktor_id=who.aktor_id, till=Fragas.ADMINISTRATOR)], [])
    # The same row whether there was anything or not: the record too is read by people.
    audit.record(
        session,
        BER_OM_LASRATT,
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=sida,
    )


def be_om_lagesbild(
    session: Session, who: Subjekt, handelse: Handelse, agare: Aktor, for_ids: list[int], text: str
) -> Bett:
    """Ask the actor for the right to its lägesbild for each of these that lacks it.

    The event is one that `who` may ask in, and is locked. What is returned may be told only to who reads it.
    """
    sida = f"/handelser/{handelse.slug}/lagesbild/{agare.slug}"
    om = {"typ": Fragetyp.LAGESBILD, "till_aktor_id": agare.id, "handelse_id": handelse.id}
    valda = [aktor for aktor in ratten.i_handelsen(session, handelse) if aktor.id in set(for_ids)]
    utan = set(ratten.utan_lagesbildsratt(session, handelse, agare, for_ids))
    alla = _rader(who, valda, sida, text, om)
    lacking = [rad for rad in alla if rad.for_aktor in utan]
    oppna = set(queries.utan_likadana(session, alla))
    _skicka_blint(session, alla, [rad for rad in lacking if rad in oppna])
    _anteckna_bon(session, who, sida, for_ids)
    return _bett(lacking, oppna)


def be_om_underrattelse(session: Session, who: Subjekt, underrattelse_id: int, for_ids: list[int], text: str) -> Bett:
    """Ask its owner for the right to an underrättelse, that `who` reads, for each of these actors that lacks it.

    Its event is locked.
    """
    sida = f"/underrattelser/{underrattelse_id}"
    underrattelse = ratten.hamta_underrattelse(session, underrattelse_id)
    lacking = [aktor for aktor in ratten.utan_underrattelse(session, underrattelse) if aktor.id in set(for_ids)]
    om = {
        "typ": Fragetyp.UNDERRATTELSE,
        "till_aktor_id": underrattelse.aktor_id,
        "handelse_id": underrattelse.handelse_id,
        "underrattelse_id": underrattelse_id,
    }
    rader = _rader(who, lacking, sida, text, om)
    nya = queries.utan_likadana(session, rader)
    _skicka(session, nya)
    _anteckna_bon(session, who, sida, for_ids)
    return _bett(rader, nya)


def _bett(rader: Collection[Rattsfraga], nya: Collection[Rattsfraga]) -> Bett:
    def namn(*, ar_ny: bool) -> tuple[str, ...]:
        return tuple(rad.for_aktor.namn for rad in rader if rad.for_aktor is not None and (rad in nya) is ar_ny)

    return Bett(namn(ar_ny=True), namn(ar_ny=False))


def _rader(who: Subjekt, aktorer: list[Aktor], sida: str, text: str, om: Mapping[str, object]) -> list[Rattsfraga]:
    """A question for each of the actors, of the same moment: they are answered as one."""
    now = clock.now()
    return [
        _ny(who, sida, text, till=Fragas.TALESPERSON, for_aktor_id=a.id, for_aktor=a, skapad=now, **om) for a in aktorer
    ]


def _skicka_blint(session: Session, alla: Sequence[Rattsfraga], verkliga: Sequence[Rattsfraga]) -> None:
    """Send the real ones of what was asked; where there are none do the same work with all, and take it back.

    How long it takes must not tell whether there was anything to ask about.
    """
    with session.begin_nested() as punkt:
        _skicka(session, verkliga or alla)
        if not verkliga:
            punkt.rollback()


def _anteckna_bon(session: Session, who: Subjekt, sida: str, for_ids: list[int]) -> None:
    audit.record(
        session,
        BER_OM_LASRATT,
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=sida,
        for_aktorer=sorted(for_ids),
    )


def _ny(who: Subjekt, sida: str, text: str, **annat: object) -> Rattsfraga:
    falt = {"typ": Fragetyp.BEHORIGHET, "verb": Verb.LASA.value, "skal": "", "skapad": clock.now(), **annat}
    return Rattsfraga(
        fran_id=who.anvandare_id,
        fran_aktor_id=who.aktor_id,
        sida=sida,
        text=text,
        svarstext="",
        **falt,
    )


def _skicka(session: Session, rader: Sequence[Rattsfraga]) -> int:
    """Store these questions, that differ only in which actor they are for, and write once to those who can answer.

    Returns how many those are, but for the one who asks.
    """
    if not rader:
        return 0
    rad, now = rader[0], clock.now()
    people = queries.mottagare(session, rad.till_aktor_id, Fragas(rad.till), rad.handelse_id, now)
    if not people:
        # Nobody there has the role: the administrators can give it to somebody, and answer what is no right to read.
        people = queries.mottagare(session, rad.till_aktor_id, Fragas.ADMINISTRATOR, None, now)
        rad.till = Fragas.ADMINISTRATOR if rad.typ == Fragetyp.BEHORIGHET else rad.till
    session.add_all(rader)
    session.flush()
    others = [person for person in people if person.id != rad.fran_id]
    letter = brev.fraga(rader, _bas_url(session))
    for person in others[:MAX_MOTTAGARE]:
        _posta(session, person, letter)
    return len(others)


def _posta(session: Session, person: Anvandare, letter: brev.Brev) -> None:
    skicka_brev(
        session,
        anvandare_id=person.id,
        kanal=Kanalslag.EPOST,
        adress=person.adress,
        amne=letter.amne,
        text=letter.text,
    )


def _bas_url(session: Session) -> str:
    database: Database = session.info["database"]
    return database.base_url


# --- answering -------------------------------------------------------------------------------------------------------


def hamta_last(session: Session, who: Subjekt, fraga_id: int) -> tuple[Rattsfraga, Verb, Sak]:
    """The question to one's actor and what the right to answer it is judged on; its event is locked.

    Raises LookupError if there is none that is put to the actor.
    """
    rad = session.get(Rattsfraga, fraga_id)
    if rad is None or rad.till_aktor_id != who.aktor_id:
        raise LookupError(fraga_id)
    if rad.handelse_id is not None:
        session.get_one(Handelse, rad.handelse_id, with_for_update={"of": Handelse, "key_share": True})
    return rad, *krav(session, rad)


def krav(session: Session, rad: Rattsfraga) -> tuple[Verb, Sak]:
    """What one must be allowed, to answer the question."""
    if rad.typ != Fragetyp.BEHORIGHET:
        return ratten.krav(session, rad)
    verb = {Fragas.REDAKTOR: Verb.ANDRA_HANDELSE, Fragas.TALESPERSON: Verb.ANDRA_LASRATT}
    sak = Sak(Slag.AKTOR, rad.till_aktor_id, agare_namn=rad.till_aktor.namn)
    return verb.get(Fragas(rad.till), Verb.ADMINISTRERA), sak


def besvara(session: Session, who: Subjekt, rad: Rattsfraga, svarat: Svarat) -> str:
    """Answer the question of hamta_last() and those asked together with it, once the right to has been judged.

    Gives the right, or says no. Returns what a yes gave, in words; '' where it gives nothing by itself. Raises
    RedanBesvarad if somebody else was first, and KanInteGes; then nothing must be committed.
    """
    rader = _ta(session, who, rad, svarat)
    given, aven = svarat.svar is Svar.JA and rad.typ != Fragetyp.BEHORIGHET, svarat.aven_tidigare
    andrade = [en.id for en in rader if given and ratten.ge(session, who, en, aven_tidigare=aven)]
    givet = brev.utfall(rader, andrade, aven_tidigare=aven) if given else ""
    _posta(session, rad.fran, brev.svar(rader, _bas_url(session), givet))
    for en in rader:
        uppgifter = {"aven_tidigare": aven} if given else {}
        _anteckna(session, who, "svarar på fråga", en, **uppgifter)
    return givet


def _ta(session: Session, who: Subjekt, rad: Rattsfraga, svarat: Svarat) -> Sequence[Rattsfraga]:
    """Store the answer to the question and those of its card. Raises RedanBesvarad."""
    rader = queries.pa_samma_kort(session, rad)
    open_ = (Rattsfraga.id.in_(en.id for en in rader), Rattsfraga.besvarad.is_(None))
    values = {
        "svar": svarat.svar,
        "svarstext": svarat.text,
        "besvarad": clock.now(),
        "besvarad_av_id": who.anvandare_id,
    }
    claim = update(Rattsfraga).where(*open_).values(**values).execution_options(synchronize_session=False)
    claimed = session.execute(claim)
    if rad not in rader or claimed.rowcount != len(rader):  # type: ignore[attr-defined]
        raise RedanBesvarad
    for en in rader:
        session.refresh(en)
    return rader


def _anteckna(session: Session, who: Subjekt, handling: str, rad: Rattsfraga, **uppgifter: object) -> None:
    audit.record(
        session,
        handling,
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=f"fraga:{rad.id}",
        typ=rad.typ,
        sida=rad.sida,
        svar=rad.svar,
        for_aktor=rad.for_aktor_id,
        **uppgifter,
    )
