"""Lots of credits: what was bought at once, until when it may be used, which is drawn first.

Readings D16 and D17: a lot is valid for 24 calendar months from the day of its order, the last day
included, the end of a shorter month taken for its missing days; what was ordered before 2017 is
valid for ever. Days are those of Europe/Rome.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

VALID_MONTHS: Final = 24
EXPIRING_SINCE: Final = date(2017, 1, 1)
_NEVER: Final = "99991231"
# What is drawn beyond the last credit is counted as a lot that nobody bought. Its name comes after
# every date, so it is the last to be drawn and never expires.
OVERDRAFT: Final = "overdraft"


def expiry(ordered_on: date) -> date | None:
    """The last day on which the lot may be used; None when it never expires."""
    if ordered_on < EXPIRING_SINCE:
        return None
    months = ordered_on.year * 12 + ordered_on.month - 1 + VALID_MONTHS
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(ordered_on.day, last))


@dataclass(frozen=True)
class Lot:
    """What an order brings of one product. `price_cents` is that of the whole lot, `source` names
    where it was bought ("order" for an order of this house)."""

    product: str
    quantity: int
    order: str
    ordered_on: date
    price_cents: int
    source: str = "order"

    @property
    def id(self) -> str:
        """`<expiry>.<ordered>.<order>`: the order of the names is the order of drawing, and the
        same order gives the same lot again."""
        until = self.expires_on
        last = f"{until:%Y%m%d}" if until else _NEVER
        return f"{last}.{self.ordered_on:%Y%m%d}.{self.order}"

    @property
    def expires_on(self) -> date | None:
        return expiry(self.ordered_on)


def expiry_of(lot_id: str) -> date | None:
    """The last day of a lot, out of its id; None for one without end."""
    if lot_id == OVERDRAFT or lot_id.startswith(_NEVER):
        return None
    return date(int(lot_id[:4]), int(lot_id[4:6]), int(lot_id[6:8]))


def is_usable(lot_id: str, today: date) -> bool:
    """Whether a credit of this lot may still be drawn on that day."""
    last = expiry_of(lot_id)
    return last is None or today <= last


@dataclass(frozen=True)
class Bag:
    """Credits of one lot at one place: in the pool, or assigned to a customer."""

    lot: str
    left: int


@dataclass(frozen=True)
class Part:
    """A quantity out of one lot."""

    lot: str
    quantity: int


def drawn(bags: Iterable[Bag], quantity: int, today: date) -> list[Part]:
    """The lots to take `quantity` from, earliest expiry first, then earliest order.

    Gives less than was asked for when there is less.
    """
    assert quantity > 0, quantity
    found: list[Part] = []
    for bag in sorted(bags, key=lambda one: one.lot):
        if bag.left <= 0 or not is_usable(bag.lot, today):
            continue
        part = Part(bag.lot, min(bag.left, quantity))
        found.append(part)
        quantity -= part.quantity
        if not quantity:
            break
    return found


def total(parts: Iterable[Part]) -> int:
    """How many credits the parts are together."""
    return sum(part.quantity for part in parts)
