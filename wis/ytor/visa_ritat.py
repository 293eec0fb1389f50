"""What a form holds, drawn as the reading page will draw it once it is published."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from wis import clock, markup
from wis.aktorer.models import Aktor
from wis.auth.rules import Subjekt
from wis.handelser.models import Handelse
from wis.lagesbild import queries as lagesbilder
from wis.lagesbild import sida
from wis.lagesbild.atkomst import Mal
from wis.lagesbild.service import rendera
from wis.lagesbild.skrivsida import formular
from wis.underrattelser.forms import Underrattelseformular
from wis.underrattelser.queries import find_underrattelse

_RATTELSE = re.compile(r"/underrattelser/(\d{1,9})/ratta")


@dataclass(frozen=True)
class Namn:
    """Somebody as the pages name them."""

    namn: str
    kortnamn: str


@dataclass(frozen=True)
class Blivande:
    """The version that it would become, with what the pages' own macros read of one. `nummer` 0: not to be told."""

    nummer: int
    publicerad: datetime
    forfattare: Namn
    aktor: Namn
    funktion: str
    tlp: str
    lagrum: str
    bradskande: bool = False
    andringsnotering: str = ""
    nasta_uppdatering: datetime | None = None


@dataclass(frozen=True)
class Ritat:
    """A page to be. `grupper`: the sections of a lägesbild; `html`: the text of an underrättelse."""

    ar_lagesbild: bool
    rubrik: str
    version: Blivande
    grupper: list[tuple[str, list[sida.Lasavsnitt]]] = field(default_factory=list)
    html: str = ""

    @property
    def tomt(self) -> bool:
        """Whether nothing is written yet."""
        return not self.grupper and not self.html


@dataclass(frozen=True)
class Marke:
    """The label and the secrecy note that were chosen."""

    tlp: str
    lagrum: str


def lagesbild(
    session: Session, who: Subjekt, handelse: Handelse, agare: Aktor | None, marke: Marke
) -> Callable[[], Ritat]:
    """What draws the lägesbild in the form (`agare` None: the samlade) once the database has been let go of."""
    bild = lagesbilder.find_lagesbild(session, handelse.id, None if agare is None else agare.id)
    mal = Mal(handelse, agare, bild)
    innehall, rubrik = formular(mal).innehall(clock.now()), mal.namn
    # The number that follows one that is out of sight is not told.
    forra = None if bild is None or not bild.senaste else mal.find_lasbar(bild.senaste)
    sedd = bild is None or not bild.senaste or forra is not None
    fore, lankar = None if forra is None else lagesbilder.innehall_av(forra), mal.lankar(innehall)
    version = _blivande(
        who,
        marke,
        (0 if bild is None else bild.senaste) + 1 if sedd else 0,
        andringsnotering=innehall.andringsnotering,
        nasta_uppdatering=innehall.nasta_uppdatering,
    )

    def rita() -> Ritat:
        grupper = sida.att_forhandsgranska(innehall, rendera(innehall, fore, lankar), fore)
        return Ritat(ar_lagesbild=True, rubrik=rubrik, version=version, grupper=grupper)

    return rita


def underrattelse(session: Session, who: Subjekt, handelse: Handelse, marke: Marke) -> Callable[[], Ritat]:
    """As lagesbild(), of the underrättelse in the form."""
    form = Underrattelseformular()
    rubrik, text = " ".join((form.rubrik.data or "").split()), (form.text.data or "").replace("\r\n", "\n").strip()
    rattelse = _RATTELSE.fullmatch(request.form.get("tillbaka", ""))
    rattad = None if rattelse is None else find_underrattelse(session, int(rattelse[1]))
    egen = rattad is not None and (rattad.aktor_id, rattad.handelse_id) == (who.aktor_id, handelse.id)
    version = _blivande(who, marke, rattad.senaste + 1 if rattad and egen else 1, bradskande=bool(form.bradskande.data))
    return lambda: Ritat(ar_lagesbild=False, rubrik=rubrik, version=version, html=markup.render(text))


def _blivande(who: Subjekt, marke: Marke, nummer: int, **annat: Any) -> Blivande:
    now = clock.now()
    return Blivande(
        nummer=nummer,
        publicerad=now,
        forfattare=Namn(who.namn, who.namn),
        aktor=Namn(who.aktor_namn, who.aktor_kortnamn),
        funktion=", ".join(tjanst.namn for tjanst in who.i_tjanst(now)),
        tlp=marke.tlp,
        lagrum=marke.lagrum,
        **annat,
    )
