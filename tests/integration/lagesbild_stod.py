"""A lägesbild to publish and to draft, for the tests on real databases."""

from sqlalchemy import select

from tests import factories as f
from wis.auth.rules import Roll, Subjekt
from wis.db import Database
from wis.lagesbild import queries, service, utkast
from wis.lagesbild.models import LagesbildVersion, Utkast
from wis.lagesbild.plats import Plats
from wis.lagesbild.rules import Avslag, Innehall, Publicering
from wis.lagesbild.utkast import Konflikt, Sparat, Text
from wis.tx import transaction


class Scen:
    """Trafikverket's talesperson, and where the actor's lägesbild of an event goes."""

    def __init__(self, database: Database, *, lasare: list[str] | None = None) -> None:
        self.database = database
        with transaction(database) as session:
            person = f.en_person_hos(session, "trafikverket", Roll.TALESPERSON)
            handelse = f.en_handelse(session, "lansstyrelsen", rubrik="Snöoväder", lasare=lasare)
            self.anna = f.subjekt_for(session, person)
            self.plats = Plats(handelse.id, self.anna.aktor_id)

    def person(self, roll: Roll, aktor: str = "trafikverket") -> Subjekt:
        """Another person."""
        with transaction(self.database) as session:
            return f.subjekt_for(session, f.en_person_hos(session, aktor, roll))

    def publicera(
        self,
        bas: int,
        sammanfattning: str,
        *,
        who: Subjekt | None = None,
        nyckel: str | None = None,
        plats: Plats | None = None,
        avisera: bool = False,
        **ovrigt: object,
    ) -> service.Publicerad | Avslag:
        """Publish a summary revised from `bas`."""
        innehall = Innehall.av({"sammanfattning": sammanfattning}, **ovrigt)  # type: ignore[arg-type]
        kommando = Publicering(bas, nyckel or f"{bas}-{sammanfattning}", innehall)
        html = {nyckel: f"<p>{kalla}</p>" for nyckel, kalla in innehall.sektioner.items()}
        with transaction(self.database) as session:
            return service.publicera(session, who or self.anna, plats or self.plats, kommando, html, avisera=avisera)

    def versioner(self) -> list[LagesbildVersion]:
        """What is published, oldest first."""
        with self.database.reading() as session:
            rader = session.scalars(select(LagesbildVersion).order_by(LagesbildVersion.nummer)).all()
            return [queries.find_version(session, rad.lagesbild_id, rad.nummer) or rad for rad in rader]

    def utkast(self) -> list[Utkast]:
        """Every draft."""
        with self.database.reading() as session:
            return list(session.scalars(select(Utkast).order_by(Utkast.id)))

    def spara(
        self,
        sammanfattning: str,
        revision: int = 0,
        bas: int = 0,
        who: Subjekt | None = None,
        *,
        notering: str = "",
        nasta: str = "",
        nyckel: str = "",
    ) -> Sparat | Konflikt:
        """Save a draft."""
        text = Text(bas, revision, Innehall.av({"sammanfattning": sammanfattning}, notering), nasta, nyckel)
        with transaction(self.database) as session:
            return utkast.spara(session, who or self.anna, self.plats, text)
