"""What a service's price comes to as the lines of a position. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.base.errors import Rejected
from chalicelib.payments import amounts, prices
from chalicelib.payments.body import Service


def lines_of(
    service: Service, reason: str, chosen: Mapping[str, int] | None, cents: int | None,
    manual: bool,
) -> list[tuple[str, int]]:  # fmt: skip
    """Reasons and cents: the items of a tariff that were chosen, else one line for that `reason`;
    none where nothing but a digital stamp is bought. `manual`: `cents` whatever the price is.

    Rejected `service_unpriced`, and as `prices.priced`, `amounts.check`.
    """
    if manual:
        return [(reason, amounts.check(cents or 0))]
    if service.price is None:
        if service.stamp and cents is None and not chosen:
            return []
        raise Rejected("service_unpriced", "The service has no price: type the amount.")
    found = prices.priced(service.price, chosen=chosen, cents=cents)
    if not found.lines:
        return [(reason, found.cents)]
    return [(line.label, line.cents) for line in found.lines]
