"""DynamoDB's items in memory, behind moto's door: what base.dynamo asks, a tenth of the time.

moto parses each expression anew, copies a table for each transaction and looks through all of it
for each query. Here an item is never changed in place, so what was kept of a table stays as it is;
indexes are kept; expressions are compiled once. Tables themselves (keys, indexes) are moto's.

Closer to AWS than moto where a test should notice: the size of items, of pages and of
transactions, keys that are empty or not text, two operations on one item. What nobody uses raises
NotImplementedError. tests/engine/test_tables.py says the same things to this and to DynamoDB Local
and wants the same answers.

Source: DynamoDB API reference; developer guide, "Service, account, and table quotas", "Item sizes".
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from unittest import mock

from moto.core.botocore_stubber import BotocoreStubber
from moto.dynamodb.models import dynamodb_backends

Wire = dict[str, Any]
Names = Mapping[str, str]
Values = Mapping[str, Wire]
Test = Callable[[Names, Values, Wire], bool]
Kept = tuple[dict[str, dict[str, Wire]], dict[str, dict[str, dict[tuple[str, str], Wire]]]]

ITEM_BYTES: Final = 400 * 1024
PAGE_BYTES: Final = 1024 * 1024
TRANSACTION_BYTES: Final = 4 * 1024 * 1024
TRANSACTION_ITEMS: Final = 100
PK_BYTES: Final = 2048
SK_BYTES: Final = 1024
_ITEM_CALLS: Final = frozenset(
    {"GetItem", "BatchGetItem", "Query", "Scan", "PutItem", "UpdateItem", "DeleteItem",
     "TransactWriteItems"}
)  # fmt: skip
_OTHER_ITEM_CALLS: Final = frozenset(
    {"BatchWriteItem", "TransactGetItems", "ExecuteStatement", "BatchExecuteStatement",
     "ExecuteTransaction"}
)  # fmt: skip


class Refused(Exception):
    """What DynamoDB answers with status 400."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        super().__init__(code)
        self.body = {
            "__type": f"com.amazonaws.dynamodb.v20120810#{code}",
            "message": message,
            **more,
        }


def _invalid(message: str) -> Refused:
    return Refused("ValidationException", message)


# ------------------------------------------------------------------ values
def _size(value: Wire) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "B":
        return len(content) * 3 // 4
    if kind == "N":
        return len(content) // 2 + 2
    if kind == "M":
        return 3 + sum(len(name.encode()) + _size(one) + 1 for name, one in content.items())
    if kind == "L":
        return 3 + sum(_size(one) + 1 for one in content)
    return 1


def _size_of(item: Wire) -> int:
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _plain(value: Wire) -> tuple[str, Any]:
    """What two values are compared by."""
    ((kind, content),) = value.items()
    if kind == "N":
        return kind, Decimal(content)
    if kind == "M":
        return kind, {name: _plain(one) for name, one in content.items()}
    if kind == "L":
        return kind, [_plain(one) for one in content]
    return kind, content


def _stored(value: Wire) -> Wire:
    """Numbers as DynamoDB gives them back: no exponent, no zeros that say nothing."""
    ((kind, content),) = value.items()
    if kind == "N":
        number = Decimal(content)
        if len(number.as_tuple().digits) > 38:
            raise _invalid("Attempting to store more than 38 significant digits in a Number")
        text = format(number, "f")
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        return {"N": "0" if text in ("-0", "") else text}
    if kind == "M":
        return {"M": {name: _stored(one) for name, one in content.items()}}
    if kind == "L":
        return {"L": [_stored(one) for one in content]}
    return value


def unpacked(item: Wire) -> Wire:
    """The item as boto3 gives it: bytes where JSON has base64."""
    return {name: _unpacked(value) for name, value in item.items()}


