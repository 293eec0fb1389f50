"""An event with what the tests of its pages need, and how they look at it."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from tests.factories import en_aktor, en_handelse, en_person_hos
from wis import clock
from wis.andringar import Raknat, rakna
from wis.auth.models import Anvandare
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Beslutsslag, Handelse, Handelsebeslut, Lage
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.notiser.models import Utskick, Utskicksslag
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion

LoggaIn = Callable[[str], FlaskClient]
SLUG = "snoovader"
TIMME = timedelta(hours=1)


def publicera(
    session: Session,
    handelse: Handelse,
    aktor: str | None,
    *,
    nar: datetime | None = None,
    nasta: datetime | None = None,
    text: str = "Mycket snö.",
    tlp: str = "clear",
    funktion: str = "",
) -> LagesbildVersion:
    """The next version of an actor's lägesbild (None: the samlade, by Länsstyrelsen)."""
    agare = en_aktor(session, aktor) if aktor else None
    av = session.scalar(select(Anvandare).where(Anvandare.epost == "skrivare@prov.example"))
    av = av or en_person_hos(session, "skrivarnas", Roll.REDAKTOR, epost="skrivare@prov.example")
    bild = session.scalar(
        select(Lagesbild).where(
            Lagesbild.handelse_id == handelse.id, Lagesbild.aktor_id.is_not_distinct_from(agare.id if agare else None)
        )
    ) or Lagesbild(handelse_id=handelse.id, aktor_id=agare.id if agare else None, senaste=0)
    bild.senaste += 1
    session.add(bild)
    session.flush()
    version = LagesbildVersion(
        lagesbild_id=bild.id,
        nummer=bild.senaste,
        foregaende=bild.senaste - 1 or None,
        handelse_id=handelse.id,
        publicerad=nar or clock.now(),
        forfattare_id=av.id,
        aktor_id=(agare or en_aktor(session, "lansstyrelsen")).id,
        andringsnotering="",
        nasta_uppdatering=nasta,
        sammanfattning=text,
        tlp=tlp,
        funktion=funktion,
        idempotensnyckel=uuid.uuid4().hex,
    )
    session.add(version)
    session.flush()
    rakna(session, Raknat.HANDELSE, handelse.id)
    rakna(session, Raknat.LAGESBILD, bild.id)
    return version


def underratta(
    session: Session,
    handelse: Handelse,
    rubrik: str,
    *,
    bradskande: bool = False,
    aktor: str = "polisen",
    tlp: str = "clear",
    text: str = "Texten.",
) -> UnderrattelseVersion:
    """An underrättelse by a person of the actor's."""
    av = en_person_hos(session, aktor, Roll.TALESPERSON)
    sak = Underrattelse(handelse_id=handelse.id, aktor_id=en_aktor(session, aktor).id, skapad=clock.now(), senaste=1)
    session.add(sak)
    session.flush()
    version = UnderrattelseVersion(
        underrattelse_id=sak.id,
        nummer=1,
        handelse_id=handelse.id,
        aktor_id=sak.aktor_id,
        publicerad=clock.now(),
        forfattare_id=av.id,
        bradskande=bradskande,
        rubrik=rubrik,
        text=text,
        html=f"<p>{text}</p>",
        idempotensnyckel=uuid.uuid4().hex,
        tlp=tlp,
    )
    session.add(version)
    session.flush()
    rakna(session, Raknat.HANDELSE, handelse.id)
    return version


def ratta(session: Session, forra: UnderrattelseVersion) -> UnderrattelseVersion:
    """The next version of an underrättelse."""
    session.get_one(Underrattelse, forra.underrattelse_id).senaste = forra.nummer + 1
    version = UnderrattelseVersion(
        underrattelse_id=forra.underrattelse_id,
        nummer=forra.nummer + 1,
        foregaende=forra.nummer,
        handelse_id=forra.handelse_id,
        aktor_id=forra.aktor_id,
        publicerad=clock.now(),
        forfattare_id=forra.forfattare_id,
        bradskande=False,
        rubrik=forra.rubrik,
        text="Rättat.",
        html="<p>Rättat.</p>",
        idempotensnyckel=uuid.uuid4().hex,
    )
    session.add(version)
    session.flush()
    rakna(session, Raknat.HANDELSE, session.get_one(Underrattelse, forra.underrattelse_id).handelse_id)
    return version


