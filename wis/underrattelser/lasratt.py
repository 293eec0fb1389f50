"""Who reads an underrättelse: changing it after publication, within the caller's transaction."""

from sqlalchemy.orm import Session

from wis import audit
from wis.andringar import Andring, Slag, anmal
from wis.auth.rules import Sak, Subjekt, Verb
from wis.auth.rules import Slag as Sakslag
from wis.handelser.kretsar import Lasarval, satt_krets
from wis.handelser.models import Handelse
from wis.handelser.rules import Inaktuell
from wis.handelser.sakkrets import andrar, forlorare, i_protokoll, krav_nu, las_om, oppna, signatur
from wis.notiser.service import folj_krets
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion


def sak_for(underrattelse: Underrattelse, version: UnderrattelseVersion | None = None) -> Sak:
    """What rights to an underrättelse, or to one version of it, are judged on."""
    handelse, agare, krets = underrattelse.handelse, underrattelse.aktor, underrattelse.krets
    if version is None:
        return handelse.sak(Sakslag.UNDERRATTELSE, agare, krets=krets)
    return handelse.sak(Sakslag.UNDERRATTELSE, agare, krets=krets, publicerad=version.publicerad, tlp=version.tlp)


def satt_lasratt(session: Session, who: Subjekt, underrattelse: Underrattelse, val: Lasarval, bygger_pa: str) -> bool:
    """Give the underrättelse (locked by las_for_lasratt()) these readers; whether that changed anything.

    `bygger_pa` is the signatur() of what the one who chose saw. Raises Inaktuell if that is not what stands now: a
    right that somebody else took away is not given back unseen.
    """
    if not andrar(underrattelse.krets, underrattelse.aktor, val):
        return False
    if bygger_pa != signatur(underrattelse.krets):
        raise Inaktuell
    sak_fore, fore = sak_for(underrattelse), i_protokoll(underrattelse.krets, underrattelse.aktor)
    byt_krets(session, underrattelse, val)
    _beratta(session, who, underrattelse, fore, sak_fore)
    return True


def oppna_for(session: Session, who: Subjekt, underrattelse_id: int, aktor_id: int, *, aven_tidigare: bool) -> bool:
    """Let the actor read an underrättelse; whether that changed anything.

    It reads what is published from now on, with `aven_tidigare` also what was published before. Raises Otillaten
    unless `who` may change who reads it.
    """
    underrattelse = las_for_lasratt(session, who, underrattelse_id)
    sak_fore, fore = sak_for(underrattelse), i_protokoll(underrattelse.krets, underrattelse.aktor)
    if not oppna(session, underrattelse.krets, underrattelse.aktor, aktor_id, aven_tidigare=aven_tidigare):
        return False
    _beratta(session, who, underrattelse, fore, sak_fore)
    return True


def las_for_lasratt(session: Session, who: Subjekt, underrattelse_id: int) -> Underrattelse:
    """The underrättelse, locked (its event first), if `who` may change who reads it. Raises Otillaten."""
    handelse_id = session.get_one(Underrattelse, underrattelse_id).handelse_id
    session.get_one(Handelse, handelse_id, with_for_update={"of": Handelse, "read": True}, populate_existing=True)
    underrattelse = las_underrattelse(session, underrattelse_id)
    krav_nu(session, who, Verb.ANDRA_LASRATT, sak_for(underrattelse))
    return underrattelse


def las_underrattelse(session: Session, underrattelse_id: int) -> Underrattelse:
    """The row, locked, and its circle as it is once the lock is ours."""
    las = {"of": Underrattelse, "key_share": True}
    found = session.get_one(Underrattelse, underrattelse_id, with_for_update=las, populate_existing=True)
    # What was joined to the row in the statement that waited is of before the wait.
    las_om(session, found.krets_id)
    session.expire(found, ["krets"])
    return found


def byt_krets(session: Session, underrattelse: Underrattelse, val: Lasarval) -> None:
    """Give the locked underrättelse these readers. What was sent of it follows."""
    underrattelse.krets = satt_krets(session, underrattelse.krets, underrattelse.aktor, val)
    session.flush()
    folj_krets(session, underrattelse.krets_id, underrattelse_id=underrattelse.id)


def _beratta(
    session: Session, who: Subjekt, underrattelse: Underrattelse, fore: list[int] | str, sak_fore: Sak
) -> None:
    audit.record(
        session,
        "underrättelse läsrätt",
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=f"underrattelse:{underrattelse.id}",
        fore=fore,
        efter=i_protokoll(underrattelse.krets, underrattelse.aktor),
    )
    senaste, handelse_id = underrattelse.senaste, underrattelse.handelse_id
    # No guest hears of what has a label above what guests see.
    tlp = session.get_one(UnderrattelseVersion, (underrattelse.id, senaste)).tlp
    nu = sak_for(underrattelse)
    lasare, forlorat = nu.lasande_aktorer(), forlorare(sak_fore, nu)
    slag = Slag.UNDERRATTELSE
    anmal(session, Andring(slag, underrattelse.id, senaste, handelse_id, lasare, tlp=tlp, forlorat=forlorat))
