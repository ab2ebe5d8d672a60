"""Receiving one file: examine, find its customer, claim, decide, commit. One transaction.

Every identifier comes out of the event, so a repeated event finds the document already there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chalicelib.accounts import plans
from chalicelib.accounts import service as accounts
from chalicelib.base import clock, config, dynamo, ids, limits, log, s3, work
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, Rejected
from chalicelib.base.s3 import Place
from chalicelib.invoicing import authorities, claims, lawful, names, paying, reading, store
from chalicelib.invoicing.claims import Claim
from chalicelib.invoicing.document import Channel, Document, said
from chalicelib.invoicing.model import Invoice
from chalicelib.invoicing.reading import Examined
from chalicelib.invoicing.session import Session as Session

# Claims of one document that still fit its transaction; a larger lot takes them beforehand.
CLAIMS_INSIDE = 70
_TRIES = 5


@dataclass(frozen=True)
class Arrival:
    """A file as it reached us. `customer` is what its sender said, "" when nothing."""

    tenant: str
    id: str
    file_name: str
    channel: Channel
    sender: str
    received_at: datetime
    raw: Place
    size: int
    customer: str = ""
    archive: str = ""
    keep: bool = False


def schemas() -> Path:
    """Folder of the official schemas (a layer)."""
    return Path(config.get("SCHEMAS"))


def flow_of(arrival: Arrival, sha256: str = "") -> Document:
    """The record of a file before it is read: a refusal until it proves to be a document."""
    return Document(
        id=arrival.id,
        state="refused_file",
        version=1,
        file_name=arrival.file_name,
        channel=arrival.channel,
        sender=arrival.sender,
        received_at=clock.stamp(arrival.received_at),
        size=arrival.size,
        sha256=sha256,
        raw=arrival.raw,
        archive=arrival.archive,
        customer=arrival.customer,
        keep=arrival.keep,
    )


def receive(arrival: Arrival, data: bytes, session: Session, now: datetime) -> Document:
    """Take one file in; gives the document as stored, whoever stored it."""
    known = session.known(arrival.tenant, arrival.id)
    if known is not None:
        return _come_again(arrival.tenant, known, session)
    flow = flow_of(arrival, ids.sha256(data))
    if not session.customer(arrival.tenant, arrival.customer):
        flow = replace(flow, customer="")
    try:
        examined = reading.examine(data, arrival.received_at, schemas(), authorities.trust)
        document = _document(arrival.tenant, flow, examined, session, now)
    except Rejected as refusal:
        return refuse(arrival.tenant, flow, refusal, session, now)
    return _store(arrival.tenant, document, examined, session, now)


def refuse(
    tenant: str, flow: Document, refusal: Rejected, session: Session, now: datetime
) -> Document:
    """Keep a file that is no document, with its reason. Of an archive's members the reseller is
    told once, when the whole archive has been read."""
    refused = replace(flow, state="refused_file", reason=refusal.code, text=refusal.message)
    ops = store.born(tenant, refused, now, "intake", told=not flow.archive)
    return _commit_new(tenant, refused, ops, session)


def _document(
    tenant: str, flow: Document, examined: Examined, session: Session, now: datetime
) -> Document:
    """What the file deserves, holds on the customer included; claims come after."""
    document = replace(
        flow,
        state=examined.state,
        kind=examined.kind,
        reason=examined.reason,
        text=examined.text,
        errors=examined.errors,
        warnings=examined.warnings,
        said=said(examined.invoice) if examined.invoice and examined.invoice.bodies else None,
        arrived_signed=examined.signed is not None,
    )
    if examined.invoice is None:
        require_policy(tenant, flow.customer, examined, flow.channel, session)
        if examined.state == "to_convert" and only_kept(tenant, document, session):
            return replace(document, state="kept", reason="", text="")
        return document
    customer, held = whose(tenant, flow.customer, examined.invoice, session, now)
    document = replace(document, customer=customer)
    require_policy(tenant, customer, examined, flow.channel, session)
    found = session.customer(tenant, customer)
    kept = only_kept(tenant, document, session)
    if kept and held == "seller_mismatch":
        held = ""  # a purchase is preserved by the buyer
    health = bool(found and found.health) and not kept
    if lawful.forbidden(examined.invoice, health=health):
        held = lawful.CODE
    if held and examined.state == "ready":
        return replace(document, state="held", held=held, reason=held)
    return document


def require_policy(
    tenant: str, customer: str, examined: Examined, channel: Channel, session: Session
) -> None:
    """A customer's documents come in the formats (F004-043) and by the channels (F004-032) that
    are open to him."""
    found = session.customer(tenant, customer)
    if found is None:
        return
    if channel != "internal":  # what the house itself made has come by none of them
        accounts.require_channel(found, channel)
    if examined.kind not in found.formats:
        raise Rejected(
            "format_not_enabled",
            f"{found.name} does not hand in {examined.kind} files.",
            formats=list(found.formats),
        )


def whose(
    tenant: str, said_customer: str, invoice: Invoice, session: Session, now: datetime
) -> tuple[str, Any]:
    """The customer's id ("" unknown) and the reason to hold ("" none).

    The issuer counts, so the buyer for a self-invoice (fatturapa.md section 8).
    """
    issuer = invoice.issuer
    fiscal = tuple(one.upper() for one in (issuer.vat_id, issuer.tax_code) if one)
    if said_customer:
        customer = session.customer(tenant, said_customer)
        known = {one.upper() for one in customer.fiscal_ids} if customer else set()
        return said_customer, "" if known & set(fiscal) else "seller_mismatch"
    found = session.seller(tenant, fiscal) if fiscal else None
    if found is None:
        reseller = session.reseller(tenant)
        if fiscal and reseller and reseller.unknown_seller == "register":
            found = accounts.register_seller(tenant, issuer.name, fiscal, now)
    return (found.id, "") if found else ("", "unknown_customer")


def _store(
    tenant: str, document: Document, examined: Examined, session: Session, now: datetime
) -> Document:
    """Commit with the claims; when one is another's, commit as held instead."""
    if document.state == "invalid":
        # It claims nothing: the corrected file may carry the same name and number.
        return _commit_new(tenant, document, store.born(tenant, document, now, "intake"), session)
    wanted = claims.of(
        tenant, document.customer, document.file_name, document.sha256, examined.invoice
    )
    if examined.state == "ready":
        document = _with_files(tenant, document, examined)
    for _ in range(_TRIES):
        try:
            return _commit_claimed(tenant, document, wanted, session, now)
        except ConditionFailed as failed:
            if claims.clash(failed.found) is None and session.till.missed(failed):
                continue  # somebody else drew the credit
            return _store_held(tenant, document, failed, session, now)
    raise Conflict()


