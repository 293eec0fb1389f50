"""Lists, counts, the timeline and comparisons hold what the one who asks may read, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.factories import en_aktor, en_handelse, en_person_hos
from tests.lasratt import en_gast, en_handelseroll, en_krets, en_sen_aktor, som, subjektet
from tests.web.ytor_data import besluta, publicera, ratta, underratta
from wis import clock
from wis.auth.rules import Roll, Subjekt
from wis.db import Database
from wis.handelser.models import Beslutsslag, Handelse, HandelseLasare
from wis.lagesbild.models import Lagesbild
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion
from wis.ytor import queries
from wis.ytor.queries import Urval

TIMME = timedelta(hours=1)


def det_som_syns(session: Session, who: Subjekt, handelse: Handelse) -> list[tuple[str, str, int]]:
    """(kind, actor, number) of each thing in the timeline, newest first."""
    return [(p.slag.value, p.aktor_slug, p.nummer) for p in queries.tidslinje(session, who, handelse, Urval())]


def aktorerna(session: Session, who: Subjekt, handelse: Handelse) -> list[str]:
    return [slug for slug, _ in queries.aktorer_i(session, who, handelse.id)]


def nya(session: Session, who: Subjekt, handelse: Handelse) -> int:
    senast = queries.senast_i(session, who, [handelse.id]).get(handelse.id)
    return 0 if senast is None else senast.nya


def test_what_an_actor_has_narrowed_is_in_no_list_or_count_of_those_outside(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        handelse = en_handelse(session)
        version = publicera(session, handelse, "nacka")
        session.get_one(Lagesbild, version.lagesbild_id).krets_id = en_krets(session, "varmdo").id
        underrattelse = underratta(session, handelse, "Hemligt")
        session.get_one(Underrattelse, underrattelse.underrattelse_id).krets_id = en_krets(session, "varmdo").id
        session.flush()
        vald, agare, annan = som(session, "varmdo"), som(session, "nacka"), som(session, "taby")
        assert det_som_syns(session, annan, handelse) == []
        assert queries.senast_i(session, annan, [handelse.id]) == {}
        assert aktorerna(session, annan, handelse) == []
        assert queries.sedda_versioner(session, annan, handelse.id, clock.now()) == {}
        assert det_som_syns(session, vald, handelse) == [("underrattelse", "polisen", 1), ("lagesbild", "nacka", 1)]
        assert (nya(session, vald, handelse), nya(session, agare, handelse)) == (2, 1)
        assert aktorerna(session, vald, handelse) == ["nacka", "polisen"]
        assert aktorerna(session, agare, handelse) == ["nacka"]
        assert queries.sedda_versioner(session, vald, handelse.id, clock.now()) == {version.lagesbild_id: 1}


def test_the_readers_of_another_event_are_no_readers_of_this_one(varje_databas: Database) -> None:
    """Counts lie deep within a query; a condition that is not tied to its event lets any event's readers in."""
    with transaction(varje_databas) as session:
        min_, annans = en_handelse(session, lasare=["nacka"]), en_handelse(session, lasare=["taby"])
        # Nacka is listed in both, but reads the second from tomorrow on.
        fran = clock.now() + timedelta(days=1)
        annans.lasare.append(HandelseLasare(aktor_id=en_aktor(session, "nacka").id, fran=fran))
        for handelse in (min_, annans):
            underratta(session, handelse, "Något")
            publicera(session, handelse, "lansstyrelsen")
            besluta(session, handelse, Beslutsslag.LAGE, "Så är det.")
        session.flush()
        who = som(session, "nacka")
        assert set(queries.senast_i(session, who, [min_.id, annans.id])) == {min_.id}
        assert nya(session, who, min_) == 3
        assert det_som_syns(session, who, annans) == []
        assert aktorerna(session, who, annans) == []


def test_an_actor_that_joined_later_reads_nothing_earlier_unless_it_is_chosen(varje_databas: Database) -> None:
    start = clock.now() - 10 * TIMME
    with transaction(varje_databas) as session:
        handelse = en_handelse(session)
        for plats, nar in enumerate((start, start + 5 * TIMME)):
            with clock.at(nar):
                publicera(session, handelse, "nacka")
                underratta(session, handelse, f"Nummer {plats}")
                besluta(session, handelse, Beslutsslag.LAGE, "Så är det.")
        en_sen_aktor(session, "nykomling", start + 3 * TIMME)
        sen, alltid = som(session, "nykomling"), som(session, "taby")
        assert len(det_som_syns(session, alltid, handelse)) == 6
        assert {nummer for slag, _, nummer in det_som_syns(session, sen, handelse) if slag == "lagesbild"} == {2}
        assert len(det_som_syns(session, sen, handelse)) == 3
        assert nya(session, sen, handelse) == 3
        # What it may compare with begins with its first.
        assert queries.sedda_versioner(session, sen, handelse.id, start + 4 * TIMME) == {}
        handelse.lasare.append(HandelseLasare(aktor_id=sen.aktor_id, fran=None))
        session.flush()
        assert len(det_som_syns(session, sen, handelse)) == 6


@pytest.mark.parametrize("antal", [1, 2, 3])
def test_leafing_through_a_timeline_with_holes_misses_nothing(varje_databas: Database, antal: int) -> None:
    with transaction(varje_databas) as session:
        handelse = en_handelse(session)
        for nummer in range(5):
            dold = underratta(session, handelse, f"Dold {nummer}")
            session.get_one(Underrattelse, dold.underrattelse_id).krets_id = en_krets(session, "varmdo").id
            ratta(session, dold)
            ratta(session, underratta(session, handelse, f"Öppen {nummer}"))
        session.flush()
        who, bitvis = som(session, "taby"), list[queries.Post]()
        while sida := queries.tidslinje(
            session, who, handelse, Urval(fore=bitvis[-1].plats if bitvis else None, antal=antal)
        ):
            bitvis += sida
        assert len(bitvis) == 10
        assert all(post.rubrik.startswith("Öppen") for post in bitvis)
        assert bitvis == queries.tidslinje(session, who, handelse, Urval())
        sedd = queries.senast_i(session, who, [handelse.id])[handelse.id]
        assert sedd.post == bitvis[0]


