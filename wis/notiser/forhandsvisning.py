"""The preview beside the forms that publish: whom it would go to, and the SMS as it would look."""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from sqlalchemy import column, func, select, table
from sqlalchemy.orm import Session

from wis import clock, web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer, alla_natverk
from wis.auth.krets import Tlp
from wis.handelser.lasarform import Lasarfalt
from wis.handelser.models import Handelse
from wis.notiser import queries, rules, sms
from wis.notiser.models import Notisslag, Utskick
from wis.notiser.queries import LAGESBILD
from wis.notiser.service import kort_lank

# As queries.LAGESBILD: publications lie above this package.
_UNDERRATTELSE = table("underrattelse", column("id"), column("handelse_id"), column("aktor_id"), column("krets_id"))


@dataclass(frozen=True)
class _Tankt:
    """What is about to be published. `agare_id` None: the samlade."""

    slag: Notisslag
    aktor: Aktor
    agare_id: int | None
    rattar: int | None


def forhandsvisning(
    handelse: Handelse,
    slag: Notisslag,
    rubrik: str,
    text: str,
    aktor: Aktor,
    bradskande: bool = False,
    rattelse: bool = False,
    *,
    rattar: int | None = None,
    lasare: frozenset[int] | None = None,
    tlp: str = Tlp.CLEAR,
    krets_id: int | None = None,
) -> dict[str, Any]:
    """What notiser/_forhandsvisning.html shows: how many it goes to, and the SMS as it will look.

    `text` and `rubrik` are as in service.skapa_utskick; `rattar` is the underrättelse that is corrected. `tlp` and
    `lasare` (None: all) are those chosen in the form; `krets_id` is the circle that the thing has, where the form has
    no choice of readers.
    """
    session, label = web.session(), Tlp(tlp)
    tankt = _Tankt(slag, aktor, agare_av(slag, rubrik, aktor), rattar)
    bas = web.settings().base_url
    innehall = rules.Innehall(
        slag=slag,
        aktor=aktor.kortnamn,
        rubrik=rubrik,
        text=text,
        lank=bas + _tankt_lank(session, handelse, tankt),
        ovning=handelse.ovning,
        bradskande=bradskande,
        rattelse=rattelse or rattar is not None,
        tlp=label,
        kort_lank=bas + kort_lank(_nasta(session, Utskick.id)),
    )
    lasning = queries.Lasning(clock.now(), tankt.agare_id, label, krets_id, lasare)
    sms_text = rules.komponera(innehall).sms
    return {
        "oversikt": queries.oversikt(session, handelse, slag, lasning, rattar),
        "sms_text": sms_text,
        "matt": sms.mat(sms_text),
        "segment_utan_dyra": sms.mat(sms.ersatt_dyra(sms_text)).segment,
        "forhandsvisa_url": _adress_for(handelse, innehall, rattar),
        "avisering_tlp": label,
    }


def agare_av(slag: Notisslag, rubrik: str, aktor: Aktor) -> int | None:
    """The id of the actor whose thing it is, by the heading that rules.lagesbildsrubrik() words; None = samlad."""
    return None if slag is Notisslag.LAGESBILD and rubrik.startswith("Samlad") else aktor.id


def _adress_for(handelse: Handelse, innehall: rules.Innehall, rattar: int | None) -> str:
    """Where to ask for the preview again: what the fields of the form don't say goes along in the address."""
    rubrik = None if innehall.slag == Notisslag.UNDERRATTELSE else innehall.rubrik
    rattelse = "1" if innehall.rattelse else None
    return url_for(
        "notiser.forhandsvisa",
        slug=handelse.slug,
        slag=str(innehall.slag),
        rubrik=rubrik,
        rattar=rattar,
        rattelse=rattelse,
    )


# --- what the form says that is asked about ----------------------------------------------------------------------


class _Lasarval(Lasarfalt):
    """The readers that are ticked in the form, whichever form it is."""

    class Meta:
        csrf = False


def egen_rattelse(session: Session, handelse: Handelse, aktor: Aktor) -> int | None:
    """The underrättelse that is corrected, if it is the actor's own in this event: of others nothing may be learnt."""
    asked = request.args.get("rattar", type=web.heltal)
    rad = _UNDERRATTELSE.c
    own = select(rad.id).where(rad.id == asked, rad.handelse_id == handelse.id, rad.aktor_id == aktor.id)
    return None if asked is None else session.scalar(own)


def valt_i_formularet(
    session: Session, handelse: Handelse, slag: Notisslag, aktor: Aktor, rattar: int | None
) -> dict[str, Any]:
    """The readers and the label that the form says, as forhandsvisning() takes them."""
    sagt = request.form.get("tlp", "")
    tlp = Tlp(sagt) if sagt in set(Tlp) else Tlp.CLEAR
    if "laskrets" not in request.form:
        return {"tlp": tlp, "krets_id": _har_krets(session, handelse, slag, aktor, rattar)}
    form = _Lasarval()
    form.bland(alla_aktorer(session), alla_natverk(session), aktor.id)
    return {"tlp": tlp, "lasare": form.lasarval().lasare}


def _har_krets(session: Session, handelse: Handelse, slag: Notisslag, aktor: Aktor, rattar: int | None) -> int | None:
    """The circle of the actor's thing that gets a new version, if it has one."""
    if slag is Notisslag.UNDERRATTELSE:
        return session.scalar(select(_UNDERRATTELSE.c.krets_id).where(_UNDERRATTELSE.c.id == rattar))
    agare_id = agare_av(slag, request.args.get("rubrik", ""), aktor)
    if slag is Notisslag.LAGE or agare_id is None:
        return None
    bild = LAGESBILD.c
    return session.scalar(select(bild.krets_id).where(bild.handelse_id == handelse.id, bild.aktor_id == agare_id))


# --- the address that it will get --------------------------------------------------------------------------------


def _tankt_lank(session: Session, handelse: Handelse, tankt: _Tankt) -> str:
    """The path that will be sent, so that the length is right. Somebody else may take the number first."""
    if tankt.slag is Notisslag.UNDERRATTELSE:
        return f"/underrattelser/{tankt.rattar or _nasta(session, _UNDERRATTELSE.c.id)}"
    if tankt.slag is Notisslag.LAGESBILD:
        nummer = _nasta_version(session, handelse.id, tankt.agare_id)
        vem = "samlad" if tankt.agare_id is None else tankt.aktor.slug
        return f"/handelser/{handelse.slug}/lagesbild/{vem}/versioner/{nummer}"
    return f"/handelser/{handelse.slug}"


def _nasta(session: Session, id_: Any) -> int:
    return 1 + (session.scalar(select(func.max(id_))) or 0)


def _nasta_version(session: Session, handelse_id: int, aktor_id: int | None) -> int:
    # IS NOT DISTINCT FROM: the samlade has no actor.
    bild = LAGESBILD.c
    villkor = (bild.handelse_id == handelse_id, bild.aktor_id.is_not_distinct_from(aktor_id))
    return 1 + (session.scalar(select(bild.senaste).where(*villkor)) or 0)
