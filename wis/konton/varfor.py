"""Why a colleague can't read an event: every reason in plain words, with what to do about it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from wis.auth.rules import Beslut, Sak, Subjekt, Verb, can
from wis.datum import sista_dag
from wis.konton.rules import HINDRAR, Tillstand


class Atgard(StrEnum):
    """Where on the person's page a reason is mended; INGEN: not there."""

    INGEN = ""
    BEHORIGHET = "andra"
    HANDELSEROLL = "handelseroller"
    INBJUDAN = "lank"
    SLAPP_IN = "avstangning"

    @property
    def text(self) -> str:
        """The link to it."""
        return {
            "andra": "Ändra behörigheten",
            "handelseroller": "Ändra rollen i händelsen",
            "lank": "Skicka inbjudan igen",
            "avstangning": "Släpp in igen",
        }.get(self.value, "")


@dataclass(frozen=True)
class Lage:
    """What is known of the person besides the rights.

    `kraver_faktor`: a login opens nothing without a second factor.
    """

    tillstand: Tillstand
    har_loggat_in: bool
    har_faktor: bool
    kraver_faktor: bool


@dataclass(frozen=True)
class Orsak:
    """One thing that stands in the way, what to do, and where."""

    text: str
    gor: str
    atgard: Atgard = Atgard.INGEN


@dataclass(frozen=True)
class Svar:
    """May the person read the event? `beslut` is can()'s answer, `orsaker` everything that stands in the way."""

    beslut: Beslut
    orsaker: tuple[Orsak, ...]

    @property
    def laser(self) -> bool:
        """Whether nothing stands in the way."""
        return self.beslut.tillatet and not self.orsaker


def varfor(subjekt: Subjekt, sak: Sak, lage: Lage, now: datetime) -> Svar:
    """What stands between the person and an event that the actor reads."""
    beslut = can(subjekt, Verb.LASA, sak, now)
    reasons = [*_konto(subjekt, lage), *_roll(subjekt, sak, now)]
    if not beslut and not reasons:
        reasons.append(Orsak(beslut.skal, beslut.vem_kan))
    return Svar(beslut, tuple(reasons))


def _konto(subjekt: Subjekt, lage: Lage) -> list[Orsak]:
    found = []
    if lage.tillstand is Tillstand.KONTO_STANGT:
        found.append(Orsak("Hela kontot är stängt, hos alla aktörer.", "Säg till den som sköter driften."))
    elif lage.tillstand is Tillstand.AVSTANGD:
        found.append(Orsak("Personen är avstängd hos er.", "Släpp in personen om det var fel.", Atgard.SLAPP_IN))
    elif lage.tillstand is Tillstand.UTGANGEN and subjekt.giltig_till is not None:
        dag = sista_dag(subjekt.giltig_till)
        text = f"Behörigheten har gått ut. Sista dagen var {dag}."
        found.append(Orsak(text, "Ändra eller ta bort slutdatumet.", Atgard.BEHORIGHET))
    elif lage.tillstand is Tillstand.INBJUDEN:
        found.append(Orsak("Personen har inte valt lösenord än.", HINDRAR[Tillstand.INBJUDEN], Atgard.INBJUDAN))
    elif lage.kraver_faktor and not lage.har_faktor:
        text = "Personen har inte ställt in någon andra faktor (app eller passkey), och utan den öppnas ingenting."
        found.append(Orsak(text, "Be personen att logga in: då får hen ställa in den, steg för steg."))
    elif not lage.har_loggat_in:
        found.append(Orsak("Personen har aldrig loggat in.", "Be personen att logga in med sin e-postadress."))
    return found


def _roll(subjekt: Subjekt, sak: Sak, now: datetime) -> list[Orsak]:
    if subjekt.gast_i is not None:
        if subjekt.gast_i == sak.handelse_id:
            return []
        gor = "Bjud in personen som användare, eller som gäst i den här händelsen."
        return [Orsak("Personen är gäst hos er i en annan händelse, och läser bara den.", gor)]
    egen = subjekt.egen_roll_i(sak.handelse_id, now)
    if egen is not None and egen.roll is None:
        text = "Personen är undantagen från just den här händelsen: rollen i den är satt till ingen."
        return [Orsak(text, "Ta bort eller ändra rollen i händelsen.", Atgard.HANDELSEROLL)]
    if subjekt.roll_i(sak.handelse_id, now) is not None:
        return []
    return [_utan_roll(subjekt, sak, now)]


def _utan_roll(subjekt: Subjekt, sak: Sak, now: datetime) -> Orsak:
    ended = next((r for r in subjekt.handelseroller if r.handelse_id == sak.handelse_id and r.roll is not None), None)
    if ended is not None and ended.giltig_till is not None and ended.giltig_till <= now:
        text = f"Rollen i händelsen har gått ut (sista dag {sista_dag(ended.giltig_till)}), och någon annan finns inte."
        return Orsak(text, "Sätt ett nytt slutdatum för rollen i händelsen.", Atgard.HANDELSEROLL)
    text = "Personen har ingen roll som läser. Att vara administratör ger ingen läsrätt."
    return Orsak(text, "Ge personen en roll, eller en roll bara i den här händelsen.", Atgard.BEHORIGHET)
