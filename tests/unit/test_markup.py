"""What people write in markdown, how it shows, and that the process behind may fail without anything being lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import html5lib
import pytest

from wis import markup
from wis.markup import render, render_many, stang, starta, text_av

REL = 'rel="noopener noreferrer nofollow ugc"'
# Bleach is quadratic in the rows of a table: this one takes many seconds.
TUNG = "Namn | Telefon\n---|---\n" + "Åsa | 08-123\n" * 30_000


@pytest.fixture(scope="module", autouse=True)
def _processen() -> Iterator[None]:
    starta()
    render("Första gången")
    yield
    stang()


def synligt(html: str) -> str:
    return "".join(html5lib.parseFragment(html, namespaceHTMLElements=False).itertext())


def barn(foralder: int | None = None) -> list[int]:
    """The rendering processes below a process (this one), also those that are dead and not yet waited for."""
    pids = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            namn, resten = stat.read_text().rsplit(")", 1)
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(resten.split()[1]) == (foralder or os.getpid()) and "(python" in namn:
            pids.append(int(stat.parent.name))
    return pids


def det_enda_barnet() -> int:
    render("Startar det vid behov")
    (pid,) = barn()
    return pid


# --- What one writes is what one sees


@pytest.mark.parametrize(
    ("kalla", "html"),
    [
        ("Väg E4 är **avstängd**.", "<p>Väg E4 är <strong>avstängd</strong>.</p>"),
        ("*kursivt*, _också_, ***båda***", "<p><em>kursivt</em>, <em>också</em>, <strong><em>båda</em></strong></p>"),
        ("**fet *inuti* fet**", "<p><strong>fet <em>inuti</em> fet</strong></p>"),
        ("~~inställt~~ `E4:an` \\~~\\*\\|", "<p><del>inställt</del> <code>E4:an</code> ~~*|</p>"),
        ("rad ett\nrad två\r\nrad tre\rslut", "<p>rad ett<br>\nrad två<br>\nrad tre<br>\nslut</p>"),
        ("stycke ett\n\nstycke två", "<p>stycke ett</p>\n<p>stycke två</p>"),
        ("> citat\n> mer", "<blockquote>\n<p>citat<br>\nmer</p>\n</blockquote>"),
        ("över\n\n---\n\nunder", "<p>över</p>\n<hr>\n<p>under</p>"),
        ("    rad <1>\n    rad **2**", "<pre><code>rad &lt;1&gt;\nrad **2**\n</code></pre>"),
        ("- a\n- b\n    - c", "<ul>\n<li>a</li>\n<li>b<ul>\n<li>c</li>\n</ul>\n</li>\n</ul>"),
        ("4. fyra\n5. fem", '<ol start="4">\n<li>fyra</li>\n<li>fem</li>\n</ol>'),
        ("0701234567. Ring\n08. Sms", "<p>0701234567. Ring<br>\n08. Sms</p>"),
        ("", ""),
        (" \n\t\n", ""),
    ],
)
def test_markdown_shows_as_expected(kalla: str, html: str) -> None:
    assert render(kalla) == html


def test_a_table_keeps_every_cell_also_those_beyond_the_header() -> None:
    html = render("Väg | Läge\n:-- | --:\nE4 | avstängd | till 14.30\nE18")
    assert html.count("<th>") == 2
    assert "<td>avstängd | till 14.30</td>" in html
    assert "<td>E18</td>\n<td></td>" in html
    assert "style" not in html


@pytest.mark.parametrize(
    ("kalla", "tagg"),
    [("# A", "h3"), ("## A", "h3"), ("### A", "h4"), ("#### A", "h5"), ("##### A", "h5"), ("###### A", "h5")],
)
def test_headings_stand_below_those_of_the_page(kalla: str, tagg: str) -> None:
    assert render(kalla) == f"<{tagg}>A</{tagg}>"


def test_underlined_and_closed_headings_are_headings_and_a_hashtag_is_text() -> None:
    assert render("Läge\n====") == "<h3>Läge</h3>"
    assert render("## Läge ##") == "<h3>Läge</h3>"
    assert render("# C#") == "<h3>C#</h3>"
    assert render("#snöoväder drabbar Svealand") == "<p>#snöoväder drabbar Svealand</p>"


def test_a_list_may_begin_right_under_a_line_of_text() -> None:
    assert render("Åtgärder:\n- plogning\n- sandning\n\nMer text") == (
        "<p>Åtgärder:</p>\n<ul>\n<li>plogning</li>\n<li>sandning</li>\n</ul>\n<p>Mer text</p>"
    )
    assert render("Steg:\n1. larma\n2. rädda").count("<li>") == 2
    assert "<table>" in render("a | b\n- | -\nc | d")


@pytest.mark.parametrize(
    ("kalla", "adress", "text"),
    [
        ("[SMHI](https://www.smhi.se)", "https://www.smhi.se", "SMHI"),
        ('[a](https://e.se/?b=1&copy=2 "titel")', "https://e.se/?b=1&amp;copy=2", "a (titel)"),
        ("[**a**\nb](https://e.se)", "https://e.se", "<strong>a</strong><br>\nb"),
        ("[](https://e.se)", "https://e.se", "https://e.se"),
        ("[Snö (väder)](https://sv.wikipedia.org/wiki/Snö_(väder))", "https://sv.wikipedia.org/wiki/Snö_(väder)", None),
        ("![karta](https://e.se/k.png)", "https://e.se/k.png", "karta"),
        ("<https://e.se/a_b_c*d*>", "https://e.se/a_b_c*d*", "https://e.se/a_b_c*d*"),
        ("<tib@e.se>", "mailto:tib@e.se", "tib@e.se"),
        ("[ring](tel:+46-8-123)", "tel:+46-8-123", "ring"),
        ("[skriv](mailto:tib@e.se?subject=L%C3%A4ge)", "mailto:tib@e.se?subject=L%C3%A4ge", "skriv"),
    ],
)
def test_links_open_safely(kalla: str, adress: str, text: str | None) -> None:
    assert render(kalla) == f'<p><a href="{adress}" {REL}>{text or "Snö (väder)"}</a></p>'


def test_an_address_that_stands_bare_becomes_a_link_without_the_sentences_punctuation() -> None:
    lank = f'<a href="https://e.se/a_b?c=(d)" {REL}>https://e.se/a_b?c=(d)</a>'
    assert render("Se https://e.se/a_b?c=(d).") == f"<p>Se {lank}.</p>"
    assert render("(se https://e.se/a_b?c=(d))") == f"<p>(se {lank})</p>"
    assert render("**https://e.se/a_b?c=(d)**!") == f"<p><strong>{lank}</strong>!</p>"
    assert render("`https://e.se`") == "<p><code>https://e.se</code></p>"


@pytest.mark.parametrize(
    "kalla",
    [
        "<b>fet</b> och <!-- kommentar -->",
        "<div>\nhej\n</div>",
        "&nbsp; &copy; &#106; AT&T &lt;",
        "[OBS]: avstängd",
        "[text][1] och [kort]",
        "2*3*4 och snake_case_namn och 5 * 3 * 2",
        "[klicka](javascript:alert(1))",
        "[hem](/handelser) och [upp](#topp)",
        "[a](https://lansstyrelsen.se@ond.example)",
    ],
)
def test_what_is_no_markup_here_shows_exactly_as_written(kalla: str) -> None:
    assert synligt(render(kalla)).replace("\n", " ").strip() == kalla.replace("\n", " ")


def test_no_letter_is_lost_where_the_library_loses_one() -> None:
    assert synligt(render("*ett**två*tre")).replace("*", "") == "etttvåtre"
    assert synligt(render("10 cm *1**a*2")).replace("*", "") == "10 cm 1a2"


def test_control_characters_disappear_and_odd_ones_do_no_harm() -> None:
    assert render("a\x00b\x02c\x1bd\x7fe\x9ff\ufdd0g\x02klzzwxh:0000\x03") == "<p>abcdefgklzzwxh:0000</p>"
    assert render("a\vb\u2028c\x85d") == "<p>a<br>\nb<br>\nc<br>\nd</p>"
    assert render("ensam \ud83d surrogat 👩‍🚒") == "<p>ensam \ufffd surrogat 👩‍🚒</p>"


def test_many_texts_come_back_in_their_order() -> None:
    kallor = [f"text {nr} " + "*x* " * (50 - nr) for nr in range(50)]
    assert render_many(kallor) == [render(kalla) for kalla in kallor]
    assert render_many([]) == []
    assert render_many(["", "a", ""]) == ["", "<p>a</p>", ""]


def test_two_hundred_kilobytes_come_back_whole() -> None:
    kalla = "Länsstyrelsen bedömer att **läget** är `stabilt`. <b>\n\n- en punkt\n- två\n\n" * 2800
    assert len(kalla) > 200_000
    assert synligt(render(kalla)).count("bedömer") == 2800


# --- Plain text


@pytest.mark.parametrize(
    ("kalla", "text"),
    [
        ("**Väg E4** är _avstängd_ till `14.30`.", "Väg E4 är avstängd till 14.30."),
        ("***båda*** ~~struket~~ **fet *inuti* fet**", "båda struket fet inuti fet"),
        ("2*3*4, 5 * 3, snake_case_namn, **oavslutad", "2*3*4, 5 * 3, snake_case_namn, **oavslutad"),
        ("**fet\növer två rader**", "fet\növer två rader"),
        ("[SMHI](https://smhi.se)", "SMHI (https://smhi.se)"),
        ('[**a**](https://e.se "t")', "a (t) (https://e.se)"),
        ("[https://e.se](https://e.se)", "https://e.se"),
        ("[TiB](tel:+468123) <tib@e.se> <https://e.se>", "TiB (+468123) tib@e.se https://e.se"),
        ("![karta](https://e.se/k.png)", "karta (https://e.se/k.png)"),
        ("Se https://e.se/a_b_c*d*.", "Se https://e.se/a_b_c*d*."),
        ("[x](javascript:alert(1)) <b>&amp;</b>", "[x](javascript:alert(1)) <b>&amp;</b>"),
        ("# Läge ##\n\nRubrik\n===\nC#\n#snö", "Läge\n\nRubrik\nC#\n#snö"),
        ("* a\n+ b\n- c\n1. d", "- a\n- b\n- c\n1. d"),
        ("> citat\n> > mer", "citat\nmer"),
        ("| Väg | Läge |\n|---|:-:|\n| E4 | a\\|b |", "Väg | Läge\nE4 | a|b"),
        ("över\n\n---\n\n\n\nunder\r\nslut\x00", "över\n\nunder\nslut"),
        ("\\*inte\\* `*kod*` ``a`b`` `öppen", "*inte* *kod* a`b `öppen"),
        ("", ""),
    ],
)
def test_plain_text_reads_well_in_an_sms(kalla: str, text: str) -> None:
    assert text_av(kalla) == text


# --- The process behind it


def test_a_text_that_takes_too_long_shows_as_written_and_the_others_are_formatted() -> None:
    borjan = time.monotonic()
    ut = render_many(["*före*", TUNG, "*efter*" + " x" * len(TUNG), TUNG + "!"])
    assert time.monotonic() - borjan < 10.0
    assert ut[0] == "<p><em>före</em></p>"
    assert ut[1].startswith("<pre>\nNamn | Telefon\n---|---\nÅsa")
    assert synligt(ut[1]).strip() == TUNG.strip()
    assert synligt(ut[3]).strip() == TUNG + "!"
    assert render("*sedan*") == "<p><em>sedan</em></p>"


def test_a_hung_process_costs_one_text_and_the_next_process_renders_the_rest() -> None:
    os.kill(det_enda_barnet(), signal.SIGSTOP)
    borjan = time.monotonic()
    ut = render_many(["*a* <b>", "*bb* <b>", "*ccc* <b>"])
    assert time.monotonic() - borjan < 10.0
    assert ut == ["<pre>\n*a* &lt;b&gt;</pre>", "<p><em>bb</em> &lt;b&gt;</p>", "<p><em>ccc</em> &lt;b&gt;</p>"]


def test_a_process_killed_between_two_calls_is_replaced_unnoticed() -> None:
    for _ in range(3):
        os.kill(det_enda_barnet(), signal.SIGKILL)
        assert render("*a*") == "<p><em>a</em></p>"
        assert len(barn()) == 1


def test_a_process_killed_in_the_middle_of_a_text_costs_no_formatting() -> None:
    pid = det_enda_barnet()
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as tradar:
        svar = tradar.submit(render_many, ["*a*", "*b*"])
        while not markup._verkstad._las.locked():
            time.sleep(0.001)
        os.kill(pid, signal.SIGKILL)
        assert svar.result() == ["<p><em>a</em></p>", "<p><em>b</em></p>"]


def test_an_interrupted_call_does_not_hand_its_answer_to_the_next() -> None:
    class Avbrott(BaseException):
        pass

    def avbryt(_nummer: int, _ram: FrameType | None) -> None:
        raise Avbrott

    os.kill(det_enda_barnet(), signal.SIGSTOP)
    forra = signal.signal(signal.SIGALRM, avbryt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(Avbrott):
            render("hemligt för en annan")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, forra)
    assert render("mitt") == "<p>mitt</p>"


def test_many_threads_each_get_their_own_text() -> None:
    def skriv(trad: int) -> list[str]:
        return [render(f"*{trad}* {nr}") for nr in range(25)]

    with ThreadPoolExecutor(8) as tradar:
        svar = list(tradar.map(skriv, range(8)))
    assert svar == [[f"<p><em>{trad}</em> {nr}</p>" for nr in range(25)] for trad in range(8)]
    assert len(barn()) == 1


def test_who_waits_too_long_for_others_gets_the_text_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markup, "KO_FRIST_S", 0.01)
    os.kill(det_enda_barnet(), signal.SIGSTOP)
    trad = threading.Thread(target=render, args=("tar lång tid",))
    trad.start()
    while not markup._verkstad._las.locked():
        time.sleep(0.001)
    assert render("*a*") == "<pre>\n*a*</pre>"
    trad.join()


@pytest.mark.parametrize("program", ["/finns/inte", "/bin/false"])
def test_without_a_process_the_text_shows_as_written(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stang()
    monkeypatch.setattr(sys, "executable", program)
    starta()
    assert render_many(["*a* & <b>", ""]) == ["<pre>\n*a* &amp; &lt;b&gt;</pre>", ""]
    monkeypatch.undo()
    assert render("*a*") == "<p><em>a</em></p>"


def test_the_process_gets_no_secrets_and_no_sockets_and_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    stang()
    monkeypatch.setenv("WIS_HEMLIGHET", "abc123")
    with socket.socket() as uttag:
        uttag.set_inheritable(True)
        uttagets = f"socket:[{os.fstat(uttag.fileno()).st_ino}]"
        pid = det_enda_barnet()
        oppet = [os.readlink(fil) for fil in Path(f"/proc/{pid}/fd").iterdir()]
    assert b"abc123" not in Path(f"/proc/{pid}/environ").read_bytes()
    assert uttagets not in oppet
    granser = Path(f"/proc/{pid}/limits").read_text().splitlines()
    assert [rad.split()[3] for rad in granser if rad.startswith("Max address space")] == [str(1 << 30)]


def test_closing_leaves_nothing_behind_and_can_be_repeated() -> None:
    det_enda_barnet()
    stang()
    assert barn() == []
    stang()
    assert render("*a*") == "<p><em>a</em></p>"


@contextmanager
def kor(program: str) -> Iterator[subprocess.Popen[str]]:
    """The program running; dead afterwards, whatever failed: one that pauses would be waited for for ever."""
    kommando = [sys.executable, "-X", "dev", "-W", "error", "-c", program]
    with subprocess.Popen(kommando, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_program_that_renders_and_ends_is_silent() -> None:
    with kor("from wis.markup import render; print(render('*a*'))") as program:
        ut, fel = program.communicate(timeout=20)
    assert (ut, fel, program.returncode) == ("<p><em>a</em></p>\n", "", 0)


def test_a_forked_worker_has_a_process_of_its_own() -> None:
    source = """
