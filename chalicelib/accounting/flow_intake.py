"""Flows as they come: dropped in the bucket, handed in by the API, or fetched (`fetching`).

Whatever way it came, its bytes are kept unchanged, and a row reads it: its lines are kept in pieces
and the version arrives. A file that cannot be read is listed with the reason.

T#<tenant>#SETTLEMENT#<source>   SOURCE   a file or an answer that brought a flow; in a list
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, BinaryIO, Literal

from chalicelib.accounting import arriving, pieces
from chalicelib.accounting.fdr import classic, rest
from chalicelib.accounting.fdr.model import Stream
from chalicelib.accounting.regrouping import QUEUE
from chalicelib.accounting.settled import Settled
from chalicelib.base import clock, config, dynamo, ids, keys, limits, s3, work
from chalicelib.base.dynamo import ConditionFailed, Item, Key, Op, Put
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.base.s3 import Place
from chalicelib.base.work import Wakes, Work
from chalicelib.payments import bodies

Remaining = Callable[[], int]
Carrier = Literal["drop", "upload", "rest", "soap"]
SourceState = Literal["reading", "kept", "refused"]


@dataclass(frozen=True)
class Source:
    """What brought a flow. `objects`: where its bytes are, as (bucket, key, version); `flow` and
    `arrival` once it is kept, `code` where it was refused. `psp`: what the channel told of it."""

    id: str
    carrier: Carrier
    file_name: str
    created_at: str
    objects: tuple[tuple[str, str, str], ...]
    state: SourceState = "reading"
    psp: str = ""
    flow: str = ""
    arrival: str = ""
    code: str = ""


def key_of(tenant: str, source: str) -> Key:
    return keys.pk(tenant, "SETTLEMENT", source), keys.sk("SOURCE")


def _put(tenant: str, source: Source, when: dynamo.Condition = dynamo.NEW) -> Put:
    pk, sk = key_of(tenant, source.id)
    item = asdict(source) | {
        "pk": pk,
        "sk": sk,
        "objects": [list(one) for one in source.objects],
        "list_pk": keys.pk(tenant, "SETTLEMENTS", "SOURCES"),
        "list_sk": keys.sk(source.created_at, source.id),
    }
    return Put(item, when=when, label="source")


def _read(item: Item) -> Source:
    found = {name: item[name] for name in Source.__dataclass_fields__}
    return Source(**found | {"objects": tuple((b, k, v) for b, k, v in item["objects"])})


def get(tenant: str, source: str) -> Source:
    """NotFound."""
    item = dynamo.get(key_of(tenant, source))
    if item is None:
        raise NotFound("settlement")
    return _read(item)


def known(tenant: str, sources: Sequence[str]) -> set[str]:
    """Those of these that came already."""
    found = dynamo.batch_get(key_of(tenant, one) for one in sources)
    return {item["id"] for item in found.values()}


def files(tenant: str, flow: Settled, version: str) -> list[tuple[Place, str]]:
    """Where a version's bytes are, as they came, and what each file may be called. NotFound."""
    facts = flow.facts.get(version)
    if facts is None:
        raise NotFound("version")
    source = get(tenant, str(facts["source"]))
    found = []
    for bucket, key, object_version in source.objects:
        part = key.rsplit("/", 1)[-1]
        many = len(source.objects) > 1 or "." not in source.file_name
        name = f"{source.file_name}-{part}" if many else source.file_name
        found.append((Place(bucket, key, object_version), name))
    return found


def list_sources(tenant: str, limit: int) -> list[Source]:
    """The newest first."""
    found = dynamo.query(
        keys.pk(tenant, "SETTLEMENTS", "SOURCES"), index="list", descending=True, limit=limit
    )
    return [_read(item) for item in found]


# ------------------------------------------------------------------ handed over
def take(
    tenant: str, source: Source, now: datetime, wakes: Wakes, also: Sequence[Op] = ()
) -> Source:
    """Plan the reading of what brought a flow; the same again is what it was."""
    row = work.row(QUEUE, key_of(tenant, source.id)[0], "read", now, task="flow", source=source.id)
    try:
        wakes.commit([_put(tenant, source), row, *also])
    except ConditionFailed:
        return get(tenant, source.id)
    return source


