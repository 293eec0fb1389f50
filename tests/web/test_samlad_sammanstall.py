"""Compiling the samlade from what the actors say, without scripts."""

import re
from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from tests import factories as f
from tests.web.ytor_data import LoggaIn, fragor, publicera
from wis import clock
from wis.auth.rules import Roll
from wis.begaran.models import Begaran, BegaranMottagare, BegaranSvar, Synlighet
from wis.db import Database
from wis.handelser.models import Handelse, Lasarkrets, LasarkretsAktor
from wis.lagesbild.mall import STANDARD
from wis.lagesbild.models import Lagesbild, LagesbildSektion, LagesbildVersion, Utkast
from wis.tx import transaction

SIDA = "/handelser/snoovader/lagesbild/samlad/sammanstall"
REDAKTOR = "redaktor@lansstyrelsen.example"


def _sag(database: Database, aktor: str, sektioner: dict[str, str], *, slug: str = "snoovader", **mer: object) -> int:
    """The actor's next version, with these sections; returns its number."""
    with transaction(database) as session:
        handelse = session.scalars(select(Handelse).where(Handelse.slug == slug)).one()
        version = publicera(session, handelse, aktor, **mer)  # type: ignore[arg-type]
        for ordning, (nyckel, text) in enumerate(sektioner.items()):
            session.add(
                LagesbildSektion(
                    lagesbild_id=version.lagesbild_id,
                    nummer=version.nummer,
                    nyckel=nyckel,
                    ordning=ordning,
                    kalla=text,
                    html="<p>x</p>",
                )
            )
        return version.nummer


@pytest.fixture
def folk(database: Database) -> None:
    """Länsstyrelsen's open event, its redaktör and a skribent; Trafikverket and Nacka have published."""
    with transaction(database) as session:
        f.en_person_hos(session, "lansstyrelsen", Roll.REDAKTOR, epost=REDAKTOR)
        f.en_person_hos(session, "lansstyrelsen", Roll.SKRIBENT, epost="skribent@lansstyrelsen.example")
        f.en_person_hos(session, "solna", Roll.LASARE)
        f.en_handelse(session, "lansstyrelsen", slug="snoovader", rubrik="Snöoväder")
        f.en_handelse(session, "lansstyrelsen", slug="ovning", rubrik="Övning Snö", ovning=True)
    _sag(
        database,
        "trafikverket",
        {
            "lage_fakta": "E18 är avstängd vid Norrtälje.\n\n118 plogfordon är ute.",
            "lage_antaganden": "E18 öppnar troligen i kväll.",
            "nyckeltal": "| Fast i köer | 300 | fordon |",
        },
    )
    _sag(
        database,
        "nacka",
        {"nyckeltal": "| fast i köer | 450 | Fordon |\n| Hembesök | 18 | st |", "egen_1": "Bandvagnar finns att låna."},
    )


def _sidan(client: FlaskClient) -> str:
    svar = client.get(SIDA)
    assert svar.status_code == 200, svar.get_data(as_text=True)
    return " ".join(svar.get_data(as_text=True).split())


def _tryck(client: FlaskClient, handling: str, sida: str = "", **mer: str) -> str:
    """Press a button of the page (as it is now, or as it was in `sida`), and look at the page one comes back to."""
    page = sida or _sidan(client)
    skickat = {namn: re.findall(rf'name="{namn}" value="(\d+)"', page)[0] for namn in ("bas", "revision")}
    svar = client.post(SIDA, data={**skickat, "handling": handling, **mer})
    assert svar.status_code == 303, svar.get_data(as_text=True)
    assert f"{SIDA}#avsnitt-" in svar.headers["Location"]
    return _sidan(client)


def _utkast(database: Database) -> dict[str, str]:
    with database.reading() as session:
        return dict(session.scalars(select(Utkast)).one().sektioner)


