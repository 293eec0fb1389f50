"""'Mina notiser', following a dispatch, the preview and the Utkorg, as people meet them."""

import re
from collections.abc import Callable
from dataclasses import replace

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.conftest import en_app
from tests.factories import en_handelse, en_person_hos, en_prenumeration
from tests.utskick import avgor, en_ko, en_som_vill, en_version, expandera_allt, leveranser, skriver
from wis import clock
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Handelse
from wis.notiser import queries
from wis.notiser.leveransfragor import PER_SIDA
from wis.notiser.models import (
    Kanal,
    Kanalslag,
    Notisslag,
    Prenumeration,
    Status,
    Tystnad,
    Utkorgspost,
    Utskick,
)
from wis.notiser.rules import LEVERERAD, permanent
from wis.settings import Settings

LoggaIn = Callable[[str], FlaskClient]
LASARE, SKRIBENT, KOLLEGA, NACKA = (
    "lasare@tv.example",
    "skribent@tv.example",
    "kollega@tv.example",
    "nacka@nacka.example",
)


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    """One reader and one writer at Trafikverket, and a redaktör at Nacka."""
    with skriver(database) as session:
        en_person_hos(session, "trafikverket", Roll.LASARE, epost=LASARE)
        en_person_hos(session, "trafikverket", Roll.SKRIBENT, epost=SKRIBENT)
        en_person_hos(session, "nacka", Roll.REDAKTOR, epost=NACKA)


def sida(svar: TestResponse, status: int = 200) -> str:
    """The text of the page, which must be well-formed HTML."""
    text = svar.get_data(as_text=True)
    assert svar.status_code == status, text
    html5lib.HTMLParser(strict=True).parse(text)
    return text


def en_handelse_med(database: Database, **val: object) -> tuple[int, str]:
    with skriver(database) as session:
        handelse = en_handelse(session, **val)  # type: ignore[arg-type]
        return handelse.id, handelse.slug


# --- channels ----------------------------------------------------------------------------------------------------


def kanalen(database: Database, slag: Kanalslag = Kanalslag.SMS) -> Kanal | None:
    with database.reading() as session:
        return session.scalar(select(Kanal).where(Kanal.slag == slag))


def koden(database: Database) -> str:
    with database.reading() as session:
        text = session.scalars(select(Utskick.sms).order_by(Utskick.id.desc())).first() or ""
    funnen = re.search(r"\b[0-9]{6}\b", text)
    assert funnen is not None
    return funnen[0]


def test_one_who_has_no_channel_is_told_what_to_do(logga_in: LoggaIn) -> None:
    assert "Du nås inte ännu" in sida(logga_in(LASARE).get("/mina-notiser"))


def test_a_number_is_added_as_people_write_it_and_confirmed_by_its_code(logga_in: LoggaIn, database: Database) -> None:
    client = logga_in(LASARE)
    svar = client.post("/mina-notiser/sms", data={"adress": "070-174 06 05"}, follow_redirects=True)
    assert "Inte bekräftad" in sida(svar)
    kanal = kanalen(database)
    assert kanal is not None
    assert (kanal.adress, kanal.verifierad) == ("+46701740605", None)
    fel = f"{(int(koden(database)) + 1) % 10**6:06d}"
    assert "Koden stämmer inte" in sida(client.post("/mina-notiser/sms/kod", data={"kod": fel}), 422)
    svar = client.post("/mina-notiser/sms/kod", data={"kod": koden(database)}, follow_redirects=True)
    text = sida(svar)
    assert "Bekräftad" in text
    assert "Du nås inte ännu" not in text


@pytest.mark.parametrize(
    ("nummer", "fel"),
    [
        ("", "Skriv ditt mobilnummer"),
        ("hej", "Skriv ett mobilnummer"),
        ("070-1", "Numret finns inte"),
        ("08-508 00 000", "inget mobilnummer"),
        ("javascript:alert(1)", "Skriv ett mobilnummer"),
    ],
)
def test_what_is_no_mobile_number_is_refused_and_stays_in_the_field(
    logga_in: LoggaIn, database: Database, nummer: str, fel: str
) -> None:
    text = sida(logga_in(LASARE).post("/mina-notiser/sms", data={"adress": nummer}), 422)
    assert fel in text
    assert f'value="{nummer}"' in text or not nummer
    assert kanalen(database) is None


