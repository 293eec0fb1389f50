"""One claimed batch on its way: each try is written down before it is made, and what came of it after."""

import logging
import threading
import time
from collections.abc import Collection, Sequence

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from wis import clock
from wis.notiser.anmalare import Anmalare
from wis.notiser.apprise_kanaler import Forsandelse
from wis.notiser.ko import Ko, Parti
from wis.notiser.koposter import Resultat, Uppdrag
from wis.notiser.rules import Utfall, oviss
from wis.notiser.vagar import Vag

NERE = (OperationalError, InterfaceError, PoolTimeoutError)
"""What is raised while the database does not answer."""
# Seconds between two looks at who in a batch may still read.
PROVA_RATTEN = 1.0
FORSTA_PAUS = 0.2
LANGSTA_PAUS = 30.0
# How often to try, when told to stop, to write down what has been sent.
SISTA_FORSOK = 5
INGET_SVAR = "okänt fel i sändningen"
_log = logging.getLogger(__name__)


class Sandning:
    """What a transport asks before it sends and tells after: see Mottagning."""

    def __init__(
        self, ko: Ko, parti: Parti, vag: Vag, anmalare: Anmalare, stopp: threading.Event, lease: float, *, prov: bool
    ) -> None:
        """`prov`: the batch is one message, to see whether a provider that had failed is well."""
        self._ko, self._parti, self._vag, self._anmalare = ko, parti, vag, anmalare
        self._stopp, self._lease = stopp, lease
        self._kvar = {uppdrag.id: uppdrag for uppdrag in parti.uppdrag}
        self._borjade: dict[int, Uppdrag] = {}
        self._gjorda: list[Resultat] = []
        self._provar = prov

    def innan(self, grupp: Sequence[Forsandelse]) -> Collection[int]:
        """Write down that these are about to be sent; returns the ids of those that may be."""
        if not self._far_borja():
            return ()
        self._provar = False
        try:
            self._hall_kvar()
            self._prova_ratten()
            ids = [forsandelse.id for forsandelse in grupp if forsandelse.id in self._kvar]
            markta = self._bokfor(ids)
        except NERE:
            _log.warning("the database does not answer: %d deliveries are left for later", len(self._kvar))
            return ()
        for id_ in markta:
            self._borjade[id_] = self._kvar.pop(id_)
        # What was no longer ours is somebody else's to tell of.
        for id_ in ids:
            self._kvar.pop(id_, None)
        return markta

    def efter(self, utfall: Sequence[tuple[Forsandelse, Utfall]]) -> None:
        """This came of these. It is written down with the next that begin, or at once when none are left to begin."""
        self._vag.svar([ett for _, ett in utfall])
        for forsandelse, ett in utfall:
            uppdrag = self._borjade.pop(forsandelse.id)
            self._gjorda.append((uppdrag, ett))
        if not self._kvar:
            self._forsok_bokfora()

    def puls(self) -> bool:
        """Keep what is claimed, and write down what is known; whether more may be begun."""
        self._forsok_bokfora()
        try:
            if self._kvar and not self._far_borja():
                self._slapp()
            self._hall_kvar()
        except NERE:
            _log.warning("the database does not answer: %d deliveries may lapse", len(self._kvar))
        return self._far_borja()

    def slutfor(self) -> None:
        """Settle what could not be settled, and give back what was not begun."""
        for uppdrag in self._borjade.values():
            self._gjorda.append((uppdrag, oviss(INGET_SVAR)))
        self._borjade.clear()
        paus, sista = FORSTA_PAUS, SISTA_FORSOK
        while True:
            try:
                self._bokfor_var_for_sig()
                self._slapp()
                return
            except NERE:
                sista -= self._stopp.is_set()
                if not sista:
                    _log.error("stopping with %d deliveries sent and not settled", len(self._gjorda))
                    return
                time.sleep(paus)
                paus = FORSTA_PAUS if self._stopp.is_set() else min(paus * 2, LANGSTA_PAUS)

    def _far_borja(self) -> bool:
        return bool(self._kvar) and not self._stopp.is_set() and (self._provar or self._vag.borjar())

    def _bokfor(self, ids: Collection[int]) -> set[int]:
        if not ids and not self._gjorda:
            return set()
        markta = self._ko.bokfor(ids, self._gjorda, genast=self._vag.gar_annan_vag())
        berorda = {uppdrag.berord for uppdrag, _ in self._gjorda}
        self._gjorda.clear()
        self._anmalare.andrade(berorda)
        return markta

    def _bokfor_var_for_sig(self) -> None:
        """All at once; or, if one of them cannot be written, the others at least."""
        try:
            self._bokfor(())
        except NERE:
            raise
        except Exception:  # noqa: BLE001 whatever is wrong with one, the others have been sent
            _log.exception("outcomes could not be written together")
            while self._gjorda:
                resultat = self._gjorda.pop()
                try:
                    self._ko.bokfor((), [resultat])
                except NERE:
                    self._gjorda.append(resultat)
                    raise
                except Exception:  # noqa: BLE001 it becomes uncertain when its lease ends
                    _log.exception("the outcome of delivery %d could not be written", resultat[0].id)

    def _forsok_bokfora(self) -> None:
        try:
            self._bokfor(())
        except Exception:  # noqa: BLE001 slutfor() finds out which of them it is
            # It has been sent, and must not be sent again because nobody could write it down: see slutfor().
            _log.warning("%d outcomes are kept until the database answers", len(self._gjorda))

    def _slapp(self) -> None:
        self._ko.slapp(self._kvar.keys())
        self._kvar.clear()

    def _hall_kvar(self) -> None:
        """Claims are renewed at half time: a slow provider must not use them up."""
        if self._kvar and (self._parti.lease_till - clock.now()).total_seconds() < self._lease / 2:
            egna = self._ko.fornya(self._parti, self._kvar.keys())
            self._kvar = {id_: uppdrag for id_, uppdrag in self._kvar.items() if id_ in egna}

    def _prova_ratten(self) -> None:
        """Who has lost the right since the batch was claimed gets nothing more, PROVA_RATTEN seconds later at most."""
        if (clock.now() - self._parti.bedomt).total_seconds() < PROVA_RATTEN:
            return
        for id_ in self._ko.stryk_utan_ratt(self._parti, self._kvar):
            self._anmalare.andrade([self._kvar.pop(id_).berord])
