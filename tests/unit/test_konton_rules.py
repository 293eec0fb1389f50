"""What an administrator may change about people, and what a person is told that they may."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.unit.test_auth_rules import NU, subjekt
from wis.auth import enhet
from wis.auth.forms import egen_vag, las_parkerat, parkera
from wis.auth.losenord import brist
from wis.auth.rules import Roll
from wis.datum import sista_dag, slutet_av
from wis.konton import brev
from wis.konton.rules import (
    HINDRAR,
    Behorighet,
    Hinder,
    Plats,
    Tillstand,
    normal_epost,
    omdomen,
    prova_andring,
    prova_ny,
    tillstand,
)

DAG = timedelta(days=1)
ADMIN = Behorighet(Roll.REDAKTOR, administrator=True)
LASARE = Behorighet(Roll.LASARE, administrator=False)
ANNAN_ADMIN = Plats(2, ADMIN, kan_logga_in=True)


def plats(behorighet: Behorighet, anvandare_id: int = 1) -> Plats:
    return Plats(anvandare_id, behorighet, kan_logga_in=True)


# --- nobody raises themselves ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "efter",
    [
        replace(ADMIN, roll=Roll.LASARE),
        replace(ADMIN, administrator=False),
        replace(ADMIN, giltig_till=NU + DAG),
        replace(ADMIN, avstangd=True),
    ],
)
def test_an_administrator_cannot_change_their_own_rights(efter: Behorighet) -> None:
    with pytest.raises(Hinder, match="egen behörighet"):
        prova_andring(1, plats(ADMIN), efter, [ANNAN_ADMIN], NU)


def test_another_administrator_can_change_them() -> None:
    prova_andring(2, plats(ADMIN), LASARE, [ANNAN_ADMIN], NU)


# --- one administrator remains -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "efter",
    [LASARE, replace(ADMIN, giltig_till=NU + 30 * DAG), replace(ADMIN, avstangd=True)],
    ids=["demoted", "given an end date", "disabled"],
)
class TestTheLastAdministrator:
    def test_stays(self, efter: Behorighet) -> None:
        with pytest.raises(Hinder, match="minst en administratör"):
            prova_andring(2, plats(ADMIN), efter, [], NU)

    def test_stays_also_against_the_operator(self, efter: Behorighet) -> None:
        with pytest.raises(Hinder, match="minst en administratör"):
            prova_andring(None, plats(ADMIN), efter, [], NU)

    @pytest.mark.parametrize(
        "annan",
        [
            Plats(2, LASARE, kan_logga_in=True),
            Plats(2, replace(ADMIN, avstangd=True), kan_logga_in=True),
            Plats(2, replace(ADMIN, giltig_till=NU), kan_logga_in=True),
            Plats(2, replace(ADMIN, giltig_till=NU + DAG), kan_logga_in=True),
            Plats(2, ADMIN, kan_logga_in=False),
        ],
        ids=["a reader", "a disabled one", "one whose time is over", "one who soon goes", "one who never logged in"],
    )
    def test_is_not_followed_by(self, efter: Behorighet, annan: Plats) -> None:
        with pytest.raises(Hinder, match="minst en administratör"):
            prova_andring(3, plats(ADMIN), efter, [annan], NU)

    def test_may_go_when_another_one_lasts(self, efter: Behorighet) -> None:
        prova_andring(2, plats(ADMIN), efter, [ANNAN_ADMIN], NU)


def test_an_administrator_with_an_end_date_can_be_followed_by_another_such() -> None:
    soon = replace(ADMIN, giltig_till=NU + DAG)
    prova_andring(2, plats(soon), LASARE, [Plats(2, soon, kan_logga_in=True)], NU)
    with pytest.raises(Hinder):
        prova_andring(2, plats(soon), LASARE, [], NU)


def test_the_last_administrators_role_can_change() -> None:
    prova_andring(2, plats(ADMIN), replace(ADMIN, roll=Roll.LASARE), [], NU)


def test_who_is_no_administrator_may_go_without_more() -> None:
    prova_andring(2, plats(LASARE), replace(LASARE, avstangd=True), [], NU)


# --- what can be given -------------------------------------------------------------------------------------------


def test_some_role_or_the_administratorship_must_be_given() -> None:
    prova_ny(Behorighet(None, administrator=True), NU)
    with pytest.raises(Hinder, match="Välj en roll"):
        prova_ny(Behorighet(None, administrator=False), NU)
    with pytest.raises(Hinder, match="Välj en roll"):
        prova_andring(2, plats(LASARE), Behorighet(None, administrator=False), [], NU)


def test_an_end_date_lies_ahead() -> None:
    prova_ny(replace(LASARE, giltig_till=NU + timedelta(seconds=1)), NU)
    with pytest.raises(Hinder, match="redan varit"):
        prova_ny(replace(LASARE, giltig_till=NU), NU)
    with pytest.raises(Hinder, match="redan varit"):
        prova_andring(2, plats(LASARE), replace(LASARE, giltig_till=NU - DAG), [], NU)


def test_an_end_date_that_has_passed_does_not_stop_other_changes() -> None:
    over = replace(LASARE, giltig_till=NU - DAG)
    prova_andring(2, plats(over), replace(over, roll=Roll.SKRIBENT), [], NU)


@pytest.mark.parametrize("dag", [date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 25), date(2026, 12, 31)])
def test_the_last_day_is_the_whole_day_in_sweden(dag: date) -> None:
    assert sista_dag(slutet_av(dag)) == dag
    assert sista_dag(slutet_av(dag) + timedelta(seconds=1)) == dag + DAG


def test_the_last_day_ends_at_midnight_swedish_time() -> None:
    assert slutet_av(date(2026, 6, 30)) == datetime(2026, 6, 30, 22, 0, tzinfo=UTC)


# --- states ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behorighet", "konto_stangt", "har_losenord", "vantat"),
    [
        (LASARE, False, True, Tillstand.AKTIV),
        (LASARE, False, False, Tillstand.INBJUDEN),
        (replace(LASARE, avstangd=True), False, False, Tillstand.AVSTANGD),
        (replace(LASARE, giltig_till=NU), False, True, Tillstand.UTGANGEN),
        (replace(LASARE, avstangd=True), True, True, Tillstand.KONTO_STANGT),
    ],
)
def test_what_shuts_a_person_out_most_firmly_is_what_is_shown(
    behorighet: Behorighet, konto_stangt: bool, har_losenord: bool, vantat: Tillstand
) -> None:
    assert tillstand(behorighet, konto_stangt=konto_stangt, har_losenord=har_losenord, now=NU) == vantat


def test_every_state_that_hinders_says_what_to_do() -> None:
    assert set(HINDRAR) == set(Tillstand) - {Tillstand.AKTIV}


# --- why can my colleague not …? ---------------------------------------------------------------------------------


def _far(roll: Roll | None, *, administrator: bool = False) -> set[str]:
    return {en.vad for en in omdomen(subjekt(roll, administrator=administrator), NU) if en.beslut}


def test_a_reader_reads_and_the_rest_is_explained() -> None:
    assert _far(Roll.LASARE) == {"läsa händelser som är öppna för alla aktörer"}
    publicera = next(en for en in omdomen(subjekt(Roll.LASARE), NU) if en.vad.startswith("publicera lägesbilden"))
    assert "behövs rollen talesperson" in publicera.beslut.skal
    assert "Aktörsadministratören hos Nacka kommun" in publicera.beslut.vem_kan


def test_an_administrator_alone_only_administers() -> None:
    assert _far(None, administrator=True) == {"administrera användare hos Nacka kommun"}


def test_even_a_redaktor_is_told_what_stays_closed() -> None:
    refused = {en.vad for en in omdomen(subjekt(Roll.REDAKTOR), NU) if not en.beslut}
    assert refused == {
        "läsa händelser som inte öppnats för Nacka kommun",
        "skriva åt en annan aktör",
        "administrera användare hos Nacka kommun",
    }


# --- addresses, ways, passwords ----------------------------------------------------------------------------------


def test_an_address_is_kept_in_lower_case() -> None:
    assert normal_epost(" Vera.Lund@Nacka.EXAMPLE ") == "vera.lund@nacka.example"


@pytest.mark.parametrize("text", ["", "vera", "vera@", "@nacka.se", "våra@nacka.se", "a b@c.se", "a@b.se\nBcc: c@d.se"])
def test_what_no_mail_can_be_sent_to_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="e-postadress"):
        normal_epost(text)


@pytest.mark.parametrize("vag", ["/", "/handelser/snoovader?flik=1#a", "/a//b", "/sök/å", "/a:b@c"])
def test_a_path_on_this_site_is_followed(vag: str) -> None:
    assert egen_vag(vag) == vag


@pytest.mark.parametrize(
    "vag",
    [
        None,
        "",
        "handelser",
        "//ond.example",
        "///ond.example",
        "/\\ond.example",
        "\\\\ond.example",
        "/a\\b",
        "https://ond.example",
        "https:/ond.example",
        "javascript:alert(1)",
        "data:text/html,x",
        " /handelser",
        "/\t/ond.example",
        "/\n/ond.example",
        "/\r\nSet-Cookie: a=b",
        "/\x00",
        "/x y",
        "?nasta=/",
        "@ond.example",
        "/" + "a" * 2001,
    ],
)
def test_what_may_lead_elsewhere_is_not_followed(vag: str | None) -> None:
    assert egen_vag(vag) == ""


def test_what_was_typed_survives_being_parked_letter_by_letter() -> None:
    falt = [("text", "\n\r\nrad ett\r\n</textarea><script>å\u2028\x00"), ("text", ""), ("val", "1")]
    assert las_parkerat(parkera(falt)) == falt


@pytest.mark.parametrize("text", [None, "", "{", "{}", "[1]", "[[1, 2]]", '[["a"]]', '[["a", null]]', '"ab"', "7"])
def test_what_is_not_parked_fields_is_nothing(text: str | None) -> None:
    assert las_parkerat(text) == []


@pytest.mark.parametrize(
    ("losenord", "ord_i_felet"),
    [("", "minst 15"), ("x" * 14, "minst 15"), ("a" * 20, "enkelt"), ("ab" * 101, "högst 200")],
)
def test_a_weak_password_is_refused_with_how_to_mend_it(losenord: str, ord_i_felet: str) -> None:
    assert ord_i_felet in str(brist(losenord))


def test_fifteen_characters_of_any_kind_will_do() -> None:
    assert brist("åäö mjölk tåg 1") is None


# --- the mark of a known device ----------------------------------------------------------------------------------


def test_a_device_is_known_to_the_accounts_that_logged_in_on_it() -> None:
    kaka = enhet.marke(None, "Vera@nacka.example", "hemlig")
    found = enhet.las(kaka, "hemlig")
    assert found is not None
    assert found.nyckel_for("vera@nacka.example") == found.nyckel
    assert found.nyckel_for("ali@nacka.example") is None


def test_a_device_keeps_its_key_and_forgets_the_oldest_of_many_accounts() -> None:
    found = enhet.las(enhet.marke(None, "0@x.example", "hemlig"), "hemlig")
    assert found is not None
    first_key = found.nyckel
    for number in range(1, 6):
        found = enhet.las(enhet.marke(found, f"{number}@x.example", "hemlig"), "hemlig")
        assert found is not None
    assert found.nyckel == first_key
    assert [bool(found.nyckel_for(f"{number}@x.example")) for number in range(6)] == [False] + [True] * 5


@pytest.mark.parametrize(
    "kaka",
    [None, "", "skräp", "a.b.c", pytest.param(enhet.marke(None, "vera@nacka.example", "en annan"), id="annan nyckel")],
)
def test_a_mark_that_we_did_not_sign_is_no_mark(kaka: str | None) -> None:
    assert enhet.las(kaka, "hemlig") is None


# --- letters -----------------------------------------------------------------------------------------------------


def test_the_letters_say_who_sends_what_to_do_and_how_long_the_link_lasts() -> None:
    invitation = brev.inbjudan("Vera", "Nacka kommun", "läsare", "https://wis.example/konto/abc")
    assert "Nacka kommun" in invitation.amne
    assert "https://wis.example/konto/abc\n" in invitation.text
    assert "7 dygn" in invitation.text
    reset = brev.nytt_losenord("Vera", "https://wis.example/konto/abc")
    assert "30 minuter" in reset.text
    assert "https://wis.example/konto/abc\n" in reset.text
    added = brev.tillagd("Vera", "Nacka kommun", "skribent", "https://wis.example")
    assert "med det lösenord du har" in added.text
