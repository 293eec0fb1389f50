"""What a page of a lägesbild says of how far its reader has read it, and that the version is before them now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import request

from wis import clock, web
from wis.auth.atkomst import inloggad, tillgang
from wis.auth.krets import Tlp
from wis.auth.rules import Verb
from wis.delat import Ritat
from wis.handelser.delat import minnet, tidigast
from wis.lagesbild import queries, sedan, versionsmarken
from wis.lagesbild.atkomst import Mal
from wis.lagesbild.models import LagesbildVersion
from wis.lagesbild.versionsmarken import Haft, Marke

_LITET = 512


@dataclass(frozen=True)
class Lasrad:
    """How far the reader (`vem` empty), or a function that they are on duty as, has read.

    `sedan`: the version before this one that they last read, 0 for none that may still be read; `tid`: when that came;
    `antal`: how many sections differ from it. `har_last`: they have read this one.
    """

    vem: str
    sedan: int
    tid: datetime | None
    antal: int
    har_last: bool


def lasrader(mal: Mal, version: LagesbildVersion) -> list[Lasrad]:
    """One for the reader, if they have read any version, and one for each function on duty. None in 'Visa som'."""
    who, now = inloggad(), clock.now()
    if who.betraktare is not None:
        return []
    marken = versionsmarken.marken(web.session(), who, version.lagesbild_id, now)
    lasta = [("", marken[None])] if None in marken else []
    lasta += [(tjanst.namn, marken.get(tjanst.funktion_id, Marke(0))) for tjanst in who.i_tjanst(now)]
    return [rad for rad in (_rad(mal, version, vem, marke) for vem, marke in lasta) if rad is not None]


def _rad(mal: Mal, version: LagesbildVersion, vem: str, marke: Marke) -> Lasrad | None:
    if marke.nummer > version.nummer:
        # Of an older version the page says that there is a newer one.
        return None
    har_last = marke.nummer == version.nummer
    fran = marke.forra if har_last else marke.nummer
    gammal = mal.lasta.get(fran)
    if gammal is None and fran:
        gammal = queries.find_versioner(web.session(), version.lagesbild_id, [fran]).get(fran)
    if gammal is None or not tillgang(Verb.LASA, mal.sak_for(gammal)):
        return Lasrad(vem, 0, None, 0, har_last) if har_last or vem else None
    return Lasrad(vem, gammal.nummer, gammal.publicerad, _antal(gammal, version), har_last)


def _antal(gammal: LagesbildVersion, version: LagesbildVersion) -> int:
    """How many sections differ between two versions that may be read: counted once for all who ask."""
    nu = clock.now()

    def rakna() -> Ritat[int]:
        antal = len(sedan.andrade(sedan.texter(gammal), sedan.texter(version)))
        return Ritat(antal, _LITET, tidigast(nu, []), Tlp.RED not in {gammal.tlp, version.tlp})

    # The summary, as in wis.lagesbild.lassida.
    nyckel = ("sedan", version.lagesbild_id, gammal.nummer, version.nummer, gammal.sammanfattning)
    return minnet().hamta((*nyckel, version.sammanfattning), nu, rakna)


def oppnad(version: LagesbildVersion) -> bool:
    """Raise the reader's mark, and that of the functions on duty: within a moment. False if nobody need have looked.

    A page that asks by itself says so when it has been in sight (static/js/wis.js).
    """
    who, now = inloggad(), clock.now()
    if who.betraktare is not None:
        return True
    if web.av_sig_sjalv(request.environ) or request.method != "GET":
        return False
    versionsmarken.anteckna(web.database(), haft(version, now))
    return True


def haft(version: LagesbildVersion, now: datetime) -> Haft:
    """That the version is before the one who asks."""
    who = inloggad()
    tjanster: Sequence[int] = [tjanst.funktion_id for tjanst in who.i_tjanst(now)]
    return Haft(who.anvandare_id, version.lagesbild_id, version.nummer, now, tuple(tjanster))