def test_an_address_is_checked_and_confirmed(logga_in: LoggaIn, database: Database) -> None:
    client = logga_in(LASARE)
    assert "hel e-postadress" in sida(client.post("/mina-notiser/epost", data={"adress": "jag@"}), 422)
    client.post("/mina-notiser/epost", data={"adress": "TiB@Trafikverket.example"})
    kanal = kanalen(database, Kanalslag.EPOST)
    assert kanal is not None
    assert kanal.adress == "TiB@trafikverket.example"


def test_codes_can_not_be_used_to_pester_a_stranger(logga_in: LoggaIn) -> None:
    client = logga_in(LASARE)
    svaren = [client.post("/mina-notiser/sms", data={"adress": f"07017406{n:02d}"}).status_code for n in range(5, 11)]
    assert svaren == [302] * 5 + [422]


def test_another_code_comes_first_after_a_minute(logga_in: LoggaIn) -> None:
    client = logga_in(LASARE)
    client.post("/mina-notiser/sms", data={"adress": "0701740605"})
    assert "Vänta en minut" in sida(client.post("/mina-notiser/sms/ny-kod"), 422)


def test_a_number_can_be_taken_away_twice(logga_in: LoggaIn, database: Database) -> None:
    client = logga_in(LASARE)
    client.post("/mina-notiser/sms", data={"adress": "0701740605"})
    for _ in range(2):
        assert "Du får inte längre SMS" in sida(client.post("/mina-notiser/sms/ta-bort", follow_redirects=True))
    assert kanalen(database) is None


# --- choices -----------------------------------------------------------------------------------------------------


def falten(text: str) -> dict[str, str]:
    """What a browser would send of the form of choices, untouched."""
    skickat = dict(re.findall(r'<input type="hidden" name="([^"]+-visat)" value="([01]{2})">', text))
    for namn in re.findall(r'<input type="checkbox" name="([^"]+)" value="1" checked>', text):
        skickat[namn] = "1"
    return skickat


def valen(database: Database) -> set[tuple[str, str, int | None, bool, bool]]:
    with database.reading() as session:
        rader = session.scalars(select(Prenumeration)).all()
        return {(rad.slag, rad.omfattning, rad.handelse_id, rad.sms, rad.epost) for rad in rader}


def spara(client: FlaskClient, skickat: dict[str, str]) -> str:
    return sida(client.post("/mina-notiser", data=skickat, follow_redirects=True))


def test_choices_for_all_events_are_kept_and_shown(logga_in: LoggaIn, database: Database) -> None:
    client = logga_in(LASARE)
    skickat = falten(sida(client.get("/mina-notiser")))
    text = spara(client, skickat | {"lagesbild-alla-sms": "1", "lagesbild-alla-epost": "1", "lage-ovningar-epost": "1"})
    assert valen(database) == {("lagesbild", "alla", None, True, True), ("lage", "ovningar", None, False, True)}
    assert falten(text) == falten(text) | {"lagesbild-alla-sms": "1", "lagesbild-alla-epost": "1"}
    skickat = falten(text)
    del skickat["lagesbild-alla-sms"]
    spara(client, skickat)
    assert ("lagesbild", "alla", None, False, True) in valen(database)


def test_an_event_follows_the_general_choice_until_a_box_of_its_own_is_changed(
    logga_in: LoggaIn, database: Database
) -> None:
    handelse_id, _ = en_handelse_med(database, rubrik="Snöoväder")
    client = logga_in(LASARE)
    skickat = falten(sida(client.get("/mina-notiser"))) | {"lagesbild-alla-sms": "1"}
    text = spara(client, skickat)
    assert valen(database) == {("lagesbild", "alla", None, True, False)}
    skickat = falten(text)
    assert skickat[f"lagesbild-{handelse_id}-sms"] == "1"
    del skickat[f"lagesbild-{handelse_id}-sms"]
    text = spara(client, skickat)
    assert ("lagesbild", "handelse", handelse_id, False, False) in valen(database)
    assert "egna val" in text
    text = spara(client, falten(text) | {f"folj-{handelse_id}": "1"})
    assert valen(database) == {("lagesbild", "alla", None, True, False)}
    assert "som alla händelser" in text


