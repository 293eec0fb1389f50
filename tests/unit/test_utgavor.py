"""What is read aloud of a version, and which sections its editions hold."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from wis.lagesbild.mall import STANDARD, Avsnitt, Avsnittsslag, Mall, Utgava
from wis.lagesbild.utgavor import ORD_PER_MINUT, SEKUNDER, Rubrik, Upplasning, att_lasa_upp, bara

KL_1405 = datetime(2026, 1, 12, 13, 5, tzinfo=UTC)
RUBRIK = Rubrik("Samlad lägesbild", "Snöoväder", 4, KL_1405)


def upplast(texter: dict[str, str], forra: dict[str, str] | None = None, rubrik: Rubrik = RUBRIK) -> Upplasning:
    return att_lasa_upp(rubrik, STANDARD, texter, forra or {}, datetime(2026, 1, 12, 15, 0, tzinfo=UTC))


def test_it_opens_with_whose_it_is_and_when_and_ends_with_the_promise() -> None:
    ut = upplast({"sammanfattning": "E18 är **öppen**."})
    assert ut.rader == [
        "Samlad lägesbild, Snöoväder. Version 4, klockan 14 noll 5.",
        "E18 är öppen.",
        "Nästa uppdatering klockan 16 noll noll. Slut.",
    ]
    assert (ut.utelamnat, ut.sekunder) == ([], round(ut.ord * 60 / ORD_PER_MINUT))


def test_an_exercise_says_so_first_and_last() -> None:
    ut = upplast({"sammanfattning": "Allt lugnt."}, rubrik=Rubrik("Samlad lägesbild", "Test", 1, KL_1405, ovning=True))
    assert ut.rader[0].startswith("Övning, övning, övning. ")
    assert ut.rader[-1].endswith("Övning. Slut.")


def test_the_gravest_comes_first_and_what_is_not_struck_is_not_read() -> None:
    rader = "| Skola | ingen |  |\n| Vatten | måttlig | Lågt tryck |\n| El | kritisk |  |"
    ut = upplast({"sammanfattning": "Nu.", "konsekvenser": rader})
    assert ut.rader[2:4] == ["El: kritisk påverkan.", "Vatten: måttlig påverkan. Lågt tryck."]
    assert "Skola" not in " ".join(ut.rader)


def test_a_figure_is_read_with_what_it_was_and_without_its_source() -> None:
    nu = "| Hushåll utan el [[nacka 3 nyckeltal]] | 9 000 | st |"
    ut = upplast({"sammanfattning": "Nu.", "nyckeltal": nu}, {"nyckeltal": "| Hushåll utan el | 8 000 | st |"})
    assert ut.rader[2] == "Hushåll utan el: 9 000 st, ökat från 8 000."


def test_no_sentence_is_cut_at_an_abbreviation() -> None:
    ut = upplast({"sammanfattning": "Ny konferens kl. 03.00. Ca. 40 ton, bl.a. salt. Tel. 113 13.\n- Första\n- Andra"})
    assert ut.rader[1:-1] == ["Ny konferens kl. 03.00.", "Ca. 40 ton, bl.a. salt.", "Tel. 113 13.", "Första", "Andra"]


def test_what_is_only_believed_is_not_read_and_not_for_communicators() -> None:
    for utgava in (Utgava.UPPLASNING, Utgava.KOMMUNIKATOR):
        assert not {"lage_antaganden", "alternativ", "prognos"} & set(bara(STANDARD, utgava).nycklar)
    assert {"lage_fakta", "kommunikation"} <= set(bara(STANDARD, Utgava.KOMMUNIKATOR).nycklar)


def test_a_template_chooses() -> None:
    mall = Mall((STANDARD.avsnitt[0], Avsnitt("egen_1", "2. Djur", "Djur", "", valda=frozenset({Utgava.UPPLASNING}))))
    assert bara(mall, Utgava.UPPLASNING).nycklar == ("sammanfattning", "egen_1")
    assert bara(mall, Utgava.KOMMUNIKATOR).nycklar == ("sammanfattning",)
    assert Avsnitt("egen_2", "Fakta", "Fakta", "", slag=Avsnittsslag.FAKTA).utgavor == {Utgava.KOMMUNIKATOR}


MENING = st.lists(st.sampled_from(["vägen", "är", "stängd", "norr", "om", "Gävle"]), min_size=1, max_size=12)
TEXT = st.lists(MENING.map(lambda ord_: " ".join(ord_) + "."), max_size=30).map(" ".join)


@given(MENING, st.dictionaries(st.sampled_from(STANDARD.nycklar[1:]), TEXT))
def test_it_fits_in_a_turn_and_says_what_does_not(forst: list[str], texter: dict[str, str]) -> None:
    ut = upplast({**texter, "sammanfattning": " ".join(forst) + "."})
    assert ut.sekunder <= SEKUNDER
    med = [a for a in bara(STANDARD, Utgava.UPPLASNING).avsnitt if texter.get(a.nyckel, "").strip()]
    for avsnitt in med:
        meningar = [m if m.endswith(".") else f"{m}." for m in texter[avsnitt.nyckel].split(". ")]
        assert all(m in ut.rader for m in meningar) or any(avsnitt.namn in namn for namn in ut.utelamnat)
