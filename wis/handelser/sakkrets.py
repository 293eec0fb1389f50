"""Who reads a thing of an actor's own in an event: what the services and pages of such things share."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wis import clock
from wis.aktorer.models import Aktor
from wis.auth.krets import Tlp, gemensamma
from wis.auth.rules import Beslut, Sak, Subjekt, Verb, can
from wis.auth.service import aktuellt_subjekt
from wis.handelser.kretsar import Lasarval, lagg_till, satt_krets
from wis.handelser.models import Lasarkrets, LasarkretsAktor


class Otillaten(Exception):
    """Raised when who asks may not (any longer) do `verb`; nothing has been written."""

    def __init__(self, beslut: Beslut, verb: Verb, sak: Sak) -> None:
        super().__init__(beslut.skal)
        self.beslut, self.verb, self.sak = beslut, verb, sak


def krav_nu(session: Session, who: Subjekt, verb: Verb, sak: Sak) -> None:
    """Judge by what the database says within the write transaction. Raises Otillaten."""
    beslut = can(aktuellt_subjekt(session, who), verb, sak, clock.now())
    if not beslut:
        raise Otillaten(beslut, verb, sak)


@dataclass(frozen=True)
class Kretsval:
    """What a form says of who reads: the choice, and the signatur() of what the one who chose saw."""

    val: Lasarval
    bygger_pa: str

    def som_json(self) -> dict[str, Any]:
        """The choice as it can be kept."""
        lasare, till = self.val.lasare, self.val.till
        return {
            "lasare": None if lasare is None else sorted(lasare),
            "aven_tidigare": self.val.aven_tidigare,
            "till": None if till is None else till.isoformat(),
            "bygger_pa": self.bygger_pa,
        }

    @classmethod
    def ur_json(cls, sparad: Mapping[str, Any]) -> "Kretsval":
        """What som_json() made."""
        lasare, till = sparad["lasare"], sparad["till"]
        val = Lasarval(
            None if lasare is None else frozenset(lasare),
            sparad["aven_tidigare"],
            None if till is None else datetime.fromisoformat(till),
        )
        return cls(val, sparad["bygger_pa"])


def las_om(session: Session, krets_id: int | None) -> Lasarkrets | None:
    """The circle as the database has it now, whatever the session has read before; for after its thing is locked."""
    if krets_id is None:
        return None
    fresh = select(Lasarkrets).where(Lasarkrets.id == krets_id).execution_options(populate_existing=True)
    return session.scalars(fresh).one()


def signatur(krets: Lasarkrets | None) -> str:
    """A text that differs whenever who reads, or since when, does: for a form to carry. '' = read as the event is."""
    if krets is None:
        return ""
    valda = sorted((rad.aktor_id, str(rad.fran or "")) for rad in krets.valda)
    return hashlib.sha256(json.dumps([krets.alla, str(krets.alla_fran or ""), valda]).encode()).hexdigest()


def andrar(krets: Lasarkrets | None, agare: Aktor, val: Lasarval) -> bool:
    """Whether the choice is another than what stands."""
    wanted = None if val.lasare is None else val.lasare | {agare.id}
    return wanted != valda(krets, agare)


def vidgar(krets: Lasarkrets | None, agare: Aktor, val: Lasarval) -> bool:
    """Whether the choice lets somebody read who does not read now."""
    nu = valda(krets, agare)
    return nu is not None and (val.lasare is None or not val.lasare <= nu)


def uppraknade(namn: Sequence[str], hogst: int = 10) -> str:
    """Names in a row, no more than `hogst`: 'Nacka, Solna och 3 till'; '' for none."""
    over = len(namn) - hogst
    return ", ".join(namn[:hogst]) + (f" och {over} till" if over > 0 else "")


def valda(krets: Lasarkrets | None, agare: Aktor) -> frozenset[int] | None:
    """The ids of the actors that were chosen, the owner among them; None = all who read the event."""
    return None if krets is None or krets.alla else frozenset(krets.krets(agare).fran)


def i_protokoll(krets: Lasarkrets | None, agare: Aktor) -> list[int] | str:
    """Who reads, as it stands in the record: ids, or 'alla i händelsen'."""
    ids = valda(krets, agare)
    return "alla i händelsen" if ids is None else sorted(ids)


def oppna(session: Session, krets: Lasarkrets | None, agare: Aktor, aktor_id: int, *, aven_tidigare: bool) -> bool:
    """Let one actor more into the circle, and nobody else see more; whether that changed anything.

    A thing without a circle is read as the event is: there is nothing to open.
    """
    if krets is None or aktor_id == agare.id:
        return False
    before = signatur(krets)
    # Not its `aven_tidigare`: that would show what was published earlier to the other late readers too.
    satt_krets(session, krets, agare, lagg_till(krets.krets(agare), aktor_id, aven_tidigare=False))
    if aven_tidigare:
        rad = next((rad for rad in krets.valda if rad.aktor_id == aktor_id), None)
        if rad is None:
            krets.valda.append(LasarkretsAktor(aktor_id=aktor_id))
        else:
            rad.fran = None
        session.flush()
    return signatur(krets) != before


def forlorare(fore: Sak | None, nu: Sak) -> frozenset[int] | None:
    """The ids of the actors among whom somebody may have lost the thing by what became of it; None = any of all."""
    if fore is None or (fore.lasande_aktorer(), fore.tlp) == (nu.lasande_aktorer(), nu.tlp):
        return frozenset()
    return fore.lasande_aktorer()


def rott_for_alla(sak: Sak) -> bool:
    """Whether it is labelled RED though no actors are chosen by name: then nobody but the owner would read it."""
    return sak.tlp is Tlp.RED and gemensamma(sak.kretsar) is None


@dataclass(frozen=True)
class Lasratt:
    """Of the actors that read the event: those that read the thing, and those that don't.

    `slutar`: when the right of an actor ends by itself.
    """

    har: tuple[Aktor, ...]
    saknar: tuple[Aktor, ...]
    slutar: Mapping[int, datetime] = field(default_factory=dict)

    @property
    def antal(self) -> int:
        """How many read it."""
        return len(self.har)

    @property
    def av(self) -> int:
        """How many read the event."""
        return len(self.har) + len(self.saknar)


def lasratt(sak: Sak, aktorer: Sequence[Aktor]) -> Lasratt:
    """Who of these reads what `sak` says, which lies in an event (whose circle is its first)."""
    named = sak.lasande_aktorer()
    i_handelsen = [a for a in aktorer if sak.kretsar[0].rymmer(a.id, a.ansluten, None)]
    har = [
        a
        for a in i_handelsen
        if (named is None or a.id in named)
        and all(krets.rymmer(a.id, a.ansluten, sak.publicerad) for krets in sak.kretsar)
    ]
    slutar = {id_: till for krets in sak.kretsar for id_, till in krets.till.items()}
    return Lasratt(tuple(har), tuple(a for a in i_handelsen if a not in har), slutar)
