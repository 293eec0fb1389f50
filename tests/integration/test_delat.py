"""What is drawn once for many: each reader gets the page that they would have had alone, to the byte."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import en_aktor, en_person_hos
from tests.web.ytor_data import SLUG, LoggaIn, bygg_lage, fragor, las_till, publicera, underratta
from wis import clock, efterat
from wis.andringar import Andring, Slag, anmal
from wis.auth.models import Medlemskap
from wis.auth.rules import Roll
from wis.db import Database
from wis.delat import Minne, Ritat
from wis.handelser.models import Handelse, HandelseLasare, Lasarkrets, LasarkretsAktor
from wis.lagesbild.models import Lagesbild, LagesbildSektion, LagesbildVersion
from wis.tx import transaction

NU = datetime(2026, 1, 20, 12, 0, tzinfo=UTC)
EVENT = f"/handelser/{SLUG}"
BILD = f"{EVENT}/lagesbild"
POLISEN = f"{BILD}/polisen"
FLIKAR = [f"{EVENT}/tidslinje", f"{EVENT}/versioner"]
SIDOR = [EVENT, f"{BILD}/trafikverket", f"{BILD}/trafikverket/versioner/1", f"{BILD}/samlad", POLISEN]
FLER_SIDOR = ["/", "/underrattelser", *FLIKAR]
LASARE = [
    "lasare@nacka.example",
    "andra@nacka.example",
    "redan@nacka.example",
    "chef@nacka.example",
    "gast@bolag.example",
    "utanfor@solna.example",
    "talesperson@trafikverket.example",
    "skribent@trafikverket.example",
    "redaktor@lansstyrelsen.example",
    "skrivare@prov.example",
]
"""Two who have read nothing, one who has read some, an administrator, a guest; of other actors: one outside the
narrowed circle, two who own a lägesbild, the owner of the event, and the author of all of them."""
LASARE_AV_FLER = [LASARE[0], "redan@nacka.example", "gast@bolag.example", "utanfor@solna.example", LASARE[-1]]
_prov = count()


@pytest.fixture
def lage(database: Database) -> Database:
    """An event with much in it, of which Polisen's lägesbild is Nacka's alone to read, and one is amber."""
    with clock.at(NU - timedelta(hours=1)):
        bygg_lage(database)
        with transaction(database) as session:
            handelse = session.scalars(select(Handelse)).one()
            publicera(session, handelse, "sll", text="Gult.", tlp="amber")
            for version in session.scalars(select(LagesbildVersion)).all():
                session.add_all(_sektioner(version))
            _snava(session, "nacka")
            _folk(session, handelse)
    return database


def _sektioner(version: LagesbildVersion) -> Iterator[LagesbildSektion]:
    for plats, nyckel in enumerate(("sammanfattning", "lage_fakta")):
        text = f"{nyckel} {version.lagesbild_id}.{version.nummer}"
        yield LagesbildSektion(
            lagesbild_id=version.lagesbild_id,
            nummer=version.nummer,
            nyckel=nyckel,
            ordning=plats,
            kalla=text,
            html=f"<p>{text}</p>",
        )


def _snava(session: Session, *slugs: str, till: datetime | None = None) -> None:
    """Polisen's lägesbild is read by these, until `till`; those who listen are told, as the service does."""
    polisen = en_aktor(session, "polisen").id
    bild = session.scalars(select(Lagesbild).where(Lagesbild.aktor_id == polisen)).one()
    bild.krets = Lasarkrets(
        alla=False, valda=[LasarkretsAktor(aktor_id=en_aktor(session, slug).id, till=till) for slug in slugs]
    )
    anmal(session, Andring(Slag.LAGESBILD, bild.id, bild.senaste, bild.handelse_id))


def _folk(session: Session, handelse: Handelse) -> None:
    for epost in ("andra@nacka.example", "redan@nacka.example"):
        en_person_hos(session, "nacka", Roll.LASARE, epost=epost)
    en_person_hos(session, "nacka", Roll.LASARE, epost="chef@nacka.example", administrator=True)
    en_person_hos(session, "solna", Roll.REDAKTOR, epost="utanfor@solna.example")
    gast = en_person_hos(session, "nacka", Roll.LASARE, epost="gast@bolag.example")
    medlemskap = session.scalars(select(Medlemskap).where(Medlemskap.anvandare_id == gast.id)).one()
    medlemskap.giltig_till = NU + timedelta(days=1)
    medlemskap.gast_handelse_id = handelse.id


@contextmanager
def _minne(app: Flask, hogst: int) -> Iterator[Minne]:
    """Within the block there is a new memory for so many bytes; below 0 everything is drawn for who asks alone."""
    gammalt, nytt = app.extensions.get("wis_delat"), Minne(hogst)
    app.extensions["wis_delat"] = nytt
    yield nytt
    app.extensions["wis_delat"] = gammalt or Minne()


