"""Publishing lägesbilder, within the caller's transaction. Drafts are in wis.lagesbild.utkast."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from wis import audit, clock, markup, taggar
from wis.aktorer.models import Aktor
from wis.andringar import Andring, anmal
from wis.andringar import Slag as Andringsslag
from wis.auth.rules import Sak, Subjekt, Verb
from wis.bilagor import service as bilagor
from wis.bilagor.rules import Rad
from wis.handelser.sakkrets import Kretsval, forlorare, signatur
from wis.lagesbild import (
    berorda,
    bilagelista,
    kallprov,
    overblivet,
    queries,
    rader,
    rules,
    ursprungsregler,
    utkast,
)
from wis.lagesbild.bilagelista import Tillagg
from wis.lagesbild.kallor import utan
from wis.lagesbild.kallprov import Provning
from wis.lagesbild.lasratt import andrar_lasratt, byt_krets
from wis.lagesbild.mall import SAMMANFATTNING, Avsnittsslag
from wis.lagesbild.models import Lagesbild, LagesbildSektion, LagesbildVersion
from wis.lagesbild.plats import Plats, oppna_last, sak_av
from wis.lagesbild.radhtml import oforandrad_html, radhtml
from wis.lagesbild.rules import Avslag, Avslagsslag, Innehall, Publicering, Tillstand
from wis.lagesbild.ursprungsregler import Bit, Lankar
from wis.notiser import service as notiser
from wis.notiser.models import Utskicksslag
from wis.notiser.rules import lagesbildsrubrik
from wis.tvaperson import service as tvaperson
from wis.tvaperson.models import Niva
from wis.tvaperson.rules import INGET, Intyg, niva_av
from wis.tvaperson.service import Publicerat

FORSLAGSSLAG = "lagesbild"
"""What proposals of lägesbilder are called."""


@dataclass(frozen=True)
class Publicerad:
    """What was published, and the id of its Utskick if it was to be told of."""

    lagesbild_id: int
    nummer: int
    utskick_id: int | None = None


def rendera(innehall: Innehall, forra: Innehall | None = None, lankar: Lankar | None = None) -> dict[str, str]:
    """Safe HTML by key, of key figures beside those of `forra`, the version that it follows.

    `lankar`: of the samlade, what its marks of origin become (wis.lagesbild.kallprov); None: they are text like any.
    Takes up to two seconds, so call it before the transaction is opened.
    """
    slag = {avsnitt.nyckel: avsnitt.slag for avsnitt in innehall.mall.avsnitt}
    delade = {nyckel: rader.dela(text, slag[nyckel]) for nyckel, text in innehall.sektioner.items()}
    fria = {nyckel: _bitar(text, lankar) for nyckel, (_, text) in delade.items() if text}
    html = dict(zip(fria, ursprungsregler.rendera(list(fria.values())), strict=True))
    tidigare = {} if forra is None else forra.sektioner
    return {
        nyckel: radhtml(slag[nyckel], rad, rader.dela(tidigare.get(nyckel, ""), slag[nyckel])[0], lankar)
        + html.get(nyckel, "")
        for nyckel, (rad, _) in delade.items()
    }


def _bitar(fritt: str, lankar: Lankar | None) -> list[Bit]:
    return [Bit(fritt)] if lankar is None else ursprungsregler.bitar(fritt, lankar)


def publicera(
    session: Session,
    who: Subjekt,
    plats: Plats,
    kommando: Publicering,
    html: Mapping[str, str],
    *,
    avisera: bool,
    revision: int | None = 0,
) -> Publicerad | Avslag:
    """Write the next version of the lägesbild, and what is to be sent if `avisera`; the draft that it was made of goes.

    `html` comes from rendera(kommando.innehall), `revision` is that of the draft (None: of long ago). Returns the
    refusal, with nothing written, when wis.lagesbild.rules has one; a form sent twice is refused as UPPREPAD with the
    number that it made.
    Raises wis.lagesbild.plats.Otillaten, and KraverTva where two persons are needed.
    """
    lagesbild = oppna_last(session, who, plats, Verb.PUBLICERA)
    nyckel = queries.idempotensnyckel(lagesbild.id, who, kommando.nyckel)
    tillagg = bilagelista.att_publicera(session, who, lagesbild, kommando.beskrivningar)
    utfall = rules.publicera(kommando, tillstand(session, lagesbild, nyckel, kommando.krets, tillagg))
    if isinstance(utfall, Avslag):
        return utfall
    kallor = kallprov.prova(session, who, lagesbild, utfall.innehall)
    if kallor.fel:
        return Avslag(Avslagsslag.OGILTIG, lagesbild.senaste, kallor.fel)
    niva = niva_av(avisera=avisera)
    intyg = tvaperson.krav(session, who, lagesbild.handelse, niva, kommando.intyg)
    ny, fore = utfall.innehall, _fore(session, lagesbild)
    if kommando.krets is not None and andrar_lasratt(lagesbild, kommando.krets):
        # Before the version: who is chosen now reads what is published from this moment on.
        byt_krets(session, lagesbild, kommando.krets.val)
    version = _ny_version(lagesbild, who, nyckel, ny.andringsnotering, ny.nasta_uppdatering)
    version.godkand_av_id, version.nodlage = intyg.godkand_av_id, intyg.nodlage
    version.sammanfattning = smstext(ny)
    version.tlp, version.lagrum = ny.marke.tlp, ny.marke.lagrum
    version.mall_version_id = ny.mall.version_id
    sektioner = [(n, text, html[n]) for n, text in ny.sektioner.items()]
    _skriv(session, lagesbild, version, sektioner, tillagg.rader, kallor)
    utskick_id = _avisera(session, who, lagesbild, version) if avisera else None
    utkast.ta_bort_publicerat(session, who, lagesbild.id, revision, ny)
    overblivet.publicerat(session, who, lagesbild.id)
    _beratta(session, who, lagesbild, version, fore, avisering=avisera)
    return Publicerad(lagesbild.id, version.nummer, utskick_id)


def oforandrat(
    session: Session, who: Subjekt, plats: Plats, bas: int, nyckel: str, intyg: Intyg = INGET
) -> Publicerad | Avslag:
    """Say that version `bas` still holds: a new version with its content, sent to nobody. Else as publicera()."""
    lagesbild = oppna_last(session, who, plats, Verb.PUBLICERA)
    egen_nyckel = queries.idempotensnyckel(lagesbild.id, who, nyckel)
    tidigare = queries.find_publicerad_med(session, egen_nyckel)
    if tidigare is not None:
        return Avslag(Avslagsslag.UPPREPAD, tidigare.nummer)
    forra = queries.find_version(session, lagesbild.id, lagesbild.senaste)
    if forra is None:
        return Avslag(Avslagsslag.FEL_BAS, 0)
    utfall = rules.oforandra(bas, lagesbild.senaste, forra.publicerad, forra.nasta_uppdatering, clock.now())
    if isinstance(utfall, Avslag):
        return utfall
    kallor = kallprov.prova(session, who, lagesbild, queries.innehall_av(forra))
    if kallor.fel:
        return Avslag(Avslagsslag.OGILTIG, lagesbild.senaste, kallor.fel)
    intyg = tvaperson.krav(session, who, lagesbild.handelse, Niva.UTAN_AVISERING, intyg)
    version = _ny_version(lagesbild, who, egen_nyckel, utfall.andringsnotering, utfall.nasta_uppdatering)
    version.godkand_av_id, version.nodlage = intyg.godkand_av_id, intyg.nodlage
    version.sammanfattning, version.oforandrad = forra.sammanfattning, True
    version.tlp, version.lagrum, fore = forra.tlp, forra.lagrum, _fore(session, lagesbild)
    version.mall_version_id = forra.mall_version_id
    samma = [bifogad.rad for bifogad in bilagelista.aktuella(session, lagesbild.id, bas)]
    _skriv(session, lagesbild, version, _samma_sektioner(forra, kallor), samma, kallor)
    _beratta(session, who, lagesbild, version, fore, avisering=False)
    return Publicerad(lagesbild.id, version.nummer)


def _samma_sektioner(forra: LagesbildVersion, kallor: Provning) -> list[tuple[str, str, str]]:
    """Key, text and HTML of the sections, for a version that says the same."""
    lankar = None if forra.lagesbild.aktor_id else {kalla: ett.lank() for kalla, ett in kallor.funna.items()}
    slag = {avsnitt.nyckel: avsnitt.slag for avsnitt in queries.innehall_av(forra).mall.avsnitt}
    ut = []
    for s in forra.sektioner:
        sort = slag.get(s.nyckel, Avsnittsslag.TEXT)
        ut.append((s.nyckel, s.kalla, oforandrad_html(sort, rader.dela(s.kalla, sort)[0], s.html, lankar)))
    return ut


def _fore(session: Session, lagesbild: Lagesbild) -> Sak | None:
    """What rights to the latest version are judged on, before there is another; None if nothing is published."""
    if not lagesbild.senaste:
        return None
    return sak_av(lagesbild, session.get_one(LagesbildVersion, (lagesbild.id, lagesbild.senaste)))


def tillstand(
    session: Session, lagesbild: Lagesbild, nyckel: str, krets: Kretsval | None, tillagg: Tillagg
) -> Tillstand:
    """What a publication of the locked lägesbild is judged on; `nyckel` is of queries.idempotensnyckel()."""
    forra = queries.find_version(session, lagesbild.id, lagesbild.senaste)
    tidigare = queries.find_publicerad_med(session, nyckel)
    return Tillstand(
        senaste=lagesbild.senaste,
        innehall=None if forra is None else queries.innehall_av(forra),
        now=clock.now(),
        tidigare=None if tidigare is None else (tidigare.nummer, queries.innehall_av(tidigare)),
        nya_lasare=krets is not None and andrar_lasratt(lagesbild, krets),
        lasratt_inaktuell=krets is not None and krets.bygger_pa != signatur(lagesbild.krets),
        nya_bilagor=tillagg.nytt,
    )


def _ny_version(
    lagesbild: Lagesbild, who: Subjekt, nyckel: str, andringsnotering: str, nasta: datetime | None
) -> LagesbildVersion:
    return LagesbildVersion(
        lagesbild_id=lagesbild.id,
        nummer=lagesbild.senaste + 1,
        foregaende=lagesbild.senaste or None,
        handelse_id=lagesbild.handelse_id,
        publicerad=clock.now(),
        forfattare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        andringsnotering=andringsnotering,
        oforandrad=False,
        nasta_uppdatering=nasta,
        idempotensnyckel=nyckel,
        funktion=", ".join(tjanst.namn for tjanst in who.i_tjanst(clock.now())),
    )


def _skriv(
    session: Session,
    lagesbild: Lagesbild,
    version: LagesbildVersion,
    sektioner: list[tuple[str, str, str]],
    bifogade: list[Rad],
    kallor: Provning,
) -> None:
    version.sektioner = [
        LagesbildSektion(nyckel=nyckel, ordning=ordning, kalla=kalla, html=html)
        for ordning, (nyckel, kalla, html) in enumerate(sektioner, start=1)
    ]
    session.add(version)
    lagesbild.senaste = version.nummer
    session.flush()
    for rad in kallor.rader:
        rad.lagesbild_id, rad.nummer = lagesbild.id, version.nummer
    session.add_all(kallor.rader)
    sak = (lagesbild.id, version.nummer, version.publicerad)
    taggar.samla(session, taggar.Slag.LAGESBILD, lagesbild.handelse_id, sak, version.andringsnotering)
    bilagor.publicera(session, lagesbild.id, version.nummer, bifogade)


def _avisera(session: Session, who: Subjekt, lagesbild: Lagesbild, version: LagesbildVersion) -> int:
    utskick = notiser.skapa_utskick(
        session,
        slag=Utskicksslag.LAGESBILD,
        handelse=lagesbild.handelse,
        aktor=session.get_one(Aktor, who.aktor_id),
        rubrik=lagesbildsrubrik(lagesbild.handelse.rubrik, version.nummer, samlad=lagesbild.aktor_id is None),
        text=version.sammanfattning,
        lank=f"/handelser/{lagesbild.handelse.slug}/lagesbild/{lagesbild.slug}/versioner/{version.nummer}",
        lagesbild=(lagesbild.id, version.nummer),
        krets_id=lagesbild.krets_id,
        tlp=version.tlp,
    )
    return utskick.id


def smstext(innehall: Innehall) -> str:
    """The summary as plain text: what goes out by SMS and mail."""
    return markup.text_av(utan(innehall.sektioner.get(SAMMANFATTNING, "")))


def _beratta(
    session: Session,
    who: Subjekt,
    lagesbild: Lagesbild,
    version: LagesbildVersion,
    fore: Sak | None,
    *,
    avisering: bool,
) -> None:
    berorda.fraga_berorda(session, lagesbild, version)
    handelse, nu = lagesbild.handelse, sak_av(lagesbild, version)
    objekt = f"lagesbild:{lagesbild.id}:{version.nummer}"
    lank = f"/handelser/{handelse.slug}/lagesbild/{lagesbild.slug}/versioner/{version.nummer}"
    vad = Publicerat(FORSLAGSSLAG, str(lagesbild.id), objekt, lank)
    tvaperson.efter_publicering(session, who, handelse, vad, Intyg(version.godkand_av_id, version.nodlage))
    audit.record(
        session,
        "lägesbild oförändrad" if version.oforandrad else "lägesbild publicerad",
        anvandare_id=who.anvandare_id,
        aktor_id=who.aktor_id,
        objekt=objekt,
        godkand_av=version.godkand_av_id,
        handelse=handelse.slug,
        lagesbild=lagesbild.slug,
        avisering=avisering,
        tlp=version.tlp,
        lasare=sorted(nu.lasande_aktorer() or ()) or "alla",
        **bilagelista.i_protokoll(session, lagesbild.id, version.nummer),
    )
    anmal(
        session,
        Andring(
            Andringsslag.LAGESBILD,
            lagesbild.id,
            version=version.nummer,
            handelse_id=handelse.id,
            aktorer=nu.lasande_aktorer(),
            tlp=nu.tlp,
            forlorat=forlorare(fore, nu),
        ),
    )
