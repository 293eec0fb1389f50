"""Setting up functions, and going on and off duty, within the caller's transaction.

The caller locks (las_aktor, las_funktion), judges the right of `who` by what the database says then, and calls. Each
act writes the record last: see auth.service.rattighet_andrad().
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.aktorer.models import Aktor
from wis.aktorer.queries import las_aktor
from wis.auth.models import Anvandare, Anvandarslag, Funktion, Funktionsbehorig, Medlemskap, Tjanstgoring
from wis.auth.rules import Sak, Slag, Subjekt
from wis.auth.service import rattighet_andrad
from wis.datum import datumtid
from wis.db import Database
from wis.funktioner import brev, queries
from wis.funktioner.rules import (
    INGEN_I_TJANST,
    INTE_PA_LISTAN,
    NEDLAGD,
    UPPTAGET,
    UTAN_LOSENORD,
    Hinder,
    Pagaende,
    Uppgifter,
    kraver_motivering,
    prova_egen,
    prova_motivering,
    prova_sedd,
    prova_till,
)
from wis.notiser import service as notiser
from wis.notiser.models import Kanalslag, Notisslag, Omfattning, Prenumeration
from wis.notiser.service import Val, Valnyckel

# What a new function is told of: all of it, and by SMS what can't wait for somebody to open the mailbox.
FORVALDA = {
    Valnyckel(slag, Omfattning.ALLA): Val(sms=slag is not Notisslag.LAGESBILD, epost=True) for slag in Notisslag
}


def aktor_sak(aktor: Aktor) -> Sak:
    """What the right to set up functions at the actor is judged on."""
    return Sak(Slag.AKTOR, aktor.id, agare_namn=aktor.namn)


def las_funktion(session: Session, funktion_id: int) -> Funktion:
    """The function, locked: changes of it and of who is on duty come one after the other. Raises LookupError."""
    funktion = queries.find_funktion(session, funktion_id, las=True)
    if funktion is None:
        raise LookupError(funktion_id)
    return funktion


def signatur(uppgifter: Uppgifter) -> str:
    """A text that differs whenever the function does, for a form to carry."""
    listade = ",".join(str(id_) for id_ in sorted(uppgifter.behoriga))
    return f"{uppgifter.kortnamn}|{uppgifter.namn}|{uppgifter.roll}|{listade}"


def las_for_andring(session: Session, funktion_id: int) -> Funktion:
    """The function, locked after its actor: no two of an actor's functions get the same name. Raises LookupError."""
    aktor_id = session.scalar(select(Funktion.aktor_id).where(Funktion.id == funktion_id))
    if aktor_id is None:
        raise LookupError(funktion_id)
    las_aktor(session, aktor_id)
    return las_funktion(session, funktion_id)


# --- for administrators ------------------------------------------------------------------------------------------


def lagg_upp(
    session: Session,
    who: Subjekt,
    aktor: Aktor,
    uppgifter: Uppgifter,
    kanaler: dict[Kanalslag, str] | None = None,
    motivering: str = "",
) -> Funktion:
    """A new function of the locked actor, or one that was closed down taken up again. A code goes to each channel.

    Raises Hinder, or Koden when a code has just been sent to the channel of one taken up again.
    """
    prova_egen(who.medlemskap_id, who.roll, None, uppgifter)
    varfor = prova_motivering(motivering, kravs=False)
    funktion = _hitta(session, aktor.id, uppgifter.kortnamn)
    if funktion is not None and funktion.nedlagd is None:
        raise Hinder(UPPTAGET.format(funktion.kortnamn))
    if funktion is None:
        funktion = _ny(session, aktor, uppgifter)
    _satt(session, funktion, uppgifter)
    rattighet_andrad(session, funktion.anvandare)
    if session.scalar(select(Prenumeration.id).where(Prenumeration.anvandare_id == funktion.anvandare_id)) is None:
        notiser.spara_val(session, who, FORVALDA, None, agare_id=funktion.anvandare_id)
    for slag, adress in (kanaler or {}).items():
        notiser.lagg_till_kanal(session, who, slag, adress, agare_id=funktion.anvandare_id)
    _logga(session, who, "lägger upp funktion", funktion, motivering=varfor, **_i_ord(session, uppgifter))
    return funktion