def _sidan(client: FlaskClient, path: str) -> tuple[int, str]:
    # Asked for as by one who has not been there: what one login has seen before is kept for it elsewhere.
    svar = client.get(path, query_string={"prov": next(_prov)})
    egna = r'nonce="[^"]*"|name="csrf-token" content="[^"]*"|name="(csrf_token|nyckel)" value="[^"]*"|prov=\d+'
    return svar.status_code, re.sub(egna, "", svar.get_data(as_text=True))


def test_everybody_gets_the_page_that_they_would_have_had_alone(lage: Database, app: Flask, logga_in: LoggaIn) -> None:
    samlaren = efterat.samlare(lage)
    with clock.at(NU), _minne(app, 10**7) as minnet:
        lasare = {epost: logga_in(epost) for epost in LASARE}
        assert las_till(lasare["redan@nacka.example"], NU - timedelta(hours=3, minutes=30)) == 302
        fragade = [(epost, path) for epost in LASARE for path in SIDOR]
        fragade += [(epost, path) for epost in LASARE_AV_FLER for path in FLER_SIDOR]
        # What they leave behind (that a version has been read) is on no page until all are drawn.
        samlaren.inom = 3600
        try:
            delade = {(epost, path): _sidan(lasare[epost], path) for epost, path in fragade}
            with _minne(app, -1) as tomt:
                ensamma = {(epost, path): _sidan(lasare[epost], path) for epost, path in fragade}
        finally:
            samlaren.inom = 0
            samlaren.skriv_nu(lage)
        assert minnet.storlek > 0
        assert tomt.storlek == 0
        for vem in delade:
            assert delade[vem] == ensamma[vem], vem
        kvar = repr(list(minnet._kvar.values()))
    # They are not the same page: what one may not read is not there, and what is new differs.
    assert delade["lasare@nacka.example", POLISEN][0] == 200
    assert delade["utanfor@solna.example", POLISEN][0] == 404
    assert "Gult." in delade["lasare@nacka.example", EVENT][1]
    assert "Gult." not in delade["gast@bolag.example", EVENT][1]
    assert "sedan version 1</a>" in delade["redan@nacka.example", EVENT][1]
    assert "sedan version 1</a>" not in delade["lasare@nacka.example", EVENT][1]
    nya = [re.findall(r"[0-9]+ nya", delade[epost, "/"][1]) for epost in ("redan@nacka.example", LASARE[0])]
    assert [len(antal) for antal in nya] == [1, 1]
    assert nya[0] != nya[1]
    for flik in FLIKAR:
        assert f'{POLISEN}/versioner/1"' in delade["lasare@nacka.example", flik][1]
        assert f'{POLISEN}/versioner/1"' not in delade["utanfor@solna.example", flik][1]
    # And in what is shared there is nothing of anybody who read it.
    assert not re.search("csrf|nonce|@nacka|@solna|@bolag|inloggad|<form method=.post", kvar)


def test_who_loses_the_right_to_read_loses_it_at_once(lage: Database, app: Flask, logga_in: LoggaIn) -> None:
    with clock.at(NU):
        client = logga_in("lasare@nacka.example")
        assert f'{POLISEN}"' in _sidan(client, EVENT)[1]
        assert all(POLISEN in _sidan(client, flik)[1] for flik in FLIKAR)
        with transaction(lage) as session:
            _snava(session, "solna")
        assert f'{POLISEN}"' not in _sidan(client, EVENT)[1]
        assert not any(POLISEN in _sidan(client, flik)[1] for flik in FLIKAR)
        assert _sidan(client, POLISEN)[0] == 404
        with transaction(lage) as session:
            _snava(session, "nacka", till=NU + timedelta(seconds=10))
        assert f'{POLISEN}"' in _sidan(client, EVENT)[1]
    # A right that ends by itself ends to the moment, though nobody has changed anything.
    with clock.at(NU + timedelta(seconds=9)):
        assert f'{POLISEN}"' in _sidan(client, EVENT)[1]
        assert all(POLISEN in _sidan(client, flik)[1] for flik in FLIKAR)
    with clock.at(NU + timedelta(seconds=10)):
        assert f'{POLISEN}"' not in _sidan(client, EVENT)[1]
        assert not any(POLISEN in _sidan(client, flik)[1] for flik in FLIKAR)


def test_a_promise_is_broken_on_the_page_when_its_time_has_passed(lage: Database, logga_in: LoggaIn) -> None:
    with clock.at(NU), transaction(lage) as session:
        publicera(session, session.scalars(select(Handelse)).one(), "solna", nasta=NU + timedelta(seconds=5))
    with clock.at(NU):
        client = logga_in("lasare@nacka.example")
        innan = _sidan(client, EVENT)[1].count("Nästa uppdatering var utlovad")
    with clock.at(NU + timedelta(seconds=6)):
        assert _sidan(client, EVENT)[1].count("Nästa uppdatering var utlovad") == innan + 1


HOGST = {EVENT: 4, f"{BILD}/trafikverket": 7, **dict.fromkeys(FLIKAR, 4), "/": 3, "/underrattelser": 2}
"""How many questions a page asks, besides the one for its stamp, of a reader for whom what is shared has been drawn:
who it is, the event, its number, how far they have read (and when that version came), what they are to answer."""


