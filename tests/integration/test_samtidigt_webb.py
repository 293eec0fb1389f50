"""Several people at once over HTTP, on a real PostgreSQL: nobody waits in a circle, nobody uses a right that ended.

Each test holds a lock until everybody stands where they would collide, and then lets go: nothing is left to luck.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories as f
from tests.conftest import en_app
from tests.servrar import vanta_pa_las
from wis import audit, clock
from wis.anteckningar.models import Anteckning, StrukenAnteckning
from wis.auth.models import Anvandare, Inloggning, Medlemskap
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Handelse
from wis.notiser.models import Utskick
from wis.settings import Settings
from wis.tx import transaction
from wis.underrattelser.models import UnderrattelseVersion

pytestmark = pytest.mark.postgres
NY = "/handelser/storm/underrattelser/ny"
TEXT = {"rubrik": "E18 avstängd", "text": "Stopp vid Söderhall.", "nyckel": "b" * 32, "handling": "avisera"}
BESLUT = {"beslut": "aktivera", "motivering": "Röd varning.", "handling": "avisera"}
HANDELSE = {"rubrik": "Storm", "typ": "vader", "beskrivning": "Hård vind.", "laskrets": "alla", "nyckel": "a" * 32}
LAS_LOGGEN = select(audit.Logghuvud).with_for_update()


@pytest.fixture
def pg(postgres_url: str) -> Iterator[Database]:
    db = Database(postgres_url)
    with transaction(db) as session:
        f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost="redaktor@nacka.example")
        f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost="kollega@nacka.example")
        f.en_handelse(session, "nacka", slug="storm")
    yield db
    db.dispose()


@pytest.fixture
def appen(settings: Settings, pg: Database) -> Flask:
    return en_app(settings, pg)


@pytest.fixture
def trad() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def _inloggad(app: Flask, epost: str = "redaktor@nacka.example") -> FlaskClient:
    client = app.test_client()
    assert client.post("/logga-in", data={"epost": epost, "losenord": f.LOSENORD}).status_code == 302
    return client


def _svar(vantad: Future[tuple[int, str, str]]) -> tuple[int, str, str]:
    return vantad.result(timeout=30)


def _post(client: FlaskClient, path: str, data: dict[str, str]) -> tuple[int, str, str]:
    answer = client.post(path, data=data)
    return answer.status_code, answer.headers.get("Location", ""), answer.get_data(as_text=True)


def _efter_lasning(
    pg: Database, trad: ThreadPoolExecutor, *anrop: Callable[[], tuple[int, str, str]], halls: object = LAS_LOGGEN
) -> list[tuple[int, str, str]]:
    """What each call answers, when all of them have come to wait before the end of the record is let go of."""
    with transaction(pg) as session:
        session.execute(halls)  # type: ignore[call-overload]
        waiting = []
        for ett in anrop:
            waiting.append(trad.submit(ett))
            vanta_pa_las(pg.engine, len(waiting))
    return [_svar(vantad) for vantad in waiting]


@pytest.mark.parametrize("forst", ["rättelsen", "beslutet"])
def test_a_correction_and_a_decision_at_once_both_go_through(
    appen: Flask, pg: Database, trad: ThreadPoolExecutor, forst: str
) -> None:
    client, kollega = _inloggad(appen), _inloggad(appen, "kollega@nacka.example")
    assert client.post(NY, data=TEXT).status_code == 302
    rattelse = TEXT | {"nyckel": "c" * 32, "text": "Stopp vid Kapellskär.", "bas": "1"}
    anrop = [
        lambda: _post(client, "/underrattelser/1/ratta", rattelse),
        lambda: _post(kollega, "/handelser/storm/lage", BESLUT),
    ]
    answers = _efter_lasning(pg, trad, *(anrop if forst == "rättelsen" else reversed(anrop)))
    assert [status for status, *_ in answers] == [302, 302]
    with pg.reading() as session:
        assert session.scalar(select(func.count()).select_from(Utskick)) == 3
        assert isinstance(audit.verify(session), tuple)


def test_two_publish_in_one_event_while_a_third_closes_it(appen: Flask, pg: Database, trad: ThreadPoolExecutor) -> None:
    client, kollega, tredje = _inloggad(appen), _inloggad(appen, "kollega@nacka.example"), _inloggad(appen)
    stang = BESLUT | {"beslut": "stang"}
    answers = _efter_lasning(
        pg,
        trad,
        lambda: _post(client, NY, TEXT),
        lambda: _post(kollega, NY, TEXT),
        lambda: _post(tredje, "/handelser/storm/lage", stang),
    )
    assert [status for status, *_ in answers] == [302, 302, 302]
    assert client.post(NY, data=TEXT | {"nyckel": "d" * 32}).status_code == 403


def test_a_double_click_publishes_once_and_both_answers_lead_there(
    appen: Flask, pg: Database, trad: ThreadPoolExecutor
) -> None:
    client = _inloggad(appen)
    other = _inloggad(appen)
    answers = _efter_lasning(pg, trad, lambda: _post(client, NY, TEXT), lambda: _post(other, NY, TEXT))
    (first, second) = answers
    assert first[:2] == second[:2]
    assert first[0] == 302
    with pg.reading() as session:
        assert session.scalar(select(func.count()).select_from(UnderrattelseVersion)) == 1
        assert session.scalar(select(func.count()).select_from(Utskick)) == 1


def test_what_is_noted_and_struck_by_a_double_click_is_noted_and_struck_once(
    appen: Flask, pg: Database, trad: ThreadPoolExecutor
) -> None:
    client, other, rad = _inloggad(appen), _inloggad(appen), {"anteckning": "Bron stängd", "nyckel": "e" * 32}
    for adress, gjort, tabell in (
        ("/handelser/storm/anteckningar", rad, Anteckning),
        ("/anteckningar/1/stryk", {}, StrukenAnteckning),
    ):
        forst, sedan = _efter_lasning(
            pg,
            trad,
            lambda adress=adress, gjort=gjort: _post(client, adress, gjort),  # type: ignore[misc]
            lambda adress=adress, gjort=gjort: _post(other, adress, gjort),  # type: ignore[misc]
        )
        assert forst[:2] == sedan[:2]
        assert forst[0] == 302
        with pg.reading() as session:
            assert session.scalar(select(func.count()).select_from(tabell)) == 1
            assert isinstance(audit.verify(session), tuple)


@pytest.mark.parametrize("samma_person", [True, False], ids=["a double click", "two with the same title"])
def test_events_opened_at_once(appen: Flask, pg: Database, trad: ThreadPoolExecutor, samma_person: bool) -> None:
    client = _inloggad(appen)
    other = _inloggad(appen, "redaktor@nacka.example" if samma_person else "kollega@nacka.example")
    answers = _efter_lasning(
        pg, trad, lambda: _post(client, "/handelser/ny", HANDELSE), lambda: _post(other, "/handelser/ny", HANDELSE)
    )
    assert [status for status, *_ in answers] == [302, 302]
    opened = 1 if samma_person else 2
    assert len({location for _, location, _ in answers}) == opened
    with pg.reading() as session:
        found = session.scalars(select(Handelse).where(Handelse.beskrivning == "Hård vind.")).all()
        assert len(found) == opened


def _stang_av(session: Session) -> None:
    person = session.scalars(select(Anvandare).where(Anvandare.epost == "redaktor@nacka.example")).one()
    session.scalars(select(Medlemskap).where(Medlemskap.anvandare_id == person.id)).one().avstangd = clock.now()


def _sank(session: Session) -> None:
    person = session.scalars(select(Anvandare).where(Anvandare.epost == "redaktor@nacka.example")).one()
    session.scalars(select(Medlemskap).where(Medlemskap.anvandare_id == person.id)).one().roll = Roll.LASARE


def _avsluta(session: Session) -> None:
    for inloggning in session.scalars(select(Inloggning)):
        inloggning.avslutad = clock.now()


@pytest.mark.parametrize("slut", [_stang_av, _sank, _avsluta], ids=["shut out", "made a reader", "logged out"])
@pytest.mark.parametrize(
    ("path", "data"),
    [(NY, TEXT), ("/handelser/storm/lage", BESLUT), ("/handelser/storm/redigera", HANDELSE)],
    ids=["publishing", "deciding", "editing"],
)
def test_a_right_that_ends_while_one_waits_in_line_is_not_used(
    appen: Flask,
    pg: Database,
    trad: ThreadPoolExecutor,
    slut: Callable[[Session], None],
    path: str,
    data: dict[str, str],
) -> None:
    client = _inloggad(appen)
    with transaction(pg) as session:
        session.execute(select(Handelse.id).with_for_update())
        waiting = trad.submit(_post, client, path, data)
        vanta_pa_las(pg.engine, 1)
        slut(session)
    status, _, page = _svar(waiting)
    assert status == 403
    assert (data.get("text") or data.get("motivering") or data["beskrivning"]) in page
    with pg.reading() as session:
        assert session.scalar(select(func.count()).select_from(Utskick)) == 0


def test_a_new_login_does_not_wait_for_the_old_one_with_the_record_in_its_hand(
    appen: Flask, pg: Database, trad: ThreadPoolExecutor
) -> None:
    client = _inloggad(appen)
    with transaction(pg) as session:
        session.execute(select(Inloggning.id).with_for_update())
        form = {"epost": "kollega@nacka.example", "losenord": f.LOSENORD}
        waiting = trad.submit(_post, client, "/logga-in", form)
        vanta_pa_las(pg.engine, 1)
        with pg.engine.connect() as other:
            other.execute(select(audit.Logghuvud).with_for_update(nowait=True))
    assert _svar(waiting)[0] == 302
    with pg.reading() as session:
        handlingar = session.scalars(select(audit.Loggpost.handling).order_by(audit.Loggpost.nummer)).all()
        assert list(handlingar) == ["inloggad", "utloggad", "inloggad"]
