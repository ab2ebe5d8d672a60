"""Changes to tell, and digests that are due."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.base import clock, work
from chalicelib.base.dynamo import Item, Key
from chalicelib.base.work import Wakes, Work
from chalicelib.entry import events
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
    return work.run(event, context, service.load, _each)


def _each(job: Work, loaded: service.Loaded, wakes: Wakes) -> None:
    service.do(job, loaded, wakes, clock.now())
