"""Who comes in by which door: made from the declarations, so a new route is covered at once."""

from __future__ import annotations

import itertools

import pytest

import app as application
from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import SCOPES
from chalicelib.entry import web
from chalicelib.entry.web import Route
from infra.local.invoices import make
from infra.local.subjects import SUPPLIER
from tests.entry import visitors
from tests.entry.api_world import Api, Person
from tests.entry.routes import RANDOM_ID, call, label, masked, parameters, routes

SDI_DOOR = ("POST", "/sdi/TrasmissioneFatture")
RESTRICTED = ("flows:read", "documents:read", "documents:write")
every_route = pytest.mark.parametrize("route", routes(), ids=label)


def test_every_route_is_declared_or_the_door_of_sdi() -> None:
    served = {
        (method, path) for path, methods in application.app.routes.items() for method in methods
    }
    assert served - {(route.method, route.path) for route in routes()} == {SDI_DOOR}
    assert {(route.method, route.path) for route in routes()} <= served
    assert len({route.name for route in routes()}) == len(routes())


def test_the_framework_itself_adds_nothing() -> None:
    assert application.app.debug is False
    entries = [e for methods in application.app.routes.values() for e in methods.values()]
    assert not any(entry.cors or entry.authorizer for entry in entries)


def test_only_these_are_public() -> None:
    """What says nothing of anybody, and the ways in."""
    public = {label(route) for route in routes() if route.scope == web.PUBLIC}
    assert public == {
        "GET /v1/health",
        "GET /v1/openapi.json",
        "GET /v1/help/sending",
        "POST /v1/signup",
        "POST /v1/registration",
        "POST /v1/login",
        "POST /v1/login/code",
        "POST /v1/login/enrol",
        "POST /v1/login/enrol/confirm",
        "POST /v1/password/reset",
        "POST /v1/password",
        # The citizens' portal: what is somebody's is asked for by its whole key.
        "GET /v1/portal/bodies",
        "GET /v1/portal/bodies/{body_code}",
        "GET /v1/portal/bodies/{body_code}/logo",
        "POST /v1/portal/bodies/{body_code}/services/{service_id}",
        "GET /v1/portal/carts/{cart_id}",
        "POST /v1/portal/carts",
        "POST /v1/portal/help",
        "POST /v1/portal/notice",
        "POST /v1/portal/receipt",
        "POST /v1/portal/receipts",
        "POST /v1/portal/training-receipt",
        "POST /v1/portal/search",
    }


# ------------------------------------------------------------------ keys
def _bad_tokens(api: Api, alfa: Person, beta: Person) -> dict[str, str]:
    _, tenant, key_id, secret = alfa.token.split("_")
    revoked = api.key(alfa.tenant, *SCOPES)
    accounts.revoke_key(alfa.tenant, revoked.split("_")[2], api.now)
    return {
        "none": "",
        "noise": "abc",
        "half": f"sk_{tenant}_{key_id}",
        "wrong secret": f"sk_{tenant}_{key_id}_{secret[:-1]}{'0' if secret[-1] != '0' else '1'}",
        "no secret": f"sk_{tenant}_{key_id}_",
        "secret of another": f"sk_{tenant}_{key_id}_{beta.token.split('_')[3]}",
        "under another reseller": f"sk_{beta.tenant}_{key_id}_{secret}",
        "unknown key": f"sk_{tenant}_000000000000_{secret}",
        "house": f"sk__house_{key_id}_{secret}",
        "revoked": revoked,
    }