def _unpacked(value: Wire) -> Wire:
    ((kind, content),) = value.items()
    if kind == "B":
        return {"B": base64.b64decode(content)}
    if kind == "M":
        return {"M": {name: _unpacked(one) for name, one in content.items()}}
    if kind == "L":
        return {"L": [_unpacked(one) for one in content]}
    return value


# ------------------------------------------------------------------ expressions
_TERM = re.compile(
    r"(?P<function>attribute_exists|attribute_not_exists)\((?P<path>#?\w+)\)"
    r"|begins_with\((?P<of>#?\w+), (?P<prefix>:\w+)\)"
    r"|(?P<name>#?\w+) BETWEEN (?P<low>:\w+) AND (?P<high>:\w+)"
    r"|(?P<left>#?\w+) (?P<sign>=|<>|<=|>=|<|>) (?P<right>:\w+)"
)
_SIGNS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": lambda one, other: bool(one < other),
    "<=": lambda one, other: bool(one <= other),
    ">": lambda one, other: bool(one > other),
    ">=": lambda one, other: bool(one >= other),
}


def _name(names: Names, mark: str) -> str:
    if not mark.startswith("#"):
        return mark
    if mark not in names:
        raise _invalid(f"An expression attribute name is not defined: {mark}")
    return names[mark]


def _value(values: Values, mark: str) -> Wire:
    if mark not in values:
        raise _invalid(f"An expression attribute value is not defined: {mark}")
    return values[mark]


def _existence(found: re.Match[str]) -> Test:
    path, wanted = found["path"], found["function"] == "attribute_exists"
    return lambda names, values, item: (_name(names, path) in item) is wanted


def _beginning(found: re.Match[str]) -> Test:
    of, prefix = found["of"], found["prefix"]

    def test(names: Names, values: Values, item: Wire) -> bool:
        there = item.get(_name(names, of), {})
        return "S" in there and there["S"].startswith(_value(values, prefix)["S"])

    return test


def _within(found: re.Match[str]) -> Test:
    name, low, high = found["name"], found["low"], found["high"]

    def test(names: Names, values: Values, item: Wire) -> bool:
        there = item.get(_name(names, name))
        if there is None:
            return False
        kind, content = _plain(there)
        (one, least), (other, most) = _plain(_value(values, low)), _plain(_value(values, high))
        return bool(kind == one == other and least <= content <= most)

    return test


def _comparison(found: re.Match[str]) -> Test:
    left, sign, right = found["left"], found["sign"], found["right"]

    def test(names: Names, values: Values, item: Wire) -> bool:
        there, wanted = item.get(_name(names, left)), _value(values, right)
        if there is None:
            return sign == "<>"
        if sign in ("=", "<>"):
            return (there == wanted or _plain(there) == _plain(wanted)) is (sign == "=")
        (kind, one), (other_kind, other) = _plain(there), _plain(wanted)
        return kind == other_kind and kind in "SNB" and _SIGNS[sign](one, other)

    return test


def _term_of(text: str, at: int) -> tuple[Test, int]:
    found = _TERM.match(text, at)
    if found is None:
        raise NotImplementedError(text[at:])
    if found["function"]:
        return _existence(found), found.end()
    if found["of"]:
        return _beginning(found), found.end()
    return (_within if found["name"] else _comparison)(found), found.end()


def _alternative(text: str, at: int) -> tuple[Test, int]:
    """Terms joined by AND, each perhaps in brackets of its own."""
    terms = []
    while True:
        if text.startswith("(", at):
            term, at = _any_of(text, at + 1)
            assert text[at] == ")", text
            at += 1
        else:
            term, at = _term_of(text, at)
        terms.append(term)
        if not text.startswith(" AND ", at):
            break
        at += len(" AND ")
    if len(terms) == 1:
        return terms[0], at
    return (lambda names, values, item: all(term(names, values, item) for term in terms)), at


