"""Every route × every role × own, other tenant, other cabinet, no session, expired, locked.

Made from the declarations: a route that is added is in it at once, and what a role may is what
`grants.SCOPES_OF` says and nothing else.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import timedelta

import pytest

from chalicelib.accounts import grants
from chalicelib.accounts.grants import Kind, Role
from chalicelib.accounts.model import PERSONAL_SCOPES, SCOPES
from chalicelib.base import clock, dynamo, limits
from chalicelib.base.dynamo import Delete, Update
from chalicelib.entry import session_door, web
from chalicelib.entry.web import Route
from infra.local.invoices import make
from infra.local.subjects import SUPPLIER
from tests.entry import visitors
from tests.entry.api_world import Answer, Api
from tests.entry.routes import call, label, masked, parameters, routes
from tests.entry.visitors import Visitor

PAIRS = sorted(grants.SCOPES_OF)
every_route = pytest.mark.parametrize("route", routes(), ids=label)
# These end or replace the session they are called with: each gets one of its own.
_CONSUMING = frozenset({"log_out", "step_up", "switch_grant", "change_password", "confirm_totp"})


@dataclass(frozen=True)
class Cast:
    """A tenant of each kind with a person of each role, and the same again elsewhere."""

    own: dict[tuple[Kind, Role], Visitor]
    other: dict[tuple[Kind, Role], Visitor]


def _scope(role: Role) -> dict[str, str]:
    return {"customer": "c1", "level": "white_label_plus"} if role == "customer" else {}


def _people(api: Api, homes: dict[Kind, str]) -> dict[tuple[Kind, Role], Visitor]:
    found = {}
    for kind, role in PAIRS:
        scope = _scope(role)
        found[kind, role] = visitors.enter(api, homes[kind], kind, role, **scope)
    return found


def _homes(api: Api) -> dict[Kind, str]:
    homes: dict[Kind, str] = {
        kind: visitors.tenant(api, kind) for kind in grants.KINDS if kind != "house"
    }
    for home in homes.values():
        api.add_customer(home)
    return {**homes, "house": "_house"}


@pytest.fixture(scope="module")
def cast(api: Api) -> Cast:
    return Cast(_people(api, _homes(api)), _people(api, _homes(api)))


def ask(api: Api, route: Route, visitor: Visitor, ids: dict[str, str] | None = None) -> Answer:
    key = {"Idempotency-Key": "k1"} if route.idempotency_key else {}
    return call(api, route, "", ids, headers=visitor.headers | key)


def fresh(api: Api, visitor: Visitor) -> Visitor:
    return visitors.session(visitor.grant, visitor.mail, api.now)


@pytest.mark.feature("F003-001", "F000-052", "U-01")
@every_route
def test_a_role_enters_where_its_scopes_say_and_nowhere_else(
    api: Api, cast: Cast, route: Route
) -> None:
    for (kind, role), visitor in cast.own.items():
        used_up = route.name in _CONSUMING
        answer = ask(api, route, fresh(api, visitor) if used_up else visitor)
        open_to_all = route.scope in (web.PUBLIC, web.SESSION)
        if open_to_all or route.scope in grants.scopes_of(kind, role):
            assert answer.status < 500, (kind, role, answer.body)
            refused = answer.status in (401, 403) and answer.code in ("unauthorized", "forbidden")
            assert not refused, (kind, role, answer.body)
        else:
            assert (answer.status, answer.code) == (403, "forbidden"), (kind, role)
            assert answer.json["error"]["details"] == {"needs": route.scope}


def _intruders(api: Api, home: str, kind: Kind, role: Role) -> dict[str, dict[str, str]]:
    """Headers of those who would have been let in, each for one reason less."""
    scope = _scope(role)

    def person(**more: object) -> Visitor:
        return visitors.enter(api, home, kind, role, **scope, **more)  # type: ignore[arg-type]

    idle = person()
    ended = person(ends_at=clock.stamp(api.now + timedelta(seconds=limits.SESSION_IDLE_S)))
    api.tick(limits.SESSION_IDLE_S)
    ended = visitors.session(ended.grant, "", ended_at := api.now - timedelta(seconds=2))
    assert clock.stamp(ended_at) < ended.grant.ends_at <= clock.stamp(api.now)
    revoked, changed, lender = person(), person(), person()
    copy = f"GRANT#{revoked.grant.tenant}#{revoked.grant.id}"
    dynamo.commit([Delete((f"T#_users#U#{revoked.user}", copy))])
    dynamo.commit([Update((f"T#_users#U#{changed.user}", "USER"), add={"generation": 1})])
    secret = person().cookie.rpartition(".")[2]
    forged = f"{lender.cookie.rpartition('.')[0]}.{secret}"
    return {
        "none": {},
        "noise": dataclasses.replace(lender, cookie="abc").headers,
        "secret of another": dataclasses.replace(lender, cookie=forged).headers,
        "revoked": revoked.headers,
        "password changed": changed.headers,
        "grant ended": ended.headers,
        "password alone": person(otp=False).headers,
        "idle": idle.headers,
    }


@pytest.fixture(scope="module")
def intruders(api: Api, cast: Cast) -> dict[tuple[Kind, Role], dict[str, dict[str, str]]]:
    """By who opens each route, those who nearly are he."""
    pairs = {_opener(route) for route in routes()}
    return {pair: _intruders(api, cast.own[pair].grant.tenant, *pair) for pair in sorted(pairs)}


def _opener(route: Route) -> tuple[Kind, Role]:
    return next((pair for pair in PAIRS if route.scope in grants.scopes_of(*pair)), PAIRS[0])


@every_route
def test_without_a_good_session_nobody_enters_and_nobody_learns_why(
    api: Api, intruders: dict[tuple[Kind, Role], dict[str, dict[str, str]]], route: Route
) -> None:
    if route.scope == web.PUBLIC:
        return
    answers = {
        what: call(api, route, "", headers=headers | _key(route))
        for what, headers in intruders[_opener(route)].items()
    }
    for what, answer in answers.items():
        assert (answer.status, answer.code) == (401, "unauthorized"), (what, answer.body)
    assert len({str(masked(answer)) for answer in answers.values()}) == 1


def _key(route: Route) -> dict[str, str]:
    return {"Idempotency-Key": "k1"} if route.idempotency_key else {}


@every_route
def test_a_page_that_is_not_ours_changes_nothing(api: Api, cast: Cast, route: Route) -> None:
    if route.method == "GET" or route.scope == web.PUBLIC:
        return
    visitor = fresh(api, next(iter(cast.own.values())))
    without = {"Cookie": visitor.headers["Cookie"]} | _key(route)
    answer = call(api, route, "", headers=without)
    assert (answer.status, answer.code) == (403, "csrf")
    foreign = visitor.headers | _key(route) | {"Origin": "https://evil.example"}
    answer = call(api, route, "", headers=foreign)
    assert (answer.status, answer.code) == (403, "origin")


def _things(api: Api, head: Visitor) -> dict[str, str]:
    """One of each thing of a reseller, by the name of its path parameter."""
    token = api.key(head.grant.tenant, *SCOPES)
    document = api.hand_in(token, "a.xml", make())
    order = head.call(api, "GET", "/v1/credits/orders").json
    return {
        "customer_id": "c1",
        "key_id": token.split("_")[2],
        "flow_id": document,
        "document_id": document,
        "grant_id": head.grant.id,
        "order_id": order["orders"][0]["id"] if order.get("orders") else "none",
    }


@pytest.mark.feature("U-01")
def test_what_belongs_to_another_tenant_is_as_if_it_were_not(api: Api, cast: Cast) -> None:
    pair: tuple[Kind, Role] = ("reseller", "administrator")
    ids = _things(api, fresh(api, cast.other[pair]))
    # What both have under one name (a customer's own code) is nobody's secret.
    ids["customer_id"] = "only-there"
    api.add_customer(cast.other[pair].grant.tenant, "only-there", SUPPLIER)
    for route in routes():
        if not parameters(route) or route.scope in (web.PUBLIC, web.SESSION):
            continue
        if route.scope not in grants.scopes_of(*pair):
            continue
        theirs = ask(api, route, fresh(api, cast.own[pair]), ids)
        nobodys = ask(api, route, fresh(api, cast.own[pair]))
        assert theirs.status == nobodys.status == 404, (route.name, theirs.body)
        assert masked(theirs) == masked(nobodys), route.name


def test_a_session_is_of_one_tenant_whatever_else_the_person_holds(api: Api, cast: Cast) -> None:
    head = cast.own["reseller", "administrator"]
    practice = cast.own["practice", "principal"].grant.tenant
    both = visitors.enter(api, practice, "practice", "secretary", user=head.user)
    assert both.call(api, "GET", "/v1/customers").status == 403
    assert fresh(api, head).call(api, "GET", "/v1/customers").status == 200


@pytest.mark.feature("F000-052")
def test_what_is_personal_is_given_to_no_key(api: Api) -> None:
    home = visitors.tenant(api, "reseller")
    token = api.key(home, *SCOPES)
    for route in routes():
        if route.scope in PERSONAL_SCOPES:
            answer = call(api, route, token)
            assert (answer.status, answer.code) == (403, "forbidden"), route.name
        if route.scope == web.SESSION:
            assert call(api, route, token).status == 401, route.name


def test_the_table_of_dangerous_acts_names_routes_that_exist() -> None:
    assert {route.name for route in routes()} >= session_door.DANGEROUS
