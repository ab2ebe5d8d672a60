"""What pagoPA is told of positions, and what is asked of it; and what of them has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chalice.app import Blueprint

from chalicelib.entry import events
from chalicelib.payments.pagopa import bulk, looking, working
from chalicelib.payments.positions import ending

bp = Blueprint(__name__)

TASKS: Final[Mapping[str, events.Task]] = {
    "pagopa_tell": working.tell,
    "pagopa_retell": working.retell,
    "pagopa_files": bulk.plan,
    "pagopa_file": bulk.carry,
    "pagopa_look": looking.search,
    "pagopa_receipt": looking.fetch,
    "pagopa_biz": looking.recover,
    "positions_end": ending.turn,
}


@bp.on_sqs_message(queue_arn=events.PLACEHOLDER, batch_size=10, name="on_collect")
def on_collect(event: Any) -> dict[str, Any]:
    """Each row by its task, as far as the time goes."""
    return handle(event.to_dict(), event.context)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The same, typed."""
    return events.by_task(TASKS, event, context)
