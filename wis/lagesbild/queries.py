"""Reads of lägesbilder, versions and drafts.

A list is of what `who` may read. Of the others (find_…) the right to read is judged by who asks, before it is shown.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select, tuple_
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload, selectinload

from wis.aktorer.models import Aktor
from wis.aktorer.queries import svensk_nyckel
from wis.auth.krets import Tlp
from wis.auth.rules import Subjekt
from wis.db import en_gang
from wis.handelser.lasratt import Innehall as Lasinnehall
from wis.handelser.lasratt import lasbar_for
from wis.handelser.models import Handelse
from wis.lagesbild.mallar import hel_mall
from wis.lagesbild.models import Lagesbild, LagesbildSektion, LagesbildVersion, Utkast
from wis.lagesbild.rules import Innehall, Marke


def find_lagesbild(session: Session, handelse_id: int, aktor_id: int | None) -> Lagesbild | None:
    """The actor's own lägesbild of the event, or (None) the samlade; None if nobody has begun on it."""
    return session.scalar(select(Lagesbild).where(Lagesbild.handelse_id == handelse_id, _agare(aktor_id)))


@dataclass(frozen=True)
class Adresserad:
    """What an address of a lägesbild names: the actor (None for the samlade), its lägesbild if anybody has begun on it,
    and of that the last two versions by number, with author and actor."""

    aktor: Aktor | None
    lagesbild: Lagesbild | None
    versioner: dict[int, LagesbildVersion]


def find_samlad(session: Session, handelse_id: int) -> Adresserad:
    """The samlade of the event. One question."""
    rader = session.execute(_samlad(), {"handelse": handelse_id}).all()
    return _adresserad([(None, *rad) for rad in rader])


def find_aktorens(session: Session, handelse_id: int, slug: str) -> Adresserad | None:
    """The actor's own of the event, None if there is no such actor. One question."""
    rader = session.execute(_aktorens(), {"handelse": handelse_id, "aktorens": slug}).all()
    return _adresserad(list(rader)) if rader else None


def _adresserad(rader: Sequence[Any]) -> Adresserad:
    if not rader:
        return Adresserad(None, None, {})
    aktor, lagesbild = rader[0][:2]
    return Adresserad(aktor, lagesbild, {version.nummer: version for *_, version in rader if version is not None})


# Each is built once, for that costs more than to run it.


@cache
def _samlad() -> Select[Any]:
    fran = select(Lagesbild, LagesbildVersion).outerjoin(LagesbildVersion, _sista_tva())
    return _med_namn(fran.where(Lagesbild.handelse_id == bindparam("handelse"), Lagesbild.aktor_id.is_(None)))


@cache
def _aktorens() -> Select[Any]:
    egen = and_(Lagesbild.aktor_id == Aktor.id, Lagesbild.handelse_id == bindparam("handelse"))
    fran = select(Aktor, Lagesbild, LagesbildVersion).outerjoin(Lagesbild, egen)
    return _med_namn(fran.outerjoin(LagesbildVersion, _sista_tva()).where(Aktor.slug == bindparam("aktorens")))


def _sista_tva() -> ColumnElement[bool]:
    return and_(LagesbildVersion.lagesbild_id == Lagesbild.id, LagesbildVersion.nummer >= Lagesbild.senaste - 1)


def _med_namn(sats: Any) -> Select[Any]:
    found: Select[Any] = sats.options(joinedload(LagesbildVersion.forfattare), joinedload(LagesbildVersion.aktor))
    return found


def _agare(aktor_id: int | None) -> ColumnElement[bool]:
    return Lagesbild.aktor_id.is_(None) if aktor_id is None else Lagesbild.aktor_id == aktor_id


def find_version(session: Session, lagesbild_id: int, nummer: int) -> LagesbildVersion | None:
    """This version with its sections, template, actor, author and who approved it."""
    return session.scalar(
        select(LagesbildVersion)
        .options(
            selectinload(LagesbildVersion.sektioner),
            joinedload(LagesbildVersion.forfattare),
            joinedload(LagesbildVersion.aktor),
            joinedload(LagesbildVersion.mallrad),
            joinedload(LagesbildVersion.godkand_av),
        )
        .where(LagesbildVersion.lagesbild_id == lagesbild_id, LagesbildVersion.nummer == nummer)
    )


