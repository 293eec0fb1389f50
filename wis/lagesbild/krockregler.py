"""How texts that met are chosen between and put together, and what a form remembers of it. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from wis.lagesbild import platser, rader
from wis.lagesbild.kallmarke import i_ord
from wis.lagesbild.mall import Avsnittsslag
from wis.lagesbild.rader import Rad
from wis.lagesbild.rules import Lage

_LANGST = 4000
_LAGE = re.compile(r"(\d{1,9}):(\d{1,9}):((?:[a-z][a-z0-9_]{0,39},?)*)", re.ASCII)
_MELLAN_STYCKEN = re.compile(r"\n[^\S\n]*\n\s*")


class Val(StrEnum):
    """What a person chooses for a section: their own text, the others', both, or what they had before it followed."""

    MIN = "min"
    DERAS = "deras"
    BADA = "bada"
    TILLBAKA = "tillbaka"


@dataclass(frozen=True)
class Krocklage:
    """What a form that has met another text remembers: the version that it was begun on, and what is decided.

    `flik`: the revision of the draft that another page had saved, if that is what it met; its texts are left over
    (wis.lagesbild.overblivet). 0: none.
    """

    bas: int
    flik: int = 0
    avgjorda: frozenset[str] = frozenset()

    def som_text(self) -> str:
        """As a hidden field and a draft keep it."""
        return f"{self.bas}:{self.flik}:{','.join(sorted(self.avgjorda))}"

    def avgjort(self, nyckel: str) -> "Krocklage":
        """With this section decided too."""
        return replace(self, avgjorda=self.avgjorda | {nyckel})


def tolka(text: str | None) -> Krocklage | None:
    """The state that Krocklage.som_text() wrote; None for anything else."""
    found = _LAGE.fullmatch(text or "") if len(text or "") <= _LANGST else None
    if found is None:
        return None
    return Krocklage(int(found[1]), int(found[2]), frozenset(filter(None, found[3].split(","))))


def klassa(bas: str, jag: str, de: str) -> Lage:
    """How what stands in a field is to a version that it has met: `bas` is what it was begun on."""
    if jag == de:
        return Lage.DERAS if de != bas else Lage.LIKA
    return Lage.MIN if de == bas else Lage.BADA


def bada(min_: str, deras: str, slag: Avsnittsslag) -> str:
    """Both texts in one: mine first, of theirs what mine does not say already; rows of the same name side by side."""
    if not slag.kolumner:
        return _bada_texter(min_, deras)
    (mina, min_fria), (andras, deras_fria) = rader.dela(min_, slag), rader.dela(deras, slag)
    return rader.satt_ihop(_bada_raderna(mina, andras), _bada_texter(min_fria, deras_fria))


def _bada_texter(min_: str, deras: str) -> str:
    sagt = {" ".join(stycke.split()) for stycke in _stycken(min_)}
    nytt = [stycke for stycke in _stycken(deras) if " ".join(stycke.split()) not in sagt]
    return "\n\n".join([*([min_] if min_.strip() else []), *nytt])


def _stycken(text: str) -> list[str]:
    return [stycke for stycke in _MELLAN_STYCKEN.split(text.strip("\n")) if stycke.strip()]


def _bada_raderna(mina: list[Rad], andras: list[Rad]) -> list[Rad]:
    kvar = [rad for rad in dict.fromkeys(andras) if rad not in mina]
    ut: list[Rad] = []
    for nummer, rad in enumerate(mina, start=1):
        ut.append(rad)
        namn = rader.radnamn(rad[0])
        # After the last of mine that is called so.
        if all(rader.radnamn(senare[0]) != namn for senare in mina[nummer:]):
            ut += [annan for annan in kvar if rader.radnamn(annan[0]) == namn]
            kvar = [annan for annan in kvar if rader.radnamn(annan[0]) != namn]
    return ut + kvar


def lasbar(text: str, slag: Avsnittsslag) -> str:
    """The text as it is shown: each row on a line, a middle dot between its cells, marks in words."""
    return _utlagd(*rader.dela(text, slag))


def lasbara(fore: str, efter: str, slag: Avsnittsslag, *, mot_din: bool = False) -> tuple[str, str]:
    """Two texts as they are compared: without the asterisks of bold; of places, in words where they are and have moved.

    `mot_din`: they are not one after the other, but what you have written and what somebody else has.
    """
    fore, efter = (text.replace("**", "") for text in (fore, efter))
    if slag is not Avsnittsslag.PLATSER:
        return lasbar(fore, slag), lasbar(efter, slag)
    (da, da_fritt), (nu, nu_fritt) = rader.dela(fore, slag), rader.dela(efter, slag)
    flyttade = platser.jamforbara(da, nu, mot_din=mot_din)
    return _utlagd(map(platser.jamforbar, da), da_fritt), _utlagd(flyttade, nu_fritt)


def _utlagd(raderna: Iterable[Rad], fria: str) -> str:
    rad_for_rad = "\n".join(" · ".join(filter(None, map(i_ord, rad))) for rad in raderna)
    return "\n\n".join(filter(None, [rad_for_rad, i_ord(fria)]))
