"""Documents to sign and send."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.base import work
from chalicelib.base.work import Wakes, Work
from chalicelib.entry import events
from chalicelib.invoicing import dispatch
from chalicelib.invoicing.document import Document

bp = Blueprint(__name__)
Found = dict[tuple[str, str], Document]


@bp.on_sqs_message(queue_arn=events.PLACEHOLDER, batch_size=10, name="on_send")
def on_send(event: Any) -> dict[str, Any]:
    """Each row is one document under its own name."""
    return handle(event.to_dict(), event.context)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The same, typed."""
    return work.run(event, context, dispatch.load, _each)


def _each(job: Work, found: Found, wakes: Wakes) -> None:
    dispatch.send(job, found[job.tenant, job.item["document"]], wakes)
