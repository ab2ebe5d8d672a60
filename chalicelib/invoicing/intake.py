"""Receiving one file: examine, find its customer, claim, decide, commit. One transaction.

Every identifier comes out of the event, so a repeated event finds the document already there.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Customer, Reseller
from chalicelib.base import clock, config, dynamo, ids, limits, log, s3, work
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.base.s3 import Place
from chalicelib.base.work import Wakes
from chalicelib.invoicing import claims, names, reading, store
from chalicelib.invoicing.claims import Claim
from chalicelib.invoicing.document import Channel, Document, said
from chalicelib.invoicing.model import Invoice
from chalicelib.invoicing.naming import Names
from chalicelib.invoicing.reading import Examined

# Claims of one document that still fit its transaction; a larger lot takes them beforehand.
CLAIMS_INSIDE = 80


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


class Session:
    """What one run of a worker shares among its files: settings, customers, names, wakes."""

    def __init__(self, wakes: Wakes, name_block: int) -> None:
        self.wakes = wakes
        self.names = Names(name_block)
        self._resellers: dict[str, Reseller | None] = {}
        self.customer = functools.cache(accounts.find_customer)
        self._sellers: dict[tuple[str, ...], Customer] = {}

    def reseller(self, tenant: str) -> Reseller | None:
        if tenant not in self._resellers:
            try:
                self._resellers[tenant] = accounts.get_reseller(tenant)
            except NotFound:
                self._resellers[tenant] = None
        return self._resellers[tenant]

    def seller(self, tenant: str, fiscal: tuple[str, ...]) -> Customer | None:
        """The customer with these fiscal ids; only found ones are remembered."""
        key = (tenant, *fiscal)
        if key not in self._sellers:
            found = accounts.customer_of(tenant, fiscal)
            if found is None:
                return None
            self._sellers[key] = found
        return self._sellers[key]


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
    )


def receive(arrival: Arrival, data: bytes, session: Session, now: datetime) -> Document:
    """Take one file in; gives the document as stored, whoever stored it."""
    flow = flow_of(arrival, ids.sha256(data))
    if not session.customer(arrival.tenant, arrival.customer):
        flow = replace(flow, customer="")
    try:
        examined = reading.examine(data, arrival.received_at, schemas())
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
        require_format(tenant, flow.customer, examined, session)
        return document
    customer, held = whose(tenant, flow.customer, examined.invoice, session, now)
    document = replace(document, customer=customer)
    require_format(tenant, customer, examined, session)
    if held and examined.state == "ready":
        return replace(document, state="held", held=held, reason=held)
    return document


def require_format(tenant: str, customer: str, examined: Examined, session: Session) -> None:
    """A customer's documents come in the formats fixed for him (F004-043)."""
    found = session.customer(tenant, customer)
    if found and examined.kind not in found.formats:
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
    try:
        return _commit_claimed(tenant, document, wanted, session, now)
    except ConditionFailed as failed:
        return _store_held(tenant, document, failed, session, now)


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
    document = set_off(tenant, document, session)
    inside = claim_beforehand(wanted, document.id)
    ops = store.born(tenant, document, now, "intake")
    ops += [claims.take(claim, document.id) for claim in inside]
    ops.append(store.claims_item(tenant, document.id, wanted))
    ops += sending(tenant, document, now)
    return _commit_new(tenant, document, ops, session)


def set_off(tenant: str, document: Document, session: Session) -> Document:
    """A document that may go: with a name for SdI, or to the customer who signs or sends it."""
    if document.state != "ready":
        return document
    customer = session.customer(tenant, document.customer)
    if customer and customer.sending == "own":
        return replace(document, state="own_sending")
    if customer and customer.signature == "own" and not document.arrived_signed:
        document = replace(document, state="awaiting_signature")
    return replace(document, name=session.names.next(), attempt=document.attempt + 1)


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
        return store.read(there)  # the event came again
    log.write(
        log.Event.RECEIVED,
        tenant=tenant,
        id=document.id,
        state=document.state,
        code=document.reason,
    )
    return document


def file_kind(name: str) -> str:
    """What the name promises: "zip" or "file"."""
    return "zip" if names.base(name).lower().endswith(".zip") else "file"