@pytest.mark.usefixtures("folk")
class TestCompiling:
    def test_a_paragraph_and_a_row_are_taken_in_with_their_origin_moved_and_removed(
        self, logga_in: LoggaIn, database: Database
    ) -> None:
        client = logga_in(REDAKTOR)
        page = _sidan(client)
        assert "2 av 5 aktörer bidrar" in page
        assert "Har inte bidragit:" in page
        assert "Solna" in page
        assert "Ingen aktör har skrivit om:</strong> Sammanfattning" in page
        _tryck(client, "ta:trafikverket 1 lage_fakta:0:lage_fakta")
        page = _tryck(client, "ta:trafikverket 1 lage_fakta:1:lage_fakta")
        assert _utkast(database)["lage_fakta"] == (
            "E18 är avstängd vid Norrtälje. [[trafikverket 1 lage_fakta]]\n\n"
            "118 plogfordon är ute. [[trafikverket 1 lage_fakta]]"
        )
        assert page.count("✓ Intagen") == 2
        assert "Fakta</span>" in page
        assert "[[" not in page
        _tryck(client, "ned:lage_fakta:0")
        assert _utkast(database)["lage_fakta"].startswith("118 plogfordon")
        _tryck(client, "upp:lage_fakta:1")
        assert _utkast(database)["lage_fakta"].startswith("E18 är avstängd")
        _tryck(client, "bort:lage_fakta:0")
        assert _utkast(database)["lage_fakta"] == "118 plogfordon är ute. [[trafikverket 1 lage_fakta]]"
        # A row stays a row among its own kind, and becomes words elsewhere.
        _tryck(client, "ta:nacka 1 nyckeltal:1:nyckeltal")
        assert _utkast(database)["nyckeltal"] == "| Hembesök [[nacka 1 nyckeltal]] | 18 | st |"
        _tryck(client, "ta:nacka 1 nyckeltal:1:nyckeltal", **{"till-nyckeltal": "sammanfattning"})
        assert _utkast(database)["sammanfattning"] == "Hembesök · 18 · st [[nacka 1 nyckeltal]]"
        # What has no counterpart goes where one chooses.
        _tryck(client, "ta:nacka 1 egen_1:0:annat", **{"till-annat": "resurser"})
        assert _utkast(database)["resurser"] == "Bandvagnar finns att låna. [[nacka 1 egen_1]]"
        # The writing page shows the same draft, and leads here.
        skriv = client.get("/handelser/snoovader/lagesbild/samlad/skriv").get_data(as_text=True)
        assert "118 plogfordon är ute. [[trafikverket 1 lage_fakta]]" in skriv
        assert SIDA in skriv

    def test_an_assumption_is_one_wherever_it_is_taken_and_figures_that_differ_stand_side_by_side(
        self, logga_in: LoggaIn
    ) -> None:
        client = logga_in(REDAKTOR)
        page = _tryck(
            client, "ta:trafikverket 1 lage_antaganden:0:lage_antaganden", **{"till-lage_antaganden": "prognos"}
        )
        prognos = page.partition('id="avsnitt-prognos"')[2].partition('id="avsnitt-alternativ"')[0]
        assert "E18 öppnar troligen i kväll." in prognos
        assert "Antagande" in prognos
        tabell = page.partition("Samma nyckeltal hos flera")[2].partition("</table>")[0]
        assert "fast i köer" in tabell
        assert "Skiljer sig" in tabell
        assert "300" in tabell
        assert "450" in tabell
        assert "Hembesök" not in tabell

    def test_a_newer_version_is_told_of_shown_by_the_word_and_taken_in_or_not(
        self, logga_in: LoggaIn, database: Database
    ) -> None:
        client = logga_in(REDAKTOR)
        for ordning in (0, 1):
            _tryck(client, f"ta:trafikverket 1 lage_fakta:{ordning}:lage_fakta")
        _tryck(client, "ta:trafikverket 1 lage_antaganden:0:lage_antaganden")
        nytt = "E18 är öppen vid Norrtälje.\n\n118 plogfordon är ute."
        assert _sag(database, "trafikverket", {"lage_fakta": nytt, "lage_antaganden": "Helt annat."}) == 2
        page = _sidan(client)
        assert "Trafikverket har en nyare version" in page
        assert "Nyare version:" in page
        assert "tillagt: </span>öppen" in page
        assert "borttaget: </span>avstängd" in page
        assert "Står kvar i version 2" in page
        # The only paragraph then and the only one now: it can be taken in, however unlike.
        assert "ersatt:lage_antaganden:0:2:0" in page
        assert "Inget stycke där liknar det här" not in page
        # Kept: quiet until there is a still newer one.
        page = _tryck(client, "behall:lage_fakta:0:2")
        assert "tillagt: </span>öppen" not in page
        assert "[[trafikverket 1 lage_fakta behållen 2]]" in _utkast(database)["lage_fakta"]
        _tryck(client, "kvar:lage_fakta:1:2")
        assert "118 plogfordon är ute. [[trafikverket 2 lage_fakta]]" in _utkast(database)["lage_fakta"]
        assert _sag(database, "trafikverket", {"lage_fakta": "E18 är helt öppen vid Norrtälje."}) == 3
        page = _sidan(client)
        assert "tillagt: </span>helt öppen" in page
        assert "Inget stycke där liknar det här" in page
        _tryck(client, "ersatt:lage_fakta:0:3:0")
        assert "E18 är helt öppen vid Norrtälje. [[trafikverket 3 lage_fakta]]" in _utkast(database)["lage_fakta"]
        # A version that isn't there is neither kept nor taken.
        assert "Det finns inte längre" in _tryck(client, "behall:lage_fakta:0:9")

    def test_what_is_saved_in_another_window_is_never_written_over(self, logga_in: LoggaIn, database: Database) -> None:
        client = logga_in(REDAKTOR)
        _tryck(client, "ta:trafikverket 1 lage_fakta:0:lage_fakta")
        gammal = _sidan(client)
        _tryck(client, "ta:trafikverket 1 lage_fakta:1:lage_fakta")
        fore = _utkast(database)
        page = _tryck(client, "bort:lage_fakta:0", gammal)
        assert "Utkastet har ändrats i ett annat fönster; du ser det nya nu." in page
        assert _utkast(database) == fore
        # The same tap twice does it once, and says nothing of windows.
        page = _tryck(client, "ta:trafikverket 1 lage_fakta:1:lage_fakta", gammal)
        assert "annat fönster" not in page
        assert _utkast(database) == fore

    def test_answers_to_a_begaran_are_sources_too(self, logga_in: LoggaIn, database: Database) -> None:
        def svara(text: str, antal: str) -> None:
            with transaction(database) as session:
                m = session.scalars(select(BegaranMottagare)).one()
                m.senaste += 1
                session.add(
                    BegaranSvar(
                        mottagare_id=m.id,
                        nummer=m.senaste,
                        foregaende=m.senaste - 1 or None,
                        skapad=clock.now(),
                        svar={"1": text, "2": antal},
                        idempotensnyckel=f"svar-{m.senaste}",
                    )
                )

        with transaction(database) as session:
            begaran = Begaran(
                handelse=session.scalars(select(Handelse).where(Handelse.slug == "snoovader")).one(),
                aktor=f.en_aktor(session, "lansstyrelsen"),
                skapad=clock.now(),
                skapad_av=f.en_person_hos(session, "lansstyrelsen", Roll.TALESPERSON),
                rubrik="Skolorna",
                inledning="",
                frist=clock.now() + timedelta(hours=1),
                synlighet=Synlighet.FRAGANDE,
                fragor=[
                    {"nummer": 1, "typ": "text", "text": "Är skolorna öppna?", "val": [], "enhet": "", "kravs": True},
                    {"nummer": 2, "typ": "tal", "text": "Antal stängda", "val": [], "enhet": "skolor", "kravs": True},
                ],
                idempotensnyckel="begaran",
            )
            session.add(begaran)
            begaran.mottagare.append(BegaranMottagare(aktor_id=f.en_aktor(session, "solna").id))
            session.flush()
            nyckel = f"svar-{begaran.id}"
        svara("Alla skolor är öppna i dag.", "0")
        client = logga_in(REDAKTOR)
        assert "Läses av bara den som frågar" in _sidan(client)
        page = _tryck(client, f"ta:solna 1 {nyckel}-1:0:svar", **{"till-svar": "lage_fakta"})
        _tryck(client, f"ta:solna 1 {nyckel}-2:0:svar", **{"till-svar": "prognos"})
        assert _utkast(database)["lage_fakta"] == f"Alla skolor är öppna i dag. [[solna 1 {nyckel}-1]]"
        assert _utkast(database)["prognos"] == f"Antal stängda: 0 skolor [[solna 1 {nyckel}-2]]"
        assert "Solna, svar 1</a>" in page.partition('id="avsnitt-lage_fakta"')[2]
        svara("Alla skolor är stängda i dag.", "0")
        page = _sidan(client)
        assert "Solna har ett nyare svar" in page
        assert "tillagt: </span>stängda" in page
        assert "Står kvar i svar 2" in page
        _tryck(client, "ersatt:lage_fakta:0:2:0")
        _tryck(client, "behall:prognos:0:2")
        assert _utkast(database)["lage_fakta"] == f"Alla skolor är stängda i dag. [[solna 2 {nyckel}-1]]"
        assert _utkast(database)["prognos"] == f"Antal stängda: 0 skolor [[solna 1 {nyckel}-2 behållen 2]]"


