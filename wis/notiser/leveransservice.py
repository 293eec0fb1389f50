"""What is done to a dispatch once it is made: taken back, hurried, sent after all, sent again, or known to be there.

Everything within the caller's transaction.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, case, null, or_, select, update
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.andringar import anmal
from wis.auth.rules import Sak, Slag, Subjekt, Verb, can
from wis.auth.service import aktuellt_subjekt
from wis.handelser.models import Handelse
from wis.notiser import leveransfragor, queries
from wis.notiser.models import Leverans, Status, Utskick
from wis.notiser.service import andring_av

_MAX_I_LOGGEN = 200
Krav = list[tuple[Verb, Sak]]


def krav(session: Session, utskick: Utskick, *, avgora: bool = False) -> Krav:
    """What is asked of the one who follows the dispatch; with `avgora` of the one who decides whether it goes at all.

    That asks for the same right as to publish what it tells of, also when the event has been closed since. Raises
    LookupError for a message of the system.
    """
    handelse = utskick.handelse
    if handelse is None or utskick.aktor is None:
        raise LookupError(utskick.id)
    folja: Krav = [(Verb.SE_UTSKICK, handelse.sak(Slag.UTSKICK, utskick.aktor))]
    if not avgora:
        return folja
    if utskick.beslut_id is not None:
        verb, sak = Verb.ANDRA_LAGE, handelse.sak()
    elif utskick.lagesbild_id is not None and queries.lasning_av(session, utskick).agare_id is None:
        verb, sak = Verb.PUBLICERA, handelse.sak(Slag.SAMLAD_LAGESBILD, utskick.aktor)
    else:
        slag = Slag.UNDERRATTELSE if utskick.lagesbild_id is None else Slag.EGEN_LAGESBILD
        verb, sak = Verb.PUBLICERA, handelse.sak(slag, utskick.aktor)
    return [*folja, (verb, replace(sak, stangd=False))]


def _get(session: Session, who: Subjekt, utskick_id: int, *, avgora: bool = False) -> Utskick:
    """The dispatch, if `who`, as the database has them now, may do this. Raises LookupError or PermissionError."""
    utskick = leveransfragor.find_utskick(session, utskick_id)
    if utskick is None:
        raise LookupError(utskick_id)
    nu = aktuellt_subjekt(session, who)
    for verb, sak in krav(session, utskick, avgora=avgora):
        beslut = can(nu, verb, sak, clock.now())
        if not beslut:
            raise PermissionError(beslut.skal)
    return utskick


def _anteckna(session: Session, who: Subjekt, utskick: Utskick, handling: str, **uppgifter: Any) -> None:
    ids = {"anvandare_id": who.anvandare_id, "aktor_id": who.aktor_id}
    audit.record(session, handling, **ids, objekt=f"utskick:{utskick.id}", **uppgifter)
    anmal(session, andring_av(utskick.id, utskick.handelse_id, utskick.aktor_id))


# --- whether it goes ---------------------------------------------------------------------------------------------


def angra(session: Session, who: Subjekt, utskick_id: int) -> bool:
    """Take back what is still held, so that nobody is told; the version stays published. False: it was too late.

    Raises LookupError, PermissionError.
    """
    now = clock.now()
    return _andra_hallet(
        session, who, utskick_id, "ångrar utskick", angrad=now, angrad_av_id=who.anvandare_id, expanderat=now
    )


def skicka_nu(session: Session, who: Subjekt, utskick_id: int) -> bool:
    """Let what is held go at once. False if it is not held any more. Raises LookupError, PermissionError."""
    return _andra_hallet(session, who, utskick_id, "skickar genast", halls_till=clock.now())


def _andra_hallet(session: Session, who: Subjekt, utskick_id: int, handling: str, **varden: Any) -> bool:
    """The row decides between this and whoever works out the recipients, whatever the clock of either says."""
    utskick = _get(session, who, utskick_id, avgora=True)
    hallet = (
        Utskick.halls_till > clock.now(),
        Utskick.expanderat.is_(None),
        Utskick.expanderat_till == 0,
        Utskick.angrad.is_(None),
    )
    if not _satt(session, utskick_id, hallet, varden):
        return False
    _anteckna(session, who, utskick, handling)
    return True


def skicka_anda(session: Session, who: Subjekt, utskick_id: int) -> bool:
    """Let what was taken back go after all. False if it was not taken back, or a newer version has been sent.

    Raises LookupError, PermissionError.
    """
    utskick = _get(session, who, utskick_id, avgora=True)
    # So that no newer version is published between the question and the answer.
    session.get_one(Handelse, utskick.handelse_id, with_for_update={"of": Handelse}, populate_existing=True)
    if leveransfragor.ersatt_av(session, utskick) is not None:
        return False
    # Held until now, and not since it was made: what has waited is counted from here.
    varden = {"angrad": None, "angrad_av_id": None, "expanderat": None, "halls_till": clock.now()}
    if not _satt(session, utskick_id, (Utskick.angrad.is_not(None),), varden):
        return False
    _anteckna(session, who, utskick, "skickar ändå")
    return True


def _satt(session: Session, utskick_id: int, villkor: tuple[ColumnElement[bool], ...], varden: dict[str, Any]) -> bool:
    """Whether the row was as the conditions say, and now is as the values say."""
    sats = update(Utskick).where(Utskick.id == utskick_id, *villkor).values(varden).returning(Utskick.id)
    return session.scalar(sats.execution_options(synchronize_session=False)) is not None


# --- how it went with one, or some -------------------------------------------------------------------------------


def skicka_igen(
    session: Session, who: Subjekt, utskick_id: int, leverans_id: int | None = None, *, ovissa: bool = False
) -> int:
    """Send once more: one delivery that failed or that nobody knows of, else all that failed, or all `ovissa`.

    Returns how many now wait. The tries begin anew; how many there were stands in the record. What may have come says
    so. Nothing is sent again of what a newer version has replaced. Raises LookupError, PermissionError.
    """
    utskick = _get(session, who, utskick_id)
    if leveransfragor.ersatt_av(session, utskick) is not None:
        return 0
    vilka = [Leverans.utskick_id == utskick_id, Leverans.status == (Status.OVISS if ovissa else Status.MISSLYCKAD)]
    if leverans_id is not None:
        vilka[1:] = [Leverans.id == leverans_id, Leverans.status.in_([Status.MISSLYCKAD, Status.OVISS])]
    forsok = _lat_vanta_igen(session, vilka)
    if forsok:
        nagra = dict(list(forsok.items())[:_MAX_I_LOGGEN])
        _anteckna(session, who, utskick, "skickar igen", antal=len(forsok), forsok=nagra)
    return len(forsok)


def _lat_vanta_igen(session: Session, vilka: list[ColumnElement[bool]]) -> dict[int, int]:
    """Set these to wait as new; returns how often each had been tried."""
    rader = session.execute(select(Leverans.id, Leverans.forsok).where(*vilka).with_for_update()).all()
    if not rader:
        return {}
    oviss, now = Leverans.status == Status.OVISS, clock.now()
    session.execute(
        update(Leverans)
        .where(*vilka)
        .values(
            status=Status.VANTAR,
            forsok=0,
            # `sandningar` is kept: what may have come is not sent a third time by itself, and what is told of a sending
            # before this one is known from what is told of this. Of what failed nothing more is believed (kvitton.py).
            sand=case((oviss, Leverans.sand), else_=null()),
            upprepad=or_(Leverans.upprepad, oviss),
            orsak="",
            permanent=False,
            om_leverantoren=False,
            # Nobody's late answer settles it any more.
            worker=None,
            tidigast=now,
            fran=now,
            andrad=now,
        )
        .execution_options(synchronize_session=False)
    )
    return {id_: forsok for id_, forsok in rader}


def kom_fram(session: Session, who: Subjekt, utskick_id: int, leverans_id: int) -> bool:
    """A person knows that what nobody answered for did come. False if it is not unknown any more.

    Raises LookupError, PermissionError.
    """
    utskick = _get(session, who, utskick_id)
    oklar = (Leverans.id == leverans_id, Leverans.utskick_id == utskick_id, Leverans.status == Status.OVISS)
    rad = session.scalar(select(Leverans).where(*oklar).with_for_update().execution_options(populate_existing=True))
    if rad is None:
        return False
    rad.status, rad.orsak, rad.worker, rad.andrad = Status.LEVERERAD, f"bekräftat av {who.namn}", None, clock.now()
    session.flush()
    _anteckna(session, who, utskick, "bekräftar leverans", leverans=leverans_id)
    return True
