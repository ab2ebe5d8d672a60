"""The crash sweep: every call of every workflow dies once before and once after its effect.

What died is followed by another process, as SQS, the sweeper, SES and the caller of the API make
it; the end is compared with the end of the same act undisturbed (DESIGN.md section 7, G1 and G2).
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.faults import CRASHES, ERRORS, WRITES, Crash, Fault, Kind
from tests.sweep import journey
from tests.sweep.journey import Act
from tests.sweep.snapshot import differences, snapshot
from tests.world import Kept, World, new_process

pytestmark = pytest.mark.feature("F004-059")
SHOWN = 5


@dataclass(frozen=True)
class Step:
    """One step of an undisturbed act: the world before it, and the calls that it makes."""

    number: int
    before: Kept
    calls: tuple[str, ...]


def undisturbed(
    world: World, name: str, acts: dict[str, Act] = journey.ACTS
) -> tuple[list[Step], dict[str, Any]]:
    """The steps of an act after all acts before it, and what it comes to."""
    journey.begin(world)
    for other, act in acts.items():
        act.begin(world)
        if other == name:
            return walk(world), snapshot(world)
        world.rest()
    raise AssertionError(f"there is no act {name}")


def walk(world: World, beside: Callable[[], object] = lambda: None) -> list[Step]:
    """The steps until nothing is left to do; `beside()` comes before each, to keep what is not the
    world's."""
    steps: list[Step] = []
    while True:
        before = world.checkpoint()
        beside()
        world.faults.calls = []
        new_process()
        if not world.step():
            return steps
        steps.append(Step(len(steps), before, tuple(world.faults.calls)))


# Of the other stories `make test` takes every so manieth point, always the same ones; of the
# documents' journey all. `make sweep` takes every point of every story.
EVERY = int(os.environ.get("SWEEP_EVERY", "5"))


def thinned(every: int) -> int:
    """How much of a long story `make test` takes; `make sweep` takes all of it too."""
    return 1 if EVERY == 1 else every


def points(
    steps: Sequence[Step], kinds: Sequence[Kind], every: int = EVERY
) -> Iterator[tuple[Step, Fault]]:
    """The faults that are tried, of the calls of the steps in order."""
    yield from itertools.islice(_all_points(steps, kinds), None, None, every)


def _all_points(steps: Sequence[Step], kinds: Sequence[Kind]) -> Iterator[tuple[Step, Fault]]:
    for step in steps:
        for number, call in enumerate(step.calls):
            for kind in kinds:
                if _can_have(call, kind):
                    yield step, Fault(kind, number)


def _can_have(call: str, kind: Kind) -> bool:
    if kind in CRASHES:
        return True
    if kind == "conflict":
        return call in WRITES
    # SES is asked once only, and what is no AWS call has faults of its own.
    return call not in ("sdi.send", "webhook.post") and (kind, call) != ("lost", "ses.SendRawEmail")


def disturb(world: World, step: Step, fault: Fault) -> None:
    """The world as it was before the step, the step with its fault, and all that follows."""
    world.restore(step.before)
    world.faults.fault = fault
    try:
        world.step()
    except Crash:
        new_process()
    assert world.faults.struck == step.calls[fault.number], (fault, world.faults.struck)
    world.rest()


def failures(
    world: World,
    name: str,
    kinds: Sequence[Kind],
    wanted: dict[str, Any],
    steps: list[Step],
    every: int = EVERY,
) -> list[str]:
    """What each point came to that is not what the undisturbed act came to."""
    found = []
    for step, fault in points(steps, kinds, every):
        point = f"{name}: step {step.number}, {fault.kind} call {fault.number} "
        point += step.calls[fault.number]
        try:
            disturb(world, step, fault)
            found += [f"{point}: {each}" for each in differences(wanted, snapshot(world))[:SHOWN]]
            found += [f"{point}: parked {row['sk']}" for row in world.work() if _parked(row)]
        except AssertionError as error:
            found.append(f"{point}: {error}")
        if len(found) > 3 * SHOWN:
            break
    return found


def _parked(row: dict[str, Any]) -> bool:
    return bool(row["wk"] == "parked")


@pytest.mark.parametrize("name", [name for name, act in journey.ACTS.items() if act.swept])
def test_every_call_may_be_the_last(world: World, name: str) -> None:
    steps, wanted = undisturbed(world, name)
    assert sum(len(step.calls) for step in steps) > 5
    assert failures(world, name, CRASHES, wanted, steps, every=1) == []


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("name", journey.SHORT)
def test_every_call_may_fail(world: World, name: str, kind: Kind) -> None:
    steps, wanted = undisturbed(world, name, journey.SHORT)
    assert failures(world, name, [kind], wanted, steps, every=1) == []


def test_a_repeat_that_sdi_recognises_ends_as_if_sent_once(world: World) -> None:
    """Died after SdI took the file: the second copy is refused (00002), the first one counts."""
    steps, _ = undisturbed(world, "its documents are sent")
    wanted = _delivered(world)
    (sending,) = [step for step in steps if "sdi.send" in step.calls]
    for number, call in enumerate(sending.calls):
        if call != "sdi.send":
            continue
        disturb(world, sending, Fault("after", number))
        assert world.sdi.echoes
        assert differences(wanted, _delivered(world)) == []


def _delivered(world: World) -> dict[str, Any]:
    for name in list(journey.ACTS)[2:6]:
        journey.ACTS[name].begin(world)
        world.rest()
    return snapshot(world)
