"""Runs of posting in the background, and what becomes postable.

A run plans what is left of it and posts it group by group, each in one commit with the run itself.
What dies between two commits is planned anew by the next process: what is posted is not postable
any more, so nothing is posted twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from chalicelib.accounting.posting import deciding, service, source, store
from chalicelib.accounting.posting.deciding import Books
from chalicelib.accounting.posting.model import Order, Setting
from chalicelib.accounting.posting.planning import Bundle
from chalicelib.accounting.posting.store import Run
from chalicelib.accounting.registers import reporting
from chalicelib.base import clock, dynamo, ids, limits
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, Rejected
from chalicelib.base.work import Wakes, Work

_TRIES: Final = 6


def _end(job: Work) -> dynamo.Delete:
    """Ends the row, whether or not another worker did."""
    return dynamo.Delete(job.key, when=dynamo.ANY, label="work")


# ------------------------------------------------------------------ runs
def post(job: Work, wakes: Wakes, now: datetime, remaining_ms: Callable[[], int]) -> None:
    """A run, as far as the time goes."""
    tenant = job.tenant
    setting = store.get_setting(tenant)
    for _ in range(_TRIES):
        run = store.get_run(tenant, job.item["run"])
        if run is None or run.state == "posted":
            dynamo.commit([_end(job)])
            return
        try:
            if _run(tenant, run, setting, job, wakes, now, remaining_ms):
                return
        except ConditionFailed:
            # Somebody posts too, or the match moved on: what is left now is another plan.
            continue
    raise Conflict()


def _run(
    tenant: str, run: Run, setting: Setting, job: Work, wakes: Wakes, now: datetime,
    remaining_ms: Callable[[], int],
) -> bool:  # fmt: skip
    """True when nothing is left to do now."""
    plan = service.plan_of(tenant, run, setting)
    told = reporting.Told(tenant)
    problems = [(one.key, one.code) for one in plan.problems]
    head = store.get_head(tenant)
    for group in service.grouped(plan.bundles):
        if remaining_ms() < limits.REMAINING_MS:
            wakes.add(job.queue, job.key)
            return True
        books = Books(tenant, replace(head, version=head.version + 1), run.by, now)
        orders = _post_group(books, group, setting, problems)
        if not orders:
            continue
        new = _advanced(run, orders)
        told_ops = told.ops([(one.id, one.draft) for one in orders], now)
        wakes.commit([store.put_run(tenant, new, run.version), *books.closed(), *told_ops])
        run, head = new, books.head
    done = replace(
        run, state="posted", problems=tuple(problems[: limits.POSTING_PROBLEMS]),
        left=len(problems), version=run.version + 1,
    )  # fmt: skip
    wakes.commit([store.put_run(tenant, done, run.version), _end(job)])
    return True


def _post_group(
    books: Books, group: Sequence[Bundle], setting: Setting, problems: list[tuple[str, str]]
) -> list[Order]:
    keys = [one.key for bundle in group for one in bundle.payments]
    held = store.get_held(books.tenant, keys)
    orders: list[Order] = []
    for bundle in group:
        try:
            orders += deciding.post(books, bundle, held, setting)
        except Rejected as refused:
            problems += [(one.key, refused.code) for one in bundle.payments]
    return orders


def _advanced(run: Run, orders: Sequence[Order]) -> Run:
    payments = {line.payment for order in orders for line in order.draft.lines}
    return replace(
        run,
        payments=run.payments + len(payments),
        orders=run.orders + len(orders),
        cents=run.cents + sum(order.draft.cents for order in orders),
        first=run.first or orders[0].id,
        last=orders[-1].id,
        version=run.version + 1,
    )


# ------------------------------------------------------------------ what the match says
def notice(job: Work, wakes: Wakes, now: datetime, remaining_ms: Callable[[], int]) -> None:
    """Payments that became postable, or are not any more: into the books, and posted at once where
    the body wants that, or where they are of a training event (F001-135); never where the row is
    `quiet`, as of what an operator took back."""
    from chalicelib.accounting.events_fpc import paying

    tenant, keys = job.tenant, list(dict.fromkeys(job.item["keys"]))
    found = source.get_payments(tenant, keys)
    for start in range(0, len(keys), limits.POSTABLE_AT_ONCE):
        _notice_some(tenant, keys[start : start + limits.POSTABLE_AT_ONCE], now, wakes)
    automatic = store.get_setting(tenant).automatic
    trained = paying.registrations(tenant, {one.position for one in found.values()})
    mine = [key for key, one in found.items() if automatic or one.position in trained]
    if job.item.get("quiet"):
        mine = []
    ops: list[Op] = [_end(job)]
    if mine:
        # The same payment in the same state is posted by itself once: what an operator took back
        # waits for him.
        named = sorted(f"{key}:{found[key].version}" for key in mine)
        run = Run(
            id=ids.derive("posting", tenant, "automatic", *named), mode="payments", name="",
            created_at=clock.stamp(now), by="system:house", only=tuple(mine),
        )  # fmt: skip
        if store.get_run(tenant, run.id) is None:
            ops += service.planned(tenant, run, now)
    wakes.commit(ops)


def _notice_some(tenant: str, keys: Sequence[str], now: datetime, wakes: Wakes) -> None:
    for _ in range(_TRIES):
        found = source.get_payments(tenant, keys)
        held = store.get_held(tenant, keys)
        head = store.get_head(tenant)
        books = Books(tenant, replace(head, version=head.version + 1), "system:house", now)
        for key in keys:
            new = deciding.notice(books, held[key], found.get(key))
            if new != held[key]:
                books.ops.append(store.put_held(tenant, new))
        if not books.ops:
            return
        try:
            wakes.commit(books.closed())
        except ConditionFailed:
            continue
        return
    raise Conflict()
