"""Loads the demo: everything through the same services as for people, each at its own moment in the past."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from wis import clock, markup
from wis.aktorer.models import Aktor
from wis.auth import queries as auth_queries
from wis.auth.krets import Tlp
from wis.auth.losenord import hasha
from wis.auth.models import Anvandare, Medlemskap
from wis.auth.rules import Roll, Subjekt
from wis.db import Database
from wis.demo import LOSENORD, funktioner, innehall, mallar, samverkan, vilka
from wis.demo.steg import Handling, Steg
from wis.fragor import service as fragor
from wis.handelser.kretsar import Lasarval
from wis.handelser.models import Beslutsslag, Handelse, HandelseLasare, Lage
from wis.handelser.queries import find_handelse
from wis.handelser.sakkrets import Kretsval, signatur
from wis.handelser.service import skriv_beslut
from wis.lage.service import Lageskommando, besluta
from wis.lagesbild import kallprov
from wis.lagesbild import service as lagesbild
from wis.lagesbild.mallar import aktuell
from wis.lagesbild.models import Lagesbild
from wis.lagesbild.plats import Plats
from wis.lagesbild.queries import find_lagesbild, find_version, innehall_av
from wis.lagesbild.rules import Avslag, Innehall, Marke, Publicering
from wis.notiser.models import Kanal, Kanalslag, Omfattning, Prenumeration, Tystnad
from wis.notiser.worker import Worker
from wis.settings import Settings
from wis.tx import transaction
from wis.underrattelser import service as underrattelser
from wis.underrattelser.models import Underrattelse
from wis.underrattelser.rules import Innehall as Underrattelsetext

# What is older than this was told of long ago; the rest is sent to the on-screen outbox.
AVISERAS_INOM = timedelta(minutes=100)
VITTNE = "tib@lansstyrelsen.example"


def ladda(database: Database, settings: Settings) -> bool:
    """Fill a migrated database with the demo; False if it is there. Raises ClickException if anything else is."""
    now = clock.now()
    content = innehall.las(now)
    with database.reading() as session:
        people = set(session.scalars(select(Anvandare.epost)))
    if VITTNE in people:
        return False
    if people:
        raise click.ClickException(
            "Databasen används redan på riktigt: demodata läggs aldrig där. Välj en tom WIS_INSTANCE."
        )
    steps = [step for event in content.handelser for step in _handelse(event, now)]
    steps += funktioner.turer(content.funktioner)
    steps += [Steg(row["min"], _fraga(row)) for row in content.fragor]
    steps += [step for event in content.handelser for step in samverkan.steg(event)]
    first_told = AVISERAS_INOM.total_seconds() / 60 + 1
    steps.append(Steg(first_told, lambda session: _prenumerationer(session, content.personer)))
    with clock.at(now - timedelta(days=30)), transaction(database) as session:
        session.add_all(Aktor(**row) for row in content.aktorer)
        session.flush()
        _personer(session, content.personer)
        funktioner.lagg_upp(session, content.funktioner)
        mallar.lagg_upp(session, content.mallar)
        samverkan.forbered(session, content.typhandelser)
    worker = Worker(database, settings)
    for step in sorted(steps, key=lambda step: -step.minuter):
        with clock.at(now - timedelta(minutes=step.minuter)):
            with transaction(database) as session:
                step.gor(session)
            worker.tom()
    return True


# --- people ------------------------------------------------------------------------------------------------------


def _personer(session: Session, personer: list[dict[str, Any]]) -> None:
    password = hasha(LOSENORD)
    for row in personer:
        person = Anvandare(epost=row["epost"], namn=row["namn"], losenord_hash=password, skapad=clock.now())
        session.add(person)
        session.flush()
        _roller(session, person, row["roller"])
        session.add(Kanal(anvandare_id=person.id, slag=Kanalslag.EPOST, adress=person.epost, verifierad=clock.now()))
        if "telefon" in row:
            session.add(
                Kanal(anvandare_id=person.id, slag=Kanalslag.SMS, adress=row["telefon"], verifierad=clock.now())
            )
        if "tyst" in row:
            session.add(Tystnad(anvandare_id=person.id, fran=row["tyst"][0], till=row["tyst"][1]))


def _roller(session: Session, person: Anvandare, roller: list[dict[str, str]]) -> None:
    at: dict[str, Medlemskap] = {}
    for row in roller:
        aktor = vilka.aktor(session, row["aktor"])
        medlemskap = at.setdefault(
            row["aktor"],
            Medlemskap(anvandare_id=person.id, aktor_id=aktor.id, administrator=False, skapad=clock.now()),
        )
        if row["roll"] == "administrator":
            medlemskap.administrator = True
        else:
            medlemskap.roll = Roll(row["roll"])
    session.add_all(at.values())


def _prenumerationer(session: Session, personer: list[dict[str, Any]]) -> None:
    """Once the events are there (a subscription may be for one of them), and before anything is sent."""
    general = {"alla": Omfattning.ALLA, "ovningar": Omfattning.OVNINGAR}
    for row in personer:
        person = session.scalars(select(Anvandare).where(Anvandare.epost == row["epost"])).one()
        for choice in row["prenumerationer"]:
            scope = choice.get("omfattning", "alla")
            session.add(
                Prenumeration(
                    anvandare_id=person.id,
                    slag=choice["slag"],
                    omfattning=general.get(scope, Omfattning.HANDELSE),
                    handelse_id=None if scope in general else vilka.handelse(session, scope).id,
                    sms=choice["sms"],
                    epost=choice["epost"],
                )
            )


# --- events ------------------------------------------------------------------------------------------------------


def _handelse(event: dict[str, Any], now: datetime) -> Iterator[Steg]:
    head = event["handelse"]
    yield Steg(head["oppnad_min"], lambda session: _oppna(session, head))
    for row in head.get("lage", []):
        yield Steg(row["min"], _lagesbeslut(head["slug"], row))
    for row in event["version"]:
        yield Steg(row["min"], _version(head["slug"], row, now))
    for row in event["underrattelse"]:
        yield from _underrattelse(head["slug"], row)
    if "stangd_min" in head:
        yield Steg(head["stangd_min"], lambda session: _stang(session, head))


def _stang(session: Session, head: dict[str, Any]) -> None:
    kommando = Lageskommando(
        Beslutsslag.STANGD, Lage.ORDINARIE, head["stangd_motivering"], avisera=False, bradskande=False
    )
    besluta(session, _for_agaren(session, head), vilka.handelse(session, head["slug"]), kommando)


def _for_agaren(session: Session, head: dict[str, Any]) -> Subjekt:
    """Somebody who may decide for the owner of an event."""
    agare = vilka.aktor(session, head["agare"])
    found = [auth_queries.subjekt_av(m) for m in auth_queries.anvandare_hos(session, agare)]
    return next(who for who in found if who.roll in {Roll.TALESPERSON, Roll.REDAKTOR})


def _oppna(session: Session, head: dict[str, Any]) -> None:
    standing = find_handelse(session, head["slug"])
    if standing is not None:
        standing.beskrivning, standing.beskrivning_html = head["beskrivning"], markup.render(head["beskrivning"])
        standing.skapad = clock.now()
        return
    handelse = Handelse(
        slug=head["slug"],
        rubrik=head["rubrik"],
        typ=head["typ"],
        beskrivning=head["beskrivning"],
        beskrivning_html=markup.render(head["beskrivning"]),
        ovning=head["ovning"],
        alla_aktorer=not head["lasare"],
        lage=Lage.ORDINARIE,
        agare_id=vilka.aktor(session, head["agare"]).id,
        skapad=clock.now(),
        lasare=[
            HandelseLasare(aktor_id=vilka.aktor(session, slug).id) for slug in head["lasare"] if slug != head["agare"]
        ],
    )
    session.add(handelse)
    session.flush()
    skriv_beslut(session, _for_agaren(session, head), handelse, Beslutsslag.OPPNAD, "")


def _lagesbeslut(slug: str, row: dict[str, Any]) -> Handling:
    def gor(session: Session) -> None:
        kommando = Lageskommando(
            Beslutsslag.LAGE, Lage(row["lage"]), row["motivering"], avisera=False, bradskande=False
        )
        besluta(session, vilka.subjekt(session, row["person"], row["aktor"]), vilka.handelse(session, slug), kommando)

    return gor


def _version(slug: str, row: dict[str, Any], now: datetime) -> Handling:
    def gor(session: Session) -> None:
        who, handelse = vilka.subjekt(session, row["person"], row["aktor"]), vilka.handelse(session, slug)
        plats = Plats(handelse.id, None if row.get("samlad") else who.aktor_id)
        found = find_lagesbild(session, plats.handelse_id, plats.aktor_id)
        mall = aktuell(session, plats.aktor_id, handelse.typ)
        bas, key = (found.senaste if found else 0), uuid.uuid4().hex
        if row.get("oforandrad"):
            result = lagesbild.oforandrat(session, who, plats, bas, key)
        else:
            promised = row.get("nasta_om_min")
            nasta = clock.now() + timedelta(minutes=promised) if promised else None
            marke = Marke(Tlp(row.get("tlp", Tlp.CLEAR)), row.get("lagrum", ""))
            said = Innehall.av(row["sektioner"], row.get("andringsnotering", ""), nasta, marke, mall)
            avisera = clock.now() > now - AVISERAS_INOM
            kommando = Publicering(bas, key, said, _kretsval(session, row, found))
            fore = innehall_av(find_version(session, found.id, bas)) if found else None
            lankar = kallprov.lankar(session, who, handelse, found, said.sektioner) if row.get("samlad") else None
            html = lagesbild.rendera(said, fore, lankar)
            result = lagesbild.publicera(session, who, plats, kommando, html, avisera=avisera)
        if isinstance(result, Avslag):
            raise click.ClickException(f"Demons lägesbild av {row['aktor']} ({row['min']} min) avslogs: {result}")

    return gor


def _kretsval(session: Session, row: dict[str, Any], found: Lagesbild | None) -> Kretsval | None:
    if "lasare" not in row:
        return None
    val = Lasarval(frozenset(vilka.aktor(session, slug).id for slug in row["lasare"]))
    return Kretsval(val, signatur(found.krets if found else None))


def _fraga(row: dict[str, Any]) -> Handling:
    """A redaktör asks an actor for the right to its lägesbild for others."""

    def gor(session: Session) -> None:
        who = vilka.subjekt(session, row["person"], row["aktor"])
        for_ids = [vilka.aktor(session, slug).id for slug in row["for"]]
        handelse, agare = vilka.handelse(session, row["handelse"]), vilka.aktor(session, row["till"])
        fragor.be_om_lagesbild(session, who, handelse, agare, for_ids, row["text"])

    return gor


def _underrattelse(slug: str, row: dict[str, Any]) -> Iterator[Steg]:
    made: list[int] = []

    def publicera(session: Session) -> None:
        who = vilka.subjekt(session, row["person"], row["aktor"])
        version = underrattelser.publicera(session, who, vilka.handelse(session, slug), _publicering(row, row))
        made.append(version.underrattelse_id)

    def ratta(correction: dict[str, Any], bas: int) -> Handling:
        def gor(session: Session) -> None:
            first = session.get_one(Underrattelse, made[0])
            who = vilka.subjekt(session, row["person"], row["aktor"])
            underrattelser.ratta(session, who, first, bas, _publicering(correction, row))

        return gor

    yield Steg(row["min"], publicera)
    for number, correction in enumerate(row.get("rattelse", []), start=1):
        yield Steg(correction["min"], ratta(correction, number))


def _publicering(row: dict[str, Any], first: dict[str, Any]) -> underrattelser.Publicering:
    tlp = Tlp(first.get("tlp", Tlp.CLEAR))
    said = Underrattelsetext(row["rubrik"], row["text"], markup.render(row["text"]), first["bradskande"], tlp)
    avisera = row["min"] <= AVISERAS_INOM.total_seconds() / 60
    return underrattelser.Publicering(said, uuid.uuid4().hex, avisera=avisera)
