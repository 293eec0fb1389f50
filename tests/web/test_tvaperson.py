"""Two persons behind a publication, over HTTP and without scripts: asking, approving, sending back, and alone."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from tests import factories as f
from tests import snabbvag_stod
from tests.tvaperson_stod import Tva, satt_regel
from wis import audit, clock
from wis.auth.models import Medlemskap
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Handelse
from wis.tvaperson import service as tvaperson
from wis.tvaperson.models import Forslag, Niva, Status
from wis.tvaperson.queries import alla_regler
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
H = "/handelser/snoovader"
NY, REGLER = f"{H}/underrattelser/ny", "/aktorer/nacka/tva-personer"
KARIN, OMAR, ADA = "karin@nacka.example", "omar@nacka.example", "ada@nacka.example"
FORM = {"rubrik": "E18 avstängd", "text": "Stopp vid Söderhall.", "nyckel": "b" * 32, "handling": "be_avisera"}


@pytest.fixture
def tva(database: Database) -> Tva:
    return Tva(database)


def _sida(client: FlaskClient, adress: str) -> str:
    svar = client.get(adress)
    assert svar.status_code == 200, adress
    return svar.get_data(as_text=True)


def test_a_colleague_sees_exactly_what_would_be_published_and_publishes_it(tva: Tva, logga_in: LoggaIn) -> None:
    karin, omar = logga_in(KARIN), logga_in(OMAR)
    sida = _sida(karin, NY)
    assert "Be en kollega godkänna, avisera 0" in sida
    assert "Publicera och avisera" not in sida
    assert "Publicera ensam i nödläge" in sida
    # Why nobody could be waited for is said anew each time: no script keeps it.
    assert re.findall(r'<(?:textarea|input)[^>]*data-ej-text[^>]*name="(\w+)"', sida) == ["nodskal", "nodintyg"]
    assert "Att godkänna" not in _sida(omar, "/") + _sida(omar, "/handelser/snoovader")
    assert karin.post(NY, data=FORM).headers["Location"] == "/forslag/1"
    assert tva.versioner() == []
    assert "Väntar på en kollega" in _sida(karin, "/forslag/1")
    for adress in ("/", "/handelser/snoovader"):
        assert "Karin ber dig godkänna:" in _sida(omar, adress)
        assert "Du har bett en kollega godkänna:" in _sida(karin, adress)
        assert "/forslag/1" not in _sida(logga_in("lars@nacka.example"), adress)
    sida = _sida(omar, "/forslag/1")
    for text in ("Stopp vid Söderhall.", "Så ser SMS:et ut", "Godkänn, publicera och avisera 0", "Skicka tillbaka"):
        assert text in sida
    assert omar.post("/forslag/1/godkann").headers["Location"] == "/underrattelser/1"
    assert "Godkänd av Omar" in _sida(logga_in("siv@solna.example"), "/underrattelser/1")
    assert "Godkänt och publicerat" in _sida(karin, "/forslag/1")
    assert omar.post("/forslag/1/godkann").headers["Location"] == "/underrattelser/1"
    assert len(tva.versioner()) == 1
    # The very form once more, and with something else in it: nothing is published twice, nothing is lost.
    assert karin.post(NY, data=FORM | {"text": "Stopp vid Kapellskär."}).status_code == 409


def test_sent_back_the_author_sees_why_and_goes_on_writing_with_all_that_was_there(tva: Tva, logga_in: LoggaIn) -> None:
    karin, omar = logga_in(KARIN), logga_in(OMAR)
    karin.post(NY, data=FORM | {"bradskande": "y", "tlp": "green", "laskrets": "egen"})
    assert omar.post("/forslag/1/tillbaka", data={"skal": " "}).status_code == 422
    assert omar.post("/forslag/1/tillbaka", data={"skal": "Fel bro"}).status_code == 302
    for adress in ("/", "/forslag/1"):
        assert "Fel bro" in _sida(karin, adress)
    adress = re.findall(r'href="(/handelser/[^"]+forslag=1)"', _sida(karin, "/forslag/1"))[0]
    sida = _sida(karin, adress)
    assert "Stopp vid Söderhall." in sida
    assert re.search(r"<input[^>]*checked[^>]*name=\"bradskande\"", sida)
    assert re.search(r"<option selected[^>]*value=\"green\"", sida)
    assert re.search(r'value="egen" checked', sida)
    assert FORM["nyckel"] in sida
    assert karin.post(adress, data=FORM | {"text": "Rätt bro."}).headers["Location"] == "/forslag/2"
    assert omar.post("/forslag/1/godkann", follow_redirects=True).get_data(as_text=True).count("redan") == 1
    assert karin.post("/forslag/2/aterkalla").status_code == 302
    assert tva.forslag(2).status == Status.ATERKALLAT
    assert tva.versioner() == []
    # Nobody else goes on with it.
    assert "Stopp vid Söderhall." not in _sida(omar, adress)


def test_switched_on_while_one_wrote_the_form_comes_back_with_the_text_and_the_other_button(
    tva: Tva, logga_in: LoggaIn
) -> None:
    satt_regel(tva.database, "nacka")
    karin = logga_in(KARIN)
    assert "Be en kollega" not in _sida(karin, NY)
    satt_regel(tva.database, "nacka", Niva.AVISERING)
    svar = karin.post(NY, data=FORM | {"handling": "avisera"})
    sida = svar.get_data(as_text=True)
    assert svar.status_code == 409
    assert "En kollega behöver godkänna det här" in sida
    assert "Stopp vid Söderhall." in sida
    assert 'value="be_avisera"' in sida
    assert 'value="tyst"' in sida
    assert karin.post(NY, data=FORM).headers["Location"] == "/forslag/1"


def test_a_correction_that_is_proposed_is_shown_against_what_stands_and_falls_when_that_moves(
    tva: Tva, logga_in: LoggaIn
) -> None:
    tva.godkann(tva.foresla())
    karin, omar, eva = logga_in(KARIN), logga_in(OMAR), logga_in("eva@nacka.example")
    ratta = "/underrattelser/1/ratta"
    form = FORM | {"bas": "1", "rubrik": "E18 öppen"}
    assert karin.post(ratta, data=form).headers["Location"] == "/forslag/2"
    sida = _sida(omar, "/forslag/2")
    assert "Mot version 1" in sida
    assert "Tidigare rubrik: E18 avstängd" in sida
    assert eva.post(ratta, data=form | {"rubrik": "Evas", "nyckel": "c" * 32}).headers["Location"] == "/forslag/3"
    omar.post("/forslag/3/godkann")
    sida = omar.post("/forslag/2/godkann", follow_redirects=True).get_data(as_text=True)
    assert "Förslaget är för gammalt" in sida
    # The author gets the comparison as usual.
    assert karin.post(f"{ratta}?forslag=2", data=form).status_code == 409
    assert len(tva.versioner()) == 2


def test_alone_in_an_emergency_needs_a_reason_and_a_tick_and_is_marked_for_the_own_actor(
    tva: Tva, logga_in: LoggaIn
) -> None:
    karin = logga_in(KARIN)
    for nod in ({}, {"nodskal": "Omar svarar inte och bron har rasat"}, {"nodskal": "kort", "nodintyg": "y"}):
        svar = karin.post(NY, data=FORM | {"handling": "nod_avisera"} | nod)
        assert svar.status_code == 422
        assert "Stopp vid Söderhall." in svar.get_data(as_text=True)
    assert tva.versioner() == []
    nod = {"handling": "nod_avisera", "nodskal": "Omar svarar inte och bron har rasat", "nodintyg": "y"}
    assert karin.post(NY, data=FORM | nod).headers["Location"] == "/underrattelser/1"
    marke = "Publicerad av en person i nödläge:"
    assert marke in _sida(logga_in("lars@nacka.example"), "/underrattelser/1")
    assert marke not in _sida(logga_in("siv@solna.example"), "/underrattelser/1")
    # What is one's own is corrected in one tap, and marked too.
    sida = _sida(karin, "/underrattelser/1/ratta")
    assert "Rätta nu utan kollega" in sida
    karin.post(
        "/underrattelser/1/ratta",
        data=FORM | {"handling": "ratta_avisera", "bas": "1", "rubrik": "E4", "nyckel": "d" * 32},
    )
    assert [v.nodlage[:8] for v in tva.versioner()] == ["Omar sva", "Rättelse"]


def test_the_administrators_choose_where_and_see_who_chose(tva: Tva, logga_in: LoggaIn) -> None:
    ada = logga_in(ADA)
    assert 'href="/aktorer/nacka/tva-personer"' in _sida(ada, "/aktorer/nacka/anvandare")
    sida = _sida(ada, REGLER)
    assert sida.count("checked") == 3
    assert "Ingen har ändrat här än" in sida
    assert "Färre än två" not in sida
    forst, sedan = {"bas": _bas(sida), "aktiverat-bradskande": "y"}, {"bas": _bas(sida), "ordinarie-avisering": "y"}
    assert ada.post(REGLER, data=forst).status_code == 302
    # Another who had the page open meanwhile sees what was saved, and nothing of theirs is; then it can be.
    svar = ada.post(REGLER, data=sedan)
    sida = svar.get_data(as_text=True)
    assert (svar.status_code, sida.count("checked")) == (409, 1)
    assert "Någon annan ändrade medan du hade sidan öppen" in sida
    assert ada.post(REGLER, data=sedan | {"bas": _bas(sida)}).status_code == 302
    assert ada.post(REGLER, data=forst | {"bas": "ordinarie-avisering"}).status_code == 302
    sida = _sida(ada, REGLER)
    assert sida.count("checked") == 1
    assert "Senast ändrat av" in sida
    with tva.database.reading() as session:
        post, *_ = session.query(audit.Loggpost).where(audit.Loggpost.handling == "tvåpersonsregel").all()
        assert "aktiverat/bradskande" in post.uppgifter
    assert "Färre än två får publicera" in _sida_for_ensam(tva, logga_in)


def _bas(sida: str) -> str:
    return re.findall(r'name="bas"[^>]*value="([^"]*)"', sida)[0]


def _sida_for_ensam(tva: Tva, logga_in: LoggaIn) -> str:
    with transaction(tva.database) as session:
        f.en_person_hos(session, "solna", None, epost="admin@solna.example", administrator=True)
    return _sida(logga_in("admin@solna.example"), "/aktorer/solna/tva-personer")


def test_to_change_the_rule_one_proves_once_more_who_one_is(tva: Tva, logga_in: LoggaIn) -> None:
    ada = logga_in(ADA)
    with clock.at(clock.now() + timedelta(minutes=20)):
        svar = ada.post(REGLER, data={})
        assert svar.status_code == 403
        assert "Ditt lösenord" in svar.get_data(as_text=True)
    with tva.database.reading() as session:
        assert len(alla_regler(session, tva.aktor_id())) == 3


def test_in_a_closed_event_the_colleague_reads_why_it_can_not_be_approved(tva: Tva, logga_in: LoggaIn) -> None:
    tva.foresla()
    with transaction(tva.database) as session:
        session.get_one(Handelse, tva.handelse_id).stangd = clock.now()
    omar = logga_in(OMAR)
    sida = _sida(omar, "/forslag/1")
    assert "Händelsen är stängd" in sida
    assert "Godkänn, publicera" not in sida
    assert omar.post("/forslag/1/godkann").status_code == 403
    assert omar.post("/forslag/1/tillbaka", data={"skal": "Stängd nu"}).status_code == 302


def test_opened_to_more_between_look_and_tap_it_is_not_published_until_looked_at_again(
    tva: Tva, logga_in: LoggaIn
) -> None:
    with transaction(tva.database) as session:
        handelse = f.en_handelse(session, "lansstyrelsen", slug="smal", lasare=["nacka"])
        session.flush()
        smal, alla = handelse.id, tva.handelse_id
    tva.handelse_id = smal
    tva.foresla()
    omar = logga_in(OMAR)
    visat = {"visat": re.findall(r'name="visat" value="([^"]+)"', _sida(omar, "/forslag/1"))[0]}
    with transaction(tva.database) as session:
        session.get_one(Handelse, smal).alla_aktorer = True
    svar = omar.post("/forslag/1/godkann", data=visat)
    sida = svar.get_data(as_text=True)
    assert svar.status_code == 409
    assert "Nu når det fler än du har sett" in sida
    assert "3 aktörer får läsa" in sida
    assert tva.versioner() == []
    visat = {"visat": re.findall(r'name="visat" value="([^"]+)"', sida)[0]}
    assert omar.post("/forslag/1/godkann", data=visat).headers["Location"] == "/underrattelser/1"
    # Also when nobody is told, and of a lägesbild.
    tva.handelse_id = alla
    logga_in(KARIN).post(f"{BILD}/skriv", data=TEXT | {"handling": "be_tyst"})
    visat = {"visat": re.sub(r"\d+$", "1", re.findall(r'name="visat" value="([^"]+)"', _sida(omar, "/forslag/2"))[0])}
    svar = omar.post("/forslag/2/godkann", data=visat)
    assert (svar.status_code, "Nu får 3 aktörer läsa" in svar.get_data(as_text=True)) == (409, True)


def test_what_can_not_be_read_of_a_proposal_is_a_fault_and_not_a_page_that_does_not_exist(
    tva: Tva, logga_in: LoggaIn
) -> None:
    tva.foresla()
    with transaction(tva.database) as session:
        rad = session.get_one(Forslag, 1)
        rad.innehall = {namn: varde for namn, varde in rad.innehall.items() if namn != "rubrik"}
    with pytest.raises(KeyError, match="rubrik"):
        logga_in(OMAR).post("/forslag/1/godkann")


def test_a_proposal_is_hidden_from_whoever_may_not_or_no_longer_publish(tva: Tva, logga_in: LoggaIn) -> None:
    text, vagar = "Stopp vid Söderhall.", ("/", H, "/forslag/1", f"{NY}?forslag=1")
    karin, omar, ada = logga_in(KARIN), logga_in(OMAR), logga_in(ADA)
    karin.post(NY, data=FORM)

    def ser(client: FlaskClient) -> list[str]:
        svaren = [(vag, client.get(vag, follow_redirects=True).get_data(as_text=True)) for vag in vagar]
        return [vag for vag, sida in svaren if text in sida or FORM["rubrik"] in sida]

    assert (ser(karin), ser(omar)) == ([*vagar], [*vagar[:3]])
    for epost in (ADA, "lars@nacka.example", "siv@solna.example"):
        assert ser(logga_in(epost)) == [], epost
    # As somebody else would see it: neither the reminder nor the page.
    nacka = tva.aktor_id()
    omar.post("/visa-som", data={"visa_aktor": nacka, "visa_roll": "talesperson"})
    assert ser(omar) == []
    omar.post("/visa-som/sluta")
    assert "/forslag/1" in ser(omar)
    for vem, client, varden in (
        (tva.omar, omar, {"roll": Roll.SKRIBENT}),
        (tva.omar, omar, {"roll": None, "administrator": True}),
        (tva.karin, karin, {"roll": None, "administrator": True}),
        (tva.karin, karin, {"roll": Roll.TALESPERSON, "avstangd": clock.now()}),
    ):
        with transaction(tva.database) as session:
            session.execute(update(Medlemskap).where(Medlemskap.anvandare_id == vem.anvandare_id).values(**varden))
        assert ser(client) == [], varden
    with transaction(tva.database) as session:
        session.get_one(Handelse, tva.handelse_id).stangd = clock.now()
    assert [ser(client) for client in (karin, omar, ada, logga_in("lars@nacka.example"))] == [[]] * 4
    assert text in _sida(logga_in("eva@nacka.example"), "/forslag/1")


# --- a lägesbild ----------------------------------------------------------------------------------------------------

BILD = "/handelser/snoovader/lagesbild/nacka"
TEXT = {"sammanfattning": "E18 är avstängd vid Söderhall.", "bas": "0", "revision": "0", "nyckel": "e" * 32}


def test_a_lagesbild_is_proposed_approved_and_named_by_both(tva: Tva, logga_in: LoggaIn) -> None:
    satt_regel(tva.database, "nacka")
    karin, omar = logga_in(KARIN), logga_in(OMAR)
    assert "Be en kollega" not in _sida(karin, f"{BILD}/skriv")
    satt_regel(tva.database, "nacka", *Niva)
    # Switched on while one wrote: the text is kept, and the button is another.
    svar = karin.post(f"{BILD}/skriv", data=TEXT | {"handling": "avisera"})
    sida = svar.get_data(as_text=True)
    assert svar.status_code == 409
    assert "En kollega behöver godkänna det här" in sida
    assert TEXT["sammanfattning"] in sida
    revision = re.findall(r'name="revision"[^>]*value="(\d+)"', sida)[0]
    svar = karin.post(f"{BILD}/skriv", data=TEXT | {"handling": "be_tyst", "revision": revision})
    assert svar.headers["Location"] == "/forslag/1"
    assert "Fortsätt på ditt utkast" in _sida(karin, BILD)
    assert "Karin ber dig godkänna:" in _sida(omar, "/handelser/snoovader")
    sida = _sida(omar, "/forslag/1")
    assert "Lägesbild Nacka version 1" in sida
    assert TEXT["sammanfattning"] in sida
    assert "Godkänn och publicera utan avisering" in sida
    assert omar.post("/forslag/1/godkann").headers["Location"] == f"{BILD}/versioner/1"
    assert "Godkänd av Omar" in _sida(logga_in("siv@solna.example"), BILD)
    assert "Fortsätt på ditt utkast" not in _sida(karin, BILD)
    # Unchanged asks too, in one tap.
    assert "Läget oförändrat: be en kollega" in _sida(karin, BILD)
    svar = karin.post(f"{BILD}/oforandrat", data={"bas": "1", "nyckel": "f" * 32})
    assert svar.headers["Location"] == "/forslag/2"
    assert "Läget oförändrat." in _sida(omar, "/forslag/2")
    assert omar.post("/forslag/2/godkann").headers["Location"] == f"{BILD}/versioner/2"


def test_a_lagesbild_is_published_alone_in_an_emergency_and_marked_for_the_own_actor(
    tva: Tva, logga_in: LoggaIn
) -> None:
    karin = logga_in(KARIN)
    svar = karin.post(f"{BILD}/skriv", data=TEXT | {"handling": "nod_tyst", "nodskal": "kort", "nodintyg": "y"})
    sida = svar.get_data(as_text=True)
    assert svar.status_code == 422
    assert "Skriv minst 10 tecken" in sida
    assert TEXT["sammanfattning"] in sida
    revision = re.findall(r'name="revision"[^>]*value="(\d+)"', sida)[0]
    nod = {"handling": "nod_tyst", "nodskal": "Ingen kollega svarar i natt", "nodintyg": "y", "revision": revision}
    assert karin.post(f"{BILD}/skriv", data=TEXT | nod).headers["Location"] == BILD
    assert "Ingen kollega svarar i natt" in _sida(logga_in("lars@nacka.example"), BILD)
    assert "Ingen kollega svarar" not in _sida(logga_in("siv@solna.example"), BILD)


def test_a_page_that_colleagues_share_is_not_given_to_the_author_who_has_an_answer_to_read(
    app: Flask, tva: Tva
) -> None:
    with transaction(tva.database) as session:
        for namn in ("olle", "pia"):
            f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost=f"{namn}@nacka.example")
    with clock.at(clock.now()):
        omar, olle, pia, karin = (
            snabbvag_stod.logga_in(app, f"{namn}@nacka.example") for namn in ("omar", "olle", "pia", "karin")
        )
        forslag_id = tva.foresla()
        with transaction(tva.database) as session:
            tvaperson.skicka_tillbaka(session, tva.omar, forslag_id, "Fel bro")
        for client in (omar, olle):
            assert "Fel bro" not in snabbvag_stod.fraga(client, adress=H).text
        with snabbvag_stod.ritade(app) as ritat:
            assert "Fel bro" not in snabbvag_stod.fraga(pia, adress=H).text
            assert not ritat
            assert "Fel bro" in snabbvag_stod.fraga(karin, adress=H).text
