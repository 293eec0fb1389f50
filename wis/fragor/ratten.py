"""The right that a question asks for: who owns it, who lacks it, and giving it; within the caller's transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from wis import clock
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer, find_aktor
from wis.auth.krets import Tlp
from wis.auth.rules import Beslut, Fragas, Roll, Sak, Slag, Subjekt, Verb, can
from wis.fragor.models import Fragetyp, Rattsfraga
from wis.fragor.rules import SAMLAD, KanInteGes, Mal, las_sida
from wis.handelser import vidgning
from wis.handelser.models import Beslutsslag, Handelse, HandelseLasare
from wis.handelser.queries import find_handelse
from wis.handelser.service import skriv_beslut
from wis.lagesbild import lasratt as lagesbildens
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.lagesbild.queries import find_lagesbild
from wis.underrattelser import lasratt as underrattelsens
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion
from wis.underrattelser.queries import find_underrattelse

# --- what a page is, to one who may not know of it -----------------------------------------------------------------


def utreda(session: Session, who: Subjekt, sida: str, rad: Rattsfraga) -> bool:
    """Fill in what right `rad` is to ask for and of whom; False when there is nothing on the page that is hidden."""
    mal = las_sida(sida)
    if mal is None or who.gast_i is not None:
        return False
    if mal.underrattelse is not None:
        underrattelse = find_underrattelse(session, mal.underrattelse)
        return underrattelse is not None and _om_underrattelse(session, who, underrattelse, rad)
    handelse = find_handelse(session, mal.handelse)
    return handelse is not None and _om_handelse(session, who, handelse, mal, rad)


def _om_underrattelse(session: Session, who: Subjekt, underrattelse: Underrattelse, rad: Rattsfraga) -> bool:
    handelse, sak = underrattelse.handelse, _sak_u(session, underrattelse)
    if _hinder_i_handelsen(who, handelse, sak, rad):
        return True
    if not _fragar_agaren(who, sak, rad):
        return rad.till_aktor_id is not None
    rad.typ, rad.handelse_id, rad.underrattelse_id = Fragetyp.UNDERRATTELSE, handelse.id, underrattelse.id
    return True


def _om_handelse(session: Session, who: Subjekt, handelse: Handelse, mal: Mal, rad: Rattsfraga) -> bool:
    bild = _bild(session, handelse, mal.vem)
    sak = handelse.sak() if bild is None else _sak_b(session, handelse, bild, mal.nummer)
    if _hinder_i_handelsen(who, handelse, sak, rad):
        return True
    if not _fragar_agaren(who, sak, rad):
        return rad.till_aktor_id is not None
    rad.typ, rad.handelse_id = Fragetyp.LAGESBILD, handelse.id
    return True


def _hinder_i_handelsen(who: Subjekt, handelse: Handelse, sak: Sak, rad: Rattsfraga) -> bool:
    """Whether it is the event that the actor may not read, or not from so far back: then its owner is asked."""
    if handelse.krets().rymmer(who.aktor_id, who.ansluten, sak.publicerad):
        return False
    rad.typ, rad.handelse_id, rad.for_aktor_id = Fragetyp.HANDELSE, handelse.id, who.aktor_id
    rad.till_aktor_id, rad.till = handelse.agare_id, Fragas.REDAKTOR
    return True


def _fragar_agaren(who: Subjekt, sak: Sak, rad: Rattsfraga) -> bool:
    """Whether the owner of the thing is to be asked. What the own actor keeps from the person is put to its own."""
    if can(who, Verb.LASA, sak, clock.now()):
        return False
    beslut = _for_aktoren(who, sak)
    if beslut or sak.agare_id is None:
        rad.till_aktor_id, rad.till = who.aktor_id, Fragas.ADMINISTRATOR
        rad.skal = can(who, Verb.LASA, sak, clock.now()).skal
        return False
    rad.till_aktor_id, rad.till, rad.for_aktor_id = sak.agare_id, Fragas.TALESPERSON, who.aktor_id
    return True


def _for_aktoren(who: Subjekt, sak: Sak) -> Beslut:
    plain = replace(who, roll=Roll.LASARE, giltig_till=None, handelseroller=(), tjanster=(), betraktare=None)
    return can(plain, Verb.LASA, sak, clock.now())


# --- the thing as it is judged -------------------------------------------------------------------------------------


def _bild(session: Session, handelse: Handelse, vem: str) -> Lagesbild | None:
    aktor = find_aktor(session, vem) if vem and vem != SAMLAD else None
    if not vem or (aktor is None and vem != SAMLAD):
        return None
    bild = find_lagesbild(session, handelse.id, None if aktor is None else aktor.id)
    return bild if bild is not None and bild.senaste else None


def _sak_b(session: Session, handelse: Handelse, bild: Lagesbild, nummer: int | None = None) -> Sak:
    """The lägesbild by this version of it, or its latest."""
    asked = nummer if nummer is not None and 1 <= nummer <= bild.senaste else bild.senaste
    version = session.get_one(LagesbildVersion, (bild.id, asked))
    slag = Slag.SAMLAD_LAGESBILD if bild.aktor is None else Slag.EGEN_LAGESBILD
    return handelse.sak(slag, bild.aktor, krets=bild.krets, publicerad=version.publicerad, tlp=version.tlp)


def _sak_u(session: Session, underrattelse: Underrattelse) -> Sak:
    version = session.get_one(UnderrattelseVersion, (underrattelse.id, underrattelse.senaste))
    return underrattelse.handelse.sak(
        Slag.UNDERRATTELSE,
        underrattelse.aktor,
        krets=underrattelse.krets,
        publicerad=version.publicerad,
        tlp=version.tlp,
    )


def hamta_underrattelse(session: Session, underrattelse_id: int) -> Underrattelse:
    """The underrättelse with its event. Raises LookupError."""
    found = find_underrattelse(session, underrattelse_id)
    if found is None:
        raise LookupError(underrattelse_id)
    return found


def sak_for_underrattelse(session: Session, underrattelse: Underrattelse) -> Sak:
    """Its latest version, as the right to read it is judged."""
    return _sak_u(session, underrattelse)


def sak_for_lagesbild(session: Session, handelse: Handelse, agare: Aktor) -> Sak | None:
    """The latest version of the actor's lägesbild, as the right to read it is judged; None if there is none."""
    bild = _bild(session, handelse, agare.slug)
    return None if bild is None else _sak_b(session, handelse, bild)


