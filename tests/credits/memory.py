"""The table in the memory of the test: what base.dynamo promises, and nothing slower.

Thousands of stories of the ledger run here; what DynamoDB itself does is shown by the same stories
on moto and on DynamoDB Local.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from chalicelib.base import dynamo, limits
from chalicelib.base.dynamo import (
    ABSENT,
    PRESENT,
    Compared,
    Condition,
    ConditionFailed,
    Delete,
    Item,
    Key,
    Op,
    Put,
    Update,
)

_INDEXES = dynamo._INDEX_KEYS
_SIGNS = {
    ">=": lambda one, other: one >= other,
    "<=": lambda one, other: one <= other,
    "<": lambda one, other: one < other,
    ">": lambda one, other: one > other,
}


class Table:
    """Items by key. `commits` counts transactions; `fault` may raise before or after one."""

    def __init__(self) -> None:
        self.items: dict[Key, Item] = {}
        self.commits = 0
        self.reads = 0

    def holds(self, when: Condition, item: Item | None) -> bool:
        if not when:
            return True
        return any(all(_term(value, item, name) for name, value in one.items()) for one in when)

    def commit(self, ops: Sequence[Op]) -> None:
        assert 0 < len(ops) <= limits.TRANSACTION_ITEMS
        assert len({op.key for op in ops}) == len(ops), [op.key for op in ops]
        failed = {
            op.label: _copied(self.items.get(op.key))
            for op in ops
            if not self.holds(op.when, self.items.get(op.key))
        }
        if failed:
            raise ConditionFailed(failed)
        self.commits += 1
        for op in ops:
            self._apply(op)

    def _apply(self, op: Op) -> None:
        if isinstance(op, Put):
            _storable(op.item)
            self.items[op.key] = dict(op.item)
        elif isinstance(op, Delete):
            self.items.pop(op.key, None)
        elif isinstance(op, Update):
            item = self.items.setdefault(op.key, {"pk": op.key[0], "sk": op.key[1]})
            _storable({**op.put, **op.default, **op.add})
            item.update(op.put)
            for name, value in op.default.items():
                item.setdefault(name, value)
            for name, more in op.add.items():
                item[name] = item.get(name, 0) + more
            for name in op.remove:
                item.pop(name, None)

    def get(self, key: Key) -> Item | None:
        self.reads += 1
        return _copied(self.items.get(key))

    def batch_get(self, keys: Iterable[Key]) -> dict[Key, Item]:
        self.reads += 1
        return {key: dict(self.items[key]) for key in keys if key in self.items}

    def query(
        self,
        partition: str,
        *,
        prefix: str = "",
        between: tuple[str, str] | None = None,
        index: str = "",
        descending: bool = False,
        page: int = 0,
        limit: int = 0,
    ) -> Iterator[Item]:
        del page
        self.reads += 1
        pk, sk = _INDEXES[index]
        low, high = between or (prefix, prefix + "\U0010ffff")
        found = sorted(
            (
                item
                for item in self.items.values()
                if item.get(pk) == partition and sk in item and low <= item[sk] <= high
            ),
            key=lambda item: item[sk],
            reverse=descending,
        )
        return iter([dict(item) for item in (found[:limit] if limit else found)])


def _copied(item: Item | None) -> Item | None:
    return None if item is None else dict(item)


def _term(value: Any, item: Item | None, name: str) -> bool:
    there = item is not None and name in item
    if value is ABSENT:
        return not there
    if value is PRESENT:
        return there
    if not there:
        return False
    assert item is not None
    if isinstance(value, Compared):
        return bool(_SIGNS[value.sign](item[name], value.value))
    return bool(item[name] == value)


def _storable(item: Any) -> None:
    for value in item.values():
        dynamo.to_wire(value)


@contextmanager
def table() -> Iterator[Table]:
    """Put a fresh table in the place of DynamoDB; SQS's messages go nowhere."""
    found = Table()
    with ExitStack() as stack:
        for name in ("commit", "get", "batch_get", "query"):
            stack.enter_context(mock.patch.object(dynamo, name, getattr(found, name)))
        stack.enter_context(mock.patch("chalicelib.base.work._send", return_value=None))
        yield found
