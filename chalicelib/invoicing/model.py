"""What a FatturaPA document says, as plain values.

Source: fatturapa.md sections 1, 2 and 4 (XSD 1.2.3 and VFSM10 1.0.2). Amounts stay the exact
text of the file (up to eight decimals) or Decimal; dates stay ISO text as written, since the law
speaks of calendar days. What every file makes anew is a tuple: a frozen dataclass takes five times
as long to make.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

Format = Literal["FPA12", "FPR12", "FSM10"]
Family = Literal["pa", "private"]

# The buyer issues these, so he is the one whose numbering and key count (section 8).
SELF_INVOICE_TYPES = frozenset(
    {"TD16", "TD17", "TD18", "TD19", "TD20", "TD22", "TD23", "TD28", "TD29"}
)
CREDIT_NOTE_TYPES = frozenset({"TD04", "TD08"})


class Party(NamedTuple):
    """A seller or buyer. `country`+`vat` is IdFiscaleIVA ("" when absent); `person`: named by
    Nome and Cognome."""

    country: str
    vat: str
    tax_code: str
    name: str
    person: bool = False

    @property
    def vat_id(self) -> str:
        return f"{self.country}{self.vat}" if self.vat else ""

    @property
    def fiscal_id(self) -> str:
        """VAT id when there is one, else the tax code."""
        return self.vat_id or self.tax_code


@dataclass(frozen=True)
class Attachment:
    """An Allegati block (2.5): `size` in bytes once decoded, -1 when its base64 is broken."""

    name: str
    format: str
    size: int


class Body(NamedTuple):
    """One FatturaElettronicaBody: one fiscal document."""

    type: str
    number: str
    date: str
    currency: str
    total: Decimal | None
    taxable: Decimal
    tax: Decimal
    art73: bool = False
    attachments: tuple[Attachment, ...] = ()
    linked: tuple[str, ...] = ()

    @property
    def year(self) -> str:
        return self.date[:4]

    @property
    def kind(self) -> Literal["C", "I"]:
        """Credit notes are compared only with credit notes (section 8)."""
        return "C" if self.type in CREDIT_NOTE_TYPES else "I"

    @property
    def amount(self) -> Decimal:
        """ImportoTotaleDocumento, or taxable plus tax where the file leaves it out."""
        return self.total if self.total is not None else self.taxable + self.tax


class Invoice(NamedTuple):
    """One file: a header and its bodies (a lot when there are several)."""

    format: Format
    version: str
    progressive: str
    transmitter: str
    recipient_code: str
    recipient_pec: str
    seller: Party
    buyer: Party
    emitter: Literal["", "CC", "TZ"]
    bodies: tuple[Body, ...]
    warnings: tuple[str, ...] = ()

    @property
    def family(self) -> Family:
        return "pa" if self.format == "FPA12" else "private"

    @property
    def issued_by_buyer(self) -> bool:
        if self.emitter == "CC":
            return True
        return bool(self.bodies) and all(b.type in SELF_INVOICE_TYPES for b in self.bodies)

    @property
    def issuer(self) -> Party:
        """Whose invoice it is (section 8); in a lot of both kinds the seller's."""
        return self.buyer if self.issued_by_buyer else self.seller

    def issuer_of(self, body: Body) -> Party:
        """Whose number a body carries: in a lot each type goes by itself (section 8)."""
        by_buyer = self.emitter == "CC" or body.type in SELF_INVOICE_TYPES
        return self.buyer if by_buyer else self.seller
