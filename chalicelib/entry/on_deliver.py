"""What goes out to people and to the body's own places: notices, receipts, messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chalice.app import Blueprint

from chalicelib.accounting.events_fpc import issuing
from chalicelib.entry import events
from chalicelib.messages import receipts
from chalicelib.payments.delivery import appio_events, orders, told, working

bp = Blueprint(__name__)

TASKS: Final[Mapping[str, events.Task]] = {
    "run": working.do,
    "receipt": told.plan,
    "receipt-mail": told.mail,
    "receipt-webhook": receipts.post,
    "receipt-appio": appio_events.paid,
    "position": appio_events.do,
    "postal": orders.do,
    "training-paper": issuing.write,
    "training-mail": issuing.mail,
}


# One at a time: a run of deliveries takes all the time that there is.
@bp.on_sqs_message(queue_arn=events.PLACEHOLDER, batch_size=1, name="on_deliver")
def on_deliver(event: Any) -> dict[str, Any]:
    """Each row by its task, as far as the time goes."""
    return handle(event.to_dict(), event.context)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The same, typed."""
    return events.by_task(TASKS, event, context)