@pytest.mark.usefixtures("folk")
class TestWhatIsNotShown:
    def test_nothing_that_the_redaktor_may_not_read_and_nothing_of_another_event(
        self, logga_in: LoggaIn, database: Database
    ) -> None:
        _sag(database, "polisen", {"lage_fakta": "Hemligt spaningsläge."})
        _sag(database, "solna", {"lage_fakta": "Bara i övningen."}, slug="ovning")
        with transaction(database) as session:
            bild = session.scalars(
                select(Lagesbild).join(Lagesbild.aktor).where(Lagesbild.aktor.has(slug="polisen"))
            ).one()
            krets = Lasarkrets(alla=False, valda=[LasarkretsAktor(aktor_id=f.en_aktor(session, "nacka").id)])
            bild.krets = krets
        client = logga_in(REDAKTOR)
        page = _sidan(client)
        assert "spaningsläge" not in page
        assert "Bara i övningen" not in page
        for vad in ("ta:polisen 1 lage_fakta:0:lage_fakta", "ta:solna 1 lage_fakta:0:lage_fakta"):
            assert "Det finns inte längre" in _tryck(client, vad)
        # A mark that somebody has written by hand shows nothing of what it names.
        _tryck(client, "ta:trafikverket 1 lage_fakta:0:lage_fakta")
        with transaction(database) as session:
            mitt = session.scalars(select(Utkast)).one()
            mitt.sektioner = {**mitt.sektioner, "prognos": "Mitt. [[polisen 1 lage_fakta]]"}
        page = _sidan(client)
        assert "Källan finns inte, eller läses inte av dig" in page
        assert "spaningsläge" not in page

    def test_only_redaktorer_compile(self, logga_in: LoggaIn, database: Database) -> None:
        skribent = logga_in("skribent@lansstyrelsen.example")
        assert skribent.get(SIDA).status_code == 403
        assert skribent.post(SIDA, data={"handling": "bort:lage_fakta:0"}).status_code == 403
        assert "Sammanställ samlad" not in skribent.get("/handelser/snoovader").get_data(as_text=True)
        redaktor = logga_in(REDAKTOR)
        assert SIDA in redaktor.get("/handelser/snoovader").get_data(as_text=True)
        with database.reading() as session:
            assert session.scalars(select(Utkast)).all() == []


