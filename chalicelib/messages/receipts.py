"""The webhook to a body's own software: a receipt was recorded.

Signed and carried as the webhook of documents is (webhook.py). At least once, under an id that
stays the same over repetitions; given up after WEBHOOK_ATTEMPTS, which the attempt's row says.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chalicelib.accounts import service as accounts
from chalicelib.base import dynamo, limits, log, secrets
from chalicelib.base.errors import Transient
from chalicelib.base.work import Wakes, Work
from chalicelib.messages import webhook
from chalicelib.payments.delivery import store, told
from chalicelib.payments.receipts import service as receipts
from chalicelib.payments.receipts.model import Receipt


def body(receipt: Receipt, message_id: str) -> dict[str, Any]:
    """What is posted. Whose debt it was is asked by the position: no person is named here."""
    return {
        "id": message_id,
        "type": "receipt.recorded",
        "at": receipt.received_at,
        "receipt": {
            "id": receipt.id,
            "creditor": receipt.creditor,
            "iuv": receipt.iuv,
            "notice": receipt.notice or None,
            "position": receipt.position or None,
            "number": receipt.number,
            "cents": receipt.cents,
            "fee_cents": receipt.fee_cents,
            "day": receipt.day,
            "paid_at": receipt.paid_at or None,
            "method": receipt.method,
            "channel": receipt.channel,
            "psp": receipt.psp_id,
            "source": receipt.source,
            "double": receipt.double,
        },
    }


def post(job: Work, wakes: Wakes, now: datetime, remaining_ms: Callable[[], int]) -> None:
    """Tell one receipt. Transient until it is told or given up."""
    attempt = told.waiting(job)
    if attempt is None:
        return
    place = accounts.get_reseller(job.tenant).webhook
    if place is None:
        told.decided(job, attempt, "skipped", now, "not_wanted")
        return
    receipt = receipts.get(job.tenant, job.item["receipt"], job.item["creditor"])
    secret = secrets.unseal(job.tenant, place.secret)
    try:
        webhook.post(place.url, secret, body(receipt, attempt.name), str(int(now.timestamp())))
    except Transient as failure:
        if job.attempts + 1 >= limits.WEBHOOK_ATTEMPTS:
            told.decided(job, attempt, "failed", now, failure.code, failure.message)
            log.metric("WebhookGivenUp", 1)
            return
        said = store.seal(job.tenant, attempt.name, "words", failure.message)
        put, _, _ = store.moved(
            job.tenant, attempt, "queued", code=failure.code, words=said, tries=attempt.tries + 1
        )
        dynamo.commit([put])
        raise
    told.decided(job, attempt, "sent", now)
