"""What is on the map of an event, for one reader. The number of questions never depends on how much that is."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from wis.auth.krets import Tlp
from wis.auth.rules import Subjekt
from wis.handelser.models import Handelse
from wis.karta.rules import Kommunrad, Lager, kommunrader, numrerade
from wis.lagesbild.mall import EGEN, Avsnittsslag
from wis.lagesbild.mallar import hel_mall
from wis.lagesbild.models import LagesbildSektion, LagesbildsmallVersion, LagesbildVersion
from wis.lagesbild.platser import platser
from wis.lagesbild.queries import nyast_lasbara_i_handelse
from wis.lagesbild.rader import Rad, dela

Nyckel = tuple[int, int]


@dataclass(frozen=True)
class Karta:
    """The layers, the samlade first, the kommuner, and whether anything of it is labelled TLP:RED."""

    lager: Sequence[Lager]
    kommuner: Sequence[Kommunrad]
    rott: bool


def karta(session: Session, who: Subjekt, handelse: Handelse, *, tas_ut: bool = False) -> Karta:
    """Of each lägesbild of the event the newest version that `who` reads: its places, and how a kommun is struck.

    `tas_ut`: without what is labelled TLP:RED, which leaves the system in no form.
    """
    lasta = nyast_lasbara_i_handelse(session, who, handelse.id)
    versioner = [version for version in lasta if not (tas_ut and version.tlp == Tlp.RED)]
    # Held until all are read: each version then finds its template without asking.
    mallarna = _mallar(session, versioner)
    texter = _texter(session, versioner)
    lager, slagna = [], []
    for version in versioner:
        sagt = texter.get((version.lagesbild_id, version.nummer), {})
        ett = _lager(handelse, version, sagt)
        if ett.platser:
            lager.append(ett)
        grader = [rad[1] for rad in _rader(version, sagt, Avsnittsslag.KONSEKVENSER)]
        slagna.append((ett.slug, grader, ett.lank, ett.publicerad))
    del mallarna
    return Karta(numrerade(lager), kommunrader(slagna, lager), any(version.tlp == Tlp.RED for version in versioner))


def av_version(handelse: Handelse, version: LagesbildVersion) -> Lager:
    """The places of one version, whether it is the newest or not."""
    return _lager(handelse, version, {sektion.nyckel: sektion.kalla for sektion in version.sektioner})


def _lager(handelse: Handelse, version: LagesbildVersion, texter: Mapping[str, str]) -> Lager:
    bild = version.lagesbild
    lank = f"/handelser/{handelse.slug}/lagesbild/{bild.slug}/versioner/{version.nummer}"
    return Lager(bild.slug, bild.namn, lank, version.publicerad, platser(_rader(version, texter, Avsnittsslag.PLATSER)))


def _mallar(session: Session, versioner: Sequence[LagesbildVersion]) -> Sequence[LagesbildsmallVersion]:
    ids = {version.mall_version_id for version in versioner if version.mall_version_id is not None}
    return session.scalars(select(LagesbildsmallVersion).where(LagesbildsmallVersion.id.in_(sorted(ids)))).all()


def _texter(session: Session, versioner: Sequence[LagesbildVersion]) -> Mapping[Nyckel, dict[str, str]]:
    """What they say where places or impact may stand, by key."""
    sektion, ut = LagesbildSektion, defaultdict[Nyckel, dict[str, str]](dict)
    nycklar = sorted((version.lagesbild_id, version.nummer) for version in versioner)
    rader = session.execute(
        select(sektion.lagesbild_id, sektion.nummer, sektion.nyckel, sektion.kalla)
        .where(
            tuple_(sektion.lagesbild_id, sektion.nummer).in_(nycklar),
            or_(sektion.nyckel.in_(["platser", "konsekvenser"]), sektion.nyckel.startswith(EGEN, autoescape=True)),
        )
        .order_by(sektion.lagesbild_id, sektion.ordning)
    )
    for lagesbild_id, nummer, nyckel, kalla in rader:
        ut[lagesbild_id, nummer][nyckel] = kalla
    return ut


def _rader(version: LagesbildVersion, texter: Mapping[str, str], slag: Avsnittsslag) -> list[Rad]:
    """The rows of the sections of this kind."""
    avsnitten = [a for a in hel_mall(version, texter).avsnitt if a.slag is slag and a.nyckel in texter]
    return [rad for avsnitt in avsnitten for rad in dela(texter[avsnitt.nyckel], slag)[0]]