def test_without_a_good_key_only_the_public_answers(api: Api, alfa: Person, beta: Person) -> None:
    tokens = _bad_tokens(api, alfa, beta)
    for route in routes():
        if route.scope == web.PUBLIC:
            answer = call(api, route)
            assert answer.status == route.status or answer.code != "unauthorized", route.name
            continue
        refusals = {what: call(api, route, token) for what, token in tokens.items()}
        for what, answer in refusals.items():
            assert (answer.status, answer.code) == (401, "unauthorized"), (route.name, what)
        # Why a key is bad is nobody's business.
        assert len({str(masked(answer)) for answer in refusals.values()}) == 1


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "bearer  ", "Token {}", "{}"])
def test_only_a_bearer_token_is_a_key(api: Api, alfa: Person, header: str) -> None:
    headers = {"Authorization": header.format(alfa.token)}
    assert api.call("GET", "/v1/me", headers=headers).status == 401


def test_the_scheme_may_be_written_in_any_case(api: Api, alfa: Person) -> None:
    headers = {"authorization": f"bEARER {alfa.token}"}
    assert api.call("GET", "/v1/me", headers=headers).status == 200


@pytest.fixture(scope="module")
def single(api: Api) -> dict[str, str]:
    """Of one reseller, a key for each scope."""
    tenant = api.add_reseller("scopes").tenant
    api.add_customer(tenant)
    return {scope: api.key(tenant, scope) for scope in SCOPES}


@every_route
def test_each_scope_opens_its_own_routes_only(
    api: Api, single: dict[str, str], route: Route
) -> None:
    """What only a person may is opened by no key (tests/entry/test_matrix.py has the persons)."""
    for scope, token in single.items():
        if route.scope == web.SESSION:
            assert call(api, route, token).status == 401, scope
            continue
        changed = {}
        if route.name == "issue_key":
            changed = {"body": {"name": "k", "scopes": [scope]}}
        answer = call(api, route, token, **changed)
        if route.scope == web.PUBLIC:
            assert answer.status < 400 or answer.code not in ("unauthorized", "forbidden"), scope
        elif route.scope == scope:
            assert answer.status not in (401, 403), (scope, answer.body)
            assert answer.status < 500, (scope, answer.body)
        else:
            assert (answer.status, answer.code) == (403, "forbidden"), scope
            assert answer.json["error"]["details"] == {"needs": route.scope}


def test_who_may_not_enter_learns_nothing_about_the_request(
    api: Api, single: dict[str, str]
) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "x" * 300}
    for route in routes():
        if route.scope != web.PUBLIC:
            bad = {"body": b"{" if route.body else None, "query": {"no": "such"}}
            assert call(api, route, "", headers=headers, **bad).status == 401
            token = next(key for scope, key in single.items() if scope != route.scope)
            status = 401 if route.scope == web.SESSION else 403
            assert call(api, route, token, headers=headers, **bad).status == status


def test_a_revoked_key_opens_nothing_from_the_next_request_on(api: Api, alfa: Person) -> None:
    """Server side of F004-078; its page is elsewhere."""
    token = api.key(alfa.tenant, "flows:read")
    assert api.call("GET", "/v1/me", token).status == 200
    key_id = token.split("_")[2]
    first = api.call("DELETE", f"/v1/keys/{key_id}", alfa.token)
    assert first.status == 200
    assert first.json["revoked_at"]
    assert api.call("GET", "/v1/me", token).status == 401
    again = api.call("DELETE", f"/v1/keys/{key_id}", alfa.token)
    assert again.json == first.json


# ------------------------------------------------------------------ other resellers
def _belongings(api: Api, person: Person) -> dict[str, str]:
    """One thing of each kind, by the name of its path parameter."""
    api.add_customer(person.tenant, "theirs", SUPPLIER)
    document = api.hand_in(person.token, "a.xml", make())
    key_id = api.key(person.tenant, "flows:read").split("_")[2]
    order = call(api, _named("place_order"), person.token, headers={"Idempotency-Key": "theirs"})
    grant = visitors.enter(api, person.tenant, "reseller", "operator").grant
    return {
        "customer_id": "theirs",
        "grant_id": grant.id,
        "order_id": order.json["id"],
        "key_id": key_id,
        "flow_id": document,
        "document_id": document,
    }


