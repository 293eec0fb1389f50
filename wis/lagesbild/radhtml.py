"""The rows of a section as safe HTML, made at publication beside what markdown becomes. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from markupsafe import Markup, escape

from wis.lagesbild.kallor import alla, utan
from wis.lagesbild.mall import GRADER, Avsnittsslag
from wis.lagesbild.platser import i_ord
from wis.lagesbild.rader import Nyckeltal, Rad, nyckeltal, satt_ihop
from wis.lagesbild.ursprungsregler import Lankar, lankhtml

_INGEN = "ingen uppgift"
# As the house marks states: never by colour alone.
_MARKE = {
    "ingen": ("gron", "●"),
    "måttlig": ("gra", "–"),
    "betydande": ("gul", "◆"),
    "allvarlig": ("rod", "▲"),
    "kritisk": ("rod", "▲▲"),
}
_PUNKT = Markup("<li>{}{}</li>")


def radhtml(slag: Avsnittsslag, rader: Sequence[Rad], forra: Iterable[Rad] = (), lankar: Lankar | None = None) -> str:
    """HTML of the rows of a section; `forra` are those of the version before. '' for none.

    With `lankar` (of the samlade) the marks of origin are taken out, and each row ends in the links to its sources.
    """
    if not rader:
        return ""
    lank = _Lankning(lankar)
    if slag is Avsnittsslag.NYCKELTAL:
        delar = Markup("").join(
            _tal(replace(ett, namn=lank.ord(ett.namn)), lank.efter(rad))
            for rad, ett in zip(rader, nyckeltal(rader, forra), strict=True)
        )
        return str(Markup('<dl class="nyckeltal">{}</dl>').format(delar))
    ordnade = sorted(rader, key=_varst) if slag is Avsnittsslag.KONSEKVENSER else rader
    rita = _RITARE[slag]
    punkter = Markup("").join(_PUNKT.format(rita(tuple(map(lank.ord, rad))), lank.efter(rad)) for rad in ordnade)
    return str(Markup('<ul class="rader">{}</ul>').format(punkter))


class _Lankning:
    """What becomes of the marks of origin in rows: nothing, or (with `lankar`) links after the row."""

    def __init__(self, lankar: Lankar | None) -> None:
        self._lankar = lankar

    def ord(self, cell: str) -> str:
        """The cell as it is read."""
        return cell if self._lankar is None else utan(cell).strip()

    def efter(self, rad: Rad) -> Markup:
        """What follows the row."""
        kallor = [] if self._lankar is None else alla("\n".join(rad))
        if not kallor or self._lankar is None:
            return Markup("")
        return Markup(" {}").format(lankhtml(satt_ihop([tuple(map(utan, rad))]), kallor, self._lankar))


def oforandrad_html(slag: Avsnittsslag, rader: Sequence[Rad], html: str, lankar: Lankar | None = None) -> str:
    """The section's HTML for a version that says the same as the last: its figures have not changed since that."""
    if slag is not Avsnittsslag.NYCKELTAL or not rader:
        return html
    # Within the list all is escaped, so its end is the first there is; after it comes what markdown made of the rest.
    return radhtml(slag, rader, rader, lankar) + html.partition("</dl>")[2]


def _varst(rad: Rad) -> int:
    """The worst first; what nobody has said how hard it is comes last but for what is not struck at all."""
    return -GRADER.index(rad[1]) if rad[1] in GRADER else 0


def _tal(ett: Nyckeltal, lank: Markup) -> Markup:
    varde = Markup("<strong>{}</strong>{}").format(
        ett.varde or _INGEN, Markup(" {}").format(ett.enhet) if ett.enhet else ""
    )
    trend = Markup("")
    if ett.trend:
        pil = Markup('<span aria-hidden="true">{}</span> ').format(ett.pil) if ett.pil else ""
        fran = "" if ett.trend == "oförändrat" else f" från {ett.forra}"
        trend = Markup(' <span class="trend">{}{}{}</span>').format(pil, ett.trend, fran)
    return Markup("<div><dt>{}</dt><dd>{}{}{}</dd></div>").format(ett.namn, varde, trend, lank)


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


def _plats(rad: Rad) -> Markup:
    namn, var, grad, text = rad
    slag, symbol = _MARKE.get(grad, ("", ""))
    marke = Markup(' <span class="marke marke-{}"><span aria-hidden="true">{}</span> {} påverkan</span>').format(
        slag, symbol, grad.capitalize()
    )
    vara = Markup(' <span class="meta">({})</span>').format(i_ord(var)) if var and var != namn else ""
    return Markup("<strong>{}</strong>{}{}{}").format(namn, vara, marke if slag else "", _rad(text))


def _rad(text: str) -> Markup:
    return Markup("<br>{}").format(text) if text else escape("")


_RITARE: dict[Avsnittsslag, Callable[[Rad], Markup]] = {
    Avsnittsslag.KONSEKVENSER: _konsekvens,
    Avsnittsslag.ATGARDER: _atgard,
    Avsnittsslag.ALTERNATIV: _alternativ,
    Avsnittsslag.PLATSER: _plats,
}
