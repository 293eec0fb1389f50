"""What the sender sees of a dispatch and can do: undo it, see who did not get it, send again, fetch it as a table."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta

import html5lib
import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update
from werkzeug.test import TestResponse

from tests.factories import en_handelse, en_person_hos
from tests.utskick import en_som_vill, en_underrattelse, en_version, expandera_allt, leveranser, skriver
from wis import clock
from wis.auth.models import Anvandare
from wis.auth.rules import Roll
from wis.db import Database
from wis.notiser.models import Kvittens, Leverans, Status, Utskick

LoggaIn = Callable[[str], FlaskClient]
TALESPERSON, SKRIBENT, NACKA = "talesperson@tv.example", "skribent@tv.example", "nacka@nacka.example"
BILD = "/handelser/{slug}/lagesbild/trafikverket"


@pytest.fixture(autouse=True)
def folk(app: object, database: Database) -> None:
    """A talesperson and a skribent at Trafikverket, a redaktör at Nacka; dispatches are held for a minute."""
    database.angra_tid = 60.0
    with skriver(database) as session:
        en_person_hos(session, "trafikverket", Roll.TALESPERSON, epost=TALESPERSON).namn = "Tala Person"
        en_person_hos(session, "trafikverket", Roll.SKRIBENT, epost=SKRIBENT)
        en_person_hos(session, "nacka", Roll.REDAKTOR, epost=NACKA)


def sida(svar: TestResponse, status: int = 200) -> str:
    """The words of the page, which must be well-formed HTML."""
    text = svar.get_data(as_text=True)
    assert svar.status_code == status, text
    html5lib.HTMLParser(strict=True).parse(text)
    return " ".join(text.split())


def ord_(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def ett_hallet(database: Database, antal: int = 2) -> tuple[int, str]:
    """A dispatch to `antal` people at Nacka that is held; its id and the slug of its event."""
    with skriver(database) as session:
        handelse = en_handelse(session)
        for _ in range(antal):
            en_som_vill(session, "nacka", epost=True)
        return en_version(session, handelse).id, handelse.slug


def ett_skickat(database: Database, *lagen: dict[str, object]) -> tuple[int, list[int]]:
    """A dispatch with one SMS for each of these states; its id and theirs, in that order."""
    database.angra_tid = 0.0
    with skriver(database) as session:
        handelse = en_handelse(session)
        for _ in lagen:
            en_som_vill(session, "nacka")
        utskick_id = en_version(session, handelse).id
    expandera_allt(database)
    with skriver(database) as session:
        ids = list(session.scalars(select(Leverans.id).order_by(Leverans.id)))
        for id_, varden in zip(ids, lagen, strict=True):
            session.execute(update(Leverans).where(Leverans.id == id_).values(**varden))
    return utskick_id, ids


# --- undo --------------------------------------------------------------------------------------------------------


def test_the_sender_sees_until_when_it_can_be_taken_back_where_it_was_published_and_takes_it_back(
    logga_in: LoggaIn, database: Database
) -> None:
    utskick_id, slug = ett_hallet(database)
    client, adress = logga_in(TALESPERSON), f"/utskick/{utskick_id}"
    with database.reading() as session:
        till = session.get_one(Utskick, utskick_id).halls_till
    assert till is not None
    for path in (BILD.format(slug=slug), f"/handelser/{slug}", adress):
        text = sida(client.get(path))
        assert f"Skickas till 2 klockan {clock.local(till):%H:%M:%S}" in ord_(text), path
        assert f'data-nedrakning="{till.isoformat()}"' in text
        assert "Ångra utskicket" in text
    assert "Kan ångras en kort stund" in sida(client.get(f"/handelser/{slug}/utskick"))
    text = ord_(sida(client.post(f"{adress}/angra", follow_redirects=True)))
    assert "Tala Person ångrade det" in text
    assert "Versionen är publicerad och syns för läsarna; ingen har fått sms eller e-post." in text
    assert "redan ångrat" in sida(client.post(f"{adress}/angra", follow_redirects=True))
    assert "Utskicket är ångrat" in sida(client.get(BILD.format(slug=slug)))
    assert "Ångrat: ingen har fått det" in sida(client.get(f"/handelser/{slug}/utskick"))
    assert "Utskicket skickas nu" in sida(client.post(f"{adress}/skicka-anda", follow_redirects=True))
    assert "inte ångrat längre" in sida(client.post(f"{adress}/skicka-anda", follow_redirects=True))
    expandera_allt(database)
    assert len(leveranser(database, utskick_id)) == 4


def test_too_late_says_how_many_have_gone_and_what_to_do(logga_in: LoggaIn, database: Database) -> None:
    with skriver(database) as session:
        handelse = en_handelse(session)
        en_som_vill(session, "nacka")
        bild, piece = en_version(session, handelse).id, en_underrattelse(session, handelse).id
    client = logga_in(TALESPERSON)
    assert "Utskicket skickas nu" in sida(client.post(f"/utskick/{bild}/skicka-nu", follow_redirects=True))
    assert "väntar inte längre" in sida(client.post(f"/utskick/{bild}/skicka-nu", follow_redirects=True))
    expandera_allt(database)
    with skriver(database) as session:
        session.execute(update(Leverans).values(status=Status.MOTTAGEN))
        session.execute(update(Utskick).where(Utskick.id == piece).values(halls_till=clock.now()))
    text = sida(client.post(f"/utskick/{bild}/angra"), 409)
    assert "1 av 1 meddelanden har skickats." in text
    assert "Skriv en ny version" in text
    text = sida(client.post(f"/utskick/{piece}/angra"), 409)
    assert "Mottagarna tas fram" in text
    assert "Publicera en rättelse" in text


def test_what_nobody_was_told_of_says_so_and_why(logga_in: LoggaIn, database: Database) -> None:
    with skriver(database) as session:
        handelse = en_handelse(session)
        en_som_vill(session, "nacka")
        forsta, piece = en_version(session, handelse).id, en_underrattelse(session, handelse).id
        en_version(session, handelse, bradskande=True)
        session.execute(update(Utskick).where(Utskick.id == piece).values(halls_till=clock.now()))
    expandera_allt(database)
    client = logga_in(TALESPERSON)
    for id_, skal, annars in (
        (forsta, "Version 2 skickades i stället. Ingen fick sms", "hade valt"),
        (piece, "Ingen som får läsa hade valt att bli aviserad.", "i stället"),
    ):
        adress = f"/utskick/{id_}"
        for text in (sida(client.get(adress)), sida(client.post(f"{adress}/angra"), 409)):
            assert skal in text
            assert annars not in text
            assert "tas fram" not in text
            assert "gått iväg" not in text


def test_who_may_follow_it_but_not_publish_is_told_why_nothing_can_be_taken_back(
    logga_in: LoggaIn, database: Database
) -> None:
    utskick_id, _ = ett_hallet(database)
    client, adress = logga_in(SKRIBENT), f"/utskick/{utskick_id}"
    text = sida(client.get(adress))
    assert "Du kan inte ångra det. Du är skribent" in text
    assert "Ångra utskicket" not in text
    for handling in ("angra", "skicka-nu", "skicka-anda"):
        assert "rollen talesperson" in sida(client.post(f"{adress}/{handling}"), 403)
    for handling in ("angra", "skicka-nu", "skicka-anda", "kom-fram"):
        assert "tillhör" in sida(logga_in(NACKA).post(f"{adress}/{handling}"), 403)
    assert logga_in(NACKA).get(f"{adress}/leveranser.csv").status_code == 403
    assert client.post("/utskick/4711/angra").status_code == 404


# --- seen --------------------------------------------------------------------------------------------------------


def test_every_state_is_told_in_words_and_what_can_be_done_about_it(logga_in: LoggaIn, database: Database) -> None:
    utskick_id, ids = ett_skickat(
        database,
        {"status": Status.LEVERERAD},
        {"status": Status.MOTTAGEN},
        {"status": Status.TAGEN, "lease_till": clock.now()},
        {"status": Status.VANTAR, "forsok": 3, "orsak": "SMS-tjänsten svarar inte"},
        {"status": Status.OVISS, "orsak": "svaret uteblev"},
        {"status": Status.OVISS},
        {"status": Status.MISSLYCKAD, "orsak": "numret finns inte"},
        {"status": Status.STRUKEN, "orsak": "har inte längre läsrätt"},
        {"status": Status.STRUKEN, "orsak": "ersatt av version 2"},
    )
    client, adress = logga_in(SKRIBENT), f"/utskick/{utskick_id}"
    hel = sida(client.get(adress))
    text = ord_(hel)
    assert (
        "SMS: 1 framme, 1 lämnad till leverantören, 1 väntar, 1 väntar på nytt försök, 2 oklart om den kom fram, "
        "1 kom inte fram, 2 ska inte skickas"
    ) in text
    for vantat in (
        "2 av 7 skickade",
        "SMS-tjänsten svarar inte · 3 försök",
        "Numret finns inte",
        "inte längre läsrätt",
    ):
        assert vantat in text
    assert "ersatt av version 2" not in text
    assert "ger inget kvitto" in text.replace("&#8209;", "-")
    assert "De kan få det två gånger." in text
    assert "+46" not in hel
    assert "Antecknat: den kom fram" in sida(
        client.post(f"{adress}/kom-fram", data={"leverans": ids[4]}, follow_redirects=True)
    )
    assert "inte oklart längre" in sida(
        client.post(f"{adress}/kom-fram", data={"leverans": ids[4]}, follow_redirects=True)
    )
    for data in ({"vilka": "ovissa"}, {"leverans": str(ids[6])}):
        assert "Ett meddelande skickas igen" in sida(
            client.post(f"{adress}/skicka-igen", data=data, follow_redirects=True)
        )
    with database.reading() as session:
        rader = {rad.id: rad for rad in session.scalars(select(Leverans))}
    assert (rader[ids[4]].status, rader[ids[4]].orsak) == (
        Status.LEVERERAD,
        f"bekräftat av {_namn(database, SKRIBENT)}",
    )
    assert [(rader[id_].status, rader[id_].upprepad) for id_ in (ids[5], ids[6])] == [
        (Status.VANTAR, True),
        (Status.VANTAR, False),
    ]


def _namn(database: Database, epost: str) -> str:
    with database.reading() as session:
        return session.scalars(select(Anvandare.namn).where(Anvandare.epost == epost)).one()


def test_who_did_not_get_it_is_shown_some_at_a_time(logga_in: LoggaIn, database: Database) -> None:
    utskick_id, _ = ett_skickat(database, {"status": Status.MISSLYCKAD})
    with skriver(database) as session:
        mall = session.scalars(select(Leverans)).one()
        kolumner = {k.name: getattr(mall, k.name) for k in Leverans.__table__.columns if k.name != "id"}
        nya = [{"epost": f"m{n}@prov.example", "namn": f"Mottagare {n:03}", "skapad": clock.now()} for n in range(249)]
        session.execute(insert(Anvandare), nya)
        personer = session.scalars(select(Anvandare.id).where(Anvandare.namn.like("Mottagare %")))
        session.execute(insert(Leverans), [kolumner | {"anvandare_id": id_} for id_ in personer])
    client, adress = logga_in(SKRIBENT), f"/utskick/{utskick_id}"
    forst, sen = sida(client.get(adress)), sida(client.get(f"{adress}?fran=200"))
    assert "Mottagare 000" in forst
    assert 'fran=200#fick-inte">Visa fler' in forst
    assert (forst.count("Skicka igen</button>"), sen.count("Skicka igen</button>")) == (200, 50)
    assert "Mottagare 248" in sen
    assert f'href="{adress}#fick-inte">Visa föregående' in sen


def test_the_tab_of_an_event_lists_fifty_at_a_time(logga_in: LoggaIn, database: Database) -> None:
    with skriver(database) as session:
        handelse = en_handelse(session)
        for _ in range(51):
            en_version(session, handelse)
    client = logga_in(SKRIBENT)
    forst = sida(client.get(f"/handelser/{handelse.slug}/utskick"))
    assert forst.count('class="framdrift"') == 50
    aldre = re.search(r'href="([^"]*\?fore=[0-9]+)"', forst)
    assert aldre is not None
    sist = sida(client.get(aldre[1]))
    assert sist.count('class="framdrift"') == 1
    assert "version 1, " in sist


# --- as a table --------------------------------------------------------------------------------------------------


def test_every_delivery_can_be_fetched_for_a_spreadsheet_without_numbers_and_without_formulas(
    logga_in: LoggaIn, database: Database
) -> None:
    nu = clock.now()
    utskick_id, ids = ett_skickat(
        database,
        {"status": Status.MOTTAGEN, "forsok": 1, "sand": nu, "upprepad": True},
        {"status": Status.MISSLYCKAD, "forsok": 2, "orsak": "=1+1;\r\n@x", "anledning": "paminnelse"},
    )
    with skriver(database) as session:
        rad = session.get_one(Leverans, ids[0])
        session.get_one(Anvandare, rad.anvandare_id).namn = "+SUM(A1)"
        tider = {"last": nu, "kvitterad": nu + timedelta(seconds=1)}
        session.add(Kvittens(utskick_id=utskick_id, anvandare_id=rad.anvandare_id, aktor_id=rad.aktor_id or 0, **tider))
    svar = logga_in(SKRIBENT).get(f"/utskick/{utskick_id}/leveranser.csv")
    assert svar.headers["Content-Disposition"].startswith(f'attachment; filename="utskick-{utskick_id}-')
    assert svar.mimetype == "text/csv"
    assert svar.is_streamed
    text = svar.get_data(as_text=True)
    assert text.startswith("\ufeffAktör;Namn;Kanal;Läge;")
    assert "+4670" not in text
    [rubriker, forst, sen] = csv.reader(io.StringIO(text[1:], newline=""), delimiter=";")
    nar = f"{clock.local(nu):%Y-%m-%d %H:%M:%S}"
    kvitterad = f"{clock.local(nu + timedelta(seconds=1)):%Y-%m-%d %H:%M:%S}"
    assert forst[:7] == ["Nacka", "'+SUM(A1)", "SMS", "Lämnad till leverantören", "", "1", nar]
    assert forst[8:] == ["eget val", "ja", nar, kvitterad]
    assert [*sen[3:7], *sen[8:]] == ["Kom inte fram", "'=1+1;\r\n@x", "2", "", "påminnelse", "nej", "", ""]
    assert len(rubriker) == len(forst) == len(sen) == 12
    assert rubriker[10:] == ["Läst", "Kvitterad"]


def test_who_looks_as_somebody_else_gets_no_table_of_who_has_read(logga_in: LoggaIn, database: Database) -> None:
    utskick_id, _ = ett_skickat(database, {"status": Status.MOTTAGEN})
    with database.reading() as session:
        trafikverket = session.get_one(Utskick, utskick_id).aktor_id
    client, adress = logga_in(TALESPERSON), f"/utskick/{utskick_id}/leveranser.csv"
    assert "Nacka;" in client.get(adress).get_data(as_text=True)
    som = {"visa_aktor": str(trafikverket), "visa_roll": "skribent", "visa_person": ""}
    assert client.post("/visa-som", data=som).status_code == 302
    assert "Den här sidan visas inte som någon annan" in sida(client.get(adress), 403)
