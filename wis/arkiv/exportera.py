"""Writing an archive: the rows, the files, the pages, the record, and last the manifest."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.aktorer.models import Aktor
from wis.arkiv import kedja, sidor
from wis.arkiv.filer import Skrivare
from wis.arkiv.format import (
    ANDELSE,
    BILAGA,
    DATA,
    FORHANDSBILD,
    HASHAR,
    KEDJA,
    MANIFEST,
    SCHEMA,
    radfil,
    sha256,
    som_json,
)
from wis.arkiv.sektioner import SEKTIONER, Rad, Sektion, som_skrivet
from wis.arkiv.urval import Urval
from wis.auth.models import Anvandare
from wis.bilagor.queries import innehall
from wis.handelser.models import Handelse


@dataclass(frozen=True)
class Uppdrag:
    """What is taken out and by whom: `vad` is 'handelse:SLUG' or 'aktor:SLUG', `av` and `som` in words.

    `som`: as which actor it is read; '' for all of it.
    """

    vad: str
    urval: Urval
    av: str
    som: str = ""


@dataclass
class _Personer:
    """Whom the rows speak of."""

    aktorer: dict[int, str]
    aktor: set[int] = field(default_factory=set)
    anvandare: set[int] = field(default_factory=set)

    def skrivna(self, sektion: Sektion, rad: Rad) -> Rad:
        """The row as it is written: actors by their slugs, times as text."""
        ut = {}
        for kolumn in sektion.kolumner():
            varde, mal = rad[kolumn.name], sektion.mal(kolumn, rad)
            if varde is not None and mal == "aktor":
                self.aktor.add(varde)
                varde = self.aktorer[varde]
            elif varde is not None and mal == "anvandare":
                self.anvandare.add(varde)
            elif kolumn.name in sektion.aktorlistor:
                self.aktor.update(varde)
                varde = sorted(self.aktorer[id_] for id_ in varde)
            ut[kolumn.name] = som_skrivet(varde)
        return ut


def exportera(session: Session, skrivare: Skrivare, uppdrag: Uppdrag) -> str:
    """Write all of it, as it is in the session's one picture; the manifest's sha256."""
    vilka = _Personer({id_: slug for id_, slug in session.execute(select(Aktor.id, Aktor.slug))})
    saker: set[str] = set()
    for sektion in SEKTIONER:
        rader = _skrivna(session, sektion, uppdrag.urval, vilka, saker)
        skrivare.skriv(DATA.format(sektion.namn), radfil(sektion.namn, rader))
    skrivare.skriv(DATA.format("aktor"), radfil("aktor", _aktorer(session, vilka)))
    skrivare.skriv(DATA.format("anvandare"), radfil("anvandare", _anvandare(session, vilka)))
    _bilagor(session, skrivare, uppdrag.urval)
    sidor.skriv(session, skrivare, uppdrag.urval, uppdrag.som)
    utdrag = kedja.hitta(session, saker, None if uppdrag.urval.who is None else uppdrag.urval.aktor_id)
    skrivare.skriv(KEDJA, radfil("kedja", kedja.rader(session, utdrag)))
    skrivare.skriv(HASHAR, kedja.hashar(session, utdrag))
    manifest = _manifest(session, skrivare, uppdrag)
    skrivare.text(MANIFEST, manifest)
    return sha256(manifest.encode())


def _skrivna(session: Session, sektion: Sektion, urval: Urval, vilka: _Personer, saker: set[str]) -> Iterator[Rad]:
    """The rows as they are written; what the record calls them is added to `saker`."""
    for rad in sektion.rader(session, urval):
        if "id" in rad and (sektion.modell is not Handelse or urval.agare_id in {None, rad["agare_id"]}):
            saker.add(f"{sektion.namn}:{rad['id']}")
        yield vilka.skrivna(sektion, rad)


def _aktorer(session: Session, vilka: _Personer) -> Iterator[Rad]:
    for aktor in session.scalars(select(Aktor).where(Aktor.id.in_(vilka.aktor)).order_by(Aktor.slug)):
        falt = ("slug", "namn", "kortnamn", "typ", "ansluten")
        yield {namn: som_skrivet(getattr(aktor, namn)) for namn in falt}


def _anvandare(session: Session, vilka: _Personer) -> Iterator[Rad]:
    """The names alone: no address, number or right goes along."""
    fraga = select(Anvandare.id, Anvandare.namn).where(Anvandare.id.in_(vilka.anvandare)).order_by(Anvandare.id)
    for id_, namn in session.execute(fraga):
        yield {"id": id_, "namn": namn}


def _bilagor(session: Session, skrivare: Skrivare, urval: Urval) -> None:
    """Each file once, whoever has it, one at a time."""
    sektion = next(sektion for sektion in SEKTIONER if sektion.namn == "bilaga")
    for rad in sektion.rader(session, urval):
        namn = BILAGA.format(rad["sha256"], ANDELSE[rad["slag"]])
        if namn in skrivare.skrivna:
            continue
        skrivare.skriv(namn, [innehall(session, rad["id"], forhandsbild=False) or b""])
        if (bild := innehall(session, rad["id"], forhandsbild=True)) is not None:
            skrivare.skriv(FORHANDSBILD.format(rad["sha256"]), [bild])


def _manifest(session: Session, skrivare: Skrivare, uppdrag: Uppdrag) -> str:
    ids = uppdrag.urval.handelser
    fraga = select(Handelse.slug, Handelse.rubrik, Handelse.ovning).where(Handelse.id.in_(ids)).order_by(Handelse.slug)
    varden: dict[str, Any] = {
        "schema": SCHEMA,
        "vad": uppdrag.vad,
        "exporterad": clock.now().isoformat(),
        "av": uppdrag.av,
        "som": uppdrag.som,
        "utgåva": metadata.version("wis"),
        "händelser": [
            {"slug": slug, "rubrik": rubrik, "övning": ovning} for slug, rubrik, ovning in session.execute(fraga)
        ],
    }
    huvud = som_json(varden)[:-1]
    filer = ",\n".join(
        som_json({"namn": namn, "storlek": langd, "sha256": summa})
        for namn, (langd, summa) in sorted(skrivare.skrivna.items())
    )
    return f'{huvud},"filer":[\n{filer}\n]}}\n'


def anteckna(session: Session, uppdrag: Uppdrag, **uppgifter: object) -> None:
    """Record, in a write transaction, that this is taken out."""
    who = uppdrag.urval.who
    audit.record(
        session,
        kedja.EXPORT,
        anvandare_id=None if who is None else who.anvandare_id,
        aktor_id=None if who is None else who.aktor_id,
        objekt=f"arkiv:{uppdrag.vad}",
        som=uppdrag.som,
        **uppgifter,
    )
