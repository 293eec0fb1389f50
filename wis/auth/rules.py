"""What each role may do: the one place. Pure: no database, no Flask.

`can(subjekt, verb, sak, now)` is asked by views, templates, queries and the live channel alike.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from wis.auth.krets import HOGST_FOR_GAST, Krets, Tlp, gemensamma


class Roll(StrEnum):
    """Standard roles, each holding what the ones before it hold."""

    LASARE = "lasare"
    SKRIBENT = "skribent"
    TALESPERSON = "talesperson"
    REDAKTOR = "redaktor"

    @property
    def niva(self) -> int:
        """The rank: 1 for läsare to 4 for redaktör."""
        return list(Roll).index(self) + 1

    @property
    def namn(self) -> str:
        """The name as shown to people."""
        return {"lasare": "läsare", "redaktor": "redaktör"}.get(self.value, self.value)

    @property
    def innebord(self) -> str:
        """What the role may do, in one line."""
        return _INNEBORD[self]


_INNEBORD = {
    Roll.LASARE: "läser",
    Roll.SKRIBENT: "läser, öppnar händelser och skriver utkast för sin aktör",
    Roll.TALESPERSON: "som skribent, och publicerar för sin aktör och väljer vilka som får läsa det",
    Roll.REDAKTOR: "som talesperson, och skriver den samlade lägesbilden, styr händelsens läsrätt och bjuder in gäster",
}


class Verb(StrEnum):
    """What one may want to do."""

    LASA = "läsa"
    OPPNA_HANDELSE = "öppna en händelse"
    ANDRA_HANDELSE = "ändra händelsens uppgifter och läsrätt"
    ANDRA_LAGE = "ändra läge, stänga eller öppna igen"
    SKRIVA = "skriva utkast"
    PUBLICERA = "publicera"
    ANDRA_LASRATT = "välja vilka som får läsa"
    BE_OM_LASRATT = "be om läsrätt"
    BJUDA_GAST = "bjuda in en gäst"
    SE_UTSKICK = "följa utskicket"
    VISA_SOM = "se vad andra ser"
    GA_I_TJANST = "gå i tjänst"
    ADMINISTRERA = "administrera aktörens användare"


class Slag(StrEnum):
    """Kinds of things that a right is judged on."""

    AKTOR = "aktor"
    FUNKTION = "funktion"
    HANDELSE = "handelse"
    EGEN_LAGESBILD = "egen lägesbild"
    SAMLAD_LAGESBILD = "samlad lägesbild"
    UNDERRATTELSE = "informationsunderrättelse"
    UTSKICK = "utskick"


@dataclass(frozen=True)
class RollIHandelse:
    """A role in one event in place of the standard one; `roll` None = none there. Ends at `giltig_till`, if ever."""

    handelse_id: int
    roll: Roll | None
    giltig_till: datetime | None = None


@dataclass(frozen=True)
class Tjanst:
    """The function that a person is on duty as, and the role that it has; ends by itself at `till`."""

    funktion_id: int
    namn: str
    roll: Roll | None
    till: datetime


@dataclass(frozen=True)
class Subjekt:
    """Who asks: a person acting for one actor. `roll` None reads nothing (an administrator alone).

    `gast_i`: a guest, who reads this one event as the actor does. `ansluten`: when the actor joined, None = from the
    start. `betraktare`: who in truth looks, when the page is shown as somebody else would see it.
    """

    anvandare_id: int
    namn: str
    epost: str
    aktor_id: int
    aktor_slug: str
    aktor_namn: str
    aktor_kortnamn: str
    roll: Roll | None
    administrator: bool
    giltig_till: datetime | None = None
    inloggning_id: int | None = None
    medlemskap_id: int | None = None
    ansluten: datetime | None = None
    handelseroller: tuple[RollIHandelse, ...] = ()
    gast_i: int | None = None
    tjanster: tuple[Tjanst, ...] = ()
    betraktare: "Subjekt | None" = field(default=None, hash=False)

    def standardroll(self, now: datetime) -> Roll | None:
        """The role where none is set for the event: one's own or, if it is higher, that of a function on duty."""
        roles = (self.roll, *(tjanst.roll for tjanst in self.i_tjanst(now)))
        return max((roll for roll in roles if roll is not None), key=lambda roll: roll.niva, default=None)

    def roll_i(self, handelse_id: int | None, now: datetime) -> Roll | None:
        """The role in the event: the one set for it goes before any other, also when it is none."""
        egen = self.egen_roll_i(handelse_id, now)
        return self.standardroll(now) if egen is None else egen.roll

    def egen_roll_i(self, handelse_id: int | None, now: datetime) -> RollIHandelse | None:
        """What is set for the person in this event and in force, if anything."""
        return next(
            (r for r in self.handelseroller if r.handelse_id == handelse_id and _galler(r.giltig_till, now)), None
        )

    def i_tjanst(self, now: datetime) -> tuple[Tjanst, ...]:
        """What the person is on duty as."""
        return tuple(tjanst for tjanst in self.tjanster if tjanst.till > now)

    def hor_till(self, aktor_id: int) -> bool:
        """Whether what is the actor's own affair may be shown: also who looks as another is of it, and no guest is."""
        tittar = self.betraktare or self
        return self.gast_i is None and {self.aktor_id, tittar.aktor_id} == {aktor_id}

    def laser_nagot(self, now: datetime) -> bool:
        """Whether there is any role at all: a standard one, of a function, or in some event."""
        set_for_events = (r.roll for r in self.handelseroller if _galler(r.giltig_till, now))
        return self.standardroll(now) is not None or any(roll is not None for roll in set_for_events)


