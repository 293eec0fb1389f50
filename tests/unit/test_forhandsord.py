"""What the preview says in words: what it costs, what the buttons do, who gets it when, and what is dear."""

from datetime import UTC, datetime

import pytest

from wis import settings
from wis.notiser import sms
from wis.notiser.mottagare import fordela, knappord, smskostnad
from wis.settings import SettingsError

KVALL = datetime(2026, 1, 15, 22, 30, tzinfo=UTC)  # 23.30 in Sweden


@pytest.mark.parametrize(
    ("mottagare", "segment", "pris", "ord_"),
    [
        (12, 3, 40.0, "12 mottagare × 3 delar = 36 SMS-delar, ungefär 14,40 kr"),
        (12, 3, None, "12 mottagare × 3 delar = 36 SMS-delar"),
        (1, 1, 35.5, "1 mottagare × 1 del = 1 SMS-del, ungefär 0,35 kr"),
        (9_000, 3, 40.0, "9\u00a0000 mottagare × 3 delar = 27\u00a0000 SMS-delar, ungefär 10\u00a0800,00 kr"),
        (5, 2, 0.0, "5 mottagare × 2 delar = 10 SMS-delar, ungefär 0,00 kr"),
        (0, 3, 40.0, ""),
    ],
)
def test_an_sms_costs_its_parts_times_those_who_get_it(
    mottagare: int, segment: int, pris: float | None, ord_: str
) -> None:
    assert smskostnad(mottagare, segment, pris) == ord_


def test_the_price_is_given_in_ore_and_need_not_be(tmp_path: object) -> None:
    def pris(varde: str) -> float | None:
        return settings.load({"WIS_INSTANCE": str(tmp_path), "WIS_SMS_PRIS": varde}).sms_pris

    assert [pris(""), pris(" "), pris("40"), pris("35,5"), pris("0")] == [None, None, 40.0, 35.5, 0.0]
    for fel in ("gratis", "-1", "1e9"):
        with pytest.raises(SettingsError, match="WIS_SMS_PRIS"):
            pris(fel)


@pytest.mark.parametrize(
    ("personer", "val", "ord_"),
    [
        (34, {}, "Publicera och avisera 34"),
        (12, {"rattelse": True}, "Publicera rättelse och avisera 12"),
        (0, {}, "Publicera (ingen blir aviserad)"),
        (0, {"bradskande": True}, "Publicera (ingen blir aviserad)"),
        (34, {"bradskande": True}, "Publicera BRÅDSKANDE till 34"),
        (3, {"bradskande": True, "rattelse": True}, "Publicera BRÅDSKANDE rättelse till 3"),
    ],
)
def test_the_button_says_what_it_does(personer: int, val: dict[str, bool], ord_: str) -> None:
    assert knappord(personer, **val).avisera == ord_
    assert knappord(personer, **val).tyst == "Publicera utan avisering"


def test_actors_come_by_how_many_are_told_there_and_quiet_hours_by_when_they_end() -> None:
    natt, morgon = ("22:00", "06:00"), ("08:00", "09:00")
    nas = fordela(
        [
            (1, "Nacka", None, None, 2, 2, 0, 1, 0),
            (2, "Polisen", *natt, 3, 1, 3, 0, 1),
            (1, "Nacka", *natt, 1, 0, 1, 0, 0),
            (3, "Nacka", *morgon, 1, 1, 1, 0, 0),  # another actor of the same name
        ]
    )
    assert [(ett.aktor, ett.personer, ett.sms, ett.epost, ett.funktioner) for ett in nas.aktorer] == [
        ("Nacka", 3, 2, 1, 0),
        ("Polisen", 3, 1, 3, 1),
        ("Nacka", 1, 1, 1, 0),
    ]
    assert (nas.summa.personer, nas.summa.sms, nas.summa.epost, nas.summa.funktioner) == (7, 4, 5, 1)
    assert nas.summa.push == 1
    assert nas.senare(KVALL, bradskande=False) == [(datetime(2026, 1, 16, 5, 0, tzinfo=UTC), 4)]
    assert nas.senare(KVALL, bradskande=True) == []


def test_one_dear_character_is_replaced_and_the_others_stay_where_they_are_shown() -> None:
    text = "Väg 76 – “stängd” – 😀\u00a0nu"
    assert sms.ersatt_dyra(text, bara="–") == "Väg 76 - “stängd” - 😀\u00a0nu"
    assert sms.ersatt_dyra(text, bara="😀") == "Väg 76 – “stängd” – \u00a0nu"
    assert sms.ersatt_dyra(text, bara="x") == text
    bitar = sms.bitar_att_visa(text)
    assert "".join(bit for bit, _ in bitar) == text
    assert [bit for bit, dyrt in bitar if dyrt] == ["–", "“", "”", "–", "😀", "\u00a0"]
    assert next(dyrt.kod for _, dyrt in bitar if dyrt) == "2013"
    assert [dyrt.syns for _, dyrt in bitar if dyrt] == [True] * 5 + [False]
    assert sms.bitar_att_visa("Läget är lugnt.") == [("Läget är lugnt.", None)]
