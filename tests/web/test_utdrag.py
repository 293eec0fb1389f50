"""Extracts: who has the address reads that version, for two minutes, and nothing else of it is told."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.web.ytor_data import SLUG, LoggaIn, bygg_lage, fragor, publicera, ratta, underratta
from wis import clock, utdrag
from wis.andringar import Slag
from wis.db import Database
from wis.handelser.models import Handelse
from wis.lagesbild.models import LagesbildSektion, LagesbildVersion
from wis.settings import Settings
from wis.tx import transaction

NU = datetime(2026, 2, 3, 14, 32, 10, tzinfo=UTC)
MINUT = timedelta(minutes=1)


def _token(settings: Settings, slag: Slag = Slag.LAGESBILD, id_: int = 5, version: int = 7) -> str:
    return utdrag.adress(settings, slag, id_, version, NU).removeprefix(utdrag.PREFIX)


def test_an_address_says_which_version_until_two_minutes_have_begun(settings: Settings) -> None:
    token = _token(settings)
    till = datetime(2026, 2, 3, 14, 34, tzinfo=UTC)
    assert utdrag.las(settings, token, NU) == utdrag.Utdrag(Slag.LAGESBILD, 5, 7, till)
    assert utdrag.las(settings, token, till - timedelta(seconds=1)) is not None
    assert utdrag.las(settings, token, till) is None
    assert utdrag.las(settings, token, NU - 2 * MINUT) is None


def test_every_process_makes_the_same_address_within_the_minute(settings: Settings) -> None:
    for sekund in (0, 59):
        nar = NU.replace(second=sekund)
        assert utdrag.adress(settings, Slag.LAGESBILD, 5, 7, nar).endswith(_token(settings))
    assert not utdrag.adress(settings, Slag.LAGESBILD, 5, 7, NU + MINUT).endswith(_token(settings))


def test_an_address_that_is_not_ours_leads_nowhere(settings: Settings) -> None:
    token = _token(settings)
    data = base64.urlsafe_b64decode(token)
    for plats in range(len(data)):
        andrad = data[:plats] + bytes([data[plats] ^ 1]) + data[plats + 1 :]
        assert utdrag.las(settings, base64.urlsafe_b64encode(andrad).decode(), NU) is None
    for fel in ("", "hittepa", token[:-1], token + "A", token + "\n", f" {token}", token[:-1] + "å", "=" * 60):
        assert utdrag.las(settings, fel, NU) is None
    assert utdrag.las(replace(settings, secret_key="annan nyckel" * 4), token, NU) is None


@pytest.mark.parametrize(("slag", "version"), [(Slag.HANDELSE, 1), (Slag.LAGESBILD, -1), (Slag.LAGESBILD, 2**32)])
def test_there_is_no_address_of_what_has_no_version(settings: Settings, slag: Slag, version: int) -> None:
    with pytest.raises(ValueError):
        utdrag.adress(settings, slag, 1, version, NU)


# --- what is answered ----------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def lage(database: Database) -> None:
    """The event of ytor_data."""
    bygg_lage(database)


def _publicerad(database: Database, tlp: str = "clear") -> LagesbildVersion:
    """Trafikverket's third version, with a section."""
    with transaction(database) as session:
        version = publicera(session, _handelse(session), "trafikverket", text="Snö på E4.", tlp=tlp)
        for nyckel, html in (("sammanfattning", "<p>Snö på E4.</p>"), ("lage_fakta", "<p>Stopp vid <em>Hölö</em></p>")):
            what = {"nyckel": nyckel, "ordning": 1, "kalla": "Stopp", "html": html}
            session.add(LagesbildSektion(lagesbild_id=version.lagesbild_id, nummer=version.nummer, **what))
        return version


def _handelse(session: Session) -> Handelse:
    return session.scalars(select(Handelse).where(Handelse.slug == SLUG)).one()


def _adress(app: Flask, slag: Slag, id_: int, version: int) -> str:
    return utdrag.adress(app.extensions["wis_settings"], slag, id_, version, clock.now())


def test_a_stranger_with_the_address_gets_the_text_and_may_keep_it_while_it_lasts(
    app: Flask, client: FlaskClient, database: Database
) -> None:
    bild = _publicerad(database)
    with clock.at(NU), fragor(database) as seen:
        adress = _adress(app, Slag.LAGESBILD, bild.lagesbild_id, bild.nummer)
        svar = client.get(adress)
        assert client.get(adress).data == svar.data
    assert len(seen) == 1
    text = svar.get_data(as_text=True)
    for vantat in (
        f'data-utdrag="lagesbild-{bild.lagesbild_id}" data-version="3"',
        f'data-utdrag-kort="lagesbild-{bild.lagesbild_id}" data-version="3"',
        "Lägesbild från Trafikverket",
        "<p>Stopp vid <em>Hölö</em></p>",
    ):
        assert vantat in text
    assert "csrf" not in text
    assert svar.headers["Cache-Control"] == "public, max-age=110, immutable"
    assert svar.headers["X-Robots-Tag"] == "noindex, noarchive"
    assert svar.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "nonce" not in svar.headers["Content-Security-Policy"]


def test_what_is_answered_is_the_same_for_all_and_no_cookie_is_asked_for_or_given(
    app: Flask, client: FlaskClient, database: Database, logga_in: LoggaIn
) -> None:
    bild = _publicerad(database)
    adress = _adress(app, Slag.LAGESBILD, bild.lagesbild_id, bild.nummer)
    svar = [vem.get(adress) for vem in (client, logga_in("lasare@nacka.example"))]
    assert svar[0].data == svar[1].data
    for ett in svar:
        assert "Set-Cookie" not in ett.headers
        assert ett.headers["Vary"] == "Accept-Encoding"


def test_a_corrected_underrattelse_has_one_too(app: Flask, client: FlaskClient, database: Database) -> None:
    with transaction(database) as session:
        ny = ratta(session, underratta(session, _handelse(session), "E18 öppen", bradskande=True))
    with fragor(database) as seen:
        text = client.get(_adress(app, Slag.UNDERRATTELSE, ny.underrattelse_id, 2)).get_data(as_text=True)
    assert len(seen) == 1
    assert f'data-utdrag="underrattelse-{ny.underrattelse_id}" data-version="2"' in text
    assert "RÄTTELSE" in text
    assert "<p>Rättat.</p>" in text


def test_red_unknown_expired_and_forged_are_refused_alike(app: Flask, client: FlaskClient, database: Database) -> None:
    rod = _publicerad(database, tlp="red")
    adress = _adress(app, Slag.LAGESBILD, rod.lagesbild_id, 2)
    assert client.get(adress).status_code == 200
    with clock.at(NU):
        gammal = _adress(app, Slag.LAGESBILD, rod.lagesbild_id, 2)
    nekade = [
        client.get(fel)
        for fel in (
            _adress(app, Slag.LAGESBILD, rod.lagesbild_id, rod.nummer),
            _adress(app, Slag.LAGESBILD, rod.lagesbild_id, 4),
            _adress(app, Slag.LAGESBILD, 4000, 1),
            _adress(app, Slag.UNDERRATTELSE, 4000, 1),
            gammal,
            adress[:-1] + ("A" if adress[-1] != "A" else "B"),
            "/utdrag/hittepa",
        )
    ]
    assert {(svar.status_code, svar.data, svar.headers["Cache-Control"]) for svar in nekade} == {
        (404, b"Finns inte.\n", "private, no-store")
    }
