"""Events over HTTP: opening, editing, deciding about läge, and who may."""

import itertools
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from wis import audit, clock
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Handelse, Handelsebeslut, Lage
from wis.notiser.models import Utskick
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
NY = {"rubrik": "Översvämning i Sickla", "typ": "vader", "beskrivning": "Vatten i **tunneln**.", "laskrets": "alla"}


@pytest.fixture
def folk(database: Database) -> None:
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.LASARE, epost="lasare@nacka.example")
        f.en_person_hos(session, "nacka", Roll.SKRIBENT, epost="skribent@nacka.example")
        f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost="talesperson@nacka.example")
        f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost="redaktor@nacka.example")
        f.en_person_hos(session, "nacka", None, epost="admin@nacka.example", administrator=True)
        f.en_person_hos(session, "solna", Roll.TALESPERSON, epost="talesperson@solna.example")
        f.en_person_hos(session, "solna", Roll.REDAKTOR, epost="redaktor@solna.example")
        f.en_handelse(session, "nacka", slug="snoovader", rubrik="Snöoväder")
        f.en_handelse(session, "nacka", slug="hemlig", rubrik="Bara för Nacka", lasare=[])


def _text(client: FlaskClient, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, response.get_data(as_text=True)
    return response.get_data(as_text=True)


def _bygger_pa(client: FlaskClient, slug: str = "snoovader") -> str:
    """What the form for editing, opened now, says that it was built on."""
    found = re.search(r'name="bygger_pa" type="hidden" value="(\w+)"', _text(client, f"/handelser/{slug}/redigera"))
    assert found is not None
    return found[1]


def _utan_token(page: str) -> str:
    return re.sub(r'(content|value|data-nu)="([\w.-]{60,}|[\dT:.+-]+)"|nonce="[\w-]+"', "", page)


@pytest.mark.usefixtures("folk")
class TestOpening:
    def test_a_writer_opens_an_event_and_owns_it(self, logga_in: LoggaIn, database: Database) -> None:
        response = logga_in("skribent@nacka.example").post("/handelser/ny", data=NY)
        assert response.headers["Location"] == "/handelser/oversvamning-i-sickla"
        with database.reading() as session:
            handelse = session.scalars(select(Handelse).where(Handelse.slug == "oversvamning-i-sickla")).one()
            assert handelse.agare.slug == "nacka"
            assert handelse.lage == Lage.ORDINARIE
            assert "<strong>tunneln</strong>" in handelse.beskrivning_html
            posts = session.scalars(select(audit.Loggpost.handling)).all()
            assert "händelse oppnad" in posts

    def test_the_same_form_sent_twice_opens_one(self, logga_in: LoggaIn, database: Database) -> None:
        client = logga_in("skribent@nacka.example")
        for _ in range(2):
            assert client.post("/handelser/ny", data=NY | {"nyckel": "a" * 32}).status_code == 302
        with database.reading() as session:
            assert len(session.scalars(select(Handelse).where(Handelse.rubrik == NY["rubrik"])).all()) == 1

    @pytest.mark.parametrize("change", [{"rubrik": "Översvämning i Täby"}, {"ovning": "y"}, {"laskrets": "valda"}])
    def test_gone_back_to_changed_and_sent_again_nothing_is_lost_and_nothing_doubled(
        self, logga_in: LoggaIn, database: Database, change: dict[str, str]
    ) -> None:
        client = logga_in("skribent@nacka.example")
        with database.reading() as session:
            solna = str(f.en_aktor(session, "solna").id)
        first = NY | {"nyckel": "a" * 32}
        changed = first | change | ({"lasare": solna} if "laskrets" in change else {})
        assert client.post("/handelser/ny", data=first).status_code == 302
        answer = client.post("/handelser/ny", data=changed)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 409
        assert "har redan öppnat" in page
        assert changed["rubrik"] in page
        again = re.search(r'name="nyckel" type="hidden" value="(\w+)"', page)
        assert again is not None
        assert again[1] != first["nyckel"]
        assert client.post("/handelser/ny", data=changed | {"nyckel": again[1]}).status_code == 302
        with database.reading() as session:
            assert len(session.scalars(select(Handelse).where(Handelse.beskrivning == NY["beskrivning"])).all()) == 2

    def test_another_persons_form_with_the_same_key_is_another_form(
        self, logga_in: LoggaIn, database: Database
    ) -> None:
        for who in ("skribent@nacka.example", "talesperson@solna.example"):
            answer = logga_in(who).post("/handelser/ny", data=NY | {"nyckel": "a" * 32})
            assert answer.status_code == 302
        assert answer.headers["Location"] == "/handelser/oversvamning-i-sickla-2"

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"typ": "jordbävning"}, "Välj en av typerna i listan."),
            ({"laskrets": "ingen"}, "Välj vem som får läsa."),
            ({"laskrets": "valda", "lasare": "99999"}, "finns inte i listan"),
            ({"laskrets": "valda", "lasare": "x"}, "finns inte i listan"),
        ],
    )
    def test_what_is_not_in_the_lists_is_refused_in_swedish(
        self, logga_in: LoggaIn, change: dict[str, str], says: str
    ) -> None:
        answer = logga_in("skribent@nacka.example").post("/handelser/ny", data=NY | change)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert says in page
        assert "valid" not in re.sub(r"novalidate|aria-invalid", "", page)

    def test_a_reader_is_told_why_not_and_who_can_grant_it(self, logga_in: LoggaIn) -> None:
        client = logga_in("lasare@nacka.example")
        assert "Varför inte?" in _text(client, "/handelser")
        page = _text(client, "/handelser/ny", 403)
        assert "behövs rollen skribent" in page
        assert "Aktörsadministratören hos Nacka" in page

    def test_what_is_missing_is_said_and_what_was_typed_stays(self, logga_in: LoggaIn) -> None:
        response = logga_in("skribent@nacka.example").post(
            "/handelser/ny", data=NY | {"rubrik": " ", "laskrets": "valda"}
        )
        page = response.get_data(as_text=True)
        assert response.status_code == 422
        assert "Skriv en rubrik." in page
        assert "Välj minst en aktör" in page
        assert "Vatten i **tunneln**." in page