# --- who lacks it --------------------------------------------------------------------------------------------------


def i_handelsen(session: Session, handelse: Handelse) -> list[Aktor]:
    """The actors that read the event, in Swedish order."""
    krets = handelse.krets()
    return [aktor for aktor in alla_aktorer(session) if krets.rymmer(aktor.id, aktor.ansluten, None)]


def utan_lagesbildsratt(session: Session, handelse: Handelse, agare: Aktor, ids: Iterable[int]) -> list[Aktor]:
    """Those of these actors in the event that may not read the lägesbild's latest version; none if there is none."""
    sak = sak_for_lagesbild(session, handelse, agare)
    chosen = set(ids)
    return [] if sak is None else [a for a in _utan(session, handelse, sak) if a.id in chosen]


def utan_underrattelse(session: Session, underrattelse: Underrattelse) -> list[Aktor]:
    """The actors in the event that may not read the underrättelse, in Swedish order."""
    return _utan(session, underrattelse.handelse, _sak_u(session, underrattelse))


def _utan(session: Session, handelse: Handelse, sak: Sak) -> list[Aktor]:
    krets, now = handelse.krets(), clock.now()
    reach = [a for a in i_handelsen(session, handelse) if krets.rymmer(a.id, a.ansluten, sak.publicerad)]
    return [aktor for aktor in reach if not can(_en_lasare(aktor), Verb.LASA, sak, now)]


def _en_lasare(aktor: Aktor) -> Subjekt:
    return Subjekt(
        anvandare_id=0,
        namn="",
        epost="",
        aktor_id=aktor.id,
        aktor_slug=aktor.slug,
        aktor_namn=aktor.namn,
        aktor_kortnamn=aktor.kortnamn,
        roll=Roll.LASARE,
        administrator=False,
        ansluten=aktor.ansluten,
    )


# --- giving it -----------------------------------------------------------------------------------------------------


def krav(session: Session, rad: Rattsfraga) -> tuple[Verb, Sak]:
    """What one must be allowed, to give the right that is asked for or refuse it."""
    handelse = session.get_one(Handelse, rad.handelse_id)
    if rad.typ == Fragetyp.HANDELSE:
        return Verb.ANDRA_HANDELSE, handelse.sak()
    agare = session.get_one(Aktor, rad.till_aktor_id)
    sak = _saken(session, rad)
    slag = Slag.UNDERRATTELSE if isinstance(sak, Underrattelse) else Slag.EGEN_LAGESBILD
    return Verb.ANDRA_LASRATT, handelse.sak(slag, agare, krets=sak.krets)


def _saken(session: Session, rad: Rattsfraga) -> Lagesbild | Underrattelse:
    if rad.typ == Fragetyp.UNDERRATTELSE:
        return session.get_one(Underrattelse, rad.underrattelse_id)
    bild = find_lagesbild(session, rad.handelse_id or 0, rad.till_aktor_id)
    if bild is None:
        raise LookupError(rad.id)
    return bild


