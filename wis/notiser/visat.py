"""Whom a form that publishes reaches, and whether that is more than the person was last shown."""

import hashlib
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from wis import clock
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer
from wis.auth.krets import Tlp
from wis.handelser.models import Handelse, Lasarkrets, LasarkretsAktor
from wis.handelser.sakkrets import lasratt
from wis.notiser import bevakare, queries
from wis.notiser.models import Notisslag

_ALLA_VERSIONER = 2**31 - 1


@dataclass(frozen=True)
class Tankt:
    """What is about to be published, by `aktor`: a thing of its own, or the samlade.

    `rattar` is the underrättelse that is corrected; `lasare` (None: all) and `tlp` are chosen in the form; `krets_id`
    is the circle that the thing has, where the form has no choice of readers.
    """

    handelse: Handelse
    slag: Notisslag
    aktor: Aktor
    samlad: bool = False
    rattar: int | None = None
    lasare: frozenset[int] | None = None
    tlp: Tlp = Tlp.CLEAR
    krets_id: int | None = None

    @property
    def agare_id(self) -> int | None:
        """The id of the actor whose thing it is; None: the samlade."""
        return None if self.samlad else self.aktor.id

    @property
    def val(self) -> str:
        """A short text that differs whenever the readers or the label that were chosen do."""
        i_handelsen = self.handelse.lasande_aktorer()
        lasare = self.lasare if self.lasare is None or i_handelsen is None else self.lasare & i_handelsen
        vilka = "alla" if lasare is None else ",".join(str(id_) for id_ in sorted(lasare))
        return hashlib.sha256(f"{self.tlp} {vilka}".encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Rackvidd:
    """Who is told, and how many actors may read, by the choice that `val` tells from others."""

    val: str
    oversikt: queries.Mottagaroversikt
    lasande: int

    def som_text(self) -> str:
        """For the form to carry: what the person was shown."""
        return f"{self.val}.{self.oversikt.personer}.{self.lasande}"


def rackvidd(session: Session, tankt: Tankt) -> Rackvidd:
    """Whom it reaches as things stand."""
    lasning = queries.Lasning(clock.now(), tankt.agare_id, tankt.tlp, tankt.krets_id, tankt.lasare)
    oversikt = queries.oversikt(session, tankt.handelse, tankt.slag, lasning, tankt.rattar)
    rattar = None if tankt.rattar is None else (tankt.rattar, _ALLA_VERSIONER)
    fraga = queries.Fraga(tankt.handelse.id, tankt.handelse.ovning, tankt.slag, lasning, rattar)
    fler = bevakare.hogst(session, fraga, tankt.aktor.id, lasning.publicerad, samlad=tankt.samlad)
    oversikt = replace(oversikt, bevakare=fler)
    sak = tankt.handelse.sak(agare=tankt.aktor, krets=_krets(tankt.lasare), tlp=tankt.tlp)
    return Rackvidd(tankt.val, oversikt, lasratt(sak, alla_aktorer(session)).antal)


def har_vuxit(session: Session, tankt: Tankt, visat: str, *, avisera: bool, aven_lasare: bool = False) -> bool:
    """Whether the choice of readers and label is not that of `visat` (a Rackvidd.som_text()), and reaches more.

    What has grown by itself, since somebody subscribed meanwhile, stops nobody; nor does a form that carries nothing.
    `aven_lasare`: also whether more actors read by the same choice, since the event has been opened to them.
    """
    delar = visat.split(".")
    if len(delar) != 3 or not all(del_.isdecimal() and del_.isascii() and len(del_) < 10 for del_ in delar[1:]):
        return False
    samma_val = delar[0] == tankt.val
    if samma_val and not aven_lasare:
        return False
    nu = rackvidd(session, tankt)
    return nu.lasande > int(delar[2]) or (avisera and not samma_val and nu.oversikt.personer > int(delar[1]))


def _krets(lasare: frozenset[int] | None) -> Lasarkrets | None:
    """The circle that the choice would give. Never stored: it belongs to no session."""
    if lasare is None:
        return None
    return Lasarkrets(alla=False, valda=[LasarkretsAktor(aktor_id=id_) for id_ in sorted(lasare)])
