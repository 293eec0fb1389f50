"""Notices to browsers: sealed for each, handed to its push service, once to each person; and what an answer means."""

import secrets
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from http_ece import ECEException
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import en_handelse, en_person_hos, en_prenumeration, subjekt_for
from tests.pushtjanst import Lasare, Pushtjanst, b64
from tests.sandhjalp import Mottagning
from tests.servrar import vanta_tills
from tests.utskick import en_version, expandera_allt, igang, leveranser, skriver, statusar
from wis import clock
from wis.auth import service as auth
from wis.auth.models import Anvandare, Inloggning
from wis.db import Database
from wis.notiser import pushkanal, pushnyckel, pushregler, pushservice
from wis.notiser.apprise_kanaler import Forsandelse
from wis.notiser.models import Kanal, Notisslag, Status
from wis.notiser.pushkanal import Pushkanal
from wis.notiser.pushmodell import Pushwebblasare
from wis.notiser.rules import Utfallsslag
from wis.settings import Settings
from wis.settings_varden import SettingsError

LOKALT = ("127.0.0.1",)


@pytest.fixture
def tjanst() -> Iterator[Pushtjanst]:
    """A push service."""
    with Pushtjanst() as server:
        yield server


@pytest.fixture
def val(inst: Settings, tmp_path: Path) -> Settings:
    """Push to this machine, as the operator has said that it may, and little patience."""
    return replace(inst, instance=tmp_path, push_vardar=LOKALT, ge_upp_efter=86400.0, worker_poll=0.05)


def pa(session: Session, person: Anvandare, lasare: Lasare, enhet: str = "") -> Inloggning:
    """The person has switched on push in this browser; the login that it was done by."""
    now = clock.now()
    inloggning = Inloggning(
        token_hash=secrets.token_hex(), anvandare_id=person.id, skapad=now, giltig_till=now + timedelta(hours=1)
    )
    session.add(inloggning)
    session.flush()
    ny = pushservice.Ny(**lasare.falt, namn="Chrome på Android", vapid="nyckeln", enhet=enhet)
    who = replace(subjekt_for(session, person), inloggning_id=inloggning.id)
    pushservice.registrera(session, who, ny, LOKALT)
    return inloggning


def en_som_vill(session: Session) -> Anvandare:
    person = en_person_hos(session, "nacka")
    en_prenumeration(session, person, Notisslag.LAGESBILD, sms=False, epost=False).push = True
    return person


def kvar(database: Database) -> tuple[int, int]:
    """How many browsers have an address, and how many people have the channel."""
    with database.reading() as session:
        rader = session.scalars(select(Pushwebblasare.id).where(Pushwebblasare.endpoint.is_not(None))).all()
        return len(rader), len(session.scalars(select(Kanal.id).where(Kanal.slag == "push")).all())


def test_a_person_is_told_in_all_their_browsers_by_one_delivery_that_only_they_can_read(
    varje_databas: Database, val: Settings, tjanst: Pushtjanst
) -> None:
    telefon, dator, andras = (tjanst.lasare(vag) for vag in ("/telefon", "/dator?x=1", "/andras"))
    tjanst.svar["/dator?x=1"] = (503, {"Retry-After": "900"})
    with skriver(varje_databas) as session:
        person, annan = en_som_vill(session), en_person_hos(session, "nacka")
        _ = [pa(session, *par) for par in ((person, telefon), (person, dator), (annan, andras))]
        ovning = en_handelse(session, ovning=True)
        en_prenumeration(session, person, Notisslag.LAGESBILD, sms=False, epost=False, handelse=ovning).push = True
        forst = en_version(session, ovning, text="Snö på E4.", bradskande=True)
    with igang(varje_databas, val):
        vanta_tills(lambda: statusar(varje_databas, forst.id) == {Status.MOTTAGEN: 1})
        with skriver(varje_databas) as session:
            sedan = en_version(session, session.merge(ovning), text="Hemligt.", tlp="amber")
        vanta_tills(lambda: statusar(varje_databas, sedan.id) == {Status.MOTTAGEN: 1})
    assert list(leveranser(varje_databas, forst.id)) == [(person.id, "push")]
    ett, tva = (ett for ett in tjanst.fick if ett.vag == "/telefon")
    assert "/andras" not in {ett.vag for ett in tjanst.fick}
    sagt, dolt = telefon.las(ett.kropp), telefon.las(tva.kropp)
    assert sagt["titel"].startswith("ÖVNING BRÅDSKANDE Trafikverket: Lägesbild version 1")
    assert (sagt["text"], sagt["lank"], sagt["bradskande"]) == ("Snö på E4.", _vag(forst.sms), True)
    assert dolt["titel"].startswith("ÖVNING Trafikverket: TLP:AMBER, Lägesbild version 2")
    assert (dolt["text"], dolt["lank"]) == ("", _vag(sedan.sms))
    with pytest.raises(ECEException):
        andras.las(ett.kropp)
    # A newer version replaces an older one, at the service and on the screen, and tells neither what it is about.
    assert ett.huvud["Topic"] == tva.huvud["Topic"] == sagt["tag"]
    assert [(en.huvud["Urgency"], en.huvud["TTL"]) for en in (ett, tva)] == [("high", "86400"), ("normal", "43200")]
    _ar_var(ett.krav(), val, tjanst)


