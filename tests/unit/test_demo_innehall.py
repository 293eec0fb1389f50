"""The demo's content: is it whole, in order, believable and free of real people's data."""

import csv
import re
import tomllib
from datetime import UTC, datetime
from importlib import resources
from itertools import pairwise
from typing import Any

import phonenumbers
import pytest

from wis.demo import mallar
from wis.demo.innehall import Innehall, las
from wis.handelser.models import Typ
from wis.handelser.rules import MAX_BESKRIVNING, MAX_MOTIVERING
from wis.handelser.rules import MAX_RUBRIK as MAX_HANDELSERUBRIK
from wis.lagesbild import rader
from wis.lagesbild.mall import MAX_NOTERING, SAMMANFATTNING, STANDARD, Avsnittsslag, Mall
from wis.lagesbild.mallregler import som_mall
from wis.notiser.sms import mat
from wis.underrattelser.models import MAX_RUBRIK, MAX_TEXT

ROLLER = {"lasare", "skribent", "talesperson", "redaktor", "administrator"}
SLAG = {"lagesbild", "underrattelse", "lage"}
GRADER = {"Ingen", "Måttlig", "Betydande", "Allvarlig", "Kritisk"}
HANDELSER = {"snoovader-svealand", "ovning-sodra-lank", "ordinarie-lage", "vattenlacka-lidingo", "elavbrott-ekero"}
# Midnight, a working hour and both sides of a summer-time change: texts may grow with the weekday's name.
TIDPUNKTER = [
    datetime(2026, 1, 14, 23, 1, tzinfo=UTC),
    datetime(2026, 11, 26, 8, 17, tzinfo=UTC),
    datetime(2026, 3, 29, 3, 30, tzinfo=UTC),
]
EGNA = {(rad["aktor"], rad["typ"]): som_mall(mallar.rader(rad)) for rad in las(TIDPUNKTER[0]).mallar}
"""The actors' own templates."""


@pytest.fixture(scope="module", params=TIDPUNKTER, ids=str)
def innehall(request: pytest.FixtureRequest) -> Innehall:
    return las(request.param)


def _filer() -> list[Any]:
    return [path for path in resources.files("wis.demo").iterdir() if path.name.endswith(".toml")]


def _aktorer() -> set[str]:
    """Those that the project ships, and the demo's own."""
    with resources.files("wis.aktorer").joinpath("aktorer.csv").open(encoding="utf-8") as file:
        return {row["slug"] for row in csv.DictReader(file)} | {rad["slug"] for rad in las(TIDPUNKTER[0]).aktorer}


def _roller(innehall: Innehall) -> dict[tuple[str, str], set[str]]:
    """(e-mail, actor) → roles."""
    found: dict[tuple[str, str], set[str]] = {}
    for person in innehall.personer:
        for rad in person["roller"]:
            found.setdefault((person["epost"], rad["aktor"]), set()).add(rad["roll"])
    return found


def _handelse(innehall: Innehall, slug: str) -> dict[str, Any]:
    return next(h for h in innehall.handelser if h["handelse"]["slug"] == slug)


def _versioner(innehall: Innehall) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [(h["handelse"], v) for h in innehall.handelser for v in h["version"]]


def _mall(handelse: dict[str, Any], version: dict[str, Any]) -> Mall:
    """The template that the version is written by."""
    egen = None if version.get("samlad") else EGNA.get((version["aktor"], handelse["typ"]))
    return STANDARD if egen is None else egen


def _underrattelser(innehall: Innehall) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [(h["handelse"], u) for h in innehall.handelser for u in h["underrattelse"]]


