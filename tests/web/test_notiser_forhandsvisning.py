"""The preview beside the forms that publish: its link is as long as the one to be sent, or the price is wrong."""

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from tests.factories import en_handelse, en_person_hos
from tests.utskick import en_underrattelse, en_version, skriver
from wis.auth.rules import Roll
from wis.db import Database
from wis.handelser.queries import find_handelse
from wis.lagesbild.models import Lagesbild
from wis.notiser.models import Notisslag
from wis.notiser.rules import lagesbildsrubrik

SKRIBENT = "skribent@tv.example"


@pytest.fixture
def slug(database: Database) -> str:
    """An event, and one who writes in it."""
    with skriver(database) as session:
        en_person_hos(session, "trafikverket", Roll.SKRIBENT, epost=SKRIBENT)
        return en_handelse(session, slug="storm").slug


@pytest.fixture
def visad_lank(logga_in: Callable[[str], FlaskClient], slug: str) -> Callable[..., str]:
    """Asks for the preview and returns the path of the link in it."""

    def visa(slag: Notisslag, **fraga: object) -> str:
        adress = f"/handelser/{slug}/forhandsvisa?{urlencode({'slag': slag, **fraga})}"
        html = logga_in(SKRIBENT).post(adress, data={"rubrik": "Färjan"}).get_data(as_text=True)
        funnen = re.search(r"http://localhost(/\S+?)</p>", html)
        assert funnen is not None, html
        return funnen[1]

    return visa


def test_a_lagesbild_is_shown_with_the_number_that_it_will_get(
    database: Database, slug: str, visad_lank: Callable[..., str]
) -> None:
    rubrik = lagesbildsrubrik("Snö", 1, samlad=False)
    assert visad_lank(Notisslag.LAGESBILD, rubrik=rubrik) == f"/handelser/{slug}/lagesbild/trafikverket/versioner/1"
    with skriver(database) as session:
        handelse = en_handelse(session)
        en_version(session, handelse)
        session.execute(update(Lagesbild).values(senaste=41))
    assert visad_lank(Notisslag.LAGESBILD, rubrik=rubrik).endswith("/trafikverket/versioner/1")  # another event's
    with skriver(database) as session:
        egen = find_handelse(session, slug)
        assert egen is not None
        en_version(session, egen)
        session.execute(update(Lagesbild).values(senaste=41))
    assert visad_lank(Notisslag.LAGESBILD, rubrik=rubrik).endswith("/trafikverket/versioner/42")
    samlad = lagesbildsrubrik("Snö", 1, samlad=True)
    assert visad_lank(Notisslag.LAGESBILD, rubrik=samlad, samlad=1).endswith("/samlad/versioner/1")
    with skriver(database) as session:
        session.execute(update(Lagesbild).values(aktor_id=None))
    assert visad_lank(Notisslag.LAGESBILD, rubrik=samlad, samlad=1).endswith("/samlad/versioner/42")


def test_a_correction_is_shown_with_the_address_of_what_it_corrects(
    database: Database, slug: str, visad_lank: Callable[..., str]
) -> None:
    with skriver(database) as session:
        handelse = find_handelse(session, slug)
        assert handelse is not None
        forsta = en_underrattelse(session, handelse).underrattelse_id
        elsewhere = en_underrattelse(session, en_handelse(session)).underrattelse_id
        senaste = en_underrattelse(session, handelse).underrattelse_id
    assert senaste is not None
    assert visad_lank(Notisslag.UNDERRATTELSE, rattar=forsta) == f"/underrattelser/{forsta}"
    assert visad_lank(Notisslag.UNDERRATTELSE) == f"/underrattelser/{senaste + 1}"
    # Of what is corrected elsewhere nothing is learnt here.
    assert visad_lank(Notisslag.UNDERRATTELSE, rattar=elsewhere) == f"/underrattelser/{senaste + 1}"


def test_what_was_published_without_a_word_counts_too(database: Database, visad_lank: Callable[..., str]) -> None:
    with skriver(database) as session:
        utskick = en_underrattelse(session, en_handelse(session))
        nummer = utskick.underrattelse_id
        session.delete(utskick)
    assert nummer is not None
    assert visad_lank(Notisslag.UNDERRATTELSE) == f"/underrattelser/{nummer + 1}"
