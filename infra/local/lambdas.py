"""What Lambda does around a handler: the event, the context, and how an answer is understood."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from infra.local.engines import ACCOUNT, REGION
from infra.local.functions import FunctionSettings


class LambdaContext:
    """The second argument of a handler, with the attributes of AWS's runtime client."""

    def __init__(self, settings: FunctionSettings) -> None:
        name = settings.logical_id
        self.function_name = name
        self.function_version = "$LATEST"
        self.invoked_function_arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
        self.memory_limit_in_mb = str(settings.memory_mb)
        self.aws_request_id = str(uuid.uuid4())
        self.log_group_name = f"/aws/lambda/{name}"
        self.log_stream_name = f"local/[$LATEST]{uuid.uuid4().hex}"
        self.identity = None
        self.client_context = None
        self._deadline_s = time.monotonic() + settings.timeout_s

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline_s - time.monotonic()) * 1000))


@dataclass(frozen=True)
class Message:
    """A message as SQS gave it to a consumer."""

    id: str
    receipt_handle: str
    body: str
    attributes: Mapping[str, str]
    message_attributes: Mapping[str, Any]
    queue_arn: str

    @classmethod
    def received(cls, message: Mapping[str, Any], queue_arn: str) -> Message:
        return cls(
            id=message["MessageId"],
            receipt_handle=message["ReceiptHandle"],
            body=message["Body"],
            attributes=dict(message.get("Attributes", {})),
            message_attributes=dict(message.get("MessageAttributes", {})),
            queue_arn=queue_arn,
        )

    @property
    def receive_count(self) -> int:
        return int(self.attributes.get("ApproximateReceiveCount", "1"))

    def once_more(self) -> Message:
        """The same message, delivered a second time."""
        count = str(self.receive_count + 1)
        return replace(self, attributes={**self.attributes, "ApproximateReceiveCount": count})

    def record(self) -> dict[str, Any]:
        """As it stands in the event that Lambda gives to the function."""
        return {
            "messageId": self.id,
            "receiptHandle": self.receipt_handle,
            "body": self.body,
            "attributes": dict(self.attributes),
            "messageAttributes": {
                name: _attribute(value) for name, value in self.message_attributes.items()
            },
            "md5OfBody": hashlib.md5(self.body.encode(), usedforsecurity=False).hexdigest(),
            "eventSource": "aws:sqs",
            "eventSourceARN": self.queue_arn,
            "awsRegion": REGION,
        }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    attribute: dict[str, Any] = {"stringListValues": [], "binaryListValues": []}
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        attribute["binaryValue"] = value["BinaryValue"]
    attribute["dataType"] = value["DataType"]
    return attribute


def sqs_event(batch: Sequence[Message]) -> dict[str, Any]:
    return {"Records": [message.record() for message in batch]}


def schedule_event(name: str, moment: datetime) -> dict[str, Any]:
    """What EventBridge Scheduler sends when its target has no input of its own."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT,
        "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{name}"],
        "detail": "{}",
    }


class BadAnswer(ValueError):
    """An answer that makes Lambda treat the whole batch as failed."""


def failed_ids(answer: Any, sent: set[str]) -> set[str]:
    """The messages that a batch's answer reports as failed (ReportBatchItemFailures).

    Empty, null, or without failures is a success.

    Raises:
        BadAnswer: the answer is not of the form, or names a message that was not in the batch.
    """
    try:
        # The runtime client sends JSON: what cannot be written so is an error of the function.
        answer = json.loads(json.dumps(answer))
    except (TypeError, ValueError) as error:
        raise BadAnswer(f"the answer is not JSON: {error}") from error
    if answer is None or answer == {}:
        return set()
    if not isinstance(answer, dict):
        raise BadAnswer(f"the answer is not an object: {answer!r:.80}")
    failures = answer.get("batchItemFailures")
    if failures is None:
        return set()
    if not isinstance(failures, list):
        raise BadAnswer("batchItemFailures is not a list")
    failed = set()
    for failure in failures:
        name = failure.get("itemIdentifier") if isinstance(failure, dict) else None
        if not isinstance(name, str) or name not in sent:
            raise BadAnswer(f"a failure names no message of the batch: {failure!r:.80}")
        failed.add(name)
    return failed
