"""Which tables an archive holds, in the order that they are read in again. A new kind is one more Sektion."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, LargeBinary, Table, and_, false, inspect, or_, select
from sqlalchemy.orm import Session

from wis.anteckningar.models import Anteckning, StrukenAnteckning
from wis.arkiv.models import Gravsten, Gravstensslag
from wis.arkiv.urval import Urval
from wis.begaran.models import Begaran, BegaranMall, BegaranMottagare, BegaranPaminnelse, BegaranSvar
from wis.bilagor.models import Bilaga, LagesbildBilaga
from wis.db import Base
from wis.handelser.models import Handelse, Handelsebeslut, HandelseLasare, Lasarkrets, LasarkretsAktor
from wis.lagesbild.models import (
    Lagesbild,
    LagesbildKalla,
    LagesbildSektion,
    Lagesbildsmall,
    LagesbildsmallVersion,
    LagesbildVersion,
    Medgivande,
)
from wis.paverkan.models import Paverkan, PaverkanSvar
from wis.taggar import Tagg
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion

Rad = dict[str, Any]


@dataclass(frozen=True)
class Sektion:
    """A table in an archive: which of its rows, and what of them.

    `utan`: columns that say nothing of the content, and get a value of their own when they are read in. `pekar`: for
    columns that refer to several tables, the table that a row's value is of. `dolj`: what a row says to the one who
    reads. `naturlig`: columns by which a row that is there already is taken for this one. `fast_id`: others refer to
    the row by its number in their text. `kan_fattas`: columns whose thing an archive may lack, and which say nothing
    then; never one that says who reads. `aktorlistor`: columns with lists of ids of actors.
    """

    modell: type[Base]
    villkor: Callable[[Urval], ColumnElement[bool]]
    utan: frozenset[str] = frozenset()
    pekar: Mapping[str, Callable[[Rad], str]] = field(default_factory=dict)
    dolj: Callable[[Rad, Urval], Rad] = lambda rad, _urval: rad
    naturlig: tuple[str, ...] = ()
    fast_id: bool = False
    kan_fattas: frozenset[str] = frozenset()
    aktorlistor: frozenset[str] = frozenset()

    @property
    def tabell(self) -> Table:
        """The table."""
        tabell = inspect(self.modell).local_table
        if not isinstance(tabell, Table):
            raise TypeError(self.modell)
        return tabell

    @property
    def namn(self) -> str:
        """What its file is called."""
        return self.tabell.name

    def kolumner(self) -> list[Column[Any]]:
        """The columns that an archive holds."""
        return [k for k in self.tabell.columns if k.name not in self.utan and not isinstance(k.type, LargeBinary)]

    def rader(self, session: Session, urval: Urval) -> Iterator[Rad]:
        """The rows, in the order of the primary key, as the database has them."""
        kolumner, ordning = self.kolumner(), list(self.tabell.primary_key.columns)
        fraga = select(*kolumner).where(self.villkor(urval)).order_by(*ordning)
        for rad in session.execute(fraga.execution_options(yield_per=200)).mappings():
            yield self.dolj({k.name: rad[k.name] for k in kolumner}, urval)

    def mal(self, kolumn: Column[Any], rad: Rad) -> str:
        """The name of the table whose id the column holds; '' for none."""
        if kolumn.name in self.pekar:
            return self.pekar[kolumn.name](rad)
        return pekar_pa(kolumn)


def pekar_pa(kolumn: Column[Any]) -> str:
    """The name of the table whose `id` the column holds, through however many references; '' for none."""
    for fk in sorted(kolumn.foreign_keys, key=lambda fk: fk.target_fullname):
        if fk.column.name == "id":
            return fk.column.table.name
        if fk.column.table is not kolumn.table and (vidare := pekar_pa(fk.column)):
            return vidare
    return ""


def som_skrivet(varde: object) -> object:
    """As it stands in JSON."""
    return varde.isoformat() if isinstance(varde, datetime) else varde


_NYCKEL = frozenset({"idempotensnyckel"})


def _utan_nodlage(rad: Rad, urval: Urval) -> Rad:
    """Why one published alone is the actor's own affair."""
    if urval.who is None or urval.who.hor_till(rad["aktor_id"]):
        return rad
    return rad | {"nodlage": ""}


def _bilder(urval: Urval) -> ColumnElement[bool]:
    return Lagesbild.id.in_(select(urval.bilder().subquery().c.lagesbild_id))


def _underrattelser(urval: Urval) -> ColumnElement[bool]:
    return Underrattelse.id.in_(select(urval.underrattelser().subquery().c.underrattelse_id))


def _kretsar(urval: Urval) -> ColumnElement[bool]:
    bild, sak = select(Lagesbild.krets_id), select(Underrattelse.krets_id)
    return or_(
        Lasarkrets.id.in_(bild.where(_bilder(urval), Lagesbild.krets_id.is_not(None))),
        Lasarkrets.id.in_(sak.where(_underrattelser(urval), Underrattelse.krets_id.is_not(None))),
    )


