"""The compile page, put together from what was read. No writing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from wis import clock
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer
from wis.auth.rules import Subjekt
from wis.handelser.models import Handelse
from wis.handelser.sakkrets import lasratt
from wis.lagesbild import mallar, utkast
from wis.lagesbild import queries as bilder
from wis.lagesbild.mall import Mall
from wis.lagesbild.models import Lagesbild
from wis.samlad import queries, rules
from wis.samlad.rules import Avsnittsdel, Kallgrupp, Kallversion, Underlag
from wis.samlad.service import Sett


@dataclass(frozen=True)
class Lage:
    """Who contributes, who doesn't, who is late, and which sections no one has filled."""

    bidrar: Sequence[Kallversion]
    saknas: Sequence[Aktor]
    sena: Sequence[Kallversion]
    otackta: Sequence[str]

    @property
    def av(self) -> int:
        """How many read the event."""
        return len(self.bidrar) + len(self.saknas)


@dataclass(frozen=True)
class Sammanstallning:
    """The page. `sett`: the draft that it shows; `nyast`: the number of the latest samlade, or 0."""

    sett: Sett
    sparad: datetime | None
    nyast: int
    mall: Mall
    delar: Sequence[Avsnittsdel]
    annat: Sequence[Kallgrupp]
    svar: Sequence[tuple[str, Sequence[Kallgrupp]]]
    lage: Lage

    @property
    def nyare(self) -> list[tuple[str, int, str]]:
        """Of each section with paragraphs whose source says something new: its name, how many, its key."""
        antal = [(d.avsnitt, sum(r.nyare is not None and r.nyare.slag != "kvar" for r in d.rader)) for d in self.delar]
        return [(a.namn, n, a.nyckel) for a, n in antal if n]


@dataclass(frozen=True)
class _Utkast:
    sett: Sett
    sparad: datetime | None
    nyast: int
    mall: Mall
    texter: Mapping[str, str]


def sammanstall(session: Session, who: Subjekt, handelse: Handelse, lagesbild: Lagesbild | None) -> Sammanstallning:
    """The page as it is now."""
    mitt = _utkastet(session, who, handelse, lagesbild)
    aktorer = alla_aktorer(session)
    senaste = queries.senaste(session, who, handelse.id, aktorer)
    citerade = queries.citerade(session, who, handelse.id, rules.marken(mitt.mall, mitt.texter))
    svar = queries.svar(session, who, handelse.id)
    platser = queries.svarsplatser(svar)
    underlag = Underlag(mitt.mall, mitt.texter, senaste, _senaste_svar(svar), citerade | platser)
    lage = _lage(handelse, aktorer, senaste, mitt.mall)
    delar, annat, fragor = rules.avsnittsdelar(underlag), rules.annat(underlag), rules.svarsgrupper(underlag)
    return Sammanstallning(mitt.sett, mitt.sparad, mitt.nyast, mitt.mall, delar, annat, fragor, lage)


def _senaste_svar(alla: Sequence[Kallversion]) -> list[Kallversion]:
    """Of each actor's answers to a question the first, which is its latest."""
    ut: dict[tuple[str, str], Kallversion] = {}
    for version in alla:
        for nyckel in version.avsnitt:
            ut.setdefault((version.slug, nyckel), version)
    return list(ut.values())


def _utkastet(session: Session, who: Subjekt, handelse: Handelse, lagesbild: Lagesbild | None) -> _Utkast:
    """The draft; without one, what it would begin with."""
    if lagesbild is None:
        return _Utkast(Sett(0, 0), None, 0, mallar.aktuell(session, None, handelse.typ), {})
    mitt = bilder.find_utkast(session, lagesbild.id, who)
    if mitt is not None:
        text = utkast.text_av(mitt)
        sett = Sett(text.bas, text.revision)
        return _Utkast(sett, mitt.sparad, lagesbild.senaste, text.innehall.mall, text.innehall.sektioner)
    innehall = bilder.innehall_av(bilder.find_senaste(session, lagesbild.id))
    return _Utkast(Sett(lagesbild.senaste, 0), None, lagesbild.senaste, innehall.mall, innehall.sektioner)


def _lage(handelse: Handelse, aktorer: Sequence[Aktor], senaste: Sequence[Kallversion], mall: Mall) -> Lage:
    now, har = clock.now(), {v.aktor_id for v in senaste}
    saknas = [a for a in lasratt(handelse.sak(), aktorer).har if a.id not in har]
    sena = [v for v in senaste if v.nasta is not None and v.nasta < now]
    return Lage(senaste, saknas, sena, rules.otackta(mall, senaste))
