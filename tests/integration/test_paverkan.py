"""Measures that affect others on both databases: asked, answered and followed by the same SQL."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.integration.lagesbild_stod import Scen
from wis import audit
from wis.auth.rules import Roll, Subjekt
from wis.db import Database
from wis.lagesbild import service as lagesbild
from wis.lagesbild.rules import Innehall, Publicering
from wis.notiser.models import Utskick
from wis.paverkan import queries, rules, service
from wis.paverkan.models import Paverkan, PaverkanSvar
from wis.paverkan.service import Svar
from wis.tx import transaction


def publicera(scen: Scen, bas: int, vidtagna: str) -> None:
    """The next version of Trafikverket's, with these measures."""
    innehall = Innehall.av({"sammanfattning": f"Läget {bas}", "atgarder_vidtagna": vidtagna})
    with transaction(scen.database) as session:
        kommando = Publicering(bas, f"{bas}", innehall)
        lagesbild.publicera(session, scen.anna, scen.plats, kommando, lagesbild.rendera(innehall), avisera=False)


def _plogar(session: Session, who: Subjekt) -> int:
    return session.scalars(select(Paverkan.id).where(Paverkan.aktor_id == who.aktor_id).order_by(Paverkan.id)).all()[0]


def svara(database: Database, who: Subjekt, svar: Svar) -> int:
    with transaction(database) as session:
        return service.besvara(session, who, _plogar(session, who), svar)


def test_measures_are_asked_about_and_answered_in_numbered_rows(varje_databas: Database) -> None:
    scen = Scen(varje_databas)
    nacka, solna = scen.person(Roll.SKRIBENT, "nacka"), scen.person(Roll.SKRIBENT, "solna")
    publicera(scen, 0, "| Plogar E18 | Nacka, Solna |\n| Saltar | Nacka |")
    publicera(scen, 1, "| Plogar E18 [[nacka 3 lage_fakta]] | Nacka, Solna |")
    with varje_databas.reading() as session:
        assert [arende.rubrik for arende in queries.att_svara(session, nacka)] == ["Plogar E18"]
        assert [rad.sak.inaktuell is None for rad in queries.beror_oss(session, nacka, scen.plats.handelse_id)] == [
            True,
            False,
        ]
        assert session.scalar(select(func.count()).select_from(Utskick)) == 2
    assert svara(varje_databas, nacka, Svar("problem", "Vår buss.", "a")) == 1
    assert svara(varje_databas, nacka, Svar("noterat", "", "b")) == 2
    assert svara(varje_databas, nacka, Svar("problem", "Vår buss.", "a")) == 1
    with pytest.raises(LookupError), transaction(varje_databas) as session:
        service.besvara(session, solna, _plogar(session, nacka), Svar("noterat", "", "c"))
    with varje_databas.reading() as session:
        (plogar, saltar) = queries.vara(session, scen.anna, scen.plats.handelse_id)
        assert (plogar.i_ord, saltar.inaktuell) == ("1 noterat, 1 utan svar", True)
        assert not queries.problem_for(session, scen.anna)
        assert session.scalars(select(PaverkanSvar.nummer)).all() == [1, 2]
        assert not isinstance(audit.verify(session), audit.Kedjebrott)


@pytest.mark.parametrize(
    ("ny", "gamla", "blev"),
    [
        ("Stänger E18 klockan 18", {1: "Stänger E18", 2: "Öppnar värmestuga"}, 1),
        ("Utrymmer skolan", {1: "Stänger E18"}, None),
        ("Utrymmer skolan", {}, None),
    ],
)
def test_a_measure_is_led_back_to_the_words_it_had(ny: str, gamla: dict[int, str], blev: int | None) -> None:
    assert rules.foregangare(ny, gamla) == blev


def test_the_same_measure_is_known_whatever_its_case_spaces_and_full_stop() -> None:
    assert rules.nyckel_av(" Stänger  E18.") == rules.nyckel_av("stänger e18") != rules.nyckel_av("stänger e20")
