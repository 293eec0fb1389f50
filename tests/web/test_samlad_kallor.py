"""The samlade says where its words come from; what is narrower goes into it only if its owner lets it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories as f
from tests.lasratt import en_krets
from tests.web.lagesbild_stod import BAS, SAMLAD, i_falt, publicera, sidan, skrivande_folk, sparade, synligt, versioner
from wis import clock
from wis.aktorer.models import Aktor
from wis.audit import Loggpost
from wis.auth.models import Anvandare
from wis.auth.rules import Subjekt
from wis.begaran.models import Begaran, BegaranMottagare, BegaranSvar, Synlighet
from wis.db import Database
from wis.handelser.models import Handelse
from wis.lagesbild import medgivanden, ursprung
from wis.lagesbild.kallor import Kalla
from wis.lagesbild.models import Lagesbild, LagesbildKalla, Medgivande
from wis.notiser.models import Utskick
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
MARKE = "[[trafikverket 1 lage_fakta]]"


@pytest.fixture(autouse=True)
def folk(database: Database) -> None:
    skrivande_folk(database)


@pytest.fixture
def anna(logga_in: LoggaIn) -> FlaskClient:
    """Trafikverket's talesperson, who has published a version."""
    client = logga_in("talesperson@trafikverket.example")
    svar = publicera(client, 0, "E18 är stängd.", lage_fakta="**E18** är stängd.\n\nInga olyckor.", tlp="clear")
    assert svar.status_code == 302
    return client


@pytest.fixture
def tib(logga_in: LoggaIn, anna: FlaskClient) -> FlaskClient:
    """Länsstyrelsen's redaktör."""
    return logga_in("tib@lansstyrelsen.example")


def begransa(database: Database, *aktorer: str) -> None:
    """Trafikverket's lägesbild is from now on read by these alone."""
    with transaction(database) as session:
        egen = session.scalars(select(Lagesbild).where(Lagesbild.aktor_id.is_not(None))).one()
        egen.krets = en_krets(session, *aktorer)


def subjekt(session: Session, epost: str) -> Subjekt:
    """The person."""
    person = session.scalars(select(Anvandare).where(Anvandare.epost == epost)).one()
    return f.subjekt_for(session, person)


def samla(client: FlaskClient, bas: int = 0, fakta: str = f"**E18** är stängd. {MARKE}", **ovrigt: str) -> TestResponse:
    return publicera(client, bas, "Läget.", SAMLAD, lage_fakta=fakta, **ovrigt)


def kallor(database: Database) -> list[LagesbildKalla]:
    with database.reading() as session:
        return list(session.scalars(select(LagesbildKalla).order_by(LagesbildKalla.nummer, LagesbildKalla.ordning)))


def test_each_paragraph_links_to_the_version_it_is_from(tib: FlaskClient, database: Database) -> None:
    fakta = f"**E18** är stängd. {MARKE}\n\nInga större olyckor. {MARKE}\n\nVi samverkar 16.00."
    granskad = sidan(
        tib.post(f"{SAMLAD}/skriv", data={"sammanfattning": "Läget.", "lage_fakta": fakta, "handling": "granska"})
    )
    assert samla(tib, fakta=fakta).status_code == 302
    page = sidan(tib.get(SAMLAD))
    lankar = re.findall(r'<a class="kalla" href="([^"]*)">([^<]*)</a>', page)
    assert [adress for adress, _ in lankar] == [f"{BAS}/versioner/1#las-lage_fakta"] * 2
    forsta, andra = (ord_ for _, ord_ in lankar)
    assert re.fullmatch(r"Trafikverket version 1, \d\d:\d\d · fakta", forsta)
    assert andra == f"{forsta} · bearbetad"
    assert "<p>Vi samverkar 16.00.</p>" in page
    assert synligt(page).count("Stycken utan källa är redaktörens egna.") == 1
    # What was looked at is what was published.
    assert all(lank in granskad for lank in re.findall(r"<p>[^\n]*kalla[^\n]*</p>", page))
    assert [(k.stycke, k.kalla_nummer, k.kalla_nyckel, k.bearbetad) for k in kallor(database)] == [
        (1, 1, "lage_fakta", False),
        (2, 1, "lage_fakta", True),
    ]
    oforandrat = tib.post(f"{SAMLAD}/oforandrat", data={"bas": "1", "nyckel": "b" * 32})
    assert oforandrat.status_code == 302
    assert [k.nummer for k in kallor(database)] == [1, 1, 2, 2]
    for sats in ("UPDATE lagesbild_kalla SET bearbetad = NOT bearbetad", "DELETE FROM lagesbild_kalla"):
        with pytest.raises(DatabaseError), transaction(database) as session:
            session.execute(text(sats))


