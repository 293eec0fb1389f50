"""The timeline in SQL, on both databases: diary entries among the rest, tags, jumps, and both ways through it."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.factories import en_handelse, en_person_hos, subjekt_for
from tests.lasratt import en_krets, en_sen_aktor, som
from tests.web.ytor_data import TIMME, besluta, publicera, underratta
from wis import clock
from wis.anteckningar.models import Anteckning
from wis.anteckningar.rules import NyAnteckning
from wis.anteckningar.service import anteckna, stryk
from wis.auth.rules import Roll, Subjekt
from wis.db import Database
from wis.handelser.models import Beslutsslag, Handelse
from wis.taggar import Slag as Taggslag
from wis.taggar import samla
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse
from wis.underrattelser.rules import Innehall
from wis.underrattelser.service import Publicering
from wis.underrattelser.service import publicera as publicera_underrattelse
from wis.ytor import queries
from wis.ytor.oversikt import flodet
from wis.ytor.queries import Post, Urval, tidslinje
from wis.ytor.rules import Slag


def noterat(
    session: Session, handelse: Handelse, ord_: str, fore: timedelta | None = None, hos: str = "polisen"
) -> Anteckning:
    """A diary entry now, of what was so long before."""
    who = subjekt_for(session, en_person_hos(session, hos, Roll.TALESPERSON))
    tid = None if fore is None else clock.now() - fore
    return anteckna(session, who, handelse, NyAnteckning(ord_, tid, uuid.uuid4().hex))


def bladdra(
    session: Session, who: Subjekt, handelse: Handelse, antal: int, **val: object
) -> tuple[list[Post], list[Post]]:
    """All of it, so many at a time: from the newest on, and then back from the oldest."""
    fram: list[Post] = []
    while sida := tidslinje(session, who, handelse, Urval(fore=fram[-1].plats if fram else None, antal=antal, **val)):  # type: ignore[arg-type]
        fram += sida
    bak = fram[-1:]
    while sida := tidslinje(session, who, handelse, Urval(efter=bak[0].plats, antal=antal, **val)):  # type: ignore[arg-type]
        bak = [*sida, *bak]
    return fram, bak


@pytest.mark.parametrize("antal", [1, 3])
def test_both_ways_through_the_timeline_show_each_thing_once_though_many_have_the_same_moment(
    varje_databas: Database, antal: int
) -> None:
    with transaction(varje_databas) as session, clock.at(clock.now()):
        who, handelse = som(session, "nacka"), en_handelse(session)
        for nummer in range(2):
            publicera(session, handelse, f"aktor-{nummer}")
            publicera(session, handelse, None)
            underratta(session, handelse, f"Nummer {nummer}")
            besluta(session, handelse, Beslutsslag.LAGE, f"Skäl {nummer}")
            noterat(session, handelse, f"Rad {nummer} #el")
            noterat(session, handelse, f"Förut {nummer} #el", fore=TIMME)
        session.flush()
        hela = tidslinje(session, who, handelse, Urval(antal=100))
        assert len(hela) == 12
        assert bladdra(session, who, handelse, antal) == (hela, hela)
        taggade = [post for post in hela if post.slag is Slag.ANTECKNING]
        assert bladdra(session, who, handelse, antal, tagg="el") == (taggade, taggade)
        till = clock.now() - timedelta(minutes=1)
        assert tidslinje(session, who, handelse, Urval(till=till)) == hela[-2:]


def test_a_diary_entry_stands_where_it_happened_and_is_new_by_when_it_was_written(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        handelse, start = en_handelse(session), clock.now()
        who = subjekt_for(session, en_person_hos(session, "nacka"))
        with clock.at(start - 3 * TIMME):
            publicera(session, handelse, "nacka")
        with clock.at(start - TIMME):
            underratta(session, handelse, "Något")
        # Everything so far is read; then something of before all of it is noted.
        rad = noterat(session, handelse, "Det började här", fore=5 * TIMME)
        assert [post.text for post in tidslinje(session, who, handelse, Urval())][-1] == "Det började här"
        assert flodet(session, who, handelse.id).nya(who.anvandare_id, start - timedelta(minutes=1)) == 1
        senast = queries.senast_i(session, who, [handelse.id])[handelse.id]
        assert (senast.post.text, senast.tid, senast.nya) == ("Det började här", rad.skriven, 3)
        assert senast.post.slag is Slag.ANTECKNING
        # Who wrote it has nothing new in it.
        egen = Subjekt(**{**vars(som(session, "polisen")), "anvandare_id": rad.forfattare_id})
        assert flodet(session, egen, handelse.id).nya(egen.anvandare_id, start - timedelta(minutes=1)) == 0
        strykare = en_person_hos(session, "polisen", Roll.TALESPERSON)
        stryk(session, subjekt_for(session, strykare), rad)
        (struken,) = [post for post in tidslinje(session, who, handelse, Urval()) if post.slag is Slag.ANTECKNING]
        assert (struken.struken_av, struken.text) == (strykare.namn, "Det började här")
        assert struken.struken is not None


def test_tags_are_counted_and_found_in_what_one_may_read_and_nothing_else(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        handelse, start = en_handelse(session), clock.now()
        with clock.at(start - 2 * TIMME):
            noterat(session, handelse, "Tidigt #el #gammalt")
        en_sen_aktor(session, "nykomling", start - TIMME)
        noterat(session, handelse, "Nu #el", fore=3 * TIMME)
        who = subjekt_for(session, en_person_hos(session, "polisen", Roll.TALESPERSON))
        for tagg, krets in (("#el", None), ("#dolt #el", en_krets(session, "varmdo"))):
            said = Innehall(rubrik=f"U {tagg}", text=f"Om {tagg}", html="<p></p>", bradskande=False)
            version = publicera_underrattelse(
                session, who, handelse, Publicering(said, uuid.uuid4().hex, avisera=False)
            )
            session.get_one(Underrattelse, version.underrattelse_id).krets = krets
        version_ = publicera(session, handelse, "nacka", tlp="red")
        samla(session, Taggslag.LAGESBILD, handelse.id, (version_.lagesbild_id, 1, version_.publicerad), "#rött")
        session.flush()
        alltid, vald, sen = som(session, "taby"), som(session, "varmdo"), som(session, "nykomling")
        assert queries.taggar_i(session, alltid, handelse.id) == [("el", 3), ("gammalt", 1)]
        assert queries.taggar_i(session, vald, handelse.id) == [("el", 4), ("dolt", 1), ("gammalt", 1)]
        # What was written before it came is not there, whenever it happened.
        assert queries.taggar_i(session, sen, handelse.id) == [("el", 2)]
        for vem, tagg, antal in ((alltid, "el", 3), (alltid, "dolt", 0), (vald, "dolt", 1), (sen, "gammalt", 0)):
            assert len(tidslinje(session, vem, handelse, Urval(tagg=tagg))) == antal
        assert tidslinje(session, alltid, handelse, Urval(tagg="rött")) == []
        assert len(tidslinje(session, som(session, "nacka"), handelse, Urval(tagg="rött", slag=Slag.EGEN))) == 1
        assert tidslinje(session, alltid, handelse, Urval(tagg="el", slag=Slag.BESLUT)) == []
        assert ("polisen", "Polisen") in queries.aktorer_i(session, sen, handelse.id)
        # Elsewhere they are not.
        assert queries.taggar_i(session, alltid, en_handelse(session).id) == []


def test_what_is_noted_can_not_be_changed_or_removed_whoever_writes_to_the_database(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        rad = noterat(session, en_handelse(session), "Står kvar")
        stryk(session, subjekt_for(session, en_person_hos(session, "polisen", Roll.TALESPERSON)), rad)
    for sats in (
        "UPDATE anteckning SET text = 'annat'",
        "DELETE FROM struken_anteckning",
        "UPDATE struken_anteckning SET tid = tid",
        "DELETE FROM anteckning",
    ):
        with pytest.raises(DBAPIError), varje_databas.engine.begin() as connection:
            connection.execute(text(sats))
