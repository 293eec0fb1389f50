"""What every installation holds from the start: the actors, their networks and the standing event."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from wis import audit, clock
from wis.aktorer.models import Aktor
from wis.aktorer.service import ladda_aktorer, ladda_natverk
from wis.handelser.models import Handelse, Lage, Typ
from wis.handelser.queries import staende_handelse

STAENDE_SLUG = "ordinarie-lage"
_BESKRIVNING = (
    "Den stående händelsen för det ordinarie läget: veckans samverkanskonferens (torsdagar 16.00), planerade arbeten, "
    "mindre incidenter och trender."
)


def ladda_grunddata(session: Session, agare_slug: str = "lansstyrelsen") -> None:
    """Add what is missing of actors, networks and standing event (owned by `agare_slug`); the rest stays as it is."""
    added = ladda_aktorer(session)
    if added:
        audit.record(session, "aktörer laddade", antal=added)
    networks = ladda_natverk(session)
    if networks:
        audit.record(session, "aktörsnätverk laddade", antal=networks)
    if staende_handelse(session) is None:
        _skapa_staende(session, session.scalars(select(Aktor).where(Aktor.slug == agare_slug)).one())


def _skapa_staende(session: Session, agare: Aktor) -> None:
    handelse = Handelse(
        slug=STAENDE_SLUG,
        rubrik="Ordinarie läge",
        typ=Typ.ORDINARIE,
        beskrivning=_BESKRIVNING,
        beskrivning_html=f"<p>{_BESKRIVNING}</p>",
        ovning=False,
        staende=True,
        alla_aktorer=True,
        lage=Lage.ORDINARIE,
        agare_id=agare.id,
        skapad=clock.now(),
    )
    session.add(handelse)
    session.flush()
    audit.record(session, "händelse oppnad", aktor_id=agare.id, objekt=f"handelse:{handelse.id}", slug=handelse.slug)
