"""When a schedule of EventBridge Scheduler is due: `rate(...)` and `cron(...)`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\((.+)\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
_DAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
# A schedule that is looked at less often than this runs once and not for each time it missed.
LOOK_BACK_MAX = timedelta(days=2)


class ScheduleError(ValueError):
    """The expression is not one that the local cloud understands."""


def is_due(expression: str, last: datetime, now: datetime, zone: str = "UTC") -> bool:
    """Whether the schedule fires at least once after `last` and not after `now` (both aware)."""
    rate = _RATE.fullmatch(expression)
    if rate:
        return (now - last).total_seconds() >= int(rate[1]) * _SECONDS[rate[2]]
    cron = _CRON.fullmatch(expression)
    if cron is None:
        raise ScheduleError(f"the schedule {expression} is not understood")
    fields = cron[1].split()
    if len(fields) != 6:
        raise ScheduleError(f"{expression} does not have six fields")
    minute = max(last, now - LOOK_BACK_MAX).replace(second=0, microsecond=0) + timedelta(minutes=1)
    while minute <= now:
        if _fires(fields, minute.astimezone(ZoneInfo(zone))):
            return True
        minute += timedelta(minutes=1)
    return False


def _fires(fields: list[str], moment: datetime) -> bool:
    minutes, hours, days, months, weekdays, years = fields
    return (
        _matches(minutes, moment.minute)
        and _matches(hours, moment.hour)
        and _matches(days, moment.day)
        and _matches(months, moment.month)
        and _matches(weekdays, moment.isoweekday() % 7 + 1)
        and _matches(years, moment.year)
    )


def _matches(field: str, value: int) -> bool:
    return any(_part_matches(part, value) for part in field.split(","))


def _part_matches(part: str, value: int) -> bool:
    span, _, step = part.partition("/")
    if span in ("*", "?"):
        low, high = 0, None
    else:
        first, dash, last = span.partition("-")
        low = _number(first)
        high = _number(last) if dash else (None if step else low)
    if value < low or (high is not None and value > high):
        return False
    return not step or (value - low) % int(step) == 0


def _number(text: str) -> int:
    if text.upper() in _DAYS:
        return _DAYS[text.upper()]
    if not text.isdigit():
        raise ScheduleError(f"{text} is not understood in a cron expression")
    return int(text)
