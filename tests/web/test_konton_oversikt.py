"""An actor's people in one table: what it shows, whom the filters find, the grid of rights, the spreadsheet."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests import factories as f
from tests.web.konton_stod import ANNA, BO, LISTA, SIV, VERA, LoggaIn, medlemskap, nackas_folk, sida
from wis import clock
from wis.auth.models import (
    Anvandare,
    Anvandarslag,
    Funktion,
    Funktionsbehorig,
    Handelseroll,
    Medlemskap,
    Passkey,
    Tjanstgoring,
    Totp,
)
from wis.auth.queries import find_anvandare
from wis.auth.rules import Roll
from wis.db import Database
from wis.notiser.models import Kanalslag
from wis.tx import transaction

GRID = "/aktorer/nacka/behorigheter"


def _krav(app: Flask, andra_faktor: str) -> None:
    """From now on a second factor is asked for by these, though who is logged in got in without."""
    app.extensions["wis_settings"] = replace(app.extensions["wis_settings"], andra_faktor=andra_faktor)


@pytest.fixture
def folk(database: Database) -> None:
    nackas_folk(database)


def _person(session: Session, epost: str) -> Anvandare:
    found = find_anvandare(session, epost)
    assert found is not None
    return found


def _tib(session: Session, medlemskap_id: int) -> None:
    """Nacka's TiB, as whom the person may go on duty and is on duty."""
    aktor, now = f.en_aktor(session, "nacka"), clock.now()
    som = Anvandare(namn="Tjänsteman i beredskap", slag=Anvandarslag.FUNKTION, skapad=now)
    session.add(som)
    session.flush()
    f.ett_medlemskap(session, som, aktor, Roll.TALESPERSON)
    tib = Funktion(aktor_id=aktor.id, anvandare_id=som.id, kortnamn="TiB", namn="Tjänsteman i beredskap", skapad=now)
    session.add(tib)
    session.flush()
    session.add(Funktionsbehorig(funktion_id=tib.id, medlemskap_id=medlemskap_id))
    till = now + timedelta(hours=12)
    session.add(Tjanstgoring(funktion_id=tib.id, medlemskap_id=medlemskap_id, fran=now, till=till))
    session.flush()


def _rad(page: str, epost: str) -> str:
    return next(row for row in page.split('<tr role="row">') if epost in row)


@contextmanager
def _antal_fragor(database: Database) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


