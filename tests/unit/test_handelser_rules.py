"""What may be decided about an event."""

import pytest

from wis.handelser.models import Beslutsslag, Lage
from wis.handelser.rules import Avslag, Tillstand, Utfall, besluta, slug_av

OPPEN = Tillstand(Lage.ORDINARIE, stangd=False, staende=False)
AKTIVERAD = Tillstand(Lage.AKTIVERAT, stangd=False, staende=False)
STANGD = Tillstand(Lage.AKTIVERAT, stangd=True, staende=False)
STAENDE = Tillstand(Lage.ORDINARIE, stangd=False, staende=True)


@pytest.mark.parametrize(
    ("tillstand", "slag", "lage", "utfall"),
    [
        (OPPEN, Beslutsslag.LAGE, Lage.AKTIVERAT, Utfall(Beslutsslag.LAGE, Lage.AKTIVERAT, stangd=False)),
        (AKTIVERAD, Beslutsslag.LAGE, Lage.ORDINARIE, Utfall(Beslutsslag.LAGE, Lage.ORDINARIE, stangd=False)),
        (AKTIVERAD, Beslutsslag.STANGD, Lage.ORDINARIE, Utfall(Beslutsslag.STANGD, Lage.AKTIVERAT, stangd=True)),
        (STANGD, Beslutsslag.ATEROPPNAD, Lage.ORDINARIE, Utfall(Beslutsslag.ATEROPPNAD, Lage.ORDINARIE, stangd=False)),
    ],
)
def test_a_decision_gives_the_state_that_follows(
    tillstand: Tillstand, slag: Beslutsslag, lage: Lage, utfall: Utfall
) -> None:
    assert besluta(tillstand, slag, lage, "Skäl") == utfall


@pytest.mark.parametrize(
    ("tillstand", "slag", "lage", "motivering", "why"),
    [
        (OPPEN, Beslutsslag.LAGE, Lage.AKTIVERAT, "  ", "motivering"),
        (OPPEN, Beslutsslag.LAGE, Lage.ORDINARIE, "Skäl", "redan"),
        (OPPEN, Beslutsslag.ATEROPPNAD, Lage.ORDINARIE, "Skäl", "redan öppen"),
        (STANGD, Beslutsslag.LAGE, Lage.ORDINARIE, "Skäl", "stängd"),
        (STANGD, Beslutsslag.STANGD, Lage.ORDINARIE, "Skäl", "redan stängd"),
        (STAENDE, Beslutsslag.LAGE, Lage.AKTIVERAT, "Skäl", "stående"),
        (STAENDE, Beslutsslag.STANGD, Lage.ORDINARIE, "Skäl", "stående"),
        (OPPEN, Beslutsslag.ANDRAD, Lage.ORDINARIE, "Skäl", "Välj"),
    ],
)
def test_what_cannot_be_decided_says_why(
    tillstand: Tillstand, slag: Beslutsslag, lage: Lage, motivering: str, why: str
) -> None:
    with pytest.raises(Avslag, match=why):
        besluta(tillstand, slag, lage, motivering)


@pytest.mark.parametrize(
    ("rubrik", "upptagna", "slug"),
    [
        ("Snöoväder Svealand", set(), "snoovader-svealand"),
        ("Snöoväder Svealand", {"snoovader-svealand"}, "snoovader-svealand-2"),
        ("  !!! ", set(), "handelse"),
        ("Ny", set(), "ny-2"),
        ("É" * 200, set(), "e" * 60),
    ],
)
def test_the_address_is_readable_and_free(rubrik: str, upptagna: set[str], slug: str) -> None:
    assert slug_av(rubrik, upptagna) == slug
