"""An event's pages, as each kind of person meets them."""

from datetime import timedelta
from html import unescape
from importlib import metadata

import pytest
from sqlalchemy import select

from tests.factories import en_aktor, en_handelse, en_person_hos, subjekt_for
from tests.web.ytor_data import (
    FLIKAR,
    SLUG,
    LoggaIn,
    besluta,
    bygg_lage,
    ett_utskick,
    fragor,
    html,
    publicera,
    ratta,
    underratta,
)
from wis import clock
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Beslutsslag, Handelse
from wis.settings import Settings
from wis.tx import transaction
from wis.ytor.queries import Post, Urval, tidslinje


@pytest.fixture
def lage(database: Database) -> Database:
    """The event of ytor_data, activated."""
    bygg_lage(database)
    return database


# --- the event's page ----------------------------------------------------------------------------------------------


def test_the_samlade_comes_first_then_each_actor_in_swedish_order(lage: Database, logga_in: LoggaIn) -> None:
    sida = html(logga_in("lasare@nacka.example"), f"/handelser/{SLUG}")
    places = [sida.index(text) for text in ("Samlat: E18", ">Polisen<", ">Region-Stockholm<", ">Trafikverket<")]
    assert places == sorted(places)
    assert "för 2 tim sedan" in sida


def test_the_reader_sees_since_when_and_why_it_is_aktiverat(lage: Database, logga_in: LoggaIn) -> None:
    sida = html(logga_in("lasare@nacka.example"), f"/handelser/{SLUG}")
    assert "Aktiverat läge" in sida
    assert "SMHI varnar för mycket snö." in sida


def test_a_broken_promise_says_for_how_long_and_a_kept_one_when(lage: Database, logga_in: LoggaIn) -> None:
    sida = html(logga_in("lasare@nacka.example"), f"/handelser/{SLUG}")
    assert "Överskriden med <span data-omfang>40 min</span>" in sida
    assert "om 25 min" in sida
    assert "Ingen tid utlovad" in sida


