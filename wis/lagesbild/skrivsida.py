"""What the pages about a lägesbild show of rights, and the page for writing, drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, render_template, request

from wis import geo, web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer, alla_natverk, svensk_nyckel
from wis.auth.atkomst import inloggad, tillgang
from wis.auth.krets import Tlp
from wis.auth.rules import Verb
from wis.auth.snabbvag import lagra_inte
from wis.handelser.sakkrets import Lasratt, lasratt
from wis.lagesbild import krock, mallar, medgivanden, queries, service
from wis.lagesbild.atkomst import Mal
from wis.lagesbild.bilagesida import att_skriva
from wis.lagesbild.forms import Lagesbildsformular, beskrivningar, formularklass, heltal
from wis.lagesbild.mall import FUNKTIONER, STANDARD, Forslag, Mall, ar_nyckel
from wis.lagesbild.models import LagesbildVersion
from wis.lagesbild.plats import sak_av
from wis.lagesbild.sida import Skrivsida
from wis.lagesbild.ursprung import Ursprung
from wis.lagesbild.utkast import text_av
from wis.notiser.models import Notisslag
from wis.notiser.rules import lagesbildsrubrik
from wis.notiser.views import forhandsvisning
from wis.notiser.visat import Tankt
from wis.tvaperson.forms import Nodformular
from wis.tvaperson.queries import regler

MAX_OVRIGA = 40
"""So many sections at most that the template has no place for."""


def formular(mal: Mal, *, tomt: bool = False, bara_skickat: bool = False) -> Lagesbildsformular:
    """The form as it was sent (`tomt`: not at all), knowing who reads the lägesbild now.

    `bara_skickat`: with no other sections than it was drawn with, for what shows no page.
    """
    mall = _skickad_mall(mal) or mallar.aktuell(web.session(), mal.plats.aktor_id, mal.handelse.typ)
    skrivna = _ovriga() if bara_skickat else _skrivna_nycklar(mal, tomt=tomt)
    klass = formularklass(mallar.med_egna(web.session(), mall, skrivna, mal.plats.aktor_id))
    form = klass(formdata=None) if tomt else klass()
    form.satt_mall(mall)
    form.byt_till_kortnamn(_kortnamn)
    form.beskrivningar = {} if tomt else beskrivningar(request.form)
    if mal.aktor is None:
        form.utan_lasare()
    else:
        form.knyt(mal.krets, mal.aktor)
    return form


def _kortnamn() -> dict[str, str]:
    """The actors' short names by all that they are called."""
    aktorer = alla_aktorer(web.session())
    return {namn.casefold(): a.kortnamn for a in aktorer for namn in (a.slug, a.namn, a.kortnamn)}


def _skickad_mall(mal: Mal) -> Mall | None:
    """The template that the form was drawn by; None if nothing was sent, or it was not one of the actor's."""
    sagd = request.form.get("mall", "")
    if sagd == "0":
        return STANDARD
    nummer = heltal(sagd)
    return mallar.find_mall(web.session(), mal.plats.aktor_id, nummer) if nummer > 0 else None


def _skrivna_nycklar(mal: Mal, *, tomt: bool) -> list[str]:
    """The keys of what is written already, whatever the template: published last, in one's draft, and in the form."""
    if mal.lagesbild is None:
        return _ovriga()
    session, skrivna = web.session(), queries.nycklar_i_senaste(web.session(), mal.lagesbild)
    mitt = queries.find_utkast(session, mal.lagesbild.id, inloggad()) if tomt else None
    return [*skrivna, *([] if mitt is None else text_av(mitt).innehall.sektioner), *_ovriga()]


def _ovriga() -> list[str]:
    sagda = request.form.get("ovriga", "").split(",")
    return [nyckel for nyckel in sagda if ar_nyckel(nyckel)][:MAX_OVRIGA]


def skrivadress(mal: Mal, form: Lagesbildsformular, nyckel: str = "") -> str:
    """The page for writing once all that was sent is saved, at the heading of this section."""
    steg = next((under[0].nyckel for _, under in form.mallen.grupper() if nyckel in {a.nyckel for a in under}), None)
    return mal.url("skriv", klar=form.nyckel.data, _anchor=None if steg is None else f"steg-{steg}")


def beratta_borta(antal: int) -> None:
    """Tell that so many old texts that did not come along had to go for a new one."""
    if antal:
        flash(f"De äldsta texterna som inte kom med är borttagna ({antal}): det finns inte plats för fler.", "varning")


def erbjud_lasare(mal: Mal, form: Lagesbildsformular) -> None:
    """Set the actors and networks that can be chosen."""
    if mal.aktor is not None:
        session = web.session()
        form.erbjud(mal.handelse, mal.krets, mal.aktor, alla_aktorer(session), alla_natverk(session))


