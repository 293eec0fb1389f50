"""Two acts upon one account at the same moment, on SQLite and on PostgreSQL: neither waits for the other for ever."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from tests import factories as f
from tests.servrar import vanta_pa_las
from tests.web.faktor_stod import VERA, har_app, kod
from wis import clock
from wis.auth import faktorer, faktorer_app, service, sessioner_service
from wis.auth.losenord import hasha, stammer
from wis.auth.models import Faktorslag, Inloggning, Lanktyp
from wis.auth.queries import find_anvandare
from wis.auth.rules import Roll
from wis.cli import Kontext
from wis.db import Database
from wis.konton import lankar, queries
from wis.konton import service as konton
from wis.konton.kommandon import user
from wis.settings import Settings
from wis.tx import transaction

DYGN = timedelta(days=1)
Akt = Callable[[Session], object]


@pytest.fixture
def vera(varje_databas: Database) -> int:
    """The id of Vera."""
    with transaction(varje_databas) as session:
        return f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost=VERA, administrator=True).id


def samtidigt(database: Database, vem: int, *akter: Akt) -> list[BaseException]:
    """Do these, each in a transaction of its own, all begun in this order while somebody holds the person's row.

    Returns what went wrong.
    """
    wrong: list[BaseException] = []

    def gor(akt: Akt) -> None:
        try:
            with transaction(database) as session:
                akt(session)
        except Exception as error:  # noqa: BLE001 whatever it is, the test is to show it
            wrong.append(error)

    threads = [threading.Thread(target=gor, args=(akt,)) for akt in akter]
    with transaction(database) as holder:
        service.las_person(holder, vem)
        for number, thread in enumerate(threads, 1):
            thread.start()
            if database.engine.dialect.name == "postgresql":
                vanta_pa_las(database.engine, number)
    for thread in threads:
        thread.join()
    return wrong


def en_lank(database: Database, vem: int, typ: Lanktyp) -> str:
    """The token of a link to choose a password."""
    with transaction(database) as session:
        return lankar.skapa(session, service.las_person(session, vem), typ, "").rsplit("/", 1)[1]


def en_inloggning(database: Database, vem: int) -> int:
    """The id of a finished login."""
    with transaction(database) as session:
        half = service.oppna_inloggning(session, service.las_person(session, vem), DYGN)
        token = service.slutfor_inloggning(session, half, service.Inslapp(Faktorslag.INGEN, DYGN))
        found = [rad for rad in _inloggningar(session, vem) if rad.token_hash == service.token_hash(token)]
        return found[0].id


def _inloggningar(session: Session, vem: int) -> list[Inloggning]:
    return session.query(Inloggning).filter_by(anvandare_id=vem).all()


def test_a_password_changed_while_a_link_sets_another(varje_databas: Database, vera: int) -> None:
    token, inloggning = en_lank(varje_databas, vera, Lanktyp.ATERSTALLNING), en_inloggning(varje_databas, vera)
    nytt, annat = hasha("ett av de två nya"), hasha("det andra av dem")
    outcome = samtidigt(
        varje_databas,
        vera,
        lambda session: sessioner_service.byt_losenord(session, vera, inloggning, nytt),
        lambda session: lankar.satt_losenord(session, token, lankar.NyttLosenord(annat), DYGN),
    )
    # Whoever comes first ends what the other would have done it by.
    assert [type(error) for error in outcome] in ([lankar.LankOgiltig], [service.InloggningOver])
    with varje_databas.reading() as session:
        person = find_anvandare(session, VERA)
        assert person is not None
        assert stammer(person.losenord_hash, "ett av de två nya") == (type(outcome[0]) is lankar.LankOgiltig)


def test_an_invitation_sent_again_while_the_first_is_used(varje_databas: Database, vera: int) -> None:
    with transaction(varje_databas) as session:
        admin = f.subjekt_for(session, service.las_person(session, vera))
        person = f.en_person_hos(session, "nacka", Roll.LASARE, epost="kim@nacka.example")
        person.losenord_hash = None
        kim = person.id
        medlemskap = queries.find_medlemskap_for(session, admin.aktor_id, kim)
        assert medlemskap is not None
        medlemskap_id = medlemskap.id
    token = en_lank(varje_databas, kim, Lanktyp.INBJUDAN)
    nytt = lankar.NyttLosenord(hasha("fyra slumpvisa ord"), "Kim")
    outcome = samtidigt(
        varje_databas,
        kim,
        lambda session: konton.skicka_lank(session, admin, admin.aktor_id, medlemskap_id, ""),
        lambda session: lankar.satt_losenord(session, token, nytt, DYGN),
    )
    assert {type(error) for error in outcome} <= {lankar.LankOgiltig}


def test_a_link_that_is_used_while_the_account_is_shut(varje_databas: Database, vera: int, settings: Settings) -> None:
    token = en_lank(varje_databas, vera, Lanktyp.ATERSTALLNING)

    def shut(session: Session) -> None:
        person = service.las_person(session, vera)
        person.avstangd = clock.now()
        lankar.avsluta(session, vera, *Lanktyp)
        service.avsluta_alla(session, vera)

    nytt = lankar.NyttLosenord(hasha("fyra slumpvisa ord"))
    outcome = samtidigt(varje_databas, vera, shut, lambda session: lankar.satt_losenord(session, token, nytt, DYGN))
    assert {type(error) for error in outcome} <= {lankar.LankOgiltig}
    with varje_databas.reading() as session:
        assert all(rad.avslutad is not None for rad in _inloggningar(session, vera))


def test_an_app_replaced_while_the_factors_are_taken_away(
    varje_databas: Database, vera: int, settings: Settings
) -> None:
    har_app(varje_databas, settings)
    new, inloggning = faktorer_app.ny_hemlighet(), en_inloggning(varje_databas, vera)
    code = kod(new)

    def replace(session: Session) -> None:
        person, _inloggning = service.las_inloggad(session, vera, inloggning)
        faktorer_app.satt(session, settings, person, new, code)
        faktorer.tillagd(session, person, "appen för koder", None)

    def take_away(session: Session) -> None:
        person = find_anvandare(session, VERA)
        assert person is not None
        faktorer.nollstall(session, person, None)

    outcome = samtidigt(varje_databas, vera, replace, take_away)
    assert {type(error) for error in outcome} <= {service.InloggningOver}
    with varje_databas.reading() as session:
        assert faktorer.lage(session, vera).antal == 0


def test_the_command_that_shuts_an_account_ends_its_links(settings: Settings, database: Database) -> None:
    with transaction(database) as session:
        vem = f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost=VERA).id
    token = en_lank(database, vem, Lanktyp.ATERSTALLNING)
    kontext = Kontext(settings)
    result = CliRunner().invoke(user, ["disable", VERA], obj=kontext)
    kontext.database.dispose()
    assert result.exit_code == 0, result.output
    with database.reading() as session:
        assert queries.lankstatus(queries.find_lank(session, token), clock.now()) is queries.Lankstatus.UTGANGEN
