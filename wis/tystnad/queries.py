"""Who has said what in an event, and who has looked: a number of questions that does not grow with the actors."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from wis import clock
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer
from wis.auth.models import Anvandare, Medlemskap
from wis.auth.queries import galler
from wis.auth.rules import Subjekt
from wis.begaran.models import Begaran, BegaranMottagare, Synlighet
from wis.handelser.lasratt import Innehall, lasbar_for
from wis.handelser.models import Handelse
from wis.handelser.sakkrets import lasratt
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.lagesbild.plats import sak_av
from wis.notiser.models import Kvittens, Utskick
from wis.tystnad.models import TystnadPaminnelse
from wis.tystnad.rules import Oppnat, Pamind, Rad, varst_forst
from wis.ytor.models import Lasmarke
from wis.ytor.rules import forsening, overskriden


def rader(session: Session, who: Subjekt, handelse: Handelse) -> list[Rad]:
    """Every actor that reads the event, the worst first, by what `who` may read and nothing else."""
    krets = handelse.krets()
    alla = [a for a in alla_aktorer(session) if krets.rymmer(a.id, a.ansluten, None)]
    nyast = _nyast_lasbara(session, who, handelse.id)
    oppnat = _oppnat(session, nyast.get(None), alla)
    sena, paminda = _sena(session, who, handelse.id), _paminda(session, handelse.id)
    return varst_forst(
        _rad(who, handelse, aktor, nyast.get(aktor.id), oppnat[aktor.id], sena.get(aktor.id, 0), paminda.get(aktor.id))
        for aktor in alla
    )


def _rad(
    who: Subjekt,
    handelse: Handelse,
    aktor: Aktor,
    version: LagesbildVersion | None,
    oppnat: Oppnat,
    sena: int,
    pamind: Pamind | None,
) -> Rad:
    now, nasta = clock.now(), None if version is None else version.nasta_uppdatering
    sen = overskriden(nasta, now, stangd=handelse.stangd is not None)
    return Rad(
        aktor_id=aktor.id,
        namn=aktor.kortnamn,
        slug=aktor.slug,
        egen=aktor.id == who.aktor_id,
        senast=None if version is None else version.publicerad,
        nummer=0 if version is None else version.nummer,
        oforandrad=version is not None and version.oforandrad,
        nasta=nasta,
        overskriden=sen,
        forsening=forsening(nasta, now) if sen and nasta is not None else "",
        oppnat=oppnat,
        sena=sena,
        pamind=pamind,
    )


def _nyast_lasbara(session: Session, who: Subjekt, handelse_id: int) -> Mapping[int | None, LagesbildVersion]:
    """The newest version that `who` may read of each lägesbild, by actor (None: the samlade).

    A newer one that is hidden is as if it were not there.
    """
    version = LagesbildVersion
    funna = _lasbara(session, who, Lagesbild.handelse_id == handelse_id, version.nummer == Lagesbild.senaste)
    resten = session.scalars(
        select(Lagesbild.id).where(
            Lagesbild.handelse_id == handelse_id,
            Lagesbild.senaste > 1,
            Lagesbild.id.not_in([ett.lagesbild_id for ett in funna]),
        )
    ).all()
    if resten:
        aldre = aliased(LagesbildVersion)
        hogst = (
            select(func.max(aldre.nummer))
            .join(Lagesbild, Lagesbild.id == aldre.lagesbild_id)
            .join(Handelse, Handelse.id == Lagesbild.handelse_id)
            .where(aldre.lagesbild_id == version.lagesbild_id, _lasbar(who, aldre))
            .correlate(version)
            .scalar_subquery()
        )
        funna += _lasbara(session, who, version.lagesbild_id.in_(resten), version.nummer == hogst)
    return {ett.lagesbild.aktor_id: ett for ett in funna}


def _lasbara(session: Session, who: Subjekt, *villkor: ColumnElement[bool]) -> list[LagesbildVersion]:
    return list(
        session.scalars(
            select(LagesbildVersion)
            .join(Lagesbild, Lagesbild.id == LagesbildVersion.lagesbild_id)
            .join(Handelse, Handelse.id == Lagesbild.handelse_id)
            .options(joinedload(LagesbildVersion.lagesbild))
            .where(*villkor, _lasbar(who, LagesbildVersion))
        )
    )


def _lasbar(who: Subjekt, version: type[LagesbildVersion]) -> ColumnElement[bool]:
    return lasbar_for(who, Innehall(version.publicerad, Lagesbild.aktor_id, version.tlp, Lagesbild.krets_id))


# --- who has looked ------------------------------------------------------------------------------------------------


def _oppnat(session: Session, samlad: LagesbildVersion | None, alla: Sequence[Aktor]) -> Mapping[int, Oppnat]:
    """Of each actor, whether anybody there has opened this version of the samlade, or the event since it came."""
    if samlad is None:
        return {aktor.id: Oppnat.INGEN_SAMLAD for aktor in alla}
    laser = {aktor.id for aktor in lasratt(sak_av(samlad.lagesbild, samlad), alla).har}
    har = _har_oppnat(session, samlad) | {samlad.aktor_id}
    return {
        aktor.id: Oppnat.JA if aktor.id in har else Oppnat.NEJ if aktor.id in laser else Oppnat.LASER_INTE
        for aktor in alla
    }


def _har_oppnat(session: Session, samlad: LagesbildVersion) -> set[int]:
    markta = (
        select(Medlemskap.aktor_id)
        .join(Anvandare, Anvandare.id == Medlemskap.anvandare_id)
        .join(Lasmarke, Lasmarke.anvandare_id == Medlemskap.anvandare_id)
        .where(
            Lasmarke.handelse_id == samlad.handelse_id,
            Lasmarke.sedd_till >= samlad.publicerad,
            # Guests read as the actor does, and are not it.
            Medlemskap.gast_handelse_id.is_(None),
            galler(clock.now()),
        )
    )
    utskickets = (
        select(Kvittens.aktor_id)
        .join(Utskick, Utskick.id == Kvittens.utskick_id)
        .where(Utskick.lagesbild_id == samlad.lagesbild_id, Utskick.lagesbild_nummer >= samlad.nummer)
    )
    return set(session.scalars(markta.union(utskickets)))


# --- what waits, and who was reminded ------------------------------------------------------------------------------


def _sena(session: Session, who: Subjekt, handelse_id: int) -> Mapping[int, int]:
    """How many begäran each actor has let pass, of those whose answers, or whose want of them, `who` may see."""
    till = BegaranMottagare
    rows = session.execute(
        select(till.aktor_id, func.count())
        .join(Begaran, Begaran.id == till.begaran_id)
        .where(
            Begaran.handelse_id == handelse_id,
            Begaran.avslutad.is_(None),
            Begaran.frist < clock.now(),
            till.senaste == 0,
            till.aktor_id.is_not(None),
            _ser(who),
        )
        .group_by(till.aktor_id)
    )
    return {aktor_id: antal for aktor_id, antal in rows if aktor_id is not None}


def _ser(who: Subjekt) -> ColumnElement[bool]:
    alla = Begaran.synlighet == Synlighet.HANDELSEN
    if not who.hor_till(who.aktor_id):
        # A guest, or who looks as another actor: what is between actors is their own affair.
        return alla
    en = aliased(BegaranMottagare)
    tillfragad = exists().where(en.begaran_id == Begaran.id, en.aktor_id == who.aktor_id).correlate_except(en)
    return or_(
        alla,
        Begaran.aktor_id == who.aktor_id,
        BegaranMottagare.aktor_id == who.aktor_id,
        and_(Begaran.synlighet == Synlighet.TILLFRAGADE, tillfragad),
    )


def _paminda(session: Session, handelse_id: int) -> Mapping[int, Pamind]:
    rows = session.scalars(
        select(TystnadPaminnelse)
        .options(joinedload(TystnadPaminnelse.av_aktor))
        .where(TystnadPaminnelse.handelse_id == handelse_id)
    )
    return {rad.aktor_id: Pamind(rad.tid, rad.av_aktor.kortnamn) for rad in rows}
