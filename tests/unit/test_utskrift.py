"""What is said of what leaves the system, and what a document may ask for while it is drawn."""

import re
import socket
import subprocess
import threading
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import pytest

from wis.auth.krets import Tlp
from wis.utskrift import pdf, pdfprocess
from wis.utskrift.pdf import Dokument, Gommen, KanInte, Upptaget, gor_pdf
from wis.utskrift.pdfprocess import Hamtare, Otillaten
from wis.utskrift.rules import MAX_MAILTO, Delat, filnamn, mejl, till_vem

ROT = Path(__file__).resolve().parents[2]
NAR = datetime(2026, 11, 22, 13, 32, tzinfo=UTC)


def _delat(tlp: Tlp = Tlp.CLEAR, *, ovning: bool = False, text: str = "Vägen är stängd.") -> Delat:
    lank = "https://wis.example/handelser/sno/lagesbild/nacka/versioner/2"
    varden = ("Lägesbild från Nacka", 2, "Snöoväder", NAR, text, "En väg till.", NAR, lank, tlp, ovning)
    return Delat(*varden, lagrum="18 kap. 13 §")


def test_the_mail_says_what_is_new_when_the_next_comes_and_where_to_read_on() -> None:
    brev = mejl(_delat(ovning=True))
    assert brev is not None
    assert brev.amne == "ÖVNING: Lägesbild från Nacka, version 2: Snöoväder"
    assert brev.text.startswith(
        "ÖVNING ÖVNING ÖVNING\n\nSnöoväder\nLägesbild från Nacka, version 2, publicerad 22 nov."
    )
    for sagt in (
        "Vägen är stängd.",
        "OSL 18 kap. 13 §.",
        "Nytt: En väg till.",
        "Nästa uppdatering: 22 nov. 2026 14:32.",
        "versioner/2",
    ):
        assert sagt in brev.text
    assert unquote(brev.mailto) == f"mailto:?subject={brev.amne}&body=" + brev.text.replace("\n", "\r\n")


def test_the_label_decides_what_may_go_by_mail_and_to_whom() -> None:
    assert mejl(_delat(Tlp.RED)) is None
    inom, strangt = mejl(_delat(Tlp.AMBER)), mejl(_delat(Tlp.AMBER_STRICT))
    assert inom is not None
    assert strangt is not None
    assert "TLP:AMBER: bara inom den egna organisationen." in inom.text
    assert "Vägen är stängd." in inom.text
    # By mail only its heading and the link.
    assert not {"Vägen", "Nytt:"} & set(strangt.text.split())
    assert "versioner/2" in strangt.text
    assert len({till_vem(tlp) for tlp in Tlp}) == len(Tlp)


def test_a_long_text_is_cut_for_the_mail_program_and_leads_to_the_page() -> None:
    brev = mejl(_delat(text="Åäö 🚒 " * 500))
    assert brev is not None
    assert "🚒 " * 2 in brev.text.replace("Åäö ", "")
    assert MAX_MAILTO - 40 < len(brev.mailto) <= MAX_MAILTO
    assert unquote(brev.mailto).endswith("versioner/2")


@pytest.mark.parametrize(
    ("delar", "namn"),
    [
        (("lagesbild", "Räddning Öst", "v3"), "lagesbild-raddning-ost-v3.pdf"),
        (("../../etc/passwd\r\nX: y", '"'), "etc-passwd-x-y.pdf"),
        (("Éva Łódź 日本",), "eva-odz.pdf"),
        (("日本",), "utskrift.pdf"),
        (("a" * 300,), "a" * 100 + ".pdf"),
    ],
)
def test_a_file_name_is_one_that_every_system_takes(delar: tuple[str, ...], namn: str) -> None:
    assert filnamn(*delar, andelse="pdf") == namn


