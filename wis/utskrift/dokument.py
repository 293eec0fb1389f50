"""Documents drawn as whole HTML pages, for PDF and as one file that opens anywhere. They ask nobody for anything."""

import base64
import hashlib
import io
import re
from dataclasses import dataclass
from datetime import datetime

import segno

from wis import datum, markup
from wis.arkiv.sidor import rita_fil
from wis.auth.krets import Tlp
from wis.handelser.models import Handelse
from wis.lagesbild.kallor import utan
from wis.settings import PROJECT_ROOT
from wis.utskrift.blad import Bilder, Handelseblad, Sakblad, Versionsblad
from wis.utskrift.pdf import Dokument
from wis.utskrift.rules import till_vem

TIDPUNKT = "[[tidpunkt]]"
"""Stands in a document for when it was taken out, until it is made: what says the same is made once."""
QR, OVNING = "wis:qr", "wis:ovning"
_SVG = "image/svg+xml"
_OVNINGSBILD = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="210mm" height="297mm" viewBox="0 0 210 297">'
    '<text x="105" y="160" font-family="sans-serif" font-size="46" font-weight="bold" fill="#000" fill-opacity=".1" '
    'text-anchor="middle" transform="rotate(-52 105 148)">ÖVNING</text></svg>'
)
_FILSTILAR = ("wis.css", "papper-fil.css")


@dataclass(frozen=True)
class Uttag:
    """Who takes it out, in words, and for which actor they act."""

    vem: str
    aktor: str

    @property
    def i_ord(self) -> str:
        """'Uttagen … av Karin Ek för Länsstyrelsen'."""
        return f"Uttagen {TIDPUNKT} av {self.vem} för {self.aktor}"


def av_version(blad: Versionsblad, handelse: Handelse, uttag: Uttag, bilder: Bilder, rubrik: str = "") -> Dokument:
    """A version as PDF. `rubrik`: what the edition is called, '' for the whole."""
    _lagg_bilder(bilder, blad.lank)
    html = _rita("version.html", handelse, uttag, Tlp(blad.version.tlp), blad=blad, rubrik=rubrik)
    return Dokument(html, bilder.filer)


def av_underrattelse(blad: Sakblad, handelse: Handelse, uttag: Uttag) -> Dokument:
    """An underrättelse as PDF."""
    bilder = Bilder()
    _lagg_bilder(bilder, blad.lank)
    return Dokument(_rita("underrattelse.html", handelse, uttag, Tlp(blad.version.tlp), blad=blad), bilder.filer)


def av_handelse(blad: Handelseblad, handelse: Handelse, uttag: Uttag, bilder: Bilder, lank: str) -> Dokument:
    """A whole event as PDF. `lank`: its page."""
    _lagg_bilder(bilder, lank)
    html = _rita("handelse.html", handelse, uttag, blad.tlp, blad=blad, lank=lank, papper=True)
    return Dokument(html, bilder.filer)


def i_en_fil(blad: Handelseblad, handelse: Handelse, uttag: Uttag, lank: str, nar: datetime) -> str:
    """A whole event as one HTML file, with everything in it, that asks nobody for anything and runs nothing."""
    stil = _filstil()
    summa = base64.b64encode(hashlib.sha256(stil.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{summa}'; img-src data:; base-uri 'none'; form-action 'none'"
    html = _rita(
        "handelse.html", handelse, uttag, blad.tlp, blad=blad, lank=lank, papper=False, stil=stil, policy=policy
    )
    return daterad(html, nar)


def daterad(html: str, nar: datetime) -> str:
    """The document with the moment when it was taken out."""
    return html.replace(TIDPUNKT, datum.datumtid(nar))


def _rita(mall: str, handelse: Handelse, uttag: Uttag, tlp: Tlp, **varden: object) -> str:
    fast = {"stil": "", "policy": "default-src 'none'", "papper": True}
    gemensamt = {"handelse": handelse, "uttag": uttag.i_ord, "tlp": tlp, "till_vem": till_vem(tlp), "rot": ""}
    return rita_fil(f"utskrift/{mall}", ren_text=ren_text, **{**fast, **gemensamt, **varden})


def ren_text(kalla: str) -> str:
    """What people wrote, as plain text in one piece."""
    return markup.text_av(utan(kalla))


def _lagg_bilder(bilder: Bilder, lank: str) -> None:
    ut = io.BytesIO()
    segno.make(lank, error="m", micro=False).save(ut, kind="svg", border=2, xmldecl=False)
    bilder.lagg(QR, _SVG, ut.getvalue())
    bilder.lagg(OVNING, _SVG, _OVNINGSBILD.encode())


def _filstil() -> str:
    """The style sheets in one, without comments: what they say of how to print is in them."""
    text = "".join(_las(namn) for namn in _FILSTILAR)
    return re.sub(r"/\*.*?\*/\s*", "", text, flags=re.DOTALL)


def _las(namn: str) -> str:
    return (PROJECT_ROOT / "static" / "css" / namn).read_text("utf-8")
