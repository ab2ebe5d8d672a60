"""The payment modules: the whole at once, and instalments beside each other by two or three."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chalicelib.base.pdf.canvas import PAGE_WIDTH
from chalicelib.base.typeset import POINT_MM, clean, width
from chalicelib.payments import codes, iuv, qr
from chalicelib.payments.notice.model import Notice, Payment, day, euros
from chalicelib.payments.notice.sheet import (
    AMOUNT,
    CODED,
    EURO,
    HEADING,
    HINT,
    HINT_SMALL,
    LABEL,
    LEFT,
    RIGHT,
    VALUE,
    Sheet,
    band,
    grey,
    put,
    put_both,
    put_fitted,
    put_right,
    smaller,
    steps,
)

QR_SIDE: Final = 25.0
_DATA: Final = 59.0  # where the data beside the QR code begin
_CODE: Final = 94.2
# In narrow columns the guide's own models say it shorter; PagoPA has this in Italian only.
_HINT_NARROW: Final = "Inquadra il codice QR con la tua app o usa i dati sopra."

_NAME: Final = steps(VALUE, 1, (7.2, 3.0, 1), (6.4, 2.8, 1), (6.4, 2.5, 2), (5.5, 2.1, 3))
_SUBJECT: Final = steps(VALUE, 2, (7, 3.0, 2), (6, 2.6, 3))
_NARROW_NAME: Final = steps(VALUE, 1, (7, 2.7, 2), (6, 2.4, 2), (5.5, 2.1, 3))
_HINT_WHOLE: Final = steps(HINT, 2, (7, 3.0, 4))


def amount_right(sheet: Sheet, right: float, top: float, cents: int, gap: float) -> None:
    """`Euro 1.020,99`, the figures larger, both on one baseline, ending at `right`."""
    left = put_right(sheet, right, top, euros(cents), AMOUNT)
    # Roboto Mono 12 and Titillium 10 begin at different heights above their common baseline.
    below = (1.048 * AMOUNT.points - 0.924 * EURO.points) * POINT_MM
    put_right(sheet, left - gap, top + below, sheet.first.euro, EURO)


def code(
    sheet: Sheet, notice: Notice, payment: Payment, left: float, top: float, side: float
) -> None:
    """The QR code of a payment, for whoever cannot see it its text."""
    text = codes.qr_text(payment.number, notice.creditor.code, payment.cents)
    symbol = qr.encode(text)
    sheet.canvas.modules(left, top, side, symbol.side, symbol.runs(), f"Codice QR: {text}")


def data_heading(sheet: Sheet, top: float) -> None:
    """The band that opens the payments."""
    band(sheet, 0.0, PAGE_WIDTH, top)
    put_both(sheet, LEFT, top, "data", HEADING)


def until(sheet: Sheet, title: str, payment: Payment) -> str:
    """`Rata unica entro il 31/12/2026`; without the day where there is none."""
    return f"{title} {sheet.first.rate_by} {day(payment.due)}" if payment.due else title


def title_of_whole(sheet: Sheet, payment: Payment) -> str:
    """`Rata unica`; the last one that is left of a plan keeps its own name."""
    return sheet.first.rate.format(n=payment.rate) if payment.rate else sheet.first.single


# ------------------------------------------------------------------ the whole
def whole(sheet: Sheet, notice: Notice, payment: Payment, top: float) -> None:
    """The whole amount at once; `top` is that of its heading, 142.5 on a measured page."""
    data_heading(sheet, top)
    put_right(sheet, RIGHT, top, until(sheet, title_of_whole(sheet, payment), payment), HEADING)
    code(sheet, notice, payment, LEFT, top + 12.3, QR_SIDE)
    below = put_fitted(sheet, LEFT, top + 42.2, sheet.first.hint_single, _HINT_WHOLE, 45.0)
    if sheet.second is not None:
        hint = grey(smaller(HINT, 7, 3.0))
        put_fitted(sheet, LEFT, below, sheet.second.hint_single, ((hint, 9),), 45.0)
    put_both(sheet, _DATA, top + 12.0, "data_recipient", LABEL)
    put_fitted(sheet, _DATA, top + 15.7, notice.debtor.name, _NAME, 92.0)
    amount_right(sheet, RIGHT, top + 12.1, payment.cents, 0.8)
    put_both(sheet, _DATA, top + 21.3, "data_creditor", LABEL)
    put_fitted(sheet, _DATA, top + 25.0, notice.creditor.name, _NAME, RIGHT - _DATA)
    put_both(sheet, _DATA, top + 30.6, "subject", LABEL)
    put_fitted(sheet, _DATA, top + 34.3, notice.subject, _SUBJECT, RIGHT - _DATA)
    if notice.creditor.cbill:
        put_both(sheet, _DATA, top + 41.9, "cbill", LABEL, _CODE - _DATA - 3.0)
        put(sheet, _DATA, top + 46.7, notice.creditor.cbill, CODED)
    put_both(sheet, _CODE, top + 41.9, "notice_code", LABEL, 50.0)
    put(sheet, _CODE, top + 46.7, iuv.grouped(payment.number), CODED)
    _fiscal_right(sheet, notice.creditor.code, top + 41.9)


def _fiscal_right(sheet: Sheet, fiscal: str, top: float) -> None:
    """The creditor's fiscal code and its label, which end at the right margin."""
    right = RIGHT
    if sheet.second is not None:
        style = grey(LABEL)
        right = put_right(sheet, RIGHT, top, sheet.second.creditor_code, style) - 1.1
    put_right(sheet, right, top, sheet.first.creditor_code, LABEL)
    put_right(sheet, RIGHT, top + 4.8, fiscal, CODED)


