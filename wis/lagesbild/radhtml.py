"""The rows of a section as safe HTML, made at publication beside what markdown becomes. Pure."""

from collections.abc import Callable, Iterable, Sequence

from markupsafe import Markup, escape

from wis.lagesbild.mall import GRADER, Avsnittsslag
from wis.lagesbild.rader import Nyckeltal, Rad, nyckeltal

_INGEN = "ingen uppgift"
# As the house marks states: never by colour alone.
_MARKE = {
    "ingen": ("gron", "●"),
    "måttlig": ("gra", "–"),
    "betydande": ("gul", "◆"),
    "allvarlig": ("rod", "▲"),
    "kritisk": ("rod", "▲▲"),
}
_PUNKT = Markup("<li>{}</li>")


def radhtml(slag: Avsnittsslag, rader: Sequence[Rad], forra: Iterable[Rad] = ()) -> str:
    """HTML of the rows of a section; `forra` are those of the version before. '' for none."""
    if not rader:
        return ""
    if slag is Avsnittsslag.NYCKELTAL:
        delar = Markup("").join(_tal(ett) for ett in nyckeltal(rader, forra))
        return str(Markup('<dl class="nyckeltal">{}</dl>').format(delar))
    ordnade = sorted(rader, key=_varst) if slag is Avsnittsslag.KONSEKVENSER else rader
    punkter = Markup("").join(_PUNKT.format(_RITARE[slag](rad)) for rad in ordnade)
    return str(Markup('<ul class="rader">{}</ul>').format(punkter))


def oforandrad_html(slag: Avsnittsslag, rader: Sequence[Rad], html: str) -> str:
    """The section's HTML for a version that says the same as the last: its figures have not changed since that."""
    if slag is not Avsnittsslag.NYCKELTAL or not rader:
        return html
    # Within the list all is escaped, so its end is the first there is; after it comes what markdown made of the rest.
    return radhtml(slag, rader, rader) + html.partition("</dl>")[2]


def _varst(rad: Rad) -> int:
    """The worst first; what nobody has said how hard it is comes last but for what is not struck at all."""
    return -GRADER.index(rad[1]) if rad[1] in GRADER else 0


def _tal(ett: Nyckeltal) -> Markup:
    varde = Markup("<strong>{}</strong>{}").format(
        ett.varde or _INGEN, Markup(" {}").format(ett.enhet) if ett.enhet else ""
    )
    trend = Markup("")
    if ett.trend:
        pil = Markup('<span aria-hidden="true">{}</span> ').format(ett.pil) if ett.pil else ""
        fran = "" if ett.trend == "oförändrat" else f" från {ett.forra}"
        trend = Markup(' <span class="trend">{}{}{}</span>').format(pil, ett.trend, fran)
    return Markup("<div><dt>{}</dt><dd>{}{}</dd></div>").format(ett.namn, varde, trend)


def _konsekvens(rad: Rad) -> Markup:
    funktion, grad, text = rad
    slag, symbol = _MARKE.get(grad, ("okand", "?"))
    marke = Markup('<span class="marke marke-{}"><span aria-hidden="true">{}</span> {}</span>').format(
        slag, symbol, f"{grad.capitalize()} påverkan" if grad else "Påverkan: ingen uppgift"
    )
    return Markup("<strong>{}</strong> {}{}").format(funktion, marke, _rad(text))


def _atgard(rad: Rad) -> Markup:
    atgard, beror = rad
    vilka = Markup('<br><span class="meta">Berör: {}</span>').format(beror) if beror else ""
    return Markup("{}{}").format(atgard, vilka)


def _alternativ(rad: Rad) -> Markup:
    utveckling, sannolikhet, text = rad
    hur = Markup(' <span class="meta">({})</span>').format(sannolikhet) if sannolikhet else ""
    return Markup("<strong>{}</strong>{}{}").format(utveckling, hur, _rad(text))


def _rad(text: str) -> Markup:
    return Markup("<br>{}").format(text) if text else escape("")


_RITARE: dict[Avsnittsslag, Callable[[Rad], Markup]] = {
    Avsnittsslag.KONSEKVENSER: _konsekvens,
    Avsnittsslag.ATGARDER: _atgard,
    Avsnittsslag.ALTERNATIV: _alternativ,
}
