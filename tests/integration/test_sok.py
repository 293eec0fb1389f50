"""One search in two databases: the same words find the same things, and only what the one who asks may read."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from tests.factories import en_aktor, en_handelse, en_person_hos
from tests.integration.test_lasratt_sql import LASER, NAMN, SEPARATA, subjekten
from tests.lasratt import en_gast, en_krets, som, subjektet
from tests.security import orakel as o
from tests.security.varld import bygg
from tests.web.ytor_data import besluta, publicera, ratta, underratta
from wis import clock, schema
from wis.anteckningar.models import Anteckning
from wis.auth.rules import Roll, Subjekt
from wis.db import Database
from wis.handelser.models import Beslutsslag, Handelse, HandelseLasare
from wis.lagesbild.models import LagesbildSektion
from wis.sok import queries
from wis.sok.index import bygg as bygg_index
from wis.sok.models import Sokpost
from wis.sok.queries import Filter, Nyckel
from wis.sok.rules import Sort, dagar, tolka
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion

ALLT = Filter()


def traffar(session: Session, who: Subjekt, typed: str, filtret: Filter = ALLT) -> list[Nyckel]:
    return queries.sok(session, who, tolka(typed), filtret)


def sorter(session: Session, who: Subjekt, typed: str, filtret: Filter = ALLT) -> list[tuple[str, int]]:
    """(kind, version) of each hit, newest first."""
    return [(nyckel.sort.value, nyckel.nummer) for nyckel in traffar(session, who, typed, filtret)]


def rubriker(session: Session, who: Subjekt, typed: str, filtret: Filter = ALLT) -> list[str]:
    ids = [nyckel.id for nyckel in traffar(session, who, typed, filtret)]
    return list(session.scalars(select(Sokpost.rubrik).where(Sokpost.id.in_(ids)).order_by(Sokpost.id.desc())))


def en_sektion(session: Session, lagesbild_id: int, nummer: int, kalla: str) -> None:
    sektion = LagesbildSektion(
        lagesbild_id=lagesbild_id, nummer=nummer, nyckel="fakta", ordning=2, kalla=kalla, html=""
    )
    session.add(sektion)
    session.flush()


# --- what is found ---------------------------------------------------------------------------------------------------

TEXTER = [
    "Skolorna i Nacka är stängda",
    "Skolan öppnar på måndag",
    "Vattenläcka vid sjukhuset",
    "Får ej beträda isen",
    "Man far illa av ishalka",
    "Elavbrott i norra delen",
    "E18 avstängd, el-bussar står",
]
SOKNINGAR = {
    "skola": {0, 1},
    "SKOLORNAS": {0, 1},
    "skola -stängd": {1},
    "nacka skola": {0},
    "nacka måndag": set(),
    '"skolorna i nacka"': {0},
    '"skola i nacka"': set(),
    '"i nacka skolorna"': set(),
    "vatten*": {2},
    "vatten": set(),
    "får": {3},
    "far": {4},
    "elavbrottet": {5},
    "el": {6},
    "el-bussar": {6},
    "e18": {6},
    "isen OR skola": set(),
    "isen* -öppen": {3},
}


def test_both_databases_find_the_same_and_just_that(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        handelse = en_handelse(session, rubrik="Prov")
        for text in TEXTER:
            underratta(session, handelse, text)
    with varje_databas.reading() as session:
        who = som(session, "taby")
        for typed, vantat in SOKNINGAR.items():
            assert rubriker(session, who, typed) == [TEXTER[n] for n in sorted(vantat, reverse=True)], typed


def test_every_kind_of_thing_is_found_the_newest_first_and_by_its_filters(varje_databas: Database) -> None:
    start = clock.now() - timedelta(days=10)
    with transaction(varje_databas) as session:
        with clock.at(start):
            handelse = en_handelse(session, rubrik="Storm över kusten")
            ovning = en_handelse(session, rubrik="Storm på låtsas", ovning=True)
            publicera(session, ovning, "nacka", text="Stormen övas.")
        with clock.at(start + timedelta(days=1)):
            version = publicera(session, handelse, "nacka", text="Lugnt.")
            en_sektion(session, version.lagesbild_id, 1, "**Stormar** [väntas](https://smhi.example)")
        with clock.at(start + timedelta(days=2)):
            publicera(session, handelse, None, text="Stormens följder.")
            besluta(session, handelse, Beslutsslag.LAGE, "Stormen har kommit.")
        with clock.at(start + timedelta(days=3)):
            ratta(session, underratta(session, handelse, "Storm"))
    with varje_databas.reading() as session:
        who = som(session, "taby")
        alla = [("underrattelse", 2), ("underrattelse", 1), ("beslut", 0), ("samlad", 1), ("lagesbild", 1)]
        assert sorted(sorter(session, who, "storm")) == sorted([*alla, ("handelse", 0)])
        assert sorter(session, who, "storm")[-2:] == [("lagesbild", 1), ("handelse", 0)]
        assert [n.sort for n in traffar(session, who, "storm", Filter(ovning=True))] == [Sort.EGEN, Sort.HANDELSE]
        nacka = en_aktor(session, "nacka").id
        assert sorter(session, who, "storm", Filter(aktor_id=nacka)) == [("lagesbild", 1)]
        assert sorter(session, who, "storm", Filter(sort=Sort.SAMLAD)) == [("samlad", 1)]
        assert sorter(session, who, "storm", Filter(handelse_id=ovning.id)) == []
        dagen = clock.local(start + timedelta(days=2)).date()
        lagst, hogst = dagar(dagen, dagen)
        assert set(sorter(session, who, "storm", Filter(lagst=lagst, hogst=hogst))) == {("beslut", 0), ("samlad", 1)}
        basta = queries.bast_forst(session, traffar(session, who, "storm"), tolka("storm"))
        assert [n.sort for n in basta[:3]] == [Sort.UNDERRATTELSE, Sort.UNDERRATTELSE, Sort.HANDELSE]


def test_entries_of_the_diary_are_found_and_all_by_their_tags(varje_databas: Database) -> None:
    start = clock.now() - timedelta(days=2)
    with clock.at(start), transaction(varje_databas) as session:
        handelse = en_handelse(session, rubrik="Prov", lasare=["nacka"])
        underratta(session, handelse, "Läcka", text="Stopp i #dricks-vatten")
        session.add(_anteckning(session, handelse, "Pumpen startar #dricks-vatten"))
        session.add(_anteckning(session, handelse, "Pumpen vilar #dricks"))
    with transaction(varje_databas) as session:
        session.add(HandelseLasare(handelse_id=handelse.id, aktor_id=en_aktor(session, "taby").id, fran=clock.now()))
    with varje_databas.reading() as session:
        nacka = som(session, "nacka")
        assert sorter(session, nacka, "pumpens") == [("anteckning", 0)] * 2
        assert sorter(session, nacka, "", Filter(tagg="dricks-vatten")) == [("anteckning", 0), ("underrattelse", 1)]
        assert sorter(session, nacka, "pumpen", Filter(tagg="dricks", sort=Sort.ANTECKNING)) == [("anteckning", 0)]
        # Who reads the event from later on, or not at all, is told of none.
        assert sorter(session, som(session, "taby"), "pumpen") == sorter(session, som(session, "solna"), "pumpen") == []


def _anteckning(session: Session, handelse: Handelse, text: str) -> Anteckning:
    person = en_person_hos(session, "nacka", Roll.SKRIBENT)
    return Anteckning(
        handelse_id=handelse.id,
        aktor_id=en_aktor(session, "nacka").id,
        forfattare_id=person.id,
        skriven=clock.now(),
        tid=clock.now() - timedelta(hours=1),
        text=text,
        idempotensnyckel=text,
    )


def test_an_event_is_found_by_what_is_said_of_it_now(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        handelse_id = en_handelse(session, rubrik="Översvämning").id
    for rubrik in ("Skyfall", "Skyfall i Nacka"):
        with transaction(varje_databas) as session:
            session.get_one(Handelse, handelse_id).rubrik = rubrik
    with varje_databas.reading() as session:
        who = som(session, "taby")
        assert sorter(session, who, "översvämning") == []
        assert rubriker(session, who, "skyfall") == ["Skyfall i Nacka"]


# Whatever anybody could type: syntax of both databases, signs of the index, text of every script.
_TYPED = st.text(max_size=60) | st.lists(
    st.sampled_from(
        [
            *"\"*-():&|!'\\^+ßİ\ufffd\N{GRINNING FACE}",
            "<->",
            "NEAR(",
            "ord:",
            "OR",
            "=skol",
            "#o1",
            "skola",
            "snö",
            "e18",
        ]
    ),
    max_size=8,
).map(" ".join)


def test_nothing_that_can_be_typed_is_an_error_or_found_by_one_database_alone(
    databas_url: str, postgres_url: str
) -> None:
    oppna = [Database(databas_url), Database(postgres_url)]
    with clock.at(clock.now()):
        for database in oppna:
            with transaction(database) as session:
                handelse = en_handelse(session, rubrik="Prov")
                for text in [*TEXTER, "ÅÄÖ ß İ snö e18 or near ord skol o1", "'\\ ' vatten\\' \N{GRINNING FACE} skola"]:
                    underratta(session, handelse, text)
    with oppna[0].reading() as forsta, oppna[1].reading() as andra:
        vem = [(session, som(session, "taby")) for session in (forsta, andra)]

        @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
        @given(_TYPED)
        def prova(typed: str) -> None:
            fraga = tolka(typed.replace("\0", ""))
            funna = [rubriker(session, who, typed.replace("\0", "")) if fraga else [] for session, who in vem]
            assert funna[0] == funna[1]

        prova()
    for en in oppna:
        en.dispose()


# --- who finds -------------------------------------------------------------------------------------------------------


def test_everybody_finds_just_what_the_table_says_that_they_read(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        varld = bygg(session)
    with varje_databas.reading() as session, clock.at(o.NU):
        for namn in NAMN:
            for who in subjekten(session, varld, namn).values():
                found = {n.sak for n in traffar(session, who, "hemligt")}
                for ting in SEPARATA:
                    hid = varld.handelser[ting]
                    if who.medlemskap_id != varld.medlemskap[namn, hid]:
                        continue
                    sort = {o.EGEN: Sort.EGEN, o.SAMLAD: Sort.SAMLAD, o.UNDERRATTELSE: Sort.UNDERRATTELSE}[ting.slag]
                    assert ((sort, varld.ting[ting]) in found) == LASER[namn, ting], (namn, ting)


def test_what_is_hidden_shows_in_no_count_order_or_mark(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        handelse = en_handelse(session, rubrik="Prov")
        gast_i = en_handelse(session, rubrik="Prov två", lasare=["varmdo"])
        forsta = underratta(session, handelse, "Snö på vägen")
        gast = subjektet(session, en_gast(session, "nacka", handelse))
        alltid, annan = som(session, "polisen"), som(session, "taby")
        for _ in range(2):
            publicera(session, handelse, "nacka", text="Snö överallt.")
        publicera(session, handelse, "nacka", text="Snö överallt.", tlp="amber")
        publicera(session, gast_i, "varmdo", text="Snö hos oss.")
        rott = underratta(session, handelse, "Snö i rött", tlp="red")
        forsta_id, rott_id = forsta.underrattelse_id, rott.underrattelse_id
    with varje_databas.reading() as session:
        # A guest sees nothing of the version above GREEN, and not that there is one.
        (nyckel, tidigare), *_ = queries.efter_sak(traffar(session, gast, "snö överallt"))
        (traff,) = queries.fyll(session, gast, [(nyckel, tidigare)])
        assert (nyckel.nummer, tidigare, traff.aldre) == (2, (1,), False)
        assert sorter(session, gast, "snö") == [("lagesbild", 2), ("lagesbild", 1), ("underrattelse", 1)]
        assert (Sort.UNDERRATTELSE, rott_id) in {n.sak for n in traffar(session, alltid, "rött")}
        assert traffar(session, annan, "rött") == []
        assert sorter(session, annan, "hos oss") == []
    with transaction(varje_databas) as session:
        session.get_one(Underrattelse, forsta_id).krets_id = en_krets(session, "varmdo").id
    with varje_databas.reading() as session:
        assert sorter(session, annan, "vägen") == []
        vald = som(session, "varmdo")
        assert sorter(session, vald, "vägen") == [("underrattelse", 1)]
        # 'Visa som' finds no more than both do.
        assert sorter(session, replace(vald, betraktare=annan), "vägen") == []
        assert sorter(session, replace(vald, betraktare=annan), "snö överallt")[0] == ("lagesbild", 3)


def test_more_than_can_be_shown_is_said_to_be_so_however_much_is_hidden_between(database: Database) -> None:
    with transaction(database) as session:
        handelse = en_handelse(session, rubrik="Prov")
        oppen, dold = underratta(session, handelse, "Snö"), underratta(session, handelse, "Snö")
        session.get_one(Underrattelse, dold.underrattelse_id).krets_id = en_krets(session, "varmdo").id
        # In bulk, past the models: as much is hidden as is open, and more of both than is looked at in one go.
        session.execute(insert(UnderrattelseVersion), _manga(oppen, 201) + _manga(dold, 600))
        for en, senaste in ((oppen, 202), (dold, 601)):
            session.get_one(Underrattelse, en.underrattelse_id).senaste = senaste
    with database.reading() as session:
        assert len(traffar(session, som(session, "taby"), "snö")) == queries.MAX_TRAFFAR + 1
        assert {n.sak[1] for n in traffar(session, som(session, "taby"), "snö")} == {oppen.underrattelse_id}


def _manga(forsta: UnderrattelseVersion, antal: int) -> list[dict[str, object]]:
    kolumner = [kolumn.key for kolumn in UnderrattelseVersion.__mapper__.column_attrs]
    rad = {namn: getattr(forsta, namn) for namn in kolumner}
    return [
        {**rad, "nummer": n, "foregaende": n - 1, "idempotensnyckel": f"{forsta.idempotensnyckel}-{n}"}
        for n in range(2, antal + 2)
    ]


# --- what was there before -------------------------------------------------------------------------------------------


def test_an_upgrade_finds_what_was_published_before_there_was_a_search(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'gammal.db'}")
    schema.upgrade(database)
    with transaction(database) as session:
        handelse = en_handelse(session, rubrik="Prov")
        publicera(session, handelse, "nacka", text="Snö förr.")
        ratta(session, underratta(session, handelse, "Halt"))
        besluta(session, handelse, Beslutsslag.LAGE, "Mycket snö.")
    with database.engine.begin() as connection:
        fore = connection.execute(select(Sokpost.slag, Sokpost.objekt_id, Sokpost.nummer, Sokpost.text)).all()
        for tabell in ("sok_ord", "sokpost"):
            connection.exec_driver_sql(f"DROP TABLE {tabell}")
    command.stamp(schema.config(database), "0005")
    command.upgrade(schema.config(database), "0006")
    with database.engine.begin() as connection:
        efter = connection.execute(select(Sokpost.slag, Sokpost.objekt_id, Sokpost.nummer, Sokpost.text)).all()
        assert sorted(efter) == sorted(fore)
        assert bygg_index(connection) == 0
    with database.reading() as session:
        assert sorter(session, som(session, "taby"), "snö") == [("beslut", 0), ("lagesbild", 1)]
    database.dispose()
