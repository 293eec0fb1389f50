"""The index of words in the two databases: FTS5 in SQLite, tsvector in PostgreSQL.

Words, stems and filters come ready from wis.sok.rules, so that both find the same. What is asked is made of such words
alone, each in quotes: nothing that is typed is ever syntax.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from wis.sok.rules import LUCKA, Slag, Villkor, i_ovning, stamtecken

_PLATSER = 255


@dataclass(frozen=True)
class Urval:
    """What is to be found: every condition, every filter, of these events (None: any), ids from and to."""

    villkor: tuple[Villkor, ...]
    fasetter: tuple[str, ...]
    handelser: Collection[str] | None
    lagst: int
    hogst: int


class Motor(ABC):
    """What a database does to keep and ask the index."""

    def kandidater(self, connection: Connection, urval: Urval, hogst: int, antal: int) -> Sequence[int]:
        """The ids of the newest posts of the choice that are no higher than `hogst`, at most `antal`, newest first.

        Whoever asks: what may be read among them is for wis.sok.queries.
        """
        varden = {"q": self._fraga(urval), "lagst": urval.lagst, "hogst": hogst, "antal": antal}
        return connection.execute(text(self._sok), varden).scalars().all()

    def finns(self, connection: Connection, id_: int, urval: Urval) -> bool:
        """Whether this one post is of the choice, its ids apart: a look at the post, however many others there are."""
        varden = {"q": self._fraga(urval), "id": id_}
        return connection.execute(text(self._i_posten), varden).scalar() is not None

    _sok: str
    _i_posten: str

    @abstractmethod
    def nasta_id(self, connection: Connection, forsta: int, sista: int) -> int:
        """An id in the span that no post has had."""

    @abstractmethod
    def skriv(self, connection: Connection, id_: int, tecken: list[str]) -> None:
        """Keep what the post is found by."""

    @abstractmethod
    def glom(self, connection: Connection, id_: int) -> None:
        """Forget the post, which is gone from sokpost."""

    @abstractmethod
    def tom(self, connection: Connection) -> None:
        """Forget every post."""

    @abstractmethod
    def _fraga(self, urval: Urval) -> str: ...


class Fts5(Motor):
    """SQLite. The index holds no text, and a post that is replaced stays in it, under an id that nothing has."""

    # What every post has one of.
    _ALLA = " OR ".join(f'"{i_ovning(ovning)}"' for ovning in (False, True))

    _sok = (
        "SELECT rowid FROM sok_ord WHERE sok_ord MATCH :q AND rowid BETWEEN :lagst AND :hogst"
        " ORDER BY rowid DESC LIMIT :antal"
    )
    _i_posten = "SELECT 1 FROM sok_ord WHERE sok_ord MATCH :q AND rowid = :id"

    def nasta_id(self, connection: Connection, forsta: int, sista: int) -> int:
        """One higher than the highest: SQLite has one writer at a time.

        Of the index, not of sokpost: a post that was replaced is in the index still, and what got its id would be found
        by its words.
        """
        varden = {"q": self._ALLA, "lagst": forsta, "hogst": sista, "antal": 1}
        hogst: int | None = connection.execute(text(self._sok), varden).scalar()
        return forsta if hogst is None else hogst + 1

    def skriv(self, connection: Connection, id_: int, tecken: list[str]) -> None:
        """One row of the index."""
        sats = text("INSERT INTO sok_ord (rowid, ord) VALUES (:id, :ord)")
        connection.execute(sats, {"id": id_, "ord": " ".join(tecken)})

    def glom(self, connection: Connection, id_: int) -> None:
        """Nothing: an index that holds no text can't look up what to take away, and the id is never used again."""

    def tom(self, connection: Connection) -> None:
        """All at once is what an index without text can do."""
        connection.execute(text("INSERT INTO sok_ord (sok_ord) VALUES ('delete-all')"))

    def _fraga(self, urval: Urval) -> str:
        # NOT takes two sides, and binds harder than AND: what is left out comes last.
        med = [*map(self._citerat, urval.fasetter), *(self._ett(v) for v in urval.villkor if not v.inte)]
        if urval.handelser is not None:
            med.insert(0, f"({' OR '.join(map(self._citerat, urval.handelser))})")
        utan = [f" NOT {self._ett(v)}" for v in urval.villkor if v.inte]
        return f"({' AND '.join(med)}){''.join(utan)}"

    def _ett(self, villkor: Villkor) -> str:
        if villkor.slag is Slag.ORD:
            return self._citerat(stamtecken(villkor.ord[0]))
        return self._citerat(" ".join(villkor.ord)) + (" *" if villkor.slag is Slag.BORJAN else "")

    @staticmethod
    def _citerat(ord_: str) -> str:
        return '"' + ord_.replace('"', '""') + '"'


