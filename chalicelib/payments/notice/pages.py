"""Which modules stand on which page.

The guide: modules keep their order; the whole, where it can be paid at once, comes first; then
instalments in rows of two or of three, one kind in a notice; each followed by its Poste slip where
there is a postal account. Where the whole cannot be paid at once, instalments begin on page one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from chalicelib.payments.notice import head
from chalicelib.payments.notice.model import Notice, Payment
from chalicelib.payments.notice.modules import (
    THREE,
    TWO,
    Columns,
    data_heading,
    row,
    title_of_whole,
    whole,
)
from chalicelib.payments.notice.sheet import Sheet
from chalicelib.payments.notice.slip import LOW, TALL, slip

Module = Callable[[Sheet, Notice], None]
Row = tuple[int, tuple[Payment, ...]]

_DATA: Final = 142.5
_DATA_OF_ROWS: Final = 141.9  # 142.5 by the print service, 141.3 by the model of many instalments
_TOP_BELOW: Final = 137.5  # how far down what is above the payments may go before they give way
_SLIP: Final = 203.4
_ROW_AFTER_WHOLE: Final = 199.4
_ROW_FIRST: Final = 153.8
_ROW: Final = 45.7  # on the pages after the first
_ROWS_APART: Final = 90.0
_SLIPS_TALL: Final = (132.7, 203.6)
_SLIPS_LOW: Final = (112.1, 172.9, 233.8)
_SLIPS_ALONE_TALL: Final = (45.7, 116.6)
_SLIPS_ALONE_LOW: Final = (45.7, 106.5, 167.4)


def columns_of(notice: Notice) -> Columns:
    """Three where the number is a multiple of three or large, two where it is even."""
    count = len(notice.instalments)
    if notice.second is not None:
        return TWO  # two languages need the room
    if count >= head.MANY or count % 3 == 0 or count % 2:
        return THREE
    return TWO


def compose(notice: Notice) -> list[list[Module]]:
    """The modules of each page, in reading order; the head of the page is not among them."""
    at = columns_of(notice)
    each = len(at.lefts)
    rows: list[Row] = [
        (first + 1, notice.instalments[first : first + each])
        for first in range(0, len(notice.instalments), each)
    ]
    opening, rows = _first_page(notice, at, rows)
    return [opening, *_next_pages(notice, at, rows)]


def _first_page(notice: Notice, at: Columns, rows: list[Row]) -> tuple[list[Module], list[Row]]:
    """What stands on page one, and the rows that do not."""
    beside = notice.second is None  # with two languages what is above needs the place
    if notice.whole is not None:
        now = rows[:1] if beside and not notice.creditor.postal else []
        return [partial(_open, now=now, at=at)], rows[len(now) :]
    now = rows[:1] if beside else []
    left = rows if notice.creditor.postal else rows[len(now) :]
    return [partial(_open, now=now, at=at)], left


def _open(sheet: Sheet, notice: Notice, *, now: list[Row], at: Columns) -> None:
    """Page one: parties, amount, where to pay, and the payments that fit."""
    head.parties(sheet, notice)
    below = max(head.amount(sheet, notice), head.where(sheet, notice))
    # Two languages may go further down than the measured page; then what follows gives way.
    lower = max(0.0, below - _TOP_BELOW) if sheet.second is not None else 0.0
    if notice.whole is not None:
        whole(sheet, notice, notice.whole, _DATA + lower)
        if notice.creditor.postal:
            title = title_of_whole(sheet, notice.whole)
            slip(sheet, notice, title, notice.whole, _SLIP + lower, TALL)
        top = _ROW_AFTER_WHOLE
    else:
        data_heading(sheet, _DATA_OF_ROWS + lower)
        top = _ROW_FIRST
    for first, payments in now:
        row(sheet, notice, first, payments, at, top)


def _next_pages(notice: Notice, at: Columns, rows: list[Row]) -> list[list[Module]]:
    if not notice.creditor.postal:
        # Two rows to a page.
        return [
            [
                partial(_row, first=first, payments=payments, at=at, top=_ROW + n * _ROWS_APART)
                for n, (first, payments) in enumerate(rows[place : place + 2])
            ]
            for place in range(0, len(rows), 2)
        ]
    # A row and its slips to a page; of a row that stands on page one only the slips.
    standing = notice.whole is None and notice.second is None
    return [
        [partial(_slips, first=first, payments=payments, at=at, alone=standing and first == 1)]
        for first, payments in rows
    ]


def _row(
    sheet: Sheet,
    notice: Notice,
    *,
    first: int,
    payments: tuple[Payment, ...],
    at: Columns,
    top: float,
) -> None:
    row(sheet, notice, first, payments, at, top)


def _slips(
    sheet: Sheet,
    notice: Notice,
    *,
    first: int,
    payments: tuple[Payment, ...],
    at: Columns,
    alone: bool,
) -> None:
    """A row and its slips, or the slips alone."""
    low = at is THREE
    if alone:
        tops = _SLIPS_ALONE_LOW if low else _SLIPS_ALONE_TALL
    else:
        row(sheet, notice, first, payments, at, _ROW, brief=low)
        tops = _SLIPS_LOW if low else _SLIPS_TALL
    for place, payment in enumerate(payments):
        title = sheet.first.rate.format(n=payment.rate or first + place)
        slip(sheet, notice, title, payment, tops[place], LOW if low else TALL)
