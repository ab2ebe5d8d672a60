"""Posting as people ask for it: preview, run, look, take back, close.

A run posts what a statement or a flow brought, in the background and in the order of accounting
dates; what cannot be posted stays open and is told with a reason. Each commit of a run holds some
orders whole: numbers, entries, assessments, the payments' states, what the registers are to be
told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from chalicelib.accounting.posting import deciding, ledger, numbering, planning, source, store
from chalicelib.accounting.posting.ledger import Balance, Entry
from chalicelib.accounting.posting.model import NOTHING, Draft, Order, Payment, Said, Setting
from chalicelib.accounting.posting.planning import Bundle, Plan, Problem
from chalicelib.accounting.posting.store import Collected, Kept, Mode, Run
from chalicelib.accounting.registers import reporting
from chalicelib.base import clock, dynamo, ids, limits, work
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.work import Wakes
from chalicelib.payments import bodies

QUEUE: Final = "reconcile"
TASK: Final = "post"
_TRIES: Final = 5


@dataclass(frozen=True)
class Wanted:
    """What a run is over, and what an operator says of it. `name`: of the statement or the flow."""

    mode: Mode
    name: str = ""
    said: Said = NOTHING
    changes: Mapping[str, Said] | None = None
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.changes or {}) > limits.POSTING_CHANGES:
            raise Rejected("posting_changes", "Post so many in several runs.",
                           most=limits.POSTING_CHANGES)  # fmt: skip
        if bool(self.name) != (self.mode != "payments"):
            raise Rejected("posting_mode", "Name the statement or the flow.")


# ------------------------------------------------------------------ the setting
def get_setting(tenant: str) -> Setting:
    return store.get_setting(tenant)


def save_setting(tenant: str, setting: Setting, also: Sequence[Op] = ()) -> Setting:
    """Say how the body posts, on the version that was read. Conflict; Rejected `iban_unknown` for
    an account that looks like an IBAN and is none of the body's."""
    body = bodies.get(tenant)
    if setting.account.startswith("IT") and len(setting.account) == 27:
        body.account(setting.account)
    try:
        dynamo.commit([store.put_setting(tenant, setting), *also])
    except ConditionFailed as failed:
        raise Conflict() from failed
    return replace(setting, version=setting.version + 1)


# ------------------------------------------------------------------ before anything is posted
def payments_of(tenant: str, wanted: Wanted | Run) -> list[Payment]:
    """What a run is over and may be posted now; what our own books have posted is left out,
    whatever an index still says."""
    only, without = frozenset(wanted.only), frozenset(wanted.without)
    if wanted.mode == "payments":
        found = list(source.get_payments(tenant, wanted.only).values())
    elif wanted.mode == "flow":
        found = source.list_payments(tenant, flow=wanted.name)
    else:
        found = source.list_payments(tenant, statement=wanted.name)
    found = [one for one in found if (not only or one.key in only) and one.key not in without]
    held = store.get_held(tenant, [one.key for one in found])
    return [one for one in found if held[one.key].state != "posted"]


@dataclass(frozen=True)
class Preview:
    """What a run would make now: `drafts` with the numbers that they would get, and `problems`."""

    drafts: tuple[tuple[int, Draft], ...]
    problems: tuple[Problem, ...]


def preview(tenant: str, wanted: Wanted) -> Preview:
    """What a run would make; nothing is written."""
    setting, head = store.get_setting(tenant), store.get_head(tenant)
    made = planning.plan(payments_of(tenant, wanted), setting, wanted.said, wanted.changes)
    drafts: list[tuple[int, Draft]] = []
    problems = list(made.problems)
    for bundle in made.bundles:
        try:
            head, numbered = numbering.number(head, bundle.drafts, setting.late)
        except Rejected as refused:
            problems += [Problem(one.key, refused.code) for one in bundle.payments]
        else:
            drafts += numbered
    return Preview(tuple(drafts), tuple(problems))


# ------------------------------------------------------------------ runs
def begin(
    tenant: str, wanted: Wanted, now: datetime, by: str, key: str, wakes: Wakes,
    also: Sequence[Op] = (),
) -> Run:  # fmt: skip
    """Post in the background; the same `key` is the same run.

    Rejected `posting_date_past`, `period_closed` for a day that the operator said himself.
    """
    bodies.get(tenant)
    run = Run(
        id=ids.derive("posting", tenant, key), mode=wanted.mode, name=wanted.name,
        created_at=clock.stamp(now), by=by, said=wanted.said, changes=wanted.changes or {},
        only=wanted.only, without=wanted.without,
    )  # fmt: skip
    there = store.get_run(tenant, run.id)
    if there is not None:
        return there
    if wanted.said.day is not None:
        numbering.allowed(store.get_head(tenant), wanted.said.day, store.get_setting(tenant).late)
    try:
        wakes.commit([*planned(tenant, run, now), *also])
    except ConditionFailed:
        return get_run(tenant, run.id)
    return run


