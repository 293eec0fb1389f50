"""Which watches a dispatch hits: each distinct search is put once, to the one post in the index."""

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from wis.aktorer.models import Aktor
from wis.bevakning.models import Bevakning, Bevakningsslag, Bevakningstraff
from wis.handelser.models import Handelse
from wis.lagesbild.mall import Avsnittsslag
from wis.lagesbild.mallar import hel_mall
from wis.lagesbild.models import LagesbildVersion
from wis.lagesbild.platser import platser, vidrorda
from wis.lagesbild.rader import dela
from wis.notiser import bevakare
from wis.notiser.models import Utskick, Utskicksslag
from wis.sok.models import Sokpost
from wis.sok.motor import Urval, motor_for
from wis.sok.rules import Slag, Sort, Villkor, normal, ord_i, tolka

Villkoren = tuple[Villkor, ...]
_log = logging.getLogger(__name__)
_BUNT = 500
_SORTER = {
    Utskicksslag.LAGESBILD: (Sort.EGEN, Sort.SAMLAD),
    Utskicksslag.UNDERRATTELSE: (Sort.UNDERRATTELSE,),
}


def notera(session: Session, utskick: Utskick) -> int:
    """Write down the watches that the dispatch hits, whoever may read it; how many distinct things were watched."""
    post = _post(session, utskick)
    if post is None:
        return 0
    bevakade = _bevakade(session, post)
    sokningar = {rad.nyckel: tolka(rad.ord) for rad in bevakade if rad.slag == Bevakningsslag.SOKNING}
    # A search without words is of everything, and is no choice.
    traffade = _i_posten(session, post.id, {nyckel: (ett.villkor,) for nyckel, ett in sokningar.items() if ett})
    omraden = {rad.nyckel: set(rad.kommuner.split(",")) for rad in bevakade if rad.slag == Bevakningsslag.OMRADE}
    if omraden:
        berors = berorda_kommuner(session, post, set().union(*omraden.values()))
        traffade |= {nyckel for nyckel, kommuner in omraden.items() if kommuner & berors}
    _skriv(session, utskick.id, sorted(traffade))
    return len(bevakade)


def _post(session: Session, utskick: Utskick) -> Sokpost | None:
    """What the index has of the version that is told of."""
    sorter = _SORTER.get(Utskicksslag(utskick.slag), ())
    objekt_id = utskick.lagesbild_id or utskick.underrattelse_id
    nummer = utskick.lagesbild_nummer or utskick.underrattelse_nummer
    villkor = (Sokpost.slag.in_(sorter), Sokpost.objekt_id == objekt_id, Sokpost.nummer == nummer)
    return session.scalar(select(Sokpost).where(*villkor)) if sorter else None


def _bevakade(session: Session, post: Sokpost) -> list[Any]:
    """The distinct things that are watched and may be hit by the post, by its filters."""
    b = Bevakning
    ovning = select(Handelse.ovning).where(Handelse.id == post.handelse_id).scalar_subquery()
    return list(
        session.execute(
            select(b.nyckel, b.slag, b.ord, b.kommuner)
            .distinct()
            .where(
                b.ovning == ovning,
                or_(b.handelse_id.is_(None), b.handelse_id == post.handelse_id),
                or_(b.av_aktor_id.is_(None), b.av_aktor_id == post.aktor_id),
                or_(b.sort.is_(None), b.sort == post.slag),
            )
        )
    )


def _i_posten(session: Session, post_id: int, fragor: Mapping[str, Sequence[Villkoren]]) -> set[str]:
    """The names of those of the questions that the post meets, in one of their ways.

    One that the database does not take must not stop the others, or the dispatch: then each is put by itself.
    """
    try:
        return _provade(session, post_id, fragor)
    except DBAPIError as fel:
        if fel.connection_invalidated:
            raise
        if len(fragor) > 1:
            return set().union(*(_i_posten(session, post_id, {namn: satt}) for namn, satt in fragor.items()))
        _log.exception("a watched search could not be put")
        return set()


def _provade(session: Session, post_id: int, fragor: Mapping[str, Sequence[Villkoren]]) -> set[str]:
    with session.begin_nested():
        # Of the savepoint, which is made when the connection is asked for.
        connection = session.connection()
        finns = motor_for(connection).finns
        # What they are filtered by has been looked at.
        return {
            namn
            for namn, satt in fragor.items()
            if any(finns(connection, post_id, Urval(ett, (), None, post_id, post_id)) for ett in satt)
        }


def _skriv(session: Session, utskick_id: int, nycklar: list[str]) -> None:
    t = Bevakningstraff
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for fran in range(0, len(nycklar), _BUNT):
        # Held until they are written: one that is taken away meanwhile is not there to be hit.
        ids = session.scalars(
            select(Bevakning.id)
            .where(Bevakning.nyckel.in_(nycklar[fran : fran + _BUNT]))
            .order_by(Bevakning.id)
            .with_for_update(read=True, key_share=True)
        ).all()
        if ids:
            rader = [{"utskick_id": utskick_id, "bevakning_id": id_} for id_ in ids]
            session.connection().execute(insert(t).on_conflict_do_nothing(), rader)


# --- areas -----------------------------------------------------------------------------------------------------------


def berorda_kommuner(session: Session, post: Sokpost, bland: Collection[str]) -> set[str]:
    """Those of these kommuner (slugs) that the post concerns: it is the kommun's own, names it or has a place there."""
    aktorer = session.execute(select(Aktor.id, Aktor.slug, Aktor.kortnamn).where(Aktor.slug.in_(list(bland)))).all()
    egna = {rad.slug for rad in aktorer if rad.id == post.aktor_id}
    namnda = _i_posten(session, post.id, {rad.slug: namnet(rad.kortnamn) for rad in aktorer})
    return egna | namnda | (_pa_kartan(session, post) & set(bland))


def _pa_kartan(session: Session, post: Sokpost) -> frozenset[str]:
    """The kommuner that the places of a version of a lägesbild are, or touch."""
    if post.slag == Sort.UNDERRATTELSE:
        return frozenset()
    version = session.get_one(LagesbildVersion, (post.objekt_id, post.nummer))
    mall = hel_mall(version, [sektion.nyckel for sektion in version.sektioner])
    med_platser = {avsnitt.nyckel for avsnitt in mall.avsnitt if avsnitt.slag is Avsnittsslag.PLATSER}
    texter = [sektion.kalla for sektion in version.sektioner if sektion.nyckel in med_platser]
    return vidrorda(platser(rad for text in texter for rad in dela(text, Avsnittsslag.PLATSER)[0]))


def namnet(namn: str) -> list[Villkoren]:
    """How a kommun is named in a text, each way a search of its own: 'Nacka', 'Nackas'."""
    orden = ord_i(normal(namn))
    return [(Villkor(Slag.FRAS, orden),), (Villkor(Slag.FRAS, (*orden[:-1], orden[-1] + "s")),)] if orden else []


bevakare.anlita(notera)
