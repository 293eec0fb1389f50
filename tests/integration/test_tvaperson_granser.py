"""Two persons behind a publication: when much waits, two administrators at once, and an alert that was taken back."""

import threading

import pytest
from sqlalchemy import delete, select

from tests.tvaperson_stod import Tva, satt_regel
from wis import clock
from wis.aktorer.queries import las_aktor
from wis.db import Database
from wis.handelser.models import Lage
from wis.notiser.models import Utskick
from wis.tvaperson import queries, service
from wis.tvaperson.models import Niva, Tvapersonsregel
from wis.tvaperson.rules import VID_RATTELSE, KraverTva, ReglernaAndrade
from wis.tx import transaction


def test_what_a_colleague_waits_with_is_seen_however_much_of_ones_own_has_been_approved(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MAX_VISADE", 2)
    tva = Tva(database)
    vantar = tva.foresla(tva.publicering("Väntar på Karin"), who=tva.omar)
    for nummer in range(3):
        tva.godkann(tva.foresla(tva.publicering(f"Karins {nummer}")))
    senare = [tva.foresla(tva.publicering(f"Omars {nummer}"), who=tva.omar) for nummer in range(2)]
    bratt = tva.foresla(tva.publicering("Bråttom", bradskande=True), who=tva.omar)
    tillbaka = tva.foresla(tva.publicering("Fel bro"))
    with transaction(database) as session:
        service.skicka_tillbaka(session, tva.omar, tillbaka, "Fel bro")
    with database.reading() as session:
        ruta = queries.ruta(session, tva.karin)
        # The urgent one first, then the one that has waited longest; the rest is counted.
        assert ([rad.id for rad in ruta.andras], ruta.till) == ([bratt, vantar], len(senare))
        assert [rad.id for rad in ruta.egna] == [tillbaka]


def test_an_answer_to_what_has_been_asked_again_since_is_no_longer_reminded_of(database: Database) -> None:
    tva = Tva(database)
    ett = tva.foresla(tva.publicering("E18"))
    with transaction(database) as session:
        service.skicka_tillbaka(session, tva.omar, ett, "Fel bro")
    tva.godkann(tva.foresla(tva.publicering("E18")))
    with database.reading() as session:
        assert not queries.ruta(session, tva.karin)


def test_of_two_administrators_who_save_at_once_one_sees_what_the_other_saved(varje_databas: Database) -> None:
    tva = Tva(varje_databas)
    aktor_id, ordinarie = tva.aktor_id(), Lage.ORDINARIE.value
    for _ in range(3):
        with transaction(varje_databas) as session:
            session.execute(delete(Tvapersonsregel))
        start, blev = threading.Barrier(2), list[str]()

        def spara(niva: str, start: threading.Barrier = start, blev: list[str] = blev) -> None:
            start.wait(30)
            try:
                with transaction(varje_databas) as session:
                    aktor = las_aktor(session, aktor_id)
                    service.satt_regler(session, tva.karin, aktor, frozenset({(ordinarie, niva)}), frozenset())
                blev.append(niva)
            except ReglernaAndrade:
                blev.append("")

        trador = [threading.Thread(target=spara, args=(niva.value,)) for niva in (Niva.AVISERING, Niva.BRADSKANDE)]
        for trad in trador:
            trad.start()
        for trad in trador:
            trad.join(60)
        (sparad,) = [niva for niva in blev if niva]
        assert len(blev) == 2
        with varje_databas.reading() as session:
            assert queries.alla_regler(session, aktor_id) == {(ordinarie, sparad)}


def test_an_alert_that_was_taken_back_is_no_fault_that_is_out(database: Database) -> None:
    tva = Tva(database)
    tva.godkann(tva.foresla())
    with transaction(database) as session:
        sant = session.scalars(select(Utskick).where(Utskick.underrattelse_id == 1)).one()
        sant.angrad, sant.angrad_av_id = clock.now(), tva.karin.anvandare_id
    with pytest.raises(KraverTva):
        tva.ratta(1, 1, tva.publicering("Annat larm", intyg=VID_RATTELSE))
    satt_regel(database, "nacka", Niva.AVISERING)
    assert tva.ratta(1, 1, tva.publicering("Utan avisering", avisera=False)) == 2
