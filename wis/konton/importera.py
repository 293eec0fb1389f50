"""Many people at once: a dry run that says what would happen, then all of it or nothing. Within the caller's
transaction.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from wis import clock
from wis.aktorer.models import Aktor
from wis.auth.models import Anvandare, Medlemskap
from wis.auth.rules import Subjekt
from wis.datum import sista_dag
from wis.konton import csvrader, queries, tjanster
from wis.konton.csvrader import Rad
from wis.konton.queries import behorighet_av, plats_av
from wis.konton.rules import HINDRAR, Behorighet, Hinder, Plats, Tillstand, prova_andring, prova_ny
from wis.konton.service import (
    Byte,
    Handling,
    Inbjudan,
    byt,
    find_eller_skapa,
    hamta,
    i_ord,
    lagg_till,
    las_aktor,
    logga,
    signatur,
)

ANDRAT_SEDAN_DESS = (
    "Något har ändrats sedan provkörningen, så inget är genomfört. Här är en ny provkörning: kontrollera den."
)
FEL_KVAR = "Rätta felen först: antingen genomförs allt eller inget."


class Utfall(StrEnum):
    """What a line would lead to."""

    NY = "ny"
    ANDRAS = "ändras"
    OFORANDRAD = "oförändrad"
    FEL = "fel"


@dataclass(frozen=True)
class Planrad:
    """A line and what it would lead to; `text` says it in words, with `fel` what to do."""

    rad: Rad
    utfall: Utfall
    text: str
    medlemskap_id: int | None = None
    fore: Behorighet | None = None


@dataclass(frozen=True)
class Plan:
    """The dry run. `signatur` differs whenever anything in it does."""

    rader: tuple[Planrad, ...]

    def antal(self, utfall: Utfall) -> int:
        """How many lines lead to this."""
        return sum(en.utfall is utfall for en in self.rader)

    @property
    def fel(self) -> bool:
        """Whether any line is wrong."""
        return any(en.utfall is Utfall.FEL for en in self.rader)

    @property
    def i_ord(self) -> str:
        """'12 nya, 3 ändras, 1 fel på rad 7'."""
        wrong = [str(en.rad.nummer) for en in self.rader if en.utfall is Utfall.FEL]
        same = self.antal(Utfall.OFORANDRAD)
        parts = [
            f"{self.antal(Utfall.NY)} {'ny' if self.antal(Utfall.NY) == 1 else 'nya'}",
            f"{self.antal(Utfall.ANDRAS)} ändras",
            f"{same} är som de ska" if same else "",
            f"{len(wrong)} fel på rad {', '.join(wrong)}" if wrong else "0 fel",
        ]
        return ", ".join(part for part in parts if part)

    @property
    def signatur(self) -> str:
        """For the form to carry from the dry run to the real one."""
        said = [
            (en.rad.nummer, en.rad.epost, en.rad.namn, en.utfall, en.text, _sign(en.rad.behorighet), _sign(en.fore))
            for en in self.rader
        ]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def planera(session: Session, who: Subjekt, aktor: Aktor, text: str) -> Plan:
    """What the pasted lines would lead to. Raises Hinder when they can't be read at all."""
    rader = csvrader.las(text)
    hos = {m.anvandare.adress: m for m in queries.medlemskap_hos(session, aktor.id) if m.gast_handelse_id is None}
    stangda = _stangda(session, [rad.epost for rad in rader])
    plan = [_planrad(rad, hos.get(rad.epost), rad.epost in stangda) for rad in rader]
    return Plan(tuple(_provad(plan, hos, who.anvandare_id)))


def genomfor(
    session: Session, who: Subjekt, aktor_id: int, text: str, provkord: str, motivering: str, bas_url: str
) -> Plan:
    """Do what the dry run with the signature `provkord` said, whole. Raises Hinder (then nothing may be kept)."""
    aktor = las_aktor(session, who, aktor_id)
    plan = planera(session, who, aktor, text)
    if plan.fel:
        raise Hinder(FEL_KVAR)
    if plan.signatur != provkord:
        raise Hinder(ANDRAT_SEDAN_DESS)
    # Turns of duty before persons, as going on duty locks them.
    tjanster.las(session, [en.medlemskap_id for en in plan.rader if en.medlemskap_id is not None])
    _las_personer(session, plan)
    # First those who become administrators: one must be left at every moment.
    ordered = sorted(plan.rader, key=lambda en: (not _blir_administrator(en), en.rad.nummer))
    done = [_utfor(session, who, aktor, en, motivering, bas_url) for en in ordered]
    # Recorded when everything is done: whoever holds the end of the record must wait for nobody's row.
    logga(session, who, aktor_id, *(handling for handling in done if handling is not None))
    return plan


