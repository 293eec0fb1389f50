"""Saving an actor's templates, within the caller's transaction, which holds the actor locked. Versions never change."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from wis import audit, clock
from wis.aktorer.models import Aktor
from wis.auth.rules import Sak, Slag, Subjekt
from wis.lagesbild import mallregler
from wis.lagesbild.mall import STANDARD, Mall
from wis.lagesbild.mallar import egna_avsnitt, mall_av, senaste_versioner, som_json
from wis.lagesbild.mallregler import Mallrad
from wis.lagesbild.models import Lagesbildsmall, LagesbildsmallVersion


class Ogiltig(Exception):
    """The sections can't be saved: Swedish texts by field in `fel`."""

    def __init__(self, fel: dict[str, str]) -> None:
        super().__init__(fel)
        self.fel = fel


class Krock(Exception):
    """Somebody else has saved a version meanwhile; nothing was written."""


class Oforandrad(Exception):
    """The version would say what the newest one says; nothing was written."""


def aktor_sak(aktor: Aktor) -> Sak:
    """What the right to edit the actor's templates is judged on."""
    return Sak(Slag.AKTOR, aktor.id, agare_namn=aktor.namn)


def kanda(session: Session, aktor_id: int, rader: Sequence[Mallrad]) -> list[Mallrad]:
    """The rows with the kinds that their sections have: a key means the same for ever. One not known is a new own."""
    funna = egna_avsnitt(session, aktor_id) | {avsnitt.nyckel: avsnitt for avsnitt in STANDARD.avsnitt}
    ut: list[Mallrad] = []
    for rad in rader:
        kand = funna.get(rad.nyckel)
        if kand is not None:
            ut.append(replace(rad, slag=kand.slag))
        elif rad.nyckel.startswith(mallregler.NY):
            ut.append(rad)
        else:
            ut.append(replace(rad, nyckel=mallregler.ny_egen([*rader, *ut], rad.slag).nyckel))
    return ut


def spara(session: Session, who: Subjekt, aktor: Aktor, typ: str, bas: int, rader: Sequence[Mallrad]) -> int:
    """Write the next version of the actor's template for this kind of event, and take it into use. Returns its number.

    `bas` is the number that it was made from (0: there was none). Raises Krock, Ogiltig, Oforandrad.
    """
    senaste = senaste_versioner(session, aktor.id).get(typ)
    if bas != (0 if senaste is None else senaste.nummer):
        raise Krock
    if fel := mallregler.granska(rader):
        raise Ogiltig(fel)
    hogst = mallregler.hogsta_egna(egna_avsnitt(session, aktor.id))
    mall = mallregler.som_mall(kanda(session, aktor.id, rader), hogst)
    fore = None if senaste is None else mall_av(senaste)
    if senaste is not None and senaste.mall.i_bruk and fore is not None and fore.avsnitt == mall.avsnitt:
        raise Oforandrad
    rad = _skriv(session, who, aktor, typ, senaste, mall)
    audit.record(
        session,
        "lägesbildsmall sparad",
        anvandare_id=who.anvandare_id,
        aktor_id=aktor.id,
        objekt=f"lagesbildsmall:{rad.mall_id}:{rad.nummer}",
        typ=typ or "alla",
        andrat=mallregler.skillnader(fore or STANDARD, mall),
    )
    return rad.nummer


def _skriv(
    session: Session, who: Subjekt, aktor: Aktor, typ: str, senaste: LagesbildsmallVersion | None, mall: Mall
) -> LagesbildsmallVersion:
    nummer = 1 if senaste is None else senaste.nummer + 1
    mallen = Lagesbildsmall(aktor_id=aktor.id, typ=typ) if senaste is None else senaste.mall
    mallen.senaste, mallen.i_bruk = nummer, True
    session.add(mallen)
    session.flush()
    rad = LagesbildsmallVersion(
        mall_id=mallen.id,
        nummer=nummer,
        avsnitt=som_json(mall),
        skapad=clock.now(),
        anvandare_id=who.anvandare_id,
    )
    session.add(rad)
    session.flush()
    return rad


def satt_bruk(session: Session, who: Subjekt, aktor: Aktor, typ: str, *, i_bruk: bool) -> None:
    """Stop using the template, or take it up again. Its versions stay. Raises LookupError if there is none."""
    senaste = senaste_versioner(session, aktor.id).get(typ)
    if senaste is None:
        raise LookupError(typ)
    if senaste.mall.i_bruk is i_bruk:
        return
    senaste.mall.i_bruk = i_bruk
    session.flush()
    audit.record(
        session,
        "lägesbildsmall i bruk" if i_bruk else "lägesbildsmall ur bruk",
        anvandare_id=who.anvandare_id,
        aktor_id=aktor.id,
        objekt=f"lagesbildsmall:{senaste.mall_id}",
        typ=typ or "alla",
    )