@pytest.mark.usefixtures("folk")
class TestReading:
    def test_the_list_holds_what_one_may_read_and_nothing_else(self, logga_in: LoggaIn) -> None:
        assert "Bara för Nacka" in _text(logga_in("lasare@nacka.example"), "/handelser")
        other = _text(logga_in("talesperson@solna.example"), "/handelser")
        assert "Snöoväder" in other
        assert "Bara för Nacka" not in other

    @pytest.mark.parametrize("path", ["/handelser/hemlig", "/handelser/hemlig/lage", "/handelser/hemlig/redigera"])
    def test_what_one_may_not_know_of_does_not_exist(self, logga_in: LoggaIn, path: str) -> None:
        client = logga_in("redaktor@solna.example")
        hidden, missing = (_text(client, p, 404) for p in (path, path.replace("hemlig", "finns-inte")))
        assert _utan_token(hidden).replace("hemlig", "finns-inte") == _utan_token(missing)

    def test_an_administrator_alone_reads_nothing(self, logga_in: LoggaIn) -> None:
        assert "Snöoväder" not in _text(logga_in("admin@nacka.example"), "/handelser")
        assert "ingen roll som ger läsrätt" in _text(logga_in("admin@nacka.example"), "/handelser/snoovader", 403)
        _text(logga_in("admin@nacka.example"), "/handelser/hemlig", 404)


