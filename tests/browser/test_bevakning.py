"""A watch is made of a search, and taken away by the button that says so, on a narrow telephone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import TELEFON, Oppna

pytestmark = pytest.mark.browser
POLISEN = "camilla.brunnberg@polisen.example"


def test_a_search_is_watched_and_the_watch_is_removed_where_it_stands(oppna: Oppna) -> None:
    page = oppna(POLISEN, storlek=TELEFON)
    page.goto("/sok?q=trädfällning")
    page.get_by_role("link", name="Bevaka den här sökningen").click()
    page.get_by_label("E-post").check()
    page.get_by_role("button", name="Spara bevakningen").click()
    kort = page.locator(".kort", has_text="trädfällning")
    expect(kort).to_contain_text("0 publiceringar sedan du började bevaka")
    # The card is a link to where it is changed; what else stands on it leads where it says.
    kort.get_by_role("link", name="trädfällning", exact=True).last.click()
    page.wait_for_url(re.compile("/sok"))
    page.go_back()
    kort.get_by_role("button", name="Ta bort").click()
    expect(page.locator("#meddelanden")).to_contain_text("Du bevakar inte längre trädfällning.")
    expect(kort).to_have_count(0)
