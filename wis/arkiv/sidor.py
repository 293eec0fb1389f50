"""The pages of an archive: HTML that opens without a network, and markdown for who reads in fifty years."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from wis import datum, tolk
from wis.aktorer.queries import svensk_nyckel
from wis.anteckningar.models import Anteckning, StrukenAnteckning
from wis.arkiv.filer import Skrivare
from wis.arkiv.format import ANDELSE, BILAGA, FORHANDSBILD
from wis.arkiv.urval import Urval
from wis.auth.krets import Tlp
from wis.bilagor.queries import Bifogad, i_version
from wis.bilagor.rules import storlek
from wis.handelser.models import Handelse, Handelsebeslut
from wis.lage.service import beslutsrubrik
from wis.lagesbild.mallar import hel_mall
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.lagesbild.queries import find_version
from wis.lagesbild.sida import att_lasa
from wis.settings import PROJECT_ROOT
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion

STIL = "stil/wis.css"


@dataclass(frozen=True)
class Post:
    """A line of the timeline; `lank` from the event's folder."""

    tid: datetime
    vem: str
    vad: str
    text: str
    lank: str
    tlp: str = "clear"


@dataclass(frozen=True)
class Fil:
    """An attachment as a page shows it."""

    namn: str
    i_ord: str
    lank: str
    bild: str


