"""A decision whose answer is lost, and its sender who asks again when all has long gone on.

The crash sweep repeats a request at once. Here every call of the deciding request dies, the world
goes on without it to SdI and back, and only then the same request comes again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from chalice.test import Client

import app as application
from tests.faults import CRASHES, Crash, Fault
from tests.sweep import journey
from tests.sweep.snapshot import differences, snapshot
from tests.world import Kept, World, new_process

pytestmark = [pytest.mark.feature("F004-059"), pytest.mark.feature("F004-070")]
SEND, DISCARD = {"action": "send"}, {"action": "discard"}
# The file it is about, the route, the body; what it is answered; what its document comes to.
DECISIONS: dict[str, tuple[str, str, Any, str, str]] = {
    "a held one is sent": ("held.xml", "decision", SEND, "ready", "delivered"),
    "a held one is discarded": ("held.xml", "decision", DISCARD, "discarded", "discarded"),
    "a rejected one is sent again": ("rejected.xml", "resend", None, "ready", "delivered"),
}


def begin(world: World) -> Kept:
    """One document held as a duplicate and one rejected by SdI."""
    journey.begin(world)
    world.held = journey.TELL
    world.sdi.stories["7/2026"] = ("NS:00400", "|", "RC")
    world.drop("alfa/first.xml", journey.invoice("1"))
    world.drop("alfa/rejected.xml", journey.invoice("7"))
    world.rest()
    world.drop("alfa/held.xml", journey.invoice("1", progressive="00002"))
    go_on(world)
    states = {name: journey.named(world, name).state for name in ("held.xml", "rejected.xml")}
    assert states == {"held.xml": "held", "rejected.xml": "rejected"}
    return world.checkpoint()


def go_on(world: World) -> None:
    """Everything that happens by itself, SdI's answers included."""
    world.rest()
    world.sdi_answers()
    world.rest()


def asking(world: World, name: str, route: str, body: Any) -> Callable[[], dict[str, Any]]:
    """The request, and what of its answer is the same whenever it is decided."""
    path = f"/v1/documents/{journey.named(world, name).id}/{route}"
    headers = {"Authorization": f"Bearer {journey.TOKEN}", "Idempotency-Key": "once"}

    sent = {} if body is None else {"body": json.dumps(body).encode()}
    if body is not None:
        headers["Content-Type"] = "application/json"

    def ask() -> dict[str, Any]:
        with world.faults.invocation(), Client(application.app) as client:
            answer = client.http.post(path, headers=headers, **sent)
        assert answer.status_code == 200, answer.body
        found = answer.json_body
        return {
            "state": found["state"],
            "attempt": found["attempt"],
            "timeline": [one["state"] for one in found["timeline"]],
            "messages": [one["type"] for one in found["messages"]],
            "actions": found["actions"],
        }

    return ask


def story(world: World, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The request again after all that followed, and what the world comes to."""
    go_on(world)
    again = ask()
    go_on(world)
    return {"answer": again, **snapshot(world)}


@pytest.mark.parametrize("name", DECISIONS)
def test_asked_again_when_all_has_gone_on(world: World, name: str) -> None:
    file, route, body, answered, end = DECISIONS[name]
    kept = begin(world)
    ask = asking(world, file, route, body)
    first = ask()
    calls = list(world.faults.calls)
    assert first["state"] == answered
    wanted = story(world, ask)
    assert wanted["answer"] == first
    assert journey.named(world, file).state == end

    assert sum(call == "dynamodb.TransactWriteItems" for call in calls) == 1
    for number, call in enumerate(calls):
        for kind in CRASHES:
            world.restore(kept)
            world.held = journey.TELL
            world.faults.fault = Fault(kind, number)
            with pytest.raises(Crash):
                ask()
            new_process()
            assert world.faults.struck == call
            assert differences(wanted, story(world, ask)) == [], (kind, number, call)
