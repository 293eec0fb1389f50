"""Dispatches as they are made, channels and choices; everything within the caller's transaction."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.aktorer.models import Aktor
from wis.andringar import Andring, Slag, anmal
from wis.auth.krets import Tlp
from wis.auth.rules import Subjekt
from wis.db import Database
from wis.handelser.models import Handelse
from wis.notiser import leveransfragor, rules
from wis.notiser.models import (
    Kanal,
    Kanalslag,
    Leverans,
    Notisslag,
    Omfattning,
    Prenumeration,
    Status,
    Tystnad,
    Utskick,
    Utskicksslag,
)

KOD_GILTIG = timedelta(minutes=10)
KOD_FORSOK = 5
# A person who sees no code at once asks again at once; the first one is on its way.
KOD_PAUS = timedelta(seconds=60)
_VARV = 20_000


# --- what is sent ------------------------------------------------------------------------------------------------


def skapa_utskick(
    session: Session,
    *,
    slag: Utskicksslag,
    handelse: Handelse,
    aktor: Aktor,
    rubrik: str,
    text: str,
    lank: str,
    bradskande: bool = False,
    rattelse: bool = False,
    lagesbild: tuple[int, int] | None = None,
    underrattelse: tuple[int, int] | None = None,
    beslut_id: int | None = None,
    krets_id: int | None = None,
    tlp: str = Tlp.CLEAR,
) -> Utskick:
    """What is to be said of a publication, durable with it: the worker finds out to whom and sends.

    `lank` is a path of ours; `text` markdown for an underrättelse, plain else; `lagesbild` and `underrattelse` are (id,
    version). `krets_id` is the circle of the thing (None: read as the event), `tlp` the version's label: they decide
    who is told and how much is said. Raises IntegrityError if that version has been sent already.
    """
    utskick = Utskick(slag=slag, bradskande=bradskande, skapad=clock.now(), tlp=tlp, krets_id=krets_id)
    utskick.handelse_id, utskick.aktor_id, utskick.beslut_id = handelse.id, aktor.id, beslut_id
    utskick.lagesbild_id, utskick.lagesbild_nummer = lagesbild or (None, None)
    utskick.underrattelse_id, utskick.underrattelse_nummer = underrattelse or (None, None)
    utskick.amne = utskick.sms = utskick.epost = ""
    session.add(utskick)
    # Its number is in the words, when they may say no more.
    session.flush()
    database = cast("Database", session.info["database"])
    bas = database.base_url
    if not bradskande and database.angra_tid:
        utskick.halls_till = utskick.skapad + timedelta(seconds=database.angra_tid)
    innehall = rules.Innehall(slag, aktor.kortnamn, rubrik, text, bas + lank, handelse.ovning, bradskande, rattelse)
    ord_ = rules.komponera(replace(innehall, tlp=Tlp(tlp), kort_lank=bas + kort_lank(utskick.id)))
    utskick.amne, utskick.sms, utskick.epost = ord_.amne, ord_.sms, ord_.epost
    session.flush()
    anmal(session, andring_av(utskick.id, handelse.id, aktor.id))
    return utskick


def kort_lank(utskick_id: int) -> str:
    """The path that leads to what a dispatch tells of, and says nothing of it."""
    return f"/n/{utskick_id}"


def folj_krets(
    session: Session, krets_id: int | None, *, lagesbild_id: int | None = None, underrattelse_id: int | None = None
) -> None:
    """Let what has been, or is to be, sent of a thing follow the circle that the thing has got since."""
    samma = Utskick.lagesbild_id == lagesbild_id
    if lagesbild_id is None:
        samma = Utskick.underrattelse_id == underrattelse_id
    session.execute(update(Utskick).where(samma).values(krets_id=krets_id))


def skicka_brev(
    session: Session,
    *,
    anvandare_id: int,
    kanal: Kanalslag,
    adress: str,
    amne: str,
    text: str,
    tidigast: datetime | None = None,
    bradskande: bool = True,
) -> Utskick:
    """One message of the system (an invitation, a code, a word to an actor) to one address.

    Ahead of everything else if it is `bradskande`, and not before `tidigast`.
    """
    now = clock.now()
    utskick = Utskick(
        slag=Utskicksslag.SYSTEM,
        bradskande=bradskande,
        skapad=now,
        amne=amne,
        sms=text,
        epost=text,
        expanderat=now,
        expanderat_till=anvandare_id,
    )
    session.add(utskick)
    session.flush()
    session.add(
        Leverans(
            utskick_id=utskick.id,
            anvandare_id=anvandare_id,
            kanal=kanal,
            adress=adress,
            prioritet=0 if bradskande else 1,
            status=Status.VANTAR,
            tidigast=tidigast or now,
            fran=tidigast or now,
            andrad=now,
        )
    )
    session.flush()
    anmal(session, Andring(Slag.BREV, utskick.id))
    return utskick


def andring_av(utskick_id: int, handelse_id: int | None, aktor_id: int | None) -> Andring:
    """The word that a dispatch has come further: for the actor that sent it, nobody else."""
    horare = frozenset() if aktor_id is None else frozenset({aktor_id})
    return Andring(Slag.UTSKICK, utskick_id, handelse_id=handelse_id, aktorer=horare)


# --- channels ----------------------------------------------------------------------------------------------------


class Koden(Exception):
    """A code can't be sent or is not accepted; the text says why and what to do."""


