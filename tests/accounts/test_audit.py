"""The audit trail in the table: planned with the decision, chained once by however many workers."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from chalicelib.accounts import audit, audit_store
from chalicelib.accounts.audit import Action, Actor, entry
from chalicelib.accounts.audit_check import Broken
from chalicelib.base import clock, dynamo, keys, limits
from chalicelib.base.dynamo import ANY, ConditionFailed, Delete, Put, Update
from chalicelib.base.errors import Transient
from tests.faults import CRASHES, Crash, Fault, Kind
from tests.world import World

pytestmark = pytest.mark.feature("U-10")
TENANT = "alfa"
ANNA = Actor("user", "u1", "principal", "g1", "192.0.2.7", "abcdefgh")
TRAIL = "T#alfa#TRAIL"


@pytest.fixture(autouse=True)
def _empty(world: World) -> None:
    """Every test here works on the world's table."""


def act(name: str, tenant: str = TENANT, **facts: Any) -> Put:
    return entry(tenant, ANNA, Action.KEY_ISSUED, "key:k1", clock.now(), name=name, **facts)


def record(*names: str, tenant: str = TENANT) -> None:
    for name in names:
        audit.record(act(name, tenant, key=name))


def chain(tenant: str = TENANT) -> int:
    return audit_store.chain(tenant, clock.now())


def chained(tenant: str = TENANT) -> list[str]:
    """What the acts of the chain were, in order."""
    return [one.said["facts"]["key"] for one in audit_store.entries(tenant)]


def whole(tenant: str = TENANT) -> bool:
    found = audit_store.verify(tenant)
    assert found is None, found
    return True


# ------------------------------------------------------------------ what may be said
def test_an_entry_says_who_what_when_and_from_where() -> None:
    audit.record(entry(TENANT, ANNA, Action.GRANT_GIVEN, "grant:g2", clock.now(), name="g2",
                       user="u2", role="secretary", cabinets=["c1", "c2"]))  # fmt: skip
    assert chain() == 1
    (found,) = audit_store.entries(TENANT)
    assert (found.n, found.at) == (1, clock.stamp(clock.now()))
    assert found.said == {
        "actor": {"kind": "user", "id": "u1", "role": "principal", "grant": "g1",
                  "source": "192.0.2.7", "agent": "abcdefgh"},
        "action": "grant_given",
        "what": "grant:g2",
        "result": "done",
        "facts": {"user": "u2", "role": "secretary", "cabinets": ["c1", "c2"]},
    }  # fmt: skip
    assert whole()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name_of_patient": "x"},
        {"code": "Mario Rossi"},
        {"code": "a@b.it"},
        {"code": "allergia"*20},
        {"code": "perché"},
        {"code": "a\nb"},
        {"code": 1.5},
        {"code": b"x"},
        {"code": {"a": 1}},
        {"code": [["a"]]},
        {"code": ["a"] * 51},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_id_code_or_number_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has another reason
        act("n", **wrong)


def test_who_and_what_are_checked_as_well() -> None:
    now = clock.now()
    for bad in (
        lambda: entry(TENANT, ANNA, "no_such_action", "key:k1", now),
        lambda: entry(TENANT, ANNA, Action.LOGIN, "key: k1", now),
        lambda: entry(TENANT, ANNA, Action.LOGIN, "mail:a@b.it", now),
        lambda: entry(TENANT, Actor("user", "a@b.it"), Action.LOGIN, "user:u1", now),
        lambda: entry(TENANT, Actor("user", "u", source="evil.example"), Action.LOGIN, "u", now),
    ):
        with pytest.raises(ValueError):  # noqa: PT011
            bad()


def test_no_fact_has_a_name_that_people_have() -> None:
    for word in ("name", "mail", "text", "secret", "password", "token", "address", "phone", "note"):
        assert not [one for one in audit.FACTS if word in one]


# ------------------------------------------------------------------ with the decision, or not
def test_there_is_no_entry_without_the_decision_and_none_without_an_entry() -> None:
    thing = Put({"pk": "T#alfa#X", "sk": "1"})
    dynamo.commit([thing, act("a", key="a")])
    with pytest.raises(ConditionFailed):
        dynamo.commit([thing, act("b", key="b")])
    chain()
    assert chained() == ["a"]


def test_the_same_decision_again_is_the_same_entry(world: World) -> None:
    record("a", "a")
    assert chain() == 1
    world.pass_time(1)
    record("a", "b")
    assert chain() == 1
    assert chained() == ["a", "b"]
    assert not audit_store.waiting(TENANT, 10)
    assert whole()


