"""Tags: '#el' in what is published, collected when it is, so that what is tagged is found by index.

A tag says nothing of who may read it: whoever asks for tags asks for the things too.
"""

import re
import unicodedata
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, Session, mapped_column

from wis.db import Base, one_of

MAX_TAGG = 40
"""Characters of a tag; what is longer is no tag."""
MAX_TAGGAR = 20
"""So many tags of one text are collected, the first ones."""

_TECKEN = "0-9a-zåäöéü"
_ORD = f"[{_TECKEN}](?:[{_TECKEN}_-]*[{_TECKEN}])?"
# Not in the middle of a word or an address.
_TAGG = re.compile(rf"(?<![^\s(\[{{\"'”’«,.;:!?–-])#({_ORD})")


class Slag(StrEnum):
    """In what tags are written: of the version of a lägesbild, its own or the samlade, that is its change note."""

    LAGESBILD = "lagesbild"
    UNDERRATTELSE = "underrattelse"
    ANTECKNING = "anteckning"


class Tagg(Base):
    """One tag of one thing (`nummer`: its version, 0 for what has none). `tid`: its place in the event's timeline."""

    __tablename__ = "tagg"
    __table_args__ = (
        one_of("slag", Slag),
        # What bears a tag, in order of time; all tags of a kind of thing, likewise.
        Index("ix_tagg_tagg", "handelse_id", "tagg", "slag", "tid", "objekt_id", "nummer"),
        Index("ix_tagg_tid", "handelse_id", "slag", "tid"),
    )

    slag: Mapped[str] = mapped_column(primary_key=True)
    objekt_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    nummer: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tagg: Mapped[str] = mapped_column(primary_key=True)
    handelse_id: Mapped[int] = mapped_column(ForeignKey("handelse.id"))
    tid: Mapped[datetime]


def taggar_i(text: str) -> list[str]:
    """The tags in the text, without '#', in lower case, each once in the order they stand; at most MAX_TAGGAR."""
    found = (match[1] for match in _TAGG.finditer(_normal(text)))
    return list(dict.fromkeys(tagg for tagg in found if _duger(tagg)))[:MAX_TAGGAR]


def las_tagg(text: str | None) -> str:
    """The tag that an address or a person names, with or without '#'; '' for what can be none."""
    plain = _normal((text or "").strip()).removeprefix("#")
    return plain if re.fullmatch(_ORD, plain) and _duger(plain) else ""


def samla(session: Session, slag: Slag, handelse_id: int, sak: tuple[int, int, datetime], text: str) -> None:
    """Collect the tags of a thing that is being published; `sak`: its id, its version and its place in the timeline."""
    objekt_id, nummer, tid = sak
    session.add_all(
        Tagg(slag=slag.value, objekt_id=objekt_id, nummer=nummer, tagg=tagg, handelse_id=handelse_id, tid=tid)
        for tagg in taggar_i(text)
    )


def _duger(tagg: str) -> bool:
    # '#3' is the third of something, not a tag.
    return len(tagg) <= MAX_TAGG and not tagg.isdigit()


def _normal(text: str) -> str:
    # Composed: some keyboards and systems write å as a and a ring.
    return unicodedata.normalize("NFC", text).lower()
