"""When two persons must stand behind a publication, and what does for the second. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from wis.tvaperson.models import Niva, Status

MIN_SKAL, MAX_SKAL = 10, 500
SKAL_VID_RATTELSE = "Rättelse av det egna: väntade inte på en kollega."


class KraverTva(Exception):
    """Two persons must stand behind it, and only one does. Nothing has been written."""

    def __init__(self, niva: Niva) -> None:
        super().__init__(f"två personer krävs: {niva}")
        self.niva = niva


class FinnsInte(Exception):
    """No such proposal for whoever asks."""


class ReglernaAndrade(Exception):
    """Somebody else has changed the rules since the page was drawn; nothing has been written."""


class SammaPerson(Exception):
    """Nobody approves what is their own, whatever role they have it in."""


class Avgjort(Exception):
    """Somebody was first: it no longer waits."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.value)
        self.status = status


class Foraldrat(Exception):
    """What it builds on is no longer the latest, or who reads has been changed; nothing has been written."""


@dataclass(frozen=True)
class Intyg:
    """What stands behind a publication besides its author: the colleague who approved it, or why there was none.

    `rattelse`: it corrects one's own, which waits for nobody as long as it does no more than what it corrects.
    """

    godkand_av_id: int | None = None
    nodlage: str = ""
    rattelse: bool = False


INGET = Intyg()
VID_RATTELSE = Intyg(nodlage=SKAL_VID_RATTELSE, rattelse=True)


def niva_av(*, avisera: bool, bradskande: bool = False) -> Niva:
    """What such a publication does. An urgent one that is sent to nobody wakes nobody."""
    if not avisera:
        return Niva.UTAN_AVISERING
    return Niva.BRADSKANDE if bradskande else Niva.AVISERING


def prova(
    regler: Collection[Niva], niva: Niva, forfattare_id: int, intyg: Intyg, tidigare: Collection[Niva] = ()
) -> Intyg:
    """What to note of the publication, of what was given. Raises KraverTva and SammaPerson.

    `regler`: the levels that need two where it is published; `tidigare`: of the versions that it corrects.
    """
    if intyg.godkand_av_id is not None:
        if intyg.godkand_av_id == forfattare_id:
            raise SammaPerson
        return Intyg(intyg.godkand_av_id)
    if niva not in regler:
        # Nothing to set aside: it is an ordinary publication, whatever the form was drawn for.
        return INGET
    if intyg.rattelse and all(niva.hojd > en.hojd for en in tidigare):
        raise KraverTva(niva)
    if len(intyg.nodlage.strip()) < MIN_SKAL:
        raise KraverTva(niva)
    return Intyg(nodlage=intyg.nodlage.strip(), rattelse=intyg.rattelse)


# --- the buttons ---------------------------------------------------------------------------------------------------


class Satt(StrEnum):
    """How one wants it published: at once, by a colleague, alone in an emergency, or as a correction that waits not."""

    GENAST = ""
    BE = "be_"
    NOD = "nod_"
    RATTA = "ratta_"


@dataclass(frozen=True)
class Handling:
    """What the pressed button says."""

    satt: Satt
    avisera: bool


HANDLINGAR = {
    satt.value + ord_: Handling(satt, avisera)
    for satt in Satt
    for ord_, avisera in (("avisera", True), ("tyst", False))
}
"""What the value of a button of a form that publishes means."""


def las_handling(text: str | None) -> Handling | None:
    """What the button means, None for one that publishes nothing."""
    return HANDLINGAR.get(text or "")
