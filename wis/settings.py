"""All configuration in one frozen object, read once at start.

Source, strongest first: `WIS_*` in the environment, then `[wis]` in `<instance>/wis.cfg`, then the defaults below.
"""

import configparser
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from wis.settings_varden import (
    SettingsError,
    boolean,
    folder,
    hosts,
    is_weak,
    key,
    loopback_name,
    number,
    one_of,
    push_key,
    whole,
)

__all__ = ["PROJECT_ROOT", "Settings", "SettingsError", "load"]

PROJECT_ROOT = Path(__file__).resolve().parent.parent
_AV = {"", "0", "false", "no"}
_KRAV = ("alla", "administratorer", "ingen")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_TILES = re.compile(r"https://[^/\s{}?#]+/\S*")
_NATLOS_HOGST = 720
_PROVIDERS = ("epost_url", "sms_url", "epost_url_2", "sms_url_2")


@dataclass(frozen=True)
class Settings:
    """What an installation is. Durations in seconds."""

    instance: Path
    secret_key: str
    database_url: str
    base_url: str = "http://127.0.0.1:8000"
    # Whether the operator said so; otherwise it follows what we listen on.
    base_url_given: bool = False
    redis_url: str | None = None
    demo: bool = False
    epost_url: str | None = None
    sms_url: str | None = None
    # Who sends when the first one is down.
    epost_url_2: str | None = None
    sms_url_2: str | None = None
    avsandare: str = "WIS"
    embedded_worker: bool = True
    # Whether open pages are kept connected by `wis run` itself; otherwise by `wis uttag`, which needs Redis.
    inbyggda_uttag: bool = True
    # How many processes of `wis run` answer pages; more than one needs that open pages are connected elsewhere.
    processer: int = 1
    threads: int = 256
    # Where `wis run` lays the files of the pages, with their compressed copies, for a proxy to serve; world-readable.
    statisk_katalog: Path | None = None
    betrodda_proxyer: int = 0
    lease: float = 60.0
    worker_poll: float = 1.0
    # Both outlive a shift of twelve hours: nobody is thrown out in the middle of one.
    session_tid: int = 24 * 3600
    session_vilotid: int = 13 * 3600
    # From whom more than a password is asked: 'alla', 'administratorer' or 'ingen'.
    andra_faktor: str = "alla"
    # Other names than that of base_url by which people and proxies reach us.
    betrodda_vardar: tuple[str, ...] = ()
    # That no second process runs beside this one, where PostgreSQL makes it possible.
    en_process: bool = False
    debug: bool = False
    # A browser's socket answers a ping every 25 s; it must not be cut between two.
    read_timeout: float = 40.0
    backoff: float = 15.0
    # How long to go on trying to send a message.
    ge_upp_efter: float = 24 * 3600.0
    # How long the sender may take a dispatch back; brådskande is never held.
    angra_tid: float = 10.0
    # How long nobody need have answered a brådskande before the next way to reach them is taken.
    paminn_efter: float = 15 * 60.0
    # How long the oldest message may have waited before /halsa/redo says that we are not well.
    ko_grans: float = 300.0
    # What signs the bounces that a mail server hands us; without it none are taken that way.
    studs_nyckel: str | None = None
    # The mailbox that bounces come to: imaps://user:password@host/INBOX.
    studs_brevlada: str | None = None
    # What lets others than this machine read the metrics.
    matt_nyckel: str | None = None
    # What may be attached: megabytes of a file, files of a version, million pixels of an image.
    bilaga_mb: int = 10
    bilagor_antal: int = 20
    bilaga_megapixel: int = 50
    # The clamd that reads what is attached: the path of its socket, or host:port.
    clamd: str | None = None
    sms_pris: float | None = None  # What one part of an SMS costs, in öre; None: no cost is shown.
    # How many hours a phone keeps what was read there, to be read without a network (720 at most); 0: nothing is.
    natlos_timmar: int = 72
    # Where the tiles of maps come from, https://…/{z}/{x}/{y}.png, and whose they are; None: outlines alone.
    karta_rutor: str | None = None
    karta_kalla: str = ""
    # A GeoJSON file of the borders of the kommuner; None: they are drawn as hexagons where their main places lie.
    karta_granser: Path | None = None
    # Whom people turn to when something can't be used: an address of e-mail, a number, a page.
    kontakt: str = ""
    # The hosts that notices to browsers may be handed to; None: those of the browsers that we know.
    push_vardar: tuple[str, ...] | None = None
    # The private key by which push services know us, as PEM or base64url; None: one in the instance's folder.
    vapid_nyckel: str | None = None

    @property
    def https(self) -> bool:
        """Whether people reach us over TLS; decides Secure cookies and HSTS."""
        return self.base_url.startswith("https://")

    @property
    def kaknamn(self) -> str:
        """The name of the login's cookie. Over https none but ourselves can set one by that name."""
        return "__Host-wis" if self.https else "wis"

    @property
    def sqlite(self) -> bool:
        """Whether the embedded database is in use."""
        return self.database_url.startswith("sqlite")

    def served_at(self, host: str, port: int) -> "Settings":
        """The same, with the address that people on this machine reach it by, unless the operator gave another.

        A host that is not this machine alone says nothing of the name that people use: then nothing is changed.
        """
        name = loopback_name(host)
        if self.base_url_given or name is None:
            return self
        return replace(self, base_url=f"http://{name}:{port}")


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings. Raises SettingsError when a value is wrong or unsafe."""
    env = os.environ if environ is None else environ
    instance = _instance(env)
    values = _from_file(instance / "wis.cfg") | {
        key.removeprefix("WIS_").lower(): value for key, value in env.items() if key.startswith("WIS_")
    }
    settings = Settings(
        instance=instance,
        secret_key=values.get("secret_key") or _stored_secret(instance),
        database_url=values.get("database_url") or f"sqlite:///{instance / 'wis.db'}",
        demo=boolean(values, "demo", default=False),
        # Flask reads its own switch from the environment, whatever our file says.
        debug=boolean(values, "debug", default=False) or env.get("FLASK_DEBUG", "0").lower() not in _AV,
    )
    for with_these in (_of_the_server, _of_logins, _of_providers, _of_deliveries, _of_attachments, _of_reading):
        settings = with_these(settings, values)
    _refuse_unsafe(settings)
    return settings


def _of_the_server(settings: Settings, values: Mapping[str, str]) -> Settings:
    """With where it is reached and how it runs."""
    inbyggda_uttag = boolean(values, "inbyggda_uttag", default=True)
    return replace(
        settings,
        base_url=(values.get("bas_url") or settings.base_url).rstrip("/"),
        base_url_given=bool(values.get("bas_url")),
        redis_url=values.get("redis_url") or None,
        embedded_worker=boolean(values, "inbyggd_worker", default=True),
        inbyggda_uttag=inbyggda_uttag,
        processer=whole(values, "processer", settings.processer, at_least=1),
        en_process=boolean(values, "en_process", default=False),
        threads=_threads(values, inbyggda_uttag=inbyggda_uttag),
        statisk_katalog=folder(values, "statisk_katalog"),
        betrodda_proxyer=whole(values, "betrodda_proxyer", 0),
        betrodda_vardar=hosts(values, "betrodda_vardar"),
        read_timeout=number(values, "read_timeout", settings.read_timeout, at_least=1),
        ko_grans=number(values, "ko_grans", settings.ko_grans, at_least=1),
        matt_nyckel=key(values, "matt_nyckel"),
    )


def _threads(values: Mapping[str, str], *, inbyggda_uttag: bool) -> int:
    # Each open screen holds a thread: with fewer than these, a few screens would shut out everybody else. Where screens
    # are connected elsewhere, a thread only draws pages, and more of them only fight for the same interpreter.
    default, at_least = (256, 8) if inbyggda_uttag else (4, 1)
    return whole(values, "threads", default, at_least=at_least)


def _of_logins(settings: Settings, values: Mapping[str, str]) -> Settings:
    """With how long a login lasts and what it takes."""
    return replace(
        settings,
        session_tid=whole(values, "session_tid", settings.session_tid, at_least=60),
        session_vilotid=whole(values, "session_vilotid", settings.session_vilotid, at_least=60),
        andra_faktor=one_of(values, "andra_faktor", settings.andra_faktor, _KRAV),
    )


def _of_providers(settings: Settings, values: Mapping[str, str]) -> Settings:
    """With who sends, and how they tell us what came of it."""
    return replace(
        settings,
        epost_url=values.get("epost_url") or None,
        sms_url=values.get("sms_url") or None,
        epost_url_2=values.get("epost_url_2") or None,
        sms_url_2=values.get("sms_url_2") or None,
        avsandare=values.get("avsandare") or settings.avsandare,
        studs_nyckel=key(values, "studs_nyckel"),
        studs_brevlada=values.get("studs_brevlada") or None,
        sms_pris=number(values, "sms_pris", 0) if values.get("sms_pris", "").strip() else None,
    )


def _of_deliveries(settings: Settings, values: Mapping[str, str]) -> Settings:
    """With the times of deliveries."""
    return replace(
        settings,
        lease=number(values, "lease", settings.lease, at_least=1),
        worker_poll=number(values, "worker_poll", settings.worker_poll, at_least=0.05),
        backoff=number(values, "backoff", settings.backoff),
        ge_upp_efter=number(values, "ge_upp_efter", settings.ge_upp_efter, at_least=1),
        angra_tid=number(values, "angra_tid", settings.angra_tid),
        paminn_efter=number(values, "paminn_efter", settings.paminn_efter, at_least=1),
    )


def _of_attachments(settings: Settings, values: Mapping[str, str]) -> Settings:
    """With what may be attached, and who scans it."""
    clamd = values.get("clamd", "").strip()
    if clamd and not re.fullmatch(r"/.+|[^\s/]+:[0-9]{1,5}", clamd):
        raise SettingsError(f"WIS_CLAMD ska vara hela sökvägen till en socket, eller värd:port, inte '{clamd}'.")
    names = ("bilaga_mb", "bilagor_antal", "bilaga_megapixel")
    mb, files, pixels = (whole(values, name, getattr(settings, name), at_least=1) for name in names)
    return replace(settings, bilaga_mb=mb, bilagor_antal=files, bilaga_megapixel=pixels, clamd=clamd or None)


def _of_reading(settings: Settings, values: Mapping[str, str]) -> Settings:
    """With what phones keep and are told, and where maps come from."""
    tiles, whose = values.get("karta_rutor", "").strip(), values.get("karta_kalla", "").strip()
    if tiles and not (_TILES.fullmatch(tiles) and all(part in tiles for part in ("{z}", "{x}", "{y}"))):
        raise SettingsError(
            f"WIS_KARTA_RUTOR ska vara en adress med {{z}}, {{x}} och {{y}}, t.ex. "
            f"https://kartor.example.se/{{z}}/{{x}}/{{y}}.png, inte '{tiles}'."
        )
    if tiles and not whose:
        raise SettingsError("WIS_KARTA_KALLA fattas: skriv vems kartan är, t.ex. © Lantmäteriet. Det visas på kartan.")
    return replace(
        settings,
        natlos_timmar=whole(values, "natlos_timmar", settings.natlos_timmar, at_most=_NATLOS_HOGST),
        karta_rutor=tiles or None,
        karta_kalla=whose,
        karta_granser=folder(values, "karta_granser"),
        kontakt=values.get("kontakt", "").strip(),
        push_vardar=hosts(values, "push_vardar") or None,
        vapid_nyckel=push_key(values, "vapid_nyckel"),
    )


def _instance(env: Mapping[str, str]) -> Path:
    """The directory of the installation, made if it is not there."""
    instance = Path(env.get("WIS_INSTANCE") or PROJECT_ROOT / "instance").resolve()
    try:
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fel:
        raise SettingsError(f"Katalogen {instance} går inte att skapa: {fel}. Ange en annan med WIS_INSTANCE.") from fel
    return instance


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


def _stored_secret(instance: Path) -> str:
    """The key that signs cookies: made once, kept readable for the owner alone."""
    path = instance / "secret_key"
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(fd, "w", encoding="ascii") as handle:
        made = secrets.token_hex(32)
        handle.write(made)
    return made


def _refuse_unsafe(settings: Settings) -> None:
    if is_weak(settings.secret_key):
        raise SettingsError(
            "WIS_SECRET_KEY är för svag: ta bort den så skapas en säker, eller ange minst 32 slumptecken."
        )
    host = urlsplit(settings.base_url).hostname
    if not host:
        raise SettingsError("WIS_BAS_URL ska vara hela adressen som användarna skriver, t.ex. https://wis.example.se.")
    _refuse_processes_that_do_not_fit(settings)
    if settings.demo:
        _refuse_unsafe_demo(settings)
    else:
        _refuse_unsafe_production(settings, host)


def _refuse_processes_that_do_not_fit(settings: Settings) -> None:
    """Processes side by side hear each other over Redis alone, and what is run once must not be run in each."""
    several = settings.processer > 1
    if several and settings.en_process:
        raise SettingsError(f"WIS_PROCESSER={settings.processer} och WIS_EN_PROCESS=1 säger emot varandra: ta bort en.")
    if several and settings.inbyggda_uttag:
        raise SettingsError(
            "Med WIS_PROCESSER över 1 kan öppna sidor inte hållas uppkopplade av wis run: sätt WIS_INBYGGDA_UTTAG=0 "
            "och kör wis uttag bredvid."
        )
    if several and settings.embedded_worker:
        raise SettingsError(
            "Med WIS_PROCESSER över 1 skulle varje process ha sitt eget skickande: sätt WIS_INBYGGD_WORKER=0 och kör "
            "wis worker bredvid."
        )
    if not settings.inbyggda_uttag and settings.redis_url is None:
        raise SettingsError(
            "Med WIS_INBYGGDA_UTTAG=0 hör de öppna sidorna om ändringar genom Redis: sätt WIS_REDIS_URL, eller ta bort "
            "WIS_INBYGGDA_UTTAG."
        )


def _refuse_unsafe_demo(settings: Settings) -> None:
    if given := [name for name in _PROVIDERS if getattr(settings, name)]:
        which = " och ".join(f"WIS_{name.upper()}" for name in given)
        raise SettingsError(f"WIS_DEMO skickar aldrig något: ta bort {which}, eller WIS_DEMO.")


def _refuse_unsafe_production(settings: Settings, host: str) -> None:
    if not settings.https and host not in _LOOPBACK:
        raise SettingsError(
            "WIS_BAS_URL måste börja med https:// när systemet nås från andra datorer: annars går lösenord i klartext."
        )
    if settings.debug:
        raise SettingsError(
            "Felsökningsläget är på, och visar hemligheter för vem som helst: ta bort WIS_DEBUG och FLASK_DEBUG."
        )
    if not settings.sqlite and settings.redis_url is None and not settings.en_process:
        raise SettingsError(
            "Med PostgreSQL kan flera processer köra bredvid varandra, och då måste de räkna misslyckade inloggningar "
            "tillsammans: sätt WIS_REDIS_URL. Kör bara en wis run: sätt WIS_EN_PROCESS=1."
        )
