"""Reads of attachments. Whether one may read them is judged by who asks, on the version or the draft that has them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from wis.bilagor.models import Bilaga, LagesbildBilaga, UtkastBilaga
from wis.bilagor.rules import Rad, Slag


@dataclass(frozen=True)
class Bifogad:
    """An attachment of a draft or a version, without its bytes."""

    rad: Rad
    slag: Slag
    sha256: str
    langd: int
    bredd: int | None
    hojd: int | None

    @property
    def id(self) -> int:
        """The number of the kept file."""
        return self.rad.bilaga_id


def i_version(session: Session, lagesbild_id: int, nummer: int) -> list[Bifogad]:
    """The attachments of a published version, in order."""
    lista = LagesbildBilaga
    return _lista(session, lista, lista.lagesbild_id == lagesbild_id, lista.nummer == nummer)


def i_utkast(session: Session, utkast_id: int) -> list[Bifogad]:
    """The attachments that a draft has of its own, in order."""
    return _lista(session, UtkastBilaga, UtkastBilaga.utkast_id == utkast_id)


def _lista(
    session: Session, lista: type[LagesbildBilaga] | type[UtkastBilaga], *villkor: ColumnElement[bool]
) -> list[Bifogad]:
    fraga: Any = (
        select(
            Bilaga.id,
            lista.namn,
            lista.beskrivning,
            Bilaga.slag,
            Bilaga.sha256,
            Bilaga.langd,
            Bilaga.bredd,
            Bilaga.hojd,
        )
        .join(Bilaga, Bilaga.id == lista.bilaga_id)
        .where(*villkor)
        .order_by(lista.ordning, Bilaga.id)
    )
    return [
        Bifogad(Rad(id_, namn, beskrivning), Slag(slag), *resten)
        for id_, namn, beskrivning, slag, *resten in session.execute(fraga)
    ]


def innehall(session: Session, bilaga_id: int, *, forhandsbild: bool) -> bytes | None:
    """The bytes of the file, or of its preview; None if there are none."""
    vad = Bilaga.forhandsbild if forhandsbild else Bilaga.innehall
    return session.execute(select(vad).where(Bilaga.id == bilaga_id)).scalar_one_or_none()
