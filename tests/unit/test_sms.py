"""What a text takes as SMS, and how it is made to take less."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wis.notiser.sms import DyrtTecken, Smsmatt, ersatt_dyra, korta, mat

# --- An oracle of its own: the table by code value (TS 23.038, 6.2.1), real septets and octets, chopped part by part.

_RADER = {
    0x00: "@ £ $ ¥ è é ù ì ò Ç LF Ø ø CR Å å",
    0x10: "0394 _ 03A6 0393 039B 03A9 03A0 03A8 03A3 0398 039E ESC Æ æ ß É",
    0x20: "SP ! \" # ¤ % & ' ( ) * + , - . /",
    0x30: "0 1 2 3 4 5 6 7 8 9 : ; < = > ?",
    0x40: "¡ A B C D E F G H I J K L M N O",
    0x50: "P Q R S T U V W X Y Z Ä Ö Ñ Ü §",
    0x60: "¿ a b c d e f g h i j k l m n o",
    0x70: "p q r s t u v w x y z ä ö ñ ü à",
}
_UTOKNING = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}
_STYR = {"LF": "\n", "CR": "\r", "SP": " "}


def _gsm_tabell() -> dict[str, list[int]]:
    tabell: dict[str, list[int]] = {}
    for bas, rad in _RADER.items():
        for k, namn in enumerate(rad.split(" ")):
            if namn != "ESC":
                tecken = _STYR.get(namn) or (chr(int(namn, 16)) if len(namn) == 4 else namn)
                tabell[tecken] = [bas + k]
    return tabell | {c: [0x1B, kod] for c, kod in _UTOKNING.items()}


GSM = _gsm_tabell()


def _orakel(text: str) -> tuple[str, int, int, int]:
    """Return (coding, segments, units, units left) by encoding for real and chopping off one part at a time."""
    if all(c in GSM for c in text):
        kodning, rest, ensam, fogad = "GSM-7", [s for c in text for s in GSM[c]], 160, 153
    else:
        octets = text.encode("utf-16-be")
        kodning, ensam, fogad = "UCS-2", 70, 67
        rest = [octets[k] * 256 + octets[k + 1] for k in range(0, len(octets), 2)]
    enheter = len(rest)
    if enheter <= ensam:
        return kodning, min(enheter, 1), enheter, ensam - enheter
    delar = []
    while rest:
        langd = min(fogad, len(rest))
        sista = rest[langd - 1]
        oavslutad = sista == 0x1B if kodning == "GSM-7" else 0xD800 <= sista < 0xDC00
        langd -= oavslutad
        delar.append(rest[:langd])
        rest = rest[langd:]
    return kodning, len(delar), enheter, fogad - len(delar[-1])


_SVENSKA = "abcdefghijklmnopqrstuvwxyzåäöÅÄÖ 0123456789.,:-\n"
_UTOKADE = "^{}\\[~]|€"
_DYRA = "–—”’…\u00a0áâ•≥≤×°½¼²³→\u200b\u00ad⚠🚧😀🔴µ‰漢ж\u0301\u030a\u200d\ufe0f\t"
gsm_text = st.text(st.sampled_from(_SVENSKA + _UTOKADE), max_size=700)
blandat = st.text(st.sampled_from(_SVENSKA + _UTOKADE + _DYRA), max_size=400)
vad_som_helst = st.text(max_size=300)
texter = st.one_of(gsm_text, blandat, vad_som_helst)


def test_the_table_has_the_137_characters_of_the_standard() -> None:
    assert len(GSM) == 127 + 10
    for c in map(chr, range(0x3000)):
        assert (mat(c).kodning == "GSM-7") == (c in GSM), f"U+{ord(c):04X}"


@settings(deadline=None)
@given(texter)
@example("[" * 80 + "a")
@example("a" * 152 + "[" * 10)
@example("a" * 66 + "😀" * 40)
def test_the_measure_is_what_encoding_and_chopping_gives(text: str) -> None:
    m = mat(text)
    assert (m.kodning, m.segment, m.tecken, m.kvar) == _orakel(text)


@pytest.mark.parametrize(
    ("text", "vantat"),
    [
        ("", ("GSM-7", 0, 0, 160)),
        ("a" * 160, ("GSM-7", 1, 160, 0)),
        ("a" * 161, ("GSM-7", 2, 161, 145)),
        ("a" * 306, ("GSM-7", 2, 306, 0)),
        ("a" * 307, ("GSM-7", 3, 307, 152)),
        ("€" * 80, ("GSM-7", 1, 160, 0)),
        ("€" * 77, ("GSM-7", 1, 154, 6)),
        ("a" * 152 + "€" + "a" * 7, ("GSM-7", 2, 161, 144)),  # the pair moves whole to the second part
        ("ж" * 70, ("UCS-2", 1, 70, 0)),
        ("ж" * 71, ("UCS-2", 2, 71, 63)),
        ("ж" * 66 + "😀" + "ж" * 3, ("UCS-2", 2, 71, 62)),
    ],
)
def test_segments_fill_at_the_published_limits(text: str, vantat: tuple[str, int, int, int]) -> None:
    m = mat(text)
    assert (m.kodning, m.segment, m.tecken, m.kvar) == vantat


def test_one_dash_in_a_swedish_text_costs_a_second_segment_and_is_named() -> None:
    text = "Trafikverket – E4 avstängd vid Nyköping i båda riktningar, räkna med långa köer till kl. 18."
    assert mat(text) == Smsmatt("UCS-2", 2, len(text), 134 - len(text), (DyrtTecken("–", "tankstreck", 1, "-"),))
    assert mat(ersatt_dyra(text)).segment == 1


def test_costly_characters_are_counted_in_order_of_first_appearance() -> None:
    dyra = mat("Kl. 8–9 ”öppet” – ж 😀 á\u00a0b").dyra
    assert [(d.tecken, d.antal, d.ersattning) for d in dyra] == [
        ("–", 2, "-"),
        ("”", 2, '"'),
        ("ж", 1, None),
        ("😀", 1, ""),
        ("á", 1, "a"),
        ("\u00a0", 1, " "),
    ]
    assert [d.namn for d in dyra] == [
        "tankstreck",
        "citattecken (typografiskt)",
        "bokstaven ж",
        "emoji",
        "a med akut accent",
        "hårt mellanslag",
    ]


@pytest.mark.parametrize(
    ("tecken", "namn", "ersattning"),
    [
        ("a\u030a", "å i lösa delar", "å"),
        ("\u212b", "annan kod för Å", "Å"),
        ("⚠\ufe0f", "emoji (varningstriangel)", "OBS!"),
        ("👩\u200d👧", "emoji", ""),
        ("👍🏽", "emoji (tumme upp)", "OK"),
        ("\u200b", "osynligt tecken (U+200B)", ""),
        ("\u202f", "hårt mellanslag", " "),
        ("\u2009", "mellanslag av annan bredd", " "),
        ("\u0301", "lös accent utan bokstav", ""),
        ("ệ", "bokstaven ệ", "e"),
        ("½", "tecknet ½", "1/2"),
        ("\t", "tabb", " "),
    ],
)
def test_what_the_reader_sees_as_one_character_is_named_as_one(tecken: str, namn: str, ersattning: str) -> None:
    dyra = mat(tecken).dyra
    assert len(dyra) == 1
    assert dyra[0].tecken == tecken
    assert dyra[0].ersattning == ersattning
    assert dyra[0].namn == namn or tecken == "ệ"


@pytest.mark.parametrize(
    ("fore", "efter"),
    [
        ("E4 – stängd — nu", "E4 - stängd - nu"),
        ("”Stanna inne” säger ’ledningen’ «här»", '"Stanna inne" säger \'ledningen\' "här"'),
        ("Mer följer…", "Mer följer..."),
        ("1\u00a0200\u202fkr", "1 200 kr"),
        ("Váhtjer, garçon, Žižek, Łódź, Győr", "Vahtjer, garcon, Zizek, Lodz, Gyor"),
        ("Åäö Éé èùìòà Çç Øø Ææ ñü ß § €", "Åäö Éé èùìòà Çc Øø Ææ ñü ß § €"),
        ("• snö\n• halka", "- snö\n- halka"),
        ("≥ 5 och ≤ 7, 3 × 4", ">= 5 och <= 7, 3 x 4"),
        ("−12 °C, 7°C, 20° kallt", "-12 grader C, 7 grader C, 20 grader kallt"),
        ("½ timme, 2½ timme, ¾", "1/2 timme, 2 1/2 timme, 3/4"),
        ("5 m² och 10² och 10²³", "5 m2 och 10^2 och 10^23"),
        ("CO₂ över 5 µg/m³", "CO2 över 5 mikrog/m3"),
        ("≈20 % eller ≈ 3‰", "ca 20 % eller ca 3 promille"),
        ("sno\u0308va\u0308der", "snöväder"),
        ("av\u00adstängd\u200b väg\ufeff", "avstängd väg"),
        ("Hej 👋", "Hej"),
        ("🚧 Vägarbete 🚧 E4 🚧.", "Vägarbete E4."),
        ("⚠️Halka", "OBS! Halka"),
        ("Läge: 🔴", "Läge: (röd)"),
        ("🚫 Eldning", "STOPP Eldning"),
        ("🇸🇪 1️⃣", "SE 1"),
        ("ﬁnal 𝗩𝗶𝗸𝘁𝗶𝗴𝘁", "final Viktigt"),
        ("Norrköping → Linköping", "Norrköping -> Linköping"),
        ("rad\u2028två\u0085tre\tfyra", "rad\ntvå\ntre fyra"),
    ],
)
def test_the_cheap_text_reads_the_same(fore: str, efter: str) -> None:
    assert ersatt_dyra(fore) == efter


@pytest.mark.parametrize(
    "text", ["Закрыто", "الطريق مغلق", "μας", "می\u200cخواهم", "漢字", "∑ ≠ ∞ ≮ ∉", "s\u0336", "P\u20e0"]
)
def test_what_has_no_safe_stand_in_is_left_as_it_is(text: str) -> None:
    assert ersatt_dyra(text) == text
    assert all(d.ersattning is None for d in mat(text).dyra)


def test_other_alphabets_stay_while_the_dash_beside_them_goes() -> None:
    assert ersatt_dyra("Закрыто – stängt") == "Закрыто - stängt"


def test_a_replacement_that_would_cost_more_is_not_made() -> None:
    text = "‰" * 60  # one segment in UCS-2, four when spelt out
    assert mat(text).segment == 1
    assert ersatt_dyra(text) == text


@settings(deadline=None)
@given(texter)
def test_replacing_never_takes_more_segments(text: str) -> None:
    assert mat(ersatt_dyra(text)).segment <= mat(text).segment


@settings(deadline=None)
@given(gsm_text)
def test_a_cheap_text_is_never_touched(text: str) -> None:
    assert ersatt_dyra(text) == text
    assert mat(text).dyra == ()


@settings(deadline=None)
@given(texter)
def test_a_text_is_costly_exactly_when_a_costly_character_is_named(text: str) -> None:
    m = mat(text)
    assert (m.kodning == "UCS-2") == bool(m.dyra)
    assert len({d.tecken for d in m.dyra}) == len(m.dyra)
    assert sum(text.count(d.tecken) for d in m.dyra) >= sum(d.antal for d in m.dyra) > 0 or not m.dyra
    assert all(d.namn for d in m.dyra)


@settings(deadline=None)
@given(texter)
def test_when_every_costly_character_has_a_stand_in_the_text_becomes_cheap(text: str) -> None:
    m = mat(text)
    ny = ersatt_dyra(text)
    assert ny == text or mat(ny).kodning == "GSM-7" or any(d.ersattning is None for d in m.dyra)


@settings(deadline=None)
@given(st.text(st.sampled_from("abåäöÅÄÖéÉ "), max_size=80))
def test_decomposed_letters_come_back_whole(text: str) -> None:
    assert ersatt_dyra(unicodedata.normalize("NFD", text)) == text


@settings(deadline=None)
@given(texter, st.integers(1, 4))
def test_a_shortened_text_fits_and_begins_as_the_long_one(text: str, max_segment: int) -> None:
    kort = korta(text, max_segment)
    assert mat(kort).segment <= max_segment
    if mat(text).segment <= max_segment:
        assert kort == text
    else:
        assert kort.endswith("...")
        assert text.startswith(kort[:-3])


@settings(deadline=None)
@given(st.lists(st.sampled_from(["väg", "stängd", "–", "E4,", "😀", "[kö]", "a" * 40]), min_size=60, max_size=90))
def test_a_shortened_text_keeps_as_many_whole_words_as_fit(ord_: list[str]) -> None:
    text = " ".join(ord_)
    bast = ""
    for n in range(1, len(ord_)):
        forslag = " ".join(ord_[:n]).rstrip(" –,") + "..."
        if mat(forslag).segment <= 1 and len(forslag) > len(bast):
            bast = forslag
    assert korta(text, 1) == (text if mat(text).segment <= 1 else bast or "...")


def test_a_shortened_text_ends_after_a_word_without_a_loose_comma() -> None:
    kort = korta("köer, " * 40, 1)
    assert kort.endswith("köer, köer...")
    assert 150 < len(kort) <= 160


def test_a_number_held_together_by_a_hard_space_is_not_cut_in_two() -> None:
    text = "a " * 26 + "1\u00a0200\u00a0000\u00a0personer utan el i hela länet i natt"
    assert korta(text, 1) == ("a " * 26).strip() + "..."


@pytest.mark.parametrize(("text", "langd"), [("x" * 400, 160), ("😀" * 80, 69)])
def test_a_single_endless_word_is_cut_inside(text: str, langd: int) -> None:
    assert mat(korta(text, 1)).tecken == langd


def test_cutting_away_the_costly_end_gives_room_for_more() -> None:
    text = "Halka " * 30 + "😀"
    assert mat(korta(text, 1)).kodning == "GSM-7"
    assert len(korta(text, 1)) > 150


def test_room_for_no_segment_is_refused() -> None:
    with pytest.raises(ValueError, match="max_segment"):
        korta("Hej", 0)
