"""What PDF needs of the system beside Python. ``python -m wis.utskrift.system`` names the Debian packages that lack."""

import ctypes
import sys
from pathlib import Path

_BIBLIOTEK = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
_TYPSNITT = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
_TYPSNITTSPAKET = "fonts-dejavu-core"
PAKET = (*_BIBLIOTEK.values(), _TYPSNITTSPAKET)
"""All of them."""


def saknade_paket() -> list[str]:
    """The Debian packages that must be installed before a PDF can be made; empty when all is there."""
    saknas = [paket for fil, paket in _BIBLIOTEK.items() if not _finns(fil)]
    return saknas if _har_typsnitt() else [*saknas, _TYPSNITTSPAKET]


def _finns(fil: str) -> bool:
    try:
        ctypes.CDLL(fil)
    except OSError:
        return False
    return True


def _har_typsnitt() -> bool:
    return any(True for mapp in _TYPSNITT if mapp.is_dir() for fil in mapp.rglob("*.[ot]tf") if fil.is_file())


if __name__ == "__main__":
    sys.stdout.write("".join(f"{paket}\n" for paket in saknade_paket()))
