"""Secrets under the installation's key, and browsers by name."""

import pytest

from wis.auth import hemligheter
from wis.auth.enhetsnamn import MAX_NAMN, enhetsnamn

NYCKEL = "prov" * 16


def test_what_was_encrypted_is_read_again_and_looks_different_each_time() -> None:
    sealed = hemligheter.kryptera(NYCKEL, "totp", 1, "hemligt")
    assert hemligheter.las(NYCKEL, "totp", 1, sealed) == "hemligt"
    assert sealed != hemligheter.kryptera(NYCKEL, "totp", 1, "hemligt")
    assert "hemligt" not in sealed


@pytest.mark.parametrize(
    ("nyckel", "syfte", "vem"), [("x" * 64, "totp", 1), (NYCKEL, "totp-ny", 1), (NYCKEL, "totp", 2)]
)
def test_another_key_purpose_or_person_reads_nothing(nyckel: str, syfte: str, vem: int) -> None:
    sealed = hemligheter.kryptera(NYCKEL, "totp", 1, "hemligt")
    with pytest.raises(hemligheter.Olaslig):
        hemligheter.las(nyckel, syfte, vem, sealed)


@pytest.mark.parametrize("skrap", ["", "x", "åäö", "gAAAAA=="])
def test_rubbish_is_unreadable(skrap: str) -> None:
    with pytest.raises(hemligheter.Olaslig):
        hemligheter.las(NYCKEL, "totp", 1, skrap)


@pytest.mark.parametrize(
    ("agent", "namn"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox på Windows"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
            "Safari/537.36 Edg/140.0.0.0",
            "Edge på Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari på iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile "
            "Safari/537.36",
            "Chrome på Android",
        ),
        ("<script>alert(1)</script>" * 99, "Okänd webbläsare"),
        ("", "Okänd webbläsare"),
    ],
)
def test_a_browser_is_named_so_that_its_owner_knows_it(agent: str, namn: str) -> None:
    assert enhetsnamn(agent) == namn
    assert len(enhetsnamn(agent)) <= MAX_NAMN
