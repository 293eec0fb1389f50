"""A page that has not changed is answered from memory after one question, and is what the app would draw."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import en_app
from tests.snabbvag_stod import (
    LASARE,
    SIDA,
    TALESPERSON,
    bygg,
    fraga,
    handelsen,
    kand,
    logga_in,
    ritade,
    utan_engangs,
)
from tests.web.ytor_data import fragor, las_till, underratta
from wis import clock
from wis.andringar import Andring, Slag, anmal
from wis.auth import snabbvag as sagt
from wis.auth.models import Inloggning
from wis.db import Database
from wis.settings import Settings
from wis.snabbvag import Snabbvag
from wis.snabbvag_minne import Minne
from wis.tx import transaction

BR = "gzip, deflate, br"


@pytest.fixture
def app(settings: Settings, varje_databas: Database) -> Flask:
    bygg(varje_databas)
    return en_app(settings, varje_databas)


@pytest.fixture
def stilla() -> Iterator[None]:
    """The same moment all through the test."""
    with clock.at(clock.now()):
        yield


@pytest.fixture
def raknade(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that are asked for stamps, as they go to the driver."""
    maskin = app.extensions["wis_snabbvag"]._maskin
    fraga, asked = maskin._fraga, []

    def rakna(sats: Any, *rest: Any) -> Any:
        asked.append(sats.sql)
        return fraga(sats, *rest)

    monkeypatch.setattr(maskin, "_fraga", rakna)
    return asked


@pytest.mark.usefixtures("stilla")
def test_an_unchanged_page_takes_one_question_and_is_what_the_app_would_draw(app: Flask, raknade: list[str]) -> None:
    database: Database = app.extensions["wis_database"]
    lasare = logga_in(app, LASARE)
    etag = kand(app, lasare)
    raknade.clear()
    with fragor(database) as andra:
        oforandrad, hel = fraga(lasare, etag), fraga(lasare)
    assert (len(raknade), andra) == (2, [])
    # Nothing that a browser has of the page may be changed by it, least of all the nonce that its policy names.
    assert oforandrad.status_code == 304
    assert set(oforandrad.headers.keys()) <= {"ETag", "Cache-Control", "Vary", "Date", "Wis-Natlos"}
    assert oforandrad.data == b""
    assert hel.headers["Cache-Control"] == "private, no-cache"
    assert "Cookie" in hel.headers["Vary"]
    assert "Set-Cookie" not in hel.headers
    nonce = hel.headers["Content-Security-Policy"].split("'nonce-")[1].split("'")[0]
    assert f'nonce="{nonce}"' in hel.text
    app.extensions["wis_snabbvag"].minne = Minne(10**7)
    with ritade(app) as ritat:
        ny = fraga(lasare)
        assert fraga(lasare, etag).status_code == 304, "the same page, drawn again, has another name"
    assert len(ritat) == 1
    assert ny.headers["Content-Security-Policy"] != hel.headers["Content-Security-Policy"]
    assert utan_engangs(ny.text) == utan_engangs(hel.text)
    assert {**ny.headers, "Content-Security-Policy": ""} == {**hel.headers, "Content-Security-Policy": ""}


@pytest.mark.usefixtures("stilla")
def test_conditions_methods_and_encodings_are_answered_as_http_says(settings: Settings, database: Database) -> None:
    bygg(database)
    app = en_app(settings, database)
    lasare = logga_in(app, LASARE)
    etag = kand(app, lasare)
    for villkor in (f'"annan", {etag}', "*", etag.removeprefix("W/"), f'W/"x",{etag},"y"'):
        assert fraga(lasare, villkor).status_code == 304, villkor
    for villkor in ('"annan"', 'W/"x"', "skräp"):
        assert fraga(lasare, villkor).status_code == 200, villkor
    hel = fraga(lasare)
    with ritade(app) as ritat:
        huvud = lasare.head(SIDA)
        assert lasare.head(SIDA, headers={"If-None-Match": etag}).status_code == 304
    assert not ritat
    assert (huvud.status_code, huvud.data, huvud.headers["ETag"]) == (200, b"", etag)
    packad = fraga(lasare, Accept_Encoding=BR)
    with ritade(app) as ritat:
        igen = fraga(lasare, Accept_Encoding="br")
        assert fraga(lasare).data == hel.data
    assert not ritat
    assert packad.headers["Content-Encoding"] == igen.headers["Content-Encoding"] == "br"
    assert (packad.data, "Content-Encoding" in hel.headers) == (igen.data, False)
    assert int(igen.headers["Content-Length"]) == len(igen.data)
    # A page that fetches itself marks nothing as read, so one that somebody opens is another.
    with ritade(app) as ritat:
        assert fraga(lasare, etag, X_Live="1").status_code == 304
        assert fraga(lasare, etag, X_Live="1").status_code == 304
        assert fraga(lasare, etag, Sec_Purpose="prefetch").status_code == 304
    assert len(ritat) == 1
    assert lasare.post(SIDA).status_code == 405


