"""What a person decides about a document: send or discard a held one, resend a rejected one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from chalicelib.accounts import plans
from chalicelib.accounts.model import Reseller
from chalicelib.base import clock, dynamo, s3
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.work import Wakes
from chalicelib.invoicing import (
    authorities,
    claims,
    intake,
    lawful,
    own_help,
    paying,
    reading,
    states,
    store,
)
from chalicelib.invoicing.claims import Claim
from chalicelib.invoicing.document import Document
from chalicelib.invoicing.intake import Session
from chalicelib.invoicing.reading import Examined
from chalicelib.invoicing.repeats import Asked, once

Action = Literal["send", "discard"]
_DISCARDABLE = frozenset({"held", "to_convert", "invalid"})
_TRIES = 5


def decide(
    tenant: str,
    document: Document,
    action: Action,
    customer: str,
    by: str,
    wakes: Wakes,
    now: datetime,
    key: str = "",
    also: Sequence[Op] = (),
) -> Document:
    """Send or discard a held document. Said again it is the same answer: while the document is
    as it was decided, and under the same Idempotency-Key (`key`) also when it has gone on. `also`
    joins the commit.

    Rejected `not_held`, `customer_needed`; Conflict when it changed meanwhile, and
    `idempotency_key_reused`.
    """

    session = Session(wakes, 1)

    def act() -> tuple[Document, list[Op]]:
        if action == "discard":
            return _discard(tenant, document, by, now)
        return _send(tenant, document, customer, by, session, now)

    asked = Asked(by, (action, customer), key)
    return _paid(session, now, lambda: once(tenant, document, asked, wakes, now, act, also))


def _paid(session: Session, now: datetime, decide_once: Callable[[], Document]) -> Document:
    """Decide again when somebody else drew the credit meanwhile; what waits for credit now may be
    let go by it at once."""
    for _ in range(_TRIES):
        try:
            decided = decide_once()
        except ConditionFailed as failed:
            if not session.till.missed(failed):
                raise
        else:
            session.till.look_again(now)
            return decided
    raise Conflict()


def _send(
    tenant: str, document: Document, customer: str, by: str, session: Session, now: datetime
) -> tuple[Document, list[Op]]:
    if document.state in ("ready", "kept"):
        return document, []  # decided already
    if document.state == "own_sending":
        return _send_after_all(tenant, document, by, session, now)
    if document.state != "held":
        raise _not_now("not_held", document)
    examined, document = _reread(tenant, document, customer, session, now)
    had = store.claims_of(tenant, document.id)
    wanted = _to_take(tenant, document, examined)
    inside = intake.claim_beforehand(wanted, document.id)
    changes: dict[str, Any] = {"state": examined.state, "held": "", "reason": examined.reason}
    paid: list[Op] = []
    if examined.state == "ready":
        going, paid = _going(tenant, replace(document, **changes), session, now, by)
        if document.held in paying.WAITING:
            if going.held:
                code = "no_credit" if going.held == "no_credit" else "not_enabled"
                raise _not_now(code, document)
            paid += paying.waits_no_more(tenant, document)
        changes |= _changes(going)
    new, ops = store.changed(tenant, document, now, by, **changes)
    ops += paid
    ops += [claims.take(claim, document.id) for claim in inside]
    # Under another customer the file's name is another claim: the first one goes back.
    kept = {claim.key for claim in wanted}
    ops += [claims.release(claim, document.id) for claim in had if claim.key not in kept]
    ops.append(store.claims_item(tenant, document.id, wanted))
    ops += intake.sending(tenant, new, now)
    return new, ops


def _going(
    tenant: str, document: Document, session: Session, now: datetime, by: str
) -> tuple[Document, list[Op]]:
    """A document that is ready takes its credit and sets off, or is held for want of it."""
    document, paid = intake.pay(tenant, replace(document, state="ready"), session, now, by)
    return intake.set_off(tenant, document, session, now), paid


def _changes(going: Document) -> dict[str, Any]:
    names = ("state", "held", "reason", "name", "attempt", "credits")
    return {name: getattr(going, name) for name in names}


def _send_after_all(
    tenant: str, document: Document, by: str, session: Session, now: datetime
) -> tuple[Document, list[Op]]:
    """Send a document that was left to its owner because the plan had no sending then.

    Rejected `plan_required` (403) while it still has none, `not_held` for what a customer sends
    himself by his own choice.
    """
    customer = session.customer(tenant, document.customer)
    if customer and customer.sending != "house":
        raise _not_now("not_held", document)
    home = session.reseller(tenant)
    if home is not None:
        _require_sending(home, now)
    going, paid = _going(tenant, document, session, now, by)
    new, ops = store.changed(tenant, document, now, by, **_changes(going))
    return new, [*ops, *paid, *intake.sending(tenant, new, now)]


def _require_sending(home: Reseller, now: datetime) -> None:
    """The plan's refusal, with where to read how one sends by himself (F000-037)."""
    try:
        plans.require(home.kind, home.subscription, "sdi_sending", now)
    except Rejected as refusal:
        raise Rejected(
            refusal.code, refusal.message, status=refusal.status, **refusal.details,
            help=own_help.PATH,
        ) from refusal  # fmt: skip