def _galler(giltig_till: datetime | None, now: datetime) -> bool:
    return giltig_till is None or giltig_till > now


@dataclass(frozen=True)
class Sak:
    """What is asked about. It is read by the actors in every one of `kretsar`; none = by every actor.

    `agare_namn` is for the refusal text, `publicerad` when the version was published (None: of no certain time),
    `behoriga` the ids of the memberships that may go on duty.
    """

    slag: Slag
    agare_id: int | None
    kretsar: tuple[Krets, ...] = ()
    agare_namn: str = ""
    stangd: bool = False
    handelse_id: int | None = None
    publicerad: datetime | None = None
    tlp: Tlp = Tlp.CLEAR
    behoriga: frozenset[int] = frozenset()
    handelse_agare_id: int | None = None

    def lasande_aktorer(self) -> frozenset[int] | None:
        """The ids of the actors that may read, the owner among them; None = all."""
        named = gemensamma(self.kretsar)
        if named is None and self.tlp is Tlp.RED:
            return frozenset() if self.agare_id is None else frozenset({self.agare_id})
        return named


class Fragas(StrEnum):
    """Who at an actor can change a right."""

    ADMINISTRATOR = "administrator"
    REDAKTOR = "redaktor"
    TALESPERSON = "talesperson"

    @property
    def namn(self) -> str:
        """As shown to people."""
        return {"administrator": "aktörsadministratören", "redaktor": "en redaktör"}.get(self.value, "en talesperson")


@dataclass(frozen=True)
class Beslut:
    """The answer. False in a condition when refused; then `skal` says why and `vem_kan` who can change it.

    `dold` means that the person may not even know that the thing exists: answer 404. `fraga`, `hos_id`: to whom a
    question about it goes, and at which actor; None when nobody can change it, or nobody may be told.
    """

    tillatet: bool
    skal: str = ""
    vem_kan: str = ""
    dold: bool = False
    fraga: Fragas | None = None
    hos_id: int | None = None

    def __bool__(self) -> bool:
        return self.tillatet


JA = Beslut(tillatet=True)

_LAGSTA_ROLL = {
    Verb.LASA: Roll.LASARE,
    Verb.OPPNA_HANDELSE: Roll.SKRIBENT,
    Verb.SKRIVA: Roll.SKRIBENT,
    Verb.SE_UTSKICK: Roll.SKRIBENT,
    Verb.PUBLICERA: Roll.TALESPERSON,
    Verb.ANDRA_LASRATT: Roll.TALESPERSON,
    Verb.VISA_SOM: Roll.TALESPERSON,
    Verb.ANDRA_LAGE: Roll.TALESPERSON,
    Verb.ANDRA_HANDELSE: Roll.REDAKTOR,
    Verb.BE_OM_LASRATT: Roll.REDAKTOR,
    Verb.BJUDA_GAST: Roll.REDAKTOR,
}
# Only the owner may, whatever the role: no actor commands another.
_BARA_AGAREN = {Verb.ANDRA_HANDELSE, Verb.SE_UTSKICK, Verb.ANDRA_LASRATT}
# What shows something that is there; the other verbs are shown as the other would meet them.
_VISAR = {Verb.LASA, Verb.SE_UTSKICK}
_SKRIVANDE = {Verb.SKRIVA, Verb.PUBLICERA}


