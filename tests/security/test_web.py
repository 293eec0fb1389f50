"""What holds for every address: the token, the headers, the name that we answer to, and text that stays text."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, Rule
from werkzeug.test import TestResponse

from tests.conftest import Webblasare, en_app
from tests.web.ytor_data import SLUG, LoggaIn, bygg_lage
from wis.db import Database
from wis.settings import PROJECT_ROOT, Settings
from wis.skydd import egna_vardar

EGEN = "https://wis.example"
REDAKTOR = "redaktor@lansstyrelsen.example"
OSAKRA = {"POST", "PUT", "PATCH", "DELETE"}
HUVUDEN = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    bygg_lage(database)
    return en_app(settings, database)


class Https(Webblasare):
    """A browser that asks for our own address, over TLS."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("base_url", EGEN)
        return super().open(*args, **kwargs)


@pytest.fixture
def https(settings: Settings, database: Database, app: Flask) -> FlaskClient:
    """A visitor of an installation behind TLS."""
    bakom = en_app(replace(settings, base_url=EGEN), database)
    bakom.test_client_class = Https
    return bakom.test_client()


def _regler(app: Flask) -> list[tuple[Rule, str]]:
    """Every rule, and an address that it fits."""
    with app.test_request_context(base_url=app.extensions["wis_settings"].base_url):
        return [(rule, url_for(rule.endpoint, **_varden(rule))) for rule in app.url_map.iter_rules()]


def _varden(rule: Rule) -> dict[str, Any]:
    if rule.endpoint == "static":
        return {"filename": "css/wis.css"}
    return {namn: _varde(rule._converters[namn]) for namn in rule.arguments}


def _varde(converter: BaseConverter) -> object:
    if isinstance(converter, IntegerConverter):
        return 1
    return min(converter.items) if isinstance(converter, AnyConverter) else SLUG


FOR_PROGRAM = {"/kvitto/46elks/<tagg>", "/kvitto/studs"}


# --- the token -------------------------------------------------------------------------------------------------------


def test_no_unsafe_address_does_anything_without_the_token(app: Flask, logga_in: LoggaIn) -> None:
    inloggad = logga_in(REDAKTOR)
    app.config["WTF_CSRF_ENABLED"] = True
    provade = 0
    for rule, adress in _regler(app):
        for metod in sorted((rule.methods or set()) & OSAKRA):
            # Programs have no form of ours: what they send is signed, or is not found.
            vantat = 404 if rule.rule in FOR_PROGRAM else 400
            svar = inloggad.open(adress, method=metod, data={"text": "x"})
            assert svar.status_code == vantat, f"{metod} {rule.rule}: {svar.status_code}"
            assert inloggad.open(adress, method=metod, json={"text": "x"}).status_code == vantat, rule.rule
            provade += 1
    assert provade > 20
    assert inloggad.get("/").status_code == 200


def test_a_token_of_another_login_is_none(app: Flask, logga_in: LoggaIn) -> None:
    ena, andra = logga_in(REDAKTOR), logga_in(REDAKTOR)
    app.config["WTF_CSRF_ENABLED"] = True
    token = re.search(r'name="csrf-token" content="([^"]+)"', ena.get("/").get_data(as_text=True))
    assert token is not None
    assert andra.post("/logga-ut", data={"csrf_token": token[1]}).status_code == 400
    assert ena.post("/logga-ut", data={"csrf_token": token[1]}).status_code == 302


def test_no_address_takes_a_file_but_the_one_that_asks_for_it(app: Flask, logga_in: LoggaIn) -> None:
    mallar = (PROJECT_ROOT / "templates").rglob("*.html")
    fragar = [path.name for path in mallar if re.search(r'type="file"', path.read_text(encoding="utf-8"))]
    assert fragar == ["_skriv.html"]
    inloggad = logga_in(REDAKTOR)
    for rule, adress in _regler(app):
        if rule.rule == "/handelser/<slug>/lagesbild/<vem>/bilagor":
            continue
        for metod in sorted((rule.methods or set()) & OSAKRA):
            data = {"text": "x", "fil": (io.BytesIO(b"<svg onload=x>"), "x.svg", "image/svg+xml")}
            svar = inloggad.open(adress, method=metod, data=data, content_type="multipart/form-data")
            assert svar.status_code == 415, f"{metod} {rule.rule}: {svar.status_code}"
            assert "Filer tas inte emot" in svar.get_data(as_text=True)


# --- the headers -----------------------------------------------------------------------------------------------------


def test_every_answer_of_every_address_carries_the_headers(https: FlaskClient) -> None:
    for rule, adress in _regler(https.application):
        for metod in sorted((rule.methods or set()) - {"OPTIONS"}):
            _prova_huvuden(https.open(adress, method=metod), f"{metod} {rule.rule}")


