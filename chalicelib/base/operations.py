"""Operations on the table, their conditions, and how DynamoDB writes both.

Source: DynamoDB API reference (AttributeValue, condition and update expressions). Nothing here
calls anything; base/dynamo.py does, and offers these names as its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

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


def item(wire: Mapping[str, Any]) -> Item:
    return {name: from_wire(value) for name, value in wire.items()}


def wire_key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


class Expression:
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


def call(op: Op, table: str) -> tuple[str, dict[str, Any]]:
    """What the API calls the operation, and its parameters."""
    expression = Expression()
    call: dict[str, Any] = {"TableName": table}
    if isinstance(op, Put):
        kind = "Put"
        call["Item"] = {name: to_wire(value) for name, value in op.item.items()}
    else:
        call["Key"] = wire_key(op.key)
        kind = {Update: "Update", Delete: "Delete", Check: "ConditionCheck"}[type(op)]
        if isinstance(op, Update):
            call["UpdateExpression"] = expression.update(op)
    if op.when:
        call["ConditionExpression"] = expression.condition(op.when)
        call["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return kind, expression.into(call)
