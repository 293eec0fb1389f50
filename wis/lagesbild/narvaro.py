"""Who writes in which heading of a lägesbild, for those who may write it too. Within the caller's transaction.

It is information, and no lock: nobody is kept from anything by it. It is nothing that readers read, so it raises no
event's number, and only those who may write are told (wis.horare).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from wis import clock
from wis.aktorer.models import Aktor
from wis.andringar import Andring, anmal
from wis.andringar import Slag as Andringsslag
from wis.auth.models import Anvandare
from wis.auth.rules import Subjekt, Verb
from wis.lagesbild.models import Lagesbild
from wis.lagesbild.plats import Plats, hamta_eller_skapa, krav
from wis.notiser.kvittenser import insert_for
from wis.skrivnarvaro import TYST, Skrivnarvaro

SKRIVS_EFTER = timedelta(seconds=8)
"""A page's word is written down when the last is so old: less than the time between two of its words."""
FLIKAR_HOGST = 12
"""So many open pages of one person are kept for a lägesbild; those that have been silent the longest go."""


@dataclass(frozen=True)
class Skrivande:
    """Somebody who has the page open: on duty as `funktion` ('' = as nothing), in the heading `avsnitt` ('' = none)
    since `sedan`. `egen`: the one who asks, on another page or device."""

    namn: str
    funktion: str
    aktor: str
    avsnitt: str
    sedan: datetime
    egen: bool
    annan_aktor: bool

    @property
    def vem(self) -> str:
        """As shown to the one who asks: 'Karin Ek (TiB)', or with the actor's short name if that is another."""
        mer = [self.funktion, self.aktor if self.annan_aktor else ""]
        return f"{self.namn} ({', '.join(filter(None, mer))})" if any(mer) else self.namn


def skrivande(session: Session, lagesbild_id: int, who: Subjekt, flik: str = "") -> list[Skrivande]:
    """Who has the lägesbild open for writing now, but for the page `flik` of one's own; those who came first, first."""
    rad, now = Skrivnarvaro, clock.now()
    rows = session.execute(
        select(rad, Anvandare.namn, Aktor.kortnamn)
        .join(Anvandare, Anvandare.id == rad.anvandare_id)
        .join(Aktor, Aktor.id == rad.aktor_id)
        .where(rad.lagesbild_id == lagesbild_id, rad.sedd > now - TYST, rad.sedd < now + TYST)
        .order_by(rad.sedan, rad.anvandare_id, rad.flik)
    )
    return [
        Skrivande(
            namn=namn,
            funktion=en.funktion,
            aktor=kortnamn,
            avsnitt=en.avsnitt,
            sedan=en.sedan,
            egen=en.anvandare_id == who.anvandare_id,
            annan_aktor=en.aktor_id != who.aktor_id,
        )
        for en, namn, kortnamn in rows
        if (en.anvandare_id, en.flik) != (who.anvandare_id, flik)
    ]


def ar_nytt(session: Session, lagesbild_id: int, who: Subjekt, flik: str, avsnitt: str) -> bool:
    """Whether what the page says is worth a write: it has moved, or what is written down is getting old."""
    rad = _find(session, lagesbild_id, who, flik)
    return rad is None or rad.avsnitt != avsnitt or abs(clock.now() - rad.sedd) >= SKRIVS_EFTER


def anteckna(session: Session, who: Subjekt, plats: Plats, flik: str, avsnitt: str) -> int:
    """Note that the page is open, in this heading, and tell of it if it has come or moved. Returns the lägesbild's id.

    Raises wis.lagesbild.plats.Otillaten. The lägesbild is not locked: nobody who publishes waits for this, nor the
    other way round.
    """
    krav(session, who, plats, Verb.SKRIVA)
    lagesbild, now = hamta_eller_skapa(session, plats), clock.now()
    forut = _find(session, lagesbild.id, who, flik)
    kvar = forut is not None and forut.avsnitt == avsnitt and abs(now - forut.sedd) < TYST
    varden = {
        "avsnitt": avsnitt,
        "funktion": ", ".join(tjanst.namn for tjanst in who.i_tjanst(now)),
        "sedan": forut.sedan if forut is not None and kvar else now,
        "sedd": now,
    }
    sats = insert_for(session)(Skrivnarvaro).values(
        lagesbild_id=lagesbild.id, anvandare_id=who.anvandare_id, aktor_id=who.aktor_id, flik=flik, **varden
    )
    # Two words of one page may come at once.
    nyckel = [kolumn.name for kolumn in Skrivnarvaro.__mapper__.primary_key]
    session.execute(sats.on_conflict_do_update(index_elements=nyckel, set_=varden))
    if forut is None:
        _hall_antalet(session, lagesbild.id, who)
    if not kvar:
        _beratta(session, lagesbild)
    return lagesbild.id


def lamna(session: Session, who: Subjekt, lagesbild_id: int, flik: str) -> None:
    """Note that the page is gone, and tell of it if it was there."""
    borta = session.scalars(
        delete(Skrivnarvaro).where(*_egna(lagesbild_id, who), Skrivnarvaro.flik == flik).returning(Skrivnarvaro.flik)
    ).all()
    if borta:
        _beratta(session, session.get_one(Lagesbild, lagesbild_id))


def _find(session: Session, lagesbild_id: int, who: Subjekt, flik: str) -> Skrivnarvaro | None:
    return session.get(Skrivnarvaro, (lagesbild_id, who.anvandare_id, who.aktor_id, flik))


def _egna(lagesbild_id: int, who: Subjekt) -> Sequence[ColumnElement[bool]]:
    rad = Skrivnarvaro
    return rad.lagesbild_id == lagesbild_id, rad.anvandare_id == who.anvandare_id, rad.aktor_id == who.aktor_id


def _hall_antalet(session: Session, lagesbild_id: int, who: Subjekt) -> None:
    """Keep a program that makes up keys from filling the table."""
    egna = _egna(lagesbild_id, who)
    over = session.scalars(
        select(Skrivnarvaro.flik).where(*egna).order_by(Skrivnarvaro.sedd.desc()).offset(FLIKAR_HOGST)
    ).all()
    if over:
        session.execute(delete(Skrivnarvaro).where(*egna, Skrivnarvaro.flik.in_(over)))


def _beratta(session: Session, lagesbild: Lagesbild) -> None:
    aktorer = None if lagesbild.aktor_id is None else frozenset({lagesbild.aktor_id})
    anmal(session, Andring(Andringsslag.NARVARO, lagesbild.id, 0, lagesbild.handelse_id, aktorer))
