"""Tries are counted before they are looked at: of a hundred at once, five are looked at.

One conditional update reserves a try, counts it and gives the account's item, also where there is
no account (an item that expires): known and unknown addresses cost the same calls. A try that is
refused writes nothing, so hammering does not make the wait longer.

`fails` are the failures in a row since the last complete login, passwords and codes together. A
correct password takes back its own try and no other; only a complete login ends the row.

    fails 0..4    looked at
    fails 5, 6…   one try when 15, 30, 60… minutes have passed since the last one, at most a day
    fails 100     none, until a password is set by a mailed link

Sources (client addresses) are counted by quarters of an hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.accounts.identity import blinds
from chalicelib.base import clock, dynamo, keys, limits, log
from chalicelib.base.dynamo import ABSENT, ConditionFailed, Item, Key, Update
from chalicelib.base.errors import Rejected

_DAY_S: Final = 86_400


def delay_s(fails: int) -> int:
    """How long to wait after so many failures in a row."""
    if fails < limits.LOGIN_FREE_TRIES:
        return 0
    # Far beyond the greatest delay the power would only be a long number.
    doublings = min(fails - limits.LOGIN_FREE_TRIES, limits.LOGIN_FAILURES)
    doubled: int = limits.LOGIN_DELAY_S << doublings
    return min(doubled, limits.LOGIN_DELAY_MAX_S)


# From so many failures on the wait does not grow any more.
LONGEST_FROM: Final = next(
    fails
    for fails in range(limits.LOGIN_FREE_TRIES, limits.LOGIN_FAILURES)
    if delay_s(fails) == limits.LOGIN_DELAY_MAX_S
)


def login_key(blind: str) -> Key:
    """The item of an address, of an account or of nobody."""
    return keys.pk(blinds.USERS, "L", blind), "LOGIN"


def _allowed(now: datetime) -> dynamo.Condition:
    """That a try may be looked at now, as alternatives."""

    def waited(fails: int) -> dynamo.Compared:
        return dynamo.at_most(clock.stamp(now - timedelta(seconds=delay_s(fails))))

    found: list[Mapping[str, Any]] = [
        {"fails": ABSENT},
        {"fails": dynamo.below(limits.LOGIN_FREE_TRIES)},
    ]
    found += [
        {"fails": fails, "tried_at": waited(fails)}
        for fails in range(limits.LOGIN_FREE_TRIES, LONGEST_FROM)
    ]
    found.append({"fails": dynamo.at_least(LONGEST_FROM), "tried_at": waited(LONGEST_FROM)})
    return tuple(found)


def reserve(blind: str, now: datetime) -> Item:
    """Count a try and give the item of the address, its own failure included in `fails`.

    Rejected `too_many_attempts` (429) with `retry_after_s`: this try is not to be looked at.
    """
    change = Update(
        login_key(blind),
        put={"tried_at": clock.stamp(now)},
        # Accounts have one far in the future, so this is for addresses that nobody has.
        default={"expires": unknown_expires(now)},
        add={"fails": 1},
        when=_allowed(now),
        label="login",
    )
    try:
        item = dynamo.update(change)
    except ConditionFailed as failed:
        raise _too_many(retry_after_s(failed.found["login"] or {}, now)) from failed
    if item["fails"] > limits.LOGIN_FAILURES:
        raise _too_many(limits.LOGIN_DELAY_MAX_S)
    return item


def unknown_expires(now: datetime) -> int:
    """When the item of an address without an account goes, in seconds since 1970."""
    return int(now.timestamp()) + limits.UNKNOWN_LOGIN_DAYS * _DAY_S


def retry_after_s(item: Item, now: datetime) -> int:
    """Seconds until a try at this item is looked at; at least one."""
    fails = int(item.get("fails", 0))
    if fails >= limits.LOGIN_FAILURES or "tried_at" not in item:
        return limits.LOGIN_DELAY_MAX_S
    until = clock.parse(item["tried_at"]) + timedelta(seconds=delay_s(fails))
    return max(1, int((until - now).total_seconds()) + 1)


def reserve_code(blind: str, token: str, cap: int, now: datetime) -> Item | None:
    """Count a try of the second step; None when the token (its hash) is not the account's, is
    over, or has had all its tries. `cap`: how many failures end it."""
    change = Update(
        login_key(blind),
        put={"tried_at": clock.stamp(now)},
        add={"fails": 1},
        when=(
            {
                "token": token,
                "token_until": dynamo.above(clock.stamp(now)),
                "fails": dynamo.below(cap),
            },
        ),
        label="login",
    )
    try:
        return dynamo.update(change)
    except ConditionFailed:
        return None


def cap(fails: int) -> int:
    """How many failures end a login that began when there were so many: the free ones that are
    left, or one."""
    return max(limits.LOGIN_FREE_TRIES, min(fails + 1, limits.LOGIN_FAILURES))


def give_back(blind: str) -> None:
    """A try that was counted and could not be looked at, because a service failed meanwhile."""
    change = Update(login_key(blind), add={"fails": -1}, when=({"fails": dynamo.above(0)},))
    try:
        dynamo.commit([change])
    except ConditionFailed:
        return  # a login was completed meanwhile


# ------------------------------------------------------------------ sources
def _window(now: datetime) -> int:
    return int(now.timestamp()) // limits.SOURCE_WINDOW_S


def _source_key(source: str, use: str, now: datetime) -> Key:
    return keys.pk(blinds.USERS, "S", blinds.blind_source(source)), f"{use}#{_window(now)}"


def reserve_source(source: str, use: str, now: datetime) -> Key:
    """Count a try of a client address; gives the key of its counter. Rejected as `reserve`."""
    key = _source_key(source, use, now)
    change = Update(
        key,
        put={"expires": (_window(now) + 2) * limits.SOURCE_WINDOW_S},
        add={"fails": 1},
        when=({"fails": ABSENT}, {"fails": dynamo.below(limits.SOURCE_TRIES)}),
    )
    try:
        dynamo.commit([change])
    except ConditionFailed as failed:
        ends = (_window(now) + 1) * limits.SOURCE_WINDOW_S
        raise _too_many(max(1, ends - int(now.timestamp()))) from failed
    return key


def give_back_source(key: Key) -> Update:
    """The operation that takes back what `reserve_source` counted."""
    # Whatever became of the counter meanwhile, a login does not fail by it.
    return Update(
        key,
        add={"fails": -1},
        default={"expires": (int(key[1].rpartition("#")[2]) + 2) * limits.SOURCE_WINDOW_S},
        when=dynamo.ANY,
        label="source",
    )


def _too_many(wait_s: int) -> Rejected:
    log.metric("LoginLocked", 1)
    return Rejected(
        "too_many_attempts",
        "There were too many attempts: wait before the next one.",
        status=429,
        retry_after_s=wait_s,
    )