def skrivsida(mal: Mal, sidan: Skrivsida, status: int = 200) -> web.Svar:
    """The page for writing."""
    far_publicera, who, form = tillgang(Verb.PUBLICERA, mal.sak), inloggad(), sidan.form
    if mal.aktor is not None:
        form.knyt(mal.krets, mal.aktor)
        erbjud_lasare(mal, form)
        sidan.lasratt_andrad = form.andrad_under_tiden()
    if mal.lagesbild is not None:
        sidan.klar = sidan.klar or request.args.get("klar", "")
        sidan.overblivet = krock.overblivna(web.session(), mal.lagesbild.id, sidan.krocken)
    if sidan.senaste is not None and sidan.senaste.tlp == Tlp.RED:
        # What it builds on stands on the page, whatever label the new version gets.
        lagra_inte()
    nummer = 1 + (sidan.senaste.nummer if sidan.senaste is not None else 0)
    page = render_template(
        "lagesbild/skriv.html",
        mal=mal,
        sida=sidan,
        form=form,
        nummer=nummer,
        far_publicera=far_publicera,
        kollegors=[] if mal.lagesbild is None else queries.kollegors_utkast(web.session(), mal.lagesbild.id, who),
        begransade=_begransade(mal) if mal.aktor is None else [],
        utan_lov=_utan_lov(mal, form) if mal.aktor is None else [],
        lasratt=lasratt(mal.sak, alla_aktorer(web.session())) if sidan.lasratt_andrad else None,
        handelse=mal.handelse,
        ovning=mal.handelse.ovning,
        bilagor=att_skriva(mal, form.beskrivningar),
        forslag=_forslag(form),
        tva=regler(web.session(), who.aktor_id, mal.handelse.lage) if far_publicera else frozenset(),
        nod=sidan.nod or Nodformular(formdata=None),
        **(_forhandsvisning(mal, form, nummer) if far_publicera else {}),
    )
    return page, status


def _utan_lov(mal: Mal, form: Lagesbildsformular) -> Sequence[Ursprung]:
    texter, tlp = form.text().innehall.sektioner, Tlp(form.tlp_hittills())
    return medgivanden.som_behovs(web.session(), inloggad(), mal.handelse, texter, tlp)


def _forslag(form: Lagesbildsformular) -> dict[Forslag, list[str]]:
    """The words that columns of this form suggest."""
    valda = {kolumn.forslag for avsnitt in form.mallen.avsnitt for kolumn in avsnitt.slag.kolumner}
    ord_ = {}
    if Forslag.FUNKTIONER in valda:
        ord_[Forslag.FUNKTIONER] = list(FUNKTIONER)
    if Forslag.KOMMUNER in valda:
        ord_[Forslag.KOMMUNER] = sorted((kommun.namn for kommun in geo.kommuner().values()), key=svensk_nyckel)
    if Forslag.AKTORER in valda:
        ord_[Forslag.AKTORER] = [aktor.kortnamn for aktor in alla_aktorer(web.session())]
    return ord_


def _forhandsvisning(mal: Mal, form: Lagesbildsformular, nummer: int) -> dict[str, Any]:
    val = form.kretsval()
    return forhandsvisning(
        mal.handelse,
        Notisslag.LAGESBILD,
        rubrik=lagesbildsrubrik(mal.handelse.rubrik, nummer, samlad=mal.aktor is None),
        text=service.smstext(form.text().innehall),
        aktor=web.session().get_one(Aktor, inloggad().aktor_id),
        lasare=None if val is None else val.val.lasare,
        tlp=form.tlp_hittills(),
        samlad=mal.aktor is None,
    )


def tankt(mal: Mal, form: Lagesbildsformular) -> Tankt:
    """What the form would publish, and for whom."""
    val = form.kretsval()
    return Tankt(
        mal.handelse,
        Notisslag.LAGESBILD,
        web.session().get_one(Aktor, inloggad().aktor_id),
        samlad=mal.aktor is None,
        lasare=None if val is None else val.val.lasare,
        tlp=form.tlp_hittills(),
    )


@dataclass(frozen=True)
class Begransat:
    """A contribution that not all who read the event may read, or spread: what it is, and who reads it."""

    version: LagesbildVersion
    lasratt: Lasratt


def _begransade(mal: Mal) -> list[Begransat]:
    """Of the actors' own lägesbilder that the one who asks reads: those with a label above CLEAR or fewer readers."""
    session = web.session()
    aktorer, ut = alla_aktorer(session), []
    for version in queries.senaste_i_handelse(session, inloggad(), mal.handelse.id):
        bild = version.lagesbild
        lasare = lasratt(sak_av(bild, version), aktorer)
        if bild.aktor_id is not None and (version.tlp != Tlp.CLEAR or (bild.krets is not None and lasare.saknar)):
            ut.append(Begransat(version, lasare))
    return ut
