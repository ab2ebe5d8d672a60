"""Controls on the figures of an ordinary invoice body: discounts, totals, tax (facts §7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from lxml import etree

from infra.local.sdi.catalogue import Finding
from infra.local.sdi.xmlfiles import text

_CENT = Decimal("0.01")
_EURO = Decimal(1)
_ZERO = Decimal(0)


def amount(node: etree._Element, path: str, missing: Decimal = _ZERO) -> Decimal:
    """The exact number at `path`; `missing` when the element is absent."""
    found = text(node, path)
    return Decimal(found) if found else missing


def check_amounts(body: etree._Element) -> Iterator[Finding]:
    """00421, 00422 and 00423 on one FatturaElettronicaBody."""
    for line in body.iterfind("DatiBeniServizi/DettaglioLinee"):
        yield from _check_line_total(line)
    yield from _check_taxable(body)
    for summary in body.iterfind("DatiBeniServizi/DatiRiepilogo"):
        yield from _check_tax(summary)


def _check_line_total(line: etree._Element) -> Iterator[Finding]:
    """00423: discounts cascade on the unit price; a cent of difference passes."""
    price = amount(line, "PrezzoUnitario")
    for change in line.iterfind("ScontoMaggiorazione"):
        step = (
            amount(change, "Importo")
            if text(change, "Importo")
            else price * amount(change, "Percentuale") / 100
        )
        price += step if text(change, "Tipo") == "MG" else -step
    expected = price * amount(line, "Quantita", Decimal(1))
    given = amount(line, "PrezzoTotale")
    if abs(given - expected) > _CENT:
        number = text(line, "NumeroLinea")
        yield Finding("00423", f"linea {number}, atteso {expected:f}, trovato {given:f}")


def _check_taxable(body: etree._Element) -> Iterator[Finding]:
    """00422: by rate, all the natures of rate zero together; less than a euro passes."""
    computed: dict[Decimal, Decimal] = defaultdict(Decimal)
    declared: dict[Decimal, Decimal] = defaultdict(Decimal)
    for line in body.iterfind("DatiBeniServizi/DettaglioLinee"):
        computed[amount(line, "AliquotaIVA")] += amount(line, "PrezzoTotale")
    for fund in body.iterfind("DatiGenerali/DatiGeneraliDocumento/DatiCassaPrevidenziale"):
        computed[amount(fund, "AliquotaIVA")] += amount(fund, "ImportoContributoCassa")
    for summary in body.iterfind("DatiBeniServizi/DatiRiepilogo"):
        rate = amount(summary, "AliquotaIVA")
        declared[rate] += amount(summary, "ImponibileImporto")
        computed[rate] += amount(summary, "Arrotondamento")
    for rate, total in declared.items():
        if abs(total - computed[rate]) >= _EURO:
            yield Finding("00422", f"aliquota {rate:f}, atteso {computed[rate]:f}")


def _check_tax(summary: etree._Element) -> Iterator[Finding]:
    """00421: rate on the taxable amount, rounded half up; a cent either way passes."""
    rate = amount(summary, "AliquotaIVA")
    exact = rate * amount(summary, "ImponibileImporto") / 100
    expected = exact.quantize(_CENT, rounding=ROUND_HALF_UP)
    given = amount(summary, "Imposta")
    if abs(given - expected) > _CENT:
        yield Finding("00421", f"aliquota {rate:f}, atteso {expected:f}, trovato {given:f}")
