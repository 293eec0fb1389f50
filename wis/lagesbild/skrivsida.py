"""What the pages about a lägesbild show of rights, and the page for writing, drawn."""

from dataclasses import dataclass
from typing import Any

from flask import render_template, request

from wis import web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer, alla_natverk
from wis.auth.atkomst import inloggad, tillgang
from wis.auth.krets import Tlp
from wis.auth.rules import Verb
from wis.handelser.sakkrets import Lasratt, lasratt
from wis.lagesbild import queries, service
from wis.lagesbild.atkomst import Mal
from wis.lagesbild.bilagesida import att_skriva
from wis.lagesbild.forms import Lagesbildsformular, beskrivningar
from wis.lagesbild.models import LagesbildVersion
from wis.lagesbild.plats import sak_av
from wis.lagesbild.sida import Skrivsida
from wis.notiser.models import Notisslag
from wis.notiser.rules import lagesbildsrubrik
from wis.notiser.views import forhandsvisning
from wis.notiser.visat import Tankt


def formular(mal: Mal, *, tomt: bool = False) -> Lagesbildsformular:
    """The form as it was sent (`tomt`: not at all), knowing who reads the lägesbild now."""
    form = Lagesbildsformular(formdata=None) if tomt else Lagesbildsformular()
    form.beskrivningar = {} if tomt else beskrivningar(request.form)
    if mal.aktor is None:
        form.utan_lasare()
    else:
        form.knyt(mal.krets, mal.aktor)
    return form


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
        lasratt=lasratt(mal.sak, alla_aktorer(web.session())) if sidan.lasratt_andrad else None,
        handelse=mal.handelse,
        ovning=mal.handelse.ovning,
        bilagor=att_skriva(mal, form.beskrivningar),
        **(_forhandsvisning(mal, form, nummer) if far_publicera else {}),
    )
    return page, status


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
