"""The world of the tables, with what one meets in it over HTTP: texts, dispatches, functions, subscriptions, logins."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories as f
from tests.bilagor_stod import en_publicerad
from tests.security import orakel as o
from tests.security import varld as v
from wis.anteckningar.models import Anteckning
from wis.auth.models import (
    Anvandare,
    Anvandarslag,
    Faktorslag,
    Funktion,
    Funktionsbehorig,
    Inloggning,
    Medlemskap,
)
from wis.auth.service import token_hash
from wis.handelser.models import Beslutsslag, Handelse, Handelsebeslut
from wis.lagesbild.models import Lagesbild, LagesbildSektion, LagesbildVersion
from wis.notiser.models import Kanalslag, Notisslag, Utskick
from wis.taggar import Tagg
from wis.underrattelser.models import Underrattelse

AVSANDARE = "Ägare"
"""Who published the samlade of the tables: the owner of its event."""


@dataclass
class Matrisvarld:
    """The ids of what the addresses name. `token`: of the login by person and membership."""

    varld: v.Varld
    slug: dict[o.Ting, str] = field(default_factory=dict)
    utskick: dict[o.Ting, int] = field(default_factory=dict)
    bilaga: dict[o.Ting, int] = field(default_factory=dict)
    funktion: dict[tuple[str, bool], int] = field(default_factory=dict)
    medlem_hos: dict[str, int] = field(default_factory=dict)
    token: dict[tuple[str, int], str] = field(default_factory=dict)
    anvandare: dict[str, int] = field(default_factory=dict)

    def medlemskap(self, namn: str, ting: o.Ting) -> int:
        """The membership that the person asks by about this thing: a guest has one for each event."""
        return self.varld.medlemskap[namn, self.varld.handelser[ting]]


def bygg(session: Session) -> Matrisvarld:
    """All of it, committed by the caller."""
    ut = Matrisvarld(v.bygg(session))
    for ting, _ in o.LASBART:
        handelse = session.get_one(Handelse, ut.varld.handelser[ting])
        ut.slug[ting] = handelse.slug
        if ting.slag in {o.EGEN, o.SAMLAD}:
            ut.bilaga[ting] = _andra_version(session, ut.varld.ting[ting])
        if ting.slag != o.HANDELSE:
            ut.utskick[ting] = _utskick(session, ut, ting, handelse)
    _folk(session, ut)
    for aktor in ("Ägare", "Vald"):
        for listad in (True, False):
            ut.funktion[aktor, listad] = _funktion(session, ut, aktor, listad=listad)
        ut.medlem_hos[aktor] = ut.medlemskap("Äl" if aktor == "Ägare" else "Vl", o.LASBART[0][0])
    session.flush()
    return ut


def hemligt(ting: o.Ting, varld: Matrisvarld) -> str:
    """What only those who read the thing may ever see."""
    return f"Hemligt i {varld.slug[ting]}"


def _andra_version(session: Session, lagesbild_id: int) -> int:
    """The same label at the same moment, so that there is something to compare with. The number of its attachment."""
    bild = session.get_one(Lagesbild, lagesbild_id)
    forsta = session.get_one(LagesbildVersion, (lagesbild_id, 1))
    andra = LagesbildVersion(
        lagesbild_id=lagesbild_id,
        nummer=2,
        foregaende=1,
        handelse_id=forsta.handelse_id,
        publicerad=forsta.publicerad,
        forfattare_id=forsta.forfattare_id,
        aktor_id=forsta.aktor_id,
        andringsnotering=forsta.sammanfattning,
        sammanfattning=forsta.sammanfattning,
        idempotensnyckel=f"{forsta.idempotensnyckel}-2",
        tlp=forsta.tlp,
    )
    session.add(andra)
    bild.senaste = 2
    session.flush()
    for nummer, mer in ((1, ""), (2, " nu")):
        text = forsta.sammanfattning + mer
        sektion = LagesbildSektion(nyckel="sammanfattning", ordning=1, kalla=text, html=f"<p>{text}</p>")
        sektion.lagesbild_id, sektion.nummer = lagesbild_id, nummer
        session.add(sektion)
    return en_publicerad(session, andra)


def _utskick(session: Session, ut: Matrisvarld, ting: o.Ting, handelse: Handelse) -> int:
    aktor_id = ut.varld.aktorer[ting.agare or AVSANDARE]
    rad = Utskick(
        slag=Notisslag.LAGE if ting.slag == o.UTSKICK else Notisslag.LAGESBILD,
        handelse_id=handelse.id,
        aktor_id=aktor_id,
        bradskande=False,
        skapad=ting.tid or o.KVALL,
        amne=hemligt(ting, ut),
        sms=hemligt(ting, ut),
        epost=hemligt(ting, ut),
        expanderat=o.NU,
        tlp=ting.tlp,
    )
    if ting.slag == o.UTSKICK:
        rad.beslut_id = _beslut(session, handelse, aktor_id, hemligt(ting, ut), rad.skapad)
        _anteckning(session, handelse, aktor_id, hemligt(ting, ut), rad.skapad)
    elif ting.slag == o.UNDERRATTELSE:
        rad.slag, rad.underrattelse_id, rad.underrattelse_nummer = "underrattelse", ut.varld.ting[ting], 1
        rad.krets_id = session.get_one(Underrattelse, ut.varld.ting[ting]).krets_id
    else:
        rad.lagesbild_id, rad.lagesbild_nummer = ut.varld.ting[ting], 2
        rad.krets_id = session.get_one(Lagesbild, ut.varld.ting[ting]).krets_id
    session.add(rad)
    session.flush()
    return rad.id


def _beslut(session: Session, handelse: Handelse, aktor_id: int, motivering: str, tid: datetime) -> int:
    beslut = Handelsebeslut(
        handelse_id=handelse.id,
        slag=Beslutsslag.LAGE,
        lage=handelse.lage,
        tid=tid,
        aktor_id=aktor_id,
        motivering=motivering,
    )
    session.add(beslut)
    session.flush()
    return beslut.id


def _anteckning(session: Session, handelse: Handelse, aktor_id: int, text: str, skriven: datetime) -> None:
    """Noted at the moment of the decision, of long before: its readers are the decision's."""
    forfattare = session.scalars(select(Anvandare).order_by(Anvandare.id)).first()
    assert forfattare is not None
    tid = skriven - timedelta(days=2)
    rad = Anteckning(
        handelse_id=handelse.id,
        aktor_id=aktor_id,
        forfattare_id=forfattare.id,
        skriven=skriven,
        tid=tid,
        text=text,
        idempotensnyckel=f"{handelse.slug}-a",
    )
    session.add(rad)
    session.flush()
    session.add(Tagg(slag="anteckning", objekt_id=rad.id, nummer=0, tagg="hemligt", handelse_id=handelse.id, tid=tid))