@pytest.mark.parametrize(
    "marke", ["[[trafikverket 2 lage_fakta]]", "[[trafikverket 1 prognos]]", "[[ingen 1 lage_fakta]]"]
)
def test_a_source_that_is_not_there_is_told_at_its_section_and_nothing_is_lost(
    tib: FlaskClient, database: Database, marke: str
) -> None:
    page = sidan(samla(tib, fakta=f"Stängt. {marke}"), 422)
    assert f"Händelse och läge: Fakta: källan {marke} finns inte. Ta bort märket eller välj källan igen." in page
    assert i_falt(page, "lage_fakta") == f"Stängt. {marke}"
    assert [utkast["lage_fakta"] for utkast in sparade(database)] == [f"Stängt. {marke}"]
    assert kallor(database) == []


def test_what_the_redaktor_does_not_read_is_as_if_it_were_not_there(tib: FlaskClient, database: Database) -> None:
    begransa(database, "nacka")
    page = sidan(samla(tib), 422)
    assert f"källan {MARKE} finns inte" in page
    assert "Be Trafikverket om lov" not in page
    granskad = sidan(
        tib.post(
            f"{SAMLAD}/skriv",
            data={"sammanfattning": "Läget.", "lage_fakta": f"Stängt. {MARKE}", "handling": "granska"},
        )
    )
    assert f'<span class="kalla">källan {MARKE} finns inte</span>' in granskad


def test_what_fewer_read_waits_for_its_owner_who_sees_just_what_is_asked(
    tib: FlaskClient, anna: FlaskClient, logga_in: LoggaIn, database: Database
) -> None:
    begransa(database, "lansstyrelsen")
    page = sidan(samla(tib), 422)
    assert "läses inte av 1 som läser den samlade: Nacka. Be Trafikverket om lov, eller ta bort stycket." in page
    lov = {"sammanfattning": "Läget.", "lage_fakta": f"**E18** är stängd. {MARKE}", "handling": f"lov:{MARKE}"}
    lov |= {"nyckel": i_falt(page, "nyckel"), "revision": i_falt(page, "revision")}
    for _ in range(2):
        svar = tib.post(f"{SAMLAD}/skriv", data=lov | {"revision": i_falt(page, "revision")})
        assert svar.status_code == 302
        page = sidan(tib.get(f"{SAMLAD}/skriv"))
    assert "Trafikverket är tillfrågad." in synligt(page)
    with database.reading() as session:
        rad = session.scalars(select(Medgivande)).one()
        breven = session.scalars(select(Utskick)).all()
        assert "E18" not in "".join(f"{brev.amne} {brev.sms}" for brev in breven)
        assert any("ber om lov att ta in en del av er lägesbild" in brev.sms for brev in breven)
    adress = f"/medgivanden/{rad.id}"
    assert sidan(samla(tib), 422).count("har inte svarat än") >= 1
    # Who answers sees the text and who will read it; others learn nothing, nor can those that ask answer.
    assert logga_in("redaktor@nacka.example").get(adress).status_code == 404
    assert tib.post(adress, data={"svar": "ja"}).status_code == 403
    fragan = sidan(anna.get(adress))
    assert "<strong>E18</strong> är stängd." in fragan
    assert "1 som inte läser er version: Nacka." in synligt(fragan)
    with database.reading() as session:
        who = subjekt(session, "talesperson@trafikverket.example")
        assert [a.lank for a in medgivanden.att_besvara(session, who)] == [adress]
    assert anna.post(adress, data={"svar": "ja", "motivering": "Går bra."}).status_code == 302
    assert "Ja" in synligt(sidan(anna.get(adress)))
    assert samla(tib).status_code == 302
    with database.reading() as session:
        assert medgivanden.att_besvara(session, who) == []
        loggat = [(rad.handling, rad.aktor_id) for rad in session.scalars(select(Loggpost).order_by(Loggpost.nummer))]
    viktiga = [rad for rad in loggat if rad[0].startswith("medgivande")]
    assert [handling for handling, _ in viktiga] == ["medgivande begärt", "medgivande besvarat"]
    assert viktiga[1][1] == who.aktor_id
    assert loggat[-1][0] == "lägesbild publicerad"


def test_a_lower_label_needs_leave_and_a_no_is_told(tib: FlaskClient, anna: FlaskClient, database: Database) -> None:
    assert publicera(anna, 1, "E18 är stängd.", lage_fakta="E18 är stängd.", tlp="amber").status_code == 302
    fakta = "E18 är stängd. [[trafikverket 2 lage_fakta]]"
    page = sidan(samla(tib, fakta=fakta), 422)
    assert "är märkt TLP:AMBER och den samlade TLP:CLEAR. Höj märkningen, be Trafikverket om lov" in page
    data = {"sammanfattning": "Läget.", "lage_fakta": fakta, "handling": "lov:[[trafikverket 2 lage_fakta]]"}
    tib.post(f"{SAMLAD}/skriv", data=data | {"nyckel": "c" * 32, "revision": i_falt(page, "revision")})
    assert anna.post("/medgivanden/1", data={}).status_code == 422
    anna.post("/medgivanden/1", data={"svar": "nej", "motivering": "Inte än"})
    assert "Trafikverket har sagt nej (Inte än). Ta bort stycket." in sidan(samla(tib, fakta=fakta), 422)
    assert samla(tib, fakta=fakta, tlp="amber").status_code == 302
    assert versioner(database)[-1].tlp == "amber"