def dropped(tenant: str, place: Place, now: datetime, wakes: Wakes) -> Source:
    """An object that somebody put under settlements/<tenant>/; it stays where it is. NotFound."""
    bodies.get(tenant)
    source = Source(
        ids.derive("drop", place.bucket, place.key, place.version), "drop",
        place.key.rsplit("/", 1)[-1][: limits.FILE_NAME_CHARS], clock.stamp(now),
        ((place.bucket, place.key, place.version),),
    )  # fmt: skip
    return take(tenant, source, now, wakes)


def hand_in(
    tenant: str, file_name: str, data: bytes, now: datetime, wakes: Wakes,
    also: Sequence[Op] = (),
) -> Source:  # fmt: skip
    """A flow by the API; the same bytes again are the same source. Rejected `flow_empty`."""
    bodies.get(tenant)
    if not data.strip():
        raise Rejected("flow_empty", "There is nothing in the file.")
    name = ids.derive("upload", ids.sha256(data))
    return take(
        tenant, brought(tenant, name, "upload", file_name, [("raw", data)], now), now, wakes, also
    )


def brought(
    tenant: str, name: str, carrier: Carrier, file_name: str,
    parts: Sequence[tuple[str, bytes]], now: datetime, psp: str = "",
) -> Source:  # fmt: skip
    """A source whose bytes are kept by us, under the names that are given."""
    objects = []
    for part, data in parts:
        objects.append(keep(tenant, name, part, data))
    return Source(name, carrier, file_name[: limits.FILE_NAME_CHARS], clock.stamp(now),
                  tuple(objects), psp=psp)  # fmt: skip


def keep(tenant: str, name: str, part: str, data: bytes) -> tuple[str, str, str]:
    """Keep some of a source's bytes; where they are."""
    kind = "json" if data.lstrip()[:1] == b"{" else "xml"
    where = kept(tenant, name, part, kind)
    s3.put(Place(*where), data, f"application/{kind}")
    return where


def keep_xml(tenant: str, name: str, part: str, data: BinaryIO) -> tuple[str, str, str]:
    """The same of XML in a file, however great it is."""
    where = kept(tenant, name, part, "xml")
    s3.put(Place(*where), data, "application/xml")
    return where


def kept(tenant: str, name: str, part: str, kind: str) -> tuple[str, str, str]:
    """Where `keep` puts it."""
    key = f"{pieces.folder(tenant, name)}/{part}.{kind}"
    return config.get("DOCUMENTS_BUCKET"), key, ""


# ------------------------------------------------------------------ read
def read(job: Work, wakes: Wakes, now: datetime, _: Remaining) -> None:
    """Read what came, keep its lines, let the version arrive."""
    tenant = job.tenant
    source = get(tenant, str(job.item["source"]))
    facts = {"carrier": source.carrier, "file_name": source.file_name}
    try:
        creditor = bodies.get(tenant).fiscal_code
        found = pieces.keep(tenant, source.id, _stream(source), creditor, now, facts)
        flow, said = arriving.arrive(tenant, found, now, wakes)
    except (Rejected, NotFound) as refused:
        _end(tenant, job, source, {"state": "refused", "code": refused.code})
        return
    _end(tenant, job, source, {"state": "kept", "flow": flow.name, "arrival": said})


def _end(tenant: str, job: Work, source: Source, change: Mapping[str, Any]) -> None:
    done = dynamo.Update(key_of(tenant, source.id), put=change, label="source")
    dynamo.commit([done, dynamo.Delete(job.key, when=dynamo.ANY, label="work")])


def _stream(source: Source) -> Stream:
    first = Place(*source.objects[0])
    there = s3.find(first)
    if there is None:
        raise NotFound("object")
    place, size = there
    if first.version:
        place = first
    ranged = s3.Ranged(place, size)
    head = ranged.read(0, min(size, 512)) if size else b""
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"{":
        return classic.read(_blocks(ranged), psp=source.psp)
    data = s3.get(place)
    rest_of = [Place(*one) for one in source.objects[1:]]
    # One file may hold a whole flow: its head with its payments.
    pages = (s3.get(one) for one in rest_of) if rest_of else iter([data])
    return rest.read(data, pages)


def _blocks(source: s3.Ranged) -> Iterator[bytes]:
    for start in range(0, source.size, limits.SHEET_BLOCK_BYTES):
        yield source.read(start, min(limits.SHEET_BLOCK_BYTES, source.size - start))
