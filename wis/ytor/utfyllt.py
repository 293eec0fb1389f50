"""What the keys of an event's stream (wis.ytor.flode) stand for: texts and names, for the few that are shown."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, select, type_coerce
from sqlalchemy.orm import aliased

from wis.aktorer.models import Aktor
from wis.anteckningar.models import Anteckning, StrukenAnteckning
from wis.auth.krets import Tlp
from wis.auth.models import Anvandare
from wis.db import UtcDateTime
from wis.handelser.models import Handelsebeslut
from wis.lagesbild.models import LagesbildVersion
from wis.underrattelser.models import UnderrattelseVersion
from wis.ytor.flode import LAGESSLAG
from wis.ytor.rules import Slag

_V, _UV, _B, _A = LagesbildVersion, UnderrattelseVersion, Handelsebeslut, Anteckning


def utfyllt(flode: Subquery) -> Select[Any]:
    """SQL: the rows of these keys with texts and names."""
    slag, objekt_id, nummer = flode.c.slag, flode.c.objekt_id, flode.c.nummer
    lagesbild = and_(slag.in_(sorted(LAGESSLAG)), _V.lagesbild_id == objekt_id, _V.nummer == nummer)
    underrattelse = and_(slag == Slag.UNDERRATTELSE.value, _UV.underrattelse_id == objekt_id, _UV.nummer == nummer)
    strykare = aliased(Anvandare)
    return (
        select(
            flode.c.handelse_id,
            slag,
            objekt_id,
            nummer,
            type_coerce(flode.c.tid, UtcDateTime()).label("tid"),
            flode.c.av_id,
            type_coerce(func.coalesce(_A.skriven, flode.c.tid), UtcDateTime()).label("skriven"),
            StrukenAnteckning.tid.label("struken"),
            func.coalesce(strykare.namn, "").label("struken_av"),
            *_ord(),
        )
        .select_from(flode)
        .outerjoin(_V, lagesbild)
        .outerjoin(_UV, underrattelse)
        .outerjoin(_B, and_(slag == Slag.BESLUT.value, _B.id == objekt_id))
        .outerjoin(_A, and_(slag == Slag.ANTECKNING.value, _A.id == objekt_id))
        .outerjoin(StrukenAnteckning, StrukenAnteckning.anteckning_id == _A.id)
        .outerjoin(strykare, strykare.id == StrukenAnteckning.anvandare_id)
        .join(Aktor, Aktor.id == func.coalesce(_V.aktor_id, _UV.aktor_id, _B.aktor_id, _A.aktor_id))
        .outerjoin(Anvandare, Anvandare.id == flode.c.av_id)
    )


def _ord() -> list[ColumnElement[Any]]:
    text = func.coalesce(func.nullif(_V.andringsnotering, ""), _V.sammanfattning, _UV.text, _B.motivering, _A.text)
    return [
        func.coalesce(_UV.rubrik, "").label("rubrik"),
        text.label("text"),
        func.coalesce(_V.oforandrad, _UV.bradskande).label("markt"),
        func.coalesce(_B.slag, "").label("detalj"),
        func.coalesce(_B.lage, "").label("lage"),
        func.coalesce(_V.tlp, _UV.tlp, Tlp.CLEAR.value).label("tlp"),
        func.coalesce(_V.funktion, _UV.funktion, _A.funktion, "").label("funktion"),
        Aktor.kortnamn.label("kortnamn"),
        Aktor.slug.label("aktor_slug"),
        func.coalesce(Anvandare.namn, "").label("av"),
    ]
