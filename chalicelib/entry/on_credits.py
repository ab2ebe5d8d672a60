"""Work on credits: documents to let go, purses of dead runs, expired lots, low levels."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.base import clock, work
from chalicelib.base.work import Wakes, Work
from chalicelib.credits import tasks
from chalicelib.entry import events
from chalicelib.invoicing import release

bp = Blueprint(__name__)


@bp.on_sqs_message(queue_arn=events.PLACEHOLDER, batch_size=1, name="on_credits")
def on_credits(event: Any) -> dict[str, Any]:
    """One task, as far as the time goes."""
    return handle(event.to_dict(), event.context)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The same, typed."""

    def each(job: Work, _: None, wakes: Wakes) -> None:
        now = clock.now()
        if job.item["task"] == "release":
            release.release(job, wakes, now, context.get_remaining_time_in_millis)
        else:
            tasks.do(job, wakes, now)

    return work.run(event, context, lambda jobs: None, each)
