"""The page on which the owner of a thing in an event changes who reads it."""

from dataclasses import dataclass

from flask import render_template

from wis import web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer, alla_natverk
from wis.auth.rules import Sak
from wis.handelser.kretsar import Lasarval
from wis.handelser.models import Handelse, Lasarkrets
from wis.handelser.sakform import Lasrattsformular, bland_lasande
from wis.handelser.sakkrets import lasratt, signatur, vidgar

OFORANDRAD = "Inget är ändrat: läsrätten var redan så."


@dataclass(frozen=True)
class Lasrattssida:
    """Whose thing, what it is called, where it is read, and what its latest version is judged on."""

    handelse: Handelse
    agare: Aktor
    krets: Lasarkrets | None
    senaste: Sak
    namn: str
    tillbaka: str

    def formular(self) -> Lasrattsformular:
        """The form as it was sent, or as things stand."""
        form, session = Lasrattsformular(), web.session()
        valbara = bland_lasande(self.handelse, self.krets, alla_aktorer(session))
        alla = f"Alla som läser händelsen ({len(valbara)} aktörer)"
        form.bland(valbara, alla_natverk(session), self.agare.id, alla)
        if not form.is_submitted():
            form.fyll_lasratt(None if self.krets is None else self.krets.krets(self.agare), self.agare.id)
            form.bygger_pa.data = signatur(self.krets)
        return form

    def besked(self, val: Lasarval) -> str:
        """What saving the choice does, for the page that comes after. Ask before it is saved."""
        if not vidgar(self.krets, self.agare, val):
            return "Läsrätten är ändrad."
        vad = "även det som redan är publicerat" if val.aven_tidigare else "det som publiceras från och med nu"
        return f"Läsrätten är ändrad. Nya läsare läser {vad}."

    def rita(self, form: Lasrattsformular, *, hann_fore: bool = False) -> web.Svar:
        """The page; `hann_fore`: who reads was changed by somebody else, and the form is built on that from here on."""
        if hann_fore:
            form.bygger_pa.data = signatur(self.krets)
        page = render_template(
            "handelser/lasratt.html",
            form=form,
            agare=self.agare,
            namn=self.namn,
            tillbaka=self.tillbaka,
            lasratt=lasratt(self.senaste, alla_aktorer(web.session())),
            hann_fore=hann_fore,
            handelse=self.handelse,
            ovning=self.handelse.ovning,
        )
        return page, 409 if hann_fore else 422 if form.is_submitted() else 200
