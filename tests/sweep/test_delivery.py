"""Deliveries under crashes and errors: each notice at most once on the wire, and never in doubt
without saying so; files and archives always the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from typing import Any

import pytest

from chalicelib.accounts import service as accounts_of
from chalicelib.base import clock, limits
from chalicelib.base.errors import Failure
from chalicelib.base.work import Wakes
from chalicelib.payments.delivery import service, settings, store
from chalicelib.payments.delivery.channels import Refused
from chalicelib.payments.delivery.mail import accounts, smtp
from chalicelib.payments.delivery.mail.accounts import Account
from chalicelib.payments.delivery.service import Wanted
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions import positions
from chalicelib.payments.positions import store as position_store
from chalicelib.payments.positions.positions import Wanted as NewPosition
from chalicelib.payments.receipts import service as receipts
from infra.local.cloud import LAYERS
from tests.faults import CRASHES, Kind
from tests.payments.dues.files import many
from tests.payments.receipts import made
from tests.sweep.stories import TENANT, known, open_body, say
from tests.sweep.test_crash import EVERY, Step, disturb, points, walk
from tests.world import World

pytestmark = pytest.mark.feature("F001-060")
COUNT = 3
REFUSED = "socio1@example.org"


def _prepare(world: World) -> None:
    """A body with an account and COUNT positions; the second person's server says no."""
    open_body(world, "OnReconcile")
    accounts.save(TENANT, Account("quote", "mail", "q@o.example", "smtp.o.example", 465, "tls"), "")
    for number, row in enumerate(many(COUNT)):
        person = Person(row["tax_code"], row["name"], mail=f"socio{number}@example.org")
        wanted = NewPosition("quota", person, cents=1_000, manual=True)
        positions.make(TENANT, wanted, clock.now(), "test", f"p{number}")


def _ids() -> list[str]:
    return sorted(one.id for _, one in position_store.list_positions(TENANT))


def _begin(world: World, channel: str, **more: Any) -> None:
    wanted = Wanted(channel, positions=tuple(_ids()), **more)
    say(world, lambda wakes: service.begin(TENANT, wanted, clock.now(), "test", "k", wakes))


def _mail(world: World) -> None:
    _begin(world, "mail", profile="quote")


def _zip(world: World) -> None:
    _begin(world, "zip")


def _call_off(world: World) -> None:
    _begin(world, "mail", profile="quote", undo_s=600)
    while not service.list_runs(TENANT) or service.list_runs(TENANT)[0].state == "planning":
        world.step()
    (run,) = service.list_runs(TENANT)
    say(world, lambda wakes: service.call_off(TENANT, run.id, clock.now(), wakes))


def _resend(world: World) -> None:
    _mail(world)
    world.rest()
    (run,) = service.list_runs(TENANT)

    def again(wakes: Wakes) -> None:
        with suppress(Failure):  # said again, it goes on already
            service.resend(TENANT, run.id, ["failed"], clock.now(), wakes)

    say(world, again)


def _pay(world: World) -> None:
    settings.save(TENANT, settings.Wishes(receipts_mail="quote"))
    accounts_of.change_settings(TENANT, {}, {"url": "https://ente.example/h", "secret": "s" * 32})
    position = position_store.get_position(TENANT, _ids()[0])
    assert position is not None
    receipt = made.of(position)
    say(world, lambda wakes: receipts.record(TENANT, receipt, made.RAW, clock.now(), wakes))


ACTS = {"mail": _mail, "zip": _zip, "call off": _call_off, "resend": _resend, "paid": _pay}


class _Wire:
    """What stands for a server; the connection itself is tests/payments/delivery/test_smtp.py."""

    def __init__(self, world: World) -> None:
        self.world = world

    @contextmanager
    def connected(self, *_: object) -> Iterator[_Wire]:
        self.world.faults.outside("smtp.connect", lambda: None)
        yield self

    def send(self, to: str, message: bytes) -> str:
        if to == REFUSED:
            raise Refused("smtp_recipient", "550 5.1.1 no such user")
        name = message_from_bytes(message)["Message-ID"]
        mail = {"id": name, "to": to, "type": "mail"}
        self.world.faults.outside("smtp.send", lambda: self.world.posts.append(mail))
        return "250 ok"


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    monkeypatch.setenv("FONTS", str(LAYERS / "fonts"))
    monkeypatch.setattr(limits, "DELIVERY_PLANNED_AT_ONCE", 4)
    monkeypatch.setattr(limits, "DELIVERY_AT_ONCE", 2)
    monkeypatch.setattr(smtp, "connected", _Wire(world).connected)


