"""Rights are given, taken, moved and run out in any order, and nobody observes what they may not."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import false, true

from tests.security import tillstand_iakttagelse
from tests.security.tillstand_maskin import Tillstandsmaskin
from tests.security.tillstand_modell import Nyckel
from tests.security.tillstand_spel import Val
from wis.auth import krets, rules
from wis.db import Database
from wis.handelser import lasratt, models
from wis.lagesbild import atkomst
from wis.notiser import queries

Maskin = Callable[[], Tillstandsmaskin]

# A step writes to a database and reads pages: it is slow for what Hypothesis is used to, and is meant to be.
GEMENSAMT: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "derandomize": True,
    "suppress_health_check": [HealthCheck.too_slow],
}
# Not shrunk: that takes minutes, and so few steps are read as they are. The long form shrinks what it finds.
KORT = settings(max_examples=4, stateful_step_count=18, phases=[Phase.generate], **GEMENSAMT)
LANG = settings(max_examples=30, stateful_step_count=40, **GEMENSAMT)


@pytest.fixture
def maskin(sqlite_mall: Path, tmp_path: Path, database: Database, app: Flask) -> Maskin:
    """A machine on a fresh database; the app is the same for all of them."""

    def en() -> Tillstandsmaskin:
        database.dispose()
        for rest in tmp_path.glob("wis.db*"):
            rest.unlink()
        shutil.copy(sqlite_mall, tmp_path / "wis.db")
        return Tillstandsmaskin(database, app)

    return en


def test_nobody_observes_what_they_may_not_whatever_is_done(maskin: Maskin) -> None:
    run_state_machine_as_test(maskin, settings=KORT)


@pytest.mark.long
def test_nobody_observes_what_they_may_not_whatever_is_done_for_long(maskin: Maskin) -> None:
    run_state_machine_as_test(maskin, settings=LANG)


def test_a_yes_gives_anew_the_right_to_an_event_that_had_ended(maskin: Maskin) -> None:
    en = maskin()
    en.borja(fro=0)
    en.lagesbild(h=0, aktor="a", tlp="clear", val=None)
    en.lasare_av_handelse(h=0, val=Val(frozenset({"b"}), timmar=1))
    en.tiden_gar(timmar=1)
    en.ingen_ser_mer_an_modellen()
    en.be_och_fa(nr=0, aktor="b", aven=True)
    assert "b" in en.modell.handelser[en.handelse(0)].nu
    en.ingen_ser_mer_an_modellen()


def test_what_is_opened_to_all_with_the_past_ends_for_nobody(maskin: Maskin) -> None:
    en = maskin()
    en.borja(fro=0)
    en.lagesbild(h=0, aktor="a", tlp="clear", val=None)
    en.anslut()
    en.lasare_av_handelse(h=0, val=Val(frozenset({"d"}), aven_tidigare=True, timmar=30))
    en.lasare_av_handelse(h=0, val=Val(None, aven_tidigare=True))
    en.tiden_gar(timmar=40)
    en.ingen_ser_mer_an_modellen()
    assert en.modell.laser(Nyckel("chef-d", "d"), next(iter(en.modell.innehall)), en.spel.nu)


# --- rules that are left out -----------------------------------------------------------------------------------------


def _alltid(*_: object) -> bool:
    return True


def _alla(*_: object) -> Any:
    return true()


def _ingen(*_: object) -> Any:
    return false()


def _inget(*_: object, **__: object) -> None:
    return None


def _utan_slut(rader: Iterable[Any]) -> dict[int, Any]:
    return {rad.aktor_id: rad.fran for rad in rader}


# And by what each is seen: in can(), in SQL, among those who are told, on a page.
BRUTNA: list[tuple[Any, str, Any, str]] = [
    (krets, "_redan", _alltid, "can"),
    (lasratt, "_redan", _alla, "SQL"),
    (models, "_gallande", _utan_slut, "can"),
    (lasratt, "_annu", _alla, "SQL"),
    (rules, "_gast", _inget, "can"),
    (lasratt, "_for_gast", _alla, "SQL"),
    (rules, "_marke", _inget, "can"),
    (lasratt, "_rott", _alla, "SQL"),
    (lasratt, "_i_sakens_krets", _alla, "SQL"),
    (lasratt, "galler", _alla, "mottagare"),
    (lasratt, "_i_tjanst_med_roll", _ingen, "mottagare"),
    (atkomst, "kraver", _inget, "/versioner/1"),
]
CHEF_B = 2
"""The step after which the pages are read of the boss of an actor whose right to a lägesbild has ended."""


@pytest.fixture
def spelad(maskin: Maskin, monkeypatch: pytest.MonkeyPatch) -> Tillstandsmaskin:
    """A few steps, after which each of the rules hides something from somebody, or gives it."""
    monkeypatch.setattr(tillstand_iakttagelse, "ANTAL_SIDOR", 99)
    en = maskin()
    en.borja(fro=0)
    en.lagesbild(h=1, aktor="a", tlp="clear", val=None)
    en.lasare_av_handelse(h=1, val=Val(None))
    en.lagesbild(h=0, aktor="a", tlp="clear", val=Val(frozenset({"b"}), timmar=1))
    en.lagesbild(h=0, aktor="b", tlp="amber", val=None)
    en.underrattelse(h=0, aktor="b", tlp="red", val=None)
    en.bjud_gast(person="p5", aktor="a", h=0, dagar=7)
    en.stang_av(nr=2, av=True)
    en.tiden_gar(timmar=1)
    en.ga_pa(namn="TiB", person="p4", timmar=2)
    return en


def glom_byggda_fragor() -> None:
    """The questions about recipients are built once per process: a rule that is changed must be asked anew."""
    queries._mottagare.cache_clear()
    queries._lasande_leveranser.cache_clear()


def _fel(en: Tillstandsmaskin) -> str:
    en.steg = CHEF_B
    try:
        en.ingen_ser_mer_an_modellen()
    except AssertionError as fel:
        return str(fel)
    return ""


def test_a_broken_rule_is_seen(spelad: Tillstandsmaskin, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _fel(spelad) == ""
    osedda = []
    for modul, namn, ersatt, var in BRUTNA:
        with monkeypatch.context() as brutet:
            brutet.setattr(modul, namn, ersatt)
            glom_byggda_fragor()
            fel = _fel(spelad)
        glom_byggda_fragor()
        if var not in fel:
            osedda.append(f"{modul.__name__}.{namn}: {fel}")
    assert osedda == []
    assert _fel(spelad) == ""
