"""Days on which Italy and its banks work. Pure.

Source: law 260 of 1949 as amended by 54 of 1977, presidential decree 792 of 1985 (6 January), laws
336 of 2000 (2 June) and 151 of 2025 (4 October, from 2026); TARGET days of the ECB since 2002;
node's day and dates of settlement: pagopa.md section 6.3.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from chalicelib.base.clock import ROME

# (month, day, first year).
_NATIONAL: Final = (
    (1, 1, 1949), (1, 6, 1986), (4, 25, 1949), (5, 1, 1949), (6, 2, 2001), (8, 15, 1949),
    (10, 4, 2026), (11, 1, 1949), (12, 8, 1949), (12, 25, 1949), (12, 26, 1949),
)  # fmt: skip
_TARGET: Final = ((1, 1), (5, 1), (12, 25), (12, 26))
_NODE_CLOSES: Final = time(13)
_SATURDAY: Final = 5
_DAY: Final = timedelta(days=1)

Open = Callable[[date], bool]


@lru_cache(maxsize=64)
def easter(year: int) -> date:
    """Easter Sunday (Gregorian; Meeus, Astronomical Algorithms, chapter 8)."""
    cycle, (century, rest) = year % 19, divmod(year, 100)
    leap, over = divmod(century, 4)
    moon = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * cycle + century - leap - moon + 15) % 30
    fours, singles = divmod(rest, 4)
    weekday = (32 + 2 * over + 2 * fours - epact - singles) % 7
    late = (cycle + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=64)
def holidays(year: int) -> frozenset[date]:
    """Italy's national holidays that may fall on a weekday; no patron saints of towns."""
    fixed = {date(year, month, day) for month, day, since in _NATIONAL if year >= since}
    return frozenset(fixed | {easter(year) + _DAY})


@lru_cache(maxsize=64)
def target_holidays(year: int) -> frozenset[date]:
    """Weekdays on which TARGET, and so no SEPA transfer, settles."""
    fixed = {date(year, month, day) for month, day in _TARGET}
    return frozenset(fixed | {easter(year) + _DAY, easter(year) - 2 * _DAY})


def is_working(day: date) -> bool:
    """Monday to Friday and no national holiday."""
    return day.weekday() < _SATURDAY and day not in holidays(day.year)


def is_target(day: date) -> bool:
    """Whether TARGET is open."""
    return day.weekday() < _SATURDAY and day not in target_holidays(day.year)


def is_banking(day: date) -> bool:
    """Whether an Italian bank books a SEPA transfer: both calendars are open."""
    return is_working(day) and is_target(day)


def next_working(day: date, is_open: Open = is_working) -> date:
    """The day itself if it is open, else the next one that is."""
    while not is_open(day):
        day += _DAY
    return day


def add_working(day: date, count: int, is_open: Open = is_working) -> date:
    """The `count`-th open day after `day` (before it if negative); 0 is `next_working`."""
    if count == 0:
        return next_working(day, is_open)
    step = _DAY if count > 0 else -_DAY
    left = abs(count)
    while left:
        day += step
        left -= is_open(day)
    return day


def working_between(first: date, last: date, is_open: Open = is_working) -> int:
    """Open days after `first` up to and with `last`; negative where `last` is earlier."""
    if last < first:
        return -working_between(last, first, is_open)
    return sum(is_open(first + number * _DAY) for number in range(1, (last - first).days + 1))


def node_day(instant: datetime) -> date:
    """The node's business day of a payment: it ends at 13:00 in Italy, holidays go to the next."""
    local = instant.astimezone(ROME)
    day = next_working(local.date())
    if day == local.date() and local.time() > _NODE_CLOSES:
        return add_working(day, 1)
    return day


def credit_due(instant: datetime) -> date:
    """By the end of which day the transfer of a payment must be credited: D+1."""
    return add_working(node_day(instant), 1, is_banking)


def flow_due(instant: datetime) -> date:
    """By 24:00 of which day the flow of a payment must be there: D+2."""
    return add_working(node_day(instant), 2)
