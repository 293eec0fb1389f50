"""The line of a diary entry."""

import uuid
from datetime import datetime

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField

from wis import clock, datum
from wis.anteckningar.models import MAX_TEXT
from wis.anteckningar.rules import NyAnteckning, brister


class Anteckningsformular(FlaskForm):  # type: ignore[misc]
    """A line of at most 500 characters, and when it happened if that was not now."""

    nyckel = HiddenField()
    anteckning = StringField("Anteckning")
    hande = StringField("När det hände", description="Svensk tid. Lämna tomt om det hände nu.")

    MAX_TEXT = MAX_TEXT
    _tid: datetime | None = None

    def forbered(self) -> None:
        """Fill an unsent form: a new idempotency key."""
        self.nyckel.data = uuid.uuid4().hex

    def validate(self, extra_validators: object = None) -> bool:
        """Whether it can be noted; sets the errors of the fields otherwise."""
        ok = bool(super().validate(extra_validators))
        self.anteckning.data = " ".join((self.anteckning.data or "").split())
        self.nyckel.data = self.nyckel.data or uuid.uuid4().hex
        found = {}
        try:
            self._tid = datum.fran_falt(self.hande.data) if self.hande.data else None
        except (ValueError, OverflowError):
            found["hande"] = "Skriv tiden som 2026-11-22T14:30, eller lämna tomt för nu."
        found |= brister(self.anteckning.data, self._tid, clock.now())
        for name, message in found.items():
            self[name].errors = [*self[name].errors, message]
        return ok and not found

    def ny_anteckning(self) -> NyAnteckning:
        """What was filled in."""
        return NyAnteckning(self.anteckning.data or "", self._tid, self.nyckel.data or "")
