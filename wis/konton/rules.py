"""What may be changed about the people at an actor, in what state they are, and what that lets them do. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from email_validator import EmailNotValidError, validate_email

from wis.auth.krets import Krets
from wis.auth.rules import Beslut, Roll, Sak, Slag, Subjekt, Verb, can

INBJUDAN_GILTIG = timedelta(days=7)
ATERSTALLNING_GILTIG = timedelta(minutes=30)
MINST_ADMINISTRATORER = 2
"""How many administrators an actor is advised to have."""

EGEN_BEHORIGHET = "Du kan inte ändra din egen behörighet. Be en annan administratör hos er."
SISTA_ADMINISTRATOREN = (
    "Det måste finnas minst en administratör som kan logga in och som inte har något slutdatum. "
    "Gör en annan användare till administratör först."
)
INGEN_ROLL = "Välj en roll, eller gör personen till administratör. Ska personen inte ha någon behörighet: stäng av den."
DATUM_HAR_VARIT = "Datumet har redan varit. Ta bort det eller ange en dag framåt."
MAX_MOTIVERING = 300
UTAN_MOTIVERING = "Skriv varför, med några ord. Det står sedan i personens historik."
GAST_HOGST_DAGAR = 7
"""How many days a guest may read at most; then somebody must ask anew."""
GAST_ANDRAS_INTE = (
    "En gäst läser en enda händelse, i högst 7 dygn, och kan inte få något mer. Ska personen ha en roll hos er: "
    "bjud in personen som användare."
)


def normal_epost(text: str) -> str:
    """The address as it is stored, in lower case. Raises ValueError when no mail can be sent to it."""
    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise ValueError("Skriv en hel e-postadress utan å, ä och ö, till exempel namn@kommun.se.") from None
    return found.normalized.lower()


class Hinder(Exception):
    """A change that the rules do not allow; the text says in Swedish why, and what to do."""


@dataclass(frozen=True)
class Behorighet:
    """What a person is, or is to be, at one actor. `giltig_till` None = until further notice."""

    roll: Roll | None
    administrator: bool
    giltig_till: datetime | None = None
    avstangd: bool = False

    def galler(self, now: datetime) -> bool:
        """Whether it is in force (as far as the actor is concerned; the account may still be shut)."""
        return not self.avstangd and (self.giltig_till is None or self.giltig_till > now)

    def administrerar(self, now: datetime) -> bool:
        """Whether it makes the person an administrator now."""
        return self.administrator and self.galler(now)

    @property
    def namn(self) -> str:
        """In words: 'talesperson, administratör'."""
        parts = [self.roll.namn if self.roll else "", "administratör" if self.administrator else ""]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class Plats:
    """A person's place at an actor. `kan_logga_in`: has a password, and the account is not shut."""

    anvandare_id: int
    behorighet: Behorighet
    kan_logga_in: bool


def provad_motivering(text: str) -> str:
    """The reason on one line. Raises Hinder if there is none, or if it is too long."""
    reason = " ".join(text.split())
    if not reason:
        raise Hinder(UTAN_MOTIVERING)
    if len(reason) > MAX_MOTIVERING:
        raise Hinder(f"Korta motiveringen till högst {MAX_MOTIVERING} tecken.")
    return reason


def gast_till(dagar: int, now: datetime) -> datetime:
    """When a guest who is invited for so many days is out again. Raises Hinder outside 1–7."""
    if not 1 <= dagar <= GAST_HOGST_DAGAR:
        raise Hinder(f"En gäst kan läsa i 1–{GAST_HOGST_DAGAR} dygn. Behövs det längre: bjud in igen när tiden är ute.")
    return now + timedelta(days=dagar)


def prova_ny(behorighet: Behorighet, now: datetime) -> None:
    """Raises Hinder if it gives nothing, or is over before it begins."""
    if behorighet.roll is None and not behorighet.administrator:
        raise Hinder(INGEN_ROLL)
    if behorighet.giltig_till is not None and behorighet.giltig_till <= now:
        raise Hinder(DATUM_HAR_VARIT)


def prova_andring(
    utforare_id: int | None, fore: Plats, efter: Behorighet, ovriga: Collection[Plats], now: datetime
) -> None:
    """Raises Hinder if `utforare_id` (None = the operator) may not make `fore` into `efter`.

    `ovriga` are the other people at the actor. Nobody changes their own rights, and one administrator always remains.
    """
    if utforare_id == fore.anvandare_id:
        raise Hinder(EGEN_BEHORIGHET)
    if efter.roll is None and not efter.administrator:
        raise Hinder(INGEN_ROLL)
    if efter.giltig_till != fore.behorighet.giltig_till and efter.giltig_till is not None and efter.giltig_till <= now:
        raise Hinder(DATUM_HAR_VARIT)
    if not _tar_bort_ansvar(fore.behorighet, efter, now):
        return
    if not any(_kan_ta_over(en, fore.behorighet, now) for en in ovriga):
        raise Hinder(SISTA_ADMINISTRATOREN)


def _tar_bort_ansvar(fore: Behorighet, efter: Behorighet, now: datetime) -> bool:
    if not fore.administrerar(now):
        return False
    return not efter.administrerar(now) or (efter.giltig_till is not None and fore.giltig_till is None)


def _kan_ta_over(en: Plats, efter_vem: Behorighet, now: datetime) -> bool:
    """Whether `en` is an administrator who lasts: one with an end date can't follow one without."""
    lasts = en.behorighet.giltig_till is None or efter_vem.giltig_till is not None
    return en.kan_logga_in and en.behorighet.administrerar(now) and lasts


# --- in what state a person is -----------------------------------------------------------------------------------


