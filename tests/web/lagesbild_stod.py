"""What the tests about lägesbilder share: people, a form, and what a page says."""

import re
from collections.abc import Callable
from html import unescape

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests import factories as f
from wis.auth.rules import Roll
from wis.db import Database
from wis.lagesbild.models import LagesbildVersion, Utkast
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
BAS = "/handelser/snoovader/lagesbild/trafikverket"
SAMLAD = "/handelser/snoovader/lagesbild/samlad"
FORM = {
    "sammanfattning": "E18 är **öppen** norrut.",
    "lage_fakta": "118 plogfordon är ute.\r\nInga stopp.",
    "bas": "0",
    "revision": "0",
    "nyckel": "a" * 32,
    "nasta_val": "+120",
    "handling": "avisera",
}


def skrivande_folk(database: Database) -> None:
    """Trafikverket's people, one of each role and Bertil; two redaktörer elsewhere; an open event and a hidden one."""
    with transaction(database) as session:
        for roll in Roll:
            f.en_person_hos(session, "trafikverket", roll, epost=f"{roll}@trafikverket.example")
        f.en_person_hos(session, "trafikverket", Roll.TALESPERSON, epost="bertil@trafikverket.example")
        f.en_person_hos(session, "lansstyrelsen", Roll.REDAKTOR, epost="tib@lansstyrelsen.example")
        f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost="redaktor@nacka.example")
        f.en_handelse(session, "lansstyrelsen", slug="snoovader", rubrik="Snöoväder")
        f.en_handelse(session, "lansstyrelsen", slug="hemlig", rubrik="Hemlig", lasare=["trafikverket"])


def sidan(svar: TestResponse, status: int = 200) -> str:
    """The page that was answered."""
    page = svar.get_data(as_text=True)
    assert svar.status_code == status, page
    return page


def synligt(page: str) -> str:
    """What a person reads: without tags, and with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def i_falt(page: str, namn: str) -> str:
    """What stands in a field of the form."""
    textarea = re.search(rf'<textarea[^>]* name="{namn}"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    if textarea:
        return unescape(textarea[1]).removeprefix("\r\n").removeprefix("\n")
    falt = re.search(rf'<input[^>]* name="{namn}"[^>]*>', page)
    assert falt, namn
    varde = re.search(r'value="([^"]*)"', falt[0])
    return unescape(varde[1]) if varde else ""


def versioner(database: Database) -> list[LagesbildVersion]:
    """What is published, oldest first."""
    with database.reading() as session:
        return list(session.scalars(select(LagesbildVersion).order_by(LagesbildVersion.nummer)))


def sparade(database: Database) -> list[dict[str, str]]:
    """The sections of every draft."""
    with database.reading() as session:
        return [utkast.sektioner for utkast in session.scalars(select(Utkast).order_by(Utkast.id))]


def publicera(client: FlaskClient, bas: int, sammanfattning: str, adress: str = BAS, **ovrigt: str) -> TestResponse:
    """Publish, without telling, a summary revised from `bas`."""
    data = {"sammanfattning": sammanfattning, "bas": str(bas), "nyckel": f"{bas:032x}", "handling": "tyst", **ovrigt}
    return client.post(f"{adress}/skriv", data=data)
