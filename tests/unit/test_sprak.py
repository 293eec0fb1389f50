"""What pages in English promise: every text has a translation, no placeholder is lost, nothing is left out."""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes
from jinja2.ext import InternationalizationExtension

from wis import web
from wis.auth.rules import Fragas, Verb
from wis.handelser.models import Typ
from wis.lage.service import beslutsrubrik
from wis.lagesbild.mall import FUNKTIONER, GRADER, STANDARD
from wis.sprak import Sprak, katalog
from wis.sprak.ord import ORD
from wis.ytor.rules import Slag

MALLAR = katalog.ROT / "templates"
DELAR = [
    "bas.html",
    "komponenter/handelse.html",
    "komponenter/lagesbild.html",
    "komponenter/marken.html",
    "handelser/_lasratt.html",
    "funktioner/_meny.html",
    "funktioner/_topp.html",
    "lagesbild/_artikel.html",
    "lagesbild/_delar.html",
    "lagesbild/_last.html",
    "underrattelser/_delar.html",
    "ytor/_delade.html",
    "ytor/_delar.html",
    "ytor/_flikar.html",
    "ytor/_handelse.html",
    "ytor/_lasmarke.html",
    "ytor/_region.html",
    "ytor/_start.html",
]
"""What pages that are in English are made of, besides themselves."""
SIDOR = sorted(
    str(fil.relative_to(MALLAR))
    for fil in MALLAR.rglob("*.html")
    if "{% set oversatt_sida = true %}" in fil.read_text("utf-8")
)
PLATS = re.compile(r"%\(\w+\)s|%[^(]|<[^>]+>")
I_MALLEN_SVENSKA = {
    # Who writes and manages may do so in Swedish; the form that chooses readers is never on a page that is only read.
    "handelser/_lasratt.html": ("Gäller hela", "Nu når det fler", "Du har ändrat vilka", "Läsrätten har ändrats", "Nu"),
    # In an element that says that it is in Swedish.
    "underrattelser/visa.html": ("§ (version §): så gick utskicket",),
    "ytor/tidslinje.html": ("Anteckna", "Varför inte?"),
}
ORDET = re.compile(r"[a-zåäöA-ZÅÄÖ]{2,}")
EGENNAMN = {"wis", "PDF", "CAP", "XML", "EDXL", "SitRep", "TLP", "OSL", "br", "svg", "Svenska", "English"}


@pytest.fixture(scope="module")
def miljo() -> Environment:
    return Environment(extensions=[InternationalizationExtension])


def test_every_text_has_an_english_one_and_what_is_gone_from_the_pages_is_gone_from_the_catalogue() -> None:
    engelska = katalog.las(Sprak.EN)
    assert [message.id for message in katalog.saknas(engelska)] == []
    i_koden, i_katalogen = ({repr(message.id) for message in en if message.id} for en in (katalog.hamta(), engelska))
    assert (i_koden - i_katalogen, i_katalogen - i_koden) == (set(), set()), "kör script/sprak"


def test_no_placeholder_or_tag_differs_between_a_text_and_its_translation() -> None:
    for message in katalog.las(Sprak.EN):
        ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
        strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
        for ett, annat in zip(ids, strings, strict=True):
            if message.id:
                assert sorted(PLATS.findall(ett)) == sorted(PLATS.findall(annat)), ett


def test_what_the_code_has_names_for_is_among_what_is_translated() -> None:
    i_koden = {typ.namn for typ in Typ} | {slag.namn for slag in Slag} | set(GRADER) | set(FUNKTIONER)
    i_koden |= {text for a in STANDARD.avsnitt for text in (a.grupp, a.namn, a.etikett) if text}
    i_koden |= {
        beslutsrubrik(slag, lage)
        for slag in ("oppnad", "lage", "stangd", "ateroppnad", "andrad")
        for lage in ("aktiverat", "ordinarie")
    }
    i_koden |= {verb.value for verb in Verb} | {fragas.namn for fragas in Fragas}
    i_koden |= {text for texter in web._HTTP.values() for text in texter}
    i_koden |= {text for text in _felsidornas(Path(web.__file__)) if text}
    assert i_koden - set(ORD) == set()


def _felsidornas(fil: Path) -> set[str]:
    """The texts written out in calls of felsida()."""
    anrop = (
        nod
        for nod in ast.walk(ast.parse(fil.read_text("utf-8")))
        if isinstance(nod, ast.Call) and isinstance(nod.func, ast.Name) and nod.func.id == "felsida"
    )
    return {
        arg.value
        for nod in anrop
        for arg in [*nod.args, *(k.value for k in nod.keywords)]
        if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
    }


@pytest.mark.parametrize("mall", [*SIDOR, *DELAR])
def test_a_page_that_is_said_to_be_in_english_has_no_swedish_left_in_it(mall: str, miljo: Environment) -> None:
    trad = miljo.parse((MALLAR / mall).read_text("utf-8"))
    lasare = _Text()
    # An expression stands for a word, so that tags and attributes with one in them stay whole.
    lasare.feed("".join(del_.data if isinstance(del_, nodes.TemplateData) else "§" for del_ in _utskrivet(trad)))
    kvar = [text for text in lasare.texter if set(ORDET.findall(text)) - EGENNAMN]
    assert [text for text in kvar if not text.startswith(I_MALLEN_SVENSKA.get(mall, ("\0",)))] == []


def test_what_is_imported_says_nothing_once_for_all() -> None:
    """A template that is imported is run once, in the language of whoever came first: only its macros may translate."""
    miljo = Environment(extensions=[InternationalizationExtension])
    for fil in MALLAR.rglob("*.html"):
        trad = miljo.parse(fil.read_text("utf-8"))
        if trad.find(nodes.Extends) is None and trad.find(nodes.Macro) is not None:
            utanfor = [nod for nod in trad.body if isinstance(nod, nodes.Assign)]
            anrop = [a for nod in utanfor for a in nod.find_all(nodes.Call) if isinstance(a.node, nodes.Name)]
            namn = {a.node.name for a in anrop if isinstance(a.node, nodes.Name)}
            assert namn & {"_", "gettext", "ngettext"} == set() or fil.name == "bas.html", fil


def _utskrivet(trad: nodes.Template) -> list[nodes.Expr]:
    return [del_ for ut in trad.find_all(nodes.Output) for del_ in ut.nodes]


class _Text(HTMLParser):
    """The texts of a page that somebody reads, attributes that are read out among them."""

    def __init__(self) -> None:
        super().__init__()
        self.texter: list[str] = []

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Attributes that are read out."""
        self.texter += [v for namn, v in attrs if namn in ("aria-label", "alt", "title", "placeholder") and v]

    def handle_data(self, data: str) -> None:
        """Words between tags."""
        self.texter += [data.strip()] if data.strip() else []
