"""What may be published, and how texts that were written at the same time meet. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from wis import datum, markup
from wis.auth.krets import Tlp
from wis.clock import local
from wis.handelser.sakkrets import Kretsval
from wis.lagesbild import kallmarke, rader
from wis.lagesbild.mall import MAX_NOTERING, SAMMANFATTNING, STANDARD, Mall
from wis.tvaperson.rules import INGET, Intyg

# A promise further off than this is a slip of the finger in the date.
LANGST_FRAM = timedelta(days=90)
NASTA = "nasta_tid"
NOTERING = "andringsnotering"
_JAMNA_MINUTER = 5
_SNABBVAL_MINUTER = (60, 120, 240)
_SNABBVAL_KLOCKAN = (8, 16)


def rensad(text: str) -> str:
    """The text as it is kept: LF line breaks, no control characters, no blank lines first or space last."""
    utan = markup.normalisera(text).rstrip()
    rader = utan.split("\n")
    while rader and not rader[0].strip():
        del rader[0]
    return "\n".join(rader)


@dataclass(frozen=True)
class Marke:
    """The label of a version, and its secrecy note: a paragraph of OSL."""

    tlp: Tlp = Tlp.CLEAR
    lagrum: str = ""


OMARKT = Marke()


@dataclass(frozen=True)
class Innehall:
    """What a version says. `sektioner` holds the filled ones only, in the order of `mall`: make it by `av()`."""

    sektioner: Mapping[str, str]
    andringsnotering: str = ""
    nasta_uppdatering: datetime | None = None
    marke: Marke = OMARKT
    mall: Mall = field(default=STANDARD, compare=False)

    @classmethod
    def av(
        cls,
        texter: Mapping[str, str],
        andringsnotering: str = "",
        nasta: datetime | None = None,
        marke: Marke = OMARKT,
        mall: Mall = STANDARD,
    ) -> "Innehall":
        """From raw texts by key. What the template has no place for comes last: see Mall.med()."""
        hel = mall.med(nyckel for nyckel, text in texter.items() if (text or "").strip())
        rena = {a.nyckel: rader.rena(rensad(texter.get(a.nyckel) or ""), a.slag) for a in hel.avsnitt}
        notering = " ".join(markup.normalisera(andringsnotering).split())
        return cls({nyckel: text for nyckel, text in rena.items() if text}, notering, nasta, marke, hel)

    def samma_text(self, annan: "Innehall | None") -> bool:
        """Whether the sections say the same."""
        return annan is not None and dict(self.sektioner) == dict(annan.sektioner)

    def samma_text_och_marke(self, annan: "Innehall | None") -> bool:
        """Whether the sections say the same, under the same label and secrecy note."""
        return annan is not None and self.samma_text(annan) and self.marke == annan.marke


@dataclass(frozen=True)
class Publicering:
    """The command: this content, revised from version `bas` (0 = there was none), sent by the form `nyckel`.

    `krets` is the choice of who reads; None = as it was. `beskrivningar` are of the attachments, by number. `intyg`:
    what stands behind it besides its author, where two persons are needed.
    """

    bas: int
    nyckel: str
    innehall: Innehall
    krets: Kretsval | None = None
    beskrivningar: Mapping[int, str] = field(default_factory=dict)
    intyg: Intyg = INGET


@dataclass(frozen=True)
class Tillstand:
    """What is published: the latest number (0 = nothing) and content, and what this same form has published, if so.

    Of the choice of who reads: whether it changes anything (`nya_lasare`), and whether somebody else has changed who
    reads since it was made (`lasratt_inaktuell`). `nya_bilagor`: what is attached differs from the latest version's.
    """

    senaste: int
    innehall: Innehall | None
    now: datetime
    tidigare: tuple[int, Innehall] | None = None
    nya_lasare: bool = False
    lasratt_inaktuell: bool = False
    nya_bilagor: bool = False


class Avslagsslag(StrEnum):
    """Why a publication is refused."""

    UPPREPAD = "upprepad"
    FEL_BAS = "fel_bas"
    TOM = "tom"
    OGILTIG = "ogiltig"
    OFORANDRAD = "oforandrad"
    LASRATT = "lasratt"


@dataclass(frozen=True)
class NyVersion:
    """What is to be written."""

    nummer: int
    innehall: Innehall


@dataclass(frozen=True)
class Avslag:
    """Why not. `nummer`: the version that this form made (UPPREPAD), else the latest. `fel`: Swedish texts by field."""

    slag: Avslagsslag
    nummer: int
    fel: Mapping[str, str] = field(default_factory=dict)


def publicera(kommando: Publicering, tillstand: Tillstand) -> NyVersion | Avslag:
    """The next version, or the first reason against it."""
    innehall = kommando.innehall
    samma = tillstand.tidigare is not None and innehall.samma_text_och_marke(tillstand.tidigare[1])
    if tillstand.tidigare is not None and samma and not tillstand.nya_bilagor:
        return Avslag(Avslagsslag.UPPREPAD, tillstand.tidigare[0])
    if kommando.bas != tillstand.senaste:
        return Avslag(Avslagsslag.FEL_BAS, tillstand.senaste)
    if tillstand.lasratt_inaktuell:
        return Avslag(Avslagsslag.LASRATT, tillstand.senaste)
    fel = granska(innehall, tillstand.now)
    if fel:
        tom = SAMMANFATTNING not in innehall.sektioner
        return Avslag(Avslagsslag.TOM if tom else Avslagsslag.OGILTIG, tillstand.senaste, fel)
    # A note is reason enough: that is how one moves a promised time, or vouches for a text that looks old.
    nagot_nytt = innehall.andringsnotering or tillstand.nya_lasare or tillstand.nya_bilagor
    if innehall.samma_text_och_marke(tillstand.innehall) and not nagot_nytt:
        return Avslag(Avslagsslag.OFORANDRAD, tillstand.senaste)
    return NyVersion(tillstand.senaste + 1, innehall)


def granska(innehall: Innehall, now: datetime) -> dict[str, str]:
    """What must be mended before the content can be published: Swedish texts by field; empty if nothing."""
    fel = granska_langd(innehall) | granska_rader(innehall)
    if SAMMANFATTNING not in innehall.sektioner:
        fel[SAMMANFATTNING] = "Skriv en sammanfattning. Det är den som alla får i sitt sms."
    nasta = innehall.nasta_uppdatering
    if nasta is not None and nasta <= now:
        fel[NASTA] = (
            f"Nästa uppdatering kan inte vara {datum.tid(nasta, now)}: det har redan varit. Välj en senare tid."
        )
    elif nasta is not None and nasta > now + LANGST_FRAM:
        fel[NASTA] = f"Kontrollera datumet för nästa uppdatering: {datum.datumtid(nasta)} är mer än tre månader bort."
    return fel


def granska_langd(innehall: Innehall) -> dict[str, str]:
    """Which texts are too long: Swedish texts by field."""
    fel = {}
    for avsnitt in innehall.mall.avsnitt:
        # A mark of origin is nothing that the redaktör has written.
        langd = len(kallmarke.utan(innehall.sektioner.get(avsnitt.nyckel, "")))
        over = langd - avsnitt.max_tecken
        if over > 0:
            fel[avsnitt.nyckel] = (
                f"{avsnitt.namn} har {langd} tecken. Korta med {over}, till högst {avsnitt.max_tecken}."
            )
    if len(innehall.andringsnotering) > MAX_NOTERING:
        fel[NOTERING] = f"Korta Vad är nytt? till högst {MAX_NOTERING} tecken (nu {len(innehall.andringsnotering)})."
    return fel


def granska_rader(innehall: Innehall) -> dict[str, str]:
    """What is wrong with the rows: Swedish texts by field."""
    fel = {}
    for avsnitt in innehall.mall.avsnitt:
        funna, _ = rader.dela(innehall.sektioner.get(avsnitt.nyckel, ""), avsnitt.slag)
        if text := rader.granska(funna, avsnitt.slag):
            fel[avsnitt.nyckel] = f"{avsnitt.namn}: {text}"
    return fel


@dataclass(frozen=True)
class Oforandrad:
    """'Läget oförändrat': the next number, the note, and the promise moved on by as long as was promised last."""

    nummer: int
    andringsnotering: str
    nasta_uppdatering: datetime | None


def oforandra(
    bas: int, senaste: int, publicerad: datetime, nasta: datetime | None, now: datetime
) -> Oforandrad | Avslag:
    """The version that says that `bas`, published then with that promise, still holds; FEL_BAS if it is not latest."""
    if bas != senaste:
        return Avslag(Avslagsslag.FEL_BAS, senaste)
    ny = None if nasta is None else now + (nasta - publicerad)
    return Oforandrad(senaste + 1, f"Läget oförändrat kl. {datum.klockslag(now)}", ny)


# --- when the next one comes --------------------------------------------------------------------------------------


def tolka_nasta(val: str, now: datetime) -> datetime | None:
    """The time meant by a choice: '' none, '+90' in so many minutes (on the next even five), else a local time.

    Raises ValueError if it is none of these.
    """
    val = val.strip()
    if not val:
        return None
    if val.startswith("+"):
        return _jamn(now + timedelta(minutes=min(int(val[1:]), 60 * 24 * 365)))
    return datum.fran_falt(val)


def nasta_val(now: datetime, publicerad: datetime | None, utlovad: datetime | None) -> list[tuple[str, str]]:
    """Quick choices of the next update, (value for tolka_nasta, label), the suggested one first.

    Suggested is the time promised already, if it is still to come; else the same interval as last; else none.
    """
    minuter = list(_SNABBVAL_MINUTER)
    forst: list[tuple[str, str]] = []
    if utlovad is not None and publicerad is not None:
        intervall = max(1, round((utlovad - publicerad).total_seconds() / 60 / _JAMNA_MINUTER)) * _JAMNA_MINUTER
        if utlovad > now:
            forst.append((datum.falt_av(utlovad), f"{_klockan(utlovad, now)}, som redan är utlovat"))
        else:
            forst.append((f"+{intervall}", f"{_etikett(now, intervall)}, som förra gången"))
            minuter = [m for m in minuter if m != intervall]
    ingen = [("", "Ingen tid utlovas")]
    snabba = [(f"+{m}", _etikett(now, m)) for m in minuter]
    tider = sorted(_nasta_klockan(now, timme) for timme in _SNABBVAL_KLOCKAN)
    klockor = [(datum.falt_av(t), _klockan(t, now)) for t in tider]
    alla = forst + snabba + klockor + ingen if forst else ingen + snabba + klockor
    unika: dict[str, str] = {}
    for varde, text in alla:
        unika.setdefault(varde, text)
    return list(unika.items())


def _klockan(moment: datetime, now: datetime) -> str:
    tid = datum.tid(moment, now)
    return tid if " " in tid else f"kl. {tid}"


def _om(minuter: int) -> str:
    if minuter % (24 * 60) == 0:
        return f"om {minuter // (24 * 60)} dygn"
    timmar, resten = divmod(minuter, 60)
    delar = [f"{timmar} tim"] * bool(timmar) + [f"{resten} min"] * bool(resten)
    return "om " + " ".join(delar)


def _etikett(now: datetime, minuter: int) -> str:
    return f"{_om(minuter)} ({datum.tid(_jamn(now + timedelta(minutes=minuter)), now)})"


def _jamn(moment: datetime) -> datetime:
    over = timedelta(minutes=moment.minute % _JAMNA_MINUTER, seconds=moment.second, microseconds=moment.microsecond)
    return moment - over + timedelta(minutes=_JAMNA_MINUTER) if over else moment


def _nasta_klockan(now: datetime, timme: int) -> datetime:
    kandidat = local(now).replace(hour=timme, minute=0, second=0, microsecond=0)
    return kandidat if kandidat > now else kandidat + timedelta(days=1)


# --- texts that were written at the same time ---------------------------------------------------------------------


class Lage(StrEnum):
    """How a section that I have written stands to the version that was published meanwhile."""

    LIKA = "lika"
    MIN = "min"
    DERAS = "deras"
    BADA = "bada"


@dataclass(frozen=True)
class Mote:
    """One section: what my form is to hold, what they published, and who of us changed it."""

    text: str
    deras: str
    lage: Lage


def sammanfoga(bas: Mapping[str, str], min_: Mapping[str, str], deras: Mapping[str, str]) -> dict[str, Mote]:
    """Section by section: what I did not touch follows theirs, so that I take back nothing of it; mine stays mine."""
    ut = {}
    for nyckel in dict.fromkeys([*STANDARD.nycklar, *bas, *min_, *deras]):
        var, jag, de = (texter.get(nyckel, "") for texter in (bas, min_, deras))
        if jag == de:
            ut[nyckel] = Mote(jag, de, Lage.LIKA)
        elif jag == var:
            ut[nyckel] = Mote(de, de, Lage.DERAS)
        else:
            ut[nyckel] = Mote(jag, de, Lage.MIN if de == var else Lage.BADA)
    return ut


def sammanfoga_marke(bas: Marke, min_: Marke, deras: Marke) -> Marke:
    """As sammanfoga(), of the label and the note; a label that both have changed is the narrower of the two."""
    if bas.tlp in {min_.tlp, deras.tlp}:
        tlp = deras.tlp if min_.tlp is bas.tlp else min_.tlp
    else:
        tlp = max(min_.tlp, deras.tlp, key=lambda label: label.niva)
    return Marke(tlp, deras.lagrum if min_.lagrum == bas.lagrum else min_.lagrum)
