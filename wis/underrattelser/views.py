"""Reading, publishing and correcting informationsunderrättelser."""

from dataclasses import dataclass
from itertools import pairwise

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wis import web
from wis.aktorer.models import Aktor
from wis.auth.atkomst import avbryt_dold, inloggad, kraver, kraver_nu, tillgang
from wis.auth.rules import Sak, Slag, Verb
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.models import Handelse
from wis.handelser.queries import handelser_for
from wis.jamfor import jamfor_ord
from wis.notiser.models import Notisslag
from wis.notiser.queries import utskick_for_underrattelse
from wis.notiser.views import byt_ut_dyra, forhandsvisning
from wis.underrattelser import queries, service
from wis.underrattelser.forms import Underrattelseformular
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion
from wis.underrattelser.rules import FelBas, RedanSkickat

bp = Blueprint("underrattelser", __name__)
PER_SIDA = 30
# Held while something is published in the event: so it is not closed meanwhile, and others may publish.
DELAT = {"of": Handelse, "read": True}


def sak_for(underrattelse: Underrattelse) -> Sak:
    """What rights to an underrättelse are judged on."""
    return underrattelse.handelse.sak(Slag.UNDERRATTELSE, underrattelse.aktor)


def hamta_underrattelse(underrattelse_id: int, verb: Verb = Verb.LASA) -> Underrattelse:
    """The underrättelse, if the one who asks may do `verb`. Raises NotFound or Nekad."""
    found = queries.find_underrattelse(web.session(), underrattelse_id)
    if found is None:
        avbryt_dold()
    kraver(Verb.LASA, sak_for(found))
    if verb is not Verb.LASA:
        kraver(verb, sak_for(found))
    return found


@bp.get("/underrattelser")
def lista() -> web.Svar:
    """All that one may read, newest first; of one event if asked."""
    who, session = inloggad(), web.session()
    slug, fran = request.args.get("handelse", ""), max(0, request.args.get("fran", 0, type=web.heltal))
    handelse = hamta_handelse(slug) if slug else None
    urval = queries.Urval(handelse_id=handelse.id if handelse else None, fran=fran, antal=PER_SIDA + 1)
    found = list(queries.senaste_underrattelser(session, who, urval))
    return render_template(
        "underrattelser/lista.html",
        underrattelser=found[:PER_SIDA],
        nasta=fran + PER_SIDA if len(found) > PER_SIDA else None,
        vald=handelse,
        handelser=handelser_for(session, who),
    )


