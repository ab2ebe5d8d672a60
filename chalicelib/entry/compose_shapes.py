"""The values of an invoice to be composed, as the API takes them.

The values are those of `invoicing.compose`, so that there is one description of them; here they
only learn to refuse fields that nobody knows.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

from pydantic import ConfigDict

from chalicelib.accounts.profile import Profile
from chalicelib.entry.shapes import Taken
from chalicelib.invoicing import compose, sellers
from chalicelib.invoicing.model import Format

for _name in compose.__all__:
    if dataclasses.is_dataclass(getattr(compose, _name)):
        # Files come in base64.
        _config = ConfigDict(extra="forbid", val_json_bytes="base64")
        setattr(getattr(compose, _name), "__pydantic_config__", _config)  # noqa: B010 a class as it comes


class NewInvoice(Taken):
    """Amounts as text or numbers, dates as ISO text; what the file needs is computed, and who
    transmits it is the house. Of a customer with a profile the party that issues may be left out:
    `seller`, or `buyer` in self-invoices."""

    format: Format
    recipient: str = ""
    pec: str = ""
    seller: compose.Seller | None = None
    buyer: compose.Buyer | None = None
    documents: list[compose.Document]
    third: compose.Identity | None = None
    emitter: Literal["", "CC", "TZ"] | None = None

    def values(self, transmitter: str, progressive: str, own: Profile | None) -> compose.Invoice:
        """`transmitter` as IT01234567890; `own` is the customer's data. Raises as
        `sellers.parties`."""
        seller, buyer = sellers.parties(self.documents, self.seller, self.buyer, own)
        # Who names his own parties names his own accounts too.
        filled = own if self.seller is None else None
        return compose.Invoice(
            format=self.format,
            sending=compose.Sending(
                country=transmitter[:2],
                tax_code=transmitter[2:],
                progressive=progressive,
                recipient=self.recipient,
                pec=self.pec,
            ),
            seller=seller,
            buyer=buyer,
            documents=sellers.paid_to(self.documents, filled),
            third=self.third,
            emitter=self.emitter,
        )
