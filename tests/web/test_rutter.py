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
from tests.web.ytor_data import SLUG, LoggaIn, bygg_lage, ett_utskick
from wis.auth.models import Funktion, Medlemskap
from wis.bilagor.models import LagesbildBilaga
from wis.db import Database
from wis.lagesbild import mallservice
from wis.lagesbild.mall import STANDARD
from wis.lagesbild.mallregler import rader_av
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.notiser.models import Utskick
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse

FOLK = {
    "lasare": "lasare@nacka.example",
    "skribent": "skribent@trafikverket.example",
    "talesperson": "talesperson@trafikverket.example",
    "redaktor": "redaktor@lansstyrelsen.example",
    "administrator": "admin@nacka.example",
}
"""One of each kind. The event is Länsstyrelsen's; lägesbild and dispatch of the addresses below are Trafikverket's, the
membership is at Nacka and its administrator is nothing else."""
ALLA, INLOGGAD = "alla", "inloggad"
LASARE = "lasare skribent talesperson redaktor"
SKRIBENT = "skribent talesperson redaktor"
EGEN_SKRIBENT, EGEN_TALESPERSON = "skribent talesperson", "talesperson"
TALESPERSON, REDAKTOR, ADMINISTRATOR = "talesperson redaktor", "redaktor", "administrator"

