"""Objects in the intake bucket: whose they are, and whether they are a file or an archive.

drop/<reseller>/[<customer>/]…/<file>   dropped by the reseller; id from key and version
upload/<reseller>/<id>/<file>           by a presigned form (POST /v1/uploads)
api/<reseller>/<id>/<file>              by POST /v1/documents, or by another part of the house
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.base import archives, dynamo, ids, keys, limits, log, s3, work
from chalicelib.base.dynamo import ConditionFailed
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.base.s3 import Created
from chalicelib.invoicing import intake, names, store
from chalicelib.invoicing.document import Channel, Document
from chalicelib.invoicing.intake import Arrival, Session

_CHANNELS: dict[str, Channel] = {"drop": "bucket", "upload": "upload", "api": "api"}


def take(found: Created, session: Session, now: datetime) -> None:
    """Take one object in: a file at once, an archive as work."""
    if found.place.key.endswith("/") and found.size == 0:
        return  # a "folder" that a console made: nothing in it
    arrival = _arrival(found, session)
    if arrival is None:
        _keep_unclaimed(found, now)
        return
    stored = _take(arrival, session, now)
    if stored.raw != arrival.raw:
        # A second object under an address that was used already is a file of its own.
        again = replace(arrival, id=ids.derive(arrival.id, arrival.raw.version))
        _take(again, session, now)


def _arrival(found: Created, session: Session) -> Arrival | None:
    parts = found.place.key.split("/")
    channel = _CHANNELS.get(parts[0])
    if channel is None or len(parts) < 3 or not keys.is_tenant(parts[1]):
        return None
    tenant = parts[1]
    if session.reseller(tenant) is None:
        return None
    place = found.place
    arrival = Arrival(
        tenant=tenant,
        id=ids.derive(place.bucket, place.key, place.version),
        file_name=names.base(place.key)[: limits.FILE_NAME_CHARS],
        channel=channel,
        sender=tenant,
        received_at=found.at,
        raw=place,
        size=found.size,
    )
    if channel == "bucket":
        said = parts[2] if len(parts) > 3 else ""
        known = session.customer(tenant, said) if ids.is_safe(said) else None
        return replace(arrival, customer=said if known else "", sender=said or tenant)
    slot = store.get_slot(tenant, parts[2]) if len(parts) == 4 else None
    if slot is None:
        return None
    return replace(
        arrival,
        id=parts[2],
        file_name=slot["file_name"],
        sender=slot["key_id"],
        customer=slot["customer"],
        keep=slot.get("keep", False),
        channel="internal" if slot.get("internal") else arrival.channel,
    )


def _keep_unclaimed(found: Created, now: datetime) -> None:
    """Nobody's prefix: the object stays where it is and the operator is told of it."""
    try:
        dynamo.commit([store.unmatched(found.place, "reseller_unknown", now, size=found.size)])
    except ConditionFailed:
        return
    log.write(log.Event.INTAKE_UNKNOWN, code="reseller_unknown")
    log.metric("IntakeUnknown", 1)


def _take(arrival: Arrival, session: Session, now: datetime) -> Document:
    if arrival.size > limits.DOCUMENT_RAW_BYTES:
        head = s3.Ranged(arrival.raw, arrival.size).read(0, 4)
        if archives.is_zip(head):
            return _open_later(arrival, session, now)
        refusal = Rejected("document_too_large", "The file is larger than any document may be.")
        return intake.refuse(arrival.tenant, intake.flow_of(arrival), refusal, session, now)
    try:
        data = s3.get(arrival.raw)
    except NotFound:
        refusal = Rejected("object_gone", "The file was removed before it could be read.")
        return intake.refuse(arrival.tenant, intake.flow_of(arrival), refusal, session, now)
    if archives.is_zip(data[:4]) or names.base(arrival.file_name).lower().endswith(".zip"):
        return _open_later(arrival, session, now, ids.sha256(data))
    return intake.receive(arrival, data, session, now)


def _open_later(arrival: Arrival, session: Session, now: datetime, sha256: str = "") -> Document:
    archive = replace(intake.flow_of(arrival, sha256), state="unpacking", kind="zip")
    pk = store.partition(arrival.tenant, archive.id)
    ops = store.born(arrival.tenant, archive, now, "intake", told=False)
    ops.append(work.row("receive", pk, "open", now, task="open", document=archive.id))
    try:
        session.wakes.commit(ops)
    except ConditionFailed as failed:
        there = failed.found.get("document")
        if there is None:
            raise
        return store.read(there)
    return archive
