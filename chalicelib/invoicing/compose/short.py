"""From a document to FatturaElettronicaBody of FSM10, whose amounts hold the VAT.

Source: fatturapa.md section 4 (limit of 400 EUR and its exceptions) and section 16 (stamp).
"""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from fractions import Fraction

from chalicelib.invoicing.compose import law
from chalicelib.invoicing.compose.amounts import Totals, stamp_due
from chalicelib.invoicing.compose.bodies import YES, attachments
from chalicelib.invoicing.compose.fitting import refused
from chalicelib.invoicing.compose.money import HUNDRED, ZERO, cents
from chalicelib.invoicing.compose.rows import Row, rows_of, stamp_row
from chalicelib.invoicing.compose.values import Document, Line, Rectified
from chalicelib.invoicing.fatturapa.tree import simplified

LIMIT = Decimal(400)
UNLIMITED_REGIMES = frozenset({"RF19", "RF20"})
# What the format has no place for, and what it holds when nothing is said.
_ABSENT = {
    field.name: field.default
    for field in dataclasses.fields(Document)
    if field.name
    in {
        "art73", "cause", "deliveries", "funds", "main_invoice", "payments", "references",
        "rounding", "stages", "transport", "vehicle", "withholdings",
    }
}  # fmt: skip
_ABSENT_IN_LINES = {
    field.name: field.default
    for field in dataclasses.fields(Line)
    if field.name in {"codes", "data", "end", "kind", "reference", "start", "withheld"}
}
_NOTHING = Decimal("0.00")


def _check(document: Document, field: str) -> None:
    message = "The simplified format has no place for it."
    for name, nothing in _ABSENT.items():
        if getattr(document, name) != nothing:
            raise refused("compose_simplified", message, f"{field}.{name}")
    if document.exigibility != "I":
        raise refused("compose_simplified", message, f"{field}.exigibility")
    for place, line in enumerate(document.lines):
        where = f"{field}.lines[{place}]"
        for name, nothing in _ABSENT_IN_LINES.items():
            if getattr(line, name) != nothing:
                raise refused("compose_simplified", message, f"{where}.{name}")
        if line.exigibility:
            raise refused("compose_simplified", message, f"{where}.exigibility")


def _tax(gross: Decimal, rate: Decimal) -> Decimal:
    """The VAT inside an amount."""
    return cents(Fraction(gross) * Fraction(rate) / (HUNDRED + Fraction(rate)))


def _line(row: Row, regime: str) -> simplified.DatiBeniServiziType:
    line, gross = row.line, cents(row.total)
    return simplified.DatiBeniServiziType(
        Descrizione=line.description,
        Importo=gross,
        DatiIVA=simplified.DatiIVAType(Imposta=_tax(gross, line.rate), Aliquota=line.rate),
        Natura=line.natura or None,
        RiferimentoNormativo=line.law or law.usual(line.natura, regime) or None,
    )


def _rectified(other: Rectified | None) -> simplified.DatiFatturaRettificataType | None:
    if other is None:
        return None
    return simplified.DatiFatturaRettificataType(
        NumeroFR=other.number, DataFR=other.day.isoformat(), ElementiRettificati=other.what
    )


def _totals(lines: tuple[simplified.DatiBeniServiziType, ...], stamp: Decimal) -> Totals:
    total = sum((line.Importo for line in lines), _NOTHING)
    tax = sum((line.DatiIVA.Imposta or ZERO for line in lines), _NOTHING)
    return Totals(total - tax, tax, total, _NOTHING, _NOTHING, total, stamp)


def short_body(
    document: Document, regime: str, field: str
) -> tuple[simplified.FatturaElettronicaBodyType, Totals]:
    """One body and its figures; `regime` is the seller's, `field` the path of the document.

    Raises Rejected: compose_simplified (no place for a value), compose_limit (over 400 EUR).
    """
    _check(document, field)
    rows = rows_of(document, field)
    stamp = stamp_due(document.stamp, document.kind, ((row.line.natura, row.total) for row in rows))
    if stamp and document.stamp.charged:
        rows.append(stamp_row(stamp))
    lines = tuple(_line(row, regime) for row in rows)
    totals = _totals(lines, stamp)
    corrected = document.rectified
    if totals.total > LIMIT and corrected is None and regime not in UNLIMITED_REGIMES:
        message = "A simplified invoice is of at most 400 EUR."
        raise refused("compose_limit", message, f"{field}.lines", control="00460")
    made = simplified.FatturaElettronicaBodyType(
        DatiGenerali=simplified.DatiGeneraliType(
            DatiGeneraliDocumento=simplified.DatiGeneraliDocumentoType(
                TipoDocumento=document.kind,
                Divisa=document.currency,
                Data=document.day.isoformat(),
                Numero=document.number,
                BolloVirtuale=YES if stamp else None,
            ),
            DatiFatturaRettificata=_rectified(corrected),
        ),
        DatiBeniServizi=lines,
        Allegati=attachments(document.files, field),
    )
    return made, totals
