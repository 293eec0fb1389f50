"""The pages about people, functions, rights and logins: accessible, and no horizontal scroll."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.browser.conftest import ADMIN, NACKA, TELEFON, TIB, TRAFIKVERKET, Oppna, logga_in
from tests.browser.granskning import granska, till
from tests.korning import Korning
from wis import clock
from wis.auth.models import Inloggning
from wis.db import Database
from wis.tx import transaction

pytestmark = pytest.mark.browser
H, A = "/handelser/snoovader-svealand", "/aktorer/nacka"
SIDOR = [
    (ADMIN, f"{A}/behorigheter"),
    (ADMIN, f"{A}/genomgang"),
    (ADMIN, f"{A}/anvandare/importera"),
    (ADMIN, f"{A}/anvandare/bjud-in"),
    (ADMIN, f"{A}/misslyckade"),
    (ADMIN, f"{A}/funktioner"),
    (ADMIN, f"{A}/funktioner/ny"),
    (ADMIN, "/fragor"),
    (NACKA, "/fragor"),
    (NACKA, "/mitt-konto/sakerhet"),
    (NACKA, "/mitt-konto/sakerhet/app"),
    (NACKA, "/mitt-konto/inloggningar"),
    (NACKA, "/mitt-konto/losenord"),
    (TIB, f"{H}/gaster"),
    (TIB, f"{H}/be-om-lasratt?aktor=solna"),
    (TIB, "/visa-som"),
    (TIB, "/aktorer/lansstyrelsen/anvandare"),
    (TRAFIKVERKET, f"{H}/lagesbild/trafikverket/lasratt"),
    (TRAFIKVERKET, "/underrattelser/2/lasratt"),
]
LANKAR = [
    (ADMIN, f"{A}/anvandare", rf"^{A}/anvandare/\d+$"),
    (ADMIN, f"{A}/funktioner", rf"^{A}/funktioner/\d+$"),
    (ADMIN, f"{A}/funktioner", r"^/funktioner/\d+$"),
    (ADMIN, f"{A}/funktioner", r"^/funktioner/\d+/notiser$"),
]
"""Where one begins, and the address of the link to follow: what comes is looked at."""


@pytest.mark.parametrize(("vem", "sida"), SIDOR, ids=[f"{vem.split('@')[0]} {sida}" for vem, sida in SIDOR])
def test_the_page_is_accessible_and_fits(titta: Oppna, vem: str, sida: str) -> None:
    page = titta(vem)
    till(page, sida)
    granska(page)


def _folj(page: Page, fran: str, adress: str) -> None:
    till(page, fran)
    lankar = page.locator("main a").evaluate_all("alla => alla.map(a => a.getAttribute('href'))")
    till(page, next(lank for lank in lankar if re.search(adress, lank)))


@pytest.mark.parametrize(("vem", "fran", "adress"), LANKAR, ids=[adress for _, _, adress in LANKAR])
def test_what_the_list_leads_to_does_too(titta: Oppna, vem: str, fran: str, adress: str) -> None:
    page = titta(vem)
    _folj(page, fran, adress)
    granska(page)


def test_why_a_colleague_can_not_read_does_too(oppna: Oppna) -> None:
    page = oppna(ADMIN, storlek=TELEFON)
    _folj(page, f"{A}/anvandare", rf"^{A}/anvandare/\d+$")
    page.get_by_role("button", name="Kontrollera händelsen").click()
    page.wait_for_url("**/kontrollera?*")
    granska(page)


def test_the_dry_run_of_an_import_does_too(oppna: Oppna) -> None:
    page = oppna(ADMIN, storlek=TELEFON)
    till(page, f"{A}/anvandare/importera")
    page.locator("textarea").first.fill("kim.ek@nacka.example;Kim Ek;skribent;nej;\nlo@;Lo;läsare")
    page.locator("[name=motivering]").fill("Lista från HR")
    page.get_by_role("button", name="Provkör").click()
    expect(page.get_by_role("heading", name="Provkörning")).to_be_visible()
    granska(page)


def test_an_event_seen_as_another_does_too_and_says_so(demo: Korning, oppna: Oppna) -> None:
    # A login of its own: the others' must not see as somebody else.
    page = oppna(None, storlek=TELEFON)
    logga_in(page, TIB)
    till(page, "/visa-som")
    page.get_by_role("button", name="Börja visa").click()
    page.wait_for_url(f"{demo.url}/")
    till(page, H)
    expect(page.locator(".visningsband")).to_be_visible()
    granska(page)


def test_proving_once_more_who_one_is_does_too(demo: Korning, oppna: Oppna) -> None:
    page = oppna(None, storlek=TELEFON)
    logga_in(page, NACKA)
    _gor_gammal(demo)
    till(page, "/mitt-konto/bekrafta")
    granska(page)


def _gor_gammal(demo: Korning) -> None:
    """The latest login becomes an hour old."""
    database = Database(f"sqlite:///{demo.logg.parent / 'wis.db'}")
    with transaction(database) as session:
        senaste = session.scalars(select(Inloggning).order_by(Inloggning.id.desc()).limit(1)).one()
        senaste.bekraftad = clock.now() - timedelta(hours=1)
    database.dispose()
