"""The one commit, its conditions and its retries; reads in pages (moto)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base import aws, dynamo, limits
from chalicelib.base.dynamo import (
    ABSENT,
    ANY,
    NEW,
    PRESENT,
    Check,
    ConditionFailed,
    Delete,
    Put,
    Update,
)
from chalicelib.base.errors import Conflict, Transient
from tests.faults import Fault, Kind
from tests.world import World

KEY = ("T#a#X", "ONE")
OTHER = ("T#a#X", "TWO")


@pytest.fixture(autouse=True)
def _table(world: World) -> None:
    """Every test here works on the world's table."""


def item(key: dynamo.Key = KEY, **more: Any) -> dynamo.Item:
    return {"pk": key[0], "sk": key[1], **more}


def commit_with(world: World, fault: Fault | None, *ops: dynamo.Op) -> list[str]:
    """Commit as an invocation with a fault; gives the calls that it made."""
    world.faults.fault = fault
    with world.faults.invocation():
        dynamo.commit(ops)
    return world.faults.calls


def test_a_new_item_is_written_once() -> None:
    dynamo.commit([Put(item(n=1), label="one")])
    with pytest.raises(ConditionFailed) as failed:
        dynamo.commit([Put(item(n=2), label="one")])
    assert failed.value.found == {"one": item(n=1)}
    assert isinstance(failed.value, Conflict)
    assert dynamo.get(KEY) == item(n=1)


def test_all_or_nothing_and_each_failure_by_its_label() -> None:
    dynamo.commit([Put(item(n=1))])
    with pytest.raises(ConditionFailed) as failed:
        dynamo.commit(
            [
                Put(item(OTHER), label="fine"),
                Put(item(n=2), label="taken"),
                Update(("T#a#X", "GONE"), put={"n": 1}, label="missing"),
            ]
        )
    assert failed.value.found == {"taken": item(n=1), "missing": None}
    assert dynamo.get(OTHER) is None


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        (ANY, True),
        (NEW, False),
        (({"pk": PRESENT},), True),
        (({"n": 1},), True),
        (({"n": 1, "other": ABSENT},), True),
        (({"n": 1, "other": PRESENT},), False),
        (({"n": 2}, {"word": "x"}), True),
        (({"n": 2}, {"word": "y"}), False),
        (({"word": ABSENT},), False),
        (({"flag": False, "nothing": None},), True),
    ],
)
@pytest.mark.parametrize("kind", ["put", "update", "delete", "check"])
def test_conditions_are_alternatives_of_what_must_all_be_true(
    kind: str, when: dynamo.Condition, holds: bool
) -> None:
    dynamo.commit([Put(item(n=1, word="x", flag=False, nothing=None))])
    ops: dict[str, dynamo.Op] = {
        "put": Put(item(n=9), when=when),
        "update": Update(KEY, put={"n": 9}, when=when),
        "delete": Delete(KEY, when=when),
    }
    if kind == "check" and not when:
        pytest.skip("a check without a condition says nothing")
    op = ops.get(kind) or Check(KEY, when=when)
    if holds:
        dynamo.commit([op])
    else:
        with pytest.raises(ConditionFailed):
            dynamo.commit([op])
    found = dynamo.get(KEY)
    if kind == "delete" and holds:
        assert found is None
    else:
        assert found is not None
        assert found["n"] == (9 if holds and kind != "check" else 1)


def test_an_update_sets_defaults_sums_and_drops() -> None:
    dynamo.commit([Put(item(n=1, word="x", gone=True))])
    change = Update(
        KEY, put={"word": "y"}, default={"word2": "a", "n": 7}, add={"count": 2}, remove=("gone",)
    )
    dynamo.commit([change])
    dynamo.commit([Update(KEY, add={"count": 3}, default={"word2": "b"})])
    assert dynamo.get(KEY) == item(n=1, word="y", word2="a", count=5)


def test_an_update_of_nothing_makes_nothing() -> None:
    with pytest.raises(ConditionFailed):
        dynamo.commit([Update(KEY, put={"n": 1}, label="x")])
    assert dynamo.get(KEY) is None


def test_a_hundred_operations_and_no_more(world: World) -> None:
    many = [Put(item(("T#a#M", f"{n:03d}"))) for n in range(limits.TRANSACTION_ITEMS + 1)]
    with pytest.raises(AssertionError):
        dynamo.commit(many)
    assert commit_with(world, None, *many[:-1]) == ["dynamodb.TransactWriteItems"]
    assert len(list(dynamo.query("T#a#M"))) == limits.TRANSACTION_ITEMS


@pytest.mark.parametrize("ops", [[], [Put(item()), Update(KEY, put={"n": 1})]])
def test_no_commit_of_nothing_nor_of_one_item_twice(ops: list[dynamo.Op]) -> None:
    with pytest.raises(AssertionError):
        dynamo.commit(ops)


def test_a_float_is_refused_before_anything_is_asked(world: World) -> None:
    with world.faults.invocation():
        with pytest.raises(TypeError):
            dynamo.commit([Put(item(amount=1.5))])
        assert world.faults.calls == []


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("kind", ["conflict", "lost", "throttle", "broken", "timeout"])
def test_commit_meets_a_table_that_fails(world: World, kind: Kind, count: int) -> None:
    """TransactionConflict, which the SDK leaves alone, is retried here."""
    ops = [Put(item(("T#a#M", str(n))), when=ANY) for n in range(count)]
    if kind == "conflict":
        calls = commit_with(world, Fault(kind, 0), *ops)
        assert len(calls) == 2
    elif kind == "timeout":
        with pytest.raises(Exception, match=r"[Tt]imeout"):
            commit_with(world, Fault(kind, 0), *ops)
    else:
        commit_with(world, Fault(kind, 0), *ops)
    assert world.faults.struck
    assert len(list(dynamo.query("T#a#M"))) == count


