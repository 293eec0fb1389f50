"""Changing what is attached to one's draft, within the caller's transaction.

Each raises wis.bilagor.rules.Nekad when the list would become too long, and wis.lagesbild.plats.Otillaten.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from wis.auth.rules import Subjekt
from wis.bilagor import rules
from wis.bilagor import service as forrad
from wis.bilagor.mottagning import Godkand
from wis.lagesbild import bilagelista, utkast
from wis.lagesbild.models import Lagesbild
from wis.lagesbild.plats import Plats


def lagg_till(session: Session, who: Subjekt, plats: Plats, nya: Sequence[Godkand], antal: int) -> None:
    """Attach these last, in this order, and at most `antal` in all."""
    mitt = utkast.oppna(session, who, plats)
    kvar = {fil.sha256: forrad.behall(session, who.aktor_id, fil) for fil in sorted(nya, key=lambda fil: fil.sha256)}
    bilagelista.andra(session, mitt, lambda rader: rules.med(rader, [kvar[fil.sha256] for fil in nya], antal))


def ta_bort(session: Session, who: Subjekt, plats: Plats, bilaga_id: int) -> None:
    """Take this one away."""
    bilagelista.andra(session, utkast.oppna(session, who, plats), lambda rader: rules.utan(rader, bilaga_id))


def flytta(session: Session, who: Subjekt, plats: Plats, bilaga_id: int, steg: int) -> None:
    """Move this one so many places down, or (negative) up."""
    bilagelista.andra(session, utkast.oppna(session, who, plats), lambda rader: rules.flyttad(rader, bilaga_id, steg))


def ta_tillbaka(session: Session, who: Subjekt, plats: Plats, bilaga_id: int, antal: int) -> None:
    """Attach last what the latest version has, and the draft has not."""
    mitt = utkast.oppna(session, who, plats)
    senaste = session.get_one(Lagesbild, mitt.lagesbild_id).senaste
    forra = [b.rad for b in bilagelista.aktuella(session, mitt.lagesbild_id, senaste) if b.id == bilaga_id]
    bilagelista.andra(session, mitt, lambda rader: rules.med(rader, forra, antal))
