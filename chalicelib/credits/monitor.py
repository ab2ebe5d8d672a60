"""What is left and what was used: by product, lot, customer, day, document (F004-035…037).

Balances come from the items that decide, consumption from sums that are written with each entry;
the drill-down is the book itself. `verify` counts the whole book again and compares.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.accounts import service as accounts
from chalicelib.base import clock, limits
from chalicelib.base.errors import Rejected
from chalicelib.credits import book, holding, ledger, lots, policy, products, store
from chalicelib.credits.ledger import Audit, Entry, Fault, Position
from chalicelib.credits.lots import Lot
from chalicelib.credits.policy import Policy

_TRIES = 3


# --- balances -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class LotState:
    """A lot and where its credits are."""

    lot: Lot
    position: Position
    usable: bool


@dataclass(frozen=True)
class ProductState:
    """All lots of a product together; `available` can be drawn from the pool today, `overdraft`
    (a positive number) was drawn beyond the last credit."""

    product: str
    available: int
    overdraft: int
    position: Position
    lots: tuple[LotState, ...]


def balances(tenant: str, now: datetime) -> list[ProductState]:
    """The reseller's credits, by product and lot. Three reads, whatever the number of lots."""
    today = clock.rome_day(now)
    there = store.list_lots(tenant)
    sums = book.sums(tenant)
    over = store.overdrafts(tenant, products.POOLED)
    found = []
    for product in products.POOLED:
        of_product = [
            LotState(lot, _position(lot, left, sums), lots.is_usable(lot.id, today))
            for lot, left in there
            if lot.product == product
        ]
        overdraft = over.get(product, 0)
        beyond = Position(
            product, lots.OVERDRAFT, overdraft=overdraft, **sums.get((product, lots.OVERDRAFT), {})
        )
        every = [one.position for one in of_product] + [beyond]
        available = sum(one.position.pool for one in of_product if one.usable) + max(0, overdraft)
        found.append(
            ProductState(
                product,
                available,
                max(0, -overdraft),
                ledger.summed(product, every),
                tuple(of_product),
            )
        )
    return found


def _position(lot: Lot, left: int, sums: dict[tuple[str, str], dict[str, int]]) -> Position:
    return Position(
        lot.product,
        lot.id,
        quantity=lot.quantity,
        pool=left,
        **sums.get((lot.product, lot.id), {}),
    )


@dataclass(frozen=True)
class CustomerState:
    """A customer's credits of one product. `assigned` are those ever given to him (what he
    returned is taken off); of them `own_consumed` and `expired` are gone, `own_held` are with
    documents on their way, and `left` he has still: assigned = left + own_held + own_consumed +
    expired. `consumed` and `held` count what he drew from the pool too."""

    product: str
    mode: policy.Mode
    assigned: int
    left: int
    held: int
    own_held: int
    consumed: int
    own_consumed: int
    expired: int

    @property
    def residual(self) -> int:
        """What was assigned and is neither consumed nor expired (F004-036)."""
        return self.assigned - self.own_consumed - self.expired


def customer(tenant: str, name: str) -> tuple[Policy, list[CustomerState]]:
    """A customer's policy and his credits by product. NotFound."""
    accounts.get_customer(tenant, name)
    own = store.get_own(tenant, name)
    held: Counter[str] = Counter()
    own_held: Counter[str] = Counter()
    for item in holding.list_holds(tenant, name):
        held[item["product"]] += 1
        own_held[item["product"]] += item["source"] == "own"
    consumed: Counter[str] = Counter()
    own_consumed: Counter[str] = Counter()
    for one in book.consumed_by(tenant, name, "0", "9"):
        consumed[one.product] += one.quantity
        own_consumed[one.product] += one.own
    return own.policy, [
        CustomerState(
            product=product,
            mode=own.policy.mode(product),
            assigned=sum(bag.given for bag in own.bags if bag.product == product),
            left=sum(bag.left for bag in own.bags if bag.product == product),
            held=held[product],
            own_held=own_held[product],
            consumed=consumed[product],
            own_consumed=own_consumed[product],
            expired=sum(bag.expired for bag in own.bags if bag.product == product),
        )
        for product in products.POOLED
    ]


