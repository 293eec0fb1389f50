"""The letters about questions: plain text, Swedish. Nothing of what a hidden thing holds, not even its title. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from wis.fragor.models import Fragetyp, Rattsfraga, Svar
from wis.fragor.rules import MAX_VERB, en_rad


@dataclass(frozen=True)
class Brev:
    """Subject and text of one e-mail."""

    amne: str
    text: str


def fraga(rader: Sequence[Rattsfraga], bas_url: str) -> Brev:
    """To those who can answer these questions, that differ only in which actor they are for."""
    rad = rader[0]
    vem = f"{rad.fran.namn} ({rad.fran_aktor.namn})"
    onskan = _gallde(rader)
    delar = [
        f"{vem} frågar er i wis.",
        f"Det gäller: {onskan}\nSidan: {bas_url}{rad.sida}",
        f"Skälet som visades: {rad.skal}" if rad.skal else "",
        f"Egna ord:\n{rad.text}" if rad.text else "",
        f"Svara under Frågor i wis:\n{bas_url}/fragor",
    ]
    return Brev(en_rad(f"Fråga om behörighet från {vem}", 150), "\n\n".join(del_ for del_ in delar if del_) + "\n")


def svar(rader: Sequence[Rattsfraga], bas_url: str, givet: str) -> Brev:
    """To the one who asked, of what was answered together. `givet`: what a yes gave, as utfall() says it."""
    rad = rader[0]
    ord_, mening = ("nej", "Nej.") if rad.svar != Svar.JA else ("ja", f"Ja. {givet}")
    if rad.svar == Svar.JA and rad.typ == Fragetyp.BEHORIGHET:
        # What a role allows is changed elsewhere, or not at all: that there is an answer is all that is known.
        ord_, mening = "besvarad", "Frågan är besvarad."
    delar = [
        f"{rad.till_aktor.namn} har svarat på din fråga.",
        f"Det gällde: {_gallde(rader)}\nSidan: {bas_url}{rad.sida}",
        f"Svaret: {mening}",
        rad.svarstext,
    ]
    amne = en_rad(f"Svar från {rad.till_aktor.namn}: {ord_}", 150)
    return Brev(amne, "\n\n".join(del_ for del_ in delar if del_) + "\n")


def _gallde(rader: Sequence[Rattsfraga]) -> str:
    """What is asked for; for several actors with a list of them."""
    if len(rader) == 1:
        return en_rad(vad(rader), 2 * MAX_VERB)
    namn = "\n".join(f"- {rad.for_aktor.namn}" for rad in rader if rad.for_aktor is not None)
    return f"{vad(rader)}:\n{namn}"


def utfall(rader: Sequence[Rattsfraga], andrade: Collection[int], *, aven_tidigare: bool) -> str:
    """What a yes gave, in words. `aven_tidigare`: also what was published before; `andrade`: ids of what gave any."""
    nya = [rad for rad in rader if rad.id in andrade]
    redan = [rad for rad in rader if rad.id not in andrade]
    for_vem = f" för {_namn(nya)}" if nya and redan else ""
    omfang = " och det som redan är publicerat" if aven_tidigare else ""
    delar = [f"Läsrätten{for_vem} gäller det som publiceras från och med nu{omfang}."] if nya else []
    if redan and aven_tidigare:
        delar.append(f"Inget behövde ändras: {_namn(redan)} läser det redan, också det som publicerats tidigare.")
    elif redan:
        delar.append(
            f"Men inget ändrades: {_namn(redan)} läser redan det som publiceras från och med nu. "
            "Det som publicerades tidigare ingår inte."
        )
    return " ".join(delar)


def _namn(rader: Sequence[Rattsfraga]) -> str:
    return ", ".join(rad.for_aktor.namn for rad in rader if rad.for_aktor is not None)


_VAD = {
    Fragetyp.HANDELSE: "läsrätt till händelsen",
    Fragetyp.LAGESBILD: "läsrätt till er lägesbild",
    Fragetyp.UNDERRATTELSE: "läsrätt till underrättelsen",
}


def vad(rader: Sequence[Rattsfraga]) -> str:
    """What is asked for, in words, without the title of anything."""
    rad = rader[0]
    if rad.typ == Fragetyp.BEHORIGHET:
        return rad.verb
    for_vem = "" if rad.for_aktor is None else f" för {rad.for_aktor.namn}"
    return f"{_VAD[Fragetyp(rad.typ)]}{for_vem if len(rader) == 1 else f' för {len(rader)} aktörer'}"
