"""A machine that gives and takes rights in any order, through the real services, beside a model of plain sets.

After each step everybody observes all there is, in four ways; nobody sees more than the model says, nor less.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.security import tillstand_fragor as fragor
from tests.security import tillstand_iakttagelse as iakttagelse
from tests.security.tillstand_modell import Funktion, Innehall, Modell, Nyckel, Plats
from tests.security.tillstand_spel import Spel, Val
from wis import clock
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.models import Beslutsslag

SEN = "d"
AKTOR = st.sampled_from(["a", "b", "c", SEN])
PERSON = st.sampled_from(["p1", "p2", "p3", "p4", "p5"])
ROLL = st.sampled_from(["lasare", "talesperson", None])
FUNKTION = st.sampled_from(["TiB", "RSIB"])
TLP = st.sampled_from(["clear", "clear", "green", "amber", "amber+strict", "red"])
TIMMAR = st.sampled_from([None, 1, 30])
VAL = st.builds(Val, st.none() | st.frozensets(AKTOR, max_size=2), st.booleans(), TIMMAR)
NR = st.integers(0, 5)
MEST_TEXT = 14


class Tillstandsmaskin(RuleBasedStateMachine):
    """Three actors and one that comes later, their bosses, five people, two functions, events."""

    def __init__(self, database: Database, app: Flask) -> None:
        super().__init__()
        self.spel, self.modell, self.steg = Spel(database), Modell(), 0
        self.sidor = iakttagelse.Sidor(self.spel, app)

    @contextmanager
    def nasta(self) -> Iterator[None]:
        """A minute later."""
        self.spel.ga(minutes=1)
        self.modell.tiden(self.spel.nu)
        with clock.at(self.spel.nu):
            yield

    @initialize(fro=st.integers(0, 20))
    def borja(self, fro: int) -> None:
        """The same start for all; `fro` decides whose pages are read."""
        self.steg = fro
        with self.nasta():
            for aktor in "abc":
                self.modell.aktorer.add(aktor)
                self.modell.platser[self.spel.en_aktor(aktor)] = Plats("redaktor")
            for person in ("p1", "p2", "p3", "p4", "p5"):
                self.spel.en_person(person)
            for namn, roll in (("p1a", "lasare"), ("p2b", "skribent"), ("p3c", "lasare"), ("p4a", None)):
                self.ge_roll(Nyckel(namn[:2], namn[2]), roll, None)
            for namn, aktor, lista in (("TiB", "a", {"p1", "p4"}), ("RSIB", "b", {"p2"})):
                som = self.spel.en_funktion(namn, aktor, Roll.TALESPERSON, lista)
                self.modell.platser[som] = Plats("talesperson")
                self.modell.funktioner[namn] = Funktion(aktor, lista)
            self.ny_handelse("a", Val(None))
            self.ny_handelse("b", Val(frozenset({"a"})))

    def ge_roll(self, nyckel: Nyckel, roll: str | None, timmar: int | None) -> None:
        """In both."""
        till = self.spel.om(timmar)
        if self.spel.ge(nyckel, roll, till):
            self.modell.ge(nyckel, roll, till)

    def ny_handelse(self, agare: str, val: Val) -> None:
        """In both."""
        namn = self.spel.marke()
        self.spel.oppna_handelse(namn, agare, val)
        self.modell.oppna_handelse(namn, agare, _mangd(val), self.spel.om(val.timmar))

    # What is not there yet stands for the first there is: no step is thrown away.

    def aktor(self, namn: str) -> str:
        """The actor, if it has joined."""
        return namn if namn in self.modell.aktorer else "a"

    def val(self, val: Val) -> Val:
        """Of actors that have joined."""
        lasare = None if val.lasare is None else val.lasare & self.modell.aktorer
        return Val(lasare, val.aven_tidigare, val.timmar)

    def handelse(self, nr: int) -> str:
        """One of the events."""
        return list(self.modell.handelser)[nr % len(self.modell.handelser)]

    def plats(self, nr: int, *, gast: bool | None = None) -> Nyckel | None:
        """One of the people as something somewhere; bosses and functions stay as they are."""
        egna = [n for n in self.spel.platser if n.person.startswith("p") and gast in {None, bool(n.gast_i)}]
        return egna[nr % len(egna)] if egna else None

    # --- rights ---------------------------------------------------------------------------------------------------

    @rule(person=PERSON, aktor=AKTOR, roll=ROLL, timmar=TIMMAR)
    def ge(self, person: str, aktor: str, roll: str | None, timmar: int | None) -> None:
        """Give a role, another role, or take it (an administrator alone reads nothing)."""
        with self.nasta():
            self.ge_roll(Nyckel(person, self.aktor(aktor)), roll, timmar)

    @rule(nr=NR, aktor=AKTOR)
    def flytta(self, nr: int, aktor: str) -> None:
        """A person goes from one actor to another."""
        fran = self.plats(nr, gast=False)
        with self.nasta():
            if fran is not None and fran.aktor != self.aktor(aktor):
                self.spel.stang_av(fran, av=True)
                self.modell.platser[fran].avstangd = True
                till = Nyckel(fran.person, self.aktor(aktor))
                self.ge_roll(till, "lasare", None)
                self.spel.stang_av(till, av=False)
                self.modell.platser[till].avstangd = False

    @rule(nr=NR, av=st.booleans())
    def stang_av(self, nr: int, av: bool) -> None:
        """Shut out, or let in again; guests too."""
        with self.nasta():
            nyckel = self.plats(nr)
            if nyckel is not None and self.spel.stang_av(nyckel, av=av):
                self.modell.platser[nyckel].avstangd = av

    @rule(nr=NR, h=NR, roll=ROLL, timmar=TIMMAR)
    def ge_i_handelse(self, nr: int, h: int, roll: str | None, timmar: int | None) -> None:
        """A role in one event: more, less or none."""
        nyckel, handelse = self.plats(nr, gast=False), self.handelse(h)
        with self.nasta():
            till = self.spel.om(timmar)
            if nyckel is not None and self.spel.ge_i_handelse(nyckel, handelse, roll, till):
                self.modell.platser[nyckel].roller[handelse] = (roll, till)

    @rule(nr=NR, h=NR)
    def ta_i_handelse(self, nr: int, h: int) -> None:
        """The standard role again."""
        nyckel, handelse = self.plats(nr, gast=False), self.handelse(h)
        with self.nasta():
            if nyckel is not None and self.spel.ta_i_handelse(nyckel, handelse):
                del self.modell.platser[nyckel].roller[handelse]

    @rule(person=PERSON, aktor=AKTOR, h=NR, dagar=st.sampled_from([1, 7]))
    def bjud_gast(self, person: str, aktor: str, h: int, dagar: int) -> None:
        """A guest in one event."""
        nyckel = Nyckel(person, self.aktor(aktor), self.handelse(h))
        with self.nasta():
            if self.spel.bjud_gast(nyckel, dagar):
                plats = self.modell.platser.setdefault(nyckel, Plats("lasare"))
                plats.till = self.spel.nu + timedelta(days=dagar)

    @rule(nr=NR)
    def avsluta_gast(self, nr: int) -> None:
        """The guest leaves."""
        nyckel = self.plats(nr, gast=True)
        with self.nasta():
            if nyckel is not None and self.spel.avsluta_gast(nyckel):
                self.modell.platser[nyckel].till = self.spel.nu

    @rule(namn=FUNKTION, person=PERSON, timmar=st.sampled_from([2, 12, 100]))
    def ga_pa(self, namn: str, person: str, timmar: int) -> None:
        """On duty, or taking over."""
        nyckel = Nyckel(person, self.modell.funktioner[namn].aktor)
        with self.nasta():
            till = self.spel.nu + timedelta(hours=timmar)
            if nyckel in self.spel.platser and self.spel.ga_pa(namn, nyckel, till):
                self.modell.gar_pa(namn, nyckel, till)

    @rule(namn=FUNKTION)
    def ga_av(self, namn: str) -> None:
        """Off duty."""
        with self.nasta():
            if self.spel.ga_av(namn, self.modell.funktioner[namn].aktor):
                self.modell.funktioner[namn].tjanst = None

    @rule(namn=FUNKTION, lista=st.frozensets(PERSON))
    def satt_lista(self, namn: str, lista: frozenset[str]) -> None:
        """Who may go on duty."""
        aktor = self.modell.funktioner[namn].aktor
        kanda = {person for person in lista if Nyckel(person, aktor) in self.spel.platser}
        with self.nasta():
            self.spel.satt_lista(namn, aktor, kanda)
            self.modell.satt_lista(namn, kanda)

    @precondition(lambda self: SEN not in self.modell.aktorer)
    @rule()
    def anslut(self) -> None:
        """An actor joins late."""
        with self.nasta():
            self.modell.platser[self.spel.en_aktor(SEN, sen=True)] = Plats("redaktor")
            self.modell.ansluter(SEN)

    @rule(timmar=st.sampled_from([1, 13, 40, 170]))
    def tiden_gar(self, timmar: int) -> None:
        """What has an end, ends."""
        self.spel.ga(hours=timmar)
        self.modell.tiden(self.spel.nu)

    # --- events and what is in them -------------------------------------------------------------------------------

    @precondition(lambda self: len(self.modell.handelser) < 3)
    @rule(aktor=AKTOR, val=VAL)
    def oppna_handelse(self, aktor: str, val: Val) -> None:
        """Another event."""
        with self.nasta():
            self.ny_handelse(self.aktor(aktor), self.val(val))

    @rule(h=NR, val=VAL)
    def lasare_av_handelse(self, h: int, val: Val) -> None:
        """Other readers of an event."""
        namn, val = self.handelse(h), self.val(val)
        with self.nasta():
            self.spel.lasare_av_handelse(namn, val)
            krets = self.modell.handelser[namn]
            till = self.spel.om(val.timmar)
            krets.valj(_mangd(val), self.modell.aktorer, aven_tidigare=val.aven_tidigare, till=till)

    @rule(h=NR)
    def stang_eller_oppna(self, h: int) -> None:
        """A decision: what it says is read by those who read the event then."""
        namn = self.handelse(h)
        stangd = namn in self.modell.stangda
        with self.nasta():
            marke = self.spel.besluta(namn, Beslutsslag.ATEROPPNAD if stangd else Beslutsslag.STANGD)
            self.modell.publicera(marke, Innehall(namn, self.modell.handelser[namn].agare, "", "clear"))
            self.modell.stangda ^= {namn}

    @precondition(lambda self: len(self.modell.innehall) < MEST_TEXT)
    @rule(h=NR, aktor=AKTOR, tlp=TLP, val=st.none() | VAL)
    def lagesbild(self, h: int, aktor: str, tlp: str, val: Val | None) -> None:
        """A version of an actor's own, with or without a choice of readers."""
        agare, handelse = self.aktor(aktor), self.handelse(h)
        sak, val = f"{agare}:{handelse}", None if val is None else self.val(val)
        with self.nasta():
            marke = self.spel.publicera_lagesbild(sak, agare, tlp, val)
            assert (marke is not None) == self.modell.far_skriva(agare, handelse)
            self._publicerat(marke, Innehall(handelse, agare, sak, tlp), val)

    @precondition(lambda self: len(self.modell.innehall) < MEST_TEXT)
    @rule(h=NR, aktor=AKTOR, tlp=TLP)
    def samlad(self, h: int, aktor: str, tlp: str) -> None:
        """A version of the samlade, by one who reads the one before."""
        forfattare, handelse = self.aktor(aktor), self.handelse(h)
        egna = [marke for marke, ett in self.modell.innehall.items() if ett.sak == f"s:{handelse}"]
        chef = Nyckel(f"chef-{forfattare}", forfattare)
        with self.nasta():
            laser = not egna or self.modell.laser(chef, egna[-1], self.spel.nu)
            marke = self.spel.publicera_lagesbild(f"s:{handelse}", forfattare, tlp, None)
            assert (marke is not None) == (laser and self.modell.far_skriva(forfattare, handelse))
            self._publicerat(marke, Innehall(handelse, "", f"s:{handelse}", tlp), None)

    @precondition(lambda self: len(self.modell.innehall) < MEST_TEXT)
    @rule(h=NR, aktor=AKTOR, tlp=TLP, val=st.none() | VAL)
    def underrattelse(self, h: int, aktor: str, tlp: str, val: Val | None) -> None:
        """A new one."""
        agare, handelse = self.aktor(aktor), self.handelse(h)
        val = None if val is None else self.val(val)
        with self.nasta():
            marke = self.spel.publicera_underrattelse(handelse, agare, tlp, val)
            assert (marke is not None) == self.modell.far_skriva(agare, handelse)
            sak = "" if marke is None else self.spel.versioner[marke][0]
            self._publicerat(marke, Innehall(handelse, agare, sak, tlp), val)

    @precondition(lambda self: len(self.modell.innehall) < MEST_TEXT)
    @rule(h=NR, aktor=AKTOR)
    def anteckna(self, h: int, aktor: str) -> None:
        """A diary entry: of what was before, and read by those who read the event when it is written."""
        agare, handelse = self.aktor(aktor), self.handelse(h)
        with self.nasta():
            marke = self.spel.anteckna(handelse, agare)
            assert (marke is not None) == self.modell.far_skriva(agare, handelse)
            self._publicerat(marke, Innehall(handelse, "", "", "clear"), None)

    @precondition(lambda self: len(self.modell.innehall) < MEST_TEXT)
    @rule(nr=NR, tlp=TLP, val=st.none() | VAL)
    def ratta(self, nr: int, tlp: str, val: Val | None) -> None:
        """A correction of an underrättelse."""
        ett = self.en_sak(nr, "u")
        if ett is None:
            return
        val = None if val is None else self.val(val)
        with self.nasta():
            marke = self.spel.ratta(ett.sak, tlp, val)
            assert (marke is not None) == self.modell.far_skriva(ett.agare, ett.handelse)
            self._publicerat(marke, Innehall(ett.handelse, ett.agare, ett.sak, tlp), val)

    def _publicerat(self, marke: str | None, innehall: Innehall, val: Val | None) -> None:
        """In the model: whoever is chosen together with a version reads that version."""
        if marke is None:
            return
        if val is not None:
            self._valj_for_sak(innehall, val)
        self.modell.publicera(marke, innehall)

    def en_sak(self, nr: int, slag: str = "") -> Innehall | None:
        """One of the things that an actor owns."""
        saker = {e.sak: e for e in self.modell.innehall.values() if e.sak.startswith(slag) and e.sak[:1] not in "s"}
        return list(saker.values())[nr % len(saker)] if saker else None

    @rule(nr=NR, val=VAL)
    def lasare_av_sak(self, nr: int, val: Val) -> None:
        """Other readers of what is published."""
        ett, val = self.en_sak(nr), self.val(val)
        if ett is None:
            return
        with self.nasta():
            gick = self.spel.lasare_av_sak(ett.sak, ett.agare, val)
            assert gick == (ett.agare in self.modell.handelser[ett.handelse].nu)
            if gick:
                self._valj_for_sak(ett, val)

    def _valj_for_sak(self, ett: Innehall, val: Val) -> None:
        aven, till = val.aven_tidigare, self.spel.om(val.timmar)
        self.modell.valj_for_sak(ett.sak, ett.agare, _mangd(val), aven_tidigare=aven, till=till)

    @rule(nr=NR, aktor=AKTOR, aven=st.booleans())
    def be_och_fa(self, nr: int, aktor: str, aven: bool) -> None:
        """An actor asks blindly for what it does not read, and the owner says yes."""
        if not self.spel.versioner:
            return
        marke = list(self.spel.versioner)[nr % len(self.spel.versioner)]
        with self.nasta():
            fragor.be_blint(self.spel, self.aktor(aktor), marke)
            gett = fragor.svara_ja(self.spel, aven_tidigare=aven)
        if gett is not None:
            krets = self.modell.saker[gett.sak] if gett.sak else self.modell.handelser[gett.handelse]
            if krets is not None:
                krets.oppna(gett.aktor, aven_tidigare=aven)

    # --- what is seen ---------------------------------------------------------------------------------------------

    @invariant()
    def ingen_ser_mer_an_modellen(self) -> None:
        """In lists, by can(), as recipients, and on some pages of one of them."""
        if not self.spel.platser:
            return
        self.steg += 7
        spel, nu = self.spel, self.spel.nu
        laser = {nyckel: self.modell.laser_allt(nyckel, nu) for nyckel in self.modell.platser}
        with clock.at(nu):
            with spel.database.reading() as session:
                subjekten = iakttagelse.subjekten(spel, session)
                assert set(subjekten) == {nyckel for nyckel in laser if self.modell.galler(nyckel, nu)}
                ting = iakttagelse.saker(spel, session)
                for nyckel, who in subjekten.items():
                    assert iakttagelse.far(spel, who, ting) == laser[nyckel], ("can", nyckel)
                    assert iakttagelse.i_listor(spel, session, who) == laser[nyckel], ("SQL", nyckel)
                for marke, fick in iakttagelse.mottagare(spel, session).items():
                    assert fick == {n.person for n in laser if marke in laser[n]}, ("mottagare", marke)
            self._pa_sidorna(laser)

    def _pa_sidorna(self, laser: dict[Nyckel, set[str]]) -> None:
        personer = [nyckel for nyckel in laser if nyckel.person not in self.modell.funktioner]
        nyckel = personer[self.steg % len(personer)]
        sidor = self.sidor.las(nyckel, self.steg, galler=self.modell.galler(nyckel, self.spel.nu))
        for adress, marken in sidor.items():
            assert marken <= laser[nyckel], (nyckel, adress)
        if not self.modell.galler(nyckel, self.spel.nu):
            assert not any(sidor.values()), (nyckel, "utestängd")
            return
        for adress, senaste, marke in iakttagelse.egna_sidor(self.spel):
            if adress in sidor:
                assert (marke in sidor[adress]) == ({marke, senaste} <= laser[nyckel]), (nyckel, adress)


def _mangd(val: Val) -> set[str] | None:
    return None if val.lasare is None else set(val.lasare)
