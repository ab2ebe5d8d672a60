"""What stands above the payments: mark and subject, parties, amount, where to pay."""

from __future__ import annotations

from typing import Final

from chalicelib.base.pdf.canvas import PAGE_WIDTH
from chalicelib.base.typeset import Style
from chalicelib.payments.notice.model import Notice, day, euros
from chalicelib.payments.notice.sheet import (
    COLUMN,
    COLUMN_LEFT_END,
    FISCAL,
    HEADING,
    HINT,
    LABEL_STRONG,
    LEFT,
    RIGHT,
    STRONG,
    SUBHEADING,
    TEXT,
    TITLE,
    Sheet,
    band,
    broken,
    grey,
    info_sign,
    phone_sign,
    put,
    put_both,
    put_fitted,
    put_lines,
    put_logo,
    put_mark,
    put_right,
    put_right_spaced,
    shop_sign,
    steps,
)
from chalicelib.payments.notice.words import HOW_MUCH

MANY: Final = 10  # from so many instalments on the guide has a model of its own
_SITE: Final = "pagopa.gov.it"
_LOGO_SIDE: Final = 30.0
_HALF_END: Final = 104.5  # of the left half's bands, where the right half's begin 1.5 mm on
_HALF_BEGIN: Final = 106.0
_HALF_ROOM: Final = 90.0
_HALF_ROOM_RIGHT: Final = RIGHT - COLUMN
# Google's Titillium has figures of one width, PagoPA's has not: there a day is 2 mm shorter, and
# what stands above it begins where it does.
_CLOSER: Final = -0.2
_SIGN: Final = 6.0  # a remark stands so far right of its sign
_WHERE_ROOM: Final = 75.0  # beside the signs of phone and shop

_SUBJECT: Final = steps(
    Style(STRONG, 16, 7.0), 2, (14, 6.2, 2), (12.5, 5.5, 2), (11, 4.9, 3), (10, 4.5, 4)
)
_NAME: Final = steps(
    Style(STRONG, 14, 6.1), 2, (12, 5.5, 2), (10, 4.1, 3), (9, 4.0, 3), (8, 3.1, 4)
)
_SECTOR: Final = steps(Style(TEXT, 12, 5.6), 2, (10, 4.6, 2), (9, 3.7, 3))
_ADDRESS: Final = ((12, 6.0, 3), (10.5, 4.7, 4), (9, 3.7, 5), (8, 3.1, 6))
_INFO: Final = ((8, 3.8), (7, 3.0), (6.5, 2.6), (6, 2.4), (5.5, 2.1), (5, 1.9))
_INFO_END: Final = 89.6
_ONLINE: Final = steps(HINT, 2, (7.5, 3.4, 3), (7, 2.9, 3), (6.5, 2.6, 4), (6, 2.3, 5))
_LOCAL: Final = steps(HINT, 3, (7.5, 3.5, 4), (7, 3.1, 4), (6, 2.7, 5))
_BESIDE: Final = Style(TEXT, 7, 3.0)  # texts of two languages under each other


def header(sheet: Sheet, notice: Notice, logo: float) -> None:
    """The head of every page; `logo` is the width of the logo by its height, 0 for none."""
    put_mark(sheet)
    with_logo = logo > 0
    room = RIGHT - LEFT - (_LOGO_SIDE + 5.0 if with_logo else 0.0)
    put_both(sheet, 29.0, 9.9, "title", TITLE)
    put_fitted(sheet, LEFT, 23.8, notice.subject, _SUBJECT, room)
    if with_logo:
        put_logo(sheet, logo, _LOGO_SIDE, notice.creditor.name)


def parties(sheet: Sheet, notice: Notice) -> None:
    """Who asks, and who is asked."""
    creditor, debtor = notice.creditor, notice.debtor
    band(sheet, 0.0, _HALF_END, 45.7)
    put_both(sheet, LEFT, 45.7, "creditor", HEADING, 68.0)
    put_right(sheet, COLUMN_LEFT_END, 46.0, creditor.code, FISCAL)
    put_fitted(sheet, LEFT, 57.8, creditor.name, _NAME, _HALF_ROOM)
    above = 70.2
    if creditor.sector:
        above = put_fitted(sheet, LEFT, above, creditor.sector, _SECTOR, _HALF_ROOM)
    _contacts(sheet, notice, above)
    band(sheet, _HALF_BEGIN, PAGE_WIDTH, 45.7)
    put_both(sheet, COLUMN, 45.7, "recipient", HEADING, 56.0)
    put_right(sheet, RIGHT, 46.0, debtor.code, FISCAL)
    put_fitted(sheet, COLUMN, 57.8, debtor.name, _NAME, _HALF_ROOM_RIGHT)
    for points, leading, most in _ADDRESS:
        style = Style(TEXT, points, leading)
        lines = [
            line
            for given in debtor.address
            for line in broken(sheet, given, style, _HALF_ROOM_RIGHT)
        ]
        if len(lines) <= most:
            break
    if debtor.address:
        put_lines(sheet, COLUMN, 70.2, lines, style)