@pytest.mark.usefixtures("folk")
class TestEditing:
    def test_the_owners_redaktor_narrows_who_reads(self, logga_in: LoggaIn, database: Database) -> None:
        with database.reading() as session:
            solna = f.en_aktor(session, "solna").id
        redaktor = logga_in("redaktor@nacka.example")
        assert "Snöoväder" in _text(redaktor, "/handelser/snoovader/redigera")
        form = NY | {"rubrik": "Snöoväder", "laskrets": "valda", "lasare": [str(solna)]}
        form["bygger_pa"] = _bygger_pa(redaktor)
        assert redaktor.post("/handelser/snoovader/redigera", data=form).status_code == 302
        with database.reading() as session:
            handelse = session.scalars(select(Handelse).where(Handelse.slug == "snoovader")).one()
            assert handelse.lasande_aktorer() == {solna, handelse.agare_id}
            last = session.scalars(select(Handelsebeslut).order_by(Handelsebeslut.id.desc())).first()
            assert last is not None
            assert "läsrätt" in last.motivering

    def test_an_old_form_does_not_give_back_the_right_that_a_colleague_took_away(
        self, logga_in: LoggaIn, database: Database
    ) -> None:
        client = logga_in("redaktor@nacka.example")
        form = NY | {"rubrik": "Snöoväder i öst", "bygger_pa": _bygger_pa(client)}
        with transaction(database) as session:
            handelse = session.scalars(select(Handelse).where(Handelse.slug == "snoovader")).one()
            handelse.alla_aktorer = False
        for sent in (form, form | {"bygger_pa": ""}):
            answer = client.post("/handelser/snoovader/redigera", data=sent)
            page = answer.get_data(as_text=True)
            assert answer.status_code == 409
            assert "Någon hann före" in page
            assert "<dd>Nacka</dd>" in page
            assert "<dd>alla aktörer</dd>" in page
            assert "Snöoväder i öst" in page
            with database.reading() as session:
                assert not session.scalars(select(Handelse).where(Handelse.slug == "snoovader")).one().alla_aktorer
        assert client.post("/handelser/snoovader/redigera", data=form | {"bygger_pa": _bygger_pa(client)}).status_code
        with database.reading() as session:
            assert session.scalars(select(Handelse).where(Handelse.slug == "snoovader")).one().alla_aktorer

    def test_saved_twice_by_a_double_click_is_saved(self, logga_in: LoggaIn) -> None:
        client = logga_in("redaktor@nacka.example")
        form = NY | {"bygger_pa": _bygger_pa(client)}
        for _ in range(2):
            assert client.post("/handelser/snoovader/redigera", data=form).status_code == 302

    @pytest.mark.parametrize("who", ["talesperson@nacka.example", "redaktor@solna.example"])
    def test_nobody_else_edits_it(self, logga_in: LoggaIn, who: str) -> None:
        _text(logga_in(who), "/handelser/snoovader/redigera", 403)
        assert logga_in(who).post("/handelser/snoovader/redigera", data=NY).status_code == 403