def _any_of(text: str, at: int) -> tuple[Test, int]:
    found = []
    while True:
        one, at = _alternative(text, at)
        found.append(one)
        if not text.startswith(" OR ", at):
            break
        at += len(" OR ")
    if len(found) == 1:
        return found[0], at
    return (lambda names, values, item: any(one(names, values, item) for one in found)), at


@lru_cache(maxsize=1024)
def condition(text: str) -> Test:
    """A condition, compiled. NotImplementedError for what nobody here writes."""
    test, end = _any_of(text, 0)
    if end != len(text):
        raise NotImplementedError(text[end:])
    return test


Change = Callable[[Names, Values, Wire, Wire], None]
_SET = re.compile(r"(#?\w+) = (?:(:\w+)|if_not_exists\((#?\w+), (:\w+)\))(?:, |$)", re.ASCII)
_ADD = re.compile(r"(#?\w+) (:\w+)(?:, |$)", re.ASCII)
_REMOVE = re.compile(r"(#?\w+)(?:, |$)", re.ASCII)
_CLAUSE = re.compile(r"\b(SET|ADD|REMOVE) ")


def _parts(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text):
        found = pattern.match(text, at)
        if found is None:
            raise NotImplementedError(text[at:])
        yield found
        at = found.end()


def _setting(found: re.Match[str]) -> Change:
    name, value, known, default = found.groups()

    def change(names: Names, values: Values, old: Wire, new: Wire) -> None:
        if value:
            new[_name(names, name)] = _stored(_value(values, value))
        else:
            there = old.get(_name(names, known))
            new[_name(names, name)] = there or _stored(_value(values, default))

    return change


def _adding(found: re.Match[str]) -> Change:
    name, value = found.groups()

    def change(names: Names, values: Values, old: Wire, new: Wire) -> None:
        more, there = _value(values, value), old.get(_name(names, name), {"N": "0"})
        if "N" not in more or "N" not in there:
            raise _invalid("An operand in the update expression has an incorrect data type")
        total = Decimal(there["N"]) + Decimal(more["N"])
        new[_name(names, name)] = _stored({"N": str(total)})

    return change


def _removing(found: re.Match[str]) -> Change:
    name = found[1]

    def change(names: Names, values: Values, old: Wire, new: Wire) -> None:
        new.pop(_name(names, name), None)

    return change


@lru_cache(maxsize=1024)
def changes(text: str) -> tuple[Change, ...]:
    """An update expression, compiled."""
    pieces = _CLAUSE.split(text)
    made: list[Change] = []
    for clause, said in zip(pieces[1::2], pieces[2::2], strict=True):
        pattern, make = {
            "SET": (_SET, _setting), "ADD": (_ADD, _adding), "REMOVE": (_REMOVE, _removing)
        }[clause]  # fmt: skip
        made += [make(found) for found in _parts(pattern, said.rstrip())]
    return tuple(made)


