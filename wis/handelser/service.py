"""Opening and editing events, within the caller's transaction.

Whoever locks an event locks it first of all, and writes the record last of all: then nobody waits in a circle.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.andringar import Andring, Slag, anmal
from wis.auth.rules import Subjekt
from wis.handelser import vidgning
from wis.handelser.kretsar import Lasarval, satt_handelsens_krets
from wis.handelser.models import Beslutsslag, Handelse, Handelsebeslut, Lage, Typ
from wis.handelser.rules import Inaktuell, RedanSkickat, egen_nyckel, slug_av

_FORSOK = 5


@dataclass(frozen=True)
class Handelseuppgifter:
    """What is said of an event; `beskrivning_html` is rendered by wis.markup."""

    rubrik: str
    typ: Typ
    beskrivning: str
    beskrivning_html: str
    lasare: Lasarval


def oppna(session: Session, who: Subjekt, uppgifter: Handelseuppgifter, *, ovning: bool, nyckel: str) -> Handelse:
    """A new event owned by the actor that `who` acts for; the one already made if this form (`nyckel`) came before.

    Raises RedanSkickat if it came before with something else in it.
    """
    stored = egen_nyckel(nyckel, who.anvandare_id, who.aktor_id)
    kvar = _FORSOK
    while True:
        earlier = session.scalar(select(Handelse).where(Handelse.idempotensnyckel == stored))
        if earlier is not None:
            if earlier.ovning != ovning or _andringar(earlier, uppgifter):
                raise RedanSkickat(earlier.slug)
            return earlier
        handelse = _ny(session, who, uppgifter, ovning=ovning, nyckel=stored)
        kvar -= 1
        try:
            with session.begin_nested():
                session.add(handelse)
        except IntegrityError:
            # The same form, or an event with the same title, at the same moment: look again.
            if not kvar:
                raise
        else:
            skriv_beslut(session, who, handelse, Beslutsslag.OPPNAD, "")
            return handelse


def _ny(session: Session, who: Subjekt, uppgifter: Handelseuppgifter, *, ovning: bool, nyckel: str) -> Handelse:
    handelse = Handelse(
        slug=slug_av(uppgifter.rubrik, set(session.scalars(select(Handelse.slug)))),
        ovning=ovning,
        lage=Lage.ORDINARIE,
        agare_id=who.aktor_id,
        skapad=clock.now(),
        skapad_av_id=who.anvandare_id,
        idempotensnyckel=nyckel,
    )
    _satt(session, handelse, uppgifter)
    return handelse


def signatur(handelse: Handelse) -> str:
    """A text that differs whenever what is said of the event, who reads it or since when, does: for a form to carry."""
    krets = handelse.krets()
    lasare = [krets.alla, str(krets.alla_fran), sorted((aktor_id, str(fran)) for aktor_id, fran in krets.fran.items())]
    said = [handelse.rubrik, handelse.typ, handelse.beskrivning, lasare]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def andra(session: Session, who: Subjekt, handelse: Handelse, uppgifter: Handelseuppgifter, bygger_pa: str) -> None:
    """Change what is said of a locked event and who reads it; what changed is logged in words.

    `bygger_pa` is the signatur() of what the one who changes saw. Raises Inaktuell if that is not what stands now: a
    right to read that somebody else took away is not given back unseen. Raises vidgning.Hindrad, with all to be rolled
    back, where what was published before can't be opened to the new readers.
    """
    before = handelse.lasande_aktorer()
    changes = _andringar(handelse, uppgifter)
    if not changes:
        return
    if bygger_pa != signatur(handelse):
        raise Inaktuell
    krets = handelse.krets()
    _satt(session, handelse, uppgifter)
    session.flush()
    if uppgifter.lasare.aven_tidigare:
        vidgning.prova(session, handelse, krets)
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
    beslut = nytt_beslut(session, who, handelse, slag, motivering)
    logga_beslut(session, handelse, beslut, horare)
    return beslut


def nytt_beslut(
    session: Session, who: Subjekt, handelse: Handelse, slag: Beslutsslag, motivering: str
) -> Handelsebeslut:
    """The decision as a row of the event. For whoever has more to write before logga_beslut()."""
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
    return beslut


def logga_beslut(
    session: Session, handelse: Handelse, beslut: Handelsebeslut, horare: frozenset[int] | None = frozenset()
) -> None:
    """The decision in the record, which comes last in the transaction, and word to the screens."""
    audit.record(
        session,
        f"händelse {beslut.slag}",
        anvandare_id=beslut.anvandare_id,
        aktor_id=beslut.aktor_id,
        objekt=f"handelse:{handelse.id}",
        slug=handelse.slug,
        lage=handelse.lage,
        motivering=beslut.motivering,
        lasare=sorted(handelse.lasande_aktorer() or ()) or "alla",
    )
    readers = handelse.lasande_aktorer()
    anmal(session, Andring(Slag.HANDELSE, beslut.id, handelse_id=handelse.id, aktorer=readers, forlorat=horare))


def _satt(session: Session, handelse: Handelse, uppgifter: Handelseuppgifter) -> None:
    handelse.rubrik = uppgifter.rubrik
    handelse.typ = uppgifter.typ
    handelse.beskrivning = uppgifter.beskrivning
    handelse.beskrivning_html = uppgifter.beskrivning_html
    satt_handelsens_krets(session, handelse, uppgifter.lasare)


def _andringar(handelse: Handelse, uppgifter: Handelseuppgifter) -> list[str]:
    pairs: list[tuple[str, object, object]] = [
        ("rubrik", handelse.rubrik, uppgifter.rubrik),
        ("typ", handelse.typ, uppgifter.typ),
        ("beskrivning", handelse.beskrivning, uppgifter.beskrivning),
    ]
    changed = [name for name, old, new in pairs if old != new]
    if _andrar_lasratt(handelse, uppgifter.lasare):
        changed.append("läsrätt")
    return changed


def _andrar_lasratt(handelse: Handelse, val: Lasarval) -> bool:
    readers = None if val.lasare is None else val.lasare | {handelse.agare_id}
    return readers != handelse.lasande_aktorer()


def _union(before: Collection[int] | None, handelse: Handelse) -> frozenset[int] | None:
    after = handelse.lasande_aktorer()
    return None if before is None or after is None else frozenset(before) | after
