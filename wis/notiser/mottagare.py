"""How those who would be told are spread over actors, channels and time, and what it costs. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wis.notiser import rules


@dataclass(frozen=True)
class Aktorsantal:
    """How many are told at one actor (its short name): people, of them functions, and messages by channel."""

    aktor: str = ""
    personer: int = 0
    sms: int = 0
    epost: int = 0
    push: int = 0
    funktioner: int = 0

    def __add__(self, annan: "Aktorsantal") -> "Aktorsantal":
        """Both together, under the name of the first."""
        return Aktorsantal(
            self.aktor,
            self.personer + annan.personer,
            self.sms + annan.sms,
            self.epost + annan.epost,
            self.push + annan.push,
            self.funktioner + annan.funktioner,
        )


@dataclass(frozen=True)
class Fordelning:
    """By actor, those with the most people first; `tystnader`: how many have which quiet hours ('HH:MM', 'HH:MM')."""

    aktorer: tuple[Aktorsantal, ...] = ()
    tystnader: tuple[tuple[tuple[str, str], int], ...] = ()

    @property
    def summa(self) -> Aktorsantal:
        """All of them."""
        return sum(self.aktorer, Aktorsantal())

    def senare(self, now: datetime, *, bradskande: bool) -> list[tuple[datetime, int]]:
        """When those who have it quiet at `now` get it, and how many they are, the earliest first."""
        antal: Counter[datetime] = Counter()
        for tystnad, hur_manga in self.tystnader:
            nar = rules.tidigast(now, tystnad, bradskande=bradskande)
            if nar > now:
                antal[nar] += hur_manga
        return sorted(antal.items())


def fordela(rader: Iterable[tuple[Any, ...]]) -> Fordelning:
    """From rows of (actor's id, its name, quiet from, quiet until, people, SMS, e-mails, pushes, functions)."""
    aktorer: dict[int, Aktorsantal] = {}
    tystnader: Counter[tuple[str, str]] = Counter()
    for aktor_id, namn, fran, till, personer, *antal in rader:
        aktorer[aktor_id] = aktorer.get(aktor_id, Aktorsantal(namn)) + Aktorsantal(namn, personer, *antal)
        if fran is not None:
            tystnader[fran, till] += personer
    return Fordelning(
        tuple(sorted(aktorer.values(), key=lambda ett: (-ett.personer, ett.aktor))), tuple(sorted(tystnader.items()))
    )


# --- in words -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Knappord:
    """What the two buttons that publish say."""

    avisera: str
    tyst: str = "Publicera utan avisering"


def knappord(personer: int, *, bradskande: bool = False, rattelse: bool = False, bevakare: int = 0) -> Knappord:
    """The words of the buttons, when so many would be told, and `bevakare` more at most by what they watch."""
    vad = "Publicera rättelse" if rattelse else "Publicera"
    if not personer and not bevakare:
        return Knappord(f"{vad} (ingen blir aviserad)")
    antal = f"{personer}" if personer else f"högst {bevakare}"
    if bradskande:
        return Knappord(f"Publicera BRÅDSKANDE{' rättelse' if rattelse else ''} till {antal}")
    return Knappord(f"{vad} och avisera {antal}")


def smskostnad(mottagare: int, segment: int, pris: float | None) -> str:
    """'12 mottagare × 3 delar = 36 SMS-delar, ungefär 14,40 kr'; `pris` in öre for one part, None: not known.

    Nothing when nobody gets an SMS.
    """
    if not mottagare or not segment:
        return ""
    antal = mottagare * segment
    ord_ = f"{_tal(mottagare)} mottagare × {_delar(segment)} = {_tal(antal)} SMS-{'del' if antal == 1 else 'delar'}"
    if pris is None:
        return ord_
    kronor = f"{antal * pris / 100:,.2f}".replace(",", "\u00a0").replace(".", ",")
    return f"{ord_}, ungefär {kronor} kr"


def _delar(antal: int) -> str:
    return "1 del" if antal == 1 else f"{antal} delar"


def _tal(antal: int) -> str:
    return f"{antal:,}".replace(",", "\u00a0")
