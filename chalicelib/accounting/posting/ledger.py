"""The journal: entries with balanced legs that are never changed. Pure.

Accounts, in cents:

    in                      where money comes from; it only gives, so it is below zero
    open                    money that is matched and waits to be posted
    anomalous               money that was open and of which the match is not sure any more
    posted:<year>:<chapter> money that an order has said what it is for

Every entry's legs sum to zero, so `-in = open + anomalous + posted` to the cent at every moment. A
correction is an entry the other way (storno).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

Kind = Literal["arrived", "questioned", "posted", "reversed"]
State = Literal["", "open", "anomalous", "posted"]
IN: Final = "in"
OPEN: Final = "open"
ANOMALOUS: Final = "anomalous"
_POSTED: Final = "posted:"


@dataclass(frozen=True)
class Leg:
    """`cents` above zero: the account gets them, below: it gives them."""

    account: str
    cents: int


@dataclass(frozen=True)
class Entry:
    """`seq` is its place in the journal, from 1; `day` its accounting date; `payment` of those that
    are of one; `order` of those that post or take back. `note`: why, in a code."""

    seq: int
    kind: Kind
    day: date
    legs: tuple[Leg, ...]
    at: str
    by: str
    order: str = ""
    payment: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        assert self.legs, self.kind
        assert sum(leg.cents for leg in self.legs) == 0, self.legs


def posted_account(year: int, chapter: str) -> str:
    return f"{_POSTED}{year}:{chapter}"


def total(legs: Iterable[Leg]) -> dict[str, int]:
    """What the legs come to by account, those that come to nothing left out."""
    found: dict[str, int] = {}
    for leg in legs:
        found[leg.account] = found.get(leg.account, 0) + leg.cents
    return {account: cents for account, cents in found.items() if cents}


def noticed(state: State, held: int, cents: int | None) -> tuple[State, tuple[Leg, ...]]:
    """A payment of which the match says something: `cents` that may be posted, or None when they
    may not any more. `state` and `held` cents are what the books have of it.

    What is posted stays so: only an operator takes it back.
    """
    if state == "posted" or (cents is None and state in ("", "anomalous")):
        return state, ()
    if cents is None:
        return "anomalous", (Leg(OPEN, -held), Leg(ANOMALOUS, held))
    before = {"": (), "open": (Leg(OPEN, -held),), "anomalous": (Leg(ANOMALOUS, -held),)}[state]
    legs = (*before, Leg(OPEN, cents), Leg(IN, held - cents))
    kept = tuple(Leg(account, sum_cents) for account, sum_cents in total(legs).items())
    return "open", kept


def post(year: int, chapter: str, cents: int) -> tuple[Leg, ...]:
    """Open money is for a chapter."""
    return Leg(OPEN, -cents), Leg(posted_account(year, chapter), cents)


def reverse(year: int, chapter: str, cents: int) -> tuple[Leg, ...]:
    """It was not: it waits again."""
    return Leg(posted_account(year, chapter), -cents), Leg(OPEN, cents)


@dataclass(frozen=True)
class Balance:
    """`came_cents` = `open_cents` + `anomalous_cents` + `posted_cents`; `chapters` by year and
    chapter."""

    came_cents: int
    open_cents: int
    anomalous_cents: int
    posted_cents: int
    chapters: Mapping[tuple[int, str], int]


def balance(sums: Mapping[str, int]) -> Balance:
    """The accounts as people read them."""
    chapters: dict[tuple[int, str], int] = {}
    for account, cents in sums.items():
        if account.startswith(_POSTED):
            year, _, chapter = account.removeprefix(_POSTED).partition(":")
            chapters[int(year), chapter] = cents
    return Balance(
        -sums.get(IN, 0), sums.get(OPEN, 0), sums.get(ANOMALOUS, 0), sum(chapters.values()),
        chapters,
    )  # fmt: skip
