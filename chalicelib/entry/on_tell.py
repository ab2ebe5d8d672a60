"""Changes to tell, and digests that are due."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.accounts import service as accounts
from chalicelib.base import clock, dynamo, work
from chalicelib.base.dynamo import Item, Key
from chalicelib.base.work import Wakes, Work
from chalicelib.entry import events
from chalicelib.invoicing import store
from chalicelib.invoicing.document import Document
from chalicelib.messages import service

bp = Blueprint(__name__)
Found = tuple[dict[tuple[str, str], Document], dict[Key, Item]]


@bp.on_sqs_message(queue_arn=events.PLACEHOLDER, batch_size=10, name="on_tell")
def on_tell(event: Any) -> dict[str, Any]:
    """Each row is one change, or one digest."""
    return handle(event.to_dict(), event.context)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The same, typed."""
    return work.run(event, context, _prepare, _each)


def _prepare(jobs: list[Work]) -> Found:
    changes = [job for job in jobs if "document" in job.item]
    documents = store.get_many((job.tenant, job.item["document"]) for job in changes)
    return documents, dynamo.batch_get(service.history_key(job) for job in changes)


def _each(job: Work, found: Found, wakes: Wakes) -> None:
    now = clock.now()
    reseller = accounts.get_reseller(job.tenant)
    if "document" not in job.item:
        service.tell_digest(job, reseller, wakes, now)
        return
    documents, rows = found
    document = documents[job.tenant, job.item["document"]]
    customer = accounts.find_customer(job.tenant, document.customer)
    change = service.change(job.tenant, document, rows[service.history_key(job)], customer)
    service.tell(job, change, reseller, customer, wakes, now)
