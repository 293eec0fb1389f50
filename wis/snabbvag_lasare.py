"""Who asks for a page that may be shared: a reader of whom nothing shows on it but what stands in its holes.

Two questions, asked at each request and never kept: who it is, and whether what the page shows was sent to them. They
answer None for anybody of whom there could be more to show: who has two memberships, a duty, a role in an event, a
draft, a question to answer, a proposal. Those have their pages drawn for them alone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, String, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from wis.aktorer.models import Aktor
from wis.andringar import Raknat, numret
from wis.auth.models import (
    Anvandare,
    Anvandarslag,
    Funktionsbehorig,
    Handelseroll,
    Inloggning,
    Medlemskap,
    Tjanstgoring,
)
from wis.auth.rules import Roll
from wis.auth.snabbvag import Visat
from wis.db import Database
from wis.fragor.models import Rattsfraga
from wis.lagesbild.atkomst import SAMLAD
from wis.lagesbild.markmodell import Versionsmarke
from wis.lagesbild.models import Lagesbild, Utkast
from wis.notiser.models import Kvittens, Leverans, Utskick
from wis.personligt import Lasare
from wis.snabbvag_stampel import Sats, Stampelmaskin, tid
from wis.sprak import Sprak
from wis.tvaperson.models import Forslag
from wis.tvaperson.queries import MINNER
from wis.utseende import Utseende
from wis.ytor.models import Lasmarke


@dataclass(frozen=True)
class Klassad:
    """A reader, and the class that they are of in any event: the actor, since when it has been here, the role, and the
    language. How they want pages to look in other ways is in their holes.

    `nummer`: of a page of a lägesbild, by what its event and itself have been changed, and which of its versions the
    reader has read (the latest, and the one before); None of other pages.
    """

    lasare: Lasare
    klass: tuple[Any, ...]
    nummer: tuple[Any, ...] | None = None

    def galler(self, anvandare_id: int, aktor_id: int, roll: Roll | None, sprak: Sprak) -> bool:
        """Whether it is as this reader that the class was read, and in this language."""
        samma = (self.lasare.anvandare_id, aktor_id) == (anvandare_id, self.lasare.aktor_id)
        return samma and roll in self.klass and sprak is self.lasare.utseende.sprak


@dataclass(frozen=True)
class Sant:
    """The newest dispatch of what a page shows that went to its reader, through an actor, and that they now open.

    `nummer`: which version it is of, None of a decision.
    """

    utskick_id: int
    nummer: int | None
    aktor_id: int


class Lasarmaskin:
    """Reads who asks, by the connections of the stamps."""

    def __init__(self, database: Database, maskin: Stampelmaskin) -> None:
        dialect = database.engine.dialect
        self._maskin = maskin
        self._lasaren, self._lasaren_av_bild = Sats(_lasaren(), database.engine), Sats(_av_bild(), database.engine)
        self._sant = {slag: Sats(_sant(villkor), database.engine) for slag, villkor in _VISAT.items()}
        self._tid = tid().type.dialect_impl(dialect).result_processor(dialect, None)

    def las(self, token_hash: str, handelse_id: int, bild: str | None, tider: dict[str, datetime]) -> Klassad | None:
        """The reader behind the login, None if it is none whose page can be shared, or the database does not answer.

        `bild`: whose lägesbild the page is of ('samlad' or an actor's slug). `tider`: `now`, and `snart`: until when a
        page may stand.
        """
        sats = self._lasaren if bild is None else self._lasaren_av_bild
        rader = self._maskin.fraga(sats, {"hash": token_hash, "handelse": handelse_id, "bild": bild}, tider)
        if not rader or len(rader) != 1:
            return None
        anvandare_id, namn, aktor_id, sedd_till, ansluten, roll, *resten = rader[0]
        utseende, nummer = Utseende.av(*resten[:5]), resten[5:]
        sedd = sedd_till if self._tid is None or sedd_till is None else self._tid(sedd_till)
        lasare = Lasare(anvandare_id, aktor_id, namn, sedd, utseende)
        return Klassad(lasare, (aktor_id, ansluten, roll, utseende.sprak), tuple(nummer) or None)

    def sant(self, visat: Visat, anvandare_id: int) -> tuple[bool, Sant | None]:
        """Whether the page may be shared with them as it is, and what they open by it.

        Not if they are to say that they have seen it, were told in the place of a function, or if that can't be known.
        """
        varden = {"vem": anvandare_id, "id": visat.id, "nummer": visat.nummer}
        rader = self._maskin.fraga(self._sant[visat.slag], varden, {})
        if rader is None:
            return False, None
        if not rader:
            return True, None
        utskick_id, nummer, svaras, aktor_id, for_funktion, last = rader[0]
        if svaras or for_funktion is not None:
            return False, None
        return True, None if last is not None else Sant(utskick_id, nummer, aktor_id)


def _utan(*villkor: ColumnElement[bool]) -> ColumnElement[bool]:
    return ~exists().where(*villkor)


_andra = aliased(Medlemskap)
_now, _snart, _HANDELSE = tid("now"), tid("snart"), bindparam("handelse", type_=Integer())
_SVARAR_INGEN = Roll.LASARE
"""Who has this role answers no question of a right, unless as an administrator."""


def _galler(modell: Any, nar: ColumnElement[datetime]) -> ColumnElement[bool]:
    return and_(modell.avstangd.is_(None), or_(modell.giltig_till.is_(None), modell.giltig_till > nar))


def _lasaren() -> Select[*tuple[Any, ...]]:
    mark = select(Lasmarke.sedd_till).where(Lasmarke.anvandare_id == Anvandare.id, Lasmarke.handelse_id == _HANDELSE)
    return (
        select(
            Anvandare.id,
            Anvandare.namn,
            Medlemskap.aktor_id,
            mark.scalar_subquery(),
            Aktor.ansluten,
            Medlemskap.roll,
            Anvandare.tema,
            Anvandare.kontrast,
            Anvandare.textstorlek,
            Anvandare.rorelse,
            Anvandare.sprak,
        )
        .select_from(Inloggning)
        .join(Anvandare, Anvandare.id == Inloggning.anvandare_id)
        .join(Medlemskap, Medlemskap.id == Inloggning.medlemskap_id)
        .join(Aktor, Aktor.id == Medlemskap.aktor_id)
        .where(
            Inloggning.token_hash == bindparam("hash"),
            or_(Inloggning.visa_till.is_(None), Inloggning.visa_till <= _now),
            Anvandare.slag == Anvandarslag.PERSON.value,
            Medlemskap.anvandare_id == Anvandare.id,
            Medlemskap.roll.is_not(None),
            ~Medlemskap.administrator,
            Medlemskap.gast_handelse_id.is_(None),
            _galler(Medlemskap, _snart),
            _utan(_andra.anvandare_id == Anvandare.id, _andra.id != Medlemskap.id, _galler(_andra, _now)),
            _utan(Handelseroll.medlemskap_id == Medlemskap.id),
            _utan(
                Tjanstgoring.medlemskap_id == Medlemskap.id, Tjanstgoring.avslutad.is_(None), Tjanstgoring.till > _now
            ),
            _utan(Funktionsbehorig.medlemskap_id == Medlemskap.id),
            _utan(Utkast.anvandare_id == Anvandare.id),
            _utan(
                Forslag.aktor_id == Medlemskap.aktor_id,
                or_(*(Forslag.status == status for status in MINNER)),
                Forslag.anvandare_id == Anvandare.id,
            ),
            or_(
                Medlemskap.roll == _SVARAR_INGEN.value,
                _utan(Rattsfraga.till_aktor_id == Medlemskap.aktor_id, Rattsfraga.besvarad.is_(None)),
            ),
        )
    )


def _av_bild() -> Select[*tuple[Any, ...]]:
    """SQL: the same, with which lägesbild it is, and the numbers that its page rests on."""
    agare, bild = aliased(Aktor), bindparam("bild", type_=String())
    dess_id = (
        select(Lagesbild.id)
        .outerjoin(agare, agare.id == Lagesbild.aktor_id)
        .where(Lagesbild.handelse_id == _HANDELSE, func.coalesce(agare.slug, SAMLAD) == bild)
        .scalar_subquery()
    )
    # What its reader has read of it stands on the page too.
    last = (
        select(falt)
        .where(Versionsmarke.anvandare_id == Anvandare.id, Versionsmarke.lagesbild_id == dess_id)
        .scalar_subquery()
        for falt in (Versionsmarke.nummer, Versionsmarke.forra)
    )
    return _lasaren().add_columns(dess_id, numret(Raknat.LAGESBILD, dess_id), numret(Raknat.RAM, _HANDELSE), *last)


_VISAT: dict[str, ColumnElement[bool]] = {
    "beslut": Utskick.beslut_id == bindparam("id"),
    "lagesbild": and_(Utskick.lagesbild_id == bindparam("id"), Utskick.lagesbild_nummer <= bindparam("nummer")),
}


def _sant(villkor: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """SQL for the one of notiser.kvittenser.senast_sant() that is nobody's but a person's own."""
    hos = Leverans.anvandare_id == bindparam("vem")
    last = and_(Kvittens.utskick_id == Utskick.id, Kvittens.anvandare_id == bindparam("vem"))
    return (
        select(
            Utskick.id,
            Utskick.lagesbild_nummer,
            Utskick.bradskande,
            Leverans.aktor_id,
            Leverans.for_funktion_id,
            Kvittens.last,
        )
        .select_from(Utskick)
        .join(Leverans, and_(Leverans.utskick_id == Utskick.id, hos, Leverans.aktor_id.is_not(None)))
        .outerjoin(Kvittens, last)
        .where(villkor, Utskick.angrad.is_(None))
        .order_by(Utskick.id.desc(), Leverans.for_funktion_id.is_(None))
        .limit(1)
    )
