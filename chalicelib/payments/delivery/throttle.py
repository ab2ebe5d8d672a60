"""How many may go now, so that no minute and no hour, wherever it begins, sees more. Pure.

What went is counted in slots of a sixth of the window. A slot counts until the whole of it is a
window old, so the limit holds for every window, not only for those of the clock; the price is that
a seventh of the time at worst nothing goes although it might.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chalicelib.base import clock

SLOTS: Final = 6
_WINDOWS: Final = {"m": 60, "h": 3_600}


@dataclass(frozen=True)
class Granted:
    """`count` may go; `used` is what to store; `again_at` is when more may, where none may."""

    count: int
    used: dict[str, int]
    again_at: datetime | None


def take(
    used: Mapping[str, int], now: datetime, per_minute: int, per_hour: int, wanted: int
) -> Granted:
    """As many of `wanted` (1 or more) as may go now; a limit of 0 is none.

    `used` maps `m#<stamp of the slot's begin>` and `h#…` to how many went in that slot.
    """
    limits_of = {"m": per_minute, "h": per_hour}
    kept: dict[str, int] = {}
    count, again_at = wanted, None
    for window, most in limits_of.items():
        mine = {at: went for at, went in _slots(used, window).items() if _ends(at, window) > now}
        kept |= {f"{window}#{clock.stamp(at)}": went for at, went in mine.items()}
        if not most:
            continue
        free = most - sum(mine.values())
        count = min(count, free)
        if free <= 0:
            freed = _freed(mine, most)
            again_at = max(again_at, _ends(freed, window)) if again_at else _ends(freed, window)
    count = max(0, count)
    if count:
        for window in limits_of:
            name = f"{window}#{clock.stamp(_slot(now, window))}"
            kept[name] = kept.get(name, 0) + count
    return Granted(count, kept, None if count else again_at)


def _freed(mine: Mapping[datetime, int], most: int) -> datetime:
    """The slot with whose end there is room for one."""
    left = sum(mine.values())
    for at in sorted(mine):
        left -= mine[at]
        if left < most:
            return at
    raise AssertionError("an empty window has room")


def _slots(used: Mapping[str, int], window: str) -> dict[datetime, int]:
    found = {}
    for name, went in used.items():
        kind, _, at = name.partition("#")
        if kind == window:
            found[clock.parse(at)] = went
    return found


def _slot(now: datetime, window: str) -> datetime:
    seconds = _WINDOWS[window] // SLOTS
    begun = int(now.timestamp()) // seconds * seconds
    return datetime.fromtimestamp(begun, now.tzinfo)


def _ends(slot: datetime, window: str) -> datetime:
    """From when on what went in the slot is more than a window ago."""
    return slot + timedelta(seconds=_WINDOWS[window] + _WINDOWS[window] // SLOTS)