def _folk(session: Session, ut: Matrisvarld) -> None:
    """Everybody wants to be told of everything, can be reached, and is logged in by each membership."""
    for namn, person in o.PERSONER.items():
        if person is None:
            continue
        ids = {ut.varld.medlemskap[namn, h] for h in ut.varld.handelser.values()}
        rad = session.get_one(Anvandare, session.get_one(Medlemskap, min(ids)).anvandare_id)
        ut.anvandare[namn] = rad.id
        for slag in Notisslag:
            f.en_prenumeration(session, rad, slag, sms=True, epost=False)
        f.en_kanal(session, rad, Kanalslag.SMS, f"+4670{rad.id:07d}")
        for medlemskap_id in ids:
            ut.token[namn, medlemskap_id] = en_inloggning(session, rad.id, medlemskap_id)


def en_inloggning(session: Session, anvandare_id: int, medlemskap_id: int | None) -> str:
    """The token of a login that has proved all that is asked for."""
    token = secrets.token_urlsafe(32)
    session.add(
        Inloggning(
            token_hash=token_hash(token),
            anvandare_id=anvandare_id,
            medlemskap_id=medlemskap_id,
            skapad=o.NU,
            giltig_till=o.NU + timedelta(hours=12),
            senast_aktiv=o.NU,
            bekraftad=o.NU,
            faktor=Faktorslag.INGEN,
        )
    )
    return token


def _funktion(session: Session, ut: Matrisvarld, aktor: str, *, listad: bool) -> int:
    aktor_id = ut.varld.aktorer[aktor]
    som = Anvandare(slag=Anvandarslag.FUNKTION, namn=f"KiB {aktor} {listad}", skapad=v.TIDIGT)
    session.add(som)
    session.flush()
    session.add(Medlemskap(anvandare_id=som.id, aktor_id=aktor_id, roll="lasare", skapad=v.TIDIGT))
    kort = "KiB" if listad else "RKK"
    funktion = Funktion(aktor_id=aktor_id, anvandare_id=som.id, kortnamn=kort, namn=kort, skapad=v.TIDIGT)
    session.add(funktion)
    session.flush()
    if listad:
        personer = select(Medlemskap.id).where(
            Medlemskap.aktor_id == aktor_id, Medlemskap.anvandare_id.in_(ut.anvandare.values())
        )
        for medlemskap_id in session.scalars(personer).all():
            session.add(Funktionsbehorig(funktion_id=funktion.id, medlemskap_id=medlemskap_id))
    return funktion.id


def klient(app: Flask, token: str | None) -> FlaskClient:
    """A browser with this login; None: with none."""
    client = app.test_client()
    if token is not None:
        with client.session_transaction() as kaka:
            kaka["_user_id"], kaka["_fresh"] = token, True
    return client