# ------------------------------------------------------------------ a table
class Table:
    """The items of one table, in partitions; of each index, the items that have its keys."""

    def __init__(self, keys: Mapping[str, tuple[str, str]]) -> None:
        """`keys`: hash and range key of each index, "" for the table itself."""
        self.keys = keys
        self.partitions: dict[str, dict[str, Wire]] = {}
        self.indexes: dict[str, dict[str, dict[tuple[str, str], Wire]]] = {
            name: {} for name in keys if name
        }

    def keep(self) -> Kept:
        """What it holds; later writes do not touch it."""
        return (
            {pk: dict(found) for pk, found in self.partitions.items()},
            {
                name: {pk: dict(found) for pk, found in index.items()}
                for name, index in self.indexes.items()
            },
        )

    def put_back(self, kept: Kept) -> None:
        partitions, indexes = kept
        self.partitions = {pk: dict(found) for pk, found in partitions.items()}
        self.indexes = {
            name: {pk: dict(found) for pk, found in index.items()}
            for name, index in indexes.items()
        }

    def all(self) -> Iterator[Wire]:
        """Every item."""
        for partition in self.partitions.values():
            yield from partition.values()

    def place(self, key: Wire) -> tuple[str, str]:
        """Where a key leads; a ValidationException of one that cannot be."""
        pk_name, sk_name = self.keys[""]
        pk, sk = key.get(pk_name, {}).get("S", ""), key.get(sk_name, {}).get("S", "")
        if not pk or not sk or len(pk.encode()) > PK_BYTES or len(sk.encode()) > SK_BYTES:
            raise _invalid("The provided key element does not match the schema")
        return pk, sk

    def get(self, place: tuple[str, str]) -> Wire | None:
        return self.partitions.get(place[0], {}).get(place[1])

    def write(self, place: tuple[str, str], item: Wire | None) -> None:
        """Put `item` there, or nothing."""
        old = self.get(place)
        if old is not None:
            self._unlist(place, old)
        if item is None:
            if old is not None:
                del self.partitions[place[0]][place[1]]
            return
        self.partitions.setdefault(place[0], {})[place[1]] = item
        for name, index in self.indexes.items():
            pk_name, sk_name = self.keys[name]
            if pk_name in item and sk_name in item:
                index.setdefault(item[pk_name]["S"], {})[place] = item

    def _unlist(self, place: tuple[str, str], item: Wire) -> None:
        for name, index in self.indexes.items():
            pk_name, sk_name = self.keys[name]
            if pk_name in item and sk_name in item:
                index[item[pk_name]["S"]].pop(place)

    def check(self, item: Wire) -> Wire:
        """The item as it is stored; a ValidationException of one that cannot be."""
        found = {name: _stored(value) for name, value in item.items()}
        if _size_of(found) > ITEM_BYTES:
            raise _invalid("Item size has exceeded the maximum allowed size")
        for name, keys in self.keys.items():
            for key in keys if name else ():
                if key in found and not found[key].get("S"):
                    raise _invalid(f"A key of the index {name} is no text or empty: {key}")
        return found

    def can_hold(self, item: Wire) -> bool:
        try:
            self.check(item)
        except Refused:
            return False
        return True

    def listed(self, index: str, partition: str) -> list[Wire]:
        """The items of a partition by their range key."""
        sk_name = self.keys[index][1]
        if not index:
            found = self.partitions.get(partition, {})
            return [found[sk] for sk in sorted(found)]
        items = self.indexes[index].get(partition, {})
        return sorted(items.values(), key=lambda item: item[sk_name]["S"])


