"""The people and things of the tables as the code has them, built from its modules or from mutants of these."""

from datetime import datetime
from types import ModuleType
from typing import Any

from tests.security.orakel import (
    AKTORER,
    ANNAN_HANDELSE,
    EGEN,
    HANDELSE,
    MEDLEMSKAP,
    MIDDAG,
    SAMLAD,
    UNDERRATTELSE,
    UTSKICK,
    H,
    Ovrigt,
    Person,
    Ting,
)


def subjekt(rules: ModuleType, person: Person | None) -> Any:
    """The person as a Subjekt of the given (perhaps mutated) wis.auth.rules."""
    if person is None:
        return None
    roll = None if person.roll is None else rules.Roll(person.roll)
    set_for = () if person.i_h is None else (_roll_i(rules, H, person.i_h, person.i_h_slut),)
    if person.i_annan is not None:
        set_for = (_roll_i(rules, ANNAN_HANDELSE, person.i_annan, None),)
    tjanst = ()
    if person.tjanst is not None:
        tjanst = (rules.Tjanst(1, "TiB", rules.Roll(person.tjanst), person.tjanst_slut),)
    return rules.Subjekt(
        anvandare_id=7,
        namn="Vera",
        epost="vera@prov.example",
        aktor_id=AKTORER[person.aktor],
        aktor_slug=person.aktor.lower(),
        aktor_namn=person.aktor,
        aktor_kortnamn=person.aktor,
        roll=roll,
        administrator=person.admin,
        giltig_till=person.slut,
        medlemskap_id=MEDLEMSKAP,
        ansluten=MIDDAG if person.aktor == "Sen" else None,
        handelseroller=set_for,
        gast_i=person.gast_i,
        tjanster=tjanst,
    )


def _roll_i(rules: ModuleType, handelse_id: int, roll: str, slut: datetime | None) -> Any:
    return rules.RollIHandelse(handelse_id, rules.Roll(roll) if roll else None, slut)


def sak(rules: ModuleType, krets: ModuleType, ting: Ting) -> Any:
    """The thing as a Sak of the given modules."""
    slag = {
        HANDELSE: rules.Slag.HANDELSE,
        EGEN: rules.Slag.EGEN_LAGESBILD,
        SAMLAD: rules.Slag.SAMLAD_LAGESBILD,
        UNDERRATTELSE: rules.Slag.UNDERRATTELSE,
        UTSKICK: rules.Slag.UTSKICK,
    }[ting.slag]
    handelsens_agare = "Utanför" if ting.slag == HANDELSE and ting.agare == "Utanför" else "Ägare"
    kretsar = [_krets(krets, ting.handelse, handelsens_agare, ting.oppnad)]
    if ting.egna is not None and ting.agare is not None:
        kretsar.append(_krets(krets, ting.egna, ting.agare))
    return rules.Sak(
        slag=slag,
        agare_id=None if ting.agare is None else AKTORER[ting.agare],
        kretsar=tuple(kretsar),
        agare_namn=ting.agare or "",
        stangd=ting.stangd,
        handelse_id=H,
        publicerad=ting.tid,
        tlp=krets.Tlp(ting.tlp),
        handelse_agare_id=AKTORER[handelsens_agare],
    )


def _krets(krets: ModuleType, lasare: frozenset[str] | None, agare: str, oppnad: datetime | None = None) -> Any:
    if lasare is None:
        return krets.Krets(alla=True, fran={AKTORER[agare]: None}, alla_fran=oppnad, namn=agare)
    fran = {AKTORER[namn]: MIDDAG if namn == "Nykomling" else None for namn in lasare}
    return krets.Krets(alla=False, fran={**fran, AKTORER[agare]: None}, namn=agare)


def ovrig_sak(rules: ModuleType, fraga: Ovrigt) -> Any:
    """The actor or function as a Sak of the given module."""
    behoriga = frozenset({MEDLEMSKAP}) if fraga.listad else frozenset({MEDLEMSKAP + 1})
    return rules.Sak(rules.Slag[fraga.slag], AKTORER[fraga.agare], agare_namn=fraga.agare, behoriga=behoriga)


def svar_av(beslut: Any) -> str:
    """The answer of can() as a letter of the tables."""
    return "J" if beslut else "d" if beslut.dold else "n"
