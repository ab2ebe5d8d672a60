"""Facts of payments as they come: flows, statements, receipts; posting and write-back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chalice.app import Blueprint

from chalicelib.entry import events

bp = Blueprint(__name__)

TASKS: Final[Mapping[str, events.Task]] = {}


@bp.on_sqs_message(queue_arn=events.PLACEHOLDER, batch_size=1, name="on_reconcile")
def on_reconcile(event: Any) -> dict[str, Any]:
    """Each row by its task, as far as the time goes."""
    return handle(event.to_dict(), event.context)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The same, typed."""
    return events.by_task(TASKS, event, context)
