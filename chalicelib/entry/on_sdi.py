"""SdI's messages, as objects in the SdI bucket: from the SOAP door, or dropped as files."""

from __future__ import annotations

from functools import partial
from typing import Any

from chalice.app import Blueprint

from chalicelib.base import clock, limits, work
from chalicelib.entry import events
from chalicelib.invoicing import outcomes
from chalicelib.invoicing.outcomes import Incoming

bp = Blueprint(__name__)


@bp.on_sqs_message(queue_arn=events.PLACEHOLDER, batch_size=10, name="on_sdi")
def on_sdi(event: Any) -> dict[str, Any]:
    """Each message is kept with its document and applied once."""
    return handle(event.to_dict(), event.context)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The same, typed: read all, look up their owners together, apply one by one."""
    found, failed = events.messages(event)
    read: dict[str, list[Incoming]] = {}
    for message in found:
        if context.get_remaining_time_in_millis() < limits.REMAINING_MS:
            failed.append(message.id)
        elif not work.attempt(message.id, partial(_read, message, read)):
            failed.append(message.id)
            read.pop(message.id, None)
    owners = outcomes.owners(one for many in read.values() for one in many)
    documents = outcomes.documents(owners)
    with work.waking() as wakes:
        for message_id, many in read.items():
            for one in many:
                apply = partial(
                    outcomes.apply, one, owners.get(one.place), documents, wakes, clock.now()
                )
                if not work.attempt(message_id, apply):
                    failed.append(message_id)
                    break
    return work.failures(failed)


def _read(message: events.Message, read: dict[str, list[Incoming]]) -> None:
    read[message.id] = [outcomes.read(one.place) for one in events.objects(message.body)]
