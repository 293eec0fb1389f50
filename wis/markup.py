"""Markdown → safe HTML, and markdown → plain text.

Rendering runs in one child process per process (`wis.markup_process`), with a deadline: a source that takes too long,
or brings the child down, comes back as escaped text, so that nothing that somebody wrote is lost. See decision 003.
"""

import atexit
import html
import json
import logging
import os
import re
import select
import struct
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

logger = logging.getLogger(__name__)

# Seconds of a call, counted from when the child is ready: the first round, and with a second child for what is left.
# Together with what surrounds it, the whole stays below the two seconds that a person is asked to wait.
FRIST_S = 1.2
TOTAL_FRIST_S = 1.7
# Starting takes 0.2 s on an idle machine; a loaded one must not publish unformatted text because of it.
START_FRIST_S = 5.0
# Waiting for other threads' calls, each of which is bounded by the above.
KO_FRIST_S = 10.0

SCHEMAN = frozenset({"http", "https", "mailto", "tel"})
_RESTEN = r"[^\s<>\"\\`{}|^]*"
_WEBB = re.compile(rf"//(?:[\w.-]{{1,253}}|\[[0-9A-Fa-f:.]{{2,45}}\])(?::[0-9]{{1,5}})?(?:[/?#]{_RESTEN})?")
_POST = re.compile(rf"[\w.+%'-]{{1,64}}@[\w.-]{{1,253}}(?:\?{_RESTEN})?")
_TEL = re.compile(r"\+?[0-9*#().-]{2,40}(?:;[A-Za-z0-9=.+-]{1,40})?")
_EFTER_SCHEMA = {"http": _WEBB, "https": _WEBB, "mailto": _POST, "tel": _TEL}
_LANGSTA_ADRESS = 2048

# Both are linear: no bracket is searched past the next one that doesn't close within it.
LANK = (
    r"!?\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*+)\]"
    r"\([ ]*<?(?P<adress>(?:[^\s()<>]|\([^\s()<>]*\))++)>?"
    r"(?:\s+(?:\"(?P<titel>[^\"\n]*)\"|'(?P<titel2>[^'\n]*)'))?\s*\)"
)
BAR_ADRESS = r"<(?P<inom>[^\s<>\x02\x03]++)>|(?<![\w/@.])(?P<bar>[Hh][Tt][Tt][Pp][Ss]?://[^\s<>\"\x02\x03]++)"

_RADBRYT = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_STYRTECKEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_SURROGAT = re.compile("[\ud800-\udfff]")
# More than twenty nested quotes or lists on one line were not meant, and can't be read as boxes within boxes.
_FOR_DJUP = re.compile(r"^(?:[ \t]*+(?:>|(?:[-*+]|[0-9]{1,9}\.)[ \t])){21}.*$", re.MULTILINE)

_RADBORJAN = re.compile(r"(?:[ ]{0,3}>[ ]?)*+(?:#{1,6}[ ]+|[ \t]*+)")
_LINJE = re.compile(r"(?:-[ ]*){3,}+|(?:\*[ ]*){3,}+|(?:_[ ]*){3,}+")
_INLINE = re.compile(
    rf"\\(?P<tecken>[\\`*_{{}}\[\]()>#+.!|~-])|(?P<kod>`++)|{LANK}|{BAR_ADRESS}|(?P<betoning>\*++|_++|~~++)"
)


def normalisera(kalla: str) -> str:
    """Return the text with line breaks as LF, without control characters, noncharacters and lone surrogates."""
    return _SURROGAT.sub("\ufffd", _STYRTECKEN.sub("", _RADBRYT.sub("\n", kalla)))


def saker_adress(adress: str) -> bool:
    """Return whether an address may become a link: absolute, of `SCHEMAN`, and nothing in it hides where it goes.

    So refused are also user names before the host (`https://lansstyrelsen.se@ond.example`), backslashes, and control,
    zero-width, direction and space characters. The address is taken as it stands: entities are not decoded.
    """
    schema, _, resten = adress.partition(":")
    form = _EFTER_SCHEMA.get(schema.lower()) if schema.isascii() else None
    if form is None or len(adress) > _LANGSTA_ADRESS or not form.fullmatch(resten):
        return False
    return not any(unicodedata.category(tecken)[0] in "CZ" for tecken in adress)


