"""Extracts: what thousands of open pages fetch at once, drawn once. The address is the right: see wis.utdrag."""

from collections.abc import Callable
from datetime import datetime
from typing import cast

from flask import Blueprint, Response, current_app
from sqlalchemy.orm import Session

from wis import clock, tolk, utdrag, web
from wis.andringar import Slag
from wis.auth.atkomst import oppen
from wis.delat import Minne, Ritat
from wis.lagesbild import sida
from wis.skydd import EgenLagring
from wis.sprak import Sprak
from wis.utdrag import Utdrag
from wis.ytor.utdragsfragor import find_lagesbild_version, find_underrattelse_version

bp = Blueprint("utdrag", __name__)
MINNE = 8 * 1024 * 1024
"""The most bytes of drawn extracts that a process keeps; one is seldom more than 30 kB, and lasts two minutes."""


@bp.get("/utdrag/<token>")
@oppen
def visa(token: str) -> Response:
    """The extract as a fragment of HTML, or 404 with nothing said of why."""
    # A proxy keeps the answer, for readers of either language.
    tolk.tala(Sprak.SV)
    now = clock.now()
    det = utdrag.las(web.settings(), token, now)
    minne = cast(Minne, current_app.extensions.setdefault("wis_utdrag", Minne(MINNE)))
    ritat = None if det is None else minne.hamta(token, now, lambda: _rita(det, now))
    if det is None or ritat is None:
        return Response("Finns inte.\n", 404, mimetype="text/plain")
    svar = EgenLagring(ritat, mimetype="text/html")
    # Whole seconds, rounded down: whoever keeps it lets go of it no later than we do.
    svar.headers["Cache-Control"] = f"public, max-age={int((det.till - now).total_seconds())}, immutable"
    svar.headers["X-Robots-Tag"] = "noindex, noarchive"
    return svar


def _rita(det: Utdrag, now: datetime) -> Ritat[bytes | None]:
    text = _SLAG[det.slag](web.session(), det, now)
    ritad = None if text is None else text.encode()
    return Ritat(ritad, len(ritad or b""), det.till, delas=ritad is not None)


def _lagesbild(session: Session, det: Utdrag, now: datetime) -> str | None:
    version = find_lagesbild_version(session, det.id, det.version)
    if version is None:
        return None
    agare = version.lagesbild.aktor
    # What has changed is marked only against what one may read, and that differs: the page itself says it.
    return _mallar(
        ("lagesbild/_utdrag.html", "lagesbild/_utdragskort.html"),
        version=version,
        namn="Samlad lägesbild" if agare is None else f"Lägesbild från {agare.namn}",
        grupper=sida.att_lasa(version, None),
        adress=f"/handelser/{version.lagesbild.handelse.slug}/lagesbild/{version.lagesbild.slug}/versioner/{det.version}",
        now=now,
    )


def _underrattelse(session: Session, det: Utdrag, _now: datetime) -> str | None:
    version = find_underrattelse_version(session, det.id, det.version)
    if version is None:
        return None
    what = version.underrattelse
    return _mallar(("underrattelser/_utdrag.html",), version=version, underrattelse=what, handelse=what.handelse)


def _mallar(mallar: tuple[str, ...], **varden: object) -> str:
    # Not by render_template, which asks who is logged in.
    return "".join(current_app.jinja_env.get_template(en).render(**varden) for en in mallar)


_SLAG: dict[Slag, Callable[[Session, Utdrag, datetime], str | None]] = {
    Slag.LAGESBILD: _lagesbild,
    Slag.UNDERRATTELSE: _underrattelse,
}
