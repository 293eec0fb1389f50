"""A version of a lägesbild, or an underrättelse, as a CAP message: for those who may read its page."""

from collections.abc import Iterable

from flask import Response, make_response

from wis import web
from wis.aktorer.models import Aktor
from wis.aktorer.queries import alla_aktorer
from wis.auth.atkomst import inloggad, inte_rott
from wis.auth.krets import Tlp
from wis.auth.rules import Sak
from wis.floden import cap
from wis.floden.cap import Meddelande, Tidigare
from wis.floden.rules import vard
from wis.floden.views import bp
from wis.handelser.models import Handelse, Lage, Typ
from wis.handelser.sakkrets import lasratt
from wis.lagesbild import queries, rader
from wis.lagesbild.atkomst import hamta
from wis.lagesbild.mall import Avsnittsslag
from wis.lagesbild.models import LagesbildVersion
from wis.underrattelser import queries as underrattelsefragor
from wis.underrattelser.lasratt import sak_for
from wis.underrattelser.models import UnderrattelseVersion
from wis.underrattelser.views import hamta_underrattelse

MAX_TIDIGARE = 50


@bp.get("/handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>/cap.xml")
def version(slug: str, vem: str, nummer: int) -> web.Svar:
    """This version."""
    mal = hamta(slug, vem)
    denna = mal.version(nummer)
    sak = mal.sak_for(denna)
    inte_rott(denna.tlp, sak, "hämta det som CAP")
    fore = [v for v in queries.versioner(web.session(), inloggad(), denna.lagesbild_id) if v.nummer < nummer]
    slag = {avsnitt.nyckel: avsnitt.slag for avsnitt in queries.innehall_av(denna).mall.avsnitt}
    texter = {sektion.nyckel: sektion.kalla for sektion in denna.sektioner}
    fakta = {n: text for n, text in texter.items() if slag.get(n) is Avsnittsslag.FAKTA}
    om = Meddelande(
        sjalv=_om_version(denna),
        tidigare=_i_ordning(map(_om_version, fore[:MAX_TIDIGARE])),
        lasare=_lasare(sak),
        tlp=Tlp(denna.tlp),
        lagrum=denna.lagrum,
        bradska=_bradska(mal.handelse, bradskande=False),
        allvar=cap.allvar(_grader(texter, slag)),
        visshet=cap.visshet(fakta),
        av=denna.aktor.namn,
        rubrik=f"{mal.handelse.rubrik}. {mal.namn}, version {nummer}",
        text=_versionstext(denna),
        webb=f"{web.settings().base_url}{mal.url('version', nummer=nummer)}",
        omrade=cap.omrade(denna.aktor.namn, denna.aktor.typ) if mal.aktor is not None else cap.LAN,
        till=denna.nasta_uppdatering,
        handelse=mal.handelse.slug,
        typ=Typ(mal.handelse.typ),
        ovning=mal.handelse.ovning,
    )
    return _svara(om, f"{mal.handelse.slug}-{mal.slug}-v{nummer}")


@bp.get("/underrattelser/<int:id>/cap.xml")
def underrattelse(id: int) -> web.Svar:  # noqa: A002 the name in the address
    """The newest version of an underrättelse."""
    sak = hamta_underrattelse(id)
    denna, *fore = underrattelsefragor.versioner(web.session(), inloggad(), id)
    inte_rott(denna.tlp, sak_for(sak, denna), "hämta det som CAP")
    handelse, aktor = sak.handelse, sak.aktor
    om = Meddelande(
        sjalv=_om_underrattelse(denna, aktor),
        tidigare=_i_ordning(_om_underrattelse(v, aktor) for v in fore[:MAX_TIDIGARE]),
        lasare=_lasare(sak_for(sak, denna)),
        tlp=Tlp(denna.tlp),
        lagrum=denna.lagrum,
        bradska=_bradska(handelse, bradskande=denna.bradskande),
        allvar=cap.allvar([]),
        visshet=cap.visshet({}),
        av=aktor.namn,
        rubrik=denna.rubrik,
        text=denna.text or denna.rubrik,
        webb=f"{web.settings().base_url}/underrattelser/{id}",
        omrade=cap.omrade(aktor.namn, aktor.typ),
        handelse=handelse.slug,
        typ=Typ(handelse.typ),
        ovning=handelse.ovning,
    )
    return _svara(om, f"underrattelse-{id}-v{denna.nummer}")


def _om_version(version: LagesbildVersion) -> Tidigare:
    host = vard(web.settings().base_url)
    id_ = f"{host}.lagesbild.{version.lagesbild_id}.{version.nummer}"
    return Tidigare(f"{version.aktor.slug}@{host}", id_, version.publicerad)


def _om_underrattelse(version: UnderrattelseVersion, aktor: Aktor) -> Tidigare:
    host = vard(web.settings().base_url)
    id_ = f"{host}.underrattelse.{version.underrattelse_id}.{version.nummer}"
    return Tidigare(f"{aktor.slug}@{host}", id_, version.publicerad)


def _i_ordning(tidigare: Iterable[Tidigare]) -> tuple[Tidigare, ...]:
    """The oldest first."""
    return tuple(sorted(tidigare, key=lambda ett: ett.skickad))


def _bradska(handelse: Handelse, *, bradskande: bool) -> str:
    aktiverat = handelse.lage == Lage.AKTIVERAT
    return cap.bradska(bradskande=bradskande, aktiverat=aktiverat, stangd=handelse.stangd is not None)


def _grader(texter: dict[str, str], slag: dict[str, Avsnittsslag]) -> list[str]:
    konsekvenser = [text for nyckel, text in texter.items() if slag.get(nyckel) is Avsnittsslag.KONSEKVENSER]
    return [rad[1] for text in konsekvenser for rad in rader.dela(text, Avsnittsslag.KONSEKVENSER)[0]]


def _versionstext(version: LagesbildVersion) -> str:
    nytt = f"Nytt i version {version.nummer}: {version.andringsnotering}" if version.andringsnotering else ""
    return "\n\n".join(filter(None, [version.sammanfattning, nytt])) or "Läget är oförändrat."


def _lasare(sak: Sak) -> tuple[str, ...] | None:
    """The actors that alone may read it, by slug; None when all may."""
    if sak.lasande_aktorer() is None:
        return None
    return tuple(aktor.slug for aktor in lasratt(sak, alla_aktorer(web.session())).har)


def _svara(om: Meddelande, namn: str) -> Response:
    svar = make_response(cap.cap(om))
    svar.mimetype = cap.MIME
    svar.headers["Content-Disposition"] = f'attachment; filename="{namn}.cap.xml"'
    return svar
