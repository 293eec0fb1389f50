"""Who writes where, as an open page says it and is told it: those who may write the same lägesbild, and nobody else."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, update

from tests.funktioner_stod import en_funktion, i_tjanst, medlem
from tests.web.lagesbild_stod import BAS, SAMLAD, LoggaIn, publicera, sidan, skrivande_folk, synligt
from wis import clock
from wis.andringar import Andring, Andringsnummer, Slag, lyssna
from wis.auth.models import Anvandare, Medlemskap
from wis.db import Database
from wis.handelser.models import Handelse
from wis.skrivnarvaro import Skrivnarvaro, stada
from wis.tx import transaction

ANNA, BERTIL = "talesperson@trafikverket.example", "bertil@trafikverket.example"
TIB, NACKA = "tib@lansstyrelsen.example", "redaktor@nacka.example"
FLIK, ANNAN_FLIK = "a" * 24, "b" * 24


@pytest.fixture(autouse=True)
def _folk(database: Database) -> None:
    skrivande_folk(database)


@pytest.fixture
def sagt(database: Database) -> Iterator[list[Andring]]:
    """All that is told."""
    told: list[Andring] = []
    lyssna(database, told.append)
    yield told
    database.listeners.remove(told.append)


def _ar(client: FlaskClient, avsnitt: str = "", flik: str = FLIK, adress: str = BAS, **mer: str) -> dict[str, Any]:
    svar = client.post(
        f"{adress}/narvaro", data={"flik": flik, "avsnitt": avsnitt, **mer}, headers={"Accept": "application/json"}
    )
    assert svar.status_code == 200, svar.get_data(as_text=True)
    besked: dict[str, Any] = svar.get_json()
    return besked


def _nekas(client: FlaskClient, adress: str = BAS) -> int:
    """The status of a refusal, which must say nothing of who writes."""
    svar = client.post(f"{adress}/narvaro", data={"flik": FLIK}, headers={"Accept": "application/json"})
    assert set(svar.get_json()) == {"fel", "forklaring", "gor"}
    return svar.status_code


def _rader(database: Database) -> list[Skrivnarvaro]:
    with database.reading() as session:
        return list(session.scalars(select(Skrivnarvaro).order_by(Skrivnarvaro.flik)))


def _namn(database: Database, epost: str) -> str:
    with database.reading() as session:
        return session.scalars(select(Anvandare.namn).where(Anvandare.epost == epost)).one()


def _var(besked: dict[str, Any]) -> list[tuple[str, str]]:
    return [(en["namn"], en["avsnitt"]) for en in besked["andra"]]


def test_colleagues_see_who_writes_where_until_they_leave(
    logga_in: LoggaIn, database: Database, sagt: list[Andring]
) -> None:
    anna, bertil = logga_in(ANNA), logga_in(BERTIL)
    assert _ar(anna, "konsekvenser")["andra"] == []
    hos_bertil = _ar(bertil, "prognos")
    assert _var(hos_bertil) == [(_namn(database, ANNA), "konsekvenser")]
    assert _var(_ar(anna, "atgarder_vidtagna")) == [(_namn(database, BERTIL), "prognos")]
    assert _var(_ar(bertil, "prognos")) == [(_namn(database, ANNA), "atgarder_vidtagna")]
    # Without scripts, as it was when the page was drawn.
    text = synligt(sidan(bertil.get(f"{BAS}/skriv")))
    assert f"Skriver nu: {_namn(database, ANNA)} i Åtgärder: Vidtagna" in text
    _ar(anna, "atgarder_vidtagna", lamnar="1")
    assert _ar(bertil, "prognos")["andra"] == []
    assert "Skriver nu" not in synligt(sidan(bertil.get(f"{BAS}/skriv")))
    # Who came, moved and left; told by ids alone, to the one actor, and counted for nobody.
    assert [(en.slag, en.version, en.nummer, len(en.aktorer or ())) for en in sagt] == [(Slag.NARVARO, 0, 0, 1)] * 4


def test_a_person_is_told_of_their_own_other_pages_apart(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    _ar(anna, "prognos")
    besked = _ar(anna, "resurser", ANNAN_FLIK)
    assert (besked["andra"], [en["avsnitt"] for en in besked["egna"]]) == ([], ["prognos"])
    sida = sidan(anna.get(f"{BAS}/skriv"))
    # A page that is fetched again has not left itself yet: with scripts this is found out a moment later.
    assert "Du har sidan öppen" in re.findall(r"<noscript>(.*?)</noscript>", sida, re.DOTALL)[0]
    assert "Skriver nu" not in sida


def test_the_redaktorer_of_the_samlade_see_each_other_with_function_and_actor(
    logga_in: LoggaIn, database: Database
) -> None:
    tib, nacka = logga_in(TIB), logga_in(NACKA)
    with transaction(database) as session:
        dennas = medlem(session, TIB)
        i_tjanst(session, en_funktion(session, "lansstyrelsen", "TiB", dennas), dennas)
    _ar(tib, "sammanfattning", adress=SAMLAD)
    assert [en["vem"] for en in _ar(nacka, adress=SAMLAD)["andra"]] == [f"{_namn(database, TIB)} (TiB, Lansstyrelsen)"]
    publicera(tib, 0, "Samlat läge.", SAMLAD)
    assert len(_ar(nacka, adress=SAMLAD)["andra"]) == 1
    assert _nekas(logga_in(ANNA), SAMLAD) == 403


def test_a_page_that_falls_silent_is_gone_in_15_seconds_and_swept_up_in_a_minute(
    logga_in: LoggaIn, database: Database
) -> None:
    anna, bertil, da = logga_in(ANNA), logga_in(BERTIL), clock.now()
    with clock.at(da):
        _ar(anna, "prognos")
    for sekunder, syns in ((14, True), (16, False)):
        with clock.at(da + timedelta(seconds=sekunder)):
            assert bool(_ar(bertil)["andra"]) is syns
    with clock.at(da + timedelta(seconds=70)):
        assert stada(database) == 1
        assert stada(database) == 0
    assert len(_rader(database)) == 1
    # A clock that was set back must not keep anybody there for an hour.
    with clock.at(da - timedelta(hours=1)):
        assert _ar(anna)["andra"] == []
        assert stada(database) == 1


def test_a_beat_writes_every_eighth_second_at_most_and_makes_no_page_fetch_itself_anew(
    logga_in: LoggaIn, database: Database, sagt: list[Andring]
) -> None:
    anna, da = logga_in(ANNA), clock.now()
    skrivna = 0

    def rakna(_uppkoppling: object, _markor: object, sats: str, *_mer: object) -> None:
        nonlocal skrivna
        skrivna += sats.startswith(("INSERT", "UPDATE", "DELETE"))

    def nummer() -> int:
        with database.reading() as session:
            return session.scalar(select(func.coalesce(func.sum(Andringsnummer.nummer), 0))) or 0

    fore = nummer()
    with clock.at(da):
        _ar(anna, "prognos")
    event.listen(database.engine, "before_cursor_execute", rakna)
    per_sekund = []
    for sekund in range(0, 25, 4):
        skrivna = 0
        with clock.at(da + timedelta(seconds=sekund)):
            _ar(anna, "prognos")
        per_sekund.append(skrivna)
    event.remove(database.engine, "before_cursor_execute", rakna)
    assert per_sekund == [0, 0, 1, 0, 1, 0, 1]
    assert (nummer(), len(sagt), _rader(database)[0].sedan) == (fore, 1, da)


def test_who_may_not_write_it_learns_nothing_and_a_closed_event_has_nobody_writing(
    logga_in: LoggaIn, database: Database, client: FlaskClient
) -> None:
    anna = logga_in(ANNA)
    _ar(anna, "prognos")
    lasare = logga_in("lasare@trafikverket.example")
    # Nothing is published: to another actor it does not exist.
    assert (_nekas(lasare), _nekas(logga_in(NACKA)), _nekas(client)) == (403, 404, 401)
    assert "narvaro" not in sidan(lasare.get(BAS))
    assert _nekas(logga_in(NACKA), BAS.replace("snoovader", "hemlig")) == 404
    publicera(anna, 0, "E18 är öppen.")
    assert _nekas(logga_in(NACKA)) == 403
    assert "narvaro" not in sidan(logga_in(NACKA).get(BAS))
    assert len(_rader(database)) == 1
    with transaction(database) as session:
        session.execute(update(Handelse).values(stangd=clock.now()))
    assert _nekas(anna) == 403
    assert len(_rader(database)) == 1


def test_who_lost_the_right_to_write_is_refused_and_soon_gone(logga_in: LoggaIn, database: Database) -> None:
    anna, bertil, da = logga_in(ANNA), logga_in(BERTIL), clock.now()
    with clock.at(da):
        _ar(anna, "prognos")
    with transaction(database) as session:
        dennas = select(Anvandare.id).where(Anvandare.epost == ANNA).scalar_subquery()
        session.execute(update(Medlemskap).where(Medlemskap.anvandare_id == dennas).values(roll="lasare"))
    assert _nekas(anna) == 403
    with clock.at(da + timedelta(seconds=16)):
        assert _ar(bertil)["andra"] == []


def test_nobody_is_there_while_looking_as_another_or_for_another_actor(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    svar = anna.post(f"{BAS}/narvaro", data={"flik": FLIK, "som_aktor": "999"}, headers={"Accept": "application/json"})
    assert (svar.status_code, svar.get_json()["kod"]) == (409, "bytt_aktor")
    with database.reading() as session:
        aktor_id = session.scalars(select(Medlemskap.aktor_id).join(Anvandare).where(Anvandare.epost == ANNA)).one()
    anna.post("/visa-som", data={"visa_aktor": str(aktor_id), "visa_roll": "talesperson", "visa_person": ""})
    assert _nekas(anna) == 403
    assert _rader(database) == []


def test_a_program_that_makes_up_pages_fills_no_table(logga_in: LoggaIn, database: Database) -> None:
    anna = logga_in(ANNA)
    for nummer in range(15):
        _ar(anna, "prognos", f"{nummer:024x}")
    assert len(_rader(database)) == 12
    # What no page of ours says is not kept.
    _ar(anna, "<b>nej</b>", "f" * 24)
    _ar(anna, "prognos", "kort")
    assert {(len(rad.flik), rad.avsnitt) for rad in _rader(database)} == {(24, "prognos"), (24, "")}
