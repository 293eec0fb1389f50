"""The configuration: read once, and refused when it is not safe."""

import secrets
import stat
from pathlib import Path

import pytest

from wis import settings
from wis.settings import SettingsError


def _load(tmp_path: Path, **values: str) -> settings.Settings:
    return settings.load({"WIS_INSTANCE": str(tmp_path)} | {f"WIS_{name.upper()}": v for name, v in values.items()})


def test_nothing_needs_to_be_said(tmp_path: Path) -> None:
    found = _load(tmp_path)
    assert found.sqlite
    assert found.base_url == "http://127.0.0.1:8000"
    assert not found.demo


def test_pages_apart_from_open_screens_take_few_threads_unless_more_are_asked_for(tmp_path: Path) -> None:
    apart = {"inbyggda_uttag": "0", "redis_url": "redis://r", "inbyggd_worker": "0", "processer": "3"}
    assert _load(tmp_path).threads == 256
    assert (_load(tmp_path, **apart).threads, _load(tmp_path, **apart).processer) == (4, 3)
    assert _load(tmp_path, **apart, threads="6").threads == 6


def test_the_secret_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    first, second = _load(tmp_path), _load(tmp_path)
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) == 64
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "wis.cfg").write_text("[wis]\nbas_url = https://fil.example\navsandare = Fil\n", encoding="utf-8")
    found = _load(tmp_path, avsandare="Miljo")
    assert (found.base_url, found.avsandare) == ("https://fil.example", "Miljo")


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        ({"secret_key": "kort"}, "WIS_SECRET_KEY"),
        ({"bas_url": "wis.example.se"}, "WIS_BAS_URL"),
        ({"bas_url": "http://wis.example.se"}, "https://"),
        ({"demo": "kanske"}, "WIS_DEMO"),
        ({"threads": "många"}, "WIS_THREADS"),
        ({"threads": "nan"}, "WIS_THREADS"),
        ({"threads": "inf"}, "WIS_THREADS"),
        ({"threads": "7"}, "WIS_THREADS ska vara minst 8"),
        ({"threads": "8.5"}, "heltal"),
        ({"lease": "-1"}, "WIS_LEASE"),
        ({"lease": "0.5"}, "WIS_LEASE"),
        ({"lease": "1e300"}, "WIS_LEASE"),
        ({"ge_upp_efter": "0"}, "WIS_GE_UPP_EFTER ska vara minst 1"),
        ({"angra_tid": "-1"}, "WIS_ANGRA_TID"),
        ({"paminn_efter": "0"}, "WIS_PAMINN_EFTER"),
        ({"ko_grans": "0"}, "WIS_KO_GRANS"),
        ({"bilaga_mb": "0"}, "WIS_BILAGA_MB"),
        ({"clamd": "clamd.example"}, "WIS_CLAMD"),
        ({"worker_poll": "0"}, "WIS_WORKER_POLL ska vara minst 0,05"),
        ({"backoff": "-1"}, "WIS_BACKOFF"),
        ({"demo": "1", "sms_url": "46elks://a:b@api.example/"}, "WIS_SMS_URL"),
        ({"demo": "1", "epost_url_2": "smtp://a.example/"}, "ta bort WIS_EPOST_URL_2, eller WIS_DEMO"),
        ({"studs_nyckel": "hemlig"}, "WIS_STUDS_NYCKEL är för svag: ange minst 32 slumptecken"),
        ({"matt_nyckel": "a" * 40}, "WIS_MATT_NYCKEL"),
        ({"demo": "1", "epost_url_2": "smtp://127.0.0.1/?fran=a@b.example"}, "WIS_EPOST_URL"),
        ({"secret_key": "x" * 64}, "WIS_SECRET_KEY"),
        ({"secret_key": "hemlig" * 8}, "WIS_SECRET_KEY"),
        ({"secret_key": "0123456789abcdefghijklmnopqrstuvwxyz"}, "WIS_SECRET_KEY"),
        ({"secret_key": "ab" * 7 + "1234567890123456789012"}, "WIS_SECRET_KEY"),
        ({"processer": "0"}, "WIS_PROCESSER ska vara minst 1"),
        ({"processer": "2"}, "WIS_INBYGGDA_UTTAG=0"),
        ({"processer": "2", "en_process": "1"}, "WIS_EN_PROCESS=1 säger emot"),
        ({"inbyggda_uttag": "0"}, "WIS_REDIS_URL"),
        ({"processer": "2", "inbyggda_uttag": "0", "redis_url": "redis://r"}, "WIS_INBYGGD_WORKER=0"),
        ({"processer": "2", "inbyggda_uttag": "0", "inbyggd_worker": "0"}, "WIS_REDIS_URL"),
        ({"statisk_katalog": "statisk"}, "WIS_STATISK_KATALOG ska vara hela sökvägen"),
        ({"debug": "1"}, "Felsökningsläget är på"),
        ({"database_url": "postgresql+psycopg://wis@db/wis"}, "WIS_REDIS_URL.*WIS_EN_PROCESS=1"),
        ({"andra_faktor": "kanske"}, "WIS_ANDRA_FAKTOR ska vara alla, administratorer eller ingen, inte 'kanske'"),
        ({"session_vilotid": "59"}, "WIS_SESSION_VILOTID ska vara minst 60"),
        ({"natlos_timmar": "721"}, "WIS_NATLOS_TIMMAR ska vara minst 0 och högst 720, inte 721"),
        ({"vapid_nyckel": "hemlig"}, "WIS_VAPID_NYCKEL är ingen nyckel för push: ange en privat nyckel för P-256"),
        ({"betrodda_vardar": "https://wis.example.se"}, "WIS_BETRODDA_VARDAR"),
        ({"betrodda_vardar": "wis.example.se:443"}, "WIS_BETRODDA_VARDAR"),
        ({"betrodda_vardar": "*.example.se"}, "WIS_BETRODDA_VARDAR"),
        ({"betrodda_vardar": ".example.se"}, "WIS_BETRODDA_VARDAR"),
    ],
)
def test_what_is_wrong_or_unsafe_does_not_start(tmp_path: Path, values: dict[str, str], advice: str) -> None:
    with pytest.raises(SettingsError, match=advice):
        _load(tmp_path, **values)


