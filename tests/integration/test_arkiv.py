"""What is taken out as an archive can be proved by itself, and read in again with the same pages."""

import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.arkiv_stod import OVNING, SNO, START, Varld, en_varld, folk, ny_databas, sidor
from tests.conftest import en_app
from wis import audit, clock
from wis.arkiv.exportera import Uppdrag, exportera
from wis.arkiv.filer import Lasare, Mapplasare, Mappskrivare, Ziplasare
from wis.arkiv.format import MANIFEST, Arkivfel
from wis.arkiv.importera import Utfall, importera
from wis.arkiv.urval import Urval, av_aktor, av_handelse
from wis.arkiv.verifiera import verifiera
from wis.begaran.models import BegaranMottagare, BegaranPaminnelse
from wis.db import Database
from wis.handelser.queries import find_handelse
from wis.settings import Settings
from wis.tx import transaction

SENARE = START + timedelta(hours=2)
ADRESSER = [
    f"/handelser/{SNO}",
    f"/handelser/{SNO}/tidslinje",
    f"/handelser/{SNO}/versioner",
    f"/handelser/{SNO}/lagesbild/samlad/versioner/1",
    f"/handelser/{SNO}/lagesbild/lansstyrelsen/versioner/1",
    *(f"/handelser/{SNO}/lagesbild/nacka/versioner/{nummer}" for nummer in (1, 2, 3)),
    f"/handelser/{SNO}/lagesbild/nacka/jamfor/1/2",
    "/underrattelser/1",
]


def _inst(mapp: Path) -> Settings:
    inst = Settings(
        mapp, "test" * 16, f"sqlite:///{mapp / 'wis.db'}", base_url="http://localhost", embedded_worker=False
    )
    return replace(inst, andra_faktor="ingen", angra_tid=0.0)


@pytest.fixture(scope="module")
def varld(sqlite_mall: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Varld]:
    mapp = tmp_path_factory.mktemp("arkiv")
    database = ny_databas(sqlite_mall, mapp / "wis.db")
    yield en_varld(database, _inst(mapp))
    database.dispose()