# Whose they are: `agare_id`, when somebody looks after those of a function; else of the one who asks.


def lagg_till_kanal(
    session: Session, who: Subjekt, slag: Kanalslag, adress: str, *, agare_id: int | None = None
) -> Kanal:
    """A new number or address, not used before its code has come back: until then a verified one stays in use.

    Raises Koden. `adress` is checked and in its canonical form (wis.notiser.forms).
    """
    kanal = _find_kanal(session, agare_id or who.anvandare_id, slag)
    if kanal is not None and kanal.verifierad is not None and kanal.adress == adress:
        _angra_byte(session, who, kanal, agare_id)
        return kanal
    if kanal is None:
        kanal = Kanal(anvandare_id=agare_id or who.anvandare_id, slag=slag, adress=adress)
        session.add(kanal)
    elif kanal.vantar == adress:
        _vanta_med_kod(kanal)
    if kanal.verifierad is None:
        kanal.adress = adress
    else:
        kanal.ny_adress = adress
    _skicka_kod(session, kanal)
    audit.record(session, "lägger till kanal", objekt=f"kanal:{slag}", **_vem(who, agare_id))
    return kanal


def ny_kod(session: Session, who: Subjekt, slag: Kanalslag, *, agare_id: int | None = None) -> None:
    """Send another code; the earlier one no longer counts. Raises Koden."""
    kanal = _get_kanal(session, agare_id or who.anvandare_id, slag)
    if not kanal.vantar:
        raise Koden("Den är redan bekräftad.")
    _vanta_med_kod(kanal)
    _skicka_kod(session, kanal)


def bekrafta(session: Session, who: Subjekt, slag: Kanalslag, kod: str, *, agare_id: int | None = None) -> bool:
    """Whether the code was right: then the channel is in use. Each wrong one is counted; the caller must commit it.

    Raises Koden when there is no code to try any more.
    """
    kanal = _get_kanal(session, agare_id or who.anvandare_id, slag)
    if not kanal.vantar:
        return True
    if kanal.kod_hash is None or kanal.kod_giltig_till is None or kanal.kod_giltig_till <= clock.now():
        raise Koden("Koden har gått ut. Begär en ny.")
    if kanal.kod_forsok >= KOD_FORSOK:
        raise Koden(f"Koden har prövats {KOD_FORSOK} gånger och gäller inte längre. Begär en ny.")
    kanal.kod_forsok += 1
    salt = kanal.kod_hash.partition("$")[0]
    if not hmac.compare_digest(kanal.kod_hash, _kodhash(salt, "".join(kod.split()))):
        return False
    kanal.adress, kanal.ny_adress, kanal.verifierad = kanal.vantar, None, clock.now()
    kanal.kod_hash = kanal.kod_giltig_till = None
    audit.record(session, "bekräftar kanal", objekt=f"kanal:{slag}", **_vem(who, agare_id))
    return True


def angra_byte(session: Session, who: Subjekt, slag: Kanalslag, *, agare_id: int | None = None) -> None:
    """Forget the new number or address that waits for its code, if any; the one in use stays. Raises Koden."""
    _angra_byte(session, who, _get_kanal(session, agare_id or who.anvandare_id, slag), agare_id)


def ta_bort_kanal(session: Session, who: Subjekt, slag: Kanalslag, *, agare_id: int | None = None) -> None:
    """Forget the number or address, if it is there. What waits to be sent to it is struck when its turn comes."""
    kanal = _find_kanal(session, agare_id or who.anvandare_id, slag)
    if kanal is None:
        return
    session.delete(kanal)
    audit.record(session, "tar bort kanal", objekt=f"kanal:{slag}", **_vem(who, agare_id))


def _angra_byte(session: Session, who: Subjekt, kanal: Kanal, agare_id: int | None) -> None:
    if kanal.ny_adress is None:
        return
    kanal.ny_adress = kanal.kod_hash = kanal.kod_giltig_till = None
    audit.record(session, "ångrar byte av kanal", objekt=f"kanal:{kanal.slag}", **_vem(who, agare_id))


def _vem(who: Subjekt, agare_id: int | None) -> dict[str, Any]:
    """For the record: who did it and, if it is another's, whose it is."""
    agarens = {} if agare_id in {None, who.anvandare_id} else {"at_anvandare": agare_id}
    return {"anvandare_id": who.anvandare_id, "aktor_id": who.aktor_id, **agarens}


