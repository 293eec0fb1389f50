"""What an event has filled up with costs no more to look past: it is found by index, however deep it lies."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import Connection, event, insert, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.factories import en_handelse
from tests.lasratt import en_krets, som
from tests.servrar import Postgres
from tests.web.ytor_data import besluta, publicera, ratta, underratta
from wis import clock, schema
from wis.aktorer.models import Aktor
from wis.auth.rules import Subjekt
from wis.db import Database
from wis.handelser.models import Beslutsslag, Handelse
from wis.handelser.queries import senaste_beslut
from wis.lagesbild.models import Lagesbild
from wis.lagesbild.queries import nyast_lasbar, senaste_i_handelse, versioner_i_handelse
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion
from wis.underrattelser.queries import Urval as Underrattelseurval
from wis.underrattelser.queries import senaste_underrattelser
from wis.underrattelser.rules import plats_for
from wis.ytor import oversikt, queries
from wis.ytor.queries import Post, Urval
from wis.ytor.rules import Slag

VAXER = {"lagesbild_version", "underrattelse_version", "underrattelse", "handelsebeslut", "anteckning", "tagg"}
"""Tables that hold more the longer an event goes on."""
I_TIDSORDNING = "ix_underrattelse_version_publicerad"
"""What the list of all underrättelser is walked by, from its young end."""


def _las_allt(database: Database, handelse_id: int) -> None:
    """Ask all that the pages of an event, the start page and the list of underrättelser ask of these tables."""
    with database.reading() as session:
        who, handelse, now = som(session, "nacka"), session.get_one(Handelse, handelse_id), clock.now()
        (forst, *_) = queries.tidslinje(session, who, handelse, Urval())
        for urval in (
            Urval(fore=forst.plats),
            Urval(aktor="polisen"),
            Urval(tagg="el"),
            Urval(tagg="el", aktor="polisen", slag=Slag.ANTECKNING, fore=forst.plats),
            Urval(efter=forst.plats),
            Urval(till=now),
            *(Urval(slag=slag, fore=forst.plats) for slag in Slag),
        ):
            queries.tidslinje(session, who, handelse, urval)
        queries.senast_i(session, who, [handelse_id])
        queries.aktorer_i(session, who, handelse_id)
        queries.taggar_i(session, who, handelse_id)
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
        hela = [ett for ett in steg if ett.startswith("SCAN ") and ett.split()[1].rstrip("_0123456789") in VAXER]
        # What is not sorted afterwards is stopped as soon as there are as many as asked for.
        sorterat = "USE TEMP B-TREE FOR ORDER BY" in steg
        return [ett for ett in hela if sorterat or not ett.endswith(f" USING INDEX {I_TIDSORDNING}")]
    for val in ("seqscan", "hashjoin", "mergejoin"):
        # There are a handful of rows, which are read at once if that is allowed.
        connection.exec_driver_sql(f"SET LOCAL enable_{val} = off")
    (plan,) = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}", varden).scalar_one()
    return [
        json.dumps({namn: nod[namn] for namn in nod if namn != "Plans"})
        for nod in _noder(plan["Plan"])
        if nod.get("Relation Name") in VAXER and "Index Cond" not in nod and nod["Node Type"] != "Bitmap Heap Scan"
        if nod.get("Index Name") != I_TIDSORDNING
    ]


def _noder(nod: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield nod
    for under in nod.get("Plans", []):
        yield from _noder(under)


DOLDA = 2_100
"""So much of what may not be read lies above what may."""


def _doldas(session: Session, handelse: Handelse, start: datetime) -> None:
    """An underrättelse that Värmdö alone reads, with so many corrections from `start` on, a second apart."""
    with clock.at(start):
        forsta = underratta(session, handelse, "Dold")
    sak = session.get_one(Underrattelse, forsta.underrattelse_id)
    sak.krets_id, sak.senaste = en_krets(session, "varmdo").id, DOLDA
    rad = {kolumn.name: getattr(forsta, kolumn.name) for kolumn in UnderrattelseVersion.__table__.columns}
    olika = (
        {"nummer": n, "foregaende": n - 1, "publicerad": start + timedelta(seconds=n), "idempotensnyckel": uuid4().hex}
        for n in range(2, DOLDA + 1)
    )
    # Not by way of the session, which would write each into the search as well.
    session.flush()
    session.connection().execute(insert(UnderrattelseVersion.__table__), [rad | ett for ett in olika])


def _begravt(session: Session, handelse: Handelse, tyst: Handelse) -> int:
    """What Täby may read in two events, deep down under what it may not. Returns the id of Polisen's lägesbild."""
    start = clock.now() - timedelta(days=1)
    with clock.at(start):
        for nummer in range(4):
            underratta(session, handelse, f"Samtidig {nummer}")
        underratta(session, tyst, "Ensam")
        bild = publicera(session, handelse, "polisen", text="Läsbar bild")
    for minut in range(1, 81):
        with clock.at(start + timedelta(minutes=minut)):
            if minut == 61:
                underratta(session, handelse, "Mitt i", aktor="nacka")
            besluta(session, handelse, Beslutsslag.LAGE, f"Beslut {minut}")
            publicera(session, handelse, "polisen", text="Dold bild", tlp="red")
    for ett in (handelse, tyst):
        _doldas(session, ett, start + timedelta(minutes=90))
    return bild.lagesbild_id


