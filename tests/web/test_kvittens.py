"""Read and answered: what opening a page marks, the button on it, and what the sender sees of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests import factories as f
from tests.funktioner_stod import en_funktion, i_tjanst, med_kanaler
from tests.utskick import en_som_vill, en_underrattelse, expandera_allt, skriver
from tests.web.ytor_data import LoggaIn, fragor, html
from wis import clock
from wis.andringar import Andring, Slag
from wis.auth.models import Anvandare, Medlemskap
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Handelse
from wis.notiser.models import Anledning, Kvittens, Leverans, Notisslag, Status, Utskick

UNDERRATTELSE = Notisslag.UNDERRATTELSE
LASARE, TALESPERSON = "lasare@nacka.example", "talesperson@trafikverket.example"


@pytest.fixture
def utskick(database: Database) -> Utskick:
    """A brådskande of Trafikverket's, sent to a reader at Nacka who is on duty as its TiB, to TiB, and to a third."""
    with skriver(database) as session:
        handelse = f.en_handelse(session, slug="sno")
        lasare = en_som_vill(session, "nacka", slag=UNDERRATTELSE)
        lasare.epost, lasare.namn = LASARE, "Lisa Läsare"
        en_som_vill(session, "ekero", slag=UNDERRATTELSE).namn = "Tyst Person"
        medlemskap = session.scalars(select(Medlemskap).where(Medlemskap.anvandare_id == lasare.id)).one()
        funktion = en_funktion(session, "nacka", "TiB", medlemskap)
        med_kanaler(session, funktion)
        i_tjanst(session, funktion, medlemskap)
        f.en_person_hos(session, "trafikverket", Roll.TALESPERSON, epost=TALESPERSON)
        sant = en_underrattelse(session, handelse, bradskande=True)
    expandera_allt(database)
    return sant


def _kvittenser(database: Database) -> dict[str, tuple[str | None, bool]]:
    """By name: through whom, and whether it is answered and not only seen."""
    with database.reading() as session:
        namn = {person.id: person.namn for person in session.scalars(select(Anvandare))}
        rader = session.scalars(select(Kvittens)).all()
        return {namn[r.anvandare_id]: (namn.get(r.genom_id or 0), r.kvitterad is not None) for r in rader}


def test_a_page_that_was_sent_is_read_when_it_is_opened_and_answered_by_a_button(
    database: Database, utskick: Utskick, logga_in: LoggaIn
) -> None:
    sidan = f"/underrattelser/{utskick.underrattelse_id}"
    lasare, avsandare = logga_in(LASARE), logga_in(TALESPERSON)
    assert "Att kvittera" in html(lasare, "/")
    assert "Att kvittera" not in html(avsandare, "/")
    # What nobody opened is not read: a page that fetches itself, a browser that fetches ahead, a short address alone.
    for huvuden in ({"X-Live": "1"}, {"Sec-Purpose": "prefetch"}):
        assert lasare.get(sidan, headers=huvuden).status_code == 200
    assert lasare.head(sidan).status_code == 200
    assert lasare.get(f"/n/{utskick.id}").headers["Location"] == sidan
    html(avsandare, sidan)
    assert _kvittenser(database) == {}

    sagt: list[Andring] = []
    database.listeners.append(sagt.append)
    oppnad = html(lasare, sidan)
    assert "Kvittera för dig och TiB" in oppnad
    assert _kvittenser(database) == {"Lisa Läsare": (None, False), "TiB": ("Lisa Läsare", False)}
    assert [(a.slag, a.id, a.aktorer) for a in sagt] == [(Slag.UTSKICK, utskick.id, frozenset({utskick.aktor_id}))]
    html(lasare, sidan)
    assert len(sagt) == 1
    assert "Läst av 2 av 3, kvitterat av 0." in html(avsandare, sidan)

    for _ in range(2):
        svar = lasare.post(f"/utskick/{utskick.id}/kvittera", follow_redirects=True)
        assert svar.status_code == 200
        assert svar.request.path == sidan
    assert "Det var redan kvitterat." in svar.text
    assert "Kvittera för" not in svar.text
    assert _kvittenser(database) == {"Lisa Läsare": (None, True), "TiB": ("Lisa Läsare", True)}
    assert "Att kvittera" not in html(lasare, "/")

    for plats in (sidan, f"/utskick/{utskick.id}"):
        sedd = html(avsandare, plats)
        assert "Läst av 2 av 3, kvitterat av 2." in sedd
        assert '<strong>Nacka</strong> <span class="meta">läst av 2 av 2, kvitterat av 2</span>' in sedd
        assert "<strong>Tyst Person</strong>, Ekero" in sedd
    svar = avsandare.post(f"/utskick/{utskick.id}/kvittera")
    assert svar.status_code == 409
    assert "Det finns inget att kvittera" in svar.text


