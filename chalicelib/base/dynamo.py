"""The table: typed operations, one commit, reads.

Source: DynamoDB API reference, TransactWriteItems.

An item is a plain dict with `pk` and `sk`; values are str, int, Decimal, bool, None, bytes, list,
dict. A condition is a tuple of mappings: the mappings are alternatives, what a mapping holds must
all be true; ABSENT and PRESENT speak of the attribute's existence, `at_least` and its like of its
size.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.base import aws, config, limits
from chalicelib.base import operations as written
from chalicelib.base.errors import Conflict, Transient
from chalicelib.base.operations import ABSENT as ABSENT
from chalicelib.base.operations import ANY as ANY
from chalicelib.base.operations import NEW as NEW
from chalicelib.base.operations import PRESENT as PRESENT
from chalicelib.base.operations import THERE as THERE
from chalicelib.base.operations import Check as Check
from chalicelib.base.operations import Compared as Compared
from chalicelib.base.operations import Condition as Condition
from chalicelib.base.operations import Delete as Delete
from chalicelib.base.operations import Item as Item
from chalicelib.base.operations import Key as Key
from chalicelib.base.operations import Op as Op
from chalicelib.base.operations import Put as Put
from chalicelib.base.operations import Update as Update
from chalicelib.base.operations import above as above
from chalicelib.base.operations import at_least as at_least
from chalicelib.base.operations import at_most as at_most
from chalicelib.base.operations import below as below
from chalicelib.base.operations import from_wire as from_wire
from chalicelib.base.operations import to_wire as to_wire


class ConditionFailed(Conflict):
    """`found`: label of each failed operation -> the item that was there (None: nothing)."""

    def __init__(self, found: dict[str, Item | None]) -> None:
        super().__init__()
        self.found = found


def _table() -> str:
    return config.get("TABLE")


def _call(op: Op) -> tuple[str, dict[str, Any]]:
    return written.call(op, _table())


_SINGLE = {"Put": "put_item", "Update": "update_item", "Delete": "delete_item"}
_RETRIED = {
    "TransactionConflict",
    "TransactionConflictException",
    "TransactionInProgressException",
    "ThrottlingError",
    "ThrottlingException",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "InternalServerError",
}
_TRIES = 6


def commit(ops: Sequence[Op]) -> None:
    """All or nothing, at most 100 operations (asserted, never split).

    Raises ConditionFailed when a condition did not hold, Transient when the table stayed busy.
    TransactionConflict is retried here because the SDK does not.
    """
    assert 0 < len(ops) <= limits.TRANSACTION_ITEMS, len(ops)
    assert len({op.key for op in ops}) == len(ops), "one operation for each item"
    calls = [_call(op) for op in ops]
    client = aws.client("dynamodb")
    for attempt in range(_TRIES):
        try:
            if len(calls) == 1 and calls[0][0] in _SINGLE:
                getattr(client, _SINGLE[calls[0][0]])(**calls[0][1])
            else:
                client.transact_write_items(TransactItems=[{kind: call} for kind, call in calls])
            return
        except ClientError as error:
            _raise_unless_retried(error, ops)
            if attempt + 1 < _TRIES:
                _pause(attempt)
    raise Transient("table_busy", "The table is busy; try again.")


def update(op: Update) -> Item:
    """One update outside a transaction; gives the whole item as it is afterwards.

    For counting and reading in one call. Raises as `commit`.
    """
    client = aws.client("dynamodb")
    _, call = _call(op)
    for attempt in range(_TRIES):
        try:
            answer = client.update_item(**call, ReturnValues="ALL_NEW")
            return written.item(answer["Attributes"])
        except ClientError as error:
            _raise_unless_retried(error, [op])
            if attempt + 1 < _TRIES:
                _pause(attempt)
    raise Transient("table_busy", "The table is busy; try again.")


def _raise_unless_retried(error: ClientError, ops: Sequence[Op]) -> None:
    code = error.response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        old = error.response.get("Item")
        raise ConditionFailed({ops[0].label: written.item(old) if old else None}) from error
    if code == "TransactionCanceledException":
        reasons = error.response.get("CancellationReasons", [])
        failed = {
            op.label: written.item(reason["Item"]) if reason.get("Item") else None
            for op, reason in zip(ops, reasons, strict=False)
            if reason.get("Code") == "ConditionalCheckFailed"
        }
        if failed:
            raise ConditionFailed(failed) from error
        if any(reason.get("Code") in _RETRIED for reason in reasons):
            return
    if code not in _RETRIED:
        raise error


def _pause(attempt: int) -> None:
    # Full jitter: two writers that met once should not meet again.
    time.sleep(secrets.randbelow(20 * 2**attempt + 1) / 1000)


def get(key: Key) -> Item | None:
    """One item, read consistently."""
    answer = aws.client("dynamodb").get_item(
        TableName=_table(), Key=written.wire_key(key), ConsistentRead=True
    )
    return written.item(answer["Item"]) if "Item" in answer else None


def batch_get(keys: Iterable[Key]) -> dict[Key, Item]:
    """Many items, read consistently, 100 per call; missing ones are left out."""
    wanted = list(dict.fromkeys(keys))
    found: dict[Key, Item] = {}
    client = aws.client("dynamodb")
    for start in range(0, len(wanted), 100):
        todo: Any = {
            _table(): {
                "Keys": [written.wire_key(key) for key in wanted[start : start + 100]],
                "ConsistentRead": True,
            }
        }
        for attempt in range(_TRIES):
            answer = client.batch_get_item(RequestItems=todo)
            for wire in answer["Responses"].get(_table(), []):
                item = written.item(wire)
                found[item["pk"], item["sk"]] = item
            todo = answer.get("UnprocessedKeys") or {}
            if not todo:
                break
            _pause(attempt)
        else:
            raise Transient("table_busy", "The table is busy; try again.")
    return found


def query(
    partition: str,
    *,
    prefix: str = "",
    between: tuple[str, str] | None = None,
    index: str = "",
    descending: bool = False,
    page: int = 0,
    limit: int = 0,
) -> Iterator[Item]:
    """Items of a partition in sort-key order; `limit` 0 means all, `page` is items per call.

    `index` "" is the table; for an index its keys are named as in resources.yaml.
    """
    pk_name, sk_name = _INDEX_KEYS[index]
    expression = written.Expression()
    condition = f"{expression.name(pk_name)} = {expression.value(partition)}"
    if prefix:
        condition += f" AND begins_with({expression.name(sk_name)}, {expression.value(prefix)})"
    elif between:
        low, high = between
        condition += (
            f" AND {expression.name(sk_name)} BETWEEN "
            f"{expression.value(low)} AND {expression.value(high)}"
        )
    call: dict[str, Any] = {
        "TableName": _table(),
        "KeyConditionExpression": condition,
        "ScanIndexForward": not descending,
        "ConsistentRead": not index,
    }
    if index:
        call["IndexName"] = index
    if page or limit:
        call["Limit"] = page or limit
    expression.into(call)
    client = aws.client("dynamodb")
    seen = 0
    while True:
        answer = client.query(**call)
        for wire in answer["Items"]:
            yield written.item(wire)
            seen += 1
            if limit and seen >= limit:
                return
        if "LastEvaluatedKey" not in answer:
            return
        call["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


_INDEX_KEYS = {
    "": ("pk", "sk"),
    "due": ("wk", "due"),
    "list": ("list_pk", "list_sk"),
    "customer": ("customer_pk", "list_sk"),
    "state": ("state_pk", "list_sk"),
}


def take_number(key: Key, count: int = 1) -> int:
    """Advance a counter by `count` and give the first number taken (from 1). Gaps may stay."""
    answer = aws.client("dynamodb").update_item(
        TableName=_table(),
        Key=written.wire_key(key),
        UpdateExpression="ADD #n :c",
        ExpressionAttributeNames={"#n": "n"},
        ExpressionAttributeValues={":c": {"N": str(count)}},
        ReturnValues="UPDATED_NEW",
    )
    last = int(answer["Attributes"]["n"]["N"])
    return last - count + 1
