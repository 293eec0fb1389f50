"""What a mail server's report is read as, and that nothing that anybody may send makes the reading fail."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.studsar import HEMLIG, en_studs, fritt_svar
from wis.notiser import referens, studs
from wis.notiser.kvitton import Kvitto, Kvittoslag
from wis.notiser.models import Kanalslag

TAGG = referens.gor(HEMLIG, 7)
KOM = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)  # the Arrival-Date of each report


def _misslyckad(orsak: str, *, permanent: bool = True) -> tuple[int, Kvitto]:
    return 7, Kvitto(Kvittoslag.MISSLYCKAD, Kanalslag.EPOST, orsak, permanent, gallde=KOM)


@pytest.mark.parametrize(
    ("action", "status", "sagt"),
    [
        ("failed", "5.1.1", _misslyckad("adressen finns inte (5.1.1)")),
        ("Failed (bad mailbox)", "5.2.2 (quota)", _misslyckad("brevlådan är full (5.2.2)")),
        ("failed", "4.4.7", _misslyckad("mottagarens brevserver gick inte att nå (4.4.7)", permanent=False)),
        ("failed", "5.7.509", _misslyckad("mottagarens brevserver nekade brevet (5.7.509)")),
        ("failed", "sorry", _misslyckad("brevet studsade")),
        ("delivered", "2.1.5", (7, Kvitto(Kvittoslag.LEVERERAD, Kanalslag.EPOST, gallde=KOM))),
        ("delayed", "4.4.1", (7, None)),
        ("relayed", "2.0.0", (7, None)),
        ("expanded", "2.0.0", (7, None)),
    ],
)
def test_a_report_says_what_became_of_the_mail(action: str, status: str, sagt: object) -> None:
    assert studs.tolka(en_studs(TAGG, action=action, status=status), HEMLIG) == sagt


@pytest.mark.parametrize("var", ["To", "Delivered-To", "X-Original-To", "Return-Path", "headers"])
def test_the_delivery_is_known_by_its_tag_wherever_the_address_stands(var: str) -> None:
    funnet = studs.tolka(en_studs(TAGG.upper(), var=var), HEMLIG)
    assert funnet is not None
    assert funnet[0] == 7


@pytest.mark.parametrize("var", ["To", "headers"])
@pytest.mark.parametrize(
    ("datum", "gallde"),
    [
        ("Sun, 22 Nov 2026 10:59:58 -0000", KOM.replace(hour=10, minute=59, second=58)),
        ("Sun, 22 Nov 2026 11:59:58 +0100", KOM.replace(hour=10, minute=59, second=58)),
        ("the day before yesterday", KOM),
        ("Fri, 31 Dec 9999 23:59:59 -2359", KOM),
    ],
)
def test_a_report_says_when_the_mail_was_sent(var: str, datum: str, gallde: datetime) -> None:
    funnet = studs.tolka(en_studs(TAGG, var=var, datum=datum), HEMLIG)
    assert funnet is not None
    assert funnet[1] is not None
    assert funnet[1].gallde == gallde


@pytest.mark.parametrize("tagg", ["7", f"7-{'0' * 20}", referens.gor("en annan nyckel", 7), f"8-{TAGG.split('-')[1]}"])
def test_a_report_whose_tag_is_not_ours_is_none(tagg: str) -> None:
    assert studs.tolka(en_studs(tagg), HEMLIG) is None


def test_an_answer_by_a_person_or_a_machine_is_none() -> None:
    assert studs.tolka(fritt_svar(TAGG), HEMLIG) is None
    assert (
        studs.tolka(en_studs(TAGG).replace(b"message/delivery-status", b"message/disposition-notification"), HEMLIG)
        is None
    )


def test_a_returned_mail_of_ten_megabytes_is_read_as_far_as_the_report() -> None:
    assert studs.tolka(en_studs(TAGG, fyllnad=b"x" * 10_000_000), HEMLIG) == _misslyckad("adressen finns inte (5.1.1)")


def test_what_is_nested_without_end_is_none() -> None:
    djupt = b"".join(b"Content-Type: multipart/report; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000))
    assert studs.tolka(djupt, HEMLIG) is None


@given(st.binary(max_size=400), st.integers(0, 900), st.integers(0, 200))
def test_whatever_is_cut_out_of_a_report_or_put_in_it_is_read_without_an_error(
    skrap: bytes, var: int, bort: int
) -> None:
    hel = en_studs(TAGG)
    studs.tolka(hel[:var] + skrap + hel[var + bort :], HEMLIG)
