"""Every page, as each kind of user: accessible, no horizontal scroll, light enough."""

import pytest
from playwright.sync_api import Response

from tests.browser.conftest import ADMIN, NACKA, TELEFON, TIB, TRAFIKVERKET, Oppna
from tests.browser.granskning import granska

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
H = "/handelser/snoovader-svealand"
SIDOR: list[tuple[str | None, str]] = [
    (None, "/logga-in"),
    (None, "/glomt-losenord"),
    (NACKA, "/"),
    (NACKA, "/handelser"),
    (NACKA, H),
    (NACKA, f"{H}/tidslinje"),
    (NACKA, f"{H}/versioner"),
    (NACKA, f"{H}/lagesbild/samlad"),
    (NACKA, f"{H}/lagesbild/trafikverket/versioner/1"),
    (NACKA, f"{H}/lagesbild/trafikverket/jamfor/1/2"),
    (NACKA, f"{H}/lagesbild/trafikverket/skriv"),
    (NACKA, "/underrattelser"),
    (NACKA, "/underrattelser/1"),
    (NACKA, "/sok?q=v%C3%A4gen&ordning=bast"),
    (NACKA, "/sok?q=-fel"),
    (NACKA, "/mina-notiser"),
    (NACKA, "/utkorg"),
    (NACKA, "/finns-inte"),
    (NACKA, "/handelser/ovning-sodra-lank"),
    (TRAFIKVERKET, H),
    (TRAFIKVERKET, f"{H}/utskick"),
    (TRAFIKVERKET, "/utskick/9"),
    (TRAFIKVERKET, f"{H}/lagesbild/trafikverket/skriv"),
    (TRAFIKVERKET, f"{H}/underrattelser/ny"),
    (TIB, "/handelser/ny"),
    (TIB, f"{H}/redigera"),
    (TIB, f"{H}/lage"),
    (TIB, f"{H}/lagesbild/samlad/skriv"),
    (ADMIN, "/"),
    (ADMIN, "/aktorer/nacka/anvandare"),
]
IDS = [f"{(vem or 'utloggad').split('@')[0]} {sida}" for vem, sida in SIDOR]
STORST_FORSTA = 60_000


@pytest.mark.parametrize(("vem", "sida"), SIDOR, ids=IDS)
def test_the_page_is_accessible_and_fits(oppna: Oppna, vem: str | None, sida: str) -> None:
    page = oppna(vem, storlek=TELEFON)
    page.goto(sida)
    granska(page)


@pytest.mark.parametrize(
    ("vem", "sida"), [(None, "/logga-in"), (NACKA, "/"), (NACKA, H)], ids=["login", "start", "event"]
)
def test_the_first_load_weighs_at_most_60_kb_all_included(oppna: Oppna, vem: str | None, sida: str) -> None:
    page = oppna(vem, storlek=TELEFON)
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))  # a builtin won't do
    page.goto(sida, wait_until="networkidle")
    sizes = {r.url: r.request.sizes() for r in responses if "/socket.io/" not in r.url}
    weight = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes.values())
    assert weight <= STORST_FORSTA, sizes


def test_an_exercise_is_marked_on_every_page_of_it(oppna: Oppna) -> None:
    page = oppna(NACKA)
    page.goto("/handelser/ovning-sodra-lank")
    for path in ("", "/tidslinje", "/versioner", "/utskick"):
        page.goto(f"/handelser/ovning-sodra-lank{path}")
        assert page.locator(".ovningsband").is_visible()
    page.goto(H)
    assert page.locator(".ovningsband").count() == 0
