"""What a pressed button of the compile page says."""

import re
from collections.abc import Mapping

from wis.lagesbild.kallor import Kalla
from wis.samlad.rules import PaPlats, TaIn

_TA_IN = re.compile(
    r"ta:([a-z0-9][a-z0-9-]{0,80}) ([1-9][0-9]{0,8}) ([a-z0-9_-]{1,60}):([0-9]{1,4}):([a-z0-9_-]{1,60})"
)
_PLATS = re.compile(
    r"(bort|upp|ned|behall|kvar|ersatt):([a-z0-9_]{1,60}):([0-9]{1,4})(?::([1-9][0-9]{0,8}))?(?::([0-9]{1,4}))?"
)


def tolka(skickat: Mapping[str, str]) -> TaIn | PaPlats | None:
    """What the form asks for; None if it can't be understood."""
    sagt = skickat.get("handling", "")
    if m := _TA_IN.fullmatch(sagt):
        till = skickat.get(f"till-{m[5]}", "") or m[5]
        return TaIn(Kalla(m[1], int(m[2]), m[3]), int(m[4]), till)
    if m := _PLATS.fullmatch(sagt):
        return PaPlats(m[1], m[2], int(m[3]), int(m[4] or 0), int(m[5] or 0))
    return None