def can(subjekt: Subjekt | None, verb: Verb, sak: Sak, now: datetime) -> Beslut:
    """Whether `subjekt` may do `verb` to `sak` at `now`, and if not, why and who can change it."""
    if subjekt is None:
        return Beslut(tillatet=False, skal="Du är inte inloggad.", vem_kan="Logga in och försök igen.")
    if not _galler(subjekt.giltig_till, now):
        return _fraga_administratoren(subjekt, f"Din behörighet hos {subjekt.aktor_namn} har gått ut.", dold=True)
    if subjekt.betraktare is not None and verb in _VISAR:
        # Shown as another sees it, but never more than the one who looks may see.
        own = can(subjekt.betraktare, verb, sak, now)
        if not own:
            return own
    if verb is Verb.ADMINISTRERA:
        return _administrera(subjekt, sak)
    if verb is Verb.GA_I_TJANST:
        return _ga_i_tjanst(subjekt, sak)
    # A refusal is falsy: look for the first that is one, never at its truth.
    refusals = (
        _gast(subjekt, sak),
        _lasratt(subjekt, verb, sak, now),
        _marke(subjekt, sak),
        _roll(subjekt, verb, sak, now),
        _agare(subjekt, verb, sak),
        _oppen(verb, sak),
    )
    return next((refusal for refusal in refusals if refusal is not None), JA)


def _administrera(subjekt: Subjekt, sak: Sak) -> Beslut:
    if subjekt.administrator and sak.slag in {Slag.AKTOR, Slag.FUNKTION} and sak.agare_id == subjekt.aktor_id:
        return JA
    if sak.agare_id == subjekt.aktor_id:
        return _fraga_administratoren(subjekt, f"Du är inte aktörsadministratör hos {subjekt.aktor_namn}.")
    return Beslut(
        tillatet=False,
        skal=f"Du agerar för {subjekt.aktor_namn}. Varje aktör administrerar bara sina egna användare.",
        vem_kan=f"Aktörsadministratören hos {sak.agare_namn or 'den aktören'}. Är det du: byt aktör överst på sidan.",
        fraga=Fragas.ADMINISTRATOR,
        hos_id=sak.agare_id,
    )


def _ga_i_tjanst(subjekt: Subjekt, sak: Sak) -> Beslut:
    if sak.agare_id == subjekt.aktor_id and subjekt.gast_i is None and subjekt.medlemskap_id in sak.behoriga:
        return JA
    skal = f"Du står inte på listan över dem som får gå i tjänst för {sak.agare_namn or 'funktionen'}."
    return _fraga_administratoren(subjekt, skal, dold=sak.agare_id != subjekt.aktor_id)


# Each of the checks below returns its refusal, or None when it has nothing against it.


def _gast(subjekt: Subjekt, sak: Sak) -> Beslut | None:
    if subjekt.gast_i is None or sak.slag is Slag.AKTOR or sak.handelse_id == subjekt.gast_i:
        return None
    skal = f"Du är gäst hos {subjekt.aktor_namn} i en enda händelse, och detta hör inte dit."
    return _fraga_administratoren(subjekt, skal, dold=sak.handelse_id is not None)


def _lasratt(subjekt: Subjekt, verb: Verb, sak: Sak, now: datetime) -> Beslut | None:
    # What the actor has published itself it reads, however lately it came to the event: it owns it.
    publicerad = None if sak.agare_id == subjekt.aktor_id else sak.publicerad
    for krets in sak.kretsar:
        if not krets.rymmer(subjekt.aktor_id, subjekt.ansluten, publicerad):
            return _utanfor(subjekt, sak, krets)
    if sak.slag is Slag.AKTOR:
        # To look as others do takes no right to read, for it shows nothing that one may not read: see _roll.
        return None if verb is Verb.VISA_SOM or subjekt.laser_nagot(now) else _utan_roll(subjekt, sak)
    if subjekt.roll_i(sak.handelse_id, now) is not None:
        return None
    if subjekt.egen_roll_i(sak.handelse_id, now) is not None:
        skal = f"Du har ingen roll i den här händelsen: {subjekt.aktor_namn} har undantagit dig från den."
        return _fraga_administratoren(subjekt, skal, dold=True)
    return _utan_roll(subjekt, sak)


def _utan_roll(subjekt: Subjekt, sak: Sak) -> Beslut:
    skal = f"Du har ingen roll som ger läsrätt hos {subjekt.aktor_namn}. Att vara administratör ger ingen läsrätt."
    return _fraga_administratoren(subjekt, skal, dold=sak.lasande_aktorer() is not None)


