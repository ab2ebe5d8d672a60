"""What was said between us and a simulated service, against that service's official description.

    with listening() as said: ...
    for one in said: contracts.check(one)

A request must be one that the description knows: its address, method, query, body, each value by
its schema, and no field that has no place in it. An answer must be one that it announces, so that
the simulator promises nothing that the real service does not. OpenAPI 3.0, 3.1 and Swagger 2.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
import yaml
from openapi_schema_validator import OAS30Validator, OAS31Validator

from chalicelib.base import net
from chalicelib.base.errors import Transient

SCHEMAS = Path(__file__).resolve().parents[4] / "shared/schemas/pagopa"
# Where each description is served, as facts (pagopa.md sections 5 to 9) have it.
SERVED = {
    "/gpd/debt-positions-service/v1": "gpd/debt-position_external_v1.json",
    "/aca/debt-positions-service/v1": "gpd/debt-position_aca_v1.json",
    "/upload/gpd/debt-positions-service/v2": "gpd/gpd-upload_v2.json",
    "/upload/aca/debt-positions-service/v2": "gpd/gpd-upload_v2.json",
    "/gpd/payments-receipts-service/v1": "gpd/gpd-payments-receipts.json",
    "/bizevents/service/v1": "bizevents/openapi_ec.json",
    "/fdr-org/service/v1": "fdr/fdr3_org_openapi.json",
    "/checkout/ec": "checkout/payment-requests-api_v2.yaml",
    "/api/v1": "io/io-functions-services_index.yaml",
}
# What stands before every service answers this by itself and in its own words; the descriptions
# often leave it out.
ALWAYS = ("401", "429")
# Put in by what stands before the service: nobody who calls it sends them.
NOT_OURS = ("x-client-id", "x-request-id")
_MIXING = ("allOf", "anyOf", "oneOf")


@dataclass(frozen=True)
class Exchange:
    """A request and its answer, both as they went over the wire; `status` 0: there was none."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    answer: bytes
    answer_headers: Mapping[str, str]