def utan_skiljetecken(adress: str) -> str:
    """Return a bare web address without the punctuation of the sentence that it ends."""
    slut = len(adress)
    over = {")": adress.count(")") - adress.count("("), "]": adress.count("]") - adress.count("[")}
    while slut and (adress[slut - 1] in ".,;:!?'*_~" or over.get(adress[slut - 1], 0) > 0):
        slut -= 1
        if adress[slut] in over:
            over[adress[slut]] -= 1
    return adress[:slut]


def text_av(kalla: str) -> str:
    """Return the plain text of a markdown source, for SMS or mail: links as 'text (address)', no marks of emphasis.

    Linear time, no child process. Line breaks stay, several empty lines become one; list items begin with '- ' or
    their number, table cells are parted by ' | '. Raw HTML and unsafe links stand as written, like in `render`.
    """
    text = "\n".join(_rader_av(normalisera(kalla).split("\n")))
    return "\n\n".join(_inline_av(stycke) for stycke in re.split(r"\n{2,}", text)).strip()


def _rader_av(rader: Iterable[str]) -> Iterator[str]:
    """Yield the lines without what makes them headings, quotes, rules and tables."""
    forra = ""
    for rad in rader:
        borjan = _RADBORJAN.match(rad)
        text = rad[borjan.end() if borjan else 0 :].rstrip()
        if borjan and "#" in borjan[0] and text.rstrip("#").endswith(" "):
            text = text.rstrip("#").rstrip()
        understruken = forra and set(text) in ({"="}, {"-"})
        forra = text
        if understruken or ("|" in text and "-" in text and set(text) <= set("|:- ")):
            continue
        if text.startswith("|"):
            text = " | ".join(cell.strip() for cell in re.split(r"(?<!\\)\|", text[1:].removesuffix("|")))
        yield "" if _LINJE.fullmatch(text) else re.sub(r"^[*+-][ \t]+", "- ", text)


def _inline_av(text: str) -> str:
    """Return a paragraph without the marks of emphasis, code and links."""
    ut: list[str] = []
    oppna: dict[str, list[tuple[int, int]]] = {"*": [], "_": [], "~": []}
    kodslut = _kodslut_i(text)
    klart = 0
    while m := _INLINE.search(text, klart):
        ut.append(text[klart : m.start()])
        klart = m.end()
        if m["betoning"]:
            ut.append(_para(text, m, ut, oppna[m[0][0]]))
        elif m["bar"]:
            ut.append(utan_skiljetecken(m["bar"]))
            klart = m.start() + len(ut[-1])
        elif m["kod"] and m.start() in kodslut:
            ut.append(text[klart : kodslut[m.start()]].strip())
            klart = kodslut[m.start()] + len(m[0])
        else:
            ut.append(m["tecken"] or m["kod"] or _lank_av(m))
    for plats, antal in (rest for rester in oppna.values() for rest in rester):
        ut[plats] = ut[plats][:antal]
    return "".join(ut) + text[klart:]


def _kodslut_i(text: str) -> dict[int, int]:
    """Return, for the place of each run of backticks, the place of the next run of the same length."""
    nasta: dict[int, int] = {}
    slut: dict[int, int] = {}
    for m in reversed(list(re.finditer("`++", text))):
        if len(m[0]) in nasta:
            slut[m.start()] = nasta[len(m[0])]
        nasta[len(m[0])] = m.start()
    return slut


def _lank_av(m: re.Match[str]) -> str:
    inom = m["inom"]
    if inom:
        return inom if saker_adress(inom) or saker_adress(f"mailto:{inom}") else m[0]
    if not saker_adress(m["adress"]):
        return m[0]
    # Brackets within the text hold none themselves, so this goes one step down at most.
    text, adress = _inline_av(m["text"].strip()), re.sub("^(?i:mailto|tel):", "", m["adress"])
    titel = m["titel"] or m["titel2"]
    text = f"{text} ({titel})" if text and titel else text or titel
    return f"{text} ({adress})" if text and text != adress else adress


