"""What is said, when, and what follows from how it went. Pure: no database, no network, no clock."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from wis import markup
from wis.auth.krets import Tlp
from wis.clock import STOCKHOLM, local
from wis.notiser import sms
from wis.notiser.models import Notisslag, Status

OVNING = "ÖVNING"
OVNINGSRAD = "ÖVNING ÖVNING ÖVNING"
# A lägesbild tells its summary and where the rest is; an underrättelse is the information and goes out whole.
MAX_SEGMENT = 3
MAX_AMNE = 200
LANGSTA_VANTAN = timedelta(minutes=30)
_SPRIDNING = 0.2
GAV_UPP = "gav upp"
ROTT = "nytt att läsa i wis"


# --- what is said ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Innehall:
    """What there is to tell. `aktor` is the short name; `lank` the whole address; `text` as the author typed it.

    `tlp` decides how much of it may leave the system; `kort_lank` is an address that says nothing of what is there.
    """

    slag: str
    aktor: str
    rubrik: str
    text: str
    lank: str
    ovning: bool = False
    bradskande: bool = False
    rattelse: bool = False
    tlp: Tlp = Tlp.CLEAR
    kort_lank: str = ""


@dataclass(frozen=True)
class Meddelande:
    """The same thing as a subject and body of a mail, and as an SMS."""

    amne: str
    sms: str
    epost: str


SKICKAS = {
    Tlp.CLEAR: "SMS och e-post med texten i sig.",
    Tlp.GREEN: "SMS med bara rubrik och länk, e-post med texten i sig.",
    Tlp.AMBER: "SMS med bara rubrik och länk, e-post med texten i sig.",
    Tlp.AMBER_STRICT: "SMS och e-post med bara rubrik och länk.",
    Tlp.RED: "SMS och e-post som bara säger att det finns något nytt att läsa i wis, märkt TLP:RED.",
}
"""What goes out of the system of what has the label, in words: as komponera() does it."""


def komponera(innehall: Innehall) -> Meddelande:
    """The message as it will be sent, word for word: what the preview shows is what goes out.

    Above CLEAR an SMS holds title and link alone, from AMBER+STRICT the mail too; RED nothing of what it tells of.
    """
    if innehall.tlp is Tlp.RED:
        innehall = replace(innehall, rubrik=ROTT, text="", lank=innehall.kort_lank, rattelse=False)
    rubrik = _enrad(innehall.rubrik)
    rubrik = rubrik if innehall.tlp is Tlp.CLEAR else f"{innehall.tlp.namn}, {rubrik}"
    amne = f"{_markord(innehall)}{innehall.aktor}: {rubrik}"
    return Meddelande(_enrad(amne)[:MAX_AMNE], _sms(innehall, rubrik), _epost(innehall, rubrik))


def lagesbildsrubrik(handelse: str, nummer: int, *, samlad: bool) -> str:
    """What a version of a lägesbild is called in a message: 'Lägesbild version 3, Snöoväder i Svealand'."""
    return f"{'Samlad lägesbild' if samlad else 'Lägesbild'} version {nummer}, {handelse}"


def mottagarmening(
    personer: int, aktorer: int, antal_sms: int, antal_epost: int, funktioner: int = 0, antal_push: int = 0
) -> str:
    """'Detta går till 34 personer hos 6 aktörer: SMS 12, e-post 34.'

    `funktioner` are those of `personer` that are no persons: 'till 34 mottagare hos 6 aktörer, varav 2 funktioner: …'
    """
    if not personer:
        return "Detta går inte till någon: ingen som får läsa har valt att bli aviserad."
    vem = "mottagare" if funktioner else "person" if personer == 1 else "personer"
    vilka = f"{personer} {vem} hos {aktorer} {'aktör' if aktorer == 1 else 'aktörer'}"
    if funktioner:
        vilka += f", varav {funktioner} {'funktion' if funktioner == 1 else 'funktioner'}"
    push = f", push {antal_push}" if antal_push else ""
    return f"Detta går till {vilka}: SMS {antal_sms}, e-post {antal_epost}{push}."


def for_bevakning(text: str, namn: str, tlp: str, *, som_sms: bool) -> str:
    """The message as it is put to one who watches for it: 'Bevakning: snö E4' last, and in an SMS where that is free.

    Nothing where the label lets no text out of the system: what is watched would say what it is about.
    """
    if not namn or Tlp(tlp).niva >= Tlp.AMBER_STRICT.niva:
        return text
    if not som_sms:
        return f"{text}\nBevakning: {namn}\n"
    med = f"{text}\n{sms.ersatt_dyra(f'Bevakning: {namn}')}"
    fri = tlp == Tlp.CLEAR and sms.mat(med).segment == sms.mat(text).segment
    return med if fri else text


def _markord(innehall: Innehall) -> str:
    valda = ((OVNING, innehall.ovning), ("BRÅDSKANDE", innehall.bradskande), ("RÄTTELSE", innehall.rattelse))
    return "".join(f"{ord_} " for ord_, galler in valda if galler)


def _enrad(text: str) -> str:
    return " ".join(text.split())


def _text(innehall: Innehall) -> str:
    """The text without marks of markdown where the author writes markdown; a phone would show the asterisks."""
    return markup.text_av(innehall.text) if innehall.slag == Notisslag.UNDERRATTELSE else innehall.text.strip()


def _sms(innehall: Innehall, rubrik: str) -> str:
    # Our own words are made cheap; the author's stand as typed, and the form offers to replace what costs.
    egen_rubrik = innehall.slag == Notisslag.UNDERRATTELSE
    huvud = sms.ersatt_dyra(f"{_markord(innehall)}{innehall.aktor}:") + " "
    huvud += (rubrik if egen_rubrik else sms.ersatt_dyra(rubrik)) + "\n"
    svans = f"\n{innehall.lank}"
    if innehall.tlp is not Tlp.CLEAR:
        return huvud.rstrip("\n") + svans
    text = _text(innehall)
    return huvud + (text if egen_rubrik else _kortad(huvud, text, svans)) + svans


def _kortad(huvud: str, text: str, svans: str) -> str:
    """As much of the text as leaves room for what stands before and after it within MAX_SEGMENT."""
    if not text:
        return text
    # What stands around it is put first, where it is never cut: the room left for the text is the same.
    runt = huvud + svans + " "
    for segment in range(MAX_SEGMENT, 0, -1):
        kort = sms.korta(runt + text, segment)
        if not kort.startswith(runt):
            break
        if sms.mat(huvud + kort.removeprefix(runt) + svans).segment <= MAX_SEGMENT:
            return kort.removeprefix(runt)
    return "..."


def _epost(innehall: Innehall, rubrik: str) -> str:
    bas = urlsplit(innehall.lank)
    delar = [
        f"{_markord(innehall)}{innehall.aktor}: {rubrik}",
        "" if innehall.tlp.niva >= Tlp.AMBER_STRICT.niva else _text(innehall),
        f"Läs mer: {innehall.lank}",
        f"Du får detta för att du har valt det. Ändra under Mina notiser: {bas.scheme}://{bas.netloc}/mina-notiser",
    ]
    if innehall.ovning:
        delar = [OVNINGSRAD, *delar, OVNINGSRAD]
    return "\n\n".join(del_ for del_ in delar if del_) + "\n"


# --- when --------------------------------------------------------------------------------------------------------


def tidigast(now: datetime, tystnad: tuple[str, str] | None, *, bradskande: bool) -> datetime:
    """When it may be sent: `now`, or when the quiet hours ('HH:MM', 'HH:MM', Swedish time) that it falls in are over.

    By the clock on the wall, on the nights when it is moved too. Quiet hours that begin and end together are none.
    """
    if bradskande or tystnad is None:
        return now
    fran, till = (time.fromisoformat(varde) for varde in tystnad)
    vagg = local(now).time().replace(tzinfo=None)
    tyst = fran <= vagg < till if fran <= till else vagg >= fran or vagg < till
    return _nasta(now, till) if tyst else now


def _nasta(now: datetime, klockslag: time) -> datetime:
    """The first moment after `now` when clocks in Sweden show this time; one skipped in March counts an hour later."""
    idag = local(now).date()
    kandidater = (
        datetime.combine(idag + timedelta(days=dag), klockslag, STOCKHOLM).replace(fold=fold)
        for dag in (0, 1)
        for fold in (0, 1)
    )
    # By the instant: two times of the same zone are compared as they are written, and a fold would be passed over.
    kommande = (moment.astimezone(UTC) for moment in kandidater)
    return min(moment for moment in kommande if moment > now and local(moment).time() >= klockslag)


def vantetid(forsok: int, grund: float, slump: float) -> timedelta:
    """How long to wait after `forsok` tries: `grund` seconds doubled each time, ±20 % by `slump` (0–1), ≤ 30 min."""
    sekunder = grund * 2 ** min(forsok, 20) * (1 - _SPRIDNING + 2 * _SPRIDNING * slump)
    return min(timedelta(seconds=sekunder), LANGSTA_VANTAN)


# --- how it went -------------------------------------------------------------------------------------------------


class Utfallsslag(StrEnum):
    """Kinds of outcome of one try."""

    MOTTAGEN = "mottagen"
    LEVERERAD = "levererad"
    OVERGAENDE = "overgaende"
    PERMANENT = "permanent"
    OVISS = "oviss"


@dataclass(frozen=True, slots=True)
class Utfall:
    """How one try went. `orsak` is for people to read and holds no number, address or text of the message.

    `leverantors_id` is the provider's own name of the message; `vanta` the seconds that it asked us to wait;
    `om_leverantoren`: what went wrong is about the provider or our account there, and not about the recipient.
    """

    slag: Utfallsslag
    orsak: str = ""
    leverantors_id: str = ""
    vanta: float | None = None
    om_leverantoren: bool = False


LEVERERAD = Utfall(Utfallsslag.LEVERERAD)
_MOTTAGEN = Utfall(Utfallsslag.MOTTAGEN)


def mottagen(leverantors_id: str = "") -> Utfall:
    """The provider took it."""
    return Utfall(Utfallsslag.MOTTAGEN, leverantors_id=leverantors_id) if leverantors_id else _MOTTAGEN


def overgaende(orsak: str, *, om_leverantoren: bool = False, vanta: float | None = None) -> Utfall:
    """It did not go, and may go later."""
    return Utfall(Utfallsslag.OVERGAENDE, orsak, vanta=vanta, om_leverantoren=om_leverantoren)


def permanent(orsak: str) -> Utfall:
    """It did not go, and the same try would fail again."""
    return Utfall(Utfallsslag.PERMANENT, orsak)


def oviss(orsak: str, *, om_leverantoren: bool = True) -> Utfall:
    """It was written and the answer was lost: it may have gone."""
    return Utfall(Utfallsslag.OVISS, orsak, om_leverantoren=om_leverantoren)


def ersatt_av(nummer: int) -> str:
    """Why something is not sent: a newer version is."""
    return f"ersatt av version {nummer}"


@dataclass(frozen=True)
class Regler:
    """How stubborn to be: seconds to go on trying, seconds before the second try, and chance (0–1) for the spread."""

    ge_upp_efter: float
    backoff: float
    slump: float = 0.5


@dataclass(frozen=True)
class Avgorande:
    """What a delivery becomes. `tidigast` is set when it waits for another try; `gick`: it went, or may have."""

    status: Status
    orsak: str = ""
    permanent: bool = False
    tidigast: datetime | None = None
    gick: bool = False


_STATUS = {
    Utfallsslag.MOTTAGEN: Status.MOTTAGEN,
    Utfallsslag.LEVERERAD: Status.LEVERERAD,
    Utfallsslag.OVISS: Status.OVISS,
}


def avgor(utfall: Utfall, forsok: int, fran: datetime, now: datetime, regler: Regler) -> Avgorande:
    """What follows from the outcome of try number `forsok`, where `fran` is since when it should have been sent."""
    if utfall.slag in _STATUS:
        return Avgorande(_STATUS[utfall.slag], utfall.orsak, gick=True)
    if utfall.slag is Utfallsslag.PERMANENT:
        return Avgorande(Status.MISSLYCKAD, utfall.orsak, permanent=True)
    vanta = vantetid(forsok - 1, regler.backoff, regler.slump)
    if utfall.vanta is not None:
        # What the provider asks for, and a little more: all would else come back in the same second.
        vanta = timedelta(seconds=min(utfall.vanta, LANGSTA_VANTAN.total_seconds()) * (1 + _SPRIDNING * regler.slump))
    if (now - fran).total_seconds() + vanta.total_seconds() > regler.ge_upp_efter:
        return Avgorande(Status.MISSLYCKAD, f"{GAV_UPP} efter {forsok} försök: {utfall.orsak}")
    return Avgorande(Status.VANTAR, utfall.orsak, tidigast=now + vanta)
