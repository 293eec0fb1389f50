"""What came of the tries, minute by minute: right with many threads, and kept while the database does not answer."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tests.utskick import Klocka, i_tradar
from wis import clock
from wis.db import Database
from wis.notiser import leverantorsminuter
from wis.notiser.leverantorsminuter import Lage, Raknare
from wis.notiser.rules import mottagen, overgaende, oviss, permanent

MINUT = timedelta(minutes=1)


def _lagen(database: Database) -> list[Lage]:
    with database.reading() as session:
        return list(leverantorsminuter.lagen(session, clock.now() - 5 * MINUT))


def test_what_many_threads_count_is_added_up_and_each_writing_adds_to_the_last(
    varje_databas: Database, klocka: Klocka
) -> None:
    raknare, en_annan_process = Raknare(), Raknare()
    utfall = [mottagen(), permanent("x"), overgaende("x", om_leverantoren=True), oviss("x"), oviss("x")]

    def rakna(nummer: int) -> None:
        for _ in range(50):
            raknare.lagg_till("sms-2" if nummer == 0 else "sms", clock.now(), utfall)
            if nummer == 1:
                raknare.skriv(varje_databas)

    assert not i_tradar(4, rakna)
    en_annan_process.lagg_till("sms", clock.now() - MINUT, [mottagen()])
    for ett in (raknare, en_annan_process, raknare):
        ett.skriv(varje_databas)
    assert _lagen(varje_databas) == [Lage("sms", 151, 150, 150, 300), Lage("sms-2", 50, 50, 50, 100)]
    raknare.lagg_till("sms", clock.now(), [mottagen()])
    raknare.skriv(varje_databas)
    assert _lagen(varje_databas)[0].mottagna == 152


def test_what_a_database_that_does_not_answer_could_not_take_is_written_later(
    varje_databas: Database, klocka: Klocka
) -> None:
    raknare = Raknare()
    raknare.lagg_till("sms", clock.now(), [mottagen()])
    with varje_databas.engine.begin() as connection:
        connection.execute(text("ALTER TABLE leverantorsminut RENAME TO borta"))
    with pytest.raises(SQLAlchemyError):
        raknare.skriv(varje_databas)
    raknare.lagg_till("sms", clock.now(), [mottagen()])
    with varje_databas.engine.begin() as connection:
        connection.execute(text("ALTER TABLE borta RENAME TO leverantorsminut"))
    raknare.skriv(varje_databas)
    raknare.skriv(varje_databas)
    assert [rad.mottagna for rad in _lagen(varje_databas)] == [2]
