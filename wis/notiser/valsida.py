"""The page of channels and choices: one's own ('Mina notiser'), or those of a function that one looks after."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from limits import RateLimitItem
from sqlalchemy.orm import Session

from wis import clock, web
from wis.auth.atkomst import inloggad, tillgang
from wis.auth.rules import Subjekt, Verb
from wis.auth.strypning import PER_KOD, Strypning
from wis.handelser.models import Handelse
from wis.notiser import leveransfragor, queries, rutnat, service
from wis.notiser.forms import Adressformular, Kodformular, Nummerformular, Tystnadsformular
from wis.notiser.models import Kanalslag

FOR_MANGA_KODER = "Det har skickats många koder. Vänta en kvart och försök igen."


@dataclass(frozen=True)
class Valsida:
    """Whose the page is, and where.

    `doma` judges anew, within a write, that the one who asks may change it: returns who, or raises Nekad. `rutter` is
    the blueprint with the routes of the channels, `hem` its route of the page, `varden` what their addresses hold.
    """

    anvandare_id: int
    doma: Callable[[Session], Subjekt]
    rutter: str
    hem: str
    mall: str
    varden: Mapping[str, Any] = field(default_factory=dict)
    visas: Mapping[str, Any] = field(default_factory=dict)
    epost: str = ""
    egen: bool = True

    def adress(self, steg: str = "", **mer: Any) -> str:
        """Where the page is, or a step of a channel's."""
        return url_for(f"{self.rutter}.{steg or self.hem}", **self.varden, **mer)

    def handelser(self) -> Sequence[Handelse]:
        """The open events that choices may be made for. Who looks after a function learns of no event by that."""
        found = queries.oppna_handelser_for(web.session(), self.anvandare_id, clock.now())
        return found if self.egen else [en for en in found if tillgang(Verb.LASA, en.sak())]


def visa(sida: Valsida) -> web.Svar:
    """The page, or the choices that were sent from it."""
    form = Tystnadsformular()
    if not form.is_submitted():
        form.fyll(queries.tystnad(web.session(), sida.anvandare_id))
        return _rita(sida, form)
    if not form.validate():
        return _rita(sida, form, skickat=True)
    sparade = queries.prenumerationer(web.session(), sida.anvandare_id)
    val = rutnat.lasta_val(request.form, sparade, sida.handelser())
    with web.transaction() as session:
        service.spara_val(session, sida.doma(session), val, form.tysta_timmar(), agare_id=sida.anvandare_id)
    flash("Dina val är sparade." if sida.egen else "Valen är sparade.", "klart")
    return redirect(sida.adress())


def lagg_till_kanal(sida: Valsida, slag: Kanalslag) -> web.Svar:
    """A new number or address; a code goes there."""
    form = Nummerformular() if slag is Kanalslag.SMS else Adressformular()
    if not form.validate():
        return _rita(sida, form, slag=slag)
    adress = form.adress.data or ""

    def lagg_till(session: Session, who: Subjekt) -> bool:
        return bool(service.lagg_till_kanal(session, who, slag, adress, agare_id=sida.anvandare_id).vantar)

    return _kodsandning(sida, form, slag, adress, lagg_till)


def ny_kod(sida: Valsida, slag: Kanalslag) -> web.Svar:
    """Another code to the same number or address."""
    finns = queries.kanaler(web.session(), sida.anvandare_id).get(slag)

    def skicka(session: Session, who: Subjekt) -> bool:
        service.ny_kod(session, who, slag, agare_id=sida.anvandare_id)
        return True

    return _kodsandning(sida, Kodformular(), slag, "" if finns is None else finns.vantar, skicka)


def bekrafta_kanal(sida: Valsida, slag: Kanalslag) -> web.Svar:
    """The code that came."""
    form = Kodformular()
    if form.validate():
        try:
            with web.transaction() as session:
                kod = form.kod.data or ""
                ratt = service.bekrafta(session, sida.doma(session), slag, kod, agare_id=sida.anvandare_id)
        except service.Koden as fel:
            form.kod.errors = [str(fel)]
        else:
            if ratt:
                vem, vad = ("du", "du vill veta") if sida.egen else ("funktionen", "den ska få veta")
                flash(f"Bekräftat: nu kan {vem} få {slag.namn}. Välj här nedanför vad {vad}.", "klart")
                return redirect(sida.adress())
            form.kod.errors = ["Koden stämmer inte. Kontrollera siffrorna."]
    return _rita(sida, form, slag=slag)


