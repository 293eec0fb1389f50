"""What may be published, when the next one comes, and how texts written at the same time meet."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wis.lagesbild import mall, rules
from wis.lagesbild.rules import (
    Avslag,
    Avslagsslag,
    Innehall,
    Lage,
    NyVersion,
    Oforandrad,
    Publicering,
    Tillstand,
    publicera,
    sammanfoga,
)

NU = datetime(2026, 11, 22, 13, 32, tzinfo=UTC)  # 14:32 in Stockholm
NYCKEL = "a" * 32


def innehall(sammanfattning: str = "E18 är öppen.", **ovrigt: str) -> Innehall:
    return Innehall.av({"sammanfattning": sammanfattning, **ovrigt})


def tillstand(senaste: int = 0, finns: Innehall | None = None, **ovrigt: object) -> Tillstand:
    return Tillstand(senaste, finns, NU, **ovrigt)  # type: ignore[arg-type]


def test_the_first_version_needs_nothing_but_a_summary() -> None:
    assert publicera(Publicering(0, NYCKEL, innehall()), tillstand()) == NyVersion(1, innehall())


def test_a_version_without_a_summary_is_refused_at_that_field() -> None:
    utfall = publicera(Publicering(0, NYCKEL, Innehall.av({"lage_fakta": "Det snöar."})), tillstand())
    assert isinstance(utfall, Avslag)
    assert utfall.slag is Avslagsslag.TOM
    assert list(utfall.fel) == ["sammanfattning"]


def test_whitespace_is_no_summary() -> None:
    utfall = publicera(Publicering(0, NYCKEL, innehall(" \r\n\t ")), tillstand())
    assert isinstance(utfall, Avslag)
    assert utfall.slag is Avslagsslag.TOM


@pytest.mark.parametrize("bas", [0, 2, 4, -1])
def test_a_stale_or_invented_base_is_refused_and_told_the_latest_number(bas: int) -> None:
    utfall = publicera(Publicering(bas, NYCKEL, innehall("Nytt")), tillstand(3, innehall()))
    assert utfall == Avslag(Avslagsslag.FEL_BAS, 3)


def test_the_same_form_sent_twice_gives_the_version_it_made_and_not_a_conflict() -> None:
    tidigare = (4, innehall("Nytt"))
    utfall = publicera(Publicering(3, NYCKEL, innehall("Nytt")), tillstand(4, innehall("Nytt"), tidigare=tidigare))
    assert utfall == Avslag(Avslagsslag.UPPREPAD, 4)


def test_the_same_form_with_another_text_is_not_taken_for_a_repetition() -> None:
    tidigare = (4, innehall("Nytt"))
    utfall = publicera(Publicering(3, NYCKEL, innehall("Nyare")), tillstand(4, innehall("Nytt"), tidigare=tidigare))
    assert utfall == Avslag(Avslagsslag.FEL_BAS, 4)


def test_a_text_that_says_the_same_is_refused_unless_a_note_says_why() -> None:
    utan = publicera(Publicering(3, NYCKEL, innehall()), tillstand(3, innehall()))
    assert utan == Avslag(Avslagsslag.OFORANDRAD, 3)
    med = Innehall.av({"sammanfattning": "E18 är öppen."}, "Nästa uppdatering flyttas.")
    assert publicera(Publicering(3, NYCKEL, med), tillstand(3, innehall())) == NyVersion(4, med)


@pytest.mark.parametrize(
    ("nasta", "fel"),
    [
        (NU - timedelta(minutes=1), "har redan varit"),
        (NU, "har redan varit"),
        (NU + timedelta(days=91), "tre månader"),
    ],
)
def test_a_next_update_in_the_past_or_far_off_is_refused(nasta: datetime, fel: str) -> None:
    utfall = publicera(Publicering(0, NYCKEL, Innehall.av({"sammanfattning": "Läget."}, nasta=nasta)), tillstand())
    assert isinstance(utfall, Avslag)
    assert utfall.slag is Avslagsslag.OGILTIG
    assert fel in utfall.fel["nasta_tid"]


def test_texts_that_are_too_long_are_named_with_how_much_to_cut() -> None:
    for_langt = Innehall.av({"sammanfattning": "x" * 507, "prognos": "y" * 20_001}, "z" * 301)
    fel = rules.granska(for_langt, NU)
    assert "Korta med 7" in fel["sammanfattning"]
    assert "Korta med 1" in fel["prognos"]
    assert "300" in fel["andringsnotering"]
    assert rules.granska(Innehall.av({"sammanfattning": "x" * 500, "prognos": "y" * 20_000}, "z" * 300), NU) == {}
    assert rules.granska(Innehall.av({"sammanfattning": "x" * 500 + " [[nacka 12 lage_fakta]]"}), NU) == {}


def test_line_breaks_count_as_one_character_however_the_browser_sends_them() -> None:
    assert Innehall.av({"sammanfattning": "a\r\nb\rc"}).sektioner["sammanfattning"] == "a\nb\nc"


def test_blank_lines_around_a_text_go_and_its_first_indentation_stays() -> None:
    assert rules.rensad("\n  \n    kod\n\nmer  \n\n") == "    kod\n\nmer"


def test_sections_stand_in_the_order_of_the_template_and_what_it_has_no_place_for_comes_last() -> None:
    texter = {"prognos": "p", "egen_7": "o", "ovriga": "x", "tom": " ", "sammanfattning": "s", "lage_fakta": "f"}
    innehall = Innehall.av(texter)
    assert list(innehall.sektioner) == ["sammanfattning", "lage_fakta", "prognos", "egen_7"]
    assert innehall.mall.avsnitt[-1].grupp == mall.UTANFOR


@given(st.dictionaries(st.sampled_from(mall.STANDARD.nycklar), st.text()))
def test_cleaning_a_text_again_changes_nothing(texter: dict[str, str]) -> None:
    en_gang = Innehall.av(texter)
    assert Innehall.av(en_gang.sektioner) == en_gang


def test_the_template_has_every_part_once_and_in_order() -> None:
    assert [rubrik.split(".")[0] for rubrik, _ in mall.STANDARD.grupper()] == list("12345678")
    assert len(set(mall.STANDARD.nycklar)) == len(mall.STANDARD.nycklar) == 13
    assert len({a.namn for a in mall.STANDARD.avsnitt}) == 13


# --- 'läget oförändrat' -------------------------------------------------------------------------------------------


def test_an_unchanged_state_moves_the_promise_on_by_as_long_as_last_time() -> None:
    publicerad = NU - timedelta(hours=2, minutes=10)
    utfall = rules.oforandra(3, 3, publicerad, publicerad + timedelta(hours=3), NU)
    assert utfall == Oforandrad(4, "Läget oförändrat kl. 14:32", NU + timedelta(hours=3))


def test_an_unchanged_state_promises_nothing_when_nothing_was_promised() -> None:
    utfall = rules.oforandra(3, 3, NU - timedelta(hours=1), None, NU)
    assert isinstance(utfall, Oforandrad)
    assert utfall.nasta_uppdatering is None


def test_an_unchanged_state_of_an_older_version_is_refused() -> None:
    assert rules.oforandra(3, 4, NU, None, NU) == Avslag(Avslagsslag.FEL_BAS, 4)


# --- when the next one comes --------------------------------------------------------------------------------------


def test_choices_of_time_mean_what_they_say() -> None:
    assert rules.tolka_nasta("", NU) is None
    assert rules.tolka_nasta("+60", NU) == datetime(2026, 11, 22, 14, 35, tzinfo=UTC)
    assert rules.tolka_nasta("2026-11-23T08:00", NU) == datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize("val", ["i morgon", "+en", "2026-13-01T08:00", "2026-03-29T02:30", "2026-11-23T08:00+05:00"])
def test_what_is_no_time_raises(val: str) -> None:
    with pytest.raises(ValueError):
        rules.tolka_nasta(val, NU)


def test_without_an_earlier_promise_none_is_suggested() -> None:
    val = rules.nasta_val(NU, None, None)
    assert val[0] == ("", "Ingen tid utlovas")
    assert [text for _, text in val[1:]] == [
        "om 1 tim (15:35)",
        "om 2 tim (16:35)",
        "om 4 tim (18:35)",
        "kl. 16:00",
        "i morgon 08:00",
    ]


def test_a_promise_still_to_come_is_kept_as_the_suggestion() -> None:
    val = rules.nasta_val(NU, NU - timedelta(hours=1), NU + timedelta(minutes=88))
    assert val[0] == ("2026-11-22T16:00", "kl. 16:00, som redan är utlovat")
    assert [v for v, _ in val].count("2026-11-22T16:00") == 1


def test_a_broken_promise_suggests_the_same_interval_again() -> None:
    val = rules.nasta_val(NU, NU - timedelta(hours=4), NU - timedelta(minutes=62))
    assert val[0] == ("+180", "om 3 tim (17:35), som förra gången")


def test_an_interval_of_a_quick_choice_is_offered_once() -> None:
    val = [v for v, _ in rules.nasta_val(NU, NU - timedelta(hours=4), NU - timedelta(hours=2))]
    assert val[0] == "+120"
    assert val.count("+120") == 1


def test_a_weekly_interval_is_told_in_days() -> None:
    assert rules.nasta_val(NU, NU - timedelta(days=8), NU - timedelta(days=1))[0][1].startswith("om 7 dygn")


@given(
    st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2030, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))
)
def test_every_quick_choice_can_be_read_back_and_lies_ahead(now: datetime) -> None:
    for varde, _ in rules.nasta_val(now, now - timedelta(hours=3), now - timedelta(hours=1)):
        try:
            nasta = rules.tolka_nasta(varde, now)
        except ValueError:  # 08 and 16 exist on every day, so no choice may be refused
            pytest.fail(varde)
        assert nasta is None or nasta > now


# --- texts that met -----------------------------------------------------------------------------------------------


def test_what_i_did_not_touch_follows_what_they_published() -> None:
    bas = {"sammanfattning": "a", "prognos": "p", "resurser": "r", "lage_fakta": "f"}
    mina = {"sammanfattning": "a1", "prognos": "p", "resurser": "r1", "lage_fakta": "f"}
    deras = {"sammanfattning": "a2", "prognos": "p2", "resurser": "r", "lage_fakta": "f"}
    moten = sammanfoga(bas, mina, deras)
    assert moten["sammanfattning"] == rules.Mote("a1", "a2", Lage.BADA)
    assert moten["prognos"] == rules.Mote("p2", "p2", Lage.DERAS)
    assert moten["resurser"] == rules.Mote("r1", "r", Lage.MIN)
    assert moten["lage_fakta"] == rules.Mote("f", "f", Lage.LIKA)


_texter = st.dictionaries(st.sampled_from(mall.STANDARD.nycklar), st.sampled_from(["", "a", "b", "c"]))


@given(_texter, _texter, _texter)
def test_a_text_of_mine_is_given_up_only_where_i_had_changed_nothing(
    bas: dict[str, str], mina: dict[str, str], deras: dict[str, str]
) -> None:
    for nyckel, mote in sammanfoga(bas, mina, deras).items():
        assert mote.text in {mina.get(nyckel, ""), deras.get(nyckel, "")}
        if mote.text != mina.get(nyckel, ""):
            assert mina.get(nyckel, "") == bas.get(nyckel, "")
