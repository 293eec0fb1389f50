"""The form in which an administrator edits a template: sections in order, and what the pressed button does to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from wis.lagesbild import mallregler
from wis.lagesbild.forms import heltal
from wis.lagesbild.mall import SAMMANFATTNING, STANDARD, Avsnittsslag, Mall, Utgava
from wis.lagesbild.mallregler import Mallrad

LANGST = 1000
"""What is typed in one field is kept as it is up to here, so that too long a text can be shortened."""
MEST = 100
"""So many sections at most are read from a form: those left out come along."""
EGET = "egen:"
SPARA, VISA, STANDARDEN = "spara", "visa", "standard"


@dataclass
class Mallformular:
    """What stands in the form. `bas`: the number of the version that it changes (0: none); `fel` by field.

    `fokus` is the field or button to stand at when the page is drawn again.
    """

    bas: int
    rader: list[Mallrad]
    fel: dict[str, str] = field(default_factory=dict)
    fokus: str = ""
    visa: bool = False

    @property
    def errors(self) -> dict[str, str]:
        """As a form of WTForms has: the page's title says that there are some."""
        return self.fel

    @property
    def kvar(self) -> list[Mallrad]:
        """The sections that the template will have."""
        return [rad for rad in self.rader if not rad.tagen]

    @property
    def tagna(self) -> list[Mallrad]:
        """Those that are left out, and can be taken back until it is saved."""
        return [rad for rad in self.rader if rad.tagen]

    def val(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What can be added, as groups of (value, name)."""
        finns = {rad.nyckel for rad in self.rader}
        ur_standard = [(a.nyckel, a.namn) for a in STANDARD.avsnitt if a.nyckel not in finns]
        egna = [(f"{EGET}{slag.value}", slag.namn) for slag in Avsnittsslag]
        return [(namn, val) for namn, val in (("Ur standardmallen", ur_standard), ("Eget avsnitt", egna)) if val]


def nytt(bas: int, mall: Mall) -> Mallformular:
    """The form as it opens."""
    return Mallformular(bas, mallregler.rader_av(mall))


def skickat(data: Mapping[str, str]) -> Mallformular:
    """What was sent."""
    rader: dict[str, Mallrad] = {}
    for i in range(MEST):
        nyckel = data.get(f"nyckel-{i}", "")
        if mallregler.redigeras(nyckel) and nyckel not in rader:
            rader[nyckel] = _rad(data, nyckel, i)
    forst = rader.pop(SAMMANFATTNING, None) or mallregler.rader_av(STANDARD)[0]
    # A summary is of text, and never left out.
    rader_ = [replace(forst, slag=Avsnittsslag.TEXT, tagen=False), *rader.values()]
    return Mallformular(heltal(data.get("bas", "")), mallregler.samlade(rader_))


def _rad(data: Mapping[str, str], nyckel: str, i: int) -> Mallrad:
    slag = data.get(f"slag-{i}", "")
    grupp, etikett, ledtext = (data.get(f"{namn}-{i}", "")[:LANGST] for namn in mallregler.FALT)
    return Mallrad(
        nyckel,
        grupp,
        etikett,
        ledtext,
        Avsnittsslag(slag) if slag in set(Avsnittsslag) else Avsnittsslag.TEXT,
        bool(data.get(f"tagen-{i}")),
        frozenset(utgava for utgava in Utgava if data.get(f"{utgava.value}-{i}")),
    )


def gor(form: Mallformular, knapp: str, tillagg: str) -> None:
    """Do to the form what the pressed button says; `tillagg` is what was chosen to be added."""
    vad, _, nyckel = knapp.partition(":")
    if vad in {"upp", "ned"}:
        form.rader = mallregler.flytta(form.rader, nyckel, -1 if vad == "upp" else 1)
        form.fokus = knapp
    elif vad in {"bort", "tillbaka"}:
        form.rader = mallregler.ta(form.rader, nyckel, bort=vad == "bort")
        form.fokus = f"tillbaka:{nyckel}" if vad == "bort" else f"upp:{nyckel}"
    elif vad == "lagg-till":
        _lagg_till(form, tillagg)
    elif vad == STANDARDEN:
        form.rader = _aterstalld(form.rader)
    form.visa = vad == VISA


def _lagg_till(form: Mallformular, tillagg: str) -> None:
    slag = tillagg.removeprefix(EGET)
    ur_standard = [rad for rad in mallregler.rader_av(STANDARD) if rad.nyckel == tillagg]
    if tillagg.startswith(EGET) and slag in set(Avsnittsslag):
        rad = mallregler.ny_egen(form.rader, Avsnittsslag(slag))
    elif ur_standard and tillagg not in {rad.nyckel for rad in form.rader}:
        rad = ur_standard[0]
    else:
        return
    form.rader = mallregler.samlade([*form.rader, rad])
    form.fokus = f"grupp-{rad.nyckel}"


def _aterstalld(rader: Sequence[Mallrad]) -> list[Mallrad]:
    """The standard's sections; one's own stay among those left out, to be taken back."""
    standard = mallregler.rader_av(STANDARD)
    nycklar = {rad.nyckel for rad in standard}
    return [*standard, *(replace(rad, tagen=True) for rad in rader if rad.nyckel not in nycklar)]
