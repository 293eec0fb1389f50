"""What the operator has configured, as something that sends. All sending goes through Apprise.

`WIS_EPOST_URL`
    `smtps://user:password@host/?fran=wis@example.se` (TLS from the start, port 465), `smtp+starttls://…` (TLS after
    STARTTLS, port 587), or `smtp://host/?fran=…` (no encryption, port 25: for a server on the same machine or net; with
    a password on the same machine only). `namn=` is the name of the sender.
`WIS_SMS_URL`
    `46elks://user:password@api.46elks.com/?fran=WIS`; `fran` is at most 11 letters and digits, or a number.
Either
    any other Apprise address of a service in `TJANSTER`, with `{till}` where the recipient is to stand, for example
    `jsons://gateway.example.se/sms/{till}` or `smseagles://token@host/{till}`.

Users give a number or an address, never a URL. Characters in user names and passwords are percent-encoded.
"""

import hashlib
import hmac
import ipaddress
import re
import smtplib
import warnings
from collections.abc import Sequence
from typing import Protocol
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from apprise import Apprise

from wis.db import Database
from wis.notiser.apprise_kanaler import (
    ASSET,
    TIDSGRANS,
    AnnanKanal,
    Forsandelse,
    Mottagning,
    Utkorgskanal,
    tid_per_meddelande,
)
from wis.notiser.elkskanal import Elkskanal, Smstjanst
from wis.notiser.models import Kanalslag
from wis.notiser.rules import permanent
from wis.notiser.smtpkanal import Smtpkanal, Smtpserver, anslut
from wis.settings import Settings, SettingsError

EJ_INSTALLD = "kanalen är inte inställd"
PLATS = "{till}"
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
_SMTP = {"smtp": ("klartext", 25), "smtp+starttls": ("starttls", 587), "smtps": ("tls", 465)}
_AVSANDARE = re.compile(r"[A-Za-z][A-Za-z0-9]{0,10}|\+[1-9][0-9]{6,14}")
_EPOST = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9.-]+")


class Transport(Protocol):
    """Sends by one channel, for one thread."""

    def sand(self, forsandelser: Sequence[Forsandelse], mottagning: Mottagning) -> None:
        """Send these in order: `mottagning` is asked before each and told after."""

    def vila(self) -> None:
        """There has been nothing to send for a while."""

    def stang(self) -> None:
        """Close what is open."""


class _EjInstalld:
    """A channel that the operator has not configured: what is to go by it fails at once, and stands as failed."""

    def sand(self, forsandelser: Sequence[Forsandelse], mottagning: Mottagning) -> None:
        """Send none of these, and say why."""
        for forsandelse in forsandelser:
            if mottagning.innan(forsandelse):
                mottagning.efter(forsandelse, permanent(EJ_INSTALLD))

    def vila(self) -> None:
        """Nothing is kept open."""

    def stang(self) -> None:
        """Nothing is kept open."""


def skapa(kanal: Kanalslag, settings: Settings, database: Database) -> Transport:
    """What sends by this channel. Raises SettingsError if its URL is wrong."""
    url = url_for(kanal, settings)
    if settings.demo:
        return Utkorgskanal(database, kanal)
    if url is None:
        return _EjInstalld()
    schema = _schema(url)
    if kanal is Kanalslag.EPOST and schema in _SMTP:
        return Smtpkanal(smtpserver(url, settings), tid_per_meddelande(settings.lease))
    if kanal is Kanalslag.SMS and schema == "46elks":
        return Elkskanal(smstjanst(url, settings), tid_per_meddelande(settings.lease))
    return _annan(kanal, url)


def url_for(kanal: Kanalslag, settings: Settings) -> str | None:
    """The configured URL of a channel, or None."""
    return settings.sms_url if kanal is Kanalslag.SMS else settings.epost_url


def smtpserver(url: str, settings: Settings) -> Smtpserver:
    """The mail server that the URL tells of. Raises SettingsError."""
    namn, delar, val = "WIS_EPOST_URL", _delar(url), _val(url, "WIS_EPOST_URL", {"fran", "namn"})
    sakerhet, port = _SMTP[_schema(url)]
    fran = val.get("fran", "")
    if not delar.hostname or not _EPOST.fullmatch(fran):
        raise SettingsError(
            f"{namn} ska ange server och avsändare, t.ex. smtps://user:losen@host/?fran=wis@example.se."
        )
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
    )


def smstjanst(url: str, settings: Settings) -> Smstjanst:
    """The account at 46elks, or at a gateway with the same interface, that the URL tells of. Raises SettingsError."""
    namn, delar, val = "WIS_SMS_URL", _delar(url), _val(url, "WIS_SMS_URL", {"fran"})
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
    )


def kontrollera(settings: Settings) -> list[tuple[bool, str]]:
    """Whether each channel is well, for `wis check`: (well or not, what and how to mend). Sends nothing.

    A mail server is connected to, logged in to and asked for nothing; of an SMS service the URL is checked.
    """
    if settings.demo:
        return [(True, "Demo: e-post och SMS visas i Utkorgen, inget skickas.")]
    return [_kontrollera(kanal, settings) for kanal in Kanalslag]


def _kontrollera(kanal: Kanalslag, settings: Settings) -> tuple[bool, str]:
    url, variabel = url_for(kanal, settings), f"WIS_{kanal.upper()}_URL"
    vad = "SMS" if kanal is Kanalslag.SMS else "E-post"
    if url is None:
        return False, f"{vad} är inte inställt: det som ska gå den vägen misslyckas. Ange {variabel}."
    try:
        if kanal is Kanalslag.EPOST and _schema(url) in _SMTP:
            return _prova_smtp(smtpserver(url, settings))
        if kanal is Kanalslag.SMS and _schema(url) == "46elks":
            tjanst = smstjanst(url, settings)
            return True, f"SMS går genom {urlsplit(tjanst.adress).netloc} från {tjanst.fran} (kontot är inte prövat)."
        _annan(kanal, url)
    except SettingsError as fel:
        return False, str(fel)
    return True, f"{vad} går genom {_schema(url)}:// (tjänsten är inte prövad)."


def _prova_smtp(server: Smtpserver) -> tuple[bool, str]:
    vem = f"{server.vard}:{server.port}"
    try:
        klient = anslut(server, TIDSGRANS)
        try:
            kod, _ = klient.noop()
        finally:
            klient.close()
    except smtplib.SMTPAuthenticationError as fel:
        return False, f"Brevservern {vem} nekar inloggningen ({fel.smtp_code}): kontrollera namn och lösenord."
    except smtplib.SMTPResponseException as fel:
        return False, f"Brevservern {vem} nekar oss ({fel.smtp_code})."
    except OSError as fel:
        return False, f"Brevservern {vem} svarar inte ({type(fel).__name__}): kontrollera adress, port och kryptering."
    return kod < 400, f"E-post går genom {vem} från {server.fran}."


def _annan(kanal: Kanalslag, url: str) -> AnnanKanal:
    variabel, schema = f"WIS_{kanal.upper()}_URL", _schema(url)
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
    return AnnanKanal(fyllt, kanal)


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
