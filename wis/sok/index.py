"""Keeping the index true: what is written is in it when the transaction is committed, whoever writes it.

Not for services to remember: every session is listened to. What is written in bulk, past the models, is looked for when
the transaction is committed; what is written past SQLAlchemy is there after bygg().
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, event, insert, inspect, literal, null, select, tuple_, union_all
from sqlalchemy.orm import ORMExecuteState, Session

from wis import clock, markup
from wis.aktorer.models import Aktor
from wis.anteckningar.models import Anteckning
from wis.auth.krets import Tlp
from wis.handelser.models import Handelse, Handelsebeslut
from wis.lage.service import beslutsrubrik
from wis.lagesbild.kallmarke import utan
from wis.lagesbild.mall import SAMMANFATTNING
from wis.lagesbild.models import Lagesbild, LagesbildSektion, LagesbildVersion
from wis.sok.models import Sokpost
from wis.sok.motor import motor_for
from wis.sok.rules import Fasetter, Sort, forsta_id, normal, sista_id, tecken
from wis.taggar import taggar_i
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion

_V, _U, _UV, _B, _A = LagesbildVersion, Underrattelse, UnderrattelseVersion, Handelsebeslut, Anteckning
_BUNT = 100
_LETA = "wis.sok.leta"

Nyckel = tuple[Sort, int, int]
"""Kind, id and version; a lägesbild is EGEN here, also the samlade."""


@dataclass(frozen=True)
class Kalla:
    """A thing as the index wants it; `ovning` of its event. The text is plain."""

    sort: Sort
    objekt_id: int
    nummer: int
    handelse_id: int
    ovning: bool
    aktor_id: int
    agare_id: int | None
    publicerad: datetime
    tlp: str
    rubrik: str
    text: str
    taggar: tuple[str, ...] = ()


def indexera(connection: Connection, nycklar: Sequence[Nyckel]) -> int:
    """Put these things into the index, in this order, in place of what it had of them; how many there were."""
    antal = 0
    for fran in range(0, len(nycklar), _BUNT):
        bunt = nycklar[fran : fran + _BUNT]
        kallor = {_nyckel(kalla): kalla for kalla in _kallor(connection, bunt)}
        for kalla in (kallor[nyckel] for nyckel in bunt if nyckel in kallor):
            _skriv(connection, kalla)
            antal += 1
    return antal


def bygg(connection: Connection, utan: Collection[Sort] = ()) -> int:
    """Put what is not in the index into it, the oldest first; how many things that was. What is in it stays.

    `utan`: kinds that are left out, for a migration from before they had a table.
    """
    rader = connection.execute(_saknade(utan)).all()
    return indexera(connection, [(Sort(slag), objekt_id, nummer) for slag, objekt_id, nummer, _ in rader])


def bygg_om(connection: Connection) -> int:
    """Empty the index and fill it anew: for a migration after the rules for words have changed; how many there were."""
    motor_for(connection).tom(connection)
    connection.execute(delete(Sokpost))
    return bygg(connection)


def _nyckel(kalla: Kalla) -> Nyckel:
    return (Sort.EGEN if kalla.sort is Sort.SAMLAD else kalla.sort, kalla.objekt_id, kalla.nummer)


def _skriv(connection: Connection, kalla: Kalla) -> None:
    motor = motor_for(connection)
    id_ = motor.nasta_id(connection, forsta_id(kalla.publicerad), sista_id(kalla.publicerad))
    _ersatt(connection, kalla)
    connection.execute(
        insert(Sokpost).values(
            id=id_,
            slag=kalla.sort.value,
            objekt_id=kalla.objekt_id,
            nummer=kalla.nummer,
            handelse_id=kalla.handelse_id,
            aktor_id=kalla.aktor_id,
            agare_id=kalla.agare_id,
            publicerad=kalla.publicerad,
            tlp=kalla.tlp,
            rubrik=kalla.rubrik,
            text=kalla.text,
        )
    )
    fasetter = Fasetter(kalla.sort, kalla.handelse_id, kalla.aktor_id, kalla.ovning, kalla.taggar)
    motor.skriv(connection, id_, tecken(kalla.rubrik, kalla.text, fasetter))


def _ersatt(connection: Connection, kalla: Kalla) -> None:
    """Only an event is ever described anew, and a version in the transaction that makes it."""
    var = (Sokpost.slag == kalla.sort.value, Sokpost.objekt_id == kalla.objekt_id, Sokpost.nummer == kalla.nummer)
    gammal = connection.execute(select(Sokpost.id).where(*var)).scalar()
    if gammal is not None:
        connection.execute(delete(Sokpost).where(Sokpost.id == gammal))
        motor_for(connection).glom(connection, gammal)


# --- what there is ---------------------------------------------------------------------------------------------------


def _saknade(utan: Collection[Sort]) -> Any:
    """SQL: the keys of what is not in the index, the oldest first."""
    grenar = [
        # What is a lägesbild's is of either kind; the two share their ids.
        _utan_post((Sort.EGEN, Sort.SAMLAD), _V.lagesbild_id, _V.nummer, _V.publicerad),
        _utan_post((Sort.UNDERRATTELSE,), _UV.underrattelse_id, _UV.nummer, _UV.publicerad),
        _utan_post((Sort.BESLUT,), _B.id, literal(0), _B.tid),
        *([] if Sort.ANTECKNING in utan else [_utan_post((Sort.ANTECKNING,), _A.id, literal(0), _A.skriven)]),
        _utan_post((Sort.HANDELSE,), Handelse.id, literal(0), Handelse.skapad),
    ]
    alla = union_all(*grenar).subquery()
    return select(alla).order_by(alla.c.tid, alla.c.slag, alla.c.objekt_id, alla.c.nummer)


def _utan_post(sorter: tuple[Sort, ...], objekt_id: Any, nummer: Any, tid: Any) -> Select[Any]:
    samma = (Sokpost.slag.in_(sorter), Sokpost.objekt_id == objekt_id, Sokpost.nummer == nummer)
    finns = select(Sokpost.id).where(*samma).correlate_except(Sokpost).exists()
    slag = literal(sorter[0].value).label("slag")
    return select(slag, objekt_id.label("objekt_id"), nummer.label("nummer"), tid.label("tid")).where(~finns)


def _kallor(connection: Connection, nycklar: Sequence[Nyckel]) -> Iterator[Kalla]:
    for sort, las in _LASARE.items():
        dessa = [(objekt_id, nummer) for ett, objekt_id, nummer in nycklar if ett is sort]
        if dessa:
            yield from las(connection, dessa)


def _lagesbilder(connection: Connection, nycklar: list[tuple[int, int]]) -> Iterator[Kalla]:
    sektion = LagesbildSektion
    texter: dict[tuple[int, int], list[str]] = {}
    for lagesbild_id, nummer, kalla in connection.execute(
        select(sektion.lagesbild_id, sektion.nummer, sektion.kalla)
        .where(tuple_(sektion.lagesbild_id, sektion.nummer).in_(nycklar), sektion.nyckel != SAMMANFATTNING)
        .order_by(sektion.ordning)
    ):
        texter.setdefault((lagesbild_id, nummer), []).append(markup.text_av(utan(kalla)))
    for rad in connection.execute(
        select(
            _V.lagesbild_id,
            _V.nummer,
            Lagesbild.handelse_id,
            Handelse.ovning,
            _V.aktor_id,
            Lagesbild.aktor_id.label("agare_id"),
            _V.publicerad,
            _V.tlp,
            Aktor.kortnamn,
            _V.sammanfattning,
            _V.andringsnotering,
        )
        .join(Lagesbild, Lagesbild.id == _V.lagesbild_id)
        .join(Handelse, Handelse.id == Lagesbild.handelse_id)
        .join(Aktor, Aktor.id == _V.aktor_id)
        .where(tuple_(_V.lagesbild_id, _V.nummer).in_(nycklar))
    ):
        samlad = rad.agare_id is None
        delar = [rad.sammanfattning, *texter.get((rad.lagesbild_id, rad.nummer), []), rad.andringsnotering]
        rubrik = "Samlad lägesbild" if samlad else f"Lägesbild {rad.kortnamn}"
        sort, taggar = Sort.SAMLAD if samlad else Sort.EGEN, tuple(taggar_i(rad.andringsnotering))
        yield Kalla(sort, *rad[:8], normal(rubrik), _lopande(delar), taggar)


def _underrattelser(connection: Connection, nycklar: list[tuple[int, int]]) -> Iterator[Kalla]:
    for rad in connection.execute(
        select(
            _UV.underrattelse_id,
            _UV.nummer,
            _U.handelse_id,
            Handelse.ovning,
            _U.aktor_id,
            _U.aktor_id.label("agare_id"),
            _UV.publicerad,
            _UV.tlp,
            _UV.rubrik,
            _UV.text,
        )
        .join(_U, _U.id == _UV.underrattelse_id)
        .join(Handelse, Handelse.id == _U.handelse_id)
        .where(tuple_(_UV.underrattelse_id, _UV.nummer).in_(nycklar))
    ):
        text = _lopande([markup.text_av(rad.text)])
        yield Kalla(Sort.UNDERRATTELSE, *rad[:8], normal(rad.rubrik), text, tuple(taggar_i(rad.text)))


def _beslut(connection: Connection, nycklar: list[tuple[int, int]]) -> Iterator[Kalla]:
    agare, tlp = null().label("agare_id"), literal(Tlp.CLEAR.value).label("tlp")
    kolumner = (_B.id, literal(0), _B.handelse_id, Handelse.ovning, _B.aktor_id, agare, _B.tid, tlp)
    for rad in connection.execute(
        select(*kolumner, _B.slag, _B.lage, _B.motivering)
        .join(Handelse, Handelse.id == _B.handelse_id)
        .where(_B.id.in_([id_ for id_, _ in nycklar]))
    ):
        rubrik = beslutsrubrik(rad.slag, rad.lage)
        yield Kalla(Sort.BESLUT, *rad[:8], normal(rubrik), _lopande([rad.motivering]))


def _anteckningar(connection: Connection, nycklar: list[tuple[int, int]]) -> Iterator[Kalla]:
    # Read by who reads the event from when it was written on, whatever time it is of.
    agare, tlp = null().label("agare_id"), literal(Tlp.CLEAR.value).label("tlp")
    kolumner = (_A.id, literal(0), _A.handelse_id, Handelse.ovning, _A.aktor_id, agare, _A.skriven, tlp)
    for rad in connection.execute(
        select(*kolumner, _A.text)
        .join(Handelse, Handelse.id == _A.handelse_id)
        .where(_A.id.in_([id_ for id_, _ in nycklar]))
    ):
        text = _lopande([rad.text])
        yield Kalla(Sort.ANTECKNING, *rad[:8], "Anteckning", text, tuple(taggar_i(rad.text)))


def _handelser(connection: Connection, nycklar: list[tuple[int, int]]) -> Iterator[Kalla]:
    # As it is described now: of when it was opened, or from where it has been before, of now.
    ater = {
        id_
        for (id_,) in connection.execute(
            select(Sokpost.objekt_id).where(
                Sokpost.slag == Sort.HANDELSE.value, Sokpost.objekt_id.in_([id_ for id_, _ in nycklar])
            )
        )
    }
    h = Handelse
    kolumner = (h.id, h.ovning, h.agare_id, h.skapad, h.rubrik, h.beskrivning)
    for rad in connection.execute(select(*kolumner).where(h.id.in_([id_ for id_, _ in nycklar]))):
        tid = clock.now() if rad.id in ater else rad.skapad
        varden = (rad.id, 0, rad.id, rad.ovning, rad.agare_id, rad.agare_id, tid, Tlp.CLEAR.value)
        yield Kalla(Sort.HANDELSE, *varden, normal(rad.rubrik), _lopande([markup.text_av(rad.beskrivning)]))


_LASARE = {
    Sort.EGEN: _lagesbilder,
    Sort.UNDERRATTELSE: _underrattelser,
    Sort.BESLUT: _beslut,
    Sort.ANTECKNING: _anteckningar,
    Sort.HANDELSE: _handelser,
}


def _lopande(delar: Sequence[str]) -> str:
    return normal("\n".join(ett for ett in delar if ett.strip()))


# --- whoever writes --------------------------------------------------------------------------------------------------


def _nyckel_av(rad: object) -> Nyckel | None:
    if isinstance(rad, LagesbildVersion | LagesbildSektion):
        return (Sort.EGEN, rad.lagesbild_id, rad.nummer)
    if isinstance(rad, UnderrattelseVersion):
        return (Sort.UNDERRATTELSE, rad.underrattelse_id, rad.nummer)
    if isinstance(rad, Handelsebeslut):
        return (Sort.BESLUT, rad.id, 0)
    if isinstance(rad, Anteckning):
        return (Sort.ANTECKNING, rad.id, 0)
    return (Sort.HANDELSE, rad.id, 0) if isinstance(rad, Handelse) else None


def _omskriven(rad: object) -> bool:
    if not isinstance(rad, Handelse):
        return False
    attrs = inspect(rad).attrs
    return any(attrs[namn].history.has_changes() for namn in ("rubrik", "beskrivning"))


def _efter_flush(session: Session, _context: object) -> None:
    """What was just written goes into the index at once: not last, when locks are held that others wait for."""
    skrivna = [*session.new, *(rad for rad in session.dirty if _omskriven(rad))]
    nycklar = dict.fromkeys(nyckel for nyckel in map(_nyckel_av, skrivna) if nyckel is not None)
    if nycklar:
        indexera(session.connection(), list(nycklar))


def _vid_sats(sats: ORMExecuteState) -> None:
    """Rows that a statement writes, many at a time, are no objects of the session."""
    if sats.is_insert and getattr(getattr(sats.statement, "table", None), "name", "") in _TABELLER:
        sats.session.info[_LETA] = True


def _fore_commit(session: Session) -> None:
    if session.info.pop(_LETA, False):
        session.flush()
        bygg(session.connection())


_TABELLER = {modell.__tablename__ for modell in (_V, LagesbildSektion, _UV, _B, _A, Handelse)}
event.listen(Session, "after_flush", _efter_flush)
event.listen(Session, "do_orm_execute", _vid_sats)
event.listen(Session, "before_commit", _fore_commit)
