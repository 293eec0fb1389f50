"""A lägesbild that waits for a colleague: proposed, shown, and published as it was written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from wis import clock
from wis.aktorer.models import Aktor
from wis.auth.atkomst import inloggad, tillgang
from wis.auth.krets import Tlp
from wis.auth.rules import Sak, Subjekt, Verb
from wis.bilagor.rules import Rad, beskrivna
from wis.handelser.sakkrets import Kretsval, signatur
from wis.lagesbild import bilagelista, forhandsgranskning, kallprov, queries, rules, service
from wis.lagesbild.forhandsgranskning import Underlag
from wis.lagesbild.mall import STANDARD
from wis.lagesbild.mallar import mall_av, med_egna
from wis.lagesbild.models import Lagesbild, LagesbildsmallVersion
from wis.lagesbild.plats import Plats, hall_handelsen, las_lagesbild, oppna_last, sak_av
from wis.lagesbild.rules import Avslag, Avslagsslag, Innehall, Marke, Publicering
from wis.notiser.models import Notisslag
from wis.notiser.rules import lagesbildsrubrik
from wis.notiser.views import forhandsvisning
from wis.notiser.visat import Tankt as Mottagare
from wis.tvaperson import service as tvaperson
from wis.tvaperson.models import Forslag, Niva
from wis.tvaperson.publicering import Visning
from wis.tvaperson.queries import forfattaren
from wis.tvaperson.rules import Foraldrat, Intyg, niva_av
from wis.tvaperson.service import NyttForslag


@dataclass(frozen=True)
class Tankt:
    """What is proposed: the command, its HTML, and whether it is to be sent."""

    kommando: Publicering
    html: Mapping[str, str]
    avisera: bool


def foresla(session: Session, who: Subjekt, plats: Plats, tankt: Tankt) -> Forslag | Avslag:
    """Ask a colleague to approve it; or the refusal that publishing it would meet. Raises as service.publicera()."""
    lagesbild = oppna_last(session, who, plats, Verb.PUBLICERA)
    kommando = tankt.kommando
    nyckel = queries.idempotensnyckel(lagesbild.id, who, kommando.nyckel)
    tillagg = bilagelista.att_publicera(session, who, lagesbild, kommando.beskrivningar)
    utfall = rules.publicera(kommando, service.tillstand(session, lagesbild, nyckel, kommando.krets, tillagg))
    if isinstance(utfall, Avslag):
        return utfall
    kallor = kallprov.prova(session, who, lagesbild, utfall.innehall)
    if kallor.fel:
        return Avslag(Avslagsslag.OGILTIG, lagesbild.senaste, kallor.fel)
    innehall = _som_json(kommando, tankt) | {"bilagor": [_bilaga_som_json(rad) for rad in tillagg.rader]}
    niva = niva_av(avisera=tankt.avisera)
    return _foresla(session, who, lagesbild, niva, kommando.bas, kommando.nyckel, innehall)


def foresla_oforandrat(session: Session, who: Subjekt, plats: Plats, bas: int, nyckel: str) -> Forslag | Avslag:
    """As foresla(), of 'Läget oförändrat'."""
    lagesbild = oppna_last(session, who, plats, Verb.PUBLICERA)
    if bas != lagesbild.senaste:
        return Avslag(Avslagsslag.FEL_BAS, lagesbild.senaste)
    return _foresla(session, who, lagesbild, Niva.UTAN_AVISERING, bas, nyckel, {"oforandrad": True})


def _foresla(
    session: Session, who: Subjekt, lagesbild: Lagesbild, niva: Niva, bas: int, nyckel: str, innehall: dict[str, Any]
) -> Forslag:
    vem = "Samlad lägesbild" if lagesbild.aktor is None else f"Lägesbild {lagesbild.namn}"
    nytt = NyttForslag(
        slag=service.FORSLAGSSLAG,
        sak=str(lagesbild.id),
        niva=niva,
        rubrik=f"{vem} version {bas + 1}" + (", läget oförändrat" if "oforandrad" in innehall else ""),
        bas=bas,
        nyckel=nyckel,
        innehall=innehall | {"slug": lagesbild.slug},
    )
    return tvaperson.foresla(session, who, lagesbild.handelse, nytt)


class Lagesbildspublicerare:
    """Publishes proposed lägesbilder: see tvaperson.publicering.Publicerare."""

    def sak(self, session: Session, forslag: Forslag) -> Sak:
        """What the right to publish it is judged on."""
        return sak_av(_lagesbild(session, forslag))

    def las(self, session: Session, forslag: Forslag) -> Sak:
        """As sak(), with the event and the lägesbild locked."""
        hall_handelsen(session, forslag.handelse_id)
        return sak_av(las_lagesbild(session, int(forslag.sak)))

    def publicera(self, session: Session, forfattare: Subjekt, forslag: Forslag, intyg: Intyg) -> str:
        """Publish it as the author's. Returns its path; raises Foraldrat."""
        lagesbild, sparad = _lagesbild(session, forslag), forslag.innehall
        plats = Plats(lagesbild.handelse_id, lagesbild.aktor_id)
        if "oforandrad" in sparad:
            utfall = service.oforandrat(session, forfattare, plats, forslag.bas, forslag.nyckel, intyg)
        else:
            if _andra_bilagor(session, forfattare, lagesbild, sparad):
                raise Foraldrat
            kommando = _ur_json(session, forslag, intyg)
            utfall = service.publicera(
                session, forfattare, plats, kommando, sparad["html"], avisera=forslag.avisera, revision=None
            )
        if isinstance(utfall, Avslag) and utfall.slag is not Avslagsslag.UPPREPAD:
            raise Foraldrat
        return f"{_adress(lagesbild)}/versioner/{utfall.nummer}"

    def visa(self, session: Session, forslag: Forslag) -> Visning:
        """It as it would be published, against the latest version."""
        lagesbild, sparad = _lagesbild(session, forslag), forslag.innehall
        varden: dict[str, Any] = {"namn": lagesbild.namn, "oforandrad": "oforandrad" in sparad, "bas": forslag.bas}
        if varden["oforandrad"]:
            return Visning("lagesbild/_forslag.html", varden, {}, _inaktuell(session, forslag, lagesbild))
        kommando = _ur_json(session, forslag, Intyg())
        senaste = queries.find_version(session, lagesbild.id, min(forslag.bas, lagesbild.senaste))
        if senaste is not None and not tillgang(Verb.LASA, sak_av(lagesbild, senaste)):
            # What differs from a hidden version tells what it says.
            senaste = None
        underlag = Underlag(kommando.innehall, queries.innehall_av(senaste), forslag.bas, sparad["html"])
        varden["granskning"] = forhandsgranskning.granska(underlag, inloggad())
        varden["bilagor"] = [_bilaga(rad) for rad in sparad["bilagor"]]
        varden["adress"] = f"{_adress(lagesbild)}/forslag/{forslag.id}/bilagor"
        preview = _forhandsvisning(forslag, self._tankt(session, forslag, lagesbild, kommando), kommando)
        return Visning("lagesbild/_forslag.html", varden, preview, _inaktuell(session, forslag, lagesbild))

    def tankt(self, session: Session, forslag: Forslag) -> Mottagare | None:
        """Whom it is for, by the choice that it was written with; None of 'Läget oförändrat': its readers stay."""
        if "oforandrad" in forslag.innehall:
            return None
        return self._tankt(session, forslag, _lagesbild(session, forslag), _ur_json(session, forslag, Intyg()))

    def _tankt(self, session: Session, forslag: Forslag, lagesbild: Lagesbild, vad: Publicering) -> Mottagare:
        return Mottagare(
            forslag.handelse,
            Notisslag.LAGESBILD,
            session.get_one(Aktor, forslag.aktor_id),
            samlad=lagesbild.aktor_id is None,
            lasare=None if vad.krets is None else vad.krets.val.lasare,
            tlp=vad.innehall.marke.tlp,
        )

    def skrivadress(self, forslag: Forslag) -> str:
        """The page for writing: the draft stands there."""
        slug = forslag.innehall["slug"]
        return f"/handelser/{forslag.handelse.slug}/lagesbild/{slug}/skriv"