def find_versioner(session: Session, lagesbild_id: int, numren: Collection[int]) -> dict[int, LagesbildVersion]:
    """Those of these versions that there are, by number, with author and actor. Sections are read when asked for."""
    version = LagesbildVersion
    found = session.scalars(
        select(version)
        .options(joinedload(version.forfattare), joinedload(version.aktor))
        .where(version.lagesbild_id == lagesbild_id, version.nummer.in_(numren))
    )
    return {ett.nummer: ett for ett in found}


def find_senaste(session: Session, lagesbild_id: int) -> LagesbildVersion | None:
    """The latest version as find_version(), or None if nothing is published."""
    nummer = session.scalar(select(Lagesbild.senaste).where(Lagesbild.id == lagesbild_id))
    return find_version(session, lagesbild_id, nummer) if nummer else None


def nycklar_i_senaste(session: Session, lagesbild: Lagesbild) -> Sequence[str]:
    """The keys of the sections that the latest version fills, in its order."""
    sektion = LagesbildSektion
    return session.scalars(
        select(sektion.nyckel)
        .where(sektion.lagesbild_id == lagesbild.id, sektion.nummer == lagesbild.senaste)
        .order_by(sektion.ordning)
    ).all()


def idempotensnyckel(lagesbild_id: int, who: Subjekt, nyckel: str) -> str:
    """The form's key as it is kept. It is a person's own: somebody else's form with the same one is another form."""
    return f"{lagesbild_id}:{who.anvandare_id}:{nyckel}"


def find_publicerad_med(session: Session, nyckel: str) -> LagesbildVersion | None:
    """The version that was published by the form with this idempotensnyckel(), if any."""
    return session.scalar(select(LagesbildVersion).where(LagesbildVersion.idempotensnyckel == nyckel))


def innehall_av(version: LagesbildVersion | None) -> Innehall:
    """What the version says; empty for None."""
    if version is None:
        return Innehall({})
    texter = {sektion.nyckel: sektion.kalla for sektion in version.sektioner}
    marke = Marke(Tlp(version.tlp), version.lagrum)
    mall = hel_mall(version, texter)
    return Innehall.av(texter, version.andringsnotering, version.nasta_uppdatering, marke, mall)


def _lasbar(who: Subjekt) -> ColumnElement[bool]:
    """SQL: `who` may read the version. Needs Lagesbild and Handelse in the FROM of the query."""
    version = LagesbildVersion
    return lasbar_for(who, Lasinnehall(version.publicerad, Lagesbild.aktor_id, version.tlp, Lagesbild.krets_id))


def versioner(session: Session, who: Subjekt, lagesbild_id: int) -> Sequence[LagesbildVersion]:
    """The versions that `who` may read, without their sections, newest first."""
    return session.scalars(
        select(LagesbildVersion)
        .join(Lagesbild, Lagesbild.id == LagesbildVersion.lagesbild_id)
        .join(Handelse, Handelse.id == Lagesbild.handelse_id)
        .options(joinedload(LagesbildVersion.forfattare), joinedload(LagesbildVersion.aktor))
        .where(LagesbildVersion.lagesbild_id == lagesbild_id, _lasbar(who))
        .order_by(LagesbildVersion.nummer.desc())
    ).all()


def nyast_lasbar(session: Session, who: Subjekt, lagesbild_id: int) -> int:
    """The number of the newest version that `who` may read; 0 if there is none."""
    # Not max(): PostgreSQL would judge every version before it said which is the highest.
    nummer: int | None = session.scalar(
        select(LagesbildVersion.nummer)
        .join(Lagesbild, Lagesbild.id == LagesbildVersion.lagesbild_id)
        .join(Handelse, Handelse.id == Lagesbild.handelse_id)
        .where(LagesbildVersion.lagesbild_id == lagesbild_id, _lasbar(who))
        .order_by(LagesbildVersion.nummer.desc())
        .limit(1)
    )
    return nummer or 0


def senaste_med_nytt_innehall(session: Session, lagesbild_id: int, till: int) -> int:
    """The number of the last version up to `till` that was not a 'läget oförändrat'; 0 if there is none."""
    found = session.scalar(
        select(func.max(LagesbildVersion.nummer)).where(
            LagesbildVersion.lagesbild_id == lagesbild_id,
            LagesbildVersion.nummer <= till,
            LagesbildVersion.oforandrad.is_(False),
        )
    )
    return found or 0


