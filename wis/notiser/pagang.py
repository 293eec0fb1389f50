"""A message on its way between the thread that sends and the loop's, and what came of it on its way back."""

import asyncio
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING

from wis.notiser.rules import Utfall

if TYPE_CHECKING:
    from wis.notiser.apprise_kanaler import Forsandelse

# With so many outcomes the sending thread is woken at once.
_SAMLA_ANTAL = 24


@dataclass(slots=True, eq=False)
class Uppdrag:
    """One message on its way: `huvud` is what may be written first, `innehall` what must be written at most once."""

    forsandelse: "Forsandelse"
    huvud: bytes
    innehall: bytes
    brevlada: "Brevlada"
    slut: float = 0.0
    senast_borjad: float = 0.0
    borjad: float = 0.0
    ater: int = 0


class Brevlada:
    """Outcomes on their way to the thread that sends; it reads `ko`, the rest is the loop's."""

    def __init__(self) -> None:
        self.ko: SimpleQueue[list[tuple[Uppdrag, Utfall]]] = SimpleQueue()
        self._klara: list[tuple[Uppdrag, Utfall]] = []
        self._ute = 0
        self._timer: asyncio.TimerHandle | None = None

    def vanta_pa(self, antal: int) -> None:
        """So many more are under way."""
        self._ute += antal

    def lagg(self, drojer: float, uppdrag: Uppdrag, utfall: Utfall) -> None:
        """This came of one."""
        self._klara.append((uppdrag, utfall))
        self._ute -= 1
        if self._ute == 0 or len(self._klara) >= _SAMLA_ANTAL:
            self._tom()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(drojer, self._tom)

    def _tom(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        klara, self._klara = self._klara, []
        if klara:
            self.ko.put(klara)