def test_the_second_reader_costs_few_questions_however_much_there_is(lage: Database, logga_in: LoggaIn) -> None:
    forsta, andra = logga_in("lasare@nacka.example"), logga_in("andra@nacka.example")
    with clock.at(NU):
        # Both have read every lägesbild before, and so are told of what is new since.
        _kostnad(lage, forsta, andra)
        antal = _kostnad(lage, forsta, andra)
        with transaction(lage) as session:
            handelse = session.scalars(select(Handelse)).one()
            for nummer in range(12):
                publicera(session, handelse, f"kommun-{nummer}")
                underratta(session, handelse, f"Nummer {nummer}")
        assert _kostnad(lage, forsta, andra) == antal
    for path, (kall, delad) in antal.items():
        # The start page alone asks for the region and for what waits too.
        assert kall <= (24 if path == "/" else 19), (path, kall)
        assert delad <= HOGST[path], (path, delad)


def _kostnad(database: Database, forsta: FlaskClient, andra: FlaskClient) -> dict[str, tuple[int, int]]:
    kostnad, samlaren = {}, efterat.samlare(database)
    for path in HOGST:
        with transaction(database) as session:
            handelse = session.scalars(select(Handelse)).one()
            publicera(session, handelse, "trafikverket")
        # What is written a moment later is not what the page costs.
        samlaren.inom = 3600
        with fragor(database) as kall:
            _sidan(forsta, path)
        with fragor(database) as delad:
            _sidan(andra, path)
        samlaren.inom = 0
        samlaren.skriv_nu(database)
        kostnad[path] = (len(kall), len(delad))
    return kostnad


def test_who_comes_to_read_an_event_and_who_stops_sees_it_on_the_start_page_at_once(
    lage: Database, logga_in: LoggaIn
) -> None:
    with clock.at(NU):
        client = logga_in("lasare@nacka.example")
        for aktor, syns in (("solna", False), ("nacka", True)):
            with transaction(lage) as session:
                handelse = session.scalars(select(Handelse)).one()
                handelse.alla_aktorer = False
                slut = NU + timedelta(seconds=9)
                handelse.lasare = [HandelseLasare(aktor_id=en_aktor(session, aktor).id, fran=None, till=slut)]
                anmal(session, Andring(Slag.HANDELSE, handelse.id, handelse_id=handelse.id))
            for path in ("/", "/underrattelser"):
                assert (f'{EVENT}"' in _sidan(client, path)[1]) is syns, (aktor, path)
    # The right ends by itself, though nobody has changed anything.
    with clock.at(NU + timedelta(seconds=9)):
        for path in ("/", "/underrattelser"):
            assert f'{EVENT}"' not in _sidan(client, path)[1]


def test_the_start_page_is_kept_for_its_reader_until_anything_in_any_event_changes(
    lage: Database, logga_in: LoggaIn
) -> None:
    with clock.at(NU):
        client = logga_in("lasare@nacka.example")
        client.get("/")
        for path in ("/", "/underrattelser"):
            etag = client.get(path).headers["ETag"]
            with fragor(lage) as stallda:
                assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
            assert stallda == []
            with transaction(lage) as session:
                underratta(session, session.scalars(select(Handelse)).one(), f"Något nytt på {path}")
            svar = client.get(path, headers={"If-None-Match": etag})
            assert f"Något nytt på {path}" in svar.get_data(as_text=True)


# --- the memory itself ---------------------------------------------------------------------------------------------


def _ritat(text: str) -> Ritat[str]:
    return Ritat(text, len(text), NU + timedelta(seconds=30))


def test_the_memory_holds_no_more_than_it_may_and_lets_go_of_what_was_used_longest_ago() -> None:
    minnet = Minne(hogst=25)
    for namn in "abc":
        assert minnet.hamta(namn, NU, lambda namn=namn: _ritat(10 * namn)) == 10 * namn  # type: ignore[misc]
    assert minnet.storlek == 20
    assert minnet.hamta("c", NU, lambda: _ritat("?")) == 10 * "c"
    assert minnet.hamta("a", NU, lambda: _ritat("ny")) == "ny"
    assert minnet.hamta("c", NU + timedelta(seconds=30), lambda: _ritat("ny")) == "ny"
    with pytest.raises(ZeroDivisionError):
        minnet.hamta("d", NU, lambda: _ritat(str(1 / 0)))
    assert minnet.hamta("d", NU, lambda: _ritat("gick")) == "gick"


def test_what_many_ask_for_at_once_is_drawn_once() -> None:
    minnet, ritade, slapp = Minne(), [], threading.Event()
    svar: list[str] = []

    def rita() -> Ritat[str]:
        ritade.append(threading.get_ident())
        assert slapp.wait(30)
        return _ritat("sidan")

    tradar = [threading.Thread(target=lambda: svar.append(minnet.hamta("a", NU, rita))) for _ in range(8)]
    for trad in tradar:
        trad.start()
    slapp.set()
    for trad in tradar:
        trad.join(30)
    assert svar == ["sidan"] * 8
    assert len(ritade) == 1
