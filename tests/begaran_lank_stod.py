"""A begäran in the database, put to actors and to people outside, and the letters that went."""

import re
import uuid
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories as f
from wis import clock
from wis.auth.rules import Roll
from wis.begaran import lankar
from wis.begaran.lankar import Utomstaende
from wis.begaran.models import Begaran, BegaranMottagare, BegaranPaminnelse, Synlighet
from wis.db import Database
from wis.notiser.models import Leverans, Utskick
from wis.tx import transaction

TIMME = timedelta(hours=1)
BERG = Utomstaende("Anna Berg", "anna@energi.example")
FRAGOR = [
    {"nummer": 1, "typ": "text", "text": "Hur är läget?", "val": [], "enhet": "", "kravs": True},
    {"nummer": 2, "typ": "val", "text": "Behöver ni stöd?", "val": ["Ja", "Nej"], "enhet": "", "kravs": True},
]
SLUG = "isstorm"


def en_begaran(
    session: Session,
    *,
    till: tuple[str, ...] = ("nacka",),
    utomstaende: tuple[Utomstaende, ...] = (BERG,),
    paminns: tuple[datetime, ...] = (),
    frist: datetime | None = None,
    ovning: bool = False,
) -> Begaran:
    """Asked by Länsstyrelsen in an event that has a name nobody outside is told. Each actor has one who writes."""
    handelse = f.en_handelse(session, slug=SLUG, rubrik="Hemligt namn", ovning=ovning)
    fragare = f.en_person_hos(session, "lansstyrelsen", Roll.TALESPERSON, epost="fragare@lansstyrelsen.example")
    begaran = Begaran(
        handelse_id=handelse.id,
        aktor_id=f.en_aktor(session, "lansstyrelsen").id,
        skapad=clock.now(),
        skapad_av_id=fragare.id,
        rubrik="Elen i natt",
        inledning="Svara kort.",
        frist=frist or clock.now() + 2 * TIMME,
        synlighet=Synlighet.FRAGANDE,
        fragor=FRAGOR,
        idempotensnyckel=uuid.uuid4().hex,
    )
    session.add(begaran)
    session.flush()
    for slug in till:
        f.en_person_hos(session, slug, Roll.SKRIBENT, epost=f"skribent@{slug}.example")
        session.add(BegaranMottagare(begaran_id=begaran.id, aktor_id=f.en_aktor(session, slug).id))
    session.add_all(BegaranPaminnelse(begaran_id=begaran.id, tid=tid) for tid in paminns)
    session.flush()
    session.refresh(begaran)
    lankar.bjud_in(session, begaran, utomstaende)
    return begaran


def fragad(database: Database, **mer: object) -> tuple[int, str]:
    """The id of a begäran put to Nacka and to one outside, and the path of the link that was mailed."""
    database.base_url = "http://localhost"
    with transaction(database) as session:
        begaran_id = en_begaran(session, **mer).id  # type: ignore[arg-type]
    return begaran_id, lank(database)


def brev(database: Database) -> list[tuple[str, str, str]]:
    """Every letter: to whom, its subject and text, oldest first."""
    with database.reading() as session:
        rader = session.execute(
            select(Leverans.adress, Utskick.amne, Utskick.epost)
            .join(Utskick, Utskick.id == Leverans.utskick_id)
            .order_by(Leverans.id)
        )
        return [(adress or "", amne, text) for adress, amne, text in rader]


def lank(database: Database) -> str:
    """The path of the link that was mailed last."""
    return re.findall(r"http://localhost(/svar/\S+)", "\n".join(text for _, _, text in brev(database)))[-1]


def utomstaende(session: Session) -> BegaranMottagare:
    """The one outside."""
    return session.scalars(select(BegaranMottagare).where(BegaranMottagare.extern_adress.is_not(None))).one()
