"""What the sender sees of a dispatch and can do about it: take it back, see who did not get it, send again."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from wis import clock, web
from wis.auth.atkomst import avbryt_dold, inloggad, kraver, kraver_nu, tillgang
from wis.auth.models import Anvandare
from wis.auth.rules import JA, Beslut, Subjekt, Verb
from wis.auth.rules import Slag as Sakslag
from wis.handelser.models import Handelse
from wis.notiser import bevakare, csvfil, leveransfragor, leveransrader, leveransservice, queries, sms
from wis.notiser.models import Utskick
from wis.notiser.views import bp, vart

# --- looking -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Laget:
    """How a dispatch stands. `hallet`: it is held, and may be taken back; `nadda`: how many it would go to, then, and
    `bevakare` how many more at most, by what they watch.

    `rader` are by actor, `summa` of them all; `avgora`: whether the one who looks decides about it; `ersatt_av`: the
    version that has been sent since, if any.
    """

    utskick: Utskick
    rader: list[leveransfragor.Aktorsrad]
    summa: leveransfragor.Antal
    hallet: bool
    nadda: int
    bevakare: int
    avgora: Beslut
    ersatt_av: int | None
    angrad_av: str

    @property
    def klockslag(self) -> str:
        """When it goes, '14:32:10'."""
        return "" if self.utskick.halls_till is None else f"{clock.local(self.utskick.halls_till):%H:%M:%S}"

    @property
    def forbigangen(self) -> bool:
        """Whether a newer version went while this one was still held, so that nobody was told of this one."""
        klar, till = self.utskick.expanderat, self.utskick.halls_till
        # What was taken back has an expanderat too, and is told of as that.
        held = klar is not None and till is not None and klar < till and self.utskick.angrad is None
        return held and self.ersatt_av is not None

    @property
    def vantar(self) -> bool:
        """Whether more is to come of it by itself."""
        return not self.utskick.expanderat or self.summa.kvar > 0


@bp.app_template_global("utskickslage")
def laget(utskick: Utskick) -> Laget:
    """How the dispatch stands, for one who may follow it."""
    session, now = web.session(), clock.now()
    rader = leveransfragor.statusrader(session, utskick.id)
    hallet = utskick.expanderat is None and utskick.halls_till is not None and utskick.halls_till > now
    angrad_av = None if utskick.angrad_av_id is None else session.get_one(Anvandare, utskick.angrad_av_id)
    return Laget(
        utskick=utskick,
        rader=leveransfragor.per_aktor(rader),
        summa=sum((rad.antal for rad in rader), leveransfragor.Antal()),
        hallet=hallet,
        nadda=queries.antal_nadda(session, utskick) if hallet else 0,
        bevakare=bevakare.hogst_av(session, utskick, now) if hallet else 0,
        avgora=_far_avgora(session, utskick),
        ersatt_av=leveransfragor.ersatt_av(session, utskick),
        angrad_av="" if angrad_av is None else angrad_av.namn,
    )


@bp.app_template_global("leveranslagen")
def i_ord(antal: leveransfragor.Antal) -> list[tuple[int, str, str]]:
    """How many stand where, of what there is any: the number, what it is called and its mark."""
    alla = ((getattr(antal, falt), namn, marke) for falt, (namn, marke) in leveransfragor.LAGEN.items())
    return [ett for ett in alla if ett[0]]


@bp.app_template_global("hallna_utskick")
def hallna(handelse: Handelse) -> list[Utskick]:
    """What one's own actor is about to send in the event, and can take back."""
    session, who = web.session(), inloggad()
    found = leveransfragor.hallna(session, handelse.id, who.aktor_id, clock.now())
    lasta = queries.lasta_utskick(session, who, [ett.id for ett in found]) if found else set()
    return [ett for ett in found if ett.id in lasta and _far_folja(handelse, ett)]


def _far_folja(handelse: Handelse, utskick: Utskick) -> Beslut:
    return tillgang(Verb.SE_UTSKICK, handelse.sak(Sakslag.UTSKICK, utskick.aktor))


def _far_avgora(session: Session, utskick: Utskick) -> Beslut:
    """Whether one decides if it is sent, and if not, why."""
    svar = (tillgang(verb, sak) for verb, sak in leveransservice.krav(session, utskick, avgora=True))
    return next((nej for nej in svar if not nej), JA)


