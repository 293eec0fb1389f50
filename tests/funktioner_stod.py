"""What the tests about functions share: one function, who may go on duty as it, and turns of duty."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories as f
from wis import clock
from wis.auth.models import (
    Anvandare,
    Anvandarslag,
    Funktion,
    Funktionsbehorig,
    Medlemskap,
    Tjanstgoring,
)
from wis.auth.rules import Roll
from wis.db import Database
from wis.notiser.models import Kanalslag, Leverans, Notisslag, Utskick

TIB_SMS, TIB_EPOST = "+46701740690", "tib-lador@nacka.example"


def en_funktion(
    session: Session, aktor: str, kortnamn: str = "TiB", *behoriga: Medlemskap, roll: Roll = Roll.TALESPERSON
) -> Funktion:
    """A function of the actor that these may go on duty as."""
    hos = f.en_aktor(session, aktor)
    som = Anvandare(slag=Anvandarslag.FUNKTION, namn=kortnamn, skapad=clock.now())
    session.add(som)
    session.flush()
    f.ett_medlemskap(session, som, hos, roll)
    funktion = Funktion(
        aktor_id=hos.id,
        anvandare_id=som.id,
        kortnamn=kortnamn,
        namn="Tjänsteman i beredskap",
        skapad=clock.now(),
        behoriga=[Funktionsbehorig(medlemskap_id=medlemskap.id) for medlemskap in behoriga],
    )
    session.add(funktion)
    session.flush()
    return funktion


def med_kanaler(session: Session, funktion: Funktion) -> None:
    """A phone and a mailbox, verified, and told of underrättelser by both."""
    som = session.get_one(Anvandare, funktion.anvandare_id)
    f.en_kanal(session, som, Kanalslag.SMS, TIB_SMS)
    f.en_kanal(session, som, Kanalslag.EPOST, TIB_EPOST)
    f.en_prenumeration(session, som, Notisslag.UNDERRATTELSE)


def i_tjanst(session: Session, funktion: Funktion, medlemskap: Medlemskap, timmar: float = 12) -> Tjanstgoring:
    """A turn of duty that begins now."""
    tur = Tjanstgoring(
        funktion_id=funktion.id,
        medlemskap_id=medlemskap.id,
        fran=clock.now(),
        till=clock.now() + timedelta(hours=timmar),
    )
    session.add(tur)
    session.flush()
    return tur


def medlem(session: Session, epost: str) -> Medlemskap:
    """The person's only membership."""
    villkor = Anvandare.epost == epost
    return session.scalars(select(Medlemskap).join(Medlemskap.anvandare).where(villkor)).one()


def turer(database: Database) -> list[Tjanstgoring]:
    """Every turn, the oldest first."""
    with database.reading() as session:
        return list(session.scalars(select(Tjanstgoring).order_by(Tjanstgoring.id)))


def brev_till(database: Database, adress: str) -> list[str]:
    """The subjects of what waits to be sent to the address by itself, the oldest first."""
    with database.reading() as session:
        sats = select(Utskick.amne).join(Leverans).where(Leverans.adress == adress).order_by(Utskick.id)
        return list(session.scalars(sats))
