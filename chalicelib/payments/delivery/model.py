"""A run and its attempts, and what each step makes of them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from chalicelib.base import keys, limits
from chalicelib.payments.positions.model import Position, is_over, to_pay

RunState = Literal["planning", "waiting", "running", "ending", "done", "halted", "called_off"]
AttemptState = Literal[
    "queued", "sending", "sent", "failed", "uncertain", "skipped", "called_off"
]  # fmt: skip
STATES: Final[tuple[AttemptState, ...]] = AttemptState.__args__  # type: ignore[attr-defined]
# What is not decided yet.
OPEN: Final = frozenset({"queued", "sending"})
# What a person may ask to be sent again; the first of them without saying more.
AGAIN: Final = ("failed", "uncertain", "skipped")
CALLED_OFF_FROM: Final = frozenset({"planning", "waiting", "running", "halted"})


@dataclass(frozen=True)
class Run:
    """Notices of a flow, or of `positions`, by one channel. Nothing goes before `starts_at`.

    The five counts are of the last attempt for each position and leg; `queued` are those still to
    be decided. `cursor`: how far the planning, or that of a resend of attempts in the states
    `again`, has come. `code` says why a run halted or waits; `words`, sealed, what the other side
    said. `kept` is what the channel remembers of its end.
    """

    id: str
    channel: str
    profile: str
    options: dict[str, Any]
    state: RunState
    created_at: str
    starts_at: str
    by: str
    flow: str = ""
    positions: tuple[str, ...] = ()
    cursor: str = ""
    again: tuple[str, ...] = ()
    queued: int = 0
    sent: int = 0
    failed: int = 0
    uncertain: int = 0
    skipped: int = 0
    called_off: int = 0
    code: str = ""
    words: bytes = b""
    ended_at: str = ""
    kept: dict[str, Any] = field(default_factory=dict)
    version: int = 1


@dataclass(frozen=True)
class Attempt:
    """One position to one place, for the n-th time (from 1). `name` is made before it goes and is
    never another's. `due`: not before. `tries`: how often the other side put it off. `to` and
    `words` are sealed: where it went, what was said. `last`: no later attempt has followed."""

    run: str
    position: str
    leg: str
    number: int
    channel: str
    name: str
    state: AttemptState
    planned_at: str
    due: str
    claimed_at: str = ""
    ended_at: str = ""
    tries: int = 0
    code: str = ""
    to: bytes = field(default=b"", repr=False)
    words: bytes = field(default=b"", repr=False)
    last: bool = True
    version: int = 1


def place(attempt: Attempt) -> str:
    """Where it stands in its run: attempts for one position and leg follow each other."""
    return keys.sk("A", attempt.position, attempt.leg, f"{attempt.number:03d}")


def is_payable(position: Position, today: date) -> bool:
    """Whether there is something to ask for: a notice of anything else would mislead."""
    return bool(to_pay(position)) and not is_over(position, today)


def retry_at(now: datetime, tries: int) -> datetime:
    """When to try again what was put off so many times: 1, 4, 16… minutes, an hour at most.

    Greylisting servers want some minutes; longer troubles pass in hours.
    """
    seconds = min(limits.DELIVERY_RETRY_S * 4**tries, limits.DELIVERY_RETRY_MAX_S)
    return now + timedelta(seconds=seconds)


def is_abandoned(claimed_at: datetime, now: datetime) -> bool:
    """Whether whoever claimed an attempt must be dead: no run of Lambda lasts so long."""
    return now - claimed_at >= timedelta(seconds=limits.DELIVERY_LEASE_S)
