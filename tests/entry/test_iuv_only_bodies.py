"""No practice makes an IUV: not by any route, whoever asks, nor by a key that says it may.

Generated over the routes: every good request there is, in the order in which a body would make
them, so that what one of them opens the next one would use.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.accounts import grants
from chalicelib.accounts.model import SCOPES
from chalicelib.base import dynamo
from chalicelib.base.errors import NotFound
from chalicelib.entry import web
from chalicelib.payments import bodies as body_service
from chalicelib.payments import numbers
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions import positions
from chalicelib.payments.positions.positions import Wanted
from tests.entry import bodies, visitors
from tests.entry.api_world import Api
from tests.entry.routes import call, masked, routes
from tests.entry.visitors import Visitor

pytestmark = pytest.mark.feature("U-03")
_PERSON = {"name": "Rossi Maria", "tax_code": "RSSMRA80A41H501Y"}


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose IUVs are taken: there is one place where that is done."""
    found: list[str] = []
    take = numbers.take

    def spied(tenant: str, *rest: Any) -> numbers.Block:
        found.append(tenant)
        return take(tenant, *rest)

    monkeypatch.setattr(numbers, "take", spied)
    return found


def as_person(api: Api, home: str) -> Callable[[web.Route], dict[str, str]]:
    visitor: Visitor = visitors.enter(api, home, "practice", "principal")

    def headers(_: web.Route) -> dict[str, str]:
        return visitors.session(visitor.grant, visitor.mail, api.now).headers

    return headers


def as_key(api: Api, home: str) -> Callable[[web.Route], dict[str, str]]:
    """More than anybody is given: a key of a practice with every scope that a key can have."""
    token = api.key(home, *SCOPES)
    return lambda _: {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("who", [as_person, as_key])
def test_a_practice_makes_no_iuv_by_any_route(
    api: Api, taken: list[str], who: Callable[[Api, str], Callable[[web.Route], dict[str, str]]]
) -> None:
    home = visitors.tenant(api, "practice")
    headers = who(api, home)
    refused = 0
    for route in routes():
        key = {"Idempotency-Key": "k1"} if route.idempotency_key else {}
        answer = call(api, route, "", headers=headers(route) | key)
        assert answer.status < 500, (route.name, answer.body)
        if "/v1/body" in route.path and who is as_person:
            assert (answer.status, answer.code) == (403, "forbidden"), route.name
        refused += answer.status >= 400 and "/v1/body" in route.path
    assert refused > 50
    assert home not in taken
    for part in ("IUV", "NOTICES", "POSITIONS", "BODY"):
        assert not list(dynamo.query(f"T#{home}#{part}", limit=1)), part


@pytest.mark.feature("U-01")
def test_a_route_of_another_kind_says_nothing_of_what_is_there(api: Api) -> None:
    """403 is about the route and the role, and comes before anything is looked up: what exists and
    what does not are answered by the same bytes."""
    house = bodies.ready(api)
    there = house.call(
        api, "POST", "/v1/body/positions",
        {"service": "mora", "debtor": _PERSON, "cents": 1_000, "manual": True},
        headers={"Idempotency-Key": "k1"},
    ).json["id"]  # fmt: skip
    stranger = visitors.enter(api, visitors.tenant(api, "practice"), "practice", "principal")
    found = [
        stranger.call(api, "GET", f"/v1/body/positions/{name}") for name in (there, "nothing-here")
    ]
    assert [one.status for one in found] == [403, 403]
    assert masked(found[0]) == masked(found[1])


def test_only_a_bodys_people_are_given_what_makes_positions() -> None:
    for (kind, role), scopes in grants.SCOPES_OF.items():
        assert kind == "body" or not {one for one in scopes if one.startswith("body:")}, role


def test_what_would_make_one_knows_no_practice(api: Api, taken: list[str]) -> None:
    """Beneath the doors too: without a body's setting there is nobody who collects."""
    home = visitors.tenant(api, "practice")
    with pytest.raises(NotFound):
        positions.make(home, Wanted("quota", Person(**_PERSON)), api.now, "test", "k")
    with pytest.raises(NotFound):
        body_service.get(home)
    assert taken == []


def test_a_body_makes_one_by_the_same_request(api: Api, taken: list[str]) -> None:
    """The sweep would see it: the very same requests take a number for a body."""
    house = bodies.ready(api)
    made = house.call(
        api, "POST", "/v1/body/positions",
        {"service": "mora", "debtor": _PERSON, "cents": 1_000, "manual": True},
        headers={"Idempotency-Key": "k1"},
    )  # fmt: skip
    assert made.status == 201, made.body
    assert taken == [house.tenant]
