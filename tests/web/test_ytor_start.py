"""The start page, what is new since one looked, and what the pages cost."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.conftest import en_app
from tests.factories import LOSENORD, en_handelse, en_person_hos
from tests.web.ytor_data import (
    FLIKAR,
    SLUG,
    TIMME,
    LoggaIn,
    besluta,
    bygg_lage,
    ett_utskick,
    fragor,
    html,
    las_till,
    publicera,
    ratta,
    underratta,
)
from wis import clock
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Beslutsslag, Handelse, Lage
from wis.settings import Settings
from wis.tx import transaction
from wis.ytor.models import Lasmarke


@pytest.fixture
def lage(database: Database) -> Database:
    """The event of ytor_data, activated."""
    bygg_lage(database)
    return database


# --- what is new since I last looked -------------------------------------------------------------------------------


def test_what_has_come_since_i_looked_is_marked_with_a_link_to_what_changed(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in("lasare@nacka.example")
    assert las_till(client, clock.now() - timedelta(hours=2, minutes=30)) == 302
    sida = html(client, f"/handelser/{SLUG}")
    assert "Se vad som ändrats sedan version 1" in sida
    assert f"/handelser/{SLUG}/lagesbild/trafikverket/jamfor/1/2" in sida
    las_till(client, clock.now())
    sida = html(client, f"/handelser/{SLUG}")
    assert "NYTT" not in sida
    assert "Markera allt läst" not in sida


def test_marks_that_stood_when_the_page_was_opened_stay_when_it_is_fetched_again(
    lage: Database, logga_in: LoggaIn
) -> None:
    client = logga_in("lasare@nacka.example")
    las_till(client, clock.now())
    tidigare = (clock.now() - timedelta(hours=2, minutes=30)).isoformat()
    sida = html(client, f"/handelser/{SLUG}?sedan={tidigare.replace('+', '%2B')}")
    assert "NYTT" in sida
    assert "Markera allt läst" not in sida
    assert html(client, f"/handelser/{SLUG}?sedan=aldrig").count("NYTT") > 3


def test_the_button_marks_all_that_the_page_showed(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in("lasare@nacka.example")
    sida = html(client, f"/handelser/{SLUG}")
    shown = sida.split('name="sedd_till" value="')[1].split('"')[0]
    assert las_till(client, shown) == 302
    assert "Markera allt läst" not in html(client, f"/handelser/{SLUG}")


def test_the_read_mark_is_never_lowered_nor_set_in_the_future(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in("lasare@nacka.example")
    las_till(client, clock.now() + timedelta(days=3))
    las_till(client, clock.now() - timedelta(days=3))
    with lage.reading() as session:
        sedd = session.scalars(select(Lasmarke.sedd_till)).one()
    assert timedelta(0) <= clock.now() - sedd < timedelta(minutes=1)


def test_a_time_that_can_not_be_read_is_refused(lage: Database, logga_in: LoggaIn) -> None:
    assert las_till(logga_in("lasare@nacka.example"), "igår") == 400


def test_a_script_gets_a_short_answer(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in("lasare@nacka.example")
    svar = client.post(
        f"/handelser/{SLUG}/last",
        data={"sedd_till": clock.now().isoformat()},
        headers={"Accept": "application/json"},
    )
    assert (svar.status_code, svar.data) == (204, b"")


def test_one_marks_nothing_in_an_event_that_one_may_not_read(database: Database, logga_in: LoggaIn) -> None:
    with transaction(database) as session:
        en_handelse(session, slug=SLUG, lasare=["polisen"])
        en_person_hos(session, "nacka", Roll.REDAKTOR, epost="r@nacka.example")
    assert las_till(logga_in("r@nacka.example"), clock.now()) == 404


def test_two_persons_marks_are_their_own(lage: Database, logga_in: LoggaIn) -> None:
    las_till(logga_in("lasare@nacka.example"), clock.now())
    assert "NYTT" in html(logga_in("skribent@trafikverket.example"), f"/handelser/{SLUG}")


# --- start ---------------------------------------------------------------------------------------------------------


def test_the_start_page_says_what_goes_on_and_how_much_is_new(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        en_handelse(session, slug="ordinarie", rubrik="Ordinarie läge", staende=True)
        en_handelse(session, slug="ovning", rubrik="Övning Höstlöv", ovning=True, lage=Lage.AKTIVERAT)
        en_handelse(session, slug="hemlig", rubrik="Hemligheten", lasare=["polisen"])
    client = logga_in("lasare@nacka.example")
    sida = html(client, "/")
    assert sida.index("Snöoväder Svealand") < sida.index("Ordinarie läge") < sida.index("Övning Höstlöv")
    assert sida.index('<h2 id="ovningar-rubrik">') < sida.index("Övning Höstlöv")
    assert "7 nya" in sida
    assert "Hemligheten" not in sida
    las_till(client, clock.now())
    assert "7 nya" not in html(client, "/")


def test_more_than_ninety_nine_new_things_are_not_counted(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in("lasare@nacka.example")
    las_till(client, clock.now())
    with transaction(lage) as session:
        handelse = session.scalars(select(Handelse)).one()
        for _ in range(60):
            publicera(session, handelse, "polisen")
            besluta(session, handelse, Beslutsslag.ANDRAD, "Ändrat: typ.")
    assert "99+ nya" in html(client, "/")
    assert "99+ nya saker sedan" in html(client, f"/handelser/{SLUG}")


def test_a_correction_is_new_and_is_the_newest_thing(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in("lasare@nacka.example")
    with transaction(lage) as session:
        handelse = session.scalars(select(Handelse)).one()
        forsta = underratta(session, handelse, "Bron är stängd")
        underratta(session, handelse, "Något annat")
    las_till(client, clock.now())
    with transaction(lage) as session:
        ratta(session, session.merge(forsta))
    sida = html(client, "/")
    assert "1 ny<" in sida
    assert "RÄTTELSE</span> Bron är stängd</p>" in sida
    assert html(client, f"/handelser/{SLUG}").index("Bron är stängd") < html(client, f"/handelser/{SLUG}").index(
        "Något annat"
    )


def test_the_start_page_shows_the_newest_thing_and_its_age(lage: Database, logga_in: LoggaIn) -> None:
    sida = html(logga_in("lasare@nacka.example"), "/")
    assert "nyss</span></time> · Polisen:" in sida


def test_an_actor_sees_its_own_broken_promise_at_once_and_others_do_not(lage: Database, logga_in: LoggaIn) -> None:
    assert "Ni har lovat en uppdatering" in html(logga_in("skribent@trafikverket.example"), "/")
    assert "Ni har lovat en uppdatering" not in html(logga_in("lasare@nacka.example"), "/")


def test_underrattelser_of_an_exercise_never_stand_among_the_real(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        ovning = en_handelse(session, slug="ovning", rubrik="Övning Höstlöv", ovning=True)
        underratta(session, ovning, "Spelad händelse")
    sida = html(logga_in("lasare@nacka.example"), "/")
    assert "E18 avstängd" in sida
    assert sida.index("Övningar</h2>") < sida.index("Spelad händelse")


def test_who_has_no_role_that_reads_is_told_so_and_by_whom_it_can_be_changed(lage: Database, logga_in: LoggaIn) -> None:
    sida = html(logga_in("admin@nacka.example"), "/")
    assert "Du har ingen roll som ger läsrätt" in sida
    assert "En annan aktörsadministratör hos Nacka" in sida
    assert "/aktorer/nacka/anvandare" in sida
    assert "Snöoväder" not in sida


def test_an_empty_system_has_an_empty_start_page(database: Database, logga_in: LoggaIn) -> None:
    with transaction(database) as session:
        en_person_hos(session, "nacka", epost="l@nacka.example")
    assert "Det finns ingen öppen händelse" in html(logga_in("l@nacka.example"), "/")


# --- the cost ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "hogst"),
    [("/", 22), *((f"/handelser/{SLUG}{flik}", 19) for flik in FLIKAR)],
)
def test_a_page_asks_the_database_as_often_of_twenty_lagesbilder_as_of_two(
    database: Database, logga_in: LoggaIn, path: str, hogst: int
) -> None:
    with transaction(database) as session:
        handelse = en_handelse(session, slug=SLUG)
        en_person_hos(session, "aktor-a", Roll.REDAKTOR, epost="r@a.example")
        publicera(session, handelse, "aktor-a", nasta=clock.now() - TIMME)
        publicera(session, handelse, "aktor-b")
        underratta(session, handelse, "En")
        ett_utskick(session, "aktor-a", "Ett")
    client = logga_in("r@a.example")
    with fragor(database) as few:
        html(client, path)
    with transaction(database) as session:
        handelse = session.scalars(select(Handelse).where(Handelse.slug == SLUG)).one()
        for nummer in range(18):
            publicera(session, handelse, f"aktor-{nummer}", nasta=clock.now() - TIMME)
            underratta(session, handelse, f"Nummer {nummer}")
            besluta(session, handelse, Beslutsslag.ANDRAD, "Ändrat: typ.")
            ett_utskick(session, "aktor-a", f"Nummer {nummer}")
            annan = en_handelse(session, rubrik=f"Annan {nummer}", ovning=nummer % 2 == 0)
            publicera(session, annan, "aktor-a", nasta=clock.now() - TIMME)
    with fragor(database) as many:
        html(client, path)
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= hogst, "\n".join(many)


@pytest.mark.parametrize("path", ["/", *(f"/handelser/{SLUG}{flik}" for flik in FLIKAR), "/halsa/redo"])
def test_every_page_is_the_same_on_either_database(varje_databas: Database, settings: Settings, path: str) -> None:
    bygg_lage(varje_databas)
    client = en_app(settings, varje_databas).test_client()
    client.post("/logga-in", data={"epost": "talesperson@trafikverket.example", "losenord": LOSENORD})
    assert las_till(client, clock.now() - timedelta(hours=2, minutes=30)) == 302
    assert las_till(client, clock.now() - timedelta(hours=2, minutes=15)) == 302
    sida = html(client, path)
    if path == "/":
        assert "6 nya" in sida
        assert "Ni har lovat en uppdatering" in sida


def test_the_last_fifty_closed_events_are_listed_and_all_when_asked_for(database: Database, logga_in: LoggaIn) -> None:
    with transaction(database) as session:
        en_person_hos(session, "nacka", epost="l@nacka.example")
        for nummer in range(53):
            en_handelse(session, rubrik=f"Nr {nummer:02}", stangd=clock.now() - timedelta(days=nummer))
    client = logga_in("l@nacka.example")
    sida = html(client, "/handelser")
    assert sida.count('<li class="kort') == 50
    assert "de 50 senaste" in sida
    assert sida.index("Nr 00") < sida.index("Nr 01")
    assert "Nr 50" not in sida
    adress = sida.split('">Visa alla stängda händelser')[0].rsplit('href="', 1)[1]
    assert html(client, adress).count('<li class="kort') == 53
