"""What a file is by its bytes, what it is called, and in which order they stand."""

from dataclasses import replace

import pytest

from tests.bilagor_stod import en_bild, en_clamd, en_pdf
from wis.bilagor import bilder, skanner
from wis.bilagor.rules import Granser, Nekad, Rad, Slag, ar_bild, filnamn, flyttad, storlek
from wis.bilagor.svar import disposition
from wis.settings import Settings


@pytest.mark.parametrize(
    ("givet", "slag", "namn"),
    [
        ("karta.PNG", Slag.PNG, "karta.PNG"),
        (r"C:\Mina bilder\karta.png", Slag.PNG, "karta.png"),
        ("../../etc/passwd", Slag.PDF, "passwd.pdf"),
        ("..", Slag.PDF, "bilaga.pdf"),
        (".htaccess", Slag.PNG, "htaccess.png"),
        ("animering.gif", Slag.PNG, "animering.png"),
        ("faktura.pdf.exe", Slag.PDF, "faktura.pdf.exe.pdf"),
        ("bild\u202egnp.exe\r\nX-Ond: 1", Slag.JPEG, "bildgnp.exeX-Ond: 1.jpg"),
        ("å" * 300 + ".webp", Slag.WEBP, "å" * 115 + ".webp"),
        ("", Slag.PDF, "bilaga.pdf"),
    ],
)
def test_a_name_is_no_path_hides_nothing_and_ends_as_what_the_file_is(givet: str, slag: Slag, namn: str) -> None:
    assert filnamn(givet, slag) == namn


def test_a_name_is_sent_in_letters_that_all_know_and_in_its_own() -> None:
    assert disposition('Å"\\;.pdf', visa=False) == (
        "attachment; filename=\"A___.pdf\"; filename*=UTF-8''%C3%85%22%5C%3B.pdf"
    )


def test_a_pdf_is_one_by_its_end_as_well_as_its_beginning() -> None:
    assert not ar_bild(en_pdf())
    assert not ar_bild(en_pdf() + b"\r\n\0\0")
    hel = en_pdf()
    for fel in (hel[1:], b" " + hel, hel[:-8], hel + b"x", hel.replace(b"xref\n0", b"xxxx\n0"), b"%PDF-1.4\n%%EOF"):
        with pytest.raises(Nekad):
            ar_bild(fel)


@pytest.mark.parametrize("slag", ["JPEG", "PNG", "GIF", "WEBP"])
def test_an_image_is_one_by_its_first_bytes(slag: str) -> None:
    assert ar_bild(en_bild(slag, (2, 2)))


def test_the_check_says_whether_anything_is_scanned(settings: Settings) -> None:
    assert list(skanner.kontrollera(settings)) == [
        (True, "Bilagor genomsöks inte efter skadlig kod: ange WIS_CLAMD om ni har en clamd.")
    ]
    with en_clamd() as clamd:
        med = replace(settings, clamd=clamd.adress)
        ((val, ord_),) = skanner.kontrollera(med)
        assert (val, "genomsöks efter skadlig kod av clamd" in ord_) == (True, True)
    ((val, ord_),) = skanner.kontrollera(med)
    assert (val, "inga bilagor tas emot" in ord_) == (False, True)


def test_an_image_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bilder, "FRIST_S", 0.001)
    with pytest.raises(Nekad, match="för tung"):
        bilder.las(en_bild(), Granser(10**6, 1, 10**6))


def test_moving_stops_at_the_ends() -> None:
    rader = [Rad(nummer, "x") for nummer in (1, 2, 3)]

    def efter(nummer: int, steg: int) -> list[int]:
        return [rad.bilaga_id for rad in flyttad(rader, nummer, steg)]

    assert efter(2, -1) == [2, 1, 3]
    assert efter(1, -1) == efter(3, 1) == efter(9, 1) == [1, 2, 3]


def test_sizes_are_in_words() -> None:
    assert [storlek(n) for n in (1, 1_499, 340_000, 1_234_567)] == ["1 kB", "1 kB", "340 kB", "1,2 MB"]
