"""What the compile page reads: the actors' latest versions and those that a draft cites.

All of it is of one event, and of what `who` may read, in a number of questions that doesn't grow with either.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session, contains_eager, joinedload

from wis.aktorer.models import Aktor
from wis.auth.rules import Subjekt
from wis.begaran import queries as begaran
from wis.begaran.models import BegaranSvar, Fragetyp, Synlighet
from wis.begaran.queries import Mottagarrad, Tavla
from wis.handelser.lasratt import Innehall as Lasinnehall
from wis.handelser.lasratt import lasbar_for
from wis.handelser.models import Handelse
from wis.handelser.sakkrets import lasratt
from wis.lagesbild import queries
from wis.lagesbild.kallor import Kalla
from wis.lagesbild.mall import Avsnittsslag
from wis.lagesbild.mallar import mall_av
from wis.lagesbild.models import Lagesbild, LagesbildSektion, LagesbildsmallVersion, LagesbildVersion
from wis.lagesbild.plats import sak_av
from wis.samlad.rules import Kallavsnitt, Kallversion, Plats, plats

Nyckel = tuple[int, int]


def senaste(session: Session, who: Subjekt, handelse_id: int, aktorer: Sequence[Aktor]) -> list[Kallversion]:
    """What each actor said last that `who` reads, in Swedish order; `aktorer`: all, to tell how many read it."""
    alla = queries.nyast_lasbara_i_handelse(session, who, handelse_id)
    return _kallversioner(session, [v for v in alla if v.lagesbild.aktor_id is not None], aktorer)


def svar(session: Session, who: Subjekt, handelse_id: int) -> list[Kallversion]:
    """All the answers to begäran in the event that `who` reads, question by question, an actor's latest first."""
    return [
        _svarsversion(tavla, fraga, rad, ett)
        for tavla in begaran.i_handelsen(session, who, handelse_id)
        for fraga in tavla.begaran.fragor
        for rad in tavla.lasta
        for ett in reversed(rad.historik)
        if ett.svar.get(str(fraga["nummer"]), "").strip()
    ]


def _svarsversion(tavla: Tavla, fraga: Mapping[str, Any], rad: Mottagarrad, ett: BegaranSvar) -> Kallversion:
    m, nyckel = rad.mottagare, f"svar-{tavla.begaran.id}-{fraga['nummer']}"
    text, synlig = ett.svar[str(fraga["nummer"])].strip(), Synlighet(tavla.begaran.synlighet)
    if fraga["typ"] != Fragetyp.TEXT:
        # A figure or a choice says little without its question.
        text = f"{fraga['text']}: {text} {fraga.get('enhet') or ''}".strip()
    return Kallversion(
        aktor_id=m.aktor_id or 0,
        aktor=rad.namn,
        slug=m.aktor.slug if m.aktor is not None else f"extern-{m.id}",
        nummer=ett.nummer,
        publicerad=ett.skapad,
        tlp="",
        smal="" if synlig is Synlighet.HANDELSEN else f"läses av {synlig.namn}",
        avsnitt={nyckel: Kallavsnitt(nyckel, fraga["text"], Avsnittsslag.TEXT, text)},
        begaran=tavla.begaran.id,
    )


def svarsplatser(alla: Iterable[Kallversion]) -> dict[Plats, Kallversion]:
    """The answers by what a mark calls them."""
    return {(v.slug, v.nummer, nyckel): v for v in alla for nyckel in v.avsnitt}


