"""The composition root: the only file that knows every package."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from wis import hjalp, realtime, snabbvag, statisk, web
from wis.auth import atkomst, faktorsidor, meddelanden, natgrans, sessioner
from wis.auth import views as auth_views
from wis.auth.strypning import Strypning
from wis.bilagor import filer
from wis.db import Database
from wis.fragor import views as fragor_views
from wis.funktioner import views as funktioner_views
from wis.funktioner.forms import NyFunktionsformular, Utseformular
from wis.handelser import views as handelser_views
from wis.handelser.forms import Handelseformular
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
from wis.notiser import kvittovyer
from wis.notiser import views as notiser_views
from wis.notiser.forms import Kodformular, Nummerformular, Tystnadsformular
from wis.settings import PROJECT_ROOT, Settings
from wis.sok import views as sok_views
from wis.tvaperson import views as tvaperson_views
from wis.tvaperson.forms import Nodformular, Tillbakaformular
from wis.underrattelser import views as underrattelser_views
from wis.underrattelser.forms import Underrattelseformular
from wis.ytor import halsa, matt, utdragsvyer, visa_utkast
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
    notiser_views,
    kvittovyer,
    underrattelser_views,
    tvaperson_views,
    fragor_views,
    ytor_views,
    sok_views,
    visa_utkast,
    hjalp,
    utdragsvyer,
    halsa,
    matt,
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
    for module in VYER:
        app.register_blueprint(module.bp)
    realtime.init_app(app)
    return app


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
        Lagesbildsformular,
    )
    # A lägesbild has several sections called the same under different headings.
    return named | {avsnitt.nyckel: avsnitt.namn for avsnitt in STANDARD.avsnitt}