@pytest.mark.usefixtures("folk")
class TestTheTable:
    def test_a_row_says_everything_about_the_person(self, logga_in: LoggaIn, database: Database) -> None:
        with transaction(database) as session:
            vera, place = _person(session, VERA), medlemskap(database, VERA)
            f.en_kanal(session, vera, Kanalslag.SMS, "+46701740605")
            f.en_kanal(session, vera, Kanalslag.EPOST, VERA, verifierad=False)
            session.add(Totp(anvandare_id=vera.id, hemlighet="x", skapad=clock.now(), bekraftad=clock.now()))
            _tib(session, place.id)
            session.add(
                Handelseroll(
                    medlemskap_id=place.id,
                    handelse_id=f.en_handelse(session).id,
                    roll=Roll.REDAKTOR,
                    skapad=clock.now(),
                    motivering="x",
                )
            )
        page = sida(logga_in(ANNA).get(LISTA))
        row = _rad(page, VERA)
        for part in (
            "läsare",
            "1 händelse med egen roll",
            "I tjänst: TiB",
            "får gå på som TiB",
            "SMS",
            ">app<",
            "Aktiv",
        ):
            assert part.strip("<>") in row, part
        assert "e-post" not in row
        assert "3 personer" in page
        assert "Tjänsteman i beredskap" not in page

    def test_a_function_is_no_person_and_has_no_page_here(self, logga_in: LoggaIn, database: Database) -> None:
        with transaction(database) as session:
            _tib(session, medlemskap(database, VERA).id)
        with database.reading() as session:
            som = session.query(Medlemskap).join(Anvandare).where(Anvandare.slag == "funktion").one().id
        sida(logga_in(ANNA).get(f"{LISTA}/{som}"), 404)

    def test_a_guest_is_marked(self, logga_in: LoggaIn, database: Database) -> None:
        with transaction(database) as session:
            gast = f.ett_medlemskap(session, f.en_anvandare(session, "gast@x.example"), f.en_aktor(session, "nacka"))
            gast.giltig_till, gast.gast_handelse_id = clock.now() + timedelta(days=2), f.en_handelse(session).id
        row = _rad(sida(logga_in(ANNA).get(LISTA)), "gast@x.example")
        assert "Gäst" in row
        assert "Snöoväder" not in row

    def test_nobody_lacks_a_second_factor_where_none_is_asked_for(self, logga_in: LoggaIn, database: Database) -> None:
        client = logga_in(ANNA)
        page = sida(client.get(LISTA))
        assert "Saknar andra faktor" not in page
        assert "marke-misslyckad" not in re.findall(r'data-etikett="Andra faktor">(.*?)</td>', page)
        assert "ingen andra faktor" in sida(client.get(f"{LISTA}/{medlemskap(database, VERA).id}"))

    def test_only_administrators_lack_one_where_only_they_must(self, app: Flask, logga_in: LoggaIn) -> None:
        client = logga_in(ANNA)
        _krav(app, "administratorer")
        assert self._funna(client, "saknar-andra-faktor") == {ANNA, BO}

    def test_the_filters_find_those_and_count_them(self, app: Flask, logga_in: LoggaIn, database: Database) -> None:
        with transaction(database) as session:
            f.en_kanal(session, _person(session, BO), Kanalslag.EPOST, BO)
            vera = _person(session, VERA)
            session.add(
                Passkey(anvandare_id=vera.id, namn="x", nyckel_id="x", publik_nyckel="x", raknare=0, skapad=clock.now())
            )
            vera.senast_inloggad = clock.now() - timedelta(days=91)
            session.get_one(Medlemskap, medlemskap(database, VERA).id).skapad = clock.now() - timedelta(days=200)
        client = logga_in(ANNA)
        _krav(app, "alla")
        page = sida(client.get(LISTA))
        for part in ("Saknar kanal (2)", "Ej inloggad 90 dagar (1)", "Saknar andra faktor (2)"):
            assert part in page
        assert self._funna(client, "saknar-kanal") == {ANNA, VERA}
        assert self._funna(client, "ej-inloggad") == {VERA}
        assert self._funna(client, "saknar-andra-faktor") == {ANNA, BO}
        assert self._funna(client, "saknar-kanal", "vera") == {VERA}
        assert self._funna(client, "hittepa") == {ANNA, BO, VERA}

    def test_who_was_invited_long_ago_and_never_came_is_found_and_it_is_said(
        self, logga_in: LoggaIn, database: Database
    ) -> None:
        with transaction(database) as session:
            vera = _person(session, VERA)
            vera.losenord_hash = vera.senast_inloggad = None
            session.get_one(Medlemskap, medlemskap(database, VERA).id).skapad = clock.now() - timedelta(days=91)
        client = logga_in(ANNA)
        assert self._funna(client, "ej-inloggad") == {VERA}
        page = sida(client.get(LISTA, query_string={"visa": "ej-inloggad"}))
        assert "bjöds in för mer än 90 dagar sedan och aldrig har loggat in" in page
        assert "aldrig, inbjuden " in page

    def _funna(self, client: FlaskClient, visa: str, sok: str = "") -> set[str]:
        page = sida(client.get(LISTA, query_string={"visa": visa, "sok": sok}))
        return {epost for epost in (ANNA, BO, VERA) if f'<span class="meta">{epost}</span>' in page}

    def test_who_is_shut_out_is_not_looked_for_by_the_filters(self, logga_in: LoggaIn, database: Database) -> None:
        with transaction(database) as session:
            session.get_one(Medlemskap, medlemskap(database, VERA).id).avstangd = clock.now()
        assert VERA not in self._funna(logga_in(ANNA), "saknar-kanal")

    def test_a_search_that_finds_nobody_leads_back(self, logga_in: LoggaIn) -> None:
        assert "Visa alla" in sida(logga_in(ANNA).get(LISTA, query_string={"sok": "<script>"}))

    @pytest.mark.parametrize("path", [LISTA, GRID, f"{LISTA}.csv"])
    def test_more_people_ask_no_more_of_the_database(self, logga_in: LoggaIn, database: Database, path: str) -> None:
        client = logga_in(ANNA)
        client.get(path)
        with _antal_fragor(database) as few:
            client.get(path)
        with transaction(database) as session:
            for number in range(30):
                person = f.en_person_hos(session, "nacka", Roll.SKRIBENT)
                f.en_kanal(session, person, Kanalslag.SMS, f"+4670000{number:04}")
        with _antal_fragor(database) as many:
            client.get(path)
        assert len(many) == len(few)

    def test_after_inviting_the_page_leads_on_to_the_duty_list(self, logga_in: LoggaIn, database: Database) -> None:
        page = sida(logga_in(ANNA).get(LISTA, query_string={"ny": medlemskap(database, VERA).id}))
        assert "Nästa steg för" in page
        assert 'href="/aktorer/nacka/funktioner"' in page


