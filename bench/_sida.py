"""What an open page says of itself, and how long it waits before it asks: as static/js/live.js and oppen.js have it."""

import re
from dataclasses import dataclass
from typing import Any

SPREAD, LONGEST_SPREAD = 0.15, 45.0
"""Seconds over which those who are told at once spread their fetch of the page, unless they are told how many they are;
and the most that they are told."""
AHEAD = 3.0
"""Seconds by which the new text, where there is an extract among many, goes before the page."""
SPREAD_BACK = 3.0
"""Seconds over which those who come back spread their questions at least; who comes for the first time, at most."""
NUMBER_WITHIN = 2.5
"""Seconds in which the server says the number of the event to one who connects; else the page is asked for."""
AGAIN = (0.5, 1.0, 2.0)
"""Seconds before a page is asked for again that was older than what was told; so many times at most."""
_COUNTED = frozenset({"lagesbild", "underrattelse", "handelse"})
"""What a page that has the number of the change is known to show."""
_MAIN = re.compile(rb'<main\b[^>]*\bdata-handelse="[^>]*>')
_SAID = re.compile(rb'\bdata-(handelse|nummer|ratt)="([^"]*)"')
_PERSON = re.compile(rb'<body\b[^>]*\bdata-inloggad="([^"]*)"')
# What the number does not tell of: a dispatch that is on its way, what is held back, and who has seen it.
_UNCOUNTED = re.compile(rb'\bdata-live="?(?:utskick[^">]*"?[^>]*>(?!</)|utkorg|kvittens)')


@dataclass(frozen=True)
class Shown:
    """The event and the number of it that a page shows, who reads it and by what right.

    `enough`: whether the number tells of all that may have changed on it.
    """

    event: int = 0
    number: int = 0
    right: str = ""
    person: str = ""
    enough: bool = False

    def holds(self, word: dict[str, Any]) -> bool:
        """Whether the page still stands, by the number that the server says of one who connects."""
        same = bool(word["ratt"]) and word["ratt"] == self.right and str(word["vem"]) == self.person
        return same and int(word["nummer"]) <= self.number

    def needs(self, change: dict[str, Any]) -> bool:
        """Whether the page is to be fetched for this change: not if it is of another event, or shown already."""
        event = change.get("handelse_id")
        if not self.event or event is None:
            return True
        number = change.get("nummer") or 0
        shown = number and change.get("slag") in _COUNTED and number <= self.number
        return event == self.event and not shown


def read(page: bytes) -> Shown | None:
    """What the page says of itself; None if it shows no event."""
    main, person = _MAIN.search(page), _PERSON.search(page)
    if main is None:
        return None
    said = {name: value.decode() for name, value in _SAID.findall(main[0])}
    number, event = (int(said.get(name) or 0) for name in (b"nummer", b"handelse"))
    enough = number > 0 and _UNCOUNTED.search(page) is None
    return Shown(event, number, said.get(b"ratt", ""), person[1].decode() if person else "", enough)


def spread_of(word: dict[str, Any]) -> float:
    """Seconds over which those who are told this are to spread their questions for the page."""
    return min(LONGEST_SPREAD, max(SPREAD, (word.get("spridning") or 0) / 1000))
