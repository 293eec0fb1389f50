"""What is new since one last read: on the page of a lägesbild, since a version, and over all events."""

import re

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.conftest import en_app
from tests.factories import LOSENORD, en_handelse, en_person_hos
from tests.funktioner_stod import en_funktion, i_tjanst, medlem
from tests.snabbvag_stod import ritade
from tests.web.lagesbild_stod import synligt
from tests.web.ytor_data import SLUG, TIMME, LoggaIn, fragor, html, publicera, underratta
from wis import clock
from wis.auth.models import Tjanstgoring
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Handelse
from wis.lagesbild.markmodell import Versionsmarke
from wis.lagesbild.models import LagesbildSektion, LagesbildVersion
from wis.lagesbild.versionsmarken import Haft, hoj
from wis.settings import Settings
from wis.tx import transaction

LASARE, KOLLEGA = "lasare@nacka.example", "kollega@nacka.example"
EGEN = "las@trafikverket.example"
BILD = f"/handelser/{SLUG}/lagesbild/trafikverket"


def med_text(session: Session, handelse: Handelse, aktor: str, timmar: float, tlp: str = "clear", **texter: str) -> int:
    """Publish a version with these sections, so many hours ago; returns the id of the lägesbild."""
    version = publicera(
        session, handelse, aktor, nar=clock.now() - timmar * TIMME, tlp=tlp, text=texter["sammanfattning"]
    )
    for ordning, (nyckel, text) in enumerate(texter.items()):
        rad = {"nyckel": nyckel, "ordning": ordning, "kalla": text, "html": f"<p>{text}</p>"}
        session.add(LagesbildSektion(lagesbild_id=version.lagesbild_id, nummer=version.nummer, **rad))
    session.flush()
    return version.lagesbild_id


@pytest.fixture
def lage(database: Database) -> Database:
    """An event where Trafikverket has published thrice, and two readers at Nacka who may go on duty as TiB."""
    with transaction(database) as session:
        handelse = en_handelse(session, slug=SLUG, rubrik="Snöoväder")
        for epost in (LASARE, KOLLEGA):
            en_person_hos(session, "nacka", Roll.LASARE, epost=epost)
        vag = {"lage_fakta": "E18 är stängd. [[polisen 1 lage_fakta]]", "atgarder_vidtagna": "Plogbilar är ute."}
        med_text(session, handelse, "trafikverket", 5, sammanfattning="Mycket snö.", **vag)
        med_text(session, handelse, "trafikverket", 4, sammanfattning="Mer snö väntas.", **vag)
        vag["lage_fakta"] = "E18 är öppen. [[polisen 2 lage_fakta]]"
        med_text(session, handelse, "trafikverket", 3, sammanfattning="Mer snö väntas.", **vag)
    return database


def _marke(database: Database) -> list[tuple[int, int]]:
    with database.reading() as session:
        return [
            (m.nummer, m.forra) for m in session.scalars(select(Versionsmarke).order_by(Versionsmarke.anvandare_id))
        ]


def _handelsen(session: Session) -> Handelse:
    return session.scalars(select(Handelse).where(Handelse.slug == SLUG)).one()


def _till(sida: str) -> str:
    found = re.search(r'name="till" value="([^"]+)"', sida)
    assert found
    return found[1]


# --- since a version ------------------------------------------------------------------------------------------------


def test_a_reader_is_told_what_is_new_since_the_version_they_read_on_any_device(
    lage: Database, logga_in: LoggaIn
) -> None:
    telefon, dator = logga_in(LASARE), logga_in(LASARE)
    assert "du läste" not in html(telefon, f"{BILD}/versioner/1")
    sida = synligt(html(dator, BILD))
    assert "Nytt sedan du läste version 1" in sida
    assert "2 avsnitt nytt sedan version 1" in sida
    assert _marke(lage) == [(3, 1)]
    sida = html(telefon, f"{BILD}?igen")
    assert "Du har läst version 3. Före den version 1" in synligt(sida)
    assert f"{BILD}/versioner/3/sedan/1" in sida
    # Somebody else has read nothing, and an older version lowers nothing.
    assert "läst version" not in html(logga_in(KOLLEGA), f"{BILD}?annan")
    html(telefon, f"{BILD}/versioner/2")
    assert _marke(lage) == [(3, 1), (3, 0)]