def test_nobody_can_subscribe_to_an_event_that_they_may_not_read(logga_in: LoggaIn, database: Database) -> None:
    hemlig, _ = en_handelse_med(database, lasare=["nacka"], rubrik="Hemlig händelse")
    client = logga_in(LASARE)
    text = sida(client.get("/mina-notiser"))
    assert "Hemlig händelse" not in text
    spara(client, {f"lagesbild-{hemlig}-visat": "00", f"lagesbild-{hemlig}-sms": "1"})
    assert valen(database) == set()


def test_quiet_hours_are_kept_and_taken_away(logga_in: LoggaIn, database: Database) -> None:
    client = logga_in(LASARE)
    assert 'value="22:00"' in spara(client, {"tyst_fran": "22:00", "tyst_till": "06:30"})
    with database.reading() as session:
        [tyst] = session.scalars(select(Tystnad)).all()
        assert (tyst.fran, tyst.till) == ("22:00", "06:30")
    spara(client, {"tyst_fran": "", "tyst_till": ""})
    with database.reading() as session:
        assert session.scalars(select(Tystnad)).all() == []


@pytest.mark.parametrize(
    ("fran", "till", "fel"),
    [("22:00", "", "båda klockslagen"), ("22:00", "22:00", "samtidigt"), ("22", "06", "fyra siffror")],
)
def test_quiet_hours_that_make_no_sense_are_refused_and_all_that_was_chosen_stays(
    logga_in: LoggaIn, database: Database, fran: str, till: str, fel: str
) -> None:
    client = logga_in(LASARE)
    skickat = falten(sida(client.get("/mina-notiser"))) | {"lagesbild-alla-sms": "1"}
    text = sida(client.post("/mina-notiser", data=skickat | {"tyst_fran": fran, "tyst_till": till}), 422)
    assert fel in text
    assert falten(text)["lagesbild-alla-sms"] == "1"
    assert valen(database) == set()


# --- following a dispatch ----------------------------------------------------------------------------------------


@pytest.fixture
def utskick_id(database: Database, settings: Settings) -> int:
    """Four messages at Nacka: one delivered, two failed, one waiting."""
    with skriver(database) as session:
        handelse = en_handelse(session, lasare=["trafikverket", "nacka", "varmdo"], rubrik="Snöoväder")
        for _ in range(4):
            en_som_vill(session, "nacka")
        utskick = en_version(session, handelse)
    expandera_allt(database)
    kon = en_ko(database, settings, "w1")
    parti = kon.ta(Kanalslag.SMS)
    assert parti is not None
    for uppdrag, utfall in zip(parti.uppdrag, (LEVERERAD, permanent("numret"), permanent("numret")), strict=False):
        avgor(kon, uppdrag, utfall)
    kon.slapp([parti.uppdrag[3].id])
    return utskick.id


def test_the_publisher_follows_how_many_got_it_and_who_did_not(logga_in: LoggaIn, utskick_id: int) -> None:
    text = sida(logga_in(SKRIBENT).get(f"/utskick/{utskick_id}"))
    assert re.sub(r"<[^>]+>", " ", text).split("Framme")[1].split()[0] == "1"
    for vantat in ("1 framme", "1 väntar", "2 kom inte fram", "SMS: 1 framme", "Numret", "Skicka igen till alla 2"):
        assert vantat in text
    assert "+46" not in text
    assert 'data-live="utskick"' in text
    # An actor and how it goes there by each channel are one item.
    assert text.split('class="framdriftslista"')[1].count('<li class="framdrift"') == 1


