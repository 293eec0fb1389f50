"""What is typed about people outside who are asked: a line for each."""

import re

from wtforms import ValidationError

from wis.auth.forms import pa_en_rad
from wis.begaran.lankar import MAX_ADRESS, MAX_NAMN, MAX_UTOMSTAENDE, Utomstaende, normal_adress

_DELAR = re.compile(r"[,;\t]")
_INOM = re.compile(r"(.*)<([^<>]*)>\s*")
# As in wis.konton.forms: the name stands in a letter that we send, and is no place for somebody's own link.
_ADRESS = re.compile(r"://|www\.", re.IGNORECASE)


def las_utomstaende(text: str) -> list[Utomstaende]:
    """The people in such a text, each once. Raises ValidationError, in Swedish, for the first line that says nobody."""
    rader = [rad.strip() for rad in text.splitlines() if rad.strip()]
    if len(rader) > MAX_UTOMSTAENDE:
        raise ValidationError(f"Högst {MAX_UTOMSTAENDE} personer åt gången. Ta bort {len(rader) - MAX_UTOMSTAENDE}.")
    valda: dict[str, Utomstaende] = {}
    for rad in rader:
        en = _las_rad(rad)
        if en.adress in valda:
            raise ValidationError(f"{en.adress} står två gånger. Ta bort den ena raden.")
        valda[en.adress] = en
    return list(valda.values())


def _las_rad(rad: str) -> Utomstaende:
    inom = _INOM.fullmatch(rad)
    # What stands last is the address: 'Berg, Anna, anna@foretag.se' too.
    *namn, adress = inom.groups() if inom else _DELAR.split(rad)
    try:
        funnen = normal_adress(adress) if len(adress) <= MAX_ADRESS else ""
    except ValueError as fel:
        raise ValidationError(f"”{rad[:60]}”: {fel}") from None
    namnet = pa_en_rad(", ".join(del_.strip() for del_ in namn)).strip(" ,;\"'")
    if not funnen or len(namnet) > MAX_NAMN:
        raise ValidationError(f"”{rad[:60]}” är för långt. Skriv namn, e-postadress.")
    if _ADRESS.search(namnet):
        raise ValidationError(f"”{rad[:60]}”: skriv bara namnet, utan webbadress.")
    return Utomstaende(namnet, funnen)
