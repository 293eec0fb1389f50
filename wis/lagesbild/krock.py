"""Texts that meet: what was begun on an older version or saved by another page, until all of it is decided.

Sections that the person had not touched follow the other text. Those that both had changed stand as the person wrote
them, with the other text beside, until the person has chosen; see wis.lagesbild.krockregler.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from wis import jamfor
from wis.auth.atkomst import inloggad, tillgang
from wis.auth.rules import Subjekt, Verb
from wis.bilagor.queries import i_version
from wis.lagesbild import overblivet, queries, rules
from wis.lagesbild.forms import Lagesbildsformular
from wis.lagesbild.krockregler import Krocklage, Val, bada, klassa, lasbara, tolka
from wis.lagesbild.mall import Avsnitt, Avsnittsslag
from wis.lagesbild.models import LagesbildVersion
from wis.lagesbild.plats import sak_for
from wis.lagesbild.rules import Innehall, Lage, Marke
from wis.lagesbild.utkast import Text
from wis.overbliven import OverblivenText

VERSION, UTKAST = "version", "utkast"
Delar = list[jamfor.Del]


@dataclass(frozen=True)
class Krockavsnitt:
    """A section of a form that has met another text. `mot`: which, in words; `ur`: the same, as overblivet knows it.

    `fore`: what it was begun on, None if the person may not read that. `min_delar` and `deras_delar` are both texts
    with what only that one says marked; of one that follows theirs `delar` is what they changed.
    """

    lage: Lage
    avgjord: bool
    mot: str
    ur: str
    deras: str
    fore: str | None
    min_delar: Delar = field(default_factory=list)
    deras_delar: Delar = field(default_factory=list)
    delar: Delar = field(default_factory=list)

    @property
    def val(self) -> tuple[Val, ...]:
        """What can be chosen."""
        if self.avgjord:
            return ()
        if self.lage is Lage.BADA:
            return (Val.MIN, Val.DERAS, Val.BADA)
        return (Val.TILLBAKA,) if self.lage is Lage.DERAS and self.fore is not None else ()


@dataclass(frozen=True)
class Krock:
    """How a form stands to what it has met: version `nummer`, or (`slag` UTKAST) what another page saved.

    `ny_marke`: the label or the note has followed. `nasta`, `bilagor`: what that version promises and whether it has
    other attachments than the one that the form was begun on; None and False if it does not differ.
    """

    slag: str
    lage: Krocklage
    nummer: int
    avsnitt: Mapping[str, Krockavsnitt]
    ny_marke: bool = False
    nasta: datetime | None = None
    bilagor: bool = False

    @property
    def oavgjorda(self) -> int:
        """How many sections are still to be chosen."""
        return sum(Val.DERAS in ett.val for ett in self.avsnitt.values())


def mot_version(session: Session, form: Lagesbildsformular, senaste: LagesbildVersion, min_text: Text) -> Krock:
    """Let the form, begun on an older version, meet the latest: what I did not touch follows it, mine stays mine.

    What was decided against the version before is decided still, where the latest says the same.
    """
    forut = tolka(min_text.krock) or Krocklage(min_text.bas)
    bas = queries.innehall_av(_lasbar(session, senaste.lagesbild_id, min_text.bas))
    deras = queries.innehall_av(senaste)
    ny_marke = _mot(form, bas, min_text.innehall, deras)
    andrade = {n for n in form.falt_av if bas.sektioner.get(n, "") != deras.sektioner.get(n, "")}
    form.satt_dolda(bas=senaste.nummer, revision=form.revision.data or 0, ny_nyckel=True)
    form.satt_krock(Krocklage(forut.bas, forut.flik, forut.avgjorda - andrade).som_text())
    return _krock(session, form, senaste.lagesbild_id, ny_marke=ny_marke, slag=VERSION)


def mot_utkast(session: Session, form: Lagesbildsformular, annat: Text, lagesbild_id: int, min_text: Text) -> Krock:
    """Let the form meet what another page of mine has saved; lagg_undan() has kept what would be written over."""
    forut = tolka(min_text.krock) or Krocklage(min_text.bas)
    bas = queries.innehall_av(_lasbar(session, lagesbild_id, min_text.bas))
    ny_marke = _mot(form, bas, min_text.innehall, annat.innehall)
    olika = _olika(bas, min_text, annat)
    form.satt_dolda(bas=min_text.bas, revision=annat.revision)
    form.satt_krock(Krocklage(forut.bas, annat.revision, forut.avgjorda - set(olika)).som_text())
    return _krock(session, form, lagesbild_id, ny_marke=ny_marke, slag=UTKAST)


def lagg_undan(session: Session, who: Subjekt, lagesbild_id: int, annat: Text, min_text: Text) -> int:
    """Keep what another page of mine has saved in sections that both changed: the next save will write over it.

    Returns how many old texts had to go for it.
    """
    bas = queries.innehall_av(_lasbar(session, lagesbild_id, min_text.bas))
    return sum(
        overblivet.spara(session, who, lagesbild_id, nyckel, text, overblivet.fran_flik(annat.revision))
        for nyckel, text in _olika(bas, min_text, annat).items()
    )


def fortsatt(session: Session, form: Lagesbildsformular, lagesbild_id: int) -> Krock | None:
    """How the form stands to what it met before; None if it has met nothing."""
    return None if tolka(form.krock.data) is None else _krock(session, form, lagesbild_id)


def overblivna(session: Session, lagesbild_id: int, mott: Krock | None) -> dict[str, list[OverblivenText]]:
    """What did not come along, by section; not what is still to be chosen of in `mott`."""
    ut: dict[str, list[OverblivenText]] = {}
    for rad in overblivet.alla(session, inloggad(), lagesbild_id):
        ett = None if mott is None else mott.avsnitt.get(rad.nyckel)
        visas_bredvid = ett is not None and ett.val and (rad.ur, rad.text) == (ett.ur, ett.deras)
        if not visas_bredvid and far_visas(session, rad):
            ut.setdefault(rad.nyckel, []).append(rad)
    return ut


def far_visas(session: Session, rad: OverblivenText) -> bool:
    """Whether the person may still read the version that the text is from, if it is from one."""
    return not rad.ur.isdecimal() or _lasbar(session, rad.lagesbild_id, int(rad.ur)) is not None


def avgor(ett: Krockavsnitt, val: Val, jag: str, slag: Avsnittsslag) -> tuple[str, tuple[str, str]]:
    """What the section is to say, and what does not come along: that text ('' if all does) and where it is from."""
    if val is Val.BADA:
        return bada(jag, ett.deras, slag), ("", ett.ur)
    if val is Val.DERAS:
        return ett.deras, (jag, overblivet.MIN)
    if val is Val.TILLBAKA:
        return ett.fore or "", (jag, ett.ur if jag == ett.deras else overblivet.MIN)
    return jag, (ett.deras, ett.ur)


def _lasbar(session: Session, lagesbild_id: int, nummer: int) -> LagesbildVersion | None:
    """A version that a text was begun on, if one may read it: what differs from a hidden one tells what it says."""
    bas = queries.find_version(session, lagesbild_id, nummer)
    if bas is None:
        return None
    lagesbild = bas.lagesbild
    sak = sak_for(lagesbild.handelse, lagesbild.aktor, lagesbild.krets, bas)
    return bas if tillgang(Verb.LASA, sak) else None


def _olika(bas: Innehall, min_text: Text, annat: Text) -> dict[str, str]:
    """What the other page says where both have changed the text."""
    moten = rules.sammanfoga(bas.sektioner, min_text.innehall.sektioner, annat.innehall.sektioner)
    return {nyckel: mote.deras for nyckel, mote in moten.items() if mote.lage is Lage.BADA}


def _mot(form: Lagesbildsformular, bas: Innehall, mitt: Innehall, annat: Innehall) -> bool:
    """Set the form to what the texts are together; whether its label or note has changed by it."""
    for nyckel, mote in rules.sammanfoga(bas.sektioner, mitt.sektioner, annat.sektioner).items():
        if nyckel in form.falt_av:
            form.satt_text(nyckel, mote.text)
    marke: Marke = rules.sammanfoga_marke(bas.marke, mitt.marke, annat.marke)
    form.satt_marke(marke)
    return marke != mitt.marke


def _krock(
    session: Session, form: Lagesbildsformular, lagesbild_id: int, *, ny_marke: bool = False, slag: str = ""
) -> Krock:
    lage, nummer = tolka(form.krock.data) or Krocklage(0), form.bas.data or 0
    begynt, mott = _lasbar(session, lagesbild_id, lage.bas), _lasbar(session, lagesbild_id, nummer)
    ur_flik = _ur_flik(session, lagesbild_id, lage)
    # Nothing was published when it was begun: then there was no text, which is no secret.
    bas = {} if not lage.bas else None if begynt is None else queries.innehall_av(begynt).sektioner
    mote = _Mote(lage, nummer, bas, queries.innehall_av(mott).sektioner, ur_flik)
    ett = {a.nyckel: mote.avsnitt(a, rules.rensad(form.text_i(a.nyckel))) for a in form.mallen.avsnitt}
    andra_bilagor = bas is not None and (
        _bilagor(session, lagesbild_id, lage.bas) != _bilagor(session, lagesbild_id, nummer)
    )
    lovad = None if mott is None or nummer == lage.bas else mott.nasta_uppdatering
    return Krock(
        slag or (VERSION if nummer != lage.bas else UTKAST),
        lage,
        nummer,
        {nyckel: krock for nyckel, krock in ett.items() if krock is not None},
        ny_marke=ny_marke,
        nasta=lovad if begynt is None or lovad != begynt.nasta_uppdatering else None,
        bilagor=andra_bilagor,
    )


def _bilagor(session: Session, lagesbild_id: int, nummer: int) -> list[object]:
    return [b.rad for b in i_version(session, lagesbild_id, nummer)] if nummer else []


def _ur_flik(session: Session, lagesbild_id: int, lage: Krocklage) -> dict[str, str]:
    if not lage.flik:
        return {}
    ur = overblivet.fran_flik(lage.flik)
    # The newest last: an older draft may have had the same revision.
    mina = reversed(overblivet.alla(session, inloggad(), lagesbild_id))
    return {rad.nyckel: rad.text for rad in mina if rad.ur == ur}


@dataclass(frozen=True)
class _Mote:
    """What a form has met: the sections that it was begun on (None: hidden), of the version, and of the other page."""

    lage: Krocklage
    nummer: int
    bas: Mapping[str, str] | None
    deras: Mapping[str, str]
    ur_flik: Mapping[str, str]

    def avsnitt(self, avsnitt: Avsnitt, jag: str) -> Krockavsnitt | None:
        """How this section, which says `jag`, stands; None where only I have changed it, or nobody."""
        nyckel, avgjord = avsnitt.nyckel, avsnitt.nyckel in self.lage.avgjorda
        fore, de = None if self.bas is None else self.bas.get(nyckel, ""), self.deras.get(nyckel, "")
        lage, mot, ur = klassa(fore or "", jag, de), f"version {self.nummer}", str(self.nummer)
        i_fliken = self.ur_flik.get(nyckel, jag)
        if lage is not Lage.BADA and i_fliken != jag:
            lage, mot, ur, de = Lage.BADA, "den andra fliken", overblivet.fran_flik(self.lage.flik), i_fliken
        if avgjord:
            return Krockavsnitt(lage, True, mot, ur, de, fore)
        if lage is Lage.BADA:
            delar = jamfor.jamfor_ord(*lasbara(jag, de, avsnitt.slag, mot_din=True))
            mina = [d for d in delar if d.slag != "tillagt"]
            return Krockavsnitt(lage, False, mot, ur, de, fore, mina, [d for d in delar if d.slag != "borttaget"])
        if lage is Lage.DERAS:
            delar = jamfor.jamfor_ord(*lasbara(fore or "", de, avsnitt.slag))
            return Krockavsnitt(lage, False, mot, ur, de, fore, delar=delar)
        return None
