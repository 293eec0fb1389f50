"""`wis arkiv …`: taking out, proving, reading in and throwing away, for whoever runs the installation."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.orm import Session

from wis.aktorer.queries import find_aktor
from wis.arkiv import exportera as ut
from wis.arkiv import gallring
from wis.arkiv.filer import Lasare, Mapplasare, Mappskrivare, Ziplasare
from wis.arkiv.format import Arkivfel
from wis.arkiv.importera import importera as las_in
from wis.arkiv.urval import av_aktor, av_handelse
from wis.arkiv.verifiera import verifiera as prova
from wis.handelser.models import Handelse
from wis.handelser.queries import find_handelse
from wis.kommando import Fel, Kontext
from wis.tx import transaction


@click.group(help="Arkiv: ta ut, kontrollera, läsa in och gallra.")
def arkiv() -> None:
    """The commands about archives."""


@arkiv.command()
@click.argument("mapp", type=click.Path(path_type=Path))
@click.option("--handelse", "handelse_slug", metavar="HÄNDELSE", help="En händelse, hel.")
@click.option("--aktor", "aktor_slug", metavar="AKTÖR", help="Allt som en aktör äger.")
@click.pass_obj
def exportera(kontext: Kontext, mapp: Path, handelse_slug: str | None, aktor_slug: str | None) -> None:
    """Skriv en händelse, eller allt som en aktör äger, till en ny mapp."""
    if (handelse_slug is None) == (aktor_slug is None):
        raise Fel("Ange vad som ska ut: --handelse eller --aktor.")
    database = kontext.migrerad()
    with _arkivfel(), database.reading() as session:
        uppdrag = _uppdrag(session, handelse_slug, aktor_slug or "")
        skrivare = Mappskrivare(mapp)
        summa = ut.exportera(session, skrivare, uppdrag)
    with transaction(database) as session:
        ut.anteckna(session, uppdrag, manifest=summa)
    click.echo(f"{len(skrivare.skrivna)} filer skrivna i {mapp}. Manifestets sha256: {summa}")


def _uppdrag(session: Session, handelse_slug: str | None, aktor_slug: str) -> ut.Uppdrag:
    if handelse_slug is not None:
        handelse = _handelse(session, handelse_slug)
        return ut.Uppdrag(f"handelse:{handelse.slug}", av_handelse(handelse), "driften")
    aktor_id = _agare(session, aktor_slug) or 0
    return ut.Uppdrag(f"aktor:{aktor_slug}", av_aktor(session, aktor_id), "driften")


@arkiv.command()
@click.argument("arkivet", metavar="MAPP_ELLER_ZIP", type=click.Path(exists=True, path_type=Path))
def verifiera(arkivet: Path) -> None:
    """Bevisa att inget i arkivet är ändrat, borta eller tillagt. Behöver ingen databas."""
    with _arkivfel(), _oppnat(arkivet) as lasare:
        provat = prova(lasare)
    vad = provat.manifest.get("vad", "")
    click.echo(f"Arkivet är helt: {vad}, exporterat {provat.manifest.get('exporterad', '')}.")
    click.echo(f"Manifestets sha256: {provat.sha256}")


@arkiv.command()
@click.argument("arkivet", metavar="MAPP_ELLER_ZIP", type=click.Path(exists=True, path_type=Path))
@click.pass_obj
def importera(kontext: Kontext, arkivet: Path) -> None:
    """Läs in ett arkiv i en installation där det som arkivet rymmer inte redan finns."""
    database = kontext.migrerad()
    with _arkivfel(), _oppnat(arkivet) as lasare:
        utfall = las_in(database, kontext.settings, lasare)
    for rad in utfall.olika:
        click.echo(f"Obs: {rad}")
    click.echo(f"Inläst: {utfall.rader} rader. Kontrollera loggen: wis audit verify")


@arkiv.command()
@click.option("--beslut", required=True, metavar="NR", help="Gallringsbeslutets nummer.")
@click.option("--handelse", "handelse_slug", required=True, metavar="HÄNDELSE", help="Den stängda händelsen.")
@click.option("--aktor", "aktor_slug", metavar="AKTÖR", help="Bara det som aktören äger. Annars allt i händelsen.")
@click.option("--ja", is_flag=True, help="Fråga inte.")
@click.pass_obj
def gallra(kontext: Kontext, beslut: str, handelse_slug: str, aktor_slug: str | None, *, ja: bool) -> None:
    """Ta bort innehåll för gott. Kvar blir vad det var, beslutets nummer och innehållets kontrollsumma."""
    database = kontext.migrerad()
    with _arkivfel(), database.reading() as session:
        handelse, agare_id = _handelse(session, handelse_slug), _agare(session, aktor_slug)
        nummer, antal = gallring.prova(handelse, beslut), len(gallring.saker_i(session, handelse, agare_id))
        handelse_id, rubrik = handelse.id, handelse.rubrik
    if not ja and click.prompt(f"{antal} saker i {rubrik} gallras för gott. Skriv beslutets nummer igen") != nummer:
        raise Fel("Numren är inte lika. Inget är gallrat.")
    with _arkivfel(), transaction(database) as session:
        last = gallring.las_handelsen(session, handelse_id)
        saker = gallring.saker_i(session, last, agare_id)
        antal = gallring.gallra(session, last, saker, gallring.Begart(nummer, agare_id), helt=True)
    click.echo(f"{antal} saker gallrade enligt beslut {nummer}. Säkerhetskopior har dem kvar: gallra dem också.")


def _handelse(session: Session, slug: str) -> Handelse:
    handelse = find_handelse(session, slug)
    if handelse is None:
        raise Fel(f"Det finns ingen händelse som heter {slug}.")
    return handelse


def _agare(session: Session, slug: str | None) -> int | None:
    if slug is None:
        return None
    aktor = find_aktor(session, slug)
    if aktor is None:
        raise Fel(f"Det finns ingen aktör som heter {slug}.")
    return aktor.id


@contextmanager
def _oppnat(arkivet: Path) -> Iterator[Lasare]:
    if arkivet.is_dir():
        yield Mapplasare(arkivet)
        return
    try:
        with zipfile.ZipFile(arkivet) as fil:
            yield Ziplasare(fil)
    except (zipfile.BadZipFile, OSError) as fel:
        raise Arkivfel(f"{arkivet} är varken en mapp eller en hel zip-fil.") from fel


@contextmanager
def _arkivfel() -> Iterator[None]:
    try:
        yield
    except Arkivfel as fel:
        raise Fel(str(fel)) from fel
