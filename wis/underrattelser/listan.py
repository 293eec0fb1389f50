"""The list of underrättelser: drawn once for all who read the same in every event."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from wis import clock
from wis.auth.krets import Tlp
from wis.auth.rules import Subjekt
from wis.delat import Ritat
from wis.handelser.delat import Klass, dela, mallens, tidigast
from wis.handelser.models import Handelse
from wis.handelser.queries import handelser_for, slutar_i_nagon
from wis.underrattelser import queries
from wis.underrattelser.rules import Plats, plats_for

PER_SIDA = 30
_MALL = "underrattelser/_lista.html"


@dataclass(frozen=True)
class Lista:
    """HTML, until when it is true at most, and whether anything in it is labelled TLP:RED."""

    html: str
    till: datetime
    rott: bool


def lista(session: Session, who: Subjekt, vald: Handelse | None, fore: Plats | None, klassen: Klass | None) -> Lista:
    """A part of the list, of the chosen event alone if any, with the events to choose among.

    `who` reads the chosen one; `klassen`: as klass_i_alla() says, None = shared with nobody.
    """
    handelse_id, val = (None, None) if vald is None else (vald.id, (vald.id, vald.slug))

    def rita() -> Ritat[Lista]:
        now = clock.now()
        urval = queries.Urval(handelse_id=handelse_id, fore=fore, antal=PER_SIDA + 1)
        found = queries.senaste_underrattelser(session, who, urval)
        nasta = str(plats_for(found[PER_SIDA - 1])) if len(found) > PER_SIDA else None
        html = mallens(_MALL, "lista", handelser_for(session, who), val, found[:PER_SIDA], nasta)
        till = tidigast(now, [slutar_i_nagon(session, now)])
        rott = any(version.tlp == Tlp.RED for version in found)
        return Ritat(Lista(html, till, rott), 4 * len(html), till, delas=not rott)

    return dela(klassen, ("underrattelser", handelse_id, fore), rita)