@pytest.mark.usefixtures("folk")
class TestTheSpreadsheet:
    def test_holds_the_same_people_guarded_against_formulas(self, logga_in: LoggaIn, database: Database) -> None:
        with transaction(database) as session:
            _person(session, VERA).namn = "=cmd|' /C calc'!A0"
        answer = logga_in(ANNA).get(f"{LISTA}.csv", query_string={"sok": "vera"})
        assert answer.mimetype == "text/csv"
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="anvandare-nacka-')
        text = answer.get_data(as_text=True)
        assert text.startswith("\ufeffNamn;E-post;Roll")
        [row] = list(csv.DictReader(io.StringIO(text[1:]), delimiter=";"))
        assert (row["Namn"], row["Roll"], row["Andra faktor"]) == ("'=cmd|' /C calc'!A0", "läsare", "ingen")

    def test_is_for_the_actors_administrators_alone(self, logga_in: LoggaIn) -> None:
        assert logga_in(SIV).get(f"{LISTA}.csv").status_code == 403
        assert logga_in(VERA).get(f"{LISTA}.csv").status_code == 403


@pytest.mark.usefixtures("folk")
class TestTheGrid:
    def test_says_ja_and_nej_in_words_and_why(self, logga_in: LoggaIn) -> None:
        page = sida(logga_in(ANNA).get(GRID))
        assert "För att publicera behövs rollen talesperson." in _rad(page, "läsare</span>")
        assert "Samlad lägesbild" in page
        assert "ger ingen läsrätt i sig" in page

    def test_judges_as_the_system_does(self, logga_in: LoggaIn, database: Database) -> None:
        page = sida(logga_in(ANNA).get(GRID))
        yes = {epost: self._ja(page, database, epost) for epost in (ANNA, BO, VERA)}
        assert yes[ANNA] == {"Administrera"}
        assert yes[VERA] == {"Läsa händelser"}
        assert len(yes[BO]) == 9

    def _ja(self, page: str, database: Database, epost: str) -> set[str]:
        row = next(r for r in page.split("<tr ") if f'/anvandare/{medlemskap(database, epost).id}"' in r)
        cells = [cell.partition('"') for cell in row.split('data-etikett="')[1:]]
        return {name for name, _, rest in cells if 'class="ja"' in rest}

    def test_a_person_on_duty_may_what_the_function_may(self, logga_in: LoggaIn, database: Database) -> None:
        with transaction(database) as session:
            _tib(session, medlemskap(database, VERA).id)
        assert "Publicera" in self._ja(sida(logga_in(ANNA).get(GRID)), database, VERA)
