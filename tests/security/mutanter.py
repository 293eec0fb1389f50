"""Every small change to code that judges, one at a time: each branch taken and not, each comparison turned."""

import ast
import copy
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

_VAND = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
}


@dataclass(frozen=True)
class Mutant:
    """A change: where, what it says now, and the module's code with it."""

    rad: int
    vad: str
    kod: ast.Module


def mutanter(path: Path, funktioner: set[str]) -> Iterator[Mutant]:
    """Each mutant of these functions of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    places = [
        nod
        for funktion in ast.walk(tree)
        if isinstance(funktion, ast.FunctionDef) and funktion.name in funktioner
        for nod in ast.walk(funktion)
    ]
    index = {id(nod): nummer for nummer, nod in enumerate(ast.walk(tree))}
    for plats in places:
        for variant in _varianter(plats):
            yield _med(tree, index[id(plats)], variant)


def _varianter(nod: ast.AST) -> list[tuple[str, ast.AST]]:
    if isinstance(nod, ast.If | ast.IfExp):
        return [(f"{ast.unparse(nod.test)} → {värde}", _med_test(nod, värde)) for värde in (True, False)]
    if isinstance(nod, ast.comprehension) and nod.ifs:
        return [(f"if {ast.unparse(nod.ifs[0])} → borta", _utan_if(nod))]
    if isinstance(nod, ast.Compare):
        return [(f"{ast.unparse(nod)} vänt", _vand(nod))]
    if isinstance(nod, ast.BoolOp):
        return [(f"{ast.unparse(nod)} utan del {i}", _utan_del(nod, i)) for i in range(len(nod.values))]
    return []


def _med_test(nod: ast.If | ast.IfExp, varde: bool) -> ast.AST:
    ny = copy.deepcopy(nod)
    ny.test = ast.Constant(varde)
    return ny


def _utan_if(nod: ast.comprehension) -> ast.AST:
    ny = copy.deepcopy(nod)
    ny.ifs = []
    return ny


def _vand(nod: ast.Compare) -> ast.AST:
    ny = copy.deepcopy(nod)
    ny.ops = [_VAND[type(op)]() for op in nod.ops]
    return ny


def _utan_del(nod: ast.BoolOp, i: int) -> ast.AST:
    ny = copy.deepcopy(nod)
    del ny.values[i]
    return ny.values[0] if len(ny.values) == 1 else ny


def _med(tree: ast.Module, nummer: int, variant: tuple[str, ast.AST]) -> Mutant:
    vad, ny = variant
    kopia = copy.deepcopy(tree)
    gammal = list(ast.walk(kopia))[nummer]
    for foralder in ast.walk(kopia):
        for falt, varde in ast.iter_fields(foralder):
            if varde is gammal:
                setattr(foralder, falt, ny)
            elif isinstance(varde, list) and any(ett is gammal for ett in varde):
                setattr(foralder, falt, [ny if ett is gammal else ett for ett in varde])
    return Mutant(getattr(gammal, "lineno", 0), vad, ast.fix_missing_locations(kopia))


def ladda(namn: str, kod: ast.Module, ersatt: dict[str, ModuleType]) -> ModuleType:
    """The code as a module of its own; what it imports by the names in `ersatt` are these modules instead."""
    modul = ModuleType(f"mutant_{namn}")
    kvar = {vad: sys.modules[vad] for vad in ersatt if vad in sys.modules}
    sys.modules |= ersatt | {modul.__name__: modul}
    try:
        exec(compile(kod, modul.__name__, "exec"), modul.__dict__)
    finally:
        for vad in (*ersatt, modul.__name__):
            sys.modules.pop(vad, None)
        sys.modules |= kvar
    return modul
