"""The region at a glance: how hard each actor says that each vital function is struck, now and over time. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from wis.lagesbild import kallor
from wis.lagesbild.mall import FUNKTIONER, GRADER
from wis.lagesbild.rader import Rad

STEG = 8
AVSTAND = timedelta(hours=3)
"""So many moments are shown of the time before, and so far apart."""
MEST_I_KORTHET, KOLUMNER_I_KORTHET = 10, 12
"""So many functions and actors at most stand on the start page: the gravest."""
_KANDA = {funktion.casefold(): plats for plats, funktion in enumerate(FUNKTIONER)}


def tider(slut: datetime) -> list[datetime]:
    """The moments that are shown, the oldest first and `slut` last."""
    return [slut - AVSTAND * steg for steg in reversed(range(STEG))]


def niva(grad: str) -> int:
    """The rank: 0 for 'ingen' to 4 for 'kritisk'; -1 for what nobody has said."""
    return GRADER.index(grad) if grad in GRADER else -1


def bokstav(grad: str) -> str:
    """The letter that stands for it beside its colour; '?' for what nobody has said."""
    return grad[0].upper() if grad in GRADER else "?"


@dataclass(frozen=True)
class Uppgift:
    """What one version says of one function: whose, in which event, and the words beside."""

    aktor_id: int
    funktion: str
    grad: str
    text: str
    lank: str
    publicerad: datetime


@dataclass(frozen=True)
class Ruta:
    """An actor's word of a function: the gravest in any of its lägesbilder; `forra`: what it was at the moment before
    the last, None if it said nothing then."""

    uppgift: Uppgift
    forra: str | None

    @property
    def grad(self) -> str:
        """How hard."""
        return self.uppgift.grad

    @property
    def andring(self) -> str:
        """'värre', 'bättre', 'ny', or '' for as it was."""
        if self.forra is None:
            return "ny"
        skillnad = niva(self.grad) - niva(self.forra)
        return "värre" if skillnad > 0 else "bättre" if skillnad < 0 else ""


@dataclass(frozen=True)
class Funktionsrad:
    """A function: its boxes by actor, and the gravest that anybody said of it at each of the moments ('' = nobody)."""

    funktion: str
    rutor: Mapping[int, Ruta] = field(default_factory=dict)
    over_tid: Sequence[str] = ()

    @property
    def varst(self) -> int:
        """The rank of the gravest of its boxes."""
        return max((niva(ruta.grad) for ruta in self.rutor.values()), default=-1)


def uppgifter(rader: Iterable[Rad], aktor_id: int, lank: str, publicerad: datetime) -> list[Uppgift]:
    """What the rows of a section of impact say."""
    ut = []
    for funktion, grad, text in rader:
        namn = " ".join(kallor.utan(funktion).split())
        if namn:
            ut.append(Uppgift(aktor_id, namn, grad, text, lank, publicerad))
    return ut


def raknade(vid: Sequence[Sequence[Uppgift]]) -> list[Funktionsrad]:
    """The functions, the gravest first, from what was said at each of the moments (the last: as it is shown).

    A function that everybody who speaks of it says is not struck comes last; one that nobody speaks of now is left out.
    """
    varst = [_varst(uppgifterna) for uppgifterna in vid]
    namn = {nyckel: ett.funktion for (_, nyckel), ett in reversed(varst[-1].items())}
    rader = []
    for nyckel, funktion in namn.items():
        forra = varst[-2] if len(varst) > 1 else {}
        rutor = {
            aktor_id: Ruta(ett, forra[aktor_id, nyckel].grad if (aktor_id, nyckel) in forra else None)
            for (aktor_id, vilken), ett in varst[-1].items()
            if vilken == nyckel
        }
        over_tid = [_gravsta(ett.grad for (_, vilken), ett in da.items() if vilken == nyckel) for da in varst]
        rader.append(Funktionsrad(_KANDA_NAMN.get(nyckel, funktion), rutor, over_tid))
    return sorted(rader, key=lambda rad: (-rad.varst, _KANDA.get(rad.funktion.casefold(), len(_KANDA)), rad.funktion))


_KANDA_NAMN = {funktion.casefold(): funktion for funktion in FUNKTIONER}


def i_korthet(rader: Sequence[Funktionsrad]) -> list[Funktionsrad]:
    """Those that are gravely struck, as the start page shows them, at most MEST_I_KORTHET."""
    return [rad for rad in rader if rad.varst >= niva("betydande")][:MEST_I_KORTHET]


def _varst(alla: Iterable[Uppgift]) -> dict[tuple[int, str], Uppgift]:
    """Of each actor and function (casefolded) the gravest, and of equals the newest."""
    ut: dict[tuple[int, str], Uppgift] = {}
    for ett in sorted(alla, key=lambda u: (niva(u.grad), u.publicerad)):
        ut[ett.aktor_id, ett.funktion.casefold()] = ett
    return ut


def _gravsta(grader: Iterable[str]) -> str:
    return max(grader, key=niva, default="")
