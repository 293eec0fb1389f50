"""Who reads what an actor publishes, and what two who change it at once do to each other: on both databases."""

import threading
from dataclasses import replace

import pytest

from tests import factories as f
from tests.integration.lagesbild_stod import Scen
from wis import clock
from wis.andringar import Andring, lyssna
from wis.audit import Loggpost
from wis.auth.krets import Tlp
from wis.auth.rules import Roll, Subjekt, Verb, can
from wis.db import Database
from wis.handelser.kretsar import Lasarval
from wis.handelser.models import Handelse
from wis.handelser.rules import Inaktuell
from wis.handelser.sakkrets import Kretsval, Otillaten, signatur
from wis.lagesbild import queries, service
from wis.lagesbild.lasratt import las_for_lasratt, oppna_for, satt_lasratt
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.lagesbild.plats import sak_av
from wis.lagesbild.rules import Avslag, Avslagsslag, Innehall, Marke, Publicering
from wis.notiser.models import Utskick
from wis.tx import transaction
from wis.underrattelser import lasratt as ulasratt
from wis.underrattelser import queries as uqueries
from wis.underrattelser import service as uservice
from wis.underrattelser.models import Underrattelse
from wis.underrattelser.rules import Innehall as Uinnehall


class Kretsscen(Scen):
    """Trafikverket publishes; Nacka and Polisen may or may not read."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.nacka = self.person(Roll.REDAKTOR, "nacka")
        self.polisen = self.person(Roll.LASARE, "polisen")

    def publicera_for(
        self, bas: int, lasare: set[int] | None, *, tlp: Tlp = Tlp.CLEAR, tidigare: bool = False, avisera: bool = False
    ) -> service.Publicerad | Avslag:
        """A version for these actors."""
        innehall = Innehall.av({"sammanfattning": f"Läge {bas}"}, marke=Marke(tlp, "18 kap. 13 §"))
        val = Lasarval(None if lasare is None else frozenset(lasare), tidigare)
        with transaction(self.database) as session:
            rad = queries.find_lagesbild(session, self.plats.handelse_id, self.plats.aktor_id)
            krets = Kretsval(val, signatur(None if rad is None else rad.krets))
            kommando = Publicering(bas, f"k{bas}", innehall, krets)
            return service.publicera(
                session, self.anna, self.plats, kommando, {"sammanfattning": "<p>x</p>"}, avisera=avisera
            )

    def lasbara(self, who: Subjekt) -> list[int]:
        """The numbers that `who` reads: by the list, which is held to can() version by version."""
        with self.database.reading() as session:
            listade = {v.nummer for v in queries.versioner_i_handelse(session, who, self.plats.handelse_id)}
            for version in session.query(LagesbildVersion):
                far = can(who, Verb.LASA, sak_av(version.lagesbild, version), clock.now())
                assert bool(far) == (version.nummer in listade), (version.nummer, far.skal)
            return sorted(listade)

    def id(self) -> int:
        """Of the lägesbild."""
        with self.database.reading() as session:
            return session.query(Lagesbild).one().id

    def signatur(self) -> str:
        """Of who reads it now."""
        with self.database.reading() as session:
            return signatur(session.query(Lagesbild).one().krets)

    def satt(self, lasare: set[int] | None, bygger_pa: str, *, tidigare: bool = False) -> bool:
        """Change who reads."""
        with transaction(self.database) as session:
            lagesbild = las_for_lasratt(session, self.anna, self.id())
            val = Lasarval(None if lasare is None else frozenset(lasare), tidigare)
            return satt_lasratt(session, self.anna, lagesbild, val, bygger_pa)


@pytest.fixture
def scen(varje_databas: Database) -> Kretsscen:
    return Kretsscen(varje_databas)


def test_what_is_narrowed_is_there_for_those_chosen_alone(scen: Kretsscen) -> None:
    scen.publicera_for(0, {scen.nacka.aktor_id}, avisera=True)
    assert (scen.lasbara(scen.anna), scen.lasbara(scen.nacka), scen.lasbara(scen.polisen)) == ([1], [1], [])
    with scen.database.reading() as session:
        assert [v.nummer for v in queries.senaste_i_handelse(session, scen.polisen, scen.plats.handelse_id)] == []
        utskick, bild = session.query(Utskick).one(), session.query(Lagesbild).one()
        assert utskick.krets_id == bild.krets_id is not None
        assert session.query(LagesbildVersion).one().lagrum == "18 kap. 13 §"


@pytest.mark.parametrize(("tidigare", "vantat"), [(False, [2]), (True, [1, 2])])
def test_who_is_added_reads_what_comes_and_the_earlier_only_if_that_was_chosen(
    scen: Kretsscen, tidigare: bool, vantat: list[int]
) -> None:
    scen.publicera_for(0, {scen.nacka.aktor_id})
    assert scen.satt({scen.nacka.aktor_id, scen.polisen.aktor_id}, scen.signatur(), tidigare=tidigare)
    scen.publicera(1, "Nytt läge")
    assert scen.lasbara(scen.polisen) == vantat
    assert scen.lasbara(scen.nacka) == [1, 2]


def test_readers_that_are_chosen_with_a_new_version_read_that_very_version(scen: Kretsscen) -> None:
    scen.publicera_for(0, set())
    scen.publicera_for(1, {scen.polisen.aktor_id})
    assert scen.lasbara(scen.polisen) == [2]


def test_who_is_taken_away_reads_nothing_any_more_and_hears_of_it(scen: Kretsscen) -> None:
    scen.publicera_for(0, {scen.nacka.aktor_id}, avisera=True)
    hort: list[Andring] = []
    lyssna(scen.database, hort.append)
    assert scen.satt(set(), scen.signatur())
    assert scen.lasbara(scen.nacka) == []
    assert hort[-1].aktorer == {scen.anna.aktor_id}
    assert hort[-1].forlorat == {scen.anna.aktor_id, scen.nacka.aktor_id}  # told to look again, by no id
    with scen.database.reading() as session:
        post = session.query(Loggpost).order_by(Loggpost.nummer.desc()).first()
        assert post is not None
        assert (post.handling, '"fore": [' in post.uppgifter) == ("lägesbild läsrätt", True)


def test_what_was_sent_before_it_was_narrowed_follows_the_circle(scen: Kretsscen) -> None:
    scen.publicera(0, "För alla", avisera=True)
    assert scen.satt({scen.nacka.aktor_id}, "")
    with scen.database.reading() as session:
        assert session.query(Utskick).one().krets_id == session.query(Lagesbild).one().krets_id is not None


def test_a_narrowed_thing_is_announced_to_its_readers_alone(scen: Kretsscen) -> None:
    hort: list[Andring] = []
    lyssna(scen.database, hort.append)
    scen.publicera_for(0, {scen.nacka.aktor_id}, tlp=Tlp.AMBER)
    assert (hort[-1].aktorer, hort[-1].tlp) == ({scen.anna.aktor_id, scen.nacka.aktor_id}, "amber")


def test_red_without_chosen_actors_is_read_by_the_owner_alone(scen: Kretsscen) -> None:
    scen.publicera_for(0, None)
    scen.publicera_for(1, None, tlp=Tlp.RED)
    assert (scen.lasbara(scen.anna), scen.lasbara(scen.nacka)) == ([1, 2], [1])
    with scen.database.reading() as session:
        assert queries.senaste_i_handelse(session, scen.nacka, scen.plats.handelse_id) == []
        assert queries.nyast_lasbar(session, scen.nacka, scen.id()) == 1


def test_red_is_read_by_those_chosen_by_name(scen: Kretsscen) -> None:
    scen.publicera_for(0, {scen.nacka.aktor_id}, tlp=Tlp.RED)
    assert (scen.lasbara(scen.nacka), scen.lasbara(scen.polisen)) == ([1], [])


def test_unchanged_keeps_the_label_and_the_note(scen: Kretsscen) -> None:
    scen.publicera_for(0, None, tlp=Tlp.AMBER)
    with transaction(scen.database) as session:
        service.oforandrat(session, scen.anna, scen.plats, 1, "o")
    assert [(v.tlp, v.lagrum) for v in scen.versioner()] == [("amber", "18 kap. 13 §")] * 2


def test_a_publication_built_on_other_readers_is_stopped(scen: Kretsscen) -> None:
    scen.publicera_for(0, {scen.nacka.aktor_id})
    gammal = scen.signatur()
    scen.satt(set(), gammal)
    innehall = Innehall.av({"sammanfattning": "Nytt"})
    kommando = Publicering(1, "k", innehall, Kretsval(Lasarval(frozenset({scen.nacka.aktor_id})), gammal))
    with transaction(scen.database) as session:
        utfall = service.publicera(session, scen.anna, scen.plats, kommando, {"sammanfattning": ""}, avisera=False)
    assert isinstance(utfall, Avslag)
    assert utfall.slag is Avslagsslag.LASRATT
    assert scen.lasbara(scen.nacka) == []


def test_of_two_who_change_readers_at_once_the_second_is_told(scen: Kretsscen) -> None:
    scen.publicera_for(0, {scen.nacka.aktor_id})
    bada, sedda = threading.Barrier(2), scen.signatur()
    utfall: list[object] = []

    def andra(lasare: set[int]) -> None:
        bada.wait()
        try:
            utfall.append(scen.satt(lasare, sedda))
        except Inaktuell:
            utfall.append(Inaktuell)

    tradar = [threading.Thread(target=andra, args=(val,)) for val in (set[int](), {scen.polisen.aktor_id})]
    for trad in tradar:
        trad.start()
    for trad in tradar:
        trad.join()
    assert sorted(utfall, key=str) == [Inaktuell, True], utfall


class TestOneTap:
    """oppna_for(): the answer to a question."""

    @pytest.mark.parametrize(("tidigare", "vantat"), [(False, []), (True, [1])])
    def test_it_opens_for_one_actor_and_shows_nobody_else_more(
        self, scen: Kretsscen, tidigare: bool, vantat: list[int]
    ) -> None:
        scen.publicera_for(0, set())
        scen.satt({scen.nacka.aktor_id}, scen.signatur())
        with transaction(scen.database) as session:
            assert oppna_for(session, scen.anna, scen.id(), scen.polisen.aktor_id, aven_tidigare=tidigare)
        assert (scen.lasbara(scen.polisen), scen.lasbara(scen.nacka)) == (vantat, [])

    def test_only_the_owner_opens(self, scen: Kretsscen) -> None:
        scen.publicera_for(0, {scen.nacka.aktor_id})
        with pytest.raises(Otillaten), transaction(scen.database) as session:
            oppna_for(session, scen.nacka, scen.id(), scen.polisen.aktor_id, aven_tidigare=True)
        assert scen.lasbara(scen.polisen) == []

    def test_again_is_no_change(self, scen: Kretsscen) -> None:
        scen.publicera_for(0, {scen.nacka.aktor_id})
        with transaction(scen.database) as session:
            assert not oppna_for(session, scen.anna, scen.id(), scen.nacka.aktor_id, aven_tidigare=True)


def test_an_actor_that_came_later_does_not_go_on_from_a_samlad_that_it_cannot_read(scen: Kretsscen) -> None:
    plats = replace(scen.plats, aktor_id=None)
    lansstyrelsen = scen.person(Roll.REDAKTOR, "lansstyrelsen")
    scen.publicera(0, "Samlat", who=lansstyrelsen, plats=plats)
    sen = scen.person(Roll.REDAKTOR, "sen")
    with transaction(scen.database) as session:
        f.en_aktor(session, "sen").ansluten = clock.now()
    with pytest.raises(Otillaten):
        scen.publicera(1, "Mitt", who=sen, plats=plats)


class TestUnderrattelser:
    @pytest.fixture
    def uid(self, scen: Kretsscen) -> int:
        """One for Nacka alone."""
        return _underratta(scen, {scen.nacka.aktor_id})

    def test_lists_hold_what_one_may_read(self, scen: Kretsscen, uid: int) -> None:
        _underratta(scen, None)
        assert [len(_lista(scen, who)) for who in (scen.anna, scen.nacka, scen.polisen)] == [2, 2, 1]

    def test_a_hidden_one_takes_no_place_on_a_page_of_the_list(self, scen: Kretsscen, uid: int) -> None:
        for _ in range(3):
            _underratta(scen, set())
        _underratta(scen, None)
        assert len(_lista(scen, scen.nacka, antal=2)) == 2

    def test_readers_are_added_by_the_owner_and_by_one_tap(self, scen: Kretsscen, uid: int) -> None:
        with transaction(scen.database) as session:
            assert ulasratt.oppna_for(session, scen.anna, uid, scen.polisen.aktor_id, aven_tidigare=True)
        assert len(_lista(scen, scen.polisen)) == 1
        with transaction(scen.database) as session:
            sak = ulasratt.las_for_lasratt(session, scen.anna, uid)
            assert ulasratt.satt_lasratt(session, scen.anna, sak, Lasarval(frozenset()), signatur(sak.krets))
        assert (_lista(scen, scen.polisen), len(_lista(scen, scen.anna))) == ([], 1)
        with transaction(scen.database) as session:
            sak = ulasratt.las_for_lasratt(session, scen.anna, uid)
            with pytest.raises(Inaktuell):
                ulasratt.satt_lasratt(session, scen.anna, sak, Lasarval(None), "gammal")

    def test_a_correction_keeps_readers_and_carries_its_own_label(self, scen: Kretsscen, uid: int) -> None:
        innehall = Uinnehall("Rubrik", "Rättat", "<p>Rättat</p>", bradskande=False, tlp=Tlp.AMBER)
        with transaction(scen.database) as session:
            sak = session.get_one(Underrattelse, uid)
            uservice.ratta(session, scen.anna, sak, 1, uservice.Publicering(innehall, "r", avisera=True))
        assert [(v.nummer, v.tlp) for v in _lista(scen, scen.nacka)] == [(2, "amber")]
        assert _lista(scen, scen.polisen) == []


def _underratta(scen: Kretsscen, lasare: set[int] | None) -> int:
    krets = Kretsval(Lasarval(None if lasare is None else frozenset(lasare)), "")
    innehall = Uinnehall("Rubrik", "Text", "<p>Text</p>", bradskande=False)
    with transaction(scen.database) as session:
        handelse = session.get_one(Handelse, scen.plats.handelse_id)
        nyckel = f"n{len(session.query(Underrattelse).all())}"
        publicering = uservice.Publicering(innehall, nyckel, avisera=True, krets=krets)
        return uservice.publicera(session, scen.anna, handelse, publicering).underrattelse_id


def _lista(scen: Kretsscen, who: Subjekt, antal: int = 30) -> list[uqueries.UnderrattelseVersion]:
    urval = uqueries.Urval(handelse_id=scen.plats.handelse_id, antal=antal)
    with scen.database.reading() as session:
        i_en = list(uqueries.senaste_underrattelser(session, who, urval))
        alla = list(uqueries.senaste_underrattelser(session, who, replace(urval, handelse_id=None)))
        assert [v.underrattelse_id for v in i_en] == [v.underrattelse_id for v in alla]
        return i_en
