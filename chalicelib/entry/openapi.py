"""The OpenAPI 3.1 document, made of the declared routes."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from chalicelib.accounts.model import PERSONAL_SCOPES, SCOPES
from chalicelib.entry import session_door, web

_PARAMETER = re.compile(r"\{(\w+)\}")
_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "details", "request_id"],
            "properties": {
                "code": {"type": "string", "description": "Stable; made for programs."},
                "message": {"type": "string", "description": "Made for people."},
                "details": {"type": "object"},
                "request_id": {"type": "string"},
            },
        }
    },
}


@cache
def document(server: str) -> dict[str, Any]:
    """The whole description, made once in a process: to be read only. `server` is the public
    address."""
    models: list[Any] = []
    for route in web.ROUTES:
        if route.answer:
            models.append((route.answer, "serialization"))
        if route.body_model:
            models.append((route.body_model, "validation"))
    names, schemas = models_json_schema(
        list(dict.fromkeys(models)), ref_template="#/components/schemas/{model}"
    )
    paths: dict[str, Any] = {}
    for route in web.ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sportello",
            "version": "1",
            "description": "Hand in FatturaPA documents, follow them through Sistema di "
            "Interscambio, decide on the held ones. Times are UTC, amounts exact decimals.",
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": {**schemas.get("$defs", {}), "Error": _ERROR},
            "responses": {
                "Error": {
                    "description": "The one shape of every error.",
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Error"}}
                    },
                }
            },
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key: `sk_…`. Scopes: "
                    + "; ".join(f"`{name}`: {what}" for name, what in SCOPES.items()),
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": session_door.COOKIE,
                    "description": "A person's session, opened by /v1/login. What changes "
                    f"something needs the session's token in the header {session_door.CSRF_HEADER}."
                    " Only for persons: "
                    + "; ".join(f"`{name}`: {what}" for name, what in PERSONAL_SCOPES.items()),
                },
            },
        },
    }


def _operation(route: web.Route, names: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "security": _security(route),
        "parameters": _parameters(route),
        "responses": {str(route.status): _answer(route, names)},
    }
    if route.scope == web.SESSION:
        operation["description"] = "Needs a `session`, whatever it is for."
    elif route.scope != web.PUBLIC:
        operation["description"] = f"Needs the scope `{route.scope}`."
    for status in _errors(route):
        operation["responses"][status] = {"$ref": "#/components/responses/Error"}
    if route.body is bytes:
        binary = {"schema": {"type": "string", "format": "binary"}}
        operation["requestBody"] = {
            "required": True,
            "content": dict.fromkeys(web.FILE_TYPES, binary),
        }
    elif route.body_model:
        schema = names[route.body_model, "validation"]
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return operation


def _security(route: web.Route) -> list[dict[str, list[str]]]:
    """Who may come: nobody in particular, persons, or persons and keys."""
    if route.scope == web.PUBLIC:
        return []
    if route.scope == web.SESSION or route.scope in PERSONAL_SCOPES:
        return [{"session": []}]
    return [{"key": []}, {"session": []}]


def _answer(route: web.Route, names: Any) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": route.summary}
    if route.file_types:
        binary = {"schema": {"type": "string", "format": "binary"}}
        return answer | {"content": dict.fromkeys(route.file_types, binary)}
    schema = names[route.answer, "serialization"] if route.answer else {"type": "object"}
    answer["content"] = {"application/json": {"schema": schema}}
    return answer


def _errors(route: web.Route) -> list[str]:
    found = ["400", "422"]
    if route.scope != web.PUBLIC or route.method != "GET":
        found += ["401", "403", "429"]
    # Who has no setting of a body yet has nothing under it either.
    of_body = route.scope.startswith("body:")
    if "{" in route.path or route.query or route.body or of_body:
        found.append("404")
    if route.method != "GET":
        found += ["409", "410", "413", "415"]
    return found


def _parameters(route: web.Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(route.path)
    ]
    if route.query is not None:
        schema = route.query.model_json_schema()
        for name, field in schema["properties"].items():
            plain = {key: value for key, value in field.items() if key != "title"}
            required = name in schema.get("required", [])
            found.append({"name": name, "in": "query", "required": required, "schema": plain})
    if route.idempotency_key or route.repeatable:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": route.idempotency_key,
                "schema": {"type": "string", "maxLength": 200},
                "description": "The same key with the same request is the same act, "
                "and gets the first answer.",
            }
        )
    return found