@pytest.mark.parametrize("adress", ["/finns-inte", "/handelser/finns-inte", "/halsa/live", "/", "/static/finns-inte"])
@pytest.mark.parametrize("typ", ["text/html", "application/json"])
def test_errors_redirects_and_json_carry_them_too(https: FlaskClient, adress: str, typ: str) -> None:
    _prova_huvuden(https.get(adress, headers={"Accept": typ}), adress)


def test_too_much_and_what_breaks_carry_them_too(https: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    _prova_huvuden(https.post("/logga-in", data={"epost": "x" * 3_000_000}), "413")
    https.application.config["PROPAGATE_EXCEPTIONS"] = False

    def brister() -> str:
        raise ZeroDivisionError

    monkeypatch.setitem(https.application.view_functions, "auth.logga_in", _oppen(brister))
    svar = https.get("/logga-in")
    assert svar.status_code == 500
    _prova_huvuden(svar, "500")


def _oppen(vy: Callable[[], str]) -> Callable[[], str]:
    vy.oppen = True  # type: ignore[attr-defined]
    return vy


def test_a_file_that_has_not_changed_carries_them_and_may_be_kept(https: FlaskClient) -> None:
    forst = https.get("/static/css/wis.css")
    igen = https.get("/static/css/wis.css", headers={"If-None-Match": forst.headers["ETag"]})
    assert igen.status_code == 304
    for svar in (forst, igen):
        svar.get_data()
        assert "no-store" not in svar.headers.get("Cache-Control", "")
        assert svar.headers["X-Content-Type-Options"] == "nosniff"
        svar.close()


def _prova_huvuden(svar: TestResponse, vad: str) -> None:
    # A page whose address is a secret tells it to nobody, not even to our own.
    hemlig = {"Referrer-Policy": "no-referrer"} if svar.request.path.startswith("/svar/") else {}
    for namn, varde in (HUVUDEN | hemlig).items():
        assert svar.headers.get(namn) == varde, f"{vad}: {namn}"
    policy = svar.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';"), vad
    assert {"frame-ancestors 'none'", "base-uri 'none'"} <= set(policy.split("; ")), vad
    assert not re.search(r"unsafe-|\*|https?:", policy), vad
    if svar.request.path in {"/sw.js", "/manifest.webmanifest"}:
        # The app itself: the same for everybody, and asked for anew each time.
        assert svar.headers["Cache-Control"] == "no-cache", vad
    elif not svar.request.path.startswith("/static/") or svar.status_code >= 400:
        assert svar.headers["Cache-Control"] == "private, no-store", vad
    for kaka in svar.headers.getlist("Set-Cookie"):
        assert kaka.startswith("__Host-"), vad
        assert {"Secure", "HttpOnly", "Path=/"} <= set(kaka.split("; ")), vad
        assert re.search("SameSite=(Lax|Strict)", kaka), vad
        assert "Domain=" not in kaka, vad
    svar.close()


def test_the_nonce_is_new_each_time_and_the_one_of_the_page(https: FlaskClient) -> None:
    nonces = set()
    for _ in range(3):
        svar = https.get("/logga-in")
        (nonce,) = set(re.findall(r"'nonce-([\w-]{20,})'", svar.headers["Content-Security-Policy"]))
        assert set(re.findall(r'nonce="([^"]*)"', svar.get_data(as_text=True))) == {nonce}
        nonces.add(nonce)
    assert len(nonces) == 3


def test_a_page_may_make_html_in_one_way_only(https: FlaskClient) -> None:
    policy = https.get("/logga-in").headers["Content-Security-Policy"]
    assert "require-trusted-types-for 'script'; trusted-types wis" in policy
    assert "connect-src 'self' wss://wis.example;" in policy
    assert "form-action 'self';" in policy


# --- the name that we answer to --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "ond.example",
        "wis.example.ond.example",
        "ond.wis.example",
        "wis.example@ond.example",
        "wis.example:80@ond.example",
        "wis.example/ond",
        "wis.example:hej",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "",
        "wis.example\u00a0",
        "ond.example:443",
    ],
)
@pytest.mark.parametrize("adress", ["/", "/logga-in", "/glomt-losenord", "/static/css/wis.css", "/finns-inte"])
def test_another_name_than_ours_is_told_nothing(https: FlaskClient, host: str, adress: str) -> None:
    svar = https.get(adress, environ_overrides={"HTTP_HOST": host})
    assert svar.status_code == 400
    sida = svar.get_data(as_text=True)
    assert "svarar inte på adressen" in sida
    assert "wis.example" not in sida
    assert "ond" not in sida
    assert not {"Set-Cookie", "Location"} & set(svar.headers.keys())
    assert svar.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("host", ["wis.example", "WIS.example", "wis.example:443", "wis.example:8443"])
