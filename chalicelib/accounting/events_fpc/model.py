"""An event with its price, registrations for it, and the fiscal document of each. Pure.

Source: FEATURES F001-127…135.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.base.taxids import is_vat_number
from chalicelib.payments import amounts

Practice = Literal["invoice", "receipt", "none"]
RegistrationState = Literal["registered", "paid"]
DocumentState = Literal["to_send", "incomplete", "issued", "handed_over"]
TITLE_CHARS: Final = 90
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
_NATURA = re.compile(r"N[1-7](\.[1-9])?", re.ASCII)
_SERIES = re.compile(r"[A-Z0-9]{0,6}", re.ASCII)


@dataclass(frozen=True)
class Event:
    """`cents` is what taking part costs, all taxes included; `service` names account, taxonomy and
    chapter of what comes in. `seats` 0: as many as come."""

    id: str
    title: str
    day: date
    service: str
    cents: int
    place: str = ""
    seats: int = 0
    registered: int = 0
    open: bool = True
    version: int = 0

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.id):
            raise Rejected("event_code", "A code is small letters, digits, - and _.")
        if not 0 < len(self.title.strip()) <= TITLE_CHARS:
            raise Rejected("event_title", "A title is printed on the notice.",
                           limit_chars=TITLE_CHARS)  # fmt: skip
        amounts.check(self.cents)
        if not 0 <= self.seats <= limits.DUES_ROWS:
            raise Rejected("event_seats", "So many seats there are not.")


@dataclass(frozen=True)
class Registration:
    """Who takes part (`person` is the blind index of his tax code) and what he pays by: `position`
    and its `iuv`. `document`: the number of his fiscal document, "" while there is none, of
    `document_day`; `document_key`: its file, "" while it is not written."""

    id: str
    event: str
    person: str
    position: str
    iuv: str
    cents: int
    created_at: str
    state: RegistrationState = "registered"
    paid_at: str = ""
    receipt: str = ""
    document: str = ""
    document_state: DocumentState | Literal[""] = ""
    document_code: str = ""
    document_key: str = ""
    document_day: str = ""
    flow: str = ""
    version: int = 1


@dataclass(frozen=True)
class Fiscal:
    """What a body issues for a registration, and as whom. `practice`: an invoice for SdI, a receipt
    of its own, or nothing. `rate` per cent, or `natura` and its `law` where there is no VAT.
    `series` stands before the running number of the year's invoices, `receipt_series` before that
    of its receipts: each is a section (sezionale) of its own."""

    practice: Practice = "none"
    vat: str = ""
    regime: str = "RF01"
    street: str = ""
    postcode: str = ""
    city: str = ""
    province: str = ""
    rate: Decimal = Decimal(0)
    natura: str = "N4"
    law: str = "Esente art. 10 n. 20 DPR 633/72"
    series: str = "FPC"
    receipt_series: str = "RIC"
    version: int = 0

    def __post_init__(self) -> None:
        taxed = self.rate > 0
        sound = 0 <= self.rate <= 100 and (taxed or _NATURA.fullmatch(self.natura))
        if not sound or not all(map(_SERIES.fullmatch, (self.series, self.receipt_series))):
            raise Rejected("fiscal_setting", "A rate or a natura, and a short series.")
        if self.series == self.receipt_series:
            raise Rejected("fiscal_series", "Invoices and receipts are numbered apart.")
        named = is_vat_number(self.vat) and self.street and self.postcode and self.city
        if self.practice == "invoice" and not named:
            raise Rejected("fiscal_setting", "An invoice needs the body's VAT number and address.")

    @property
    def section(self) -> str:
        """The series of what is issued."""
        return self.receipt_series if self.practice == "receipt" else self.series

    def number(self, running: int, year: int) -> str:
        return "/".join(part for part in (self.section, str(running), str(year)) if part)


@dataclass(frozen=True)
class Amounts:
    """Of a price with its taxes inside, in cents."""

    taxable: int
    tax: int
    rounding: int


def split(cents: int, rate: Decimal) -> Amounts:
    """What of a price is tax, so that the document comes to the price to the cent."""
    taxable = int((Decimal(cents) * 100 / (100 + rate)).quantize(Decimal(1)))
    tax = int((Decimal(taxable) * rate / 100).quantize(Decimal(1)))
    return Amounts(taxable, tax, cents - taxable - tax)