# --- consumption ----------------------------------------------------------------------------------
def consumption(tenant: str, since: date, until: date, customer: str = "") -> list[book.Consumed]:
    """Credits consumed by day, customer, product and lot, between two days, both included.

    Rejected `period` when it is longer than limits.CREDIT_REPORT_DAYS or ends before it begins.
    """
    if not 0 <= (until - since).days < limits.CREDIT_REPORT_DAYS:
        raise Rejected("period", f"Ask for 1 to {limits.CREDIT_REPORT_DAYS} days.")
    if customer:
        return book.consumed_by(tenant, customer, since.isoformat(), until.isoformat())
    return book.consumed_on(tenant, since.isoformat(), until.isoformat())


# --- the book -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Wanted:
    """Which entries: "" is any. `reference` is a document, an order, an assignment; `since` and
    `until` are instants (clock.stamp), `until` not included; `account` what gives or gets (a kind:
    CONSUMED, HELD, …)."""

    customer: str = ""
    product: str = ""
    lot: str = ""
    reference: str = ""
    account: str = ""
    since: str = ""
    until: str = ""

    def takes(self, entry: Entry) -> bool:
        kinds = {entry.credit.split("#", 1)[0], entry.debit.split("#", 1)[0]}
        return (
            self.customer in ("", entry.customer)
            and self.product in ("", entry.product)
            and self.lot in ("", entry.lot)
            and self.reference in ("", entry.reference)
            and (not self.account or self.account in kinds)
        )


def entries(
    tenant: str, wanted: Wanted, before: str, limit: int, now: datetime
) -> tuple[list[Entry], str]:
    """A page of the book, newest first, from before a position; and the next position ("" at the
    end). Reads FILTER_READ_ITEMS entries at most, so a page may be short and yet not the last."""
    found: list[Entry] = []
    last = ""
    every = _candidates(tenant, wanted, before, limit, now)
    for entry in itertools.islice(every, limits.FILTER_READ_ITEMS):
        last = entry.sort
        if wanted.takes(entry):
            found.append(entry)
            if len(found) == limit:
                return found, last
    return found, last if next(every, None) is not None else ""


def _candidates(
    tenant: str, wanted: Wanted, before: str, page: int, now: datetime
) -> Iterator[Entry]:
    """Entries that may be wanted, by the narrowest way to them."""
    low = wanted.since or "0"
    high = min(before or "~", wanted.until or "~")
    names: tuple[str, ...]
    if wanted.reference:
        index, names = "list", (wanted.reference,)
    elif wanted.lot and wanted.product:
        index, names = "state", (wanted.product, wanted.lot)
    elif wanted.customer:
        index, names = "customer", (wanted.customer,)
    else:
        yield from _whole_book(tenant, low, high, page, now)
        return
    found = book.entries_for(tenant, index, names, low, high, page=page)
    yield from (entry for entry in found if entry.sort != before)


def _whole_book(tenant: str, low: str, high: str, page: int, now: datetime) -> Iterator[Entry]:
    first = _first_month(tenant)
    month = clock.stamp(now)[:7]
    while first and month >= first:
        if low[:7] <= month and month <= high[:7]:
            for entry in book.entries_of_month(tenant, month, low, high, page=page):
                if entry.sort != high:
                    yield entry
        month = _month_before(month)


def _first_month(tenant: str) -> str:
    """The month of the oldest entry: credits are bought, or drawn beyond the last, before anything
    else happens to them. "" when there is none."""
    return min((at[:7] for at in store.beginnings(tenant)), default="")


def _month_before(month: str) -> str:
    year, number = int(month[:4]), int(month[5:7])
    return f"{year - 1:04d}-12" if number == 1 else f"{year:04d}-{number - 1:02d}"


