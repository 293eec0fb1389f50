"""Every page, as each kind of user: accessible, no horizontal scroll, light enough."""

import pytest
from playwright.sync_api import Response

from tests.browser.conftest import ADMIN, NACKA, TELEFON, TIB, TRAFIKVERKET, Oppna
from tests.browser.granskning import granska

pytestmark = pytest.mark.browser
H = "/handelser/snoovader-svealand"
SENASTE_UTSKICK = "/utskick/<senaste>"
"""The newest of the list: its number follows from all that the demo sends."""
SIDOR: list[tuple[str | None, str]] = [
    (None, "/logga-in"),
    (None, "/glomt-losenord"),
    (None, "/tillganglighet"),
    (NACKA, "/"),
    (NACKA, "/handelser"),
    (NACKA, H),
    (NACKA, f"{H}/versioner"),
    (NACKA, f"{H}/lagesbild/samlad"),
    (NACKA, f"{H}/lagesbild/trafikverket/versioner/1"),
    (NACKA, f"{H}/lagesbild/trafikverket/jamfor/1/2"),
    (NACKA, f"{H}/lagesbild/trafikverket/versioner/2/sedan/1"),
    (NACKA, "/nytt"),
    (NACKA, f"{H}/lagesbild/trafikverket/skriv"),
    (NACKA, "/underrattelser"),
    (NACKA, "/underrattelser/1"),
    (NACKA, "/sok?q=v%C3%A4gen&ordning=bast"),
    (NACKA, "/sok?q=-fel"),
    (NACKA, "/mina-notiser"),
    (NACKA, "/natlos"),
    (NACKA, "/installningar"),
    (NACKA, "/floden"),
    (NACKA, f"{H}/lagesbild/nacka/nyckeltal"),
    (NACKA, "/bevakningar/ny?q=v%C3%A4gen"),
    (NACKA, "/bevakningar/omrade"),
    (NACKA, "/utkorg"),
    (NACKA, "/finns-inte"),
    (NACKA, "/handelser/ovning-sodra-lank"),
    (TRAFIKVERKET, H),
    (TRAFIKVERKET, f"{H}/tidslinje"),
    (TRAFIKVERKET, f"{H}/paverkan"),
    (TRAFIKVERKET, "/paverkan/1"),
    (TRAFIKVERKET, f"{H}/tystnad"),
    (TRAFIKVERKET, f"{H}/utskick"),
    (TRAFIKVERKET, SENASTE_UTSKICK),
    (TRAFIKVERKET, f"{H}/lagesbild/trafikverket/skriv"),
    (TRAFIKVERKET, f"{H}/underrattelser/ny"),
    (TRAFIKVERKET, f"{H}/begaran"),
    (TRAFIKVERKET, f"{H}/begaran/ny?mall=standard-resurser"),
    (TRAFIKVERKET, "/regionen"),
    (TRAFIKVERKET, f"{H}/lagesbild/norrtalje/versioner/3/kommunikator"),
    (TRAFIKVERKET, f"{H}/lagesbild/norrtalje/versioner/3/upplasning"),
    (TRAFIKVERKET, f"{H}/statistik"),
    (TRAFIKVERKET, f"{H}/checklista"),
    (TRAFIKVERKET, "/aktorer/trafikverket/typhandelser/ny"),
    (TIB, "/handelser/ny"),
    (TIB, f"{H}/redigera"),
    (TIB, f"{H}/lage"),
    (TIB, f"{H}/lagesbild/samlad/skriv"),
    (ADMIN, "/"),
    (ADMIN, "/aktorer/nacka/anvandare"),
    (ADMIN, "/aktorer/nacka/begaranmallar/ny?mall=standard-resurser"),
]
IDS = [f"{(vem or 'utloggad').split('@')[0]} {sida}" for vem, sida in SIDOR]
STORST_FORSTA = 60_000


@pytest.mark.parametrize(("vem", "sida"), SIDOR, ids=IDS)
def test_the_page_is_accessible_and_fits(titta: Oppna, vem: str | None, sida: str) -> None:
    page = titta(vem)
    if sida == SENASTE_UTSKICK:
        page.goto(f"{H}/utskick")
        sida = page.locator(".framdriftsnamn a").first.get_attribute("href") or ""
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