def _utanfor(subjekt: Subjekt, sak: Sak, krets: Krets) -> Beslut:
    agare = krets.namn or sak.agare_namn or "den aktör som äger händelsen"
    if krets.rymmer(subjekt.aktor_id, subjekt.ansluten, None):
        skal = f"Detta publicerades innan {subjekt.aktor_namn} fick läsrätt."
    else:
        skal = f"{subjekt.aktor_namn} har inte läsrätt: {agare} har valt vilka som får läsa."
    return Beslut(tillatet=False, skal=skal, vem_kan=f"En redaktör hos {agare}.", dold=True)


def _marke(subjekt: Subjekt, sak: Sak) -> Beslut | None:
    if subjekt.gast_i is not None and sak.tlp.niva > HOGST_FOR_GAST.niva:
        skal = f"Detta är märkt {sak.tlp.namn}, och sådant visas inte för gäster."
        return _fraga_administratoren(subjekt, skal, dold=True)
    if sak.tlp is Tlp.RED and gemensamma(sak.kretsar) is None and sak.agare_id != subjekt.aktor_id:
        skal = "Detta är märkt TLP:RED, och visas bara för aktörer som valts vid namn."
        return Beslut(tillatet=False, skal=skal, vem_kan=f"En redaktör hos {sak.agare_namn}.", dold=True)
    return None


def _roll(subjekt: Subjekt, verb: Verb, sak: Sak, now: datetime) -> Beslut | None:
    if verb is Verb.LASA:
        return None  # any role will do: see _lasratt
    if subjekt.gast_i is not None:
        skal = f"Du är gäst hos {subjekt.aktor_namn}. En gäst läser, och gör inget annat."
        return _fraga_administratoren(subjekt, skal)
    if verb is Verb.VISA_SOM and subjekt.administrator:
        return None
    if verb is Verb.BJUDA_GAST and subjekt.administrator:
        return None
    krav, egen = _lagsta_roll(subjekt, verb, sak), subjekt.roll_i(sak.handelse_id, now)
    if egen is not None and egen.niva >= krav.niva:
        return None
    vad = f"{verb.value} ({sak.slag.value})" if sak.slag is Slag.SAMLAD_LAGESBILD else verb.value
    ar = "utan roll" if egen is None else egen.namn
    skal = f"Du är {ar} hos {subjekt.aktor_namn}. För att {vad} behövs rollen {krav.namn}."
    return _fraga_administratoren(subjekt, skal)


def _lagsta_roll(subjekt: Subjekt, verb: Verb, sak: Sak) -> Roll:
    if sak.slag is Slag.SAMLAD_LAGESBILD and verb in _SKRIVANDE:
        return Roll.REDAKTOR
    if verb is Verb.ANDRA_LAGE and sak.agare_id != subjekt.aktor_id:
        return Roll.REDAKTOR
    return _LAGSTA_ROLL[verb]


def _agare(subjekt: Subjekt, verb: Verb, sak: Sak) -> Beslut | None:
    eget = verb in _BARA_AGAREN or (verb in _SKRIVANDE and sak.slag is not Slag.SAMLAD_LAGESBILD)
    if not eget or sak.agare_id == subjekt.aktor_id:
        return None
    agare = sak.agare_namn or "en annan aktör"
    return Beslut(
        tillatet=False,
        skal=f"Detta tillhör {agare}, och du agerar för {subjekt.aktor_namn}. Ingen skriver åt en annan aktör.",
        vem_kan=f"{agare} själv. Har du en roll även där: byt aktör överst på sidan.",
        fraga=None if sak.agare_id is None else Fragas.REDAKTOR,
        hos_id=sak.agare_id,
    )


def _oppen(verb: Verb, sak: Sak) -> Beslut | None:
    if sak.stangd and verb in _SKRIVANDE:
        vem = "En talesperson hos händelsens ägare, eller en redaktör, kan öppna den igen."
        return Beslut(
            tillatet=False,
            skal="Händelsen är stängd.",
            vem_kan=vem,
            fraga=Fragas.TALESPERSON,
            hos_id=sak.handelse_agare_id,
        )
    return None


def _fraga_administratoren(subjekt: Subjekt, skal: str, *, dold: bool = False) -> Beslut:
    vem = f"Aktörsadministratören hos {subjekt.aktor_namn}."
    if subjekt.administrator:
        vem = f"En annan aktörsadministratör hos {subjekt.aktor_namn}: ingen ändrar sin egen behörighet."
    return Beslut(
        tillatet=False,
        skal=skal,
        vem_kan=vem,
        dold=dold,
        fraga=Fragas.ADMINISTRATOR,
        hos_id=subjekt.aktor_id,
    )
