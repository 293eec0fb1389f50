"""Lures: whatever address comes along, nobody is led off our own site by us."""

import inspect
import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from tests import factories as f
from wis import clock
from wis.auth.forms import egen_vag
from wis.auth.models import Anvandare, Inloggning
from wis.auth.rules import Roll
from wis.db import Database
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
VERA = "vera@nacka.example"
LOCKBETEN = [
    "//ond.example",
    "///ond.example",
    "////ond.example",
    "//ond.example/%2f..",
    "//ond.example:443/",
    "//vera@ond.example/",
    "https://ond.example",
    "HTTPS://ond.example",
    "https:ond.example",
    "https:/ond.example",
    "https:///ond.example",
    "http://localhost@ond.example/",
    "http://localhost.ond.example/",
    "http:\\\\ond.example",
    "ftp://ond.example",
    "//0x7f000001",
    "//2130706433",
    "//[::ffff:7f00:1]/",
    "//ond。example",
    "/\\ond.example",
    "\\/ond.example",
    "\\\\ond.example",
    "/\\/ond.example",
    "/\\\\ond.example",
    "/\t/ond.example",
    "/\n/ond.example",
    "/\r/ond.example",
    "/\x0b/ond.example",
    "/\x00/ond.example",
    "\t//ond.example",
    " //ond.example",
    "\x01https://ond.example",
    "ht\ntps://ond.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "blob:https://ond.example/x",
    "/\r\nSet-Cookie: a=b",
    "/\r\nLocation: https://ond.example",
    "/\u2028/ond.example",
    "ond.example",
    "www.ond.example/",
    "@ond.example",
    ".ond.example",
    ":80",
    "?https://ond.example",
    "#//ond.example",
    "//",
    "/\\",
    "http://",
    "//[",
    "http://[",
    "/" + "a" * 5000,
]


def leder_bort(location: str) -> bool:
    """Whether a browser may read the address as another site, as the URL standard has it read."""
    rest = re.sub(r"[\t\n\r]", "", location.strip("".join(map(chr, range(0x21))))).replace("\\", "/")
    return rest.startswith("//") or re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", rest) is not None or not rest.startswith("/")


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    with transaction(database) as session:
        person = f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost=VERA, administrator=True)
        f.ett_medlemskap(session, person, f.en_aktor(session, "solna"), Roll.SKRIBENT)


def ett_medlemskap(database: Database) -> int:
    with database.reading() as session:
        return session.scalars(select(Anvandare).where(Anvandare.epost == VERA)).one().medlemskap[0].id


def oskyldig(svar: object, nasta: str) -> None:
    """The answer leads nowhere else, and no link or form in it does."""
    headers, page = svar.headers, unescape(svar.get_data(as_text=True))  # type: ignore[attr-defined]
    for location in headers.getlist("Location"):
        assert not leder_bort(location), (nasta, location)
    assert "a=b" not in "".join(headers.getlist("Set-Cookie")), nasta
    targets = re.findall(r'(?:href|action|src|formaction)="([^"]*)"', page) + re.findall(
        r'name="nasta"[^>]*value="([^"]*)"', page
    )
    # What is left empty stays on the page; what is a picture in the page itself leads nowhere.
    assert not [en for en in targets if en and not en.startswith(("#", "?", "data:image/png")) and leder_bort(en)], (
        nasta
    )


def test_the_judge_knows_a_lure_when_it_sees_one() -> None:
    assert all(leder_bort(bort) for bort in ("//x", "/\\x", "https:x", "\t//x", "x"))
    assert not leder_bort("/handelser?q=//x")


@pytest.mark.parametrize("nasta", LOCKBETEN)
def test_the_login_leads_to_our_own_pages_alone(client: FlaskClient, nasta: str) -> None:
    oskyldig(client.get("/logga-in", query_string={"nasta": nasta}), nasta)
    data = {"epost": VERA, "losenord": f.LOSENORD, "nasta": nasta, "parkerat": '[["rubrik", "x"]]'}
    oskyldig(client.post("/logga-in", data=data | {"losenord": "fel"}), nasta)
    svar = client.post("/logga-in", data=data)
    # In, and led on; or to a page of ours with what was typed; or refused, for a character that is none.
    assert svar.status_code in {302, 200} or "\x00" in nasta
    oskyldig(svar, nasta)
    oskyldig(client.get("/logga-in", query_string={"nasta": nasta}), nasta)


@pytest.mark.parametrize("nasta", LOCKBETEN)
def test_so_does_every_other_page_that_leads_on(logga_in: LoggaIn, database: Database, nasta: str) -> None:
    client, medlemskap = logga_in(VERA), ett_medlemskap(database)
    med = {"query_string": {"nasta": nasta}}
    oskyldig(client.get("/mitt-konto/bekrafta", **med), nasta)
    oskyldig(client.post("/byt-aktor", data={"medlemskap": medlemskap, "nasta": nasta}), nasta)
    oskyldig(client.post("/visa-som/sluta", data={"nasta": nasta}), nasta)
    for vag in ("/visa-som", "/mitt-konto/roll", "/logga-in/faktor", "/logga-in/faktor/ny"):
        oskyldig(client.get(vag, **med), nasta)
        oskyldig(client.post(vag, data={"medlemskap": medlemskap, "aktor": "solna", "nasta": nasta}), nasta)
    with transaction(database) as session:
        session.execute(update(Inloggning).values(bekraftad=clock.now().replace(year=2020)))
    oskyldig(client.get("/mitt-konto/bekrafta", **med), nasta)
    oskyldig(client.post("/mitt-konto/bekrafta", data={"bekrafta_losenord": f.LOSENORD}, **med), nasta)


def test_every_parameter_that_leads_on_is_tried_here(app: Flask) -> None:
    """A page that takes such a parameter must be among those above."""
    takes = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if "nasta" in re.findall(r"egen_vag\(.*?(nasta)", inspect.getsource(app.view_functions[rule.endpoint]))
    }
    assert takes <= {
        "/logga-in",
        "/byt-aktor",
        "/mitt-konto/bekrafta",
        "/mitt-konto/roll",
        "/visa-som",
        "/visa-som/sluta",
    }
    assert {"/logga-in", "/byt-aktor", "/visa-som/sluta"} <= takes


@given(st.text(alphabet=st.sampled_from("/\\:@.?#%\t\r\n \x00\x0b\x85\u2028htpsjavcrionde[]"), max_size=20))
def test_no_text_at_all_is_taken_for_a_path_and_leads_away(text: str) -> None:
    for vag in (text, f"/{text}", f"//{text}"):
        kept = egen_vag(vag)
        assert kept in {"", vag}
        assert kept == "" or not leder_bort(kept)