def test_who_may_read_only_what_lies_deep_is_shown_all_of_it(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        handelse, tyst = en_handelse(session), en_handelse(session)
        bild_id = _begravt(session, handelse, tyst)
        who, agare = som(session, "taby"), session.get_one(Aktor, handelse.agare_id).slug
        ratt = (handelse.id, tyst.id)
    deras = ["Mitt i", *(f"Samtidig {nummer}" for nummer in (3, 2, 1, 0))]
    with varje_databas.reading() as session:
        handelse, tyst = (session.get_one(Handelse, id_) for id_ in ratt)
        # The timeline, at the border of every page.
        allt = _bladdrat(session, who, handelse, Urval(antal=20))
        assert [post.rubrik for post in allt if post.slag is Slag.UNDERRATTELSE] == deras
        assert [post.text for post in allt if post.slag is Slag.EGEN] == ["Läsbar bild"]
        assert [post.text for post in allt if post.slag is Slag.BESLUT] == [f"Beslut {n}" for n in range(80, 0, -1)]
        av_polisen = _bladdrat(session, who, handelse, Urval(aktor="polisen", antal=2))
        assert [post.rubrik or post.text for post in av_polisen] == ["Läsbar bild", *deras[1:]]
        # The lists of underrättelser, where some are of the same moment.
        assert _underrattelser(session, who, handelse.id) == deras
        assert _underrattelser(session, who, tyst.id) == ["Ensam"]
        assert sorted(_underrattelser(session, who, None)) == sorted([*deras, "Ensam"])
        # The actors to choose among, the newest of each event, what was seen, and what is kept of the stream.
        assert {slug for slug, _ in queries.aktorer_i(session, who, handelse.id)} == {"polisen", "nacka", agare}
        senast = queries.senast_i(session, who, ratt)
        assert (senast[handelse.id].post.text, senast[handelse.id].nya) == ("Beslut 80", 86)
        assert (senast[tyst.id].post.rubrik, senast[tyst.id].nya) == ("Ensam", 1)
        assert queries.sedda_versioner(session, who, handelse.id, clock.now()) == {bild_id: 1}
        assert nyast_lasbar(session, who, bild_id) == 1
        assert [version.nummer for version in versioner_i_handelse(session, who, handelse.id)] == [1]
        floden = [oversikt.flodet(session, who, id_) for id_ in ratt]
        assert [(len(flode.rader), flode.helt) for flode in floden] == [(86, True), (1, True)]


def _bladdrat(session: Session, who: Subjekt, handelse: Handelse, urval: Urval) -> list[Post]:
    """The timeline, page after page, to its end."""
    allt: list[Post] = []
    while sida := queries.tidslinje(session, who, handelse, urval):
        allt += sida
        urval = replace(urval, fore=sida[-1].plats)
    return allt


def _underrattelser(session: Session, who: Subjekt, handelse_id: int | None) -> list[str]:
    """The headings in the list, page after page, to its end."""
    rubriker, urval = list[str](), Underrattelseurval(handelse_id=handelse_id, antal=2)
    while sida := senaste_underrattelser(session, who, urval):
        rubriker += [version.rubrik for version in sida]
        urval = replace(urval, fore=plats_for(sida[-1]))
    return rubriker


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
