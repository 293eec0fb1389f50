"""Two persons behind a publication, on real databases: who, when two at once, and what becomes of it meanwhile."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from tests import factories as f
from tests.tvaperson_stod import Tva, satt_regel
from wis import clock
from wis.andringar import Andring, lyssna
from wis.andringar import Slag as Andringsslag
from wis.auth.models import Medlemskap
from wis.auth.rules import Roll, Subjekt
from wis.bilagor.models import Bilaga
from wis.bilagor.rules import Rad
from wis.db import Database
from wis.handelser.models import Handelse, Lage
from wis.handelser.sakkrets import Otillaten
from wis.lagesbild import bilagelista, forslag, utkast
from wis.lagesbild import service as bildservice
from wis.lagesbild.models import LagesbildVersion, Utkast
from wis.lagesbild.plats import Plats
from wis.lagesbild.rules import Innehall, Publicering
from wis.lagesbild.utkast import Text
from wis.notiser.models import Kanalslag, Leverans, Utskick, Utskicksslag
from wis.tvaperson import queries, service
from wis.tvaperson.models import Forslag, Niva, Status
from wis.tvaperson.rules import INGET, VID_RATTELSE, Avgjort, FinnsInte, Intyg, KraverTva, SammaPerson
from wis.tx import transaction
from wis.underrattelser.models import UnderrattelseVersion

NOD = Intyg(nodlage="Omar svarar inte, bron har rasat")


@pytest.fixture
def tva(varje_databas: Database) -> Tva:
    return Tva(varje_databas)


# --- the rule ------------------------------------------------------------------------------------------------------


def test_one_person_alone_is_refused_by_the_service_and_nothing_is_written(tva: Tva) -> None:
    for avisera, bradskande in ((False, False), (True, False), (True, True)):
        with pytest.raises(KraverTva):
            tva.publicera(tva.publicering(avisera=avisera, bradskande=bradskande))
    assert tva.versioner() == []
    assert tva.publicera(tva.publicering("Solna"), tva.solna) == 1


def test_the_rule_is_of_a_level_and_a_lage(tva: Tva) -> None:
    satt_regel(tva.database, "nacka", Niva.BRADSKANDE)
    satt = tva.publicera(tva.publicering("Vanlig"))
    with pytest.raises(KraverTva):
        tva.publicera(tva.publicering("Bråttom", bradskande=True))
    satt_regel(tva.database, "nacka", Niva.AVISERING, lage=Lage.AKTIVERAT)
    tva.publicera(tva.publicering("Ännu en"))
    with transaction(tva.database) as session:
        session.get_one(Handelse, tva.handelse_id).lage = Lage.AKTIVERAT
    with pytest.raises(KraverTva):
        tva.publicera(tva.publicering("Aktiverat"))
    assert satt == 1


# --- the approval ---------------------------------------------------------------------------------------------------


def test_what_a_colleague_approves_is_published_exactly_as_the_authors(tva: Tva) -> None:
    hort: list[Andring] = []
    lyssna(tva.database, hort.append)
    forslag_id = tva.foresla(tva.publicering(bradskande=True))
    assert tva.versioner() == []
    assert [(a.slag, a.handelse_id) for a in hort if a.slag is Andringsslag.FORSLAG] == [
        (Andringsslag.FORSLAG, tva.handelse_id)
    ]
    rad = tva.godkann(forslag_id)
    (version,) = tva.versioner()
    assert (version.forfattare_id, version.godkand_av_id) == (tva.karin.anvandare_id, tva.omar.anvandare_id)
    assert (version.rubrik, version.bradskande, version.nodlage) == ("E18 avstängd", True, "")
    assert (rad.status, rad.resultat) == (Status.GODKANT, "/underrattelser/1")
    with tva.database.reading() as session:
        (utskick,) = session.scalars(select(Utskick).where(Utskick.slag == Utskicksslag.UNDERRATTELSE))
        assert utskick.bradskande
    assert [p.anvandare_id for p in tva.loggat("godkänner publicering")] == [tva.omar.anvandare_id]
    assert [p.anvandare_id for p in tva.loggat("ber om godkännande")] == [tva.karin.anvandare_id]


def test_the_same_approval_again_changes_nothing(tva: Tva) -> None:
    forslag_id = tva.foresla()
    assert {tva.godkann(forslag_id).resultat for _ in range(3)} == {"/underrattelser/1"}
    assert len(tva.versioner()) == 1
    with pytest.raises(Avgjort):
        tva.godkann(forslag_id, tva.eva)


def test_nobody_approves_their_own_in_whatever_role(tva: Tva) -> None:
    forslag_id = tva.foresla()
    with transaction(tva.database) as session:
        # Also as something else at the same actor, on duty: the person is the same.
        rad = session.scalars(select(Medlemskap).where(Medlemskap.anvandare_id == tva.karin.anvandare_id)).one()
        rad.roll, rad.administrator = Roll.REDAKTOR, True
    with pytest.raises(SammaPerson):
        tva.godkann(forslag_id, tva.karin)
    with pytest.raises(SammaPerson):
        tva.publicera(tva.publicering(intyg=Intyg(tva.karin.anvandare_id)))
    for who in (tva.solna, tva.lars):
        with pytest.raises((FinnsInte, Otillaten)):
            tva.godkann(forslag_id, who)
    assert tva.versioner() == []


def test_the_database_itself_refuses_an_author_who_approves(tva: Tva) -> None:
    tva.godkann(tva.foresla())
    andras = {"nummer", "foregaende", "idempotensnyckel"}
    kolumner = ", ".join(namn for namn in UnderrattelseVersion.__table__.columns.keys() if namn not in andras)  # noqa: SIM118
    varden = kolumner.replace("godkand_av_id", "forfattare_id")
    sats = (
        f"INSERT INTO underrattelse_version (nummer, foregaende, idempotensnyckel, {kolumner}) "
        f"SELECT 2, 1, 'annan', {varden} FROM underrattelse_version"
    )
    with pytest.raises(IntegrityError, match="godkand_av_en_annan"), tva.database.engine.begin() as connection:
        connection.execute(text(sats))


def _samtidigt(*vad: Callable[[], object]) -> list[object]:
    """What each came to, or raised; all at once."""
    start, blev = threading.Barrier(len(vad)), dict[int, object]()

    def gor(plats: int) -> None:
        start.wait(30)
        try:
            blev[plats] = vad[plats]()
        except Exception as fel:  # noqa: BLE001 what it was is what is looked at
            blev[plats] = fel

    trador = [threading.Thread(target=gor, args=(plats,)) for plats in range(len(vad))]
    for trad in trador:
        trad.start()
    for trad in trador:
        trad.join(60)
    return [blev[plats] for plats in range(len(vad))]


def test_two_who_approve_at_once_publish_once(tva: Tva) -> None:
    for varv in range(5):
        forslag_id = tva.foresla(tva.publicering(f"Varv {varv}"))
        blev = _samtidigt(lambda: tva.godkann(forslag_id, tva.omar), lambda: tva.godkann(forslag_id, tva.eva))  # noqa: B023 run at once
        assert sorted(type(ett).__name__ for ett in blev) == ["Avgjort", "Forslag"], blev
    assert [v.rubrik for v in tva.versioner()] == [f"Varv {varv}" for varv in range(5)]


def test_taken_back_while_a_colleague_approves_it_is_one_or_the_other(tva: Tva) -> None:
    for varv in range(5):
        forslag_id, fore = tva.foresla(tva.publicering(f"Varv {varv}")), len(tva.versioner())

        def ta_tillbaka(forslag_id: int = forslag_id) -> Forslag:
            with transaction(tva.database) as session:
                return service.aterkalla(session, tva.karin, forslag_id)

        blev = _samtidigt(lambda: tva.godkann(forslag_id), ta_tillbaka)  # noqa: B023 run at once
        assert sum(isinstance(ett, Avgjort) for ett in blev) == 1, blev
        publicerat = len(tva.versioner()) - fore
        assert publicerat == (tva.forslag(forslag_id).status == Status.GODKANT)


def test_a_double_click_is_one_proposal_and_another_text_takes_its_place(tva: Tva) -> None:
    ids = _samtidigt(*(tva.foresla for _ in range(3)))
    assert len(set(map(str, ids))) == 1, ids
    innan = tva.publicering()
    ny = tva.foresla(
        type(innan)(type(innan.innehall)("E18 öppen", "Klart.", "<p>Klart.</p>", False), innan.nyckel, False)
    )
    assert [tva.forslag(int(str(ids[0]))).status, tva.forslag(ny).status] == [Status.ATERKALLAT, Status.VANTAR]
    tva.godkann(ny)
    assert [v.rubrik for v in tva.versioner()] == ["E18 öppen"]


# --- what happens meanwhile -----------------------------------------------------------------------------------------


def test_a_base_that_has_moved_is_not_published_and_the_proposal_is_out_of_date(tva: Tva) -> None:
    tva.godkann(tva.foresla())
    forslag_id = tva.foresla(tva.publicering("Karins rättelse"), rattar=1, bas=1)
    andras = tva.foresla(tva.publicering("Evas rättelse"), tva.eva, rattar=1, bas=1)
    tva.godkann(andras)
    assert tva.forslag(forslag_id).status == Status.FORALDRAT
    with pytest.raises(Avgjort):
        tva.godkann(forslag_id)
    assert [v.rubrik for v in tva.versioner()] == ["E18 avstängd", "Evas rättelse"]


def test_switched_off_while_it_waits_the_author_may_publish_and_the_colleague_still_approve(tva: Tva) -> None:
    ett, annat = tva.foresla(), tva.foresla(tva.publicering("Annat"))
    satt_regel(tva.database, "nacka")
    assert tva.publicera(tva.publicering()) == 1
    assert tva.forslag(ett).status == Status.ATERKALLAT
    assert tva.godkann(annat).status == Status.GODKANT
    assert [v.godkand_av_id for v in tva.versioner()] == [None, tva.omar.anvandare_id]


def test_both_must_still_have_the_right_when_it_is_approved(tva: Tva) -> None:
    forslag_id = tva.foresla()
    medlemskap = update(Medlemskap).where(Medlemskap.anvandare_id == tva.karin.anvandare_id)
    for varden in (
        {"roll": Roll.SKRIBENT},
        {"roll": Roll.TALESPERSON, "giltig_till": clock.now() - timedelta(hours=1)},
    ):
        with transaction(tva.database) as session:
            session.execute(medlemskap.values(**varden))
        with pytest.raises(service.RattForlorad):
            tva.godkann(forslag_id)
    with transaction(tva.database) as session:
        session.execute(medlemskap.values(giltig_till=None))
        session.execute(
            update(Medlemskap).where(Medlemskap.anvandare_id == tva.omar.anvandare_id).values(roll=Roll.SKRIBENT)
        )
    with pytest.raises(Otillaten):
        tva.godkann(forslag_id)
    assert tva.versioner() == []
    assert tva.godkann(forslag_id, tva.eva).status == Status.GODKANT


def test_in_a_closed_event_nothing_is_approved_and_it_can_be_sent_back(tva: Tva) -> None:
    forslag_id = tva.foresla()
    with transaction(tva.database) as session:
        session.get_one(Handelse, tva.handelse_id).stangd = clock.now()
    with pytest.raises(Otillaten):
        tva.godkann(forslag_id)
    with transaction(tva.database) as session:
        service.skicka_tillbaka(session, tva.omar, forslag_id, "Händelsen är stängd")
    rad = tva.forslag(forslag_id)
    assert (rad.status, rad.skal, rad.avgjord_av_id) == (Status.AVBOJT, "Händelsen är stängd", tva.omar.anvandare_id)
    with tva.database.reading() as session:
        (egen,) = queries.ruta(session, tva.karin).egna
        assert egen.id == forslag_id
        assert not queries.ruta(session, tva.lars)
    assert len(tva.loggat("skickar tillbaka förslag")) == 1


# --- the emergency --------------------------------------------------------------------------------------------------


def test_alone_in_an_emergency_it_is_published_logged_marked_and_told_to_the_administrators(tva: Tva) -> None:
    with pytest.raises(KraverTva):
        tva.publicera(tva.publicering(intyg=Intyg(nodlage="kort")))
    tva.publicera(tva.publicering(intyg=NOD))
    (version,) = tva.versioner()
    assert (version.godkand_av_id, version.nodlage) == (None, NOD.nodlage)
    (post,) = tva.loggat("publicerar ensam i nödläge")
    assert NOD.nodlage in post.uppgifter
    assert _till(tva, "ensam") == ["ada@nacka.example"]


def test_where_no_rule_holds_there_is_no_emergency(tva: Tva) -> None:
    satt_regel(tva.database, "nacka")
    tva.publicera(tva.publicering(intyg=NOD))
    assert [v.nodlage for v in tva.versioner()] == [""]
    assert tva.loggat("publicerar ensam i nödläge") == []


def test_a_correction_waits_for_nobody_unless_it_does_more_than_what_it_corrects(tva: Tva) -> None:
    tva.godkann(tva.foresla(tva.publicering(avisera=False)))
    with pytest.raises(KraverTva):
        tva.ratta(1, 1, tva.publicering("Larm", bradskande=True, intyg=VID_RATTELSE))
    tva.godkann(tva.foresla(tva.publicering("Fel bro", bradskande=True), rattar=1, bas=1))
    assert tva.ratta(1, 2, tva.publicering("Rätt bro", bradskande=True, intyg=VID_RATTELSE)) == 3
    assert tva.versioner()[-1].nodlage == VID_RATTELSE.nodlage
    assert len(tva.loggat("publicerar ensam i nödläge")) == 1


def test_a_colleague_is_asked_by_their_own_channels_and_nothing_of_the_content_is_said(tva: Tva) -> None:
    with transaction(tva.database) as session:
        omar = session.scalars(select(Medlemskap).where(Medlemskap.anvandare_id == tva.omar.anvandare_id)).one()
        f.en_kanal(session, omar.anvandare, Kanalslag.SMS, "+46701234567")
    tva.foresla()
    assert _till(tva, "ber dig godkänna") == ["+46701234567", "eva@nacka.example"]
    with tva.database.reading() as session:
        breven = session.scalars(select(Utskick).where(Utskick.slag == Utskicksslag.SYSTEM)).all()
        assert all("/forslag/1" in brev.sms and "E18" not in brev.sms + brev.amne for brev in breven)


def _till(tva: Tva, amne: str) -> list[str]:
    with tva.database.reading() as session:
        fraga = select(Leverans.adress).join(Utskick, Utskick.id == Leverans.utskick_id)
        return sorted(str(rad) for rad in session.scalars(fraga.where(Utskick.amne.contains(amne))))


# --- a lägesbild ----------------------------------------------------------------------------------------------------


@dataclass
class Bild:
    """Nacka's lägesbild of the event."""

    tva: Tva

    @property
    def plats(self) -> Plats:
        """Where it goes."""
        return Plats(self.tva.handelse_id, self.tva.aktor_id())

    @staticmethod
    def tankt(bas: int, text_: str, *, intyg: Intyg = INGET) -> forslag.Tankt:
        """What is to be published."""
        innehall = Innehall.av({"sammanfattning": text_}, "", clock.now() + timedelta(hours=2))
        kommando = Publicering(bas, text_, innehall, intyg=intyg)
        return forslag.Tankt(kommando, {"sammanfattning": f"<p>{text_}</p>"}, True)

    def foresla(self, bas: int, text_: str, who: Subjekt | None = None) -> int:
        """Propose it; the id of the proposal."""
        with transaction(self.tva.database) as session:
            rad = forslag.foresla(session, who or self.tva.karin, self.plats, self.tankt(bas, text_))
            assert isinstance(rad, Forslag)
            return rad.id

    def publicera(self, vad: forslag.Tankt) -> object:
        """Publish it alone."""
        with transaction(self.tva.database) as session:
            return bildservice.publicera(
                session, self.tva.karin, self.plats, vad.kommando, vad.html, avisera=vad.avisera
            )

    def versioner(self) -> list[LagesbildVersion]:
        """What is published."""
        with self.tva.database.reading() as session:
            return list(session.scalars(select(LagesbildVersion).order_by(LagesbildVersion.nummer)))


