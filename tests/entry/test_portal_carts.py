"""Carts: one page of Checkout for one to five notices, and what is said when the payer is back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.base import dynamo, limits
from chalicelib.payments.checkout import store
from chalicelib.payments.receipts import service as receipts
from infra.local.pagopa.checkout import Checkout
from tests.entry import node_world, portal_world
from tests.entry.api_world import Answer, Api
from tests.entry.node_world import MARIA, Station
from tests.entry.portal_world import Portal, press


@pytest.fixture(scope="module")
def at(api: Api) -> Station:
    return node_world.station(api)


@pytest.fixture
def portal(api: Api, at: Station) -> Portal:
    return portal_world.portal(api, at)


@pytest.fixture
def page(at: Station) -> Iterator[Checkout]:
    with portal_world.checkout(at) as service:
        yield service


def opened(portal: Portal, *keys: str, **more: Any) -> dict[str, Any]:
    answer = portal.cart(*keys, **more)
    assert answer.status == 201, answer.body
    return dict(answer.json)


def outcome(back: str, cart: str) -> str:
    """What the address says by which the payer comes back."""
    asked = parse_qs(urlsplit(back).query)
    assert asked["cart"] == [cart]
    assert urlsplit(back).path == "/portal/return.html"
    return asked["outcome"][0]


@pytest.mark.feature("F001-094", "F001-141", "F001-152", "F001-156", "F001-177")
def test_one_to_five_notices_are_paid_at_once(
    api: Api, portal: Portal, at: Station, page: Checkout
) -> None:
    other = node_world.station(api)
    for count in range(1, limits.CART_NOTICES + 1):
        portal.source = portal_world.source()
        placed = [(other if number % 2 else at).place(1_000 + number) for number in range(count)]
        made = opened(portal, *map(portal.key, placed), email="maria@example.org", language="fr")
        request = page.asked[-1]
        asked = [(one["fiscalCode"], one["noticeNumber"], one["amount"])
                 for one in request["paymentNotices"]]  # fmt: skip
        assert asked == [(one.creditor, one.payments[0].notice, one.cents) for one in placed]
        assert (request["emailNotice"], request["idCart"]) == ("maria@example.org", made["cart"])
        assert made["redirect"].startswith(page.root)
        before = portal.look(made["cart"]).json
        assert (before["state"], before["language"]) == ("open", "fr")
        back = outcome(press(made["redirect"], "pay"), made["cart"])
        after = portal.look(made["cart"], back).json
        assert after["state"] == "paid"
        assert {one["state"] for one in after["items"]} == {"paid"}
        for position in placed:
            home = other if position.creditor == other.creditor else at
            assert home.now(position).state == "paid"
            (receipt,) = receipts.of_position(home.tenant, position.id)
            # The receipt names the cart.
            assert receipt.note == made["cart"]
            shown = home.house.operator.call(api, "GET", f"/v1/body/positions/{position.id}")
            assert shown.status in (200, 401)  # an operator's session may be over by now


@pytest.mark.feature("F001-156")
def test_what_no_cart_can_hold_is_refused(portal: Portal, at: Station, page: Checkout) -> None:
    keys = [portal.key(at.place()) for _ in range(6)]
    six = portal.cart(*keys)
    assert (six.status, six.code) == (400, "invalid_request")
    assert portal.cart().status == 400
    twice = portal.cart(keys[0], keys[0])
    assert (twice.status, twice.code) == (422, "cart_repeated")
    plan = at.place(9_000, instalments=3)
    both = portal.cart(portal.key(plan), portal.key(plan, 1))
    assert (both.status, both.code) == (422, "cart_overlap")
    assert opened(portal, portal.key(plan, 1), portal.key(plan, 2))["redirect"]
    gone = at.place()
    key = portal.key(gone)
    at.change(gone, state="invalid")
    refused = portal.cart(key)
    assert (refused.status, refused.code) == (409, "notice_not_payable")
    young = at.place(state="draft")
    early = portal.cart(portal.key(young))
    assert (early.status, early.code) == (503, "notice_not_yet")
    mail = portal.cart(keys[0], email="nobody")
    assert (mail.status, mail.code) == (422, "mail_malformed")
    forged = portal.cart("x.y")
    assert (forged.status, forged.code) == (410, "portal_key_invalid")
    assert len(page.asked) == 1


def test_half_a_key_pays_but_tells_checkout_no_reason(
    portal: Portal, at: Station, page: Checkout
) -> None:
    position = at.place()
    opened(portal, portal.key(position, code=""))
    (asked,) = page.asked[-1]["paymentNotices"]
    assert asked["description"] == f"Avviso {position.payments[0].notice}"
    assert MARIA.name not in json.dumps(page.asked)
    position = at.place()
    opened(portal, portal.key(position))
    assert page.asked[-1]["paymentNotices"][0]["description"] == position.subject


def test_the_same_again_is_the_same_cart_until_it_is_over(
    api: Api, portal: Portal, at: Station, page: Checkout
) -> None:
    first, second = at.place(), at.place()
    keys = [portal.key(first), portal.key(second)]
    made = opened(portal, *keys)
    with mock.patch.object(limits, "PORTAL_MADE", 1):  # only what is new is counted
        again = opened(portal, *reversed(keys))
    assert again == made
    assert len(page.asked) == 1
    other = opened(portal, *keys, language="en")
    assert other["cart"] != made["cart"]
    api.tick(limits.CART_S)
    keys = [portal.key(first), portal.key(second)]
    assert portal.look(made["cart"]).json["state"] == "cancelled"
    assert opened(portal, *keys)["cart"] != made["cart"]
    # Nothing in the table says who it was.
    kept = json.dumps(store.get(made["cart"]), default=str)
    assert MARIA.name not in kept
    assert MARIA.tax_code not in kept


@pytest.mark.feature("F001-094")
def test_a_good_return_without_a_receipt_is_only_verifying(
    api: Api, portal: Portal, at: Station, page: Checkout
) -> None:
    position = at.place()
    notice = position.payments[0].notice
    page.plan("never")
    made = opened(portal, portal.key(position))
    back = outcome(press(made["redirect"], "pay"), made["cart"])
    shown = portal.look(made["cart"], back).json
    assert (back, shown["state"], shown["items"][0]["state"]) == ("ok", "verifying", "verifying")
    # No page can make more of it, and whoever looks at the notice sees it too, for a while.
    assert portal.look(made["cart"]).json["state"] == "verifying"
    assert portal.look(made["cart"], "ko").json["state"] == "verifying"
    assert portal.search(notice, MARIA.tax_code).json["state"] == "verifying"
    assert at.now(position).state == "valid"
    api.tick(limits.VERIFYING_S)
    assert portal.search(notice, MARIA.tax_code).json["state"] == "payable"


@pytest.mark.feature("F001-094", "F001-095", "F001-157")
def test_a_late_receipt_makes_it_paid_and_a_second_one_changes_nothing(
    portal: Portal, at: Station, page: Checkout
) -> None:
    position = at.place()
    page.plan("late")
    made = opened(portal, portal.key(position))
    back = outcome(press(made["redirect"], "pay"), made["cart"])
    assert back == "ok"  # the address for what is still being worked on
    assert portal.look(made["cart"], back).json["state"] == "verifying"
    assert page.deliver() == 1
    assert portal.look(made["cart"]).json["state"] == "paid"
    twice = at.place()
    page.plan("twice")
    made = opened(portal, portal.key(twice))
    press(made["redirect"], "pay")
    assert portal.look(made["cart"], "ok").json["state"] == "paid"
    assert press(made["redirect"], "pay")


def test_who_cancels_or_fails_may_pay_afterwards(
    portal: Portal, at: Station, page: Checkout
) -> None:
    for action, state in (("cancel", "cancelled"), ("fail", "failed")):
        position = at.place()
        made = opened(portal, portal.key(position))
        back = outcome(press(made["redirect"], action), made["cart"])
        assert portal.look(made["cart"], back).json["state"] == state
        assert portal.search(position.payments[0].notice, MARIA.tax_code).json["state"] == "payable"
        again = opened(portal, portal.key(position))
        press(again["redirect"], "pay")
        assert portal.look(made["cart"]).json["state"] == "paid"
    assert portal.look("nothing").status == 404


def test_what_changes_meanwhile_is_not_paid_as_it_was(
    portal: Portal, at: Station, page: Checkout
) -> None:
    position = at.place()
    made = opened(portal, portal.key(position))
    at.change(position, state="invalid")
    back = outcome(press(made["redirect"], "pay"), made["cart"])
    assert back == "ko"
    assert portal.look(made["cart"], back).json["items"][0]["state"] == "not_payable"


@pytest.mark.parametrize("fault", ["busy", "error", "gateway", "lost", "silent", "nowhere"])
def test_checkout_that_does_not_answer_is_asked_again_for_the_same_cart(
    portal: Portal, at: Station, page: Checkout, fault: str
) -> None:
    key = portal.key(at.place())
    page.plan(fault)
    failed = portal.cart(key)
    assert (failed.status, failed.code) == (503, "checkout_unavailable"), failed.body
    assert int(failed.headers["retry-after"]) > 0
    made = opened(portal, key)
    assert [one["idCart"] for one in page.asked] == [made["cart"]] * 2
    press(made["redirect"], "pay")
    assert portal.look(made["cart"]).json["state"] == "paid"


def test_a_cart_that_is_asked_for_again_says_of_each_notice_what_is_its_own(
    api: Api, portal: Portal, at: Station, page: Checkout
) -> None:
    other = node_world.station(api, name="Altro ordine")
    both = [at.place(), other.place()]
    keys = [portal.key(one) for one in both]
    page.plan("lost")
    assert portal.cart(*keys).status == 503
    opened(portal, *reversed(keys))
    for asked in page.asked:
        assert [(one["fiscalCode"], one["companyName"]) for one in asked["paymentNotices"]] == [
            (at.creditor, "Ordine di prova"), (other.creditor, "Altro ordine"),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [("refused", "cart_not_payable", 409), ("garbage", "checkout_refused", 502)],
)
def test_a_cart_that_checkout_refuses_is_another_one_next_time(
    portal: Portal, at: Station, page: Checkout, fault: str, code: str, status: int
) -> None:
    key = portal.key(at.place())
    page.plan(fault)
    refused = portal.cart(key)
    assert (refused.status, refused.code) == (status, code)
    made = opened(portal, key)
    assert page.asked[-1]["idCart"] == made["cart"] != page.asked[-2]["idCart"]


def test_no_more_calls_than_pagopa_takes(
    portal: Portal, at: Station, page: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CHECKOUT_CALLS", 2)
    monkeypatch.setattr(limits, "CHECKOUT_WINDOW_S", 86_400)
    answers: list[Answer] = [portal.cart(portal.key(at.place())) for _ in range(4)]
    assert [answer.status for answer in answers] == [201, 201, 429, 429]
    assert len(page.asked) == 2
    mine = dynamo.get(
        ("T#_portal#TRIES#checkout#all", str(int(portal.api.now.timestamp()) // 86_400))
    )
    assert mine is not None
    assert mine["fails"] == 2
