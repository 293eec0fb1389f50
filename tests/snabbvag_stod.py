"""What the tests of the fast path share: an event with a reader, and whether a page came from memory."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, request_started
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.factories import LOSENORD, en_aktor, en_anvandare, ett_medlemskap
from tests.web.ytor_data import SLUG, bygg_lage
from wis.auth.models import Medlemskap
from wis.auth.queries import find_anvandare, subjekt_av
from wis.auth.rules import Roll, Subjekt
from wis.db import Database
from wis.handelser.models import Handelse
from wis.tx import transaction

SIDA = f"/handelser/{SLUG}"
LASARE, TALESPERSON = "lasare@nacka.example", "talesperson@trafikverket.example"
REDAKTOR = "redaktor@lansstyrelsen.example"
MANGA = "manga@nacka.example"
"""Reads at Nacka and at Solna, and administers both."""


def bygg(database: Database) -> None:
    """The event of ytor_data, and one who is something at two actors."""
    bygg_lage(database)
    with transaction(database) as session:
        person = en_anvandare(session, MANGA)
        for aktor in ("nacka", "solna"):
            ett_medlemskap(session, person, en_aktor(session, aktor), Roll.LASARE, administrator=True)


def logga_in(app: Flask, epost: str) -> FlaskClient:
    """A browser in which this person has logged in and looked at the first page, so that its cookie stands still."""
    client = app.test_client()
    assert client.post("/logga-in", data={"epost": epost, "losenord": LOSENORD}).status_code == 302
    assert client.get(SIDA).status_code == 200
    return client


@contextmanager
def ritade(app: Flask) -> Iterator[list[object]]:
    """One for each request within the block that came to the app, and so was not answered from memory."""
    seen: list[object] = []

    def note(_app: object, **_more: object) -> None:
        seen.append(object())

    with request_started.connected_to(note, app):
        yield seen


def fraga(client: FlaskClient, etag: str = "", adress: str = SIDA, **huvuden: str) -> TestResponse:
    """The page, asked for by one who has the version with this ETag."""
    villkor = {"If-None-Match": etag} if etag else {}
    return client.get(adress, headers={**villkor, **{namn.replace("_", "-"): h for namn, h in huvuden.items()}})


def kand(app: Flask, client: FlaskClient, adress: str = SIDA) -> str:
    """The ETag of a page that is in memory and has not changed."""
    client.get(adress)
    etag = client.get(adress).headers["ETag"]
    with ritade(app) as ritat:
        assert fraga(client, etag, adress).status_code == 304
    assert not ritat, "it was not answered from memory"
    return etag


def utan_engangs(text: str) -> str:
    """The page but for what is new each time that it is drawn: the nonce, the token of its forms, and when it was."""
    text = re.sub(r'data-nu="[^"]*"', "", text)
    text = re.sub(r'nonce="[^"]*"', "", text)
    return re.sub(r'("csrf_token"(?: type="hidden")? value|name="csrf-token" content)="[^"]*"', "", text)


def handelsen(session: Session) -> Handelse:
    """The event."""
    return session.scalars(select(Handelse).where(Handelse.slug == SLUG)).one()


def vem(session: Session, epost: str) -> Subjekt:
    """The person by the first membership."""
    return subjekt_av(medlemskapet(session, epost))


def medlemskapet(session: Session, epost: str) -> Medlemskap:
    """The person's first membership."""
    person = find_anvandare(session, epost)
    assert person is not None
    return session.scalars(
        select(Medlemskap).where(Medlemskap.anvandare_id == person.id).order_by(Medlemskap.id)
    ).first()  # type: ignore[return-value]