def _besvarad(database: Database, synlighet: Synlighet, *, far_samlas: bool = False, nyckel: str = "") -> str:
    """A mark of Nacka's answer to what Länsstyrelsen has asked."""
    with transaction(database) as session:
        handelse = session.scalars(select(Handelse).where(Handelse.slug == "snoovader")).one()
        tib, nacka = subjekt(session, "tib@lansstyrelsen.example"), subjekt(session, "redaktor@nacka.example")
        begaran = Begaran(
            handelse_id=handelse.id,
            aktor_id=handelse.agare_id,
            skapad=clock.now(),
            skapad_av_id=tib.anvandare_id,
            rubrik="Läget?",
            inledning="",
            frist=clock.now() + timedelta(hours=1),
            synlighet=synlighet,
            fragor=[{"nummer": 1, "typ": "text", "text": "Vad har hänt?", "val": [], "enhet": "", "kravs": True}],
            idempotensnyckel=f"prov-{synlighet}{nyckel}",
        )
        begaran.mottagare = [BegaranMottagare(aktor_id=nacka.aktor_id, senaste=1)]
        session.add(begaran)
        session.flush()
        svar = BegaranSvar(
            mottagare_id=begaran.mottagare[0].id,
            nummer=1,
            skapad=clock.now(),
            anvandare_id=nacka.anvandare_id,
            svar={"1": "Skolorna är stängda."},
            far_samlas=far_samlas,
            idempotensnyckel=f"svar-{synlighet}{nyckel}",
        )
        session.add(svar)
        return f"[[nacka 1 svar-{begaran.id}-1]]"


def test_an_answer_to_a_begaran_is_a_source_as_far_as_it_is_read(tib: FlaskClient, database: Database) -> None:
    trang = _besvarad(database, Synlighet.FRAGANDE)
    page = sidan(samla(tib, fakta=f"Skolorna är stängda. {trang}"), 422)
    assert "Trafikverket. Be Nacka svara igen och tillåta det, eller ta bort stycket." in page
    narmast = _besvarad(database, Synlighet.TILLFRAGADE, nyckel="2")
    with transaction(database) as session:
        begaran = session.scalars(select(Begaran).order_by(Begaran.id.desc())).first()
        assert begaran is not None
        for aktor in session.scalars(select(Aktor)):
            if aktor.id not in {begaran.aktor_id, begaran.mottagare[0].aktor_id}:
                begaran.mottagare.append(BegaranMottagare(aktor_id=aktor.id))
    page = sidan(samla(tib, fakta=f"Skolorna är stängda. {narmast}"), 422)
    assert "gäster läser en samlad med märkningen TLP:CLEAR. Be Nacka svara igen och tillåta det" in page
    fria = [_besvarad(database, Synlighet.HANDELSEN), _besvarad(database, Synlighet.TILLFRAGADE, far_samlas=True)]
    assert samla(tib, fakta="\n\n".join(f"Skolorna är stängda. {marke}" for marke in fria)).status_code == 302
    page = synligt(sidan(tib.get(SAMLAD)))
    assert len(re.findall(r"Nacka, svar på begäran \d\d:\d\d(?! ·)", page)) == 2
    assert [(k.kalla_nummer, k.svar_nummer, k.bearbetad) for k in kallor(database)] == [(None, 1, False)] * 2


def test_few_questions_however_many_sources(tib: FlaskClient, anna: FlaskClient, database: Database) -> None:
    for bas in range(1, 6):
        assert publicera(anna, bas, f"Läge {bas}", lage_fakta=f"Fakta {bas}", prognos="Mer snö").status_code == 302
    with database.reading() as session:
        handelse = session.scalars(select(Handelse).where(Handelse.slug == "snoovader")).one()
        who = subjekt(session, "tib@lansstyrelsen.example")
        satser: list[str] = []
        lyssna = lambda *args: satser.append(args[2])  # noqa: E731
        event.listen(database.engine, "before_cursor_execute", lyssna)
        try:
            antal = []
            for numren in ([2], range(2, 7)):
                satser.clear()
                marken = [Kalla("trafikverket", n, nyckel) for n in numren for nyckel in ("lage_fakta", "prognos")]
                funna = ursprung.sla_upp(session, who, handelse, marken)
                assert len(funna) == len(marken)
                antal.append(len(satser))
        finally:
            event.remove(database.engine, "before_cursor_execute", lyssna)
        assert antal[1] <= antal[0] <= 8
        ett = funna[Kalla("trafikverket", 2, "lage_fakta")]
        assert (ett.senaste, ett.trangre, ett.far_tas_in, ett.stycken[0].text) == (6, False, True, "Fakta 1")
