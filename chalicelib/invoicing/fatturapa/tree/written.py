"""Numbers that remember how they were written.

A Decimal keeps the scale of its text ("1.50" is not "1.5000") but not leading zeros, blanks or the
sign of a positive number, all of which the schemas allow. What a plain number would not give back
is kept beside it; arithmetic gives plain numbers.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation


class WrittenDecimal(Decimal):
    """A Decimal whose text in the file was `written`."""

    written: str

    def __new__(cls, written: str) -> WrittenDecimal:
        made = super().__new__(cls, written.strip(" \t\n\r"))
        made.written = written
        return made


class WrittenInt(int):
    """An int whose text in the file was `written`."""

    written: str

    def __new__(cls, written: str) -> WrittenInt:
        made = super().__new__(cls, written.strip(" \t\n\r"))
        made.written = written
        return made


def to_decimal(text: str) -> Decimal:
    """The number of a text. Raises ValueError for what is none, or not finite."""
    plain = text.strip(" \t\n\r")
    if not plain.isascii() or "_" in plain:
        raise ValueError(text)
    try:
        number = Decimal(plain)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not number.is_finite() or "e" in plain.lower():
        raise ValueError(text)
    return number if f"{number:f}" == text else WrittenDecimal(text)


def to_int(text: str) -> int:
    """The integer of a text. Raises ValueError for what is none."""
    if not text.isascii() or "_" in text:
        raise ValueError(text)
    number = int(text)
    return number if str(number) == text else WrittenInt(text)


def text_of(value: str | Decimal | int) -> str:
    """The text of a leaf, as it was written or in the plainest form of the schemas."""
    if isinstance(value, WrittenDecimal | WrittenInt):
        return value.written
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
