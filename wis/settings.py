"""All configuration in one frozen object, read once at start.

Source, strongest first: `WIS_*` in the environment, then `[wis]` in `<instance>/wis.cfg`, then the defaults below.
"""

import configparser
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PROJECT_ROOT = Path(__file__).resolve().parent.parent
_SVAGA_NYCKLAR = {"", "dev", "secret", "changeme", "hemlig"}


class SettingsError(Exception):
    """A configuration that must not start; the text says in Swedish how to mend it."""


@dataclass(frozen=True)
class Settings:
    """What an installation is. Durations in seconds."""

    instance: Path
    secret_key: str
    database_url: str
    base_url: str = "http://127.0.0.1:8000"
    redis_url: str | None = None
    demo: bool = False
    epost_url: str | None = None
    sms_url: str | None = None
    avsandare: str = "WIS"
    embedded_worker: bool = True
    threads: int = 256
    betrodda_proxyer: int = 0
    lease: float = 60.0
    worker_poll: float = 1.0
    session_tid: int = 16 * 3600
    max_forsok: int = 8
    backoff: float = 15.0

    @property
    def https(self) -> bool:
        """Whether people reach us over TLS; decides Secure cookies and HSTS."""
        return self.base_url.startswith("https://")

    @property
    def sqlite(self) -> bool:
        """Whether the embedded database is in use."""
        return self.database_url.startswith("sqlite")


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings. Raises SettingsError when a value is wrong or unsafe."""
    env = os.environ if environ is None else environ
    instance = Path(env.get("WIS_INSTANCE") or PROJECT_ROOT / "instance").resolve()
    try:
        instance.mkdir(parents=True, exist_ok=True)
    except OSError as fel:
        raise SettingsError(f"Katalogen {instance} går inte att skapa: {fel}. Ange en annan med WIS_INSTANCE.") from fel
    values = _from_file(instance / "wis.cfg") | {
        key.removeprefix("WIS_").lower(): value for key, value in env.items() if key.startswith("WIS_")
    }
    settings = Settings(
        instance=instance,
        secret_key=values.get("secret_key") or _stored_secret(instance),
        database_url=values.get("database_url") or f"sqlite:///{instance / 'wis.db'}",
        base_url=(values.get("bas_url") or Settings.base_url).rstrip("/"),
        redis_url=values.get("redis_url") or None,
        demo=_boolean(values, "demo", default=False),
        epost_url=values.get("epost_url") or None,
        sms_url=values.get("sms_url") or None,
        avsandare=values.get("avsandare") or Settings.avsandare,
        embedded_worker=_boolean(values, "inbyggd_worker", default=True),
        threads=int(_number(values, "threads", Settings.threads)),
        betrodda_proxyer=int(_number(values, "betrodda_proxyer", 0)),
        lease=_number(values, "lease", Settings.lease),
        worker_poll=_number(values, "worker_poll", Settings.worker_poll),
        session_tid=int(_number(values, "session_tid", Settings.session_tid)),
        max_forsok=int(_number(values, "max_forsok", Settings.max_forsok)),
        backoff=_number(values, "backoff", Settings.backoff),
    )
    _refuse_unsafe(settings)
    return settings


def _from_file(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
        return dict(parser["wis"])
    except (configparser.Error, KeyError, UnicodeDecodeError) as fel:
        raise SettingsError(
            f"{path} går inte att läsa: den ska börja med raden [wis] och ha en 'namn = värde' per rad ({fel})."
        ) from fel


def _boolean(values: Mapping[str, str], name: str, *, default: bool) -> bool:
    raw = values.get(name, "").strip().lower()
    if raw in {"", "0", "1", "ja", "nej", "true", "false"}:
        return default if raw == "" else raw in {"1", "ja", "true"}
    raise SettingsError(f"WIS_{name.upper()} ska vara 1 eller 0, inte '{raw}'.")


def _number(values: Mapping[str, str], name: str, default: float) -> float:
    raw = values.get(name, "").strip()
    try:
        number = float(raw) if raw else float(default)
    except ValueError:
        raise SettingsError(f"WIS_{name.upper()} ska vara ett tal, inte '{raw}'.") from None
    if number < 0:
        raise SettingsError(f"WIS_{name.upper()} får inte vara negativt.")
    return number


def _stored_secret(instance: Path) -> str:
    """The key that signs cookies: made once, kept readable for the owner alone."""
    path = instance / "secret_key"
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(fd, "w", encoding="ascii") as handle:
        key = secrets.token_hex(32)
        handle.write(key)
    return key


def _refuse_unsafe(settings: Settings) -> None:
    if len(settings.secret_key) < 32 or settings.secret_key.lower() in _SVAGA_NYCKLAR:
        raise SettingsError(
            "WIS_SECRET_KEY är för svag: ta bort den så skapas en säker, eller ange minst 32 slumptecken."
        )
    host = urlsplit(settings.base_url).hostname
    if not host:
        raise SettingsError("WIS_BAS_URL ska vara hela adressen som användarna skriver, t.ex. https://wis.example.se.")
    if not settings.demo and not settings.https and host not in {"127.0.0.1", "localhost", "::1"}:
        raise SettingsError(
            "WIS_BAS_URL måste börja med https:// när systemet nås från andra datorer: annars går lösenord i klartext."
        )
    if settings.demo and (settings.epost_url or settings.sms_url):
        raise SettingsError("WIS_DEMO skickar aldrig något: ta bort WIS_EPOST_URL och WIS_SMS_URL, eller WIS_DEMO.")
