"""Content controls on the bodies: dates, numbers, rates, natures, withholding (facts §7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from lxml import etree

from infra.local.sdi.amounts import amount, check_amounts
from infra.local.sdi.catalogue import Finding
from infra.local.sdi.parties import Header, check_header, check_parties
from infra.local.sdi.registry import (
    USUAL,
    Registry,
    check_intents,
    check_registered,
    check_seller_active,
)
from infra.local.sdi.xmlfiles import SIMPLIFIED_ROOT, text

_GENERAL = "DatiGenerali/DatiGeneraliDocumento"
_LINES = "DatiBeniServizi/DettaglioLinee"
_SUMMARIES = "DatiBeniServizi/DatiRiepilogo"
_FUNDS = f"{_GENERAL}/DatiCassaPrevidenziale"

_COARSE_NATURES = frozenset({"N2", "N3", "N6"})
_COARSE_NATURES_UNTIL = date(2021, 1, 1)
_SIMPLIFIED_MAX = Decimal(400)
_SIMPLIFIED_EXEMPT_REGIMES = frozenset({"RF19", "RF20"})


def check_content(
    root: etree._Element, header: Header, today: date, registry: Registry = USUAL
) -> list[Finding]:
    """All content errors of a schema-valid document, header first. `today` is Italy's date."""
    findings = [*check_registered(header, today, registry), *check_header(header)]
    for body in root.iterfind("FatturaElettronicaBody"):
        findings.extend(_check_general(body, header, today))
        findings.extend(_check_lookups(body, header, registry))
        if root.tag == SIMPLIFIED_ROOT:
            findings.extend(_check_simplified(body, header))
        else:
            findings.extend(_check_ordinary(body))
    return findings


def document_date(node: etree._Element, path: str = f"{_GENERAL}/Data") -> date | None:
    """The xs:date at `path`, without the time zone it may carry; None when absent."""
    found = text(node, path)
    return date.fromisoformat(found[:10]) if found else None


def document_kind(body: etree._Element) -> str:
    """TipoDocumento."""
    return text(body, f"{_GENERAL}/TipoDocumento")


def document_number(body: etree._Element) -> str:
    """Numero as written."""
    return text(body, f"{_GENERAL}/Numero")


def _check_general(body: etree._Element, header: Header, today: date) -> Iterator[Finding]:
    kind, number, issued = document_kind(body), document_number(body), document_date(body)
    assert issued is not None, "the schema requires Data"
    if issued > today:
        yield Finding("00403", issued.isoformat())
    if not any("0" <= character <= "9" for character in number):
        yield Finding("00425", number)
    yield from check_parties(header, kind)
    linked = [document_date(node, ".") for node in body.iterfind(".//DatiFattureCollegate/Data")]
    if kind != "TD04":
        linked = []
    linked += [document_date(node, ".") for node in body.iterfind(".//DataFR")]
    if any(other is not None and issued < other for other in linked):
        yield Finding("00418", number)
    natures = {(node.text or "").strip() for node in body.iter("Natura")}
    for nature in sorted(natures & _COARSE_NATURES):
        if issued >= _COARSE_NATURES_UNTIL:
            yield Finding("00445", nature)


def _check_lookups(body: etree._Element, header: Header, registry: Registry) -> Iterator[Finding]:
    issued = document_date(body)
    assert issued is not None, "the schema requires Data"
    yield from check_seller_active(header, document_kind(body), issued, registry)
    yield from check_intents(body, registry)


def _check_ordinary(body: etree._Element) -> Iterator[Finding]:
    kind = document_kind(body)
    yield from _check_lines(body, kind)
    yield from _check_funds(body)
    yield from _check_summaries(body, kind)
    yield from _check_rates(body)
    yield from check_amounts(body)


