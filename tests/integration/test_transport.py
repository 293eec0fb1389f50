"""Real servers on loopback: what becomes of each recipient, and what a log may say."""

import logging
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest

from tests.sandhjalp import Kanaler, Mottagning, elks_url, forsandelser, sand, smtp_url
from tests.servrar import HttpGateway, SmtpMottagare, ledig_port
from wis import clock
from wis.notiser import elkskanal, leveransfragor, transport
from wis.notiser.models import Kanalslag
from wis.notiser.rules import LEVERERAD, Utfallsslag, mottagen
from wis.notiser.transport import EJ_INSTALLD, kontrollera, prova, skapa
from wis.settings import Settings, SettingsError

MOTTAGEN = mottagen()


# --- mail --------------------------------------------------------------------------------------------------------


def test_a_mail_arrives_as_it_was_written_to_one_recipient_each(smtp: SmtpMottagare, kanaler: Kanaler) -> None:
    text = "Snö – ”kraftig” över Svealand.\n.\n" + "lång rad " * 200 + "\n\nÖVNING ÖVNING ÖVNING\n"
    utfall = sand(kanaler.epost(smtp), "a@prov.example", "b@prov.example", amne="ÖVNING Läget – nu", text=text)
    assert utfall == [MOTTAGEN, MOTTAGEN]
    brev = sorted(smtp.brev, key=lambda ett: ett.mottagare)
    assert [ett.mottagare for ett in brev] == [("a@prov.example",), ("b@prov.example",)]
    forsta, andra = (ett.meddelande for ett in brev)
    assert forsta.get_content().replace("\r\n", "\n") == text
    assert (forsta["Subject"], forsta["From"]) == ("ÖVNING Läget – nu", "WIS <wis@prov.example>")
    assert (forsta["To"], andra["To"]) == ("a@prov.example", "b@prov.example")
    assert forsta["Auto-Submitted"] == "auto-generated"
    assert forsta["Date"]
    assert forsta["Message-ID"] != andra["Message-ID"]


def test_the_same_delivery_tried_twice_has_the_same_message_id(smtp: SmtpMottagare, kanaler: Kanaler) -> None:
    for _ in range(2):
        sand(kanaler.epost(smtp), "a@prov.example")
    assert len({brev.meddelande["Message-ID"] for brev in smtp.brev}) == 1


@pytest.mark.parametrize("i_foljd", [False, True])
def test_each_recipient_gets_their_own_outcome(smtp: SmtpMottagare, kanaler: Kanaler, i_foljd: bool) -> None:
    smtp.beteende.nekade = {"finns-ej@prov.example": 550, "full@prov.example": 452}
    smtp.beteende.pipelining = i_foljd
    utfall = sand(
        kanaler.epost(smtp, "&parallella=1"),
        "a@prov.example",
        "finns-ej@prov.example",
        "full@prov.example",
        "d@prov.example",
    )
    assert [ett.slag for ett in utfall] == [
        Utfallsslag.MOTTAGEN,
        Utfallsslag.PERMANENT,
        Utfallsslag.OVERGAENDE,
        Utfallsslag.MOTTAGEN,
    ]
    assert [ett.orsak for ett in utfall[1:3]] == [
        "brevservern nekade adressen (550)",
        "brevservern bad oss försöka senare (452)",
    ]
    assert not any(ett.om_leverantoren for ett in utfall)
    assert (smtp.anslutningar, len(smtp.brev)) == (1, 2)


@pytest.mark.parametrize(
    ("kod", "slag", "om_leverantoren"),
    [
        ("554 nej", Utfallsslag.PERMANENT, False),
        ("451 sen", Utfallsslag.OVERGAENDE, True),
        ("421 nej", Utfallsslag.OVERGAENDE, True),
    ],
)
def test_what_the_server_says_of_a_whole_mail_is_what_came_of_it(
    smtp: SmtpMottagare, kanaler: Kanaler, kod: str, slag: Utfallsslag, om_leverantoren: bool
) -> None:
    kanal = kanaler.epost(smtp)
    smtp.beteende.slutkod = kod
    [utfall] = sand(kanal, "a@prov.example")
    assert (utfall.slag, utfall.om_leverantoren) == (slag, om_leverantoren)
    assert kod[:3] in utfall.orsak
    smtp.beteende.slutkod = "250 OK"
    assert sand(kanal, "b@prov.example") == [MOTTAGEN]