def _contacts(sheet: Sheet, notice: Notice, above: float) -> None:
    """How to reach the creditor, and the position on the portal; more lines begin higher up."""
    given = [text for text in (notice.creditor.info, notice.link) if text]
    if not given:
        return
    for points, leading in _INFO:
        style = Style(TEXT, points, leading)
        found = [broken(sheet, text, style, _HALF_ROOM) for text in given]
        top = min(81.8, _INFO_END - sum(map(len, found)) * leading)
        if top >= above:
            break
    for text, lines in zip(given, found, strict=True):
        below = put_lines(sheet, LEFT, top, lines, style)
        if text == notice.link:
            sheet.canvas.link(LEFT, top, _HALF_ROOM, below - top, text)
        top = below


# ------------------------------------------------------------------ amount and day
def amount(sheet: Sheet, notice: Notice) -> float:
    """How much, by when, and what else is to be known of it; gives how far down it goes."""
    band(sheet, 0.0, _HALF_END, 91.4)
    if any(payment.due for payment in notice.payments):
        put_both(sheet, LEFT, 91.4, "how_much_and_when", HEADING)
    else:
        put(sheet, LEFT, 91.4, HOW_MUCH, HEADING)
    count = len(notice.instalments)
    if notice.whole is None and count >= MANY:
        below = _remark(sheet, 104.1, [("many", {})])
        return _legal(sheet, notice, below + 2.9)
    _sum(sheet, notice)
    top = 118.3
    if count:
        name = "whole_or_rates" if notice.whole else "only_rates"
        top = _remark(sheet, top, [(name, {"n": str(count)})]) + 2.3
    return _legal(sheet, notice, top)


def _sum(sheet: Sheet, notice: Notice) -> None:
    put_both(sheet, LEFT, 103.7, "amount", LABEL_STRONG, 58.0)
    said = f"{euros(notice.asked_cents)} {sheet.first.euro}"
    due = notice.whole.due if notice.whole else None
    large = Style(STRONG, 16, 7.0)
    room = 58.0 if due else _HALF_ROOM
    put_fitted(sheet, LEFT, 107.2, said, steps(large, 1, (14, 6, 1), (12, 5, 1)), room)
    if due:
        left = put_right_spaced(sheet, COLUMN_LEFT_END, 107.2, day(due), large, _CLOSER)
        put_both(sheet, left, 103.7, "by", LABEL_STRONG, COLUMN_LEFT_END - left + 3)


def _legal(sheet: Sheet, notice: Notice, top: float) -> float:
    return _remark(sheet, top, [("legal", {})]) if notice.varying else top


def _remark(sheet: Sheet, top: float, names: list[tuple[str, dict[str, str]]]) -> float:
    """A sign, and fixed texts behind it; where there are two languages, smaller, one below the
    other. Gives what is below."""
    info_sign(sheet, LEFT, top)
    room = COLUMN_LEFT_END - LEFT - _SIGN
    style = HINT if sheet.second is None else _BESIDE
    for name, given in names:
        text = getattr(sheet.first, name).format(**given)
        top = put_fitted(sheet, LEFT + _SIGN, top, text, ((style, 9),), room)
        if sheet.second is not None:
            text = getattr(sheet.second, name).format(**given)
            top = put_fitted(sheet, LEFT + _SIGN, top, text, ((grey(style), 9),), room)
    return top


# ------------------------------------------------------------------ where to pay
def where(sheet: Sheet, notice: Notice) -> float:
    """Where it can be paid; gives how far down it goes."""
    band(sheet, _HALF_BEGIN, PAGE_WIDTH, 91.4)
    put_both(sheet, COLUMN, 91.4, "where", HEADING, 56.0)
    left = put_right(sheet, RIGHT, 91.4, _SITE, HEADING)
    before = sheet.first.go_to.partition(_SITE)[0].rstrip()
    # On one baseline with the larger text behind it.
    put_right(sheet, left - 1.0, 92.05, before, HINT)
    creditor = notice.creditor
    online = "online_text_site" if creditor.site else "online_text"
    presso = f"presso {creditor.counter}, " if creditor.counter else ""
    if sheet.second is not None:
        return _where_twice(sheet, creditor.name, online, presso)
    put(sheet, COLUMN, 103.6, sheet.first.online, SUBHEADING)
    text = getattr(sheet.first, online).format(name=creditor.name)
    put_fitted(sheet, COLUMN, 108.8, text, _ONLINE, _WHERE_ROOM)
    phone_sign(sheet, 192.3, 104.2)
    put(sheet, COLUMN, 120.0, sheet.first.local, SUBHEADING)
    below = put_fitted(sheet, COLUMN, 125.2, presso + sheet.first.local_text, _LOCAL, _WHERE_ROOM)
    shop_sign(sheet, 190.4, 121.0)
    return below


def _where_twice(sheet: Sheet, creditor: str, online: str, presso: str) -> float:
    assert sheet.second is not None
    top = 103.0
    for title, text, lead, sign, left in (
        ("online", online, "", phone_sign, 192.3),
        ("local", "local_text", presso, shop_sign, 190.4),
    ):
        sign(sheet, left, top + 0.6)
        put_both(sheet, COLUMN, top, title, SUBHEADING, _WHERE_ROOM)
        said = lead + getattr(sheet.first, text).format(name=creditor)
        top = put_fitted(sheet, COLUMN, top + 4.8, said, ((_BESIDE, 9),), _WHERE_ROOM)
        also = getattr(sheet.second, text).format(name=creditor)
        top = put_fitted(sheet, COLUMN, top, also, ((grey(_BESIDE), 9),), _WHERE_ROOM) + 2.0
    return top