def _mallar(urval: Urval) -> ColumnElement[bool]:
    """The templates that were written by; for whoever takes out all, every one of the owners' (see med_egna())."""
    version, mall = LagesbildVersion, LagesbildsmallVersion
    anvanda = select(version.mall_version_id).where(urval.ar_bild(version.lagesbild_id, version.nummer))
    brukade = Lagesbildsmall.id.in_(select(mall.mall_id).where(mall.id.in_(anvanda)))
    if urval.agare_id is not None:
        return or_(brukade, Lagesbildsmall.aktor_id == urval.agare_id)
    if urval.who is not None:
        return brukade
    return or_(brukade, Lagesbildsmall.aktor_id.in_(select(Lagesbild.aktor_id).where(_bilder(urval))))


def _om(urval: Urval, sten: type[Gravsten] | type[Tagg]) -> ColumnElement[bool]:
    """SQL: the row is of something that is taken out."""
    av_bild = and_(sten.slag == Gravstensslag.LAGESBILD, urval.ar_bild(sten.objekt_id, sten.nummer))
    av_sak = and_(sten.slag == Gravstensslag.UNDERRATTELSE, urval.ar_underrattelse(sten.objekt_id, sten.nummer))
    beslut = select(Handelsebeslut.id).where(urval.beslut())
    ord_ = select(Anteckning.id).where(urval.anteckningar())
    av_ord = and_(sten.slag == Gravstensslag.ANTECKNING, sten.objekt_id.in_(ord_))
    return or_(av_bild, av_sak, av_ord, and_(sten.slag == Gravstensslag.BESLUT, sten.objekt_id.in_(beslut)))


def _gravstenar(urval: Urval) -> ColumnElement[bool]:
    return _om(urval, Gravsten)


def _taggar(urval: Urval) -> ColumnElement[bool]:
    return _om(urval, Tagg)


def _gravsatt(rad: Rad) -> str:
    return {
        Gravstensslag.LAGESBILD: "lagesbild",
        Gravstensslag.UNDERRATTELSE: "underrattelse",
        Gravstensslag.BESLUT: "handelsebeslut",
        Gravstensslag.ANTECKNING: "anteckning",
    }[Gravstensslag(rad["slag"])]


def _begaran(urval: Urval) -> ColumnElement[bool]:
    """What was asked: all of it, or what the actor asked or was asked."""
    if urval.aktor_id is None:
        return Begaran.handelse_id.in_(urval.handelser)
    tillfragad = select(BegaranMottagare.begaran_id).where(BegaranMottagare.aktor_id == urval.aktor_id)
    egen = or_(Begaran.aktor_id == urval.aktor_id, Begaran.id.in_(tillfragad))
    return and_(Begaran.handelse_id.in_(urval.handelser), egen)


def _mottagare(urval: Urval) -> ColumnElement[bool]:
    """Whom it was put to, with what they answered: of what one asked all, of what one was asked one's own."""
    mottagare, begaran = BegaranMottagare, select(Begaran.id).where(_begaran(urval))
    if urval.aktor_id is None:
        return mottagare.begaran_id.in_(begaran)
    egen = mottagare.begaran_id.in_(begaran.where(Begaran.aktor_id == urval.aktor_id))
    return or_(egen, and_(mottagare.aktor_id == urval.aktor_id, mottagare.begaran_id.in_(begaran)))


def _kallor(urval: Urval) -> ColumnElement[bool]:
    """Where a samlad comes from, as far as that is taken out too."""
    rad, svar = LagesbildKalla, select(BegaranMottagare.id).where(_mottagare(urval))
    ur_bild = urval.ar_bild(rad.kalla_lagesbild_id, rad.kalla_nummer)
    return and_(urval.ar_bild(rad.lagesbild_id, rad.nummer), or_(ur_bild, rad.mottagare_id.in_(svar)))


def _medgivanden(urval: Urval) -> ColumnElement[bool]:
    """The affair of who asked and who owns."""
    rad = Medgivande
    i_arkivet = urval.ar_bild(rad.kalla_lagesbild_id, rad.kalla_nummer)
    if urval.aktor_id is None:
        return i_arkivet
    return and_(i_arkivet, or_(rad.agare_id == urval.aktor_id, rad.begard_aktor_id == urval.aktor_id))


def _paverkan(urval: Urval) -> ColumnElement[bool]:
    """The affair of the two actors, where the versions that it stands in are taken out."""
    bild, rad = Paverkan.lagesbild_id, Paverkan
    i_arkivet = and_(urval.ar_bild(bild, rad.nummer), urval.ar_bild(bild, rad.forst))
    if urval.aktor_id is None:
        return i_arkivet
    return and_(i_arkivet, or_(rad.aktor_id == urval.aktor_id, rad.agare_id == urval.aktor_id))


