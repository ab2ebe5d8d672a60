"""The table of the tests and DynamoDB Local, told the same: they must answer the same.

The fast tests stand on tests/tables.py; this is why one may believe them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from chalicelib.base import operations as written
from chalicelib.base.dynamo import (
    ABSENT,
    ANY,
    NEW,
    PRESENT,
    THERE,
    Check,
    Delete,
    Op,
    Put,
    Update,
    above,
    at_least,
    at_most,
    below,
)
from infra.local.engines import REGION, Engines
from tests.tables import in_memory

TABLE = "twin"

# As in the house: one index holds all, the other what its reader needs.
_HOLDS: dict[str, dict[str, Any]] = {
    "list": {"ProjectionType": "ALL"},
    "due": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["text"]},
}
NAMES = ("n", "text", "list_pk", "list_sk", "wk", "due")
_spaces = itertools.count(1)

texts = st.sampled_from(["", "a", "ab", "b", "è", "z#1"])
numbers = st.integers(-3, 12) | st.decimals(-5, 5, places=2)
values = st.one_of(
    texts, numbers, st.booleans(), st.none(), st.binary(max_size=3),
    st.lists(texts | numbers, max_size=2), st.dictionaries(texts.filter(bool), numbers, max_size=2),
)  # fmt: skip
# Mostly what an index can hold, now and then what it cannot.
listed = st.sampled_from(["p", "q", "r"]) | values
keys = st.tuples(st.sampled_from(["P", "Q"]), st.sampled_from(["1", "2", "10", "è"]))
fields = st.fixed_dictionaries(
    {},
    optional={
        "n": values, "text": values, "list_pk": listed, "list_sk": listed, "wk": listed,
        "due": listed,
    },
)  # fmt: skip
terms = st.one_of(
    values,
    st.sampled_from([ABSENT, PRESENT]),
    st.builds(
        lambda compare, value: compare(value),
        st.sampled_from([at_least, at_most, below, above]),
        st.integers(-3, 12) | st.sampled_from(["a", "b"]),
    ),
)
conditions = st.one_of(
    st.sampled_from([NEW, THERE, ANY]),
    st.lists(
        st.dictionaries(st.sampled_from(["n", "text", "pk"]), terms, min_size=1, max_size=2),
        min_size=1,
        max_size=2,
    ).map(tuple),
)


@st.composite
def operations(draw: st.DrawFn) -> Op:
    key, when = draw(keys), draw(conditions)
    kind = draw(st.sampled_from(["put", "put", "update", "update", "delete", "check"]))
    if kind == "put":
        return Put({"pk": key[0], "sk": key[1], **draw(fields)}, when=when)
    if kind == "delete":
        return Delete(key, when=when)
    if kind == "check":
        return Check(key, when=when or THERE)
    put, rest = draw(fields), set(NAMES)
    rest -= put.keys()
    default = {n: draw(values) for n in draw(st.sets(st.sampled_from(sorted(rest)), max_size=1))} \
        if rest else {}  # fmt: skip
    rest -= default.keys()
    add = {"n": draw(st.integers(-2, 5))} if "n" in rest and draw(st.booleans()) else {}
    rest -= add.keys()
    remove = draw(st.sets(st.sampled_from(sorted(rest)), max_size=2)) if rest else set()
    if not (put or default or add or remove):
        put = {"text": "x"}
    return Update(key, put=put, default=default, add=add, remove=sorted(remove), when=when)


class Twin:
    """A client of one of the two, and the part of its table that is this example's own."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.space = ""
        pairs = (("list", "list_pk", "list_sk"), ("due", "wk", "due"))
        client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"}
                for name in ("pk", "sk", *(key for _, *keys in pairs for key in keys))
            ],
            KeySchema=_schema("pk", "sk"),
            GlobalSecondaryIndexes=[
                {
                    "IndexName": name,
                    "KeySchema": _schema(*keys),
                    "Projection": _HOLDS[name],
                }
                for name, *keys in pairs
            ],
        )

    def _moved(self, op: Op) -> tuple[str, dict[str, Any]]:
        kind, call = written.call(op, TABLE)
        for part in ("Key", "Item"):
            if part in call:
                call[part] = call[part] | {"pk": {"S": self.space + call[part]["pk"]["S"]}}
        return kind, call

    def tell(self, ops: list[Op]) -> Any:
        """What came of it: an answer, or the code and what a failed condition shows."""
        calls = [self._moved(op) for op in ops]
        kind, call = calls[0]
        alone = len(calls) == 1
        try:
            if alone and kind == "Put":
                self.client.put_item(**call)
            elif alone and kind == "Delete":
                self.client.delete_item(**call)
            elif alone and kind == "Update":
                return self.client.update_item(**call, ReturnValues="ALL_NEW")["Attributes"]
            else:
                self.client.transact_write_items(TransactItems=[{k: c} for k, c in calls])
        except ClientError as error:
            said = error.response
            reasons = [
                (one["Code"], one.get("Item")) for one in said.get("CancellationReasons", [])
            ]
            code = said["Error"]["Code"]
            # Whether it says so at once or as the reason of a transaction depends on what is wrong.
            if code == "ValidationException" or "ValidationError" in {one for one, _ in reasons}:
                return "refused"
            return code, said.get("Item"), reasons
        return None

    def list(self, partition: str, low: str, high: str, back: bool, page: int) -> list[Any]:
        """Every page of a query of the table."""
        call: dict[str, Any] = {
            "TableName": TABLE,
            "KeyConditionExpression": "#p = :p AND #s BETWEEN :a AND :b",
            "ExpressionAttributeNames": {"#p": "pk", "#s": "sk"},
            "ExpressionAttributeValues": {
                ":p": {"S": self.space + partition},
                ":a": {"S": low},
                ":b": {"S": high},
            },
            "ScanIndexForward": not back,
            "ConsistentRead": True,
        } | ({"Limit": page} if page else {})
        return self._pages(call)

    def index(self, name: str, back: bool) -> list[str]:
        """The sort keys in an index, for the partition `p`."""
        pk, sk = ("list_pk", "list_sk") if name == "list" else ("wk", "due")
        call = {
            "TableName": TABLE,
            "IndexName": name,
            "KeyConditionExpression": "#p = :p",
            "ExpressionAttributeNames": {"#p": pk},
            "ExpressionAttributeValues": {":p": {"S": "p"}},
            "ScanIndexForward": not back,
        }
        return [
            item[sk]["S"] for item in self._pages(call) if item["pk"]["S"].startswith(self.space)
        ]

    def _pages(self, call: dict[str, Any]) -> list[Any]:
        """Together: whether an empty page follows the last item, AWS leaves open."""
        found: list[Any] = []
        while True:
            answer = self.client.query(**call)
            found += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return found
            call["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _schema(pk: str, sk: str) -> list[Any]:
    return [
        {"AttributeName": pk, "KeyType": "HASH"},
        {"AttributeName": sk, "KeyType": "RANGE"},
    ]


@pytest.fixture(scope="module")
def twins(engines: Engines) -> Iterator[tuple[Twin, Twin]]:
    with mock_aws(), in_memory():
        yield Twin(boto3.client("dynamodb", region_name=REGION)), Twin(engines.client("dynamodb"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=st.lists(
        st.lists(operations(), min_size=1, max_size=3, unique_by=lambda op: op.key),
        min_size=1,
        max_size=8,
    ),
    page=st.integers(0, 2),
    back=st.booleans(),
)
def test_both_answer_the_same(
    twins: tuple[Twin, Twin], told: list[list[Op]], page: int, back: bool
) -> None:
    space = f"{next(_spaces)}#"
    for twin in twins:
        twin.space = space
    memory, real = twins
    for ops in told:
        assert memory.tell(ops) == real.tell(ops), ops
    for partition in ("P", "Q"):
        for low, high in (("0", "~~"), ("1", "10"), ("è", "è")):
            asked = partition, low, high, back, page
            assert memory.list(*asked) == real.list(*asked)
    for name in ("list", "due"):
        assert sorted(memory.index(name, back)) == sorted(real.index(name, back))
        ordered = memory.index(name, back)
        assert ordered == sorted(ordered, reverse=back)


@pytest.mark.parametrize("number", [102_300 * 4 - 4 * 100, 410_000])
def test_items_have_the_same_greatest_size(twins: tuple[Twin, Twin], number: int) -> None:
    for twin in twins:
        twin.space = f"{next(_spaces)}#"
    memory, real = twins
    ops: list[Op] = [Put({"pk": "P", "sk": "1", "text": "x" * number})]
    assert memory.tell(ops) == real.tell(ops)
