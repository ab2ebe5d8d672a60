"""What a document takes: a hold when it is accepted, captured when it has left, or given back.

A hold is one credit of one product out of one lot. It is part of the document's record and an item
of its own (so that what is held can be counted), and it ends exactly once: the item is deleted in
the transaction that captures it or gives it back. It keeps its lot, also when that expires
meanwhile; given back after that day it is expired.

The functions make operations for the transaction that decides about the document; nothing here
commits. Neither holding out of a purse nor capturing touches an item that documents share, but
for one shard of a sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from chalicelib.base import clock, ids
from chalicelib.base.dynamo import Op
from chalicelib.credits import agenda, book, holding, ledger, lots, store
from chalicelib.credits.holding import Purse
from chalicelib.credits.ledger import Entry
from chalicelib.credits.policy import Source

State = Literal["held", "consumed"]


@dataclass(frozen=True)
class Payer:
    """Whose credits pay: a reseller, and which of his customers it is counted to."""

    tenant: str
    customer: str


@dataclass(frozen=True)
class Hold:
    """One credit that a document has taken. `tenant` and `customer` are the payer's, `source`
    where it came from and would go back to."""

    tenant: str
    customer: str
    product: str
    lot: str
    source: Source
    state: State = "held"


def giver(source: Source, customer: str) -> str:
    """The account that a source is."""
    if source == "own":
        return ledger.assigned(customer)
    return ledger.POOL if source == "pool" else ledger.OVERDRAFT  # surplus or not


def entry(
    tenant: str,
    word: str,
    product: str,
    lot: str,
    credit: str,
    debit: str,
    now: datetime,
    by: str,
    reference: str,
    *,
    quantity: int = 1,
    customer: str = "",
    note: str = "",
) -> Op:
    """An entry of the book; `word` and `reference` name it, so a repeat at the same instant is
    the same entry."""
    made = Entry(
        id=ids.derive("entry", word, reference, product, lot, customer),
        at=clock.stamp(now),
        credit=credit,
        debit=debit,
        product=product,
        lot=lot,
        quantity=quantity,
        by=by,
        reference=reference,
        customer=customer,
        note=note,
    )
    return book.post(tenant, made)


def _opened(hold: Hold, document: str, credit: str, now: datetime, by: str) -> list[Op]:
    return [
        entry(
            hold.tenant,
            "hold",
            hold.product,
            hold.lot,
            credit,
            ledger.held(hold.customer),
            now,
            by,
            document,
            customer=hold.customer,
        ),
        holding.put_hold(
            hold.tenant,
            hold.customer,
            hold.product,
            hold.lot,
            document,
            hold.source,
            clock.stamp(now),
        ),
    ]


def take(
    tenant: str,
    product: str,
    lot: str,
    source: Source,
    customer: str,
    quantity: int,
    name: str,
    now: datetime,
) -> list[Op]:
    """Draw from a source into what is held; fails on `credit:pool:…` or `credit:own:…`. `name` is
    of the document or purse that draws: the shard of the sums goes by it."""
    if source == "own":
        label = f"credit:own:{product}"
        return [
            store.take_from_bag(tenant, customer, product, lot, quantity, label),
            book.add_to_sums(tenant, product, lot, name, held=quantity, assigned=-quantity),
        ]
    label = f"credit:pool:{product}"
    return [
        store.take_from_overdraft(tenant, product, quantity, clock.stamp(now), label)
        if source == "overdraft"
        else store.take_from_pool(tenant, product, lot, quantity, label),  # the surplus is one
        book.add_to_sums(tenant, product, lot, name, held=quantity),
    ]


def from_source(hold: Hold, document: str, now: datetime, by: str) -> list[Op]:
    """A hold drawn by itself: 4 operations."""
    return [
        *take(hold.tenant, hold.product, hold.lot, hold.source, hold.customer, 1, document, now),
        *_opened(hold, document, giver(hold.source, hold.customer), now, by),
    ]


def from_purse(hold: Hold, purse: Purse, document: str, now: datetime, by: str) -> list[Op]:
    """A hold drawn out of what the run has set aside: 3 operations."""
    return [
        holding.take_from_purse(hold.tenant, purse),
        *_opened(hold, document, ledger.purse(purse.name), now, by),
    ]


def give_back(
    tenant: str,
    product: str,
    lot: str,
    source: Source,
    customer: str,
    quantity: int,
    credit: str,
    now: datetime,
    by: str,
    reference: str,
    *,
    counted: str,
) -> list[Op]:
    """Return what was held to where it came from, or to EXPIRED when its lot is over; 3 operations.

    `credit` is the account that held it, `counted` the customer it was held for ("" a run).
    """
    if lots.is_usable(lot, clock.rome_day(now)):
        debit = giver(source, customer)
        if source == "own":
            bag, more = {"left": quantity}, {"assigned": quantity}
        else:
            bag, more = {}, {}
    else:
        debit = ledger.EXPIRED
        bag, more = ({"expired": quantity} if source == "own" else {}), {"expired": quantity}
    ops: list[Op] = [
        entry(
            tenant, "back", product, lot, credit, debit, now, by, reference,
            quantity=quantity, customer=counted or (customer if source == "own" else ""),
        ),
        book.add_to_sums(tenant, product, lot, reference, held=-quantity, **more),
    ]  # fmt: skip
    if bag:
        ops.append(store.add_to_bag(tenant, customer, product, lot, **bag))
    elif debit != ledger.EXPIRED:
        ops.append(store.give_to_pool(tenant, product, lot, quantity))
    return ops


def capture(
    holds: Sequence[Hold], document: str, now: datetime, by: str
) -> tuple[tuple[Hold, ...], list[Op]]:
    """The document has left: what it holds is consumed. 4 operations for each hold, none for one
    that is consumed already (a document that is sent again pays once)."""
    today = clock.rome_day(now)
    ops: list[Op] = []
    for hold in holds:
        if hold.state == "held":
            ops += _captured(hold, document, today, now, by)
    return tuple(replace(hold, state="consumed") for hold in holds), ops


def _captured(hold: Hold, document: str, today: date, now: datetime, by: str) -> list[Op]:
    tenant, customer, product, lot = hold.tenant, hold.customer, hold.product, hold.lot
    held = ledger.held(customer)
    return [
        holding.end_hold(tenant, customer, product, lot, document),
        entry(
            tenant, "capture", product, lot, held, ledger.CONSUMED, now, by, document,
            customer=customer,
        ),
        book.add_to_sums(tenant, product, lot, document, held=-1, consumed=1),
        book.add_to_customer(
            tenant, customer, product, lot, today, document, own=hold.source == "own"
        ),
    ]  # fmt: skip


def void(
    holds: Sequence[Hold], document: str, now: datetime, by: str
) -> tuple[tuple[Hold, ...], list[Op]]:
    """The document never leaves: what it holds goes back, and who waits for credit is looked
    after. 5 operations for each hold; what is consumed stays so."""
    ops: list[Op] = []
    for hold in holds:
        if hold.state == "held":
            ops += [
                holding.end_hold(hold.tenant, hold.customer, hold.product, hold.lot, document),
                *give_back(
                    hold.tenant, hold.product, hold.lot, hold.source, hold.customer, 1,
                    ledger.held(hold.customer), now, by, document, counted=hold.customer,
                ),
                release(hold.tenant, hold.product, document, now),
            ]  # fmt: skip
    return tuple(hold for hold in holds if hold.state == "consumed"), ops


def release(
    tenant: str, product: str, cause: str, now: datetime, customer: str = "", after: str = ""
) -> Op:
    """Work: let documents go that wait for this product (of one customer, when he is named; from
    behind a position, when it goes on). `cause` names what made credit come."""
    return agenda.task(
        tenant,
        # Planned anew while its worker runs, it must not be taken for the one that is done.
        f"release-{product}-{ids.derive(cause, clock.stamp(now))}",
        now,
        task="release",
        product=product,
        customer=customer,
        after=after,
    )
