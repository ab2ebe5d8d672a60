"""The treasurer under crashes: a flow is signed once, an answer told once, whatever dies."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.accounting.posting import answers, store, treasury
from chalicelib.accounting.posting.model import Classification, Setting
from chalicelib.accounting.posting.opi import Treasurer
from chalicelib.base import clock, dynamo
from chalicelib.base.work import Wakes
from chalicelib.invoicing import mandates
from chalicelib.invoicing.signing import pkcs12, xades_verify
from chalicelib.payments import store as body_store
from infra.local.authority import Authority
from tests.accounting.posting.made import Match, payment
from tests.accounting.posting.test_opi import message, outcome
from tests.engine.test_positions import BODY
from tests.faults import CRASHES
from tests.sweep.stories import TENANT, say
from tests.sweep.test_crash import Step, disturb, points, walk
from tests.sweep.test_posting import _post
from tests.world import World

pytestmark = pytest.mark.feature("F001-126")
SAID = message(outcome(1, "REGOLARIZZATO"), outcome(2, "ACQUISITO"), outcome(9, "RISCOSSO"),
               creditor=BODY.fiscal_code)  # fmt: skip


@pytest.fixture(autouse=True)
def signs(monkeypatch: pytest.MonkeyPatch, signing_authority: Authority) -> None:
    his = pkcs12.load(signing_authority.signer_p12, signing_authority.password)
    monkeypatch.setattr(mandates, "is_bound", lambda *_: True)
    monkeypatch.setattr(mandates, "signer_for", lambda *_: his)


def _prepare(world: World, match: Match) -> None:
    """Three orders, of which nobody has been told."""
    world.reset()
    dynamo.commit([body_store.put_body(TENANT, BODY)])
    kinds = {"1.1": Classification(1010)}
    dynamo.commit([store.put_setting(TENANT, Setting(counterpart="psp", classifications=kinds))])
    codes = Treasurer("05428", "UFABCD", "000700917", "A2A-12345678", "A2A-87654321", "0001")
    treasury.save_treasurer(TENANT, codes)
    match.offer(TENANT, *(payment(number) for number in (1, 2, 3)))
    _post(world)
    world.rest()

    def act(wakes: Wakes) -> None:
        if not treasury.list_flows(TENANT, 2026):
            treasury.make(TENANT, 2026, clock.now(), wakes)
        answers.hand_in(TENANT, "esito.xml", SAID, clock.now(), wakes)

    say(world, act)


def _outcome(world: World) -> dict[str, Any]:
    orders = [kept.order for kept in store.list_orders(TENANT, "2026-", "2026-~")]
    signed = [data for name, data in world.objects().items() if name.endswith("-signed.xml")]
    assert all(xades_verify.verify(data) == () for data in signed)
    return {
        "flows": [(one.number, one.signature, one.signature_code, bool(one.signed_at))
                  for one in treasury.list_flows(TENANT, 2026)],
        "signed": len(signed),
        "messages": [(one.state, one.outcomes, one.orders, one.unknown_total, one.tries)
                     for one in answers.list_messages(TENANT)],
        "orders": [one.outcome for one in orders],
        "outcomes": [len(answers.outcomes_of(TENANT, one.id)) for one in orders],
        "work": [row["sk"] for row in world.work()],
        "waiting": world.waiting(),
    }  # fmt: skip


def _undisturbed(world: World, match: Match) -> tuple[list[Step], dict[str, Any]]:
    _prepare(world, match)
    return walk(world), _outcome(world)


def test_every_call_may_be_the_last(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    steps, wanted = _undisturbed(world, Match(monkeypatch))
    assert wanted == {
        "flows": [(1, "signed", "", True)],
        "signed": 1,
        "messages": [("kept", 3, 2, 1, 1)],
        "orders": ["2026-11-24T10:00:00 REGOLARIZZATO", "2026-11-24T10:00:00 ACQUISITO", ""],
        "outcomes": [1, 1, 0],
        "work": [],
        "waiting": {},
    }
    assert sum(len(step.calls) for step in steps) > 20
    for step, fault in points(steps, (*CRASHES, "conflict")):
        disturb(world, step, fault)
        point = f"step {step.number}, {fault.kind} call {fault.number} {step.calls[fault.number]}"
        assert _outcome(world) == wanted, point
