"""A small world with something of all that an archive holds, and how its pages are looked at."""

import io
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests import factories as f
from tests.bilagor_stod import en_bild, en_pdf
from wis import clock, markup
from wis.anteckningar.models import Anteckning, StrukenAnteckning
from wis.auth.krets import Tlp
from wis.auth.rules import Roll, Subjekt
from wis.begaran.models import Begaran, BegaranMottagare, BegaranPaminnelse, BegaranSvar, Synlighet
from wis.bilagor import service as bilagor
from wis.bilagor.mottagning import ta_emot
from wis.db import Database
from wis.handelser import service as handelser
from wis.handelser.kretsar import Lasarval
from wis.handelser.models import Beslutsslag, Handelse, Lage, Typ
from wis.handelser.sakkrets import Kretsval, signatur
from wis.lage.service import Lageskommando, besluta
from wis.lagesbild import kallprov, mallar, mallservice, queries, service
from wis.lagesbild.mall import STANDARD, Avsnittsslag
from wis.lagesbild.mallregler import Mallrad, rader_av
from wis.lagesbild.plats import Plats
from wis.lagesbild.rules import Innehall, Marke, Publicering
from wis.settings import Settings
from wis.tx import transaction
from wis.underrattelser import service as underrattelser
from wis.underrattelser.models import Underrattelse
from wis.underrattelser.rules import Innehall as Kort

START = clock.now().replace(year=2026, month=11, day=22, hour=9, minute=0, second=0, microsecond=0)
AKTORER = ("lansstyrelsen", "nacka", "polisen", "trafikverket")
SNO, OVNING = "snoovader", "ovning-isvag"


@dataclass(frozen=True)
class Varld:
    """The database and who acts in it."""

    database: Database
    inst: Settings
    redaktor: Subjekt
    nacka: Subjekt


def folk(session: Session) -> None:
    """The actors, and somebody at each who reads and administers."""
    for slug in AKTORER:
        f.en_aktor(session, slug)
        f.en_person_hos(session, slug, Roll.REDAKTOR, epost=f"las@{slug}.example", administrator=True)


def en_varld(database: Database, inst: Settings) -> Varld:
    """An event with own lägesbilder (circle, label, template, attachments), a samlad, underrättelser; an exercise."""
    with clock.at(START), transaction(database) as session:
        folk(session)
        redaktor = f.subjekt_for(session, f.en_person_hos(session, "lansstyrelsen", Roll.REDAKTOR))
        nacka = f.subjekt_for(session, f.en_person_hos(session, "nacka", Roll.TALESPERSON, administrator=True))
        rader = [*rader_av(STANDARD), Mallrad("ny_1", "Vatten", "Vatten", "", Avsnittsslag.TEXT)]
        mallservice.spara(session, nacka, f.en_aktor(session, "nacka"), "", 0, rader)
        for rubrik, ovning in (("Snöoväder", False), ("Övning isväg", True)):
            text = "Kraftigt **snöfall**."
            uppgifter = handelser.Handelseuppgifter(rubrik, Typ.VADER, text, markup.render(text), Lasarval(None))
            handelser.oppna(session, redaktor, uppgifter, ovning=ovning, nyckel=rubrik)
    varld = Varld(database, inst, redaktor, nacka)
    _versioner(varld)
    _underrattelser(varld)
    _ovrigt(varld)
    return varld


def _id(session: Session, slug: str) -> Handelse:
    return session.query(Handelse).filter_by(slug=slug).one()


def publicera(
    varld: Varld, who: Subjekt, slug: str, texter: dict[str, str], minut: int, *, samlad: bool = False, **marke: str
) -> tuple[int, int]:
    """The next version of a lägesbild, as the pages publish it: its lägesbild and number."""
    with clock.at(START + timedelta(minutes=minut)):
        with varld.database.reading() as session:
            handelse, aktor_id = _id(session, slug), None if samlad else who.aktor_id
            bild = queries.find_lagesbild(session, handelse.id, aktor_id)
            forra = queries.find_senaste(session, bild.id) if bild else None
            mall = mallar.aktuell(session, aktor_id, handelse.typ)
            ny = Innehall.av(texter, f"Minut {minut}", None, Marke(Tlp(marke.get("tlp", "clear")), ""), mall)
            lankar = kallprov.lankar(session, who, handelse, bild, ny.sektioner) if samlad else None
            html = service.rendera(ny, queries.innehall_av(forra) if forra else None, lankar)
            krets, bas = None, bild.senaste if bild else 0
            if marke.get("lasare"):
                val = Lasarval(frozenset({f.en_aktor(session, marke["lasare"]).id}))
                krets = Kretsval(val, signatur(None))
        kommando = Publicering(bas, f"{slug}-{minut}", ny, krets=krets)
        with transaction(varld.database) as session:
            plats = Plats(_id(session, slug).id, aktor_id)
            ut = service.publicera(session, who, plats, kommando, html, avisera=True)
            assert isinstance(ut, service.Publicerad), ut
            return ut.lagesbild_id, ut.nummer


