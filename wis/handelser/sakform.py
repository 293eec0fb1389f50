"""The parts of forms in which one chooses who reads a thing in an event, and its label."""

from collections.abc import Mapping, Sequence
from datetime import date

from wtforms import HiddenField

from wis.aktorer.models import Aktor, Aktorsnatverk
from wis.auth.krets import Tlp
from wis.auth.rules import Sak
from wis.handelser.lasarform import ALLA, RED_KRAVER_VALDA, Lasarfalt, Markesfalt
from wis.handelser.models import Handelse, Lasarkrets
from wis.handelser.sakkrets import Kretsval, rott_for_alla, signatur

_LASFALT = ("laskrets", "natverk", "lasare", "aven_tidigare", "slutar", "krets_pa")


def _dag(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class Sakfalt(Lasarfalt, Markesfalt):
    """Who reads a thing, with which label; call knyt() and erbjud(), or utan_lasare(), before all else."""

    krets_pa = HiddenField()

    def utan_lasare(self) -> None:
        """Leave out the choice of readers: the samlade is read as its event is."""
        for namn in _LASFALT:
            del self[namn]

    @property
    def valjer_lasare(self) -> bool:
        """Whether the form has the choice of readers."""
        return "laskrets" in self

    def knyt(self, krets: Lasarkrets | None, agare: Aktor) -> None:
        """Note who reads the thing now: what the form differs from that is what the person has chosen."""
        if not self.valjer_lasare:
            return
        som_nu = type(self)(formdata=None)
        som_nu.fyll_lasratt(None if krets is None else krets.krets(agare), agare.id)
        self._nu, self._signatur = som_nu._som_text(), signatur(krets)

    def erbjud(
        self,
        handelse: Handelse,
        krets: Lasarkrets | None,
        agare: Aktor,
        aktorer: Sequence[Aktor],
        natverk: Sequence[Aktorsnatverk],
    ) -> None:
        """Let one choose among those of the actors that read the event (and those that were chosen already)."""
        if self.valjer_lasare:
            valbara = bland_lasande(handelse, krets, aktorer)
            self.bland(valbara, natverk, agare.id, f"Alla som läser händelsen ({len(valbara)} aktörer)")

    def andrad_under_tiden(self) -> bool:
        """Whether who reads has been changed since the form was drawn; it is built on what stands now from here on."""
        if not self.valjer_lasare or (self.krets_pa.data or "") == self._signatur:
            return False
        self.krets_pa.data = self._signatur
        return True

    def kretsval(self) -> Kretsval | None:
        """What was chosen of readers, if the form asks."""
        return Kretsval(self.lasarval(), self.krets_pa.data or "") if self.valjer_lasare else None

    def lasrattstext(self) -> dict[str, str]:
        """The choice of readers as a draft keeps it, whole or not; empty when it is as it was."""
        if not self.valjer_lasare or self._som_text() == self._nu:
            return {}
        return {**self._som_text(), "krets_pa": self.krets_pa.data or ""}

    def _som_text(self) -> dict[str, str]:
        return {
            "laskrets": self.laskrets.data or "",
            "lasare": ",".join(str(id_) for id_ in sorted(self.lasare.data or [])),
            "natverk": ",".join(str(id_) for id_ in sorted(self.natverk.data or [])),
            "aven_tidigare": "1" if self.aven_tidigare.data else "",
            "slutar": "" if self.slutar.data is None else self.slutar.data.isoformat(),
        }

    def fyll_val(self, text: Mapping[str, str]) -> None:
        """Show the choice of readers that a draft keeps; without one, who reads now."""
        if not self.valjer_lasare:
            return
        varden = text or self._nu
        self.laskrets.data = varden.get("laskrets") or ALLA
        for falt in (self.lasare, self.natverk):
            falt.data = [int(id_) for id_ in varden.get(falt.name, "").split(",") if id_.isdecimal()]
        self.aven_tidigare.data = bool(varden.get("aven_tidigare"))
        self.slutar.data = _dag(varden.get("slutar", ""))
        self.krets_pa.data = text.get("krets_pa", "") if text else self._signatur

    def tlp_hittills(self) -> Tlp:
        """The label that is chosen; CLEAR while that is none of those offered."""
        return Tlp(self.tlp.data) if self.tlp.data in set(Tlp) else Tlp.CLEAR

    def granska_val(self) -> bool:
        """Whether these fields say something that can be saved; sets their errors. For forms that validate no more."""
        ok = True
        for namn in ("laskrets", "natverk", "lasare", "slutar", "tlp", "lagrum"):
            if namn in self:
                egen = getattr(type(self), f"validate_{namn}", None)
                ok = self[namn].validate(self, [] if egen is None else [egen]) and ok
        return ok

    def granska_rott(self, handelse: Handelse, agare: Aktor | None) -> bool:
        """Whether the label can be used with these readers; sets the error of the field to mend."""
        for_alla = not self.valjer_lasare or self.lasarval().lasare is None
        if not for_alla or not rott_for_alla(handelse.sak(agare=agare, tlp=self.tlp_hittills())):
            return True
        # Where it is mended: the readers are to be chosen, if the form asks who they are.
        falt = self.laskrets if self.valjer_lasare else self.tlp
        falt.errors = [*falt.errors, RED_KRAVER_VALDA]
        return False


class Lasrattsformular(Lasarfalt):
    """Who is to read what is published already; `bygger_pa` is the signatur() of what the form was drawn with."""

    bygger_pa = HiddenField()

    def granska_rott(self, sak: Sak) -> bool:
        """Whether what is labelled RED keeps readers that are chosen by name; sets the error of the field."""
        if self.lasarval().lasare is not None or not rott_for_alla(sak):
            return True
        self.laskrets.errors = [
            *self.laskrets.errors,
            "Senaste versionen är märkt TLP:RED och visas bara för aktörer som valts vid namn. Välj vilka.",
        ]
        return False


def bland_lasande(handelse: Handelse, krets: Lasarkrets | None, aktorer: Sequence[Aktor]) -> list[Aktor]:
    """Those of the actors that one can choose among: who reads the event, and who was chosen before."""
    readers = handelse.lasande_aktorer()
    kvar = set() if krets is None else {rad.aktor_id for rad in krets.valda}
    return [aktor for aktor in aktorer if readers is None or aktor.id in readers or aktor.id in kvar]
