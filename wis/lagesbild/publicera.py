"""What a pressed button becomes: a version, a proposal to a colleague, or a refusal; each in its own transaction."""

from dataclasses import dataclass

from flask import flash, redirect, url_for

from wis import web
from wis.auth.rules import Subjekt
from wis.lagesbild import forslag, service
from wis.lagesbild.atkomst import transaktion
from wis.lagesbild.forslag import Tankt
from wis.lagesbild.plats import Plats
from wis.lagesbild.rules import Avslag
from wis.lagesbild.service import Publicerad
from wis.tvaperson.models import Forslag
from wis.tvaperson.rules import KraverTva


@dataclass(frozen=True)
class Foreslagen:
    """That a colleague has been asked, by the proposal with this id."""

    id: int


def publicera(who: Subjekt, plats: Plats, vad: Tankt, *, ber: bool, revision: int) -> Publicerad | Avslag | Foreslagen:
    """Publish it, which was saved as this revision, or (`ber`) ask a colleague to.

    Raises KraverTva where one person alone is not enough.
    """
    with transaktion() as session:
        if ber:
            return _fragad(forslag.foresla(session, who, plats, vad))
        return service.publicera(session, who, plats, vad.kommando, vad.html, avisera=vad.avisera, revision=revision)


def oforandrat(who: Subjekt, plats: Plats, bas: int, nyckel: str) -> Publicerad | Avslag | Foreslagen:
    """Say that version `bas` still holds, or where two persons are needed ask a colleague to."""
    try:
        with transaktion() as session:
            return service.oforandrat(session, who, plats, bas, nyckel)
    except KraverTva:
        with transaktion() as session:
            return _fragad(forslag.foresla_oforandrat(session, who, plats, bas, nyckel))


def _fragad(blev: Forslag | Avslag) -> Foreslagen | Avslag:
    return blev if isinstance(blev, Avslag) else Foreslagen(blev.id)


def till_forslaget(foreslagen: Foreslagen) -> web.Svar:
    """To the page of the proposal, where the answer will be seen."""
    flash("En kollega har fått frågan. Inget är publicerat än, och utkastet finns kvar.", "klart")
    return redirect(url_for("tvaperson.visa", id=foreslagen.id))