def test_a_bounce_tells_which_delivery_it_is_about(smtp: SmtpMottagare, kanaler: Kanaler) -> None:
    sand(kanaler.epost(smtp, "&studs=studs@prov.example"), "a@prov.example")
    sand(kanaler.epost(smtp), "a@prov.example")
    assert [brev.avsandare for brev in smtp.brev] == ["studs+r0@prov.example", "wis@prov.example"]


@pytest.mark.parametrize("adress", ["a@prov.example\r\nBcc: b@prov.example", "a@prov.example, b@prov.example", "a"])
def test_nothing_but_one_address_is_ever_sent_to(smtp: SmtpMottagare, kanaler: Kanaler, adress: str) -> None:
    assert [u.slag for u in sand(kanaler.epost(smtp), adress)] == [Utfallsslag.PERMANENT]
    assert smtp.brev == []


def test_a_subject_with_a_line_break_adds_no_header(smtp: SmtpMottagare, kanaler: Kanaler) -> None:
    sand(kanaler.epost(smtp), "a@prov.example", amne="Hej\r\nBcc: b@prov.example")
    assert smtp.brev[0].mottagare == ("a@prov.example",)
    assert "Bcc" not in smtp.brev[0].meddelande


# --- SMS ---------------------------------------------------------------------------------------------------------


def test_an_sms_is_posted_with_our_account_and_sender(gateway: HttpGateway, kanaler: Kanaler) -> None:
    text = "ÖVNING Trafikverket: snö – håll avstånd\nhttps://wis.example.se/underrattelser/7"
    kanal = kanaler.sms(gateway)
    [utfall] = sand(kanal, "+46701740605", text=text)
    [anrop] = gateway.anrop
    assert (utfall, kanal.kvitton) == (mottagen(anrop.id or ""), False)
    assert (anrop.vag, anrop.anvandare, anrop.losenord) == ("/a1/sms", "u123", "hem/ligt")
    assert anrop.falt == {"from": "WIS", "to": "+46701740605", "message": text, "dontlog": "message"}


@pytest.mark.parametrize(
    ("status", "slag"),
    [
        (400, Utfallsslag.PERMANENT),
        (404, Utfallsslag.OVERGAENDE),
        (415, Utfallsslag.OVERGAENDE),
        (401, Utfallsslag.OVERGAENDE),
        (403, Utfallsslag.OVERGAENDE),
        (429, Utfallsslag.OVERGAENDE),
        (500, Utfallsslag.OVERGAENDE),
        (503, Utfallsslag.OVERGAENDE),
        (302, Utfallsslag.OVERGAENDE),
        # A gateway in front gave up: what is behind it may have taken the message.
        (502, Utfallsslag.OVISS),
        (504, Utfallsslag.OVISS),
        (408, Utfallsslag.OVISS),
    ],
)
def test_what_the_gateway_answers_decides_whether_to_try_again(
    gateway: HttpGateway, kanaler: Kanaler, status: int, slag: Utfallsslag
) -> None:
    gateway.beteende.status_for = {"+46701740606": status}
    utfall = sand(kanaler.sms(gateway), "+46701740605", "+46701740606", "+46701740607")
    assert [ett.slag for ett in utfall] == [Utfallsslag.MOTTAGEN, slag, Utfallsslag.MOTTAGEN]
    assert str(status) in utfall[1].orsak
    assert utfall[1].om_leverantoren is (slag is not Utfallsslag.PERMANENT)


@pytest.mark.parametrize(
    ("kropp", "namn"),
    [
        (b'{"id":"s1"}', "s1"),
        (rb'{"id":"\ud800x"}', ""),
        (rb'{"id":"a\u0000b"}', ""),
        (b'{"id":"a b"}', ""),
        (b'{"id":"' + b"x" * 101 + b'"}', ""),
        (b"[" * 60_000, ""),
    ],
)
def test_a_name_from_the_gateway_that_cannot_be_kept_is_none(kropp: bytes, namn: str) -> None:
    assert elkskanal.smsutfall(200, kropp, None) == mottagen(namn)


