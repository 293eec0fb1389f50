"""`wis check`: is the installation well, and if not, how is it mended?"""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from wis import clock, schema
from wis.db import Database
from wis.notiser.transport import kontrollera as kontrollera_kanaler
from wis.settings import Settings

MINSTA_LEDIGT = 500 * 1024 * 1024
STORSTA_KLOCKFEL = 5.0

Svar = tuple[bool, str]


def kontrollera(settings: Settings, database: Database) -> Iterator[Svar]:
    """Each check as (well, what was found and how to mend it)."""
    yield from _konfiguration(settings)
    try:
        yield from _databas(settings, database)
    except SQLAlchemyError as error:
        yield (
            False,
            f"Databasen svarar inte: {type(error).__name__}. Kontrollera WIS_DATABASE_URL och att servern är i gång.",
        )
    yield from kontrollera_kanaler(settings)


def _konfiguration(settings: Settings) -> Iterator[Svar]:
    yield True, f"Data ligger i {settings.instance}."
    if settings.https or settings.demo:
        yield True, f"Användarnas adress är {settings.base_url}."
    else:
        yield False, f"Användarnas adress är {settings.base_url}: sätt WIS_BAS_URL till den riktiga, med https://."
    free = shutil.disk_usage(settings.instance).free
    enough = free >= MINSTA_LEDIGT
    advice = "" if enough else " Frigör utrymme: när disken är full kan inget publiceras."
    yield enough, f"Ledigt på disken: {free // (1024 * 1024)} MB.{advice}"
    key = settings.instance / "secret_key"
    if key.exists():
        private = key.stat().st_mode & 0o077 == 0
        yield private, f"{key} läses bara av ägaren." if private else f"{key} kan läsas av andra: kör chmod 600 {key}."


def _databas(settings: Settings, database: Database) -> Iterator[Svar]:
    current, newest = schema.current(database), schema.newest()
    up_to_date = current == newest
    yield up_to_date, f"Databasens schema är {current or 'tomt'}." + ("" if up_to_date else " Kör wis db upgrade.")
    with database.reading() as session:
        if settings.sqlite:
            whole = session.execute(text("PRAGMA quick_check")).scalar_one() == "ok"
            yield whole, "Databasfilen är hel." if whole else "Databasfilen är skadad: återställ säkerhetskopian."
            moment = datetime.now(UTC)
        else:
            moment = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    skew = abs((clock.now() - moment).total_seconds())
    right = skew <= STORSTA_KLOCKFEL and clock.now().year >= 2026
    advice = (
        "" if right else " Ställ klockan (t.ex. timedatectl set-ntp true): tiderna i lägesbilderna blir annars fel."
    )
    yield right, f"Klockan är {clock.local(clock.now()):%Y-%m-%d %H:%M} i Stockholm.{advice}"
