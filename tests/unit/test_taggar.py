"""Which words of a text are tags."""

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wis.taggar import MAX_TAGG, MAX_TAGGAR, las_tagg, taggar_i

TECKEN = string.ascii_letters + string.digits + "åäöÅÄÖéü"
ORD = st.text(TECKEN, min_size=1, max_size=MAX_TAGG).filter(lambda ord_: not ord_.isdigit())


@pytest.mark.parametrize(
    ("text", "taggar"),
    [
        ("Vi ringer #El om #väg73.", ["el", "väg73"]),
        ("#ÅÄÖ först, (#sist)", ["åäö", "sist"]),
        ("Samma #el två gånger: #EL", ["el"]),
        ("#trygg-punkt och #a_b", ["trygg-punkt", "a_b"]),
        ("Vagn #3 är nummer 3, E#4 är ett ord", []),
        ("https://prov.example/#del och ##dubbelt # ensamt", []),
        ("", []),
    ],
)
def test_a_word_after_a_hash_is_a_tag(text: str, taggar: list[str]) -> None:
    assert taggar_i(text) == taggar


def test_a_letter_that_is_written_as_two_is_the_same_tag() -> None:
    assert taggar_i(unicodedata.normalize("NFD", "#Väg")) == ["väg"]


@given(st.lists(ORD, max_size=2 * MAX_TAGGAR))
def test_every_tag_that_is_written_is_found_and_can_be_asked_for(orden: list[str]) -> None:
    found = taggar_i(" ".join(f"#{ord_}" for ord_ in orden))
    assert found == list(dict.fromkeys(ord_.lower() for ord_ in orden))[:MAX_TAGGAR]
    assert [las_tagg(f"#{tagg.upper()}") for tagg in found] == found


@given(st.text())
def test_no_text_makes_a_tag_that_an_address_can_not_name(text: str) -> None:
    found = taggar_i(text)
    assert len(found) <= MAX_TAGGAR
    assert all(las_tagg(tagg) == tagg for tagg in found)
    assert las_tagg(las_tagg(text)) == las_tagg(text)
