"""A word to those whose lägesbild is missed, within the caller's transaction. At most one each in fifteen minutes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from wis import audit, clock
from wis.aktorer.models import Aktor
from wis.andringar import Raknat, rakna
from wis.auth.rules import Slag, Subjekt, Verb
from wis.handelser.models import Handelse
from wis.handelser.sakkrets import krav_nu
from wis.lagesbild.plats import hall_handelsen
from wis.notiser.bud import Bud, skicka_bud
from wis.notiser.kvittenser import insert_for
from wis.tystnad import queries, rules
from wis.tystnad.models import TystnadPaminnelse
from wis.tystnad.rules import Rad


@dataclass(frozen=True)
class Utfall:
    """Short names: who was reminded now, who had been lately, who is not missed any more, and where nobody was told."""

    paminda: tuple[str, ...] = ()
    redan: tuple[str, ...] = ()
    saknas_inte: tuple[str, ...] = ()
    utan_mottagare: tuple[str, ...] = ()


def paminn(session: Session, who: Subjekt, handelse_id: int, aktor_ids: Collection[int]) -> Utfall:
    """Remind those of these actors whose lägesbild `who` misses now, whoever is asked to do the same meanwhile.

    Sent twice it reminds once. Raises LookupError if there is no such event, and Otillaten.
    """
    handelse = hall_handelsen(session, handelse_id)
    krav_nu(session, who, Verb.PUBLICERA, handelse.sak(Slag.EGEN_LAGESBILD, session.get_one(Aktor, who.aktor_id)))
    alla = [rad for rad in queries.rader(session, who, handelse) if rad.aktor_id in set(aktor_ids)]
    saknade = [rad for rad in alla if rad.saknas][: rules.MAX_PA_EN_GANG]
    tagna = _ta(session, who, handelse, saknade)
    nu = [rad for rad in saknade if rad.aktor_id in tagna]
    nadda = _skicka(session, who, handelse, nu)
    if nu:
        audit.record(
            session,
            "påminner om lägesbild",
            anvandare_id=who.anvandare_id,
            aktor_id=who.aktor_id,
            objekt=f"handelse:{handelse.id}",
            handelse=handelse.slug,
            aktorer=sorted(tagna),
        )
        rakna(session, Raknat.HANDELSE, handelse.id)
    return Utfall(
        paminda=tuple(rad.namn for rad in nu if rad.aktor_id in nadda),
        redan=tuple(rad.namn for rad in saknade if rad.aktor_id not in tagna),
        saknas_inte=tuple(rad.namn for rad in alla if not rad.saknas),
        utan_mottagare=tuple(rad.namn for rad in nu if rad.aktor_id not in nadda),
    )


def _ta(session: Session, who: Subjekt, handelse: Handelse, saknade: Sequence[Rad]) -> frozenset[int]:
    """Write down that they are reminded now; those that nobody had reminded lately."""
    if not saknade:
        return frozenset()
    now = clock.now()
    rader = [
        {
            "handelse_id": handelse.id,
            "aktor_id": aktor_id,
            "tid": now,
            "av_aktor_id": who.aktor_id,
            "av_anvandare_id": who.anvandare_id,
        }
        # In order: two who remind the same ones wait for each other, and never in a circle.
        for aktor_id in sorted(rad.aktor_id for rad in saknade)
    ]
    sats: Any = insert_for(session)(TystnadPaminnelse).values(rader)
    ny = {namn: sats.excluded[namn] for namn in ("tid", "av_aktor_id", "av_anvandare_id")}
    # The database says who was first, whoever read the page when.
    sats = sats.on_conflict_do_update(
        index_elements=["handelse_id", "aktor_id"], set_=ny, where=TystnadPaminnelse.tid <= now - rules.PAUS
    ).returning(TystnadPaminnelse.aktor_id)
    return frozenset(session.scalars(sats, execution_options={"synchronize_session": False}).all())


def _skicka(session: Session, who: Subjekt, handelse: Handelse, nu: Sequence[Rad]) -> set[int]:
    """The actors where anybody was told."""
    nadda: set[int] = set()
    for ord_, aktorer in rules.per_ord(who.aktor_kortnamn, nu, handelse.rubrik).items():
        bud = Bud(ord_.amne, f"{ord_.mening} {ord_.gor}", f"/handelser/{handelse.slug}")
        nadda |= set(skicka_bud(session, handelse, aktorer, bud))
    return nadda
