"""The composition root: the only file that knows every package."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from wis import geo, hjalp, realtime, snabbvag, statisk, web
from wis.anteckningar import views as anteckningar_views
from wis.arkiv import views as arkiv_views
from wis.arkiv.forms import Gallringsformular
from wis.auth import atkomst, faktorsidor, meddelanden, natgrans, sessioner
from wis.auth import views as auth_views
from wis.auth.strypning import Strypning
from wis.begaran import lankvyer, paminnelser
from wis.begaran import mallvyer as begaranmallvyer
from wis.begaran import views as begaran_views
from wis.bevakning import views as bevakning_views
from wis.bevakning.forms import Omradesformular
from wis.bilagor import filer
from wis.db import Database
from wis.floden import views as floden_views
from wis.floden.forms import Adressformular
from wis.fragor import views as fragor_views
from wis.funktioner import views as funktioner_views
from wis.funktioner.forms import NyFunktionsformular, Utseformular
from wis.handelser import views as handelser_views
from wis.handelser.forms import Handelseformular
from wis.installningar import views as installningar_views
from wis.karta import views as karta_views
from wis.konton import kontobrev, misslyckade
from wis.konton import views as konton_views
from wis.konton.forms import Inbjudningsformular
from wis.konton.personforms import Gastformular, Handelserollformular, Importformular, Signeringsformular
from wis.lage import views as lage_views
from wis.lage.forms import Lagesformular
from wis.lagesbild import mallvyer
from wis.lagesbild import views as lagesbild_views
from wis.lagesbild.forms import Lagesbildsformular
from wis.lagesbild.mall import STANDARD
from wis.natlos import views as natlos_views
from wis.notiser import kvittovyer, sysslor
from wis.notiser import views as notiser_views
from wis.notiser.forms import Kodformular, Nummerformular, Tystnadsformular
from wis.nyckeltal import views as nyckeltal_views
from wis.nytt import views as nytt_views
from wis.paverkan import views as paverkan_views
from wis.paverkan.forms import Paverkansformular
from wis.samlad import views as samlad_views
from wis.settings import PROJECT_ROOT, Settings, SettingsError
from wis.sok import views as sok_views
from wis.statistik import views as statistik_views
from wis.tvaperson import views as tvaperson_views
from wis.tvaperson.forms import Nodformular, Tillbakaformular
from wis.typhandelser import views as typhandelser_views
from wis.tystnad import views as tystnad_views
from wis.underrattelser import views as underrattelser_views
from wis.underrattelser.forms import Underrattelseformular
from wis.utskrift import pdf
from wis.utskrift import views as utskrift_views
from wis.ytor import halsa, matt, regionvyer, utdragsvyer, visa_utkast
from wis.ytor import views as ytor_views

VYER = (
    auth_views,
    faktorsidor,
    sessioner,
    konton_views,
    misslyckade,
    funktioner_views,
    handelser_views,
    lage_views,
    lagesbild_views,
    mallvyer,
    samlad_views,
    notiser_views,
    kvittovyer,
    underrattelser_views,
    anteckningar_views,
    tvaperson_views,
    paverkan_views,
    lankvyer,
    begaran_views,
    begaranmallvyer,
    fragor_views,
    ytor_views,
    tystnad_views,
    karta_views,
    regionvyer,
    statistik_views,
    typhandelser_views,
    sok_views,
    bevakning_views,
    visa_utkast,
    hjalp,
    utdragsvyer,
    halsa,
    matt,
    arkiv_views,
    natlos_views,
    nytt_views,
    installningar_views,
    utskrift_views,
    floden_views,
    nyckeltal_views,
)
"""The modules with pages, each with its blueprint `bp`."""


def create_app(settings: Settings, database: Database | None = None) -> Flask:
    """The whole application on one database. The schema must be in place (`wis db upgrade`)."""
    app = Flask("wis", root_path=str(PROJECT_ROOT), template_folder="templates", static_folder="static")
    app.secret_key = settings.secret_key
    app.extensions["wis_settings"] = settings
    app.extensions["wis_database"] = database or Database(settings.database_url)
    app.extensions["wis_strypning"] = Strypning(settings.redis_url)
    app.extensions["wis_faltnamn"] = _faltnamn()
    _lagg_om(app, settings)
    filer.init_app(app)
    natgrans.init_app(app, settings)
    atkomst.init_app(app)
    meddelanden.anlita(kontobrev.skicka)
    sysslor.anlita(paminnelser.paminn)
    pdf.anpassa(settings.threads)
    _las_granser(settings)
    for module in VYER:
        app.register_blueprint(module.bp)
    realtime.init_app(app)
    return app


def _las_granser(settings: Settings) -> None:
    """The borders that the operator gives, if any. Raises SettingsError when the file can't be used."""
    try:
        geo.anvand(geo.las(settings.karta_granser) if settings.karta_granser else {})
    except geo.OlasligaGranser as fel:
        raise SettingsError(f"WIS_KARTA_GRANSER: {fel}") from fel


def _lagg_om(app: Flask, settings: Settings) -> None:
    """What lies around every page, from the inside out."""
    # Innermost: every guard stands before it.
    snabbvag.init_app(app)
    web.init_app(app)
    snabbvag.svara_med(app)
    statisk.init_app(app)
    if settings.betrodda_proxyer:
        # Around the guards: they judge the name that the proxy was asked for.
        count = settings.betrodda_proxyer
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def _faltnamn() -> dict[str, str]:
    """What the fields of every form are called, for the pages that give back what was typed."""
    named = web.etiketter(
        NyFunktionsformular,
        Utseformular,
        Inbjudningsformular,
        Gastformular,
        Handelserollformular,
        Importformular,
        Signeringsformular,
        Nummerformular,
        Kodformular,
        Tystnadsformular,
        Handelseformular,
        Lagesformular,
        Underrattelseformular,
        Nodformular,
        Tillbakaformular,
        Paverkansformular,
        Lagesbildsformular,
        Gallringsformular,
        Omradesformular,
        Adressformular,
    )
    # A lägesbild has several sections called the same under different headings.
    return named | {avsnitt.nyckel: avsnitt.namn for avsnitt in STANDARD.avsnitt}
