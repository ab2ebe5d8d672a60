"""Which controls concern a document and cannot be decided here.

Source: fatturapa.md section 7, the rows marked N, and those marked P once their offline part has
found nothing. A control that does not concern the document is not listed: there is nothing that
it could refuse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from chalicelib.invoicing.controls.catalogue import CONTROLS
from chalicelib.invoicing.controls.parties import FOREIGN_CODE, NO_CODE, Head, Subject
from chalicelib.invoicing.controls.values import Body


def pending(head: Head, bodies: Sequence[Body], today: date) -> Iterator[str]:
    """Codes, before those that were found broken are taken out."""
    if head.transmitter.country == "IT":
        yield "00300"
    yield from _identity(head.seller, "00301", "00302", "00320", "00321", "00322")
    yield from _identity(head.buyer, "00305", "00306", "00324", "00325", "00326")
    for agent in head.agents:
        yield "00303"
        if agent.tax_code:
            yield "00304"
    if head.recipient not in (FOREIGN_CODE, NO_CODE):
        yield "00311"
        yield "00312"
    if any(body.type in ("TD16", "TD20") for body in bodies):
        yield "00323"
    # A VAT group has a numeric tax code of its own.
    company = len(head.buyer.tax_code) == 11 and not head.buyer.vat_id
    if company and CONTROLS["00327"].holds(today):
        yield "00327"
    if head.version == "FPA12":
        yield "00398"
    if head.version == "FPR12":
        yield "00399"
    # Even a ledger of our own does not know what others sent for the same issuer.
    yield "00404"
    if any(line.intent and line.natura == "N3.5" for body in bodies for line in body.lines):
        yield "00477"


def _identity(
    who: Subject, vat: str, tax_code: str, differ: str, member: str, group: str
) -> Iterator[str]:
    """What the registry says of a seller or buyer."""
    if who.vat:
        yield vat
    if who.tax_code:
        yield tax_code
    if who.country != "IT":
        return
    if who.tax_code:
        yield differ
        yield member
    else:
        yield group