@cache
def _miljo() -> Environment:
    """Templates without the web: no request, no address of a server, and times that do not grow old."""
    miljo = Environment(
        loader=FileSystemLoader(PROJECT_ROOT / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    tolk.bara_svenska(miljo)
    miljo.filters |= {namn: datum.datumtid for namn in ("tid", "tidpunkt", "datumtid")}
    miljo.globals["tlpnamn"] = lambda tlp: Tlp(tlp).namn
    miljo.globals["beslutsrubrik"] = beslutsrubrik
    return miljo


def rita_fil(mall: str, **varden: Any) -> str:
    """The page of a template, to be read as a file or on paper: away from the web, and long after."""
    return _miljo().get_template(mall).render(**varden)


def _rita(mall: str, **varden: Any) -> str:
    return rita_fil(f"arkiv/{mall}", **varden)


def skriv(session: Session, skrivare: Skrivare, urval: Urval, som: str) -> None:
    """Write every page, and the style that they share."""
    handelser = session.scalars(select(Handelse).where(Handelse.id.in_(urval.handelser)).order_by(Handelse.slug)).all()
    for handelse in handelser:
        _handelse(session, skrivare, urval, handelse)
    skrivare.text("index.html", _rita("index.html", handelser=handelser, som=som, rot=""))
    skrivare.text(STIL, (PROJECT_ROOT / "static" / "css" / "wis.css").read_text("utf-8"))


def _handelse(session: Session, skrivare: Skrivare, urval: Urval, handelse: Handelse) -> None:
    mapp, poster = f"handelser/{handelse.slug}", list[Post]()
    bilder = [_bild(session, skrivare, urval, bild, poster) for bild in _bilder(session, urval, handelse)]
    saker = [_underrattelse(skrivare, handelse, versioner, poster) for versioner in _saker(session, urval, handelse)]
    beslut = select(Handelsebeslut).where(Handelsebeslut.handelse_id == handelse.id, urval.beslut())
    for ett in session.scalars(beslut.order_by(Handelsebeslut.tid, Handelsebeslut.id)):
        poster.append(Post(ett.tid, ett.aktor.kortnamn, beslutsrubrik(ett.slag, ett.lage), ett.motivering, ""))
    poster += _anteckningar(session, urval, handelse)
    # Python's sort keeps those of one moment as they came: in the order of their numbers.
    poster.sort(key=lambda post: post.tid, reverse=True)
    gemensamt = {"handelse": handelse, "rot": "../../"}
    skrivare.text(f"{mapp}/index.html", _rita("handelse.html", bilder=bilder, saker=saker, **gemensamt))
    skrivare.text(f"{mapp}/tidslinje.html", _rita("tidslinje.html", poster=poster, **gemensamt))
    session.expunge_all()


def _anteckningar(session: Session, urval: Urval, handelse: Handelse) -> Iterator[Post]:
    """The diary; what was struck stays, and says so."""
    struken = StrukenAnteckning
    fraga = select(Anteckning, struken.tid).outerjoin(struken, struken.anteckning_id == Anteckning.id)
    fraga = fraga.where(Anteckning.handelse_id == handelse.id, urval.anteckningar())
    for rad, nar in session.execute(fraga.order_by(Anteckning.tid, Anteckning.id)):
        vad = "anteckning" if nar is None else "struken anteckning"
        yield Post(rad.tid, rad.aktor.kortnamn, vad, rad.text, "")


def _bilder(session: Session, urval: Urval, handelse: Handelse) -> list[Lagesbild]:
    """The samlade first, then in Swedish order."""
    har = select(urval.bilder().subquery().c.lagesbild_id)
    fraga = select(Lagesbild).options(joinedload(Lagesbild.aktor))
    found = session.scalars(fraga.where(Lagesbild.handelse_id == handelse.id, Lagesbild.id.in_(har)))
    return sorted(found, key=lambda bild: (bild.aktor_id is not None, svensk_nyckel(bild.namn)))


def _bild(
    session: Session, skrivare: Skrivare, urval: Urval, bild: Lagesbild, poster: list[Post]
) -> tuple[Lagesbild, list[LagesbildVersion]]:
    """Write each version; the lägesbild and its versions, newest first."""
    nycklar = urval.bilder().where(LagesbildVersion.lagesbild_id == bild.id).order_by(LagesbildVersion.nummer)
    numren, forra, ut = [nummer for _, nummer in session.execute(nycklar)], None, []
    for nummer in numren:
        version = find_version(session, bild.id, nummer)
        if version is None:
            raise LookupError(f"{bild.id}:{nummer}")
        if forra is not None and forra.nummer != nummer - 1:
            forra = None
        _version(session, skrivare, bild, version, forra)
        lank = f"lagesbild/{bild.slug}/{nummer}.html"
        vad = "samlad lägesbild" if bild.aktor_id is None else "lägesbild"
        text = version.andringsnotering or version.sammanfattning
        poster.append(Post(version.publicerad, version.aktor.kortnamn, f"{vad} v{nummer}", text, lank, version.tlp))
        forra = version
        ut.append(version)
    return bild, ut[::-1]


def _version(
    session: Session,
    skrivare: Skrivare,
    bild: Lagesbild,
    version: LagesbildVersion,
    forra: LagesbildVersion | None,
) -> None:
    stam = f"handelser/{bild.handelse.slug}/lagesbild/{bild.slug}/{version.nummer}"
    namn = "Samlad lägesbild" if bild.aktor_id is None else f"Lägesbild {bild.namn}"
    filer = [_fil(bifogad, "../../../../") for bifogad in i_version(session, bild.id, version.nummer)]
    varden = {
        "handelse": bild.handelse,
        "version": version,
        "namn": namn,
        "filer": filer,
        "rot": "../../../../",
        "forra": 0 if forra is None else forra.nummer,
    }
    skrivare.text(f"{stam}.html", _rita("version.html", grupper=att_lasa(version, forra), **varden))
    skrivare.text(f"{stam}.md", _rita("version.md", avsnitt=list(_avsnitt(version)), **varden))


def _avsnitt(version: LagesbildVersion) -> Iterator[tuple[str, str]]:
    """The name and the text of each filled section."""
    texter = {s.nyckel: s.kalla for s in version.sektioner}
    for avsnitt in hel_mall(version, texter).avsnitt:
        if avsnitt.nyckel in texter:
            yield avsnitt.namn, texter[avsnitt.nyckel]


def _fil(bifogad: Bifogad, rot: str) -> Fil:
    i_ord = f"{bifogad.slag.i_ord}, {storlek(bifogad.langd)}"
    lank = rot + BILAGA.format(bifogad.sha256, ANDELSE[bifogad.slag])
    bild = rot + FORHANDSBILD.format(bifogad.sha256) if bifogad.slag.bild else ""
    return Fil(bifogad.rad.beskrivning or bifogad.rad.namn, i_ord, lank, bild)


def _saker(session: Session, urval: Urval, handelse: Handelse) -> Iterator[Sequence[UnderrattelseVersion]]:
    """The versions of each underrättelse, oldest first."""
    version = UnderrattelseVersion
    ids = select(urval.underrattelser().subquery().c.underrattelse_id)
    sak = Underrattelse
    fraga = select(sak.id).where(sak.handelse_id == handelse.id, sak.id.in_(ids)).order_by(sak.id)
    for id_ in session.scalars(fraga).all():
        lasbara = urval.ar_underrattelse(version.underrattelse_id, version.nummer)
        yield session.scalars(
            select(version)
            .options(joinedload(version.forfattare), joinedload(version.godkand_av))
            .where(version.underrattelse_id == id_, lasbara)
            .order_by(version.nummer)
        ).all()


def _underrattelse(
    skrivare: Skrivare, handelse: Handelse, versioner: Sequence[UnderrattelseVersion], poster: list[Post]
) -> UnderrattelseVersion:
    """Write the underrättelse; its newest version."""
    senaste, aktor = versioner[-1], versioner[-1].underrattelse.aktor
    stam = f"underrattelser/{senaste.underrattelse_id}"
    varden = {"handelse": handelse, "versioner": versioner, "aktor": aktor, "rot": "../../../"}
    for andelse in ("html", "md"):
        skrivare.text(f"handelser/{handelse.slug}/{stam}.{andelse}", _rita(f"underrattelse.{andelse}", **varden))
    for ett in versioner:
        vad = "underrättelse" if ett.nummer == 1 else f"RÄTTELSE v{ett.nummer}"
        poster.append(Post(ett.publicerad, aktor.kortnamn, vad, ett.rubrik, f"{stam}.html", ett.tlp))
    return senaste