def planned(tenant: str, run: Run, now: datetime) -> list[Op]:
    """The operations that begin a run."""
    partition = store.run_partition(tenant, run.id)
    row = work.row(QUEUE, partition, "post", now, task=TASK, run=run.id)
    return [store.put_run(tenant, run, 0), row]


def get_run(tenant: str, run: str) -> Run:
    found = store.get_run(tenant, run)
    if found is None:
        raise NotFound("run")
    return found


def list_runs(tenant: str) -> list[Run]:
    return store.list_runs(tenant, limits.PAGE_ITEMS)


# ------------------------------------------------------------------ what is posted
def get_order(tenant: str, order: str) -> Kept:
    found = store.get_orders(tenant, [order])
    if order not in found:
        raise NotFound("order")
    return found[order]


def collected(tenant: str, assessment: str) -> list[Collected]:
    """What orders brought of an assessment, what was taken back below zero."""
    return store.list_collected(tenant, assessment)


def feed(tenant: str, after: int, limit: int) -> list[tuple[Entry, Kept | None]]:
    """Entries of the journal behind `after`, in order, each with its order as it is now."""
    found = list(store.entries(tenant, after, limit))
    orders = store.get_orders(tenant, {one.order for one in found if one.order})
    return [(one, orders.get(one.order)) for one in found]


def balance(tenant: str) -> Balance:
    return ledger.balance(store.sums(tenant))


# ------------------------------------------------------------------ corrections
def reverse(
    tenant: str, order: str, note: str, now: datetime, by: str, also: Sequence[Op] = ()
) -> Order:
    """Take an order back by an entry of today (storno), with those that were posted together with
    it; repeating it is the same. Its number stays its own; its payments wait again.

    Rejected `period_closed` while today's period is closed.
    """
    for _ in range(_TRIES):
        kept = get_order(tenant, order)
        if kept.order.state == "reversed":
            return kept.order
        head = store.get_head(tenant)
        day = clock.rome_day(now)
        if head.closed_until is not None and day <= head.closed_until:
            raise Rejected("period_closed", "The period of today is closed.", status=409)
        found = store.get_orders(tenant, kept.together)
        payments = {line.payment for one in found.values() for line in one.order.draft.lines}
        held = store.get_held(tenant, payments)
        if any(one.state != "posted" for one in held.values()):
            continue  # somebody took them back since the orders were read
        books = deciding.Books(tenant, replace(head, version=head.version + 1), by, now)
        together = [found[one] for one in kept.together]
        orders = deciding.take_back(books, together, held, day, note)
        told = reporting.Told(tenant).ops([(one.id, one.draft) for one in orders], now, "reversed")
        # They wait again, but not all for an order: the match may have moved on since they were
        # posted, and it told nobody of what was posted. Nothing posts them by itself.
        partition = store.order_key(tenant, order)[0]
        looked = work.row(
            QUEUE, partition, "waiting", now, label="waiting", task="postable",
            keys=sorted(payments), quiet=True,
        )  # fmt: skip
        try:
            with work.waking() as wakes:
                wakes.commit([*books.closed(), looked, *told, *also])
        except ConditionFailed:
            continue
        return next(one for one in orders if one.id == order)
    raise Conflict()


def close(tenant: str, until: date, now: datetime, also: Sequence[Op] = ()) -> date:
    """Close the period up to a day; repeating it is the same. Raises as `numbering.close`."""
    bodies.get(tenant)
    for _ in range(_TRIES):
        head = store.get_head(tenant)
        if head.closed_until == until:
            return until
        new = numbering.close(head, until, clock.rome_day(now))
        try:
            dynamo.commit([store.put_head(tenant, new), *also])
        except ConditionFailed:
            continue
        return until
    raise Conflict()


def closed_until(tenant: str) -> date | None:
    return store.get_head(tenant).closed_until


def plan_of(tenant: str, run: Run, setting: Setting) -> Plan:
    """What is left of a run."""
    return planning.plan(payments_of(tenant, run), setting, run.said, run.changes)


def grouped(bundles: Sequence[Bundle]) -> list[list[Bundle]]:
    """As many as one commit holds, in their order."""
    found: list[list[Bundle]] = []
    room = 0
    for bundle in bundles:
        if bundle.cost > room:
            found.append([])
            room = limits.POSTING_OPS
        found[-1].append(bundle)
        room -= bundle.cost
    return found
