"""The command line: `wis …`."""

import importlib
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import click
from sqlalchemy.exc import SQLAlchemyError

from wis import audit, modeller, schema, settings  # noqa: F401 every process knows every table, for its references
from wis.db import Database
from wis.kommando import Fel
from wis.settings import Settings
from wis.tx import transaction


@dataclass(frozen=True)
class Kontext:
    """What every command gets."""

    settings: Settings

    @cached_property
    def database(self) -> Database:
        """The installation's database; ends with a word on what to do if it can't be opened."""
        with _databasfel():
            return Database(self.settings.database_url)

    def migrerad(self) -> Database:
        """The database, if its schema is the newest; otherwise ends with a word on what to do."""
        with _databasfel():
            newest = schema.current(self.database) == schema.newest()
        if not newest:
            raise Fel("Databasen är inte uppdaterad. Kör: wis db upgrade")
        return self.database


@contextmanager
def _databasfel() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise Fel(
            f"Databasen går inte att öppna ({type(error).__name__}). Kontrollera WIS_DATABASE_URL, att servern är i "
            "gång och att katalogen finns och går att skriva i."
        ) from error
    except RuntimeError as error:
        raise Fel(str(error)) from error


class Kommandon(click.Group):
    """The commands, and those of the packages, which are read in when they are asked for.

    A worker runs for months and needs nothing of what they bring.
    """

    _PAKETENS = {
        "user": "wis.konton.kommandon",
        "aktor": "wis.aktorskommandon",
        "arkiv": "wis.arkivkommandon",
        "natverk": "wis.aktorskommandon",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in order."""
        return sorted([*super().list_commands(ctx), *self._PAKETENS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, or None."""
        modul = self._PAKETENS.get(cmd_name)
        if modul is None:
            return super().get_command(ctx, cmd_name)
        kommando: click.Command = getattr(importlib.import_module(modul), cmd_name)
        return kommando


@click.group(cls=Kommandon, help="wis: delad lägesbild för offentliga aktörer i kris.")
@click.pass_context
def wis(ctx: click.Context) -> None:
    """Read the settings once for all commands."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        ctx.obj = Kontext(settings.load())
    except settings.SettingsError as error:
        raise Fel(str(error)) from error


@wis.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Adress att lyssna på.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port att lyssna på.")
@click.pass_obj
def run(kontext: Kontext, host: str, port: int) -> None:
    """Kör webben, och (om inget annat sagts) det som skickar."""
    from wis import server  # gunicorn and the whole application: only when they are to run
    from wis.adress import StartHinder, prova_adress

    current, host = kontext.settings.served_at(host, port), host.strip("[]")
    database = kontext.migrerad()
    try:
        prova_adress(host, port)
        if current.embedded_worker:
            # Here and not in the server's own process, where an error would end in a traceback.
            _prova_kanaler(current, database)
        database.dispose()
        server.kor(current, host, port, _demohalsning(current))
    except (StartHinder, settings.SettingsError) as error:
        raise Fel(str(error)) from error


def _prova_kanaler(current: Settings, database: Database) -> None:
    """Raises SettingsError if what is to send, or to read what bounces, is configured wrongly."""
    from wis.notiser.brevlada import konto
    from wis.notiser.models import Kanalslag
    from wis.notiser.transport import skapa

    if current.studs_brevlada:
        konto(current.studs_brevlada)
    for kanal in Kanalslag:
        for transport in skapa(kanal, current, database):
            transport.stang()


def _demohalsning(current: Settings) -> str:
    if not current.demo:
        return ""
    from wis.demo import LOSENORD, inloggningar

    rows = "".join(f"  {epost:<36} {vem}\n" for epost, vem in inloggningar())
    return f"Logga in med lösenordet {LOSENORD}:\n{rows}"


@wis.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Adress att lyssna på.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(1, 65535), help="Port att lyssna på.")
@click.pass_obj
def uttag(kontext: Kontext, host: str, port: int) -> None:
    """Håll öppna sidor uppkopplade i en egen process (webben körs då med WIS_INBYGGDA_UTTAG=0)."""
    from wis import uttag as uttag_process
    from wis.adress import StartHinder, prova_adress

    current, host = kontext.settings, host.strip("[]")
    if current.redis_url is None:
        raise Fel(
            "wis uttag hör de andra processerna genom Redis: sätt WIS_REDIS_URL, samma som för wis run och wis worker. "
            "Utan Redis håller wis run själv sidorna uppkopplade."
        )
    database = kontext.migrerad()
    try:
        prova_adress(host, port)
    except StartHinder as error:
        raise Fel(str(error)) from error
    uttag_process.kor(current, database, host, port)
    database.dispose()


@wis.command()
@click.pass_obj
def worker(kontext: Kontext) -> None:
    """Kör det som skickar som en egen process (webben körs då med WIS_INBYGGD_WORKER=0)."""
    from wis.begaran import paminnelser
    from wis.bevakning import matchning
    from wis.notiser import bevakare, pushservice, sysslor
    from wis.notiser.worker import Worker
    from wis.notiser.worker import kor as kor_worker

    # As the web app hires them (wis.app): whoever sends also looks for these.
    sysslor.anlita(paminnelser.paminn)
    sysslor.anlita(pushservice.stada)
    bevakare.anlita(matchning.notera)
    database = kontext.migrerad()
    try:
        arbetare = Worker(database, kontext.settings)
    except settings.SettingsError as error:
        raise Fel(str(error)) from error
    if kontext.settings.redis_url is not None:
        from wis.buss import vack_vid_utskick
        from wis.sandare import koppla_sandare

        koppla_sandare(database, kontext.settings)
        vack_vid_utskick(kontext.settings, arbetare.vack)
    click.echo("Skickar. Avsluta med Ctrl-C.")
    kor_worker(arbetare)


@wis.command("demo-data")
@click.pass_obj
def demo_data(kontext: Kontext) -> None:
    """Ladda demons aktörer, personer och händelser i en tom databas."""
    from wis.demo.ladda import ladda

    if not kontext.settings.demo:
        raise Fel("Demodata laddas bara i demoläge. Sätt WIS_DEMO=1, på en databas som inte används på riktigt.")
    loaded = ladda(kontext.migrerad(), kontext.settings)
    click.echo("Demodata laddade." if loaded else "Demodata fanns redan.")


@wis.group()
def db() -> None:
    """Databasen."""


@db.command()
@click.pass_obj
def upgrade(kontext: Kontext) -> None:
    """Skapa databasen eller uppdatera den till det senaste schemat."""
    from wis.grunddata import ladda_grunddata

    schema.upgrade(kontext.database)
    with transaction(kontext.database) as session:
        ladda_grunddata(session)
    click.echo(f"Databasen är uppdaterad (schema {schema.newest()}).")


@wis.group("audit")
def audit_group() -> None:
    """Loggen."""


@audit_group.command()
@click.option("--forvantat", metavar="NUMMER:HASH", help="En tidigare utskriven rad som ska finnas kvar i kedjan.")
@click.pass_obj
def verify(kontext: Kontext, forvantat: str | None) -> None:
    """Bevisa att ingen rad i loggen har ändrats, tagits bort eller skjutits in."""
    with kontext.migrerad().reading() as session:
        result = audit.verify(session)
        if isinstance(result, audit.Kedjebrott):
            raise Fel(f"Kedjan är BRUTEN vid rad {result.nummer}: {result.orsak}.")
        if forvantat and not audit.has(session, forvantat):
            raise Fel(f"Kedjan är hel men saknar {forvantat}: loggen är utbytt eller avkortad.")
    nummer, digest = result
    click.echo(f"Kedjan är hel: {nummer} rader. Spara detta på annan plats: {nummer}:{digest}")


@wis.command()
@click.option("--send", is_flag=True, help="Skicka också ett prov genom varje leverantör.")
@click.option("--till-sms", metavar="NUMMER", help="Vart SMS-proven går.")
@click.option("--till-epost", metavar="ADRESS", help="Vart e-postproven går.")
@click.pass_obj
def check(kontext: Kontext, *, send: bool, till_sms: str | None, till_epost: str | None) -> None:
    """Kontrollera konfiguration, klocka, databas, e-post och SMS."""
    from wis.kontroll import Felskrivet, kontrollera, prova

    if send != bool(till_sms or till_epost):
        raise Fel(
            "Ett prov behöver en mottagare: wis check --send --till-sms NUMMER --till-epost ADRESS (en eller båda)."
        )
    try:
        prov = prova(kontext.settings, till_sms, till_epost)
    except Felskrivet as error:
        raise Fel(str(error)) from error
    well = True
    for ok, message in chain(kontrollera(kontext.settings, kontext.database), prov):
        click.echo(f"{'OK ' if ok else 'FEL'} {message}")
        well = well and ok
    if not well:
        sys.exit(1)


def main() -> None:
    """The entry point of the console script."""
    os.umask(0o077)  # the database holds password hashes, numbers and drafts: for its owner alone
    wis(prog_name="wis")