def test_a_repeat_is_recognised_for_as_long_as_it_can_come() -> None:
    record("a")
    chain()
    (name,) = dynamo.query(TRAIL, prefix="N#")
    days = timedelta(seconds=name["expires"] - clock.now().timestamp()).days
    assert days == limits.AUDIT_NAME_DAYS > 14


def test_without_a_name_the_same_moment_is_the_same_act(world: World) -> None:
    for _ in range(2):
        audit.record(entry(TENANT, ANNA, Action.LOGIN, "user:u1", clock.now()))
    audit.record(entry(TENANT, ANNA, Action.LOGIN, "user:u2", clock.now()))
    world.pass_time(0.001)
    audit.record(entry(TENANT, ANNA, Action.LOGIN, "user:u1", clock.now()))
    assert chain() == 3


def test_decisions_do_not_meet_in_the_trail() -> None:
    """An entry is an item of its own: no decision waits for another, nor for the worker."""
    record("a")
    before = {(one["pk"], one["sk"]) for one in dynamo.query(TRAIL)}
    chain()
    ends = {(one["pk"], one["sk"]) for one in dynamo.query(TRAIL)} - before
    written = {act(str(n)).key for n in range(100)}
    assert len(written) == 100
    assert not written & ends
    assert {pk for pk, _ in written} == {"T#alfa#AUDIT"}


# ------------------------------------------------------------------ chaining
def test_the_oldest_comes_first(world: World) -> None:
    names = [f"{(n * 7) % 40:02d}" for n in range(40)]
    for name in names:
        record(name)
        world.pass_time(1)
    assert chain() == len(names) > limits.AUDIT_CHAINED_AT_ONCE
    assert chained() == names
    assert whole()


def test_nobody_is_called_for_and_the_sweeper_comes(world: World) -> None:
    """A decision makes no call more for its entry; the house chains it by itself."""
    with world.faults.invocation():
        record("a")
    assert world.faults.calls == ["dynamodb.PutItem"]
    record("b", tenant="beta")
    world.rest()
    assert (chained(), chained("beta")) == (["a"], ["b"])
    assert world.work() == []
    assert whole()


def test_many_rows_of_a_tenant_are_one_transaction(world: World) -> None:
    record(*map(str, range(limits.AUDIT_CHAINED_AT_ONCE)))
    with world.faults.invocation():
        chain()
    assert world.faults.calls == [
        "dynamodb.Query", "dynamodb.GetItem", "dynamodb.TransactWriteItems", "dynamodb.Query",
    ]  # fmt: skip


def test_a_tenant_sees_nothing_of_another(world: World) -> None:
    record("a", "b")
    record("c", tenant="beta")
    assert chain() == 2
    assert chained("beta") == []
    assert chain("beta") == 1
    (only,) = audit_store.entries("beta")
    assert (only.n, only.previous) == (1, "0" * 64)
    for item in world.items():
        assert keys.tenant_of(item["pk"]) in (TENANT, "beta")


