"""`wis check`: is the installation well, and if not, how is it mended?"""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

import phonenumbers
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from wis import clock, schema
from wis.bilagor import skanner
from wis.db import Database
from wis.konton.rules import normal_epost
from wis.notiser import brevlada, pushkontroll, transport
from wis.notiser.models import Kanalslag
from wis.settings import Settings, SettingsError
from wis.utskrift.pdf import prova as prova_pdf

MINSTA_LEDIGT = 500 * 1024 * 1024
STORSTA_KLOCKFEL = 5.0

Svar = tuple[bool, str]


class Felskrivet(Exception):
    """A number or an address that nothing can be sent to; the text says in Swedish what it should be."""


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
    yield from skanner.kontrollera(settings)
    yield from transport.kontrollera(settings)
    yield from pushkontroll.kontrollera(settings, database)
    yield _pdf()
    if not settings.demo:
        yield from _kvitton(settings)
        yield from _studsar(settings)


def _pdf() -> Svar:
    fel = prova_pdf()
    return not fel, fel or "PDF går att göra."


def prova(settings: Settings, sms: str | None, epost: str | None) -> Iterator[Svar]:
    """Send one message of trial by each provider to these, as it is asked for: (well, what came of it).

    Raises Felskrivet, at once, for what is no number or no address.
    """
    till = {Kanalslag.SMS: _nummer(sms), Kanalslag.EPOST: _adress(epost)}
    return (svar for kanal, vem in till.items() if vem for svar in _prova(settings, kanal, vem))


def _prova(settings: Settings, kanal: Kanalslag, till: str) -> list[Svar]:
    try:
        return transport.prova(settings, kanal, till)
    except SettingsError as error:
        return [(False, str(error))]


def _nummer(skrivet: str | None) -> str:
    if not skrivet:
        return ""
    try:
        tolkat = phonenumbers.parse(skrivet, "SE")
    except phonenumbers.NumberParseException:
        tolkat = None
    if tolkat is None or not phonenumbers.is_valid_number(tolkat):
        raise Felskrivet(f"'{skrivet}' är inget telefonnummer: skriv till exempel +46701234567.")
    return phonenumbers.format_number(tolkat, phonenumbers.PhoneNumberFormat.E164)


def _adress(skriven: str | None) -> str:
    try:
        return normal_epost(skriven) if skriven else ""
    except ValueError as error:
        raise Felskrivet(str(error)) from error


def _kvitton(settings: Settings) -> Iterator[Svar]:
    """Whether SMS receipts find us: 46elks calls the address that users have."""
    if not any((url or "").startswith("46elks://") for url in (settings.sms_url, settings.sms_url_2)):
        return
    if settings.https:
        yield True, f"SMS-kvitton kommer till {settings.base_url}/kvitto/46elks/, som 46elks ska nå utifrån."
    else:
        yield False, "SMS-kvitton kan inte komma: 46elks når bara en WIS_BAS_URL på internet, med https://."


def _studsar(settings: Settings) -> Iterator[Svar]:
    """Whether what bounces is both marked and read."""
    lada = brevlada.kontrollera(settings)
    if lada is not None:
        yield lada
    if settings.studs_nyckel:
        yield True, f"Studsar tas också emot på {settings.base_url}/kvitto/studs."
    tas_emot = lada is not None or settings.studs_nyckel is not None
    for namn, url in (("WIS_EPOST_URL", settings.epost_url), ("WIS_EPOST_URL_2", settings.epost_url_2)):
        if url is None or not url.startswith("smtp"):
            continue
        markt = "studs=" in url
        if tas_emot and not markt:
            yield False, f"Studsar går inte att para ihop med sin leverans: lägg till studs=ADRESS i {namn}."
        elif markt and not tas_emot:
            yield False, f"Studsar från {namn} läses inte: ange WIS_STUDS_BREVLADA eller WIS_STUDS_NYCKEL."


def _konfiguration(settings: Settings) -> Iterator[Svar]:
    yield True, f"Data ligger i {settings.instance}."
    if settings.https or settings.demo:
        yield True, f"Användarnas adress är {settings.base_url}."
    else:
        yield False, f"Användarnas adress är {settings.base_url}: sätt WIS_BAS_URL till den riktiga, med https://."
    if settings.kontakt:
        yield True, f"Den som inte kan använda något vänder sig till {settings.kontakt}."
    elif not settings.demo:
        yield False, "Sidan Tillgänglighet säger inte vart man vänder sig, som lagen kräver: sätt WIS_KONTAKT."
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