import os, sys
from wis.markup import render
render("före")
pid = os.fork()
print(render("*a*"), flush=True)
if pid:
    _, kod = os.waitpid(pid, 0)
    print(render("*efter*"), kod)
"""
    with kor(source) as program:
        ut, fel = program.communicate(timeout=20)
    assert fel == ""
    assert sorted(ut.splitlines()) == ["<p><em>a</em></p>", "<p><em>a</em></p>", "<p><em>efter</em></p> 0"]


@pytest.mark.parametrize("sysselsatt", [False, True])
def test_the_process_dies_with_a_killed_parent_even_when_busy(sysselsatt: bool) -> None:
    source = f"""
import signal
from wis import markup
markup.render("x")
print("klar", flush=True)
if {sysselsatt}:
    markup.FRIST_S = 60
    markup.render("a | b\\n--|--\\n" + "c | d\\n" * 100_000)
signal.pause()
"""
    with kor(source) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "klar\n"
        (pid,) = barn(program.pid)
        senast = time.monotonic() + 15
        while sysselsatt and processortid(pid) < 0.5:
            assert time.monotonic() < senast, "it never got busy"
        program.kill()
        program.wait()
        senast = time.monotonic() + 15
        while lever(pid):
            assert time.monotonic() < senast, "the orphan lives on"
            time.sleep(0.01)


def processortid(pid: int) -> float:
    falt = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(falt[11]) / os.sysconf("SC_CLK_TCK")


def lever(pid: int) -> bool:
    try:
        tillstand = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    # Whoever is first process here may be slow to wait for an orphan.
    return tillstand not in "ZX"
