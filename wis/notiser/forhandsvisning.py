"""The preview beside the forms that publish: whom it would go to, and the SMS as it would look."""

from typing import Any

from flask import request, url_for
from sqlalchemy import column, func, select, table
from sqlalchemy.orm import Session

from wis import clock, web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer, alla_natverk
from wis.auth.krets import Tlp
from wis.handelser.lasarform import Lasarfalt, lasare_i_ord
from wis.handelser.models import Handelse, Lasarkrets
from wis.handelser.sakkrets import lasratt, uppraknade
from wis.notiser import rules, sms
from wis.notiser.models import Notisslag, Utskick
from wis.notiser.mottagare import knappord, smskostnad
from wis.notiser.queries import LAGESBILD
from wis.notiser.service import kort_lank
from wis.notiser.visat import Tankt, rackvidd

# As queries.LAGESBILD: publications lie above this package.
_UNDERRATTELSE = table("underrattelse", column("id"), column("handelse_id"), column("aktor_id"), column("krets_id"))


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
    samlad: bool = False,
) -> dict[str, Any]:
    """What notiser/_forhandsvisning.html shows: whom it goes to, and the SMS and the e-mail as they will look.

    `text` and `rubrik` are as in service.skapa_utskick; `rattar` is the underrättelse that is corrected. `tlp` and
    `lasare` (None: all) are those chosen in the form; `krets_id` is the circle that the thing has, where the form has
    no choice of readers. `samlad`: it is the samlade lägesbilden, which no actor owns.
    """
    session, label = web.session(), Tlp(tlp)
    tankt = Tankt(handelse, slag, aktor, samlad, rattar, lasare, label, krets_id)
    bas = web.settings().base_url
    innehall = rules.Innehall(
        slag=slag,
        aktor=aktor.kortnamn,
        rubrik=rubrik,
        text=text,
        lank=bas + _tankt_lank(session, tankt),
        ovning=handelse.ovning,
        bradskande=bradskande,
        rattelse=rattelse or rattar is not None,
        tlp=label,
        kort_lank=bas + kort_lank(_nasta(session, Utskick.id)),
    )
    nar = rackvidd(session, tankt)
    return {
        "oversikt": nar.oversikt,
        "rackvidd": nar,
        "lasare_i_ord": lasare_i_ord(lasare, aktor.namn),
        "forlorar": uppraknade([ett.kortnamn for ett in _forlorar(session, tankt)]),
        "skickas": rules.SKICKAS[label],
        "senare": nar.oversikt.fordelning.senare(clock.now(), bradskande=bradskande),
        "knappord": knappord(
            nar.oversikt.personer, bradskande=bradskande, rattelse=innehall.rattelse, bevakare=nar.oversikt.bevakare
        ),
        "forhandsvisa_url": _adress_for(handelse, innehall, rattar, samlad=samlad),
        "avisering_tlp": label,
        **_meddelanden(innehall, nar.oversikt.sms),
    }


def _meddelanden(innehall: rules.Innehall, antal_sms: int) -> dict[str, Any]:
    """What will be sent, word for word, and what the SMS takes: made as service.skapa_utskick() makes it."""
    meddelande = rules.komponera(innehall)
    matt = sms.mat(meddelande.sms)
    return {
        "meddelande": meddelande,
        "sms_bitar": sms.bitar_att_visa(meddelande.sms),
        "matt": matt,
        "segment_utan_dyra": sms.mat(sms.ersatt_dyra(meddelande.sms)).segment,
        "smskostnad": smskostnad(antal_sms, matt.segment, web.settings().sms_pris),
    }


def ar_samlad() -> bool:
    """Whether the address that _adress_for() made says that it is the samlade."""
    return "samlad" in request.args


def _adress_for(handelse: Handelse, innehall: rules.Innehall, rattar: int | None, *, samlad: bool) -> str:
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
        samlad="1" if samlad else None,
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
    if slag is Notisslag.LAGE or ar_samlad():
        return None
    bild = LAGESBILD.c
    return session.scalar(select(bild.krets_id).where(bild.handelse_id == handelse.id, bild.aktor_id == aktor.id))


def _forlorar(session: Session, tankt: Tankt) -> list[Aktor]:
    """The actors that read the thing today and would no longer, of what is published already either."""
    handelse, lasare = tankt.handelse, tankt.lasare
    finns = tankt.rattar is not None or (
        tankt.slag is Notisslag.LAGESBILD and _nasta_version(session, handelse.id, tankt.agare_id) > 1
    )
    if lasare is None or not finns:
        return []
    krets_id = _har_krets(session, handelse, tankt.slag, tankt.aktor, tankt.rattar)
    krets = None if krets_id is None else session.get(Lasarkrets, krets_id)
    nu = lasratt(handelse.sak(agare=tankt.aktor, krets=krets), alla_aktorer(session))
    return [ett for ett in nu.har if ett.id not in lasare and ett.id != tankt.aktor.id]


# --- the address that it will get --------------------------------------------------------------------------------


def _tankt_lank(session: Session, tankt: Tankt) -> str:
    """The path that will be sent, so that the length is right. Somebody else may take the number first."""
    if tankt.slag is Notisslag.UNDERRATTELSE:
        return f"/underrattelser/{tankt.rattar or _nasta(session, _UNDERRATTELSE.c.id)}"
    if tankt.slag is Notisslag.LAGESBILD:
        nummer = _nasta_version(session, tankt.handelse.id, tankt.agare_id)
        vem = "samlad" if tankt.agare_id is None else tankt.aktor.slug
        return f"/handelser/{tankt.handelse.slug}/lagesbild/{vem}/versioner/{nummer}"
    return f"/handelser/{tankt.handelse.slug}"


def _nasta(session: Session, id_: Any) -> int:
    return 1 + (session.scalar(select(func.max(id_))) or 0)


def _nasta_version(session: Session, handelse_id: int, aktor_id: int | None) -> int:
    # IS NOT DISTINCT FROM: the samlade has no actor.
    bild = LAGESBILD.c
    villkor = (bild.handelse_id == handelse_id, bild.aktor_id.is_not_distinct_from(aktor_id))
    return 1 + (session.scalar(select(bild.senaste).where(*villkor)) or 0)
