"""Tries are counted before they are looked at: of a hundred at once only the allowed ones are.

A counter belongs to what it is counted by (a client's address, a notice) in a window of time; the
items expire by themselves. One conditional update counts and decides, so that parallel tries cannot
pass together. Whoever gave the whole right key gets his tries back: he guessed nothing.

T#_portal#TRIES#<use>#<what>   <window>   fails, expires
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from chalicelib.accounts.identity import blinds
from chalicelib.base import dynamo, keys, limits, log
from chalicelib.base.dynamo import ABSENT, ConditionFailed, Key, Update
from chalicelib.base.errors import Rejected
from chalicelib.payments.dues.store import PORTAL

Use = Literal["search", "notice", "make", "help", "cart", "checkout"]


def by_source(source: str, use: Use, most: int, now: datetime) -> Key:
    """Count a try of a client's address. Rejected as `count`."""
    return count(use, blinds.blind_source(source), most, limits.PORTAL_WINDOW_S, now)


def count(use: Use, what: str, most: int, window_s: int, now: datetime) -> Key:
    """Count one of `most` in this window; gives the counter. Rejected `too_many_tries` (429) with
    `retry_after_s`."""
    window = int(now.timestamp()) // window_s
    key = keys.pk(PORTAL, "TRIES", use, what), f"{window}"
    change = Update(
        key,
        put={"expires": (window + 2) * window_s},
        add={"fails": 1},
        when=({"fails": ABSENT}, {"fails": dynamo.below(most)}),
    )
    try:
        dynamo.commit([change])
    except ConditionFailed as failed:
        log.metric("PortalTooMany", 1, use=use)
        raise Rejected(
            "too_many_tries",
            "There were too many tries: wait before the next one.",
            status=429,
            retry_after_s=max(1, (window + 1) * window_s - int(now.timestamp())),
        ) from failed
    return key


def give_back(counters: Iterable[Key]) -> None:
    """These were no guesses."""
    changes = [
        Update(key, add={"fails": -1}, when=({"fails": dynamo.above(0)},), label=key[0])
        for key in counters
    ]
    try:
        dynamo.commit(changes)
    except ConditionFailed:
        return  # gone already
