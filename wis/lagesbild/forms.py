"""The form in which a lägesbild is written. It judges nothing: wis.lagesbild.rules says what is wrong."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from wtforms import HiddenField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.widgets import DateTimeLocalInput, HiddenInput

from wis import web
from wis.handelser.sakform import Sakfalt
from wis.lagesbild import rader, rules
from wis.lagesbild.krockregler import tolka
from wis.lagesbild.mall import MAX_NOTERING, STANDARD, Avsnittsslag, Forslag, Mall, ar_nyckel
from wis.lagesbild.rules import NASTA, Innehall, Marke
from wis.lagesbild.utkast import Text

ANNAN = "annan"
UNDAN = "undan-"
BESKRIVNING = "beskrivning_"
"""What the fields of descriptions are called, with the attachment's number after it."""


def _nummer(field: IntegerField) -> int:
    """What was sent, held within what a database column holds; 0 if it is no number."""
    return max(0, min(field.data or 0, 2**31 - 2))


def undanlagt(skickat: Mapping[str, str]) -> dict[str, str]:
    """The texts, by section, that 'Oförändrat' took away on the page: kept as left over."""
    return {namn.removeprefix(UNDAN): text for namn, text in skickat.items() if namn.startswith(UNDAN)}


def heltal(text: str) -> int:
    """The number that was sent as text, as web.heltal(); 0 if it is none."""
    try:
        return web.heltal(text)
    except ValueError:
        return 0


def formularnyckel(nyckel: str | None) -> str:
    """The idempotency key that was sent, or a new one if none was, or not a whole one."""
    hel = nyckel is not None and len(nyckel) == 32 and set(nyckel) <= set("0123456789abcdef")
    return nyckel if hel and nyckel is not None else uuid.uuid4().hex


def beskrivningar(skickat: Mapping[str, str]) -> dict[int, str]:
    """What a form says of the attachments, by number."""
    falt = {namn.removeprefix(BESKRIVNING): text for namn, text in skickat.items() if namn.startswith(BESKRIVNING)}
    return {int(nummer): text for nummer, text in falt.items() if nummer.isdecimal() and len(nummer) < 10}


