"""What the API takes and answers about flows and debt positions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from chalicelib.base import limits
from chalicelib.entry.body_shapes import Cents, Code, Stamp
from chalicelib.entry.dues_shapes import Cursor, Due
from chalicelib.entry.pagopa_shapes import Telling
from chalicelib.entry.shapes import Given, Id, Taken
from chalicelib.payments.dues.model import Category, Provenance
from chalicelib.payments.positions.model import Origin, PaymentState
from chalicelib.payments.positions.states import State
from chalicelib.payments.positions.store import FlowState

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
Subject = Annotated[str, StringConstraints(max_length=90, pattern=_PLAIN)]
Printed = Annotated[str, StringConstraints(min_length=1, max_length=90, pattern=_PLAIN)]
Said = Annotated[str, StringConstraints(max_length=140, pattern=_PLAIN)]
# An instant before and behind it can be said.
Day = Annotated[date, Field(ge=date(1950, 1, 1), le=date(2100, 12, 31))]
Name = Annotated[str, StringConstraints(min_length=1, max_length=70, pattern=_PLAIN)]
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
    reason: Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=_PLAIN)]
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

    description: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_PLAIN)]
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


class Debtor(Taken):
    """`language`: what he is written to in, "" where nobody said."""

    name: Name
    tax_code: Annotated[str, StringConstraints(min_length=11, max_length=16)]
    address: Said = ""
    postcode: Annotated[str, StringConstraints(max_length=10, pattern=_PLAIN)] = ""
    city: Annotated[str, StringConstraints(max_length=60, pattern=_PLAIN)] = ""
    province: Annotated[str, StringConstraints(max_length=2, pattern=_PLAIN)] = ""
    mail: Annotated[str, StringConstraints(max_length=254)] = ""
    pec: Annotated[str, StringConstraints(max_length=254)] = ""
    language: Literal["", "it", "en", "fr", "es", "de", "sl"] = ""


class NewPosition(Taken):
    """A spontaneous position: `chosen` (items of the tariff and how many) or `cents` (a free price)
    by the service's price; `manual`: `cents` whatever the price is. `stamp`: for a service that
    has one. `ends`, `hard_end`: as for a flow."""

    service: Code
    debtor: Debtor
    reason: Subject = ""
    due: date | None = None
    chosen: Annotated[dict[Code, int], Field(max_length=100)] | None = None
    cents: Cents | None = None
    manual: bool = False
    stamp: Stamp | None = None
    ends: Day | None = None
    hard_end: bool = False


class PositionsFilter(Taken):
    """What is left out does not count; all days are included, and are those of Rome. `tax_code` of
    the debtor; `service` and `year` of one of the lines; `due`: one of its payments is due then;
    `paid`: one of them was paid then. A `state` is the one of today."""

    state: State | None = None
    flow: Id | None = None
    tax_code: Annotated[str, StringConstraints(min_length=11, max_length=16)] | None = None
    origin: Origin | None = None
    service: Code | None = None
    year: int | None = Field(None, ge=1950, le=2100)
    least_cents: Cents | None = None
    most_cents: Cents | None = None
    due_from: date | None = None
    due_until: date | None = None
    created_from: Day | None = None
    created_until: Day | None = None
    paid_from: date | None = None
    paid_until: date | None = None


class PositionsQuery(PositionsFilter):
    """`iuv` finds one, whatever else is asked; a word that the seed spells IUUV (D13). A page may
    be short, or empty, and still have a cursor."""

    iuv: Annotated[str, StringConstraints(pattern=r"^[0-9]{17}$")] | None = None
    cursor: Cursor = ""
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


class Payment(Given):
    """`number` 0 asks for the whole. `asked_cents`: today, by the rules. `paid_on`, `paid_cents`:
    what came for it; `reported`: a settlement flow has it."""

    number: int
    iuv: str
    notice: str
    cents: int
    asked_cents: int
    due: date | None
    state: PaymentState
    paid_on: date | None
    paid_cents: int
    reported: bool


class PositionSummary(Given):
    id: str
    state: State
    origin: Origin
    name: str
    tax_code: str
    subject: str
    cents: int
    ends: date
    hard_end: bool
    flow: str
    created_at: str
    version: int
    payments: list[Payment]


class Positions(Given):
    """Newest first."""

    positions: list[PositionSummary]
    cursor: str | None


class Line(Given):
    service: str
    reason: str
    cents: int
    taxonomy: str
    iban: str
    chapter: str
    provenance: str
    year: int
    due: str
    stamp: Stamp | None


class Transfer(Given):
    """`stamp`: it buys a digital stamp, and there is no account."""

    iban: str
    taxonomy: str
    cents: int
    stamp: Stamp | None


class PositionEvent(Given):
    event: str
    state: State
    at: str
    by: str
    facts: dict[str, Any]


class Rule(Given):
    """What the amount becomes from `first` to `last`, both included; null is open. Together:
    `cents`, `percent` of the amount, `yearly_percent` as interest for each day."""

    kind: Literal["late_fee", "reduction"]
    reason: str
    first: date | None
    last: date | None
    cents: int
    percent: Decimal
    yearly_percent: Decimal


class DebtorKnown(Given):
    """What is known of whoever owes it beside name and tax code; "" where nobody said."""

    address: str
    postcode: str
    city: str
    province: str
    mail: str
    pec: str
    language: str


class Position(PositionSummary):
    """`timeline`: oldest first. `pagopa`: what pagoPA knows of it. `rules` concern the whole, never
    an instalment; `amounts`: what they make of it from today on, empty where there is nothing to
    pay or no rule."""

    debtor: DebtorKnown
    lines: list[Line]
    transfers: list[Transfer]
    timeline: list[PositionEvent]
    pagopa: Telling
    rules: list[Rule]
    amounts: list[AmountFrom]


class NewAmount(Taken):
    """`chosen` and `cents` by the service's price as it is now, as for a new position; `manual`:
    `cents` whatever the price is. Nothing of it: the fixed price as it is now."""

    chosen: Annotated[dict[Code, int], Field(max_length=100)] | None = None
    cents: Cents | None = None
    manual: bool = False


class InstalmentDue(Taken):
    """`number` 0 is the whole."""

    number: int = Field(ge=0, le=limits.FLOW_INSTALMENTS)
    due: Day


class DebtorEdit(Taken):
    """What is null stays, "" is known no more. Whom the body knows is the same on all of his
    positions."""

    name: Name | None = None
    address: Said | None = None
    postcode: Annotated[str, StringConstraints(max_length=10, pattern=_PLAIN)] | None = None
    city: Annotated[str, StringConstraints(max_length=60, pattern=_PLAIN)] | None = None
    province: Annotated[str, StringConstraints(max_length=2, pattern=_PLAIN)] | None = None
    mail: Annotated[str, StringConstraints(max_length=254)] | None = None
    pec: Annotated[str, StringConstraints(max_length=254)] | None = None
    language: Literal["", "it", "en", "fr", "es", "de", "sl"] | None = None


class Edit(Taken):
    """`version`: the one that was read; what is null stays. `due`: of the whole where there is no
    plan, `instalments`: of the payments of a plan. Of a spontaneous position without plan and
    stamp: `amount`, and `reason`, what its one line says."""

    version: int = Field(ge=1)
    subject: Printed | None = None
    reason: Printed | None = None
    due: Day | None = None
    instalments: Annotated[list[InstalmentDue], Field(max_length=limits.FLOW_INSTALMENTS + 1)] = (
        Field(default_factory=list)
    )
    ends: Day | None = None
    hard_end: bool | None = None
    amount: NewAmount | None = None
    debtor: DebtorEdit | None = None


class Reopening(Taken):
    """Why it is asked for anew."""

    note: Annotated[
        str, StringConstraints(min_length=1, max_length=limits.LINK_NOTE_CHARS, pattern=_PLAIN)
    ]


class PaidOutside(Taken):
    """`day`: when the money came; `cents` of it, null for what was asked on that day."""

    day: date
    cents: Cents | None = None
    how: Literal["", "transfer", "cash", "cheque", "card", "postal", "other"] = ""
    note: Said = ""
