"""The page where a lägesbild is read: what of it is the same for all is drawn once, the rest for the one who asks.

A version never changes: its text is kept by which version it is, and whether what has changed may be marked. Who reads
it can change, and is kept by the event's number besides. Both are given only to whoever was found to read the version.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template

from wis import clock, web
from wis.aktorer.queries import alla_aktorer
from wis.auth.atkomst import inloggad, tillgang
from wis.auth.krets import Tlp
from wis.auth.rules import Slag, Verb
from wis.auth.snabbvag import Likhet, Visat, dela, lagra, lagra_inte
from wis.delat import Ritat
from wis.handelser.delat import las_nummer, mallens, minnet, tidigast
from wis.handelser.sakkrets import lasratt
from wis.lagesbild import lastsida, queries, sida
from wis.lagesbild.atkomst import Mal
from wis.lagesbild.bilagesida import att_lasa
from wis.lagesbild.forms import formularnyckel
from wis.lagesbild.mall import Avsnittsslag
from wis.lagesbild.models import LagesbildVersion
from wis.notiser.kvittensvyer import kvittens
from wis.notiser.leveransfragor import utskick_for_lagesbild
from wis.tvaperson.queries import regler

_MALL = "lagesbild/_artikel.html"


@dataclass(frozen=True)
class Artikel:
    """The HTML of a version: above where the reader is asked to answer, below it, and the sections.

    `platser`: whether it says where anything is.
    """

    topp: str
    nytt: str
    text: str
    platser: bool


def lassida(mal: Mal, nummer: int | None, *, bestamd: bool = False) -> str:
    """The page about a version (None: nothing is published yet). `bestamd`: the address is of this version alone.

    Raises as Mal.version().
    """
    lagra(mal.handelse.id)
    if nummer is None:
        return _sidan(mal, None, bestamd=bestamd)
    version, forra = mal.version_och_forra(nummer)
    nyast = _nyast(mal, version)
    utskick = _utskick(mal, version)
    kvittera = kvittens(lagesbild=(version.lagesbild_id, version.nummer))
    if kvittera or utskick or version.tlp == Tlp.RED:
        lagra_inte()
    lagra(mal.handelse.id, till=_till(mal, version))
    dela(_likhet(version))
    return _sidan(
        mal,
        version,
        bestamd=bestamd,
        forra=forra,
        nyast=nyast,
        artikel=_artikel(mal, version, forra, senast=version.nummer == nyast),
        lasrattsrad=_lasrattsrad(mal, version),
        utskick=utskick,
        kvittera=kvittera,
        # Read before it is raised: the page says what is new since the time before.
        last=lastsida.lasrader(mal, version),
        sedd=lastsida.oppnad(version),
    )


def _sidan(mal: Mal, version: LagesbildVersion | None, *, bestamd: bool, **delar: Any) -> str:
    far_skriva, lagesbild = tillgang(Verb.SKRIVA, mal.sak), mal.lagesbild
    far_publicera = tillgang(Verb.PUBLICERA, mal.sak)
    if far_publicera:
        # 'Läget oförändrat' has a key for this once.
        lagra_inte()
    return render_template(
        "lagesbild/visa.html",
        mal=mal,
        version=version,
        bestamd=bestamd,
        far_skriva=far_skriva,
        far_publicera=far_publicera,
        mitt=queries.find_utkast(web.session(), lagesbild.id, inloggad()) if lagesbild and far_skriva else None,
        nyckel=formularnyckel(None),
        tva=regler(web.session(), inloggad().aktor_id, mal.handelse.lage) if far_publicera else frozenset(),
        handelse=mal.handelse,
        ovning=mal.handelse.ovning,
        **delar,
    )


def _likhet(version: LagesbildVersion) -> Likhet:
    """By what the page differs between those who read the same: whether one wrote it, and was sent it."""
    visat = Visat("lagesbild", version.lagesbild_id, version.nummer)
    return Likhet(forfattare=frozenset({version.forfattare_id}), visat=visat)


def _nyast(mal: Mal, version: LagesbildVersion) -> int:
    """The number of the newest version that one may read."""
    if version.nummer == mal.senaste:
        return version.nummer
    return queries.nyast_lasbar(web.session(), inloggad(), version.lagesbild_id)


def _utskick(mal: Mal, version: LagesbildVersion) -> object | None:
    """The Utskick of the version, if there is one and the reader may follow it."""
    if not tillgang(Verb.SE_UTSKICK, mal.handelse.sak(Slag.UTSKICK, version.aktor)):
        return None
    return utskick_for_lagesbild(web.session(), version.lagesbild_id, version.nummer).get(version.nummer)


def _till(mal: Mal, version: LagesbildVersion) -> datetime:
    """Until when the page is true at most: a promise is broken then, a right ends by itself, or words have aged."""
    return tidigast(clock.now(), [version.nasta_uppdatering, *mal.slutar()])


def _artikel(mal: Mal, version: LagesbildVersion, forra: LagesbildVersion | None, *, senast: bool) -> Artikel:
    nu = clock.now()
    # The summary, which is not what it was once the version has been thrown away (wis.arkiv.gallring).
    nyckel = ("lagesbild", version.lagesbild_id, version.nummer, version.sammanfattning, forra is not None, senast)

    def rita() -> Ritat[Artikel]:
        grupper = sida.att_lasa(version, forra)
        sent = version.nasta_uppdatering is not None and version.nasta_uppdatering <= nu
        artikel = Artikel(
            topp=mallens(_MALL, "topp", version, mal.namn, grupper),
            nytt=mallens(_MALL, "nytt", version, _text_fran(version), senast, sent),
            text=mallens(_MALL, "text", version, grupper, att_lasa(mal, version)),
            platser=any(a.slag is Avsnittsslag.PLATSER and a.html for _, avsnitten in grupper for a in avsnitten),
        )
        langd = len(artikel.topp) + len(artikel.nytt) + len(artikel.text)
        return Ritat(artikel, 4 * langd, _till(mal, version), version.tlp != Tlp.RED)

    return minnet().hamta(nyckel, nu, rita)


def _text_fran(version: LagesbildVersion) -> int:
    """The version that the text comes from, when this one only says that it still holds; else 0."""
    if not version.oforandrad:
        return 0
    return queries.senaste_med_nytt_innehall(web.session(), version.lagesbild_id, version.nummer)


def _lasrattsrad(mal: Mal, version: LagesbildVersion) -> str:
    """HTML: who reads the version, and the ways to change it."""
    egen = mal.aktor is not None and mal.aktor.id == inloggad().aktor_id
    far_andra = egen and bool(tillgang(Verb.ANDRA_LASRATT, mal.sak))
    far_be = mal.aktor is not None and not egen and bool(tillgang(Verb.BE_OM_LASRATT, mal.handelse.sak()))
    nummer = las_nummer(web.session(), mal.handelse.id)
    nyckel = ("lasratt", mal.handelse.id, nummer, version.lagesbild_id, version.nummer, far_andra, far_be)

    def rita() -> Ritat[str]:
        lasare = lasratt(mal.sak_for(version), alla_aktorer(web.session()))
        be_url = f"/handelser/{mal.handelse.slug}/be-om-lasratt?aktor={mal.slug}" if far_be and lasare.saknar else ""
        rad = mallens("handelser/_lasratt.html", "lasrattsrad", lasare, far_andra, mal.url("lasratt"), be_url)
        return Ritat(rad, 4 * len(rad), _till(mal, version), version.tlp != Tlp.RED)

    return minnet().hamta(nyckel, clock.now(), rita)