def _check_lines(body: etree._Element, kind: str) -> Iterator[Finding]:
    subject_to_withholding = False
    for line in body.iterfind(_LINES):
        rate, nature = amount(line, "AliquotaIVA"), text(line, "Natura")
        where = f"linea {text(line, 'NumeroLinea')}"
        if rate == 0 and not nature:
            yield Finding("00400", where)
        if rate != 0 and nature and kind != "TD16":
            yield Finding("00401", where)
        if rate == 0 and kind == "TD21":
            yield Finding("00474", where)
        for _ in _empty_discounts(line):
            yield Finding("00438", where)
        subject_to_withholding |= text(line, "Ritenuta") == "SI"
    for _ in _empty_discounts(body.find(_GENERAL)):
        yield Finding("00437")
    if subject_to_withholding and body.find(f"{_GENERAL}/DatiRitenuta") is None:
        yield Finding("00411")


def _empty_discounts(node: etree._Element) -> Iterator[etree._Element]:
    for discount in node.iterfind("ScontoMaggiorazione"):
        if not text(discount, "Percentuale") and not text(discount, "Importo"):
            yield discount


def _check_funds(body: etree._Element) -> Iterator[Finding]:
    subject_to_withholding = False
    for fund in body.iterfind(_FUNDS):
        rate, nature = amount(fund, "AliquotaIVA"), text(fund, "Natura")
        where = text(fund, "TipoCassa")
        if rate == 0 and not nature:
            yield Finding("00413", where)
        if rate != 0 and nature:
            yield Finding("00414", where)
        subject_to_withholding |= text(fund, "Ritenuta") == "SI"
    if subject_to_withholding and body.find(f"{_GENERAL}/DatiRitenuta") is None:
        yield Finding("00415")


def _check_summaries(body: etree._Element, kind: str) -> Iterator[Finding]:
    for summary in body.iterfind(_SUMMARIES):
        rate, nature = amount(summary, "AliquotaIVA"), text(summary, "Natura")
        where = f"aliquota {rate:f}"
        if rate == 0 and not nature:
            yield Finding("00429", where)
        if rate != 0 and nature and kind != "TD16":
            yield Finding("00430", where)
        if nature.startswith("N6") and text(summary, "EsigibilitaIVA") == "S":
            yield Finding("00420", nature)


def _check_rates(body: etree._Element) -> Iterator[Finding]:
    """00419, 00424, 00443 and 00444: what lines and funds use and what the summaries list."""
    sources = [*body.iterfind(_LINES), *body.iterfind(_FUNDS)]
    summaries = list(body.iterfind(_SUMMARIES))
    used = {amount(node, "AliquotaIVA") for node in sources}
    listed = {amount(node, "AliquotaIVA") for node in summaries}
    for rate in sorted(used | listed):
        if 0 < rate < 1:
            yield Finding("00424", f"{rate:f}")
    if len(summaries) < len(used):
        yield Finding("00419", f"{len(used)} aliquote, {len(summaries)} riepiloghi")
    for rate in sorted(used ^ listed):
        yield Finding("00443", f"{rate:f}")
    used_natures = {text(node, "Natura") for node in sources} - {""}
    listed_natures = {text(node, "Natura") for node in summaries} - {""}
    for nature in sorted(used_natures ^ listed_natures):
        yield Finding("00444", nature)


def _check_simplified(body: etree._Element, header: Header) -> Iterator[Finding]:
    total = Decimal(0)
    for position, line in enumerate(body.iterfind("DatiBeniServizi"), start=1):
        total += amount(line, "Importo")
        given, nature = text(line, "DatiIVA/Aliquota"), text(line, "Natura")
        rate = amount(line, "DatiIVA/Aliquota")
        if given and rate == 0 and not nature:
            yield Finding("00400", f"linea {position}")
        if rate != 0 and nature:
            yield Finding("00401", f"linea {position}")
        if 0 < rate < 1:
            yield Finding("00424", f"{rate:f}")
    rectifies = body.find("DatiGenerali/DatiFatturaRettificata") is not None
    exempt = rectifies or header.seller_regime in _SIMPLIFIED_EXEMPT_REGIMES
    if total > _SIMPLIFIED_MAX and not exempt:
        yield Finding("00460", f"{total:f}")
