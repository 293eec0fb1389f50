"""Two persons behind a publication, as they meet it: on a telephone and a computer at once, without reloading."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ADMIN, TELEFON, Oppna
from tests.browser.granskning import granska, till
from tests.korning import Korning
from tests.tvaperson_stod import satt_regel
from wis.db import Database
from wis.handelser.models import Lage
from wis.tvaperson.models import Niva

pytestmark = pytest.mark.browser
H = "/handelser/snoovader-svealand"
ELIN, AMIR = "tib@region-stockholm.example", "kommunikation@region-stockholm.example"


@pytest.fixture
def regel(demo: Korning) -> Iterator[None]:
    """Region Stockholm wants two persons everywhere, for this test alone."""
    database = Database(f"sqlite:///{demo.logg.parent / 'wis.db'}")
    satt_regel(database, "region-stockholm", *Niva, lage=Lage.AKTIVERAT)
    yield
    satt_regel(database, "region-stockholm")
    database.dispose()


def test_where_two_persons_are_needed_is_chosen_on_a_telephone(oppna: Oppna) -> None:
    page = oppna(ADMIN, storlek=TELEFON)
    till(page, "/aktorer/nacka/tva-personer")
    granska(page)
    ruta = page.get_by_label("Två personer: Brådskande underrättelse, aktiverat läge")
    ruta.focus()
    page.keyboard.press("Space")
    expect(ruta).to_be_checked()


def test_asked_on_a_telephone_and_answered_on_a_computer_each_sees_it_at_once(oppna: Oppna, regel: None) -> None:
    elin, amir = oppna(ELIN, storlek=TELEFON), oppna(AMIR)
    till(amir, H)
    till(elin, f"{H}/underrattelser/ny")
    elin.get_by_label("Rubrik").fill("Akuten tar inte emot")
    elin.get_by_label("Text", exact=True).fill("Kör till Södersjukhuset.")
    expect(elin.get_by_text("Publicera ensam i nödläge")).to_be_visible()
    granska(elin)
    elin.get_by_role("button", name=re.compile(r"^Be en kollega godkänna, avisera")).first.click()
    elin.wait_for_url("**/forslag/*")
    expect(elin.get_by_role("heading", name="Väntar på en kollega")).to_be_visible()

    fraga = amir.get_by_text("Elin Hagström ber dig godkänna:")
    expect(fraga).to_be_visible()
    granska(amir)
    fraga.get_by_role("link").click()
    expect(amir.get_by_text("Kör till Södersjukhuset.").first).to_be_visible()
    granska(amir)
    amir.get_by_label("Vad behöver ändras?").fill("Det gäller bara barnakuten.")
    amir.get_by_role("button", name="Skicka tillbaka").click()
    expect(elin.get_by_text("Det gäller bara barnakuten.")).to_be_visible()
    granska(elin)

    elin.get_by_role("link", name="Skriv vidare").click()
    expect(elin.get_by_label("Text", exact=True)).to_have_value("Kör till Södersjukhuset.")
    elin.get_by_label("Rubrik").fill("Barnakuten tar inte emot")
    elin.get_by_role("button", name="Be en kollega godkänna, utan avisering").first.click()
    elin.wait_for_url("**/forslag/*")
    till(amir, "/")
    amir.get_by_role("link", name="Underrättelse: Barnakuten tar inte emot").first.click()
    amir.get_by_role("button", name="Godkänn och publicera utan avisering").click()
    expect(amir.get_by_text("Godkänd av Amir Rezapour")).to_be_visible()
    expect(elin.get_by_role("heading", name="Godkänt och publicerat")).to_be_visible()
