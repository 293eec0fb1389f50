"""Providers that are down, slow, refuse, hang up or keep silent: nothing is lost unseen and nothing comes twice.

In the short form each fault strikes once per database and waits are cut to a fifteenth; in the long form (script/test
--long) each strikes many times, with the waits that are used in earnest.
"""

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.faults import leverans_stod as stod
from tests.faults.leverans_stod import Drift, Rad, Sink, Skiftklocka
from tests.mottagare import Bryt
from tests.servrar import vanta_tills
from wis.db import Database
from wis.notiser import brytare, stadning
from wis.notiser.models import Status
from wis.settings import Settings

LANG = os.environ.get("WIS_TEST_LONG") == "1"
VARV = 20 if LANG else 1
LEASE, LANGSAMT = (60.0, 30.0) if LANG else (12.0, 2.0)
TVA_MINUTER = stadning.OVISS_VANTA + timedelta(seconds=1)


@dataclass(frozen=True)
class Fel:
    """One way to fail, how it is seen that it has struck, and what may become of what it struck."""

    namn: str
    borja: Callable[[Drift], None]
    kant: Callable[[list[Rad]], bool]
    blir: frozenset[str]


def _nekade(rader: list[Rad]) -> bool:
    return {rad.nyckel[0] for rad in rader if rad.orsak} == {"sms", "epost"}


def _pa_vag(rader: list[Rad]) -> bool:
    return {rad.nyckel[0] for rad in rader if rad.status == Status.SANDS} == {"sms", "epost"}


def _nere(drift: Drift) -> None:
    drift.sink.ned()


def _langsamma(drift: Drift) -> None:
    drift.sink.frisk(LANGSAMT)


def _halva_nekar(drift: Drift) -> None:
    for person in drift.loften.folk[::2]:
        drift.sink.gateway.beteende.status_for[person.adresser[0]] = 503
        drift.sink.smtp.beteende.nekade[person.adresser[1]] = 451


def _alla_nekar(drift: Drift) -> None:
    drift.sink.gateway.beteende.status = 500
    drift.sink.smtp.beteende.nekade["*"] = 421


def _vill_inte_ha(drift: Drift) -> None:
    drift.sink.gateway.beteende.status_for[drift.loften.folk[-1].adresser[0]] = 400
    drift.sink.smtp.beteende.nekade[drift.loften.folk[-1].adresser[1]] = 550


def _tiger(drift: Drift) -> None:
    drift.sink.gateway.beteende.stang_utan_svar = True
    drift.sink.smtp.beteende.bryt = Bryt.EFTER_DATA


def _bryter(drift: Drift) -> None:
    drift.sink.gateway.beteende.stang_utan_svar = True
    drift.sink.smtp.beteende.bryt = Bryt.UNDER_DATA


_GAR = frozenset({Status.MOTTAGEN, Status.STRUKEN})
FELEN = [
    Fel("connection refused", _nere, _nekade, _GAR),
    Fel("slow", _langsamma, _pa_vag, _GAR),
    Fel("refuses half", _halva_nekar, _nekade, _GAR),
    Fel("refuses all", _alla_nekar, _nekade, _GAR),
    Fel("refuses some for good", _vill_inte_ha, _nekade, _GAR | {Status.MISSLYCKAD}),
    Fel("takes it and says nothing", _tiger, _nekade, _GAR | {Status.OVISS}),
    Fel("hangs up in the middle", _bryter, _nekade, _GAR | {Status.OVISS}),
]