def test_reading_is_shown_although_it_can_not_be_written_down(
    database: Database, utskick: Utskick, logga_in: LoggaIn
) -> None:
    lasare = logga_in(LASARE)
    with skriver(database) as session:
        session.execute(update(Leverans).values(andrad=clock.now()))
        # The lock is held meanwhile: the page neither waits nor fails.
        assert "Färjan" in html(lasare, f"/underrattelser/{utskick.underrattelse_id}")
    assert _kvittenser(database) == {}


def test_nothing_is_marked_by_one_who_sees_as_another_or_no_longer_reads(
    database: Database, utskick: Utskick, logga_in: LoggaIn
) -> None:
    sidan = f"/underrattelser/{utskick.underrattelse_id}"
    with skriver(database) as session:
        chef = en_som_vill(session, "trafikverket", slag=UNDERRATTELSE)
        chef.epost = "chef@trafikverket.example"
        session.execute(update(Medlemskap).where(Medlemskap.anvandare_id == chef.id).values(roll=Roll.TALESPERSON))
        session.add(
            Leverans(
                utskick_id=utskick.id, anvandare_id=chef.id, aktor_id=utskick.aktor_id, kanal="sms", prioritet=0,
                status=Status.MOTTAGEN, tidigast=clock.now(), fran=clock.now(), andrad=clock.now(),
                anledning=Anledning.VAL,
            )
        )  # fmt: skip
        nacka = f.en_aktor(session, "nacka").id
    klient = logga_in("chef@trafikverket.example")
    assert klient.post("/visa-som", data={"visa_aktor": nacka, "visa_roll": "lasare"}).status_code == 302
    sedd = html(klient, sidan)
    assert "Kvittera" not in sedd
    assert "kvitterat av" not in sedd
    assert "Att kvittera" not in html(klient, "/")
    assert klient.post(f"/utskick/{utskick.id}/kvittera").status_code == 403
    lasare = logga_in(LASARE)
    with skriver(database) as session:
        session.execute(update(Handelse).values(alla_aktorer=False))
    assert lasare.get(sidan).status_code == 404
    assert lasare.post(f"/utskick/{utskick.id}/kvittera").status_code == 404
    assert _kvittenser(database) == {}


def test_only_what_is_still_to_be_answered_is_asked_for(
    database: Database, utskick: Utskick, logga_in: LoggaIn
) -> None:
    lasare = logga_in(LASARE)
    with skriver(database) as session:
        handelse = session.get_one(Handelse, utskick.handelse_id)
        stangd = f.en_handelse(session, slug="stangd")
        i_stangd = en_underrattelse(session, stangd, bradskande=True)
        rattelse = en_underrattelse(session, handelse, utskick.underrattelse_id, bradskande=False)
        gammal = en_underrattelse(session, handelse, bradskande=True)
    expandera_allt(database)
    with skriver(database) as session:
        session.execute(update(Handelse).where(Handelse.slug == "stangd").values(stangd=clock.now()))
        session.execute(update(Utskick).where(Utskick.id == gammal.id).values(skapad=clock.now() - timedelta(days=8)))
    # Replaced by what is not brådskande, in a closed event, or long past.
    assert i_stangd.bradskande
    assert "Att kvittera" not in html(lasare, "/")
    assert "Kvittera för" not in html(lasare, f"/underrattelser/{rattelse.underrattelse_id}")
    with database.reading() as session:
        assert set(session.scalars(select(Kvittens.utskick_id))) == {rattelse.id}


def test_what_is_asked_of_a_page_does_not_grow_with_what_was_sent(
    database: Database, utskick: Utskick, logga_in: LoggaIn
) -> None:
    with skriver(database) as session:
        for nummer in range(60):
            en_som_vill(session, f"kommun-{nummer % 5}", slag=UNDERRATTELSE).namn = f"Person {nummer:02}"
        handelse = session.get_one(Handelse, utskick.handelse_id)
        stort = en_underrattelse(session, handelse, bradskande=True)
    expandera_allt(database)
    klient = logga_in(TALESPERSON)

    with fragor(database) as litet:
        html(klient, f"/utskick/{utskick.id}")
    with fragor(database) as mycket:
        sida = html(klient, f"/utskick/{stort.id}")
    assert len(mycket) <= len(litet)
    assert "Läst av 0 av 63, kvitterat av 0." in sida
    assert sida.count("Person ") >= 45
    assert f"/utskick/{stort.id}?kvittens=50#kvittens-vantade" in sida
    sista = html(klient, f"/utskick/{stort.id}?kvittens=50")
    assert "Lisa Läsare" in sista
    assert '<strong>TiB</strong>, Nacka <span class="meta">i tjänst: Lisa Läsare</span>' in sista
