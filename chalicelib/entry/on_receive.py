"""Work on archives: open, chunk, finish."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.base import work
from chalicelib.base.work import Wakes, Work
from chalicelib.entry import events
from chalicelib.invoicing import unpacking
from chalicelib.invoicing.document import Document

bp = Blueprint(__name__)
Found = dict[tuple[str, str], Document]


@bp.on_sqs_message(queue_arn=events.PLACEHOLDER, batch_size=1, name="on_receive")
def on_receive(event: Any) -> dict[str, Any]:
    """One task of one archive, as far as the time goes."""
    return handle(event.to_dict(), event.context)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The same, typed."""

    def each(job: Work, found: Found, wakes: Wakes) -> None:
        archive = found[job.tenant, job.item["document"]]
        session = unpacking.session_for(wakes, 1)
        unpacking.do(job, archive, session, context.get_remaining_time_in_millis)

    return work.run(event, context, unpacking.load, each)
