"""What the time of an answer tells of whether an account exists: nothing that an attacker can use.

The long form is the proof: many tries, the two kinds in turn and in random order within each pair, and one number that
is judged, once: how many times longer the middle answer for a known account took than that for an unknown. The limit is
5 %. The short form asks the same of fewer tries, and can't tell less than 15 % from the noise of a machine in use.
"""

import random
import time
from collections.abc import Callable, Iterator
from statistics import median

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from tests import factories as f
from wis import clock
from wis.auth.losenord import hasha
from wis.auth.models import Anvandare
from wis.db import Database
from wis.konton import views
from wis.tx import transaction

KORT, LANG = (12, 0.15), (400, 0.05)
"""How many pairs, and how much the two may differ."""
VARM = 4
"""Tries before those that count: the first ones of a process do more than the rest."""
FEL = "fel-fel-fel-fel-fel"
Fraga = Callable[[str], float]


@pytest.fixture
def konton(database: Database) -> None:
    """As many accounts as are asked about: each is asked about once, as by one who goes through a list."""
    lagrad = hasha(f.LOSENORD)
    with transaction(database) as session:
        for nummer in range(LANG[0] + VARM):
            person = f.en_person_hos(session, "nacka", epost=f"finns{nummer:03}@nacka.example")
            person.losenord_hash = lagrad


@pytest.fixture
def adresser() -> Iterator[str]:
    """Addresses in networks of their own: none of them is stopped for having knocked often."""
    return (f"10.{a}.{b}.7" for a in range(256) for b in range(256))


def forhallande(fraga: Fraga, antal: int) -> float:
    """How many times longer a known account takes than an unknown: the middle of each, from pairs in random order."""
    lott, tider = random.Random(5), {"finns": [], "borta": []}
    for nummer in range(antal + VARM):
        for sort in lott.sample(sorted(tider), 2):
            tid = fraga(f"{sort}{nummer:03}@nacka.example")
            if nummer >= VARM:
                tider[sort].append(tid)
    return median(tider["finns"]) / median(tider["borta"])


@pytest.mark.usefixtures("konton")
@pytest.mark.parametrize(("antal", "skillnad"), [KORT, pytest.param(*LANG, marks=pytest.mark.long)])
def test_a_login_takes_as_long_for_a_known_account_as_for_an_unknown(
    client: FlaskClient, adresser: Iterator[str], antal: int, skillnad: float
) -> None:
    def fraga(epost: str) -> float:
        """Seconds of this thread's processor: what others do on the machine is not in it, all our own work is."""
        data, fran = {"epost": epost, "losenord": FEL}, {"REMOTE_ADDR": next(adresser)}
        began = time.thread_time()
        svar = client.post("/logga-in", data=data, environ_overrides=fran)
        matt = time.thread_time() - began
        assert svar.status_code == 422
        return matt

    uppmatt = forhallande(fraga, antal)
    print(f"a known account takes {uppmatt:.4f} times as long to log in to as an unknown ({antal} pairs)")
    assert abs(uppmatt - 1) < skillnad


@pytest.mark.usefixtures("konton")
@pytest.mark.parametrize(("antal", "skillnad"), [(6, 0.15), pytest.param(60, 0.05, marks=pytest.mark.long)])
def test_a_forgotten_password_takes_as_long_for_a_known_address_as_for_an_unknown(
    client: FlaskClient, adresser: Iterator[str], antal: int, skillnad: float
) -> None:
    def fraga(epost: str) -> float:
        """Seconds by the clock on the wall: what a stranger measures. More is done for a known address, and hidden."""
        began = time.monotonic()
        svar = client.post("/glomt-losenord", data={"epost": epost}, environ_overrides={"REMOTE_ADDR": next(adresser)})
        matt = time.monotonic() - began
        assert svar.status_code == 200
        return matt

    uppmatt = forhallande(fraga, antal)
    print(f"a known address takes {uppmatt:.4f} times as long to answer as an unknown ({antal} pairs)")
    assert abs(uppmatt - 1) < skillnad


def test_without_what_hides_it_a_forgotten_password_would_tell(
    client: FlaskClient, adresser: Iterator[str], konton: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The judge sees a difference where there is one."""
    monkeypatch.setattr(views, "MINSTA_SVARSTID", 0.0)

    def fraga(epost: str) -> float:
        began = time.thread_time()
        client.post("/glomt-losenord", data={"epost": epost}, environ_overrides={"REMOTE_ADDR": next(adresser)})
        return time.thread_time() - began

    assert forhallande(fraga, 12) > 1.2


@pytest.mark.parametrize("sort", ["unknown", "shut", "invited"])
def test_the_database_is_asked_the_same_whatever_the_account(app: Flask, database: Database, sort: str) -> None:
    """What waits for the disk takes no processor: the same statements in the same order take the same wait."""
    with transaction(database) as session:
        for epost in ("kand@nacka.example", "shut@nacka.example"):
            f.en_person_hos(session, "nacka", epost=epost)
        session.scalars(select(Anvandare).where(Anvandare.epost == "shut@nacka.example")).one().avstangd = clock.now()
        session.add(Anvandare(epost="invited@nacka.example", namn="Kim", skapad=clock.now()))
    fragor: list[str] = []

    def notera(_c: object, _k: object, sats: str, *_mer: object) -> None:
        fragor.append(sats)

    event.listen(database.engine, "before_cursor_execute", notera)
    sedda = []
    for epost in ("forst@nacka.example", "kand@nacka.example", f"{sort}@nacka.example"):
        fragor.clear()
        assert app.test_client().post("/logga-in", data={"epost": epost, "losenord": FEL}).status_code == 422
        sedda.append(list(fragor))
    event.remove(database.engine, "before_cursor_execute", notera)
    assert sedda[1] == sedda[2]
    assert any("INSERT INTO loggpost" in sats for sats in sedda[1])
