"""Reading, publishing and correcting informationsunderrättelser."""

from dataclasses import dataclass, replace
from itertools import pairwise

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wis import clock, web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer, alla_natverk
from wis.auth.atkomst import avbryt_dold, inloggad, kraver, kraver_nu, tillgang
from wis.auth.krets import Tlp
from wis.auth.rules import Sak, Slag, Verb
from wis.auth.snabbvag import lagra, lagra_inte
from wis.auth.visning import visbar_som
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.delat import klass_i_alla, las_allas_nummer, tidigast
from wis.handelser.models import Handelse, Lasarkrets
from wis.handelser.rules import Inaktuell
from wis.handelser.sakkrets import lasratt
from wis.jamfor import jamfor_ord
from wis.notiser.kvittensvyer import kvittens
from wis.notiser.leveransfragor import utskick_for_underrattelse
from wis.notiser.models import Notisslag
from wis.notiser.views import byt_ut_dyra, forhandsvisning
from wis.notiser.visat import Tankt, har_vuxit
from wis.underrattelser import queries, service
from wis.underrattelser.forms import Underrattelseformular
from wis.underrattelser.lasratt import las_underrattelse, sak_for
from wis.underrattelser.listan import lista as lista_for
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion
from wis.underrattelser.rules import FelBas, RedanSkickat, las_plats

bp = Blueprint("underrattelser", __name__)
# Held while something is published in the event: so it is not closed meanwhile, and others may publish.
DELAT = {"of": Handelse, "read": True}


def hamta_underrattelse(underrattelse_id: int, verb: Verb = Verb.LASA) -> Underrattelse:
    """The underrättelse, if the one who asks reads its latest version and may do `verb`. Raises NotFound or Nekad."""
    found = queries.find_underrattelse(web.session(), underrattelse_id)
    if found is None:
        avbryt_dold()
    kraver(Verb.LASA, sak_for(found, senaste_av(found)))
    if verb is not Verb.LASA:
        kraver(verb, sak_for(found))
    return found


def senaste_av(underrattelse: Underrattelse) -> UnderrattelseVersion:
    """The latest version, whoever asks. Raises NotFound."""
    found = queries.find_version(web.session(), underrattelse.id, underrattelse.senaste)
    return found if found is not None else avbryt_dold()


@bp.get("/underrattelser")
@visbar_som
def lista() -> web.Svar:
    """All that one may read, newest first; of one event if asked."""
    session, slug = web.session(), request.args.get("handelse", "")
    handelse = hamta_handelse(slug) if slug else None
    lagra(None)
    klassen = klass_i_alla(las_allas_nummer(session))
    listan = lista_for(session, inloggad(), handelse, las_plats(request.args.get("fore")), klassen)
    if listan.rott:
        lagra_inte()
    lagra(None, till=listan.till)
    return render_template("underrattelser/lista.html", listan=listan.html)


