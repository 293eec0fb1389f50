"""What an event has filled up with costs no more to look past: found by index, and no deeper than is said."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, event, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from tests.factories import en_handelse
from tests.lasratt import en_krets, som
from tests.servrar import Postgres
from tests.web.ytor_data import publicera, ratta, underratta
from wis import clock, schema
from wis.db import Database
from wis.handelser import djup
from wis.handelser.models import Handelse, HandelseLasare
from wis.handelser.queries import senaste_beslut
from wis.lagesbild.models import Lagesbild
from wis.lagesbild.queries import nyast_lasbar, senaste_i_handelse, versioner_i_handelse
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion
from wis.underrattelser.queries import Urval as Underrattelseurval
from wis.underrattelser.queries import senaste_underrattelser
from wis.underrattelser.rules import plats_for
from wis.ytor import oversikt, queries
from wis.ytor.queries import Urval
from wis.ytor.rules import Slag

VAXER = {"lagesbild_version", "underrattelse_version", "underrattelse", "handelsebeslut"}
"""Tables that hold more the longer an event goes on."""


def _las_allt(database: Database, handelse_id: int) -> None:
    """Ask all that the pages of an event, the start page and the list of underrättelser ask of these tables."""
    with database.reading() as session:
        who, handelse, now = som(session, "nacka"), session.get_one(Handelse, handelse_id), clock.now()
        (forst, *_) = queries.tidslinje(session, who, handelse, Urval())
        for urval in (
            Urval(fore=forst.plats),
            Urval(aktor="polisen"),
            *(Urval(slag=slag, fore=forst.plats) for slag in Slag),
        ):
            queries.tidslinje(session, who, handelse, urval)
        queries.senast_i(session, who, [handelse_id])
        queries.aktorer_i(session, who, handelse_id)
        queries.sedda_versioner(session, who, handelse_id, now)
        queries.forsenade(session, who, now)
        oversikt.flodet(session, who, handelse_id)
        oversikt.ratt_slutar(session, handelse_id, now)
        senaste_beslut(session, handelse_id)
        (version, *_) = senaste_i_handelse(session, who, handelse_id)
        versioner_i_handelse(session, who, handelse_id)
        nyast_lasbar(session, who, version.lagesbild_id)
        (piece, *_) = senaste_underrattelser(session, who, Underrattelseurval(pagaende=True, antal=5))
        for inom in (None, handelse_id):
            lista = Underrattelseurval(handelse_id=inom, fore=plats_for(piece))
            senaste_underrattelser(session, who, lista)


def test_the_pages_find_what_they_show_by_index(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        handelse = en_handelse(session)
        for nummer in range(4):
            publicera(session, handelse, "nacka")
            ratta(session, underratta(session, handelse, f"Nummer {nummer}"))
    stallda: list[tuple[str, Any]] = []

    def anteckna(_connection: object, _cursor: object, sql: str, varden: Any, *_: object) -> None:
        stallda.append((sql, varden))

    event.listen(varje_databas.engine, "before_cursor_execute", anteckna)
    _las_allt(varje_databas, handelse.id)
    event.remove(varje_databas.engine, "before_cursor_execute", anteckna)
    fragor = [(sql, varden) for sql, varden in stallda if sql.lstrip().startswith("SELECT")]
    assert len(fragor) > 20
    with varje_databas.engine.begin() as connection:
        for sql, varden in fragor:
            assert _genomsokta(connection, sql, varden) == [], sql


def _genomsokta(connection: Connection, sql: str, varden: Any) -> list[str]:
    """The growing tables that the database says it would go through as a whole."""
    if connection.dialect.name == "sqlite":
        steg = [rad[3] for rad in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", varden)]
        # Under another name in the same statement it is called underrattelse_version_1.
        return [ett for ett in steg if ett.startswith("SCAN ") and ett.split()[1].rstrip("_0123456789") in VAXER]
    for val in ("seqscan", "hashjoin", "mergejoin"):
        # There are a handful of rows, which are read at once if that is allowed.
        connection.exec_driver_sql(f"SET LOCAL enable_{val} = off")
    (plan,) = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}", varden).scalar_one()
    return [
        json.dumps({namn: nod[namn] for namn in nod if namn != "Plans"})
        for nod in _noder(plan["Plan"])
        if nod.get("Relation Name") in VAXER and "Index Cond" not in nod and nod["Node Type"] != "Bitmap Heap Scan"
    ]


def _noder(nod: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield nod
    for under in nod.get("Plans", []):
        yield from _noder(under)


def test_who_reads_only_what_lies_deep_is_shown_it_in_lists_all_the_same(
    varje_databas: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(djup, "DJUP", 3)
    for sats in (queries._senast_sats, queries._tidslinje_sats):
        sats.cache_clear()
    with transaction(varje_databas) as session:
        handelse, annan = en_handelse(session), en_handelse(session)
        handelse.alla_aktorer = False
        underratta(session, annan, "Äldst av alla")
        for nummer in range(6):
            underratta(session, handelse, f"Nummer {nummer}", aktor="polisen" if nummer else "nacka")
        who = som(session, "taby")
        handelse.lasare.append(HandelseLasare(aktor_id=who.aktor_id, fran=None))
        session.flush()
        # Täby reads all of it, of which three are looked at first.
        for antal in (3, 10):
            poster = queries.tidslinje(session, who, handelse, Urval(antal=antal))
            assert [post.rubrik for post in poster] == [f"Nummer {5 - plats}" for plats in range(min(antal, 6))]
        # Who came to be let in after the newest reads what is older than them.
        sen = som(session, "solna")
        handelse.lasare.append(HandelseLasare(aktor_id=sen.aktor_id, fran=None))
        smal = en_krets(session, "taby")
        nya = select(Underrattelse.id).where(Underrattelse.handelse_id == handelse.id).order_by(Underrattelse.id.desc())
        for sak in session.scalars(select(Underrattelse).where(Underrattelse.id.in_(nya.limit(5)))):
            sak.krets_id = smal.id
        session.flush()
        assert [post.rubrik for post in queries.tidslinje(session, sen, handelse, Urval())] == ["Nummer 0"]
        assert [post.rubrik for post in queries.tidslinje(session, who, handelse, Urval(aktor="nacka"))] == ["Nummer 0"]
        # Who reads nothing of what lies on top is shown what is theirs in every other event.
        utanfor = som(session, "varmdo")
        lista = senaste_underrattelser(session, utanfor, Underrattelseurval(antal=5))
        assert [version.rubrik for version in lista] == ["Äldst av alla"]
        assert queries.senast_i(session, utanfor, [handelse.id, annan.id])[annan.id].post.rubrik == "Äldst av alla"
    for sats in (queries._senast_sats, queries._tidslinje_sats):
        sats.cache_clear()


@pytest.mark.parametrize("inom", [True, False])
def test_leafing_through_underrattelser_misses_none_and_shows_none_twice(varje_databas: Database, inom: bool) -> None:
    with transaction(varje_databas) as session:
        handelse, who = en_handelse(session), som(session, "taby")
        with clock.at(clock.now()):
            # All at one moment: their ids say which comes first.
            forsta = [underratta(session, handelse, f"Nummer {nummer}") for nummer in range(5)]
        ratta(session, forsta[0])
        handelse_id, visade, fore = handelse.id if inom else None, list[str](), None
        while sida := senaste_underrattelser(
            session, who, Underrattelseurval(handelse_id=handelse_id, fore=fore, antal=2)
        ):
            visade += [f"{version.rubrik} v{version.nummer}" for version in sida]
            fore = plats_for(sida[-1])
        assert visade == ["Nummer 0 v2", "Nummer 4 v1", "Nummer 3 v1", "Nummer 2 v1", "Nummer 1 v1"]


# --- the event of a version ----------------------------------------------------------------------------------------


def test_a_version_can_be_of_no_other_event_or_actor_than_its_thing(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        annan = en_handelse(session)
        handelse = en_handelse(session)
        publicera(session, handelse, "nacka")
        forsta = underratta(session, handelse, "Här")
        annan_id = annan.id
        rad = {kolumn.name: getattr(forsta, kolumn.name) for kolumn in UnderrattelseVersion.__table__.columns}
    for sak in (Lagesbild, Underrattelse):
        with pytest.raises(IntegrityError, match="kan inte"), transaction(varje_databas) as session:
            session.execute(update(sak).values(handelse_id=annan_id))
    for fel in ({"handelse_id": annan_id}, {"aktor_id": annan.agare_id}):
        with pytest.raises(IntegrityError, match="kan inte"), transaction(varje_databas) as session:
            session.execute(
                insert(UnderrattelseVersion), rad | {"nummer": 2, "foregaende": 1, "idempotensnyckel": "2"} | fel
            )


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def gammal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database as it was before versions said their event, with things in it."""
    server: Postgres | None = request.getfixturevalue("postgres") if request.param == "postgres" else None
    url = f"sqlite:///{tmp_path / 'gammal.db'}" if server is None else server.nytt_databas()
    database = Database(url)
    command.upgrade(schema.config(database), "0004")
    with database.engine.begin() as connection:
        for sats in _GAMMALT.split(";"):
            connection.execute(text(sats))
    yield database
    database.dispose()
    if server is not None:
        server.slang_databas(url)