def _store_held(
    tenant: str, document: Document, failed: ConditionFailed, session: Session, now: datetime
) -> Document:
    clash = claims.clash(failed.found)
    if clash is None:
        raise failed
    held = replace(
        document,
        state="held",
        held="duplicate",
        reason="duplicate",
        clash=clash[0],
        first=clash[1],
        name="",
        attempt=0,
    )
    return _commit_new(tenant, held, store.born(tenant, held, now, "intake"), session)


def _with_files(tenant: str, document: Document, examined: Examined) -> Document:
    """Where what will be sent stands. The file as it came serves when nothing was repaired."""
    if examined.signed is not None:
        # Base64 armour is not the signed file: SdI wants the CMS itself.
        if ids.sha256(examined.signed) == document.sha256:
            return replace(document, signed=document.raw)
        place = own_place(tenant, document.id, "signed")
        s3.put(place, examined.signed, "application/pkcs7-mime")
        return replace(document, signed=place)
    assert examined.unsigned is not None
    if ids.sha256(examined.unsigned) == document.sha256:
        return replace(document, unsigned=document.raw)
    place = own_place(tenant, document.id, "unsigned")
    s3.put(place, examined.unsigned, "application/xml")
    return replace(document, unsigned=place)


def own_place(tenant: str, document: str, what: str) -> Place:
    """Our own objects of a document."""
    return Place(config.get("DOCUMENTS_BUCKET"), f"{tenant}/{document}/{what}")


def _commit_claimed(
    tenant: str, document: Document, wanted: list[Claim], session: Session, now: datetime
) -> Document:
    document, paid = pay(tenant, document, session, now, "intake")
    document = set_off(tenant, document, session, now)
    inside = claim_beforehand(wanted, document.id)
    ops = [*store.born(tenant, document, now, "intake"), *paid]
    ops += [claims.take(claim, document.id) for claim in inside]
    ops.append(store.claims_item(tenant, document.id, wanted))
    ops += sending(tenant, document, now)
    return _commit_new(tenant, document, ops, session)


def pay(
    tenant: str, document: Document, session: Session, now: datetime, by: str
) -> tuple[Document, list[Op]]:
    """A document that may go takes its credits; without any it is held."""
    if document.state != "ready" or not sent_by_us(tenant, document, session, now):
        return document, []
    return paying.pay(tenant, document, session.reseller(tenant), session.till, now, by)


