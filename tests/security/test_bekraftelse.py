"""Proving once more to be oneself can't be got round: not by another kind of request, nor by leaving something out."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from tests import factories as f
from tests.funktioner_stod import en_funktion, medlem
from tests.security.adresser import METODER, Adress, alla_adresser, innehall
from tests.web.ytor_data import SLUG, bygg_lage
from wis import clock
from wis.auth import bekrafta
from wis.auth.models import Inloggning
from wis.auth.rules import Roll
from wis.db import Database
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
VERA = "vera@nacka.example"
PERSON = "/aktorer/<slug>/anvandare/<int:medlemskap_id>"
FUNKTION, FUNKTIONENS = "/aktorer/<slug>/funktioner", "/funktioner/<int:id>/notiser/<any(sms, epost):kanal>"
KRAVS = {
    # Phone and mail, one's own and a function's.
    "/mina-notiser/<any(sms, epost):kanal>",
    "/mina-notiser/<any(sms, epost):kanal>/ta-bort",
    "/mina-notiser/push",
    FUNKTIONENS,
    f"{FUNKTIONENS}/ta-bort",
    # The password and the factors.
    "/mitt-konto/losenord",
    "/mitt-konto/sakerhet/app",
    "/mitt-konto/sakerhet/koder",
    "/mitt-konto/sakerhet/passkey",
    "/mitt-konto/sakerhet/ta-bort",
    # What others may.
    PERSON,
    f"{PERSON}/handelseroller",
    f"{PERSON}/handelseroller/<int:roll_id>/ta-bort",
    f"{PERSON}/nollstall-faktor",
    f"{PERSON}/skicka-lank",
    f"{PERSON}/slapp-in",
    f"{PERSON}/stang-av",
    "/aktorer/<slug>/anvandare/bjud-in",
    "/aktorer/<slug>/anvandare/importera",
    "/aktorer/<slug>/genomgang/<int:medlemskap_id>/angra",
    "/aktorer/<slug>/genomgang/<int:medlemskap_id>/behall",
    "/aktorer/<slug>/genomgang/<int:medlemskap_id>/stang-av",
    "/aktorer/<slug>/genomgang/signera",
    "/aktorer/<slug>/genomgang/starta",
    "/aktorer/<slug>/tva-personer",
    f"{FUNKTION}/<int:id>",
    f"{FUNKTION}/<int:id>/lagg-ned",
    f"{FUNKTION}/ny",
    "/funktioner/<int:id>/utse",
    "/handelser/<slug>/gaster",
    "/handelser/<slug>/gaster/<int:medlemskap_id>/avsluta",
    # What others read by, without a login.
    "/floden",
    # What is taken away for good.
    "/handelser/<slug>/gallra",
}
"""What changes phone, mail, factors or rights, or can't be undone: written by hand, from what must not be
done on a screen left open."""
HEMLIGA = {"/mitt-konto/losenord", "/mitt-konto/sakerhet/app"}
"""Where the page itself asks first."""
RORS = frozenset({"inloggning", "loggpost", "logghuvud", "andringsnummer"})
IFYLLT = {
    "adress": "070-174 06 05",
    "roll": "redaktor",
    "administrator": "y",
    "motivering": "x",
    "namn": "Kim Ek",
    "kortnamn": "KiB",
    "epost": "kim@nacka.example",
    "losenord": "fyra slumpvisa ord räcker",
    "losenord_igen": "fyra slumpvisa ord räcker",
    "handelse": SLUG,
    "medlemskap_id": "1",
    "dagar": "3",
}


@pytest.fixture
def vera(database: Database, logga_in: LoggaIn) -> FlaskClient:
    """Vera, administrator and redaktör, who proved to be Vera sixteen minutes ago."""
    bygg_lage(database)
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost=VERA, administrator=True)
        en_funktion(session, "nacka", "TiB", medlem(session, "lasare@nacka.example"))
    client = logga_in(VERA)
    with transaction(database) as session:
        session.execute(update(Inloggning).values(bekraftad=clock.now() - timedelta(minutes=16)))
    return client


def vaktad(app: Flask, adress: Adress) -> bool:
    """Whether the view is wrapped in one of the two guards."""
    rule = next(rule for rule in app.url_map.iter_rules() if rule.rule == adress.regel)
    view: Any = app.view_functions[rule.endpoint]
    koder = {bekrafta.kraver_bekraftad.__code__.co_consts, bekrafta.kraver_bekraftad_sida.__code__.co_consts}
    while view is not None:
        if any(view.__code__ in consts for consts in koder):
            return True
        view = getattr(view, "__wrapped__", None)
    return False


def test_what_asks_for_it_is_what_the_list_says(app: Flask) -> None:
    assert {adress.regel for adress in alla_adresser(app) if vaktad(app, adress)} == KRAVS


FORSOK: dict[str, dict[str, Any]] = {
    "a form": {"data": IFYLLT},
    "a form for a script": {"data": IFYLLT, "headers": {"Accept": "application/json"}},
    "a form from a script": {"data": IFYLLT, "headers": {"X-Requested-With": "XMLHttpRequest", "X-Live": "1"}},
    "JSON": {"json": IFYLLT},
    "JSON with the proof as if it had been checked": {"json": IFYLLT | {"bekraftad": True, "bekrafta_losenord": True}},
    "in parts": {"data": IFYLLT, "content_type": "multipart/form-data"},
    "as text": {"data": "roll=redaktor&motivering=x", "content_type": "text/plain"},
    "nothing": {},
    "an empty proof": {"data": IFYLLT | {"bekrafta_losenord": "", "bekrafta_kod": ""}},
    "a wrong proof": {"data": IFYLLT | {"bekrafta_losenord": "fel-fel-fel-fel-fel"}},
    "the proof in the address": {"data": IFYLLT, "query_string": {"bekrafta_losenord": f.LOSENORD}},
    "the proof in a header": {"data": IFYLLT, "headers": {"X-Bekrafta-Losenord": f.LOSENORD}},
    "another method in a header": {"data": IFYLLT, "headers": {"X-HTTP-Method-Override": "GET"}},
    "another method in the form": {"data": IFYLLT | {"_method": "GET"}, "query_string": {"_method": "GET"}},
    "as another actor": {"data": IFYLLT | {"som_aktor": "999"}},
}


@pytest.mark.parametrize("hur", FORSOK)
def test_no_form_gets_round_it(app: Flask, vera: FlaskClient, database: Database, hur: str) -> None:
    before = innehall(database, RORS)
    for adress in alla_adresser(app, SLUG):
        if adress.regel in KRAVS:
            with vera.post(adress.vag, **FORSOK[hur]) as svar:
                # 429: the wrong proofs were too many, which is as it should be.
                assert svar.status_code in {403, 409, 415, 422, 429}, (adress.regel, svar.status_code)
    assert innehall(database, RORS) == before


def test_nor_does_another_method(app: Flask, vera: FlaskClient, database: Database) -> None:
    before, sedda = innehall(database, RORS), set()
    for adress in alla_adresser(app, SLUG):
        for metod in METODER if adress.regel in KRAVS else ():
            with vera.open(adress.vag, method=metod, data=IFYLLT, query_string=IFYLLT) as svar:
                if metod in {"GET", "HEAD"} and adress.regel in HEMLIGA:
                    assert svar.headers["Location"].startswith("/mitt-konto/bekrafta"), adress.regel
                sedda.add((metod, svar.status_code))
    assert innehall(database, RORS) == before
    assert {status for metod, status in sedda if metod in {"PUT", "PATCH", "DELETE"}} <= {405, 403}


def test_the_same_forms_do_something_for_one_who_has_just_proved_it(
    app: Flask, vera: FlaskClient, database: Database
) -> None:
    """So the refusals above are no accident of what was filled in."""
    with transaction(database) as session:
        session.execute(update(Inloggning).values(bekraftad=clock.now()))
    before = innehall(database, RORS)
    for regel in ("/mina-notiser/sms", "/aktorer/nacka/anvandare/bjud-in"):
        assert vera.post(regel, data=IFYLLT).status_code == 302, regel
    after = innehall(database, RORS)
    assert {namn for namn in before if before[namn] != after[namn]} >= {
        "kanal",
        "anvandare",
        "medlemskap",
        "engangslank",
    }