@contextmanager
def listening() -> Iterator[list[Exchange]]:
    """Everything that is asked by `base.net` meanwhile, as far as somebody answered it."""
    said: list[Exchange] = []
    real = net.request

    def heard(
        method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> net.Reply:  # fmt: skip
        try:
            reply = real(method, url, body, headers, **more)
        except Transient:
            said.append(Exchange(method, url, dict(headers or {}), body, 0, b"", {}))
            raise
        said.append(Exchange(
            method, url, dict(headers or {}), body, reply.status, reply.body, reply.headers,
        ))  # fmt: skip
        return reply

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(net, "request", heard)
        yield said


def here() -> bool:
    return all((SCHEMAS / name).exists() for name in SERVED.values())


def check(one: Exchange) -> str:
    """The operation it was, as "service method path". AssertionError with what deviates."""
    path = unquote(urlsplit(one.url).path)
    base = next((base for base in SERVED if path.startswith(f"{base}/")), None)
    assert base is not None, f"no service is described at {path}"
    return f"{base} {_described(SERVED[base]).check(one, path.removeprefix(base))}"


@cache
def _described(name: str) -> _Description:
    # Java's sign for blanks, which Python's expressions do not know.
    text = (SCHEMAS / name).read_text(encoding="utf-8").replace(r"\\h", r" \\t")
    return _Description(json.loads(text) if name.endswith(".json") else yaml.safe_load(text))


class _Description:
    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.is_swagger = "swagger" in document
        newer = str(document.get("openapi", "")).startswith("3.1")
        self.validator = OAS31Validator if newer else OAS30Validator
        named = document["definitions"] if self.is_swagger else document["components"]["schemas"]
        # Of several that hold at once, none may shut out what the others name.
        mixed = {each.rpartition("/")[2] for each in _mixed(document)}
        for name, each in named.items():
            if name not in mixed:
                _close(each)

    def check(self, one: Exchange, path: str) -> str:
        template, operation, values = self._operation(one.method.lower(), path)
        parameters = [self._resolved(each) for each in operation["parameters"]]
        self._require_parameters(one, parameters, values)
        self._require_body(one, operation, parameters)
        if one.status:
            self._require_answer(one, operation["responses"])
        return f"{one.method.lower()} {template}"

    def _operation(self, method: str, path: str) -> tuple[str, dict[str, Any], dict[str, str]]:
        for template, item in self.document["paths"].items():
            names = re.findall(r"{([^}]+)}", template)
            pattern = re.sub(r"{[^}]+}", "([^/]+)", template)
            if (found := re.fullmatch(pattern, path)) and method in item:
                both = [*item.get("parameters", []), *item[method].get("parameters", [])]
                values = dict(zip(names, found.groups(), strict=True))
                return template, item[method] | {"parameters": both}, values
        raise AssertionError(f"{method} {path} is not described")

    def _resolved(self, value: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in value:
            found: Any = self.document
            for part in value["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            value = found
        return value

    def _valid(self, schema: Any, value: Any, where: str) -> None:
        whole = {**schema, "components": self.document.get("components", {}),
                 "definitions": self.document.get("definitions", {})}  # fmt: skip
        checker = self.validator.FORMAT_CHECKER
        for error in self.validator(whole, format_checker=checker).iter_errors(value):
            raise AssertionError(f"{where}{error.json_path.removeprefix('$')}: {error.message}")

    def _require_parameters(
        self, one: Exchange, parameters: list[dict[str, Any]], values: dict[str, str]
    ) -> None:
        given = {
            "path": values,
            "query": dict(parse_qsl(urlsplit(one.url).query, strict_parsing=True))
            if urlsplit(one.url).query else {},
            "header": {name.casefold(): value for name, value in one.headers.items()},
        }  # fmt: skip
        known = {each["name"] for each in parameters if each["in"] == "query"}
        assert given["query"].keys() <= known, f"{given['query'].keys() - known} in {one.url}"
        for each in parameters:
            if each["in"] not in given or each["name"].casefold() in NOT_OURS:
                continue
            header = each["in"] == "header"
            name = each["name"].casefold() if header else each["name"]
            text = given[each["in"]].get(name)
            assert text is not None or not each.get("required"), f"{name} is missing: {one.url}"
            if text is not None:
                schema = self._resolved(each.get("schema") or each)
                plain = {k: v for k, v in schema.items() if k not in ("name", "in", "required")}
                self._valid(plain, _typed(text, schema.get("type")), f"{one.url} {name}")

    def _require_body(
        self, one: Exchange, operation: dict[str, Any], parameters: list[dict[str, Any]]
    ) -> None:
        where = f"{one.method} {one.url}"
        content = self._resolved(operation.get("requestBody", {})).get("content", {})
        if self.is_swagger:
            bodies = [each["schema"] for each in parameters if each["in"] == "body"]
            content = {"application/json": {"schema": bodies[0]}} if bodies else {}
        if not one.body:
            assert not operation.get("requestBody", {}).get("required"), f"{where}: no body"
            return
        kind = one.headers["Content-Type"].partition(";")[0]
        assert kind in content, f"{where}: {kind} is not one of {list(content)}"
        schema = self._resolved(content[kind]["schema"])
        if kind == "multipart/form-data":
            sent = f"Content-Type: {one.headers['Content-Type']}\r\n\r\n".encode() + one.body
            form = BytesParser(policy=HTTP).parsebytes(sent)
            names = {part.get_param("name", header="content-disposition")
                     for part in form.iter_parts()}  # fmt: skip
            assert set(schema.get("required", ())) <= names <= schema["properties"].keys(), where
        else:
            self._valid(schema, json.loads(one.body), where)

    def _require_answer(self, one: Exchange, responses: dict[str, Any]) -> None:
        where, status = f"{one.status} to {one.method} {one.url}", str(one.status)
        if status in ALWAYS:
            return
        assert status in responses, f"{where} is not described"
        response = self._resolved(responses[status])
        headers = {name.casefold() for name in response.get("headers", {})}
        if "location" in headers:
            assert one.answer_headers.get("location"), f"{where}: no Location"
        content = response.get("content", {})
        if self.is_swagger and "schema" in response:
            content = {"application/json": {"schema": response["schema"]}}
        if not content:
            return
        kind = one.answer_headers.get("content-type", "").partition(";")[0]
        assert kind in content or "*/*" in content, f"{where}: {kind}, not {list(content)}"
        schema = content.get(kind, content.get("*/*")).get("schema")
        if schema and kind.endswith("json"):
            self._valid(schema, json.loads(one.answer), where)


def _typed(text: str, kind: str | list[str] | None) -> Any:
    """What stands in an address, as its schema counts it."""
    if kind in ("integer", "number", "boolean"):
        return json.loads(text)
    return text


def _close(schema: Any) -> None:
    """Objects with named fields have no others: a misspelt one would go unseen."""
    if isinstance(schema, list):
        for each in schema:
            _close(each)
    if not isinstance(schema, dict):
        return
    for name, each in schema.items():
        if name not in (*_MIXING, "example", "examples"):
            _close(each)
    if isinstance(schema.get("properties"), dict) and not schema.keys() & set(_MIXING):
        schema.setdefault("additionalProperties", False)


def _mixed(value: Any) -> Iterator[str]:
    """What is referred to as one of several."""
    if isinstance(value, list):
        for each in value:
            yield from _mixed(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _mixed(each)
            if name in _MIXING and isinstance(each, list):
                yield from (one["$ref"] for one in each if "$ref" in one)
