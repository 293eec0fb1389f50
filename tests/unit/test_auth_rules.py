"""The whole table of rights, written by hand from what the roles mean, held against can()."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from wis.auth.krets import Krets
from wis.auth.rules import Roll, Sak, Slag, Subjekt, Verb, can

NU = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EGEN, ANNAN = 1, 2
ROLLER = [None, Roll.LASARE, Roll.SKRIBENT, Roll.TALESPERSON, Roll.REDAKTOR]

ALLA = None
BARA_EGEN, DELAD, BARA_ANNAN = frozenset({EGEN}), frozenset({EGEN, ANNAN}), frozenset({ANNAN})


def subjekt(roll: Roll | None, *, administrator: bool = False, giltig_till: datetime | None = None) -> Subjekt:
    """Somebody who acts for the actor EGEN."""
    return Subjekt(
        anvandare_id=7,
        namn="Vera",
        epost="vera@nacka.example",
        aktor_id=EGEN,
        aktor_slug="nacka",
        aktor_namn="Nacka kommun",
        aktor_kortnamn="Nacka",
        roll=roll,
        administrator=administrator,
        giltig_till=giltig_till,
    )


# One row: verb, kind of thing, its owner, who may read the event, whether that is closed; then one letter for each of
# no role, läsare, skribent, talesperson, redaktör. J = may, n = may not, d = may not even know that it exists.
TABELL = [
    # Reading follows the right to read alone.
    (Verb.LASA, Slag.HANDELSE, EGEN, ALLA, False, "nJJJJ"),
    (Verb.LASA, Slag.HANDELSE, ANNAN, ALLA, False, "nJJJJ"),
    (Verb.LASA, Slag.HANDELSE, EGEN, BARA_EGEN, False, "dJJJJ"),
    (Verb.LASA, Slag.HANDELSE, ANNAN, DELAD, False, "dJJJJ"),
    (Verb.LASA, Slag.HANDELSE, ANNAN, BARA_ANNAN, False, "ddddd"),
    (Verb.LASA, Slag.HANDELSE, EGEN, ALLA, True, "nJJJJ"),
    (Verb.LASA, Slag.EGEN_LAGESBILD, ANNAN, ALLA, False, "nJJJJ"),
    (Verb.LASA, Slag.EGEN_LAGESBILD, ANNAN, BARA_ANNAN, False, "ddddd"),
    (Verb.LASA, Slag.SAMLAD_LAGESBILD, None, ALLA, False, "nJJJJ"),
    (Verb.LASA, Slag.SAMLAD_LAGESBILD, None, BARA_ANNAN, False, "ddddd"),
    (Verb.LASA, Slag.UNDERRATTELSE, ANNAN, DELAD, False, "dJJJJ"),
    (Verb.LASA, Slag.UNDERRATTELSE, ANNAN, BARA_ANNAN, False, "ddddd"),
    # Any actor opens an event.
    (Verb.OPPNA_HANDELSE, Slag.HANDELSE, EGEN, ALLA, False, "nnJJJ"),
    # Its details and readers: a redaktör of the owner.
    (Verb.ANDRA_HANDELSE, Slag.HANDELSE, EGEN, ALLA, False, "nnnnJ"),
    (Verb.ANDRA_HANDELSE, Slag.HANDELSE, EGEN, BARA_EGEN, False, "dnnnJ"),
    (Verb.ANDRA_HANDELSE, Slag.HANDELSE, EGEN, ALLA, True, "nnnnJ"),
    (Verb.ANDRA_HANDELSE, Slag.HANDELSE, ANNAN, ALLA, False, "nnnnn"),
    (Verb.ANDRA_HANDELSE, Slag.HANDELSE, ANNAN, DELAD, False, "dnnnn"),
    (Verb.ANDRA_HANDELSE, Slag.HANDELSE, ANNAN, BARA_ANNAN, False, "ddddd"),
    # Its läge: a talesperson of the owner, or any redaktör who may read it. Opening again is such a decision.
    (Verb.ANDRA_LAGE, Slag.HANDELSE, EGEN, ALLA, False, "nnnJJ"),
    (Verb.ANDRA_LAGE, Slag.HANDELSE, EGEN, ALLA, True, "nnnJJ"),
    (Verb.ANDRA_LAGE, Slag.HANDELSE, ANNAN, ALLA, False, "nnnnJ"),
    (Verb.ANDRA_LAGE, Slag.HANDELSE, ANNAN, DELAD, True, "dnnnJ"),
    (Verb.ANDRA_LAGE, Slag.HANDELSE, ANNAN, BARA_ANNAN, False, "ddddd"),
    # Each actor writes its own, in an open event.
    (Verb.SKRIVA, Slag.EGEN_LAGESBILD, EGEN, ALLA, False, "nnJJJ"),
    (Verb.SKRIVA, Slag.EGEN_LAGESBILD, EGEN, DELAD, False, "dnJJJ"),
    (Verb.SKRIVA, Slag.EGEN_LAGESBILD, EGEN, ALLA, True, "nnnnn"),
    (Verb.SKRIVA, Slag.EGEN_LAGESBILD, ANNAN, ALLA, False, "nnnnn"),
    (Verb.SKRIVA, Slag.EGEN_LAGESBILD, EGEN, BARA_ANNAN, False, "ddddd"),
    (Verb.PUBLICERA, Slag.EGEN_LAGESBILD, EGEN, ALLA, False, "nnnJJ"),
    (Verb.PUBLICERA, Slag.EGEN_LAGESBILD, EGEN, ALLA, True, "nnnnn"),
    (Verb.PUBLICERA, Slag.EGEN_LAGESBILD, ANNAN, ALLA, False, "nnnnn"),
    (Verb.PUBLICERA, Slag.EGEN_LAGESBILD, EGEN, BARA_ANNAN, False, "ddddd"),
    # The samlade belongs to nobody: any redaktör who may read the event.
    (Verb.SKRIVA, Slag.SAMLAD_LAGESBILD, None, ALLA, False, "nnnnJ"),
    (Verb.SKRIVA, Slag.SAMLAD_LAGESBILD, None, ALLA, True, "nnnnn"),
    (Verb.SKRIVA, Slag.SAMLAD_LAGESBILD, None, BARA_ANNAN, False, "ddddd"),
    (Verb.PUBLICERA, Slag.SAMLAD_LAGESBILD, None, ALLA, False, "nnnnJ"),
    (Verb.PUBLICERA, Slag.SAMLAD_LAGESBILD, None, DELAD, False, "dnnnJ"),
    (Verb.PUBLICERA, Slag.SAMLAD_LAGESBILD, None, ALLA, True, "nnnnn"),
    (Verb.PUBLICERA, Slag.SAMLAD_LAGESBILD, None, BARA_ANNAN, False, "ddddd"),
    (Verb.PUBLICERA, Slag.UNDERRATTELSE, EGEN, ALLA, False, "nnnJJ"),
    (Verb.PUBLICERA, Slag.UNDERRATTELSE, EGEN, ALLA, True, "nnnnn"),
    (Verb.PUBLICERA, Slag.UNDERRATTELSE, ANNAN, ALLA, False, "nnnnn"),
    (Verb.PUBLICERA, Slag.UNDERRATTELSE, EGEN, BARA_ANNAN, False, "ddddd"),
    # How a dispatch goes is the sender's business, also after the event was closed.
    (Verb.SE_UTSKICK, Slag.UTSKICK, EGEN, ALLA, False, "nnJJJ"),
    (Verb.SE_UTSKICK, Slag.UTSKICK, EGEN, ALLA, True, "nnJJJ"),
    (Verb.SE_UTSKICK, Slag.UTSKICK, ANNAN, ALLA, False, "nnnnn"),
    (Verb.SE_UTSKICK, Slag.UTSKICK, ANNAN, BARA_ANNAN, False, "ddddd"),
    # No role administers anything; see below for who does.
    (Verb.ADMINISTRERA, Slag.AKTOR, EGEN, ALLA, False, "nnnnn"),
    (Verb.ADMINISTRERA, Slag.AKTOR, ANNAN, ALLA, False, "nnnnn"),
]


def en_sak(slag: Slag, agare: int | None, lasare: frozenset[int] | None, *, stangd: bool) -> Sak:
    """A thing in an event that these actors read; None = all."""
    kretsar = () if lasare is None else (Krets(alla=False, fran=dict.fromkeys(lasare)),)
    return Sak(slag, agare, kretsar, stangd=stangd, handelse_id=1)


def bokstav(who: Subjekt | None, verb: Verb, sak: Sak) -> str:
    """The answer of can() as a letter of the table."""
    beslut = can(who, verb, sak, NU)
    return "J" if beslut else "d" if beslut.dold else "n"


@pytest.mark.parametrize(("verb", "slag", "agare", "lasare", "stangd", "vantat"), TABELL)
def test_each_role_may_what_the_table_says(
    verb: Verb, slag: Slag, agare: int | None, lasare: frozenset[int] | None, stangd: bool, vantat: str
) -> None:
    sak = en_sak(slag, agare, lasare, stangd=stangd)
    assert "".join(bokstav(subjekt(roll), verb, sak) for roll in ROLLER) == vantat


@pytest.mark.parametrize(("verb", "slag", "agare", "lasare", "stangd", "vantat"), TABELL)
def test_being_administrator_adds_nothing_but_administering_ones_own_actor(
    verb: Verb, slag: Slag, agare: int | None, lasare: frozenset[int] | None, stangd: bool, vantat: str
) -> None:
    sak = en_sak(slag, agare, lasare, stangd=stangd)
    expected = "JJJJJ" if verb is Verb.ADMINISTRERA and agare == EGEN else vantat
    assert "".join(bokstav(subjekt(roll, administrator=True), verb, sak) for roll in ROLLER) == expected


def alla_saker() -> list[Sak]:
    """Every thing that differs in what can() looks at."""
    krets = [ALLA, BARA_EGEN, DELAD, BARA_ANNAN, frozenset()]
    return [
        en_sak(slag, agare, lasare, stangd=stangd)
        for slag, agare, lasare, stangd in product(Slag, (EGEN, ANNAN, None), krets, (False, True))
    ]


ALLT = list(product(Verb, alla_saker()))


def test_who_is_not_logged_in_may_nothing() -> None:
    assert {bokstav(None, verb, sak) for verb, sak in ALLT} == {"n"}


def test_rights_that_have_run_out_are_none_and_hide_everything() -> None:
    over = [
        subjekt(roll, administrator=True, giltig_till=NU - late)
        for roll, late in product(ROLLER, (timedelta(0), timedelta(days=1)))
    ]
    assert {bokstav(who, verb, sak) for who, (verb, sak) in product(over, ALLT)} == {"d"}


def test_rights_that_last_a_little_longer_are_whole() -> None:
    for roll, (verb, sak) in product(ROLLER, ALLT):
        soon = subjekt(roll, giltig_till=NU + timedelta(seconds=1))
        assert can(soon, verb, sak, NU) == can(subjekt(roll), verb, sak, NU)


def test_a_higher_role_never_may_less() -> None:
    for verb, sak in ALLT:
        answers = [bool(can(subjekt(roll), verb, sak, NU)) for roll in ROLLER]
        assert answers == sorted(answers)


def test_what_one_may_not_read_one_may_not_touch() -> None:
    for roll, (verb, sak) in product(ROLLER, ALLT):
        if verb is not Verb.ADMINISTRERA and not can(subjekt(roll), Verb.LASA, sak, NU):
            assert not can(subjekt(roll), verb, sak, NU)


def test_nobody_writes_for_another_actor_or_in_a_closed_event() -> None:
    for roll, (verb, sak) in product(ROLLER, ALLT):
        if verb in {Verb.SKRIVA, Verb.PUBLICERA} and can(subjekt(roll), verb, sak, NU):
            assert not sak.stangd
            assert sak.slag is Slag.SAMLAD_LAGESBILD or sak.agare_id == EGEN


def test_every_refusal_says_why_and_who_can_change_it() -> None:
    for roll, (verb, sak) in product(ROLLER, ALLT):
        beslut = can(subjekt(roll), verb, sak, NU)
        if not beslut:
            assert beslut.skal.endswith(".")
            assert beslut.vem_kan.endswith(".")


def test_each_role_is_explained_in_one_line_and_in_swedish() -> None:
    assert [roll.namn for roll in Roll] == ["läsare", "skribent", "talesperson", "redaktör"]
    for roll in Roll:
        assert "\n" not in roll.innebord
        assert 0 < len(roll.innebord) < 100
    assert [roll.niva for roll in Roll] == [1, 2, 3, 4]
