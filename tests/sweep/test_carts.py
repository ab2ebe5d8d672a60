"""A cart under crashes and errors: whoever asks again gets the same one, under one id at Checkout,
and whoever comes back is told what our own receipts say."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.base import clock
from chalicelib.base.errors import Failure
from chalicelib.entry import node_door
from chalicelib.payments.checkout import client, service
from chalicelib.payments.checkout.model import Outcome
from chalicelib.payments.citizen import handles
from chalicelib.payments.citizen.handles import Handle
from chalicelib.payments.dues.model import Person
from chalicelib.payments.node import lookup
from chalicelib.payments.positions import positions
from chalicelib.payments.positions.positions import Wanted
from infra.local.functions import FunctionSettings
from infra.local.lambdas import LambdaContext
from infra.local.pagopa.checkout import Checkout, through
from infra.local.pagopa.node import Node
from tests.entry.node_world import event
from tests.faults import CRASHES, Kind
from tests.payments.dues.files import many
from tests.sweep.stories import PARTNER, TENANT, open_body
from tests.sweep.test_crash import Step, disturb, points, walk
from tests.world import World

pytestmark = pytest.mark.feature("F001-156", "F001-094")
STATION, MAIL = f"{PARTNER}_01", "chi.paga@example.org"
COUNT = 2


class Story:
    """A body with COUNT notices, somebody who has the keys of both, and Checkout on its socket.

    What Checkout took and what payers were answered is in the world's `posts`: put back with the
    rest of it.
    """

    def __init__(self, world: World, checkout: Checkout) -> None:
        self.world, self.checkout = world, checkout
        # Who reads the receipts afterwards is another story.
        open_body(world, "OnDeliver", "OnReconcile", "OnCollect", stations=(STATION,))
        self.positions = []
        for number, row in enumerate(many(COUNT)):
            person = Person(row["tax_code"], row["name"])
            wanted = Wanted("quota", person, cents=900 + number, manual=True)
            self.positions.append(positions.make(TENANT, wanted, clock.now(), "t", f"p{number}"))
        self.keys = [
            handles.write(Handle(TENANT, one.payments[0].iuv, True), clock.now())[0]
            for one in self.positions
        ]
        node = Node(broker=PARTNER, station=STATION, clock=world.clock.now, send=self._send)
        checkout.pay = through(node)
        self.tokens = itertools.count()

    @property
    def answers(self) -> dict[str, Any]:
        """By request: what its maker was answered, whatever died before."""
        return {one["to"]: one["answer"] for one in self.world.posts if "to" in one}

    def _send(self, body: bytes, headers: Any, timeout_s: float) -> tuple[int, bytes]:
        del timeout_s
        context = LambdaContext(FunctionSettings("Node"))
        found = node_door.node(json.loads(json.dumps(event(body, headers))), context)
        return found["statusCode"], found["body"].encode()

    def post(self, asked: Any, real: Callable[[Any], str]) -> str:
        """A call of Checkout, which may be the last one of a process."""

        def effect() -> str:
            place = real(asked)
            self.world.posts.append({"id": asked["idCart"], "place": place, "asked": asked})
            return place

        found: str = self.world.faults.outside("checkout.post", effect)
        return found

    def said(self, name: str, act: Callable[[], Any]) -> None:
        """As a payer says it, who presses again when it failed."""

        def call() -> bool:
            lookup.forget()
            with suppress(Failure, ClientError, BotoCoreError), self.world.faults.invocation():
                self.world.posts.append({"to": name, "answer": act()})
                return True
            return False

        self.world.requests.append(call)

    # --- what is done -------------------------------------------------------------------------
    def open(self, name: str = "first") -> None:
        # As the door does it: each try brings another id that nobody can guess.
        def act() -> Any:
            token = f"token-{next(self.tokens)}"
            return service.open_cart(self.keys, MAIL, "it", "198.51.100.7", token, clock.now())

        self.said(name, act)

    def open_twice(self) -> None:
        self.open()
        self.open("second")

    def _cart(self) -> Any:
        self.open()
        self.world.rest()
        return self.answers["first"]

    def come_back(self, outcome: Outcome) -> None:
        cart = self._cart()
        self.said("back", lambda: service.look(cart.id, outcome, clock.now())[1:])

    def pay(self) -> None:
        cart = self._cart()
        self.checkout.act(cart.redirect.rpartition("/")[2], "pay")
        self.said("back", lambda: service.look(cart.id, "ok", clock.now())[1:])


ACTS: dict[str, Callable[[Story], None]] = {
    "opened": Story.open,
    "opened twice": Story.open_twice,
    "given up": lambda story: story.come_back("cancel"),
    "said to be paid": lambda story: story.come_back("ok"),
    "paid": Story.pay,
}


@pytest.fixture(scope="module")
def checkout() -> Iterator[Checkout]:
    with Checkout() as found:
        yield found


@pytest.fixture
def tell(world: World, checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Story]:
    """A new story, whose calls of Checkout can be the last ones."""
    monkeypatch.setenv("CHECKOUT_URL", checkout.url)
    monkeypatch.setenv("NET_PRIVATE", "allow")
    real = client.post

    def begin() -> Story:
        story = Story(world, checkout)
        monkeypatch.setattr(client, "post", lambda asked: story.post(asked, real))
        return story

    return begin


def outcome(story: Story) -> dict[str, Any]:
    items = story.world.items()
    carts = [item for item in items if item["sk"] == "CART"]
    slots = [item for item in items if item["sk"] == "CARTOF"]
    assert len(carts) == len(slots) == 1, "one request is one cart"
    (cart,) = carts
    assert slots[0]["cart"] == cart["id"]
    # Checkout knows one cart only, however often it was asked, always by the same words.
    posts = [one for one in story.world.posts if "place" in one]
    assert posts
    assert {one["id"] for one in posts} == {cart["id"]}
    assert len({json.dumps(one["asked"], sort_keys=True) for one in posts}) == 1
    # The page that payers are sent to is one that Checkout made, and the same for all of them.
    assert cart["redirect"] in {one["place"] for one in posts}
    asked = {"first", "second"} & story.answers.keys()
    assert {(story.answers[one].id, story.answers[one].redirect) for one in asked} == {
        (cart["id"], cart["redirect"])
    }
    return {
        "notices": sorted((one["notice"], one["cents"]) for one in cart["items"]),
        "outcome": cart["outcome"],
        "told": bool(cart["returned_at"]),
        "returned": sorted(item["pk"] for item in items if item["sk"] == "RETURNED"),
        "answer": story.answers.get("back"),
        "states": [positions.get(TENANT, one.id).state for one in story.positions],
    }


def _undisturbed(tell: Callable[[], Story], name: str) -> tuple[Story, list[Step], dict[str, Any]]:
    story = tell()
    ACTS[name](story)
    steps = walk(story.world)
    return story, steps, outcome(story)


def test_the_stories_undisturbed(tell: Callable[[], Story]) -> None:
    wanted: dict[str, Any] = {
        "opened": ("", 0, None, ["valid"] * 2),
        "opened twice": ("", 0, None, ["valid"] * 2),
        "given up": ("cancel", 0, ("cancelled", ["payable"] * 2), ["valid"] * 2),
        "said to be paid": ("ok", 2, ("verifying", ["verifying"] * 2), ["valid"] * 2),
        # Nothing is remembered of who comes back when the receipts have said it already.
        "paid": ("", 0, ("paid", ["paid"] * 2), ["paid"] * 2),
    }
    for name in ACTS:
        story, steps, found = _undisturbed(tell, name)
        said = (found["outcome"], len(found["returned"]), found["answer"], found["states"])
        assert said == wanted[name], name
        posts = len([one for one in story.world.posts if "place" in one])
        assert (posts, sum(len(step.calls) for step in steps) > 0) == (1, True), name


@pytest.mark.parametrize("kinds", [CRASHES, ("conflict", "timeout")], ids=["crashes", "errors"])
@pytest.mark.parametrize("name", ACTS)
def test_every_call_may_be_the_last(
    tell: Callable[[], Story], name: str, kinds: tuple[Kind, ...]
) -> None:
    story, steps, wanted = _undisturbed(tell, name)
    for step, fault in points(steps, kinds):
        if step.calls[fault.number] == "checkout.post" and fault.kind not in CRASHES:
            continue  # the simulator's own ways to fail are in tests/entry/test_portal_carts.py
        disturb(story.world, step, fault)
        point = f"step {step.number}, {fault.kind} call {fault.number} {step.calls[fault.number]}"
        assert outcome(story) == wanted, point
