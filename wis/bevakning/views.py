"""What I watch: to save a search or an area, see what it has hit, change it and remove it."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wis import web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import find_aktor
from wis.auth.atkomst import Nekad, avbryt_dold, inloggad, inloggad_nu, las_jag, tillgang
from wis.auth.rules import Beslut, Sak, Slag, Subjekt, Verb
from wis.bevakning import queries, service
from wis.bevakning.forms import Bevakningsformular, Omradesformular
from wis.bevakning.models import Bevakning, Bevakningsslag
from wis.bevakning.rules import MAX_ANTAL, Fullt, Vad, fel_i, forslag_till_namn
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.models import Handelse
from wis.notiser.models import Kanalslag
from wis.notiser.queries import kanaler
from wis.sok.queries import MAX_TRAFFAR
from wis.sok.rules import MAX_TECKEN, Sort

bp = Blueprint("bevakning", __name__)


@dataclass(frozen=True)
class Sokningen:
    """The search that the page of searches led from, as its fields say."""

    ord: str
    handelse: Handelse | None
    aktor: Aktor | None
    sort: Sort | None
    ovning: bool

    def vad(self) -> Vad:
        """The same, to be watched."""
        return Vad(
            ovning=self.ovning,
            ord=self.ord,
            handelse_id=None if self.handelse is None else self.handelse.id,
            av_aktor_id=None if self.aktor is None else self.aktor.id,
            sort=self.sort,
        )


@bp.get("/bevakningar")
def lista() -> web.Svar:
    """What I watch as the actor that I act for, and what it has hit."""
    who, session = _inte_gast(inloggad()), web.session()
    rader = queries.mina(session, who)
    return render_template(
        "bevakning/lista.html",
        rader=rader,
        hos_andra=queries.antal(session, who.anvandare_id) - len(rader),
        sokadress=_sokadress,
        handelsen=_handelsen,
        kommuner={en.slug: en.kortnamn for en in queries.kommuner(session)},
        MAX_ANTAL=MAX_ANTAL,
    )


@bp.route("/bevakningar/ny", methods=["GET", "POST"])
def ny() -> web.Svar:
    """Watch a search."""
    who, sokningen = _inte_gast(inloggad()), _sokningen()
    vad, form = sokningen.vad(), Bevakningsformular()
    form.forbered()
    hinder = fel_i(vad)
    finns = queries.find_lika(web.session(), who, vad.nyckel)
    if not form.is_submitted():
        _forifyll(form, forslag_till_namn(sokningen.ord), finns)
    elif not hinder and form.validate() and _spara(vad, form):
        return redirect(url_for("bevakning.lista"))
    page = render_template(
        "bevakning/ny.html",
        form=form,
        sokningen=sokningen,
        hinder=hinder,
        finns=finns,
        antal=0 if hinder else queries.senaste_veckan(web.session(), who, vad),
        ovning=vad.ovning,
        **_visas(who),
    )
    return page, 422 if form.errors or (hinder and form.is_submitted()) else 200


@bp.route("/bevakningar/omrade", methods=["GET", "POST"])
def omrade() -> web.Svar:
    """Watch some kommuner."""
    who, form = _inte_gast(inloggad()), Omradesformular()
    form.bland(queries.kommuner(web.session()))
    if not form.is_submitted():
        _forifyll(form, "", None)
        return _omradessida(who, form)
    form.namn.data = " ".join((form.namn.data or "").split()) or forslag_till_namn("", form.valda_namn())
    vad = Vad(ovning=bool(form.ovning.data), kommuner=form.valda())
    rakna = request.form.get("handling") == "rakna"
    if form.validate() and not rakna and _spara(vad, form):
        return redirect(url_for("bevakning.lista"))
    if not vad.kommuner or not rakna:
        return _omradessida(who, form)
    return _omradessida(who, form, queries.senaste_veckan(web.session(), who, vad))


def _omradessida(who: Subjekt, form: Omradesformular, antal: int | None = None) -> web.Svar:
    page = render_template("bevakning/omrade.html", form=form, antal=antal, **_visas(who))
    return page, 422 if form.errors else 200


@bp.route("/bevakningar/<int:id>", methods=["GET", "POST"])
def andra(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Another name, or other channels."""
    who = _inte_gast(inloggad())
    bevakning = queries.find(web.session(), who, id) or avbryt_dold()
    form = Bevakningsformular()
    form.forbered()
    if not form.is_submitted():
        _forifyll(form, bevakning.namn, bevakning)
    elif form.validate():
        with web.transaction() as session:
            las_jag(session)
            who = inloggad_nu(session)
            egen = queries.find(session, who, id) or avbryt_dold()
            service.andra(session, who, egen, form.namn.data or "", form.valda_kanaler())
        flash("Bevakningen är ändrad.", "klart")
        return redirect(url_for("bevakning.lista"))
    page = render_template("bevakning/andra.html", form=form, bevakning=bevakning, **_visas(who))
    return page, 422 if form.errors else 200


