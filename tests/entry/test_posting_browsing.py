"""Orders and entries of the journal as people look for them: filters, pages, the newest first."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.base import limits
from tests.accounting.posting.made import Match, payment
from tests.entry import bodies
from tests.entry.api_world import Api
from tests.entry.bodies import House
from tests.entry.test_positions import make
from tests.entry.test_posting import ROOT, house, later, match, orders, post, setting

__all__ = ["house", "match"]


@pytest.fixture
def posted(api: Api, house: House, match: Match) -> House:
    """Three orders of three days, the second taken back."""
    match.offer(house.tenant, *(later(payment(number), number) for number in (1, 2, 3)))
    post(api, house)
    answer = house.call(api, "POST", f"{ROOT}/orders/2026-0000002/reverse", {"note": "wrong"})
    assert answer.status == 200, answer.body
    return house


def numbers(api: Api, house: House, **query: Any) -> list[int]:
    return [one["number"] for one in orders(api, house, **query)]


@pytest.mark.feature("F001-111")
def test_orders_are_found_by_day_state_chapter_and_payment(
    api: Api, posted: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert numbers(api, posted, first="2026-11-22") == [2, 3]
    assert numbers(api, posted, last="2026-11-22") == [1, 2]
    assert numbers(api, posted, first="2026-11-22", last="2026-11-22") == [2]
    assert numbers(api, posted, state="reversed") == [2]
    assert numbers(api, posted, state="issued") == [1, 3]
    (line,) = orders(api, posted, first="2026-11-23")[0]["lines"]
    assert numbers(api, posted, iuv=line["iuv"]) == [3]
    chapter = orders(api, posted)[0]["chapter"]
    assert numbers(api, posted, chapter=chapter) == [1, 2, 3]
    assert numbers(api, posted, chapter="9.9") == []
    # A page ends after so much was read, and goes on behind it.
    monkeypatch.setattr(limits, "BROWSED", 2)
    page = posted.call(api, "GET", f"{ROOT}/orders", query={"year": 2026, "first": "2026-11-23"})
    assert page.json["orders"] == []
    rest = {"year": 2026, "first": "2026-11-23", "cursor": page.json["cursor"]}
    assert numbers(api, posted, **rest) == [3]
    other = posted.call(api, "GET", f"{ROOT}/orders", query=rest | {"first": "2026-11-22"})
    assert (other.status, other.code) == (400, "cursor_invalid")


@pytest.mark.feature("F001-134", "F001-165")
def test_a_position_leads_to_the_orders_that_posted_it(
    api: Api, house: House, match: Match
) -> None:
    position, other = (
        make(api, house, f"p{number}", manual=True, cents=20_000)["id"] for number in (1, 2)
    )
    path = f"/v1/body/positions/{position}/orders"
    assert house.operator.call(api, "GET", path).json == {"orders": []}
    # Of one chapter and day all payments are in one order, of whomever.
    setting(api, house, per="chapter")
    match.offer(
        house.tenant, payment(1, position=position), payment(2, position=other),
        later(payment(3, position=position), 1, provisional="19"),
    )  # fmt: skip
    post(api, house)
    found = house.operator.call(api, "GET", path).json["orders"]
    shown = [(one["number"], one["day"], one["provisional"], one["cents"]) for one in found]
    assert shown == [(1, "2026-11-20", "17", 10_000), (2, "2026-11-21", "19", 10_000)]
    assert orders(api, house)[0]["cents"] == 20_000
    assert "lines" not in found[0]  # who else paid by it is the order's own page
    taken_back = house.call(api, "POST", f"{ROOT}/orders/{found[0]['id']}/reverse", {"note": "w"})
    assert taken_back.status == 200, taken_back.body
    states = [one["state"] for one in house.call(api, "GET", path).json["orders"]]
    assert states == ["reversed", "issued"]
    stranger = bodies.found(api)
    answer = stranger.call(api, "GET", path)
    assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.feature("F001-134")
def test_entries_come_newest_first_and_none_is_left_out(api: Api, posted: House) -> None:
    def entries(**query: Any) -> dict[str, Any]:
        answer = posted.call(api, "GET", f"{ROOT}/entries", query=query)
        assert answer.status == 200, answer.body
        return dict(answer.json)

    told = posted.call(api, "GET", f"{ROOT}/journal", query={"limit": 200}).json["entries"]
    found, before = [], 0
    while True:
        page = entries(limit=2, before=before)
        found += page["entries"]
        before = page["before"]
        if not before:
            break
    assert found == told[::-1]
    back = entries(kind="reversed")
    assert [one["note"] for one in back["entries"]] == ["wrong"]
    assert back["entries"][0]["order"]["state"] == "reversed"
    days = {one["day"] for one in entries(first="2026-11-22", last="2026-11-22")["entries"]}
    assert days == {"2026-11-22"}
    assert entries(first="2027-01-01") == {"entries": [], "before": 0}
