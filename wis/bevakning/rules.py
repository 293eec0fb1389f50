"""What can be watched and what it is called. Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from wis.bevakning.models import Bevakningsslag
from wis.sok.rules import MAX_TECKEN, Sort, normal, tolka

MAX_ANTAL = 20
"""So many watches a person may have, whichever actors they act for."""
MAX_NAMN = 40
BEVAKBARA = (Sort.SAMLAD, Sort.EGEN, Sort.UNDERRATTELSE)
"""What has versions that are told of."""


class Fullt(Exception):
    """The person has as many as one may have; the text says what to do."""

    def __init__(self) -> None:
        super().__init__(f"Du har redan {MAX_ANTAL} bevakningar. Ta bort en som du inte behöver, och spara sedan igen.")


@dataclass(frozen=True)
class Vad:
    """What is watched: of the real or the exercises, a search by words and filters, or else some kommuner (slugs)."""

    ovning: bool = False
    ord: str = ""
    handelse_id: int | None = None
    av_aktor_id: int | None = None
    sort: Sort | None = None
    kommuner: tuple[str, ...] = ()

    @property
    def slag(self) -> Bevakningsslag:
        """Which of the two."""
        return Bevakningsslag.OMRADE if self.kommuner else Bevakningsslag.SOKNING

    @property
    def nyckel(self) -> str:
        """All of it in a text that is the same for what is alike."""
        ord_ = " ".join(normal(self.ord).casefold().split())
        sort = None if self.sort is None else self.sort.value
        delar = [self.ovning, ord_, self.handelse_id, self.av_aktor_id, sort, sorted(set(self.kommuner))]
        return json.dumps(delar, ensure_ascii=False)


def fel_i(vad: Vad) -> str:
    """Why it can't be watched and what to do, in Swedish; '' if it can."""
    if vad.slag is Bevakningsslag.OMRADE:
        return ""
    if vad.sort is not None and vad.sort not in BEVAKBARA:
        return "Det slaget går inte att bevaka: välj lägesbilder, underrättelser eller alla slag i sökningen."
    if len(vad.ord) > MAX_TECKEN:
        return f"Sökningen är för lång. Gör om den med högst {MAX_TECKEN} tecken."
    if not tolka(vad.ord):
        return "Det finns inget ord att bevaka. Gör en sökning med minst ett ord eller en siffra."
    return ""


def forslag_till_namn(ord_: str, kommuner: Iterable[str] = ()) -> str:
    """What a watch may be called: its words, or the names of its kommuner; at most MAX_NAMN characters."""
    namn = ", ".join(kommuner) or " ".join(ord_.split())
    return namn if len(namn) <= MAX_NAMN else namn[: MAX_NAMN - 1].rstrip(" ,") + "…"
