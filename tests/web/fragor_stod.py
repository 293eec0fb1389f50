"""An event that Solna keeps to itself and Trafikverket, and people to ask and answer."""

from collections.abc import Sequence

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories as f
from tests.web.ytor_data import publicera, underratta
from wis import clock
from wis.auth.queries import find_anvandare, subjekt_av
from wis.auth.rules import Fragas, Roll
from wis.db import Database
from wis.fragor.models import Rattsfraga
from wis.fragor.underskrift import Visat, skriv_under
from wis.handelser.models import Lasarkrets, LasarkretsAktor
from wis.lagesbild.models import Lagesbild
from wis.notiser.models import Leverans, Utskick
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse

LASARE, SKRIBENT = "lasare@nacka.example", "skribent@nacka.example"
ADMIN = "admin@nacka.example"
SOLNA_RED, SOLNA_TALES, SOLNA_LAS = "red@solna.example", "tales@solna.example", "las@solna.example"
TRV_RED, TRV_TALES = "red@trafikverket.example", "tales@trafikverket.example"


def bygg(database: Database) -> None:
    """'hemlig' is for Solna and Trafikverket; 'storm' for all, in which Trafikverket's lägesbild is for itself."""
    with transaction(database) as session:
        for epost, aktor, roll in [
            (LASARE, "nacka", Roll.LASARE),
            (SKRIBENT, "nacka", Roll.SKRIBENT),
            (SOLNA_RED, "solna", Roll.REDAKTOR),
            (SOLNA_TALES, "solna", Roll.TALESPERSON),
            (SOLNA_LAS, "solna", Roll.LASARE),
            (TRV_RED, "trafikverket", Roll.REDAKTOR),
            (TRV_TALES, "trafikverket", Roll.TALESPERSON),
        ]:
            f.en_person_hos(session, aktor, roll, epost=epost)
        f.en_person_hos(session, "nacka", Roll.LASARE, epost=ADMIN, administrator=True)
        f.en_handelse(session, "solna", slug="hemlig", rubrik="Hemlig sak", lasare=["trafikverket"])
        storm = f.en_handelse(session, "solna", slug="storm", rubrik="Stormen")
        publicera(session, storm, "trafikverket", text="Broar stängs.")
        version = underratta(session, storm, "Intern notis", aktor="trafikverket")
        krets = Lasarkrets(alla=False, valda=[LasarkretsAktor(aktor_id=f.en_aktor(session, "solna").id)])
        session.add(krets)
        session.flush()
        session.scalars(select(Lagesbild)).one().krets_id = krets.id
        session.get_one(Underrattelse, version.underrattelse_id).krets_id = krets.id


def fragorna(database: Database) -> Sequence[Rattsfraga]:
    """Every question that is stored."""
    with database.reading() as session:
        return session.scalars(select(Rattsfraga).order_by(Rattsfraga.id)).all()


def brev(database: Database) -> list[tuple[str, str, str]]:
    """Every letter: to whom, subject, text."""
    with database.reading() as session:
        rader = session.execute(
            select(Leverans.adress, Utskick.amne, Utskick.epost)
            .join(Utskick, Utskick.id == Leverans.utskick_id)
            .order_by(Leverans.id)
        )
        return [(adress, amne, text) for adress, amne, text in rader]


def aktor_id(database: Database, slug: str) -> int:
    """The id of the actor."""
    with database.reading() as session:
        return f.en_aktor(session, slug).id


def utan_vantan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer at once where a page would take its time to tell nothing."""
    monkeypatch.setattr("wis.fragor.views.MINSTA_SVARSTID", 0.0)


def underskrift(database: Database, client: FlaskClient, epost: str = LASARE, **annat: str) -> str:
    """What a refusal page drawn for this person carries, by which Nacka's administrator can be asked."""
    visat = {"till": "administrator", "sida": "/handelser/ny", "verb": "öppna en händelse", "skal": "Du är läsare."}
    falt = {**visat, "hos_id": str(aktor_id(database, "nacka")), **annat}
    with database.reading() as session:
        person = find_anvandare(session, epost)
        assert person is not None
        who = subjekt_av(person.medlemskap[0])
    shown = Visat(Fragas(falt["till"]), int(falt["hos_id"]), falt["sida"], falt["verb"], falt["skal"])
    return skriv_under(client.application.extensions["wis_settings"].secret_key, who, shown, clock.now())
