"""SMS: an Apprise plugin for 46elks, with one connection kept open and an answer per recipient."""

from dataclasses import dataclass

import requests
from urllib3 import Timeout

from wis.notiser.apprise_kanaler import TIDSGRANS, Forsandelse, Kanalplugin
from wis.notiser.rules import LEVERERAD, Utfall, overgaende, permanent


@dataclass(frozen=True)
class Smstjanst:
    """Where SMS are handed over: the address of 46elks' API, our account there, and what stands as sender."""

    adress: str
    anvandare: str
    losenord: str
    fran: str
    lokal: bool = False


class Elkskanal(Kanalplugin):  # type: ignore[no-untyped-call]
    """SMS by 46elks, over one connection. Source: 46elks' API reference, 'Send SMS'."""

    service_name = "WIS SMS"

    def __init__(self, tjanst: Smstjanst, tid: float) -> None:
        """`tid` is how many seconds one message may take in all."""
        super().__init__()
        self._tjanst, self._tid = tjanst, tid
        self._session = requests.Session()
        self._session.auth = (tjanst.anvandare, tjanst.losenord)
        # A proxy in the environment is for what lies outside this machine.
        self._session.trust_env = not tjanst.lokal

    def sand_en(self, forsandelse: Forsandelse, amne: str, text: str) -> Utfall:  # noqa: ARG002 an SMS has no subject
        """Hand over one."""
        falt = {"from": self._tjanst.fran, "to": forsandelse.till, "message": text, "dontlog": "message"}
        grans = Timeout(connect=TIDSGRANS, read=TIDSGRANS, total=self._tid)
        try:
            svar = self._session.post(
                self._tjanst.adress,
                data=falt,
                timeout=grans,  # type: ignore[arg-type] # requests hands it on to urllib3 as it is
                allow_redirects=False,
            )
        except requests.RequestException:
            return overgaende("SMS-tjänsten svarar inte")
        return _smsutfall(svar.status_code)

    def stang(self) -> None:
        """Close the connections."""
        self._session.close()


def _smsutfall(status: int) -> Utfall:
    if 200 <= status < 300:
        return LEVERERAD
    if status in {401, 402, 403}:
        # Our account and not the recipient's number: paid or mended, the message goes.
        return overgaende(f"SMS-tjänsten nekade vårt konto ({status})")
    if 400 <= status < 500 and status not in {408, 429}:
        return permanent(f"SMS-tjänsten nekade numret ({status})")
    return overgaende(f"SMS-tjänsten kunde inte ta emot ({status})")