# ------------------------------------------------------------------ instalments
@dataclass(frozen=True)
class Columns:
    """Where the instalments of a row stand; tops are below that of the row's heading."""

    lefts: tuple[float, ...]
    bands: tuple[tuple[float, float], ...]
    room: float
    qr_left: float
    qr_side: float
    cbill: float  # from the column's left
    due: float
    code: float
    fiscal: float
    subject: float
    creditor: float
    hint: float
    hint_brief: float


TWO: Final = Columns(
    lefts=(10.0, 111.0), bands=((0.0, 103.0), (105.0, PAGE_WIDTH)), room=89.0,
    qr_left=64.0, qr_side=25.0, cbill=33.3,
    due=20.5, code=30.6, fiscal=40.9, subject=52.8, creditor=62.0, hint=73.4, hint_brief=73.4,
)  # fmt: skip
THREE: Final = Columns(
    lefts=(10.0, 77.3, 144.7), bands=((0.0, 70.4), (72.0, 137.8), (139.4, PAGE_WIDTH)), room=55.3,
    qr_left=35.2, qr_side=20.0, cbill=33.3,
    due=21.8, code=33.3, fiscal=43.5, subject=55.4, creditor=64.7, hint=76.1, hint_brief=55.5,
)  # fmt: skip


def row(
    sheet: Sheet,
    notice: Notice,
    first: int,
    payments: tuple[Payment, ...],
    columns: Columns,
    top: float,
    *,
    brief: bool = False,
) -> None:
    """Instalments beside each other, numbered from `first` where they do not say it;
    `brief` leaves out what stands on the slips below anyway."""
    for place, payment in enumerate(payments):
        band(sheet, *columns.bands[place], top)
        number = payment.rate or first + place
        _rate(sheet, notice, number, payment, columns, columns.lefts[place], top, brief)


def _rate(
    sheet: Sheet,
    notice: Notice,
    number: int,
    payment: Payment,
    at: Columns,
    left: float,
    top: float,
    brief: bool,
) -> None:
    title = sheet.first.rate.format(n=number)
    end = put(sheet, left, top, title, HEADING)
    if sheet.second is not None:
        put(sheet, end + 1.2, top, sheet.second.rate.format(n=number), grey(HEADING))
    code(sheet, notice, payment, left + at.qr_left, top + 10.2, at.qr_side)
    beside = at.qr_left - 2.0
    put_both(sheet, left, top + 10.2, "euro", LABEL, beside)
    _figures(sheet, left, top + 13.9, euros(payment.cents), beside)
    if payment.due:
        _by(sheet, left, top + at.due)
        put(sheet, left, top + at.due + 3.7, day(payment.due), CODED)
    put_both(sheet, left, top + at.code, "notice_code", LABEL, at.room)
    put(sheet, left, top + at.code + 3.6, iuv.grouped(payment.number), CODED)
    _codes(sheet, notice, at, left, top + at.fiscal)
    if not brief:
        put_both(sheet, left, top + at.subject, "subject", LABEL, at.room)
        put_fitted(sheet, left, top + at.subject + 3.8, notice.subject, _NARROW_NAME, at.room)
        put_both(sheet, left, top + at.creditor, "data_creditor", LABEL, at.room)
        name = notice.creditor.name
        put_fitted(sheet, left, top + at.creditor + 3.8, name, _NARROW_NAME, at.room)
    hint_top = top + (at.hint_brief if brief else at.hint)
    if at is THREE:
        put_fitted(sheet, left, hint_top, _HINT_NARROW, ((HINT_SMALL, 2),), at.room + 5.0)
        return
    below = put_fitted(sheet, left, hint_top, sheet.first.hint_rate, ((HINT, 2),), at.room)
    if sheet.second is not None:
        put_fitted(sheet, left, below, sheet.second.hint_rate, ((grey(HINT_SMALL), 2),), at.room)


def _by(sheet: Sheet, left: float, top: float) -> None:
    """In a column the words stand alone, so they begin with a capital."""
    end = put(sheet, left, top, _capital(sheet.first.rate_by), LABEL)
    if sheet.second is not None:
        put(sheet, end + 1.1, top, _capital(sheet.second.rate_by), grey(LABEL))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _figures(sheet: Sheet, left: float, top: float, text: str, room: float) -> None:
    """An amount as large as the place beside the QR code lets it be."""
    points = CODED.points
    natural = width(clean(text, sheet.faces, CODED), sheet.faces, CODED)
    if natural > room:
        points *= room / natural
    put(sheet, left, top, text, smaller(CODED, points, CODED.leading))


def _codes(sheet: Sheet, notice: Notice, at: Columns, left: float, top: float) -> None:
    beside = 57.0 if sheet.second else at.cbill
    put_both(sheet, left, top, "creditor_code", LABEL, beside - 2.0)
    put(sheet, left, top + 3.7, notice.creditor.code, CODED)
    if notice.creditor.cbill:
        put_both(sheet, left + beside, top, "cbill", LABEL, at.room - beside)
        put(sheet, left + beside, top + 3.7, notice.creditor.cbill, CODED)
