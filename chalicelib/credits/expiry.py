"""The end of lots: the nightly run plans, a worker moves what is left to EXPIRED.

Nothing depends on the night: what is drawn is checked by date at each use, and work is what is
due, not what hour it is (G12). A lot leaves the list of those that will expire when its rest has
been moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.base import clock
from chalicelib.base.dynamo import Op
from chalicelib.base.work import Wakes, Work
from chalicelib.credits import agenda, book, hold, ledger, store, till
from chalicelib.credits.store import OwnBag

BY = "expiry"
# Customers whose rests are moved in one transaction: 2 operations each, and one for the sums.
_BAGS_AT_ONCE = 40
_PLANNED_AT_ONCE = 50


def plan(now: datetime, wakes: Wakes) -> int:
    """Work for each lot whose last day is over; gives how many. Twice is the same work."""
    rows = [
        agenda.task(tenant, f"expire-{product}-{lot}", now, task="expire", product=product, lot=lot)
        for tenant, product, lot in agenda.expired_before(clock.rome_day(now))
    ]
    for start in range(0, len(rows), _PLANNED_AT_ONCE):
        wakes.commit(rows[start : start + _PLANNED_AT_ONCE])
    return len(rows)


def expire(job: Work, wakes: Wakes, now: datetime) -> None:
    """Move the rest of one lot: of the pool, then of each customer. Conflict when something moved
    meanwhile: the row comes again and does what is left."""
    tenant, product, lot = job.tenant, job.item["product"], job.item["lot"]
    there = store.get_lot(tenant, product, lot)
    left = there[1] if there else 0
    if left:
        wakes.commit(
            [
                store.take_from_pool(tenant, product, lot, left, "pool"),
                hold.entry(
                    tenant, "expire", product, lot, ledger.POOL, ledger.EXPIRED, now, BY, lot,
                    quantity=left,
                ),
                book.add_to_sums(tenant, product, lot, lot, expired=left),
            ]
        )  # fmt: skip
    assigned = [
        (customer, bag)
        for customer, bag in sorted(store.holders(tenant, product, lot).items())
        if bag.left > 0
    ]
    for start in range(0, len(assigned), _BAGS_AT_ONCE):
        wakes.commit(_rests(tenant, assigned[start : start + _BAGS_AT_ONCE], now))
    # The pool is smaller now, by this run or by one that died here: that may be worth a letter.
    pool = store.get_pool(tenant, product, clock.rome_day(now))
    lower = till.low(tenant, pool, now)
    wakes.commit([job.done(), agenda.has_expired(tenant, product, lot), *lower])


def _rests(tenant: str, found: Sequence[tuple[str, OwnBag]], now: datetime) -> list[Op]:
    ops: list[Op] = []
    for customer, bag in found:
        product, lot, own = bag.product, bag.lot, ledger.assigned(customer)
        ops += [
            store.take_from_bag(
                tenant, customer, product, lot, bag.left, f"bag:{customer}", expired=bag.left
            ),
            hold.entry(
                tenant, "expire", product, lot, own, ledger.EXPIRED, now, BY, lot,
                quantity=bag.left, customer=customer,
            ),
        ]  # fmt: skip
    rest = sum(bag.left for _, bag in found)
    first = found[0][1]
    ops.append(
        book.add_to_sums(tenant, first.product, first.lot, first.lot, assigned=-rest, expired=rest)
    )
    return ops