def test_what_came_of_an_sms_is_asked_to_be_told_at_an_address_of_its_own(
    gateway: HttpGateway, kanaler: Kanaler
) -> None:
    kanal = kanaler.sms(gateway, base_url="https://wis.example.se", base_url_given=True)
    sand(kanal, "+46701740605")
    assert kanal.kvitton
    assert gateway.anrop[0].falt["whendelivered"] == "https://wis.example.se/kvitto/46elks/r0"


def test_a_gateway_that_asks_for_patience_is_believed(gateway: HttpGateway, kanaler: Kanaler) -> None:
    kanal = kanaler.sms(gateway)
    gateway.beteende.status, gateway.beteende.retry_after = 429, "17"
    [utfall] = sand(kanal, "+46701740605")
    assert (utfall.slag, utfall.vanta, utfall.om_leverantoren) == (Utfallsslag.OVERGAENDE, 17.0, True)
    gateway.beteende.status = 503
    gateway.beteende.retry_after = format_datetime(clock.now() + timedelta(seconds=900), usegmt=True)
    [utfall] = sand(kanal, "+46701740605")
    assert utfall.vanta is not None
    assert 600 < utfall.vanta <= 900


# --- others ------------------------------------------------------------------------------------------------------


def test_another_apprise_service_is_called_once_per_recipient(gateway: HttpGateway, kanaler: Kanaler) -> None:
    url = f"form://127.0.0.1:{gateway.port}/sms/{{till}}"
    kanal = kanaler.oppna(Kanalslag.SMS, replace(kanaler.inst, sms_url=url))
    assert sand(kanal, "+46701740605", "+46701740606", text="Snö – nu") == [MOTTAGEN, MOTTAGEN]
    assert [anrop.vag for anrop in gateway.anrop] == ["/sms/+46701740605", "/sms/+46701740606"]
    assert {anrop.falt["message"] for anrop in gateway.anrop} == {"Snö – nu"}
    for status, slag in ((500, Utfallsslag.OVERGAENDE), (302, Utfallsslag.OVERGAENDE), (504, Utfallsslag.OVISS)):
        gateway.beteende.status = status
        [utfall] = sand(kanal, "+46701740605")
        assert (utfall.slag, utfall.om_leverantoren) == (slag, True)
    gateway.beteende.stang_utan_svar = True
    [utfall] = sand(kanal, "+46701740605")
    assert (utfall.slag, utfall.om_leverantoren) == (Utfallsslag.OVISS, True)


def test_another_apprise_service_that_is_down_is_tried_again_by_and_by(kanaler: Kanaler) -> None:
    url = f"json://127.0.0.1:{ledig_port()}/sms/{{till}}"
    [utfall] = sand(kanaler.oppna(Kanalslag.SMS, replace(kanaler.inst, sms_url=url)), "+46701740605")
    assert (utfall.slag, utfall.om_leverantoren) == (Utfallsslag.OVERGAENDE, True)


def test_a_channel_that_is_not_configured_fails_at_once_and_says_so(kanaler: Kanaler) -> None:
    [utfall] = sand(kanaler.oppna(Kanalslag.SMS, kanaler.inst), "+46701740605")
    assert (utfall.slag, utfall.orsak) == (Utfallsslag.PERMANENT, EJ_INSTALLD)


def test_in_the_demo_everything_stays_in_the_utkorg(kanaler: Kanaler) -> None:
    demo = replace(kanaler.inst, demo=True)
    assert sand(kanaler.oppna(Kanalslag.SMS, demo), "+46701740605", text="Snö") == [LEVERERAD]
    assert sand(kanaler.oppna(Kanalslag.EPOST, demo), "a@prov.example", text="Snö") == [LEVERERAD]
    with kanaler.database.reading() as session:
        poster = [(brev.kanal, brev.till, brev.text) for brev in leveransfragor.utkorg(session)[0]]
    assert poster == [("epost", ("a@prov.example",), "Snö"), ("sms", ("+46701740605",), "Snö")]


