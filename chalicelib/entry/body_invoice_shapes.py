"""What the API takes of an invoice that a body issues and that is paid through pagoPA."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chalicelib.entry.compose_shapes import NewInvoice
from chalicelib.entry.shapes import Id, Taken
from chalicelib.invoicing import compose


class NewBodyInvoice(Taken):
    """`position`: the debt position that asks for the money. The buyer is its debtor, the document
    comes to its amount, and says nothing of payments: they are those of the position. `seller` may
    be left out where the body has said as whom it issues for training events."""

    position: Id
    format: Literal["FPR12", "FPA12"] = "FPR12"
    recipient: str = ""
    pec: str = ""
    seller: compose.Seller | None = None
    buyer: compose.Buyer
    documents: list[compose.Document] = Field(min_length=1, max_length=1)

    def invoice(
        self, transmitter: str, progressive: str, own: compose.Seller | None
    ) -> compose.Invoice:
        """Raises as `sellers.parties`."""
        said = NewInvoice.model_construct(
            format=self.format, recipient=self.recipient, pec=self.pec,
            seller=self.seller or own, buyer=self.buyer, documents=self.documents,
            third=None, emitter=None,
        )  # fmt: skip
        return said.values(transmitter, progressive, None)
