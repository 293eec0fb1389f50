"""Who may do what, over HTTP: every kind of person against every kind of thing, by a table that people wrote.

The table follows the words of the domain: an actor owns its information and decides who reads it, each role holds what
the one before it holds, an administrator reads nothing by that, a closed event takes nothing more, and what one may not
know of answers 404. House decisions in it: a skribent follows the own actor's dispatches, and a redaktör of any reading
actor may change the läge.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.factories import en_aktor, en_anvandare, en_handelse, en_prenumeration, ett_medlemskap, subjekt_for
from tests.web.ytor_data import LoggaIn, besluta, publicera, underratta
from wis import clock
from wis.auth.models import Anvandare, Medlemskap
from wis.auth.queries import giltiga_medlemskap
from wis.auth.rules import Roll, Verb, can
from wis.db import Database
from wis.handelser.models import Beslutsslag, Handelse, Handelsebeslut
from wis.handelser.queries import far_lasa, synlig_for
from wis.notiser.models import Notisslag, Utskick, Utskicksslag
from wis.notiser.queries import Fraga, mottagare
from wis.tx import transaction

TABELL = """
subject                 event  read  draft  draft-samlad  publish  publish-samlad  correct  lage  edit  follow

administrator           alla    403   403   403           403      403             403      403   403   403
administrator           valda   404   404   404           404      404             404      404   404   404
administrator           stangd  403   403   403           403      403             403      403   403   403

agare-lasare            alla    200   403   403           403      403             403      403   403   403
agare-lasare            valda   200   403   403           403      403             403      403   403   403
agare-lasare            stangd  200   403   403           403      403             403      403   403   403
agare-skribent          alla    200   200   403           403      403             403      403   403   200
agare-skribent          valda   200   200   403           403      403             403      403   403   200
agare-skribent          stangd  200   403   403           403      403             403      403   403   200
agare-talesperson       alla    200   200   403           302      403             302      200   403   200
agare-talesperson       valda   200   200   403           302      403             302      200   403   200
agare-talesperson       stangd  200   403   403           403      403             403      200   403   200
agare-redaktor          alla    200   200   200           302      302             302      200   200   200
agare-redaktor          valda   200   200   200           302      302             302      200   200   200
agare-redaktor          stangd  200   403   403           403      403             403      200   200   200

lasande-lasare          alla    200   403   403           403      403             403      403   403   403
lasande-lasare          valda   200   403   403           403      403             403      403   403   403
lasande-lasare          stangd  200   403   403           403      403             403      403   403   403
lasande-skribent        alla    200   200   403           403      403             403      403   403   403
lasande-skribent        valda   200   200   403           403      403             403      403   403   403
lasande-skribent        stangd  200   403   403           403      403             403      403   403   403
lasande-talesperson     alla    200   200   403           302      403             403      403   403   403
lasande-talesperson     valda   200   200   403           302      403             403      403   403   403
lasande-talesperson     stangd  200   403   403           403      403             403      403   403   403
lasande-redaktor        alla    200   200   200           302      302             403      200   403   403
lasande-redaktor        valda   200   200   200           302      302             403      200   403   403
lasande-redaktor        stangd  200   403   403           403      403             403      200   403   403

utestangd-lasare        alla    200   403   403           403      403             403      403   403   403
utestangd-lasare        valda   404   404   404           404      404             404      404   404   404
utestangd-lasare        stangd  200   403   403           403      403             403      403   403   403
utestangd-skribent      alla    200   200   403           403      403             403      403   403   403
utestangd-skribent      valda   404   404   404           404      404             404      404   404   404
utestangd-skribent      stangd  200   403   403           403      403             403      403   403   403
utestangd-talesperson   alla    200   200   403           302      403             403      403   403   403
utestangd-talesperson   valda   404   404   404           404      404             404      404   404   404
utestangd-talesperson   stangd  200   403   403           403      403             403      403   403   403
utestangd-redaktor      alla    200   200   200           302      302             403      200   403   403
utestangd-redaktor      valda   404   404   404           404      404             404      404   404   404
utestangd-redaktor      stangd  200   403   403           403      403             403      200   403   403

