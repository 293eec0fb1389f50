"""Templates in what people type (SSTI): every text field of every form that a page shows, and what comes of it.

The forms are found by walking the pages, so a new form is tried without anybody saying so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.funktioner_stod import en_funktion
from tests.security.adresser import alla_adresser, innehall
from tests.web.fragor_stod import utan_vantan
from tests.web.ytor_data import SLUG, LoggaIn, bygg_lage
from wis.auth.models import Medlemskap
from wis.auth.rules import Roll
from wis.db import Database
from wis.tx import transaction

CHEF = "chef@trafikverket.example"
RAKNAT = "1787569"
"""What 1337*1337 is: it stands in no answer unless somebody counted."""
MALL = "{{1337*1337}}${1337*1337}#{1337*1337}<%=1337*1337%>{%print(1337*1337)%}%(1337)s{config}{0.__class__}"
LACKT = (RAKNAT, "SECRET_KEY", "&lt;Config", "<class ", "&lt;class ", "jinja2.exceptions", "Traceback")
STEG = ("/logga-ut", "/byt-aktor")
"""What would end the walk."""


@dataclass
class Form:
    """A form as a browser sees it: where it is sent, what it holds, and which fields are for text."""

    mal: str
    falt: dict[str, str] = field(default_factory=dict)
    text: set[str] = field(default_factory=set)


class Formlasare(HTMLParser):
    """Finds the forms of a page that are sent with POST."""

    def __init__(self, sida: str) -> None:
        super().__init__()
        self._sida, self._nu, self._val = sida, None, ""
        self.former: list[Form] = []
        self._nu: Form | None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {namn: varde or "" for namn, varde in attrs}
        if tag == "form":
            self._nu = Form(a.get("action") or self._sida) if a.get("method", "").lower() == "post" else None
            if self._nu is not None:
                self.former.append(self._nu)
        elif self._nu is not None and tag == "option":
            self._nu.falt.setdefault(self._val, a.get("value", ""))
        elif self._nu is not None and a.get("name"):
            self._lagg(self._nu, tag, a)

    def _lagg(self, form: Form, tag: str, a: dict[str, str]) -> None:
        namn, typ = a["name"], a.get("type", "text")
        if tag == "select":
            self._val = namn
        elif tag == "textarea" or typ in {"text", "search", "email", "tel", "url", "password"}:
            form.text.add(namn)
        elif tag == "button" or typ in {"radio", "checkbox"}:
            form.falt.setdefault(namn, a.get("value", "y"))
        else:
            form.falt[namn] = a.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._nu = None


@pytest.fixture
def chef(database: Database, logga_in: LoggaIn) -> FlaskClient:
    """One who may do nearly everything at Trafikverket."""
    bygg_lage(database)
    with transaction(database) as session:
        person = f.en_person_hos(session, "trafikverket", Roll.REDAKTOR, epost=CHEF, administrator=True)
        en_funktion(session, "trafikverket", "TiB", session.scalars(select(Medlemskap)).first(), person.medlemskap[0])
    return logga_in(CHEF)


def sidor(app: Flask, client: FlaskClient) -> Iterator[tuple[str, str]]:
    """Every page that opens, by its address."""
    for adress in alla_adresser(app, SLUG, "trafikverket"):
        vag = adress.vag.replace(f"/lagesbild/{SLUG}", "/lagesbild/trafikverket")
        if "GET" in adress.metoder and not vag.startswith("/static"):
            with client.get(vag) as svar:
                if svar.mimetype == "text/html":
                    yield vag, svar.get_data(as_text=True)


def utan_lackor(text: str, var: str) -> None:
    assert not [lackt for lackt in LACKT if lackt in text], var


def ar_mal(form: Form) -> bool:
    return bool(form.text) and form.mal not in STEG


def test_what_looks_like_a_template_is_nowhere_taken_for_one(
    app: Flask, chef: FlaskClient, client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    utan_vantan(monkeypatch)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    provade: set[tuple[str, str]] = set()
    for vem in (client, chef):
        for vag, sida in list(sidor(app, vem)):
            lasare = Formlasare(vag)
            lasare.feed(sida)
            for form in filter(ar_mal, lasare.former):
                data = form.falt | dict.fromkeys(form.text, MALL)
                with vem.post(form.mal, data=data, follow_redirects=True) as svar:
                    assert svar.status_code < 500, (form.mal, svar.status_code)
                    utan_lackor(svar.get_data(as_text=True), form.mal)
                provade |= {(form.mal.split("?")[0], namn) for namn in form.text}
    print(f"{len(provade)} fields of {len({mal for mal, _ in provade})} forms")
    assert len(provade) > 40
    # What was kept is kept as it was typed, and shown so on every page and in every message.
    kept = innehall(database)
    assert any(MALL in str(cell) for rader in kept.values() for rad in rader for cell in rad)
    assert RAKNAT not in str(kept)
    for vag, sida in sidor(app, chef):
        utan_lackor(sida, vag)


def test_the_walk_sees_a_leak_when_there_is_one() -> None:
    for text in (f"<p>{RAKNAT}</p>", "&lt;Config {", "SECRET_KEY"):
        with pytest.raises(AssertionError):
            utan_lackor(text, "/")
