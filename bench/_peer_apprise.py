"""Stock Apprise as a peer: `python -m bench._peer_apprise smtp|http PORT N one|one-cached|threads`."""

import ssl
import sys
from concurrent.futures import ThreadPoolExecutor

from apprise import Apprise
from apprise.plugins.fortysixelks import Notify46Elks

from bench._figures import SMS_TEXT, SUBJECT, TEXT, recipients, work_when_told
from bench._sinks import LOOPBACK

THREADS = 16


def _url(sink: str, port: int, to: str) -> str:
    if sink == "http":
        return f"46elks://u:p@WIS/{to}"
    return f"mailto://{LOOPBACK}:{port}/?from=wis@example.se&to={to}&mode=insecure&format=text"


def _one(urls: list[str], sink: str) -> None:
    """One object with every address, told once."""
    apprise = Apprise()
    for url in urls:
        apprise.add(url)
    _tell(apprise, sink)


def _threads(urls: list[str], sink: str) -> None:
    """An object of its own for every recipient, in threads."""

    def one(url: str) -> None:
        _one([url], sink)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one, urls))


def _tell(apprise: Apprise, sink: str) -> None:
    if sink == "http":
        apprise.notify(body=SMS_TEXT)
    else:
        apprise.notify(title=SUBJECT, body=TEXT)


def main(sink: str, port: str, count: str, way: str) -> None:
    """Get ready, and send when told."""
    Notify46Elks.notify_url = f"http://{LOOPBACK}:{port}/a1/sms"
    if way == "one-cached":
        context = ssl.create_default_context()
        ssl.create_default_context = lambda *_args, **_named: context
    urls = [_url(sink, int(port), to) for to in recipients(sink, int(count))]
    # Its plugins are read in by the first address: that is start-up, and not counted.
    Apprise().add(urls[0])
    work_when_told(lambda: (_threads if way == "threads" else _one)(urls, sink))


if __name__ == "__main__":
    main(*sys.argv[1:])
