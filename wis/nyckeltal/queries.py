"""What the versions of a lägesbild say of key figures, as far as one may read them."""

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from wis.auth.rules import Subjekt
from wis.handelser.lasratt import Innehall, lasbar_for
from wis.handelser.models import Handelse
from wis.lagesbild.mall import STANDARD, Avsnittsslag
from wis.lagesbild.mallar import egna_avsnitt
from wis.lagesbild.models import Lagesbild, LagesbildSektion, LagesbildVersion
from wis.nyckeltal.rules import MAX_VERSIONER, Sagt


def sagt(session: Session, who: Subjekt, lagesbild: Lagesbild) -> tuple[list[Sagt], LagesbildVersion | None]:
    """What each of the newest versions says, the oldest first, and the newest that `who` reads; two questions.

    A 'läget oförändrat' says nothing of its own.
    """
    version = LagesbildVersion
    lasbar = lasbar_for(who, Innehall(version.publicerad, Lagesbild.aktor_id, version.tlp, Lagesbild.krets_id))
    lasta = session.scalars(
        select(version)
        .join(Lagesbild, Lagesbild.id == version.lagesbild_id)
        .join(Handelse, Handelse.id == version.handelse_id)
        .options(load_only(version.nummer, version.publicerad, version.oforandrad))
        .where(version.lagesbild_id == lagesbild.id, lasbar)
        .order_by(version.nummer.desc())
        .limit(MAX_VERSIONER)
    ).all()
    egna = [ett for ett in reversed(lasta) if not ett.oforandrad]
    texter = _texter(session, lagesbild, [ett.nummer for ett in egna])
    return [Sagt(v.nummer, v.publicerad, tuple(texter[v.nummer])) for v in egna], lasta[0] if lasta else None


def _texter(session: Session, lagesbild: Lagesbild, numren: list[int]) -> dict[int, list[str]]:
    sektion, ut = LagesbildSektion, defaultdict[int, list[str]](list)
    rader = session.execute(
        select(sektion.nummer, sektion.kalla)
        .where(
            sektion.lagesbild_id == lagesbild.id,
            sektion.nummer.in_(numren),
            sektion.nyckel.in_(_nycklar(session, lagesbild)),
        )
        .order_by(sektion.nummer, sektion.ordning)
    )
    for nummer, kalla in rader:
        ut[nummer].append(kalla)
    return ut


def _nycklar(session: Session, lagesbild: Lagesbild) -> set[str]:
    """The keys of sections of key figures: the standard one, and those of the actor's own templates."""
    egna = {} if lagesbild.aktor_id is None else egna_avsnitt(session, lagesbild.aktor_id)
    alla = {**{ett.nyckel: ett for ett in STANDARD.avsnitt}, **egna}
    return {nyckel for nyckel, avsnitt in alla.items() if avsnitt.slag is Avsnittsslag.NYCKELTAL}
