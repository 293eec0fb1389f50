"""The page on which one searches what one may read."""

from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from flask import Blueprint, render_template, request, url_for

from wis import web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer, find_aktor
from wis.auth.atkomst import inloggad
from wis.auth.visning import visbar_som
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.models import Handelse
from wis.handelser.queries import handelser_for, stangda_for
from wis.sok import queries
from wis.sok.queries import Traff
from wis.sok.rules import Sort, dagar, las_dag, tolka
from wis.sok.utdrag import delar, utdrag
from wis.taggar import las_tagg

bp = Blueprint("sok", __name__)
PER_SIDA = 20
MAX_STANGDA = 100
MAX_TIDIGARE = 5
MAX_SKRIVET = 100
NYAST, BAST = "nyast", "bast"
_SKRIVNA = ("aktor", "slag", "tagg", "fran", "till")


@dataclass(frozen=True)
class Val:
    """What the form says, as understood, and as it was typed; `fel`: what was not understood, and is not used."""

    handelse: Handelse | None
    aktor: Aktor | None
    sort: Sort | None
    tagg: str
    ovning: bool
    fran: date | None
    till: date | None
    bast: bool
    sida: int
    skrivet: dict[str, str]
    fel: tuple[str, ...]

    def filter(self) -> queries.Filter:
        """The same for the database."""
        lagst, hogst = dagar(self.fran, self.till)
        return queries.Filter(
            ovning=self.ovning,
            handelse_id=self.handelse.id if self.handelse else None,
            aktor_id=self.aktor.id if self.aktor else None,
            sort=self.sort,
            lagst=lagst,
            hogst=hogst,
            tagg=self.tagg,
        )

    @property
    def smalnat(self) -> bool:
        """Whether a filter may be what hides what is looked for."""
        return bool(self.handelse or self.aktor or self.sort or self.tagg or self.fran or self.till)


@bp.get("/sok")
@visbar_som
def sida() -> web.Svar:
    """The form, and what was found. It is never kept: everybody finds what they may read now."""
    val, fraga = _val(), tolka(request.args.get("q", ""))
    session, who = web.session(), inloggad()
    # A tag is enough to look for.
    sokt = bool(fraga) or (bool(val.tagg) and not fraga.fel)
    found = queries.sok(session, who, fraga, val.filter()) if sokt else []
    fler = len(found) > queries.MAX_TRAFFAR
    found = found[: queries.MAX_TRAFFAR]
    saker = queries.efter_sak(queries.bast_forst(session, found, fraga) if val.bast else found)
    visade = saker[(val.sida - 1) * PER_SIDA : val.sida * PER_SIDA]
    oppna = handelser_for(session, who)
    return render_template(
        "sok/sok.html",
        q=request.args.get("q", ""),
        val=val,
        fraga=fraga,
        sokt=sokt,
        fel=(*fraga.fel, *val.fel),
        traffar=queries.fyll(session, who, visade),
        antal=len(saker),
        fler=fler,
        nasta=val.sida + 1 if len(saker) > val.sida * PER_SIDA else None,
        handelser=_valbara(val, [*oppna, *stangda_for(session, who, MAX_STANGDA)]),
        aktorer=alla_aktorer(session),
        sorter=list(Sort),
        ovning=val.ovning,
        delar=delar,
        utdrag=utdrag,
        lank=_lank,
        versionslank=_versionslank,
        max_tidigare=MAX_TIDIGARE,
        bevakbar=bool(fraga) and not val.tagg and not val.fel and who.gast_i is None and who.betraktare is None,
    )


def _valbara(val: Val, handelser: list[Handelse]) -> list[Handelse]:
    """Those to choose among: also the one that is chosen, were it closed long ago."""
    if val.handelse is None or any(h.id == val.handelse.id for h in handelser):
        return handelser
    return [*handelser, val.handelse]


def _val() -> Val:
    fel: list[str] = []
    skrivet = {namn: request.args.get(namn, "").strip()[:MAX_SKRIVET] for namn in _SKRIVNA}
    slug, aktor_slug, sort = request.args.get("handelse", ""), skrivet["aktor"], skrivet["slag"]
    handelse = hamta_handelse(slug) if slug else None
    aktor = find_aktor(web.session(), aktor_slug) if aktor_slug else None
    if aktor_slug and aktor is None:
        fel.append("Aktören finns inte, och valet används inte. Välj en i listan.")
    if sort and sort not in set(Sort):
        fel.append("Slaget finns inte, och valet används inte. Välj ett i listan.")
    tagg = las_tagg(skrivet["tagg"])
    if skrivet["tagg"] and not tagg:
        fel.append("Taggen går inte att förstå, och används inte. Skriv den som #vatten.")
    fran, till = _dag("fran", "Från och med", fel), _dag("till", "Till och med", fel)
    if fran and till and fran > till:
        fel.append("Dagarna är i fel ordning. Byt plats på dem.")
    return Val(
        handelse=handelse,
        aktor=aktor,
        sort=Sort(sort) if sort in set(Sort) else None,
        tagg=tagg,
        ovning=handelse.ovning if handelse else request.args.get("ovning") == "1",
        fran=fran,
        till=till,
        bast=request.args.get("ordning") == BAST,
        sida=max(1, min(request.args.get("sida", 1, type=web.heltal), queries.MAX_TRAFFAR)),
        skrivet=skrivet,
        fel=tuple(fel),
    )


def _dag(namn: str, etikett: str, fel: list[str]) -> date | None:
    try:
        return las_dag(request.args.get(namn, ""))
    except ValueError:
        fel.append(f"{etikett}: dagen går inte att förstå, och används inte. Skriv som 2026-11-22.")
        return None


def _lank(traff: Traff) -> str:
    """Where what was found is to be read."""
    if traff.nyckel.sort is Sort.UNDERRATTELSE:
        return url_for("underrattelser.visa", id=traff.nyckel.objekt_id)
    if traff.nyckel.sort is Sort.HANDELSE:
        return url_for("ytor.handelse", slug=traff.handelse_slug)
    if traff.nyckel.sort is Sort.BESLUT:
        fore = _just_fore(traff)
        return url_for("ytor.tidslinje", slug=traff.handelse_slug, slag=Sort.BESLUT.value, fore=fore)
    if traff.nyckel.sort is Sort.ANTECKNING:
        return url_for("anteckningar.visa", id=traff.nyckel.objekt_id)
    return _versionslank(traff, traff.nyckel.nummer)


def _just_fore(traff: Traff) -> str:
    """The place in the timeline after which it comes next, written as wis.ytor.rules.Plats is."""
    nyckel = traff.nyckel
    return f"{traff.tid.astimezone(UTC).isoformat()}_{nyckel.sort.value}_{nyckel.objekt_id}_{nyckel.nummer + 1}"


def _versionslank(traff: Traff, nummer: int) -> str:
    """An earlier version of a lägesbild; those of an underrättelse stand on its own page."""
    if traff.nyckel.sort is Sort.UNDERRATTELSE:
        return _lank(traff)
    vem: Any = "samlad" if traff.nyckel.sort is Sort.SAMLAD else traff.aktor_slug
    return url_for("lagesbild.version", slug=traff.handelse_slug, vem=vem, nummer=nummer)
