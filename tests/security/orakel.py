"""What people may, written down by hand from the words of the domain, and from nothing in the code.

Two tables. LASBART says who reads what; GORBART who may do what to a thing that they read. What one may not read one
may not touch: then the letter of the first table holds for everything. J = may, n = may not, d = may not even know.

The event belongs to the actor Ägare. Vald, Kvar and Nykomling are chosen for it where it is for chosen actors: Kvar is
left out wherever Ägare narrows a thing further, Nykomling came to both only at noon. Sen joined the system at noon.
Utanför is chosen for nothing. Things are published in the morning or in the evening; it is night.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DAG = datetime(2026, 11, 22, tzinfo=UTC)
MORGON, MIDDAG, KVALL, NU = (DAG + timedelta(hours=h) for h in (8, 12, 18, 22))
H, ANNAN_HANDELSE = 1, 2
AKTORER = {"Ägare": 1, "Vald": 2, "Kvar": 3, "Nykomling": 4, "Sen": 5, "Utanför": 6}
MEDLEMSKAP = 70


@dataclass(frozen=True)
class Person:
    """One who asks. `i_h`: the role set for the event ('' = none, None = nothing set), `tjanst`: of a function."""

    aktor: str
    roll: str | None
    i_h: str | None = None
    i_h_slut: datetime | None = None
    i_annan: str | None = None
    gast_i: int | None = None
    tjanst: str | None = None
    tjanst_slut: datetime = NU + timedelta(hours=8)
    slut: datetime | None = None
    admin: bool = False


IGAR = NU - timedelta(days=1)
PERSONER: dict[str, Person | None] = {
    "Ä0": Person("Ägare", None, admin=True),
    "Äl": Person("Ägare", "lasare"),
    "Äs": Person("Ägare", "skribent"),
    "Ät": Person("Ägare", "talesperson"),
    "Är": Person("Ägare", "redaktor"),
    "Vl": Person("Vald", "lasare"),
    "Vs": Person("Vald", "skribent"),
    "Vt": Person("Vald", "talesperson"),
    "Vr": Person("Vald", "redaktor"),
    "K": Person("Kvar", "redaktor"),
    "N": Person("Nykomling", "redaktor"),
    "S": Person("Sen", "redaktor"),
    "U": Person("Utanför", "redaktor"),
    "gäst": Person("Vald", "lasare", gast_i=H, slut=NU + timedelta(days=3)),
    "gäst annanstans": Person("Vald", "lasare", gast_i=ANNAN_HANDELSE, slut=NU + timedelta(days=3)),
    "höjd i händelsen": Person("Vald", "lasare", i_h="redaktor"),
    "utan roll i händelsen": Person("Vald", "redaktor", i_h=""),
    "administratör som läser händelsen": Person("Vald", None, i_h="lasare", admin=True),
    "höjd till i går": Person("Vald", "lasare", i_h="redaktor", i_h_slut=IGAR),
    "i tjänst": Person("Vald", "lasare", tjanst="talesperson"),
    "tjänst till i går": Person("Vald", "lasare", tjanst="talesperson", tjanst_slut=IGAR),
    "utgången": Person("Vald", "redaktor", slut=IGAR),
    "ingen": None,
    "administratör i tjänst": Person("Vald", None, tjanst="talesperson", admin=True),
    "redaktör i tjänst som läsare": Person("Vald", "redaktor", tjanst="lasare"),
    "höjd i en annan händelse": Person("Vald", "lasare", i_annan="redaktor"),
    "administratör som läste till i går": Person("Vald", None, i_h="lasare", i_h_slut=IGAR, admin=True),
}


@dataclass(frozen=True)
class Ting:
    """One thing in the event. `lasare`/`egna`: the circles; None = all. `tid`: when it was published, if at a time."""

    slag: str
    agare: str | None
    handelse: frozenset[str] | None
    egna: frozenset[str] | None = None
    tid: datetime | None = None
    tlp: str = "clear"
    stangd: bool = False
    oppnad: datetime | None = None  # when it was made open to all, if it was not from the start


VALDA = frozenset({"Vald", "Kvar", "Nykomling"})
SMALT = frozenset({"Vald", "Nykomling"})
BARA_EGET = frozenset[str]()
ALLA = None
HANDELSE, EGEN, SAMLAD, UNDERRATTELSE, UTSKICK = "handelse", "egen", "samlad", "underrattelse", "utskick"

LASBART: list[tuple[Ting, str]] = [
    # ------------------------------------------------------------- Ä0lstr Vlstr K N S U  g h + - 0 x T t X -  t r a 0
    (Ting(HANDELSE, "Ägare", ALLA), "nJJJJ JJJJ J J J J  J d J d J J J J d n  J J J n"),
    (Ting(HANDELSE, "Ägare", ALLA, stangd=True), "nJJJJ JJJJ J J J J  J d J d J J J J d n  J J J n"),
    (Ting(HANDELSE, "Ägare", VALDA), "dJJJJ JJJJ J J d d  J d J d J J J J d n  J J J d"),
    (Ting(HANDELSE, "Ägare", BARA_EGET), "dJJJJ dddd d d d d  d d d d d d d d d n  d d d d"),
    (Ting(HANDELSE, "Utanför", VALDA), "ddddd JJJJ J J d J  J d J d J J J J d n  J J J d"),
    # An event for all: who joined at noon reads what came in the evening.
    (Ting(EGEN, "Ägare", ALLA), "nJJJJ JJJJ J J J J  J d J d J J J J d n  J J J n"),
    (Ting(EGEN, "Ägare", ALLA, tid=MORGON), "nJJJJ JJJJ J J d J  J d J d J J J J d n  J J J n"),
    (Ting(EGEN, "Ägare", ALLA, tid=KVALL), "nJJJJ JJJJ J J J J  J d J d J J J J d n  J J J n"),
    (Ting(EGEN, "Ägare", ALLA, tid=KVALL, stangd=True), "nJJJJ JJJJ J J J J  J d J d J J J J d n  J J J n"),
    (Ting(UNDERRATTELSE, "Ägare", ALLA, tid=MORGON), "nJJJJ JJJJ J J d J  J d J d J J J J d n  J J J n"),
    (Ting(UNDERRATTELSE, "Ägare", ALLA, tid=KVALL), "nJJJJ JJJJ J J J J  J d J d J J J J d n  J J J n"),
    (Ting(SAMLAD, None, ALLA, tid=MORGON), "nJJJJ JJJJ J J d J  J d J d J J J J d n  J J J n"),
    (Ting(SAMLAD, None, ALLA, tid=KVALL, stangd=True), "nJJJJ JJJJ J J J J  J d J d J J J J d n  J J J n"),
    # Labels narrow: guests see up to GREEN, RED is for those chosen by name.
    (Ting(EGEN, "Ägare", ALLA, tid=KVALL, tlp="green"), "nJJJJ JJJJ J J J J  J d J d J J J J d n  J J J n"),
    (Ting(EGEN, "Ägare", ALLA, tid=KVALL, tlp="amber"), "nJJJJ JJJJ J J J J  d d J d J J J J d n  J J J n"),
    (
        Ting(UNDERRATTELSE, "Ägare", ALLA, tid=KVALL, tlp="amber+strict"),
        "nJJJJ JJJJ J J J J  d d J d J J J J d n  J J J n",
    ),
    (Ting(EGEN, "Ägare", ALLA, tid=KVALL, tlp="red"), "dJJJJ dddd d d d d  d d d d d d d d d n  d d d d"),
    (Ting(SAMLAD, None, ALLA, tid=KVALL, tlp="red"), "ddddd dddd d d d d  d d d d d d d d d n  d d d d"),
    (Ting(SAMLAD, None, VALDA, tid=KVALL, tlp="red"), "dJJJJ JJJJ J J d d  d d J d J J J J d n  J J J d"),
    (Ting(EGEN, "Ägare", ALLA, SMALT, tid=KVALL, tlp="red"), "dJJJJ JJJJ d J d d  d d J d J J J J d n  J J J d"),
    (Ting(EGEN, "Ägare", VALDA, tid=MORGON, tlp="red"), "dJJJJ JJJJ J d d d  d d J d J J J J d n  J J J d"),
    # An event for chosen actors: who was chosen at noon reads what came in the evening.
    (Ting(EGEN, "Ägare", VALDA, tid=MORGON), "dJJJJ JJJJ J d d d  J d J d J J J J d n  J J J d"),
    (Ting(EGEN, "Ägare", VALDA, tid=KVALL), "dJJJJ JJJJ J J d d  J d J d J J J J d n  J J J d"),
    (Ting(UNDERRATTELSE, "Ägare", VALDA, tid=KVALL, tlp="green"), "dJJJJ JJJJ J J d d  J d J d J J J J d n  J J J d"),
    (Ting(SAMLAD, None, VALDA, tid=MORGON), "dJJJJ JJJJ J d d d  J d J d J J J J d n  J J J d"),
    # Opened to all at noon: what came in the morning is for none but those who read it then.
    (Ting(EGEN, "Ägare", ALLA, tid=MORGON, oppnad=MIDDAG), "nJJJJ dddd d d d d  d d d d d d d d d n  d d d d"),
    (Ting(EGEN, "Ägare", ALLA, tid=KVALL, oppnad=MIDDAG), "nJJJJ JJJJ J J J J  J d J d J J J J d n  J J J n"),
    # An actor narrows its own further, never wider than the event.
    (Ting(EGEN, "Ägare", ALLA, SMALT, tid=MORGON), "dJJJJ JJJJ d d d d  J d J d J J J J d n  J J J d"),
    (Ting(EGEN, "Ägare", ALLA, SMALT, tid=KVALL), "dJJJJ JJJJ d J d d  J d J d J J J J d n  J J J d"),
    (
        Ting(UNDERRATTELSE, "Ägare", VALDA, SMALT, tid=KVALL, tlp="amber"),
        "dJJJJ JJJJ d J d d  d d J d J J J J d n  J J J d",
    ),
    (Ting(UNDERRATTELSE, "Ägare", BARA_EGET, SMALT, tid=KVALL), "dJJJJ dddd d d d d  d d d d d d d d d n  d d d d"),
    (Ting(EGEN, "Ägare", ALLA, BARA_EGET, tid=KVALL), "dJJJJ dddd d d d d  d d d d d d d d d n  d d d d"),
    # What Vald owns and keeps to itself, the event's owner does not read.
    (Ting(EGEN, "Vald", ALLA, BARA_EGET, tid=KVALL), "ddddd JJJJ d d d d  J d J d J J J J d n  J J J d"),
    (Ting(EGEN, "Vald", ALLA), "nJJJJ JJJJ J J J J  J d J d J J J J d n  J J J n"),
    (Ting(UNDERRATTELSE, "Vald", ALLA, tid=KVALL, tlp="red"), "ddddd JJJJ d d d d  d d J d J J J J d n  J J J d"),
    (Ting(UNDERRATTELSE, "Vald", VALDA, tid=KVALL), "dJJJJ JJJJ J J d d  J d J d J J J J d n  J J J d"),
    # What an actor has published itself it reads, though it was chosen again only later.
    (Ting(EGEN, "Nykomling", VALDA, tid=MORGON), "dJJJJ JJJJ J J d d  J d J d J J J J d n  J J J d"),
    (Ting(UNDERRATTELSE, "Nykomling", BARA_EGET, tid=MORGON), "dJJJJ dddd d d d d  d d d d d d d d d n  d d d d"),
    (Ting(UTSKICK, "Ägare", ALLA, tid=KVALL), "nJJJJ JJJJ J J J J  J d J d J J J J d n  J J J n"),
    (Ting(UTSKICK, "Vald", VALDA, tid=KVALL), "dJJJJ JJJJ J J d d  J d J d J J J J d n  J J J d"),
]

INGEN = "nnnnn nnnn n n n n  n n n n n n n n n n  n n n n"
AGARENS = {
    # Whoever acts for the owner, by role. ---- Ä0lstr Vlstr K N S U  g h + - 0 x T t X -  t r a 0
    "lasare": "nJJJJ nnnn n n n n  n n n n n n n n n n  n n n n",
    "skribent": "nnJJJ nnnn n n n n  n n n n n n n n n n  n n n n",
    "talesperson": "nnnJJ nnnn n n n n  n n n n n n n n n n  n n n n",
    "redaktor": "nnnnJ nnnn n n n n  n n n n n n n n n n  n n n n",
}
VALDS = {
    "skribent": "nnnnn nJJJ n n n n  n n J n n n J n n n  J J n n",
    "talesperson": "nnnnn nnJJ n n n n  n n J n n n J n n n  J J n n",
    "redaktor": "nnnnn nnnJ n n n n  n n J n n n n n n n  n J n n",
}
NYKOMLINGS = dict.fromkeys(("skribent", "talesperson", "redaktor"), "nnnnn nnnn n J n n  n n n n n n n n n n  n n n n")
UTANFORS = dict.fromkeys(("skribent", "talesperson", "redaktor"), "nnnnn nnnn n n n J  n n n n n n n n n n  n n n n")
VARS = {
    # Whoever reads, for any actor, by role.
    "lasare": "nJJJJ JJJJ J J J J  J n J n J J J J n n  J J J n",
    "skribent": "nnJJJ nJJJ J J J J  n n J n n n J n n n  J J n n",
    "talesperson": "nnnJJ nnJJ J J J J  n n J n n n J n n n  J J n n",
    "redaktor": "nnnnJ nnnJ J J J J  n n J n n n n n n n  n J n n",
}
# An administrator too, when he reads it: one has a role in the event alone.
GASTBJUDARE = "nnnnJ nnnJ J J J J  n n J n J n n n n n  J J n n"
ANDRA_LAGE = "nnnJJ nnnJ J J J J  n n J n n n n n n n  n J n n"
ANDRA_LAGE_UTANFORS = "nnnnJ nnnJ J J J J  n n J n n n n n n n  n J n n"
VISA_SOM = "nnnJJ nnJJ J J J J  n n J n J n J n n n  J J n n"

VERB = [
    "LASA",
    "OPPNA_HANDELSE",
    "ANDRA_HANDELSE",
    "ANDRA_LAGE",
    "SKRIVA",
    "PUBLICERA",
    "ANDRA_LASRATT",
    "BE_OM_LASRATT",
    "BJUDA_GAST",
    "SE_UTSKICK",
    "VISA_SOM",
]


def gorbart(verb: str, ting: Ting) -> str:
    """Who may do `verb` to the thing, of those who read it."""
    ager = {"Ägare": AGARENS, "Vald": VALDS, "Utanför": UTANFORS, "Nykomling": NYKOMLINGS, None: {}}[ting.agare]
    if verb in {"SKRIVA", "PUBLICERA"}:
        if ting.stangd:
            return INGEN
        if ting.slag == SAMLAD:
            return VARS["redaktor"]
        return ager.get("skribent" if verb == "SKRIVA" else "talesperson", INGEN)
    if verb == "ANDRA_LAGE":
        return {"Ägare": ANDRA_LAGE, "Vald": ANDRA_LAGE_VALDS}.get(ting.agare or "", ANDRA_LAGE_UTANFORS)
    return {
        "LASA": VARS["lasare"],
        "OPPNA_HANDELSE": VARS["skribent"],
        "ANDRA_HANDELSE": ager.get("redaktor", INGEN),
        "ANDRA_LASRATT": ager.get("talesperson", INGEN),
        "BE_OM_LASRATT": VARS["redaktor"],
        "BJUDA_GAST": GASTBJUDARE,
        "SE_UTSKICK": ager.get("skribent", INGEN),
        "VISA_SOM": VISA_SOM,
    }[verb]


# The läge of a thing of Vald's: only an event has a läge, but the answer must not depend on who asks about what.
ANDRA_LAGE_VALDS = "nnnnJ nnJJ J J J J  n n J n n n J n n n  J J n n"


@dataclass(frozen=True)
class Cell:
    """One question and its answer: J, n or d."""

    person: str
    verb: str
    ting: Ting
    svar: str


def _bokstaver(rad: str) -> dict[str, str]:
    return dict(zip(PERSONER, rad.replace(" ", ""), strict=True))


def celler() -> list[Cell]:
    """Every person × every verb × every thing."""
    found = []
    for ting, rad in LASBART:
        laser = _bokstaver(rad)
        for verb in VERB:
            gor = _bokstaver(gorbart(verb, ting))
            for namn in PERSONER:
                svar = laser[namn] if laser[namn] != "J" else gor[namn]
                found.append(Cell(namn, verb, ting, svar))
    return found


# --- what is asked of no event ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ovrigt:
    """A question about an actor or a function of it. `listad`: the one who asks may go on duty as it."""

    verb: str
    slag: str
    agare: str
    svar: str
    listad: bool = False


OVRIGT = [
    Ovrigt("ADMINISTRERA", "AKTOR", "Ägare", "Jnnnn nnnn n n n n  n n n n n n n n d n  n n n n"),
    Ovrigt("ADMINISTRERA", "AKTOR", "Vald", "nnnnn nnnn n n n n  n n n n J n n n d n  J n n J"),
    Ovrigt("ADMINISTRERA", "FUNKTION", "Ägare", "Jnnnn nnnn n n n n  n n n n n n n n d n  n n n n"),
    Ovrigt("ADMINISTRERA", "HANDELSE", "Ägare", "nnnnn nnnn n n n n  n n n n n n n n d n  n n n n"),
    # On duty goes who is on the list and of the actor: of the function's own business others know nothing.
    Ovrigt("GA_I_TJANST", "FUNKTION", "Ägare", "JJJJJ dddd d d d d  d d d d d d d d d n  d d d d", listad=True),
    Ovrigt("GA_I_TJANST", "FUNKTION", "Ägare", "nnnnn dddd d d d d  d d d d d d d d d n  d d d d"),
    Ovrigt("GA_I_TJANST", "FUNKTION", "Vald", "ddddd JJJJ d d d d  n n J J J J J J d n  J J J J", listad=True),
    # Whether there is anything at all for one to read: the start page asks.
    Ovrigt("LASA", "AKTOR", "Ägare", "nJJJJ JJJJ J J J J  J J J J J J J J d n  J J J n"),
    # Whoever publishes or administers may look as others do, an administrator also without a right to read.
    Ovrigt("VISA_SOM", "AKTOR", "Ägare", "JnnJJ nnJJ J J J J  n n n J J n J n d n  J J n J"),
]


@dataclass(frozen=True)
class Skal:
    """What a refusal must say (`ord`), and who at which actor a question about it goes to ('' and None: nobody)."""

    person: str
    verb: str
    om: Ting | Ovrigt
    ord: str
    fraga: str
    hos: str | None


_OPPET, _STANGT = Ting(EGEN, "Ägare", ALLA), Ting(EGEN, "Ägare", ALLA, tid=KVALL, stangd=True)
_HANDELSEN, _SAMLAD = Ting(HANDELSE, "Ägare", ALLA), Ting(SAMLAD, None, VALDA, tid=MORGON)
_SMALT, _RED = Ting(EGEN, "Ägare", ALLA, SMALT, tid=KVALL), Ting(EGEN, "Ägare", ALLA, tid=KVALL, tlp="red")
_SENT = Ting(EGEN, "Ägare", VALDA, tid=MORGON)
SKAL = [
    Skal("ingen", "LASA", _OPPET, "inte inloggad", "", None),
    Skal("utgången", "LASA", _OPPET, "har gått ut", "administrator", "Vald"),
    Skal("Ä0", "LASA", _HANDELSEN, "administratör ger ingen läsrätt", "administrator", "Ägare"),
    Skal("Vl", "PUBLICERA", Ting(EGEN, "Vald", ALLA), "Du är läsare hos Vald", "administrator", "Vald"),
    Skal("Vl", "PUBLICERA", Ting(EGEN, "Vald", ALLA), "publicera behövs rollen talesperson", "administrator", "Vald"),
    Skal("Vt", "PUBLICERA", _SAMLAD, "publicera (samlad lägesbild) behövs rollen redaktör", "administrator", "Vald"),
    Skal("gäst", "SKRIVA", _OPPET, "En gäst läser, och gör inget annat", "administrator", "Vald"),
    Skal("gäst annanstans", "LASA", _OPPET, "i en enda händelse", "administrator", "Vald"),
    Skal("utan roll i händelsen", "LASA", _OPPET, "undantagit dig", "administrator", "Vald"),
    Skal("Vt", "PUBLICERA", _OPPET, "tillhör Ägare", "redaktor", "Ägare"),
    Skal("Är", "ANDRA_LASRATT", _SAMLAD, "tillhör en annan aktör", "", None),
    Skal("Är", "PUBLICERA", _STANGT, "Händelsen är stängd", "talesperson", "Ägare"),
    Skal("K", "LASA", _SMALT, "Ägare har valt vilka som får läsa", "", None),
    Skal("N", "LASA", _SENT, "innan Nykomling fick läsrätt", "", None),
    Skal("Vr", "LASA", _RED, "TLP:RED", "", None),
    Skal("gäst", "LASA", Ting(EGEN, "Ägare", ALLA, tid=KVALL, tlp="amber"), "TLP:AMBER", "administrator", "Vald"),
    Skal("Är", "ADMINISTRERA", OVRIGT[0], "inte aktörsadministratör hos Ägare", "administrator", "Ägare"),
    Skal("Vr", "ADMINISTRERA", OVRIGT[0], "bara sina egna användare", "administrator", "Ägare"),
    Skal("Vr", "ADMINISTRERA", OVRIGT[0], "Aktörsadministratören hos Ägare", "administrator", "Ägare"),
    Skal("Äl", "GA_I_TJANST", OVRIGT[5], "får gå i tjänst för Ägare", "administrator", "Ägare"),
]
KRETSAR = {
    _OPPET: None,
    _SAMLAD: {"Ägare", *VALDA},
    _SMALT: {"Ägare", *SMALT},
    _RED: {"Ägare"},
    Ting(SAMLAD, None, ALLA, tid=KVALL, tlp="red"): set(),
    Ting(SAMLAD, None, VALDA, tid=KVALL, tlp="red"): {"Ägare", *VALDA},
    Ting(UNDERRATTELSE, "Ägare", VALDA, SMALT, tid=KVALL, tlp="amber"): {"Ägare", *SMALT},
    Ting(UNDERRATTELSE, "Ägare", BARA_EGET, SMALT, tid=KVALL): {"Ägare"},
}
"""The actors that a thing may be told to, of whatever time; None = all."""


def ovriga() -> list[tuple[str, Ovrigt, str]]:
    """Every person × every one of these questions, with the answer."""
    return [(namn, fraga, svar) for fraga in OVRIGT for namn, svar in _bokstaver(fraga.svar).items()]