def _para(text: str, m: re.Match[str], ut: list[str], oppna: list[tuple[int, int]]) -> str:
    """Pair a run of '*', '_' or '~~' with open ones (place in `ut`, number left); return what is left of it."""
    tecken, antal = m[0][0], len(m[0])
    fore, efter = text[max(m.start() - 1, 0) : m.start()], text[m.end() : m.end() + 1]
    stanger, oppnar = bool(fore.strip()), bool(efter.strip())
    if tecken == "_":  # within a word it is a letter, as in the library
        stanger, oppnar = stanger and not efter.isalnum(), oppnar and not fore.isalnum()
    elif fore.isdigit() and efter.isdigit():  # 5*3 is a product
        stanger = oppnar = False
    while stanger and antal and oppna:
        plats, kvar = oppna.pop()
        if kvar > antal:
            oppna.append((plats, kvar - antal))
        else:
            ut[plats] = ""
        antal -= min(antal, kvar)
    if oppnar and antal:
        oppna.append((len(ut), antal))
    return tecken * antal


def render(kalla: str) -> str:
    """Return safe HTML for a markdown source: see `render_many`."""
    return render_many([kalla])[0]


def render_many(kallor: Sequence[str]) -> list[str]:
    """Return safe HTML for each markdown source, in the same order. Raises nothing.

    Elements: p br strong em del ul ol li blockquote code pre h3 h4 h5 table thead tbody tr th td hr a. Attributes:
    `href` and `rel` of a, `start` of ol. A source that can't be rendered in time becomes its own text, escaped, in a
    <pre>. Takes at most `TOTAL_FRIST_S` seconds once the child process is ready and other threads' calls are done.
    """
    rena = [normalisera(kalla) for kalla in kallor]
    # The line feed is for the HTML parser, which drops one right after <pre>.
    ut = [f"<pre>\n{html.escape(ren, quote=False)}</pre>" if ren.strip() else "" for ren in rena]
    ordning = [nr for nr, ren in enumerate(rena) if ut[nr] and not _for_djup(ren)]
    # The shortest first: if one of them takes all the time there is, it is seldom a short one.
    ordning.sort(key=lambda nr: len(rena[nr]))
    if ordning:
        for nr, svar in _verkstad.rendera([(nr, rena[nr]) for nr in ordning]).items():
            ut[nr] = svar
    return ut


def _for_djup(text: str) -> bool:
    return any(m[0].strip(" \t-*") for m in _FOR_DJUP.finditer(text))


def starta() -> None:
    """Start the child process without waiting for it, so that the first reader needn't. Raises nothing."""
    _verkstad.starta()


def stang() -> None:
    """End the child process, if any. A later `render` starts another. Done by itself when the program ends."""
    _verkstad.stang()


class _ForLangsamt(Exception):
    """The child didn't answer in time."""


class _Borta(Exception):
    """The child has ended."""


class _Barn:
    """A child process and the pipes to it. After any exception it is of no more use."""

    def __init__(self) -> None:
        """Start the process without waiting for it; raises OSError."""
        behalls = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL")
        self._agare = os.getpid()
        self._ar_redo = False
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "wis.markup_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            # The secrets of the parent's environment have no business there.
            env={namn: os.environ[namn] for namn in behalls if namn in os.environ},
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise OSError("Popen gave no pipes")
        self._till, self._fran = self._process.stdin, self._process.stdout
        os.set_blocking(self._till.fileno(), False)
        os.set_blocking(self._fran.fileno(), False)

    def lever(self) -> bool:
        return self._agare == os.getpid() and self._process.poll() is None

    def vanta_pa_redo(self, senast: float) -> None:
        """Return when the child has said that it is ready; raises like `be`."""
        self._ar_redo = self._ar_redo or bool(self._svar(senast))

    def be(self, kalla: str, senast: float) -> dict[str, str]:
        """Return the answer to one source; raises _ForLangsamt at `senast` (monotonic seconds), _Borta if it ended."""
        data = json.dumps(kalla).encode()
        kvar = memoryview(struct.pack(">I", len(data)) + data)
        while kvar:
            self._vanta(self._till.fileno(), select.POLLOUT, senast)
            try:
                kvar = kvar[os.write(self._till.fileno(), kvar) :]
            except BrokenPipeError as fel:
                raise _Borta from fel
        return self._svar(senast)

    def _svar(self, senast: float) -> dict[str, str]:
        (langd,) = struct.unpack(">I", self._las(4, senast))
        return dict(json.loads(self._las(langd, senast)))

    def _las(self, antal: int, senast: float) -> bytes:
        data = bytearray()
        while len(data) < antal:
            self._vanta(self._fran.fileno(), select.POLLIN, senast)
            bit = os.read(self._fran.fileno(), min(antal - len(data), 1 << 16))
            if not bit:
                raise _Borta
            data += bit
        return bytes(data)

    @staticmethod
    def _vanta(ror: int, pa: int, senast: float) -> None:
        vakt = select.poll()
        vakt.register(ror, pa)
        if not vakt.poll(max(0.0, (senast - time.monotonic()) * 1000)):
            raise _ForLangsamt

    def doda(self) -> None:
        """End the process and reap it; in a forked process, only let go of it."""
        if self._agare == os.getpid():
            self._process.kill()
            self._process.wait()
        else:
            # It is the parent's to wait for, and Popen must not complain that nobody did.
            self._process.returncode = 0
        # As long as one copy of the pipe is open, the child doesn't see that its parent is gone.
        self._till.close()
        self._fran.close()


