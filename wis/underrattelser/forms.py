"""The form of an underrättelse, new or corrected."""

import uuid
from collections.abc import Mapping
from typing import Any

from wtforms import BooleanField, HiddenField, IntegerField, StringField, TextAreaField
from wtforms.widgets import HiddenInput

from wis import markup
from wis.handelser.sakform import Sakfalt
from wis.underrattelser.models import MAX_RUBRIK, MAX_TEXT, UnderrattelseVersion
from wis.underrattelser.rules import Innehall, brister


class Underrattelseformular(Sakfalt):
    """A title, a text of at most 1,000 characters, whether it is urgent, and who reads it under which label."""

    nyckel = HiddenField()
    bas = IntegerField(widget=HiddenInput(), default=0)
    rubrik = StringField("Rubrik", description="Det viktigaste först. Står först i sms och e-post, utom vid TLP:RED.")
    text = TextAreaField(
        "Text",
        description=f"Vad, var, när, och vad andra behöver göra. Högst {MAX_TEXT} tecken. Hur mycket av den som "
        "skickas ut beror på märkningen: se Om du aviserar.",
    )
    bradskande = BooleanField(
        "Brådskande", description="Går före annat och bryter igenom tysta timmar. För det som kräver handling nu."
    )

    MAX_RUBRIK, MAX_TEXT = MAX_RUBRIK, MAX_TEXT

    def forbered(self, tidigare: UnderrattelseVersion | None = None) -> None:
        """Fill an unsent form: a new idempotency key, and what is to be corrected."""
        self.ny_nyckel()
        self.fyll_val({})
        if tidigare is not None:
            self.bas.data, self.rubrik.data = tidigare.nummer, tidigare.rubrik
            self.text.data, self.bradskande.data = tidigare.text, tidigare.bradskande
            self.tlp.data, self.lagrum.data = tidigare.tlp, tidigare.lagrum

    def fyll_forslag(self, innehall: Mapping[str, Any], nyckel: str) -> None:
        """Go on with what was proposed to a colleague: as the same form, so that it takes the proposal's place."""
        self.nyckel.data = nyckel
        self.rubrik.data, self.text.data = innehall["rubrik"], innehall["text"]
        self.bradskande.data, self.tlp.data, self.lagrum.data = (
            innehall["bradskande"],
            innehall["tlp"],
            innehall["lagrum"],
        )
        self.fyll_val(innehall["lasratt"])

    def ny_nyckel(self) -> None:
        """Make the next sending another than the last."""
        self.nyckel.data = uuid.uuid4().hex

    def validate(self, extra_validators: object = None) -> bool:
        """Whether it can be published; sets the errors of the fields otherwise."""
        ok = bool(super().validate(extra_validators))
        # Browsers send CR LF for a line break: two characters where the person typed one.
        self.text.data = (self.text.data or "").replace("\r\n", "\n").strip()
        self.rubrik.data = " ".join((self.rubrik.data or "").split())
        self.nyckel.data = self.nyckel.data or uuid.uuid4().hex
        found = brister(self.rubrik.data, self.text.data)
        for name, message in found.items():
            self[name].errors = [*self[name].errors, message]
        return ok and not found

    def innehall(self) -> Innehall:
        """What was filled in, rendered."""
        text = self.text.data or ""
        return Innehall(
            self.rubrik.data or "",
            text,
            markup.render(text),
            bool(self.bradskande.data),
            self.marke(),
            self.lagrum.data or "",
        )
