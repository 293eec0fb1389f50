"""Reading, publishing and correcting informationsunderrättelser."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

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
from wis.tvaperson.forms import Nodformular, las_nodlage
from wis.tvaperson.publicering import anlita
from wis.tvaperson.queries import find_eget, regler
from wis.tvaperson.rules import Handling, KraverTva, Satt, las_handling, niva_av
from wis.underrattelser import queries, service
from wis.underrattelser.forberett import forberett
from wis.underrattelser.forhandsgranskning import Granskning, granska
from wis.underrattelser.forms import Underrattelseformular
from wis.underrattelser.forslag import DELAT, Underrattelsepublicerare, foresla
from wis.underrattelser.lasratt import las_underrattelse, sak_for
from wis.underrattelser.listan import lista as lista_for
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion
from wis.underrattelser.rules import FelBas, RedanSkickat, las_plats

bp = Blueprint("underrattelser", __name__)
anlita(service.FORSLAGSSLAG, Underrattelsepublicerare())
GRANSKA = "granska"


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
    internt = who.hor_till(underrattelse.aktor_id)
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
        internt=internt,
        kvittera=kvittera,
        ovning=underrattelse.handelse.ovning,
    )


@bp.route("/handelser/<slug>/underrattelser/ny", methods=["GET", "POST"])
def ny(slug: str) -> web.Svar:
    """Publish an underrättelse in an event, or ask a colleague to."""
    form = Underrattelseformular()
    sida = _ny_sida(form, slug)
    sida.knutet()
    if not form.is_submitted():
        form.forbered()
        _fyll_forslag(form, handelse_id=sida.handelse.id)
        _fyll_forberett(form, sida.handelse.id)
    stopp = _stopp(sida, lambda: _ny_sida(form, slug))
    if stopp is not None:
        return stopp
    handelse_id, aktor_id, lasratt_ = sida.handelse.id, inloggad().aktor_id, form.lasrattstext()
    publicering, ber = _publicering(form), _ber()
    try:
        with web.transaction() as session:
            current = session.get_one(Handelse, handelse_id, with_for_update=DELAT)
            who = kraver_nu(session, Verb.PUBLICERA, current.sak(Slag.UNDERRATTELSE, session.get_one(Aktor, aktor_id)))
            if ber:
                blev = foresla(session, who, current, publicering, lasratt_).id
            else:
                blev = service.publicera(session, who, current, publicering).underrattelse_id
    except RedanSkickat as redan:
        return _redan(form, slug, redan.underrattelse_id)
    except KraverTva:
        return _formularsida(replace(_ny_sida(form, slug), kraver_tva=True))
    return _klart("Underrättelsen är publicerad.", blev)


@bp.route("/underrattelser/<int:id>/ratta", methods=["GET", "POST"])
def ratta(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Correct an underrättelse: a new version to the same recipients. Or ask a colleague to."""
    form = Underrattelseformular()
    sida = _rattelse(form, id)
    sida.knutet()
    if not form.is_submitted():
        form.forbered(sida.tidigare)
        _fyll_forslag(form, rattar=id)
    stopp = _stopp(sida, lambda: _rattelse(form, id))
    if stopp is not None:
        return stopp
    handelse_id, lasratt_, bas = sida.handelse.id, form.lasrattstext(), form.bas.data or 0
    publicering, ber, blev = _publicering(form), _ber(), id
    try:
        with web.transaction() as session:
            handelse = session.get_one(Handelse, handelse_id, with_for_update=DELAT)
            locked = las_underrattelse(session, id)
            who = kraver_nu(session, Verb.PUBLICERA, sak_for(locked))
            if ber:
                blev = foresla(session, who, handelse, publicering, lasratt_, rattar=locked, bas=bas).id
            else:
                service.ratta(session, who, locked, bas, publicering)
    except FelBas:
        return _krock(form, id)
    except Inaktuell:
        return _formularsida(_rattelse(form, id))
    except KraverTva:
        return _formularsida(replace(_rattelse(form, id), kraver_tva=True))
    return _klart("Rättelsen är publicerad.", blev)


