"""XML that is whole whatever people have written. Pure.

Only built here, never read. Source: XML 1.0, fifth edition, 2.2 (Char) and 2.11 (line ends).
"""

import re
from xml.etree.ElementTree import Element, SubElement, tostring

_OTILLATNA = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SPRAK = "{http://www.w3.org/XML/1998/namespace}lang"
"""The attribute xml:lang."""


def ren(text: str) -> str:
    """The text without what no XML document can hold, its lines ended as XML ends them."""
    return _OTILLATNA.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def rot(namn: str, namnrymd: str, **attribut: str) -> Element:
    """A document's first element; all below it is of the same namespace."""
    return Element(namn, {"xmlns": namnrymd, **attribut})


def lagg(over: Element, namn: str, text: str = "", **attribut: str) -> Element:
    """Put an element last in another, and return it."""
    ny = SubElement(over, namn, {vad: ren(varde) for vad, varde in attribut.items()})
    ny.text = ren(text) or None
    return ny


def dokument(forst: Element) -> bytes:
    """The whole document in UTF-8."""
    hela: bytes = tostring(forst, encoding="utf-8", xml_declaration=True)
    return hela
