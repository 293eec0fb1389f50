"""What the demo's actors do together: notes, a begäran with its answers, answers to measures, a kind of event."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wis import clock
from wis.anteckningar import service as anteckningar
from wis.anteckningar.rules import NyAnteckning
from wis.begaran import service as begaran
from wis.begaran.mallregler import fraga
from wis.begaran.models import Begaran, Fragetyp, Synlighet
from wis.demo import vilka
from wis.demo.steg import Handling, Steg
from wis.paverkan import service as paverkan
from wis.paverkan.models import Paverkan
from wis.typhandelser import service as typhandelser
from wis.typhandelser.rules import Uppgifter


def forbered(session: Session, rows: list[dict[str, Any]]) -> None:
    """Save each kind of event that an actor has prepared."""
    for row in rows:
        who = vilka.subjekt(session, row["person"], row["aktor"])
        uppgifter = Uppgifter(
            namn=row["namn"],
            typ=row["typ"],
            rubrik=row["rubrik"],
            beskrivning=row["beskrivning"],
            lasare=None,
            aktivera=row["aktivera"],
            checklista=tuple(row["checklista"]),
            avsnitt=row["avsnitt"],
            underrattelse_rubrik=row["underrattelse_rubrik"],
            underrattelse_text=row["underrattelse_text"],
        )
        typhandelser.spara(session, who, None, 0, uppgifter)


def steg(event: dict[str, Any]) -> Iterator[Steg]:
    """What is noted, asked and answered in one event."""
    slug = event["handelse"]["slug"]
    for row in event["anteckning"]:
        yield Steg(row["min"], _anteckning(slug, row))
    for row in event["begaran"]:
        yield from _begaran(slug, row)
    for row in event["paverkanssvar"]:
        yield Steg(row["min"], _paverkanssvar(slug, row))


def _anteckning(slug: str, row: dict[str, Any]) -> Handling:
    def gor(session: Session) -> None:
        who, hande = vilka.subjekt(session, row["person"], row["aktor"]), row.get("hande_min")
        # Told in minutes before now, as the rest; the clock stands at the moment when it was written.
        tid = clock.now() - timedelta(minutes=hande - row["min"]) if hande else None
        ny = NyAnteckning(row["text"], tid, uuid.uuid4().hex)
        anteckningar.anteckna(session, who, vilka.handelse(session, slug), ny)

    return gor


def _begaran(slug: str, row: dict[str, Any]) -> Iterator[Steg]:
    made: list[int] = []

    def begar(session: Session) -> None:
        who = vilka.subjekt(session, row["person"], row["aktor"])
        made.append(begaran.fraga(session, who, vilka.handelse(session, slug), _fragat(session, row), _nyckel()).id)

    def svara(svar: dict[str, Any], bas: int) -> Handling:
        def gor(session: Session) -> None:
            who, asked = vilka.subjekt(session, svar["person"], svar["aktor"]), session.get_one(Begaran, made[0])
            begaran.oppna(session, who, asked.id)
            if "svar" in svar:
                svarat = begaran.Svarat(svar["svar"], bas, far_samlas=True)
                begaran.svara(session, who, asked, svarat, _nyckel())

        return gor

    yield Steg(row["min"], begar)
    nummer: dict[str, int] = {}
    for svar in row["svar"]:
        bas = nummer.get(svar["aktor"], 0)
        yield Steg(svar["min"], svara(svar, bas))
        nummer[svar["aktor"]] = bas + 1


def _fragat(session: Session, row: dict[str, Any]) -> begaran.Fragat:
    fragor = [
        fraga(
            nummer,
            Fragetyp(en["typ"]),
            en["text"],
            val=tuple(en.get("val", ())),
            enhet=en.get("enhet", ""),
            kravs=en.get("kravs", True),
        )
        for nummer, en in enumerate(row["fraga"], start=1)
    ]
    return begaran.Fragat(
        rubrik=row["rubrik"],
        inledning=row["inledning"],
        fragor=fragor,
        frist=clock.now().replace(second=0, microsecond=0) + timedelta(minutes=row["frist_om_min"]),
        synlighet=Synlighet(row["synlighet"]),
        aktorer=[vilka.aktor(session, slug).id for slug in row["aktorer"]],
        paminn_fore=row["paminn_fore"],
    )


def _paverkanssvar(slug: str, row: dict[str, Any]) -> Handling:
    def gor(session: Session) -> None:
        who, agare = vilka.subjekt(session, row["person"], row["aktor"]), vilka.aktor(session, row["agare"])
        sak = session.scalars(
            select(Paverkan).where(
                Paverkan.handelse_id == vilka.handelse(session, slug).id,
                Paverkan.aktor_id == who.aktor_id,
                Paverkan.agare_id == agare.id,
                Paverkan.text.startswith(row["atgard"], autoescape=True),
                Paverkan.inaktuell.is_(None),
            )
        ).one()
        paverkan.besvara(session, who, sak.id, paverkan.Svar(row["svar"], row.get("rad", ""), _nyckel()))

    return gor


def _nyckel() -> str:
    return uuid.uuid4().hex
