"""The figures of an event, counted from times. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median


@dataclass(frozen=True)
class Rapporterat:
    """What an actor has published: versions with something new, 'läget oförändrat', underrättelser, and when.

    `mellanrum`: the median time between two reports; None for fewer than two. `brutna`: promised updates that came late
    or never did.
    """

    lagesbilder: int
    oforandrade: int
    underrattelser: int
    forst: datetime
    sist: datetime
    mellanrum: timedelta | None
    brutna: int


@dataclass(frozen=True)
class Rapport:
    """One publication: when, of what kind, and the next that it promised."""

    tid: datetime
    lagesbild: bool
    oforandrad: bool = False
    lovad: datetime | None = None


def rapporterat(rapporter: Sequence[Rapport], now: datetime) -> Rapporterat:
    """The sum of an actor's publications, of which there is at least one."""
    ordnade = sorted(rapporter, key=lambda r: r.tid)
    bilder = [r for r in ordnade if r.lagesbild]
    return Rapporterat(
        lagesbilder=sum(not r.oforandrad for r in bilder),
        oforandrade=sum(r.oforandrad for r in bilder),
        underrattelser=len(ordnade) - len(bilder),
        forst=ordnade[0].tid,
        sist=ordnade[-1].tid,
        mellanrum=mittersta(b.tid - a.tid for a, b in pairwise(bilder)),
        brutna=_brutna(bilder, now),
    )


def _brutna(bilder: Sequence[Rapport], now: datetime) -> int:
    # Each by when the next came; the last by now.
    kom = [*(b.tid for b in bilder[1:]), now][: len(bilder)]
    return sum(r.lovad is not None and nasta > r.lovad for r, nasta in zip(bilder, kom, strict=True))


def mittersta(tider: Iterable[timedelta]) -> timedelta | None:
    """The median; None of nothing."""
    sekunder = [tid.total_seconds() for tid in tider]
    return timedelta(seconds=median(sekunder)) if sekunder else None


def i_ord(tid: timedelta | None) -> str:
    """A span as people say it: '45 s', '12 min', '3 tim 5 min', '2 dygn 4 tim'; '–' for None."""
    if tid is None:
        return "–"
    sekunder = max(0, round(tid.total_seconds()))
    if sekunder < 60:
        return f"{sekunder} s"
    minuter = sekunder // 60
    dygn, rest = divmod(minuter, 24 * 60)
    timmar, minuter = divmod(rest, 60)
    if dygn:
        return f"{dygn} dygn {timmar} tim" if timmar else f"{dygn} dygn"
    return f"{timmar} tim {minuter} min" if timmar and minuter else f"{timmar} tim" if timmar else f"{minuter} min"