def andra(
    session: Session, who: Subjekt, funktion: Funktion, efter: Uppgifter, bygger_pa: str, motivering: str
) -> None:
    """Change the locked function. Who is taken off the list goes off duty. Raises Hinder.

    `motivering` may be '' when neither the role nor the list changes. `bygger_pa` is the signatur() of what the
    one who changes saw: somebody else's change in between is not undone.
    """
    _prova_i_bruk(funktion)
    fore = queries.uppgifter_av(session, funktion)
    if fore == efter:
        return
    if bygger_pa != signatur(fore):
        raise Hinder("Någon annan har ändrat funktionen sedan du öppnade sidan. Kontrollera och spara igen.")
    namne = _hitta(session, funktion.aktor_id, efter.kortnamn)
    if namne is not None and namne.id != funktion.id:
        raise Hinder(UPPTAGET.format(namne.kortnamn))
    prova_egen(who.medlemskap_id, who.roll, fore, efter)
    varfor = prova_motivering(motivering, kravs=kraver_motivering(fore, efter))
    berorda = {funktion.anvandare_id} | _ta_ur_tjanst(session, who, funktion, efter.behoriga)
    _satt(session, funktion, efter)
    _ratten_andrad(session, berorda)
    i_ord = {"fore": _i_ord(session, fore), "efter": _i_ord(session, efter)}
    _logga(session, who, "ändrar funktion", funktion, motivering=varfor, **i_ord)


def _ta_ur_tjanst(session: Session, who: Subjekt, funktion: Funktion, kvar: frozenset[int]) -> set[int]:
    """End the turn of one who is not among those left on the list; returns who are on duty now or were."""
    now = clock.now()
    pagaende = queries.find_pagaende(session, funktion.id, now)
    tur = queries.find_oppen_tur(session, funktion.id)
    if tur is not None and tur.medlemskap_id not in kvar:
        # Also one who is shut out for now, and told nothing: let in again, they would still be on duty.
        _avsluta_oppen(session, who, funktion, now)
        if pagaende is not None:
            _skriv_till(session, pagaende, brev.avslutad(pagaende.namn, _plats(session, funktion), who.namn, now))
    return set() if pagaende is None else {pagaende.anvandare_id}


def lagg_ned(session: Session, who: Subjekt, funktion: Funktion, motivering: str) -> None:
    """Close down the locked function: nobody is on duty as it any more, nothing is sent to it. Raises Hinder."""
    if funktion.nedlagd is not None:
        return
    varfor, now = prova_motivering(motivering), clock.now()
    pagaende = queries.find_pagaende(session, funktion.id, now)
    _avsluta_oppen(session, who, funktion, now)
    if pagaende is not None:
        _skriv_till(session, pagaende, brev.avslutad(pagaende.namn, _plats(session, funktion), who.namn, now))
    funktion.nedlagd = queries.get_medlemskap(session, funktion).avstangd = now
    _ratten_andrad(session, {funktion.anvandare_id} | ({pagaende.anvandare_id} if pagaende else set()))
    _logga(session, who, "lägger ned funktion", funktion, motivering=varfor)


def _hitta(session: Session, aktor_id: int, kortnamn: str) -> Funktion | None:
    """The actor's function of this short name, whatever the case of its letters."""
    found = session.scalars(select(Funktion).where(Funktion.aktor_id == aktor_id))
    return next((en for en in found if en.kortnamn.casefold() == kortnamn.casefold()), None)


