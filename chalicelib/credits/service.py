"""Use cases of the credits domain: lots, assignments, policies, refunds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from chalicelib.accounts import service as accounts
from chalicelib.base import clock, ids, limits
from chalicelib.base.dynamo import ConditionFailed, Item, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.work import Wakes
from chalicelib.credits import agenda, book, hold, ledger, lots, policy, products, store, till
from chalicelib.credits.lots import Lot, Part
from chalicelib.credits.policy import AtZero, Enablement, Mode, Policy

_TRIES = 5
_NOTE = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f]*")


# --- lots ---------------------------------------------------------------------------------------
def lot_ops(tenant: str, lot: Lot, now: datetime, by: str = "order") -> list[Op]:
    """The operations that make a lot of credits exist, for the transaction of its order.

    At most 12; commit them with `work.Wakes.commit`, so that documents that waited for credits
    are woken at once. The same order's lot again fails on label `lot:<product>`; `overdraft:…`
    among the failed labels means that somebody settled meanwhile: make the operations again.
    One lot for each product of an order. Costs one read.

    Rejected `product_not_pooled`, `lot_quantity`.
    """
    require_pooled(lot.product)
    if not 0 < lot.quantity <= limits.CREDIT_QUANTITY:
        raise Rejected("lot_quantity", f"A lot has 1 to {limits.CREDIT_QUANTITY} credits.")
    product, at, today = lot.product, clock.stamp(now), clock.rome_day(now)
    pool = store.get_pool(tenant, product, today)
    usable = lots.is_usable(lot.id, today)
    # What was drawn before there were credits is paid first (the book says by which lot).
    settled = max(0, min(lot.quantity, -pool.overdraft)) if usable else 0
    left = lot.quantity - settled
    source = ledger.purchased(lot.source)
    ops: list[Op] = [
        store.put_lot(tenant, lot, left, at),
        hold.entry(
            tenant, "bought", product, lot.id, source, ledger.POOL, now, by, lot.order,
            quantity=lot.quantity,
        ),
    ]  # fmt: skip
    if lot.expires_on is not None:
        ops.append(agenda.will_expire(tenant, product, lot.id))
    if settled:
        ops += _settlement(tenant, lot, settled, now, by)
    if usable:
        ops += [
            store.renew_level(tenant, product, pool.left + left),
            hold.release(tenant, product, lot.id, now),
        ]
    return ops


def _settlement(tenant: str, lot: Lot, quantity: int, now: datetime, by: str) -> list[Op]:
    """The lot pays what was drawn beyond the last credit; SETTLED keeps each lot balanced."""
    product, over = lot.product, lots.OVERDRAFT
    return [
        store.settle_overdraft(tenant, product, quantity),
        hold.entry(
            tenant, "settles", product, lot.id, ledger.POOL, ledger.SETTLED, now, by, lot.order,
            quantity=quantity,
        ),
        hold.entry(
            tenant, "settled", product, over, ledger.SETTLED, ledger.OVERDRAFT, now, by, lot.order,
            quantity=quantity,
        ),
        book.add_to_sums(tenant, product, lot.id, lot.id, settled=quantity),
        book.add_to_sums(tenant, product, over, lot.id, settled=-quantity),
    ]  # fmt: skip


def require_pooled(product: str) -> None:
    """Rejected `product_unknown`, or `product_not_pooled` for what each customer licenses."""
    if product not in products.PRODUCTS:
        raise Rejected("product_unknown", "There is no such product.", known=[*products.POOLED])
    if not products.is_pooled(product):
        raise Rejected("product_not_pooled", f"{product} is licensed for each customer.")


def refund(
    tenant: str, product: str, lot: str, quantity: int, note: str, by: str, now: datetime, key: str
) -> None:
    """Take credits that are still in the pool out of a lot, because they are paid back. The same
    `key` (of the credit note) again is the same refund.

    NotFound; Rejected `credits_short` (409), `lot_quantity`.
    """
    if quantity < 1:
        raise Rejected("lot_quantity", "Refund one credit or more.")

    def decide() -> tuple[list[Op], Item]:
        found = store.get_lot(tenant, product, lot)
        if found is None:
            raise NotFound("lot")
        if found[1] < quantity:
            raise _short(quantity, found[1])
        ops: list[Op] = [
            store.take_from_pool(tenant, product, lot, quantity, f"credit:pool:{product}"),
            hold.entry(
                tenant, "refund", product, lot, ledger.POOL, ledger.REFUNDED, now, by, key,
                quantity=quantity, note=note,
            ),
            book.add_to_sums(tenant, product, lot, key, refunded=quantity),
        ]  # fmt: skip
        pool = _without(store.get_pool(tenant, product, clock.rome_day(now)), [Part(lot, quantity)])
        return [*ops, *till.low(tenant, pool, now)], {}

    request = f"refund {product} {lot} {quantity}"
    _once(tenant, "@", ids.derive("refund", key), request, decide, Wakes())


def _short(wanted: int, available: int) -> Rejected:
    return Rejected(
        "credits_short",
        f"{wanted} credits were asked for and {available} are there.",
        status=409,
        available=available,
    )


def _without(pool: store.Pool, parts: Sequence[Part]) -> store.Pool:
    taken = {part.lot: part.quantity for part in parts}
    bags = (replace(bag, left=bag.left - taken.get(bag.lot, 0)) for bag in pool.bags)
    return replace(pool, bags=tuple(bags))


# --- assignments ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Assignment:
    """Credits given to a customer, or taken back (`quantity` below zero). `lots`: out of which
    lots, whose expiry they keep (D17). `at` is an instant, `by` who decided."""

    id: str
    at: str
    customer: str
    product: str
    quantity: int
    lots: tuple[Part, ...]
    by: str
    note: str = ""


def assign(
    tenant: str,
    customer: str,
    product: str,
    quantity: int,
    note: str,
    by: str,
    key: str,
    now: datetime,
    wakes: Wakes,
    also: Callable[[Assignment], Sequence[Op]] = lambda _: (),
) -> Assignment:
    """Assign credits of the pool to a customer, or return his to the pool (below zero).

    From the pool goes what expires first; back goes what expires last, so that the customer keeps
    what he has to use first. `key` names the request: the same again gives the same assignment.
    `also` adds operations to the transaction (the audit trail's).

    NotFound; Rejected `product_unknown`, `product_not_pooled`, `quantity`, `note`, `credits_short`
    (409), `credits_scattered`; Conflict `idempotency_key_reused`.
    """
    require_pooled(product)
    accounts.get_customer(tenant, customer)
    if not 0 < abs(quantity) <= limits.CREDIT_QUANTITY:
        raise Rejected("quantity", f"Give a number up to {limits.CREDIT_QUANTITY}, not 0.")
    if len(note) > limits.CREDIT_NOTE_CHARS or not _NOTE.fullmatch(note):
        raise Rejected("note", f"A note has at most {limits.CREDIT_NOTE_CHARS} characters.")
    name = ids.derive("assign", tenant, customer, key)

    def decide() -> tuple[list[Op], Item]:
        parts, ops = _moved(tenant, customer, product, quantity, name, note, by, now)
        at = clock.stamp(now)
        ops.append(store.put_given(tenant, customer, name, at, product, quantity, parts, by, note))
        made = Assignment(name, at, customer, product, quantity, tuple(parts), by, note)
        whose = customer if quantity > 0 else ""
        ops.append(hold.release(tenant, product, name, now, whose))
        return [*ops, *also(made)], asdict(made)

    answer = _once(tenant, customer, name, f"{product} {quantity} {note}", decide, wakes)
    return read_assignment(customer, answer)


def read_assignment(customer: str, item: Item) -> Assignment:
    """Back from its item."""
    return Assignment(
        id=item["id"],
        at=item["at"],
        customer=customer,
        product=item["product"],
        quantity=item["quantity"],
        lots=tuple(Part(one["lot"], one["quantity"]) for one in item["lots"]),
        by=item["by"],
        note=item["note"],
    )


def _moved(
    tenant: str,
    customer: str,
    product: str,
    quantity: int,
    name: str,
    note: str,
    by: str,
    now: datetime,
) -> tuple[list[Part], list[Op]]:
    """Which lots an assignment moves, and the operations: at most 5 for each, and 2."""
    today = clock.rome_day(now)
    ops: list[Op] = []
    if quantity > 0:
        pool = store.get_pool(tenant, product, today)
        parts = _enough(lots.drawn(pool.bags, quantity, today), quantity)
        ops += till.low(tenant, _without(pool, parts), now)
    else:
        parts = _enough(_latest(tenant, customer, product, -quantity, today), -quantity)
    label, own = f"credit:moved:{product}", ledger.assigned(customer)
    for part in parts:
        if quantity > 0:
            ops += [
                store.take_from_pool(
                    tenant, product, part.lot, part.quantity, f"{label}:{part.lot}"
                ),
                store.add_to_bag(
                    tenant, customer, product, part.lot, left=part.quantity, given=part.quantity
                ),
                store.mark_holder(tenant, customer, product, part.lot),
            ]
        else:
            ops += [
                store.take_from_bag(
                    tenant, customer, product, part.lot, part.quantity, f"{label}:{part.lot}",
                    given=-part.quantity,
                ),
                store.give_to_pool(tenant, product, part.lot, part.quantity),
            ]  # fmt: skip
        sign = 1 if quantity > 0 else -1
        credit, debit = (ledger.POOL, own) if quantity > 0 else (own, ledger.POOL)
        ops += [
            hold.entry(
                tenant, "assign", product, part.lot, credit, debit, now, by, name,
                quantity=part.quantity, customer=customer, note=note,
            ),
            book.add_to_sums(tenant, product, part.lot, name, assigned=sign * part.quantity),
        ]  # fmt: skip
    return parts, ops


def _latest(tenant: str, customer: str, product: str, quantity: int, today: date) -> list[Part]:
    parts: list[Part] = []
    bags = store.get_own(tenant, customer).of(product)
    for bag in sorted(bags, key=lambda one: one.lot, reverse=True):
        if quantity and bag.left > 0 and lots.is_usable(bag.lot, today):
            parts.append(Part(bag.lot, min(bag.left, quantity)))
            quantity -= parts[-1].quantity
    return parts


def _enough(parts: list[Part], quantity: int) -> list[Part]:
    if lots.total(parts) < quantity:
        raise _short(quantity, lots.total(parts))
    if len(parts) > limits.CREDIT_LOTS_AT_ONCE:
        there = lots.total(parts[: limits.CREDIT_LOTS_AT_ONCE])
        raise Rejected(
            "credits_scattered",
            f"That would take more than {limits.CREDIT_LOTS_AT_ONCE} lots: ask for {there} first.",
            available=there,
        )
    return parts


def _once(
    tenant: str,
    customer: str,
    name: str,
    request: str,
    decide: Callable[[], tuple[list[Op], Item]],
    wakes: Wakes,
) -> Item:
    """Decide and commit under a name, once; decided again when others changed the same lots."""
    request = ids.derive(request)
    for _ in range(_TRIES):
        done = store.get_did(tenant, customer, name)
        if done is not None:
            if done[0] != request:
                raise Conflict(
                    "idempotency_key_reused",
                    "This Idempotency-Key was used with another request.",
                )
            return done[1]
        ops, answer = decide()
        try:
            wakes.commit([*ops, store.did(tenant, customer, name, request, answer)])
        except ConditionFailed:
            continue
        return answer
    raise Conflict()


def list_assignments(
    tenant: str, customer: str, before: str, limit: int
) -> tuple[list[Assignment], str]:
    """The history of a customer's assignments, newest first, and the position to go on from ("" at
    the end). NotFound."""
    accounts.get_customer(tenant, customer)
    found = store.list_given(tenant, customer, before, limit)
    more = f"{found[-1]['at']}#{found[-1]['id']}" if len(found) == limit else ""
    return [read_assignment(customer, item) for item in found], more


# --- policies -------------------------------------------------------------------------------------
def get_policy(tenant: str, customer: str) -> Policy:
    """NotFound when there is no such customer."""
    accounts.get_customer(tenant, customer)
    return store.get_own(tenant, customer).policy


def change_policy(
    tenant: str,
    customer: str,
    modes: dict[str, Mode],
    at_zero: AtZero,
    enablement: Enablement,
    now: datetime,
    wakes: Wakes,
    also: Sequence[Op] = (),
) -> Policy:
    """Replace a customer's policy. Who is put on manual enablement begins disabled.

    NotFound; Rejected `product_unknown`, `product_not_pooled`; Conflict when it was changed
    meanwhile.
    """
    accounts.get_customer(tenant, customer)
    for product in modes:
        require_pooled(product)
    old = store.get_own(tenant, customer).policy
    manual = enablement == "manual"
    new = Policy(
        modes={product: mode for product, mode in modes.items() if mode != policy.DEFAULT_MODE},
        at_zero=at_zero,
        enablement=enablement,
        enabled=(old.enabled and old.enablement == "manual") if manual else True,
        version=old.version,
    )
    if new == old:
        return old
    # It may let go what waited.
    cause = ids.derive("policy", customer, clock.stamp(now))
    work = [hold.release(tenant, product, cause, now, customer) for product in products.POOLED]
    wakes.commit([store.put_policy(tenant, customer, new, old.version), *work, *also])
    return replace(new, version=old.version + 1)


def enable(
    tenant: str, customer: str, now: datetime, wakes: Wakes, also: Sequence[Op] = ()
) -> Policy:
    """Let the documents of a customer go (F004-042). Enabling twice is the same.

    NotFound; Rejected `enablement_automatic` (409) where nothing has to be enabled.
    """
    old = get_policy(tenant, customer)
    if old.enablement != "manual":
        raise Rejected(
            "enablement_automatic", "This customer is enabled automatically.", status=409
        )
    cause = ids.derive("enable", customer, clock.stamp(now))
    work: list[Any] = [
        hold.release(tenant, product, cause, now, customer) for product in products.POOLED
    ]
    new = replace(old, enabled=True)
    wakes.commit([store.put_policy(tenant, customer, new, old.version), *work, *also])
    return replace(new, version=old.version + 1)
