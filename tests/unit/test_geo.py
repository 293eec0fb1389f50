"""Places on the ground: written and read again, and which kommuner they touch."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wis import geo
from wis.geo.plan import innanfor
from wis.lagesbild.krockregler import lasbara
from wis.lagesbild.mall import Avsnittsslag
from wis.lagesbild.platser import i_ord, platser, vidrorda
from wis.lagesbild.rader import dela, granska

LAT, LON = st.integers(5_500_000, 6_900_000), st.integers(1_100_000, 2_400_000)
PUNKT = st.tuples(LAT.map(lambda tal: tal / 100_000), LON.map(lambda tal: tal / 100_000))
FORM = st.one_of(
    st.builds(geo.Form, st.just(geo.Formslag.PUNKT), st.tuples(PUNKT)),
    st.builds(geo.Form, st.just(geo.Formslag.LINJE), st.lists(PUNKT, min_size=2, max_size=20).map(tuple)),
    st.builds(geo.Form, st.just(geo.Formslag.YTA), st.lists(PUNKT, min_size=3, max_size=20, unique=True).map(tuple)),
)


@given(FORM)
def test_what_is_written_is_read_as_the_same(form: geo.Form) -> None:
    assert geo.tolka(geo.skriv(form)) == form


@given(FORM)
def test_geojson_has_longitude_first_and_closes_what_is_an_area(form: geo.Form) -> None:
    punkter = geo.geojson(form)["coordinates"]
    if form.slag is geo.Formslag.PUNKT:
        punkter = [punkter]
    elif form.slag is geo.Formslag.YTA:
        assert punkter[0][0] == punkter[0][-1]
        punkter = punkter[0][:-1]
    assert [(lat, lon) for lon, lat in punkter] == list(form.punkter)


@pytest.mark.parametrize(
    "text", ["59,3293 18,0686", "59.3293, 18.0686", "59.3293,18.0686", "59.3293° 18.0686°", "Punkt: 59,3293; 18,0686"]
)
def test_people_write_a_point_as_they_are_used_to(text: str) -> None:
    assert geo.tolka(text) == geo.Form(geo.Formslag.PUNKT, ((59.3293, 18.0686),))


@pytest.mark.parametrize(
    ("text", "fel"),
    [
        ("vid torget", "latitud och longitud"),
        ("59,33", "två och två"),
        ("18,06 59,33", "före longituden. Skriv 59,33 18,06."),
        ("91 200", "utanför kartan"),
        ("9" * 400 + " 18", "^det ligger utanför kartan"),
        ("6580822 674032", "SWEREF 99"),
        ("59°19'45\"N 18°4'7\"E", "grader med decimaler"),
        ("yta 59 18; 60 18", "minst tre"),
        ("linje 59 18", "minst två"),
        ("punkt 59 18; 60 18", "bara en"),
        ("59 18; " * 201, "högst 200"),
    ],
)
def test_what_is_no_place_is_said_with_what_to_write(text: str, fel: str) -> None:
    with pytest.raises(geo.Obegriplig, match=fel):
        geo.tolka(text)


@pytest.mark.parametrize("form", ["punkt{}x", "linje{0}:{0}x", "{}x", "yta{}59", "x{}"])
def test_a_long_run_of_spaces_is_refused_at_once(form: str) -> None:
    start = time.process_time()
    with pytest.raises(geo.Obegriplig):
        geo.tolka(form.format(" " * 20_000))
    # Of its own work alone: to try each way to part them takes hours.
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("text", "mitt"),
    [
        ("59,3 18,1", (59.3, 18.1)),
        # Halfway along it, not at a corner nor beside the bend.
        ("linje 59 18; 60 18", (59.5, 18.0)),
        ("linje 59 18; 59,1 18; 60 18", (59.5, 18.0)),
        ("linje 59 18; 59 18", (59.0, 18.0)),
        ("yta 59 18; 59 18,2; 59,2 18,2; 59,2 18", (59.1, 18.1)),
        ("yta 59 18; 59 18; 59 18", (59.0, 18.0)),
    ],
)
def test_the_mark_of_a_place_stands_on_it(text: str, mitt: geo.Punkt) -> None:
    assert geo.mitt(geo.tolka(text)) == pytest.approx(mitt)


def test_the_mark_of_an_area_that_bends_stands_within_it() -> None:
    vinkel = geo.tolka("yta 59 18; 59 19; 59,1 19; 59,1 18,1; 60 18,1; 60 18")
    assert innanfor(geo.mitt(vinkel), (vinkel.punkter,))


@given(FORM)
def test_the_mark_of_a_place_is_never_outside_what_it_marks(form: geo.Form) -> None:
    (lat, lon), (latar, lonar) = geo.mitt(form), zip(*form.punkter, strict=True)
    assert min(latar) - 1e-9 <= lat <= max(latar) + 1e-9
    assert min(lonar) - 1e-9 <= lon <= max(lonar) + 1e-9


@pytest.mark.parametrize(
    ("text", "kommuner"),
    [
        ("59.3326 18.0649", {"stockholm"}),
        ("59.3106 18.1637", {"nacka"}),
        ("59.1955 17.6253", {"sodertalje"}),
        ("60.10 18.81", {"norrtalje"}),
        ("58.5 19.9", set()),
        ("linje 59.3275 18.0548; 59.3106 18.1637", {"stockholm", "nacka"}),
        (
            "yta 59.33 17.93; 59.33 18.02; 59.40 18.02; 59.40 17.93",
            {"danderyd", "sollentuna", "solna", "stockholm", "sundbyberg"},
        ),
    ],
)
def test_without_borders_a_place_is_where_the_nearest_main_place_is(text: str, kommuner: set[str]) -> None:
    assert geo.kommuner_vid([geo.tolka(text)]) == kommuner


def test_every_kommun_is_drawn_apart_and_holds_its_own_letter() -> None:
    alla = geo.kommuner()
    assert len(alla) == 26
    for slug, kommun in alla.items():
        ((ring,),) = kommun.ytor
        assert innanfor(kommun.mitt, (ring,))
        assert not any(innanfor(annan.mitt, (ring,)) for andra, annan in alla.items() if andra != slug)


def test_the_operators_borders_are_drawn_and_judged_by(tmp_path: Path) -> None:
    ruta = [[18.1, 59.2], [18.3, 59.2], [18.3, 59.35], [18.1, 59.35], [18.1, 59.2]]
    fil = tmp_path / "granser.geojson"
    form = {
        "type": "Feature",
        "properties": {"KnNamn": "Nacka"},
        "geometry": {"type": "Polygon", "coordinates": [ruta]},
    }
    fil.write_text(json.dumps({"type": "FeatureCollection", "features": [form]}), encoding="utf-8")
    try:
        geo.anvand(geo.las(fil))
        nacka = geo.kommuner()["nacka"]
        assert (nacka.tecken, len(nacka.ytor[0][0])) == (False, 4)
        # Nearest to Tyresö's main place, and within the border.
        assert "nacka" in geo.kommuner_vid([geo.tolka("59.25 18.23")])
        assert geo.kommuner()["tyreso"].tecken
    finally:
        geo.anvand({})
    assert geo.kommuner()["nacka"].tecken


@pytest.mark.parametrize(
    ("text", "fel"),
    [
        ("inte json", "ingen läsbar GeoJSON"),
        ('{"features": [1]}', "ingen läsbar GeoJSON"),
        ('{"features": [{"properties": {"namn": "Gävle"}, "geometry": null}]}', "ingen yta som heter"),
        (
            '{"features": [{"properties": {"namn": "Nacka"}, "geometry": {"type": "Polygon", "coordinates": '
            "[[[674032, 6580822], [674033, 6580823], [674034, 6580822], [674032, 6580822]]]}}]}",
            "räkna om den till WGS84",
        ),
    ],
)
def test_a_file_that_is_no_borders_is_said_to_be_none(tmp_path: Path, text: str, fel: str) -> None:
    fil = tmp_path / "granser.geojson"
    fil.write_text(text, encoding="utf-8")
    with pytest.raises(geo.OlasligaGranser, match=fel):
        geo.las(fil)


def test_a_row_of_places_is_read_checked_and_never_lost() -> None:
    text = (
        "| E18 | linje 59,62 18,39; 59,72 18,58 | allvarlig | Stängd |\n| Skolor | Nacka, Värmdö | måttlig |  |\n"
        "| Nacka |  |  | Översvämmat |\n| Någonstans | bakom ladan |  |  |"
    )
    rader, rest = dela(text, Avsnittsslag.PLATSER)
    vag, skolor, nacka, okand = platser(rader)
    assert (rest, vag.form and vag.form.slag, skolor.kommuner) == ("", geo.Formslag.LINJE, ("nacka", "varmdo"))
    assert (nacka.kommuner, okand.form, okand.kommuner, okand.namn) == (("nacka",), None, (), "Någonstans")
    assert vidrorda([vag, skolor]) == {"norrtalje", "osteraker", "nacka", "varmdo"}
    assert granska(rader[:3], Avsnittsslag.PLATSER) == ""
    assert granska(rader, Avsnittsslag.PLATSER).startswith("Rad 4, var på kartan: skriv namnet på en kommun")
    assert granska([("Skolor", "Nacka, Gävle", "", "")], Avsnittsslag.PLATSER) == (
        "Rad 1, var på kartan: Gävle är ingen kommun i länet. Skriv kommunernas namn med komma mellan."
    )
    assert i_ord("linje 59,62 18,39; 59,72 18,58") == "linje med 2 punkter"


def _jamfort(fore: str, efter: str, *, mot_din: bool = False) -> tuple[str, str]:
    da, nu = (f"| Bron | {var} |  | Stängd |" for var in (fore, efter))
    return lasbara(da, nu, Avsnittsslag.PLATSER, mot_din=mot_din)


@pytest.mark.parametrize(
    ("fore", "efter", "lases"),
    [
        ("59,31 18,16", "59,31 18,25", "punkt vid Nacka (59,31 18,25), platsen är flyttad 5,1 km åt öster"),
        ("59,31 18,16", "59,313 18,16", "punkt vid Nacka (59,313 18,16), platsen är flyttad 330 m åt norr"),
        ("59,31 18,16", "59.31, 18.16", "punkt vid Nacka (59,31 18,16)"),
        ("Nacka", "59,31 18,16", "punkt vid Nacka (59,31 18,16)"),
        ("59,31 18,16", "Nacka", "Nacka"),
        (
            "linje 59,62 18,39; 59,72 18,58",
            "linje 59,52 18,39; 59,62 18,58",
            "linje med 2 punkter vid Norrtälje och Österåker, platsen är flyttad 11 km åt söder",
        ),
        (
            "linje 59,62 18,39; 59,72 18,58",
            "linje 59,72 18,58; 59,62 18,39",
            "linje med 2 punkter vid Norrtälje och Österåker, ritad på ett annat sätt",
        ),
    ],
)
def test_a_place_that_has_moved_is_compared_in_words(fore: str, efter: str, lases: str) -> None:
    assert _jamfort(fore, efter)[1] == f"Bron · {lases} · Stängd"
    assert "flyttad" not in _jamfort(fore, efter)[0]


def test_of_two_that_write_at_once_it_is_said_where_the_others_place_lies() -> None:
    assert "ligger 5,1 km öster om din" in _jamfort("59,31 18,16", "59,31 18,25", mot_din=True)[1]


def test_marks_of_origin_and_what_is_no_place_are_compared_as_they_are_read() -> None:
    da, nu = (f"| Bron | {var} [[polisen 2 platser]] |  |  |" for var in ("bakom ladan", "59,31 18,16"))
    fore, efter = lasbara(da, f"{nu}\n| Ny | Solna |  |  |\n\nFritt", Avsnittsslag.PLATSER)
    assert fore == "Bron · bakom ladan (polisen version 2)"
    assert efter == "Bron · punkt vid Nacka (59,31 18,16) (polisen version 2)\nNy · Solna\n\nFritt"