def laser_redan(session: Session, rader: Sequence[Rattsfraga]) -> tuple[set[int], set[int]]:
    """The ids of those of the questions whose actor reads already what is published from now on: asked is then for
    what was published before, and a yes without that gives nothing. And of those whose asker's actor reads the thing.
    """
    now, saker, redan, fragaren = clock.now(), _saker(session, rader), set(), set()
    for rad in rader:
        if rad.handelse is None or rad.for_aktor is None:
            continue
        sak = saker.get(_nyckel(rad)) or rad.handelse.sak()
        if can(_en_lasare(rad.for_aktor), Verb.LASA, replace(sak, publicerad=now, tlp=Tlp.CLEAR), now):
            redan.add(rad.id)
        if _nyckel(rad) in saker and can(_en_lasare(rad.fran_aktor), Verb.LASA, sak, now):
            fragaren.add(rad.id)
    return redan, fragaren


def _nyckel(rad: Rattsfraga) -> object:
    """What tells apart the things that are asked for: an underrättelse by id, a lägesbild by event and owner."""
    if rad.typ == Fragetyp.HANDELSE:
        return None
    return rad.underrattelse_id or (rad.handelse_id, rad.till_aktor_id)


def _saker(session: Session, rader: Sequence[Rattsfraga]) -> dict[object, Sak]:
    """The things that are asked for, by the latest version of each, as the right to read it is judged."""
    wanted = [(r.handelse_id, r.till_aktor_id) for r in rader if r.typ == Fragetyp.LAGESBILD]
    bilder = session.execute(
        select(Lagesbild, LagesbildVersion)
        .join(LagesbildVersion, LagesbildVersion.lagesbild_id == Lagesbild.id)
        .where(LagesbildVersion.nummer == Lagesbild.senaste)
        .where(tuple_(Lagesbild.handelse_id, Lagesbild.aktor_id).in_(wanted))
    )
    notiser = session.execute(
        select(Underrattelse, UnderrattelseVersion)
        .join(UnderrattelseVersion, UnderrattelseVersion.underrattelse_id == Underrattelse.id)
        .where(UnderrattelseVersion.nummer == Underrattelse.senaste)
        .where(Underrattelse.id.in_(r.underrattelse_id for r in rader if r.underrattelse_id))
    )
    saker: dict[object, Sak] = {}
    for bild, version in bilder:
        saker[bild.handelse_id, bild.aktor_id] = _sak(Slag.EGEN_LAGESBILD, bild, version)
    for notis, senaste in notiser:
        saker[notis.id] = _sak(Slag.UNDERRATTELSE, notis, senaste)
    return saker


def _sak(slag: Slag, ting: Lagesbild | Underrattelse, version: LagesbildVersion | UnderrattelseVersion) -> Sak:
    return ting.handelse.sak(slag, ting.aktor, krets=ting.krets, publicerad=version.publicerad, tlp=version.tlp)


def ge(session: Session, who: Subjekt, rad: Rattsfraga, *, aven_tidigare: bool) -> bool:
    """Give the right, once krav() has been judged: to what is published from now on, or to all of it.

    Returns whether the actor reads more by it than it did. Raises KanInteGes where it takes more than
    that: a label that asks for actors chosen by name. Raises vidgning.Hindrad where old samlade stand in the way.
    """
    aktor = session.get_one(Aktor, rad.for_aktor_id)
    if rad.typ == Fragetyp.HANDELSE:
        handelse = session.get_one(Handelse, rad.handelse_id)
        return _oppna_handelsen(session, who, handelse, aktor, aven_tidigare=aven_tidigare)
    sak = _saken(session, rad)
    oppna_for = underrattelsens.oppna_for if isinstance(sak, Underrattelse) else lagesbildens.oppna_for
    changed = oppna_for(session, who, sak.id, aktor.id, aven_tidigare=aven_tidigare)
    session.refresh(sak)
    after = _sak_u(session, sak) if isinstance(sak, Underrattelse) else _sak_b(session, sak.handelse, sak)
    if not can(_en_lasare(aktor), Verb.LASA, replace(after, publicerad=clock.now()), clock.now()):
        raise KanInteGes
    return changed


def _oppna_handelsen(session: Session, who: Subjekt, handelse: Handelse, aktor: Aktor, *, aven_tidigare: bool) -> bool:
    krets, fran = handelse.krets(), None if aven_tidigare else clock.now()
    if krets.rymmer(aktor.id, aktor.ansluten, clock.now()) and (
        not aven_tidigare or krets.sedan(aktor.id, aktor.ansluten) is None
    ):
        return False
    # By hand: the others keep what they had, also when this one gets all that was before.
    rad = next((rad for rad in handelse.lasare if rad.aktor_id == aktor.id), None)
    if rad is None:
        handelse.lasare.append(HandelseLasare(aktor_id=aktor.id, fran=fran))
    else:
        # A right that has ended is given anew; one that goes on ends when it was to end.
        rad.fran, rad.till = fran, None if rad.till is None or rad.till <= clock.now() else rad.till
    session.flush()
    if aven_tidigare:
        vidgning.prova(session, handelse, krets)
    tidigare = ", också det som redan publicerats" if aven_tidigare else ""
    skriv_beslut(session, who, handelse, Beslutsslag.ANDRAD, f"Läsrätt för {aktor.namn}{tidigare}.")
    return True