utgangen                alla    403   403   403           403      403             403      403   403   403
utgangen                valda   403   403   403           403      403             403      403   403   403
utgangen                stangd  403   403   403           403      403             403      403   403   403
avstangd                alla    403   403   403           403      403             403      403   403   403
avstangd                valda   403   403   403           403      403             403      403   403   403
avstangd                stangd  403   403   403           403      403             403      403   403   403
"""
"""The event is the actor Agare's; `valda` is for Lasande too, and Utestangd has no right to it. `utgangen` and
`avstangd` were redaktörer of Agare until just now: every address answers them alike."""

_RADER = [rad.split() for rad in TABELL.strip().splitlines() if rad]
VERB = _RADER[0][2:]
VANTAT = {(rad[0], rad[1]): dict(zip(VERB, map(int, rad[2:]), strict=True)) for rad in _RADER[1:]}
SUBJEKT = list(dict.fromkeys(subjekt for subjekt, _ in VANTAT))
HANDELSER = ["alla", "valda", "stangd"]
AKTORER = ["agare", "lasande", "utestangd"]
UPPHORDA = {"utgangen": "giltig_till", "avstangd": "avstangd"}


@dataclass(frozen=True)
class Varld:
    """The ids of what is published by Agare in each event."""

    database: Database
    underrattelser: dict[str, int]
    utskick: dict[str, int]


@pytest.fixture
def varld(database: Database) -> Varld:
    with transaction(database) as session:
        for aktor, roll in product(AKTORER, Roll):
            _person(session, f"{aktor}-{roll.value}", aktor, roll)
        for namn in UPPHORDA:
            _person(session, namn, "agare", Roll.REDAKTOR)
        person = en_anvandare(session, "administrator@prov.example")
        ett_medlemskap(session, person, en_aktor(session, "agare"), None, administrator=True)
        utskick, underrattelser = {}, {}
        for slug in HANDELSER:
            handelse = en_handelse(session, "agare", slug=slug, lasare=["lasande"] if slug == "valda" else None)
            for aktor in [None, *AKTORER]:
                publicera(session, handelse, aktor)
            version = underratta(session, handelse, "Vägen är stängd", aktor="agare")
            underrattelser[slug] = version.underrattelse_id
            utskick[slug] = _utskick(session, handelse)
            handelse.stangd = clock.now() if slug == "stangd" else None
        return Varld(database, underrattelser, utskick)


def _person(session: Session, namn: str, aktor: str, roll: Roll) -> None:
    ett_medlemskap(session, en_anvandare(session, f"{namn}@prov.example"), en_aktor(session, aktor), roll)


def _utskick(session: Session, handelse: Handelse) -> int:
    besluta(session, handelse, Beslutsslag.LAGE, "Prov")
    session.flush()
    beslut = session.scalars(select(Handelsebeslut.id).where(Handelsebeslut.handelse_id == handelse.id)).one()
    utskick = Utskick(
        slag=Utskicksslag.LAGE,
        handelse_id=handelse.id,
        aktor_id=handelse.agare_id,
        beslut_id=beslut,
        bradskande=False,
        skapad=clock.now(),
        amne="Ett utskick",
        sms="",
        epost="",
    )
    session.add(utskick)
    session.flush()
    return utskick.id


def _upphor(varld: Varld, subjekt: str) -> None:
    """The membership ends after the login."""
    with transaction(varld.database) as session:
        person = session.scalars(select(Anvandare.id).where(Anvandare.epost == f"{subjekt}@prov.example")).one()
        ended = {UPPHORDA[subjekt]: clock.now()}
        session.execute(update(Medlemskap).where(Medlemskap.anvandare_id == person).values(**ended))


def _anrop(varld: Varld, client: FlaskClient, slug: str, egen: str) -> Iterator[tuple[str, str, int]]:
    """(verb, address, status) of everything that one may want to do in the event, for the actor `egen`."""
    handelse, underrattelse = f"/handelser/{slug}", f"/underrattelser/{varld.underrattelser[slug]}"
    las = [handelse, f"{handelse}/tidslinje", f"{handelse}/versioner", f"{handelse}/utskick", underrattelse]
    las += [f"{handelse}/lagesbild/{vem}{del_}" for vem in ("agare", "samlad") for del_ in ("", "/versioner/1")]
    get = [("read", adress) for adress in las] + [
        ("draft", f"{handelse}/lagesbild/{egen}/skriv"),
        ("draft-samlad", f"{handelse}/lagesbild/samlad/skriv"),
        ("lage", f"{handelse}/lage"),
        ("edit", f"{handelse}/redigera"),
        ("follow", f"/utskick/{varld.utskick[slug]}"),
    ]
    text = {"rubrik": "Bron", "text": "Bron är öppen.", "handling": "tyst"}
    post = [
        ("publish", f"{handelse}/underrattelser/ny", {**text, "nyckel": f"ny-{slug}"}),
        ("publish", f"{handelse}/lagesbild/{egen}/oforandrat", {"bas": 1, "nyckel": f"egen-{slug}"}),
        ("publish-samlad", f"{handelse}/lagesbild/samlad/oforandrat", {"bas": 1, "nyckel": f"samlad-{slug}"}),
        ("correct", f"{underrattelse}/ratta", {**text, "bas": 1, "nyckel": f"ratta-{slug}"}),
    ]
    for verb, adress in get:
        yield verb, adress, client.get(adress).status_code
    for verb, adress, data in post:
        yield verb, adress, client.post(adress, data=data).status_code


@pytest.mark.parametrize("subjekt", SUBJEKT)
def test_everybody_may_what_the_table_says_and_nothing_else(varld: Varld, logga_in: LoggaIn, subjekt: str) -> None:
    client = logga_in(f"{subjekt}@prov.example")
    if subjekt in UPPHORDA:
        _upphor(varld, subjekt)
    egen = subjekt.split("-")[0] if "-" in subjekt else "agare"
    fel = [
        f"{verb} {adress}: {status}, not {VANTAT[subjekt, slug][verb]}"
        for slug in HANDELSER
        for verb, adress, status in _anrop(varld, client, slug, egen)
        if status != VANTAT[subjekt, slug][verb]
    ]
    assert not fel, "\n".join(fel)


def test_nobody_writes_for_another_actor_whatever_the_role(varld: Varld, logga_in: LoggaIn) -> None:
    client = logga_in("lasande-redaktor@prov.example")
    assert client.get("/handelser/alla/lagesbild/agare/skriv").status_code == 403
    data = {"bas": 1, "nyckel": "prov"}
    assert client.post("/handelser/alla/lagesbild/agare/oforandrat", data=data).status_code == 403


def test_a_stranger_gets_to_the_login_and_no_further(varld: Varld, client: FlaskClient) -> None:
    for slug in HANDELSER:
        for _verb, adress, status in _anrop(varld, client, slug, "agare"):
            assert status in {302, 401}, adress
    with varld.database.reading() as session:
        assert len(session.scalars(select(Handelsebeslut)).all()) == len(HANDELSER)


# --- the same rule in SQL ------------------------------------------------------------------------------------------


def _far_lasa(subjekt: str, slug: str) -> bool:
    return VANTAT[subjekt, slug]["read"] == 200


def test_the_lists_show_what_each_may_read_and_nothing_else(varld: Varld) -> None:
    for namn in UPPHORDA:
        _upphor(varld, namn)
    with varld.database.reading() as session:
        for subjekt in SUBJEKT:
            person = session.scalars(select(Anvandare).where(Anvandare.epost == f"{subjekt}@prov.example")).one()
            if subjekt in UPPHORDA:
                assert giltiga_medlemskap(session, person.id, clock.now()) == []
                continue
            who = subjekt_for(session, person)
            synliga = set(session.scalars(select(Handelse.slug).where(synlig_for(who))))
            lasbara = set(session.scalars(select(Handelse.slug).where(far_lasa(who.aktor_id))))
            handelser = session.scalars(select(Handelse)).all()
            assert synliga == {h.slug for h in handelser if can(who, Verb.LASA, h.sak(), clock.now())}, subjekt
            assert synliga == {slug for slug in HANDELSER if _far_lasa(subjekt, slug)}, subjekt
            assert synliga == (lasbara if who.roll else set()), subjekt


@pytest.mark.parametrize("slug", HANDELSER)
@pytest.mark.parametrize("slag", list(Notisslag))
def test_only_who_may_read_is_told_of_anything(varld: Varld, slug: str, slag: Notisslag) -> None:
    with transaction(varld.database) as session:
        for person in session.scalars(select(Anvandare)).all():
            en_prenumeration(session, person, slag)
    for namn in UPPHORDA:
        _upphor(varld, namn)
    with varld.database.reading() as session:
        handelse = session.scalars(select(Handelse).where(Handelse.slug == slug)).one()
        told = {rad.anvandare_id for rad in mottagare(session, Fraga(handelse.id, False, slag), clock.now())}
        namn = {
            epost.removesuffix("@prov.example")
            for epost in session.scalars(select(Anvandare.epost).where(Anvandare.id.in_(told)))
        }
    assert namn & set(SUBJEKT) == {subjekt for subjekt in SUBJEKT if _far_lasa(subjekt, slug)}
