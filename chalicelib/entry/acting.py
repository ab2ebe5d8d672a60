"""Who acts, for the audit trail: the caller and where he comes from.

A view gives `acting.entry(request, …)` along to the service, whose commit it joins; what is only
read is recorded by `acting.read` before it is shown.
"""

from __future__ import annotations

import hmac
import ipaddress
from typing import TYPE_CHECKING, Any, Final

from chalicelib.accounts import audit
from chalicelib.accounts.audit import Action, Actor
from chalicelib.accounts.model import Caller
from chalicelib.base import clock, secrets
from chalicelib.base.dynamo import Put

if TYPE_CHECKING:
    from chalicelib.entry.web import Request

EDGE_HEADER: Final = "X-Sportello-Edge"


def actor(caller: Caller, context: dict[str, Any], headers: Any) -> Actor:
    """`context`: API Gateway's requestContext. Its source address is the only one that the caller
    cannot choose (X-Forwarded-For he can), except where our own CloudFront stands before it."""
    source = _source((context.get("identity") or {}).get("sourceIp"), headers)
    agent = audit.agent_of(str(headers.get("user-agent", "")))
    if caller.user:
        # Who came in by break-glass is told apart from the tenant's own people.
        kind: audit.Kind = "support" if caller.role == "support" else "user"
        return Actor(kind, caller.user, caller.role, caller.grant, source, agent)
    if caller.key_id:
        return Actor("key", caller.key_id, source=source, agent=agent)
    return Actor("system", "nobody", source=source, agent=agent)


def _source(nearest: Any, headers: Any) -> str:
    """Who asks. Whatever comes by CloudFront comes from one of its few addresses; it shows a secret
    that only it has, and writes the viewer's address behind whatever the viewer sent. Behind that
    API Gateway writes CloudFront's own."""
    shown = str(headers.get(EDGE_HEADER.lower(), ""))
    hops = str(headers.get("x-forwarded-for", "")).split(",")
    if shown and len(hops) > 1 and hmac.compare_digest(shown.encode(), secrets.edge().encode()):
        return _address(hops[-2].strip())
    return _address(nearest)


def _address(text: Any) -> str:
    try:
        return str(ipaddress.ip_address(str(text).partition("%")[0]))
    except ValueError:
        return ""


def entry(request: Request, action: Action, what: str, name: str = "", **facts: Any) -> Put:
    """What a request does, for its decision's commit (`audit.entry`).

    `name` is of the decision where its repetition would be another request; else the request's.
    """
    tenant, own = request.caller.tenant, name or request.id
    return audit.entry(tenant, request.actor, action, what, clock.now(), name=own, **facts)


def read(request: Request, action: Action, what: str, **facts: Any) -> None:
    """Record what is about to be shown; when that cannot be done, it is not shown."""
    audit.record(entry(request, action, what, **facts))