def _lagesbild(session: Session, forslag: Forslag) -> Lagesbild:
    return session.get_one(Lagesbild, int(forslag.sak))


def _adress(lagesbild: Lagesbild) -> str:
    return f"/handelser/{lagesbild.handelse.slug}/lagesbild/{lagesbild.slug}"


def _forhandsvisning(forslag: Forslag, tankt: Mottagare, vad: Publicering) -> dict[str, Any]:
    return forhandsvisning(
        forslag.handelse,
        Notisslag.LAGESBILD,
        rubrik=lagesbildsrubrik(forslag.handelse.rubrik, forslag.bas + 1, samlad=tankt.samlad),
        text=service.smstext(vad.innehall),
        aktor=tankt.aktor,
        lasare=tankt.lasare,
        tlp=tankt.tlp,
        samlad=tankt.samlad,
    )


def _inaktuell(session: Session, forslag: Forslag, lagesbild: Lagesbild) -> str:
    """Why it can't be published as it stands; '' if it can."""
    if not forslag.vantar:
        return ""
    if lagesbild.senaste != forslag.bas:
        return f"Version {lagesbild.senaste} är publicerad, och det här byggde på version {forslag.bas}."
    if "oforandrad" in forslag.innehall:
        return ""
    kommando, forfattare = _ur_json(session, forslag, Intyg()), forfattaren(session, forslag)
    nasta = kommando.innehall.nasta_uppdatering
    if nasta is not None and nasta <= clock.now():
        return "Den utlovade tiden för nästa uppdatering har redan passerat."
    krets = kommando.krets
    if krets is not None and krets.bygger_pa != signatur(lagesbild.krets):
        return "Vem som får läsa har ändrats sedan det här skrevs."
    if forfattare is None:
        return ""
    if _andra_bilagor(session, forfattare, lagesbild, forslag.innehall):
        return "Bilagorna har ändrats i utkastet sedan det här skrevs."
    return " ".join(kallprov.prova(session, forfattare, lagesbild, kommando.innehall).fel.values())


