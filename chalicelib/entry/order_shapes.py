"""What the API takes and answers about the price list and orders. Amounts are integer cents of
euro; prices for one unit are exact decimals of euro."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.base import limits
from chalicelib.credits.catalogue import Confirmation
from chalicelib.credits.order import OrderState
from chalicelib.credits.pricing import Kind
from chalicelib.credits.products import Product
from chalicelib.entry.shapes import Given, Id, Taken

Words = dict[str, str]  # by language: it, en, fr, es
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{0,40}$")]


class Tier(Given):
    """From this quantity on each unit of the line costs `price` euros."""

    since: int
    price: Decimal


class Offer(Given):
    """`licensed`: each customer needs his own. `setup_cents`: with every order of it;
    `customer_setup_cents`: once for each customer for whom it is activated."""

    product: str
    names: Words
    licensed: bool
    tiers: list[Tier]
    setup_cents: int
    customer_setup_cents: int


class Payment(Given):
    """Where a transfer goes to; null for what the house has not said."""

    payee: str | None
    iban: str | None
    bank: str | None


class Charge(Given):
    """What the next order settles for a customer."""

    kind: Literal["customer_setup", "customer_refund"]
    customer: str
    product: str
    cents: int
    since: str


class Catalogue(Given):
    """The caveats come first: they are what a page shows first."""

    caveats: list[Words]
    id: str
    valid_from: str
    demonstration: bool
    minimum_cents: int
    vat_percent: Decimal
    confirmation: Confirmation
    payment: Payment
    pec: str
    products: list[Offer]
    charges: list[Charge]


class WantedLine(Taken):
    """`customer` for licensed products only, and then quantity 1."""

    product: Product
    quantity: int = Field(1, ge=1, le=limits.CREDIT_QUANTITY)
    customer: Id | None = None


class NewOrder(Taken):
    lines: Annotated[list[WantedLine], Field(min_length=1, max_length=limits.ORDER_LINES)]
    coupon: Code = ""


class Line(Given):
    """`price`: euros for a unit, of goods and licences. A storno has `cents` below zero;
    `waived_cents` is what a coupon took away."""

    kind: Kind
    product: str
    customer: str | None
    quantity: int
    price: Decimal | None
    cents: int
    waived_cents: int


class Quote(Given):
    """`goods_cents` is what counts for the minimum."""

    lines: list[Line]
    goods_cents: int
    setup_cents: int
    net_cents: int
    vat_percent: Decimal
    vat_cents: int
    total_cents: int
    minimum_cents: int
    meets_minimum: bool
    catalogue: str


class Order(Quote):
    """`reference` goes into the transfer. `expires_on`: the last day of its credits."""

    id: str
    reference: str
    state: OrderState
    placed_at: str
    confirmed_at: str | None
    cancelled_at: str | None
    expires_on: str | None
    coupon: str | None
    payment: Payment
    pec: str


class Orders(Given):
    orders: list[Order]
    cursor: str | None


class OrdersQuery(Taken):
    after: Annotated[str, StringConstraints(pattern=r"^([0-9TZ:.-]{1,32}#[a-z0-9]{1,64})?$")] = ""
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


class Activated(Given):
    """The products that are switched on for a customer, and what is owed for him since."""

    customer: str
    products: list[str]
    charges: list[Charge]