def _publicera_mycket(database: Database, aktorer: Sequence[str], antal: int) -> None:
    """So many versions of each actor, with all sections filled, in few statements."""
    nu = clock.now()
    with transaction(database) as session:
        handelse = session.scalars(select(Handelse).where(Handelse.slug == "snoovader")).one()
        forsta = publicera(session, handelse, "trafikverket")
        ids = [f.en_aktor(session, slug).id for slug in aktorer]
        session.execute(
            insert(Lagesbild), [{"handelse_id": handelse.id, "aktor_id": id_, "senaste": antal} for id_ in ids]
        )
        bilder = session.execute(select(Lagesbild.id, Lagesbild.aktor_id).where(Lagesbild.aktor_id.in_(ids))).all()
        versioner = [
            {
                "lagesbild_id": bild,
                "nummer": nummer,
                "foregaende": nummer - 1 or None,
                "handelse_id": handelse.id,
                "publicerad": nu - timedelta(minutes=antal - nummer),
                "forfattare_id": forsta.forfattare_id,
                "aktor_id": aktor,
                "andringsnotering": "",
                "sammanfattning": "Kort.",
                "idempotensnyckel": f"{bild}-{nummer}",
            }
            for bild, aktor in bilder
            for nummer in range(1, antal + 1)
        ]
        session.execute(insert(LagesbildVersion), versioner)
        stycke = "Läget är ansträngt på flera håll och vägarna är svårframkomliga. " * 6
        sektioner = [
            {**{k: v[k] for k in ("lagesbild_id", "nummer")}, "nyckel": nyckel, "ordning": i, "kalla": text, "html": ""}
            for v in versioner
            if antal - v["nummer"] < 2
            for i, nyckel in enumerate(STANDARD.nycklar)
            for text in [f"{v['nummer']} {stycke}\n\nAndra stycket. {stycke}"]
        ]
        session.execute(insert(LagesbildSektion), sektioner)


def test_thirty_seven_actors_with_fifty_versions_each_open_in_as_many_questions_as_one(
    logga_in: LoggaIn, database: Database
) -> None:
    with transaction(database) as session:
        f.en_person_hos(session, "lansstyrelsen", Roll.REDAKTOR, epost=REDAKTOR)
        f.en_handelse(session, "lansstyrelsen", slug="snoovader", rubrik="Snöoväder")
    _publicera_mycket(database, ["aktor-x"], 3)
    client = logga_in(REDAKTOR)
    _tryck(client, "ta:aktor-x 2 lage_fakta:0:lage_fakta")
    _sidan(client)
    with fragor(database) as en:
        _sidan(client)
    _publicera_mycket(database, [f"kommun-{n}" for n in range(36)], 50)
    with transaction(database) as session:
        mitt = session.scalars(select(Utkast)).one()
        stycken = [f"Läget är ansträngt. [[kommun-{n} 49 lage_fakta]]" for n in range(36)]
        mitt.sektioner = {**mitt.sektioner, "lage_fakta": "\n\n".join(stycken)}
    with fragor(database) as manga:
        page = _sidan(client)
    assert len(manga) == len(en), [ett for ett in manga if ett not in en]
    assert "37 av" in page or "38 av" in page
    assert page.count("har en nyare version") == 36
    assert len(page.encode()) < 2_000_000
