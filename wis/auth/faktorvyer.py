"""The second step of logging in: asking for a factor, or having one set up where one is required."""

from typing import cast
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from wis import audit, clock, web
from wis.auth import faktorer, faktorer_app, faktorer_passkey, meddelanden, service
from wis.auth.atkomst import oppen
from wis.auth.enhetsnamn import enhetsnamn
from wis.auth.faktorer import Behov, NyaKoder
from wis.auth.forms import Faktorformular, Uppsattningsformular, Vidareformular, egen_vag, las_parkerat, parkera
from wis.auth.inslapp import (
    Halv,
    Vidare,
    borja,
    borja_om,
    enhetsnyckel,
    find_halv,
    find_provad,
    har_provat,
    slapp_in,
    strypning,
)
from wis.auth.models import Anvandare, Faktorslag
from wis.auth.strypning import EN_RAD, PER_KOD, VANTA, Nyckel

bp = Blueprint("faktorer", __name__)
STAMMER_INTE = "Koden stämmer inte, eller är redan använd. Vänta på nästa kod i appen och skriv den."
RESERVKOD_STAMMER_INTE = "Reservkoden stämmer inte, eller är redan använd. Prova en annan."
PASSKEY_STAMMER_INTE = "Passkeyn gick inte att kontrollera. Försök igen, eller använd en kod."
FOR_MANGA = "Det har gjorts för många misslyckade försök. Vänta 15 minuter och försök igen."


def fortsatt(token: str, vidare: Vidare) -> web.Svar:
    """After the right password: straight in, or to the page that asks for a factor or has one set up.

    `token` is that of a login which opens nothing yet (auth.service.oppna_inloggning).
    """
    halv = borja(token)
    if halv is None:
        return borja_om(vidare)
    behov = _behov(halv)
    if behov is Behov.INGET:
        return slapp_in(halv, Faktorslag.INGEN, vidare)
    if vidare.parkerat:
        # Too much for an address or a cookie: the next page is the answer, and carries it.
        return _fragesida(halv, vidare) if behov is Behov.FRAGA else _uppsattningssida(halv, vidare)
    steg = "faktorer.fraga" if behov is Behov.FRAGA else "faktorer.satt_upp"
    return cast(Response, redirect(url_for(steg, nasta=vidare.nasta or None)))


@bp.route("/logga-in/faktor", methods=["GET", "POST"])
@oppen
def fraga() -> web.Svar:
    """Ask for a second factor of one whose password was right."""
    form, halv = Faktorformular(), find_halv()
    vidare = _vidare(form)
    if halv is None:
        return borja_om(vidare)
    behov = _behov(halv)
    if behov is not Behov.FRAGA:
        return fortsatt(halv.token, vidare)
    return _prova(halv, form, vidare) if form.is_submitted() else _fragesida(halv, vidare)


@bp.route("/logga-in/faktor/ny", methods=["GET", "POST"])
@oppen
def satt_upp() -> web.Svar:
    """Have a first factor set up, where one is required, before anything opens."""
    form, halv = Uppsattningsformular(), find_halv()
    vidare = _vidare(form)
    if halv is None:
        return borja_om(vidare)
    # Whoever has one must show it: a password alone adds no other.
    if _behov(halv) is not Behov.SATT_UPP:
        return fortsatt(halv.token, vidare)
    return _satt_upp(halv, form, vidare) if form.is_submitted() else _uppsattningssida(halv, vidare)


@bp.post("/logga-in/faktor/klar")
@oppen
def klar() -> web.Svar:
    """The codes of a first factor are saved: in."""
    vidare, halv, faktor = _vidare(Vidareformular()), find_halv(), find_provad()
    if halv is None or faktor is None:
        return borja_om(vidare)
    return slapp_in(halv, faktor, vidare)


def _behov(halv: Halv) -> Behov:
    return faktorer.behov(web.session(), web.settings(), halv.anvandare_id)


def _vidare(form: Vidareformular) -> Vidare:
    if form.is_submitted():
        return Vidare(form.nasta.data or "", las_parkerat(form.parkerat.data))
    return Vidare(egen_vag(request.args.get("nasta")))


def _bar(form: Vidareformular, vidare: Vidare) -> None:
    form.nasta.data, form.parkerat.data = egen_vag(vidare.nasta), parkera(vidare.parkerat or [])


# --- asking ------------------------------------------------------------------------------------------------------


def _fragesida(halv: Halv, vidare: Vidare, form: Faktorformular | None = None, status: int = 200) -> web.Svar:
    form = form or Faktorformular(formdata=None)
    _bar(form, vidare)
    session, settings = web.session(), web.settings()
    lage = faktorer.lage(session, halv.anvandare_id)
    med_nyckel = bool(lage.passkeys) and faktorer_passkey.mojlig(settings)
    page = render_template(
        "auth/faktor.html",
        form=form,
        har_app=lage.app is not None,
        passkey_val=faktorer_passkey.fraga(session, settings, halv.anvandare_id, halv.token) if med_nyckel else "",
        koder_kvar=lage.koder_kvar,
        halv=halv,
    )
    return page, status


