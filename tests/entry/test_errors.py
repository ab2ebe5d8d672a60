"""One shape for every refusal, whoever refuses, and codes that a program can rely on."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.base import limits
from chalicelib.entry import web
from tests.entry.api_world import Answer, Api, Person
from tests.entry.codes import ELSEWHERE, answered, collected
from tests.entry.routes import call, call_in, label, parameters, routes

# One world and one reseller serve all examples: nothing here changes them.
fuzz = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_JSON = {"content-type": "application/json"}
with_model = [r for r in routes() if r.body is not None and r.body is not bytes]


def check(answer: Answer, *statuses: int) -> str:
    """The one shape; gives the code."""
    assert answer.status >= 400
    assert not statuses or answer.status in statuses, (answer.status, answer.body)
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json) == {"error"}
    error = answer.json["error"]
    assert set(error) == {"code", "message", "details", "request_id"}
    assert error["code"] in answered()
    assert isinstance(error["message"], str)
    assert error["message"]
    assert isinstance(error["details"], dict)
    assert error["request_id"].startswith("request-")
    assert "Traceback" not in answer.body.decode()
    return str(error["code"])


@pytest.fixture(scope="module")
def token(api: Api) -> str:
    person = api.add_reseller("errors")
    api.add_customer(person.tenant)
    return person.token


# ------------------------------------------------------------------ codes
def test_codes_are_stable_words_or_those_of_sdi() -> None:
    found, unknown = collected()
    assert len(found) > 60, "the collector sees the code base"
    assert {"scope_above", "number_taken", "not_held", "zip_too_many", "00106"} - found <= {
        "zip_too_many"
    }
    for code in found | answered():
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*|\d{5}", code), code
    assert unknown <= set(ELSEWHERE), "a code that no reader can look up"


# ------------------------------------------------------------------ whatever is sent
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@pytest.mark.parametrize("route", with_model, ids=label)
@settings(fuzz, max_examples=15)
@given(body=st.binary(max_size=60) | json_values.map(lambda v: json.dumps(v).encode()))
@example(body=b"{")
@example(body=b"[" * 100_000)
@example(body=b'{"a":' * 50_000)
@example(body=b"9" * 10_000)
@example(body=b'"\\ud800"')
@example(body=b'{"\\ud800": "\\ud800", "name": "\\ud800"}')
@example(body=b"\xff\xfe{\x00}\x00")
@example(body=b'{"name": "\\u0000", "scopes": ["\\u0000"], "files": [{"name": "\\u0000"}]}')
@example(body=b'{"name": NaN, "unknown": 1}')
@example(body=b"null")
@example(body=b'{"name":"' + b"x" * 1_000_000 + b'"}')
def test_no_body_gets_another_shape(api: Api, token: str, route: Any, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = call_in(api, route, token, body=body, headers=headers)
    if answer.status >= 400:
        # A body that happens to be right is judged by what it says.
        check(answer, 400, 401, 403, 404, 409, 410, 422, 429)
        assert answer.code not in ("unauthorized", "forbidden")


@pytest.mark.parametrize("route", with_model, ids=label)
def test_unknown_fields_are_named(api: Api, token: str, route: Any) -> None:
    answer = call_in(api, route, token, body={"no_such_field": 1})
    assert check(answer, 400) == "invalid_request"
    fields = [one["field"] for one in answer.json["error"]["details"]["fields"]]
    assert "no_such_field" in fields


@settings(fuzz, max_examples=30)
@given(
    name=st.sampled_from(
        ["customer", "state", "cursor", "limit", "amount_min", "date_from", "type", "x", "number"]
    ),
    value=st.text(max_size=40),
)
@example(name="amount_min", value="NaN")
@example(name="amount_min", value="1e999999")
@example(name="limit", value="9" * 5_000)
@example(name="limit", value="0")
@example(name="cursor", value="W" * 1_000)
@example(name="cursor", value="W1tb")
@example(name="cursor", value="bnVsbA")
@example(name="cursor", value="é")
@example(name="number", value="\x00")
def test_no_query_gets_another_shape(api: Api, token: str, name: str, value: str) -> None:
    for path in ("/v1/documents", "/v1/flows"):
        try:
            answer = api.call("GET", path, token, query={name: value})
        except UnicodeEncodeError:
            return  # no client can send a lone surrogate
        if answer.status >= 400:
            check(answer, 400)


@settings(fuzz, max_examples=12)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80))
@example("\x00")
@example("a\r\nX-Injected: 1")
@example("..")
@example("../../customers")
@example("%2e%2e%2f")
@example("a#b")
@example("x" * 5_000)
def test_no_path_gets_another_shape(api: Api, token: str, part: str) -> None:
    for route in routes():
        if parameters(route):
            ids = dict.fromkeys(parameters(route), quote(part, safe=""))
            # Who names a thing by a PUT is told when it cannot be a name.
            named = (422,) if route.method == "PUT" else ()
            check(call_in(api, route, token, ids), 404, *named)


@pytest.mark.parametrize("path", ["/", "/v1", "/v2/documents", "/v1/documents/a/b", "/v1//x"])
def test_unknown_addresses(api: Api, token: str, path: str) -> None:
    """API Gateway refuses these before the function is asked; asked all the same, it does too."""
    for method in ("GET", "POST"):
        check(api.call(method, path, token), 404, 405)


def test_what_api_gateway_says_by_itself_has_the_same_shape(api: Api) -> None:
    told = api.gateway_responses
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "MISSING_AUTHENTICATION_TOKEN"} <= set(told)
    for kind, response in told.items():
        text = response["ResponseTemplates"]["application/json"]
        text = text.replace("$context.error.messageString", '"words"')
        text = text.replace("$context.requestId", "request-0")
        answer = Answer(int(response.get("StatusCode", 500)), _JSON, text.encode())
        assert set(answer.json["error"]) == {"code", "message", "details", "request_id"}, kind
        assert re.fullmatch(r"[a-z_]+", answer.code)
    unknown = told["MISSING_AUTHENTICATION_TOKEN"]
    assert unknown["StatusCode"] == "404"
    assert '"not_found"' in unknown["ResponseTemplates"]["application/json"]


def test_other_methods(api: Api, token: str) -> None:
    offered = {(route.method, route.path) for route in routes()}
    for route in routes():
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
            if (method, route.path) not in offered:
                answer = api.call(method, route.path.replace("{", "").replace("}", ""), token)
                assert check(answer, 405) == "method_not_allowed"


def test_other_content_types(api: Api, token: str) -> None:
    for route in routes():
        if route.body is not None:
            kinds = ["text/plain", "multipart/form-data; boundary=x", 'a"error"', "image/png"]
            for kind in kinds:
                answer = call(api, route, token, headers={"Content-Type": kind}, body=b"{}")
                assert check(answer, 415) == "unsupported_media_type"


def test_idempotency_keys(api: Api, token: str) -> None:
    for route in routes():
        wrong = {"Idempotency-Key": "k" * (limits.IDEMPOTENCY_KEY_CHARS + 1)}
        if route.scope != web.PUBLIC:
            answer = call_in(api, route, token, headers=wrong)
            assert check(answer, 400) == "idempotency_key"
        if route.idempotency_key:
            for missing in ({}, {"Idempotency-Key": ""}):
                answer = call_in(api, route, token, headers=missing)
                assert check(answer, 400) == "idempotency_key_missing"
    odd = {"Idempotency-Key": "a\tb"}
    assert check(api.call("POST", "/v1/uploads", token, {"files": []}, headers=odd)) == (
        "idempotency_key"
    )


def test_a_body_over_the_limit(api: Api, token: str) -> None:
    query, headers = {"name": "a.xml"}, {"Idempotency-Key": "huge"}
    huge = bytes(limits.API_BODY_BYTES + 1)
    answer = api.call("POST", "/v1/documents", token, huge, query=query, headers=headers)
    assert check(answer, 413) == "document_too_large"
    empty = api.call("POST", "/v1/documents", token, b"", query=query, headers=headers)
    assert check(empty, 400) == "00106"


def test_a_bug_is_told_without_its_reasons(
    api: Api, alfa: Person, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("the secret of the house")

    monkeypatch.setattr("chalicelib.accounts.service.get_reseller", broken)
    answer = api.call("GET", "/v1/settings", alfa.token)
    assert check(answer, 500) == "internal"
    assert "secret of the house" not in answer.body.decode()
    assert '"request_failed"' in capsys.readouterr().out


def test_answers_are_never_kept_by_caches(api: Api, token: str) -> None:
    for route in routes():
        assert call(api, route, token).headers["cache-control"] == "no-store"