_V, _UV, _S, _B = LagesbildVersion, UnderrattelseVersion, LagesbildSektion, LagesbildBilaga
SEKTIONER: tuple[Sektion, ...] = (
    Sektion(Handelse, lambda u: Handelse.id.in_(u.handelser), _NYCKEL),
    Sektion(HandelseLasare, lambda u: HandelseLasare.handelse_id.in_(u.handelser)),
    Sektion(Handelsebeslut, Urval.beslut),
    Sektion(Lagesbildsmall, _mallar, frozenset({"senaste"}), naturlig=("aktor_id", "typ")),
    Sektion(
        LagesbildsmallVersion,
        lambda u: LagesbildsmallVersion.mall_id.in_(select(Lagesbildsmall.id).where(_mallar(u))),
        frozenset({"anvandare_id"}),
        naturlig=("mall_id", "nummer"),
    ),
    Sektion(Lasarkrets, _kretsar),
    Sektion(LasarkretsAktor, lambda u: LasarkretsAktor.krets_id.in_(select(Lasarkrets.id).where(_kretsar(u)))),
    Sektion(Lagesbild, _bilder, frozenset({"senaste"})),
    Sektion(_V, lambda u: u.ar_bild(_V.lagesbild_id, _V.nummer), _NYCKEL, dolj=_utan_nodlage),
    Sektion(
        Bilaga,
        lambda u: Bilaga.id.in_(select(_B.bilaga_id).where(u.ar_bild(_B.lagesbild_id, _B.nummer))),
        frozenset({"anvand"}),
        naturlig=("aktor_id", "sha256"),
    ),
    Sektion(_B, lambda u: u.ar_bild(_B.lagesbild_id, _B.nummer)),
    Sektion(Underrattelse, _underrattelser, frozenset({"senaste"}), fast_id=True),
    Sektion(_UV, lambda u: u.ar_underrattelse(_UV.underrattelse_id, _UV.nummer), _NYCKEL, dolj=_utan_nodlage),
    Sektion(Anteckning, Urval.anteckningar, _NYCKEL),
    Sektion(
        StrukenAnteckning,
        lambda u: StrukenAnteckning.anteckning_id.in_(select(Anteckning.id).where(u.anteckningar())),
    ),
    Sektion(Begaran, _begaran, _NYCKEL, fast_id=True),
    Sektion(BegaranMottagare, _mottagare, frozenset({"lank_hash", "oppnad_av_id"}), fast_id=True),
    Sektion(
        BegaranSvar,
        lambda u: BegaranSvar.mottagare_id.in_(select(BegaranMottagare.id).where(_mottagare(u))),
        _NYCKEL,
        kan_fattas=frozenset({"lagesbild_id"}),
    ),
    # After the answers: a samlad shows them.
    Sektion(_S, lambda u: u.ar_bild(_S.lagesbild_id, _S.nummer)),
    Sektion(LagesbildKalla, _kallor),
    Sektion(Medgivande, _medgivanden, _NYCKEL, aktorlistor=frozenset({"aktorer"})),
    Sektion(
        BegaranPaminnelse,
        lambda u: BegaranPaminnelse.begaran_id.in_(select(Begaran.id).where(_begaran(u))),
    ),
    Sektion(
        BegaranMall,
        lambda u: false() if u.agare_id is None else BegaranMall.aktor_id == u.agare_id,
        naturlig=("aktor_id", "namn"),
    ),
    Sektion(Paverkan, _paverkan, kan_fattas=frozenset({"foregaende_id"})),
    Sektion(
        PaverkanSvar,
        lambda u: PaverkanSvar.paverkan_id.in_(select(Paverkan.id).where(_paverkan(u))),
        _NYCKEL,
    ),
    Sektion(Tagg, _taggar, pekar={"objekt_id": _gravsatt}),
    Sektion(Gravsten, _gravstenar, pekar={"objekt_id": _gravsatt}),
)
UTELAMNADE: dict[str, str] = {
    "handelseroll": "personers roller följer inte med: i en ny installation ges de på nytt",
    "medlemskap": "gästers medlemskap, som ovan",
    "prenumeration": "personers egna val",
    "bevakning": "personers egna val",
    "bevakningstraff": "personers egna val",
    "lasmarke": "personers egna läsmärken",
    "versionsmarke": "personers och funktioners egna läsmärken",
    "utskick": "leveranserna är personuppgifter; vad som sades står i versionen",
    "leverans": "personuppgifter",
    "kvittens": "personuppgifter",
    "rattsfraga": "frågor mellan personer om behörighet",
    "forslag": "inte publicerat",
    "utkast": "inte publicerat",
    "utkast_bilaga": "inte publicerat",
    "overbliven_text": "inte publicerat",
    "skrivnarvaro": "gäller en minut",
    "sokpost": "byggs på nytt",
    "tystnad_paminnelse": "när någon senast påmindes; i loggen står alla gånger",
    "forberedd_handelse": "hur en händelse förbereddes, inte vad som sades i den",
    "checkpunkt": "aktörens egen checklista medan händelsen pågår",
}
"""The tables of what belongs to an event that an archive leaves out, and why."""
