"""Recovery codes as one meets them: asked first, on paper that says whose they are, and told how many are left."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories as f
from tests.web.faktor_stod import FRAGA, SAKERHET, VERA, har_app, kod, koder, koder_pa, losenordet, text
from wis import clock, datum
from wis.auth.rules import Roll
from wis.db import Database
from wis.settings import Settings
from wis.tx import transaction


@pytest.fixture
def vera(logga_in: Callable[[str], FlaskClient], database: Database, settings: Settings) -> FlaskClient:
    """Vera, logged in, with an app and ten codes."""
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.LASARE, epost=VERA)
    client = logga_in(VERA)
    har_app(database, settings)
    return client


def test_new_codes_are_not_made_by_one_press(vera: FlaskClient, app: Flask) -> None:
    page = text(vera.get(SAKERHET))
    assert f'href="{SAKERHET}/koder"' in page
    assert f'action="{SAKERHET}/koder"' not in page
    asked = text(vera.get(f"{SAKERHET}/koder"))
    assert "De 10 som är kvar slutar gälla direkt" in asked
    assert "Behåll dem jag har" in asked
    assert koder_pa(asked) == []
    # To have looked at the question ends none.
    other = app.test_client()
    losenordet(other)
    assert other.post(FRAGA, data={"reservkod": koder().koder[0]}).status_code == 302


def test_the_page_of_codes_says_whose_they_are_where_and_since_when(vera: FlaskClient, settings: Settings) -> None:
    with clock.at(clock.now()):
        page, nar = text(vera.post(f"{SAKERHET}/koder")), datum.datumtid(clock.now())
    assert len(koder_pa(page)) == 10
    box = page.split('class="koder-for"')[1].split("</p>")[0]
    for part in ("Reservkoder till wis", settings.base_url.split("//")[1], VERA, nar):
        assert part in box
    assert "<div data-skriv-ut hidden>" in page


def test_after_a_code_one_is_told_how_many_are_left(vera: FlaskClient, app: Flask) -> None:
    for used, kvar in ((0, 9), (1, 8)):
        other = app.test_client()
        losenordet(other)
        svar = other.post(FRAGA, data={"reservkod": koder().koder[used]}, follow_redirects=True)
        assert f"Du använde en reservkod. {kvar} kvar." in text(svar)


def test_after_the_app_nothing_is_said_of_codes(
    database: Database, settings: Settings, app: Flask, vera: FlaskClient
) -> None:
    hemlighet = har_app(database, settings)
    other = app.test_client()
    losenordet(other)
    assert "reservkod" not in text(other.post(FRAGA, data={"kod": kod(hemlighet)}, follow_redirects=True)).lower()


def test_on_the_phone_the_app_is_opened_before_the_picture(vera: FlaskClient) -> None:
    page = text(vera.get(f"{SAKERHET}/app"))
    link, picture = page.index('href="otpauth://'), page.index('class="qr"')
    assert link < picture < page.index("<details", picture) < page.index('class="hemlighet"')
    assert "<details" not in page[page.index('class="steg"') : link]