# --- the recount ----------------------------------------------------------------------------------
def verify(tenant: str, now: datetime) -> Audit:
    """Count the whole book and compare it with every balance beside it: pool, bags, holds, purses,
    sums by lot, consumption by customer. For the operator; reads everything.

    While documents move, two readings differ: it is tried a few times, and what differs still is
    given as a fault.
    """
    for _ in range(_TRIES):
        kept: list[Entry] = []
        before = _stored(tenant, kept, now)
        again: list[Entry] = []
        if before == _stored(tenant, again, now) and len(kept) == len(again):
            break
    faults = ledger.faults(kept, before)
    faults += _sum_faults(tenant, kept)
    there = store.list_lots(tenant)
    return Audit(len(kept), len(there), tuple(faults))


def _stored(tenant: str, kept: list[Entry], now: datetime) -> dict[tuple[str, str, str], int]:
    """Every balance that is kept beside the book, by account, product and lot; fills `kept` with
    the book itself."""
    kept += _whole_book(tenant, "0", "~", 0, now)
    found: Counter[tuple[str, str, str]] = Counter()
    for lot, left in store.list_lots(tenant):
        found[ledger.POOL, lot.product, lot.id] = left
    for product, overdraft in store.overdrafts(tenant, products.POOLED).items():
        found[ledger.OVERDRAFT, product, lots.OVERDRAFT] = overdraft
    accounts_seen = {account for entry in kept for account in (entry.credit, entry.debit)}
    for account in sorted(accounts_seen):
        kind, _, owner = account.partition("#")
        if kind == "CUST":
            for bag in store.get_own(tenant, owner).bags:
                found[account, bag.product, bag.lot] = bag.left
        elif kind == "HELD" and owner.startswith("@"):
            purse = holding.get_purse(tenant, owner[1:])
            if purse is not None:
                found[account, purse.product, purse.lot] = purse.left
        elif kind == "HELD":
            for item in holding.list_holds(tenant, owner):
                found[account, item["product"], item["lot"]] += 1
    for (product, name), sums in book.sums(tenant).items():
        for bucket, account in (
            ("consumed", ledger.CONSUMED),
            ("expired", ledger.EXPIRED),
            ("refunded", ledger.REFUNDED),
            ("settled", ledger.SETTLED),
        ):
            found[account, product, name] = sums.get(bucket, 0)
    return {key: number for key, number in found.items() if number}


def _sum_faults(tenant: str, kept: Iterable[Entry]) -> list[Fault]:
    """Sums that follow from several accounts: assigned and held by lot, the equation of each lot,
    consumption by customer."""
    kept = list(kept)
    found: list[Fault] = []
    booked = ledger.positions(ledger.balances(kept))
    sums = book.sums(tenant)
    quantities = {(lot.product, lot.id): lot.quantity for lot, _ in store.list_lots(tenant)}
    for key in sorted(booked.keys() | sums.keys()):
        position = booked.get(key, Position(*key))
        one = sums.get(key, {})
        where = " ".join(key)
        for name, wanted, stored in (
            ("assigned", position.assigned, one.get("assigned", 0)),
            ("held", position.held, one.get("held", 0)),
            ("quantity", position.quantity, quantities.get(key, 0)),
        ):
            if wanted != stored:
                found.append(Fault(f"{name} {where}", wanted, stored))
        if not position.is_balanced:
            found.append(Fault(f"equation {where}", position.quantity, 0))
    consumed: Counter[tuple[str, str, str]] = Counter()
    for entry in kept:
        if entry.debit == ledger.CONSUMED:
            consumed[entry.customer, entry.product, entry.lot] += entry.quantity
    stored_by: Counter[tuple[str, str, str]] = Counter()
    for name in sorted({name for name, _, _ in consumed}):
        for each in book.consumed_by(tenant, name, "0", "9"):
            stored_by[each.customer, each.product, each.lot] += each.quantity
    for who in sorted(consumed.keys() | stored_by.keys()):
        if consumed[who] != stored_by[who]:
            found.append(Fault(f"consumed {' '.join(who)}", consumed[who], stored_by[who]))
    return found
