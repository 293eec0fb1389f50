"""Who reads an actor's own lägesbild: changing it after publication, within the caller's transaction."""

from sqlalchemy.orm import Session

from wis import audit
from wis.andringar import Andring, anmal
from wis.andringar import Slag as Andringsslag
from wis.auth.krets import Tlp
from wis.auth.rules import Sak, Subjekt, Verb
from wis.handelser.kretsar import Lasarval, ny_krets, satt_krets
from wis.handelser.rules import Inaktuell
from wis.handelser.sakkrets import Kretsval, andrar, forlorare, i_protokoll, krav_nu, oppna, signatur
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.lagesbild.plats import hall_handelsen, las_lagesbild, sak_av
from wis.notiser.service import folj_krets


def satt_lasratt(session: Session, who: Subjekt, lagesbild: Lagesbild, val: Lasarval, bygger_pa: str) -> bool:
    """Give the lägesbild (locked by las_for_lasratt()) these readers; whether that changed anything.

    `bygger_pa` is the signatur() of what the one who chose saw. Raises Inaktuell if that is not what stands now: a
    right that somebody else took away is not given back unseen.
    """
    if lagesbild.aktor is None:
        raise ValueError("the samlade is read as its event is")
    if not andrar(lagesbild.krets, lagesbild.aktor, val):
        return False
    if bygger_pa != signatur(lagesbild.krets):
        raise Inaktuell
    sak_fore, fore = sak_av(lagesbild), i_protokoll(lagesbild.krets, lagesbild.aktor)
    byt_krets(session, lagesbild, val)
    _beratta(session, who, lagesbild, fore, sak_fore)
    return True


def oppna_for(session: Session, who: Subjekt, lagesbild_id: int, aktor_id: int, *, aven_tidigare: bool) -> bool:
    """Let the actor read an own lägesbild; whether that changed anything.

    It reads what is published from now on, with `aven_tidigare` also what was published before. Raises Otillaten
    unless `who` may change who reads it.
    """
    lagesbild = las_for_lasratt(session, who, lagesbild_id)
    if lagesbild.aktor is None:
        return False
    sak_fore, fore = sak_av(lagesbild), i_protokoll(lagesbild.krets, lagesbild.aktor)
    if not oppna(session, lagesbild.krets, lagesbild.aktor, aktor_id, aven_tidigare=aven_tidigare):
        return False
    _beratta(session, who, lagesbild, fore, sak_fore)
    return True


def las_for_lasratt(session: Session, who: Subjekt, lagesbild_id: int) -> Lagesbild:
    """The lägesbild, locked (its event first), if `who` may change who reads it. Raises Otillaten."""
    handelse_id = session.get_one(Lagesbild, lagesbild_id).handelse_id
    hall_handelsen(session, handelse_id)
    lagesbild = las_lagesbild(session, lagesbild_id)
    krav_nu(session, who, Verb.ANDRA_LASRATT, sak_av(lagesbild))
    return lagesbild


def andrar_lasratt(lagesbild: Lagesbild, val: Kretsval) -> bool:
    """Whether the choice is of other readers than the lägesbild has."""
    return lagesbild.aktor is not None and andrar(lagesbild.krets, lagesbild.aktor, val.val)


def byt_krets(session: Session, lagesbild: Lagesbild, val: Lasarval) -> None:
    """Give the locked lägesbild these readers; of the first version they read all. What was sent of it follows."""
    if lagesbild.aktor is None:
        raise ValueError("the samlade is read as its event is")
    if lagesbild.senaste:
        lagesbild.krets = satt_krets(session, lagesbild.krets, lagesbild.aktor, val)
    else:
        lagesbild.krets = ny_krets(session, val)
    session.flush()
    folj_krets(session, lagesbild.krets_id, lagesbild_id=lagesbild.id)


def _beratta(session: Session, who: Subjekt, lagesbild: Lagesbild, fore: list[int] | str, sak_fore: Sak) -> None:
    if lagesbild.aktor is None:
        raise ValueError("the samlade is read as its event is")
    audit.record(
        session,
        "lägesbild läsrätt",
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=f"lagesbild:{lagesbild.id}",
        handelse=lagesbild.handelse.slug,
        fore=fore,
        efter=i_protokoll(lagesbild.krets, lagesbild.aktor),
    )
    senaste, handelse_id = lagesbild.senaste, lagesbild.handelse_id
    # No guest hears of what has a label above what guests see.
    version = session.get(LagesbildVersion, (lagesbild.id, senaste))
    tlp = Tlp.CLEAR if version is None else version.tlp
    nu = sak_av(lagesbild)
    lasare, forlorat = nu.lasande_aktorer(), forlorare(sak_fore, nu)
    slag = Andringsslag.LAGESBILD
    anmal(session, Andring(slag, lagesbild.id, senaste, handelse_id, lasare, tlp=tlp, forlorat=forlorat))
