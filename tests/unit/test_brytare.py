"""The circuit-breaker: a provider that fails is left alone, tried now and then, and used again when it is well."""

import pytest

from tests.utskick import TystTransport
from wis.notiser import brytare
from wis.notiser.brytare import PROVA_EFTER, PROVA_HOGST, Brytare
from wis.notiser.leverantorsminuter import Raknare
from wis.notiser.models import Kanalslag
from wis.notiser.rules import mottagen, overgaende
from wis.notiser.vagar import Vagar

HELT, INGET = (TystTransport.parti, False), (0, False)


def svara(en: Brytare, svaren: str, nu: float = 0.0) -> list[bool]:
    """Give it these answers: 'x' is a failure, '.' none."""
    return [en.svar(nu, fel=ett == "x") for ett in svaren]


@pytest.mark.parametrize(
    ("svaren", "frisk"),
    [
        ("xxxx", True),
        ("xxxxx", False),
        ("xxxx.xxxx.", True),
        (".x" * 9, True),
        (".x" * 10, False),
        ("." * 20 + "x." * 9, True),
        ("." * 20 + "x." * 10, False),
    ],
)
def test_five_failures_in_a_row_or_ten_of_twenty_open_it(svaren: str, *, frisk: bool) -> None:
    en = Brytare()
    svara(en, svaren)
    assert en.frisk is frisk


def test_one_message_tries_it_and_its_answer_decides() -> None:
    en = Brytare()
    svara(en, "xxxxx")
    assert not en.far_prova(PROVA_EFTER - 0.1)
    assert [en.far_prova(PROVA_EFTER) for _ in range(3)] == [True, False, False]
    assert svara(en, ".", PROVA_EFTER) == [True]
    assert en.frisk
    # What went wrong before is forgotten: four more are not five.
    svara(en, "xxxx")
    assert en.frisk


def test_the_pauses_between_the_tries_grow_but_never_beyond_twenty_seconds() -> None:
    en, nu, pauser = Brytare(), 0.0, []
    svara(en, "xxxxx")
    for _ in range(4):
        borjan = nu
        while not en.far_prova(nu):
            nu += 0.5
        pauser.append(nu - borjan)
        svara(en, "x", nu)
    assert pauser == [5.0, 10.0, 20.0, 20.0]
    assert PROVA_HOGST == 20.0


def test_a_try_that_is_never_told_of_is_followed_by_another_and_one_that_was_not_made_at_once() -> None:
    en = Brytare()
    svara(en, "xxxxx")
    assert en.far_prova(5.0)
    assert not en.far_prova(5.0 + PROVA_HOGST * 3 - 0.1)
    assert en.far_prova(5.0 + PROVA_HOGST * 3)
    en.angra_prov(70.0)
    assert en.far_prova(70.0)


def test_a_pause_that_the_provider_asks_for_is_kept_whatever_else_arrives() -> None:
    en = Brytare()
    assert not en.svar(0.0, fel=True, vanta=90)
    assert not en.frisk
    svara(en, "....", 1.0)  # these were on their way
    assert not en.frisk
    assert not en.far_prova(89.0)
    assert en.far_prova(90.0)


def vagar(*transporter: TystTransport) -> tuple[Vagar, list[Kanalslag]]:
    friska: list[Kanalslag] = []
    return Vagar(Kanalslag.SMS, transporter, friska.append, Raknare()), friska


def test_silence_is_a_failure_only_when_there_is_somebody_else() -> None:
    ensam, _ = vagar(TystTransport("sms", brytare.TYST_HOGST + 1))
    assert ensam.vagar[0].borjar()
    tva, _ = vagar(TystTransport("sms", brytare.TYST_HOGST + 1), TystTransport("sms-2"))
    forsta, andra = tva.vagar
    assert not forsta.borjar()
    assert (forsta.antal(), andra.antal()) == (INGET, HELT)


def test_the_second_provider_is_used_while_the_first_is_down_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brytare, "PROVA_EFTER", 0.0)
    tva, friska = vagar(TystTransport("sms"), TystTransport("sms-2"))
    forsta, andra = tva.vagar
    assert (forsta.antal(), andra.antal()) == (HELT, INGET)
    forsta.svar([overgaende("svarar inte", om_leverantoren=True)] * 5)
    assert forsta.gar_annan_vag()
    assert (andra.antal(), forsta.antal(), forsta.antal()) == (HELT, (1, True), INGET)
    # What it has failed to take goes by the other at once.
    assert friska == [Kanalslag.SMS]
    forsta.svar([mottagen()])
    assert friska == [Kanalslag.SMS] * 2
    assert (forsta.antal(), andra.antal()) == (HELT, INGET)


def test_what_is_wrong_with_the_recipient_says_nothing_of_the_provider() -> None:
    en, _ = vagar(TystTransport("sms"))
    en.vagar[0].svar([overgaende("numret är upptaget")] * 50)
    assert en.vagar[0].brytare.frisk
