"""What the tests of sending share: an engine that keeps what it is told, and transports from URLs."""

import socket
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from tests.servrar import HttpGateway, SmtpMottagare
from wis.db import Database
from wis.notiser.apprise_kanaler import Forsandelse, Transport
from wis.notiser.models import Kanalslag
from wis.notiser.rules import Utfall
from wis.notiser.transport import skapa
from wis.settings import Settings


class Mottagning:
    """Lets everything through, or stops after `hogst`, and keeps what came of each."""

    def __init__(self, hogst: int = 10**9) -> None:
        self.utfall: dict[int, Utfall] = {}
        self.ordning: list[int] = []
        self.hogst, self.begynta, self.flest_ute = hogst, 0, 0
        self.pulsar = 0
        self.trad = threading.get_ident()

    def innan(self, grupp: Sequence[Forsandelse]) -> Collection[int]:
        assert threading.get_ident() == self.trad
        far = [forsandelse.id for forsandelse in grupp][: max(0, self.hogst - self.begynta)]
        self.begynta += len(far)
        self.flest_ute = max(self.flest_ute, self.begynta - len(self.utfall))
        return far

    def efter(self, utfall: Sequence[tuple[Forsandelse, Utfall]]) -> None:
        assert threading.get_ident() == self.trad
        for forsandelse, ett in utfall:
            assert forsandelse.id not in self.utfall
            self.utfall[forsandelse.id] = ett
            self.ordning.append(forsandelse.id)

    def puls(self) -> bool:
        self.pulsar += 1
        return self.begynta < self.hogst


@contextmanager
def server(samtal: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does as told with each connection, one at a time; its port."""
    slut = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as lyssnare:

        def kor() -> None:
            while not slut.is_set():
                try:
                    kontakt = lyssnare.accept()[0]
                except OSError:
                    return
                with kontakt:
                    try:
                        samtal(kontakt)
                    except OSError:
                        continue

        trad = threading.Thread(target=kor, daemon=True)
        trad.start()
        try:
            yield lyssnare.getsockname()[1]
        finally:
            slut.set()
            lyssnare.shutdown(socket.SHUT_RDWR)
            trad.join(60)


def smtp_url(smtp: SmtpMottagare, val: str = "") -> str:
    return f"smtp://127.0.0.1:{smtp.port}/?fran=wis@prov.example{val}"


def elks_url(gateway: HttpGateway, val: str = "") -> str:
    return f"46elks://u123:hem%2Fligt@127.0.0.1:{gateway.port}/?fran=WIS{val}"


class Kanaler:
    """Opens transports, and closes them all in the end."""

    def __init__(self, inst: Settings, database: Database) -> None:
        self.inst, self.database = inst, database
        self._oppna: list[Transport] = []

    def oppna(self, kanal: Kanalslag, inst: Settings) -> Transport:
        [transport] = skapa(kanal, inst, self.database)
        self._oppna.append(transport)
        return transport

    def epost(self, smtp: SmtpMottagare, val: str = "", **andra: object) -> Transport:
        return self.oppna(Kanalslag.EPOST, replace(self.inst, epost_url=smtp_url(smtp, val), **andra))  # type: ignore[arg-type]

    def sms(self, gateway: HttpGateway, val: str = "", **andra: object) -> Transport:
        return self.oppna(Kanalslag.SMS, replace(self.inst, sms_url=elks_url(gateway, val), **andra))  # type: ignore[arg-type]

    def stang(self) -> None:
        while self._oppna:
            self._oppna.pop().stang()


def forsandelser(
    till: Sequence[str], amne: str = "ÖVNING Läget", text: str = "Snö över Svealand.\n"
) -> list[Forsandelse]:
    return [Forsandelse(nummer, adress, amne, text, f"r{nummer}") for nummer, adress in enumerate(till)]


def sand(kanal: Transport, *till: str, amne: str = "ÖVNING Läget", text: str = "Snö över Svealand.\n") -> list[Utfall]:
    mottagning = Mottagning()
    kanal.sand(forsandelser(till, amne, text), mottagning)
    return [mottagning.utfall[nummer] for nummer in range(len(till))]
