"""Passkeys in real Chromium, with its own virtual security key: made at the first login, used at the next."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import TALAMOD_MS, TELEFON
from tests.browser.granskning import granska
from tests.korning import Korning

pytestmark = pytest.mark.browser
EPOST = "anna@nacka.example"
LOSENORD = "fyra slumpvisa ord räcker"


class Ort(Korning):
    """A `wis run` at a name: browsers make no passkey for a number such as 127.0.0.1."""

    def __init__(self, instance: Path, **settings: str) -> None:
        super().__init__(instance, **settings)
        self.url = f"http://localhost:{self.port}"
        self._env["WIS_BAS_URL"] = self.url


@pytest.fixture(scope="module")
def ort(installation_mall: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ort]:
    """An installation that asks everybody for a second factor, without any user."""
    with Ort(tmp_path_factory.mktemp("passkey"), andra_faktor="alla") as ort:
        shutil.copy(installation_mall, ort.logg.parent / "wis.db")
        ort.starta("--host", "localhost")
        yield ort


@pytest.fixture
def context(ort: Ort, chromium: Browser) -> Iterator[BrowserContext]:
    """A browser of its own; script errors and refusals of the content policy fail the test."""
    context = chromium.new_context(base_url=ort.url, viewport=TELEFON, locale="sv-SE")
    context.set_default_timeout(TALAMOD_MS)
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    yield context
    context.close()
    assert [error for error in errors if "422" not in error] == []


def _nyckel(page: Page, *, ar_personen: bool = True) -> str:
    """Put a virtual security key in the browser; its id."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    val = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    val |= {"isUserVerified": ar_personen, "automaticPresenceSimulation": True}
    return str(cdp.send("WebAuthn.addVirtualAuthenticator", {"options": val})["authenticatorId"])


def _inbjuden(ort: Ort, epost: str) -> str:
    printed = ort.wis("user", "create", "--epost", epost, "--namn", "Anna", "--aktor", "nacka", "--roll", "redaktor")
    return printed.strip().splitlines()[-1]


def _valj_losenord(page: Page, lank: str) -> None:
    page.goto(lank)
    page.locator("[name=losenord]").fill(LOSENORD)
    page.locator("[name=losenord_igen]").fill(LOSENORD)
    page.get_by_role("button", name="Spara och logga in").click()


def _logga_in(page: Page, epost: str) -> None:
    page.goto("/logga-in")
    page.get_by_label("E-post").fill(epost)
    page.get_by_label("Lösenord", exact=True).fill(LOSENORD)
    page.get_by_role("button", name="Logga in").click()


def test_a_passkey_is_made_at_the_first_login_and_opens_the_next(ort: Ort, context: BrowserContext) -> None:
    page = context.new_page()
    _nyckel(page)
    _valj_losenord(page, _inbjuden(ort, EPOST))
    expect(page.get_by_role("heading", name="Skydda ditt konto")).to_be_visible()
    granska(page)
    page.get_by_role("button", name="Skapa en passkey").click()
    expect(page.get_by_role("heading", name="Spara dina reservkoder")).to_be_visible()
    expect(page.locator(".koder li")).to_have_count(10)
    granska(page)
    page.evaluate("window.print = () => { document.title = 'Utskriven' }")
    page.get_by_role("button", name="Skriv ut").click()
    expect(page).to_have_title("Utskriven")
    page.get_by_role("button", name="Jag har sparat koderna").click()
    page.wait_for_url(f"{ort.url}/")

    page.goto("/mitt-konto/sakerhet")
    expect(page.get_by_text("10 av 10 är kvar")).to_be_visible()
    granska(page)
    # The same device holds one already, and says so.
    page.get_by_role("button", name="Lägg till en passkey").click()
    expect(page.get_by_role("alert")).to_have_text("Den här enheten har redan en passkey för ditt konto.")

    context.clear_cookies()
    _logga_in(page, EPOST)
    expect(page.get_by_role("heading", name="Visa att det är du")).to_be_visible()
    granska(page)
    page.get_by_role("button", name="Logga in med passkey").click()
    page.wait_for_url(f"{ort.url}/")


def test_one_who_does_not_prove_to_be_the_person_is_told_and_not_let_in(ort: Ort, context: BrowserContext) -> None:
    page = context.new_page()
    _nyckel(page, ar_personen=False)
    _valj_losenord(page, _inbjuden(ort, "bo@nacka.example"))
    page.get_by_role("button", name="Skapa en passkey").click()
    expect(page.get_by_role("alert")).to_have_text("Det avbröts eller tog för lång tid. Försök igen.")
    expect(page.get_by_role("button", name="Skapa en passkey")).to_be_enabled()
    page.goto("/handelser")
    expect(page).to_have_url(f"{ort.url}/logga-in?nasta=/handelser")
