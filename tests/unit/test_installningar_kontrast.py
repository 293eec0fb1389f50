"""The colours of the style sheet: how far text stands off from what it lies on, by WCAG's reckoning."""

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[2] / "static" / "css" / "wis.css").read_text("utf-8")
UNDER_TEXT = ("papper", "yta", "accent-yta", "rod-yta", "gul-yta", "tillagt", "borttaget")
PA_DEM = ("text", "dov", "accent", "accent-mork", "rod")
FYLLDA = (("pa-accent", "accent"), ("pa-accent", "accent-mork"), ("pa-varning", "varning"))
VITT_PA = ("rod-fyll", "gron", "topp")
"""What white text lies on."""


def _farger(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): ([^;]+);", css))


def _regeln(borjan: str) -> dict[str, str]:
    """The custom properties of the rule that begins so."""
    _, _, efter = CSS.partition(borjan)
    assert efter, borjan
    return _farger(efter[: efter.index("}")])


LJUS = _regeln(":root {")
MORK = {**LJUS, **_regeln(":root:not([data-tema=ljus]) {")}
HOG = _regeln("html[data-kontrast=hog]:not(#x) {")
TEMAN = {"light": LJUS, "dark": MORK}


def _varde(tema: dict[str, str], namn: str) -> str:
    varde = tema[namn]
    while varde.startswith("var("):
        varde = tema[varde[6:-1]]
    return varde


def _ljushet(farg: str) -> float:
    siffror = farg.lstrip("#")
    siffror = "".join(en * 2 for en in siffror) if len(siffror) == 3 else siffror
    delar = [int(siffror[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    r, g, b = (en / 12.92 if en <= 0.04045 else ((en + 0.055) / 1.055) ** 2.4 for en in delar)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def kontrast(en: str, annan: str) -> float:
    """From 1 to 21 (WCAG 2.2, contrast ratio)."""
    ljus, mork = sorted((_ljushet(en), _ljushet(annan)), reverse=True)
    return (ljus + 0.05) / (mork + 0.05)


def _par(tema: dict[str, str]) -> dict[tuple[str, str], float]:
    par = [(text, under) for text in PA_DEM for under in UNDER_TEXT] + list(FYLLDA)
    ut = {(en, annan): kontrast(_varde(tema, en), _varde(tema, annan)) for en, annan in par}
    return ut | {("white", under): kontrast("#fff", _varde(tema, under)) for under in VITT_PA}


@pytest.mark.parametrize("namn", TEMAN)
def test_text_stands_off_by_four_and_a_half_and_in_high_contrast_by_seven(namn: str) -> None:
    vanlig, hog = _par(TEMAN[namn]), _par({**TEMAN[namn], **HOG})
    assert {par: round(hur, 2) for par, hur in vanlig.items() if hur < 4.5} == {}
    assert {par: round(hur, 2) for par, hur in hog.items() if hur < 7} == {}


def test_a_theme_is_the_same_chosen_or_by_the_device_and_so_is_high_contrast() -> None:
    assert _regeln("  [data-tema=mork] {") == _regeln(":root:not([data-tema=ljus]) {")
    assert _regeln("@media (prefers-contrast: more) { html:root:not(#x) {") == HOG
