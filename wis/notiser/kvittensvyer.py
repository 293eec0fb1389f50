"""Kvittenser on the pages: reading marks what was sent as seen, a press of a button answers it, the sender sees both.

A page counts as read when a person opens it. What a page fetches by itself (X-Live) or a browser in advance does not:
nobody need have looked.
"""

from dataclasses import dataclass
from datetime import datetime

from flask import Response, after_this_request, flash, redirect, request, url_for

from wis import clock, web
from wis.aktorer.queries import svensk_nyckel
from wis.auth.atkomst import avbryt_dold, inloggad, inloggad_nu
from wis.notiser import kvittenser, leveransfragor
from wis.notiser.kvittenser import Aktorsrad, Svar, Vantad
from wis.notiser.kvittensregler import sammanfattning
from wis.notiser.models import Utskick
from wis.notiser.queries import lasta_utskick
from wis.notiser.views import bp

PER_SIDA = 50


@dataclass(frozen=True)
class Kvittensruta:
    """What is asked of the reader of a page: to answer for themselves and for the functions in `svar`."""

    utskick_id: int
    svar: tuple[Svar, ...]

    @property
    def kvitterad(self) -> datetime | None:
        """When all of it had been answered; None while anything is left."""
        tider = [ett.kvitterad for ett in self.svar if ett.kvitterad is not None]
        return max(tider) if len(tider) == len(self.svar) else None

    @property
    def for_vem(self) -> str:
        """For whom something is left to answer: '', 'dig och TiB' or 'TiB'; one's own answer alone needs no word."""
        kvar = [ett.funktion for ett in self.svar if ett.kvitterad is None]
        funktioner = " och ".join(namn for namn in kvar if namn)
        return f"dig och {funktioner}" if funktioner and "" in kvar else funktioner


def kvittens(
    *, lagesbild: tuple[int, int] | None = None, underrattelse_id: int | None = None, beslut_id: int | None = None
) -> Kvittensruta | None:
    """Mark what was sent of this as seen once the page has come out; what is asked of the reader, None if nothing is.

    For a page that shows it, after the right to read has been judged; see kvittenser.senast_sant().
    """
    who, session = inloggad(), web.session()
    if who.betraktare is not None:
        # It is not the one shown who looks, and the one who looks did not open it for their own sake.
        return None
    sant = kvittenser.senast_sant(
        session,
        who.anvandare_id,
        clock.now(),
        lagesbild=lagesbild,
        underrattelse_id=underrattelse_id,
        beslut_id=beslut_id,
    )
    if sant is None or sant.utskick_id not in lasta_utskick(session, who, [sant.utskick_id]):
        return None
    if _oppnad_av_nagon() and any(ett.last is None for ett in sant.svar):
        _markera_efterat(sant.utskick_id, sant.svar, who.anvandare_id)
    begars = sant.bradskande and not kvittenser.ar_ersatt(session, sant.utskick_id)
    return Kvittensruta(sant.utskick_id, tuple(sant.svar)) if begars else None


def _oppnad_av_nagon() -> bool:
    return request.method == "GET" and not web.av_sig_sjalv(request.environ)


def _markera_efterat(utskick_id: int, svar: list[Svar], anvandare_id: int) -> None:
    @after_this_request
    def _markera(sida: Response) -> Response:
        # The page is done: it neither waits for the mark nor fails by it.
        web.end_reading()
        if sida.status_code == 200:
            kvittenser.markera_last(web.database(), utskick_id, svar, anvandare_id)
        return sida


@bp.post("/utskick/<int:id>/kvittera")
def kvittera(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Say that one has seen what was sent, and go (back) to it."""
    _lasbart(id)
    with web.transaction() as session:
        who = inloggad_nu(session)
        if id not in lasta_utskick(session, who, [id]):
            avbryt_dold()
        svar = kvittenser.kvittera(session, who.anvandare_id, id)
    if not svar:
        return web.felsida(
            409,
            "Det finns inget att kvittera",
            "Det här skickades varken till dig eller till en funktion som du är i tjänst som, så ingen väntar på svar.",
            gor="Det går att läsa som vanligt. Under Mina notiser väljer du vad du vill få.",
        )
    flash("Du har kvitterat. Avsändaren ser det." if _nytt(svar) else "Det var redan kvitterat.", "klart")
    return redirect(url_for("notiser.kort", utskick_id=id))


def _lasbart(utskick_id: int) -> Utskick:
    """The dispatch, if the one who asks reads what it tells of. Raises NotFound."""
    session = web.session()
    utskick = leveransfragor.find_utskick(session, utskick_id)
    if utskick is None or utskick_id not in lasta_utskick(session, inloggad(), [utskick_id]):
        avbryt_dold()
    return utskick


def _nytt(svar: list[Svar]) -> bool:
    return any(ett.kvitterad is None for ett in svar)


# --- for who sent it -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kvittenslage:
    """How the recipients have answered; `kvar` have not. `nasta`: from where the list of `vantade` goes on, or None."""

    mening: str
    antal: int
    kvar: int
    rader: list[Aktorsrad]
    vantade: list[Vantad]
    fran: int
    nasta: int | None


def kvittenslage(utskick: Utskick) -> Kvittenslage | None:
    """What notiser/_kvittens.html shows to those who may follow the dispatch; None to who sees as somebody else."""
    if inloggad().betraktare is not None:
        return None
    session = web.session()
    egen_sida = request.endpoint == "notiser.visa_utskick"
    fran = max(0, request.args.get("kvittens", 0, type=web.heltal)) if egen_sida else 0
    rader = kvittenser.per_aktor(session, utskick.id)
    antal, lasta = sum(rad.antal for rad in rader), sum(rad.lasta for rad in rader)
    kvitterade, bradskande = sum(rad.kvitterade for rad in rader), utskick.bradskande
    vantade = kvittenser.vantade(session, utskick.id, bradskande=bradskande, fran=fran, antal=PER_SIDA + 1)
    return Kvittenslage(
        mening=sammanfattning(antal, lasta, kvitterade, bradskande=bradskande),
        antal=antal,
        kvar=antal - (kvitterade if bradskande else lasta),
        rader=sorted(rader, key=lambda rad: svensk_nyckel(rad.aktor)),
        vantade=vantade[:PER_SIDA],
        fran=fran,
        nasta=fran + PER_SIDA if len(vantade) > PER_SIDA else None,
    )


bp.add_app_template_global(kvittenslage)
