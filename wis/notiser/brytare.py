"""A circuit-breaker per provider: who fails is left alone for a while, and tried with one message before all go there.

Source of the idea: M. Nygard, Release It!, 'Circuit Breaker'. Times are seconds by a clock that only goes forward.
"""

import threading
from collections import deque
from enum import StrEnum

FONSTER = 20
"""How many outcomes are looked back upon."""
ANDEL_FEL = 0.5
I_RAD = 5
TYST_HOGST = 10.0
"""How long a provider may leave everything unanswered while another one is well."""
PROVA_EFTER = 5.0
PROVA_HOGST = 20.0
PAUS_HOGST = 1800.0
"""The longest pause that a provider gets, whatever it asks for."""


class Brytarlage(StrEnum):
    """SLUTEN: all goes through. OPPEN: nothing does. PROVAR: one message does, and decides."""

    SLUTEN = "sluten"
    OPPEN = "oppen"
    PROVAR = "provar"


class Brytare:
    """What is known of one provider's health, by all threads that send to it."""

    def __init__(self) -> None:
        self._las = threading.Lock()
        self._lage = Brytarlage.SLUTEN
        self._senaste: deque[bool] = deque(maxlen=FONSTER)
        self._i_rad = 0
        self._prova = 0.0
        self._paus = PROVA_EFTER

    @property
    def frisk(self) -> bool:
        """Whether everything may go to it."""
        return self._lage is Brytarlage.SLUTEN

    def far_prova(self, nu: float) -> bool:
        """Whether one message may go to a provider that has failed, to see; who asks and hears yes is the one."""
        with self._las:
            if self._lage is Brytarlage.OPPEN and nu >= self._prova:
                # Should the message never be told of, another one is tried later.
                self._lage, self._prova = Brytarlage.PROVAR, nu + PROVA_HOGST * 3
                return True
            if self._lage is Brytarlage.PROVAR and nu >= self._prova:
                self._prova = nu + PROVA_HOGST * 3
                return True
            return False

    def angra_prov(self, nu: float) -> None:
        """There was nothing to try it with: the next message may be the one."""
        with self._las:
            if self._lage is Brytarlage.PROVAR:
                self._oppna(nu, 0.0)

    def svar(self, nu: float, *, fel: bool, vanta: float | None = None) -> bool:
        """One outcome; `fel`: for its own sake; `vanta`: it asks for a pause. Whether it has just become well."""
        with self._las:
            self._senaste.append(fel)
            self._i_rad = self._i_rad + 1 if fel else 0
            if vanta:
                self._oppna(nu, vanta)
                return False
            if self._lage is Brytarlage.SLUTEN:
                if self._for_manga():
                    self._oppna(nu, self._paus)
                return False
            if self._lage is Brytarlage.OPPEN:
                # Begun before it opened: only what is sent to try it decides, and not before its time.
                return False
            if fel:
                self._paus = min(self._paus * 2, PROVA_HOGST)
                self._oppna(nu, self._paus)
                return False
            self._slut()
            return True

    def tyst(self, nu: float) -> None:
        """It has left everything unanswered for too long, and there is another one to go to."""
        with self._las:
            if self._lage is Brytarlage.SLUTEN:
                self._oppna(nu, self._paus)

    def _for_manga(self) -> bool:
        full = len(self._senaste) == FONSTER and sum(self._senaste) >= FONSTER * ANDEL_FEL
        return self._i_rad >= I_RAD or full

    def _oppna(self, nu: float, paus: float) -> None:
        self._lage, self._prova = Brytarlage.OPPEN, nu + min(paus, PAUS_HOGST)

    def _slut(self) -> None:
        self._lage, self._i_rad, self._paus = Brytarlage.SLUTEN, 0, PROVA_EFTER
        self._senaste.clear()
