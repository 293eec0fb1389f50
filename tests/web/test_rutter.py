"""Every address of the application: who may use it, what a stranger is told, and that its page is right HTML."""

import html5lib
import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule

from tests.bilagor_stod import en_publicerad
from tests.factories import subjekt_for
from tests.funktioner_stod import en_funktion, medlem
from tests.web.rutter_tabell import ALLA, FOLK, FRAGOR, INLOGGAD, SVARAR_ANNAT, VEM_FAR
from tests.web.ytor_data import SLUG, LoggaIn, bygg_lage, ett_utskick
from wis.auth.models import Funktion, Medlemskap
from wis.begaran import mallar
from wis.begaran.mallregler import STANDARD as BEGARANMALLAR
from wis.begaran.models import BegaranMall
from wis.bilagor.models import LagesbildBilaga
from wis.db import Database
from wis.lagesbild import mallservice
from wis.lagesbild.mall import STANDARD
from wis.lagesbild.mallregler import rader_av
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.notiser.models import Utskick
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse
from wis.utskrift import views as utskrift


@pytest.fixture
def lage(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The event of ytor_data, with a dispatch of Trafikverket's."""
    # A second each, for everybody: who gets it is what is asked here. See tests/web/test_utskrift.py.
    monkeypatch.setattr(utskrift, "gor_pdf", lambda _: b"%PDF-")
    bygg_lage(database)
    with transaction(database) as session:
        ett_utskick(session, "trafikverket", "Vägen är avstängd")
        trafikverkets = LagesbildVersion.nummer == 1, Lagesbild.aktor.has(slug="trafikverket")
        en_publicerad(session, session.scalars(select(LagesbildVersion).join(Lagesbild).where(*trafikverkets)).one())
        en_funktion(session, "nacka", "TiB", medlem(session, FOLK["lasare"]))
        admin = medlem(session, FOLK["administrator"])
        mallservice.spara(session, subjekt_for(session, admin.anvandare), admin.aktor, "vader", 0, rader_av(STANDARD))
        mallar.spara(session, subjekt_for(session, admin.anvandare), admin.aktor, BEGARANMALLAR["standard-paverkan"])
    return database


def _rutter(app: Flask) -> dict[tuple[str, str], Rule]:
    return {
        (rule.rule, metod): rule
        for rule in app.url_map.iter_rules()
        for metod in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def _varden(database: Database) -> dict[str, str | int]:
    with database.reading() as session:
        return {
            "vem": "trafikverket",
            "aktor": "trafikverket",
            "vilken": "vader",
            "nummer": 1,
            "a": 1,
            "b": 2,
            "fran": 1,
            "kanal": "sms",
            "token": "hittepa",
            "utkast_id": 1,
            "forslag_id": 1,
            "bilaga_id": session.scalars(select(LagesbildBilaga.bilaga_id)).one(),
            "namn": "karta.png",
            "utgava": "ledning",
            "inloggning_id": 1,
            "filename": "css/wis.css",
            "roll_id": 1,
            "medlemskap_id": session.scalars(select(Medlemskap.id).where(Medlemskap.administrator)).one(),
            "mottagare_id": 1,
            "begaranmall": session.scalars(select(BegaranMall.id)).one(),
            "underrattelse": session.scalars(select(Underrattelse.id)).one(),
            "utskick": session.scalars(select(Utskick.id)).one(),
            "utskick_id": session.scalars(select(Utskick.id)).one(),
            "funktion": session.scalars(select(Funktion.id)).one(),
        }


def _adress(app: Flask, rule: Rule, varden: dict[str, str | int]) -> str:
    alla = dict(varden)
    alla["slug"] = "nacka" if rule.rule.startswith("/aktorer") else SLUG
    alla["id"] = alla["utskick"] if rule.rule.startswith("/utskick") else alla["underrattelse"]
    if "/funktioner" in rule.rule:
        alla["id"] = alla["funktion"]
    if "/begaranmallar" in rule.rule:
        alla["id"] = alla["begaranmall"]
    with app.test_request_context():
        return url_for(rule.endpoint, **{namn: alla[namn] for namn in rule.arguments | FRAGOR.get(rule.rule, set())})


def _oppen(app: Flask, rule: Rule) -> bool:
    return rule.endpoint == "static" or getattr(app.view_functions[rule.endpoint], "oppen", False)


def test_somebody_has_said_who_may_use_each_address(app: Flask) -> None:
    assert set(_rutter(app)) == set(VEM_FAR)


def test_what_is_marked_as_open_is_what_the_table_opens(app: Flask) -> None:
    assert {key for key, rule in _rutter(app).items() if _oppen(app, rule)} == {
        key for key, vem in VEM_FAR.items() if vem == ALLA
    }


def test_a_stranger_is_sent_to_the_login_from_everything_that_is_not_open(
    app: Flask, lage: Database, client: FlaskClient
) -> None:
    varden = _varden(lage)
    for (regel, metod), rule in _rutter(app).items():
        if _oppen(app, rule):
            continue
        svar = client.open(_adress(app, rule, varden), method=metod)
        if metod == "GET":
            assert svar.status_code == 302, regel
        assert svar.status_code in {302, 400, 401}, (regel, metod)
        if svar.status_code == 302:
            assert svar.headers["Location"].startswith("/logga-in"), (regel, metod)


@pytest.mark.parametrize("sort", [None, *FOLK])
def test_each_page_is_strict_html_and_for_whom_the_table_says(
    app: Flask, lage: Database, logga_in: LoggaIn, client: FlaskClient, sort: str | None
) -> None:
    vem = logga_in(FOLK[sort]) if sort else client
    varden, fel = _varden(lage), []
    for (regel, metod), rule in _rutter(app).items():
        far = VEM_FAR[regel, metod]
        if metod != "GET" or (sort is None and far != ALLA):
            continue
        with vem.get(_adress(app, rule, varden)) as svar:
            tillats = far == ALLA or sort in far.split() or (far == INLOGGAD and sort is not None)
            vantat = SVARAR_ANNAT.get(regel, {200}) if tillats else {403, 404}
            if svar.status_code not in vantat:
                fel.append(f"{regel}: {svar.status_code}, and not one of {vantat}")
            if svar.mimetype == "text/html":
                fel += [f"{regel}: {felet}" for felet in _htmlfel(svar.get_data(as_text=True))]
    assert not fel, "\n".join(fel)


def _htmlfel(sida: str) -> list[str]:
    parser = html5lib.HTMLParser()
    parser.parse(sida)
    return [f"{kod} at {plats} {varden}" for plats, kod, varden in parser.errors]
