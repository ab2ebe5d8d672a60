"""Work on dues: dry runs and commits of imports, generation of debt positions, their exports."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.base import clock, work
from chalicelib.base.work import Wakes, Work
from chalicelib.entry import events
from chalicelib.payments.dues import working
from chalicelib.payments.positions import exports
from chalicelib.payments.positions import working as generation

bp = Blueprint(__name__)


@bp.on_sqs_message(queue_arn=events.PLACEHOLDER, batch_size=1, name="on_dues")
def on_dues(event: Any) -> dict[str, Any]:
    """One task, as far as the time goes."""
    return handle(event.to_dict(), event.context)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The same, typed."""

    def each(job: Work, _: None, wakes: Wakes) -> None:
        do = working.do
        if "flow" in job.item:
            do = generation.do
        elif "export" in job.item:
            do = exports.do
        do(job, wakes, clock.now(), context.get_remaining_time_in_millis)

    return work.run(event, context, lambda jobs: None, each)