def test_nothing_more_is_sent_when_told_to_stop(gateway: HttpGateway, kanaler: Kanaler) -> None:
    mottagning = Mottagning(hogst=2)
    kanaler.sms(gateway).sand(forsandelser([f"+4670174060{n}" for n in range(5)]), mottagning)
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
        "46elks://u:p@api.46elks.com/?fran=WIS&parallella=257",
        "46elks://u:p@api.46elks.com/?fran=WIS&takt=0",
    ],
)
def test_a_channel_that_could_run_programs_or_reach_nobody_is_refused(kanaler: Kanaler, url: str) -> None:
    with pytest.raises(SettingsError, match="WIS_SMS_URL"):
        skapa(Kanalslag.SMS, replace(kanaler.inst, sms_url=url), kanaler.database)


def test_a_second_provider_stands_beside_the_first(kanaler: Kanaler) -> None:
    tva = replace(kanaler.inst, sms_url="46elks://u:p@127.0.0.1:81/", sms_url_2="jsons://gateway.example/{till}")
    assert [en.leverantor for en in skapa(Kanalslag.SMS, tva, kanaler.database)] == ["sms", "sms-2"]
    ensam = replace(kanaler.inst, epost_url_2="smtp://127.0.0.1/?fran=wis@prov.example")
    with pytest.raises(SettingsError, match="WIS_EPOST_URL_2"):
        skapa(Kanalslag.EPOST, ensam, kanaler.database)
    fel = replace(kanaler.inst, sms_url="46elks://u:p@127.0.0.1:81/", sms_url_2="syslog://{till}")
    with pytest.raises(SettingsError, match="WIS_SMS_URL_2"):
        skapa(Kanalslag.SMS, fel, kanaler.database)


def test_a_password_is_not_sent_in_the_clear_to_another_machine(inst: Settings) -> None:
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
    assert [ok for ok, _ in kontrollera(replace(val, epost_url_2=dod.epost_url))].count(False) == 1


def test_a_trial_really_sends_one_message_by_each_provider(
    smtp: SmtpMottagare, gateway: HttpGateway, inst: Settings
) -> None:
    val = replace(inst, epost_url=smtp_url(smtp), epost_url_2=f"smtp://127.0.0.1:{ledig_port()}/?fran=wis@prov.example")
    assert [ok for ok, _ in prova(val, Kanalslag.EPOST, "a@prov.example")] == [True, False]
    [brev] = smtp.brev
    assert "prov" in brev.meddelande.get_content()
    [(ok, text)] = prova(replace(inst, sms_url=elks_url(gateway)), Kanalslag.SMS, "+46701740605")
    assert ok
    assert (gateway.anrop[0].id or "-") in text
    assert [ok for ok, _ in prova(inst, Kanalslag.SMS, "+46701740605")] == [False]


def test_no_number_address_or_text_reaches_a_log(
    smtp: SmtpMottagare,
    gateway: HttpGateway,
    kanaler: Kanaler,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # The servers of the tests keep their own logs, which are theirs.
    logging.getLogger("mail.log").propagate = False
    caplog.set_level(logging.DEBUG)
    smtp.beteende.nekade = {"a@prov.example": 550}
    gateway.beteende.status = 500
    dod = kanaler.oppna(
        Kanalslag.EPOST, replace(kanaler.inst, epost_url=f"smtp://127.0.0.1:{ledig_port()}/?fran=wis@prov.example")
    )
    sand(dod, "c@prov.example", text="Hemligt innehåll")
    json_url = f"json://127.0.0.1:{gateway.port}/sms/{{till}}"
    sand(kanaler.epost(smtp), "a@prov.example", "b@prov.example", text="Hemligt innehåll")
    sand(kanaler.sms(gateway), "+46701740605", text="Hemligt innehåll")
    sand(kanaler.oppna(Kanalslag.SMS, replace(kanaler.inst, sms_url=json_url)), "+46701740605", text="Hemligt innehåll")
    logging.getLogger("mail.log").propagate = True
    for hemligt in ("701740605", "prov.example", "Hemligt"):
        assert hemligt not in caplog.text
