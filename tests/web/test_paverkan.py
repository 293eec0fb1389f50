"""A measure that names an actor: who is told, who answers, who sees it."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from tests import factories as f
from tests.web.lagesbild_stod import publicera, sidan, synligt
from wis import clock
from wis.auth.models import Medlemskap
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Handelse
from wis.notiser.models import Leverans, Utskick
from wis.paverkan import queries
from wis.paverkan.models import Paverkan, PaverkanSvar
from wis.tx import transaction

LoggaIn = Callable[[str], FlaskClient]
LISTA = "/handelser/snoovader/paverkan"
VAG = "| Stänger E18 vid Danderyd. | {} |"
TALESPERSON = "anna@trafikverket.example"


@pytest.fixture
def folk(database: Database) -> Database:
    """Trafikverket, which publishes in an open event; Nacka, Solna and Polisen beside it."""
    with transaction(database) as session:
        f.en_person_hos(session, "trafikverket", Roll.TALESPERSON, epost=TALESPERSON)
        for aktor in ("nacka", "solna", "polisen"):
            f.en_person_hos(session, aktor, Roll.SKRIBENT, epost=f"skribent@{aktor}.example")
        f.en_person_hos(session, "nacka", Roll.LASARE, epost="lasare@nacka.example")
        f.en_handelse(session, "lansstyrelsen", slug="snoovader", rubrik="Snöoväder")
    return database


def atgard(client: FlaskClient, bas: int, berorda: str, vag: str = VAG, **ovrigt: str) -> str:
    """Publish a version with this measure; the page that follows."""
    svar = publicera(client, bas, f"Läget {bas}.", atgarder_planerade=vag.format(berorda), **ovrigt)
    assert svar.status_code == 302, svar.get_data(as_text=True)
    return synligt(sidan(client.get(svar.headers["Location"])))


def rader(database: Database) -> list[Paverkan]:
    with database.reading() as session:
        return list(session.scalars(select(Paverkan).order_by(Paverkan.id)))


def brev(database: Database) -> list[tuple[str, str, str]]:
    """To whom, the subject and the words, of what was sent to chosen actors."""
    with database.reading() as session:
        sant = session.execute(select(Leverans.adress, Utskick.amne, Utskick.epost).join(Utskick).order_by(Leverans.id))
        return [(adress or "", amne, ord_) for adress, amne, ord_ in sant]


def svara(client: FlaskClient, paverkan_id: int, svar: str, rad: str = "", nyckel: str = "") -> int:
    data = {"svar": svar, "rad": rad, "nyckel": nyckel}
    return client.post(f"/paverkan/{paverkan_id}", data=data).status_code


def test_those_whom_a_measure_names_are_told_once_for_each_wording(folk: Database, logga_in: LoggaIn) -> None:
    anna = logga_in(TALESPERSON)
    atgard(anna, 0, "Nacka, solna, Okänd förening, Trafikverket")
    assert {adress for adress, *_ in brev(folk)} == {"skribent@nacka.example", "skribent@solna.example"}
    amne, ord_ = brev(folk)[0][1:]
    assert amne == "Berör er: Snöoväder"
    assert ord_.startswith("Trafikverket gör något som berör er i Snöoväder: Stänger E18 vid Danderyd.")
    assert ord_.endswith(f"/paverkan/{rader(folk)[0].id}")

    # The same measure, however it is spaced, asks nobody again; whom it names now is asked.
    atgard(anna, 1, "Nacka, Solna, Polisen", "| stänger  E18 vid Danderyd | {} |")
    assert [adress for adress, *_ in brev(folk)][2:] == ["skribent@polisen.example"]
    assert [(rad.forst, rad.nummer) for rad in rader(folk)] == [(1, 2), (1, 2), (2, 2)]

    # Other words ask anew, and lead back; what is no longer there is marked.
    atgard(anna, 2, "Nacka", "| Stänger E18 vid Danderyd klockan 18. | {} |")
    assert [adress for adress, *_ in brev(folk)][3:] == ["skribent@nacka.example"]
    gammal, solna, polisen, ny = rader(folk)
    assert ny.foregaende_id == gammal.id
    assert all(rad.inaktuell for rad in (gammal, solna, polisen))
    sida = synligt(sidan(logga_in("skribent@nacka.example").get(f"/paverkan/{ny.id}")))
    assert "tillagt: klockan 18" in sida
    assert "Inte längre aktuell" in synligt(sidan(logga_in("skribent@solna.example").get(LISTA)))

    # 'Läget oförändrat' says the same, and asks nobody.
    anna.post("/handelser/snoovader/lagesbild/trafikverket/oforandrat", data={"bas": "3", "nyckel": "b" * 32})
    assert len(brev(folk)) == 4
    assert rader(folk)[-1].nummer == 4


def test_an_answer_is_for_the_two_actors_alone(folk: Database, logga_in: LoggaIn) -> None:
    anna, nacka, solna = logga_in(TALESPERSON), logga_in("skribent@nacka.example"), logga_in("skribent@solna.example")
    atgard(anna, 0, "Nacka, Solna")
    (hos_nacka, hos_solna), fore = rader(folk), len(brev(folk))
    sida = sidan(nacka.get(LISTA))
    assert "Utan svar" in synligt(sida)
    assert len(re.findall(r'name="svar" value="noterat"', sida)) == 1

    # A problem without words is asked for again, with nothing lost.
    svar = nacka.post(f"/paverkan/{hos_nacka.id}", data={"svar": "problem", "rad": ""})
    assert "Skriv vad problemet är" in sidan(svar, 422)
    svar = nacka.post(f"/paverkan/{hos_nacka.id}", data={"svar": "problem", "rad": "x" * 301})
    assert "x" * 301 in sidan(svar, 422)

    assert svara(nacka, hos_nacka.id, "problem", "Hemtjänsten måste över där.", "k1") == 302
    assert svara(nacka, hos_nacka.id, "problem", "Hemtjänsten måste över där.", "k1") == 302
    assert svara(solna, hos_solna.id, "noterat") == 302
    nya = brev(folk)[fore:]
    assert [adress for adress, *_ in nya] == [TALESPERSON]
    assert "Nacka har problem med er åtgärd i Snöoväder: Hemtjänsten måste över där." in nya[0][2]
    agarens = synligt(sidan(anna.get(LISTA)))
    assert "1 problem, 1 noterat" in agarens
    assert "Hemtjänsten måste över där." in agarens
    assert "Hemtjänsten" in synligt(sidan(anna.get(f"/paverkan/{hos_solna.id}")))

    # The other affected, and those who are not, see nothing of it.
    assert "Hemtjänsten" not in sidan(solna.get(LISTA)) + sidan(solna.get(f"/paverkan/{hos_solna.id}"))
    polisen = logga_in("skribent@polisen.example")
    assert "E18" not in sidan(polisen.get(LISTA))
    for vem in (solna, polisen):
        assert vem.get(f"/paverkan/{hos_nacka.id}").status_code == 404
        assert svara(vem, hos_nacka.id, "noterat") == 404
    # The owner does not answer for the other, and a reader there sees why they can't.
    assert svara(anna, hos_nacka.id, "noterat") == 404
    lasaren = logga_in("lasare@nacka.example")
    assert "behövs rollen skribent" in synligt(sidan(lasaren.get(f"/paverkan/{hos_nacka.id}")))
    assert svara(lasaren, hos_nacka.id, "noterat") == 403

    # A changed answer is the next one; the same again is none.
    assert svara(nacka, hos_nacka.id, "noterat", "Löst.") == 302
    assert svara(nacka, hos_nacka.id, "noterat", "Löst.") == 302
    with folk.reading() as session:
        givna = session.execute(select(PaverkanSvar.nummer, PaverkanSvar.svar).order_by(PaverkanSvar.paverkan_id)).all()
    assert [tuple(rad) for rad in givna] == [(1, "problem"), (2, "noterat"), (1, "noterat")]
    assert "2 noterat" in synligt(sidan(anna.get(LISTA)))


def test_who_does_not_read_the_version_is_not_asked_and_the_author_is_told(folk: Database, logga_in: LoggaIn) -> None:
    anna = logga_in(TALESPERSON)
    with folk.reading() as session:
        nacka = f.en_aktor(session, "nacka").id
    sida = atgard(anna, 0, "Nacka, Solna", laskrets="valda", lasare=str(nacka))
    assert "Solna läser inte den här lägesbilden och får inget veta om åtgärden." in sida
    assert [rad.aktor_id for rad in rader(folk)] == [nacka]
    assert {adress for adress, *_ in brev(folk)} == {"skribent@nacka.example"}
    # The right is judged at each read: who loses it sees the measure no more, and answers nothing.
    hos_nacka = rader(folk)[0].id
    klient = logga_in("skribent@nacka.example")
    assert klient.get(f"/paverkan/{hos_nacka}").status_code == 200
    with transaction(folk) as session:
        handelse = session.scalars(select(Handelse)).one()
        handelse.alla_aktorer = False
        handelse.lasare = []
        handelse.agare_id = f.en_aktor(session, "trafikverket").id
    assert klient.get(f"/paverkan/{hos_nacka}").status_code == 404
    assert svara(klient, hos_nacka, "noterat") == 404


def test_of_what_is_labelled_only_a_link_is_sent_and_an_exercise_says_so(folk: Database, logga_in: LoggaIn) -> None:
    with transaction(folk) as session:
        session.scalars(select(Handelse)).one().ovning = True
    anna, nacka = logga_in(TALESPERSON), logga_in("skribent@nacka.example")
    atgard(anna, 0, "Nacka", tlp="amber")
    svara(nacka, rader(folk)[0].id, "problem", "Hemligt skäl.")
    (_, amne, ord_), (_, problem, problemets) = brev(folk)
    assert amne.startswith("ÖVNING: ")
    assert problem.startswith("ÖVNING: ")
    assert "E18" not in ord_ + problemets
    assert "skäl" not in problemets
    assert f"/paverkan/{rader(folk)[0].id}" in ord_


def test_a_guest_reads_no_measures_and_no_answers(folk: Database, logga_in: LoggaIn) -> None:
    atgard(logga_in(TALESPERSON), 0, "Nacka")
    with transaction(folk) as session:
        gast = f.en_anvandare(session, "gast@nacka.example")
        medlemskap = f.ett_medlemskap(session, gast, f.en_aktor(session, "nacka"), Roll.LASARE)
        medlemskap.gast_handelse_id = session.scalars(select(Handelse.id)).one()
        medlemskap.giltig_till = clock.now().replace(year=clock.now().year + 1)
    klient = logga_in("gast@nacka.example")
    assert "E18" not in sidan(klient.get(LISTA))
    assert klient.get(f"/paverkan/{rader(folk)[0].id}").status_code == 404


def test_the_start_page_is_told_of_what_waits(folk: Database, logga_in: LoggaIn) -> None:
    atgard(logga_in(TALESPERSON), 0, "Nacka")
    with folk.reading() as session:
        vem = {m.anvandare.epost: f.subjekt_for(session, m.anvandare) for m in session.scalars(select(Medlemskap))}
        ett = queries.att_svara(session, vem["skribent@nacka.example"])
        assert [(arende.rubrik, arende.handelse) for arende in ett] == [("Stänger E18 vid Danderyd.", "Snöoväder")]
        assert not queries.att_svara(session, vem["lasare@nacka.example"])
        assert not queries.att_svara(session, vem["skribent@solna.example"])
    svara(logga_in("skribent@nacka.example"), rader(folk)[0].id, "problem", "Går inte.")
    with folk.reading() as session:
        assert not queries.att_svara(session, vem["skribent@nacka.example"])
        problem = queries.problem_for(session, vem[TALESPERSON])
        assert [arende.vad for arende in problem] == ["Nacka har problem med er åtgärd"]


def test_no_answer_can_be_changed_in_the_database(folk: Database, logga_in: LoggaIn) -> None:
    atgard(logga_in(TALESPERSON), 0, "Nacka")
    svara(logga_in("skribent@nacka.example"), rader(folk)[0].id, "noterat")
    with transaction(folk) as session, pytest.raises(DBAPIError, match="kan inte"):
        session.execute(update(PaverkanSvar).values(rad="Något annat."))
