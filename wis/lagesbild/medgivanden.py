"""An owner lets one section of one version be taken into the samlade, though more read that: asked, answered, recorded.

All within the caller's transaction.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, contains_eager, joinedload

from wis import audit, clock
from wis.aktorer.models import Aktor
from wis.andringar import Andring, anmal
from wis.andringar import Slag as Andringsslag
from wis.arenden import Arende
from wis.auth.krets import Tlp
from wis.auth.rules import Sak, Slag, Subjekt, Verb, can
from wis.handelser.models import Handelse
from wis.handelser.sakkrets import krav_nu
from wis.lagesbild import ursprung
from wis.lagesbild.kallor import Kalla
from wis.lagesbild.models import Lagesbild, LagesbildVersion, Medgivande
from wis.lagesbild.plats import Plats, hall_handelsen, krav, sak_av
from wis.lagesbild.ursprung import Ursprung
from wis.notiser.bud import Bud, skicka_bud

MAX_MOTIVERING = 300


class Besvarat(Exception):
    """Somebody at the actor has answered already."""


def adress(rad: Medgivande) -> str:
    """Our path to the page where it is read and answered."""
    return f"/medgivanden/{rad.id}"


def begar(session: Session, who: Subjekt, handelse_id: int, kalla: Kalla, tlp: Tlp, nyckel: str) -> Medgivande | None:
    """Ask the owner of the section to let it stand in the samlade, labelled `tlp`; what has been asked already is not
    asked again. None if no leave is needed.

    Raises Otillaten unless `who` may write the samlade, and LookupError if there is no such version that they read.
    """
    handelse = krav(session, who, Plats(handelse_id, None), Verb.SKRIVA)
    ett = ursprung.sla_upp(session, who, handelse, [kalla], tlp).get(kalla.grund)
    if ett is None or ett.version is None or not ett.lasbar:
        raise LookupError(str(kalla))
    if not ett.trangre:
        return None
    finns = ett.medgivande
    if finns is not None and finns.svar is not False:
        return finns
    egen_nyckel = f"{who.anvandare_id}:{ett.version.lagesbild_id}:{kalla.nummer}:{kalla.nyckel}:{nyckel}"
    skickad = session.scalar(select(Medgivande).where(Medgivande.idempotensnyckel == egen_nyckel))
    return skickad or _fraga(session, who, ett, ett.version, egen_nyckel)


def _fraga(session: Session, who: Subjekt, ett: Ursprung, version: LagesbildVersion, egen_nyckel: str) -> Medgivande:
    rad = Medgivande(
        handelse_id=version.handelse_id,
        kalla_lagesbild_id=version.lagesbild_id,
        kalla_nummer=version.nummer,
        kalla_nyckel=ett.kalla.nyckel,
        agare_id=version.aktor_id,
        tlp=ett.samlat_tlp,
        aktorer=[id_ for id_, _ in ett.utanfor],
        begard=clock.now(),
        begard_av_id=who.anvandare_id,
        begard_aktor_id=who.aktor_id,
        idempotensnyckel=egen_nyckel,
    )
    try:
        with session.begin_nested():
            session.add(rad)
    except IntegrityError:
        # The same form at the same moment.
        samma = select(Medgivande).where(Medgivande.idempotensnyckel == egen_nyckel)
        return session.scalars(samma).one()
    # Not which section, nor a word of it: the message may go where the text must not.
    ord_ = f"{who.aktor_kortnamn} ber om lov att ta in en del av er lägesbild i den samlade."
    skicka_bud(session, rad.handelse, {rad.agare_id}, Bud("Be om lov: samlad lägesbild", ord_, adress(rad)))
    _protokoll(session, who, rad, "medgivande begärt")
    return rad


def svara(session: Session, who: Subjekt, medgivande_id: int, *, ja: bool, motivering: str) -> Medgivande:
    """Answer for the owner. Raises LookupError for none, Otillaten unless `who` may publish for it, and Besvarat."""
    las = select(Medgivande.handelse_id).where(Medgivande.id == medgivande_id)
    handelse_id = session.scalar(las)
    if handelse_id is None:
        raise LookupError(medgivande_id)
    handelse = hall_handelsen(session, handelse_id)
    rad = session.get_one(Medgivande, medgivande_id, with_for_update={"of": Medgivande}, populate_existing=True)
    krav_nu(session, who, Verb.PUBLICERA, _agarens(rad))
    if rad.svar is not None:
        raise Besvarat
    rad.svar, rad.besvarad, rad.besvarad_av_id = ja, clock.now(), who.anvandare_id
    rad.motivering = " ".join(motivering.split())[:MAX_MOTIVERING]
    session.flush()
    ord_ = f"{rad.agare.kortnamn} svarar {'ja' if ja else 'nej'} till att en del av lägesbilden tas in i den samlade."
    bud = Bud("Svar om samlad lägesbild", ord_, f"/handelser/{handelse.slug}/lagesbild/samlad/skriv")
    skicka_bud(session, handelse, {rad.begard_aktor_id}, bud)
    _protokoll(session, who, rad, "medgivande besvarat", svar="ja" if ja else "nej", motivering=rad.motivering)
    return rad


def _agarens(rad: Medgivande) -> Sak:
    return rad.version.lagesbild.handelse.sak(Slag.EGEN_LAGESBILD, rad.agare, krets=rad.version.lagesbild.krets)


def _protokoll(session: Session, who: Subjekt, rad: Medgivande, handling: str, **mer: object) -> None:
    audit.record(
        session,
        handling,
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=f"medgivande:{rad.id}",
        handelse=rad.handelse.slug,
        lagesbild=f"lagesbild:{rad.kalla_lagesbild_id}:{rad.kalla_nummer}",
        avsnitt=rad.kalla_nyckel,
        agare=rad.agare_id,
        lasare=rad.aktorer,
        tlp=rad.tlp,
        **mer,
    )
    aktorer = frozenset({rad.agare_id, rad.begard_aktor_id})
    slag, tlp = Andringsslag.BEGARAN, rad.version.tlp
    anmal(session, Andring(slag, rad.id, handelse_id=rad.handelse_id, aktorer=aktorer, tlp=tlp))


# --- reading ------------------------------------------------------------------------------------------------------


def find(session: Session, who: Subjekt, medgivande_id: int) -> Medgivande | None:
    """It, for those at the owner and at the actor that asked who read the version; else None, as if there were none."""
    rad = session.scalar(
        select(Medgivande)
        .options(joinedload(Medgivande.agare), joinedload(Medgivande.begard_aktor), joinedload(Medgivande.begard_av))
        .where(Medgivande.id == medgivande_id)
    )
    if rad is None or not (who.hor_till(rad.agare_id) or who.hor_till(rad.begard_aktor_id)):
        return None
    return rad if can(who, Verb.LASA, sak_av(rad.version.lagesbild, rad.version), clock.now()) else None


def far_svara(who: Subjekt, rad: Medgivande) -> bool:
    """Whether `who` may answer it, and nobody has."""
    return rad.svar is None and bool(can(who, Verb.PUBLICERA, _agarens(rad), clock.now()))


def nya_lasare(session: Session, rad: Medgivande) -> list[str]:
    """The short names of the actors that would read the section in the samlade and don't read the version."""
    namn = session.scalars(select(Aktor.kortnamn).where(Aktor.id.in_(rad.aktorer)).order_by(Aktor.kortnamn))
    return list(namn)


