"""Every event twice, and twice in any order: the journey comes to the same (G3)."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from tests.sweep import journey
from tests.sweep.snapshot import differences, snapshot
from tests.world import World

pytestmark = pytest.mark.feature("F004-059")


def story(world: World, *, twice: bool = False, seed: int | None = None) -> dict[str, Any]:
    """The whole journey, and what it comes to."""
    journey.begin(world)
    world.twice = twice
    world.order = None if seed is None else Random(seed)
    for act in journey.ACTS.values():
        act.begin(world)
        world.rest()
    return snapshot(world)


def test_the_same_story_comes_to_the_same(world: World) -> None:
    assert differences(story(world), story(world)) == []


def test_every_event_twice(world: World) -> None:
    wanted = story(world)
    assert differences(wanted, story(world, twice=True)) == []


@pytest.mark.parametrize("seed", range(4))
def test_every_event_twice_in_any_order(world: World, seed: int) -> None:
    wanted = story(world)
    assert differences(wanted, story(world, twice=True, seed=seed)) == []


def test_as_many_mails_as_changes(world: World) -> None:
    """N changes, N mails to the registered address; an archive's refused members are in its own."""
    story(world, twice=True)
    mails = [mail for mail in world.mails() if mail.to == "hub@alfa.example"]
    told = {(mail.tags["document"], int(mail.tags["version"])) for mail in mails}
    inside = {one.id for one in journey.documents(world) if one.archive and _refused(one.state)}
    first = {one.id for one in journey.documents(world) if one.state == "unpacked"}
    changes = set()
    for item in world.items():
        tenant, _, document = item["pk"].removeprefix("T#").partition("#D#")
        number = item["sk"].removeprefix("H#")
        if tenant == journey.ALFA and number.isdigit() and document not in inside:
            changes.add((document, int(number)))
    # That an archive came is told when it has been read.
    changes -= {(document, 1) for document in first}
    assert told == changes
    assert len(mails) == len(told)


def _refused(state: str) -> bool:
    return state == "refused_file"