def outcome(world: World) -> dict[str, Any]:
    """What it has come to; who is uncertain may have got it or not, but not twice."""
    sent = Counter((one["type"], one["id"], one.get("to", "")) for one in world.posts)
    mails = {name: count for (kind, name, _), count in sent.items() if kind == "mail"}
    assert set(mails.values()) <= {1}, "nobody gets one twice"
    rows = [row for position in _ids() for row in store.list_of_position(TENANT, position, 50)]
    for row in rows:
        if row.channel in ("mail", "receipt"):
            on_wire = mails.get(f"<{row.name}@o.example>", 0)
            assert row.state != "sent" or on_wire == 1
            assert row.state in ("sent", "uncertain") or on_wire == 0, row.state
    uncertain = [row for row in rows if row.state == "uncertain"]
    assert len(uncertain) <= 1, "one process died, at one mail"
    assert all(row.code == "sender_died" for row in uncertain)
    hooks = {name for (kind, name, _) in sent if kind == "receipt.recorded"}
    runs = service.list_runs(TENANT)
    for run in runs:
        last = Counter(row.state for row in rows if row.run == run.id and row.last)
        for state in ("sent", "failed", "uncertain", "skipped", "called_off"):
            assert getattr(run, state) == last[state], (state, last)
        assert run.queued == 0
    return {
        "rows": sorted((row.position, row.number, row.channel, row.state) for row in rows),
        "runs": [run.state for run in runs],
        "hooks": len(hooks),
        "objects": {name: data for name, data in world.objects().items() if "/notices/" in name},
        "work": [row["sk"] for row in world.work() if row["queue"] == "deliver"],
        "waiting": world.waiting(),
    }


def _undisturbed(world: World, name: str) -> tuple[list[Step], dict[str, Any]]:
    _prepare(world)
    ACTS[name](world)
    return walk(world), outcome(world)


WANTED = {
    "mail": (["done"], ["sent", "failed", "sent"]),
    "zip": (["done"], ["sent"] * 3),
    "call off": (["called_off"], ["called_off"] * 3),
    "resend": (["done"], ["sent", "failed", "sent", "failed"]),
    "paid": ([], ["sent"] * 2),
}


@pytest.mark.parametrize("name", ACTS)
def test_the_stories_undisturbed(world: World, name: str) -> None:
    steps, found = _undisturbed(world, name)
    assert steps
    runs, states = WANTED[name]
    assert (found["runs"], sorted(row[-1] for row in found["rows"])) == (
        runs, sorted(states),
    )  # fmt: skip
    assert (found["work"], found["waiting"]) == ([], {})
    assert len(found["objects"]) == (COUNT + 1 if name == "zip" else 0)
    assert found["hooks"] == (name == "paid")


@pytest.mark.parametrize("kinds", [CRASHES, ("conflict",)], ids=["crashes", "conflicts"])
@pytest.mark.parametrize("name", ACTS)
def test_every_call_may_be_the_last(world: World, name: str, kinds: tuple[Kind, ...]) -> None:
    steps, wanted = _undisturbed(world, name)
    assert sum(len(step.calls) for step in steps) > 5
    for number, (step, fault) in enumerate(points(steps, kinds, 1)):
        # Around what cannot be taken back every point counts, whatever else is left out.
        outside = step.calls[fault.number] in ("smtp.send", "webhook.post")
        if EVERY > 1 and number % (3 * EVERY) and not outside:
            continue
        disturb(world, step, fault)
        point = f"step {step.number}, {fault.kind} call {fault.number} {step.calls[fault.number]}"
        assert known(outcome(world), wanted) == wanted, point
