"""Fetching a lägesbild for a view: only if the one who asks may."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import request, url_for
from sqlalchemy.orm import Session

from wis import web
from wis.aktorer.models import Aktor
from wis.auth.atkomst import Nekad, avbryt_dold, inloggad, kraver, tillgang
from wis.auth.rules import Sak, Verb
from wis.handelser.atkomst import hamta_handelse
from wis.handelser.models import Handelse, Lasarkrets
from wis.handelser.sakkrets import Otillaten
from wis.lagesbild import kallprov, queries
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.lagesbild.plats import Plats, sak_for
from wis.lagesbild.rules import Innehall
from wis.lagesbild.ursprungsregler import Lankar

SAMLAD = "samlad"


@dataclass(frozen=True)
class Mal:
    """The lägesbild that the address means, in the request's read session; `aktor` None for the samlade.

    `lasta`: its last versions, read with it; each is judged when it is asked for.
    """

    handelse: Handelse
    aktor: Aktor | None
    lagesbild: Lagesbild | None
    lasta: Mapping[int, LagesbildVersion] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        """The last part of the address."""
        return SAMLAD if self.aktor is None else self.aktor.slug

    @property
    def namn(self) -> str:
        """As a heading: 'Samlad lägesbild' or 'Lägesbild från Trafikverket'."""
        return "Samlad lägesbild" if self.aktor is None else f"Lägesbild från {self.aktor.namn}"

    @property
    def att_skriva(self) -> str:
        """As the heading of the page for writing."""
        return "Skriv samlad lägesbild" if self.aktor is None else f"Skriv lägesbild för {self.aktor.namn}"

    @property
    def sak(self) -> Sak:
        """What rights are judged on."""
        return sak_for(self.handelse, self.aktor, self.krets)

    @property
    def krets(self) -> Lasarkrets | None:
        """Who reads it, if that is narrowed."""
        return None if self.lagesbild is None else self.lagesbild.krets

    @property
    def publicerad(self) -> bool:
        """Whether any version of it is published."""
        return self.lagesbild is not None and self.lagesbild.senaste > 0

    @property
    def senaste(self) -> int:
        """The number of the latest version; 0 if there is none."""
        return 0 if self.lagesbild is None else self.lagesbild.senaste

    def sak_for(self, version: LagesbildVersion) -> Sak:
        """What the right to read one version is judged on."""
        return sak_for(self.handelse, self.aktor, self.krets, version)

    @property
    def plats(self) -> Plats:
        """The same, to be held over a transaction."""
        return Plats(self.handelse.id, None if self.aktor is None else self.aktor.id)

    def url(self, endpoint: str, **varden: Any) -> str:
        """The address of another page about this lägesbild."""
        return url_for(f"lagesbild.{endpoint}", slug=self.handelse.slug, vem=self.slug, **varden)

    def version(self, nummer: int) -> LagesbildVersion:
        """This version with its sections. Raises NotFound, and Nekad unless the one who asks may read it."""
        if self.lagesbild is None or not 1 <= nummer <= self.lagesbild.senaste:
            avbryt_dold()
        found = queries.find_version(web.session(), self.lagesbild.id, nummer) or avbryt_dold()
        kraver(Verb.LASA, self.sak_for(found))
        return found

    def version_och_forra(self, nummer: int) -> tuple[LagesbildVersion, LagesbildVersion | None]:
        """This version, and the one before if one may read that; their sections not yet read. Raises as version()."""
        if self.lagesbild is None or not 1 <= nummer <= self.lagesbild.senaste:
            avbryt_dold()
        found = self.lasta
        if nummer < self.lagesbild.senaste or nummer not in found:
            found = queries.find_versioner(web.session(), self.lagesbild.id, (nummer, nummer - 1))
        version, forra = found.get(nummer) or avbryt_dold(), found.get(nummer - 1)
        kraver(Verb.LASA, self.sak_for(version))
        # What has changed is marked only against what one may read.
        return version, forra if forra is not None and tillgang(Verb.LASA, self.sak_for(forra)) else None

    def lankar(self, innehall: Innehall) -> Lankar | None:
        """What becomes of the marks of origin in this content: None but of the samlade."""
        if self.aktor is not None:
            return None
        return kallprov.lankar(web.session(), inloggad(), self.handelse, self.lagesbild, innehall.sektioner)

    def slutar(self) -> list[datetime]:
        """The moments at which a right to read it ends, or has ended, by itself."""
        return [till for krets in self.sak.kretsar for till in krets.till.values()]

    def find_lasbar(self, nummer: int) -> LagesbildVersion | None:
        """This version with its sections, if there is one that the one who asks may read."""
        if self.lagesbild is None:
            return None
        found = queries.find_version(web.session(), self.lagesbild.id, nummer)
        return found if found is not None and tillgang(Verb.LASA, self.sak_for(found)) else None


def hamta(slug: str, vem: str, verb: Verb = Verb.LASA) -> Mal:
    """What the address means, if the one who asks may do `verb` to it. Raises NotFound and Nekad.

    Each version is judged apart, when it is fetched: to read any, one must be among those who read the thing.
    """
    handelse = hamta_handelse(slug)
    if vem == SAMLAD:
        found = queries.find_samlad(web.session(), handelse.id)
    else:
        found = queries.find_aktorens(web.session(), handelse.id, vem) or avbryt_dold()
    aktor, mal = found.aktor, Mal(handelse, found.aktor, found.lagesbild, found.versioner)
    kraver(Verb.LASA, mal.sak)
    egen = mal.aktor is not None and mal.aktor.id == inloggad().aktor_id
    if mal.aktor is not None and not egen and not mal.publicerad:
        # As for one that is hidden: who may not read it learns nothing of whether there is one.
        avbryt_dold()
    if verb is not Verb.LASA:
        if not egen and mal.aktor is not None and mal.find_lasbar(mal.senaste) is None:
            # That it is another actor's is told only of what one reads.
            avbryt_dold()
        kraver(verb, mal.sak)
        if aktor is None and mal.lagesbild is not None and mal.lagesbild.senaste:
            # Who goes on from the samlade must be able to read it: an actor that came later may not.
            mal.version(mal.lagesbild.senaste)
    return mal


def pa_nytt() -> Mal:
    """What the address of this request means, read after a transaction."""
    address = request.view_args or {}
    return hamta(address["slug"], address["vem"])


@contextmanager
def transaktion() -> Iterator[Session]:
    """A write transaction; what its services refuse becomes the page that says why."""
    try:
        with web.transaction() as session:
            yield session
    except Otillaten as nej:
        raise Nekad(nej.beslut, nej.verb, nej.sak) from nej