def angra_byte(sida: Valsida, slag: Kanalslag) -> web.Svar:
    """Keep the number or address in use: forget the new one."""
    try:
        with web.transaction() as session:
            service.angra_byte(session, sida.doma(session), slag, agare_id=sida.anvandare_id)
            kvar = queries.kanaler(session, sida.anvandare_id)[slag].adress
    except service.Koden as fel:
        flash(str(fel), "varning")
    else:
        flash(f"Bytet är ångrat. {'Du' if sida.egen else 'Funktionen'} nås på {kvar}.", "klart")
    return redirect(sida.adress())


def ta_bort_kanal(sida: Valsida, slag: Kanalslag) -> web.Svar:
    """Forget a number or address."""
    with web.transaction() as session:
        service.ta_bort_kanal(session, sida.doma(session), slag, agare_id=sida.anvandare_id)
    flash(f"{'Du' if sida.egen else 'Funktionen'} får inte längre {slag.namn}.", "klart")
    return redirect(sida.adress())


def far_skicka_kod(who: Subjekt, adress: str) -> bool:
    """Whether another code may be sent: a person's, and those to one number or address, are counted apart."""
    strypning = cast(Strypning, current_app.extensions["wis_strypning"])
    nycklar: tuple[tuple[RateLimitItem, str], ...] = (
        (PER_KOD, f"kod-av:{who.anvandare_id}"),
        (PER_KOD, f"kod-till:{adress}"),
    )
    return all(strypning.forsok(nyckel) for nyckel in nycklar)


def _kodsandning(
    sida: Valsida, form: FlaskForm, slag: Kanalslag, adress: str, handling: Callable[[Session, Subjekt], bool]
) -> web.Svar:
    """Have a code sent, unless too many have been; `handling` tells whether one was."""
    falt = form.kod if isinstance(form, Kodformular) else form.adress
    if not far_skicka_kod(inloggad(), adress):
        falt.errors = [FOR_MANGA_KODER]
        return _rita(sida, form, slag=slag)
    try:
        with web.transaction() as session:
            skickad = handling(session, sida.doma(session))
    except service.Koden as fel:
        falt.errors = [str(fel)]
        return _rita(sida, form, slag=slag)
    if not skickad:
        flash(f"{'Du' if sida.egen else 'Funktionen'} nås redan på {adress}. Ingen kod behövs.", "klart")
        return redirect(sida.adress())
    var = "Koden finns i Utkorgen." if web.settings().demo else f"Skriv in koden som kommer med {slag.namn}."
    flash(var, "klart")
    return redirect(sida.adress())


def _rita(sida: Valsida, form: FlaskForm, *, slag: Kanalslag | None = None, skickat: bool = False) -> web.Svar:
    """The page, with `form` (of the channel `slag`, or the choices) as it was sent."""
    session, vem = web.session(), sida.anvandare_id
    kanaler = queries.kanaler(session, vem)
    val = form if isinstance(form, Tystnadsformular) else Tystnadsformular(formdata=None)
    if val is not form:
        val.fyll(queries.tystnad(session, vem))
    page = render_template(
        sida.mall,
        form=form,
        val=val,
        valsida=sida,
        kanaler=kanaler,
        koder={
            kanal: leveransfragor.senaste_kod(session, vem, kanal, rad.vantar)
            for kanal, rad in kanaler.items()
            if rad.vantar
        },
        kanalformular=_kanalformular(form, slag, sida),
        grupper=rutnat.grupper(
            queries.prenumerationer(session, vem), sida.handelser(), request.form if skickat else None
        ),
        Kanalslag=Kanalslag,
        **sida.visas,
    )
    return page, 422 if form.errors else 200


def _kanalformular(form: FlaskForm, slag: Kanalslag | None, sida: Valsida) -> dict[Kanalslag, dict[str, FlaskForm]]:
    """A form for the address and one for the code, per channel: the one that was sent, else an empty one."""
    ut: dict[Kanalslag, dict[str, FlaskForm]] = {}
    for kanal, adressformular in ((Kanalslag.SMS, Nummerformular), (Kanalslag.EPOST, Adressformular)):
        forvalt = {"adress": sida.epost} if kanal is Kanalslag.EPOST else {}
        ut[kanal] = {"adress": adressformular(formdata=None, data=forvalt), "kod": Kodformular(formdata=None)}
        if kanal is slag:
            ut[kanal]["kod" if isinstance(form, Kodformular) else "adress"] = form
        ut[kanal]["kod"].kod.id = f"{kanal}-kod"
        if not sida.egen:
            ut[kanal]["adress"].adress.description = f"Dit skickas {kanal.namn}, först en kod som du skriver in här."
    return ut