def test_only_the_sending_actors_writers_follow_it(logga_in: LoggaIn, database: Database, utskick_id: int) -> None:
    with skriver(database) as session:
        en_person_hos(session, "utanfor", Roll.REDAKTOR, epost=KOLLEGA)
    assert "skribent" in sida(logga_in(LASARE).get(f"/utskick/{utskick_id}"), 403)
    assert "tillhör" in sida(logga_in(NACKA).get(f"/utskick/{utskick_id}"), 403)
    assert logga_in(KOLLEGA).get(f"/utskick/{utskick_id}").status_code == 404
    assert logga_in(SKRIBENT).get(f"/utskick/{utskick_id + 100}").status_code == 404
    assert logga_in(NACKA).post(f"/utskick/{utskick_id}/skicka-igen").status_code == 403


def test_a_message_of_the_system_has_no_page(logga_in: LoggaIn, database: Database) -> None:
    client = logga_in(SKRIBENT)
    client.post("/mina-notiser/sms", data={"adress": "0701740605"})
    with database.reading() as session:
        brev = session.scalars(select(Utskick.id)).one()
    assert client.get(f"/utskick/{brev}").status_code == 404


def test_one_or_all_that_failed_are_sent_again(logga_in: LoggaIn, database: Database, utskick_id: int) -> None:
    client = logga_in(SKRIBENT)
    fel = [rad.id for rad in leveranser(database, utskick_id).values() if rad.status == Status.MISSLYCKAD]
    svar = client.post(f"/utskick/{utskick_id}/skicka-igen", data={"leverans": fel[0]}, follow_redirects=True)
    assert "Ett meddelande skickas igen" in sida(svar)
    svar = client.post(f"/utskick/{utskick_id}/skicka-igen", follow_redirects=True)
    assert "Ett meddelande skickas igen" in sida(svar)
    assert "inget att skicka igen" in sida(client.post(f"/utskick/{utskick_id}/skicka-igen", follow_redirects=True))
    assert {rad.status for rad in leveranser(database, utskick_id).values()} == {Status.LEVERERAD, Status.VANTAR}


# --- the preview -------------------------------------------------------------------------------------------------


def forhandsvisa(client: FlaskClient, slug: str, slag: Notisslag, **falt: str) -> TestResponse:
    return client.post(f"/handelser/{slug}/forhandsvisa?slag={slag}", data=falt, headers={"Accept": "application/json"})


def test_the_preview_says_how_many_it_goes_to_and_who_has_no_channel(logga_in: LoggaIn, database: Database) -> None:
    handelse_id, slug = en_handelse_med(database)
    with skriver(database) as session:
        en_som_vill(session, "nacka", slag=Notisslag.UNDERRATTELSE, epost=True)
        utan = en_person_hos(session, "varmdo")
        en_prenumeration(session, utan, Notisslag.UNDERRATTELSE)
    svar = forhandsvisa(logga_in(SKRIBENT), slug, Notisslag.UNDERRATTELSE, rubrik="Färjan", text="Går inte.")
    html = svar.get_json()["html"]
    assert "Detta går till 1 person hos 1 aktör: SMS 1, e-post 1." in html
    assert "1 saknar kanal (visa)" in html
    assert utan.namn in html
    assert "Trafikverket: Färjan\nGår inte.\nhttp://localhost/underrattelser/" in html
    with skriver(database) as session:
        en_som_vill(session, "varmdo", slag=Notisslag.UNDERRATTELSE)
        oversikt = queries.mottagaroversikt(
            session, session.get_one(Handelse, handelse_id), Notisslag.UNDERRATTELSE, clock.now()
        )
    assert oversikt.personer == 2


