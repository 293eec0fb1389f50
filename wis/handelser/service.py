"""Opening and editing events, within the caller's transaction."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.andringar import Andring, Slag, anmal
from wis.auth.rules import Subjekt
from wis.handelser.models import Beslutsslag, Handelse, Handelsebeslut, HandelseLasare, Lage, Typ
from wis.handelser.rules import slug_av


@dataclass(frozen=True)
class Handelseuppgifter:
    """What is said of an event. `lasare` None = every actor; `beskrivning_html` is rendered by wis.markup."""

    rubrik: str
    typ: Typ
    beskrivning: str
    beskrivning_html: str
    lasare: frozenset[int] | None


def oppna(session: Session, who: Subjekt, uppgifter: Handelseuppgifter, *, ovning: bool, nyckel: str) -> Handelse:
    """A new event owned by the actor that `who` acts for; the one already made if this form (`nyckel`) came before."""
    earlier = session.scalar(select(Handelse).where(Handelse.idempotensnyckel == nyckel))
    if earlier is not None:
        return earlier
    handelse = Handelse(
        slug=slug_av(uppgifter.rubrik, set(session.scalars(select(Handelse.slug)))),
        ovning=ovning,
        lage=Lage.ORDINARIE,
        agare_id=who.aktor_id,
        skapad=clock.now(),
        skapad_av_id=who.anvandare_id,
        idempotensnyckel=nyckel,
    )
    _satt(handelse, uppgifter)
    session.add(handelse)
    session.flush()
    skriv_beslut(session, who, handelse, Beslutsslag.OPPNAD, "")
    return handelse


def andra(session: Session, who: Subjekt, handelse: Handelse, uppgifter: Handelseuppgifter) -> None:
    """Change what is said of an event and who reads it; what changed is logged in words."""
    before = handelse.lasande_aktorer()
    changes = _andringar(handelse, uppgifter)
    if not changes:
        return
    _satt(handelse, uppgifter)
    session.flush()
    skriv_beslut(session, who, handelse, Beslutsslag.ANDRAD, f"Ändrat: {', '.join(changes)}.", _union(before, handelse))


def skriv_beslut(
    session: Session,
    who: Subjekt,
    handelse: Handelse,
    slag: Beslutsslag,
    motivering: str,
    horare: frozenset[int] | None = frozenset(),
) -> Handelsebeslut:
    """Log a decision: a row of the event, a row of the record, and word to the screens (of `horare` too)."""
    beslut = Handelsebeslut(
        handelse_id=handelse.id,
        slag=slag,
        lage=handelse.lage,
        tid=clock.now(),
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        motivering=motivering,
    )
    session.add(beslut)
    session.flush()
    audit.record(
        session,
        f"händelse {slag}",
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=f"handelse:{handelse.id}",
        slug=handelse.slug,
        lage=handelse.lage,
        motivering=motivering,
        lasare=sorted(handelse.lasande_aktorer() or ()) or "alla",
    )
    readers = handelse.lasande_aktorer()
    told = None if readers is None or horare is None else readers | horare
    anmal(session, Andring(Slag.HANDELSE, beslut.id, handelse_id=handelse.id, aktorer=told))
    return beslut


def _satt(handelse: Handelse, uppgifter: Handelseuppgifter) -> None:
    handelse.rubrik = uppgifter.rubrik
    handelse.typ = uppgifter.typ
    handelse.beskrivning = uppgifter.beskrivning
    handelse.beskrivning_html = uppgifter.beskrivning_html
    handelse.alla_aktorer = uppgifter.lasare is None
    kept = {rad.aktor_id: rad for rad in handelse.lasare}
    wanted = uppgifter.lasare or frozenset()
    handelse.lasare = [kept.get(aktor_id) or HandelseLasare(aktor_id=aktor_id) for aktor_id in sorted(wanted)]


def _andringar(handelse: Handelse, uppgifter: Handelseuppgifter) -> list[str]:
    pairs: list[tuple[str, object, object]] = [
        ("rubrik", handelse.rubrik, uppgifter.rubrik),
        ("typ", handelse.typ, uppgifter.typ),
        ("beskrivning", handelse.beskrivning, uppgifter.beskrivning),
    ]
    changed = [name for name, old, new in pairs if old != new]
    readers = None if uppgifter.lasare is None else uppgifter.lasare | {handelse.agare_id}
    if readers != handelse.lasande_aktorer():
        changed.append("läsrätt")
    return changed


def _union(before: Collection[int] | None, handelse: Handelse) -> frozenset[int] | None:
    after = handelse.lasande_aktorer()
    return None if before is None or after is None else frozenset(before) | after
