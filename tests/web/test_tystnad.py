"""Who is missing in an event: what is said of each actor, to whom, and the word that reminds them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests import factories as f
from tests.utskick import i_tradar
from tests.web.lagesbild_stod import sidan, synligt
from tests.web.ytor_data import TIMME, fragor, publicera
from wis import audit, clock, datum
from wis.auth.models import Handelseroll, Medlemskap
from wis.auth.rules import Roll, Subjekt
from wis.begaran.models import Begaran, BegaranMottagare, Synlighet
from wis.db import Database
from wis.handelser.models import Handelse, Lasarkrets, LasarkretsAktor
from wis.handelser.sakkrets import Otillaten
from wis.lagesbild.models import Lagesbild
from wis.notiser.models import Leverans, Utskick
from wis.tx import transaction
from wis.tystnad import queries, service
from wis.tystnad.rules import Oppnat, Rad, varst_forst
from wis.ytor.models import Lasmarke

LoggaIn = Callable[[str], FlaskClient]
SIDA = "/handelser/snoovader/tystnad"
TALESPERSON = "talesperson@lansstyrelsen.example"


@pytest.fixture
def lage(database: Database) -> Database:
    """Nacka keeps its word, Solna broke it, Polisen is silent; Täby reports to Nacka alone; a samlad an hour old."""
    bygg(database)
    return database


def bygg(database: Database) -> None:
    now = clock.now()
    with transaction(database) as session:
        f.en_person_hos(session, "lansstyrelsen", Roll.TALESPERSON, epost=TALESPERSON)
        for aktor in ("nacka", "solna", "polisen", "taby"):
            f.en_person_hos(session, aktor, Roll.SKRIBENT, epost=f"skribent@{aktor}.example")
        handelse = f.en_handelse(
            session, slug="snoovader", rubrik="Snöoväder", lasare=["nacka", "solna", "polisen", "taby"]
        )
        publicera(session, handelse, "nacka", nar=now - TIMME, nasta=now + TIMME)
        publicera(session, handelse, "solna", nar=now - 3 * TIMME, nasta=now - 2 * TIMME)
        taby = publicera(session, handelse, "taby", nar=now - TIMME)
        krets = Lasarkrets(alla=False)
        krets.valda = [LasarkretsAktor(aktor_id=f.en_aktor(session, "nacka").id)]
        session.add(krets)
        session.flush()
        session.get_one(Lagesbild, taby.lagesbild_id).krets_id = krets.id
        publicera(session, handelse, None, nar=now - TIMME)


def person(database: Database, epost: str) -> Subjekt:
    with database.reading() as session:
        for medlem in session.scalars(select(Medlemskap)):
            if medlem.anvandare.epost == epost:
                return f.subjekt_for(session, medlem.anvandare)
    raise LookupError(epost)


def rader(database: Database, epost: str = TALESPERSON) -> dict[str, Rad]:
    who = person(database, epost)
    with database.reading() as session:
        return {rad.slug: rad for rad in queries.rader(session, who, session.scalars(select(Handelse)).one())}


def brev(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as session:
        sant = session.execute(select(Leverans.adress, Utskick.amne, Utskick.epost).join(Utskick).order_by(Leverans.id))
        return [(adress or "", amne, ord_) for adress, amne, ord_ in sant]


def test_the_table_says_who_is_missing_the_worst_first(lage: Database, logga_in: LoggaIn) -> None:
    sida = sidan(logga_in(TALESPERSON).get(SIDA))
    text = synligt(sida)
    assert "Överskriden med 2 tim" in text
    assert "Har inte rapporterat (3)" in text
    namn = [rad.split("</th>")[0] for rad in sida.split('role="rowheader">')[1:]]
    assert namn[-2:] == ["Solna", "Nacka"]
    assert synligt(sidan(logga_in(TALESPERSON).get(f"{SIDA}?visa=passerat"))).count("Version 1") == 1

    # What is hidden from the viewer is as what is not there, also to who looks twice; its readers see it.
    hos_oss = rader(lage)
    assert (hos_oss["taby"].senast, hos_oss["polisen"].senast) == (None, None)
    assert rader(lage, "skribent@nacka.example")["taby"].senast is not None
    with transaction(lage) as session:
        # A newer version that is hidden changes nothing of what is said of the older.
        publicera(session, session.scalars(select(Handelse)).one(), "nacka", tlp="clear")
        bild = session.scalars(select(Lagesbild).join(Lagesbild.aktor).where(Lagesbild.aktor.has(slug="nacka"))).one()
        krets = Lasarkrets(alla=False)
        andra = {"fran": clock.now() - 2 * TIMME, "till": None}
        krets.valda = [LasarkretsAktor(aktor_id=f.en_aktor(session, "polisen").id, **andra)]
        session.add(krets)
        session.flush()
        bild.krets_id = krets.id
    assert rader(lage)["nacka"].senast is None
    assert rader(lage, "skribent@polisen.example")["nacka"].nummer == 2


def test_whether_anybody_has_opened_the_samlade_is_said_and_never_who(lage: Database, logga_in: LoggaIn) -> None:
    fore, efter = clock.now() - 2 * TIMME, clock.now()
    with transaction(lage) as session:
        handelse_id = session.scalars(select(Handelse.id)).one()
        folk = {m.anvandare.epost: m.anvandare_id for m in session.scalars(select(Medlemskap))}
        for epost, tid in (("skribent@nacka.example", efter), ("skribent@solna.example", fore)):
            session.add(Lasmarke(anvandare_id=folk[epost], handelse_id=handelse_id, sedd_till=tid))
    assert {slug: rad.oppnat for slug, rad in rader(lage).items()} == {
        "lansstyrelsen": Oppnat.JA,
        "nacka": Oppnat.JA,
        "solna": Oppnat.NEJ,
        "polisen": Oppnat.NEJ,
        "taby": Oppnat.NEJ,
    }
    sida = sidan(logga_in(TALESPERSON).get(f"{SIDA}?visa=inte-oppnat"))
    assert "skribent@" not in sida
    assert 'role="rowheader">Nacka<' not in sida


def test_a_late_answer_is_counted_for_those_who_may_follow_the_question(lage: Database) -> None:
    now = clock.now()
    with transaction(lage) as session:
        for i, synlighet in enumerate((Synlighet.HANDELSEN, Synlighet.FRAGANDE)):
            begaran = Begaran(
                handelse_id=session.scalars(select(Handelse.id)).one(),
                aktor_id=f.en_aktor(session, "nacka").id,
                skapad=now - TIMME,
                skapad_av_id=session.scalars(select(Medlemskap.anvandare_id)).first() or 0,
                rubrik="Läget?",
                inledning="",
                frist=now - timedelta(minutes=1),
                synlighet=synlighet,
                fragor=[],
                idempotensnyckel=str(i),
            )
            begaran.mottagare = [BegaranMottagare(aktor_id=f.en_aktor(session, "polisen").id)]
            session.add(begaran)
    assert rader(lage)["polisen"].sena == 1
    assert rader(lage, "skribent@nacka.example")["polisen"].sena == 2
    assert rader(lage, "skribent@polisen.example")["polisen"].sena == 2
    assert rader(lage, "skribent@solna.example")["polisen"].sena == 1


def test_one_tap_reminds_once_in_a_quarter_whoever_asks(lage: Database, logga_in: LoggaIn) -> None:
    with transaction(lage) as session:
        handelse = session.scalars(select(Handelse)).one()
        handelse.ovning = True
        nackas = session.scalars(
            select(Medlemskap).where(Medlemskap.anvandare.has(epost="skribent@nacka.example"))
        ).one()
        session.add(Lasmarke(anvandare_id=nackas.anvandare_id, handelse_id=handelse.id, sedd_till=clock.now()))
        f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost="talesperson@nacka.example")
    lansstyrelsen, ids = logga_in(TALESPERSON), {slug: rad.aktor_id for slug, rad in rader(lage).items()}
    # Who keeps its word is not reminded, nor who does not read the event.
    svar = lansstyrelsen.post(f"{SIDA}/paminn", data={"aktor": [ids["polisen"], ids["nacka"], "9999", "x"]})
    text = synligt(sidan(lansstyrelsen.get(svar.headers["Location"])))
    assert "Påminnelse skickas till Polisen." in text
    assert "Nacka saknas inte längre" in text
    assert f"påmind {datum.klockslag(clock.now())[:2]}" in text
    ((adress, amne, ord_),) = brev(lage)
    assert (adress, amne) == ("skribent@polisen.example", "ÖVNING: Lägesbild saknas: Snöoväder")
    assert ord_.startswith("ÖVNING: Lansstyrelsen saknar er lägesbild i Snöoväder.")

    # All that are missing: first a page that lists them, without the one that was just reminded.
    listade = sidan(lansstyrelsen.get(f"{SIDA}/paminn"))
    assert listade.count('type="checkbox"') == 2
    assert "Lansstyrelsen saknar er nästa lägesbild" in listade
    assert "Polisen" not in synligt(listade)
    lansstyrelsen.post(f"{SIDA}/paminn", data={"aktor": [ids["taby"], ids["solna"]]})
    nacka = logga_in("talesperson@nacka.example")
    svar = nacka.post(f"{SIDA}/paminn", data={"aktor": [ids["polisen"], ids["solna"]]})
    text = synligt(sidan(nacka.get(svar.headers["Location"])))
    assert "har påmints den senaste kvarten" in text
    assert "av Lansstyrelsen" in text
    assert len(brev(lage)) == 3
    with clock.at(clock.now() + timedelta(minutes=15)):
        who = person(lage, "talesperson@nacka.example")
        with transaction(lage) as session:
            utfall = service.paminn(session, who, session.scalars(select(Handelse.id)).one(), [ids["polisen"]])
    assert utfall.paminda == ("Polisen",)
    with lage.reading() as session:
        assert session.scalar(select(func.count()).where(audit.Loggpost.handling == "påminner om lägesbild")) == 3


def test_who_does_not_publish_there_reminds_nobody_and_who_does_not_read_sees_nothing(
    lage: Database, logga_in: LoggaIn
) -> None:
    skribent, polisen = logga_in("skribent@nacka.example"), rader(lage)["polisen"].aktor_id
    sida = sidan(skribent.get(SIDA))
    assert 'name="aktor"' not in sida
    assert "Därför kan du inte påminna." in sida
    assert skribent.get(f"{SIDA}/paminn").status_code == 403
    assert skribent.post(f"{SIDA}/paminn", data={"aktor": polisen}).status_code == 403
    with transaction(lage) as session:
        f.en_person_hos(session, "lidingo", Roll.REDAKTOR, epost="redaktor@lidingo.example")
        vems = session.scalars(select(Medlemskap).where(Medlemskap.anvandare.has(epost=TALESPERSON))).one()
    utanfor = logga_in("redaktor@lidingo.example")
    assert utanfor.get(SIDA).status_code == 404
    assert utanfor.post(f"{SIDA}/paminn", data={"aktor": polisen}).status_code == 404
    # Whose role in the event was taken away reminds nobody, whatever the page said.
    who = person(lage, TALESPERSON)
    klient = logga_in(TALESPERSON)
    with transaction(lage) as session:
        handelse_id = session.scalars(select(Handelse.id)).one()
        bara_laser = {"roll": Roll.LASARE, "skapad": clock.now(), "skapad_av_id": vems.anvandare_id, "motivering": ""}
        session.add(Handelseroll(medlemskap_id=vems.id, handelse_id=handelse_id, **bara_laser))
    assert klient.post(f"{SIDA}/paminn", data={"aktor": polisen}).status_code == 403
    with pytest.raises(Otillaten), transaction(lage) as session:
        service.paminn(session, who, handelse_id, [polisen])
    assert not brev(lage)


def test_the_page_asks_as_much_for_many_actors_as_for_few(lage: Database, logga_in: LoggaIn) -> None:
    klient = logga_in(TALESPERSON)
    klient.get(SIDA)
    with fragor(lage) as fa:
        klient.get(SIDA)
    with transaction(lage) as session:
        handelse = session.scalars(select(Handelse)).one()
        handelse.alla_aktorer = True
        for i in range(40):
            f.en_aktor(session, f"kommun-{i}")
        for i in range(20):
            publicera(session, handelse, f"kommun-{i}")
    assert "Kommun-39" in sidan(klient.get(SIDA))
    with fragor(lage) as manga:
        klient.get(SIDA)
    assert len(manga) == len(fa)


@pytest.mark.postgres
def test_two_who_remind_at_once_send_one_word(postgres_url: str) -> None:
    database = Database(postgres_url)
    try:
        bygg(database)
        with transaction(database) as session:
            f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost="talesperson@nacka.example")
        hur = rader(database)
        assert [rad.slug for rad in hur.values()][-1] == "nacka"
        ids = [hur[slug].aktor_id for slug in ("polisen", "solna")]
        vilka = [person(database, TALESPERSON), person(database, "talesperson@nacka.example")]
        with database.reading() as session:
            handelse_id = session.scalars(select(Handelse.id)).one()

        def paminn(nummer: int) -> None:
            with transaction(database) as session:
                service.paminn(session, vilka[nummer], handelse_id, ids if nummer else ids[::-1])

        assert not i_tradar(2, paminn)
        assert sorted(adress for adress, *_ in brev(database)) == ["skribent@polisen.example", "skribent@solna.example"]
    finally:
        database.dispose()


def test_who_has_not_opened_the_samlade_is_told_just_that_and_once(lage: Database, logga_in: LoggaIn) -> None:
    klient, nacka = logga_in(TALESPERSON), rader(lage)["nacka"].aktor_id
    assert "Ni har inte öppnat den samlade lägesbilden i Snöoväder." in sidan(klient.get(f"{SIDA}/paminn"))
    for _ in range(2):
        klient.post(f"{SIDA}/paminn", data={"aktor": nacka})
    ((_, amne, ord_),) = brev(lage)
    assert amne == "Läs den samlade lägesbilden: Snöoväder"
    assert ord_.startswith("Ni har inte öppnat den samlade lägesbilden i Snöoväder. Lansstyrelsen ber er läsa den.")


def test_worse_is_longer_ago() -> None:
    now = clock.now()
    lovade = {"senast": now - TIMME, "overskriden": True}
    ordnade = varst_forst(
        [
            Rad(1, "Ny", "ny", egen=False, senast=now),
            Rad(2, "Bruten", "bruten", egen=False, nasta=now - TIMME, **lovade),
            Rad(3, "Längre", "langre", egen=False, nasta=now - 2 * TIMME, **lovade),
            Rad(4, "Tyst", "tyst", egen=False),
            Rad(5, "Sen", "sen", egen=False, senast=now, sena=1),
        ]
    )
    assert [rad.slug for rad in ordnade] == ["tyst", "langre", "bruten", "sen", "ny"]
