"""The record: append-only rows, each bound to the one before by a hash. Never commits."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from wis import clock
from wis.db import Base

FORSTA_HASH = "0" * 64


class Loggpost(Base):
    """One recorded act. A trigger in the database refuses UPDATE and DELETE."""

    __tablename__ = "loggpost"
    # What one person has done, of one kind: their own list of what they asked for.
    __table_args__ = (Index("ix_loggpost_anvandare_id_handling", "anvandare_id", "handling"),)

    nummer: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tid: Mapped[datetime]
    handling: Mapped[str]
    anvandare_id: Mapped[int | None]
    aktor_id: Mapped[int | None]
    objekt: Mapped[str] = mapped_column(index=True)
    uppgifter: Mapped[str] = mapped_column(Text)
    foregaende_hash: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)


class Logghuvud(Base):
    """The single row that says where the chain ends; locking it puts writers in line."""

    __tablename__ = "logghuvud"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    nummer: Mapped[int | None] = mapped_column(ForeignKey("loggpost.nummer"))
    hash: Mapped[str]


@dataclass(frozen=True)
class Kedjebrott:
    """Where and why the chain does not hold."""

    nummer: int
    orsak: str


def record(
    session: Session,
    handling: str,
    *,
    anvandare_id: int | None = None,
    aktor_id: int | None = None,
    objekt: str = "",
    **uppgifter: object,
) -> Loggpost:
    """Append a row to the record within the caller's transaction and return it."""
    huvud = session.execute(select(Logghuvud).where(Logghuvud.id == 1).with_for_update()).scalar_one()
    post = Loggpost(
        nummer=(huvud.nummer or 0) + 1,
        tid=clock.now(),
        handling=handling,
        anvandare_id=anvandare_id,
        aktor_id=aktor_id,
        objekt=objekt,
        uppgifter=json.dumps(uppgifter, ensure_ascii=False, sort_keys=True, default=str),
        foregaende_hash=huvud.hash,
    )
    post.hash = _hash(post)
    session.add(post)
    session.flush()
    huvud.nummer, huvud.hash = post.nummer, post.hash
    session.flush()
    return post


def _hash(post: Loggpost) -> str:
    parts = [
        post.foregaende_hash,
        post.nummer,
        post.tid.isoformat(timespec="microseconds"),
        post.handling,
        post.anvandare_id,
        post.aktor_id,
        post.objekt,
        post.uppgifter,
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def stammer(post: Loggpost) -> bool:
    """Whether the row is what its hash says, wherever it was read."""
    return post.hash == _hash(post)


def verify(session: Session) -> tuple[int, str] | Kedjebrott:
    """Walk the whole chain. Returns (number of rows, last hash), or where it first breaks."""
    nummer, foregaende = 0, FORSTA_HASH
    for post in _rows(session):
        if post.nummer != nummer + 1:
            return Kedjebrott(nummer + 1, "raden saknas")
        if post.foregaende_hash != foregaende:
            return Kedjebrott(post.nummer, "raden hänger inte ihop med den föregående")
        if post.hash != _hash(post):
            return Kedjebrott(post.nummer, "radens innehåll är ändrat")
        nummer, foregaende = post.nummer, post.hash
    huvud = session.get_one(Logghuvud, 1)
    if (huvud.nummer or 0, huvud.hash) != (nummer, foregaende):
        return Kedjebrott(nummer + 1, "kedjans slut stämmer inte: de sista raderna är borttagna")
    return nummer, foregaende


def _rows(session: Session) -> Iterator[Loggpost]:
    """Every row in order, some at a time."""
    last = 0
    while batch := session.scalars(
        select(Loggpost).where(Loggpost.nummer > last).order_by(Loggpost.nummer).limit(500)
    ).all():
        yield from batch
        last = batch[-1].nummer
        session.expunge_all()


def has(session: Session, nummer_och_hash: str) -> bool:
    """Whether the row 'NUMMER:HASH' is in the chain; False for what is not of that form."""
    nummer, _, digest = nummer_och_hash.partition(":")
    post = session.get(Loggpost, int(nummer)) if nummer.isdecimal() else None
    return post is not None and post.hash == digest
