"""The form of an answer."""

import uuid

from flask_wtf import FlaskForm
from wtforms import HiddenField, TextAreaField

from wis.paverkan.models import MAX_RAD
from wis.paverkan.service import Svar


class Paverkansformular(FlaskForm):  # type: ignore[misc]
    """A line with the answer; which answer it is, the pressed button says. Judged by wis.paverkan.rules.granska()."""

    nyckel = HiddenField()
    rad = TextAreaField(
        "Rad till den som äger åtgärden",
        description=f"Behövs om det är ett problem. Högst {MAX_RAD} tecken.",
        filters=[lambda text: " ".join((text or "").split())],
    )

    def svar(self, vad: str) -> Svar:
        """What is answered."""
        return Svar(vad, self.rad.data or "", self.nyckel.data or uuid.uuid4().hex)

    @staticmethod
    def ny_nyckel() -> str:
        """The key of a form that is drawn: sent twice it is one answer."""
        return uuid.uuid4().hex