def test_a_phone_may_keep_what_was_read_for_a_month_and_a_good_key_for_push_is_taken(tmp_path: Path) -> None:
    nyckel = "AQ" * 21 + "A"
    found = _load(tmp_path, natlos_timmar="720", vapid_nyckel=f" {nyckel} ")
    assert (found.natlos_timmar, found.vapid_nyckel) == (720, nyckel)


@pytest.mark.parametrize(
    "values",
    [
        {"debug": "1"},
        {"database_url": "postgresql+psycopg://wis@db/wis"},
        {"bas_url": "http://wis.example.se"},
    ],
)
def test_a_demo_holds_nothing_and_starts_all_the_same(tmp_path: Path, values: dict[str, str]) -> None:
    assert _load(tmp_path, demo="1", **values).demo


@pytest.mark.parametrize("extra", [{"redis_url": "redis://127.0.0.1/0"}, {"en_process": "1"}])
def test_postgresql_starts_where_tries_are_counted_together_or_in_one_place(
    tmp_path: Path, extra: dict[str, str]
) -> None:
    assert not _load(tmp_path, database_url="postgresql+psycopg://wis@db/wis", **extra).sqlite


def test_flasks_own_switch_for_debugging_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="FLASK_DEBUG"):
        settings.load({"WIS_INSTANCE": str(tmp_path), "FLASK_DEBUG": "1"})
    assert not settings.load({"WIS_INSTANCE": str(tmp_path), "FLASK_DEBUG": "0"}).debug


def test_a_key_that_was_drawn_by_lot_is_strong_enough(tmp_path: Path) -> None:
    for _ in range(200):
        assert _load(tmp_path, secret_key=secrets.token_hex(16)).secret_key


def test_a_second_factor_is_asked_of_everybody_unless_the_operator_says_otherwise(tmp_path: Path) -> None:
    assert _load(tmp_path).andra_faktor == "alla"
    assert _load(tmp_path, andra_faktor="Administratorer").andra_faktor == "administratorer"


def test_a_login_outlives_a_shift_unless_the_operator_says_otherwise(tmp_path: Path) -> None:
    found = _load(tmp_path)
    assert found.session_vilotid > 12 * 3600
    assert found.session_tid > found.session_vilotid
    assert _load(tmp_path, session_vilotid="900").session_vilotid == 900


def test_other_names_of_the_system_are_taken_one_by_one(tmp_path: Path) -> None:
    found = _load(tmp_path, betrodda_vardar="WIS.internt, wis.example.se,wis.internt 10.0.0.7")
    assert found.betrodda_vardar == ("wis.internt", "wis.example.se", "10.0.0.7")


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "wis.cfg").write_text("bas_url = x\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"wis\.cfg"):
        _load(tmp_path)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8123"),
        ("localhost", "http://localhost:8123"),
        ("::1", "http://[::1]:8123"),
        ("[::1]", "http://[::1]:8123"),
        ("0.0.0.0", "http://127.0.0.1:8123"),
        ("10.0.0.7", "http://127.0.0.1:8000"),
        ("wis.example.se", "http://127.0.0.1:8000"),
    ],
)
def test_the_address_follows_what_we_listen_on_when_nobody_has_given_one(
    tmp_path: Path, host: str, address: str
) -> None:
    assert _load(tmp_path).served_at(host, 8123).base_url == address


def test_an_address_that_was_given_stays_whatever_we_listen_on(tmp_path: Path) -> None:
    given = _load(tmp_path, bas_url="https://wis.example.se/")
    assert given.served_at("127.0.0.1", 8123).base_url == "https://wis.example.se"
    default = _load(tmp_path, bas_url="http://127.0.0.1:8000")
    assert default.served_at("127.0.0.1", 8123).base_url == "http://127.0.0.1:8000"
