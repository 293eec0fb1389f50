"""The rows of the record in an archive: those that concern it whole, the others between them by their hashes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wis import audit
from wis.arkiv.format import HASHAR, KEDJA, Arkivfel
from wis.audit import Loggpost

EXPORT, IMPORT = "arkiv exporterat", "arkiv importerat"
_FALT = ("nummer", "tid", "handling", "anvandare_id", "aktor_id", "objekt", "uppgifter", "foregaende_hash", "hash")


@dataclass
class Utdrag:
    """What of the chain concerns some things: the numbers of the rows, and the first and last of them."""

    nummer: list[int] = field(default_factory=list)

    @property
    def spann(self) -> tuple[int, int]:
        """From which number to which; (0, -1) for nothing."""
        return (self.nummer[0], self.nummer[-1]) if self.nummer else (0, -1)


def hitta(session: Session, saker: set[str], aktor_id: int | None) -> Utdrag:
    """The rows about the things ('lagesbild:12' …), by this actor alone if one is given. Exports are not among them."""
    ut = Utdrag()
    fraga = select(Loggpost.nummer, Loggpost.objekt, Loggpost.aktor_id, Loggpost.handling).order_by(Loggpost.nummer)
    for nummer, objekt, av, handling in session.execute(fraga.execution_options(yield_per=1000)):
        om = ":".join(objekt.split(":")[:2])
        if om in saker and handling != EXPORT and aktor_id in (None, av):
            ut.nummer.append(nummer)
    return ut


def rader(session: Session, utdrag: Utdrag) -> Iterator[dict[str, Any]]:
    """The rows whole."""
    for nummer in utdrag.nummer:
        post = session.get_one(Loggpost, nummer)
        yield {namn: getattr(post, namn) for namn in _FALT} | {"tid": post.tid.isoformat(timespec="microseconds")}
        session.expunge(post)


def hashar(session: Session, utdrag: Utdrag) -> Iterator[bytes]:
    """The number and the hash of every row of the chain from the first to the last of these."""
    fran, till = utdrag.spann
    fraga = select(Loggpost.nummer, Loggpost.hash).where(Loggpost.nummer.between(fran, till)).order_by(Loggpost.nummer)
    for nummer, digest in session.execute(fraga.execution_options(yield_per=1000)):
        yield f"{nummer}:{digest}\n".encode()


def prova(poster: list[dict[str, Any]], lista: bytes) -> list[str]:
    """What does not hold, in Swedish; nothing if each row is what its hash says and lies where the list says."""
    try:
        kedjan = [(int(nummer), digest) for nummer, _, digest in (rad.partition(":") for rad in _rader(lista))]
        alla = [Loggpost(**{**{namn: post[namn] for namn in _FALT}, "tid": _tid(post)}) for post in poster]
    except (KeyError, TypeError, ValueError, AttributeError) as fel:
        raise Arkivfel(f"{KEDJA} eller {HASHAR} går inte att läsa.") from fel
    numren = [nummer for nummer, _ in kedjan]
    if numren != list(range(numren[0], numren[0] + len(numren)) if numren else []):
        return [f"{HASHAR}: det fattas rader."]
    hash_av, fel_ = dict(kedjan), []
    for post in alla:
        if not audit.stammer(post):
            fel_.append(f"Loggens rad {post.nummer}: innehållet är ändrat.")
        elif hash_av.get(post.nummer) != post.hash:
            fel_.append(f"Loggens rad {post.nummer} ligger inte i kedjan.")
        elif post.nummer - 1 in hash_av and hash_av[post.nummer - 1] != post.foregaende_hash:
            fel_.append(f"Loggens rad {post.nummer} hänger inte ihop med den föregående.")
    if {post.nummer for post in alla} > set(numren) or (numren and not alla):
        fel_.append(f"{KEDJA}: det fattas rader.")
    return fel_


def _rader(lista: bytes) -> list[str]:
    return lista.decode().splitlines()


def _tid(post: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(post["tid"])
