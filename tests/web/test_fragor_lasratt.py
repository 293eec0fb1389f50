"""'Be om läsrätt': a way to what one may not read that tells nothing of what there is."""

import re
import time

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.web import fragor_stod as stod
from tests.web.ytor_data import LoggaIn, html, publicera
from wis.auth.krets import Tlp
from wis.auth.rules import Roll
from wis.db import Database
from wis.fragor import views
from wis.handelser.models import Handelse
from wis.lagesbild.models import LagesbildVersion
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse

BLINT = "Om sidan finns har frågan gått till den som kan ge läsrätt"
LAGESBILD = "/handelser/storm/be-om-lasratt?aktor=trafikverket"


@pytest.fixture
def lage(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    stod.bygg(database)
    stod.utan_vantan(monkeypatch)
    return database


def _be(client: FlaskClient, sida: str, text: str = "") -> str:
    svar = client.post("/fragor/be-om-lasratt", data={"sida": sida, "text": text})
    assert (svar.status_code, svar.headers["Location"]) == (302, "/fragor")
    return html(client, "/fragor")


def _notis(lage: Database) -> int:
    with lage.reading() as session:
        return session.scalars(select(Underrattelse.id)).one()


def _utan_det_som_skiljer(sida: str, slug: str) -> str:
    sida = re.sub(r'nonce="[^"]*"|(content|value)="[\w.-]{60,}"|data-nu="[^"]*"', "", sida)
    return re.sub(r"<time.*?</time>", "", sida).replace(slug, "")


# --- the page that says that there is none -------------------------------------------------------------------------


def test_the_page_for_what_is_hidden_is_the_page_for_what_is_not_there(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.LASARE)
    sidor = [_utan_det_som_skiljer(html(client, f"/handelser/{slug}", 404), slug) for slug in ("hemlig", "saknas")]
    assert sidor[0] == sidor[1]
    assert "Be om läsrätt</button>" in sidor[0]


def test_a_stranger_is_not_offered_to_ask(client: FlaskClient) -> None:
    assert "Be om läsrätt" not in html(client, "/finns-inte", 404)


def test_asking_answers_the_same_whether_the_page_is_there_or_not(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.LASARE)
    sidor = [_be(client, f"/handelser/{slug}") for slug in ("hemlig", "saknas")]
    assert BLINT in sidor[0]
    assert _utan_det_som_skiljer(sidor[0], "hemlig") == _utan_det_som_skiljer(sidor[1], "saknas")
    assert [rad.sida for rad in stod.fragorna(lage)] == ["/handelser/hemlig"]
    # A second time too, also once the first has been stored.
    sidor = []
    for slug in ("hemlig", "saknas"):
        svar = client.post("/fragor/be-om-lasratt", data={"sida": f"/handelser/{slug}", "text": "Åter."})
        assert svar.status_code == 422
        sidor.append(svar.get_data(as_text=True))
    assert "Åter.</textarea>" in sidor[0]
    utan = [_utan_det_som_skiljer(*par) for par in zip(sidor, ("/hemlig", "/saknas"), strict=True)]
    assert utan[0] == utan[1]


def test_asking_takes_as_long_whether_the_page_is_there_or_not(
    lage: Database, logga_in: LoggaIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MINSTA_SVARSTID", 0.4)
    client = logga_in(stod.LASARE)
    for sida in ("/handelser/hemlig", "/handelser/saknas"):
        began = time.monotonic()
        client.post("/fragor/be-om-lasratt", data={"sida": sida})
        assert time.monotonic() - began >= 0.4


def test_the_owner_of_a_hidden_event_is_asked_and_a_tap_gives_the_right(lage: Database, logga_in: LoggaIn) -> None:
    lasare, solna = logga_in(stod.LASARE), logga_in(stod.SOLNA_RED)
    _be(lasare, "/handelser/hemlig/tidslinje", "Vi är drabbade.")
    [(till, amne, text)] = stod.brev(lage)
    assert till == stod.SOLNA_RED
    assert "Hemlig sak" not in amne + text
    sida = html(solna, "/fragor")
    assert "Läsrätt till händelsen för Nacka" in sida
    assert "Hemlig sak" in sida
    assert "Vi är drabbade." in sida
    solna.post(f"/fragor/{stod.fragorna(lage)[0].id}/svara", data={"svar": "ja"})
    assert "Hemlig sak" in html(lasare, "/handelser/hemlig")
    assert stod.brev(lage)[1][0] == stod.LASARE
    assert "det som publiceras från och med nu." in stod.brev(lage)[1][2]


def test_a_talesperson_can_not_open_the_event_that_a_redaktor_is_asked_for(lage: Database, logga_in: LoggaIn) -> None:
    _be(logga_in(stod.LASARE), "/handelser/hemlig")
    tales = logga_in(stod.SOLNA_TALES)
    assert "händelsen för Nacka" not in html(tales, "/fragor")
    svar = tales.post(f"/fragor/{stod.fragorna(lage)[0].id}/svara", data={"svar": "ja"})
    assert svar.status_code == 403
    assert logga_in(stod.LASARE).get("/handelser/hemlig").status_code == 404


@pytest.mark.parametrize("aven", [False, True])
def test_the_right_reaches_back_only_if_that_is_chosen(lage: Database, logga_in: LoggaIn, aven: bool) -> None:
    lasare, trv = logga_in(stod.LASARE), logga_in(stod.TRV_TALES)
    _be(lasare, "/handelser/storm/lagesbild/trafikverket/versioner/1")
    [rad] = stod.fragorna(lage)
    assert (rad.typ, stod.brev(lage)[0][0]) == ("lagesbild", stod.TRV_RED)
    data = {"svar": "ja_allt" if aven else "ja"}
    assert trv.post(f"/fragor/{rad.id}/svara", data=data).status_code == 302
    with lage.reading() as session:
        [kort] = session.scalars(select(LagesbildVersion)).all()
        krets = kort.lagesbild.krets
        assert krets is not None
        nacka = next(val for val in krets.valda if val.aktor_id == f.en_aktor(session, "nacka").id)
        assert (nacka.fran is None) is aven
        andra = [val.fran for val in krets.valda if val is not nacka]
        assert andra == [None]


def test_a_hidden_underrattelse_is_asked_for_and_given(lage: Database, logga_in: LoggaIn) -> None:
    notis, lasare = _notis(lage), logga_in(stod.LASARE)
    html(lasare, f"/underrattelser/{notis}", 404)
    _be(lasare, f"/underrattelser/{notis}")
    [rad] = stod.fragorna(lage)
    assert rad.typ == "underrattelse"
    logga_in(stod.TRV_RED).post(f"/fragor/{rad.id}/svara", data={"svar": "ja_allt"})
    assert "Intern notis" in html(lasare, f"/underrattelser/{notis}")


def test_no_is_an_answer_too_and_gives_nothing(lage: Database, logga_in: LoggaIn) -> None:
    lasare = logga_in(stod.LASARE)
    assert "Läsrätt till händelsen" not in _be(lasare, "/handelser/hemlig")
    data = {"svar": "nej", "svarstext": "Den rör inte er."}
    logga_in(stod.SOLNA_RED).post(f"/fragor/{stod.fragorna(lage)[0].id}/svara", data=data)
    assert "Den rör inte er." in html(lasare, "/fragor")
    assert lasare.get("/handelser/hemlig").status_code == 404


def test_who_is_kept_out_by_the_own_actor_is_sent_to_its_administrator(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        f.en_person_hos(session, "trafikverket", None, epost="admin@trafikverket.example", administrator=True)
        f.en_person_hos(session, "trafikverket", None, epost="ny@trafikverket.example", administrator=True)
    ny = logga_in("ny@trafikverket.example")
    html(ny, "/handelser/hemlig", 404)
    _be(ny, "/handelser/hemlig")
    assert [till for till, _amne, _text in stod.brev(lage)] == ["admin@trafikverket.example"]


@pytest.mark.parametrize("sida", ["/handelser/storm", "/handelser/storm/lagesbild/nacka", "/mina-notiser", "/x"])
def test_what_one_may_read_or_nobody_can_is_asked_of_nobody(lage: Database, logga_in: LoggaIn, sida: str) -> None:
    assert BLINT in _be(logga_in(stod.LASARE), sida)
    assert not stod.fragorna(lage)


def test_the_same_right_is_not_asked_for_twice_at_the_same_time(lage: Database, logga_in: LoggaIn) -> None:
    for epost in (stod.LASARE, stod.SKRIBENT):
        assert BLINT in _be(logga_in(epost), "/handelser/hemlig")
    assert len(stod.fragorna(lage)) == 1


# --- for those that lack it ----------------------------------------------------------------------------------------


def test_a_redaktor_asks_for_those_that_lack_it_and_one_tap_gives_each(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        f.en_person_hos(session, "lansstyrelsen", Roll.REDAKTOR, epost="red@lansstyrelsen.example")
    solna = logga_in(stod.SOLNA_RED)  # reads it
    sida = html(solna, LAGESBILD)
    assert "Nacka</label>" in sida
    assert "Solna</label>" not in sida
    with lage.reading() as session:
        ids = [f.en_aktor(session, slug).id for slug in ("nacka", "lansstyrelsen")]
    svar = solna.post(LAGESBILD, data={"for_aktorer": ids, "text": "Alla behöver den."})
    assert svar.status_code == 302
    assert {(rad.typ, rad.for_aktor_id) for rad in stod.fragorna(lage)} == {("lagesbild", id_) for id_ in ids}


def test_whether_the_asked_actor_has_a_lagesbild_is_not_told(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost="red@nacka.example")
        f.en_aktor(session, "polisen")
    client, sidor, svaren = logga_in("red@nacka.example"), [], []
    with lage.reading() as session:
        nacka = f.en_aktor(session, "nacka").id
    for slug in ("trafikverket", "polisen"):
        path = f"/handelser/storm/be-om-lasratt?aktor={slug}"
        sidor.append(re.findall(r"<h1>.*?</h1>|<p>.*?</p>|checked", html(client, path)))
        svar = client.post(path, data={"for_aktorer": [nacka]}, follow_redirects=True)
        svaren.append(re.findall(r"Har \w+ en lägesbild som någon[^<]*", svar.get_data(as_text=True)))
    for par in (sidor, svaren):
        text = [str(en).lower().replace("trafikverket", "").replace("polisen", "") for en in par]
        assert text[0] == text[1]
        assert par[0]
    assert [rad.till_aktor_id for rad in stod.fragorna(lage)] == [stod.aktor_id(lage, "trafikverket")]


@pytest.mark.parametrize(
    ("data", "fel"), [({}, "Välj minst en aktör."), ({"for_aktorer": ["4711"]}, "finns inte i lis")]
)
def test_a_choice_that_is_none_comes_back(lage: Database, logga_in: LoggaIn, data: dict[str, str], fel: str) -> None:
    svar = logga_in(stod.SOLNA_RED).post(LAGESBILD, data={**data, "text": "Därför."})
    assert svar.status_code == 422
    assert fel in svar.get_data(as_text=True)
    assert "Därför." in svar.get_data(as_text=True)


def test_only_a_redaktor_asks_and_only_where_there_is_somebody_to_ask(lage: Database, logga_in: LoggaIn) -> None:
    assert logga_in(stod.SOLNA_TALES).get(LAGESBILD).status_code == 403
    assert logga_in(stod.LASARE).get("/handelser/hemlig/be-om-lasratt?aktor=solna").status_code == 404
    red = logga_in(stod.SOLNA_RED)
    assert red.get("/handelser/hemlig/be-om-lasratt?aktor=nacka").status_code == 404
    assert red.get("/handelser/storm/be-om-lasratt?aktor=hittepa").status_code == 404
    assert red.get("/handelser/storm/be-om-lasratt").status_code == 404


def test_an_underrattelse_is_asked_for_by_who_reads_it(lage: Database, logga_in: LoggaIn) -> None:
    path = f"/underrattelser/{_notis(lage)}/be-om-lasratt"
    solna = logga_in(stod.SOLNA_RED)
    sida = html(solna, path)
    assert "Nacka</label>" in sida
    with lage.reading() as session:
        nacka = f.en_aktor(session, "nacka").id
    assert solna.post(path, data={"for_aktorer": [nacka]}).status_code == 302
    assert [rad.typ for rad in stod.fragorna(lage)] == ["underrattelse"]
    with transaction(lage) as session:
        f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost="red@nacka.example")
    assert logga_in("red@nacka.example").get(path).status_code == 404
    assert solna.get("/underrattelser/4711/be-om-lasratt").status_code == 404


def test_a_label_that_asks_for_names_is_not_opened_by_a_tap(lage: Database, logga_in: LoggaIn) -> None:
    _rodmarkt(lage)
    _be(logga_in(stod.LASARE), "/handelser/storm/lagesbild/kust")
    [rad] = stod.fragorna(lage)
    kust = logga_in("tales@kust.example")
    kust.post(f"/fragor/{rad.id}/svara", data={"svar": "ja"})
    assert "TLP:RED kräver" in html(kust, "/fragor")
    assert stod.fragorna(lage)[0].svar is None
    assert len(stod.brev(lage)) == 1


def _rodmarkt(lage: Database) -> None:
    with transaction(lage) as session:
        f.en_person_hos(session, "kust", Roll.TALESPERSON, epost="tales@kust.example")
        storm = session.scalars(select(Handelse).where(Handelse.slug == "storm")).one()
        publicera(session, storm, "kust", tlp=Tlp.RED)
