"""Taking a colleague's second factor away: for one who has lost the telephone and the codes."""

from typing import cast

from flask import Response, flash, redirect, url_for

from wis import web
from wis.auth.atkomst import inloggad
from wis.auth.bekrafta import kraver_bekraftad
from wis.konton import nollstallning
from wis.konton.personforms import Nollstallningsformular
from wis.konton.rules import Hinder
from wis.konton.sida import Formular, bp, hamta_medlem, medlemssida, nekad, skriv


@bp.post("/aktorer/<slug>/anvandare/<int:medlemskap_id>/nollstall-faktor")
@kraver_bekraftad
def nollstall_faktor(slug: str, medlemskap_id: int) -> web.Svar:
    """Take the person's app, passkeys and recovery codes away."""
    sida, form = hamta_medlem(slug, medlemskap_id), Nollstallningsformular()
    if not form.validate():
        return medlemssida(sida, Formular(nollstallning=form))
    try:
        with skriv() as session:
            nollstallning.nollstall(session, inloggad(), sida.aktor_id, medlemskap_id, form.motivering.data or "")
    except Hinder as error:
        return nekad(sida, str(error))
    flash(f"{sida.rad.namn} har ingen andra faktor längre, och är utloggad överallt. Ett brev är på väg.", "klart")
    return cast(Response, redirect(url_for("konton.medlem", slug=slug, medlemskap_id=medlemskap_id, _anchor="faktor")))
