"""The link by which somebody outside answers a begäran: it opens that, once, and tells nothing else."""

import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits import parse
from sqlalchemy import select, update

from tests.begaran_lank_stod import SLUG, TIMME, brev, fragad, lank, utomstaende
from tests.conftest import en_app
from tests.web.ytor_data import LoggaIn
from wis import clock
from wis.auth.service import token_hash
from wis.begaran import lankvyer
from wis.begaran.models import Begaran, BegaranMottagare, BegaranSvar
from wis.db import Database
from wis.handelser.models import Handelse
from wis.settings import Settings
from wis.tx import transaction

SVAR = {"svar_1": "Mörkt i Nacka sedan 18.", "svar_2": "Ja", "nyckel": "a" * 32}
FRAGARE = "fragare@lansstyrelsen.example"


def svaren(database: Database) -> list[BegaranSvar]:
    with database.reading() as session:
        return list(session.scalars(select(BegaranSvar).order_by(BegaranSvar.nummer)))


def mottagaren(database: Database) -> BegaranMottagare:
    with database.reading() as session:
        return utomstaende(session)


def sida(client: FlaskClient, vag: str, status: int = 200) -> str:
    svar = client.get(vag)
    assert svar.status_code == status
    return svar.get_data(as_text=True)


def test_looking_uses_up_nothing_and_answering_does(client: FlaskClient, database: Database) -> None:
    _, vag = fragad(database)
    client.head(vag)
    assert mottagaren(database).oppnad is None
    for _ in range(3):
        assert "Hur är läget?" in sida(client, vag)
    assert mottagaren(database).oppnad is not None
    tack = client.post(vag, data=SVAR)
    assert "svaret är framme" in tack.get_data(as_text=True)
    assert "Mörkt i Nacka" in tack.get_data(as_text=True)
    (svar,) = svaren(database)
    assert (svar.nummer, svar.anvandare_id, svar.svar) == (1, None, {"1": SVAR["svar_1"], "2": "Ja"})
    assert (mottagaren(database).senaste, mottagaren(database).lank_anvand is not None) == (1, True)
    # Reading by the link is over; the same form sent once more is the same answer, another is none.
    igen = client.post(vag, data=SVAR)
    assert (igen.status_code, "svaret är framme" in igen.get_data(as_text=True)) == (200, True)
    annan = client.post(vag, data=SVAR | {"nyckel": "b" * 32, "svar_1": "Något annat"})
    assert annan.status_code == 404
    assert "Något annat" in annan.get_data(as_text=True)
    assert "Mörkt" not in sida(client, vag, 404)
    assert len(svaren(database)) == 1


def test_what_was_typed_survives_an_error_and_a_wrong_form_is_no_guess(client: FlaskClient, database: Database) -> None:
    _, vag = fragad(database)
    for _ in range(60):
        svar = client.post(vag, data={"svar_1": "Halva svaret", "svar_2": "Kanske", "nyckel": "c" * 32})
        assert svar.status_code == 422
    text = svar.get_data(as_text=True)
    assert "Halva svaret" in text
    assert 'href="#svar_2-0"' in text
    assert svaren(database) == []


def test_nothing_else_is_told_and_the_address_goes_no_further(client: FlaskClient, database: Database) -> None:
    _, vag = fragad(database, ovning=True)
    svar = client.get(vag)
    text = svar.get_data(as_text=True)
    for hemligt in ("Hemligt namn", SLUG, "Nacka", "<script", "<nav", "/handelser", "/logga-in", "fragare@"):
        assert hemligt not in text, hemligt
    assert "ÖVNING ÖVNING" in text
    assert "Lansstyrelsen" in text
    assert svar.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in svar.headers["Cache-Control"]
    assert "noindex" in svar.headers["X-Robots-Tag"]
    token = vag.rpartition("/")[2]
    assert len(token) >= 43
    mottagare = mottagaren(database)
    assert mottagare.lank_hash == token_hash(token)
    assert mottagare.lank_till is not None
    assert mottagare.lank_till - clock.now() < 27 * TIMME