def _ar_var(krav: dict[str, Any], val: Settings, tjanst: Pushtjanst) -> None:
    assert (krav["aud"], krav["sub"]) == (tjanst.url, "mailto:wis@localhost")
    assert 0 < krav["exp"] - clock.now().timestamp() <= 24 * 3600
    assert krav["k"] == pushnyckel.las(val).publik
    assert stat.S_IMODE((val.instance / pushnyckel.FIL).stat().st_mode) == 0o600


def _vag(sms: str) -> str:
    return "/" + sms.rpartition("\n")[2].split("/", 3)[3]


@pytest.mark.parametrize(
    ("svar", "status", "orsak", "webblasare"),
    [
        ((410, {}), Status.MISSLYCKAD, "tar inte emot längre (410)", (0, 0)),
        ((413, {}), Status.MISSLYCKAD, "nekade (413)", (1, 1)),
        ((302, {"Location": "/telefon2"}), Status.MISSLYCKAD, "inte godtas (302)", (1, 1)),
        ((429, {"Retry-After": "300"}), Status.VANTAR, "kunde inte ta emot (429)", (1, 1)),
        ((500, {}), Status.VANTAR, "kunde inte ta emot (500)", (1, 1)),
        ((502, {}), Status.OVISS, "svarade inte tydligt (502)", (1, 1)),
        (None, Status.OVISS, "svar uteblev", (1, 1)),
    ],
)
def test_what_the_push_service_answers_decides(
    database: Database,
    val: Settings,
    tjanst: Pushtjanst,
    monkeypatch: pytest.MonkeyPatch,
    svar: tuple[int, dict[str, str]] | None,
    status: Status,
    orsak: str,
    webblasare: tuple[int, int],
) -> None:
    monkeypatch.setattr(pushkanal, "SVARSTID", 1.0 if svar is None else 30.0)
    tjanst.svar["/telefon"] = svar
    with skriver(database) as session:
        pa(session, en_som_vill(session), tjanst.lasare("/telefon"))
        utskick = en_version(session, en_handelse(session))
    with igang(database, replace(val, backoff=600.0)):
        vanta_tills(lambda: orsak in "".join(ett.orsak for ett in leveranser(database, utskick.id).values()))
    (rad,) = leveranser(database, utskick.id).values()
    assert rad.status == status
    assert kvar(database) == webblasare
    assert [ett.vag for ett in tjanst.fick] == ["/telefon"]  # no redirect is followed
    if svar and "Retry-After" in svar[1]:
        assert timedelta(seconds=290) < rad.tidigast - rad.andrad < timedelta(seconds=400)


def test_nothing_is_sent_where_nobody_answers_or_where_the_operator_has_not_let_it(
    database: Database, val: Settings, tjanst: Pushtjanst
) -> None:
    with skriver(database) as session:
        pa(session, en_som_vill(session), Lasare("http://127.0.0.1:1/ingen"))
        utskick = en_version(session, en_handelse(session))
    expandera_allt(database)
    (rad,) = leveranser(database, utskick.id).values()
    utfall = []
    for settings in (val, replace(val, push_vardar=None)):
        kanal, mottagning = Pushkanal(settings, database, 30.0), Mottagning()
        kanal.sand([Forsandelse(rad.id, "", "Rubrik", "Rubrik\nText")], mottagning)
        kanal.stang()
        utfall += mottagning.utfall.values()
    assert [ett.slag for ett in utfall] == [Utfallsslag.OVERGAENDE, Utfallsslag.PERMANENT]
    assert "inte tillåten" in utfall[1].orsak


