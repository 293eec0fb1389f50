"""Informationsunderrättelser over HTTP."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests import factories as f
from wis.auth.rules import Roll
from wis.db import Database
from wis.notiser.models import Utskick
from wis.tx import transaction
from wis.underrattelser.models import UnderrattelseVersion

LoggaIn = Callable[[str], FlaskClient]
NY = "/handelser/snoovader/underrattelser/ny"
FORM = {
    "rubrik": "E18 avstängd",
    "text": "Stopp vid Söderhall.\r\nVälj väg 77.",
    "nyckel": "b" * 32,
    "handling": "avisera",
}


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    with transaction(database) as session:
        for roll in Roll:
            f.en_person_hos(session, "nacka", roll, epost=f"{roll}@nacka.example")
        f.en_person_hos(session, "solna", Roll.TALESPERSON, epost="talesperson@solna.example")
        f.en_handelse(session, "nacka", slug="snoovader")
        f.en_handelse(session, "nacka", slug="hemlig", lasare=[])


def _versions(database: Database) -> list[UnderrattelseVersion]:
    with database.reading() as session:
        return list(session.scalars(select(UnderrattelseVersion).order_by(UnderrattelseVersion.nummer)))


def test_it_is_published_and_told_in_one(logga_in: LoggaIn, database: Database) -> None:
    client = logga_in("talesperson@nacka.example")
    response = client.post(NY, data=FORM | {"bradskande": "y"})
    assert response.headers["Location"] == "/underrattelser/1"
    (version,) = _versions(database)
    assert (version.rubrik, version.text) == ("E18 avstängd", "Stopp vid Söderhall.\nVälj väg 77.")
    with database.reading() as session:
        utskick = session.scalars(select(Utskick)).one()
        assert (utskick.underrattelse_id, utskick.underrattelse_nummer, utskick.bradskande) == (1, 1, True)
        assert "Välj väg 77." in utskick.sms
    assert "Välj väg 77." in client.get("/underrattelser").get_data(as_text=True)


def test_the_same_form_sent_twice_publishes_once(logga_in: LoggaIn, database: Database) -> None:
    client = logga_in("talesperson@nacka.example")
    assert {client.post(NY, data=FORM).headers["Location"] for _ in range(3)} == {"/underrattelser/1"}
    assert len(_versions(database)) == 1


NYCKEL = re.compile(r'name="nyckel" type="hidden" value="(\w+)"')


@pytest.mark.parametrize(
    "change", [{"text": "Stopp vid Kapellskär."}, {"rubrik": "E4 avstängd"}, {"bradskande": "y"}, {"handling": "tyst"}]
)
def test_gone_back_to_changed_and_sent_again_nothing_is_lost_and_the_page_says_so(
    logga_in: LoggaIn, database: Database, change: dict[str, str]
) -> None:
    client = logga_in("talesperson@nacka.example")
    client.post(NY, data=FORM)
    answer = client.post(NY, data=FORM | change)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Formuläret har redan publicerat en underrättelse" in page
    assert 'href="/underrattelser/1/ratta"' in page
    assert change.get("text", "Söderhall") in page
    assert len(_versions(database)) == 1
    found = NYCKEL.search(page)
    assert found is not None
    again = client.post(NY, data=FORM | change | {"nyckel": found[1]})
    assert again.headers["Location"] == "/underrattelser/2"


def test_the_key_of_a_form_is_ones_own_and_of_one_event(logga_in: LoggaIn, database: Database) -> None:
    assert logga_in("talesperson@nacka.example").post(NY, data=FORM).headers["Location"] == "/underrattelser/1"
    for number, (who, path) in enumerate(
        [
            ("talesperson@solna.example", NY),
            ("redaktor@nacka.example", NY),
            ("talesperson@nacka.example", "/handelser/hemlig/underrattelser/ny"),
        ],
        start=2,
    ):
        assert logga_in(who).post(path, data=FORM).headers["Location"] == f"/underrattelser/{number}"
    assert len(_versions(database)) == 4


def test_it_can_be_published_without_telling(logga_in: LoggaIn, database: Database) -> None:
    logga_in("talesperson@nacka.example").post(NY, data=FORM | {"handling": "tyst"})
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Utskick)) == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rubrik": ""}, "Skriv en rubrik."),
        ({"rubrik": "x" * 121}, "den har 121 tecken"),
        ({"text": " "}, "Skriv vad du vill underrätta om."),
        ({"text": "ö" * 1001}, "den har 1001 tecken"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    logga_in: LoggaIn, database: Database, change: dict[str, str], says: str
) -> None:
    response = logga_in("talesperson@nacka.example").post(NY, data=FORM | change)
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert says in page
    typed = FORM | change
    assert typed["rubrik"] in page
    assert typed["text"].split("\r\n")[0].strip() in page
    assert _versions(database) == []


def test_a_thousand_characters_with_line_breaks_fit(logga_in: LoggaIn, database: Database) -> None:
    text = "\r\n".join(["rad" * 33] * 10)
    assert len(text.replace("\r\n", "\n")) == 999
    assert logga_in("talesperson@nacka.example").post(NY, data=FORM | {"text": text}).status_code == 302


def test_a_nul_character_is_taken_out_and_the_rest_kept(logga_in: LoggaIn, database: Database) -> None:
    client = logga_in("talesperson@nacka.example")
    response = client.post(NY, data=FORM | {"text": "Stopp vid\0 Söderhall."})
    assert response.status_code == 400
    assert "Stopp vid Söderhall." in response.get_data(as_text=True)
    assert _versions(database) == []
    assert client.get("/handelser/sno%00vader").status_code == 400


def test_a_form_opened_for_another_actor_is_not_sent_by_this_one(logga_in: LoggaIn, database: Database) -> None:
    response = logga_in("talesperson@nacka.example").post(NY, data=FORM | {"som_aktor": "4711"})
    assert response.status_code == 409
    assert "Du har bytt aktör" in response.get_data(as_text=True)
    assert "Stopp vid Söderhall." in response.get_data(as_text=True)
    assert _versions(database) == []


@pytest.mark.parametrize("roll", ["lasare", "skribent"])
def test_who_may_not_publish_is_told_why_and_keeps_the_text(logga_in: LoggaIn, database: Database, roll: str) -> None:
    response = logga_in(f"{roll}@nacka.example").post(NY, data=FORM)
    page = response.get_data(as_text=True)
    assert response.status_code == 403
    assert "behövs rollen talesperson" in page
    assert "Stopp vid Söderhall." in page
    assert _versions(database) == []


def test_another_actor_neither_sees_nor_corrects_what_it_may_not_read(logga_in: LoggaIn) -> None:
    logga_in("talesperson@nacka.example").post("/handelser/hemlig/underrattelser/ny", data=FORM)
    other = logga_in("talesperson@solna.example")
    assert other.get("/underrattelser/1").status_code == 404
    assert other.get("/underrattelser/1/ratta").status_code == 404
    assert "E18" not in other.get("/underrattelser").get_data(as_text=True)
    assert other.get("/underrattelser?handelse=hemlig").status_code == 404


class TestCorrecting:
    @pytest.fixture(autouse=True)
    def publicerad(self, logga_in: LoggaIn) -> None:
        logga_in("talesperson@nacka.example").post(NY, data=FORM)

    RATTAD = FORM | {"bas": "1", "nyckel": "c" * 32, "text": "Stopp vid Kapellskär. Välj väg 77."}

    def test_a_correction_is_a_new_version_marked_as_such(self, logga_in: LoggaIn, database: Database) -> None:
        client = logga_in("talesperson@nacka.example")
        assert client.post("/underrattelser/1/ratta", data=self.RATTAD).status_code == 302
        page = client.get("/underrattelser/1").get_data(as_text=True)
        assert "RÄTTELSE" in page
        assert "<del>" in page
        with database.reading() as session:
            last = session.scalars(select(Utskick).order_by(Utskick.id.desc())).first()
            assert last is not None
            assert last.underrattelse_nummer == 2
            assert "RÄTTELSE" in last.amne
            assert "RÄTTELSE" in last.sms

    def test_a_correction_of_what_was_corrected_meanwhile_shows_both(
        self, logga_in: LoggaIn, database: Database
    ) -> None:
        client = logga_in("talesperson@nacka.example")
        client.post("/underrattelser/1/ratta", data=self.RATTAD)
        late = self.RATTAD | {"nyckel": "d" * 32, "text": "Stopp vid Norrtälje."}
        response = client.post("/underrattelser/1/ratta", data=late)
        page = response.get_data(as_text=True)
        assert response.status_code == 409
        assert "Norrtälje" in page
        assert "Kapellskär" in page
        assert 'name="bas" type="hidden" value="2"' in page
        assert len(_versions(database)) == 2
        assert client.post("/underrattelser/1/ratta", data=late | {"bas": "2"}).status_code == 302

    def test_a_correction_gone_back_to_and_changed_is_not_dropped(self, logga_in: LoggaIn, database: Database) -> None:
        client = logga_in("talesperson@nacka.example")
        for _ in range(2):
            assert client.post("/underrattelser/1/ratta", data=self.RATTAD).status_code == 302
        changed = self.RATTAD | {"text": "Stopp vid Norrtälje."}
        answer = client.post("/underrattelser/1/ratta", data=changed)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 409
        assert "Du har redan publicerat en rättelse" in page
        assert "Stopp vid Norrtälje." in page
        found = NYCKEL.search(page)
        assert found is not None
        assert (
            client.post("/underrattelser/1/ratta", data=changed | {"bas": "2", "nyckel": found[1]}).status_code == 302
        )
        assert [version.nummer for version in _versions(database)] == [1, 2, 3]

    def test_another_actor_does_not_correct_it(self, logga_in: LoggaIn) -> None:
        response = logga_in("talesperson@solna.example").post("/underrattelser/1/ratta", data=self.RATTAD)
        assert response.status_code == 403
        assert "Ingen skriver åt en annan aktör" in response.get_data(as_text=True)

    def test_a_closed_event_takes_no_correction(self, logga_in: LoggaIn) -> None:
        form = {"beslut": "stang", "motivering": "Över.", "handling": "tyst"}
        logga_in("redaktor@nacka.example").post("/handelser/snoovader/lage", data=form)
        response = logga_in("talesperson@nacka.example").post("/underrattelser/1/ratta", data=self.RATTAD)
        assert response.status_code == 403
        assert "stängd" in response.get_data(as_text=True)


def test_without_scripts_the_costly_characters_are_replaced_by_a_button(logga_in: LoggaIn, database: Database) -> None:
    client = logga_in("talesperson@nacka.example")
    typed = FORM | {"text": "Stopp – “halt”", "handling": "byt_ut"}
    page = client.post(NY, data=typed).get_data(as_text=True)
    assert "Stopp - &#34;halt&#34;" in page
    assert _versions(database) == []
