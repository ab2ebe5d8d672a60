"""The tenant's audit trail under /v1."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from chalice.app import Blueprint

from chalicelib.accounts import audit_store
from chalicelib.accounts.audit import Action
from chalicelib.accounts.audit_store import Wanted
from chalicelib.base import clock
from chalicelib.base.errors import Rejected
from chalicelib.entry import acting
from chalicelib.entry import audit_shapes as shapes
from chalicelib.entry.web import Request, route

bp = Blueprint(__name__)


@route(
    bp, "GET", "/v1/audit", "audit:read", "Who did or read what, newest first",
    shapes.AuditTrail, query=shapes.AuditQuery,
)  # fmt: skip
def search_audit(request: Request) -> shapes.AuditTrail:
    query: shapes.AuditQuery = request.query
    tenant = request.caller.tenant
    wanted = Wanted(
        since=_stamp(query.since),
        until=_stamp(query.until, end=True),
        actor=query.actor or "",
        action=query.action or "",
        what=query.what or "",
    )
    if not query.cursor:
        acting.read(request, Action.AUDIT_READ, "audit")
    page = audit_store.search(tenant, wanted, query.cursor, query.limit)
    last = audit_store.head(tenant)
    return shapes.AuditTrail(
        entries=[
            shapes.AuditEntry(
                **_said(one.at, one.said), n=one.n, hash=one.hash, previous=one.previous
            )
            for one in page.entries
        ],
        waiting=[shapes.AuditAct(**_said(row["at"], row["said"])) for row in page.waiting],
        head=shapes.AuditHead(n=last.n, hash=last.hash),
        cursor=page.cursor or None,
    )


def _said(at: str, said: Mapping[str, Any]) -> dict[str, Any]:
    who = said["actor"]
    actor = shapes.AuditActor(
        kind=who["kind"],
        id=who["id"],
        role=who["role"] or None,
        grant=who["grant"] or None,
        source=who["source"] or None,
        agent=who["agent"] or None,
    )
    return {**said, "at": at, "actor": actor}


def _stamp(text: str | None, *, end: bool = False) -> str:
    """A day begins, or ends, at midnight in Italy."""
    if text is None:
        return ""
    try:
        if len(text) > len("2026-11-21"):
            return clock.stamp(clock.parse(text))
        day = date.fromisoformat(text) + timedelta(days=int(end))
        return clock.stamp(datetime(day.year, day.month, day.day, tzinfo=clock.ROME))
    except (ValueError, OverflowError) as error:
        raise Rejected("invalid_request", "This day is in no calendar.", status=400) from error
