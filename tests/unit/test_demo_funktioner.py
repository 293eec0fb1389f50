"""The demo's functions, narrowed lägesbilder and open questions: whole, and held by people who may."""

import re
from datetime import UTC, datetime
from itertools import pairwise

import phonenumbers
import pytest

from wis.auth.demokonton import inloggningar
from wis.auth.krets import Tlp
from wis.auth.rules import Roll
from wis.begaran.svarsfalt import GRADER
from wis.demo.innehall import Innehall, las
from wis.funktioner.rules import LANGSTA_TJANST, MAX_KORTNAMN, MAX_NAMN
from wis.lagesbild.kallor import alla


@pytest.fixture(scope="module")
def innehall() -> Innehall:
    return las(datetime(2026, 11, 26, 8, 17, tzinfo=UTC))


def _hos(innehall: Innehall) -> set[tuple[str, str]]:
    """(e-mail, actor) of everybody."""
    return {(person["epost"], rad["aktor"]) for person in innehall.personer for rad in person["roller"]}


def _administratorer(innehall: Innehall) -> set[tuple[str, str]]:
    roller = ((person["epost"], rad) for person in innehall.personer for rad in person["roller"])
    return {(epost, rad["aktor"]) for epost, rad in roller if rad["roll"] == "administrator"}


def test_the_shared_secretariat_has_rsib_and_rkk_and_three_actors_have_tib(innehall: Innehall) -> None:
    finns = {(rad["aktor"], rad["kortnamn"]) for rad in innehall.funktioner}
    assert {("samverkan", "RSIB"), ("samverkan", "RKK")} <= finns
    assert {aktor for aktor, kortnamn in finns if kortnamn == "TiB"} == {"lansstyrelsen", "nacka", "trafikverket"}
    assert [rad["slug"] for rad in innehall.aktorer] == ["samverkan"]


def test_every_function_is_whole_and_held_by_people_of_its_actor(innehall: Innehall) -> None:
    for rad in innehall.funktioner:
        assert set(rad) - {"telefon", "epost", "turer"} == {
            "aktor", "kortnamn", "namn", "roll", "upplagd_av", "far_ga_i_tjanst",
        }  # fmt: skip
        assert rad["roll"] in set(Roll)
        assert len(rad["kortnamn"]) <= MAX_KORTNAMN
        assert len(rad["namn"]) <= MAX_NAMN
        assert (rad["upplagd_av"], rad["aktor"]) in _administratorer(innehall)
        assert {(epost, rad["aktor"]) for epost in rad["far_ga_i_tjanst"]} <= _hos(innehall)


def test_some_are_on_duty_and_some_functions_wait_for_somebody(innehall: Innehall) -> None:
    antal = [len(rad.get("turer", [])) for rad in innehall.funktioner]
    assert 0 in antal
    assert max(antal) > 1
    for rad in innehall.funktioner:
        turer = rad.get("turer", [])
        assert {tur["person"] for tur in turer} <= set(rad["far_ga_i_tjanst"])
        assert all(a["min"] > b["min"] for a, b in pairwise(turer))
        assert all(0 < tur["timmar"] * 3600 <= LANGSTA_TJANST.total_seconds() for tur in turer)
        # The last is on duty yet, for an hour at least.
        assert all(tur["timmar"] * 60 - tur["min"] > 60 for tur in turer[-1:])


def test_no_function_can_be_reached_in_earnest_and_none_shares_a_persons_channel(innehall: Innehall) -> None:
    telefoner = [rad["telefon"] for rad in innehall.funktioner if "telefon" in rad]
    adresser = [rad["epost"] for rad in innehall.funktioner if "epost" in rad]
    for telefon in telefoner:
        assert 46701740605 <= int(telefon.removeprefix("+")) <= 46701740699
        assert phonenumbers.is_valid_number(phonenumbers.parse(telefon))
    assert all(re.fullmatch(r"[a-z0-9.-]+@[a-z0-9-]+\.example", adress) for adress in adresser)
    assert len(set(telefoner)) == len(telefoner)
    assert set(telefoner).isdisjoint(person.get("telefon") for person in innehall.personer)
    assert set(adresser).isdisjoint(person["epost"] for person in innehall.personer)


def test_the_login_page_offers_an_administrator_whose_actor_has_a_tib(innehall: Innehall) -> None:
    offered = [epost for epost, _ in inloggningar()]
    assert len(offered) <= 5
    har_tib = {rad["aktor"] for rad in innehall.funktioner if rad["kortnamn"] == "TiB"}
    assert {aktor for epost, aktor in _administratorer(innehall) if epost in offered} & har_tib


def test_one_lagesbild_is_narrowed_and_labelled_and_a_question_about_it_waits(innehall: Innehall) -> None:
    [(slug, version)] = [
        (rad["handelse"]["slug"], v) for rad in innehall.handelser for v in rad["version"] if "lasare" in v
    ]
    assert Tlp(version["tlp"]) is Tlp.AMBER
    assert version["lagrum"] == "18 kap. 1 § OSL"
    [fraga] = innehall.fragor
    assert (fraga["handelse"], fraga["till"]) == (slug, version["aktor"])
    assert not set(fraga["for"]) & set(version["lasare"])
    assert fraga["min"] < version["min"]
    assert (fraga["person"], fraga["aktor"]) in _hos(innehall)


def test_one_underrattelse_is_green_so_that_its_sms_holds_title_and_link_alone(innehall: Innehall) -> None:
    markta = [post["tlp"] for rad in innehall.handelser for post in rad["underrattelse"] if "tlp" in post]
    assert markta == [Tlp.GREEN.value]


def test_a_begaran_is_partly_answered_once_changed_and_not_due_yet(innehall: Innehall) -> None:
    [fraga] = [rad for handelse in innehall.handelser for rad in handelse["begaran"]]
    svarat = [rad for rad in fraga["svar"] if "svar" in rad]
    assert {(rad["person"], rad["aktor"]) for rad in fraga["svar"]} <= _hos(innehall)
    assert {rad["aktor"] for rad in fraga["svar"]} < set(fraga["aktorer"])
    assert len(svarat) > len({rad["aktor"] for rad in svarat}) > 1
    assert any("svar" not in rad for rad in fraga["svar"])
    # Nobody is reminded while somebody looks about, or while the tests run.
    assert fraga["frist_om_min"] - fraga["min"] - max(fraga["paminn_fore"]) >= 60
    for rad in svarat:
        assert rad["svar"]["1"] in GRADER
        assert rad["svar"]["3"] in fraga["fraga"][2]["val"]


def test_the_samlade_says_where_its_words_are_from_in_versions_that_are_the_latest_then(innehall: Innehall) -> None:
    sno = next(rad for rad in innehall.handelser if rad["handelse"]["slug"] == "snoovader-svealand")
    samlad = min((v for v in sno["version"] if v.get("samlad")), key=lambda v: v["min"])
    kallor = {kalla for text in samlad["sektioner"].values() for kalla in alla(text)}
    assert len({kalla.aktor for kalla in kallor}) >= 3
    for kalla in kallor:
        egna = [v for v in sno["version"] if v["aktor"] == kalla.aktor and not v.get("samlad")]
        fore = sorted((v for v in egna if v["min"] > samlad["min"]), key=lambda v: -v["min"])
        assert (kalla.nummer, kalla.nyckel in fore[-1]["sektioner"]) == (len(fore), True)