class Tsvector(Motor):
    """PostgreSQL. Words have their places, for phrases; stems and filters need none.

    A tsvector keeps no more than 255 places of a word, so the later ones of a common word stand under names of their
    own: och, och#1, och#2. A word of a phrase is any of these.
    """

    # By the index of words whatever is asked, prepared or not. What is asked is a SELECT's, so that the plan can't
    # depend on it; the order stands outside a fence, or all posts would be read in the order of their ids.
    _sok = (
        "WITH funna AS MATERIALIZED (SELECT id FROM sok_ord WHERE ord @@ (SELECT CAST(:q AS tsquery)))"
        " SELECT id FROM funna WHERE id BETWEEN :lagst AND :hogst ORDER BY id DESC LIMIT :antal"
    )
    # By its key alone: the index of words would be read for every other post that has them.
    _i_posten = (
        "WITH posten AS MATERIALIZED (SELECT ord FROM sok_ord WHERE id = :id)"
        " SELECT 1 FROM posten WHERE ord @@ CAST(:q AS tsquery)"
    )

    def nasta_id(self, connection: Connection, forsta: int, sista: int) -> int:
        """The next of a count that every writer shares."""
        fraga = text("SELECT :forsta + nextval('sok_nummer') % (:sista - :forsta + 1)")
        return int(connection.execute(fraga, {"forsta": forsta, "sista": sista}).scalar_one())

    def skriv(self, connection: Connection, id_: int, tecken: list[str]) -> None:
        """One row of the index."""
        platser: dict[str, list[int]] = {}
        for plats, ett in enumerate(tecken, start=1):
            platser.setdefault(ett, []).append(plats)
        platser.pop(LUCKA, None)
        vektor = " ".join(del_ for ett, var in platser.items() for del_ in self._delar(ett, var))
        sats = text("INSERT INTO sok_ord (id, ord) VALUES (:id, CAST(:ord AS tsvector))")
        connection.execute(sats, {"id": id_, "ord": vektor})

    def glom(self, connection: Connection, id_: int) -> None:
        """Its row goes."""
        connection.execute(text("DELETE FROM sok_ord WHERE id = :id"), {"id": id_})

    def tom(self, connection: Connection) -> None:
        """Every row goes."""
        connection.execute(text("DELETE FROM sok_ord"))

    def _delar(self, ett: str, var: list[int]) -> Iterator[str]:
        if not ett[0].isalnum():
            yield self._citerat(ett)
            return
        for nummer, fran in enumerate(range(0, len(var), _PLATSER)):
            namn = f"{ett}{LUCKA}{nummer}" if nummer else ett
            yield f"{self._citerat(namn)}:{','.join(map(str, var[fran : fran + _PLATSER]))}"

    def _fraga(self, urval: Urval) -> str:
        alla = [*map(self._citerat, urval.fasetter), *map(self._ett, urval.villkor)]
        if urval.handelser is not None:
            alla.insert(0, f"({' | '.join(map(self._citerat, urval.handelser))})")
        return " & ".join(alla)

    def _ett(self, villkor: Villkor) -> str:
        inte = "!" if villkor.inte else ""
        if villkor.slag is Slag.ORD:
            return inte + self._citerat(stamtecken(villkor.ord[0]))
        if villkor.slag is Slag.BORJAN:
            return f"{inte}{self._citerat(villkor.ord[0])}:*"
        return f"{inte}({' <-> '.join(map(self._i_fras, villkor.ord))})"

    def _i_fras(self, ord_: str) -> str:
        return f"({self._citerat(ord_)} | {self._citerat(ord_ + LUCKA)}:*)"

    @staticmethod
    def _citerat(ord_: str) -> str:
        return "'" + ord_.replace("\\", "\\\\").replace("'", "''") + "'"


_FTS5, _TSVECTOR = Fts5(), Tsvector()


def motor_for(connection: Any) -> Motor:
    """The one of this database."""
    return _FTS5 if connection.dialect.name == "sqlite" else _TSVECTOR
