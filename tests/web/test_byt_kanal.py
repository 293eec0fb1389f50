"""Another number or mailbox: the one in use stays in use until the code from the new one has come back."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.funktioner_stod import TIB_SMS, en_funktion, i_tjanst, med_kanaler, medlem
from tests.utskick import en_ko, en_version, expandera_allt, skriver
from tests.web.test_notiser import sida
from wis.auth.rules import Roll
from wis.db import Database
from wis.notiser.models import Kanal, Kanalslag, Notisslag, Utskick
from wis.settings import Settings

LoggaIn = Callable[[str], FlaskClient]
KARIN, GAMMAL, NY = "karin@nacka.example", "+46701740605", "+46701740606"


@pytest.fixture(autouse=True)
def karin(database: Database) -> None:
    """A reader with a verified number, told of every lägesbild by SMS."""
    with skriver(database) as session:
        person = f.en_person_hos(session, "nacka", Roll.LASARE, epost=KARIN)
        f.en_kanal(session, person, Kanalslag.SMS, GAMMAL)
        f.en_prenumeration(session, person, Notisslag.LAGESBILD, sms=True)


def kanalen(database: Database) -> Kanal:
    with database.reading() as session:
        return session.scalars(select(Kanal).where(Kanal.slag == Kanalslag.SMS)).one()


def koden(database: Database) -> str:
    with database.reading() as session:
        found = re.search(
            r"\b[0-9]{6}\b", session.scalars(select(Utskick.sms).order_by(Utskick.id.desc())).first() or ""
        )
    assert found is not None
    return found[0]


def byt(client: FlaskClient, ny: str = "070-174 06 06", sokvag: str = "/mina-notiser") -> str:
    return sida(client.post(f"{sokvag}/sms", data={"adress": ny}, follow_redirects=True))


def dit(database: Database, settings: Settings) -> set[str]:
    """Where a lägesbild that is published now would be sent; the codes apart."""
    with skriver(database) as session:
        en_version(session, f.en_handelse(session, "varmdo", lasare=["nacka"]))
    expandera_allt(database)
    parti = en_ko(database, settings).ta(Kanalslag.SMS)
    return set() if parti is None else {ett.till for ett in parti.uppdrag if not ett.system}


def test_one_who_changes_number_is_still_reached_at_the_old_one(
    logga_in: LoggaIn, database: Database, settings: Settings
) -> None:
    text = byt(logga_in(KARIN))
    assert f'Du nås fortfarande på <strong class="adress">{GAMMAL}</strong>' in text
    assert "Du nås inte ännu" not in text
    assert dit(database, settings) == {GAMMAL}


def test_the_code_from_the_new_number_puts_it_in_use(logga_in: LoggaIn, database: Database, settings: Settings) -> None:
    client = logga_in(KARIN)
    byt(client)
    fel = f"{(int(koden(database)) + 1) % 10**6:06d}"
    assert "Koden stämmer inte" in sida(client.post("/mina-notiser/sms/kod", data={"kod": fel}), 422)
    assert (kanalen(database).adress, kanalen(database).ny_adress) == (GAMMAL, NY)
    text = sida(client.post("/mina-notiser/sms/kod", data={"kod": koden(database)}, follow_redirects=True))
    assert "fortfarande" not in text
    assert (kanalen(database).adress, kanalen(database).ny_adress) == (NY, None)
    assert dit(database, settings) == {NY}


def test_the_change_can_be_undone_and_its_code_is_worth_nothing_then(logga_in: LoggaIn, database: Database) -> None:
    client = logga_in(KARIN)
    byt(client)
    kod = koden(database)
    text = sida(client.post("/mina-notiser/sms/angra-byte", follow_redirects=True))
    assert f"Bytet är ångrat. Du nås på {GAMMAL}." in text
    client.post("/mina-notiser/sms/kod", data={"kod": kod})
    assert (kanalen(database).adress, kanalen(database).ny_adress) == (GAMMAL, None)
    assert kanalen(database).verifierad is not None


def test_nothing_to_undo_is_no_fault(logga_in: LoggaIn, database: Database) -> None:
    client = logga_in(KARIN)
    client.post("/mina-notiser/sms/ta-bort")
    text = sida(client.post("/mina-notiser/sms/angra-byte", follow_redirects=True))
    assert "Lägg till den igen" in text


def test_to_write_the_number_in_use_again_undoes_the_change(logga_in: LoggaIn, database: Database) -> None:
    client = logga_in(KARIN)
    byt(client)
    text = byt(client, GAMMAL)
    assert "Skriv in koden" not in text
    assert "fortfarande" not in text
    assert kanalen(database).ny_adress is None


def test_another_new_number_replaces_the_new_one(logga_in: LoggaIn, database: Database) -> None:
    client = logga_in(KARIN)
    byt(client)
    byt(client, "070-174 06 07")
    assert (kanalen(database).adress, kanalen(database).ny_adress) == (GAMMAL, "+46701740607")


def test_the_functions_phone_too_rings_until_the_new_one_is_confirmed(logga_in: LoggaIn, database: Database) -> None:
    with skriver(database) as session:
        tib = en_funktion(session, "nacka", "TiB", medlem(session, KARIN))
        i_tjanst(session, tib, medlem(session, KARIN))
        med_kanaler(session, tib)
        sokvag, vem = f"/funktioner/{tib.id}/notiser", tib.anvandare_id
    client = logga_in(KARIN)
    assert f'Funktionen nås fortfarande på <strong class="adress">{TIB_SMS}</strong>' in byt(client, sokvag=sokvag)
    page = sida(client.get(f"/funktioner/{sokvag.split('/')[2]}"))
    assert TIB_SMS in page
    assert "Bekräftad" in page
    assert NY in page
    assert "Funktionen nås på" in sida(client.post(f"{sokvag}/sms/angra-byte", follow_redirects=True))
    with database.reading() as session:
        kanal = session.scalars(select(Kanal).where(Kanal.anvandare_id == vem, Kanal.slag == Kanalslag.SMS)).one()
        assert (kanal.adress, kanal.ny_adress) == (TIB_SMS, None)