@bp.post("/bevakningar/<int:id>/ta-bort")
def ta_bort(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Stop watching it. What is gone already is not there to be removed, and nothing is said of that."""
    _inte_gast(inloggad())
    with web.transaction() as session:
        las_jag(session)
        who = inloggad_nu(session)
        egen = queries.find(session, who, id) or avbryt_dold()
        namn = egen.namn
        service.ta_bort(session, who, egen)
    flash(f"Du bevakar inte längre {namn}.", "klart")
    return redirect(url_for("bevakning.lista"))


# --- pieces ------------------------------------------------------------------------------------------------------


def _inte_gast(who: Subjekt) -> Subjekt:
    """Raises Nekad for a guest, who reads one event and does nothing else."""
    if who.gast_i is not None:
        skal = f"Du är gäst hos {who.aktor_namn}. Gäster läser en händelse och kan inte bevaka något."
        beslut = Beslut(tillatet=False, skal=skal, vem_kan=f"Aktörsadministratören hos {who.aktor_namn}.")
        raise Nekad(beslut, Verb.LASA, Sak(Slag.AKTOR, who.aktor_id, agare_namn=who.aktor_namn), "bevaka")
    return who


def _sokningen() -> Sokningen:
    """What the address or the form says. An event that may not be read is answered as none (404)."""
    sagt = request.values
    slug, aktor_slug, sort = sagt.get("handelse", ""), sagt.get("aktor", ""), sagt.get("slag", "")
    handelse = hamta_handelse(slug) if slug else None
    aktor = find_aktor(web.session(), aktor_slug) if aktor_slug else None
    if (aktor_slug and aktor is None) or (sort and sort not in set(Sort)):
        # Without it something wider would be watched than what was searched.
        avbryt_dold()
    return Sokningen(
        ord=sagt.get("q", "").strip()[: MAX_TECKEN + 1],
        handelse=handelse,
        aktor=aktor,
        sort=Sort(sort) if sort else None,
        ovning=handelse.ovning if handelse else sagt.get("ovning") == "1",
    )


def _spara(vad: Vad, form: Bevakningsformular) -> bool:
    """Whether it was saved; what stands against it is said in the form."""
    try:
        with web.transaction() as session:
            las_jag(session)
            service.spara(session, inloggad_nu(session), vad, form.namn.data or "", form.valda_kanaler())
    except Fullt as fel:
        form.form_errors.append(str(fel))
        return False
    flash(f"Du bevakar {form.namn.data}. Du får veta när något som träffar publiceras och aviseras.", "klart")
    return True


def _forifyll(form: Bevakningsformular, namn: str, finns: Bevakning | None) -> None:
    """As it is saved; else by e-mail, which wakes nobody."""
    form.namn.data = namn if finns is None else finns.namn
    valda = (Kanalslag.EPOST,) if finns is None else finns.kanalval()
    form.kanaler.data = [slag.value for slag in valda]


def _visas(who: Subjekt) -> dict[str, object]:
    nas = [slag for slag, kanal in kanaler(web.session(), who.anvandare_id).items() if kanal.verifierad]
    return {"nas": nas, "MAX_TRAFFAR": MAX_TRAFFAR, "Bevakningsslag": Bevakningsslag}


def _handelsen(bevakning: Bevakning) -> str:
    """The name of the one event that is watched, if it may be read; else ''."""
    handelse = bevakning.handelse
    return handelse.rubrik if handelse is not None and tillgang(Verb.LASA, handelse.sak()) else ""


def _sokadress(bevakning: Bevakning) -> str:
    """The page of searches with the same search."""
    return url_for(
        "sok.sida",
        q=bevakning.ord,
        handelse=bevakning.handelse.slug if bevakning.handelse else None,
        aktor=bevakning.av_aktor.slug if bevakning.av_aktor else None,
        slag=bevakning.sort,
        ovning=1 if bevakning.ovning else None,
    )