@bp.get("/underrattelser/<int:id>")
@visbar_som
def visa(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """One underrättelse with its earlier versions and, for who may, how its delivery goes."""
    underrattelse = hamta_underrattelse(id)
    session, who = web.session(), inloggad()
    slutar = [till for krets in sak_for(underrattelse).kretsar for till in krets.till.values()]
    lagra(underrattelse.handelse_id, till=tidigast(clock.now(), slutar))
    versioner = queries.versioner(session, who, id)
    following = tillgang(Verb.SE_UTSKICK, sak_for(underrattelse))
    lasare = lasratt(sak_for(underrattelse, versioner[0]), alla_aktorer(session))
    egen = underrattelse.aktor_id == who.aktor_id
    kvittera, utskick = kvittens(underrattelse_id=id), utskick_for_underrattelse(session, id) if following else {}
    if kvittera or utskick or any(version.tlp == Tlp.RED for version in versioner):
        lagra_inte()
    far_be = lasare.saknar and not egen and tillgang(Verb.BE_OM_LASRATT, underrattelse.handelse.sak())
    return render_template(
        "underrattelser/visa.html",
        underrattelse=underrattelse,
        versioner=versioner,
        andringar=[jamfor_ord(old.text, new.text) for new, old in pairwise(versioner)],
        far_ratta=tillgang(Verb.PUBLICERA, sak_for(underrattelse)),
        utskick=utskick,
        lasratt=lasare,
        far_andra_lasratt=egen and tillgang(Verb.ANDRA_LASRATT, sak_for(underrattelse)),
        far_be=far_be,
        kvittera=kvittera,
        ovning=underrattelse.handelse.ovning,
    )


@bp.route("/handelser/<slug>/underrattelser/ny", methods=["GET", "POST"])
def ny(slug: str) -> web.Svar:
    """Publish an underrättelse in an event."""
    handelse = hamta_handelse(slug)
    kraver(Verb.PUBLICERA, _egen_sak(handelse))
    sida = Sida(Underrattelseformular(), handelse, web.session().get_one(Aktor, inloggad().aktor_id))
    form = sida.knutet()
    if not form.is_submitted():
        form.forbered()
    byt_ut_dyra(form.rubrik, form.text)
    stopp = _stopp(sida)
    if stopp is not None:
        return stopp
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
    sida = _rattelse(Underrattelseformular(), underrattelse)
    form = sida.knutet()
    if not form.is_submitted():
        form.forbered(sida.tidigare)
    byt_ut_dyra(form.rubrik, form.text)
    stopp = _stopp(sida)
    if stopp is not None:
        return stopp
    handelse_id = underrattelse.handelse_id
    publicering = _publicering(form)
    try:
        with web.transaction() as session:
            session.get_one(Handelse, handelse_id, with_for_update=DELAT)
            locked = las_underrattelse(session, id)
            who = kraver_nu(session, Verb.PUBLICERA, sak_for(locked))
            service.ratta(session, who, locked, form.bas.data or 0, publicering)
    except FelBas:
        return _krock(form, id)
    except Inaktuell:
        return _formularsida(_rattelse(form, hamta_underrattelse(id, Verb.PUBLICERA)))
    flash("Rättelsen är publicerad.", "klart")
    return redirect(url_for("underrattelser.visa", id=id))


@dataclass(frozen=True)
class Sida:
    """What the form page shows: the form, its event, and what is being corrected or stood in the way.

    `redan` is what the same form has published, when it is sent again with something else in it; `vidgad`: it reaches
    more than the person was shown.
    """

    form: Underrattelseformular
    handelse: Handelse
    aktor: Aktor
    krets: Lasarkrets | None = None
    tidigare: UnderrattelseVersion | None = None
    krock: bool = False
    redan: UnderrattelseVersion | None = None
    vidgad: bool = False

    def knutet(self) -> Underrattelseformular:
        """The form, knowing who reads the underrättelse now and who can be chosen."""
        session = web.session()
        self.form.knyt(self.krets, self.aktor)
        self.form.erbjud(self.handelse, self.krets, self.aktor, alla_aktorer(session), alla_natverk(session))
        return self.form


def _rattelse(form: Underrattelseformular, underrattelse: Underrattelse) -> Sida:
    tidigare = senaste_av(underrattelse)
    return Sida(form, underrattelse.handelse, underrattelse.aktor, underrattelse.krets, tidigare)


def _egen_sak(handelse: Handelse) -> Sak:
    aktor = web.session().get_one(Aktor, inloggad().aktor_id)
    return handelse.sak(Slag.UNDERRATTELSE, aktor)


def _stopp(sida: Sida) -> web.Svar | None:
    """The form again, if it is not to be published as it was sent."""
    form, handling = sida.form, request.form.get("handling")
    if not form.is_submitted() or handling not in {"avisera", "tyst"}:
        return _formularsida(sida)
    if not (form.validate() and form.granska_rott(sida.handelse, sida.aktor)):
        return _formularsida(sida)
    visat = request.form.get("visat", "")
    vidgad = har_vuxit(web.session(), _tankt(sida), visat, avisera=handling == "avisera")
    return _formularsida(replace(sida, vidgad=True)) if vidgad else None


def _tankt(sida: Sida) -> Tankt:
    form, tidigare = sida.form, sida.tidigare
    return Tankt(
        sida.handelse,
        Notisslag.UNDERRATTELSE,
        sida.aktor,
        rattar=tidigare.underrattelse_id if tidigare else None,
        lasare=form.lasarval().lasare,
        tlp=form.tlp_hittills(),
    )


def _publicering(form: Underrattelseformular) -> service.Publicering:
    # Rendering takes its time: hold no connection meanwhile.
    web.end_reading()
    avisera = request.form.get("handling") == "avisera"
    return service.Publicering(form.innehall(), form.nyckel.data or "", avisera, form.kretsval())


def _krock(form: Underrattelseformular, underrattelse_id: int) -> web.Svar:
    """Someone corrected it first: both texts, and the form now built on the newest."""
    sida = replace(_rattelse(form, hamta_underrattelse(underrattelse_id, Verb.PUBLICERA)), krock=True)
    # The submitted value would win over .data when the page is drawn; the base must be the new one.
    form.bas.raw_data = None
    form.bas.data = senaste_av(hamta_underrattelse(underrattelse_id)).nummer
    form.ny_nyckel()
    return _formularsida(sida)


def _redan(form: Underrattelseformular, slug: str, underrattelse_id: int) -> web.Svar:
    """The form has published something else before: the person says which of the two it is to be."""
    form.ny_nyckel()
    session = web.session()
    published = queries.versioner(session, inloggad(), underrattelse_id)[0]
    aktor = session.get_one(Aktor, inloggad().aktor_id)
    return _formularsida(Sida(form, hamta_handelse(slug), aktor, redan=published))


def _formularsida(sida: Sida) -> web.Svar:
    form, handelse, tidigare = sida.knutet(), sida.handelse, sida.tidigare
    andrad = form.andrad_under_tiden()
    preview = forhandsvisning(
        handelse,
        Notisslag.UNDERRATTELSE,
        rubrik=form.rubrik.data or "",
        text=form.text.data or "",
        aktor=sida.aktor,
        bradskande=bool(form.bradskande.data),
        rattelse=tidigare is not None,
        rattar=tidigare.underrattelse_id if tidigare else None,
        lasare=form.lasarval().lasare,
        tlp=form.tlp_hittills(),
    )
    page = render_template(
        "underrattelser/skriv.html",
        form=form,
        handelse=handelse,
        tidigare=tidigare,
        agare=sida.aktor.namn,
        lasratt=lasratt(_sak(sida), alla_aktorer(web.session())) if andrad else None,
        krock=sida.krock,
        redan=sida.redan,
        vidgad=sida.vidgad,
        delar=jamfor_ord(tidigare.text, form.text.data or "") if tidigare and sida.krock else [],
        ovning=handelse.ovning,
        **preview,
    )
    stopped = sida.krock or sida.redan or sida.vidgad or andrad
    return page, 409 if stopped else 422 if form.is_submitted() and form.errors else 200


def _sak(sida: Sida) -> Sak:
    return sida.handelse.sak(Slag.UNDERRATTELSE, sida.aktor, krets=sida.krets)


# The page about who reads; it adds its own views to bp.
from wis.underrattelser import lasrattsvyer  # noqa: E402, F401
