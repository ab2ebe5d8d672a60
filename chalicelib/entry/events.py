"""Reading what AWS hands to a Lambda."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from chalicelib.base import clock
from chalicelib.base.s3 import Created, Place

# A string that infra/resources.yaml replaces: Chalice wants one when the code is read.
PLACEHOLDER = "arn:aws:sqs:eu-south-1:000000000000:placeholder"


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
