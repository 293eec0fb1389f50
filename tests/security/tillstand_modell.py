"""Who may observe what, as plain sets: written from the words of docs/beslut/009 and 010, not from the code.

No moments are compared to say what is old: each circle keeps, of everything published in it, the actors that it has
given it to. Only what ends by itself (a role, a guest's days, a turn of duty, a right to read) is held against the
clock.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

FOR_GAST = {"clear", "green"}
RED = "red"


@dataclass(frozen=True)
class Nyckel:
    """Somebody as something at an actor; `gast_i`: as a guest, in that event."""

    person: str
    aktor: str
    gast_i: str = ""


@dataclass
class Plats:
    """What that is. `roller` in single events: (role or none, until)."""

    roll: str | None
    till: datetime | None = None
    avstangd: bool = False
    roller: dict[str, tuple[str | None, datetime | None]] = field(default_factory=dict)


class Krets:
    """The actors in it now, and to which of them it has given each thing that was published.

    By name (`valda`: until when, if it ends; the owner always) or as one of all; what was given by name is lost when
    that ends, what was given to all is not.
    """

    def __init__(
        self, agare: str, lasare: set[str] | None, finns: set[str], till: datetime | None, ting: Collection[str] = ()
    ) -> None:
        self.agare = agare
        self.i_alla = set(finns) if lasare is None else set()
        self.valda: dict[str, datetime | None] = {**dict.fromkeys(lasare or (), till), agare: None}
        self.vid_namn = {ett: set(self.valda) for ett in ting}
        self.som_alla: dict[str, set[str]] = {ett: set() for ett in ting}

    @property
    def alla(self) -> bool:
        """Whether it is for all."""
        return bool(self.i_alla)

    @property
    def nu(self) -> set[str]:
        """The actors in it."""
        return set(self.valda) | self.i_alla

    def fatt(self, ting: str) -> set[str]:
        """Those it has given the thing to."""
        return self.vid_namn[ting] | self.som_alla[ting]

    def publicera(self, ting: str) -> None:
        """To those who are in it."""
        self.vid_namn[ting], self.som_alla[ting] = set(self.valda), set(self.i_alla)

    def valj(self, lasare: set[str] | None, finns: set[str], *, aven_tidigare: bool, till: datetime | None) -> None:
        """Who is no longer chosen loses all; who is new gets what comes, or (if so chosen) all there is too.

        Who read already keeps what they had. Opened to all with the past, it is for all of them, without an end.
        """
        if lasare is None:
            self._for_alla(finns, aven_tidigare=aven_tidigare)
            return
        fore, slut, chosen = self.nu, {} if self.alla else self.valda, lasare | {self.agare}
        nya = chosen - fore if aven_tidigare else set()
        self.vid_namn = {ett: (self.fatt(ett) & chosen) | nya for ett in self.vid_namn}
        self.som_alla = {ett: set() for ett in self.vid_namn}
        self.valda, self.i_alla = {namn: slut.get(namn, till) for namn in chosen} | {self.agare: None}, set()

    def _for_alla(self, finns: set[str], *, aven_tidigare: bool) -> None:
        if aven_tidigare and not self.alla:
            self.som_alla = {ett: set(finns) for ett in self.vid_namn}
            self.valda = dict.fromkeys(self.valda)
        self.i_alla = set(finns)

    def oppna(self, aktor: str, *, aven_tidigare: bool) -> None:
        """Let in one actor more, and change nothing for the others."""
        if aven_tidigare or not self.alla:
            self.valda.setdefault(aktor, None)
        if aven_tidigare:
            for given in self.vid_namn.values():
                given.add(aktor)

    def tiden(self, nu: datetime) -> None:
        """What was given by name until now, ends."""
        for namn in [namn for namn, till in self.valda.items() if till is not None and till <= nu]:
            del self.valda[namn]
            for given in self.vid_namn.values():
                given.discard(namn)


@dataclass(frozen=True)
class Innehall:
    """A published text. `sak` is what it is a version of; '' for a decision. `agare` '' for the samlade."""

    handelse: str
    agare: str
    sak: str
    tlp: str


@dataclass
class Funktion:
    """Of an actor, with a list of who may go on duty, and who is: until when."""

    aktor: str
    lista: set[str]
    tjanst: tuple[Nyckel, datetime] | None = None


class Modell:
    """All of it."""

    def __init__(self) -> None:
        self.aktorer: set[str] = set()
        self.platser: dict[Nyckel, Plats] = {}
        self.handelser: dict[str, Krets] = {}
        self.stangda: set[str] = set()
        self.saker: dict[str, Krets | None] = {}
        self.innehall: dict[str, Innehall] = {}
        self.funktioner: dict[str, Funktion] = {}

    # --- people ---------------------------------------------------------------------------------------------------

    def ge(self, nyckel: Nyckel, roll: str | None, till: datetime | None) -> None:
        """A role at the actor, known there or not. Who becomes a member is no guest there any more."""
        if nyckel in self.platser:
            self.platser[nyckel].roll, self.platser[nyckel].till = roll, till
            return
        for andra, plats in self.platser.items():
            plats.avstangd |= (andra.person, andra.aktor) == (nyckel.person, nyckel.aktor)
        self.platser[nyckel] = Plats(roll, till)

    def gar_pa(self, funktion: str, nyckel: Nyckel, till: datetime) -> None:
        """One at a time: who was on duty is not any more."""
        self.funktioner[funktion].tjanst = (nyckel, till)

    def satt_lista(self, funktion: str, lista: set[str]) -> None:
        """Who is taken off the list goes off duty."""
        en = self.funktioner[funktion]
        en.lista = lista
        if en.tjanst is not None and en.tjanst[0].person not in lista:
            en.tjanst = None

    def ansluter(self, aktor: str) -> None:
        """An actor joins: it is among 'all' from now on."""
        self.aktorer.add(aktor)
        for krets in self._kretsar():
            if krets.alla:
                krets.i_alla.add(aktor)

    def tiden(self, nu: datetime) -> None:
        """It is `nu`: rights to read end."""
        for krets in self._kretsar():
            krets.tiden(nu)

    def _kretsar(self) -> list[Krets]:
        return [krets for krets in (*self.handelser.values(), *self.saker.values()) if krets is not None]

    # --- what is published ----------------------------------------------------------------------------------------

    def oppna_handelse(self, namn: str, agare: str, lasare: set[str] | None, till: datetime | None) -> None:
        """An event, for all or for these."""
        self.handelser[namn] = Krets(agare, lasare, self.aktorer, till)

    def publicera(self, marke: str, innehall: Innehall) -> None:
        """Each circle around it gives it to those who are in it now."""
        self.innehall[marke] = innehall
        for krets in (self.handelser[innehall.handelse], self.saker.setdefault(innehall.sak, None)):
            if krets is not None:
                krets.publicera(marke)

    def valj_for_sak(
        self, sak: str, agare: str, lasare: set[str] | None, *, aven_tidigare: bool, till: datetime | None
    ) -> None:
        """A thing that was read as its event loses readers by being narrowed, and nobody who stays loses anything."""
        krets = self.saker.get(sak)
        if krets is not None:
            krets.valj(lasare, self.aktorer, aven_tidigare=aven_tidigare, till=till)
        elif lasare is not None:
            egna = [marke for marke, ett in self.innehall.items() if ett.sak == sak]
            self.saker[sak] = Krets(agare, lasare, self.aktorer, till, egna)

    # --- who reads ------------------------------------------------------------------------------------------------

    def galler(self, nyckel: Nyckel, nu: datetime) -> bool:
        """Whether one is anything there at all now."""
        plats = self.platser[nyckel]
        return not plats.avstangd and (plats.till is None or nu < plats.till)

    def har_roll(self, nyckel: Nyckel, handelse: str, nu: datetime) -> bool:
        """The role in the event goes before any other, also when it is none; a guest is in one event only."""
        plats = self.platser[nyckel]
        if not self.galler(nyckel, nu):
            return False
        if nyckel.gast_i:
            return nyckel.gast_i == handelse
        roll, till = plats.roller.get(handelse, (None, nu))
        if till is None or nu < till:
            return roll is not None
        turer = [f.tjanst for f in self.funktioner.values() if f.tjanst is not None]
        return plats.roll is not None or any(vem == nyckel and nu < slut for vem, slut in turer)

    def ser_handelsen(self, nyckel: Nyckel, handelse: str, nu: datetime) -> bool:
        """Whether one knows of the event."""
        return nyckel.aktor in self.handelser[handelse].nu and self.har_roll(nyckel, handelse, nu)

    def laser(self, nyckel: Nyckel, marke: str, nu: datetime) -> bool:
        """Whether one may read it: the circles, the label, the role."""
        ett = self.innehall[marke]
        kretsar = [k for k in (self.handelser[ett.handelse], self.saker[ett.sak]) if k is not None]
        eget = ett.agare == nyckel.aktor  # its own it reads wherever it is in the event at all
        if not all(nyckel.aktor in (krets.nu if eget else krets.fatt(marke)) for krets in kretsar):
            return False
        if ett.tlp == RED and all(krets.alla for krets in kretsar) and not eget:
            return False
        if nyckel.gast_i and ett.tlp not in FOR_GAST:
            return False
        return self.har_roll(nyckel, ett.handelse, nu)

    def laser_allt(self, nyckel: Nyckel, nu: datetime) -> set[str]:
        """All that one may observe now: events and texts."""
        texter = {marke for marke in self.innehall if self.laser(nyckel, marke, nu)}
        return texter | {namn for namn in self.handelser if self.ser_handelsen(nyckel, namn, nu)}

    def far_skriva(self, aktor: str, handelse: str) -> bool:
        """Whether a redaktör of the actor may publish something of the actor's own there."""
        return aktor in self.handelser[handelse].nu and handelse not in self.stangda
