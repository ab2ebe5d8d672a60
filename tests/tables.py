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

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from unittest import mock

from botocore.signers import RequestSigner
from moto.core.botocore_stubber import BotocoreStubber
from moto.dynamodb.models import dynamodb_backends

from chalicelib.base.operations import from_wire
from chalicelib.base.work import SHARDS
from tests.expressions import (
    Refused,
    Wire,
    changes,
    condition,
    invalid,
    name_of,
    size_of,
    stored,
    unpacked,
)

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


# ------------------------------------------------------------------ a table
class Table:
    """The items of one table, in partitions; of each index, the items that have its keys."""

    def __init__(
        self,
        keys: Mapping[str, tuple[str, str]],
        projected: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        """`keys`: hash and range key of each index, "" for the table itself. `projected`: the
        attributes of an index that does not hold all of them."""
        self.keys = keys
        self.projected = projected or {}
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
            raise invalid("The provided key element does not match the schema")
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
        found = {name: stored(value) for name, value in item.items()}
        if size_of(found) > ITEM_BYTES:
            raise invalid("Item size has exceeded the maximum allowed size")
        for name, keys in self.keys.items():
            for key in keys if name else ():
                if key in found and not found[key].get("S"):
                    raise invalid(f"A key of the index {name} is no text or empty: {key}")
        return found

    def can_hold(self, item: Wire) -> bool:
        try:
            self.check(item)
        except Refused:
            return False
        return True

    def shown(self, index: str, item: Wire) -> Wire:
        """What an index holds of an item."""
        held = self.projected.get(index)
        return item if held is None else {name: item[name] for name in held if name in item}

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
            keys: dict[str, tuple[str, str]] = {
                index: tuple(
                    next(key["AttributeName"] for key in schema if key["KeyType"] == kind)
                    for kind in ("HASH", "RANGE")
                )  # type: ignore[misc]
                for index, schema in indexes.items()
            }
            projected = {
                one.name: frozenset(
                    (*one.projection.get("NonKeyAttributes", ()), *keys[""], *keys[one.name])
                )
                for one in found.global_indexes
                if one.projection.get("ProjectionType", "ALL") != "ALL"
            }
            self._tables[name] = Table(keys, projected)
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
                raise invalid("Provided list of item keys contains duplicates, or too many")
            answers[name] = [item for item in map(table.get, places) if item is not None]
        return {"Responses": answers, "UnprocessedKeys": {}}

    def _Query(self, call: Wire) -> Wire:
        table = self[call["TableName"]]
        index = call.get("IndexName", "")
        if index and call.get("ConsistentRead"):
            raise invalid("Consistent reads are not supported on global secondary indexes")
        names, values = call.get("ExpressionAttributeNames", {}), call["ExpressionAttributeValues"]
        text = call["KeyConditionExpression"]
        hash_term = text.split(" AND ", 1)[0]
        mark, _, value = hash_term.partition(" = ")
        if name_of(names, mark) != table.keys[index][0]:
            raise invalid("Query condition missed key schema element")
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
        for item in (table.shown(index, one) for one in found):
            page.append(item)
            size += size_of(item)
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
            raise invalid("Cannot update attribute. This attribute is part of the key")
        return table.check(new)

    def _TransactWriteItems(self, call: Wire) -> Wire:
        entries = [next(iter(entry.items())) for entry in call["TransactItems"]]
        if not 0 < len(entries) <= TRANSACTION_ITEMS:
            raise invalid("Member must have length less than or equal to 100")
        looked = [self._looked(kind, op) for kind, op in entries]
        places = [(op["TableName"], place) for (_, op), (_, place, _, _) in zip(
            entries, looked, strict=True)]  # fmt: skip
        if len(set(places)) < len(places):
            raise invalid("Transaction request cannot include multiple operations on one item")
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
        if sum(size_of(new) for _, _, new, kind in made if new) > TRANSACTION_BYTES:
            raise invalid("Collection size exceeds the limit of a transaction")
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


_open: list[Tables] = []


def opened() -> Table:
    """The product's table in the world that was opened last."""
    return _open[-1][os.environ["TABLE"]]


def due_rows(queue: str = "") -> list[dict[str, Any]]:
    """Rows of work that are not done, of one queue or all: shard after shard as the index `due` has
    them, and no more of them than it has. Out of the table itself, since asking for a thousand
    rows costs more than doing one."""
    table = opened()
    return [
        {name: from_wire(value) for name, value in unpacked(table.shown("due", item)).items()}
        for shard in range(SHARDS)
        for item in table.listed("due", f"due#{shard}")
        if not queue or item["queue"]["S"] == queue
    ]


@contextmanager
def in_memory() -> Iterator[Tables]:
    """Items of tables live here and no longer in moto, as long as it lasts."""
    tables = Tables()
    moto_answers = BotocoreStubber.process_request

    def process_request(self: BotocoreStubber, request: Any) -> Any:
        answer = _answered(tables, request)
        return moto_answers(self, request) if answer is None else answer

    def sign(self: RequestSigner, request: Any, **more: Any) -> Any:
        # Nobody here looks at it. moto wants others' signatures: it reads the region out of them.
        ours = self._service_id.hyphenize() == "dynamodb" and "amazonaws.com" in request.url
        return None if ours else signs(self, request=request, **more)

    signs = RequestSigner.handler
    with (
        mock.patch.object(BotocoreStubber, "process_request", process_request),
        mock.patch.object(RequestSigner, "handler", sign),
    ):
        _open.append(tables)
        try:
            yield tables
        finally:
            _open.pop()