def _serier(handelse: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The event's lägesbilder, each as its versions, oldest first."""
    serier: dict[str, list[dict[str, Any]]] = {}
    for version in sorted(handelse["version"], key=lambda v: -v["min"]):
        serier.setdefault("samlad" if version.get("samlad") else version["aktor"], []).append(version)
    return serier


def _texter(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texter(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texter(part)]
    return [value] if isinstance(value, str) else []


# --- files and people ---------------------------------------------------------------------------------------------


def test_no_file_is_too_long_to_read() -> None:
    assert all(len(path.read_text(encoding="utf-8").splitlines()) <= 400 for path in _filer())


def test_times_are_in_order_within_every_file() -> None:
    for path in _filer():
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        for slag in ("version", "underrattelse"):
            minuter = [rad["min"] for rad in content.get(slag, [])]
            assert minuter == sorted(minuter, reverse=True), (path.name, slag)


def test_the_four_named_logins_have_their_roles(innehall: Innehall) -> None:
    roller = _roller(innehall)
    assert roller["tib@lansstyrelsen.example", "lansstyrelsen"] == {"redaktor", "administrator"}
    assert roller["talesperson@trafikverket.example", "trafikverket"] == {"talesperson"}
    assert roller["kommunikator@nacka.example", "nacka"] == {"lasare"}
    assert roller["admin@nacka.example", "nacka"] == {"administrator"}


def test_the_nacka_communicator_is_told_of_everything_by_sms_and_mail_at_any_hour(innehall: Innehall) -> None:
    person = next(p for p in innehall.personer if p["epost"] == "kommunikator@nacka.example")
    val = {p["slag"]: (p["sms"], p["epost"], p.get("omfattning", "alla")) for p in person["prenumerationer"]}
    assert val == dict.fromkeys(SLAG, (True, True, "alla"))
    assert "telefon" in person
    assert "tyst" not in person


def test_every_person_is_whole_and_every_choice_is_one_that_exists(innehall: Innehall) -> None:
    omfattningar = {"alla", "ovningar"} | HANDELSER
    for person in innehall.personer:
        assert set(person) - {"telefon", "tyst"} == {"epost", "namn", "roller", "prenumerationer"}
        assert {rad["aktor"] for rad in person["roller"]} <= _aktorer()
        assert {rad["roll"] for rad in person["roller"]} <= ROLLER
        val = [(p["slag"], p.get("omfattning", "alla")) for p in person["prenumerationer"]]
        assert len(val) == len(set(val)), person["epost"]
        assert {slag for slag, _ in val} <= SLAG
        assert {omfattning for _, omfattning in val} <= omfattningar
        assert all(re.fullmatch(r"\d\d:\d\d", tid) for tid in person.get("tyst", []))
        assert len(person.get("tyst", [])) in (0, 2)


def test_the_people_are_many_and_different_enough_to_show_what_can_happen(innehall: Innehall) -> None:
    personer = innehall.personer
    aktorer_per_person = [{rad["aktor"] for rad in p["roller"]} for p in personer]
    utan_kanal = [
        p for p in personer if "telefon" not in p and any(v["sms"] and not v["epost"] for v in p["prenumerationer"])
    ]
    assert 40 <= len(personer) <= 50
    assert len(set().union(*aktorer_per_person)) >= 14
    assert any(len(aktorer) == 2 for aktorer in aktorer_per_person)
    assert len(utan_kanal) >= 2
    assert sum("tyst" in p for p in personer) >= 3
    assert sum(any(rad["roll"] == "skribent" for rad in p["roller"]) for p in personer) >= 5


def test_nobody_real_can_be_reached(innehall: Innehall) -> None:
    """Numbers from the series that PTS reserves for fiction (070-1740605 to 070-1740699), mail under .example."""
    telefoner = [p["telefon"] for p in innehall.personer if "telefon" in p]
    assert len(telefoner) == len(set(telefoner))
    for telefon in telefoner:
        assert 46701740605 <= int(telefon.removeprefix("+")) <= 46701740699
        assert phonenumbers.is_valid_number(phonenumbers.parse(telefon))
    adresser = [p["epost"] for p in innehall.personer]
    assert len(adresser) == len(set(adresser))
    assert all(re.fullmatch(r"[a-z0-9.-]+@[a-z0-9-]+\.example", adress) for adress in adresser)


def test_no_text_names_an_address_a_phone_number_or_a_web_page(innehall: Innehall) -> None:
    # 113 13, the public information number, is five digits and so passes.
    nummer = re.compile(r"(?<![\d.,])(?:\+46|0)[\d -]{6,}\d")
    for text in _texter(innehall.handelser):
        if not re.fullmatch(r"[a-z0-9.-]+@[a-z0-9-]+\.example", text):
            assert "@" not in text, text
        assert not nummer.search(text), text
        assert "http" not in text, text


def test_no_clock_time_is_left_unfilled_or_misspelt(innehall: Innehall) -> None:
    for text in _texter([innehall.personer, innehall.handelser]):
        assert "{" not in text, text
        assert "}" not in text, text


# --- events -------------------------------------------------------------------------------------------------------


def test_the_five_events_are_there_and_whole(innehall: Innehall) -> None:
    assert {h["handelse"]["slug"] for h in innehall.handelser} == HANDELSER
    for rad in innehall.handelser:
        handelse = rad["handelse"]
        assert set(handelse) - {"lage", "stangd_min", "stangd_motivering"} == {
            "slug", "rubrik", "typ", "beskrivning", "agare", "ovning", "lasare", "oppnad_min",
        }  # fmt: skip
        assert handelse["typ"] in set(Typ)
        assert {handelse["agare"], *handelse["lasare"]} <= _aktorer()
        assert len(handelse["rubrik"]) <= MAX_HANDELSERUBRIK
        assert len(handelse["beskrivning"]) <= MAX_BESKRIVNING


def test_each_event_is_in_the_state_it_is_to_show(innehall: Innehall) -> None:
    def lage(slug: str) -> str:
        beslut = _handelse(innehall, slug)["handelse"].get("lage", [])
        return str(beslut[-1]["lage"]) if beslut else "ordinarie"

    assert {slug: lage(slug) for slug in HANDELSER} == {
        "snoovader-svealand": "aktiverat",
        "ovning-sodra-lank": "aktiverat",
        "elavbrott-ekero": "aktiverat",
        "ordinarie-lage": "ordinarie",
        "vattenlacka-lidingo": "ordinarie",
    }
    assert [h["handelse"]["slug"] for h in innehall.handelser if h["handelse"]["ovning"]] == ["ovning-sodra-lank"]
    assert [h["handelse"]["slug"] for h in innehall.handelser if h["handelse"]["lasare"]] == ["elavbrott-ekero"]
    assert [h["handelse"]["slug"] for h in innehall.handelser if "stangd_min" in h["handelse"]] == [
        "vattenlacka-lidingo"
    ]


def test_everything_happens_while_the_event_is_open_and_by_one_who_may(innehall: Innehall) -> None:
    roller = _roller(innehall)
    for rad in innehall.handelser:
        handelse = rad["handelse"]
        beslut = handelse.get("lage", [])
        for post in rad["version"] + rad["underrattelse"] + beslut:
            assert handelse.get("stangd_min", 0) < post["min"] <= handelse["oppnad_min"]
            wanted = {"redaktor"} if post.get("samlad") else {"talesperson", "redaktor"}
            assert roller[post["person"], post["aktor"]] & wanted, (handelse["slug"], post["min"])
            assert not handelse["lasare"] or post["aktor"] in handelse["lasare"]
        minuter = [post["min"] for post in beslut]
        assert minuter == sorted(set(minuter), reverse=True)


def test_every_decision_changes_the_lage_and_says_why(innehall: Innehall) -> None:
    for rad in innehall.handelser:
        beslut = rad["handelse"].get("lage", [])
        # An event opens as ordinarie, so that the first decision must say something else.
        assert all(a != b for a, b in pairwise(["ordinarie", *(b["lage"] for b in beslut)]))
        assert all(20 < len(b["motivering"]) <= MAX_MOTIVERING for b in beslut)
        assert ("stangd_min" in rad["handelse"]) == bool(rad["handelse"].get("stangd_motivering"))


# --- lägesbilder --------------------------------------------------------------------------------------------------


def test_every_version_is_whole(innehall: Innehall) -> None:
    required = {"min", "aktor", "person", "andringsnotering"}
    for handelse, version in _versioner(innehall):
        where = (handelse["slug"], version["aktor"], version["min"])
        assert (
            set(version) - {"nasta_om_min", "oforandrad", "samlad", "sektioner", "tlp", "lagrum", "lasare"} == required
        ), where
        assert ("sektioner" in version) != version.get("oforandrad", False), where
        sektioner = version.get("sektioner", {SAMMANFATTNING: "Samma"})
        assert set(sektioner) <= set(_mall(handelse, version).nycklar), where
        assert sektioner[SAMMANFATTNING], where
        assert all(text.strip() for text in sektioner.values()), where
        assert len(version["andringsnotering"]) <= MAX_NOTERING, where
        assert version.get("nasta_om_min", 1) > 0, where


def test_a_summary_fits_two_sms_and_costs_no_special_characters(innehall: Innehall) -> None:
    for handelse, version in _versioner(innehall):
        if "sektioner" in version:
            text = version["sektioner"][SAMMANFATTNING]
            assert len(text) <= 300, (len(text), text)
            assert mat(text).kodning == "GSM-7", (handelse["slug"], text)


def test_what_stands_in_rows_can_be_published(innehall: Innehall) -> None:
    """Consequences are rows, or a table as markdown writes it; both say how hard in words that exist."""
    for handelse, version in _versioner(innehall):
        where = (handelse["slug"], version["aktor"], version["min"])
        for nyckel, text in version.get("sektioner", {}).items():
            slag = next(a.slag for a in _mall(handelse, version).avsnitt if a.nyckel == nyckel)
            funna, resten = rader.dela(text.strip(), slag)
            assert rader.granska(funna, slag) == "", where
            tabell = [[cell.strip() for cell in rad.strip("|").split("|")] for rad in resten.splitlines()]
            if slag is Avsnittsslag.KONSEKVENSER and resten:
                assert tabell[0] == ["Funktion", "Påverkan", "Kommentar"], where
                assert {rad[1] for rad in tabell[2:]} <= GRADER, where
            elif slag.kolumner:
                assert "|" not in resten, where


def test_a_visitor_sees_rows_figures_that_move_and_an_actors_own_template(innehall: Innehall) -> None:
    sno = _handelse(innehall, "snoovader-svealand")
    senaste = _serier(sno)["samlad"][-1]["sektioner"]
    assert {"nyckeltal", "konsekvenser", "atgarder_planerade", "alternativ"} <= set(senaste)
    talen = [rader.dela(v["sektioner"]["nyckeltal"].strip(), Avsnittsslag.NYCKELTAL)[0] for v in _serier(sno)["samlad"]]
    assert {"ökat", "oförändrat"} <= {ett.trend for ett in rader.nyckeltal(talen[2], talen[1])}
    assert any(rad["aktor"] == "nacka" and rad["typ"] == sno["handelse"]["typ"] for rad in innehall.mallar)
    assert "egen_1" in _serier(sno)["nacka"][-1]["sektioner"]


def test_consecutive_versions_revise_each_other(innehall: Innehall) -> None:
    for rad in innehall.handelser:
        for serie in _serier(rad).values():
            assert serie[0]["andringsnotering"] == ""
            assert not serie[0].get("oforandrad")
            assert all(v["andringsnotering"] for v in serie[1:])
            assert len({v["min"] for v in serie}) == len(serie)
            for forra, nasta in pairwise([v for v in serie if "sektioner" in v]):
                gamla, nya = (set(" ".join(_texter(v["sektioner"])).split()) for v in (forra, nasta))
                delat = len(gamla & nya) / len(gamla | nya)
                assert 0.15 < delat < 0.95, (rad["handelse"]["slug"], nasta["aktor"], nasta["min"], delat)


def test_the_snowstorm_has_what_the_tour_shows(innehall: Innehall) -> None:
    serier = _serier(_handelse(innehall, "snoovader-svealand"))
    assert set(serier) == {
        "samlad", "lansstyrelsen", "trafikverket", "polisen", "region-stockholm", "nacka", "norrtalje",
    }  # fmt: skip
    assert len(serier["samlad"]) == 3
    assert all(2 <= len(serie) <= 5 for serie in serier.values())
    senaste = serier["samlad"][-1]
    assert 20 <= senaste["min"] <= 30
    assert 4000 <= len("".join(senaste["sektioner"].values()).encode()) <= 6500
    assert any(v.get("oforandrad") for v in serier["nacka"])


def test_only_norrtalje_is_late_with_its_promised_update(innehall: Innehall) -> None:
    serier = _serier(_handelse(innehall, "snoovader-svealand"))
    utlovat = {namn: serie[-1]["min"] - serie[-1].get("nasta_om_min", 10**6) for namn, serie in serier.items()}
    assert [namn for namn, kvar in utlovat.items() if kvar > 0] == ["norrtalje"]


# --- underrättelser -----------------------------------------------------------------------------------------------


def test_every_underrattelse_and_its_correction_is_whole_and_short(innehall: Innehall) -> None:
    for handelse, post in _underrattelser(innehall):
        where = (handelse["slug"], post["min"])
        assert set(post) - {"rattelse", "tlp"} == {"min", "aktor", "person", "bradskande", "rubrik", "text"}, where
        utgavor = [post, *post.get("rattelse", [])]
        assert all(set(r) == {"min", "rubrik", "text"} for r in utgavor[1:]), where
        assert all(a["min"] > b["min"] for a, b in pairwise(utgavor)), where
        for utgava in utgavor:
            assert 0 < len(utgava["rubrik"]) <= MAX_RUBRIK, where
            assert 0 < len(utgava["text"]) <= MAX_TEXT, where
            assert mat(f"{utgava['rubrik']}\n{utgava['text']}").kodning == "GSM-7", where


def test_the_underrattelser_are_as_many_as_the_tour_needs(innehall: Innehall) -> None:
    sno = _handelse(innehall, "snoovader-svealand")["underrattelse"]
    assert 6 <= len(sno) <= 8
    assert sum(u["bradskande"] for u in sno) == 2
    assert sum("rattelse" in u for u in sno) == 1
    assert len(_handelse(innehall, "ordinarie-lage")["underrattelse"]) == 5