def _andra_bilagor(session: Session, forfattare: Subjekt, lagesbild: Lagesbild, sparad: Mapping[str, Any]) -> bool:
    """Whether the author's draft has other attachments now: what is approved is what was looked at."""
    mitt = queries.find_utkast(session, lagesbild.id, forfattare)
    nu = [b.rad for b in bilagelista.aktuella(session, lagesbild.id, lagesbild.senaste, mitt)]
    return [_bilaga(rad) for rad in sparad["bilagor"]] != beskrivna(nu, _texter(sparad))


# --- as it is kept ---------------------------------------------------------------------------------------------------


def _som_json(kommando: Publicering, tankt: Tankt) -> dict[str, Any]:
    innehall, krets, nasta = kommando.innehall, kommando.krets, kommando.innehall.nasta_uppdatering
    return {
        "sektioner": dict(innehall.sektioner),
        "html": dict(tankt.html),
        "andringsnotering": innehall.andringsnotering,
        "nasta": None if nasta is None else nasta.isoformat(),
        "tlp": innehall.marke.tlp.value,
        "lagrum": innehall.marke.lagrum,
        "mall": innehall.mall.version_id,
        "krets": None if krets is None else krets.som_json(),
        "beskrivningar": {str(id_): text for id_, text in kommando.beskrivningar.items()},
    }


def _ur_json(session: Session, forslag: Forslag, intyg: Intyg) -> Publicering:
    sparad = forslag.innehall
    mall_id, nasta = sparad["mall"], sparad["nasta"]
    mall = STANDARD if mall_id is None else mall_av(session.get_one(LagesbildsmallVersion, mall_id))
    innehall = Innehall.av(
        sparad["sektioner"],
        sparad["andringsnotering"],
        None if nasta is None else datetime.fromisoformat(nasta),
        Marke(Tlp(sparad["tlp"]), sparad["lagrum"]),
        med_egna(session, mall, sparad["sektioner"], _lagesbild(session, forslag).aktor_id),
    )
    krets = None if sparad["krets"] is None else Kretsval.ur_json(sparad["krets"])
    return Publicering(forslag.bas, forslag.nyckel, innehall, krets, _texter(sparad), intyg)


def _texter(sparad: Mapping[str, Any]) -> dict[int, str]:
    return {int(id_): text for id_, text in sparad["beskrivningar"].items()}


def _bilaga_som_json(rad: Rad) -> list[Any]:
    return [rad.bilaga_id, rad.namn, rad.beskrivning]


def _bilaga(sparad: list[Any]) -> Rad:
    return Rad(*sparad)