@pytest.fixture(scope="module")
def arkivet(varld: Varld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The event, taken out whole."""
    return _ta_ut(varld, tmp_path_factory.mktemp("ut") / "sno", SNO)


def _ta_ut(varld: Varld, mapp: Path, slug: str) -> Path:
    with clock.at(SENARE), varld.database.reading() as session:
        handelse = find_handelse(session, slug)
        assert handelse is not None
        exportera(session, Mappskrivare(mapp), Uppdrag(f"handelse:{slug}", av_handelse(handelse), "driften"))
    return mapp


def _las_in(database: Database, inst: Settings, lasare: Lasare) -> Utfall:
    with clock.at(SENARE), transaction(database) as session:
        folk(session)
    with clock.at(SENARE):
        return importera(database, inst, lasare)


def test_an_event_that_is_read_in_again_has_the_same_pages_and_a_chain_that_verifies(
    varld: Varld, arkivet: Path, varje_databas: Database, tmp_path: Path
) -> None:
    utfall = _las_in(varje_databas, varld.inst, Mapplasare(arkivet))
    assert utfall.olika == []
    with clock.at(SENARE):
        har = sidor(en_app(varld.inst, varld.database), "las@polisen.example", ADRESSER)
        dar = sidor(en_app(varld.inst, varje_databas), "las@polisen.example", ADRESSER)
    for adress in ADRESSER:
        assert dar[adress] == har[adress], adress
    assert "TLP:AMBER" in dar[ADRESSER[5]]
    assert "karta.png" in dar[ADRESSER[5]]
    assert "Vatten" in dar[ADRESSER[5]]
    with varje_databas.reading() as session:
        assert isinstance(audit.verify(session), tuple)
        # Nothing that was read in is sent to anybody.
        assert session.scalars(select(BegaranPaminnelse.sand)).all() == [SENARE]
        assert session.scalars(select(BegaranMottagare.lank_hash)).all() == [None]
    # And out again: the same rows, by other numbers of people alone.
    nytt = tmp_path / "igen"
    _ta_ut(replace(varld, database=varje_databas), nytt, SNO)
    verifiera(Mapplasare(nytt))
    samma = (
        "begaran_svar.json",
        "lagesbild_sektion.json",
        "handelse.json",
        "lasarkrets_aktor.json",
        "bilaga.json",
        "aktor.json",
    )
    for fil in samma:
        gammal, ny = (json.loads((rot / "data" / fil).read_text("utf-8")) for rot in (arkivet, nytt))
        for rad in (*gammal["rader"], *ny["rader"]):
            for person in ("skapad_av_id", "anvandare_id"):
                rad.pop(person, None)
        assert ny == gammal, fil
    with pytest.raises(Arkivfel, match="finns redan här"):
        importera(varje_databas, varld.inst, Mapplasare(arkivet))


def test_two_archives_of_the_same_differ_in_when_they_were_made_alone(
    varld: Varld, arkivet: Path, tmp_path: Path
) -> None:
    with transaction(varld.database) as session:
        audit.record(session, "arkiv exporterat", objekt=f"handelse:{SNO}")
    igen = _ta_ut(varld, tmp_path / "igen", SNO)
    filer = {fil.relative_to(igen): fil.read_bytes() for fil in igen.rglob("*") if fil.is_file()}
    olika = [namn for namn, data in filer.items() if (arkivet / namn).read_bytes() != data]
    assert olika == []
    assert len(filer) == sum(fil.is_file() for fil in arkivet.rglob("*"))


def test_the_pages_of_an_archive_need_nothing_but_its_files_and_an_exercise_says_so(
    varld: Varld, arkivet: Path, tmp_path: Path
) -> None:
    sida = (arkivet / f"handelser/{SNO}/lagesbild/nacka/2.html").read_text("utf-8")
    assert "http://" not in sida
    assert "<script" not in sida
    assert "TLP:AMBER" in sida
    assert "ÖVNING" not in sida
    for lank in ("../../../../stil/wis.css", "../../index.html", "1.html", "2.md"):
        assert f'href="{lank}"' in sida
        assert (arkivet / f"handelser/{SNO}/lagesbild/nacka" / lank).resolve().is_file()
    text = (arkivet / f"handelser/{SNO}/lagesbild/nacka/2.md").read_text("utf-8")
    assert "Vägen *stängd*." in text
    assert "## Vatten" in text
    ovning = _ta_ut(varld, tmp_path / "ovning", OVNING)
    assert all("ÖVNING ÖVNING" in fil.read_text("utf-8") for fil in (ovning / "handelser").rglob("*.html"))
    assert "Vägen" not in "".join(fil.read_text("utf-8") for fil in ovning.rglob("*.json"))


def test_all_that_an_actor_owns_is_taken_out_and_nothing_of_others(
    varld: Varld, tmp_path: Path, sqlite_mall: Path
) -> None:
    with varld.database.reading() as session:
        uppdrag = Uppdrag("aktor:nacka", av_aktor(session, varld.nacka.aktor_id), "driften")
        exportera(session, Mappskrivare(tmp_path / "nacka"), uppdrag)
    allt = "".join(fil.read_text("utf-8") for fil in (tmp_path / "nacka").rglob("*") if fil.suffix in {".json", ".md"})
    assert "Rent vatten." in allt
    assert "Bara en övning." in allt
    assert "Två **träd**." in allt
    assert "Samlat" not in allt
    assert "Länet håller öppet." not in allt
    assert "Snön ökar" not in allt
    tomt = ny_databas(sqlite_mall, tmp_path / "ny.db")
    utfall = _las_in(tomt, varld.inst, Mapplasare(tmp_path / "nacka"))
    assert utfall.olika == []
    assert utfall.rader > 20
    tomt.dispose()


def test_what_another_actor_may_not_read_is_not_in_its_archive(varld: Varld, tmp_path: Path) -> None:
    with clock.at(SENARE), varld.database.reading() as session:
        handelse = find_handelse(session, SNO)
        assert handelse is not None
        who = replace(varld.redaktor)
        uppdrag = Uppdrag(f"handelse:{SNO}", Urval((handelse.id,), None, who), who.namn, "Länsstyrelsen")
        exportera(session, Mappskrivare(tmp_path / "som"), uppdrag)
    allt = b"".join(fil.read_bytes() for fil in (tmp_path / "som").rglob("*") if fil.is_file()).decode(errors="ignore")
    assert "Länet håller öppet." in allt
    assert "Samlat" in allt
    assert "Vägen *stängd*" not in allt
    assert "Rent vatten" not in allt
    assert not (tmp_path / "som" / "bilagor").exists()
    poster = json.loads((tmp_path / "som/kedja/rader.json").read_text("utf-8"))["rader"]
    assert poster
    assert {post["aktor_id"] for post in poster} == {who.aktor_id}
    assert verifiera(Mapplasare(tmp_path / "som")).manifest["som"] == "Länsstyrelsen"


def _andra(fil: Path) -> None:
    data = fil.read_bytes()
    fil.write_bytes(data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])


@pytest.mark.parametrize(
    ("gor", "sager"),
    [
        (lambda rot: _andra(rot / f"handelser/{SNO}/lagesbild/nacka/1.md"), r"nacka/1\.md är ändrad"),
        (lambda rot: (rot / "data/bilaga.json").unlink(), r"data/bilaga\.json saknas"),
        (lambda rot: (rot / "data/mer.json").write_text("{}"), r"data/mer\.json hör inte till"),
        (lambda rot: (rot / "lank.json").symlink_to("/etc/passwd"), "ingen vanlig fil"),
        (lambda rot: (rot / "ut").symlink_to("/etc"), "ingen vanlig fil"),
        (lambda rot: os.mkfifo(rot / "ror"), "ingen vanlig fil"),
        (lambda rot: _byt_loggrad(rot, sakta=False), "innehållet är ändrat"),
        (lambda rot: _byt_loggrad(rot, sakta=True), "ligger inte i kedjan"),
        (lambda rot: (rot / MANIFEST).write_text("[" * 100_000), "går inte att läsa"),
    ],
)
def test_whatever_is_changed_in_an_archive_is_found_and_named(
    arkivet: Path, tmp_path: Path, gor: object, sager: str
) -> None:
    rot = tmp_path / "kopia"
    shutil.copytree(arkivet, rot)
    verifiera(Mapplasare(rot))
    assert callable(gor)
    gor(rot)
    with pytest.raises(Arkivfel, match=sager):
        verifiera(Mapplasare(rot))


def _byt_loggrad(rot: Path, *, sakta: bool) -> None:
    """Change a row of the record, and the manifest with it; with `sakta` also the row's own hash."""
    fil, manifest = rot / "kedja/rader.json", rot / MANIFEST
    innehall, allt = json.loads(fil.read_text("utf-8")), json.loads(manifest.read_text("utf-8"))
    post = innehall["rader"][0]
    post["handling"] = "något annat"
    if sakta:
        fasta = {namn: post[namn] for namn in post if namn != "tid"}
        post["hash"] = audit._hash(audit.Loggpost(**fasta, tid=clock.datetime.fromisoformat(post["tid"])))
    data = json.dumps(innehall, ensure_ascii=False).encode()
    fil.write_bytes(data)
    rad = next(rad for rad in allt["filer"] if rad["namn"] == "kedja/rader.json")
    rad["storlek"], rad["sha256"] = len(data), __import__("hashlib").sha256(data).hexdigest()
    manifest.write_text(json.dumps(allt))


def _zip(fil: Path, innehall: dict[str, bytes], **val: int) -> Path:
    with zipfile.ZipFile(fil, "w", **val) as ut:  # type: ignore[arg-type]
        for namn, data in innehall.items():
            ut.writestr(namn, data)
    return fil


@pytest.mark.parametrize("namn", ["../ut.json", "/etc/x", "a\\..\\b", "data/../../x", "C:/x", "a//b", ".dold", "a/./b"])
def test_a_zip_that_would_write_elsewhere_is_refused(tmp_path: Path, namn: str) -> None:
    farlig = _zip(tmp_path / "x.zip", {MANIFEST: b"{}", namn: b"x"})
    with zipfile.ZipFile(farlig) as fil, pytest.raises(Arkivfel, match=r"inget filnamn"):
        verifiera(Ziplasare(fil))


def test_a_zip_that_unpacks_to_more_than_it_says_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wis.arkiv.filer.MEST_FIL", 1_000_000)
    bomb = _zip(tmp_path / "bomb.zip", {MANIFEST: b" " * 20_000_000}, compression=zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 100_000
    with zipfile.ZipFile(bomb) as fil, pytest.raises(Arkivfel, match="större än"):
        verifiera(Ziplasare(fil))
    dubbel = tmp_path / "dubbel.zip"
    with zipfile.ZipFile(dubbel, "w") as ut:
        ut.writestr(MANIFEST, b"{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            ut.writestr(MANIFEST, b"{ }")
    with zipfile.ZipFile(dubbel) as fil, pytest.raises(Arkivfel, match="två gånger"):
        verifiera(Ziplasare(fil))