def test_what_changed_is_open_with_its_words_marked_and_the_rest_folded_with_its_age(
    lage: Database, logga_in: LoggaIn
) -> None:
    client = logga_in(LASARE)
    sida = html(client, f"{BILD}/versioner/3/sedan/2")
    fakta = sida.split('<section class="nytt">')[1].split("</section>")[0]
    assert '<del><span class="dold">borttaget: </span>stängd' in fakta
    assert '<ins><span class="dold">tillagt: </span>öppen' in fakta
    assert "version 3" in synligt(fakta)
    hopfallt = [synligt(ett) for ett in sida.split('<details class="utfallbar">')[1:]]
    assert len(hopfallt) == 2
    assert "Sammanfattning" in hopfallt[0]
    assert "Oförändrat · text från" in hopfallt[0]
    assert "version 2" in hopfallt[0]
    assert "version 1" in hopfallt[1]
    assert "[[" not in sida.split("<article")[1].split("<details")[0]
    for fel in ("2/sedan/3", "3/sedan/0", "9/sedan/1", "3/sedan/9"):
        assert client.get(f"{BILD}/versioner/{fel}").status_code == 404, fel


def test_a_version_that_may_not_be_read_is_neither_compared_with_nor_told_of(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(LASARE)
    html(client, f"{BILD}/versioner/1")
    with transaction(lage) as session:
        en_person_hos(session, "trafikverket", Roll.LASARE, epost=EGEN)
        # Narrower, as when it had been published TLP:RED for all: only its own actor reads that.
        med_text(session, _handelsen(session), "trafikverket", 2, tlp="red", sammanfattning="Hemligt om bron.")
        med_text(session, _handelsen(session), "trafikverket", 1, sammanfattning="Mer snö väntas.")
    assert client.get(f"{BILD}/versioner/5/sedan/4").status_code == 404
    assert client.get(f"{BILD}/versioner/4/sedan/1").status_code == 404
    sida = html(client, "/nytt")
    assert "Hemligt" not in sida
    assert "sedan/1" in sida
    # The text of version 3 has come back: to one who does not read version 4 it has stood since version 2, and nothing
    # tells that it was another for a while.
    for vem, nummer in ((client, 2), (logga_in(EGEN), 5)):
        sida = synligt(html(vem, f"{BILD}/versioner/5/sedan/3"))
        assert re.search(rf"text från \d\d:\d\d, version {nummer} Mer snö", sida), sida
    with transaction(lage) as session:
        session.execute(update(Versionsmarke).values(nummer=4, forra=1))
    sida = html(client, "/nytt")
    assert "inte läst förut" in sida
    assert "sedan/4" not in sida
    assert "Hemligt" not in sida
    sida = html(client, f"{BILD}?nu")
    assert "sedan du läste" not in sida
    assert "Hemligt" not in sida


# --- only what is new -----------------------------------------------------------------------------------------------


def test_only_what_is_new_in_all_events_and_all_of_it_marked_as_read(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(LASARE)
    html(client, f"{BILD}/versioner/1")
    with transaction(lage) as session:
        ovning = en_handelse(session, slug="ovning", rubrik="Storövning", ovning=True)
        med_text(session, ovning, "polisen", 1, sammanfattning="Övningens läge.")
        hemlig = en_handelse(session, slug="hemlig", rubrik="Hemlig", lasare=["polisen"])
        med_text(session, hemlig, "polisen", 1, sammanfattning="Inte för Nacka.")
        underratta(session, _handelsen(session), "Bron avstängd")
    sida = html(client, "/nytt")
    text = synligt(sida.split("<main")[1])
    assert "Inte för Nacka" not in text
    assert text.index("Bron avstängd") < text.index("Trafikverket") < text.index("Övningar") < text.index("Storövning")
    assert "ÖVNING" in text
    assert "Övningens läge." in text
    assert "Texten." in text
    # Only what changed, and no mark of origin as it was written.
    assert "Plogbilar" not in text
    assert "[[" not in text
    assert "<ins>" in sida
    till = _till(sida)
    with transaction(lage) as session:
        underratta(session, _handelsen(session), "Kom efter att sidan ritades")
    for _ in range(2):
        assert client.post("/nytt/last", data={"till": till}).status_code == 302
    text = synligt(html(client, "/nytt").split("<main")[1])
    assert "Kom efter att sidan ritades" in text
    assert "Bron avstängd" not in text
    assert "Storövning" not in text
    assert "Trafikverket" not in text
    client.post("/nytt/last", data={"till": clock.now().isoformat(), "handelse": SLUG})
    assert "Inget nytt sedan" in html(client, "/nytt")
    assert client.post("/nytt/last", data={"till": "igår"}).status_code == 400
    assert client.post("/nytt/last", data={"till": till, "handelse": "hemlig"}).status_code == 404


def test_marking_one_event_as_read_leaves_the_others_new(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(LASARE)
    with transaction(lage) as session:
        annan = en_handelse(session, slug="annan", rubrik="Skogsbrand")
        med_text(session, annan, "polisen", 2, sammanfattning="Det brinner.")
    sida = html(client, "/nytt")
    assert "Mer snö väntas." in sida
    assert "Det brinner." in sida
    client.post("/nytt/last", data={"till": _till(sida), "handelse": "annan"})
    sida = html(client, "/nytt")
    assert "Mer snö väntas." in sida
    assert "Det brinner." not in sida


def test_who_lost_the_right_reads_nothing_new(lage: Database, logga_in: LoggaIn) -> None:
    client = logga_in(LASARE)
    html(client, f"{BILD}/versioner/1")
    with transaction(lage) as session:
        session.execute(update(Handelse).values(alla_aktorer=False))
    assert "Mer snö" not in html(client, "/nytt")
    assert client.get(f"{BILD}/versioner/3/sedan/1").status_code == 404
    assert client.post(f"{BILD}/last", data={"nummer": "3"}).status_code == 404


# --- on duty --------------------------------------------------------------------------------------------------------


def test_the_next_on_duty_sees_what_has_been_read_as_the_function(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        den_ena, den_andra = (medlem(session, epost) for epost in (LASARE, KOLLEGA))
        tib = en_funktion(session, "nacka", "TiB", den_ena, den_andra, roll=Roll.LASARE)
        som, tur = tib.id, i_tjanst(session, tib, den_ena).id
    forst, sedan = logga_in(LASARE), logga_in(KOLLEGA)
    assert "TiB har inte läst den här lägesbilden" in synligt(html(forst, f"{BILD}/versioner/2"))
    assert "Nytt för TiB" in html(forst, "/nytt")
    assert sedan.get(f"/nytt?som={som}").status_code == 404
    with transaction(lage) as session:
        session.execute(update(Tjanstgoring).where(Tjanstgoring.id == tur).values(avslutad=clock.now()))
        i_tjanst(session, tib, medlem(session, KOLLEGA))
    assert "inte läst förut" in html(sedan, "/nytt")
    sida = html(sedan, f"/nytt?som={som}")
    assert f"{BILD}/versioner/3/sedan/2" in sida
    sida = synligt(html(sedan, BILD))
    assert "Nytt sedan TiB läste version 2" in sida
    assert "sedan du läste" not in sida
    # Both are raised by it, and the one who went off duty is not.
    assert sorted(_marke(lage)) == [(2, 0), (3, 0), (3, 2)]
    sida = html(sedan, f"/nytt?som={som}")
    assert "Inget nytt sedan" in sida
    assert sedan.post("/nytt/last", data={"till": clock.now().isoformat(), "som": som}).status_code == 302
    assert forst.post("/nytt/last", data={"till": clock.now().isoformat(), "som": som}).status_code == 404


# --- the marks ------------------------------------------------------------------------------------------------------


def test_marks_rise_in_any_order_and_are_never_lowered(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        person = en_person_hos(session, "nacka", Roll.LASARE, epost=LASARE).id
        tib = en_funktion(session, "nacka", "TiB", medlem(session, LASARE)).id
        handelse = en_handelse(session, slug=SLUG)
        bilder = [med_text(session, handelse, aktor, 1, sammanfattning="Snö.") for aktor in ("polisen", "sjofart")]
    for omgang in ([5, 2], [4], [1, 7, 3]):
        with transaction(varje_databas) as session:
            hoj(session, [Haft(person, bild, nummer, clock.now(), (tib,)) for nummer in omgang for bild in bilder])
    assert _marke(varje_databas) == [(7, 5)] * 4
    with transaction(varje_databas) as session:
        hoj(session, [])


def test_it_costs_as_many_questions_with_one_lagesbild_as_with_twenty(
    varje_databas: Database, settings: Settings
) -> None:
    with transaction(varje_databas) as session:
        en_person_hos(session, "nacka", Roll.LASARE, epost=LASARE)
        for plats in range(4):
            en_handelse(session, slug=f"h{plats}", rubrik=f"Händelse {plats}")
    app = en_app(settings, varje_databas)
    client = app.test_client()
    client.post("/logga-in", data={"epost": LASARE, "losenord": LOSENORD})
    antal = []
    for upp_till in (1, 20):
        with transaction(varje_databas) as session:
            handelser = session.scalars(select(Handelse).order_by(Handelse.id)).all()
            for plats in range(20 if upp_till == 20 else 1):
                for text in ("Snö.", "Mer snö."):
                    bild = med_text(session, handelser[plats % 4], f"a{plats}", 1, sammanfattning=text, a1=text)
                person = (
                    session.scalars(select(Versionsmarke.anvandare_id)).first() or medlem(session, LASARE).anvandare_id
                )
                hoj(session, [Haft(person, bild, 1, clock.now())])
                underratta(session, handelser[plats % 4], f"Nyhet {plats}", aktor="polisen")
        html(client, "/nytt")
        with fragor(varje_databas) as stallda:
            sida = html(client, "/nytt")
        antal.append(len(stallda))
        assert sida.count('class="nyttsak') == min(2 * upp_till, 40)
        # At the end too, where there is much to read before it.
        assert sida.count("Markera allt läst") == (1 if upp_till == 1 else 2)
    assert antal[0] == antal[1], antal
    assert ("Visa fler" in sida) == (sida.count('class="nyttsak') < 41)
    assert html(client, "/nytt?antal=80").count('class="nyttsak') == 41


def test_a_page_that_fetched_itself_says_when_it_was_seen_and_who_looks_as_another_raises_nothing(
    lage: Database, logga_in: LoggaIn
) -> None:
    client = logga_in(LASARE)
    sida = client.get(BILD, headers={"X-Live": "1"}).get_data(as_text=True)
    assert f'action="{BILD}/last"' in sida
    assert "data-last" in sida
    with transaction(lage) as session:
        en_person_hos(session, "nacka", Roll.REDAKTOR, epost="redaktor@nacka.example", administrator=True)
        nacka = medlem(session, LASARE).aktor_id
    tittar = logga_in("redaktor@nacka.example")
    som = {"visa_aktor": str(nacka), "visa_roll": "lasare", "visa_person": ""}
    assert tittar.post("/visa-som", data=som).status_code == 302
    assert "läst version" not in html(tittar, BILD)
    assert tittar.get("/nytt").status_code == 403
    assert _marke(lage) == []
    data = {"nummer": "3"}
    assert client.post(f"{BILD}/last", data=data, headers={"Accept": "application/json"}).status_code == 204
    assert _marke(lage) == [(3, 0)]
    assert client.post(f"{BILD}/last", data=data).location == BILD
    assert client.post(f"{BILD}/last", data={"nummer": "9"}).status_code == 404


def test_those_who_read_the_same_version_before_share_the_page_that_says_so_and_have_read_this_one(
    lage: Database, logga_in: LoggaIn
) -> None:
    folk = [f"p{nummer}@nacka.example" for nummer in range(4)]
    with transaction(lage) as session:
        ids = [en_person_hos(session, "nacka", Roll.LASARE, epost=epost).id for epost in folk]
        bild = session.scalars(select(LagesbildVersion.lagesbild_id)).first() or 0
        # The last has read less than the others.
        hoj(session, [Haft(vem, bild, 2 if vem != ids[3] else 1, clock.now()) for vem in ids])
    inne = [logga_in(epost) for epost in folk]
    for client in inne:
        client.get("/underrattelser")
    with ritade(inne[0].application) as ritat:
        sidor = [html(client, BILD) for client in inne]
    assert len(ritat) == 3
    assert ["sedan du läste version 2" in sida for sida in sidor] == [True, True, True, False]
    assert sorted(_marke(lage)) == [(3, 1), (3, 2), (3, 2), (3, 2)]


def test_a_guest_sees_what_is_new_in_their_event_alone(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        annan = en_handelse(session, slug="annan", rubrik="Skogsbrand")
        med_text(session, annan, "polisen", 2, sammanfattning="Det brinner.")
        en_person_hos(session, "nacka", Roll.LASARE, epost="gast@prov.example")
        gast = medlem(session, "gast@prov.example")
        gast.giltig_till, gast.gast_handelse_id = clock.now() + TIMME, _handelsen(session).id
    sida = html(logga_in("gast@prov.example"), "/nytt")
    assert "Mer snö väntas." in sida
    assert "brinner" not in sida
