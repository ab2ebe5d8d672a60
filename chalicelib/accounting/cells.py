"""Amounts and days as banks write them into statements. Pure, and exact: no amount is a float."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final, Literal

from chalicelib.base.sheets import FORMULA, WRONG, Number

Mark = Literal["", ",", "."]

_AROUND = re.compile(r"[\s\u00a0\u202f'’_]|EUR|€", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]{1,12}", re.ASCII)
_GROUPED: Final = {
    mark: re.compile(rf"[0-9]{{1,3}}(?:[{other}][0-9]{{3}})*(?:[{mark}]([0-9]{{1,2}}))?", re.ASCII)
    for mark, other in ((",", "."), (".", ","))
}
_UNGROUPED: Final = {
    mark: re.compile(rf"[0-9]{{1,12}}(?:[{mark}]([0-9]{{1,2}}))?", re.ASCII) for mark in ",."
}
_NOISE: Final = Decimal("0.000001")  # what binary fractions leave in a workbook
_MOST: Final = Decimal(10) ** 12

_DAY_FIRST = re.compile(
    r"([0-9]{1,2})[/.\- ]([0-9]{1,2})[/.\- ]([0-9]{4}|[0-9]{2})(?![0-9])", re.ASCII
)
_YEAR_FIRST = re.compile(r"([0-9]{4})[/.\-]?([0-9]{2})[/.\-]?([0-9]{2})(?![0-9])", re.ASCII)
_1900, _1904 = date(1899, 12, 30), date(1904, 1, 1)


def cents(cell: str, mark: Mark = "") -> int | None:
    """Cents of an amount with its sign; None where there is none or it is not sure which.

    `1.234,56`, `1234.56`, `+12,5`, `12,50-`, `(12,50)`, `1 234,56 EUR`, a workbook's number.
    `mark`: the decimal one, if the file is known; else a mark before three digits at the end parts
    thousands, since no bank writes a tenth of a cent.
    """
    if cell is FORMULA or cell is WRONG:
        return None
    if isinstance(cell, Number):
        return _workbook_cents(cell)
    text = _AROUND.sub("", cell).replace("−", "-").replace("–", "-")
    negative = False
    if text.startswith("(") and text.endswith(")"):
        negative, text = True, text[1:-1]
    if text[:1] in ("+", "-"):
        negative, text = negative or text[0] == "-", text[1:]
    elif text[-1:] in ("+", "-"):
        negative, text = negative or text[-1] == "-", text[:-1]
    found = _unsigned(text, mark)
    return -found if found and negative else found


def _workbook_cents(cell: str) -> int | None:
    try:
        value = Decimal(cell)
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value) >= _MOST:
        return None
    exact = round(value * 100)
    return exact if abs(value * 100 - exact) < _NOISE * 100 else None


def _unsigned(text: str, mark: Mark) -> int | None:
    if _DIGITS.fullmatch(text):
        return int(text) * 100
    for one in (mark,) if mark else (",", "."):
        for form in (_UNGROUPED[one], _GROUPED[one]):
            if (found := form.fullmatch(text)) and len(text) <= 20:
                fraction = found[1] or ""
                whole = text[: len(text) - len(fraction) - 1] if fraction else text
                digits = re.sub(r"[.,]", "", whole)
                if len(digits) <= 12:
                    return int(digits) * 100 + int(fraction.ljust(2, "0") or 0)
    return None


@lru_cache(maxsize=1_024, typed=True)  # a workbook's 20240721 and a text's are two things
def day(cell: str, *, from_1904: bool = False) -> date | None:
    """The day in a cell: day first as in Italy, year first, or a workbook's number; a time behind
    it is nothing. None where there is none."""
    if isinstance(cell, Number):
        return _workbook_day(cell, from_1904)
    text = cell.strip()
    if found := _YEAR_FIRST.match(text):
        return _date(found[1], found[2], found[3])
    if found := _DAY_FIRST.match(text):
        year = found[3] if len(found[3]) == 4 else f"20{found[3]}"
        return _date(year, found[2], found[1])
    return None


def _date(year: str, month: str, number: str) -> date | None:
    try:
        found = date(int(year), int(month), int(number))
    except ValueError:
        return None
    return found if 1990 <= found.year < 2100 else None


def _workbook_day(cell: str, from_1904: bool) -> date | None:
    try:
        days = int(Decimal(cell))
    except (InvalidOperation, ValueError, OverflowError):
        return None
    if 19_900_101 <= days < 21_000_000:
        return day(str(days))  # 20240721 as a number
    if not 0 < days < 80_000:
        return None
    found = (_1904 if from_1904 else _1900) + timedelta(days=days)
    return found if 1990 <= found.year < 2100 else None
