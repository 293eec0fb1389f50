"""Which versions of underrättelser may be read, in SQL, where several things are listed together."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, or_, select
from sqlalchemy.orm import aliased

from wis.handelser.lasratt import Innehall
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion


def lasbar_underrattelse(
    lasbar: Callable[[Innehall], ColumnElement[bool]], sak: Any = Underrattelse, version: Any = UnderrattelseVersion
) -> ColumnElement[bool]:
    """SQL: may read the version, and the latest one: what was corrected out of sight is not shown as if it stood.

    Needs Handelse, Underrattelse and UnderrattelseVersion.
    """
    senaste = aliased(UnderrattelseVersion)
    rattad = (
        select(literal(1))
        .where(
            senaste.underrattelse_id == sak.id,
            senaste.nummer == sak.senaste,
            lasbar(Innehall(senaste.publicerad, sak.aktor_id, senaste.tlp, sak.krets_id)),
        )
        .correlate_except(senaste)
        .exists()
    )
    egen = lasbar(Innehall(version.publicerad, sak.aktor_id, version.tlp, sak.krets_id))
    return and_(egen, or_(version.nummer == sak.senaste, rattad))
