"""What a question may hold: all of it has been through a browser."""

import pytest

from wis.fragor.rules import MAX_SIDA, Mal, Otydlig, egen_sida, en_rad, fritext, las_sida


@pytest.mark.parametrize(
    "path",
    [
        "",
        "handelser/x",
        "//ond.example/handelser",
        "https://ond.example/",
        "/\\ond.example",
        "/x\r\nBcc: a@b",
        "/x y",
        "/x\u202e",
        "/" + "a" * MAX_SIDA,
    ],
)
def test_a_page_that_is_not_ours_is_no_page_to_ask_about(path: str) -> None:
    with pytest.raises(Otydlig):
        egen_sida(path)


def test_of_an_address_only_the_page_is_kept() -> None:
    assert egen_sida("/handelser/sno?sedan=aldrig#x") == "/handelser/sno"


@pytest.mark.parametrize(
    ("sida", "mal"),
    [
        ("/handelser/sno", Mal("sno")),
        ("/handelser/sno/tidslinje", Mal("sno")),
        ("/handelser/sno/lagesbild/nacka", Mal("sno", "nacka")),
        ("/handelser/sno/lagesbild/samlad/versioner/3", Mal("sno", "samlad", 3)),
        ("/underrattelser/7", Mal(underrattelse=7)),
        ("/underrattelser/7/ratta", Mal(underrattelse=7)),
        ("/underrattelser/7x", None),
        ("/utskick/7", None),
        ("/", None),
    ],
)
def test_what_a_page_is_about_is_read_from_its_address(sida: str, mal: Mal | None) -> None:
    assert las_sida(sida) == mal


def test_what_goes_into_a_subject_is_one_short_line() -> None:
    assert en_rad("Nej\r\nBcc: alla@prov.example\0", 200) == "Nej Bcc: alla@prov.example"
    assert len(en_rad("a" * 900, 120)) == 120


def test_own_words_keep_their_lines_and_lose_what_is_no_text() -> None:
    assert fritext(" Hej\r\n\x1b[31mdu\u202e ", 500) == "Hej\n[31mdu"