@pytest.fixture
def kortare_vantan(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the short form a provider that has failed is tried again sooner."""
    if not LANG:
        monkeypatch.setattr(brytare, "PROVA_EFTER", brytare.PROVA_EFTER / 15)
        monkeypatch.setattr(brytare, "PROVA_HOGST", brytare.PROVA_HOGST / 15)


def _drabba(drift: Drift, fel: Fel, utan_ratt: stod.Person | None) -> float:
    """Let it strike while two versions go out and somebody loses the right to read; returns when it was over."""
    drift.sink.frisk()
    fel.borja(drift)
    namn = [drift.publicera(), drift.publicera()]
    vanta_tills(lambda: fel.kant(drift.rader(*namn)), 60, fel.namn)
    if utan_ratt is not None:
        stod.ta_ratten(drift.database, utan_ratt)
        drift.loften.tog_ratten(utan_ratt)
    namn.append(drift.publicera())
    drift.sink.frisk()
    over = time.monotonic()
    stod.vanta_avgjort(drift.database, 180)
    assert drift.lever()
    rader = drift.rader(*namn)
    assert {rad.status for rad in rader} <= fel.blir, (fel.namn, rader)
    ovissa = [rad for rad in rader if rad.status == Status.OVISS]
    # What was in flight, and what tried whether the provider was well again.
    assert len(ovissa) <= 2 * (stod.I_LUFTEN + brytare.I_RAD), (fel.namn, ovissa)
    return over


@pytest.mark.usefixtures("kortare_vantan")
def test_whatever_the_providers_do_each_gets_it_once_or_it_is_seen_that_they_may_not_have(
    varje_databas: Database, settings: Settings
) -> None:
    chance, began, ater = random.Random(20261122), time.monotonic(), []
    with Sink() as sink, Drift(varje_databas, settings, sink, LEASE) as drift:
        drift.logga_in()
        drift.starta()
        for varv in range(VARV):
            for fel in FELEN if not varv else chance.sample(FELEN, len(FELEN)):
                # Each time of the first round somebody else; from the second half, who is refused in none of them.
                vem = drift.loften.folk[2 * FELEN.index(fel) + 1] if not varv else None
                ater.append(_drabba(drift, fel, vem))
        dom, p99 = drift.loften.granska(varje_databas, sink), drift.loften.p99(sink, ater)
        # In the first fault nothing went to anybody: who lost the right in it got nothing at all after that.
        assert not [ett for ett in drift.loften.efter_forlorad_ratt(sink, 0.0) if ett.nyckel[1] in _forsta(drift)]
        assert not drift.loften.efter_forlorad_ratt(sink, stod.UTAN_RATT_FORR + LANGSAMT + stod.LANGSAM)
    print(f"\n{len(ater)} faults in {time.monotonic() - began:.0f} s: {dom}; p99 {p99:.2f} s")
    print(f"publishing at most {max(drift.tider):.2f} s")
    assert dom.statusar[Status.OVISS]
    assert dom.statusar[Status.MISSLYCKAD]
    assert p99 <= 60


def _forsta(drift: Drift) -> tuple[str, str]:
    return drift.loften.folk[1].adresser


@pytest.mark.usefixtures("kortare_vantan")
def test_an_urgent_one_that_nobody_answered_is_sent_once_more_marked_and_never_a_third_time(
    varje_databas: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    klocka = Skiftklocka(monkeypatch)
    with Sink() as sink, Drift(varje_databas, settings, sink, antal=6) as drift:
        drift.logga_in()
        drift.starta()
        _tiger(drift)
        namn, vanlig = drift.publicera(bradskande=True), drift.publicera()
        vanta_tills(lambda: _nekade(drift.rader(namn)), 30, "att någon leverans är oviss")
        klocka.skift += TVA_MINUTER
        vanta_tills(lambda: _ovissa(drift, namn, 2), 60, "att den skickas en gång till")
        sink.frisk()
        stod.vanta_avgjort(varje_databas)
        obesvarade = {rad.id for rad in drift.rader(namn, vanlig) if rad.status == Status.OVISS}
        # More than once more, and long after: what has been sent twice stands, and so does what is not urgent.
        for _ in range(3):
            klocka.skift += TVA_MINUTER
            stadning.stada(varje_databas)
            stod.vanta_avgjort(varje_databas)
        rader = drift.rader(namn, vanlig)
        assert {rad.id for rad in rader if rad.status == Status.OVISS} <= obesvarade
        assert all(rad.sandningar == 2 for rad in rader if rad.status == Status.OVISS and rad.nyckel[2] == namn)
        assert all(rad.sandningar == 1 and not rad.upprepad for rad in rader if rad.nyckel[2] == vanlig)
        upprepade = {rad.id for rad in rader if rad.upprepad}
        assert upprepade
        dom = drift.loften.granska(varje_databas, sink, upprepade)
        assert set(dom.dubbletter) == upprepade
        andra = {ett.nyckel for ett in sink.framme() if ett.upprepad}
        assert andra == {rad.nyckel for rad in rader if rad.upprepad}


def _ovissa(drift: Drift, namn: str, sandningar: int) -> bool:
    return any(rad.status == Status.OVISS and rad.sandningar == sandningar for rad in drift.rader(namn))