# ------------------------------------------------------------------ the API
class Tables:
    """Every table of the process by name, made when it is first asked for."""

    def __init__(self) -> None:
        self._tables: dict[str, Table] = {}

    def __getitem__(self, name: str) -> Table:
        if name not in self._tables:
            found = next(
                backend.tables[name]
                for regions in dynamodb_backends.values()
                for backend in regions.values()
                if name in backend.tables
            )
            indexes = {"": found.schema} | {one.name: one.schema for one in found.global_indexes}
            self._tables[name] = Table(
                {
                    index: tuple(
                        next(key["AttributeName"] for key in schema if key["KeyType"] == kind)
                        for kind in ("HASH", "RANGE")
                    )  # type: ignore[misc]
                    for index, schema in indexes.items()
                }
            )
        return self._tables[name]

    def answer(self, name: str, call: Wire) -> Wire:
        """One call of the API. Raises Refused."""
        if name in _OTHER_ITEM_CALLS:
            raise NotImplementedError(name)
        return getattr(self, f"_{name}")(call)  # type: ignore[no-any-return]

    def _GetItem(self, call: Wire) -> Wire:
        table = self[call["TableName"]]
        item = table.get(table.place(call["Key"]))
        return {} if item is None else {"Item": item}

    def _BatchGetItem(self, call: Wire) -> Wire:
        answers = {}
        for name, asked in call["RequestItems"].items():
            table = self[name]
            places = [table.place(key) for key in asked["Keys"]]
            if not 0 < len(places) <= 100 or len(set(places)) < len(places):
                raise _invalid("Provided list of item keys contains duplicates, or too many")
            answers[name] = [item for item in map(table.get, places) if item is not None]
        return {"Responses": answers, "UnprocessedKeys": {}}

    def _Query(self, call: Wire) -> Wire:
        table = self[call["TableName"]]
        index = call.get("IndexName", "")
        if index and call.get("ConsistentRead"):
            raise _invalid("Consistent reads are not supported on global secondary indexes")
        names, values = call.get("ExpressionAttributeNames", {}), call["ExpressionAttributeValues"]
        text = call["KeyConditionExpression"]
        hash_term = text.split(" AND ", 1)[0]
        mark, _, value = hash_term.partition(" = ")
        if _name(names, mark) != table.keys[index][0]:
            raise _invalid("Query condition missed key schema element")
        test = condition(text)
        found = [
            item for item in table.listed(index, values[value]["S"]) if test(names, values, item)
        ]
        if not call.get("ScanIndexForward", True):
            found.reverse()
        return self._page(table, index, found, call)

    def _Scan(self, call: Wire) -> Wire:
        if "FilterExpression" in call:
            raise NotImplementedError("FilterExpression")
        table = self[call["TableName"]]
        return self._page(table, "", list(table.all()), call)

    def _page(self, table: Table, index: str, found: list[Wire], call: Wire) -> Wire:
        start = call.get("ExclusiveStartKey")
        if start:
            places = [table.place(item) for item in found]
            here = table.place(start)
            if here in places:
                found = found[places.index(here) + 1 :]
            else:  # it is gone meanwhile: on from where it was
                sk_name = table.keys[index][1]
                forward = call.get("ScanIndexForward", True)
                after = start[sk_name]["S"]
                found = [one for one in found if (one[sk_name]["S"] > after) is forward]
        page: list[Wire] = []
        size = 0
        for item in found:
            page.append(item)
            size += _size_of(item)
            if len(page) == call.get("Limit", 0) or size > PAGE_BYTES:
                names = {*table.keys[""], *table.keys[index]}
                last = {name: item[name] for name in names}
                return {"Items": page, "Count": len(page), "LastEvaluatedKey": last}
        return {"Items": page, "Count": len(page)}

    def _PutItem(self, call: Wire) -> Wire:
        return self._single("Put", call)

    def _UpdateItem(self, call: Wire) -> Wire:
        return self._single("Update", call)

    def _DeleteItem(self, call: Wire) -> Wire:
        return self._single("Delete", call)

    def _single(self, kind: str, call: Wire) -> Wire:
        table, place, old, holds = self._looked(kind, call)
        if kind == "Put":
            table.check(call["Item"])  # what cannot be stored is said before the condition is asked
        if not holds:
            raise Refused(
                "ConditionalCheckFailedException", "The conditional request failed",
                **_shown(call, old),
            )  # fmt: skip
        new = self._made(kind, call, table, old)
        table.write(place, new)
        wanted = call.get("ReturnValues", "NONE")
        if wanted == "ALL_NEW":
            return {"Attributes": new}
        if wanted == "UPDATED_NEW":
            assert new is not None
            before = old or {}
            return {"Attributes": {n: v for n, v in new.items() if before.get(n) != v}}
        if wanted != "NONE":
            raise NotImplementedError(wanted)
        return {}

    def _looked(self, kind: str, call: Wire) -> tuple[Table, tuple[str, str], Wire | None, bool]:
        table = self[call["TableName"]]
        place = table.place(call["Item"] if kind == "Put" else call["Key"])
        old = table.get(place)
        text = call.get("ConditionExpression")
        holds = not text or condition(text)(
            call.get("ExpressionAttributeNames", {}),
            call.get("ExpressionAttributeValues", {}),
            old or {},
        )
        return table, place, old, holds

    def _made(self, kind: str, call: Wire, table: Table, old: Wire | None) -> Wire | None:
        if kind == "Put":
            return table.check(call["Item"])
        if kind == "Delete":
            return None
        if kind == "ConditionCheck":
            return old
        before = old if old is not None else dict(call["Key"])
        new = dict(before)
        names = call.get("ExpressionAttributeNames", {})
        values = call.get("ExpressionAttributeValues", {})
        for change in changes(call["UpdateExpression"]):
            change(names, values, before, new)
        if any(new.get(name) != before[name] for name in table.keys[""]):
            raise _invalid("Cannot update attribute. This attribute is part of the key")
        return table.check(new)

    def _TransactWriteItems(self, call: Wire) -> Wire:
        entries = [next(iter(entry.items())) for entry in call["TransactItems"]]
        if not 0 < len(entries) <= TRANSACTION_ITEMS:
            raise _invalid("Member must have length less than or equal to 100")
        looked = [self._looked(kind, op) for kind, op in entries]
        places = [(op["TableName"], place) for (_, op), (_, place, _, _) in zip(
            entries, looked, strict=True)]  # fmt: skip
        if len(set(places)) < len(places):
            raise _invalid("Transaction request cannot include multiple operations on one item")
        made: list[tuple[Table, tuple[str, str], Wire | None, str]] = []
        reasons: list[Wire] = []
        for (kind, op), (table, place, old, holds) in zip(entries, looked, strict=True):
            reasons.append({"Code": "None"})
            if not holds and (kind != "Put" or table.can_hold(op["Item"])):
                reasons[-1] = {
                    "Code": "ConditionalCheckFailed",
                    "Message": "The conditional request failed",
                    **_shown(op, old),
                }
                continue
            try:
                made.append((table, place, self._made(kind, op, table, old), kind))
            except Refused as refused:
                reasons[-1] = {"Code": "ValidationError", "Message": refused.body["message"]}
        if len(made) < len(entries):
            raise _cancelled(reasons)
        if sum(_size_of(new) for _, _, new, kind in made if new) > TRANSACTION_BYTES:
            raise _invalid("Collection size exceeds the limit of a transaction")
        for table, place, new, kind in made:
            if kind != "ConditionCheck":
                table.write(place, new)
        return {}