class _Verkstad:
    """The one child of this process, and the lock around it."""

    def __init__(self) -> None:
        self._las = threading.Lock()
        self._barn: _Barn | None = None

    def starta(self) -> None:
        with self._las:
            self._levande()

    def stang(self) -> None:
        with self._las:
            self._slapp()

    def efter_fork(self) -> None:
        # Another thread of the parent may have held the lock, and doesn't exist here.
        self._las = threading.Lock()
        self._slapp()

    def rendera(self, kallor: list[tuple[int, str]]) -> dict[int, str]:
        """Return number and HTML of the sources that could be rendered in time; the others are missing."""
        svar: dict[int, str] = {}
        if not self._las.acquire(timeout=KO_FRIST_S):
            logger.error("markup: waited %s s for other texts; %d shown as written", KO_FRIST_S, len(kallor))
            return svar
        try:
            barn = self._redo(time.monotonic() + START_FRIST_S)
            borjan = time.monotonic()
            kvar = self._omgang(barn, kallor, svar, borjan + FRIST_S) if barn else []
            barn = self._redo(borjan + TOTAL_FRIST_S) if kvar else None
            if barn:
                self._omgang(barn, kvar, svar, borjan + TOTAL_FRIST_S)
        except BaseException:
            # Interrupted (Ctrl-C, a worker told to end): the answer on its way would be taken for the next text's.
            self._slapp()
            raise
        finally:
            self._las.release()
        return svar

    def _omgang(
        self, barn: _Barn, kallor: list[tuple[int, str]], svar: dict[int, str], senast: float
    ) -> list[tuple[int, str]]:
        """Render until done, or until the child fails; return what deserves another child."""
        for plats, (nr, kalla) in enumerate(kallor):
            try:
                utfall = barn.be(kalla, senast)
            except (_ForLangsamt, _Borta) as fel:
                logger.warning("markup: %s at a text of %d characters", type(fel).__name__, len(kalla))
                self._byt()
                # If it ended, somebody may have killed it: the text gets another chance, after the others.
                return kallor[plats + 1 :] + ([(nr, kalla)] if isinstance(fel, _Borta) else [])
            if "html" in utfall:
                svar[nr] = utfall["html"]
            else:
                logger.warning("markup: %s at a text of %d characters", utfall.get("fel"), len(kalla))
        return []

    def _redo(self, senast: float) -> _Barn | None:
        barn = self._levande()
        try:
            if barn:
                barn.vanta_pa_redo(senast)
        except (_ForLangsamt, _Borta):
            logger.exception("markup: the process didn't become ready")
            self._slapp()
            return None
        return barn

    def _levande(self) -> _Barn | None:
        if self._barn is None or not self._barn.lever():
            self._byt()
        return self._barn

    def _byt(self) -> None:
        self._slapp()
        try:
            self._barn = _Barn()
        except OSError:
            logger.exception("markup: the process can't be started")

    def _slapp(self) -> None:
        barn, self._barn = self._barn, None
        if barn is not None:
            barn.doda()


_verkstad = _Verkstad()
os.register_at_fork(after_in_child=_verkstad.efter_fork)
atexit.register(stang)
