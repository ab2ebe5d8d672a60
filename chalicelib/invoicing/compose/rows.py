"""From the lines that were asked for to the lines that are written.

Beside its own lines a document may get: the rest of a long description, the discounts on the whole
(SdI checks the lines and knows no other place for them), the stamp that the buyer pays.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from chalicelib.invoicing.compose.fitting import refused
from chalicelib.invoicing.compose.money import HUNDRED, TOO_MUCH, ZERO, parts, rounded, scaled
from chalicelib.invoicing.compose.values import Change, Document, Line
from chalicelib.invoicing.fatturapa.text import split

DESCRIPTION_CHARS = 1_000
ROWS = 9_999  # NumeroLinea, 2.2.1.1
STAMP_TEXT = "Imposta di bollo assolta in modo virtuale"
_DISCOUNT_TEXT = "Sconto sul totale"
_SURCHARGE_TEXT = "Maggiorazione sul totale"


@dataclass(frozen=True)
class Row:
    """One DettaglioLinee. `place` is the line of the document that it opens, from one, or 0."""

    line: Line
    total: Decimal
    place: int = 0


def unit_price(line: Line) -> Fraction:
    """The price of a unit after discounts and surcharges, each on what the one before left.

    Source: fatturapa.md section 7, control 00423.
    """
    price = Fraction(line.price)
    for change in line.changes:
        if change.amount is not None:
            step = Fraction(change.amount)
        else:
            step = price * Fraction(change.percent or ZERO) / HUNDRED
        price += step if change.kind == "MG" else -step
    return price


def line_total(line: Line, places: int) -> Decimal:
    """PrezzoTotale, with at most so many decimals."""
    quantity = Fraction(line.quantity) if line.quantity is not None else Fraction(1)
    return scaled(rounded(unit_price(line) * quantity, places), 2, 8)


def _check_changes(changes: tuple[Change, ...], field: str) -> None:
    for place, change in enumerate(changes):
        if (change.percent is None) == (change.amount is None):
            message = "A discount is either per cent or an amount."
            raise refused("compose_change", message, f"{field}[{place}]", control="00438")


def _spread_percents(document: Document, field: str) -> tuple[Change, ...]:
    """The changes on the whole that every line takes; those in money come after them."""
    _check_changes(document.changes, f"{field}.changes")
    percents = tuple(change for change in document.changes if change.percent is not None)
    if document.changes[: len(percents)] != percents:
        message = "On the whole document, discounts per cent come before those in money."
        raise refused("compose_change_order", message, f"{field}.changes")
    return percents


def _own_rows(document: Document, field: str) -> Iterator[Row]:
    percents = _spread_percents(document, field)
    for place, line in enumerate(document.lines, start=1):
        where = f"{field}.lines[{place - 1}]"
        _check_changes(line.changes, f"{where}.changes")
        line = dataclasses.replace(line, changes=line.changes + percents)
        total = line_total(line, document.places)
        if abs(total) >= TOO_MUCH:
            raise refused("compose_amount", "The total of the line is too large.", where)
        head, *rest = split(line.description, DESCRIPTION_CHARS)
        yield Row(dataclasses.replace(line, description=head), total, place)
        for words in rest:
            yield Row(_beside(line, words, ZERO), scaled(ZERO, 2, 8))


def _beside(line: Line, description: str, price: Decimal) -> Line:
    """A line under the same VAT as another one."""
    return Line(
        description=description,
        price=scaled(price, 2, 8),
        rate=line.rate,
        natura=line.natura,
        exigibility=line.exigibility,
        law=line.law,
        withheld=line.withheld,
        funded=line.funded,
    )


def _key(line: Line) -> tuple[object, ...]:
    return (line.rate, line.natura, line.exigibility, line.law, line.withheld, line.funded)


def _whole_changes(document: Document, rows: list[Row], field: str) -> Iterator[Row]:
    """Discounts and surcharges in money, shared among the lines that are taxed alike."""
    groups: dict[tuple[object, ...], tuple[Line, Decimal]] = {}
    for row in rows:
        line, total = groups.get(_key(row.line), (row.line, ZERO))
        groups[_key(row.line)] = (line, total + row.total)
    for place, change in enumerate(document.changes):
        if change.amount is None:
            continue
        where = f"{field}.changes[{place}]"
        if change.amount != rounded(change.amount, 2):
            raise refused("compose_decimals", "The amount is in cents.", where, high=2)
        weights = [total for _, total in groups.values()]
        if not sum(weights):
            raise refused("compose_change", "There is nothing to take it from.", where)
        discount = change.kind == "SC"
        signed = -change.amount if discount else change.amount
        for (line, _), share in zip(groups.values(), parts(signed, weights), strict=True):
            if share:
                made = _beside(line, _DISCOUNT_TEXT if discount else _SURCHARGE_TEXT, share)
                kind = "SC" if discount else ""
                yield Row(dataclasses.replace(made, kind=kind), made.price)


def rows_of(document: Document, field: str) -> list[Row]:
    """The lines of a document without that of the stamp; `field` is the path of the document.

    Raises Rejected: compose_change, compose_change_order, compose_decimals, compose_amount,
    compose_lines.
    """
    rows = list(_own_rows(document, field))
    rows += _whole_changes(document, rows, field)
    # One more may come: the stamp.
    if not document.lines or len(rows) >= ROWS:
        message = "A document has at least one line and fewer than 9,999."
        raise refused("compose_lines", message, f"{field}.lines")
    return rows


def stamp_row(amount: Decimal) -> Row:
    """The stamp that the buyer pays: an expense outside VAT."""
    line = Line(
        description=STAMP_TEXT, price=amount, rate=scaled(ZERO, 2, 2), natura="N1", funded=False
    )
    return Row(line, amount)
