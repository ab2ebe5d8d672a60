"""Exact arithmetic and the two roundings of an invoice.

Source: fatturapa.md section 7: all decimals exact, half up (away from zero for negatives).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

ZERO = Decimal(0)
HUNDRED = 100
# Eleven digits before the point (A2, A8): what no amount of the format may reach.
TOO_MUCH = Decimal(10**11)


def rounded(value: Fraction | Decimal, places: int) -> Decimal:
    """To so many decimals, half away from zero; exact however long the number is."""
    exact = Fraction(value) * 10**places
    half_up = (abs(exact.numerator) * 2 + exact.denominator) // (2 * exact.denominator)
    digits = tuple(map(int, str(half_up)))
    return Decimal((int(exact < 0 and half_up > 0), digits, -places))


def cents(value: Fraction | Decimal) -> Decimal:
    """To the cent."""
    return rounded(value, 2)


def scaled(value: Decimal, low: int, high: int) -> Decimal:
    """The same number with `low` decimals, or as many more as it needs.

    Raises ValueError when it needs more than `high`.
    """
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int), "finite"
    figures = list(digits)
    while exponent < -low and figures[-1] == 0 and len(figures) > 1:
        figures.pop()
        exponent += 1
    if not any(figures):
        return Decimal((0, (0,), -low))
    if exponent < -high:
        raise ValueError(str(value))
    if exponent > -low:
        figures += [0] * (exponent + low)
        exponent = -low
    return Decimal((sign, tuple(figures), exponent))


def percent(value: Decimal, rate: Decimal) -> Decimal:
    """So many per cent of an amount, to the cent."""
    return cents(Fraction(value) * Fraction(rate) / HUNDRED)


def parts(amount: Decimal, weights: Sequence[Fraction | Decimal]) -> list[Decimal]:
    """An amount in cents shared by weight, each part in cents, their sum exact.

    The boundaries between parts are rounded and not the parts, so the remainder spreads itself.
    """
    whole = sum((Fraction(weight) for weight in weights), Fraction(0))
    shares, reached, running = [], ZERO, Fraction(0)
    for weight in weights:
        running += Fraction(weight)
        boundary = cents(Fraction(amount) * running / whole)
        shares.append(boundary - reached)
        reached = boundary
    return shares
