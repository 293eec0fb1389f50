"""Setting up second factors, changing them, and the ways out for one who has lost them all."""

from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from tests import factories as f
from tests.conftest import en_app
from tests.passkey import Sakerhetsnyckel
from tests.web.faktor_stod import (
    ALI,
    FRAGA,
    KLAR,
    NY,
    SAKERHET,
    VERA,
    LoggaIn,
    brev,
    falt,
    hamta_person,
    har_app,
    hemlighet_pa,
    inne,
    kod,
    koder,
    koder_pa,
    logg,
    losenordet,
    passkey_val,
    text,
)
from wis import clock
from wis.auth import faktorer, hemligheter
from wis.auth.models import Anvandare, Lanktyp, Medlemskap
from wis.auth.queries import find_anvandare, subjekt_av
from wis.auth.rules import Roll
from wis.cli import Kontext
from wis.db import Database
from wis.konton import lankar
from wis.konton.kommandon import user
from wis.settings import Settings
from wis.tx import transaction

LASARE = "lasare@nacka.example"
NYTT = "fyra slumpvisa ord räcker"


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    with transaction(database) as session:
        for epost in (VERA, ALI):
            f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost=epost, administrator=True)
        f.en_person_hos(session, "nacka", Roll.LASARE, epost=LASARE)


@pytest.fixture
def strang(settings: Settings, database: Database) -> Flask:
    """The application of an operator who asks everybody for a second factor."""
    return en_app(replace(settings, andra_faktor="alla"), database)


class TestWhereOneIsRequired:
    @pytest.mark.parametrize(
        ("policy", "demo", "admin", "kravs"),
        [
            ("alla", False, False, True),
            ("administratorer", False, True, True),
            ("administratorer", False, False, False),
            ("ingen", False, True, False),
            ("alla", True, True, False),
        ],
    )
    def test_is_for_the_operator_to_say(
        self, settings: Settings, database: Database, policy: str, demo: bool, admin: bool, kravs: bool
    ) -> None:
        installation = replace(settings, andra_faktor=policy, demo=demo)
        assert faktorer.krav(installation, admin) is kravs
        client = en_app(installation, database).test_client()
        answer = losenordet(client, VERA if admin else LASARE)
        assert answer.headers["Location"] == (NY if kravs else "/")
        assert inne(client) is not kravs

    def test_an_app_is_set_up_and_the_codes_saved_before_anything_opens(
        self, strang: Flask, database: Database
    ) -> None:
        client = strang.test_client()
        page = text(client.get(losenordet(client, nasta="/mina-notiser").headers["Location"]))
        assert 'src="data:image/png;base64,' in page
        assert not inne(client)
        data = {"kod": kod(hemlighet_pa(page)), "ny": falt(page, "ny"), "nasta": "/mina-notiser"}
        codes = text(client.post(NY, data=data))
        assert len(set(koder_pa(codes))) == 10
        assert not inne(client)
        assert client.post(KLAR, data={"nasta": "/mina-notiser"}).headers["Location"] == "/mina-notiser"
        assert inne(client)
        assert brev(database) == [(VERA, "Ny andra faktor i wis")]
        assert len(logg(database, "andra faktor tillagd")) == 1
        again = strang.test_client()
        assert losenordet(again).headers["Location"] == FRAGA
        assert again.post(FRAGA, data={"reservkod": koder_pa(codes)[0]}).status_code == 302

    def test_the_first_code_is_used_up_by_the_setting_up(self, strang: Flask) -> None:
        with clock.at(clock.now()):
            client = strang.test_client()
            page = text(client.get(losenordet(client).headers["Location"]))
            shown = kod(hemlighet_pa(page))
            client.post(NY, data={"kod": shown, "ny": falt(page, "ny")})
            losenordet(client)
            assert client.post(FRAGA, data={"kod": shown}).status_code == 422

    def test_a_wrong_code_keeps_the_secret_that_the_app_has_read(self, strang: Flask) -> None:
        client = strang.test_client()
        page = text(client.get(losenordet(client).headers["Location"]))
        wrong = text(client.post(NY, data={"kod": "000000", "ny": falt(page, "ny")}), 422)
        assert hemlighet_pa(wrong) == hemlighet_pa(page)
        assert "Koden stämmer inte" in wrong

    def test_a_secret_of_somebody_else_or_too_old_is_not_taken(self, strang: Flask, settings: Settings) -> None:
        client = strang.test_client()
        page = text(client.get(losenordet(client).headers["Location"]))
        secret, sealed = hemlighet_pa(page), falt(page, "ny")
        other = strang.test_client()
        losenordet(other, ALI)
        assert "Läs av den nya" in text(other.post(NY, data={"kod": kod(secret), "ny": sealed}), 422)
        old = sealed
        with pytest.raises(hemligheter.Olaslig):
            hemligheter.las(settings.secret_key, "totp-ny", 1, old, -1)

    def test_a_passkey_does_as_well(self, strang: Flask) -> None:
        client, key = strang.test_client(), Sakerhetsnyckel()
        made = key.skapa(passkey_val(client.get(losenordet(client).headers["Location"])))
        codes = koder_pa(text(client.post(NY, data={"passkey": made})))
        assert len(codes) == 10
        assert client.post(KLAR).status_code == 302
        again = strang.test_client()
        step = losenordet(again).headers["Location"]
        again.post(FRAGA, data={"passkey": key.svara(passkey_val(again.get(step)))})
        assert inne(again)

    @pytest.mark.parametrize("lie", [{"ursprung": "https://ond.example"}, {"doman": "x"}, {"verifierar": False}])
    def test_but_none_of_another_site_or_that_does_not_ask_who_one_is(
        self, strang: Flask, lie: dict[str, object]
    ) -> None:
        client = strang.test_client()
        val = passkey_val(client.get(losenordet(client).headers["Location"]))
        made = replace(Sakerhetsnyckel(), **lie).skapa(val)
        assert client.post(NY, data={"passkey": made}).status_code == 422

    def test_what_was_typed_when_the_login_ran_out_goes_all_the_way_along(self, strang: Flask) -> None:
        client, typed = strang.test_client(), '[["rubrik", "Vägen är avstängd"]]'
        kept = {"nasta": "/handelser/ny", "parkerat": typed}
        page = text(losenordet(client, **kept))
        assert typed in page
        data = {"kod": kod(hemlighet_pa(page)), "ny": falt(page, "ny")} | kept
        assert typed in text(client.post(NY, data=data))
        assert "Vägen är avstängd" in text(client.post(KLAR, data=kept))

    @pytest.mark.parametrize("base_url", ["http://127.0.0.1:8000", "https://192.0.2.7"])
    def test_no_passkey_is_offered_at_an_address_without_a_name(
        self, settings: Settings, database: Database, base_url: str
    ) -> None:
        app = en_app(replace(settings, andra_faktor="alla", base_url=base_url), database)
        client = app.test_client()
        client.post("/logga-in", data={"epost": VERA, "losenord": f.LOSENORD}, base_url=base_url)
        assert "data-passkey" not in text(client.get(NY, base_url=base_url))


