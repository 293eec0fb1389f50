"""A whole afternoon: eight actors answer a begäran, the samlade is compiled, two sources change, the next version takes
them in, and the exercise beside it never mixes."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import TELEFON, TRAFIKVERKET, Oppna
from tests.browser.granskning import granska

pytestmark = pytest.mark.browser
REDAKTOR = "sara.holmdahl@lansstyrelsen.example"
AKTORER = {
    "Trafikverket": TRAFIKVERKET,
    "Polisen": "presstalesperson@polisen.example",
    "Region Stockholm": "kommunikation@region-stockholm.example",
    "SOS Alarm": "talesperson@sos-alarm.example",
    "Nacka": "tib@nacka.example",
    "Norrtälje": "kommunikation@norrtalje.example",
    "Ekerö": "kommunikation@ekero.example",
    "Kustbevakningen": "talesperson@kustbevakningen.example",
}
SLUG = {"Trafikverket": "trafikverket", "Nacka": "nacka"}
FRAGA, FAKTA = "Vad är läget hos er?", "#avsnitt-lage_fakta"


def _oppna_handelse(page: Page, rubrik: str, *, ovning: bool) -> str:
    """Open an event for all actors; its path."""
    page.goto("/handelser/ny")
    page.get_by_label("Rubrik", exact=True).fill(rubrik)
    page.get_by_label("Beskrivning").fill("Det blåser upp.")
    if ovning:
        page.locator("#ovning").check()
    page.get_by_role("button", name="Öppna händelsen").click()
    page.wait_for_url(re.compile(r"/handelser/(?!ny)"))
    return re.sub(r"^https?://[^/]+", "", page.url)


def _publicera(page: Page, vag: str, vem: str, sammanfattning: str, fakta: str) -> None:
    page.goto(f"{vag}/lagesbild/{vem}/skriv")
    page.evaluate("document.querySelectorAll('main details').forEach(d => { d.open = true })")
    page.locator("textarea[name=sammanfattning]").fill(sammanfattning)
    page.locator("textarea[name=lage_fakta]").fill(fakta)
    page.get_by_role("button", name="Publicera utan avisering").click()
    page.wait_for_url(f"**/lagesbild/{vem}")


def _begar(page: Page, vag: str) -> str:
    page.goto(f"{vag}/begaran/ny")
    page.get_by_label("Rubrik", exact=True).fill("Lägesrapport kl. 15")
    page.get_by_label("Fråga, fråga 1").fill(FRAGA)
    page.get_by_label("Alla som läser händelsen").check()
    page.locator("details.valj-aktorer summary").click()
    for namn in AKTORER:
        page.locator("details.valj-aktorer").get_by_label(namn, exact=True).check()
    page.get_by_role("button", name="Skicka begäran").click()
    page.wait_for_url(re.compile(r"/begaran/\d+$"))
    return re.sub(r"^https?://[^/]+", "", page.url)


def _svara(page: Page, begaran: str, text: str) -> None:
    page.goto("/")
    page.get_by_role("link", name="Lägesrapport kl. 15").first.click()
    page.wait_for_url(f"**{begaran}")
    page.get_by_label(FRAGA).fill(text)
    page.get_by_role("button", name="Skicka svaret").click()
    expect(page.get_by_text("Svaret är skickat.")).to_be_visible()


def _ta_in(page: Page, var: str, ord_: str, antal: int) -> None:
    """Take in the paragraph with these words; so many stand among the facts of the draft then."""
    rad = page.locator(f"{var} .kalla li", has_text=ord_)
    rad.get_by_role("button", name=re.compile("^Ta in")).click()
    expect(page.locator(f"{FAKTA} .utkastsida > ol > li")).to_have_count(antal)


def _publicera_samlad(page: Page, vag: str, sammanfattning: str) -> None:
    page.get_by_role("link", name="Till skrivsidan").click()
    page.locator("textarea[name=sammanfattning]").fill(sammanfattning)
    page.get_by_role("button", name="Publicera utan avisering").click()
    page.wait_for_url(f"**{vag}/lagesbild/samlad")


def test_an_afternoon_from_begaran_to_the_second_samlade_beside_an_exercise(oppna: Oppna) -> None:
    sara = oppna(REDAKTOR)
    vag = _oppna_handelse(sara, "Storm i skärgården", ovning=False)
    ovad = _oppna_handelse(sara, "Storm på låtsas", ovning=True)
    begaran = _begar(sara, vag)
    # Those who only answer do it on a phone.
    folk = {namn: oppna(epost, storlek=None if namn in SLUG else TELEFON) for namn, epost in AKTORER.items()}
    for nummer, (namn, page) in enumerate(folk.items(), start=1):
        _svara(page, begaran, f"{namn} rapporterar läge {nummer}.")
    # The board has followed by itself.
    expect(sara.locator(".antal", has_text="Besvarad").locator("dd")).to_have_text("8")
    _publicera(folk["Trafikverket"], vag, "trafikverket", "Färjorna går.", "Vägfärjan till Ljusterö går i tid.")
    _publicera(folk["Nacka"], vag, "nacka", "Lugnt i Nacka.", "Inga träd ligger över vägarna i Nacka.")
    _publicera(folk["Nacka"], ovad, "nacka", "Låtsasstorm.", "Spelat trädfall i övningen.")
    sara.goto(f"{vag}/lagesbild/samlad/sammanstall")
    expect(sara.locator("main")).not_to_contain_text("Spelat trädfall")
    _ta_in(sara, FAKTA, "Vägfärjan till Ljusterö går i tid.", 1)
    _ta_in(sara, FAKTA, "Inga träd ligger över", 2)
    _ta_in(sara, "#avsnitt-svar", "Polisen rapporterar läge", 3)
    _publicera_samlad(sara, vag, "Stormen är hanterad.")
    artikel = sara.locator("article.lagesbild")
    for kalla in (r"Trafikverket.*version 1", r"Nacka.*version 1", r"Polisen.*svar på begäran"):
        expect(artikel.locator("a.kalla", has_text=re.compile(kalla))).to_have_count(1)
    _publicera(folk["Trafikverket"], vag, "trafikverket", "Färjorna står.", "Vägfärjan till Ljusterö går inte i tid.")
    _publicera(folk["Nacka"], vag, "nacka", "Trädfall i Nacka.", "Två träd ligger över vägarna i Nacka.")
    sara.goto(f"{vag}/lagesbild/samlad/sammanstall")
    for aktor in SLUG:
        rad = sara.locator(f"{FAKTA} .utkastsida > ol > li", has_text=f"{aktor} har en nyare version")
        rad.get_by_role("button", name=re.compile("^Ta in")).click()
        expect(rad).to_have_count(0)
    _publicera_samlad(sara, vag, "Stormen har tilltagit.")
    expect(artikel).to_contain_text("Vägfärjan till Ljusterö går inte i tid.")
    expect(artikel).to_contain_text("Två träd ligger över vägarna")
    expect(artikel).not_to_contain_text("Inga träd")
    for aktor in SLUG:
        expect(artikel.locator("a.kalla", has_text=re.compile(rf"{aktor}.*version 2"))).to_have_count(1)
    granska(sara)
    # A reader on a phone sees the same, opens the source, and meets nothing of the exercise.
    lasare = folk["Polisen"]
    lasare.goto(f"{vag}/lagesbild/samlad")
    expect(lasare.locator("main")).not_to_contain_text("Spelat")
    lasare.locator("a.kalla", has_text="Trafikverket").click()
    expect(lasare.locator("main")).to_contain_text("Vägfärjan till Ljusterö går inte i tid.")
    lasare.goto(ovad)
    expect(lasare.locator("main")).not_to_contain_text("Vägfärjan")
    expect(lasare.get_by_text("ÖVNING ÖVNING ÖVNING")).to_be_visible()
