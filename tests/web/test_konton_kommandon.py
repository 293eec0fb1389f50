"""`wis user …` as the one who runs the installation meets it."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from tests import factories as f
from tests.conftest import en_app
from tests.web.konton_stod import ANNA, BJUD_IN, KIM, LISTA, SIV, LoggaIn, brev, logg, medlemskap, valj_losenord
from wis import clock
from wis.auth.models import Medlemskap
from wis.auth.rules import Roll
from wis.cli import Kontext
from wis.db import Database
from wis.konton.kommandon import user
from wis.konton.rules import SISTA_ADMINISTRATOREN
from wis.settings import Settings
from wis.tx import transaction

Wis = Callable[..., tuple[int, str]]


class TestTheCommandLine:
    @pytest.fixture
    def wis(self, settings: Settings, database: Database) -> Iterator[Wis]:
        """Runs `wis user …`; returns the exit code and what was printed."""
        with transaction(database) as session:
            f.en_aktor(session, "nacka", "Nacka kommun")
        kontext = Kontext(settings)

        def run(*args: str) -> tuple[int, str]:
            result = CliRunner().invoke(user, args, obj=kontext)
            assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
            return result.exit_code, result.output

        yield run
        kontext.database.dispose()

    @pytest.fixture
    def besokare(self, settings: Settings, database: Database) -> FlaskClient:
        return en_app(settings, database).test_client()

    def lank(self, output: str) -> str:
        found = re.search(r"http://localhost(/konto/\S+)", output)
        assert found is not None, output
        return found[1]

    def skapa(self, wis: Wis, epost: str = ANNA) -> str:
        code, output = wis("create", "--epost", epost, "--namn", "Anna", "--aktor", "nacka", "--administrator")
        assert code == 0, output
        return self.lank(output)

    def test_makes_the_first_administrator_who_can_then_invite(
        self, wis: Wis, besokare: FlaskClient, database: Database
    ) -> None:
        assert valj_losenord(besokare, self.skapa(wis)).status_code == 302
        assert besokare.post(BJUD_IN, data=KIM).status_code == 302
        assert [till for till, _, _ in brev(database)] == ["kim.ek@nacka.example"]
        assert '"kommandorad": true' in logg(database, "inbjuden")[0].uppgifter
        assert besokare.get("/konto/x").status_code == 404

    @pytest.mark.parametrize(
        ("args", "fel"),
        [
            (
                ["create", "--epost", "anna", "--namn", "A", "--aktor", "nacka", "--administrator"],
                "går inte att använda",
            ),
            (["create", "--epost", ANNA, "--namn", "A", "--aktor", "atlantis"], "Det finns ingen aktör 'atlantis'"),
            (["create", "--epost", ANNA, "--namn", "A", "--aktor", "nacka"], "Välj en roll"),
            (["rescue", "ingen@nacka.example"], "Det finns ingen användare"),
            (["disable", "ingen@nacka.example"], "Det finns ingen användare"),
            (["grant", "ingen@nacka.example", "--aktor", "nacka"], "Det finns ingen användare"),
            (["list", "--aktor", "atlantis"], "Det finns ingen aktör 'atlantis'"),
        ],
    )
    def test_what_is_wrong_is_said_in_swedish_and_ends_with_1(self, wis: Wis, args: list[str], fel: str) -> None:
        code, output = wis(*args)
        assert code == 1
        assert output.startswith("Fel: ")
        assert fel in output

    def test_the_same_person_is_not_made_twice(self, wis: Wis) -> None:
        self.skapa(wis)
        code, output = wis("create", "--epost", ANNA.upper(), "--namn", "Anna", "--aktor", "nacka", "--administrator")
        assert code == 1
        assert "finns redan" in output

    def test_rescues_one_who_is_locked_out_without_any_mail(
        self, wis: Wis, besokare: FlaskClient, database: Database
    ) -> None:
        valj_losenord(besokare, self.skapa(wis))
        assert wis("disable", ANNA)[0] == 0
        assert besokare.get("/handelser").headers["Location"].startswith("/logga-in")
        code, output = wis("rescue", ANNA)
        assert code == 0
        assert valj_losenord(besokare, self.lank(output), "ett annat långt lösenord").status_code == 302
        assert besokare.get(LISTA).status_code == 200
        assert brev(database) == []
        assert len(logg(database, "konto räddat")) == 1

    def test_the_rescue_link_lasts_for_an_hour(self, wis: Wis, besokare: FlaskClient) -> None:
        self.skapa(wis)
        path = self.lank(wis("rescue", ANNA)[1])
        with clock.at(clock.now() + timedelta(minutes=61)):
            assert besokare.get(path).status_code == 410

    def test_disable_ends_logins_and_links_and_warns_of_an_actor_without_administrator(
        self, wis: Wis, besokare: FlaskClient, database: Database
    ) -> None:
        path = self.skapa(wis)
        code, output = wis("disable", ANNA)
        assert code == 0
        assert "Nacka kommun har nu ingen aktörsadministratör" in output
        assert besokare.get(path).status_code == 410
        assert wis("disable", ANNA)[0] == 1
        assert wis("enable", ANNA)[0] == 0
        assert wis("enable", ANNA)[0] == 1
        assert [len(logg(database, what)) for what in ("konto stängt", "konto öppnat")] == [1, 1]

    def test_grant_gives_changes_and_lets_in_again(self, wis: Wis, database: Database, logga_in: LoggaIn) -> None:
        with transaction(database) as session:
            f.en_person_hos(session, "solna", Roll.LASARE, epost=SIV)
        assert wis("grant", SIV, "--aktor", "nacka", "--roll", "lasare", "--administrator")[0] == 0
        with transaction(database) as session:
            session.get_one(Medlemskap, medlemskap(database, SIV).id).avstangd = clock.now()
        code, output = wis("grant", SIV, "--aktor", "nacka", "--roll", "redaktor")
        assert (code, "redaktör, administratör hos Nacka kommun" in output) == (0, True)
        found = medlemskap(database, SIV)
        assert (found.roll, found.administrator, found.avstangd) == (Roll.REDAKTOR, True, None)
        assert wis("grant", SIV, "--aktor", "nacka", "--no-administrator") == (1, f"Fel: {SISTA_ADMINISTRATOREN}\n")

    def test_list_shows_who_there_is(self, wis: Wis) -> None:
        self.skapa(wis)
        expected = f"nacka\t{ANNA}\tAnna\tadministratör\tinbjuden, har inte loggat in\n"
        assert wis("list", "--aktor", "nacka") == (0, expected)
        assert expected in wis("list")[1]
