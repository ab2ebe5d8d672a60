"""Positions planned and changed by hand: through the door, at pagoPA, on paper, at the node."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from chalicelib.base import clock
from chalicelib.entry import on_collect
from chalicelib.payments import iuv
from chalicelib.payments.positions import counts
from infra.local.pagopa.gpd import KEY, Gpd
from tests.entry import bodies, node_world
from tests.entry.api_world import Answer, Api, opened
from tests.entry.node_world import Station
from tests.entry.test_part_paid import text_of
from tests.entry.test_positions import DEBTOR, POSITIONS, make, positions, whole

ITEMS = [{"code": "cert", "label": "Certificato", "cents": 1_000},
         {"code": "copia", "label": "Copia", "cents": 250}]  # fmt: skip
STAMP = {"document": b64encode(bytes(32)).decode(), "province": "RM"}
# 10,003 cents: neither two, three nor fourteen parts of it are even.
CHOSEN = {"service": "segreteria", "manual": True, "cents": 10_003}
MONTHS = {"count": 3, "first_due": "2026-12-31", "every_months": 2}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Api, Gpd]]:
    now = [clock.now]
    with Gpd(lambda: now[0]()) as gpd, opened(NET_PRIVATE="allow", PAGOPA_URL=gpd.url) as api:
        now[0] = lambda: api.now
        yield api, gpd


@pytest.fixture(scope="module")
def api(served: tuple[Api, Gpd]) -> Api:
    return served[0]


@pytest.fixture(scope="module")
def at(api: Api) -> Station:
    """A body whose positions pagoPA keeps, and whose station the node may call nevertheless."""
    found = node_world.station(api)
    for code, price, stamp in (
        ("segreteria", {"kind": "tariff", "items": ITEMS}, False), ("bolli", None, True),
    ):  # fmt: skip
        values = bodies.service(price=price, stamp=stamp, subject=code.title())
        answer = found.house.call(api, "PUT", f"/v1/body/services/{code}", values)
        assert answer.status == 200, answer.body
    keys = {"positions": KEY, "receipts": KEY, "biz": KEY}
    joined = found.house.call(api, "PUT", "/v1/body/pagopa", {"mode": "gpd", "keys": keys})
    assert joined.status == 200, joined.body
    return found


def by_hand(*given: tuple[int, str], whole: bool = True) -> dict[str, Any]:
    return {"instalments": [{"cents": cents, "due": due} for cents, due in given], "whole": whole}


def preview(api: Api, at: Station, **said: Any) -> Answer:
    return at.house.operator.call(api, "POST", f"{POSITIONS}/preview", CHOSEN | said)


@pytest.mark.feature("F001-170", "F001-171", "F001-057", "F001-161")
@pytest.mark.parametrize(
    ("plan", "cents", "days"),
    [
        (
            by_hand((5_003, "2026-12-31"), (5_000, "2027-03-15")),
            [10_003, 5_003, 5_000],
            ["2026-12-31", "2026-12-31", "2027-03-15"],
        ),
        (
            MONTHS,
            [10_003, 3_335, 3_334, 3_334],
            ["2026-12-31", "2026-12-31", "2027-02-28", "2027-04-30"],
        ),
        (
            {"count": 14, "first_due": "2027-01-10", "whole": False},
            [*[715] * 7, *[714] * 7],
            [f"2027-{month:02d}-10" for month in range(1, 13)] + ["2028-01-10", "2028-02-10"],
        ),
    ],
)
def test_a_plan_is_seen_made_told_to_pagopa_and_printed(
    served: tuple[Api, Gpd], at: Station, plan: dict[str, Any], cents: list[int], days: list[str]
) -> None:
    api, gpd = served
    seen = preview(api, at, plan=plan)
    assert seen.status == 200, seen.body
    assert [one["cents"] for one in seen.json["payments"]] == cents
    assert [one["due"] for one in seen.json["payments"]] == days
    name = f"plan-{len(cents)}"
    made = make(api, at.house, name, **CHOSEN, plan=plan)
    asked = [{name: one[name] for name in ("number", "cents", "due")} for one in made["payments"]]
    assert asked == seen.json["payments"]
    assert seen.json["cents"] == made["cents"] == 10_003
    # The same wish again is the same position under the same numbers.
    assert make(api, at.house, name, **CHOSEN, plan=plan)["payments"] == made["payments"]
    assert len({one["iuv"] for one in made["payments"]}) == len(cents)
    api.run("collect", on_collect.handle)
    (there,) = [
        one for (_, iupd), one in gpd.archive.positions.items() if iupd.endswith(f"-{made['id']}")
    ]
    options = {one["nav"]: one for one in there["paymentOption"]}
    assert [options[one["notice"]]["amount"] for one in made["payments"]] == cents
    for one in made["payments"]:
        option = options[one["notice"]]
        assert option["isPartialPayment"] is bool(one["number"])
        assert sum(each["amount"] for each in option["transfer"]) == one["cents"]
    link = at.house.call(api, "GET", f"{POSITIONS}/{made['id']}/notice")
    text = text_of(requests.get(link.json["url"], timeout=10).content)
    for one in made["payments"]:
        assert iuv.grouped(one["notice"]) in text
    assert whole(api, at.house, made["id"])["state"] == "valid"


YEARS = [(1, f"{year}-01-31") for year in range(2028, 2061)]


@pytest.mark.parametrize(
    "plan", [{"count": 61, "first_due": "2026-12-31"}, by_hand((9_970, "2027-01-31"), *YEARS)]
)
def test_the_greatest_plans_are_made_in_one_go(api: Api, at: Station, plan: dict[str, Any]) -> None:
    last = {"hard_end": True, "ends": "2100-12-31"}
    made = make(api, at.house, f"great-{plan.get('count')}", **CHOSEN, plan=plan, **last)
    rates = [one["cents"] for one in made["payments"] if one["number"]]
    assert (len(rates), sum(rates)) == (plan.get("count", 34), 10_003)


@pytest.mark.feature("F001-170", "F001-171")
@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"plan": {"count": 1, "first_due": "2026-12-31"}}, 400, "invalid_request"),
        ({"plan": by_hand((10_003, "2026-12-31"))}, 400, "invalid_request"),
        ({"plan": MONTHS | by_hand((1, "2026-12-31"), (2, "2026-12-31"))}, 400, "invalid_request"),
        ({"plan": {"count": 67, "first_due": "2026-12-31"}}, 422, "instalments_count"),
        (
            {"plan": by_hand(*[(1, f"{2027 + each}-01-31") for each in range(40)])},
            422, "instalments_count",
        ),
        ({"plan": {"count": 12, "first_due": "2026-12-31"}, "cents": 11},
         422, "instalments_too_small"),
        ({"plan": by_hand((5_000, "2026-12-31"), (5_002, "2027-01-31"))}, 422, "instalments_sum"),
        ({"plan": by_hand((5_003, "2027-01-31"), (5_000, "2026-12-31"))}, 422, "instalments_order"),
        ({"plan": MONTHS, "hard_end": True}, 422, "ends_before_due"),
        (
            {"plan": MONTHS, "service": "bolli", "stamp": STAMP},
            422, "instalments_stamp",
        ),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_is_refused_alike_before_and_when_it_is_made(
    api: Api, at: Station, said: dict[str, Any], status: int, code: str
) -> None:
    before = len(positions(api, at.house))
    seen = preview(api, at, **said)
    assert (seen.status, seen.code) == (status, code)
    made = at.house.call(
        api, "POST", POSITIONS, CHOSEN | {"debtor": DEBTOR} | said,
        headers={"Idempotency-Key": "refused"},
    )  # fmt: skip
    assert (made.status, made.code) == (status, code)
    assert len(positions(api, at.house)) == before


@pytest.mark.feature("F001-171")
def test_an_instalment_of_several_lines_is_paid_and_closes_the_whole(api: Api, at: Station) -> None:
    lines = {"service": "segreteria", "chosen": {"cert": 3, "copia": 1}}
    made = make(api, at.house, "lines", **lines, plan=MONTHS, due="2026-12-10")
    assert made["payments"][0]["due"] == "2026-12-10"
    assert [one["cents"] for one in made["lines"]] == [3_000, 250]
    api.run("collect", on_collect.handle)
    first = made["payments"][1]
    assert (first["cents"], at.node.verify(first["notice"], at.creditor).cents) == (1_084, 1_084)
    assert at.node.pay(first["notice"], at.creditor).answer == "OK"
    found = whole(api, at.house, made["id"])
    assert found["state"] == "partially_paid"
    assert [one["state"] for one in found["payments"]] == ["closed", "paid", "unpaid", "unpaid"]
    assert not counts.recount(at.tenant).differences


# ------------------------------------------------------------------ by the day
@pytest.mark.feature("F001-166", "F001-057")
def test_rules_that_are_changed_are_told_to_pagopa_at_once_and_on_their_days(
    served: tuple[Api, Gpd], at: Station
) -> None:
    api, gpd = served
    made = make(api, at.house, "ruled", **CHOSEN, plan=MONTHS)
    path = f"{POSITIONS}/{made['id']}"

    def told() -> list[int]:
        api.run("collect", on_collect.handle)
        (there,) = [
            one for (_, iupd), one in gpd.archive.positions.items()
            if iupd.endswith(f"-{made['id']}")
        ]  # fmt: skip
        amounts = {one["nav"]: one["amount"] for one in there["paymentOption"]}
        return [amounts[one["notice"]] for one in made["payments"]]

    def edit(*rules: dict[str, Any]) -> dict[str, Any]:
        house = bodies.again(api, at.house)
        version = house.call(api, "GET", path).json["version"]
        answer = house.call(api, "PATCH", path, {"version": version, "rules": rules})
        assert answer.status == 200, answer.body
        return dict(answer.json)

    assert told() == [10_003, 3_335, 3_334, 3_334]
    today = clock.rome_day(api.now)
    early = {"kind": "reduction", "reason": "Chi paga subito", "cents": 1_000, "last": str(today)}
    fee = {"kind": "late_fee", "reason": "Mora", "cents": 500,
           "first": str(today + timedelta(days=1))}  # fmt: skip
    edit(early)
    assert told() == [9_003, 3_335, 3_334, 3_334]  # instalments are as planned
    edit(early, fee)
    assert told()[0] == 9_003
    api.now += timedelta(days=1)
    assert told()[0] == 10_503
    # What is taken off again is asked for no more.
    assert edit()["rules"] == []
    assert told()[0] == 10_003
    timeline = whole(api, bodies.again(api, at.house), made["id"])["timeline"]
    events = [one["event"] for one in timeline]
    assert events == ["generated", "published", *["edited"] * 3]
