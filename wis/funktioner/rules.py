"""What a function is called, who may give it to whom, and for how long one is on duty. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from wis.auth.rules import Roll

MAX_KORTNAMN = 20
MAX_NAMN = 80
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


class Hinder(Exception):
    """What the rules do not allow; the text says in Swedish why, and what to do."""


@dataclass(frozen=True)
class Forslag:
    """A function that many actors have, and the role that it commonly needs."""

    kortnamn: str
    namn: str
    roll: Roll


FORSLAG = (
    Forslag("TiB", "Tjänsteman i beredskap", Roll.TALESPERSON),
    Forslag("KiB", "Kommunikatör i beredskap", Roll.TALESPERSON),
    Forslag("RSIB", "Regional samverkanskoordinator i beredskap", Roll.REDAKTOR),
    Forslag("RKK", "Regional kommunikationskoordinator", Roll.TALESPERSON),
)


def lediga_forslag(tagna: Iterable[str]) -> list[Forslag]:
    """The suggestions that no function is called by, whatever the case of its letters."""
    finns = {kortnamn.casefold() for kortnamn in tagna}
    return [ett for ett in FORSLAG if ett.kortnamn.casefold() not in finns]


@dataclass(frozen=True)
class Uppgifter:
    """What a function is to be. `behoriga`: the ids of the memberships that may go on duty."""

    kortnamn: str
    namn: str
    roll: Roll
    behoriga: frozenset[int]


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
