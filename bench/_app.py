"""The application for a bench: a factory for gunicorn, and as `python -m bench._app run …` the same as `wis run …`.

With BENCH_UTAN=1 nothing that has been drawn is used again: no fast path, so no ETag, and no shared contents. That is
no choice in the product; what attaches them is put out of play here, before the application is made.
"""

import os
from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from typing import Any

from flask import Flask

from wis import delat, settings, snabbvag
from wis.app import create_app

OFF = "BENCH_UTAN"


def wis() -> Flask:
    """The application by the settings of the environment."""
    return create_app(settings.load())


def _without_reuse() -> None:
    def always(_self: delat.Minne, _key: Hashable, _now: datetime, draw: Callable[[], delat.Ritat[Any]]) -> Any:
        return draw().varde

    def past(self: snabbvag.Snabbvag, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self._vidare(environ, start_response)

    delat.Minne.hamta = always  # type: ignore[method-assign, assignment]
    snabbvag.Snabbvag.__call__ = past  # type: ignore[method-assign]


if os.environ.get(OFF) == "1":
    _without_reuse()

if __name__ == "__main__":
    from wis.cli import main

    main()
