"""What the API takes and answers about credits: balances, the book, assignments, policies."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.base import limits
from chalicelib.credits.policy import AtZero, Enablement, Mode
from chalicelib.credits.products import Pooled
from chalicelib.entry.shapes import Given, Id, Taken

Account = Literal[
    "PURCHASED", "POOL", "CUST", "HELD", "CONSUMED", "EXPIRED", "REFUNDED", "OVERDRAFT", "SETTLED"
]
LotId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]
Instant = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
Cursor = Annotated[str, StringConstraints(pattern=r"^([0-9TZ:.-]{1,32}#[A-Za-z0-9]{1,64})?$")]
# Nothing that a terminal of its readers would obey.
Note = Annotated[
    str,
    StringConstraints(max_length=limits.CREDIT_NOTE_CHARS, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$"),
]


class Position(Given):
    """purchased = pool + assigned + held + consumed + expired + refunded + overdraft + settled, at
    every moment. `overdraft` (zero or below) was drawn beyond the last credit; `settled` clears it
    between lots and is zero in all."""

    purchased: int
    pool: int
    assigned: int
    held: int
    consumed: int
    expired: int
    refunded: int
    overdraft: int
    settled: int


class LotBalance(Position):
    """`expires_on` is the last day on which it may be used (Europe/Rome); null: never expires."""

    lot: str
    order: str
    ordered_on: str
    expires_on: str | None
    usable: bool
    price_cents: int


class ProductBalance(Position):
    """`available` can be drawn from the pool today."""

    product: str
    available: int
    lots: list[LotBalance]


class Balances(Given):
    products: list[ProductBalance]


class Entry(Given):
    """One movement: `quantity` credits of `lot` from the account `credit` to the account `debit`.
    `reference` is the order, assignment or document that it is for."""

    id: str
    at: str
    credit: str
    debit: str
    product: str
    lot: str
    quantity: int
    customer: str | None
    reference: str
    by: str
    note: str


class Entries(Given):
    """Newest first. A page may be short, or empty, and yet have a cursor: filters leave out."""

    entries: list[Entry]
    cursor: str | None


class EntriesQuery(Taken):
    """`account` is what gives or gets; `since` and `until` are instants, `until` not included."""

    customer: Id | None = None
    product: Pooled | None = None
    lot: LotId | None = None
    document: Id | None = None
    reference: Reference | None = None
    account: Account | None = None
    since: Instant | None = None
    until: Instant | None = None
    cursor: Cursor = ""
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


class Used(Given):
    """Credits that a customer consumed of one lot on one day (Europe/Rome); `own` of them had been
    assigned to him."""

    day: str
    customer: str
    product: str
    lot: str
    quantity: int
    own: int


class Consumption(Given):
    """By day, customer, product and lot; `total` of all."""

    consumed: list[Used]
    total: int


class ConsumptionQuery(Taken):
    """Days of Europe/Rome, both included."""

    since: date
    until: date
    customer: Id | None = None


class Policy(Given):
    """`modes` by product. `enabled` false: documents wait until the reseller enables him."""

    modes: dict[str, Mode]
    at_zero: AtZero
    enablement: Enablement
    enabled: bool


class CustomerProduct(Given):
    """`assigned` = `left` + `own_held` + `own_consumed` + `expired`: what he was given, and where
    it is. `consumed` and `held` count what he drew from the pool too; `residual` = assigned -
    consumed of his own - expired."""

    product: str
    mode: Mode
    assigned: int
    left: int
    held: int
    own_held: int
    consumed: int
    own_consumed: int
    expired: int
    residual: int


class CustomerCredits(Given):
    customer: str
    policy: Policy
    products: list[CustomerProduct]


class NewAssignment(Taken):
    """`quantity` below zero returns credits to the pool."""

    product: Pooled
    quantity: int = Field(ge=-limits.CREDIT_QUANTITY, le=limits.CREDIT_QUANTITY)
    note: Note = ""


class Part(Given):
    lot: str
    quantity: int


class Assignment(Given):
    """`lots`: out of which lots; their expiry goes with the credits."""

    id: str
    at: str
    customer: str
    product: str
    quantity: int
    lots: list[Part]
    by: str
    note: str


class Assignments(Given):
    """Newest first; a line of this history is never changed."""

    assignments: list[Assignment]
    cursor: str | None


class AssignmentsQuery(Taken):
    cursor: Cursor = ""
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


class NewPolicy(Taken):
    """What is left out is as it is by default: metered, stop, automatic."""

    modes: dict[Pooled, Mode] = Field(default_factory=dict)
    at_zero: AtZero = "stop"
    enablement: Enablement = "automatic"
