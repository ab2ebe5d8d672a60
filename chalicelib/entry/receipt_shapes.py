"""What the API takes and answers about receipts."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.base import limits
from chalicelib.entry.dues_shapes import Cursor
from chalicelib.entry.shapes import Given, Taken
from chalicelib.payments.receipts.model import Source, StampCheck
from chalicelib.payments.receipts.words import Language


class ReceiptsQuery(Taken):
    """Days of payment, both included. `double`: what was paid twice; `unknown`: what we never asked
    for; "false" gives the others."""

    first: date | None = None
    last: date | None = None
    iuv: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{1,35}$")] | None = None
    source: Source | None = None
    double: Literal["true", "false"] | None = None
    unknown: Literal["true", "false"] | None = None
    cursor: Cursor = ""
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


class PaperQuery(Taken):
    language: Language = "it"


class ReceiptSummary(Given):
    """`name` stands for the receipt in addresses: its `id` wherever that can. `position` "": we
    asked for no such thing; `number` 0 is the whole, else an instalment."""

    name: str
    id: str
    creditor: str
    iuv: str
    notice: str
    cents: int
    fee_cents: int | None
    day: str
    psp_name: str
    debtor_name: str
    debtor_code: str
    position: str
    number: int
    double: bool
    source: Source
    received_at: str


class Receipts(Given):
    receipts: list[ReceiptSummary]
    cursor: str | None


class Receiver(Given):
    """Who owed or paid. `kind` F a person, G a company."""

    kind: str
    code: str
    name: str
    street: str
    house: str
    postcode: str
    city: str
    province: str
    country: str
    mail: str


class ReceiptPart(Given):
    """`creditor` may be another body; `stamp`: a digital stamp, without an account, and
    `stamp_check` what is found of it, null of the others: `fits` what was asked for by document and
    price; `plain`, a stamp at that price, where nobody knows what was asked for; `missing`,
    `unreadable`, `other_document`, `other_amount`. Its signature is not checked."""

    number: int
    creditor: str
    company: str
    cents: int
    iban: str
    reason: str
    category: str
    stamp: bool
    stamp_check: StampCheck | None
    metadata: dict[str, str]


class ReceiptWhole(ReceiptSummary):
    """`paid_at`: an instant, "" where the receipt has none. `note`: what the payer's channel said,
    such as the cart of Checkout. `stand_in`: pagoPA answered in the body's place."""

    paid_at: str
    applied_on: str
    transferred_on: str
    description: str
    company: str
    office: str
    method: str
    channel: str
    channel_name: str
    psp_id: str
    psp_code: str
    note: str
    stand_in: bool
    debtor: Receiver | None
    payer: Receiver | None
    transfers: list[ReceiptPart]
    metadata: dict[str, str]