def test_costly_characters_are_named_and_replaced_in_what_the_author_wrote(
    logga_in: LoggaIn, database: Database
) -> None:
    _, slug = en_handelse_med(database)
    client, lang = logga_in(SKRIBENT), "Vägen är avstängd – kör inte. " * 4
    svar = forhandsvisa(client, slug, Notisslag.UNDERRATTELSE, rubrik="E18 – stängd", text=lang).get_json()
    assert "tankstreck, 5 gånger" in svar["html"]
    assert "delar i stället för" in svar["html"]
    assert "Byt ut alla" in svar["html"]
    assert svar["falt"]["text"] == lang
    bytt = forhandsvisa(
        client, slug, Notisslag.UNDERRATTELSE, rubrik="E18 – stängd", text=lang, handling="byt_ut"
    ).get_json()
    assert bytt["falt"] == {"rubrik": "E18 - stängd", "text": lang.replace("–", "-")}
    assert "Byt ut alla" not in bytt["html"]


def test_the_preview_of_a_lagesbild_shows_the_summary_as_plain_text(logga_in: LoggaIn, database: Database) -> None:
    _, slug = en_handelse_med(database, ovning=True)
    url = f"/handelser/{slug}/forhandsvisa?slag=lagesbild&rubrik=L%C3%A4gesbild+version+3%2C+Sn%C3%B6ov%C3%A4der"
    svar = logga_in(SKRIBENT).post(url, data={"sammanfattning": "**E18** är öppen."})
    html = svar.get_data(as_text=True)
    assert "ÖVNING Trafikverket: Lägesbild version 3, Snöoväder\nE18 är öppen.\n" in html


def test_markup_in_the_preview_shows_as_text(logga_in: LoggaIn, database: Database) -> None:
    _, slug = en_handelse_med(database)
    svar = forhandsvisa(logga_in(SKRIBENT), slug, Notisslag.UNDERRATTELSE, rubrik="<script>x</script>", text="<b>y</b>")
    assert "<script>" not in svar.get_json()["html"]


def test_one_who_only_reads_does_not_learn_who_would_be_told(logga_in: LoggaIn, database: Database) -> None:
    _, slug = en_handelse_med(database)
    assert forhandsvisa(logga_in(LASARE), slug, Notisslag.LAGE).status_code == 403
    assert logga_in(SKRIBENT).post(f"/handelser/{slug}/forhandsvisa?slag=annat").status_code == 404
    _, hemlig = en_handelse_med(database, lasare=["nacka"])
    assert forhandsvisa(logga_in(SKRIBENT), hemlig, Notisslag.LAGE).status_code == 404


# --- the Utkorg --------------------------------------------------------------------------------------------------


def test_in_the_demo_anyone_sees_what_would_have_been_sent(settings: Settings, database: Database) -> None:
    with skriver(database) as session:
        for n in range(PER_SIDA + 10):
            post = Utkorgspost(tid=clock.now(), kanal="sms", till="+46701740605", amne="", text=f"SMS nummer {n} – snö")
            session.add(post)
            session.flush()
        for till in ("a@prov.example", "b@prov.example"):
            session.add(Utkorgspost(tid=clock.now(), kanal="epost", till=till, amne="Ämnet", text="<b>Brevet</b>"))
    client = en_app(replace(settings, demo=True), database).test_client()
    text = sida(client.get("/utkorg"))
    assert text.index("Ämnet") < text.index(f"SMS nummer {PER_SIDA + 9} ") < text.index("SMS nummer 12 ")
    assert text.count("&lt;b&gt;Brevet") == 1
    assert "2 mottagare" in text
    assert "b@prov.example" in text
    assert "SMS nummer 3 " not in text
    aldre = re.search(r'href="(/utkorg\?fore=[0-9]+)"', text)
    assert aldre is not None
    assert "SMS nummer 3 " in sida(client.get(aldre[1]))


def test_outside_the_demo_there_is_no_utkorg(client: FlaskClient, logga_in: LoggaIn) -> None:
    assert client.get("/utkorg").status_code == 404
    assert logga_in(SKRIBENT).get("/utkorg").status_code == 404


def test_addresses_in_messages_are_those_of_the_installation_and_not_of_the_request(
    app: Flask, database: Database
) -> None:
    with skriver(database) as session:
        utskick = en_version(session, en_handelse(session))
    assert "http://localhost/handelser/" in utskick.sms
