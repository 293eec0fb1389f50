"""Feeds by a secret address, and the page on which one makes such an address and takes it back."""

import logging
from collections.abc import Callable, Sequence
from functools import wraps
from typing import NoReturn, TypeVar, cast

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from limits import parse
from werkzeug.exceptions import HTTPException

from wis import clock, web
from wis.aktorer.queries import alla_aktorer, find_aktor
from wis.auth.atkomst import avbryt_dold, inloggad, inloggad_nu, oppen
from wis.auth.bekrafta import kraver_bekraftad
from wis.auth.queries import subjekt_av
from wis.auth.rules import Subjekt, Verb, can
from wis.auth.strypning import VANTA, Strypning, natverk
from wis.db import DATABASFEL
from wis.floden import atom, service
from wis.floden.forms import Adressformular
from wis.floden.models import Flodesadress
from wis.floden.poster import poster
from wis.floden.queries import Urval
from wis.floden.rules import MAX_ADRESSER, Flode, Ovningar
from wis.handelser.queries import find_handelse, handelser_for

bp = Blueprint("floden", __name__)
_log = logging.getLogger(__name__)
View = TypeVar("View", bound=Callable[..., web.Svar])
PER_GISSNING = parse("100 per 15 minute")
"""So many addresses that open nothing are looked at from one network."""
PER_ADRESS = parse("120 per 15 minute")
"""So often one address is read: a feed reader asks a few times an hour."""
MAX_HANDELSER = 30


# --- for a feed reader -----------------------------------------------------------------------------------------------


def _tyst(view: View) -> View:
    """What goes wrong is not told with the address: it is a secret, and Flask would write it in the log."""

    @wraps(view)
    def utan_adress(*args: str, **kwargs: str) -> web.Svar:
        try:
            return view(*args, **kwargs)
        except (HTTPException, *DATABASFEL):
            raise
        except Exception:  # noqa: BLE001 whatever it is, its address must not be told
            _log.exception("a feed could not be drawn")
            web.slapp_databasen()
            return web.felsida(500, "Något gick fel hos oss", "Felet är loggat.", gor="Försök igen.")

    return cast(View, utan_adress)


@bp.get("/flode/<token>")
@oppen
@_tyst
def alla(token: str) -> web.Svar:
    """All that the one whose address it is may read."""
    adress, who = _vem(token)
    return _svara(adress, who, Urval(), "Allt du läser", "/", "alla")


@bp.get("/flode/<token>/handelser/<slug>")
@oppen
@_tyst
def handelse(token: str, slug: str) -> web.Svar:
    """What one reads of an event."""
    adress, who = _vem(token)
    found = find_handelse(web.session(), slug)
    if found is None or not can(who, Verb.LASA, found.sak(), clock.now()):
        avbryt_dold()
    rubrik = f"ÖVNING: {found.rubrik}" if found.ovning else found.rubrik
    return _svara(adress, who, Urval(handelse_id=found.id), rubrik, f"/handelser/{slug}", f"handelse/{found.id}")


@bp.get("/flode/<token>/aktorer/<slug>")
@oppen
@_tyst
def aktor(token: str, slug: str) -> web.Svar:
    """What one reads of what an actor has published."""
    adress, who = _vem(token)
    found = find_aktor(web.session(), slug) or avbryt_dold()
    return _svara(adress, who, Urval(aktor_id=found.id), found.namn, "/", f"aktor/{found.id}")


def _vem(token: str) -> tuple[Flodesadress, Subjekt]:
    """Whose address it is. Raises NotFound whatever is wrong with it, and TooManyRequests."""
    now, session = clock.now(), web.session()
    adress = service.find(session, token, now)
    if adress is None:
        nat = natverk(request.remote_addr or "")
        if not _strypning().forsok((PER_GISSNING, f"flode:{nat}")):
            _for_ofta()
        avbryt_dold()
    if not _strypning().forsok((PER_ADRESS, f"flodesadress:{adress.id}")):
        _for_ofta()
    return adress, subjekt_av(adress.medlemskap, None, now)


def _for_ofta() -> NoReturn:
    svar = web.felsida(429, "För många försök", "Flödet har hämtats för ofta.", gor="Vänta 15 minuter.")
    svar.headers["Retry-After"] = str(VANTA)
    raise HTTPException(response=svar)


