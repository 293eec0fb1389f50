"""Reads of the versions that extracts are drawn of: one query each, however much there is in them."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from wis.auth.krets import Tlp
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion


def find_lagesbild_version(session: Session, id_: int, nummer: int) -> LagesbildVersion | None:
    """The version with all that is drawn of it; None if there is none, or if it is TLP:RED."""
    version = LagesbildVersion
    return (
        session.scalars(
            select(version)
            .options(
                joinedload(version.sektioner),
                joinedload(version.forfattare),
                joinedload(version.aktor),
                joinedload(version.bilagor),
                joinedload(version.lagesbild).joinedload(Lagesbild.aktor),
                joinedload(version.lagesbild).joinedload(Lagesbild.handelse),
            )
            .where(version.lagesbild_id == id_, version.nummer == nummer, version.tlp != Tlp.RED)
        )
        .unique()
        .one_or_none()
    )


def find_underrattelse_version(session: Session, id_: int, nummer: int) -> UnderrattelseVersion | None:
    """The same of an underrättelse."""
    version, underrattelse = UnderrattelseVersion, UnderrattelseVersion.underrattelse
    return session.scalar(
        select(version)
        .options(
            joinedload(version.forfattare),
            joinedload(underrattelse).joinedload(Underrattelse.aktor),
            joinedload(underrattelse).joinedload(Underrattelse.handelse),
        )
        .where(version.underrattelse_id == id_, version.nummer == nummer, version.tlp != Tlp.RED)
    )
