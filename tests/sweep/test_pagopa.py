"""Telling pagoPA under crashes and conflicts: each position is there once, and as it is here."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.base import clock, net, work
from chalicelib.base.work import Wakes
from chalicelib.payments.dues.model import Person
from chalicelib.payments.pagopa import connections, looking, told
from chalicelib.payments.positions import editing, positions, store
from chalicelib.payments.positions.editing import Edit
from chalicelib.payments.positions.model import Position
from chalicelib.payments.positions.positions import Wanted
from chalicelib.payments.receipts import service as receipts
from infra.local.pagopa.gpd import KEY, Gpd
from tests.faults import CRASHES, Kind
from tests.payments.dues.files import MARIA
from tests.sweep.stories import CREDITOR, TENANT, open_body, say
from tests.sweep.test_crash import Step, disturb, points, walk
from tests.world import World

pytestmark = pytest.mark.feature("F001-057")


@pytest.fixture(scope="module")
def served(opened_world: World) -> Iterator[Gpd]:
    with Gpd(opened_world.clock.now) as gpd:
        yield gpd


@pytest.fixture
def gpd(served: Gpd, world: World, monkeypatch: pytest.MonkeyPatch) -> Gpd:
    """pagoPA, whose calls are counted and may be the last of a process."""
    served.forget()
    monkeypatch.setenv("NET_PRIVATE", "allow")
    monkeypatch.setenv("PAGOPA_URL", served.url)
    real = net.request

    def request(method: str, url: str, *given: Any, **more: Any) -> net.Reply:
        found = world.faults.outside(f"pagopa.{method}", lambda: real(method, url, *given, **more))
        assert isinstance(found, net.Reply)
        return found

    monkeypatch.setattr(net, "request", request)
    return served


def _prepare(world: World, gpd: Gpd) -> None:
    # What follows a receipt is another story.
    open_body(world, "OnDeliver", "OnReconcile")
    gpd.forget()
    with work.waking() as wakes:
        keys = {"positions": KEY, "receipts": KEY}
        connections.save(TENANT, "gpd", "test", "", keys, 0, clock.now(), wakes)
    world.rest()


def _only() -> Position:
    ((_, found),) = store.list_positions(TENANT)
    return found


def _make(world: World, _: Gpd) -> None:
    wanted = Wanted("quota", Person(MARIA, "Rossi Maria"), cents=1_000, manual=True)
    say(world, lambda _: positions.make(TENANT, wanted, clock.now(), "user:u", "k"))


def _edit(world: World, _: Gpd) -> None:
    version = _only().version

    def act(_: Wakes) -> None:
        if _only().subject != "Altra":
            wanted = Edit(version, subject="Altra")
            editing.edit(TENANT, _only().id, wanted, clock.now(), "user:u")

    say(world, act)


def _pay(world: World, gpd: Gpd) -> None:
    gpd.archive.pay(CREDITOR, _only().payments[0].notice, "token-1")

    say(world, lambda wakes: looking.look(TENANT, clock.now(), wakes))


def _cancel(world: World, _: Gpd) -> None:
    say(world, lambda _: positions.cancel(TENANT, _only().id, clock.now(), "user:u"))


STORIES = {
    "published": (_make,),
    "changed": (_make, _edit),
    "cancelled": (_make, _cancel),
    "paid": (_make, _pay),
}


def outcome(world: World, gpd: Gpd) -> dict[str, Any]:
    """What it has come to, here and there."""
    mine = _only()
    last = told.get(TENANT, mine.id)
    return {
        "here": (mine.state, mine.version, mine.subject),
        "events": [one["event"] for one in store.list_events(TENANT, mine.id)],
        "told": (last.state, last.status, last.version, last.busy_until),
        "there": [
            (one["status"], [each["description"] for each in one["paymentOption"]])
            for one in gpd.archive.positions.values()
        ],
        # Nothing was done twice, whatever was asked twice.
        "done": [what for what, _ in gpd.archive.done],
        "receipts": [one.id for one in receipts.of_position(TENANT, mine.id)],
        "work": [row["sk"] for row in world.work() if row["queue"] == "collect"],
        "waiting": world.waiting(),
    }


def _kept(gpd: Gpd) -> tuple[Any, ...]:
    archive = gpd.archive
    return copy.deepcopy((archive.positions, archive.receipts, archive.done))


def _back(gpd: Gpd, kept: tuple[Any, ...]) -> None:
    archive = gpd.archive
    archive.positions, archive.receipts, archive.done = copy.deepcopy(kept)


def _undisturbed(
    world: World, gpd: Gpd, name: str
) -> tuple[list[Step], list[tuple[Any, ...]], dict[str, Any]]:
    """The steps of the last act of a story, pagoPA before each, and what it comes to."""
    _prepare(world, gpd)
    *before, last = STORIES[name]
    for act in before:
        act(world, gpd)
        world.rest()
    last(world, gpd)
    theirs: list[tuple[Any, ...]] = []
    steps = walk(world, lambda: theirs.append(_kept(gpd)))
    return steps, theirs, outcome(world, gpd)


def test_the_stories_undisturbed(world: World, gpd: Gpd) -> None:
    ends = {}
    for name in STORIES:
        steps, _, ends[name] = _undisturbed(world, gpd, name)
        assert any(call.startswith("pagopa.") for step in steps for call in step.calls), name
        assert (ends[name]["work"], ends[name]["waiting"]) == ([], {}), name
    assert ends["published"]["here"] == ("valid", 2, "Quota")
    assert ends["published"]["done"] == ["create"]
    assert ends["changed"]["there"] == [("VALID", ["Altra"])]
    assert ends["cancelled"]["there"] == [("INVALID", ["Quota"])]
    assert ends["paid"]["receipts"] == ["token-1"]


@pytest.mark.parametrize("kinds", [CRASHES, ("conflict",)], ids=["crashes", "conflicts"])
@pytest.mark.parametrize("name", STORIES)
def test_every_call_may_be_the_last(
    world: World, gpd: Gpd, name: str, kinds: tuple[Kind, ...]
) -> None:
    steps, theirs, wanted = _undisturbed(world, gpd, name)
    for step, fault in points(steps, kinds):
        _back(gpd, theirs[step.number])
        disturb(world, step, fault)
        point = f"step {step.number}, {fault.kind} call {fault.number} {step.calls[fault.number]}"
        assert outcome(world, gpd) == wanted, point
