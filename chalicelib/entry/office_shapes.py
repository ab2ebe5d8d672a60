"""What the API takes and answers about the archive's exports and how the body stands."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from chalicelib.entry.position_shapes import PositionsFilter
from chalicelib.entry.shapes import Given
from chalicelib.payments.positions.exports import State as ExportState
from chalicelib.payments.positions.states import State


class NewExport(PositionsFilter):
    """The filters of the archive, and what is written."""

    format: Literal["csv", "xlsx"]


class Export(Given):
    """`filter`: what it was asked by, all days included; of a debtor only that one was named.
    `rows` so far; `code`: why there is no file."""

    id: str
    state: ExportState
    format: Literal["csv", "xlsx"]
    filter: dict[str, Any]
    created_at: str
    rows: int
    code: str


class Exports(Given):
    """Newest first."""

    exports: list[Export]


class Sum(Given):
    count: int
    cents: int


class ServiceSum(Given):
    """`due`: positions with a line of the service, and these lines; `settled`: of positions that
    are paid as a whole."""

    service: str
    subject: str
    due: Sum
    settled: Sum


class PeriodSum(Given):
    """`made`: positions of the period; `paid`: payments of its days (in Rome)."""

    made: Sum
    paid: Sum


class MonthSum(PeriodSum):
    year: int
    month: int


class Reconciled(Given):
    """By the books: `cents` came to the bank and match; `posted_cents` of them have an order,
    `open_cents` wait for one. `anomalous_cents` came, but something is wrong with them."""

    cents: int
    posted_cents: int
    open_cents: int
    anomalous_cents: int


class Summary(Given):
    """How the body stands now. `due`: positions asked for and not cancelled; `paid`: those of which
    something was paid, and what came; `open`: still asked for, as planned; `overdue`: the part of
    that whose day has passed. `states`: cents are those asked for. `months`: with something in
    them, oldest first."""

    day: date
    due: Sum
    paid: Sum
    open: Sum
    overdue: Sum
    reconciled: Reconciled
    states: dict[State, Sum]
    services: list[ServiceSum]
    month: PeriodSum
    year: PeriodSum
    months: list[MonthSum]