def _utfor(session: Session, who: Subjekt, aktor: Aktor, en: Planrad, motivering: str, bas_url: str) -> Handling | None:
    behorighet = en.rad.behorighet
    if behorighet is None or en.utfall not in {Utfall.NY, Utfall.ANDRAS}:
        return None
    if en.medlemskap_id is None:
        inbjudan = Inbjudan(en.rad.epost, en.rad.namn, behorighet, motivering)
        return lagg_till(session, who, aktor, inbjudan, bas_url)[1]
    byte = Byte("behörighet ändrad", motivering, lambda fore: replace(behorighet, avstangd=fore.avstangd))
    return byt(session, who, hamta(session, aktor.id, en.medlemskap_id), byte)


def _planrad(rad: Rad, medlemskap: Medlemskap | None, konto_stangt: bool) -> Planrad:
    if rad.behorighet is None:
        return Planrad(rad, Utfall.FEL, rad.fel)
    try:
        if konto_stangt:
            raise Hinder(HINDRAR[Tillstand.KONTO_STANGT])
        if medlemskap is None:
            return _ny(rad, rad.behorighet)
        efter = rad.over(behorighet_av(medlemskap)) or rad.behorighet
        return _finns(replace(rad, behorighet=efter), efter, medlemskap)
    except Hinder as error:
        return Planrad(rad, Utfall.FEL, str(error))


def _ny(rad: Rad, behorighet: Behorighet) -> Planrad:
    if not rad.namn:
        raise Hinder("Skriv personens namn.")
    prova_ny(behorighet, clock.now())
    return Planrad(rad, Utfall.NY, f"bjuds in som {i_ord(behorighet)}")


def _finns(rad: Rad, efter: Behorighet, medlemskap: Medlemskap) -> Planrad:
    fore = behorighet_av(medlemskap)
    if fore.avstangd:
        raise Hinder("Personen är avstängd hos er. Släpp in personen igen först, eller ta bort raden.")
    if (efter.roll, efter.administrator) == (fore.roll, fore.administrator) and _samma_dag(fore, efter):
        return Planrad(rad, Utfall.OFORANDRAD, f"är redan {i_ord(fore)}", medlemskap.id, fore)
    return Planrad(rad, Utfall.ANDRAS, f"från {i_ord(fore)} till {i_ord(efter)}", medlemskap.id, fore)


def _samma_dag(fore: Behorighet, efter: Behorighet) -> bool:
    if fore.giltig_till is None or efter.giltig_till is None:
        return fore.giltig_till is efter.giltig_till
    return sista_dag(fore.giltig_till) == sista_dag(efter.giltig_till)


def _provad(plan: Sequence[Planrad], hos: dict[str, Medlemskap], utforare_id: int) -> list[Planrad]:
    """The plan with every change judged by how everybody stands when all of it is done."""
    sedan = {adress: plats_av(medlemskap) for adress, medlemskap in hos.items()}
    for en in plan:
        if en.utfall is Utfall.ANDRAS and en.rad.behorighet is not None:
            sedan[en.rad.epost] = replace(sedan[en.rad.epost], behorighet=en.rad.behorighet)
    return [_provad_rad(en, hos, sedan, utforare_id) if en.utfall is Utfall.ANDRAS else en for en in plan]


def _provad_rad(en: Planrad, hos: dict[str, Medlemskap], sedan: dict[str, Plats], utforare_id: int) -> Planrad:
    if en.rad.behorighet is None:
        return en
    ovriga = [plats for adress, plats in sedan.items() if adress != en.rad.epost]
    try:
        prova_andring(utforare_id, plats_av(hos[en.rad.epost]), en.rad.behorighet, ovriga, clock.now())
    except Hinder as error:
        return Planrad(en.rad, Utfall.FEL, str(error))
    return en


def _stangda(session: Session, adresser: list[str]) -> set[str]:
    """Those of the addresses whose whole account is shut."""
    found = session.scalars(
        select(Anvandare.epost).where(Anvandare.epost.in_(adresser), Anvandare.avstangd.is_not(None))
    )
    return {adress for adress in found if adress is not None}


def _las_personer(session: Session, plan: Plan) -> None:
    """Make and lock everybody in one order, so that two actors' imports never wait for each other."""
    rader = sorted((en.rad for en in plan.rader if en.utfall in {Utfall.NY, Utfall.ANDRAS}), key=lambda rad: rad.epost)
    ids = sorted(find_eller_skapa(session, rad.epost, rad.namn).id for rad in rader)
    session.execute(
        select(Anvandare.id).where(Anvandare.id.in_(ids)).order_by(Anvandare.id).with_for_update(key_share=True)
    )


def _blir_administrator(en: Planrad) -> bool:
    return en.rad.behorighet is not None and en.rad.behorighet.administrator


def _sign(behorighet: Behorighet | None) -> str:
    return "" if behorighet is None else signatur(behorighet)
