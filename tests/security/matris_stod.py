"""Puts the cells to a running application, and says which of them were answered wrongly."""

import random
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import en_app
from tests.security import orakel as o
from tests.security.matris_celler import INGEN, UTGANGEN, Anrop, Cell, i_handelser, ovriga
from tests.security.matris_varld import Matrisvarld, bygg, klient
from wis import clock
from wis.db import Database
from wis.settings import Settings
from wis.tx import transaction

STATUS = {"n": (403,), "d": (404,)}
_ENGANGS = [
    (re.compile(r'nonce="[^"]*"'), "nonce"),
    (re.compile(r'(name="csrf-token" content=)"[^"]*"'), r"\1"),
    (re.compile(r'(name="(?:csrf_token|nyckel)"[^>]*value=")[^"]*"'), r'\1"'),
]


@dataclass
class Matris:
    """The application at the moment of the tables, and a client for each login."""

    app: Flask
    database: Database
    varld: Matrisvarld
    klienter: dict[tuple[str, int | None], FlaskClient] = field(default_factory=dict)
    _svar_om_saknat: dict[tuple[object, ...], tuple[int, str] | None] = field(default_factory=dict)

    def klient(self, person: str, medlemskap: int | None) -> FlaskClient:
        """The person's browser, acting by this membership."""
        nyckel = (person, medlemskap)
        if nyckel not in self.klienter:
            token = None if medlemskap is None else self.varld.token[person, medlemskap]
            self.klienter[nyckel] = klient(self.app, token)
        return self.klienter[nyckel]

    def som(self, person: str, ting: o.Ting) -> FlaskClient:
        """The person's browser, acting by the membership that has to do with the thing."""
        return self.klient(person, None if person == INGEN else self.varld.medlemskap(person, ting))

    def celler(self) -> list[Cell]:
        """Every cell that is put over HTTP."""
        return [
            cell
            for cell in (*i_handelser(self.varld), *ovriga(self.varld))
            if not (cell.anrop.bara_nej and cell.svar == "J")
        ]

    def fraga(self, cell: Cell) -> tuple[int, str]:
        """What is answered: the status and the page."""
        client = self.klient(cell.person, cell.medlemskap)
        return sand(client, cell.anrop)

    def fel(self, celler: Iterable[Cell]) -> list[str]:
        """The cells that were answered otherwise than the tables say."""
        found = []
        for cell in celler:
            status, sida = self.fraga(cell)
            ratt = vantat(cell)
            if status not in ratt:
                found.append(f"{cell.person}: {cell.verb} {cell.vad} {cell.anrop}: {status}, not {ratt}")
            elif cell.svar == "d" and cell.person not in {INGEN, UTGANGEN}:
                # Once more if they differ: a word left over from an earlier cell is said on one page, and then gone.
                skillnad = self._skillnad_mot_saknat(cell, status, sida, self._saknat(cell))
                skillnad = skillnad and self._skillnad_mot_saknat(cell, *self.fraga(cell), self.som_saknat(cell))
                if skillnad:
                    found.append(f"{cell.person}: {cell.verb} {cell.vad} {cell.anrop}: not as missing: {skillnad}")
        return found

    def _skillnad_mot_saknat(self, cell: Cell, status: int, sida: str, saknas: tuple[int, str] | None) -> object:
        """What differs between the answer and that of something missing; None if nothing, or nothing can be missing."""
        if saknas is None:
            return None
        dold = rensad(sida, cell.anrop.adress)
        return None if saknas == (status, dold) else _skillnad(saknas[1], dold) or (saknas[0], status)

    def _saknat(self, cell: Cell) -> tuple[int, str] | None:
        """As som_saknat(), asked once: hundreds of cells are about the same missing thing, and nothing changes."""
        nyckel = (cell.person, cell.medlemskap, cell.anrop.metod, saknat(cell.anrop.adress), cell.anrop.data)
        if nyckel not in self._svar_om_saknat:
            self._svar_om_saknat[nyckel] = self.som_saknat(cell)
        return self._svar_om_saknat[nyckel]

    def som_saknat(self, cell: Cell) -> tuple[int, str] | None:
        """What the same person is told where there is nothing."""
        adress = saknat(cell.anrop.adress)
        if adress is None:
            return None
        anrop = Anrop(cell.anrop.metod, adress, cell.anrop.klart, cell.anrop.data)
        status, sida = sand(self.klient(cell.person, cell.medlemskap), anrop)
        return status, rensad(sida, adress)