def test_a_guest_reads_the_one_event_up_to_green(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        min_, annan = en_handelse(session), en_handelse(session)
        for handelse in (min_, annan):
            for tlp in ("clear", "green", "amber"):
                underratta(session, handelse, tlp, tlp=tlp)
        gast = subjektet(session, en_gast(session, "nacka", min_))
        assert [post.tlp for post in queries.tidslinje(session, gast, min_, Urval())] == ["green", "clear"]
        assert nya(session, gast, min_) == 2
        assert queries.tidslinje(session, gast, annan, Urval()) == []
        assert set(queries.senast_i(session, gast, [min_.id, annan.id])) == {min_.id}


def test_what_was_corrected_out_of_sight_is_not_shown_as_if_it_stood(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        handelse = en_handelse(session)
        forsta = underratta(session, handelse, "Vägen är öppen")
        gast = subjektet(session, en_gast(session, "nacka", handelse))
        assert det_som_syns(session, gast, handelse) == [("underrattelse", "polisen", 1)]
        session.get_one(Underrattelse, forsta.underrattelse_id).senaste = 2
        session.add(_rattelse(forsta, tlp="amber"))
        session.flush()
        assert det_som_syns(session, gast, handelse) == []
        assert queries.senast_i(session, gast, [handelse.id]) == {}
        assert aktorerna(session, gast, handelse) == []
        personal = som(session, "nacka")
        assert [nummer for _, _, nummer in det_som_syns(session, personal, handelse)] == [2, 1]


def _rattelse(forsta: UnderrattelseVersion, tlp: str) -> UnderrattelseVersion:
    return UnderrattelseVersion(
        underrattelse_id=forsta.underrattelse_id,
        nummer=2,
        foregaende=1,
        handelse_id=forsta.handelse_id,
        aktor_id=forsta.aktor_id,
        publicerad=clock.now(),
        forfattare_id=forsta.forfattare_id,
        bradskande=False,
        rubrik="Vägen är stängd",
        text="Texten.",
        html="<p>Texten.</p>",
        idempotensnyckel=f"{forsta.idempotensnyckel}-2",
        tlp=tlp,
    )


def test_a_role_in_the_event_opens_and_closes_it(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        handelse = en_handelse(session)
        underratta(session, handelse, "Något")
        oppnad = en_person_hos(session, "nacka", None, administrator=True)
        stangd = en_person_hos(session, "nacka", Roll.REDAKTOR)
        assert nya(session, subjektet(session, oppnad), handelse) == 0
        en_handelseroll(session, oppnad, handelse, Roll.LASARE)
        en_handelseroll(session, stangd, handelse, None)
        assert nya(session, subjektet(session, oppnad), handelse) == 1
        assert nya(session, subjektet(session, stangd), handelse) == 0
        assert queries.tidslinje(session, subjektet(session, stangd), handelse, Urval()) == []
        assert queries.aktorer_i(session, subjektet(session, stangd), handelse.id) == []


def test_red_is_for_actors_chosen_by_name(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        for_alla, for_valda = en_handelse(session), en_handelse(session, lasare=["taby", "polisen"])
        for handelse in (for_alla, for_valda):
            underratta(session, handelse, "Rött", tlp="red")
        annan, egen = som(session, "taby"), som(session, "polisen")
        assert [nya(session, annan, handelse) for handelse in (for_alla, for_valda)] == [0, 1]
        assert [nya(session, egen, handelse) for handelse in (for_alla, for_valda)] == [1, 1]


def test_who_looks_as_another_never_sees_more_than_both(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        handelse = en_handelse(session)
        for krets in (("nacka",), ("taby",), ("nacka", "taby")):
            sak = underratta(session, handelse, "+".join(krets))
            session.get_one(Underrattelse, sak.underrattelse_id).krets_id = en_krets(session, *krets).id
        session.flush()
        som_annan = replace(som(session, "nacka"), betraktare=som(session, "taby"))
        poster = queries.tidslinje(session, som_annan, handelse, Urval())
        assert [post.rubrik for post in poster] == ["nacka+taby"]
        assert nya(session, som_annan, handelse) == 1


def test_readers_are_counted_among_those_of_the_event(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        handelse = en_handelse(session, "nacka", lasare=["taby", "varmdo", "salem"])
        version = publicera(session, handelse, "nacka")
        bild = session.get_one(Lagesbild, version.lagesbild_id)
        assert queries.lasratt_hos(session, handelse, [version]) == {bild.id: queries.Lasratt(4, 4)}
        bild.krets = en_krets(session, "taby", "utanfor")
        session.flush()
        assert queries.lasratt_hos(session, handelse, [version]) == {bild.id: queries.Lasratt(2, 4)}
        assert queries.lasratt_hos(session, handelse, []) == {}


def test_a_promise_is_reminded_of_only_in_what_is_read(varje_databas: Database) -> None:
    now = clock.now()
    with transaction(varje_databas) as session:
        oppen, stangd = en_handelse(session), en_handelse(session)
        person = en_person_hos(session, "nacka")
        for handelse in (oppen, stangd):
            publicera(session, handelse, "nacka", nasta=now - TIMME)
        en_handelseroll(session, person, stangd, None)
        sena = queries.forsenade(session, subjektet(session, person), now)
        assert [version.lagesbild.handelse_id for version in sena] == [oppen.id]
