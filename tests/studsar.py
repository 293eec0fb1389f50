"""Bounces as mail servers write them (RFC 3464), and a mailbox that they come to: a small IMAP server on loopback."""

import re
import socket
import socketserver
import threading
from types import TracebackType
from typing import Self

from tests.mottagare import LOOPBACK

HEMLIG = "studs" * 8 + "hemlighet"


def en_studs(
    tagg: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    var: str = "To",
    datum: str = "",
    fyllnad: bytes = b"Hej.",
) -> bytes:
    """A report on the mail with this tag, from `datum`; `var` is where the address with the tag stands."""
    verp = f"studs+{tagg}@wis.example"
    huvud = f"{var}: <{verp}>" if var not in {"Return-Path", "headers"} else "To: studs@wis.example"
    retur = f"Return-Path: <{verp}>" if var in {"Return-Path", "headers"} else "X-Inget: 1"
    retur += f"\nDate: {datum}" if datum else ""
    typ = "text/rfc822-headers" if var == "headers" else "message/rfc822"
    text = f"""From: MAILER-DAEMON@mx.example
{huvud}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="gr"

--gr
Content-Type: text/plain; charset=utf-8

I am sorry to have to inform you …
--gr
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Sun, 22 Nov 2026 11:00:00 +0000

Final-Recipient: rfc822; person@kommun.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <person@kommun.example> user unknown

--gr
Content-Type: {typ}

{retur}
From: WIS <wis@wis.example>
Subject: Hemligt

"""
    return text.encode().replace(b"\n", b"\r\n") + fyllnad + b"\r\n--gr--\r\n"


def fritt_svar(tagg: str) -> bytes:
    """What a person's mail program answers by itself while they are away."""
    return (
        f"From: person@kommun.example\r\nTo: studs+{tagg}@wis.example\r\nSubject: Autosvar\r\n"
        "Auto-Submitted: auto-replied\r\nContent-Type: text/plain\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    ).encode()


class Imapserver(socketserver.ThreadingTCPServer):
    """As much of IMAP (RFC 3501) as a reader of one mailbox uses. `brev` maps a UID to message and flags.

    What is in `vagrar` it does not read out.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, anvandare: str = "studs", losenord: str = "hemligt-1") -> None:
        self.inloggning = (anvandare, losenord)
        self.brev: dict[int, tuple[bytes, set[str]]] = {}
        self.vagrar: set[int] = set()
        super().__init__((LOOPBACK, 0), _Imapsamtal)
        self._trad = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._trad.start()

    @property
    def url(self) -> str:
        """The address of its mailbox."""
        return f"imap://{self.inloggning[0]}:{self.inloggning[1]}@{LOOPBACK}:{self.server_address[1]}/INBOX"

    def lagg(self, brev: bytes) -> int:
        """Put a message in the box; returns its UID."""
        uid = len(self.brev) + 101
        self.brev[uid] = (brev, set())
        return uid

    def flaggor(self, uid: int) -> set[str]:
        """The flags of a message that is still there."""
        return self.brev[uid][1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, typ: type[BaseException] | None, fel: BaseException | None, spar: TracebackType | None) -> None:
        self.shutdown()
        self.server_close()
        self._trad.join(10)


class _Imapsamtal(socketserver.StreamRequestHandler):
    server: Imapserver

    def setup(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().setup()

    def handle(self) -> None:
        self._skriv(b"* OK hello")
        for rad in self.rfile:
            tagg, _, order = rad.decode().strip().partition(" ")
            svar = self._svara(order)
            self._skriv(f"{tagg} {svar}".encode())
            if order.upper() == "LOGOUT":
                return

    def _svara(self, order: str) -> str:
        ord_, _, resten = order.partition(" ")
        match ord_.upper():
            case "CAPABILITY":
                self._skriv(b"* CAPABILITY IMAP4rev1")
            case "LOGIN":
                given = tuple(del_.strip('"') for del_ in resten.split(" "))
                return "OK in" if given == self.server.inloggning else "NO who are you"
            case "SELECT":
                self._skriv(b"* %d EXISTS" % len(self.server.brev))
                return "OK [READ-WRITE] open" if resten == '"INBOX"' else "NO no such folder"
            case "UID":
                return self._uid(resten)
            case "EXPUNGE":
                for uid, (_, flaggor) in list(self.server.brev.items()):
                    if r"\Deleted" in flaggor:
                        del self.server.brev[uid]
        return "OK done"

    def _uid(self, order: str) -> str:
        brev = self.server.brev
        if sokt := re.fullmatch(r"SEARCH (\d+):(\d+) UNSEEN", order):
            fran, till = int(sokt[1]), int(sokt[2])
            olasta = [str(uid) for uid in list(brev)[fran - 1 : till] if r"\Seen" not in brev[uid][1]]
            self._skriv(" ".join(["* SEARCH", *olasta]).encode())
        elif hamta := re.fullmatch(r"FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", order):
            if int(hamta[1]) in self.server.vagrar:
                return "NO it can not be read"
            text = brev[int(hamta[1])][0][: int(hamta[2])]
            self._skriv(b"* 1 FETCH (UID %s BODY[]<0> {%d}\r\n%s)" % (hamta[1].encode(), len(text), text))
        elif satt := re.fullmatch(r"STORE (\d+) \+FLAGS\.SILENT \((.*)\)", order):
            brev[int(satt[1])][1].update(satt[2].split())
        else:
            return "BAD what"
        return "OK done"

    def _skriv(self, rad: bytes) -> None:
        self.wfile.write(rad + b"\r\n")
