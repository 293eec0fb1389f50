"""How much room a text takes as SMS, and how to make it take less.

Source of the alphabets and of the 160/153 and 70/67 limits: 3GPP TS 23.038 (GSM 7-bit default alphabet, its extension
table, UCS-2) and TS 23.040 (six octets of header in each part of a joined message). National language tables are not
used: the gateways that we send through don't offer them. Pure: no database, no network, no clock.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

# Code points 0x00–0x7F in order, sixteen a row; 0x1B is the escape to the extension table and stands for no character.
_GRUND = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
_UTOKNING = frozenset("\f^{}\\[~]|€")
_GSM = (frozenset(_GRUND) - {"\x1b"}) | _UTOKNING

_ENSAM = {"GSM-7": 160, "UCS-2": 70}
_FOGAD = {"GSM-7": 153, "UCS-2": 67}

# (costly characters, what we call one of them, what it becomes), pasted in where it stood.
_TECKENRADER = (
    ("–", "tankstreck", "-"),
    ("—―", "långt tankstreck", "-"),
    ("‒", "sifferstreck", "-"),
    ("‐", "bindestreck (typografiskt)", "-"),
    ("‑", "hårt bindestreck", "-"),
    ("−", "minustecken (typografiskt)", "-"),
    ("•‣◦▪■●", "punkt i lista", "-"),
    ("·", "halvhög punkt", "-"),
    ("”“„‟", "citattecken (typografiskt)", '"'),
    ("«»", "citattecken (gåsögon)", '"'),
    ("″", "sekundtecken", '"'),
    ("’‘‚‛", "apostrof (typografisk)", "'"),
    ("‹›", "enkelt gåsöga", "'"),
    ("′", "minuttecken", "'"),
    ("´", "lös akut accent", "'"),
    ("`", "lös grav accent", "'"),
    ("…", "tre punkter i ett tecken", "..."),
    ("≥", "större än eller lika med", ">="),
    ("≤", "mindre än eller lika med", "<="),
    ("×", "gångertecken", "x"),
    ("±", "plusminus", "+/-"),
    ("⁄∕", "bråkstreck", "/"),
    ("¦", "brutet lodstreck", "|"),
    ("→➔➜➡➤", "högerpil", "->"),
    ("←⬅", "vänsterpil", "<-"),
    ("↔", "dubbelpil", "<->"),
    ("⇒", "dubbelstreckad pil", "=>"),
    ("©", "copyrighttecken", "(C)"),
    ("®", "registrerat varumärke", "(R)"),
    ("™", "varumärkestecken", "(TM)"),
    # 'u' for µ may be read as nothing at all; a dose a thousand times wrong is worse than four letters more.
    ("\u00b5", "mikrotecken", "mikro"),
    ("ł", "l med streck", "l"),
    ("Ł", "L med streck", "L"),
    ("đ", "d med streck", "d"),
    ("Đ", "D med streck", "D"),
    ("ð", "isländskt eth", "d"),
    ("Ð", "isländskt eth", "D"),
    ("ŧ", "t med streck", "t"),
    ("Ŧ", "T med streck", "T"),
    ("ŋ", "samiskt eng", "n"),
    ("Ŋ", "samiskt eng", "N"),
    ("ı", "i utan prick", "i"),
    ("þ", "isländskt thorn", "th"),
    ("Þ", "isländskt thorn", "Th"),
    ("œ", "oe-ligatur", "oe"),
    ("Œ", "oe-ligatur", "OE"),
    ("ẞ", "versalt dubbel-s", "ß"),
    ("\t", "tabb", " "),
    ("\v\x85\u2028\u2029", "radbrytning av ovanligt slag", "\n"),
)

# The same, where what it becomes is a word: it needs air to the letters and digits beside it. An emoji is here when the
# sentence would say something else without it; the others are decoration and go.
_ORDRADER = (
    ("°º˚", "gradtecken", "grader"),
    ("℃", "tecknet grader Celsius", "grader C"),
    ("‰", "promilletecken", "promille"),
    ("≈", "ungefär lika med", "ca"),
    ("№", "nummertecken", "nr"),
    ("↑⬆", "pil upp", "(upp)"),
    ("↓⬇", "pil ner", "(ner)"),
    ("📈", "emoji (stigande kurva)", "(upp)"),
    ("📉", "emoji (fallande kurva)", "(ner)"),
    ("⚠", "emoji (varningstriangel)", "OBS!"),
    ("❗❕", "emoji (utropstecken)", "!"),
    ("‼", "dubbelt utropstecken", "!!"),
    ("❓❔", "emoji (frågetecken)", "?"),
    ("✅✔✓☑", "bock", "OK"),
    ("☐", "tom ruta", "[ ]"),
    ("❌✖✗✘☒", "kryss", "X"),
    ("⛔🚫🛑", "emoji (förbud)", "STOPP"),
    ("👍", "emoji (tumme upp)", "OK"),
    ("👎", "emoji (tumme ner)", "EJ OK"),
    ("🔴🟥", "emoji (röd)", "(röd)"),
    ("🟠🟧", "emoji (orange)", "(orange)"),
    ("🟡🟨", "emoji (gul)", "(gul)"),
    ("🟢🟩", "emoji (grön)", "(grön)"),
    ("ℹ", "informationstecken", "Info"),
    ("☎📞", "emoji (telefon)", "Tel"),
)


_TECKEN = {c: (namn, ersatt) for dyra, namn, ersatt in _TECKENRADER for c in dyra}
_ORD = {c: (namn, ersatt) for dyra, namn, ersatt in _ORDRADER for c in dyra}
_ALLA = _TECKEN | _ORD

_ACCENTER = {
    "\u0300": "grav accent",
    "\u0301": "akut accent",
    "\u0302": "cirkumflex",
    "\u0303": "tilde",
    "\u0304": "streck över",
    "\u0306": "båge",
    "\u0307": "punkt över",
    "\u0308": "prickar",
    "\u030a": "ring",
    "\u030b": "dubbel akut accent",
    "\u030c": "hake",
    "\u0327": "cedilj",
    "\u0328": "svans",
}
# Strokes through and signs around a character: '≠' is '=' with one, and must not become '='.
_OVERSTRUKNA = frozenset(map(chr, [*range(0x334, 0x339), *range(0x20D0, 0x20E3), *range(0x20E4, 0x20F1)]))
_ZWJ = "\u200d"
_FOGAR = frozenset("\u200c\u200d")
_HUDTON = range(0x1F3FB, 0x1F400)
_FLAGGOR = range(0x1F1E6, 0x1F200)
# Leaves out the arrows and technical signs in between: they say something.
_EMOJI = (range(0x23E9, 0x2400), range(0x2600, 0x2794), range(0x2B1B, 0x2B60), range(0x1F000, 0x1FB00))
_BRYTER = frozenset(" \n\r\t\f\v")
_SLUTSKRAP = " \n\r\t\f\v.,;:-–—(\"'"


@dataclass(frozen=True)
class DyrtTecken:
    """A character, as the reader sees it, that keeps the text out of GSM-7.

    `tecken` may be several code points (an emoji with its modifiers, a letter with loose accents); `antal` is how many
    times it stands in the text; `ersattning` is what `ersatt_dyra` puts there, '' when it goes, None when it stays.
    """

    tecken: str
    namn: str
    antal: int
    ersattning: str | None

    @property
    def kod(self) -> str:
        """The character as it goes in a form: some are invisible, or would not come back as they were."""
        return "-".join(f"{ord(c):x}" for c in self.tecken)

    @property
    def syns(self) -> bool:
        """Whether there is anything to see of it."""
        return unicodedata.category(self.tecken[0])[0] not in "CZ"


@dataclass(frozen=True)
class Smsmatt:
    """Room taken: `tecken` in septets (GSM-7) or UTF-16 units (UCS-2), `kvar` the same unit, in the last segment."""

    kodning: Literal["GSM-7", "UCS-2"]
    segment: int
    tecken: int
    kvar: int
    dyra: tuple[DyrtTecken, ...]


def mat(text: str) -> Smsmatt:
    """Return what the text takes as SMS; an empty text takes 0 segments.

    A pair (escape + extension character, or two surrogates) is never split, so a segment may be left one unit short;
    that unit is not counted in `tecken`.
    """
    dyra = _dyra(text)
    kodning: Literal["GSM-7", "UCS-2"] = "UCS-2" if dyra else "GSM-7"
    bredder = [2 if (ord(c) > 0xFFFF if dyra else c in _UTOKNING) else 1 for c in text]
    segment, kvar = _segmentera(bredder, _ENSAM[kodning], _FOGAD[kodning])
    return Smsmatt(kodning, segment, sum(bredder), kvar, dyra)


def ersatt_dyra(text: str, bara: str | None = None) -> str:
    """Return the text with its costly characters, or only `bara`, put in cheap ones that read the same in Swedish.

    What has no safe stand-in (other alphabets, mathematical signs) stays. Cheap characters are never touched, except
    a space that would be left over beside something removed. Where the new text would need more segments, the old is
    returned, unless `bara` was asked for.
    """
    bitar = _bitar(text)
    ut = ""
    ersatt: str | None = None
    for i, bit in enumerate(bitar):
        if bit == " " and ersatt == "" and ut[-1:] in ("", "\n"):
            continue  # the line began with what was removed
        ersatt = bit if _ar_billig(bit) or bara not in (None, bit) else _ersattning(bit)
        if ersatt is None:
            ut += bit
        elif ersatt == "":
            ut = _utan_blank(ut, "".join(bitar[i + 1 : i + 2]))
        else:
            ut += _med_luft(ut, ersatt, bitar[i - 1 : i], bit, bitar[i + 1 : i + 2])
    # Who asks for one character sees what becomes of the rest, and goes on.
    return ut if bara is not None or mat(ut).segment <= mat(text).segment else text


def bitar_att_visa(text: str) -> list[tuple[str, DyrtTecken | None]]:
    """Return the text in order, in pieces: each costly character by itself, with what it is, and what lies between."""
    dyra = {ett.tecken: ett for ett in _dyra(text)}
    ut: list[tuple[str, DyrtTecken | None]] = []
    for bit in _bitar(text):
        ett = dyra.get(bit)
        if ett is None and ut and ut[-1][1] is None:
            ut[-1] = (ut[-1][0] + bit, None)
        else:
            ut.append((bit, ett))
    return ut


def korta(text: str, max_segment: int) -> str:
    """Return the text if it fits `max_segment` segments, else as many whole words as fit, followed by '...'.

    A first word too long for the room is cut inside. Raises ValueError if `max_segment` is below 1.
    """
    if max_segment < 1:
        raise ValueError("max_segment must be at least 1")
    if mat(text).segment <= max_segment:
        return text
    slut = [i for i in range(1, len(text)) if text[i] in _BRYTER and text[i - 1] not in _BRYTER]
    return _langsta(text, slut, max_segment) or _langsta(text, _bitslut(text), max_segment) or "..."


def _langsta(text: str, slut: list[int], max_segment: int) -> str:
    """Return the longest shortened text that ends at one of `slut` (ascending) and fits, or '' if none does.

    Bisection is sound: a longer beginning never needs fewer segments, as UCS-2 never packs better than GSM-7.
    """
    antal = bisect_right(slut, max_segment, key=lambda i: mat(_avslutad(text, i)).segment)
    return _avslutad(text, slut[antal - 1]) if antal and text[: slut[antal - 1]].strip(_SLUTSKRAP) else ""


def _avslutad(text: str, slut: int) -> str:
    return text[:slut].rstrip(_SLUTSKRAP) + "..."


def _bitslut(text: str) -> list[int]:
    slut: list[int] = []
    for bit in _bitar(text):
        slut.append(len(bit) + (slut[-1] if slut else 0))
    return slut


def _segmentera(bredder: list[int], ensam: int, fogad: int) -> tuple[int, int]:
    """Return (segments, units left in the last one) for characters of the given widths."""
    totalt = sum(bredder)
    if totalt <= ensam:
        return (1 if totalt else 0), ensam - totalt
    segment, fyllt = 1, 0
    for bredd in bredder:
        if fyllt + bredd > fogad:
            segment, fyllt = segment + 1, 0
        fyllt += bredd
    return segment, fogad - fyllt


def _ar_billig(tecken: Iterable[str]) -> bool:
    return _GSM.issuperset(tecken)


def _dyra(text: str) -> tuple[DyrtTecken, ...]:
    if _ar_billig(text):
        return ()
    antal: dict[str, int] = {}
    for bit in _bitar(text):
        if not _ar_billig(bit):
            antal[bit] = antal.get(bit, 0) + 1
    return tuple(DyrtTecken(bit, _namn(bit), n, _ersattning(bit)) for bit, n in antal.items())


def _bitar(text: str) -> list[str]:
    """Split into what a reader takes for one character: a base with its accents, an emoji with its modifiers."""
    bitar: list[str] = []
    for c in text:
        if bitar and _hor_till(bitar[-1], c):
            bitar[-1] += c
        else:
            bitar.append(c)
    return bitar


def _hor_till(bit: str, c: str) -> bool:
    if c in _GSM:
        return False
    if c in _FOGAR:  # between letters of other alphabets a joiner carries meaning; between ours it is litter
        return bit[0] not in _GSM
    if unicodedata.category(c) in ("Mn", "Me") or ord(c) in _HUDTON:
        return True
    return bit[-1] == _ZWJ and _ar_emoji(bit[0])


def _ar_emoji(c: str) -> bool:
    return unicodedata.category(c) in ("So", "Sk", "Cn") and any(ord(c) in omrade for omrade in _EMOJI)


def _ersattning(bit: str) -> str | None:
    """Return the stand-in for a costly piece, '' if it may go, None if it must stay. Neighbours are not considered."""
    helt = unicodedata.normalize("NFC", bit)
    if _ar_billig(helt):
        return helt
    forst = helt[0]
    if forst in _ALLA:
        return _ALLA[forst][1]
    kategori = unicodedata.category(forst)
    if kategori == "Zs":
        return " "
    if ord(forst) in _FLAGGOR:
        return chr(ord("A") + ord(forst) - _FLAGGOR.start)
    skrivbart = _utan_accent(helt) or _lika_skriven(forst)
    kan_utga = kategori in ("Cf", "Cc", "Cs", "Mn", "Me") or _ar_emoji(forst)
    return "" if skrivbart is None and kan_utga else skrivbart


def _utan_accent(bit: str) -> str | None:
    """Return the nearest GSM-7 character: the base with one of its accents if there is such a one, else bare."""
    grund, *accenter = list(unicodedata.normalize("NFD", bit))
    kandidater = [*(unicodedata.normalize("NFC", grund + a) for a in accenter), grund]
    if not accenter or not _OVERSTRUKNA.isdisjoint(accenter):
        return None
    return next((k for k in kandidater if _ar_billig(k)), None)


def _lika_skriven(c: str) -> str | None:
    """Return the plain spelling of a ligature, a superscript, a fraction, a wide or styled letter."""
    if unicodedata.category(c)[0] not in "LNS":
        return None
    vanlig = unicodedata.normalize("NFKC", c).replace("⁄", "/")
    return vanlig if vanlig != c and vanlig.isascii() and vanlig.isprintable() and " " not in vanlig else None


def _utan_blank(fore: str, efter: str) -> str:
    """Return what stands before something removed, without the space that would be left over."""
    return fore.removesuffix(" ") if efter in ("", " ", "\n", "\r", ".", ",") else fore


def _med_luft(fore: str, ersatt: str, forra: list[str], bit: str, nasta: list[str]) -> str:
    """Return the stand-in with a space where it would otherwise grow together with what stands before or after."""
    slag = unicodedata.decomposition(bit[0]).partition(" ")[0]
    if slag == "<super>" and ersatt.isdigit() and forra and forra[0].isdecimal():
        return "^" + ersatt  # '10²' must not become '102'
    if bit[0] not in _ORD and slag not in ("<fraction>", "<circle>"):
        return ersatt
    innan = " " if (ersatt[0].isalnum() or ersatt[0] in "([") and fore[-1:].isalnum() else ""
    return innan + ersatt + (" " if nasta and nasta[0][0].isalnum() else "")


def _namn(bit: str) -> str:
    """Return what the piece is called in Swedish, in words that help to find it in the text."""
    helt = unicodedata.normalize("NFC", bit)
    forst = helt[0]
    if _ar_billig(helt):
        return f"{helt} i lösa delar" if len(bit) > 1 else f"annan kod för {helt}"
    if forst in _ALLA:
        return _ALLA[forst][0]
    if _ar_emoji(forst):
        return "emoji (flagga)" if ord(forst) in _FLAGGOR else "emoji"
    kategori = unicodedata.category(forst)
    if kategori == "Zs":
        return "hårt mellanslag" if "NO-BREAK" in unicodedata.name(forst, "") else "mellanslag av annan bredd"
    if kategori[0] == "C":
        return f"osynligt tecken (U+{ord(forst):04X})"
    return _bokstavsnamn(helt) if kategori[0] in "LM" else f"tecknet {helt}"


def _bokstavsnamn(bit: str) -> str:
    grund, *accenter = list(unicodedata.normalize("NFD", bit))
    if unicodedata.category(grund)[0] == "M":
        return "lös accent utan bokstav"
    if accenter and accenter[0] in _ACCENTER and grund.isascii():
        return f"{grund} med {_ACCENTER[accenter[0]]}"
    return f"bokstaven {bit}"
