"""What every route has in common: declared or denied, one error shape, one description.

A route says what scope opens it, what it takes and what it answers; the OpenAPI document and the
authorisation tests are made from the same declarations.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from chalice.app import Blueprint, Chalice, Response
from pydantic import BaseModel, ValidationError

from chalicelib.accounts import audit
from chalicelib.accounts import service as accounts
from chalicelib.accounts.audit import Actor
from chalicelib.accounts.model import PERSONAL_SCOPES, SCOPES, Caller
from chalicelib.base import clock, ids, limits, log
from chalicelib.base.errors import Failure, NotFound, Rejected
from chalicelib.entry import acting, session_door

PUBLIC = "public"
SESSION = "session"
FILE_TYPES = [
    "application/octet-stream",
    "application/xml",
    "text/xml",
    "application/pkcs7-mime",
    "application/pdf",
    "application/zip",
    "application/json",
]


@dataclass(frozen=True)
class Route:
    """One operation. `body` is a model ("module:name" for one that is seldom wanted and slow to
    import), or bytes for a file; `scope` PUBLIC opens it to all, SESSION to every person who
    is logged in; a scope to keys and to persons who have it. `idempotency_key` wants one,
    `repeatable` heeds one that is sent; `file_types`: of an answer that is a file (File)."""

    method: str
    path: str
    name: str
    scope: str
    summary: str
    answer: type[BaseModel] | None
    status: int = 200
    query: type[BaseModel] | None = None
    body: type[BaseModel] | type[bytes] | str | None = None
    idempotency_key: bool = False
    repeatable: bool = False
    file_types: tuple[str, ...] = ()

    @property
    def body_model(self) -> type[BaseModel] | None:
        """The model of the body; None for a file or nothing."""
        if isinstance(self.body, str):
            module, _, name = self.body.partition(":")
            found: type[BaseModel] = getattr(importlib.import_module(module), name)
            return found
        if self.body is None or not issubclass(self.body, BaseModel):
            return None
        return self.body


ROUTES: list[Route] = []


@dataclass(frozen=True)
class Request:
    """What a view gets: who, the path's parts, the checked query and body, the raw bytes.

    `actor` is who, for the audit trail; `id` is API Gateway's name of the request.
    """

    caller: Caller
    path: dict[str, str]
    query: Any
    body: Any
    raw: bytes = field(repr=False)
    idempotency_key: str = ""
    actor: Actor = audit.SYSTEM
    id: str = ""


@dataclass(frozen=True)
class Answer:
    """What a view gives that sets or takes away the session's cookie (a whole Set-Cookie)."""

    body: BaseModel | dict[str, Any]
    cookie: str = field(repr=False)


