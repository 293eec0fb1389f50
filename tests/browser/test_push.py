"""Push in real Chromium: asked for at the tap and said in words; what comes is shown, and a tap opens it.

A headless browser lets nobody notify, and asks a server on the internet for an address: both are stood in for.
"""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NACKA, TELEFON, Oppna, logga_in
from tests.pushtjanst import Lasare
from tests.servrar import vanta_tills

pytestmark = pytest.mark.browser
MIN = Lasare("https://updates.push.services.mozilla.com/wpush/v2/abc")
HANDLARNA = Path(__file__).resolve().parents[2] / "static/js/natlos-push.js"
TJANST = """
  const falt = %s;
  const byte = (text) => Uint8Array.from(
    atob(text.replaceAll('-', '+').replaceAll('_', '/')), (tecken) => tecken.charCodeAt(0)).buffer;
  const gor = (nyckel) => ({
    endpoint: falt.endpoint + (localStorage.getItem('bytt') ?? ''), getKey: (namn) => byte(falt[namn]),
    options: { applicationServerKey: nyckel },
  });
  PushManager.prototype.subscribe = async (val) => {
    if (Notification.permission !== 'granted' || !val.userVisibleOnly) throw new Error('not asked');
    localStorage.setItem('push', btoa(String.fromCharCode(...val.applicationServerKey)));
    return gor(val.applicationServerKey);
  };
  PushManager.prototype.getSubscription = async () => {
    const nyckel = localStorage.getItem('push');
    return nyckel && gor(byte(nyckel));
  };
  Object.defineProperty(Notification, 'permission', { get: () => localStorage.getItem('lov') ?? 'default' });
  Notification.requestPermission = async () => {
    if (!navigator.userActivation.isActive) throw new Error('not by a tap');
    localStorage.setItem('lov', localStorage.getItem('svar') ?? 'denied');
    return Notification.permission;
  };
"""
KOR = """async ([kod, sagt]) => {
  const hor = {}, gjort = [], vantar = [], waitUntil = (lofte) => vantar.push(lofte);
  const visa = async (titel, val) => gjort.push([titel, val.body, val.tag, val.data.lank]);
  const subscribe = async (val) => gjort.push([val.userVisibleOnly, val.applicationServerKey]);
  const registration = { showNotification: visa, pushManager: { subscribe } };
  const fonster = [{ url: 'https://wis.example/skriv', focus: async () => gjort.push('fel') },
    { url: 'https://wis.example/handelser/sno#a', focus: async () => gjort.push('fram') }];
  const clients = { matchAll: async () => fonster, openWindow: async (adress) => gjort.push(adress) };
  const lyssna = (namn, gor) => (hor[namn] = gor);
  new Function('addEventListener', 'registration', 'clients', 'location', kod)(
    lyssna, registration, clients, { origin: 'https://wis.example' });
  for (const ett of sagt) hor.push({ data: { json: () => ett }, waitUntil });
  for (const lank of ['/handelser/sno', '/nytt', 'https://ond.example/x']) {
    hor.notificationclick({ notification: { close() {}, data: { lank } }, waitUntil });
    await Promise.all(vantar);
  }
  for (const newSubscription of [{}, null]) {
    const oldSubscription = { options: { applicationServerKey: 'k' } };
    hor.pushsubscriptionchange({ newSubscription, oldSubscription, waitUntil });
  }
  return gjort;
}"""


def test_push_is_switched_on_at_a_tap_and_says_how_it_stands(oppna: Oppna) -> None:
    page = oppna(None, storlek=TELEFON, natlos=True)
    page.add_init_script(TJANST % json.dumps(MIN.falt))
    logga_in(page, NACKA)
    page.goto("/mina-notiser")
    ruta = page.locator("[data-push]")
    expect(ruta.get_by_text("Av här.")).to_be_visible()
    expect(ruta.get_by_text("behöver skript")).to_be_hidden()
    ruta.get_by_role("button", name="Slå på här").click()
    expect(ruta.get_by_text("Du har sagt nej")).to_be_visible()
    expect(ruta.get_by_role("button", name="Slå på här")).to_be_hidden()
    page.evaluate("localStorage.removeItem('lov'); localStorage.setItem('svar', 'granted')")
    page.reload()
    ruta.get_by_role("button", name="Slå på här").click()
    expect(page.get_by_text("Push är på här")).to_be_visible()
    expect(ruta.get_by_text("På här.")).to_be_visible()
    expect(ruta.get_by_text("(den här)")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == TELEFON["width"]
    # The push service gives it another address: on the next page, whichever it is, the server hears of it.
    vanta_tills(lambda: page.evaluate("caches.match('/mina-notiser/push/byt').then(Boolean)"), vad="minnet")
    page.evaluate("localStorage.setItem('bytt', '-2')")
    with page.expect_response("**/mina-notiser/push/byt") as svar:
        page.goto("/handelser")
    assert svar.value.status == 204
    page.goto("/mina-notiser")
    expect(ruta.get_by_text("(den här)")).to_be_visible()
    expect(ruta.get_by_text("På här.")).to_be_visible()
    expect(ruta.get_by_role("listitem")).to_have_count(1)
    ruta.get_by_role("button", name="Ta bort").click()
    expect(ruta.get_by_text("Av här.")).to_be_visible()


def test_what_comes_is_shown_and_a_tap_opens_it_without_taking_a_page_from_one_who_writes(oppna: Oppna) -> None:
    page = oppna(None)
    page.goto("about:blank")
    sagt = {"titel": "ÖVNING Nacka: Snö", "text": "E4 är stängd.", "lank": "/nytt", "tag": "t", "bradskande": True}
    gjort = page.evaluate(KOR, [HANDLARNA.read_text(), [sagt]])
    assert gjort == [
        ["ÖVNING Nacka: Snö", "E4 är stängd.", "t", "/nytt"],
        "fram",
        "https://wis.example/nytt",
        "https://wis.example/",
        [True, "k"],
    ]
