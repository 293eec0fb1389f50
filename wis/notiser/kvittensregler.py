"""Who is asked next, and what is said of how many have answered. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from wis.notiser.models import Kanalslag


@dataclass(frozen=True)
class Behorig:
    """One who may go on duty as a function, and the channels by which they can be told."""

    anvandare_id: int
    aktor_id: int
    kanaler: tuple[Kanalslag, ...]


def nasta_person(behoriga: Iterable[Behorig], fragade: Collection[int]) -> Behorig | None:
    """The first who can be told and has not been asked; None when all have."""
    return next((ett for ett in behoriga if ett.kanaler and ett.anvandare_id not in fragade), None)


def sammanfattning(antal: int, lasta: int, kvitterade: int, *, bradskande: bool) -> str:
    """'Läst av 12 av 34, kvitterat av 9.'; only a brådskande asks for an answer."""
    slut = f", kvitterat av {kvitterade}" if bradskande else ""
    return f"Läst av {lasta} av {antal}{slut}."


def fortsatt(text: str, funktion: str | None) -> str:
    """The text as it is put to one who gets it in the place of a function."""
    return f"Till dig för {funktion}: {text}" if funktion else text
