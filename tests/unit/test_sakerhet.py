"""docs/sakerhet.md names tests as its proof: each of them must be there, and every requirement be answered."""

import ast
import re
from functools import cache
from itertools import pairwise

import pytest

from wis.settings import PROJECT_ROOT

TEXT = (PROJECT_ROOT / "docs" / "sakerhet.md").read_text(encoding="utf-8")
NAMNDA = sorted(set(re.findall(r"\btests/[\w/]+\.py(?:::\w+)+", TEXT)))
RADER = re.findall(r"^\| (v5\.0\.0-[^|]+) \| ([^|]+) \| ([^|]+) \|$", TEXT, re.MULTILINE)
INGET_PROV = ("inte än", "avsnittet", "drift", "beslut", "finns inte i koden")


@cache
def prov_i(fil: str) -> frozenset[str]:
    """The tests of a file, as pytest names them: `test_x` or `TestX::test_x`."""
    found = set()
    for node in ast.parse((PROJECT_ROOT / fil).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{en.name}" for en in node.body if isinstance(en, ast.FunctionDef)}
        elif isinstance(node, ast.FunctionDef):
            found.add(node.name)
    return frozenset(en for en in found if en.split("::")[-1].startswith("test_"))


@pytest.mark.parametrize("namn", NAMNDA)
def test_every_test_that_the_document_names_is_there(namn: str) -> None:
    fil, _, prov = namn.partition("::")
    assert (PROJECT_ROOT / fil).is_file(), fil
    assert prov in prov_i(fil)


def test_many_are_named_and_none_only_by_its_file() -> None:
    assert len(NAMNDA) > 70
    assert not re.findall(r"\btests/[\w/]+\.py(?!::)", TEXT.replace("`tests/unit/test_sakerhet.py", ""))


def test_every_requirement_has_a_proof_or_says_that_there_is_none() -> None:
    assert len(RADER) > 90
    assert not [krav for krav, _, visas in RADER if "tests/" not in visas and not any(en in visas for en in INGET_PROV)]


def test_requirements_stand_in_order_and_once() -> None:
    forsta = [tuple(map(int, re.findall(r"v5\.0\.0-(\d+)\.(\d+)\.(\d+)", krav)[0])) for krav, _, _ in RADER]
    assert all(a < b for a, b in pairwise(forsta))


@pytest.mark.parametrize("lank", sorted(set(re.findall(r"\]\(([^)#]+)\)", TEXT))))
def test_every_link_leads_somewhere(lank: str) -> None:
    assert (PROJECT_ROOT / "docs" / lank).exists()


def test_every_table_of_the_database_that_it_names_is_there() -> None:
    from wis import modeller
    from wis.db import Base

    assert modeller.METADATA is Base.metadata
    found = set(re.findall(r"`([a-z]+)`", TEXT.split("## Personuppgifter")[1].split("**Arkiv.**")[0]))
    assert found <= set(Base.metadata.tables)
    assert len(found) > 10
