"""What the tests of second factors share: a person with an app, the code that it shows, pages and their parts."""

import re
from collections.abc import Callable
from functools import cache
from html import unescape

import pyotp
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests import factories as f
from wis import audit, clock
from wis.auth import faktorer, faktorer_app
from wis.auth.models import Anvandare
from wis.auth.queries import find_anvandare
from wis.db import Database
from wis.notiser.models import Leverans, Utskick
from wis.settings import Settings
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
VERA, ALI = "vera@nacka.example", "ali@nacka.example"
SLUTEN_SIDA = "/mitt-konto/sakerhet"
FRAGA, NY, KLAR = "/logga-in/faktor", "/logga-in/faktor/ny", "/logga-in/faktor/klar"
SAKERHET = "/mitt-konto/sakerhet"


@cache
def koder() -> faktorer.NyaKoder:
    """Ten recovery codes; the same in every test, for they are slow to make."""
    return faktorer.hitta_pa_koder()


def hamta_person(database: Database, epost: str) -> Anvandare:
    """The person with this address."""
    with database.reading() as session:
        person = find_anvandare(session, epost)
        assert person is not None
        return person


def har_app(database: Database, settings: Settings, epost: str = VERA) -> str:
    """Give the person an app and the codes of koder(); returns the app's secret. No code of now has been used."""
    hemlighet = faktorer_app.ny_hemlighet()
    with transaction(database) as session:
        person = find_anvandare(session, epost)
        assert person is not None
        faktorer_app.satt(session, settings, person, hemlighet, kod(hemlighet, -1))
        faktorer.spara_koder(session, person, koder())
    return hemlighet


def kod(hemlighet: str, steg: int = 0) -> str:
    """What the app shows, so many steps of half a minute from now."""
    return pyotp.TOTP(hemlighet).generate_otp(int(clock.now().timestamp()) // 30 + steg)


def losenordet(client: FlaskClient, epost: str = VERA, **mer: str) -> TestResponse:
    """Send the right password."""
    return client.post("/logga-in", data={"epost": epost, "losenord": f.LOSENORD} | mer)


def text(svar: TestResponse, status: int = 200) -> str:
    """The page as a person reads it."""
    assert svar.status_code == status, svar.get_data(as_text=True)
    return unescape(svar.get_data(as_text=True))


def falt(sida: str, namn: str) -> str:
    """What a hidden field of the page holds."""
    found = re.search(rf'name="{namn}"[^>]* value="([^"]*)"', sida)
    assert found is not None, namn
    return found[1]


def hemlighet_pa(sida: str) -> str:
    """The secret that a page shows in words."""
    found = re.search(r'class="hemlighet">([A-Z2-7 ]+)<', sida)
    assert found is not None
    return found[1].replace(" ", "")


def koder_pa(sida: str) -> list[str]:
    """The recovery codes that a page shows."""
    return re.findall(r"<li><code>([a-z0-9-]+)</code></li>", sida)


def passkey_val(svar: TestResponse) -> str:
    """The options for the browser that a page carries."""
    found = re.search(r'data-val="([^"]*)"', svar.get_data(as_text=True))
    assert found is not None
    return unescape(found[1])


def inne(client: FlaskClient) -> bool:
    """Whether a page that needs a login opens."""
    return client.get(SLUTEN_SIDA).status_code == 200


def logg(database: Database, handling: str) -> list[audit.Loggpost]:
    """The rows of the record about this."""
    with database.reading() as session:
        return list(session.scalars(select(audit.Loggpost).where(audit.Loggpost.handling == handling)))


def brev(database: Database) -> list[tuple[str | None, str | None]]:
    """Address and subject of what waits to be sent, oldest first."""
    with database.reading() as session:
        rows = session.execute(select(Leverans.adress, Utskick.amne).join(Leverans.utskick).order_by(Leverans.id))
        return [(adress, amne) for adress, amne in rows]
