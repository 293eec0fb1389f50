"""The templates that actors have made, as they are kept and found."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload, object_session

from wis.db import en_gang
from wis.lagesbild.mall import (
    MAX_AVSNITT,
    MAX_SAMMANFATTNING,
    SAMMANFATTNING,
    STANDARD,
    Avsnitt,
    Avsnittsslag,
    Mall,
    Utgava,
    egen_nummer,
)
from wis.lagesbild.models import Lagesbildsmall, LagesbildsmallVersion, LagesbildVersion, Utkast

ALLA_TYPER = ""
"""The kind of event of a template that is for all kinds."""


def mall_av(rad: LagesbildsmallVersion | None) -> Mall:
    """The template of this version; the standard one for None."""
    return STANDARD if rad is None else Mall(tuple(_avsnitt(ett) for ett in rad.avsnitt), rad.id)


def hel_mall(rad: LagesbildVersion | Utkast, nycklar: Iterable[str]) -> Mall:
    """The template that it was written by, with what else it says last: see med_egna()."""
    mall, session = mall_av(rad.mallrad), object_session(rad)
    if session is None or not mall.saknade(nycklar := list(nycklar)):
        return mall
    till = rad.publicerad if isinstance(rad, LagesbildVersion) else None
    return med_egna(session, mall, nycklar, rad.lagesbild.aktor_id, till)


def med_egna(
    session: Session, mall: Mall, nycklar: Iterable[str], aktor_id: int | None, till: datetime | None = None
) -> Mall:
    """The template with these sections too: the actor's own are called and hold what its templates have said.

    `till`: as they said at that time, so that what is published keeps its headings. The database is asked only of own
    sections that the template lacks.
    """
    saknade = mall.saknade(nycklar)
    if aktor_id is None or not any(map(egen_nummer, saknade)):
        return mall.med(saknade)
    return mall.med(saknade, Mall(tuple(egna_avsnitt(session, aktor_id, till).values())))


def som_json(mall: Mall) -> list[dict[str, Any]]:
    """The sections as a version keeps them."""
    falt = ("nyckel", "grupp", "etikett", "ledtext")
    return [
        {namn: getattr(ett, namn) for namn in falt}
        | {"slag": ett.slag.value, "utgavor": sorted(utgava.value for utgava in ett.utgavor)}
        for ett in mall.avsnitt
    ]


def _avsnitt(sparat: Mapping[str, Any]) -> Avsnitt:
    hogst = MAX_SAMMANFATTNING if sparat["nyckel"] == SAMMANFATTNING else MAX_AVSNITT
    slag = Avsnittsslag(sparat["slag"])
    return Avsnitt(
        sparat["nyckel"],
        sparat["grupp"],
        sparat["etikett"],
        sparat["ledtext"],
        hogst,
        slag,
        # Templates from before there were editions say nothing of them.
        frozenset(map(Utgava, sparat["utgavor"])) if "utgavor" in sparat else None,
    )


def aktuell(session: Session, aktor_id: int | None, typ: str) -> Mall:
    """The template that the actor writes by in events of this kind: its own for the kind, else its own for all kinds,
    else the standard one; that is also what the samlade (None) is written by."""
    if aktor_id is None:
        return STANDARD
    mall, version = Lagesbildsmall, LagesbildsmallVersion
    rad = session.scalar(
        select(version)
        .join(mall, (mall.id == version.mall_id) & (mall.senaste == version.nummer))
        .where(mall.aktor_id == aktor_id, mall.typ.in_([ALLA_TYPER, typ]), mall.i_bruk)
        # '' comes first of all kinds, and is for when there is none of this.
        .order_by(mall.typ.desc())
        .limit(1)
    )
    return mall_av(rad)


def find_mall(session: Session, aktor_id: int | None, version_id: int) -> Mall | None:
    """This version of a template of the actor's, in use or not; None if it has none such."""
    rad = session.get(LagesbildsmallVersion, version_id)
    return mall_av(rad) if rad is not None and rad.mall.aktor_id == aktor_id else None


# --- for those who edit them --------------------------------------------------------------------------------------


def senaste_versioner(session: Session, aktor_id: int) -> dict[str, LagesbildsmallVersion]:
    """The newest version of each of the actor's templates, in use or not, by kind of event."""
    mall, version = Lagesbildsmall, LagesbildsmallVersion
    found = session.scalars(
        select(version)
        .join(mall, (mall.id == version.mall_id) & (mall.senaste == version.nummer))
        .options(contains_eager(version.mall), joinedload(version.anvandare))
        .where(mall.aktor_id == aktor_id)
    )
    return {rad.mall.typ: rad for rad in found}


def versioner(session: Session, mall_id: int) -> Sequence[LagesbildsmallVersion]:
    """The versions of a template, newest first."""
    version = LagesbildsmallVersion
    fraga = select(version).options(joinedload(version.anvandare)).where(version.mall_id == mall_id)
    return session.scalars(fraga.order_by(version.nummer.desc())).all()


def egna_avsnitt(session: Session, aktor_id: int, till: datetime | None = None) -> dict[str, Avsnitt]:
    """Every section that any version of the actor's templates has had, by key, as the newest of them has it.

    `till`: as the newest of those that there were at that time has it, where any of them had it.
    """
    ut: dict[str, Avsnitt] = {}
    for rad in en_gang(session, _versionernas_namn(aktor_id), lambda: _alla_versioner(session, aktor_id)):
        for avsnitt in mall_av(rad).avsnitt:
            if till is None or rad.skapad <= till or avsnitt.nyckel not in ut:
                ut[avsnitt.nyckel] = avsnitt
    return ut


def _alla_versioner(session: Session, aktor_id: int) -> Sequence[LagesbildsmallVersion]:
    version = LagesbildsmallVersion
    mallens = Lagesbildsmall.id == version.mall_id
    return session.scalars(
        select(version).join(Lagesbildsmall, mallens).where(Lagesbildsmall.aktor_id == aktor_id).order_by(version.id)
    ).all()


def forlas(session: Session, versioner: Sequence[LagesbildVersion]) -> None:
    """Read in one question what hel_mall() of these (with their lägesbild and sections) would ask for one by one."""
    ids = {
        rad.lagesbild.aktor_id
        for rad in versioner
        if rad.lagesbild.aktor_id is not None
        and any(map(egen_nummer, mall_av(rad.mallrad).saknade(s.nyckel for s in rad.sektioner)))
    }
    if not ids:
        return
    version = LagesbildsmallVersion
    fraga = select(version).join(version.mall).options(contains_eager(version.mall))
    alla = session.scalars(fraga.where(Lagesbildsmall.aktor_id.in_(ids)).order_by(version.id)).all()
    for aktor_id in ids:
        egna = [rad for rad in alla if rad.mall.aktor_id == aktor_id]
        en_gang(session, _versionernas_namn(aktor_id), partial(list, egna))


def _versionernas_namn(aktor_id: int) -> tuple[str, int]:
    return ("mallversioner", aktor_id)
