"""What SQL lists, and whom it tells, is what the hand-written table says may be read: on both databases."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from tests.security import orakel as o
from tests.security.orakel_sak import svar_av
from tests.security.varld import Varld, bygg
from wis.auth.models import Anvandare, Medlemskap
from wis.auth.queries import subjekt_av
from wis.auth.rules import Slag, Subjekt, Verb, can
from wis.db import Database
from wis.handelser.lasratt import Innehall, lasbar_for, medlem_laser, medlem_laser_handelsen, synlig_for
from wis.handelser.models import Handelse
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion

LAGESBILD = Innehall(LagesbildVersion.publicerad, Lagesbild.aktor_id, LagesbildVersion.tlp, Lagesbild.krets_id)
UNDERRATTELSE = Innehall(
    UnderrattelseVersion.publicerad, Underrattelse.aktor_id, UnderrattelseVersion.tlp, Underrattelse.krets_id
)
CELLER = o.celler()
LASER = {(cell.person, cell.ting): cell.svar == "J" for cell in CELLER if cell.verb == "LASA"}
SEPARATA = [ting for ting, _ in o.LASBART if ting.slag in {o.EGEN, o.SAMLAD, o.UNDERRATTELSE} and ting.tid is not None]
NAMN = [namn for namn, person in o.PERSONER.items() if person is not None]


def subjekten(session: Session, varld: Varld, namn: str) -> dict[int, Subjekt]:
    """The person as a subject, per membership: a guest has one for each event."""
    ids = {varld.medlemskap[namn, hid] for hid in varld.handelser.values() if (namn, hid) in varld.medlemskap}
    rows = session.scalars(select(Medlemskap).options(joinedload(Medlemskap.aktor)).where(Medlemskap.id.in_(ids)))
    return {m.id: subjekt_av(m, now=o.NU) for m in rows}


def lasta(session: Session, who: Subjekt) -> set[int]:
    """The events whose content SQL lets the subject read."""
    lagesbilder = (
        select(Lagesbild.handelse_id)
        .join(LagesbildVersion, LagesbildVersion.lagesbild_id == Lagesbild.id)
        .join(Handelse, Handelse.id == Lagesbild.handelse_id)
        .where(lasbar_for(who, LAGESBILD, o.NU))
    )
    underrattelser = (
        select(Underrattelse.handelse_id)
        .join(UnderrattelseVersion, UnderrattelseVersion.underrattelse_id == Underrattelse.id)
        .join(Handelse, Handelse.id == Underrattelse.handelse_id)
        .where(lasbar_for(who, UNDERRATTELSE, o.NU))
    )
    return {*session.scalars(lagesbilder), *session.scalars(underrattelser)}


@pytest.fixture
def varld(varje_databas: Database) -> Varld:
    with transaction(varje_databas) as session:
        return bygg(session)


def test_lists_hold_just_what_the_table_says(varje_databas: Database, varld: Varld) -> None:
    with varje_databas.reading() as session:
        for namn in NAMN:
            subjekt = subjekten(session, varld, namn)
            laser = {id_: lasta(session, who) for id_, who in subjekt.items()}
            for ting in SEPARATA:
                hid = varld.handelser[ting]
                assert (hid in laser[varld.medlemskap[namn, hid]]) == LASER[namn, ting], (namn, ting)


def test_events_are_listed_for_those_who_may_know_of_them(varje_databas: Database, varld: Varld) -> None:
    handelser = [ting for ting, _ in o.LASBART if ting.slag == o.HANDELSE]
    with varje_databas.reading() as session:
        for namn in NAMN:
            for who in subjekten(session, varld, namn).values():
                synliga = set(session.scalars(select(Handelse.id).where(synlig_for(who, o.NU))))
                for ting in handelser:
                    if who.medlemskap_id == varld.medlemskap[namn, varld.handelser[ting]]:
                        assert (varld.handelser[ting] in synliga) == LASER[namn, ting], (namn, ting)


def test_those_are_told_who_may_read(varje_databas: Database, varld: Varld) -> None:
    """The same rule for every member at once, as dispatches ask."""
    with varje_databas.reading() as session:
        for ting in SEPARATA:
            hid = varld.handelser[ting]
            told = set(session.scalars(_medlemmar(ting).where(Handelse.id == hid)))
            for namn in NAMN:
                assert (varld.medlemskap[namn, hid] in told) == LASER[namn, ting], (namn, ting)


def _medlemmar(ting: o.Ting) -> object:
    base = select(Medlemskap.id).join(Anvandare, Anvandare.id == Medlemskap.anvandare_id)
    if ting.slag == o.UNDERRATTELSE:
        return (
            base.join(Underrattelse, Underrattelse.id == Underrattelse.id)
            .join(UnderrattelseVersion, UnderrattelseVersion.underrattelse_id == Underrattelse.id)
            .join(Handelse, Handelse.id == Underrattelse.handelse_id)
            .where(medlem_laser(UNDERRATTELSE, o.NU))
        )
    return (
        base.join(Lagesbild, Lagesbild.id == Lagesbild.id)
        .join(LagesbildVersion, LagesbildVersion.lagesbild_id == Lagesbild.id)
        .join(Handelse, Handelse.id == Lagesbild.handelse_id)
        .where(medlem_laser(LAGESBILD, o.NU))
    )


def test_members_who_read_an_event_are_those_of_the_table(varje_databas: Database, varld: Varld) -> None:
    with varje_databas.reading() as session:
        for ting in (ting for ting, _ in o.LASBART if ting.slag == o.HANDELSE):
            hid = varld.handelser[ting]
            query = select(Medlemskap.id).join(Anvandare, Anvandare.id == Medlemskap.anvandare_id)
            query = query.join(Handelse, Handelse.id == hid).where(medlem_laser_handelsen(o.NU))
            read = set(session.scalars(query))
            for namn in NAMN:
                assert (varld.medlemskap[namn, hid] in read) == LASER[namn, ting], (namn, ting)


def test_the_models_make_the_same_things_of_the_rows_as_the_table_does(varje_databas: Database, varld: Varld) -> None:
    slag = {o.EGEN: Slag.EGEN_LAGESBILD, o.SAMLAD: Slag.SAMLAD_LAGESBILD, o.UNDERRATTELSE: Slag.UNDERRATTELSE}
    with varje_databas.reading() as session:
        for ting in SEPARATA:
            handelse = session.get_one(Handelse, varld.handelser[ting])
            modell = Underrattelse if ting.slag == o.UNDERRATTELSE else Lagesbild
            rad = session.get_one(modell, varld.ting[ting])
            sak = handelse.sak(slag[ting.slag], rad.aktor, krets=rad.krets, publicerad=ting.tid, tlp=ting.tlp)
            subjekt = {
                namn: subjekt_av(session.get_one(Medlemskap, varld.medlemskap[namn, handelse.id]), now=o.NU)
                for namn in NAMN
            }
            for cell in (cell for cell in CELLER if cell.ting == ting and cell.person in subjekt):
                assert svar_av(can(subjekt[cell.person], Verb[cell.verb], sak, o.NU)) == cell.svar, cell
