"""Feeds and CAP messages are whole XML, and CAP as OASIS has it, whatever people have written."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st

from wis.auth.krets import Tlp
from wis.floden import atom, cap, xml
from wis.floden.cap import Meddelande, Tidigare
from wis.floden.rules import Flode, Post, vard
from wis.handelser.models import Typ

XSD = Path(__file__).parents[1] / "floden_xsd" / "CAP-v1.2.xsd"
NAR = datetime(2026, 7, 1, 10, 0, 0, 987, tzinfo=UTC)
ELAKA = (
    "]]> <!-- & -- <![CDATA[ </alert>",
    "\x00\x01\x08\x0b\x1f\x7f\x85\ufffe\uffff",
    "🚨𐍈 \u202etxet\u202c ‮åäö",
    "rad\r\nrad\rrad\ttab",
    "",
)
SJALV = Tidigare("nacka@wis.example", "wis.example.lagesbild.1.3", NAR)
OM = Meddelande(
    sjalv=SJALV,
    tidigare=(),
    ovning=False,
    tlp=Tlp.GREEN,
    lagrum="",
    lasare=None,
    handelse="snoovader",
    typ=Typ.VADER,
    bradska="Expected",
    allvar="Unknown",
    visshet="Unknown",
    av="Nacka",
    rubrik="Snöoväder",
    text="Mycket snö.",
    webb="https://wis.example/underrattelser/1",
    omrade="Nacka kommun",
)
POST = Post("wis/lagesbild/1/1", "Rubrik", "Nacka", "/x", NAR, NAR, "S", "T", ("lagesbild", "L"), "clear", ovning=True)


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    """What OASIS says that a CAP message is; it asks for no other file."""
    return xmlschema.XMLSchema(str(XSD), allow="local")


def _falt(dokument: bytes) -> dict[str, str]:
    namnrymd = f"{{{cap.NAMNRYMD}}}"
    return {e.tag.removeprefix(namnrymd): e.text or "" for e in ElementTree.fromstring(dokument).iter()}


@pytest.mark.parametrize("typ", Typ)
def test_a_message_of_every_kind_of_event_is_as_oasis_has_it(schema: xmlschema.XMLSchema, typ: Typ) -> None:
    schema.validate(cap.cap(replace(OM, typ=typ)))


def test_a_message_says_what_it_is(schema: xmlschema.XMLSchema) -> None:
    forst = cap.cap(OM)
    senare = cap.cap(
        replace(
            OM,
            tidigare=(replace(SJALV, id="a.1"), replace(SJALV, id="a.2")),
            ovning=True,
            lasare=("nacka", "solna"),
            rubrik="Lång " * 60,
            till=NAR.replace(hour=12),
            allvar=cap.allvar(["måttlig", "allvarlig"]),
        )
    )
    schema.validate(forst)
    schema.validate(senare)
    a, b = _falt(forst), _falt(senare)
    assert (a["status"], a["msgType"], a["scope"], a["code"]) == ("Actual", "Alert", "Restricted", "TLP:GREEN")
    assert a["restriction"].startswith("TLP:GREEN: ")
    assert (a["sent"], a["language"], a["areaDesc"]) == ("2026-07-01T12:00:00+02:00", "sv-SE", "Nacka kommun")
    assert (b["status"], b["msgType"], b["scope"], b["addresses"]) == ("Exercise", "Update", "Private", "nacka solna")
    tid = "2026-07-01T12:00:00+02:00"
    assert b["references"] == f"nacka@wis.example,a.1,{tid} nacka@wis.example,a.2,{tid}"
    assert b["note"].startswith("ÖVNING. TLP:GREEN")
    assert b["headline"].startswith("ÖVNING: Lång")
    assert len(b["headline"]) == cap.MAX_RUBRIK
    assert (b["severity"], b["expires"]) == ("Severe", "2026-07-01T14:00:00+02:00")


def test_how_bad_it_is_follows_the_words_of_the_lagesbild() -> None:
    assert [cap.allvar([grad]) for grad in ("ingen", "måttlig", "betydande", "allvarlig", "kritisk", "annat")] == [
        "Minor",
        "Minor",
        "Moderate",
        "Severe",
        "Extreme",
        "Unknown",
    ]
    assert cap.bradska(bradskande=True, aktiverat=False, stangd=False) == "Immediate"
    assert cap.bradska(bradskande=True, aktiverat=True, stangd=True) == "Past"
    assert cap.bradska(bradskande=False, aktiverat=False, stangd=False) == "Expected"
    assert (cap.visshet({"a": "x"}), cap.visshet({"a": " "})) == ("Observed", "Unknown")
    assert (cap.omrade("Nacka kommun", "kommun"), cap.omrade("Polisen", "myndighet")) == ("Nacka kommun", cap.LAN)
    assert vard("http://[::1]:8000/x") == "--1"


@pytest.mark.parametrize("text", ELAKA)
def test_nasty_words_stay_words(schema: xmlschema.XMLSchema, text: str) -> None:
    dokument = cap.cap(replace(OM, rubrik=text, text=text, av=text, lagrum=text, omrade=text))
    schema.validate(dokument)
    assert _falt(dokument)["description"] == xml.ren(text)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=())))
def test_whatever_is_written_is_whole_xml_and_comes_back(text: str) -> None:
    post = replace(POST, rubrik=text, text=text, av=text, sammanfattning=text)
    feed = ElementTree.fromstring(atom.atom(Flode("k", text, "/", NAR, NAR, (post,)), "https://wis.example"))
    namn = {"a": atom.NAMNRYMD}
    assert (feed.findtext("a:entry/a:content", "", namn)) == xml.ren(text)
    assert feed.findtext("a:entry/a:title", "", namn) == f"ÖVNING: {xml.ren(text)}"
    assert feed.findtext("a:entry/a:id", "", namn) == "tag:wis.example,2026:wis/lagesbild/1/1"
    ElementTree.fromstring(cap.cap(replace(OM, rubrik=text, text=text)))
