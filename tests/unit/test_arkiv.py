"""What an archive is made of, without a database."""

import pytest

from wis import modeller
from wis.arkiv.format import saker_vag
from wis.arkiv.sektioner import SEKTIONER, UTELAMNADE, pekar_pa
from wis.arkiv.stenar import html_av, innehall_hash

HOR_TILL = {"handelse", "lagesbild", "lagesbild_version", "underrattelse", "begaran", "begaran_mottagare", "paverkan"}


def test_whatever_belongs_to_an_event_is_taken_out_or_left_out_on_purpose() -> None:
    """A new table with a column of an event's, or of a thing in one, goes into one of the two lists."""
    finns = {sektion.namn for sektion in SEKTIONER}
    hor_till = {
        tabell.name
        for tabell in modeller.METADATA.sorted_tables
        if any(pekar_pa(kolumn) in HOR_TILL for kolumn in tabell.columns)
    }
    assert hor_till - finns - UTELAMNADE.keys() == set()
    assert finns & UTELAMNADE.keys() == set()
    assert UTELAMNADE.keys() <= {tabell.name for tabell in modeller.METADATA.sorted_tables}


def test_a_row_is_read_in_after_what_it_refers_to() -> None:
    """Else the database would refuse it."""
    ordning = [sektion.namn for sektion in SEKTIONER]
    for sektion in SEKTIONER:
        for kolumn in sektion.kolumner():
            mal = pekar_pa(kolumn)
            if mal not in {"", "aktor", "anvandare"}:
                assert ordning.index(mal) <= ordning.index(sektion.namn), (sektion.namn, kolumn.name)


@pytest.mark.parametrize("namn", ["data/handelse.json", "handelser/sno-1/lagesbild/nacka/12.html", "a_b-c.d"])
def test_the_names_that_we_give_are_taken(namn: str) -> None:
    assert saker_vag(namn)


@pytest.mark.parametrize(
    "namn", ["", ".", "..", "../a", "a/../b", "/a", "a/", "a//b", "a\\b", "C:/a", "a\0b", ".a", "a..b", "å", "x" * 500]
)
def test_no_name_leads_elsewhere(namn: str) -> None:
    assert not saker_vag(namn)


def test_a_tombstone_says_the_hash_of_what_was_there_and_its_text_is_only_text() -> None:
    assert innehall_hash({"b": 1, "a": "å"}) == innehall_hash({"a": "å", "b": 1}) != innehall_hash({"a": "ä", "b": 1})
    assert html_av("beslut <b>1</b>") == "<p>beslut &lt;b&gt;1&lt;/b&gt;</p>"
