"""What a body's positions come to, kept by counting: each change of a position adds its difference.

T#<tenant>#SUMMARY   ALL#<shard>          by state, by service, in all
T#<tenant>#SUMMARY   YEAR#<yyyy>#<shard>  by month of making and of payment; open by day due; what
                                          has a hard end by that day and its state

The additions are part of the commit that changes the position, on the version that was read, so the
sums are exact at every moment; there are SUMMARY_SHARDS of each row, so that payments of one body
need not wait for each other. What is overdue follows from the open sums by day, and what expired
since the last night's work from those by hard end: nothing has to run at midnight. `differences`
counts again from the positions themselves.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from chalicelib.base import clock, dynamo, keys, limits
from chalicelib.base.dynamo import Item, Update
from chalicelib.payments.positions import model, store
from chalicelib.payments.positions.model import Payment, Position
from chalicelib.payments.positions.states import ENDING, OPEN, STATES, State

# (row, attribute): how much a position adds to it.
Facts = Counter[tuple[str, str]]
Change = tuple[Position | None, Position]
_ALL: Final = "ALL"
_YEAR: Final = "YEAR"
# How often a row was changed: who counts again sees by it that nothing moved meanwhile.
_CHANGES: Final = "changes"
_TRIES: Final = 5


@dataclass(frozen=True)
class Sum:
    """`count` positions (payments, where it is said so), and cents."""

    count: int
    cents: int


@dataclass(frozen=True)
class OfService:
    """Positions with a line of the service, and its lines; `settled`: those paid as a whole."""

    due: Sum
    settled: Sum


@dataclass(frozen=True)
class Summary:
    """`due`: all that was asked for and not cancelled; `paid`: positions of which something was
    paid, and what came; `open`: what is still asked for, as planned (no late fees); `overdue`: the
    part of it whose day has passed. `months` of a year: what was made, and the payments, by their
    days in Rome."""

    due: Sum
    paid: Sum
    open: Sum
    overdue: Sum
    states: Mapping[State, Sum]
    services: Mapping[str, OfService]
    made: Mapping[tuple[int, int], Sum]
    payments: Mapping[tuple[int, int], Sum]

    def of_year(self, year: int) -> tuple[Sum, Sum]:
        """What was made in a year, and the payments of it."""
        return tuple(  # type: ignore[return-value]
            Sum(
                sum(one.count for (there, _), one in found.items() if there == year),
                sum(one.cents for (there, _), one in found.items() if there == year),
            )
            for found in (self.made, self.payments)
        )


# ------------------------------------------------------------------ what a position comes to
def came(payment: Payment) -> int:
    """Cents that came for it."""
    return payment.paid_cents or (payment.cents if payment.state == "paid" else 0)


def still_asked(position: Position) -> tuple[Payment, ...]:
    """What is still asked for: of a plan its instalments, since the whole is another way."""
    left = model.to_pay(position)
    return tuple(one for one in left if one.number) or left


def facts(position: Position) -> Facts:
    """What a position adds, as it is."""
    found: Facts = Counter()

    def add(row: str, name: str, cents: int, count: int = 1) -> None:
        found[row, f"{name}:n"] += count
        found[row, f"{name}:cents"] += cents

    add(_ALL, f"state:{position.state}", position.cents)
    if position.state == "invalid":
        return found
    born = clock.rome_day(clock.parse(position.created_at))
    add(_ALL, "due", position.cents)
    add(_year(born), f"made:{born:%m}", position.cents)
    paid = [one for one in position.payments if came(one)]
    if paid:
        add(_ALL, "paid", sum(map(came, paid)))
    for one in paid:
        if one.paid_on:
            add(_year(one.paid_on), f"paid:{one.paid_on:%m}", came(one))
    left = still_asked(position)
    if left:
        add(_ALL, "open", sum(one.cents for one in left))
    dated = sorted((one.due, one.cents) for one in left if one.due)
    for place, (due, cents) in enumerate(dated):
        # A position is overdue once, from the first of its days on.
        add(_year(due), f"open:{due:%m%d}", cents, int(place == 0))
    if position.hard_end and position.state in ENDING:
        add(_year(position.ends), f"ends:{position.ends:%m%d}:{position.state}", position.cents)
    services: Counter[str] = Counter()
    for line in position.lines:
        services[line.service] += line.cents
    for service, cents in services.items():
        add(_ALL, f"service:due:{service}", cents)
        if position.state not in OPEN:
            add(_ALL, f"service:settled:{service}", cents)
    return found


def _year(day: date) -> str:
    return keys.sk(_YEAR, f"{day.year:04d}")


# ------------------------------------------------------------------ counting
def ops(tenant: str, changes: Iterable[Change], by: str) -> list[Update]:
    """What joins the commit of changes (old, None for a new one; new): an operation for each row.

    `by` chooses the shard: the id of what is changed, the same again when it is done again.
    """
    total: Facts = Counter()
    for old, new in changes:
        total.update(facts(new))
        if old is not None:
            total.subtract(facts(old))
    return _additions(tenant, total, zlib.crc32(by.encode()) % limits.SUMMARY_SHARDS)


def _additions(tenant: str, total: Facts, shard: int) -> list[Update]:
    rows: dict[str, dict[str, int]] = {}
    for (row, name), number in sorted(total.items()):
        if number:
            rows.setdefault(row, {})[name] = number
    return [
        Update(
            (_partition(tenant), f"{row}#{shard}"),
            add={**added, _CHANGES: 1},
            when=dynamo.ANY,
            label="summary",
        )
        for row, added in rows.items()
    ]


def _partition(tenant: str) -> str:
    return keys.pk(tenant, "SUMMARY")


def _stored(tenant: str) -> tuple[Facts, int]:
    """What is stored, and how often it was changed."""
    total: Facts = Counter()
    changes = 0
    for item in dynamo.query(_partition(tenant)):
        row = str(item["sk"]).rpartition("#")[0]
        changes += item[_CHANGES]
        for name, number in _numbers(item):
            total[row, name] += number
    return total, changes


def _numbers(item: Item) -> Iterable[tuple[str, int]]:
    return ((name, number) for name, number in item.items() if ":" in name)


# ------------------------------------------------------------------ read
def summary(tenant: str, now: datetime) -> Summary:
    """How the body stands on the day of `now`: one query, however many positions there are."""
    return summed(_stored(tenant)[0], clock.rome_day(now))


def summed(total: Facts, today: date) -> Summary:
    """The same of what was added up. Pure."""

    def of(row: str, name: str) -> Sum:
        return Sum(total[row, f"{name}:n"], total[row, f"{name}:cents"])

    services = sorted(
        {name.split(":")[2] for row, name in total if row == _ALL and name.startswith("service:")}
    )
    years = sorted({int(row.partition("#")[2]) for row, _ in total if row != _ALL})
    overdue = [0, 0]
    expired: Counter[tuple[str, str]] = Counter()  # by the state that is still written, and what
    for (row, name), number in total.items():
        kind, _, rest = name.partition(":")
        if kind not in ("open", "ends") or row == _ALL:
            continue
        day, *state, what = rest.split(":")
        if (int(row.partition("#")[2]), day) >= (today.year, f"{today:%m%d}"):
            continue
        if kind == "open":
            overdue[what == "cents"] += number
        else:
            expired[state[0], what] += number
            expired["expired", what] -= number
    months = [(year, month) for year in years for month in range(1, 13)]

    def in_state(state: State) -> Sum:
        found = of(_ALL, f"state:{state}")
        return Sum(found.count - expired[state, "n"], found.cents - expired[state, "cents"])

    def by_month(name: str) -> dict[tuple[int, int], Sum]:
        found = {
            (year, month): of(keys.sk(_YEAR, f"{year:04d}"), f"{name}:{month:02d}")
            for year, month in months
        }
        return {month: one for month, one in found.items() if one != Sum(0, 0)}

    return Summary(
        due=of(_ALL, "due"),
        paid=of(_ALL, "paid"),
        open=of(_ALL, "open"),
        overdue=Sum(*overdue),
        states={one: in_state(one) for one in STATES},
        services={
            one: OfService(of(_ALL, f"service:due:{one}"), of(_ALL, f"service:settled:{one}"))
            for one in services
        },
        made=by_month("made"),
        payments=by_month("paid"),
    )


# ------------------------------------------------------------------ counted again
@dataclass(frozen=True)
class Recount:
    """`quiet`: nothing changed while it was counted, so that `differences` (what should be added,
    by row and attribute) can be believed."""

    positions: int
    differences: Facts
    quiet: bool


def recount(tenant: str) -> Recount:
    """Count every position again, at most so often until nothing changes meanwhile."""
    for _ in range(_TRIES):
        before = _stored(tenant)
        truth: Facts = Counter()
        count = 0
        for _, position in store.list_positions(tenant, page=limits.PAGE_ITEMS_MAX):
            truth.update(facts(position))
            count += 1
        quiet = _stored(tenant)[1] == before[1]
        truth.subtract(before[0])
        differences: Facts = Counter({key: number for key, number in truth.items() if number})
        if quiet:
            break
    return Recount(count, differences, quiet)


def repair(tenant: str, found: Recount) -> None:
    """Add the differences of a recount that was quiet; what changes meanwhile adds its own."""
    assert found.quiet
    changes = _additions(tenant, found.differences, 0)
    for start in range(0, len(changes), limits.TRANSACTION_ITEMS):
        dynamo.commit(changes[start : start + limits.TRANSACTION_ITEMS])