def _svara(adress: Flodesadress, who: Subjekt, urval: Urval, rubrik: str, vag: str, vad: str) -> Response:
    valda = request.args.get("ovning", "")
    ovningar = Ovningar(valda) if valda in list(Ovningar) else Ovningar.MED
    urval = Urval(urval.handelse_id, urval.aktor_id, ovningar)
    flodet = Flode(
        nyckel=f"wis/flode/{who.aktor_slug}/{vad}" + (f"/{ovningar}" if ovningar is not Ovningar.MED else ""),
        rubrik=f"wis: {rubrik}, som {who.aktor_kortnamn}",
        vag=vag,
        sedan=adress.skapad,
        slut=adress.giltig_till,
        poster=poster(web.session(), who, urval),
    )
    stampel = atom.stampel(flodet)
    oforandrat = stampel in request.if_none_match
    svar = make_response(b"" if oforandrat else atom.atom(flodet, web.settings().base_url), 304 if oforandrat else 200)
    svar.mimetype = atom.MIME
    svar.set_etag(stampel)
    _naken(svar)
    service.anteckna_anvandning(web.database(), adress, clock.now())
    return svar


def _naken(svar: Response) -> None:
    """Keep the address from going further. What lies between keeps none of our answers anyway."""
    svar.headers["Referrer-Policy"] = "no-referrer"
    svar.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"


def _strypning() -> Strypning:
    return cast(Strypning, current_app.extensions["wis_strypning"])


# --- for the person --------------------------------------------------------------------------------------------------


@bp.route("/floden", methods=["GET", "POST"])
@kraver_bekraftad
def sida() -> web.Svar:
    """One's addresses, and a new one: it is shown this once."""
    form = Adressformular()
    if not form.is_submitted():
        return _sidan(form)
    if inloggad().gast_i is not None:
        avbryt_dold()
    if not form.validate():
        return _sidan(form, 422)
    try:
        with web.transaction() as session:
            token = service.skapa(session, inloggad_nu(session), form.namn.data, form.idempotensnyckel())
    except service.ForManga:
        form.form_errors = [f"Du har redan {MAX_ADRESSER} adresser. Återkalla en som du inte använder först."]
        return _sidan(form, 409)
    except service.RedanGjord:
        flash("Adressen är redan gjord, och visas bara en gång. Hann du inte spara den: återkalla den.", "varning")
        return redirect(url_for("floden.sida"))
    return _sidan(Adressformular(formdata=None), ny=token)


def _sidan(form: Adressformular, status: int = 200, *, ny: str = "") -> web.Svar:
    session, who = web.session(), inloggad()
    form.forbered()
    page = render_template(
        "floden/sida.html",
        form=form,
        adresser=service.egna(session, who),
        nu=clock.now(),
        hogst=MAX_ADRESSER,
        nya=_nya(ny) if ny else [],
    )
    svar = make_response(page, status)
    if ny:
        svar.headers["Referrer-Policy"] = "no-referrer"
    return svar


def _nya(token: str) -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
    """The addresses that the token opens, by what they are called: of all, of an event, of an actor."""
    session, bas = web.session(), web.settings().base_url
    handelser = handelser_for(session, inloggad())[:MAX_HANDELSER]
    return (
        ("Allt du läser", [("", bas + url_for("floden.alla", token=token))]),
        ("En händelse", [(h.rubrik, bas + url_for("floden.handelse", token=token, slug=h.slug)) for h in handelser]),
        (
            "En aktör",
            [(a.kortnamn, bas + url_for("floden.aktor", token=token, slug=a.slug)) for a in alla_aktorer(session)],
        ),
    )


@bp.post("/floden/<int:id>/aterkalla")
def aterkalla(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Let an address open nothing any more."""
    with web.transaction() as session:
        fanns = service.aterkalla(session, inloggad_nu(session), id)
    if not fanns:
        avbryt_dold()
    flash("Adressen är återkallad. Den som har den läser inget mer.", "klart")
    return redirect(url_for("floden.sida"))


# The other views; they add their own to bp.
from wis.floden import capvyer  # noqa: E402, F401
