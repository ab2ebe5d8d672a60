"""Bring your own: a customer who signs, or sends, his documents himself (fatturapa.md section 13).

He downloads the frozen XML under the name we gave it, signs it and brings it back: the payload
must be the same byte for byte. Or he sends it to SdI himself, says under which name, and brings
SdI's receipts, which move the same states.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.base import c14n, clock, config, ids, limits, s3, xml
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, Rejected
from chalicelib.base.s3 import Place
from chalicelib.base.work import Wakes
from chalicelib.invoicing import authorities, intake, names, own_help, store
from chalicelib.invoicing.document import Document
from chalicelib.invoicing.fatturapa import envelope, messages

_OWN_FOLDER = "incoming/own"
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"


def signed(
    tenant: str,
    document: Document,
    data: bytes,
    by: str,
    wakes: Wakes,
    now: datetime,
    also: Sequence[Op] = (),
) -> Document:
    """Take back a document that its customer signed. The same file again is the same answer.
    `also` joins the commit.

    What waits for its signature goes on to SdI; what the customer sends himself stays with him,
    and the signed file with the document.

    Rejected `not_awaiting_signature`, `not_signed`, `payload_differs`, 00003, or SdI's code for
    a signature that does not hold.
    """
    sha256 = ids.sha256(data)
    if document.signed and document.signed.key.endswith(f"own-{sha256}"):
        return document
    waits = document.state == "awaiting_signature"
    if document.unsigned is None or not (waits or document.state == "own_sending"):
        raise _not_now("not_awaiting_signature", document)
    content, xades = _checked(data, s3.get(document.unsigned), now)
    place = intake.own_place(tenant, document.id, f"own-{sha256}")
    s3.put(place, content, "application/xml" if xades else "application/pkcs7-mime")
    new, ops = store.changed(
        tenant,
        document,
        now,
        by,
        told=waits,  # nothing else becomes of what he sends himself
        state="ready" if waits else document.state,
        kind="xml" if xades else "p7m",
        arrived_signed=True,
        signed=place,
    )
    # The name is its own already; only the work of sending is new.
    ops += [op for op in intake.sending(tenant, new, now) if op.label != "name"]
    wakes.commit([*ops, *also])
    return new


def _not_now(code: str, document: Document) -> Rejected:
    return Rejected(
        code,
        f"The document is {document.state}.",
        status=409,
        state=document.state,
        help=own_help.PATH,
    )


def _checked(data: bytes, frozen: bytes, now: datetime) -> tuple[bytes, bool]:
    """(the file to send, whether it is XAdES)."""
    unwrapped = envelope.unwrap(data)
    if not unwrapped.signature or unwrapped.signed is None:
        raise Rejected("not_signed", "This file carries no signature.")
    if len(unwrapped.signed) > limits.DOCUMENT_BYTES:
        raise Rejected("00003", "The file is larger than 5 MB.")
    found = envelope.evaluate(unwrapped, now, authorities.trust).findings
    broken = [one for one in found if one.severity == "error"]
    if broken:
        raise Rejected(broken[0].code, broken[0].message)
    xades = unwrapped.signature == "xades"
    same = (
        _without_signature(unwrapped.xml) == _canonical(frozen)
        if xades
        else (unwrapped.content == frozen)
    )
    if not same:
        raise Rejected(
            "payload_differs", "What was signed is not what was handed out: sign it unchanged."
        )
    return unwrapped.signed, xades


def _canonical(data: bytes) -> bytes:
    root = xml.read(data, limit_bytes=limits.DOCUMENT_RAW_BYTES)
    return c14n.canonical(root, exclusive=False)


def _without_signature(data: bytes) -> bytes:
    """An enveloped signature stands inside: the rest of the tree must be the one handed out."""
    root = xml.read(data, limit_bytes=limits.DOCUMENT_RAW_BYTES)
    for node in [child for child in root if child.tag == _SIGNATURE]:
        root.remove(node)
    return c14n.canonical(root, exclusive=False)


def sent(
    tenant: str,
    document: Document,
    name: str,
    by: str,
    wakes: Wakes,
    now: datetime,
    also: Sequence[Op] = (),
) -> Document:
    """The customer says that he sent it to SdI himself, as `name`. `also` joins the commit.

    Rejected `not_own_sending`, 00001; Conflict `name_taken` when another document has the name.
    """
    if document.sent_by_owner and document.name == name:
        return document  # said already, whatever SdI has answered since
    if document.state != "own_sending":
        raise _not_now("not_own_sending", document)
    if not names.is_sdi(name):
        raise Rejected("00001", "This is no name that SdI would take.")
    new, ops = store.changed(
        tenant,
        document,
        now,
        by,
        state="sent",
        name=name,
        attempt=document.attempt + 1,
        sent_at=clock.stamp(now),
        sent_by_owner=True,
    )
    ops.append(store.own_name(tenant, document.id, names.stem(name)))
    try:
        wakes.commit([*ops, *also])
    except ConditionFailed as failed:
        if "name" in failed.found:
            raise Conflict("name_taken", "Another document was sent under this name.") from failed
        raise
    return new


def receipt(tenant: str, document: Document, name: str, data: bytes) -> None:
    """A receipt of SdI that the customer brings: kept where SdI's own deliveries are kept, and
    applied like them, but to this document only.

    Rejected `not_own_sending`, `sdi_message_…`, `receipt_of_another`.
    """
    if not document.sent_by_owner:
        raise _not_now("not_own_sending", document)
    if messages.parse_name(name) is None:
        raise Rejected("receipt_name", "Send the receipt under the name that SdI gave it.")
    message = messages.read(name, data)
    if names.stem(message.file_name) != names.stem(document.name):
        raise Rejected("receipt_of_another", "This receipt speaks of another file.")
    place = Place(
        config.get("SDI_BUCKET"),
        "/".join((_OWN_FOLDER, tenant, document.id, ids.sha256(data), names.base(name))),
    )
    s3.put(place, data, "application/xml")


def owner_of(place: Place) -> tuple[str, str] | None:
    """(tenant, document) that a receipt was brought for; None for SdI's own deliveries."""
    parts = place.key.split("/")
    if len(parts) == 6 and "/".join(parts[:2]) == _OWN_FOLDER:
        return parts[2], parts[3]
    return None
