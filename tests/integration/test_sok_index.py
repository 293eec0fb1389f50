"""What the search asks the databases: the same whatever is hidden, and of the index of words whatever is asked."""

from dataclasses import replace

from sqlalchemy import event, text

from tests.factories import en_handelse
from tests.integration.test_sok import rubriker, sorter, traffar
from tests.lasratt import en_gast, en_krets, som, subjektet
from tests.web.ytor_data import publicera, underratta
from wis import clock
from wis.db import Database
from wis.handelser.models import Handelse
from wis.sok.index import bygg_om
from wis.sok.models import Sokpost
from wis.sok.motor import Urval, motor_for
from wis.sok.queries import Filter
from wis.sok.rules import Fasetter, Sort, forsta_id, tecken, tolka
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse

MANGA = 3_000


def test_one_hidden_hit_is_asked_for_in_the_same_way_as_none(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        handelse = en_handelse(session, rubrik="Prov")
        handelse_id = handelse.id
        dold = underratta(session, handelse, "Gryning över fabriken")
        session.get_one(Underrattelse, dold.underrattelse_id).krets_id = en_krets(session, "varmdo").id
        vem = [som(session, "taby"), subjektet(session, en_gast(session, "nacka", handelse))]
    satser: list[tuple[str, int]] = []

    def anteckna(_conn: object, _cursor: object, sats: str, varden: dict[str, object], *_: object) -> None:
        satser.append((sats, len(varden)))

    with varje_databas.reading() as session:
        session.connection()
        event.listen(varje_databas.engine, "before_cursor_execute", anteckna)
        for who in vem:
            traffar(session, who, "skymning")
            utan, satser[:] = list(satser), []
            assert traffar(session, who, "gryning") == []
            assert satser == utan
            assert max(antal for _, antal in utan) > 250
            satser.clear()
        event.remove(varje_databas.engine, "before_cursor_execute", anteckna)
        vald, prov = som(session, "varmdo"), Filter(handelse_id=handelse_id)
        assert sorter(session, vald, "gryning", prov) == [("underrattelse", 1)]
        assert sorter(session, replace(vald, giltig_till=clock.now()), "gryning", prov) == []


def test_a_phrase_is_found_however_often_its_words_have_stood_before(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        handelse = en_handelse(session, rubrik="Prov")
        publicera(session, handelse, "nacka", text="bil och buss " * 600 + "vatten och bröd och salt")
    with varje_databas.reading() as session:
        who = som(session, "taby")
        for typed, antal in {
            '"vatten och bröd"': 1,
            '"bröd och salt"': 1,
            '"buss vatten och"': 1,
            '"bil och buss bil"': 1,
            '"buss och bil"': 0,
            '"vatten och salt"': 0,
            'salt -"vatten och bröd"': 0,
            'salt -"bröd och vatten"': 1,
            "oc*": 1,
            "och": 1,
        }.items():
            assert len(traffar(session, who, typed)) == antal, typed


def test_what_replaces_another_in_the_same_moment_is_not_found_by_its_words(varje_databas: Database) -> None:
    with clock.at(clock.now()):
        with transaction(varje_databas) as session:
            handelse_id = en_handelse(session, rubrik="Översvämning").id
        for rubrik in ("Skyfall", "Storm", "Snö"):
            with transaction(varje_databas) as session:
                session.get_one(Handelse, handelse_id).rubrik = rubrik
    with varje_databas.reading() as session:
        who = som(session, "taby")
        assert rubriker(session, who, "snö") == ["Snö"]
        assert [n for ord_ in ("översvämning", "skyfall", "storm") for n in traffar(session, who, ord_)] == []


def test_the_index_is_made_anew_whatever_stood_in_it(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        publicera(session, en_handelse(session, rubrik="Prov"), "nacka", text="Snö överallt.")
        post = session.query(Sokpost).filter_by(slag=Sort.EGEN.value).one()
        motor_for(session.connection()).glom(session.connection(), post.id)
    with varje_databas.engine.begin() as connection:
        assert bygg_om(connection) == 2
    with varje_databas.reading() as session:
        assert sorter(session, som(session, "taby"), "snö", Filter()) == [("lagesbild", 1)]


def test_postgresql_looks_words_up_in_their_index_also_when_it_has_prepared_the_question(postgres_url: str) -> None:
    database = Database(postgres_url)
    with database.engine.begin() as connection:
        motor, forsta = motor_for(connection), forsta_id(clock.now())
        for nummer in range(MANGA):
            ett = "nacka" if nummer % 2 else "sundbyberg"
            fasetter = Fasetter(Sort.UNDERRATTELSE, nummer % 20, nummer % 30, False)
            motor.skriv(connection, forsta + nummer, tecken("", f"{ett} ord{nummer}", fasetter))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE sok_ord"))
        # The commonest there is, and what is not there: neither by the ids, nor all rows in turn.
        for typed in ("nacka", "finnsej", '"nacka ord17"', "finn*"):
            urval = Urval(tolka(typed).villkor, ("#o0",), None, 0, 2**62)
            for _ in range(15):
                found = motor.kandidater(connection, urval, 2**62, 250)
            assert len(found) == {"nacka": 250, '"nacka ord17"': 1}.get(typed, 0)
        fraga = "SELECT name, generic_plans FROM pg_prepared_statements WHERE statement LIKE '%FROM sok_ord WHERE ord%'"
        ((namn, generella),) = connection.execute(text(fraga)).all()
        assert generella > 0
        for val in ("force_generic_plan", "force_custom_plan"):
            connection.execute(text(f"SET plan_cache_mode = {val}"))
            plan = connection.execute(text(f"EXPLAIN EXECUTE \"{namn}\" ('''#o0''', 0, {2**62}, 250)"))
            rader = "\n".join(plan.scalars())
            assert "ix_sok_ord_ord" in rader, rader
            assert "sok_ord_pkey" not in rader, rader
            assert "Seq Scan" not in rader, rader
    database.dispose()
