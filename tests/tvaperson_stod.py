"""An actor that wants two persons behind what it publishes, for the tests of that."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories as f
from wis import audit
from wis.aktorer.models import Aktor
from wis.auth.rules import Roll, Subjekt
from wis.db import Database
from wis.handelser.models import Handelse, Lage
from wis.tvaperson import service as tvaperson
from wis.tvaperson.models import Forslag, Niva, Tvapersonsregel
from wis.tvaperson.rules import INGET, Intyg
from wis.tx import transaction
from wis.underrattelser import service
from wis.underrattelser.forslag import DELAT, foresla
from wis.underrattelser.lasratt import las_underrattelse
from wis.underrattelser.models import UnderrattelseVersion
from wis.underrattelser.rules import Innehall


def satt_regel(database: Database, aktor: str, *nivaer: Niva, lage: Lage = Lage.ORDINARIE) -> None:
    """Have these rules for the actor, and no others."""
    with transaction(database) as session:
        aktor_id = f.en_aktor(session, aktor).id
        for rad in session.scalars(select(Tvapersonsregel).where(Tvapersonsregel.aktor_id == aktor_id)):
            session.delete(rad)
        session.flush()
        session.add_all(Tvapersonsregel(aktor_id=aktor_id, lage=lage, niva=niva) for niva in nivaer)


class Tva:
    """Karin and Omar speak for Nacka, Ada administers it; every publication there needs two."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with transaction(database) as session:
            self.karin = self._person(session, "karin@nacka.example", Roll.TALESPERSON)
            self.omar = self._person(session, "omar@nacka.example", Roll.TALESPERSON)
            self.eva = self._person(session, "eva@nacka.example", Roll.REDAKTOR)
            self.lars = self._person(session, "lars@nacka.example", Roll.LASARE)
            f.en_person_hos(session, "nacka", None, epost="ada@nacka.example", administrator=True)
            self.solna = f.subjekt_for(
                session, f.en_person_hos(session, "solna", Roll.TALESPERSON, epost="siv@solna.example")
            )
            self.handelse_id = f.en_handelse(session, "lansstyrelsen", slug="snoovader").id
        satt_regel(database, "nacka", *Niva)

    @staticmethod
    def _person(session: Session, epost: str, roll: Roll) -> Subjekt:
        person = f.en_person_hos(session, "nacka", roll, epost=epost)
        person.namn = epost.partition("@")[0].title()
        return f.subjekt_for(session, person)

    @staticmethod
    def publicering(
        rubrik: str = "E18 avstängd", *, avisera: bool = True, bradskande: bool = False, intyg: Intyg = INGET
    ) -> service.Publicering:
        """What is to be published."""
        innehall = Innehall(rubrik, "Stopp.", "<p>Stopp.</p>", bradskande)
        return service.Publicering(innehall, rubrik, avisera, intyg=intyg)

    def publicera(self, publicering: service.Publicering, who: Subjekt | None = None) -> int:
        """Publish a new underrättelse; its id."""
        with transaction(self.database) as session:
            handelse = session.get_one(Handelse, self.handelse_id, with_for_update=DELAT)
            return service.publicera(session, who or self.karin, handelse, publicering).underrattelse_id

    def ratta(self, id_: int, bas: int, publicering: service.Publicering, who: Subjekt | None = None) -> int:
        """Correct an underrättelse; the number of the version."""
        with transaction(self.database) as session:
            session.get_one(Handelse, self.handelse_id, with_for_update=DELAT)
            rad = las_underrattelse(session, id_)
            return service.ratta(session, who or self.karin, rad, bas, publicering).nummer

    def foresla(
        self,
        publicering: service.Publicering | None = None,
        who: Subjekt | None = None,
        *,
        rattar: int | None = None,
        bas: int = 0,
    ) -> int:
        """Propose it; the id of the proposal."""
        with transaction(self.database) as session:
            handelse = session.get_one(Handelse, self.handelse_id, with_for_update=DELAT)
            rad = None if rattar is None else las_underrattelse(session, rattar)
            vad = publicering or self.publicering()
            return foresla(session, who or self.karin, handelse, vad, {}, rattar=rad, bas=bas).id

    def godkann(self, forslag_id: int, who: Subjekt | None = None) -> Forslag:
        """Approve it."""
        with transaction(self.database) as session:
            return tvaperson.godkann(session, who or self.omar, forslag_id)

    def versioner(self) -> list[UnderrattelseVersion]:
        """What is published."""
        with self.database.reading() as session:
            fraga = select(UnderrattelseVersion).order_by(
                UnderrattelseVersion.underrattelse_id, UnderrattelseVersion.nummer
            )
            return list(session.scalars(fraga))

    def forslag(self, forslag_id: int) -> Forslag:
        """The proposal as it is now."""
        with self.database.reading() as session:
            return session.get_one(Forslag, forslag_id)

    def loggat(self, handling: str) -> list[audit.Loggpost]:
        """What the record says of this kind."""
        with self.database.reading() as session:
            assert isinstance(audit.verify(session), tuple)
            session.expunge_all()
            return list(session.scalars(select(audit.Loggpost).where(audit.Loggpost.handling == handling)))

    def aktor_id(self) -> int:
        """Nacka's."""
        with self.database.reading() as session:
            return session.scalars(select(Aktor.id).where(Aktor.slug == "nacka")).one()