def _find_kanal(session: Session, agare_id: int, slag: Kanalslag) -> Kanal | None:
    return session.scalar(select(Kanal).where(Kanal.anvandare_id == agare_id, Kanal.slag == slag).with_for_update())


def _get_kanal(session: Session, agare_id: int, slag: Kanalslag) -> Kanal:
    kanal = _find_kanal(session, agare_id, slag)
    if kanal is None:
        raise Koden("Den är borttagen. Lägg till den igen.")
    return kanal


def _vanta_med_kod(kanal: Kanal) -> None:
    if kanal.kod_giltig_till is not None and clock.now() < kanal.kod_giltig_till - KOD_GILTIG + KOD_PAUS:
        raise Koden("En kod skickades nyss. Vänta en minut innan du begär en ny.")


def _skicka_kod(session: Session, kanal: Kanal) -> None:
    kod = f"{secrets.randbelow(10**6):06d}"
    kanal.kod_hash = _kodhash(secrets.token_hex(8), kod)
    kanal.kod_giltig_till, kanal.kod_forsok = clock.now() + KOD_GILTIG, 0
    session.flush()
    minuter = int(KOD_GILTIG.total_seconds() // 60)
    skicka_brev(
        session,
        anvandare_id=kanal.anvandare_id,
        kanal=Kanalslag(kanal.slag),
        adress=kanal.vantar,
        amne=leveransfragor.KOD_AMNE,
        text=f"Din kod till WIS är {kod}. Den gäller i {minuter} minuter. Har du inte bett om den: gör ingenting.",
    )


def _kodhash(salt: str, kod: str) -> str:
    # A code of six digits is soon guessed from any hash; this one is there so that it isn't read at a glance, and it
    # is worth nothing after ten minutes.
    return f"{salt}${hashlib.pbkdf2_hmac('sha256', kod.encode(), bytes.fromhex(salt), _VARV).hex()}"


# --- choices -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Val:
    """By which channels one wants to be told; none of them is a choice too."""

    sms: bool
    epost: bool
    push: bool = False


@dataclass(frozen=True)
class Valnyckel:
    """What a choice is about: the kind, and how far it reaches."""

    slag: Notisslag
    omfattning: Omfattning
    handelse_id: int | None = None


def spara_val(
    session: Session,
    who: Subjekt,
    val: Mapping[Valnyckel, Val | None],
    tysta_timmar: tuple[str, str] | None,
    *,
    agare_id: int | None = None,
) -> None:
    """Keep the person's choices: each that is given, None = follow the general one again; and the quiet hours."""
    vems = agare_id or who.anvandare_id
    rader = session.scalars(select(Prenumeration).where(Prenumeration.anvandare_id == vems)).all()
    finns = {Valnyckel(Notisslag(r.slag), Omfattning(r.omfattning), r.handelse_id): r for r in rader}
    andrade = [nyckel for nyckel, valt in val.items() if _spara_ett(session, vems, nyckel, finns.get(nyckel), valt)]
    tyst = _spara_tystnad(session, vems, tysta_timmar)
    if andrade or tyst:
        audit.record(
            session,
            "ändrar notiser",
            **_vem(who, agare_id),
            val=[f"{n.slag}:{n.handelse_id or n.omfattning}" for n in andrade],
            tysta_timmar=tyst,
        )


def _spara_ett(session: Session, vems: int, nyckel: Valnyckel, rad: Prenumeration | None, valt: Val | None) -> bool:
    """Whether anything was changed."""
    if valt is None:
        if rad is not None:
            session.delete(rad)
        return rad is not None
    if rad is None:
        rad = Prenumeration(
            anvandare_id=vems,
            slag=nyckel.slag,
            omfattning=nyckel.omfattning,
            handelse_id=nyckel.handelse_id,
            sms=valt.sms,
            epost=valt.epost,
            push=valt.push,
        )
        session.add(rad)
        return True
    andrat = (rad.sms, rad.epost, rad.push) != (valt.sms, valt.epost, valt.push)
    rad.sms, rad.epost, rad.push = valt.sms, valt.epost, valt.push
    return andrat


def _spara_tystnad(session: Session, anvandare_id: int, tider: tuple[str, str] | None) -> bool:
    rad = session.get(Tystnad, anvandare_id)
    if (None if rad is None else (rad.fran, rad.till)) == tider:
        return False
    if tider is None:
        session.execute(delete(Tystnad).where(Tystnad.anvandare_id == anvandare_id))
    elif rad is None:
        session.add(Tystnad(anvandare_id=anvandare_id, fran=tider[0], till=tider[1]))
    else:
        rad.fran, rad.till = tider
    return True
