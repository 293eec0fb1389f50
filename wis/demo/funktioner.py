"""The demo's functions: set up by the actors' administrators, and held by people in turn."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wis import clock
from wis.aktorer.models import Aktor
from wis.auth import queries as auth_queries
from wis.auth.models import Anvandare, Funktion, Medlemskap
from wis.auth.rules import Roll, Subjekt
from wis.demo.steg import Handling, Steg
from wis.funktioner import queries, service
from wis.funktioner.rules import Uppgifter
from wis.notiser.models import Kanal, Kanalslag


def lagg_upp(session: Session, funktioner: list[dict[str, Any]]) -> None:
    """Set them up, each with its channels in use."""
    for row in funktioner:
        aktor = session.scalars(select(Aktor).where(Aktor.slug == row["aktor"])).one()
        listade = frozenset(_medlemskap(session, epost, aktor.id).id for epost in row["far_ga_i_tjanst"])
        uppgifter = Uppgifter(row["kortnamn"], row["namn"], Roll(row["roll"]), listade)
        funktion = service.lagg_upp(session, _subjekt(session, row["upplagd_av"], aktor.id), aktor, uppgifter)
        for slag, adress in ((Kanalslag.SMS, row.get("telefon")), (Kanalslag.EPOST, row.get("epost"))):
            if adress is not None:
                som = funktion.anvandare_id
                session.add(Kanal(anvandare_id=som, slag=slag, adress=adress, verifierad=clock.now()))


def turer(funktioner: list[dict[str, Any]]) -> Iterator[Steg]:
    """Everybody who goes on duty, at the moment that they do."""
    for row in funktioner:
        for tur in row.get("turer", []):
            yield Steg(tur["min"], _ga_pa(row, tur))


def _ga_pa(row: dict[str, Any], tur: dict[str, Any]) -> Handling:
    def gor(session: Session) -> None:
        sats = select(Funktion.id).join(Funktion.aktor)
        funktion_id = session.scalars(
            sats.where(Aktor.slug == row["aktor"], Funktion.kortnamn == row["kortnamn"])
        ).one()
        funktion, now = service.las_funktion(session, funktion_id), clock.now()
        who = _subjekt(session, tur["person"], funktion.aktor_id)
        fore = queries.find_pagaende(session, funktion.id, now)
        till, sedd = now + timedelta(hours=tur["timmar"]), None if fore is None else fore.tjanst_id
        service.ga_pa(session, who, funktion, who.medlemskap_id or 0, till, sedd)

    return gor


def _medlemskap(session: Session, epost: str, aktor_id: int) -> Medlemskap:
    return session.scalars(
        select(Medlemskap).join(Medlemskap.anvandare).where(Anvandare.epost == epost, Medlemskap.aktor_id == aktor_id)
    ).one()


def _subjekt(session: Session, epost: str, aktor_id: int) -> Subjekt:
    return auth_queries.subjekt_av(_medlemskap(session, epost, aktor_id))