def besluta(session: Session, handelse: Handelse, slag: Beslutsslag, motivering: str) -> None:
    rakna(session, Raknat.HANDELSE, handelse.id)
    rakna(session, Raknat.RAM, handelse.id)
    session.add(
        Handelsebeslut(
            handelse_id=handelse.id,
            slag=slag,
            lage=handelse.lage,
            tid=clock.now(),
            anvandare_id=None,
            aktor_id=handelse.agare_id,
            motivering=motivering,
        )
    )


def ett_utskick(session: Session, aktor: str, amne: str) -> None:
    handelse = session.scalars(select(Handelse).where(Handelse.slug == SLUG)).one()
    besluta(session, handelse, Beslutsslag.LAGE, "Prov")
    session.flush()
    beslut = session.scalars(select(Handelsebeslut).order_by(Handelsebeslut.id.desc())).first()
    assert beslut is not None
    session.add(
        Utskick(
            slag=Utskicksslag.LAGE,
            handelse_id=handelse.id,
            aktor_id=en_aktor(session, aktor).id,
            beslut_id=beslut.id,
            bradskande=False,
            skapad=clock.now(),
            amne=amne,
            sms="",
            epost="",
        )
    )


def bygg_lage(database: Database) -> None:
    """An activated event with a samlad, three lägesbilder, an underrättelse and a reader at Nacka."""
    now = clock.now()
    with transaction(database) as session:
        handelse = en_handelse(session, slug=SLUG, rubrik="Snöoväder Svealand", lage=Lage.AKTIVERAT)
        besluta(session, handelse, Beslutsslag.LAGE, "SMHI varnar för mycket snö.")
        publicera(session, handelse, "trafikverket", nar=now - 3 * TIMME, nasta=now - timedelta(minutes=40, seconds=30))
        publicera(session, handelse, "trafikverket", nar=now - 2 * TIMME, nasta=now - timedelta(minutes=40, seconds=30))
        publicera(session, handelse, "polisen", nar=now - TIMME, nasta=now + timedelta(minutes=25, seconds=30))
        publicera(session, handelse, "region-stockholm", nar=now - TIMME)
        publicera(session, handelse, None, nar=now - TIMME, text="Samlat: E18 är avstängd.")
        underratta(session, handelse, "E18 avstängd", bradskande=True)
        for epost, aktor, roll in [
            ("lasare@nacka.example", "nacka", Roll.LASARE),
            ("skribent@trafikverket.example", "trafikverket", Roll.SKRIBENT),
            ("talesperson@trafikverket.example", "trafikverket", Roll.TALESPERSON),
            ("redaktor@lansstyrelsen.example", "lansstyrelsen", Roll.REDAKTOR),
        ]:
            en_person_hos(session, aktor, roll, epost=epost)
        en_person_hos(session, "nacka", None, epost="admin@nacka.example", administrator=True)


def html(client: FlaskClient, path: str, status: int = 200) -> str:
    svar = client.get(path)
    assert svar.status_code == status, svar.get_data(as_text=True)
    return " ".join(svar.get_data(as_text=True).split())


def las_till(client: FlaskClient, tid: datetime | str) -> int:
    text = tid if isinstance(tid, str) else tid.isoformat()
    return client.post(f"/handelser/{SLUG}/last", data={"sedd_till": text}).status_code


@contextmanager
def fragor(database: Database) -> Iterator[list[str]]:
    """The statements that are sent within the block, but for the marks of transactions."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement not in {"BEGIN", "BEGIN IMMEDIATE"}:
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


FLIKAR = ["", "/tidslinje", "/versioner", "/utskick"]