def _not_now(code: str, document: Document) -> Rejected:
    return Rejected(code, f"The document is {document.state}.", status=409, state=document.state)


def _reread(
    tenant: str, document: Document, customer: str, session: Session, now: datetime
) -> tuple[Examined, Document]:
    """The file again, and whose it is by now."""
    received_at = clock.parse(document.received_at)
    examined = reading.examine(
        s3.get(document.raw), received_at, intake.schemas(), authorities.trust
    )
    if customer:
        if session.customer(tenant, customer) is None:
            raise Rejected("customer_unknown", "There is no such customer.")
        document = replace(document, customer=customer)
    elif not document.customer and examined.invoice is not None:
        found, _ = intake.whose(tenant, "", examined.invoice, session, now)
        if not found:
            raise Rejected("customer_needed", "Say which customer this document belongs to.")
        document = replace(document, customer=found)
    intake.require_policy(tenant, document.customer, examined, document.channel, session)
    issuer = session.customer(tenant, document.customer)
    health = bool(issuer and issuer.health)
    if examined.invoice and lawful.forbidden(examined.invoice, health):
        raise lawful.refusal()
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


def _discard(tenant: str, document: Document, by: str, now: datetime) -> tuple[Document, list[Op]]:
    if document.state == "discarded":
        return document, []
    if document.state not in _DISCARDABLE:
        raise _not_now("not_held", document)
    gone, back = paying.stays(tenant, document, now, by)
    new, ops = store.changed(tenant, document, now, by, state="discarded", credits=gone.credits)
    ops += back
    taken = store.claims_of(tenant, document.id)
    inside, outside = taken[: intake.CLAIMS_INSIDE], taken[intake.CLAIMS_INSIDE :]
    intake.give_back(outside, document.id)
    ops += [claims.release(claim, document.id) for claim in inside]
    return new, ops


def resend(
    tenant: str,
    document: Document,
    by: str,
    wakes: Wakes,
    now: datetime,
    key: str = "",
    also: Sequence[Op] = (),
) -> Document:
    """Send a rejected document again under a new name (NS does not consume the number). Under the
    same Idempotency-Key (`key`) it is sent again once, whatever became of it since. `also` joins
    the commit.

    Rejected `not_rejected`; Conflict `number_taken` when another document has its number now, and
    `idempotency_key_reused`.
    """

    session = Session(wakes, 1)

    def act() -> tuple[Document, list[Op]]:
        return _resend(tenant, document, by, session, now)

    asked = Asked(by, ("resend",), key)
    try:
        return _paid(session, now, lambda: once(tenant, document, asked, wakes, now, act, also))
    except ConditionFailed as failed:
        if claims.clash(failed.found):
            raise _number_taken(failed) from failed
        raise


def _resend(
    tenant: str, document: Document, by: str, session: Session, now: datetime
) -> tuple[Document, list[Op]]:
    if document.state != "rejected":
        raise _not_now("not_rejected", document)
    taken = store.claims_of(tenant, document.id)
    inside = intake.claim_beforehand(taken, document.id)
    # By the same hands as a new one: who sends his documents himself sends this one too. What we
    # sent before has consumed its credit and is sent again for nothing.
    fresh = replace(document, name="", reason="")
    again, paid = _going(tenant, fresh, session, now, by)
    new, ops = store.changed(
        tenant,
        document,
        now,
        by,
        **_changes(again),
        text="",
        errors=(),
        id_sdi="",
        sent_at="",
        sent_by_owner=False,
        unsure=False,
        outcome_at="",
        # What arrived signed is forwarded as it is; what we signed is signed again.
        signed=document.signed if document.arrived_signed else None,
    )
    ops += paid
    ops += [claims.take(claim, document.id) for claim in inside]
    ops += intake.sending(tenant, new, now)
    return new, ops


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
