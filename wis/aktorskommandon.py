"""`wis natverk …` and `wis aktor …`: for whoever runs the installation."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from wis.aktorer import service
from wis.aktorer.models import Aktor, Aktorsnatverk
from wis.aktorer.queries import alla_natverk, svensk_nyckel
from wis.kommando import Fel, Kontext
from wis.tx import transaction


@click.group(help="Aktörsnätverk: grupper av aktörer att välja läsare ur.")
def natverk() -> None:
    """The commands about networks."""


@natverk.command()
@click.pass_obj
def lista(kontext: Kontext) -> None:
    """Visa alla nätverk och vilka som ingår."""
    with kontext.migrerad().reading() as session:
        namn = {id_: kortnamn for id_, kortnamn in session.execute(select(Aktor.id, Aktor.kortnamn))}
        rader = [_rad(ett, namn) for ett in alla_natverk(session)]
    click.echo("\n".join(rader) if rader else "Det finns inga nätverk. Gör ett: wis natverk ny NAMN AKTÖR …")


def _rad(ett: Aktorsnatverk, namn: dict[int, str]) -> str:
    medlemmar = sorted((namn[medlem.aktor_id] for medlem in ett.medlemmar), key=svensk_nyckel)
    return f"{ett.slug}: {ett.namn} ({len(medlemmar)}): {', '.join(medlemmar)}"


@natverk.command()
@click.argument("namn")
@click.argument("aktorer", metavar="AKTÖR…", nargs=-1, required=True)
@click.pass_obj
def ny(kontext: Kontext, namn: str, aktorer: tuple[str, ...]) -> None:
    """Gör ett nätverk av de här aktörerna (deras korta namn i adresser)."""
    with _skriv(kontext) as session:
        nytt = service.nytt_natverk(session, namn, aktorer)
        klart = f"Nätverket {nytt.namn} ({nytt.slug}) har {len(nytt.medlemmar)} aktörer."
    click.echo(klart)


@natverk.command("ändra")
@click.argument("slug", metavar="NÄTVERK")
@click.option("--namn", help="Nytt namn.")
@click.option("--med", metavar="AKTÖR", multiple=True, help="Lägg till en aktör. Kan anges flera gånger.")
@click.option("--utan", metavar="AKTÖR", multiple=True, help="Ta bort en aktör. Kan anges flera gånger.")
@click.pass_obj
def andra(kontext: Kontext, slug: str, namn: str | None, med: tuple[str, ...], utan: tuple[str, ...]) -> None:
    """Byt namn på ett nätverk, lägg till eller ta bort aktörer. Läsrätt som redan är given ändras inte."""
    if namn is None and not med and not utan:
        raise Fel("Ange vad som ska ändras: --namn, --med eller --utan.")
    with _skriv(kontext) as session:
        andrat = service.andra_natverk(session, slug, namn=namn, med=med, utan=utan)
        klart = f"Nätverket {andrat.namn} ({andrat.slug}) har nu {len(andrat.medlemmar)} aktörer."
    click.echo(klart)


# For keyboards, and terminals, without ä.
natverk.add_command(andra, "andra")


@click.group(help="Aktörer: de organisationer som är med.")
def aktor() -> None:
    """The commands about actors."""


@aktor.command("ny")
@click.argument("slug", metavar="KORT_NAMN_I_ADRESSER")
@click.argument("namn")
@click.argument("kortnamn")
@click.argument("typ")
@click.pass_obj
def ny_aktor(kontext: Kontext, slug: str, namn: str, kortnamn: str, typ: str) -> None:
    """Lägg till en aktör. Den läser det som publiceras från och med nu, och äldre bara om någon väljer den."""
    with _skriv(kontext) as session:
        tillagd = service.ny_aktor(session, slug, namn, kortnamn, typ)
        klart = f"{tillagd.namn} är tillagd som {tillagd.slug}."
    click.echo(klart)
    click.echo(f"Gör den första administratören: wis user create --aktor {slug} --administrator --epost … --namn …")


@contextmanager
def _skriv(kontext: Kontext) -> Iterator[Session]:
    try:
        with transaction(kontext.migrerad()) as session:
            yield session
    except service.Hinder as hinder:
        raise Fel(str(hinder)) from hinder