def test_a_browser_is_told_no_more_when_its_login_is_ended_and_is_one_persons_alone(varje_databas: Database) -> None:
    with skriver(varje_databas) as session:
        anna, bo = en_som_vill(session), en_som_vill(session)
        telefon, delad = Lasare("https://127.0.0.1/t"), Lasare("https://127.0.0.1/d")
        hemma = pa(session, anna, telefon, enhet="hemma")
        pa(session, anna, delad, enhet="jobbet")
        # Bo takes over the screen at work.
        pa(session, bo, delad, enhet="jobbet")
    assert kvar(varje_databas) == (2, 2)
    # A login that has run out ends nothing; another one on the same device takes its place.
    with skriver(varje_databas) as session:
        nasta = pa(session, anna, Lasare("https://127.0.0.1/annat"))
        pushservice.bind_om(session, anna.id, nasta.id, "hemma")
        auth.avsluta_inloggning(session, hemma.id)
    pushservice.stada(varje_databas)
    assert kvar(varje_databas) == (3, 2)
    with skriver(varje_databas) as session:
        auth.avsluta_alla(session, anna.id)  # as when the account is shut, or she logs out
    pushservice.stada(varje_databas)
    assert kvar(varje_databas) == (1, 1)
    # Bo's screen is taken by somebody who asks for nothing: he is not told there.
    with skriver(varje_databas) as session:
        pushservice.bind_om(session, anna.id, nasta.id, "jobbet")
    assert kvar(varje_databas) == (0, 0)


def test_one_who_does_not_answer_a_bradskande_by_sms_is_told_in_the_phone(
    varje_databas: Database, val: Settings, tjanst: Pushtjanst
) -> None:
    from tests.utskick import en_som_vill as en_med_sms
    from wis.notiser.eskalering import eskalera

    with skriver(varje_databas) as session:
        person = en_med_sms(session, "nacka")
        pa(session, person, tjanst.lasare("/t"))
        utskick = en_version(session, en_handelse(session), bradskande=True)
    expandera_allt(varje_databas)
    with clock.at(clock.now() + timedelta(minutes=16)):
        eskalera(varje_databas, val, [])
    skal = {kanal: rad.anledning for (_, kanal), rad in leveranser(varje_databas, utskick.id).items()}
    assert skal == {"sms": "val", "epost": "paminnelse", "push": "paminnelse"}


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/a",
        "https://fcm.googleapis.com:8443/a",
        "https://fcm.googleapis.com.evil.example/a",
        "https://evil.example/fcm.googleapis.com",
        "https://user@fcm.googleapis.com/a",
        "https://fcm.googleapis.com/a\r\nHost: x",
        "https://notify.windows.com/a",
        "https://127.0.0.1/a",
        "https://[::1]/a",
        "https://169.254.169.254/latest",
        "ftp://web.push.apple.com/a",
        "https://web.push.apple.com/" + "a" * 1000,
        "",
    ],
)
def test_an_address_that_is_no_push_services_is_refused(endpoint: str) -> None:
    assert pushregler.tillaten(endpoint, None) is None
    assert pushregler.tillaten(endpoint, ("push.example.se",)) is None


def test_the_known_push_services_are_allowed_and_others_only_when_named() -> None:
    for vard in ("fcm.googleapis.com", "updates.push.services.mozilla.com", "wns2-db5p.notify.windows.com"):
        assert pushregler.tillaten(f"https://{vard}/wpush/v2/abc", None)
        assert not pushregler.tillaten(f"https://{vard}/wpush/v2/abc", ("push.example.se",))
    assert pushregler.tillaten("https://push.example.se:443/abc", ("push.example.se",))


def test_what_is_said_fits_however_long_the_text_is() -> None:
    sak = pushregler.Sak("lagesbild:1", bradskande=False, system=False)
    ord_ = "Nacka: Snö\n" + "Åäö " * 4000 + "\nhttp://127.0.0.1:8000/n/1"
    klart = pushregler.innehall(sak, "Ö" * 200, ord_, "http://127.0.0.1:8000", "t")
    assert 1500 < len(klart) <= pushregler.STORST
    assert '"lank": "/n/1"' in klart.decode()


def test_the_key_may_be_given_in_two_forms_and_a_bad_one_is_refused_in_words(inst: Settings, tmp_path: Path) -> None:
    gjord = pushnyckel.las(replace(inst, instance=tmp_path))
    pem = (tmp_path / pushnyckel.FIL).read_text()
    rad = b64(gjord.privat.private_numbers().private_value.to_bytes(32))
    for given in (pem, pem.replace("\n", "\\n"), rad):
        assert pushnyckel.las(replace(inst, vapid_nyckel=given)).publik == gjord.publik
    for trasig in ("hemlig", rad[:-4], pem.replace("M", "N"), "-----BEGIN"):
        with pytest.raises(SettingsError, match="WIS_VAPID_NYCKEL är ingen nyckel för push"):
            pushnyckel.las(replace(inst, vapid_nyckel=trasig))
