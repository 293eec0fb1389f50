"""Feeds as Atom (RFC 4287). Pure.

The address of the feed itself, `rel=self`, is left out: its token is a secret, and what is in a feed may be shown on.
"""

import hashlib
from datetime import datetime
from xml.etree.ElementTree import Element

from wis import clock
from wis.auth.krets import Tlp
from wis.floden import xml
from wis.floden.rules import UTAN, Flode, Post, vard

NAMNRYMD = "http://www.w3.org/2005/Atom"
MIME = "application/atom+xml"


def stampel(flode: Flode) -> str:
    """What is another as soon as the feed says something else; found without drawing it."""
    return hashlib.sha256(repr(flode).encode()).hexdigest()[:32]


def atom(flode: Flode, base_url: str) -> bytes:
    """The feed as a document."""
    rot = xml.rot("feed", NAMNRYMD, **{xml.SPRAK: "sv"})
    xml.lagg(rot, "id", _tag(base_url, flode.nyckel))
    xml.lagg(rot, "title", flode.rubrik)
    slut = clock.local(flode.slut).date().isoformat()
    xml.lagg(rot, "subtitle", f"{UTAN} Adressen slutar gälla {slut}.")
    xml.lagg(rot, "updated", _tid(max((post.andrad for post in flode.poster), default=flode.sedan)))
    xml.lagg(rot, "link", rel="alternate", type="text/html", href=base_url + flode.vag)
    xml.lagg(rot, "generator", "wis")
    for post in flode.poster:
        _post(rot, post, base_url)
    return xml.dokument(rot)


def _post(rot: Element, post: Post, base_url: str) -> None:
    entry = xml.lagg(rot, "entry")
    xml.lagg(entry, "id", _tag(base_url, post.nyckel))
    xml.lagg(entry, "title", f"ÖVNING: {post.rubrik}" if post.ovning else post.rubrik)
    xml.lagg(xml.lagg(entry, "author"), "name", post.av)
    xml.lagg(entry, "published", _tid(post.publicerad))
    xml.lagg(entry, "updated", _tid(post.andrad))
    xml.lagg(entry, "link", rel="alternate", type="text/html", href=base_url + post.vag)
    kategorier = [post.slag, (f"tlp-{post.tlp}", Tlp(post.tlp).namn)]
    for term, etikett in [("ovning", "ÖVNING"), *kategorier] if post.ovning else kategorier:
        xml.lagg(entry, "category", term=term, label=etikett)
    if post.sammanfattning:
        xml.lagg(entry, "summary", post.sammanfattning, type="text")
    xml.lagg(entry, "content", post.text, type="text")


def _tag(base_url: str, nyckel: str) -> str:
    """A tag URI (RFC 4151): it stays when addresses change."""
    return f"tag:{vard(base_url)},2026:{nyckel}"


def _tid(moment: datetime) -> str:
    return clock.local(moment).isoformat(timespec="seconds")