@pytest.mark.parametrize("vad", ["okänd", "hashen själv", "utgången", "tillbakadragen", "ny", "avslutad", "stängd"])
def test_whatever_is_wrong_with_a_link_the_page_is_the_same(
    app: Flask, client: FlaskClient, logga_in: LoggaIn, database: Database, vad: str
) -> None:
    begaran_id, vag = fragad(database)
    client.get(vag)
    lankarna = f"/handelser/{SLUG}/begaran/{begaran_id}/lankar/{mottagaren(database).id}"
    nar = clock.now()
    if vad == "okänd":
        vag = f"/svar/{secrets.token_urlsafe(32)}"
    elif vad == "hashen själv":
        vag = f"/svar/{mottagaren(database).lank_hash}"
    elif vad == "utgången":
        nar += 27 * TIMME
    elif vad in {"tillbakadragen", "ny"}:
        slut = "dra-tillbaka" if vad == "tillbakadragen" else "ny"
        assert logga_in(FRAGARE).post(f"{lankarna}/{slut}").status_code == 302
    else:
        with transaction(database) as session:
            andring = {"avslutad": update(Begaran).values(avslutad=nar), "stängd": update(Handelse).values(stangd=nar)}
            session.execute(andring[vad])

    def utan_nonce(text: str) -> str:
        return re.sub(r'nonce="[^"]*"', "", text)

    with clock.at(nar):
        fel, okand = sida(client, vag, 404), sida(client, "/svar/x", 404)
        assert utan_nonce(fel) == utan_nonce(okand)
        assert client.post(vag, data=SVAR).status_code == 404
    assert svaren(database) == []


def test_two_who_send_at_once_give_one_answer(app: Flask, varje_databas: Database, settings: Settings) -> None:
    _, vag = fragad(varje_databas)
    appen = en_app(settings, varje_databas)

    def skicka(nummer: int) -> int:
        return appen.test_client().post(vag, data=SVAR | {"nyckel": f"{nummer:032d}"}).status_code

    with ThreadPoolExecutor(4) as pool:
        svar = sorted(pool.map(skicka, range(4)))
    assert svar == [200, 404, 404, 404]
    assert len(svaren(varje_databas)) == 1


def test_a_correction_takes_a_new_link_and_keeps_what_was_said(
    client: FlaskClient, logga_in: LoggaIn, database: Database
) -> None:
    begaran_id, vag = fragad(database)
    client.post(vag, data=SVAR)
    fragare = logga_in(FRAGARE)
    ny = f"/handelser/{SLUG}/begaran/{begaran_id}/lankar/{mottagaren(database).id}/ny"
    for _ in range(2):
        assert fragare.post(ny).status_code == 302
    # Pressed twice: one letter, or the one that is opened first would be worth nothing.
    assert len(brev(database)) == 2
    assert lank(database) != vag
    assert "Mörkt" not in sida(client, lank(database))
    assert client.post(lank(database), data=SVAR | {"svar_1": "Ljust.", "nyckel": "d" * 32}).status_code == 200
    assert [(en.nummer, en.foregaende, en.svar["1"]) for en in svaren(database)] == [
        (1, None, SVAR["svar_1"]),
        (2, 1, "Ljust."),
    ]


def test_links_are_minded_by_who_asked_and_nobody_else(logga_in: LoggaIn, database: Database) -> None:
    begaran_id, _ = fragad(database)
    mottagare = mottagaren(database)
    with database.reading() as session:
        aktorns = select(BegaranMottagare.id).where(BegaranMottagare.aktor_id.is_not(None))
        hos_aktor = session.scalars(aktorns).one()
    bas = f"/handelser/{SLUG}/begaran/{begaran_id}/lankar"
    for slut in ("ny", "dra-tillbaka"):
        assert logga_in("skribent@nacka.example").post(f"{bas}/{mottagare.id}/{slut}").status_code == 404
        assert logga_in(FRAGARE).post(f"{bas}/{hos_aktor}/{slut}").status_code == 404
        annan = bas.replace(SLUG, "annan")
        assert logga_in(FRAGARE).post(f"{annan}/{mottagare.id}/{slut}").status_code == 404
    assert mottagaren(database).lank_hash == mottagare.lank_hash


def test_a_form_from_elsewhere_is_not_taken_and_ours_is_without_a_referer(
    settings: Settings, database: Database
) -> None:
    appen = en_app(replace(settings, base_url="https://localhost"), database)
    appen.config["WTF_CSRF_ENABLED"] = True
    _, vag = fragad(database)
    client = appen.test_client()
    assert client.post(vag, data=SVAR, base_url="https://localhost").status_code == 400
    text = client.get(vag, base_url="https://localhost").get_data(as_text=True)
    marke = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert marke is not None
    svar = client.post(vag, data=SVAR | {"csrf_token": marke[1]}, base_url="https://localhost")
    assert svar.status_code == 200
    assert len(svaren(database)) == 1


def test_whoever_guesses_is_stopped_and_whoever_has_a_link_behind_the_same_address_is_not(
    client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lankvyer, "PER_GISSNING", parse("3 per 15 minute"))
    _, vag = fragad(database)
    svar = [client.get(f"/svar/{secrets.token_urlsafe(32)}").status_code for _ in range(5)]
    assert svar == [404, 404, 404, 429, 429]
    assert "Hur är läget?" in sida(client, vag)