def senaste_i_handelse(session: Session, who: Subjekt, handelse_id: int) -> list[LagesbildVersion]:
    """The latest version (without sections) of each lägesbild of the event: the samlade, then in Swedish order.

    One whose latest `who` may not read is left out.
    """
    senaste = Lagesbild.senaste == LagesbildVersion.nummer
    found = session.scalars(_i_handelse(who).where(Lagesbild.handelse_id == handelse_id, senaste))
    return sorted(found, key=lambda v: (v.lagesbild.aktor_id is not None, svensk_nyckel(v.lagesbild.namn)))


def nyast_lasbara_i_handelse(session: Session, who: Subjekt, handelse_id: int) -> list[LagesbildVersion]:
    """As senaste_i_handelse(), of each the newest version that `who` reads: an older one if later ones are hidden."""
    annan = aliased(LagesbildVersion)
    innehall = Lasinnehall(annan.publicerad, Lagesbild.aktor_id, annan.tlp, Lagesbild.krets_id)
    nyast = (
        select(func.max(annan.nummer))
        .where(annan.lagesbild_id == Lagesbild.id, lasbar_for(who, innehall))
        .correlate(Lagesbild, Handelse)
        .scalar_subquery()
    )
    found = session.scalars(
        _i_handelse(who).where(Lagesbild.handelse_id == handelse_id, LagesbildVersion.nummer == nyast)
    )
    return sorted(found, key=lambda v: (v.lagesbild.aktor_id is not None, svensk_nyckel(v.lagesbild.namn)))


def versioner_i_handelse(
    session: Session, who: Subjekt, handelse_id: int, antal: int = 500
) -> Sequence[LagesbildVersion]:
    """The newest versions (at most `antal`) that `who` may read in the event, newest first, without sections."""
    return session.scalars(
        _i_handelse(who)
        .where(LagesbildVersion.handelse_id == handelse_id)
        .order_by(LagesbildVersion.publicerad.desc(), LagesbildVersion.lagesbild_id, LagesbildVersion.nummer.desc())
        .limit(antal)
    ).all()


def senaste_i_oppna() -> ColumnElement[bool]:
    """SQL: the LagesbildVersion is the latest of a lägesbild in an open event: those alone are looked at, by key."""
    bild, handelse = aliased(Lagesbild), aliased(Handelse)
    dessa = select(bild.id, bild.senaste).join(handelse, handelse.id == bild.handelse_id)
    nyckel = tuple_(LagesbildVersion.lagesbild_id, LagesbildVersion.nummer)
    return nyckel.in_(dessa.where(handelse.stangd.is_(None)))


def _i_handelse(who: Subjekt) -> Select[LagesbildVersion]:
    return (
        select(LagesbildVersion)
        .join(Lagesbild, Lagesbild.id == LagesbildVersion.lagesbild_id)
        .join(Handelse, Handelse.id == Lagesbild.handelse_id)
        .options(
            contains_eager(LagesbildVersion.lagesbild).joinedload(Lagesbild.aktor),
            joinedload(LagesbildVersion.forfattare),
            joinedload(LagesbildVersion.aktor),
        )
        .where(_lasbar(who))
    )


# --- drafts -------------------------------------------------------------------------------------------------------


def find_utkast(session: Session, lagesbild_id: int, who: Subjekt, *, las: bool = False) -> Utkast | None:
    """What the person has begun for the actor they act for; with `las` the row is locked until the transaction ends."""
    fraga = select(Utkast).where(
        Utkast.lagesbild_id == lagesbild_id, Utkast.anvandare_id == who.anvandare_id, Utkast.aktor_id == who.aktor_id
    )
    if las:
        return session.scalar(fraga.with_for_update())
    mitt = ("utkast", lagesbild_id, who.anvandare_id, who.aktor_id)
    return en_gang(session, mitt, lambda: session.scalar(fraga))


def kollegors_utkast(session: Session, lagesbild_id: int, who: Subjekt) -> Sequence[Utkast]:
    """What others at the same actor have begun, newest first."""
    return session.scalars(
        select(Utkast)
        .options(joinedload(Utkast.anvandare))
        .where(
            Utkast.lagesbild_id == lagesbild_id,
            Utkast.aktor_id == who.aktor_id,
            Utkast.anvandare_id != who.anvandare_id,
        )
        .order_by(Utkast.sparad.desc())
    ).all()
