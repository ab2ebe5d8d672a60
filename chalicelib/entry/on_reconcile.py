"""Facts of payments as they come: flows, statements, receipts; posting and write-back."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from chalice.app import Blueprint

from chalicelib.accounting import (
    alerts,
    dropping,
    fetching,
    flow_intake,
    received,
    reconciling,
    statement_intake,
)
from chalicelib.accounting.posting import answers, revising
from chalicelib.accounting.posting import working as posting
from chalicelib.accounting.registers import working as registers
from chalicelib.base import clock, work
from chalicelib.base.dynamo import Key
from chalicelib.base.work import Wakes, Work
from chalicelib.entry import events

bp = Blueprint(__name__)

TASKS: Final[Mapping[str, events.Task]] = {
    "receipt": received.receipt,
    "cancelled": reconciling.cancelled,
    "match": reconciling.match,
    "flow": flow_intake.read,
    "statement": statement_intake.read,
    "fdr_look": fetching.search,
    "fdr_fetch": fetching.fetch,
    "alerts": alerts.look,
    "stand_in": alerts.stand_in,
    "postable": posting.notice,
    "post": posting.post,
    "revise": revising.revise,
    "opi_message": answers.read,
    "write_back": registers.report,
    "register_fetch": registers.fetch,
    "register_publish": registers.publish,
}


# Receipts come one by one and are matched together: that is what the batch is for.
@bp.on_sqs_message(queue_arn=events.PLACEHOLDER, batch_size=10, name="on_reconcile")
def on_reconcile(event: Any) -> dict[str, Any]:
    """Each row by its task, as far as the time goes; objects of the bucket become rows."""
    return handle(event.to_dict(), event.context)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The same, typed."""
    records = event.get("Records", [])
    objects = [record for record in records if _is_of_s3(record)]
    rows = [record for record in records if record not in objects]
    failed: list[dict[str, str]] = []
    found, broken = events.messages({"Records": objects})
    failed += [{"itemIdentifier": one} for one in broken]
    with work.waking() as wakes:
        for message in found:
            if not work.attempt(message.id, partial(_take, message.body, wakes)):
                failed.append({"itemIdentifier": message.id})
    done = _rows({"Records": rows}, context) if rows else {"batchItemFailures": []}
    return {"batchItemFailures": [*failed, *done["batchItemFailures"]]}


def _is_of_s3(record: Mapping[str, Any]) -> bool:
    try:
        body = json.loads(record["body"])
    except (ValueError, KeyError, TypeError):
        return False
    return isinstance(body, dict) and ("Records" in body or "Event" in body)


def _take(body: Any, wakes: Wakes) -> None:
    for one in events.objects(body):
        dropping.take(one, clock.now(), wakes)


def _rows(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Receipts of one tenant together, everything else by itself."""

    def together(jobs: list[Work]) -> set[Key]:
        by_tenant: dict[str, list[Work]] = defaultdict(list)
        for job in {job.key: job for job in jobs}.values():
            if job.item["task"] == "receipt":
                by_tenant[job.tenant].append(job)
        done: set[Key] = set()
        for mine in by_tenant.values():
            if len(mine) > 1 and _tried(mine):
                done |= {job.key for job in mine}
        return done

    def each(job: Work, done: set[Key], wakes: Wakes) -> None:
        if job.key not in done:
            left = context.get_remaining_time_in_millis
            TASKS[job.item["task"]](job, wakes, clock.now(), left)

    return work.run(event, context, together, each)


def _tried(jobs: list[Work]) -> bool:
    """Whether all of them are done; what one of them cannot stand, each meets by itself."""
    with work.waking() as wakes:
        return work.attempt("receipts", partial(received.receipts, jobs, wakes, clock.now()))