def _shown(call: Wire, old: Wire | None) -> Wire:
    wanted = call.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    return {"Item": old} if wanted and old is not None else {}


def _cancelled(reasons: Sequence[Wire]) -> Refused:
    codes = ", ".join(reason["Code"] for reason in reasons)
    return Refused(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        CancellationReasons=list(reasons),
    )


# ------------------------------------------------------------------ moto's door
def _answered(tables: Tables, request: Any) -> tuple[int, dict[str, str], str] | None:
    """Status, headers and body of a call about items; None for all else."""
    target = request.headers.get("X-Amz-Target", "")
    target = target.decode() if isinstance(target, bytes) else target
    service, _, name = target.partition(".")
    if "amazonaws.com" not in request.url or not service.startswith("DynamoDB_"):
        return None
    if name not in _ITEM_CALLS | _OTHER_ITEM_CALLS:
        return None
    try:
        status, body = 200, tables.answer(name, json.loads(request.body))
    except Refused as refused:
        status, body = 400, refused.body
    return status, {}, json.dumps(body)


@contextmanager
def in_memory() -> Iterator[Tables]:
    """Items of tables live here and no longer in moto, as long as it lasts."""
    tables = Tables()
    moto_answers = BotocoreStubber.process_request

    def process_request(self: BotocoreStubber, request: Any) -> Any:
        answer = _answered(tables, request)
        return moto_answers(self, request) if answer is None else answer

    with mock.patch.object(BotocoreStubber, "process_request", process_request):
        yield tables
