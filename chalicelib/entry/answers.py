"""From what the domain knows to what the API answers."""

from __future__ import annotations

from typing import Any

from chalicelib.entry.shapes import (
    Action,
    Attachment,
    Backward,
    Change,
    DocumentDetail,
    Flow,
    Gap,
    LotBody,
    Numbering,
    NumberSeries,
    Repeated,
    SdiError,
    SdiMessage,
    SendingChannel,
    SendingHelp,
)
from chalicelib.invoicing import own_help
from chalicelib.invoicing.document import Document
from chalicelib.invoicing.numbering import Series
from chalicelib.invoicing.states import FINAL, NOT_DOCUMENTS, is_final


def flow(document: Document) -> Flow:
    archive = document.kind == "zip" or document.state in ("unpacking", "unpacked")
    is_document = document.state not in NOT_DOCUMENTS
    return Flow(
        id=document.id,
        kind="archive" if archive else "file",
        state=document.state,
        file_name=document.file_name,
        channel=document.channel,
        sender=document.sender,
        customer=document.customer or None,
        received_at=document.received_at,
        size=document.size,
        sha256=document.sha256 or None,
        archive=document.archive or None,
        members=document.members if archive else None,
        documents=document.documents if archive else None,
        refusals=document.refusals if archive else None,
        code=document.reason or None,
        message=document.text or None,
        document_url=f"/v1/documents/{document.id}" if is_document else None,
    )


def summary(document: Document) -> dict[str, Any]:
    """The fields of DocumentSummary."""
    said = document.said
    return {
        "id": document.id,
        "state": document.state,
        "final": said is not None and document.state in FINAL[said.family],
        "customer": document.customer or None,
        "channel": document.channel,
        "sender": document.sender,
        "received_at": document.received_at,
        "file_name": document.file_name,
        "archive": document.archive or None,
        "format": said.format if said else None,
        "family": said.family if said else None,
        "type": said.type if said else None,
        "number": said.number if said else None,
        "date": said.date if said else None,
        "currency": said.currency if said else None,
        "amount": said.amount if said else None,
        "taxable": said.taxable if said else None,
        "tax": said.tax if said else None,
        "seller": {"id": said.seller, "name": said.seller_name} if said else None,
        "buyer": {"id": said.buyer, "name": said.buyer_name} if said else None,
        "recipient": said.recipient or None if said else None,
        "bodies": said.bodies if said else 0,
        "code": document.reason or None,
        "message": document.text or None,
        "held": document.held or None,
        "duplicate_by": document.clash or None,
        "duplicate_of": document.first or None,
        "errors": list(document.errors),
        "flags": list(document.flags),
        "sdi_name": document.name or None,
        "id_sdi": document.id_sdi or None,
        "attempt": document.attempt,
        "sent_at": document.sent_at or None,
        "outcome_at": document.outcome_at or None,
        "delivered_at": document.delivered_at or None,
        "available_on": document.available_on or None,
        "preservation": {
            "state": "archived",
            "archived_at": document.received_at,
            "preserved_at": None,
        },
    }


def actions(document: Document) -> list[Action]:
    """What a person may decide now."""
    if document.state == "held":
        return ["send", "discard"]
    if document.state in ("to_convert", "invalid"):
        return ["discard"]
    if document.state == "awaiting_signature":
        return ["sign"]
    if document.state == "own_sending":
        return ["sign", "mark_sent"] if document.unsigned else ["mark_sent"]
    if document.sent_by_owner and not is_final(document.family, document.state):
        return ["add_receipt"]
    return ["resend"] if document.state == "rejected" else []


def detail(
    document: Document, changes: list[dict[str, Any]], messages: list[dict[str, Any]]
) -> DocumentDetail:
    """Everything about one document."""
    said = document.said
    return DocumentDetail(
        **summary(document),
        lot=[LotBody(**body) for body in said.lot] if said else [],
        attachments=[Attachment(**one) for one in said.attachments] if said else [],
        warnings=list(document.warnings),
        timeline=[
            Change(
                version=int(row["sk"].rsplit("#", 1)[-1]),
                at=row["at"],
                state=row["state"],
                code=row["reason"] or None,
                flag=row["flag"] or None,
                by=row["by"],
            )
            for row in changes
        ],
        messages=[
            SdiMessage(
                type=row["type"],
                id_sdi=row["id_sdi"],
                message_id=row["message_id"],
                at=row["at"],
                file_name=row["file"],
                note=row["note"],
                seal=row.get("seal") or None,
                errors=[SdiError(**one) for one in row["errors"]],
            )
            for row in messages
        ],
        actions=actions(document),
        help=own_help.PATH if _is_his_own(document) else None,
    )


def _is_his_own(document: Document) -> bool:
    """Whether its customer has to sign or to send it himself."""
    return document.state in ("awaiting_signature", "own_sending") or document.sent_by_owner


def sending_help(page: own_help.Help) -> SendingHelp:
    return SendingHelp(
        title=page.title,
        steps=list(page.steps),
        channels=[
            SendingChannel(
                id=one.id, name=one.name, how=one.how, needs=one.needs, address=one.address
            )
            for one in page.channels
        ],
    )


def awaited(flow_id: str, slot: dict[str, Any]) -> Flow:
    """A file that was announced, or handed in a moment ago, and is not read yet."""
    return Flow(
        id=flow_id,
        kind="file",
        state="awaited",
        file_name=slot["file_name"],
        channel=None,
        sender=slot["key_id"],
        customer=slot["customer"] or None,
        received_at=None,
        size=None,
        sha256=slot.get("sha256"),
        archive=None,
        members=None,
        documents=None,
        refusals=None,
        code=None,
        message=None,
        document_url=None,
    )


def numbering(issuer: str, year: str, found: list[Series]) -> Numbering:
    """The report as it is answered."""
    return Numbering(
        issuer=issuer,
        year=year,
        series=[
            NumberSeries(
                series=one.series,
                first=one.first,
                last=one.last,
                count=one.count,
                gaps=[Gap(first=first, last=last) for first, last in one.gaps],
                backward=[Backward(number=number, then=then) for number, then in one.backward],
                duplicates=[
                    Repeated(number=number, documents=list(documents))
                    for number, documents in one.duplicates
                ],
                released=list(one.released),
            )
            for one in found
        ],
    )
