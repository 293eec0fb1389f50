"""Marks of origin in texts: read, taken out and put back; and drawn as links that no text can forge."""

import re

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wis.lagesbild.kallor import MARKE, Kalla, Stycke, hop, med_alla, med_marke, stycken, utan
from wis.lagesbild.mall import Avsnittsslag
from wis.lagesbild.rader import nyckeltal, radnamn, satt_ihop
from wis.lagesbild.rules import Innehall
from wis.lagesbild.service import rendera, smstext
from wis.lagesbild.ursprungsregler import Kallank

TV3 = Kalla("trafikverket", 3, "lage_fakta")
LANK = Kallank("/handelser/s/lagesbild/trafikverket/versioner/3#lage_fakta", "Trafikverket version 3, 14:32", "fakta")
KALLOR = st.builds(
    Kalla,
    st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True),
    st.integers(1, 99_999),
    st.from_regex(r"[a-z0-9_-]{1,20}", fullmatch=True),
    st.just(0) | st.integers(1, 999),
)
ORD = st.text(st.sampled_from("aåö 1|\\-[]*`_\"'<&>"), min_size=1, max_size=20).map(lambda t: " ".join(t.split()))
CELL = ORD.filter(lambda t: not MARKE.search(f"{t} [[a 1 b]] {t}"[: len(t)]) and "[[" not in t)
STYCKE = st.builds(Stycke, st.text(st.sampled_from("abc *`<"), min_size=1, max_size=20).filter(str.strip), KALLOR)


@given(KALLOR)
def test_a_mark_is_read_as_it_was_written(kalla: Kalla) -> None:
    assert stycken(f"Vägen är stängd. {kalla}", Avsnittsslag.TEXT) == [Stycke("Vägen är stängd.", kalla)]
    assert kalla.grund.behall(kalla.behallen) == kalla


@given(st.lists(STYCKE, max_size=5))
def test_paragraphs_that_are_put_together_come_apart_as_they_were(alla: list[Stycke]) -> None:
    text = hop(alla)
    igen = stycken(text, Avsnittsslag.TEXT)
    assert [s.kalla for s in igen] == [s.kalla for s in alla]
    assert [s.text.split() for s in igen] == [s.text.split() for s in alla]
    assert hop(igen) == text


@given(st.lists(st.tuples(CELL.filter(bool), CELL, CELL), min_size=1, max_size=4), KALLOR)
def test_a_row_with_bars_in_its_cells_carries_its_mark_in_the_first(rader: list[tuple[str, ...]], kalla: Kalla) -> None:
    slag = Avsnittsslag.NYCKELTAL
    utan_marke = stycken(satt_ihop(rader), slag)
    assert len(utan_marke) == len(rader)
    med = "\n".join(med_marke(s.text, kalla, ar_rad=True) for s in utan_marke)
    igen = stycken(med, slag)
    assert [(s.text, s.kalla, s.ar_rad) for s in igen] == [(s.text, kalla, True) for s in utan_marke]
    assert hop(igen) == med


def test_two_that_are_written_together_keep_both_their_sources() -> None:
    nacka = Kalla("nacka", 1, "lage_fakta")
    ((stycke, kallor),) = med_alla(f"- Stängt. {TV3}\n- Skola öppen. {nacka}", Avsnittsslag.TEXT)
    assert (stycke.text, kallor) == ("- Stängt.\n- Skola öppen.", [TV3, nacka])


def test_a_figure_is_compared_with_the_same_actors_whichever_version_it_is_from() -> None:
    assert radnamn(f"Utan el {TV3}") == radnamn(f"utan el {Kalla('trafikverket', 4, 'annat', 9)}")
    assert radnamn(f"Utan el {TV3}") != radnamn(f"Utan el {Kalla('nacka', 3, 'lage_fakta')}")
    nu = [(f"Utan el {Kalla('nacka', 2, 'nyckeltal')}", "9", "st"), (f"Utan el {TV3}", "7", "st")]
    fore = [(f"Utan el {Kalla('nacka', 1, 'nyckeltal')}", "8", "st"), (f"Utan el {TV3}", "7", "st")]
    assert [ett.pil for ett in nyckeltal(nu, fore)] == ["↑", "→"]


