"""What an order costs: goods, set-up fees, what is owed for customers, VAT. Pure.

Every amount is integer cents, rounded once for each line (half up) and once for the VAT of the
whole; what stands in the lines adds up to the net amount exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.credits.catalogue import Catalogue, Offer

# goods: credits for the pool; licence: for one customer; setup: of an order with such a product;
# customer_setup and customer_refund: a customer's activation, and its storno (F004-014, 015).
Kind = Literal["goods", "licence", "setup", "customer_setup", "customer_refund"]
GOODS: Final[frozenset[Kind]] = frozenset({"goods", "licence"})
SETUPS: Final[frozenset[Kind]] = frozenset({"setup", "customer_setup", "customer_refund"})
_CENT: Final = Decimal(1)


@dataclass(frozen=True)
class Wanted:
    """What is asked for. `customer` of a licensed product only."""

    product: str
    quantity: int
    customer: str = ""


@dataclass(frozen=True)
class Charge:
    """What is owed for a customer since his activation (`customer_refund`: given back). `cents`
    is never negative; `order` is the one that settles it, "" while it is open."""

    kind: Literal["customer_setup", "customer_refund"]
    customer: str
    product: str
    cents: int
    at: str
    order: str = ""

    @property
    def id(self) -> str:
        return f"{self.customer}:{self.product}:{self.kind}"


@dataclass(frozen=True)
class Line:
    """One line. `price` in euros for a unit, of goods; `cents` is below zero for a storno;
    `waived_cents` is what a coupon took away."""

    kind: Kind
    product: str
    quantity: int
    cents: int
    customer: str = ""
    price: Decimal | None = None
    waived_cents: int = 0


@dataclass(frozen=True)
class Quote:
    """An order's figures. `charges` are the ids of what it settles."""

    lines: tuple[Line, ...]
    vat_percent: Decimal
    charges: tuple[str, ...] = ()

    @property
    def goods_cents(self) -> int:
        """What counts for the minimum order."""
        return sum(line.cents for line in self.lines if line.kind in GOODS)

    @property
    def setup_cents(self) -> int:
        return sum(line.cents for line in self.lines if line.kind in SETUPS)

    @property
    def net_cents(self) -> int:
        return self.goods_cents + self.setup_cents

    @property
    def vat_cents(self) -> int:
        return rounded(Decimal(self.net_cents) * self.vat_percent / 100)

    @property
    def total_cents(self) -> int:
        return self.net_cents + self.vat_cents

    @property
    def meets_minimum(self) -> bool:
        return self.goods_cents >= limits.ORDER_MINIMUM_CENTS


def rounded(cents: Decimal) -> int:
    """To whole cents, half up, as amounts are rounded in Italy (art. 5 Reg. CE 1103/97)."""
    return int(cents.quantize(_CENT, ROUND_HALF_UP))


def quote(
    catalogue: Catalogue,
    wanted: Sequence[Wanted],
    charges: Sequence[Charge] = (),
    *,
    waives_setup: bool = False,
) -> Quote:
    """The figures of an order. `charges` are those open, the oldest first; `waives_setup`: a
    coupon is used.

    Rejected `order_lines`, `order_quantity`, `order_too_large`, `line_repeated`,
    `licence_customer`, `licence_quantity`, `line_customer`, `product_unknown`.
    """
    if not 0 < len(wanted) <= limits.ORDER_LINES:
        raise Rejected("order_lines", f"An order has 1 to {limits.ORDER_LINES} lines.")
    if len({(one.product, one.customer) for one in wanted}) != len(wanted):
        raise Rejected("line_repeated", "Put each product in one line.")
    lines = [_goods(catalogue.offer(one.product), one) for one in wanted]
    offers = {one.product: catalogue.offer(one.product) for one in wanted}
    for offer in offers.values():
        if offer.setup_cents:
            waived = offer.setup_cents if waives_setup else 0
            lines.append(
                Line("setup", offer.product, 1, offer.setup_cents - waived, waived_cents=waived)
            )
    settled = tuple(_settled(charges, sum(line.cents for line in lines)))
    lines += [
        Line(
            one.kind,
            one.product,
            1,
            -one.cents if one.kind == "customer_refund" else one.cents,
            one.customer,
        )
        for one in settled
    ]
    return Quote(tuple(lines), catalogue.vat_percent, tuple(one.id for one in settled))


def _goods(offer: Offer, wanted: Wanted) -> Line:
    if not 0 < wanted.quantity <= limits.CREDIT_QUANTITY:
        raise Rejected("order_quantity", f"Order 1 to {limits.CREDIT_QUANTITY} of a product.")
    if offer.licensed:
        if not wanted.customer:
            raise Rejected(
                "licence_customer",
                "This product is licensed for each customer: say for whom.",
                product=offer.product,
            )
        if wanted.quantity != 1:
            raise Rejected("licence_quantity", "A customer needs one licence.")
    elif wanted.customer:
        raise Rejected("line_customer", "Credits are bought for all customers together.")
    price = offer.price(wanted.quantity)
    cents = rounded(price * wanted.quantity * 100)
    if cents > limits.ORDER_CENTS:
        raise Rejected("order_too_large", "Nobody orders that much.")
    kind: Kind = "licence" if offer.licensed else "goods"
    return Line(kind, offer.product, wanted.quantity, cents, wanted.customer, price)


def _settled(charges: Sequence[Charge], net_cents: int) -> Iterator[Charge]:
    """The charges that fit the order. A storno waits rather than make an order cost less than
    nothing: the house pays nobody for ordering."""
    count = 0
    for one in charges:
        more = -one.cents if one.kind == "customer_refund" else one.cents
        if count == limits.ORDER_CHARGES or net_cents + more < 0:
            continue
        net_cents += more
        count += 1
        yield one
