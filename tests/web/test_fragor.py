"""A refusal leads to somebody who can change it, and the answer leads back."""

import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories as f
from tests.web import fragor_stod as stod
from tests.web.ytor_data import LoggaIn, fragor, html
from wis import audit, clock
from wis.auth.queries import find_anvandare
from wis.auth.rules import Roll
from wis.db import Database
from wis.tx import transaction

UTAN_SIDA = "Formuläret kommer inte från en sida som visats för dig"
EGEN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def lage(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    stod.bygg(database)
    stod.utan_vantan(monkeypatch)
    return database


def _fraga(
    lage: Database, client: FlaskClient, epost: str = stod.LASARE, text: str = "", **annat: str
) -> dict[str, str]:
    return {"underskrift": stod.underskrift(lage, client, epost, **annat), "text": text}


def _falt(sida: str, form: str) -> dict[str, str]:
    """The hidden fields of the form with this address."""
    del_ = sida.split(f'action="{form}"')[1].split("</form>")[0]
    return {namn: unescape(varde) for namn, varde in re.findall(r'name="(\w+)" value="([^"]*)"', del_)}


# --- refusals lead somewhere ---------------------------------------------------------------------------------------


def test_a_refusal_says_why_and_sends_the_question_to_who_can_change_it(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.LASARE)
    sida = html(client, "/handelser/ny", 403)
    assert "<strong>Varför?</strong> Du är läsare hos Nacka." in sida
    assert "Fråga aktörsadministratören</button>" in sida
    svar = client.post("/fragor/stall", data={**_falt(sida, "/fragor/stall"), "text": "Jag ska\r\nsvara i natt."})
    assert (svar.status_code, svar.headers["Location"]) == (302, "/fragor")
    [(till, amne, text)] = stod.brev(lage)
    assert till == stod.ADMIN
    assert amne.startswith("Fråga om behörighet från Person")
    for del_ in ("öppna en händelse", "/handelser/ny", "Du är läsare hos Nacka.", "Jag ska\nsvara i natt.", "/fragor"):
        assert del_ in text
    mina = html(client, "/fragor")
    assert "Frågan är skickad till aktörsadministratören hos Nacka" in mina
    assert "Väntar på svar" in mina


def test_a_greyed_act_says_why_and_asks_from_where_it_stands(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.LASARE)
    sida = html(client, "/handelser/storm")
    assert sida.count("Varför inte?") == sida.count("Vem kan ändra det?") == sida.count('class="fragaform"') > 1
    client.post("/fragor/stall", data=_falt(sida, "/fragor/stall"))
    [rad] = stod.fragorna(lage)
    assert rad.sida == "/handelser/storm"
    assert rad.skal.startswith("Du är läsare hos Nacka.")


@pytest.mark.parametrize("epost", [stod.LASARE, stod.SKRIBENT, stod.SOLNA_TALES, stod.TRV_TALES])
def test_every_refusal_in_an_event_has_somebody_to_ask(lage: Database, logga_in: LoggaIn, epost: str) -> None:
    client = logga_in(epost)
    for path in (
        "/handelser/ny",
        "/handelser/storm/redigera",
        "/handelser/storm/lage",
        "/handelser/storm/lagesbild/samlad/skriv",
        "/handelser/storm/lagesbild/polisen/skriv",
        "/handelser/storm/be-om-lasratt?aktor=trafikverket",
        "/aktorer/nacka/anvandare",
        "/visa-som",
    ):
        svar = client.get(path)
        if svar.status_code == 403:
            sida = svar.get_data(as_text=True)
            assert "<strong>Varför?</strong>" in sida, path
            assert "<strong>Vem kan ändra det?</strong>" in sida, path
            assert 'action="/fragor/stall"' in sida, path


def test_who_has_no_role_can_ask_from_the_start_page(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        f.en_person_hos(session, "nacka", None, epost="ny@nacka.example", administrator=True)
    assert 'action="/fragor/stall"' in html(logga_in("ny@nacka.example"), "/")


# --- what is sent is not believed ----------------------------------------------------------------------------------


def test_a_question_from_no_page_of_ours_is_refused_and_its_words_are_kept(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.LASARE)
    own = stod.underskrift(lage, client)
    fel = ["", "x", own[:-3], "A" + own, stod.underskrift(lage, client, stod.SOLNA_LAS)]
    fel += [stod.underskrift(lage, client, **f) for f in ({"hos_id": "4711"}, {"sida": "//ond.example/"})]
    for varde in fel:
        svar = client.post("/fragor/stall", data={"underskrift": varde, "text": "Hjälp oss."}, headers=EGEN)
        assert svar.status_code == 400, varde
        sida = svar.get_data(as_text=True)
        assert UTAN_SIDA in sida
        assert "Hjälp oss." in sida
    assert not stod.fragorna(lage)
    assert not stod.brev(lage)


def test_a_made_up_reason_reaches_nobody(lage: Database, logga_in: LoggaIn) -> None:
    data = {
        "till": "redaktor",
        "hos": str(stod.aktor_id(lage, "solna")),
        "sida": "/",
        "verb": "läsa",
        "skal": "Ring mig",
    }
    assert logga_in(stod.LASARE).post("/fragor/stall", data=data).status_code == 400
    assert not stod.brev(lage)


def test_a_page_can_be_asked_from_for_a_day(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.LASARE)
    with clock.at(clock.now() - timedelta(hours=25)):
        old = _fraga(lage, client, sida="/handelser/a")
    with clock.at(clock.now() - timedelta(hours=22)):
        newer = _fraga(lage, client, sida="/handelser/b")
    assert client.post("/fragor/stall", data=old).status_code == 400
    assert client.post("/fragor/stall", data=newer).status_code == 302


@pytest.mark.parametrize("path", ["/fragor/stall", "/fragor/be-om-lasratt"])
def test_who_is_shut_out_while_the_question_comes_in_asks_nothing(
    lage: Database, logga_in: LoggaIn, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    client = logga_in(stod.LASARE)
    data = {**_fraga(lage, client), "sida": "/handelser/hemlig"}

    def shut(_form: object, _sida: str) -> bool:
        with transaction(lage) as session:
            person = find_anvandare(session, stod.LASARE)
            assert person is not None
            person.medlemskap[0].avstangd = clock.now()
        return True

    monkeypatch.setattr("wis.fragor.views._slapps_fram", shut)
    svar = client.post(path, data=data)
    assert svar.status_code == 403
    assert "har upphört" in svar.get_data(as_text=True)
    assert not stod.fragorna(lage)


def test_words_that_are_too_many_come_back_with_nothing_lost(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.LASARE)
    data = _fraga(lage, client, text="a" * 501)
    svar = client.post("/fragor/stall", data=data)
    assert svar.status_code == 422
    sida = svar.get_data(as_text=True)
    assert "Korta texten till högst 500 tecken." in sida
    assert "a" * 501 in sida
    assert f'name="underskrift" type="hidden" value="{data["underskrift"]}"' in sida
    assert not stod.fragorna(lage)


def test_a_shown_reason_is_bounded_and_on_one_line(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.LASARE)
    client.post("/fragor/stall", data=_fraga(lage, client, skal="x\r\n" * 900, verb="y\r\nBcc: a@b" * 90))
    [rad] = stod.fragorna(lage)
    assert len(rad.skal) <= 500
    assert "\n" not in rad.skal + rad.verb
    assert all("\n" not in amne and "\r" not in amne for _till, amne, _text in stod.brev(lage))


def test_a_question_carries_no_markup_into_the_inbox(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.LASARE)
    data = _fraga(lage, client, skal="<img src=x>", verb="<b>x</b>", text="<script>1</script>", sida="/<i>")
    assert client.post("/fragor/stall", data=data).status_code == 302
    sida = html(logga_in(stod.ADMIN), "/fragor")
    for tagg in ("<img", "<b>x", "<script>1", "/<i>"):
        assert tagg not in sida


def test_the_same_page_is_asked_about_once_in_ten_minutes(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.LASARE)
    svaren = [client.post("/fragor/stall", data=_fraga(lage, client, text=text)) for text in ("Först.", "Sedan.")]
    assert len(stod.fragorna(lage)) == 1
    assert [svar.status_code for svar in svaren] == [302, 422]
    sida = svaren[1].get_data(as_text=True)
    assert "Frågan är redan skickad" in sida
    assert "Sedan.</textarea>" in sida


def test_twenty_questions_a_day_are_enough(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.LASARE)
    for nummer in range(22):
        svar = client.post("/fragor/stall", data=_fraga(lage, client, sida=f"/handelser/{nummer}"))
    assert len(stod.fragorna(lage)) == 20
    assert "många frågor i dag" in svar.get_data(as_text=True)


def test_no_more_than_ten_are_written_to(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        for nummer in range(12):
            f.en_person_hos(session, "nacka", Roll.LASARE, epost=f"a{nummer}@nacka.example", administrator=True)
    client = logga_in(stod.LASARE)
    client.post("/fragor/stall", data=_fraga(lage, client))
    assert len(stod.brev(lage)) == 10


def test_where_nobody_has_the_role_the_administrators_are_asked(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.SOLNA_RED)
    client.post("/fragor/stall", data=_fraga(lage, client, stod.SOLNA_RED, "Hallå?", till="talesperson"))
    assert [till for till, _amne, _text in stod.brev(lage)] == [stod.ADMIN]
    assert "Hallå?" in html(logga_in(stod.ADMIN), "/fragor")


# --- the inbox -----------------------------------------------------------------------------------------------------


def _stall(lage: Database, client: FlaskClient, **annat: str) -> int:
    assert client.post("/fragor/stall", data=_fraga(lage, client, **annat)).status_code == 302
    return stod.fragorna(lage)[-1].id


def test_the_administrator_sees_it_counted_and_answers_with_one_tap(lage: Database, logga_in: LoggaIn) -> None:
    lasare, admin = logga_in(stod.LASARE), logga_in(stod.ADMIN)
    fraga = _stall(lage, lasare, text="Snälla!")
    sida = html(admin, "/fragor")
    assert ">Frågor (1)</a>" in sida
    assert "Snälla!" in sida
    assert "Behörigheten för Person" in sida
    assert ">Besvarad</button>" in sida
    admin.post(f"/fragor/{fraga}/svara", data={"svar": "klart", "svarstext": "Du är skribent nu."})
    [_first, (till, amne, text)] = stod.brev(lage)
    assert (till, amne) == (stod.LASARE, "Svar från Nacka: besvarad")
    assert "Du är skribent nu." in text
    mina = html(lasare, "/fragor")
    assert "Du är skribent nu." in mina
    assert "Besvarad</span>" in mina
    assert "Ja</span>" not in mina
    sida = html(admin, "/fragor")
    assert ">Frågor</a>" in sida
    assert re.search(r'Rollen ändras inte av det: det gör du på <a href="/aktorer/nacka/[^"]+">sidan för Person', sida)


def test_only_who_can_answer_sees_a_question_or_can_answer_it(lage: Database, logga_in: LoggaIn) -> None:
    fraga = _stall(lage, logga_in(stod.LASARE), text="Bara till er.")
    for epost in (stod.SKRIBENT, stod.SOLNA_RED):
        client = logga_in(epost)
        assert "Bara till er." not in html(client, "/fragor")
        assert client.post(f"/fragor/{fraga}/svara", data={"svar": "klart"}).status_code in {403, 404}
    assert stod.fragorna(lage)[0].svar is None


def test_a_question_is_answered_once(lage: Database, logga_in: LoggaIn) -> None:
    fraga, admin = _stall(lage, logga_in(stod.LASARE)), logga_in(stod.ADMIN)
    admin.post(f"/fragor/{fraga}/svara", data={"svar": "nej", "svarstext": "Inte nu."})
    admin.post(f"/fragor/{fraga}/svara", data={"svar": "klart"})
    assert "redan besvarad" in html(admin, "/fragor")
    assert stod.fragorna(lage)[0].svar == "nej"
    assert len(stod.brev(lage)) == 2


@pytest.mark.parametrize("svar", ["", "kanske"])
def test_an_answer_is_yes_or_no(lage: Database, logga_in: LoggaIn, svar: str) -> None:
    fraga = _stall(lage, logga_in(stod.LASARE))
    assert logga_in(stod.ADMIN).post(f"/fragor/{fraga}/svara", data={"svar": svar}).status_code == 400


def test_an_answer_with_too_many_words_keeps_them(lage: Database, logga_in: LoggaIn) -> None:
    fraga = _stall(lage, logga_in(stod.LASARE))
    svar = logga_in(stod.ADMIN).post(f"/fragor/{fraga}/svara", data={"svar": "nej", "svarstext": "b" * 501})
    assert svar.status_code == 422
    assert "b" * 501 in svar.get_data(as_text=True)
    assert stod.fragorna(lage)[0].svar is None


def test_questions_and_answers_stand_in_the_record(lage: Database, logga_in: LoggaIn) -> None:
    fraga = _stall(lage, logga_in(stod.LASARE))
    logga_in(stod.ADMIN).post(f"/fragor/{fraga}/svara", data={"svar": "nej"})
    with lage.reading() as session:
        handlingar = [post.handling for post in session.query(audit.Loggpost)]
        assert {"ställer fråga", "svarar på fråga"} <= set(handlingar)
        assert not isinstance(audit.verify(session), audit.Kedjebrott)


def test_the_count_in_the_menu_is_one_query_by_an_index(app: Flask, lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(stod.ADMIN)
    with fragor(lage) as seen:
        html(client, "/handelser")
    counting = [fraga for fraga in seen if "rattsfraga" in fraga]
    assert len(counting) == 1
    assert "count(" in counting[0].lower()


def test_a_right_that_ended_meanwhile_answers_nothing(lage: Database, logga_in: LoggaIn) -> None:
    fraga, admin = _stall(lage, logga_in(stod.LASARE)), logga_in(stod.ADMIN)
    with transaction(lage) as session:
        person = find_anvandare(session, stod.ADMIN)
        assert person is not None
        person.medlemskap[0].administrator = False
    assert admin.post(f"/fragor/{fraga}/svara", data={"svar": "klart"}).status_code == 403
    assert stod.fragorna(lage)[0].svar is None
