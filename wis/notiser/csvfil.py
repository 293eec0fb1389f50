"""Tables for a Swedish spreadsheet, line by line. Pure."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

FARLIGA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
"""What a spreadsheet would run as a formula when it stands first in a cell (OWASP, CSV Injection)."""


def rader(rubriker: Sequence[str], innehall: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines one by one: semicolons, a mark of UTF-8 first, nothing that is run as a formula."""
    ut = io.StringIO()
    writer = csv.writer(ut, delimiter=";", lineterminator="\r\n")
    writer.writerow(rubriker)
    yield "\ufeff" + _tom(ut)
    for rad in innehall:
        writer.writerow([ofarlig(cell) for cell in rad])
        yield _tom(ut)


def ofarlig(cell: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{cell}" if cell.startswith(FARLIGA) else cell


def _tom(ut: io.StringIO) -> str:
    text = ut.getvalue()
    ut.seek(0)
    ut.truncate()
    return text