def test_no_mark_goes_out_by_sms() -> None:
    assert smstext(Innehall.av({"sammanfattning": f"E18 stängd. {TV3}\n\nKlart."})) == "E18 stängd.\n\nKlart."
    assert utan("[[a 1 b[[a 1 b]]]]") == ""


# --- as they are drawn --------------------------------------------------------------------------------------------


def test_each_paragraph_and_row_ends_in_its_source_and_says_if_it_was_worked_on() -> None:
    innehall = Innehall.av(
        {
            "lage_fakta": f"Egen text.\n\n**E18** är stängd. {TV3}\n\n- en\n- två {TV3}",
            "nyckeltal": med_marke("| Bilar | 8 | st |", TV3, ar_rad=True),
        }
    )
    lank = Kallank(LANK.adress, LANK.namn, "fakta", frozenset({"**E18** är stängd."}))
    html = rendera(innehall, None, {TV3: lank})
    a = f'<a class="kalla" href="{LANK.adress}">Trafikverket version 3, 14:32 · fakta'
    assert "<p>Egen text.</p>" in html["lage_fakta"]
    assert f'<strong>E18</strong> är stängd. <span class="meta">{a}</a></span></p>' in html["lage_fakta"]
    assert f'</ul><p><span class="meta">{a} · bearbetad</a></span></p>' in html["lage_fakta"]
    assert html["nyckeltal"].startswith("<dl")
    assert f"{a} · bearbetad</a>" in html["nyckeltal"]
    assert "[[" not in html["nyckeltal"] + html["lage_fakta"]


def test_elsewhere_than_in_the_samlade_a_mark_is_text() -> None:
    html = rendera(Innehall.av({"lage_fakta": f"Stängd. {TV3}", "nyckeltal": f"| Bilar {TV3} | 8 | st |"}))
    assert str(TV3) in html["lage_fakta"]
    assert str(TV3) in html["nyckeltal"]
    assert "kalla" not in html["nyckeltal"]


VEKTORER = [
    f'[text](https://a.example "titel {TV3}")',
    f"[te{TV3}xt](https://a.example/{TV3})",
    f"`kod {TV3}`",
    f"```\n<b>kod</b> {TV3}\n```",
    f"```\nkod\n\n{TV3}</code></pre><script>alert(1)</script>",
    f"<a href=\"{TV3}\" onclick='x'>länk</a>",
    f"<p>{TV3}</p>",
    f"java{TV3}script:alert(1) [x](java{TV3}script:alert(1))",
    f"[[trafikverket 3 {TV3}lage_fakta]]",
    f"| a {TV3} | b |\n|---|---|\n| <img src=x onerror=alert(1)> | {TV3} |",
    f"> citat\n> {TV3}</p><iframe>",
    f"&lt;/p&gt; {TV3} &#60;script&#62;",
    f"![bild {TV3}](x) <!-- {TV3}",
    f"# {TV3}",
    f"{TV3}",
]


@pytest.mark.parametrize("vektor", VEKTORER)
@pytest.mark.parametrize("nyckel", ["lage_fakta", "atgarder_vidtagna"])
def test_no_text_makes_a_link_of_its_own_or_breaks_the_page_with_a_mark(vektor: str, nyckel: str) -> None:
    rad = satt_ihop([(vektor.replace("\n", " "), vektor.replace("\n", " "))])
    text = f"{rad}\n\n{vektor}" if nyckel.startswith("atg") else vektor
    html = rendera(Innehall.av({nyckel: text}), None, {TV3: LANK})[nyckel]
    trad = html5lib.parse(f"<!DOCTYPE html><title>x</title><body><div id='rot'>{html}</div><div id='efter'></div>")
    ns = "{http://www.w3.org/1999/xhtml}"
    assert not [e for e in trad.iter() if e.tag in {f"{ns}script", f"{ns}iframe", f"{ns}img"}]
    for lank in trad.iter(f"{ns}a"):
        if lank.get("class") == "kalla":
            assert lank.get("href") == LANK.adress
            assert re.fullmatch(r"Trafikverket version 3, 14:32 · fakta · bearbetad", "".join(lank.itertext()))
        assert (lank.get("href") or "").startswith(("https://", "/handelser/s/"))
        assert lank.get("onclick") is None
    # What comes after is beside it, and not in it: all that was opened is closed.
    assert [e.get("id") for e in trad.find(f"{ns}body")] == ["rot", "efter"]
    assert 'class="kalla"' in html
