"""Reading an archive in: proved first, then row by row, and no HTML of it believed. All of it, or nothing."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, func, insert, select, text, update
from sqlalchemy.orm import Session

from wis import audit, clock, markup
from wis.aktorer.models import Aktor
from wis.andringar import Andring, Slag, anmal
from wis.arkiv import kedja
from wis.arkiv.filer import Lasare
from wis.arkiv.format import Arkivfel
from wis.arkiv.inlasning import Inlasare, hela, varde
from wis.arkiv.sektioner import SEKTIONER, Rad, Sektion
from wis.arkiv.stenar import html_av
from wis.arkiv.verifiera import Verifierat, verifiera
from wis.auth.krets import Tlp
from wis.auth.models import Anvandare
from wis.auth.rules import Roll, Subjekt
from wis.begaran.models import BegaranPaminnelse
from wis.bilagor.models import Bilaga
from wis.db import Database
from wis.handelser.models import Handelse
from wis.lagesbild import ursprung
from wis.lagesbild.mallar import hel_mall
from wis.lagesbild.models import Lagesbild, LagesbildSektion, LagesbildVersion
from wis.lagesbild.rules import Innehall, Marke
from wis.lagesbild.service import rendera
from wis.settings import Settings
from wis.tx import transaction
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion

_VERSIONER = {
    "lagesbild": ("lagesbild_version", "lagesbild_id"),
    "underrattelse": ("underrattelse_version", "underrattelse_id"),
    "lagesbildsmall": ("lagesbildsmall_version", "mall_id"),
}
"""Where the versions of a thing are, and which column says of what."""


@dataclass
class Utfall:
    """How many rows were read in, and what is not as it was, in Swedish."""

    rader: int = 0
    olika: list[str] = field(default_factory=list)


def importera(database: Database, settings: Settings, lasare: Lasare) -> Utfall:
    """Read the archive in. Raises Arkivfel, with nothing read in, for one that does not hold or does not fit here."""
    provat = verifiera(lasare)
    _prova_luckor(provat)
    filer = hela(settings, lasare, provat.rader["bilaga"])
    with transaction(database) as session:
        return _Import(session, provat, filer).kor()


def _prova_luckor(provat: Verifierat) -> None:
    """Versions follow each other without a gap; an archive of what one actor reads may lack some."""
    fel = []
    for tabell, kolumn in _VERSIONER.values():
        finns: dict[Any, list[int]] = {}
        for rad in provat.rader[tabell]:
            finns.setdefault(rad[kolumn], []).append(rad["nummer"])
        fel += [
            f"{tabell} {id_}: versionerna {sorted(numren)} är inte alla."
            for id_, numren in finns.items()
            if sorted(numren) != list(range(1, len(numren) + 1))
        ]
    if fel:
        som = provat.manifest.get("som") or "någon"
        raise Arkivfel(f"Arkivet är så som {som} läser det, och går att läsa men inte att läsa in.", *fel[:20])


class _Import:
    """One archive being read in, within one transaction."""

    def __init__(self, session: Session, provat: Verifierat, filer: Inlasare) -> None:
        self._session, self._provat, self._filer = session, provat, filer
        self._nya: dict[str, dict[Any, int]] = {}
        self._marke = provat.sha256[:16]
        self._utfall = Utfall()
        self._arkivet = 0

    def kor(self) -> Utfall:
        """Do it."""
        audit.record(
            self._session,
            kedja.IMPORT,
            objekt=f"arkiv:{self._provat.manifest.get('vad', '')}",
            manifest=self._provat.sha256,
            exporterat=self._provat.manifest.get("exporterad", ""),
        )
        self._aktorer()
        self._personer()
        for sektion in SEKTIONER:
            self._sektion(sektion)
        if self._session.get_bind().dialect.name != "sqlite":
            self._rakna_vidare()
        for ny_id in sorted(self._nya["handelse"].values()):
            audit.record(self._session, "händelse importerad", objekt=f"handelse:{ny_id}", manifest=self._provat.sha256)
            anmal(self._session, Andring(Slag.HANDELSE, ny_id, handelse_id=ny_id, aktorer=None))
        return self._utfall

    def _aktorer(self) -> None:
        finns = {slug: id_ for id_, slug in self._session.execute(select(Aktor.id, Aktor.slug))}
        kolumner = {namn: Aktor.__table__.c[namn] for namn in ("slug", "namn", "kortnamn", "typ", "ansluten")}
        for rad in self._provat.rader["aktor"]:
            varden = {namn: varde(kolumn, rad.get(namn)) for namn, kolumn in kolumner.items()}
            if varden["slug"] not in finns:
                ny = Aktor(**varden)
                self._session.add(ny)
                self._session.flush()
                finns[ny.slug] = ny.id
        self._nya["aktor"] = dict(finns)

    def _personer(self) -> None:
        """Everybody as an account that nobody can log in to: a name behind what was written."""
        har = select(Anvandare.id).where(Anvandare.epost == self._epost("arkivet"))
        if self._session.scalar(har) is not None:
            raise Arkivfel("Det arkivet finns redan här: det är inläst.")
        self._nya["anvandare"] = {}
        namn = Anvandare.__table__.c.namn
        for rad in self._provat.rader["anvandare"]:
            self._nya["anvandare"][rad.get("id")] = self._person(str(rad.get("id")), varde(namn, rad.get("namn")))
        self._arkivet = self._person("arkivet", "Arkivet")

    def _person(self, id_: str, namn: str) -> int:
        now = clock.now()
        ny = Anvandare(epost=self._epost(id_), namn=namn, losenord_hash=None, skapad=now, avstangd=now)
        self._session.add(ny)
        self._session.flush()
        return ny.id

    def _epost(self, id_: str) -> str:
        return f"{self._marke}.{id_}@arkiv.invalid".lower()

    # --- a section ----------------------------------------------------------------------------------------------------

    def _sektion(self, sektion: Sektion) -> None:
        rader = self._provat.rader[sektion.namn]
        if "id" in sektion.tabell.columns:
            self._numrera(sektion, rader)
        if sektion.modell is LagesbildSektion:
            return self._sektioner(rader)
        for rad in rader:
            if (ny := self._ny_rad(sektion, rad)) is not None:
                self._session.execute(insert(sektion.tabell).values(ny))
                self._utfall.rader += 1
        self._session.flush()
        return None

    def _numrera(self, sektion: Sektion, rader: list[Rad]) -> None:
        """Which id each row gets: its own, where nothing has that here."""
        id_ = sektion.tabell.c.id
        gamla = [varde(id_, rad["id"]) for rad in rader]
        tagna: set[int] = set()
        for fran in range(0, len(gamla), 500):
            tagna |= set(self._session.scalars(select(id_).where(id_.in_(gamla[fran : fran + 500]))))
        if tagna and sektion.fast_id:
            raise Arkivfel(
                f"Numren {sorted(tagna)[:10]} i {sektion.namn} är upptagna här, och texter hänvisar till dem."
            )
        nasta = max([self._session.scalar(select(func.max(id_))) or 0, *gamla], default=0) + 1
        nya = self._nya.setdefault(sektion.namn, {})
        for gammal in gamla:
            nya[gammal] = nasta if gammal in tagna else gammal
            nasta += gammal in tagna

    def _ny_rad(self, sektion: Sektion, rad: Rad) -> Rad | None:
        """The row as it is written here; None if it is here already."""
        ny = {kolumn.name: self._varde(sektion, kolumn, rad) for kolumn in sektion.kolumner()}
        if sektion.modell is Handelse and self._ar_har(rad, ny):
            return None
        if sektion.naturlig and self._finns(sektion, rad, ny):
            return None
        for namn in sektion.utan:
            ny[namn] = self._eget(sektion, namn, rad)
        if sektion.modell is BegaranPaminnelse:
            # What was to be said in another installation is not said by this one: nobody here has asked for it.
            ny["sand"] = ny["sand"] or clock.now()
        self._html(sektion, rad, ny)
        return ny

    def _varde(self, sektion: Sektion, kolumn: Column[Any], rad: Rad) -> Any:
        gammalt = rad[kolumn.name]
        if kolumn.name == "id" and kolumn.primary_key:
            return self._nya[sektion.namn][gammalt]
        if kolumn.name in sektion.aktorlistor:
            return sorted(self._nya["aktor"][str(slug)] for slug in gammalt if str(slug) in self._nya["aktor"])
        mal = sektion.mal(kolumn, rad)
        if mal and gammalt is not None:
            try:
                return self._nya[mal][gammalt]
            except (KeyError, TypeError) as fel:
                if kolumn.name in sektion.kan_fattas:
                    return None
                raise Arkivfel(f"{sektion.namn}.{kolumn.name} hänvisar till något som inte finns i arkivet.") from fel
        return varde(kolumn, gammalt)

    def _eget(self, sektion: Sektion, namn: str, rad: Rad) -> object:
        if namn == "senaste":
            tabell, kolumn = _VERSIONER[sektion.namn]
            return max((v["nummer"] for v in self._provat.rader[tabell] if v[kolumn] == rad["id"]), default=0)
        if namn == "idempotensnyckel":
            nyckel = ":".join(str(rad[kolumn.name]) for kolumn in sektion.tabell.primary_key.columns)
            return f"arkiv:{self._marke}:{sektion.namn}:{nyckel}"
        return {"anvand": clock.now(), "anvandare_id": self._arkivet}.get(namn)

    def _ar_har(self, rad: Rad, ny: Rad) -> bool:
        """Whether the event is the standing one, which is here already and takes this one's place; else it is new."""
        finns = self._session.execute(
            select(Handelse.id, Handelse.staende).where(
                (Handelse.slug == ny["slug"]) | (Handelse.staende if ny["staende"] else Handelse.id.is_(None))
            )
        ).all()
        if not finns:
            return False
        if not ny["staende"] or len(finns) > 1 or not finns[0].staende or self._anvand(finns[0].id):
            raise Arkivfel(f"Händelsen {ny['slug']} finns redan här. Läs in arkivet i en tom installation.")
        self._nya["handelse"][rad["id"]] = finns[0].id
        html = markup.render(ny["beskrivning"])
        varden = {namn: v for namn, v in ny.items() if namn not in {"id", "beskrivning_html"}}
        self._session.execute(
            update(Handelse).where(Handelse.id == finns[0].id).values(**varden, beskrivning_html=html)
        )
        return True

    def _anvand(self, handelse_id: int) -> bool:
        fragor = (select(sak.id).where(sak.handelse_id == handelse_id).limit(1) for sak in (Lagesbild, Underrattelse))
        return any(self._session.scalar(fraga) is not None for fraga in fragor)

    def _finns(self, sektion: Sektion, rad: Rad, ny: Rad) -> bool:
        """Whether there is such a row here already, from another archive: it is then this one."""
        tabell = sektion.tabell
        lika = [tabell.c[namn] == ny[namn] for namn in sektion.naturlig]
        finns = self._session.execute(select(tabell).where(*lika)).mappings().first()
        if finns is None:
            return False
        om = {namn for namn in ny if namn not in {"id", "skapad", "i_bruk"}}
        if any(finns[namn] != ny[namn] for namn in om):
            raise Arkivfel(f"{sektion.namn} {rad['id']} finns redan här och säger något annat.")
        self._nya[sektion.namn][rad["id"]] = finns["id"]
        return True

    def _html(self, sektion: Sektion, rad: Rad, ny: Rad) -> None:
        """What is made anew of the text; and a file's bytes."""
        if sektion.modell is Handelse:
            ny["beskrivning_html"] = markup.render(ny["beskrivning"])
            self._jamfor(f"händelsen {ny['slug']}", rad["beskrivning_html"], ny["beskrivning_html"])
        elif sektion.modell is UnderrattelseVersion:
            gallrad = self._sten("underrattelse", rad["underrattelse_id"], rad["nummer"])
            ny["html"] = html_av(ny["text"]) if gallrad else markup.render(ny["text"])
            self._jamfor(f"underrättelse {rad['underrattelse_id']} v{rad['nummer']}", rad["html"], ny["html"])
        elif sektion.namn == "gravsten":
            ny["html"] = html_av(ny["text"])
        elif sektion.modell is Bilaga:
            ny["innehall"], ny["forhandsbild"] = self._filer.bilaga(rad)

    def _sten(self, slag: str, id_: object, nummer: object) -> bool:
        nyckel = (slag, id_, nummer)
        return any((s["slag"], s["objekt_id"], s["nummer"]) == nyckel for s in self._provat.rader["gravsten"])

    def _jamfor(self, vad: str, fore: object, efter: str) -> None:
        if fore != efter:
            self._utfall.olika.append(f"{vad}: texten ritas nu på ett annat sätt än när den publicerades.")

    # --- sections of versions -----------------------------------------------------------------------------------------

    def _sektioner(self, rader: list[Rad]) -> None:
        """The sections of every version, drawn anew by the template that each was written by."""
        per: dict[tuple[int, int], list[Rad]] = {}
        for rad in rader:
            per.setdefault((rad["lagesbild_id"], rad["nummer"]), []).append(rad)
        forra: tuple[int, Innehall] = (0, Innehall({}))
        samlade = {rad["id"] for rad in self._provat.rader["lagesbild"] if rad["aktor_id"] is None}
        # The samlade last: what it shows of its sources is looked up in them.
        for (bild, nummer), dessa in sorted(per.items(), key=lambda ett: (ett[0][0] in samlade, ett[0])):
            version = self._session.get(LagesbildVersion, (self._nya["lagesbild"].get(bild), nummer))
            if version is None:
                raise Arkivfel(f"lagesbild_sektion hänvisar till version {nummer} av {bild}, som inte finns i arkivet.")
            texter = {str(rad["nyckel"]): str(rad["kalla"]) for rad in dessa}
            marke = Marke(Tlp(version.tlp), version.lagrum)
            nu = Innehall.av(texter, mall=hel_mall(version, texter), marke=marke)
            fore = nu if version.oforandrad else forra[1] if forra[0] == bild else None
            gallrad = self._sten("lagesbild", bild, nummer)
            html = {n: html_av(t) for n, t in nu.sektioner.items()} if gallrad else self._rendera(version, nu, fore)
            self._skriv(version, dessa, nu, html)
            forra = (bild, nu)
            self._session.expunge(version)

    def _rendera(self, version: LagesbildVersion, nu: Innehall, fore: Innehall | None) -> dict[str, str]:
        """The HTML by key; of the samlade with what its marks of origin said on the day that it was published."""
        handelse, agare = version.lagesbild.handelse, version.lagesbild.handelse.agare
        if version.lagesbild.aktor_id is not None:
            return rendera(nu, fore)
        who = Subjekt(
            self._arkivet, "", "", agare.id, agare.slug, agare.namn, agare.kortnamn, Roll.LASARE, administrator=False
        )
        with clock.at(version.publicerad):
            kallor = ursprung.i_texter(nu.sektioner)
            funna = ursprung.sla_upp(self._session, who, handelse, kallor, Tlp(version.tlp))
            lankar = {kalla: ett.lank() for kalla, ett in funna.items()}
        return rendera(nu, fore, lankar)

    def _skriv(self, version: LagesbildVersion, rader: list[Rad], nu: Innehall, html: dict[str, str]) -> None:
        for rad in sorted(rader, key=lambda rad: rad["ordning"]):
            nyckel, kalla = str(rad["nyckel"]), nu.sektioner.get(str(rad["nyckel"]), "")
            vad = f"lägesbild {rad['lagesbild_id']} v{rad['nummer']}, {nyckel}"
            self._jamfor(vad, f"{rad['kalla']}\0{rad['html']}", f"{kalla}\0{html.get(nyckel, '')}")
            varden = {
                "lagesbild_id": version.lagesbild_id,
                "nummer": version.nummer,
                "nyckel": nyckel,
                "ordning": varde(LagesbildSektion.__table__.c.ordning, rad["ordning"]),
                "kalla": kalla,
                "html": html.get(nyckel, ""),
            }
            self._session.execute(insert(LagesbildSektion).values(varden))
            self._utfall.rader += 1

    def _rakna_vidare(self) -> None:
        """Let PostgreSQL's own numbers go on after those that were given."""
        for tabell in sorted(self._nya):
            sats = f"SELECT setval(pg_get_serial_sequence('{tabell}', 'id'), (SELECT max(id) FROM {tabell}))"  # noqa: S608
            self._session.execute(text(sats))
