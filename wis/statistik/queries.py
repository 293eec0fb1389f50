"""Reads of the figures. What others publish counts as far as one may read it; readers and deliveries are one's own."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from wis import clock
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer
from wis.auth.rules import Subjekt
from wis.begaran.models import Begaran, BegaranMottagare, BegaranSvar
from wis.handelser.lasratt import Innehall, lasbar_for
from wis.handelser.models import Handelse
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.notiser.leveransfragor import Antal, lage_av
from wis.notiser.models import Kvittens, Leverans, Status, Utskick
from wis.statistik.rules import Rapport, Rapporterat, mittersta, rapporterat
from wis.underrattelser.lasbar import lasbar_underrattelse
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion

_FRAMME = [Status.MOTTAGEN.value, Status.LEVERERAD.value]


def rapporter(session: Session, who: Subjekt, villkor: ColumnElement[bool]) -> dict[Aktor, Rapporterat]:
    """What each actor has published in the events that fulfil `villkor` (on Handelse), in Swedish order.

    The samlade counts for the actor whose redaktör published it.
    """
    per: dict[int, list[Rapport]] = defaultdict(list)
    for aktor_id, tid, oforandrad, lovad in session.execute(_versioner(who, villkor)):
        per[aktor_id].append(Rapport(tid, True, oforandrad, lovad))
    for aktor_id, tid in session.execute(_underrattelser(who, villkor)):
        per[aktor_id].append(Rapport(tid, lagesbild=False))
    now = clock.now()
    return {aktor: rapporterat(per[aktor.id], now) for aktor in alla_aktorer(session) if aktor.id in per}


def _versioner(who: Subjekt, villkor: ColumnElement[bool]) -> Any:
    version = LagesbildVersion
    innehall = Innehall(version.publicerad, Lagesbild.aktor_id, version.tlp, Lagesbild.krets_id)
    return (
        select(version.aktor_id, version.publicerad, version.oforandrad, version.nasta_uppdatering)
        .join(Lagesbild, Lagesbild.id == version.lagesbild_id)
        .join(Handelse, Handelse.id == Lagesbild.handelse_id)
        .where(villkor, lasbar_for(who, innehall))
    )


def _underrattelser(who: Subjekt, villkor: ColumnElement[bool]) -> Any:
    version = UnderrattelseVersion
    return (
        select(Underrattelse.aktor_id, version.publicerad)
        .select_from(version)
        .join(Underrattelse, Underrattelse.id == version.underrattelse_id)
        .join(Handelse, Handelse.id == Underrattelse.handelse_id)
        .where(villkor, lasbar_underrattelse(lambda innehall: lasbar_for(who, innehall)))
    )


@dataclass(frozen=True)
class Laget:
    """How the actor's own dispatches went: deliveries by state, the median time on the way, and who opened them.

    `svarade`: those who said that they had seen it; `oppning` and `svar`: the median times until then.
    """

    utskick: int
    antal: Antal
    vag: timedelta | None
    lasare: int
    lasande_aktorer: int
    oppning: timedelta | None
    svarade: int
    svar: timedelta | None


def egna_utskick(session: Session, who: Subjekt, handelse_ids: Collection[int]) -> Laget:
    """The figures of what the actor that one acts for has sent in these events."""
    egna = and_(Utskick.aktor_id == who.aktor_id, Utskick.handelse_id.in_(list(handelse_ids)))
    utskick = session.scalar(select(func.count()).select_from(Utskick).where(egna)) or 0
    antal = Antal()
    provad = case((Leverans.forsok > 0, 1), else_=0)
    leveranser = select(Leverans.status, provad, func.count()).join(Utskick, Utskick.id == Leverans.utskick_id)
    for status, gang, hur_manga in session.execute(leveranser.where(egna).group_by(Leverans.status, provad)):
        antal += Antal(**{lage_av(status, gang): hur_manga})
    pa_vag = select(Utskick.skapad, Leverans.andrad).join(Utskick, Utskick.id == Leverans.utskick_id)
    vag = [b - a for a, b in session.execute(pa_vag.where(egna, Leverans.status.in_(_FRAMME)))]
    oppnat = session.execute(
        select(Kvittens.anvandare_id, Kvittens.aktor_id, Utskick.skapad, Kvittens.last, Kvittens.kvitterad)
        .join(Utskick, Utskick.id == Kvittens.utskick_id)
        .where(egna)
    ).all()
    svar = [rad.kvitterad - rad.skapad for rad in oppnat if rad.kvitterad is not None]
    return Laget(
        utskick=utskick,
        antal=antal,
        vag=mittersta(vag),
        lasare=len({rad.anvandare_id for rad in oppnat}),
        lasande_aktorer=len({rad.aktor_id for rad in oppnat}),
        oppning=mittersta(rad.last - rad.skapad for rad in oppnat),
        svarade=len(svar),
        svar=mittersta(svar),
    )


@dataclass(frozen=True)
class Svarstid:
    """How an actor has answered what one's own has asked: of how many, how many late, and the median time."""

    aktor: str
    fragor: int
    svar: int
    sena: int
    tid: timedelta | None


def svarstider(session: Session, who: Subjekt, handelse_ids: Collection[int]) -> list[Svarstid]:
    """Of the begäran that the actor that one acts for has put in these events; outsiders are left out."""
    mottagare = BegaranMottagare
    forsta = and_(BegaranSvar.mottagare_id == mottagare.id, BegaranSvar.nummer == 1)
    rader = session.execute(
        select(mottagare.aktor_id, Begaran.skapad, Begaran.frist, BegaranSvar.skapad.label("svarade"))
        .join(Begaran, Begaran.id == mottagare.begaran_id)
        .outerjoin(BegaranSvar, forsta)
        .where(
            Begaran.aktor_id == who.aktor_id,
            Begaran.handelse_id.in_(list(handelse_ids)),
            mottagare.aktor_id.is_not(None),
        )
    ).all()
    per: dict[int, list[tuple[datetime, datetime, datetime | None]]] = defaultdict(list)
    for aktor_id, skapad, frist, svarade in rader:
        if aktor_id is not None:
            per[aktor_id].append((skapad, frist, svarade))
    return [_svarstid(aktor.kortnamn, per[aktor.id]) for aktor in alla_aktorer(session) if aktor.id in per]


def _svarstid(namn: str, fragor: list[tuple[datetime, datetime, datetime | None]]) -> Svarstid:
    now = clock.now()
    svar = [svarade - skapad for skapad, _, svarade in fragor if svarade is not None]
    sena = sum((svarade or now) > frist for _, frist, svarade in fragor)
    return Svarstid(namn, len(fragor), len(svar), sena, mittersta(svar))
