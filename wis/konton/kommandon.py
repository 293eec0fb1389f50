"""`wis user …`: for whoever runs the installation. Makes the first administrator, and rescues one who is locked out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import click
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer, find_aktor
from wis.auth import faktorer, meddelanden
from wis.auth import queries as auth_queries
from wis.auth.models import Anvandare, Lanktyp, Medlemskap
from wis.auth.rules import Roll
from wis.auth.service import avsluta_alla, las_person, rattighet_andrad
from wis.kommando import Fel, Kontext
from wis.konton import kontobrev, lankar, queries, service, tjanster
from wis.konton.rules import Behorighet, Hinder, normal_epost
from wis.konton.service import OPERATOR, Handling
from wis.tx import transaction

INGEN = "ingen"
_ROLLER = click.Choice([*(roll.value for roll in Roll), INGEN])


@click.group(help="Användare: skapa den första administratören, rädda den som inte kommer in.")
def user() -> None:
    """The commands about users."""


@user.command()
@click.option("--epost", required=True, help="Den adress som personen loggar in med.")
@click.option("--namn", required=True, help="Personens namn.")
@click.option("--aktor", "slug", required=True, help="Aktörens korta namn i adresser, t.ex. nacka.")
@click.option("--roll", type=_ROLLER, default=INGEN, show_default=True, help="Rollen hos aktören.")
@click.option("--administrator", is_flag=True, help="Gör personen till aktörsadministratör.")
@click.pass_obj
def create(kontext: Kontext, epost: str, namn: str, slug: str, roll: str, administrator: bool) -> None:
    """Lägg upp en person och skriv ut inbjudningslänken (den gäller i 7 dygn)."""
    try:
        invitation = service.Inbjudan(
            normal_epost(epost), namn.strip() or epost, Behorighet(_roll(roll), administrator)
        )
    except ValueError as error:
        raise Fel(f"'{epost}' går inte att använda. {error}") from error
    with _skriv(kontext) as session:
        aktor = _aktor(session, slug)
        invited = service.bjud_in(session, OPERATOR, aktor.id, invitation, kontext.settings.base_url)
        klart = f"{invited.namn} ({invitation.epost}) är {invitation.behorighet.namn} hos {aktor.namn}."
    click.echo(klart)
    if invited.lank:
        click.echo(f"Ge personen den här länken, på ett säkert sätt. Den går att använda en gång:\n{invited.lank}")
    else:
        click.echo("Personen hade redan ett konto och loggar in som vanligt.")


@user.command("list")
@click.option("--aktor", "slug", help="Bara den här aktörens användare.")
@click.pass_obj
def list_users(kontext: Kontext, slug: str | None) -> None:
    """Visa användare: aktör, e-post, namn, behörighet och tillstånd."""
    now = clock.now()
    with kontext.migrerad().reading() as session:
        aktorer = [_aktor(session, slug)] if slug else alla_aktorer(session)
        for aktor in aktorer:
            for rad in queries.anvandarrader(session, aktor, now):
                cells = (aktor.slug, rad.epost, rad.namn, rad.behorighet.namn, rad.tillstand.value)
                click.echo("\t".join(cells))


@user.command()
@click.argument("epost")
@click.pass_obj
def rescue(kontext: Kontext, epost: str) -> None:
    """Öppna kontot och skriv ut en länk (30 minuter) för ett nytt lösenord: behöver ingen e-post."""
    with _skriv(kontext) as session:
        person = las_person(session, _person(session, epost).id)
        person.avstangd = None
        lank = lankar.skapa(session, person, Lanktyp.ATERSTALLNING, kontext.settings.base_url)
        rattighet_andrad(session, person)
        audit.record(session, "konto räddat", objekt=person.adress, kommandorad=True)
        nowhere = not auth_queries.giltiga_medlemskap(session, person.id, clock.now())
    click.echo(f"Länken gäller i 30 minuter och går att använda en gång:\n{lank}")
    if nowhere:
        click.echo(
            f"OBS: personen har ingen gällande behörighet hos någon aktör. Ge en: wis user grant {epost} --aktor …"
        )


@user.command()
@click.argument("epost")
@click.pass_obj
def disable(kontext: Kontext, epost: str) -> None:
    """Stäng hela kontot, hos alla aktörer, från och med nu."""
    with _skriv(kontext) as session:
        person = _person(session, epost)
        if person.avstangd is not None:
            raise Fel(f"{person.adress} är redan avstängd.")
        turns = tjanster.avsluta(session, [m.id for m in person.medlemskap], None)
        # The person before links and logins, as everywhere.
        person = las_person(session, person.id)
        person.avstangd = clock.now()
        lankar.avsluta(session, person.id, *Lanktyp)
        avsluta_alla(session, person.id)
        rattighet_andrad(session, person)
        audit.record(session, "konto stängt", objekt=person.adress, kommandorad=True)
        for tur in turns:
            service.logga(session, OPERATOR, tur.aktor_id, Handling("avslutar tjänst", tur.objekt, tur.uppgifter))
        without = _utan_administrator(session, person)
    click.echo(f"{person.adress} är avstängd och utloggad överallt.")
    for namn in without:
        click.echo(
            f"OBS: {namn} har nu ingen aktörsadministratör. Utse en: wis user grant EPOST --aktor … --administrator"
        )


@user.command()
@click.argument("epost")
@click.pass_obj
def enable(kontext: Kontext, epost: str) -> None:
    """Öppna ett stängt konto. Lösenordet är det som det var."""
    with _skriv(kontext) as session:
        person = _person(session, epost)
        if person.avstangd is None:
            raise Fel(f"{person.adress} är inte avstängd.")
        person.avstangd = None
        rattighet_andrad(session, person)
        audit.record(session, "konto öppnat", objekt=person.adress, kommandorad=True)
    click.echo(f"{person.adress} kan logga in igen.")


@user.command()
@click.argument("epost")
@click.option("--aktor", "slug", required=True, help="Aktörens korta namn i adresser, t.ex. nacka.")
@click.option("--roll", type=_ROLLER, help="Ny roll; utan den blir rollen som den är.")
@click.option(
    "--administrator/--no-administrator", default=None, help="Gör till aktörsadministratör, eller ta bort det."
)
@click.pass_obj
def grant(kontext: Kontext, epost: str, slug: str, roll: str | None, administrator: bool | None) -> None:
    """Ge eller ändra en persons behörighet hos en aktör. Den gäller tills vidare, även om personen var avstängd där."""
    with _skriv(kontext) as session:
        person, aktor = _person(session, epost), _aktor(session, slug)
        medlemskap = queries.find_medlemskap_for(session, aktor.id, person.id)
        nu = queries.behorighet_av(medlemskap) if medlemskap else Behorighet(None, administrator=False)
        wanted = Behorighet(
            roll=nu.roll if roll is None else _roll(roll),
            administrator=nu.administrator if administrator is None else administrator,
        )
        _ge(session, kontext, person, aktor, medlemskap, wanted)
        klart = f"{person.namn} ({person.adress}) är {wanted.namn} hos {aktor.namn}."
    click.echo(klart)


@user.command("reset-factor")
@click.argument("epost")
@click.pass_obj
def reset_factor(kontext: Kontext, epost: str) -> None:
    """Ta bort personens app, passkeys och reservkoder: för den som har förlorat alla. Lösenordet är som det var."""
    meddelanden.anlita(kontobrev.skicka)
    with _skriv(kontext) as session:
        person = _person(session, epost)
        antal = faktorer.nollstall(session, person, None)
        klart = f"{person.namn} ({person.adress}) har ingen andra faktor längre ({antal} borttagna), och är utloggad."
    click.echo(f"{klart}\nKrävs en andra faktor får personen lägga till en ny efter lösenordet. Ett brev är på väg.")


# --- parts -------------------------------------------------------------------------------------------------------


def _ge(
    session: Session,
    kontext: Kontext,
    person: Anvandare,
    aktor: Aktor,
    medlemskap: Medlemskap | None,
    wanted: Behorighet,
) -> None:
    if medlemskap is None:
        invitation = service.Inbjudan(person.adress, person.namn, wanted)
        service.bjud_in(session, OPERATOR, aktor.id, invitation, kontext.settings.base_url)
        return
    if medlemskap.avstangd is not None:
        service.slapp_in(session, OPERATOR, aktor.id, medlemskap.id)
    service.andra(session, OPERATOR, aktor.id, medlemskap.id, replace(wanted, giltig_till=None))


@contextmanager
def _skriv(kontext: Kontext) -> Iterator[Session]:
    try:
        with transaction(kontext.migrerad()) as session:
            yield session
    except Hinder as error:
        raise Fel(str(error)) from error


def _roll(text: str) -> Roll | None:
    return None if text == INGEN else Roll(text)


def _aktor(session: Session, slug: str) -> Aktor:
    aktor = find_aktor(session, slug)
    if aktor is None:
        known = ", ".join(sorted(en.slug for en in alla_aktorer(session)))
        raise Fel(f"Det finns ingen aktör '{slug}'. Välj en av: {known or 'inga (kör wis db upgrade)'}.")
    return aktor


def _person(session: Session, epost: str) -> Anvandare:
    person = auth_queries.find_anvandare(session, epost)
    if person is None:
        raise Fel(f"Det finns ingen användare med adressen {epost}. Se vilka som finns: wis user list")
    return person


def _utan_administrator(session: Session, person: Anvandare) -> list[str]:
    """The actors that the person administered and that nobody administers now."""
    led = [m for m in person.medlemskap if m.administrator and m.avstangd is None]
    return [m.aktor.namn for m in led if not auth_queries.administratorer(session, m.aktor_id, clock.now())]
