"""What is thrown away by a decision is gone for good, and what it was stays."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from tests.arkiv_stod import SNO, START, Varld, en_varld, ny_databas, sidor, stang
from tests.conftest import en_app
from tests.integration.test_arkiv import ADRESSER, SENARE, _inst, _las_in, _ta_ut
from wis import audit, cli, clock
from wis.arkiv import gallring
from wis.arkiv.filer import Mapplasare
from wis.arkiv.format import Arkivfel
from wis.arkiv.models import Gravsten
from wis.arkiv.stenar import innehall_hash
from wis.bilagor.models import Bilaga
from wis.db import Database
from wis.handelser.queries import find_handelse
from wis.lagesbild.models import LagesbildSektion, LagesbildVersion
from wis.notiser.models import Utskick
from wis.sok.models import Sokpost
from wis.tx import transaction
from wis.underrattelser.models import UnderrattelseVersion

HEMLIGT = ("Bron avlyst", "Vägen", "Rent vatten", "Två", "träd", "Väg 75", "karta.png", "hushåll")
SKYDDADE = (LagesbildVersion, UnderrattelseVersion, LagesbildSektion, Gravsten)


@pytest.fixture
def varld(varje_databas: Database, tmp_path: Path) -> Varld:
    varld = en_varld(varje_databas, _inst(tmp_path))
    stang(varld)
    return varld


def _gallra(varld: Varld, beslut: str = "KS 2026/17") -> int:
    with clock.at(SENARE), transaction(varld.database) as session:
        hittad = find_handelse(session, SNO)
        assert hittad is not None
        handelse = gallring.las_handelsen(session, hittad.id)
        agare_id = varld.nacka.aktor_id
        saker = gallring.saker_i(session, handelse, agare_id)
        return gallring.gallra(session, handelse, saker, gallring.Begart(beslut, agare_id, varld.nacka), helt=True)


def test_what_an_actor_throws_away_is_nowhere_and_its_pages_say_by_which_decision(
    varld: Varld, tmp_path: Path, sqlite_mall: Path
) -> None:
    with varld.database.reading() as session:
        forsta = session.get_one(UnderrattelseVersion, (1, 1))
        summa = innehall_hash({namn: getattr(forsta, namn) for namn in ("rubrik", "text", "html", "nodlage")})
    app = en_app(varld.inst, varld.database)
    with clock.at(SENARE):
        fore = sidor(app, "las@polisen.example", ADRESSER)
    assert "Rent vatten" in fore[ADRESSER[5]]
    assert _gallra(varld) == 6
    with clock.at(SENARE):
        efter = sidor(app, "las@polisen.example", ADRESSER)
    hittat = [(var, ord_) for var, allt in (efter | _allt(varld.database)).items() for ord_ in HEMLIGT if ord_ in allt]
    assert hittat == []
    for adress in (*ADRESSER[5:8], "/underrattelser/1"):
        assert "Gallrad enligt beslut KS 2026/17 den 2026-11-22." in efter[adress]
    # What is others' stays as it was, and so do the decisions of who owns the event.
    assert efter[ADRESSER[3]] == fore[ADRESSER[3]]
    assert "Snön ökar" in efter[ADRESSER[1]]
    with varld.database.reading() as session:
        assert isinstance(audit.verify(session), tuple)
        stenar = session.scalars(select(Gravsten).order_by(Gravsten.slag, Gravsten.nummer)).all()
        assert [(sten.slag, sten.nummer) for sten in stenar][-2:] == [("underrattelse", 1), ("underrattelse", 2)]
        assert stenar[-2].innehall_hash == summa
        loggade = session.scalars(select(audit.Loggpost.uppgifter).where(audit.Loggpost.handling == "gallrat"))
        assert any(summa in uppgifter for uppgifter in loggade)
    assert _gallra(varld) == 0
    # An archive of it holds the tombstones, and is read in again as it is.
    _ta_ut(varld, tmp_path / "ut", SNO)
    assert not (tmp_path / "ut/bilagor").exists()
    nytt = ny_databas(sqlite_mall, tmp_path / "ny.db")
    assert _las_in(nytt, varld.inst, Mapplasare(tmp_path / "ut")).olika == []
    with nytt.reading() as session:
        assert session.scalar(select(func.count()).select_from(Gravsten)) == 6
    nytt.dispose()


def _allt(database: Database) -> dict[str, str]:
    """Every word that the database holds of what was published, by where it stands."""
    kolumner = [LagesbildSektion.kalla, LagesbildSektion.html, LagesbildVersion.sammanfattning, Sokpost.text]
    kolumner += [Utskick.sms, Utskick.epost, Utskick.amne, Sokpost.rubrik]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Bilaga)) == 0
        return {str(kolumn): " ".join(session.scalars(select(kolumn))) for kolumn in kolumner}


def test_nothing_of_an_open_event_is_thrown_away_and_no_row_changes_but_by_its_tombstone(varld: Varld) -> None:
    with transaction(varld.database) as session:
        handelse = find_handelse(session, SNO)
        assert handelse is not None
        with pytest.raises(Arkivfel, match="nummer"):
            gallring.prova(handelse, "  ")
        handelse.stangd = None
    with pytest.raises(Arkivfel, match="inte stängd"):
        _gallra(varld)
    with transaction(varld.database) as session:
        handelse = find_handelse(session, SNO)
        assert handelse is not None
        handelse.stangd = START
    _gallra(varld)
    for tabell, satser in _FORSOK.items():
        for sats in satser:
            with pytest.raises(DatabaseError), transaction(varld.database) as session:
                session.execute(text(sats.format(tabell)))


_FORSOK = {
    # One with a tombstone says what that says, and nothing else of it may change; one without is as it always was.
    "lagesbild_version": (
        "UPDATE {} SET sammanfattning = 'annat' WHERE lagesbild_id = 1 AND nummer = 1",
        "UPDATE {} SET tlp = 'clear' WHERE lagesbild_id = 1 AND nummer = 1",
        "UPDATE {} SET forfattare_id = 1 WHERE lagesbild_id = 1 AND nummer = 1",
        "UPDATE {} SET sammanfattning = 'annat', andringsnotering = '' WHERE lagesbild_id = 2",
        "DELETE FROM {} WHERE lagesbild_id = 1 AND nummer = 3",
    ),
    "underrattelse_version": (
        "UPDATE {} SET rubrik = 'Annat' WHERE nummer = 1",
        "UPDATE {} SET html = '<p>annat</p>' WHERE nummer = 1",
        "DELETE FROM {} WHERE nummer = 2",
    ),
    "lagesbild_sektion": (
        "UPDATE {} SET kalla = 'annat' WHERE lagesbild_id = 1",
        "DELETE FROM {} WHERE lagesbild_id = 2",
    ),
    "handelsebeslut": ("UPDATE {} SET motivering = 'annat'", "DELETE FROM {}"),
    "gravsten": ("UPDATE {} SET beslut = 'annat'", "DELETE FROM {}"),
}


def test_whoever_runs_the_installation_takes_out_proves_reads_in_and_throws_away(
    varld: Varld, tmp_path: Path, sqlite_mall: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not varld.database.sqlite:
        return
    for namn in [namn for namn in os.environ if namn.startswith("WIS_")]:
        monkeypatch.delenv(namn)

    def wis(*ord_: str, fil: str = "wis.db") -> tuple[int, str]:
        env = {"WIS_INSTANCE": str(tmp_path), "WIS_DATABASE_URL": f"sqlite:///{tmp_path / fil}"}
        svar = CliRunner().invoke(cli.wis, ["arkiv", *ord_], env=env)
        assert svar.exception is None or isinstance(svar.exception, SystemExit), svar.exception
        return svar.exit_code, svar.output

    rot = str(tmp_path / "ut")
    assert wis("exportera", rot, "--handelse", SNO)[0] == 0
    assert "är inte tom" in wis("exportera", rot, "--handelse", SNO)[1]
    assert "Arkivet är helt" in wis("verifiera", rot)[1]
    ny_databas(sqlite_mall, tmp_path / "ny.db").dispose()
    assert wis("importera", rot, fil="ny.db")[0] == 0
    assert wis("importera", rot, fil="ny.db")[0] == 1
    (tmp_path / "ut/index.html").write_text("annat")
    assert "index.html är ändrad" in wis("verifiera", rot)[1]
    assert wis("gallra", "--beslut", "7", "--handelse", "finns-inte", "--ja")[0] == 1
    kod, text_ = wis("gallra", "--beslut", "KS 7", "--handelse", SNO, "--ja", fil="ny.db")
    assert (kod, "gallrade enligt beslut KS 7" in text_) == (0, True), text_
    nytt = Database(f"sqlite:///{tmp_path / 'ny.db'}")
    with nytt.reading() as session:
        assert set(session.scalars(select(LagesbildVersion.sammanfattning))) == set(
            session.scalars(select(Gravsten.text))
        )
        assert isinstance(audit.verify(session), tuple)
    nytt.dispose()
