"""The letters about accounts: plain text, Swedish, saying who sends and what happens if nothing is done. Pure."""

from dataclasses import dataclass
from datetime import datetime

from wis import datum


@dataclass(frozen=True)
class Brev:
    """Subject and text of one e-mail."""

    amne: str
    text: str


def inbjudan(namn: str, aktor: str, behorighet: str, lank: str) -> Brev:
    """To a person who is to choose a password."""
    return Brev(
        f"Inbjudan till wis från {aktor}",
        f"Hej {namn}!\n\n"
        f"{aktor} har lagt upp dig som användare i wis, där aktörer delar lägesbilder. Behörighet: {behorighet}.\n\n"
        f"Välj ett lösenord här:\n{lank}\n\n"
        "Länken gäller i 7 dygn och går att använda en gång. Har den hunnit gå ut: be aktörsadministratören hos "
        f"{aktor} att skicka en ny.\n\n"
        "Är det här inte till dig? Då behöver du inte göra något.\n",
    )


def tillagd(namn: str, aktor: str, behorighet: str, adress: str) -> Brev:
    """To a person who had an account already."""
    return Brev(
        f"Du har fått behörighet hos {aktor} i wis",
        f"Hej {namn}!\n\n"
        f"{aktor} har gett dig behörighet i wis: {behorighet}. Du loggar in som vanligt, med det lösenord du har:\n"
        f"{adress}\n\n"
        "Du företräder en aktör i taget. Byt aktör i menyn överst på sidan.\n",
    )


def nytt_losenord(namn: str, lank: str) -> Brev:
    """To a person who has asked for a link to set a new password, or whose administrator has."""
    return Brev(
        "Välj ett nytt lösenord i wis",
        f"Hej {namn}!\n\n"
        f"Välj ett nytt lösenord här:\n{lank}\n\n"
        "Länken gäller i 30 minuter och går att använda en gång. När du har valt ett nytt lösenord loggas du ut "
        "överallt där du var inloggad.\n\n"
        "Har du inte bett om den? Då behöver du inte göra något: ditt lösenord gäller fortfarande.\n",
    )


def gast(namn: str, aktor: str, handelse: str, till: datetime, lank: str) -> Brev:
    """To a new person who is to read one event for some days."""
    return Brev(
        f"{aktor} bjuder in dig som gäst i wis",
        f"Hej {namn}!\n\n"
        f"{aktor} bjuder in dig att läsa en händelse i wis, där aktörer delar lägesbilder:\n{handelse}\n\n"
        f"Du läser till och med {datum.datumtid(till)}. Sedan upphör det av sig självt.\n\n"
        f"Välj ett lösenord här:\n{lank}\n\n"
        "Länken går att använda en gång. Läs, men sprid inte vidare utan att fråga den som har skrivit.\n\n"
        "Är det här inte till dig? Då behöver du inte göra något.\n",
    )


def gast_tillagd(namn: str, aktor: str, handelse: str, till: datetime, adress: str) -> Brev:
    """To a person with an account who is to read one event for some days."""
    return Brev(
        f"{aktor} bjuder in dig som gäst i wis",
        f"Hej {namn}!\n\n"
        f"{aktor} bjuder in dig att läsa en händelse i wis:\n{handelse}\n\n"
        f"Du läser till och med {datum.datumtid(till)}. Sedan upphör det av sig självt. "
        f"Du loggar in som vanligt, med det lösenord du har:\n{adress}\n\n"
        f"Du företräder en aktör i taget. Byt till {aktor} i menyn överst på sidan.\n",
    )
