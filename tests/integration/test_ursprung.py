"""Of whatever is published in a small world, the samlade shows nobody more than they read, unless the owner said so."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests import factories as f
from tests.lasratt import en_krets
from wis import clock
from wis.audit import Loggpost
from wis.auth.krets import Tlp
from wis.auth.rules import Roll, Subjekt, Verb, can
from wis.db import Database
from wis.handelser.models import Handelse, HandelseLasare
from wis.lagesbild import forslag, medgivanden, service
from wis.lagesbild.kallor import Kalla, med_alla
from wis.lagesbild.mall import Avsnittsslag
from wis.lagesbild.models import Lagesbild, LagesbildKalla, LagesbildSektion, LagesbildVersion, Medgivande
from wis.lagesbild.plats import Plats, hamta_eller_skapa, sak_av
from wis.lagesbild.rules import Avslag, Innehall, Marke, Publicering
from wis.tx import transaction

AKTORER = ("lansstyrelsen", "nacka", "solna", "trafikverket")
KALLOR = ("nacka", "trafikverket")
FLERA = st.frozensets(st.sampled_from(AKTORER))
MED_LANSSTYRELSEN = FLERA.map(lambda flera: flera | {"lansstyrelsen"})
TLP = st.sampled_from([Tlp.CLEAR, Tlp.CLEAR, Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.RED])


@dataclass(frozen=True)
class Publicera:
    aktor: str
    tlp: Tlp


@dataclass(frozen=True)
class Begransa:
    aktor: str
    lasare: frozenset[str]


@dataclass(frozen=True)
class SlappIn:
    aktor: str
    aven_tidigare: bool


@dataclass(frozen=True)
class BeOmLov:
    kalla: Kalla
    tlp: Tlp
    ja: bool


@dataclass(frozen=True)
class Samla:
    kallor: tuple[Kalla | None, ...]
    tlp: Tlp
    av: str


@dataclass(frozen=True)
class Oforandrat:
    av: str


KALLA = st.builds(Kalla, st.sampled_from(KALLOR), st.sampled_from([1, 1, 1, 2]), st.just("lage_fakta"))
SAMLA = st.builds(
    Samla, st.lists(KALLA | KALLA | st.none(), min_size=1, max_size=3).map(tuple), TLP, st.sampled_from(AKTORER[:2])
)
ETT = st.one_of(
    st.builds(Publicera, st.sampled_from(KALLOR), TLP),
    st.builds(Begransa, st.sampled_from(KALLOR), MED_LANSSTYRELSEN | FLERA),
    st.builds(SlappIn, st.sampled_from(AKTORER[1:]), st.booleans()),
    st.builds(BeOmLov, KALLA, TLP, st.sampled_from([True, True, False])),
    st.builds(Oforandrat, st.sampled_from(AKTORER[:2])),
    SAMLA,
)
FRAGAT = st.builds(
    lambda kalla, tlp, sedan: [BeOmLov(kalla, tlp, True), *sedan, Samla((kalla, None), tlp, AKTORER[0])],
    KALLA,
    TLP,
    st.lists(ETT, max_size=1),
)
DRAG = st.one_of(ETT.map(lambda ett: [ett]), FRAGAT)


_NACKAS = Kalla("nacka", 1, "lage_fakta")
BARA_VI, VI_OCH_NACKA = frozenset({"lansstyrelsen"}), frozenset({"lansstyrelsen", "nacka"})
LOV, SIST = BeOmLov(_NACKAS, Tlp.CLEAR, True), Samla((_NACKAS, None), Tlp.CLEAR, "lansstyrelsen")
LOVAT: list[list[object]] = [
    [SIST, BeOmLov(_NACKAS, Tlp.GREEN, True), Samla((_NACKAS, None), Tlp.GREEN, "lansstyrelsen")],
    [SlappIn("solna", False), Oforandrat("lansstyrelsen")],
]
"""What is asked of only some, or under another label, is not leave for the rest."""


class Varld:
    """An event of its own in the database, and a redaktör at each actor."""

    def __init__(self, database: Database, folk: dict[str, Subjekt], lasare: frozenset[str] | None) -> None:
        self.database, self.folk, self.nu = database, folk, clock.now()
        with transaction(database) as session:
            self.handelse_id = f.en_handelse(session, lasare=None if lasare is None else sorted(lasare)).id
        self.utfall: Counter[str] = Counter()
        self.nummer = 0

    def gor(self, drag: object) -> None:
        """One move, a minute after the last."""
        self.nu += timedelta(minutes=1)
        with clock.at(self.nu), transaction(self.database) as session:
            getattr(self, type(drag).__name__.lower())(session, drag)

    def _skriv(self, session: Session, who: Subjekt, aktor_id: int | None, fakta: str, tlp: Tlp) -> object:
        plats = Plats(self.handelse_id, aktor_id)
        self.nummer += 1
        if not can(who, Verb.LASA, session.get_one(Handelse, self.handelse_id).sak(), clock.now()):
            return None
        bild = hamta_eller_skapa(session, plats)
        senaste = session.get(LagesbildVersion, (bild.id, bild.senaste))
        if senaste is not None and not can(who, Verb.LASA, sak_av(bild, senaste), clock.now()):
            return None
        innehall = Innehall.av({"sammanfattning": f"Läge {self.nummer}", "lage_fakta": fakta}, marke=Marke(tlp))
        kommando = Publicering(bild.senaste, f"{self.handelse_id}-{self.nummer}", innehall)
        html = {nyckel: "<p>x</p>" for nyckel in innehall.sektioner}
        return service.publicera(session, who, plats, kommando, html, avisera=False)

    def publicera(self, session: Session, drag: Publicera) -> None:
        who = self.folk[drag.aktor]
        self._skriv(session, who, who.aktor_id, f"{drag.aktor} säger {self.nummer}.", drag.tlp)

    def begransa(self, session: Session, drag: Begransa) -> None:
        bild = hamta_eller_skapa(session, Plats(self.handelse_id, self.folk[drag.aktor].aktor_id))
        bild.krets = en_krets(session, *drag.lasare) if len(drag.lasare) < len(AKTORER) else None

    def slappin(self, session: Session, drag: SlappIn) -> None:
        nyckel = (self.handelse_id, self.folk[drag.aktor].aktor_id)
        if session.get(HandelseLasare, nyckel) is None:
            rad = HandelseLasare(handelse_id=nyckel[0], aktor_id=nyckel[1])
            rad.fran = None if drag.aven_tidigare else clock.now()
            session.add(rad)

    def beomlov(self, session: Session, drag: BeOmLov) -> None:
        who, owner = self.folk["lansstyrelsen"], self.folk[drag.kalla.aktor]
        self.nummer += 1
        try:
            rad = medgivanden.begar(session, who, self.handelse_id, drag.kalla, drag.tlp, str(self.nummer))
        except LookupError:
            return
        far = can(owner, Verb.LASA, session.get_one(Handelse, self.handelse_id).sak(), clock.now())
        if rad is not None and rad.svar is None and far:
            medgivanden.svara(session, owner, rad.id, ja=drag.ja, motivering="")

    def samla(self, session: Session, drag: Samla) -> None:
        stycken = [f"Rad {i}." + ("" if k is None else f" {k}") for i, k in enumerate(drag.kallor)]
        self._blev(session, self._skriv(session, self.folk[drag.av], None, "\n\n".join(stycken), drag.tlp))

    def oforandrat(self, session: Session, drag: Oforandrat) -> None:
        who, plats = self.folk[drag.av], Plats(self.handelse_id, None)
        if not can(who, Verb.LASA, session.get_one(Handelse, self.handelse_id).sak(), clock.now()):
            return
        bild = hamta_eller_skapa(session, plats)
        senaste = session.get(LagesbildVersion, (bild.id, bild.senaste))
        if senaste is not None and can(who, Verb.LASA, sak_av(bild, senaste), clock.now()):
            self.nummer += 1
            self._blev(session, service.oforandrat(session, who, plats, bild.senaste, f"o-{self.nummer}"))

    def _blev(self, session: Session, blev: object) -> None:
        if isinstance(blev, service.Publicerad):
            self.utfall["publicerad"] += 1
            granska(session, blev.lagesbild_id, blev.nummer, list(self.folk.values()), self.utfall)
        elif isinstance(blev, Avslag):
            self.utfall["vägrad"] += 1


def granska(session: Session, lagesbild_id: int, nummer: int, folk: Sequence[Subjekt], utfall: Counter[str]) -> None:
    """Each paragraph has its source, or has no mark; who reads the samlad reads the source, or the owner let them."""
    version = session.get_one(LagesbildVersion, (lagesbild_id, nummer))
    rader = session.scalars(select(LagesbildKalla).filter_by(lagesbild_id=lagesbild_id, nummer=nummer)).all()
    fakta = session.get_one(LagesbildSektion, (lagesbild_id, nummer, "lage_fakta")).kalla
    markta = [n for n, (_, kallor) in enumerate(med_alla(fakta, Avsnittsslag.FAKTA), start=1) if kallor]
    assert [rad.stycke for rad in rader] == markta
    lasare = [who for who in folk if can(who, Verb.LASA, sak_av(version.lagesbild, version), clock.now())]
    for rad in rader:
        kalla = session.get_one(LagesbildVersion, (rad.kalla_lagesbild_id, rad.kalla_nummer))
        bild = session.get_one(Lagesbild, kalla.lagesbild_id)
        utanfor = {w.aktor_id for w in lasare if not can(w, Verb.LASA, sak_av(bild, kalla), clock.now())}
        lagre = Tlp(version.tlp).niva < Tlp(kalla.tlp).niva
        utfall["kallor"] += 1
        if utanfor or lagre:
            assert medgivet(session, rad, bild, utanfor, Tlp(version.tlp))
            utfall["med lov"] += 1


def medgivet(session: Session, rad: LagesbildKalla, bild: Lagesbild, utanfor: set[int], tlp: Tlp) -> bool:
    """Whether the owner has said, in the record, that these may read it under that label."""
    for lov in session.scalars(
        select(Medgivande).filter_by(
            kalla_lagesbild_id=rad.kalla_lagesbild_id,
            kalla_nummer=rad.kalla_nummer,
            kalla_nyckel=rad.kalla_nyckel,
            svar=True,
        )
    ):
        loggat = session.scalars(
            select(Loggpost).filter_by(handling="medgivande besvarat", objekt=f"medgivande:{lov.id}")
        ).one()
        assert loggat.aktor_id == lov.agare_id == bild.aktor_id
        assert '"svar": "ja"' in loggat.uppgifter
        if utanfor <= set(lov.aktorer) and Tlp(lov.tlp).niva <= tlp.niva:
            return True
    return False


def spela(database: Database, antal: int) -> Counter[str]:
    """So many games; how often what came of them."""
    with transaction(database) as session:
        folk = {slug: f.subjekt_for(session, f.en_person_hos(session, slug, Roll.REDAKTOR)) for slug in AKTORER}
    utfall: Counter[str] = Counter()

    @settings(max_examples=antal, deadline=None, derandomize=antal < 100, suppress_health_check=list(HealthCheck))
    @given(st.none() | st.none() | FLERA, TLP, MED_LANSSTYRELSEN, st.lists(DRAG, min_size=1, max_size=5), SAMLA)
    @example(None, Tlp.AMBER, BARA_VI, LOVAT, SIST)
    @example(None, Tlp.CLEAR, BARA_VI, [], SIST)
    @example(VI_OCH_NACKA, Tlp.CLEAR, BARA_VI, [[SlappIn("solna", True), LOV, SlappIn("trafikverket", True)]], SIST)
    def spel(
        lasare: frozenset[str] | None, tlp: Tlp, krets: frozenset[str], drag: list[list[object]], sist: Samla
    ) -> None:
        varld = Varld(database, folk, lasare)
        forst = [Begransa("nacka", krets), Publicera("nacka", tlp), Publicera("trafikverket", Tlp.CLEAR)]
        for ett in [*forst, *(ett for del_ in drag for ett in del_), sist]:
            varld.gor(ett)
        utfall.update(varld.utfall)

    spel()
    return utfall


def test_nothing_narrower_is_published_into_something_wider_without_its_owners_logged_leave(
    database: Database,
) -> None:
    utfall = spela(database, 10)
    assert min(utfall[vad] for vad in ("publicerad", "vägrad", "kallor", "med lov")) > 0, utfall


@pytest.mark.long
def test_nor_in_many_games(varje_databas: Database) -> None:
    assert min(spela(varje_databas, 1500).values()) > 0


def test_nor_is_a_colleague_asked_to_approve_it(database: Database) -> None:
    with transaction(database) as session:
        folk = {slug: f.subjekt_for(session, f.en_person_hos(session, slug, Roll.REDAKTOR)) for slug in AKTORER}
    varld = Varld(database, folk, None)
    for ett in (Begransa("nacka", BARA_VI), Publicera("nacka", Tlp.CLEAR)):
        varld.gor(ett)
    innehall = Innehall.av({"sammanfattning": f"Läget. {_NACKAS}"})
    tankt = forslag.Tankt(Publicering(0, "n" * 32, innehall), {"sammanfattning": "<p>x</p>"}, avisera=False)
    with transaction(database) as session:
        blev = forslag.foresla(session, folk["lansstyrelsen"], Plats(varld.handelse_id, None), tankt)
    assert isinstance(blev, Avslag)
    assert "Be Nacka om lov, eller ta bort stycket." in blev.fel["sammanfattning"]


def test_both_databases_refuse_and_let_in_the_same(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        folk = {slug: f.subjekt_for(session, f.en_person_hos(session, slug, Roll.REDAKTOR)) for slug in AKTORER}
    kalla = Kalla("nacka", 1, "lage_fakta")
    varld = Varld(varje_databas, folk, None)
    drag = [
        Begransa("nacka", frozenset({"lansstyrelsen"})),
        Publicera("nacka", Tlp.AMBER),
        Samla((kalla, None), Tlp.AMBER, "lansstyrelsen"),
        BeOmLov(kalla, Tlp.GREEN, True),
        Samla((kalla, None), Tlp.CLEAR, "lansstyrelsen"),
        Samla((kalla, None), Tlp.GREEN, "lansstyrelsen"),
    ]
    for ett in drag:
        varld.gor(ett)
    assert varld.utfall == {"vägrad": 2, "publicerad": 1, "kallor": 1, "med lov": 1}
    for sats in ("UPDATE medgivande SET svar = false", "UPDATE medgivande SET tlp = 'clear'", "DELETE FROM medgivande"):
        with pytest.raises(IntegrityError), transaction(varje_databas) as session:
            session.execute(text(sats))
