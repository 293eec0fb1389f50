"""Images saved anew: upright, small enough, nothing but pixels. Each is decoded in a process of its own."""

import json
import logging
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any

from wis.bilagor.rules import STORST_SIDA, Granser, Nekad, Slag

FRIST_S = 30.0
"""Seconds that one image may take."""
KO_FRIST_S = 60.0
"""Seconds to wait for the images of others; one at a time may take a gigabyte."""
INGET_SVAR = "no answer"
_MILJO = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL")
_TUR = threading.Semaphore(1)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bild:
    """An image to keep, and its preview (WebP, 480 pixels and 40 kB at most)."""

    slag: Slag
    bredd: int
    hojd: int
    data: bytes
    forhandsbild: bytes


def las(data: bytes, granser: Granser) -> Bild:
    """The image of the bytes. Raises Nekad for what is not whole, is too large or takes too long."""
    if not _TUR.acquire(timeout=KO_FRIST_S):
        raise Nekad("Servern är upptagen med andra bilder. Vänta en stund och bifoga bilden igen.")
    try:
        svar = _i_egen_process(data, granser)
    finally:
        _TUR.release()
    borjan = 4 + int.from_bytes(svar[:4])
    uppgifter: dict[str, Any] = json.loads(svar[4:borjan]) if svar else {"fel": INGET_SVAR}
    if "fel" in uppgifter:
        raise Nekad(_varfor(uppgifter["fel"], granser), for_stor=uppgifter["fel"] == "pixlar")
    slut = borjan + uppgifter["langd"]
    slag = Slag(uppgifter["slag"])
    return Bild(slag, uppgifter["bredd"], uppgifter["hojd"], svar[borjan:slut], svar[slut:])


def _i_egen_process(data: bytes, granser: Granser) -> bytes:
    """What the process answered; nothing if it fell or was too slow."""
    val = json.dumps({"pixlar": granser.pixlar, "byte": granser.byte, "sida": STORST_SIDA}).encode()
    # The secrets of the parent's environment have no business there.
    miljo = {namn: os.environ[namn] for namn in _MILJO if namn in os.environ}
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "wis.bilagor.bildprocess"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=miljo,
    ) as process:
        try:
            svar, _ = process.communicate(len(val).to_bytes(4) + val + data, timeout=FRIST_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            _log.warning("an image of %d bytes took more than %s s", len(data), FRIST_S)
            return b""
    if process.returncode:
        _log.warning("an image of %d bytes ended its process: %s", len(data), process.returncode)
        return b""
    return svar


def _varfor(fel: str, granser: Granser) -> str:
    if fel == "pixlar":
        miljoner = granser.pixlar // 1_000_000
        return f"Bilden har fler än {miljoner} miljoner bildpunkter. Spara den i mindre storlek och bifoga den igen."
    _log.info("an image was not readable: %s", fel)
    if fel == INGET_SVAR:
        return "Bilden är för tung att läsa. Spara den i mindre storlek som JPEG, och försök igen."
    return (
        "Bilden går inte att läsa: den är skadad eller inte hel. Spara den på nytt som JPEG eller PNG och försök igen."
    )