def sent_by_us(tenant: str, document: Document, session: Session, now: datetime) -> bool:
    """Whether we send it to SdI, and not its customer or practice."""
    customer = session.customer(tenant, document.customer)
    ours = customer is None or customer.sending == "house"
    return ours and not document.keep and may_send(tenant, session, now)


def only_kept(tenant: str, document: Document, session: Session) -> bool:
    """Whether it is preserved and nothing else: handed in so, or of a customer who has no more
    (F004-005, 040)."""
    customer = session.customer(tenant, document.customer)
    return document.keep or bool(customer and customer.sending == "none")


def set_off(tenant: str, document: Document, session: Session, now: datetime) -> Document:
    """A document that may go: with a name for SdI, or to the customer who signs or sends it.

    On a plan without sending (F000-023, 032) it stays with the practice, which may send it itself.
    """
    if document.state != "ready":
        return document
    if not sent_by_us(tenant, document, session, now):
        kept = only_kept(tenant, document, session)
        return replace(document, state="kept" if kept else "own_sending")
    customer = session.customer(tenant, document.customer)
    if customer and customer.signature == "own" and not document.arrived_signed:
        document = replace(document, state="awaiting_signature")
    return replace(document, name=session.names.next(), attempt=document.attempt + 1)


def may_send(tenant: str, session: Session, now: datetime) -> bool:
    """Whether the tenant's plan has sending to SdI."""
    home = session.reseller(tenant)
    return home is None or plans.may(home.kind, home.subscription, "sdi_sending", now)


def claim_beforehand(wanted: list[Claim], document: str) -> list[Claim]:
    """Take in advance what does not fit one transaction; gives what is left to take inside it.

    Raises ConditionFailed when one is another's, after giving back those taken here.
    """
    if len(wanted) <= CLAIMS_INSIDE:
        return wanted
    ahead = wanted[CLAIMS_INSIDE:]
    try:
        for part in _parts(ahead):
            dynamo.commit([claims.take(claim, document) for claim in part])
    except ConditionFailed:
        give_back(ahead, document)
        raise
    return wanted[:CLAIMS_INSIDE]


def give_back(taken: list[Claim], document: str) -> None:
    """Release claims outside the deciding transaction; those of others stay."""
    for claim in taken:
        try:
            dynamo.commit([claims.release(claim, document)])
        except ConditionFailed:
            continue


def _parts(found: list[Claim]) -> list[list[Claim]]:
    size = limits.TRANSACTION_ITEMS
    return [found[start : start + size] for start in range(0, len(found), size)]


def sending(tenant: str, document: Document, now: datetime) -> list[Op]:
    """The name at SdI and the work of signing and sending, for a document that is ready.

    The signing time is fixed here so that a repeated run signs the same bytes. While a customer's
    own signature is awaited, the work is a reminder when the term for sending comes near.
    """
    pk = store.partition(tenant, document.id)
    if document.state == "awaiting_signature":
        name = store.name(tenant, document.id, document.name, document.attempt)
        at = max(signature_term(document), now)
        return [name, work.row("send", pk, "term", now, start_at=at, document=document.id)]
    if document.state != "ready":
        return []
    return [
        store.name(tenant, document.id, document.name, document.attempt),
        work.row("send", pk, str(document.attempt), now, document=document.id,
                 signing_time=clock.stamp(now)),
    ]  # fmt: skip


def signature_term(document: Document) -> datetime:
    """When a missing signature becomes urgent: an immediate invoice is sent within 12 days of its
    date (fatturapa.md section 5); two days before their end there is still time to act."""
    try:
        day = datetime.fromisoformat(document.said.date if document.said else "")
    except ValueError:
        day = clock.parse(document.received_at)
    return (day.replace(tzinfo=clock.ROME) + timedelta(days=10)).astimezone(UTC)


def _commit_new(tenant: str, document: Document, ops: list[Op], session: Session) -> Document:
    try:
        session.wakes.commit(ops)
    except ConditionFailed as failed:
        there = failed.found.get("document")
        if there is None:
            raise
        return _come_again(tenant, store.read(there), session)
    log.write(
        log.Event.RECEIVED,
        tenant=tenant,
        id=document.id,
        state=document.state,
        code=document.reason,
    )
    return document


def _come_again(tenant: str, known: Document, session: Session) -> Document:
    """The event came again: the document as it was stored, which may wait for credit."""
    if known.held in paying.WAITING:
        paying.found_waiting(tenant, known, session.reseller(tenant), session.till)
    return known


def file_kind(name: str) -> str:
    """What the name promises: "zip" or "file"."""
    return "zip" if names.base(name).lower().endswith(".zip") else "file"
