"""When one person is not enough, and what does for the second."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wis.tvaperson.models import Niva
from wis.tvaperson.rules import (
    INGET,
    MIN_SKAL,
    VID_RATTELSE,
    Handling,
    Intyg,
    KraverTva,
    SammaPerson,
    Satt,
    las_handling,
    niva_av,
    prova,
)

NIVAER = st.sets(st.sampled_from(list(Niva)))


def test_the_level_is_what_it_does_to_others() -> None:
    assert niva_av(avisera=False, bradskande=True) is Niva.UTAN_AVISERING
    assert niva_av(avisera=True) is Niva.AVISERING
    assert niva_av(avisera=True, bradskande=True) is Niva.BRADSKANDE


@given(
    regler=NIVAER, niva=st.sampled_from(list(Niva)), skal=st.text(max_size=30), godkand=st.sampled_from([None, 1, 2])
)
def test_alone_only_where_no_rule_holds_or_with_a_reason(
    regler: set[Niva], niva: Niva, skal: str, godkand: int | None
) -> None:
    intyg = Intyg(godkand, skal)
    if godkand == 1:
        with pytest.raises(SammaPerson):
            prova(regler, niva, 1, intyg)
    elif godkand == 2:
        assert prova(regler, niva, 1, intyg) == Intyg(2)
    elif niva not in regler:
        assert prova(regler, niva, 1, intyg) == INGET
    elif len(skal.strip()) >= MIN_SKAL:
        assert prova(regler, niva, 1, intyg).nodlage == skal.strip()
    else:
        with pytest.raises(KraverTva):
            prova(regler, niva, 1, intyg)


@given(niva=st.sampled_from(list(Niva)), tidigare=NIVAER)
def test_a_correction_goes_before_when_it_does_no_more_than_what_it_corrects(niva: Niva, tidigare: set[Niva]) -> None:
    if any(niva.hojd <= en.hojd for en in tidigare):
        assert prova(set(Niva), niva, 1, VID_RATTELSE, tidigare).rattelse
    else:
        with pytest.raises(KraverTva):
            prova(set(Niva), niva, 1, VID_RATTELSE, tidigare)


def test_a_button_says_how_and_whether_to_tell() -> None:
    assert las_handling("avisera") == Handling(Satt.GENAST, avisera=True)
    assert las_handling("be_tyst") == Handling(Satt.BE, avisera=False)
    assert las_handling("nod_avisera") == Handling(Satt.NOD, avisera=True)
    assert (las_handling("granska"), las_handling(None), las_handling("be_")) == (None, None, None)