class Trails(RuleBasedStateMachine):
    """Acts, repeats, workers side by side, deaths at any call: each act is in the chain once."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world.reset()
        self.known: set[str] = set()

    @rule(names=st.lists(st.sampled_from("abcdefghijklmnopqrst"), min_size=1, max_size=6))
    def record(self, names: list[str]) -> None:
        record(*names)
        self.known |= set(names)
        self.world.pass_time(1)

    @rule(kind=st.sampled_from(CRASHES), number=st.integers(0, 6))
    def a_worker_dies(self, kind: Kind, number: int) -> None:
        self.world.faults.fault = Fault(kind, number)
        try:
            with self.world.faults.invocation():
                chain()
        except Crash:
            pass

    @rule(turn=st.integers(0, 2), more=st.booleans())
    def another_worker_is_quicker(self, turn: int, more: bool) -> None:
        """Between what this one has read and what it writes, the `turn`-th time."""
        commit, count = dynamo.commit, 0

        def interrupted(ops: Any) -> None:
            nonlocal count
            count += 1
            if count == turn + 1:
                with mock.patch.object(dynamo, "commit", commit):
                    if more:
                        record("z")
                        self.known.add("z")
                    chain()
            commit(ops)

        with mock.patch.object(dynamo, "commit", interrupted):
            chain()

    @rule()
    def the_house_rests(self) -> None:
        self.world.rest()

    @invariant()
    def the_chain_is_whole_and_nothing_is_in_it_twice(self) -> None:
        assert whole()
        assert not [name for name, count in Counter(chained()).items() if count > 1]
        assert set(chained()) <= self.known

    def teardown(self) -> None:
        self.world.rest()
        assert whole()
        assert sorted(chained()) == sorted(self.known)
        assert self.world.work() == []


def test_each_act_is_chained_once_whatever_happens(world: World) -> None:
    machine = type("Here", (Trails,), {"world": world})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=30, stateful_step_count=12, deadline=None)
    )


@pytest.mark.parametrize("kind", CRASHES)
def test_a_worker_may_die_at_every_call(world: World, kind: Kind) -> None:
    """Swept: with what it had to do, and with a repeat of what is in the chain already."""
    record("a", "b")
    chain()
    record("a", "c", "d")
    before = world.checkpoint()
    with world.faults.invocation():
        chain()
    count = len(world.faults.calls)
    assert count > 5
    for number in range(count):
        world.restore(before)
        world.faults.fault = Fault(kind, number)
        with pytest.raises(Crash), world.faults.invocation():
            chain()
        world.rest()
        assert sorted(chained()) == ["a", "b", "c", "d"], number
        assert whole()
        assert world.work() == []


# ------------------------------------------------------------------ tampering, in the table
def tamper(place: int, **changed: Any) -> None:
    dynamo.commit([Update((TRAIL, f"E#{place:012d}"), put=changed)])


def remove(n: int) -> None:
    dynamo.commit([Delete((TRAIL, f"E#{n:012d}"))])


def cut(n: int) -> None:
    """The last entries, and the head put back as it was."""
    (last,) = dynamo.query(TRAIL, prefix=f"E#{n:012d}")
    for number in range(n + 1, 6):
        remove(number)
    end = {"pk": TRAIL, "sk": "HEAD", "n": n, "hash": last["hash"], "at": last["at"]}
    dynamo.commit([Put(end, when=ANY)])


@pytest.mark.parametrize(
    ("how", "found"),
    [
        (lambda: tamper(3, at="2026-01-01T00:00:00.000Z"), Broken(3, "changed")),
        (lambda: tamper(3, name="other"), Broken(3, "changed")),
        (lambda: tamper(3, hash="0" * 64), Broken(3, "changed")),
        (lambda: tamper(3, n=4), Broken(3, "changed")),
        (lambda: tamper(3, list_sk="2026"), Broken(3, "hidden")),
        (lambda: tamper(3, list_pk="T#alfa#NOWHERE"), Broken(3, "hidden")),
        (lambda: remove(3), Broken(3, "removed")),
        (lambda: remove(1), Broken(1, "removed")),
        (lambda: remove(5), Broken(5, "cut")),
        (lambda: dynamo.commit([Delete((TRAIL, "HEAD"))]), Broken(1, "added")),
        (lambda: dynamo.commit([Update((TRAIL, "HEAD"), put={"n": 4})]), Broken(4, "head")),
        (lambda: dynamo.commit([Update((TRAIL, "HEAD"), put={"n": 9})]), Broken(6, "cut")),
    ],
)
def test_what_is_done_to_the_table_is_found(how: Any, found: Broken) -> None:
    record("a", "b", "c", "d", "e")
    chain()
    assert whole()
    how()
    assert audit_store.verify(TENANT) == found


def test_a_chain_that_was_cut_is_found_by_an_anchor() -> None:
    record("a", "b", "c", "d", "e")
    chain()
    kept = {5: audit_store.head(TENANT).hash}
    cut(3)
    assert audit_store.verify(TENANT) is None
    assert audit_store.verify(TENANT, kept) == Broken(4, "cut")


def test_a_chain_whose_head_was_lost_is_not_written_over(world: World) -> None:
    """The worker stops and asks for a person: what is there would be overwritten."""
    record("a", "b")
    chain()
    dynamo.commit([Delete((TRAIL, "HEAD"))])
    record("c")
    with pytest.raises(Transient) as failed:
        chain()
    assert failed.value.code == "audit_head"
    world.rest()
    (row,) = world.work()
    assert row["wk"] == "parked"
    assert sorted(chained()) == ["a", "b"]


# ------------------------------------------------------------------ nothing secret
def test_the_trail_holds_ids_only(world: World) -> None:
    record("a")
    audit.record(act("b", key="b"))
    chain()
    kept = [one for one in world.items() if one["pk"].endswith(("#AUDIT", "#TRAIL"))]
    assert len(kept) == 5
    assert all(" " not in json.dumps(one["said"], separators=(",", ":"))
               for one in kept if "said" in one)  # fmt: skip
