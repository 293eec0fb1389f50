"""Publishing lägesbilder, on real databases."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests import factories as f
from tests.integration.lagesbild_stod import Scen
from wis import audit, clock
from wis.andringar import Andring, lyssna
from wis.andringar import Slag as Andringsslag
from wis.auth.models import Medlemskap
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Handelse
from wis.lagesbild import queries, service
from wis.lagesbild.models import Lagesbild, LagesbildSektion, LagesbildVersion
from wis.lagesbild.plats import Otillaten, Plats, hamta_eller_skapa
from wis.lagesbild.rules import Avslag, Avslagsslag, Innehall, Publicering
from wis.notiser.models import Utskick
from wis.tx import transaction


@pytest.fixture
def scen(varje_databas: Database) -> Scen:
    return Scen(varje_databas)


# --- publishing ---------------------------------------------------------------------------------------------------


def test_versions_are_numbered_from_one_without_gaps(scen: Scen) -> None:
    for bas in range(3):
        utfall = scen.publicera(bas, f"Läge {bas}")
        assert isinstance(utfall, service.Publicerad)
        assert utfall.nummer == bas + 1
    assert [(v.nummer, v.foregaende, v.sammanfattning) for v in scen.versioner()] == [
        (1, None, "Läge 0"),
        (2, 1, "Läge 1"),
        (3, 2, "Läge 2"),
    ]


def test_a_version_holds_who_when_why_its_source_and_its_html(scen: Scen) -> None:
    nasta = clock.now() + timedelta(hours=2)
    scen.publicera(0, "**E18** öppen", andringsnotering="Nu öppen", nasta=nasta)
    (version,) = scen.versioner()
    assert (version.forfattare_id, version.aktor_id) == (scen.anna.anvandare_id, scen.anna.aktor_id)
    assert (version.andringsnotering, version.nasta_uppdatering) == ("Nu öppen", nasta)
    assert version.sammanfattning == "E18 öppen"
    assert [(s.nyckel, s.kalla, s.html) for s in version.sektioner] == [
        ("sammanfattning", "**E18** öppen", "<p>**E18** öppen</p>")
    ]


def test_a_stale_base_is_refused_and_nothing_is_written(scen: Scen) -> None:
    scen.publicera(0, "Först")
    assert scen.publicera(0, "Sist") == Avslag(Avslagsslag.FEL_BAS, 1)
    assert [v.sammanfattning for v in scen.versioner()] == ["Först"]


def test_the_same_form_twice_makes_one_version_and_one_dispatch(scen: Scen) -> None:
    scen.publicera(0, "Läget", nyckel="a" * 32, avisera=True)
    assert scen.publicera(0, "Läget", nyckel="a" * 32, avisera=True) == Avslag(Avslagsslag.UPPREPAD, 1)
    with scen.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Utskick)) == 1
    assert len(scen.versioner()) == 1


def test_the_key_of_somebody_elses_form_is_another_key(scen: Scen) -> None:
    scen.publicera(0, "Läget", nyckel="a" * 32)
    utfall = scen.publicera(1, "Nytt läge", nyckel="a" * 32, who=scen.person(Roll.TALESPERSON))
    assert isinstance(utfall, service.Publicerad)
    assert utfall.nummer == 2


def test_a_told_version_is_bound_to_what_is_sent_and_a_silent_one_sends_nothing(scen: Scen) -> None:
    scen.publicera(0, "Tyst")
    scen.publicera(1, "**Vägen** är öppen", avisera=True)
    with scen.database.reading() as session:
        (utskick,) = session.scalars(select(Utskick))
        lagesbild = session.scalars(select(Lagesbild)).one()
        handelse = session.get_one(Handelse, scen.plats.handelse_id)
        assert (utskick.lagesbild_id, utskick.lagesbild_nummer) == (lagesbild.id, 2)
        assert "Vägen är öppen" in utskick.sms
        assert f"/handelser/{handelse.slug}/lagesbild/trafikverket/versioner/2" in utskick.epost


def test_what_is_published_is_told_to_the_screens_of_those_who_may_read_and_recorded(varje_databas: Database) -> None:
    scen = Scen(varje_databas, lasare=["trafikverket", "nacka"])
    hort: list[Andring] = []
    lyssna(varje_databas, hort.append)
    scen.publicera(0, "Läget")
    with varje_databas.reading() as session:
        lasare = {f.en_aktor(session, slug).id for slug in ("lansstyrelsen", "trafikverket", "nacka")}
        poster = session.scalars(select(audit.Loggpost.handling)).all()
        assert isinstance(audit.verify(session), tuple)
    assert [(a.slag, a.version, a.handelse_id, a.aktorer) for a in hort] == [
        (Andringsslag.LAGESBILD, 1, scen.plats.handelse_id, frozenset(lasare))
    ]
    assert "lägesbild publicerad" in poster


def test_a_failure_on_the_way_leaves_nothing_behind(scen: Scen) -> None:
    scen.spara("Läget")
    innehall = Innehall.av({"sammanfattning": "Läget"})
    kommando = Publicering(0, "a" * 32, innehall)

    def publicera_och_do() -> None:
        with transaction(scen.database) as session:
            service.publicera(session, scen.anna, scen.plats, kommando, {"sammanfattning": ""}, avisera=True)
            raise RuntimeError("strömavbrott")

    with pytest.raises(RuntimeError, match="strömavbrott"):
        publicera_och_do()
    assert scen.versioner() == []
    assert len(scen.utkast()) == 1
    with scen.database.reading() as session:
        assert session.scalar(select(Lagesbild.senaste)) == 0
        assert session.scalar(select(func.count()).select_from(Utskick)) == 0


def test_many_who_publish_at_once_give_one_winner_per_base_and_no_gaps(scen: Scen) -> None:
    antal, varv = 6, 4
    start = threading.Barrier(antal)
    vinnare: list[int] = []
    fel: list[Exception] = []

    def skriv(nr: int) -> None:
        start.wait()
        for bas in range(varv):
            # Each tries every base until somebody has taken it.
            try:
                utfall = scen.publicera(bas, f"{nr} skriver {bas}")
                while isinstance(utfall, Avslag) and utfall.nummer < bas:
                    time.sleep(0.005)
                    utfall = scen.publicera(bas, f"{nr} skriver {bas}")
            except Exception as hande:  # noqa: BLE001 told below
                fel.append(hande)
                return
            if isinstance(utfall, service.Publicerad):
                vinnare.append(utfall.nummer)

    tradar = [threading.Thread(target=skriv, args=(nr,)) for nr in range(antal)]
    for trad in tradar:
        trad.start()
    for trad in tradar:
        trad.join(60)
    assert fel == []
    assert sorted(vinnare) == list(range(1, varv + 1))
    assert [v.nummer for v in scen.versioner()] == list(range(1, varv + 1))


@pytest.mark.parametrize("aktor_id", [True, False], ids=["egen", "samlad"])
def test_two_who_begin_on_a_lagesbild_at_once_get_the_same(varje_databas: Database, aktor_id: bool) -> None:
    scen = Scen(varje_databas)
    plats = scen.plats if aktor_id else Plats(scen.plats.handelse_id, None)
    start, funna = threading.Barrier(6), []

    def borja() -> None:
        start.wait()
        with transaction(varje_databas) as session:
            funna.append(hamta_eller_skapa(session, plats).id)

    tradar = [threading.Thread(target=borja) for _ in range(6)]
    for trad in tradar:
        trad.start()
    for trad in tradar:
        trad.join(30)
    assert len(funna) == 6
    assert len(set(funna)) == 1


@pytest.mark.parametrize(
    "sats",
    [
        "UPDATE lagesbild_version SET sammanfattning = 'ändrad'",
        "DELETE FROM lagesbild_version",
        "UPDATE lagesbild_sektion SET html = '<script>'",
        "DELETE FROM lagesbild_sektion",
    ],
)
def test_the_database_itself_refuses_to_change_what_is_published(scen: Scen, sats: str) -> None:
    scen.publicera(0, "Läget")
    with pytest.raises(IntegrityError, match="kan inte"), transaction(scen.database) as session:
        session.execute(text(sats))
    (version,) = scen.versioner()
    assert version.sammanfattning == "Läget"
    assert version.sektioner[0].html == "<p>Läget</p>"


def test_the_database_itself_refuses_a_gap_between_versions(scen: Scen) -> None:
    scen.publicera(0, "Läget")
    (version,) = scen.versioner()
    with pytest.raises(IntegrityError), transaction(scen.database) as session:
        session.add(
            LagesbildVersion(
                lagesbild_id=version.lagesbild_id,
                nummer=3,
                foregaende=2,
                handelse_id=version.handelse_id,
                publicerad=clock.now(),
                forfattare_id=version.forfattare_id,
                aktor_id=version.aktor_id,
                andringsnotering="",
                nasta_uppdatering=None,
                sammanfattning="",
                idempotensnyckel="x",
            )
        )


# --- rights, judged again where it is written ---------------------------------------------------------------------


def test_a_right_that_was_taken_while_one_wrote_is_gone(scen: Scen) -> None:
    with transaction(scen.database) as session:
        session.execute(update(Medlemskap).values(avstangd=clock.now()))
    with pytest.raises(Otillaten):
        scen.publicera(0, "Läget")
    with pytest.raises(Otillaten):
        scen.spara("Läget")


def test_an_event_closed_while_one_wrote_takes_no_version(scen: Scen) -> None:
    with transaction(scen.database) as session:
        session.execute(update(Handelse).values(stangd=clock.now()))
    with pytest.raises(Otillaten, match="stängd"):
        scen.publicera(0, "Läget")


@pytest.mark.parametrize("roll", [Roll.LASARE, Roll.SKRIBENT])
def test_who_may_not_publish_writes_no_version(scen: Scen, roll: Roll) -> None:
    with pytest.raises(Otillaten):
        scen.publicera(0, "Läget", who=scen.person(roll))


def test_nobody_writes_for_another_actor(scen: Scen) -> None:
    with pytest.raises(Otillaten, match="tillhör"):
        scen.publicera(0, "Läget", who=scen.person(Roll.REDAKTOR, "nacka"))


def test_only_a_redaktor_publishes_the_samlade_and_the_number_is_its_own(scen: Scen) -> None:
    samlad = Plats(scen.plats.handelse_id, None)
    scen.publicera(0, "Egen")
    with pytest.raises(Otillaten):
        scen.publicera(0, "Samlad", plats=samlad)
    utfall = scen.publicera(0, "Samlad", plats=samlad, who=scen.person(Roll.REDAKTOR, "lansstyrelsen"), avisera=True)
    assert isinstance(utfall, service.Publicerad)
    assert utfall.nummer == 1
    with scen.database.reading() as session:
        assert "Samlad lägesbild" in session.scalars(select(Utskick)).one().amne


# --- 'läget oförändrat' -------------------------------------------------------------------------------------------


def _oforandrat(scen: Scen, bas: int, nyckel: str = "o" * 32) -> service.Publicerad | Avslag:
    with transaction(scen.database) as session:
        return service.oforandrat(session, scen.anna, scen.plats, bas, nyckel)


def test_an_unchanged_state_is_a_version_with_the_same_text_a_new_promise_and_no_dispatch(scen: Scen) -> None:
    scen.publicera(0, "Läget", nasta=clock.now() + timedelta(hours=2))
    with clock.at(clock.now() + timedelta(hours=1)):
        utfall = _oforandrat(scen, 1)
    assert isinstance(utfall, service.Publicerad)
    forst, sedan = scen.versioner()
    assert sedan.oforandrad
    assert sedan.andringsnotering.startswith("Läget oförändrat kl. ")
    assert [(s.kalla, s.html) for s in sedan.sektioner] == [(s.kalla, s.html) for s in forst.sektioner]
    assert sedan.sammanfattning == "Läget"
    assert forst.nasta_uppdatering is not None
    assert sedan.nasta_uppdatering is not None
    assert sedan.nasta_uppdatering - sedan.publicerad == forst.nasta_uppdatering - forst.publicerad
    with scen.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Utskick)) == 0
        assert queries.senaste_med_nytt_innehall(session, forst.lagesbild_id, 2) == 1


def test_an_unchanged_state_tapped_twice_is_one_version(scen: Scen) -> None:
    scen.publicera(0, "Läget")
    _oforandrat(scen, 1)
    assert _oforandrat(scen, 1) == Avslag(Avslagsslag.UPPREPAD, 2)
    assert len(scen.versioner()) == 2


def test_an_unchanged_state_of_what_is_not_the_latest_is_refused(scen: Scen) -> None:
    assert _oforandrat(scen, 0) == Avslag(Avslagsslag.FEL_BAS, 0)
    scen.publicera(0, "Läget")
    scen.publicera(1, "Nytt läge")
    assert _oforandrat(scen, 1) == Avslag(Avslagsslag.FEL_BAS, 2)
    assert len(scen.versioner()) == 2


# --- reading ------------------------------------------------------------------------------------------------------


def test_the_latest_of_each_actor_comes_in_swedish_order_with_the_samlade_first(scen: Scen) -> None:
    scen.publicera(0, "T1")
    scen.publicera(1, "T2")
    for slug in ("osteraker", "alvsjo"):
        who = scen.person(Roll.TALESPERSON, slug)
        scen.publicera(0, slug, who=who, plats=Plats(scen.plats.handelse_id, who.aktor_id))
    redaktor = scen.person(Roll.REDAKTOR, "lansstyrelsen")
    scen.publicera(0, "S1", who=redaktor, plats=Plats(scen.plats.handelse_id, None))
    with scen.database.reading() as session:
        senaste = queries.senaste_i_handelse(session, scen.anna, scen.plats.handelse_id)
        assert [v.sammanfattning for v in senaste] == ["S1", "alvsjo", "osteraker", "T2"]
        alla = queries.versioner_i_handelse(session, scen.anna, scen.plats.handelse_id)
        assert [v.sammanfattning for v in alla] == ["S1", "alvsjo", "osteraker", "T2", "T1"]
        assert session.scalar(select(func.count()).select_from(LagesbildSektion)) == 5


def _antal(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(LagesbildVersion)) or 0


def test_a_reader_of_the_database_sees_all_of_a_version_or_nothing(scen: Scen) -> None:
    with scen.database.reading() as session:
        assert _antal(session) == 0
    scen.publicera(0, "Läget")
    with scen.database.reading() as session:
        assert _antal(session) == 1
