"""The words to a colleague who is asked, and to the administrators when a rule was set aside; by their channels."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from wis.auth.models import Anvandare
from wis.auth.rules import Subjekt
from wis.db import Database
from wis.handelser.models import Handelse
from wis.notiser.models import Kanalslag
from wis.notiser.queries import kanaler
from wis.notiser.service import skicka_brev
from wis.tvaperson.models import Forslag

MAX_MOTTAGARE = 20
"""So many are written to: a colleague who is asked must be found at once, and fifty phones need not ring for it."""


def be_om_godkannande(session: Session, who: Subjekt, forslag: Forslag, till: Iterable[Anvandare]) -> None:
    """Ask these colleagues to look. Nothing of the content is said: what it is labelled can't leak."""
    ovning = "ÖVNING: " if forslag.handelse.ovning else ""
    lank = f"{_bas(session)}/forslag/{forslag.id}"
    text = f"{ovning}{who.namn} ber dig godkänna det som {who.aktor_kortnamn} ska publicera. Läs och svara: {lank}"
    _skicka(session, till, f"{ovning}{who.namn} ber dig godkänna", text)


def beratta_om_nodlage(
    session: Session, who: Subjekt, handelse: Handelse, lank: str, skal: str, till: Iterable[Anvandare]
) -> None:
    """Tell the administrators that one person published alone where two were wanted, and why."""
    ovning = "ÖVNING: " if handelse.ovning else ""
    text = (
        f"{ovning}{who.namn} publicerade ensam för {who.aktor_kortnamn}, där ni kräver två personer. "
        f"Skäl: {skal} Läs: {_bas(session)}{lank}"
    )
    _skicka(session, till, f"{ovning}{who.namn} publicerade ensam", text)


def _skicka(session: Session, till: Iterable[Anvandare], amne: str, text: str) -> None:
    for person in list(till)[:MAX_MOTTAGARE]:
        for kanal, adress in _adresser(session, person):
            skicka_brev(session, anvandare_id=person.id, kanal=kanal, adress=adress, amne=amne, text=text)


def _adresser(session: Session, person: Anvandare) -> list[tuple[Kanalslag, str]]:
    """The person's verified channels; who has none is written to where they log in."""
    egna = [(slag, kanal.adress) for slag, kanal in kanaler(session, person.id).items() if kanal.verifierad is not None]
    return egna or [(Kanalslag.EPOST, person.adress)]


def _bas(session: Session) -> str:
    database: Database = session.info["database"]
    return database.base_url
