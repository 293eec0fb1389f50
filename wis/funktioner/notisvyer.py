"""The channels of a function and what it is told of: for who is on duty as it, and the administrators."""

from wis import web
from wis.auth.atkomst import Nekad, inloggad, tillgang
from wis.auth.bekrafta import kraver_bekraftad
from wis.auth.rules import Beslut, Fragas, Verb
from wis.funktioner import service
from wis.funktioner.queries import Funktionsrad
from wis.funktioner.sida import bp, far_skota_nu, hamta, i_tjanst
from wis.notiser import valsida
from wis.notiser.models import Kanalslag

_KANAL = "/funktioner/<int:id>/notiser/<any(sms, epost):kanal>"


@bp.route("/funktioner/<int:id>/notiser", methods=["GET", "POST"])
def notiser(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """The function's channels, what it is told of and when it is to be quiet."""
    return valsida.visa(_valsida(id))


@bp.post(_KANAL)
@kraver_bekraftad
def lagg_till_kanal(id: int, kanal: str) -> web.Svar:  # noqa: A002 the name in the address
    """A new number or mailbox; a code goes there."""
    return valsida.lagg_till_kanal(_valsida(id), Kanalslag(kanal))


@bp.post(f"{_KANAL}/ny-kod")
def ny_kod(id: int, kanal: str) -> web.Svar:  # noqa: A002 the name in the address
    """Another code to the same number or mailbox."""
    return valsida.ny_kod(_valsida(id), Kanalslag(kanal))


@bp.post(f"{_KANAL}/kod")
def bekrafta_kanal(id: int, kanal: str) -> web.Svar:  # noqa: A002 the name in the address
    """The code that came."""
    return valsida.bekrafta_kanal(_valsida(id), Kanalslag(kanal))


@bp.post(f"{_KANAL}/angra-byte")
def angra_byte(id: int, kanal: str) -> web.Svar:  # noqa: A002 the name in the address
    """Keep the number or mailbox that is in use."""
    return valsida.angra_byte(_valsida(id), Kanalslag(kanal))


@bp.post(f"{_KANAL}/ta-bort")
@kraver_bekraftad
def ta_bort_kanal(id: int, kanal: str) -> web.Svar:  # noqa: A002 the name in the address
    """Forget a number or mailbox."""
    return valsida.ta_bort_kanal(_valsida(id), Kanalslag(kanal))


def _valsida(funktion_id: int) -> valsida.Valsida:
    rad = hamta(funktion_id)
    if not i_tjanst(inloggad(), funktion_id) and not tillgang(Verb.ADMINISTRERA, rad.sak):
        raise Nekad(_bara_i_tjanst(rad), Verb.ADMINISTRERA, rad.sak)
    return valsida.Valsida(
        rad.anvandare_id,
        lambda session: far_skota_nu(session, service.las_funktion(session, funktion_id)),
        bp.name,
        "notiser",
        "funktioner/notiser.html",
        varden={"id": funktion_id},
        visas={"rad": rad, "administrerar": bool(tillgang(Verb.ADMINISTRERA, rad.sak))},
        egen=False,
    )


def _bara_i_tjanst(rad: Funktionsrad) -> Beslut:
    return Beslut(
        tillatet=False,
        skal=f"Bara den som är i tjänst som {rad.kortnamn}, eller en aktörsadministratör, ändrar vad funktionen får "
        "veta.",
        vem_kan=f"Du själv när du har gått i tjänst, eller aktörsadministratören hos {rad.aktor_namn}.",
        fraga=Fragas.ADMINISTRATOR,
        hos_id=rad.aktor_id,
    )
