"""The page on which an actor changes who reads its own underrättelse."""

from flask import flash, redirect, url_for

from wis import web
from wis.auth.atkomst import Nekad, inloggad
from wis.auth.rules import Verb
from wis.handelser.lasrattssida import OFORANDRAD, Lasrattssida
from wis.handelser.rules import Inaktuell
from wis.handelser.sakkrets import Otillaten
from wis.underrattelser.lasratt import las_for_lasratt, sak_for, satt_lasratt
from wis.underrattelser.views import bp, hamta_underrattelse, senaste_av


@bp.route("/underrattelser/<int:id>/lasratt", methods=["GET", "POST"])
def lasratt(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Who reads, who doesn't, and the choice."""
    sidan = _sida(id)
    form = sidan.formular()
    if not (form.validate_on_submit() and form.granska_rott(sidan.senaste)):
        return sidan.rita(form)
    who, val, bygger_pa = inloggad(), form.lasarval(), form.bygger_pa.data or ""
    besked = sidan.besked(val)
    try:
        with web.transaction() as session:
            andrad = satt_lasratt(session, who, las_for_lasratt(session, who, id), val, bygger_pa)
    except Otillaten as nej:
        raise Nekad(nej.beslut, nej.verb, nej.sak) from nej
    except Inaktuell:
        return _sida(id).rita(form, hann_fore=True)
    flash(besked if andrad else OFORANDRAD, "klart")
    return redirect(url_for("underrattelser.visa", id=id))


def _sida(underrattelse_id: int) -> Lasrattssida:
    sak = hamta_underrattelse(underrattelse_id, Verb.ANDRA_LASRATT)
    senaste = senaste_av(sak)
    tillbaka = url_for("underrattelser.visa", id=underrattelse_id)
    return Lasrattssida(sak.handelse, sak.aktor, sak.krets, sak_for(sak, senaste), senaste.rubrik, tillbaka)