_SAKER = """
SELECT 'l', lagesbild_id, nummer, publicerad, sammanfattning FROM lagesbild_version
UNION ALL SELECT 'u', underrattelse_id, nummer, publicerad, text FROM underrattelse_version ORDER BY 1, 2, 3
"""


def test_an_upgrade_gives_every_version_its_event_and_changes_nothing_else(gammal: Database) -> None:
    with gammal.engine.begin() as connection:
        fore = connection.execute(text(_SAKER)).all()
    schema.upgrade(gammal)
    with gammal.engine.begin() as connection:
        assert connection.execute(text(_SAKER)).all() == fore
        assert len(fore) == 7
        av = "SELECT DISTINCT {}, handelse_id FROM {} ORDER BY 1"
        assert connection.execute(text(av.format("lagesbild_id", "lagesbild_version"))).all() == [(1, 1), (2, 2)]
        hela = "SELECT DISTINCT underrattelse_id, handelse_id, aktor_id FROM underrattelse_version ORDER BY 1"
        assert connection.execute(text(hela)).all() == [(1, 2, 1), (2, 1, 2)]
    for sats in (
        "UPDATE lagesbild_version SET handelse_id = 2",
        "DELETE FROM lagesbild_version",
        "UPDATE underrattelse_version SET text = 'annat'",
        "DELETE FROM underrattelse_version",
    ):
        with pytest.raises(IntegrityError, match="kan inte"), gammal.engine.begin() as connection:
            connection.execute(text(sats))