VEM_FAR = {
    ("/", "GET"): INLOGGAD,
    ("/aktorer/<slug>/anvandare", "GET"): ADMINISTRATOR,
    ("/aktorer/<slug>/anvandare/<int:medlemskap_id>", "GET"): ADMINISTRATOR,
    ("/aktorer/<slug>/anvandare/<int:medlemskap_id>", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/anvandare/<int:medlemskap_id>/nollstall-faktor", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/anvandare/<int:medlemskap_id>/skicka-lank", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/anvandare/<int:medlemskap_id>/slapp-in", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/anvandare/<int:medlemskap_id>/stang-av", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/anvandare.csv", "GET"): ADMINISTRATOR,
    ("/aktorer/<slug>/anvandare/<int:medlemskap_id>/handelseroller", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/anvandare/<int:medlemskap_id>/handelseroller/<int:roll_id>/ta-bort", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/anvandare/<int:medlemskap_id>/kontrollera", "GET"): ADMINISTRATOR,
    ("/aktorer/<slug>/anvandare/importera", "GET"): ADMINISTRATOR,
    ("/aktorer/<slug>/anvandare/importera", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/behorigheter", "GET"): ADMINISTRATOR,
    ("/aktorer/<slug>/mallar", "GET"): ADMINISTRATOR,
    ("/aktorer/<slug>/mallar/<vilken>", "GET"): ADMINISTRATOR,
    ("/aktorer/<slug>/mallar/<vilken>/andra", "GET"): ADMINISTRATOR,
    ("/aktorer/<slug>/mallar/<vilken>/andra", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/mallar/<vilken>/bruk", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/mallar/<vilken>/ga-tillbaka", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/mallar/<vilken>/versioner/<int:nummer>", "GET"): ADMINISTRATOR,
    ("/aktorer/<slug>/genomgang", "GET"): ADMINISTRATOR,
    ("/aktorer/<slug>/genomgang/<int:medlemskap_id>/angra", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/genomgang/<int:medlemskap_id>/behall", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/genomgang/<int:medlemskap_id>/stang-av", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/genomgang/signera", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/genomgang/starta", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/anvandare/bjud-in", "GET"): ADMINISTRATOR,
    ("/aktorer/<slug>/anvandare/bjud-in", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/funktioner", "GET"): ADMINISTRATOR,
    ("/aktorer/<slug>/funktioner/<int:id>", "GET"): ADMINISTRATOR,
    ("/aktorer/<slug>/funktioner/<int:id>", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/funktioner/<int:id>/lagg-ned", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/funktioner/ny", "GET"): ADMINISTRATOR,
    ("/aktorer/<slug>/funktioner/ny", "POST"): ADMINISTRATOR,
    ("/aktorer/<slug>/tva-personer", "GET"): ADMINISTRATOR,
    ("/aktorer/<slug>/tva-personer", "POST"): ADMINISTRATOR,
    ("/byt-aktor", "POST"): INLOGGAD,
    # A proposal is for who made it and the colleagues who may publish it: none waits here.
    ("/forslag/<int:id>", "GET"): "",
    ("/forslag/<int:id>/aterkalla", "POST"): "",
    ("/forslag/<int:id>/godkann", "POST"): "",
    ("/forslag/<int:id>/tillbaka", "POST"): "",
    # Nacka's TiB: its reader is on the list.
    ("/fragor", "GET"): INLOGGAD,
    # A question is put by anybody who was refused, and answered by those that it was put to: none here.
    ("/fragor/<int:id>/svara", "POST"): "",
    ("/fragor/be-om-lasratt", "POST"): INLOGGAD,
    ("/fragor/stall", "POST"): INLOGGAD,
    ("/funktioner/<int:id>", "GET"): "lasare administrator",
    ("/funktioner/<int:id>/ga-av", "POST"): ADMINISTRATOR,
    ("/funktioner/<int:id>/ga-pa", "POST"): "lasare",
    ("/funktioner/<int:id>/notiser", "GET"): ADMINISTRATOR,
    ("/funktioner/<int:id>/notiser", "POST"): ADMINISTRATOR,
    ("/funktioner/<int:id>/notiser/<any(sms, epost):kanal>", "POST"): ADMINISTRATOR,
    ("/funktioner/<int:id>/notiser/<any(sms, epost):kanal>/kod", "POST"): ADMINISTRATOR,
    ("/funktioner/<int:id>/notiser/<any(sms, epost):kanal>/ny-kod", "POST"): ADMINISTRATOR,
    ("/funktioner/<int:id>/notiser/<any(sms, epost):kanal>/angra-byte", "POST"): ADMINISTRATOR,
    ("/funktioner/<int:id>/notiser/<any(sms, epost):kanal>/ta-bort", "POST"): ADMINISTRATOR,
    ("/funktioner/<int:id>/utse", "POST"): ADMINISTRATOR,
    ("/glomt-losenord", "GET"): ALLA,
    ("/glomt-losenord", "POST"): ALLA,
    ("/halsa/live", "GET"): ALLA,
    ("/halsa/redo", "GET"): ALLA,
    ("/handelser", "GET"): INLOGGAD,
    ("/handelser/<slug>", "GET"): LASARE,
    ("/handelser/<slug>/be-om-lasratt", "GET"): REDAKTOR,
    ("/handelser/<slug>/be-om-lasratt", "POST"): REDAKTOR,
    ("/handelser/<slug>/forhandsvisa", "POST"): SKRIBENT,
    ("/handelser/<slug>/gaster", "GET"): REDAKTOR,
    ("/handelser/<slug>/gaster", "POST"): REDAKTOR,
    ("/handelser/<slug>/gaster/<int:medlemskap_id>/avsluta", "POST"): REDAKTOR,
    ("/handelser/<slug>/lage", "GET"): REDAKTOR,
    ("/handelser/<slug>/lage", "POST"): REDAKTOR,
    ("/handelser/<slug>/lagesbild/<vem>", "GET"): LASARE,
    ("/handelser/<slug>/lagesbild/<vem>/bilagor", "POST"): EGEN_SKRIBENT,
    ("/handelser/<slug>/lagesbild/<vem>/forslag/<int:forslag_id>/bilagor/<int:bilaga_id>/<namn>", "GET"): "",
    ("/handelser/<slug>/lagesbild/<vem>/granska", "POST"): EGEN_SKRIBENT,
    ("/handelser/<slug>/lagesbild/<vem>/jamfor", "GET"): LASARE,
    ("/handelser/<slug>/lagesbild/<vem>/jamfor/<int:a>/<int:b>", "GET"): LASARE,
    ("/handelser/<slug>/lagesbild/<vem>/kasta", "GET"): EGEN_SKRIBENT,
    ("/handelser/<slug>/lagesbild/<vem>/kasta", "POST"): EGEN_SKRIBENT,
    ("/handelser/<slug>/lagesbild/<vem>/lasratt", "GET"): EGEN_TALESPERSON,
    ("/handelser/<slug>/lagesbild/<vem>/lasratt", "POST"): EGEN_TALESPERSON,
    ("/handelser/<slug>/lagesbild/<vem>/narvaro", "POST"): EGEN_SKRIBENT,
    ("/handelser/<slug>/lagesbild/<vem>/oforandrat", "POST"): EGEN_TALESPERSON,
    ("/handelser/<slug>/lagesbild/<vem>/skriv", "GET"): EGEN_SKRIBENT,
    ("/handelser/<slug>/lagesbild/<vem>/skriv", "POST"): EGEN_SKRIBENT,
    ("/handelser/<slug>/lagesbild/<vem>/utkast", "POST"): EGEN_SKRIBENT,
    ("/handelser/<slug>/lagesbild/<vem>/utkast/<int:utkast_id>/ta-over", "POST"): EGEN_SKRIBENT,
    ("/handelser/<slug>/lagesbild/<vem>/utkast/bilagor/<int:bilaga_id>/<namn>", "GET"): EGEN_SKRIBENT,
    ("/handelser/<slug>/lagesbild/<vem>/utkast/bilagor/<int:bilaga_id>/forhandsbild", "GET"): EGEN_SKRIBENT,
    ("/handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>", "GET"): LASARE,
    ("/handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>/bilagor/<int:bilaga_id>/<namn>", "GET"): LASARE,
    ("/handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>/bilagor/<int:bilaga_id>/forhandsbild", "GET"): LASARE,
    ("/handelser/<slug>/last", "POST"): LASARE,
    ("/handelser/<slug>/redigera", "GET"): REDAKTOR,
    ("/handelser/<slug>/redigera", "POST"): REDAKTOR,
    ("/handelser/<slug>/tidslinje", "GET"): LASARE,
    ("/handelser/<slug>/underrattelser/granska", "POST"): TALESPERSON,
    ("/handelser/<slug>/underrattelser/ny", "GET"): TALESPERSON,
    ("/handelser/<slug>/underrattelser/ny", "POST"): TALESPERSON,
    ("/handelser/<slug>/utskick", "GET"): LASARE,
    ("/handelser/<slug>/versioner", "GET"): LASARE,
    ("/handelser/<slug>/visa-som-utkast", "POST"): TALESPERSON,
    ("/handelser/ny", "GET"): SKRIBENT,
    ("/handelser/ny", "POST"): SKRIBENT,
    # Of a link that is not ours everybody is told that it does not hold.
    ("/konto/<token>", "GET"): ALLA,
    ("/konto/<token>", "POST"): ALLA,
    # For programs: known by a tag or a signature.
    ("/kvitto/46elks/<tagg>", "POST"): ALLA,
    ("/kvitto/studs", "POST"): ALLA,
    ("/matt", "GET"): ALLA,
    ("/hjalp", "GET"): ALLA,
    ("/logga-in", "GET"): ALLA,
    ("/logga-in", "POST"): ALLA,
    # Open to whom the password has been right; everybody else is sent to the login.
    ("/logga-in/faktor", "GET"): ALLA,
    ("/logga-in/faktor", "POST"): ALLA,
    ("/logga-in/faktor/klar", "POST"): ALLA,
    ("/logga-in/faktor/ny", "GET"): ALLA,
    ("/logga-in/faktor/ny", "POST"): ALLA,
    ("/logga-ut", "POST"): ALLA,
    ("/aktorer/<slug>/misslyckade", "GET"): ADMINISTRATOR,
    ("/mitt-konto/bekrafta", "GET"): INLOGGAD,
    ("/mitt-konto/bekrafta", "POST"): INLOGGAD,
    ("/mitt-konto/inloggningar", "GET"): INLOGGAD,
    ("/mitt-konto/inloggningar/<int:inloggning_id>/avsluta", "POST"): INLOGGAD,
    ("/mitt-konto/inloggningar/avsluta-andra", "POST"): INLOGGAD,
    ("/mitt-konto/losenord", "GET"): INLOGGAD,
    ("/mitt-konto/losenord", "POST"): INLOGGAD,
    ("/mitt-konto/roll", "GET"): INLOGGAD,
    ("/mitt-konto/roll", "POST"): INLOGGAD,
    ("/mina-notiser", "GET"): INLOGGAD,
    ("/mina-notiser", "POST"): INLOGGAD,
    ("/mina-notiser/<any(sms, epost):kanal>", "POST"): INLOGGAD,
    ("/mina-notiser/<any(sms, epost):kanal>/kod", "POST"): INLOGGAD,
    ("/mina-notiser/<any(sms, epost):kanal>/ny-kod", "POST"): INLOGGAD,
    ("/mina-notiser/<any(sms, epost):kanal>/angra-byte", "POST"): INLOGGAD,
    ("/mina-notiser/<any(sms, epost):kanal>/ta-bort", "POST"): INLOGGAD,
    ("/mitt-konto/sakerhet", "GET"): INLOGGAD,
    ("/mitt-konto/sakerhet/app", "GET"): INLOGGAD,
    ("/mitt-konto/sakerhet/app", "POST"): INLOGGAD,
    ("/mitt-konto/sakerhet/koder", "GET"): INLOGGAD,
    ("/mitt-konto/sakerhet/koder", "POST"): INLOGGAD,
    ("/mitt-konto/sakerhet/passkey", "POST"): INLOGGAD,
    ("/mitt-konto/sakerhet/ta-bort", "POST"): INLOGGAD,
    ("/n/<int:utskick_id>", "GET"): LASARE,
    ("/sok", "GET"): INLOGGAD,
    ("/static/<path:filename>", "GET"): ALLA,
    ("/underrattelser", "GET"): INLOGGAD,
    ("/underrattelser/<int:id>", "GET"): LASARE,
    ("/underrattelser/<int:id>/be-om-lasratt", "GET"): REDAKTOR,
    ("/underrattelser/<int:id>/be-om-lasratt", "POST"): REDAKTOR,
    # Only who published it: here Polisen.
    ("/underrattelser/<int:id>/lasratt", "GET"): "",
    ("/underrattelser/<int:id>/lasratt", "POST"): "",
    ("/underrattelser/<int:id>/ratta", "GET"): "",
    ("/underrattelser/<int:id>/ratta", "POST"): "",
    # The address is the right.
    ("/utdrag/<token>", "GET"): ALLA,
    # In the demo alone.
    ("/utkorg", "GET"): ALLA,
    ("/visa-som", "GET"): f"{TALESPERSON} {ADMINISTRATOR}",
    ("/visa-som", "POST"): f"{TALESPERSON} {ADMINISTRATOR}",
    ("/visa-som/sluta", "POST"): INLOGGAD,
    ("/utskick/<int:id>", "GET"): EGEN_SKRIBENT,
    # Who reads what it tells of, and was sent it.
    ("/utskick/<int:id>/kvittera", "POST"): LASARE,
    ("/utskick/<int:id>/angra", "POST"): EGEN_TALESPERSON,
    ("/utskick/<int:id>/kom-fram", "POST"): EGEN_SKRIBENT,
    ("/utskick/<int:id>/leveranser.csv", "GET"): EGEN_SKRIBENT,
    ("/utskick/<int:id>/skicka-anda", "POST"): EGEN_TALESPERSON,
    ("/utskick/<int:id>/skicka-igen", "POST"): EGEN_SKRIBENT,
    ("/utskick/<int:id>/skicka-nu", "POST"): EGEN_TALESPERSON,
}
"""Who may use each address of these. A new address must be put here, with a thought about who."""

SVARAR_ANNAT = {
    # Without an event to ask about: choose one.
    "/aktorer/<slug>/anvandare/<int:medlemskap_id>/kontrollera": {422},
    "/konto/<token>": {404, 410},
    "/logga-in": {200, 302},
    "/logga-in/faktor": {302},
    "/logga-in/faktor/ny": {302},
    # On to what the dispatch tells of.
    "/n/<int:utskick_id>": {302},
    "/utdrag/<token>": {404},
    "/utkorg": {404},
    # Who has just logged in has proved enough, and has a role.
    "/mitt-konto/bekrafta": {302},
    "/mitt-konto/roll": {302},
    "/handelser/<slug>/lagesbild/<vem>/jamfor": {302},
    "/handelser/<slug>/lagesbild/<vem>/kasta": {200, 302},
    # Nobody has a draft here: there is nothing in it.
    "/handelser/<slug>/lagesbild/<vem>/utkast/bilagor/<int:bilaga_id>/<namn>": {404},
    "/handelser/<slug>/lagesbild/<vem>/utkast/bilagor/<int:bilaga_id>/forhandsbild": {404},
}
"""Where who may gets something else than a page."""
FRAGOR = {
    "/handelser/<slug>/be-om-lasratt": {"aktor"},
    "/handelser/<slug>/lagesbild/<vem>/jamfor": {"a", "b"},
}
"""What is sent along after the question mark."""


@pytest.fixture
def lage(database: Database) -> Database:
    """The event of ytor_data, with a dispatch of Trafikverket's."""
    bygg_lage(database)
    with transaction(database) as session:
        ett_utskick(session, "trafikverket", "Vägen är avstängd")
        trafikverkets = LagesbildVersion.nummer == 1, Lagesbild.aktor.has(slug="trafikverket")
        en_publicerad(session, session.scalars(select(LagesbildVersion).join(Lagesbild).where(*trafikverkets)).one())
        en_funktion(session, "nacka", "TiB", medlem(session, FOLK["lasare"]))
        admin = medlem(session, FOLK["administrator"])
        mallservice.spara(session, subjekt_for(session, admin.anvandare), admin.aktor, "vader", 0, rader_av(STANDARD))
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
            "kanal": "sms",
            "token": "hittepa",
            "utkast_id": 1,
            "forslag_id": 1,
            "bilaga_id": session.scalars(select(LagesbildBilaga.bilaga_id)).one(),
            "namn": "karta.png",
            "inloggning_id": 1,
            "filename": "css/wis.css",
            "roll_id": 1,
            "medlemskap_id": session.scalars(select(Medlemskap.id).where(Medlemskap.administrator)).one(),
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
