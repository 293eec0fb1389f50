"""Bounces in a mailbox, read over real IMAP."""

import gc
import logging
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from tests.sandhjalp import server
from tests.servrar import ledig_port, vanta_tills
from tests.studsar import Imapserver, en_studs, fritt_svar
from tests.utskick import ett_uppdrag, skriver
from wis.db import Database
from wis.notiser import brevlada, referens
from wis.notiser.brevlada import Brevlada
from wis.notiser.models import Leverans, Status
from wis.notiser.worker import Worker
from wis.settings import Settings, SettingsError


@pytest.fixture
def imap() -> Iterator[Imapserver]:
    """An empty mailbox."""
    with Imapserver() as server:
        yield server


@pytest.fixture
def tagg(database: Database, settings: Settings) -> str:
    """The tag of a mail that the server has taken."""
    ett_uppdrag(database)
    with skriver(database) as session:
        session.execute(update(Leverans).values(kanal="epost", status=Status.MOTTAGEN, sandningar=1))
        return referens.gor(settings.secret_key, session.scalars(select(Leverans.id)).one())


def _status(database: Database) -> str:
    with database.reading() as session:
        return session.scalars(select(Leverans.status)).one()


def test_bounces_are_settled_and_deleted_and_what_people_write_is_left(
    database: Database, settings: Settings, imap: Imapserver, tagg: str
) -> None:
    dit = replace(settings, studs_brevlada=imap.url)
    svar = imap.lagg(fritt_svar(tagg))
    for brev in (en_studs(tagg, action="delayed"), en_studs(tagg), en_studs(tagg), en_studs("7-" + "0" * 20)):
        sist = imap.lagg(brev)
    assert brevlada.kontrollera(dit) == (True, f"Studsar läses ur brevlådan hos 127.0.0.1:{imap.server_address[1]}.")
    lada = Brevlada(database, dit)
    assert lada.las(lambda: True) == 0
    assert len(imap.brev) == 5
    assert lada.las() == 1
    assert _status(database) == "misslyckad"
    assert {uid: imap.flaggor(uid) for uid in imap.brev} == {svar: {r"\Seen"}, sist: {r"\Seen"}}
    assert lada.las() == 0


def test_what_the_server_refuses_does_not_stop_what_comes_after_and_more_is_read_at_once(
    database: Database, settings: Settings, imap: Imapserver, tagg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brevlada, "HOGST", 2)
    monkeypatch.setattr(brevlada, "FONSTER", 3)
    nekade = {imap.lagg(fritt_svar(tagg)), imap.lagg(fritt_svar(tagg))}
    for _ in range(3):
        imap.lagg(fritt_svar(tagg))
    sist = imap.lagg(en_studs(tagg))
    imap.vagrar |= nekade
    lada = Brevlada(database, replace(settings, studs_brevlada=imap.url))
    assert [lada.vid_behov(), lada.vid_behov(), lada.vid_behov(), lada.vid_behov()] == [True, True, False, False]
    assert _status(database) == "misslyckad"
    assert sist not in imap.brev
    assert {uid for uid in imap.brev if not imap.flaggor(uid)} == nekade
    # They are tried again, when nothing else is left.
    imap.vagrar.clear()
    assert lada.las() == 0
    assert all(imap.flaggor(uid) for uid in imap.brev)


def test_the_worker_reads_the_mailbox_by_itself(
    database: Database, settings: Settings, imap: Imapserver, tagg: str
) -> None:
    imap.lagg(en_studs(tagg))
    worker = Worker(database, replace(settings, studs_brevlada=imap.url, worker_poll=0.05))
    worker.start()
    try:
        vanta_tills(lambda: _status(database) == "misslyckad", vad="studsen")
        assert worker.lever()
    finally:
        assert worker.stop()


def test_a_mailbox_that_is_not_there_is_asked_later_and_its_password_is_not_told(
    database: Database, settings: Settings, imap: Imapserver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    port = ledig_port()
    borta = replace(settings, studs_brevlada=f"imap://studs:hemligt-1@127.0.0.1:{port}/INBOX")
    fel = replace(settings, studs_brevlada=imap.url.replace("hemligt-1", "hemligt-2"))
    for trasig in (borta, fel):
        lada = Brevlada(database, trasig)
        assert not lada.vid_behov()
        assert not lada.vid_behov()
    assert caplog.text.count("can not be read") == 2
    assert "hemligt" not in caplog.text
    for trasig, sagt in ((borta, f"127.0.0.1:{port}, svarar inte (ConnectionRefusedError)"), (fel, "nekar oss")):
        svar = brevlada.kontrollera(trasig)
        assert svar is not None
        assert not svar[0]
        assert sagt in svar[1]


def test_a_server_that_hangs_up_on_our_good_bye_leaves_nothing_open(settings: Settings) -> None:
    def samtal(kontakt: socket.socket) -> None:
        kontakt.sendall(b"* OK hello\r\n")
        with kontakt.makefile("rb") as rader:
            for rad in rader:
                tagg, order = rad.split()[:2]
                if order == b"LOGOUT":
                    return
                sagt = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n", b"SELECT": b"* 0 EXISTS\r\n"}.get(order, b"")
                kontakt.sendall(sagt + tagg + b" OK done\r\n")

    with server(samtal) as port:
        svar = brevlada.kontrollera(replace(settings, studs_brevlada=f"imap://studs:hemligt-1@127.0.0.1:{port}/INBOX"))
        assert svar is not None
        assert svar[0], svar
        gc.collect()  # what was never closed is an error here, and not in some other test


@pytest.mark.parametrize(
    "url",
    [
        "studs@example.se",
        "pop3://a:b@example.se/INBOX",
        "imaps://example.se/INBOX",
        "imaps://a:b@example.se:nej/INBOX",
        "imaps://a:%C3%A5@example.se/INBOX",
        "imaps://a:b@example.se/INBOX%0d%0aA LOGOUT",
        "imap://a:b@example.se/INBOX",
    ],
)
def test_an_address_that_is_wrong_or_unsafe_does_not_start(database: Database, settings: Settings, url: str) -> None:
    with pytest.raises(SettingsError, match="WIS_STUDS_BREVLADA"):
        Worker(database, replace(settings, studs_brevlada=url))
