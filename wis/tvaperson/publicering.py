"""What the packages that publish do for proposals: said once at start, so that nothing here knows of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy.orm import Session

from wis.auth.rules import Sak, Subjekt
from wis.notiser.visat import Tankt
from wis.tvaperson.models import Forslag
from wis.tvaperson.rules import Intyg


@dataclass(frozen=True)
class Visning:
    """A proposal as its page shows it: a template of its own with these values, and the latest version beside it.

    `preview` is of notiser.forhandsvisning(); `inaktuell`: why it can't be published as it stands, '' if it can.
    """

    mall: str
    varden: Mapping[str, Any]
    preview: Mapping[str, Any] = field(default_factory=dict)
    inaktuell: str = ""


class Publicerare(Protocol):
    """Publishes one kind of proposals, within the caller's transaction."""

    def sak(self, session: Session, forslag: Forslag) -> Sak:
        """What the right to publish it is judged on."""

    def las(self, session: Session, forslag: Forslag) -> Sak:
        """As sak(), with the event and then the thing locked."""

    def publicera(self, session: Session, forfattare: Subjekt, forslag: Forslag, intyg: Intyg) -> str:
        """Publish it as the author's, after las(). Returns the path where it is read; raises Foraldrat."""

    def visa(self, session: Session, forslag: Forslag) -> Visning:
        """It as it would be published, for its page."""

    def tankt(self, session: Session, forslag: Forslag) -> Tankt | None:
        """Whom it is for, so that more than its page showed can be told; None where it says nothing new to anybody."""

    def skrivadress(self, forslag: Forslag) -> str:
        """The path where its author goes on writing, with what it says in the fields."""


_publicerare: dict[str, Publicerare] = {}


def anlita(slag: str, publicerare: Publicerare) -> None:
    """From now on proposals of this kind are published by this one."""
    _publicerare[slag] = publicerare


def publicerare_av(forslag: Forslag) -> Publicerare:
    """Who publishes it. Raises KeyError for a kind that nobody knows."""
    return _publicerare[forslag.slag]
