"""Taking a colleague's second factor away, within the caller's transaction."""

from sqlalchemy.orm import Session

from wis.auth import faktorer
from wis.auth.rules import Subjekt
from wis.konton.rules import Hinder, provad_motivering
from wis.konton.service import hamta, las_aktor


def nollstall(session: Session, who: Subjekt, aktor_id: int, medlemskap_id: int, motivering: str) -> None:
    """Take every factor and code of the person away and end all logins; the person is told.

    Raises Hinder, Otillatet or LookupError.
    """
    las_aktor(session, who, aktor_id)
    medlemskap, skal = hamta(session, aktor_id, medlemskap_id), provad_motivering(motivering)
    try:
        faktorer.nollstall(session, medlemskap.anvandare, who, skal)
    except faktorer.Faktorfel as error:
        raise Hinder(str(error)) from error
