"""What a person decides about a document: send or discard a held one, resend a rejected one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from chalicelib.base import clock, dynamo, s3
from chalicelib.base.dynamo import ConditionFailed
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.work import Wakes
from chalicelib.invoicing import claims, intake, reading, states, store
from chalicelib.invoicing.claims import Claim
from chalicelib.invoicing.document import Document
from chalicelib.invoicing.intake import Session
from chalicelib.invoicing.reading import Examined

Action = Literal["send", "discard"]
_DISCARDABLE = frozenset({"held", "to_convert", "invalid"})


def decide(
    tenant: str,
    document: Document,
    action: Action,
    customer: str,
    by: str,
    wakes: Wakes,
    now: datetime,
) -> Document:
    """Send or discard a held document. The same decision again is the same answer.

    Rejected `not_held`, `customer_needed`; Conflict when it changed meanwhile.
    """
    if action == "discard":
        return _discard(tenant, document, by, wakes, now)
    if document.state == "ready":
        return document  # decided already
    if document.state != "held":
        raise _not_now("not_held", document)
    session = Session(wakes, 1)
    examined, document = _reread(tenant, document, customer, session, now)
    had = store.claims_of(tenant, document.id)
    wanted = _to_take(tenant, document, examined)
    inside = intake.claim_beforehand(wanted, document.id)
    changes: dict[str, Any] = {"state": examined.state, "held": "", "reason": examined.reason}
    if examined.state == "ready":
        set_off = intake.set_off(tenant, replace(document, state="ready"), session)
        changes |= {"state": set_off.state, "name": set_off.name, "attempt": set_off.attempt}
    new, ops = store.changed(tenant, document, now, by, **changes)
    ops += [claims.take(claim, document.id) for claim in inside]
    # Under another customer the file's name is another claim: the first one goes back.
    kept = {claim.key for claim in wanted}
    ops += [claims.release(claim, document.id) for claim in had if claim.key not in kept]
    ops.append(store.claims_item(tenant, document.id, wanted))
    ops += intake.sending(tenant, new, now)
    wakes.commit(ops)
    return new


def _not_now(code: str, document: Document) -> Rejected:
    return Rejected(code, f"The document is {document.state}.", status=409, state=document.state)


def _reread(
    tenant: str, document: Document, customer: str, session: Session, now: datetime
) -> tuple[Examined, Document]:
    """The file again, and whose it is by now."""
    received_at = clock.parse(document.received_at)
    examined = reading.examine(s3.get(document.raw), received_at, intake.schemas())
    if customer:
        if session.customer(tenant, customer) is None:
            raise Rejected("customer_unknown", "There is no such customer.")
        document = replace(document, customer=customer)
    elif not document.customer and examined.invoice is not None:
        found, _ = intake.whose(tenant, "", examined.invoice, session, now)
        if not found:
            raise Rejected("customer_needed", "Say which customer this document belongs to.")
        document = replace(document, customer=found)
    intake.require_format(tenant, document.customer, examined, session)
    return examined, document


def _to_take(tenant: str, document: Document, examined: Examined) -> list[Claim]:
    """The claims of a document that is sent on purpose: those that are free, and a place beside
    those that another live document has (the numbering report shows both)."""
    wanted = claims.of(
        tenant, document.customer, document.file_name, document.sha256, examined.invoice
    )
    there = dynamo.batch_get(claim.key for claim in wanted)
    found: list[Claim] = []
    for claim in wanted:
        item = there.get(claim.key)
        free = item is None or item.get("released") or item["document"] == document.id
        found.append(claim if free else claims.beside(claim, document.id))
    return found


def _discard(tenant: str, document: Document, by: str, wakes: Wakes, now: datetime) -> Document:
    if document.state == "discarded":
        return document
    if document.state not in _DISCARDABLE:
        raise _not_now("not_held", document)
    new, ops = store.changed(tenant, document, now, by, state="discarded")
    taken = store.claims_of(tenant, document.id)
    inside, outside = taken[: intake.CLAIMS_INSIDE], taken[intake.CLAIMS_INSIDE :]
    intake.give_back(outside, document.id)
    ops += [claims.release(claim, document.id) for claim in inside]
    wakes.commit(ops)
    return new


def resend(tenant: str, document: Document, by: str, wakes: Wakes, now: datetime) -> Document:
    """Send a rejected document again under a new name (NS does not consume the number).

    Rejected `not_rejected`; Conflict `number_taken` when another document has its number now.
    """
    if document.state != "rejected":
        raise _not_now("not_rejected", document)
    session = Session(wakes, 1)
    taken = store.claims_of(tenant, document.id)
    try:
        inside = intake.claim_beforehand(taken, document.id)
    except ConditionFailed as failed:
        raise _number_taken(failed) from failed
    new, ops = store.changed(
        tenant,
        document,
        now,
        by,
        state="ready",
        reason="",
        text="",
        errors=(),
        name=session.names.next(),
        attempt=document.attempt + 1,
        id_sdi="",
        sent_at="",
        unsure=False,
        outcome_at="",
        # What arrived signed is forwarded as it is; what we signed is signed again.
        signed=document.signed if document.arrived_signed else None,
    )
    ops += [claims.take(claim, document.id) for claim in inside]
    ops += intake.sending(tenant, new, now)
    try:
        wakes.commit(ops)
    except ConditionFailed as failed:
        if claims.clash(failed.found):
            raise _number_taken(failed) from failed
        raise
    return new


def _number_taken(failed: ConditionFailed) -> Conflict:
    clash = claims.clash(failed.found)
    return Conflict(
        "number_taken",
        "Another document has been given this number, name or content meanwhile.",
        document=clash[1] if clash else "",
    )


def require(tenant: str, document: str, customer: str = "") -> Document:
    """The document, for who may see it: NotFound for another's, a customer's or nobody's."""
    found = store.get(tenant, document)
    if found is None or (customer and found.customer != customer):
        raise NotFound("document")
    return found


def is_document(document: Document) -> bool:
    """Whether the file became a document (else it is a flow only)."""
    return document.state not in states.NOT_DOCUMENTS
