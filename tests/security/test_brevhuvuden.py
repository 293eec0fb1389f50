"""Whatever is typed in what ends in a mail, it begins no new header and reaches nobody else."""

from email import message_from_bytes
from email.policy import default

import pytest

from wis.notiser.apprise_kanaler import Forsandelse
from wis.notiser.smtpkanal import Smtpkanal, Smtpserver, _ar_adress

BRYT = ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x00", "\r\n "]
INSATT = "Bcc: ond@ond.invalid"


def _brev(amne: str, text: str, namn: str = "WIS") -> set[str]:
    server = Smtpserver("127.0.0.1", 25, "klartext", "", "", "wis@example.se", namn)
    ratt = Smtpkanal(server, 5.0)._brev(Forsandelse(1, "anna@example.se", amne, text), amne, text)
    return {huvud.lower() for huvud in message_from_bytes(ratt, policy=default)}


@pytest.mark.parametrize("bryt", BRYT)
def test_a_subject_stays_a_subject(bryt: str) -> None:
    assert _brev(f"Läge{bryt}{INSATT}", "text") == _brev("Läge", "text")


@pytest.mark.parametrize("bryt", BRYT)
def test_a_text_stays_a_text(bryt: str) -> None:
    assert _brev("Läge", f"{bryt}{INSATT}{bryt}{bryt}--gräns") == _brev("Läge", "text")


@pytest.mark.parametrize("bryt", [*BRYT, " ", ",", ";", ":", "<", ">", '"', "(", "\\"])
def test_an_address_that_holds_another_is_none(bryt: str) -> None:
    assert not _ar_adress(f"anna@example.se{bryt}ond")
    assert not _ar_adress(f"anna{bryt}x@example.se")
    assert _ar_adress("anna@example.se")


@pytest.mark.parametrize("bryt", BRYT)
def test_the_name_of_the_sender_begins_no_header(bryt: str) -> None:
    assert _brev("Läge", "text", f"Läns{bryt}{INSATT}") == _brev("Läge", "text")


@pytest.mark.parametrize("namn", ['a" <ond@ond.invalid>', "a, ond@ond.invalid", "a\\", "<ond@ond.invalid>", "a;b:c"])
def test_the_name_of_the_sender_is_no_other_address(namn: str) -> None:
    server = Smtpserver("127.0.0.1", 25, "klartext", "", "", "wis@example.se", namn)
    ratt = Smtpkanal(server, 5.0)._brev(Forsandelse(1, "anna@example.se", "Läge", "text"), "Läge", "text")
    fran = message_from_bytes(ratt, policy=default)["From"]
    assert [adress.addr_spec for adress in fran.addresses] == ["wis@example.se"]
    assert fran.addresses[0].display_name == namn
