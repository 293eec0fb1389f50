"""One renderer for every place where a text is shown: nobody else makes HTML of it, and nothing is trusted unread."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from wis.settings import PROJECT_ROOT

WIS = PROJECT_ROOT / "wis"
MALLAR = PROJECT_ROOT / "templates"
SKRIPT = PROJECT_ROOT / "static" / "js"
BIBLIOTEK = {"markdown", "bleach", "nh3", "markdown_it", "mistune", "commonmark", "html5lib", "lxml"}

# What a template may leave unescaped, and why: HTML that wis.markup made, or that the template itself wrote.
OBEHANDLAT = {
    "handelse.beskrivning_html": "rendered when the event was saved",
    "version.html": "rendered when the underrättelse was published",
    "avsnitt.html": "rendered when the lägesbild was published",
    "avsnitten[0].html": "rendered when the lägesbild was published",
    "ny.html": "rendered when the underrättelse was proposed to a colleague",
    "innehall.html": "rendered for the preview",
    "'Överskriden med <span data-omfang>'": "a text of the template's own",
    "blad.html": "rendered when the underrättelse was published, with its links made whole",
    "v.html": "rendered when the underrättelse was published, for paper",
    "a.html": "rendered when the lägesbild was published, for paper",
    "text": "the accessibility statement, a file of the project, as wis.markup made it",
    "' lang=\"sv\"'": "a text of the template's own",
    "stil": "the style sheets of the project, in a file that has to hold its own",
    "'</span>'": "a text of the template's own",
    "html": "rendered when the lägesbild was published, shown to its owner who is asked for consent",
    "ritat.html": "rendered for showing the draft as its reading page",
}
# Where code may call text HTML, and why.
MARKUP_I_KOD = {
    "tolk.py": "formats of our own, whose values are escaped",
    "fragor/views.py": "a format of our own, whose values are escaped",
    "lagesbild/ursprungsregler.py": "formats of our own, whose values are escaped",
    "lagesbild/radhtml.py": "formats of our own, whose values are escaped",
    "personligt.py": "a hole, which is filled before the page is sent",
}


@cache
def _moduler() -> list[tuple[str, ast.Module]]:
    paths = sorted(WIS.rglob("*.py"))
    return [(path.relative_to(WIS).as_posix(), ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


def _importer(modul: ast.Module) -> Iterator[str]:
    for nod in ast.walk(modul):
        if isinstance(nod, ast.Import):
            yield from (alias.name.split(".")[0] for alias in nod.names)
        elif isinstance(nod, ast.ImportFrom) and nod.module and not nod.level:
            yield nod.module.split(".")[0]


def test_only_the_rendering_process_knows_the_libraries() -> None:
    assert {namn for namn, modul in _moduler() if BIBLIOTEK & set(_importer(modul))} == {"markup_process.py"}


def test_only_the_renderer_starts_or_imports_that_process() -> None:
    nara = {
        path.relative_to(WIS).as_posix()
        for path in WIS.rglob("*.py")
        if "markup_process" in path.read_text(encoding="utf-8")
    }
    assert nara == {"markup.py", "markup_process.py"}


def test_what_templates_leave_unescaped_is_what_the_renderer_made() -> None:
    funna = {
        uttryck
        for path in MALLAR.rglob("*")
        if path.is_file()
        for uttryck in re.findall(r"('[^']*'|[\w.\[\]]+)\s*\|\s*safe\b", path.read_text(encoding="utf-8"))
    }
    antal = sum(
        len(re.findall(r"\|\s*safe\b", p.read_text(encoding="utf-8"))) for p in MALLAR.rglob("*") if p.is_file()
    )
    assert funna <= set(OBEHANDLAT)
    assert antal >= len(funna) > 0


@pytest.mark.parametrize("ord_", [r"autoescape\s+false", r"\{%-?\s*autoescape", r"\|\s*forceescape", r"\bMarkup\b"])
def test_no_template_turns_escaping_off(ord_: str) -> None:
    assert not [p.name for p in MALLAR.rglob("*") if p.is_file() and re.search(ord_, p.read_text(encoding="utf-8"))]


def test_every_template_is_of_a_kind_that_is_escaped() -> None:
    # Flask escapes by the name of the file. What an archive holds as markdown is text, and is read by no browser.
    arkivtext = {p for p in (MALLAR / "arkiv").glob("*.md") if p.is_file()}
    assert {p.suffix for p in MALLAR.rglob("*") if p.is_file() and p not in arkivtext} <= {".html"}


def test_code_calls_no_text_html_but_where_it_is_said_here() -> None:
    funna = {namn for namn, modul in _moduler() if "Markup" in _namn_i(modul) or "from_string" in _namn_i(modul)}
    assert funna <= set(MARKUP_I_KOD)


def test_no_template_is_made_of_text() -> None:
    osakra = {"render_template_string", "from_string", "Template", "Environment"}
    # The pages of an archive are made of the templates too, by an environment that escapes, without the web around it.
    assert {namn for namn, modul in _moduler() if osakra & _namn_i(modul)} == {"arkiv/sidor.py"}
    assert "select_autoescape" in (WIS / "arkiv" / "sidor.py").read_text(encoding="utf-8")


def _namn_i(modul: ast.Module) -> set[str]:
    names = {nod.id for nod in ast.walk(modul) if isinstance(nod, ast.Name)}
    return names | {nod.attr for nod in ast.walk(modul) if isinstance(nod, ast.Attribute)}


def test_one_script_alone_makes_html_of_text() -> None:
    gor = (
        r"innerHTML|outerHTML\s*=|insertAdjacentHTML|DOMParser|createContextualFragment|document\.write|setHTMLUnsafe"
        r"|\beval\(|new Function"
    )
    assert {p.name for p in SKRIPT.glob("*.js") if re.search(gor, p.read_text(encoding="utf-8"))} == {"betrodd.js"}
    assert {p.name for p in SKRIPT.glob("*.js") if "createPolicy" in p.read_text(encoding="utf-8")} == {"betrodd.js"}


def test_pages_hold_no_script_and_no_style_of_their_own() -> None:
    # A page of an archive is a file: nobody's server gives it a nonce, and its policy is its own.
    for path in (p for p in MALLAR.rglob("*.html") if p.name != "_grund.html" or p.parent.name != "arkiv"):
        text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text, re.IGNORECASE), path
        for tagg in re.findall(r"<script[^>]*(?:\{\{.*?\}\}[^>]*)*>|<link rel=\"stylesheet\"[^>]*>", text):
            assert 'nonce="{{ csp_nonce() }}"' in tagg, path
        assert not re.search(r"<script[^>]*>\s*[^\s<]", re.sub(r"\{\{.*?\}\}", "", text)), path
