"""The child process that turns markdown into safe HTML: ``python -m wis.markup_process``, started by `wis.markup` only.

It is the only module that imports markdown, bleach and nh3. The libraries are kept in a process of their own because no
time limit can be put on them inside a thread: Python-Markdown and bleach are quadratic on some input, and a regular
expression or a Rust call can't be interrupted, only killed.

Protocol, both ways: four bytes of length (big-endian), then that many bytes of JSON. The child says ``{"redo": true}``
once, and then answers each string with ``{"html": …}`` or, when that source can't be rendered, ``{"fel": "name of the
exception"}``. End of input ends the process.
"""

import contextlib
import html
import io
import json
import re
import resource
import signal
import struct
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence

import nh3
from bleach.sanitizer import Cleaner
from markdown import Markdown
from markdown.blockparser import BlockParser
from markdown.blockprocessors import HashHeaderProcessor
from markdown.extensions import Extension
from markdown.extensions.nl2br import Nl2BrExtension
from markdown.extensions.sane_lists import SaneListExtension, SaneOListProcessor
from markdown.extensions.tables import TableExtension, TableProcessor
from markdown.inlinepatterns import DelimiterProcessor, EscapeInlineProcessor, InlineProcessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from wis.markup import BAR_ADRESS, LANK, SCHEMAN, saker_adress, utan_skiljetecken

_TABELL = ("table", "thead", "tbody", "tr", "th", "td")
_BLOCK = ("p", "br", "hr", "ul", "ol", "li", "blockquote", "pre", "h3", "h4", "h5")
TAGGAR = frozenset({*_BLOCK, *_TABELL, "strong", "em", "del", "code", "a"})
REL = "noopener noreferrer nofollow ugc"
MINNE_BYTE = 1 << 30
# Longer than any deadline of the parent, which kills sooner. It is for the orphan: a child that computes can't see that
# its parent is gone, so the kernel ends it.
EGEN_FRIST_S = 2.0

# What is typed as an ampersand is an ampersand: '&nbsp;' shows as '&nbsp;', and no character comes in as a number.
# Python-Markdown leaves entities alone, so it sees this noncharacter instead (`wis.markup.normalisera` removes it from
# every source), bleach too, and only nh3 a real '&amp;'.
_ET_TECKEN = "\ufdd0"

_RUBRIKER = {"h1": "h3", "h2": "h3", "h3": "h4", "h4": "h5", "h5": "h5", "h6": "h5"}
_HTML_OCH_ADRESSER = ("html", "entity", "autolink", "automail", "link")
_BILDER_OCH_REFERENSER = ("image_link", "reference", "image_reference", "short_reference", "short_image_ref")
_LISTPUNKT = re.compile(r"[ ]{0,3}(?:[-*+]|1\.)[ ]+\S")
_MARKOR = re.compile(r"[*_~]")
_NUMMER = r"(?:0|[1-9][0-9]{0,2})\."
_PUNKTER = re.compile(rf"^(?:[ \t>]|[-*+](?=[ \t])|{_NUMMER}(?=[ \t]))++", re.MULTILINE)
_TAGG = re.compile(r'<(?:a href="([^"]*)")?[^>]*>')
_ETIKETT = struct.Struct(">I")


class _ListaEfterText(Preprocessor):
    """Lets a list begin right under a line of text, as people write it and as CommonMark reads it."""

    def run(self, lines: list[str]) -> list[str]:
        ut: list[str] = []
        i_lista = False
        for rad in lines:
            punkt = bool(_LISTPUNKT.match(rad)) and not set(rad) <= set("|:- ")
            if punkt and not i_lista and ut and ut[-1].strip():
                ut.append("")
            i_lista = bool(rad.strip()) and (punkt or i_lista)
            ut.append(rad)
        return ut


class _Tabell(TableProcessor):
    """Keeps surplus cells, which the library drops, in the row's last cell; sets no style attribute."""

    def _build_row(self, row: str, parent: ET.Element, align: Sequence[str | None]) -> None:
        celler: list[str] = self._split_row(row)  # type: ignore[attr-defined] # not in the stubs
        sista = len(align) - 1
        celler[sista:] = ["|".join(celler[sista:])]
        rad = ET.SubElement(parent, "tr")
        for nr in range(len(align)):
            cell = ET.SubElement(rad, "th" if parent.tag == "thead" else "td")
            cell.text = celler[nr].strip(" ") if nr < len(celler) else ""


class _NumreradLista(SaneOListProcessor):
    """Has numbers that a list can show again: '0701234567. Ring' and '2026. Nytt' are text."""

    def __init__(self, parser: BlockParser) -> None:
        super().__init__(parser)
        self.RE = re.compile(rf"^[ ]{{0,3}}{_NUMMER}[ ]+(.*)")
        self.CHILD_RE = re.compile(rf"^[ ]{{0,3}}(({_NUMMER}))[ ]+(.*)")


