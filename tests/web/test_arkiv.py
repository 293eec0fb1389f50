"""Archives by the web: who takes out what, and throwing away in two steps."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests import factories as f
from tests.arkiv_stod import SNO, Varld, en_varld, inloggad, ny_databas, sidor, stang
from tests.conftest import en_app
from wis.arkiv.filer import Ziplasare
from wis.arkiv.models import Gravsten
from wis.arkiv.verifiera import Verifierat, verifiera
from wis.audit import Loggpost
from wis.auth.rules import Roll
from wis.settings import Settings
from wis.tx import transaction

Klient = Callable[[str], FlaskClient]


@pytest.fixture(scope="module")
def varld(sqlite_mall: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Varld]:
    mapp = tmp_path_factory.mktemp("arkiv")
    inst = Settings(mapp, "test" * 16, f"sqlite:///{mapp / 'wis.db'}", "http://localhost", embedded_worker=False)
    inst = Settings(**{**vars(inst), "andra_faktor": "ingen", "angra_tid": 0.0})
    database = ny_databas(sqlite_mall, mapp / "wis.db")
    varld = en_varld(database, inst)
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.TALESPERSON, epost="tala@nacka.example")
        f.en_person_hos(session, "nacka", None, epost="bara@nacka.example", administrator=True)
    yield varld
    database.dispose()


@pytest.fixture(scope="module")
def app(varld: Varld) -> Flask:
    return en_app(varld.inst, varld.database)


@pytest.fixture
def klient(app: Flask) -> Klient:
    return partial(inloggad, app)


def _zip(client: FlaskClient, adress: str) -> tuple[Verifierat, str]:
    """The archive that came, which holds, and every word in it."""
    with client.post(adress) as svar:
        assert svar.status_code == 200
        assert svar.mimetype == "application/zip"
        with zipfile.ZipFile(io.BytesIO(svar.get_data())) as fil:
            allt = b"".join(fil.read(namn) for namn in fil.namelist()).decode(errors="ignore")
            return verifiera(Ziplasare(fil)), allt


def test_a_redaktor_takes_out_an_event_as_the_own_actor_reads_it(varld: Varld, klient: Klient) -> None:
    # Nacka chose Polisen alone to read what it wrote.
    polisens, allt = _zip(klient("las@polisen.example"), f"/handelser/{SNO}/arkiv")
    assert polisens.manifest["som"] == "Polisen"
    assert "Rent vatten" in allt
    trafikverkets, allt = _zip(klient("las@trafikverket.example"), f"/handelser/{SNO}/arkiv")
    assert trafikverkets.manifest["som"] == "Trafikverket"
    assert "Rent vatten" not in allt
    assert "Vägen" not in allt
    assert "Samlat" in allt
    assert klient("las@polisen.example").get(f"/handelser/{SNO}/arkiv").status_code == 200
    # Who may not is not led there.
    lank = f'href="/handelser/{SNO}/arkiv"'
    assert lank in klient("las@polisen.example").get(f"/handelser/{SNO}").get_data(as_text=True)
    assert lank not in klient("tala@nacka.example").get(f"/handelser/{SNO}").get_data(as_text=True)
    nekad = klient("tala@nacka.example").post(f"/handelser/{SNO}/arkiv")
    assert nekad.status_code == 403
    assert "<h1>Du får inte ta ut ett arkiv</h1>" in nekad.get_data(as_text=True)
    assert klient("bara@nacka.example").post(f"/handelser/{SNO}/arkiv").status_code == 403
    with varld.database.reading() as session:
        loggat = session.scalars(select(Loggpost.objekt).where(Loggpost.handling == "arkiv exporterat")).all()
    assert loggat == [f"arkiv:handelse:{SNO}"] * 2


def test_an_administrator_takes_out_what_the_own_actor_owns_as_far_as_they_read(klient: Klient) -> None:
    egna, allt = _zip(klient("las@nacka.example"), "/aktorer/nacka/arkiv")
    assert [handelse["övning"] for handelse in egna.manifest["händelser"]] == [True, False]
    assert "Rent vatten" in allt
    assert "Samlat" not in allt
    inga, allt = _zip(klient("bara@nacka.example"), "/aktorer/nacka/arkiv")
    assert inga.manifest["händelser"] == []
    assert "vatten" not in allt
    assert klient("las@polisen.example").post("/aktorer/nacka/arkiv").status_code == 403
    assert SNO in klient("las@nacka.example").get("/aktorer/nacka/arkiv").get_data(as_text=True)


def test_throwing_away_takes_the_number_of_the_decision_twice_and_a_closed_event(
    varld: Varld, app: Flask, klient: Klient
) -> None:
    adress = f"/handelser/{SNO}/gallra"
    admin, steg = klient("las@nacka.example"), {"vad": "underrattelse:1:1", "beslut": "KS 2026/4"}
    assert klient("tala@nacka.example").get(adress).status_code == 403
    assert klient("bara@nacka.example").get(adress).status_code in {403, 404}
    svar = admin.post(adress, data=steg | {"bekrafta": "KS 2026/4"})
    assert svar.status_code == 422
    assert "inte stängd" in svar.get_data(as_text=True)
    stang(varld)
    svar = admin.post(adress, data=steg)
    assert "Det går inte att ångra" in svar.get_data(as_text=True)
    svar = admin.post(adress, data=steg | {"bekrafta": "KS 2026/5"})
    assert svar.status_code == 422
    assert "Inget är gallrat" in svar.get_data(as_text=True)
    # What is another actor's can't be chosen.
    svar = klient("las@polisen.example").post(adress, data=steg | {"bekrafta": "KS 2026/4"})
    assert svar.status_code == 422
    with varld.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Gravsten)) == 0
    assert admin.post(adress, data=steg | {"bekrafta": "KS 2026/4"}).status_code == 302
    text = sidor(app, "las@polisen.example", ["/underrattelser/1"])["/underrattelser/1"]
    assert "Gallrad enligt beslut KS 2026/4" in text
    assert "Två träd" in text
    assert "Ett träd" not in text
    assert "KS 2026/4" in admin.get(adress).get_data(as_text=True)
    with varld.database.reading() as session:
        uppgifter = session.scalars(select(Loggpost.uppgifter).where(Loggpost.handling == "gallrat")).all()
    assert [json.loads(rad)["beslut"] for rad in uppgifter] == ["KS 2026/4"]
