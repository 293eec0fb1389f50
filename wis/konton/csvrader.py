"""An actor's people as lines of text with columns: reading what was pasted, writing what can be fetched. Pure."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from wis.auth.forms import pa_en_rad
from wis.auth.rules import Roll
from wis.datum import slutet_av
from wis.konton.rules import Behorighet, Hinder, normal_epost
from wis.notiser import csvfil

MAX_RADER = 500
MAX_NAMN = 100
KRAVS = ("e-post", "namn", "roll")
FRIVILLIGA = ("administratör", "giltig till")
KOLUMNER = (*KRAVS, *FRIVILLIGA)
_NAMN = {
    "e-post": "e-post",
    "epost": "e-post",
    "e-postadress": "e-post",
    "namn": "namn",
    "roll": "roll",
    "administratör": "administratör",
    "administrator": "administratör",
    "giltig till": "giltig till",
    "sista dag": "giltig till",
    "slutdatum": "giltig till",
}
_ROLLER: dict[str, Roll | None] = {
    **{roll.value: roll for roll in Roll},
    **{roll.namn: roll for roll in Roll},
    "ingen": None,
    "": None,
}
_JA, _NEJ = {"ja", "j", "x", "1", "sant", "true", "yes"}, {"", "nej", "n", "0", "falskt", "false", "no"}


@dataclass(frozen=True)
class Rad:
    """A line: whom, and what the person is to be; or in `fel` what is wrong and what to do.

    `saknas` are the columns that the line does not have, which is not the same as to say no in them.
    """

    nummer: int
    epost: str
    namn: str
    behorighet: Behorighet | None
    fel: str = ""
    saknas: frozenset[str] = frozenset()

    def over(self, fore: Behorighet) -> Behorighet | None:
        """What the line makes of one who is `fore`: what it has no column for stays. None if the line is wrong."""
        if self.behorighet is None:
            return None
        has_admin, has_end = (kolumn not in self.saknas for kolumn in FRIVILLIGA)
        return replace(
            self.behorighet,
            administrator=self.behorighet.administrator if has_admin else fore.administrator,
            giltig_till=self.behorighet.giltig_till if has_end else fore.giltig_till,
        )


def las(text: str) -> list[Rad]:
    """The lines that say something, in order. Raises Hinder when the whole can't be read."""
    lines = [(number, cells) for number, cells in _celler(text.lstrip("\ufeff")) if any(cells)]
    if not lines:
        raise Hinder("Klistra in minst en rad.")
    ordning, lines = _rubriker(lines)
    if not lines:
        raise Hinder("Det finns bara rubriker. Klistra in minst en rad med en person.")
    if len(lines) > MAX_RADER:
        raise Hinder(f"Det är {len(lines)} rader. Dela upp dem: högst {MAX_RADER} åt gången.")
    rader = [_rad(number, dict(zip(ordning, cells, strict=False))) for number, cells in lines]
    return _utan_dubbletter(rader)


def skriv(rubriker: Sequence[str], rader: Iterable[Sequence[str]]) -> str:
    """The lines for a Swedish spreadsheet: semicolons, a mark of UTF-8 first, nothing that is run as a formula."""
    return "".join(csvfil.rader(rubriker, rader))


def _celler(text: str) -> Iterator[tuple[int, list[str]]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(";\t,", key=first.count)
    # One line is one person: a quotation mark that is never closed must not swallow the rest.
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        cells = next(csv.reader([line], delimiter=delimiter), [])
        yield number, [_ren(cell) for cell in cells]


def _ren(cell: str) -> str:
    text = pa_en_rad(cell)
    # The apostrophe of our own export.
    return text[1:] if text.startswith("'") and text[1:].startswith(csvfil.FARLIGA) else text


def _rubriker(lines: list[tuple[int, list[str]]]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    first = lines[0][1]
    if any("@" in cell for cell in first):
        return list(KOLUMNER), lines
    ordning = [_NAMN.get(cell.casefold(), "") for cell in first]
    saknas = [namn for namn in KRAVS if namn not in ordning]
    if saknas:
        raise Hinder(
            f"Rad {lines[0][0]} saknar e-postadress och läses som rubriker, men bland dem saknas: {', '.join(saknas)}. "
            f"Rubrikerna ska vara {'; '.join(KRAVS)}, i valfri ordning. {' och '.join(FRIVILLIGA).capitalize()} får "
            "vara med."
        )
    return ordning, lines[1:]


def _rad(nummer: int, celler: dict[str, str]) -> Rad:
    namn = celler.get("namn", "")
    try:
        epost = normal_epost(celler.get("e-post", ""))
    except ValueError as error:
        return Rad(nummer, celler.get("e-post", ""), namn, None, f"{error} Rätta adressen.")
    try:
        saknas = frozenset(kolumn for kolumn in FRIVILLIGA if kolumn not in celler)
        return Rad(nummer, epost, _namn(namn), _behorighet(celler), saknas=saknas)
    except Hinder as error:
        return Rad(nummer, epost, namn, None, str(error))


def _namn(text: str) -> str:
    if len(text) > MAX_NAMN:
        raise Hinder(f"Namnet får ha högst {MAX_NAMN} tecken. Korta det.")
    if "://" in text or "www." in text:
        raise Hinder("Skriv bara namnet, utan webbadress.")
    return text


def _behorighet(celler: dict[str, str]) -> Behorighet:
    roll, admin = celler.get("roll", "").casefold(), celler.get("administratör", "").casefold()
    if roll not in _ROLLER:
        raise Hinder(f"Rollen '{roll}' finns inte. Skriv {', '.join(en.namn for en in Roll)} eller ingen.")
    if admin not in _JA | _NEJ:
        raise Hinder(f"Skriv ja eller nej om administratör, inte '{admin}'.")
    return Behorighet(_ROLLER[roll], admin in _JA, _slut(celler.get("giltig till", "")))


def _slut(text: str) -> datetime | None:
    if text.casefold() in {"", "tills vidare"}:
        return None
    try:
        dag = date.fromisoformat(text)
    except ValueError:
        raise Hinder(f"Datumet '{text}' går inte att läsa. Skriv det som 2026-12-31.") from None
    if dag.year > 2100:
        raise Hinder("Kontrollera året.")
    return slutet_av(dag)


def _utan_dubbletter(rader: list[Rad]) -> list[Rad]:
    seen: dict[str, int] = {}
    checked = []
    for rad in rader:
        first = seen.setdefault(rad.epost, rad.nummer) if rad.epost else rad.nummer
        fel = rad.fel if first == rad.nummer else f"{rad.epost} står redan på rad {first}. Ta bort en av raderna."
        checked.append(rad if fel == rad.fel else Rad(rad.nummer, rad.epost, rad.namn, None, fel))
    return checked
