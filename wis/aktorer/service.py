"""Loading the actors that the project ships."""

import csv
from importlib import resources

from sqlalchemy import select
from sqlalchemy.orm import Session

from wis.aktorer.models import Aktor


def ladda_aktorer(session: Session) -> int:
    """Add the shipped actors that are missing; returns how many were added. What is there is left as it is."""
    known = set(session.scalars(select(Aktor.slug)))
    source = resources.files("wis.aktorer").joinpath("aktorer.csv").read_text(encoding="utf-8")
    new = [row for row in csv.DictReader(source.splitlines()) if row["slug"] not in known]
    session.add_all(Aktor(slug=r["slug"], namn=r["namn"], kortnamn=r["kortnamn"], typ=r["typ"]) for r in new)
    session.flush()
    return len(new)
