"""Acts that wait to be chained into the audit trail of their tenant."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.accounts import audit_store
from chalicelib.base import clock, work
from chalicelib.base.work import Wakes, Work
from chalicelib.entry import events

bp = Blueprint(__name__)


@bp.on_sqs_message(queue_arn=events.PLACEHOLDER, batch_size=10, name="on_audit")
def on_audit(event: Any) -> dict[str, Any]:
    """Each row is one act; whoever comes first chains all of the tenant's."""
    return handle(event.to_dict(), event.context)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The same, typed."""
    return work.run(event, context, _nothing_done, _each)


def _nothing_done(jobs: list[Work]) -> set[str]:
    """Tenants whose acts this batch has chained already."""
    return set()


def _each(job: Work, chained: set[str], wakes: Wakes) -> None:
    if job.tenant not in chained:
        audit_store.chain(job.tenant, clock.now())
        chained.add(job.tenant)
