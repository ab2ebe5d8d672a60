"""The lines of a flow as objects, in pieces of bounded size.

<tenant>/settlements/<source>/lines-<nnnn>.json      [[place, iuv, iur, transfer, cents, outcome,
                                                       day, cents before it], …]
                                                       FLOW_PIECE_LINES of them

The bytes that a flow came as are kept beside, unchanged; pieces are only how its lines are found
again without reading half a gigabyte. They are named by where the flow came from, so a run that
dies writes the same ones again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from chalicelib.accounting.arriving import Brought
from chalicelib.accounting.facts import Reported
from chalicelib.accounting.fdr.model import Line, Stream, parts_of
from chalicelib.accounting.flows import Check, Flow, name_of_psp, origin_of
from chalicelib.accounting.groups import Kept, flow_name
from chalicelib.accounting.payment_match import FlowKey
from chalicelib.accounting.settled import Settled, Version
from chalicelib.base import clock, config, ids, limits, s3
from chalicelib.base.s3 import Place

_CHARS: Final = 64  # of an IUV or IUR; 35 is right, and a lying flow may hold a megabyte


def folder(tenant: str, source: str) -> str:
    """Where all that is kept of a source is."""
    return f"{tenant}/settlements/{source}"


def place(key: str) -> Place:
    return Place(config.get("DOCUMENTS_BUCKET"), key)


def keep(
    tenant: str, source: str, stream: Stream, creditor: str, now: datetime,
    facts: Mapping[str, Any],
) -> Brought:  # fmt: skip
    """Go through a flow once: count and check it, keep its lines; what it comes to.

    Raises as the stream does.
    """
    check = Check(stream, body=creditor)
    digest = hashlib.sha256()
    often: Counter[int] = Counter()
    waiting: list[list[Any]] = []
    count = before = 0
    for line in check.lines():
        row = _row(line)
        digest.update(repr(row).encode())
        row.append(before)
        before += max(0, row[4])
        often[hash(row[1])] += 1
        waiting.append(row)
        if len(waiting) == limits.FLOW_PIECE_LINES:
            _put(tenant, source, count, waiting)
            count, waiting = count + 1, []
    if waiting:
        _put(tenant, source, count, waiting)
        count += 1
    flow = check.flow()
    crowded = bool(often) and max(often.values()) > limits.FLOW_SAME_IUV
    return _brought(flow, digest.hexdigest(), crowded, source, count, now, facts)


def _row(line: Line) -> list[Any]:
    return [
        line.place, line.iuv[:_CHARS], line.iur[:_CHARS], line.transfer, line.cents or 0,
        line.outcome[:_CHARS], line.day[:10],
    ]  # fmt: skip


def _put(tenant: str, source: str, number: int, rows: Sequence[Sequence[Any]]) -> None:
    data = json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()
    s3.put(place(_piece(tenant, source, number)), data, "application/json")


def _piece(tenant: str, source: str, number: int) -> str:
    return f"{folder(tenant, source)}/lines-{number:04d}.json"


def _brought(
    flow: Flow, digest: str, crowded: bool, source: str, pieces: int, now: datetime,
    facts: Mapping[str, Any],
) -> Brought:  # fmt: skip
    header = flow.header
    created = header.created or now
    settled = header.settled or clock.rome_day(created)
    day, _ = parts_of(header.flow_id)
    flow_id = header.flow_id[: limits.FLOW_ID_CHARS]
    year = int(day[:4]) if day else created.year
    key: FlowKey = (name_of_psp(header), flow_id.upper(), year)
    origin = origin_of(header, settled, year)
    stamp = clock.stamp(created)
    labels = dict(flow.labels) | ({"reference_repeated": 1} if crowded else {})
    version = Version(
        ids.derive("flow", *map(str, key), stamp, str(header.revision), digest),
        # As it can be stored: what is thought of it must be the same when it is read again.
        clock.parse(stamp),
        header.revision,
        settled,
        flow.cents,
        flow.count,
        flow.state == "accepted" and not crowded,
        digest[:16],
        crowded,
    )
    said = {
        **facts,
        "source": source,
        "pieces": pieces,
        "received_at": clock.stamp(now),
        "trn": header.trn[:_CHARS],
        "psp": origin.psp,
        "sender_code": origin.sender[:_CHARS],
        "sender": header.sender_name or header.sender,
        "said_count": header.said_count,
        "said_cents": header.said_cents,
        "labels": labels,
        "anomalies": [[one.label, one.place] for one in flow.anomalies],
    }
    return Brought(key, flow_id, version, said)


def lines(tenant: str, flow: Settled, version: str, start: int = 0) -> Iterator[Kept]:
    """The lines of a version from that one on (from 0), in order."""
    facts = flow.facts[version]
    first = start // limits.FLOW_PIECE_LINES
    skipped = start - first * limits.FLOW_PIECE_LINES
    for number in range(first, int(facts["pieces"])):
        data = s3.get(place(_piece(tenant, facts["source"], number)))
        for row in json.loads(data)[skipped:]:
            yield Kept(flow.key, version, Reported(row[0], _iuv(flow, row), *row[2:6]), *row[6:])
        skipped = 0


def _iuv(flow: Settled, row: Sequence[Any]) -> str:
    """A line without a reference stands alone: nothing says that two of them are one payment."""
    return row[1] or f"?{flow_name(flow.key)}.{row[0]}"
