"""The form in which a lägesbild is written. It judges nothing: wis.lagesbild.rules says what is wrong."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from wtforms import HiddenField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.widgets import DateTimeLocalInput, HiddenInput

from wis.handelser.sakform import Sakfalt
from wis.lagesbild import rules
from wis.lagesbild.mall import AVSNITT, MAX_NOTERING, NYCKLAR
from wis.lagesbild.rules import NASTA, Innehall, Marke
from wis.lagesbild.utkast import Text

ANNAN = "annan"
BESKRIVNING = "beskrivning_"
"""What the fields of descriptions are called, with the attachment's number after it."""


def _nummer(field: IntegerField) -> int:
    """What was sent, held within what a database column holds; 0 if it is no number."""
    return max(0, min(field.data or 0, 2**31 - 2))


def formularnyckel(nyckel: str | None) -> str:
    """The idempotency key that was sent, or a new one if none was, or not a whole one."""
    hel = nyckel is not None and len(nyckel) == 32 and set(nyckel) <= set("0123456789abcdef")
    return nyckel if hel and nyckel is not None else uuid.uuid4().hex


def beskrivningar(skickat: Mapping[str, str]) -> dict[int, str]:
    """What a form says of the attachments, by number."""
    falt = {namn.removeprefix(BESKRIVNING): text for namn, text in skickat.items() if namn.startswith(BESKRIVNING)}
    return {int(nummer): text for nummer, text in falt.items() if nummer.isdecimal() and len(nummer) < 10}


class Lagesbildsformular(Sakfalt):
    """Hidden: the version it revises, the revision of the draft, and a key that tells one sent twice from two."""

    bas = IntegerField(widget=HiddenInput(), default=0)
    revision = IntegerField(widget=HiddenInput(), default=0)
    nyckel = HiddenField()
    andringsnotering = StringField(
        "Vad är nytt?",
        description=f"Frivilligt, högst {MAX_NOTERING} tecken. Står överst för den som läser, och i versionslistan.",
    )
    nasta_val = RadioField("Nästa uppdatering", validate_choice=False, default="")
    nasta_tid = StringField("Datum och tid", widget=DateTimeLocalInput())
    # What was written of the attachments, by number: there are as many fields as the draft has of them.
    beskrivningar: Mapping[int, str] = {}

    def forbered(self, text: Text, val: list[tuple[str, str]]) -> None:
        """Show `text`; `val` are the quick choices of the next update."""
        self.satt_dolda(bas=text.bas, revision=text.revision)
        for nyckel in self.falt_av:
            self[nyckel].data = text.innehall.sektioner.get(nyckel, "")
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

    def satt_dolda(self, *, bas: int, revision: int, ny_nyckel: bool = False) -> None:
        """Set what the page is built on; with `ny_nyckel` the next sending is another than the last."""
        for field, varde in ((self.bas, bas), (self.revision, revision)):
            # What was sent would win over .data when the page is drawn.
            field.raw_data, field.data = None, varde
        self.nyckel.data = formularnyckel("" if ny_nyckel else self.nyckel.data)

    def satt_marke(self, marke: Marke) -> None:
        """Show this label and secrecy note."""
        self.tlp.data, self.lagrum.data = marke.tlp.value, marke.lagrum

    def valt_marke(self) -> Marke:
        """The label and the secrecy note as they stand."""
        return Marke(self.tlp_hittills(), self.lagrum.data or "")

    def texter(self) -> dict[str, str]:
        """What stands in the sections, by key."""
        return {nyckel: self[nyckel].data or "" for nyckel in self.falt_av}

    def nasta_text(self) -> str:
        """The choice of next update, as it is kept in a draft."""
        val = self.nasta_val.data or ""
        return (self.nasta_tid.data or "").strip() if val == ANNAN else val

    def text(self) -> Text:
        """All that was typed, as a draft."""
        innehall = Innehall.av(self.texter(), self.andringsnotering.data or "", marke=self.valt_marke())
        return Text(
            _nummer(self.bas),
            _nummer(self.revision),
            innehall,
            self.nasta_text(),
            nyckel=self.nyckel.data or "",
            lasratt=self.lasrattstext(),
            beskrivningar=self.beskrivningar,
        )

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
        return Innehall.av(self.texter(), self.andringsnotering.data or "", nasta, self.valt_marke())

    def satt_fel(self, fel: Mapping[str, str]) -> None:
        """Show these errors, by field."""
        for namn, text in fel.items():
            self[namn].errors = [*self[namn].errors, text]

    @property
    def falt_av(self) -> tuple[str, ...]:
        """The names of the section fields, in order."""
        return NYCKLAR


for _avsnitt in AVSNITT:
    setattr(Lagesbildsformular, _avsnitt.nyckel, TextAreaField(_avsnitt.etikett, description=_avsnitt.ledtext))