@bp.get("/utskick/<int:id>")
def visa_utskick(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """What was sent, and how far it has come with whom."""
    utskick = hamta_utskick(id)
    fran = max(0, request.args.get("fran", 0, type=web.heltal))
    uteblivna = leveransfragor.uteblivna(web.session(), id, fran=fran, antal=leveransfragor.MAX_RADER + 1)
    return render_template(
        "notiser/utskick.html",
        laget=laget(utskick),
        utskick=utskick,
        handelse=utskick.handelse,
        uteblivna=uteblivna[: leveransfragor.MAX_RADER],
        fran=fran,
        nasta=fran + leveransfragor.MAX_RADER if len(uteblivna) > leveransfragor.MAX_RADER else None,
        matt=sms.mat(utskick.sms),
        LAGEN=leveransfragor.LAGEN,
        MAX_RADER=leveransfragor.MAX_RADER,
        ovning=utskick.handelse is not None and utskick.handelse.ovning,
    )


@bp.get("/utskick/<int:id>/leveranser.csv")
def leveranser_csv(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Every delivery for a spreadsheet, sent as it is read."""
    hamta_utskick(id)
    database, dag = web.database(), clock.local(clock.now()).date().isoformat()
    web.end_reading()
    innehall = csvfil.rader(leveransrader.RUBRIKER, leveransrader.alla(database, id))
    svar = Response(innehall, mimetype="text/csv")
    svar.headers["Content-Disposition"] = f'attachment; filename="utskick-{id}-{dag}.csv"'
    return svar


def hamta_utskick(utskick_id: int) -> Utskick:
    """The dispatch, if the one who asks may follow it. Raises NotFound or Nekad."""
    utskick = leveransfragor.find_utskick(web.session(), utskick_id)
    if utskick is None or utskick.handelse is None:
        avbryt_dold()
    kraver(Verb.LASA, utskick.handelse.sak())
    if utskick_id not in queries.lasta_utskick(web.session(), inloggad(), [utskick_id]):
        # Who may not read what it tells of may not know that anything was sent.
        avbryt_dold()
    kraver(Verb.SE_UTSKICK, utskick.handelse.sak(Sakslag.UTSKICK, utskick.aktor))
    return utskick


# --- whether it goes ---------------------------------------------------------------------------------------------


@bp.post("/utskick/<int:id>/angra")
def angra(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Take back what is still held."""
    if _gor(id, leveransservice.angra, avgora=True):
        flash("Utskicket är ångrat. Ingen har fått sms eller e-post.", "klart")
        return _tillbaka(id)
    utskick = hamta_utskick(id)
    if utskick.angrad is not None:
        flash("Utskicket var redan ångrat.", "klart")
        return _tillbaka(id)
    return render_template(
        "notiser/for_sent.html",
        laget=laget(utskick),
        handelse=utskick.handelse,
        ratta=_ratta(utskick),
        ovning=utskick.handelse is not None and utskick.handelse.ovning,
    ), 409


def _ratta(utskick: Utskick) -> tuple[str, str]:
    """Where what has gone out is put right: what to press, and the address."""
    if utskick.underrattelse_id is not None:
        return "Publicera en rättelse", url_for("underrattelser.ratta", id=utskick.underrattelse_id)
    if utskick.lagesbild_id is not None and utskick.handelse is not None:
        vem = queries.lagesbildens_slug(web.session(), utskick.lagesbild_id)
        return "Skriv en ny version", url_for("lagesbild.skriv", slug=utskick.handelse.slug, vem=vem)
    return "Till händelsen", vart(web.session(), utskick)


@bp.post("/utskick/<int:id>/skicka-nu")
def skicka_nu(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Let what is held go at once."""
    if _gor(id, leveransservice.skicka_nu, avgora=True):
        flash("Utskicket skickas nu.", "klart")
    else:
        flash("Utskicket väntar inte längre på att gå iväg. Så här går det.", "varning")
    return _tillbaka(id)


@bp.post("/utskick/<int:id>/skicka-anda")
def skicka_anda(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Let what was taken back go after all."""
    if _gor(id, leveransservice.skicka_anda, avgora=True):
        flash("Utskicket skickas nu.", "klart")
    else:
        flash("Det går inte att skicka: det är inte ångrat längre, eller så har en nyare version skickats.", "varning")
    return _tillbaka(id)


# --- how it went with one, or some -------------------------------------------------------------------------------


@bp.post("/utskick/<int:id>/skicka-igen")
def skicka_igen(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """Send once more: one delivery, all that failed, or all that nobody knows of."""
    leverans_id, ovissa = request.form.get("leverans", type=web.heltal), request.form.get("vilka") == "ovissa"
    antal = _gor(id, lambda session, who, nr: leveransservice.skicka_igen(session, who, nr, leverans_id, ovissa=ovissa))
    if antal:
        flash(f"{'Ett meddelande' if antal == 1 else f'{antal} meddelanden'} skickas igen.", "klart")
    else:
        flash("Det finns inget att skicka igen.", "varning")
    return _tillbaka(id)


@bp.post("/utskick/<int:id>/kom-fram")
def kom_fram(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """A person knows that one did come."""
    leverans_id = request.form.get("leverans", 0, type=web.heltal)
    if _gor(id, lambda session, who, nr: leveransservice.kom_fram(session, who, nr, leverans_id)):
        flash("Antecknat: den kom fram.", "klart")
    else:
        flash("Det är inte oklart längre.", "varning")
    return _tillbaka(id)


def _gor(id_: int, vad: Callable[[Session, Subjekt, int], int], *, avgora: bool = False) -> int:
    """Do it to the dispatch in one transaction, as one who may. Raises NotFound or Nekad."""
    hamta_utskick(id_)
    with web.transaction() as session:
        utskick = leveransfragor.find_utskick(session, id_)
        if utskick is None or utskick.handelse is None:
            avbryt_dold()
        for verb, sak in leveransservice.krav(session, utskick, avgora=avgora):
            who = kraver_nu(session, verb, sak)
        return vad(session, who, id_)


def _tillbaka(id_: int) -> web.Svar:
    return redirect(url_for("notiser.visa_utskick", id=id_))
