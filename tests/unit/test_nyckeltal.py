"""Key figures over versions, and the lines that are drawn of them."""

from datetime import UTC, datetime, timedelta

from wis.nyckeltal.diagram import diagram
from wis.nyckeltal.rules import Sagt, Serie, i_ord, serier

BORJAN = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)


def _sagt(*texter: str) -> list[Sagt]:
    return [Sagt(n, BORJAN + timedelta(hours=n - 1), (text,) if text else ()) for n, text in enumerate(texter, 1)]


def _visat(serie: Serie) -> list[list[tuple[int, str, str]]]:
    return [[(v.nummer, v.text, v.andring) for v in bit] for bit in serie.delar]


def test_a_figure_is_followed_by_name_and_broken_where_a_version_lacks_it() -> None:
    versioner = _sagt(
        "| Utan el | 8\u00a0000 | hushåll |",
        "| UTAN EL | 9 200 | hushåll |\n| Väg | 3 | km |",
        "Inga tal.",
        "| Utan el | okänt | hushåll |\n| Utan el | 5 | hushåll |",
        "| Utan el | 9200 | hushåll |\n| Väg | 3000 | m |",
    )
    el, meter, km = serier(versioner)
    assert _visat(el) == [
        [(1, "8\u00a0000", ""), (2, "9 200", "+1\u00a0200")],
        [(4, "okänt", "ändrat"), (5, "9200", "ändrat")],
    ]
    assert (meter.enhet, meter.galler, km.enhet, km.galler) == ("m", True, "km", False)
    assert [v.tal for v in el.i_tal] == [8000.0, 9200.0, 9200.0]


def test_what_the_samlade_took_from_two_actors_is_two_figures() -> None:
    alla = serier(_sagt("| Utan el [[nacka 3 nyckeltal]] | 5 | |\n| Utan el [[solna 1 nyckeltal]] | 7 | |"))
    assert [serie.namn for serie in alla] == ["Utan el (nacka)", "Utan el (solna)"]


def test_the_line_goes_in_steps_and_stops_where_the_figure_does() -> None:
    (serie,) = serier(_sagt("| A | 0 | |", "| A | 10 | |", "", "| A | 5 | |", "| A | 5 | |"))
    d = diagram(serie, BORJAN + timedelta(hours=8))
    assert d is not None
    assert d.linjer == ("M26.0 122.0H61.8V22.0H61.8", "M133.2 72.0H169.0V72.0H312.0")
    assert [punkt.sist for punkt in d.punkter] == [False, False, False, True]
    assert (d.fran, d.till) == ("10 jan. 2026 13:00", "10 jan. 2026 21:00")
    assert "Linjen är bruten 1 gånger" in d.beskrivning
    assert "lägst 0, högst 10" in d.beskrivning


def test_one_number_is_no_line_and_odd_numbers_are_drawn_all_the_same() -> None:
    (ett,) = serier(_sagt("| A | 3 | |", "| A | ? | |"))
    assert diagram(ett, BORJAN) is None
    (kallt,) = serier(_sagt("| A | -5 | |", "| A | -5 | |"))
    d = diagram(kallt, BORJAN + timedelta(hours=1))
    assert d is not None
    assert (d.lagst, d.noll) == ("\u22125", 22.0)
    (nollor,) = serier(_sagt("| A | 0 | |", "| A | 0 | |"))
    assert diagram(nollor, BORJAN) is not None
    assert [i_ord(tal) for tal in (12345.0, 3.5, 0.25, -1.0)] == ["12\u00a0345", "3,5", "0,25", "\u22121"]
