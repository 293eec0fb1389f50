"""What the operator has configured, as something that sends. SMS and e-mail go through Apprise.

`WIS_EPOST_URL`
    `smtps://user:password@host/?fran=wis@example.se` (TLS from the start, port 465), `smtp+starttls://…` (TLS after
    STARTTLS, port 587), or `smtp://host/?fran=…` (no encryption, port 25: for a server on the same machine or net; with
    a password on the same machine only). `namn=` is the name of the sender, `studs=` an address that bounces go to:
    with `studs=studs@example.se` those of a delivery come to studs+<its tag>@example.se.
`WIS_SMS_URL`
    `46elks://user:password@api.46elks.com/?fran=WIS`; `fran` is at most 11 letters and digits, or a number.
Both
    `takt=` is how many messages a second the provider takes at most, `parallella=` how many connections (64).
Either
    any other Apprise address of a service in `TJANSTER`, with `{till}` where the recipient is to stand, for example
    `jsons://gateway.example.se/sms/{till}` or `smseagles://token@host/{till}`.

`WIS_EPOST_URL_2` and `WIS_SMS_URL_2` are a second provider each, of the same form, for when the first is down.

Our own plugins connect straight to the provider: a proxy in the environment (HTTPS_PROXY) serves stock services only.

Users give a number or an address, never a URL. Characters in user names and passwords are percent-encoded.
"""

import asyncio
import hashlib
import hmac
import ipaddress
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from apprise import Apprise

from wis import clock
from wis.db import Database
from wis.notiser.apprise_kanaler import ASSET, PARTI, AnnanKanal, Forsandelse, Mottagning, Transport, Utkorgskanal
from wis.notiser.elkskanal import Elkskanal, Smstjanst
from wis.notiser.forbindelser import OPPNINGSTID
from wis.notiser.models import Kanalslag
from wis.notiser.pushkanal import Pushkanal
from wis.notiser.rules import Utfall, Utfallsslag, permanent
from wis.notiser.smtpkanal import Smtpkanal, Smtpserver, anslut, felorsak
from wis.settings import Settings, SettingsError

__all__ = ["EJ_INSTALLD", "Transport", "kontrollera", "prova", "skapa", "tid_per_meddelande"]

EJ_INSTALLD = "kanalen är inte inställd"
PLATS = "{till}"
PROVTEXT = "Detta är ett prov från WIS. Du behöver inte göra något.\n"
# Apprise's services that carry a message to one person at a number or an address that is given in the URL. Those that
# run programs, write files or speak to the desktop of this machine are not among them, and none gets in by an upgrade.
TJANSTER = frozenset(
    """
    apprise apprises atalk azure brevo bulksms bulkvs burstsms clickatell clicksend cm d7sms eight00com evolution
    evolutions exotel form forms groundmail httpsms infobip json jsons kaleyra kavenegar klr kudosity mailersend mailgun
    mailto mailtos matrix matrixs mmost mmosts mobilemessage mobilemsg msg91 msgbird nexmo notifyre ntfy ntfys o365
    octopush plivo postmark resend ringc rocket rockets sendgrid sendpulse serwersms ses seven sfr signal signals sinch
    smpp smpps smsc smseagle smseagles smsmanager smsmgr smstunnel smtp2go sns sparkpost telesign telnyx threema twilio
    voipms vonage whatsapp xml xmls xmpp xmpps zulip
    """.split()  # noqa: SIM905 (a list of one string per line is five times as long)
)
_ANDEL_AV_LEASE = 0.8
_MAX_PARALLELLA, _MAX_TAKT = 256, 100_000.0
_SMTP = {"smtp": ("klartext", 25), "smtp+starttls": ("starttls", 587), "smtps": ("tls", 465)}
_AVSANDARE = re.compile(r"[A-Za-z][A-Za-z0-9]{0,10}|\+[1-9][0-9]{6,14}")
_EPOST = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9.-]+")


class _EjInstalld:
    """A channel that the operator has not configured: what is to go by it fails at once, and stands as failed."""

    kvitton = False
    tradar, parti = 1, PARTI

    def __init__(self, leverantor: str) -> None:
        self.leverantor = leverantor

    def sand(self, forsandelser: Sequence[Forsandelse], mottagning: Mottagning) -> None:
        """Send none of these, and say why."""
        far = mottagning.innan(forsandelser)
        mottagning.efter([(ett, permanent(EJ_INSTALLD)) for ett in forsandelser if ett.id in far])

    def tyst(self) -> float:
        """Nothing is ever in flight."""
        return 0.0

    def vila(self) -> None:
        """Nothing is kept open."""

    def stang(self) -> None:
        """Nothing is kept open."""


