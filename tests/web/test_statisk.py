"""The files of the pages: kept for a year under the address of their release, and never mistaken for another's."""

import gzip
import re
import stat
from pathlib import Path

import brotli
from flask.testing import FlaskClient

from wis import statisk
from wis.settings import PROJECT_ROOT

KATALOG = PROJECT_ROOT / "static"


def test_a_page_asks_for_its_files_by_the_release_and_they_are_kept_for_a_year(client: FlaskClient) -> None:
    sida = client.get("/logga-in").get_data(as_text=True)
    vagar = re.findall(r'"(/static/[^"]+)"', sida)
    assert len(vagar) >= 3
    for vag in vagar:
        assert re.match(r"/static/v-[0-9a-f]{12}/", vag)
        svar = client.get(vag)
        assert svar.status_code == 200
        assert svar.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert svar.headers["Vary"] == "Accept-Encoding"
        assert svar.headers.getlist("Set-Cookie") == []
        assert svar.data == (KATALOG / vag.split("/", 3)[3]).read_bytes()


def test_what_a_module_imports_has_the_same_release(client: FlaskClient) -> None:
    prefix = statisk.las(KATALOG).prefix
    for fil in (KATALOG / "js").glob("*.js"):
        for import_vag in re.findall(r"""(?:from|import\()\s*['"](\.[^'"]+)['"]""", fil.read_text(encoding="utf-8")):
            svar = client.get(f"/static/{prefix}/js/{import_vag}".replace("/js/../", "/").replace("/./", "/"))
            assert (svar.status_code, svar.mimetype) == (200, "text/javascript"), f"{fil.name}: {import_vag}"
            assert "immutable" in svar.headers["Cache-Control"]


def test_without_a_release_or_of_another_it_is_asked_for_each_time(client: FlaskClient) -> None:
    for vag in ("/static/css/wis.css", "/static/v-0123456789ab/css/wis.css"):
        svar = client.get(vag)
        assert (svar.status_code, svar.headers["Cache-Control"]) == (200, "no-cache"), vag
        assert client.get(vag, headers={"If-None-Match": svar.headers["ETag"]}).status_code == 304
    assert client.get(f"/static/{statisk.las(KATALOG).prefix}/css/finns-inte.css").status_code == 404


def test_it_comes_packed_as_the_browser_likes_it(client: FlaskClient) -> None:
    ren = (KATALOG / "css" / "wis.css").read_bytes()
    for likes, sort, packa_upp in (("gzip, br", "br", brotli.decompress), ("gzip", "gzip", gzip.decompress)):
        svar = client.get("/static/css/wis.css", headers={"Accept-Encoding": likes})
        assert svar.headers["Content-Encoding"] == sort
        assert packa_upp(svar.data) == ren
        assert len(svar.data) < len(ren) / 3
    etiketter = {
        client.get("/static/css/wis.css", headers={"Accept-Encoding": likes}).headers["ETag"]
        for likes in ("br", "gzip", "identity")
    }
    assert len(etiketter) == 3


def test_the_files_are_laid_out_for_a_proxy_to_read_and_only_once(tmp_path: Path) -> None:
    filer = statisk.las(KATALOG)
    lagda = statisk.lagg_ut(filer, tmp_path / "cache")
    assert lagda == tmp_path / "cache" / "static" / filer.prefix
    css = lagda / "css" / "wis.css"
    assert gzip.decompress(css.with_suffix(".css.gz").read_bytes()) == css.read_bytes()
    assert brotli.decompress(css.with_suffix(".css.br").read_bytes()) == css.read_bytes()
    for vag in (lagda.parent, lagda, *lagda.rglob("*")):
        assert stat.S_IMODE(vag.stat().st_mode) == (0o755 if vag.is_dir() else 0o644), vag
    fore = css.stat().st_mtime_ns
    assert statisk.lagg_ut(filer, tmp_path / "cache") == lagda
    assert css.stat().st_mtime_ns == fore
    assert [vag.name for vag in lagda.parent.iterdir()] == [filer.prefix]


def test_the_address_changes_with_any_of_the_files(tmp_path: Path) -> None:
    for namn in ("a", "b"):
        (tmp_path / namn).mkdir()
        (tmp_path / namn / "x.js").write_text("1", encoding="utf-8")
        (tmp_path / namn / "y.js").write_text(namn, encoding="utf-8")
    assert statisk.las(tmp_path / "a").prefix != statisk.las(tmp_path / "b").prefix
