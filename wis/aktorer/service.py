"""Actors and networks of actors: what the project ships, and what the operator adds. In the caller's transaction."""

import csv
import re
from collections.abc import Collection, Sequence
from importlib import resources

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from wis import audit, clock
from wis.aktorer.models import Aktor, Aktorsnatverk, AktorsnatverkMedlem

# Kind of actor → the network that it is in from the start, as (slug, name).
TYPNATVERK = {
    "kommun": ("kommuner", "Kommunerna"),
    "blåljus": ("blaljus", "Blåljus: polis, räddning, larm och kust"),
    "trafik": ("trafik", "Trafik och hamnar"),
    "länsstyrelse": ("regionalt", "Regionala: Länsstyrelsen, regionen och försvaret"),
    "region": ("regionalt", "Regionala: Länsstyrelsen, regionen och försvaret"),
    "försvar": ("regionalt", "Regionala: Länsstyrelsen, regionen och försvaret"),
}
# In an address they mean something else.
_UPPTAGNA = {"samlad", "ny"}
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Hinder(Exception):
    """It can't be done; the text says why and what to do."""


# --- actors --------------------------------------------------------------------------------------------------------


def ladda_aktorer(session: Session) -> int:
    """Add the shipped actors that are missing; returns how many were added. What is there is left as it is.

    Those of the very first time are there from the start; one that is added to others joins now.
    """
    known = set(session.scalars(select(Aktor.slug)))
    source = resources.files("wis.aktorer").joinpath("aktorer.csv").read_text(encoding="utf-8")
    joined = clock.now() if known else None
    new = [
        Aktor(slug=row["slug"], namn=row["namn"], kortnamn=row["kortnamn"], typ=row["typ"], ansluten=joined)
        for row in csv.DictReader(source.splitlines())
        if row["slug"] not in known
    ]
    session.add_all(new)
    session.flush()
    for aktor in new if known else ():
        _till_typens_natverk(session, aktor)
    return len(new)


def ny_aktor(session: Session, slug: str, namn: str, kortnamn: str, typ: str) -> Aktor:
    """An actor that joins now: of what is open to all actors it reads what is published from now on. Raises Hinder."""
    namn, kortnamn, typ = namn.strip(), kortnamn.strip(), typ.strip().lower()
    if not _SLUG.fullmatch(slug) or slug in _UPPTAGNA:
        raise Hinder(f"'{slug}' går inte att använda i adresser. Välj a-z, 0-9 och bindestreck, t.ex. nacka.")
    if not (namn and kortnamn and typ):
        raise Hinder("Ange både namn, kortnamn och typ.")
    if session.scalar(select(Aktor.id).where(Aktor.slug == slug)) is not None:
        raise Hinder(f"Det finns redan en aktör som heter {slug}.")
    aktor = Aktor(slug=slug, namn=namn, kortnamn=kortnamn, typ=typ, ansluten=clock.now())
    session.add(aktor)
    session.flush()
    _till_typens_natverk(session, aktor)
    audit.record(session, "aktör tillagd", aktor_id=aktor.id, objekt=f"aktor:{aktor.id}", slug=slug, typ=typ)
    return aktor


# --- networks ------------------------------------------------------------------------------------------------------


def ladda_natverk(session: Session) -> int:
    """Make those networks by kind of actor that are missing; returns how many. What is there is left as it is."""
    known = set(session.scalars(select(Aktorsnatverk.slug)))
    members: dict[tuple[str, str], list[int]] = {}
    for id_, typ in session.execute(select(Aktor.id, Aktor.typ).order_by(Aktor.id)):
        if typ in TYPNATVERK and TYPNATVERK[typ][0] not in known:
            members.setdefault(TYPNATVERK[typ], []).append(id_)
    session.add_all(_natverk(slug, namn, ids) for (slug, namn), ids in members.items())
    session.flush()
    return len(members)


def nytt_natverk(session: Session, namn: str, slugs: Sequence[str]) -> Aktorsnatverk:
    """A network of these actors. Raises Hinder."""
    natverk = _natverk(_slug_av(namn), _namn(namn), _aktorer(session, slugs))
    if session.scalar(select(Aktorsnatverk.id).where(Aktorsnatverk.slug == natverk.slug)) is not None:
        raise Hinder(f"Det finns redan ett nätverk som heter {natverk.slug}. Ändra det, eller välj ett annat namn.")
    session.add(natverk)
    session.flush()
    audit.record(session, "aktörsnätverk skapat", objekt=f"natverk:{natverk.id}", namn=natverk.namn, aktorer=[*slugs])
    return natverk


def andra_natverk(
    session: Session, slug: str, *, namn: str | None = None, med: Sequence[str] = (), utan: Sequence[str] = ()
) -> Aktorsnatverk:
    """Give the network another name, put actors into it, take actors out. Raises Hinder."""
    natverk = session.scalar(
        select(Aktorsnatverk).options(selectinload(Aktorsnatverk.medlemmar)).where(Aktorsnatverk.slug == slug)
    )
    if natverk is None:
        raise Hinder(f"Det finns inget nätverk som heter {slug}. Visa alla: wis natverk lista")
    if namn is not None:
        natverk.namn = _namn(namn)
    fore = {medlem.aktor_id: medlem for medlem in natverk.medlemmar}
    efter = (set(fore) | set(_aktorer(session, med))) - set(_aktorer(session, utan))
    if not efter:
        raise Hinder("Då blir nätverket tomt. Lägg till någon i stället.")
    natverk.medlemmar = [fore.get(id_) or AktorsnatverkMedlem(aktor_id=id_) for id_ in sorted(efter)]
    session.flush()
    audit.record(
        session, "aktörsnätverk ändrat", objekt=f"natverk:{natverk.id}", namn=natverk.namn, med=[*med], utan=[*utan]
    )
    return natverk


def _natverk(slug: str, namn: str, aktor_ids: Collection[int]) -> Aktorsnatverk:
    medlemmar = [AktorsnatverkMedlem(aktor_id=id_) for id_ in sorted(set(aktor_ids))]
    return Aktorsnatverk(slug=slug, namn=namn, medlemmar=medlemmar)


def _till_typens_natverk(session: Session, aktor: Aktor) -> None:
    slug, _ = TYPNATVERK.get(aktor.typ, ("", ""))
    natverk_id = session.scalar(select(Aktorsnatverk.id).where(Aktorsnatverk.slug == slug))
    if natverk_id is not None:
        session.add(AktorsnatverkMedlem(natverk_id=natverk_id, aktor_id=aktor.id))
        session.flush()


def _aktorer(session: Session, slugs: Sequence[str]) -> list[int]:
    found = {slug: id_ for id_, slug in session.execute(select(Aktor.id, Aktor.slug).where(Aktor.slug.in_(slugs)))}
    okanda = [slug for slug in slugs if slug not in found]
    if okanda:
        raise Hinder(f"Det finns ingen aktör som heter {okanda[0]}. Namnet är det som står i adresser, t.ex. nacka.")
    return list(found.values())


def _namn(namn: str) -> str:
    if not namn.strip():
        raise Hinder("Nätverket behöver ett namn.")
    return " ".join(namn.split())


def _slug_av(namn: str) -> str:
    plain = namn.casefold().translate(str.maketrans("åäöéü", "aaoeu"))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "natverk"
