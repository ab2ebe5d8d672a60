"""The description is valid, complete and true of what is answered."""

from __future__ import annotations

import os
from functools import cache
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from werkzeug.wrappers import Request, Response

from chalicelib.accounts.grants import Kind
from chalicelib.accounts.model import PERSONAL_SCOPES
from chalicelib.entry import openapi, web
from chalicelib.entry.web import Route
from infra.local.invoices import File, make
from tests.entry import visitors
from tests.entry.api_world import Answer, Api, Person
from tests.entry.routes import call, call_in, headers_in, label, parameters, routes

_OF_A_BODY = (
    "columns_name",
    "export_id",
    "movement_id",
    "settlement_id",
    "version_id",
    "statement_id",
    "service_id",
    "mapping_id",
    "import_id",
    "position_id",
    "receipt_name",
    "transfer_number",
    "generation_id",
    "export_id",
    "body_code",
    "cart_id",
    "preset_id",
    "help_id",
    "enclosure_id",
    "carrier_id",
    "account_id",
    "delivery_id",
    "run_id",
    "reversale_id",
    "assessment_id",
    "opi_year",
    "opi_number",
    "opi_message_id",
    "register_id",
    "fetch_id",
    "report_id",
    "event_id",
    "registration_id",
)
every_route = pytest.mark.parametrize("route", routes(), ids=label)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@cache
def described() -> dict[str, Any]:
    return openapi.document("https://sportello.example")


def validator(route: Route, status: int) -> Draft202012Validator:
    """Of the body that the description promises for this status."""
    operation = described()["paths"][route.path][route.method.lower()]
    answer = operation["responses"][str(status)]
    if "$ref" in answer:
        answer = described()["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    schema = {**answer["content"]["application/json"]["schema"], **_components()}
    return Draft202012Validator(schema, format_checker=FormatChecker())


def _components() -> dict[str, Any]:
    return {"components": described()["components"]}


def conforms(route: Route, answer: Answer) -> None:
    validator(route, answer.status).validate(answer.json)


@pytest.fixture(scope="module")
def person(api: Api) -> Person:
    found = api.add_reseller("described")
    api.add_customer(found.tenant)
    return found


@pytest.fixture(scope="module")
def ids(api: Api, person: Person) -> dict[str, str]:
    """Real things for the path's parameters: the document is held and has been told of."""
    api.hand_in(person.token, "a.xml", make(bodies=2, attachments=(File("a.txt", "", b"x"),)))
    held = api.hand_in(person.token, "b.xml", make(bodies=2))
    key_id = api.key(person.tenant, "flows:read").split("_")[2]
    ordering = next(route for route in routes() if route.name == "place_order")
    headers = {"Idempotency-Key": "described"}
    order = call(api, ordering, person.token, headers=headers).json["id"]
    return {
        "customer_id": "c1",
        "product": "preservation",
        "order_id": order,
        "key_id": key_id,
        "grant_id": visitors.enter(api, person.tenant, "reseller", "operator").grant.id,
        "flow_id": held,
        "document_id": held,
        # Of a body, which this reseller is not.
        **dict.fromkeys(_OF_A_BODY, "none"),
    }


def test_the_description_is_valid() -> None:
    validate(described(), cls=OpenAPIV31SpecValidator)
    assert described()["openapi"].startswith("3.1")


@pytest.mark.feature("F004-004")
def test_every_route_is_described_and_nothing_else() -> None:
    found = {
        (method.upper(), path)
        for path, operations in described()["paths"].items()
        for method in operations
    }
    assert found == {(route.method, route.path) for route in routes()}
    ids = [op["operationId"] for path in described()["paths"].values() for op in path.values()]
    assert len(ids) == len(set(ids))


def test_what_is_served_is_what_is_generated(api: Api) -> None:
    answer = api.call("GET", "/v1/openapi.json")
    assert answer.status == 200
    assert answer.json == openapi.document(os.environ["PUBLIC_URL"])


@every_route
def test_what_a_route_wants_is_described(route: Route) -> None:
    operation = described()["paths"][route.path][route.method.lower()]
    kinds = {"key", "session"}
    if route.scope == web.PUBLIC:
        kinds = set()
    elif route.scope == web.SESSION or route.scope in PERSONAL_SCOPES:
        kinds = {"session"}
    assert {kind for one in operation["security"] for kind in one} == kinds
    named = {(one["in"], one["name"]): one for one in operation["parameters"]}
    assert {name for kind, name in named if kind == "path"} == set(parameters(route))
    queries = set(route.query.model_fields) if route.query else set()
    assert {name for kind, name in named if kind == "query"} == queries
    assert ("requestBody" in operation) == (route.body is not None)
    key = named.get(("header", "Idempotency-Key"))
    assert (key is not None) == (route.idempotency_key or route.repeatable)
    if key:
        assert key["required"] is route.idempotency_key
    if route.scope != web.PUBLIC:
        assert f"`{route.scope}`" in operation["description"]


@every_route
def test_real_answers_are_as_described(
    api: Api, person: Person, ids: dict[str, str], route: Route
) -> None:
    token = person.token
    answers = [call_in(api, route, token, ids), call_in(api, route, token), call(api, route)]
    for answer in answers:
        conforms(route, answer)


def test_a_document_in_every_shape_is_as_described(api: Api, person: Person) -> None:
    detail = next(route for route in routes() if route.name == "get_document")
    files = {
        "sent.xml": make(number="S/1"),
        "broken.xml": make(number="S/2").replace(b"<Divisa>EUR", b"<Divisa>EURO"),
        "paper.pdf": b"%PDF-1.4",
        "pa.xml": make(number="S/3", format="FPA12"),
    }
    for name, data in files.items():
        document = api.hand_in(person.token, name, data)
        conforms(detail, call(api, detail, person.token, {"document_id": document}))


def shim(api: Api) -> Any:
    """The API as a WSGI application, for schemathesis."""

    @Request.application
    def application(request: Request) -> Response:
        target = quote(request.path)
        if request.query_string:
            target += "?" + request.query_string.decode("ascii")
        answer = api.call(
            request.method,
            target,
            body=request.get_data() or None,
            headers=dict(request.headers.items()),
        )
        return Response(answer.body, answer.status, list(answer.headers.items()))

    return application


@pytest.fixture(scope="module")
def schema(api: Api) -> Any:
    found = schemathesis.openapi.from_dict(openapi.document("http://localhost"))
    found.app = shim(api)
    return found


@every_route
def test_generated_requests_get_described_answers(
    api: Api, person: Person, ids: dict[str, str], schema: Any, route: Route
) -> None:
    """As whoever may enter, in a session where no key does."""
    operation = schema[route.path][route.method]
    homes: dict[Kind, str] = {"reseller": person.tenant}

    @settings(
        max_examples=6,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def fuzz(case: Any) -> None:
        if parameters(route):
            case.path_parameters = {name: ids[name] for name in parameters(route)}
        response = case.call(headers=headers_in(api, route, person.token, homes))
        case.validate_response(response, checks=CHECKS)

    fuzz()