@bp.get("/underrattelser/<int:id>")
def visa(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """One underrättelse with its earlier versions and, for who may, how its delivery goes."""
    underrattelse = hamta_underrattelse(id)
    session = web.session()
    versioner = queries.versioner(session, id)
    following = tillgang(Verb.SE_UTSKICK, sak_for(underrattelse))
    return render_template(
        "underrattelser/visa.html",
        underrattelse=underrattelse,
        versioner=versioner,
        andringar=[jamfor_ord(old.text, new.text) for new, old in pairwise(versioner)],
        far_ratta=tillgang(Verb.PUBLICERA, sak_for(underrattelse)),
        utskick=utskick_for_underrattelse(session, id) if following else {},
        ovning=underrattelse.handelse.ovning,
    )


@bp.route("/handelser/<slug>/underrattelser/ny", methods=["GET", "POST"])
def ny(slug: str) -> web.Svar:
    """Publish an underrättelse in an event."""
    handelse = hamta_handelse(slug)
    kraver(Verb.PUBLICERA, _egen_sak(handelse))
    form = Underrattelseformular()
    if not form.is_submitted():
        form.forbered()
    byt_ut_dyra(form.rubrik, form.text)
    if not _ska_publiceras(form):
        return _formularsida(Sida(form, handelse))
    handelse_id, aktor_id = handelse.id, inloggad().aktor_id
    publicering = _publicering(form)
    try:
        with web.transaction() as session:
            current = session.get_one(Handelse, handelse_id, with_for_update=DELAT)
            who = kraver_nu(session, Verb.PUBLICERA, current.sak(Slag.UNDERRATTELSE, session.get_one(Aktor, aktor_id)))
            underrattelse_id = service.publicera(session, who, current, publicering).underrattelse_id
    except RedanSkickat as redan:
        return _redan(form, slug, redan.underrattelse_id)
    flash("Underrättelsen är publicerad.", "klart")
    return redirect(url_for("underrattelser.visa", id=underrattelse_id))


@bp.route("/underrattelser/<int:id>/ratta", methods=["GET", "POST"])
def ratta(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Correct an underrättelse: a new version to the same recipients."""
    underrattelse = hamta_underrattelse(id, Verb.PUBLICERA)
    tidigare = queries.versioner(web.session(), id)[0]
    form = Underrattelseformular()
    if not form.is_submitted():
        form.forbered(tidigare)
    byt_ut_dyra(form.rubrik, form.text)
    if not _ska_publiceras(form):
        return _formularsida(Sida(form, underrattelse.handelse, tidigare))
    handelse_id = underrattelse.handelse_id
    publicering = _publicering(form)
    try:
        with web.transaction() as session:
            session.get_one(Handelse, handelse_id, with_for_update=DELAT)
            locked = session.get_one(Underrattelse, id, with_for_update={"of": Underrattelse, "key_share": True})
            who = kraver_nu(session, Verb.PUBLICERA, sak_for(locked))
            service.ratta(session, who, locked, form.bas.data or 0, publicering)
    except FelBas:
        return _krock(form, id)
    flash("Rättelsen är publicerad.", "klart")
    return redirect(url_for("underrattelser.visa", id=id))


@dataclass(frozen=True)
class Sida:
    """What the form page shows: the form, its event, and what is being corrected or stood in the way.

    `redan` is what the same form has published, when it is sent again with something else in it.
    """

    form: Underrattelseformular
    handelse: Handelse
    tidigare: UnderrattelseVersion | None = None
    krock: bool = False
    redan: UnderrattelseVersion | None = None


def _egen_sak(handelse: Handelse) -> Sak:
    aktor = web.session().get_one(Aktor, inloggad().aktor_id)
    return handelse.sak(Slag.UNDERRATTELSE, aktor)


def _ska_publiceras(form: Underrattelseformular) -> bool:
    return bool(form.is_submitted() and request.form.get("handling") in {"avisera", "tyst"} and form.validate())


def _publicering(form: Underrattelseformular) -> service.Publicering:
    # Rendering takes its time: hold no connection meanwhile.
    web.end_reading()
    return service.Publicering(
        form.innehall(), form.nyckel.data or "", avisera=request.form.get("handling") == "avisera"
    )


def _krock(form: Underrattelseformular, underrattelse_id: int) -> web.Svar:
    """Someone corrected it first: both texts, and the form now built on the newest."""
    underrattelse = hamta_underrattelse(underrattelse_id, Verb.PUBLICERA)
    newest = queries.versioner(web.session(), underrattelse_id)[0]
    # The submitted value would win over .data when the page is drawn; the base must be the new one.
    form.bas.raw_data = None
    form.bas.data = newest.nummer
    form.ny_nyckel()
    return _formularsida(Sida(form, underrattelse.handelse, newest, krock=True))


def _redan(form: Underrattelseformular, slug: str, underrattelse_id: int) -> web.Svar:
    """The form has published something else before: the person says which of the two it is to be."""
    form.ny_nyckel()
    published = queries.versioner(web.session(), underrattelse_id)[0]
    return _formularsida(Sida(form, hamta_handelse(slug), redan=published))


def _formularsida(sida: Sida) -> web.Svar:
    form, handelse = sida.form, sida.handelse
    aktor = web.session().get_one(Aktor, inloggad().aktor_id)
    preview = forhandsvisning(
        handelse,
        Notisslag.UNDERRATTELSE,
        rubrik=form.rubrik.data or "",
        text=form.text.data or "",
        aktor=aktor,
        bradskande=bool(form.bradskande.data),
        rattelse=sida.tidigare is not None,
        rattar=sida.tidigare.underrattelse_id if sida.tidigare else None,
    )
    page = render_template(
        "underrattelser/skriv.html",
        form=form,
        handelse=handelse,
        tidigare=sida.tidigare,
        krock=sida.krock,
        redan=sida.redan,
        delar=jamfor_ord(sida.tidigare.text, form.text.data or "") if sida.tidigare and sida.krock else [],
        ovning=handelse.ovning,
        **preview,
    )
    return page, 409 if sida.krock or sida.redan else 422 if form.is_submitted() and form.errors else 200
