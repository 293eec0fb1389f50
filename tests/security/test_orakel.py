"""can() is the hand-written tables, and no branch of it can be changed without their noticing."""

import ast
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.security import mutanter, orakel, orakel_sak
from wis.auth import krets, rules

CELLER = orakel.celler()
OVRIGA = orakel.ovriga()
# In no order, so that what is wrong with a mutant shows soon.
random.Random(1).shuffle(CELLER)


def felen(modul: ModuleType, kretsmodul: ModuleType) -> Iterator[object]:
    """The cells that the module answers otherwise than the tables."""
    personer = {namn: orakel_sak.subjekt(modul, person) for namn, person in orakel.PERSONER.items()}
    saker = {ting: orakel_sak.sak(modul, kretsmodul, ting) for ting, _ in orakel.LASBART}
    for namn, fraga, svar in OVRIGA:
        beslut = modul.can(personer[namn], modul.Verb[fraga.verb], orakel_sak.ovrig_sak(modul, fraga), orakel.NU)
        if orakel_sak.svar_av(beslut) != svar:
            yield namn, fraga
    for cell in CELLER:
        beslut = modul.can(personer[cell.person], modul.Verb[cell.verb], saker[cell.ting], orakel.NU)
        if orakel_sak.svar_av(beslut) != cell.svar:
            yield cell
    yield from _sager_fel(modul, personer, saker)
    yield from _visar_for_mycket(modul, personer, saker)


def _sager_fel(modul: ModuleType, personer: dict[str, Any], saker: dict[orakel.Ting, Any]) -> Iterator[object]:
    """What a refusal says: the rule that stands in the way, and to whom a question about it goes."""
    for skal in orakel.SKAL:
        sak = saker[skal.om] if isinstance(skal.om, orakel.Ting) else orakel_sak.ovrig_sak(modul, skal.om)
        beslut = modul.can(personer[skal.person], modul.Verb[skal.verb], sak, orakel.NU)
        hos = None if skal.hos is None else orakel.AKTORER[skal.hos]
        if skal.ord not in f"{beslut.skal} {beslut.vem_kan}" or (beslut.fraga or "", beslut.hos_id) != (
            skal.fraga,
            hos,
        ):
            yield skal, beslut
    for ting, lasare in orakel.KRETSAR.items():
        ids = None if lasare is None else {orakel.AKTORER[namn] for namn in lasare}
        if saker[ting].lasande_aktorer() != ids:
            yield ting, lasare


def _visar_for_mycket(
    modul: ModuleType, personer: dict[str, object], saker: dict[orakel.Ting, object]
) -> Iterator[object]:
    """Shown as another sees it, one sees what both may read, and neither more nor less."""
    las = {(cell.person, cell.ting): cell.svar == "J" for cell in CELLER if cell.verb == "LASA"}
    for som, egen in (("Är", "Vl"), ("Vr", "Är"), ("U", "Är"), ("Är", "U")):
        visad = replace(personer[som], betraktare=personer[egen])
        for ting, sak in saker.items():
            bada = las[som, ting] and las[egen, ting]
            if bool(modul.can(visad, modul.Verb.LASA, sak, orakel.NU)) != bada:
                yield som, egen, ting
            # What one could do there is shown as the other would see it, on what both read.
            gor = modul.can(visad, modul.Verb.PUBLICERA, sak, orakel.NU)
            if bada and bool(gor) != bool(modul.can(personer[som], modul.Verb.PUBLICERA, sak, orakel.NU)):
                yield som, egen, ting


def test_can_answers_every_cell_of_the_tables_as_people_wrote_it() -> None:
    assert len(CELLER) >= 5000
    assert list(felen(rules, krets)) == []


def test_the_tables_speak_of_every_verb_and_every_kind_of_thing() -> None:
    assert {cell.verb for cell in CELLER} | {fraga.verb for fraga in orakel.OVRIGT} == {
        verb.name for verb in rules.Verb
    }
    assert {rules.Slag(sak.slag) for sak in (orakel_sak.sak(rules, krets, ting) for ting, _ in orakel.LASBART)} == set(
        rules.Slag
    ) - {rules.Slag.AKTOR, rules.Slag.FUNKTION}


DOMANDE = {
    "can",
    "_administrera",
    "_ga_i_tjanst",
    "_gast",
    "_lasratt",
    "_marke",
    "_roll",
    "_lagsta_roll",
    "_agare",
    "_oppen",
    "_utan_roll",
    "standardroll",
    "roll_i",
    "egen_roll_i",
    "i_tjanst",
    "laser_nagot",
    "_galler",
    "lasande_aktorer",
}
KRETSARNAS = {"rymmer", "_redan", "gemensamma"}
# Changes that change nothing, each with the reason. A line here is a claim: it must hold.
_BARA_ORD = "another word where the owner's name is not known"
LIKVARDIGA = {
    "sak.agare_namn or 'den aktören' utan del 1": _BARA_ORD,
    "sak.agare_namn or 'funktionen' utan del 1": _BARA_ORD,
}


def _rules_av(mutant: mutanter.Mutant) -> tuple[ModuleType, ModuleType]:
    return mutanter.ladda("rules", mutant.kod, {}), krets


def _krets_av(mutant: mutanter.Mutant) -> tuple[ModuleType, ModuleType]:
    ny = mutanter.ladda("krets", mutant.kod, {})
    original = Path(rules.__file__)
    return mutanter.ladda("rules", ast.parse(original.read_text(encoding="utf-8")), {"wis.auth.krets": ny}), ny


@pytest.mark.parametrize(
    ("modul", "funktioner", "bygg"),
    [(rules, DOMANDE, _rules_av), (krets, KRETSARNAS, _krets_av)],
    ids=["rules", "krets"],
)
def test_no_branch_that_judges_can_be_changed_unnoticed(
    modul: ModuleType,
    funktioner: set[str],
    bygg: Callable[[mutanter.Mutant], tuple[ModuleType, ModuleType]],
) -> None:
    overlevde = []
    antal = 0
    for mutant in mutanter.mutanter(Path(str(modul.__file__)), funktioner):
        antal += 1
        if not _marks(*bygg(mutant)) and mutant.vad not in LIKVARDIGA:
            overlevde.append(f"rad {mutant.rad}: {mutant.vad}")
    assert antal > 10
    assert overlevde == []


def _marks(modul: ModuleType, kretsmodul: ModuleType) -> bool:
    """Whether the tables see that the module is wrong: by an answer, or because it fails."""
    try:
        return next(felen(modul, kretsmodul), None) is not None
    except Exception:  # noqa: BLE001 a mutant may fail in any way, and that is seen
        return True
