"""Objects in the intake bucket, by their notifications."""

from __future__ import annotations

from functools import partial
from typing import Any

from chalice.app import Blueprint

from chalicelib.base import clock, ids, limits, work
from chalicelib.entry import events
from chalicelib.invoicing import arrivals
from chalicelib.invoicing.intake import Session

bp = Blueprint(__name__)


@bp.on_sqs_message(queue_arn=events.PLACEHOLDER, batch_size=10, name="on_intake")
def on_intake(event: Any) -> dict[str, Any]:
    """Each file becomes a flow, each archive work for on_receive."""
    return handle(event.to_dict(), event.context)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The same, typed."""
    found, failed = events.messages(event)
    with work.waking() as wakes:
        session = Session(wakes, max(len(found), 1))
        run, again = ids.derive(*(one.id for one in found)), any(one.again for one in found)
        session.expect(run, len(found), len(found), again=again)
        for message in found:
            if context.get_remaining_time_in_millis() < limits.REMAINING_MS:
                failed.append(message.id)
                continue
            if not work.attempt(message.id, partial(_take, message.body, session)):
                failed.append(message.id)
        session.till.close(clock.now())
    return work.failures(failed)


def _take(body: Any, session: Session) -> None:
    for one in events.objects(body):
        arrivals.take(one, session, clock.now())
    session.till.look_again(clock.now())