def _ny(session: Session, aktor: Aktor, uppgifter: Uppgifter) -> Funktion:
    now = clock.now()
    som = Anvandare(slag=Anvandarslag.FUNKTION, namn=uppgifter.kortnamn, skapad=now)
    session.add(som)
    session.flush()
    funktion = Funktion(
        aktor_id=aktor.id, anvandare_id=som.id, kortnamn=uppgifter.kortnamn, namn=uppgifter.namn, skapad=now
    )
    session.add_all(
        [
            funktion,
            Medlemskap(anvandare_id=som.id, aktor_id=aktor.id, roll=uppgifter.roll, administrator=False, skapad=now),
        ]
    )
    session.flush()
    return funktion


def _satt(session: Session, funktion: Funktion, uppgifter: Uppgifter) -> None:
    funktion.kortnamn, funktion.namn, funktion.nedlagd = uppgifter.kortnamn, uppgifter.namn, None
    funktion.anvandare.namn = uppgifter.kortnamn
    medlemskap = queries.get_medlemskap(session, funktion)
    medlemskap.roll, medlemskap.avstangd = uppgifter.roll, None
    finns = {rad.medlemskap_id: rad for rad in funktion.behoriga}
    funktion.behoriga = [finns.get(id_) or Funktionsbehorig(medlemskap_id=id_) for id_ in sorted(uppgifter.behoriga)]
    session.flush()


# --- on duty -----------------------------------------------------------------------------------------------------


def ga_pa(
    session: Session,
    who: Subjekt,
    funktion: Funktion,
    medlemskap_id: int,
    till: datetime,
    sedd: int | None,
    motivering: str = "",
) -> datetime:
    """Begin a turn of duty as the locked function for one on its list; returns when it ends. Raises Hinder.

    It takes over from the turn `sedd`, the one that was seen to be going on. The same form sent twice begins one turn.
    """
    _prova_i_bruk(funktion)
    now = clock.now()
    prova_till(till, now)
    fore = queries.find_pagaende(session, funktion.id, now)
    if fore is not None and fore.medlemskap_id == medlemskap_id and fore.tjanst_id != sedd:
        return fore.till
    prova_sedd(fore, sedd, funktion.kortnamn)
    varfor = prova_motivering(motivering, kravs=False)
    medlemskap = _behorig(session, funktion, medlemskap_id, now)
    person = medlemskap.anvandare
    _avsluta_oppen(session, who, funktion, now)
    session.add(Tjanstgoring(funktion_id=funktion.id, medlemskap_id=medlemskap.id, fran=now, till=till))
    session.flush()
    overtagen = fore if fore is not None and fore.medlemskap_id != medlemskap.id else None
    _beratta(session, who, funktion, person, overtagen, till)
    _ratten_andrad(session, {person.id} | ({overtagen.anvandare_id} if overtagen else set()))
    fran = {"fran": overtagen.namn, "fran_medlemskap": overtagen.medlemskap_id} if overtagen else {}
    mer = {**fran, **({"motivering": varfor} if varfor else {})}
    handling = "tar över tjänst" if overtagen else "går i tjänst"
    _logga(session, who, handling, funktion, vem=person.namn, medlemskap=medlemskap.id, till=datumtid(till), **mer)
    return till


def _beratta(
    session: Session, who: Subjekt, funktion: Funktion, person: Anvandare, overtagen: Pagaende | None, till: datetime
) -> None:
    """The letters: to the one who was taken over from, and to one who was put on duty by another."""
    plats, self_chosen = _plats(session, funktion), person.id == who.anvandare_id
    if overtagen is not None:
        av = "" if self_chosen else who.namn
        letter = brev.overtagen(overtagen.namn, plats, person.namn, clock.now(), av)
        _skriv_till(session, overtagen, letter)
    if not self_chosen:
        _skicka(session, person.id, person.adress, brev.satt_i_tjanst(person.namn, plats, who.namn, till))


