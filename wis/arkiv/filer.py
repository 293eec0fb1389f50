"""An archive being written, as a folder or a zip, and one being read, where nothing of it is believed."""

import hashlib
import os
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Protocol

from wis.arkiv.format import MEST_ALLT, MEST_FIL, MEST_FILER, Arkivfel, saker_vag

_ALLTID = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a zip: two of the same are the same."""


class Skrivare:
    """Writes files, each once, and remembers the size and the hash of each."""

    def __init__(self) -> None:
        self.skrivna: dict[str, tuple[int, str]] = {}

    def skriv(self, namn: str, bitar: Iterable[bytes]) -> None:
        """Write the file of these pieces. Raises ValueError for a name that is no archive's, or is written already."""
        if not saker_vag(namn) or namn in self.skrivna:
            raise ValueError(namn)
        langd, summa = 0, hashlib.sha256()
        with self._oppna(namn) as fil:
            for bit in bitar:
                fil.write(bit)
                summa.update(bit)
                langd += len(bit)
        self.skrivna[namn] = (langd, summa.hexdigest())

    def text(self, namn: str, text: str) -> None:
        """Write the file of this text."""
        self.skriv(namn, [text.encode()])

    def _oppna(self, namn: str) -> IO[bytes]:
        raise NotImplementedError


class Mappskrivare(Skrivare):
    """Writes into a folder, that it makes. Raises Arkivfel if there is something there already."""

    def __init__(self, mapp: Path) -> None:
        super().__init__()
        if mapp.exists() and (not mapp.is_dir() or any(mapp.iterdir())):
            raise Arkivfel(f"{mapp} finns redan och är inte tom. Välj en annan mapp.")
        mapp.mkdir(parents=True, exist_ok=True)
        self._mapp = mapp

    def _oppna(self, namn: str) -> IO[bytes]:
        fil = self._mapp / namn
        fil.parent.mkdir(parents=True, exist_ok=True)
        return fil.open("xb")


class Zipskrivare(Skrivare):
    """Writes into a zip, that whoever made it closes."""

    def __init__(self, arkiv: zipfile.ZipFile) -> None:
        super().__init__()
        self._arkiv = arkiv

    def _oppna(self, namn: str) -> IO[bytes]:
        info = zipfile.ZipInfo(namn, _ALLTID)
        info.compress_type = zipfile.ZIP_STORED if namn.startswith("bilagor/") else zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        return self._arkiv.open(info, "w", force_zip64=True)


class Lasare(Protocol):
    """An archive to read."""

    def namn(self) -> list[str]:
        """The names of all its files, in order. Raises Arkivfel for what can't be an archive of ours."""

    def bitar(self, namn: str) -> Iterator[bytes]:
        """The bytes of a file, in pieces, at most MEST_FIL of them. Raises Arkivfel."""

    def las(self, namn: str) -> bytes:
        """All bytes of a file. Raises Arkivfel."""


class _Grund:
    def bitar(self, namn: str) -> Iterator[bytes]:
        """See Lasare."""
        kvar = MEST_FIL
        with self._oppna(namn) as fil:
            while bit := fil.read(1024 * 1024):
                kvar -= len(bit)
                if kvar < 0:
                    raise Arkivfel(f"{namn} är större än {MEST_FIL} byte.")
                yield bit

    def las(self, namn: str) -> bytes:
        """See Lasare."""
        return b"".join(self.bitar(namn))

    def _oppna(self, namn: str) -> IO[bytes]:
        raise NotImplementedError


class Mapplasare(_Grund):
    """Reads a folder. No link in it is followed."""

    def __init__(self, mapp: Path) -> None:
        self._mapp = mapp

    def namn(self) -> list[str]:
        """See Lasare."""
        funna, storlek = [], 0
        for katalog, kataloger, filer in os.walk(self._mapp):
            for namn in (*kataloger, *filer):
                info = (Path(katalog) / namn).lstat()
                vag = (Path(katalog) / namn).relative_to(self._mapp).as_posix()
                if not stat.S_ISDIR(info.st_mode):
                    _prova(vag, vanlig=stat.S_ISREG(info.st_mode))
                    funna.append(vag)
                    storlek += info.st_size
            _prova_mangd(len(funna), storlek)
        return sorted(funna)

    def _oppna(self, namn: str) -> IO[bytes]:
        if not saker_vag(namn):
            raise Arkivfel(f"{namn!r} är inget filnamn i ett arkiv.")
        try:
            # The name itself may not be a link; namn() has seen that none of the folders is.
            return os.fdopen(os.open(self._mapp / namn, os.O_RDONLY | os.O_NOFOLLOW), "rb")
        except OSError as fel:
            raise Arkivfel(f"{namn} går inte att läsa.") from fel


class Ziplasare(_Grund):
    """Reads a zip. What it unpacks to is counted as it comes, whatever the zip says of itself."""

    def __init__(self, arkiv: zipfile.ZipFile) -> None:
        self._arkiv = arkiv

    def namn(self) -> list[str]:
        """See Lasare."""
        alla = self._arkiv.infolist()
        _prova_mangd(len(alla), sum(info.file_size for info in alla))
        funna = [info for info in alla if not info.is_dir()]
        for info in alla:
            slag = stat.S_IFMT(info.external_attr >> 16)
            _prova(info.filename.rstrip("/"), vanlig=slag in {0, stat.S_IFREG, stat.S_IFDIR})
        namnen = sorted(info.filename for info in funna)
        if len(set(namnen)) != len(namnen):
            raise Arkivfel("Samma filnamn finns två gånger i arkivet.")
        return namnen

    def _oppna(self, namn: str) -> IO[bytes]:
        try:
            return self._arkiv.open(namn)
        except (KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile) as fel:
            raise Arkivfel(f"{namn} går inte att läsa.") from fel

    def bitar(self, namn: str) -> Iterator[bytes]:
        """See Lasare."""
        try:
            yield from super().bitar(namn)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as fel:
            raise Arkivfel(f"{namn} är skadad.") from fel


def _prova(vag: str, *, vanlig: bool) -> None:
    if not vanlig:
        raise Arkivfel(f"{vag!r} är ingen vanlig fil (en länk?).")
    if not saker_vag(vag):
        raise Arkivfel(f"{vag!r} är inget filnamn i ett arkiv.")


def _prova_mangd(antal: int, storlek: int) -> None:
    if antal > MEST_FILER or storlek > MEST_ALLT:
        raise Arkivfel(f"Arkivet är för stort: {antal} filer, {storlek} byte.")
