"""Duty and rights: who is shut out goes off duty, the history tells of it, and the page is read in few questions."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import event, select

from tests import factories as f
from tests.funktioner_stod import en_funktion, i_tjanst, medlem, turer
from tests.web.konton_stod import ANNA, VARFOR, VERA, LoggaIn, adress, logg, nackas_folk, sida
from wis import audit, clock
from wis.auth.models import Funktion, Handelseroll
from wis.auth.rules import Roll
from wis.cli import Kontext
from wis.db import Database
from wis.konton import genomgangar
from wis.konton.kommandon import user
from wis.konton.models import Omdomesslag
from wis.settings import Settings
from wis.tx import transaction


@pytest.fixture(autouse=True)
def tib(database: Database) -> int:
    """The id of Nacka's TiB; Vera is on its list."""
    nackas_folk(database)
    with transaction(database) as session:
        return en_funktion(session, "nacka", "TiB", medlem(session, VERA)).id


@pytest.fixture
def anna(logga_in: LoggaIn) -> FlaskClient:
    """Nacka's administrator."""
    return logga_in(ANNA)


def ga_pa(database: Database) -> None:
    """Vera goes on duty for twelve hours."""
    with transaction(database) as session:
        i_tjanst(session, session.scalars(select(Funktion)).one(), medlem(session, VERA))


def gar(database: Database) -> bool:
    """Whether any turn stands open."""
    return any(tur.avslutad is None for tur in turer(database))


@pytest.mark.parametrize("vag", ["page", "review"])
def test_who_is_shut_out_and_let_in_again_is_not_on_duty(anna: FlaskClient, database: Database, vag: str) -> None:
    ga_pa(database)
    if vag == "review":
        person = adress(database, VERA).rsplit("/", 1)[1]
        anna.post("/aktorer/nacka/genomgang/starta")
        anna.post(f"/aktorer/nacka/genomgang/{person}/stang-av", data=VARFOR)
    else:
        anna.post(adress(database, VERA, "/stang-av"), data=VARFOR)
    assert not gar(database)
    (post,) = logg(database, "avslutar tjänst")
    assert post.objekt.startswith("funktion:")
    page = sida(anna.post(adress(database, VERA, "/slapp-in"), data=VARFOR, follow_redirects=True))
    assert not gar(database)
    assert "Avslutar tjänst som TiB" in page


def test_who_is_brought_back_by_an_import_is_not_on_duty(anna: FlaskClient, database: Database) -> None:
    ga_pa(database)
    with transaction(database) as session:
        medlem(session, VERA).giltig_till = clock.now() - timedelta(minutes=1)
    lines = {"text": f"{VERA};Vera;skribent;nej;", "motivering": "Tillbaka"}
    page = sida(anna.post("/aktorer/nacka/anvandare/importera", data=lines | {"handling": "provkor"}))
    provkord = page.split('name="provkord"')[1].split('value="')[1].split('"')[0]
    anna.post("/aktorer/nacka/anvandare/importera", data=lines | {"provkord": provkord, "handling": "genomfor"})
    assert len(logg(database, "behörighet ändrad")) == 1
    assert not gar(database)


def test_whose_account_is_shut_by_the_operator_is_not_on_duty_when_it_is_opened(
    database: Database, settings: Settings
) -> None:
    ga_pa(database)
    kontext = Kontext(settings)
    for act in ("disable", "enable"):
        assert CliRunner().invoke(user, [act, VERA], obj=kontext).exit_code == 0
    kontext.database.dispose()
    assert not gar(database)
    (post,) = logg(database, "avslutar tjänst")
    assert '"kommandorad": true' in post.uppgifter


def test_a_changed_role_alone_leaves_the_duty_as_it_is(anna: FlaskClient, database: Database) -> None:
    ga_pa(database)
    anna.post(adress(database, VERA), data={"roll": "skribent", **VARFOR})
    assert gar(database)


class TestTheHistory:
    def test_tells_of_duty_and_of_the_list(self, anna: FlaskClient, logga_in: LoggaIn, database: Database) -> None:
        with transaction(database) as session:
            wanted = {"kortnamn": "KiB", "namn": "Kommunikatör i beredskap", "roll": "skribent"}
            behorig = medlem(session, VERA).id
        made = anna.post("/aktorer/nacka/funktioner/ny", data=wanted | {"behoriga": str(behorig)})
        assert made.status_code == 302, made.get_data(as_text=True)
        vera = logga_in(VERA)
        with database.reading() as session:
            kib = session.scalars(select(Funktion.id).where(Funktion.kortnamn == "KiB")).one()
        assert vera.post(f"/funktioner/{kib}/ga-pa", data={"tid": "12"}).status_code == 302
        page = sida(anna.get(adress(database, VERA)))
        assert "Får gå i tjänst som KiB" in page
        assert "Går i tjänst som KiB" in page
        # Of a colleague's duty it tells nothing.
        assert "som KiB" not in sida(anna.get(adress(database, ANNA))).split('id="historik"')[1]


def test_a_role_in_an_event_is_noted_in_the_review_that_goes_on(anna: FlaskClient, database: Database) -> None:
    with transaction(database) as session:
        f.en_handelse(session, "nacka", slug="snoovader")
    anna.post("/aktorer/nacka/genomgang/starta")
    given = {"handelse": "snoovader", "handelseroll": "redaktor", **VARFOR}
    assert anna.post(adress(database, VERA, "/handelseroller"), data=given).status_code == 302
    with database.reading() as session:
        review = genomgangar.oppen(session, medlem(session, VERA).aktor_id)
        assert review is not None
        assert [(rad.omdome, rad.medlemskap_id) for rad in review.rader] == [
            (Omdomesslag.ANDRAD, medlem(session, VERA).id)
        ]
        assert "redaktör i händelse nr" in review.rader[0].behorighet


@contextmanager
def fragor(database: Database) -> Iterator[list[str]]:
    """The questions to the database meanwhile."""
    asked: list[str] = []

    def note(_c: object, _cu: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_the_page_asks_as_much_for_many_events_as_for_few(anna: FlaskClient, database: Database) -> None:
    def given(antal: int) -> int:
        with transaction(database) as session:
            person, av = medlem(session, VERA), medlem(session, ANNA).anvandare_id
            for _ in range(antal):
                handelse = f.en_handelse(session, "nacka", lasare=["solna"])
                session.add(
                    Handelseroll(
                        medlemskap_id=person.id,
                        handelse_id=handelse.id,
                        roll=Roll.REDAKTOR,
                        skapad=clock.now(),
                        skapad_av_id=av,
                        motivering="x",
                    )
                )
                audit.record(
                    session,
                    "händelseroll satt",
                    anvandare_id=av,
                    aktor_id=person.aktor_id,
                    objekt=VERA,
                    handelse_id=handelse.id,
                )
        with fragor(database) as asked:
            sida(anna.get(adress(database, VERA)))
        return len(asked)

    few = given(2)
    assert given(12) <= few + 2
