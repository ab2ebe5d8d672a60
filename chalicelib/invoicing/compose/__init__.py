"""Invoices composed from plain values: `compose(Invoice(...), today)`.

The values are in `parties` and `values`; what comes out passes the official schemas and the
controls of SdI that can be known offline.
"""

from __future__ import annotations

from chalicelib.invoicing.compose.amounts import Totals
from chalicelib.invoicing.compose.composing import Composed, compose
from chalicelib.invoicing.compose.parties import (
    Buyer,
    Company,
    Identity,
    Place,
    Profession,
    Seller,
    Sending,
)
from chalicelib.invoicing.compose.values import (
    Change,
    Code,
    Datum,
    Delivery,
    Document,
    File,
    Fund,
    Instalment,
    Invoice,
    Line,
    Payment,
    Rectified,
    Reference,
    Stamp,
    Withholding,
)

__all__ = [
    "Buyer",
    "Change",
    "Code",
    "Company",
    "Composed",
    "Datum",
    "Delivery",
    "Document",
    "File",
    "Fund",
    "Identity",
    "Instalment",
    "Invoice",
    "Line",
    "Payment",
    "Place",
    "Profession",
    "Rectified",
    "Reference",
    "Seller",
    "Sending",
    "Stamp",
    "Totals",
    "Withholding",
    "compose",
]