@pytest.mark.usefixtures("folk")
class TestLage:
    BESLUT = {"beslut": "aktivera", "motivering": "Röd varning från SMHI.", "handling": "avisera", "bradskande": "y"}

    def test_a_decision_is_logged_with_its_reason_and_told(self, logga_in: LoggaIn, database: Database) -> None:
        response = logga_in("talesperson@nacka.example").post("/handelser/snoovader/lage", data=self.BESLUT)
        assert response.status_code == 302
        with database.reading() as session:
            handelse = session.scalars(select(Handelse).where(Handelse.slug == "snoovader")).one()
            assert handelse.lage == Lage.AKTIVERAT
            beslut = session.scalars(select(Handelsebeslut)).one()
            assert (beslut.motivering, beslut.aktor.slug) == ("Röd varning från SMHI.", "nacka")
            utskick = session.scalars(select(Utskick)).one()
            assert utskick.beslut_id == beslut.id
            assert utskick.bradskande
            assert "Aktiverat läge" in utskick.amne
            assert "Röd varning från SMHI." in utskick.sms

    def test_a_redaktor_of_another_actor_may_and_its_talesperson_may_not(self, logga_in: LoggaIn) -> None:
        assert logga_in("redaktor@solna.example").get("/handelser/snoovader/lage").status_code == 200
        page = _text(logga_in("talesperson@solna.example"), "/handelser/snoovader/lage", 403)
        assert "behövs rollen redaktör" in page

    def test_without_a_reason_nothing_is_decided(self, logga_in: LoggaIn, database: Database) -> None:
        response = logga_in("redaktor@nacka.example").post(
            "/handelser/snoovader/lage", data=self.BESLUT | {"motivering": " "}
        )
        assert response.status_code == 422
        assert "Skriv en motivering" in response.get_data(as_text=True)
        with database.reading() as session:
            assert session.scalars(select(Handelsebeslut)).all() == []

    def test_closed_and_opened_again(self, logga_in: LoggaIn, database: Database) -> None:
        client = logga_in("redaktor@nacka.example")
        for beslut in ("stang", "oppna"):
            form = {"beslut": beslut, "motivering": "Över.", "handling": "tyst"}
            assert client.post("/handelser/snoovader/lage", data=form).status_code == 302
            with database.reading() as session:
                stangd = session.scalars(select(Handelse.stangd).where(Handelse.slug == "snoovader")).one()
                assert (stangd is not None) == (beslut == "stang")
                assert session.scalars(select(Utskick)).all() == []

    def test_a_decision_that_someone_else_took_first_is_refused_kindly(
        self, logga_in: LoggaIn, database: Database
    ) -> None:
        client = logga_in("redaktor@nacka.example")
        with transaction(database) as session:
            session.scalars(select(Handelse).where(Handelse.slug == "snoovader")).one().stangd = clock.now()
        response = client.post("/handelser/snoovader/lage", data=self.BESLUT)
        assert response.status_code == 422
        assert "Röd varning från SMHI." in response.get_data(as_text=True)

    def test_when_a_colleague_has_just_activated_it_says_so_once_in_swedish(self, logga_in: LoggaIn) -> None:
        client = logga_in("redaktor@nacka.example")
        assert client.post("/handelser/snoovader/lage", data=self.BESLUT).status_code == 302
        page = client.post("/handelser/snoovader/lage", data=self.BESLUT).get_data(as_text=True)
        assert "Läget är redan aktiverat" in page
        assert "Not a valid choice" not in page
        assert "Röd varning från SMHI." in page
        # What can be decided now is offered.
        assert 'value="ordinarie"' in page
        assert 'value="aktivera"' not in page

    def test_a_decision_that_does_not_exist_is_refused_in_swedish(self, logga_in: LoggaIn) -> None:
        answer = logga_in("redaktor@nacka.example").post(
            "/handelser/snoovader/lage", data=self.BESLUT | {"beslut": "utropa"}
        )
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert page.count("Välj ett av besluten i listan.") == 2
        assert "valid choice" not in page

    def test_the_standing_event_stays_as_it_is(self, logga_in: LoggaIn, database: Database) -> None:
        with transaction(database) as session:
            f.en_handelse(session, "nacka", slug="ordinarie-lage", staende=True)
        client = logga_in("redaktor@nacka.example")
        assert "alltid öppen" in _text(client, "/handelser/ordinarie-lage/lage")
        assert client.post("/handelser/ordinarie-lage/lage", data=self.BESLUT).status_code == 422


@pytest.mark.usefixtures("folk")
@pytest.mark.parametrize("path", ["/handelser", "/underrattelser"])
def test_no_heading_level_is_skipped(logga_in: LoggaIn, path: str) -> None:
    client = logga_in("talesperson@nacka.example")
    form = {"rubrik": "E18", "text": "Stopp.", "handling": "tyst"}
    assert client.post("/handelser/snoovader/underrattelser/ny", data=form).status_code == 302
    levels = [int(level) for level in re.findall(r"<h([1-6])", _text(client, path))]
    assert levels[0] == 1
    assert len(levels) > 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
