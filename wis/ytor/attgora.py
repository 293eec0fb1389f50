"""What wants something of the one who asks, put together from the packages that ask for it: 'Väntar på dig'."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from wis.arenden import Arende
from wis.auth.rules import Subjekt
from wis.begaran.queries import att_besvara, att_folja
from wis.lagesbild.medgivanden import att_besvara as att_lova
from wis.paverkan.queries import att_svara, problem_for

FRAGAS: tuple[Callable[[Session, Subjekt], Sequence[Arende]], ...] = (
    att_besvara,
    att_svara,
    att_lova,
    problem_for,
    att_folja,
)
"""Each answers with what is of the actor and the role alone, so that those who have the same share one page."""
MEST = 12


def arenden(session: Session, who: Subjekt, now: datetime) -> list[Arende]:
    """What waits, the late first, then by when it is wanted; what has no time comes last, the newest first."""
    if who.gast_i is not None:
        return []
    alla = [arende for fraga in FRAGAS for arende in fraga(session, who)]
    utan_tid = [a for a in alla if a.frist is None]
    med_tid = sorted((a for a in alla if a.frist is not None), key=lambda a: (a.frist or now, a.skapad))
    return [*med_tid, *sorted(utan_tid, key=lambda a: a.skapad, reverse=True)]
