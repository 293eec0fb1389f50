"""That a login is in use is noted without waiting for anybody, on either database."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from tests import factories as f
from wis import clock
from wis.auth.models import Faktorslag, Inloggning
from wis.auth.sessioner_service import Spar, anteckna_aktivitet
from wis.db import Database
from wis.tx import transaction

SPAR = Spar("192.0.2.7", "Firefox på Windows")


def test_the_note_is_made_once_and_never_waits_for_a_writer(varje_databas: Database) -> None:
    with transaction(varje_databas) as session:
        now = clock.now()
        rad = Inloggning(token_hash="x", anvandare_id=f.en_anvandare(session).id, skapad=now - timedelta(hours=1))
        rad.giltig_till, rad.faktor = now + timedelta(hours=1), Faktorslag.INGEN
        session.add(rad)
        session.flush()
        id_ = rad.id
    with transaction(varje_databas) as writer:
        writer.scalars(select(Inloggning).with_for_update()).one()
        began = time.monotonic()
        with pytest.raises(OperationalError):
            anteckna_aktivitet(varje_databas, id_, SPAR)
        assert time.monotonic() - began < 4
    assert anteckna_aktivitet(varje_databas, id_, SPAR)
    assert not anteckna_aktivitet(varje_databas, id_, SPAR)
    with varje_databas.reading() as session:
        assert session.get_one(Inloggning, id_).adress == SPAR.adress