class TestMyFactors:
    @pytest.fixture
    def vera(self, logga_in: LoggaIn) -> FlaskClient:
        return logga_in(VERA)

    def koppla(self, client: FlaskClient) -> list[str]:
        """Connect an app; the codes that are shown."""
        page = text(client.get(f"{SAKERHET}/app"))
        answer = client.post(f"{SAKERHET}/app", data={"kod": kod(hemlighet_pa(page)), "ny": falt(page, "ny")})
        return koder_pa(text(answer)) if answer.status_code == 200 else []

    def test_an_app_comes_with_codes_that_are_shown_once(self, vera: FlaskClient) -> None:
        assert "bara lösenord" in text(vera.get(SAKERHET))
        codes = self.koppla(vera)
        assert len(codes) == 10
        page = text(vera.get(SAKERHET))
        assert "10 av 10 är kvar" in page
        assert not any(en in page for en in codes)
        assert self.koppla(vera) == []

    def test_an_app_can_be_replaced_and_the_old_one_holds_until_then(
        self, vera: FlaskClient, app: Flask, database: Database, settings: Settings
    ) -> None:
        old = har_app(database, settings)
        page = text(vera.get(f"{SAKERHET}/app"))
        with clock.at(clock.now()):
            other = app.test_client()
            losenordet(other)
            assert other.post(FRAGA, data={"kod": kod(old)}).status_code == 302
            vera.post(f"{SAKERHET}/app", data={"kod": kod(hemlighet_pa(page)), "ny": falt(page, "ny")})
            losenordet(other)
            assert other.post(FRAGA, data={"kod": kod(old, 1)}).status_code == 422

    def test_a_passkey_has_a_name_and_can_be_taken_away(self, vera: FlaskClient, database: Database) -> None:
        key = Sakerhetsnyckel()
        made = key.skapa(passkey_val(vera.get(SAKERHET)))
        text(vera.post(f"{SAKERHET}/passkey", data={"namn": "Arbets\tdatorn", "passkey": made}))
        page = text(vera.get(SAKERHET))
        assert "Arbets datorn" in page
        vera.post(f"{SAKERHET}/passkey", data={"namn": "En till", "passkey": made})
        assert "Passkeyn är inte sparad" in text(vera.get(SAKERHET))
        vera.post(f"{SAKERHET}/ta-bort", data={"passkey_id": falt(page, "passkey_id")})
        page = text(vera.get(SAKERHET))
        assert "bara lösenord" in page
        assert "Reservkoder" not in page
        assert [amne for _, amne in brev(database)] == ["Ny andra faktor i wis", "Borttagen andra faktor i wis"]

    def test_nobody_takes_away_or_uses_the_passkey_of_another(self, vera: FlaskClient, logga_in: LoggaIn) -> None:
        ali = logga_in(ALI)
        made = Sakerhetsnyckel().skapa(passkey_val(ali.get(SAKERHET)))
        ali.post(f"{SAKERHET}/passkey", data={"namn": "Alis", "passkey": made})
        theirs = falt(text(ali.get(SAKERHET)), "passkey_id")
        self.koppla(vera)
        vera.post(f"{SAKERHET}/ta-bort", data={"passkey_id": theirs})
        assert "redan borttagen" in text(vera.get(SAKERHET))
        assert "Alis" in text(ali.get(SAKERHET))

    def test_the_last_one_stays_where_one_is_required(
        self, strang: Flask, database: Database, settings: Settings
    ) -> None:
        secret = har_app(database, settings)
        client = strang.test_client()
        losenordet(client)
        client.post(FRAGA, data={"kod": kod(secret)})
        assert "din enda, och en krävs" in text(client.get(SAKERHET))
        client.post(f"{SAKERHET}/ta-bort")
        assert "Lägg till en annan först" in text(client.get(SAKERHET))
        assert faktorer.med_faktor(database.new_reading_session(), [hamta_person(database, VERA).id])

    def test_new_codes_put_an_end_to_the_old(
        self, vera: FlaskClient, app: Flask, database: Database, settings: Settings
    ) -> None:
        vera.post(f"{SAKERHET}/koder")
        assert "hör till en andra faktor" in text(vera.get(SAKERHET))
        har_app(database, settings)
        new = koder_pa(text(vera.post(f"{SAKERHET}/koder")))
        other = app.test_client()
        losenordet(other)
        assert other.post(FRAGA, data={"reservkod": koder().koder[0]}).status_code == 422
        assert other.post(FRAGA, data={"reservkod": new[9]}).status_code == 302
        assert "9 av 10" in text(other.get(SAKERHET))

    def test_nothing_is_changed_long_after_the_login_without_the_password(
        self, vera: FlaskClient, database: Database, settings: Settings
    ) -> None:
        har_app(database, settings)
        with clock.at(clock.now() + timedelta(minutes=20)):
            for path in ("ta-bort", "koder", "passkey", "app"):
                assert vera.post(f"{SAKERHET}/{path}").status_code == 403, path
            assert vera.get(f"{SAKERHET}/app").status_code == 302
        assert logg(database, "andra faktor borttagen") == []


