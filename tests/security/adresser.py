"""What the attacks share: every address of the application, and what the database holds."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from flask import Flask, url_for
from sqlalchemy import text
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter

from wis.db import Base, Database

METODER = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


class Adress(NamedTuple):
    """A rule of the application, a path that it fits, its methods, and whether strangers may."""

    regel: str
    vag: str
    metoder: frozenset[str]
    oppen: bool


def alla_adresser(app: Flask, slug: str = "snoovader", aktor: str = "nacka") -> Iterator[Adress]:
    """Every rule of the application, in order. The event of the paths is `slug`, the actor `aktor`, every number 1."""
    with app.test_request_context(base_url=app.extensions["wis_settings"].base_url):
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
            vem = aktor if rule.rule.startswith("/aktorer") else slug
            varden = {namn: _varde(rule._converters[namn], vem) for namn in rule.arguments}
            if rule.endpoint == "static":
                varden["filename"] = "css/wis.css"
            oppen = rule.endpoint == "static" or getattr(app.view_functions[rule.endpoint], "oppen", False)
            yield Adress(rule.rule, url_for(rule.endpoint, **varden), frozenset(rule.methods or ()), oppen)


def _varde(converter: BaseConverter, slug: str) -> Any:
    if isinstance(converter, IntegerConverter):
        return 1
    return min(converter.items) if isinstance(converter, AnyConverter) else slug


def innehall(database: Database, utom: frozenset[str] = frozenset()) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but those in `utom`: what an attack must leave as it was."""
    with database.reading() as session:
        return {
            namn: sorted((tuple(rad) for rad in session.execute(text(f'SELECT * FROM "{namn}"'))), key=repr)
            for namn in Base.metadata.tables
            if namn not in utom
        }