class Lagesbildsformular(Sakfalt):
    """The fields that every template has; `formularklass` adds those of one.

    Hidden: the version it revises, the revision of the draft, a key that tells one sent twice from two, and the version
    of the template that it was drawn by.
    """

    # Of which template it is; set by formularklass().
    mallen: Mall = STANDARD

    bas = IntegerField(widget=HiddenInput(), default=0)
    revision = IntegerField(widget=HiddenInput(), default=0)
    nyckel = HiddenField()
    # What it remembers of a text that it has met: see wis.lagesbild.krockregler.
    krock = HiddenField()
    mall = HiddenField()
    # The keys of sections that the template has no place for, with commas.
    ovriga = HiddenField()
    andringsnotering = StringField(
        "Vad är nytt?",
        description=f"Frivilligt, högst {MAX_NOTERING} tecken. Står överst för den som läser, och i versionslistan.",
    )
    nasta_val = RadioField("Nästa uppdatering", validate_choice=False, default="")
    nasta_tid = StringField("Datum och tid", widget=DateTimeLocalInput())
    # What was written of the attachments, by number: there are as many fields as the draft has of them.
    beskrivningar: Mapping[int, str] = {}

    def process(self, formdata: Any = None, *args: Any, **kwargs: Any) -> None:
        """As WTForms'; rows are fields of their own, and a text may hold rows too."""
        skickat = self.meta.wrap_formdata(self, formdata)
        super().process(skickat, *args, **kwargs)
        self._las_rader(skickat or {})

    def _las_rader(self, skickat: Mapping[str, str]) -> None:
        self.rader: dict[str, list[rader.Rad]] = {}
        for avsnitt in self.mallen.avsnitt:
            if avsnitt.slag.kolumner:
                sent = rader.ur_formular(skickat, avsnitt.nyckel, avsnitt.slag)
                text = rader.satt_ihop(sent or [], self[avsnitt.nyckel].data or "")
                self.satt_text(avsnitt.nyckel, text)

    def satt_text(self, nyckel: str, text: str) -> None:
        """Show this text of a section: its rows in their fields."""
        funna, fritext = rader.dela(text, self.slag(nyckel))
        self.rader[nyckel], self[nyckel].data = funna, fritext

    def text_i(self, nyckel: str) -> str:
        """The whole text of a section."""
        return rader.satt_ihop(self.rader.get(nyckel, []), self[nyckel].data or "")

    def slag(self, nyckel: str) -> Avsnittsslag:
        """What a section holds."""
        return next(avsnitt.slag for avsnitt in self.mallen.avsnitt if avsnitt.nyckel == nyckel)

    def byt_till_kortnamn(self, kortnamn: Callable[[], Mapping[str, str]]) -> None:
        """Call the actors in rows by their short names; `kortnamn` is asked only if any are named."""
        for avsnitt in self.mallen.avsnitt:
            namngivna = [k.forslag is Forslag.AKTORER for k in avsnitt.slag.kolumner]
            funna = self.rader.get(avsnitt.nyckel, [])
            if any(cell and namngiven for rad in funna for cell, namngiven in zip(rad, namngivna, strict=True)):
                self.rader[avsnitt.nyckel] = rader.med_kortnamn(funna, avsnitt.slag, kortnamn())

    def forbered(self, text: Text, val: list[tuple[str, str]]) -> None:
        """Show `text`; `val` are the quick choices of the next update."""
        self.satt_dolda(bas=text.bas, revision=text.revision)
        self.satt_krock(text.krock)
        for nyckel in self.falt_av:
            self.satt_text(nyckel, text.innehall.sektioner.get(nyckel, ""))
        self.andringsnotering.data = text.innehall.andringsnotering
        self.satt_marke(text.innehall.marke)
        self.fyll_val(text.lasratt)
        kand = text.nasta in {varde for varde, _ in val}
        self.nasta_val.data = text.nasta if kand else ANNAN
        self.nasta_tid.data = "" if kand else text.nasta
        self.valj_bland(val)

    def valj_bland(self, val: list[tuple[str, str]]) -> None:
        """Set the quick choices; one that the person made before the clock moved on stays among them."""
        vald = self.nasta_val.data or ""
        tillagg = [] if vald in {ANNAN, *(varde for varde, _ in val)} else [(vald, vald.replace("T", " "))]
        self.nasta_val.choices = [*val, *tillagg, (ANNAN, "Annan tid")]

    def satt_mall(self, egen: Mall) -> None:
        """Note which template it was drawn by, before what else stands in the text was added to it."""
        utanfor = [nyckel for nyckel in self.falt_av if nyckel not in egen.nycklar]
        for field, varde in ((self.mall, str(egen.version_id or 0)), (self.ovriga, ",".join(utanfor))):
            field.raw_data, field.data = None, varde

    def satt_dolda(self, *, bas: int, revision: int, ny_nyckel: bool = False) -> None:
        """Set what the page is built on; with `ny_nyckel` the next sending is another than the last."""
        for field, varde in ((self.bas, bas), (self.revision, revision)):
            # What was sent would win over .data when the page is drawn.
            field.raw_data, field.data = None, varde
        self.nyckel.data = formularnyckel("" if ny_nyckel else self.nyckel.data)

    def satt_krock(self, text: str) -> None:
        """Remember this of a text that it has met."""
        self.krock.raw_data, self.krock.data = None, text

    def satt_marke(self, marke: Marke) -> None:
        """Show this label and secrecy note."""
        self.tlp.data, self.lagrum.data = marke.tlp.value, marke.lagrum

    def valt_marke(self) -> Marke:
        """The label and the secrecy note as they stand."""
        return Marke(self.tlp_hittills(), self.lagrum.data or "")

    def texter(self) -> dict[str, str]:
        """What stands in the sections, by key."""
        return {nyckel: self.text_i(nyckel) for nyckel in self.falt_av}

    def nasta_text(self) -> str:
        """The choice of next update, as it is kept in a draft."""
        val = self.nasta_val.data or ""
        return (self.nasta_tid.data or "").strip() if val == ANNAN else val

    def text(self) -> Text:
        """All that was typed, as a draft."""
        innehall = Innehall.av(
            self.texter(), self.andringsnotering.data or "", marke=self.valt_marke(), mall=self.mallen
        )
        return Text(
            _nummer(self.bas),
            _nummer(self.revision),
            innehall,
            self.nasta_text(),
            nyckel=self.nyckel.data or "",
            lasratt=self.lasrattstext(),
            beskrivningar=self.beskrivningar,
            krock=self._krock(),
        )

    def _krock(self) -> str:
        lage = tolka(self.krock.data)
        return "" if lage is None else lage.som_text()

    def innehall(self, now: datetime) -> Innehall:
        """What is to be published. Errors in the time are set on its field."""
        nasta = None
        try:
            nasta = rules.tolka_nasta(self.nasta_text(), now)
        except (ValueError, OverflowError):
            self.satt_fel({NASTA: "Tiden för nästa uppdatering går inte att förstå. Välj datum och klockslag."})
        val, tid = self.nasta_val.data or "", (self.nasta_tid.data or "").strip()
        if val == ANNAN and not tid:
            self.satt_fel({NASTA: "Ange datum och klockslag, eller välj en annan tid för nästa uppdatering."})
        elif val != ANNAN and tid:
            self.satt_fel({NASTA: "Du har angett en egen tid. Välj också Annan tid, eller töm fältet."})
        return Innehall.av(self.texter(), self.andringsnotering.data or "", nasta, self.valt_marke(), self.mallen)

    def satt_fel(self, fel: Mapping[str, str]) -> None:
        """Show these errors, by field."""
        for namn, text in fel.items():
            self[namn].errors = [*self[namn].errors, text]

    def radfel(self, nyckel: str) -> dict[tuple[int, int], str]:
        """What is wrong in which cell of the section's rows, once the form has been judged."""
        return rader.felen(self.rader.get(nyckel, []), self.slag(nyckel)) if self[nyckel].errors else {}

    def felets_plats(self, namn: str) -> str:
        """The id of what is to be mended in this field: of a section with rows, the cell."""
        celler = self.radfel(namn) if namn in self.rader else {}
        return next((f"{namn}-rad-{rad}-{kolumn}" for rad, kolumn in celler), self[namn].id)

    @property
    def falt_av(self) -> tuple[str, ...]:
        """The names of the section fields, in order."""
        return self.mallen.nycklar


@lru_cache(maxsize=256)
def formularklass(mall: Mall) -> type[Lagesbildsformular]:
    """The form of this template. A section whose key could be anything else of the form has no field."""
    mall = replace(mall, avsnitt=tuple(a for a in mall.avsnitt if ar_nyckel(a.nyckel)))
    falt = {a.nyckel: TextAreaField(a.etikett, description=a.ledtext) for a in mall.avsnitt}
    return type("Lagesbildsformular", (Lagesbildsformular,), {"mallen": mall, **falt})
