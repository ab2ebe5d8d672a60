"""What may be said of a customer without reading all his documents: how many wait, if any left.

A counter for each customer and state would be written by every document of a ZIP at once, and the
transactions would fight for it. What waits is little, and the index by state has it together; what
is done is not counted here (consumption by day is the credits' monitor).
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import Final, Literal

from chalicelib.base import limits
from chalicelib.invoicing import store

WaitingState = Literal[
    "held", "to_convert", "invalid", "awaiting_signature", "own_sending", "rejected"
]
WAITING: Final[tuple[WaitingState, ...]] = WaitingState.__args__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Waiting:
    """By customer ("" of nobody) and state. `whole` False: of some state only the newest
    FILTER_READ_ITEMS were counted."""

    counts: dict[str, dict[str, int]]
    whole: bool


def waiting(tenant: str) -> Waiting:
    """One query for each state; the index may be a moment behind."""
    counts: dict[str, dict[str, int]] = {}
    whole = True
    for state in WAITING:
        found = store.customers_in(tenant, state)
        by_customer = Counter(itertools.islice(found, limits.FILTER_READ_ITEMS))
        whole = whole and next(iter(found), None) is None
        for customer, count in by_customer.items():
            counts.setdefault(customer, {})[state] = count
    return Waiting(counts, whole)


def is_served(tenant: str, customer: str) -> bool:
    """Whether a document of his has gone to SdI through the house; looks at the newest ones."""
    partition = store.customer_partition(tenant, customer)
    found = store.listed("customer", partition, "0", "9", 0)
    newest = itertools.islice(found, limits.FILTER_READ_ITEMS)
    return any(one.sent_at and not one.sent_by_owner for one in newest)
