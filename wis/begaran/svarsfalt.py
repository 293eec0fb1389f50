"""The form in which the questions of a begäran are answered: made of the questions, a field for each."""

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, cast

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, RadioField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from wis.auth.forms import trimmad
from wis.begaran.models import Fragetyp

GRADER = ("ingen", "måttlig", "betydande", "allvarlig", "kritisk")
"""As the lägesbilder have them (wis.lagesbild.mall, which lies above): the least first."""
MAX_SVAR = 2000
MAX_NYCKEL = 64
_TAL = re.compile(r"-?[0-9]{1,12}(,[0-9]{1,4})?")
_TUSENTAL = re.compile(r"-?[0-9]{1,3}(\.[0-9]{3})+")
_MELLANRUM = re.compile(r"[\s\u00a0\u202f]")
_VALJ, _SKRIV = "Välj ett svar.", "Skriv ett svar."


class Svarsformular(FlaskForm):  # type: ignore[misc]
    """What every such form has beside the questions."""

    nyckel = HiddenField()
    far_samlas = BooleanField("Svaret får tas in i den samlade lägesbilden, som fler kan läsa")
    _nummer: tuple[int, ...] = ()

    def fragefalt(self) -> list[Field]:
        """The fields of the questions, in order."""
        return [self[f"svar_{nummer}"] for nummer in self._nummer]

    def svar(self) -> dict[str, str]:
        """What was answered, by the number of the question; what was left open is not there."""
        par = ((str(nummer), self[f"svar_{nummer}"].data or "") for nummer in self._nummer)
        return {nummer: text for nummer, text in par if text}

    def forbered(self) -> None:
        """Give an unsent form a key of its own: the same form sent twice is one answer."""
        self.nyckel.data = uuid.uuid4().hex

    def idempotensnyckel(self) -> str:
        """The key of the form, or a new one where it was sent without."""
        return str(self.nyckel.data or "")[:MAX_NYCKEL] or uuid.uuid4().hex


def svarsformular(fragor: Sequence[Mapping[str, Any]]) -> type[Svarsformular]:
    """The form of these questions, as in Begaran.fragor."""
    falt: dict[str, Any] = {f"svar_{fraga['nummer']}": _falt(fraga) for fraga in fragor}
    falt["_nummer"] = tuple(int(fraga["nummer"]) for fraga in fragor)
    return cast("type[Svarsformular]", type("FragornasFormular", (Svarsformular,), falt))


def _falt(fraga: Mapping[str, Any]) -> Any:
    typ, text = Fragetyp(fraga["typ"]), fraga["text"]
    if typ in {Fragetyp.VAL, Fragetyp.GRAD}:
        val = GRADER if typ is Fragetyp.GRAD else tuple(fraga["val"])
        return RadioField(text, choices=[SelectChoice(ett, ett) for ett in val], validators=_kravs(fraga, _VALJ))
    if typ is Fragetyp.TAL:
        etikett = f"{text} ({fraga['enhet']})" if fraga["enhet"] else text
        return StringField(
            etikett,
            filters=[_utan_mellanrum],
            validators=[*_kravs(fraga, "Skriv ett tal."), ett_tal],
            render_kw={"inputmode": "decimal"},
        )
    langd = Length(max=MAX_SVAR, message=f"Högst {MAX_SVAR} tecken.")
    return TextAreaField(text, filters=[_enkla_radslut, trimmad], validators=[*_kravs(fraga, _SKRIV), langd])


def _kravs(fraga: Mapping[str, Any], annars: str) -> list[Any]:
    return [InputRequired(annars)] if fraga["kravs"] else [Optional()]


def ett_tal(_form: FlaskForm, field: StringField) -> None:
    """Validator: a number as people write it, with a comma. Raises ValidationError."""
    if not _TAL.fullmatch(field.data or ""):
        raise ValidationError("Skriv bara ett tal, till exempel 4800 eller 2,5.")


def _utan_mellanrum(text: str | None) -> str:
    utan = _MELLANRUM.sub("", text or "").replace("−", "-")
    # '12.000' is twelve thousand, as some write it; '12.5' is twelve and a half.
    return utan.replace(".", "") if _TUSENTAL.fullmatch(utan) else utan.replace(".", ",")


def _enkla_radslut(text: str | None) -> str:
    # Browsers send CR LF for a line break: two characters where the person typed one.
    return (text or "").replace("\r\n", "\n")