class Tillstand(StrEnum):
    """How a person stands at an actor, as shown to its administrators."""

    AKTIV = "aktiv"
    INBJUDEN = "inbjuden, har inte loggat in"
    AVSTANGD = "avstängd"
    UTGANGEN = "slutdatumet har passerat"
    KONTO_STANGT = "kontot är avstängt av driften"


def tillstand(behorighet: Behorighet, *, konto_stangt: bool, har_losenord: bool, now: datetime) -> Tillstand:
    """The state; what shuts a person out most firmly comes first."""
    if konto_stangt:
        return Tillstand.KONTO_STANGT
    if behorighet.avstangd:
        return Tillstand.AVSTANGD
    if not behorighet.galler(now):
        return Tillstand.UTGANGEN
    return Tillstand.AKTIV if har_losenord else Tillstand.INBJUDEN


HINDRAR = {
    Tillstand.INBJUDEN: "Personen har inte valt lösenord än och kan därför inte logga in. Skicka inbjudan igen.",
    Tillstand.AVSTANGD: "Personen är avstängd hos er. Släpp in personen igen om det var fel.",
    Tillstand.UTGANGEN: "Behörigheten har gått ut. Ändra eller ta bort slutdatumet.",
    Tillstand.KONTO_STANGT: "Den som sköter driften har stängt hela kontot. Bara driften kan öppna det.",
}
"""Why a person in this state gets nowhere, and what to do."""


# --- what a person may and may not -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Omdome:
    """One thing that people ask about, and whether the person may."""

    vad: str
    beslut: Beslut


_ANNAN = -1
"""Stands for any other actor."""
_STANGD_FOR_ANDRA = Sak(Slag.HANDELSE, _ANNAN, (Krets(alla=False, fran={_ANNAN: None}),))


def omdomen(subjekt: Subjekt, now: datetime) -> list[Omdome]:
    """What the person may and may not at the actor, in the order that people ask; judged by can(), as all else is."""
    egen, namn = subjekt.aktor_id, subjekt.aktor_namn
    fragor = [
        ("läsa händelser som är öppna för alla aktörer", Verb.LASA, Sak(Slag.HANDELSE, _ANNAN)),
        (
            f"läsa händelser som inte öppnats för {namn}",
            Verb.LASA,
            _STANGD_FOR_ANDRA,
        ),
        ("öppna en ny händelse", Verb.OPPNA_HANDELSE, Sak(Slag.HANDELSE, egen)),
        (f"skriva utkast till lägesbilden för {namn}", Verb.SKRIVA, Sak(Slag.EGEN_LAGESBILD, egen)),
        (f"publicera lägesbilden för {namn}", Verb.PUBLICERA, Sak(Slag.EGEN_LAGESBILD, egen)),
        ("publicera informationsunderrättelser", Verb.PUBLICERA, Sak(Slag.UNDERRATTELSE, egen)),
        ("publicera den samlade lägesbilden", Verb.PUBLICERA, Sak(Slag.SAMLAD_LAGESBILD, None)),
        ("skriva åt en annan aktör", Verb.SKRIVA, Sak(Slag.EGEN_LAGESBILD, _ANNAN)),
        (f"ändra läge i och stänga händelser som {namn} äger", Verb.ANDRA_LAGE, Sak(Slag.HANDELSE, egen)),
        ("ändra läge i andra aktörers händelser", Verb.ANDRA_LAGE, Sak(Slag.HANDELSE, _ANNAN)),
        (f"ändra uppgifter och läsrätt i händelser som {namn} äger", Verb.ANDRA_HANDELSE, Sak(Slag.HANDELSE, egen)),
        (f"följa hur utskick från {namn} levereras", Verb.SE_UTSKICK, Sak(Slag.UTSKICK, egen)),
        (f"administrera användare hos {namn}", Verb.ADMINISTRERA, Sak(Slag.AKTOR, egen, agare_namn=namn)),
    ]
    return [Omdome(vad, can(subjekt, verb, sak, now)) for vad, verb, sak in fragor]


RUTNATETS_KOLUMNER = (
    "Läsa händelser",
    "Öppna händelse",
    "Skriva utkast",
    "Publicera",
    "Välja läsare",
    "Samlad lägesbild",
    "Ändra läge",
    "Bjuda in gäster",
    "Administrera",
)
"""What the grid of rights asks, in plain words; rutnat() answers in the same order."""


def rutnat(subjekt: Subjekt, now: datetime) -> list[Omdome]:
    """One row of the grid, judged by can(): in an event that is open to all, or for a guest in the guest's own."""
    egen, handelse_id = subjekt.aktor_id, subjekt.gast_i
    saker = (
        (Verb.LASA, Sak(Slag.HANDELSE, _ANNAN, handelse_id=handelse_id)),
        (Verb.OPPNA_HANDELSE, Sak(Slag.HANDELSE, egen)),
        (Verb.SKRIVA, Sak(Slag.EGEN_LAGESBILD, egen)),
        (Verb.PUBLICERA, Sak(Slag.EGEN_LAGESBILD, egen)),
        (Verb.ANDRA_LASRATT, Sak(Slag.EGEN_LAGESBILD, egen)),
        (Verb.PUBLICERA, Sak(Slag.SAMLAD_LAGESBILD, None)),
        (Verb.ANDRA_LAGE, Sak(Slag.HANDELSE, egen)),
        (Verb.BJUDA_GAST, Sak(Slag.HANDELSE, egen)),
        (Verb.ADMINISTRERA, Sak(Slag.AKTOR, egen, agare_namn=subjekt.aktor_namn)),
    )
    answers = [can(subjekt, verb, sak, now) for verb, sak in saker]
    return [Omdome(vad, beslut) for vad, beslut in zip(RUTNATETS_KOLUMNER, answers, strict=True)]
