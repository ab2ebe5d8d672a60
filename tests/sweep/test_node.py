"""The node's calls under crashes and errors: it asks and tells until it is answered, and each
payment comes to one receipt, one change of its position and one row of work for each worker."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.base import clock, s3
from chalicelib.base.s3 import Place
from chalicelib.entry import node_door
from chalicelib.payments.dues.model import Person
from chalicelib.payments.node import lookup
from chalicelib.payments.positions import positions, store
from chalicelib.payments.positions.positions import Wanted
from chalicelib.payments.receipts import service as receipts
from infra.local.functions import FunctionSettings
from infra.local.lambdas import LambdaContext
from infra.local.pagopa.node import Node
from infra.local.pagopa.node_messages import Refused, Unanswered
from tests.entry.node_world import event
from tests.faults import CRASHES, Kind
from tests.sweep.stories import CREDITOR, PARTNER, TENANT, open_body
from tests.sweep.test_crash import Step, disturb, points, walk
from tests.world import World

pytestmark = pytest.mark.feature("F001-006")
STATION = f"{PARTNER}_01"


class Story:
    """A body with one position; the node, whose calls are requests of the world."""

    def __init__(self, world: World) -> None:
        self.world = world
        # What others do with a receipt is theirs to prove.
        open_body(world, "OnDeliver", "OnReconcile", "OnCollect", stations=(STATION,))
        wanted = Wanted("quota", Person("RSSMRA80A41H501Y", "Rossi"), cents=900, manual=True)
        self.position = positions.make(TENANT, wanted, clock.now(), "test", "key").id
        self.node = Node(broker=PARTNER, station=STATION, clock=world.clock.now, send=self.send)
        self.heard: list[Any] = []

    def send(self, body: bytes, headers: Any, timeout_s: float) -> tuple[int, bytes]:
        del timeout_s
        context = LambdaContext(FunctionSettings("Node"))
        found = node_door.node(json.loads(json.dumps(event(body, headers))), context)
        return found["statusCode"], found["body"].encode()

    def ask(self, act: Callable[[], object], good: Callable[[Any], bool]) -> None:
        """As the node does it, which asks again when it gets no answer or PAA_SYSTEM_ERROR."""

        def call() -> bool:
            lookup.forget()
            with self.world.faults.invocation():
                try:
                    said = act()
                except Refused as refused:
                    said = refused.code
                except Unanswered:
                    said = ""
                if good(said):
                    self.heard.append(said)
                    return True
            return False

        self.world.requests.append(call)

    @property
    def notice(self) -> str:
        return positions.get(TENANT, self.position).payments[0].notice

    def verified(self) -> None:
        notice = self.notice
        self.ask(lambda: self.node.verify(notice, CREDITOR), lambda said: not isinstance(said, str))

    def activated(self) -> None:
        notice = self.notice
        self.ask(
            lambda: self.node.activate(notice, CREDITOR), lambda said: not isinstance(said, str)
        )

    def told(self) -> None:
        told = self.node.receipt(self.node.activate(self.notice, CREDITOR))
        self.ask(lambda: self.node.tell(told), lambda said: said == "OK")

    def told_twice(self) -> None:
        self.told()
        self.told()


ACTS: dict[str, Callable[[Story], None]] = {
    "verified": Story.verified,
    "activated": Story.activated,
    "told": Story.told,
    "told twice": Story.told_twice,
}


def outcome(story: Story) -> dict[str, Any]:
    kept = receipts.of_position(TENANT, story.position)
    position = store.get_position(TENANT, story.position)
    assert position is not None
    for one in kept:
        place = Place(story.world.environment["DOCUMENTS_BUCKET"], one.raw_key)
        assert s3.get(place) == receipts.raw(TENANT, one.id)
    return {
        "receipts": sorted((one.cents, one.double, one.number) for one in kept),
        "position": (position.state, position.version),
        "events": sorted(one["event"] for one in store.list_events(TENANT, position.id)),
        "work": sorted(
            (row["queue"], row["task"]) for row in story.world.work() if "receipt" in row
        ),
    }


def _undisturbed(world: World, name: str) -> tuple[Story, list[Step], dict[str, Any]]:
    story = Story(world)
    ACTS[name](story)
    steps = walk(world)
    return story, steps, outcome(story)


def test_the_story_undisturbed(world: World) -> None:
    story, steps, found = _undisturbed(world, "told twice")
    assert found == {
        "receipts": [(900, False, 0), (900, True, 0)],
        "position": ("paid", 3),
        "events": ["generated", "paid_twice", "pay"],
        "work": [("deliver", "receipt")] * 2 + [("reconcile", "receipt")] * 2,
    }
    assert story.heard == ["OK", "OK"]
    assert sum(len(step.calls) for step in steps) > 10


@pytest.mark.parametrize("kinds", [CRASHES, ("conflict",)], ids=["crashes", "conflicts"])
@pytest.mark.parametrize("name", ACTS)
def test_every_call_may_be_the_last(world: World, name: str, kinds: tuple[Kind, ...]) -> None:
    story, steps, wanted = _undisturbed(world, name)
    if name == "told" or kinds is CRASHES:
        assert steps
    for step, fault in points(steps, kinds):
        disturb(world, step, fault)
        point = f"step {step.number}, {fault.kind} call {fault.number} {step.calls[fault.number]}"
        assert outcome(story) == wanted, point
