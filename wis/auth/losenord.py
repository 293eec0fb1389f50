"""Passwords: Argon2id with bounded concurrency, and what a new one must not be."""

import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

MINSTA_LANGD = 15
STORSTA_LANGD = 200
MINST_GISSNINGAR = 1e10
"""So many guesses, by zxcvbn's estimate, a new password must stand: those that the throttle lets through in ages."""
# The estimate takes longer than linear time: of a longer text its beginning must do.
_PROVAS = 40
_MINST_EGET = 8
"""So many letters and figures must be something else than what is known of the person."""

# OWASP Password Storage Cheat Sheet: Argon2id, 19 MiB, t=2, p=1.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Each takes some 40 ms of a core; more at a time would starve the pages of a small machine.
_slots = threading.BoundedSemaphore(2)
# A hash that no password fits: checked for unknown accounts so that they take as long as known ones.
_INGENS = _hasher.hash("ett konto som inte finns har inget lösenord")


def hasha(losenord: str) -> str:
    """The Argon2id hash to store."""
    with _slots:
        return _hasher.hash(losenord)


def stammer(lagrad: str | None, losenord: str) -> bool:
    """Whether the password fits the stored hash; takes the same time when there is none."""
    with _slots:
        try:
            _hasher.verify(lagrad or _INGENS, losenord[: STORSTA_LANGD + 1])
        except (VerificationError, InvalidHashError):
            return False
    return lagrad is not None


def brist(losenord: str, personligt: Iterable[str] = ()) -> str | None:
    """What is wrong with a new password, said so that it can be mended, or None.

    `personligt`: what is known of the person, such as name, e-mail address and actor.
    """
    if len(losenord) < MINSTA_LANGD:
        return f"Lösenordet ska ha minst {MINSTA_LANGD} tecken. Fyra slumpvisa ord är lätta att minnas."
    if len(losenord) > STORSTA_LANGD:
        return f"Lösenordet får ha högst {STORSTA_LANGD} tecken."
    if len(set(losenord)) < 4:
        return "Lösenordet är för enkelt: använd fler olika tecken."
    egna = _delar(personligt)
    if len(_utan(_plan(losenord), egna)) < _MINST_EGET:
        return (
            "Lösenordet bygger på ditt namn, din e-postadress eller din aktör. Välj fyra ord som inte hör ihop med dig."
        )
    if _gissningar(losenord, egna) < MINST_GISSNINGAR:
        return (
            "Lösenordet är för lätt att gissa: det bygger på vanliga ord, upprepningar eller tangenter i rad. "
            "Välj fyra ord som inte hör ihop."
        )
    return None


def _gissningar(losenord: str, egna: list[str]) -> float:
    """How many guesses it takes, judged as typed and with accents taken off."""
    kanda = [*egna, *_vanliga()]
    texter = {losenord[:_PROVAS].lower(), _utan_prickar(losenord[:_PROVAS].lower())}
    with _slots:
        return min(float(zxcvbn(text, user_inputs=kanda, max_length=_PROVAS)["guesses"]) for text in texter)


@cache
def _vanliga() -> tuple[str, ...]:
    """The shipped words, the most common first, each also as written without å, ä and ö."""
    text = Path(__file__).with_name("vanliga_ord.txt").read_text(encoding="utf-8")
    ord_ = [ett for rad in text.splitlines() if not rad.startswith("#") for ett in rad.split()]
    return tuple(dict.fromkeys(form for ett in ord_ for form in (ett, _utan_prickar(ett))))


def _delar(personligt: Iterable[str]) -> list[str]:
    """The words, of three letters or more, in what is known of the person; the longest first."""
    ord_ = {_plan(ord_) for text in ("wis", *personligt) for ord_ in re.split(r"[\W_]+", text)}
    return sorted((ett for ett in ord_ if len(ett) > 2), key=len, reverse=True)


def _utan(text: str, ord_: list[str]) -> str:
    for ett in ord_:
        text = text.replace(ett, "")
    return text


def _plan(text: str) -> str:
    """Letters and figures alone, in lower case, without accents."""
    return "".join(tecken for tecken in _utan_prickar(text.lower()) if tecken.isalnum())


def _utan_prickar(text: str) -> str:
    return "".join(t for t in unicodedata.normalize("NFD", text) if not unicodedata.combining(t))
