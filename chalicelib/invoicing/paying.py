"""What a document costs, and who pays: the meeting of the document's journey with the credits.

A credit is held in the transaction that lets the document go, captured in the one that marks it as
sent, given back when it never leaves. SdI's rejection (NS) gives nothing back: the first sending
was made and is consumed, and the resend of the same document is free (practice.md section 7). What
a customer sends to SdI himself takes no credit: what the credit pays is our sending.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Reseller
from chalicelib.base.dynamo import Op
from chalicelib.base.errors import NotFound
from chalicelib.credits import hold, holding, products
from chalicelib.credits.hold import Payer
from chalicelib.credits.till import Asking, Refused, Till
from chalicelib.invoicing.document import Document

# A document that waits for credit, or for its reseller to enable the customer.
WAITING = frozenset({"no_credit", "not_enabled"})


def payer_of(tenant: str, customer: str, home: Reseller | None) -> Payer | None:
    """Who pays for a tenant's documents: a reseller himself, for his customer; for a practice the
    reseller whose customer it is (U-02). None: nobody pays by credits (a practice has a plan)."""
    if home is None:
        return None
    if home.payer != ("", ""):
        return Payer(*home.payer)
    return Payer(tenant, customer) if home.kind == "reseller" else None


def wanted(document: Document) -> tuple[str, ...]:
    """The products whose credits it needs to leave. Preservation is not among them as long as
    nothing is preserved."""
    return products.consumed(document.family, document.kind, sent=True, preserved=False)


def _asking(tenant: str, document: Document) -> Asking:
    return Asking(tenant, document.id, document.received_at)


def pay(
    tenant: str, document: Document, home: Reseller | None, till: Till, now: datetime, by: str
) -> tuple[Document, list[Op]]:
    """A document that is ready to be sent by us, with what it holds; or held for want of credit.
    What has paid once does not pay again."""
    payer = payer_of(tenant, document.customer, home)
    if payer is None or document.credits:
        return document, []
    drawn = till.draw(payer, wanted(document), _asking(tenant, document), now, by)
    if isinstance(drawn, Refused):
        reason = drawn.reason
        return replace(document, state="held", held=reason, reason=reason), drawn.ops
    return replace(document, credits=drawn.holds), drawn.ops


def left(document: Document, now: datetime, by: str) -> tuple[Document, list[Op]]:
    """It has left for SdI: what it held is consumed, once."""
    holds, ops = hold.capture(document.credits, document.id, now, by)
    return replace(document, credits=holds), ops


def stays(tenant: str, document: Document, now: datetime, by: str) -> tuple[Document, list[Op]]:
    """It will never leave: what it held goes back, and it does not wait any more."""
    holds, ops = hold.void(document.credits, document.id, now, by)
    if document.held in WAITING:
        ops += waits_no_more(tenant, document)
    return replace(document, credits=holds), ops


def waits_no_more(tenant: str, document: Document) -> list[Op]:
    """Of a document that waited for credit: take it off the list."""
    payer = payer_of(tenant, document.customer, _home(tenant))
    if payer is None:
        return []
    return [
        holding.end_waiting(payer.tenant, product, document.received_at, document.id)
        for product in wanted(document)
    ]


def _home(tenant: str) -> Reseller | None:
    try:
        return accounts.get_reseller(tenant)
    except NotFound:
        return None


def found_waiting(tenant: str, document: Document, home: Reseller | None, till: Till) -> None:
    """An earlier run left it waiting, and may have died before it looked for credit again."""
    payer = payer_of(tenant, document.customer, home)
    if payer is not None and document.held in WAITING:
        for product in wanted(document):
            till.waits(payer, product, _asking(tenant, document))
