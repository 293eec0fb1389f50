"""The page put together: what is new, event by event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy.orm import Session

from wis.auth.krets import Tlp
from wis.delat import Ritat
from wis.handelser.delat import minnet, tidigast
from wis.handelser.models import Handelse
from wis.jamfor import Del
from wis.lagesbild import sedan
from wis.lagesbild.models import LagesbildVersion
from wis.nytt import queries, rules
from wis.nytt.queries import Fraga
from wis.nytt.rules import Rang
from wis.underrattelser.models import UnderrattelseVersion

_FAST = 512


@dataclass(frozen=True)
class Andring:
    """A section that differs: its name and its words, cut to what is next to a change."""

    namn: str
    delar: Sequence[Del]


@dataclass(frozen=True)
class NyBild:
    """A lägesbild that has come on. `forra`: what was read, None for nothing that may still be read."""

    version: LagesbildVersion
    forra: LagesbildVersion | None
    andringar: Sequence[Andring]

    @property
    def handelse(self) -> Handelse:
        """In which event."""
        return self.version.lagesbild.handelse

    @property
    def tid(self) -> datetime:
        """When it came."""
        return self.version.publicerad


@dataclass(frozen=True)
class NyUnderrattelse:
    """An underrättelse that has come, or been corrected."""

    version: UnderrattelseVersion

    @property
    def handelse(self) -> Handelse:
        """In which event."""
        return self.version.underrattelse.handelse

    @property
    def tid(self) -> datetime:
        """When it came."""
        return self.version.publicerad


Sak = NyBild | NyUnderrattelse


@dataclass(frozen=True)
class Grupp:
    """What is new in one event, newest first."""

    handelse: Handelse
    saker: Sequence[Sak]

    @property
    def rang(self) -> Rang:
        """Where it comes."""
        return _rang(self.handelse)


@dataclass(frozen=True)
class Sida:
    """What is new. `till`: the moment of the newest of it; `fler`: there is more than is shown."""

    grupper: Sequence[Grupp]
    antal: int
    fler: bool
    till: datetime | None

    def med_rang(self, rang: Rang) -> list[Grupp]:
        """The events that stand together."""
        return [grupp for grupp in self.grupper if grupp.rang is rang]


def sida(session: Session, fraga: Fraga, antal: int) -> Sida:
    """At most so many things that are new, in the order of the page."""
    nya: list[LagesbildVersion | UnderrattelseVersion] = []
    forra: dict[int, LagesbildVersion | None] = {}
    for ny, last in queries.lagesbilder(session, fraga, antal + 1):
        nya.append(ny)
        forra[ny.lagesbild_id] = last
    nya += queries.underrattelser(session, fraga, antal + 1)
    visas = rules.i_ordning(nya, lambda ett: _rang(_handelsen(ett)), lambda ett: ett.publicerad)[:antal]
    saker = [_sak(ett, forra, fraga.now) for ett in visas]
    till = max((sak.tid for sak in saker), default=None)
    return Sida(_grupper(saker), len(saker), len(nya) > antal, till)


def _sak(ett: LagesbildVersion | UnderrattelseVersion, forra: dict[int, LagesbildVersion | None], nu: datetime) -> Sak:
    if isinstance(ett, UnderrattelseVersion):
        return NyUnderrattelse(ett)
    last = forra[ett.lagesbild_id]
    return NyBild(ett, last, [] if last is None else _andringar(last, ett, nu))


def _grupper(saker: Sequence[Sak]) -> list[Grupp]:
    """The events in order of what is newest in them."""
    plats: dict[int, int] = {}
    for sak in saker:
        plats.setdefault(sak.handelse.id, len(plats))
    ordnade = sorted(saker, key=lambda sak: plats[sak.handelse.id])
    grupper = [list(dessa) for _, dessa in groupby(ordnade, key=lambda sak: sak.handelse.id)]
    return [Grupp(dessa[0].handelse, dessa) for dessa in grupper]


def _handelsen(ett: LagesbildVersion | UnderrattelseVersion) -> Handelse:
    return ett.underrattelse.handelse if isinstance(ett, UnderrattelseVersion) else ett.lagesbild.handelse


def _rang(handelse: Handelse) -> Rang:
    if handelse.stangd is not None:
        return Rang.STANGD
    return Rang.OVNING if handelse.ovning else Rang.OPPEN


def _andringar(da: LagesbildVersion, ny: LagesbildVersion, nu: datetime) -> Sequence[Andring]:
    """What differs between two versions that may be read: worked out once for all who go from the one to the other."""
    # The summaries, which are not what they were once a version has been thrown away (wis.arkiv.gallring).
    nyckel = ("nytt", ny.lagesbild_id, da.nummer, ny.nummer, da.sammanfattning, ny.sammanfattning)

    def rita() -> Ritat[Sequence[Andring]]:
        fore, efter, mall = sedan.texter(da), sedan.texter(ny), sedan.mall_for(da, ny)
        olika = set(sedan.andrade(fore, efter))
        andringar = [
            Andring(ett.namn, rules.kort(sedan.skillnad(ett, fore.get(ett.nyckel, ""), efter.get(ett.nyckel, ""))))
            for ett in mall.avsnitt
            if ett.nyckel in olika
        ]
        storlek = _FAST + 4 * sum(len(del_.text) for andring in andringar for del_ in andring.delar)
        return Ritat(andringar, storlek, tidigast(nu, []), Tlp.RED not in {da.tlp, ny.tlp})

    return minnet().hamta(nyckel, nu, rita)
