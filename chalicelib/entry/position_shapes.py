"""What the API takes and answers about debt positions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from chalicelib.accounting.posting.model import OrderState
from chalicelib.base import limits
from chalicelib.entry.body_shapes import Cents, Code, Stamp
from chalicelib.entry.dues_shapes import Cursor
from chalicelib.entry.generation_shapes import PLAIN, AmountFrom, Day, Plan, Subject
from chalicelib.entry.pagopa_shapes import Telling
from chalicelib.entry.posting_shapes import Standing
from chalicelib.entry.shapes import Given, Id, Taken
from chalicelib.payments.positions.model import Origin, PaymentState
from chalicelib.payments.positions.states import State

Printed = Annotated[str, StringConstraints(min_length=1, max_length=90, pattern=PLAIN)]
Said = Annotated[str, StringConstraints(max_length=140, pattern=PLAIN)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=70, pattern=PLAIN)]


class Debtor(Taken):
    """`language`: what he is written to in, "" where nobody said."""

    name: Name
    tax_code: Annotated[str, StringConstraints(min_length=11, max_length=16)]
    address: Said = ""
    postcode: Annotated[str, StringConstraints(max_length=10, pattern=PLAIN)] = ""
    city: Annotated[str, StringConstraints(max_length=60, pattern=PLAIN)] = ""
    province: Annotated[str, StringConstraints(max_length=2, pattern=PLAIN)] = ""
    mail: Annotated[str, StringConstraints(max_length=254)] = ""
    pec: Annotated[str, StringConstraints(max_length=254)] = ""
    language: Literal["", "it", "en", "fr", "es", "de", "sl"] = ""


class NewInstalment(Taken):
    cents: Cents
    due: Day


class PlanByHand(Taken):
    """Instalments as they are given, in the order of their days; they make the amount."""

    instalments: Annotated[
        list[NewInstalment], Field(min_length=2, max_length=limits.FLOW_INSTALMENTS)
    ]
    whole: bool = True


Planned = Plan | PlanByHand


class Asked(Taken):
    """`chosen` (items of the tariff and how many) or `cents` (a free price) by the service's price;
    `manual`: `cents` whatever the price is. `stamp`: for a service that has one. `plan`: computed
    as for a flow, or given by hand; the whole is due by its first day where `due` is null. `ends`,
    `hard_end`: as for a flow."""

    service: Code
    due: date | None = None
    chosen: Annotated[dict[Code, int], Field(max_length=100)] | None = None
    cents: Cents | None = None
    manual: bool = False
    stamp: Stamp | None = None
    ends: Day | None = None
    hard_end: bool = False
    plan: Planned | None = None


class NewPosition(Asked):
    """A spontaneous position."""

    debtor: Debtor
    reason: Subject = ""


class AskedPayment(Given):
    """`number` 0 asks for the whole."""

    number: int
    cents: int
    due: date | None


class AskedPreview(Given):
    """What a position would ask for; nothing is written. `amounts` by the day, where rules change
    them."""

    cents: int
    payments: list[AskedPayment]
    amounts: list[AmountFrom]


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
    what came for it; `reported`: a settlement flow has it. `anew`: the position that asks again
    for an instalment whose money was taken back; it is no part of this one any more."""

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
    anew: str


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


class TiedInvoice(Given):
    """`names`: another notice, which the invoice names: its money was asked for by that one first,
    was taken back, and is asked for by this position. "": it names this one's own."""

    document: str
    names: str


class Position(PositionSummary):
    """`timeline`: oldest first. `pagopa`: what pagoPA knows of it. `invoice`: the one that it pays.
    `rules` concern the whole, never an instalment; `amounts`: what they make of it from today on,
    empty where there is nothing to pay or no rule."""

    debtor: DebtorKnown
    lines: list[Line]
    transfers: list[Transfer]
    timeline: list[PositionEvent]
    pagopa: Telling
    invoice: TiedInvoice | None
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
    postcode: Annotated[str, StringConstraints(max_length=10, pattern=PLAIN)] | None = None
    city: Annotated[str, StringConstraints(max_length=60, pattern=PLAIN)] | None = None
    province: Annotated[str, StringConstraints(max_length=2, pattern=PLAIN)] | None = None
    mail: Annotated[str, StringConstraints(max_length=254)] | None = None
    pec: Annotated[str, StringConstraints(max_length=254)] | None = None
    language: Literal["", "it", "en", "fr", "es", "de", "sl"] | None = None


class NewRule(Taken):
    """As a Rule that is answered: what the amount becomes from `first` to `last`."""

    kind: Literal["late_fee", "reduction"]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=PLAIN)]
    first: Day | None = None
    last: Day | None = None
    cents: int = Field(0, ge=0, le=limits.AMOUNT_CENTS)
    percent: Decimal = Field(Decimal(0), ge=0, le=1_000, max_digits=7, decimal_places=3)
    yearly_percent: Decimal = Field(Decimal(0), ge=0, le=100, max_digits=6, decimal_places=3)


class Edit(Taken):
    """`version`: the one that was read; what is null stays. `rules`: all that there are from now
    on; they concern the whole of what has no stamp. `due`: of the whole where there is no
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
    # What a flow may say of late fees and reductions, its one fee beside its changes.
    rules: Annotated[list[NewRule], Field(max_length=limits.FLOW_CHANGES + 1)] | None = None
    debtor: DebtorEdit | None = None


class Reopening(Taken):
    """Why it is asked for anew: of a plan those instalments whose money was taken back."""

    note: Annotated[
        str, StringConstraints(min_length=1, max_length=limits.LINK_NOTE_CHARS, pattern=PLAIN)
    ]


class PaidOutside(Taken):
    """`day`: when the money came; `cents` of it, null for what was asked on that day."""

    day: date
    cents: Cents | None = None
    how: Literal["", "transfer", "cash", "cheque", "card", "postal", "other"] = ""
    note: Said = ""


class PositionOrder(Given):
    """An order that posted payments of a position: `cents` of it are for that one."""

    id: str
    year: int
    number: int
    day: date
    provisional: str
    cents: int
    state: OrderState
    outcome: str
    treasury: Standing | None


class PositionOrders(Given):
    """By number, those that were taken back too."""

    orders: list[PositionOrder]