def test_a_lagesbild_is_published_as_it_was_proposed_and_the_draft_goes(tva: Tva) -> None:
    bild = Bild(tva)
    with pytest.raises(KraverTva):
        bild.publicera(bild.tankt(0, "Ensam"))
    with transaction(tva.database) as session:
        utkast.spara(session, tva.karin, bild.plats, Text(0, 0, Innehall.av({"sammanfattning": "Läget"}), "", "k"))
    forslag_id = bild.foresla(0, "Läget")
    with tva.database.reading() as session:
        assert session.query(Utkast).count() == 1
    rad = tva.godkann(forslag_id)
    assert rad.resultat == "/handelser/snoovader/lagesbild/nacka/versioner/1"
    assert tva.godkann(forslag_id).resultat == rad.resultat
    (version,) = bild.versioner()
    assert (version.forfattare_id, version.godkand_av_id) == (tva.karin.anvandare_id, tva.omar.anvandare_id)
    with tva.database.reading() as session:
        assert session.query(Utkast).count() == 0
    bild.publicera(bild.tankt(1, "Nöd", intyg=NOD))
    assert bild.versioner()[1].nodlage == NOD.nodlage


def test_two_who_approve_different_texts_of_a_lagesbild_at_once_publish_one_and_the_other_is_out_of_date(
    tva: Tva,
) -> None:
    bild = Bild(tva)
    for varv in range(3):
        ett, annat = bild.foresla(varv, f"Karins {varv}"), bild.foresla(varv, f"Evas {varv}", tva.eva)
        _samtidigt(lambda: tva.godkann(ett, tva.omar), lambda: tva.godkann(annat, tva.omar))  # noqa: B023 run at once
        assert sorted(tva.forslag(id_).status for id_ in (ett, annat)) == [Status.FORALDRAT, Status.GODKANT]
    assert len(bild.versioner()) == 3


