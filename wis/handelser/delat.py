"""Which readers read the same of an event: for them its pages are drawn once. Rights are judged before this is asked.

What readers of one class share is all that the rights to read judge of them: the actor and since when it has been here,
whether one is a guest, the role; and the event's number, which rises with all that is published, changed or narrowed
in it. Rights that end by themselves, and words that age, are held to their time.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar, cast

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wis import clock, tolk
from wis.andringar import Andringsnummer, Raknat, numret
from wis.auth.atkomst import inloggad
from wis.auth.rules import Subjekt
from wis.delat import Minne, Ritat
from wis.handelser.models import Handelse
from wis.sprak import Sprak

T = TypeVar("T")
TID = timedelta(seconds=30)
"""For how long a time in words ('för 12 min sedan') may stand as it was drawn; scripts keep it true."""


@dataclass(frozen=True)
class Klass:
    """Readers who read the same of an event as it is now, and until when that is certain without asking again."""

    nyckel: tuple[Hashable, ...]
    nu: datetime
    till: datetime


def las_nummer(session: Session, handelse_id: int) -> int:
    """The number of the changes of the page's event. Read it before what is shared: that is then at least as new."""
    # In the snapshot by which rights are judged: what is taken from memory must be no older than them.
    return session.scalar(select(numret(Raknat.HANDELSE, handelse_id))) or 0


def las_allas_nummer(session: Session) -> int:
    """The number of the changes of all events together, for a page that is of none. Read it first, as las_nummer()."""
    return session.connection().scalar(_ALLAS_NUMMER) or 0


_ALLAS_NUMMER = select(func.sum(Andringsnummer.nummer)).where(Andringsnummer.slag == Raknat.HANDELSE.value)


def klass(handelse: Handelse, nummer: int) -> Klass | None:
    """The class of the one who asks, who has been found to read the event.

    None for who sees the page as somebody else would: two persons' rights make it, and it is shared with nobody.
    """
    who, nu = inloggad(), clock.now()
    if who.betraktare is not None:
        return None
    nyckel = (handelse.id, nummer, handelse.slug, *ratt(who, handelse.id, nu))
    return Klass(nyckel, nu, tidigast(nu, handelse.krets().till.values()))


def ratt(who: Subjekt, handelse_id: int | None, nu: datetime) -> tuple[Hashable, ...]:
    """All of a reader that decides what they read in an event (None: where no role is set for them), as long as nothing
    in it has changed."""
    return (who.aktor_id, who.ansluten, who.gast_i, who.roll_i(handelse_id, nu))


def klass_i_alla(nummer: int) -> Klass | None:
    """As klass(), of the one who asks for a page of all events; `nummer`: of their changes together.

    What ends by itself in them is not known here: what is shared is held to slutar_i_nagon().
    """
    who, nu = inloggad(), clock.now()
    if who.betraktare is not None:
        return None
    satta = frozenset((r.handelse_id, who.roll_i(r.handelse_id, nu)) for r in who.handelseroller)
    return Klass(("alla", nummer, *ratt(who, None, nu), satta), nu, nu + TID)


def tidigast(nu: datetime, tider: Iterable[datetime | None]) -> datetime:
    """The first of these moments that is still to come, and no later than TID from now."""
    return min([nu + TID, *(tid for tid in tider if tid is not None and tid > nu)])


def dela(klassen: Klass | None, namn: tuple[Hashable, ...], rita: Callable[[], Ritat[T]]) -> T:
    """What `rita` gives, or gave to another reader of the class under the same name.

    It must depend on nothing but the class and the name.
    """
    if klassen is None:
        return rita().varde

    def ritat() -> Ritat[T]:
        nytt = rita()
        return Ritat(nytt.varde, nytt.storlek, min(nytt.till, klassen.till), nytt.delas)

    return minnet().hamta((klassen.nyckel, namn), klassen.nu, ritat)


def minnet() -> Minne:
    """The memory of the running app for the language that is drawn in: no key can forget to say which."""
    sprak = tolk.nu()
    namn = "wis_delat" if sprak is Sprak.SV else f"wis_delat_{sprak}"
    return cast(Minne, current_app.extensions.setdefault(namn, Minne()))


def mallens(mall: str, makro: str, *varden: object, **namngivna: object) -> str:
    """The HTML of a template's macro, which sees nothing but what it is given: not who is logged in, nor their page."""
    module = current_app.jinja_env.get_template(mall).module
    return cast(str, getattr(module, makro)(*varden, **namngivna))