@dataclass(frozen=True)
class File:
    """What a view gives that is a file and no JSON; `name` "" is shown, another one downloaded.
    With a `tag`, which stands for its bytes, anybody may keep it for `kept_s`.

    Its type is one of the application's binary types: whoever asks accepts it by its Accept header.
    """

    data: bytes = field(repr=False)
    type: str
    name: str = ""
    tag: str = ""
    kept_s: int = 0

    def is_known(self, tags: str) -> bool:
        """Whether an If-None-Match names it: who asked has the same bytes."""
        return bool(self.tag) and f'"{self.tag}"' in tags

    @property
    def headers(self) -> dict[str, str | list[str]]:
        found: dict[str, str | list[str]] = {
            "Content-Type": self.type,
            "X-Content-Type-Options": "nosniff",
            # A picture that a body gave us may hold scripts: nothing of it runs.
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        if self.tag:
            found["ETag"] = f'"{self.tag}"'
            found["Cache-Control"] = f"public, max-age={self.kept_s}"
        if self.name:
            assert ids.is_safe(self.name), self.name
            found["Content-Disposition"] = f'attachment; filename="{self.name}"'
        return found


View = Callable[[Request], BaseModel | dict[str, Any] | Answer | File]
_NOBODY = Caller(tenant="", key_id="", scopes=frozenset())


def route(
    bp: Blueprint,
    method: str,
    path: str,
    scope: str,
    summary: str,
    answer: type[BaseModel] | None = None,
    **more: Any,
) -> Callable[[View], View]:
    """Declare a route on a blueprint."""
    assert scope in (PUBLIC, SESSION) or scope in SCOPES or scope in PERSONAL_SCOPES, scope

    def declare(view: View) -> View:
        declared = Route(method, path, view.__name__, scope, summary, answer, **more)
        ROUTES.append(declared)

        def handle(**parts: str) -> Response:
            return _answer(declared, view, bp.current_request, parts)

        handle.__name__ = view.__name__
        types = FILE_TYPES if declared.body is bytes else ["application/json"]
        bp.route(path, methods=[method], content_types=types, name=view.__name__)(handle)
        return view

    return declare


def _answer(declared: Route, view: View, request: Any, parts: dict[str, str]) -> Response:
    request_id = str(request.context.get("requestId", ""))
    headers: dict[str, str | list[str]] = {"Cache-Control": "no-store"}
    try:
        found = view(_request(declared, request, parts))
        if isinstance(found, Answer):
            headers["Set-Cookie"] = found.cookie
            found = found.body
        if isinstance(found, File) and found.is_known(request.headers.get("if-none-match", "")):
            response = Response("", headers | found.headers | {"Content-Type": "text/plain"}, 304)
        elif isinstance(found, File):
            response = Response(found.data, headers | found.headers, declared.status)
        else:
            body = found.model_dump(mode="json") if isinstance(found, BaseModel) else found
            response = Response(body, headers, declared.status)
    except Failure as failure:
        response = error(failure, request_id)
    except Exception as bug:  # the caller learns nothing; the log says where
        log.write(log.Event.REQUEST_FAILED, route=declared.name, request_id=request_id,
                  error=type(bug).__name__)  # fmt: skip
        raise
    log.write(
        log.Event.REQUEST, route=declared.name, status=response.status_code, request_id=request_id
    )
    return response


def error(failure: Failure, request_id: str) -> Response:
    """The one error shape."""
    body = error_body(failure.code, failure.message, request_id, dict(failure.details))
    headers: dict[str, str | list[str]] = {"Cache-Control": "no-store"}
    if "retry_after_s" in failure.details:
        headers["Retry-After"] = str(failure.details["retry_after_s"])
    return Response(body, headers, failure.status)


def error_body(
    code: str, message: str, request_id: str, details: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "error": {
            "code": code,
            "message": message,
            "details": details or {},
            "request_id": request_id,
        }
    }


def _request(declared: Route, request: Any, parts: dict[str, str]) -> Request:
    caller = _caller(declared, request.headers)
    raw = request.raw_body or b"" if declared.body else b""
    key = request.headers.get("idempotency-key", "")
    if len(key) > limits.IDEMPOTENCY_KEY_CHARS or not key.isprintable():
        raise Rejected("idempotency_key", "An Idempotency-Key has 1 to 200 characters.", status=400)
    if declared.idempotency_key and not key:
        raise Rejected("idempotency_key_missing", "Send an Idempotency-Key header.", status=400)
    return Request(
        caller=caller,
        path=_path(parts),
        query=_query(declared, request),
        body=_body(declared, raw),
        raw=raw,
        idempotency_key=key,
        actor=acting.actor(caller, request.context, request.headers),
        id=str(request.context.get("requestId", "")),
    )


def _caller(declared: Route, headers: Any) -> Caller:
    if declared.scope == PUBLIC:
        session_door.require_origin(declared.method, headers)
        return _NOBODY
    caller = _authenticated(declared, headers)
    if caller is None:
        raise Rejected(
            "unauthorized", "Log in, or send a valid API key as a bearer token.", status=401
        )
    if declared.scope not in (SESSION, *caller.scopes):
        raise Rejected(
            "forbidden", "This key or person may not do that.", status=403, needs=declared.scope
        )
    session_door.require_step_up(declared.name, caller, clock.now())
    return caller


def _authenticated(declared: Route, headers: Any) -> Caller | None:
    """By key or by session; what a key opens is never only a session's."""
    text = headers.get("authorization")
    if text is None:
        return session_door.enter(declared.method, headers, clock.now())
    scheme, _, token = text.partition(" ")
    if scheme.lower() != "bearer" or declared.scope == SESSION:
        return None
    return accounts.authenticate(token.strip())


def _path(parts: dict[str, str]) -> dict[str, str]:
    """API Gateway hands path parameters as they were written: decode once, then check."""
    found = {name: unquote(value) for name, value in parts.items()}
    if not all(ids.is_safe(value) for value in found.values()):
        raise NotFound()
    return found


def _query(declared: Route, request: Any) -> Any:
    given = dict(request.query_params or {})
    if declared.query is None:
        if given:
            raise Rejected("invalid_request", "This takes no query parameters.", status=400)
        return None
    return _checked(declared.query.model_validate, given)


def _body(declared: Route, raw: bytes) -> Any:
    model = declared.body_model
    if model is None:
        return None
    # As text and not as Python values: a number such as 0.1 must become exactly that Decimal.
    return _checked(model.model_validate_json, raw or b"{}")


def _checked(validate: Callable[[Any], BaseModel], given: Any) -> BaseModel:
    try:
        return validate(given)
    except ValidationError as failure:
        if any(one["type"] == "json_invalid" for one in failure.errors(include_context=False)):
            raise Rejected("invalid_json", "The body is not JSON.", status=400) from failure
        fields = [
            {"field": ".".join(map(str, one["loc"])), "problem": one["msg"]}
            for one in failure.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise Rejected(
            "invalid_request", "Some fields are not right.", status=400, fields=fields
        ) from failure


_OWN_CODES = {
    403: ("not_found", "There is no such resource.", 404),
    404: ("not_found", "There is no such resource.", 404),
    405: ("method_not_allowed", "This method is not offered here.", 405),
    400: ("invalid_request", "The request cannot be read.", 400),
    406: ("not_acceptable", "Ask for application/json.", 406),
    415: ("unsupported_media_type", "Send one of the content types described.", 415),
    500: ("internal", "Something went wrong on our side; it has been recorded.", 500),
}


def _is_ours(answer: dict[str, Any]) -> bool:
    """Whether a view answered: in the one shape, or to SdI, which wants a SOAP fault."""
    headers = {name.lower(): str(value) for name, value in (answer.get("headers") or {}).items()}
    # Without a type API Gateway says application/json.
    if not headers.get("content-type", "application/json").startswith("application/json"):
        return True
    try:
        return isinstance(json.loads(answer.get("body") or "").get("error"), dict)
    except (ValueError, AttributeError):
        return False


class Application(Chalice):
    """Chalice, whose own refusals take our one error shape too."""

    def __call__(self, event: Any, context: Any) -> Any:
        answer = super().__call__(event, context)
        if not isinstance(answer, dict) or answer.get("statusCode", 200) < 400 or _is_ours(answer):
            return answer
        code, message, status = _OWN_CODES.get(answer["statusCode"], _OWN_CODES[500])
        request_id = (event.get("requestContext") or {}).get("requestId", "")
        return {
            "statusCode": status,
            "headers": {"Content-Type": "application/json", "Cache-Control": "no-store"},
            "multiValueHeaders": {},
            "isBase64Encoded": False,
            "body": json.dumps(error_body(code, message, request_id)),
        }