def test_a_document_reaches_no_file_and_no_network_but_what_it_was_given() -> None:
    with socket.create_server(("127.0.0.1", 0)) as lyssnar:
        lyssnar.settimeout(0)
        ut = f"http://127.0.0.1:{lyssnar.getsockname()[1]}"
        adresser = [
            ut,
            f"{ut}/x.css",
            "file:///etc/passwd",
            "/etc/passwd",
            "data:text/css,p{}",
            "ftp://127.0.0.1/x",
            "",
        ]
        hamtare = Hamtare({"wis:qr": ("image/png", b"bild")})
        for adress in [*adresser, "wis:qr2", "WIS:QR"]:
            with pytest.raises(Otillaten):
                hamtare(adress)
        assert hamtare("wis:qr").read() == b"bild"
        delar = "".join(
            f'<img src="{a}"><link rel=stylesheet href="{a}"><object data="{a}"></object><embed src="{a}">'
            f'<svg><image href="{a}" width=9 height=9 /></svg><p style="background: url({a})">'
            for a in adresser
        )
        typsnitt = f'@font-face {{ font-family: x; src: url("{ut}/t.ttf") }} p {{ font: 9pt x }}'
        stil = f'<style>@import "{ut}"; {typsnitt}</style>'
        gjord = gor_pdf(Dokument(f"<!doctype html><html lang=sv><base href='{ut}'><title>x</title>{stil}{delar}Slut"))
        assert gjord.startswith(b"%PDF-")
        assert b"root:" not in gjord
        with pytest.raises(BlockingIOError):
            lyssnar.accept()


def test_the_server_s_own_processes_never_load_what_makes_pdfs() -> None:
    wis = ROT / "wis"
    sagt = re.compile(r"^\s*(?:from|import) weasyprint", re.MULTILINE)
    nara = {p.relative_to(wis).as_posix() for p in wis.rglob("*.py") if sagt.search(p.read_text("utf-8"))}
    assert nara == {"utskrift/pdfprocess.py"}


def test_a_document_that_takes_too_long_or_comes_while_others_wait_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    dok = Dokument("<!doctype html><title>x</title>x")
    monkeypatch.setattr(pdf, "FRIST_S", 0.01)
    with pytest.raises(KanInte, match="Skriv ut sidan från webbläsaren"):
        gor_pdf(dok)
    monkeypatch.setattr(pdf, "KO_FRIST_S", 0.0)
    with pdf._TUR, pytest.raises(Upptaget, match="försök igen"):
        gor_pdf(dok)
    monkeypatch.setattr(pdf, "_ko", threading.Semaphore(0))
    with pytest.raises(Upptaget):
        gor_pdf(dok)


def test_without_the_libraries_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "saknade_paket", lambda: ["libpango-1.0-0", "fonts-dejavu-core"])
    monkeypatch.setattr(pdf, "_i_egen_process", lambda _: pdfprocess._packad({"fel": pdfprocess.SAKNAS}))
    assert pdf.prova().endswith("sudo apt-get install libpango-1.0-0 fonts-dejavu-core")


@pytest.mark.parametrize(
    ("kan", "sagt"),
    [("true", "PDF går inte att göra: libpango-1.0-0 gick inte"), ("false", "sudo apt-get install libpango-1.0-0")],
)
def test_the_demo_goes_on_without_what_pdf_needs_and_says_so(tmp_path: Path, kan: str, sagt: str) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text("#!/bin/sh\necho libpango-1.0-0\n", encoding="utf-8")
    (tmp_path / "bin" / "python").chmod(0o755)
    rader = f"""source script/_miljo; venv=$1
kan_installera_paket() {{ {kan}; }}
installera_paket() {{ return 1; }}
forbered_pdf; echo vidare"""
    svar = subprocess.run(
        ["bash", "-euc", rader, "prov", str(tmp_path)], cwd=ROT, check=True, capture_output=True, text=True
    )
    assert svar.stdout == "vidare\n"
    assert sagt in svar.stderr


def test_what_was_made_lately_is_kept_until_others_need_the_room() -> None:
    gommen = Gommen(byte=10)
    gommen.minns("a", b"12345")
    gommen.minns("b", b"12345")
    assert gommen.find("a") == b"12345"
    gommen.minns("c", b"1")
    assert gommen.find("a") is None
    assert gommen.find("c") == b"1"