@contextmanager
def en_matris(mall: Path, mapp: Path) -> Iterator[Matris]:
    """The world of the tables in a fresh SQLite database in the folder, copied from the template, and the app on it."""
    shutil.copy(mall, mapp / "wis.db")
    url = f"sqlite:///{mapp / 'wis.db'}"
    database = Database(url)
    settings = Settings(
        instance=mapp,
        secret_key="test" * 16,
        database_url=url,
        base_url="http://localhost",
        embedded_worker=False,
        andra_faktor="ingen",
    )
    with clock.at(o.NU), transaction(database) as session:
        varld = bygg(session)
    yield Matris(en_app(settings, database), database, varld)
    database.dispose()


def sand(client: FlaskClient, anrop: Anrop) -> tuple[int, str]:
    """Send it as a browser does."""
    with client.open(anrop.adress, method=anrop.metod, data=dict(anrop.data) or None) as svar:
        # An archive is no text.
        return svar.status_code, svar.get_data().decode(errors="replace")


def vantat(cell: Cell) -> tuple[int, ...]:
    """The statuses that the letter of the cell lets be answered.

    Here, and nowhere else, is said what is answered to those whom the gate stops before anything is asked of the
    thing: who is not logged in is sent to the login, and one whose membership has run out is told that it has; both
    whatever the address is.
    """
    if cell.person == INGEN:
        return (302,) if cell.anrop.metod == "GET" else (401,)
    if cell.person == UTGANGEN:
        return (403,)
    return cell.anrop.klart if cell.svar == "J" else STATUS[cell.svar]


_SAKNADE: list[tuple[str, str]] = [
    (r"^(/handelser/)ting-\d+(?=[/?]|$)", r"\1ingen-sadan"),
    (r"^/underrattelser/\d+", "/underrattelser/99999"),
    (r"^/underrattelser\?handelse=.*", "/underrattelser?handelse=ingen-sadan"),
    (r"^/utskick/\d+", "/utskick/99999"),
    (r"^/n/\d+", "/n/99999"),
    (r"^/funktioner/\d+", "/funktioner/99999"),
]


def saknat(adress: str) -> str | None:
    """The same address of what is not there."""
    for monster, ersatt in _SAKNADE:
        ny, antal = re.subn(monster, ersatt, adress)
        if antal:
            return ny
    return None


def _skillnad(ena: str, andra: str) -> tuple[str, str] | None:
    """The first lines of the two that differ."""
    par = zip(ena.split("\n"), andra.split("\n"), strict=False)
    return next((rader for rader in par if rader[0] != rader[1]), None)


def rensad(sida: str, adress: str) -> str:
    """The page without what is new each time, and without the address that was asked."""
    for monster, ersatt in _ENGANGS:
        sida = monster.sub(ersatt, sida)
    path = adress.split("?")[0]
    for form in (adress, path):
        for skriven in (form, form.replace("&", "&amp;"), quote(form), quote(form, safe="")):
            sida = sida.replace(skriven, "ADRESS")
    return sida


def spridning(celler: list[Cell], minst: int) -> list[Cell]:
    """A deterministic spread: each person × verb × letter, and each thing × request, at least once, and `minst` in all.

    The same each time, whatever the order of the tables.
    """
    blandade = sorted(celler, key=lambda c: (c.person, c.verb, c.vad, c.anrop.metod, c.anrop.adress))
    random.Random(3).shuffle(blandade)
    valda: dict[int, Cell] = {}
    for nyckel in NYCKLAR:
        sedda: set[object] = set()
        for plats, cell in enumerate(blandade):
            if nyckel(cell) not in sedda:
                sedda.add(nyckel(cell))
                valda[plats] = cell
    for plats, cell in enumerate(blandade):
        if len(valda) >= minst:
            break
        valda[plats] = cell
    return list(valda.values())


NYCKLAR: list[Callable[[Cell], object]] = [
    lambda c: (c.person, c.verb, c.svar),
    lambda c: (c.vad, c.verb, c.svar),
    lambda c: (c.verb, c.anrop.metod, re.sub(r"\d+", "#", c.anrop.adress), c.svar),
    lambda c: (c.vad, c.anrop.metod, c.anrop.adress),
]
