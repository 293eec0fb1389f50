"""A page has nothing to say to the live channel: whoever says something is cut, and nothing of it is kept."""

import asyncio
from typing import Any

import pytest

from tests.servrar import vanta_tills
from tests.uttag import anslutning, en_instans, folk
from wis.db import Database
from wis.settings import Settings
from wis.uttag import _bara_det_vantade

BIFOGAT = '459999999999-["a",{"_placeholder":true,"num":0}]'
"""Socket.IO's word for an event of which ten thousand million pieces are to follow."""


def test_a_client_that_says_anything_is_cut_by_the_built_in_channel(settings: Settings, database: Database) -> None:
    folk(database)
    with en_instans(settings, database) as instans, anslutning() as anslut:
        pratsam, tyst = anslut(instans), anslut(instans)
        vanta_tills(lambda: instans.live.antal() == 2, vad="att båda är anslutna")
        pratsam.klient.emit("a", {"b": b"c"})
        pratsam.vanta_tills_kapad()
        vanta_tills(lambda: instans.live.antal() == 1, vad="att den pratsamma är glömd")
        assert tyst.klient.connected


@pytest.mark.parametrize("sagt", [BIFOGAT, '42["a"]', "40" + "x" * 9000, "2probe", None])
def test_nothing_but_what_a_page_says_reaches_the_library(sagt: str | None) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "websocket.receive", "text": sagt, "bytes": b"x" * 9000 if sagt is None else None}

    assert asyncio.run(_bara_det_vantade(receive)())["type"] == "websocket.disconnect"


@pytest.mark.parametrize("sagt", ["40", "40{}", "3", "41"])
def test_what_a_page_says_does(sagt: str) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "websocket.receive", "text": sagt}

    assert asyncio.run(_bara_det_vantade(receive)())["text"] == sagt
