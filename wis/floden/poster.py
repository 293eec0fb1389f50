"""Entries of a feed, made of what has been published."""

from sqlalchemy.orm import Session

from wis import datum
from wis.auth.rules import Subjekt
from wis.floden import queries
from wis.floden.queries import Urval
from wis.floden.rules import MAX_POSTER, Post
from wis.lagesbild.models import LagesbildVersion
from wis.underrattelser.models import UnderrattelseVersion


def poster(session: Session, who: Subjekt, urval: Urval) -> tuple[Post, ...]:
    """What `who` may have in the feed, newest first."""
    alla = [
        *map(av_version, queries.versioner(session, who, urval)),
        *map(av_underrattelse, queries.underrattelser(session, who, urval)),
    ]
    return tuple(sorted(alla, key=lambda post: (post.andrad, post.nyckel), reverse=True)[:MAX_POSTER])


def av_version(version: LagesbildVersion) -> Post:
    """A version of a lägesbild: its summary and what is new in it."""
    bild, nummer = version.lagesbild, version.nummer
    vems = "Samlad lägesbild" if bild.aktor is None else f"Lägesbild från {bild.aktor.namn}"
    vad = ": läget oförändrat" if version.oforandrad else ""
    nasta = version.nasta_uppdatering
    delar = [
        version.sammanfattning,
        f"Nytt i version {nummer}: {version.andringsnotering}" if version.andringsnotering else "",
        f"Nästa uppdatering: {datum.datumtid(nasta)}" if nasta is not None else "",
    ]
    return Post(
        nyckel=f"wis/lagesbild/{bild.id}/{nummer}",
        rubrik=f"{bild.handelse.rubrik}. {vems}, version {nummer}{vad}",
        av=version.aktor.namn,
        vag=f"/handelser/{bild.handelse.slug}/lagesbild/{bild.slug}/versioner/{nummer}",
        publicerad=version.publicerad,
        andrad=version.publicerad,
        sammanfattning=version.sammanfattning,
        text="\n\n".join(filter(None, delar)),
        slag=("lagesbild", "Lägesbild") if bild.aktor is not None else ("samlad", "Samlad lägesbild"),
        tlp=version.tlp,
        ovning=bild.handelse.ovning,
    )


def av_underrattelse(version: UnderrattelseVersion) -> Post:
    """An underrättelse, whole. A correction is the same entry, changed."""
    sak = version.underrattelse
    marken = ["RÄTTELSE: " if version.nummer > 1 else "", "BRÅDSKANDE: " if version.bradskande else ""]
    return Post(
        nyckel=f"wis/underrattelse/{sak.id}",
        rubrik=f"{''.join(marken)}{version.rubrik} ({sak.handelse.rubrik})",
        av=sak.aktor.namn,
        vag=f"/underrattelser/{sak.id}",
        publicerad=sak.skapad,
        andrad=version.publicerad,
        sammanfattning="",
        text=version.text or version.rubrik,
        slag=("underrattelse", "Underrättelse"),
        tlp=version.tlp,
        ovning=sak.handelse.ovning,
    )