def att_besvara(session: Session, who: Subjekt) -> list[Arende]:
    """What `who` can answer, the newest first; of one's own actor alone."""
    if not who.hor_till(who.aktor_id):
        return []
    rader = session.scalars(
        select(Medgivande)
        .join(Handelse, Handelse.id == Medgivande.handelse_id)
        .join(LagesbildVersion, Medgivande.version)
        .join(Lagesbild, Lagesbild.id == LagesbildVersion.lagesbild_id)
        .options(
            contains_eager(Medgivande.handelse),
            contains_eager(Medgivande.version).contains_eager(LagesbildVersion.lagesbild),
            joinedload(Medgivande.begard_aktor),
            joinedload(Medgivande.agare),
        )
        .where(Medgivande.agare_id == who.aktor_id, Medgivande.svar.is_(None), Handelse.stangd.is_(None))
        .order_by(Medgivande.begard.desc())
    )
    return [_arende(rad) for rad in rader if far_svara(who, rad)]


def _arende(rad: Medgivande) -> Arende:
    return Arende(
        vad="Svara om lov",
        rubrik=f"Er version {rad.kalla_nummer} i den samlade lägesbilden",
        lank=adress(rad),
        handelse=rad.handelse.rubrik,
        ovning=rad.handelse.ovning,
        skapad=rad.begard,
        avsandare=rad.begard_aktor.kortnamn,
    )


def som_behovs(
    session: Session, who: Subjekt, handelse: Handelse, texter: Mapping[str, str], tlp: Tlp
) -> Sequence[Ursprung]:
    """The versions in these sections of the samlade that `who` reads and that need leave which has not been given."""
    funna = ursprung.sla_upp(session, who, handelse, ursprung.i_texter(texter), tlp)
    return [ett for ett in funna.values() if ett.lasbar and not ett.far_tas_in and ett.svar is None]
