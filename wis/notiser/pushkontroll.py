"""Whether browsers are reached, for `wis check`."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from wis.db import Database
from wis.notiser import pushnyckel
from wis.notiser.pushmodell import Pushwebblasare
from wis.settings import Settings
from wis.settings_varden import SettingsError


def kontrollera(settings: Settings, database: Database) -> Iterator[tuple[bool, str]]:
    """What there is to say of the key and of the browsers: (well or not, what and how to mend it). Makes no key."""
    fil = settings.instance / pushnyckel.FIL
    if settings.demo:
        return
    if not settings.vapid_nyckel and not fil.exists():
        yield (
            True,
            "Push: nyckeln skapas när någon öppnar Mina notiser. På flera servrar: ange WIS_VAPID_NYCKEL.",
        )
        return
    try:
        nyckel = pushnyckel.las(settings)
        alla, andra = _antal(database, nyckel.avtryck)
    except SettingsError as fel:
        yield False, str(fel)
    except SQLAlchemyError:
        yield False, "Push: databasen säger inte vilka webbläsare som är på."
    else:
        yield _bra_nyckel(alla, andra)
    if not settings.vapid_nyckel and fil.stat().st_mode & 0o077:
        yield False, f"{fil} kan läsas av andra: kör chmod 600 {fil}."


def _bra_nyckel(alla: int, andra: int) -> tuple[bool, str]:
    if not andra:
        return True, f"Push: {alla} webbläsare är på."
    return False, (
        f"Push: {andra} av {alla} webbläsare slog på med en annan nyckel och nås inte. Ge alla servrar samma "
        "WIS_VAPID_NYCKEL (eller samma fil vapid_nyckel); är den gamla borta måste var och en slå på igen."
    )


def _antal(database: Database, avtryck: str) -> tuple[int, int]:
    """How many are on, and how many of them by another key."""
    andra = func.count().filter(Pushwebblasare.vapid != avtryck)
    with database.reading() as session:
        fraga = select(func.count(), andra).where(Pushwebblasare.endpoint.is_not(None))
        alla, utan = session.execute(fraga).one()
    return alla, utan