def ga_av(session: Session, who: Subjekt, funktion: Funktion, tjanst_id: int | None) -> Pagaende:
    """End the turn that goes on as the locked function, if it is this one; returns whose it was. Raises Hinder."""
    now = clock.now()
    pagaende = queries.find_pagaende(session, funktion.id, now)
    if pagaende is None or pagaende.tjanst_id != tjanst_id:
        raise Hinder(INGEN_I_TJANST)
    _avsluta_oppen(session, who, funktion, now)
    if pagaende.anvandare_id != who.anvandare_id:
        _skriv_till(session, pagaende, brev.avslutad(pagaende.namn, _plats(session, funktion), who.namn, now))
    _ratten_andrad(session, {pagaende.anvandare_id})
    handling = "går ur tjänst" if pagaende.anvandare_id == who.anvandare_id else "avslutar tjänst"
    _logga(session, who, handling, funktion, vem=pagaende.namn, medlemskap=pagaende.medlemskap_id)
    return pagaende


def _prova_i_bruk(funktion: Funktion) -> None:
    if funktion.nedlagd is not None:
        raise Hinder(NEDLAGD)


def _behorig(session: Session, funktion: Funktion, medlemskap_id: int, now: datetime) -> Medlemskap:
    listade = {person.medlemskap_id for person in queries.valbara(session, funktion.aktor_id, now)}
    if medlemskap_id not in listade & {rad.medlemskap_id for rad in funktion.behoriga}:
        raise Hinder(INTE_PA_LISTAN)
    medlemskap = session.get_one(Medlemskap, medlemskap_id)
    if medlemskap.anvandare.losenord_hash is None:
        raise Hinder(UTAN_LOSENORD.format(medlemskap.anvandare.namn))
    return medlemskap


def _avsluta_oppen(session: Session, who: Subjekt, funktion: Funktion, now: datetime) -> None:
    """Close the turn that stands open. One whose time ran out ended then, by itself."""
    tur = queries.find_oppen_tur(session, funktion.id)
    if tur is None:
        return
    tur.avslutad = min(tur.till, now)
    tur.avslutad_av_id = who.anvandare_id if tur.till > now else None
    session.flush()


# --- shared ------------------------------------------------------------------------------------------------------


def _ratten_andrad(session: Session, anvandare_ids: Iterable[int]) -> None:
    # In one order everywhere: two who change the same two people must not wait for each other.
    for id_ in sorted(anvandare_ids):
        rattighet_andrad(session, session.get_one(Anvandare, id_))


def _plats(session: Session, funktion: Funktion) -> brev.Tjanstplats:
    database: Database = session.info["database"]
    return brev.Tjanstplats(funktion.kortnamn, funktion.aktor.namn, f"{database.base_url}/funktioner/{funktion.id}")


def _skriv_till(session: Session, pagaende: Pagaende, letter: brev.Brev) -> None:
    _skicka(session, pagaende.anvandare_id, pagaende.epost, letter)


def _skicka(session: Session, anvandare_id: int, adress: str, letter: brev.Brev) -> None:
    notiser.skicka_brev(
        session,
        anvandare_id=anvandare_id,
        kanal=Kanalslag.EPOST,
        adress=adress,
        amne=letter.amne,
        text=letter.text,
    )


def _i_ord(session: Session, uppgifter: Uppgifter) -> dict[str, object]:
    namn = session.scalars(
        select(Anvandare.namn)
        .join(Medlemskap, Medlemskap.anvandare_id == Anvandare.id)
        .where(Medlemskap.id.in_(uppgifter.behoriga))
        .order_by(Anvandare.namn)
    )
    return {
        "kortnamn": uppgifter.kortnamn,
        "namn": uppgifter.namn,
        "roll": uppgifter.roll.namn,
        "far_ga_i_tjanst": list(namn),
        "medlemskap": sorted(uppgifter.behoriga),
    }


def _logga(session: Session, who: Subjekt, handling: str, funktion: Funktion, **uppgifter: object) -> None:
    audit.record(
        session,
        handling,
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=f"funktion:{funktion.id}",
        som=funktion.kortnamn,
        **uppgifter,
    )
