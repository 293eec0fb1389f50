"""Asking about rights and answering, within the caller's transaction. What a page may not tell is kept from it here."""

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
from wis.fragor.rules import MAX_MOTTAGARE, RedanBesvarad
from wis.handelser.models import Handelse
from wis.notiser.models import Kanalslag
from wis.notiser.service import skicka_brev


@dataclass(frozen=True)
class Nekande:
    """A refusal as its page showed it, and the person's own words. All of it has been through the browser."""

    till: Fragas
    hos_id: int
    sida: str
    verb: str
    skal: str
    text: str


@dataclass(frozen=True)
class Svarat:
    """An answer: yes or no, what to say with it, and whether what is published already goes along."""

    svar: Svar
    text: str = ""
    aven_tidigare: bool = False


def stall(session: Session, who: Subjekt, nekande: Nekande) -> int:
    """Send the question of a refusal to those who can change it; how many others there are to answer.

    Raises LookupError if there is no such actor.
    """
    aktor = session.get(Aktor, nekande.hos_id)
    if aktor is None:
        raise LookupError(nekande.hos_id)
    rad = _ny(who, Fragetyp.BEHORIGHET, nekande.sida, nekande.text)
    rad.till_aktor_id, rad.till = aktor.id, nekande.till
    rad.verb, rad.skal = nekande.verb, nekande.skal
    antal = _skicka(session, rad)
    _anteckna(session, who, "ställer fråga", rad)
    return antal


def be_blint(session: Session, who: Subjekt, sida: str, text: str) -> None:
    """Ask for the right to read the page for one's actor, if it is there and hidden. The caller is never told."""
    rad = _ny(who, Fragetyp.BEHORIGHET, sida, text)
    if ratten.utreda(session, who, sida, rad) and queries.find_likadan(session, rad) is None:
        _skicka(session, rad)
    # The same row whether there was anything or not: the record too is read by people.
    audit.record(
        session,
        "ber om läsrätt",
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=sida,
    )


def be_om_lagesbild(
    session: Session, who: Subjekt, handelse: Handelse, agare: Aktor, for_ids: list[int], text: str
) -> None:
    """Ask the actor for the right to its lägesbild for each of these that lacks it. The caller is never told for whom.

    The event is one that `who` may ask in.
    """
    sida = f"/handelser/{handelse.slug}/lagesbild/{agare.slug}"
    for for_id in ratten.utan_lagesbildsratt(session, handelse, agare, for_ids):
        rad = _ny(who, Fragetyp.LAGESBILD, sida, text)
        rad.till_aktor_id, rad.till, rad.for_aktor_id, rad.handelse_id = (
            agare.id,
            Fragas.TALESPERSON,
            for_id,
            handelse.id,
        )
        if queries.find_likadan(session, rad) is None:
            _skicka(session, rad)
    audit.record(
        session,
        "ber om läsrätt",
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=sida,
        for_aktorer=sorted(for_ids),
    )


def be_om_underrattelse(session: Session, who: Subjekt, underrattelse_id: int, for_ids: list[int], text: str) -> None:
    """Ask its owner for the right to an underrättelse, that `who` reads, for each of these actors that lacks it."""
    sida = f"/underrattelser/{underrattelse_id}"
    underrattelse = ratten.hamta_underrattelse(session, underrattelse_id)
    lacking = {aktor.id for aktor in ratten.utan_underrattelse(session, underrattelse)}
    for for_id in sorted(lacking & set(for_ids)):
        rad = _ny(who, Fragetyp.UNDERRATTELSE, sida, text)
        rad.till_aktor_id, rad.till, rad.for_aktor_id = underrattelse.aktor_id, Fragas.TALESPERSON, for_id
        rad.handelse_id, rad.underrattelse_id = underrattelse.handelse_id, underrattelse_id
        if queries.find_likadan(session, rad) is None:
            _skicka(session, rad)
    audit.record(
        session,
        "ber om läsrätt",
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=sida,
        for_aktorer=sorted(for_ids),
    )


def _ny(who: Subjekt, typ: Fragetyp, sida: str, text: str) -> Rattsfraga:
    return Rattsfraga(
        skapad=clock.now(),
        typ=typ,
        fran_id=who.anvandare_id,
        fran_aktor_id=who.aktor_id,
        sida=sida,
        verb=Verb.LASA.value,
        skal="",
        text=text,
        svarstext="",
    )


def _skicka(session: Session, rad: Rattsfraga) -> int:
    """Store the question and write to those who can answer it; how many they are, but for the one who asks."""
    people = queries.mottagare(session, rad.till_aktor_id, Fragas(rad.till), rad.handelse_id, clock.now())
    if not people:
        # Nobody there has the role: the administrators can give it to somebody, and answer what is no right to read.
        people = queries.mottagare(session, rad.till_aktor_id, Fragas.ADMINISTRATOR, None, clock.now())
        rad.till = Fragas.ADMINISTRATOR if rad.typ == Fragetyp.BEHORIGHET else rad.till
    session.add(rad)
    session.flush()
    others = [person for person in people if person.id != rad.fran_id]
    letter = brev.fraga(rad, _bas_url(session))
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


def besvara(session: Session, who: Subjekt, rad: Rattsfraga, svarat: Svarat) -> None:
    """Answer the question of hamta_last(), once the right to has been judged: gives the right, or says no.

    Raises RedanBesvarad if somebody else was first, and KanInteGes; then nothing must be committed.
    """
    claim = update(Rattsfraga).where(Rattsfraga.id == rad.id, Rattsfraga.besvarad.is_(None))
    values = {
        "svar": svarat.svar,
        "svarstext": svarat.text,
        "besvarad": clock.now(),
        "besvarad_av_id": who.anvandare_id,
    }
    claimed = session.execute(claim.values(**values).execution_options(synchronize_session=False))
    if claimed.rowcount != 1:  # type: ignore[attr-defined]
        raise RedanBesvarad
    session.refresh(rad)
    _posta(session, rad.fran, brev.svar(rad, _bas_url(session), aven_tidigare=svarat.aven_tidigare))
    if svarat.svar is Svar.JA and rad.typ != Fragetyp.BEHORIGHET:
        ratten.ge(session, who, rad, aven_tidigare=svarat.aven_tidigare)
    _anteckna(session, who, "svarar på fråga", rad)


def _anteckna(session: Session, who: Subjekt, handling: str, rad: Rattsfraga) -> None:
    audit.record(
        session,
        handling,
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=f"fraga:{rad.id}",
        typ=rad.typ,
        sida=rad.sida,
        svar=rad.svar,
    )