def _versioner(varld: Varld) -> None:
    tal = "| Strömlösa | {} | hushåll |\n\nFler än i går."
    ett = {"sammanfattning": "Vägen *stängd*.", "nyckeltal": tal.format(100), "egen_1": "Rent vatten."}
    bild, nummer = publicera(varld, varld.nacka, SNO, ett, 1, tlp="amber", lasare="polisen")
    with transaction(varld.database) as session:
        filer = [
            ta_emot(varld.inst, io.BytesIO(data), namn)
            for data, namn in ((en_bild("PNG"), "karta.png"), (en_pdf(), "plan.pdf"))
        ]
        lista = [bilagor.behall(session, varld.nacka.aktor_id, fil) for fil in filer]
        bilagor.publicera(session, bild, nummer, lista)
    publicera(varld, varld.nacka, SNO, ett | {"nyckeltal": tal.format(80)}, 2, tlp="amber")
    with clock.at(START + timedelta(minutes=3)), transaction(varld.database) as session:
        plats = Plats(_id(session, SNO).id, varld.nacka.aktor_id)
        assert isinstance(service.oforandrat(session, varld.nacka, plats, 2, "o"), service.Publicerad)
    publicera(varld, varld.redaktor, SNO, {"sammanfattning": "Länet håller öppet."}, 4)
    publicera(varld, varld.nacka, OVNING, {"sammanfattning": "Bara en övning."}, 5)
    samlat = {
        "lage_fakta": "Länet håller öppet. [[lansstyrelsen 1 sammanfattning]]",
        "sammanfattning": "Samlat <b>läge</b>.",
    }
    publicera(varld, varld.redaktor, SNO, samlat, 6, samlad=True)


def _underrattelser(varld: Varld) -> None:
    with transaction(varld.database) as session:
        handelse = _id(session, SNO)
        with clock.at(START + timedelta(minutes=7)):
            ett = underrattelser.Publicering(_kort("Väg 73 stängd", "Ett träd."), "u1", avisera=True)
            sak = underrattelser.publicera(session, varld.nacka, handelse, ett).underrattelse_id
        with clock.at(START + timedelta(minutes=8)):
            tva = underrattelser.Publicering(_kort("Väg 75 stängd", "Två **träd**."), "u2", avisera=True)
            underrattelser.ratta(session, varld.nacka, session.get_one(Underrattelse, sak), 1, tva)
        with clock.at(START + timedelta(minutes=9)):
            kommando = Lageskommando(Beslutsslag.LAGE, Lage.AKTIVERAT, "Snön ökar", avisera=False, bradskande=False)
            besluta(session, varld.redaktor, handelse, kommando)


def _ovrigt(varld: Varld) -> None:
    """A diary entry that was struck, and a begäran that was answered twice."""
    tid, nacka = START + timedelta(minutes=10), varld.nacka
    with clock.at(tid), transaction(varld.database) as session:
        handelse_id, vem = _id(session, SNO).id, nacka.anvandare_id
        rad = Anteckning(handelse_id=handelse_id, aktor_id=nacka.aktor_id, forfattare_id=vem, skriven=tid, tid=tid)
        rad.text, rad.idempotensnyckel = "Bron avlyst #bro", "a1"
        begaran = Begaran(
            handelse_id=handelse_id,
            aktor_id=varld.redaktor.aktor_id,
            skapad=tid,
            skapad_av_id=varld.redaktor.anvandare_id,
            rubrik="Läget i skolorna?",
            inledning="",
            frist=tid + timedelta(hours=1),
            synlighet=Synlighet.FRAGANDE,
            fragor=[{"nummer": 1, "typ": "text", "text": "Hur är läget?", "val": [], "enhet": "", "kravs": True}],
            idempotensnyckel="b1",
        )
        session.add_all([rad, begaran])
        session.flush()
        session.add(BegaranPaminnelse(begaran_id=begaran.id, tid=begaran.frist))
        session.add(StrukenAnteckning(anteckning_id=rad.id, tid=tid, anvandare_id=vem))
        mottagare = BegaranMottagare(begaran_id=begaran.id, aktor_id=nacka.aktor_id, senaste=2)
        session.add(mottagare)
        session.flush()
        for nummer in (1, 2):
            grund = {"mottagare_id": mottagare.id, "nummer": nummer, "foregaende": nummer - 1 or None}
            svar = {"1": f"Svar {nummer}"}
            session.add(BegaranSvar(**grund, skapad=tid, anvandare_id=vem, svar=svar, idempotensnyckel=f"s{nummer}"))


def _kort(rubrik: str, text: str) -> Kort:
    return Kort(rubrik, text, markup.render(text), bradskande=False, lagrum="18 kap. 13 §")


def stang(varld: Varld) -> None:
    """Close the event: what is thrown away is of closed events."""
    with clock.at(START + timedelta(hours=1)), transaction(varld.database) as session:
        kommando = Lageskommando(Beslutsslag.STANGD, Lage.ORDINARIE, "Över", avisera=False, bradskande=False)
        besluta(session, varld.redaktor, _id(session, SNO), kommando)


def sidor(app: Flask, som: str, adresser: list[str]) -> dict[str, str]:
    """The words of each page, as this person reads them; what is of one page view alone is left out."""
    client = app.test_client()
    assert client.post("/logga-in", data={"epost": som, "losenord": f.LOSENORD}).status_code == 302
    ut = {}
    for adress in adresser:
        svar = client.get(adress)
        text = svar.get_data(as_text=True)
        hela = re.search(r"<main.*?</main>", text, re.DOTALL)
        assert svar.status_code == 200, (adress, text)
        assert hela is not None, adress
        # Of one reader and one moment: what they had read before.
        inne = re.sub(r'<p class="ruta last">.*?</p>', "", hela[0], flags=re.DOTALL)
        ut[adress] = " ".join(re.sub(r"<[^>]*>", " ", inne).split())
    return ut


def ny_databas(mall: Path, vart: Path) -> Database:
    """A fresh database, in a file of its own."""
    vart.write_bytes(mall.read_bytes())
    return Database(f"sqlite:///{vart}")


def inloggad(app: Flask, epost: str) -> FlaskClient:
    """A browser in which this person has logged in."""
    client = app.test_client()
    assert client.post("/logga-in", data={"epost": epost, "losenord": f.LOSENORD}).status_code == 302
    return client
