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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from botocore.exceptions import ClientError

from chalicelib.base import aws, config, limits
from chalicelib.base.errors import Conflict, Transient

Item = dict[str, Any]
Key = tuple[str, str]


class _Existence:
    def __init__(self, function: str) -> None:
        self.function = function


ABSENT: Final = _Existence("attribute_not_exists")
PRESENT: Final = _Existence("attribute_exists")


@dataclass(frozen=True)
class Compared:
    """A term of a condition other than equality; it never holds for a missing attribute."""

    sign: str
    value: Any


def at_least(value: int | str) -> Compared:
    """The attribute is there and >= value (numbers by size, text by bytes)."""
    return Compared(">=", value)


def at_most(value: int | str) -> Compared:
    """The attribute is there and <= value."""
    return Compared("<=", value)


def below(value: int | str) -> Compared:
    """The attribute is there and < value."""
    return Compared("<", value)


def above(value: int | str) -> Compared:
    """The attribute is there and > value."""
    return Compared(">", value)


Condition = tuple[Mapping[str, Any], ...]
NEW: Condition = ({"pk": ABSENT},)
THERE: Condition = ({"pk": PRESENT},)
ANY: Condition = ()


@dataclass(frozen=True)
class Put:
    """Write the whole item."""

    item: Item
    when: Condition = NEW
    label: str = ""

    @property
    def key(self) -> Key:
        return self.item["pk"], self.item["sk"]


@dataclass(frozen=True)
class Update:
    """Change attributes: `put` sets, `default` sets what is missing, `add` sums, `remove` drops."""

    key: Key
    put: Mapping[str, Any] = field(default_factory=dict)
    default: Mapping[str, Any] = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    remove: Sequence[str] = ()
    when: Condition = THERE
    label: str = ""


@dataclass(frozen=True)
class Delete:
    """Drop the item."""

    key: Key
    when: Condition = THERE
    label: str = ""


@dataclass(frozen=True)
class Check:
    """Only look: the commit fails unless the condition holds."""

    key: Key
    when: Condition
    label: str = ""


Op = Put | Update | Delete | Check


class ConditionFailed(Conflict):
    """`found`: label of each failed operation -> the item that was there (None: nothing)."""

    def __init__(self, found: dict[str, Item | None]) -> None:
        super().__init__()
        self.found = found


def to_wire(value: Any) -> dict[str, Any]:
    """A value in DynamoDB's own notation. Floats are refused: money is exact."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int | Decimal):
        return {"N": str(value)}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, Mapping):
        return {"M": {name: to_wire(one) for name, one in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [to_wire(one) for one in value]}
    raise TypeError(f"{type(value).__name__} cannot be stored")


def from_wire(value: Mapping[str, Any]) -> Any:
    """Back from DynamoDB's notation; numbers become int where they are whole."""
    ((kind, content),) = value.items()
    if kind == "N":
        return int(content) if content.lstrip("-").isdigit() else Decimal(content)
    if kind == "M":
        return {name: from_wire(one) for name, one in content.items()}
    if kind == "L":
        return [from_wire(one) for one in content]
    if kind == "NULL":
        return None
    return content


def _item(wire: Mapping[str, Any]) -> Item:
    return {name: from_wire(value) for name, value in wire.items()}


def _wire_key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


class _Expression:
    """Collects names and values while expressions are written."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}

    def name(self, attribute: str) -> str:
        for known, real in self.names.items():
            if real == attribute:
                return known
        mark = f"#n{len(self.names)}"
        self.names[mark] = attribute
        return mark

    def value(self, value: Any) -> str:
        mark = f":v{len(self.values)}"
        self.values[mark] = to_wire(value)
        return mark

    def condition(self, when: Condition) -> str:
        return " OR ".join(
            "(" + " AND ".join(self._term(name, value) for name, value in one.items()) + ")"
            for one in when
        )

    def _term(self, attribute: str, value: Any) -> str:
        if isinstance(value, _Existence):
            return f"{value.function}({self.name(attribute)})"
        if isinstance(value, Compared):
            return f"{self.name(attribute)} {value.sign} {self.value(value.value)}"
        return f"{self.name(attribute)} = {self.value(value)}"

    def update(self, op: Update) -> str:
        sets = [f"{self.name(n)} = {self.value(v)}" for n, v in op.put.items()]
        for n, v in op.default.items():
            mark = self.name(n)
            sets.append(f"{mark} = if_not_exists({mark}, {self.value(v)})")
        parts = []
        if sets:
            parts.append("SET " + ", ".join(sets))
        if op.add:
            adds = (f"{self.name(n)} {self.value(v)}" for n, v in op.add.items())
            parts.append("ADD " + ", ".join(adds))
        if op.remove:
            parts.append("REMOVE " + ", ".join(self.name(n) for n in op.remove))
        return " ".join(parts)

    def into(self, call: dict[str, Any]) -> dict[str, Any]:
        if self.names:
            call["ExpressionAttributeNames"] = self.names
        if self.values:
            call["ExpressionAttributeValues"] = self.values
        return call


def _table() -> str:
    return config.get("TABLE")


def _call(op: Op) -> tuple[str, dict[str, Any]]:
    expression = _Expression()
    call: dict[str, Any] = {"TableName": _table()}
    if isinstance(op, Put):
        kind = "Put"
        call["Item"] = {name: to_wire(value) for name, value in op.item.items()}
    else:
        call["Key"] = _wire_key(op.key)
        kind = {Update: "Update", Delete: "Delete", Check: "ConditionCheck"}[type(op)]
        if isinstance(op, Update):
            call["UpdateExpression"] = expression.update(op)
    if op.when:
        call["ConditionExpression"] = expression.condition(op.when)
        call["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return kind, expression.into(call)


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
            return _item(answer["Attributes"])
        except ClientError as error:
            _raise_unless_retried(error, [op])
            if attempt + 1 < _TRIES:
                _pause(attempt)
    raise Transient("table_busy", "The table is busy; try again.")


def _raise_unless_retried(error: ClientError, ops: Sequence[Op]) -> None:
    code = error.response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        old = error.response.get("Item")
        raise ConditionFailed({ops[0].label: _item(old) if old else None}) from error
    if code == "TransactionCanceledException":
        reasons = error.response.get("CancellationReasons", [])
        failed = {
            op.label: _item(reason["Item"]) if reason.get("Item") else None
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
        TableName=_table(), Key=_wire_key(key), ConsistentRead=True
    )
    return _item(answer["Item"]) if "Item" in answer else None


def batch_get(keys: Iterable[Key]) -> dict[Key, Item]:
    """Many items, read consistently, 100 per call; missing ones are left out."""
    wanted = list(dict.fromkeys(keys))
    found: dict[Key, Item] = {}
    client = aws.client("dynamodb")
    for start in range(0, len(wanted), 100):
        todo: Any = {
            _table(): {
                "Keys": [_wire_key(key) for key in wanted[start : start + 100]],
                "ConsistentRead": True,
            }
        }
        for attempt in range(_TRIES):
            answer = client.batch_get_item(RequestItems=todo)
            for wire in answer["Responses"].get(_table(), []):
                item = _item(wire)
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
    expression = _Expression()
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
            yield _item(wire)
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
        Key=_wire_key(key),
        UpdateExpression="ADD #n :c",
        ExpressionAttributeNames={"#n": "n"},
        ExpressionAttributeValues={":c": {"N": str(count)}},
        ReturnValues="UPDATED_NEW",
    )
    last = int(answer["Attributes"]["n"]["N"])
    return last - count + 1