_VERSION = "INSERT INTO lagesbild_version (lagesbild_id, nummer, foregaende, publicerad, forfattare_id, aktor_id,"
_GAMMALT = f"""
INSERT INTO aktor (id, slug, namn, kortnamn, typ) VALUES (1, 'nacka', 'Nacka', 'Nacka', 'kommun'),
  (2, 'taby', 'Täby', 'Täby', 'kommun');
INSERT INTO anvandare (id, epost, namn, skapad, behorighetsversion) VALUES (1, 'a@b.example', 'A', '2026-01-01', 0);
INSERT INTO handelse (id, slug, rubrik, typ, beskrivning, beskrivning_html, ovning, staende, alla_aktorer, lage,
  agare_id, skapad) VALUES
  (1, 'sno', 'Snö', 'vader', '', '', false, false, true, 'ordinarie', 1, '2026-01-01'),
  (2, 'is', 'Is', 'vader', '', '', false, false, true, 'ordinarie', 1, '2026-01-01');
INSERT INTO lagesbild (id, handelse_id, aktor_id, senaste) VALUES (1, 1, 1, 3), (2, 2, NULL, 1);
{_VERSION} andringsnotering, oforandrad, sammanfattning, idempotensnyckel) VALUES
  (1, 1, NULL, '2026-01-01', 1, 1, '', false, 'Ett', 'a'), (1, 2, 1, '2026-01-02', 1, 1, '', false, 'Två', 'b'),
  (1, 3, 2, '2026-01-03', 1, 1, '', true, 'Två', 'c'), (2, 1, NULL, '2026-01-02', 1, 2, '', false, 'Is', 'd');
INSERT INTO underrattelse (id, handelse_id, aktor_id, skapad, senaste) VALUES (1, 2, 1, '2026-01-01', 2),
  (2, 1, 2, '2026-01-01', 1);
INSERT INTO underrattelse_version (underrattelse_id, nummer, foregaende, publicerad, forfattare_id, bradskande, rubrik,
  text, html, idempotensnyckel) VALUES (1, 1, NULL, '2026-01-01', 1, false, 'A', 'Ett', '', 'a'),
  (1, 2, 1, '2026-01-02', 1, false, 'A', 'Två', '', 'b'), (2, 1, NULL, '2026-01-01', 1, false, 'B', 'Ett', '', 'c')
"""
