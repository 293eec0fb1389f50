"""What the tests of reading rights in lists and dispatches share: narrowed things, late actors, guests, event roles."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import en_aktor, en_anvandare, en_person_hos, ett_medlemskap
from wis import clock
from wis.auth.models import Anvandare, Handelseroll, Medlemskap
from wis.auth.queries import giltiga_medlemskap, subjekt_av
from wis.auth.rules import Roll, Subjekt
from wis.handelser.models import Handelse, Lasarkrets, LasarkretsAktor


def en_krets(session: Session, *aktorer: str, fran: datetime | None = None) -> Lasarkrets:
    """These actors, chosen by name."""
    valda = [LasarkretsAktor(aktor_id=en_aktor(session, slug).id, fran=fran) for slug in aktorer]
    krets = Lasarkrets(alla=False, valda=valda)
    session.add(krets)
    session.flush()
    return krets


def en_gast(session: Session, aktor: str, handelse: Handelse, *, epost: str | None = None) -> Anvandare:
    """A guest of the actor in the event, for two days."""
    person = en_anvandare(session, epost)
    session.add(
        Medlemskap(
            anvandare_id=person.id,
            aktor_id=en_aktor(session, aktor).id,
            roll=Roll.LASARE,
            administrator=False,
            giltig_till=clock.now() + timedelta(days=2),
            skapad=clock.now(),
            gast_handelse_id=handelse.id,
        )
    )
    session.flush()
    return person


def en_handelseroll(session: Session, person: Anvandare, handelse: Handelse, roll: Roll | None) -> None:
    """The role in the event in place of the person's standard one."""
    medlemskap = session.scalars(select(Medlemskap).where(Medlemskap.anvandare_id == person.id)).one()
    session.add(
        Handelseroll(
            medlemskap_id=medlemskap.id, handelse_id=handelse.id, roll=roll, skapad=clock.now(), motivering="Prov"
        )
    )
    session.flush()


def en_sen_aktor(session: Session, slug: str, nar: datetime) -> None:
    """An actor that joins then."""
    en_aktor(session, slug).ansluten = nar
    session.flush()


def som(session: Session, aktor: str, roll: Roll | None = Roll.LASARE) -> Subjekt:
    """A new person of the actor's, as rights are judged on them."""
    return subjektet(session, en_person_hos(session, aktor, roll))


def subjektet(session: Session, person: Anvandare) -> Subjekt:
    """The person as rights are judged on them now; expired or not."""
    session.expire_all()
    return subjekt_av(giltiga_medlemskap(session, person.id, clock.now())[0])


def med_standardroll(session: Session, person: Anvandare, aktor: str) -> None:
    """The person reads at one more actor."""
    ett_medlemskap(session, person, en_aktor(session, aktor))
