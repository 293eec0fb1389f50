"""Text that did not come along, kept for the person who wrote or chose: within the caller's transaction.

It is as much theirs alone as a draft: the callers have judged that they may write the lägesbild.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from wis import clock
from wis.auth.rules import Subjekt
from wis.lagesbild.mall import ar_nyckel
from wis.lagesbild.rules import rensad
from wis.overbliven import OverblivenText

MIN = "min"
"""Of what one had written oneself."""
MAX_TEXTER = 40
"""So many texts of one person are kept for a lägesbild, and so many characters in all; the oldest go."""
MAX_TECKEN = 400_000
KVAR = timedelta(days=14)
"""How long a text stays after the person has published the lägesbild."""
_FLIK = "flik:"


def fran_flik(revision: int) -> str:
    """The origin of a text that another page of one's own had saved in a draft."""
    return f"{_FLIK}{revision}"


def spara(session: Session, who: Subjekt, lagesbild_id: int, nyckel: str, text: str, ur: str = MIN) -> int:
    """Keep a text for this section; how many old ones had to go for it.

    An empty one is not kept, and one that is kept already is not doubled: it counts as put aside now.
    """
    ren = rensad(text)
    if not ren:
        return 0
    mina = alla(session, who, lagesbild_id)
    samma = next((rad for rad in mina if rad.nyckel == nyckel and rad.text == ren), None)
    if samma is not None:
        samma.skapad, samma.forfaller, samma.ur = clock.now(), None, ur
        return 0
    session.add(
        OverblivenText(
            lagesbild_id=lagesbild_id,
            anvandare_id=who.anvandare_id,
            aktor_id=who.aktor_id,
            nyckel=nyckel,
            text=ren,
            ur=ur,
            skapad=clock.now(),
        )
    )
    return _hall_mattet(session, mina, len(ren))


def spara_alla(session: Session, who: Subjekt, lagesbild_id: int, texter: Mapping[str, str]) -> int:
    """As spara(), of texts by section; how many old ones had to go."""
    return sum(spara(session, who, lagesbild_id, nyckel, text) for nyckel, text in texter.items() if ar_nyckel(nyckel))


def borttagna(antal: int) -> str:
    """What to tell the person of those that had to go."""
    return f"De äldsta texterna som inte kom med är borttagna ({antal}): det finns inte plats för fler."


def _hall_mattet(session: Session, mina: Sequence[OverblivenText], tecken: int) -> int:
    """Throw away the oldest until there is room for one more, of so many characters; `mina` comes newest first."""
    borta = 0
    for antal, rad in enumerate(mina, start=2):
        tecken += len(rad.text)
        if antal > MAX_TEXTER or tecken > MAX_TECKEN:
            session.delete(rad)
            borta += 1
    return borta


def alla(session: Session, who: Subjekt, lagesbild_id: int) -> Sequence[OverblivenText]:
    """What the person has left over at this lägesbild, acting for the same actor, newest first."""
    rad = OverblivenText
    return session.scalars(
        select(rad).where(*_egna(who, lagesbild_id)).order_by(rad.skapad.desc(), rad.id.desc())
    ).all()


def find(session: Session, who: Subjekt, lagesbild_id: int, id_: int) -> OverblivenText | None:
    """This one of them; None if there is no such."""
    return session.scalar(select(OverblivenText).where(*_egna(who, lagesbild_id), OverblivenText.id == id_))


def publicerat(session: Session, who: Subjekt, lagesbild_id: int) -> None:
    """The person has published: what is left over is counted down from now."""
    rad = OverblivenText
    session.execute(
        update(rad).where(*_egna(who, lagesbild_id), rad.forfaller.is_(None)).values(forfaller=clock.now() + KVAR)
    )


def _egna(who: Subjekt, lagesbild_id: int) -> tuple[ColumnElement[bool], ...]:
    rad = OverblivenText
    return (
        rad.lagesbild_id == lagesbild_id,
        rad.anvandare_id == who.anvandare_id,
        rad.aktor_id == who.aktor_id,
    )


def tagen(session: Session, who: Subjekt, lagesbild_id: int, nyckel: str, ur: str, text: str) -> None:
    """A text of this origin has come along after all, or is thrown away."""
    rad = OverblivenText
    denna = (rad.nyckel == nyckel, rad.ur == ur, rad.text == text)
    session.execute(delete(rad).where(*_egna(who, lagesbild_id), *denna))
