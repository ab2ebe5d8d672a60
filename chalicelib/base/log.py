"""JSON lines, one enumerated word each, with fields that may never be secret or about health.

Only the fields listed here are written; anything else would be somebody's document, name or key.
"""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import TextIO

from chalicelib.base import clock

FIELDS = frozenset(
    {
        "tenant", "id", "state", "code", "queue", "work", "attempts", "count", "seconds",
        "function", "request_id", "route", "status", "kind", "key_id", "error", "message_type",
        "delivery", "members",
    }
)  # fmt: skip


class Event(StrEnum):
    """Every line that the house can write."""

    REQUEST = "request"
    REQUEST_FAILED = "request_failed"
    BATCH_ITEM_FAILED = "batch_item_failed"
    WORK_RETRY = "work_retry"
    WORK_PARKED = "work_parked"
    SWEPT = "swept"
    RECEIVED = "received"
    ARCHIVE_OPENED = "archive_opened"
    ARCHIVE_CHUNK = "archive_chunk"
    INTAKE_UNKNOWN = "intake_unknown"
    SENT = "sent"
    SDI_MESSAGE = "sdi_message"
    SDI_UNMATCHED = "sdi_unmatched"
    TOLD = "told"
    MAIL_UNCERTAIN = "mail_uncertain"
    MAIL_SUPPRESSED = "mail_suppressed"
    NODE_ANSWERED = "node_answered"
    LETTER_GIVEN_UP = "letter_given_up"
    DELIVERY = "delivery"


_lines: TextIO | None = None


def use(lines: TextIO | None) -> None:
    """Write somewhere else than to standard output (None: back there)."""
    global _lines
    _lines = lines


def _out(line: dict[str, object]) -> None:
    # Looked up at each line: Lambda and tests replace sys.stdout.
    (_lines or sys.stdout).write(json.dumps(line, default=str) + "\n")


def write(event: Event, **fields: object) -> None:
    """Write one line to standard output, which Lambda keeps."""
    unknown = fields.keys() - FIELDS
    assert not unknown, f"fields not allowed in a log line: {sorted(unknown)}"
    _out({"event": event.value, **fields})


def metric(name: str, value: int, **dimensions: str) -> None:
    """A CloudWatch metric by embedded metric format: no call, only a line (namespace Sportello)."""
    _out(
        {
            "_aws": {
                "Timestamp": int(clock.now().timestamp() * 1000),
                "CloudWatchMetrics": [
                    {
                        "Namespace": "Sportello",
                        "Dimensions": [list(dimensions)],
                        "Metrics": [{"Name": name, "Unit": "Count"}],
                    }
                ],
            },
            name: value,
            **dimensions,
        }
    )
