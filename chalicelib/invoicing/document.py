"""The record of one file that reached us, from its arrival to its end.

One item is both the flow (what arrived, from whom, untouched) and the document (what it says and
how it fares): they are born together and a file that never becomes a document stays a refusal.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from chalicelib.base.s3 import Place
from chalicelib.credits.hold import Hold
from chalicelib.invoicing.model import Family, Invoice
from chalicelib.invoicing.states import State

# `internal`: another part of the house made it for the tenant (U-04).
Channel = Literal["bucket", "upload", "api", "internal"]
HoldReason = Literal[
    "", "duplicate", "unknown_customer", "seller_mismatch", "unlawful_recipient",
    "no_credit", "not_enabled",
]  # fmt: skip
LOT_SHOWN = 20


@dataclass(frozen=True)
class Said:
    """What the document says: the hub's characteristic values (F004-075)."""

    format: str
    family: Family
    type: str
    number: str
    date: str
    currency: str
    amount: Decimal
    taxable: Decimal
    tax: Decimal
    seller: str
    seller_name: str
    buyer: str
    buyer_name: str
    recipient: str
    bodies: int = 1
    lot: tuple[dict[str, Any], ...] = ()
    attachments: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Document:
    """`keep`: handed in to be preserved only, never to be sent. `reason` is the code behind the
    state, `first` the document that a duplicate repeats, `credits` what it holds or has
    consumed."""

    id: str
    state: State
    version: int
    # --- the flow
    file_name: str
    channel: Channel
    sender: str
    received_at: str
    size: int
    sha256: str
    raw: Place
    archive: str = ""
    keep: bool = False
    members: int = 0
    documents: int = 0
    refusals: int = 0
    chunks: int = 0
    chunks_done: int = 0
    # --- the document
    customer: str = ""
    kind: str = ""
    reason: str = ""
    text: str = ""
    held: HoldReason = ""
    clash: str = ""
    first: str = ""
    credits: tuple[Hold, ...] = ()
    warnings: tuple[str, ...] = ()
    said: Said | None = None
    arrived_signed: bool = False
    unsigned: Place | None = None
    signed: Place | None = None
    # --- at SdI
    name: str = ""
    attempt: int = 0
    sent_at: str = ""
    sent_by_owner: bool = False
    id_sdi: str = ""
    unsure: bool = False
    outcome_at: str = ""
    available_on: str = ""
    delivered_at: str = ""
    errors: tuple[dict[str, str], ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def family(self) -> Family:
        assert self.said is not None
        return self.said.family


def said(invoice: Invoice) -> Said:
    """The characteristic values of a file; of a lot the sums, and its first documents."""
    first = invoice.bodies[0]
    one = len(invoice.bodies) == 1
    return Said(
        format=invoice.format,
        family=invoice.family,
        type=first.type,
        number=first.number,
        date=first.date,
        currency=first.currency,
        amount=sum((body.amount for body in invoice.bodies), Decimal(0)),
        taxable=sum((body.taxable for body in invoice.bodies), Decimal(0)),
        tax=sum((body.tax for body in invoice.bodies), Decimal(0)),
        seller=invoice.seller.fiscal_id,
        seller_name=invoice.seller.name,
        buyer=invoice.buyer.fiscal_id,
        buyer_name=invoice.buyer.name,
        recipient=invoice.recipient_code,
        bodies=len(invoice.bodies),
        lot=()
        if one
        else tuple(
            {"type": body.type, "number": body.number, "date": body.date, "amount": body.amount}
            for body in invoice.bodies[:LOT_SHOWN]
        ),
        attachments=tuple(
            {"name": file.name, "size": file.size}
            for body in invoice.bodies
            for file in body.attachments
        )[:LOT_SHOWN],
    )
