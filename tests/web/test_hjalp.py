"""The help page, and the way from the start page straight to writing: for those who may write, and for no one else."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.factories import en_handelse, en_person_hos
from tests.web.ytor_data import SLUG, LoggaIn, bygg_lage, html
from wis import clock
from wis.auth.models import Handelseroll, Medlemskap
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Handelse
from wis.tx import transaction


def test_the_help_is_there_for_everybody_without_scripts(app: Flask, database: Database) -> None:
    sida = html(app.test_client(), "/hjalp")
    for ord_ in ("<kbd>Ctrl</kbd> + <kbd>Enter</kbd>", "oförändrat", "Endast i den här telefonen", "att rätta"):
        assert ord_ in sida
    # What only scripts can switch is not shown without them.
    assert "data-snabbtangenter hidden" in sida
    assert 'href="/hjalp"' in html(app.test_client(), "/logga-in")


def test_the_accessibility_statement_reads_as_it_stands_in_the_docs(app: Flask) -> None:
    sida = html(app.test_client(), "/tillganglighet")
    assert "<h2>Hur väl det uppfyller kraven</h2>" in sida
    # Where a line ends in the document is not where one ends for who reads it.
    assert "<br" not in sida
    assert "går att läsa och skicka utan skript. Det som skript gör" in sida


def _lank(aktor: str, slug: str = SLUG) -> str:
    return f'href="/handelser/{slug}/lagesbild/{aktor}/skriv"'


@pytest.mark.parametrize(
    ("epost", "aktor"),
    [
        ("skribent@trafikverket.example", "trafikverket"),
        ("talesperson@trafikverket.example", "trafikverket"),
        ("redaktor@lansstyrelsen.example", "lansstyrelsen"),
        ("lasare@nacka.example", None),
    ],
)
def test_who_may_write_has_a_link_of_their_own_actors_to_each_open_event(
    database: Database, logga_in: LoggaIn, epost: str, aktor: str | None
) -> None:
    bygg_lage(database)
    with transaction(database) as session:
        en_handelse(session, slug="ovning", rubrik="Övning Höstlöv", ovning=True)
    sida = html(logga_in(epost), "/")
    assert sida.count("Skriv lägesbild<") == (2 if aktor else 0)
    if aktor:
        assert _lank(aktor) in sida
        assert _lank(aktor, "ovning") in sida


def test_a_role_set_for_one_event_decides_in_that_event_alone_also_beside_colleagues(
    database: Database, logga_in: LoggaIn
) -> None:
    bygg_lage(database)
    with transaction(database) as session:
        annan = en_handelse(session, slug="annan", rubrik="Annan")
        forsta = session.scalars(select(Handelse).where(Handelse.slug == SLUG)).one()
        kollegor = {
            namn: en_person_hos(session, "kiruna", Roll.LASARE, epost=f"{namn}@kiruna.example") for namn in "abc"
        }
        skribent = en_person_hos(session, "kiruna", Roll.SKRIBENT, epost="d@kiruna.example")
        for person, handelse, roll in (
            (kollegor["b"], forsta, Roll.SKRIBENT),
            (kollegor["c"], annan, Roll.SKRIBENT),
            (skribent, annan, Roll.LASARE),
        ):
            medlemskap = session.scalars(select(Medlemskap).where(Medlemskap.anvandare_id == person.id)).one()
            session.add(
                Handelseroll(
                    medlemskap_id=medlemskap.id,
                    handelse_id=handelse.id,
                    roll=roll,
                    skapad=clock.now(),
                    motivering="Prov",
                )
            )
    skrivs: dict[str, list[str]] = {"a": [], "b": [SLUG], "c": ["annan"], "d": [SLUG]}
    # Twice, so that each is also given what has been drawn for another, if anybody is.
    for _ in range(2):
        for namn, vilka in skrivs.items():
            sida = html(logga_in(f"{namn}@kiruna.example"), "/")
            assert [slug for slug in (SLUG, "annan") if _lank("kiruna", slug) in sida] == vilka, namn
