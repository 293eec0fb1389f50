"""Who is at the other end of a socket, and what they may hear: judged when something is sent, on what then holds.

What a person may do is read anew only when its grounds have changed. The grounds of all who are connected are two
queries, however many they are.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, ColumnElement, any_, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, contains_eager, joinedload, selectinload

from wis.andringar import Andring, Raknat, numret
from wis.andringar import Slag as Andringsslag
from wis.auth import queries
from wis.auth.krets import Krets, Tlp
from wis.auth.models import Anvandare, Funktion, Inloggning, Medlemskap, Tjanstgoring
from wis.auth.rules import Sak, Slag, Subjekt, Verb, can
from wis.handelser.delat import ratt
from wis.handelser.models import Handelse
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.lagesbild.plats import sak_av as sak_av_lagesbild
from wis.underrattelser.lasratt import sak_for as sak_av_underrattelse
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion


class Grund(NamedTuple):
    """What a judgement rests on: when nothing of this has changed, and no time has run out, it still holds.

    `tjanster` is what the person is on duty as, with the version of the function's rights. A plain tuple, since
    thousands are compared twice a second.
    """

    behorighetsversion: int
    medlemskap_id: int | None
    visa_aktor_id: int | None
    visa_roll: str | None
    visa_medlemskap_id: int | None
    visa_till: datetime | None
    tjanster: frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Uppkopplad:
    """Who is at the other end of a socket, and what that was judged on; it holds until `galler_till`, None = for good.

    `ratt` is what the person may read by, to compare; `grupp` the same for all of whom can() says the same of whatever
    is told.
    """

    token_hash: str
    inloggning_id: int
    subjekt: Subjekt
    grund: Grund
    ratt: tuple[Any, ...]
    grupp: tuple[Any, ...]
    galler_till: datetime | None

    def maste_provas(self, nu: Grund | None, now: datetime) -> bool:
        """Whether what was judged on has changed; `nu`: the grounds now, None for an ended login."""
        utgangen = self.galler_till is not None and self.galler_till <= now
        return utgangen or nu != self.grund

    def samma_ratt(self, annan: "Uppkopplad | None") -> bool:
        """Whether the other is the same person, who may read the same."""
        return annan is not None and annan.ratt == self.ratt

    def far_hora(self, sak: Sak, now: datetime, *, skriva: bool = False) -> bool:
        """Whether the person may read it (`skriva`: write it), or follow it if it is a dispatch, and so hear of it."""
        verb = Verb.SKRIVA if skriva else Verb.SE_UTSKICK if sak.slag is Slag.UTSKICK else Verb.LASA
        return bool(can(self.subjekt, verb, sak, now))


def bedom_flera(session: Session, hashar: Collection[str], now: datetime, vilotid: timedelta) -> dict[str, Uppkopplad]:
    """Who holds the logins with these token hashes and reads something; without half a login, and one that is none."""
    logins = (
        session.connection()
        .execute(
            select(Inloggning.id, Inloggning.token_hash, Inloggning.anvandare_id, Inloggning.medlemskap_id).where(
                en_av(session, Inloggning.token_hash, hashar)
            )
        )
        .all()
    )
    # The grounds before the rights: a change between the two reads is then seen the next time.
    nu = grunder(session, {row[0] for row in logins}, now, vilotid)
    medlemskap = _medlemskap(session, {row[3] for row in logins if row[0] in nu and row[3] is not None}, now)
    found = {}
    for inloggning_id, hash_, anvandare_id, medlemskap_id in logins:
        grund, valt = nu.get(inloggning_id), medlemskap.get(medlemskap_id or 0)
        if grund is not None and (valt is None or valt.anvandare_id == anvandare_id):
            who = _subjekt(session, inloggning_id, valt, grund, now)
            if who is not None and can(who, Verb.LASA, Sak(Slag.AKTOR, who.aktor_id), now):
                found[hash_] = _uppkopplad(hash_, inloggning_id, who, grund, now)
    return found


def _medlemskap(session: Session, valda: Collection[int], now: datetime) -> dict[int, Medlemskap]:
    """Those of these memberships that are in force, with all that a right is judged on."""
    rows = session.scalars(
        select(Medlemskap)
        .join(Medlemskap.anvandare)
        .options(
            contains_eager(Medlemskap.anvandare),
            joinedload(Medlemskap.aktor),
            selectinload(Medlemskap.handelseroller),
        )
        .where(en_av(session, Medlemskap.id, valda), queries.galler(now))
    )
    return {medlemskap.id: medlemskap for medlemskap in rows}


def _subjekt(
    session: Session, inloggning_id: int, medlemskap: Medlemskap | None, grund: Grund, now: datetime
) -> Subjekt | None:
    if medlemskap is not None and medlemskap.id == grund.medlemskap_id and not grund.tjanster:
        return queries.subjekt_av(medlemskap, inloggning_id, now, tjanster=())
    # The few who are on duty, who have not chosen, or who chose another in this very moment.
    return queries.find_subjekt(session, session.get_one(Inloggning, inloggning_id), now)


def _uppkopplad(hash_: str, inloggning_id: int, who: Subjekt, grund: Grund, now: datetime) -> Uppkopplad:
    limits = [*_tidsgranser(who), grund.visa_till]
    return Uppkopplad(
        token_hash=hash_,
        inloggning_id=inloggning_id,
        subjekt=who,
        grund=grund,
        ratt=_ratt(who, now),
        grupp=_grupp(who),
        galler_till=min((limit for limit in limits if limit is not None and limit > now), default=None),
    )


def omprovade(
    session: Session, berorda: Mapping[str, Uppkopplad], now: datetime, vilotid: timedelta
) -> dict[str, Uppkopplad | None]:
    """Those of the connected whose grounds have changed, judged anew; None for one who may not be connected."""
    nu = grunder(session, {who.inloggning_id for who in berorda.values()}, now, vilotid)
    tveksamma = {sid: who for sid, who in berorda.items() if who.maste_provas(nu.get(who.inloggning_id), now)}
    if not tveksamma:
        return {}
    # One person has several pages open: judged once.
    svar = bedom_flera(session, {who.token_hash for who in tveksamma.values()}, now, vilotid)
    return {sid: svar.get(who.token_hash) for sid, who in tveksamma.items()}


def _tidsgranser(who: Subjekt) -> list[datetime | None]:
    egna = [who.giltig_till, *(r.giltig_till for r in who.handelseroller), *(t.till for t in who.tjanster)]
    return egna if who.betraktare is None else egna + _tidsgranser(who.betraktare)


def _ratt(who: Subjekt, now: datetime) -> tuple[Any, ...]:
    roller = frozenset(
        (r.handelse_id, r.roll) for r in who.handelseroller if r.giltig_till is None or r.giltig_till > now
    )
    bakom = None if who.betraktare is None else _ratt(who.betraktare, now)
    return (who.anvandare_id, who.aktor_id, who.medlemskap_id, who.standardroll(now), who.gast_i, roller, bakom)


def _grupp(who: Subjekt) -> tuple[Any, ...]:
    """All of a subject that decides what it may read: not who the person is."""
    bakom = None if who.betraktare is None else _grupp(who.betraktare)
    return (
        who.aktor_id,
        who.ansluten,
        who.roll,
        who.administrator,
        who.giltig_till,
        who.gast_i,
        who.handelseroller,
        who.tjanster,
        bakom,
    )


def en_av(session: Session, kolumn: InstrumentedAttribute[Any], varden: Collection[Any]) -> ColumnElement[bool]:
    """SQL: the column has one of these values. One parameter however many they are, of which a database takes few."""
    lista = sorted(varden)
    if session.get_bind().dialect.name == "sqlite":
        return kolumn.in_(select(func.json_each(json.dumps(lista)).table_valued("value").c.value))
    return kolumn == any_(literal(lista, ARRAY(kolumn.type)))


def grunder(session: Session, inloggningar: Collection[int], now: datetime, vilotid: timedelta) -> dict[int, Grund]:
    """The grounds for each of these logins that goes on: two queries."""
    rows = (
        session.connection()
        .execute(
            select(
                Inloggning.id,
                Inloggning.anvandare_id,
                Anvandare.behorighetsversion,
                Inloggning.medlemskap_id,
                Inloggning.visa_aktor_id,
                Inloggning.visa_roll,
                Inloggning.visa_medlemskap_id,
                Inloggning.visa_till,
            )
            .join(Anvandare, Anvandare.id == Inloggning.anvandare_id)
            .where(
                en_av(session, Inloggning.id, inloggningar),
                queries.pagar(now, vilotid),
                Inloggning.faktor.is_not(None),
                Anvandare.avstangd.is_(None),
            )
        )
        .all()
    )
    tjanster = _tjanster(session, {row[1] for row in rows}, now)
    inga: frozenset[tuple[int, int]] = frozenset()
    return {row[0]: Grund(*row[2:], tjanster.get(row[1], inga)) for row in rows}


def _tjanster(session: Session, personer: Collection[int], now: datetime) -> dict[int, frozenset[tuple[int, int]]]:
    """For each of these persons on duty: the turns, and the version of the rights of the function. One query."""
    som = aliased(Anvandare)
    rows = session.connection().execute(
        select(Medlemskap.anvandare_id, Tjanstgoring.id, som.behorighetsversion)
        .join(Tjanstgoring, Tjanstgoring.medlemskap_id == Medlemskap.id)
        .join(Funktion, Funktion.id == Tjanstgoring.funktion_id)
        .join(som, som.id == Funktion.anvandare_id)
        .where(
            en_av(session, Medlemskap.anvandare_id, personer),
            Tjanstgoring.avslutad.is_(None),
            Tjanstgoring.till > now,
            Funktion.nedlagd.is_(None),
        )
    )
    found: dict[int, frozenset[tuple[int, int]]] = {}
    for anvandare_id, tjanst_id, version in rows:
        found[anvandare_id] = found.get(anvandare_id, frozenset()) | {(tjanst_id, version)}
    return found


def sak_av(session: Session, andring: Andring) -> Sak:
    """What a change tells of, as rights are judged on it: who may read it, and who reads its event now."""
    if andring.slag is Andringsslag.NARVARO:
        return _sak_att_skriva(session, andring.id)
    egen = Krets(andring.aktorer is None, dict.fromkeys(andring.aktorer or ()))
    handelse = None if andring.handelse_id is None else session.get(Handelse, andring.handelse_id)
    kretsar = (egen,) if handelse is None else (handelse.krets(), egen)
    if andring.slag is Andringsslag.UTSKICK:
        # Told to the one actor that sent it.
        avsandare = next(iter(andring.aktorer or ()), None)
        return Sak(Slag.UTSKICK, avsandare, kretsar, handelse_id=andring.handelse_id)
    return Sak(Slag.HANDELSE, None, kretsar, handelse_id=andring.handelse_id, tlp=Tlp(andring.tlp))


def _sak_att_skriva(session: Session, lagesbild_id: int) -> Sak:
    """What the right to write the lägesbild is judged on; of the samlade that takes the right to read the latest."""
    bild = session.get_one(Lagesbild, lagesbild_id)
    samlad = bild.aktor_id is None and bild.senaste > 0
    return sak_av_lagesbild(bild, session.get_one(LagesbildVersion, (bild.id, bild.senaste)) if samlad else None)


def versionens_sak(session: Session, andring: Andring) -> Sak | None:
    """What the right to read the very version that a change tells of is judged on; None if it tells of none.

    Narrower than sak_av(): who has come to read something from now on hears of it, and may not read what was before.
    """
    if andring.slag is Andringsslag.LAGESBILD:
        bild, utgava = session.get(Lagesbild, andring.id), session.get(LagesbildVersion, (andring.id, andring.version))
        return None if bild is None or utgava is None else sak_av_lagesbild(bild, utgava)
    if andring.slag is Andringsslag.UNDERRATTELSE:
        rad = session.get(Underrattelse, andring.id)
        version = session.get(UnderrattelseVersion, (andring.id, andring.version))
        return None if rad is None or version is None else sak_av_underrattelse(rad, version)
    return None


def handelser_med_nummer(session: Session, ids: Collection[int]) -> dict[int, tuple[Sak, int]]:
    """Those of these events that there are: what the right to hear of each is judged on, and its number. One query."""
    rows = session.execute(
        select(Handelse, numret(Raknat.HANDELSE, Handelse.id))
        .options(joinedload(Handelse.lasare))
        .where(en_av(session, Handelse.id, ids))
    ).unique()
    return {
        handelse.id: (sak_av(session, Andring(Andringsslag.HANDELSE, 0, 0, handelse.id, None)), nummer)
        for handelse, nummer in rows
    }


def rattsmarke(who: Subjekt, handelse_id: int, now: datetime) -> str:
    """A mark that is the same for readers who read the same of an event with the same number.

    '' for one who sees it as another would: that is compared with nothing.
    """
    if who.betraktare is not None:
        return ""
    return blake2b(repr(ratt(who, handelse_id, now)).encode(), digest_size=6).hexdigest()


def har_forlorat(andring: Andring, who: Subjekt) -> bool:
    """Whether the person's actor could read until the change; of those who then can't, it took something away."""
    return andring.forlorat is None or who.aktor_id in andring.forlorat
