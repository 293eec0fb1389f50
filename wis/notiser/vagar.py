"""The providers of a channel, in the order in which they are used, and which of them may send now."""

import time
from collections.abc import Sequence
from typing import Protocol

from wis import clock
from wis.notiser.brytare import TYST_HOGST, Brytare
from wis.notiser.leverantorsminuter import Raknare
from wis.notiser.models import Kanalslag
from wis.notiser.rules import Utfall
from wis.notiser.transport import Transport


class Oppnad(Protocol):
    """Who is told when there is a way again for what a provider has failed to take."""

    def __call__(self, kanal: Kanalslag) -> None:
        """What waited for its sake may go."""


class Vag:
    """One provider on the way: what it may be given, and what its answers say of its health."""

    def __init__(self, vagar: "Vagar", transport: Transport) -> None:
        self._vagar, self.transport, self.brytare = vagar, transport, Brytare()

    @property
    def kanal(self) -> Kanalslag:
        """The channel that it serves."""
        return self._vagar.kanal

    def antal(self) -> tuple[int, bool]:
        """How many deliveries it may be given now: a batch, one, or none; and whether that one is to try it with."""
        self._prova_tystnad()
        if self.brytare.frisk:
            return (self.transport.parti if self._vagar.forsta_friska() is self else 0), False
        prov = self.brytare.far_prova(time.monotonic())
        return int(prov), prov

    def angra_prov(self, prov: bool) -> None:
        """If it was to be tried, and nothing came of that: it may be tried again at once."""
        if prov:
            self.brytare.angra_prov(time.monotonic())

    def borjar(self) -> bool:
        """Whether more of a batch that it has been given may be begun."""
        self._prova_tystnad()
        return self.brytare.frisk

    def svar(self, utfall: Sequence[Utfall]) -> None:
        """What came of what it was given."""
        nu = time.monotonic()
        self._vagar.raknare.lagg_till(self.transport.leverantor, clock.now(), utfall)
        var_frisk = self.brytare.frisk
        # Where several services are behind one provider, one that asks for a pause is not all of them.
        vantan = [ett.vanta if ett.om_leverantoren else None for ett in utfall]
        blev_frisk = [
            self.brytare.svar(nu, fel=ett.om_leverantoren, vanta=vanta)
            for ett, vanta in zip(utfall, vantan, strict=True)
        ]
        if any(blev_frisk) or (var_frisk and self.gar_annan_vag()):
            self._vagar.oppnad(self.kanal)

    def gar_annan_vag(self) -> bool:
        """Whether what failed here goes another way, and need not wait."""
        return not self.brytare.frisk and self._annan_frisk()

    def _annan_frisk(self) -> bool:
        return any(vag is not self and vag.brytare.frisk for vag in self._vagar.vagar)

    def _prova_tystnad(self) -> None:
        # Slow is not down: with nobody else to go to, one waits for the answers.
        if self.brytare.frisk and self.transport.tyst() > TYST_HOGST and self._annan_frisk():
            self.brytare.tyst(time.monotonic())


class Vagar:
    """A channel's providers."""

    def __init__(self, kanal: Kanalslag, transporter: Sequence[Transport], oppnad: Oppnad, raknare: Raknare) -> None:
        self.kanal, self.oppnad, self.raknare = kanal, oppnad, raknare
        self.vagar = [Vag(self, transport) for transport in transporter]

    def forsta_friska(self) -> Vag | None:
        """The one that is used now; None while none is well."""
        return next((vag for vag in self.vagar if vag.brytare.frisk), None)
