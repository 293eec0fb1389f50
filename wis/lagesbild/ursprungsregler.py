"""How the sources of a samlade version are shown, and whether words still are as they were there. Pure.

Marks are taken out before markdown is read, and the links are put after what became of it: no text can make one.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from wis import markup
from wis.lagesbild.kallor import Kalla, Stycke, alla, med_alla
from wis.lagesbild.mall import Avsnittsslag

_FORM = re.compile(r"[\s|·]+")
_SLUT = "</p>"


@dataclass(frozen=True)
class Kallank:
    """What is shown of a source: where it is read, in words whose and when, and 'fakta' or 'antagande' if it is either.

    `sagt`: what its paragraphs say, as jamford() has them.
    """

    adress: str
    namn: str
    slag: str = ""
    sagt: frozenset[str] = frozenset()


Lankar = Mapping[Kalla, Kallank]
"""By Kalla.grund."""
SLAGORD = {Avsnittsslag.FAKTA: "fakta", Avsnittsslag.ANTAGANDEN: "antagande"}


def jamford(text: str) -> str:
    """What a paragraph or row says, however it is set: a row is the same words as a line made of it."""
    return _FORM.sub(" ", text.replace("\\", "")).strip()


def sagt(stycken: Iterable[Stycke]) -> frozenset[str]:
    """What these say, as jamford() has it."""
    return frozenset(jamford(ett.text) for ett in stycken)


def lankhtml(text: str, kallor: Sequence[Kalla], lankar: Lankar) -> Markup:
    """The links to the sources of this paragraph or row, parted by commas; '' for none."""
    alla_ = Markup(", ").join(_lank(text, kalla, lankar.get(kalla.grund)) for kalla in dict.fromkeys(kallor))
    return Markup('<span class="meta">{}</span>').format(alla_) if alla_ else alla_


def _lank(text: str, kalla: Kalla, lank: Kallank | None) -> Markup:
    if lank is None:
        return Markup('<span class="kalla">{}</span>').format(f"källan {kalla} finns inte")
    ord_ = [lank.namn, lank.slag, "" if jamford(text) in lank.sagt else "bearbetad"]
    return Markup('<a class="kalla" href="{}">{}</a>').format(lank.adress, " · ".join(filter(None, ord_)))


_UTAN = Markup("")


@dataclass(frozen=True)
class Bit:
    """A part of a section's free text that markdown reads by itself, without marks, and the links that follow it."""

    text: str
    lankar: Markup = _UTAN


def bitar(fritt: str, lankar: Lankar) -> list[Bit]:
    """The free text of a section: each paragraph that has a source by itself, those between them together."""
    if not alla(fritt):
        return _egna([fritt] if fritt else [])
    ut: list[Bit] = []
    egna: list[str] = []
    for stycke, kallor in med_alla(fritt, Avsnittsslag.TEXT):
        if not kallor:
            egna.append(stycke.text)
            continue
        ut += _egna(egna)
        ut.append(Bit(stycke.text, lankhtml(stycke.text, kallor, lankar)))
        egna = []
    return [*ut, *_egna(egna)]


def _egna(texter: Sequence[str]) -> list[Bit]:
    return [Bit("\n\n".join(texter), Markup(""))] if texter else []


def rendera(bitarna: Sequence[Sequence[Bit]]) -> list[str]:
    """Safe HTML of each section's parts. Takes up to two seconds: see wis.markup.render_many()."""
    html = iter(markup.render_many([bit.text for section in bitarna for bit in section]))
    return ["\n".join(_med_lankar(next(html), bit.lankar) for bit in section) for section in bitarna]


def _med_lankar(html: str, lankar: Markup) -> str:
    if not lankar:
        return html
    rent = html.rstrip()
    # Text is escaped, so this can only be the end of a paragraph.
    if rent.endswith(_SLUT):
        return f"{rent.removesuffix(_SLUT)} {lankar}{_SLUT}"
    return f"{rent}<p>{lankar}</p>"