def citerade(session: Session, who: Subjekt, handelse_id: int, marken: Collection[Kalla]) -> dict[Plats, Kallversion]:
    """The versions of the event that these marks name. Of answers none: see svar()."""
    namnda = {(k.aktor, k.nummer) for k in marken if k.svar is None}
    if not namnda:
        return {}
    version = LagesbildVersion
    found = session.scalars(
        select(version)
        .join(Lagesbild, Lagesbild.id == version.lagesbild_id)
        .join(Handelse, Handelse.id == Lagesbild.handelse_id)
        .join(Aktor, Aktor.id == Lagesbild.aktor_id)
        .options(contains_eager(version.lagesbild).joinedload(Lagesbild.aktor), joinedload(version.mallrad))
        .where(
            Lagesbild.handelse_id == handelse_id,
            tuple_(Aktor.slug, version.nummer).in_(sorted(namnda)),
            lasbar_for(who, Lasinnehall(version.publicerad, Lagesbild.aktor_id, version.tlp, Lagesbild.krets_id)),
        )
    ).all()
    return {(v.slug, v.nummer, ""): v for v in _kallversioner(session, found, ())}


def find(session: Session, who: Subjekt, handelse_id: int, kalla: Kalla) -> Kallversion | None:
    """The version or answer that the mark names, if it is of the event and `who` may read it."""
    if kalla.svar is None:
        return citerade(session, who, handelse_id, [kalla]).get(plats(kalla))
    return svarsplatser(svar(session, who, handelse_id)).get(plats(kalla))


def _kallversioner(
    session: Session, versioner: Sequence[LagesbildVersion], aktorer: Sequence[Aktor]
) -> list[Kallversion]:
    mallar = _mallar(session, {v.mall_version_id for v in versioner if v.mall_version_id is not None})
    sektioner = _sektioner(session, [(v.lagesbild_id, v.nummer) for v in versioner])
    return [
        _kallversion(v, mallar.get(v.mall_version_id or 0), sektioner[v.lagesbild_id, v.nummer], aktorer)
        for v in versioner
    ]


def _mallar(session: Session, ids: Collection[int]) -> Mapping[int, LagesbildsmallVersion]:
    if not ids:
        return {}
    rad = LagesbildsmallVersion
    return {ett.id: ett for ett in session.scalars(select(rad).where(rad.id.in_(ids)))}


def _sektioner(session: Session, nycklar: Sequence[Nyckel]) -> Mapping[Nyckel, list[tuple[str, str]]]:
    """Key and text of each filled section, in order. Without their HTML."""
    ut: dict[Nyckel, list[tuple[str, str]]] = defaultdict(list)
    s = LagesbildSektion
    fraga = select(s.lagesbild_id, s.nummer, s.nyckel, s.kalla).where(tuple_(s.lagesbild_id, s.nummer).in_(nycklar))
    if nycklar:
        for bild, nummer, nyckel, kalla in session.execute(fraga.order_by(s.ordning)):
            ut[bild, nummer].append((nyckel, kalla))
    return ut


def _kallversion(
    version: LagesbildVersion,
    mallrad: LagesbildsmallVersion | None,
    texter: Iterable[tuple[str, str]],
    aktorer: Sequence[Aktor],
) -> Kallversion:
    bild, kallor = version.lagesbild, dict(texter)
    if bild.aktor is None:
        raise ValueError("the samlade is no source of itself")
    mall = mall_av(mallrad).med(kallor)
    fyllda = [a for a in mall.avsnitt if a.nyckel in kallor]
    return Kallversion(
        aktor_id=bild.aktor.id,
        aktor=bild.aktor.kortnamn,
        slug=bild.aktor.slug,
        nummer=version.nummer,
        publicerad=version.publicerad,
        tlp=version.tlp,
        nasta=version.nasta_uppdatering,
        smal=_smal(bild, version, aktorer),
        avsnitt={a.nyckel: Kallavsnitt(a.nyckel, a.namn, a.slag, kallor[a.nyckel]) for a in fyllda},
    )


def _smal(bild: Lagesbild, version: LagesbildVersion, aktorer: Sequence[Aktor]) -> str:
    if bild.krets is None or not aktorer:
        return ""
    ratt = lasratt(sak_av(bild, version), aktorer)
    return f"läsrätt hos {ratt.antal} av {ratt.av}" if ratt.saknar else ""
