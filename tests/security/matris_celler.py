"""The cells of the matrix as requests: which address stands for each verb of each thing, and what it must answer.

The answer is that of the first gate that doesn't say J, and each gate is a row of letters of the hand-written tables
(tests.security.orakel): first the event, then the thing in it, then the verb.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.security import orakel as o
from tests.security.matris_varld import Matrisvarld

Rad = dict[str, str]
UTGANGEN, INGEN = "utgången", "ingen"
HANDELSENS = {ting: rad for ting, rad in o.LASBART if ting.slag == o.HANDELSE}
FORHANDSVISA = "{h}/forhandsvisa?slag=underrattelse"

# What is asked of no event but of the actor that one acts for. Ä0lstr Vlstr K N S U  g h + - 0 x T t X -  t r a 0
OPPNA = "nnJJJ nJJJ J J J J  n n n J n n J n n n  J J n n"


@dataclass(frozen=True)
class Anrop:
    """One request. `klart`: what is answered to who may. `bara_nej`: it would change the world, so it is put to those
    alone who may not."""

    metod: str
    adress: str
    klart: tuple[int, ...] = (200,)
    data: tuple[tuple[str, str], ...] = ()
    bara_nej: bool = False


@dataclass(frozen=True)
class Cell:
    """A person, what they want to do to what, how, and the letter that says what must come of it."""

    person: str
    verb: str
    vad: str
    anrop: Anrop
    svar: str
    medlemskap: int | None = field(compare=False, default=None)


def get(adress: str, *klart: int) -> Anrop:
    """A page."""
    return Anrop("GET", adress, klart or (200,))


def post(adress: str, *klart: int, **data: str) -> Anrop:
    """A form that lacks something, or changes nothing."""
    return Anrop("POST", adress, klart or (422,), tuple(data.items()))


def dyr(adress: str) -> Anrop:
    """A page that takes long to make: asked for by those alone who may not have it."""
    return Anrop("GET", adress, (), bara_nej=True)


def nej(adress: str) -> Anrop:
    """A form that would do something."""
    return Anrop("POST", adress, (), bara_nej=True)


H, T, G, EGEN_GRIND = "händelsen", "tinget", "verbet", "för egen del"
LAGESBILDER = (o.EGEN, o.SAMLAD)
# (verb, kinds) → the gates in order, and the requests.
ANROP: list[tuple[str, tuple[str, ...], tuple[str, ...], list[Anrop]]] = [
    (
        "LASA",
        (o.HANDELSE,),
        (H,),
        [
            get("{h}"),
            get("{h}/tidslinje"),
            get("{h}/versioner"),
            get("{h}/utskick"),
            get("{h}/paverkan"),
            get("{h}/karta"),
            get("{h}/karta.geojson"),
            get("{h}/tystnad"),
            get("{h}/begaran"),
            get("{h}/statistik"),
            get("{h}/enfil"),
            nej("{h}/enfil"),
            nej("{h}/pdf"),
            get("{h}/statistik.csv"),
            get("/underrattelser?handelse={slug}"),
            post("{h}/last", 400),
        ],
    ),
    (
        "LASA",
        LAGESBILDER,
        (H, T),
        [
            get("{l}"),
            get("{l}/versioner/1"),
            get("{l}/versioner/2"),
            get("{l}/versioner/2/ledning"),
            get("{l}/versioner/2/dela"),
            get("{l}/nyckeltal"),
            get("{l}/nyckeltal.csv"),
            # Of what is marked TLP:RED it says no to those too who read it: tests/web/test_floden.py.
            dyr("{l}/versioner/2/cap.xml"),
            dyr("{l}/versioner/2/platser.geojson"),
            dyr("{l}/versioner/2/pdf"),
            get("{l}/versioner/2/bilagor/{bid}/karta.png"),
            get("{l}/versioner/2/bilagor/{bid}/forhandsbild"),
            get("{l}/versioner/2/sedan/1"),
            nej("{l}/last"),
            get("{l}/jamfor/1/2"),
            get("{l}/jamfor?a=1&b=2", 302),
        ],
    ),
    ("LASA", (o.UNDERRATTELSE,), (T,), [get("{u}"), dyr("{u}/pdf"), dyr("{u}/cap.xml")]),
    # The short address says nothing to who doesn't read what it stands for: not even why.
    # Nothing was sent to these people, so there is nothing to answer: that is said to who reads it.
    ("LASA", (*LAGESBILDER, o.UNDERRATTELSE, o.UTSKICK), ("tyst", H, T), [get("{n}", 302), post("{t}/kvittera", 409)]),
    ("ANDRA_HANDELSE", (o.HANDELSE,), (H, G), [get("{h}/redigera"), post("{h}/redigera")]),
    ("ANDRA_LAGE", (o.HANDELSE,), (H, G), [get("{h}/lage"), post("{h}/lage")]),
    (
        "BJUDA_GAST",
        (o.HANDELSE,),
        (H, G),
        [
            get("{h}/gaster"),
            post("{h}/gaster"),
            post("{h}/gaster/{mid}/avsluta"),
            get("{h}/arkiv"),
            nej("{h}/arkiv"),
        ],
    ),
    (
        "BE_OM_LASRATT",
        (o.HANDELSE,),
        (H, G),
        [get("{h}/be-om-lasratt?aktor={agare}"), post("{h}/be-om-lasratt", aktor="{agare}")],
    ),
    ("BE_OM_LASRATT", (o.UNDERRATTELSE,), (T, G), [get("{u}/be-om-lasratt"), post("{u}/be-om-lasratt")]),
    ("VISA_SOM", (o.HANDELSE,), (H, G), [post("{h}/visa-som-utkast", 200)]),
    (
        "SKRIVA",
        (o.HANDELSE,),
        (H, EGEN_GRIND),
        [get("{h}/lagesbild/{egen}/skriv"), post(FORHANDSVISA, 200), post("{h}/anteckningar")],
    ),
    (
        "SKRIVA",
        LAGESBILDER,
        (H, T, G),
        [
            get("{l}/skriv"),
            nej("{l}/skriv"),
            nej("{l}/utkast"),
            post("{l}/narvaro", 200),
            post("{l}/granska", 200),
            nej("{l}/bilagor"),
            # Nobody has begun on a draft.
            get("{l}/utkast/bilagor/{bid}/karta.png", 404),
            get("{l}/utkast/bilagor/{bid}/forhandsbild", 404),
            get("{l}/kasta", 302),
            post("{l}/kasta", 302),
            post("{l}/utkast/9999/ta-over", 302),
        ],
    ),
    (
        "SKRIVA",
        (o.SAMLAD,),
        (H, T, G),
        [get("{l}/sammanstall"), post("{l}/sammanstall", 400)],
    ),
    (
        "PUBLICERA",
        (o.HANDELSE,),
        (H, EGEN_GRIND),
        [
            get("{h}/underrattelser/ny"),
            get("{h}/tystnad/paminn"),
            post("{h}/tystnad/paminn", 302),
            post("{h}/underrattelser/ny", handling="avisera"),
            post("{h}/underrattelser/granska", 200),
        ],
    ),
    ("PUBLICERA", LAGESBILDER, (H, T, G), [post("{l}/oforandrat", 409, bas="99", nyckel="prov")]),
    ("PUBLICERA", (o.UNDERRATTELSE,), (T, G), [get("{u}/ratta"), post("{u}/ratta", 422, 409, handling="avisera")]),
    ("ANDRA_LASRATT", LAGESBILDER, (H, T, G), [get("{l}/lasratt"), post("{l}/lasratt", laskrets="skräp")]),
    ("ANDRA_LASRATT", (o.UNDERRATTELSE,), (T, G), [get("{u}/lasratt"), post("{u}/lasratt", laskrets="skräp")]),
    (
        "SE_UTSKICK",
        (*LAGESBILDER, o.UNDERRATTELSE, o.UTSKICK),
        (H, T, G),
        [get("{t}"), get("{t}/leveranser.csv"), post("{t}/skicka-igen", 302), post("{t}/kom-fram", 302)],
    ),
]
# A samlad lägesbild is written in one place in each event, whether there is one yet or not. Who lacks the role is told
# so in either case: nothing is learnt by it. Who has it and may not read what is there is told that there is no such.
SAMLADS_PLATS = {"SKRIVA", "PUBLICERA", "ANDRA_LASRATT"}


def rad(bokstaver: str) -> Rad:
    """The letters of a row by person."""
    return dict(zip(o.PERSONER, bokstaver.replace(" ", ""), strict=True))


def handelsen(ting: o.Ting) -> o.Ting:
    """The event that the thing is in, as a thing of the tables."""
    if ting.slag == o.HANDELSE:
        return ting
    return next(h for h in HANDELSENS if h.agare == "Ägare" and h.handelse == ting.handelse and not h.stangd)


def grind(vilken: str, verb: str, ting: o.Ting) -> Rad:
    """The letters of one gate."""
    if vilken == H:
        return rad(HANDELSENS[handelsen(ting)])
    if vilken == T:
        return rad(next(letters for t, letters in o.LASBART if t == ting))
    if vilken == EGEN_GRIND:
        return rad(o.INGEN if ting.stangd else o.VARS[{"SKRIVA": "skribent"}.get(verb, "talesperson")])
    if verb == "SE_UTSKICK":
        # The samlade of the tables was sent by the owner of the event.
        return rad(o.gorbart(verb, ting if ting.agare else handelsen(ting)))
    return rad(o.gorbart(verb, handelsen(ting) if verb == "BE_OM_LASRATT" else ting))


def svar(person: str, verb: str, ting: o.Ting, grindar: tuple[str, ...]) -> str:
    """What must come of it: the first letter that is not J."""
    tyst, ordning = grindar[0] == "tyst", [g for g in grindar if g != "tyst"]
    if ting.slag == o.SAMLAD and verb in SAMLADS_PLATS:
        ordning = [H, G, T]
    letter = next((b for b in (grind(g, verb, ting)[person] for g in ordning) if b != "J"), "J")
    return "d" if tyst and letter == "n" else letter


def i_handelser(varld: Matrisvarld) -> Iterator[Cell]:
    """Every person × every thing in an event × every verb that has an address there."""
    for ting, _ in o.LASBART:
        for verb, slagen, grindar, anropen in ANROP:
            if ting.slag not in slagen:
                continue
            for person in o.PERSONER:
                letter = svar(person, verb, ting, grindar)
                medlemskap = None if person == INGEN else varld.medlemskap(person, ting)
                for anrop in anropen:
                    yield Cell(person, verb, _vad(ting), _fyll(anrop, _plats(varld, person, ting)), letter, medlemskap)


def _vad(ting: o.Ting) -> str:
    return f"{[t for t, _ in o.LASBART].index(ting)} {ting.slag}"


def _plats(varld: Matrisvarld, person: str, ting: o.Ting) -> dict[str, str]:
    slug = varld.slug[ting]
    agare = (ting.agare or "Ägare").lower()
    vem = "samlad" if ting.slag == o.SAMLAD else agare
    som = o.PERSONER[person]
    return {
        "h": f"/handelser/{slug}",
        "l": f"/handelser/{slug}/lagesbild/{vem}",
        "u": f"/underrattelser/{varld.varld.ting.get(ting)}",
        "t": f"/utskick/{varld.utskick.get(ting)}",
        "n": f"/n/{varld.utskick.get(ting)}",
        "bid": str(varld.bilaga.get(ting)),
        "slug": slug,
        "agare": agare,
        "egen": som.aktor.lower() if som else "ägare",
        "mid": "9999",
    }


def _fyll(anrop: Anrop, varden: dict[str, str]) -> Anrop:
    data = tuple((namn, text.format(**varden)) for namn, text in anrop.data)
    return Anrop(anrop.metod, anrop.adress.format(**varden), anrop.klart, data, anrop.bara_nej)


# --- what is asked of no event ---------------------------------------------------------------------------------------

EGET = {
    "OPPNA_HANDELSE": (OPPNA, [get("/handelser/ny"), post("/handelser/ny")]),
    "VISA_SOM": (next(q.svar for q in o.OVRIGT if q.verb == "VISA_SOM"), [get("/visa-som"), post("/visa-som")]),
}
A, P, R = "/aktorer/{slug}", "/aktorer/{slug}/anvandare/{mid}", "/funktioner/{id}"
ADMINISTRERAR = [
    get(f"{A}/anvandare"),
    get(f"{A}/anvandare.csv"),
    get(f"{A}/anvandare/bjud-in"),
    post(f"{A}/anvandare/bjud-in"),
    get(f"{A}/anvandare/importera"),
    post(f"{A}/anvandare/importera"),
    get(f"{A}/behorigheter"),
    get(f"{A}/genomgang"),
    get(f"{A}/misslyckade"),
    get(f"{A}/arkiv"),
    nej(f"{A}/arkiv"),
    get(f"{A}/tva-personer"),
    post(f"{A}/tva-personer", 302),
    get(f"{A}/mallar"),
    get(f"{A}/mallar/vader", 404),
    get(f"{A}/mallar/vader/versioner/1", 404),
    get(f"{A}/mallar/vader/andra"),
    post(f"{A}/mallar/vader/andra", 200, gor="kvar"),
    post(f"{A}/mallar/vader/bruk", 404),
    post(f"{A}/mallar/vader/ga-tillbaka", 404),
    get(f"{A}/begaranmallar"),
    get(f"{A}/begaranmallar/ny"),
    post(f"{A}/begaranmallar/ny", 200, gor="kvar"),
    get(f"{A}/begaranmallar/9999", 404),
    post(f"{A}/begaranmallar/9999", 404),
    post(f"{A}/begaranmallar/9999/ta-bort", 302),
    get(f"{A}/funktioner"),
    get(f"{A}/funktioner/ny"),
    post(f"{A}/funktioner/ny"),
    get(P),
    nej(P),
    get(f"{P}/kontrollera", 422),
    nej(f"{P}/stang-av"),
    nej(f"{P}/slapp-in"),
    nej(f"{P}/skicka-lank"),
    nej(f"{P}/nollstall-faktor"),
    nej(f"{P}/handelseroller"),
    nej(f"{P}/handelseroller/1/ta-bort"),
    nej(f"{A}/genomgang/starta"),
    nej(f"{A}/genomgang/signera"),
    nej(f"{A}/genomgang/{{mid}}/behall"),
    nej(f"{A}/genomgang/{{mid}}/angra"),
    nej(f"{A}/genomgang/{{mid}}/stang-av"),
]
FUNKTIONENS_UPPGIFTER = [
    get(f"{A}/funktioner/{{id}}"),
    post(f"{A}/funktioner/{{id}}"),
    nej(f"{A}/funktioner/{{id}}/lagg-ned"),
]
SKOTER_FUNKTIONEN = [
    nej(f"{R}/utse"),
    get(f"{R}/notiser"),
    nej(f"{R}/notiser"),
    nej(f"{R}/notiser/sms"),
    nej(f"{R}/notiser/sms/kod"),
    nej(f"{R}/notiser/sms/ny-kod"),
    nej(f"{R}/notiser/sms/angra-byte"),
    nej(f"{R}/notiser/sms/ta-bort"),
]


def ovriga(varld: Matrisvarld) -> Iterator[Cell]:
    """Every person × every question about an actor, a function, or what one does for one's own part."""
    for verb, (letters, anropen) in EGET.items():
        yield from _fragor(varld, verb, "egen", rad(letters), anropen)
    for fraga in o.OVRIGT:
        varden = {
            "slug": fraga.agare.lower(),
            "mid": str(varld.medlem_hos[fraga.agare]),
            "id": str(varld.funktion[fraga.agare, fraga.listad]),
        }
        letters = rad(fraga.svar)
        for vad, grinden, anropen in _om(fraga, letters):
            filled = [_fyll(anrop, varden) for anrop in anropen]
            yield from _fragor(varld, fraga.verb, f"{vad} {fraga.agare} {fraga.listad}", grinden, filled)