def _klart(publicerat: str, id_: int) -> web.Svar:
    """Where the pressed button leads: to what was published, or to the proposal."""
    if _ber():
        flash("En kollega har fått frågan. Inget är publicerat än.", "klart")
        return redirect(url_for("tvaperson.visa", id=id_))
    flash(publicerat, "klart")
    return redirect(url_for("underrattelser.visa", id=id_))


def _ber() -> bool:
    handling = las_handling(request.form.get("handling"))
    return handling is not None and handling.satt is Satt.BE


def _fyll_forslag(form: Underrattelseformular, *, handelse_id: int | None = None, rattar: int | None = None) -> None:
    """Go on with one's own proposal, if the address names one of this very thing."""
    eget = find_eget(web.session(), inloggad(), request.args.get("forslag", type=web.heltal))
    if eget is None or eget.slag != service.FORSLAGSSLAG or eget.innehall["rattar"] != rattar:
        return
    if rattar is not None or eget.handelse_id == handelse_id:
        form.fyll_forslag(eget.innehall, eget.nyckel)


def _fyll_forberett(form: Underrattelseformular, handelse_id: int) -> None:
    """Begin with the words that one's own actor has prepared for the event, if the address asks for them."""
    ord_ = forberett(web.session(), inloggad(), handelse_id) if "forberedd" in request.args else None
    if ord_ is not None:
        form.rubrik.data, form.text.data = ord_


@dataclass(frozen=True)
class Sida:
    """What the form page shows: the form, its event, and what is being corrected or stood in the way.

    `redan` is what the same form has published, when it is sent again with something else in it; `vidgad`: it reaches
    more than the person was shown; `granskad`: they asked to see it as its readers will; `kraver_tva`: a colleague is
    needed, who was not when the form was drawn.
    """

    form: Underrattelseformular
    handelse: Handelse
    aktor: Aktor
    krets: Lasarkrets | None = None
    tidigare: UnderrattelseVersion | None = None
    krock: bool = False
    redan: UnderrattelseVersion | None = None
    vidgad: bool = False
    kraver_tva: bool = False
    nod: Nodformular | None = None
    granskad: Granskning | None = None

    def knutet(self) -> Underrattelseformular:
        """The form, knowing who reads the underrättelse now and who can be chosen."""
        session = web.session()
        self.form.knyt(self.krets, self.aktor)
        self.form.erbjud(self.handelse, self.krets, self.aktor, alla_aktorer(session), alla_natverk(session))
        return self.form


def egen_sak(handelse: Handelse) -> Sak:
    """What the right to publish an underrättelse of one's own actor in the event is judged on."""
    return handelse.sak(Slag.UNDERRATTELSE, web.session().get_one(Aktor, inloggad().aktor_id))


def _ny_sida(form: Underrattelseformular, slug: str) -> Sida:
    handelse = hamta_handelse(slug)
    kraver(Verb.PUBLICERA, egen_sak(handelse))
    return Sida(form, handelse, web.session().get_one(Aktor, inloggad().aktor_id))


def _rattelse(form: Underrattelseformular, underrattelse_id: int) -> Sida:
    sak = hamta_underrattelse(underrattelse_id, Verb.PUBLICERA)
    return Sida(form, sak.handelse, sak.aktor, sak.krets, senaste_av(sak))


def _stopp(sida: Sida, pa_nytt: Callable[[], Sida]) -> web.Svar | None:
    """The form again, if it is not to be published as it was sent. `pa_nytt` reads what the page shows again."""
    form, handling = sida.form, las_handling(request.form.get("handling"))
    byt_ut_dyra(form.rubrik, form.text)
    if request.form.get("handling") == GRANSKA:
        return _granskad(sida, pa_nytt)
    if not form.is_submitted() or handling is None:
        return _formularsida(sida)
    nod = las_nodlage(handling)[1]
    # Each sets the errors of its own fields.
    if not (form.validate() and form.granska_rott(sida.handelse, sida.aktor)) or nod.errors:
        return _formularsida(replace(sida, nod=nod))
    vidgad = har_vuxit(web.session(), _tankt(sida), request.form.get("visat", ""), avisera=handling.avisera)
    return _formularsida(replace(sida, vidgad=True)) if vidgad else None


