"""Reads the demo's content: TOML files whose clock times are written relative to now."""

import re
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from typing import Any

from babel.dates import format_datetime

from wis.clock import local

_PLATSHALLARE = re.compile(r"\{(kl|halv|dag):(-?\d+)\}")
_AVRUNDNING = {"kl": 5, "halv": 30, "dag": 30}
_I_HANDELSE = ("version", "underrattelse", "anteckning", "begaran", "paverkanssvar")


@dataclass(frozen=True)
class Innehall:
    """What there is; every time is in minutes before `now`, every text has its clock times filled in.

    `aktorer` are those that are there besides the ones that the project ships.
    What is done together in an event has the lists that wis.demo.samverkan names.
    """

    personer: list[dict[str, Any]]
    handelser: list[dict[str, Any]]
    aktorer: list[dict[str, Any]]
    funktioner: list[dict[str, Any]]
    fragor: list[dict[str, Any]]
    mallar: list[dict[str, Any]]
    typhandelser: list[dict[str, Any]]


def las(now: datetime) -> Innehall:
    """The whole content as of `now`. Each event has a list of each of _I_HANDELSE beside 'handelse'."""
    people: list[dict[str, Any]] = []
    actors: list[dict[str, Any]] = []
    functions: list[dict[str, Any]] = []
    questions: list[dict[str, Any]] = []
    templates: list[dict[str, Any]] = []
    kinds: list[dict[str, Any]] = []
    events: dict[str, dict[str, Any]] = {}
    loose: list[dict[str, Any]] = []
    for path in sorted(resources.files("wis.demo").iterdir(), key=lambda entry: entry.name):
        if not path.name.endswith(".toml"):
            continue
        content = _fyll(tomllib.loads(path.read_text(encoding="utf-8")), now)
        people += content.get("person", [])
        actors += content.get("aktor", [])
        functions += content.get("funktion", [])
        questions += content.get("fraga", [])
        templates += content.get("mall", [])
        kinds += content.get("typhandelse", [])
        if "handelse" in content:
            events[content["handelse"]["slug"]] = {slag: [] for slag in _I_HANDELSE} | content
        elif "tillhor" in content:
            loose.append(content)
    for content in loose:
        for slag in _I_HANDELSE:
            events[content["tillhor"]][slag] += content.get(slag, [])
    return Innehall(people, list(events.values()), actors, functions, questions, templates, kinds)


def _fyll(value: Any, now: datetime) -> Any:
    if isinstance(value, dict):
        return {key: _fyll(part, now) for key, part in value.items()}
    if isinstance(value, list):
        return [_fyll(part, now) for part in value]
    if isinstance(value, str):
        return _PLATSHALLARE.sub(lambda found: _klockslag(found[1], int(found[2]), now), value)
    return value


def _klockslag(slag: str, minuter: int, now: datetime) -> str:
    step = _AVRUNDNING[slag]
    moment = local(now - timedelta(minutes=minuter))
    moment -= timedelta(minutes=moment.minute % step)
    return format_datetime(moment, "EEEE 'kl.' HH.mm" if slag == "dag" else "HH.mm", locale="sv")
