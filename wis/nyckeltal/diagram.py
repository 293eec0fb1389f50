"""A figure over time as the numbers that an SVG is made of: steps, since a value holds until the next. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wis import datum
from wis.nyckeltal.rules import Serie, Varde, i_ord

BREDD, HOJD = 320, 150
_HOGER, _UPP, _NER = 312, 22, 122
_TECKEN = 8
"""About how wide a digit is: the scale stands to the left of the lines."""
_LITE = 1e-9


@dataclass(frozen=True)
class Punkt:
    """Where a version's value stands. `sist`: it is the newest, and is drawn larger."""

    x: float
    y: float
    sist: bool


@dataclass(frozen=True)
class Diagram:
    """What is drawn: lines as paths, points, and the words of the axes. `beskrivning`: it all, in words."""

    linjer: tuple[str, ...]
    punkter: tuple[Punkt, ...]
    vanster: float
    hogst: str
    lagst: str
    noll: float | None
    fran: str
    till: str
    beskrivning: str


def diagram(serie: Serie, slut: datetime) -> Diagram | None:
    """The figure until `slut`, the newest version; None if fewer than two of its values are numbers."""
    tal = serie.i_tal
    if len(tal) < 2:
        return None
    varden = [_tal(varde) for varde in tal]
    lagst, hogst = min(0.0, *varden), max(0.0, *varden)
    vanster = 10 + _TECKEN * max(len(i_ord(lagst)), len(i_ord(hogst)))
    skala = _Skala(tal[0].nar, max(slut, tal[-1].nar), lagst, hogst, min(vanster, BREDD / 2))
    bitar = [bit for del_ in serie.delar for bit in _i_tal(del_)]
    return Diagram(
        linjer=tuple(_stig(skala, bit, _slut(serie, bit, slut)) for bit in bitar),
        punkter=tuple(Punkt(skala.x(v.nar), skala.y(_tal(v)), v is tal[-1]) for v in tal),
        vanster=skala.vanster,
        hogst=i_ord(hogst),
        lagst=i_ord(lagst),
        noll=skala.y(0.0) if lagst < 0 else None,
        fran=datum.datumtid(tal[0].nar),
        till=datum.datumtid(skala.slut),
        beskrivning=_beskrivning(serie, tal),
    )


@dataclass(frozen=True)
class _Skala:
    borjan: datetime
    slut: datetime
    lagst: float
    hogst: float
    vanster: float

    def x(self, nar: datetime) -> float:
        hela = (self.slut - self.borjan) / timedelta(seconds=1)
        del_ = (nar - self.borjan) / timedelta(seconds=1) / hela if hela > 0 else 1.0
        return round(self.vanster + del_ * (_HOGER - self.vanster), 1)

    def y(self, varde: float) -> float:
        hela = self.hogst - self.lagst
        del_ = (varde - self.lagst) / hela if hela > _LITE else 0.0
        return round(_NER - del_ * (_NER - _UPP), 1)


def _tal(varde: Varde) -> float:
    if varde.tal is None:
        raise ValueError(varde.text)
    return varde.tal


def _i_tal(bit: Sequence[Varde]) -> list[list[Varde]]:
    """The runs of numbers: what is no number is a gap too."""
    ut: list[list[Varde]] = [[]]
    for varde in bit:
        if varde.tal is None:
            ut.append([])
        else:
            ut[-1].append(varde)
    return [run for run in ut if run]


def _slut(serie: Serie, bit: Sequence[Varde], slut: datetime) -> datetime:
    """Until when the last of them is known to hold: the newest version, if nothing has broken it before."""
    return slut if serie.galler and bit[-1] is serie.delar[-1][-1] else bit[-1].nar


def _stig(skala: _Skala, bit: Sequence[Varde], slut: datetime) -> str:
    stig = f"M{skala.x(bit[0].nar)} {skala.y(_tal(bit[0]))}"
    for varde in bit[1:]:
        stig += f"H{skala.x(varde.nar)}V{skala.y(_tal(varde))}"
    return stig + f"H{skala.x(max(slut, bit[-1].nar))}"


def _beskrivning(serie: Serie, tal: Sequence[Varde]) -> str:
    enhet = f" {serie.enhet}" if serie.enhet else ""
    forst, sist = tal[0], tal[-1]
    hal = f" Linjen är bruten {len(serie.delar) - 1} gånger, där en version saknar talet." * (len(serie.delar) > 1)
    return (
        f"{serie.namn}: från {forst.text}{enhet} {datum.datumtid(forst.nar)} "
        f"till {sist.text}{enhet} {datum.datumtid(sist.nar)}, "
        f"{len(tal)} värden, lägst {i_ord(min(map(_tal, tal)))}, högst {i_ord(max(map(_tal, tal)))}.{hal}"
    )
