"""What a measurement should give: the goals as a table, and the figures as its last line."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

Goal = tuple[str, str, float]
"""The name of a figure, '<=' or '>=', and what it should be."""


def judge(figures: dict[str, Any], goals: Sequence[Goal]) -> None:
    """Print each goal and how it went, and keep how many were missed as 'missed'. What is no number was missed."""
    print(f"\n{'mål':<34}{'ska vara':>12}{'är':>12}")
    missed = 0
    for name, how, wanted in goals:
        value = figures.get(name)
        if value is None:
            print(f"{name:<34}{how:>5} {wanted:<6g}{'–':>12}   inte mätt")
            continue
        reached = value <= wanted if how == "<=" else value >= wanted
        missed += not reached
        print(f"{name:<34}{how:>5} {wanted:<6g}{value:>12g}   {'nått' if reached else 'INTE NÅTT'}")
    figures["missed"] = missed


def last_line(figures: Mapping[str, Any], **more: Any) -> None:
    """Print all of it as one JSON object. What never happened is null."""
    whole = dict(figures) | more
    never = [name for name, value in whole.items() if isinstance(value, float) and not math.isfinite(value)]
    print(json.dumps(whole | dict.fromkeys(never)), flush=True)
