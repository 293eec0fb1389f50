"""What each person can observe: in lists (SQL), by can(), as a recipient, and on the pages."""

import re
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import literal, null, select, update
from sqlalchemy.orm import Session

from tests.security.tillstand_fragor import sida
from tests.security.tillstand_modell import Nyckel
from tests.security.tillstand_spel import Spel
from wis.anteckningar.models import Anteckning
from wis.anteckningar.queries import sak_for as anteckningens_sak
from wis.auth import service as auth
from wis.auth.models import Anvandare, Faktorslag, Inloggning
from wis.auth.queries import giltiga_medlemskap, subjekt_av
from wis.auth.rules import Sak, Subjekt, Verb, can
from wis.handelser.lasratt import Innehall, lasbar_for, synlig_for
from wis.handelser.models import Handelse, Handelsebeslut
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.lagesbild.plats import sak_av
from wis.notiser import queries
from wis.notiser.models import Utskick
from wis.tx import transaction
from wis.underrattelser.lasratt import sak_for
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion

_V, _UV = LagesbildVersion, UnderrattelseVersion
LAGESBILD = Innehall(_V.publicerad, Lagesbild.aktor_id, _V.tlp, Lagesbild.krets_id)
UNDERRATTELSE = Innehall(_UV.publicerad, Underrattelse.aktor_id, _UV.tlp, Underrattelse.krets_id)
ANTECKNING = Innehall(Anteckning.skriven, null(), literal("clear"), None)
BESLUT = Innehall(Handelsebeslut.tid, null(), literal("clear"), None)
ANTAL_SIDOR = 5
_MARKE = re.compile(r"mark\d{4}")


def subjekten(spel: Spel, session: Session) -> dict[Nyckel, Subjekt]:
    """Everybody who is something now, as a new request would load them."""
    egna = {id_: nyckel for nyckel, id_ in spel.platser.items()}
    alla = [m for id_ in spel.personer.values() for m in giltiga_medlemskap(session, id_, spel.nu)]
    return {egna[m.id]: subjekt_av(m, now=spel.nu) for m in alla}


# --- lists -----------------------------------------------------------------------------------------------------------


def i_listor(spel: Spel, session: Session, who: Subjekt) -> set[str]:
    """The marks that SQL lets the subject list."""
    lagesbilder = (
        select(_V.lagesbild_id, _V.nummer)
        .join(Lagesbild, Lagesbild.id == _V.lagesbild_id)
        .join(Handelse, Handelse.id == Lagesbild.handelse_id)
        .where(lasbar_for(who, LAGESBILD, spel.nu))
    )
    underrattelser = (
        select(_UV.underrattelse_id, _UV.nummer)
        .join(Underrattelse, Underrattelse.id == _UV.underrattelse_id)
        .join(Handelse, Handelse.id == Underrattelse.handelse_id)
        .where(lasbar_for(who, UNDERRATTELSE, spel.nu))
    )
    beslut = (
        select(Handelsebeslut.id)
        .join(Handelse, Handelse.id == Handelsebeslut.handelse_id)
        .where(lasbar_for(who, BESLUT, spel.nu))
    )
    noterat = (
        select(Anteckning.id)
        .join(Handelse, Handelse.id == Anteckning.handelse_id)
        .where(lasbar_for(who, ANTECKNING, spel.nu))
    )
    bilder, uer = ({(id_, nr) for id_, nr in session.execute(query)} for query in (lagesbilder, underrattelser))
    beslutna, noterade = set(session.scalars(beslut)), set(session.scalars(noterat))
    handelser = set(session.scalars(select(Handelse.id).where(synlig_for(who, spel.nu))))
    seen = {namn for namn, id_ in spel.handelser.items() if id_ in handelser}
    seen |= {marke for marke, id_ in spel.beslut.items() if id_ in beslutna}
    seen |= {marke for marke, id_ in spel.anteckningar.items() if id_ in noterade}
    for marke, (sak, nummer) in spel.versioner.items():
        if (spel.saker[sak], nummer) in (uer if sak.startswith("u") else bilder):
            seen.add(marke)
    return seen


# --- can() -----------------------------------------------------------------------------------------------------------


def saker(spel: Spel, session: Session) -> dict[str, Sak]:
    """Everything published, as it is judged."""
    found = {namn: session.get_one(Handelse, id_).sak() for namn, id_ in spel.handelser.items()}
    for marke, id_ in spel.beslut.items():
        beslut = session.get_one(Handelsebeslut, id_)
        found[marke] = session.get_one(Handelse, beslut.handelse_id).sak(publicerad=beslut.tid)
    for marke, id_ in spel.anteckningar.items():
        found[marke] = anteckningens_sak(session.get_one(Anteckning, id_))
    for marke, (sak, nummer) in spel.versioner.items():
        rad = spel.rad(session, sak)
        if isinstance(rad, Underrattelse):
            found[marke] = sak_for(rad, session.get_one(_UV, (rad.id, nummer)))
        else:
            found[marke] = sak_av(rad, session.get_one(_V, (rad.id, nummer)))
    return found