@pytest.mark.feature("F004-065")
def test_what_is_anothers_is_as_if_it_were_not(api: Api, alfa: Person, beta: Person) -> None:
    # A product is nobody's: what is asked for is the customer that it is switched on for.
    ids = _belongings(api, beta) | {"product": "preservation"}
    # What a key is never given is in test_matrix, with persons.
    # What a body has is in test_dues and test_positions: a reseller has none of it.
    found = [
        one
        for one in routes()
        if parameters(one) and one.scope in SCOPES and not one.scope.startswith("body:")
    ]
    assert {name for route in found for name in parameters(route)} == set(ids)
    for route in found:
        theirs, nobodys = call(api, route, alfa.token, ids), call(api, route, alfa.token)
        assert theirs.status == nobodys.status == 404, route.name
        assert masked(theirs) == masked(nobodys), route.name
        own = call(api, route, beta.token, ids)
        assert own.status not in (401, 403, 404), (route.name, own.body)


@pytest.mark.feature("F004-065")
def test_lists_show_only_ones_own(api: Api, alfa: Person, beta: Person) -> None:
    ids = _belongings(api, beta)
    for route in routes():
        if route.method == "GET" and not parameters(route) and route.scope != web.PUBLIC:
            answer = call(api, route, alfa.token)
            text = answer.body.decode()
            assert beta.tenant not in text, route.name
            assert not any(f'"{one}"' in text for one in ids.values()), route.name
    assert call(api, _named("numbering"), beta.token).status == 200
    assert call(api, _named("numbering"), alfa.token).status == 404


def _named(name: str) -> Route:
    return next(route for route in routes() if route.name == name)


def test_a_customer_of_another_reseller_cannot_be_spoken_of(
    api: Api, alfa: Person, beta: Person
) -> None:
    api.add_customer(beta.tenant, "theirs", SUPPLIER)
    held = api.hand_in(alfa.token, "x.xml", make("TD01", seller=SUPPLIER))

    def ask(customer: str) -> list[object]:
        return [
            masked(answer)
            for answer in (
                api.call("POST", "/v1/uploads", alfa.token,
                         {"files": [{"name": "a"}], "customer": customer}),
                api.call("POST", "/v1/documents", alfa.token, b"x",
                         query={"name": "a", "customer": customer},
                         headers={"Idempotency-Key": "1"}),
                api.call("POST", "/v1/keys", alfa.token,
                         {"name": "k", "scopes": ["flows:read"], "customer": customer}),
                api.call("POST", f"/v1/documents/{held}/decision", alfa.token,
                         {"action": "send", "customer": customer}),
            )
        ]  # fmt: skip

    assert ask("theirs") == ask("nobody")
    for path in ("/v1/flows", "/v1/documents"):
        query = {"customer": "theirs"}
        answer = api.call("GET", path, alfa.token, query=query)
        assert list(answer.json.values()) == [[], None]


# ------------------------------------------------------------------ one customer's key
@pytest.fixture
def shared(api: Api, alfa: Person) -> tuple[Person, str, dict[str, str]]:
    """A reseller with documents of two customers and of nobody; a key of the first."""
    api.add_customer(alfa.tenant, "c2", SUPPLIER)
    token = api.key(alfa.tenant, *RESTRICTED, customer="c1")
    found = {
        "c1": api.hand_in(alfa.token, "1.xml", make(number="1/2026")),
        "c2": api.hand_in(alfa.token, "2.xml", make("TD01", number="2/2026", seller=SUPPLIER)),
        "": api.hand_in(alfa.token, "0.pdf", b"%PDF-1.4 no invoice in here"),
    }
    return alfa, token, found