def _om(fraga: o.Ovrigt, letters: Rad) -> Iterator[tuple[str, Rad, list[Anrop]]]:
    if (fraga.verb, fraga.slag) == ("ADMINISTRERA", "AKTOR"):
        yield "aktören", letters, ADMINISTRERAR
    elif (fraga.verb, fraga.slag) == ("ADMINISTRERA", "FUNKTION"):
        yield "funktionen", letters, FUNKTIONENS_UPPGIFTER
        # At its own address a function is unknown to whoever is of another actor.
        forst = rad(next(q.svar for q in o.OVRIGT if q.verb == "GA_I_TJANST" and q.agare == fraga.agare))
        andras = {namn: "d" if forst[namn] == "d" else b for namn, b in letters.items()}
        yield "funktionens egen sida", andras, SKOTER_FUNKTIONEN
    elif fraga.verb == "GA_I_TJANST":
        yield "tjänsten", letters, [post(f"{R}/ga-pa")]
        # Its page is for its actor's administrators too.
        skoter = rad(next(q.svar for q in o.OVRIGT if q.slag == "AKTOR" and q.agare == fraga.agare))
        ser = {namn: "J" if skoter[namn] == "J" else b for namn, b in letters.items()}
        yield "tjänstens sida", ser, [get(R), nej(f"{R}/ga-av")]


def _fragor(varld: Matrisvarld, verb: str, vad: str, letters: Rad, anropen: list[Anrop]) -> Iterator[Cell]:
    for person, letter in letters.items():
        medlemskap = None if person == INGEN else varld.medlemskap(person, o.LASBART[0][0])
        for anrop in anropen:
            yield Cell(person, verb, vad, anrop, letter, medlemskap)
