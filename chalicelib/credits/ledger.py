"""The book of credits: accounts, entries with two legs, and what must always hold.

An entry moves a quantity of one lot from the account `credit` (which gives) to the account `debit`
(which gets), so both legs are there by construction and every lot stays balanced by itself:

    quantity = pool + assigned + held + consumed + expired + refunded + overdraft + settled

Accounts

    PURCHASED#<source>  where credits come from; it only gives
    POOL                the reseller's, for all his customers
    CUST#<customer>     assigned to a customer beforehand
    HELD#<customer>     taken by a document that has not left yet
    HELD#@<purse>       set aside for a run over many documents (hold.py)
    CONSUMED, EXPIRED, REFUNDED
    OVERDRAFT           what was drawn beyond the last credit; below zero or zero
    SETTLED             clears it: the next lot gives here, the overdraft gets from here

`overdraft` and `settled` are zero together for a reseller whose customers all stop at zero, which
leaves the equation as practice.md section 7 has it. Nothing is ever changed or taken back: a
correction is an entry the other way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Bucket = Literal[
    "pool", "assigned", "held", "consumed", "expired", "refunded", "overdraft", "settled"
]
BUCKETS: Final[tuple[Bucket, ...]] = Bucket.__args__  # type: ignore[attr-defined]

POOL: Final = "POOL"
CONSUMED: Final = "CONSUMED"
EXPIRED: Final = "EXPIRED"
REFUNDED: Final = "REFUNDED"
OVERDRAFT: Final = "OVERDRAFT"
SETTLED: Final = "SETTLED"
_PURCHASED: Final = "PURCHASED"
_BUCKET_OF: Final[Mapping[str, Bucket]] = {
    POOL: "pool",
    "CUST": "assigned",
    "HELD": "held",
    CONSUMED: "consumed",
    EXPIRED: "expired",
    REFUNDED: "refunded",
    OVERDRAFT: "overdraft",
    SETTLED: "settled",
}
# Only these may fall below zero.
_OPEN_ENDED: Final = frozenset({_PURCHASED, OVERDRAFT, SETTLED})


def purchased(source: str) -> str:
    return f"{_PURCHASED}#{source}"


def assigned(customer: str) -> str:
    return f"CUST#{customer}"


def held(customer: str) -> str:
    return f"HELD#{customer}"


def purse(name: str) -> str:
    """`@` stands in no customer's id, so a purse is never taken for one."""
    return f"HELD#@{name}"


def bucket_of(account: str) -> Bucket | None:
    """Where the account counts; None for PURCHASED, from which the quantity itself comes."""
    return _BUCKET_OF.get(account.split("#", 1)[0])


def is_account(text: str) -> bool:
    """Whether the text names an account."""
    kind, _, owner = text.partition("#")
    if kind in (_PURCHASED, "CUST", "HELD"):
        return bool(owner)
    return kind in _BUCKET_OF and not owner


@dataclass(frozen=True)
class Entry:
    """One movement. `at` is an instant (clock.stamp), `by` who decided, `reference` what for: an
    order, an assignment, a document; `customer` whose it is ("" the reseller's own)."""

    id: str
    at: str
    credit: str
    debit: str
    product: str
    lot: str
    quantity: int
    by: str
    reference: str
    customer: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        assert self.quantity > 0, "a movement of nothing, or backwards, is none"
        assert self.credit != self.debit, self.credit
        assert is_account(self.credit), self.credit
        assert is_account(self.debit), self.debit

    @property
    def month(self) -> str:
        """The part of the book in which it stands (UTC): `2026-11`."""
        return self.at[:7]

    @property
    def sort(self) -> str:
        return f"{self.at}#{self.id}"


Balances = Mapping[tuple[str, str, str], int]  # (account, product, lot) -> credits


def balances(entries: Iterable[Entry]) -> dict[tuple[str, str, str], int]:
    """Every account's balance by product and lot; those at zero are left out."""
    found: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for entry in entries:
        found[entry.credit, entry.product, entry.lot] -= entry.quantity
        found[entry.debit, entry.product, entry.lot] += entry.quantity
    return {key: number for key, number in found.items() if number}


@dataclass(frozen=True)
class Position:
    """How a lot stands: what was bought, and where it is now."""

    product: str
    lot: str
    quantity: int = 0
    pool: int = 0
    assigned: int = 0
    held: int = 0
    consumed: int = 0
    expired: int = 0
    refunded: int = 0
    overdraft: int = 0
    settled: int = 0

    @property
    def is_balanced(self) -> bool:
        where: int = sum(getattr(self, bucket) for bucket in BUCKETS)
        return self.quantity == where


def positions(found: Balances) -> dict[tuple[str, str], Position]:
    """The position of each (product, lot) out of the balances."""
    sums: defaultdict[tuple[str, str], defaultdict[str, int]] = defaultdict(
        lambda: defaultdict(int)
    )
    for (account, product, lot), number in found.items():
        bucket = bucket_of(account)
        if bucket is None:
            sums[product, lot]["quantity"] -= number
        else:
            sums[product, lot][bucket] += number
    return {(p, lot): Position(p, lot, **numbers) for (p, lot), numbers in sums.items()}


def summed(product: str, found: Iterable[Position]) -> Position:
    """Positions of many lots as one, under the name ""."""
    every = list(found)
    numbers = {name: sum(getattr(one, name) for one in every) for name in ("quantity", *BUCKETS)}
    return Position(product, "", **numbers)


@dataclass(frozen=True)
class Fault:
    """What the book and the balances beside it disagree about."""

    where: str
    booked: int
    stored: int


@dataclass(frozen=True)
class Audit:
    """The outcome of a recount. `entries` were read, `faults` is empty when all agrees."""

    entries: int
    lots: int
    faults: tuple[Fault, ...] = field(default=())


def faults(entries: Iterable[Entry], stored: Balances) -> list[Fault]:
    """Compare balances kept beside the book with those that follow from it.

    `stored` has every account but PURCHASED and the sums CONSUMED, EXPIRED, REFUNDED, SETTLED by
    lot. What nobody may owe (a negative balance) is a fault too.
    """
    booked = balances(entries)
    found = [
        Fault(f"{account} {product} {lot} below zero", number, 0)
        for (account, product, lot), number in sorted(booked.items())
        if number < 0 and account.split("#", 1)[0] not in _OPEN_ENDED
    ]
    wanted = {key: number for key, number in booked.items() if bucket_of(key[0])}
    for key in sorted(wanted.keys() | stored.keys()):
        if wanted.get(key, 0) != stored.get(key, 0):
            found.append(Fault(" ".join(key), wanted.get(key, 0), stored.get(key, 0)))
    return found