def test_a_table_that_stays_busy_is_a_passing_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = aws.client("dynamodb")
    tried = []

    def refuse(**_: Any) -> None:
        tried.append(1)
        raise client.exceptions.TransactionCanceledException(
            {
                "Error": {"Code": "TransactionCanceledException"},
                "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}],
            },
            "TransactWriteItems",
        )

    monkeypatch.setattr(client, "transact_write_items", refuse)
    with pytest.raises(Transient, match="table_busy"):
        dynamo.commit([Put(item()), Put(item(OTHER))])
    assert len(tried) == 6


def test_a_condition_that_fails_wins_over_a_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both in one answer: the decision is stale, so trying it again is of no use."""
    client = aws.client("dynamodb")

    def refuse(**_: Any) -> None:
        raise client.exceptions.TransactionCanceledException(
            {
                "Error": {"Code": "TransactionCanceledException"},
                "CancellationReasons": [
                    {"Code": "TransactionConflict"},
                    {"Code": "ConditionalCheckFailed"},
                ],
            },
            "TransactWriteItems",
        )

    monkeypatch.setattr(client, "transact_write_items", refuse)
    with pytest.raises(ConditionFailed) as failed:
        dynamo.commit([Put(item(), label="a"), Put(item(OTHER), label="b")])
    assert failed.value.found == {"b": None}


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
def test_many_items_in_reads_of_a_hundred(world: World, count: int) -> None:
    keys = [("T#a#M", f"{n:03d}") for n in range(count)]
    for start in range(0, count, 100):
        dynamo.commit([Put(item(key)) for key in keys[start : start + 100]])
    with world.faults.invocation():
        found = dynamo.batch_get([*keys, *keys[:5], ("T#a#M", "missing")])
        assert len(world.faults.calls) == (count + 1 + 99) // 100
    assert found == {key: item(key) for key in keys}


def test_keys_that_were_not_read_are_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    dynamo.commit([Put(item()), Put(item(OTHER))])
    client = aws.client("dynamodb")
    read = client.batch_get_item
    asked = []

    def half(RequestItems: dict[str, Any]) -> Any:
        ((table, wanted),) = RequestItems.items()
        asked.append(len(wanted["Keys"]))
        answer = read(RequestItems={table: {**wanted, "Keys": wanted["Keys"][:1]}})
        left = wanted["Keys"][1:]
        answer["UnprocessedKeys"] = {table: {**wanted, "Keys": left}} if left else {}
        return answer

    monkeypatch.setattr(client, "batch_get_item", half)
    assert dynamo.batch_get([KEY, OTHER]) == {KEY: item(), OTHER: item(OTHER)}
    assert asked == [2, 1]


@pytest.fixture
def letters() -> list[str]:
    names = [f"{letter}{n}" for letter in "ab" for n in range(5)]
    dynamo.commit([Put(item(("T#a#Q", name))) for name in names])
    return names


@pytest.mark.parametrize("page", [0, 1, 3, 100])
def test_a_query_gives_all_in_order_whatever_the_page(letters: list[str], page: int) -> None:
    def asked(**how: Any) -> list[str]:
        return [one["sk"] for one in dynamo.query("T#a#Q", page=page, **how)]

    assert asked() == letters
    assert asked(descending=True) == letters[::-1]
    assert asked(prefix="b") == letters[5:]
    assert asked(between=("a3", "b1")) == letters[3:7]
    assert asked(limit=4) == letters[:4]
    assert asked(limit=4, descending=True, prefix="a") == letters[4:0:-1]


def test_an_index_holds_what_has_its_keys() -> None:
    dynamo.commit([Put(item(wk="due#0", due="2")), Put(item(OTHER))])
    assert [one["sk"] for one in dynamo.query("due#0", index="due")] == ["ONE"]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=6))
def test_numbers_are_taken_once(counts: list[int]) -> None:
    key = ("T#a#COUNTER", "-".join(map(str, counts)))
    before = dynamo.take_number(key) + 1
    taken: list[int] = []
    for count in counts:
        first = dynamo.take_number(key, count)
        taken += range(first, first + count)
    assert taken == list(range(before, before + sum(counts)))


def test_comparisons_hold_by_size_and_never_for_what_is_missing() -> None:
    dynamo.commit([Put(item(n=5, day="2026-11-21"))])
    taken = Update(KEY, add={"n": -3}, when=({"n": dynamo.at_least(3)},), label="n")
    dynamo.commit([taken])
    with pytest.raises(ConditionFailed) as failed:
        dynamo.commit([taken])
    assert failed.value.found["n"] == item(n=2, day="2026-11-21")
    for term, holds in (
        (dynamo.below(2), False),
        (dynamo.below(10), True),
        (dynamo.at_most(2), True),
        (dynamo.above(2), False),
        (dynamo.above(1), True),
    ):
        op = Update(KEY, put={"seen": True}, when=({"n": term, "day": dynamo.at_most("2027")},))
        if holds:
            dynamo.commit([op])
        else:
            with pytest.raises(ConditionFailed):
                dynamo.commit([op])
    with pytest.raises(ConditionFailed):
        dynamo.commit([Update(KEY, put={"seen": False}, when=({"other": dynamo.above(0)},))])


def test_an_update_gives_the_item_as_it_is_afterwards(world: World) -> None:
    world.faults.fault = None
    assert dynamo.update(Update(KEY, add={"n": 1}, when=dynamo.ANY)) == item(n=1)
    with pytest.raises(ConditionFailed):
        dynamo.update(Update(KEY, add={"n": 1}, when=({"n": dynamo.below(1)},)))
    assert dynamo.get(KEY) == item(n=1)
