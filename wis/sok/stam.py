"""The stem of a Swedish word: what its forms have in common. Pure.

Only endings are taken off, so that a stem is always how its forms begin. It is for finding, not for reading: that all
forms of a word give the same stem matters, what the stem looks like does not. See decision 013 for why it is our own.
"""

import re
from functools import lru_cache

# What says plural, definite, genitive or tense; the longest that leaves three letters.
_ANDELSE = re.compile(
    r"(.{3,}?)(?:orna|arna|erna|arne|aste|aren|ade|ena|or|ar|er|en|(?<!h)et|an|na|a|e|(?<=..[eo][lr])n)"
)
# What may be left by the above, or stand there by itself: taken off in this order, the same of every form.
_RESTER = tuple(
    re.compile(ending)
    for ending in (
        r"(.{3,})s",  # resurs, resurs|er
        r"(.{3,})(?:or|ar)",  # generator, generator|er; läkar|e
        r"(.{3,})(?:ad|at|an|(?<!h)et)",  # evakuerad, evakuerad|e; orkan, orkan|er
        r"(.{2,}[dgklmrnt])t|(.{2,}[dg])d",  # stängt, stängd; avbrott, avbrott|et
        r"(.{2,}[oöåiuy])n",  # bron, bro|ar; person, person|er
        r"(.{2,}[bdgkptvs])r|(.{2,}[tkp])n",  # oväder, ovädr|et; vatten, vattn|et
        r"(.{2,}(?=mm|nn|tt|dd)[mntd])[mntd]",  # medlem, medlemm|ar
    )
)


@lru_cache(maxsize=50_000)
def stam(word: str) -> str:
    """Return the stem of one word in lower case; a word with anything but letters in it is its own stem."""
    if not word.isalpha():
        return word
    ut = word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
    found = _ANDELSE.fullmatch(ut)
    ut = found[1] if found else ut
    for rest in _RESTER:
        found = rest.fullmatch(ut)
        if found:
            ut = next(del_ for del_ in found.groups() if del_)
    return ut
