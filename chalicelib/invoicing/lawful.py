"""What may not go to SdI by law, whatever the plan: health services to natural persons.

Sources: art. 10-bis of D.L. 119/2018 and art. 9-bis, paragraph 2, of D.L. 135/2018, permanent since
D.Lgs. 81/2025 (practice.md section 5.2). Such an invoice is given on paper or in PDF, and its data
go to Sistema TS. The gate looks at who the recipient is, never at a box somebody ticked (D1).
"""

from __future__ import annotations

import re
from typing import Final

from chalicelib.base.errors import Rejected
from chalicelib.invoicing.model import Invoice, Party

LAW: Final = "art. 10-bis D.L. 119/2018; art. 9-bis, c. 2, D.L. 135/2018; D.Lgs. 81/2025"
CODE: Final = "unlawful_recipient"
_PERSONAL_CODE: Final = re.compile(r"[A-Za-z]{6}[0-9A-Za-z]{10}")


def is_natural_person(party: Party) -> bool:
    """Whether a recipient is a natural person who buys for himself.

    Somebody with an Italian VAT number buys as a business. Those who live abroad have a code in
    IdFiscaleIVA even as consumers, so of them the name decides; without any VAT number the tax
    code of a person does, or the name (some persons have a provisional code of 11 digits).
    """
    if party.vat and party.country in ("", "IT"):
        return False
    return party.person or bool(not party.vat and _PERSONAL_CODE.fullmatch(party.tax_code))


def forbidden(invoice: Invoice, health: bool) -> bool:
    """Whether this invoice of an issuer who is in the health trade (`health`) must stay out of SdI.

    A self-invoice has its own issuer as recipient, and bodies of the administration are never
    persons: neither is ever forbidden.
    """
    if not health or invoice.family == "pa" or invoice.issued_by_buyer:
        return False
    return is_natural_person(invoice.buyer)


def refusal() -> Rejected:
    """The answer to who wants to send it nevertheless."""
    return Rejected(
        CODE,
        "An invoice for health services to a natural person must not be sent to SdI: give it on "
        "paper or in PDF and send its data to Sistema TS.",
        status=403,
        law=LAW,
    )
