"""What the API takes and answers about flows: generations of debt positions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from chalicelib.base import limits
from chalicelib.entry.body_shapes import Cents
from chalicelib.entry.dues_shapes import Due
from chalicelib.entry.shapes import Given, Id, Taken
from chalicelib.payments.dues.model import Category, Provenance
from chalicelib.payments.positions.store import FlowState

PLAIN = r"^[^\x00-\x1f\x7f]*$"
Subject = Annotated[str, StringConstraints(max_length=90, pattern=PLAIN)]
# An instant before and behind it can be said.
Day = Annotated[date, Field(ge=date(1950, 1, 1), le=date(2100, 12, 31))]
List = Annotated[list[Annotated[str, StringConstraints(max_length=40)]], Field(max_length=50)]


class NewFlow(Taken):
    """Which open dues are on the list; what is left out does not count."""

    least_cents: Cents | None = None
    most_cents: Cents | None = None
    assessed_from: date | None = None
    assessed_until: date | None = None
    due_from: date | None = None
    due_until: date | None = None
    categories: Annotated[list[Category], Field(max_length=3)] = Field(default_factory=list)
    provenance: Provenance | None = None
    chapters: List = Field(default_factory=list)
    services: List = Field(default_factory=list)
    year: int | None = Field(None, ge=1950, le=2100)
    batch: Id | None = None


class Exclusion(Taken):
    """Ids of dues that are taken off the list."""

    dues: Annotated[list[Id], Field(min_length=1, max_length=limits.PAGE_ITEMS_MAX)]


class Plan(Taken):
    """`whole`: the debtor may also pay all at once."""

    count: int = Field(ge=2, le=limits.FLOW_INSTALMENTS)
    first_due: date
    every_months: int = Field(1, ge=1, le=24)
    whole: bool = True


class Change(Taken):
    """More (`late_fee`) or less (`reduction`) than the notice says, by the day of payment: a late
    fee from the day after `days` days since the due date, a reduction until so many days before it.
    Together: `cents`, `percent` of the amount, `yearly_percent` as interest for each day of a late
    fee. `reason` is printed on receipts."""

    kind: Literal["late_fee", "reduction"]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=PLAIN)]
    days: int = Field(0, ge=0, le=365)
    cents: int = Field(0, ge=0, le=limits.AMOUNT_CENTS)
    percent: Decimal = Field(Decimal(0), ge=0, le=1_000, max_digits=7, decimal_places=3)
    yearly_percent: Decimal = Field(Decimal(0), ge=0, le=100, max_digits=6, decimal_places=3)


class NewPreview(Taken):
    """What would be said at generation; `due` for dues that have none."""

    due: Day | None = None
    late_fee_cents: int = Field(0, ge=0, le=limits.AMOUNT_CENTS)
    late_fee_days: int = Field(0, ge=0, le=365)
    changes: Annotated[list[Change], Field(max_length=limits.FLOW_CHANGES)] = Field(
        default_factory=list
    )


class AmountPart(Given):
    """What a rule came to: `cents` are negative for a reduction."""

    kind: Literal["late_fee", "reduction"]
    reason: str
    cents: int


class AmountFrom(Given):
    """What is asked for from `day` on; `daily`: interest runs, and each day it is more."""

    day: date
    cents: int
    parts: list[AmountPart]
    daily: bool


class Preview(Given):
    """By the first due of the list: what it asks for (`cents`), by when, and what that becomes."""

    cents: int
    due: date
    amounts: list[AmountFrom]


class Parameters(Taken):
    """`changes`: what the amount becomes by the day. `ends`: end of validity; 31 December of this
    year when left out; indicative unless `hard_end`: nobody begins to pay afterwards. `due`: for
    dues that do not say theirs. `grouped`: one position for each person, by `subject`."""

    description: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=PLAIN)]
    ends: Day | None = None
    hard_end: bool = False
    due: date | None = None
    grouped: bool = False
    subject: Subject = ""
    plan: Plan | None = None
    late_fee_cents: int = Field(0, ge=0, le=limits.AMOUNT_CENTS)
    late_fee_days: int = Field(0, ge=0, le=365)
    changes: Annotated[list[Change], Field(max_length=limits.FLOW_CHANGES)] = Field(
        default_factory=list
    )


class Flow(Given):
    """`dues`, `persons`, `cents`, `undated` (without a due date) of the list less what was taken
    off it. `done` of `groups` are decided, `made` of them are positions. `parameters` once they
    were given."""

    id: str
    state: FlowState
    created_at: str
    filter: dict[str, Any]
    excluded: int
    dues: int
    persons: int
    cents: int
    undated: int
    parameters: dict[str, Any]
    groups: int
    done: int
    made: int
    code: str


class Flows(Given):
    flows: list[Flow]


class PageQuery(Taken):
    offset: int = Field(0, ge=0, le=limits.DUES_ROWS * 10)
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


class Listed(Given):
    """Dues on the list, in its order."""

    dues: list[Due]
