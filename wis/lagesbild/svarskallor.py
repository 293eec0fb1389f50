"""Answers to a begäran as sources of the samlade: which answer a mark names, what it says, and who reads it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from wis.begaran.models import Begaran, BegaranMottagare, BegaranSvar, Synlighet
from wis.lagesbild.kallor import Kalla, Stycke, stycken
from wis.lagesbild.mall import Avsnittsslag

EXTERN = "extern-"
"""So begins a mark's word for somebody outside; then comes the recipient's id."""


@dataclass(frozen=True)
class Svarskalla:
    """One question's answer. `lasare`: the ids of the actors that read it; None: all that read the event."""

    mottagare: BegaranMottagare
    svar: BegaranSvar
    stycken: tuple[Stycke, ...]
    lasare: frozenset[int] | None

    @property
    def namn(self) -> str:
        """Whose it is."""
        return self.mottagare.aktor.kortnamn if self.mottagare.aktor else self.mottagare.extern_namn


def sla_upp(session: Session, handelse_id: int, kallor: Sequence[Kalla]) -> dict[Kalla, Svarskalla]:
    """Those of these answers that there are in the event."""
    fragade = {(kalla.svar[0], kalla.nummer) for kalla in kallor if kalla.svar is not None}
    if not fragade:
        return {}
    rader = session.execute(
        select(BegaranMottagare, BegaranSvar)
        .join(Begaran, Begaran.id == BegaranMottagare.begaran_id)
        .join(BegaranSvar, BegaranSvar.mottagare_id == BegaranMottagare.id)
        .options(
            contains_eager(BegaranMottagare.begaran).selectinload(Begaran.mottagare),
            joinedload(BegaranMottagare.aktor),
            selectinload(BegaranMottagare.svar),
        )
        .where(Begaran.handelse_id == handelse_id, tuple_(Begaran.id, BegaranSvar.nummer).in_(fragade))
    ).all()
    av = {(_vem(mottagare), mottagare.begaran_id, svar.nummer): (mottagare, svar) for mottagare, svar in rader}
    ut = {}
    for kalla in kallor:
        begaran_id, fraga = kalla.svar or (0, 0)
        found = av.get((kalla.aktor, begaran_id, kalla.nummer))
        if found is not None and found[1].svar.get(str(fraga), "").strip():
            ut[kalla] = Svarskalla(*found, _stycken(*found, fraga), _lasare(found[0]))
    return ut


def _vem(mottagare: BegaranMottagare) -> str:
    return f"{EXTERN}{mottagare.id}" if mottagare.aktor is None else mottagare.aktor.slug


def _stycken(mottagare: BegaranMottagare, svar: BegaranSvar, fraga: int) -> tuple[Stycke, ...]:
    """The answer's paragraphs, and the answer after its question, for figures and choices say little by themselves."""
    text = svar.svar[str(fraga)].strip()
    fragad = next((f for f in mottagare.begaran.fragor if f["nummer"] == fraga), {})
    hel = f"{fragad.get('text', '')}: {text} {fragad.get('enhet') or ''}".strip()
    return (*stycken(text, Avsnittsslag.TEXT), Stycke(hel))


def _lasare(mottagare: BegaranMottagare) -> frozenset[int] | None:
    begaran = mottagare.begaran
    if begaran.synlighet == Synlighet.HANDELSEN:
        return None
    fragade = begaran.mottagare if begaran.synlighet == Synlighet.TILLFRAGADE else [mottagare]
    return frozenset({begaran.aktor_id, *(m.aktor_id for m in fragade if m.aktor_id is not None)})
