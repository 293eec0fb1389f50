"""How many letters with a way in an actor may have sent: one who has taken over a login must not flood the world."""

from typing import cast

from flask import current_app

from wis.auth.strypning import PER_INBJUDARE, PER_INBJUDNINGSLISTA, Strypning

HOGST_I_TIMMEN = PER_INBJUDARE.amount
"""Invitations of people and guests, and those sent again, per actor and hour."""
HOGST_OM_DAGEN = PER_INBJUDNINGSLISTA.amount
"""New people in lists, per actor and day: a whole kommun can be let in at once, and then no more."""
FOR_MANGA_INBJUDNINGAR = (
    f"Er aktör har bjudit in {HOGST_I_TIMMEN} personer den senaste timmen. Det är en spärr mot att någon missbrukar "
    "ett konto: vänta en stund, eller be den som sköter driften att bjuda in dem."
)


def strypning() -> Strypning:
    """What counts the tries in the running app."""
    return cast(Strypning, current_app.extensions["wis_strypning"])


def ryms(aktor_id: int, antal: int = 1) -> bool:
    """Count these letters for the actor; False, and none counted, when they are more than are left of the hour.

    Call it before the write transaction: the tries may be counted over the network.
    """
    return antal == 0 or strypning().forsok((PER_INBJUDARE, f"inbjudan:{aktor_id}"), antal)


def lista_ryms(aktor_id: int, antal: int) -> bool:
    """As ryms(), for the new people of a list that was tried out first."""
    return antal == 0 or strypning().forsok((PER_INBJUDNINGSLISTA, f"lista:{aktor_id}"), antal)
