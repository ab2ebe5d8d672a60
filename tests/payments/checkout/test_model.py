"""A cart's states, and its request by Checkout's own description."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.base import clock, limits
from chalicelib.base.errors import Rejected
from chalicelib.payments.checkout import model
from chalicelib.payments.checkout.model import Cart, Item, Label
from chalicelib.payments.citizen.showing import NoticeState
from infra.local.pagopa import checkout as simulator

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DESCRIBED = (
    Path(__file__).resolve().parents[4]
    / "shared/schemas/pagopa/checkout/payment-requests-api_v2.yaml"
)
STATES: tuple[NoticeState, ...] = ("payable", "paid", "closed", "not_payable")


def item(of: int = 0, **changed: Any) -> Item:
    known: dict[str, Any] = {
        "tenant": "body1", "iuv": "01000000000004285", "notice": f"30100000000000{of:04d}",
        "creditor": "80012000826", "position": f"p{of}", "number": 0, "cents": 1_000,
    }  # fmt: skip
    return Item(**known | changed)


def cart(count: int = 1, **changed: Any) -> Cart:
    known: dict[str, Any] = {
        "id": "c" * 24, "items": tuple(item(number) for number in range(count)), "language": "it",
        "slot": "s", "made_at": clock.stamp(NOW),
        "expires_at": clock.stamp(NOW + timedelta(seconds=limits.CART_S)),
    }  # fmt: skip
    return Cart(**known | changed)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.text(max_size=200), st.text(max_size=200)), min_size=1, max_size=5))
def test_what_is_asked_is_what_checkout_takes(texts: list[tuple[str, str]]) -> None:
    labels = [Label("C" + company, "D" + reason) for company, reason in texts]
    asked = model.request(cart(len(labels)), labels, "a@example.org", "https://sportello.example")
    assert simulator.check(asked) == asked
    assert len({*asked["returnUrls"].values()}) == 3
    for place in asked["returnUrls"].values():
        assert place.startswith("https://sportello.example/portal/return.html?cart=cccc")


@pytest.mark.feature("F001-094", "F001-156")
def test_the_request_is_as_checkout_describes_it() -> None:
    if not DESCRIBED.is_file():
        pytest.skip("the official description is not here")
    yaml = pytest.importorskip("yaml")
    from jsonschema import Draft202012Validator, FormatChecker
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    whole = yaml.safe_load(DESCRIBED.read_text())
    resource = Resource.from_contents(whole, default_specification=DRAFT202012)
    registry: Any = Registry().with_resource("urn:checkout", resource)
    schema = {"$ref": "urn:checkout#/components/schemas/CartRequest"}
    validator = Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())
    labels = [Label("Ordine", "Quota")] * 5
    for mail in ("", "a@example.org"):
        validator.validate(model.request(cart(5), labels, mail, "https://sportello.example"))
    broken = model.request(cart(5), labels, "", "https://sportello.example")
    broken["paymentNotices"][0].pop("amount")
    assert not validator.is_valid(broken)


@pytest.mark.feature("F001-156")
def test_a_cart_holds_one_to_five_different_notices() -> None:
    for count in (0, 6):
        with pytest.raises(Rejected, match="cart_size"):
            model.require_together([item(number) for number in range(count)])
    with pytest.raises(Rejected, match="cart_repeated"):
        model.require_together([item(1), item(1)])
    # Two bodies may have the same number.
    model.require_together([item(1), item(1, creditor="80012000909", tenant="body2")])
    with pytest.raises(Rejected, match="cart_overlap"):
        model.require_together([item(1, position="p"), item(2, position="p", number=1)])
    rates = [item(n, position="p", number=n) for n in (1, 2)]
    model.require_together(rates)


@pytest.mark.feature("F001-094")
def test_paid_is_only_what_receipts_say() -> None:
    for found in product(STATES, repeat=2):
        for outcome in ("", "ok", "ko", "cancel"):
            for now in (NOW, NOW + timedelta(seconds=limits.CART_S)):
                one = replace(cart(2), outcome=outcome)
                said = model.state(one, found, now)
                assert (said == "paid") == (set(found) == {"paid"})
                if outcome == "ok" and said != "paid":
                    assert said == "verifying"
                if said == "verifying":
                    assert outcome == "ok" or "paid" in found
                if said == "open":
                    assert now == NOW
                shown = model.states(one, found, now)
                assert [a for a, b in zip(shown, found, strict=True) if b == "paid"] == [
                    "paid"
                ] * found.count("paid")
