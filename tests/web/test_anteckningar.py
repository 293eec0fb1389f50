"""Noting in an event, striking, and finding it again in the timeline."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.factories import en_aktor, en_person_hos, subjekt_for
from tests.lasratt import en_gast
from tests.web.ytor_data import SLUG, TIMME, LoggaIn, bygg_lage, html
from wis import clock, datum
from wis.anteckningar import service
from wis.anteckningar.models import Anteckning, StrukenAnteckning
from wis.anteckningar.rules import NyAnteckning
from wis.audit import Loggpost
from wis.auth.models import Anvandare
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Handelse, HandelseLasare
from wis.tx import transaction

SIDA = f"/handelser/{SLUG}/tidslinje"
ADRESS = f"/handelser/{SLUG}/anteckningar"
SKRIBENT, TALESPERSON = "skribent@trafikverket.example", "talesperson@trafikverket.example"
NU = datetime(2026, 11, 22, 13, 32, tzinfo=UTC)


@pytest.fixture
def lage(database: Database) -> Database:
    """The event of ytor_data, activated, as it is at NU."""
    with clock.at(NU):
        bygg_lage(database)
    return database


def anteckna(client: FlaskClient, text: str, hande: str = "", nyckel: str = "") -> str:
    """Note a line; the address that one comes to."""
    svar = client.post(ADRESS, data={"anteckning": text, "hande": hande, "nyckel": nyckel or text})
    assert svar.status_code == 302, svar.get_data(as_text=True)
    return svar.headers["Location"]


def raderna(sida: str) -> list[str]:
    """The text of each row of the timeline."""
    return [re.sub(r"<[^>]+>", "", rad) for rad in re.findall(r'<li class="tidsrad.*?</li>', sida)]


def test_a_line_is_noted_shown_at_the_top_and_struck_by_its_author(lage: Database, logga_in: LoggaIn) -> None:
    skribent, lasare = logga_in(SKRIBENT), logga_in("lasare@nacka.example")
    with clock.at(NU):
        assert anteckna(skribent, "  Ringt SMHI,\n åter kl. 15 #väder ").startswith(f"{SIDA}#anteckning-")
        # The same form again: a double click.
        anteckna(skribent, "  Ringt SMHI,\n åter kl. 15 #väder ")
        sida = html(lasare, SIDA)
        assert "Ringt SMHI, åter kl. 15 #väder" in raderna(sida)[0]
        assert "NYTT" in raderna(sida)[0]
        assert "skrevs" not in raderna(sida)[0]
    with lage.reading() as session:
        anteckning = session.scalars(select(Anteckning)).one()
        assert (anteckning.tid, anteckning.skriven) == (NU, NU)
    egen = f"/anteckningar/{anteckning.id}"
    assert f'href="{egen}"' in sida
    assert "Stryk</button>" in html(skribent, egen)
    assert "Stryk</button>" not in html(lasare, egen)
    assert lasare.post(f"{egen}/stryk").status_code == 403
    with clock.at(NU + TIMME):
        assert skribent.post(f"{egen}/stryk").status_code == 302
        # Twice is once.
        assert skribent.post(f"{egen}/stryk").status_code == 302
        sida = html(lasare, SIDA)
    assert "<s>Ringt SMHI, åter kl. 15 #väder</s>" in sida
    assert "Struken av Person" in sida
    assert "Stryk</button>" not in html(skribent, egen)
    with lage.reading() as session:
        assert session.scalar(select(func.count()).select_from(StrukenAnteckning)) == 1
        loggat = session.scalars(select(Loggpost.handling).where(Loggpost.objekt.startswith("anteckning:"))).all()
        assert sorted(loggat) == ["antecknar", "stryker anteckning"]


def test_a_talesperson_strikes_what_a_colleague_noted_and_another_actor_does_not(
    lage: Database, logga_in: LoggaIn
) -> None:
    anteckna(logga_in(SKRIBENT), "Fel bro")
    with transaction(lage) as session:
        (id_,) = session.scalars(select(Anteckning.id))
        en_person_hos(session, "trafikverket", Roll.SKRIBENT, epost="kollega@trafikverket.example")
        en_person_hos(session, "polisen", Roll.TALESPERSON, epost="talesperson@polisen.example")
    for vem, status in (
        ("kollega@trafikverket.example", 403),
        ("talesperson@polisen.example", 403),
        (TALESPERSON, 302),
    ):
        assert logga_in(vem).post(f"/anteckningar/{id_}/stryk").status_code == status


def test_what_happened_earlier_stands_where_it_happened_and_says_when_it_was_written(
    lage: Database, logga_in: LoggaIn
) -> None:
    skribent, lasare = logga_in(SKRIBENT), logga_in("lasare@nacka.example")
    with clock.at(NU):
        fem, sex = (datum.falt_av(NU - timedelta(minutes=minuter)) for minuter in (5, 6))
        adress = anteckna(skribent, "Bron stängd", hande=datum.falt_av(NU - TIMME - timedelta(minutes=30)))
        anteckna(skribent, "Fem", hande=fem)
        anteckna(skribent, "Sex", hande=sex)
        sidan = html(lasare, SIDA)
        rader = raderna(sidan)
        assert [
            ("skrevs 22 nov. 2026 14:32" in rad, ord_ in rad)
            for rad, ord_ in zip(rader[2:4], ("Fem", "Sex"), strict=True)
        ] == [(False, True), (True, True)]
        # Between what was published an hour ago and two hours ago; and new, though it happened before.
        assert "Bron stängd" in rader[7]
        assert "NYTT" in rader[7]
        # The one who wrote comes to it.
        assert adress.startswith(f"{SIDA}?till=2026-11-22T13:02#anteckning-")
        assert "Bron stängd" in raderna(html(skribent, adress.partition("#")[0]))[0]


@pytest.mark.parametrize(
    ("text", "hande", "sags"),
    [
        ("   ", "", "Skriv vad som har hänt."),
        ("x" * 501, "", "Korta raden: den har 501 tecken och får ha högst 500."),
        ("Framtid", "2026-11-22T14:40", "Tiden har inte varit än."),
        ("Längesen", "2024-11-22T14:40", "Tiden är mer än ett år bort."),
        ("Otid", "kl. 14", "Skriv tiden som"),
        ("Timmen som inte fanns", "2026-03-29T02:30", "Skriv tiden som"),
    ],
)
def test_what_was_typed_is_there_when_it_can_not_be_noted(
    lage: Database, logga_in: LoggaIn, text: str, hande: str, sags: str
) -> None:
    client = logga_in(SKRIBENT)
    with clock.at(NU):
        svar = client.post(ADRESS, data={"anteckning": text, "hande": hande, "nyckel": "n"})
        sida = svar.get_data(as_text=True)
        assert svar.status_code == 422
        assert sags in sida
        assert f'value="{text.strip()}"' in sida
        assert f'value="{hande}"' in sida
        # The same form, mended.
        anteckna(client, "Nu rätt", nyckel="n")
    with lage.reading() as session:
        assert session.scalars(select(Anteckning.text)).all() == ["Nu rätt"]


def test_who_only_reads_can_not_note_and_learns_why_but_a_guest_is_asked_nothing(
    lage: Database, logga_in: LoggaIn
) -> None:
    with transaction(lage) as session:
        handelse = session.scalars(select(Handelse)).one()
        en_gast(session, "nacka", handelse, epost="gast@prov.example")
    lasare, gast = logga_in("lasare@nacka.example"), logga_in("gast@prov.example")
    for client in (lasare, gast):
        assert client.post(ADRESS, data={"anteckning": "Hej", "nyckel": "n"}).status_code == 403
        assert 'name="anteckning"' not in html(client, SIDA)
    assert "Varför inte?" in html(lasare, SIDA)
    assert "Varför inte?" not in html(gast, SIDA)
    anteckna(logga_in(SKRIBENT), "Gästen läser")
    assert "Gästen läser" in html(gast, SIDA)
    with transaction(lage) as session:
        session.scalars(select(Handelse)).one().stangd = clock.now()
    assert logga_in(SKRIBENT).post(ADRESS, data={"anteckning": "Sent", "nyckel": "n"}).status_code == 403


def test_an_actor_outside_the_event_meets_nothing_and_a_later_one_only_what_came_later(
    lage: Database, logga_in: LoggaIn
) -> None:
    skribent = logga_in(SKRIBENT)
    anteckna(skribent, "Före #hemligt")
    with transaction(lage) as session:
        (id_,) = session.scalars(select(Anteckning.id))
        handelse = session.scalars(select(Handelse)).one()
        handelse.alla_aktorer = False
        trafikverket, sen = (en_aktor(session, slug).id for slug in ("trafikverket", "taby"))
        fran = clock.now() + TIMME
        handelse.lasare += [
            HandelseLasare(aktor_id=trafikverket),
            HandelseLasare(aktor_id=sen, fran=fran),
        ]
        en_person_hos(session, "taby", epost="sen@taby.example")
    utanfor, senkommen = logga_in("lasare@nacka.example"), logga_in("sen@taby.example")
    with clock.at(clock.now() + 2 * TIMME):
        # Of what happened before, written after.
        anteckna(skribent, "Efter #öppet", hande=datum.falt_av(clock.now() - 3 * TIMME))
        for adress in (SIDA, f"/anteckningar/{id_}"):
            assert utanfor.get(adress).status_code == 404
        assert utanfor.post(f"/anteckningar/{id_}/stryk").status_code == 404
        assert senkommen.get(f"/anteckningar/{id_}").status_code == 404
        sida = html(senkommen, SIDA)
        assert "Efter" in sida
        assert "#öppet (1)" in sida
        assert "hemligt" not in sida
        assert "hemligt" in html(skribent, SIDA)
        assert "Före" not in html(senkommen, f"{SIDA}?tagg=hemligt")


def test_the_timeline_is_filtered_by_tag_kind_and_actor_and_leafed_both_ways(lage: Database, logga_in: LoggaIn) -> None:
    skribent = logga_in(SKRIBENT)
    with transaction(lage) as session:
        person = session.scalars(select(Anvandare).where(Anvandare.epost == SKRIBENT)).one()
        who, handelse = subjekt_for(session, person), session.scalars(select(Handelse)).one()
        for minut in range(120):
            rad = f"Rad {minut:03} {'#jämn' if minut % 2 == 0 else '#udda'} #alla"
            with clock.at(NU + timedelta(minutes=minut)):
                service.anteckna(session, who, handelse, NyAnteckning(rad, None, rad))
    with clock.at(NU + 3 * TIMME):
        sida = html(skribent, SIDA)
        assert "#alla (120)" in sida
        assert "#jämn (60)" in sida
        assert "Söndag 22 november 2026" in sida
        filtrerat = html(skribent, f"{SIDA}?tagg=jämn&slag=anteckning&aktor=trafikverket")
        assert [rad.split("Rad ")[1][:3] for rad in raderna(filtrerat)] == [f"{n:03}" for n in range(118, 18, -2)]
        assert raderna(html(skribent, f"{SIDA}?tagg=jämn&slag=beslut")) == []
        assert raderna(html(skribent, f"{SIDA}?tagg=jämn&aktor=polisen")) == []
        # Older, and back again: as it was.
        aldre = html(skribent, _lank(filtrerat, "Visa äldre"))
        assert len(raderna(aldre)) == 10
        assert raderna(html(skribent, _lank(aldre, "Visa nyare"))) == raderna(filtrerat)
        # 15.00 Swedish time is when line 28 was written.
        hopp = html(skribent, f"{SIDA}?till=2026-11-22T15:00")
        assert "Rad 028" in raderna(hopp)[0]
        assert 'value="2026-11-22T15:00"' in hopp
        nyare = html(skribent, _lank(hopp, "Visa nyare"))
        assert [rad.split("Rad ")[1][:3] for rad in raderna(nyare)] == [f"{n:03}" for n in range(78, 28, -1)]
        senast = html(skribent, _lank(nyare, "Visa nyare"))
        assert "Rad 119" in raderna(senast)[0]
        assert "Visa nyare" not in senast
        # There is nothing after now, and after the newest nothing yet.
        assert "Visa nyare" not in html(skribent, f"{SIDA}?till=2026-11-23T12:00")
        with lage.reading() as session:
            sist = session.scalars(select(Anteckning).order_by(Anteckning.id.desc())).first()
        assert sist is not None
        forbi = f"{sist.tid.isoformat()}_anteckning_{sist.id}_0".replace("+", "%2B")
        assert "Det finns inget nyare än." in html(skribent, f"{SIDA}?efter={forbi}")
        assert "Rad 028" in raderna(html(skribent, f"{SIDA}?tagg=jämn&till=2026-11-22T15:01"))[0]
        assert "inget att visa" in html(skribent, f"{SIDA}?till=2020-01-01T00:00")


def _lank(sida: str, text: str) -> str:
    return unescape(sida.partition(f'">{text}</a>')[0].split('href="')[-1])
