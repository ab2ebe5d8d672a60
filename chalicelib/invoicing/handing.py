"""Handing in by API: places for files to upload, and one document in a request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.accounts.model import Caller
from chalicelib.base import clock, config, dynamo, ids, limits, s3
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, Rejected
from chalicelib.base.s3 import Place
from chalicelib.invoicing import names, store


@dataclass(frozen=True)
class Upload:
    """A place for one file: POST the form fields, then the file, to `url`."""

    id: str
    file_name: str
    url: str
    fields: dict[str, str]


def file_name(text: str) -> str:
    """A name that may be the last part of a key. Rejected `file_name`."""
    name = names.base(text).strip()
    # S3 would put a name of its own in the place of ${filename}; a key has 1,024 bytes in all.
    unfit = name in ("", ".", "..") or "${" in name or len(name.encode(errors="replace")) > 900
    if unfit or len(name) > limits.FILE_NAME_CHARS or not name.isprintable():
        raise Rejected("file_name", "Give a file name of 1 to 255 printable characters.")
    return name


def reserve(
    caller: Caller, wanted: list[str], customer: str, now: datetime, token: str, keep: bool = False
) -> list[Upload]:
    """Presigned forms for many files. `token` makes their ids (random, or the caller's own);
    `keep`: they are only to be preserved."""
    if not 0 < len(wanted) <= limits.UPLOAD_FILES:
        raise Rejected("upload_files", f"Ask for 1 to {limits.UPLOAD_FILES} files.")
    found = [
        (ids.derive(caller.tenant, caller.key_id, "upload", token, str(n)), file_name(name))
        for n, name in enumerate(wanted)
    ]
    # Only the promise is forgotten after a week, never a file that came.
    expires = int(now.timestamp()) + limits.SLOT_DAYS * 86_400
    slots = {
        one: _slot(caller, name, customer, now, keep) | {"files": len(found)} for one, name in found
    }
    ops: list[Op] = [
        store.slot(caller.tenant, one, **fields, expires=expires) for one, fields in slots.items()
    ]
    try:
        dynamo.commit(ops)
    except ConditionFailed as failed:
        _require_same(caller.tenant, slots, failed)
    return [_upload(caller.tenant, one, name) for one, name in found]


def _slot(caller: Caller, name: str, customer: str, now: datetime, keep: bool) -> dict[str, Any]:
    return {
        "file_name": name,
        "customer": customer,
        "keep": keep,
        "key_id": caller.key_id,
        "at": clock.stamp(now),
    }


def _require_same(tenant: str, wanted: dict[str, dict[str, Any]], failed: ConditionFailed) -> None:
    """The same request again finds its slots; the same key with other files is a mistake."""
    there = dynamo.batch_get(store.slot_key(tenant, one) for one in wanted)
    for one, fields in wanted.items():
        slot = there.get(store.slot_key(tenant, one), {})
        same = ("file_name", "customer", "keep", "files")
        if any(slot.get(name) != fields[name] for name in same):
            raise _other_body() from failed


def _other_body() -> Conflict:
    return Conflict("idempotency_key_reused", "This Idempotency-Key was used with another request.")


def _upload(tenant: str, document: str, name: str) -> Upload:
    place = Place(config.get("INTAKE_BUCKET"), f"upload/{tenant}/{document}/{name}")
    largest = limits.ARCHIVE_BYTES if name.lower().endswith(".zip") else limits.DOCUMENT_RAW_BYTES
    form = s3.upload_form(place, largest, limits.UPLOAD_LINK_S)
    return Upload(document, name, form["url"], form["fields"])


def hand_in(
    caller: Caller,
    key: str,
    name: str,
    customer: str,
    body: bytes,
    now: datetime,
    keep: bool = False,
    internal: bool = False,
) -> str:
    """One document in a request; gives its id. The same key and body again give the same id.
    `keep`: it is only to be preserved. `internal`: another part of the house made it.

    Conflict `idempotency_key_reused` when the key came with another body, name or customer.
    """
    name = file_name(name)
    if not body:
        raise Rejected("00106", "The request has no body.", status=400)
    if len(body) > limits.API_BODY_BYTES:
        raise Rejected("document_too_large", "Upload a file of this size instead.", status=413)
    document = document_id(caller, key)
    fields = _slot(caller, name, customer, now, keep) | {"sha256": ids.sha256(body)}
    if internal:
        fields["internal"] = True
    try:
        dynamo.commit([store.slot(caller.tenant, document, **fields)])
    except ConditionFailed as failed:
        there = failed.found["slot"] or {}
        same = ("sha256", "file_name", "customer", "keep")
        if any(there.get(field) != fields[field] for field in same):
            raise _other_body() from failed
    # The slot was made first: an object that is there already is this very one.
    place = Place(config.get("INTAKE_BUCKET"), f"api/{caller.tenant}/{document}/{name}")
    s3.put_new(place, body, "application/octet-stream")
    return document


def document_id(caller: Caller, key: str) -> str:
    """The id that `hand_in` gives what is handed in under this key."""
    return ids.derive(caller.tenant, caller.key_id, "api", key)


def composed_name(caller: Caller, key: str) -> str:
    """The name of an invoice composed under an Idempotency-Key: the same again for it."""
    return ids.derive(caller.tenant, caller.key_id, "compose", key, chars=12)
