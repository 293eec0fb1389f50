"""What has been changed about a function, by whom and why: read from the record."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wis.audit import Loggpost
from wis.auth.models import Anvandare

SENASTE = 20
"""So many changes are shown."""
_ANDRINGAR = ("lägger upp funktion", "ändrar funktion", "lägger ned funktion")
_TJANSTEN = ("går i tjänst", "tar över tjänst", "avslutar tjänst")
"""Of duty only what somebody did for another stands here: the rest is in the list of turns."""


@dataclass(frozen=True)
class Andring:
    """One change: what, more of it, who did it and why ('' when nothing was said)."""

    tid: datetime
    vad: str
    mer: str
    vem: str
    motivering: str


def andringar(session: Session, funktion_id: int) -> list[Andring]:
    """The latest changes of the function and of who is on duty by an administrator's hand, the last first."""
    rows = session.execute(
        select(Loggpost, Anvandare.namn)
        .outerjoin(Anvandare, Anvandare.id == Loggpost.anvandare_id)
        .where(Loggpost.objekt == f"funktion:{funktion_id}", Loggpost.handling.in_((*_ANDRINGAR, *_TJANSTEN)))
        .order_by(Loggpost.nummer.desc())
        .limit(10 * SENASTE)
    )
    found = [_andring(post, namn or "driften, på kommandoraden") for post, namn in rows]
    return [en for en in found if en is not None][:SENASTE]


def _andring(post: Loggpost, vem: str) -> Andring | None:
    said = json.loads(post.uppgifter)
    if post.handling in _TJANSTEN:
        if said.get("vem") == vem:
            return None
        vad, mer = _om_tjanst(post.handling, said)
    else:
        vad, mer = _om_funktionen(post.handling, said)
    return Andring(post.tid, vad, mer, vem, said.get("motivering", ""))


def _om_tjanst(handling: str, said: dict[str, Any]) -> tuple[str, str]:
    person = said.get("vem", "")
    if handling == "avslutar tjänst":
        return "Tjänst avslutad", person
    fran = f", i stället för {said['fran']}" if "fran" in said else ""
    return "Satt i tjänst", f"{person} till {said.get('till', '')}{fran}"


def _om_funktionen(handling: str, said: dict[str, Any]) -> tuple[str, str]:
    if handling == "lägger ned funktion":
        return "Nedlagd", ""
    if handling == "lägger upp funktion":
        listade = ", ".join(said.get("far_ga_i_tjanst", [])) or "ingen än"
        return "Upplagd", f"rollen {said.get('roll', '')}; får gå i tjänst: {listade}"
    return "Ändrad", "; ".join(_skillnad(said.get("fore", {}), said.get("efter", {})))


def _skillnad(fore: dict[str, Any], efter: dict[str, Any]) -> list[str]:
    said = [
        f"{falt} från {fore[falt]} till {efter[falt]}"
        for falt in ("kortnamn", "namn", "roll")
        if fore.get(falt) != efter.get(falt)
    ]
    gamla, nya = fore.get("far_ga_i_tjanst", []), efter.get("far_ga_i_tjanst", [])
    till, bort = [namn for namn in nya if namn not in gamla], [namn for namn in gamla if namn not in nya]
    if till:
        said.append(f"{', '.join(till)} får gå i tjänst")
    if bort:
        said.append(f"{', '.join(bort)} får inte längre gå i tjänst")
    return said