def test_nothing_is_late_in_a_closed_event(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        session.execute(Handelse.__table__.update().values(stangd=clock.now()))  # type: ignore[attr-defined]
    sida = html(logga_in("lasare@nacka.example"), f"/handelser/{SLUG}")
    assert "Överskriden" not in sida
    assert "Stängd" in sida


def test_the_description_is_folded_and_the_summary_is_the_first_thing_below_the_tabs(
    lage: Database, logga_in: LoggaIn
) -> None:
    sida = html(logga_in("lasare@nacka.example"), f"/handelser/{SLUG}")
    assert '<details class="beskrivning"><summary>Om händelsen' in sida
    below = sida.split('class="flikar"')[1]
    assert below.index("Samlat: E18") < below.index("Du har inte läst den här händelsen förut")


def test_the_button_that_marks_all_as_read_is_only_for_who_has_no_scripts(lage: Database, logga_in: LoggaIn) -> None:
    sida = html(logga_in("lasare@nacka.example"), f"/handelser/{SLUG}")
    form = sida.split('<form class="lasmarke"')[1].split("</form>")[0]
    assert " data-last>" in form
    assert 'class="knapp knapp-sekundar bara-utan-skript">Markera allt läst' in form


def test_what_the_event_is_now_is_told_by_the_last_decision_and_not_by_a_change_of_words(
    lage: Database, logga_in: LoggaIn
) -> None:
    with transaction(lage) as session:
        besluta(session, session.scalars(select(Handelse)).one(), Beslutsslag.ANDRAD, "Ändrat: typ.")
    with fragor(lage) as seen:
        sida = html(logga_in("lasare@nacka.example"), f"/handelser/{SLUG}")
    assert "SMHI varnar för mycket snö." in sida
    assert "Ändrat: typ." not in sida
    assert all("LIMIT" in fraga for fraga in seen if "handelsebeslut.motivering" in fraga and "anon" not in fraga)


def test_the_footer_says_which_version_runs(lage: Database, logga_in: LoggaIn) -> None:
    assert f"<p>wis {metadata.version('wis')}</p>" in html(logga_in("lasare@nacka.example"), "/")


def test_actors_that_have_not_reported_are_named_when_they_are_few_and_else_counted(
    lage: Database, logga_in: LoggaIn
) -> None:
    client = logga_in("lasare@nacka.example")
    assert "Har inte delat någon lägesbild med er: Lansstyrelsen, Skrivarnas" in html(client, f"/handelser/{SLUG}")
    with transaction(lage) as session:
        for nummer in range(8):
            en_aktor(session, f"kommun-{nummer}")
    # Nothing in the event has changed: the page may stand as it was drawn for half a minute.
    with clock.at(clock.now() + timedelta(seconds=31)):
        assert "10 aktörer har inte delat någon lägesbild med er" in html(client, f"/handelser/{SLUG}")


@pytest.mark.parametrize(
    ("epost", "far", "nekas"),
    [
        ("lasare@nacka.example", [], ["Skriv lägesbild för Nacka", "Ny underrättelse", "Redigera"]),
        ("skribent@trafikverket.example", ["Skriv lägesbild för Trafikverket"], ["Ny underrättelse", "Ändra läge"]),
        ("talesperson@trafikverket.example", ["Ny underrättelse"], ["Skriv samlad lägesbild", "Redigera"]),
        (
            "redaktor@lansstyrelsen.example",
            [
                "Skriv lägesbild för Lansstyrelsen",
                "Ny underrättelse",
                "Skriv samlad lägesbild",
                "Ändra läge",
                "Redigera",
            ],
            [],
        ),
    ],
)
def test_each_one_gets_the_acts_that_they_may_do_and_for_the_rest_the_reason(
    lage: Database, logga_in: LoggaIn, epost: str, far: list[str], nekas: list[str]
) -> None:
    sida = html(logga_in(epost), f"/handelser/{SLUG}")
    for text in far:
        assert f">{text}</a>" in sida, text
    for text in nekas:
        assert f"<summary>{text} <span" in sida, text
    assert ("Varför inte?" in sida) == bool(nekas)


@pytest.mark.parametrize("flik", FLIKAR)
def test_the_tab_one_is_at_is_marked(lage: Database, logga_in: LoggaIn, flik: str) -> None:
    sida = html(logga_in("lasare@nacka.example"), f"/handelser/{SLUG}{flik}")
    assert f'<a href="/handelser/{SLUG}{flik}" aria-current="page">' in sida


@pytest.mark.parametrize("flik", FLIKAR)
def test_an_actor_that_was_not_chosen_can_not_know_of_the_event(
    database: Database, logga_in: LoggaIn, flik: str
) -> None:
    with transaction(database) as session:
        en_handelse(session, slug="hemlig", rubrik="Hemligheten", lasare=["polisen"])
        en_person_hos(session, "nacka", Roll.REDAKTOR, epost="r@nacka.example")
        en_person_hos(session, "polisen", Roll.LASARE, epost="l@polisen.example")
    assert "Hemligheten" not in html(logga_in("r@nacka.example"), f"/handelser/hemlig{flik}", 404)
    assert "Hemligheten" in html(logga_in("l@polisen.example"), f"/handelser/hemlig{flik}")


@pytest.mark.parametrize("flik", FLIKAR)
def test_an_administrator_without_a_role_reads_no_event_and_is_told_why(
    lage: Database, logga_in: LoggaIn, flik: str
) -> None:
    sida = html(logga_in("admin@nacka.example"), f"/handelser/{SLUG}{flik}", 403)
    assert "Att vara administratör ger ingen läsrätt." in sida
    assert "Snöoväder" not in sida


@pytest.mark.parametrize("flik", FLIKAR)
def test_an_exercise_is_marked_on_every_tab(database: Database, logga_in: LoggaIn, flik: str) -> None:
    with transaction(database) as session:
        en_handelse(session, slug="ovning", ovning=True)
        en_person_hos(session, "nacka", epost="l@nacka.example")
    sida = html(logga_in("l@nacka.example"), f"/handelser/ovning{flik}")
    assert "ÖVNING ÖVNING ÖVNING" in sida


# --- the other tabs ------------------------------------------------------------------------------------------------


def test_the_timeline_shows_all_kinds_newest_first(lage: Database, logga_in: LoggaIn) -> None:
    sida = html(logga_in("lasare@nacka.example"), f"/handelser/{SLUG}/tidslinje")
    places = [
        sida.index(text) for text in ("E18 avstängd</a>", ">Samlad lägesbild, version 1<", ">Lägesbild, version 2<")
    ]
    assert places == sorted(places)
    assert "SMHI varnar för mycket snö." in sida


def test_the_timeline_is_filtered_by_actor_and_kind(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in("lasare@nacka.example")
    sida = html(client, f"/handelser/{SLUG}/tidslinje?aktor=trafikverket&slag=lagesbild")
    assert sida.count('class="tidsrad') == 2
    assert html(client, f"/handelser/{SLUG}/tidslinje?slag=beslut").count('class="tidsrad') == 1
    assert html(client, f"/handelser/{SLUG}/tidslinje?slag=samlad").count('class="tidsrad') == 1
    assert "inget att visa" in html(client, f"/handelser/{SLUG}/tidslinje?aktor=finns-inte")
    assert html(client, f"/handelser/{SLUG}/tidslinje?slag=hittepa&sida=x").count('class="tidsrad') == 7
    okand = html(client, f"/handelser/{SLUG}/tidslinje?till=kl+tio")
    assert "”kl tio” är ingen tid." in okand
    assert 'value="kl tio"' in okand


def test_the_timeline_is_leafed_through_fifty_at_a_time(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        handelse = session.scalars(select(Handelse)).one()
        for nummer in range(50):
            publicera(session, handelse, "polisen", nar=clock.now() - timedelta(days=1, minutes=nummer))
    client = logga_in("lasare@nacka.example")
    first = html(client, f"/handelser/{SLUG}/tidslinje")
    assert first.count('class="tidsrad') == 50
    aldre = unescape(first.partition("</main>")[0].split('href="')[-1].split('"')[0])
    # What comes meanwhile moves nothing from one page to the other.
    with transaction(lage) as session:
        underratta(session, session.scalars(select(Handelse)).one(), "Mitt i läsningen")
    andra = html(client, aldre)
    assert andra.count('class="tidsrad') == 7
    assert "Visa äldre" not in andra
    assert f'href="/handelser/{SLUG}/tidslinje">Visa det senaste' in andra


def test_leafing_shows_each_thing_once_though_many_have_the_same_moment(
    varje_databas: Database, settings: Settings
) -> None:
    now = clock.now()
    with transaction(varje_databas) as session, clock.at(now):
        who = subjekt_for(session, en_person_hos(session, "nacka"))
        handelse = en_handelse(session, slug=SLUG)
        for nummer in range(4):
            publicera(session, handelse, f"aktor-{nummer}")
            publicera(session, handelse, None)
            ratta(session, underratta(session, handelse, f"Nummer {nummer}"))
            besluta(session, handelse, Beslutsslag.LAGE, f"Skäl {nummer}")
        session.flush()
        hela = tidslinje(session, who, handelse, Urval(antal=100))
        bitvis: list[Post] = []
        while sida := tidslinje(session, who, handelse, Urval(fore=bitvis[-1].plats if bitvis else None, antal=3)):
            bitvis += sida
    assert len(hela) == 20
    assert bitvis == hela


@pytest.mark.parametrize(
    "query",
    [
        "sida=99999999999999999999999",
        "sedan=0001-01-01T00:00:00%2B10:00",
        "sedan=9999-12-31T23:59:59-10:00",
        "fore=0001-01-01T00:00:00%2B10:00_beslut_1_0",
        f"fore=2026-11-22T14:00:00%2B00:00_beslut_{'9' * 18}_{'9' * 18}",
        f"fore=2026-11-22T14:00:00%2B00:00_beslut_{'9' * 40}_0",
        "fore=x",
    ],
)
def test_an_address_that_no_page_of_ours_has_is_still_a_page(lage: Database, logga_in: LoggaIn, query: str) -> None:
    client = logga_in("lasare@nacka.example")
    for flik in FLIKAR:
        html(client, f"/handelser/{SLUG}{flik}?{query}")


def test_every_version_is_listed_with_what_it_can_be_compared_to(lage: Database, logga_in: LoggaIn) -> None:
    sida = html(logga_in("lasare@nacka.example"), f"/handelser/{SLUG}/versioner")
    assert f"/handelser/{SLUG}/lagesbild/trafikverket/versioner/1" in sida
    assert f"/handelser/{SLUG}/lagesbild/trafikverket/jamfor/1/2" in sida
    assert (
        sida.index("<h2>Samlad lägesbild</h2>") < sida.index("<h2>Polisen</h2>") < sida.index("<h2>Trafikverket</h2>")
    )


def test_an_actor_follows_its_own_dispatches_and_nobody_elses(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        ett_utskick(session, "trafikverket", "Vägen är avstängd")
        ett_utskick(session, "polisen", "Polisens egna")
    sida = html(logga_in("skribent@trafikverket.example"), f"/handelser/{SLUG}/utskick")
    assert "Vägen är avstängd" in sida
    assert "Polisens egna" not in sida


def test_a_reader_is_told_why_the_dispatches_are_not_shown(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        ett_utskick(session, "nacka", "Nackas egna")
    sida = html(logga_in("lasare@nacka.example"), f"/handelser/{SLUG}/utskick")
    assert "behövs rollen skribent" in sida
    assert "Nackas egna" not in sida
