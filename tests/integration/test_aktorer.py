"""Actors that come later, and the networks that readers are chosen by, as the operator meets them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select

from tests.factories import en_aktor
from wis import audit, cli
from wis.aktorer.models import Aktor, AktorsnatverkMedlem
from wis.aktorer.queries import alla_natverk
from wis.aktorer.service import TYPNATVERK
from wis.db import Database
from wis.grunddata import ladda_grunddata
from wis.tx import transaction

Wis = Callable[..., tuple[int, str]]


@pytest.fixture
def wis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wis:
    """Runs `wis …` on an installation of its own; returns the exit code and all that was printed."""
    for namn in [namn for namn in os.environ if namn.startswith("WIS_")]:
        monkeypatch.delenv(namn)

    def run(*args: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli.wis, args, env={"WIS_INSTANCE": str(tmp_path)})
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.output

    assert run("db", "upgrade")[0] == 0
    return run


def test_every_shipped_actor_is_in_the_network_of_its_kind_and_twice_makes_no_more(varje_databas: Database) -> None:
    for _ in range(2):
        with transaction(varje_databas) as session:
            ladda_grunddata(session)
    with varje_databas.reading() as session:
        natverk = {ett.slug: len(ett.medlemmar) for ett in alla_natverk(session)}
        assert natverk == {"kommuner": 26, "blaljus": 6, "trafik": 2, "regionalt": 3}
        typer = set(session.scalars(select(Aktor.typ)))
        assert typer == set(TYPNATVERK)
        assert set(session.scalars(select(Aktor.ansluten))) == {None}


def test_an_actor_that_a_later_version_ships_joins_at_the_upgrade(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        ladda_grunddata(session)
        nacka = en_aktor(session, "nacka").id
        session.execute(delete(AktorsnatverkMedlem).where(AktorsnatverkMedlem.aktor_id == nacka))
        session.execute(delete(Aktor).where(Aktor.id == nacka))
    with transaction(varje_databas) as session:
        ladda_grunddata(session)
    with varje_databas.reading() as session:
        anslutna = set(session.scalars(select(Aktor.slug).where(Aktor.ansluten.is_not(None))))
        assert anslutna == {"nacka"}
        assert {ett.slug: len(ett.medlemmar) for ett in alla_natverk(session)}["kommuner"] == 26


def test_the_operator_adds_an_actor_that_joins_now(wis: Wis, tmp_path: Path) -> None:
    code, ut = wis("aktor", "ny", "gotland", "Region Gotland", "Gotland", "kommun")
    assert (code, "Region Gotland är tillagd som gotland." in ut) == (0, True)
    databas = Database(f"sqlite:///{tmp_path / 'wis.db'}")
    with databas.reading() as session:
        assert session.scalars(select(Aktor.ansluten).where(Aktor.slug == "gotland")).one() is not None
        assert "aktör tillagd" in set(session.scalars(select(audit.Loggpost.handling)))
    databas.dispose()
    assert "Kommunerna (27)" in wis("natverk", "lista")[1]
    for args, skal in (
        (("gotland", "X", "X", "kommun"), "redan en aktör"),
        (("Gotland!", "X", "X", "kommun"), "adresser"),
        (("samlad", "X", "X", "kommun"), "adresser"),
        (("ny-ort", " ", "X", "kommun"), "kortnamn"),
    ):
        code, ut = wis("aktor", "ny", *args)
        assert (code, skal in ut) == (1, True), ut


def test_the_operator_makes_and_changes_a_network(wis: Wis) -> None:
    assert wis("natverk", "ny", "Södra länet", "botkyrka", "huddinge", "botkyrka")[0] == 0
    assert "sodra-lanet: Södra länet (2): Botkyrka, Huddinge" in wis("natverk", "lista")[1]
    assert wis("natverk", "ändra", "sodra-lanet", "--med", "salem", "--utan", "huddinge", "--namn", "Söder")[0] == 0
    assert "sodra-lanet: Söder (2): Botkyrka, Salem" in wis("natverk", "lista")[1]


@pytest.mark.parametrize(
    ("args", "skal"),
    [
        (("ny", "Nätet", "finns-inte"), "ingen aktör som heter finns-inte"),
        (("ny", "Kommuner", "nacka"), "redan ett nätverk"),
        (("ny", " ", "nacka"), "behöver ett namn"),
        (("andra", "finns-inte", "--med", "nacka"), "inget nätverk"),
        (("andra", "trafik"), "Ange vad som ska ändras"),
        (("andra", "trafik", "--utan", "trafikverket", "--utan", "stockholms-hamnar"), "tomt"),
    ],
)
def test_what_cannot_be_done_is_said_in_swedish(wis: Wis, args: tuple[str, ...], skal: str) -> None:
    code, ut = wis("natverk", *args)
    assert (code, skal in ut) == (1, True), ut
