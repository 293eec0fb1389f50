"""What may be decided about an event. Pure: state and command in, decision or refusal out."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from wis.handelser.models import Beslutsslag, Lage

MAX_RUBRIK = 120
MAX_BESKRIVNING = 5000
MAX_MOTIVERING = 1000
MAX_NYCKEL = 64


@dataclass(frozen=True)
class Tillstand:
    """What an event is now."""

    lage: Lage
    stangd: bool
    staende: bool


@dataclass(frozen=True)
class Utfall:
    """What is decided: the kind of decision, and the state that follows."""

    slag: Beslutsslag
    lage: Lage
    stangd: bool


class RedanSkickat(Exception):
    """The form has been sent before, and what it said then was not this; `slug` is the event that it opened."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"formuläret har redan öppnat {slug}")
        self.slug = slug


class Inaktuell(Exception):
    """What the form was built on has been changed meanwhile."""


class Avslag(Exception):
    """The decision can't be taken; the text says why and what to do instead."""


def besluta(tillstand: Tillstand, slag: Beslutsslag, lage: Lage, motivering: str) -> Utfall:
    """The outcome of a decision about läge, closing or reopening. Raises Avslag."""
    if not motivering.strip():
        raise Avslag("Skriv en motivering: den loggas, och andra aktörer läser den.")
    if slag is Beslutsslag.LAGE:
        return _nytt_lage(tillstand, lage)
    if slag is Beslutsslag.STANGD:
        return _stang(tillstand)
    if slag is Beslutsslag.ATEROPPNAD:
        if not tillstand.stangd:
            raise Avslag("Händelsen är redan öppen.")
        return Utfall(slag, Lage.ORDINARIE, stangd=False)
    raise Avslag("Välj vad du vill besluta.")


def _nytt_lage(tillstand: Tillstand, lage: Lage) -> Utfall:
    if tillstand.stangd:
        raise Avslag("Händelsen är stängd. Öppna den igen först.")
    if tillstand.staende and lage is Lage.AKTIVERAT:
        raise Avslag(
            "Den stående händelsen är alltid i ordinarie läge. Öppna en ny händelse för det som har inträffat."
        )
    if tillstand.lage is lage:
        raise Avslag(f"Läget är redan {lage}: någon annan kan ha hunnit före.")
    return Utfall(Beslutsslag.LAGE, lage, stangd=False)


def _stang(tillstand: Tillstand) -> Utfall:
    if tillstand.staende:
        raise Avslag("Den stående händelsen kan inte stängas.")
    if tillstand.stangd:
        raise Avslag("Händelsen är redan stängd.")
    return Utfall(Beslutsslag.STANGD, tillstand.lage, stangd=True)


def egen_nyckel(nyckel: str, *sammanhang: int) -> str:
    """The key of a form as it is stored: in another context, or sent by another person, it is another key."""
    return ":".join([*map(str, sammanhang), nyckel[:MAX_NYCKEL]])


def slug_av(rubrik: str, upptagna: Collection[str]) -> str:
    """The address of an event with this title: a-z, 0-9 and hyphens, unlike every one of `upptagna`."""
    plain = unicodedata.normalize("NFKD", rubrik.casefold()).encode("ascii", "ignore").decode()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "handelse"
    slug, number = base, 2
    while slug in upptagna or slug == "ny":
        slug, number = f"{base}-{number}", number + 1
    return slug
