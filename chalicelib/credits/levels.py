"""When the pool is low: each threshold is told once, until credits come again. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.base import limits

UNTOLD = 100


@dataclass(frozen=True)
class Level:
    """`full`: the pool after the last credits came; `told`: the lowest share of it (per cent) that
    the reseller was written about, UNTOLD when none; `crossings`: how often one was crossed."""

    full: int
    told: int = UNTOLD
    crossings: int = 0


def crossed(level: Level | None, left: int) -> int | None:
    """The threshold (per cent) that a pool with `left` credits is at or below for the first time;
    None when there is nothing new to tell. Without a level no credit ever came."""
    told = level.told if level else UNTOLD
    if left <= 0:
        return 0 if told > 0 else None
    if level is None or told <= limits.CREDIT_LOW_PERCENT:
        return None
    low = left * 100 <= level.full * limits.CREDIT_LOW_PERCENT
    return limits.CREDIT_LOW_PERCENT if low else None
