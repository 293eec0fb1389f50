"""The letters about duty: plain text, Swedish. Pure."""

from dataclasses import dataclass
from datetime import datetime

from wis.datum import datumtid


@dataclass(frozen=True)
class Brev:
    """Subject and text of one e-mail."""

    amne: str
    text: str


@dataclass(frozen=True)
class Tjanstplats:
    """What one is or was on duty as, and where it is looked up."""

    kortnamn: str
    aktor: str
    adress: str


def overtagen(namn: str, plats: Tjanstplats, efter: str, nar: datetime, av: str = "") -> Brev:
    """To a person whose turn somebody else took over, or was given: then `av` is the administrator who did it."""
    hande = f"{av} satte {efter} i tjänst i stället för dig" if av else f"{efter} tog över"
    return Brev(
        f"{av} har satt {efter} i tjänst som {plats.kortnamn}"
        if av
        else f"{efter} har tagit över som {plats.kortnamn}",
        f"Hej {namn}!\n\n"
        f"{hande} som {plats.kortnamn} hos {plats.aktor} {datumtid(nar)}. Du är inte längre i tjänst, och den "
        "roll som funktionen gav gäller inte dig längre.\n\n"
        f"Är det fel? Gå i tjänst igen här:\n{plats.adress}\n",
    )


def avslutad(namn: str, plats: Tjanstplats, av: str, nar: datetime) -> Brev:
    """To a person whose turn an administrator ended."""
    return Brev(
        f"Du är inte längre i tjänst som {plats.kortnamn}",
        f"Hej {namn}!\n\n"
        f"{av} avslutade din tjänstgöring som {plats.kortnamn} hos {plats.aktor} {datumtid(nar)}. Den roll som "
        "funktionen gav gäller inte dig längre.\n\n"
        f"Är det fel? Fråga {av}, som administrerar {plats.aktor}.\n",
    )


def satt_i_tjanst(namn: str, plats: Tjanstplats, av: str, till: datetime) -> Brev:
    """To a person whom an administrator has put on duty."""
    return Brev(
        f"Du är i tjänst som {plats.kortnamn}",
        f"Hej {namn}!\n\n"
        f"{av} har satt dig i tjänst som {plats.kortnamn} hos {plats.aktor}, till {datumtid(till)}. Då slutar "
        "tjänstgöringen av sig själv.\n\n"
        f"Här ser du vad det innebär, ändrar sluttiden eller går av:\n{plats.adress}\n",
    )
