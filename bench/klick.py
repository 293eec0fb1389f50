"""From the click on 'Publicera' to the new text on another person's screen, and to the SMS in the outbox.

Real `wis run` on the demo's data, two real browsers on this machine. The limit is a plain reload of the same page:
nothing can show the text sooner than that. Prints a table and, last, one JSON object (seconds).
"""

import json
import statistics
import tempfile
import time
import uuid
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.korning import Korning
from tests.servrar import chromium_alternativ
from wis.demo import LOSENORD

VARV = 20
HANDELSE = "/handelser/snoovader-svealand"


def _logga_in(browser: Browser, url: str, epost: str) -> Page:
    page = browser.new_context(base_url=url).new_page()
    page.goto("/logga-in")
    page.get_by_label("E-post").fill(epost)
    page.get_by_label("Lösenord", exact=True).fill(LOSENORD)
    page.get_by_role("button", name="Logga in").click()
    page.wait_for_url(lambda address: "/logga-in" not in address)
    return page


def _varv(writer: Page, reader: Page, outbox: Page) -> tuple[float, float]:
    text = f"Mätning {uuid.uuid4().hex[:10]}"
    writer.goto(f"{HANDELSE}/lagesbild/trafikverket/skriv")
    writer.get_by_label("Sammanfattning").fill(text)
    button = writer.get_by_role("button", name="Publicera och avisera")
    button.scroll_into_view_if_needed()
    start = time.perf_counter()
    button.click(no_wait_after=True)
    reader.get_by_text(text).wait_for()
    shown = time.perf_counter() - start
    outbox.get_by_text(text).first.wait_for()
    return shown, time.perf_counter() - start


def _rad(namn: str, values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    row = {"p50": statistics.median(ordered), "p95": ordered[int(len(ordered) * 0.95) - 1], "max": ordered[-1]}
    print(f"{namn:<44}" + "".join(f"{key} {value:6.3f} s   " for key, value in row.items()))
    return {key: round(value, 3) for key, value in row.items()}


def main() -> None:
    """Measure and print."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Korning(Path(folder), demo="1", angra_tid="0") as korning,  # what is measured is ours, not the hold
        sync_playwright() as playwright,
    ):
        korning.wis("db", "upgrade")
        korning.wis("demo-data")
        korning.starta()
        browser = playwright.chromium.launch(**chromium_alternativ())
        writer = _logga_in(browser, korning.url, "talesperson@trafikverket.example")
        reader = _logga_in(browser, korning.url, "kommunikator@nacka.example")
        outbox = reader.context.new_page()
        reader.goto(HANDELSE)
        outbox.goto("/utkorg")
        for page in (reader, outbox):
            page.wait_for_selector("#anslutning[data-lage=ansluten]", state="attached")
        rounds = [_varv(writer, reader, outbox) for _ in range(VARV)]
        limit = []
        for _ in range(VARV):
            start = time.perf_counter()
            reader.goto(HANDELSE)
            limit.append(time.perf_counter() - start)
        browser.close()
    result = {
        "skarm": _rad("klick till text på den andras skärm", [shown for shown, _ in rounds]),
        "utkorg": _rad("klick till sms i utkorgen på skärmen", [sent for _, sent in rounds]),
        "omladdning": _rad("gränsen: en omladdning av sidan", limit),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
