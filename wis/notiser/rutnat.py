"""The grid on Mina notiser: kinds down, the channels across, for all events, all exercises and each event.

Pure. A row for an event shows what goes for it; first when a box in it is changed does it become a choice of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wis.handelser.models import Handelse
from wis.notiser.models import Notisslag, Omfattning, Prenumeration
from wis.notiser.service import Val, Valnyckel

INGET = Val(sms=False, epost=False)


@dataclass(frozen=True)
class Valrad:
    """One kind: `falt` begins the names of its fields; `visat` is what was shown, so that a change can be told."""

    falt: str
    slag: Notisslag
    val: Val
    visat: str


@dataclass(frozen=True)
class Valgrupp:
    """The kinds for one reach. `egna`: the event has its own choices; `nyckel`: its id, '' for a general one."""

    rubrik: str
    nyckel: str
    ovning: bool
    egna: bool
    rader: tuple[Valrad, ...]


def grupper(
    sparade: Iterable[Prenumeration], handelser: Iterable[Handelse], skickat: Mapping[str, str] | None = None
) -> list[Valgrupp]:
    """The grid: the two general groups, then one per event. With `skickat` the boxes stand as they were sent."""
    finns = _efter_nyckel(sparade)
    allmanna = [("Alla händelser", Omfattning.ALLA, False), ("Alla övningar", Omfattning.OVNINGAR, True)]
    ut = [
        Valgrupp(rubrik, "", ovning, False, tuple(_rad(Valnyckel(s, vidd), finns, skickat) for s in Notisslag))
        for rubrik, vidd, ovning in allmanna
    ]
    for handelse in handelser:
        nycklar = [Valnyckel(slag, Omfattning.HANDELSE, handelse.id) for slag in Notisslag]
        rader = tuple(_rad(nyckel, finns, skickat, ovning=handelse.ovning) for nyckel in nycklar)
        egna = any(nyckel in finns for nyckel in nycklar)
        ut.append(Valgrupp(handelse.rubrik, str(handelse.id), handelse.ovning, egna, rader))
    return ut


def lasta_val(
    skickat: Mapping[str, str], sparade: Iterable[Prenumeration], handelser: Iterable[Handelse]
) -> dict[Valnyckel, Val | None]:
    """What was chosen, for service.spara_val: only rows that were on the page, and of events that one may read."""
    finns = _efter_nyckel(sparade)
    nycklar = [Valnyckel(slag, vidd) for vidd in (Omfattning.ALLA, Omfattning.OVNINGAR) for slag in Notisslag]
    nycklar += [Valnyckel(slag, Omfattning.HANDELSE, h.id) for h in handelser for slag in Notisslag]
    valda: dict[Valnyckel, Val | None] = {}
    for nyckel in nycklar:
        falt = _falt(nyckel)
        visat = skickat.get(f"{falt}-visat")
        if visat is None:
            continue
        val = _sant(skickat, falt)
        if nyckel in finns:
            valda[nyckel] = None if skickat.get(f"folj-{nyckel.handelse_id}") else val
        elif _kod(val) != visat:
            valda[nyckel] = val
    return valda


def _rad(
    nyckel: Valnyckel, finns: Mapping[Valnyckel, Val], skickat: Mapping[str, str] | None, *, ovning: bool = False
) -> Valrad:
    falt = _falt(nyckel)
    allman = Valnyckel(nyckel.slag, Omfattning.OVNINGAR if ovning else Omfattning.ALLA)
    galler = finns.get(nyckel, finns.get(allman, INGET) if nyckel.handelse_id is not None else INGET)
    if skickat is None:
        return Valrad(falt, nyckel.slag, galler, _kod(galler))
    return Valrad(falt, nyckel.slag, _sant(skickat, falt), skickat.get(f"{falt}-visat", _kod(galler)))


def _efter_nyckel(sparade: Iterable[Prenumeration]) -> dict[Valnyckel, Val]:
    return {
        Valnyckel(Notisslag(rad.slag), Omfattning(rad.omfattning), rad.handelse_id): Val(
            sms=rad.sms, epost=rad.epost, push=rad.push
        )
        for rad in sparade
    }


def _falt(nyckel: Valnyckel) -> str:
    return f"{nyckel.slag}-{nyckel.omfattning if nyckel.handelse_id is None else nyckel.handelse_id}"


def _sant(skickat: Mapping[str, str], falt: str) -> Val:
    return Val(sms=f"{falt}-sms" in skickat, epost=f"{falt}-epost" in skickat, push=f"{falt}-push" in skickat)


def _kod(val: Val) -> str:
    return f"{val.sms:d}{val.epost:d}{'1' if val.push else ''}"
