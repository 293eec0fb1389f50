"""Whatever ends a login ends it everywhere: its cookie opens no page and no socket, and an open socket is cut.

Real servers and real sockets.
"""

import re
from collections.abc import Callable, Iterator

import pytest
import requests
import socketio
from click.testing import CliRunner
from sqlalchemy import select

from tests import factories as f
from tests.uttag import FRIST, Anslut, Instans, anslutning, en_instans
from tests.web.faktor_stod import har_app
from wis.auth.models import Anvandare, Inloggning, Lanktyp
from wis.auth.queries import find_anvandare
from wis.auth.rules import Roll
from wis.cli import Kontext
from wis.db import Database
from wis.konton import lankar
from wis.konton.kommandon import user
from wis.settings import Settings
from wis.tx import transaction

VERA, ALI, ANNA = "vera@nacka.example", "ali@nacka.example", "anna@nacka.example"
NYTT = "fyra slumpvisa ord räcker"
SIDA = "/handelser"


@pytest.fixture
def instans(settings: Settings, database: Database) -> Iterator[Instans]:
    with transaction(database) as session:
        f.en_person_hos(session, "nacka", Roll.LASARE, epost=VERA)
        f.en_person_hos(session, "nacka", Roll.LASARE, epost=ALI)
        for epost in (ANNA, "reserv@nacka.example"):
            f.en_person_hos(session, "nacka", Roll.REDAKTOR, epost=epost, administrator=True)
    with en_instans(settings, database) as igang:
        yield igang


@pytest.fixture
def anslut() -> Iterator[Anslut]:
    """Connects clients, and disconnects them before the server goes."""
    with anslutning() as connect:
        yield connect


def posta(instans: Instans, kaka: str, vag: str, **data: str) -> None:
    """Send a form as the holder of the cookie."""
    huvuden = {"Cookie": kaka, "Sec-Fetch-Site": "same-origin"}
    svar = requests.post(f"{instans.url}{vag}", data=data, headers=huvuden, timeout=FRIST, allow_redirects=False)
    assert svar.status_code == 302, svar.text


def inne(instans: Instans, kaka: str) -> bool:
    svar = requests.get(f"{instans.url}{SIDA}", headers={"Cookie": kaka}, timeout=FRIST, allow_redirects=False)
    return svar.status_code == 200


def vera(instans: Instans) -> Anvandare:
    with instans.database.reading() as session:
        person = find_anvandare(session, VERA)
        assert person is not None
        assert person.medlemskap
        return person


def loggar_ut(instans: Instans, kaka: str) -> None:
    posta(instans, kaka, "/logga-ut")


def avslutar_den_fran_en_annan(instans: Instans, _kaka: str) -> None:
    with instans.database.reading() as session:
        where = (Inloggning.anvandare_id == vera(instans).id, Inloggning.faktor.is_not(None))
        id_ = session.scalars(select(Inloggning.id).where(*where)).one()
    posta(instans, instans.kaka(VERA), f"/mitt-konto/inloggningar/{id_}/avsluta")


def avslutar_alla_andra(instans: Instans, _kaka: str) -> None:
    posta(instans, instans.kaka(VERA), "/mitt-konto/inloggningar/avsluta-andra")


def byter_losenord_pa_en_annan(instans: Instans, _kaka: str) -> None:
    posta(instans, instans.kaka(VERA), "/mitt-konto/losenord", losenord=NYTT, losenord_igen=NYTT)


def valjer_nytt_genom_lank(instans: Instans, _kaka: str) -> None:
    with transaction(instans.database) as session:
        vag = lankar.skapa(session, session.get_one(Anvandare, vera(instans).id), Lanktyp.ATERSTALLNING, "")
    posta(instans, "", vag, losenord=NYTT, losenord_igen=NYTT)


def stangs_av_av_administratoren(instans: Instans, _kaka: str) -> None:
    vag = f"/aktorer/nacka/anvandare/{vera(instans).medlemskap[0].id}/stang-av"
    posta(instans, instans.kaka(ANNA), vag, motivering="Har slutat")


def stangs_av_av_driften(instans: Instans, _kaka: str) -> None:
    kommando(instans, "disable", VERA)


def far_faktorn_nollstalld_av_driften(instans: Instans, _kaka: str) -> None:
    har_app(instans.database, instans.app.extensions["wis_settings"], VERA)
    kommando(instans, "reset-factor", VERA)


def loggar_in_pa_nytt_i_samma_webblasare(instans: Instans, kaka: str) -> None:
    posta(instans, kaka, "/logga-in", epost=ALI, losenord=f.LOSENORD)


def kommando(instans: Instans, *args: str) -> None:
    """Run a command of the operator's, in a process that does not know of the sockets."""
    kontext = Kontext(instans.app.extensions["wis_settings"])
    result = CliRunner().invoke(user, list(args), obj=kontext)
    kontext.database.dispose()
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    "hur",
    [
        loggar_ut,
        avslutar_den_fran_en_annan,
        avslutar_alla_andra,
        byter_losenord_pa_en_annan,
        valjer_nytt_genom_lank,
        stangs_av_av_administratoren,
        stangs_av_av_driften,
        far_faktorn_nollstalld_av_driften,
        loggar_in_pa_nytt_i_samma_webblasare,
    ],
)
def test_a_login_that_is_ended_opens_nothing_and_its_socket_is_cut(
    instans: Instans, anslut: Anslut, hur: Callable[[Instans, str], None]
) -> None:
    kaka, alis = instans.kaka(VERA), instans.kaka(ALI)
    lyssnare, annan = anslut(instans, kaka=kaka), anslut(instans, kaka=alis)
    assert inne(instans, kaka)
    hur(instans, kaka)
    lyssnare.vanta_tills_kapad()
    assert not inne(instans, kaka)
    for transport in ("websocket", "polling"):
        with pytest.raises(socketio.exceptions.ConnectionError):
            anslut(instans, kaka=kaka, transports=[transport])
    # And nobody else.
    assert inne(instans, alis)
    instans.publicera()
    assert annan.nasta()["id"] == 7
    assert lyssnare.hort.empty()


def test_a_login_that_waits_for_its_factor_opens_no_socket(
    instans: Instans, anslut: Anslut, settings: Settings
) -> None:
    har_app(instans.database, instans.app.extensions["wis_settings"], VERA)
    client = instans.app.test_client()
    svar = client.post("/logga-in", data={"epost": VERA, "losenord": f.LOSENORD}, base_url=instans.url)
    assert svar.headers["Location"] == "/logga-in/faktor"
    halv = re.match(r"wis=[^;]+", svar.headers["Set-Cookie"])
    assert halv is not None
    assert not inne(instans, halv[0])
    for transport in ("websocket", "polling"):
        with pytest.raises(socketio.exceptions.ConnectionError):
            anslut(instans, kaka=halv[0], transports=[transport])
    for hittepa in ("wis=", "wis=x.y.z", "session=x", "remember_token=1|x"):
        with pytest.raises(socketio.exceptions.ConnectionError):
            anslut(instans, kaka=hittepa)
