"""A request for every declared route, so that no test has to know them one by one."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from chalicelib.entry import web
from chalicelib.entry.web import Route
from infra.local.subjects import SELLER
from tests.entry.api_world import Answer, Api

ISSUER = SELLER.country + SELLER.vat
RANDOM_ID = "aaaaaaaaaaaaaaaaaaaaaaaa"


def invoice_values() -> dict[str, Any]:
    """An invoice of the tests' seller, as values."""
    place = {"street": "Via Roma 1", "postcode": "20121", "city": "Milano", "province": "MI"}
    line = {"description": "Visita", "price": "100.10", "rate": 22}
    return {
        "format": "FPR12",
        "seller": {"identity": {"vat": SELLER.vat, "name": "Studio"}, "place": place},
        "buyer": {"identity": {"vat": "12345670017", "name": "Cliente"}, "place": place},
        "documents": [{"kind": "TD01", "number": "C/1", "day": "2026-03-01", "lines": [line]}],
    }


# What makes a request of a route good; a route that wants something and is not here fails.
_BODIES: dict[str, Any] = {
    "change_settings": {"name": "Studio Nuovo"},
    "create_customer": {"id": "new", "name": "Nuovo", "fiscal_ids": ["IT01234567897"]},
    "replace_customer": {"name": "Altro", "fiscal_ids": [ISSUER]},
    "issue_key": {"name": "k", "scopes": ["flows:read"]},
    "create_uploads": {"files": [{"name": "a.xml"}]},
    "decide": {"action": "discard"},
    "hand_in": b"<x/>",
    "check": b"<x/>",
    "compose_invoice": invoice_values(),
    "bring_signed": b"<x/>",
    "bring_receipt": b"<x/>",
    "mark_sent": {"name": "IT01234567897_00001.xml"},
}
_QUERIES: dict[str, dict[str, str]] = {
    "hand_in": {"name": "a.xml"},
    "check": {"name": "a.xml"},
    "bring_receipt": {"name": "IT01234567897_00001_RC_001.xml"},
    "numbering": {"issuer": ISSUER, "year": "2026"},
}


def routes() -> list[Route]:
    """Every declared route, in order of declaration."""
    import app  # noqa: F401 - importing it is what declares them

    return web.ROUTES


def label(route: Route) -> str:
    return f"{route.method} {route.path}"


def parameters(route: Route) -> list[str]:
    return re.findall(r"\{(\w+)\}", route.path)


def body(route: Route) -> Any:
    return copy.deepcopy(_BODIES[route.name]) if route.body else None


def call(
    api: Api,
    route: Route,
    token: str = "",
    ids: Mapping[str, str] | None = None,
    **changed: Any,
) -> Answer:
    """A good request; path parameters out of `ids`, else a random one. `changed` wins."""
    path = re.sub(r"\{(\w+)\}", lambda found: (ids or {}).get(found[1], RANDOM_ID), route.path)
    wanted: dict[str, Any] = {
        "body": body(route),
        "query": _QUERIES.get(route.name),
        "headers": {"Idempotency-Key": "k1"} if route.idempotency_key else {},
    }
    return api.call(route.method, path, token, **(wanted | changed))


def masked(answer: Answer) -> dict[str, Any]:
    """The body of an error without what differs at every request."""
    found: dict[str, Any] = answer.json
    assert found["error"].pop("request_id")
    return found
