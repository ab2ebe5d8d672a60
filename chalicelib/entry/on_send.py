"""Documents to sign and send, and what else is signed: this worker alone may use keys for it."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.base import clock, work
from chalicelib.base.work import Wakes, Work
from chalicelib.entry import events
from chalicelib.invoicing import dispatch
from chalicelib.invoicing.document import Document

bp = Blueprint(__name__)
Found = dict[tuple[str, str], Document]


@bp.on_sqs_message(queue_arn=events.PLACEHOLDER, batch_size=10, name="on_send")
def on_send(event: Any) -> dict[str, Any]:
    """Each row is one document under its own name, or a flow of orders to be signed."""
    return handle(event.to_dict(), event.context)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The same, typed."""
    return work.run(event, context, _load, _each)


def _load(jobs: list[Work]) -> Found:
    return dispatch.load(job for job in jobs if "document" in job.item)


def _each(job: Work, found: Found, wakes: Wakes) -> None:
    if job.item.get("task") == "opi_sign":
        # Documents are sent a thousand times for each flow: they do not pay for its imports.
        from chalicelib.accounting.posting import signing

        signing.sign(job, clock.now())
        return
    dispatch.send(job, found[job.tenant, job.item["document"]], wakes)
