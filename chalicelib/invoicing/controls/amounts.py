"""The arithmetic of SdI: 00421, 00422, 00423 and the limit of the simplified invoice, 00460.

Source: fatturapa.md section 7, Formulas, and section 4. Pure functions on Decimal; rounding is
half up, away from zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Context, Decimal

from chalicelib.invoicing.controls.catalogue import finding
from chalicelib.invoicing.controls.finding import Finding, Severity
from chalicelib.invoicing.controls.values import Body, Discount, Line

CENT = Decimal("0.01")
LINE_SURE = Decimal("0.02")  # from here SdI is known to reject; between a cent and here it varies
TAXABLE_TOLERANCE = Decimal(1)  # exactly one euro is already an error (section 7)
SIMPLIFIED_MAX = Decimal(400)
SIMPLIFIED_EXEMPT = frozenset({"RF19", "RF20"})
_HUNDRED = Decimal(100)
_ZERO = Decimal(0)
# Price and quantity have up to 39 digits together, each percentage adds four: exact for ten
# discounts, and beyond them a hostile file with thousands does not make the digits pile up.
_WIDE = Context(prec=80, rounding=ROUND_HALF_UP)


def round2(value: Decimal) -> Decimal:
    """To the cent, half up."""
    return value.quantize(CENT, ROUND_HALF_UP, _WIDE)


def text(value: Decimal) -> str:
    """For people: no exponent, at least two decimals."""
    whole, _, decimals = f"{value:f}".partition(".")
    return f"{whole}.{decimals.rstrip('0'):0<2}"


def tax(rate: Decimal, taxable: Decimal) -> Decimal:
    """Imposta by the formula of 00421."""
    return round2(rate * taxable / _HUNDRED)


def line_total(
    price: Decimal, quantity: Decimal | None, discounts: Iterable[Discount] = ()
) -> Decimal:
    """PrezzoTotale by the formula of 00423, not rounded.

    Each discount works on the unit price that those before it left; an amount, which is per unit,
    wins over a percentage; without a quantity the line is for one unit.
    """
    unit = price
    for one in discounts:
        if one.amount is not None:
            step = one.amount
        else:
            step = _WIDE.divide(_WIDE.multiply(unit, one.percent or _ZERO), _HUNDRED)
        unit = _WIDE.add(unit, step) if one.raises else _WIDE.subtract(unit, step)
    return unit if quantity is None else _WIDE.multiply(unit, quantity)


def line_severity(given: Decimal, expected: Decimal) -> Severity | None:
    """What 00423 makes of a line: None where it passes."""
    off = _WIDE.abs(_WIDE.subtract(given, expected))
    if off <= CENT:
        return None
    return "likely" if off < LINE_SURE else "error"


def check_lines(body: Body) -> Iterator[Finding]:
    """00423 on each line."""
    for line in body.lines:
        if line.discounts:
            expected = line_total(line.price, line.quantity, line.discounts)
        elif line.quantity is not None:
            expected = _WIDE.multiply(line.price, line.quantity)
        else:
            expected = line.price
        if expected == line.total:
            continue
        severity = line_severity(line.total, expected)
        if severity:
            yield finding(
                "00423",
                body.line(line, "PrezzoTotale"),
                body.index,
                severity=severity,
                found=text(line.total),
                expected=text(round2(expected)),
            )


def check_taxable(body: Body, rows: Iterable[Line]) -> Iterator[Finding]:
    """00422 on each rate: all blocks with the rate together, also the several Nature of rate 0.

    `rows` are the lines and funds. A rate without a summary has nothing to compare with: that is
    00443.
    """
    declared: dict[Decimal, Decimal] = {}
    computed: dict[Decimal, Decimal] = {}
    for one in body.summaries:
        declared[one.rate] = declared.get(one.rate, _ZERO) + one.taxable
        computed[one.rate] = computed.get(one.rate, _ZERO) + one.rounding
    for line in rows:
        if line.rate in computed:
            computed[line.rate] += line.total
    for rate, total in declared.items():
        if abs(total - computed[rate]) >= TAXABLE_TOLERANCE:
            first = next(one for one in body.summaries if one.rate == rate)
            yield finding(
                "00422",
                body.summary(first, "ImponibileImporto"),
                body.index,
                found=text(total),
                expected=text(computed[rate]),
            )


def check_tax(body: Body) -> Iterator[Finding]:
    """00421 on each summary; a cent either way passes."""
    for one in body.summaries:
        expected = tax(one.rate, one.taxable)
        if abs(one.tax - expected) > CENT:
            yield finding(
                "00421",
                body.summary(one, "Imposta"),
                body.index,
                found=text(one.tax),
                expected=text(expected),
            )


def check_simplified(body: Body, regime: str) -> Iterator[Finding]:
    """00460: gross total above 400 euro, save rectifications and the exempt regimes."""
    if body.corrects or regime in SIMPLIFIED_EXEMPT:
        return
    total = sum((one.total for one in body.gross), _ZERO)
    if total > SIMPLIFIED_MAX:
        where = f"{body.prefix}/DatiBeniServizi"
        yield finding("00460", where, body.index, found=text(total), expected=f"≤ {SIMPLIFIED_MAX}")