def test_how_far_one_has_read_is_seen_at_once_also_when_another_browser_said_it(
    settings: Settings, database: Database
) -> None:
    bygg(database)
    app = en_app(settings, database)
    en, annan = logga_in(app, LASARE), logga_in(app, LASARE)
    etag = kand(app, en)
    assert las_till(annan, clock.now()) == 302
    assert fraga(en, etag).status_code == 200


def test_a_message_that_waits_is_shown_once_and_never_kept(settings: Settings, database: Database) -> None:
    bygg(database)
    app = en_app(settings, database)
    client = logga_in(app, TALESPERSON)
    etag = kand(app, client)
    svar = client.post(f"{SIDA}/lagesbild/trafikverket/oforandrat", data={"bas": "2", "nyckel": "c" * 32})
    assert svar.status_code == 302
    with_message = fraga(client, etag)
    assert "är publicerat som version 3" in with_message.text
    assert with_message.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in with_message.headers
    assert "är publicerat som version 3" not in fraga(client).text


def test_what_a_view_forbids_or_does_not_ask_for_is_not_kept(settings: Settings, database: Database) -> None:
    bygg(database)
    app = en_app(settings, database)
    lasare, vag = logga_in(app, LASARE), app.extensions["wis_snabbvag"]
    vyn = app.view_functions["ytor.handelse"]
    ord_: list[str] = []

    def provad(slug: str) -> Any:
        svar = vyn(slug)
        {
            "inte": sagt.lagra_inte,
            "annan": lambda: sagt.lagra(4711),
            "till": lambda: sagt.lagra(1, till=clock.now()),
        }.get(ord_[0], lambda: None)()
        return f"{svar}TLP:RED" if ord_[0] == "rott" else (svar, 404) if ord_[0] == "fel" else svar

    provad.visbar_som = True  # type: ignore[attr-defined]
    app.view_functions["ytor.handelse"] = provad
    for ord_[:] in (["inte"], ["annan"], ["rott"], ["fel"]):
        vag.minne = Minne(10**7)
        assert fraga(lasare).headers["Cache-Control"] == "private, no-store", ord_
        assert vag.minne.antal == 0, ord_
    ord_[:] = ["till"]
    with ritade(app) as ritat:
        fraga(lasare), fraga(lasare)
    assert len(ritat) == 2


def test_what_changes_while_a_page_is_drawn_is_on_the_next(settings: Settings, database: Database) -> None:
    bygg(database)
    app = en_app(settings, database)
    lasare = logga_in(app, LASARE)
    vyn = app.view_functions["ytor.handelse"]

    def langsam(slug: str) -> Any:
        svar = vyn(slug)
        with transaction(database) as session:
            underratta(session, handelsen(session), f"Nytt nummer {len(ritat)}")
            id_ = handelsen(session).id
            anmal(session, Andring(Slag.HANDELSE, id_, handelse_id=id_))
        return svar

    langsam.visbar_som = True  # type: ignore[attr-defined]
    app.view_functions["ytor.handelse"] = langsam
    with ritade(app) as ritat:
        for nummer in range(1, 4):
            svar = fraga(lasare)
            assert svar.headers["Cache-Control"] == "private, no-cache"
            assert ("Nytt nummer" in svar.text) is (nummer > 1)
            assert f"Nytt nummer {nummer}" not in svar.text
            assert nummer == 1 or f"Nytt nummer {nummer - 1}" in svar.text
        assert len(ritat) == 3


def test_that_the_login_is_in_use_is_still_written_down(settings: Settings, database: Database) -> None:
    bygg(database)
    app, start = en_app(settings, database), clock.now()

    def aktiv() -> Any:
        with database.reading() as session:
            return session.scalars(select(Inloggning).order_by(Inloggning.id.desc())).first().senast_aktiv

    with clock.at(start):
        lasare = logga_in(app, LASARE)
        etag = kand(app, lasare)
    senare = start + timedelta(seconds=61)
    with clock.at(start + timedelta(seconds=20)):
        fraga(lasare, etag)
    assert aktiv() == start
    with clock.at(senare):
        fraga(lasare, etag, X_Live="1")
        assert aktiv() == start
        fraga(lasare, etag)
    assert aktiv() == senare


def test_the_stamps_connections_are_made_anew_and_closed(app: Flask) -> None:
    database: Database = app.extensions["wis_database"]
    lasare = logga_in(app, LASARE)
    etag = kand(app, lasare)
    vag: Snabbvag = app.extensions["wis_snabbvag"]
    for connection in vag._maskin._lediga:
        connection.close()
    assert fraga(lasare, etag).status_code == 304
    database.dispose()
    assert not vag._maskin._lediga
    assert fraga(lasare, etag).status_code == 304
