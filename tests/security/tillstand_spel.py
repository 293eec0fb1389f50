"""The same steps through the real services. What a service refuses returns False, or no mark; nothing has changed then.

Names are the test's; the rows that they became are in the tables of Spel.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories as f
from tests.security.tillstand_modell import Nyckel
from tests.utskick import KLOCKAN_TOLV
from wis.aktorer.models import Aktor
from wis.aktorer.service import ny_aktor
from wis.anteckningar.rules import NyAnteckning
from wis.anteckningar.service import anteckna
from wis.auth.krets import Tlp
from wis.auth.models import Anvandare, Handelseroll, Medlemskap
from wis.auth.queries import subjekt_av
from wis.auth.rules import Roll, Slag, Subjekt, Verb, can
from wis.db import Database
from wis.funktioner import queries as funktionsfragor
from wis.funktioner import service as funktioner
from wis.funktioner.rules import Hinder as Tjanstehinder
from wis.funktioner.rules import Uppgifter
from wis.handelser import service as handelser
from wis.handelser.kretsar import Lasarval
from wis.handelser.models import Beslutsslag, Handelse, Lage, Typ
from wis.handelser.sakkrets import Kretsval, Otillaten, signatur
from wis.konton import gaster, handelseroller
from wis.konton import service as konton
from wis.konton.rules import Behorighet, Hinder
from wis.lage.service import Lageskommando, besluta
from wis.lagesbild import lasratt as lagesbildens
from wis.lagesbild import rules as lagesbildsregler
from wis.lagesbild import service as lagesbilder
from wis.lagesbild.models import Lagesbild
from wis.lagesbild.plats import Plats
from wis.lagesbild.queries import find_lagesbild
from wis.notiser.models import Kanalslag, Notisslag
from wis.tx import transaction
from wis.underrattelser import lasratt as underrattelsens
from wis.underrattelser import service as underrattelser
from wis.underrattelser.lasratt import sak_for
from wis.underrattelser.models import Underrattelse
from wis.underrattelser.rules import Innehall as Text

BAS = "http://localhost"


@dataclass(frozen=True)
class Val:
    """A choice of readers, by name; None = all. `timmar`: what those who are chosen now get ends after so many."""

    lasare: frozenset[str] | None
    aven_tidigare: bool = False
    timmar: int | None = None


class Spel:
    """A database, a clock that is moved by hand, and what has been made so far."""

    def __init__(self, database: Database) -> None:
        self.database, self.nu = database, KLOCKAN_TOLV
        self.aktorer: dict[str, int] = {}
        self.personer: dict[str, int] = {}
        self.platser: dict[Nyckel, int] = {}
        self.handelser: dict[str, int] = {}
        self.funktioner: dict[str, int] = {}
        self.saker: dict[str, int] = {}  # 'b:h1' and 's:h1' lägesbilder, 'u1' underrättelser
        self.versioner: dict[str, tuple[str, int]] = {}  # mark → (thing, number)
        self.beslut: dict[str, int] = {}
        self.anteckningar: dict[str, int] = {}
        self._nummer = count(1)

    def marke(self) -> str:
        """A text that stands in one published thing only."""
        return f"mark{next(self._nummer):04d}"

    def ga(self, **tid: float) -> None:
        """Let time pass."""
        self.nu += timedelta(**tid)

    # --- people ---------------------------------------------------------------------------------------------------

    def en_person(self, namn: str) -> None:
        """Somebody who is nothing anywhere, and wants to be told of everything."""
        with transaction(self.database) as session:
            person = f.en_anvandare(session, f"{namn}@prov.example", namn=namn)
            self._vill_veta(session, person)
            self.personer[namn] = person.id

    @staticmethod
    def _vill_veta(session: Session, vem: Anvandare) -> None:
        f.en_kanal(session, vem, Kanalslag.EPOST, f"till-{vem.id}@prov.example")
        for slag in Notisslag:
            f.en_prenumeration(session, vem, slag, sms=False)

    def en_aktor(self, namn: str, *, sen: bool = False) -> Nyckel:
        """An actor with its boss, who acts for it in all that follows; `sen`: it joins those that are there."""
        chef = Nyckel(f"chef-{namn}", namn)
        self.en_person(chef.person)
        with transaction(self.database) as session:
            aktor = ny_aktor(session, namn, namn, namn, "övrigt") if sen else f.en_aktor(session, namn)
            person = session.get_one(Anvandare, self.personer[chef.person])
            medlemskap = f.ett_medlemskap(session, person, aktor, Roll.REDAKTOR, administrator=True)
            self.aktorer[namn], self.platser[chef] = aktor.id, medlemskap.id
        return chef

    def chef(self, session: Session, aktor: str) -> Subjekt:
        """The actor's boss."""
        return self.subjekt(session, Nyckel(f"chef-{aktor}", aktor))

    def subjekt(self, session: Session, nyckel: Nyckel) -> Subjekt:
        """As the database has them now."""
        return subjekt_av(session.get_one(Medlemskap, self.platser[nyckel]), now=self.nu)

    def ge(self, nyckel: Nyckel, roll: str | None, till: datetime | None) -> bool:
        """A role at the actor; none: an administrator, who reads nothing."""
        onskad = Behorighet(None if roll is None else Roll(roll), roll is None, till)
        with transaction(self.database) as session:
            chef = self.chef(session, nyckel.aktor)
            if nyckel in self.platser:
                konton.andra(session, chef, chef.aktor_id, self.platser[nyckel], onskad, motivering="prov")
                return True
            invited = konton.Inbjudan(f"{nyckel.person}@prov.example", nyckel.person, onskad, "prov")
            self.platser[nyckel] = konton.bjud_in(session, chef, chef.aktor_id, invited, BAS).medlemskap_id
        return True

    def stang_av(self, nyckel: Nyckel, *, av: bool) -> bool:
        """Shut out of the actor, or let in again."""
        act = konton.stang_av if av else konton.slapp_in
        with transaction(self.database) as session:
            chef = self.chef(session, nyckel.aktor)
            act(session, chef, chef.aktor_id, self.platser[nyckel], "prov")
        return True

    def ge_i_handelse(self, nyckel: Nyckel, handelse: str, roll: str | None, till: datetime | None) -> bool:
        """A role, or none, in one event."""
        onskad = handelseroller.Onskad(self.handelser[handelse], None if roll is None else Roll(roll), till, "prov")
        try:
            with transaction(self.database) as session:
                chef = self.chef(session, nyckel.aktor)
                handelseroller.satt(session, chef, chef.aktor_id, self.platser[nyckel], onskad)
        except Hinder:
            return False
        return True

    def ta_i_handelse(self, nyckel: Nyckel, handelse: str) -> bool:
        """The standard role again."""
        with transaction(self.database) as session:
            chef, mine = self.chef(session, nyckel.aktor), self.platser[nyckel]
            where = (Handelseroll.medlemskap_id == mine, Handelseroll.handelse_id == self.handelser[handelse])
            rad = session.scalar(select(Handelseroll).where(*where))
            if rad is None:
                return False
            handelseroller.ta_bort(session, chef, chef.aktor_id, mine, rad.id, "prov")
        return True

    def bjud_gast(self, nyckel: Nyckel, dagar: int) -> bool:
        """A guest of the actor, in one event."""
        wanted = gaster.Gastinbjudan(f"{nyckel.person}@prov.example", nyckel.person, dagar, "prov")
        try:
            with transaction(self.database) as session:
                chef = self.chef(session, nyckel.aktor)
                handelse = gaster.las_handelse(session, self.handelser[nyckel.gast_i])
                if not can(chef, Verb.BJUDA_GAST, handelse.sak(), self.nu):
                    return False
                self.platser[nyckel] = gaster.bjud_in(session, chef, handelse, wanted, BAS).medlemskap_id
        except Hinder:
            return False
        return True

    def avsluta_gast(self, nyckel: Nyckel) -> bool:
        """The guest's days end now."""
        try:
            with transaction(self.database) as session:
                handelse = gaster.las_handelse(session, self.handelser[nyckel.gast_i])
                gaster.avsluta(session, self.chef(session, nyckel.aktor), handelse, self.platser[nyckel], "prov")
        except Hinder:
            return False
        return True

    # --- functions ------------------------------------------------------------------------------------------------

    def en_funktion(self, namn: str, aktor: str, roll: Roll, lista: set[str]) -> Nyckel:
        """A function of the actor, with its own mailbox."""
        som = Nyckel(namn, aktor)
        with transaction(self.database) as session:
            uppgifter = Uppgifter(namn, namn, roll, self._lista(aktor, lista))
            aktoren = funktioner.las_aktor(session, self.aktorer[aktor])
            funktion = funktioner.lagg_upp(session, self.chef(session, aktor), aktoren, uppgifter)
            f.en_kanal(session, funktion.anvandare, Kanalslag.EPOST, f"{namn}@prov.example")
            self.funktioner[namn], self.personer[namn] = funktion.id, funktion.anvandare_id
            self.platser[som] = funktionsfragor.get_medlemskap(session, funktion).id
        return som

    def _lista(self, aktor: str, lista: set[str]) -> frozenset[int]:
        return frozenset(self.platser[Nyckel(namn, aktor)] for namn in lista)

    def satt_lista(self, namn: str, aktor: str, lista: set[str]) -> bool:
        """Who may go on duty."""
        with transaction(self.database) as session:
            funktion = funktioner.las_funktion(session, self.funktioner[namn])
            fore = funktionsfragor.uppgifter_av(session, funktion)
            efter = Uppgifter(namn, namn, fore.roll, self._lista(aktor, lista))
            funktioner.andra(session, self.chef(session, aktor), funktion, efter, funktioner.signatur(fore), "Ny lista")
        return True

    def ga_pa(self, namn: str, nyckel: Nyckel, till: datetime) -> bool:
        """On duty, in place of whoever is."""
        try:
            with transaction(self.database) as session:
                funktion = funktioner.las_funktion(session, self.funktioner[namn])
                fore = funktionsfragor.find_pagaende(session, funktion.id, self.nu)
                sedd = None if fore is None else fore.tjanst_id
                chef = self.chef(session, nyckel.aktor)
                funktioner.ga_pa(session, chef, funktion, self.platser[nyckel], till, sedd)
        except Tjanstehinder:
            return False
        return True

    def ga_av(self, namn: str, aktor: str) -> bool:
        """Off duty, if anybody is on."""
        with transaction(self.database) as session:
            funktion = funktioner.las_funktion(session, self.funktioner[namn])
            pagaende = funktionsfragor.find_pagaende(session, funktion.id, self.nu)
            if pagaende is None:
                return False
            funktioner.ga_av(session, self.chef(session, aktor), funktion, pagaende.tjanst_id)
        return True

    # --- events ---------------------------------------------------------------------------------------------------

    def val(self, val: Val) -> Lasarval:
        """By ids."""
        lasare = None if val.lasare is None else frozenset(self.aktorer[namn] for namn in val.lasare)
        return Lasarval(lasare, val.aven_tidigare, self.om(val.timmar))

    def om(self, timmar: int | None) -> datetime | None:
        """So many hours from now; None = never."""
        return None if timmar is None else self.nu + timedelta(hours=timmar)

    def oppna_handelse(self, namn: str, agare: str, val: Val) -> None:
        """An event whose description is a mark of its own: its name."""
        uppgifter = self._uppgifter(namn, val)
        with transaction(self.database) as session:
            chef = self.chef(session, agare)
            handelse = handelser.oppna(session, chef, uppgifter, ovning=False, nyckel=namn)
            self.handelser[namn] = handelse.id

    def _uppgifter(self, namn: str, val: Val) -> handelser.Handelseuppgifter:
        return handelser.Handelseuppgifter(f"Händelse {len(namn)}", Typ.VADER, namn, f"<p>{namn}</p>", self.val(val))

    def lasare_av_handelse(self, namn: str, val: Val) -> bool:
        """Other readers of the event."""
        with transaction(self.database) as session:
            handelse = session.get_one(Handelse, self.handelser[namn], with_for_update=True)
            chef = self.chef(session, handelse.agare.slug)
            handelser.andra(session, chef, handelse, self._uppgifter(namn, val), handelser.signatur(handelse))
        return True

    def besluta(self, namn: str, slag: Beslutsslag) -> str:
        """Close the event or open it again, with a mark for a reason."""
        marke = self.marke()
        with transaction(self.database) as session:
            handelse = session.get_one(Handelse, self.handelser[namn], with_for_update=True)
            kommando = Lageskommando(slag, Lage.ORDINARIE, marke, avisera=True, bradskande=False)
            self.beslut[marke] = besluta(session, self.chef(session, handelse.agare.slug), handelse, kommando).id
        return marke

    # --- publishing -----------------------------------------------------------------------------------------------

    def publicera_lagesbild(self, sak: str, forfattare: str, tlp: str, val: Val | None) -> str | None:
        """The next version of 'actor:event', or of 's:event', the samlade; None if it is refused."""
        agare, handelse = sak.split(":")
        plats = Plats(self.handelser[handelse], None if agare == "s" else self.aktorer[agare])
        marke = self.marke()
        innehall = lagesbildsregler.Innehall.av(
            {"sammanfattning": marke}, f"not {marke}", marke=lagesbildsregler.Marke(Tlp(tlp))
        )
        html = {"sammanfattning": f"<p>{marke}</p>"}
        try:
            with transaction(self.database) as session:
                bild = find_lagesbild(session, plats.handelse_id, plats.aktor_id)
                krets = None if val is None else Kretsval(self.val(val), signatur(bild.krets if bild else None))
                kommando = lagesbildsregler.Publicering(bild.senaste if bild else 0, marke, innehall, krets)
                chef = self.chef(session, forfattare)
                ut = lagesbilder.publicera(session, chef, plats, kommando, html, avisera=True)
        except Otillaten:
            return None
        assert isinstance(ut, lagesbilder.Publicerad), ut
        self.saker[sak], self.versioner[marke] = ut.lagesbild_id, (sak, ut.nummer)
        return marke

    def publicera_underrattelse(self, handelse: str, agare: str, tlp: str, val: Val | None) -> str | None:
        """A new one; None if it is refused."""
        marke, sak = self.marke(), f"u{len(self.saker)}"
        with transaction(self.database) as session:
            handelsen, chef = session.get_one(Handelse, self.handelser[handelse]), self.chef(session, agare)
            if not can(chef, Verb.PUBLICERA, handelsen.sak(Slag.UNDERRATTELSE, aktor_av(session, chef)), self.nu):
                return None
            krets = None if val is None else Kretsval(self.val(val), "")
            version = underrattelser.publicera(session, chef, handelsen, _text(marke, tlp, krets))
            self.saker[sak], self.versioner[marke] = version.underrattelse_id, (sak, 1)
        return marke

    def anteckna(self, handelse: str, agare: str) -> str | None:
        """A diary entry of yesterday, with its mark as a tag; None if it is refused."""
        marke = self.marke()
        with transaction(self.database) as session:
            handelsen, chef = session.get_one(Handelse, self.handelser[handelse]), self.chef(session, agare)
            if not can(chef, Verb.SKRIVA, handelsen.sak(Slag.EGEN_LAGESBILD, aktor_av(session, chef)), self.nu):
                return None
            ny = NyAnteckning(f"#{marke}", self.nu - timedelta(days=1), marke)
            self.anteckningar[marke] = anteckna(session, chef, handelsen, ny).id
        return marke

    def ratta(self, sak: str, tlp: str, val: Val | None) -> str | None:
        """A correction by its owner; None if it is refused."""
        marke = self.marke()
        with transaction(self.database) as session:
            found = underrattelsens.las_underrattelse(session, self.saker[sak])
            chef = self.chef(session, found.aktor.slug)
            if not can(chef, Verb.PUBLICERA, sak_for(found), self.nu):
                return None
            krets = None if val is None else Kretsval(self.val(val), signatur(found.krets))
            version = underrattelser.ratta(session, chef, found, found.senaste, _text(marke, tlp, krets))
            self.versioner[marke] = sak, version.nummer
        return marke

    def lasare_av_sak(self, sak: str, agare: str, val: Val) -> bool:
        """Other readers of what is published."""
        try:
            with transaction(self.database) as session:
                chef = self.chef(session, agare)
                if sak.startswith("u"):
                    en = underrattelsens.las_for_lasratt(session, chef, self.saker[sak])
                    underrattelsens.satt_lasratt(session, chef, en, self.val(val), signatur(en.krets))
                else:
                    bild = lagesbildens.las_for_lasratt(session, chef, self.saker[sak])
                    lagesbildens.satt_lasratt(session, chef, bild, self.val(val), signatur(bild.krets))
        except Otillaten:
            return False
        return True

    def rad(self, session: Session, sak: str) -> Lagesbild | Underrattelse:
        """The thing's row."""
        return session.get_one(Underrattelse if sak.startswith("u") else Lagesbild, self.saker[sak])


def aktor_av(session: Session, who: Subjekt) -> Aktor:
    """The actor that the subject acts for."""
    return session.get_one(Aktor, who.aktor_id)


def _text(marke: str, tlp: str, krets: Kretsval | None) -> underrattelser.Publicering:
    innehall = Text(f"Rubrik {marke}", marke, f"<p>{marke}</p>", bradskande=False, tlp=Tlp(tlp))
    return underrattelser.Publicering(innehall, marke, avisera=True, krets=krets)
