"""What is said, when it may be said, and what follows from how it went."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wis.auth.krets import Tlp
from wis.clock import STOCKHOLM, local
from wis.notiser import rules, sms
from wis.notiser.models import Notisslag, Status
from wis.notiser.rules import Innehall, Regler, Utfall, komponera

LANK = "https://wis.example.se/handelser/snoovader-svealand/lagesbild/trafikverket/versioner/3"
NU = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NATT = ("22:00", "06:00")


def lagesbild(**andrat: object) -> Innehall:
    grund: dict[str, object] = {
        "slag": Notisslag.LAGESBILD,
        "aktor": "Trafikverket",
        "rubrik": rules.lagesbildsrubrik("Snöoväder i Svealand", 3, samlad=False),
        "text": "E18 är öppen norrut för kolonnkörning från kl. 15.05.",
        "lank": LANK,
    }
    return Innehall(**(grund | andrat))  # type: ignore[arg-type]


def underrattelse(**andrat: object) -> Innehall:
    grund: dict[str, object] = {
        "slag": Notisslag.UNDERRATTELSE,
        "rubrik": "Färjan till Ljusterö inställd",
        "text": "Färjan går inte före kl. 18. Ring Trafik Stockholm vid sjuktransport.",
        "lank": "https://wis.example.se/underrattelser/7",
    }
    return lagesbild(**(grund | andrat))


def klockan(ar: int, manad: int, dag: int, timme: int, minut: int = 0, fold: int = 0) -> datetime:
    return datetime(ar, manad, dag, timme, minut, tzinfo=STOCKHOLM, fold=fold).astimezone(UTC)


# --- what is said ------------------------------------------------------------------------------------------------


def test_the_sms_of_a_lagesbild_says_who_which_version_what_and_where() -> None:
    assert komponera(lagesbild()).sms == (
        "Trafikverket: Lägesbild version 3, Snöoväder i Svealand\n"
        "E18 är öppen norrut för kolonnkörning från kl. 15.05.\n" + LANK
    )


def test_an_underrattelse_goes_out_whole_however_long() -> None:
    text = "Ord på vägen. " * 70
    assert komponera(underrattelse(text=text)).sms.count("Ord på vägen.") == 70


def test_a_long_summary_is_cut_at_three_segments_and_the_link_is_whole() -> None:
    text = komponera(lagesbild(text="Vägen är avstängd på grund av snö. " * 40)).sms
    assert sms.mat(text).segment == 3
    assert text.endswith(f"...\n{LANK}")


@given(st.text(max_size=1200), st.text(max_size=200))
def test_whatever_is_written_the_link_is_whole_and_a_summary_never_takes_more_than_its_segments(
    text: str, rubrik: str
) -> None:
    skickat = komponera(lagesbild(text=text, rubrik=rubrik)).sms
    assert skickat.endswith(f"\n{LANK}")
    utan_text = komponera(lagesbild(text="", rubrik=rubrik)).sms
    assert sms.mat(skickat).segment <= max(rules.MAX_SEGMENT, sms.mat(utan_text + "...").segment)


@pytest.mark.parametrize("innehall", [lagesbild(ovning=True), underrattelse(ovning=True, bradskande=True)])
def test_an_exercise_says_so_first_everywhere_and_last_in_the_mail(innehall: Innehall) -> None:
    meddelande = komponera(innehall)
    assert meddelande.amne.startswith("ÖVNING ")
    assert meddelande.sms.startswith("ÖVNING ")
    assert meddelande.epost.startswith("ÖVNING")
    assert meddelande.epost.rstrip().splitlines()[-1] == "ÖVNING ÖVNING ÖVNING"


def test_what_is_real_never_says_exercise() -> None:
    meddelande = komponera(lagesbild())
    assert "ÖVNING" not in meddelande.amne + meddelande.sms + meddelande.epost


def test_urgent_and_correction_stand_before_the_sender_in_subject_and_sms() -> None:
    assert komponera(underrattelse(bradskande=True)).amne == "BRÅDSKANDE Trafikverket: Färjan till Ljusterö inställd"
    assert komponera(underrattelse(rattelse=True)).sms.startswith("RÄTTELSE Trafikverket: ")
    alla = komponera(underrattelse(ovning=True, bradskande=True, rattelse=True))
    assert alla.amne.startswith("ÖVNING BRÅDSKANDE RÄTTELSE Trafikverket: ")


def test_our_own_words_cost_nothing_extra_but_the_authors_stand_as_typed() -> None:
    vart = komponera(lagesbild(aktor="Räddningstjänsten – Roslagen", rubrik="Lägesbild version 3, ”Ida” – snö"))
    assert sms.mat(vart.sms).kodning == "GSM-7"
    deras = komponera(underrattelse(rubrik="Vatten – koka", text="Koka vattnet – tills vidare"))
    assert "Vatten – koka" in deras.sms
    assert "Koka vattnet – tills vidare" in deras.sms


def test_marks_of_markdown_are_not_sent_to_a_phone() -> None:
    assert "Stanna inne nu." in komponera(underrattelse(text="**Stanna inne** nu.")).sms


def test_a_subject_is_one_line_whatever_is_put_in_the_title() -> None:
    amne = komponera(underrattelse(rubrik="Hej\r\nBcc: alla@example.se\n" + "x" * 500)).amne
    assert len(amne.splitlines()) == 1
    assert len(amne) <= rules.MAX_AMNE


@pytest.mark.parametrize(
    ("antal", "mening"),
    [
        ((34, 6, 12, 34), "Detta går till 34 personer hos 6 aktörer: SMS 12, e-post 34."),
        ((1, 1, 0, 1), "Detta går till 1 person hos 1 aktör: SMS 0, e-post 1."),
        ((0, 0, 0, 0), "Detta går inte till någon: ingen som får läsa har valt att bli aviserad."),
    ],
)
def test_the_sentence_about_recipients_is_in_correct_swedish(antal: tuple[int, int, int, int], mening: str) -> None:
    assert rules.mottagarmening(*antal) == mening


# --- when --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nu", "tyst", "skickas"),
    [
        pytest.param(klockan(2026, 11, 3, 23), NATT, klockan(2026, 11, 4, 6), id="late in the evening: next morning"),
        pytest.param(klockan(2026, 11, 4, 2), NATT, klockan(2026, 11, 4, 6), id="after midnight: the same morning"),
        pytest.param(klockan(2026, 11, 4, 6), NATT, klockan(2026, 11, 4, 6), id="at the end: at once"),
        pytest.param(klockan(2026, 11, 4, 22), NATT, klockan(2026, 11, 5, 6), id="at the beginning: waits"),
        pytest.param(klockan(2026, 11, 4, 12), NATT, klockan(2026, 11, 4, 12), id="in the day: at once"),
        pytest.param(klockan(2026, 11, 4, 12, 30), ("12:00", "13:00"), klockan(2026, 11, 4, 13), id="a lunch hour"),
        pytest.param(klockan(2026, 10, 24, 23), NATT, klockan(2026, 10, 25, 6), id="the long night in October"),
        pytest.param(klockan(2026, 3, 28, 23), NATT, klockan(2026, 3, 29, 6), id="the short night in March"),
        pytest.param(
            klockan(2026, 3, 29, 1), ("22:00", "02:30"), klockan(2026, 3, 29, 3, 30), id="an end that the clock skips"
        ),
        pytest.param(
            klockan(2026, 10, 25, 1), ("22:00", "02:30"), klockan(2026, 10, 25, 2, 30), id="an end that comes twice"
        ),
        pytest.param(
            klockan(2026, 10, 25, 2, 10, fold=1),
            ("22:00", "02:30"),
            klockan(2026, 10, 25, 2, 30, fold=1),
            id="the second time around",
        ),
        pytest.param(klockan(2026, 11, 4, 12), ("08:00", "08:00"), klockan(2026, 11, 4, 12), id="hours of no length"),
        pytest.param(klockan(2026, 11, 4, 23), None, klockan(2026, 11, 4, 23), id="none chosen"),
    ],
)
def test_quiet_hours_follow_the_clock_on_the_wall(
    nu: datetime, tyst: tuple[str, str] | None, skickas: datetime
) -> None:
    assert rules.tidigast(nu, tyst, bradskande=False) == skickas


def test_what_is_urgent_breaks_through_quiet_hours() -> None:
    natten = klockan(2026, 11, 4, 2)
    assert rules.tidigast(natten, NATT, bradskande=True) == natten


_KLOCKSLAG = st.times().map(lambda t: f"{t:%H:%M}")


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)), _KLOCKSLAG, _KLOCKSLAG)
def test_quiet_hours_end_within_a_day_and_outside_themselves(nu: datetime, fran: str, till: str) -> None:
    skickas = rules.tidigast(nu, (fran, till), bradskande=False)
    assert nu <= skickas <= nu + timedelta(hours=25)
    assert rules.tidigast(skickas, (fran, till), bradskande=False) == skickas or local(skickas).fold == 0


def test_each_try_waits_twice_as_long_as_the_one_before_but_never_more_than_half_an_hour() -> None:
    tider = [rules.vantetid(forsok, 15.0, 0.5) for forsok in range(5)]
    assert tider == [timedelta(seconds=15 * 2**n) for n in range(5)]
    assert rules.vantetid(1000, 15.0, 1.0) == timedelta(minutes=30)


def test_the_tries_are_spread_by_a_fifth_either_way() -> None:
    assert rules.vantetid(0, 10.0, 0.0) == timedelta(seconds=8)
    assert rules.vantetid(0, 10.0, 1.0) == timedelta(seconds=12)


# --- how it went -------------------------------------------------------------------------------------------------

REGLER = Regler(ge_upp_efter=3600.0, backoff=10.0)


@pytest.mark.parametrize(
    ("utfall", "status"),
    [
        (rules.mottagen("s1"), Status.MOTTAGEN),
        (rules.LEVERERAD, Status.LEVERERAD),
        (rules.oviss("inget svar"), Status.OVISS),
    ],
)
def test_what_was_handed_over_is_never_called_more_or_less_than_is_known(utfall: Utfall, status: Status) -> None:
    assert rules.avgor(utfall, 1, NU, NU, REGLER) == rules.Avgorande(status, utfall.orsak, gick=True)


def test_a_passing_failure_waits_for_another_try_and_was_no_sending() -> None:
    beslut = rules.avgor(rules.overgaende("svarar inte"), 2, NU, NU, REGLER)
    assert (beslut.status, beslut.gick, beslut.tidigast) == (Status.VANTAR, False, NU + timedelta(seconds=20))
    assert beslut.orsak == "svarar inte"


@pytest.mark.parametrize(("bad", "minst", "hogst"), [(90, 90, 108), (0, 0, 0), (10**6, 1800, 2160)])
def test_a_provider_that_asks_for_a_pause_gets_it_and_all_do_not_come_back_at_once(
    bad: float, minst: float, hogst: float
) -> None:
    def vantan(slump: float) -> float:
        utfall = rules.overgaende("för många", vanta=bad)
        beslut = rules.avgor(utfall, 5, NU, NU, Regler(24 * 3600, 10.0, slump))
        assert beslut.tidigast is not None
        return (beslut.tidigast - NU).total_seconds()

    assert (vantan(0.0), vantan(1.0)) == (minst, hogst)


def test_a_permanent_failure_is_not_tried_again() -> None:
    beslut = rules.avgor(rules.permanent("numret finns inte"), 1, NU, NU, REGLER)
    assert (beslut.status, beslut.permanent, beslut.tidigast) == (Status.MISSLYCKAD, True, None)


def test_when_the_next_try_would_come_too_late_it_has_failed_and_says_why() -> None:
    sent = NU + timedelta(seconds=REGLER.ge_upp_efter - 10)
    assert rules.avgor(rules.overgaende("svarar inte"), 1, NU, sent, REGLER).status is Status.VANTAR
    beslut = rules.avgor(rules.overgaende("svarar inte"), 3, NU, sent, REGLER)
    assert (beslut.status, beslut.permanent) == (Status.MISSLYCKAD, False)
    assert beslut.orsak == "gav upp efter 3 försök: svarar inte"


# --- labels ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("grund", [lagesbild, underrattelse])
@pytest.mark.parametrize("tlp", [Tlp.GREEN, Tlp.AMBER, Tlp.AMBER_STRICT])
def test_above_clear_an_sms_holds_title_and_link_alone(grund: Callable[..., Innehall], tlp: Tlp) -> None:
    innehall = grund(tlp=tlp)
    assert komponera(innehall).sms == f"Trafikverket: {tlp.namn}, {innehall.rubrik}\n{innehall.lank}"
    assert komponera(innehall).amne == f"Trafikverket: {tlp.namn}, {innehall.rubrik}"


def test_the_mail_keeps_the_text_up_to_amber_and_no_longer() -> None:
    text = lagesbild().text
    har = {tlp: text in komponera(lagesbild(tlp=tlp, kort_lank="https://wis.example.se/n/7")).epost for tlp in Tlp}
    assert har == {Tlp.CLEAR: True, Tlp.GREEN: True, Tlp.AMBER: True, Tlp.AMBER_STRICT: False, Tlp.RED: False}


@pytest.mark.parametrize("grund", [lagesbild, underrattelse])
def test_red_tells_who_sent_it_that_it_is_an_exercise_and_urgent_and_nothing_else(
    grund: Callable[..., Innehall],
) -> None:
    innehall = grund(tlp=Tlp.RED, kort_lank="https://wis.example.se/n/7", ovning=True, bradskande=True, rattelse=True)
    meddelande = komponera(innehall)
    rad = "ÖVNING BRÅDSKANDE Trafikverket: TLP:RED, nytt att läsa i wis"
    assert meddelande.amne == rad
    assert meddelande.sms == f"{rad}\nhttps://wis.example.se/n/7"
    allt = meddelande.amne + meddelande.sms + meddelande.epost
    for del_ in (innehall.rubrik, innehall.text, innehall.lank, "RÄTTELSE"):
        assert del_ not in allt


def test_functions_are_counted_among_the_recipients() -> None:
    assert rules.mottagarmening(34, 6, 12, 34, 2) == (
        "Detta går till 34 mottagare hos 6 aktörer, varav 2 funktioner: SMS 12, e-post 34."
    )
    assert "varav 1 funktion:" in rules.mottagarmening(1, 1, 1, 0, 1)