class _Rubrik(HashHeaderProcessor):
    """Wants a space after the '#': '#snöoväder' is no heading."""

    RE = re.compile(r"(?:^|\n)(?P<level>#{1,6})[ ](?P<header>[^\n]*)(?:\n|$)")


class _Rubriker(Treeprocessor):
    """Demotes headings below those of the page (h1 and h2) and takes off a closing row of '#'."""

    def run(self, root: ET.Element) -> None:
        for element in root.iter():
            if element.tag in _RUBRIKER:
                text = element.text or ""
                utan = text.rstrip("#")
                element.text = utan.rstrip() if utan != text and utan.endswith(" ") else text
                element.tag = _RUBRIKER[element.tag]


class _Lank(InlineProcessor):
    """``[text](address "title")``; an image becomes a link. If the address isn't safe, the source stands as text."""

    def handleMatch(  # type: ignore[override]  # noqa: N802 (the library's name and its three Nones)
        self, m: re.Match[str], _data: str
    ) -> tuple[ET.Element | None, int | None, int | None]:
        adress = self.unescape(m["adress"])
        hel = adress.count("\x02") == m["adress"].count("\x02")  # if not, it held `code`, and has lost its backticks
        adress = re.sub("\x02(\\d+)\x03", lambda kod: chr(int(kod[1])), adress)
        if not (hel and _blir_lank(adress)):
            return None, None, None
        lank = ET.Element("a", href=adress)
        text, titel = m["text"].strip(), m["titel"] or m["titel2"]
        lank.text = f"{text} ({titel})" if text and titel else text or titel or AtomicString(adress)
        return lank, m.start(), m.end()


class _BarAdress(InlineProcessor):
    """``<https://…>``, ``<namn@example.se>`` and an address that stands bare in the text."""

    ANCESTOR_EXCLUDES = ("a",)

    def handleMatch(  # type: ignore[override]  # noqa: N802
        self, m: re.Match[str], _data: str
    ) -> tuple[ET.Element | None, int | None, int | None]:
        text = m["inom"] or utan_skiljetecken(m["bar"])
        adress = f"mailto:{text}" if m["inom"] and ":" not in text else text
        if not _blir_lank(adress):
            return None, None, None
        lank = ET.Element("a", href=adress)
        lank.text = AtomicString(text)
        return lank, m.start(), m.end() if m["inom"] else m.start() + len(text)


class _Betoning(DelimiterProcessor):
    """Emphasis that loses nothing: the library's (3.11.3) eats the c of ``*a**b*c``."""

    def handleMatch(  # type: ignore[override]  # noqa: N802
        self, m: re.Match[str], data: str
    ) -> tuple[ET.Element | None, int | None, int | None]:
        element, start, slut = super().handleMatch(m, data)
        if element is None or start is None or slut is None:
            return element, start, slut
        fore, efter = data[start:slut], "".join(element.itertext())
        hel = fore[0] in "*_~" and fore[-1] in "*_~" and _MARKOR.sub("", fore) == _MARKOR.sub("", efter)
        if hel:
            return element, start, slut
        self.reset()
        return None, None, None


