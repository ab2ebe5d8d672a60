"""Credits to begin with: every reseller is prepaid, so one without a lot could send nothing."""

from __future__ import annotations

from datetime import date, datetime

from chalicelib.base import clock, dynamo
from chalicelib.credits import products, service
from chalicelib.credits.lots import Lot

QUANTITY = 1_000_000


def give_credits(
    tenant: str, now: datetime, quantity: int = QUANTITY, ordered_on: date | None = None
) -> None:
    """One lot of each product that documents take, bought on that day (today). Nobody waits for
    credit yet, so the work that would let documents go is left out."""
    day = ordered_on or clock.rome_day(now)
    for product in (products.XML_PA, products.XML_PRIVATE, products.PDF_CONVERSION):
        lot = Lot(product, quantity, "seed", day, price_cents=0, source="seed")
        ops = service.lot_ops(tenant, lot, now, by="seed")
        dynamo.commit([op for op in ops if not op.label.startswith("work:")])
