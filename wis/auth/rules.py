"""What each role may do: the one place. Pure: no database, no Flask.

`can(subjekt, verb, sak, now)` is asked by views, templates, queries and the live channel alike.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
    Roll.TALESPERSON: "som skribent, och publicerar för sin aktör",
    Roll.REDAKTOR: "som talesperson, och skriver den samlade lägesbilden och styr händelsens läsrätt",
}


class Verb(StrEnum):
    """What one may want to do."""

    LASA = "läsa"
    OPPNA_HANDELSE = "öppna en händelse"
    ANDRA_HANDELSE = "ändra händelsens uppgifter och läsrätt"
    ANDRA_LAGE = "ändra läge, stänga eller öppna igen"
    SKRIVA = "skriva utkast"
    PUBLICERA = "publicera"
    SE_UTSKICK = "följa utskicket"
    ADMINISTRERA = "administrera aktörens användare"


class Slag(StrEnum):
    """Kinds of things that a right is judged on."""

    AKTOR = "aktor"
    HANDELSE = "handelse"
    EGEN_LAGESBILD = "egen lägesbild"
    SAMLAD_LAGESBILD = "samlad lägesbild"
    UNDERRATTELSE = "informationsunderrättelse"
    UTSKICK = "utskick"


@dataclass(frozen=True)
class Subjekt:
    """Who asks: a person acting for one actor. `roll` None reads nothing (an administrator alone)."""

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


@dataclass(frozen=True)
class Sak:
    """What is asked about. `lasare` None = every actor may read; `agare_namn` is for the refusal text."""

    slag: Slag
    agare_id: int | None
    lasare: frozenset[int] | None = None
    agare_namn: str = ""
    stangd: bool = False


@dataclass(frozen=True)
class Beslut:
    """The answer. False in a condition when refused; then `skal` says why and `vem_kan` who can change it.

    `dold` means that the person may not even know that the thing exists: answer 404.
    """

    tillatet: bool
    skal: str = ""
    vem_kan: str = ""
    dold: bool = False

    def __bool__(self) -> bool:
        return self.tillatet


JA = Beslut(tillatet=True)

_LAGSTA_ROLL = {
    Verb.LASA: Roll.LASARE,
    Verb.OPPNA_HANDELSE: Roll.SKRIBENT,
    Verb.SKRIVA: Roll.SKRIBENT,
    Verb.SE_UTSKICK: Roll.SKRIBENT,
    Verb.PUBLICERA: Roll.TALESPERSON,
    Verb.ANDRA_LAGE: Roll.TALESPERSON,
    Verb.ANDRA_HANDELSE: Roll.REDAKTOR,
}
# Only the owner may, whatever the role: no actor commands another.
_BARA_AGAREN = {Verb.ANDRA_HANDELSE, Verb.SE_UTSKICK}
_KRAVER_OPPEN = {Verb.SKRIVA, Verb.PUBLICERA}


def can(subjekt: Subjekt | None, verb: Verb, sak: Sak, now: datetime) -> Beslut:
    """Whether `subjekt` may do `verb` to `sak` at `now`, and if not, why and who can change it."""
    if subjekt is None:
        return Beslut(tillatet=False, skal="Du är inte inloggad.", vem_kan="Logga in och försök igen.")
    if subjekt.giltig_till is not None and subjekt.giltig_till <= now:
        return Beslut(
            tillatet=False,
            skal=f"Din behörighet hos {subjekt.aktor_namn} har gått ut.",
            vem_kan=_fraga_administratoren(subjekt),
            dold=True,
        )
    if verb is Verb.ADMINISTRERA:
        return _administrera(subjekt, sak)
    # A refusal is falsy: look for the first that is one, never at its truth.
    refusals = (_lasratt(subjekt, sak), _roll(subjekt, verb, sak), _agare(subjekt, verb, sak), _oppen(verb, sak))
    return next((refusal for refusal in refusals if refusal is not None), JA)


def _administrera(subjekt: Subjekt, sak: Sak) -> Beslut:
    if subjekt.administrator and sak.slag is Slag.AKTOR and sak.agare_id == subjekt.aktor_id:
        return JA
    if sak.agare_id == subjekt.aktor_id:
        skal = f"Du är inte aktörsadministratör hos {subjekt.aktor_namn}."
        return Beslut(tillatet=False, skal=skal, vem_kan=_fraga_administratoren(subjekt))
    return Beslut(
        tillatet=False,
        skal=f"Du agerar för {subjekt.aktor_namn}. Varje aktör administrerar bara sina egna användare.",
        vem_kan=f"Aktörsadministratören hos {sak.agare_namn or 'den aktören'}. Är det du: byt aktör överst på sidan.",
    )


# Each of the checks below returns its refusal, or None when it has nothing against it.


def _lasratt(subjekt: Subjekt, sak: Sak) -> Beslut | None:
    if subjekt.roll is None:
        skal = f"Du har ingen roll som ger läsrätt hos {subjekt.aktor_namn}. Att vara administratör ger ingen läsrätt."
        dold = sak.lasare is not None
        return Beslut(tillatet=False, skal=skal, vem_kan=_fraga_administratoren(subjekt), dold=dold)
    if sak.lasare is not None and subjekt.aktor_id not in sak.lasare:
        agare = sak.agare_namn or "den aktör som äger händelsen"
        skal = f"{subjekt.aktor_namn} har inte läsrätt."
        return Beslut(tillatet=False, skal=skal, vem_kan=f"En redaktör hos {agare}.", dold=True)
    return None


def _roll(subjekt: Subjekt, verb: Verb, sak: Sak) -> Beslut | None:
    krav = _lagsta_roll(subjekt, verb, sak)
    if subjekt.roll is not None and subjekt.roll.niva >= krav.niva:
        return None
    egen = "utan roll" if subjekt.roll is None else subjekt.roll.namn
    vad = f"{verb.value} ({sak.slag.value})" if sak.slag is Slag.SAMLAD_LAGESBILD else verb.value
    return Beslut(
        tillatet=False,
        skal=f"Du är {egen} hos {subjekt.aktor_namn}. För att {vad} behövs rollen {krav.namn}.",
        vem_kan=_fraga_administratoren(subjekt),
    )


def _lagsta_roll(subjekt: Subjekt, verb: Verb, sak: Sak) -> Roll:
    if verb is Verb.LASA:
        return Roll.LASARE
    if sak.slag is Slag.SAMLAD_LAGESBILD:
        return Roll.REDAKTOR
    if verb is Verb.ANDRA_LAGE and sak.agare_id != subjekt.aktor_id:
        return Roll.REDAKTOR
    return _LAGSTA_ROLL[verb]


def _agare(subjekt: Subjekt, verb: Verb, sak: Sak) -> Beslut | None:
    eget = verb in _BARA_AGAREN or (verb in {Verb.SKRIVA, Verb.PUBLICERA} and sak.slag is not Slag.SAMLAD_LAGESBILD)
    if not eget or sak.agare_id == subjekt.aktor_id:
        return None
    agare = sak.agare_namn or "en annan aktör"
    return Beslut(
        tillatet=False,
        skal=f"Detta tillhör {agare}, och du agerar för {subjekt.aktor_namn}. Ingen skriver åt en annan aktör.",
        vem_kan=f"{agare} själv. Har du en roll även där: byt aktör överst på sidan.",
    )


def _oppen(verb: Verb, sak: Sak) -> Beslut | None:
    if sak.stangd and verb in _KRAVER_OPPEN:
        vem = "En talesperson hos händelsens ägare, eller en redaktör, kan öppna den igen."
        return Beslut(tillatet=False, skal="Händelsen är stängd.", vem_kan=vem)
    return None


def _fraga_administratoren(subjekt: Subjekt) -> str:
    return f"Aktörsadministratören hos {subjekt.aktor_namn}."