def _prova(halv: Halv, form: Faktorformular, vidare: Vidare) -> web.Svar:
    falt = next((falt for falt in (form.passkey, form.kod, form.reservkod) if falt.data), None)
    if falt is None or not form.validate():
        if falt is None:
            form.kod.errors = ["Skriv koden från appen, eller en reservkod."]
        return _fragesida(halv, vidare, form, 422)
    # By network everything that is open to strangers is counted: see wis.auth.natgrans.
    vakt, konto = strypning(), _kontonyckel(halv)
    if not vakt.forsok(konto):
        return _for_manga(halv, form, vidare, konto)
    faktor = _provad(halv, form)
    if faktor is None:
        _anteckna(halv, "andra faktorn misslyckad", falt.name)
        falt.errors = [_fel(form)]
        return _fragesida(halv, vidare, form, 422)
    vakt.glom(konto)
    svar = slapp_in(halv, faktor, vidare)
    if faktor is Faktorslag.RESERVKOD:
        _sag_kvar(halv)
    return svar


def _sag_kvar(halv: Halv) -> None:
    """After the login, which begins a new session and what is told in it."""
    kvar = faktorer.lage(web.session(), halv.anvandare_id).koder_kvar
    mer = " Gör nya under Säkerhet." if kvar <= faktorer.FA_KODER else ""
    flash(f"Du använde en reservkod. {kvar} kvar.{mer}", "varning" if mer else "klart")


def _fel(form: Faktorformular) -> str:
    if form.passkey.data:
        return PASSKEY_STAMMER_INTE
    return STAMMER_INTE if form.kod.data else RESERVKOD_STAMMER_INTE


def _kontonyckel(halv: Halv) -> Nyckel:
    """What a try is counted on: the account, apart for each device that is known there."""
    enhet = enhetsnyckel(halv.epost) or "okand"
    return PER_KOD, f"faktor:{halv.anvandare_id}:{enhet}"


def _provad(halv: Halv, form: Faktorformular) -> Faktorslag | None:
    """The factor that was shown, used up; None if none was."""
    settings, id_ = web.settings(), halv.anvandare_id
    if form.passkey.data:
        with web.transaction() as session:
            held = faktorer_passkey.prova(session, settings, id_, form.passkey.data, halv.token)
        return Faktorslag.PASSKEY if held else None
    kod = form.kod.data or form.reservkod.data or ""
    if len(faktorer.normal_kod(kod)) == faktorer_app.LANGD:
        with web.transaction() as session:
            return Faktorslag.TOTP if faktorer_app.prova(session, settings, id_, kod) else None
    koder = faktorer.oanvanda_koder(web.session(), id_)
    # Checking takes its time: hold no connection meanwhile.
    web.end_reading()
    kod_id = faktorer.matchande_kod(koder, kod)
    if kod_id is None:
        return None
    with web.transaction() as session:
        used = faktorer.forbruka_kod(session, session.get_one(Anvandare, id_), kod_id)
    return Faktorslag.RESERVKOD if used else None


def _for_manga(halv: Halv, form: Faktorformular, vidare: Vidare, konto: Nyckel) -> web.Svar:
    # One row and one letter per account and quarter: enough to see it, and nobody can fill the record by knocking.
    if strypning().forsok((EN_RAD, f"rad:{konto[1]}")):
        _anteckna(halv, "andra faktorn strypt", "")
    form.form_errors.append(FOR_MANGA)
    svar = make_response(_fragesida(halv, vidare, form, 429))
    svar.headers["Retry-After"] = str(VANTA)
    return svar


def _anteckna(halv: Halv, handling: str, falt: str) -> None:
    with web.transaction() as session:
        if not falt:
            meddelanden.skriv(
                session,
                session.get_one(Anvandare, halv.anvandare_id),
                "Många fel koder i wis",
                "Någon som kan ditt lösenord har skrivit fel kod många gånger. Inloggningen är stoppad i 15 minuter.",
            )
        audit.record(
            session,
            handling,
            anvandare_id=halv.anvandare_id,
            objekt=halv.epost,
            adress=request.remote_addr,
            falt=falt,
        )


# --- setting up --------------------------------------------------------------------------------------------------


def _uppsattningssida(
    halv: Halv, vidare: Vidare, form: Uppsattningsformular | None = None, status: int = 200
) -> web.Svar:
    form = form or Uppsattningsformular(formdata=None)
    _bar(form, vidare)
    session, settings = web.session(), web.settings()
    person = session.get_one(Anvandare, halv.anvandare_id)
    mojlig = faktorer_passkey.mojlig(settings)
    page = render_template(
        "auth/faktor_ny.html",
        form=form,
        app=appvisning(form, person),
        passkey_val=faktorer_passkey.nya_val(session, settings, person, halv.token) if mojlig else "",
        halv=halv,
    )
    return page, status


