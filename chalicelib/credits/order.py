"""An order of credits as it is kept: what was ordered at which prices, and how it stands. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from chalicelib.base import clock
from chalicelib.credits.catalogue import Payment
from chalicelib.credits.pricing import Quote

# placed: waits for its payment; confirmed: its credits and licences are there; cancelled: by the
# reseller or the operator, before it was confirmed.
OrderState = Literal["placed", "confirmed", "cancelled"]
ORDER_STATES: Final[tuple[OrderState, ...]] = OrderState.__args__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Order:
    """`catalogue` is the list it was priced by, `payment` and `pec` are as they stood in it;
    instants as `clock.stamp`, "" for what has not happened. `by` placed it."""

    id: str
    state: OrderState
    placed_at: str
    by: str
    quote: Quote
    catalogue: str
    payment: Payment
    pec: str
    coupon: str = ""
    request: str = ""
    confirmed_at: str = ""
    cancelled_at: str = ""
    paid_on: str = ""
    version: int = 1

    @property
    def ordered_on(self) -> date:
        """The day from which its credits are valid (D16): that of the order, not of the payment."""
        return clock.rome_day(clock.parse(self.placed_at))

    @property
    def reference(self) -> str:
        """What the reseller writes on his transfer, and sees on every page."""
        return f"ORD-{self.id[:10].upper()}"


@dataclass(frozen=True)
class Coupon:
    """A coupon of one reseller (F004-013). `until`: its last day, "" without end; `used_by`: the
    order that used it."""

    code: str
    until: str = ""
    used_by: str = ""

    def covers(self, day: date) -> bool:
        return not self.until or day.isoformat() <= self.until


def written(cents: int, language: str) -> str:
    """An amount as people read it: `1.234,50 EUR`, in English `1,234.50 EUR`."""
    whole, rest = divmod(abs(cents), 100)
    text = f"{'-' * (cents < 0)}{whole:,}.{rest:02d}"
    if language != "en":
        text = text.translate(str.maketrans(",.", ".,"))
    return f"{text} EUR"
