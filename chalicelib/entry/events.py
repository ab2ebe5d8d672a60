"""Reading what AWS hands to a Lambda."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from chalicelib.base import clock, work
from chalicelib.base.s3 import Created, Place
from chalicelib.base.work import Wakes, Work

# A string that infra/resources.yaml replaces: Chalice wants one when the code is read.
PLACEHOLDER = "arn:aws:sqs:eu-south-1:000000000000:placeholder"

# What a row of work asks for: the row, wakes, now, and what is left of the time in milliseconds.
Task = Callable[[Work, Wakes, datetime, Callable[[], int]], None]


def by_task(tasks: Mapping[str, Task], event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Each row of a batch by its `task`; one that nobody knows ends in the dead-letter queue."""

    def each(job: Work, _: None, wakes: Wakes) -> None:
        tasks[job.item["task"]](job, wakes, clock.now(), context.get_remaining_time_in_millis)

    return work.run(event, context, lambda jobs: None, each)


@dataclass(frozen=True)
class Message:
    """One SQS message; `again`: it was received before."""

    id: str
    body: Any
    again: bool = False


def messages(event: Mapping[str, Any]) -> tuple[list[Message], list[str]]:
    """(readable messages, ids of those that are no JSON)."""
    found: list[Message] = []
    broken: list[str] = []
    for record in event.get("Records", []):
        try:
            times = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
            found.append(Message(record["messageId"], json.loads(record["body"]), times > 1))
        except (ValueError, KeyError, TypeError):
            broken.append(record.get("messageId", ""))
    return found, broken


def objects(body: Any) -> list[Created]:
    """The objects of an S3 notification; a TestEvent has none. ValueError when it is neither.

    Keys come encoded as in a form; the same event again has the same time.
    """
    if not isinstance(body, dict):
        raise ValueError("no S3 notification")
    if body.get("Event") == "s3:TestEvent":
        return []
    try:
        return [
            Created(
                Place(
                    record["s3"]["bucket"]["name"],
                    unquote_plus(record["s3"]["object"]["key"]),
                    record["s3"]["object"].get("versionId", ""),
                ),
                int(record["s3"]["object"]["size"]),
                clock.parse(record["eventTime"]),
            )
            for record in body["Records"]
        ]
    except (KeyError, TypeError) as error:
        raise ValueError("no S3 notification") from error