class TestForgottenOrLost:
    def test_a_new_password_by_letter_keeps_the_factor(
        self, client: FlaskClient, database: Database, settings: Settings
    ) -> None:
        secret = har_app(database, settings)
        with transaction(database) as session:
            person = find_anvandare(session, VERA)
            assert person is not None
            path = lankar.skapa(session, person, Lanktyp.ATERSTALLNING, "")
        answer = client.post(path, data={"losenord": NYTT, "losenord_igen": NYTT})
        assert answer.headers["Location"] == FRAGA
        page = text(client.get(FRAGA))
        assert "Lösenordet är sparat." in page
        assert "du är inloggad" not in page
        assert not inne(client)
        client.post(FRAGA, data={"kod": kod(secret)})
        assert inne(client)

    def test_the_operator_takes_them_away_by_command(
        self, settings: Settings, logga_in: LoggaIn, database: Database
    ) -> None:
        client = logga_in(VERA)
        har_app(database, settings)
        kontext = Kontext(settings)
        result = CliRunner().invoke(user, ["reset-factor", VERA], obj=kontext)
        kontext.database.dispose()
        assert result.exit_code == 0, result.output
        assert "ingen andra faktor längre (1 borttagna)" in result.output
        assert not inne(client)
        assert losenordet(client).headers["Location"] == "/"
        assert [post.objekt for post in logg(database, "andra faktor nollställd")] == [VERA]
        assert brev(database) == [(VERA, "Din andra faktor i wis är borttagen")]

    @pytest.mark.parametrize(
        ("vem", "mer", "hinder"),
        [
            (ALI, "", ""),
            (ALI, "solna", "också hos en annan aktör"),
            (VERA, "", "egna faktorer"),
            (LASARE, "", "inte aktörsadministratör"),
        ],
    )
    def test_an_administrator_does_for_a_person_who_is_nowhere_else(
        self, database: Database, settings: Settings, vem: str, mer: str, hinder: str
    ) -> None:
        har_app(database, settings)
        with transaction(database) as session:
            person = session.get_one(Anvandare, hamta_person(database, VERA).id)
            if mer:
                f.ett_medlemskap(session, person, f.en_aktor(session, mer))
            own = session.query(Medlemskap).filter_by(anvandare_id=hamta_person(database, vem).id).first()
            assert own is not None
            who = subjekt_av(own)
            assert hinder in faktorer.hinder_for_nollstallning(session, who, person)
            if hinder:
                with pytest.raises(faktorer.Faktorfel, match=hinder):
                    faktorer.nollstall(session, person, who)
            else:
                assert faktorer.nollstall(session, person, who, "telefonen i sjön") == 1
                assert not faktorer.lage(session, person.id).antal
