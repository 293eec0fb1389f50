"""Gathers what is to be translated from templates and code into the catalogues: script/sprak, when a text has changed.

A text that is gone from the source is taken out of the catalogue, a new one is put there without a translation.
"""

import io
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from wis.sprak import Sprak, katalogfil

ROT = Path(__file__).parents[2]
_NYCKELORD: dict[str, tuple[int, ...] | None] = {"_": None, "gettext": None, "ngettext": (1, 2), "markera": None}
_MEDIA = {
    "templates": ([("**.html", babel_extract)], {"**.html": {"trimmed": "true", "silent": "false"}}),
    "wis": ([("**.py", "python")], {}),
}


def hamta() -> Catalog:
    """Every text of the project that is to be translated."""
    alla = Catalog(fuzzy=False)
    for mapp, (metoder, val) in _MEDIA.items():
        found = extract_from_dir(ROT / mapp, metoder, val, _NYCKELORD)  # type: ignore[arg-type]
        for _fil, _rad, text, _kommentarer, _sammanhang in found:
            alla.add(text)
    return alla


def las(sprak: Sprak) -> Catalog:
    """The catalogue as it is kept. Raises OSError if it is not there."""
    with katalogfil(sprak).open("rb") as fil:
        return read_po(fil, locale=sprak)


def uppdaterad(sprak: Sprak, mall: Catalog) -> bytes:
    """The catalogue as it should be kept, by all that is to be translated."""
    ny = Catalog(locale=sprak, fuzzy=False)
    gammal = las(sprak)
    for message in mall:
        if message.id:
            kvar = gammal.get(message.id if isinstance(message.id, str) else message.id[0])
            ny.add(message.id, kvar.string if kvar is not None else "")
    skriven = io.BytesIO()
    write_po(skriven, ny, width=120, sort_output=True, omit_header=True, no_location=True)
    return _HUVUD + skriven.getvalue()


_HUVUD = b"""msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def saknas(katalog: Catalog) -> list[Message]:
    """The texts that have no translation, or none for some number."""
    return [m for m in katalog if m.id and not all(m.string if isinstance(m.string, tuple | list) else (m.string,))]


def main() -> None:
    """Bring every catalogue up to date, and say what is left to translate."""
    mall = hamta()
    for sprak in Sprak:
        if sprak is not Sprak.SV:
            katalogfil(sprak).write_bytes(uppdaterad(sprak, mall))
            kvar = saknas(las(sprak))
            print(f"{sprak}: {len(mall)} texter, {len(kvar)} utan översättning")  # noqa: T201 it is a command
            for message in kvar:
                print(f"  {message.id!r}")  # noqa: T201


if __name__ == "__main__":
    main()