def far(spel: Spel, who: Subjekt, ting: dict[str, Sak]) -> set[str]:
    """The marks that can() lets the subject read."""
    return {marke for marke, sak in ting.items() if can(who, Verb.LASA, sak, spel.nu)}


# --- recipients ------------------------------------------------------------------------------------------------------


def mottagare(spel: Spel, session: Session) -> dict[str, set[str]]:
    """Who would be told now of each thing that has been sent, by name."""
    namn = {id_: person for person, id_ in spel.personer.items()}
    told = {}
    for utskick in session.scalars(select(Utskick).where(Utskick.handelse_id.is_not(None))):
        fraga = queries.Fraga(utskick.handelse_id or 0, False, utskick.slag, queries.lasning_av(session, utskick))
        found = queries.mottagare(session, fraga, spel.nu)
        told[_marke(spel, utskick)] = {namn[en.anvandare_id] for en in found}
    return told


def _marke(spel: Spel, utskick: Utskick) -> str:
    if utskick.beslut_id is not None:
        return next(marke for marke, id_ in spel.beslut.items() if id_ == utskick.beslut_id)
    underrattelse = utskick.underrattelse_id is not None
    vad = (utskick.underrattelse_id or utskick.lagesbild_id, utskick.underrattelse_nummer or utskick.lagesbild_nummer)
    for marke, (sak, nummer) in spel.versioner.items():
        if sak.startswith("u") == underrattelse and (spel.saker[sak], nummer) == vad:
            return marke
    raise LookupError(utskick.id)


# --- pages -----------------------------------------------------------------------------------------------------------


class Sidor:
    """The pages, as those see them who log in; who is shut out goes on with the login that they had."""

    def __init__(self, spel: Spel, app: Flask) -> None:
        self.spel, self.app = spel, app
        self._klienter: dict[Nyckel, FlaskClient] = {}

    def las(self, nyckel: Nyckel, fran: int, *, galler: bool) -> dict[str, set[str]]:
        """The marks on ANTAL_SIDOR of the pages, from number `fran`, by address. `galler`: one can log in as this."""
        if galler:
            self._klienter[nyckel] = self._logga_in(nyckel)
        client, alla = self._klienter.get(nyckel), self._adresser()
        if client is None:
            return {}
        turen = dict.fromkeys(alla[(fran + i) % len(alla)] for i in range(ANTAL_SIDOR))
        return {adress: _marken(client, adress) for adress in turen}

    def _logga_in(self, nyckel: Nyckel) -> FlaskClient:
        spel = self.spel
        with transaction(spel.database) as session:
            person = session.get_one(Anvandare, spel.personer[nyckel.person])
            begun = auth.oppna_inloggning(session, person, auth.HALV_GILTIG)
            inslapp = auth.Inslapp(Faktorslag.INGEN, timedelta(hours=24))
            token = auth.slutfor_inloggning(session, begun, inslapp)
            acts = update(Inloggning).where(Inloggning.token_hash == auth.token_hash(token))
            session.execute(acts.values(medlemskap_id=spel.platser[nyckel]))
        client = self.app.test_client()
        with client.session_transaction() as kaka:
            kaka["_user_id"], kaka["_fresh"] = token, True
        return client

    def _adresser(self) -> list[str]:
        with self.spel.database.reading() as session:
            slugs = [session.get_one(Handelse, id_).slug for id_ in self.spel.handelser.values()]
            egna = [sida(self.spel, session, marke) for marke in self.spel.versioner]
        delar = ("", "/tidslinje", "/versioner", "/utskick")
        egna += [f"/anteckningar/{id_}" for id_ in self.spel.anteckningar.values()]
        return ["/", "/underrattelser", *(f"/handelser/{s}{d}" for s in slugs for d in delar), *dict.fromkeys(egna)]


def _marken(client: FlaskClient, adress: str) -> set[str]:
    response = client.get(adress)
    assert response.status_code < 500, (adress, response.status_code)
    return set(_MARKE.findall(response.get_data(as_text=True)))


def egna_sidor(spel: Spel) -> list[tuple[str, str, str]]:
    """(address, mark that one must read to see the page, mark) of each text: an underrättelse is shown by its latest,
    a version of a lägesbild by itself."""
    senaste = {sak: marke for marke, (sak, _) in spel.versioner.items()}
    with spel.database.reading() as session:
        return [
            (sida(spel, session, marke), senaste[sak] if sak.startswith("u") else marke, marke)
            for marke, (sak, _) in spel.versioner.items()
        ]
