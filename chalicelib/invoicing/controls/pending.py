"""Which controls concern a document and cannot be decided here.

Source: fatturapa.md section 7, the rows marked N, and those marked P once their offline part has
found nothing. A control that does not concern the document is not listed: there is nothing that
it could refuse.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from chalicelib.invoicing.controls.catalogue import CONTROLS
from chalicelib.invoicing.controls.parties import FOREIGN_CODE, NO_CODE, Head, Subject
from chalicelib.invoicing.controls.values import Body


def pending(head: Head, bodies: Sequence[Body], today: date) -> set[str]:
    """Codes, before those that were found broken are taken out."""
    # Even a ledger of our own does not know what others sent for the same issuer.
    codes = {"00404"}
    if head.transmitter.country == "IT":
        codes.add("00300")
    codes.update(_identity(head.seller, "00301", "00302", "00320", "00321", "00322"))
    codes.update(_identity(head.buyer, "00305", "00306", "00324", "00325", "00326"))
    for agent in head.agents:
        codes.add("00303")
        if agent.tax_code:
            codes.add("00304")
    if head.recipient not in (FOREIGN_CODE, NO_CODE):
        codes |= {"00311", "00312"}
    if any(body.type in ("TD16", "TD20") for body in bodies):
        codes.add("00323")
    # A VAT group has a numeric tax code of its own.
    company = len(head.buyer.tax_code) == 11 and not head.buyer.vat_id
    if company and CONTROLS["00327"].holds(today):
        codes.add("00327")
    if head.version == "FPA12":
        codes.add("00398")
    if head.version == "FPR12":
        codes.add("00399")
    if any(line.intent and line.natura == "N3.5" for body in bodies for line in body.lines):
        codes.add("00477")
    return codes


def _identity(
    who: Subject, vat: str, tax_code: str, differ: str, member: str, group: str
) -> tuple[str, ...]:
    """What the registry says of a seller or buyer."""
    numbers = (vat,) if who.vat else ()
    if who.country != "IT":
        return (*numbers, tax_code) if who.tax_code else numbers
    if who.tax_code:
        return (*numbers, tax_code, differ, member)
    return (*numbers, group)
