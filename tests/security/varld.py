"""The world of the tables (tests.security.orakel) as rows of a database."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tests import factories as f
from tests.security import orakel as o
from wis.aktorer.models import Aktor
from wis.auth.models import Anvandare, Anvandarslag, Funktion, Handelseroll, Medlemskap, Tjanstgoring
from wis.auth.rules import Roll
from wis.handelser.models import Handelse, HandelseLasare, Lasarkrets, LasarkretsAktor, Typ
from wis.lagesbild.models import Lagesbild, LagesbildVersion
from wis.underrattelser.models import Underrattelse, UnderrattelseVersion

TIDIGT = o.DAG - timedelta(days=2)


@dataclass
class Varld:
    """Ids by name; `medlemskap` by person and event, for a guest has one of each."""

    aktorer: dict[str, int] = field(default_factory=dict)
    handelser: dict[o.Ting, int] = field(default_factory=dict)
    ting: dict[o.Ting, int] = field(default_factory=dict)
    medlemskap: dict[tuple[str, int], int] = field(default_factory=dict)
    epost: dict[tuple[str, int], str] = field(default_factory=dict)
    annan_handelse: int = 0


def bygg(session: Session) -> Varld:
    """Everything that LASBART and PERSONER speak of. Each thing has an event of its own."""
    varld = Varld()
    for namn in o.AKTORER:
        aktor = f.en_aktor(session, namn.lower(), namn)
        aktor.ansluten = o.MIDDAG if namn == "Sen" else None
        varld.aktorer[namn] = aktor.id
    varld.annan_handelse = f.en_handelse(session, "ägare", slug="annan").id
    author = f.en_anvandare(session, "forfattare@prov.example")
    for nummer, (ting, _) in enumerate(o.LASBART):
        _ett_ting(session, varld, ting, nummer, author)
    session.flush()
    for namn, person in o.PERSONER.items():
        if person is not None:
            _en_person(session, varld, namn, person)
    session.flush()
    return varld


def _ett_ting(session: Session, varld: Varld, ting: o.Ting, nummer: int, author: Anvandare) -> None:
    agare = "Utanför" if ting.slag == o.HANDELSE and ting.agare == "Utanför" else "Ägare"
    handelse = Handelse(
        slug=f"ting-{nummer}",
        rubrik=f"Händelse {nummer}",
        typ=Typ.VADER,
        beskrivning="Prov.",
        beskrivning_html="<p>Prov.</p>",
        ovning=False,
        alla_aktorer=ting.handelse is None,
        alla_fran=ting.oppnad,
        lage="ordinarie",
        agare_id=varld.aktorer[agare],
        skapad=TIDIGT,
        stangd=o.NU - timedelta(hours=1) if ting.stangd else None,
    )
    handelse.lasare = [
        HandelseLasare(aktor_id=varld.aktorer[namn], fran=_fran(namn)) for namn in sorted(ting.handelse or ())
    ]
    session.add(handelse)
    session.flush()
    varld.handelser[ting] = handelse.id
    krets = _krets(session, varld, ting)
    if ting.slag in {o.EGEN, o.SAMLAD}:
        varld.ting[ting] = _lagesbild(session, varld, ting, handelse, krets, author)
    if ting.slag == o.UNDERRATTELSE:
        varld.ting[ting] = _underrattelse(session, varld, ting, handelse, krets, author)


def _fran(namn: str) -> datetime | None:
    return o.MIDDAG if namn == "Nykomling" else None


def _krets(session: Session, varld: Varld, ting: o.Ting) -> Lasarkrets | None:
    if ting.egna is None:
        return None
    valda = [LasarkretsAktor(aktor_id=varld.aktorer[namn], fran=_fran(namn)) for namn in sorted(ting.egna)]
    krets = Lasarkrets(alla=False, valda=valda)
    session.add(krets)
    session.flush()
    return krets


def _lagesbild(
    session: Session, varld: Varld, ting: o.Ting, handelse: Handelse, krets: Lasarkrets | None, author: Anvandare
) -> int:
    aktor_id = None if ting.agare is None else varld.aktorer[ting.agare]
    lagesbild = Lagesbild(handelse_id=handelse.id, aktor_id=aktor_id, senaste=1, krets_id=krets.id if krets else None)
    session.add(lagesbild)
    session.flush()
    session.add(
        LagesbildVersion(
            lagesbild_id=lagesbild.id,
            nummer=1,
            handelse_id=handelse.id,
            publicerad=ting.tid or o.KVALL,
            forfattare_id=author.id,
            aktor_id=aktor_id or handelse.agare_id,
            andringsnotering="",
            sammanfattning=f"Hemligt i {handelse.slug}",
            idempotensnyckel=f"{handelse.slug}-1",
            tlp=ting.tlp,
        )
    )
    return lagesbild.id


def _underrattelse(
    session: Session, varld: Varld, ting: o.Ting, handelse: Handelse, krets: Lasarkrets | None, author: Anvandare
) -> int:
    tid = ting.tid or o.KVALL
    underrattelse = Underrattelse(
        handelse_id=handelse.id,
        aktor_id=varld.aktorer[str(ting.agare)],
        skapad=tid,
        senaste=1,
        krets_id=krets.id if krets else None,
    )
    session.add(underrattelse)
    session.flush()
    session.add(
        UnderrattelseVersion(
            underrattelse_id=underrattelse.id,
            nummer=1,
            handelse_id=handelse.id,
            aktor_id=underrattelse.aktor_id,
            publicerad=tid,
            forfattare_id=author.id,
            bradskande=False,
            rubrik=f"Hemligt i {handelse.slug}",
            text="Prov",
            html="<p>Prov</p>",
            idempotensnyckel=f"{handelse.slug}-u",
            tlp=ting.tlp,
        )
    )
    return underrattelse.id


def _en_person(session: Session, varld: Varld, namn: str, person: o.Person) -> None:
    aktor = session.get_one(Aktor, varld.aktorer[person.aktor])
    anvandare = f.en_anvandare(session, f"person-{list(o.PERSONER).index(namn)}@prov.example", namn=namn)
    gast_i = [varld.annan_handelse] if person.gast_i == o.ANNAN_HANDELSE else list(varld.handelser.values())
    for handelse_id in gast_i if person.gast_i else [None]:
        medlemskap = (
            f.ett_medlemskap(
                session,
                anvandare,
                aktor,
                Roll(person.roll) if person.roll else None,
                administrator=person.admin,
                giltig_till=person.slut,
            )
            if handelse_id is None
            else _gast(session, anvandare, aktor, person, handelse_id)
        )
        for hid in varld.handelser.values():
            if handelse_id in {None, hid, varld.annan_handelse}:
                varld.medlemskap[namn, hid] = medlemskap.id
    if person.gast_i is None:
        _i_handelser(session, varld, person, medlemskap)
        _i_tjanst(session, person, medlemskap, aktor)


def _gast(session: Session, anvandare: Anvandare, aktor: Aktor, person: o.Person, handelse_id: int) -> Medlemskap:
    gast = Medlemskap(
        anvandare_id=anvandare.id,
        aktor_id=aktor.id,
        roll=Roll.LASARE,
        giltig_till=person.slut,
        gast_handelse_id=handelse_id,
        skapad=TIDIGT,
    )
    session.add(gast)
    session.flush()
    return gast


def _i_handelser(session: Session, varld: Varld, person: o.Person, medlemskap: Medlemskap) -> None:
    set_for = [(hid, person.i_h, person.i_h_slut) for hid in varld.handelser.values() if person.i_h is not None]
    if person.i_annan is not None:
        set_for = [(varld.annan_handelse, person.i_annan, None)]
    for hid, roll, slut in set_for:
        session.add(
            Handelseroll(
                medlemskap_id=medlemskap.id,
                handelse_id=hid,
                roll=roll or None,
                giltig_till=slut,
                skapad=TIDIGT,
                motivering="Prov",
            )
        )


def _i_tjanst(session: Session, person: o.Person, medlemskap: Medlemskap, aktor: Aktor) -> None:
    if person.tjanst is None:
        return
    som = Anvandare(slag=Anvandarslag.FUNKTION, namn=f"TiB {medlemskap.id}", skapad=TIDIGT)
    session.add(som)
    session.flush()
    f.ett_medlemskap(session, som, aktor, Roll(person.tjanst))
    funktion = Funktion(
        aktor_id=aktor.id, anvandare_id=som.id, kortnamn=f"TiB{medlemskap.id}", namn="TiB", skapad=TIDIGT
    )
    session.add(funktion)
    session.flush()
    session.add(
        Tjanstgoring(
            funktion_id=funktion.id,
            medlemskap_id=medlemskap.id,
            fran=TIDIGT,
            till=person.tjanst_slut,
        )
    )
