"""What the tests about accounts share: people, letters, links, rows of the record."""

import re
from collections.abc import Callable
from html import unescape

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests import factories as f
from wis import audit
from wis.auth.models import Medlemskap
from wis.auth.queries import find_anvandare
from wis.auth.rules import Roll
from wis.db import Database
from wis.notiser.models import Leverans, Utskick
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
ANNA, BO, VERA, SIV = "anna@nacka.example", "bo@nacka.example", "vera@nacka.example", "siv@solna.example"
LISTA = "/aktorer/nacka/anvandare"
BJUD_IN = f"{LISTA}/bjud-in"
KIM = {"epost": "Kim.Ek@nacka.example", "namn": "Kim Ek", "roll": "skribent", "motivering": "Ny på jobbet"}
VARFOR = {"motivering": "Har bytt tjänst"}
NYTT = "fyra slumpvisa ord räcker"


def nackas_folk(database: Database) -> None:
    """Two administrators and a reader at Nacka, an administrator at Solna."""
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", None, epost=ANNA, administrator=True)
        f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost=BO, administrator=True)
        f.en_person_hos(session, "nacka", Roll.LASARE, epost=VERA)
        f.en_person_hos(session, "solna", Roll.REDAKTOR, epost=SIV, administrator=True)


def sida(response: TestResponse, status: int = 200) -> str:
    """The page as a person reads it."""
    assert response.status_code == status, response.get_data(as_text=True)
    return unescape(response.get_data(as_text=True).replace("<wbr>", ""))


def medlemskap(database: Database, epost: str, slug: str = "nacka") -> Medlemskap:
    """What the person is at the actor."""
    with database.reading() as session:
        found = session.scalars(select(Medlemskap)).all()
        match = next(m for m in found if m.anvandare.epost == epost and m.aktor.slug == slug)
        assert match.anvandare.medlemskap
        return match


def adress(database: Database, epost: str, akt: str = "") -> str:
    """The address of the person's page at Nacka, or of an act there."""
    return f"{LISTA}/{medlemskap(database, epost).id}{akt}"


def brev(database: Database) -> list[tuple[str, str, str]]:
    """What waits to be sent, oldest first: address, subject, text."""
    with database.reading() as session:
        rows = session.execute(select(Leverans, Utskick).join(Leverans.utskick).order_by(Leverans.id)).all()
        return [(str(leverans.adress), utskick.amne, utskick.epost) for leverans, utskick in rows]


def lank(database: Database, number: int = -1) -> str:
    """The path of the link in a letter, the latest if not said."""
    found = re.search(r"http://localhost(/konto/\S+)", brev(database)[number][2])
    assert found is not None
    return found[1]


def logg(database: Database, handling: str) -> list[audit.Loggpost]:
    """The rows of the record about this."""
    with database.reading() as session:
        return list(session.scalars(select(audit.Loggpost).where(audit.Loggpost.handling == handling)))


def version(database: Database, epost: str) -> int:
    """The number that rises with each change of what a person may do."""
    with database.reading() as session:
        person = find_anvandare(session, epost)
        assert person is not None
        return person.behorighetsversion


def valj_losenord(client: FlaskClient, path: str, losenord: str = NYTT, **mer: str) -> TestResponse:
    """Fill in the page that the link leads to."""
    return client.post(path, data={"namn": "Kim Ek", "losenord": losenord, "losenord_igen": losenord} | mer)
