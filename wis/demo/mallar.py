"""The demo's own templates: made by the actors' administrators."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wis.aktorer.models import Aktor
from wis.auth import queries as auth_queries
from wis.auth.models import Anvandare, Medlemskap
from wis.lagesbild import mallregler, mallservice
from wis.lagesbild.mall import STANDARD, Avsnittsslag
from wis.lagesbild.mallregler import Mallrad


def lagg_upp(session: Session, mallar: list[dict[str, Any]]) -> None:
    """Save each as the first version of its actor's template for its kind of event."""
    for row in mallar:
        aktor = session.scalars(select(Aktor).where(Aktor.slug == row["aktor"])).one()
        vem = Anvandare.epost == row["person"], Medlemskap.aktor_id == aktor.id
        medlemskap = session.scalars(select(Medlemskap).join(Anvandare).where(*vem)).one()
        mallservice.spara(session, auth_queries.subjekt_av(medlemskap), aktor, row["typ"], 0, rader(row))


def rader(row: dict[str, Any]) -> list[Mallrad]:
    """The standard's sections without some, and with some of the actor's own after others."""
    kvar = [rad for rad in mallregler.rader_av(STANDARD) if rad.nyckel not in row["utan"]]
    for nummer, eget in enumerate(row["eget"], start=1):
        ny = Mallrad(
            f"{mallregler.NY}{nummer}", eget["rubrik"], eget["namn"], eget["ledtext"], Avsnittsslag(eget["slag"])
        )
        kvar.insert([rad.nyckel for rad in kvar].index(eget["efter"]) + 1, ny)
    return kvar