def test_a_customers_key_sees_his_own_only(
    api: Api, shared: tuple[Person, str, dict[str, str]]
) -> None:
    _, token, found = shared
    for path, name in (("/v1/flows", "flows"), ("/v1/documents", "documents")):
        for query in ({}, {"customer": "c1"}):
            listed = api.call("GET", path, token, query=query).json[name]
            assert [one["id"] for one in listed] == [found["c1"]]
        assert api.call("GET", path, token, query={"customer": "c2"}).status == 404
    for route, owner in itertools.product(routes(), ("c2", "")):
        if set(parameters(route)) & {"document_id", "flow_id"}:
            ids = {"document_id": found[owner], "flow_id": found[owner]}
            theirs = call(api, route, token, ids)
            assert theirs.status == 404, route.name
            assert masked(theirs) == masked(call(api, route, token)), route.name
    assert call(api, _named("numbering"), token).status == 200
    other = {"issuer": SUPPLIER.country + SUPPLIER.vat, "year": "2026"}
    assert call(api, _named("numbering"), token, query=other).status == 404


def test_a_customers_key_hands_in_for_him_only(
    api: Api, shared: tuple[Person, str, dict[str, str]]
) -> None:
    person, token, _ = shared
    document = api.hand_in(token, "9.xml", make(number="9/2026"))
    answer = api.call("GET", f"/v1/flows/{document}", token)
    assert answer.json["customer"] == "c1"
    assert answer.json["sender"] == token.split("_")[2]
    foreign = api.hand_in(token, "8.xml", make("TD01", number="8/2026", seller=SUPPLIER))
    held = api.call("GET", f"/v1/documents/{foreign}", token).json
    assert (held["state"], held["held"], held["customer"]) == ("held", "seller_mismatch", "c1")
    query = {"name": "a.xml", "customer": "c2"}
    headers = {"Idempotency-Key": "z"}
    assert (
        api.call("POST", "/v1/documents", token, b"x", query=query, headers=headers).status == 404
    )
    wanted = {"files": [{"name": "a.xml"}], "customer": "c2"}
    assert api.call("POST", "/v1/uploads", token, wanted).status == 404
    slot = api.call("POST", "/v1/uploads", person.token, {"files": [{"name": "a"}]}).json
    path = f"/v1/flows/{slot['uploads'][0]['id']}"
    assert api.call("GET", path, person.token).json["state"] == "awaited"
    assert api.call("GET", path, token).status == 404


@pytest.mark.feature("F004-044")
def test_the_reseller_can_do_with_a_document_what_its_customer_can(
    api: Api, shared: tuple[Person, str, dict[str, str]]
) -> None:
    person, token, found = shared
    ids = {"document_id": found["c1"], "flow_id": found["c1"]}
    twice = api.hand_in(token, "1.xml", make(number="1/2026"))
    operations: dict[str, dict[str, int]] = {}
    for who, key in (("customer", token), ("reseller", person.token)):
        operations[who] = {
            route.name: call(api, route, key, ids).status
            for route in routes()
            if route.scope in RESTRICTED
        }
    assert operations["customer"] == operations["reseller"]
    assert 403 not in operations["reseller"].values()
    details = [api.call("GET", f"/v1/documents/{twice}", key).json for key in (token, person.token)]
    assert details[0] == details[1]
    assert details[0]["actions"] == ["send", "discard"]
    decided = api.call("POST", f"/v1/documents/{twice}/decision", token, {"action": "discard"})
    assert decided.json["state"] == "discarded"
    again = api.call("POST", f"/v1/documents/{twice}/decision", person.token, {"action": "discard"})
    assert again.json["state"] == "discarded", "the same decision is the same answer"


def test_a_customers_key_may_not_be_more(api: Api, alfa: Person) -> None:
    for scope in set(SCOPES) - set(RESTRICTED):
        wanted = {"name": "k", "scopes": [scope], "customer": "c1"}
        answer = api.call("POST", "/v1/keys", alfa.token, wanted)
        assert (answer.status, answer.code) == (422, "scope_of_customer")
    assert api.call("GET", f"/v1/flows/{RANDOM_ID}", alfa.token).status == 404
