"""What a function is called, who may give it to whom, and for how long one is on duty. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from wis.auth.rules import Roll

MAX_KORTNAMN = 20
MAX_NAMN = 80
MAX_MOTIVERING = 300
FORVALD_TID = 12
TIDER = (8, 12, 24)
"""Hours on duty to choose among."""
LANGSTA_TJANST = timedelta(days=7)

TILL_I_FRAMTIDEN = "Sluttiden har redan varit. Välj en tid framåt."
FOR_LANG_TJANST = "En tjänstgöring är högst sju dygn. Välj en tidigare sluttid."
UPPTAGET = "Det finns redan en funktion som heter {}. Välj ett annat kortnamn, eller ändra den som finns."
NEDLAGD = "Funktionen är nedlagd. Lägg upp den på nytt om den ska användas."
INGEN_I_TJANST = "Ingen är i tjänst längre: tjänstgöringen är redan avslutad."
INTE_PA_LISTAN = "Personen står inte längre på listan över dem som får gå i tjänst."
UTAN_LOSENORD = (
    "{} har aldrig loggat in och kan inte ta emot tjänsten. Be personen följa länken i inbjudan, eller skicka den igen "
    "på personens sida under Användare. Välj någon annan så länge."
)
UTAN_MOTIVERING = "Skriv varför, med några ord. Det står sedan i funktionens historik."
FOR_LANG_MOTIVERING = f"Korta motiveringen till högst {MAX_MOTIVERING} tecken."
REGIONALA = frozenset({"samverkan", "länsstyrelse"})
"""The kinds of actor that coordinate a region."""


class Hinder(Exception):
    """What the rules do not allow; the text says in Swedish why, and what to do."""


@dataclass(frozen=True)
class Forslag:
    """A function that many actors have, and the role that it commonly needs.

    `regional`: only those who coordinate a region have it.
    """

    kortnamn: str
    namn: str
    roll: Roll
    regional: bool = False


FORSLAG = (
    Forslag("TiB", "Tjänsteman i beredskap", Roll.TALESPERSON),
    Forslag("KiB", "Kommunikatör i beredskap", Roll.TALESPERSON),
    Forslag("RSIB", "Regional samverkanskoordinator i beredskap", Roll.REDAKTOR, regional=True),
    Forslag("RKK", "Regional kommunikationskoordinator", Roll.TALESPERSON, regional=True),
)


def lediga_forslag(tagna: Iterable[str], aktorstyp: str) -> list[Forslag]:
    """The suggestions for this kind of actor that no function is called by, whatever the case of its letters."""
    finns = {kortnamn.casefold() for kortnamn in tagna}
    passar = [ett for ett in FORSLAG if not ett.regional or aktorstyp in REGIONALA]
    return [ett for ett in passar if ett.kortnamn.casefold() not in finns]


@dataclass(frozen=True)
class Uppgifter:
    """What a function is to be. `behoriga`: the ids of the memberships that may go on duty."""

    kortnamn: str
    namn: str
    roll: Roll
    behoriga: frozenset[int]


def kraver_motivering(fore: Uppgifter, efter: Uppgifter) -> bool:
    """Whether the change touches what people may: the role, or who is on the list."""
    return (fore.roll, fore.behoriga) != (efter.roll, efter.behoriga)


def prova_motivering(text: str, *, kravs: bool = True) -> str:
    """The reason, trimmed. Raises Hinder if one is called for and there is none, or it is too long."""
    reason = text.strip()
    if kravs and not reason:
        raise Hinder(UTAN_MOTIVERING)
    if len(reason) > MAX_MOTIVERING:
        raise Hinder(FOR_LANG_MOTIVERING)
    return reason


def prova_egen(medlemskap_id: int | None, egen: Roll | None, fore: Uppgifter | None, efter: Uppgifter) -> None:
    """Raises Hinder if an administrator would get a higher role than `egen` by it: nobody raises their own rights.

    What was so already stands.
    """
    if medlemskap_id not in efter.behoriga or (egen is not None and egen.niva >= efter.roll.niva):
        return
    if fore is not None and medlemskap_id in fore.behoriga and fore.roll.niva >= efter.roll.niva:
        return
    har = "ingen roll" if egen is None else f"rollen {egen.namn}"
    raise Hinder(
        f"Du har {har}, och funktionen ger rollen {efter.roll.namn}. Du kan inte ge dig själv mer än du har: "
        "be en annan administratör hos er sätta upp dig på listan."
    )


def prova_till(till: datetime, now: datetime) -> None:
    """Raises Hinder if a turn of duty from `now` may not end then."""
    if till <= now:
        raise Hinder(TILL_I_FRAMTIDEN)
    if till > now + LANGSTA_TJANST:
        raise Hinder(FOR_LANG_TJANST)


@dataclass(frozen=True)
class Pagaende:
    """Who is on duty. `till`: when it ends by itself."""

    tjanst_id: int
    medlemskap_id: int
    anvandare_id: int
    namn: str
    epost: str
    fran: datetime
    till: datetime


def prova_sedd(pagaende: Pagaende | None, sedd: int | None, kortnamn: str) -> None:
    """Raises Hinder if somebody went on duty after the page that was answered was shown (`sedd`: who was then).

    Nobody takes over from a person whom they have not seen to be there. That somebody has gone off is no hindrance.
    """
    if pagaende is not None and pagaende.tjanst_id != sedd:
        raise Hinder(f"{pagaende.namn} hann före och är i tjänst som {kortnamn}. Vill du ta över ändå: tryck igen.")