def test_unchanged_is_proposed_and_approved_too(tva: Tva) -> None:
    bild = Bild(tva)
    tva.godkann(bild.foresla(0, "Läget"))
    with pytest.raises(KraverTva), transaction(tva.database) as session:
        bildservice.oforandrat(session, tva.karin, bild.plats, 1, "o")
    with transaction(tva.database) as session:
        rad = forslag.foresla_oforandrat(session, tva.karin, bild.plats, 1, "o")
        assert isinstance(rad, Forslag)
        forslag_id = rad.id
    tva.godkann(forslag_id)
    assert [(v.oforandrad, v.godkand_av_id) for v in bild.versioner()] == [
        (False, tva.omar.anvandare_id),
        (True, tva.omar.anvandare_id),
    ]


def test_attachments_changed_after_it_was_proposed_are_not_published_unseen(tva: Tva) -> None:
    bild = Bild(tva)
    with transaction(tva.database) as session:
        utkast.spara(session, tva.karin, bild.plats, Text(0, 0, Innehall.av({"sammanfattning": "Läget"}), "", "k"))
    forslag_id = bild.foresla(0, "Läget")
    with transaction(tva.database) as session:
        mitt = session.scalars(select(Utkast)).one()
        fil = Bilaga(
            aktor_id=tva.aktor_id(),
            sha256="a" * 64,
            slag="application/pdf",
            langd=1,
            anvand=clock.now(),
            innehall=b"x",
        )
        session.add(fil)
        session.flush()
        bilagelista.andra(session, mitt, lambda rader: [*rader, Rad(fil.id, "plan.pdf")])
    assert tva.godkann(forslag_id).status == Status.FORALDRAT
    assert bild.versioner() == []
