"""What did not come along, on real databases: the person's own, and within measure."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.integration.lagesbild_stod import Scen
from wis import clock, overbliven
from wis.auth.rules import Roll, Subjekt
from wis.db import Database
from wis.lagesbild import overblivet
from wis.lagesbild.utkast import Sparat
from wis.overbliven import OverblivenText
from wis.tx import transaction

NU = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def scen(varje_databas: Database) -> Scen:
    return Scen(varje_databas)


def _spara(scen: Scen, lagesbild_id: int, text: str, who: Subjekt | None = None, ur: str = overblivet.MIN) -> int:
    with transaction(scen.database) as session:
        return overblivet.spara(session, who or scen.anna, lagesbild_id, "resurser", text, ur)


def _kvar(scen: Scen, lagesbild_id: int, who: Subjekt | None = None) -> list[str]:
    with scen.database.reading() as session:
        return [rad.text for rad in overblivet.alla(session, who or scen.anna, lagesbild_id)]


def test_left_over_text_is_ones_own_kept_once_within_measure_and_goes_after_the_publication(
    scen: Scen, monkeypatch: pytest.MonkeyPatch
) -> None:
    utkast = scen.spara("Utkast")
    assert isinstance(utkast, Sparat)
    bild, kollega = utkast.lagesbild_id, scen.person(Roll.TALESPERSON)
    for n, text in enumerate(["Tio bilar", "Elva bilar", "Tio bilar", "  \n"]):
        with clock.at(NU + timedelta(minutes=n)):
            assert _spara(scen, bild, text) == 0
    assert _kvar(scen, bild) == ["Tio bilar", "Elva bilar"], "said again it is the newest, and not two"
    assert _kvar(scen, bild, kollega) == []
    monkeypatch.setattr(overblivet, "MAX_TECKEN", 25)
    with clock.at(NU + timedelta(minutes=9)):
        assert _spara(scen, bild, "Tolv bilar") == 1
    assert _kvar(scen, bild) == ["Tolv bilar", "Tio bilar"]
    _spara(scen, bild, "Kollegans", kollega)
    with clock.at(NU + timedelta(minutes=10)):
        scen.publicera(0, "Läget")
    with scen.database.reading() as session:
        frister = {rad.text: rad.forfaller for rad in session.scalars(select(OverblivenText))}
    assert frister["Tio bilar"] == NU + timedelta(minutes=10) + overblivet.KVAR
    assert frister["Kollegans"] is None, "a colleague's is counted from when the colleague publishes"
    with clock.at(NU + timedelta(days=15)):
        assert overbliven.stada(scen.database) == 2
    assert _kvar(scen, bild, kollega) == ["Kollegans"]