def test_our_own_name_is_answered_in_any_case_and_at_any_port(https: FlaskClient, host: str) -> None:
    assert https.get("/logga-in", environ_overrides={"HTTP_HOST": host}).status_code == 200


def test_the_names_of_this_machine_count_as_one(settings: Settings) -> None:
    assert egna_vardar(settings) == {"localhost", "127.0.0.1", "[::1]"}
    assert egna_vardar(replace(settings, base_url="http://[::1]:8000")) == {"localhost", "127.0.0.1", "[::1]"}
    assert egna_vardar(replace(settings, base_url="https://Läge.example.se:8443/")) == {"xn--lge-qla.example.se"}


def test_a_monitor_may_ask_by_number_how_we_are(https: FlaskClient) -> None:
    svar = https.get("/halsa/live", environ_overrides={"HTTP_HOST": "10.0.0.7:8000"})
    assert (svar.status_code, svar.json) == (200, {"status": "ok"})
    assert https.get("/matt", environ_overrides={"HTTP_HOST": "127.0.0.1:8000"}).status_code == 200


@pytest.mark.parametrize("namn", ["X-Forwarded-Host", "X-Forwarded-Server", "X-Original-Host", "Forwarded"])
def test_what_a_client_says_of_a_proxy_counts_for_nothing(https: FlaskClient, namn: str) -> None:
    svar = https.get("/", headers={namn: "host=ond.example" if namn == "Forwarded" else "ond.example"})
    assert svar.headers["Location"] == "/logga-in?nasta=/"
    svar = https.get(
        "/logga-in", headers={namn: "ond.example", "X-Forwarded-Proto": "http", "X-Forwarded-Prefix": "/ond"}
    )
    assert "ond" not in svar.headers["Content-Security-Policy"]
    assert 'href="/static/' in svar.get_data(as_text=True)


def test_behind_a_proxy_that_is_trusted_its_word_is_judged_as_the_name(settings: Settings, database: Database) -> None:
    bakom = en_app(replace(settings, base_url=EGEN, betrodda_proxyer=1), database).test_client()
    inre = {"HTTP_HOST": "10.0.0.7:8000"}
    ratt = {"X-Forwarded-Host": "wis.example", "X-Forwarded-Proto": "https"}
    assert bakom.get("/logga-in", headers=ratt, environ_overrides=inre).status_code == 200
    assert (
        bakom.get("/logga-in", headers=ratt | {"X-Forwarded-Host": "ond.example"}, environ_overrides=inre).status_code
        == 400
    )


# --- text stays text -------------------------------------------------------------------------------------------------

MALLTEXT = "{{1337*1337}} ${1337*1337} #{1337*1337} <%= 1337*1337 %> {% raw %} {{config}} {{''.__class__}}"


@pytest.mark.parametrize(
    ("sida", "falt"),
    [
        ("/handelser/ny", "rubrik"),
        ("/handelser/ny", "beskrivning"),
        (f"/handelser/{SLUG}/lage", "motivering"),
        (f"/handelser/{SLUG}/redigera", "rubrik"),
        (f"/handelser/{SLUG}/underrattelser/ny", "rubrik"),
        (f"/handelser/{SLUG}/underrattelser/ny", "text"),
        (f"/handelser/{SLUG}/lagesbild/samlad/skriv", "sammanfattning"),
        (f"/handelser/{SLUG}/lagesbild/samlad/skriv", "andringsnotering"),
        ("/logga-in", "epost"),
        ("/glomt-losenord", "epost"),
    ],
)
def test_what_looks_like_a_template_comes_back_as_typed(
    logga_in: LoggaIn, client: FlaskClient, sida: str, falt: str
) -> None:
    vem = client if sida in {"/logga-in", "/glomt-losenord"} else logga_in(REDAKTOR)
    svar = vem.post(sida, data={falt: MALLTEXT, "handling": "fel"})
    text = svar.get_data(as_text=True)
    assert "1787569" not in text
    assert "&lt;Config" not in text
    if svar.status_code == 422:
        assert "{{1337*1337}} ${1337*1337} #{1337*1337} &lt;%= 1337*1337 %&gt; {% raw %} {{config}}" in text


def test_the_answers_to_a_template_are_seen_and_not_only_refused(logga_in: LoggaIn) -> None:
    svar = logga_in(REDAKTOR).post("/handelser/ny", data={"rubrik": MALLTEXT, "handling": "fel"})
    assert svar.status_code == 422
    assert "{{1337*1337}}" in svar.get_data(as_text=True)


def test_no_file_outside_our_own_is_served(https: FlaskClient) -> None:
    for vag in ("../wis/app.py", "..%2fwis/app.py", "%2e%2e/setup.cfg", "....//setup.cfg", "/etc/passwd"):
        svar: Any = https.get(f"/static/{vag}")
        assert svar.status_code in {400, 404, 308}, vag
    assert Path(PROJECT_ROOT / "setup.cfg").exists()
