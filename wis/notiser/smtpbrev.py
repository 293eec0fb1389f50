"""The mail itself: what all recipients share is put together once, what is one's own stands before it. Pure."""

import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, formatdate
from functools import lru_cache

_PUNKT = re.compile(rb"^\.", re.MULTILINE)
_REFERENS = re.compile(r"[A-Za-z0-9_=-]+")


@dataclass(frozen=True)
class Smtpserver:
    """Where mail is handed over. `sakerhet`: 'klartext', 'starttls' or 'tls'. `marke` makes our Message-IDs ours.

    `studs` is the address that bounces go to, '' for the sender's; `parallella` connections, `takt` messages/s at most.
    """

    vard: str
    port: int
    sakerhet: str
    anvandare: str
    losenord: str
    fran: str
    namn: str
    marke: str = "wis"
    studs: str = ""
    parallella: int = 64
    takt: float | None = None

    @property
    def doman(self) -> str:
        """What comes after the @ of the sender."""
        return self.fran.rpartition("@")[2]

    def kuvertavsandare(self, referens: str) -> str:
        """Who is told when a mail cannot be handed over: an address for each delivery, where we take them."""
        if not self.studs:
            return self.fran
        lokal, _, doman = self.studs.rpartition("@")
        return f"{lokal}+{referens}@{doman}" if _REFERENS.fullmatch(referens) else self.studs


@lru_cache(maxsize=4)
def brevmall(server: Smtpserver, amne: str, text: str) -> bytes:
    """All of the mail but To, Date and Message-ID, as it is written to the server, the final '.' included."""
    brev = EmailMessage(policy=SMTP)
    brev["From"] = formataddr((" ".join(server.namn.split()), server.fran))
    brev["Subject"] = " ".join(amne.split())
    brev["Auto-Submitted"] = "auto-generated"
    brev["X-Auto-Response-Suppress"] = "All"
    brev.set_content(text, cte="quoted-printable")
    brev["Content-Language"] = "sv"
    hela = _PUNKT.sub(b"..", brev.as_bytes())
    return hela + (b".\r\n" if hela.endswith(b"\r\n") else b"\r\n.\r\n")


def egna_rader(server: Smtpserver, nummer: int, till: str) -> bytes:
    """The lines of one recipient; they stand before the rest.

    The same delivery has the same Message-ID each time it is tried: many servers drop the second copy.
    """
    return (f"To: {till}\r\nDate: {formatdate()}\r\nMessage-ID: <{server.marke}.{nummer}@{server.doman}>\r\n").encode(
        "ascii"
    )


def ar_adress(till: str) -> bool:
    """Whether it can stand in a header and an envelope: nothing that begins a new line or another address."""
    return till.isascii() and till.isprintable() and till.count("@") == 1 and not set(till) & set(' <>,;:"()[]\\')
