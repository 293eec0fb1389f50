"""The letters about questions: plain text, Swedish. Nothing of what a hidden thing holds, not even its title. Pure."""

from dataclasses import dataclass

from wis.fragor.models import Fragetyp, Rattsfraga, Svar
from wis.fragor.rules import MAX_VERB, en_rad


@dataclass(frozen=True)
class Brev:
    """Subject and text of one e-mail."""

    amne: str
    text: str


def fraga(rad: Rattsfraga, bas_url: str) -> Brev:
    """To those who can answer."""
    vem = f"{rad.fran.namn} ({rad.fran_aktor.namn})"
    onskan = en_rad(vad(rad), 2 * MAX_VERB)
    delar = [
        f"{vem} frågar er i wis.",
        f"Det gäller: {onskan}\nSidan: {bas_url}{rad.sida}",
        f"Skälet som visades: {rad.skal}" if rad.skal else "",
        f"Egna ord:\n{rad.text}" if rad.text else "",
        f"Svara under Frågor i wis:\n{bas_url}/fragor",
    ]
    return Brev(en_rad(f"Fråga om behörighet från {vem}", 150), "\n\n".join(del_ for del_ in delar if del_) + "\n")


def svar(rad: Rattsfraga, bas_url: str, *, aven_tidigare: bool) -> Brev:
    """To the one who asked; `aven_tidigare`: the right reaches back to what was published before."""
    ja = rad.svar == Svar.JA
    omfang = "det som publiceras från och med nu och det som redan är publicerat"
    omfang = omfang if aven_tidigare else "det som publiceras från och med nu"
    given = "Klart: det ska gå nu." if rad.typ == Fragetyp.BEHORIGHET else f"Ja. Läsrätten gäller {omfang}."
    delar = [
        f"{rad.till_aktor.namn} har svarat på din fråga.",
        f"Det gällde: {en_rad(vad(rad), 2 * MAX_VERB)}\nSidan: {bas_url}{rad.sida}",
        f"Svaret: {given if ja else 'Nej.'}",
        rad.svarstext,
    ]
    amne = en_rad(f"Svar från {rad.till_aktor.namn}: {'ja' if ja else 'nej'}", 150)
    return Brev(amne, "\n\n".join(del_ for del_ in delar if del_) + "\n")


def vad(rad: Rattsfraga) -> str:
    """What is asked for, in words, without the title of anything."""
    for_vem = "" if rad.for_aktor is None else f" för {rad.for_aktor.namn}"
    return {
        Fragetyp.BEHORIGHET: rad.verb,
        Fragetyp.HANDELSE: f"läsrätt till händelsen{for_vem}",
        Fragetyp.LAGESBILD: f"läsrätt till er lägesbild{for_vem}",
        Fragetyp.UNDERRATTELSE: f"läsrätt till underrättelsen{for_vem}",
    }[Fragetyp(rad.typ)]
