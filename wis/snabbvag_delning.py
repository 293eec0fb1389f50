"""How a page that is the same for many is shared: who may have it, what opening it means, how it comes to be kept."""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wis import clock, web
from wis.auth import snabbvag as sagt
from wis.auth.enhetsnamn import enhetsnamn
from wis.auth.sessioner_service import Spar
from wis.db import Database
from wis.lagesbild import versionsmarken
from wis.lagesbild.versionsmarken import Haft
from wis.notiser.kvittenser import Svar, markera_last
from wis.personligt import FYLLARE, NONCE, Fyllare, Mall, hal, mall_av
from wis.snabbvag_klass import Delad, Ifyllare, Klassminne, Vem
from wis.snabbvag_lasare import Klassad, Lasarmaskin, Sant
from wis.snabbvag_minne import Sida
from wis.snabbvag_stampel import Stampel, Stampelmaskin

_DELBARA = re.compile(r"/handelser/[^/]+(?:/lagesbild/(?P<vem>[^/]+)(?:/versioner/\d+)?)?")
"""Where pages that may be the same for many are."""
_EJ_DELADE = {"etag", "content-encoding", "content-security-policy"}


class Forfragan:
    """A request as the fast path sees it: all of it that a page may depend on, but who asks."""

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ
        self.vag: str = environ["PATH_INFO"]
        self.av_sig_sjalv = web.av_sig_sjalv(environ)
        self.adress = (
            environ["wsgi.url_scheme"],
            environ.get("HTTP_HOST", ""),
            environ.get("SCRIPT_NAME", "") + self.vag,
            environ.get("QUERY_STRING", ""),
            "live" if self.av_sig_sjalv else "",
        )
        self.packas: str = environ["HTTP_ACCEPT_ENCODING"]

    @property
    def oppnas(self) -> bool:
        """Whether somebody has the page opened by this."""
        return not self.av_sig_sjalv and self._environ["REQUEST_METHOD"] == "GET"

    @property
    def spar(self) -> Spar:
        """Where from."""
        miljo = self._environ
        return Spar(miljo.get("REMOTE_ADDR", ""), enhetsnamn(miljo.get("HTTP_USER_AGENT", "")))


@dataclass(frozen=True)
class Ritning:
    """A page as it was drawn with holes, the nonce of this one answer, and by what it differs between readers."""

    mall: Mall
    nonce: str
    likhet: sagt.Likhet


class Delning:
    """What one process shares."""

    def __init__(self, database: Database, maskin: Stampelmaskin, hemlighet: str, langst: timedelta) -> None:
        self._database, self._langst = database, langst
        self._lasarmaskin = Lasarmaskin(database, maskin)
        self.fyllare: dict[str, Fyllare] = dict(FYLLARE)
        self._ifyllare = Ifyllare(self.fyllare, hemlighet)
        self.klasser = Klassminne()

    def lasare(self, forfragan: Forfragan, vem: Vem, stampel: Stampel) -> Klassad | None:
        """Who asks, None if the page can't be one that is shared."""
        kan = stampel.far_lagras and stampel.handelse_id is not None and vem.formular
        traff = None if forfragan.adress[3] else _DELBARA.fullmatch(forfragan.vag)
        if not kan or traff is None:
            return None
        now = clock.now()
        tider = {"now": now, "snart": now + self._langst}
        return self._lasarmaskin.las(vem.token_hash, stampel.handelse_id or 0, traff["vem"], tider)

    def sida(self, forfragan: Forfragan, klassad: Klassad, vem: Vem, stampel: Stampel) -> Sida | None:
        """What others of the class were shown, filled for this reader; None if it must be drawn."""
        now, nyckel, lasare = clock.now(), _nyckel(forfragan, klassad, stampel), klassad.lasare
        delad = self.klasser.hamta(nyckel, lasare, now)
        if delad is None:
            return None
        visat = delad.likhet.visat
        if visat is not None:
            som_den_ar, sant = self._lasarmaskin.sant(visat, lasare.anvandare_id)
            if not som_den_ar or (sant is not None and sant.nummer != visat.nummer):
                return None
            self._oppnat(forfragan, lasare.anvandare_id, sant)
            self._last(forfragan, lasare.anvandare_id, visat, now)
        return self._ifyllare.sida(delad, lasare, vem, stampel, forfragan.packas, now)

    def vittna(self, forfragan: Forfragan, klassad: Klassad, stampel: Stampel, ritning: Ritning, sida: Sida) -> None:
        """Keep the page that was drawn for one reader for others of the class too."""
        policy = next((varde for namn, varde in sida.huvuden if namn.lower() == "content-security-policy"), "")
        delad = Delad(
            ritning.mall,
            mall_av(policy.replace(ritning.nonce, hal(*NONCE))),
            tuple((namn, varde) for namn, varde in sida.huvuden if namn.lower() not in _EJ_DELADE),
            *(sida.fran, sida.till, sida.duger_till),
            klassad.lasare.anvandare_id,
            ritning.likhet,
        )
        self.klasser.vittna(_nyckel(forfragan, klassad, stampel), klassad.lasare, delad)

    def _oppnat(self, forfragan: Forfragan, anvandare_id: int, sant: Sant | None) -> None:
        if sant is not None and forfragan.oppnas:
            svar = Svar(anvandare_id, sant.aktor_id, "", None, None)
            markera_last(self._database, sant.utskick_id, [svar], anvandare_id)

    def _last(self, forfragan: Forfragan, anvandare_id: int, visat: sagt.Visat, now: datetime) -> None:
        # Whose page is shared is on duty as nothing.
        if visat.slag == "lagesbild" and visat.nummer is not None and forfragan.oppnas:
            versionsmarken.anteckna(self._database, Haft(anvandare_id, visat.id, visat.nummer, now))


def _nyckel(forfragan: Forfragan, klassad: Klassad, stampel: Stampel) -> tuple[Hashable, ...]:
    """All that a shared page depends on, but how far its reader has read."""
    # A page of a lägesbild rests on less than all that is in the event, and so stands for longer.
    return (*forfragan.adress, stampel.handelse_id, klassad.nummer or stampel.nummer, klassad.klass)