def _granskad(sida: Sida, pa_nytt: Callable[[], Sida]) -> web.Svar:
    """The form, and above it what it would become."""
    form, tidigare, who = sida.form, sida.tidigare, inloggad()
    # Rendering takes its time: hold no connection meanwhile.
    web.end_reading()
    granskad = granska(form, tidigare, who)
    return _formularsida(replace(pa_nytt(), granskad=granskad))


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
    handling = las_handling(request.form.get("handling")) or Handling(Satt.GENAST, avisera=False)
    # Rendering takes its time: hold no connection meanwhile.
    web.end_reading()
    innehall, intyg = form.innehall(), las_nodlage(handling)[0]
    return service.Publicering(innehall, form.nyckel.data or "", handling.avisera, form.kretsval(), intyg)


def _krock(form: Underrattelseformular, underrattelse_id: int) -> web.Svar:
    """Someone corrected it first: both texts, and the form now built on the newest."""
    sida = replace(_rattelse(form, underrattelse_id), krock=True)
    # The submitted value would win over .data when the page is drawn; the base must be the new one.
    form.bas.raw_data = None
    form.bas.data = senaste_av(hamta_underrattelse(underrattelse_id)).nummer
    form.ny_nyckel()
    return _formularsida(sida)


def _redan(form: Underrattelseformular, slug: str, underrattelse_id: int) -> web.Svar:
    """The form has published something else before: the person says which of the two it is to be."""
    form.ny_nyckel()
    published = queries.versioner(web.session(), inloggad(), underrattelse_id)[0]
    return _formularsida(replace(_ny_sida(form, slug), redan=published))


def _formularsida(sida: Sida) -> web.Svar:
    form, handelse, tidigare = sida.knutet(), sida.handelse, sida.tidigare
    andrad = form.andrad_under_tiden()
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
        granskad=sida.granskad,
        kraver_tva=sida.kraver_tva,
        nod=sida.nod or Nodformular(formdata=None),
        **_tva_personer(sida),
        delar=jamfor_ord(tidigare.text, form.text.data or "") if tidigare and sida.krock else [],
        ovning=handelse.ovning,
        **_forhandsvisad(sida),
    )
    stopped = sida.krock or sida.redan or sida.vidgad or sida.kraver_tva or andrad
    wrong = form.errors or (sida.nod is not None and sida.nod.errors)
    return page, 409 if stopped else 422 if form.is_submitted() and wrong else 200


def _forhandsvisad(sida: Sida) -> dict[str, Any]:
    form, tankt = sida.form, _tankt(sida)
    return forhandsvisning(
        sida.handelse,
        tankt.slag,
        rubrik=form.rubrik.data or "",
        text=form.text.data or "",
        aktor=sida.aktor,
        bradskande=bool(form.bradskande.data),
        rattelse=sida.tidigare is not None,
        rattar=tankt.rattar,
        lasare=tankt.lasare,
        tlp=tankt.tlp,
    )


def _tva_personer(sida: Sida) -> dict[str, Any]:
    """Which buttons the form has: where two persons are needed, and whether a correction may go before."""
    session, tidigare = web.session(), sida.tidigare
    niva = niva_av(avisera=True, bradskande=bool(sida.form.bradskande.data))
    tva = regler(session, inloggad().aktor_id, sida.handelse.lage)
    nivaer = service.nivaer(session, tidigare.underrattelse_id) if tva and tidigare else set()
    return {"tva": tva, "niva": niva, "rattar": any(niva.hojd <= en.hojd for en in nivaer)}


def _sak(sida: Sida) -> Sak:
    return sida.handelse.sak(Slag.UNDERRATTELSE, sida.aktor, krets=sida.krets)


# The other views of the same; each adds its own to bp.
from wis.underrattelser import forhandsvyer, lasrattsvyer  # noqa: E402, F401
