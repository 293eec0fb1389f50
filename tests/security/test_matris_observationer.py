"""What each person of the tables can see, be sent or hear of each thing: in pages, lists, dispatches, live, export."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.security import orakel as o
from tests.security.matris_celler import INGEN, G, H, T, grind, handelsen, rad, svar
from tests.security.matris_stod import Matris, en_matris
from tests.uttag import anslutning, en_instans
from wis import clock
from wis.andringar import Andring, Slag, anmal
from wis.auth.models import Anvandare, Medlemskap
from wis.auth.service import token_hash
from wis.handelser.models import Handelse
from wis.horare import bedom_flera, sak_av
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.lagesbild.plats import sak_av as lagesbildens_sak
from wis.notiser.models import Utskick
from wis.notiser.queries import Fraga, lasning_av, mottagare, oversikt
from wis.underrattelser.lasratt import sak_for
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion

TINGEN = [ting for ting, _ in o.LASBART]
MED_TEXT = [ting for ting in TINGEN if ting.slag != o.HANDELSE]
SANDS_NU = [ting for ting in TINGEN if ting.tid != o.MORGON]
"""What is told of is published now, or in the evening: there is none that only came later."""
MANNISKOR = [namn for namn in o.PERSONER if namn != INGEN]
BILD = (
    "",
    "/tidslinje",
    "/versioner",
    "/lagesbild/{vem}",
    "/lagesbild/{vem}/versioner/2",
    "/lagesbild/{vem}/versioner/2/sedan/1",
    "/lagesbild/{vem}/jamfor/1/2",
)
SIDOR = {
    o.EGEN: BILD,
    o.SAMLAD: BILD,
    o.UNDERRATTELSE: ("", "/tidslinje"),
    # What was decided, and what was noted at the same moment.
    o.UTSKICK: ("", "/tidslinje", "/tidslinje?slag=anteckning", "/tidslinje?tagg=hemligt"),
}
LISTOR = ("/", "/nytt", "/handelser", "/underrattelser", "/fragor", "/mina-notiser", "/sok?q=lägesbild", "/sok?q=prov")
SPRIDNING = 11
"""In the short form every eleventh pair of person and thing: each person and each thing is among them."""


@pytest.fixture(scope="module")
def matris(sqlite_mall: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matris]:
    """The world of the tables, built once."""
    with en_matris(sqlite_mall, tmp_path_factory.mktemp("matris")) as found:
        yield found


@pytest.fixture(autouse=True)
def natt() -> Iterator[None]:
    """It is night, as the tables say."""
    with clock.at(o.NU):
        yield


def _laser(person: str, ting: o.Ting) -> bool:
    return grind(T, "LASA", ting)[person] == "J"


def _syns(sida: str, text: str) -> bool:
    # 'ting-1' is not 'ting-11'.
    return re.search(rf"{re.escape(text)}(?!\d)", sida) is not None


def _sida(matris: Matris, person: str, ting: o.Ting, adress: str) -> str:
    with matris.som(person, ting).get(adress) as svaret:
        return svaret.get_data(as_text=True)


# --- pages -----------------------------------------------------------------------------------------------------------


def _pa_sidorna(matris: Matris, person: str, ting: o.Ting) -> list[str]:
    """Where the text of the thing is seen and should not be, or the other way round."""
    slug = matris.varld.slug[ting]
    vem = "samlad" if ting.slag == o.SAMLAD else (ting.agare or "").lower()
    adresser = [f"/handelser/{slug}{slut.format(vem=vem)}" for slut in SIDOR[ting.slag]]
    if ting.slag == o.UNDERRATTELSE:
        adresser += [f"/underrattelser/{matris.varld.varld.ting[ting]}", f"/underrattelser?handelse={slug}"]
    ska = {adress: _laser(person, ting) for adress in adresser}
    if ting.slag != o.UTSKICK:
        # Its own readers follow how it goes; what was decided stands above every tab.
        ska[f"/handelser/{slug}/utskick"] = svar(person, "SE_UTSKICK", ting, (H, T, G)) == "J"
    return [
        f"{person} {adress}: {'hidden from' if syns else 'shown to'} who should {'' if syns else 'not '}see it"
        for adress, syns in ska.items()
        if _syns(_sida(matris, person, ting, adress), f"Hemligt i {slug}") != syns
    ]


def _par() -> list[tuple[str, o.Ting]]:
    return [(person, ting) for person in o.PERSONER for ting in MED_TEXT]


def test_the_text_of_a_thing_stands_where_its_readers_look_and_nobody_else_sees_it(matris: Matris) -> None:
    par = _par()[::SPRIDNING]
    assert {person for person, _ in par} == set(o.PERSONER)
    assert {ting for _, ting in par} == set(MED_TEXT)
    fel = [felet for person, ting in par for felet in _pa_sidorna(matris, person, ting)]
    assert not fel, "\n".join(fel)


@pytest.mark.long
def test_the_text_of_every_thing_is_seen_by_its_readers_alone(matris: Matris) -> None:
    fel = [felet for person, ting in _par() for felet in _pa_sidorna(matris, person, ting)]
    assert not fel, "\n".join(fel)


@pytest.mark.parametrize("person", o.PERSONER)
def test_lists_over_all_events_hold_nothing_that_one_may_not_read(matris: Matris, person: str) -> None:
    gast = o.PERSONER[person] is not None and o.PERSONER[person].gast_i == o.H  # type: ignore[union-attr]
    hos = next(t for t in MED_TEXT if t.slag == o.UNDERRATTELSE)
    sidor = {adress: _sida(matris, person, hos, adress) for adress in LISTOR}
    for ting in TINGEN:
        slug, nummer = matris.varld.slug[ting], TINGEN.index(ting)
        # A guest acts by one membership: for the one event.
        inne = not gast or ting == hos
        for adress, sida in sidor.items():
            if _syns(sida, f"Hemligt i {slug}"):
                assert inne, (adress, ting)
                assert _laser(person, ting), (adress, ting)
        handelse = inne and grind(H, "LASA", handelsen(ting))[person] == "J"
        assert _syns(sidor["/handelser"], f">Händelse {nummer}") == handelse, ting
        assert _syns(sidor["/"], f">Händelse {nummer}") == (handelse and not ting.stangd), ting
        if ting.slag == o.UNDERRATTELSE:
            assert _syns(sidor["/underrattelser"], f"Hemligt i {slug}") == (inne and _laser(person, ting)), ting


@pytest.mark.parametrize("person", o.PERSONER)
def test_the_start_page_says_whether_there_is_anything_to_read(matris: Matris, person: str) -> None:
    letters = rad(next(fraga.svar for fraga in o.OVRIGT if fraga.verb == "LASA"))
    sida = _sida(matris, person, MED_TEXT[0], "/")
    assert ("Läget nu" in sida) == (letters[person] == "J")


def test_the_export_of_users_holds_the_actors_own_and_nothing_of_what_they_write(matris: Matris) -> None:
    sida = _sida(matris, "Ä0", TINGEN[0], "/aktorer/ägare/anvandare.csv")
    assert "Hemligt" not in sida
    with matris.database.reading() as session:
        rader = session.execute(
            select(Anvandare.epost, Medlemskap.aktor_id).join(Medlemskap, Medlemskap.anvandare_id == Anvandare.id)
        ).all()
    for epost, aktor_id in rader:
        if epost:
            assert (epost in sida) == (aktor_id == matris.varld.varld.aktorer["Ägare"]), epost


# --- dispatches ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ting", MED_TEXT, ids=lambda ting: str(TINGEN.index(ting)))
def test_those_are_told_and_counted_who_read_what_is_told_of(matris: Matris, ting: o.Ting) -> None:
    with matris.database.reading() as session:
        utskick = session.get_one(Utskick, matris.varld.utskick[ting])
        lasning = replace(lasning_av(session, utskick), publicerad=ting.tid or o.KVALL)
        fraga = Fraga(matris.varld.varld.handelser[ting], False, utskick.slag, lasning)
        told = {en.anvandare_id for en in mottagare(session, fraga, o.NU)}
        handelse = session.get_one(Handelse, matris.varld.varld.handelser[ting])
        raknade = oversikt(session, handelse, utskick.slag, lasning)
    ska = {namn for namn in MANNISKOR if _laser(namn, ting)}
    assert {namn for namn in MANNISKOR if matris.varld.anvandare[namn] in told} == ska
    assert (raknade.personer, raknade.sms, raknade.utan_kanal) == (len(ska), len(ska), ())


# --- the live channel ------------------------------------------------------------------------------------------------


def _andring(session: Session, matris: Matris, ting: o.Ting) -> Andring:
    """What is announced when it is published."""
    varld, handelse = matris.varld.varld, session.get_one(Handelse, matris.varld.varld.handelser[ting])
    if ting.slag in {o.EGEN, o.SAMLAD}:
        bild = session.get_one(Lagesbild, varld.ting[ting])
        sak = lagesbildens_sak(bild, session.get_one(LagesbildVersion, (bild.id, 2)))
        return Andring(Slag.LAGESBILD, bild.id, 2, handelse.id, sak.lasande_aktorer(), tlp=ting.tlp)
    if ting.slag == o.UNDERRATTELSE:
        rad = session.get_one(Underrattelse, varld.ting[ting])
        sak = sak_for(rad, session.get_one(UnderrattelseVersion, (rad.id, 1)))
        return Andring(Slag.UNDERRATTELSE, rad.id, 1, handelse.id, sak.lasande_aktorer(), tlp=ting.tlp)
    return Andring(Slag.HANDELSE, 1, 0, handelse.id, handelse.lasande_aktorer())


def test_those_hear_of_it_on_the_live_channel_who_read_it(matris: Matris) -> None:
    vilotid = timedelta(seconds=matris.app.extensions["wis_settings"].session_vilotid)
    fel = []
    with matris.database.reading() as session:
        hashar = {nyckel: token_hash(token) for nyckel, token in matris.varld.token.items()}
        domda = bedom_flera(session, set(hashar.values()), o.NU, vilotid)
        for ting in SANDS_NU:
            sak = sak_av(session, _andring(session, matris, ting))
            for person in MANNISKOR:
                who = domda.get(hashar[person, matris.varld.medlemskap(person, ting)])
                if (who is not None and who.far_hora(sak, o.NU)) != _laser(person, ting):
                    fel.append(f"{person} {ting}")
    assert not fel, "\n".join(fel)


SIST = 999


@pytest.mark.long
def test_each_kind_of_person_hears_over_a_real_socket_of_what_they_read(
    matris: Matris, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The server's threads have their own context, in which it is not night.
    monkeypatch.setattr(clock, "now", lambda: o.NU)
    forsta, annan = TINGEN[0], matris.varld.varld.annan_handelse
    settings = replace(matris.app.extensions["wis_settings"], threads=128)
    with en_instans(settings, matris.database) as instans, anslutning() as anslut:
        kopplade = {}
        for person in MANNISKOR:
            kaka = matris.som(person, forsta).get_cookie("wis")
            assert kaka is not None
            if o.PERSONER[person] and _far_kopplas(matris, person, forsta):
                kopplade[person] = anslut(instans, kaka=f"wis={kaka.value}")
        for ting in SANDS_NU:
            instans.andra(lambda session, ting=ting: anmal(session, _andring(session, matris, ting)))
        for handelse_id in (matris.varld.varld.handelser[forsta], annan):
            sist = Andring(Slag.HANDELSE, 1, SIST, handelse_id, None)
            instans.andra(lambda session, sist=sist: anmal(session, sist))
        horda = {person: _allt(lyssnare) for person, lyssnare in kopplade.items()}
    for person, hort in horda.items():
        som = o.PERSONER[person]
        inom = [t for t in SANDS_NU if som is None or som.gast_i != o.H or t == forsta]
        ska = [matris.varld.varld.handelser[ting] for ting in inom if _laser(person, ting)]
        assert hort == ska, person
    assert len(horda) >= len(MANNISKOR) - 3


def _far_kopplas(matris: Matris, person: str, ting: o.Ting) -> bool:
    vilotid = timedelta(seconds=matris.app.extensions["wis_settings"].session_vilotid)
    token = matris.varld.token[person, matris.varld.medlemskap(person, ting)]
    with matris.database.reading() as session:
        return bool(bedom_flera(session, [token_hash(token)], o.NU, vilotid))


def _allt(lyssnare: object) -> list[int]:
    """The events that were told of, in order, up to the last word."""
    hort = []
    while True:
        data = lyssnare.nasta()  # type: ignore[attr-defined]
        if data["version"] == SIST:
            return hort
        hort.append(data["handelse_id"])
