"""Real servers on loopback: what becomes of each recipient, and what a log may say."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from tests.servrar import Bryt, HttpGateway, SmtpMottagare, ledig_port
from wis.db import Database
from wis.notiser import leveransfragor, transport
from wis.notiser.apprise_kanaler import Forsandelse
from wis.notiser.models import Kanalslag
from wis.notiser.rules import LEVERERAD, Utfall, Utfallsslag
from wis.notiser.transport import EJ_INSTALLD, Transport, kontrollera, skapa
from wis.settings import Settings, SettingsError


@pytest.fixture
def smtp() -> Iterator[SmtpMottagare]:
    with SmtpMottagare() as server:
        yield server


@pytest.fixture
def gateway() -> Iterator[HttpGateway]:
    with HttpGateway() as server:
        yield server


class Mottagning:
    """Lets everything through, or stops after `hogst`, and keeps what came of each."""

    def __init__(self, hogst: int = 10**9) -> None:
        self.utfall: dict[int, Utfall] = {}
        self.hogst = hogst

    def innan(self, forsandelse: Forsandelse) -> bool:
        return len(self.utfall) < self.hogst

    def efter(self, forsandelse: Forsandelse, utfall: Utfall) -> None:
        assert forsandelse.id not in self.utfall
        self.utfall[forsandelse.id] = utfall


def smtp_url(smtp: SmtpMottagare) -> str:
    return f"smtp://127.0.0.1:{smtp.port}/?fran=wis@prov.example"


def elks_url(gateway: HttpGateway) -> str:
    return f"46elks://u123:hem%2Fligt@127.0.0.1:{gateway.port}/?fran=WIS"


_oppna: list[Transport] = []


@pytest.fixture(autouse=True)
def stang_allt() -> Iterator[None]:
    yield
    while _oppna:
        _oppna.pop().stang()


def oppna(kanal: Kanalslag, inst: Settings, database: Database) -> Transport:
    _oppna.append(skapa(kanal, inst, database))
    return _oppna[-1]


def epost(smtp: SmtpMottagare, inst: Settings, database: Database) -> Transport:
    return oppna(Kanalslag.EPOST, replace(inst, epost_url=smtp_url(smtp)), database)


def sms(gateway: HttpGateway, inst: Settings, database: Database) -> Transport:
    return oppna(Kanalslag.SMS, replace(inst, sms_url=elks_url(gateway)), database)


def sand(kanal: Transport, *till: str, amne: str = "ÖVNING Läget", text: str = "Snö över Svealand.\n") -> list[Utfall]:
    mottagning = Mottagning()
    kanal.sand([Forsandelse(nummer, adress, amne, text) for nummer, adress in enumerate(till)], mottagning)
    return [mottagning.utfall[nummer] for nummer in range(len(till))]


# --- mail --------------------------------------------------------------------------------------------------------


def test_a_mail_arrives_as_it_was_written_to_one_recipient_each(
    smtp: SmtpMottagare, inst: Settings, database: Database
) -> None:
    text = "Snö – ”kraftig” över Svealand.\n.\n" + "lång rad " * 200 + "\n\nÖVNING ÖVNING ÖVNING\n"
    utfall = sand(epost(smtp, inst, database), "a@prov.example", "b@prov.example", amne="ÖVNING Läget – nu", text=text)
    assert utfall == [LEVERERAD, LEVERERAD]
    assert [brev.mottagare for brev in smtp.brev] == [("a@prov.example",), ("b@prov.example",)]
    forsta, andra = (brev.meddelande for brev in smtp.brev)
    assert forsta.get_content().replace("\r\n", "\n") == text
    assert (forsta["Subject"], forsta["From"]) == ("ÖVNING Läget – nu", "WIS <wis@prov.example>")
    assert (forsta["To"], andra["To"]) == ("a@prov.example", "b@prov.example")
    assert forsta["Auto-Submitted"] == "auto-generated"
    assert forsta["Date"]
    assert forsta["Message-ID"] != andra["Message-ID"]


def test_the_same_delivery_tried_twice_has_the_same_message_id(
    smtp: SmtpMottagare, inst: Settings, database: Database
) -> None:
    for _ in range(2):
        sand(epost(smtp, inst, database), "a@prov.example")
    assert len({brev.meddelande["Message-ID"] for brev in smtp.brev}) == 1


def test_each_recipient_gets_their_own_outcome(smtp: SmtpMottagare, inst: Settings, database: Database) -> None:
    smtp.beteende.nekade = {"finns-ej@prov.example": 550, "full@prov.example": 452}
    utfall = sand(
        epost(smtp, inst, database), "a@prov.example", "finns-ej@prov.example", "full@prov.example", "d@prov.example"
    )
    assert [ett.slag for ett in utfall] == [
        Utfallsslag.LEVERERAD,
        Utfallsslag.PERMANENT,
        Utfallsslag.OVERGAENDE,
        Utfallsslag.LEVERERAD,
    ]
    assert [ett.orsak for ett in utfall[1:3]] == [
        "brevservern nekade adressen (550)",
        "brevservern bad oss försöka senare (452)",
    ]


@pytest.mark.parametrize("adress", ["a@prov.example\r\nBcc: b@prov.example", "a@prov.example, b@prov.example", "a"])
def test_nothing_but_one_address_is_ever_sent_to(
    smtp: SmtpMottagare, inst: Settings, database: Database, adress: str
) -> None:
    assert [u.slag for u in sand(epost(smtp, inst, database), adress)] == [Utfallsslag.PERMANENT]
    assert smtp.brev == []


def test_a_subject_with_a_line_break_adds_no_header(smtp: SmtpMottagare, inst: Settings, database: Database) -> None:
    sand(epost(smtp, inst, database), "a@prov.example", amne="Hej\r\nBcc: b@prov.example")
    assert smtp.brev[0].mottagare == ("a@prov.example",)
    assert "Bcc" not in smtp.brev[0].meddelande


def test_a_server_that_closes_after_so_many_mails_gets_the_rest_on_a_new_connection(
    smtp: SmtpMottagare, inst: Settings, database: Database
) -> None:
    smtp.beteende.max_per_anslutning = 3
    adresser = [f"p{n}@prov.example" for n in range(10)]
    assert set(sand(epost(smtp, inst, database), *adresser)) == {LEVERERAD}
    assert [brev.mottagare[0] for brev in smtp.brev] == adresser


def test_many_mails_share_one_connection(smtp: SmtpMottagare, inst: Settings, database: Database) -> None:
    kanal = epost(smtp, inst, database)
    sand(kanal, "a@prov.example", "b@prov.example")
    sand(kanal, "c@prov.example", text="Något annat.")
    assert len(smtp.brev) == 3
    assert len(smtp.sessioner) == 1


def test_a_server_that_is_gone_is_a_passing_failure_and_when_it_is_back_mail_goes(
    smtp: SmtpMottagare, inst: Settings, database: Database
) -> None:
    kanal = epost(smtp, inst, database)
    sand(kanal, "a@prov.example")
    smtp.stanna()
    [utfall] = sand(kanal, "b@prov.example")
    assert (utfall.slag, utfall.orsak) == (Utfallsslag.OVERGAENDE, "brevservern svarar inte")
    smtp.starta()
    assert sand(kanal, "b@prov.example") == [LEVERERAD]


@pytest.mark.parametrize("bryt", list(Bryt))
def test_a_connection_lost_in_the_middle_of_a_message_is_a_passing_failure(
    smtp: SmtpMottagare, inst: Settings, database: Database, bryt: Bryt
) -> None:
    smtp.beteende.bryt = bryt
    [utfall] = sand(epost(smtp, inst, database), "a@prov.example")
    assert utfall.slag is Utfallsslag.OVERGAENDE
    # A message that may have been taken is not sent again at once.
    assert len(smtp.brev) <= 1


def test_a_server_that_takes_too_long_is_a_passing_failure(
    smtp: SmtpMottagare, inst: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wis.notiser.smtpkanal.TIDSGRANS", 0.2)
    smtp.beteende.fordrojning = 5.0
    borjan = time.monotonic()
    [utfall] = sand(epost(smtp, inst, database), "a@prov.example")
    assert utfall.slag is Utfallsslag.OVERGAENDE
    assert time.monotonic() - borjan < 4.0


def test_a_message_does_not_outlive_its_claim_however_many_slow_steps_there_are(
    smtp: SmtpMottagare, inst: Settings, database: Database
) -> None:
    kort = replace(inst, lease=2.0)
    smtp.beteende.fordrojning = 5.0
    borjan = time.monotonic()
    [utfall] = sand(epost(smtp, kort, database), "a@prov.example")
    assert utfall.slag is Utfallsslag.OVERGAENDE
    assert time.monotonic() - borjan < kort.lease


def test_nor_when_the_server_says_a_letter_now_and_then(inst: Settings, database: Database) -> None:
    slut = threading.Event()

    def droppa(lyssnare: socket.socket) -> None:
        while not slut.is_set():
            with suppress(OSError), lyssnare.accept()[0] as kontakt:
                while not slut.wait(0.05):
                    kontakt.sendall(b"2")

    with socket.create_server(("127.0.0.1", 0)) as lyssnare:
        threading.Thread(target=droppa, args=(lyssnare,), daemon=True).start()
        url = f"smtp://127.0.0.1:{lyssnare.getsockname()[1]}/?fran=wis@prov.example"
        borjan = time.monotonic()
        [utfall] = sand(oppna(Kanalslag.EPOST, replace(inst, lease=2.0, epost_url=url), database), "a@prov.example")
        tid = time.monotonic() - borjan
        slut.set()
    assert utfall.slag is Utfallsslag.OVERGAENDE
    assert tid < 2.0


def test_an_sms_does_not_outlive_its_claim(gateway: HttpGateway, inst: Settings, database: Database) -> None:
    gateway.beteende.fordrojning = 5.0
    borjan = time.monotonic()
    [utfall] = sand(sms(gateway, replace(inst, lease=2.0), database), "+46701740605")
    assert utfall.slag is Utfallsslag.OVERGAENDE
    assert time.monotonic() - borjan < 2.0


# --- SMS ---------------------------------------------------------------------------------------------------------


def test_an_sms_is_posted_with_our_account_and_sender(gateway: HttpGateway, inst: Settings, database: Database) -> None:
    text = "ÖVNING Trafikverket: snö – håll avstånd\nhttps://wis.example.se/underrattelser/7"
    assert sand(sms(gateway, inst, database), "+46701740605", text=text) == [LEVERERAD]
    [anrop] = gateway.anrop
    assert (anrop.vag, anrop.anvandare, anrop.losenord) == ("/a1/sms", "u123", "hem/ligt")
    assert anrop.falt == {"from": "WIS", "to": "+46701740605", "message": text, "dontlog": "message"}


@pytest.mark.parametrize(
    ("status", "slag"),
    [
        (400, Utfallsslag.PERMANENT),
        (404, Utfallsslag.PERMANENT),
        (401, Utfallsslag.OVERGAENDE),
        (403, Utfallsslag.OVERGAENDE),
        (429, Utfallsslag.OVERGAENDE),
        (500, Utfallsslag.OVERGAENDE),
        (503, Utfallsslag.OVERGAENDE),
        (302, Utfallsslag.OVERGAENDE),
    ],
)
def test_what_the_gateway_answers_decides_whether_to_try_again(
    gateway: HttpGateway, inst: Settings, database: Database, status: int, slag: Utfallsslag
) -> None:
    gateway.beteende.status_for = {"+46701740606": status}
    utfall = sand(sms(gateway, inst, database), "+46701740605", "+46701740606", "+46701740607")
    assert [ett.slag for ett in utfall] == [Utfallsslag.LEVERERAD, slag, Utfallsslag.LEVERERAD]
    assert str(status) in utfall[1].orsak


def test_a_gateway_that_hangs_up_or_takes_too_long_is_a_passing_failure(
    gateway: HttpGateway, inst: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    kanal = sms(gateway, inst, database)
    gateway.beteende.stang_utan_svar = True
    assert [u.slag for u in sand(kanal, "+46701740605")] == [Utfallsslag.OVERGAENDE]
    monkeypatch.setattr("wis.notiser.elkskanal.TIDSGRANS", 0.2)
    gateway.beteende.stang_utan_svar, gateway.beteende.fordrojning = False, 5.0
    assert [u.slag for u in sand(kanal, "+46701740605")] == [Utfallsslag.OVERGAENDE]


# --- others ------------------------------------------------------------------------------------------------------


def test_another_apprise_service_is_called_once_per_recipient(
    gateway: HttpGateway, inst: Settings, database: Database
) -> None:
    url = f"form://127.0.0.1:{gateway.port}/sms/{{till}}"
    kanal = oppna(Kanalslag.SMS, replace(inst, sms_url=url), database)
    assert sand(kanal, "+46701740605", "+46701740606", text="Snö – nu") == [LEVERERAD, LEVERERAD]
    assert [anrop.vag for anrop in gateway.anrop] == ["/sms/+46701740605", "/sms/+46701740606"]
    assert {anrop.falt["message"] for anrop in gateway.anrop} == {"Snö – nu"}
    gateway.beteende.status = 500
    assert [u.slag for u in sand(kanal, "+46701740605")] == [Utfallsslag.OVERGAENDE]
    gateway.beteende.status = 302
    assert [u.slag for u in sand(kanal, "+46701740605")] == [Utfallsslag.OVERGAENDE]


def test_a_channel_that_is_not_configured_fails_at_once_and_says_so(inst: Settings, database: Database) -> None:
    [utfall] = sand(oppna(Kanalslag.SMS, inst, database), "+46701740605")
    assert (utfall.slag, utfall.orsak) == (Utfallsslag.PERMANENT, EJ_INSTALLD)


def test_in_the_demo_everything_stays_in_the_utkorg(gateway: HttpGateway, inst: Settings, database: Database) -> None:
    demo = replace(inst, demo=True)
    assert sand(oppna(Kanalslag.SMS, demo, database), "+46701740605", text="Snö") == [LEVERERAD]
    assert sand(oppna(Kanalslag.EPOST, demo, database), "a@prov.example", text="Snö") == [LEVERERAD]
    with database.reading() as session:
        poster = [(brev.kanal, brev.till, brev.text) for brev in leveransfragor.utkorg(session)[0]]
    assert poster == [("epost", ("a@prov.example",), "Snö"), ("sms", ("+46701740605",), "Snö")]


def test_nothing_more_is_sent_when_told_to_stop(gateway: HttpGateway, inst: Settings, database: Database) -> None:
    mottagning = Mottagning(hogst=2)
    sms(gateway, inst, database).sand([Forsandelse(n, f"+4670174060{n}", "", "Snö") for n in range(5)], mottagning)
    assert len(gateway.anrop) == len(mottagning.utfall) == 2


@pytest.mark.parametrize(
    "url",
    [
        "syslog://{till}",
        "utkorg://{till}",
        "dbus://{till}",
        "gnome://{till}",
        "windows://{till}",
        "macosx://{till}",
        "file:///tmp/{till}",
        "json://gateway.example/utan-mottagare",
        "46elks://api.46elks.com/",
        "46elks://u:p@api.46elks.com/?fran=Länsstyrelsen",
        "46elks://u:p@api.46elks.com/?from=WIS",
    ],
)
def test_a_channel_that_could_run_programs_or_reach_nobody_is_refused(
    inst: Settings, database: Database, url: str
) -> None:
    with pytest.raises(SettingsError, match="WIS_SMS_URL"):
        skapa(Kanalslag.SMS, replace(inst, sms_url=url), database)


def test_a_password_is_not_sent_in_the_clear_to_another_machine(inst: Settings, database: Database) -> None:
    with pytest.raises(SettingsError, match="klartext"):
        transport.smtpserver("smtp://u:p@mail.example.se/?fran=wis@example.se", inst)
    assert transport.smtpserver("smtps://u:p@mail.example.se/?fran=wis@example.se", inst).port == 465
    assert transport.smtpserver("smtp+starttls://u:p@mail.example.se/?fran=wis@example.se", inst).port == 587


def test_an_sms_account_goes_over_tls_but_to_the_machine_itself(inst: Settings) -> None:
    assert transport.smstjanst("46elks://u:p@api.46elks.com/", inst).adress == "https://api.46elks.com/a1/sms"
    assert transport.smstjanst("46elks://u:p@127.0.0.1:81/", inst).adress == "http://127.0.0.1:81/a1/sms"


# --- is it well? -------------------------------------------------------------------------------------------------


def test_the_check_says_what_is_well_and_how_to_mend_the_rest(
    smtp: SmtpMottagare, gateway: HttpGateway, inst: Settings
) -> None:
    val = replace(inst, epost_url=smtp_url(smtp), sms_url=elks_url(gateway))
    assert [ok for ok, _ in kontrollera(val)] == [True, True]
    assert (smtp.brev, gateway.anrop) == ([], [])
    dod = replace(inst, epost_url=f"smtp://127.0.0.1:{ledig_port()}/?fran=wis@prov.example")
    svar = kontrollera(dod)
    assert [ok for ok, _ in svar] == [False, False]
    assert any("WIS_SMS_URL" in text for _, text in svar)
    assert any("svarar inte" in text for _, text in svar)
    assert [ok for ok, _ in kontrollera(replace(inst, demo=True))] == [True]


def test_no_number_address_or_text_reaches_a_log(
    smtp: SmtpMottagare,
    gateway: HttpGateway,
    inst: Settings,
    database: Database,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # The servers of the tests keep their own logs, which are theirs.
    logging.getLogger("mail.log").propagate = False
    caplog.set_level(logging.DEBUG)
    smtp.beteende.nekade = {"a@prov.example": 550}
    gateway.beteende.status = 500
    json_url = f"json://127.0.0.1:{gateway.port}/sms/{{till}}"
    sand(epost(smtp, inst, database), "a@prov.example", "b@prov.example", text="Hemligt innehåll")
    sand(sms(gateway, inst, database), "+46701740605", text="Hemligt innehåll")
    sand(oppna(Kanalslag.SMS, replace(inst, sms_url=json_url), database), "+46701740605", text="Hemligt innehåll")
    logging.getLogger("mail.log").propagate = True
    for hemligt in ("701740605", "prov.example", "Hemligt"):
        assert hemligt not in caplog.text