class _Regler(Extension):
    """Takes raw HTML, entities, images and references out of Python-Markdown, and puts the rules above in."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 (the library's name)
        md.preprocessors.deregister("html_block")
        md.preprocessors.register(_ListaEfterText(md), "lista_efter_text", 10)
        # A definition ('[OBS]: avstängd') vanishes from the text, so there are none.
        md.parser.blockprocessors.deregister("reference")
        md.parser.blockprocessors.register(_Tabell(md.parser, {"use_align_attribute": False}), "table", 75)
        md.parser.blockprocessors.register(_NumreradLista(md.parser), "olist", 40)
        md.parser.blockprocessors.register(_Rubrik(md.parser), "hashheader", 70)
        for namn in _HTML_OCH_ADRESSER + _BILDER_OCH_REFERENSER:
            md.inlinePatterns.deregister(namn)
        # The library's link pattern looks for the closing bracket from every '[': 20 kB take two minutes.
        md.inlinePatterns.register(_Lank(LANK, md), "lank", 160)
        md.inlinePatterns.register(_BarAdress(BAR_ADRESS, md), "bar_adress", 120)
        betoning = _Betoning("*", "strong,em", md)
        betoning.add("_", "strong,em", smart=True)
        betoning.add("~", "del", double=True)
        md.ESCAPED_CHARS.append("~")
        md.inlinePatterns.register(betoning, "em_strong", 60)
        # '2*3*4' is a product, and would become 234.
        md.inlinePatterns.register(EscapeInlineProcessor(r"(?<=\d)(\*)(?=\d)", md), "produkt", 65)
        md.treeprocessors.register(_Rubriker(md), "rubriker", 30)


def _tillaten_adress(adress: str) -> bool:
    return saker_adress(adress.replace(_ET_TECKEN, "&"))


def _blir_lank(adress: str) -> bool:
    """Return whether the last gate would let the address through. If not, it must not be hidden behind a text."""
    adress = adress.replace(_ET_TECKEN, "&")
    return saker_adress(adress) and " href=" in _NH3.clean(f'<a href="{html.escape(adress)}"></a>')


def _tillatet_attribut(tagg: str, namn: str, varde: str) -> bool:
    if (tagg, namn) == ("a", "href"):
        return _tillaten_adress(varde)
    # Without 'start', a list that the writer began at 4 would begin at 1.
    return (tagg, namn) == ("ol", "start") and re.fullmatch("[0-9]{1,3}", varde) is not None


_BLEACH = Cleaner(tags=TAGGAR, attributes=_tillatet_attribut, protocols=SCHEMAN, strip=False)
_NH3 = nh3.Cleaner(
    tags=set(TAGGAR),
    attributes={"a": {"href"}, "ol": {"start"}},
    attribute_filter=lambda tagg, namn, varde: (
        varde if namn == "rel" or _tillatet_attribut(tagg, namn, varde) else None
    ),
    url_schemes=set(SCHEMAN),
    url_relative="deny",
    link_rel=REL,
)


def tvatta(html_kod: str) -> str:
    """Return HTML with only the allowed elements, attributes and addresses: the rest as text, or gone if need be."""
    return _NH3.clean(_BLEACH.clean(html_kod).replace(_ET_TECKEN, "&amp;"))


def html_av(kalla: str) -> str:
    """Return the safe HTML of a normalised markdown source.

    Takes whatever time the libraries take and raises whatever they raise: that is why it has a process of its own.
    """
    # A new parser each time: after an exception the old one's state is unknown, and one costs half a millisecond.
    md = Markdown(extensions=[TableExtension(), SaneListExtension(), Nl2BrExtension(), _Regler()])
    ut = tvatta(md.convert(kalla.replace("&", _ET_TECKEN)))
    if _bokstaver(_PUNKTER.sub("", kalla)) - _bokstaver(html.unescape(_TAGG.sub(r"\1", ut))):
        raise _TextForlorad
    return ut


class _TextForlorad(Exception):
    """A letter or a digit of the source isn't to be seen. '10 cm' must never become '1 cm', whoever is to blame."""


def _bokstaver(text: str) -> Counter[str]:
    return Counter(filter(str.isalnum, text))


def _svar(kalla: str) -> dict[str, str]:
    try:
        return {"html": html_av(kalla)}
    except Exception as fel:  # noqa: BLE001 (RecursionError, MemoryError or a bug in a library: all mean 'not this source')
        return {"fel": type(fel).__name__}


def _begransa() -> None:
    """Put limits on this process: memory, no core file with people's text in it, and default signals that do end it."""
    _, hogst = resource.getrlimit(resource.RLIMIT_AS)
    tak = MINNE_BYTE if hogst == resource.RLIM_INFINITY else min(MINNE_BYTE, hogst)
    resource.setrlimit(resource.RLIMIT_AS, (tak, tak))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(1000)
    # Ctrl-C in a terminal goes to the whole group; the parent decides when it ends, and then input ends here.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM, signal.SIGTERM})


def _skriv(ut: io.FileIO, svar: dict[str, str] | dict[str, bool]) -> None:
    data = json.dumps(svar).encode()
    kvar = memoryview(_ETIKETT.pack(len(data)) + data)
    while kvar:
        kvar = kvar[ut.write(kvar) :]


def _las(fran: "io.BufferedReader[io.FileIO]") -> str | None:
    huvud = fran.read(_ETIKETT.size)
    if len(huvud) < _ETIKETT.size:
        return None
    (langd,) = _ETIKETT.unpack(huvud)
    data = fran.read(langd)
    return str(json.loads(data)) if len(data) == langd else None


def main() -> None:
    """Answer sources on standard input until it ends. Ends quietly when the reader of standard output has gone."""
    _begransa()
    html_av("Första gången **kostar** mest: [a](https://example.se)\n\n- a\n\na | b\n--|--\nc | d")
    fran = io.BufferedReader(io.FileIO(0, "rb", closefd=False))
    ut = io.FileIO(1, "wb", closefd=False)
    with contextlib.suppress(BrokenPipeError):
        _skriv(ut, {"redo": True})
        while (kalla := _las(fran)) is not None:
            signal.setitimer(signal.ITIMER_REAL, EGEN_FRIST_S)
            svar = _svar(kalla)
            signal.setitimer(signal.ITIMER_REAL, 0)
            _skriv(ut, svar)


if __name__ == "__main__":
    main()
