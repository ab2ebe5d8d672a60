"""What SES says about our mails (through SNS)."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from chalice.app import Blueprint

from chalicelib.base import clock, log, work
from chalicelib.base.work import Wakes
from chalicelib.entry import events
from chalicelib.messages import model, service

bp = Blueprint(__name__)


@bp.on_sqs_message(queue_arn=events.PLACEHOLDER, batch_size=10, name="on_mail_event")
def on_mail_event(event: Any) -> dict[str, Any]:
    """Each event is evidence for one mail."""
    return handle(event.to_dict(), event.context)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The same, typed."""
    found, failed = events.messages(event)
    with work.waking() as wakes:
        for message in found:
            if not work.attempt(message.id, partial(_one, message.body, wakes)):
                failed.append(message.id)
    return work.failures(failed)


def _one(body: Any, wakes: Wakes) -> None:
    said = json.loads(body["Message"]) if "Message" in body else body
    mail = said.get("mail")
    if mail is None:
        return  # "Successfully validated SNS topic": SES greets a new destination
    kind = said.get("eventType", "")
    if kind in ("Bounce", "Complaint", "Reject", "Rendering Failure"):
        log.metric("MailProblem", 1, kind=kind)
    tags = {name: values[0] for name, values in mail.get("tags", {}).items() if values}
    if "digest" in tags:
        tags["digest"] = model.slot_of(tags["digest"])
    if "tenant" in tags:
        service.mail_event(tags, wakes, clock.now())
