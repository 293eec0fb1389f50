"""Who may be given what is taken out, and the words of a mail about it. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from wis import datum
from wis.auth.krets import Tlp

MAX_MAILTO = 1900
"""Characters of a mailto: address: longer ones are cut or dropped by some mail programs."""
_TILL_VEM = {
    Tlp.CLEAR: "får spridas fritt",
    Tlp.GREEN: "får delas med samverkande aktörer, inte offentligt",
    Tlp.AMBER: "bara inom den egna organisationen",
    Tlp.AMBER_STRICT: "bara inom den egna organisationen; texten får inte skickas med e-post",
    Tlp.RED: "får inte delas vidare",
}
_AVKORTAT = "\n[…] Resten finns på sidan: {lank}"
_SVENSKA = str.maketrans("åäöÅÄÖéÉü", "aaoAAOeEu")


def till_vem(tlp: Tlp) -> str:
    """Who may be given what bears the label: 'bara inom den egna organisationen'."""
    return _TILL_VEM[tlp]


def filnamn(*delar: str, andelse: str) -> str:
    """A file name that every system takes: ASCII letters, digits and hyphens, at most 100 before the ending."""
    text = unicodedata.normalize("NFKD", "-".join(delar).translate(_SVENSKA)).encode("ascii", "ignore").decode()
    return (re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower()[:100].strip("-") or "utskrift") + f".{andelse}"


@dataclass(frozen=True)
class Delat:
    """What a mail about a version says. `nytt`: what is new in it; `nasta`: when the next is promised; `lagrum`: the
    paragraph of a secrecy note."""

    namn: str
    nummer: int
    handelse: str
    publicerad: datetime
    sammanfattning: str
    nytt: str
    nasta: datetime | None
    lank: str
    tlp: Tlp
    ovning: bool
    lagrum: str = ""


@dataclass(frozen=True)
class Mejl:
    """A mail, ready to be sent by whoever copies it."""

    amne: str
    text: str
    lank: str

    @property
    def mailto(self) -> str:
        """The address that opens a mail program with the text, cut to what such programs take."""
        hel = self._mailto(self.text)
        if len(hel) <= MAX_MAILTO:
            return hel
        slut = _AVKORTAT.format(lank=self.lank)
        lagst, hogst = 0, len(self.text)
        while lagst < hogst:
            mitt = (lagst + hogst + 1) // 2
            ryms = len(self._mailto(self.text[:mitt] + slut)) <= MAX_MAILTO
            lagst, hogst = (mitt, hogst) if ryms else (lagst, mitt - 1)
        return self._mailto(self.text[:lagst].rstrip() + slut)

    def _mailto(self, text: str) -> str:
        # RFC 6068: lines end in CRLF.
        rader = text.replace("\n", "\r\n")
        return f"mailto:?subject={quote(self.amne, safe='')}&body={quote(rader, safe='')}"


def mejl(vad: Delat) -> Mejl | None:
    """The mail; None of what may not be shared at all. What may not go by mail goes as heading and link."""
    if vad.tlp is Tlp.RED:
        return None
    ovning = "ÖVNING: " if vad.ovning else ""
    amne = f"{ovning}{vad.namn}, version {vad.nummer}: {vad.handelse}"
    stycken = [*_huvud(vad), *([] if vad.tlp is Tlp.AMBER_STRICT else _innehall(vad)), f"Läs mer: {vad.lank}"]
    if vad.ovning:
        stycken.append("ÖVNING ÖVNING ÖVNING")
    return Mejl(amne, "\n\n".join(stycken) + "\n", vad.lank)


def _huvud(vad: Delat) -> list[str]:
    nar = f"{vad.namn}, version {vad.nummer}, publicerad {datum.datumtid(vad.publicerad)}."
    rader = [*(["ÖVNING ÖVNING ÖVNING"] if vad.ovning else []), f"{vad.handelse}\n{nar}"]
    marke = [] if vad.tlp is Tlp.CLEAR else [f"{vad.tlp.namn}: {till_vem(vad.tlp)}."]
    osl = "" if "osl" in vad.lagrum.lower() else "OSL "
    return [*rader, *marke, *([f"Sekretessanteckning: {osl}{vad.lagrum}."] if vad.lagrum else [])]


def _innehall(vad: Delat) -> list[str]:
    nytt = [f"Nytt: {vad.nytt}"] if vad.nytt else []
    nasta = [f"Nästa uppdatering: {datum.datumtid(vad.nasta)}."] if vad.nasta else []
    return [vad.sammanfattning, *nytt, *nasta]
