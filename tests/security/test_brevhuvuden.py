"""Whatever is typed in what ends in a mail, it begins no new header and reaches nobody else."""

from email import message_from_bytes
from email.message import Message
from email.policy import default

import pytest

from wis.notiser.smtpbrev import Smtpserver, ar_adress, brevmall, egna_rader

BRYT = ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x00", "\r\n "]
INSATT = "Bcc: ond@ond.invalid"


def _las(amne: str, text: str, namn: str = "WIS") -> Message:
    """The whole mail as it is written to the server, read again as a receiver does."""
    server = Smtpserver("127.0.0.1", 25, "klartext", "", "", "wis@example.se", namn)
    skrivet = egna_rader(server, 1, "anna@example.se") + brevmall(server, amne, text)
    # It ends where the server takes it to end, and nowhere before.
    assert skrivet.index(b"\r\n.\r\n") == len(skrivet) - 5
    return message_from_bytes(skrivet, policy=default)


def _brev(amne: str, text: str, namn: str = "WIS") -> list[str]:
    return sorted(huvud.lower() for huvud in _las(amne, text, namn))


@pytest.mark.parametrize("bryt", BRYT)
def test_a_subject_stays_a_subject(bryt: str) -> None:
    assert _brev(f"Läge{bryt}{INSATT}", "text") == _brev("Läge", "text")


@pytest.mark.parametrize("bryt", BRYT)
def test_a_text_stays_a_text(bryt: str) -> None:
    assert _brev("Läge", f"{bryt}{INSATT}{bryt}{bryt}--gräns") == _brev("Läge", "text")
    assert _brev("Läge", f"a{bryt}.{bryt}MAIL FROM:<ond@ond.invalid>{bryt}") == _brev("Läge", "text")


@pytest.mark.parametrize("bryt", [*BRYT, " ", ",", ";", ":", "<", ">", '"', "(", "\\"])
def test_an_address_that_holds_another_is_none(bryt: str) -> None:
    assert not ar_adress(f"anna@example.se{bryt}ond")
    assert not ar_adress(f"anna{bryt}x@example.se")
    assert ar_adress("anna@example.se")


@pytest.mark.parametrize("bryt", BRYT)
def test_the_name_of_the_sender_begins_no_header(bryt: str) -> None:
    assert _brev("Läge", "text", f"Läns{bryt}{INSATT}") == _brev("Läge", "text")


@pytest.mark.parametrize("namn", ['a" <ond@ond.invalid>', "a, ond@ond.invalid", "a\\", "<ond@ond.invalid>", "a;b:c"])
def test_the_name_of_the_sender_is_no_other_address(namn: str) -> None:
    fran = _las("Läge", "text", namn)["From"]
    assert [adress.addr_spec for adress in fran.addresses] == ["wis@example.se"]
    assert fran.addresses[0].display_name == namn
