"""The process that decodes one image: ``python -m wis.bilagor.bildprocess``, started by `wis.bilagor.bilder` only.

It is the only module that imports Pillow. A decoder is C code fed by strangers: it gets a process without secrets, with
bounds on memory and time, that ends with the image.

Protocol: standard input is four bytes of length (big-endian), as much JSON ({"pixlar", "byte", "sida"}), then the file.
The answer is likewise: JSON, and after it the image (`langd` bytes) and its small preview. Or JSON alone, {"fel": …}.
"""

import io
import json
import resource
import struct
import sys
from typing import Any

from PIL import Image, ImageCms, ImageOps

ETIKETT = struct.Struct(">I")
MINNE_BYTE = 1 << 30
TID_S = 20
_FORMAT = ("JPEG", "PNG", "WEBP", "GIF")
_SPARAS_SOM = {"JPEG": "JPEG", "MPO": "JPEG", "PNG": "PNG", "GIF": "PNG", "WEBP": "WEBP"}
_FORHAND = ((480, 75), (480, 55), (480, 35), (360, 35), (240, 30))
"""Longest side and quality of a preview: the first that becomes small enough is taken."""
FORHAND_BYTE = 40_000
_ORIENTERING = 0x0112


class _ForStor(Exception):
    """More pixels than are taken."""


def koda(data: bytes, *, pixlar: int, byte: int, sida: int) -> tuple[dict[str, Any], bytes, bytes]:
    """The image anew, upright, at most `sida` long, without anything but pixels; and its preview (WebP).

    Takes whatever time Pillow takes and raises whatever it raises: that is why it has a process of its own.
    """
    Image.MAX_IMAGE_PIXELS = None  # the limit is ours, and comes before anything is decoded
    with Image.open(io.BytesIO(data), formats=_FORMAT) as bild:
        if bild.width * bild.height > pixlar:
            raise _ForStor
        slag = _SPARAS_SOM[bild.format or ""]
        bild.draft("RGB", (sida, sida))
        bild.load()
        ren = _ren(bild, sida)
    ut = _sparad(ren, slag)
    if len(ut) > byte:
        slag, ut = "WEBP", _sparad(ren, "WEBP")
    uppgifter = {"slag": f"image/{slag.lower()}", "bredd": ren.width, "hojd": ren.height, "langd": len(ut)}
    return uppgifter, ut, _forhandsbild(ren)


def _ren(bild: Image.Image, sida: int) -> Image.Image:
    """The pixels alone, in the colours of screens, upright and small enough."""
    orientering = bild.getexif().get(_ORIENTERING, 1)
    farger = bild.info.get("icc_profile")
    ratt = _med_vanliga_farger(bild)
    ratt.thumbnail((sida, sida), Image.Resampling.LANCZOS, reducing_gap=3.0)
    if farger and ratt.mode == "RGB":
        ratt = _till_srgb(ratt, farger)
    # A new one: whatever else the file said stays with the old.
    ny = Image.new(ratt.mode, ratt.size)
    ny.paste(ratt)
    if orientering != 1:
        ny.getexif()[_ORIENTERING] = orientering
        ny = ImageOps.exif_transpose(ny)
    ny.info.clear()
    return ny


def _med_vanliga_farger(bild: Image.Image) -> Image.Image:
    if bild.mode in {"RGB", "L", "RGBA"} and "transparency" not in bild.info:
        return bild
    if bild.mode.startswith(("I", "F")):
        # Sixteen bits of grey: the upper eight are what a screen shows.
        return bild.convert("I").point(lambda varde: varde * (1 / 256)).convert("L")
    genomskinlig = "transparency" in bild.info or bild.mode in {"LA", "PA", "La", "RGBa"}
    return bild.convert("RGBA" if genomskinlig else "RGB")


def _till_srgb(bild: Image.Image, profil: bytes) -> Image.Image:
    try:
        fran = ImageCms.ImageCmsProfile(io.BytesIO(profil))
        omraknad = ImageCms.profileToProfile(bild, fran, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        # The profile does not fit the image: the colours are what they are without it.
        return bild
    return bild if omraknad is None else omraknad


def _sparad(bild: Image.Image, slag: str) -> bytes:
    ut = io.BytesIO()
    if slag == "PNG":
        bild.save(ut, "PNG")
    elif slag == "WEBP":
        bild.save(ut, "WEBP", quality=82, method=4)
    else:
        bild.convert("L" if bild.mode == "L" else "RGB").save(ut, "JPEG", quality=85, optimize=True, progressive=True)
    return ut.getvalue()


def _forhandsbild(bild: Image.Image) -> bytes:
    """A small WebP on white, of FORHAND_BYTE at most."""
    data = b""
    for sida, kvalitet in _FORHAND:
        liten = bild.copy()
        liten.thumbnail((sida, sida), Image.Resampling.LANCZOS)
        if liten.mode == "RGBA":
            botten = Image.new("RGB", liten.size, "white")
            botten.paste(liten, mask=liten.getchannel("A"))
            liten = botten
        ut = io.BytesIO()
        liten.convert("RGB").save(ut, "WEBP", quality=kvalitet, method=4)
        data = ut.getvalue()
        if len(data) <= FORHAND_BYTE:
            break
    return data


def _svar(data: bytes) -> list[bytes]:
    (langd,) = ETIKETT.unpack_from(data)
    granser = json.loads(data[ETIKETT.size : ETIKETT.size + langd])
    try:
        uppgifter, ut, forhand = koda(data[ETIKETT.size + langd :], **granser)
    except _ForStor:
        return _packa({"fel": "pixlar"})
    except Exception as fel:  # noqa: BLE001 (whatever a decoder raises means 'not this file')
        return _packa({"fel": type(fel).__name__})
    return [*_packa(uppgifter), ut, forhand]


def _packa(uppgifter: dict[str, Any]) -> list[bytes]:
    huvud = json.dumps(uppgifter).encode()
    return [ETIKETT.pack(len(huvud)), huvud]


def _begransa() -> None:
    """Put limits on this process: memory, time, no file to write, and no core with somebody's picture in it."""
    for vad, tak in (
        (resource.RLIMIT_AS, MINNE_BYTE),
        (resource.RLIMIT_CPU, TID_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hogst = resource.getrlimit(vad)
        lagst = tak if hogst == resource.RLIM_INFINITY else min(tak, hogst)
        resource.setrlimit(vad, (lagst, lagst))


def main() -> None:
    """Answer the one file on standard input."""
    _begransa()
    for del_ in _svar(sys.stdin.buffer.read()):
        sys.stdout.buffer.write(del_)


if __name__ == "__main__":
    main()
