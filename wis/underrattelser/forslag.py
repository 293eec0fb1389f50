"""An underrättelse that waits for a colleague: proposed, shown, and published as it was written."""

from typing import Any

from sqlalchemy.orm import Session

from wis.aktorer.models import Aktor
from wis.auth.krets import Tlp
from wis.auth.rules import Sak, Slag, Subjekt
from wis.handelser.models import Handelse
from wis.handelser.rules import Inaktuell
from wis.handelser.sakkrets import Kretsval, signatur
from wis.jamfor import jamfor_ord
from wis.notiser.models import Notisslag
from wis.notiser.views import forhandsvisning
from wis.notiser.visat import Tankt
from wis.tvaperson import service as tvaperson
from wis.tvaperson.models import Forslag
from wis.tvaperson.publicering import Visning
from wis.tvaperson.rules import Foraldrat, Intyg
from wis.tvaperson.service import NyttForslag
from wis.underrattelser import queries, service
from wis.underrattelser.lasratt import las_underrattelse, sak_for
from wis.underrattelser.models import Underrattelse
from wis.underrattelser.rules import FelBas, Innehall, RedanSkickat
from wis.underrattelser.service import Publicering

DELAT = {"of": Handelse, "read": True}
"""Held while something is published in the event: so it is not closed meanwhile, and others may publish."""


def foresla(
    session: Session,
    who: Subjekt,
    handelse: Handelse,
    publicering: Publicering,
    lasratt: dict[str, str],
    *,
    rattar: Underrattelse | None = None,
    bas: int = 0,
) -> Forslag:
    """Ask a colleague to approve it; the event, and what is corrected, are locked, and `who` may publish.

    `lasratt` is the choice of readers as the form has it. Raises as service.publicera() and service.ratta().
    """
    if rattar is not None:
        service.kontrollera_bas(rattar, bas, publicering)
    else:
        service.vagra_skickat(session, who, handelse, publicering)
    rattar_id = None if rattar is None else rattar.id
    nytt = NyttForslag(
        slag=service.FORSLAGSSLAG,
        sak=service.sak_i_forslag(publicering, rattar_id),
        niva=publicering.niva,
        rubrik=("Rättelse: " if rattar else "Underrättelse: ") + publicering.innehall.rubrik.strip(),
        bas=bas,
        nyckel=publicering.nyckel,
        innehall=_som_json(publicering) | {"lasratt": lasratt, "rattar": rattar_id},
    )
    return tvaperson.foresla(session, who, handelse, nytt)


class Underrattelsepublicerare:
    """Publishes proposed underrättelser: see tvaperson.publicering.Publicerare."""

    def sak(self, session: Session, forslag: Forslag) -> Sak:
        """What the right to publish it is judged on."""
        rattar = self._rattar(session, forslag)
        return forslag.handelse.sak(Slag.UNDERRATTELSE, forslag.aktor) if rattar is None else sak_for(rattar)

    def las(self, session: Session, forslag: Forslag) -> Sak:
        """As sak(), with the event and what is corrected locked."""
        session.get_one(Handelse, forslag.handelse_id, with_for_update=DELAT, populate_existing=True)
        if forslag.innehall["rattar"] is not None:
            las_underrattelse(session, forslag.innehall["rattar"])
        return self.sak(session, forslag)

    def publicera(self, session: Session, forfattare: Subjekt, forslag: Forslag, intyg: Intyg) -> str:
        """Publish it as the author's. Returns its path; raises Foraldrat."""
        publicering = _ur_json(forslag, intyg)
        rattar = self._rattar(session, forslag)
        try:
            if rattar is None:
                version = service.publicera(session, forfattare, forslag.handelse, publicering)
            else:
                version = service.ratta(session, forfattare, rattar, forslag.bas, publicering)
        except (FelBas, Inaktuell, RedanSkickat) as fel:
            raise Foraldrat from fel
        return f"/underrattelser/{version.underrattelse_id}"

    def visa(self, session: Session, forslag: Forslag) -> Visning:
        """It as it would be published, against what stands if it corrects something."""
        innehall, rattar = _ur_json(forslag, Intyg()).innehall, self._rattar(session, forslag)
        tankt = self.tankt(session, forslag)
        senaste = None if rattar is None else queries.find_version(session, rattar.id, rattar.senaste)
        preview = forhandsvisning(
            forslag.handelse,
            Notisslag.UNDERRATTELSE,
            rubrik=innehall.rubrik,
            text=innehall.text,
            aktor=tankt.aktor,
            bradskande=innehall.bradskande,
            rattelse=rattar is not None,
            rattar=tankt.rattar,
            lasare=tankt.lasare,
            tlp=tankt.tlp,
        )
        delar = [] if senaste is None else jamfor_ord(senaste.text, innehall.text)
        varden = {"innehall": innehall, "senaste": senaste, "delar": delar}
        return Visning("underrattelser/_forslag.html", varden, preview, _inaktuell(forslag, rattar))

    def tankt(self, session: Session, forslag: Forslag) -> Tankt:
        """Whom it is for, by the choice that it was written with."""
        krets = _krets(forslag.innehall["krets"])
        return Tankt(
            forslag.handelse,
            Notisslag.UNDERRATTELSE,
            session.get_one(Aktor, forslag.aktor_id),
            rattar=forslag.innehall["rattar"],
            lasare=None if krets is None else krets.val.lasare,
            tlp=Tlp(forslag.innehall["tlp"]),
        )

    def skrivadress(self, forslag: Forslag) -> str:
        """The form with what it says in the fields."""
        rattar = forslag.innehall["rattar"]
        if rattar is None:
            return f"/handelser/{forslag.handelse.slug}/underrattelser/ny?forslag={forslag.id}"
        return f"/underrattelser/{rattar}/ratta?forslag={forslag.id}"

    def _rattar(self, session: Session, forslag: Forslag) -> Underrattelse | None:
        rattar = forslag.innehall["rattar"]
        return None if rattar is None else session.get_one(Underrattelse, rattar)


def _inaktuell(forslag: Forslag, rattar: Underrattelse | None) -> str:
    if not forslag.vantar or rattar is None:
        return ""
    krets = _krets(forslag.innehall["krets"])
    if rattar.senaste != forslag.bas:
        return f"Version {rattar.senaste} är publicerad, och det här byggde på version {forslag.bas}."
    if krets is not None and krets.bygger_pa != signatur(rattar.krets):
        return "Vem som får läsa har ändrats sedan det här skrevs."
    return ""


# --- as it is kept ---------------------------------------------------------------------------------------------------


def _som_json(publicering: Publicering) -> dict[str, Any]:
    innehall, krets = publicering.innehall, publicering.krets
    return {
        "rubrik": innehall.rubrik,
        "text": innehall.text,
        "html": innehall.html,
        "bradskande": innehall.bradskande,
        "tlp": innehall.tlp.value,
        "lagrum": innehall.lagrum,
        "krets": None if krets is None else krets.som_json(),
    }


def _krets(sparad: dict[str, Any] | None) -> Kretsval | None:
    return None if sparad is None else Kretsval.ur_json(sparad)


def _ur_json(forslag: Forslag, intyg: Intyg) -> Publicering:
    sparad = forslag.innehall
    innehall = Innehall(
        sparad["rubrik"],
        sparad["text"],
        sparad["html"],
        sparad["bradskande"],
        Tlp(sparad["tlp"]),
        sparad["lagrum"],
    )
    return Publicering(innehall, forslag.nyckel, forslag.avisera, _krets(sparad["krets"]), intyg)
