"""Reading who is outside, as people write it."""

import pytest
from wtforms import ValidationError

from wis.begaran.lankar import MAX_UTOMSTAENDE, Utomstaende
from wis.begaran.lankformular import las_utomstaende


def test_a_line_for_each_is_read_however_it_was_pasted() -> None:
    text = "Anna Berg, Anna@Energi.example\r\n\r\nBo Ek <bo@bygg.example>\n eva@el.example \nLind; Ola; ola@el.example"
    assert las_utomstaende(text) == [
        Utomstaende("Anna Berg", "anna@energi.example"),
        Utomstaende("Bo Ek", "bo@bygg.example"),
        Utomstaende("", "eva@el.example"),
        Utomstaende("Lind, Ola", "ola@el.example"),
    ]
    assert las_utomstaende(" \n ") == []


@pytest.mark.parametrize(
    ("text", "fel"),
    [
        ("Anna Berg", "hel e-postadress"),
        ("a@b.example\nA@b.example", "två gånger"),
        ("Läs på www.elak.example, a@b.example", "utan webbadress"),
        ("x" * 101 + ", a@b.example", "för långt"),
        ("\n".join(f"a{n}@b.example" for n in range(MAX_UTOMSTAENDE + 2)), "Ta bort 2"),
    ],
)
def test_what_is_wrong_is_said_of_the_line(text: str, fel: str) -> None:
    with pytest.raises(ValidationError, match=fel):
        las_utomstaende(text)