def skapa(kanal: Kanalslag, settings: Settings, database: Database) -> list[Transport]:
    """What sends by this channel, the provider to prefer first. Raises SettingsError if a URL is wrong."""
    if settings.demo:
        return [Utkorgskanal(database, kanal)]
    if kanal is Kanalslag.PUSH:
        return [Pushkanal(settings, database, tid_per_meddelande(settings.lease))]
    return [_skapa(kanal, *en, settings) for en in _leverantorer(kanal, settings)] or [_EjInstalld(str(kanal))]


def tid_per_meddelande(lease: float) -> float:
    """Seconds that one message may take in all, where a claim lasts `lease` seconds: it must not outlive its claim."""
    return lease * _ANDEL_AV_LEASE


def url_for(kanal: Kanalslag, settings: Settings) -> str | None:
    """The configured URL of a channel's first provider, or None."""
    return settings.sms_url if kanal is Kanalslag.SMS else settings.epost_url


def _leverantorer(kanal: Kanalslag, settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Each configured provider as (its name, its variable, its URL)."""
    sms = kanal is Kanalslag.SMS
    andra = settings.sms_url_2 if sms else settings.epost_url_2
    variabel, forsta = f"WIS_{kanal.upper()}_URL", url_for(kanal, settings)
    if forsta:
        yield str(kanal), variabel, forsta
    elif andra:
        raise SettingsError(f"{variabel}_2 är den andra leverantören: ange den första i {variabel}.")
    if andra:
        yield f"{kanal}-2", f"{variabel}_2", andra


def _skapa(kanal: Kanalslag, leverantor: str, variabel: str, url: str, settings: Settings) -> Transport:
    schema, tid = _schema(url), tid_per_meddelande(settings.lease)
    if kanal is Kanalslag.EPOST and schema in _SMTP:
        return Smtpkanal(smtpserver(url, settings, variabel), tid, leverantor)
    if kanal is Kanalslag.SMS and schema == "46elks":
        return Elkskanal(smstjanst(url, settings, variabel), tid, leverantor)
    return _annan(kanal, url, variabel, leverantor)


def smtpserver(url: str, settings: Settings, namn: str = "WIS_EPOST_URL") -> Smtpserver:
    """The mail server that the URL tells of. Raises SettingsError."""
    delar, val = _delar(url), _val(url, namn, {"fran", "namn", "studs", "takt", "parallella"})
    sakerhet, port = _SMTP[_schema(url)]
    fran = val.get("fran", "")
    if not delar.hostname or not _EPOST.fullmatch(fran):
        raise SettingsError(
            f"{namn} ska ange server och avsändare, t.ex. smtps://user:losen@host/?fran=wis@example.se."
        )
    if val.get("studs") and not _EPOST.fullmatch(val["studs"]):
        raise SettingsError(f"{namn}: studs= ska vara adressen som studsar går till, t.ex. studs@example.se.")
    if delar.username and sakerhet == "klartext" and not _lokal(delar.hostname):
        raise SettingsError(f"{namn} skulle skicka lösenordet i klartext: använd smtps:// eller smtp+starttls://.")
    return Smtpserver(
        vard=delar.hostname,
        port=delar.port or port,
        sakerhet=sakerhet,
        anvandare=unquote(delar.username or ""),
        losenord=unquote(delar.password or ""),
        fran=fran,
        namn=val.get("namn") or settings.avsandare,
        marke=hmac.new(settings.secret_key.encode(), b"message-id", hashlib.sha256).hexdigest()[:12],
        studs=val.get("studs", ""),
        parallella=_parallella(val, namn),
        takt=_takt(val, namn),
    )


def _parallella(val: Mapping[str, str], namn: str) -> int:
    raw = val.get("parallella", "64")
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw) <= _MAX_PARALLELLA:
        raise SettingsError(f"{namn}: parallella= ska vara ett heltal från 1 till {_MAX_PARALLELLA}.")
    return int(raw)


def _takt(val: Mapping[str, str], namn: str) -> float | None:
    if "takt" not in val:
        return None
    try:
        takt = float(val["takt"].replace(",", "."))
    except ValueError:
        takt = 0.0
    if not 0.01 <= takt <= _MAX_TAKT:
        raise SettingsError(f"{namn}: takt= ska vara meddelanden i sekunden, t.ex. 20 eller 0,5.")
    return takt


def smstjanst(url: str, settings: Settings, namn: str = "WIS_SMS_URL") -> Smstjanst:
    """The account at 46elks, or at a gateway with the same interface, that the URL tells of. Raises SettingsError."""
    delar, val = _delar(url), _val(url, namn, {"fran", "takt", "parallella"})
    fran = val.get("fran") or settings.avsandare
    if not delar.hostname or not delar.username or not delar.password:
        raise SettingsError(f"{namn} ska ange konto och tjänst, t.ex. 46elks://user:losen@api.46elks.com/?fran=WIS.")
    if not _AVSANDARE.fullmatch(fran):
        raise SettingsError(
            f"{namn}: avsändaren (fran=) ska vara högst 11 bokstäver a-z och siffror, eller ett nummer."
        )
    lokal = _lokal(delar.hostname)
    return Smstjanst(
        adress=f"{'http' if lokal else 'https'}://{delar.netloc.rpartition('@')[2]}/a1/sms",
        anvandare=unquote(delar.username),
        losenord=unquote(delar.password),
        fran=fran,
        lokal=lokal,
        # Only an address that the operator gave is one that somebody else can reach.
        kvitto_adress=f"{settings.base_url}/kvitto/46elks/" if settings.base_url_given else "",
        parallella=_parallella(val, namn),
        takt=_takt(val, namn),
    )


def kontrollera(settings: Settings) -> list[tuple[bool, str]]:
    """Whether each provider is well, for `wis check`: (well or not, what and how to mend). Sends nothing.

    A mail server is connected to, logged in to and asked for nothing; of an SMS service the URL is checked.
    """
    if settings.demo:
        return [(True, "Demo: e-post och SMS visas i Utkorgen, inget skickas.")]
    return [svar for kanal in (Kanalslag.SMS, Kanalslag.EPOST) for svar in _kontrollera(kanal, settings)]


def _kontrollera(kanal: Kanalslag, settings: Settings) -> list[tuple[bool, str]]:
    try:
        leverantorer = list(_leverantorer(kanal, settings))
    except SettingsError as fel:
        return [(False, str(fel))]
    return [_kontrollera_en(kanal, *en, settings) for en in leverantorer] or [(False, _saknas(kanal))]


def _saknas(kanal: Kanalslag) -> str:
    return f"{_vad(kanal)} är inte inställt: det som ska gå den vägen misslyckas. Ange WIS_{kanal.upper()}_URL."


def _vad(kanal: Kanalslag) -> str:
    return "SMS" if kanal is Kanalslag.SMS else "E-post"


def _kontrollera_en(kanal: Kanalslag, leverantor: str, variabel: str, url: str, settings: Settings) -> tuple[bool, str]:
    vad = _vad(kanal) + (" (andra leverantören)" if leverantor.endswith("-2") else "")
    try:
        if kanal is Kanalslag.EPOST and _schema(url) in _SMTP:
            return _prova_smtp(vad, smtpserver(url, settings, variabel))
        if kanal is Kanalslag.SMS and _schema(url) == "46elks":
            tjanst = smstjanst(url, settings, variabel)
            vart = urlsplit(tjanst.adress).netloc
            return True, f"{vad} går genom {vart} från {tjanst.fran} (kontot är inte prövat)."
        _annan(kanal, url, variabel, leverantor)
    except SettingsError as fel:
        return False, str(fel)
    return True, f"{vad} går genom {_schema(url)}:// (tjänsten är inte prövad)."


def _prova_smtp(vad: str, server: Smtpserver) -> tuple[bool, str]:
    vem = f"{server.vard}:{server.port}"

    async def halsa() -> None:
        async with asyncio.timeout(OPPNINGSTID):
            klient = await anslut(server)
            try:
                await klient.noop()
                await klient.quit()
            finally:
                klient.close()

    try:
        asyncio.run(halsa())
    except Exception as fel:  # noqa: BLE001 whatever it is, it is what the operator is to be told
        orsak = felorsak(fel).removeprefix("brevservern ")
        return False, f"Brevservern {vem} {orsak}: kontrollera adress, port, kryptering, namn och lösenord."
    return True, f"{vad} går genom {vem} från {server.fran}."


class _Provmottagning:
    """Lets the one message through, and keeps what came of it."""

    def __init__(self) -> None:
        self.utfall = permanent("inget sändes")

    def innan(self, grupp: Sequence[Forsandelse]) -> list[int]:
        """All of them."""
        return [forsandelse.id for forsandelse in grupp]

    def efter(self, utfall: Sequence[tuple[Forsandelse, Utfall]]) -> None:
        """Keep it."""
        self.utfall = utfall[0][1]

    def puls(self) -> bool:
        """Go on."""
        return True


def prova(settings: Settings, kanal: Kanalslag, till: str) -> list[tuple[bool, str]]:
    """Send one message of trial to `till` by each provider of the channel: (well or not, what came of it).

    `till` is a number or an address as the provider takes it. Raises SettingsError if a URL is wrong.
    """
    if settings.demo:
        return [(True, "Demo: inget skickas.")]
    svar = [_prova(_skapa(kanal, *en, settings), kanal, till) for en in _leverantorer(kanal, settings)]
    return svar or [(False, _saknas(kanal))]


def _prova(transport: Transport, kanal: Kanalslag, till: str) -> tuple[bool, str]:
    # Each trial has a number of its own: a second mail with the same Message-ID would be dropped on the way.
    nummer, mottagning = int(clock.now().timestamp() * 1000), _Provmottagning()
    try:
        transport.sand([Forsandelse(nummer, till, "Prov från WIS", PROVTEXT)], mottagning)
    finally:
        transport.stang()
    utfall, vad = mottagning.utfall, f"{_vad(kanal)} genom {transport.leverantor}"
    if utfall.slag is Utfallsslag.MOTTAGEN:
        return True, f"{vad}: leverantören tog emot provet{f' ({ident})' if (ident := utfall.leverantors_id) else ''}."
    return False, f"{vad}: provet gick inte fram, {utfall.orsak}."


def _annan(kanal: Kanalslag, url: str, variabel: str, leverantor: str) -> AnnanKanal:
    schema = _schema(url)
    if schema not in TJANSTER:
        raise SettingsError(f"{variabel}: {schema}:// är ingen tjänst som skickar till en enskild mottagare.")
    if PLATS not in url:
        raise SettingsError(f"{variabel} saknar {PLATS}, som visar var mottagarens nummer eller adress ska stå.")

    def fyllt(till: str) -> str:
        return url.replace(PLATS, quote(till, safe=""))

    exempel = "+46701740605" if kanal is Kanalslag.SMS else "prov@example.se"
    with warnings.catch_warnings():
        # Apprise reads in every service that it has, and some of them lean on what Python is about to drop.
        warnings.simplefilter("ignore", DeprecationWarning)
        godtas = Apprise.instantiate(fyllt(exempel), asset=ASSET) is not None
    if not godtas:
        raise SettingsError(f"{variabel}: Apprise godtar inte adressen. Jämför med dess beskrivning av {schema}://.")
    return AnnanKanal(fyllt, kanal, leverantor)


def _schema(url: str) -> str:
    return url.partition("://")[0].lower()


def _delar(url: str) -> SplitResult:
    # By hand: urlsplit takes no scheme that begins with a digit.
    delar = urlsplit("//" + url.partition("://")[2])
    try:
        _ = delar.port
    except ValueError:
        raise SettingsError(f"Porten i {_schema(url)}://… är inget tal.") from None
    return delar


def _val(url: str, variabel: str, kanda: set[str]) -> dict[str, str]:
    val = {namn: varden[-1] for namn, varden in parse_qs(_delar(url).query).items()}
    okanda = sorted(set(val) - kanda)
    if okanda:
        raise SettingsError(f"{variabel} har en okänd uppgift: {okanda[0]}=. Den tar {', '.join(sorted(kanda))}.")
    return val


def _lokal(vard: str) -> bool:
    """Whether this host is the machine itself."""
    try:
        return ipaddress.ip_address(vard).is_loopback
    except ValueError:
        return vard.lower() == "localhost"
