"""An actor's administrators and their users: who administers, inviting, changing, shutting out."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.web.konton_stod import (
    ANNA,
    BJUD_IN,
    BO,
    KIM,
    LISTA,
    SIV,
    VARFOR,
    VERA,
    LoggaIn,
    adress,
    brev,
    lank,
    logg,
    medlemskap,
    nackas_folk,
    sida,
    version,
)
from wis import clock
from wis.andringar import Andring, Slag, lyssna
from wis.auth.models import Anvandare, Medlemskap
from wis.auth.rules import Roll
from wis.db import Database
from wis.konton.rules import EGEN_BEHORIGHET, SISTA_ADMINISTRATOREN
from wis.notiser.models import Kanalslag, Leverans
from wis.tx import transaction


@pytest.fixture
def folk(database: Database) -> None:
    nackas_folk(database)


@pytest.mark.usefixtures("folk")
class TestWhoAdministers:
    def test_an_administrator_sees_everyone_at_their_actor_and_nobody_elses(self, logga_in: LoggaIn) -> None:
        page = sida(logga_in(ANNA).get(LISTA))
        for part in (ANNA, BO, VERA, "3 personer, 2 administratörer", "aldrig", "tills vidare", "Aktiv"):
            assert part in page
        assert SIV not in page
        assert "Ni har bara en administratör" not in page

    @pytest.mark.parametrize("akt", ["", "/bjud-in"])
    def test_the_administrator_of_another_is_told_why_not(
        self, logga_in: LoggaIn, akt: str, database: Database
    ) -> None:
        page = sida(logga_in(SIV).get(LISTA + akt), 403)
        assert "Du agerar för Solna. Varje aktör administrerar bara sina egna användare." in page
        assert "Aktörsadministratören hos Nacka" in page
        assert VERA not in page
        assert len(logg(database, "nekad")) == 1

    @pytest.mark.parametrize("akt", ["", "/stang-av", "/slapp-in", "/skicka-lank"])
    def test_another_actors_administrator_changes_nothing(
        self, logga_in: LoggaIn, database: Database, akt: str
    ) -> None:
        data = {"roll": "redaktor", "administrator": "y"} | VARFOR
        sida(logga_in(SIV).post(adress(database, VERA, akt), data=data), 403)
        found = medlemskap(database, VERA)
        assert (found.roll, found.administrator, found.avstangd) == (Roll.LASARE, False, None)
        assert brev(database) == []

    @pytest.mark.parametrize("akt", ["", "/stang-av", "/slapp-in", "/skicka-lank"])
    def test_nor_does_it_help_to_name_the_person_under_ones_own_actor(
        self, logga_in: LoggaIn, database: Database, akt: str
    ) -> None:
        path = f"/aktorer/solna/anvandare/{medlemskap(database, VERA).id}{akt}"
        sida(logga_in(SIV).post(path, data={"roll": "redaktor"} | VARFOR), 404)
        assert medlemskap(database, VERA).roll == Roll.LASARE

    def test_a_reader_is_told_why_not(self, logga_in: LoggaIn) -> None:
        assert "Du är inte aktörsadministratör hos Nacka." in sida(logga_in(VERA).get(LISTA), 403)

    def test_an_actor_that_is_not_there_is_not_found(self, logga_in: LoggaIn) -> None:
        sida(logga_in(ANNA).get("/aktorer/atlantis/anvandare"), 404)
        sida(logga_in(VERA).get("/aktorer/atlantis/anvandare"), 404)

    def test_two_administrators_are_advised(self, logga_in: LoggaIn, database: Database) -> None:
        assert "Ni har bara en administratör" in sida(logga_in(SIV).get("/aktorer/solna/anvandare"))


@pytest.mark.usefixtures("folk")
class TestInviting:
    def test_a_new_person_gets_a_letter_with_a_link_that_the_administrator_never_sees(
        self, logga_in: LoggaIn, database: Database
    ) -> None:
        client = logga_in(ANNA)
        way_on = client.post(BJUD_IN, data=KIM).headers["Location"]
        assert way_on == f"{LISTA}?ny={medlemskap(database, 'kim.ek@nacka.example').id}"
        page = sida(client.get(way_on))
        assert "En inbjudan är på väg till Kim Ek (kim.ek@nacka.example)." in page
        assert "Inbjuden, har inte loggat in" in page
        assert "/konto/" not in page
        [(till, amne, brevtext)] = brev(database)
        assert till == "kim.ek@nacka.example"
        assert amne == "Inbjudan till wis från Nacka"
        assert "skribent" in brevtext
        [post] = logg(database, "inbjuden")
        assert post.objekt == "kim.ek@nacka.example"
        assert lank(database).rsplit("/", 1)[1] not in post.uppgifter

    def test_the_letter_is_a_delivery_that_waits_first_in_line(self, logga_in: LoggaIn, database: Database) -> None:
        logga_in(ANNA).post(BJUD_IN, data=KIM)
        with database.reading() as session:
            [leverans] = session.scalars(select(Leverans)).all()
            assert (leverans.kanal, leverans.prioritet, leverans.status) == (Kanalslag.EPOST, 0, "vantar")

    def test_who_has_an_account_gets_the_rights_and_a_letter_that_says_so(
        self, logga_in: LoggaIn, database: Database
    ) -> None:
        client = logga_in(ANNA)
        client.post(BJUD_IN, data=KIM | {"epost": SIV, "namn": "Någon annan"})
        assert "hade redan ett konto" in sida(client.get(LISTA))
        [(till, amne, brevtext)] = brev(database)
        assert (till, amne) == (SIV, "Du har fått behörighet hos Nacka i wis")
        assert "/konto/" not in brevtext
        assert medlemskap(database, SIV).roll == Roll.SKRIBENT
        assert medlemskap(database, SIV).anvandare.namn != "Någon annan"

    def test_who_was_invited_by_another_actor_but_has_no_password_gets_a_new_link(
        self, logga_in: LoggaIn, client: FlaskClient, database: Database
    ) -> None:
        logga_in(SIV).post("/aktorer/solna/anvandare/bjud-in", data=KIM)
        logga_in(ANNA).post(BJUD_IN, data=KIM)
        sida(client.get(lank(database, 0)), 410)
        sida(client.get(lank(database, 1)))

    def test_an_administrator_needs_no_role(self, logga_in: LoggaIn, database: Database) -> None:
        logga_in(ANNA).post(BJUD_IN, data=KIM | {"roll": "ingen", "administrator": "y"})
        found = medlemskap(database, "kim.ek@nacka.example")
        assert (found.roll, found.administrator) == (None, True)

    def test_the_last_day_is_kept(self, logga_in: LoggaIn, database: Database) -> None:
        logga_in(ANNA).post(BJUD_IN, data=KIM | {"slutdatum": "2099-06-30"})
        ends = medlemskap(database, "kim.ek@nacka.example").giltig_till
        assert ends is not None
        assert clock.local(ends).isoformat() == "2099-07-01T00:00:00+02:00"
        assert "2099-06-30" in sida(logga_in(ANNA).get(LISTA))

    @pytest.mark.parametrize(
        ("andrat", "fel"),
        [
            ({"epost": "kim"}, "Skriv en hel e-postadress"),
            ({"epost": "kim@nacka.example\nBcc: x@y.se"}, "Skriv en hel e-postadress"),
            ({"namn": "  "}, "Skriv personens namn."),
            ({"namn": "x" * 101}, "högst 100 tecken"),
            ({"roll": ""}, "Välj en roll."),
            ({"roll": "ingen"}, "Välj en roll, eller gör personen till administratör."),
            ({"slutdatum": "2001-01-01"}, "Datumet har redan varit."),
            ({"slutdatum": "i morgon"}, "Skriv datumet som år-månad-dag"),
            ({"slutdatum": "9999-12-31"}, "Kontrollera året."),
            ({"epost": VERA}, "finns redan hos Nacka"),
        ],
    )
    def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
        self, logga_in: LoggaIn, database: Database, andrat: dict[str, str], fel: str
    ) -> None:
        page = sida(logga_in(ANNA).post(BJUD_IN, data=KIM | andrat), 422)
        assert fel in page
        assert "Något behöver rättas" in page
        if "namn" not in andrat:
            assert 'value="Kim Ek"' in page
        assert brev(database) == []
        assert logg(database, "inbjuden") == []

    def test_an_account_that_the_operator_has_shut_stays_shut(self, logga_in: LoggaIn, database: Database) -> None:
        with transaction(database) as session:
            session.scalars(select(Anvandare).where(Anvandare.epost == SIV)).one().avstangd = clock.now()
        assert "Bara driften kan öppna det" in sida(logga_in(ANNA).post(BJUD_IN, data=KIM | {"epost": SIV}), 422)


@pytest.mark.usefixtures("folk")
class TestChanging:
    def andra(self, client: FlaskClient, path: str, **falt: str) -> TestResponse:
        """Open the page, change these fields, save. A field given as '' is not ticked."""
        page = sida(client.get(path))
        bygger_pa = re.search(r'name="bygger_pa" type="hidden" value="([^"]*)"', page)
        assert bygger_pa is not None
        data = (
            {"roll": "lasare", "bygger_pa": bygger_pa[1]}
            | VARFOR
            | {name: value for name, value in falt.items() if value}
        )
        return client.post(path, data=data)

    def test_a_role_changes_and_the_person_feels_it_at_once(self, logga_in: LoggaIn, database: Database) -> None:
        told: list[Andring] = []
        lyssna(database, told.append)
        vera, before = logga_in(VERA), version(database, VERA)
        sida(vera.get("/handelser/ny"), 403)
        answer = self.andra(logga_in(ANNA), adress(database, VERA), roll="skribent", slutdatum="2099-01-31")
        assert answer.headers["Location"] == LISTA
        sida(vera.get("/handelser/ny"))
        assert version(database, VERA) == before + 1
        assert [change.anvandare_id for change in told if change.slag == Slag.BEHORIGHET] == [
            medlemskap(database, VERA).anvandare_id
        ]
        [post] = logg(database, "behörighet ändrad")
        assert '"efter": "skribent, till och med 2099-01-31"' in post.uppgifter

    def test_to_save_what_is_as_it_was_records_nothing(self, logga_in: LoggaIn, database: Database) -> None:
        self.andra(logga_in(ANNA), adress(database, VERA))
        assert logg(database, "behörighet ändrad") == []

    def test_the_exact_moment_of_an_end_date_survives_saving(self, logga_in: LoggaIn, database: Database) -> None:
        client, moment = logga_in(ANNA), clock.now() + timedelta(days=3, minutes=7)
        with transaction(database) as session:
            session.get_one(Medlemskap, medlemskap(database, VERA).id).giltig_till = moment
        shown = re.search(r'value="(\d{4}-\d\d-\d\d)"', sida(client.get(adress(database, VERA))))
        assert shown is not None
        self.andra(client, adress(database, VERA), roll="skribent", slutdatum=shown[1])
        assert medlemskap(database, VERA).giltig_till == moment

    def test_two_who_change_the_same_person_do_not_undo_each_other(self, logga_in: LoggaIn, database: Database) -> None:
        anna, bo, path = logga_in(ANNA), logga_in(BO), adress(database, VERA)
        seen = re.search(r'name="bygger_pa" type="hidden" value="([^"]*)"', sida(anna.get(path)))
        assert seen is not None
        self.andra(bo, path, roll="talesperson")
        page = sida(anna.post(path, data={"roll": "skribent", "bygger_pa": seen[1]} | VARFOR), 422)
        assert "Någon annan har ändrat behörigheten: nu är den talesperson." in page
        assert re.search(r'value="skribent" checked', page)
        assert medlemskap(database, VERA).roll == Roll.TALESPERSON
        newer = re.search(r'name="bygger_pa" type="hidden" value="([^"]*)"', page)
        assert newer is not None
        answer = anna.post(path, data={"roll": "skribent", "bygger_pa": newer[1]} | VARFOR)
        assert answer.status_code == 302

    @pytest.mark.parametrize(
        "data",
        [
            {"roll": "redaktor", "administrator": "y"},
            {"roll": "ingen", "administrator": "y", "slutdatum": "2099-01-01"},
        ],
    )
    def test_nobody_raises_themselves(self, logga_in: LoggaIn, database: Database, data: dict[str, str]) -> None:
        nu = "|1||0"
        page = sida(logga_in(ANNA).post(adress(database, ANNA), data=data | VARFOR | {"bygger_pa": nu}), 422)
        assert EGEN_BEHORIGHET in page
        assert medlemskap(database, ANNA).roll is None
        assert medlemskap(database, ANNA).giltig_till is None

    def test_nobody_shuts_themselves_out(self, logga_in: LoggaIn, database: Database) -> None:
        page = sida(logga_in(ANNA).post(adress(database, ANNA, "/stang-av"), data=VARFOR), 422)
        assert EGEN_BEHORIGHET in page
        assert medlemskap(database, ANNA).avstangd is None

    def test_ones_own_page_offers_no_change(self, logga_in: LoggaIn, database: Database) -> None:
        page = sida(logga_in(ANNA).get(adress(database, ANNA)))
        assert "Det här är du" in page
        assert "Spara" not in page

    def test_another_administrator_may_be_demoted(self, logga_in: LoggaIn, database: Database) -> None:
        client = logga_in(ANNA)
        self.andra(client, adress(database, BO), roll="lasare")
        assert medlemskap(database, BO).administrator is False
        assert "Ni har bara en administratör" in sida(client.get(LISTA))

    def test_the_last_lasting_administrator_may_not(self, logga_in: LoggaIn, database: Database) -> None:
        with transaction(database) as session:
            soon = clock.now() + timedelta(days=3)
            session.get_one(Medlemskap, medlemskap(database, ANNA).id).giltig_till = soon
        client, path = logga_in(ANNA), adress(database, BO)
        for falt in ({"roll": "lasare"}, {"roll": "redaktor", "administrator": "y", "slutdatum": "2099-01-01"}):
            answer = self.andra(client, path, **falt)
            assert SISTA_ADMINISTRATOREN in sida(answer, 422)
        assert SISTA_ADMINISTRATOREN in sida(client.post(path + "/stang-av", data=VARFOR), 422)
        found = medlemskap(database, BO)
        assert (found.administrator, found.avstangd, found.giltig_till) == (True, None, None)


@pytest.mark.usefixtures("folk")
class TestShuttingOut:
    def test_a_person_who_is_shut_out_is_out_at_the_next_click(self, logga_in: LoggaIn, database: Database) -> None:
        vera, anna = logga_in(VERA), logga_in(ANNA)
        sida(vera.get("/handelser"))
        anna.post(adress(database, VERA, "/stang-av"), data=VARFOR)
        assert "Din roll hos Nacka har upphört" in sida(vera.get("/handelser"), 403)
        assert "Avstängd" in sida(anna.get(LISTA))
        anna.post(adress(database, VERA, "/slapp-in"), data=VARFOR)
        sida(vera.get("/handelser"))
        assert [len(logg(database, what)) for what in ("avstängd hos aktör", "insläppt hos aktör")] == [1, 1]

    def test_an_administrator_who_is_shut_out_administers_nothing(self, logga_in: LoggaIn, database: Database) -> None:
        bo = logga_in(BO)
        logga_in(ANNA).post(adress(database, BO, "/stang-av"), data=VARFOR)
        assert bo.post(adress(database, VERA, "/stang-av"), data=VARFOR).status_code == 403
        assert medlemskap(database, VERA).avstangd is None

    def test_it_is_for_this_actor_alone(self, logga_in: LoggaIn, database: Database) -> None:
        logga_in(ANNA).post(BJUD_IN, data=KIM | {"epost": SIV})
        siv = logga_in(SIV)
        logga_in(ANNA).post(adress(database, SIV, "/stang-av"), data=VARFOR)
        way_on = siv.get("/aktorer/solna/anvandare").headers["Location"]
        hos_solna = str(medlemskap(database, SIV, "solna").id)
        answer = siv.post(way_on.partition("?")[0], data={"medlemskap": hos_solna, "nasta": "/aktorer/solna/anvandare"})
        assert answer.status_code == 302
        sida(siv.get("/aktorer/solna/anvandare"))

    def test_no_link_goes_to_who_is_shut_out(self, logga_in: LoggaIn, database: Database) -> None:
        anna = logga_in(ANNA)
        anna.post(adress(database, VERA, "/stang-av"), data=VARFOR)
        assert "avstängd hos er" in sida(anna.post(adress(database, VERA, "/skicka-lank")), 422)
        assert brev(database) == []

    def test_rights_that_ran_out_are_out_at_the_next_click(self, logga_in: LoggaIn, database: Database) -> None:
        vera = logga_in(VERA)
        with transaction(database) as session:
            session.get_one(Medlemskap, medlemskap(database, VERA).id).giltig_till = clock.now()
        sida(vera.get("/handelser"), 403)
        assert "Slutdatumet har passerat" in sida(logga_in(ANNA).get(LISTA))


@pytest.mark.usefixtures("folk")
class TestWhyCanMyColleagueNot:
    def test_the_page_says_what_the_person_may_and_may_not_and_why(self, logga_in: LoggaIn, database: Database) -> None:
        page = sida(logga_in(ANNA).get(adress(database, VERA)))
        assert "inte läsa en händelse?" in page
        assert "<li>läsa händelser som är öppna för alla aktörer</li>" in page
        assert "Publicera lägesbilden för Nacka" in page
        assert "Du är läsare hos Nacka. För att publicera behövs rollen talesperson." in page

    def test_one_who_never_logged_in_is_explained(self, logga_in: LoggaIn, database: Database) -> None:
        client = logga_in(ANNA)
        client.post(BJUD_IN, data=KIM)
        page = sida(client.get(adress(database, "kim.ek@nacka.example")))
        assert "Personen har inte valt lösenord än" in page