def appvisning(form: Uppsattningsformular, person: Anvandare) -> dict[str, str]:
    """The secret for the person's app, as picture and text; the one that the form carries, or a new one put in it."""
    settings = web.settings()
    hemlighet = faktorer_app.find_forseglad(settings, person.id, form.ny.data or "")
    if hemlighet is None:
        hemlighet = faktorer_app.ny_hemlighet()
        form.ny.data = faktorer_app.forsegla(settings, person.id, hemlighet)
    text = " ".join(hemlighet[start : start + 4] for start in range(0, len(hemlighet), 4))
    return {
        "bild": faktorer_app.qr(settings, hemlighet, person.adress),
        "adress": faktorer_app.adress(settings, hemlighet, person.adress),
        "text": text,
    }


def appkod(form: Uppsattningsformular, anvandare_id: int) -> str | None:
    """The secret that the form carries, if the form's code is of it; else None, with the error at the field."""
    hemlighet = faktorer_app.find_forseglad(web.settings(), anvandare_id, form.ny.data or "")
    if hemlighet is None:
        form.kod.errors = ["Det tog för lång tid. Läs av den nya QR-koden här nedanför med appen."]
        return None
    if faktorer_app.kodsteg(hemlighet, faktorer.normal_kod(form.kod.data or "")) is None:
        form.kod.errors = [
            "Koden stämmer inte. Skriv den som appen visar nu, och kontrollera att telefonens klocka går rätt."
        ]
        return None
    return hemlighet


def prova_appkod(form: Uppsattningsformular, anvandare_id: int) -> str | None:
    """As appkod(), counted on the account: nobody tries one code after the other at a secret."""
    nyckel = PER_KOD, f"uppsattning:{anvandare_id}"
    if not strypning().forsok(nyckel):
        form.form_errors.append(FOR_MANGA)
        return None
    hemlighet = appkod(form, anvandare_id)
    if hemlighet is not None:
        strypning().glom(nyckel)
    return hemlighet


def felstatus(form: Uppsattningsformular) -> int:
    """The status of a page that shows what was wrong: 429 when it was the number of tries."""
    return 429 if FOR_MANGA in form.form_errors else 422


def _satt_upp(halv: Halv, form: Uppsattningsformular, vidare: Vidare) -> web.Svar:
    hemlighet = None if form.passkey.data else prova_appkod(form, halv.anvandare_id)
    if not form.passkey.data and hemlighet is None:
        return _uppsattningssida(halv, vidare, form, felstatus(form))
    # Slow: hold no connection meanwhile.
    web.end_reading()
    koder = faktorer.hitta_pa_koder()
    try:
        faktor = _spara(halv, form, hemlighet, koder)
    except LookupError:
        return borja_om(vidare)
    if faktor is None:
        form.form_errors.append("Passkeyn gick inte att spara. Försök igen, eller använd en app.")
        return _uppsattningssida(halv, vidare, form, 422)
    har_provat(faktor)
    _bar(form, vidare)
    return kodsida(koder, halv.epost, url_for("faktorer.klar"), form)


def kodsida(nya: NyaKoder, konto: str, klar: str, form: Uppsattningsformular | None = None) -> str:
    """The page of new codes, this once: whose they are, where and since when, so that a print of it says it too."""
    return render_template(
        "auth/koder.html",
        koder=nya.koder,
        konto=konto,
        plats=urlsplit(web.settings().base_url).netloc,
        nar=clock.now(),
        form=form,
        klar=klar,
    )


def _spara(halv: Halv, form: Uppsattningsformular, hemlighet: str | None, koder: NyaKoder) -> Faktorslag | None:
    """Keep the first factor of a person whose login waits; None if it does not hold. Raises LookupError."""
    settings = web.settings()
    with web.transaction() as session:
        person = service.get_halv_person(session, halv.token)
        if faktorer.behov(session, settings, person.id) is not Behov.SATT_UPP:
            raise LookupError("a factor has been set up meanwhile")
        service.ge_mer_tid(session, halv.token)
        if hemlighet is not None:
            faktorer_app.satt(session, settings, person, hemlighet, form.kod.data or "")
            faktorer.tillagd(session, person, "appen för koder", koder)
            return Faktorslag.TOTP
        namn = enhetsnamn(request.headers.get("User-Agent", ""))
        if not faktorer_passkey.lagg_till(session, settings, person, namn, form.passkey.data or "", halv.token):
            return None
        faktorer.tillagd(session, person, f"passkeyn {namn}", koder)
        return Faktorslag.PASSKEY
