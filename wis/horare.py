"""Who is at the other end of a socket, and what they may hear: judged when something is sent, on what then holds.

What a person may do is read anew only when its grounds have changed. The grounds of all who are connected are two
queries, however many they are.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from wis.andringar import Andring
from wis.andringar import Slag as Andringsslag
from wis.auth import queries
from wis.auth.krets import Krets, Tlp
from wis.auth.models import Anvandare, Funktion, Inloggning, Medlemskap, Tjanstgoring
from wis.auth.rules import Sak, Slag, Subjekt, Verb, can
from wis.handelser.models import Handelse

VISAS_SOM = (Inloggning.visa_aktor_id, Inloggning.visa_roll, Inloggning.visa_medlemskap_id, Inloggning.visa_till)


@dataclass(frozen=True)
class Grund:
    """What a judgement rests on: when nothing of this has changed, and no time has run out, it still holds.

    `tjanster` is what the person is on duty as, with the version of the function's rights.
    """

    behorighetsversion: int
    medlemskap_id: int | None
    visas_som: tuple[Any, ...]
    tjanster: frozenset[tuple[int, int]]


@dataclass(frozen=True)
class Uppkopplad:
    """Who is at the other end of a socket, and what that was judged on; it holds until `galler_till`, None = for good.

    `ratt` is what the person may read by, to compare.
    """

    token_hash: str
    inloggning_id: int
    subjekt: Subjekt
    grund: Grund
    ratt: tuple[Any, ...]
    galler_till: datetime | None

    def maste_provas(self, nu: Grund | None, now: datetime) -> bool:
        """Whether what was judged on has changed; `nu`: the grounds now, None for an ended login."""
        utgangen = self.galler_till is not None and self.galler_till <= now
        return utgangen or nu != self.grund

    def samma_ratt(self, annan: "Uppkopplad | None") -> bool:
        """Whether the other is the same person, who may read the same."""
        return annan is not None and annan.ratt == self.ratt

    def far_hora(self, sak: Sak, now: datetime) -> bool:
        """Whether the person may read it, or follow it if it is a dispatch, and so hear of it."""
        verb = Verb.SE_UTSKICK if sak.slag is Slag.UTSKICK else Verb.LASA
        return bool(can(self.subjekt, verb, sak, now))


def bedom(session: Session, hash_: str, now: datetime, vilotid: timedelta) -> Uppkopplad | None:
    """Who holds the login with this token hash and reads something; None if nobody, or half a login."""
    inloggning = queries.find_inloggning(session, hash_, now, vilotid)
    if inloggning is None:
        return None
    # The grounds first: a change between the two reads is then seen the next time.
    grund = grunder(session, {inloggning.id}, now, vilotid).get(inloggning.id)
    who = None if grund is None else queries.find_subjekt(session, inloggning, now)
    if grund is None or who is None or not can(who, Verb.LASA, Sak(Slag.AKTOR, who.aktor_id), now):
        return None
    limits = [*_tidsgranser(who), inloggning.visa_till]
    return Uppkopplad(
        token_hash=hash_,
        inloggning_id=inloggning.id,
        subjekt=who,
        grund=grund,
        ratt=_ratt(who, now),
        galler_till=min((limit for limit in limits if limit is not None and limit > now), default=None),
    )


def omprovade(
    session: Session, berorda: Mapping[str, Uppkopplad], now: datetime, vilotid: timedelta
) -> dict[str, Uppkopplad | None]:
    """Those of the connected whose grounds have changed, judged anew; None for one who may not be connected."""
    nu = grunder(session, {who.inloggning_id for who in berorda.values()}, now, vilotid)
    tveksamma = {sid: who for sid, who in berorda.items() if who.maste_provas(nu.get(who.inloggning_id), now)}
    # One person has several pages open: judged once.
    svar = {hash_: bedom(session, hash_, now, vilotid) for hash_ in {who.token_hash for who in tveksamma.values()}}
    return {sid: svar[who.token_hash] for sid, who in tveksamma.items()}


def _tidsgranser(who: Subjekt) -> list[datetime | None]:
    egna = [who.giltig_till, *(r.giltig_till for r in who.handelseroller), *(t.till for t in who.tjanster)]
    return egna if who.betraktare is None else egna + _tidsgranser(who.betraktare)


def _ratt(who: Subjekt, now: datetime) -> tuple[Any, ...]:
    roller = frozenset(
        (r.handelse_id, r.roll) for r in who.handelseroller if r.giltig_till is None or r.giltig_till > now
    )
    bakom = None if who.betraktare is None else _ratt(who.betraktare, now)
    return (who.anvandare_id, who.aktor_id, who.medlemskap_id, who.standardroll(now), who.gast_i, roller, bakom)


def grunder(session: Session, inloggningar: Collection[int], now: datetime, vilotid: timedelta) -> dict[int, Grund]:
    """The grounds for each of these logins that goes on: two queries."""
    rows = session.execute(
        select(
            Inloggning.id, Inloggning.anvandare_id, Anvandare.behorighetsversion, Inloggning.medlemskap_id, *VISAS_SOM
        )
        .join(Anvandare, Anvandare.id == Inloggning.anvandare_id)
        .where(
            Inloggning.id.in_(inloggningar),
            queries.pagar(now, vilotid),
            Inloggning.faktor.is_not(None),
            Anvandare.avstangd.is_(None),
        )
    ).all()
    tjanster = _tjanster(session, {row[1] for row in rows}, now)
    return {
        inloggning_id: Grund(version, medlemskap_id, tuple(visas_som), tjanster.get(anvandare_id, frozenset()))
        for inloggning_id, anvandare_id, version, medlemskap_id, *visas_som in rows
    }


def _tjanster(session: Session, personer: Collection[int], now: datetime) -> dict[int, frozenset[tuple[int, int]]]:
    """For each of these persons on duty: the turns, and the version of the rights of the function. One query."""
    som = aliased(Anvandare)
    rows = session.execute(
        select(Medlemskap.anvandare_id, Tjanstgoring.id, som.behorighetsversion)
        .join(Tjanstgoring, Tjanstgoring.medlemskap_id == Medlemskap.id)
        .join(Funktion, Funktion.id == Tjanstgoring.funktion_id)
        .join(som, som.id == Funktion.anvandare_id)
        .where(
            Medlemskap.anvandare_id.in_(personer),
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
    egen = Krets(andring.aktorer is None, dict.fromkeys(andring.aktorer or ()))
    handelse = None if andring.handelse_id is None else session.get(Handelse, andring.handelse_id)
    kretsar = (egen,) if handelse is None else (handelse.krets(), egen)
    if andring.slag is Andringsslag.UTSKICK:
        # Told to the one actor that sent it.
        avsandare = next(iter(andring.aktorer or ()), None)
        return Sak(Slag.UTSKICK, avsandare, kretsar, handelse_id=andring.handelse_id)
    return Sak(Slag.HANDELSE, None, kretsar, handelse_id=andring.handelse_id, tlp=Tlp(andring.tlp))


def har_forlorat(andring: Andring, who: Subjekt) -> bool:
    """Whether the person's actor could read until the change; of those who then can't, it took something away."""
    return andring.forlorat is None or who.aktor_id in andring.forlorat
