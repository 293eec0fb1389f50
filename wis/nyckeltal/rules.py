"""Key figures over versions: what belongs together, and how it has changed. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from wis.lagesbild.kallmarke import MARKE
from wis.lagesbild.mall import Avsnittsslag
from wis.lagesbild.rader import dela, radnamn, tal

MAX_VERSIONER = 200
MAX_SERIER = 40
SAMMA = "oförändrat"


@dataclass(frozen=True)
class Sagt:
    """What a version says of key figures: the texts of its sections of such."""

    nummer: int
    nar: datetime
    texter: tuple[str, ...]


@dataclass(frozen=True)
class Varde:
    """What a version says of a figure. `tal`: None if it is no one number; `andring`: against the one before it."""

    nummer: int
    nar: datetime
    text: str
    tal: float | None
    andring: str = ""


@dataclass
class Serie:
    """A figure in one unit. `delar`: its values in order of time, broken where a version doesn't have it.

    `galler`: the newest version has it.
    """

    namn: str
    enhet: str
    delar: list[list[Varde]] = field(default_factory=list)
    galler: bool = False

    @property
    def varden(self) -> list[Varde]:
        """All its values, the oldest first."""
        return [varde for bit in self.delar for varde in bit]

    @property
    def i_tal(self) -> list[Varde]:
        """Those that are numbers."""
        return [varde for varde in self.varden if varde.tal is not None]


def serier(versioner: Iterable[Sagt]) -> list[Serie]:
    """The figures by name and unit over these versions, the oldest first; those of the newest version come first.

    Another unit is another figure: what is told in metres can't be drawn beside kilometres.
    """
    alla: dict[tuple[str, str], Serie] = {}
    bruten: dict[tuple[str, str], bool] = {}
    sist: dict[tuple[str, str], None] = {}
    for version in versioner:
        rader = _rader(version)
        for nyckel, (namn, text, enhet) in rader.items():
            serie = alla.setdefault(nyckel, Serie(namn, enhet))
            serie.namn = namn
            if bruten.get(nyckel, True):
                serie.delar.append([])
            varden = serie.varden
            serie.delar[-1].append(_varde(version, text, varden[-1] if varden else None))
        bruten = {nyckel: nyckel not in rader for nyckel in alla}
        sist = dict.fromkeys(rader)
    for nyckel in sist:
        alla[nyckel].galler = True
    ordning = [*sist, *(nyckel for nyckel in alla if nyckel not in sist)]
    return [alla[nyckel] for nyckel in ordning[:MAX_SERIER]]


def _rader(version: Sagt) -> dict[tuple[str, str], tuple[str, str, str]]:
    ut: dict[tuple[str, str], tuple[str, str, str]] = {}
    for text in version.texter:
        for namn, varde, enhet in dela(text, Avsnittsslag.NYCKELTAL)[0]:
            if varde:
                # Of two that are called the same the first is meant.
                ut.setdefault((radnamn(namn), enhet.lower()), (_visat(namn), varde, enhet))
    return ut


def _visat(namn: str) -> str:
    """The name as people read it: whose it is in brackets, where the samlade has taken it from an actor."""
    return MARKE.sub(lambda marke: f" ({marke['aktor']})", namn).strip()


def _varde(version: Sagt, text: str, forra: Varde | None) -> Varde:
    varde = tal(text)
    return Varde(version.nummer, version.nar, text, varde, andring(forra, text, varde))


def andring(forra: Varde | None, text: str, varde: float | None) -> str:
    """Against the value before, in words: '+1 200', 'oförändrat'; '' for the first."""
    if forra is None:
        return ""
    if text == forra.text:
        return SAMMA
    if varde is None or forra.tal is None:
        return "ändrat"
    skillnad = varde - forra.tal
    if not skillnad:
        return SAMMA
    return f"{'+' if skillnad > 0 else '−'}{i_ord(abs(skillnad))}"


def i_ord(varde: float) -> str:
    """A number as it is written in Swedish: '12 000', '3,5'."""
    avrundat = round(varde, 4)
    hel = f"{avrundat:,.0f}" if avrundat == int(avrundat) else f"{avrundat:,.4f}".rstrip("0").rstrip(".")
    return hel.replace(",", "\u00a0").replace(".", ",").replace("-", "\u2212")
