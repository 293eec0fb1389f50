"""The configuration: read once, and refused when it is not safe."""

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
        ({"max_forsok": "0"}, "WIS_MAX_FORSOK"),
        ({"worker_poll": "0"}, "WIS_WORKER_POLL ska vara minst 0,05"),
        ({"backoff": "-1"}, "WIS_BACKOFF"),
        ({"demo": "1", "sms_url": "46elks://a:b@api.example/"}, "WIS_SMS_URL"),
    ],
)
def test_what_is_wrong_or_unsafe_does_not_start(tmp_path: Path, values: dict[str, str], advice: str) -> None:
    with pytest.raises(SettingsError, match=advice):
        _load(tmp_path, **values)


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
